package cidr

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
)

// crowd is up to a dozen pools of 16 addresses, and about as many blocks of
// mixed sizes as they hold, each from one of two pools.
func crowd(seed uint64) Request {
	rng := rand.New(rand.NewPCG(seed, 0))
	var req Request
	var names []string
	for i := range 3 + rng.IntN(10) {
		names = append(names, fmt.Sprint("p", i))
		block := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i), 0, 0}), 28)
		keep := []int{0, 60, 125, 190, 250}[rng.IntN(5)]
		req.Pools = append(req.Pools, Pool{Name: names[i], Blocks: []netip.Prefix{block}, KeepFreePerMille: keep})
	}
	most := len(names)*14 - rng.IntN(2*len(names)) - 1
	for i, sum := 0, 0; sum < most; i++ {
		bits := []int{29, 30, 30, 31, 32}[rng.IntN(5)]
		sum += 1 << (32 - bits)
		from := []string{names[rng.IntN(len(names))], names[rng.IntN(len(names))]}
		req.Demands = append(req.Demands, Demand{Key: fmt.Sprint(i), Bits: bits, Pools: from})
	}
	return req
}

// Taking one block after the other is not enough between pools: the search
// finds ways that this does not. Where it ends without an answer, that is said.
func TestSearchBetweenPools(t *testing.T) {
	var simple, late, never, unknown int
	for seed := range uint64(600) {
		req := crowd(seed)
		r := Allocate(req)
		first := newJob(req).best().unmet == 0
		switch fits := len(r.Unmet) == 0; {
		case fits && r.Undecided:
			t.Fatalf("%d: everything is met, and undecided", seed)
		case fits && first:
			simple++
		case fits:
			late++
		case r.Undecided:
			unknown++
		default:
			never++
		}
	}
	t.Logf("%d fit one after the other, %d by search, %d in no way, %d are undecided", simple, late, never, unknown)
	if late == 0 || never == 0 || unknown == 0 {
		t.Error("one outcome was never tried")
	}
}
