package planner

import (
	"slices"
	"strings"
	"testing"
)

// Policy.maxExceptions lets apps go by another door; a pattern that none goes by
// is no way out, whatever the policy lets be left out.
func TestPatternThatCarriesNobodyIsRejected(t *testing.T) {
	policy := "apiVersion: egressplan/v1\nkind: Policy\nspec: {maxExceptions: 5}\n"
	all := candidates(Recommend(load(t, estate(map[string]string{"APP": "compute: fargate, "}), policy)))
	for _, id := range []string{"cilium-egress-gateway", "istio-egress-gateway"} {
		c := all[id]
		if c.Status != Rejected || len(c.Exceptions) != 1 || c.Exceptions[0].Code != "fargate-unsupported" {
			t.Errorf("%s: %s, exceptions %v", id, c.Status, c.Exceptions)
		}
	}
	if c := all["vpc-subnet-cidr"]; c.Status == Rejected {
		t.Errorf("vpc-subnet-cidr carries it, and is %s: %v", c.Status, c.Findings)
	}
}

// 10.1.4.6 lies in 10.1.4.4/30: two blocks of the destination are to be filed, not
// three, and that is what maxEntries counts.
func TestRedundantDestinationIsNotFiled(t *testing.T) {
	c := candidates(Recommend(load(t, estate(map[string]string{"DB": "10.1.4.0/30, 10.1.4.4/30, 10.1.4.6/32"}))))["vpc-subnet-cidr"]
	for _, r := range c.AllowList {
		if want := []string{"10.1.4.0/30", "10.1.4.4/30"}; !slices.Equal(r.Destinations, want) {
			t.Errorf("%s: %v, want %v", r.App, r.Destinations, want)
		}
	}
	if len(c.AllowList) == 0 {
		t.Error("no row")
	}
}

// The VPC's local route keeps packets for 10.20.200.5 off every link: nothing is
// billed for them there, and nothing of a link is taken.
func TestTrafficIntoTheVPCIsOnNoLink(t *testing.T) {
	for _, c := range Recommend(load(t, estate(map[string]string{"SITE": "10.20.200.0/24", "DB": "10.20.200.5/32"}))).Candidates {
		for _, l := range c.Monthly.Lines {
			if strings.Contains(l.Item, "-gb") && !l.Quantity.IsZero() {
				t.Errorf("%s: %s %s", c.ID, l.Quantity, l.Item)
			}
		}
		for _, r := range c.Capacities() {
			if r.Thing == thingAttachment || r.Thing == thingLink {
				t.Errorf("%s: %s carries %s %s", c.ID, r.Title(), r.Demand.Decimal, r.Unit)
			}
		}
	}
}
