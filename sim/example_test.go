package sim_test

import (
	"fmt"
	"net/netip"

	"egressplan/sim"
)

// A client behind a translator whose pool of ports is wider than what the
// network lets back in: the query arrives, its answer does not.
func Example() {
	everywhere := netip.MustParsePrefix("0.0.0.0/0")
	servers := netip.MustParsePrefix("10.1.0.0/16")
	answers := sim.Match{Protocol: sim.TCP, Src: servers, PortFrom: 32768, PortTo: 60999}
	n := &sim.Network{Nodes: []sim.Node{
		{Name: "client", Routes: []sim.Route{{Dst: everywhere, Next: []sim.NodeID{1}}}},
		{
			Name:    "translator",
			Ingress: &sim.Filter{Rules: []sim.Rule{{Match: answers, Allow: true}, {Match: sim.Match{Dst: servers}, Allow: true}}},
			Routes:  []sim.Route{{Dst: servers, Next: []sim.NodeID{2}}, {Dst: everywhere, Next: []sim.NodeID{0}}},
			NAT:     []sim.NAT{{To: []netip.Addr{netip.MustParseAddr("10.20.80.5")}, PortFrom: 1024, PortTo: 65535}},
		},
		{Name: "server", Owns: []netip.Prefix{servers}, Routes: []sim.Route{{Dst: everywhere, Next: []sim.NodeID{1}}}},
	}}
	w := sim.NewWalker(n)
	r, hops := w.Trace(0, sim.Packet{
		Protocol: sim.TCP,
		Src:      netip.MustParseAddrPort("100.64.0.10:40000"),
		Dst:      netip.MustParseAddrPort("10.1.4.1:1521"),
	}, 0)
	for _, h := range hops {
		fmt.Println(n.Nodes[h.Node].Name, h.Action, h.After.Src)
	}
	fmt.Println(r.Verdict, "from", r.Sources)
	r = w.Reply()
	fmt.Println("answer", r.Verdict, "at", n.Nodes[r.At].Name, r.Code)
	// Output:
	// client forward 100.64.0.10:40000
	// translator snat 10.20.80.5:1024
	// server deliver 10.20.80.5:1024
	// delivered from [10.20.80.5]
	// answer dropped at translator ingress-denied
}
