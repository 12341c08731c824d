package sim

import (
	"encoding/binary"
	"net/netip"
)

// tuple is a packet in the form that the walker works on.
type tuple struct {
	src, dst         uint32
	srcPort, dstPort uint16
	protocol         Protocol
	label            Label
}

// number is an IPv4 address as a number.
func number(a netip.Addr) uint32 {
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}

// address is the inverse of number.
func address(n uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	return netip.AddrFrom4(b)
}

// tupleOf is false for a packet that is not IPv4.
func tupleOf(p Packet) (tuple, bool) {
	if !p.Src.Addr().Is4() || !p.Dst.Addr().Is4() {
		return tuple{}, false
	}
	return tuple{
		src: number(p.Src.Addr()), srcPort: p.Src.Port(),
		dst: number(p.Dst.Addr()), dstPort: p.Dst.Port(),
		protocol: p.Protocol, label: p.Label,
	}, true
}

func (t tuple) packet() Packet {
	return Packet{
		Protocol: t.protocol,
		Src:      netip.AddrPortFrom(address(t.src), t.srcPort),
		Dst:      netip.AddrPortFrom(address(t.dst), t.dstPort),
		Label:    t.label,
	}
}

// reply is the packet that answers t. It is made by somebody else and carries
// none of t's identity.
func (t tuple) reply() tuple {
	return tuple{src: t.dst, srcPort: t.dstPort, dst: t.src, dstPort: t.srcPort, protocol: t.protocol}
}

// answers reports whether t is the mirror of o; labels are not on the wire.
func (t *tuple) answers(o *tuple) bool {
	return t.src == o.dst && t.dst == o.src && t.srcPort == o.dstPort && t.dstPort == o.srcPort && t.protocol == o.protocol
}

// ported reports whether packets of the protocol have ports.
func (p Protocol) ported() bool { return p == TCP || p == UDP }
