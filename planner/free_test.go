package planner

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"egressplan/cidr"
	"egressplan/planner/inventory"
)

// Free /28 blocks counted one by one: every aligned /28 of the subnet without a
// reserved or used address.
func TestFreePrefixes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		block := netip.PrefixFrom(netip.MustParseAddr("10.0.0.0"), rapid.IntRange(23, 28).Draw(t, "bits"))
		s := &inventory.Subnet{CIDR: inventory.Value[netip.Prefix]{V: block, Set: true}}
		taken := map[netip.Addr]bool{}
		size := 1 << (32 - block.Bits())
		at := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, byte(i / 256), byte(i)}) }
		for _, i := range []int{0, 1, 2, 3, size - 1} {
			taken[at(i)] = true
		}
		for range rapid.IntRange(0, 6).Draw(t, "used") {
			i := rapid.IntRange(0, size-1).Draw(t, "address")
			taken[at(i)] = true
			s.Used = append(s.Used, inventory.Value[netip.Prefix]{V: netip.PrefixFrom(at(i), 32), Set: true})
		}
		want := 0
		for start := 0; start < size; start += 16 {
			free := true
			for i := start; i < start+16; i++ {
				free = free && !taken[at(i)]
			}
			if free {
				want++
			}
		}
		if got, atMost := freePrefixes(s); got != want || atMost != (want > 0) {
			t.Fatalf("%d free blocks (at most %v), want %d: without freeIPs nobody knows the rest", got, atMost, want)
		}
		s.FreeIPs = inventory.Value[int]{V: 40, Set: true}
		if got, _ := freePrefixes(s); got != min(want, 2) {
			t.Fatalf("%d free blocks of 40 free addresses, want at most 2", got)
		}
	})
}

// Space adds up, and a pool lasts as long as blocks can be taken from it: one
// new app a month takes two /27 (see the sum by hand of TestExplainByHand). A
// /24 has eight; ledger has two of them, six are left, three apps.
func TestSpaceAddsUp(t *testing.T) {
	text := strings.Replace(estate(nil), "cidrs: [10.20.64.0/18], routable: true", "cidrs: [10.20.64.0/24], routable: true, keepFree: %s", 1)
	text = strings.Replace(text, "kind: AppInventory\nspec:\n", "kind: AppInventory\nspec:\n  newAppsPerMonth: 1\n", 1)
	for keep, months := range map[string]string{"0%": "3", "25%": "2", "75%": "0"} {
		a := PlanAddresses(load(t, fmt.Sprintf(text, keep)), "vpc-subnet-cidr")
		for _, f := range a.Free {
			var n [4]int
			for i, s := range []string{f.Used, f.Kept, f.Free, f.Total} {
				fmt.Sscan(s, &n[i])
			}
			blocks := 0
			for bits, count := range f.Blocks {
				var b int
				fmt.Sscan(bits, &b)
				blocks += count << (32 - b)
			}
			if n[0]+n[1]+n[2] != n[3] || fmt.Sprint(blocks) != f.Addresses {
				t.Errorf("%s: %+v", keep, f)
			}
			if f.Pool == "routable" && f.Months != months {
				t.Errorf("keepFree %s: lasts %q months, want %s: %s", keep, f.Months, months, f.MonthsHow)
			}
		}
	}
}

// Under prefix delegation a subnet with hundreds of free addresses may have no
// free /28 (amazon-vpc-cni-k8s issue 2749).
func TestScatteredSubnetHoldsNoPrefixes(t *testing.T) {
	var used []string
	for i := range 15 {
		used = append(used, fmt.Sprintf("10.20.0.%d/32", 16*i+7))
	}
	vpc := "subnets: [{name: s-a, cidr: 10.20.0.0/24, zone: us-east-1a, role: nodes, freeIPs: 236, used: [" + strings.Join(used, ", ") + "]}, {name: s-b, cidr: 10.20.1.0/24, zone: us-east-1b, role: nodes, freeIPs: 251}]"
	for cni, want := range map[string]bool{"prefixDelegation: true": true, "prefixDelegation: false": false} {
		a := PlanAddresses(load(t, estate(map[string]string{"VPC": vpc, "CNI": cni, "APP": "subnets: [s-a, s-b],"})), "vpc-subnet-cidr")
		said := strings.Contains(strings.Join(a.Warnings, "\n"), "s-a has 236 free addresses and 0 free aligned /28 blocks")
		if said != want {
			t.Errorf("%s: warnings %q", cni, a.Warnings)
		}
		if a.Subnets[0].FreeBlocks != 0 || a.Subnets[1].FreeBlocks != 14 || a.Subnets[1].AtMost || cidr.Usable(24) != 251 {
			t.Errorf("%+v", a.Subnets)
		}
	}
}

// Two subnets of one zone hold what apps need between them, whole nodes in each:
// with 1 CPU a pod, an m5.large holds one, and takes 20 addresses (an interface in
// use, one warm). Four pods are two nodes a zone.
func TestOwnSubnetsCountTogether(t *testing.T) {
	for _, tt := range []struct {
		one, two int
		want     bool
	}{
		{20, 20, true},
		{20, 19, false},
		{40, 0, true},
		{0, 45, true},
		{30, 10, false}, // a node's interfaces lie in one subnet
	} {
		vpc := fmt.Sprintf("subnets: [{name: a1, cidr: 10.20.0.0/26, zone: us-east-1a, role: nodes, freeIPs: %d}, {name: a2, cidr: 10.20.1.0/26, zone: us-east-1a, role: nodes, freeIPs: %d}, {name: b, cidr: 10.20.2.0/24, zone: us-east-1b, role: nodes}]", tt.one, tt.two)
		text := estate(map[string]string{"VPC": vpc, "APP": "growth: 0%, subnets: [a1, a2, b],"})
		text = strings.Replace(text, "requests: {cpu: 500m", "requests: {cpu: 1", 1)
		a := PlanAddresses(load(t, text), "vpc-subnet-cidr")
		said := strings.Contains(strings.Join(a.Warnings, "\n"), fmt.Sprintf("a1 has %d free addresses, a2 has %d free addresses", tt.one, tt.two))
		if said == tt.want {
			t.Errorf("%d and %d free: %q, enough %v", tt.one, tt.two, a.Warnings, tt.want)
		}
	}
}
