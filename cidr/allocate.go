package cidr

import (
	"slices"
	"sort"
)

// Allocate answers a request; the package documentation has the rules.
//
// A pool keeps free at least KeepFreePerMille of all its addresses, rounded
// up: so many must be neither used, nor fixed, nor in a new block. Where used
// and fixed blocks alone leave less, the pool gives out nothing.
//
// A demand whose fixed block has another length than demanded gets a new block;
// the old one stays occupied, in Result.Held, until it is no longer fixed. So
// does a fixed block whose key nobody demands. Fixed blocks may lie outside
// every pool and may overlap used space or each other, which the caller can
// find with [Overlap]: what is there stays there.
//
// Keys are unique among demands, names among pools. A length outside 0..32
// finds no space. The time is that of sorting the demands, a few times over
// where space is so short that groups must be broken up.
func Allocate(req Request) Result {
	j := newJob(req)
	a := j.best()
	if a.unmet == 0 || !j.choosy() {
		return j.result(a)
	}
	s := newSearch(j)
	switch s.run() {
	case found:
		j = j.pinned(s)
		return j.result(j.best())
	case undecided:
		r := j.result(a)
		r.Undecided = true
		return r
	}
	return j.result(a)
}

// choosy reports whether some item has several pools. If none has, what finds no
// room one after the other, the largest first, finds none at all.
func (j *job) choosy() bool {
	return slices.ContainsFunc(j.items, func(it item) bool { return len(j.lists.pools[it.class]) > 1 })
}

// pinned is the job with one pool for each item, as the search found them.
func (j *job) pinned(s *search) *job {
	k := *j
	k.items, k.groups = slices.Clone(j.items), nil
	for i := range k.items {
		it := &k.items[i]
		l, _ := slices.BinarySearch(s.lengths, it.length())
		c, _ := slices.BinarySearch(s.classes, it.class)
		choice := slices.IndexFunc(s.answer[l][c], func(n int64) bool { return n > 0 })
		s.answer[l][c][choice]--
		it.class = k.lists.number([]int{s.pools[c][choice]}, k.lists.grows[it.class])
	}
	k.sortItems()
	return &k
}

// best keeps as many groups together as can be without losing a demand that
// would be met if no group were kept together; the others it keeps together in
// parts, as large ones as can be.
func (j *job) best() *attempt {
	grouped := j.try(len(j.groups), 0)
	if grouped.unmet == 0 || len(j.groups) == 0 {
		return grouped
	}
	plain := j.try(0, 0)
	if grouped.meets(plain) {
		return grouped
	}
	best, honoured := plain, 0
	sort.Search(len(j.groups)-1, func(broken int) bool {
		n := len(j.groups) - 1 - broken
		a := j.try(n, 0)
		ok := a.meets(plain)
		if ok && n > honoured {
			best, honoured = a, n
		}
		return ok
	})
	for cuts := 1; cuts <= mostCuts; cuts++ {
		if a := j.try(honoured, cuts); a.meets(plain) {
			return a
		}
	}
	return best
}

// mostCuts is into how small parts a group is broken before its items go alone:
// eighths of its block.
const mostCuts = 3

func (j *job) result(a *attempt) Result {
	for i, at := range a.placed {
		it := j.items[i]
		switch at.pool {
		case noSpace:
			j.why[it.demand] = NoSpace
		case keptFree:
			j.why[it.demand] = KeepFree
		default:
			b := &j.answer[it.demand]
			b.Pool, b.Block = j.pools[at.pool].Name, block{at.addr, it.length()}.prefix()
		}
	}
	r := Result{Free: j.free(a), Held: j.held}
	largest := map[string]int{}
	for _, f := range r.Free {
		largest[f.Pool] = f.largest()
	}
	for i := range int32(len(j.order)) {
		if why := j.why[i]; why != "" {
			d := j.asked[j.order[i]]
			r.Unmet = append(r.Unmet, Unmet{Demand: d, Reason: why, Largest: largestOf(d.Pools, largest)})
		}
	}
	r.Blocks = slices.DeleteFunc(j.answer, func(b Block) bool { return !b.Block.IsValid() })
	return r
}

func (j *job) free(a *attempt) []Free {
	out := make([]Free, len(j.pools))
	for i, p := range j.pools {
		bs := a.spaces[i].blocks()
		f := Free{Pool: p.Name, Addresses: addresses(bs), Blocks: map[int]int{}, Prefixes: prefixes(bs)}
		for _, b := range bs {
			f.Blocks[b.bits]++
		}
		out[i] = f
	}
	return out
}

// nothingFree is the length Unmet.Largest has where not one address is left.
const nothingFree = 33

func (f Free) largest() int {
	l := nothingFree
	for bits := range f.Blocks {
		l = min(l, bits)
	}
	return l
}

func largestOf(pools []string, largest map[string]int) int {
	l := nothingFree
	for _, name := range pools {
		if bits, ok := largest[name]; ok {
			l = min(l, bits)
		}
	}
	return l
}
