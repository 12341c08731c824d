package planner

import (
	"net/netip"
	"slices"
	"strings"

	"egressplan/cidr"
	"egressplan/planner/inventory"
	"egressplan/sim"
)

// appFlow is one flow of one app towards an on-premises destination.
type appFlow struct {
	app  *inventory.App
	flow *inventory.Flow
	to   *inventory.Destination
}

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

// flows are the on-premises flows of the apps that take part.
func (w *work) flows() []appFlow { return w.flowsOf(w.apps) }

func (w *work) flowsOf(apps []*inventory.App) []appFlow {
	var list []appFlow
	for _, a := range apps {
		list = append(list, w.onPremises(a)...)
	}
	return list
}

// label is the identity that travels with an app's packets.
func (w *work) label(a *inventory.App) sim.Label {
	i, _ := slices.BinarySearchFunc(w.plan.Apps, a.Key, func(x inventory.App, key string) int { return strings.Compare(x.Key, key) })
	return sim.Label(i + 1)
}

// eachPair calls f once for each of the apps and destination it opens
// connections to.
func (b *builder) eachPair(apps []*inventory.App, f func(a *inventory.App, d *inventory.Destination, label sim.Label)) {
	seen := map[pair]bool{}
	for _, fl := range b.w.flowsOf(apps) {
		key := pair{fl.app.Key, fl.to.Name.V}
		if fl.flow.Initiator.V == inventory.InitiatorOnPrem || seen[key] {
			continue
		}
		seen[key] = true
		f(fl.app, fl.to, b.w.label(fl.app))
	}
}

// walked is one path as walked, before it is put into words.
type walked struct {
	f        appFlow
	zone     string
	variant  string
	packet   sim.Packet
	start    sim.NodeID
	end      sim.NodeID // where it must arrive
	choice   int        // the choice shown: the first that fails, else the first
	result   sim.Result
	replied  bool
	allowed  bool
	noOrigin bool
	sources  []netip.Prefix // everything on-premises may see, over all choices
	reply    sim.Result
}

// walkAll walks every flow from every zone and pod variant, to every block and
// port range of its destination, both ways.
func (w *work) walkAll() []walked {
	walker := sim.NewWalker(&w.b.net)
	var list []walked
	for _, f := range w.flows() {
		for _, z := range w.zonesOf(f.app) {
			for _, v := range w.variants(f.app) {
				for _, c := range w.walkBlocks(f.to) {
					for _, p := range f.ports() {
						list = append(list, w.walk(walker, f, z, v, c, p))
					}
				}
			}
		}
	}
	return list
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
func (w *work) walk(walker *sim.Walker, f appFlow, zone, variant string, block netip.Prefix, ports inventory.PortRange) walked {
	out := walked{f: f, zone: zone, variant: variant}
	place := w.placeOf(f.app, zone)
	out.packet = w.packet(place, f, variant, block, ports)
	start, end, ok := w.ends(place, f, variant)
	out.start, out.end = start, end
	if !ok {
		out.noOrigin = true
		out.result = sim.Result{Verdict: sim.Unreachable, Code: sim.CodeNoOrigin, At: sim.None}
		return out
	}
	seen := map[netip.Prefix]bool{}
	failed := false
	for choice := range walker.Variants(start, out.packet) {
		r := walker.Forward(start, out.packet, choice)
		for _, s := range w.observed(r) {
			seen[s] = true
		}
		allowed := r.At == end && w.admitted(f, r)
		reply := sim.Result{}
		if r.Verdict == sim.Delivered {
			reply = walker.Reply()
		}
		good := allowed && reply.Verdict == sim.Delivered && reply.At == start
		if choice == 0 || !good && !failed {
			out.choice, out.result, out.reply, out.allowed = choice, r, reply, allowed
			out.replied = r.Verdict == sim.Delivered && reply.Verdict == sim.Delivered && reply.At == start
		}
		failed = failed || !good
	}
	for s := range seen {
		out.sources = append(out.sources, s)
	}
	out.sources = sortedPrefixes(out.sources)
	return out
}

// packet is the first packet of a flow: from a pod's lowest ephemeral port, or
// from the destination's where on-premises opens the connection.
func (w *work) packet(place *placement, f appFlow, variant string, block netip.Prefix, ports inventory.PortRange) sim.Packet {
	p := sim.Packet{Protocol: protocol(ports.Protocol), Label: w.label(f.app)}
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
	var pod netip.Addr
	if place != nil {
		pod = place.addr[variant]
	}
	if !pod.IsValid() {
		pod = netip.IPv4Unspecified()
	}
	if f.inbound() {
		p.Label = 0
		p.Src, p.Dst = netip.AddrPortFrom(firstHost(block), from), netip.AddrPortFrom(pod, to)
		return p
	}
	p.Src, p.Dst = netip.AddrPortFrom(pod, from), netip.AddrPortFrom(firstHost(block), to)
	return p
}

// ends are where a flow begins and where it must arrive: a pod and the site's
// network, or the other way round.
func (w *work) ends(place *placement, f appFlow, variant string) (start, end sim.NodeID, ok bool) {
	site, there := w.b.sites[f.to.Site]
	if place == nil || !there {
		return sim.None, sim.None, false
	}
	pod, ok := place.start[variant]
	if f.inbound() {
		return site.lan, pod, ok
	}
	return pod, site.lan, ok
}

// observed are the sources on-premises sees at the end of a walk that got
// beyond AWS: single addresses, or the block that an address stands for.
func (w *work) observed(r sim.Result) []netip.Prefix {
	if r.At == sim.None {
		return nil
	}
	kind := w.b.net.Nodes[r.At].Kind
	if kind != kindFirewall && kind != kindLAN && kind != kindRouter {
		return nil
	}
	list := r.Sources
	if len(list) == 0 {
		list = []netip.Addr{r.Packet.Src.Addr()}
	}
	var out []netip.Prefix
	for _, a := range list {
		if block, ok := w.b.stands[a]; ok {
			out = append(out, block)
		} else {
			out = append(out, single(a))
		}
	}
	return out
}

// admitted reports whether the generated allow-list admits every source the
// walk may show; without a firewall in between there is nothing to refuse.
func (w *work) admitted(f appFlow, r sim.Result) bool {
	if r.Verdict != sim.Delivered {
		return false
	}
	if f.to.Firewall.V == "" || f.inbound() {
		return true
	}
	allowed := w.admits(f)
	shown := w.observed(r)
	for _, s := range shown {
		if !cidr.Contains(allowed, s) {
			return false
		}
	}
	return len(shown) > 0
}

// admits are the sources that the rows made for a flow let through, merged.
func (w *work) admits(f appFlow) []netip.Prefix {
	key := pair{f.app.Key, f.to.Name.V}
	if list, known := w.merged[key]; known {
		return list
	}
	var list []netip.Prefix
	for _, row := range w.rowsOf(f) {
		for _, s := range row.Sources {
			list = append(list, netip.MustParsePrefix(s))
		}
	}
	list = cidr.Merge(list)
	w.merged[key] = list
	return list
}
