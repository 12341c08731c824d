package planner

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/shopspring/decimal"

	"egressplan/cidr"
	"egressplan/cost"
	"egressplan/planner/inventory"
	"egressplan/sim"
)

// policyMapMax is how many entries the egress policy map of a node holds unless
// raised (Cilium documentation, egress-gateway-policy-map-max).
const policyMapMax = 16384

// ciliumPattern is pattern 3: Cilium's egress gateway translates selected pods
// to fixed egress IPs on gateway nodes.
type ciliumPattern struct{}

// ciliumStory is what the pattern remembers between its steps.
type ciliumStory struct {
	of      map[pair]*group // source group by app and destination
	groups  []*group
	entries []gatewayEntry // one gateway node each; a group uses those of its fleet
	perZone int            // entries of a fleet in a zone
	fleets  int
	fleetOf map[string]int
	members [][]*group            // groups by fleet
	ips     map[string]netip.Addr // egress IP by group name and entry
	missing []string
	own     map[gatewayEntry]netip.Addr // the gateway nodes' own addresses
	closed  map[tunnel]string           // tunnels that are stopped, and where
	nowhere sim.NodeID                  // where these end
}

// gatewayEntry is one entry of the policies' egressGateways: one node, since the
// open-source edition uses the first node that matches an entry only.
type gatewayEntry struct {
	zone     string
	n, fleet int // n-th of its zone and fleet
}

func (e gatewayEntry) suffix() string {
	if e.n == 0 {
		return ""
	}
	return fmt.Sprintf("/%d", e.n+1)
}

// ipName is the name of a group's egress IP at an entry.
func (e gatewayEntry) ipName(group string) string {
	return group + "/" + e.zone + "/" + purposeEgressIP + e.suffix()
}

// nodeName names the entry's gateway node.
func (e gatewayEntry) nodeName() string {
	name := "egress-" + e.zone
	if e.fleet > 0 || e.n > 0 {
		name += fmt.Sprintf("-%d-%d", e.fleet+1, e.n+1)
	}
	return name
}

func (ciliumPattern) id() string        { return "cilium-egress-gateway" }
func (ciliumPattern) replacesCNI() bool { return true }

func (ciliumPattern) story(w *work) *ciliumStory { return w.story.(*ciliumStory) }

func (p ciliumPattern) demands(w *work) []demand {
	w.setGroups(w.partition(false))
	s := &ciliumStory{of: w.pairGroups(), ips: map[string]netip.Addr{}, fleetOf: map[string]int{}, own: map[gatewayEntry]netip.Addr{}}
	w.story = s
	s.groups = distinct(s.of)
	p.fleet(w, s)
	list := append(w.sharedNodes(), w.attachments()...)
	if len(s.groups) == 0 {
		return list
	}
	nodes := len(s.entries) / len(w.zones)
	for _, z := range w.zones {
		d := demand{group: sharedSpace, zone: z, purpose: purposeEgressNodes, routable: true}
		ips := len(s.groups) * s.perZone
		year := int(w.plan.NewAppsPerMonth.V.Mul(decimal.NewFromInt(12)).Ceil().IntPart()) * s.perZone
		spare := max((ips+3)/4, year)
		room := max(2*nodes, ips+spare)
		d.need.add(room, "upper half: %d egress IPs, %d spare (a quarter, or a year of new apps)", ips, spare)
		d.need.add(room, "lower half: %s and what AWS hands out there", plural(nodes, "gateway node"))
		list = append(list, d)
	}
	return list
}

// fleet decides how many gateway nodes there are: in every zone the redundancy
// asked for, or as many as carry the peak, since the pods of a group are hashed
// over all entries of its policy; and further fleets of the same where the
// groups exceed a node's address slots.
func (p ciliumPattern) fleet(w *work, s *ciliumStory) {
	s.perZone = w.plan.Policy.Redundancy.EgressNodesPerZone.V
	slots := w.gateType.ENIs * (w.gateType.IPv4PerENI - 1)
	s.fleets = 1
	if slots > 0 {
		s.fleets = max(1, (len(s.groups)+slots-1)/slots)
	}
	if need := (w.gatewaysForPeak() + len(w.zones) - 1) / len(w.zones); need > s.perZone {
		s.perZone = need
		w.say("bandwidth-over-one-gateway")
	}
	s.members = make([][]*group, s.fleets)
	for i, g := range s.groups {
		s.fleetOf[g.name] = i % s.fleets
		s.members[i%s.fleets] = append(s.members[i%s.fleets], g)
	}
	if len(s.groups) == 0 {
		return
	}
	for f := range s.fleets {
		for n := range s.perZone {
			for _, z := range w.zones {
				s.entries = append(s.entries, gatewayEntry{zone: z, n: n, fleet: f})
			}
		}
	}
}

// settle gives every group an egress IP at each entry of its fleet: inside the
// egress-node subnets, or in existing subnets of a VPC that may not change.
func (p ciliumPattern) settle(w *work) {
	s := p.story(w)
	for _, z := range w.zones {
		inside, used := p.home(w, z)
		if inside == nil {
			continue
		}
		var keys []string
		owner := map[string]*group{}
		for _, e := range s.entries {
			if e.zone != z {
				continue
			}
			for _, g := range s.members[e.fleet] {
				keys = append(keys, e.ipName(g.name))
				owner[e.ipName(g.name)] = g
			}
		}
		placed, missing := w.addresses(inside.cidr, used, keys)
		s.missing = append(s.missing, missing...)
		for key, ip := range placed {
			g := owner[key]
			if g == nil {
				continue
			}
			s.ips[key] = ip
			w.layout.blocks[key] = &block{name: key, cidr: single(ip), pool: inside.pool, subnet: inside.subnet,
				demand: demand{group: g.name, zone: z, purpose: purposeEgressIP, apps: g.keys(), need: need{addresses: 1}}}
		}
	}
}

// home is the block a zone's egress IPs lie in, and what is taken there.
func (p ciliumPattern) home(w *work, zone string) (*block, []netip.Prefix) {
	if b := w.layout.get(sharedSpace, zone, purposeEgressNodes); b != nil {
		return b, nil
	}
	if w.env.VPC.Changeable.V {
		return nil, nil
	}
	for _, role := range []inventory.SubnetRole{inventory.RoleEgress, inventory.RoleNodes} {
		if list := w.existingSubnets(role, zone); len(list) > 0 {
			var used []netip.Prefix
			for _, u := range list[0].Used {
				used = append(used, u.V)
			}
			return w.adopt(demand{group: sharedSpace, zone: zone, purpose: purposeEgressNodes}, list[0]), used
		}
	}
	return nil, nil
}

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
	for _, id := range gateways {
		for _, name := range sortedKeys(b.onEgress) {
			if id != sim.None {
				b.tunnelBack(id, b.onEgress[name])
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
		for _, a := range w.apps {
			first = append(first, b.leaveAlone(place, w.label(a))...)
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

// leaveAlone gives an app's packets to the blocks that every egress policy
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
			n.Routes = append(n.Routes, sim.Route{Dst: c, Src: single(a), Label: label, Opening: true, Next: []sim.NodeID{next}, Ref: why})
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
		for _, name := range sortedKeys(b.onEgress) {
			b.steerFrom(b.onEgress[name], c, label, next, why)
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
	b.podOnGateway(e, id, home)
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
func (b *builder) podOnGateway(e gatewayEntry, gateway sim.NodeID, home *block) {
	id := b.add(kindPod, "pod on "+e.nodeName(), e.zone)
	a := b.standIn(home)
	b.at(id).Owns = []netip.Prefix{single(a)}
	b.route(id, everywhere, gateway, "the node it runs on")
	p := &placement{zone: e.zone, host: id, start: map[string]sim.NodeID{variantPrimary: id}, addr: map[string]netip.Addr{variantPrimary: a}}
	b.narrowPods(p)
	b.onEgress[e.nodeName()] = p
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

// faults: a gateway node dies, or its Node object goes, or it lacks the egress
// IPs.
func (p ciliumPattern) faults(w *work) []fault {
	lasts := lastsEgressNode
	if w.env.Cluster.CiliumHA.V == inventory.CiliumEnterprise {
		lasts = lastsHealth
	}
	var list []fault
	for _, name := range sortedKeys(w.b.egress) {
		id := []sim.NodeID{w.b.egress[name]}
		list = append(list,
			fault{state: State{stateEgressNodeLost, name}, fails: id, survives: inventory.SurviveNodeLost, lasts: lasts},
			fault{state: State{stateEgressNodeDeleted, name}, fails: id, survives: inventory.SurviveNodeLost, lasts: lastsDeleted},
			fault{state: State{stateEgressIPMissing, name}, fails: id, lasts: lastsEgressIP})
	}
	return list
}

// misuse: whoever wears the label in the namespace is taken for the app, and a
// pod that no policy knows leaves as its node does.
func (p ciliumPattern) misuse(w *work, kind string, a *inventory.App) misuse {
	m := misuse{from: w.origins(a)}
	switch kind {
	case stateImpostor:
		m.who = "another pod in namespace " + a.Namespace.V + " that wears the labels of " + a.Key
	case stateMislabelled:
		m.from, m.who = relabelled(m.from, 0), "a pod of "+a.Key+" without the labels that its egress policy selects"
	case statePolicyLag:
		m.from, m.who = relabelled(m.from, 0), "a new pod of "+a.Key+" that no egress policy is programmed for yet"
		m.lasts = duration{"a second or two, a minute was seen in old versions; connections opened meanwhile break", true}
	case stateMisplaced:
		m.from, m.who = p.onGateways(w, a), "a pod of "+a.Key+", or of somebody no policy selects, on an egress node"
	case statePolicyOverlap:
		m.net, m.who = w.networkFor(kind), "a pod of "+a.Key+" that a second policy selects for the same prefix"
	default:
		return misuse{void: "there is no mesh in this pattern"}
	}
	return m
}

// onGateways are pods on the gateway nodes: one that the policies select, and one
// that they do not.
func (p ciliumPattern) onGateways(w *work, a *inventory.App) []origin {
	var list []origin
	for _, e := range p.story(w).entries {
		_, there := w.b.egress[e.nodeName()]
		if !there || e.n > 0 || p.story(w).fleetOf[w.fleetGroup(p, a)] != e.fleet {
			continue
		}
		o := w.b.onEgress[e.nodeName()].origin(e.zone, variantPrimary, w.label(a))
		list = append(list, o, relabelled([]origin{o}, 0)[0])
	}
	return list
}

// fleetGroup is the group of the first destination of an app.
func (w *work) fleetGroup(p ciliumPattern, a *inventory.App) string {
	for _, f := range w.onPremises(a) {
		if g := p.story(w).of[pair{a.Key, f.to.Name.V}]; g != nil {
			return g.name
		}
	}
	return ""
}

// relabelled are the same pods under another identity.
func relabelled(list []origin, label sim.Label) []origin {
	out := slices.Clone(list)
	for i := range out {
		out[i].label = label
	}
	return out
}

// intrusions: a label inside the selected namespace; from outside it, the right
// to make pods there; and the host network of the gateway nodes, where the
// address is configured.
func (p ciliumPattern) intrusions(w *work, a *inventory.App, same, others []string) []intrusion {
	var bound []origin
	for _, o := range p.onGateways(w, a) {
		for _, e := range p.story(w).entries {
			if ip, ok := p.story(w).ips[e.ipName(w.fleetGroup(p, a))]; ok && e.zone == o.zone && e.n == 0 && o.label == 0 {
				o.start, o.addr, o.variant = w.b.egress[e.nodeName()], ip, variantHost
				bound = append(bound, o)
			}
		}
	}
	everybody := append(slices.Clone(same), others...)
	slices.Sort(everybody)
	return []intrusion{
		{who: "any process on the host network of its egress nodes", apps: everybody, state: stateMisplaced, barrier: barrierSchedule, from: bound},
		{who: "any pod of namespace " + a.Namespace.V + " that wears its labels", apps: same, state: stateImpostor, barrier: barrierLabel, from: w.origins(a)},
		{who: "anybody who may create pods in namespace " + a.Namespace.V, apps: others, state: stateImpostor, barrier: barrierNamespace, from: w.origins(a)},
	}
}

// cuts: the longest prefix decides, whatever the port: excluded blocks and other
// destinations.
func (ciliumPattern) cuts(w *work) []netip.Prefix {
	return append(values(w.env.Cluster.Cilium.ExcludedCIDRs), w.destinationSpace()...)
}

// hostLabel: packets of the host network have the node's identity, which no
// policy selects.
func (ciliumPattern) hostLabel(*work, *inventory.App) sim.Label { return 0 }

// source is every egress IP a pod of the group may be hashed to.
func (p ciliumPattern) source(w *work, a *inventory.App, d *inventory.Destination) source {
	s := p.story(w)
	g := s.of[pair{a.Key, d.Name.V}]
	if g == nil {
		return source{}
	}
	out := source{group: g.name, apps: g.keys(), barrier: "any pod that wears the selected labels in a selected namespace, whoever may write egress policies, and whatever holds the address or runs on the gateway nodes' own network: controlled by admission, RBAC and a subnet CIDR reservation"}
	each := len(s.entries) / s.fleets
	for _, e := range s.entries[s.fleetOf[g.name]*each:][:each] {
		if ip, ok := s.ips[e.ipName(g.name)]; ok {
			out.blocks = append(out.blocks, single(ip))
		}
	}
	out.blocks = sortedPrefixes(out.blocks)
	out.usable = usableIn(out.blocks)
	return out
}

// usage: gateway nodes, and zone crossings, since a pod is hashed to a gateway
// of any zone: (zones-1)/zones of the traffic, both directions.
func (p ciliumPattern) usage(w *work, v volumes) []cost.Usage {
	s := p.story(w)
	list := []cost.Usage{hours(w, "ec2-hour:"+w.gateType.Type, len(s.entries), "gateway node"),
		v.crossZone(w, v.opened, len(w.zones)-1, len(w.zones), "pods hashed to a gateway in another zone")}
	licence := w.plan.Policy.Licences.IsovalentMonthlyUSD
	return append(list, w.licence("licence-isovalent", licence, w.env.Cluster.CiliumHA.V == inventory.CiliumEnterprise,
		"Isovalent licence, needed for ciliumHA: enterprise")...)
}

func (p ciliumPattern) tasks(w *work) []task {
	list := []task{w.each("egress policies", len(p.story(w).groups), "egressPolicyHoursPerMonth")}
	if w.env.Cluster.CNI.V != inventory.CNICilium {
		list = append(list, w.flat("Cilium upkeep", "ciliumUpkeepHoursPerMonth"), w.oneOff("migration to Cilium", 1, "ciliumMigrationHours"))
	}
	return append(list, w.changeTasks("accessChangeHours", "newAppHoursKubernetes")...)
}

func (p ciliumPattern) findings(w *work) {
	s := p.story(w)
	if w.env.Cluster.Provisioning.V == inventory.AutoMode {
		w.report("auto-mode-cni", w.env.Cluster.Provisioning.At, nil, "the cluster is in EKS Auto Mode, whose CNI cannot be replaced")
	}
	if w.env.Cluster.CNI.V != inventory.CNICilium {
		w.say("cni-migration")
	}
	w.unsupportedPods()
	w.authorizationFindings(false)
	w.inFlowsReach()
	if w.env.Cluster.CiliumHA.V == inventory.CiliumOSS {
		w.say("egress-node-no-failover")
	}
	p.policyFindings(w)
	if n := p.policyEntries(w); n > policyMapMax {
		w.report("egress-policy-map", w.env.Cluster.At, nil, "%d entries of pods x destinations, the map holds %d", n, policyMapMax)
	}
	if len(s.missing) > 0 {
		w.report("no-space", w.env.VPC.At, s.missing, "no room for %s", plural(len(s.missing), "egress IP"))
	}
	if !w.env.VPC.Changeable.V {
		w.report("egress-ip-unverified", w.env.VPC.Changeable.At, nil, "%d egress IPs placed in existing subnets", len(s.ips))
	}
	for _, code := range []string{"egress-ip-reservation", "label-trust", "startup-window", "third-party-support",
		"egress-node-operations", "kubernetes-selectors", "shared-nodes", "ebpf-snat"} {
		w.say(code)
	}
}

// policyFindings are egress policies that Cilium would not carry out as meant.
func (p ciliumPattern) policyFindings(w *work) {
	s := p.story(w)
	if n := s.perZone * len(w.zones); n > maxEgressGateways {
		w.report("egress-gateway-entries", w.plan.Policy.Redundancy.EgressNodesPerZone.At, nil, "%d gateway entries for each policy, at most %d are taken", n, maxEgressGateways)
	}
	type slot struct {
		app   string
		block netip.Prefix
	}
	taken := map[slot]pair{}
	for _, f := range w.flows() {
		g := s.of[pair{f.app.Key, f.to.Name.V}]
		for _, c := range w.destinationBlocks(f.to) {
			k := slot{f.app.Key, c}
			if !f.inbound() && slices.Contains(values(w.env.Cluster.Cilium.ExcludedCIDRs), c) {
				w.report("egress-policy-conflict", f.to.At, []string{f.subject()}, "the policies of %s both select and exclude %s", f.to.Name.V, c)
			}
			other, seen := taken[k]
			if seen && s.of[other] != g && !f.inbound() {
				w.report("egress-policy-conflict", f.to.At, []string{f.subject()}, "%s and %s want different egress IPs for %s to %s", f.to.Name.V, other.to, f.app.Key, c)
			}
			if !f.inbound() {
				taken[k] = pair{f.app.Key, f.to.Name.V}
			}
		}
	}
	for _, t := range sortedTunnels(s.closed) {
		w.report("tunnel-closed", w.env.Cluster.At, nil, "%s", s.closed[t])
	}
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

// policyEntries is how many map entries every node holds: each selected pod
// times the distinct blocks of its policies, excluded ones included.
func (p ciliumPattern) policyEntries(w *work) int {
	n := 0
	for _, a := range w.apps {
		blocks := map[netip.Prefix]bool{}
		for _, f := range w.onPremises(a) {
			for _, c := range w.destinationBlocks(f.to) {
				if !f.inbound() {
					blocks[c] = true
				}
			}
		}
		if len(blocks) == 0 {
			continue
		}
		for _, x := range w.env.Cluster.Cilium.ExcludedCIDRs {
			blocks[x.V] = true
		}
		n += a.Pods.Max.V * len(blocks)
	}
	return n
}
