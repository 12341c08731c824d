package inventory

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"egressplan/planner/finding"
)

// network is an Environment of which only the address blocks matter. Its
// sections stand in the order given, so that either side can be the later one.
func network(sections ...string) string {
	doc := "apiVersion: egressplan/v1\nkind: Environment\nspec:\n  region: eu-central-1\n  zones: [eu-central-1a, eu-central-1b]\n"
	for _, s := range sections {
		doc += "  " + s + "\n"
	}
	return doc
}

func vpcOf(cidrs, subnets string) string {
	return fmt.Sprintf("vpc: {cidrs: [%s], subnets: [%s]}", cidrs, subnets)
}

func subnetOf(name, cidr string) string {
	return fmt.Sprintf("{name: %s, cidr: %s, zone: eu-central-1a}", name, cidr)
}

func poolOf(name, cidr, more string) string {
	return fmt.Sprintf("pools: [{name: %s, cidrs: [%s]%s}]", name, cidr, more)
}

const (
	sitesSection = "onPrem: {sites: [{name: dc1, cidrs: [10.0.0.0/14]}]}"
	plainVPC     = "vpc: {cidrs: [10.20.0.0/16]}"

	noFirewallsYAML = `apiVersion: egressplan/v1
kind: FirewallRequirements
spec:
  destinations:
    - {name: core-db, kind: network, cidrs: [10.1.4.0/28], ports: [tcp/1521]}
    - {name: storage, kind: aws-service, service: s3, ports: [tcp/443]}
`
)

// What may overlap with what: the table at the end of the chapter on input
// documents. first and second stand in this order; with turn they also stand
// the other way round, and the later one is still the one to blame.
var overlapRows = []struct {
	name          string
	first, second string
	code          string // "" where the overlap is legal or a finding
}{
	{"subnet in another subnet", vpcOf("10.20.0.0/16", subnetOf("a", "10.20.0.0/24")+", "+subnetOf("b", "10.20.0.128/25")), "", CodeOverlap},
	{"subnet around another subnet", vpcOf("10.20.0.0/16", subnetOf("a", "10.20.0.128/25")+", "+subnetOf("b", "10.20.0.0/24")), "", CodeOverlap},
	{"subnet equal to another", vpcOf("10.20.0.0/16", subnetOf("a", "10.20.0.0/24")+", "+subnetOf("b", "10.20.0.0/24")), "", CodeOverlap},
	{"subnets side by side", vpcOf("10.20.0.0/16", subnetOf("a", "10.20.0.0/25")+", "+subnetOf("b", "10.20.0.128/25")), "", ""},
	{"subnet outside the VPC", vpcOf("10.20.0.0/16", subnetOf("a", "10.21.0.0/24")), "", CodeOutside},
	{"subnet wider than the VPC block", vpcOf("10.20.0.0/20", subnetOf("a", "10.20.0.0/19")), "", CodeOutside},
	{"subnet in the second VPC block", vpcOf("10.20.0.0/16, 100.65.0.0/16", subnetOf("a", "100.65.1.0/24")), "", ""},
	{"subnet as large as the block, standing before it", "vpc: {subnets: [" + subnetOf("a", "10.20.0.0/16") + "], cidrs: [10.20.0.0/16]}", "", ""},
	{"VPC block in another", vpcOf("10.20.0.0/16, 10.20.128.0/17", ""), "", CodeOverlap},
	{"pool with pool", plainVPC, "pools: [{name: a, cidrs: [10.64.0.0/20]}, {name: b, cidrs: [10.64.8.0/21]}]", CodeOverlap},
	{"pool with itself", plainVPC, "pools: [{name: a, cidrs: [10.64.8.0/21, 10.64.0.0/20]}]", CodeOverlap},
	{"pool beside pool", plainVPC, "pools: [{name: a, cidrs: [10.64.0.0/21]}, {name: b, cidrs: [10.64.8.0/21]}]", ""},
	{"VPC with connected", plainVPC, "connected: [{name: shared, cidrs: [10.20.3.0/24]}]", CodeOverlap},
	{"VPC inside connected", plainVPC, "connected: [{name: shared, cidrs: [10.0.0.0/8]}]", CodeOverlap},
	{"VPC beside connected", plainVPC, "connected: [{name: shared, cidrs: [10.21.0.0/16]}]", ""},
	{"service CIDR with VPC", plainVPC, "cluster: {serviceCIDR: 10.20.0.0/20}", CodeOverlap},
	{"service CIDR with pool", poolOf("a", "172.20.4.0/24", ""), "cluster: {serviceCIDR: 172.20.0.0/16}", CodeOverlap},
	{"service CIDR of its own", poolOf("a", "172.21.4.0/24", ""), "cluster: {serviceCIDR: 172.20.0.0/16}", ""},
	{"VPC wider than /16", vpcOf("10.20.0.0/15", ""), "", CodeBadPrefixLength},
	{"VPC of /16 and /28", vpcOf("10.20.0.0/16, 10.21.0.0/28", ""), "", ""},
	{"VPC narrower than /28", vpcOf("10.20.0.0/29", ""), "", CodeBadPrefixLength},
	{"subnet narrower than /28", vpcOf("10.20.0.0/16", subnetOf("a", "10.20.0.0/29")), "", CodeBadPrefixLength},
	{"subnet of /16 and /28", vpcOf("10.20.0.0/16, 10.21.0.0/16", subnetOf("a", "10.20.0.0/16")+", "+subnetOf("b", "10.21.0.0/28")), "", ""},
	{"routable pool with on-premises", sitesSection, poolOf("a", "10.2.0.0/16", ", routable: true"), CodeOverlap},
	{"routable pool around on-premises", sitesSection, poolOf("a", "10.0.0.0/8", ", routable: true"), CodeOverlap},
	{"non-routable pool with on-premises", sitesSection, poolOf("a", "10.2.0.0/16", ", routable: false"), ""},
	// Findings: the plan goes on.
	{"on-premises with VPC", "vpc: {cidrs: [10.2.0.0/16]}", sitesSection, ""},
	{"on-premises with service CIDR", sitesSection, "cluster: {serviceCIDR: 10.3.0.0/16}", ""},
	// Legal.
	{"pool inside the VPC", plainVPC, poolOf("a", "10.20.64.0/18", ""), ""},
	{"reserved inside the VPC", plainVPC, "reserved: [10.20.255.0/24]", ""},
	{"reserved inside a pool", poolOf("a", "10.64.0.0/16", ""), "reserved: [10.64.1.0/24]", ""},
	{"reserved twice", "reserved: [10.64.1.0/24]", poolOf("a", "10.65.0.0/16", ""), ""},
}

func TestOverlapTable(t *testing.T) {
	for _, row := range overlapRows {
		t.Run(row.name, func(t *testing.T) {
			sections := []string{row.first, row.second}
			if row.second == "" {
				checkOverlap(t, network(row.first), row.code)
				return
			}
			for range 2 {
				if !slices.ContainsFunc(sections, func(s string) bool { return len(s) > 3 && s[:4] == "vpc:" }) {
					sections = append(sections, plainVPC)
				}
				checkOverlap(t, network(sections...), row.code)
				slices.Reverse(sections)
			}
		})
	}
}

// checkOverlap wants the one problem at the later of its two places.
func checkOverlap(t *testing.T, doc, code string) {
	t.Helper()
	_, problems := load(map[string]string{"env": doc, "fw": noFirewallsYAML})
	if code == "" {
		for _, p := range problems {
			t.Errorf("%s: %s [%s] in\n%s", p.At, p.Message, p.Code, doc)
		}
		return
	}
	if len(problems) != 1 || problems[0].Code != code {
		t.Fatalf("%v, want one %s in\n%s", problems, code, doc)
	}
	p := problems[0]
	if code == CodeOverlap && (p.Earlier.IsZero() || p.At.Compare(p.Earlier) <= 0) {
		t.Errorf("at %s, earlier %s", p.At, p.Earlier)
	}
}

// AWS gives a cluster without a service CIDR of its own one of two.
func TestDefaultServiceCIDR(t *testing.T) {
	tests := []struct{ vpc, pool, want string }{
		{"10.20.0.0/16", "10.64.0.0/16", "172.20.0.0/16"},
		{"172.31.0.0/16", "10.64.0.0/16", "10.100.0.0/16"},
		{"10.20.0.0/16", "172.20.0.0/20", "10.100.0.0/16"},
		{"172.31.0.0/16", "10.100.0.0/20", "172.20.0.0/16"},
		{"172.20.0.0/16", "10.100.0.0/20", ""},
	}
	for _, tt := range tests {
		plan, problems := load(map[string]string{"env": network(vpcOf(tt.vpc, ""), poolOf("a", tt.pool, ""), "cluster: {name: c}"), "fw": noFirewallsYAML})
		if tt.want == "" {
			if len(problems) != 1 || problems[0].Code != CodeMissing {
				t.Errorf("%v: %v", tt, problems)
			}
			continue
		}
		if len(problems) > 0 || plan.Environment.Cluster.ServiceCIDR.V.String() != tt.want || plan.Environment.Cluster.ServiceCIDR.Set {
			t.Errorf("%v: %v %v", tt, problems, plan)
		}
	}
}

func smallBlocks(label string) *rapid.Generator[[]block] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) block {
		// Within 64 addresses, so that most draws overlap something.
		bits := rapid.IntRange(26, 32).Draw(t, "bits")
		addr := netip.AddrFrom4([4]byte{10, 0, 0, byte(rapid.IntRange(0, 63).Draw(t, "host"))})
		p, _ := addr.Prefix(bits)
		return block{cidr: p}
	}), 0, 12)
}

// numbered gives every block a place of its own, from the given line on.
func numbered(list []block, from int) []block {
	for i := range list {
		list[i].at = finding.Pos{Line: from + i}
	}
	return list
}

// One pass finds the blocks that comparing all with all finds.
func TestOverlapsAgainstNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := numbered(smallBlocks("list").Draw(t, "list"), 0)
		clashing := map[int]bool{}
		pairs(slices.Clone(list), func(inner, outer block) {
			if !within(inner.cidr, outer.cidr) {
				t.Fatalf("%s is not in %s", inner.cidr, outer.cidr)
			}
			clashing[inner.at.Line] = true
		})
		for i, a := range list {
			inside := false
			for j, b := range list {
				inside = inside || i != j && a.cidr.Overlaps(b.cidr) && (a.cidr.Bits() > b.cidr.Bits() || a.cidr == b.cidr && j < i)
			}
			if inside != clashing[i] {
				t.Errorf("%s (%d) of %v: %v, want %v", a.cidr, i, list, clashing[i], inside)
			}
		}
	})
}

func TestBetweenAgainstNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := numbered(smallBlocks("a").Draw(t, "a"), 0)
		b := numbered(smallBlocks("b").Draw(t, "b"), 100)
		touched := map[int]bool{}
		between(a, b, func(inner, outer block) {
			if !within(inner.cidr, outer.cidr) || (inner.at.Line < 100) == (outer.at.Line < 100) {
				t.Fatalf("%v in %v", inner, outer)
			}
			touched[inner.at.Line], touched[outer.at.Line] = true, true
		})
		for _, x := range a {
			for _, y := range b {
				if x.cidr.Overlaps(y.cidr) && !touched[x.at.Line] && !touched[y.at.Line] {
					t.Errorf("%s and %s overlap and nobody said so", x.cidr, y.cidr)
				}
			}
		}
	})
}

func TestLockOverlaps(t *testing.T) {
	entry := func(name, pattern, purpose, cidr string) string {
		return fmt.Sprintf("    - {name: %s, pattern: %s, purpose: %s, cidr: %s}\n", name, pattern, purpose, cidr)
	}
	nodes := entry("a", "cilium-egress-gateway", "egress-nodes", "10.20.64.0/28")
	tests := []struct {
		name, second, code string
	}{
		{"egress IP in its nodes", entry("b", "cilium-egress-gateway", "egress-ip", "10.20.64.5/32"), ""},
		{"nodes in nodes", entry("b", "cilium-egress-gateway", "nodes", "10.20.64.0/28"), CodeOverlap},
		{"nodes around nodes", entry("b", "cilium-egress-gateway", "nodes", "10.20.64.0/24"), CodeOverlap},
		{"another pattern", entry("b", "vpc-subnet-cidr", "nodes", "10.20.64.0/28"), CodeOverlap},
		{"the existing subnet, adopted by another pattern", entry("b", "vpc-subnet-cidr", "nodes", "10.20.0.0/24"), ""},
		{"the name in another pattern", entry("a", "vpc-subnet-cidr", "nodes", "10.20.65.0/28"), ""},
		{"the name twice", entry("a", "cilium-egress-gateway", "nodes", "10.20.65.0/28"), CodeDuplicateName},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, entries := range []string{nodes + tt.second, tt.second + nodes} {
				_, problems := load(map[string]string{"lock": "apiVersion: egressplan/v1\nkind: Allocations\nspec:\n  entries:\n" + entries})
				if tt.code == "" && len(problems) > 0 || tt.code != "" && (len(problems) != 1 || problems[0].Code != tt.code || problems[0].At.Line != 6 || problems[0].Earlier.Line != 5) {
					t.Errorf("%v, want %q", problems, tt.code)
				}
			}
		})
	}
}
