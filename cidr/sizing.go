package cidr

import "net/netip"

// Lengths of a VPC's CIDR blocks and of its subnets (Amazon VPC User Guide,
// VPC CIDR blocks; Subnet sizing).
const (
	WidestSubnet   = 16 // a subnet or VPC CIDR block is at most a /16
	NarrowestBlock = 28 // and at least a /28
)

// reservedPerSubnet counts the network address, the router, the DNS server,
// the one kept for the future, and the last (Amazon VPC User Guide, Subnet sizing).
const reservedPerSubnet = 5

// Usable is how many addresses of a subnet of that prefix length may be given
// to network interfaces: all but the five AWS reserves, never below 0. It does
// not ask whether AWS allows the length. Out of 0..32 it is 0.
func Usable(bits int) int {
	if bits < 0 || bits > 32 {
		return 0
	}
	return max(0, int(sizeOf(bits))-reservedPerSubnet)
}

// BitsFor is the prefix length of the smallest AWS subnet, /28..16, with at
// least that many usable addresses; ok is false if no subnet is wide enough.
func BitsFor(addresses int) (bits int, ok bool) {
	return narrowest(func(bits int) bool { return Usable(bits) >= addresses })
}

// BitsForPrefixes is the prefix length of the smallest subnet, /28..16, that
// holds n aligned /28 prefixes under prefix delegation. AWS's reserved
// addresses lie in the first and the last /28 of a subnet, so that a /n subnet
// holds at most 2^(28-n)-2 of them: a /24 holds 14.
func BitsForPrefixes(n int) (bits int, ok bool) {
	return narrowest(func(bits int) bool { return n <= 0 || 1<<(28-bits)-2 >= n })
}

func narrowest(enough func(bits int) bool) (bits int, ok bool) {
	for bits := NarrowestBlock; bits >= WidestSubnet; bits-- {
		if enough(bits) {
			return bits, true
		}
	}
	return 0, false
}

// FirstUsable is the first address of the subnet that AWS does not reserve,
// the fifth; the zero Addr for a prefix narrower than /29, which has none.
func FirstUsable(p netip.Prefix) netip.Addr {
	b, ok := toBlock(p)
	if !ok || b.bits > 29 {
		return netip.Addr{}
	}
	return addrOf(b.addr + 4)
}

// Reserved is the five addresses AWS reserves in a subnet as blocks: the first
// four and the last. A prefix narrower than /29 is reserved whole.
func Reserved(p netip.Prefix) []netip.Prefix {
	b, ok := toBlock(p)
	if !ok {
		return nil
	}
	if b.bits >= 30 {
		return []netip.Prefix{b.prefix()}
	}
	return []netip.Prefix{
		block{b.addr, 30}.prefix(),
		block{uint32(b.end() - 1), 32}.prefix(),
	}
}
