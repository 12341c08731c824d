package planner

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"egressplan/cidr"
	"egressplan/planner/inventory"
)

// On every example plan, every candidate that is not rejected tells one story:
// all its paths arrive, are admitted and answered; the allow-list admits exactly
// what the walks show; every new block is where some packet starts or passes.
func TestOneStory(t *testing.T) {
	for _, name := range fixtureNames(t) {
		r := Recommend(loadFixture(t, name))
		for _, c := range r.Candidates {
			if c.Status == Rejected {
				continue
			}
			t.Run(name+"/"+c.ID, func(t *testing.T) {
				checkPaths(t, c)
				checkAllowList(t, c)
				checkBlocksAreUsed(t, c)
			})
		}
	}
}

func checkPaths(t *testing.T, c *Candidate) {
	t.Helper()
	if len(c.work.paths) == 0 {
		t.Error("no path walked")
	}
	for p := range c.work.eachPath {
		if !p.works() {
			t.Errorf("%s from %s (%s): %s", p.f.subject(), p.from.zone, p.from.variant, c.work.reason(p).Text)
		}
	}
}

// checkAllowList compares address sets per app and destination: what walks
// showed, and what the rows admit.
func checkAllowList(t *testing.T, c *Candidate) {
	t.Helper()
	shown, admitted := map[string][]netip.Prefix{}, map[string][]netip.Prefix{}
	for p := range c.work.eachPath {
		if p.f.flow.Initiator.V == inventory.InitiatorApp && p.f.to.Firewall.V != "" {
			shown[p.f.subject()] = append(shown[p.f.subject()], p.sources...)
		}
	}
	for _, r := range c.AllowList {
		if r.Initiator == inventory.InitiatorApp {
			for _, s := range r.Sources {
				key := r.App + " -> " + r.To
				admitted[key] = append(admitted[key], netip.MustParsePrefix(s))
			}
		}
	}
	if len(shown) != len(admitted) {
		t.Errorf("%d flows walked, %d allowed", len(shown), len(admitted))
	}
	for key, blocks := range shown {
		got, want := fmt.Sprint(cidr.Merge(admitted[key])), fmt.Sprint(cidr.Merge(blocks))
		if got != want {
			t.Errorf("%s: the allow-list admits %s, the walks show %s", key, got, want)
		}
	}
}

func checkBlocksAreUsed(t *testing.T, c *Candidate) {
	t.Helper()
	sim, err := Simulate(c.work.plan, SimulateOptions{Pattern: c.Pattern})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[netip.Addr]bool{}
	for _, p := range sim.Paths {
		for _, s := range p.Sources {
			seen[netip.MustParsePrefix(s).Addr()] = true
		}
		for _, h := range slices.Concat(p.Forward, p.Return) {
			seen[hopAddr(h.Src)], seen[hopAddr(h.Dst)] = true, true
		}
	}
	for _, a := range c.Allocations {
		if !a.New || a.Purpose == purposeTGW || a.Purpose == purposeEgressNodes {
			continue
		}
		block := netip.MustParsePrefix(a.CIDR)
		used := false
		for addr := range seen {
			used = used || block.Contains(addr)
		}
		if !used {
			t.Errorf("%s %s: no packet starts or passes there", a.Name, a.CIDR)
		}
	}
}

func hopAddr(s string) netip.Addr {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr()
	}
	return netip.MustParseAddr(s)
}

// Each archetype is written after one pattern's "when should I consider"
// paragraph in the article and must come out as that pattern; in at least two
// the runner-up was feasible too, so that money decided.
func TestArchetypes(t *testing.T) {
	want := map[string]string{"archetype-subnet": "vpc-subnet-cidr", "archetype-nat": "private-nat-gateway",
		"archetype-cilium": "cilium-egress-gateway", "archetype-istio": "istio-egress-gateway"}
	byMoney := 0
	for name, pattern := range want {
		r := Recommend(loadFixture(t, name))
		if r.Pattern == nil || *r.Pattern != pattern {
			t.Errorf("%s: %s, want %s", name, r.Summary, pattern)
			continue
		}
		if len(r.Candidates) > 1 && r.Candidates[1].Status == Feasible {
			byMoney++
			if !r.Candidates[0].Monthly.Decision.LessThan(r.Candidates[1].Monthly.Decision) {
				t.Errorf("%s: the winner is not the cheaper", name)
			}
		}
	}
	if byMoney < 2 {
		t.Errorf("money decided %d archetypes, want at least 2", byMoney)
	}
}

// The bank's first bill has no holes.
func TestBankBillIsComplete(t *testing.T) {
	r := Recommend(loadFixture(t, "bank"))
	for _, c := range r.Candidates {
		for _, u := range c.Monthly.Unknown {
			if u.Item != exceptionDoors {
				t.Errorf("%s: unknown %s: %s", c.ID, u.Item, u.Why)
			}
		}
	}
}

// The order of the apps in the input changes nothing but positions.
func TestOrderOfAppsIsNothing(t *testing.T) {
	apps := []string{
		"{name: a, namespace: one, pods: {min: 1, max: 9}, flows: [{to: db, outGB: 5, inGB: 7}, {to: mq, outGB: 1, inGB: 1}]}",
		"{name: b, namespace: one, pods: {min: 2, max: 20}, flows: [{to: mq, outGB: 100, inGB: 10..30}]}",
		"{name: c, namespace: two, pods: {min: 2, max: 3}, compute: fargate, flows: [{to: db}]}",
		"{name: d, namespace: two, pods: {min: 1, max: 1}, flows: [{to: mq, outGB: 3}, {to: db, ports: [tcp/1522], outGB: 1, inGB: 1}]}",
		"{name: e, namespace: two, pods: {min: 4, max: 40}, growth: 100%, flows: [{to: mq, outGB: 1, inGB: 1}]}",
	}
	scrubbed := func(order []string) string {
		doc := strings.Split(estate(map[string]string{"DB": "10.1.4.0/28"}), "\n---\n")
		doc[1] = strings.Replace(doc[1], "ports: [tcp/1521]}", "ports: [tcp/1521-1522]}\n    - {name: mq, kind: on-premises, firewall: edge, cidrs: [10.1.9.9/32], ports: [tcp/1414], identity: namespace}", 1)
		doc[2] = "apiVersion: egressplan/v1\nkind: AppInventory\nspec:\n  apps:\n    - " + strings.Join(order, "\n    - ") + "\n"
		r := Recommend(load(t, doc...))
		for _, c := range r.Candidates {
			for i := range c.AllowList {
				c.AllowList[i].RequiredBy = ""
			}
			for i := range c.Findings {
				c.Findings[i].At = ""
			}
		}
		b, err := json.Marshal(r.Detail(true))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	want := scrubbed(apps)
	rapid.Check(t, func(t *rapid.T) {
		if got := scrubbed(rapid.Permutation(apps).Draw(t, "order")); got != want {
			t.Error("another order of apps gave another answer")
		}
	})
}

// Source groups are the coarsest partition that every destination accepts: no
// two apps share a group that some destination wants told apart, and no two
// groups could be one.
func TestGroupsAreCoarsest(t *testing.T) {
	identities := []string{"app", "namespace", "tenant", "access-profile", "cluster"}
	rapid.Check(t, func(t *rapid.T) {
		var destinations, apps []string
		n := rapid.IntRange(1, 4).Draw(t, "destinations")
		for i := range n {
			destinations = append(destinations, fmt.Sprintf("    - {name: d%d, kind: on-premises, firewall: edge, cidrs: [10.1.4.%d/32], ports: [tcp/1521], identity: %s}",
				i, i+1, rapid.SampledFrom(identities).Draw(t, "identity")))
		}
		for i := range rapid.IntRange(1, 7).Draw(t, "apps") {
			var flows []string
			for j := range n {
				if rapid.Bool().Draw(t, "reaches") || j == n-1 && len(flows) == 0 {
					flows = append(flows, fmt.Sprintf("{to: d%d}", j))
				}
			}
			apps = append(apps, fmt.Sprintf("    - {name: a%d, namespace: n%d, tenant: t%d, pods: {min: 1, max: 1}, flows: [%s]}",
				i, rapid.IntRange(0, 1).Draw(t, "namespace"), rapid.IntRange(0, 1).Draw(t, "tenant"), strings.Join(flows, ", ")))
		}
		doc := strings.Split(estate(nil), "\n---\n")
		doc[1] = "apiVersion: egressplan/v1\nkind: FirewallRequirements\nspec:\n  firewalls: [{name: edge, identity: app}]\n  destinations:\n" + strings.Join(destinations, "\n")
		doc[2] = "apiVersion: egressplan/v1\nkind: AppInventory\nspec:\n  apps:\n" + strings.Join(apps, "\n")
		plan, problems := inventory.Load([]inventory.Source{{Name: "p", Data: []byte(strings.Join(doc, "\n---\n"))}})
		if len(problems) > 0 {
			t.Fatal(problems[0])
		}
		w := newWork(plan, subnetPattern{}, nil)
		of := w.partition(false)
		for i := range plan.Apps {
			for j := range i {
				a, b := &plan.Apps[i], &plan.Apps[j]
				together := of[a.Key] == of[b.Key]
				if may := mayShare(plan, a, b); together != may {
					t.Fatalf("%s (%v) and %s (%v): together %v, may share %v", a.Key, a.Flows, b.Key, b.Flows, together, may)
				}
			}
		}
	})
}

// mayShare is the rule of source groups for two apps, said once more by brute
// force: the finest identity among an app's destinations is its own unit; two
// apps share a source if they have the same unit of the same kind, and for the
// two coarse kinds the same destinations.
func mayShare(plan *inventory.Plan, a, b *inventory.App) bool {
	unit := func(x *inventory.App) (kind, value string) {
		reaches := map[inventory.Identity]bool{}
		var names []string
		for _, f := range x.Flows {
			reaches[plan.Destination(f.To.V).Identity.V] = true
			names = append(names, f.To.V)
		}
		slices.Sort(names)
		switch {
		case reaches["app"]:
			return "app", x.Key
		case reaches["namespace"]:
			return "namespace", x.Namespace.V
		case reaches["tenant"]:
			return "tenant", x.Tenant.V
		case reaches["access-profile"]:
			return "access-profile", fmt.Sprint(names)
		}
		return "cluster", fmt.Sprint(names)
	}
	ak, av := unit(a)
	bk, bv := unit(b)
	return ak == bk && av == bv
}
