package sim

import (
	"fmt"
	"net/netip"
)

// Short spellings for the networks of the tests.

func pfx(s string) netip.Prefix { return netip.MustParsePrefix(s) }
func ip(s string) netip.Addr    { return netip.MustParseAddr(s) }
func to(ids ...NodeID) []NodeID { return ids }

func ips(list ...string) []netip.Addr {
	var all []netip.Addr
	for _, s := range list {
		all = append(all, ip(s))
	}
	return all
}

func owns(list ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, s := range list {
		all = append(all, pfx(s))
	}
	return all
}

func packet(p Protocol, src, dst string) Packet {
	return Packet{Protocol: p, Src: netip.MustParseAddrPort(src), Dst: netip.MustParseAddrPort(dst)}
}

func tcp(src, dst string) Packet { return packet(TCP, src, dst) }

func via(dst string, next ...NodeID) Route { return Route{Dst: pfx(dst), Next: next} }

func allow(m Match) Rule { return Rule{Match: m, Allow: true} }

func only(rules ...Rule) *Filter { return &Filter{Rules: rules} }

func stateful(rules ...Rule) *Filter { return &Filter{Rules: rules, Stateful: true} }

func ports(from, to uint16) Match { return Match{Protocol: TCP, PortFrom: from, PortTo: to} }

// The ends of a chain, and the packet from one to the other.
const (
	clientAddr = "100.64.0.10"
	serverNet  = "10.1.0.0/16"
)

func query() Packet { return tcp(clientAddr+":40000", "10.1.4.1:1521") }

// chain puts the nodes in a row between a client, which is node 0, and a
// server, the last: 10.1.0.0/16 leads on, everything else back. Routes that a
// node brings itself come first.
func chain(between ...Node) *Network {
	nodes := append([]Node{{Name: "client", Owns: owns(clientAddr + "/32")}}, between...)
	nodes = append(nodes, Node{Name: "server", Owns: owns(serverNet)})
	for i := range nodes {
		if i < len(nodes)-1 {
			nodes[i].Routes = append(nodes[i].Routes, via(serverNet, NodeID(i+1)))
		}
		if i > 0 {
			nodes[i].Routes = append(nodes[i].Routes, via("0.0.0.0/0", NodeID(i-1)))
		}
	}
	return &Network{Nodes: nodes}
}

// story is a walk in one line: what each node did and the packet that left it.
func story(n *Network, hops []Hop) string {
	s := ""
	for _, h := range hops {
		s += fmt.Sprintf("%s %s %s > %s\n", n.Nodes[h.Node].Name, h.Action, h.After.Src, h.After.Dst)
	}
	return s
}
