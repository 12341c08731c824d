package cidr_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"egressplan/cidr"
)

type vpcCase struct {
	name      string
	in        cidr.VPCRequest
	want      string // new blocks in order, with pool and verdict
	uncovered string // block and part of the reason
	over      int
}

func (tt vpcCase) run(t *testing.T) {
	a := cidr.VPCRanges(tt.in)
	var got []string
	for _, n := range a.New {
		got = append(got, fmt.Sprint(n.Block, " ", n.Pool, " ", n.Association.Verdict))
	}
	if s := strings.Join(got, ", "); s != tt.want || a.Over != tt.over {
		t.Errorf("new: %s, over %d, want %s, %d", s, a.Over, tt.want, tt.over)
	}
	block, why, _ := strings.Cut(tt.uncovered, " ")
	switch {
	case tt.uncovered == "" && len(a.Uncovered) == 0:
	case len(a.Uncovered) != 1 || a.Uncovered[0].Block.String() != block || !strings.Contains(a.Uncovered[0].Why, why):
		t.Errorf("uncovered: %v, want %s", a.Uncovered, tt.uncovered)
	}
}

func TestVPCRanges(t *testing.T) {
	for _, tt := range []vpcCase{{
		name: "nothing to add for what the VPC holds already",
		in:   cidr.VPCRequest{Existing: parse("10.20.0.0/16"), Pools: []cidr.Pool{pool("p", "10.20.64.0/18", 0)}, Allocated: parse("10.20.64.0/24")},
	}, {
		name: "the smallest cover in each pool block, RFC 1918 first",
		in: cidr.VPCRequest{Existing: parse("10.20.0.0/16"),
			Pools:     []cidr.Pool{pool("inside", "100.64.0.0/16", 0), pool("out", "172.20.0.0/16", 0), pool("routable", "10.64.0.0/20", 0)},
			Allocated: parse("100.64.0.0/22 100.64.4.0/24 172.20.0.0/24 10.64.0.0/26 10.64.0.64/26")},
		want: "10.64.0.0/25 routable allowed, 172.20.0.0/24 out refused, 100.64.0.0/21 inside allowed",
	}, {
		name: "at least a /28 for a single address",
		in:   cidr.VPCRequest{Existing: parse("10.20.0.0/16"), Pools: []cidr.Pool{pool("p", "10.64.0.0/24", 0)}, Allocated: parse("10.64.0.17/32")},
		want: "10.64.0.16/28 p allowed",
	}, {
		name: "at most a /16 each, though the pool is wider",
		in:   cidr.VPCRequest{Existing: parse("10.20.0.0/16"), Pools: []cidr.Pool{pool("p", "100.64.0.0/10", 0)}, Allocated: parse("100.64.0.0/24 100.64.255.0/24 100.65.0.0/24")},
		want: "100.64.0.0/16 p allowed, 100.65.0.0/24 p allowed",
	}, {
		name: "around what must not be covered, and around a route",
		in: cidr.VPCRequest{Existing: parse("10.20.0.0/16"), Pools: []cidr.Pool{pool("p", "10.64.0.0/16", 0)},
			Avoid: parse("10.64.1.0/24"), Routes: parse("10.64.6.0/24 0.0.0.0/0"), Allocated: parse("10.64.0.0/24 10.64.2.0/24 10.64.5.0/24 10.64.7.0/24")},
		want: "10.64.0.0/24 p allowed, 10.64.2.0/24 p allowed, 10.64.5.0/24 p allowed, 10.64.7.0/24 p allowed",
	}, {
		name: "around the blocks the VPC has; 10.1 cannot be followed by 10.0",
		in: cidr.VPCRequest{Existing: parse("10.1.0.0/24"), Pools: []cidr.Pool{pool("p", "10.0.0.0/15", 0)},
			Allocated: parse("10.1.0.0/25 10.1.1.0/24 10.1.2.0/24 10.0.0.0/24")},
		want: "10.0.0.0/24 p refused, 10.1.1.0/24 p allowed, 10.1.2.0/24 p allowed",
	}, {
		name: "the first new block counts when the second is judged",
		in:   cidr.VPCRequest{Existing: parse("10.20.0.0/16"), Pools: []cidr.Pool{pool("p", "10.0.0.0/24 10.0.4.0/24", 0)}, Allocated: parse("10.0.0.0/24 10.0.4.0/24")},
		want: "10.0.0.0/24 p allowed, 10.0.4.0/24 p refused",
	}, {
		name: "10.0 before 10.1",
		in:   cidr.VPCRequest{Existing: parse("10.20.0.0/16"), Pools: []cidr.Pool{pool("p", "10.0.0.0/15", 0)}, Allocated: parse("10.1.0.0/24 10.0.0.0/24")},
		want: "10.0.0.0/24 p allowed, 10.1.0.0/24 p allowed",
	}, {
		name: "RFC 1918 after a range that is there already is for AWS to say",
		in: cidr.VPCRequest{Existing: parse("10.20.0.0/16 100.64.0.0/16"), Pools: []cidr.Pool{pool("p", "10.64.0.0/16", 0)},
			Allocated: parse("10.64.0.0/24")},
		want: "10.64.0.0/24 p ambiguous",
	}, {
		name: "the quota counts the primary: 4 and 2 are one over 5",
		in: cidr.VPCRequest{Existing: parse("10.20.0.0/16 10.21.0.0/16 10.22.0.0/16 10.23.0.0/16"),
			Pools: []cidr.Pool{pool("p", "10.64.0.0/24 10.65.0.0/24", 0)}, Allocated: parse("10.64.0.0/24 10.65.0.0/24")},
		want: "10.64.0.0/24 p allowed, 10.65.0.0/24 p allowed",
		over: 1,
	}, {
		name: "a raised quota",
		in: cidr.VPCRequest{Existing: parse("10.20.0.0/16 10.21.0.0/16 10.22.0.0/16 10.23.0.0/16"), Quota: 6,
			Pools: []cidr.Pool{pool("p", "10.64.0.0/24 10.65.0.0/24", 0)}, Allocated: parse("10.64.0.0/24 10.65.0.0/24")},
		want: "10.64.0.0/24 p allowed, 10.65.0.0/24 p allowed",
	}} {
		t.Run(tt.name, tt.run)
	}
}

func TestVPCRangesUncovered(t *testing.T) {
	for _, tt := range []vpcCase{{
		name:      "outside every pool",
		in:        cidr.VPCRequest{Existing: parse("10.20.0.0/16"), Pools: []cidr.Pool{pool("p", "10.64.0.0/16", 0)}, Allocated: parse("10.65.0.0/24")},
		uncovered: "10.65.0.0/24 no block of a pool",
	}, {
		name:      "a pool block narrower than a /28",
		in:        cidr.VPCRequest{Existing: parse("10.20.0.0/16"), Pools: []cidr.Pool{pool("p", "10.64.0.0/30", 0)}, Allocated: parse("10.64.0.0/32")},
		uncovered: "10.64.0.0/32 no block of a pool holds 10.64.0.0/28",
	}, {
		name:      "wider than any CIDR block of a VPC",
		in:        cidr.VPCRequest{Existing: parse("10.20.0.0/16"), Pools: []cidr.Pool{pool("p", "10.64.0.0/10", 0)}, Allocated: parse("10.64.0.0/15")},
		uncovered: "10.64.0.0/15 at most a /16",
	}, {
		name:      "a route into the allocated block itself",
		in:        cidr.VPCRequest{Existing: parse("10.20.0.0/16"), Pools: []cidr.Pool{pool("p", "10.64.0.0/16", 0)}, Routes: parse("10.64.0.128/25"), Allocated: parse("10.64.0.0/24")},
		uncovered: "10.64.0.0/24 a route to 10.64.0.128/25",
	}, {
		name:      "half in the VPC, half out",
		in:        cidr.VPCRequest{Existing: parse("10.64.0.0/25"), Pools: []cidr.Pool{pool("p", "10.64.0.0/16", 0)}, Allocated: parse("10.64.0.0/24")},
		uncovered: "10.64.0.0/24 overlaps the VPC's block",
	}} {
		t.Run(tt.name, tt.run)
	}
}

// TestVPCRangesAreFewest compares with every way to cover what is allocated,
// in a /24 that is one pool block.
func TestVPCRangesAreFewest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := cidr.VPCRequest{
			Existing: parse("10.20.0.0/16"), Pools: []cidr.Pool{pool("p", "10.0.0.0/24", 0)}, Quota: 50,
			Allocated: rapid.SliceOfN(smallPrefix(32), 0, 6).Draw(t, "allocated"),
			Avoid:     rapid.SliceOfN(smallPrefix(32), 0, 2).Filter(noneWider(27)).Draw(t, "avoid"),
			Routes:    rapid.SliceOfN(smallPrefix(32), 0, 2).Draw(t, "routes"),
		}
		a := cidr.VPCRanges(in)
		var left []netip.Prefix
		for _, p := range in.Allocated {
			unc := slices.ContainsFunc(a.Uncovered, func(u cidr.Uncovered) bool { return u.Block.Overlaps(p) })
			holder := slices.ContainsFunc(a.New, func(n cidr.VPCBlock) bool { return n.Block.Bits() <= p.Bits() && n.Block.Contains(p.Addr()) })
			if unc == holder {
				t.Fatalf("%s: uncovered %v, held %v: %v", p, unc, holder, a)
			}
			if holder {
				left = append(left, p)
			}
		}
		for i, n := range a.New {
			if !permitted(in, n.Block) {
				t.Fatalf("%v must not be", n)
			}
			for _, m := range a.New[:i] {
				if m.Block.Overlaps(n.Block) {
					t.Fatalf("%v overlaps %v", m, n)
				}
			}
		}
		for _, u := range a.Uncovered {
			if permitted(in, netip.PrefixFrom(u.Block.Addr(), min(u.Block.Bits(), 28)).Masked()) {
				t.Fatalf("%v: its own block would do", u)
			}
		}
		if want := fewest(in, left); len(a.New) != want {
			t.Fatalf("%d blocks, %d would do: %v", len(a.New), want, a.New)
		}
	})
}

func permitted(in cidr.VPCRequest, b netip.Prefix) bool {
	if b.Bits() < 24 || b.Bits() > 28 {
		return false
	}
	if slices.ContainsFunc(in.Avoid, b.Overlaps) {
		return false
	}
	return !slices.ContainsFunc(in.Routes, func(r netip.Prefix) bool { return r.Bits() >= b.Bits() && b.Contains(r.Addr()) })
}

// fewest covers the first block left in every permitted way, then the rest.
func fewest(in cidr.VPCRequest, left []netip.Prefix) int {
	if len(left) == 0 {
		return 0
	}
	best := 1000
	for bits := 24; bits <= min(28, left[0].Bits()); bits++ {
		b := netip.PrefixFrom(left[0].Addr(), bits).Masked()
		if !permitted(in, b) {
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(left), func(p netip.Prefix) bool { return p.Bits() >= bits && b.Contains(p.Addr()) })
		best = min(best, 1+fewest(in, rest))
	}
	return best
}
