package sim

// health is what a Fault says of a node.
type health uint8

const (
	up health = iota
	down
	gone
	bare
)

// Broken is a Fault made ready for walkers of one network, any number of them.
type Broken struct {
	ids   []NodeID
	is    []health // of each
	dense []health // by node, where there are many
}

// Fault is what is broken, as it was given; nil is the healthy network's.
func (b *Broken) Fault() (f Fault) {
	if b == nil {
		return f
	}
	for i, id := range b.ids {
		switch b.is[i] {
		case down:
			f.Down = append(f.Down, id)
		case gone:
			f.Gone = append(f.Gone, id)
		case bare:
			f.Bare = append(f.Bare, id)
		}
	}
	return f
}

// denseFrom is the number of broken nodes from which a table of all nodes is
// kept: walkers then switch to it at no cost.
const denseFrom = 16

// Break makes a fault of the network ready. Of a node named in several lists
// Gone counts, then Down.
func Break(n *Network, f Fault) *Broken {
	b := &Broken{}
	for _, list := range []struct {
		ids []NodeID
		is  health
	}{{f.Bare, bare}, {f.Down, down}, {f.Gone, gone}} {
		for _, id := range list.ids {
			b.ids, b.is = append(b.ids, id), append(b.is, list.is)
		}
	}
	if len(b.ids) < denseFrom {
		return b
	}
	b.dense = make([]health, len(n.Nodes))
	for i, id := range b.ids {
		b.dense[id] = b.is[i]
	}
	return b
}

// Fail breaks the network for this walker until the next call; nil or the zero
// Fault mends it.
func (w *Walker) Fail(b *Broken) {
	for _, id := range w.failed {
		w.own[id] = up
	}
	w.failed, w.faulty = w.failed[:0], b != nil && len(b.ids) > 0
	switch {
	case !w.faulty:
		return
	case b.dense != nil:
		w.health = b.dense
		return
	case w.own == nil:
		w.own = make([]health, len(w.net.Nodes))
	}
	w.health = w.own
	for i, id := range b.ids {
		w.own[id] = b.is[i]
		w.failed = append(w.failed, id)
	}
}

// is reports a node's health.
func (w *Walker) is(id NodeID, h health) bool { return w.faulty && w.health[id] == h }

// pickLive is the place of the alternative that the walk's choice takes among
// the nodes that are not gone, or -1.
func (w *Walker) pickLive(nodes []NodeID) int {
	if !w.faulty {
		return w.pick(len(nodes))
	}
	n := 0
	for _, id := range nodes {
		if w.health[id] != gone {
			n++
		}
	}
	if n == 0 {
		return -1
	}
	k := w.pick(n)
	for i, id := range nodes {
		if w.health[id] == gone {
			continue
		}
		if k == 0 {
			return i
		}
		k--
	}
	return -1
}

// Passed appends the nodes that the last Forward and Reply were at, in order.
func (w *Walker) Passed(list []NodeID) []NodeID {
	for i := range w.forth {
		list = append(list, w.forth[i].at)
	}
	for i := range w.back {
		list = append(list, w.back[i].at)
	}
	return list
}
