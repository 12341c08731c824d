package inventory

import (
	"strings"
	"testing"

	"egressplan/planner/finding"
)

// The documents that tests start from: a correct plan in three files.
const (
	environmentYAML = `apiVersion: egressplan/v1
kind: Environment
metadata: {name: test}
spec:
  region: eu-central-1
  zones: [eu-central-1a, eu-central-1b]
  vpc:
    cidrs: [10.20.0.0/16, {cidr: 100.65.0.0/16, routable: false}]
    subnets:
      - {name: legacy-a, cidr: 10.20.0.0/24, zone: eu-central-1a, role: nodes, freeIPs: 120, used: [10.20.0.4/30]}
      - {name: nat-a, cidr: 10.20.1.0/28, zone: eu-central-1a, role: nat}
    natGateways: [{name: nat-a, subnet: nat-a, private: true, ips: [10.20.1.9]}]
    routeTables: [{name: rt-a, subnets: [legacy-a], routes: [{to: 10.0.0.0/8, via: transit-gateway}, {to: 10.3.0.0/16, via: nat-a}]}]
    networkACLs:
      - {name: strict, subnets: [legacy-a, new], inbound: ["200 allow any 0.0.0.0/0", "100 deny tcp/22 10.0.0.0/8"], outbound: ["100 allow any 0.0.0.0/0"]}
  pools:
    - {name: routable, cidrs: [10.20.64.0/18, 10.64.0.0/20], routable: true, keepFree: 20%}
    - {name: inside, cidrs: [100.64.0.0/16]}
  reserved: [10.20.255.0/24]
  onPrem:
    sites:
      - name: dc1
        cidrs: [10.0.0.0/14, 172.16.0.0/16]
        links:
          - {name: dx1, gateway: transit-gateway, over: direct-connect, role: primary, capacity: 1Gbps, ports: 2, shared: true}
          - {name: vpn1, over: site-to-site-vpn, role: backup}
  connected: [{name: shared-services, cidrs: [10.30.0.0/16]}]
  cluster: {name: prod-1, nodeType: m5.large, serviceCIDR: 172.20.0.0/16}
`
	firewallsYAML = `apiVersion: egressplan/v1
kind: FirewallRequirements
spec:
  firewalls:
    - {name: dc1-edge, syntax: cisco-asa, identity: app, broadestSource: 27}
  destinations:
    - {name: core-db, kind: on-premises, firewall: dc1-edge, cidrs: [10.1.4.0/28], ports: [tcp/1521]}
    - {name: directory, kind: on-premises, firewall: dc1-edge, hosts: [ldap.bank.internal], ports: [tcp/636], identity: namespace}
    - {name: storage, kind: aws-service, service: s3, ports: [tcp/443]}
`
	appsYAML = `apiVersion: egressplan/v1
kind: AppInventory
spec:
  apps:
    - {name: ledger, namespace: payments, pods: {min: 3, max: 40}, flows: [{to: core-db, outGB: 400, inGB: 100..400}, {to: storage}]}
`
)

func source(name, data string) Source { return Source{Name: name, Data: []byte(data)} }

// load reads a whole plan, in which the given documents replace the standard
// ones by name: env, fw, apps; other names add documents.
func load(replaced map[string]string) (*Plan, []finding.Problem) {
	docs := map[string]string{"env": environmentYAML, "fw": firewallsYAML, "apps": appsYAML}
	for name, data := range replaced {
		docs[name] = data
	}
	var sources []Source
	for _, name := range []string{"env", "fw", "apps", "policy", "prices", "lock", "more"} {
		if data, ok := docs[name]; ok {
			sources = append(sources, source(name, data))
		}
	}
	return Load(sources)
}

func mustLoad(t *testing.T, replaced map[string]string) *Plan {
	t.Helper()
	plan, problems := load(replaced)
	for _, p := range problems {
		t.Errorf("%s: %s [%s]", p.At, p.Message, p.Code)
	}
	if plan == nil {
		t.FailNow()
	}
	return plan
}

// edit replaces one text, which must be there exactly once.
func edit(t *testing.T, doc, from, to string) string {
	t.Helper()
	if n := strings.Count(doc, from); n != 1 {
		t.Fatalf("%q stands %d times in the document", from, n)
	}
	return strings.Replace(doc, from, to, 1)
}
