package planner

import (
	"net/netip"
	"slices"

	"egressplan/planner/inventory"
	"egressplan/sim"
)

// appFlow is one flow of one app towards an on-premises destination.
type appFlow struct {
	app  *inventory.App
	flow *inventory.Flow
	to   *inventory.Destination
	gb   *flowGB
}

// flowGB are a flow's volumes, made ready to be summed.
type flowGB struct{ out, in gb }

// subject names the flow in findings.
func (f appFlow) subject() string { return f.app.Key + " -> " + f.to.Name.V }

// ports are the ports the flow uses: its own, or all of its destination's.
func (f appFlow) ports() []inventory.PortRange {
	if len(f.flow.Ports) > 0 {
		return f.flow.Ports
	}
	return f.to.Ports
}

// inbound reports whether on-premises opens the connection.
func (f appFlow) inbound() bool { return f.flow.Initiator.V == inventory.InitiatorOnPrem }

// mustSurvive reports whether the destination's owner asks that.
func (f appFlow) mustSurvive(what string) bool {
	return slices.ContainsFunc(f.to.MustSurvive, func(v inventory.Value[string]) bool { return v.V == what })
}

// origin is where the packets of an app begin, and as whom.
type origin struct {
	zone, variant string
	start         sim.NodeID // sim.None: no pod of the app can be there
	addr          netip.Addr
	own           *inventory.App // whose own identity its packets bear,
	label         sim.Label      // or this one
}

// walked is one path as walked, before it is put into words.
type walked struct {
	f       appFlow
	from    origin
	state   State
	named   string // the state as it is written, made once for many paths
	packet  sim.Packet
	start   sim.NodeID
	end     sim.NodeID // where it must arrive
	choice  int        // the choice shown: the first that fails, else the first
	port    uint16     // and the port of translations
	result  sim.Result
	reply   sim.Result
	replied bool
	allowed bool
	astray  bool           // delivered, but not to the destination
	sources []netip.Prefix // everything on-premises may see, over all choices
	good    int            // choices that do what the flow needs
	of      int            // choices there are
	mtu     uint16         // the smallest on the way, both directions; 0 unknown
	touched []int32        // healthy only: the faults that meet the path
	onset   *onset         // faults only: until it is noticed
	fault   *sim.Broken    // what was broken meanwhile
	why     string         // misuses only: whose packets they are
	lasts   duration       // faults and misuses: for how long
	net     *builder       // the network it was walked in
}

// onset is what becomes of a path until a fault is noticed.
type onset struct {
	verdict  sim.Verdict
	good, of int
}

// noOrigin reports whether there is nowhere the packet could start from.
func (p *walked) noOrigin() bool { return p.start == sim.None }

// origins are where an app's pods are when nothing is wrong: in every zone, one
// of each kind of attachment.
func (w *work) origins(a *inventory.App) []origin {
	var list []origin
	for _, z := range w.zonesOf(a) {
		place := w.placeOf(a, z)
		for _, v := range w.variants(a) {
			list = append(list, place.origin(z, v).as(a))
		}
		if place == nil {
			continue
		}
		for _, p := range place.more {
			for _, v := range w.variants(a) {
				list = append(list, p.origin(z, v).as(a))
			}
		}
	}
	return list
}

// origin is a pod of a placement; p may be nil.
func (p *placement) origin(zone, variant string) origin {
	o := origin{zone: zone, variant: variant, start: sim.None, addr: netip.IPv4Unspecified()}
	if p == nil {
		return o
	}
	if id, ok := p.start[variant]; ok {
		o.start, o.addr = id, p.addr[variant]
	}
	return o
}

// as gives an origin an app's identity.
func (o origin) as(a *inventory.App) origin {
	o.own = a
	return o
}

// labelled gives it another.
func (o origin) labelled(l sim.Label) origin {
	o.own, o.label = nil, l
	return o
}

// zonesOf are the zones an app runs in: all, unless it must use existing subnets.
func (w *work) zonesOf(a *inventory.App) []string {
	g := w.groups[a.Key]
	if g == nil || !w.dedicated() || len(w.ownSubnets(g)) == 0 {
		return w.zones
	}
	var list []string
	for _, z := range w.zones {
		if w.layout.get(g.name, z, purposeNodes) != nil {
			list = append(list, z)
		}
	}
	return list
}

// placeOf is where an app's pods run in a zone.
func (w *work) placeOf(a *inventory.App, zone string) *placement {
	if p := w.b.places[placeKey{sharedSpace, zone}]; p != nil {
		return p
	}
	if g := w.groups[a.Key]; g != nil {
		return w.b.places[placeKey{g.name, zone}]
	}
	return nil
}

// walk walks one flow for every choice a network leaves open (several
// addresses, several gateways) and keeps the first choice that fails, if any.
// nodes, if given, is filled with every node that any choice passes.
func (w *work) walk(walker *sim.Walker, f appFlow, o origin, block netip.Prefix, ports inventory.PortRange, nodes *[]sim.NodeID) walked {
	out := walked{f: f, from: o, net: w.b, state: healthyState, named: stateHealthy, packet: w.packet(f, o, block, ports, false)}
	out.start, out.end = w.ends(f, o)
	w.follow(walker, &out, nodes)
	return out
}

// follow walks what out says under the walker's present fault. Where a
// translation may show any of several addresses the allow-list must admit all; in
// a misuse each choice is judged by the one it shows.
func (w *work) follow(walker *sim.Walker, out *walked, nodes *[]sim.NodeID) {
	if nodes != nil {
		*nodes = (*nodes)[:0]
	}
	out.good, out.of, out.sources, out.mtu = 0, 0, nil, 0
	if out.noOrigin() {
		out.of, out.result = 1, sim.Result{Verdict: sim.Unreachable, Code: sim.CodeNoOrigin, At: sim.None}
		return
	}
	failed := false
	for choice := range walker.Choices() {
		good := w.followChoice(walker, out, choice, &failed, nodes)
		if good {
			out.good++
		}
		out.of++
	}
	walker.Port = 0
	out.sources = sortedPrefixes(out.sources)
}

// followChoice walks one choice with every port of a translation's pool that
// some network ACL may treat unlike others, and reports whether all do what the
// flow needs.
func (w *work) followChoice(walker *sim.Walker, out *walked, choice int, failed *bool, nodes *[]sim.NodeID) bool {
	all := true
	for i, port := range w.tellingPorts() {
		walker.Port = port
		r := walker.Forward(out.start, out.packet, choice)
		reply := sim.Result{}
		if r.Verdict == sim.Delivered {
			reply = walker.Reply()
		}
		if nodes != nil {
			*nodes = walker.Passed(*nodes)
		}
		out.mtu = narrowest(narrowest(out.mtu, r.MTU), reply.MTU)
		shown := len(out.sources)
		out.sources = w.observed(out.sources, r)
		judged := out.sources[shown:]
		if out.misused() && len(judged) > 1 {
			judged = []netip.Prefix{out.net.standsFor(r.Packet.Src.Addr())}
		}
		astray := r.Verdict == sim.Delivered && !w.reaches(out, r)
		allowed := r.Verdict == sim.Delivered && !astray && w.admitted(out, judged)
		good := allowed && reply.Verdict == sim.Delivered && reply.At == out.start
		if choice == 0 && i == 0 || !good && !*failed {
			out.choice, out.port, out.result, out.reply, out.allowed, out.astray = choice, port, r, reply, allowed, astray
			out.replied = r.Verdict == sim.Delivered && reply.Verdict == sim.Delivered && reply.At == out.start
		}
		*failed = *failed || !good
		all = all && good
	}
	return all
}

// tellingPorts are the ports of translations that are worth a walk: the lowest,
// and where there are network ACLs the highest, and both sides of every border
// of their port ranges, since any port of a pool may be given.
func (w *work) tellingPorts() []uint16 {
	if w.ports != nil {
		return w.ports
	}
	seen := map[uint16]bool{0: true}
	for i := range w.env.VPC.NetworkACLs {
		acl := &w.env.VPC.NetworkACLs[i]
		seen[natPortTo] = true
		for _, r := range append(slices.Clone(acl.Inbound), acl.Outbound...) {
			for _, p := range []int{int(r.Ports.From) - 1, int(r.Ports.From), int(r.Ports.To), int(r.Ports.To) + 1} {
				if p > natPortFrom && p < natPortTo {
					seen[uint16(p)] = true
				}
			}
		}
	}
	for p := range seen {
		w.ports = append(w.ports, p)
	}
	slices.Sort(w.ports)
	return w.ports
}

// misused reports whether the state is a misuse.
func (p *walked) misused() bool {
	k, _ := stateKindOf(p.state.Kind)
	return k.Misuse
}

// narrowest is the smaller of two limits, where 0 is none.
func narrowest(a, b uint16) uint16 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// packet is the first packet of a flow: from a pod's lowest ephemeral port, or
// from the destination's where on-premises opens the connection. Where the
// destination has a ClusterIP, the app asks for that unless it is direct.
func (w *work) packet(f appFlow, o origin, block netip.Prefix, ports inventory.PortRange, direct bool) sim.Packet {
	p := sim.Packet{Protocol: protocol(ports.Protocol), Label: w.label(f, o)}
	if p.Protocol == sim.Any {
		p.Protocol = sim.TCP
	}
	from, to := uint16(ephemeralPort), ports.From
	if to == 0 && p.Protocol != sim.ICMP {
		to = 443 // any port: one stands for all
	}
	if p.Protocol == sim.ICMP {
		from, to = 0, 0
	}
	far := firstHost(block)
	if f.to.ClusterIP.Set && !f.inbound() && !direct {
		far = f.to.ClusterIP.V
	}
	if f.inbound() {
		p.Label = 0
		p.Src, p.Dst = netip.AddrPortFrom(far, from), netip.AddrPortFrom(o.addr, to)
		return p
	}
	p.Src, p.Dst = netip.AddrPortFrom(o.addr, from), netip.AddrPortFrom(far, to)
	return p
}

// ends are where a flow begins and where it must arrive: a pod and the
// destination's network, or the other way round.
func (w *work) ends(f appFlow, o origin) (start, end sim.NodeID) {
	far := sim.None
	if site, there := w.b.sites[f.to.Site]; there && f.to.Kind.V == inventory.KindOnPremises {
		far = site.lan
	} else if id, there := w.b.far[f.to.Name.V]; there {
		far = id
	}
	if far == sim.None || o.start == sim.None {
		return sim.None, sim.None
	}
	if f.inbound() {
		return far, o.start
	}
	return o.start, far
}
