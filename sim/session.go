package sim

// known is the oldest visit of the flow to that node whose packet, as it left,
// the reply answers; nil if there is none. A reply has a delivered flow, so all
// nodes visited have let it pass.
func (w *Walker) known(at NodeID, p *tuple) *visit {
	for i := range w.forth {
		if s := &w.forth[i]; s.at == at && p.answers(&s.out) {
			return s
		}
	}
	return nil
}

// restore turns the reply of what left here into the reply of what arrived.
func (v *visit) restore() {
	v.out = v.session.in.reply()
	switch {
	case v.session.action == ActProxy:
		v.action = ActProxy
	case v.out != v.in:
		v.action = ActUnSNAT
	}
}
