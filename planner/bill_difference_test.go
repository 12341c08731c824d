package planner

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"egressplan/planner/inventory"
)

// billOf is Cost of a plan that must be billable.
func billOf(t *testing.T, plan *inventory.Plan, pattern string) *Bill {
	t.Helper()
	b, err := Cost(plan, pattern)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// vpnEstate is the second worked example: eu-west-1, three zones, two VPN
// connections, nodes m5.xlarge at 0.214 of which the assumptions leave 3,720
// millicores and 14,200 MiB (16,384 - 893 - 100 - 1,191), gateways c6gn.xlarge at
// 0.1952. The hours of transit gateway and VPN are the plan's own, 0.05.
const vpnEstate = `
apiVersion: egressplan/v1
kind: Environment
metadata: {name: vpn}
spec:
  region: eu-west-1
  zones: [eu-west-1a, eu-west-1b, eu-west-1c]
  vpc: {cidrs: [10.20.0.0/16, {cidr: 100.64.0.0/16, routable: false}]}
  pools:
    - {name: routable, cidrs: [10.20.64.0/18], routable: true}
    - {name: inside, cidrs: [100.64.0.0/16], routable: false}
  onPrem:
    sites:
      - name: dc1
        cidrs: [10.0.0.0/14]
        links: [{name: vpn1, over: site-to-site-vpn}, {name: vpn2, over: site-to-site-vpn, role: backup}]
  cluster: {nodeType: m5.xlarge, egressNodeType: c6gn.xlarge}
---
apiVersion: egressplan/v1
kind: FirewallRequirements
spec:
  firewalls: [{name: edge, identity: app, broadestSource: 16}]
  destinations:
    - {name: db, kind: on-premises, firewall: edge, cidrs: [10.1.4.1/32], ports: [tcp/1521]}
---
apiVersion: egressplan/v1
kind: AppInventory
spec:
  apps:
    - {name: payments, namespace: x, pods: {min: 40, max: 40}, requests: {cpu: 500m, memory: 1Gi}, flows: [{to: db, outGB: 50000, inGB: 10000}]}
    - {name: reporting, namespace: x, pods: {min: 10, max: 10}, requests: {cpu: 1, memory: 4Gi}, flows: [{to: db, outGB: 10000, inGB: 5000}]}
---
apiVersion: egressplan/v1
kind: Policy
spec:
  assumptions: {daemonsetCPUMillis: 200, daemonsetMemoryMiB: 1191, daemonsetPods: 2, istiodReplicas: 2, engineerHourUSD: 0}
---
apiVersion: egressplan/v1
kind: PriceBook
spec:
  prices:
    - {region: eu-west-1, item: transit-gateway-attachment-hour, price: "0.05"}
    - {region: eu-west-1, item: vpn-connection-hour, price: "0.05"}
`

// The second worked example through the whole tool.
//
//	link      730 x 3 x 0.05 = 109.50, 75000 x 0.02 = 1500.00, 730 x 2 x 0.05 = 73.00,
//	          10240 x 0.09 + 40960 x 0.085 + 8800 x 0.07 = 5019.20: 6701.70
//	pattern 1 6 + 4 nodes: 730 x 10 x 0.214 = 1562.20: 8263.90
//	pattern 2 + 2 groups x 3 zones: 730 x 6 x 0.048 = 210.24, 75000 x 0.048 = 3600.00: 12074.14
//	pattern 3 9 shared nodes 1405.98, 3 gateways 427.488, 75000 x 2/3 x 2 x 0.01 = 1000.00: 9535.168
//	pattern 4 11 nodes 1718.42, 6 gateways 854.976, 1000.00: 10275.096
//
// Ten nodes rather than nine cost 730 x 0.214 = 156.22.
func TestWorkedExampleVPNEndToEnd(t *testing.T) {
	b := billOf(t, load(t, vpnEstate), "")
	want := map[string]string{"vpc-subnet-cidr": "8263.9", "private-nat-gateway": "12074.14",
		"cilium-egress-gateway": "9535.168", "istio-egress-gateway": "10275.096"}
	for _, c := range b.Candidates {
		if got := c.Monthly.Total.String(); got != want[c.ID] || len(c.Monthly.Unknown) > 0 {
			t.Errorf("%s: %s, want %s (unknown: %v)", c.ID, got, want[c.ID], c.Monthly.Unknown)
			for _, l := range c.Monthly.Lines {
				t.Log(l.Item, l.How, l.Amount)
			}
		}
		switch dedicated := c.ID == "vpc-subnet-cidr" || c.ID == "private-nat-gateway"; {
		case dedicated != (c.Waste != nil):
			t.Errorf("%s: waste %v", c.ID, c.Waste)
		case dedicated && (c.Waste.Nodes != 1 || c.Waste.Amount.Decimal.String() != "156.22"):
			t.Errorf("%s: waste of %d nodes, %v; want 1, 156.22", c.ID, c.Waste.Nodes, c.Waste.Amount)
		}
	}
	// Against the cheapest, pattern 1: pattern 3 saves a node (-156.22), and pays
	// for gateways and zone crossings: 1271.268 more.
	checkDifference(t, b, "cilium-egress-gateway", "1271.268", "cross-zone-gb 1000, ec2-hour:c6gn.xlarge 427.488, ec2-hour:m5.xlarge -156.22")
	checkDifference(t, b, "private-nat-gateway", "3810.24", "nat-gateway-gb 3600, nat-gateway-hour 210.24")
}

// checkDifference compares the lines of one difference with what is expected,
// and their sum with the total.
func checkDifference(t *testing.T, b *Bill, candidate, total, lines string) {
	t.Helper()
	for _, d := range b.Differences {
		if d.Candidate != candidate {
			continue
		}
		var got []string
		sum := decimal.Zero
		for _, l := range d.Lines {
			amount := "open"
			if l.Difference.Valid {
				amount = l.Difference.Decimal.String()
			}
			got = append(got, l.Item+" "+amount)
			sum = sum.Add(l.Known)
		}
		if text := strings.Join(got, ", "); text != lines || d.Decision.String() != total || !sum.Equal(d.Decision) {
			t.Errorf("%s: %s = %s (sum of the lines %s)\nwant %s = %s", candidate, text, d.Decision, sum, lines, total)
		}
		return
	}
	t.Errorf("no difference for %s", candidate)
}

// In every example plan the lines add up to the difference of the decisions, and
// with what is the same in both to the whole of either.
func TestDifferencesAddUp(t *testing.T) {
	for _, name := range fixtureNames(t) {
		b := billOf(t, loadFixture(t, name), "")
		decisions := map[string]decimal.Decimal{}
		for _, c := range b.Candidates {
			decisions[c.ID] = c.Monthly.Decision
		}
		if len(b.Differences) != len(b.Candidates)-1 {
			t.Errorf("%s: %d differences of %d candidates", name, len(b.Differences), len(b.Candidates))
		}
		for _, d := range b.Differences {
			sum, whole := decimal.Zero, d.Same
			for _, l := range d.Lines {
				sum, whole = sum.Add(l.Known), whole.Add(l.Amount.Decimal)
			}
			if want := decisions[d.Candidate].Sub(decisions[d.Against]); !sum.Equal(want) || !d.Decision.Equal(want) {
				t.Errorf("%s, %s: lines add up to %s, decisions differ by %s, said %s", name, d.Candidate, sum, want, d.Decision)
			}
			if !whole.Equal(decisions[d.Candidate]) {
				t.Errorf("%s, %s: lines and what is the same come to %s of %s", name, d.Candidate, whole, decisions[d.Candidate])
			}
		}
	}
}

// Volumes nobody gave: what both candidates pay alike for them is no difference,
// what only one pays is open, and neither is zero.
func TestUnknownInADifference(t *testing.T) {
	plan := load(t, strings.Replace(estate(nil), "outGB: 10, inGB: 20,", "", 1))
	b := billOf(t, plan, "private-nat-gateway")
	if len(b.Differences) != 1 || len(b.Candidates) != 1 {
		t.Fatalf("%d candidates, %d differences", len(b.Candidates), len(b.Differences))
	}
	seen := map[string]DifferenceLine{}
	for _, l := range b.Differences[0].Lines {
		seen[l.Item] = l
	}
	nat := seen["nat-gateway-gb"]
	if nat.Difference.Valid || nat.Amount.Valid || !nat.Against.Valid || !nat.Against.Decimal.IsZero() || len(nat.Unknown) != 1 {
		t.Errorf("NAT GB, unknown in one and absent in the other: %+v", nat)
	}
	tgw := seen["transit-gateway-gb"]
	if !tgw.Difference.Valid || tgw.Amount.Valid || len(tgw.Unknown) != 1 || !strings.HasPrefix(tgw.Unknown[0], "the same in both: ") {
		t.Errorf("transit gateway GB, the same unknown in both: %+v", tgw)
	}
}

// Half of the traffic crosses zones with gateways in two zones, and half of it
// twice metered with a NAT gateway in one of two; with three zones it is two
// thirds either way, but a third only with NAT in two: the same unknown volume,
// and not the same unknown.
func TestSameVolumeIsNotTheSameUnknown(t *testing.T) {
	text := strings.Replace(estate(nil), "outGB: 10, inGB: 20,", "", 1)
	text = strings.Replace(text, "[us-east-1a, us-east-1b]", "[us-east-1a, us-east-1b, us-east-1c]", 1) +
		"\n---\napiVersion: egressplan/v1\nkind: Policy\nspec: {exclude: [vpc-subnet-cidr], redundancy: {natZones: %Z%}}\n"
	for zones, open := range map[string]bool{"1": false, "2": true} { // natZones 1: two thirds cross, as in pattern 3
		b := billOf(t, load(t, strings.Replace(text, "%Z%", zones, 1)), "cilium-egress-gateway")
		found := false
		for _, l := range b.Differences[0].Lines {
			if l.Item == "cross-zone-gb" {
				found = true
				if l.Difference.Valid == open {
					t.Errorf("NAT in %s of 3 zones: %+v", zones, l)
				}
			}
		}
		if !found {
			t.Errorf("NAT in %s of 3 zones: no cross-zone line in %+v", zones, b.Differences[0])
		}
	}
}

// A node price in tiers: dedication costs the last nodes, not the first. 7 nodes
// for 4: hours 2,921 to 5,110, of which 80 up to 3,000 cost 0.1 and 2,110 beyond
// cost 0.05: 8 + 105.50 = 113.50.
func TestWasteOfATieredPrice(t *testing.T) {
	doc := strings.Replace(estate(nil), "    - {name: ledger,", `    - {name: b, namespace: x, pods: {min: 5, max: 5}, requests: {cpu: 1, memory: 1Gi}, flows: [{to: db, outGB: 1, inGB: 1}]}
    - {name: ledger,`, 1) + `
---
apiVersion: egressplan/v1
kind: PriceBook
spec: {prices: [{region: us-east-1, item: "ec2-hour:m5.large", tiers: [{upTo: 3000, price: "0.1"}, {price: "0.05"}]}]}
`
	b := billOf(t, load(t, doc), "vpc-subnet-cidr")
	w := b.Candidates[0].Waste
	// b: 5 nodes of one pod each; ledger: 3 pods on one node, but a node a zone: 2.
	// Shared: two of the three small pods find no room beside a pod of b, so 5 or 6.
	if w == nil || w.Workload != 7 {
		t.Fatalf("waste %+v", w)
	}
	from, to := int64(w.Shared*730), int64(7*730)
	price := func(h int64) decimal.Decimal {
		if h <= 3000 {
			return decimal.New(h, -1)
		}
		return decimal.New(3000, -1).Add(decimal.New((h-3000)*5, -2))
	}
	if want := price(to).Sub(price(from)); w.Shared >= 7 || !w.Amount.Decimal.Equal(want) {
		t.Errorf("%d nodes for %d cost %v more, want %s", w.Workload, w.Shared, w.Amount, want)
	}
}

func TestCostOfAnExcludedPattern(t *testing.T) {
	plan := load(t, estate(nil), "apiVersion: egressplan/v1\nkind: Policy\nspec: {exclude: [istio-egress-gateway]}")
	if _, err := Cost(plan, "istio-egress-gateway"); err == nil || !strings.Contains(err.Error(), "excludes") {
		t.Errorf("error %v", err)
	}
}
