package planner

import (
	"fmt"
	"math/big"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// plainFlow is a flow of the property test: from an app with so many pods to the
// first addresses of a block of 10.1.4.0/29 and some ports.
type plainFlow struct {
	app, pods int
	block     netip.Prefix
	from, to  int
	peak      int
}

// drawFlows draws up to four apps with up to three flows each, towards blocks
// and port ranges that may overlap.
func drawFlows(t *rapid.T) []plainFlow {
	var list []plainFlow
	for app := range rapid.IntRange(1, 4).Draw(t, "apps") {
		pods := rapid.IntRange(1, 9).Draw(t, "pods")
		for range rapid.IntRange(1, 3).Draw(t, "flows") {
			bits := rapid.IntRange(30, 32).Draw(t, "bits")
			block := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 1, 4, byte(rapid.IntRange(0, 7).Draw(t, "address"))}), bits).Masked()
			from := rapid.IntRange(1, 4).Draw(t, "from")
			list = append(list, plainFlow{app: app, pods: pods, block: block, from: from, to: rapid.IntRange(from, 5).Draw(t, "to"),
				peak: rapid.IntRange(0, 200000).Draw(t, "peak")})
		}
	}
	return list
}

// plainPlan writes the flows as documents: one source group, one destination for
// each flow.
func plainPlan(list []plainFlow, zones, perZone, replicas int) string {
	var names []string
	for i := range zones {
		names = append(names, "us-east-1"+string(rune('a'+i)))
	}
	text := strings.Replace(estate(map[string]string{"CNI": "externalSNAT: true", "DB": "10.2.0.1/32"}), "[us-east-1a, us-east-1b]", "["+strings.Join(names, ", ")+"]", 1)
	text = text[:strings.Index(text, "---\napiVersion: egressplan/v1\nkind: AppInventory")]
	text = strings.Replace(text, "identity: app", "identity: cluster", 1)
	apps, last := "", -1
	for i, f := range list {
		text += fmt.Sprintf("    - {name: d%d, kind: on-premises, firewall: edge, cidrs: [%s], ports: [tcp/%d-%d]}\n", i, f.block, f.from, f.to)
		if f.app != last {
			last = f.app
			apps += fmt.Sprintf("    - name: a%d\n      namespace: n\n      pods: {min: 0, max: %d}\n      flows:\n", f.app, f.pods)
		}
		apps += fmt.Sprintf("        - {to: d%d, outGB: 1, inGB: 1, peakConnections: %d}\n", i, f.peak)
	}
	return text + "---\napiVersion: egressplan/v1\nkind: Policy\nspec: {allowOverPermission: true, redundancy: {egressNodesPerZone: " + fmt.Sprint(perZone) +
		", gatewayReplicasPerZone: " + fmt.Sprint(replicas) + "}}\n---\napiVersion: egressplan/v1\nkind: AppInventory\nspec:\n  apps:\n" + apps
}

// plainly places the pods one by one and counts, for every address and port, the
// connections of those that share(pod) puts behind one source address; the most
// of any address and port, rounded up.
func plainly(list []plainFlow, share func(pod int) *big.Rat) int64 {
	most := new(big.Rat)
	for last := range 8 {
		at := netip.AddrFrom4([4]byte{10, 1, 4, byte(last)})
		for port := 1; port <= 5; port++ {
			sum := new(big.Rat)
			for _, f := range list {
				if !f.block.Contains(at) || port < f.from || port > f.to {
					continue
				}
				for pod := range f.pods {
					sum.Add(sum, new(big.Rat).Mul(big.NewRat(int64(f.peak), int64(f.pods)), share(pod)))
				}
			}
			if sum.Cmp(most) > 0 {
				most = sum
			}
		}
	}
	up := new(big.Int).Add(most.Num(), new(big.Int).Sub(most.Denom(), big.NewInt(1)))
	return up.Div(up, most.Denom()).Int64()
}

// every puts each pod of a kind (its number modulo among) behind the address.
func every(among int) func(int) *big.Rat {
	return func(pod int) *big.Rat {
		if pod%among == 0 {
			return big.NewRat(1, 1)
		}
		return new(big.Rat)
	}
}

// equally puts the same part of every pod behind it.
func equally(among int) func(int) *big.Rat {
	return func(int) *big.Rat { return big.NewRat(1, int64(among)) }
}

// The demands are those of a second, plain computation: pods dealt out like
// cards over zones or gateways, every address and port counted by itself.
func TestCapacityAgainstPlainCount(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		list := drawFlows(rt)
		zones := rapid.IntRange(2, 4).Draw(rt, "zones")
		perZone := rapid.IntRange(1, 3).Draw(rt, "perZone")
		replicas := rapid.IntRange(1, 4).Draw(rt, "replicas")
		plan := load(t, plainPlan(list, zones, perZone, replicas))
		for _, row := range []struct {
			pattern         pattern
			thing           string
			healthy, faulty func(int) *big.Rat
		}{
			{natPattern{}, thingNAT, every(zones), every(zones - 1)},
			// What most comes to after a fault: a zone's gateways gone.
			{ciliumPattern{}, thingEgressIP, every(zones * perZone), every((zones - 1) * perZone)},
			{istioPattern{}, thingGateway, equally(zones * replicas), equally((zones - 1) * replicas)},
		} {
			var demand, after int64
			w := newWork(plan, row.pattern, nil)
			w.layout = &layout{}
			w.allocate(row.pattern.demands(w))
			for _, r := range w.capacities() {
				if r.Thing != row.thing || r.Resource != resourceConnections {
					continue
				}
				demand = max(demand, r.Demand.Decimal.IntPart())
				for _, a := range r.After {
					after = max(after, a.Demand.Decimal.IntPart())
				}
			}
			if want := plainly(list, row.healthy); demand != want {
				rt.Errorf("%s: %d, plainly %d", row.thing, demand, want)
			}
			if want := plainly(list, row.faulty); after != want {
				rt.Errorf("%s after a fault: %d, plainly %d", row.thing, after, want)
			}
		}
	})
}

// The number of addresses named is the smallest that holds.
func TestNeededIsSmallest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit, planned := rapid.Int64Range(1, 50).Draw(t, "limit"), rapid.Int64Range(1, 5).Draw(t, "planned")
		m := meter{planned: planned, most: rapid.Int64Range(1, 12).Draw(t, "most")}
		demand := rapid.Int64Range(0, 400).Draw(t, "demand")
		at := func(n int64) spread { return byConnections(1, n) }
		loads := []podLoad{{pods: 1, value: new(big.Rat).SetInt64(demand)}}
		want := int64(0)
		for n := max(planned, m.most); n >= planned; n-- {
			if demand <= n*limit {
				want = n
			}
		}
		if got := m.enough(at, loads, limit); got != want {
			t.Errorf("%d, plainly %d", got, want)
		}
	})
}
