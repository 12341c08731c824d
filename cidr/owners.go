package cidr

import "slices"

// owners finds the pool a block lies in.
type owners struct {
	blocks []block // disjoint, by address
	names  []string
}

func ownersOf(pools []Pool) owners {
	type owned struct {
		block
		name string
	}
	var all []owned
	for _, p := range pools {
		for _, b := range outermost(toBlocks(p.Blocks)) {
			all = append(all, owned{b, p.Name})
		}
	}
	slices.SortStableFunc(all, func(a, b owned) int { return compareBlocks(a.block, b.block) })
	var o owners
	for _, a := range all {
		o.blocks, o.names = append(o.blocks, a.block), append(o.names, a.name)
	}
	return o
}

// of is the pool's name; "" for a block that no block of a pool holds whole.
func (o owners) of(b block) string {
	if i := o.find(b); i >= 0 {
		return o.names[i]
	}
	return ""
}

func (o owners) hold(b block) bool { return o.find(b) >= 0 }

func (o owners) find(b block) int {
	i, exact := slices.BinarySearchFunc(o.blocks, b, compareBlocks)
	if !exact {
		i--
	}
	if i < 0 || !o.blocks[i].holds(b) {
		return -1
	}
	return i
}
