package planner

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"egressplan/cidr"
	"egressplan/planner/inventory"
	"egressplan/sim"
)

// load reads documents that must be free of problems.
func load(t testing.TB, documents ...string) *inventory.Plan {
	t.Helper()
	plan, problems := inventory.Load([]inventory.Source{{Name: "plan.yaml", Data: []byte(strings.Join(documents, "\n---\n"))}})
	for _, p := range problems {
		t.Errorf("%s: %s [%s]", p.At, p.Message, p.Code)
	}
	if t.Failed() {
		t.FailNow()
	}
	return plan
}

// loadFixture reads an example plan.
func loadFixture(t testing.TB, name string) *inventory.Plan {
	t.Helper()
	sources, err := inventory.ReadPaths([]string{filepath.Join("..", "fixtures", "plans", name)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	plan, problems := inventory.Load(sources)
	for _, p := range problems {
		t.Fatalf("%s: %s", p.At, p.Message)
	}
	return plan
}

// fixtureNames are all example plans.
func fixtureNames(t testing.TB) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("..", "fixtures", "plans"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	if len(names) < 6 {
		t.Fatalf("only %d example plans", len(names))
	}
	return names
}

// smallEstate is one VPC 10.20.0.0/16 with a pool of its own, one site behind a
// transit gateway, two zones. The marks are replaced by what a test varies.
const smallEstate = `
apiVersion: egressplan/v1
kind: Environment
metadata: {name: small}
spec:
  region: us-east-1
  zones: [us-east-1a, us-east-1b]
  vpc:
    cidrs: [10.20.0.0/16, {cidr: 100.64.0.0/16, routable: false}]
    %VPC%
  pools:
    - {name: routable, cidrs: [10.20.64.0/18], routable: true}
    - {name: inside, cidrs: [100.64.0.0/16], routable: false}
  onPrem:
    sites:
      - name: dc1
        cidrs: [10.0.0.0/14, 172.16.0.0/16, %SITE%]
        links: [{name: dx1, over: direct-connect, capacity: 1Gbps, location: Contiguous US}]
  cluster:
    nodeType: m5.large
    egressNodeType: c5n.large
    vpcCNI: {%CNI%}
---
apiVersion: egressplan/v1
kind: FirewallRequirements
spec:
  firewalls: [{name: edge, identity: app, broadestSource: 16}]
  destinations:
    - {name: db, kind: on-premises, firewall: edge, cidrs: [%DB%], ports: [tcp/1521]}
---
apiVersion: egressplan/v1
kind: AppInventory
spec:
  apps:
    - {name: ledger, namespace: payments, pods: {min: 2, max: 4}, requests: {cpu: 500m, memory: 512Mi}, %APP%
       flows: [{to: db, outGB: 10, inGB: 20, %FLOW%}]}
`

// estate fills the small estate's marks; keys that are not given get harmless
// defaults.
func estate(marks map[string]string) string {
	text := smallEstate
	defaults := map[string]string{"VPC": "changeable: true", "SITE": "192.168.0.0/24", "CNI": "externalSNAT: false", "DB": "10.1.4.0/28", "APP": "", "FLOW": ""}
	for k, v := range defaults {
		if given, ok := marks[k]; ok {
			v = given
		}
		text = strings.ReplaceAll(text, "%"+k+"%", v)
	}
	return text
}

// covers reports whether block a holds block b.
func covers(a, b string) bool {
	return cidr.Contains([]netip.Prefix{netip.MustParsePrefix(a)}, netip.MustParsePrefix(b))
}

// simWalker walks a candidate's network.
func simWalker(c *Candidate) *sim.Walker { return sim.NewWalker(&c.work.b.net) }
