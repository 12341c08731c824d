package planner

import (
	"fmt"
	"strings"
	"testing"

	"egressplan/planner/finding"

	"egressplan/planner/inventory"
)

// line is the amount and quantity of a bill's item, "" where there is none.
func line(c *Candidate, item string) (quantity, amount string) {
	for _, l := range c.Monthly.Lines {
		if l.Item == item {
			return l.Quantity.String(), l.Amount.StringFixed(2)
		}
	}
	return "", ""
}

// with returns the small estate with replacements, each of which must change it.
func with(t *testing.T, marks map[string]string, replace ...string) map[string]*Candidate {
	t.Helper()
	text := estate(marks)
	for i := 0; i < len(replace); i += 2 {
		changed := strings.Replace(text, replace[i], replace[i+1], 1)
		if changed == text {
			t.Fatalf("%q is not in the estate", replace[i])
		}
		text = changed
	}
	return candidates(Recommend(load(t, text)))
}

// Single lines of the bill, each recomputed by hand from list prices of
// us-east-1 and the small estate's 10 GB out and 20 GB in.
func TestBillLines(t *testing.T) {
	vpn := []string{"{name: dx1, over: direct-connect, capacity: 1Gbps, location: Contiguous US}", "{name: vpn1, over: site-to-site-vpn}"}
	rows := []struct {
		name, pattern, item, quantity, amount string
		replace                               []string
	}{
		{"Direct Connect bills what leaves", "vpc-subnet-cidr", "direct-connect-out-gb:Contiguous US", "10", "0.20", nil},
		{"two ports: 2 x 730 x 0.30", "vpc-subnet-cidr", "direct-connect-port-hour:1Gbps", "1460", "438.00", []string{"capacity: 1Gbps,", "capacity: 1Gbps, ports: 2,"}},
		{"2 Gbps is a hosted connection: 730 x 0.66", "vpc-subnet-cidr", "direct-connect-hosted-hour:2Gbps", "730", "481.80", []string{"capacity: 1Gbps", "capacity: 2Gbps"}},
		{"a VPN bills what leaves at the internet rate: 10 x 0.09", "vpc-subnet-cidr", "internet-out-gb", "10", "0.90", vpn},
		{"a VPN connection: 730 x 0.05", "vpc-subnet-cidr", "vpn-connection-hour", "730", "36.50", vpn},
		{"VPC and VPN attachments: 2 x 730 x 0.05", "vpc-subnet-cidr", "transit-gateway-attachment-hour", "1460", "73.00", vpn},
		{"a shared link's attachment is not ours: 730 x 0.05", "vpc-subnet-cidr", "transit-gateway-attachment-hour", "730", "36.50", []string{"capacity: 1Gbps,", "capacity: 1Gbps, shared: true,"}},
		{"both directions enter the transit gateway: 30 x 0.02", "vpc-subnet-cidr", "transit-gateway-gb", "30", "0.60", nil},
		{"both directions pass the NAT gateway: 30 x 0.045", "private-nat-gateway", "nat-gateway-gb", "30", "1.35", nil},
		{"two zones: 2 x 730 x 0.045", "private-nat-gateway", "nat-gateway-hour", "1460", "65.70", nil},
		{"NAT in one of two zones: 30 x 1/2 x 2 sides x 0.01", "private-nat-gateway", "cross-zone-gb", "30", "0.30",
			[]string{"---\napiVersion: egressplan/v1\nkind: AppInv", "---\napiVersion: egressplan/v1\nkind: Policy\nspec: {redundancy: {natZones: 1}}\n---\napiVersion: egressplan/v1\nkind: AppInv"}},
		{"a virtual private gateway has no transit gateway lines", "vpc-subnet-cidr", "transit-gateway-gb", "", "", []string{"{name: dx1, ", "{name: dx1, gateway: virtual-private-gateway, "}},
		// 300,000 GB x 8589.934592 / 2,628,000 = 980.6 Mbit/s, x 4 at the peak =
		// 3,922; a c5n.large carries 3,000 x 0.6 = 1,800: 3 gateways, 2 in each of 2
		// zones: 4 x 730 x 0.108.
		{"gateways for the peak", "cilium-egress-gateway", "ec2-hour:c5n.large", "2920", "315.36", []string{"outGB: 10, inGB: 20", "outGB: 100000, inGB: 200000"}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			q, a := line(with(t, nil, row.replace...)[row.pattern], row.item)
			if q != row.quantity || a != row.amount {
				t.Errorf("%s: quantity %q, amount %q; want %q, %q", row.item, q, a, row.quantity, row.amount)
			}
		})
	}
}

// Limits of AWS and Cilium: what exceeds them, and what just does not.
func TestLimits(t *testing.T) {
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "\n    - {name: app-%d, namespace: n, pods: {min: 1, max: 1}, flows: [{to: db, outGB: 1, inGB: 1}]}", i)
		}
		return "  apps:" + b.String()
	}
	const apps = "  apps:"
	rows := []struct {
		name, pattern, code string
		want                bool
		severity            finding.Severity
		marks               map[string]string
		replace             []string
	}{
		{"5 NAT gateways a zone", "private-nat-gateway", "nat-gateway-quota", false, finding.Risk, nil, []string{apps, many(4)}},
		{"6 NAT gateways a zone", "private-nat-gateway", "nat-gateway-quota", true, finding.Risk, nil, []string{apps, many(5)}},
		{"existing ones count", "private-nat-gateway", "nat-gateway-quota", true, finding.Risk,
			map[string]string{"VPC": "subnets: [{name: p, cidr: 10.20.0.0/28, zone: us-east-1a, role: nat}]\n    natGateways: [{name: x, subnet: p, ips: [10.20.0.9]}]"}, []string{apps, many(4)}},
		{"a quota that cannot be raised blocks", "private-nat-gateway", "nat-gateway-quota", true, finding.Blocker, nil,
			[]string{apps, many(5), "  onPrem:", "  quotas: {fixed: [natGatewaysPerZone]}\n  onPrem:"}},
		{"16,384 policy entries", "cilium-egress-gateway", "egress-policy-map", false, finding.Blocker,
			map[string]string{"DB": "10.1.4.1/32, 10.1.4.9/32"}, []string{"max: 4", "max: 8192"}},
		{"16,386 policy entries", "cilium-egress-gateway", "egress-policy-map", true, finding.Blocker,
			map[string]string{"DB": "10.1.4.1/32, 10.1.4.9/32"}, []string{"max: 4", "max: 8193"}},
		{"64 gateway entries", "cilium-egress-gateway", "egress-gateway-entries", false, finding.Blocker, nil,
			[]string{"---\napiVersion: egressplan/v1\nkind: AppInv", "---\napiVersion: egressplan/v1\nkind: Policy\nspec: {redundancy: {egressNodesPerZone: 32}}\n---\napiVersion: egressplan/v1\nkind: AppInv"}},
		{"66 gateway entries", "cilium-egress-gateway", "egress-gateway-entries", true, finding.Blocker, nil,
			[]string{"---\napiVersion: egressplan/v1\nkind: AppInv", "---\napiVersion: egressplan/v1\nkind: Policy\nspec: {redundancy: {egressNodesPerZone: 33}}\n---\napiVersion: egressplan/v1\nkind: AppInv"}},
		{"the tunnel needs udp/8472", "cilium-egress-gateway", "tunnel-closed", true, finding.Blocker, nil,
			[]string{"nodeType: m5.large", "nodeType: m5.large\n    securityGroupEgress: [tcp/1521 0.0.0.0/0]"}},
		{"the tunnel has udp/8472", "cilium-egress-gateway", "tunnel-closed", false, finding.Blocker, nil,
			[]string{"nodeType: m5.large", "nodeType: m5.large\n    securityGroupEgress: [tcp/1521 0.0.0.0/0, udp/8472 10.20.0.0/16, udp/8472 100.64.0.0/16]"}},
		{"another zone's NAT gateway does not survive", "private-nat-gateway", "survive-zone-lost", true, finding.Blocker, nil,
			[]string{"ports: [tcp/1521]", "ports: [tcp/1521], mustSurvive: [zone-lost]",
				"---\napiVersion: egressplan/v1\nkind: AppInv", "---\napiVersion: egressplan/v1\nkind: Policy\nspec: {redundancy: {natZones: 1}}\n---\napiVersion: egressplan/v1\nkind: AppInv"}},
		{"one NAT gateway a zone survives", "private-nat-gateway", "survive-zone-lost", false, finding.Blocker, nil, []string{"ports: [tcp/1521]", "ports: [tcp/1521], mustSurvive: [zone-lost]"}},
		{"a backup on another gateway is not used", "vpc-subnet-cidr", "survive-link-lost", true, finding.Blocker, nil,
			[]string{"ports: [tcp/1521]", "ports: [tcp/1521], mustSurvive: [link-lost]", "location: Contiguous US}", "location: Contiguous US}, {name: vpn1, gateway: virtual-private-gateway, over: site-to-site-vpn, role: backup}"}},
		{"a backup on the same gateway is", "vpc-subnet-cidr", "survive-link-lost", false, finding.Blocker, nil,
			[]string{"ports: [tcp/1521]", "ports: [tcp/1521], mustSurvive: [link-lost]", "location: Contiguous US}", "location: Contiguous US}, {name: vpn1, over: site-to-site-vpn, role: backup}"}},
		{"a pod larger than a node", "vpc-subnet-cidr", "pod-fits-no-node", true, finding.Risk, nil, []string{"cpu: 500m", "cpu: 2"}},
		{"a range of ports over plain TCP", "istio-egress-gateway", "tcp-cidr-needs-endpoints", true, finding.Blocker, map[string]string{"DB": "10.1.4.1/32"}, []string{"tcp/1521", "tcp/1024-2048"}},
		{"Windows always translates", "vpc-subnet-cidr", "windows-always-snat", true, finding.Blocker, map[string]string{"CNI": "externalSNAT: true", "APP": "os: windows,"}, nil},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got := false
			for _, f := range with(t, row.marks, row.replace...)[row.pattern].Findings {
				if f.Code == row.code {
					got = true
					if f.Severity != row.severity {
						t.Errorf("%s is a %s, want %s", f.Code, f.Severity, row.severity)
					}
				}
			}
			if got != row.want {
				t.Errorf("%s found: %v, want %v", row.code, got, row.want)
			}
		})
	}
}

// 27 groups fit a c5n.large (3 interfaces of 10 addresses, one of each its own);
// the 28th asks for a second fleet in each of the two zones.
func TestEgressIPSlots(t *testing.T) {
	for n, want := range map[int]int{27: 2, 28: 4} {
		var b strings.Builder
		for i := range n - 1 {
			fmt.Fprintf(&b, "\n    - {name: app-%d, namespace: n, pods: {min: 1, max: 1}, flows: [{to: db, outGB: 1, inGB: 1}]}", i)
		}
		c := with(t, nil, "  apps:", "  apps:"+b.String())["cilium-egress-gateway"]
		if c.Monthly.Nodes.Gateways != want {
			t.Errorf("%d groups: %d gateway nodes, want %d", n, c.Monthly.Nodes.Gateways, want)
		}
	}
}

// sourcesOf is what the first allow-list row admits.
func sourcesOf(c *Candidate) string {
	if len(c.AllowList) == 0 {
		return ""
	}
	return fmt.Sprint(c.AllowList[0].Sources)
}

// Where an exclusion covers part of a destination, both the node's and the
// pod's addresses show, and both must be allowed.
func TestPartialExclusionShowsBoth(t *testing.T) {
	marks := map[string]string{"CNI": "customNetworking: true, excludeSNATCIDRs: [10.1.4.8/29]", "DB": "10.1.4.0/28"}
	c := with(t, marks)["vpc-subnet-cidr"]
	want := map[string]bool{purposeNodes: false, purposePods: false}
	for _, a := range c.Allocations {
		for _, s := range c.AllowList[0].Sources {
			if strings.HasPrefix(a.Name, "app/") && covers(s, a.CIDR) {
				want[a.Purpose] = true
			}
		}
	}
	if !want[purposeNodes] || !want[purposePods] || c.Status == Rejected {
		t.Errorf("the allow-list %s admits nodes %v, pods %v; blockers %q", sourcesOf(c), want[purposeNodes], want[purposePods], blockers(c))
	}
}

// A destination known by its name only, and one as wide as its site, are behind
// their firewall all the same.
func TestFirewallStandsBeforeTheSite(t *testing.T) {
	for _, replace := range [][]string{{"cidrs: [10.1.4.0/28]", "hosts: [db.example.internal]"}, {"cidrs: [10.1.4.0/28]", "cidrs: [172.16.0.0/16]"}} {
		c := with(t, nil, replace...)["vpc-subnet-cidr"]
		if c.Status == Rejected {
			t.Errorf("%s: blockers %q", replace[1], blockers(c))
		}
		for p := range c.work.eachPath {
			_, hops := simWalker(c).Trace(p.start, p.packet, p.choice)
			passed := false
			for _, h := range hops {
				passed = passed || c.work.b.net.Nodes[h.Node].Kind == kindFirewall
			}
			if !passed {
				t.Errorf("%s: the path does not pass the firewall", replace[1])
			}
		}
	}
}

// Two groups that must use the same existing subnets cannot be told apart.
func TestSharedSubnetsAreNotOnesOwn(t *testing.T) {
	marks := map[string]string{"VPC": "subnets: [{name: s-a, cidr: 10.20.0.0/24, zone: us-east-1a, role: nodes}, {name: s-b, cidr: 10.20.1.0/24, zone: us-east-1b, role: nodes}]",
		"APP": "subnets: [s-a, s-b],"}
	alone := with(t, marks)["vpc-subnet-cidr"]
	if alone.Status == Rejected || sourcesOf(alone) != "[10.20.0.0/23]" {
		t.Errorf("alone: blockers %q, sources %s", blockers(alone), sourcesOf(alone))
	}
	both := with(t, marks, "  apps:", "  apps:\n    - {name: other, namespace: n, subnets: [s-a, s-b], pods: {min: 1, max: 1}, flows: [{to: db, outGB: 1, inGB: 1}]}")["vpc-subnet-cidr"]
	if blockers(both) != "source-not-own" {
		t.Errorf("together: blockers %q, want source-not-own", blockers(both))
	}
}

// A lock on space that is somebody else's is refused; addresses that had to move
// are listed.
func TestLockOnTakenSpace(t *testing.T) {
	const entry = "apiVersion: egressplan/v1\nkind: Allocations\nspec:\n  entries:\n    - {name: app/payments/ledger/us-east-1a/nodes, pattern: vpc-subnet-cidr, pool: routable, zone: us-east-1a, purpose: nodes, cidr: %s}"
	vpc := "subnets: [{name: leg, cidr: 10.20.80.0/24, zone: us-east-1a, role: other}]"
	for block, want := range map[string]string{"10.20.80.64/27": inventory.CodeOverlap, "10.1.4.0/27": inventory.CodeOutside, "10.20.3.0/27": inventory.CodeOutside, "10.20.90.0/27": ""} {
		_, problems := inventory.Load([]inventory.Source{{Name: "plan.yaml", Data: []byte(estate(map[string]string{"VPC": vpc}) + "\n---\n" + fmt.Sprintf(entry, block))}})
		got := ""
		if len(problems) > 0 {
			got = problems[0].Code
		}
		if got != want {
			t.Errorf("%s: %v, want %q", block, problems, want)
		}
	}
	const ip = "apiVersion: egressplan/v1\nkind: Allocations\nspec:\n  entries:\n    - {name: app/payments/ledger/us-east-1a/egress-ip, pattern: cilium-egress-gateway, pool: routable, zone: us-east-1a, purpose: egress-ip, cidr: 10.20.99.9/32}"
	a := PlanAddresses(load(t, estate(nil), ip), "cilium-egress-gateway")
	moved := false
	for _, m := range a.Moves {
		moved = moved || m.Name == "app/payments/ledger/us-east-1a/egress-ip" && m.From == "10.20.99.9/32"
	}
	if !moved {
		t.Errorf("moves %+v: the egress IP left its address and nobody said so", a.Moves)
	}
}

// Where a firewall takes single addresses only, every gateway node keeps one of
// its own, and all are allowed.
func TestEveryPinnedGatewayIsAllowed(t *testing.T) {
	c := with(t, map[string]string{"DB": "10.1.4.1/32"}, "broadestSource: 16", "broadestSource: 32", "outGB: 10, inGB: 20", "outGB: 100000, inGB: 200000")["istio-egress-gateway"]
	if n := len(c.AllowList[0].Sources); c.Status == Rejected || n != c.Monthly.Nodes.Gateways || n != 4 {
		t.Errorf("%d gateway nodes, %d addresses allowed; want 4 of each; blockers %q", c.Monthly.Nodes.Gateways, n, blockers(c))
	}
}
