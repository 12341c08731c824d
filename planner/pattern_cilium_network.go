package planner

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"egressplan/cidr"
	"egressplan/planner/inventory"
	"egressplan/sim"
)

// compile: pods of a selected app are tunnelled from their node to the gateway
// node their pod is hashed to; that one translates to the group's egress IP.
// Everything else takes the node's own way. Replies come back to the egress IP
// and are tunnelled to the pod's node.
func (p ciliumPattern) compile(w *work, b *builder) {
	s := p.story(w)
	b.placeShared()
	for _, z := range w.zones {
		b.narrowPods(b.places[placeKey{sharedSpace, z}])
	}
	gateways := make([]sim.NodeID, len(s.entries))
	for i, e := range s.entries {
		gateways[i] = p.gateway(w, b, e)
	}
	for i, id := range gateways {
		for _, place := range b.onFleet[s.entries[i].fleet] {
			if id != sim.None {
				b.tunnelBack(id, place)
			}
		}
	}
	s.closed = p.tunnels(w, b, gateways)
	s.nowhere = b.add(kindHost, "closed tunnel", "")
	b.at(s.nowhere).Ref = b.ref(note{code: "tunnel-closed", text: "the tunnel does not get through", source: "Cilium documentation, System requirements"})
	var steered []sim.NAT
	b.eachPair(w.apps, func(a *inventory.App, d *inventory.Destination, label sim.Label) {
		if g := s.of[pair{a.Key, d.Name.V}]; g != nil {
			steered = append(steered, p.steer(w, b, g, d, label, gateways)...)
		}
	})
	for _, z := range w.zones {
		place := b.places[placeKey{sharedSpace, z}]
		if place.host == sim.None {
			continue
		}
		first := slices.Clone(steered)
		for _, k := range w.kin {
			first = append(first, b.leaveAlone(place, k.label)...)
		}
		slices.SortStableFunc(first, narrowFirst)
		host := b.at(place.host)
		host.NAT = append(first, host.NAT...)
	}
	for _, id := range gateways {
		if id != sim.None {
			p.masquerade(w, b, id)
		}
	}
}

// narrowPods gives pods the route MTU that leaves room for the tunnel; the host
// network keeps the device's (Cilium documentation, MTU).
func (b *builder) narrowPods(p *placement) {
	for v, id := range p.start {
		if v != variantHost && v != variantFargate {
			b.at(id).MTU = mtuVPC - tunnelOverhead
		}
	}
}

// narrowFirst orders translations as Cilium looks policies up: the longest
// destination prefix wins.
func narrowFirst(a, b sim.NAT) int { return b.Match.Dst.Bits() - a.Match.Dst.Bits() }

// leaveAlone gives packets of one label to the blocks that every egress policy
// excludes the node's own way, and returns the translations that go with it. An
// excluded block is an entry like any other: the longer prefix decides (Cilium
// documentation, Egress Gateway).
func (b *builder) leaveAlone(place *placement, label sim.Label) []sim.NAT {
	var list []sim.NAT
	for _, x := range b.w.env.Cluster.Cilium.ExcludedCIDRs {
		c, n := x.V, b.at(place.host)
		why := b.once("excluded "+c.String(), note{text: "excluded from the egress policies: " + c.String(), source: ciliumEgress})
		for _, v := range []string{variantPrimary, variantSecondary} {
			a, there := place.addr[v]
			if !there {
				continue
			}
			next, to := b.primaryOf(place.host), place.addr[variantHost]
			if v == variantSecondary && place.masq.IsValid() {
				next, to = place.eni[v], place.masq
			}
			n.Routes = append(n.Routes, sim.Route{Dst: c, Src: single(a), Label: label, Opening: true, Next: b.only(next), Ref: why})
			t := sim.NAT{Match: sim.Match{Src: single(a), Dst: c, Label: label}, Ref: why}
			if !cidr.Contains(b.w.untranslated(), c) {
				t.To, t.PortFrom, t.PortTo = []netip.Addr{to}, ciliumPortFrom, natPortTo
			}
			list = append(list, t)
		}
	}
	return list
}

// ciliumEgress is the source of what the egress gateway does.
const ciliumEgress = "Cilium documentation, Egress Gateway"

// steer leads one app's packets for a destination to its fleet's gateways, and
// translates them there. It returns what keeps the pod's own node from
// translating them first.
func (p ciliumPattern) steer(w *work, b *builder, g *group, d *inventory.Destination, label sim.Label, gateways []sim.NodeID) []sim.NAT {
	s := p.story(w)
	var next []sim.NodeID
	blocks := w.destinationBlocks(d)
	each := len(s.entries) / s.fleets
	for i := s.fleetOf[g.name] * each; i < (s.fleetOf[g.name]+1)*each; i++ {
		ip, ok := s.ips[s.entries[i].ipName(g.name)]
		if gateways[i] == sim.None || !ok {
			continue
		}
		next = append(next, gateways[i])
		n := b.at(gateways[i])
		to := b.conflicting(p, w, g, s.entries[i], ip)
		for _, c := range blocks {
			if slices.Contains(values(w.env.Cluster.Cilium.ExcludedCIDRs), c) {
				continue
			}
			n.NAT = append(n.NAT, sim.NAT{Match: sim.Match{Dst: c, Label: label}, To: to, PortFrom: ciliumPortFrom, PortTo: natPortTo,
				Ref: b.once("egress "+g.name+" "+ip.String(), note{text: fmt.Sprintf("egress policy of %s: to its egress IP %s", g.name, ip), source: ciliumEgress})})
		}
	}
	if len(next) == 0 {
		return nil
	}
	if b.misuse == statePolicyOverlap { // each gateway with each of its three outcomes
		next = slices.Concat(next, next, next)
		slices.Sort(next)
	}
	why := b.once("steer "+g.name, note{text: fmt.Sprintf("egress policy of %s: tunnelled to the gateway this pod is hashed to, which translates", g.name), source: ciliumEgress})
	var untouched []sim.NAT
	for _, c := range blocks {
		if slices.Contains(values(w.env.Cluster.Cilium.ExcludedCIDRs), c) {
			continue
		}
		untouched = append(untouched, sim.NAT{Match: sim.Match{Dst: c, Label: label}, Ref: why})
		for _, z := range w.zones {
			if place := b.places[placeKey{sharedSpace, z}]; place.host != sim.None {
				b.steerFrom(place, c, label, s.tunnelled(z, next), why)
			}
		}
		for _, place := range b.onFleet[s.fleetOf[g.name]] {
			b.steerFrom(place, c, label, next, why)
		}
	}
	return untouched
}

// steerFrom adds the policy's entries of a node: for the addresses of its pods,
// since the policy map is keyed by them.
func (b *builder) steerFrom(place *placement, c netip.Prefix, label sim.Label, next []sim.NodeID, why sim.Ref) {
	host := b.at(place.host)
	none := b.once("no gateway", note{code: "no-egress-gateway", text: "no node matches the gateway selector: dropped on the pod's node", source: ciliumEgress})
	for _, v := range []string{variantPrimary, variantSecondary} {
		if a, ok := place.addr[v]; ok {
			host.Routes = append(host.Routes, sim.Route{Dst: c, Src: single(a), Label: label, Opening: true, Next: next, Tunnel: true, Ref: why},
				sim.Route{Dst: c, Src: single(a), Label: label, Opening: true, Rank: 1, Ref: none})
		}
	}
}

// conflicting is what a gateway translates to: the egress IP, or where a second
// policy with the same prefix selects the app, either policy's or nothing, in
// turns (Cilium documentation, Egress Gateway: conflicting policies).
func (b *builder) conflicting(p ciliumPattern, w *work, g *group, e gatewayEntry, ip netip.Addr) []netip.Addr {
	if b.misuse != statePolicyOverlap {
		return []netip.Addr{ip}
	}
	s := p.story(w)
	for _, other := range s.members[e.fleet] {
		if x, ok := s.ips[e.ipName(other.name)]; ok && other != g {
			return []netip.Addr{ip, x, {}}
		}
	}
	return []netip.Addr{ip, s.own[e], {}}
}

// gateway adds the gateway node of an entry.
func (p ciliumPattern) gateway(w *work, b *builder, e gatewayEntry) sim.NodeID {
	s := p.story(w)
	home := w.layout.get(sharedSpace, e.zone, purposeEgressNodes)
	if home == nil {
		return sim.None
	}
	b.exitOnce(home, e.zone, nil, nil)
	sn := b.newSubnet(home)
	id := b.add(kindEgress, e.nodeName(), e.zone)
	eni := b.eni("interface of "+e.nodeName(), e.zone, sn)
	b.route(id, everywhere, eni, "by the interface that carries the egress IP")
	s.own[e] = b.standIn(home)
	b.at(id).Owns = append(b.at(id).Owns, single(s.own[e]))
	b.toHost(eni, sn, id, s.own[e])
	for _, g := range s.members[e.fleet] {
		if ip, ok := s.ips[e.ipName(g.name)]; ok {
			b.at(id).Owns = append(b.at(id).Owns, single(ip))
			b.toHost(eni, sn, id, ip)
		}
	}
	for _, z := range w.zones {
		b.tunnelBack(id, b.places[placeKey{sharedSpace, z}])
	}
	b.egress[e.nodeName()] = id
	b.podOnGateway(e, id, eni, home)
	b.watched[id] = w.env.Cluster.CiliumHA.V == inventory.CiliumEnterprise
	return id
}

// tunnelBack leads replies to the pods of a placement to their node.
func (b *builder) tunnelBack(gateway sim.NodeID, place *placement) {
	for _, v := range []string{variantPrimary, variantSecondary} {
		if a, ok := place.addr[v]; ok {
			n := b.at(gateway)
			n.Routes = append(n.Routes, sim.Route{Dst: single(a), Next: []sim.NodeID{place.host}, Tunnel: true,
				Ref: b.once("tunnel back", note{text: "tunnelled back to the pod's node"})})
		}
	}
}

// podOnGateway adds a pod that runs on a gateway node: policies hash it like any
// other, and what they do not select leaves with the node's own address.
func (b *builder) podOnGateway(e gatewayEntry, gateway, eni sim.NodeID, home *block) {
	id := b.add(kindPod, "pod on "+e.nodeName(), e.zone)
	a := b.standIn(home)
	b.at(id).Owns = []netip.Prefix{single(a)}
	b.route(id, everywhere, gateway, "the node it runs on")
	b.route(gateway, single(a), id, "a pod of this node")
	b.toHost(eni, b.newSubnet(home), gateway, a)
	p := &placement{zone: e.zone, host: id, start: map[string]sim.NodeID{variantPrimary: id}, addr: map[string]netip.Addr{variantPrimary: a}}
	b.narrowPods(p)
	b.onEgress[e.nodeName()] = p
	if e.n == 0 { // one for each zone and fleet stands for all
		b.onFleet[e.fleet] = append(b.onFleet[e.fleet], p)
	}
}

// masquerade completes a gateway's translations: what no policy selects leaves
// with the node's own address, or as it is where Cilium is told so.
func (p ciliumPattern) masquerade(w *work, b *builder, id sim.NodeID) {
	n := b.at(id)
	slices.SortStableFunc(n.NAT, narrowFirst)
	for _, ip := range n.Owns[1:] {
		n.NAT = append(n.NAT, sim.NAT{Match: sim.Match{Src: ip}, Ref: b.once("bound", note{text: "a process on the node's own network keeps the address it is bound to", source: "Cilium documentation, Masquerading"})})
	}
	for _, dst := range w.untranslated() {
		n.NAT = append(n.NAT, sim.NAT{Match: sim.Match{Dst: dst}, Ref: b.once("native "+dst.String(), note{text: fmt.Sprintf("%s is not translated", dst)})})
	}
	n.NAT = append(n.NAT, sim.NAT{To: []netip.Addr{n.Owns[0].Addr()}, PortFrom: ciliumPortFrom, PortTo: natPortTo,
		Ref: b.once("masquerade", note{text: "Cilium masquerades to the node's address", source: "Cilium documentation, Masquerading"})})
}

// tunnels walks the packets that carry others between each zone's node and each
// gateway node, there and back (each is a packet of its own to filters), and says
// which do not get through.
func (p ciliumPattern) tunnels(w *work, b *builder, gateways []sim.NodeID) map[tunnel]string {
	closed := map[tunnel]string{}
	walker := sim.NewWalker(&b.net)
	for _, z := range w.zones {
		place := b.places[placeKey{sharedSpace, z}]
		if place.host == sim.None {
			continue
		}
		for _, id := range gateways {
			if id == sim.None {
				continue
			}
			here, there := place.addr[variantHost], b.at(id).Owns[0].Addr()
			for _, way := range []struct {
				from, to sim.NodeID
				src, dst netip.Addr
			}{{place.host, id, here, there}, {id, place.host, there, here}} {
				r := walker.Forward(way.from, sim.Packet{Protocol: sim.UDP,
					Src: netip.AddrPortFrom(way.src, ephemeralPort), Dst: netip.AddrPortFrom(way.dst, vxlanPort)}, 0)
				if r.Verdict != sim.Delivered || r.At != way.to {
					closed[tunnel{z, id}] = fmt.Sprintf("udp/%d from %s (%s) to %s ends at %s: %s", vxlanPort, b.nodeName(way.from), z, b.nodeName(way.to), b.nodeName(r.At), b.say(r))
				}
			}
		}
	}
	return closed
}

// tunnel is the way from a zone's nodes to a gateway node.
type tunnel struct {
	zone    string
	gateway sim.NodeID
}

// tunnelled is where a zone's packets for some gateways go: a tunnel that is
// closed swallows them.
func (s *ciliumStory) tunnelled(zone string, gateways []sim.NodeID) []sim.NodeID {
	list := slices.Clone(gateways)
	for i, id := range list {
		if _, shut := s.closed[tunnel{zone, id}]; shut {
			list[i] = s.nowhere
		}
	}
	return list
}

func sortedTunnels(m map[tunnel]string) []tunnel {
	list := make([]tunnel, 0, len(m))
	for t := range m {
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b tunnel) int {
		return cmp.Or(cmp.Compare(a.zone, b.zone), cmp.Compare(a.gateway, b.gateway))
	})
	return list
}
