package cidr_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"egressplan/cidr"
)

// drawRequest is up to three pools made of the /28s of 10.0.0.0/24, so crowded
// that often not everything fits, with used and fixed blocks anywhere in it.
func drawRequest(t *rapid.T) cidr.Request {
	names := []string{"p", "q", "r"}[:rapid.IntRange(1, 3).Draw(t, "pools")]
	req := cidr.Request{Used: rapid.SliceOfN(smallPrefix(32), 0, 4).Filter(noneWider(26)).Draw(t, "used")}
	for _, n := range names {
		req.Pools = append(req.Pools, cidr.Pool{Name: n, KeepFreePerMille: rapid.SampledFrom([]int{0, 0, 1, 150, 500, 1000}).Draw(t, "keep")})
	}
	for i := range 16 {
		if p := rapid.IntRange(0, len(names)).Draw(t, "owner"); p < len(names) {
			b := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(16 * i)}), 28)
			req.Pools[p].Blocks = append(req.Pools[p].Blocks, b)
		}
	}
	for i := range rapid.IntRange(0, 14).Draw(t, "demands") {
		req.Demands = append(req.Demands, cidr.Demand{
			Key:   fmt.Sprintf("d%02d", i),
			Bits:  rapid.IntRange(25, 32).Draw(t, "bits"),
			Pools: rapid.SliceOfN(rapid.SampledFrom([]string{"p", "q", "r", "unknown"}), 0, 3).Draw(t, "from"),
			Group: rapid.SampledFrom([]string{"", "g", "h"}).Draw(t, "group"),
		})
	}
	for range rapid.IntRange(0, 4).Draw(t, "fixed") {
		key := fmt.Sprintf("d%02d", rapid.IntRange(0, 18).Draw(t, "key"))
		req.Fixed = append(req.Fixed, cidr.Fixed{Key: key, Block: smallPrefix(32).Filter(func(p netip.Prefix) bool { return p.Bits() >= 26 }).Draw(t, "block")})
	}
	return req
}

func noneWider(bits int) func([]netip.Prefix) bool {
	return func(ps []netip.Prefix) bool {
		return !slices.ContainsFunc(ps, func(p netip.Prefix) bool { return p.Bits() < bits })
	}
}

func TestAllocateRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		req := drawRequest(t)
		r := cidr.Allocate(req)
		checkAnswers(t, req, r)
		checkPlaces(t, req, r)
		checkSpace(t, req, r)
	})
}

// checkAnswers: every demand is in Blocks or in Unmet, with its own length,
// in order; every fixed block is in Blocks or in Held.
func checkAnswers(t *rapid.T, req cidr.Request, r cidr.Result) {
	bits, answered := map[string]int{}, map[string]bool{}
	for _, d := range req.Demands {
		bits[d.Key] = d.Bits
	}
	stays := slices.Clone(r.Held)
	for i, b := range r.Blocks {
		if answered[b.Key] || b.Block.Bits() != bits[b.Key] || b.Block != b.Block.Masked() {
			t.Fatalf("block %v: twice, or not a /%d", b, bits[b.Key])
		}
		if i > 0 && r.Blocks[i-1].Key >= b.Key {
			t.Fatalf("blocks not by key: %v", r.Blocks)
		}
		answered[b.Key] = true
		if b.Fixed {
			stays = append(stays, cidr.Fixed{Key: b.Key, Block: b.Block})
		}
	}
	for _, u := range r.Unmet {
		if answered[u.Demand.Key] {
			t.Fatalf("%s both met and unmet", u.Demand.Key)
		}
		answered[u.Demand.Key] = true
	}
	if len(answered) != len(req.Demands) {
		t.Fatalf("%d demands, %d answers", len(req.Demands), len(answered))
	}
	asked := make([]cidr.Fixed, len(req.Fixed))
	for i, f := range req.Fixed {
		asked[i] = cidr.Fixed{Key: f.Key, Block: f.Block.Masked()}
	}
	order := func(a, b cidr.Fixed) int {
		if a.Key != b.Key {
			return map[bool]int{true: -1, false: 1}[a.Key < b.Key]
		}
		return a.Block.Compare(b.Block)
	}
	slices.SortFunc(asked, order)
	slices.SortFunc(stays, order)
	if diff := cmp.Diff(asked, stays, comparePrefixes); diff != "" {
		t.Fatalf("fixed blocks did not stay: %s", diff)
	}
	for _, h := range r.Held {
		for _, u := range r.Unmet {
			if u.Demand.Key == h.Key && u.Demand.Bits == h.Block.Bits() {
				t.Fatalf("%s is unmet although %s is fixed for it", h.Key, h.Block)
			}
		}
	}
}

// checkPlaces: a new block lies in a pool its demand names, and overlaps
// nothing.
func checkPlaces(t *rapid.T, req cidr.Request, r cidr.Result) {
	taken := slices.Clone(req.Used)
	for _, f := range req.Fixed {
		taken = append(taken, f.Block)
	}
	for _, b := range r.Blocks {
		if b.Fixed {
			continue
		}
		for _, p := range taken {
			if p.Overlaps(b.Block) {
				t.Fatalf("%v overlaps %s", b, p)
			}
		}
		taken = append(taken, b.Block)
		d := slices.IndexFunc(req.Demands, func(d cidr.Demand) bool { return d.Key == b.Key })
		if !slices.Contains(req.Demands[d].Pools, b.Pool) {
			t.Fatalf("%v comes from a pool that is not one of %v", b, req.Demands[d].Pools)
		}
		p := slices.IndexFunc(req.Pools, func(p cidr.Pool) bool { return p.Name == b.Pool })
		in, out := mapOf(req.Pools[p].Blocks), mapOf([]netip.Prefix{b.Block})
		for i := range out {
			if out[i] && !in[i] {
				t.Fatalf("%v sticks out of %v", b, req.Pools[p].Blocks)
			}
		}
	}
}

// checkSpace: of every pool, free is what is neither used nor fixed nor given,
// in the fewest blocks; new blocks leave what is kept free; and the reasons
// for what is unmet hold.
func checkSpace(t *rapid.T, req cidr.Request, r cidr.Result) {
	gone := slices.Clone(req.Used)
	for _, f := range req.Fixed {
		gone = append(gone, f.Block)
	}
	given := map[string]int{}
	for _, b := range r.Blocks {
		gone = append(gone, b.Block)
		if !b.Fixed {
			given[b.Pool]++
		}
	}
	occupied := mapOf(gone)
	largest, spare := map[string]int{}, map[string]int{}
	for i, p := range req.Pools {
		left := mapOf(p.Blocks)
		total, free := 0, 0
		for a := range left {
			if left[a] {
				total++
			}
			left[a] = left[a] && !occupied[a]
			if left[a] {
				free++
			}
		}
		want := cidr.Free{Pool: p.Name, Addresses: uint64(free), Blocks: map[int]int{}, Prefixes: left.prefixes(24)}
		largest[p.Name] = 33
		for _, b := range want.Prefixes {
			want.Blocks[b.Bits()]++
			largest[p.Name] = min(largest[p.Name], b.Bits())
		}
		if diff := cmp.Diff(want, r.Free[i], comparePrefixes); diff != "" {
			t.Fatalf("free: %s", diff)
		}
		spare[p.Name] = 1000*free - p.KeepFreePerMille*total
		if given[p.Name] > 0 && spare[p.Name] < 0 {
			t.Fatalf("pool %s: %d of %d free, less than %d per mille", p.Name, free, total, p.KeepFreePerMille)
		}
	}
	for _, u := range r.Unmet {
		known, best := false, 33
		for _, name := range u.Demand.Pools {
			l, ok := largest[name]
			known, best = known || ok, min(best, map[bool]int{true: l, false: 33}[ok])
			if ok && l <= u.Demand.Bits && spare[name] >= 1000<<(32-u.Demand.Bits) {
				t.Fatalf("%v is unmet, though %s has a /%d and can spare it", u, name, l)
			}
		}
		if known != (u.Reason != cidr.NoPool) || u.Largest != best {
			t.Fatalf("%v: known pool %v, largest /%d", u, known, best)
		}
		if u.Reason == cidr.NoSpace && best <= u.Demand.Bits {
			t.Fatalf("%v: there is a /%d", u, best)
		}
	}
}

// TestAllocateForgetsOrder: the order of pools, their blocks, used and fixed
// blocks and demands changes nothing.
func TestAllocateForgetsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		req := drawRequest(t)
		want := cidr.Allocate(req)
		mixed := cidr.Request{
			Used:    rapid.Permutation(req.Used).Draw(t, "used order"),
			Fixed:   rapid.Permutation(req.Fixed).Draw(t, "fixed order"),
			Demands: rapid.Permutation(req.Demands).Draw(t, "demand order"),
		}
		for _, p := range rapid.Permutation(req.Pools).Draw(t, "pool order") {
			p.Blocks = rapid.Permutation(p.Blocks).Draw(t, "block order")
			mixed.Pools = append(mixed.Pools, p)
		}
		if diff := cmp.Diff(want, cidr.Allocate(mixed), comparePrefixes); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestAllocateIsStable: with the answer fixed, the same question has the same
// answer.
func TestAllocateIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		req := drawRequest(t)
		first := cidr.Allocate(req)
		again := req
		again.Fixed = slices.Clone(first.Held)
		for _, b := range first.Blocks {
			again.Fixed = append(again.Fixed, cidr.Fixed{Key: b.Key, Block: b.Block})
		}
		second := cidr.Allocate(again)
		for i := range second.Blocks {
			if !second.Blocks[i].Fixed {
				t.Fatalf("%v is new in the second run", second.Blocks[i])
			}
			if second.Blocks[i].Block != first.Blocks[i].Block {
				t.Fatalf("%v moved to %v", first.Blocks[i], second.Blocks[i])
			}
		}
		if len(second.Unmet) != len(first.Unmet) {
			t.Fatalf("unmet before %v, now %v", first.Unmet, second.Unmet)
		}
	})
}

// TestGroupsNeverCost: in one pool, groups decide which of several demands of
// one length goes without, but never that one more does.
func TestGroupsNeverCost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		req := drawRequest(t)
		req.Pools = req.Pools[:1]
		apart := req
		apart.Demands = slices.Clone(req.Demands)
		for i := range apart.Demands {
			apart.Demands[i].Group = ""
		}
		spare := map[int]int{}
		for _, u := range cidr.Allocate(apart).Unmet {
			spare[u.Demand.Bits]++
		}
		for _, u := range cidr.Allocate(req).Unmet {
			if spare[u.Demand.Bits]--; spare[u.Demand.Bits] < 0 {
				t.Fatalf("%v fails only because of a group", u)
			}
		}
	})
}

// TestGroupsLieTogether: where one free block has room for all the parents,
// every group lies in a parent no wider than its sizes need.
func TestGroupsLieTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := map[string]int{}
		var ds []cidr.Demand
		for i := range rapid.IntRange(1, 30).Draw(t, "demands") {
			d := cidr.Demand{Key: fmt.Sprint("d", i), Bits: rapid.IntRange(24, 28).Draw(t, "bits"), Pools: []string{"p"}}
			d.Group = fmt.Sprint("g", rapid.IntRange(0, 5).Draw(t, "group"))
			sizes[d.Group] += 1 << (32 - d.Bits)
			ds = append(ds, d)
		}
		// At most 30 /24s; six parents at most double that: a /18 has 64.
		r := cidr.Allocate(cidr.Request{Pools: []cidr.Pool{pool("p", "10.0.0.0/18", 0)}, Demands: ds})
		blocks := map[string][]netip.Prefix{}
		for _, b := range r.Blocks {
			i := slices.IndexFunc(ds, func(d cidr.Demand) bool { return d.Key == b.Key })
			blocks[ds[i].Group] = append(blocks[ds[i].Group], b.Block)
		}
		for g, bs := range blocks {
			if size := 1 << (32 - cidr.Cover(bs).Bits()); size >= 2*sizes[g] && size > 16 {
				t.Fatalf("group %s of %d addresses spreads over %d: %v", g, sizes[g], size, bs)
			}
		}
	})
}
