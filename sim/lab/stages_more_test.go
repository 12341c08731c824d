//go:build linux

package lab

import (
	"net/netip"
	"testing"

	"egressplan/sim"
)

func TestProxy(t *testing.T) {
	own := ip("10.20.80.5")
	proxy := func(forwards ...sim.Forward) sim.Node { return sim.Node{Proxy: &sim.Proxy{Forwards: forwards}} }
	authorized := func(f *sim.Filter) sim.Node {
		return sim.Node{Proxy: &sim.Proxy{Authorize: f, Forwards: []sim.Forward{{From: own}}}}
	}
	elsewhere := []netip.AddrPort{at("10.1.9.9:443"), at("10.1.9.8:443")}
	inTheWay := proxy(sim.Forward{From: own, To: elsewhere})
	inTheWay.Owns = owns(serverAddr + "/32")
	watched := proxy(sim.Forward{From: own, To: elsewhere, Via: to(2, 1)})
	labelled := sim.Node{Ingress: stateful(allow(sim.Match{Label: 3}))}
	runStages(t, []stageCase{
		passed("a new connection", "10.20.80.5", proxy(sim.Forward{From: own})),
		passed("a datagram too", "10.20.80.5:40000", proxy(sim.Forward{From: own})).as(sim.UDP),
		passed("captures what it matches only", me, proxy(sim.Forward{Match: sim.Match{Protocol: sim.UDP}, From: own})),
		passed("the first that matches", "10.20.80.6", proxy(sim.Forward{Match: sim.Match{Protocol: sim.UDP}, From: own}, sim.Forward{From: ip("10.20.80.6")}, sim.Forward{From: own})),
		passed("before its node owns it", "10.20.80.5", inTheWay),
		passed("the other address", "10.20.80.5", inTheWay).with(func(w *Walk) { w.Choice = 1 }),
		lost("none left to connect to", sim.CodeNoUpstream, watched).with(func(w *Walk) { w.Fault.Gone = to(1, 2) }).goneEnds(),
		passed("authorised by label", "10.20.80.5", authorized(only(allow(sim.Match{Label: 3})))),
		{name: "not authorised", net: chain(authorized(only(allow(sim.Match{Label: 4})))), code: sim.CodeUnauthorized},
		passed("vouches for its client", "10.20.80.5", proxy(sim.Forward{From: own, KeepLabel: true}), labelled),
		passed("vouches, datagrams", "10.20.80.5", proxy(sim.Forward{From: own, KeepLabel: true}), labelled).as(sim.UDP),
		lost("does not", sim.CodeIngressDenied, proxy(sim.Forward{From: own}), labelled),
		passed("two proxies", "10.20.80.6", proxy(sim.Forward{From: own}), proxy(sim.Forward{From: ip("10.20.80.6"), To: elsewhere})),
		passed("the destination translated, the source kept", me, proxy(sim.Forward{To: elsewhere})),
		passed("translated, an echo", clientAddr, proxy(sim.Forward{Match: sim.Match{Protocol: sim.ICMP}, To: []netip.AddrPort{netip.AddrPortFrom(ip("10.1.9.9"), 0)}})).as(sim.ICMP),
		passed("translated, the label kept", me, proxy(sim.Forward{To: elsewhere, KeepLabel: true}), labelled),
		lost("translated, the label gone", sim.CodeIngressDenied, proxy(sim.Forward{To: elsewhere}), labelled),
		{name: "the client's own proxy", net: sidecar(), code: sim.CodeDelivered, seen: clientAddr, answered: true},
		passed("translated at both ends", "10.20.80.6", proxy(sim.Forward{To: elsewhere}), natNode("10.20.80.6")),
	})
}

// goneEnds leaves only a client and a proxy whose upstreams are not there.
func (c stageCase) goneEnds() stageCase {
	n := c.net
	n.Nodes = append(n.Nodes, sim.Node{}, sim.Node{})
	n.Nodes[1].Proxy.Forwards[0].Via = to(3, 4)
	return c.with(func(w *Walk) { w.Fault.Gone = to(3, 4) })
}

// sidecar is a client whose connections a proxy of its own node takes to a
// gateway, from the client's address.
func sidecar() *sim.Network {
	n := chain(sim.Node{Owns: owns("10.1.200.1/32"), Proxy: &sim.Proxy{
		Authorize: only(allow(sim.Match{Label: 3})),
		Forwards:  []sim.Forward{{Match: sim.Match{Dst: pfx("10.1.200.1/32")}, From: ip(clientAddr), To: []netip.AddrPort{at(serverAddr + ":1521")}}}}})
	n.Nodes[0].Proxy = &sim.Proxy{Forwards: []sim.Forward{{From: ip(clientAddr), To: []netip.AddrPort{at("10.1.200.1:15443")}, KeepLabel: true}}}
	return n
}

func TestDeliver(t *testing.T) {
	gateway := natNode("10.20.80.5")
	direct := func(x sim.Node) *sim.Network {
		n := chain(x)
		n.Nodes[0].Routes = []sim.Route{via("0.0.0.0/0", 1)}
		return n
	}
	runStages(t, []stageCase{
		passed("an owner in the way", me, sim.Node{Owns: owns("10.1.4.0/24")}),
		passed("an owner of another", me, sim.Node{Owns: owns("10.1.5.0/24")}),
		lost("an owner that knows sessions only", sim.CodeNoSession, sim.Node{Owns: owns("10.1.4.0/24"), SessionOnly: true}),
		passed("sessions only, for itself", "10.20.80.5", gateway),
		{name: "a translator gives no service", net: direct(gateway), code: sim.CodeNoSession, change: func(w *Walk) { w.Packet.Dst = at("10.20.80.5:1521") }},
		passed("the client owns everything", me, sim.Node{}).owning(0, "0.0.0.0/0"),
		passed("an impostor", "10.77.0.1:40000", sim.Node{}).with(func(w *Walk) { w.Packet.Src = at("10.77.0.1:40000") }),
	})
}

func (c stageCase) owning(id sim.NodeID, block string) stageCase {
	c.net.Nodes[id].Owns = owns(block)
	return c
}

// fork is a client with routes to two servers for the same addresses.
func fork(routes ...sim.Route) *sim.Network {
	back := []sim.Route{via("0.0.0.0/0", 0)}
	return &sim.Network{Nodes: []sim.Node{{Routes: routes}, {Owns: owns(serverNet), Routes: back}, {Owns: owns(serverNet), Routes: back}}}
}

func TestRoute(t *testing.T) {
	type change = func(*sim.Route)
	r := func(dst string, next sim.NodeID, changes ...change) sim.Route {
		x := via(dst, next)
		for _, c := range changes {
			c(&x)
		}
		return x
	}
	src := func(s string) change { return func(x *sim.Route) { x.Src = pfx(s) } }
	rank := func(n int) change { return func(x *sim.Route) { x.Rank = n } }
	label := func(l sim.Label) change { return func(x *sim.Route) { x.Label = l } }
	pinned := func(x *sim.Route) { x.Pinned = true }
	yielding := func(x *sim.Route) { x.Yielding = true }
	opening := func(x *sim.Route) { x.Opening = true }
	tests := []struct {
		name   string
		routes []sim.Route
		at     sim.NodeID
	}{
		{"longest destination", []sim.Route{r("0.0.0.0/0", 1), r("10.1.4.0/24", 2), r("10.1.0.0/16", 1)}, 2},
		{"destination before source", []sim.Route{r("10.1.0.0/16", 1, src("100.64.0.10/32")), r("10.1.4.0/24", 2)}, 2},
		{"longest source", []sim.Route{r("10.1.0.0/16", 1), r("10.1.0.0/16", 2, src("100.64.0.0/24")), r("10.1.0.0/16", 1, src("100.64.0.0/16"))}, 2},
		{"other source", []sim.Route{r("10.1.4.0/24", 1, src("100.65.0.0/16")), r("0.0.0.0/0", 2)}, 2},
		{"source before label", []sim.Route{r("10.1.0.0/16", 1, label(3)), r("10.1.0.0/16", 2, src("100.64.0.0/16"))}, 2},
		{"label before none", []sim.Route{r("10.1.0.0/16", 1, rank(-5)), r("10.1.0.0/16", 2, label(3), rank(5))}, 2},
		{"other label", []sim.Route{r("10.1.4.0/24", 1, label(4)), r("10.1.0.0/16", 2)}, 2},
		{"lowest rank", []sim.Route{r("10.1.0.0/16", 1, rank(2)), r("10.1.0.0/16", 2, rank(1))}, 2},
		{"first listed", []sim.Route{r("10.1.0.0/16", 2), r("10.1.0.0/16", 1)}, 2},
		{"first listed of those with a source", []sim.Route{r("10.1.0.0/16", 2, src("100.64.0.0/16")), r("10.1.0.0/16", 1, src("100.64.0.0/16"))}, 2},
		{"pinned beats longer yielding", []sim.Route{r("10.1.0.0/16", 2, pinned), r("10.1.4.0/24", 1, yielding)}, 2},
		{"longer route that does not yield", []sim.Route{r("10.1.0.0/16", 1, pinned), r("10.1.4.0/24", 2)}, 2},
		{"pinned elsewhere", []sim.Route{r("10.2.0.0/16", 1, pinned), r("10.1.4.0/24", 2, yielding)}, 2},
		{"yielding gives way to a third", []sim.Route{r("10.0.0.0/8", 1, pinned), r("10.1.4.0/24", 1, yielding), r("10.1.0.0/16", 2)}, 2},
		{"yielding alone", []sim.Route{r("10.1.0.0/16", 2, yielding)}, 2},
		{"pinned for another source", []sim.Route{r("10.1.0.0/16", 1, pinned, src("10.9.0.0/16")), r("10.1.4.0/24", 1, yielding), r("10.0.0.0/8", 2)}, 2},
		{"opening, for a packet that opens", []sim.Route{r("10.1.0.0/16", 1), r("10.1.0.0/16", 2, opening, rank(-1))}, 2},
		{"none", []sim.Route{r("10.2.0.0/16", 1)}, sim.None},
		{"dropped", []sim.Route{r("10.1.0.0/16", 1), {Dst: pfx("10.1.4.0/24")}}, sim.None},
		{"a tunnel", []sim.Route{{Dst: pfx(serverNet), Next: to(2), Tunnel: true}}, 2},
	}
	needLab(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, _, err := compare(fork(tt.routes...), Walk{Packet: query(sim.TCP)})
			if err != nil {
				t.Fatal(err)
			}
			if len(c.wrong) > 0 || c.kernel.At != tt.at || c.kernel.Replied != (tt.at != sim.None) {
				t.Errorf("arrived at %d, want %d", c.kernel.At, tt.at)
				c.report(t)
			}
		})
	}
}

func TestEgressAndTranslation(t *testing.T) {
	out := func(f *sim.Filter) sim.Node { return sim.Node{Egress: f} }
	nat := func(list ...sim.NAT) sim.Node { return sim.Node{NAT: list} }
	one := ips("10.20.80.5")
	three := ips("10.20.80.5", "10.20.80.6", "10.20.80.7")
	filtered := natNode("10.20.80.5")
	filtered.Egress = stateful(allow(sim.Match{Src: pfx("100.64.0.0/16")}))
	runStages(t, []stageCase{
		passed("a rule lets it out", me, out(stateful(allow(portsOf(sim.TCP, 1521, 1521))))),
		lost("no rule lets it out", sim.CodeEgressDenied, out(only())),
		passed("a stateless filter keeps the answer in", me, out(only(allow(portsOf(sim.TCP, 1521, 1521))))).unanswered(),
		passed("the filter sees the source before its translation", "10.20.80.5", filtered),
		passed("a pool of one port", "10.20.80.5:2024", nat(sim.NAT{To: one, PortFrom: 2024, PortTo: 2024})),
		passed("the port kept", "10.20.80.5:40000", nat(sim.NAT{To: one})),
		passed("the port kept, UDP", "10.20.80.5:40000", nat(sim.NAT{To: one})).as(sim.UDP),
		passed("an echo", "10.20.80.5", nat(sim.NAT{To: one, PortFrom: 1024, PortTo: 65535})).as(sim.ICMP),
		passed("the second of three", "10.20.80.6", nat(sim.NAT{To: three})).with(func(w *Walk) { w.Choice = 4 }),
		passed("the first that matches", "10.20.80.6", nat(sim.NAT{Match: sim.Match{Protocol: sim.UDP}, To: one}, sim.NAT{To: three[1:]}, sim.NAT{To: one})),
		passed("left as it is", me, nat(sim.NAT{Match: sim.Match{Dst: pfx("10.1.4.0/24")}}, sim.NAT{To: one})),
		passed("for its label", "10.20.80.5", nat(sim.NAT{Match: sim.Match{Label: 3}, To: one})),
		passed("for another label", me, nat(sim.NAT{Match: sim.Match{Label: 4}, To: one})),
		lost("no address to give", sim.CodeNoTranslation, nat(sim.NAT{To: []netip.Addr{{}}})),
		lost("addresses lost", sim.CodeNoTranslation, nat(sim.NAT{To: one})).with(func(w *Walk) { w.Fault.Bare = to(1) }),
		passed("of its own packets", "10.20.80.5", sim.Node{}).translating(0, "10.20.80.5"),
	})
}

func (c stageCase) translating(id sim.NodeID, addr string) stageCase {
	c.net.Nodes[id].NAT = []sim.NAT{{To: ips(addr)}}
	c.net.Nodes[id].Owns = append(c.net.Nodes[id].Owns, netip.PrefixFrom(ip(addr), 32))
	return c
}

// TestWaysOut: ranked, spread and withdrawn routes, and the way of packets that
// open a flow beside that of answers.
func TestWaysOut(t *testing.T) {
	ranked := func() *sim.Network {
		return fork(via(serverNet, 1), sim.Route{Dst: pfx(serverNet), Rank: 1, Next: to(2)})
	}
	spread := func() *sim.Network { return fork(via(serverNet, 1, 2)) }
	withFault := func(down, gone []sim.NodeID, choice int) func(*Walk) {
		return func(w *Walk) { w.Fault.Down, w.Fault.Gone, w.Choice = down, gone, choice }
	}
	runStages(t, []stageCase{
		{name: "ranked, the first down", net: ranked(), change: withFault(to(1), nil, 0), code: sim.CodeNodeDown},
		{name: "ranked, the first gone", net: ranked(), change: withFault(nil, to(1), 0), code: sim.CodeDelivered, answered: true},
		{name: "ranked, both gone", net: ranked(), change: withFault(nil, to(1, 2), 0), code: sim.CodeNoRoute},
		{name: "spread, the first", net: spread(), change: withFault(to(2), nil, 0), code: sim.CodeDelivered, answered: true},
		{name: "spread, the second", net: spread(), change: withFault(to(1), nil, 1), code: sim.CodeDelivered, answered: true},
		{name: "spread, the second is down", net: spread(), change: withFault(to(2), nil, 1), code: sim.CodeNodeDown},
		{name: "spread, the second is gone", net: spread(), change: withFault(nil, to(2), 1), code: sim.CodeDelivered, answered: true},
		{name: "opened inside", net: twoExits(), code: sim.CodeDelivered, seen: "10.20.80.5", answered: true},
		{name: "opened outside", net: twoExits(), code: sim.CodeDelivered, seen: "10.20.80.5", answered: true, change: func(w *Walk) {
			w.Start, w.Packet.Src, w.Packet.Dst = 4, at(serverAddr+":50000"), at(clientAddr+":443")
		}},
	})
}

// twoExits is a pod (0), its node (1), the exit of what pods open (2), the exit
// of answers (3), a server (4).
func twoExits() *sim.Network {
	return &sim.Network{Nodes: []sim.Node{
		{Name: "pod", Owns: owns(clientAddr + "/32"), Routes: []sim.Route{via("0.0.0.0/0", 1)}},
		{Name: "node", Routes: []sim.Route{
			via(clientAddr+"/32", 0), via("0.0.0.0/0", 3),
			{Dst: pfx("0.0.0.0/0"), Opening: true, Rank: -1, Next: to(2)},
		}, NAT: []sim.NAT{{To: ips("10.20.80.5")}}},
		{Name: "marked", Routes: []sim.Route{via("0.0.0.0/0", 4), via("10.20.80.5/32", 1)}},
		{Name: "own", Routes: []sim.Route{via("0.0.0.0/0", 4), via("100.64.0.0/16", 1)}},
		{Name: "server", Owns: owns(serverNet), Routes: []sim.Route{via("100.64.0.0/16", 3), via("10.20.80.5/32", 2)}},
	}}
}
