package cidr_test

import (
	"fmt"
	"math/bits"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"egressplan/cidr"
)

// packs tries every aligned place of every block, by brute force: free is one
// bit an address of 10.0.0.0/26. Sizes fall; equal ones take rising places.
func packs(free uint64, sizes []int, from int) bool {
	if len(sizes) == 0 {
		return true
	}
	n := sizes[0]
	mask := uint64(1)<<n - 1
	if n == 64 {
		mask = ^uint64(0)
	}
	for at := from; at < 64; at += n {
		if free>>at&mask != mask {
			continue
		}
		next := 0
		if len(sizes) > 1 && sizes[1] == n {
			next = at + n
		}
		if packs(free&^(mask<<at), sizes[1:], next) {
			return true
		}
	}
	return false
}

// TestAllocateMeetsAllThatCanBeMet: in one pool that keeps nothing free,
// largest first and best fit find a packing whenever there is one, grouped or
// not.
func TestAllocateMeetsAllThatCanBeMet(t *testing.T) {
	var can, cannot int
	rapid.Check(t, func(t *rapid.T) {
		blocks := parse(rapid.SampledFrom([]string{"10.0.0.0/26", "10.0.0.0/27", "10.0.0.16/28 10.0.0.32/27", "10.0.0.0/29 10.0.0.24/29 10.0.0.32/28"}).Draw(t, "pool"))
		used := rapid.SliceOfN(smallPrefix(32), 0, 5).Filter(noneWider(29)).Draw(t, "used")
		in, out := mapOf(blocks), mapOf(used)
		var free uint64
		for i := range 64 {
			if in[i] && !out[i] {
				free |= 1 << i
			}
		}
		req := cidr.Request{Pools: []cidr.Pool{{Name: "p", Blocks: blocks}}, Used: used}
		var sizes []int
		for i := range rapid.IntRange(1, 12).Draw(t, "demands") {
			bits := rapid.IntRange(27, 32).Draw(t, "bits")
			sizes = append(sizes, 1<<(32-bits))
			group := rapid.SampledFrom([]string{"", "g", "h"}).Draw(t, "group")
			req.Demands = append(req.Demands, cidr.Demand{Key: fmt.Sprint(i), Bits: bits, Pools: []string{"p"}, Group: group})
		}
		slices.SortFunc(sizes, func(a, b int) int { return b - a })
		want := packs(free, sizes, 0)
		if got := len(cidr.Allocate(req).Unmet) == 0; got != want {
			t.Fatalf("all met: %v, a packing exists: %v", got, want)
		}
		if want {
			can++
		} else {
			cannot++
		}
	})
	if can == 0 || cannot == 0 {
		t.Errorf("%d that fit and %d that do not: one side was never tried", can, cannot)
	}
}

// matched counts how many demands of one size can be met at most: each takes
// one of the places its pools have left, tried in every way.
func matched(places []int, pools [][]int) int {
	if len(pools) == 0 {
		return 0
	}
	best := matched(places, pools[1:]) // without the first
	for _, p := range pools[0] {
		if places[p] > 0 {
			places[p]--
			best = max(best, 1+matched(places, pools[1:]))
			places[p]++
		}
	}
	return best
}

// TestAllocateBetweenPools: for demands of one size, choosing between pools
// loses none, and neither do groups.
func TestAllocateBetweenPools(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"p", "q", "r"}
		req := cidr.Request{}
		places := make([]int, 3)
		for i, n := range names {
			bits := rapid.IntRange(26, 28).Draw(t, "pool")
			keep := rapid.SampledFrom([]int{0, 250, 500}).Draw(t, "keep")
			places[i] = 1 << (28 - bits) * (1000 - keep) / 1000
			block := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i), 0, 0}), bits)
			req.Pools = append(req.Pools, cidr.Pool{Name: n, Blocks: []netip.Prefix{block}, KeepFreePerMille: keep})
		}
		var pools [][]int
		for i := range rapid.IntRange(1, 9).Draw(t, "demands") {
			from := rapid.Permutation([]int{0, 1, 2}).Draw(t, "from")[:rapid.IntRange(1, 3).Draw(t, "choices")]
			d := cidr.Demand{Key: fmt.Sprint(i), Bits: 28, Group: rapid.SampledFrom([]string{"", "g"}).Draw(t, "group")}
			for _, p := range from {
				d.Pools = append(d.Pools, names[p])
			}
			req.Demands = append(req.Demands, d)
			pools = append(pools, from)
		}
		if got, want := len(cidr.Allocate(req).Blocks), matched(places, pools); got != want {
			t.Fatalf("%d met, %d could be", got, want)
		}
	})
}

// shelf is one pool of 16 addresses, one bit each, and how many may be taken.
type shelf struct {
	free   uint16
	budget int
}

// packsAll tries every place in every pool of every block, by brute force. Sizes
// fall in no order here: nothing is assumed of one.
func packsAll(shelves []shelf, sizes []int, pools [][]int) bool {
	if len(sizes) == 0 {
		return true
	}
	n := sizes[0]
	mask := uint16(1<<n - 1)
	for _, p := range pools[0] {
		s := &shelves[p]
		if s.budget < n {
			continue
		}
		for at := 0; at < 16; at += n {
			if s.free>>at&mask != mask {
				continue
			}
			was := *s
			s.free, s.budget = s.free&^(mask<<at), s.budget-n
			ok := packsAll(shelves, sizes[1:], pools[1:])
			*s = was
			if ok {
				return true
			}
		}
	}
	return false
}

// TestAllocateBetweenPoolsOfAllSizes: with sizes of all kinds, several pools,
// reserved space in them and shares kept free, what is said not to fit does not,
// and the search never gives up on cases as small as these.
func TestAllocateBetweenPoolsOfAllSizes(t *testing.T) {
	var can, cannot int
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"p", "q", "r"}[:rapid.IntRange(2, 3).Draw(t, "pools")]
		req := cidr.Request{}
		var shelves []shelf
		for i, n := range names {
			keep := rapid.SampledFrom([]int{0, 0, 125, 250, 500}).Draw(t, "keep")
			s := shelf{free: ^uint16(0)}
			for range rapid.IntRange(0, 3).Draw(t, "reserved") {
				at := rapid.IntRange(0, 15).Draw(t, "at")
				s.free &^= 1 << at
				req.Used = append(req.Used, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i), 0, byte(at)}), 32))
			}
			s.budget = bits.OnesCount16(s.free) - (16*keep+999)/1000
			shelves = append(shelves, s)
			req.Pools = append(req.Pools, cidr.Pool{Name: n, Blocks: []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i), 0, 0}), 28)}, KeepFreePerMille: keep})
		}
		var sizes []int
		var pools [][]int
		for i := range rapid.IntRange(2, 8).Draw(t, "demands") {
			length := rapid.IntRange(29, 32).Draw(t, "length")
			order := make([]int, len(names))
			for k := range order {
				order[k] = k
			}
			from := rapid.Permutation(order).Draw(t, "from")[:rapid.IntRange(1, len(names)).Draw(t, "choices")]
			d := cidr.Demand{Key: fmt.Sprint(i), Bits: length, Group: rapid.SampledFrom([]string{"", "g", "h"}).Draw(t, "group"), Grows: rapid.Bool().Draw(t, "grows")}
			for _, p := range from {
				d.Pools = append(d.Pools, names[p])
			}
			req.Demands = append(req.Demands, d)
			sizes, pools = append(sizes, 1<<(32-length)), append(pools, from)
		}
		r := cidr.Allocate(req)
		want := packsAll(shelves, sizes, pools)
		if got := len(r.Unmet) == 0; got != want || r.Undecided {
			t.Fatalf("all met: %v (undecided %v), a packing exists: %v: %s", got, r.Undecided, want, describe(r))
		}
		if want {
			can++
		} else {
			cannot++
		}
	})
	if can == 0 || cannot == 0 {
		t.Errorf("%d that fit and %d that do not: one side was never tried", can, cannot)
	}
}
