package sim

import "net/netip"

// visit is a packet at a node.
type visit struct {
	in, out  tuple // as it arrived, and as it is now or left
	at, next NodeID
	start    bool   // the node made the packet
	captured bool   // the proxy has opened a new connection
	session  *visit // what a reply answers, where the node knows it
	action   Action
	route    Ref
	nat      Ref
	proxy    Ref
}

// ending is why a walk is over; the zero value lets it go on.
type ending struct {
	verdict Verdict
	code    Code
	ref     Ref
}

// pass takes a packet through the stages of a node, in the order of the picture
// in the package comment.
func (w *Walker) pass(v *visit, t *table) ending {
	if e := w.arrive(v, t); e.verdict != Undecided {
		return e
	}
	if w.replying {
		v.session = w.known(v.at, &v.in)
	}
	if e := v.ingress(t); e.verdict != Undecided {
		return e
	}
	if v.session != nil {
		v.restore()
	}
	if e := w.capture(v, t); e.verdict != Undecided {
		return e
	}
	if e := w.deliver(v, t); e.verdict != Undecided {
		return e
	}
	if e := w.route(v, t); e.verdict != Undecided {
		return e
	}
	if e := v.egress(t); e.verdict != Undecided {
		return e
	}
	return w.translate(v, t)
}

// arrive decides whether the node takes the packet at all.
func (w *Walker) arrive(v *visit, t *table) ending {
	switch {
	case !v.start && w.is(v.at, down):
		return ending{Blackhole, CodeNodeDown, t.node.Ref}
	case t.node.MTU != 0 && !w.fits(t.node.MTU):
		return ending{Dropped, CodeTooBig, t.node.Ref}
	case v.start:
		return ending{}
	case w.looped(v, t):
		return ending{Looped, CodeLoop, t.node.Ref}
	case !t.carry(v.in.protocol):
		return ending{Dropped, CodeProtocol, t.node.Ref}
	}
	return ending{}
}

// fits holds the packet against a node's limit and keeps the smallest met.
func (w *Walker) fits(mtu uint16) bool {
	if w.Size > mtu {
		return false
	}
	if w.mtu == 0 || mtu < w.mtu {
		w.mtu = mtu
	}
	return true
}

// looped reports whether the packet has arrived here before as it is now, or
// has been at too many nodes.
func (w *Walker) looped(v *visit, t *table) bool {
	if t.walk != w.walks {
		t.walk = w.walks
		return len(w.path) > maxHops
	}
	before := w.path[1 : len(w.path)-1]
	for i := range before {
		if before[i].at == v.at && before[i].in == v.in {
			return true
		}
	}
	return len(w.path) > maxHops
}

func (v *visit) ingress(t *table) ending {
	if v.start || t.ingress == nil {
		return ending{}
	}
	return t.ingress.check(v, &v.in, CodeIngressDenied)
}

// capture ends a connection at a proxy and opens the next one.
func (w *Walker) capture(v *visit, t *table) ending {
	if len(t.forwards.list) == 0 || v.session != nil {
		return ending{}
	}
	return w.accept(v, t)
}

func (w *Walker) accept(v *visit, t *table) ending {
	i := t.forwards.first(&v.out, 0)
	if i < 0 {
		return ending{}
	}
	f := &t.node.Proxy.Forwards[i]
	v.proxy = f.Ref
	if t.authorize != nil {
		if ok, ref := t.authorize.allows(&v.out); !ok {
			return ending{Unauthorized, CodeUnauthorized, ref}
		}
	}
	return w.open(v, f)
}

// open starts the proxy's own connection. It keeps the client's source port:
// any would do, as a proxy has all of them to itself.
func (w *Walker) open(v *visit, f *Forward) ending {
	to := netip.AddrPortFrom(address(v.out.dst), v.out.dstPort)
	switch {
	case len(f.Via) > 0:
		k := w.pickLive(f.Via)
		if k < 0 {
			return ending{Dropped, CodeNoUpstream, f.Ref}
		}
		to = f.To[k]
	case len(f.To) > 0:
		to = f.To[w.pick(len(f.To))]
	}
	if !to.Addr().Is4() || f.From.IsValid() && !f.From.Is4() {
		return ending{Dropped, CodeNoTranslation, f.Ref}
	}
	v.captured = true
	if f.From.IsValid() {
		v.out.src, w.sources = number(f.From), nil
	}
	v.out.dst = number(to.Addr())
	if v.out.protocol.ported() {
		v.out.dstPort = to.Port()
	}
	if !f.KeepLabel {
		v.out.label = 0
	}
	if v.out != v.in || f.From.IsValid() {
		v.action = ActProxy
	}
	return ending{}
}

// deliver ends the walk at the owner of the destination.
func (w *Walker) deliver(v *visit, t *table) ending {
	switch {
	case v.start && !v.captured:
		return ending{}
	case w.replying && v.at == w.forth[0].at && v.out.answers(&w.forth[0].in):
		return ending{Delivered, CodeDelivered, t.node.Ref}
	case v.session != nil || !t.own(v.out.dst):
		return ending{} // a known reply is for somebody behind the node
	case w.replying || t.node.SessionOnly:
		return ending{Dropped, CodeNoSession, t.node.Ref}
	}
	return ending{Delivered, CodeDelivered, t.node.Ref}
}

func (w *Walker) route(v *visit, t *table) ending {
	y := t.routes.best(&v.out, v.session == nil)
	if w.faulty && y != nil && w.withdrawn(y) {
		y = t.routes.bestOf(&v.out, v.session == nil, w.withdrawn)
	}
	if y == nil {
		return ending{Dropped, CodeNoRoute, t.node.Ref}
	}
	v.route, v.next = y.ref, y.first
	switch len(y.next) {
	case 0:
		return ending{Dropped, CodeRouteDrop, y.ref}
	case 1:
	default:
		v.next = y.next[w.pickLive(y.next)]
	}
	if y.tunnel && v.action == ActForward {
		v.action = ActTunnel
	}
	return ending{}
}

// withdrawn reports whether all that a route leads to is gone.
func (w *Walker) withdrawn(y *way) bool {
	for _, id := range y.next {
		if w.health[id] != gone {
			return false
		}
	}
	return len(y.next) > 0
}

func (v *visit) egress(t *table) ending {
	if t.egress == nil {
		return ending{}
	}
	return t.egress.check(v, &v.out, CodeEgressDenied)
}

// check lets a packet pass, also the reply of a flow that a stateful filter let
// pass before.
func (f *filter) check(v *visit, p *tuple, code Code) ending {
	if f.Stateful && v.session != nil {
		return ending{}
	}
	if ok, ref := f.allows(p); !ok {
		return ending{Dropped, code, ref}
	}
	return ending{}
}

// translate replaces the source of a packet that opens a flow.
func (w *Walker) translate(v *visit, t *table) ending {
	if v.session != nil || len(t.nat.list) == 0 {
		return ending{}
	}
	return w.masquerade(v, t)
}

func (w *Walker) masquerade(v *visit, t *table) ending {
	i := t.nat.first(&v.out, 0)
	if i < 0 {
		return ending{}
	}
	n := &t.node.NAT[i]
	v.nat = n.Ref
	if len(n.To) == 0 {
		return ending{}
	}
	to := n.To[w.pick(len(n.To))]
	if !to.Is4() || w.is(v.at, bare) {
		return ending{Dropped, CodeNoTranslation, n.Ref}
	}
	v.out.src = number(to)
	v.out.srcPort = w.port(n, &v.out)
	w.sources = n.To
	if v.action != ActProxy {
		v.action = ActSNAT
	}
	return ending{}
}

// port is the source port that a translation gives.
func (w *Walker) port(n *NAT, p *tuple) uint16 {
	if n.PortFrom == 0 && n.PortTo == 0 || !p.protocol.ported() {
		return p.srcPort
	}
	return min(max(w.Port, n.PortFrom), n.PortTo)
}
