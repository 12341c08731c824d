package peers

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"testing"

	gocidr "github.com/apparentlymart/go-cidr/cidr"
	goipam "github.com/metal-stack/go-ipam"
	"github.com/seancfoley/ipaddress-go/ipaddr"

	"egressplan/cidr"
)

// sizes of the question: that many /28 blocks out of 10.0.0.0/8. go-ipam is
// asked for fewer, because it looks at all children for each new one.
var (
	sizes    = []int{1000, 10_000, 100_000}
	ipamSize = []int{1000}
)

const root = "10.0.0.0/8"

func keys(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("app/team-%03d/service-%06d/nodes", i%997, i)
	}
	return list
}

func each(b *testing.B, sizes []int, f func(b *testing.B, n int)) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			f(b, n)
		})
	}
}

// BenchmarkEgressplan: named, in any order, best fit, pools, a lock possible.
func BenchmarkEgressplan(b *testing.B) {
	each(b, sizes, func(b *testing.B, n int) {
		req := cidr.Request{Pools: []cidr.Pool{{Name: "p", Blocks: []netip.Prefix{netip.MustParsePrefix(root)}}}}
		for _, k := range keys(n) {
			req.Demands = append(req.Demands, cidr.Demand{Key: k, Bits: 28, Pools: []string{"p"}})
		}
		for b.Loop() {
			if got := len(cidr.Allocate(req).Blocks); got != n {
				b.Fatalf("%d of %d", got, n)
			}
		}
	})
}

// BenchmarkGoCIDR is Terraform's cidrsubnets: one block after the other in the
// order asked, no names, no holes.
func BenchmarkGoCIDR(b *testing.B) {
	_, base, err := net.ParseCIDR(root)
	if err != nil {
		b.Fatal(err)
	}
	each(b, sizes, func(b *testing.B, n int) {
		for b.Loop() {
			at, err := gocidr.Subnet(base, 20, 0)
			if err != nil {
				b.Fatal(err)
			}
			for range n - 1 {
				next, past := gocidr.NextSubnet(at, 28)
				if past || !base.Contains(next.IP) {
					b.Fatal("no room")
				}
				at = next
			}
		}
	})
}

// BenchmarkIPAddress is ipaddress-go's prefix block allocator: sizes in any
// order, the largest first, no names.
func BenchmarkIPAddress(b *testing.B) {
	each(b, sizes, func(b *testing.B, n int) {
		lengths := make([]ipaddr.BitCount, n)
		for i := range lengths {
			lengths[i] = 4
		}
		for b.Loop() {
			var alloc ipaddr.PrefixBlockAllocator[*ipaddr.IPAddress]
			alloc.AddAvailable(ipaddr.NewIPAddressString(root).GetAddress())
			if got := len(alloc.AllocateMultiBitLens(lengths...)); got == 0 {
				b.Fatal("no room")
			}
		}
	})
}

// BenchmarkGoIPAM acquires child prefixes one by one in memory.
func BenchmarkGoIPAM(b *testing.B) {
	each(b, ipamSize, func(b *testing.B, n int) {
		ctx := context.Background()
		for b.Loop() {
			ipam := goipam.NewWithStorage(goipam.NewMemory(ctx))
			if _, err := ipam.NewPrefix(ctx, root); err != nil {
				b.Fatal(err)
			}
			for range n {
				if _, err := ipam.AcquireChildPrefix(ctx, root, 28); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
