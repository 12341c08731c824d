package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"egressplan/planner"
	"egressplan/planner/finding"
)

var dec = decimal.RequireFromString

// sample is a recommendation of two candidates: 3,500 GB x 0.045 = 157.50 and
// 2,190 h x 0.045 = 98.55 make 256.05; 6 h x 90 = 540 make it 796.05.
func sample() *planner.Recommendation {
	winner := "private-nat-gateway"
	return &planner.Recommendation{
		Environment: "payments-prod", Candidate: &winner, Pattern: &winner,
		Summary:     "Private NAT gateways give each app addresses of its own.",
		Conditional: []planner.Condition{{Input: "payments/ledger outGB", UpTo: "2628", Unit: "GB/month", To: "cilium-egress-gateway", Why: "not given"}},
		NearTies:    []planner.NearTie{{Candidate: "cilium-egress-gateway", Difference: dec("12.005"), Percent: dec("1.2")}},
		Candidates: []*planner.Candidate{{
			ID: winner, Pattern: winner, Status: planner.Recommended, Rank: 1,
			Exceptions: []planner.Exception{{App: "logging/shipper", Code: "udp-not-captured"}},
			Monthly: planner.Monthly{Currency: "USD", Total: dec("256.05"), Operations: dec("540"), Decision: dec("796.05"),
				Lines: []planner.Line{
					{Item: "nat-gateway-gb", Quantity: dec("3500"), Unit: "GB", UnitPrice: dec("0.045"), Amount: dec("157.5"), How: "both ways"},
					{Item: "nat-gateway-hour", Quantity: dec("2190"), Unit: "hour", UnitPrice: dec("0.045"), Amount: dec("98.55"), How: "3 zones x 730 h"},
				},
				Work: []planner.WorkLine{{What: "NAT gateways", Hours: dec("6"), Amount: dec("540"), How: "6 h x 90 USD"}}},
			Sources: []planner.SourceRow{
				{App: "payments/ledger", Firewall: "dc1-edge", Group: "namespace/payments", CIDRs: []string{"10.20.80.0/28"}, SharedWith: []string{"payments/api"}, Admits: 16, UsedBy: 11, Barrier: "its own nodes"},
				{App: "payments/api", Firewall: "dc1-edge", Group: "namespace/payments", CIDRs: []string{"10.20.80.0/28"}, SharedWith: []string{"payments/ledger"}, Admits: 16, UsedBy: 11, Barrier: "its own nodes"},
			},
			AllowList: []planner.AllowRow{
				allowRow("payments/api", "core-db", "app", 1521, "10.20.80.0/28"), allowRow("payments/ledger", "core-db", "app", 1521, "10.20.80.0/28"),
			},
			Findings: []planner.FindingView{
				{Code: "late", Severity: finding.Risk, Scope: finding.App, Subjects: []string{"a/b\x1b[31m"}, Count: 1, Message: "A risk of one app."},
				{Code: "nat-gateway-quota", Severity: finding.Risk, Scope: finding.Estate, Count: 1, Message: "Six NAT gateways in a zone; the quota is 5.", Fix: "Raise the quota first."},
				{Code: "remark", Severity: finding.Note, Scope: finding.Estate, Count: 1, Message: "For the record."},
			},
		}, {
			ID: "vpc-subnet-cidr", Pattern: "vpc-subnet-cidr", Status: planner.Rejected, Rank: 2,
			Monthly: planner.Monthly{Currency: "USD", Total: dec("809.76"), Decision: dec("809.76"), Unknown: []planner.Unknown{{Item: "x", Why: "y"}, {Item: "z", Why: "y"}}},
			Findings: []planner.FindingView{{Code: "source-too-broad", Severity: finding.Blocker, Scope: finding.Estate,
				Subjects: []string{"a -> x", "b -> x", "c -> x", "d -> x"}, Count: 14, Message: "The firewall takes single addresses."}},
		}},
		Crossovers: []planner.Crossover{
			{Candidate: "istio-egress-gateway", From: dec("5867"), At: dec("123456.7")}, {Candidate: "cilium-egress-gateway", From: dec("5867"), At: dec("12345.4")},
		},
		Flips: []planner.Flip{{Input: "payments/ledger outGB", From: "400", At: "2628", Unit: "GB/month", To: "cilium-egress-gateway"}},
		Assumptions: []planner.Assumption{
			{Name: "engineerHourUSD", Value: "90", Why: "not given", Matters: true},
			{Name: "peakFactor", Value: "3", Why: "given in the policy", Matters: true},
			{Name: "growth", Value: "25 %", Why: "a usual margin", Matters: true},
			{Name: "unused", Value: "1", Why: "not given"},
		},
	}
}

func allowRow(app, to, initiator string, port int, source string) planner.AllowRow {
	return planner.AllowRow{Firewall: "dc1-edge", App: app, To: to, Initiator: initiator, Sources: []string{source}, Destinations: []string{"10.1.4.4/32", "10.1.4.5/32"},
		Hosts: []string{"core-db.example"}, Protocol: "tcp", PortFrom: port, PortTo: port}
}

func recommendationText(t *testing.T, rec *planner.Recommendation, width int) string {
	t.Helper()
	var buf bytes.Buffer
	if err := writeRecommendation(&page{w: &buf, width: width}, rec, []string{"plan/"}); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func TestRecommendationTellsTheDecisionFirst(t *testing.T) {
	text := recommendationText(t, sample(), 140)
	first, _, _ := strings.Cut(text, "\n")
	if want := "Recommended: private-nat-gateway — 256.05 USD a month billed, 796.05 with declared work"; first != want {
		t.Errorf("first line %q, want %q", first, want)
	}
	inOrder := []string{
		"It is the only pattern that meets every requirement.",
		"1 app cannot go this way and needs another: logging/shipper [udp-not-captured]",
		"Holds while payments/ledger outGB stays at or below 2,628 GB/month; beyond that cilium-egress-gateway is better",
		"Near tie: cilium-egress-gateway is only 12.01 USD a month dearer",
		// 12,345.4 / 5,867 = 2.104; 123,456.7 / 5,867 = 21.04
		"- From about 12,345 GB a month (2.1 x today's 5,867) cilium-egress-gateway would be cheaper, all else equal.",
		"- From about 123,457 GB a month (21 x today's 5,867) istio-egress-gateway would be cheaper",
		"Watch out", "[nat-gateway-quota]", "Raise the quota first.", "[late] A risk of one app",
		"Side by side", "rejected:", "[source-too-broad]",
		"Why not vpc-subnet-cidr", "(a -> x, b -> x, c -> x and 11 more)",
		"What would change it",
		"The bill of private-nat-gateway", "0.045", "157.50", "NAT gateways", "= decision",
		"The allow-list of private-nat-gateway, 1 row", "firewall dc1-edge", "payments/api, payments/ledger", "10.20.80.0/28", "core-db: 10.1.4.4/32, 10.1.4.5/32", "tcp/1521",
		"Who else could show these sources", "- its own nodes",
		"namespace/payments (10.20.80.0/28): the firewall opens 16 addresses, the apps themselves can have 11; shared by payments/api,", "payments/ledger",
		"Findings of private-nat-gateway", "For the record.",
		"engineerHourUSD = 90; growth = 25 % (a usual margin)",
		"Next: egressplan cidr plan/",
	}
	rest := text
	for _, want := range inOrder {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Fatalf("%q is missing, or not where it belongs, in\n%s", want, text)
		}
		rest = after
	}
	for _, never := range []string{"unused", "peakFactor", "\x1b", "Private NAT gateways give"} {
		if strings.Contains(text, never) {
			t.Errorf("%q should not be there", never)
		}
	}
}

// What ranks must be seen at any width, and no line may be wider than the page.
func TestRecommendationReadsWellAnywhere(t *testing.T) {
	for _, width := range []int{80, 100, 140} {
		text := recommendationText(t, sample(), width)
		for line := range strings.Lines(text) {
			if n := textWidth(strings.TrimRight(line, "\n")); n > width {
				t.Errorf("%d columns on a page of %d: %s", n, width, line)
			}
		}
		if hides := strings.Contains(text, "hidden at this width: "); hides != (width < 140) {
			t.Errorf("at %d columns hidden columns are named: %v", width, hides)
		}
		for _, want := range []string{"decision", "796.05", "at least", "unknown (2)", "[source-too-broad]"} {
			if !strings.Contains(text, want) {
				t.Errorf("at %d columns %q is missing:\n%s", width, want, text)
			}
		}
	}
}

func TestRecommendationOfNothing(t *testing.T) {
	rec := sample()
	rec.Candidate, rec.Pattern, rec.Conditional, rec.NearTies = nil, nil, nil, nil
	rec.Candidates = rec.Candidates[1:]
	rec.Nearest = &planner.Nearest{Candidate: "vpc-subnet-cidr", Changes: []string{"accept a /28 as a source"}}
	text := recommendationText(t, rec, 100)
	for _, want := range []string{"No pattern is feasible.\n", "Nearest: vpc-subnet-cidr", "- accept a /28 as a source", "--pattern P plan/"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
	for _, never := range []string{"Recommended", "The bill of", "The allow-list of"} {
		if strings.Contains(text, never) {
			t.Errorf("%q should not be there:\n%s", never, text)
		}
	}
}

func TestRecommendationWhenThePolicyExcludesAll(t *testing.T) {
	text := recommendationText(t, &planner.Recommendation{Summary: "The policy excludes all four patterns."}, 100)
	if !strings.HasPrefix(text, "No pattern is feasible.\nThe policy excludes all four patterns.\n\nNext: ") {
		t.Errorf("%s", text)
	}
}

// A firewall holds one row where sources, destinations, port and opener agree.
func TestAllowRowsAreFoldedByWhatAFirewallHolds(t *testing.T) {
	entries := planner.FoldAllowRows([]planner.AllowRow{
		allowRow("a/1", "db", "app", 1521, "10.0.0.1/32"), allowRow("a/2", "db", "app", 1521, "10.0.0.2/32"), allowRow("a/3", "db-alias", "app", 1521, "10.0.0.1/32"),
		allowRow("a/1", "db", "app", 22, "10.0.0.1/32"), allowRow("a/1", "db", "destination", 1521, "10.0.0.1/32"),
	})
	var got []string
	for _, e := range entries {
		got = append(got, strings.Join([]string{strings.Join(e.Sources, "+"), e.Port, e.OpenedBy, strings.Join(e.Names, "+"), strings.Join(e.Apps, "+")}, " "))
	}
	want := []string{"10.0.0.1/32 tcp/1521 app db+db-alias a/1+a/3", "10.0.0.2/32 tcp/1521 app db a/2", "10.0.0.1/32 tcp/22 app db a/1", "10.0.0.1/32 tcp/1521 on-premises db a/1"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPortRange(t *testing.T) {
	cases := []struct {
		protocol string
		from, to int
		want     string
	}{{"tcp", 1521, 1521, "tcp/1521"}, {"udp", 1024, 2048, "udp/1024-2048"}, {"icmp", 0, 0, "icmp"}, {"tcp", 0, 65535, "tcp/0-65535"}}
	for _, c := range cases {
		if got := (planner.AllowRow{Protocol: c.protocol, PortFrom: c.from, PortTo: c.to}).Ports(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// 405 rows: 400 are shown, 5 counted. Addresses beyond the first 16 are counted.
func TestLongAllowListIsCut(t *testing.T) {
	c := &planner.Candidate{ID: "x"}
	for port := 1; port <= 405; port++ {
		c.AllowList = append(c.AllowList, allowRow("a/b", "db", "app", port, "10.0.0.1/32"))
	}
	for i := range 20 {
		c.AllowList[0].Destinations = append(c.AllowList[0].Destinations, fmt.Sprintf("10.9.0.%d/32", i))
	}
	var buf bytes.Buffer
	if err := writeAllowList(&page{w: &buf, width: 120}, c); err != nil {
		t.Fatal(err)
	}
	text := buf.String()
	// 2 + 20 destinations less 16 leaves 6
	for _, want := range []string{"405 rows", "tcp/400", "and 5 rows more; -o json has them all", "and 6 more"} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
	if strings.Contains(text, "tcp/401") {
		t.Errorf("row 401 should only be counted:\n%s", text)
	}
	// what is filed is written out whole
	buf.Reset()
	if err := writeAllowPage(&page{w: &buf, width: 120}, &planner.AllowList{Pattern: "x", Entries: c.AllowList, Firewalls: []planner.AllowFirewall{{Firewall: c.AllowList[0].Firewall}}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"tcp/405", "10.9.0.19/32"} {
		if !strings.Contains(buf.String(), want) {
			t.Errorf("%q is missing from the allow-list itself", want)
		}
	}
}

// Groups that are neither shared nor wider than their apps need no words.
func TestWiderGroups(t *testing.T) {
	got := planner.WiderGroups([]planner.SourceRow{
		{App: "a/1", Group: "app/a/1", Admits: 1, UsedBy: 1},
		{App: "a/2", Group: "app/a/2", CIDRs: []string{"10.0.0.0/21", "10.0.16.0/21"}, Admits: 4096, UsedBy: 11}, {App: "a/3", Group: "app/a/3", CIDRs: []string{"10.0.48.0/20"}, Admits: 4096, UsedBy: 11}, {App: "a/3", Firewall: "other", Group: "app/a/3", CIDRs: []string{"10.0.48.0/20"}, Admits: 4096, UsedBy: 11},
		{App: "b/2", Group: "namespace/b", CIDRs: []string{"10.0.64.1/32"}, Admits: 1, UsedBy: 1, SharedWith: []string{"b/1"}}, {App: "b/1", Group: "namespace/b", CIDRs: []string{"10.0.64.1/32"}, Admits: 1, UsedBy: 1, SharedWith: []string{"b/2"}},
	})
	want := []string{
		"app/a/2 (10.0.0.0/21, 10.0.16.0/21), app/a/3 (10.0.48.0/20): the firewall opens 4,096 addresses for each, the apps themselves can have 11",
		"namespace/b (10.0.64.1/32): the firewall opens 1 address, the apps themselves can have 1; shared by b/1, b/2",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The winner: 100 + 50 work = 150. The loser: 70 + 30.005 + 200 work + 5 + 3 + 2
// = 310.005. Item by item: ops +200, item a -30, winner's work -50, item b +30.005,
// then 5 + 3 + 2 = 10; 200 - 50 + 30.005 - 30 + 10 = 160.005, printed 160.01.
func TestWhyALoserIsDearer(t *testing.T) {
	winner := &planner.Candidate{ID: "w", Status: planner.Recommended, Monthly: planner.Monthly{Decision: dec("150"),
		Lines: []planner.Line{{Item: "same", Amount: dec("7")}, {Item: "a", Amount: dec("60")}, {Item: "a", Amount: dec("40")}}, Work: []planner.WorkLine{{What: "nodes", Amount: dec("50")}}}}
	loser := &planner.Candidate{ID: "l", Status: planner.Feasible, Monthly: planner.Monthly{Decision: dec("310.005"),
		Lines: []planner.Line{{Item: "same", Amount: dec("7")}, {Item: "a", Amount: dec("70")}, {Item: "b", Amount: dec("30.005")}, {Item: "c", Amount: dec("5")}, {Item: "d", Amount: dec("3")}},
		Work:  []planner.WorkLine{{What: "upkeep", Amount: dec("200")}, {What: "e", Amount: dec("2")}}}}
	id := "w"
	var buf bytes.Buffer
	writeWhyNot(&page{w: &buf, width: 200}, &planner.Recommendation{Candidate: &id, Candidates: []*planner.Candidate{winner, loser}})
	want := "\nWhy not l: 160.01 USD a month dearer\n  upkeep +200.00, nodes -50.00, b +30.01, a -30.00, 3 smaller differences together +10.00\n"
	if buf.String() != want {
		t.Errorf("got  %q\nwant %q", buf.String(), want)
	}
	if got := runnerUp(&planner.Recommendation{Candidates: []*planner.Candidate{winner, loser}}, winner); got != "Next comes l, 160.01 USD a month dearer." {
		t.Errorf("%q", got)
	}
}

// The differences of two candidates are the whole difference of their sums.
func TestDifferencesAddUp(t *testing.T) {
	monthly := func(t *rapid.T, name string) (m planner.Monthly) {
		for range rapid.IntRange(0, 8).Draw(t, name) {
			amount := decimal.New(rapid.Int64Range(0, 1_000_000).Draw(t, "amount"), -3)
			what := rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}).Draw(t, "what")
			if rapid.Bool().Draw(t, "work") {
				m.Work = append(m.Work, planner.WorkLine{What: what, Amount: amount})
			} else {
				m.Lines = append(m.Lines, planner.Line{Item: what, Amount: amount})
			}
			m.Decision = m.Decision.Add(amount)
		}
		return m
	}
	rapid.Check(t, func(t *rapid.T) {
		from, to := monthly(t, "from"), monthly(t, "to")
		sum := decimal.Zero
		for _, d := range planner.Differences(from, to) {
			sum = sum.Add(d.Amount)
		}
		if !sum.Equal(to.Decision.Sub(from.Decision)) {
			t.Fatalf("they add up to %s, want %s", sum, to.Decision.Sub(from.Decision))
		}
	})
}

func TestNextCommandsAreSafeToPaste(t *testing.T) {
	for _, paths := range [][]string{{"a b"}, {"$(rm -rf ~)"}, {"-"}, {"x;y"}} {
		var buf bytes.Buffer
		writeNext(&page{w: &buf, width: 200}, sample(), paths)
		if !strings.Contains(buf.String(), "egressplan cidr PATH...") {
			t.Errorf("%q: %s", paths, buf.String())
		}
	}
}
