package planner

import (
	"fmt"
	"strings"
	"testing"

	"egressplan/planner/finding"
)

// associating is the small estate with other VPC blocks and pools.
func associating(vpc, pools string) string {
	text := strings.Replace(estate(map[string]string{"CNI": "customNetworking: true, externalSNAT: true"}),
		"cidrs: [10.20.0.0/16, {cidr: 100.64.0.0/16, routable: false}]", "cidrs: ["+vpc+"]", 1)
	i := strings.Index(text, "  pools:\n")
	k := strings.Index(text, "  onPrem:\n")
	return text[:i] + "  pools:\n" + pools + text[k:]
}

func severityIn(found []finding.Finding, code string) finding.Severity {
	for _, f := range found {
		if f.Code == code {
			return f.Severity
		}
	}
	return ""
}

// The restrictions of the Amazon VPC User Guide, VPC CIDR blocks, as a plan meets
// them: what is refused is no room, what the page leaves open is a risk, and RFC
// 1918 blocks are associated before others, because they may be refused after.
func TestAssociationInPlans(t *testing.T) {
	const inside = "    - {name: inside, cidrs: [100.65.0.0/16], routable: false}\n"
	routable := func(cidrs string) string { return "    - {name: routable, cidrs: [" + cidrs + "], routable: true}\n" }
	for _, tt := range []struct {
		name, vpc, pools string
		fits             bool
		order            string // of the new blocks
		code             string
		severity         finding.Severity
	}{
		{name: "RFC 1918 first, whatever the pools are called", vpc: "10.20.0.0/16",
			pools: "    - {name: a, cidrs: [100.65.0.0/16], routable: false}\n    - {name: b, cidrs: [10.64.0.0/24], routable: true}\n",
			fits:  true, order: "10.64. 100.65.", code: "association-ambiguous"},
		{name: "RFC 1918 after another range is left open", vpc: "10.20.0.0/16, 100.64.0.0/16", pools: routable("10.64.0.0/24"),
			fits: true, order: "10.64.", code: "association-ambiguous", severity: finding.Risk},
		{name: "more of 100.64.0.0/10 is not", vpc: "10.20.0.0/16, 100.64.0.0/16", pools: inside + routable("10.20.64.0/24"),
			fits: true, order: "100.65.", code: "association-ambiguous"},
		{name: "another private range is refused", vpc: "10.20.0.0/16", pools: inside + routable("192.168.64.0/24"),
			code: "pool-not-associable", severity: finding.Risk},
		{name: "198.19.0.0/16 is refused by one guide, advised by the other", vpc: "10.20.0.0/16", pools: inside + routable("198.19.64.0/24"),
			code: "pool-not-associable", severity: finding.Risk},
		{name: "only one block of 10.0.0.0/16, and elsewhere there is room", vpc: "10.20.0.0/16", pools: inside + routable("10.0.0.0/28, 10.0.4.0/28, 10.40.0.0/26, 10.41.4.0/28"),
			fits: true, order: "10.0. 10.40. 10.41. 100.65.", code: "vpc-range-refused"},
		{name: "only one block of 10.0.0.0/16, and no room elsewhere", vpc: "10.20.0.0/16", pools: inside + routable("10.0.0.0/28, 10.0.4.0/28, 10.40.0.0/26"),
			order: "10.0. 10.0. 10.40. 100.65.", code: "vpc-range-refused", severity: finding.Blocker},
	} {
		t.Run(tt.name, func(t *testing.T) {
			// On-premises is elsewhere, so that 10.0.0.0/16 is free for the VPC.
			text := strings.NewReplacer("10.0.0.0/14, ", "", "cidrs: [10.1.4.0/28]", "cidrs: [172.16.4.0/28]").Replace(associating(tt.vpc, tt.pools))
			text = strings.Replace(text, "nodeType: m5.large", "nodeType: m5.large\n    serviceCIDR: 10.100.0.0/16", 1)
			plan := load(t, text)
			a := PlanAddresses(plan, "vpc-subnet-cidr")
			if a.Fits != tt.fits {
				t.Errorf("fits %v: %+v %q", a.Fits, a.Unmet, a.Warnings)
			}
			if tt.order != "" {
				var news []string
				for _, v := range a.VPCCIDRs {
					if v.New {
						news = append(news, v.CIDR)
					}
				}
				want := strings.Fields(tt.order)
				ok := len(news) == len(want)
				for i := range news {
					ok = ok && i < len(want) && strings.HasPrefix(news[i], want[i])
				}
				if !ok {
					t.Errorf("new blocks %v, want %v", news, want)
				}
			}
			w := newWork(plan, subnetPattern{}, nil)
			w.layout = &layout{}
			w.allocate(w.pattern.demands(w))
			w.spaceFindings()
			got := severityIn(w.found, tt.code)
			if got != tt.severity {
				t.Errorf("%s %q, want %q", tt.code, got, tt.severity)
			}
		})
	}
}

// A transit gateway is attached in a subnet of its own in each zone, a /28
// (AWS Transit Gateway, design best practices); a virtual private gateway in none.
func TestAttachmentSubnets(t *testing.T) {
	for link, want := range map[string]int{"over: direct-connect": 2, "over: direct-connect, gateway: virtual-private-gateway": 0} {
		n := 0
		for _, x := range PlanAddresses(load(t, strings.Replace(estate(nil), "over: direct-connect", link, 1)), "vpc-subnet-cidr").Allocations {
			if x.Purpose == purposeTGW {
				if n++; !strings.HasSuffix(x.CIDR, "/28") || x.Needed != 1 {
					t.Errorf("%+v", x)
				}
			}
		}
		if n != want {
			t.Errorf("%s: %d attachments, want %d", link, n, want)
		}
	}
}

// 200 subnets and 200 route tables unless raised (Amazon VPC User Guide, Amazon
// VPC quotas), with those that exist: pattern 1 adds one for nodes and one for
// the attachment in each of two zones.
func TestSubnetAndTableQuotas(t *testing.T) {
	subnets := func(n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf("{name: s%d, cidr: 10.20.%d.%d/28, zone: us-east-1a, role: other}", i, i/16, 16*(i%16)))
		}
		return "subnets: [" + strings.Join(list, ", ") + "]"
	}
	tables := func(n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf("{name: t%d, routes: []}", i))
		}
		return "routeTables: [" + strings.Join(list, ", ") + "]"
	}
	for _, tt := range []struct {
		vpc, quotas, code string
		want              finding.Severity
	}{
		{subnets(196), "", "quota-subnets", ""},
		{subnets(197), "", "quota-subnets", finding.Risk},
		{subnets(197), "fixed: [subnets]", "quota-subnets", finding.Blocker},
		{subnets(197), "subnets: 201", "quota-subnets", ""},
		{tables(196), "", "quota-route-tables", ""},
		{tables(197), "", "quota-route-tables", finding.Risk},
		{tables(197), "fixed: [routeTables]", "quota-route-tables", finding.Blocker},
	} {
		text := estate(map[string]string{"VPC": tt.vpc})
		if tt.quotas != "" {
			text = strings.Replace(text, "  cluster:\n", "  quotas: {"+tt.quotas+"}\n  cluster:\n", 1)
		}
		c := candidates(Recommend(load(t, text)))["vpc-subnet-cidr"]
		if got := severities(c)[tt.code]; got != tt.want {
			t.Errorf("%d existing, %q: %s %q, want %q", strings.Count(tt.vpc, "name:"), tt.quotas, tt.code, got, tt.want)
		}
		for _, f := range c.Findings {
			if f.Code == tt.code && f.Severity == finding.Risk && !strings.Contains(f.Message, "ask for at least 201") {
				t.Errorf("no raise request in %q", f.Message)
			}
		}
	}
}

// Links take so many prefixes: from AWS 1,000 over a VPN of a virtual private
// gateway and 5,000 of a transit gateway; towards it 100 and 1,000 (AWS
// Site-to-Site VPN User Guide, quotas). Direct Connect to a transit gateway
// announces 200 allowed prefixes and takes 100.
func TestPrefixLimits(t *testing.T) {
	for _, tt := range []struct {
		link           string
		toAWS, fromAWS int
	}{
		{"over: direct-connect", 100, 200},
		{"over: site-to-site-vpn", 1000, 5000},
		{"over: site-to-site-vpn, gateway: virtual-private-gateway", 100, 1000},
		{"over: direct-connect, gateway: virtual-private-gateway", 100, 0},
	} {
		plan := load(t, strings.Replace(estate(nil), "over: direct-connect", tt.link, 1))
		to, from := prefixLimits(&plan.Environment.Sites[0].Links[0])
		if to != tt.toAWS || from != tt.fromAWS {
			t.Errorf("%s: %d to AWS, %d from it, want %d and %d", tt.link, to, from, tt.toAWS, tt.fromAWS)
		}
	}
}
