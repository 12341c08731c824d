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
	kindPod       = "pod"
	kindSidecar   = "sidecar"
	kindHost      = "node"
	kindENI       = "network-interface"
	kindSubnetOut = "route-table"
	kindSubnetIn  = "subnet"
	kindVPC       = "vpc-router"
	kindNAT       = "nat-gateway"
	kindEgress    = "egress-node"
	kindGateway   = "egress-gateway"
	kindNetwork   = "network"
	kindInternet  = "internet-exit"
	kindRouter    = "on-premises-router"
	kindFirewall  = "firewall"
	kindLAN       = "on-premises"
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

var everywhere = netip.MustParsePrefix("0.0.0.0/0")

// note is what a Ref stands for: what is said of a hop, and the fact behind it.
type note struct {
	code, text, source string
	at                 finding.Pos
}

// builder compiles the environment and one pattern to a generic network.
type builder struct {
	w      *work
	net    sim.Network
	notes  []note                      // by Ref; 0 means none
	stands map[netip.Addr]netip.Prefix // an address that stands for any of a block
	last   map[netip.Prefix]netip.Addr // the last such address of a block
	sites  map[string]*siteNodes       // by site name
	subnet map[string]subnetNodes      // by block name or "existing/<name>"
	nats   map[string]sim.NodeID       // existing NAT gateways: where packets for them go
	gates  map[string]sim.NodeID       // transit-gateway, virtual-private-gateway
	places map[placeKey]*placement
	vpc    sim.NodeID
	exit   sim.NodeID
}

// subnetNodes are the two sides of a subnet's border: out holds the outbound
// network ACL and the route table, in the inbound network ACL and the way to
// the interfaces.
type subnetNodes struct {
	name    string
	cidr    netip.Prefix
	out, in sim.NodeID
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
	n.Routes = append(n.Routes, sim.Route{Dst: dst, Next: []sim.NodeID{next}, Ref: b.ref(note{text: why})})
}

// host is the block of one address.
func single(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }

// newBuilder lays out what all patterns share: the sites with their links and
// firewalls, the gateways, the VPC's router and its existing subnets.
func newBuilder(w *work) *builder {
	b := &builder{w: w, notes: make([]note, 1), stands: map[netip.Addr]netip.Prefix{}, last: map[netip.Prefix]netip.Addr{}, sites: map[string]*siteNodes{},
		subnet: map[string]subnetNodes{}, nats: map[string]sim.NodeID{}, gates: map[string]sim.NodeID{}, places: map[placeKey]*placement{}}
	b.vpc = b.add(kindVPC, "vpc", "")
	b.exit = b.add(kindInternet, "internet gateway", "")
	b.at(b.exit).Owns = []netip.Prefix{everywhere}
	b.connectSites()
	b.existingSubnets()
	return b
}

// connectSites builds each site and the gateways and links towards it.
func (b *builder) connectSites() {
	for i := range b.w.env.Sites {
		site := &b.w.env.Sites[i]
		s := &siteNodes{firewalls: map[string]sim.NodeID{}}
		b.sites[site.Name.V] = s
		s.router = b.add(kindRouter, site.Name.V+" router", "")
		s.lan = b.add(kindLAN, site.Name.V, "")
		for _, c := range site.CIDRs {
			b.at(s.lan).Owns = append(b.at(s.lan).Owns, c.V)
			b.route(s.router, c.V, s.lan, "inside "+site.Name.V)
		}
		b.firewalls(site, s)
		b.links(site, s)
		b.route(s.lan, everywhere, s.router, "default route of "+site.Name.V)
	}
	for i := range b.w.env.Connected {
		n := &b.w.env.Connected[i]
		id := b.add(kindNetwork, n.Name.V, "")
		gate := b.gate(inventory.TransitGateway)
		for _, c := range n.CIDRs {
			b.at(id).Owns = append(b.at(id).Owns, c.V)
			b.route(gate, c.V, id, "attachment of "+n.Name.V)
		}
		b.route(id, everywhere, gate, "back to the transit gateway")
	}
}

// firewalls puts each of the site's firewalls in front of its destinations.
func (b *builder) firewalls(site *inventory.Site, s *siteNodes) {
	for i := range b.w.plan.Firewalls {
		f := &b.w.plan.Firewalls[i]
		if f.Site.V != site.Name.V {
			continue
		}
		id := b.add(kindFirewall, f.Name.V, "")
		s.firewalls[f.Name.V] = id
		b.route(id, everywhere, s.router, "towards AWS")
		for _, c := range site.CIDRs {
			b.route(id, c.V, s.lan, "inside "+site.Name.V)
		}
	}
	for i := range b.w.plan.Destinations {
		d := &b.w.plan.Destinations[i]
		id, behind := s.firewalls[d.Firewall.V]
		if d.Kind.V != inventory.KindOnPremises || d.Site != site.Name.V || !behind {
			continue
		}
		for _, c := range b.w.destinationBlocks(d) {
			b.route(s.router, c, id, d.Name.V+" is behind "+d.Firewall.V)
			lan := b.at(s.lan)
			lan.Routes = append(lan.Routes, sim.Route{Dst: everywhere, Src: c, Next: []sim.NodeID{id},
				Ref: b.ref(note{text: d.Name.V + " is behind " + d.Firewall.V})})
		}
	}
}

// links joins a site to its gateways. The primary link carries the traffic; a
// backup stands behind it with a higher rank. What the site can answer to is
// what is announced to it.
func (b *builder) links(site *inventory.Site, s *siteNodes) {
	for i := range site.Links {
		l := &site.Links[i]
		gate := b.gate(l.Gateway.V)
		id := b.add(l.Over.V, l.Name.V, "")
		rank := i
		if l.Role.V == inventory.RoleBackup {
			rank += len(site.Links)
		}
		b.route(id, everywhere, gate, "towards AWS")
		for _, c := range site.CIDRs {
			b.route(id, c.V, s.router, "towards "+site.Name.V)
			g := b.at(gate)
			g.Routes = append(g.Routes, sim.Route{Dst: c.V, Rank: rank, Next: []sim.NodeID{id},
				Ref: b.ref(note{text: fmt.Sprintf("%s is reached over %s (%s)", site.Name.V, l.Name.V, l.Role.V)})})
		}
		for _, c := range b.w.announced(l) {
			r := b.at(s.router)
			r.Routes = append(r.Routes, sim.Route{Dst: c, Rank: rank, Next: []sim.NodeID{id},
				Ref: b.ref(note{text: fmt.Sprintf("%s is announced over %s", c, l.Name.V)})})
		}
	}
}

// gate returns the gateway node of that kind, which knows the VPC's blocks.
func (b *builder) gate(kind string) sim.NodeID {
	if id, ok := b.gates[kind]; ok {
		return id
	}
	id := b.add(kind, kind, "")
	b.gates[kind] = id
	for _, c := range b.w.vpcCIDRs() {
		b.route(id, c, b.vpc, "VPC attachment")
	}
	return id
}

// announced is what a site learns over a link: what the link says, else all
// routable space of the VPC and of the plan.
func (w *work) announced(l *inventory.Link) []netip.Prefix {
	var list []netip.Prefix
	for _, c := range l.Advertised {
		list = append(list, c.V)
	}
	if len(list) > 0 {
		return list
	}
	for _, c := range w.vpcCIDRs() {
		if w.routableAddress(c.Addr()) {
			list = append(list, c)
		}
	}
	return list
}

// siteGate is the kind of gateway that leads to a site: its primary link's.
func (w *work) siteGate(site *inventory.Site) string {
	best := inventory.TransitGateway
	for i := range site.Links {
		if i == 0 || site.Links[i].Role.V == inventory.RolePrimary {
			best = site.Links[i].Gateway.V
			if site.Links[i].Role.V == inventory.RolePrimary {
				break
			}
		}
	}
	return best
}

// addSubnet adds both sides of a subnet's border and tells the VPC's router
// about it. The route table starts with the local routes, which nothing
// propagated may override (Amazon VPC User Guide, Route priority).
func (b *builder) addSubnet(key, name string, c netip.Prefix, acls []string) subnetNodes {
	s := subnetNodes{name: name, cidr: c, out: b.add(kindSubnetOut, "route table of "+name, ""), in: b.add(kindSubnetIn, name, "")}
	b.subnet[key] = s
	for _, v := range b.w.vpcCIDRs() {
		b.at(s.out).Routes = append(b.at(s.out).Routes, sim.Route{Dst: v, Pinned: true, Next: []sim.NodeID{b.vpc},
			Ref: b.ref(note{code: "local", text: fmt.Sprintf("%s is a CIDR of the VPC: local route", v), source: "Amazon VPC User Guide, Route priority"})})
	}
	b.route(b.vpc, c, s.in, "subnet "+name)
	for i := range b.w.env.VPC.NetworkACLs {
		acl := &b.w.env.VPC.NetworkACLs[i]
		if slices.ContainsFunc(acl.Subnets, func(v inventory.Value[string]) bool { return slices.Contains(acls, v.V) }) {
			b.at(s.out).Ingress = b.aclFilter(acl, acl.Outbound, true)
			b.at(s.in).Ingress = b.aclFilter(acl, acl.Inbound, false)
		}
	}
	return s
}

// newSubnet adds a subnet of the plan.
func (b *builder) newSubnet(bl *block) subnetNodes {
	if bl.subnet != "" {
		return b.subnet["existing/"+bl.subnet]
	}
	if s, ok := b.subnet[bl.name]; ok {
		return s
	}
	return b.addSubnet(bl.name, bl.name, bl.cidr, []string{"new"})
}

// aclFilter turns a network ACL into a stateless filter: numbered rules, the
// first match decides, then everything is refused.
func (b *builder) aclFilter(acl *inventory.NetworkACL, rules []inventory.ACLRule, outbound bool) *sim.Filter {
	f := &sim.Filter{Ref: b.ref(note{code: "network-acl", text: "network ACL " + acl.Name.V + ": no rule allows it", at: acl.At})}
	for _, r := range rules {
		m := portMatch(r.Ports)
		if outbound {
			m.Dst = r.CIDR
		} else {
			m.Src = r.CIDR
		}
		f.Rules = append(f.Rules, sim.Rule{Match: m, Allow: r.Allow,
			Ref: b.ref(note{code: "network-acl", text: fmt.Sprintf("network ACL %s, rule %d", acl.Name.V, r.Number), at: r.At})})
	}
	return f
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

// existingSubnets adds the VPC's subnets with their route tables.
func (b *builder) existingSubnets() {
	for i := range b.w.env.VPC.Subnets {
		s := &b.w.env.VPC.Subnets[i]
		b.addSubnet("existing/"+s.Name.V, s.Name.V, s.CIDR.V, []string{s.Name.V})
	}
	for i := range b.w.env.VPC.NATGateways {
		b.existingNAT(&b.w.env.VPC.NATGateways[i])
	}
	for i := range b.w.env.VPC.Subnets {
		s := &b.w.env.VPC.Subnets[i]
		out := b.subnet["existing/"+s.Name.V].out
		if t := b.w.tableOf(s.Name.V); t != nil {
			b.tableRoutes(out, t)
			continue
		}
		b.toSites(out)
	}
}

// tableOf is the route table an existing subnet is associated with, if given.
func (w *work) tableOf(subnet string) *inventory.RouteTable {
	for i := range w.env.VPC.RouteTables {
		t := &w.env.VPC.RouteTables[i]
		if slices.ContainsFunc(t.Subnets, func(v inventory.Value[string]) bool { return v.V == subnet }) {
			return t
		}
	}
	return nil
}

// existingNAT adds a NAT gateway that is there already.
func (b *builder) existingNAT(n *inventory.NATGateway) {
	s, ok := b.subnet["existing/"+n.Subnet.V]
	if !ok || len(n.IPs) == 0 {
		return
	}
	var ips []netip.Addr
	for _, ip := range n.IPs {
		ips = append(ips, ip.V)
	}
	b.nats[n.Name.V] = b.natGateway(n.Name.V, "", ips, s)
}

// natGateway adds a NAT gateway in a subnet and returns where packets for it
// enter: the inbound side of the subnet's border. It carries TCP, UDP and ICMP
// only, and drops what belongs to no connection opened from inside (Amazon VPC
// User Guide, NAT gateway basics).
func (b *builder) natGateway(name, zone string, ips []netip.Addr, s subnetNodes) sim.NodeID {
	enter := b.add(kindSubnetIn, s.name, zone)
	b.at(enter).Ingress = b.at(s.in).Ingress
	id := b.add(kindNAT, name, zone)
	b.route(enter, everywhere, id, "enters "+name)
	n := b.at(id)
	n.Carries = []sim.Protocol{sim.TCP, sim.UDP, sim.ICMP}
	n.SessionOnly = true
	for _, ip := range ips {
		n.Owns = append(n.Owns, single(ip))
	}
	n.NAT = []sim.NAT{{To: ips, PortFrom: natPortFrom, PortTo: natPortTo,
		Ref: b.ref(note{text: fmt.Sprintf("%s translates to its own address, ports 1024-65535", name), source: "Amazon VPC User Guide, NAT gateways"})}}
	for _, ip := range ips {
		b.route(s.in, single(ip), id, "address of "+name)
	}
	b.route(id, everywhere, s.out, "leaves into its own subnet's route table")
	return enter
}

// tableRoutes fills a route table as the input gives it.
func (b *builder) tableRoutes(out sim.NodeID, t *inventory.RouteTable) {
	for _, r := range t.Routes {
		next, ok := b.target(r.Via.V)
		kind := r.Via.V
		if _, nat := b.nats[r.Via.V]; nat {
			kind = kindNAT
		}
		if !r.Propagated.V && kind != "local" && !b.accepted(r.To.V, kind) {
			continue
		}
		route := sim.Route{Dst: r.To.V, Yielding: r.Propagated.V,
			Ref: b.ref(note{text: fmt.Sprintf("route table %s: %s via %s", t.Name.V, r.To.V, r.Via.V), at: r.At})}
		if r.Via.V == "local" {
			route.Pinned = true
		}
		if ok {
			route.Next = []sim.NodeID{next}
		}
		b.at(out).Routes = append(b.at(out).Routes, route)
	}
}

// accepted reports whether AWS takes a static route: one inside a CIDR of the
// VPC only for a whole subnet, and only to a NAT gateway, a network interface or
// a load balancer endpoint (Amazon VPC User Guide, Subnet route tables). A site
// inside the VPC's range therefore has no route at all.
func (b *builder) accepted(dst netip.Prefix, kind string) bool {
	inside := false
	for _, v := range b.w.vpcCIDRs() {
		inside = inside || v.Bits() <= dst.Bits() && v.Contains(dst.Addr())
	}
	if !inside {
		return true
	}
	if kind != kindNAT {
		return false
	}
	for _, s := range b.subnet {
		if s.cidr == dst {
			return true
		}
	}
	return false
}

// target is the node a route's target stands for; false where it leads nowhere
// we know.
func (b *builder) target(via string) (sim.NodeID, bool) {
	switch via {
	case "local":
		return b.vpc, true
	case inventory.TransitGateway, inventory.VirtualPrivateGateway:
		return b.gate(via), true
	case "internet-gateway":
		return b.exit, true
	}
	id, ok := b.nats[via]
	return id, ok
}

// toSites leads every on-premises prefix to its site's gateway and the
// connected networks to the transit gateway.
func (b *builder) toSites(out sim.NodeID) {
	for i := range b.w.env.Sites {
		site := &b.w.env.Sites[i]
		gate := b.w.siteGate(site)
		for _, c := range site.CIDRs {
			if b.accepted(c.V, gate) {
				b.route(out, c.V, b.gate(gate), fmt.Sprintf("%s via %s", c.V, gate))
			}
		}
	}
	b.toConnected(out)
}

func (b *builder) toConnected(out sim.NodeID) {
	for _, n := range b.w.env.Connected {
		for _, c := range n.CIDRs {
			b.route(out, c.V, b.gate(inventory.TransitGateway), fmt.Sprintf("%s via transit-gateway", c.V))
		}
	}
}

// toNAT leads every on-premises prefix to a NAT gateway.
func (b *builder) toNAT(out, nat sim.NodeID, name string) {
	for _, site := range b.w.env.Sites {
		for _, c := range site.CIDRs {
			if b.accepted(c.V, kindNAT) {
				b.route(out, c.V, nat, fmt.Sprintf("%s via %s", c.V, name))
			}
		}
	}
	b.toConnected(out)
}

// nodeFilter is the security group of the nodes: stateful, what it lets out.
func (b *builder) nodeFilter() *sim.Filter {
	rules := b.w.env.Cluster.SecurityGroupEgress
	if len(rules) == 0 {
		return nil
	}
	f := &sim.Filter{Stateful: true, Ref: b.ref(note{code: "security-group", text: "the nodes' security group does not let it out"})}
	for _, r := range rules {
		m := portMatch(r.Ports)
		m.Dst = r.CIDR
		f.Rules = append(f.Rules, sim.Rule{Match: m, Allow: true, Ref: b.ref(note{text: "security group of the nodes", at: r.At})})
	}
	return f
}

// allow fills the firewalls with the allow-list.
func (b *builder) allow(rows []AllowRow) {
	filters := map[sim.NodeID]*sim.Filter{}
	for _, s := range b.sites {
		for name, id := range s.firewalls {
			filters[id] = &sim.Filter{Stateful: true, Ref: b.ref(note{code: "not-allowed", text: "no entry of the allow-list of " + name + " admits this source"})}
			b.at(id).Ingress = filters[id]
		}
	}
	for _, r := range rows {
		id, ok := b.firewall(r.Firewall)
		if !ok {
			continue
		}
		for _, src := range r.Sources {
			for _, dst := range r.Destinations {
				m := portMatch(inventory.PortRange{Protocol: r.Protocol, From: uint16(r.PortFrom), To: uint16(r.PortTo)})
				m.Src, m.Dst = netip.MustParsePrefix(src), netip.MustParsePrefix(dst)
				filters[id].Rules = append(filters[id].Rules, sim.Rule{Match: m, Allow: true,
					Ref: b.ref(note{text: fmt.Sprintf("%s allows %s for %s", r.Firewall, src, r.App)})})
			}
		}
	}
}

func (b *builder) firewall(name string) (sim.NodeID, bool) {
	for _, s := range b.sites {
		if id, ok := s.firewalls[name]; ok {
			return id, true
		}
	}
	return sim.None, false
}

// destinationBlocks are the addresses of a destination; where only host names
// are given, the first block of its site stands for them.
func (w *work) destinationBlocks(d *inventory.Destination) []netip.Prefix {
	var list []netip.Prefix
	for _, c := range d.CIDRs {
		list = append(list, c.V)
	}
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
