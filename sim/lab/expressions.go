//go:build linux

package lab

import (
	"encoding/binary"
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"egressplan/sim"
)

// Expressions of nftables: each of these is a part of a rule. Register 1 holds
// what is compared.

func all(parts ...[]expr.Any) []expr.Any {
	var list []expr.Any
	for _, p := range parts {
		list = append(list, p...)
	}
	return list
}

func equal(data []byte) expr.Any { return &expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: data} }

func masked(mask, flip []byte) expr.Any {
	return &expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: uint32(len(mask)), Mask: mask, Xor: flip}
}

func interfaceName(key expr.MetaKey, name string) []expr.Any {
	padded := make([]byte, unix.IFNAMSIZ)
	copy(padded, name)
	return []expr.Any{&expr.Meta{Key: key, Register: 1}, equal(padded)}
}

func from(wire string) []expr.Any   { return interfaceName(expr.MetaKeyIIFNAME, wire) }
func toward(wire string) []expr.Any { return interfaceName(expr.MetaKeyOIFNAME, wire) }

func header(offset, length uint32) expr.Any {
	return &expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: length}
}

// Offsets in the IPv4 header.
const (
	offsetTOS      = 1
	offsetChecksum = 10
	offsetSrc      = 12
	offsetDst      = 16
)

// codePoint masks the service byte without its two congestion bits.
const codePoint = 0xfc

func address(offset uint32, p netip.Prefix) []expr.Any {
	if !p.IsValid() || p.Bits() == 0 {
		return nil
	}
	p = p.Masked()
	mask := binary.BigEndian.AppendUint32(nil, ^uint32(0)<<(32-p.Bits()))
	return []expr.Any{header(offset, 4), masked(mask, make([]byte, 4)), equal(p.Addr().AsSlice())}
}

func service(tos byte) []expr.Any {
	return []expr.Any{header(offsetTOS, 1), masked([]byte{codePoint}, []byte{0}), equal([]byte{tos})}
}

// clearService takes the label off a packet. The checksum is mended for pairs of
// bytes only, so the byte before is written too.
func clearService() []expr.Any {
	return []expr.Any{header(0, 2), masked([]byte{0xff, ^byte(codePoint)}, []byte{0, 0}), &expr.Payload{
		OperationType: expr.PayloadWrite, SourceRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: 0, Len: 2,
		CsumType: expr.CsumTypeInet, CsumOffset: offsetChecksum}}
}

// numbers are the protocols' in the IPv4 header.
var numbers = map[sim.Protocol]byte{sim.TCP: unix.IPPROTO_TCP, sim.UDP: unix.IPPROTO_UDP, sim.ICMP: unix.IPPROTO_ICMP, sim.Other: 253}

func protocol(p sim.Protocol) []expr.Any {
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1}, equal([]byte{numbers[p]})}
}

// port compares a port: offset 0 is the source's, 2 the destination's.
func port(offset uint32, lo, hi uint16) []expr.Any {
	return []expr.Any{
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: offset, Len: 2},
		&expr.Range{Op: expr.CmpOpEq, Register: 1, FromData: binary.BigEndian.AppendUint16(nil, lo), ToData: binary.BigEndian.AppendUint16(nil, hi)},
	}
}

// answers is true for packets that go against the direction of their flow.
func answers() []expr.Any {
	return []expr.Any{&expr.Ct{Key: expr.CtKeyDIRECTION, Register: 1}, equal([]byte{1})}
}

// established is true for packets of a flow whose packets have passed, in
// either direction.
func established() []expr.Any {
	mask := binaryutil.NativeEndian.PutUint32(expr.CtStateBitESTABLISHED | expr.CtStateBitRELATED)
	zero := make([]byte, 4)
	return []expr.Any{&expr.Ct{Key: expr.CtKeySTATE, Register: 1}, masked(mask, zero),
		&expr.Cmp{Op: expr.CmpOpNeq, Register: 1, Data: zero}}
}

func openedBy(a app) []expr.Any {
	return []expr.Any{&expr.Ct{Key: expr.CtKeyMARK, Register: 1}, equal(binaryutil.NativeEndian.PutUint32(uint32(a)))}
}

func setOpenedBy(a app) []expr.Any {
	return []expr.Any{&expr.Immediate{Register: 1, Data: binaryutil.NativeEndian.PutUint32(uint32(a))},
		&expr.Ct{Key: expr.CtKeyMARK, Register: 1, SourceRegister: true}}
}

func marks(value, mask uint32) []expr.Any {
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyMARK, Register: 1},
		masked(binaryutil.NativeEndian.PutUint32(mask), make([]byte, 4)), equal(binaryutil.NativeEndian.PutUint32(value))}
}

// setMarks replaces the bits of mask.
func setMarks(value, mask uint32) []expr.Any {
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyMARK, Register: 1},
		masked(binaryutil.NativeEndian.PutUint32(^mask), binaryutil.NativeEndian.PutUint32(value)),
		&expr.Meta{Key: expr.MetaKeyMARK, Register: 1, SourceRegister: true}}
}

func verdict(kind expr.VerdictKind) []expr.Any { return []expr.Any{&expr.Verdict{Kind: kind}} }

func accept() []expr.Any { return verdict(expr.VerdictAccept) }
func giveBack() []expr.Any {
	return verdict(expr.VerdictReturn)
}

func jump(c *nftables.Chain) []expr.Any {
	return []expr.Any{&expr.Verdict{Kind: expr.VerdictJump, Chain: c.Name}}
}

// rewrite gives a packet another source or destination, and one of the ports if
// there are any.
func rewrite(kind expr.NATType, to netip.Addr, lo, hi uint16) []expr.Any {
	nat := &expr.NAT{Type: kind, Family: unix.NFPROTO_IPV4, RegAddrMin: 1}
	list := []expr.Any{&expr.Immediate{Register: 1, Data: to.AsSlice()}}
	if lo != 0 || hi != 0 {
		list = append(list, &expr.Immediate{Register: 2, Data: binary.BigEndian.AppendUint16(nil, lo)},
			&expr.Immediate{Register: 3, Data: binary.BigEndian.AppendUint16(nil, hi)})
		nat.RegProtoMin, nat.RegProtoMax, nat.Specified = 2, 3, true
	}
	return append(list, nat)
}
