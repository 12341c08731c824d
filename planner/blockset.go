package planner

import (
	"cmp"
	"net/netip"
	"slices"

	"egressplan/cidr"
)

// blockSet is a set of addresses as its largest blocks, in order: a block lies
// in the set exactly if it lies in one of them.
type blockSet []netip.Prefix

func newBlockSet(list []netip.Prefix) blockSet {
	set := blockSet(cidr.Merge(list))
	slices.SortFunc(set, func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) })
	return set
}

// contains reports whether all of a block lies in the set.
func (s blockSet) contains(p netip.Prefix) bool {
	i, exact := slices.BinarySearchFunc(s, p, func(x, y netip.Prefix) int { return cmp.Compare(x.Addr().Compare(y.Addr()), 0) })
	if !exact {
		i--
	}
	return i >= 0 && s[i].Bits() <= p.Bits() && s[i].Contains(p.Addr())
}
