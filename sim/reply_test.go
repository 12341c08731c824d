package sim

import (
	"net/netip"
	"testing"
)

// natNode translates to one address that it answers for by sessions only.
func natNode(addr string) Node {
	return Node{Name: "nat " + addr, Owns: owns(addr + "/32"), SessionOnly: true,
		NAT: []NAT{{To: ips(addr), PortFrom: 1024, PortTo: 65535}}}
}

// TestReplyThroughTranslations: each translator gets the packet it sent back
// and gives the destination that it had hidden.
func TestReplyThroughTranslations(t *testing.T) {
	n := chain(natNode("10.20.64.4"), Node{Name: "router"}, natNode("10.20.80.5"))
	w := NewWalker(n)
	_, out := w.Trace(0, query(), 0)
	want := `client forward 100.64.0.10:40000 > 10.1.4.1:1521
nat 10.20.64.4 snat 10.20.64.4:1024 > 10.1.4.1:1521
router forward 10.20.64.4:1024 > 10.1.4.1:1521
nat 10.20.80.5 snat 10.20.80.5:1024 > 10.1.4.1:1521
server deliver 10.20.80.5:1024 > 10.1.4.1:1521
`
	if got := story(n, out); got != want {
		t.Errorf("there:\n%s", got)
	}
	_, in := w.TraceReply()
	want = `server forward 10.1.4.1:1521 > 10.20.80.5:1024
nat 10.20.80.5 snat 10.1.4.1:1521 > 10.20.64.4:1024
router forward 10.1.4.1:1521 > 10.20.64.4:1024
nat 10.20.64.4 snat 10.1.4.1:1521 > 100.64.0.10:40000
client deliver 10.1.4.1:1521 > 100.64.0.10:40000
`
	if got := story(n, in); got != want {
		t.Errorf("back:\n%s", got)
	}
}

// TestReplyThroughProxies: client, a proxy with the client's own address, a
// gateway proxy, a server. Three connections; each reply ends where its
// connection began.
func TestReplyThroughProxies(t *testing.T) {
	gateway := netip.MustParseAddrPort("10.1.200.1:15443")
	server := netip.MustParseAddrPort("10.1.4.1:1521")
	n := chain(
		Node{Name: "sidecar", Owns: owns(clientAddr + "/32"), Proxy: &Proxy{Forwards: []Forward{
			{Match: Match{Protocol: TCP}, From: ip(clientAddr), To: []netip.AddrPort{gateway}, KeepLabel: true}}}},
		Node{Name: "gateway", Owns: owns("10.1.200.1/32"), Proxy: &Proxy{
			Authorize: only(allow(Match{Label: 3})),
			Forwards:  []Forward{{Match: Match{Dst: pfx("10.1.200.1/32")}, From: gateway.Addr(), To: []netip.AddrPort{server}}}}},
	)
	// The gateway's address is on the way to the server, and behind it for answers.
	n.Nodes[3].Routes = append(n.Nodes[3].Routes, via("10.1.200.1/32", 2))
	n.Nodes[3].Owns = owns("10.1.4.0/24")
	w := NewWalker(n)
	p := query()
	p.Label = 3
	r, out := w.Trace(0, p, 0)
	if want := `client forward 100.64.0.10:40000 > 10.1.4.1:1521
sidecar proxy 100.64.0.10:40000 > 10.1.200.1:15443
gateway proxy 10.1.200.1:40000 > 10.1.4.1:1521
server deliver 10.1.200.1:40000 > 10.1.4.1:1521
`; r.Verdict != Delivered || story(n, out) != want {
		t.Errorf("there:\n%s", story(n, out))
	}
	r, in := w.TraceReply()
	if want := `server forward 10.1.4.1:1521 > 10.1.200.1:40000
gateway proxy 10.1.200.1:15443 > 100.64.0.10:40000
sidecar proxy 10.1.4.1:1521 > 100.64.0.10:40000
client deliver 10.1.4.1:1521 > 100.64.0.10:40000
`; r.Verdict != Delivered || story(n, in) != want {
		t.Errorf("back:\n%s", story(n, in))
	}
	if r := w.Forward(0, query(), 0); r.Verdict != Unauthorized || r.At != 2 {
		t.Errorf("without label: %v at %d", r.Verdict, r.At)
	}
	if r := w.Forward(0, packet(UDP, clientAddr+":40000", "10.1.4.1:514"), 0); r.Verdict != Delivered || r.Packet.Src.Addr() != ip(clientAddr) {
		t.Errorf("udp is not captured: %v %v", r.Code, r.Packet)
	}
}

// TestFiltersOnReplies: the flow is 100.64.0.10:40000 > 10.1.4.1:1521, or from
// port 1024 or 65535 where it is translated before the filter. A stateless
// filter sees the reply to that port.
func TestFiltersOnReplies(t *testing.T) {
	nat := NAT{To: ips("10.20.80.5"), PortFrom: 1024, PortTo: 65535}
	linux := ports(32768, 60999) // what Linux takes for its own connections
	all := ports(1024, 65535)
	forward := allow(ports(1521, 1521))
	tests := []struct {
		name    string
		nat     []NAT
		high    bool
		ingress *Filter
		egress  *Filter
		code    Code
	}{
		{"stateful needs no rule for replies", nil, false, stateful(forward), stateful(forward), CodeDelivered},
		{"stateful behind a translation", []NAT{nat}, false, stateful(forward), stateful(forward), CodeDelivered},
		{"stateless without rule", nil, false, only(forward), nil, CodeIngressDenied},
		{"stateless egress without rule", nil, false, nil, only(forward), CodeEgressDenied},
		{"stateless for the client's ports", nil, false, only(forward, allow(linux)), nil, CodeDelivered},
		{"a translator uses lower ports", []NAT{nat}, false, only(forward, allow(linux)), nil, CodeIngressDenied},
		{"and higher ones", []NAT{nat}, true, only(forward, allow(linux)), nil, CodeIngressDenied},
		{"open for all it may use, low", []NAT{nat}, false, only(forward, allow(all)), nil, CodeDelivered},
		{"open for all it may use, high", []NAT{nat}, true, only(forward, allow(all)), nil, CodeDelivered},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := chain(Node{Name: "nat", NAT: tt.nat}, Node{Name: "filter", Ingress: tt.ingress, Egress: tt.egress})
			w := NewWalker(n)
			if tt.high {
				w.Port = 65535
			}
			if r := w.Forward(0, query(), 0); r.Verdict != Delivered {
				t.Fatalf("there: %v at %d", r.Code, r.At)
			}
			if r := w.Reply(); r.Code != tt.code {
				t.Errorf("back: %v, want %v", r.Code, tt.code)
			}
		})
	}
}

// TestStatePerNode: a stateful filter on the way back that has not seen the
// flow judges the reply like a stranger, and so does a translator.
func TestStatePerNode(t *testing.T) {
	other := func(detour Node) Result {
		n := chain(Node{Ingress: stateful(allow(ports(1521, 1521)))})
		detour.Routes = []Route{via("0.0.0.0/0", 1)}
		n.Nodes = append(n.Nodes, detour)
		n.Nodes[2].Routes = []Route{via("0.0.0.0/0", 3)}
		w := NewWalker(n)
		w.Forward(0, query(), 0)
		return w.Reply()
	}
	if r := other(Node{}); r.Verdict != Delivered {
		t.Errorf("detour without filter: %v", r.Code)
	}
	if r := other(Node{Ingress: stateful(allow(ports(1521, 1521)))}); r.Code != CodeIngressDenied || r.At != 3 {
		t.Errorf("detour through another firewall: %v at %d", r.Code, r.At)
	}
	// Node 1 no longer knows the reply, whose source has changed: it decides by
	// its rules, which have none for port 40000.
	if r := other(natNode("10.9.9.9")); r.Code != CodeIngressDenied || r.At != 1 {
		t.Errorf("detour through a translator: %v at %d", r.Code, r.At)
	}
}

func TestLostReplies(t *testing.T) {
	tests := []struct {
		name   string
		change func(n *Network)
		code   Code
		at     NodeID
	}{
		{"no route at the server", func(n *Network) { n.Nodes[2].Routes = []Route{via("10.99.0.0/16", 1)} }, CodeNoRoute, 2},
		{"the way back is narrow", func(n *Network) {
			n.Nodes = append(n.Nodes, Node{MTU: 1400})
			n.Nodes[2].Routes = []Route{via("0.0.0.0/0", 3)}
		}, CodeTooBig, 3},
		{"somebody else has the address", func(n *Network) {
			n.Nodes = append(n.Nodes, Node{Owns: owns("10.20.80.0/24")})
			n.Nodes[2].Routes = []Route{via("0.0.0.0/0", 3)}
		}, CodeNoSession, 3},
		{"it goes round", func(n *Network) {
			n.Nodes = append(n.Nodes, Node{Routes: []Route{via("0.0.0.0/0", 4)}}, Node{Routes: []Route{via("0.0.0.0/0", 3)}})
			n.Nodes[2].Routes = []Route{via("0.0.0.0/0", 3)}
		}, CodeLoop, 3},
		{"the translator has no route to its client", func(n *Network) { n.Nodes[1].Routes = []Route{via(serverNet, 2)} }, CodeNoRoute, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := chain(natNode("10.20.80.5"))
			tt.change(n)
			w := NewWalker(n)
			w.Size = 1500
			if r := w.Forward(0, query(), 0); r.Verdict != Delivered {
				t.Fatalf("there: %v", r.Code)
			}
			if r := w.Reply(); r.Code != tt.code || r.At != tt.at || r.Verdict == Delivered {
				t.Errorf("got %v at %d, want %v at %d", r.Code, r.At, tt.code, tt.at)
			}
		})
	}
}

// TestOwnTranslation: a host that translates its own packets gets its own
// replies back, with the port it had used.
func TestOwnTranslation(t *testing.T) {
	n := chain()
	n.Nodes[0].NAT = []NAT{{To: ips(clientAddr), PortFrom: 1024, PortTo: 65535}}
	w := NewWalker(n)
	if r := w.Forward(0, query(), 0); r.Packet.Src.String() != clientAddr+":1024" {
		t.Fatalf("there: %v", r.Packet)
	}
	if r := w.Reply(); r.Verdict != Delivered || r.Packet.Dst.String() != clientAddr+":40000" {
		t.Errorf("back: %v %v", r.Code, r.Packet)
	}
}

// TestReplyAfterFailure: no answer to what was not delivered, also after a walk
// that was.
func TestReplyAfterFailure(t *testing.T) {
	w := NewWalker(chain())
	w.Forward(0, query(), 0)
	w.Forward(0, tcp(clientAddr+":40000", "192.0.2.1:80"), 0)
	if r, hops := w.TraceReply(); r.Verdict != Unreachable || hops != nil {
		t.Errorf("got %v", r.Verdict)
	}
}
