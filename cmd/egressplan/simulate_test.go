package main

import (
	"bytes"
	"strings"
	"testing"

	"egressplan/planner"
)

func delivered() planner.Path {
	return planner.Path{
		Pattern: "private-nat-gateway", App: "payments/ledger", Variant: "secondary-eni", Zone: "eu-central-1a", To: "core-db",
		Destination: "10.1.4.1", Protocol: "tcp", Port: 1521, Initiator: "app", State: healthy, Verdict: "delivered",
		Reason: planner.Reason{Code: "delivered", Text: "the address is there"}, Sources: []string{"10.20.80.5/32"}, Allowed: true, Replied: true,
		Forward: []planner.Hop{{Hop: "NAT gateway", Action: "snat", Src: "10.20.80.5:1024", Dst: "10.1.4.1:1521", Why: "private NAT gateway of the zone"}},
		Return:  []planner.Hop{{Hop: "core-db", Action: "forward", Src: "10.1.4.1:1521", Dst: "10.20.80.5:1024", Why: "site route"}},
	}
}

func TestPathText(t *testing.T) {
	with := func(change func(*planner.Path)) planner.Path {
		p := delivered()
		change(&p)
		return p
	}
	cases := []struct {
		path  planner.Path
		works bool
		want  string
	}{
		{delivered(), true, "payments/ledger -> core-db tcp/1521 from eu-central-1a (secondary-eni): delivered as 10.20.80.5/32, allowed, reply came back"},
		{with(func(p *planner.Path) { p.Replied = false }), false, "payments/ledger -> core-db tcp/1521 from eu-central-1a (secondary-eni): delivered as 10.20.80.5/32, allowed, the reply did NOT come back"},
		{with(func(p *planner.Path) { p.Sources = []string{"10.0.0.1/32", "10.0.0.2/32"} }), true, "payments/ledger -> core-db tcp/1521 from eu-central-1a (secondary-eni): delivered as one of 10.0.0.1/32, 10.0.0.2/32, allowed, reply came back"},
		{with(func(p *planner.Path) {
			p.Verdict, p.Allowed, p.Replied, p.Reason = "dropped", false, false, planner.Reason{Code: "filtered", Text: "dc1-edge has no rule for it"}
		}), false, "payments/ledger -> core-db tcp/1521 from eu-central-1a (secondary-eni): dropped, dc1-edge has no rule for it [filtered], not in the allow-list"},
		{with(func(p *planner.Path) { p.Initiator, p.Protocol, p.Port = "destination", "icmp", 0 }), true, "core-db -> payments/ledger icmp in eu-central-1a (secondary-eni): delivered as 10.20.80.5/32, allowed, reply came back"},
	}
	for _, c := range cases {
		if got := pathText(foldPaths([]planner.Path{c.path})[0]); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
		if works(c.path) != c.works {
			t.Errorf("%q works: %v, want %v", c.want, !c.works, c.works)
		}
	}
}

func TestPathsAreFoldedByZoneAndVariantOnly(t *testing.T) {
	other, failing := delivered(), delivered()
	other.Zone, other.Variant = "eu-central-1b", "primary-eni"
	failing.Zone, failing.Replied = "eu-central-1c", false
	groups := foldPaths([]planner.Path{delivered(), failing, other})
	if len(groups) != 2 {
		t.Fatalf("%d groups, want 2", len(groups))
	}
	if got := strings.Join(groups[0].from, ", "); got != "eu-central-1a (secondary-eni), eu-central-1b (primary-eni)" {
		t.Errorf("the first group starts from %s", got)
	}
}

func TestSimulationShowsBothWays(t *testing.T) {
	for _, width := range []int{80, 140} {
		var buf bytes.Buffer
		if err := writeSimulation(&page{w: &buf, width: width}, &planner.Simulation{Paths: []planner.Path{delivered()}}); err != nil {
			t.Fatal(err)
		}
		text := strings.Join(strings.Fields(buf.String()), " ")
		for _, want := range []string{"private-nat-gateway: every path gets through and is answered (1 path)", "to the destination # hop", "10.20.80.5:1024 -> ", "10.1.4.1:1521", "back #", "site route"} {
			if !strings.Contains(text, want) {
				t.Errorf("at %d columns %q is missing:\n%s", width, want, buf.String())
			}
		}
	}
}
