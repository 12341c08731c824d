package planner

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"egressplan/planner/inventory"
)

// manyFlows is a plan of n apps that each reach ten destinations from three
// zones.
func manyFlows(n int) string {
	var b strings.Builder
	b.WriteString(`apiVersion: egressplan/v1
kind: Environment
spec:
  region: us-east-1
  zones: [us-east-1a, us-east-1b, us-east-1c]
  vpc: {cidrs: [10.16.0.0/16, {cidr: 100.64.0.0/16, routable: false}]}
  pools:
    - {name: routable, cidrs: [10.16.0.0/12], routable: true}
    - {name: inside, cidrs: [100.64.0.0/12], routable: false}
  onPrem:
    sites:
      - name: dc1
        cidrs: [192.168.0.0/16]
        links: [{name: dx1, over: direct-connect}, {name: vpn1, over: site-to-site-vpn, role: backup}]
  cluster: {serviceCIDR: 172.20.0.0/16, vpcCNI: {customNetworking: true}}
  quotas: {natGatewaysPerZone: 5000, vpcCIDRs: 50, subnets: 10000, routeTables: 10000}
---
apiVersion: egressplan/v1
kind: FirewallRequirements
spec:
  firewalls: [{name: edge, identity: app, broadestSource: 16}]
  destinations:
`)
	for i := range 10 {
		fmt.Fprintf(&b, "    - {name: d%d, kind: on-premises, firewall: edge, cidrs: [192.168.%d.10/32], ports: [tcp/443]}\n", i, i)
	}
	b.WriteString("---\napiVersion: egressplan/v1\nkind: AppInventory\nspec:\n  apps:\n")
	for i := range n {
		fmt.Fprintf(&b, "    - {name: app-%04d, namespace: ns-%02d, pods: {min: 1, max: 3}, flows: [", i, i%50)
		for d := range 10 {
			fmt.Fprintf(&b, "{to: d%d, outGB: 1, inGB: 1}, ", d)
		}
		b.WriteString("]}\n")
	}
	return b.String()
}

// BenchmarkAllStates walks every flow of the four patterns in the healthy state,
// every fault and every misuse, without putting hops into words. The candidates
// are worked out before.
func BenchmarkAllStates(b *testing.B) {
	for _, n := range []int{100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			plan, problems := inventory.Load([]inventory.Source{{Name: "p", Data: []byte(manyFlows(n))}})
			if len(problems) > 0 {
				b.Fatal(problems[0])
			}
			runs := allStates(b, plan)
			b.ReportAllocs()
			for b.Loop() {
				var total atomic.Int64
				var all sync.WaitGroup
				for _, pattern := range runs {
					all.Go(func() {
						for _, f := range pattern {
							for range f.Each() {
								total.Add(1)
							}
						}
					})
				}
				all.Wait()
				b.ReportMetric(float64(total.Load()), "paths")
			}
		})
	}
}

// allStates are, for each pattern, a run over all faults and one over each misuse.
func allStates(b *testing.B, plan *inventory.Plan) [][]*Following {
	var all [][]*Following
	for _, p := range inventory.PatternIDs {
		first, err := Follow(plan, SimulateOptions{Pattern: p, Faults: true, NoHops: true})
		if err != nil {
			b.Fatal(err)
		}
		runs := []*Following{first}
		for _, kind := range misuseKinds() {
			other := *first
			other.options.Faults, other.state = false, State{Kind: kind}
			runs = append(runs, &other)
		}
		all = append(all, runs)
	}
	return all
}

// BenchmarkWalkBank is the verdict on a path of the bank through a private NAT
// gateway, as its network is compiled.
func BenchmarkWalkBank(b *testing.B) {
	c := pick(loadFixture(b, "bank"), "private-nat-gateway")
	walker, p := c.work.b.walking(), &c.work.paths[0].paths[0]
	b.ReportAllocs()
	for b.Loop() {
		if r := walker.Forward(p.start, p.packet, 0); r.At != p.end {
			b.Fatal(r)
		}
	}
	b.ReportMetric(float64(len(walker.Passed(nil))), "nodes")
}
