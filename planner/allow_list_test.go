package planner

import (
	"slices"
	"strings"
	"testing"
)

const webEstate = `
apiVersion: egressplan/v1
kind: Environment
spec:
  region: us-east-1
  zones: [us-east-1a, us-east-1b]
  vpc: {cidrs: [10.20.0.0/16]}
  pools: [{name: routable, cidrs: [POOL]}]
  onPrem: {sites: [{name: dc1, cidrs: [10.0.0.0/14], links: [{name: dx1, over: direct-connect}]}]}
  cluster: {nodeType: m6i.large}
---
apiVersion: egressplan/v1
kind: AppInventory
spec:
  apps:
    - name: web
      namespace: shop
      serviceAccount: web
      pods: {min: 2, max: 4}
      requests: {cpu: 500m, memory: 1Gi}
      flows: [{to: orders}, {to: caller, initiator: destination}]
---
apiVersion: egressplan/v1
kind: FirewallRequirements
spec:
  firewalls:
    - {name: edge, site: dc1, identity: app, broadestSource: 24}
    - {name: other, site: dc1, identity: app, broadestSource: 24, maxEntries: 5}
  destinations:
    - {name: orders, kind: on-premises, firewall: edge, cidrs: [10.1.0.1/32], ports: [tcp/443]}
    - {name: caller, kind: on-premises, firewall: other, hosts: [caller.example], ports: [tcp/8443]}
`

// A caller that is known by its name alone is let in by that name. The site's
// range stands for it where packets are walked, and must not be filed: nobody
// asked for a quarter of 10.0.0.0/8.
func TestACallerWithoutAddressOpensNoRange(t *testing.T) {
	plan := load(t, strings.Replace(webEstate, "POOL", "10.20.64.0/18", 1))
	list, err := PlanAllowList(plan, "vpc-subnet-cidr", "other")
	if err != nil || len(list.Entries) != 1 {
		t.Fatalf("%v, entries %+v", err, list.Entries)
	}
	r := list.Entries[0]
	sources, _ := r.Ends()
	if len(r.Sources) > 0 || !slices.Equal(sources, []string{"caller.example"}) || len(r.Destinations) == 0 {
		t.Errorf("%+v", r)
	}
	if f := list.Firewalls[0]; len(list.Firewalls) != 1 || f.Rows != len(r.Destinations) || f.MaxEntries == nil || *f.MaxEntries != 5 {
		t.Errorf("%+v", list.Firewalls)
	}
	if want := []string{"healthy", "zone-lost:us-east-1a", "zone-lost:us-east-1b"}; len(r.States) < 3 || !slices.Equal(r.States[:3], want) {
		t.Errorf("the connection should be walked as let in, from either zone without the other: %v", r.States)
	}
	if !list.Answered() || list.Nearest || len(list.Missing) > 0 {
		t.Errorf("%+v", list)
	}
}

// Where a pool of 16 addresses holds no subnet of the app, its flows are named,
// the blocker is given, and the list is not to be filed.
func TestAListWithoutSourcesIsNoAnswer(t *testing.T) {
	plan := load(t, strings.Replace(webEstate, "POOL", "10.20.64.0/28", 1))
	list, err := PlanAllowList(plan, "vpc-subnet-cidr", "")
	if err != nil {
		t.Fatal(err)
	}
	if list.Answered() || list.Nearest || len(list.Entries) > 0 || len(list.Unmet) != 1 || !strings.HasPrefix(list.Unmet[0], "[no-space] ") {
		t.Errorf("%+v", list)
	}
	if want := []string{"shop/web -> caller", "shop/web -> orders"}; !slices.Equal(list.Missing, want) {
		t.Errorf("missing %q, want %q", list.Missing, want)
	}
	if one, err := PlanAllowList(plan, "vpc-subnet-cidr", "edge"); err != nil || !slices.Equal(one.Missing, []string{"shop/web -> orders"}) {
		t.Errorf("%v, of one firewall %+v", err, one)
	}
}

// Rows of the bank are those of its candidate, whole for all firewalls and cut
// for one.
func TestAllowListOfOneFirewall(t *testing.T) {
	plan := loadFixture(t, "bank")
	all, err := PlanAllowList(plan, "", "")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range all.Firewalls {
		one, err := PlanAllowList(plan, "", f.Firewall)
		if err != nil || len(one.Entries) != len(all.Of(f.Firewall)) {
			t.Errorf("%s: %v, %d entries, want %d", f.Firewall, err, len(one.Entries), len(all.Of(f.Firewall)))
		}
		n += len(one.Entries)
	}
	if n != len(all.Entries) || n == 0 {
		t.Errorf("%d entries in all, %d of single firewalls", len(all.Entries), n)
	}
	if _, err := PlanAllowList(plan, "", "nowhere"); err == nil {
		t.Error("a firewall that is not there was not refused")
	}
}
