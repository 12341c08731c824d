package cidr

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/seancfoley/ipaddress-go/ipaddr"
)

// Merge is the exact summary of the blocks: the fewest prefixes that cover the
// addresses of the blocks and no other, by address.
func Merge(blocks []netip.Prefix) []netip.Prefix {
	bs := outermost(toBlocks(blocks))
	if !mergeable(bs) {
		return prefixes(bs)
	}
	if whole, ok := fillsCover(bs); ok {
		return []netip.Prefix{whole.prefix()}
	}
	series := make([]*ipaddr.IPv4Address, len(bs))
	for i, b := range bs {
		series[i] = b.series()
	}
	return fromSeries(series[0].MergeToPrefixBlocks(series[1:]...))
}

// Subtract is what is left of the first set without the second: the fewest
// prefixes, by address.
func Subtract(from, minus []netip.Prefix) []netip.Prefix {
	keep, gone := toBlocks(Merge(from)), outermost(toBlocks(minus))
	var out []netip.Prefix
	for _, k := range keep {
		for len(gone) > 0 && gone[0].end() <= k.start() {
			gone = gone[1:]
		}
		at := k.start()
		for _, g := range gone {
			if g.start() >= k.end() {
				break
			}
			out = append(out, span(at, g.start())...)
			at = g.end()
		}
		if at == k.start() {
			out = append(out, k.prefix())
			continue
		}
		out = append(out, span(at, k.end())...)
	}
	return out
}

// Summarise covers exactly the addresses of the blocks, by address, with the
// fewest prefixes none of which is wider than /broadest (0..32): that is what
// a firewall team that caps its source blocks accepts. A block that is wider
// to begin with comes back as it is, for the caller to judge.
func Summarise(blocks []netip.Prefix, broadest int) []netip.Prefix {
	var wide, rest []block
	for _, b := range outermost(toBlocks(blocks)) {
		if b.bits < broadest {
			wide = append(wide, b)
		} else {
			rest = append(rest, b)
		}
	}
	for _, m := range toBlocks(Merge(prefixes(rest))) {
		for at := m.start(); at < m.end(); at += sizeOf(max(m.bits, broadest)) {
			wide = append(wide, block{uint32(at), max(m.bits, broadest)})
		}
	}
	slices.SortFunc(wide, compareBlocks)
	return prefixes(wide)
}

// Overlap finds a pair of blocks, x of a and y of b, with an address in
// common: the one met first going up the addresses.
func Overlap(a, b []netip.Prefix) (x, y netip.Prefix, ok bool) {
	type sided struct {
		block
		side int
	}
	var all []sided
	for side, set := range [][]netip.Prefix{a, b} {
		for _, blk := range toBlocks(set) {
			all = append(all, sided{blk, side})
		}
	}
	slices.SortFunc(all, func(p, q sided) int {
		return cmp.Or(compareBlocks(p.block, q.block), cmp.Compare(p.side, q.side))
	})
	var reach [2]block // of each side, the block that reaches furthest so far
	var seen [2]bool
	for _, s := range all {
		if other := 1 - s.side; seen[other] && reach[other].end() > s.start() {
			reach[s.side] = s.block
			return reach[0].prefix(), reach[1].prefix(), true
		}
		if !seen[s.side] || s.end() > reach[s.side].end() {
			reach[s.side], seen[s.side] = s.block, true
		}
	}
	return x, y, false
}

// Contains reports whether every address of p lies in the set, even if it
// takes several of its blocks to hold them.
func Contains(set []netip.Prefix, p netip.Prefix) bool {
	b, ok := toBlock(p)
	if !ok {
		return false
	}
	var inside []block
	for _, s := range toBlocks(set) {
		if s.holds(b) {
			return true
		}
		if b.holds(s) {
			inside = append(inside, s)
		}
	}
	return addresses(outermost(inside)) == sizeOf(b.bits)
}

// Cover is the smallest single prefix that holds all the blocks; the zero
// Prefix for none.
func Cover(blocks []netip.Prefix) netip.Prefix {
	bs := toBlocks(blocks)
	if len(bs) == 0 {
		return netip.Prefix{}
	}
	return cover(bs).prefix()
}

func cover(bs []block) block {
	c := bs[0]
	for _, b := range bs[1:] {
		for !c.holds(b) {
			c = c.within(c.bits - 1)
		}
	}
	return c
}

// The library takes microseconds a block, so the two commonest answers are
// found without it: nothing merges, and everything merges into one.

// mergeable reports whether any two of the sorted, disjoint blocks are halves
// of one. Wider merges need such a pair first.
func mergeable(bs []block) bool {
	for i := 1; i < len(bs); i++ {
		a, b := bs[i-1], bs[i]
		if a.bits == b.bits && a.end() == b.start() && a.start()&sizeOf(a.bits) == 0 {
			return true
		}
	}
	return false
}

func fillsCover(bs []block) (block, bool) {
	c := cover(bs)
	return c, addresses(bs) == sizeOf(c.bits)
}

// span is the fewest prefixes that fill start up to but not including end.
func span(start, end uint64) []netip.Prefix {
	if start >= end {
		return nil
	}
	low := ipaddr.NewIPv4AddressFromUint32(uint32(start))
	high := ipaddr.NewIPv4AddressFromUint32(uint32(end - 1))
	return fromSeries(low.SpanWithPrefixBlocksTo(high))
}

// series is the block as ipaddress-go writes it: without ToPrefixBlock the
// value would be a single host that happens to carry a prefix length.
func (b block) series() *ipaddr.IPv4Address {
	return ipaddr.NewIPv4AddressFromPrefixedUint32(b.addr, ipaddr.ToPrefixLen(b.bits)).ToPrefixBlock()
}

func fromSeries(series []*ipaddr.IPv4Address) []netip.Prefix {
	out := make([]netip.Prefix, len(series))
	for i, s := range series {
		bits := 32 // the library gives single addresses no prefix length
		if l := s.GetPrefixLen(); l != nil {
			bits = l.Len()
		}
		out[i] = block{s.GetLower().Uint32Value(), bits}.prefix()
	}
	slices.SortFunc(out, netip.Prefix.Compare)
	return out
}

func prefixes(bs []block) []netip.Prefix {
	if len(bs) == 0 {
		return nil
	}
	out := make([]netip.Prefix, len(bs))
	for i, b := range bs {
		out[i] = b.prefix()
	}
	return out
}
