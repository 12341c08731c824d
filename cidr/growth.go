package cidr

import (
	"cmp"
	"slices"
)

// standing is a fixed block that is to grow, and its group.
type standing struct {
	group int32
	block block
}

// spareNeighbours has what lies beside fixed blocks that are to grow taken last.
func (j *job) spareNeighbours() {
	if len(j.growing) == 0 {
		return
	}
	more := map[int32]uint64{} // addresses that the groups want beside what they have
	for _, g := range j.groups {
		if of := j.items[g.lo].group; len(j.near[of]) > 0 {
			more[of] += g.sizes - addresses(j.near[of])
		}
	}
	slices.SortFunc(j.growing, func(a, b standing) int {
		return cmp.Or(cmp.Compare(a.group, b.group), compareBlocks(a.block, b.block))
	})
	regions := make([]block, 0, len(j.growing))
	var own []block
	for lo := 0; lo < len(j.growing); {
		hi := lo + 1
		for hi < len(j.growing) && j.growing[hi].group == j.growing[lo].group && j.growing[lo].group != 0 {
			hi++
		}
		own = own[:0]
		for _, s := range j.growing[lo:hi] {
			own = append(own, s.block)
		}
		regions = appendNeighbourhoods(regions, own, more[j.growing[lo].group])
		lo = hi
	}
	regions = outermost(regions)
	for _, s := range j.start {
		s.spareFor(regions)
	}
}

// appendNeighbourhoods adds where sorted blocks of one group grow without a
// further entry: the block of twice the length of the smallest that could hold
// them and so many addresses more. If they are too far apart for one, it is twice
// what they summarise to, each. It reuses own.
func appendNeighbourhoods(list, own []block, more uint64) []block {
	own = outermost(own)
	whole, length := cover(own), parentLength(addresses(own)+more)
	if length > 0 && whole.bits >= length {
		return append(list, whole.within(length-1))
	}
	for _, b := range coalesce(own) {
		list = append(list, b.within(max(0, b.bits-1)))
	}
	return list
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
