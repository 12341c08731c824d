package planner

import (
	"fmt"
	"net/netip"
	"testing"

	"egressplan/planner/inventory"
)

// BenchmarkReplan reads a plan with a lock of that many lines and plans again,
// with one app that is new.
func BenchmarkReplan(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			sources := []inventory.Source{{Name: "plan.yaml", Data: []byte(longLived)}, {Name: inventory.LockFile, Data: longLock(n)}}
			b.ReportAllocs()
			for b.Loop() {
				plan, problems := inventory.Load(sources)
				if len(problems) > 0 {
					b.Fatal(problems[0])
				}
				if a := PlanAddresses(plan, "vpc-subnet-cidr"); !a.Fits || len(a.Moves) > 0 || len(a.Held) != n-4 {
					b.Fatalf("fits %v, %d moves, %d held", a.Fits, len(a.Moves), len(a.Held))
				}
			}
		})
	}
}

func longLock(n int) []byte {
	entries := make([]inventory.LockEntry, n)
	for i := range entries {
		zone := "us-east-1" + string(rune('a'+i%4))
		at := uint32(10<<24|64<<16) + uint32(i)*32
		entries[i] = inventory.LockEntry{Name: fmt.Sprintf("app/n/a%06d/%s/nodes", i/4, zone), Pattern: "vpc-subnet-cidr", Pool: "routable", Zone: zone, Purpose: purposeNodes,
			CIDR: netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(at >> 24), byte(at >> 16), byte(at >> 8), byte(at)}), 27)}
	}
	return inventory.WriteLock("", entries, nil)
}

const longLived = `apiVersion: egressplan/v1
kind: Environment
spec:
  region: us-east-1
  cluster: {nodeType: m6i.large}
  zones: [us-east-1a, us-east-1b, us-east-1c, us-east-1d]
  vpc: {cidrs: [10.20.0.0/16]}
  pools: [{name: routable, cidrs: [10.64.0.0/10], routable: true}]
  onPrem: {sites: [{name: dc, cidrs: [10.0.0.0/14], links: [{name: dx, over: direct-connect, gateway: virtual-private-gateway}]}]}
---
apiVersion: egressplan/v1
kind: FirewallRequirements
spec:
  firewalls: [{name: edge, identity: app}]
  destinations: [{name: db, kind: on-premises, firewall: edge, cidrs: [10.1.4.0/28], ports: [tcp/1521]}]
---
apiVersion: egressplan/v1
kind: AppInventory
spec:
  apps:
    - {name: a000001, namespace: n, pods: {min: 1, max: 4}, flows: [{to: db}]}
    - {name: fresh, namespace: n, pods: {min: 1, max: 4}, flows: [{to: db}]}
`
