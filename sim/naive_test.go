package sim

import (
	"cmp"
	"net/netip"
	"slices"
)

// naive is the walker written a second time from its description, sharing no
// code with it: recursive, on whole packets, trying everything, without tables.
type naive struct {
	net      *Network
	choice   int
	high     bool
	answer   bool // walking a reply
	memory   []naiveFlow
	began    NodeID
	question Packet
}

// naiveFlow is what a node remembers.
type naiveFlow struct {
	node          NodeID
	arrived, left Packet
}

func (s *naive) forward(start NodeID, p Packet) Result {
	s.memory, s.answer, s.began, s.question = nil, false, start, p
	if s.net.Nodes[start].Down {
		return Result{Verdict: Unreachable, Code: CodeNoOrigin, Ref: s.net.Nodes[start].Ref, At: start, Packet: p}
	}
	return s.inside(start, naiveFlow{arrived: p, left: p}, nil, nil, nil)
}

func (s *naive) reply(r Result) Result {
	if r.Verdict != Delivered {
		return Result{Verdict: Unreachable, Code: CodeNoOrigin, At: None}
	}
	s.answer = true
	p := mirrored(r.Packet)
	f := s.recall(r.At, p) // it has just got the question
	return s.inside(r.At, naiveFlow{arrived: p, left: mirrored(f.arrived)}, nil, nil, f)
}

func mirrored(p Packet) Packet { return Packet{Protocol: p.Protocol, Src: p.Dst, Dst: p.Src} }

func (s *naive) recall(at NodeID, p Packet) *naiveFlow {
	p.Label = 0
	for i, f := range s.memory {
		if f.node == at && mirrored(f.left) == p {
			return &s.memory[i]
		}
	}
	return nil
}

// enter is a packet coming to a node from another.
func (s *naive) enter(id NodeID, p Packet, trail []Hop, src []netip.Addr) Result {
	n := &s.net.Nodes[id]
	end := func(v Verdict, c Code, r Ref, at Packet) Result {
		return Result{v, c, r, id, at, src}
	}
	if n.Down {
		return end(Blackhole, CodeNodeDown, n.Ref, p)
	}
	if len(trail) >= 63 || slices.ContainsFunc(trail, func(h Hop) bool { return h.Node == id && h.Before == p }) {
		return end(Looped, CodeLoop, n.Ref, p)
	}
	if len(n.Carries) > 0 && !slices.Contains(n.Carries, p.Protocol) {
		return end(Dropped, CodeProtocol, n.Ref, p)
	}
	var flow *naiveFlow
	if s.answer {
		flow = s.recall(id, p)
	}
	if ok, ref := passes(n.Ingress, p, flow != nil); !ok {
		return end(Dropped, CodeIngressDenied, ref, p)
	}
	here := naiveFlow{arrived: p, left: p}
	if flow != nil {
		here.left = mirrored(flow.arrived)
	}
	return s.inside(id, here, append(trail, Hop{Node: id, Before: p}), src, flow)
}

// inside is a packet that a node has let in or made: an empty trail.
func (s *naive) inside(id NodeID, here naiveFlow, trail []Hop, src []netip.Addr, flow *naiveFlow) Result {
	n, p, started := &s.net.Nodes[id], here.left, len(trail) == 0
	here.node = id
	if f := captures(n.Proxy, p); f != nil && flow == nil {
		if ok, ref := passes(n.Proxy.Authorize, p, false); !ok {
			return Result{Unauthorized, CodeUnauthorized, ref, id, p, src}
		}
		p, src, started = f.apply(p, s.choice), nil, false
	}
	delivered := Result{Delivered, CodeDelivered, n.Ref, id, p, src}
	if s.answer && !started && id == s.began && p.Protocol == s.question.Protocol && p.Src == s.question.Dst && p.Dst == s.question.Src {
		return delivered
	}
	mine := slices.ContainsFunc(n.Owns, func(b netip.Prefix) bool { return b.Contains(p.Dst.Addr()) })
	if mine && flow == nil && !started {
		if s.answer || n.SessionOnly {
			return Result{Dropped, CodeNoSession, n.Ref, id, p, src}
		}
		s.memory = append(s.memory, naiveFlow{id, here.arrived, p})
		return delivered
	}
	here.left = p
	return s.leave(here, trail, src, flow)
}

func (f *Forward) apply(p Packet, choice int) Packet {
	p.Src = netip.AddrPortFrom(f.From, p.Src.Port())
	if len(f.To) > 0 {
		p.Dst = f.To[choice%len(f.To)]
	}
	if !f.KeepLabel {
		p.Label = 0
	}
	return p
}

// leave is a packet on its way out of a node.
func (s *naive) leave(here naiveFlow, trail []Hop, src []netip.Addr, flow *naiveFlow) Result {
	id, p := here.node, here.left
	n := &s.net.Nodes[id]
	r := choose(n.Routes, p, flow == nil)
	switch {
	case r == nil:
		return Result{Dropped, CodeNoRoute, n.Ref, id, p, src}
	case len(r.Next) == 0:
		return Result{Dropped, CodeRouteDrop, r.Ref, id, p, src}
	}
	if ok, ref := passes(n.Egress, p, flow != nil); !ok {
		return Result{Dropped, CodeEgressDenied, ref, id, p, src}
	}
	if flow == nil {
		for _, t := range n.NAT {
			if !fits(t.Match, p) {
				continue
			}
			if len(t.To) > 0 {
				to := t.To[s.choice%len(t.To)]
				if !to.IsValid() {
					return Result{Dropped, CodeNoTranslation, t.Ref, id, p, src}
				}
				p.Src, src = netip.AddrPortFrom(to, s.poolPort(t, p)), t.To
			}
			break
		}
	}
	if !s.answer {
		s.memory = append(s.memory, naiveFlow{id, here.arrived, p})
	}
	return s.enter(r.Next[s.choice%len(r.Next)], p, trail, src)
}

// poolPort is the port a translation gives.
func (s *naive) poolPort(t NAT, p Packet) uint16 {
	if p.Protocol != TCP && p.Protocol != UDP || t.PortTo == 0 {
		return p.Src.Port()
	}
	if s.high {
		return t.PortTo
	}
	return t.PortFrom
}

func captures(x *Proxy, p Packet) *Forward {
	if x != nil {
		for i := range x.Forwards {
			if fits(x.Forwards[i].Match, p) {
				return &x.Forwards[i]
			}
		}
	}
	return nil
}

func passes(f *Filter, p Packet, known bool) (bool, Ref) {
	if f == nil || f.Stateful && known {
		return true, 0
	}
	for _, r := range f.Rules {
		if fits(r.Match, p) {
			return r.Allow, r.Ref
		}
	}
	return false, f.Ref
}

func fits(m Match, p Packet) bool {
	return !(m.Protocol != Any && m.Protocol != p.Protocol ||
		m.Src.IsValid() && !m.Src.Contains(p.Src.Addr()) ||
		m.Dst.IsValid() && !m.Dst.Contains(p.Dst.Addr()) ||
		(m.PortFrom > 0 || m.PortTo > 0) && (p.Dst.Port() < m.PortFrom || p.Dst.Port() > m.PortTo) ||
		m.Label > 0 && m.Label != p.Label)
}

// choose sorts all routes that could be taken, most preferred first.
func choose(routes []Route, p Packet, opening bool) *Route {
	pinned := slices.ContainsFunc(routes, func(r Route) bool { return r.Pinned && r.Dst.Contains(p.Dst.Addr()) })
	var able []*Route
	for i := range routes {
		r := &routes[i]
		if fits(Match{Src: r.Src, Dst: r.Dst, Label: r.Label}, p) && !(r.Opening && !opening) && !(r.Yielding && pinned) {
			able = append(able, r)
		}
	}
	if len(able) == 0 {
		return nil
	}
	slices.SortStableFunc(able, func(a, b *Route) int {
		return cmp.Or(b.Dst.Bits()-a.Dst.Bits(), max(b.Src.Bits(), 0)-max(a.Src.Bits(), 0), min(1, int(b.Label))-min(1, int(a.Label)), a.Rank-b.Rank)
	})
	return able[0]
}
