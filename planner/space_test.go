package planner

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"egressplan/planner/inventory"
)

// Over random estates and every pattern: no new block overlaps another, an
// existing subnet, reserved space, a connected network or the service CIDR; each
// lies in one pool and in the VPC as it will be; every demand is met or named.
func TestRandomEstatesNeverOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := randomEstate(t)
		plan, problems := inventory.Load([]inventory.Source{{Name: "p", Data: []byte(text)}})
		if len(problems) > 0 {
			t.Fatalf("%s: %s\n%s", problems[0].At, problems[0].Message, text)
		}
		for _, p := range patterns {
			checkSpace(t, plan, p.id())
		}
	})
}

// randomEstate draws pools that may be far too small, subnets, reserved space
// and apps.
func randomEstate(t *rapid.T) string {
	settings := rapid.SampledFrom([]string{"externalSNAT: false", "customNetworking: true", "externalSNAT: true, customNetworking: true", "prefixDelegation: true"}).Draw(t, "cni")
	reserved := fmt.Sprintf("10.20.%d.0/24", rapid.IntRange(64, 127).Draw(t, "reserved"))
	subnet := fmt.Sprintf("10.20.%d.%d/28", rapid.IntRange(64, 127).Draw(t, "third"), 16*rapid.IntRange(0, 15).Draw(t, "fourth"))
	bits := rapid.IntRange(18, 27).Draw(t, "pool")
	keep := rapid.SampledFrom([]string{"0%", "20%", "90%"}).Draw(t, "keep")
	outside := fmt.Sprintf("10.64.%d.0/%d", rapid.SampledFrom([]int{0, 16, 32}).Draw(t, "outside"), rapid.IntRange(20, 27).Draw(t, "outside bits"))
	text := estate(map[string]string{"CNI": settings, "VPC": "subnets: [{name: s, cidr: " + subnet + ", zone: us-east-1a, role: other}]"})
	text = strings.Replace(text, "cidrs: [10.20.64.0/18], routable: true", fmt.Sprintf("cidrs: [10.20.64.0/%d, %s], routable: true, keepFree: %s", bits, outside, keep), 1)
	text = strings.Replace(text, "  onPrem:", "  reserved: ["+reserved+"]\n  connected: [{name: other, cidrs: [10.64.0.64/26]}]\n  onPrem:", 1)
	doc := strings.Split(text, "\n---\n")
	var apps []string
	for i := range rapid.IntRange(1, 6).Draw(t, "apps") {
		apps = append(apps, fmt.Sprintf("    - {name: a%d, namespace: n, compute: %s, pods: {min: 1, max: %d}, flows: [{to: db, outGB: 1, inGB: 1}]}",
			i, rapid.SampledFrom([]string{"ec2", "ec2", "fargate"}).Draw(t, "compute"), rapid.IntRange(1, 300).Draw(t, "max")))
	}
	doc[2] = "apiVersion: egressplan/v1\nkind: AppInventory\nspec:\n  apps:\n" + strings.Join(apps, "\n")
	return strings.Join(doc, "\n---\n")
}

func checkSpace(t *rapid.T, plan *inventory.Plan, id string) {
	a := PlanAddresses(plan, id)
	taken := []netip.Prefix{netip.MustParsePrefix("10.64.0.64/26"), plan.Environment.Cluster.ServiceCIDR.V,
		plan.Environment.Reserved[0].V, plan.Environment.VPC.Subnets[0].CIDR.V}
	met := map[string]bool{}
	for _, x := range a.Allocations {
		met[x.Name] = true
		if !x.New || x.Purpose == purposeEgressIP || strings.HasSuffix(x.Name, "/1") {
			continue // addresses lie inside blocks
		}
		block := netip.MustParsePrefix(x.CIDR)
		for _, other := range taken {
			if block.Overlaps(other) {
				t.Fatalf("%s: %s %s overlaps %s", id, x.Name, block, other)
			}
		}
		taken = append(taken, block)
		if x.Usable < x.Needed {
			t.Fatalf("%s: %s offers %d of %d addresses", id, x.Name, x.Usable, x.Needed)
		}
		if !insidePool(plan, x.Pool, block) {
			t.Fatalf("%s: %s %s is not inside pool %q", id, x.Name, block, x.Pool)
		}
		if a.Fits && !insideAny(a.VPCCIDRs, block) {
			t.Fatalf("%s: %s %s is in no CIDR of the VPC: %v", id, x.Name, block, a.VPCCIDRs)
		}
	}
	unmet := map[string]bool{}
	for _, u := range a.Unmet {
		unmet[u.Name] = true
	}
	for _, d := range a.Demands {
		if met[d.Name] == unmet[d.Name] {
			t.Fatalf("%s: demand %s met %v, named as unmet %v", id, d.Name, met[d.Name], unmet[d.Name])
		}
	}
}

func insidePool(plan *inventory.Plan, name string, block netip.Prefix) bool {
	for _, p := range plan.Environment.Pools {
		for _, c := range p.CIDRs {
			if p.Name.V == name && c.V.Bits() <= block.Bits() && c.V.Contains(block.Addr()) {
				return true
			}
		}
	}
	return false
}

func insideAny(blocks []VPCCIDR, block netip.Prefix) bool {
	for _, v := range blocks {
		c := netip.MustParsePrefix(v.CIDR)
		if c.Bits() <= block.Bits() && c.Contains(block.Addr()) {
			return true
		}
	}
	return false
}

// A lock's blocks stay where they are; those of another pattern count as used;
// one of another size than needed gives way, and the move is listed.
func TestLockHoldsBlocks(t *testing.T) {
	lock := `
apiVersion: egressplan/v1
kind: Allocations
spec:
  entries:
    - {name: app/payments/ledger/us-east-1a/nodes, pattern: vpc-subnet-cidr, pool: routable, zone: us-east-1a, purpose: nodes, cidr: 10.20.100.128/26}
    - {name: app/payments/ledger/us-east-1b/nodes, pattern: vpc-subnet-cidr, pool: routable, zone: us-east-1b, purpose: nodes, cidr: 10.20.101.0/28}
    - {name: app/payments/ledger/us-east-1a/nat-gateway, pattern: private-nat-gateway, pool: routable, zone: us-east-1a, purpose: nat-gateway, cidr: 10.20.64.0/24}
`
	// m5.large: 10 addresses an interface, 2 interfaces a node, 1 node a zone: 20
	// addresses, a /27 (27 usable).
	plan := load(t, estate(nil), strings.ReplaceAll(lock, "10.20.100.128/26", "10.20.100.128/27"))
	a := PlanAddresses(plan, "vpc-subnet-cidr")
	got := map[string]string{}
	for _, x := range a.Allocations {
		got[x.Name] = x.CIDR
		if x.New && netip.MustParsePrefix(x.CIDR).Overlaps(netip.MustParsePrefix("10.20.64.0/24")) {
			t.Errorf("%s took %s, which the lock holds for another pattern", x.Name, x.CIDR)
		}
	}
	if got["app/payments/ledger/us-east-1a/nodes"] != "10.20.100.128/27" {
		t.Errorf("the locked block moved to %s", got["app/payments/ledger/us-east-1a/nodes"])
	}
	if len(a.Moves) != 1 || a.Moves[0].Name != "app/payments/ledger/us-east-1b/nodes" || a.Moves[0].From != "10.20.101.0/28" {
		t.Errorf("moves %+v, want the /28 that is too small", a.Moves)
	}
}

// In a VPC that may not change, private NAT gateways that are there already can
// serve one source group, if the route tables lead to them.
func TestExistingNATServesOneGroup(t *testing.T) {
	vpc := `changeable: false
    subnets:
      - {name: n-a, cidr: 10.20.0.0/24, zone: us-east-1a, role: nodes}
      - {name: n-b, cidr: 10.20.1.0/24, zone: us-east-1b, role: nodes}
      - {name: x-a, cidr: 10.20.2.0/28, zone: us-east-1a, role: nat}
      - {name: x-b, cidr: 10.20.2.16/28, zone: us-east-1b, role: nat}
    natGateways:
      - {name: nat-a, subnet: x-a, private: true, ips: [10.20.2.9, 10.20.2.10]}
      - {name: nat-b, subnet: x-b, private: true, ips: [10.20.2.20]}
    routeTables:
      - {name: t-a, subnets: [n-a], routes: [{to: 10.0.0.0/14, via: nat-a}]}
      - {name: t-b, subnets: [n-b], routes: [{to: 10.0.0.0/14, via: %s}]}
      - {name: t-x, subnets: [x-a, x-b], routes: [{to: 10.0.0.0/14, via: transit-gateway}]}`
	good := candidates(Recommend(load(t, estate(map[string]string{"VPC": fmt.Sprintf(vpc, "nat-b")}))))["private-nat-gateway"]
	if good.Status == Rejected {
		t.Errorf("rejected: %s", blockers(good))
	}
	if want := "[10.20.2.9/32 10.20.2.10/32 10.20.2.20/32]"; len(good.AllowList) == 0 || fmt.Sprint(good.AllowList[0].Sources) != want {
		t.Errorf("the allow-list %+v, want every address of both gateways: %s", good.AllowList, want)
	}
	// The table of zone b leads past the NAT gateway: the node's own address
	// would show, and the walk must say so.
	bad := candidates(Recommend(load(t, estate(map[string]string{"VPC": fmt.Sprintf(vpc, "transit-gateway")}))))["private-nat-gateway"]
	if got := blockers(bad); got != "path-broken" {
		t.Errorf("blockers %q, want path-broken: zone b leaves past the NAT gateway", got)
	}
}

// What cidr says is a lock that holds: every block and address of a plan, given
// back as a lock, stays where it is when more apps come, and is never refused.
func TestPlanIsItsOwnLock(t *testing.T) {
	base := strings.Replace(estate(map[string]string{"DB": "10.1.4.1/32"}), "broadestSource: 16", "broadestSource: 32", 1)
	for _, p := range patterns {
		before := PlanAddresses(load(t, base), p.id())
		lock := "apiVersion: egressplan/v1\nkind: Allocations\nspec:\n  entries:\n"
		for _, a := range before.Allocations {
			if a.New {
				lock += fmt.Sprintf("    - {name: %s, pattern: %s, pool: %s, zone: %s, purpose: %s, cidr: %s}\n", a.Name, p.id(), a.Pool, a.Zone, a.Purpose, a.CIDR)
			}
		}
		more := strings.Replace(base, "  apps:", "  apps:\n    - {name: aaa, namespace: a, pods: {min: 1, max: 30}, flows: [{to: db, outGB: 1, inGB: 1}]}", 1)
		after := PlanAddresses(load(t, more, lock), p.id())
		now := map[string]string{}
		for _, a := range after.Allocations {
			now[a.Name] = a.CIDR
		}
		moved := map[string]bool{}
		for _, m := range after.Moves {
			moved[m.Name] = true
		}
		for _, a := range before.Allocations {
			if now[a.Name] != a.CIDR && !moved[a.Name] {
				t.Errorf("%s: %s was %s and is %s, and no move is listed", p.id(), a.Name, a.CIDR, now[a.Name])
			}
			if p.id() != "cilium-egress-gateway" && strings.HasPrefix(a.Name, "app/") && now[a.Name] != a.CIDR {
				t.Errorf("%s: %s moved from %s to %s because another app came", p.id(), a.Name, a.CIDR, now[a.Name])
			}
		}
		if !after.Fits {
			t.Errorf("%s: %+v", p.id(), after.Unmet)
		}
	}
}
