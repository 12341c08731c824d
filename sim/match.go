package sim

// condition is something beside the packet that may exclude an entry of a list.
type condition uint8

const (
	onlyOpening condition = 1 << iota // not for replies of a known flow
	yields                            // not where a pinned route covers the destination
)

// match is a Match in the walker's form.
type match struct {
	src, dst   block
	from, to   uint16
	protocol   Protocol
	conditions condition
	label      Label
}

func matchOf(m Match) match {
	c := match{src: blockOf(m.Src), dst: blockOf(m.Dst), from: m.PortFrom, to: m.PortTo, protocol: m.Protocol, label: m.Label}
	if m.PortFrom == 0 && m.PortTo == 0 {
		c.to = ^uint16(0)
	}
	return c
}

func (m *match) has(t *tuple, excluded condition) bool {
	return m.dst.contains(t.dst) && m.src.contains(t.src) &&
		(m.protocol == Any || m.protocol == t.protocol) &&
		m.from <= t.dstPort && t.dstPort <= m.to &&
		(m.label == 0 || m.label == t.label) && m.conditions&excluded == 0
}

// axis is the part of a packet by which a long list is searched.
type axis uint8

const (
	bySrc axis = iota
	byDst
	byLabel
	axes
)

func (a axis) of(t *tuple) uint32 {
	switch a {
	case bySrc:
		return t.src
	case byDst:
		return t.dst
	}
	return uint32(t.label)
}

// block is the part of m on the axis; a label is a block of one, no label all.
func (a axis) block(m *match) block {
	switch {
	case a == bySrc:
		return m.src
	case a == byDst:
		return m.dst
	case m.label == 0:
		return block{parent: -1}
	}
	return block{net: uint32(m.label), mask: ^uint32(0), parent: -1}
}

// matches is a list of which the first entry that matches decides. Long lists
// carry an index: the entries by their block on the axis that tells them apart
// best.
type matches struct {
	list []match
	axis axis
	set  blocks
	at   [][]int32 // by block: the entries, ascending
}

// indexFrom is the length from which a list is indexed: below it trying all is
// faster.
const indexFrom = 16

func newMatches(list []match) matches {
	m := matches{list: list}
	if len(list) < indexFrom {
		return m
	}
	for a := range axes {
		all := make([]block, len(list))
		for i := range list {
			all[i] = a.block(&list[i])
		}
		if set := newBlocks(all); len(set) > len(m.set) {
			m.axis, m.set = a, set
		}
	}
	m.at = make([][]int32, len(m.set))
	for i := range list {
		b := m.set.place(m.axis.block(&list[i]))
		m.at[b] = append(m.at[b], int32(i))
	}
	return m
}

// first is the place of the first entry that matches, or -1.
func (m *matches) first(t *tuple, excluded condition) int {
	if m.set != nil {
		return m.search(t, excluded)
	}
	for i := range m.list {
		if m.list[i].has(t, excluded) {
			return i
		}
	}
	return -1
}

// search is first by the index: the blocks around the packet's value hold all
// entries that can match.
func (m *matches) search(t *tuple, excluded condition) int {
	best := int32(-1)
	for b := m.set.smallest(m.axis.of(t)); b >= 0; b = m.set[b].parent {
		for _, i := range m.at[b] {
			if best >= 0 && i > best {
				break
			}
			if m.list[i].has(t, excluded) {
				best = i
				break
			}
		}
	}
	return int(best)
}
