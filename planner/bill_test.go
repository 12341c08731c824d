package planner

import (
	"strings"
	"testing"
)

// workedExample are the documents of the first worked example, with more
// assumptions.
func workedExample(more string) []string {
	doc := strings.Split(estate(nil), "\n---\n")
	doc[1] = strings.Replace(doc[1], "cidrs: [10.1.4.0/28]", "cidrs: [10.1.4.1/32], delegatedIdentity: true", 1)
	doc[2] = `
apiVersion: egressplan/v1
kind: AppInventory
spec:
  apps:
    - {name: a, namespace: x, pods: {min: 6, max: 6}, requests: {cpu: 500m, memory: 1Gi}, flows: [{to: db, outGB: 500, inGB: 1500}]}
    - {name: b, namespace: x, pods: {min: 4, max: 4}, requests: {cpu: 250m, memory: 512Mi}, flows: [{to: db, outGB: 200, inGB: 100}]}
    - {name: c, namespace: x, pods: {min: 3, max: 3}, requests: {cpu: 1, memory: 2Gi}, flows: [{to: db, outGB: 1000, inGB: 200}]}
---
apiVersion: egressplan/v1
kind: Policy
spec:
  assumptions: {daemonsetCPUMillis: 0, daemonsetMemoryMiB: 518, daemonsetPods: 0, istiodReplicas: 1` + more + `}
`
	return doc
}

// A worked example through the whole tool: us-east-1, two zones, one Direct
// Connect port, nodes m5.large at 0.096, gateways c5n.large at 0.108. The
// assumptions leave 1,930 millicores and 7,000 MiB on a node.
//
//	link      730 x 2 x 0.05 + 3500 x 0.02 + 730 x 0.30 + 1700 x 0.02 = 73 + 70 + 219 + 34 = 396.00
//	pattern 1 2 + 2 + 3 nodes: 730 x 7 x 0.096 = 490.56, with link 886.56
//	pattern 2 + 3 groups x 2 zones: 730 x 6 x 0.045 = 197.10, + 3500 x 0.045 = 157.50: 1241.16
//	pattern 3 4 shared nodes 280.32 + 2 gateways 157.68 + 3500 x 1/2 x 2 x 0.01 = 35.00 + 396.00 = 869.00
//	pattern 4 5 nodes with sidecars and one istiod 350.40 + 157.68 + 35.00 + 396.00 = 939.08
//
// On seven nodes rather than four the dedication costs 730 x 3 x 0.096 = 210.24.
func TestWorkedExampleEndToEnd(t *testing.T) {
	want := map[string]string{"vpc-subnet-cidr": "886.56", "private-nat-gateway": "1241.16",
		"cilium-egress-gateway": "869.00", "istio-egress-gateway": "939.08"}
	r := Recommend(load(t, workedExample("")...))
	for _, c := range r.Candidates {
		if got := c.Monthly.Total.StringFixed(2); got != want[c.ID] || len(c.Monthly.Unknown) > 0 {
			t.Errorf("%s: %s, want %s (unknown: %v)", c.ID, got, want[c.ID], c.Monthly.Unknown)
			for _, l := range c.Monthly.Lines {
				t.Log(l.Item, l.How, l.Amount)
			}
		}
		if c.ID == "vpc-subnet-cidr" && (c.Monthly.Nodes.Workload != 7 || c.Monthly.Nodes.Shared != 4) {
			t.Errorf("%d nodes against %d shared, want 7 against 4", c.Monthly.Nodes.Workload, c.Monthly.Nodes.Shared)
		}
	}
}

// A volume nobody gave is unknown, never zero: the bill says at least, and the
// recommendation says up to which volume it holds. With subnets refused, NAT
// costs 0.045 a GB and Cilium 1/2 x 2 x 0.01 = 0.01 across zones, so the winner
// must change at some volume, and not before the fixed costs are eaten up.
func TestUnknownVolumeIsACondition(t *testing.T) {
	text := estate(map[string]string{"FLOW": ""})
	text = strings.Replace(text, "outGB: 10, inGB: 20,", "", 1)
	text = strings.Replace(text, "broadestSource: 16", "broadestSource: 32", 1)
	r := Recommend(load(t, text))
	if r.Pattern == nil || *r.Pattern != "private-nat-gateway" {
		t.Fatalf("%s", r.Summary)
	}
	var condition *Condition
	for i := range r.Conditional {
		if r.Conditional[i].Unit == "GB/month" {
			condition = &r.Conditional[i]
		}
	}
	if condition == nil {
		t.Fatalf("conditions %v, want one on the volumes", r.Conditional)
	}
	for _, c := range r.Candidates {
		if len(c.Monthly.Unknown) == 0 {
			t.Errorf("%s: no unknown, but no volume was given", c.ID)
		}
	}
	// Up to the bound, and not beyond it: the whole tool run at both sides.
	at := func(gb string) string {
		given := strings.Replace(text, "flows: [{to: db,", "flows: [{to: db, outGB: "+gb+", inGB: "+gb+",", 1)
		return *Recommend(load(t, given)).Pattern
	}
	if got := at(condition.UpTo); got != "private-nat-gateway" {
		t.Errorf("at %s GB: %s, the condition says it still holds", condition.UpTo, got)
	}
	if got := at(condition.UpTo + "0"); got != condition.To {
		t.Errorf("at ten times %s GB: %s, the condition says %s", condition.UpTo, got, condition.To)
	}
}

// A price nobody sourced is unknown too: no other region's price stands in.
func TestUnknownPriceIsNotBorrowed(t *testing.T) {
	text := strings.ReplaceAll(estate(nil), "us-east-1", "eu-west-1")
	for _, c := range Recommend(load(t, text)).Candidates {
		found := false
		for _, u := range c.Monthly.Unknown {
			found = found || u.Item == "transit-gateway-attachment-hour"
		}
		if !found {
			t.Errorf("%s: the transit gateway's hour has no source for eu-west-1 and is not said to be unknown", c.ID)
		}
	}
}

// The volume from which Cilium's egress gateway is cheaper than NAT: with as
// many dedicated as shared nodes the fixed costs differ by two gateways less two
// NAT gateways, 730 x (2 x 0.108 - 2 x 0.045) = 91.98; a GB costs 0.045 through
// NAT and 1/2 x 2 x 0.01 = 0.01 across zones; 91.98 / 0.035 = 2628 GB.
func TestCrossoverVolume(t *testing.T) {
	text := strings.Replace(estate(nil), "broadestSource: 16", "broadestSource: 32", 1) +
		"---\napiVersion: egressplan/v1\nkind: Policy\nspec:\n  assumptions: {engineerHourUSD: 0}\n"
	r := Recommend(load(t, text))
	if r.Pattern == nil || *r.Pattern != "private-nat-gateway" {
		t.Fatal(r.Summary)
	}
	for _, c := range r.Crossovers {
		if c.Candidate == "cilium-egress-gateway" {
			if c.At.String() != "2628" || c.From.String() != "30" {
				t.Errorf("from %s, at %s GB; want from 30, at 2628", c.From, c.At)
			}
			return
		}
	}
	t.Errorf("crossovers %v, want one to cilium-egress-gateway", r.Crossovers)
}

// Just below and just above that volume the whole tool changes its mind.
func TestCrossoverIsWhereTheWinnerChanges(t *testing.T) {
	for gb, want := range map[string]string{"2626": "private-nat-gateway", "2630": "cilium-egress-gateway"} {
		text := strings.Replace(estate(nil), "broadestSource: 16", "broadestSource: 32", 1) +
			"---\napiVersion: egressplan/v1\nkind: Policy\nspec:\n  assumptions: {engineerHourUSD: 0}\n"
		text = strings.Replace(text, "outGB: 10, inGB: 20", "outGB: 0, inGB: "+gb, 1)
		if r := Recommend(load(t, text)); r.Pattern == nil || *r.Pattern != want {
			t.Errorf("at %s GB: %s, want %s", gb, r.Summary, want)
		}
	}
}
