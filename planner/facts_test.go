package planner

import (
	"strings"
	"testing"

	"egressplan/planner/finding"
)

// blockers are the codes of a candidate's blockers.
func blockers(c *Candidate) string {
	seen := map[string]bool{}
	for _, f := range c.Findings {
		if f.Severity == finding.Blocker {
			seen[f.Code] = true
		}
	}
	return strings.Join(sortedKeys(seen), " ")
}

func candidates(r *Recommendation) map[string]*Candidate {
	m := map[string]*Candidate{}
	for _, c := range r.Candidates {
		m[c.ID] = c
	}
	return m
}

// What no pattern or only some patterns can do, by a rule of AWS, Cilium or
// Istio. Each row changes one thing of an estate in which all four patterns
// work, and names the blockers that must appear, by pattern in their documented
// order.
func TestBlockingFacts(t *testing.T) {
	type four [4]string
	same := func(code string) four { return four{code, code, code, code} }
	rows := []struct {
		name, fact string
		marks      map[string]string
		replace    [2]string
		want       four
	}{
		{name: "nothing special", fact: "all four patterns carry a plain TCP flow to one address"},
		{name: "destination in the primary CIDR", fact: "the local route beats everything (Amazon VPC User Guide, Route priority)",
			marks: map[string]string{"SITE": "10.20.200.0/24", "DB": "10.20.200.5/32"}, want: same("destination-inside-vpc")},
		{name: "destination in a secondary CIDR", fact: "secondary CIDRs have a local route too",
			marks: map[string]string{"SITE": "100.64.200.0/24", "DB": "100.64.200.5/32"}, want: same("destination-inside-vpc")},
		{name: "on-premises is not told the sources", fact: "no route back without an announcement (Direct Connect allowed prefixes)",
			replace: [2]string{"location: Contiguous US}", "location: Contiguous US, advertised: [10.99.0.0/16]}"}, want: same("no-return-route")},
		{name: "Fargate", fact: "no agent and no sidecar beside Fargate pods",
			marks: map[string]string{"APP": "compute: fargate,"}, want: four{"", "", "fargate-unsupported", "fargate-unsupported"}},
		{name: "host network", fact: "Cilium skips host identity, Istio never injects hostNetwork pods",
			marks: map[string]string{"APP": "hostNetwork: true,"}, want: four{"", "", "host-network-unsupported", "host-network-unsupported"}},
		{name: "UDP", fact: "UDP is never captured by a sidecar; NAT gateways and Cilium carry it",
			replace: [2]string{"tcp/1521", "udp/514"}, want: four{"", "", "", "udp-not-captured"}},
		{name: "a whole CIDR as plain TCP", fact: "the original destination is lost at the Istio gateway",
			marks: map[string]string{"DB": "10.1.4.0/28"}, want: four{"", "", "", "tcp-cidr-needs-endpoints"}},
		{name: "opened from on-premises, pods routable", fact: "a NAT gateway takes connections only from inside",
			marks: map[string]string{"FLOW": "initiator: destination,"}, want: four{"", "inbound-initiated", "no-return-route path-broken", "no-return-route path-broken"}},
		{name: "each request authorised", fact: "only an HTTP proxy sees requests, and not in plain TCP",
			replace: [2]string{"ports: [tcp/1521]", "ports: [tcp/1521], authorization: request"}, want: same("request-authorization")},
		{name: "each HTTP request authorised", fact: "an Envoy gateway reads HTTP",
			replace: [2]string{"ports: [tcp/1521]", "ports: [tcp/8080], application: http, authorization: request"},
			want:    four{"request-authorization", "request-authorization", "request-authorization", ""}},
		{name: "must survive a lost node", fact: "the open-source egress gateway has no health check",
			replace: [2]string{"ports: [tcp/1521]", "ports: [tcp/1521], mustSurvive: [node-lost]"}, want: four{"", "", "survive-node-lost", ""}},
		{name: "must survive a lost link", fact: "one link only",
			replace: [2]string{"ports: [tcp/1521]", "ports: [tcp/1521], mustSurvive: [link-lost]"}, want: same("survive-link-lost")},
		{name: "frozen VPC", fact: "no new subnets: patterns 1 and 2 are made of them",
			marks: map[string]string{"VPC": "changeable: false\n    subnets:\n      - {name: n-a, cidr: 10.20.0.0/24, zone: us-east-1a, role: nodes}\n      - {name: n-b, cidr: 10.20.1.0/24, zone: us-east-1b, role: nodes}"},
			want:  four{"vpc-frozen", "vpc-frozen", "", ""}},
		{name: "single addresses demanded", fact: "a subnet is wider than an address; gateways can be pinned",
			replace: [2]string{"broadestSource: 16", "broadestSource: 32"}, want: four{"source-too-broad", "", "", ""}},
		{name: "Auto Mode", fact: "EKS Auto Mode's CNI cannot be replaced",
			replace: [2]string{"nodeType: m5.large", "nodeType: m5.large\n    provisioning: auto-mode"}, want: four{"", "", "auto-mode-cni", ""}},
		{name: "network ACL with Linux's ephemeral ports only", fact: "NAT gateways and the CNI take 1024-65535, so replies to low ports are dropped",
			marks: map[string]string{"VPC": "networkACLs: [{name: strict, subnets: [new], inbound: [\"100 allow tcp/32768-65535 0.0.0.0/0\", \"110 allow any 10.20.0.0/16\", \"120 allow any 100.64.0.0/16\"], outbound: [\"100 allow any 0.0.0.0/0\"]}]"},
			want:  four{"no-return-route", "no-return-route", "", "no-return-route"}},
		{name: "security group lets only HTTPS out", fact: "security groups filter what leaves the interface",
			replace: [2]string{"nodeType: m5.large", "nodeType: m5.large\n    securityGroupEgress: [tcp/443 0.0.0.0/0, any 10.20.0.0/16, any 100.64.0.0/16]"},
			want:    same("path-broken")},
	}
	order := []string{"vpc-subnet-cidr", "private-nat-gateway", "cilium-egress-gateway", "istio-egress-gateway"}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			marks := map[string]string{"DB": "10.1.4.5/32"}
			for k, v := range row.marks {
				marks[k] = v
			}
			text := estate(marks)
			if row.replace[0] != "" {
				changed := strings.Replace(text, row.replace[0], row.replace[1], 1)
				if changed == text {
					t.Fatalf("%q is not in the estate", row.replace[0])
				}
				text = changed
			}
			got := candidates(Recommend(load(t, text)))
			for i, id := range order {
				if b := blockers(got[id]); b != row.want[i] && !oneOf(b, row.want[i]) {
					t.Errorf("%s: blockers %q, want %q: %s", id, b, row.want[i], row.fact)
					for _, f := range got[id].Findings {
						if f.Severity == finding.Blocker {
							t.Log(f.Code, f.Message)
						}
					}
				}
			}
		})
	}
}

// oneOf accepts any of several codes that say the same fault in other words.
func oneOf(got, want string) bool {
	for _, w := range strings.Fields(want) {
		if got == w {
			return true
		}
	}
	return false
}

// Where all patterns are rejected, the nearest is the one that needs least: here
// pattern 1 is refused for its broad sources too, the others for the requests
// alone, and of those NAT is the cheapest.
func TestNearest(t *testing.T) {
	text := strings.Replace(estate(map[string]string{"DB": "10.1.4.5/32"}), "ports: [tcp/1521]", "ports: [tcp/1521], authorization: request", 1)
	text = strings.Replace(text, "broadestSource: 16", "broadestSource: 32", 1)
	r := Recommend(load(t, text))
	if r.Pattern != nil || r.Candidate != nil {
		t.Fatalf("%s recommended, but nobody can authorise requests in plain TCP", *r.Pattern)
	}
	if r.Nearest == nil || r.Nearest.Candidate != "private-nat-gateway" || len(r.Nearest.Changes) == 0 {
		t.Errorf("nearest %+v, want private-nat-gateway with what would admit it", r.Nearest)
	}
	if r.Candidates[0].ID != r.Nearest.Candidate {
		t.Errorf("%s stands first, %s is said to be nearest", r.Candidates[0].ID, r.Nearest.Candidate)
	}
}

// An app that only shows itself to be impossible once another is left out keeps
// its blocker all the same. The pool has room for one group's gateways, two /27;
// with the Fargate app in, the whole estate is blocked for want of room and no
// path is judged; without it the walk finds the other app's destination inside
// the VPC's range.
func TestExceptionsKeepTheirBlockers(t *testing.T) {
	text := strings.Replace(estate(map[string]string{"DB": "10.20.200.5/32", "SITE": "10.20.200.0/24"}), "  apps:",
		"  apps:\n    - {name: far, namespace: n, compute: fargate, pods: {min: 1, max: 1}, flows: [{to: other, outGB: 1, inGB: 1}]}", 1)
	text = strings.Replace(text, "  destinations:", "  destinations:\n    - {name: other, kind: on-premises, firewall: edge, cidrs: [10.1.4.5/32], ports: [tcp/1521]}", 1)
	text = strings.Replace(text, "cidrs: [10.20.64.0/18]", "cidrs: [10.20.64.0/26]", 1)
	text += "---\napiVersion: egressplan/v1\nkind: Policy\nspec: {maxExceptions: 2}\n"
	c := candidates(Recommend(load(t, text)))["istio-egress-gateway"]
	want := map[string]string{"n/far": "fargate-unsupported", "payments/ledger": "destination-inside-vpc"}
	if len(c.Exceptions) != len(want) {
		t.Fatalf("exceptions %v, want %v", c.Exceptions, want)
	}
	for _, x := range c.Exceptions {
		found := false
		for _, f := range c.Findings {
			found = found || f.Code == x.Code && appOf(f.Subjects[0]) == x.App
		}
		if !found || x.Code != want[x.App] {
			t.Errorf("%s is an exception for %s (want %s); a finding says so: %v", x.App, x.Code, want[x.App], found)
		}
	}
}
