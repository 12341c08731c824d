package sim

import (
	"net/netip"
	"testing"
)

// TestStages puts one node between a client and a server and looks at what
// becomes of one packet: tcp 100.64.0.10:40000 > 10.1.4.1:1521.
func TestStages(t *testing.T) {
	const mark = 7
	own := ips("10.20.80.5")
	tests := []struct {
		name    string
		node    Node
		verdict Verdict
		code    Code
		ref     Ref
		src     string // of the packet where the walk ended
	}{
		{"nothing in the way", Node{}, Delivered, CodeDelivered, 0, "100.64.0.10:40000"},
		{"small enough", Node{MTU: 1500}, Delivered, CodeDelivered, 0, "100.64.0.10:40000"},
		{"too big", Node{MTU: 1446, Ref: mark}, Dropped, CodeTooBig, mark, "100.64.0.10:40000"},
		{"destination translated, source kept", Node{Owns: owns("10.1.4.1/32"), Proxy: &Proxy{Forwards: []Forward{{To: []netip.AddrPort{netip.MustParseAddrPort("10.1.9.9:443")}}}}}, Delivered, CodeDelivered, 0, "100.64.0.10:40000"},
		{"carries only udp", Node{Carries: []Protocol{UDP}, Ref: mark}, Dropped, CodeProtocol, mark, "100.64.0.10:40000"},
		{"carries tcp", Node{Carries: []Protocol{UDP, TCP}}, Delivered, CodeDelivered, 0, "100.64.0.10:40000"},
		{"ingress rule allows", Node{Ingress: only(allow(ports(1521, 1521)))}, Delivered, CodeDelivered, 0, "100.64.0.10:40000"},
		{"ingress has no rule", Node{Ingress: &Filter{Ref: mark}}, Dropped, CodeIngressDenied, mark, "100.64.0.10:40000"},
		{"ingress denies first", Node{Ingress: only(Rule{Match: ports(1500, 1600), Ref: mark}, allow(Match{}))}, Dropped, CodeIngressDenied, mark, "100.64.0.10:40000"},
		{"ingress allows first", Node{Ingress: only(allow(Match{}), Rule{Match: ports(1500, 1600)})}, Delivered, CodeDelivered, 0, "100.64.0.10:40000"},
		{"port just outside", Node{Ingress: only(allow(ports(1522, 65535)), allow(ports(1, 1520)))}, Dropped, CodeIngressDenied, 0, "100.64.0.10:40000"},
		{"other protocol", Node{Ingress: only(allow(Match{Protocol: UDP}))}, Dropped, CodeIngressDenied, 0, "100.64.0.10:40000"},
		{"other label", Node{Ingress: only(allow(Match{Label: 4}))}, Dropped, CodeIngressDenied, 0, "100.64.0.10:40000"},
		{"its label", Node{Ingress: only(allow(Match{Label: 3}))}, Delivered, CodeDelivered, 0, "100.64.0.10:40000"},
		{"egress has no rule", Node{Egress: &Filter{Ref: mark}}, Dropped, CodeEgressDenied, mark, "100.64.0.10:40000"},
		{"owner in the way", Node{Owns: owns("10.1.4.1/32"), Ref: mark}, Delivered, CodeDelivered, mark, "100.64.0.10:40000"},
		{"owner that knows sessions only", Node{Owns: owns("10.1.4.1/32"), SessionOnly: true, Ref: mark}, Dropped, CodeNoSession, mark, "100.64.0.10:40000"},
		{"sessions only, for others", Node{Owns: owns("10.20.80.5/32"), SessionOnly: true}, Delivered, CodeDelivered, 0, "100.64.0.10:40000"},
		{"route without next", Node{Routes: []Route{{Dst: pfx("10.1.4.0/24"), Ref: mark}}}, Dropped, CodeRouteDrop, mark, "100.64.0.10:40000"},
		{"translated", Node{NAT: []NAT{{To: own, PortFrom: 1024, PortTo: 65535}}}, Delivered, CodeDelivered, 0, "10.20.80.5:1024"},
		{"translated, port kept", Node{NAT: []NAT{{To: own}}}, Delivered, CodeDelivered, 0, "10.20.80.5:40000"},
		{"left alone before being translated", Node{NAT: []NAT{{Match: Match{Dst: pfx(serverNet)}}, {To: own}}}, Delivered, CodeDelivered, 0, "100.64.0.10:40000"},
		{"egress sees the source before translation", Node{Egress: only(allow(Match{Src: pfx("100.64.0.0/16")})), NAT: []NAT{{To: own}}}, Delivered, CodeDelivered, 0, "10.20.80.5:40000"},
		{"routes see the source before translation", Node{Routes: []Route{{Dst: pfx(serverNet), Src: pfx("10.20.80.5/32"), Ref: mark}}, NAT: []NAT{{To: own}}}, Delivered, CodeDelivered, 0, "10.20.80.5:40000"},
		{"no address to give", Node{NAT: []NAT{{To: []netip.Addr{{}}, Ref: mark}}}, Dropped, CodeNoTranslation, mark, "100.64.0.10:40000"},
		{"unauthorized", Node{Proxy: &Proxy{Authorize: &Filter{Ref: mark}, Forwards: []Forward{{From: own[0]}}}}, Unauthorized, CodeUnauthorized, mark, "100.64.0.10:40000"},
		{"not captured, so not authorized", Node{Proxy: &Proxy{Authorize: &Filter{}, Forwards: []Forward{{Match: Match{Protocol: UDP}, From: own[0]}}}}, Delivered, CodeDelivered, 0, "100.64.0.10:40000"},
		{"proxied", Node{Proxy: &Proxy{Forwards: []Forward{{From: own[0]}}}}, Delivered, CodeDelivered, 0, "10.20.80.5:40000"},
		{"captured before its owner gets it", Node{Owns: owns("10.1.4.1/32"), Proxy: &Proxy{Forwards: []Forward{{From: own[0], To: []netip.AddrPort{netip.MustParseAddrPort("10.1.9.9:443")}}}}}, Delivered, CodeDelivered, 0, "10.20.80.5:40000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := chain(tt.node)
			if err := Validate(n); err != nil {
				t.Fatal(err)
			}
			p := query()
			p.Label = 3
			w := NewWalker(n)
			w.Size = 1500
			r := w.Forward(0, p, 0)
			if r.Verdict != tt.verdict || r.Code != tt.code || r.Ref != tt.ref || r.Packet.Src.String() != tt.src {
				t.Errorf("got %v %v ref %d from %v, want %v %v ref %d from %v",
					r.Verdict, r.Code, r.Ref, r.Packet.Src, tt.verdict, tt.code, tt.ref, tt.src)
			}
		})
	}
}

// TestNoRoute: a node that has no route for the destination drops, and says so
// by its own mark.
func TestNoRoute(t *testing.T) {
	n := &Network{Nodes: []Node{{Routes: []Route{via("10.1.0.0/16", 1)}}, {Ref: 9}}}
	if r := NewWalker(n).Forward(0, query(), 0); r.Verdict != Dropped || r.Code != CodeNoRoute || r.At != 1 || r.Ref != 9 {
		t.Errorf("got %+v", r)
	}
}

func TestUnreachable(t *testing.T) {
	n := chain()
	broken := func(f Fault) Result {
		w := NewWalker(n)
		w.Fail(Break(n, f))
		return w.Forward(0, query(), 0)
	}
	for name, r := range map[string]Result{
		"start is down":    broken(Fault{Down: to(0)}),
		"start is gone":    broken(Fault{Gone: to(0)}),
		"no start":         NewWalker(n).Forward(None, query(), 0),
		"start out of net": NewWalker(n).Forward(99, query(), 0),
		"IPv6":             NewWalker(n).Forward(1, tcp("[2001:db8::1]:1", "10.1.4.1:1"), 0),
		"no address":       NewWalker(n).Forward(1, Packet{Protocol: TCP}, 0),
		"nothing to reply": NewWalker(n).Reply(),
	} {
		if r.Verdict != Unreachable || r.Code != CodeNoOrigin {
			t.Errorf("%s: got %v %v", name, r.Verdict, r.Code)
		}
	}
	w := NewWalker(n)
	w.Fail(Break(n, Fault{Down: to(0)}))
	if _, hops := w.Trace(0, query(), 0); hops != nil {
		t.Errorf("hops of a walk that never began: %v", hops)
	}
}

// TestStart: a node's own packets meet neither its ingress filter nor its
// limits on what it forwards, and leave it even if it owns the destination.
func TestStart(t *testing.T) {
	n := chain()
	n.Nodes[0].Ingress = &Filter{}
	n.Nodes[0].Carries = []Protocol{UDP}
	n.Nodes[0].Owns = owns("0.0.0.0/0")
	if r := NewWalker(n).Forward(0, query(), 0); r.Verdict != Delivered || r.At != 1 {
		t.Errorf("got %+v", r)
	}
	n.Nodes[0].Egress = &Filter{}
	if r := NewWalker(n).Forward(0, query(), 0); r.Code != CodeEgressDenied {
		t.Errorf("egress: got %v", r.Code)
	}
}

func TestLoop(t *testing.T) {
	n := &Network{Nodes: []Node{{Routes: []Route{via("0.0.0.0/0", 1)}}, {Routes: []Route{via("0.0.0.0/0", 2)}}, {Routes: []Route{via("0.0.0.0/0", 1)}}}}
	w := NewWalker(n)
	r, hops := w.Trace(0, query(), 0)
	// start, 1, 2, and 1 again, which has seen it.
	if r.Verdict != Looped || r.Code != CodeLoop || r.At != 1 || len(hops) != 4 {
		t.Errorf("got %v %v at %d after %d hops", r.Verdict, r.Code, r.At, len(hops))
	}
	if r.Verdict.String() != "dropped" || r.Code.String() != "loop" {
		t.Errorf("reads %s, %s", r.Verdict, r.Code)
	}
}

// TestTwiceIsNoLoop: a router that sees a flow before and after translation
// has two packets, not one.
func TestTwiceIsNoLoop(t *testing.T) {
	n := chain(Node{Name: "router"}, Node{})
	n.Nodes[1].Routes = []Route{{Dst: pfx(serverNet), Src: pfx("100.64.0.0/16"), Next: to(2)}, via(serverNet, 3), via("10.20.80.5/32", 2), via("0.0.0.0/0", 0)}
	n.Nodes[2] = Node{Name: "nat", NAT: []NAT{{To: ips("10.20.80.5")}}, Routes: []Route{via("0.0.0.0/0", 1)}, Owns: owns("10.20.80.5/32"), SessionOnly: true}
	n.Nodes[3].Routes = []Route{via("0.0.0.0/0", 1)}
	w := NewWalker(n)
	if r := w.Forward(0, query(), 0); r.Verdict != Delivered || r.Packet.Src.String() != "10.20.80.5:40000" {
		t.Fatalf("got %v %v", r.Code, r.Packet)
	}
	if r := w.Reply(); r.Verdict != Delivered || r.At != 0 {
		t.Errorf("reply: %v at %d", r.Code, r.At)
	}
}

// TestHopLimit: 64 nodes may be visited, no more.
func TestHopLimit(t *testing.T) {
	for _, length := range []int{62, 63} {
		n := chain(make([]Node, length)...) // and the two ends
		r := NewWalker(n).Forward(0, query(), 0)
		if want := length <= 62; (r.Verdict == Delivered) != want {
			t.Errorf("%d nodes: %v", length+2, r.Code)
		}
	}
}

func TestTunnelAction(t *testing.T) {
	n := chain(Node{Routes: []Route{{Dst: pfx(serverNet), Next: to(2), Tunnel: true}}})
	if _, hops := NewWalker(n).Trace(0, query(), 0); hops[1].Action != ActTunnel {
		t.Errorf("got %v", hops[1].Action)
	}
}

// TestPort: any port of the pool, for filters that refuse some of them.
func TestPort(t *testing.T) {
	n := chain(Node{NAT: []NAT{{To: ips("10.20.80.5"), PortFrom: 1024, PortTo: 65535}}})
	w := NewWalker(n)
	if r := w.Forward(0, query(), 0); r.Packet.Src.Port() != 1024 {
		t.Errorf("low: %v", r.Packet.Src)
	}
	w.Port = 32768
	if r := w.Forward(0, query(), 0); r.Packet.Src.Port() != 32768 {
		t.Errorf("inside: %v", r.Packet.Src)
	}
	w.Port = 80
	if r := w.Forward(0, query(), 0); r.Packet.Src.Port() != 1024 {
		t.Errorf("below: %v", r.Packet.Src)
	}
	w.Port = 65535
	if r := w.Forward(0, query(), 0); r.Packet.Src.Port() != 65535 {
		t.Errorf("high: %v", r.Packet.Src)
	}
	if r := w.Forward(0, packet(ICMP, clientAddr+":0", "10.1.4.1:0"), 0); r.Packet.Src.Port() != 0 {
		t.Errorf("icmp has no ports: %v", r.Packet.Src)
	}
}

// TestLabels: a label stays with its packet, ends at a proxy unless that keeps
// it, and is not on replies.
func TestLabels(t *testing.T) {
	for _, keep := range []bool{false, true} {
		n := chain(Node{NAT: []NAT{{To: ips("10.20.80.5")}}}, Node{Proxy: &Proxy{Forwards: []Forward{{From: ip("10.20.80.9"), KeepLabel: keep}}}})
		p := query()
		p.Label = 5
		w := NewWalker(n)
		r, hops := w.Trace(0, p, 0)
		if hops[1].After.Label != 5 || (r.Packet.Label == 5) != keep {
			t.Errorf("keep %v: label %d before and %d after the proxy", keep, hops[1].After.Label, r.Packet.Label)
		}
		if r := w.Reply(); r.Verdict != Delivered || r.Packet.Label != 0 {
			t.Errorf("keep %v: reply %v with label %d", keep, r.Code, r.Packet.Label)
		}
	}
}

// TestSources: all addresses of the last translation; a proxy has one.
func TestSources(t *testing.T) {
	pool := Node{NAT: []NAT{{To: ips("10.20.80.5", "10.20.80.6", "10.20.80.7")}}}
	pair := Node{NAT: []NAT{{To: ips("10.20.90.5", "10.20.90.6")}}}
	leave := Node{NAT: []NAT{{}}}
	proxy := Node{Proxy: &Proxy{Forwards: []Forward{{From: ip("10.20.99.1")}}}}
	tests := []struct {
		name  string
		nodes []Node
		want  int
	}{
		{"none", []Node{{}}, 0},
		{"one translation", []Node{pool}, 3},
		{"the last counts", []Node{pool, pair}, 2},
		{"leaving it is no translation", []Node{pair, leave}, 2},
		{"proxy after", []Node{pool, proxy}, 0},
		{"proxy before", []Node{proxy, pool}, 3},
	}
	for _, tt := range tests {
		r := NewWalker(chain(tt.nodes...)).Forward(0, query(), 4)
		if r.Verdict != Delivered || len(r.Sources) != tt.want {
			t.Errorf("%s: %v with %v", tt.name, r.Code, r.Sources)
		}
	}
	// choice 4 of three addresses: 4 mod 3 = 1, the second.
	if r := NewWalker(chain(pool)).Forward(0, query(), 4); r.Packet.Src.Addr() != ip("10.20.80.6") {
		t.Errorf("choice 4 of 3 is %v", r.Packet.Src)
	}
}

// TestHopRefs: a hop names the route, the translation and the capture behind
// it, also a translation that says to leave the packet as it is.
func TestHopRefs(t *testing.T) {
	n := chain(
		Node{Routes: []Route{{Dst: pfx("10.1.4.0/24"), Next: to(2), Ref: 1}}, NAT: []NAT{{Match: Match{Protocol: UDP}, Ref: 2}, {Ref: 3}}},
		Node{Proxy: &Proxy{Forwards: []Forward{{From: ip("10.1.200.1"), Ref: 4}}}, NAT: []NAT{{To: ips("10.20.80.5"), Ref: 5}}, Routes: []Route{{Dst: pfx("10.1.4.0/24"), Next: to(3), Ref: 6}}},
	)
	n.Nodes[3].Ref = 7
	_, hops := NewWalker(n).Trace(0, query(), 0)
	type refs struct{ route, nat, proxy Ref }
	for i, want := range []refs{{}, {1, 3, 0}, {6, 5, 4}, {7, 0, 0}} {
		if got := (refs{hops[i].Ref, hops[i].NATRef, hops[i].ProxyRef}); got != want {
			t.Errorf("hop %d: %+v, want %+v", i, got, want)
		}
	}
	if hops[1].Action != ActForward || hops[2].Action != ActProxy {
		t.Errorf("actions %v, %v", hops[1].Action, hops[2].Action)
	}
}

// TestProxyOfOtherAddresses: what Validate refuses is dropped, not a panic.
func TestProxyOfOtherAddresses(t *testing.T) {
	for _, f := range []Forward{{Ref: 7, From: ip("2001:db8::1")}, {Ref: 7, From: ip("10.20.99.1"), To: []netip.AddrPort{{}}}} {
		r := NewWalker(chain(Node{Proxy: &Proxy{Forwards: []Forward{f}}})).Forward(0, query(), 0)
		if r.Verdict != Dropped || r.Code != CodeNoTranslation || r.Ref != 7 {
			t.Errorf("got %+v", r)
		}
	}
}
