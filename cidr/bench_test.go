package cidr_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"egressplan/cidr"
)

// estate is n demands of /28 in groups of four, listed as an inventory would
// list them, which is not by key, and a pool with room for all of them.
func estate(n int) cidr.Request {
	req := cidr.Request{Pools: []cidr.Pool{{Name: "routable", Blocks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, KeepFreePerMille: 20}}}
	pools := []string{"routable"}
	for i := range n {
		app := i / 4
		group := fmt.Sprintf("app/team-%03d/service-%06d", app%997, app)
		req.Demands = append(req.Demands, cidr.Demand{
			Key: fmt.Sprintf("%s/eu-central-1%c/nodes", group, 'a'+i%4), Bits: 28, Pools: pools, Group: group, Grows: true,
		})
	}
	rng := rand.New(rand.NewPCG(1, 2))

	rng.Shuffle(n, func(i, j int) { req.Demands[i], req.Demands[j] = req.Demands[j], req.Demands[i] })
	return req
}

func BenchmarkAllocate(b *testing.B) {
	for _, n := range []int{1000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			req := estate(n)
			b.ReportAllocs()
			for b.Loop() {
				if r := cidr.Allocate(req); len(r.Blocks) != n {
					b.Fatalf("%d of %d demands met", len(r.Blocks), n)
				}
			}
		})
	}
}

// BenchmarkAllocateShuffled asks in no order at all, the worst for the caches.
func BenchmarkAllocateShuffled(b *testing.B) {
	const n = 1_000_000
	req := estate(n)
	rng := rand.New(rand.NewPCG(1, 2))
	rng.Shuffle(n, func(i, j int) { req.Demands[i], req.Demands[j] = req.Demands[j], req.Demands[i] })
	b.ReportAllocs()
	for b.Loop() {
		if r := cidr.Allocate(req); len(r.Blocks) != n {
			b.Fatalf("%d of %d demands met", len(r.Blocks), n)
		}
	}
}

// BenchmarkAllocateLocked is the second run of a plan: all is fixed but one in
// a hundred, which wants to lie beside its group.
func BenchmarkAllocateLocked(b *testing.B) {
	const n = 100_000
	req := estate(n)
	for i, blk := range cidr.Allocate(req).Blocks {
		if i%100 != 0 {
			req.Fixed = append(req.Fixed, cidr.Fixed{Key: blk.Key, Block: blk.Block})
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if r := cidr.Allocate(req); len(r.Blocks) != n {
			b.Fatalf("%d of %d demands met", len(r.Blocks), n)
		}
	}
}

func BenchmarkSummarise(b *testing.B) {
	for name, blocks := range map[string]string{
		"apart": "10.0.0.0/26 10.1.0.0/26 10.2.0.0/26",
		"whole": "10.0.0.0/26 10.0.0.64/26 10.0.0.128/25",
		"part":  "10.0.0.0/26 10.0.0.64/26 10.0.0.128/26",
	} {
		b.Run(name, func(b *testing.B) {
			ps := parse(blocks)
			b.ReportAllocs()
			for b.Loop() {
				cidr.Summarise(ps, 24)
			}
		})
	}
}
