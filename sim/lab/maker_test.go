//go:build linux

package lab

import (
	"fmt"
	"math/rand/v2"
	"net/netip"

	"egressplan/sim"
)

// maker makes random networks in which about half of the walks arrive: a way
// from node 0 to a server at the end and back, with a few things on it that may
// or may not hit the packet. Clients are in 10.0.0.0/29, servers in 10.0.1.0/29,
// translators in 10.0.2.0/29, proxies in 10.0.3.0/29.
type maker struct {
	*rand.Rand
	nodes    int
	protocol sim.Protocol
}

func newMaker(seed uint64) *maker {
	return &maker{Rand: rand.New(rand.NewPCG(seed, 1))}
}

func (m *maker) yes(percent int) bool { return m.IntN(100) < percent }

func (m *maker) node() sim.NodeID { return sim.NodeID(m.IntN(m.nodes)) }

func (m *maker) in(third int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, 0, byte(third), byte(m.IntN(4))})
}

func (m *maker) prefix() netip.Prefix {
	lengths := [...]int{0, 8, 22, 24, 24, 29, 30, 31, 32}
	return netip.PrefixFrom(m.in(m.IntN(4)), lengths[m.IntN(len(lengths))])
}

func (m *maker) maybePrefix(percent int) netip.Prefix {
	if m.yes(percent) {
		return m.prefix()
	}
	return netip.Prefix{}
}

// Ports of clients and servers.
func (m *maker) clientPort() uint16 { return 40000 + uint16(m.IntN(4)) }
func (m *maker) serverPort() uint16 { return 80 + uint16(m.IntN(3)) }

// label is mostly the same, so that it matches.
func (m *maker) label() sim.Label {
	if m.yes(75) {
		return 1
	}
	return 2
}

func (m *maker) match() sim.Match {
	x := sim.Match{Src: m.maybePrefix(35), Dst: m.maybePrefix(35)}
	if m.yes(30) {
		x.Protocol = m.protocol
		if m.yes(25) {
			x.Protocol = sim.Protocol(1 + m.IntN(3))
		}
	}
	if m.yes(25) {
		x.PortFrom = m.serverPort()
		if m.yes(25) {
			x.PortFrom = 1024
		}
		x.PortTo = x.PortFrom + uint16(m.IntN(3))
		if m.yes(50) {
			x.PortTo = 65535
		}
	}
	if m.yes(20) {
		x.Label = m.label()
	}
	return x
}

func (m *maker) filter(percent int) *sim.Filter {
	if !m.yes(percent) {
		return nil
	}
	f := &sim.Filter{Stateful: m.yes(60)}
	for range m.IntN(3) {
		f.Rules = append(f.Rules, sim.Rule{Match: m.match(), Allow: m.yes(70)})
	}
	if m.yes(80) {
		f.Rules = append(f.Rules, sim.Rule{Allow: true})
	}
	return f
}

// ahead is mostly the next node on the way, sometimes others or none.
func (m *maker) ahead(id sim.NodeID, step int) []sim.NodeID {
	next := sim.NodeID(min(max(int(id)+step, 0), m.nodes-1))
	switch {
	case m.yes(85):
		return []sim.NodeID{next}
	case m.yes(10):
		return nil
	}
	list := []sim.NodeID{next, m.node()}
	if m.yes(30) {
		list = append(list, m.node())
	}
	return list
}

func (m *maker) routes(id sim.NodeID) []sim.Route {
	var list []sim.Route
	for range m.IntN(4) {
		if m.yes(50) {
			continue
		}
		step := 1 - 2*m.IntN(2)
		r := sim.Route{Dst: m.prefix(), Src: m.maybePrefix(30), Next: m.ahead(id, step), Rank: m.IntN(2),
			Pinned: m.yes(15), Yielding: m.yes(20), Opening: m.yes(20), Tunnel: m.yes(20)}
		if m.yes(20) {
			r.Label = m.label()
		}
		list = append(list, r)
	}
	if m.yes(97) && int(id) < m.nodes-1 {
		list = append(list, sim.Route{Dst: pfx("10.0.1.0/24"), Next: m.ahead(id, 1), Tunnel: m.yes(15), Rank: m.IntN(2)})
	}
	if m.yes(97) && id > 0 {
		list = append(list, sim.Route{Dst: pfx("0.0.0.0/0"), Next: m.ahead(id, -1), Tunnel: m.yes(15)})
	}
	return list
}

func (m *maker) nat() []sim.NAT {
	var list []sim.NAT
	for range 1 + m.IntN(2) {
		t := sim.NAT{Match: m.match()}
		for range m.IntN(4) {
			t.To = append(t.To, m.in(2))
		}
		if len(t.To) > 0 && m.yes(5) {
			t.To[0] = netip.Addr{}
		}
		if len(t.To) > 0 && m.yes(60) {
			t.PortFrom = 1024 + uint16(m.IntN(3))*1000
			t.PortTo = t.PortFrom + uint16(m.IntN(3))*100
			if m.yes(40) {
				t.PortTo = 65535
			}
		}
		list = append(list, t)
	}
	return list
}

// proxy marks its Forwards from 1, so that a hop tells which it took.
func (m *maker) proxy() *sim.Proxy {
	x := &sim.Proxy{Authorize: m.filter(30)}
	for i := range 1 + m.IntN(2) {
		f := sim.Forward{Match: m.match(), From: m.in(3), KeepLabel: m.yes(50), Ref: sim.Ref(i + 1)}
		if m.protocol == sim.ICMP {
			f.Match.Protocol = sim.TCP
		}
		for range m.IntN(3) {
			f.To = append(f.To, netip.AddrPortFrom(m.in(1), m.serverPort()))
		}
		if m.yes(30) {
			f.From = netip.Addr{}
		}
		if m.yes(40) {
			for range f.To {
				f.Via = append(f.Via, m.node())
			}
		}
		x.Forwards = append(x.Forwards, f)
	}
	return x
}

func (m *maker) network() *sim.Network {
	m.nodes = 2 + m.IntN(5)
	n := &sim.Network{}
	for i := range m.nodes {
		node := sim.Node{Name: fmt.Sprintf("node %d", i), SessionOnly: m.yes(15),
			Ingress: m.filter(12), Egress: m.filter(12), Routes: m.routes(sim.NodeID(i))}
		if m.yes(12) {
			node.Owns = append(node.Owns, m.prefix())
		}
		if i == m.nodes-1 {
			node.Owns, node.SessionOnly = append(node.Owns, pfx("10.0.1.0/24")), m.yes(3)
		}
		if m.yes(30) {
			node.NAT = m.nat()
		}
		if m.yes(20) {
			node.Proxy = m.proxy()
		}
		if m.yes(15) {
			node.MTU = uint16(1400 + 50*m.IntN(3))
		}
		if m.yes(5) {
			node.Carries = []sim.Protocol{sim.Protocol(1 + m.IntN(3)), sim.Protocol(1 + m.IntN(3))}
		}
		n.Nodes = append(n.Nodes, node)
	}
	return n
}

// walk is a random packet, in a network that is sometimes broken.
func (m *maker) walk() (*sim.Network, Walk) {
	m.protocol = []sim.Protocol{sim.TCP, sim.TCP, sim.TCP, sim.UDP, sim.UDP, sim.ICMP}[m.IntN(6)]
	n := m.network()
	p := sim.Packet{Protocol: m.protocol, Label: m.label()}
	if m.yes(20) {
		p.Label = 0
	}
	var from, to uint16
	if m.protocol != sim.ICMP {
		from, to = m.clientPort(), m.serverPort()
	}
	p.Src, p.Dst = netip.AddrPortFrom(m.in(0), from), netip.AddrPortFrom(m.in(1), to)
	w := Walk{Packet: p, Choice: m.IntN(6)}
	if m.yes(50) {
		w.Size = uint16(1400 + 50*m.IntN(3))
	}
	for id := range sim.NodeID(m.nodes) {
		switch {
		case m.yes(3):
			w.Fault.Down = append(w.Fault.Down, id)
		case m.yes(5):
			w.Fault.Gone = append(w.Fault.Gone, id)
		case m.yes(4):
			w.Fault.Bare = append(w.Fault.Bare, id)
		}
	}
	return n, w
}
