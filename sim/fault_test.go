package sim

import (
	"net/netip"
	"testing"
)

// TestFaults breaks one of two ways between a client (0) and a server (3). What
// is down still draws packets, what is gone does not.
func TestFaults(t *testing.T) {
	two := func(r ...Route) *Network {
		return &Network{Nodes: []Node{{Owns: owns(clientAddr + "/32"), Routes: r}, {Routes: []Route{via(serverNet, 3), via("0.0.0.0/0", 0)}},
			{Routes: []Route{via(serverNet, 3), via("0.0.0.0/0", 0)}}, {Owns: owns(serverNet), Routes: []Route{via("0.0.0.0/0", 1, 2)}}}}
	}
	ranked := two(via(serverNet, 1), Route{Dst: pfx(serverNet), Rank: 1, Next: to(2)})
	spread := two(via(serverNet, 1, 2))
	tests := []struct {
		name  string
		net   *Network
		fault Fault
		code  [2]Code // by choice
		by    [2]NodeID
	}{
		{"healthy, ranked", ranked, Fault{}, [2]Code{CodeDelivered, CodeDelivered}, [2]NodeID{1, 1}},
		{"healthy, spread", spread, Fault{}, [2]Code{CodeDelivered, CodeDelivered}, [2]NodeID{1, 2}},
		{"first down, ranked", ranked, Fault{Down: to(1)}, [2]Code{CodeNodeDown, CodeNodeDown}, [2]NodeID{1, 1}},
		{"first down, spread", spread, Fault{Down: to(1)}, [2]Code{CodeNodeDown, CodeDelivered}, [2]NodeID{1, 2}},
		{"first gone, ranked", ranked, Fault{Gone: to(1)}, [2]Code{CodeDelivered, CodeDelivered}, [2]NodeID{2, 2}},
		{"first gone, spread", spread, Fault{Gone: to(1)}, [2]Code{CodeDelivered, CodeDelivered}, [2]NodeID{2, 2}},
		{"both gone, ranked", ranked, Fault{Gone: to(1, 2)}, [2]Code{CodeNoRoute, CodeNoRoute}, [2]NodeID{0, 0}},
		{"both gone, spread", spread, Fault{Gone: to(1, 2)}, [2]Code{CodeNoRoute, CodeNoRoute}, [2]NodeID{0, 0}},
		{"down and gone is gone", ranked, Fault{Down: to(1), Gone: to(1)}, [2]Code{CodeDelivered, CodeDelivered}, [2]NodeID{2, 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := NewWalker(tt.net)
			w.Fail(Break(tt.net, tt.fault))
			for choice := range 2 {
				r, hops := w.Trace(0, query(), choice)
				by := NodeID(0)
				if len(hops) > 1 {
					by = hops[1].Node
				}
				if r.Code != tt.code[choice] || by != tt.by[choice] {
					t.Errorf("choice %d: %v by %d, want %v by %d", choice, r.Code, by, tt.code[choice], tt.by[choice])
				}
				if r.Verdict == Delivered && w.Reply().Verdict != Delivered {
					t.Errorf("choice %d: no reply", choice)
				}
			}
			w.Fail(nil)
			if r := w.Forward(0, query(), 0); r.Verdict != Delivered {
				t.Errorf("mended: %v", r.Code)
			}
		})
	}
}

// TestBare: a node without addresses to translate to drops what it would
// translate, and passes the rest.
func TestBare(t *testing.T) {
	n := chain(Node{NAT: []NAT{{Match: Match{Dst: pfx("10.1.9.0/24")}}, {To: ips("10.20.80.5"), Ref: 7}}})
	w := NewWalker(n)
	w.Fail(Break(n, Fault{Bare: to(1)}))
	if r := w.Forward(0, query(), 0); r.Code != CodeNoTranslation || r.Ref != 7 || r.At != 1 {
		t.Errorf("translated: %+v", r)
	}
	if r := w.Forward(0, tcp(clientAddr+":1", "10.1.9.9:1"), 0); r.Verdict != Delivered {
		t.Errorf("left alone: %v", r.Code)
	}
	w.Fail(Break(n, Fault{Bare: to(1), Down: to(1)}))
	if r := w.Forward(0, query(), 0); r.Code != CodeNodeDown {
		t.Errorf("down as well: %v", r.Code)
	}
}

// TestWithdrawnLeavesTheNextBest: a withdrawn specific route falls back to a
// wider one, as in any routing table.
func TestWithdrawnLeavesTheNextBest(t *testing.T) {
	n := &Network{Nodes: []Node{{Routes: []Route{via("10.1.4.0/24", 1), via("0.0.0.0/0", 2)}}, {Owns: owns(serverNet)}, {Owns: owns(serverNet)}}}
	w := NewWalker(n)
	w.Fail(Break(n, Fault{Gone: to(1)}))
	if r := w.Forward(0, query(), 0); r.Verdict != Delivered || r.At != 2 {
		t.Errorf("%v at %d", r.Code, r.At)
	}
}

// TestUpstreams: a proxy that watches whom it connects to leaves out the gone,
// one that does not keeps asking.
func TestUpstreams(t *testing.T) {
	at := func(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }
	proxy := func(watched ...NodeID) *Network {
		return &Network{Nodes: []Node{
			{Owns: owns(clientAddr + "/32"), Routes: []Route{via("0.0.0.0/0", 1)}},
			{Proxy: &Proxy{Forwards: []Forward{{Match: Match{Dst: pfx(serverNet)}, From: ip("10.20.0.9"), To: []netip.AddrPort{at("10.2.0.1:80"), at("10.2.0.2:80")}, Via: watched}}},
				Routes: []Route{via("10.2.0.1/32", 2), via("10.2.0.2/32", 3), via("0.0.0.0/0", 0)}},
			{Owns: owns("10.2.0.1/32"), Routes: []Route{via("0.0.0.0/0", 1)}}, {Owns: owns("10.2.0.2/32"), Routes: []Route{via("0.0.0.0/0", 1)}}}}
	}
	tests := []struct {
		name  string
		net   *Network
		fault Fault
		code  Code
		at    NodeID
	}{
		{"healthy", proxy(2, 3), Fault{}, CodeDelivered, 2},
		{"the first is gone", proxy(2, 3), Fault{Gone: to(2)}, CodeDelivered, 3},
		{"the first is down", proxy(2, 3), Fault{Down: to(2)}, CodeNodeDown, 2},
		{"none left", proxy(2, 3), Fault{Gone: to(2, 3)}, CodeNoUpstream, 1},
		{"not watched", proxy(), Fault{Down: to(2)}, CodeNodeDown, 2},
	}
	for _, tt := range tests {
		w := NewWalker(tt.net)
		w.Fail(Break(tt.net, tt.fault))
		if r := w.Forward(0, query(), 0); r.Code != tt.code || r.At != tt.at {
			t.Errorf("%s: %v at %d, want %v at %d", tt.name, r.Code, r.At, tt.code, tt.at)
		}
	}
}

// TestSmallestMTU: a walk tells the narrowest node it passed, each direction
// for itself.
func TestSmallestMTU(t *testing.T) {
	n := chain(Node{MTU: 8500}, Node{MTU: 1446}, Node{MTU: 9001})
	w := NewWalker(n)
	if r := w.Forward(0, query(), 0); r.MTU != 1446 {
		t.Errorf("there: %d", r.MTU)
	}
	n.Nodes[4].Routes = []Route{via("0.0.0.0/0", 1)}
	w = NewWalker(n)
	w.Forward(0, query(), 0)
	if r := w.Reply(); r.MTU != 8500 {
		t.Errorf("back, by another way: %d", r.MTU)
	}
}
