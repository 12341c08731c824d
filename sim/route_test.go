package sim

import "testing"

// TestRouteChoice: which of several routes a packet from 100.64.0.10 with label
// 3 to 10.1.4.1 takes, told by the route's mark.
func TestRouteChoice(t *testing.T) {
	r := func(ref Ref, dst string, change ...func(*Route)) Route {
		x := Route{Dst: pfx(dst), Next: to(1), Ref: ref}
		for _, c := range change {
			c(&x)
		}
		return x
	}
	src := func(s string) func(*Route) { return func(x *Route) { x.Src = pfx(s) } }
	rank := func(n int) func(*Route) { return func(x *Route) { x.Rank = n } }
	label := func(l Label) func(*Route) { return func(x *Route) { x.Label = l } }
	pinned := func(x *Route) { x.Pinned = true }
	yielding := func(x *Route) { x.Yielding = true }
	opening := func(x *Route) { x.Opening = true }
	tests := []struct {
		name   string
		routes []Route
		want   Ref // 0: none
	}{
		{"longest destination", []Route{r(1, "0.0.0.0/0"), r(2, "10.1.4.0/24"), r(3, "10.1.0.0/16")}, 2},
		{"longest that contains it", []Route{r(1, "10.0.0.0/8"), r(2, "10.1.5.0/24"), r(3, "10.1.4.2/32")}, 1},
		{"destination before source", []Route{r(1, "10.1.0.0/16", src("100.64.0.10/32")), r(2, "10.1.4.0/24")}, 2},
		{"longest source", []Route{r(1, "10.1.0.0/16"), r(2, "10.1.0.0/16", src("100.64.0.0/24")), r(3, "10.1.0.0/16", src("100.64.0.0/16"))}, 2},
		{"other source", []Route{r(1, "10.1.4.0/24", src("100.65.0.0/16")), r(2, "0.0.0.0/0")}, 2},
		{"source before label", []Route{r(1, "10.1.0.0/16", label(3)), r(2, "10.1.0.0/16", src("100.64.0.0/16"))}, 2},
		{"label before none", []Route{r(1, "10.1.0.0/16", rank(-5)), r(2, "10.1.0.0/16", label(3), rank(5))}, 2},
		{"other label", []Route{r(1, "10.1.4.0/24", label(4)), r(2, "10.1.0.0/16")}, 2},
		{"lowest rank", []Route{r(1, "10.1.0.0/16", rank(2)), r(2, "10.1.0.0/16", rank(1))}, 2},
		{"rank after destination", []Route{r(1, "10.1.4.0/24", rank(9)), r(2, "10.1.0.0/16", rank(1))}, 1},
		{"first listed", []Route{r(1, "10.1.0.0/16"), r(2, "10.1.0.0/16")}, 1},
		{"unmasked destination", []Route{r(1, "10.1.9.9/16")}, 1},
		{"none", []Route{r(1, "10.2.0.0/16")}, 0},
		// A local route beats a propagated one, even a more specific one
		// (Amazon VPC User Guide, Route priority).
		{"pinned beats longer yielding", []Route{r(1, "10.1.0.0/16", pinned), r(2, "10.1.4.0/24", yielding)}, 1},
		{"longer route that does not yield", []Route{r(1, "10.1.0.0/16", pinned), r(2, "10.1.4.0/24")}, 2},
		{"pinned elsewhere", []Route{r(1, "10.2.0.0/16", pinned), r(2, "10.1.4.0/24", yielding)}, 2},
		{"longer pinned beats shorter yielding", []Route{r(1, "10.1.4.0/24", pinned), r(2, "10.1.0.0/16", yielding)}, 1},
		{"yielding gives way to a third", []Route{r(1, "10.0.0.0/8", pinned), r(2, "10.1.4.0/24", yielding), r(3, "10.1.0.0/16")}, 3},
		{"yielding alone", []Route{r(1, "10.1.0.0/16", yielding)}, 1},
		{"opening, for a packet that opens", []Route{r(1, "10.1.0.0/16"), r(2, "10.1.0.0/16", opening, rank(-1))}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := &Network{Nodes: []Node{{Routes: tt.routes}, {Owns: owns(serverNet)}}}
			p := query()
			p.Label = 3
			_, hops := NewWalker(n).Trace(0, p, 0)
			if hops[0].Ref != tt.want || tt.want == 0 && hops[0].Code != CodeNoRoute {
				t.Errorf("took %d (%v), want %d", hops[0].Ref, hops[0].Code, tt.want)
			}
		})
	}
}

// TestOpeningRoute: what opens a flow leaves by one interface, replies of a
// flow from the other side by the other.
func TestOpeningRoute(t *testing.T) {
	// 0 pod, 1 node, 2 marked exit, 3 own exit, 4 server
	n := &Network{Nodes: []Node{
		{Name: "pod", Owns: owns(clientAddr + "/32"), Routes: []Route{via("0.0.0.0/0", 1)}},
		{Name: "node", Routes: []Route{
			via(clientAddr+"/32", 0), via("0.0.0.0/0", 3),
			{Dst: pfx("0.0.0.0/0"), Opening: true, Rank: -1, Next: to(2)},
		}, NAT: []NAT{{To: ips("10.20.80.5")}}},
		{Name: "marked", Routes: []Route{via("0.0.0.0/0", 4), via("10.20.80.5/32", 1)}},
		{Name: "own", Routes: []Route{via("0.0.0.0/0", 4), via("100.64.0.0/16", 1)}},
		{Name: "server", Owns: owns(serverNet), Routes: []Route{via("100.64.0.0/16", 3), via("10.20.80.5/32", 2)}},
	}}
	w := NewWalker(n)
	r, out := w.Trace(0, query(), 0)
	back, in := w.TraceReply()
	if r.Verdict != Delivered || r.Packet.Src.Addr() != ip("10.20.80.5") || out[2].Node != 2 || back.Verdict != Delivered || in[1].Node != 2 {
		t.Errorf("opened inside:\n%s%s", story(n, out), story(n, in))
	}
	r, out = w.Trace(4, tcp("10.1.4.1:50000", clientAddr+":443"), 0)
	back, in = w.TraceReply()
	if r.Verdict != Delivered || out[1].Node != 3 || back.Verdict != Delivered || in[2].Node != 3 || back.Packet.Src.Addr() != ip(clientAddr) {
		t.Errorf("opened outside:\n%s%s", story(n, out), story(n, in))
	}
}
