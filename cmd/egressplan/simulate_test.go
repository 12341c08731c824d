package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"egressplan/planner"
	"egressplan/planner/inventory"
)

func delivered() planner.Path {
	return planner.Path{
		Pattern: "private-nat-gateway", App: "payments/ledger", Variant: "secondary-eni", Zone: "eu-central-1a", To: "core-db", Ways: planner.Ways{Good: 1, Of: 1},
		Destination: "10.1.4.1", Protocol: "tcp", Port: 1521, Initiator: "app", State: healthy, Verdict: "delivered",
		Reason: planner.Reason{Code: "delivered", Text: "the address is there"}, Sources: []string{"10.20.80.5/32"}, Allowed: true, Replied: true,
		Forward: []planner.Hop{{Hop: "NAT gateway", Action: "snat", SrcBefore: "10.20.64.9:32768", DstBefore: "10.1.4.1:1521", Src: "10.20.80.5:1024", Dst: "10.1.4.1:1521", Why: "private NAT gateway of the zone"}},
		Return:  []planner.Hop{{Hop: "core-db", Action: "forward", SrcBefore: "10.1.4.1:1521", DstBefore: "10.20.80.5:1024", Src: "10.1.4.1:1521", Dst: "10.20.80.5:1024", Why: "site route"}},
	}
}

// walked is a simulation that has come out as these paths.
func walked(paths ...planner.Path) *simulation {
	a := &simulation{pattern: "private-nat-gateway", environment: "prod", paths: paths, firewalls: map[string]string{"core-db": "edge"}}
	a.State = healthy
	for i := range paths {
		a.State = paths[i].State
		a.tally(&paths[i])
	}
	return a
}

func TestVerdictText(t *testing.T) {
	with := func(change func(*planner.Path)) planner.Path {
		p := delivered()
		change(&p)
		return p
	}
	cases := []struct {
		path planner.Path
		want string
	}{
		{delivered(), "payments/ledger reaches core-db as 10.20.80.5/32; the allow-list of edge admits it; the reply comes back."},
		{with(func(p *planner.Path) { p.Sources = []string{"10.0.0.1/32", "10.0.0.2/32"} }),
			"payments/ledger reaches core-db as one of 10.0.0.1/32, 10.0.0.2/32; the allow-list of edge admits it; the reply comes back."},
		{with(func(p *planner.Path) { p.To = "storage" }), "payments/ledger reaches storage as 10.20.80.5/32; the reply comes back."},
		{with(func(p *planner.Path) {
			p.Replied, p.Ways.Good, p.Reason = false, 0, planner.Reason{Code: "no-reply", Text: "the reply is lost at dx1"}
		}), "payments/ledger reaches core-db as 10.20.80.5/32; the allow-list of edge admits it; but the reply is lost at dx1 [no-reply]."},
		{with(func(p *planner.Path) {
			p.Allowed, p.Replied, p.Ways.Good, p.Reason = false, false, 0, planner.Reason{Code: "not-allowed", Text: "the allow-list does not admit it"}
		}), "payments/ledger reaches core-db as 10.20.80.5/32, but the allow-list does not admit it [not-allowed]; nor does the reply come back."},
		{with(func(p *planner.Path) {
			p.Ways, p.Sources, p.Reason = planner.Ways{Good: 0, Of: 1}, nil, planner.Reason{Code: "delivered-elsewhere", Text: "10.1.4.1 is delivered to a pod instead"}
		}), "payments/ledger does not reach core-db: 10.1.4.1 is delivered to a pod instead [delivered-elsewhere]."},
		{with(func(p *planner.Path) {
			p.Verdict, p.Allowed, p.Replied, p.Ways.Good, p.Reason = "dropped", false, false, 0, planner.Reason{Code: "not-allowed", Text: "at edge: no entry admits it"}
		}), "payments/ledger does not reach core-db: on-premises sees 10.20.80.5/32, dropped at edge: no entry admits it [not-allowed]."},
		{with(func(p *planner.Path) {
			p.Verdict, p.Allowed, p.Replied, p.Ways = "blackhole", false, false, planner.Ways{Good: 2, Of: 3}
			p.Reason = planner.Reason{Code: "node-down", Text: "at egress-c: node down"}
		}), "payments/ledger reaches core-db by 2 of 3 ways as 10.20.80.5/32; the first other one is lost at egress-c: node down [node-down]."},
		{with(func(p *planner.Path) {
			p.Verdict, p.Allowed, p.Replied, p.Ways.Good, p.Sources = "unreachable", false, false, 0, nil
			p.Reason = planner.Reason{Code: "no-origin", Text: "no pod of the app has a place in a"}
		}), "payments/ledger does not reach core-db: unreachable: no pod of the app has a place in a [no-origin]."},
		{with(func(p *planner.Path) { p.Initiator, p.Sources = inventory.InitiatorOnPrem, nil }),
			"core-db reaches payments/ledger; the reply comes back."},
		{with(func(p *planner.Path) { p.From, p.State = "a pod in a hurry", "policy-lag:payments/ledger" }),
			"Packets of a pod in a hurry. They reach core-db as 10.20.80.5/32; the allow-list of edge admits it; the reply comes back."},
	}
	for _, c := range cases {
		a := walked(c.path)
		if got := a.verdictText(&foldPaths(a.paths)[0]); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
}

func TestPathsAreFoldedWhereOnlyAddressesDiffer(t *testing.T) {
	zonal := func(zone, to, source string) planner.Path {
		p := delivered()
		p.Zone, p.Destination, p.Sources = zone, to, []string{source}
		p.Forward[0].Zone, p.Forward[0].Hop = zone, "nat-"+zone
		return p
	}
	failing, detour := zonal("d", "10.1.4.1", "10.0.0.4/32"), zonal("e", "10.1.4.1", "10.0.0.5/32")
	failing.Replied = false
	detour.Return[0].Hop = "another router"
	a := walked(zonal("a", "10.1.4.1", "10.0.0.1/32"), failing, zonal("a", "10.1.4.2", "10.0.0.1/32"),
		zonal("b", "10.1.4.1", "10.0.0.2/32"), zonal("b", "10.1.4.2", "10.0.0.2/32"), detour)
	var got []string
	for _, g := range foldPaths(a.paths) {
		got = append(got, a.routeText(&g))
	}
	want := []string{ // the failing path comes first
		"tcp/1521 from d (secondary-eni), to 10.1.4.1.",
		"tcp/1521 from a (secondary-eni), to 10.1.4.1 as 10.0.0.1/32; likewise to 10.1.4.2 and from b as 10.0.0.2/32.",
		"tcp/1521 from e (secondary-eni), to 10.1.4.1.",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func pageText(t *testing.T, width int, a *simulation) string {
	t.Helper()
	var buf bytes.Buffer
	if err := a.page(&page{w: &buf, width: width}); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// Why a hop does what it does is the point, so it is there at any width.
func TestSimulationShowsBothWays(t *testing.T) {
	long := delivered()
	long.Forward[0].Why = "subnet " + strings.Repeat("long-name/", 5)
	for _, path := range []planner.Path{delivered(), long} {
		for _, width := range []int{70, 80, 100, 110, 140} {
			raw := pageText(t, width, walked(path))
			text := strings.Join(strings.Fields(raw), " ")
			for _, want := range []string{"payments/ledger reaches core-db as 10.20.80.5/32", " there ", "source 10.20.64.9:32768 becomes 10.20.80.5:1024",
				path.Forward[0].Why, " and back ", "site route"} {
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
	}
}

// 12 paths are traced unasked, 13 are not, unless they are asked for.
func TestManyPathsAreOneRowEach(t *testing.T) {
	var paths []planner.Path
	for port := range 13 {
		path := delivered()
		path.Port = 1000 + port
		paths = append(paths, path)
	}
	cases := []struct {
		paths int
		ask   func(*simulation)
		hops  bool
	}{
		{12, func(*simulation) {}, true},
		{13, func(*simulation) {}, false},
		{13, func(a *simulation) { a.trace = true }, true},
		{13, func(a *simulation) { a.App = "payments/ledger" }, true},
	}
	for i, c := range cases {
		a := walked(paths[:c.paths]...)
		c.ask(a)
		text := pageText(t, 200, a)
		if got := strings.Contains(text, "site route"); got != c.hops {
			t.Errorf("case %d: hops shown: %v", i, got)
		}
		if got := strings.Contains(text, "add --trace"); got == c.hops {
			t.Errorf("case %d: told how to see hops: %v", i, got)
		}
	}
}

func TestWaysBackAreFolded(t *testing.T) {
	there := []planner.Hop{{Hop: "pod"}, {Hop: "node"}, {Hop: "router"}, {Hop: "firewall"}, {Hop: "site"}}
	back := []planner.Hop{{Hop: "site"}, {Hop: "firewall"}, {Hop: "router"}, {Hop: "node", Dst: "10.0.0.1", DstBefore: "10.0.0.2"}, {Hop: "pod"}}
	var got []string
	for _, s := range foldBack(steps(back), there) {
		got = append(got, s.number+" "+s.hop)
	}
	if want := []string{"1 site", "2-3 firewall, router", "4 node", "5 pod"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestSimulationNamesExceptions(t *testing.T) {
	a := walked(delivered())
	a.exceptions = []planner.Exception{{App: "logging/shipper", Code: "udp-not-captured"}}
	if got, want := a.leftOutText(), "Left out of private-nat-gateway: logging/shipper [udp-not-captured]."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	a.App = "logging/shipper"
	text := pageText(t, 100, a)
	for _, want := range []string{"logging/shipper is an exception: it does not go by private-nat-gateway [udp-not-captured].\n", "UDP"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
	if text := pageText(t, 100, walked()); !strings.HasPrefix(text, "No flow to follow") {
		t.Errorf("%s", text)
	}
}

func bank(t testing.TB) *inventory.Plan {
	t.Helper()
	sources, err := inventory.ReadPaths([]string{filepath.Join("..", "..", "fixtures", "plans", "bank")}, os.Stdin)
	if err != nil {
		t.Fatal(err)
	}
	plan, problems := inventory.Load(sources)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return plan
}

// The streamed JSON is the struct, in whatever order its members stand.
func TestStreamedJSONIsTheSimulation(t *testing.T) {
	plan := bank(t)
	for _, o := range []planner.SimulateOptions{
		{State: healthy, App: "payments/ledger"},
		{State: "policy-lag"}, // only a note
		{State: "zone-lost:us-east-1a", Pattern: "cilium-egress-gateway", NoHops: true},
		{Faults: true, NoHops: true, App: "payments/ledger"},
	} {
		want, err := planner.Simulate(plan, o)
		if err != nil {
			t.Fatal(err)
		}
		var buf bytes.Buffer
		s := &session{out: bufio.NewWriter(&buf)}
		if err := s.simulate(plan, &simulation{SimulateOptions: o}, "json"); err != nil {
			t.Fatal(err)
		}
		s.out.Flush()
		var got planner.Simulation
		dec := json.NewDecoder(bytes.NewReader(buf.Bytes()))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(&got, want) {
			t.Errorf("%+v: the stream decodes into something else", o)
		}
		// the same bytes as encoded whole, but for the place of the notes
		var whole bytes.Buffer
		w := &session{out: bufio.NewWriter(&whole)}
		if err := w.writeJSON(want); err != nil {
			t.Fatal(err)
		}
		w.out.Flush()
		sorted := func(b []byte) []string {
			lines := strings.Split(strings.ReplaceAll(string(b), ",\n", "\n"), "\n")
			slices.Sort(lines)
			return lines
		}
		if !slices.Equal(sorted(buf.Bytes()), sorted(whole.Bytes())) {
			t.Errorf("%+v: formatted otherwise than a whole", o)
		}
	}
}
