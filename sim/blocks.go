package sim

import (
	"cmp"
	"math/bits"
	"net/netip"
	"slices"
)

// block is a range of numbers in CIDR form, and its place in a blocks.
type block struct {
	net, mask uint32
	parent    int32 // the smallest block around it, or -1
}

func (b block) contains(n uint32) bool { return n&b.mask == b.net }

// blockOf is the block of an IPv4 prefix; anything else is everything.
func blockOf(p netip.Prefix) block {
	if !p.IsValid() || !p.Addr().Is4() {
		return block{parent: -1}
	}
	mask := ^uint32(0) << (32 - p.Bits())
	return block{net: number(p.Addr()) & mask, mask: mask, parent: -1}
}

// length is the prefix length.
func (b block) length() int { return bits.OnesCount32(b.mask) }

// blocks is a set of distinct blocks, each before those inside it. Two blocks
// are apart or one is inside the other, so every number's smallest block is an
// ancestor-or-self of the last block that starts at or before the number.
type blocks []block

// newBlocks orders the distinct blocks of the list, which becomes the set's.
func newBlocks(list []block) blocks {
	set := blocks(list)
	slices.SortFunc(set, func(a, b block) int {
		return cmp.Or(cmp.Compare(a.net, b.net), cmp.Compare(a.mask, b.mask))
	})
	set = slices.CompactFunc(set, func(a, b block) bool { return a.net == b.net && a.mask == b.mask })
	for i := range set {
		around := int32(i) - 1
		for around >= 0 && !set[around].contains(set[i].net) {
			around = set[around].parent
		}
		set[i].parent = around
	}
	return set
}

// smallest is the place of the smallest block that contains n, or -1.
func (s blocks) smallest(n uint32) int32 {
	lo, hi := 0, len(s)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if s[mid].net <= n {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	at := int32(lo) - 1
	for at >= 0 && !s[at].contains(n) {
		at = s[at].parent
	}
	return at
}

// place is where the block itself is; it must be in the set.
func (s blocks) place(b block) int {
	at, _ := slices.BinarySearchFunc(s, b, func(x, y block) int {
		return cmp.Or(cmp.Compare(x.net, y.net), cmp.Compare(x.mask, y.mask))
	})
	return at
}
