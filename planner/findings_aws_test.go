package planner

import (
	"fmt"
	"strings"
	"testing"

	"egressplan/planner/finding"
)

// severities are a candidate's findings by code; the gravest counts.
func severities(c *Candidate) map[string]finding.Severity {
	found := map[string]finding.Severity{}
	for _, f := range c.Findings {
		if s, there := found[f.Code]; !there || severityRank(f.Severity) < severityRank(s) {
			found[f.Code] = f.Severity
		}
	}
	return found
}

func listed(n int, format string) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(format, i/256, i%256))
	}
	return strings.Join(list, ", ")
}

// Each of AWS's limits at its edge and one beyond: a hard one blocks, an
// adjustable one is a risk unless it is fixed.
func TestAWSLimits(t *testing.T) {
	site := func(n int) string { return listed(n, "172.24.%d.%d/32") }
	table := func(n int) string {
		var routes []string
		for i := range n {
			routes = append(routes, fmt.Sprintf("{to: 172.25.%d.%d/32, via: virtual-private-gateway, propagated: true}", i/256, i%256))
		}
		return "routeTables: [{name: rt, routes: [" + strings.Join(routes, ", ") + "]}]"
	}
	nat := func(n int) string {
		var ips []string
		for i := range n {
			ips = append(ips, fmt.Sprintf("10.20.2.%d", 4+i))
		}
		return "subnets: [{name: s, cidr: 10.20.2.0/27, zone: us-east-1a, role: nat}]\n    natGateways: [{name: n, subnet: s, private: true, ips: [" + strings.Join(ips, ", ") + "]}]"
	}
	dx, vgw, vpn := "over: direct-connect", "over: direct-connect, gateway: virtual-private-gateway", "over: site-to-site-vpn, capacity: 1Gbps"
	for _, tt := range []struct {
		name, code string
		want       finding.Severity // "" for none
		marks      map[string]string
		link       string
		advertised int
		quotas     string
	}{
		{name: "98 ranges of a site, and its two", code: "prefixes-to-aws", marks: map[string]string{"SITE": site(98)}},
		{name: "101 ranges over Direct Connect", code: "prefixes-to-aws", want: finding.Risk, marks: map[string]string{"SITE": site(99)}},
		{name: "101 ranges over a VPN to a transit gateway", code: "prefixes-to-aws", marks: map[string]string{"SITE": site(99)}, link: vpn},
		{name: "100 ranges propagated", code: "propagated-routes", marks: map[string]string{"SITE": site(98)}, link: vgw},
		{name: "101 ranges propagated", code: "propagated-routes", want: finding.Blocker, marks: map[string]string{"SITE": site(99)}, link: vgw},
		{name: "100 propagated in a table", code: "propagated-routes", marks: map[string]string{"VPC": table(100)}},
		{name: "101 propagated in a table", code: "propagated-routes", want: finding.Blocker, marks: map[string]string{"VPC": table(101)}},
		{name: "498 routes and two VPC blocks", code: "quota-routes", marks: map[string]string{"VPC": table(498)}},
		{name: "499 routes and two VPC blocks", code: "quota-routes", want: finding.Risk, marks: map[string]string{"VPC": table(499)}},
		{name: "499 routes, fixed", code: "quota-routes", want: finding.Blocker, marks: map[string]string{"VPC": table(499)}, quotas: "fixed: [routesPerTable]"},
		{name: "999 routes and two VPC blocks", code: "quota-routes", want: finding.Blocker, marks: map[string]string{"VPC": table(999)}, quotas: "routesPerTable: 5000"},
		{name: "200 allowed prefixes", code: "prefixes-from-aws", advertised: 200},
		{name: "201 allowed prefixes", code: "prefixes-from-aws", want: finding.Blocker, advertised: 201},
		{name: "201 prefixes over a VPN", code: "prefixes-from-aws", advertised: 201, link: vpn},
		{name: "8 addresses of a NAT gateway", code: "nat-addresses", marks: map[string]string{"VPC": nat(8)}},
		{name: "9 addresses of a NAT gateway", code: "nat-addresses", want: finding.Blocker, marks: map[string]string{"VPC": nat(9)}},
		{name: "a destination in Docker's range", code: "docker-bridge-range", want: finding.Risk, marks: map[string]string{"DB": "172.17.4.0/28", "SITE": "192.168.0.0/24, 172.17.0.0/16"}},
		{name: "one beside it", code: "docker-bridge-range", marks: map[string]string{"DB": "172.16.4.0/28"}},
	} {
		text := estate(tt.marks)
		link := dx
		if tt.link != "" {
			link = tt.link
		}
		if tt.advertised > 0 {
			link += ", advertised: [" + listed(tt.advertised, "10.20.%d.%d/32") + "]"
		}
		text = strings.Replace(text, "over: direct-connect, capacity: 1Gbps", link, 1)
		if tt.quotas != "" {
			text = strings.Replace(text, "  cluster:\n", "  quotas: {"+tt.quotas+"}\n  cluster:\n", 1)
		}
		c := candidates(Recommend(load(t, text)))["private-nat-gateway"]
		if got := severities(c)[tt.code]; got != tt.want {
			t.Errorf("%s: %s %q, want %q", tt.name, tt.code, got, tt.want)
		}
	}
}

// EKS needs six free addresses in subnets of two zones, and recommends sixteen.
func TestClusterSubnets(t *testing.T) {
	for free, want := range map[int]finding.Severity{5: finding.Risk, 6: finding.Note, 15: finding.Note, 16: ""} {
		vpc := fmt.Sprintf("changeable: false\n    subnets: [{name: a, cidr: 10.20.0.0/24, zone: us-east-1a, role: nodes, freeIPs: %d}, {name: b, cidr: 10.20.1.0/24, zone: us-east-1b, role: nodes, freeIPs: %d}]", free, free)
		c := candidates(Recommend(load(t, estate(map[string]string{"VPC": vpc}))))["istio-egress-gateway"]
		if got := severities(c)["eks-cluster-subnets"]; got != want {
			t.Errorf("%d free: %q, want %q", free, got, want)
		}
	}
}

// A VPC has five blocks, fifty at most.
func TestVPCBlockLimits(t *testing.T) {
	blocks := func(n int) string {
		return strings.Replace(estate(nil), "{cidr: 100.64.0.0/16, routable: false}]", "{cidr: 100.64.0.0/16, routable: false}, "+listed(n-2, "100.80.%d.%d/28")+"]", 1)
	}
	sixteen := func(s string) string { // /28s lie sixteen apart
		for i := 60; i >= 0; i-- {
			s = strings.ReplaceAll(s, fmt.Sprintf("100.80.0.%d/28", i), fmt.Sprintf("100.80.%d.%d/28", 1+i/16, 16*(i%16)))
		}
		return s
	}
	for n, want := range map[int]finding.Severity{5: "", 6: finding.Risk, 50: finding.Risk, 51: finding.Blocker} {
		c := candidates(Recommend(load(t, sixteen(blocks(n)))))["vpc-subnet-cidr"]
		if got := severities(c)["quota-vpc-cidrs"]; got != want {
			t.Errorf("%d blocks: %q, want %q", n, got, want)
		}
	}
}

// EKS takes no cluster subnets in use1-az3, whichever letter the account has for
// it: nodes may be there, the cluster's subnets must be in two other zones.
func TestZonesWithoutCluster(t *testing.T) {
	three := "zones: [us-east-1a, us-east-1b, us-east-1c]"
	for _, tt := range []struct {
		zones string
		want  finding.Severity
	}{
		{three, ""},
		{"zones: [us-east-1a, us-east-1b, {name: us-east-1c, id: use1-az1}]", ""},
		{"zones: [us-east-1a, us-east-1b, {name: us-east-1c, id: use1-az3}]", finding.Note},
		{"zones: [us-east-1a, {name: us-east-1b, id: use1-az3}]", finding.Risk},
	} {
		// Each zone has a /24 with all its addresses free: room is not the question.
		vpc := "subnets: [{name: a, cidr: 10.20.0.0/24, zone: us-east-1a, role: other}, {name: b, cidr: 10.20.1.0/24, zone: us-east-1b, role: other}]"
		text := strings.Replace(estate(map[string]string{"VPC": vpc}), "zones: [us-east-1a, us-east-1b]", tt.zones, 1)
		if tt.zones == three || strings.Contains(tt.zones, "us-east-1c") {
			text = strings.Replace(text, "role: other}]", "role: other}, {name: c, cidr: 10.20.2.0/24, zone: us-east-1c, role: other}]", 1)
		}
		c := candidates(Recommend(load(t, text)))["vpc-subnet-cidr"]
		if got := severities(c)["eks-cluster-subnets"]; got != tt.want {
			t.Errorf("%s: %q, want %q", tt.zones, got, tt.want)
		}
	}
}

// Network address units: one for each address and one for each /28 prefix,
// 64,000 unless raised and 256,000 at most (Amazon VPC User Guide, Network
// Address Usage). A pod of 1 CPU fills an m5.large of 2, so a node holds one pod:
// with one interface in use and one warm that is 2 x 10 addresses. 3,200 pods are
// 1,600 nodes in each of two zones, 64,000 units; each zone's attachment to the
// transit gateway is one more. Under prefix delegation a node has one prefix in
// use, one warm, and one interface: 3 units instead of 20.
func TestNetworkUnits(t *testing.T) {
	for _, tt := range []struct {
		pods     int
		cni, vpc string
		want     finding.Severity
		units    string
	}{
		{pods: 3198}, // 2 x 1,599 x 20 + 2 = 63,962
		{pods: 3200, want: finding.Risk, units: "64002"},
		{pods: 3200, cni: "prefixDelegation: true"},                           // 2 x 1,600 x 3 + 2 = 9,602
		{pods: 12798, want: finding.Risk, units: "255962"},                    // 2 x 6,399 x 20 + 2
		{pods: 12800, want: finding.Blocker, units: "256002"},                 // 2 x 6,400 x 20 + 2
		{pods: 3198, vpc: "freeIPs: 213"},                                     // 251 usable less 213 are 38 more: 64,000
		{pods: 3198, vpc: "freeIPs: 212", want: finding.Risk, units: "64001"}, // one more
	} {
		marks := map[string]string{"APP": "growth: 0%,"}
		if tt.cni != "" {
			marks["CNI"] = tt.cni
		}
		if tt.vpc != "" {
			marks["VPC"] = "subnets: [{name: there, cidr: 10.20.0.0/24, zone: us-east-1a, role: other, " + tt.vpc + "}]"
		}
		text := strings.Replace(estate(marks), "pods: {min: 2, max: 4}, requests: {cpu: 500m", fmt.Sprintf("pods: {min: 2, max: %d}, requests: {cpu: 1", tt.pods), 1)
		w := newWork(load(t, text), subnetPattern{}, nil)
		w.layout = &layout{}
		w.allocate(w.pattern.demands(w))
		w.unitsFinding()
		got, said := severityIn(w.found, "quota-network-units"), ""
		for _, f := range w.found {
			said = f.Message
		}
		if got != tt.want || !strings.HasPrefix(said, tt.units) {
			t.Errorf("%d pods, %s%s: %q %q, want %q of %s units", tt.pods, tt.cni, tt.vpc, got, said, tt.want, tt.units)
		}
	}
}
