//go:build linux

package awscni

import (
	"fmt"
	"strings"
	"testing"

	"egressplan/planner"
	"egressplan/planner/inventory"
)

// estate is a plan whose walks go through what the site of the other tests is
// built like: the same VPC ranges, exclusions and destinations. %s are the VPC's
// further ranges, externalSNAT, the exclusions, randomizeSNAT and hostNetwork.
const estate = `apiVersion: egressplan/v1
kind: Environment
spec:
  region: eu-central-1
  zones: [eu-central-1a, eu-central-1b]
  vpc:
    cidrs: [10.0.0.0/16%s]
    subnets:
      - {name: nodes-a, cidr: 10.0.1.0/24, zone: eu-central-1a, role: nodes}
      - {name: nodes-b, cidr: 10.0.2.0/24, zone: eu-central-1b, role: nodes}
  onPrem: {sites: [{name: dc1, cidrs: [192.168.0.0/16, 172.30.0.0/16], links: [{name: dx1, over: direct-connect}]}]}
  cluster: {nodeType: m5.large, vpcCNI: {externalSNAT: %s, excludeSNATCIDRs: [%s], randomizeSNAT: %s}}
---
apiVersion: egressplan/v1
kind: FirewallRequirements
spec:
  destinations:
    - {name: on-premises, kind: on-premises, cidrs: [192.168.10.20/32], ports: [udp/5353]}
    - {name: excluded, kind: on-premises, cidrs: [172.30.0.20/32], ports: [udp/5353]}
    - {name: in-vpc, kind: network, cidrs: [10.0.9.9/32], ports: [udp/5353]}
    - {name: in-secondary, kind: network, cidrs: [100.64.9.9/32], ports: [udp/5353]}
---
apiVersion: egressplan/v1
kind: AppInventory
spec:
  apps: [{name: web, namespace: shop, subnets: [nodes-a, nodes-b], hostNetwork: %s, pods: {min: 2, max: 4}, flows: [{to: on-premises}, {to: excluded}, {to: in-vpc}, {to: in-secondary}]}]
`

// destinations are their addresses by the plan's names.
var destinations = map[string]string{"on-premises": onPremises, "excluded": excluded, "in-vpc": inVPC, "in-secondary": inSecondary}

// interfaces are the plan's names of the node's interfaces.
var interfaces = map[string]string{"primary interface": "eth0", "secondary interface": "eth1"}

// walk follows the app's packets and says for each destination whether the source
// is the pod's or the node's, and by which interface they leave.
func walk(t *testing.T, s settings, variant string) map[string][2]string {
	t.Helper()
	more := ""
	for _, r := range s.ranges[1:] {
		more += fmt.Sprintf(", {cidr: %s, routable: false}", r)
	}
	text := fmt.Sprintf(estate, more, s.external, s.exclude, s.randomize, fmt.Sprint(variant == "host"))
	plan, problems := inventory.Load([]inventory.Source{{Name: "plan.yaml", Data: []byte(text)}})
	for _, p := range problems {
		t.Fatalf("%s: %s", p.At, p.Message)
	}
	run, err := planner.Simulate(plan, planner.SimulateOptions{Pattern: "vpc-subnet-cidr"})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string][2]string{}
	for _, p := range run.Paths {
		if p.Variant != variant || p.Zone != "eu-central-1a" {
			continue
		}
		who, exit := "pod", ""
		first, _, _ := strings.Cut(p.Forward[0].SrcBefore, ":")
		for _, h := range p.Forward {
			if h.Kind == "network-interface" && exit == "" {
				exit = interfaces[h.Hop]
				if now, _, _ := strings.Cut(h.Src, ":"); now != first || variant == "host" {
					who = "node"
				}
			}
		}
		seen[p.To] = [2]string{who, exit}
	}
	return seen
}

// TestWalkedAsThePluginDoes: for every setting, what egressplan walks is what the
// kernel does under the plugin's own rules: whose address, by which interface.
func TestWalkedAsThePluginDoes(t *testing.T) {
	needs(t)
	variants := []string{"primary-eni", "secondary-eni", "host"}
	owners := map[string]string{nodeAddr: "node", podFirst: "pod", podSecond: "pod"}
	for _, external := range []string{"false", "true"} {
		for _, exclude := range []string{"", "172.30.0.0/16"} {
			for _, randomize := range []string{"prng", "none"} {
				for _, ranges := range [][]string{{"10.0.0.0/16"}, {"10.0.0.0/16", "100.64.0.0/16"}} {
					s := settings{external, exclude, randomize, ranges}
					x := build(t, s)
					for i, variant := range variants {
						walked := walk(t, s, variant)
						for name, dst := range destinations {
							if name == "in-secondary" && len(ranges) == 1 {
								continue // nothing of the plan's then
							}
							got, _ := x.send(t, origins[i], dst, fmt.Sprintf("%s to %s", variant, dst))
							kernel := [2]string{owners[got.src.Addr().String()], got.exit}
							if walked[name] != kernel {
								t.Errorf("%s: %s to %s: walked as the %v, under the plugin's rules as the %v", s, variant, name, walked[name], kernel)
							}
							probes++
						}
					}
				}
			}
		}
	}
}
