package cidr_test

import (
	"fmt"
	"net/netip"

	"egressplan/cidr"
)

func ExampleAllocate() {
	r := cidr.Allocate(cidr.Request{
		Pools: []cidr.Pool{{Name: "routable", Blocks: []netip.Prefix{netip.MustParsePrefix("10.20.64.0/24")}, KeepFreePerMille: 200}},
		Used:  []netip.Prefix{netip.MustParsePrefix("10.20.64.0/27")},
		Demands: []cidr.Demand{
			{Key: "ledger/zone-a", Bits: 27, Pools: []string{"routable"}, Group: "ledger"},
			{Key: "ledger/zone-b", Bits: 27, Pools: []string{"routable"}, Group: "ledger"},
			{Key: "batch/zone-a", Bits: 26, Pools: []string{"routable"}},
			{Key: "web/zone-a", Bits: 26, Pools: []string{"routable"}},
		},
	})
	for _, b := range r.Blocks {
		fmt.Println(b.Key, b.Block)
	}
	// A fifth of 256 addresses is 52. 256 - 32 - 64 - 64 - 32 = 64 are free, and
	// another /27 would leave 32.
	for _, u := range r.Unmet {
		fmt.Println(u.Demand.Key, u.Reason)
	}
	for _, f := range r.Free {
		fmt.Println(f.Addresses, "free:", f.Prefixes)
	}
	// Output:
	// batch/zone-a 10.20.64.64/26
	// ledger/zone-a 10.20.64.32/27
	// web/zone-a 10.20.64.128/26
	// ledger/zone-b keep-free
	// 64 free: [10.20.64.192/26]
}
