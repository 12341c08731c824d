package inventory

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"egressplan/planner/finding"
)

// place is a position in a standard document: where the text stands.
func place(t *testing.T, file, doc, text string) finding.Pos {
	t.Helper()
	before, _, ok := strings.Cut(doc, text)
	if !ok || strings.Count(doc, text) != 1 {
		t.Fatalf("%q is not there once", text)
	}
	return finding.Pos{File: file, Line: strings.Count(before, "\n") + 1, Column: len(before) - strings.LastIndex(before, "\n")}
}

func TestEveryValueKeepsItsPlace(t *testing.T) {
	plan := mustLoad(t, nil)
	e := plan.Environment
	app := plan.App("payments/ledger")
	db := plan.Destination("core-db")
	tests := []struct {
		what string
		got  finding.Pos
		file string
		doc  string
		text string
	}{
		{"region", e.Region.At, "env", environmentYAML, "eu-central-1\n"},
		{"second zone", e.Zones[1].At, "env", environmentYAML, "eu-central-1b]"},
		{"second VPC block", e.VPC.CIDRs[1].CIDR.At, "env", environmentYAML, "100.65.0.0/16"},
		{"used", e.VPC.Subnets[0].Used[0].At, "env", environmentYAML, "10.20.0.4/30"},
		{"NAT address", e.VPC.NATGateways[0].IPs[0].At, "env", environmentYAML, "10.20.1.9]"},
		{"ACL rule 100", e.VPC.NetworkACLs[0].Inbound[0].At, "env", environmentYAML, `"100 deny`},
		{"keepFree", e.Pools[1].KeepFree.At, "env", environmentYAML, "20%"},
		{"routable of the pool inside, not given", e.Pools[0].Routable.At, "env", environmentYAML, "{name: inside"},
		{"capacity", e.Sites[0].Links[0].Capacity.At, "env", environmentYAML, "1Gbps"},
		{"firewall of core-db", db.Firewall.At, "fw", firewallsYAML, "dc1-edge, cidrs"},
		{"ports of core-db", db.PortsAt, "fw", firewallsYAML, "[tcp/1521]"},
		{"app", app.At, "apps", appsYAML, "{name: ledger"},
		{"max", app.Pods.Max.At, "apps", appsYAML, "40}"},
		{"typical, not given", app.Pods.Typical.At, "apps", appsYAML, "{min: 3"},
		{"volume", app.Flows[0].In.At, "apps", appsYAML, "100..400"},
		{"volume, not given", app.Flows[1].In.At, "apps", appsYAML, "{to: storage}"},
	}
	for _, tt := range tests {
		if want := place(t, tt.file, tt.doc, tt.text); tt.got != want {
			t.Errorf("%s: %s, want %s", tt.what, tt.got, want)
		}
	}
}

func TestDefaults(t *testing.T) {
	plan := mustLoad(t, nil)
	e, app := plan.Environment, plan.App("payments/ledger")
	checks := []struct {
		what      string
		got, want any
	}{
		{"primary block is routable", e.VPC.CIDRs[0].Routable.V, true},
		{"100.64.0.0/10 is not routable", e.Pools[0].Routable.V, false},
		{"changeable", e.VPC.Changeable.V, true},
		{"role", e.VPC.Subnets[1].Role.V, RoleNAT},
		{"gateway", e.Sites[0].Links[1].Gateway.V, TransitGateway},
		{"CNI", e.Cluster.CNI.V, CNIVPC},
		{"egress node type", e.Cluster.EgressNodeType.V, "c6gn.large"},
		{"subnet discovery", e.Cluster.VPCCNI.SubnetDiscovery.V, true},
		{"security group", e.Cluster.SecurityGroupEgress[0].CIDR, netip.MustParsePrefix("0.0.0.0/0")},
		{"security group, in", e.Cluster.SecurityGroupIngress[0].CIDR, netip.MustParsePrefix("0.0.0.0/0")},
		{"security group, in, ports", e.Cluster.SecurityGroupIngress[0].Ports, PortRange{"any", 0, 65535}},
		{"addresses of Cilium's pods", e.Cluster.Cilium.IPAM.V, CiliumENI},
		{"lists of Cilium", len(e.Cluster.Cilium.NativeRoutingCIDRs) + len(e.Cluster.Cilium.NonMasqueradeCIDRs) + len(e.Cluster.Cilium.ExcludedCIDRs), 0},
		{"outbound traffic policy", e.Cluster.Istio.OutboundTrafficPolicy.V, IstioAllowAny},
		{"around the sidecar", len(e.Cluster.Istio.ExcludeOutboundIPRanges), 0},
		{"external Services", len(e.Cluster.VPCCNI.ExternalServiceCIDRs), 0},
		{"tag of a subnet", e.VPC.Subnets[0].CNI.V, false},
		{"packets over Direct Connect", e.Sites[0].Links[0].MTU.V, 1500},
		{"packets over a VPN", e.Sites[0].Links[1].MTU.V, 1446},
		{"packets, not given", e.Sites[0].Links[1].MTU.Set, false},
		{"clusterIP", plan.Destination("core-db").ClusterIP.Set, false},
		{"NAT quota", e.Quotas.NATGatewaysPerZone.V, 5},
		{"routes quota", e.Quotas.RoutesPerTable.V, 500},
		{"typical pods of 3..40: 21.5, rounded up", app.Pods.Typical.V, 22},
		{"CPU", app.Requests.CPU.V, 100},
		{"memory", app.Requests.Memory.V, 128},
		{"growth", app.Growth.V.String(), "0.25"},
		{"pod labels", app.PodLabels["app"], "ledger"},
		{"service account", app.ServiceAccount.V, "default"},
		{"site of the firewall: the only one", plan.Firewall("dc1-edge").Site.V, "dc1"},
		{"site of the destination: its firewall's", plan.Destination("core-db").Site, "dc1"},
		{"identity: the firewall's", plan.Destination("core-db").Identity.V, IdentityApp},
		{"identity: its own", plan.Destination("directory").Identity.V, IdentityNamespace},
		{"identity without a firewall", plan.Destination("storage").Identity.V, IdentityCluster},
		{"site of what is not on-premises", plan.Destination("storage").Site, ""},
		{"1521 is", plan.Destination("core-db").Application.V, AppTCP},
		{"636 is", plan.Destination("directory").Application.V, AppTLS},
		{"443 is", plan.Destination("storage").Application.V, AppHTTPS},
		{"gateway replicas", plan.Policy.Redundancy.GatewayReplicasPerZone.V, 2},
		{"in is known", app.Flows[0].In.Known, true},
		{"in, low", app.Flows[0].In.Low.String(), "100"},
		{"in, high", app.Flows[0].In.High.String(), "400"},
		{"omitted is unknown", app.Flows[1].Out.Known, false},
		{"ACL rules by number", e.VPC.NetworkACLs[0].Inbound[0].Number, 100},
		{"engineer hour", plan.Assume("engineerHourUSD").V.String(), "90"},
	}
	for _, c := range checks {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", c.what, c.got, c.want)
		}
	}
}

// What decides sources beside the pattern, given value by value.
func TestSettingsOfNodes(t *testing.T) {
	env := edit(t, environmentYAML, "serviceCIDR: 172.20.0.0/16", `serviceCIDR: 172.20.0.0/16,
    vpcCNI: {externalServiceCIDRs: [10.1.4.0/28]},
    cilium: {ipam: cluster-pool, nativeRoutingCIDRs: [10.0.0.0/8], nonMasqueradeCIDRs: [10.1.0.0/16, 10.1.4.0/28], excludedCIDRs: [10.1.4.5/32]},
    istio: {outboundTrafficPolicy: REGISTRY_ONLY, excludeOutboundIPRanges: [10.1.8.0/24]},
    securityGroupIngress: ["any 10.0.0.0/8", "tcp/443 0.0.0.0/0"]`)
	env = edit(t, env, "role: nodes,", "role: nodes, cni: true,")
	env = edit(t, env, "ports: 2,", "ports: 2, mtu: 8500,")
	env = edit(t, env, "over: site-to-site-vpn,", "over: site-to-site-vpn, mtu: 68,")
	fw := edit(t, firewallsYAML, "cidrs: [10.1.4.0/28]", "cidrs: [10.1.4.0/28], clusterIP: 172.20.5.5")
	plan := mustLoad(t, map[string]string{"env": env, "fw": fw})
	e := plan.Environment
	c, cilium := e.Cluster, e.Cluster.Cilium
	for _, v := range []struct {
		list []Value[netip.Prefix]
		text string
	}{
		{c.VPCCNI.ExternalServiceCIDRs, "10.1.4.0/28]},\n    cilium"},
		{cilium.NativeRoutingCIDRs, "10.0.0.0/8], nonMasq"},
		{cilium.NonMasqueradeCIDRs[:1], "10.1.0.0/16"},
		{cilium.NonMasqueradeCIDRs[1:], "10.1.4.0/28], excluded"},
		{cilium.ExcludedCIDRs, "10.1.4.5/32"},
		{c.Istio.ExcludeOutboundIPRanges, "10.1.8.0/24"},
	} {
		if len(v.list) != 1 || !v.list[0].Set || v.list[0].At != place(t, "env", env, v.text) || !strings.HasPrefix(v.text, v.list[0].V.String()) {
			t.Errorf("%s: %v", v.text, v.list)
		}
	}
	if cilium.IPAM.V != CiliumClusterPool || cilium.At != place(t, "env", env, "{ipam") || c.Istio.OutboundTrafficPolicy.V != IstioRegistryOnly {
		t.Errorf("%+v %+v", cilium, c.Istio)
	}
	in := c.SecurityGroupIngress
	if len(in) != 2 || in[0].CIDR.String() != "10.0.0.0/8" || in[1].Ports != (PortRange{"tcp", 443, 443}) || in[1].At != place(t, "env", env, `"tcp/443 0.0.0.0/0"`) ||
		c.SecurityGroupEgress[0].CIDR.Bits() != 0 {
		t.Errorf("in %v, out %v", in, c.SecurityGroupEgress)
	}
	if !e.VPC.Subnets[0].CNI.V || e.VPC.Subnets[1].CNI.V {
		t.Error("the tag is not that of the first subnet")
	}
	if dx, vpn := e.Sites[0].Links[0].MTU, e.Sites[0].Links[1].MTU; dx.V != 8500 || !dx.Set || vpn.V != 68 {
		t.Errorf("%+v, %+v", dx, vpn)
	}
	if ip := plan.Destination("core-db").ClusterIP; ip.V.String() != "172.20.5.5" || ip.At != place(t, "fw", fw, "172.20.5.5") {
		t.Errorf("%+v", ip)
	}
}

// A security group with an empty list lets nothing in.
func TestSecurityGroupWithoutRules(t *testing.T) {
	env := edit(t, environmentYAML, "serviceCIDR: 172.20.0.0/16", "securityGroupIngress: []")
	if in := mustLoad(t, map[string]string{"env": env}).Environment.Cluster.SecurityGroupIngress; len(in) != 0 {
		t.Error(in)
	}
}

// The service CIDR may be the one EKS chooses; addresses beside those taken are
// free.
func TestClusterIP(t *testing.T) {
	env := edit(t, environmentYAML, ", serviceCIDR: 172.20.0.0/16", "")
	with := func(ip string) map[string]string {
		return map[string]string{"env": env, "fw": edit(t, firewallsYAML, "cidrs: [10.1.4.0/28]", "cidrs: [10.1.4.0/28], clusterIP: "+ip)}
	}
	for _, ip := range []string{"172.20.0.2", "172.20.0.9", "172.20.0.11", "172.20.1.0", "172.20.255.254"} {
		mustLoad(t, with(ip))
	}
	_, problems := load(with("10.100.0.5"))
	if len(problems) != 1 || problems[0].Code != CodeOutside || !strings.Contains(problems[0].Message, "the default service CIDR 172.20.0.0/16") {
		t.Error(problems)
	}
	// Where the service CIDR cannot be read, nothing lies outside it.
	docs := with("10.100.0.5")
	docs["env"] = edit(t, environmentYAML, "172.20.0.0/16}", "172.20.0.1/16}")
	if _, problems = load(docs); len(problems) != 1 || problems[0].Code != CodeHostBits {
		t.Error(problems)
	}
	// The mistake of cidrs is the one mistake.
	docs = map[string]string{"fw": edit(t, firewallsYAML, "cidrs: [10.1.4.0/28]", "cidrs: [10.1.4.1/28], hosts: [db.bank.internal], clusterIP: 172.20.5.5")}
	if _, problems = load(docs); len(problems) != 1 || problems[0].Code != CodeHostBits {
		t.Error(problems)
	}
}

// Without a firewall the route decides: the site with the narrowest block.
func TestSiteOfDestination(t *testing.T) {
	env := edit(t, environmentYAML, "  connected:", "      - {name: dc2, cidrs: [10.1.0.0/16]}\n  connected:")
	fw := edit(t, firewallsYAML, "{name: dc1-edge,", "{name: dc1-edge, site: dc1,")
	fw += "    - {name: near, kind: on-premises, cidrs: [10.2.0.1/32], ports: [any]}\n" +
		"    - {name: narrow, kind: on-premises, cidrs: [10.1.9.0/24], ports: [any]}\n" +
		"    - {name: split, kind: on-premises, cidrs: [10.1.9.0/24, 10.2.0.1/32], ports: [any]}\n" +
		"    - {name: whole, kind: on-premises, cidrs: [10.1.0.0/16], ports: [any]}\n" +
		"    - {name: same, kind: on-premises, cidrs: [10.1.0.0/16], ports: [any]}\n" +
		"    - {name: elsewhere, kind: on-premises, hosts: [elsewhere.bank.internal], ports: [any]}\n"
	// "apps" comes before "env": a block may stand before the equal one of its site.
	plan := mustLoad(t, map[string]string{"env": env, "fw": "", "apps": fw + "---\n" + appsYAML})
	for name, want := range map[string]string{"whole": "dc2", "same": "dc2", "near": "dc1", "narrow": "dc2", "split": "", "elsewhere": ""} {
		if got := plan.Destination(name).Site; got != want {
			t.Errorf("%s: site %q, want %q", name, got, want)
		}
	}
}

func TestFirewallNeedsASiteWhereThereAreTwo(t *testing.T) {
	env := edit(t, environmentYAML, "  connected:", "      - {name: dc2, cidrs: [10.1.0.0/16]}\n  connected:")
	_, problems := load(map[string]string{"env": env})
	if len(problems) != 1 || problems[0].Code != CodeMissing || problems[0].At != place(t, "fw", firewallsYAML, "{name: dc1-edge") {
		t.Error(problems)
	}
}

func TestMissingDocuments(t *testing.T) {
	for _, sources := range [][]Source{nil, {source("a", "")}, {source("a", "# nothing\n---\n---\n")}} {
		plan, problems := Load(sources)
		if plan != nil || len(problems) != 3 {
			t.Fatalf("%v", problems)
		}
		for i, kind := range []string{"AppInventory", "Environment", "FirewallRequirements"} {
			if p := problems[i]; p.Code != CodeMissingDocument || !strings.Contains(p.Message, kind) || !strings.Contains(p.Fix, "fixtures/plans/bank") {
				t.Errorf("%v, want %s", p, kind)
			}
		}
	}
}

// A file that cannot be read must not make the names it defines look wrong.
func TestUnreadFileSilencesReferences(t *testing.T) {
	_, problems := load(map[string]string{"fw": "a: [\n"})
	if len(problems) != 1 || problems[0].Code != CodeSyntax {
		t.Error(problems)
	}
}

// forgetPlaces makes plans comparable that stood in different files.
func forgetPlaces(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		forgetPlaces(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			forgetPlaces(v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[finding.Pos]() {
			v.SetZero()
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				forgetPlaces(v.Field(i))
			}
		}
	}
}

// The order of documents, files and list elements decides nothing.
func TestOrderDecidesNothing(t *testing.T) {
	apps := []string{
		"    - {name: a, namespace: x, pods: {min: 1, max: 2}, flows: [{to: core-db}, {to: directory}]}\n",
		"    - {name: b, namespace: x, pods: {min: 1, max: 2}, flows: [{to: storage, ports: [tcp/443]}, {to: core-db, initiator: destination}, {to: core-db}]}\n",
		"    - {name: a, namespace: w, pods: {min: 1, max: 2}}\n",
		"    - {name: c, namespace: w, pods: {min: 1, max: 2}}\n",
	}
	random := rand.New(rand.NewPCG(1, 2))
	var want *Plan
	for range 20 {
		random.Shuffle(len(apps), func(i, j int) { apps[i], apps[j] = apps[j], apps[i] })
		head := "apiVersion: egressplan/v1\nkind: AppInventory\nspec:\n  apps:\n"
		cut := random.IntN(len(apps))
		sources := []Source{
			source("env", environmentYAML), source("fw", firewallsYAML),
			source("first", head+strings.Join(apps[:cut], "")),
			source("second", head+strings.Join(apps[cut:], "")),
		}
		random.Shuffle(len(sources), func(i, j int) { sources[i], sources[j] = sources[j], sources[i] })
		plan, problems := Load(sources)
		if len(problems) > 0 {
			t.Fatalf("%v", problems[0])
		}
		forgetPlaces(reflect.ValueOf(plan))
		if want == nil {
			want = plan
		}
		if !reflect.DeepEqual(plan, want) {
			t.Fatal("another order gave another plan")
		}
	}
	var keys []string
	for _, a := range want.Apps {
		keys = append(keys, a.Key)
	}
	if got := strings.Join(keys, " "); got != "w/a w/c x/a x/b" {
		t.Error(got)
	}
}

// Problems too: the same ones, at the same places, the later blaming the
// earlier, whatever order the files were read in.
func TestProblemsDoNotDependOnOrder(t *testing.T) {
	a := source("a.yaml", appsYAML)
	b := source("b.yaml", edit(t, appsYAML, "core-db, outGB: 400", "core-bd, outGB: x"))
	env, fw := source("env", environmentYAML), source("fw", firewallsYAML)
	_, one := Load([]Source{a, b, env, fw})
	_, other := Load([]Source{fw, b, env, a})
	if !reflect.DeepEqual(one, other) {
		t.Errorf("%v\n%v", one, other)
	}
	if len(one) != 3 || one[0].Code != CodeDuplicateName || one[0].At.File != "b.yaml" || one[0].Earlier.File != "a.yaml" {
		t.Error(one)
	}
}

func TestJSON(t *testing.T) {
	apps := "{\n\t\"apiVersion\": \"egressplan/v1\", \"kind\": \"AppInventory\",\n\t\"spec\": {\"apps\": [{\"name\": \"ledger\", \"namespace\": \"payments\",\n" +
		"\t\t\"pods\": {\"min\": 1, \"max\": 2}, \"flows\": [{\"to\": \"core-db\", \"outGB\": »1.5}]}]}\n}\n"
	at, apps := mark(t, "apps", apps, later)
	plan := mustLoad(t, map[string]string{"apps": apps})
	if out := plan.Apps[0].Flows[0].Out; out.Low.String() != "1.5" || out.At != at {
		t.Errorf("%+v", out)
	}
}

func TestAliasesAndMergeKeys(t *testing.T) {
	apps := `apiVersion: egressplan/v1
kind: AppInventory
spec:
  apps:
    - &base {name: a, namespace: x, pods: &p {min: 1, max: 2}, growth: 10%, flows: [&f {to: core-db, outGB: 5}]}
    - {<<: *base, name: b, pods: {<<: *p, max: 9}}
    - {<<: [{growth: 30%}, *base], name: c, flows: [*f]}
`
	plan := mustLoad(t, map[string]string{"apps": apps})
	b, c := plan.App("x/b"), plan.App("x/c")
	if b.Pods.Min.V != 1 || b.Pods.Max.V != 9 || b.Growth.V.String() != "0.1" || len(b.Flows) != 1 {
		t.Errorf("b: %+v", b)
	}
	if c.Growth.V.String() != "0.3" || c.Flows[0].Out.Low.String() != "5" {
		t.Errorf("c: %+v", c)
	}
}

// A mistake behind an alias is one mistake, however often it is used.
func TestMistakeBehindAnAliasIsSaidOnce(t *testing.T) {
	apps := edit(t, appsYAML, "flows: [{to: core-db, outGB: 400, inGB: 100..400}", "flows: [{to: core-db, outGB: &v x, inGB: *v}")
	_, problems := load(map[string]string{"apps": apps})
	if len(problems) != 2 { // one for each of the two keys, both at the anchor
		t.Fatal(problems)
	}
	apps = edit(t, appsYAML, "flows:", "subnets: [&v legacy-x, *v], flows:")
	if _, problems = load(map[string]string{"apps": apps}); len(problems) != 1+1 { // unknown, and twice
		t.Fatal(problems)
	}
}

// 9 anchors of 9 aliases each would be 387 million nodes if they were followed.
func TestAliasBombIsRefusedQuickly(t *testing.T) {
	var doc strings.Builder
	doc.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 9; i++ {
		fmt.Fprintf(&doc, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), ", "))
	}
	start := time.Now()
	_, problems := load(map[string]string{"more": doc.String()})
	if len(problems) != 1 || problems[0].Code != CodeAliasBudget || time.Since(start) > 2*time.Second {
		t.Errorf("%v after %s", problems, time.Since(start))
	}
}

func TestManyMistakes(t *testing.T) {
	var doc strings.Builder
	doc.WriteString("apiVersion: egressplan/v1\nkind: AppInventory\nspec:\n")
	for i := range maxProblems + 500 {
		fmt.Fprintf(&doc, "  unknown-%d: 1\n", i)
	}
	_, problems := load(map[string]string{"apps": doc.String()})
	if len(problems) != maxProblems+1 || problems[0].Code != CodeTooMany || !strings.Contains(problems[0].Message, "500") {
		t.Errorf("%d problems, first %v", len(problems), problems[0])
	}
}
