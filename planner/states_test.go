package planner

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"egressplan/planner/inventory"
)

// eachCandidate runs a test on every pattern of every example plan.
func eachCandidate(t *testing.T, f func(t *testing.T, c *Candidate)) {
	t.Helper()
	for _, name := range fixtureNames(t) {
		plan := loadFixture(t, name)
		for _, id := range inventory.PatternIDs {
			if c := pick(plan, id); c != nil {
				t.Run(name+"/"+id, func(t *testing.T) { f(t, c) })
			}
		}
	}
}

// Only paths that meet a fault are walked again. Walking all of them in all
// faults shows that nothing is missed: a path that meets none of a fault's nodes
// ends as when healthy, in both phases.
func TestUntouchedPathsAreUnchanged(t *testing.T) {
	spared := 0
	eachCandidate(t, func(t *testing.T, c *Candidate) {
		w := c.work
		walker := w.b.walking()
		for p := range w.eachPath {
			for n, f := range w.faults() {
				if slices.Contains(p.touched, int32(n)) {
					continue
				}
				spared++
				for _, phase := range []string{"onset", "settled"} {
					walker.Fail(f.onset)
					if phase == "settled" {
						walker.Fail(f.settled)
					}
					x := *p
					w.follow(walker, &x, nil)
					if x.good != p.good || x.of != p.of || x.result.Code != p.result.Code || !reflect.DeepEqual(x.sources, p.sources) {
						t.Fatalf("%s from %s in %s (%s): %d of %d %v, healthy %d of %d %v", p.f.subject(), p.from.zone, f.state, phase, x.good, x.of, x.result.Code, p.good, p.of, p.result.Code)
					}
				}
			}
		}
	})
	if spared < 100 {
		t.Errorf("only %d paths were spared", spared)
	}
}

// The allow-list is the union over the faults: whatever still arrives in a fault,
// on any way, shows a source that the rows of its flow admit.
func TestFaultsShowOnlyAllowedSources(t *testing.T) {
	arrived := 0
	eachCandidate(t, func(t *testing.T, c *Candidate) {
		w := c.work
		if c.Status == Rejected {
			return // no allow-list to file
		}
		for p := range w.eachPath {
			if p.f.to.Firewall.V == "" || p.f.inbound() {
				continue
			}
			for _, n := range p.touched {
				x := w.inFault(w.b.walking(), p, &w.faults()[n])
				for _, s := range x.sources {
					arrived++
					if !w.admits(p.f).contains(s) {
						t.Errorf("%s in %s: seen as %s, which no row of it admits", p.f.subject(), x.state, s)
					}
				}
			}
		}
	})
	if arrived == 0 {
		t.Error("nothing arrived in any fault")
	}
}

// Every row names the healthy state and only faults in which its flow goes on:
// there, some path that the simulation shows works.
func TestRowsNameTheStatesTheyServe(t *testing.T) {
	eachCandidate(t, func(t *testing.T, c *Candidate) {
		if c.Status == Rejected {
			return // no allow-list to file
		}
		run, err := Simulate(c.work.plan, SimulateOptions{Pattern: c.Pattern, Faults: true, NoHops: true})
		if err != nil {
			t.Fatal(err)
		}
		healthy, works := map[string]int{}, map[string]bool{}
		met := map[string]int{}
		for _, p := range run.Paths {
			key := p.App + " " + p.To + " " + p.Initiator
			if p.State == stateHealthy {
				healthy[key]++
				continue
			}
			met[key+" "+p.State]++
			works[key+" "+p.State] = works[key+" "+p.State] || p.Ways.Good > 0
		}
		for _, r := range c.AllowList {
			key := r.App + " " + r.To + " " + r.Initiator
			if len(r.States) == 0 || r.States[0] != stateHealthy {
				t.Fatalf("%s: states %v", key, r.States)
			}
			for _, s := range r.States[1:] {
				if !works[key+" "+s] && met[key+" "+s] == healthy[key] {
					t.Errorf("%s: says it serves in %s, where no path works", key, s)
				}
			}
		}
	})
}

// Whois of an address names every app that some walk shows as it, in any state,
// either as an appearance or as a leak.
func TestWhoisMissesNobody(t *testing.T) {
	plan := loadFixture(t, "bank")
	for _, id := range inventory.PatternIDs {
		shown := map[string]map[string]bool{} // by address: apps
		see := func(app string, sources []string) {
			for _, s := range sources {
				a := netip.MustParsePrefix(s).Addr().String()
				if shown[a] == nil {
					shown[a] = map[string]bool{}
				}
				shown[a][app] = true
			}
		}
		runs := []SimulateOptions{{Pattern: id, Faults: true, NoHops: true}}
		for _, kind := range leakKinds() {
			runs = append(runs, SimulateOptions{Pattern: id, State: kind, NoHops: true})
		}
		for _, o := range runs {
			run, err := Simulate(plan, o)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range run.Paths {
				if d := plan.Destination(p.To); d.Firewall.V != "" && p.Initiator == inventory.InitiatorApp {
					see(p.App, p.Sources)
				}
			}
		}
		for address, apps := range shown {
			who, err := Whois(plan, id, address)
			if err != nil {
				t.Fatal(err)
			}
			named := fmt.Sprint(who.Appearances, who.Leaks)
			for app := range apps {
				if !strings.Contains(named, app) {
					t.Errorf("%s: %s can show as %s, whois does not say so: %s", id, app, address, named)
				}
			}
		}
	}
}

// What keeps others from looking like an app, by the patterns' own documents:
// scheduling in patterns 1 and 2, a label inside the namespace in 3, a service
// account or certificate in 4.
func TestBarriers(t *testing.T) {
	plan := loadFixture(t, "bank")
	want := map[string]map[string]string{ // pattern: who: weakest barrier
		"vpc-subnet-cidr":       {"app/payments/payout": barrierSchedule, "app/cards/card-auth": barrierSchedule},
		"private-nat-gateway":   {"app/payments/payout": barrierSchedule, "app/cards/card-auth": barrierSchedule},
		"cilium-egress-gateway": {"app/payments/payout": barrierLabel, "app/cards/card-auth": barrierSchedule, "namespace/payments": barrierLabel},
		"istio-egress-gateway":  {"app/payments/payout": barrierServiceAccount, "app/cards/card-auth": barrierSchedule},
	}
	for id, rows := range want {
		who, err := Whois(plan, id, WhoisAll)
		if err != nil {
			t.Fatal(err)
		}
		for group, barrier := range rows {
			i := slices.IndexFunc(who.Matrix, func(b Barrier) bool { return b.Who == group && b.Whose == "app/payments/ledger" })
			if i < 0 || who.Matrix[i].Barrier != barrier {
				t.Errorf("%s: %s against ledger: %+v, want %s", id, group, who.Matrix, barrier)
			}
		}
	}
}

// Misuses that a pattern's mechanism does not know change nothing and say so;
// every kind is answered for every pattern.
func TestEveryStateIsAnswered(t *testing.T) {
	plan := loadFixture(t, "bank")
	for _, id := range inventory.PatternIDs {
		for _, k := range StateKinds() {
			run, err := Simulate(plan, SimulateOptions{Pattern: id, State: k.Kind, NoHops: true})
			if err != nil {
				t.Errorf("%s %s: %v", id, k.Kind, err)
				continue
			}
			if len(run.Paths) == 0 && len(run.Notes) == 0 {
				t.Errorf("%s %s: neither a path nor a note why", id, k.Kind)
			}
		}
	}
}

func TestParseState(t *testing.T) {
	for text, want := range map[string]State{"healthy": {"healthy", ""}, "zone-lost": {"zone-lost", ""}, "zone-lost:a": {"zone-lost", "a"}, "impostor:ns/app": {"impostor", "ns/app"}, "nat-lost:app/ns/x:y": {"nat-lost", "app/ns/x:y"}} {
		if got, err := ParseState(text); err != nil || got != want || got.String() != text {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "zone", "healthy:x", "zone-lost:", ":a", "ZONE-LOST:a"} {
		if got, err := ParseState(text); err == nil {
			t.Errorf("%q: read as %v", text, got)
		}
	}
}

// Whois of an address says in which states an app shows it: exactly those in
// which walking every path finds one that works and shows it.
func TestWhoisStates(t *testing.T) {
	plan := loadFixture(t, "bank")
	for _, id := range inventory.PatternIDs {
		run, err := Simulate(plan, SimulateOptions{Pattern: id, App: "payments/ledger", To: "core-db", Faults: true, NoHops: true})
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[string]bool{} // states that meet the flow
		byState := map[string][]Path{}
		for _, p := range run.Paths {
			kinds[p.State] = true
			byState[p.State] = append(byState[p.State], p)
		}
		source := byState[stateHealthy][0].Sources[0]
		addr := netip.MustParsePrefix(source).Addr().Next()
		if netip.MustParsePrefix(source).IsSingleIP() {
			addr = netip.MustParsePrefix(source).Addr()
		}
		want := map[string]bool{}
		for state := range kinds {
			for _, h := range byState[stateHealthy] { // a path that the fault does not meet is as when healthy
				now := h
				for _, p := range byState[state] {
					if p.Zone == h.Zone && p.Variant == h.Variant && p.Destination == h.Destination {
						now = p
					}
				}
				shows := slices.ContainsFunc(now.Sources, func(s string) bool { return netip.MustParsePrefix(s).Contains(addr) })
				want[state] = want[state] || now.Ways.Good > 0 && shows
			}
		}
		who, err := Whois(plan, id, addr.String())
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(who.Appearances, func(a Appearance) bool { return a.App == "payments/ledger" })
		if i < 0 {
			t.Fatalf("%s: nobody appears as %s", id, addr)
		}
		for state := range kinds {
			if got := slices.Contains(who.Appearances[i].States, state); got != want[state] {
				t.Errorf("%s: %s in %s: whois says %v, walking %v", id, addr, state, got, want[state])
			}
		}
		if len(want) < 5 || !want[stateHealthy] {
			t.Errorf("%s: only %v walked", id, want)
		}
	}
}

// A leak is said to be let through exactly where some row of the firewall in
// front of the destination holds an address of it, whoever the row is for.
func TestLeaksAreJudgedByAllRows(t *testing.T) {
	admitted, refused := 0, 0
	for _, id := range inventory.PatternIDs {
		c := pick(loadFixture(t, "bank"), id)
		for _, l := range c.work.leaks() {
			through := map[string]bool{}
			for _, app := range l.Apps {
				for _, f := range c.work.onPremises(c.work.plan.App(app)) {
					for _, r := range c.AllowList {
						for _, s := range r.Sources {
							for _, seen := range l.Sources {
								if r.To == f.to.Name.V && covers(s, seen) {
									through[r.To] = true
								}
							}
						}
					}
				}
			}
			if len(through) > 0 && !l.Admitted {
				t.Errorf("%s: %s of %v is seen as %v, rows let that through to %v, the leak says refused", id, l.State, l.Apps, l.Sources, sortedKeys(through))
			}
			if l.Admitted {
				admitted++
			} else {
				refused++
			}
		}
	}
	if admitted == 0 || refused == 0 {
		t.Errorf("%d leaks admitted, %d refused: one of the two was not tried", admitted, refused)
	}
}

// Apps of one group are named as such, and with the means that lead into any of
// their namespaces.
func TestLookalikesOfTheBank(t *testing.T) {
	plan := loadFixture(t, "bank")
	barriers := func(app, id string) (list []string, who map[string][]string) {
		answer, err := Whois(plan, id, app)
		if err != nil {
			t.Fatal(err)
		}
		who = map[string][]string{}
		for _, l := range answer.Lookalikes {
			list = append(list, l.Barrier)
			who[l.Barrier] = append(who[l.Barrier], l.Apps...)
		}
		slices.Sort(list)
		return slices.Compact(list), who
	}
	for _, row := range []struct{ app, pattern, want string }{
		{"payments/ledger", "vpc-subnet-cidr", "route schedule"},
		{"lending/statements", "vpc-subnet-cidr", "route schedule"},
		{"payments/ledger", "private-nat-gateway", "route schedule"},
		{"payments/ledger", "cilium-egress-gateway", "label namespace schedule"},
		{"payments/ledger", "istio-egress-gateway", "certificate schedule service-account"},
		{"channels/mobile-bff", "vpc-subnet-cidr", "none route schedule"},
		{"channels/mobile-bff", "cilium-egress-gateway", "label namespace none schedule"},
	} {
		if got, _ := barriers(row.app, row.pattern); strings.Join(got, " ") != row.want {
			t.Errorf("%s with %s: %v, want %s", row.app, row.pattern, got, row.want)
		}
	}
	_, who := barriers("payments/ledger", "cilium-egress-gateway")
	if got := strings.Join(who["label"], " "); got != "payments/file-mover payments/fraud-check payments/payout" {
		t.Errorf("who may wear the label: %s; those of the namespace may", got)
	}
	_, who = barriers("channels/mobile-bff", "vpc-subnet-cidr")
	if got := strings.Join(who["none"], " "); got != "channels/online-bff channels/staff-portal" {
		t.Errorf("who shares the source: %s", got)
	}
}
