package planner

import (
	"net/netip"

	"egressplan/sim"
)

// pathView walks a path again with its trace and puts it into words. The walker
// is of the path's own network.
func (w *work) pathView(walker *sim.Walker, p *walked, hops bool) Path {
	out := Path{Pattern: w.pattern.id(), App: p.f.app.Key, From: p.why, Variant: p.from.variant, Zone: p.from.zone, To: p.f.to.Name.V,
		Destination: p.packet.Dst.Addr().String(), Protocol: protocolWord(p.packet.Protocol), Port: int(p.packet.Dst.Port()),
		Initiator: p.f.flow.Initiator.V, State: p.named, Verdict: p.result.Verdict.String(), Reason: w.reason(p),
		Sources: w.written(p.sources), Allowed: p.allowed, Replied: p.replied, Ways: Ways{p.good, p.of}, MTU: int(p.mtu), Forward: []Hop{}, Return: []Hop{}}
	if p.lasts.text != "" {
		out.Lasts = &Lasts{p.lasts.text, p.lasts.known}
	}
	if o := p.onset; o != nil {
		out.Outage = &Outage{o.verdict.String(), Ways{o.good, o.of}}
	}
	if p.noOrigin() || !hops {
		return out
	}
	walker.Fail(p.fault)
	walker.Port = p.port
	defer func() { walker.Port = 0 }()
	_, forward := walker.Trace(p.start, p.packet, p.choice)
	out.Forward = p.net.hops(forward)
	if p.result.Verdict == sim.Delivered {
		_, back := walker.TraceReply()
		out.Return = p.net.hops(back)
	}
	return out
}

// written renders prefixes, each once for all paths.
func (w *work) written(list []netip.Prefix) []string {
	out := make([]string, len(list))
	for i, p := range list {
		text, known := w.texts[p]
		if !known {
			text = p.String()
			w.texts[p] = text
		}
		out[i] = text
	}
	return out
}

func protocolWord(p sim.Protocol) string {
	switch p {
	case sim.UDP:
		return "udp"
	case sim.ICMP:
		return "icmp"
	}
	return "tcp"
}

func (b *builder) hops(hops []sim.Hop) []Hop {
	list := make([]Hop, 0, len(hops))
	for _, h := range hops {
		n := &b.net.Nodes[h.Node]
		why, source := b.why(h)
		list = append(list, Hop{Hop: n.Name, Kind: n.Kind, Zone: n.Zone, Action: h.Action.String(),
			SrcBefore: endpointText(h.Before.Src), DstBefore: endpointText(h.Before.Dst),
			Src: endpointText(h.After.Src), Dst: endpointText(h.After.Dst), Why: why, Source: source})
	}
	return list
}

func endpointText(a netip.AddrPort) string {
	if a.Port() == 0 {
		return a.Addr().String()
	}
	return a.String()
}

// why puts what a hop did into words: the translation or proxy first, then the
// route; and names the fact behind it.
func (b *builder) why(h sim.Hop) (text, source string) {
	if h.Action == sim.ActUnSNAT {
		return "a reply of a connection it translated: back to the original address", ""
	}
	for _, ref := range []sim.Ref{h.ProxyRef, h.NATRef, h.Ref} {
		if n := b.notes[ref]; n.text != "" {
			return n.text, n.source
		}
	}
	if h.Action == sim.ActDeliver {
		return "owns the address", ""
	}
	return h.Code.String(), ""
}
