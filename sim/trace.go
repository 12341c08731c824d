package sim

// Trace is Forward with the hops: one for each node visited, each beginning
// with the packet that the one before ended with. At a proxy that is the packet
// of the new connection. An Unreachable walk has no hops.
func (w *Walker) Trace(start NodeID, p Packet, choice int) (Result, []Hop) {
	r := w.Forward(start, p, choice)
	return r, hops(w.forth, r)
}

// TraceReply is Reply with the hops.
func (w *Walker) TraceReply() (Result, []Hop) {
	r := w.Reply()
	return r, hops(w.back, r)
}

// hops tells of the visits of a walk that ended with r.
func hops(path []visit, r Result) []Hop {
	if len(path) == 0 {
		return nil
	}
	list := make([]Hop, len(path))
	for i := range path {
		v := &path[i]
		list[i] = Hop{
			Node: v.at, Before: v.in.packet(), After: v.out.packet(),
			Action: v.action, Ref: v.route, NATRef: v.nat, ProxyRef: v.proxy,
		}
	}
	last := &list[len(list)-1]
	last.Code, last.Ref, last.Action = r.Code, r.Ref, ActDrop
	if r.Verdict == Delivered {
		last.Action = ActDeliver
	}
	return list
}
