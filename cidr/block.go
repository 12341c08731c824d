package cidr

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"
)

// block is a netip.Prefix of IPv4 in the form arithmetic likes: addr has no
// host bits, bits is 0..32.
type block struct {
	addr uint32
	bits int
}

func sizeOf(bits int) uint64 { return 1 << (32 - bits) }

// toBlock masks host bits; it refuses what is not IPv4.
func toBlock(p netip.Prefix) (block, bool) {
	if !p.IsValid() || !p.Addr().Is4() {
		return block{}, false
	}
	b := p.Masked().Addr().As4()
	return block{binary.BigEndian.Uint32(b[:]), p.Bits()}, true
}

func toBlocks(ps []netip.Prefix) []block {
	out := make([]block, 0, len(ps))
	for _, p := range ps {
		if b, ok := toBlock(p); ok {
			out = append(out, b)
		}
	}
	return out
}

func addrOf(a uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], a)
	return netip.AddrFrom4(b)
}

func (b block) prefix() netip.Prefix { return netip.PrefixFrom(addrOf(b.addr), b.bits) }
func (b block) start() uint64        { return uint64(b.addr) }
func (b block) end() uint64          { return uint64(b.addr) + sizeOf(b.bits) } // one past the last
func (b block) holds(c block) bool   { return b.start() <= c.start() && c.end() <= b.end() }
func (b block) meets(c block) bool   { return b.start() < c.end() && c.start() < b.end() }

// within is the block of the given length, at most b's, that b lies in.
func (b block) within(bits int) block {
	return block{uint32(b.start() &^ (sizeOf(bits) - 1)), bits}
}

// compareBlocks sorts by address, the wider block first.
func compareBlocks(a, b block) int {
	return cmp.Or(cmp.Compare(a.addr, b.addr), cmp.Compare(a.bits, b.bits))
}

// outermost sorts the blocks and leaves out those that lie in another. Blocks
// nest or are apart, so what is left is disjoint. It reuses its argument.
func outermost(bs []block) []block {
	slices.SortFunc(bs, compareBlocks)
	out := bs[:0]
	for _, b := range bs {
		if len(out) == 0 || out[len(out)-1].end() <= b.start() {
			out = append(out, b)
		}
	}
	return out
}

// coalesce joins the halves of disjoint, sorted blocks until none is left
// that could be wider.
func coalesce(bs []block) []block {
	out := bs[:0]
	for _, b := range bs {
		for len(out) > 0 {
			low := out[len(out)-1]
			if low.bits != b.bits || low.end() != b.start() || low.start()&sizeOf(low.bits) != 0 {
				break
			}
			b, out = block{low.addr, low.bits - 1}, out[:len(out)-1]
		}
		out = append(out, b)
	}
	return out
}

// appendRange adds the widest aligned blocks that fill the addresses from
// start up to but not including end.
func appendRange(out []block, start, end uint64) []block {
	for start < end {
		bits := 0
		for start&(sizeOf(bits)-1) != 0 || start+sizeOf(bits) > end {
			bits++
		}
		out = append(out, block{uint32(start), bits})
		start += sizeOf(bits)
	}
	return out
}

// without is what the free blocks have left beside the held ones. Both are
// disjoint and sorted; so is the answer.
func without(free, held []block) []block {
	var out []block
	for _, f := range free {
		for len(held) > 0 && held[0].end() <= f.start() {
			held = held[1:]
		}
		at := f.start()
		for _, h := range held {
			if h.start() >= f.end() {
				break
			}
			out = appendRange(out, at, h.start())
			at = h.end()
		}
		out = appendRange(out, at, f.end())
	}
	return out
}

func addresses(bs []block) uint64 {
	var n uint64
	for _, b := range bs {
		n += sizeOf(b.bits)
	}
	return n
}
