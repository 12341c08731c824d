package planner

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
)

// oneDatabase is the small estate (two zones) towards one address and port: four
// pods at the most, two in each zone, and as many connections as given.
func oneDatabase(t *testing.T, flow string, replace ...string) map[string]*Candidate {
	t.Helper()
	return with(t, map[string]string{"DB": "10.1.4.4/32", "FLOW": flow}, replace...)
}

// capacityOf is the first row of a candidate about a thing and resource.
func capacityOf(t *testing.T, c *Candidate, thing, resource string) CapacityRow {
	t.Helper()
	for _, r := range c.Capacities() {
		if r.Thing == thing && r.Resource == resource {
			return r
		}
	}
	t.Fatalf("%s has no row of %s, %s", c.ID, thing, resource)
	return CapacityRow{}
}

// capacityCodes are the findings of a candidate about capacity, sorted.
func capacityCodes(c *Candidate) []string {
	var list []string
	for _, f := range c.Findings {
		if strings.HasPrefix(f.Code, "connections-") || strings.HasPrefix(f.Code, "bandwidth-") && f.Code != "bandwidth-over-one-gateway" || f.Code == "cilium-ports-tight" {
			list = append(list, f.Code)
		}
	}
	slices.Sort(list)
	return list
}

// Two zones, one NAT gateway each with one address, 120,000 connections to one
// address and port. Each zone has two of the four pods, so each gateway
// 120,000 x 2/4 = 60,000, more than 55,000: two addresses each. Without a zone
// the other has all 120,000, and 120,000 / 55,000 = 2.18: three.
func TestNATCapacity(t *testing.T) {
	c := oneDatabase(t, "peakConnections: 120000")["private-nat-gateway"]
	r := capacityOf(t, c, thingNAT, resourceConnections)
	if got := fmt.Sprintf("%s %s %s %d %d %d", r.Demand.Decimal, r.Limit, r.HeadRoom.Decimal, r.Planned, r.Needed, r.Most); got != "60000 55000 -5000 1 2 8" {
		t.Errorf("demand, limit, head-room, planned, needed, most: %s", got)
	}
	if got := fmt.Sprintf("%d %s %s %d", len(r.After), r.After[0].State, r.After[0].Demand.Decimal, r.After[0].Needed); got != "1 zone-lost:us-east-1b 120000 3" {
		t.Errorf("after: %s", got)
	}
	if r.Name != "app/payments/ledger/us-east-1a/nat-gateway" || r.To != "10.1.4.4/32 tcp/1521" {
		t.Errorf("named %q to %q", r.Name, r.To)
	}
	want := "app/payments/ledger/us-east-1a/nat-gateway: 60,000 connections at once to 10.1.4.4/32 tcp/1521, one holds 55,000; addresses: 1 planned, 2 needed; in state zone-lost:us-east-1b addresses: 1 planned, 3 needed"
	for _, f := range c.Findings {
		if f.Code == "connections-short" && f.Message != want {
			t.Errorf("said %q", f.Message)
		}
	}
}

// Each limit holds exactly what it says, and not one more.
func TestCapacityBoundaries(t *testing.T) {
	const nat, subnet, cilium, istio = "private-nat-gateway", "vpc-subnet-cidr", "cilium-egress-gateway", "istio-egress-gateway"
	for _, row := range []struct {
		name, pattern, flow string
		want                string
	}{
		// One of two zones: half; without the other: everything.
		{"a NAT address also holds all that is left", nat, "peakConnections: 55000", ""},
		{"one more, when the other zone is lost", nat, "peakConnections: 55001", "connections-after-fault"},
		{"2 x 55,000", nat, "peakConnections: 110000", "connections-after-fault"},
		// 110,001 x 2/4 = 55,000.5: 55,001 on one of the two.
		{"2 x 55,000 and one", nat, "peakConnections: 110001", "connections-short"},
		// 880,000 x 2/4 = 440,000 = 8 x 55,000.
		{"2 x 440,000", nat, "peakConnections: 880000", "connections-short"},
		{"2 x 440,000 and one", nat, "peakConnections: 880001", "connections-beyond-maximum"},
		// Two of the four pods on one node: 129,024 x 2/4 = 64,512. With all four
		// in one zone a node of two vCPU takes three of 500m: 96,768.
		{"2 x 64,512 on a node", subnet, "peakConnections: 129024", "connections-after-fault"},
		{"2 x 64,512 and one", subnet, "peakConnections: 129025", "connections-short"},
		// 65 % of 32,768 = 21,299 on the one gateway that is left of two.
		{"65 % of an egress IP after a fault", cilium, "peakConnections: 21299", ""},
		{"65 % and one", cilium, "peakConnections: 21300", "cilium-ports-tight"},
		{"an egress IP after a fault", cilium, "peakConnections: 32768", "cilium-ports-tight"},
		{"an egress IP after a fault and one", cilium, "peakConnections: 32769", "connections-after-fault"},
		{"2 x 32,768", cilium, "peakConnections: 65536", "connections-after-fault"},
		{"2 x 32,768 and one", cilium, "peakConnections: 65537", "connections-short"},
		// 64 gateways at the most, but four pods: a quarter on each of four,
		// 131,072 / 4 = 32,768.
		{"a pod for each gateway", cilium, "peakConnections: 131072", "connections-short"},
		{"no pod can be split", cilium, "peakConnections: 131073", "connections-beyond-maximum"},
		// Four replicas in two zones, two without a zone: 2 x 28,232 = 56,464.
		{"28,232 on each replica after a fault", istio, "peakConnections: 56464", ""},
		{"28,232 and one after a fault", istio, "peakConnections: 56465", "connections-after-fault"},
		// The two replicas of a node share its 64,512 as well: in one zone alone
		// they have 112,928 together.
		{"4 x 28,232", istio, "peakConnections: 112928", "connections-after-fault connections-after-fault"},
		{"4 x 28,232 and one", istio, "peakConnections: 112929", "connections-after-fault connections-short"},
		// New connections a second: 28,232 / 60 = 470 on each replica.
		{"2 x 470 a second", istio, "peakConnections: 1, connectionsPerSecond: 940", ""},
		{"2 x 470 a second and one", istio, "peakConnections: 1, connectionsPerSecond: 941", "connections-after-fault"},
		{"4 x 470 a second and one", istio, "peakConnections: 1, connectionsPerSecond: 1881", "connections-short"},
		// 32,768 / 10 = 3,276 a second, 65 % of it 2,129.
		{"2,129 a second", cilium, "peakConnections: 1, connectionsPerSecond: 2129", ""},
		{"2,130 a second", cilium, "peakConnections: 1, connectionsPerSecond: 2130", "cilium-ports-tight"},
	} {
		t.Run(row.name, func(t *testing.T) {
			marks := map[string]string{"DB": "10.1.4.4/32", "FLOW": row.flow}
			if row.pattern == nat {
				marks["CNI"] = "externalSNAT: true" // the gateways alone
			}
			c := with(t, marks)[row.pattern]
			if got := strings.Join(capacityCodes(c), " "); got != row.want {
				t.Errorf("%s with %s: %q, want %q", row.pattern, row.flow, got, row.want)
			}
		})
	}
}

// What is beyond the most addresses makes its app an exception.
func TestBeyondMaximumIsAnException(t *testing.T) {
	c := oneDatabase(t, "peakConnections: 880001")["private-nat-gateway"]
	if c.Status != Rejected || len(c.Exceptions) != 1 || c.Exceptions[0].Code != "connections-beyond-maximum" {
		t.Errorf("%s with %v", c.Status, c.Exceptions)
	}
	// Sixteen addresses: if all go to one, no number of addresses would do, but
	// they may spread: 880,001 / 16 on each. A risk, not a blocker.
	c = with(t, map[string]string{"DB": "10.1.4.0/28", "FLOW": "peakConnections: 880001"})["private-nat-gateway"]
	if r := capacityOf(t, c, thingNAT, resourceConnections); c.Status == Rejected || r.Needed != 0 {
		t.Errorf("%s, %d needed", c.Status, r.Needed)
	}
}

// With one NAT gateway for both zones it has all pods at all times, and the loss
// of the other zone brings it nothing new.
func TestOneNATForAllZones(t *testing.T) {
	c := oneDatabase(t, "peakConnections: 100000", "\n---\napiVersion: egressplan/v1\nkind: AppInventory",
		"\n---\napiVersion: egressplan/v1\nkind: Policy\nspec: {redundancy: {natZones: 1}}\n---\napiVersion: egressplan/v1\nkind: AppInventory")["private-nat-gateway"]
	r := capacityOf(t, c, thingNAT, resourceConnections)
	if got := fmt.Sprintf("%s %d %s", r.Demand.Decimal, r.Needed, r.After[0].Demand.Decimal); got != "100000 2 100000" {
		t.Error(got)
	}
}

// Without peakConnections nothing is claimed: no demand, a note.
func TestUnknownPeak(t *testing.T) {
	for id, c := range oneDatabase(t, "") {
		noted := slices.ContainsFunc(c.Findings, func(f FindingView) bool { return f.Code == "peak-connections-unknown" })
		if !noted || len(capacityCodes(c)) > 0 {
			t.Errorf("%s: noted %v, %v", id, noted, capacityCodes(c))
		}
		for _, r := range c.Capacities() {
			if r.Resource == resourceConnections && (r.Demand.Valid || r.HeadRoom.Valid || r.Unknown != 1) {
				t.Errorf("%s: %+v", id, r)
			}
		}
	}
	// Where the node does not translate, nothing depends on it.
	c := with(t, map[string]string{"CNI": "externalSNAT: true"})["vpc-subnet-cidr"]
	for _, f := range c.Findings {
		if f.Code == "peak-connections-unknown" {
			t.Error("a subnet that nothing translates has no ports to run out of")
		}
	}
}

// A month's 80,000 GB at four times the mean are
// 80,000 x 8,589.934592 / 2,628,000 x 4 = 1,045.96 Mbit/s over a port of 1,000;
// a VPN tunnel behind it holds 1,250, and 140,000 packets a second, where
// 1,045.96 Mbit/s in packets of 500 bytes are 261,490.
func TestLinkCapacity(t *testing.T) {
	vpn := "location: Contiguous US}, {name: vpn1, over: site-to-site-vpn, role: backup}]"
	list := oneDatabase(t, "peakConnections: 1", "outGB: 10", "outGB: 80000", "location: Contiguous US}]", vpn)
	for id, c := range list {
		if got := strings.Join(capacityCodes(c), " "); got != "bandwidth-after-fault bandwidth-short" {
			t.Errorf("%s: %s", id, got)
		}
	}
	var primary, backup CapacityRow
	for _, r := range list["vpc-subnet-cidr"].Capacities() {
		switch r.Name + " " + r.Resource {
		case "dx1 " + resourceBandwidth:
			primary = r
		case "vpn1 " + resourcePackets:
			backup = r
		}
	}
	if primary.Demand.Decimal.StringFixed(2) != "1045.96" || !primary.Limit.Equal(decimal.NewFromInt(1000)) {
		t.Errorf("dx1 carries %s of %s", primary.Demand.Decimal, primary.Limit)
	}
	if !backup.Demand.Decimal.IsZero() || backup.After[0].State != "link-lost:dx1" || backup.After[0].Demand.Decimal.StringFixed(0) != "261490" {
		t.Errorf("vpn1: %+v", backup)
	}
}

// Gateways are planned for the peak; with one of two gone the other carries it
// all. 30,000 GB out and 20 in at peak are 392.5 Mbit/s; a c5n.large has 3,000
// x 0.6 = 1,800.
func TestGatewayBandwidth(t *testing.T) {
	c := oneDatabase(t, "peakConnections: 1", "outGB: 10", "outGB: 30000")["cilium-egress-gateway"]
	r := capacityOf(t, c, thingEgressNode, resourceBandwidth)
	if got := r.Demand.Decimal.StringFixed(1) + " " + r.After[0].Demand.Decimal.StringFixed(1) + " " + r.Limit.String(); got != "196.2 392.5 1800" {
		t.Error(got)
	}
}

// Blocks and port ranges that overlap meet where they are narrowest.
func TestBuckets(t *testing.T) {
	plan := load(t, strings.Replace(estate(map[string]string{"DB": "10.1.4.0/28", "FLOW": "peakConnections: 10}, {to: node, peakConnections: 5"}),
		"ports: [tcp/1521]}", "ports: [tcp/1521]}\n    - {name: node, kind: on-premises, firewall: edge, cidrs: [10.1.4.4/32], ports: [tcp/1500-1600, udp/1521]}", 1))
	c := pick(plan, "private-nat-gateway")
	var got []string
	for _, b := range c.work.buckets(c.work.flows()) {
		var sum int64
		list, _ := c.work.loads(b, atOnce, false)
		for _, l := range list {
			sum += whole(l.value)
		}
		got = append(got, fmt.Sprintf("%s=%d", b, sum))
	}
	want := "10.1.4.0/28 tcp/1521=10 10.1.4.4/32 tcp/1500=5 10.1.4.4/32 tcp/1521=15 10.1.4.4/32 udp/1521=5"
	if text := strings.Join(got, " "); text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

// Only the recommended candidate carries its capacity unless all is asked for;
// rows are sorted and their head-room is what is left of the limit.
func TestCapacityOfFixtures(t *testing.T) {
	for _, name := range fixtureNames(t) {
		r := Recommend(loadFixture(t, name))
		r.fillCapacity(false)
		for _, c := range r.Candidates {
			if (c.Status == Recommended) != (len(c.Capacity) > 0) {
				t.Errorf("%s, %s, %s: %d rows", name, c.ID, c.Status, len(c.Capacity))
			}
			key := ""
			for _, row := range c.Capacities() {
				k := strings.Join([]string{row.Thing, row.Name, row.To, row.Resource}, "\x00")
				if k <= key {
					t.Errorf("%s, %s: %q after %q", name, c.ID, k, key)
				}
				key = k
				if row.Demand.Valid && row.Limit.Sub(row.Demand.Decimal).Sub(row.HeadRoom.Decimal).Abs().GreaterThan(decimal.New(1, -3)) {
					t.Errorf("%s, %s: %+v", name, c.ID, row)
				}
			}
		}
	}
}
