package cidr_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"egressplan/cidr"
)

// fewestEntries tries every layout of the groups' sizes in 32 addresses, by
// brute force, and returns the fewest entries that the groups can be summarised
// to together; -1 if nothing fits.
func fewestEntries(free uint32, sizes []int, group []int) int {
	best := -1
	placed := make([]netip.Prefix, len(sizes))
	var try func(i int, free uint32)
	try = func(i int, free uint32) {
		if i == len(sizes) {
			if n := entries(placed, group); best < 0 || n < best {
				best = n
			}
			return
		}
		n := sizes[i]
		mask := uint32(1)<<n - 1
		if n == 32 {
			mask = ^uint32(0)
		}
		from := 0
		if i > 0 && sizes[i-1] == n && group[i-1] == group[i] { // equal ones in rising places
			from = int(placed[i-1].Addr().As4()[3]) + n
		}
		for at := (from + n - 1) / n * n; at < 32; at += n {
			if free>>at&mask == mask {
				bits := 32
				for 1<<(32-bits) < n {
					bits--
				}
				placed[i] = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(at)}), bits)
				try(i+1, free&^(mask<<at))
			}
		}
	}
	try(0, free)
	return best
}

// entries counts the blocks of each group after summarising.
func entries(placed []netip.Prefix, group []int) int {
	of := map[int][]netip.Prefix{}
	for i, p := range placed {
		of[group[i]] = append(of[group[i]], p)
	}
	n := 0
	for _, list := range of {
		n += len(cidr.Merge(list))
	}
	return n
}

// Against exhaustive search on pools of 32 addresses with holes: whether
// everything fits is always the same, and the entries on the firewall after
// summarising are at most one more than they could be.
func TestGoalsAgainstExhaustiveSearch(t *testing.T) {
	gaps := map[int]int{}
	rapid.Check(t, func(t *rapid.T) {
		free := ^uint32(0)
		req := cidr.Request{Pools: []cidr.Pool{pool("p", "10.0.0.0/27", 0)}}
		for range rapid.IntRange(0, 3).Draw(t, "holes") {
			at := rapid.IntRange(0, 15).Draw(t, "hole") * 2
			free &^= 3 << at
			req.Used = append(req.Used, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(at)}), 31))
		}
		type demand struct{ size, group int }
		var ds []demand
		for range rapid.IntRange(1, 5).Draw(t, "demands") {
			ds = append(ds, demand{rapid.SampledFrom([]int{2, 4, 4, 8, 16}).Draw(t, "size"), rapid.IntRange(0, 2).Draw(t, "group")})
		}
		slices.SortFunc(ds, func(a, b demand) int {
			if a.group != b.group {
				return a.group - b.group
			}
			return b.size - a.size
		})
		var sizes, group []int
		for i, d := range ds {
			bits := 32
			for 1<<(32-bits) < d.size {
				bits--
			}
			sizes, group = append(sizes, d.size), append(group, d.group)
			req.Demands = append(req.Demands, cidr.Demand{Key: fmt.Sprint(i), Bits: bits, Pools: []string{"p"}, Group: fmt.Sprint("g", d.group)})
		}
		best := fewestEntries(free, sizes, group)
		r := cidr.Allocate(req)
		if (len(r.Unmet) == 0) != (best >= 0) {
			t.Fatalf("all met: %v, the best layout has %d entries: %+v", len(r.Unmet) == 0, best, req)
		}
		if best < 0 {
			gaps[-1]++
			return
		}
		placed := make([]netip.Prefix, len(ds))
		for _, b := range r.Blocks {
			var i int
			fmt.Sscan(b.Key, &i)
			placed[i] = b.Block
		}
		gap := entries(placed, group) - best
		gaps[gap]++
		if gap > 1 {
			t.Fatalf("%d entries, %d would do: %v of %+v used %v", best+gap, best, placed, ds, req.Used)
		}
	})
	t.Logf("gap to the optimum: %v (-1: does not fit)", gaps)
	if gaps[-1] == 0 || gaps[0] == 0 {
		t.Errorf("one side was never tried: %v", gaps)
	}
}
