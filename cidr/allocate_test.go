package cidr_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"egressplan/cidr"
)

// demands reads "key/bits[@group] ..."; all may come from the pools named.
func demands(s string, pools ...string) []cidr.Demand {
	var out []cidr.Demand
	for f := range strings.FieldsSeq(s) {
		f, group, _ := strings.Cut(f, "@")
		d := cidr.Demand{Group: group, Pools: pools}
		key, _, _ := strings.Cut(f, "/")
		d.Key = key
		if _, err := fmt.Sscanf(f[len(key):], "/%d", &d.Bits); err != nil {
			panic(err)
		}
		out = append(out, d)
	}
	return out
}

func pool(name, blocks string, keepFree int) cidr.Pool {
	return cidr.Pool{Name: name, Blocks: parse(blocks), KeepFreePerMille: keepFree}
}

func fixed(key, block string) cidr.Fixed {
	return cidr.Fixed{Key: key, Block: netip.MustParsePrefix(block)}
}

// describe is a result as "key=block" of those met and "key!reason/largest" of
// those not.
func describe(r cidr.Result) string {
	var out []string
	for _, b := range r.Blocks {
		s := b.Key + "=" + b.Block.String()
		if b.Fixed {
			s += "(fixed)"
		}
		out = append(out, s)
	}
	for _, u := range r.Unmet {
		out = append(out, fmt.Sprintf("%s!%s/%d", u.Demand.Key, u.Reason, u.Largest))
	}
	for _, h := range r.Held {
		out = append(out, "held:"+h.Key+"="+h.Block.String())
	}
	return strings.Join(out, " ")
}

type allocateCase struct {
	name string
	req  cidr.Request
	want string // as describe writes it
}

func (tt allocateCase) run(t *testing.T) {
	if diff := cmp.Diff(tt.want, describe(cidr.Allocate(tt.req))); diff != "" {
		t.Error(diff)
	}
}

func one(blocks string) []cidr.Pool { return []cidr.Pool{pool("p", blocks, 0)} }

func TestAllocatePlaces(t *testing.T) {
	for _, tt := range []allocateCase{{
		name: "largest first, so that sizes given in rising order still fit",
		req:  cidr.Request{Pools: one("10.0.0.0/24"), Demands: demands("a/27 b/26 c/27 d/25", "p")},
		want: "a=10.0.0.192/27 b=10.0.0.128/26 c=10.0.0.224/27 d=10.0.0.0/25",
	}, {
		name: "from the smallest free block that fits, so that the /24 stays whole",
		req:  cidr.Request{Pools: one("10.0.0.0/24 10.0.9.0/26 10.0.8.0/27"), Demands: demands("a/26 b/28", "p")},
		want: "a=10.0.9.0/26 b=10.0.8.0/28",
	}, {
		name: "a /32 for an egress IP",
		req:  cidr.Request{Pools: one("10.0.0.0/30"), Used: parse("10.0.0.0/32 10.0.0.3/32"), Demands: demands("a/32 b/32 c/32", "p")},
		want: "a=10.0.0.1/32 b=10.0.0.2/32 c!no-space/33",
	}, {
		name: "half a /24 is free, but in two halves",
		req:  cidr.Request{Pools: one("10.0.0.0/24"), Used: parse("10.0.0.0/26 10.0.0.192/26"), Demands: demands("a/25 b/26", "p")},
		want: "b=10.0.0.64/26 a!no-space/26",
	}, {
		name: "fixed blocks stay, whoever sorts before them",
		req: cidr.Request{Pools: one("10.0.0.0/24"), Demands: demands("a/26 b/26 c/26", "p"),
			Fixed: []cidr.Fixed{fixed("b", "10.0.0.0/26"), fixed("c", "10.9.0.0/26")}},
		want: "a=10.0.0.64/26 b=10.0.0.0/26(fixed) c=10.9.0.0/26(fixed)",
	}, {
		name: "a fixed block of another length is not released, nor one nobody wants",
		req: cidr.Request{Pools: one("10.0.0.0/24"), Demands: demands("a/25", "p"),
			Fixed: []cidr.Fixed{fixed("a", "10.0.0.0/26"), fixed("gone", "10.0.0.64/26")}},
		want: "a=10.0.0.128/25 held:a=10.0.0.0/26 held:gone=10.0.0.64/26",
	}} {
		t.Run(tt.name, tt.run)
	}
}

func TestAllocatePools(t *testing.T) {
	for _, tt := range []allocateCase{{
		name: "used space wider than the pool",
		req:  cidr.Request{Pools: one("10.0.0.0/24"), Used: parse("10.0.0.0/8"), Demands: demands("a/32", "p")},
		want: "a!no-space/33",
	}, {
		name: "no pool of that name, no pool at all, no such length",
		req:  cidr.Request{Pools: one("10.0.0.0/24"), Demands: slices.Concat(demands("a/26", "q"), demands("b/26"), demands("c/33 d/26", "q", "p"))},
		want: "d=10.0.0.0/26 a!no-pool/33 b!no-pool/33 c!no-space/25",
	}, {
		// 256 addresses, a tenth rounded up is 26 kept free; 16 are used:
		// 256 - 16 - 26 = 214, and 13 /28s are 208.
		name: "what is kept free is kept free of used space too",
		req: cidr.Request{Pools: []cidr.Pool{pool("p", "10.0.0.0/24", 100)}, Used: parse("10.0.0.0/28"),
			Demands: demands("a/26 b/26 c/27 d/27 e/28 f/28", "p")},
		want: "a=10.0.0.64/26 b=10.0.0.128/26 c=10.0.0.32/27 d=10.0.0.192/27 e=10.0.0.16/28 f!keep-free/27",
	}, {
		name: "fixed blocks may eat into what is kept free, new ones may not",
		req: cidr.Request{Pools: []cidr.Pool{pool("p", "10.0.0.0/24", 900)}, Demands: demands("a/25 b/32", "p"),
			Fixed: []cidr.Fixed{fixed("a", "10.0.0.0/25")}},
		want: "a=10.0.0.0/25(fixed) b!keep-free/25",
	}, {
		name: "the preferred pool first, the other when it is full",
		req: cidr.Request{Pools: []cidr.Pool{pool("a", "10.0.0.0/25", 0), pool("b", "10.1.0.0/24", 0)},
			Demands: demands("v/26 w/26 x/26 y/26 z/26", "b", "a")},
		want: "v=10.1.0.0/26 w=10.1.0.64/26 x=10.1.0.128/26 y=10.1.0.192/26 z=10.0.0.0/26",
	}, {
		name: "a demand leaves its preferred pool to one that has no other",
		req: cidr.Request{Pools: []cidr.Pool{pool("p", "10.0.0.0/26", 0), pool("q", "10.1.0.0/26", 0)},
			Demands: slices.Concat(demands("a/26", "p", "q"), demands("b/26", "p"))},
		want: "a=10.1.0.0/26 b=10.0.0.0/26",
	}, {
		name: "a larger one leaves too",
		req: cidr.Request{Pools: []cidr.Pool{pool("p", "10.0.0.0/26", 0), pool("q", "10.1.0.0/26", 0)},
			Demands: slices.Concat(demands("a/26", "p", "q"), demands("b/28 c/28", "p"))},
		want: "a=10.1.0.0/26 b=10.0.0.0/28 c=10.0.0.16/28",
	}} {
		t.Run(tt.name, tt.run)
	}
}

func TestAllocateGroups(t *testing.T) {
	for _, tt := range []allocateCase{{
		name: "groups lie in a parent each: three /26 and three /26 make two /24",
		req:  cidr.Request{Pools: one("10.0.0.0/23"), Demands: demands("a1/26@x b1/26@y a2/26@x b2/26@y a3/26@x b3/26@y", "p")},
		want: "a1=10.0.0.0/26 a2=10.0.0.64/26 a3=10.0.0.128/26 b1=10.0.1.0/26 b2=10.0.1.64/26 b3=10.0.1.128/26",
	}, {
		name: "a group that has no parent block is split where its halves fit",
		req:  cidr.Request{Pools: one("10.0.0.0/25 10.0.8.0/25"), Demands: demands("a1/26@x a2/26@x a3/26@x s/26", "p")},
		want: "a1=10.0.0.0/26 a2=10.0.0.64/26 a3=10.0.8.64/26 s=10.0.8.0/26",
	}, {
		// Together the group takes five eighths of the only /25, and the /26
		// fits nowhere. Four of them go where the /26 leaves room, one into a hole.
		name: "grouping never makes a demand fail",
		req: cidr.Request{Pools: one("10.0.0.0/25 10.0.8.0/28 10.0.8.32/28 10.0.8.64/28 10.0.8.96/28"),
			Demands: demands("g1/28@g g2/28@g g3/28@g g4/28@g g5/28@g s/26", "p")},
		want: "g1=10.0.0.64/28 g2=10.0.0.80/28 g3=10.0.0.96/28 g4=10.0.0.112/28 g5=10.0.8.0/28 s=10.0.0.0/26",
	}, {
		// The group lies in p when s comes, and none of its members is large
		// enough to make room for s: the group must be broken up.
		name: "a small block that moves makes no room for a large one",
		req: cidr.Request{Pools: []cidr.Pool{pool("p", "10.0.0.0/26", 0), pool("q", "10.1.0.0/27", 0)},
			Demands: slices.Concat(demands("g1/28@g g2/28@g g3/28@g g4/28@g", "p", "q"), demands("s/27", "p"))},
		want: "g1=10.0.0.32/28 g2=10.0.0.48/28 g3=10.1.0.0/28 g4=10.1.0.16/28 s=10.0.0.0/27",
	}, {
		// Apart, the group would fill the holes.
		name: "what fits in no way breaks up no group",
		req: cidr.Request{Pools: one("10.0.0.0/25 10.0.8.0/28 10.0.8.32/28 10.0.8.64/28 10.0.8.96/28"),
			Demands: demands("g1/28@g g2/28@g g3/28@g g4/28@g s/20", "p")},
		want: "g1=10.0.0.0/28 g2=10.0.0.16/28 g3=10.0.0.32/28 g4=10.0.0.48/28 s!no-space/26",
	}, {
		name: "all there is",
		req:  cidr.Request{Pools: one("0.0.0.0/0"), Demands: demands("a/1@g b/2@g c/2@g", "p")},
		want: "a=0.0.0.0/1 b=128.0.0.0/2 c=192.0.0.0/2",
	}, {
		name: "a group larger than all there is",
		req:  cidr.Request{Pools: one("0.0.0.0/0"), Demands: demands("a/1@g b/1@g c/1@g", "p")},
		want: "a=0.0.0.0/1 b=128.0.0.0/1 c!no-space/33",
	}, {
		name: "a group grows beside its fixed blocks",
		req: cidr.Request{Pools: one("10.0.0.0/22"), Demands: demands("a1/26@x a2/26@x a3/26@x b1/26", "p"),
			Fixed: []cidr.Fixed{fixed("a1", "10.0.2.0/26"), fixed("a2", "10.0.2.128/26")}},
		want: "a1=10.0.2.0/26(fixed) a2=10.0.2.128/26(fixed) a3=10.0.2.64/26 b1=10.0.2.192/26",
	}, {
		name: "fixed blocks far apart attract nothing",
		req: cidr.Request{Pools: one("10.0.0.0/22 9.0.0.0/26"), Demands: demands("a1/26@x a2/26@x a3/26@x", "p"),
			Fixed: []cidr.Fixed{fixed("a1", "10.0.0.64/26"), fixed("a2", "10.0.3.0/26")}},
		want: "a1=10.0.0.64/26(fixed) a2=10.0.3.0/26(fixed) a3=9.0.0.0/26",
	}} {
		t.Run(tt.name, tt.run)
	}
}

// Where two groups are in the way, they are broken up and the third is not.
// In each pool the group of five needs a /25, of which there is one, and then
// one of the two /26 fits nowhere; apart, its members fill the holes. All of p
// is needed: 2x64 + 5x16 + 3x16 = 256 = 128 + 64 + 4x16.
func TestOnlyGroupsInTheWayAreBrokenUp(t *testing.T) {
	r := cidr.Allocate(cidr.Request{
		Pools: []cidr.Pool{
			pool("p", "10.0.0.0/25 10.0.4.0/26 10.0.8.0/28 10.0.8.32/28 10.0.8.64/28 10.0.8.96/28", 0),
			pool("q", "10.1.0.0/25 10.1.4.0/26 10.1.8.0/28 10.1.8.32/28 10.1.8.64/28 10.1.8.96/28", 0),
		},
		Demands: slices.Concat(
			demands("a1/28@a a2/28@a a3/28@a b1/28@b b2/28@b b3/28@b b4/28@b b5/28@b s1/26 s2/26", "p"),
			demands("c1/28@c c2/28@c c3/28@c c4/28@c c5/28@c t1/26 t2/26", "q")),
	})
	if len(r.Unmet) > 0 {
		t.Fatalf("unmet: %s", describe(r))
	}
	if a := cidr.Cover([]netip.Prefix{r.Blocks[0].Block, r.Blocks[1].Block, r.Blocks[2].Block}); a.Bits() != 26 {
		t.Errorf("group a spreads over %s: %s", a, describe(r))
	}
}

// Keys are sorted eight bytes at a time; the answer is by key as Go compares
// strings, however long, alike or odd they are.
func TestBlocksAreByKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.Custom(func(t *rapid.T) string {
			shared := rapid.SampledFrom([]string{"", "a", "app/payments/", "app/payments/ledger/eu-central-1a/"}).Draw(t, "shared")
			return shared + rapid.StringOfN(rapid.RuneFrom([]rune{0, 'a', 'b', 'é'}), 0, 20, -1).Draw(t, "rest")
		})
		keys := rapid.SliceOfNDistinct(key, 0, 60, rapid.ID[string]).Draw(t, "keys")
		req := cidr.Request{Pools: []cidr.Pool{pool("p", "10.0.0.0/24", 0)}}
		for _, k := range keys {
			req.Demands = append(req.Demands, cidr.Demand{Key: k, Bits: 32, Pools: []string{"p"}})
		}
		var got []string
		for i, b := range cidr.Allocate(req).Blocks {
			got = append(got, b.Key)
			if last := int(b.Block.Addr().As4()[3]); last != i {
				t.Fatalf("%q is number %d by key and has the address .%d", b.Key, i, last)
			}
		}
		slices.Sort(keys)
		if !slices.Equal(got, keys) {
			t.Fatalf("got %q, want %q", got, keys)
		}
	})
}

// Twenty demands of one key are twenty demands.
func TestEqualKeys(t *testing.T) {
	var ds []cidr.Demand
	for range 20 {
		ds = append(ds, demands("a/28", "p")...)
	}
	if r := cidr.Allocate(cidr.Request{Pools: []cidr.Pool{pool("p", "10.0.0.0/24", 0)}, Demands: ds}); len(r.Blocks) != 16 || len(r.Unmet) != 4 {
		t.Errorf("%d met and %d unmet of 20 /28 in a /24", len(r.Blocks), len(r.Unmet))
	}
}

func TestFree(t *testing.T) {
	// 10.0.0.0/24 less .0/28, .64/26 and .255: what is left from .16 up is a
	// /28, a /27, then from .128 a /26, a /27, and .224 up to .254 as /28, /29,
	// /30, /31, /32. 256 - 16 - 64 - 1 = 175.
	r := cidr.Allocate(cidr.Request{
		Pools:   []cidr.Pool{pool("q", "10.9.0.0/32", 0), pool("p", "10.0.0.0/24", 0)},
		Used:    parse("10.0.0.255/32"),
		Fixed:   []cidr.Fixed{fixed("f", "10.0.0.0/28")},
		Demands: demands("a/26", "p"),
	})
	if got, want := describe(r), "a=10.0.0.64/26 held:f=10.0.0.0/28"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	want := []cidr.Free{{
		Pool: "p", Addresses: 175, Blocks: map[int]int{26: 1, 27: 2, 28: 2, 29: 1, 30: 1, 31: 1, 32: 1},
		Prefixes: parse("10.0.0.16/28 10.0.0.32/27 10.0.0.128/26 10.0.0.192/27 10.0.0.224/28 10.0.0.240/29 10.0.0.248/30 10.0.0.252/31 10.0.0.254/32"),
	}, {
		Pool: "q", Addresses: 1, Blocks: map[int]int{32: 1}, Prefixes: parse("10.9.0.0/32"),
	}}
	if diff := cmp.Diff(want, r.Free, comparePrefixes); diff != "" {
		t.Error(diff)
	}
}

// The /27 moves to q to let in the /28, which then takes the single /28: both
// halves of the /26 are free again, and are one block. 80 addresses less 600
// per mille are 32 to give out.
func TestFreeAfterAMove(t *testing.T) {
	r := cidr.Allocate(cidr.Request{
		Pools:   []cidr.Pool{pool("p", "10.0.0.0/26 10.0.9.0/28", 600), pool("q", "10.1.0.0/27", 0)},
		Demands: slices.Concat(demands("a/27", "p", "q"), demands("b/28", "p")),
	})
	if got, want := describe(r), "a=10.1.0.0/27 b=10.0.9.0/28"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	if diff := cmp.Diff(parse("10.0.0.0/26"), r.Free[0].Prefixes, comparePrefixes); diff != "" {
		t.Error(diff)
	}
}

// TestPoolOfAFixedBlock: a block that sticks out of the pool is not the pool's.
func TestPoolOfAFixedBlock(t *testing.T) {
	r := cidr.Allocate(cidr.Request{
		Pools:   []cidr.Pool{pool("p", "10.0.0.0/24 10.0.2.0/24", 0), pool("q", "10.0.1.0/24", 0)},
		Demands: demands("in/25 other/25 out/25 wide/22", "p"),
		Fixed:   []cidr.Fixed{fixed("in", "10.0.2.128/25"), fixed("other", "10.0.1.0/25"), fixed("out", "10.0.3.0/25"), fixed("wide", "10.0.0.0/22")},
	})
	got := map[string]string{}
	for _, b := range r.Blocks {
		got[b.Key] = b.Pool
	}
	if diff := cmp.Diff(map[string]string{"in": "p", "other": "q", "out": "", "wide": ""}, got); diff != "" {
		t.Error(diff)
	}
}

// growing is demands that want room to grow.
func growing(list []cidr.Demand) []cidr.Demand {
	for i := range list {
		list[i].Grows = true
	}
	return list
}

func TestAllocateGrowth(t *testing.T) {
	for _, tt := range []allocateCase{{
		name: "what lies beside is given away last",
		req:  cidr.Request{Pools: one("10.0.0.0/24"), Demands: growing(demands("a/26 b/26 c/26", "p"))},
		want: "a=10.0.0.0/26 b=10.0.0.128/26 c=10.0.0.64/26",
	}, {
		name: "but before a demand goes without",
		req:  cidr.Request{Pools: one("10.0.0.0/24"), Demands: growing(demands("a/26 b/26 c/26 d/26", "p"))},
		want: "a=10.0.0.0/26 b=10.0.0.128/26 c=10.0.0.64/26 d=10.0.0.192/26",
	}, {
		name: "a hole that is no half of anything free is better than what lies beside another",
		req:  cidr.Request{Pools: one("10.0.0.0/25 10.0.9.0/26"), Demands: growing(demands("a/26 b/26", "p"))},
		want: "a=10.0.0.0/26 b=10.0.9.0/26",
	}, {
		name: "beside what the lock holds too, also for those that do not grow",
		req: cidr.Request{Pools: one("10.0.0.0/24"), Demands: slices.Concat(growing(demands("a/26", "p")), demands("b/26", "p")),
			Fixed: []cidr.Fixed{fixed("a", "10.0.0.0/26")}},
		want: "a=10.0.0.0/26(fixed) b=10.0.0.128/26",
	}, {
		name: "a group in the lock doubles into it, and is one /25",
		req: cidr.Request{Pools: one("10.0.0.0/24"), Demands: growing(demands("a1/27@x a2/27@x a3/27@x a4/27@x b/26", "p")),
			Fixed: []cidr.Fixed{fixed("a1", "10.0.0.0/27"), fixed("a2", "10.0.0.32/27")}},
		want: "a1=10.0.0.0/27(fixed) a2=10.0.0.32/27(fixed) a3=10.0.0.64/27 a4=10.0.0.96/27 b=10.0.0.128/26",
	}, {
		// Each /27 keeps the other half of its /26 free, although a hole of just the
		// size that b asks for is there.
		name: "blocks of a group that lie apart each keep what lies beside them",
		req: cidr.Request{Pools: one("10.0.0.0/26 10.0.2.0/26 10.0.4.0/26"), Demands: slices.Concat(growing(demands("a1/27@x a2/27@x", "p")), demands("b/27", "p")),
			Fixed: []cidr.Fixed{fixed("a1", "10.0.0.0/27"), fixed("a2", "10.0.2.0/27")}},
		want: "a1=10.0.0.0/27(fixed) a2=10.0.2.0/27(fixed) b=10.0.4.0/27",
	}, {
		// Together before roomy: the pool has no free /24, only two /25. The group
		// could have room beside each of its halves, but not in one block.
		name: "adjacency comes first",
		req:  cidr.Request{Pools: one("10.0.0.0/25 10.0.1.0/25"), Demands: growing(demands("a1/26@x a2/26@x", "p"))},
		want: "a1=10.0.0.0/26 a2=10.0.0.64/26",
	}, {
		// With two beside the fixed block it is a /27, a /28 and one more elsewhere;
		// all three elsewhere are a /27 and a /28, and the fixed block a third.
		name: "a part of a group goes beside its fixed blocks where that makes no more entries",
		req: cidr.Request{Pools: one("10.0.0.0/26 10.0.1.0/26"), Used: parse("10.0.0.48/28"), Demands: growing(demands("a1/28@x a2/28@x a3/28@x a4/28@x", "p")),
			Fixed: []cidr.Fixed{fixed("a1", "10.0.0.0/28")}},
		want: "a1=10.0.0.0/28(fixed) a2=10.0.0.16/28 a3=10.0.0.32/28 a4=10.0.1.0/28",
	}, {
		// 10.0.1.0/25 is as near as can be, but no half of one block with the fixed
		// one: there and one elsewhere would be three entries, both elsewhere are two.
		name: "and else stays together",
		req: cidr.Request{Pools: one("10.0.0.0/23 10.0.4.0/24"), Used: parse("10.0.0.128/25 10.0.1.128/25"), Demands: growing(demands("a1/25@x a2/25@x a3/25@x", "p")),
			Fixed: []cidr.Fixed{fixed("a1", "10.0.0.0/25")}},
		want: "a1=10.0.0.0/25(fixed) a2=10.0.4.0/25 a3=10.0.4.128/25",
	}} {
		t.Run(tt.name, tt.run)
	}
}
