//go:build linux

package lab

import (
	"net/netip"

	"egressplan/sim"
)

// Short spellings for the networks of the tests.

func pfx(s string) netip.Prefix         { return netip.MustParsePrefix(s) }
func ip(s string) netip.Addr            { return netip.MustParseAddr(s) }
func at(s string) netip.AddrPort        { return netip.MustParseAddrPort(s) }
func to(ids ...sim.NodeID) []sim.NodeID { return ids }

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

func via(dst string, next ...sim.NodeID) sim.Route { return sim.Route{Dst: pfx(dst), Next: next} }

func allow(m sim.Match) sim.Rule { return sim.Rule{Match: m, Allow: true} }

func only(rules ...sim.Rule) *sim.Filter { return &sim.Filter{Rules: rules} }

func stateful(rules ...sim.Rule) *sim.Filter { return &sim.Filter{Rules: rules, Stateful: true} }

func portsOf(p sim.Protocol, from, to uint16) sim.Match {
	return sim.Match{Protocol: p, PortFrom: from, PortTo: to}
}

// The ends of a chain, and the packet from one to the other.
const (
	clientAddr = "100.64.0.10"
	serverNet  = "10.1.0.0/16"
	serverAddr = "10.1.4.1"
)

func query(p sim.Protocol) sim.Packet {
	return sim.Packet{Protocol: p, Src: at(clientAddr + ":40000"), Dst: at(serverAddr + ":1521"), Label: 3}
}

// chain puts the nodes in a row between a client, which is node 0, and a
// server, the last: 10.1.0.0/16 leads on, everything else back. Routes that a
// node brings itself come first.
func chain(between ...sim.Node) *sim.Network {
	nodes := append([]sim.Node{{Name: "client", Owns: owns(clientAddr + "/32")}}, between...)
	nodes = append(nodes, sim.Node{Name: "server", Owns: owns(serverNet)})
	for i := range nodes {
		if i < len(nodes)-1 {
			nodes[i].Routes = append(nodes[i].Routes, via(serverNet, sim.NodeID(i+1)))
		}
		if i > 0 {
			nodes[i].Routes = append(nodes[i].Routes, via("0.0.0.0/0", sim.NodeID(i-1)))
		}
	}
	return &sim.Network{Nodes: nodes}
}

// natNode translates to one address that it answers for by sessions only.
func natNode(addr string) sim.Node {
	return sim.Node{Name: "nat " + addr, Owns: owns(addr + "/32"), SessionOnly: true,
		NAT: []sim.NAT{{To: ips(addr), PortFrom: 1024, PortTo: 65535}}}
}
