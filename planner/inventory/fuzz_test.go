package inventory

import (
	"slices"
	"testing"

	"egressplan/planner/finding"
)

// FuzzLoad: whatever the bytes, Load answers with a plan or with problems, each
// of which has a known code, a way out and a place that Excerpt can show.
func FuzzLoad(f *testing.F) {
	for _, doc := range []string{environmentYAML, firewallsYAML, appsYAML, environmentYAML + "---\n" + firewallsYAML + "---\n" + appsYAML,
		"", "---", "a: &a [*a]", "a: *b", "{<<: {<<: [x]}}", "? [a]\n: b", "\xef\xbb\xbfkind: Policy", "!!binary x", "- - - -", "\t", "%YAML 9", "a: !!bool yes"} {
		f.Add([]byte(doc))
	}
	for _, list := range [][]broken{brokenDocuments} {
		for _, b := range list {
			f.Add([]byte(b.to))
		}
	}
	known := map[string]bool{}
	for _, c := range Codes() {
		known[c.Code] = true
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		sources := []Source{{Name: "fuzz", Data: data}}
		plan, problems := Load(sources)
		if (plan == nil) == (len(problems) == 0) {
			t.Fatalf("plan %v, %d problems", plan != nil, len(problems))
		}
		if !slices.IsSortedFunc(problems, func(a, b finding.Problem) int { return a.At.Compare(b.At) }) {
			t.Fatal("problems are not sorted")
		}
		excerpts := NewExcerpts(sources)
		for _, p := range problems {
			if !known[p.Code] || p.Message == "" || p.Fix == "" {
				t.Fatalf("%+v", p)
			}
			excerpts.At(p.At)
		}
	})
}

// FuzzSection puts hostile values where a correct document has good ones.
func FuzzSection(f *testing.F) {
	for _, key := range []string{"vpc", "pools", "cluster", "apps", "destinations", "prices", "entries", "assumptions"} {
		for _, value := range []string{"[]", "{}", "x", "[[]]", "[{}]", "{cidrs: [{}]}", "[{name: a}, {name: a}]", "&a [*a]", "~", "{<<: 1}", "[~]"} {
			f.Add(key, value)
		}
	}
	for _, value := range []string{"{cilium: [], istio: x}", "{cilium: {ipam: [], excludedCIDRs: {}}}", "{istio: {excludeOutboundIPRanges: [~, []]}}",
		"{vpcCNI: {externalServiceCIDRs: [1]}, securityGroupIngress: [[]], serviceCIDR: 255.255.255.255/32}"} {
		f.Add("cluster", value)
	}
	for _, value := range []string{"[{clusterIP: 1}]", "[{kind: network, cidrs: [10.0.0.0/8], clusterIP: 172.20.5.5}, {kind: network, clusterIP: 172.20.5.5}]"} {
		f.Add("destinations", value)
	}
	f.Add("onPrem", "{sites: [{links: [{mtu: [], over: site-to-site-vpn}]}]}")
	f.Fuzz(func(t *testing.T, key, value string) {
		if len(key)+len(value) > 1<<12 {
			return
		}
		for _, kind := range []string{KindEnvironment, KindAppInventory, KindFirewallRequirements, KindPolicy, KindPriceBook, KindAllocations} {
			Load([]Source{source("fuzz", "apiVersion: egressplan/v1\nkind: "+kind+"\nspec: {"+key+": "+value+"}\n")})
		}
	})
}
