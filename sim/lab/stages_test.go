//go:build linux

package lab

import (
	"net/netip"
	"strings"
	"testing"

	"egressplan/sim"
)

// stageCase is a network of which both kernel and walker say the same: where the
// packet ends and why, which source was seen there ("10.0.0.1:1234", without
// port if that does not matter), and whether its answer came back.
type stageCase struct {
	name     string
	net      *sim.Network
	change   func(*Walk)
	protocol sim.Protocol // TCP if Any
	code     sim.Code
	seen     string
	answered bool
}

func runStages(t *testing.T, cases []stageCase) {
	needLab(t)
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.protocol == sim.Any {
				tt.protocol = sim.TCP
			}
			w := Walk{Packet: query(tt.protocol)}
			if tt.protocol == sim.ICMP {
				w.Packet.Src, w.Packet.Dst = netip.AddrPortFrom(w.Packet.Src.Addr(), 0), netip.AddrPortFrom(w.Packet.Dst.Addr(), 0)
			}
			if tt.change != nil {
				tt.change(&w)
			}
			c, explanation, err := compare(tt.net, w)
			if err != nil {
				t.Fatal(err)
			}
			if explanation != "" || len(c.wrong) > 0 {
				c.report(t)
			}
			if c.there.Code != tt.code {
				t.Errorf("the walker ends with %v at %d, want %v", c.there.Code, c.there.At, tt.code)
			}
			if (c.kernel.Verdict == sim.Delivered) != (tt.code == sim.CodeDelivered) || c.kernel.Replied != tt.answered {
				t.Errorf("the kernel has %v, answered %v; want %v, answered %v", c.kernel.Verdict, c.kernel.Replied, tt.code, tt.answered)
			}
			if tt.seen != "" && c.kernel.Packet.Src.String() != tt.seen && !strings.HasPrefix(c.kernel.Packet.Src.String(), tt.seen+":") {
				t.Errorf("the receiver sees %v, want %v", c.kernel.Packet.Src, tt.seen)
			}
		})
	}
}

// passed and lost are the two ends that most cases have.
func passed(name string, seen string, nodes ...sim.Node) stageCase {
	return stageCase{name: name, net: chain(nodes...), code: sim.CodeDelivered, seen: seen, answered: true}
}

func lost(name string, code sim.Code, nodes ...sim.Node) stageCase {
	return stageCase{name: name, net: chain(nodes...), code: code}
}

func (c stageCase) as(p sim.Protocol) stageCase { c.protocol = p; return c }

func (c stageCase) with(change func(*Walk)) stageCase { c.change = change; return c }

// unanswered is for a packet that arrives and an answer that does not.
func (c stageCase) unanswered() stageCase { c.answered = false; return c }

const me = clientAddr + ":40000"

func TestArrive(t *testing.T) {
	size := func(bytes uint16) func(*Walk) { return func(w *Walk) { w.Size = bytes } }
	down := func(id sim.NodeID) func(*Walk) { return func(w *Walk) { w.Fault.Down = to(id) } }
	loop := chain(sim.Node{}, sim.Node{})
	loop.Nodes[2].Routes = []sim.Route{via("0.0.0.0/0", 1)}
	narrowBack := chain(sim.Node{}, sim.Node{Name: "detour", MTU: 1400})
	narrowBack.Nodes[1].Routes = []sim.Route{via(serverNet, 3), via("0.0.0.0/0", 0)}
	runStages(t, []stageCase{
		passed("nothing in the way, TCP", me, sim.Node{}),
		passed("nothing in the way, UDP", me, sim.Node{}).as(sim.UDP),
		passed("nothing in the way, ICMP", clientAddr, sim.Node{}).as(sim.ICMP),
		lost("the next node is down", sim.CodeNodeDown, sim.Node{}).with(down(1)),
		lost("the server is down", sim.CodeNodeDown, sim.Node{}).with(down(2)),
		lost("the client is down", sim.CodeNoOrigin, sim.Node{}).with(down(0)),
		passed("just small enough", me, sim.Node{MTU: 1400}).as(sim.UDP).with(size(1400)),
		lost("one byte too large", sim.CodeTooBig, sim.Node{MTU: 1400}).as(sim.UDP).with(size(1401)),
		lost("an echo too large", sim.CodeTooBig, sim.Node{MTU: 1400}).as(sim.ICMP).with(size(1401)),
		lost("too large for its own node", sim.CodeTooBig, sim.Node{}).as(sim.UDP).with(size(1401)).narrow(0, 1400),
		lost("too large for the server", sim.CodeTooBig, sim.Node{}).as(sim.UDP).with(size(1401)).narrow(2, 1400),
		{name: "the answer is too large for its way", net: narrowBack, protocol: sim.UDP, change: size(1401), code: sim.CodeDelivered, seen: me},
		{name: "round and round", net: loop, code: sim.CodeLoop},
		lost("carries no TCP", sim.CodeProtocol, sim.Node{Carries: []sim.Protocol{sim.UDP}}),
		passed("carries UDP", me, sim.Node{Carries: []sim.Protocol{sim.UDP}}).as(sim.UDP),
		lost("carries no ICMP", sim.CodeProtocol, sim.Node{Carries: []sim.Protocol{sim.UDP, sim.TCP}}).as(sim.ICMP),
	})
}

func (c stageCase) narrow(id sim.NodeID, mtu uint16) stageCase {
	c.net.Nodes[id].MTU = mtu
	return c
}

func TestIngress(t *testing.T) {
	in := func(f *sim.Filter) sim.Node { return sim.Node{Ingress: f} }
	tcp := func(from, to uint16) sim.Match { return portsOf(sim.TCP, from, to) }
	runStages(t, []stageCase{
		passed("a rule allows", me, in(stateful(allow(tcp(1521, 1521))))),
		lost("no rule", sim.CodeIngressDenied, in(only())),
		lost("the first rule denies", sim.CodeIngressDenied, in(stateful(sim.Rule{Match: tcp(1500, 1600)}, allow(sim.Match{})))),
		passed("the first rule allows", me, in(stateful(allow(tcp(1500, 1600)), sim.Rule{}))),
		lost("the port just outside", sim.CodeIngressDenied, in(stateful(allow(tcp(1522, 65535)), allow(tcp(1, 1520))))),
		lost("another protocol", sim.CodeIngressDenied, in(stateful(allow(sim.Match{Protocol: sim.UDP})))),
		passed("its source", me, in(stateful(allow(sim.Match{Src: pfx("100.64.0.8/29")})))),
		lost("the next source", sim.CodeIngressDenied, in(stateful(allow(sim.Match{Src: pfx("100.64.0.11/32")})))),
		passed("its destination", me, in(stateful(allow(sim.Match{Dst: pfx("10.1.4.0/23")})))),
		lost("another destination", sim.CodeIngressDenied, in(stateful(allow(sim.Match{Dst: pfx("10.1.6.0/23")})))),
		passed("its label", me, in(stateful(allow(sim.Match{Label: 3})))),
		lost("another label", sim.CodeIngressDenied, in(stateful(allow(sim.Match{Label: 4})))),
		passed("a stateless filter forgets the flow", me, in(only(allow(tcp(1521, 1521))))).unanswered(),
		passed("a stateless filter knows the client's ports", me, in(only(allow(tcp(1521, 1521)), allow(tcp(32768, 60999))))),
		passed("but not another's", clientAddr, in(only(allow(tcp(1521, 1521)), allow(tcp(32768, 60999))))).unanswered().with(func(w *Walk) {
			w.Packet.Src = at(clientAddr + ":30000")
		}),
		passed("a filter before a translation sees the client", "10.20.80.5", in(stateful(allow(sim.Match{Src: pfx("100.64.0.10/32")}))), natNode("10.20.80.5")),
		passed("a filter behind a translation does not", "10.20.80.5", natNode("10.20.80.5"), in(stateful(allow(sim.Match{Src: pfx("10.20.80.5/32")})))),
		lost("nor lets the client in", sim.CodeIngressDenied, natNode("10.20.80.5"), in(stateful(allow(sim.Match{Src: pfx("100.64.0.10/32")})))),
		passed("UDP has state too", me, in(stateful(allow(portsOf(sim.UDP, 1521, 1521))))).as(sim.UDP),
		passed("an echo has state too", clientAddr, in(stateful(allow(sim.Match{Protocol: sim.ICMP, Src: pfx("100.64.0.0/16")})))).as(sim.ICMP),
	})
}

func TestSession(t *testing.T) {
	detour := func(x sim.Node) *sim.Network {
		n := chain(sim.Node{Ingress: stateful(allow(portsOf(sim.UDP, 1521, 1521)))})
		x.Routes = []sim.Route{via("0.0.0.0/0", 1)}
		n.Nodes = append(n.Nodes, x)
		n.Nodes[2].Routes = []sim.Route{via("0.0.0.0/0", 3)}
		return n
	}
	udp := stateful(allow(portsOf(sim.UDP, 1521, 1521)))
	runStages(t, []stageCase{
		passed("two translations are undone", "10.20.80.5", natNode("10.20.64.4"), sim.Node{}, natNode("10.20.80.5")),
		{name: "an answer by another way", net: detour(sim.Node{}), protocol: sim.UDP, code: sim.CodeDelivered, seen: me, answered: true},
		{name: "that meets another firewall", net: detour(sim.Node{Ingress: udp}), protocol: sim.UDP, code: sim.CodeDelivered, seen: me},
		{name: "that meets another translator", net: detour(natNode("10.9.9.9")), protocol: sim.UDP, code: sim.CodeDelivered, seen: me},
		{name: "that meets another owner", net: detour(sim.Node{Owns: owns(clientAddr + "/32")}), protocol: sim.UDP, code: sim.CodeDelivered, seen: me},
		passed("the translator has no way to the client", "10.20.80.5", sim.Node{}, natNode("10.20.80.5")).unanswered().without(1),
	})
}

// without takes from a node its way back.
func (c stageCase) without(id sim.NodeID) stageCase {
	c.net.Nodes[id].Routes = []sim.Route{via(serverNet, id+1)}
	return c
}
