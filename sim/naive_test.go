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
	port     uint16
	size     uint16
	fault    Fault
	limits   []uint16 // of the nodes that took the packet
	answer   bool     // walking a reply
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
	s.memory, s.answer, s.began, s.question, s.limits = nil, false, start, p, nil
	if b := s.broken(start); b == "down" || b == "gone" {
		return Result{Verdict: Unreachable, Code: CodeNoOrigin, Ref: s.net.Nodes[start].Ref, At: start, Packet: p}
	}
	return s.inside(start, naiveFlow{arrived: p, left: p}, nil, nil, nil)
}

func (s *naive) reply(r Result) Result {
	if r.Verdict != Delivered {
		return Result{Verdict: Unreachable, Code: CodeNoOrigin, At: None}
	}
	s.answer, s.limits = true, nil
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
		return Result{v, c, r, id, at, src, s.least()}
	}
	if s.broken(id) == "down" {
		return end(Blackhole, CodeNodeDown, n.Ref, p)
	}
	if n.MTU > 0 && s.size > n.MTU {
		return end(Dropped, CodeTooBig, n.Ref, p)
	}
	s.limits = append(s.limits, n.MTU)
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
	if started {
		if n.MTU > 0 && s.size > n.MTU {
			return Result{Dropped, CodeTooBig, n.Ref, id, p, src, 0}
		}
		s.limits = []uint16{n.MTU}
	}
	here.node = id
	if f := captures(n.Proxy, p); f != nil && flow == nil {
		if ok, ref := passes(n.Proxy.Authorize, p, false); !ok {
			return Result{Unauthorized, CodeUnauthorized, ref, id, p, src, s.least()}
		}
		to := s.upstream(f)
		if to == nil && len(f.To) > 0 {
			return Result{Dropped, CodeNoUpstream, f.Ref, id, p, src, s.least()}
		}
		if f.From.IsValid() {
			src = nil
		}
		p, started = f.apply(p, to), false
	}
	delivered := Result{Delivered, CodeDelivered, n.Ref, id, p, src, s.least()}
	if s.answer && !started && id == s.began && p.Protocol == s.question.Protocol && p.Src == s.question.Dst && p.Dst == s.question.Src {
		return delivered
	}
	mine := slices.ContainsFunc(n.Owns, func(b netip.Prefix) bool { return b.Contains(p.Dst.Addr()) })
	if mine && flow == nil && !started {
		if s.answer || n.SessionOnly {
			return Result{Dropped, CodeNoSession, n.Ref, id, p, src, s.least()}
		}
		s.memory = append(s.memory, naiveFlow{id, here.arrived, p})
		return delivered
	}
	here.left = p
	return s.leave(here, trail, src, flow)
}

// upstream is who the proxy connects to, nil where nobody is left.
func (s *naive) upstream(f *Forward) *netip.AddrPort {
	var live []netip.AddrPort
	for i, to := range f.To {
		if len(f.Via) == 0 || s.broken(f.Via[i]) != "gone" {
			live = append(live, to)
		}
	}
	if len(live) == 0 {
		return nil
	}
	return &live[s.choice%len(live)]
}

// broken is what the fault says of a node.
func (s *naive) broken(id NodeID) string {
	switch {
	case slices.Contains(s.fault.Gone, id):
		return "gone"
	case slices.Contains(s.fault.Down, id):
		return "down"
	case slices.Contains(s.fault.Bare, id):
		return "bare"
	}
	return ""
}

// least is the smallest limit met so far, 0 if there was none.
func (s *naive) least() uint16 {
	limits := slices.DeleteFunc(slices.Clone(s.limits), func(m uint16) bool { return m == 0 })
	if len(limits) == 0 {
		return 0
	}
	return slices.Min(limits)
}

func (f *Forward) apply(p Packet, to *netip.AddrPort) Packet {
	if f.From.IsValid() {
		p.Src = netip.AddrPortFrom(f.From, p.Src.Port())
	}
	if to != nil {
		p.Dst = *to
		if p.Protocol != TCP && p.Protocol != UDP {
			p.Dst = netip.AddrPortFrom(to.Addr(), 0)
		}
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
	r, next := s.choose(n.Routes, p, flow == nil)
	switch {
	case r == nil:
		return Result{Dropped, CodeNoRoute, n.Ref, id, p, src, s.least()}
	case len(r.Next) == 0:
		return Result{Dropped, CodeRouteDrop, r.Ref, id, p, src, s.least()}
	}
	if ok, ref := passes(n.Egress, p, flow != nil); !ok {
		return Result{Dropped, CodeEgressDenied, ref, id, p, src, s.least()}
	}
	if flow == nil {
		for _, t := range n.NAT {
			if !fits(t.Match, p) {
				continue
			}
			if len(t.To) > 0 {
				to := t.To[s.choice%len(t.To)]
				if !to.IsValid() || s.broken(id) == "bare" {
					return Result{Dropped, CodeNoTranslation, t.Ref, id, p, src, s.least()}
				}
				p.Src, src = netip.AddrPortFrom(to, s.poolPort(t, p)), t.To
			}
			break
		}
	}
	if !s.answer {
		s.memory = append(s.memory, naiveFlow{id, here.arrived, p})
	}
	return s.enter(next[s.choice%len(next)], p, trail, src)
}

// poolPort is the port a translation gives.
func (s *naive) poolPort(t NAT, p Packet) uint16 {
	if p.Protocol != TCP && p.Protocol != UDP || t.PortTo == 0 {
		return p.Src.Port()
	}
	if s.port > t.PortFrom && s.port <= t.PortTo {
		return s.port
	}
	if s.port > t.PortTo {
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

// choose sorts all routes that could be taken, most preferred first, and says
// which nodes that are not gone the best leads to.
func (s *naive) choose(routes []Route, p Packet, opening bool) (*Route, []NodeID) {
	pinned := slices.ContainsFunc(routes, func(r Route) bool { return r.Pinned && r.Dst.Contains(p.Dst.Addr()) })
	var able []*Route
	for i := range routes {
		r := &routes[i]
		withdrawn := len(r.Next) > 0 && len(s.live(r.Next)) == 0
		if !withdrawn && fits(Match{Src: r.Src, Dst: r.Dst, Label: r.Label}, p) && !(r.Opening && !opening) && !(r.Yielding && pinned) {
			able = append(able, r)
		}
	}
	if len(able) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(able, func(a, b *Route) int {
		return cmp.Or(b.Dst.Bits()-a.Dst.Bits(), max(b.Src.Bits(), 0)-max(a.Src.Bits(), 0), min(1, int(b.Label))-min(1, int(a.Label)), a.Rank-b.Rank)
	})
	return able[0], s.live(able[0].Next)
}

// live leaves out what is gone.
func (s *naive) live(nodes []NodeID) []NodeID {
	return slices.DeleteFunc(slices.Clone(nodes), func(id NodeID) bool { return s.broken(id) == "gone" })
}
