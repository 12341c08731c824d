//go:build linux

package lab

import (
	"net/netip"
	"testing"

	"egressplan/sim"
)

// TestManyRules: an allow-list and a routing table as long as real ones; the
// last entry is the one that counts.
func TestManyRules(t *testing.T) {
	needLab(t)
	const many = 5000
	var rules []sim.Rule
	x := sim.Node{}
	for i := range many {
		block := netip.PrefixFrom(netip.AddrFrom4([4]byte{172, byte(16 + i>>12), byte(i >> 4), byte(i << 4)}), 28)
		rules = append(rules, allow(sim.Match{Src: block}))
		x.Routes = append(x.Routes, sim.Route{Dst: block, Next: to(0)})
	}
	x.Ingress = stateful(append(rules, allow(sim.Match{Src: pfx("100.64.0.0/24")}))...)
	runStages(t, []stageCase{passed("the last of 5,000", me, x)})
}
