package main

import (
	"bytes"
	"slices"
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
	const ledger = "payments/ledger -> core-db (10.1.4.1) tcp/1521 from eu-central-1a (secondary-eni): "
	cases := []struct {
		path  planner.Path
		works bool
		want  string
	}{
		{delivered(), true, ledger + "delivered as 10.20.80.5/32, allowed, reply came back"},
		{with(func(p *planner.Path) { p.Sources = []string{"10.0.0.1/32", "10.0.0.2/32"} }), true,
			ledger + "delivered as one of 10.0.0.1/32, 10.0.0.2/32, allowed, reply came back"},
		{with(func(p *planner.Path) {
			p.Replied, p.Reason = false, planner.Reason{Code: "no-reply", Text: "the reply is lost at dx1"}
		}), false, ledger + "delivered as 10.20.80.5/32, but the reply is lost at dx1 [no-reply]"},
		{with(func(p *planner.Path) {
			p.Allowed, p.Reason = false, planner.Reason{Code: "not-allowed", Text: "the allow-list does not admit it"}
		}), false, ledger + "delivered as 10.20.80.5/32, but the allow-list does not admit it [not-allowed]"},
		{with(func(p *planner.Path) {
			p.Allowed, p.Replied, p.Reason = false, false, planner.Reason{Code: "not-allowed", Text: "the allow-list does not admit it"}
		}), false, ledger + "delivered as 10.20.80.5/32, but the allow-list does not admit it [not-allowed]; nor does the reply come back"},
		{with(func(p *planner.Path) {
			p.Allowed, p.Reason = false, planner.Reason{Code: "delivered-elsewhere", Text: "10.1.4.1 is delivered to a pod instead"}
		}), false, ledger + "10.1.4.1 is delivered to a pod instead [delivered-elsewhere]"},
		{with(func(p *planner.Path) {
			p.Verdict, p.Allowed, p.Replied, p.Reason = "dropped", false, false, planner.Reason{Code: "no-route", Text: "at transit-gateway: no route"}
		}), false, ledger + "dropped at transit-gateway: no route [no-route]"},
		{with(func(p *planner.Path) {
			p.Verdict, p.Allowed, p.Replied, p.Reason = "unreachable", false, false, planner.Reason{Code: "no-origin", Text: "no pod of the app there"}
		}), false, ledger + "unreachable: no pod of the app there [no-origin]"},
		{with(func(p *planner.Path) {
			p.Initiator, p.Protocol, p.Port, p.Destination = "destination", "icmp", 0, "10.20.80.9"
		}), true,
			"core-db -> payments/ledger (10.20.80.9) icmp in eu-central-1a (secondary-eni): delivered as 10.20.80.5/32, allowed, reply came back"},
	}
	for _, c := range cases {
		if got := pathText(foldPaths([]planner.Path{c.path}, true)[0]); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
		if works(c.path) != c.works {
			t.Errorf("%q works: %v, want %v", c.want, !c.works, c.works)
		}
	}
}

func TestPathsAreFoldedByZoneAndVariantOnly(t *testing.T) {
	other, failing, detour := delivered(), delivered(), delivered()
	other.Zone, other.Variant = "eu-central-1b", "primary-eni"
	failing.Zone, failing.Replied = "eu-central-1c", false
	detour.Zone, detour.Return = "eu-central-1c", nil
	paths := []planner.Path{delivered(), failing, other, detour}
	for hops, want := range map[bool][]string{
		// the failing path comes first; other hops make another path only where hops are shown
		true:  {"eu-central-1c (secondary-eni)", "eu-central-1a (secondary-eni), eu-central-1b (primary-eni)", "eu-central-1c (secondary-eni)"},
		false: {"eu-central-1c (secondary-eni)", "eu-central-1a (secondary-eni), eu-central-1b (primary-eni), eu-central-1c (secondary-eni)"},
	} {
		var got []string
		for _, g := range foldPaths(paths, hops) {
			got = append(got, startsText(g.from))
		}
		if !slices.Equal(got, want) {
			t.Errorf("hops %v: %q, want %q", hops, got, want)
		}
	}
}

func TestStartsAreGroupedByVariant(t *testing.T) {
	got := startsText([]start{{"a", "x"}, {"a", "y"}, {"b", "x"}, {"b", "y"}, {"c", "x"}})
	if want := "a, b (x, y), c (x)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func simulationText(t *testing.T, width int, sim *planner.Simulation, o planner.SimulateOptions, trace bool) string {
	t.Helper()
	var buf bytes.Buffer
	if err := writeSimulation(&page{w: &buf, width: width}, sim, o, trace); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// Why a hop does what it does is the point, so it is there at any width.
func TestSimulationShowsBothWays(t *testing.T) {
	for _, width := range []int{60, 80, 100, 110, 140} {
		raw := simulationText(t, width, &planner.Simulation{Paths: []planner.Path{delivered()}}, planner.SimulateOptions{}, false)
		text := strings.Join(strings.Fields(raw), " ")
		for _, want := range []string{"private-nat-gateway: every path gets through and is answered (1 path)", "to the destination",
			"10.20.80.5:1024 -> ", "10.1.4.1:1521", "private NAT gateway of the zone", " back ", "site route"} {
			if !strings.Contains(text, want) {
				t.Errorf("at %d columns %q is missing:\n%s", width, want, raw)
			}
		}
		for line := range strings.Lines(raw) {
			if n := textWidth(strings.TrimRight(line, "\n")); n > width {
				t.Errorf("%d columns on a page of %d: %s", n, width, line)
			}
		}
	}
	narrow := simulationText(t, 80, &planner.Simulation{Paths: []planner.Path{delivered()}}, planner.SimulateOptions{}, false)
	if want := "  1  NAT gateway  snat  10.20.80.5:1024 -> 10.1.4.1:1521\n         private NAT gateway of the zone\n"; !strings.Contains(narrow, want) {
		t.Errorf("%q is missing:\n%s", want, narrow)
	}
}

// A name that no column can hold makes a list of the table, at any width.
func TestHopsWithLongNamesAreAList(t *testing.T) {
	path := delivered()
	path.Forward[0].Why = "subnet " + strings.Repeat("long-name/", 9)
	for _, width := range []int{110, 140} {
		raw := simulationText(t, width, &planner.Simulation{Paths: []planner.Path{path}}, planner.SimulateOptions{}, false)
		for line := range strings.Lines(raw) {
			if n := textWidth(strings.TrimRight(line, "\n")); n > width {
				t.Errorf("%d columns on a page of %d: %s", n, width, line)
			}
		}
	}
}

func TestSimulationSaysWhoseHopsTheseAre(t *testing.T) {
	path := delivered()
	path.Sources = []string{"10.0.0.1/32", "10.0.0.2/32"}
	for replied, want := range map[bool]string{true: "hops are those of the first of these alternatives", false: "hops are those of the first alternative that fails"} {
		path.Replied = replied
		if text := simulationText(t, 120, &planner.Simulation{Paths: []planner.Path{path}}, planner.SimulateOptions{}, false); !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
}

// 12 paths are traced unasked, 13 are not.
func TestManyPathsAreOneLineEach(t *testing.T) {
	var paths []planner.Path
	for port := range 13 {
		path := delivered()
		path.Port = 1000 + port
		paths = append(paths, path)
	}
	cases := []struct {
		paths int
		trace bool
		hops  bool
	}{{12, false, true}, {13, false, false}, {13, true, true}}
	for _, c := range cases {
		text := simulationText(t, 200, &planner.Simulation{Paths: paths[:c.paths]}, planner.SimulateOptions{}, c.trace)
		if got := strings.Contains(text, "site route"); got != c.hops {
			t.Errorf("%d paths, trace %v: hops shown: %v", c.paths, c.trace, got)
		}
		if got := strings.Contains(text, "add --trace"); got == c.hops {
			t.Errorf("%d paths, trace %v: told how to see hops: %v", c.paths, c.trace, got)
		}
		if got := strings.Count(text, "delivered as"); got != c.paths {
			t.Errorf("%d paths, %d verdicts", c.paths, got)
		}
	}
}

func TestSimulationNamesExceptions(t *testing.T) {
	sim := &planner.Simulation{Paths: []planner.Path{delivered()}, Exceptions: []planner.Exception{{App: "logging/shipper", Code: "udp-not-captured"}}}
	text := simulationText(t, 100, sim, planner.SimulateOptions{}, false)
	if want := "Left out of private-nat-gateway: logging/shipper [udp-not-captured].\n"; !strings.Contains(text, want) {
		t.Errorf("%q is missing:\n%s", want, text)
	}
	sim.Paths = nil
	text = simulationText(t, 100, sim, planner.SimulateOptions{App: "logging/shipper", Pattern: "istio-egress-gateway"}, false)
	for _, want := range []string{"logging/shipper is an exception: it does not go by istio-egress-gateway [udp-not-captured].\n", "UDP"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
	if text := simulationText(t, 100, &planner.Simulation{}, planner.SimulateOptions{App: "a/b"}, false); !strings.HasPrefix(text, "No flow to follow") {
		t.Errorf("%s", text)
	}
}
