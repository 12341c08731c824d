package planner

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"egressplan/planner/finding"
	"egressplan/planner/inventory"
)

// What must come out of the example plans, from the facts their comments and
// READMEs name. The archetypes are in TestArchetypes.

// exceptionsOf are a candidate's exceptions as "app code".
func exceptionsOf(c *Candidate) string {
	var list []string
	for _, x := range c.Exceptions {
		list = append(list, x.App+" "+x.Code)
	}
	return strings.Join(list, ", ")
}

// has returns the severity of a candidate's finding whose message holds a text.
func has(c *Candidate, code, text string) finding.Severity {
	for _, f := range c.Findings {
		if f.Code == code && strings.Contains(f.Message, text) {
			return f.Severity
		}
	}
	return ""
}

func wantPattern(t *testing.T, r *Recommendation, want string) {
	t.Helper()
	if r.Pattern == nil || *r.Pattern != want {
		t.Fatalf("%s, want %s", r.Summary, want)
	}
}

func wantLine(t *testing.T, c *Candidate, item, quantity, amount string) {
	t.Helper()
	if q, a := line(c, item); q != quantity || a != amount {
		t.Errorf("%s: %s, %s USD; want %s, %s", item, q, a, quantity, amount)
	}
}

// Everything of the buyer but 10.50.0.0/16 can be reached, and only from
// addresses that the buyer has not. So one app waits, and the other two leave by
// four NAT gateways: all that 64 addresses hold at a /28 each.
func TestPlanOverlap(t *testing.T) {
	plan := loadFixture(t, "overlap")
	r := Recommend(plan)
	wantPattern(t, r, "private-nat-gateway")
	all := candidates(r)
	for id, c := range all {
		// Amazon VPC User Guide, Route priority: the local route takes it.
		if !strings.Contains(exceptionsOf(c), "claims/documents destination-inside-vpc") {
			t.Errorf("%s: exceptions are %s", id, exceptionsOf(c))
		}
		if s := has(c, "on-premises-in-vpc", "10.48.0.0/14 of buyer overlaps 10.50.0.0/16"); s != finding.Risk {
			t.Errorf("%s: on-premises-in-vpc is %q", id, s)
		}
	}
	nat := all["private-nat-gateway"]
	wantLine(t, nat, "nat-gateway-hour", "2920", "131.40") // 2 apps x 2 zones x 730 h x 0.045
	site, pool := netip.MustParsePrefix("10.48.0.0/14"), netip.MustParsePrefix("10.96.0.0/26")
	for _, row := range nat.Sources {
		for _, s := range row.CIDRs {
			if p := netip.MustParsePrefix(s); p.Overlaps(site) || !pool.Contains(p.Addr()) {
				t.Errorf("%s leaves as %s: the buyer would answer to its own hosts", row.App, s)
			}
		}
	}
	sim, err := Simulate(plan, SimulateOptions{Pattern: nat.ID})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range sim.Paths {
		if p.App == "claims/documents" {
			t.Errorf("%s is walked although it is left out", p.App)
		}
	}
}

// An app that can go no way must not take the space of the others: with the
// archive's own gateways the 64 addresses would be two /28 short.
func TestHopelessAppsTakeNoSpace(t *testing.T) {
	plan := loadFixture(t, "overlap")
	plan.Policy.MaxExceptions.V = 0
	c := pick(plan, "private-nat-gateway")
	if c.Status != Rejected || exceptionsOf(c) != "claims/documents destination-inside-vpc" {
		t.Errorf("%s with %q", c.Status, exceptionsOf(c))
	}
	if has(c, "no-space", "gone once 1 app") == "" {
		t.Error("no-space does not say that it goes with the app")
	}
}

// Two apps run on Fargate, which has no room for an agent or a redirecting
// sidecar; subnets and NAT gateways do not mind. The pods are their own
// interfaces, so nothing translates them on the way to the route table.
func TestPlanFargate(t *testing.T) {
	plan := loadFixture(t, "fargate")
	r := Recommend(plan)
	wantPattern(t, r, "vpc-subnet-cidr")
	all := candidates(r)
	for _, id := range []string{"cilium-egress-gateway", "istio-egress-gateway"} {
		if got := exceptionsOf(all[id]); all[id].Status != Rejected || got != "parcels/labels fargate-unsupported, parcels/tracking fargate-unsupported" {
			t.Errorf("%s is %s with %s", id, all[id].Status, got)
		}
	}
	// Fargate adds 256 MiB to a pod and rounds up to what it offers: 0.5 vCPU with
	// 1.25 GB becomes 2 GB, 0.25 vCPU with 0.75 GB becomes 1 GB.
	wantLine(t, all["vpc-subnet-cidr"], "fargate-vcpu-hour", "2920", "118.20") // (6 x 0.5 + 4 x 0.25) x 730 h x 0.04048
	wantLine(t, all["vpc-subnet-cidr"], "fargate-gb-hour", "11680", "51.92")   // (6 x 2 + 4 x 1) x 730 h x 0.004445
	wantLine(t, all["vpc-subnet-cidr"], "ec2-hour:m6i.large", "1460", "140.16")
	sim, err := Simulate(plan, SimulateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	fargate := 0
	for _, p := range sim.Paths {
		translated := slices.ContainsFunc(p.Forward, func(h Hop) bool { return h.Action == "snat" })
		if onFargate := p.Variant == "fargate"; onFargate == translated || onFargate != (p.App != "parcels/sorter") {
			t.Errorf("%s (%s): translated %v", p.App, p.Variant, translated)
		} else if onFargate {
			fargate++
		}
	}
	if fargate != 4 { // two apps in two zones
		t.Errorf("%d Fargate paths, want 4", fargate)
	}
}

// 32 addresses of which half are kept are one /28; every pattern needs more.
// Cilium's two egress subnets, a /28 in each zone, miss one; with keepFree at 0
// they are exactly what is there.
func TestPlanFull(t *testing.T) {
	plan := loadFixture(t, "full")
	r := Recommend(plan)
	if r.Pattern != nil || r.Nearest == nil || r.Nearest.Candidate != "cilium-egress-gateway" {
		t.Fatalf("%s, nearest %+v", r.Summary, r.Nearest)
	}
	// Nodes and gateways of one pod more than a zone's share: one node, two
	// interfaces of ten: 20 addresses, a /27. Two apps, two zones.
	for id, missing := range map[string]string{
		"vpc-subnet-cidr":       "no room for 4 blocks, 128 addresses",
		"private-nat-gateway":   "no room for 7 blocks, 176 addresses", // and 4 x /28, of which one finds room
		"cilium-egress-gateway": "no room for 1 block, 16 addresses",
		"istio-egress-gateway":  "no room for 4 blocks, 128 addresses",
	} {
		if has(candidates(r)[id], "no-space", missing) != finding.Blocker {
			t.Errorf("%s: not %q", id, missing)
		}
	}
	if len(r.Nearest.Changes) != 1 || !strings.Contains(r.Nearest.Changes[0], "keepFree: 0%") {
		t.Errorf("changes %q", r.Nearest.Changes)
	}
	plan = loadFixture(t, "full")
	plan.Environment.Pools[0].KeepFree.V = decimal.Zero
	wantPattern(t, Recommend(plan), "cilium-egress-gateway")
}

// Six apps in two zones, two existing route tables, five existing subnets and
// blocks, one existing NAT gateway.
func TestPlanQuotas(t *testing.T) {
	plan := loadFixture(t, "quotas")
	r := Recommend(plan)
	wantPattern(t, r, "vpc-subnet-cidr")
	all := candidates(r)
	for code, text := range map[string]string{
		"quota-vpc-cidrs":    "6 CIDR blocks with this plan, quota 5: ask for at least 6",
		"quota-subnets":      "17 subnets with this plan, quota 12: ask for at least 17",      // 5 + 6 x 2
		"quota-route-tables": "14 route tables with this plan, quota 12: ask for at least 14", // 2 + 6 x 2
		"quota-routes":       "10 routes with this plan, quota 8: ask for at least 10",        // 6 local ones, 4 ranges of the hub
	} {
		if got := has(all["vpc-subnet-cidr"], code, text); got != finding.Risk {
			t.Errorf("%s %q is %q, want a risk", code, text, got)
		}
	}
	nat := all["private-nat-gateway"]
	for _, text := range []string{"us-east-1a: 6 NAT gateways needed and 1 there, quota 5", "us-east-1b: 6 NAT gateways needed and 0 there, quota 5"} {
		if got := has(nat, "nat-gateway-quota", text); got != finding.Blocker {
			t.Errorf("%q is %q, want a blocker", text, got)
		}
	}
	if nat.Status != Rejected {
		t.Errorf("private-nat-gateway is %s against a quota that cannot be raised", nat.Status)
	}
	plan = loadFixture(t, "quotas")
	plan.Environment.Quotas.Fixed = nil // then it is a matter of asking
	if c := candidates(Recommend(plan))["private-nat-gateway"]; c.Status != Feasible || has(c, "nat-gateway-quota", "us-east-1a") != finding.Risk {
		t.Errorf("private-nat-gateway is %s where the quota may be raised", c.Status)
	}
}

// Two firewalls, two identities; two sites, each with links of its own.
func TestPlanTwoSites(t *testing.T) {
	plan := loadFixture(t, "two-sites")
	r := Recommend(plan)
	wantPattern(t, r, "vpc-subnet-cidr")
	c := candidates(r)["vpc-subnet-cidr"]
	// Ohio tells apps apart, so whoever reaches it has a source of its own, also in
	// Texas; who reaches only Texas has its namespace's.
	want := map[string]string{"plant/mes ohio-edge": "app/plant/mes", "plant/spare-parts ohio-edge": "app/plant/spare-parts", "plant/spare-parts texas-edge": "app/plant/spare-parts",
		"plant/reports texas-edge": "namespace/plant", "plant/shifts texas-edge": "namespace/plant", "sales/offers texas-edge": "namespace/sales"}
	for _, row := range c.Sources {
		key := row.App + " " + row.Firewall
		if row.Group != want[key] {
			t.Errorf("%s: %s, want %q", key, row.Group, want[key])
		}
		delete(want, key)
	}
	if len(want) > 0 {
		t.Errorf("no source for %v", want)
	}
	wantLine(t, c, "direct-connect-port-hour:1Gbps", "730", "219.00")    // 730 h x 0.30
	wantLine(t, c, "direct-connect-hosted-hour:200Mbps", "730", "58.40") // 730 h x 0.08
	wantLine(t, c, "direct-connect-out-gb:Contiguous US", "90", "1.80")  // out: Ohio 40 + 10, Texas 20 + 5 + 5 + 10
	wantLine(t, c, "transit-gateway-gb", "300", "6.00")                  // both ways: Ohio 140 + 30, Texas 50 + 50 + 10 + 20
	wantLine(t, c, "vpn-connection-hour", "1460", "73.00")               // 2 x 730 h x 0.05
	// The VPC's, one for the Direct Connect gateway of both connections, one for
	// each VPN: 4 x 730 h x 0.05.
	wantLine(t, c, "transit-gateway-attachment-hour", "2920", "146.00")
	wantLine(t, c, "ec2-hour:m6i.large", "5840", "560.64") // 4 sources x 2 zones, one node each
	checkFailOver(t, plan, "dx-ohio", "vpn-ohio", "mes-db")
	checkFailOver(t, plan, "dx-texas", "vpn-texas", "stock-db")
}

// checkFailOver: with the primary link gone, what goes to its site takes the
// backup, from the same source and with an answer.
func checkFailOver(t *testing.T, plan *inventory.Plan, primary, backup, to string) {
	t.Helper()
	for _, state := range []string{"", "link-lost:" + primary} {
		sim, err := Simulate(plan, SimulateOptions{To: to, State: state})
		if err != nil {
			t.Fatal(err)
		}
		want := primary
		if state != "" {
			want = backup
		}
		if len(sim.Paths) == 0 {
			t.Errorf("%s: nothing was walked to %s", state, to)
		}
		for _, p := range sim.Paths {
			over := slices.ContainsFunc(p.Forward, func(h Hop) bool { return h.Hop == want })
			if !over || !p.Allowed || !p.Replied {
				t.Errorf("%s, %s -> %s: over %s %v, allowed %v, replied %v", p.State, p.App, p.To, want, over, p.Allowed, p.Replied)
			}
		}
	}
}

// A year after the lock: what grew keeps its blocks and gets more, what left is
// held, what may not stay moves.
func TestPlanLock(t *testing.T) {
	plan := loadFixture(t, "lock")
	a := PlanAddresses(plan, "vpc-subnet-cidr")
	at := map[string]string{}
	for _, x := range a.Allocations {
		at[x.Name] = x.CIDR
	}
	locked := map[string]string{}
	for _, e := range plan.Lock {
		locked[e.Name] = e.CIDR.String()
	}
	var held, moved []string
	for _, h := range a.Held {
		held = append(held, h.Name)
		if h.CIDR != locked[h.Name] {
			t.Errorf("%s is held at %s", h.Name, h.CIDR)
		}
	}
	for _, m := range a.Moves {
		moved = append(moved, m.Name)
		if m.From != locked[m.Name] || !netip.MustParsePrefix("10.100.64.0/20").Overlaps(netip.MustParsePrefix(m.To)) {
			t.Errorf("%s moves from %s to %s", m.Name, m.From, m.To)
		}
	}
	for _, zone := range []string{"us-east-1a", "us-east-1b"} {
		rota, pharmacy, records := "app/wards/rota/"+zone+"/nodes", "app/wards/pharmacy/"+zone+"/nodes", "app/wards/records/"+zone+"/nodes"
		if !slices.Contains(held, rota) || at[rota] != "" {
			t.Errorf("%s has left and is not held", rota)
		}
		if !slices.Contains(moved, pharmacy) {
			t.Errorf("%s stays where no answer finds it", pharmacy)
		}
		// 40 pods and a quarter are 50, 25 a zone; three fit a node by CPU: 9 nodes of
		// 2 x 10 addresses are 180. The /25 of the lock has 123 to give, 6 nodes' worth;
		// the other 3 nodes take 60, one more than a /26 has.
		if at[records] != locked[records] || netip.MustParsePrefix(at[records+"/2"]).Bits() != 25 {
			t.Errorf("%s: %s, then %s; the lock has %s", records, at[records], at[records+"/2"], locked[records])
		}
	}
	if len(held) != 2 || len(moved) != 2 {
		t.Errorf("held %v, moved %v", held, moved)
	}
	used := map[netip.Prefix]string{}
	for _, x := range a.Allocations {
		used[netip.MustParsePrefix(x.CIDR)] = x.Name
	}
	for _, h := range a.Held {
		for p, name := range used {
			if p.Overlaps(netip.MustParsePrefix(h.CIDR)) {
				t.Errorf("%s takes %s, which is held", name, h.CIDR)
			}
		}
	}
}

// Two teams in two zones are four nodes; nobody gave a volume, and no source has
// the price of a VPN connection in us-west-2, so the bill is "at least".
func TestPlanHybrid(t *testing.T) {
	r := Recommend(loadFixture(t, "hybrid"))
	wantPattern(t, r, "vpc-subnet-cidr")
	c := candidates(r)["vpc-subnet-cidr"]
	wantLine(t, c, "ec2-hour:m6i.large", "2920", "280.32") // 4 x 730 h x 0.096
	for _, item := range []string{"vpn-connection-hour", "internet-out-gb"} {
		if !slices.ContainsFunc(c.Monthly.Unknown, func(u Unknown) bool { return u.Item == item }) {
			t.Errorf("%s is not unknown: %+v", item, c.Monthly.Unknown)
		}
	}
	if len(r.Conditional) > 0 {
		t.Errorf("conditional on %+v, although nothing is unknown in one candidate only", r.Conditional)
	}
}

// Six apps reach the firewall that tells apps apart; the others are of payments,
// lending, channels and logging.
func TestPlanBank(t *testing.T) {
	r := Recommend(loadFixture(t, "bank"))
	wantPattern(t, r, "vpc-subnet-cidr")
	all := candidates(r)
	groups := map[string]bool{}
	for _, s := range all["vpc-subnet-cidr"].Sources {
		groups[s.Group] = true
	}
	if got := strings.Join(sortedKeys(groups), " "); got != "app/cards/card-auth app/cards/card-settlement app/lending/loan-origination app/payments/fraud-check app/payments/ledger app/payments/payout "+
		"namespace/channels namespace/lending namespace/logging namespace/payments" {
		t.Errorf("sources %s", got)
	}
	wantLine(t, all["private-nat-gateway"], "nat-gateway-hour", "21900", "985.50") // 10 sources x 3 zones x 730 h x 0.045
	if got := exceptionsOf(all["cilium-egress-gateway"]); got != "lending/statements fargate-unsupported" {
		t.Errorf("Cilium's exceptions: %s", got)
	}
	if got := exceptionsOf(all["istio-egress-gateway"]); got != "lending/statements fargate-unsupported, logging/shipper udp-not-captured" {
		t.Errorf("Istio's exceptions: %s", got)
	}
}

// Whoever asks about an app that a pattern leaves out is told so, and what is
// said of a pattern that cannot be carried out says that.
func TestWhoisOfWhatIsLeftOut(t *testing.T) {
	for _, x := range []struct{ plan, pattern, app, leftOut, blocked string }{
		{"bank", "istio-egress-gateway", "lending/statements", "fargate-unsupported", ""},
		{"bank", "cilium-egress-gateway", "lending/statements", "fargate-unsupported", ""},
		{"overlap", "private-nat-gateway", "claims/documents", "destination-inside-vpc", ""},
		{"fargate", "istio-egress-gateway", "parcels/tracking", "fargate-unsupported", ""},
		{"full", "vpc-subnet-cidr", "mill/planning", "", "no-space"},
		{"full", "private-nat-gateway", "mill/planning", "", "no-space"},
	} {
		id, err := Whois(loadFixture(t, x.plan), x.pattern, x.app)
		if err != nil {
			t.Fatal(err)
		}
		if id.LeftOut != x.leftOut || strings.Join(id.Blocked, " ") != x.blocked {
			t.Errorf("%s in %s: left out %q, blocked %q", x.app, x.pattern, id.LeftOut, id.Blocked)
		}
	}
}

// Every example plan has a test of what must come out of it.
func TestEveryPlanIsHeldToSomething(t *testing.T) {
	held := []string{"archetype-cilium", "archetype-istio", "archetype-nat", "archetype-subnet", "bank", "fargate", "full", "hybrid", "lock", "overlap", "quotas", "two-sites"}
	if got := fixtureNames(t); !slices.Equal(got, held) {
		t.Errorf("plans %v, held %v", got, held)
	}
}
