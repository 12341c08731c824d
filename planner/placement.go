package planner

import (
	"fmt"
	"net/netip"
	"slices"

	"egressplan/cidr"
	"egressplan/planner/inventory"
	"egressplan/sim"
)

// Pod variants: how a pod is attached decides its exit and its source.
const (
	variantPrimary    = "primary-eni"
	variantSecondary  = "secondary-eni"
	variantBranch     = "branch-eni"
	variantHost       = "host"
	variantFargate    = "fargate"
	variantDiscovered = "discovered-eni" // an address from another tagged subnet
)

// variants are the ways pods of an app may be attached, given the CNI's
// settings: under custom networking never on the primary interface.
func (w *work) variants(a *inventory.App) []string {
	switch {
	case a.Compute.V == inventory.ComputeFargate:
		return []string{variantFargate}
	case a.HostNetwork.V:
		return []string{variantHost}
	}
	list := []string{variantPrimary, variantSecondary}
	if w.env.Cluster.VPCCNI.CustomNetworking.V {
		list = list[1:]
	}
	if w.env.Cluster.VPCCNI.PodSecurityGroups.V != inventory.PodSGOff && !w.cilium() {
		list = append(list, variantBranch)
	}
	return list
}

// cilium reports whether pods are attached by Cilium in this candidate.
func (w *work) cilium() bool {
	return w.env.Cluster.CNI.V == inventory.CNICilium || w.pattern.replacesCNI()
}

// placeKey names a placement: the pods of a group in a zone.
type placeKey struct{ group, zone string }

// placement is where the pods of a group run in a zone: one node with one pod
// of each variant, each standing for all of its kind.
type placement struct {
	zone    string
	gateway bool         // gateways run here, not apps
	masq    netip.Addr   // what Cilium in ENI mode translates secondary-interface pods to
	more    []*placement // in further subnets of the zone
	sidecar []sim.NodeID // in front of its pods
	host    sim.NodeID
	start   map[string]sim.NodeID // where a pod's packets begin, by variant
	addr    map[string]netip.Addr // and its address
	eni     map[string]sim.NodeID // and the interface that has it
}

// place builds the placement of a group in a zone. nodes is the subnet of the
// EC2 nodes, pods that of their pods (the same unless custom networking moves
// them), fargate that of Fargate pods; any may be nil.
func (b *builder) place(group, zone string, nodes, pods, fargate *block) *placement {
	p := b.newPlacement(group, zone)
	if fargate != nil {
		b.fargatePod(p, fargate)
	}
	if nodes != nil {
		if pods == nil { // nothing but the host network runs there
			pods = nodes
		}
		b.node(p, group, nodes, pods, b.standIn(nodes))
	}
	return p
}

// placePinned builds a placement in one block whose nodes keep the pinned
// addresses, one each; none means any of the block.
func (b *builder) placePinned(group, zone string, home *block, pinned []netip.Addr) *placement {
	if len(pinned) == 0 {
		return b.place(group, zone, home, home, nil)
	}
	p := b.newPlacement(group, zone)
	b.node(p, group, home, home, pinned...)
	return p
}

func (b *builder) newPlacement(group, zone string) *placement {
	p := &placement{zone: zone, host: sim.None, start: map[string]sim.NodeID{}, addr: map[string]netip.Addr{}, eni: map[string]sim.NodeID{}}
	b.places[placeKey{group, zone}] = p
	b.placed = append(b.placed, p)
	return p
}

// standIn is the first address of a block, after those that AWS reserves, that
// nothing else of the network has: it stands for any address of the block.
func (b *builder) standIn(bl *block) netip.Addr {
	a, again := b.last[bl.cidr]
	if again && bl.cidr.Contains(a.Next().Next()) {
		a = a.Next()
	} else if !again {
		a = cidr.FirstUsable(bl.cidr)
	}
	b.last[bl.cidr], b.stands[a] = a, bl.cidr
	return a
}

// fargatePod adds a Fargate pod: an interface of its own in the subnet, no node
// that translates (Amazon EKS User Guide, Fargate).
func (b *builder) fargatePod(p *placement, bl *block) {
	s := b.newSubnet(bl)
	a := b.standIn(bl)
	pod := b.add(kindPod, "Fargate pod", p.zone)
	b.at(pod).Owns = []netip.Prefix{single(a)}
	b.route(pod, everywhere, s.out, "the pod's own interface, in "+s.name)
	b.route(pod, s.cidr, s.link, "in "+s.name)
	b.inSubnet(s, single(a), pod, "the pod's own interface")
	b.eachClusterIP(func(d *inventory.Destination) { b.clusterIP(pod, d) })
	p.start[variantFargate], p.addr[variantFargate] = pod, a
}

// node adds an EC2 node with its interfaces and a pod on each. The decision to
// translate is also the decision by which interface, and so by which route
// table, a packet leaves (Amazon VPC CNI, host network rules):
//
//	destination in a VPC CIDR or excluded, or externalSNAT: by the interface of
//	the pod's own address, untouched; anything else: by the primary interface,
//	as the node's primary address.
//
// Replies of connections opened from outside are neither marked nor translated.
func (b *builder) node(p *placement, group string, nodes, pods *block, hostAddr ...netip.Addr) {
	ns, ps := b.newSubnet(nodes), b.newSubnet(pods)
	host := b.add(kindHost, "node of "+group, p.zone)
	p.host = host
	b.at(host).Routes = make([]sim.Route, 0, len(b.w.vpcCIDRs())+8)
	eth0 := b.eni("primary interface", p.zone, ns)
	for _, a := range hostAddr {
		b.at(host).Owns = append(b.at(host).Owns, single(a))
		b.toHost(eth0, ns, host, a)
	}
	p.start[variantHost], p.addr[variantHost] = host, hostAddr[0]

	if !b.w.env.Cluster.VPCCNI.CustomNetworking.V {
		b.pod(p, variantPrimary, host, eth0, ns, b.standIn(nodes))
	}
	eth1 := b.eni("secondary interface", p.zone, ps)
	b.pod(p, variantSecondary, host, eth1, ps, b.standIn(pods))
	p.masq = b.ciliumExit(p, host, eth1, ps, pods)
	if !p.masq.IsValid() {
		b.keepOwnExit(host, eth1, p.addr[variantSecondary])
	}
	if b.w.env.Cluster.VPCCNI.PodSecurityGroups.V != inventory.PodSGOff {
		eth2 := b.eni("branch interface", p.zone, ps)
		b.ownGroup[eth2] = true
		b.pod(p, variantBranch, host, eth2, ps, b.standIn(pods))
		b.branchExit(host, eth2, p.addr[variantBranch])
	}
	if s := b.w.discoverable(p.zone, nodes); s != nil {
		sn := b.subnet["existing/"+s.Name.V]
		eth3 := b.eni("interface in "+s.Name.V, p.zone, sn)
		b.pod(p, variantDiscovered, host, eth3, sn, b.standIn(&block{cidr: s.CIDR.V}))
		b.keepOwnExit(host, eth3, p.addr[variantDiscovered])
	}
	b.route(host, everywhere, eth0, "the primary interface")
	b.clusterIPs(p)
	b.nodeSNAT(host, hostAddr, p.addr[variantBranch])
	b.unmarkedBranch(p)
	if p.masq.IsValid() {
		b.ciliumMasquerade(host, p.addr[variantSecondary], p.masq)
	}
}

// discoverable is the first subnet of a zone, other than the nodes' own, that
// the VPC CNI may take pod addresses from (Amazon VPC CNI README, subnet
// discovery: tag kubernetes.io/role/cni).
func (w *work) discoverable(zone string, nodes *block) *inventory.Subnet {
	cni := w.env.Cluster.VPCCNI
	if w.cilium() || cni.CustomNetworking.V || !cni.SubnetDiscovery.V {
		return nil
	}
	for i := range w.env.VPC.Subnets {
		s := &w.env.VPC.Subnets[i]
		if s.CNI.V && s.Zone.V == zone && s.CIDR.V != nodes.cidr {
			return s
		}
	}
	return nil
}

// ciliumExit is the address that Cilium in ENI mode translates the pods of a
// secondary interface to: that interface's own; none where it does not.
func (b *builder) ciliumExit(p *placement, host, eni sim.NodeID, s subnetNodes, pods *block) netip.Addr {
	if !b.w.ciliumENI() {
		return netip.Addr{}
	}
	own := b.standIn(pods)
	b.at(host).Owns = append(b.at(host).Owns, single(own))
	b.toHost(eni, s, host, own)
	b.routeFrom(host, everywhere, p.addr[variantSecondary], eni, false, "by the pod's own interface")
	return own
}

// ciliumENI reports whether pods of secondary interfaces leave by them, as their
// primary address (Cilium, ENI mode: masquerading by the leaving interface).
func (w *work) ciliumENI() bool {
	return w.cilium() && w.env.Cluster.Cilium.IPAM.V == inventory.CiliumENI
}

// ciliumMasquerade translates a secondary interface's pods before the node's own
// translation does.
func (b *builder) ciliumMasquerade(host sim.NodeID, pod, own netip.Addr) {
	n := b.at(host)
	last := len(n.NAT) - 1
	n.NAT = append(n.NAT[:last:last], sim.NAT{Match: sim.Match{Src: single(pod)}, To: []netip.Addr{own}, PortFrom: ciliumPortFrom, PortTo: natPortTo,
		Ref: b.ref(note{text: "Cilium masquerades to the primary address of the interface it leaves by", source: "Cilium documentation, Masquerading"})}, n.NAT[last])
}

// eni adds a network interface of a node in a subnet. What passes it must carry
// one of its addresses (EC2 source/destination check) and be let out or in by the
// nodes' security group; toHost says which addresses those are.
func (b *builder) eni(name, zone string, s subnetNodes) sim.NodeID {
	id := b.add(kindENI, name, zone)
	n := b.at(id)
	n.MTU, n.Routes = mtuVPC, make([]sim.Route, 0, 4)
	n.Ingress = &sim.Filter{Stateful: true, Ref: b.once("source-check", note{code: "source-destination-check",
		text: "the interface does not have this address: EC2 checks source and destination", source: "Amazon EC2 User Guide, Elastic network interfaces"})}
	b.route(id, everywhere, s.out, "in "+s.name)
	b.route(id, s.cidr, s.link, "in "+s.name)
	return id
}

// toHost gives an interface an address and leads packets for it to the node.
func (b *builder) toHost(eni sim.NodeID, s subnetNodes, host sim.NodeID, a netip.Addr) {
	b.inSubnet(s, single(a), eni, "the interface that owns "+a.String())
	b.route(eni, single(a), host, "the node behind the interface")
	f := b.at(eni).Ingress
	if b.ownGroup[eni] { // the pod's own group counts, which the input does not know
		f.Rules = append(f.Rules, sim.Rule{Match: sim.Match{Src: single(a)}, Allow: true}, sim.Rule{Match: sim.Match{Dst: single(a)}, Allow: true})
		return
	}
	cluster := &b.w.env.Cluster
	f.Rules = slices.Grow(f.Rules, len(cluster.SecurityGroupEgress)+len(cluster.SecurityGroupIngress)+len(b.w.vpcCIDRs())+2)
	f.Rules = b.entering(b.leaving(f.Rules, a), a)
}

// pod adds a pod on a node, its address on one of the node's interfaces.
func (b *builder) pod(p *placement, variant string, host, eni sim.NodeID, s subnetNodes, a netip.Addr) {
	pod := b.add(kindPod, "pod ("+variant+")", p.zone)
	b.at(pod).Owns = []netip.Prefix{single(a)}
	b.route(pod, everywhere, host, "the pod's node")
	b.route(host, single(a), pod, "a pod of this node")
	b.toHost(eni, s, host, a)
	p.start[variant], p.addr[variant], p.eni[variant] = pod, a, eni
}

// keepOwnExit makes a secondary-interface pod leave by its own interface where
// the CNI does not translate, and always for replies.
func (b *builder) keepOwnExit(host, eni sim.NodeID, pod netip.Addr) {
	why := "not translated: by the pod's own interface"
	for _, dst := range b.w.untranslated() {
		b.routeFrom(host, dst, pod, eni, false, why)
	}
	for _, x := range b.w.env.Cluster.VPCCNI.ExternalServiceCIDRs {
		n := b.at(host)
		n.Routes = append(n.Routes, sim.Route{Dst: x.V, Src: single(pod), Rank: -2, Next: b.only(b.primaryOf(host)),
			Ref: b.once("external service", note{text: "in externalServiceCIDRs: by the node's main route table, the primary interface", source: hostRules})})
	}
	if b.w.externalSNAT() || slices.Contains(b.w.untranslated(), everywhere) {
		b.routeFrom(host, everywhere, pod, eni, false, why)
		return
	}
	b.routeFrom(host, everywhere, pod, eni, false, "replies leave by the pod's own interface")
	n := b.at(host)
	n.Routes = append(n.Routes, sim.Route{Dst: everywhere, Src: single(pod), Opening: true, Rank: -1, Next: b.only(b.primaryOf(host)),
		Ref: b.once("marked", note{text: "to be translated: marked, by the primary interface", source: hostRules})})
}

// branchExit makes a pod with its own security groups leave by its branch
// interface: always in strict mode, where not translated in standard mode.
func (b *builder) branchExit(host, eni sim.NodeID, pod netip.Addr) {
	if b.w.env.Cluster.VPCCNI.PodSecurityGroups.V == inventory.PodSGStrict {
		b.routeFrom(host, everywhere, pod, eni, false, "strict mode: by the branch interface, never translated")
		return
	}
	b.keepOwnExit(host, eni, pod)
}

// hostRules is the source of what a node of the VPC CNI does to packets.
const hostRules = "Amazon VPC CNI, host network rules"

func (b *builder) routeFrom(host sim.NodeID, dst netip.Prefix, src netip.Addr, next sim.NodeID, opening bool, why string) {
	n := b.at(host)
	n.Routes = append(n.Routes, sim.Route{Dst: dst, Src: single(src), Opening: opening, Next: b.only(next),
		Ref: b.once("exit "+why, note{text: why, source: hostRules})})
}

// primaryOf is the node's primary interface: the first node added after it.
func (b *builder) primaryOf(host sim.NodeID) sim.NodeID { return host + 1 }

// untranslated are the destinations that the CNI never translates: every CIDR
// of the VPC, and the exclusions; or what Cilium is told to route natively.
func (w *work) untranslated() []netip.Prefix {
	if !w.cilium() {
		return append(w.vpcCIDRs(), values(w.env.Cluster.VPCCNI.ExcludeSNATCIDRs)...)
	}
	c := w.env.Cluster.Cilium
	list := values(c.NativeRoutingCIDRs)
	if len(list) == 0 {
		list = w.vpcCIDRs()
	}
	return append(list, values(c.NonMasqueradeCIDRs)...)
}

func values[T any](list []inventory.Value[T]) []T {
	var out []T
	for _, v := range list {
		out = append(out, v.V)
	}
	return out
}

// externalSNAT reports whether the node leaves translation to others.
func (w *work) externalSNAT() bool {
	return w.env.Cluster.VPCCNI.ExternalSNAT.V && !w.cilium()
}

// nodeSNAT adds the node's own translation. It has no source match: host
// processes pass it too. Strict-mode branch pods never meet it.
func (b *builder) nodeSNAT(host sim.NodeID, hostAddr []netip.Addr, branch netip.Addr) {
	if b.w.externalSNAT() {
		return
	}
	n := b.at(host)
	n.NAT = append(n.NAT, b.keptAddresses()...)
	if branch.IsValid() && b.w.env.Cluster.VPCCNI.PodSecurityGroups.V == inventory.PodSGStrict {
		n.NAT = append(n.NAT, sim.NAT{Match: sim.Match{Src: single(branch)}, Ref: b.ref(note{text: "strict mode is never translated"})})
	}
	t := sim.NAT{To: hostAddr, PortFrom: natPortFrom, PortTo: natPortTo,
		Ref: b.ref(note{text: "the CNI translates to the node's primary address", source: "Amazon VPC CNI README, AWS_VPC_K8S_CNI_EXTERNALSNAT"})}
	switch {
	case b.w.cilium():
		t.PortFrom = ciliumPortFrom
		b.notes[t.Ref] = note{text: "Cilium masquerades to the node's address", source: "Cilium documentation, Masquerading"}
	case b.w.env.Cluster.VPCCNI.RandomizeSNAT.V == inventory.SNATNone:
		t.PortFrom, t.PortTo = 0, 0
	}
	n.NAT = append(n.NAT, t)
}

// keptAddresses are the destinations towards which a node leaves a packet's source
// as it is.
func (b *builder) keptAddresses() []sim.NAT {
	if b.kept == nil {
		for _, dst := range b.w.untranslated() {
			b.kept = append(b.kept, sim.NAT{Match: sim.Match{Dst: dst}, Ref: b.ref(note{text: fmt.Sprintf("%s is not translated", dst)})})
		}
	}
	return b.kept
}
