package sim

import (
	"net/netip"
)

// chance is where random networks come from: math/rand for many, rapid for
// small ones that fail.
type chance interface{ IntN(n int) int }

// maker makes networks small enough that things meet: clients in 10.0.0.0/28,
// servers in 10.0.1.0/28, translators in 10.0.2.0/29.
type maker struct {
	chance
	nodes int
	ref   Ref
}

func (m *maker) yes(percent int) bool { return m.IntN(100) < percent }

func (m *maker) mark() Ref { m.ref++; return m.ref }

func (m *maker) node() NodeID { return NodeID(m.IntN(m.nodes)) }

func (m *maker) addr() netip.Addr {
	third := m.IntN(3)
	return netip.AddrFrom4([4]byte{10, 0, byte(third), byte(m.IntN(8))})
}

func (m *maker) prefix() netip.Prefix {
	lengths := [...]int{0, 8, 22, 23, 24, 28, 29, 30, 31, 32}
	return netip.PrefixFrom(m.addr(), lengths[m.IntN(len(lengths))])
}

func (m *maker) maybePrefix() netip.Prefix {
	if m.yes(50) {
		return netip.Prefix{}
	}
	return m.prefix()
}

func (m *maker) match() Match {
	x := Match{Src: m.maybePrefix(), Dst: m.maybePrefix()}
	if m.yes(30) {
		x.Protocol = Protocol(1 + m.IntN(3))
	}
	if m.yes(30) {
		x.PortFrom = uint16(m.IntN(5))
		x.PortTo = x.PortFrom + uint16(m.IntN(4))
	}
	if m.yes(10) {
		x.Label = Label(1 + m.IntN(2))
	}
	return x
}

func (m *maker) filter(percent int) *Filter {
	if !m.yes(percent) {
		return nil
	}
	f := &Filter{Stateful: m.yes(50), Ref: m.mark()}
	count := m.IntN(4)
	if m.yes(10) {
		count = 14 + m.IntN(10) // around the length from which lists are indexed
	}
	for range count {
		f.Rules = append(f.Rules, Rule{Match: m.match(), Allow: m.yes(75), Ref: m.mark()})
	}
	if m.yes(70) {
		f.Rules = append(f.Rules, Rule{Allow: true, Ref: m.mark()})
	}
	return f
}

func (m *maker) next() []NodeID {
	var list []NodeID
	for range m.IntN(4) {
		list = append(list, m.node())
	}
	return list
}

// routes lead towards the servers and back, with all kinds of exceptions.
func (m *maker) routes(id NodeID) []Route {
	var list []Route
	count := m.IntN(4)
	if m.yes(5) {
		count = 20
	}
	for range count {
		if m.yes(50) {
			continue
		}
		r := Route{Dst: m.prefix(), Src: m.maybePrefix(), Next: m.next(), Ref: m.mark(), Rank: m.IntN(2),
			Pinned: m.yes(20), Yielding: m.yes(20), Opening: m.yes(20), Tunnel: m.yes(20)}
		if m.yes(20) {
			r.Label = Label(1 + m.IntN(2))
		}
		list = append(list, r)
	}
	if m.yes(95) {
		list = append(list, Route{Dst: netip.MustParsePrefix("10.0.1.0/24"), Next: []NodeID{min(id+1, NodeID(m.nodes-1))}, Ref: m.mark()})
	}
	if m.yes(95) {
		list = append(list, Route{Dst: netip.MustParsePrefix("0.0.0.0/0"), Next: []NodeID{max(id-1, 0)}, Ref: m.mark()})
	}
	return list
}

func (m *maker) nat() []NAT {
	var list []NAT
	for range m.IntN(3) {
		t := NAT{Match: m.match(), Ref: m.mark()}
		for range m.IntN(3) {
			t.To = append(t.To, m.addr())
		}
		if len(t.To) > 0 && m.yes(5) {
			t.To[0] = netip.Addr{}
		}
		if len(t.To) > 0 && m.yes(50) {
			t.PortFrom, t.PortTo = 1024, 65535
		}
		list = append(list, t)
	}
	return list
}

func (m *maker) proxy() *Proxy {
	x := &Proxy{Authorize: m.filter(30)}
	for range 1 + m.IntN(2) {
		f := Forward{Match: m.match(), From: m.addr(), KeepLabel: m.yes(50), Ref: m.mark()}
		for range m.IntN(3) {
			f.To = append(f.To, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 1, byte(m.IntN(8))}), uint16(m.IntN(5))))
		}
		if m.yes(20) {
			f.From = netip.Addr{}
		}
		if m.yes(50) {
			first := m.node()
			for range f.To {
				f.Via = append(f.Via, first)
				if m.yes(30) {
					first = m.node()
				}
			}
		}
		x.Forwards = append(x.Forwards, f)
	}
	return x
}

func (m *maker) network() *Network {
	m.nodes = 2 + m.IntN(6)
	n := &Network{}
	for i := range m.nodes {
		node := Node{Ref: m.mark(), SessionOnly: m.yes(20), Ingress: m.filter(15), Egress: m.filter(15), Routes: m.routes(NodeID(i))}
		if m.yes(20) {
			node.Owns = append(node.Owns, m.prefix())
		}
		if i == m.nodes-1 {
			node.Owns, node.SessionOnly = append(node.Owns, netip.MustParsePrefix("10.0.1.0/24")), m.yes(5)
		}
		if m.yes(30) {
			node.NAT = m.nat()
		}
		if m.yes(15) {
			node.Proxy = m.proxy()
		}
		if m.yes(10) {
			node.MTU = uint16(1400 + 100*m.IntN(3))
		}
		if m.yes(5) {
			node.Carries = []Protocol{Protocol(1 + m.IntN(3)), Protocol(1 + m.IntN(3))}
		}
		n.Nodes = append(n.Nodes, node)
	}
	return n
}

// fault breaks nothing most of the time.
func (m *maker) fault() (f Fault) {
	for id := range NodeID(m.nodes) {
		switch {
		case m.yes(3):
			f.Down = append(f.Down, id)
		case m.yes(8):
			f.Gone = append(f.Gone, id)
		case m.yes(5):
			f.Bare = append(f.Bare, id)
		}
	}
	return f
}

func (m *maker) packet() Packet {
	p := Packet{Protocol: Protocol(1 + m.IntN(4)), Label: Label(m.IntN(3))}
	var from, to uint16
	if p.Protocol == TCP || p.Protocol == UDP {
		from, to = uint16(m.IntN(6)), uint16(m.IntN(6))
	}
	p.Src = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(m.IntN(8))}), from)
	p.Dst = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(min(m.IntN(8), 1)), byte(m.IntN(8))}), to)
	return p
}
