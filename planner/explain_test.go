package planner

import (
	"strings"
	"testing"

	"egressplan/cidr"
	"egressplan/planner/inventory"
)

// Over all settings that size blocks: the terms of every block add up to what
// it needs, what it needs fits it, and half of it would not do.
func TestExplanationsAddUp(t *testing.T) {
	for _, cni := range []string{"externalSNAT: false", "customNetworking: true", "externalSNAT: true, customNetworking: true",
		"prefixDelegation: true", "customNetworking: true, prefixDelegation: true, externalSNAT: true"} {
		for _, app := range []string{"", "growth: 100%,", "compute: fargate,"} {
			for _, id := range inventory.PatternIDs {
				a := PlanAddresses(load(t, estate(map[string]string{"CNI": cni, "APP": app})), id)
				seen := 0
				for _, x := range a.Allocations {
					e := a.Explain(x.Name)
					if len(e.Blocks) == 0 {
						t.Fatalf("%s: %s is not explained", id, x.Name)
					}
					for _, b := range e.Blocks {
						seen++
						sum := 0
						for _, term := range b.Terms {
							sum += term.Addresses
						}
						single := b.PrefixLength == 32
						if !single && (sum != b.Needed || b.Needed != x.Needed && b.Name == x.Name) {
							t.Errorf("%s, %s: %s: terms %+v add up to %d, needed %d", id, cni, b.Name, b.Terms, sum, b.Needed)
						}
						if !single && b.Subnet == "" && (b.Needed+5 > 1<<(32-b.PrefixLength) ||
							b.PrefixLength < cidr.NarrowestBlock && b.Prefixes == 0 && b.Needed+5 <= 1<<(31-b.PrefixLength)) {
							t.Errorf("%s, %s: %s: %d needed in a /%d", id, cni, b.Name, b.Needed, b.PrefixLength)
						}
					}
				}
				if seen == 0 {
					t.Errorf("%s, %s: nothing to explain", id, cni)
				}
			}
		}
	}
}

// By hand: 4 pods and 25% growth are 5, 3 in each of 2 zones. An m5.large has 3
// interfaces of 10 addresses; one serves 9 pods, one more is warm: 20 addresses,
// 3 of them pods', 2 the interfaces' own, 15 warm.
func TestExplainByHand(t *testing.T) {
	e := PlanAddresses(load(t, estate(nil)), "vpc-subnet-cidr").Explain("payments/ledger")
	var nodes *ExplainedBlock
	for i := range e.Blocks {
		if e.Blocks[i].Name == "app/payments/ledger/us-east-1a/nodes" {
			nodes = &e.Blocks[i]
		}
	}
	if nodes == nil || len(nodes.Terms) != 3 || nodes.Terms[0].Addresses != 3 || nodes.Terms[1].Addresses != 2 || nodes.Terms[2].Addresses != 15 ||
		nodes.Needed != 20 || nodes.PrefixLength != 27 || nodes.Usable != 27 {
		t.Errorf("%+v", nodes)
	}
}

// 19 pods of 170 millicores in a zone: an m5.large has 1930 less 200 for
// daemonsets, 10 pods. So two nodes, one with 10 pods, which fill an interface of
// 9 and begin a second, and a third is warm: 2 x 3 x 10 addresses. Nine and a half
// pods each would be two interfaces, and 20 addresses too few.
func TestThePodsOfTheFullerNodeCount(t *testing.T) {
	text := strings.Replace(estate(map[string]string{"APP": "growth: 0%, "}), "pods: {min: 2, max: 4}, requests: {cpu: 500m, memory: 512Mi}", "pods: {min: 38, max: 38}, requests: {cpu: 170m, memory: 64Mi}", 1)
	n := 0
	for _, b := range PlanAddresses(load(t, text), "vpc-subnet-cidr").Allocations {
		if b.Purpose == purposeNodes {
			n++
			if b.Needed != 60 {
				t.Errorf("%s: %d addresses needed, want 60", b.Name, b.Needed)
			}
		}
	}
	if n != 2 {
		t.Errorf("%d blocks of nodes", n)
	}
}
