package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

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
				{App: "payments/ledger", Firewall: "dc1-edge", To: []string{"core-db"}, Group: "namespace/payments", CIDRs: []string{"10.20.80.5/32"}, Barrier: "its own nodes"},
				{App: "payments/api", Firewall: "dc1-edge", To: []string{"core-db"}, Group: "namespace/payments", CIDRs: []string{"10.20.80.5/32"}, Barrier: "its own nodes"},
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
		Flips: []planner.Flip{{Input: "payments/ledger outGB", From: "400", At: "2628", Unit: "GB/month", To: "cilium-egress-gateway"}},
		Assumptions: []planner.Assumption{
			{Name: "engineerHourUSD", Value: "90", Why: "not given", Matters: true},
			{Name: "unused", Value: "1", Why: "not given"},
		},
	}
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
		"1 app cannot go this way and needs another: logging/shipper [udp-not-captured]",
		"Holds while payments/ledger outGB stays at or below 2,628 GB/month; beyond that cilium-egress-gateway is better",
		"Near tie: cilium-egress-gateway is only 12.01 USD a month dearer",
		"Watch out", "[nat-gateway-quota]", "Raise the quota first.", "[late] A risk of one app",
		"Side by side", "rejected:", "[source-too-broad]",
		"Why not vpc-subnet-cidr", "(a -> x, b -> x, c -> x and 11 more)",
		"What would change it",
		"The bill of private-nat-gateway", "0.045", "157.50", "NAT gateways", "= decision",
		"What the firewalls will see", "payments/ledger, payments/api", "its own nodes",
		"Findings of private-nat-gateway", "For the record.",
		"engineerHourUSD = 90",
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
	for _, never := range []string{"unused", "\x1b"} {
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
	for _, never := range []string{"Recommended", "The bill of", "What the firewalls will see"} {
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

// Rows are folded only if nothing but the app differs.
func TestSourcesAreFoldedByWhatAFirewallSees(t *testing.T) {
	row := func(app, firewall string, cidrs ...string) planner.SourceRow {
		return planner.SourceRow{App: app, Firewall: firewall, Group: "g", CIDRs: cidrs}
	}
	keys, apps := foldSources([]planner.SourceRow{
		row("a/1", "edge", "10.0.0.1/32"), row("a/2", "edge", "10.0.0.2/32"), row("a/3", "edge", "10.0.0.1/32"), row("a/1", "core", "10.0.0.1/32"),
	})
	var got []string
	for _, k := range keys {
		got = append(got, k.firewall+" "+k.cidrs+" "+strings.Join(apps[k], ","))
	}
	want := []string{"core 10.0.0.1/32 a/1", "edge 10.0.0.1/32 a/1,a/3", "edge 10.0.0.2/32 a/2"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
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
