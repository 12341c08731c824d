package sim

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestLongLists compares the indexed search of filters and routes with trying
// everything, on lists as long as those of large estates, and on each axis.
func TestLongLists(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	used := map[axis]int{}
	for range 300 {
		m := &maker{chance: r, nodes: 3}
		rules := make([]Rule, 1+r.IntN(200))
		routes := make([]Route, len(rules))
		list := make([]match, len(rules))
		labels := r.IntN(2) * 100
		for i := range rules {
			rules[i] = Rule{Match: m.match(), Ref: m.mark()}
			if labels > 0 {
				rules[i].Match.Label = Label(r.IntN(labels))
			}
			list[i] = matchOf(rules[i].Match)
			routes[i] = Route{Dst: m.prefix(), Src: m.maybePrefix(), Rank: r.IntN(3), Pinned: r.IntN(50) == 0, Yielding: m.yes(30),
				Opening: m.yes(20), Label: Label(r.IntN(4)), Next: to(0), Ref: m.mark()}
		}
		searched, table := newMatches(list), newRouteTable(routes)
		if searched.set != nil {
			used[searched.axis]++
		}
		for range 50 {
			p := m.packet()
			p.Label = Label(r.IntN(labels + 4))
			x, _ := tupleOf(p)
			want := -1
			for i := range rules {
				if fits(rules[i].Match, p) {
					want = i
					break
				}
			}
			if got := searched.first(&x, 0); got != want {
				t.Fatalf("%v of %d rules: found %d, want %d", p, len(rules), got, want)
			}
			for _, opening := range []bool{true, false} {
				got := table.best(&x, opening)
				want, _ := (&naive{}).choose(routes, p, opening)
				if (got == nil) != (want == nil) || got != nil && got.ref != want.Ref {
					t.Fatalf("%v of %d routes, opening %v: got %+v, want %+v", p, len(routes), opening, got, want)
				}
			}
		}
	}
	for a := range axes {
		if used[a] == 0 {
			t.Errorf("axis %d was never the best: %v", a, used)
		}
	}
}

// TestSmallestBlock compares the nested blocks with trying all, for every
// number of a small space and its borders.
func TestSmallestBlock(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 200 {
		var list []block
		for range r.IntN(20) {
			mask := ^uint32(0) << r.IntN(8)
			if r.IntN(20) == 0 {
				mask = 0
			}
			list = append(list, block{net: r.Uint32N(128) & mask, mask: mask})
		}
		set := newBlocks(slices.Clone(list))
		for n := uint32(0); n < 130; n++ {
			var want *block
			for i := range list {
				if list[i].contains(n) && (want == nil || list[i].mask > want.mask) {
					want = &list[i]
				}
			}
			got := set.smallest(n)
			if (got < 0) != (want == nil) || got >= 0 && (set[got].net != want.net || set[got].mask != want.mask) {
				t.Fatalf("smallest of %v around %d is at %d, want %v", set, n, got, want)
			}
		}
	}
}
