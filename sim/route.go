package sim

import (
	"cmp"
	"slices"
)

// routeTable finds the best route: the smallest block around the destination
// first, and in a block the routes in order of preference.
type routeTable struct {
	set     blocks
	entries []routeEntry // by block
}

// routeEntry are the routes of one destination block.
type routeEntry struct {
	matches matches
	ways    []way // of each match
	pinned  bool  // a pinned route is here or around
	plain   bool  // the first matches whatever the packet and its flow
}

// way is where a route leads.
type way struct {
	next   []NodeID
	first  NodeID // of next, without the way to it
	ref    Ref
	tunnel bool
}

func wayOf(r *Route) way {
	y := way{next: r.Next, first: None, ref: r.Ref, tunnel: r.Tunnel}
	if len(r.Next) > 0 {
		y.first = r.Next[0]
	}
	return y
}

// newRouteTable orders the routes; those without a valid IPv4 destination lead
// nowhere and are left out.
func newRouteTable(routes []Route) routeTable {
	// A network has very many small tables: what belongs to all routes of one is
	// made at once and cut.
	all := make([]block, 0, len(routes))
	for i := range routes {
		if routes[i].valid() {
			all = append(all, blockOf(routes[i].Dst))
		}
	}
	n := len(all)
	t := routeTable{set: newBlocks(all)}
	t.entries = make([]routeEntry, len(t.set))
	size := make([]int32, len(t.set)+1) // routes of the blocks before
	for i := range routes {
		if r := &routes[i]; r.valid() {
			b := t.set.place(blockOf(r.Dst))
			size[b+1]++
			t.entries[b].pinned = t.entries[b].pinned || r.Pinned
		}
	}
	for b := range t.set {
		size[b+1] += size[b]
	}
	ordered, next := make([]*Route, n), slices.Clone(size)
	for i := range routes {
		if r := &routes[i]; r.valid() {
			b := t.set.place(blockOf(r.Dst))
			ordered[next[b]] = r
			next[b]++
		}
	}
	list, ways := make([]match, n), make([]way, n)
	for i := range t.entries {
		around := t.set[i].parent
		t.entries[i].pinned = t.entries[i].pinned || around >= 0 && t.entries[around].pinned
		from, to := size[i], size[i+1]
		t.entries[i].fill(ordered[from:to], list[from:to:to], ways[from:to:to])
	}
	return t
}

// valid reports whether the route has an IPv4 destination.
func (r *Route) valid() bool { return r.Dst.IsValid() && r.Dst.Addr().Is4() }

// fill puts the most preferred first: longest source, a label, lowest rank,
// first listed.
func (e *routeEntry) fill(routes []*Route, list []match, ways []way) {
	if len(routes) > 1 {
		slices.SortStableFunc(routes, func(x, y *Route) int {
			return cmp.Or(
				cmp.Compare(blockOf(y.Src).length(), blockOf(x.Src).length()),
				cmp.Compare(named(y.Label), named(x.Label)),
				cmp.Compare(x.Rank, y.Rank),
			)
		})
	}
	e.ways = ways
	for i, r := range routes {
		list[i], ways[i] = routeMatch(r), wayOf(r)
	}
	e.matches = newMatches(list)
	first := &list[0]
	e.plain = first.src.mask == 0 && first.label == 0 && first.conditions == 0
}

func named(l Label) int {
	if l == 0 {
		return 0
	}
	return 1
}

func routeMatch(r *Route) match {
	m := matchOf(Match{Src: r.Src, Dst: r.Dst, Label: r.Label})
	if r.Opening {
		m.conditions |= onlyOpening
	}
	if r.Yielding {
		m.conditions |= yields
	}
	return m
}

// excluded is what keeps a route from being considered; a pinned route of a
// Gone node is still there.
func (t *routeTable) excluded(b int32, opening bool) (c condition) {
	if !opening {
		c |= onlyOpening
	}
	if b >= 0 && t.entries[b].pinned {
		c |= yields
	}
	return c
}

// bestOf is best among the routes that are not withdrawn, trying all.
func (t *routeTable) bestOf(p *tuple, opening bool, withdrawn func(*way) bool) *way {
	b := t.set.smallest(p.dst)
	excluded := t.excluded(b, opening)
	for ; b >= 0; b = t.set[b].parent {
		e := &t.entries[b]
		for i := range e.ways {
			if e.matches.list[i].has(p, excluded) && !withdrawn(&e.ways[i]) {
				return &e.ways[i]
			}
		}
	}
	return nil
}

// best is where the route leads that a packet takes, or nil.
func (t *routeTable) best(p *tuple, opening bool) *way {
	b := t.set.smallest(p.dst)
	excluded := t.excluded(b, opening)
	for ; b >= 0; b = t.set[b].parent {
		e := &t.entries[b]
		if e.plain {
			return &e.ways[0]
		}
		if i := e.matches.first(p, excluded); i >= 0 {
			return &e.ways[i]
		}
	}
	return nil
}
