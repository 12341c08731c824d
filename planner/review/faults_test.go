package review

import (
	"testing"

	"egressplan/planner/inventory"
)

// What does not work when healthy has not been walked in any fault: no yes.
func TestWhatDoesNotWorkIsNotSaidToSurvive(t *testing.T) {
	for _, flow := range []string{"", ", flows: [{to: db}]"} {
		plan := loaded(t, inventory.Source{Name: "plan.yaml", Data: []byte(`
apiVersion: egressplan/v1
kind: Environment
metadata: {name: e}
spec:
  region: us-east-1
  zones: [us-east-1a, us-east-1b]
  vpc: {cidrs: [10.20.0.0/16]}
  pools: [{name: routable, cidrs: [10.20.64.0/18]}]
  onPrem: {sites: [{name: dc, cidrs: [10.0.0.0/14, 10.20.200.0/24], links: [{name: dx, over: direct-connect, location: Contiguous US}]}]}
---
apiVersion: egressplan/v1
kind: FirewallRequirements
spec:
  firewalls: [{name: edge, identity: app}]
  destinations:
    - {name: db, kind: on-premises, firewall: edge, cidrs: [10.20.200.5/32], ports: [tcp/1521], mustSurvive: [zone-lost]}
    - {name: up, kind: on-premises, firewall: edge, cidrs: [10.1.4.5/32], ports: [tcp/1521], mustSurvive: [zone-lost]}
---
apiVersion: egressplan/v1
kind: AppInventory
spec:
  apps:
    - {name: a, namespace: n, pods: {min: 2, max: 4}, flows: [{to: up}]}
    - {name: b, namespace: n, pods: {min: 2, max: 4}` + flow + `}
---
apiVersion: egressplan/v1
kind: Policy
spec: {maxExceptions: 1}
`)})
		document, _, err := Markdown(plan, Options{Pattern: "vpc-subnet-cidr"})
		if err != nil {
			t.Fatal(err)
		}
		table := parse(document).table(t, "What survives a fault", "destination", "must survive", "does it")
		want := map[string]string{"db": "not walked: no flow to it works in the first place", "up": "yes"}
		for _, row := range table.rows[1:] {
			if row[2] != want[row[0]] {
				t.Errorf("%s: %q, want %q", row[0], row[2], want[row[0]])
			}
			delete(want, row[0])
		}
		if len(want) > 0 {
			t.Errorf("no row for %v", want)
		}
	}
}
