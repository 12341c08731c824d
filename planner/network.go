package planner

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"egressplan/planner/finding"
	"egressplan/planner/inventory"
	"egressplan/sim"
)

// Kinds of node, as they are shown in a path.
const (
	kindPod        = "pod"
	kindSidecar    = "sidecar"
	kindHost       = "node"
	kindENI        = "network-interface"
	kindSubnetOut  = "route-table"
	kindSubnetIn   = "subnet"
	kindVPC        = "vpc-router"
	kindNAT        = "nat-gateway"
	kindAttachment = "tgw-attachment"
	kindEgress     = "egress-node"
	kindGateway    = "egress-gateway"
	kindInternet   = "internet-exit"
	kindEndpoint   = "vpc-endpoint"
	kindNetwork    = "network"
	kindRouter     = "on-premises-router"
	kindFirewall   = "firewall"
	kindLAN        = "on-premises"
)

// The port ranges that translations take.
// Sources: Amazon VPC CNI README (random SNAT ignores ip_local_port_range);
// Amazon VPC User Guide, NAT gateways; Cilium documentation, Egress Gateway
// (node-port-range maximum + 1 up to 65535).
const (
	natPortFrom    = 1024
	natPortTo      = 65535
	ciliumPortFrom = 32768
	ephemeralPort  = 32768 // the lowest a Linux pod takes by itself
)

// The largest packets, in bytes.
// Source: Amazon VPC User Guide, NAT gateways; AWS Transit Gateway, Quotas;
// Amazon EC2 User Guide, MTU.
const (
	mtuVPC            = 9001
	mtuNAT            = 8500
	mtuTransitGateway = 8500
	mtuEndpoint       = 8500
	tunnelOverhead    = 50 // VXLAN over IPv4 (Cilium, MTU with the egress gateway on)
)

var everywhere = netip.MustParsePrefix("0.0.0.0/0")

// note is what a Ref stands for: what is said of a hop, and the fact behind it.
type note struct {
	code, text, source string
	at                 finding.Pos
}

// builder compiles the environment and one pattern to a generic network.
type builder struct {
	w      *work
	misuse string // the kind of misuse this network is for; "": none
	net    sim.Network
	notes  []note                      // by Ref; 0 means none
	stands map[netip.Addr]netip.Prefix // an address that stands for any of a block
	last   map[netip.Prefix]netip.Addr // the last such address of a block
	sites  map[string]*siteNodes       // by site name
	subnet map[string]subnetNodes      // by block name or "existing/<name>"
	nats   map[string]sim.NodeID       // existing NAT gateways: where packets for them go
	gates  map[string]sim.NodeID       // transit-gateway, virtual-private-gateway
	places map[placeKey]*placement
	// rerouted are existing subnets that were given a new route table.
	rerouted    map[string]bool
	shared      map[string]sim.Ref // notes filed once
	placed      []*placement
	linkNodes   []namedNode
	natNodes    []namedNode
	nexts       []sim.NodeID          // see only
	local       []sim.Route           // see localRoutes
	kept        []sim.NAT             // see keptAddresses
	prefixLists []sim.Route           // of gateway endpoints, for every route table
	attached    map[string]sim.NodeID // transit gateway attachments by zone
	egress      map[string]sim.NodeID // egress nodes by name
	walker      *sim.Walker
	misused     map[string]*sim.Broken // what misuses break, by kind
	onEgress    map[string]*placement  // pods on the egress nodes, by node name
	ownGroup    map[sim.NodeID]bool    // interfaces with a security group of their pod's own
	peering     sim.NodeID
	onFleet     map[int][]*placement  // and those that are walked, by fleet
	watched     map[sim.NodeID]bool   // what is health-checked or routed to dynamically: its loss is noticed
	far         map[string]sim.NodeID // where destinations are that are not on-premises
	vpc         sim.NodeID
	exit        sim.NodeID
}

// subnetNodes are the two sides of a subnet's border: out holds the outbound
// network ACL and the route table, in the inbound network ACL and the way to
// the interfaces. What stays inside the subnet goes by link, past both.
type subnetNodes struct {
	name          string
	cidr          netip.Prefix
	out, in, link sim.NodeID
}

// namedNode is a node under the name that states call it by.
type namedNode struct {
	name string
	id   sim.NodeID
}

// siteNodes are an on-premises location.
type siteNodes struct {
	router, lan sim.NodeID
	firewalls   map[string]sim.NodeID // by firewall name
}

// ref files a note and returns the mark for it.
func (b *builder) ref(n note) sim.Ref {
	b.notes = append(b.notes, n)
	return sim.Ref(len(b.notes) - 1)
}

// once files a note that many nodes share the first time it is needed.
func (b *builder) once(key string, n note) sim.Ref {
	if r, ok := b.shared[key]; ok {
		return r
	}
	r := b.ref(n)
	b.shared[key] = r
	return r
}

// add adds a node and returns its index.
func (b *builder) add(kind, name, zone string) sim.NodeID {
	b.net.Nodes = append(b.net.Nodes, sim.Node{Kind: kind, Name: name, Zone: zone})
	return sim.NodeID(len(b.net.Nodes) - 1)
}

// at returns a node to fill in; the pointer is good until the next add.
func (b *builder) at(id sim.NodeID) *sim.Node { return &b.net.Nodes[id] }

// route adds a route with its reason.
func (b *builder) route(id sim.NodeID, dst netip.Prefix, next sim.NodeID, why string) {
	n := b.at(id)
	n.Routes = append(n.Routes, sim.Route{Dst: dst, Next: b.only(next), Ref: b.ref(note{text: why})})
}

// only is the list of one next hop, cut from a larger piece: a network has very
// many of them.
func (b *builder) only(next sim.NodeID) []sim.NodeID {
	if len(b.nexts) == cap(b.nexts) {
		b.nexts = make([]sim.NodeID, 0, 1024)
	}
	at := len(b.nexts)
	b.nexts = append(b.nexts, next)
	return b.nexts[at : at+1 : at+1]
}

// standInOf is an address that stands for any of a block: that of a node in it,
// or its first usable one.
func (b *builder) standInOf(bl *block) netip.Addr {
	if a, ok := b.last[bl.cidr]; ok {
		return a
	}
	return b.standIn(bl)
}

// single is the block of one address.
func single(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }

// newBuilder lays out what all patterns share: the sites with their links and
// firewalls, the gateways, the VPC's router and its existing subnets.
func newBuilder(w *work) *builder {
	b := &builder{w: w, notes: make([]note, 1), stands: map[netip.Addr]netip.Prefix{}, last: map[netip.Prefix]netip.Addr{}, sites: map[string]*siteNodes{},
		subnet: map[string]subnetNodes{}, nats: map[string]sim.NodeID{}, gates: map[string]sim.NodeID{}, places: map[placeKey]*placement{}, rerouted: map[string]bool{},
		watched: map[sim.NodeID]bool{}, shared: map[string]sim.Ref{}, attached: map[string]sim.NodeID{}, misused: map[string]*sim.Broken{}, egress: map[string]sim.NodeID{}, ownGroup: map[sim.NodeID]bool{}, peering: sim.None, onEgress: map[string]*placement{}, onFleet: map[int][]*placement{}, far: map[string]sim.NodeID{}}
	b.net.Nodes = make([]sim.Node, 0, 8*w.placesToCome()+64)
	b.notes = slices.Grow(b.notes, 24*w.placesToCome())
	b.vpc = b.add(kindVPC, "vpc", "")
	b.exit = b.add(kindInternet, "internet gateway", "")
	b.at(b.exit).Ref = b.ref(note{code: "not-internet", text: "the internet has no such address"})
	b.connectSites()
	b.existingSubnets()
	b.connectElsewhere()
	b.existingTables()
	return b
}

// placesToCome is about how many placements the network will have: large networks
// are not to be copied again and again while they grow.
func (w *work) placesToCome() int { return len(w.list) * len(w.zones) }

// addSubnet adds both sides of a subnet's border and tells the VPC's router
// about it. The route table starts with the local routes, which nothing
// propagated may override (Amazon VPC User Guide, Route priority).
func (b *builder) addSubnet(key, name, zone string, c netip.Prefix, acls []string) subnetNodes {
	s := subnetNodes{name: name, cidr: c, out: b.add(kindSubnetOut, "route table of "+name, zone), in: b.add(kindSubnetIn, name, zone), link: b.add(kindSubnetIn, name, zone)}
	b.subnet[key] = s
	b.at(s.in).Routes, b.at(s.link).Routes = make([]sim.Route, 0, 4), make([]sim.Route, 0, 4)
	local := b.localRoutes()
	b.at(s.out).Routes = append(make([]sim.Route, 0, len(local)+2*len(b.w.env.Sites)+2), local...)
	b.route(b.vpc, c, s.in, "subnet "+name)
	if acl := b.w.aclOf(acls...); acl != nil {
		b.at(s.out).Ingress = b.aclFilter(acl, acl.Outbound, true)
		b.at(s.in).Ingress = b.aclFilter(acl, acl.Inbound, false)
	}
	return s
}

// localRoutes are what every route table of the VPC starts with.
func (b *builder) localRoutes() []sim.Route {
	if b.local == nil {
		for _, v := range b.w.vpcCIDRs() {
			b.local = append(b.local, sim.Route{Dst: v, Pinned: true, Next: []sim.NodeID{b.vpc},
				Ref: b.ref(note{code: "local", text: fmt.Sprintf("%s is a CIDR of the VPC: local route", v), source: "Amazon VPC User Guide, Route priority"})})
		}
	}
	return b.local
}

// inSubnet leads packets for a block of a subnet to what has it.
func (b *builder) inSubnet(s subnetNodes, c netip.Prefix, next sim.NodeID, why string) {
	b.route(s.in, c, next, why)
	b.route(s.link, c, next, why)
}

// newSubnet adds a subnet of the plan.
func (b *builder) newSubnet(bl *block) subnetNodes {
	if bl.subnet != "" {
		return b.subnet["existing/"+bl.subnet]
	}
	if s, ok := b.subnet[bl.name]; ok {
		return s
	}
	return b.addSubnet(bl.name, bl.name, bl.zone, bl.cidr, []string{"new"})
}

// portMatch matches a protocol and its destination ports.
func portMatch(p inventory.PortRange) sim.Match {
	m := sim.Match{Protocol: protocol(p.Protocol)}
	if m.Protocol == sim.TCP || m.Protocol == sim.UDP {
		m.PortFrom, m.PortTo = p.From, p.To
	}
	return m
}

func protocol(name string) sim.Protocol {
	switch name {
	case "tcp":
		return sim.TCP
	case "udp":
		return sim.UDP
	case "icmp":
		return sim.ICMP
	}
	return sim.Any
}

// destinationBlocks are the addresses of a destination; where only host names
// are given, the first block of its site stands for them.
func (w *work) destinationBlocks(d *inventory.Destination) []netip.Prefix {
	if d.Kind.V != inventory.KindOnPremises {
		return w.elsewhereBlocks(d)
	}
	list := values(d.CIDRs)
	if len(list) == 0 {
		for i := range w.env.Sites {
			if s := &w.env.Sites[i]; s.Name.V == d.Site && len(s.CIDRs) > 0 {
				list = append(list, s.CIDRs[0].V)
			}
		}
	}
	slices.SortFunc(list, func(a, b netip.Prefix) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
	})
	return list
}
