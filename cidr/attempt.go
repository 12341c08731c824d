package cidr

import (
	"cmp"
	"math/bits"
	"slices"
)

// attempt is one way to lay out a job's items: with so many of its groups, the
// smallest first, kept together.
type attempt struct {
	*job
	spaces []*space
	placed []placement
	unmet  int
	movers []roster      // of each pool, the placed items that have another pool to go to
	stuck  map[kind]bool // kinds that found no place: nobody after finds one
}

// placement is where an item went; pool is noSpace or keptFree if nowhere.
type placement struct {
	pool int32
	addr uint32
}

const (
	noSpace  = -1
	keptFree = -2
)

// kind is what is the same for all items that have the same choices.
type kind struct {
	class int32
	bits  int8
}

// roster is stacks of items, one of each kind.
type roster struct {
	at     map[kind]int
	kinds  []kind
	stacks [][]int32
}

// unit is the items lo..hi-1 that go into one aligned block of that length
// together, one after another.
type unit struct {
	lo, hi int32
	bits   int
	size   uint64 // addresses of the items
	part   bool   // of a group that is broken up
}

func (j *job) try(honoured, cuts int) *attempt {
	a := &attempt{job: j, placed: make([]placement, len(j.items)), movers: make([]roster, len(j.pools)), stuck: map[kind]bool{}}
	for _, s := range j.start {
		a.spaces = append(a.spaces, s.clone())
	}
	// Splitting a run only makes narrower ones, so a length is complete when its
	// turn comes. Single items go first: a run can be split when nothing is left.
	q := a.queue(honoured, cuts)
	for length := range q.singles {
		slices.Sort(q.singles[length])
		for _, i := range q.singles[length] {
			a.placeItem(i)
		}
		// Whole groups before parts, then the fullest: what leaves some of its
		// block can do in pieces.
		slices.SortFunc(q.runs[length], func(u, v unit) int {
			if u.part != v.part {
				return map[bool]int{false: -1, true: 1}[u.part]
			}
			return cmp.Or(cmp.Compare(v.size, u.size), cmp.Compare(u.lo, v.lo))
		})
		for _, u := range q.runs[length] {
			if !a.placeRun(u) {
				low, high := a.halves(u)
				low.part, high.part = u.part, u.part
				q.add(low)
				q.add(high)
			}
		}
	}
	return a
}

// queue is what is to be placed, by the length of block it takes.
type queue struct {
	singles [33][]int32
	runs    [33][]unit
}

func (q *queue) add(u unit) {
	if u.hi-u.lo == 1 {
		q.singles[u.bits] = append(q.singles[u.bits], u.lo)
	} else {
		q.runs[u.bits] = append(q.runs[u.bits], u)
	}
}

// queue is all items: each honoured group one unit, less what went beside the
// group's fixed blocks; the others cut in halves so many times, or in single
// items for no cuts at all.
func (a *attempt) queue(honoured, cuts int) *queue {
	q := a.emptyQueue(honoured)
	next := int32(0)
	singles := func(until int32) {
		for ; next < until; next++ {
			bits := a.items[next].bits
			q.singles[bits] = append(q.singles[bits], next)
		}
	}
	for i := range a.groups {
		g := &a.groups[i]
		broken := int(g.rank) >= honoured
		if broken && cuts == 0 {
			continue
		}
		singles(g.lo)
		if broken {
			a.cut(q, a.unit(g.lo, g.hi), cuts)
			next = g.hi
			continue
		}
		if next = a.placeBeside(g); next < g.hi {
			q.add(a.unit(next, g.hi))
			next = g.hi
		}
	}
	singles(int32(len(a.items)))
	return q
}

// emptyQueue has room for what it will mostly hold, for a million items are
// copied often as lists grow.
func (a *attempt) emptyQueue(honoured int) *queue {
	var q queue
	var runs [33]int
	for i := range a.groups {
		if g := &a.groups[i]; int(g.rank) < honoured {
			runs[parentLength(g.sizes)]++
		}
	}
	for length, n := range runs {
		q.runs[length] = make([]unit, 0, n)
	}
	return &q
}

func (a *attempt) cut(q *queue, u unit, times int) {
	if times == 0 || u.hi-u.lo == 1 {
		u.part = true
		q.add(u)
		return
	}
	low, high := a.halves(u)
	a.cut(q, low, times-1)
	if high.lo < high.hi {
		a.cut(q, high, times-1)
	}
}

func (a *attempt) unit(lo, hi int32) unit {
	u := unit{lo: lo, hi: hi}
	for _, it := range a.items[lo:hi] {
		u.size += it.size()
	}
	u.bits = parentLength(u.size)
	return u
}

// halves cuts a unit at the middle of its block. Sizes are powers of two and
// fall, so their sums hit the middle exactly.
func (a *attempt) halves(u unit) (low, high unit) {
	at, mid := uint64(0), u.lo
	for at < sizeOf(u.bits+1) {
		at += a.items[mid].size()
		mid++
	}
	return a.unit(u.lo, mid), a.unit(mid, u.hi)
}

// placeBeside puts the group's first items next to its fixed blocks, inside
// the smallest block that could hold them all, and returns the first item left
// over. Fixed blocks too far apart for such a block attract nothing, nor does a
// place for a part only, if all items apart from the fixed blocks would make
// fewer entries.
func (a *attempt) placeBeside(g *group) int32 {
	near, length := a.near[a.items[g.lo].group], parentLength(g.sizes)
	if len(near) == 0 || cover(near).bits < length {
		return g.lo
	}
	parent := cover(near).within(length)
	var cuts []cut
	var pools []int
	together := slices.Clone(near)
	next := g.lo
	for ; next < g.hi; next++ {
		p, c, ok := a.cutIn(parent, next)
		if !ok {
			break
		}
		cuts, pools, together = append(cuts, c), append(pools, p), append(together, block{c.addr, c.length})
	}
	if next < g.hi && entries(together)+pieces(a.items[next:g.hi]) > entries(slices.Clone(near))+pieces(a.items[g.lo:g.hi]) {
		for n := len(cuts) - 1; n >= 0; n-- {
			a.spaces[pools[n]].undo(cuts[n])
		}
		return g.lo
	}
	for n, c := range cuts {
		a.settle(g.lo+int32(n), pools[n], c.addr)
	}
	return next
}

// entries counts what blocks summarise to; it reuses its argument.
func entries(bs []block) int { return len(coalesce(outermost(bs))) }

// pieces counts what items summarise to that lie side by side, the largest first.
func pieces(items []item) int {
	var size uint64
	for _, it := range items {
		size += it.size()
	}
	return bits.OnesCount64(size)
}

func (a *attempt) cutIn(parent block, i int32) (pool int, c cut, ok bool) {
	it := a.items[i]
	for _, p := range a.lists.pools[it.class] {
		if !a.spaces[p].affords(it.size()) {
			continue
		}
		if c, ok := a.spaces[p].takeIn(parent, it.length()); ok {
			return p, c, true
		}
	}
	return 0, cut{}, false
}

// placeRun puts a unit into the first of its pools that has the addresses for
// all of it. If that pool has them only in pieces it reports false: adjacency
// is worth less than the preferred pool.
func (a *attempt) placeRun(u unit) bool {
	for _, p := range a.lists.pools[a.items[u.lo].class] {
		s := a.spaces[p]
		if s.spare < u.size || !s.affords(u.size) {
			continue
		}
		grows := a.lists.grows[a.items[u.lo].class]
		addr, roomy, ok := s.take(u.bits, grows)
		if !ok {
			return false
		}
		parent := block{addr, u.bits}
		s.giveBack(roomy, appendRange(nil, parent.start()+u.size, parent.end())...)
		for i := u.lo; i < u.hi; i++ {
			a.settle(i, p, addr)
			addr += uint32(a.items[i].size())
		}
		return true
	}
	return false
}

func (a *attempt) placeItem(i int32) {
	it := a.items[i]
	k := kind{it.class, it.bits}
	if !a.stuck[k] && a.place(i, make([]bool, len(a.pools))) {
		return
	}
	a.stuck[k] = true
	a.unmet++
	a.placed[i] = placement{pool: noSpace}
	for _, p := range a.lists.pools[it.class] {
		if a.spaces[p].fits(it.length()) {
			a.placed[i].pool = keptFree
		}
	}
}

// place finds the item a block in a pool not yet visited: a free one, or one
// that an item at least as large leaves for another of its pools. It follows
// augmenting paths between pools; if it fails nothing has changed.
func (a *attempt) place(i int32, visited []bool) bool {
	it := a.items[i]
	pools := a.lists.pools[it.class]
	for _, p := range pools {
		if !visited[p] && a.placeFree(i, p) {
			return true
		}
	}
	for _, p := range pools {
		if visited[p] {
			continue
		}
		visited[p] = true
		if a.makeRoom(p, it.bits, visited) {
			a.placeFree(i, p)
			return true
		}
	}
	return false
}

func (a *attempt) placeFree(i int32, p int) bool {
	length := a.items[i].length()
	if !a.spaces[p].affords(sizeOf(length)) {
		return false
	}
	addr, _, ok := a.spaces[p].take(length, a.lists.grows[a.items[i].class])
	if ok {
		a.settle(i, p, addr)
	}
	return ok
}

// makeRoom moves an item of at least that size out of the pool, rather a small
// one: the kinds placed last are the smallest.
func (a *attempt) makeRoom(p int, length int8, visited []bool) bool {
	r := &a.movers[p]
	for n := len(r.kinds) - 1; n >= 0; n-- {
		stack := r.stacks[n]
		if r.kinds[n].bits > length || len(stack) == 0 {
			continue
		}
		mover := stack[len(stack)-1]
		was := a.placed[mover]
		if a.place(mover, visited) {
			r.stacks[n] = stack[:len(stack)-1]
			a.spaces[p].giveBack(false, block{was.addr, a.items[mover].length()})
			return true
		}
	}
	return false
}

func (a *attempt) settle(i int32, p int, addr uint32) {
	a.placed[i] = placement{int32(p), addr}
	it := a.items[i]
	if len(a.lists.pools[it.class]) > 1 {
		a.movers[p].push(kind{it.class, it.bits}, i)
	}
}

func (r *roster) push(k kind, i int32) {
	n, ok := r.at[k]
	if !ok {
		if r.at == nil {
			r.at = map[kind]int{}
		}
		n = len(r.kinds)
		r.at[k] = n
		r.kinds = append(r.kinds, k)
		r.stacks = append(r.stacks, nil)
	}
	r.stacks[n] = append(r.stacks[n], i)
}

// meets reports whether a leaves no item without a block that b has one for.
func (a *attempt) meets(b *attempt) bool {
	for i := range a.placed {
		if a.placed[i].pool < 0 && b.placed[i].pool >= 0 {
			return false
		}
	}
	return true
}
