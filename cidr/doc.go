// Package cidr hands out IPv4 address blocks and answers questions about sets
// of them. It knows Amazon VPC's rules about sizes and secondary ranges, and
// nothing of the network that uses the blocks.
//
// [Allocate] gives every demand a block whose size is a power of two and whose
// start is aligned to it. Its hard rules, which nothing relaxes:
//
//   - no block overlaps another, a fixed block, or used space;
//   - a fixed block stays where it is, wherever that is, and satisfies the
//     demand of its key if it has the length demanded;
//   - a new block lies in a pool its demand names, and leaves free what the
//     pool keeps free;
//   - the answer depends on the set of things asked, never on their order.
//
// Its soft goals, in falling order. Each gives way to fitting, and each is
// given up before a demand is:
//
//   - a demand gets the pool it prefers, and a group the first pool that has
//     the addresses for all of it;
//   - the blocks of one group lie in one aligned parent block, beside the
//     group's fixed blocks if it has any; failing that, its halves do,
//     and so on: that is what keeps the entries after summarising few;
//   - large free blocks stay whole: the largest demand goes first, and takes
//     from the smallest free block that holds it, the lowest address first.
//
// It does not keep the neighbour of a block free for its growth: best fit fills
// the small holes, which often are such neighbours. What outgrows its block gets
// another one as near as there is room.
//
// Against exhaustive search on pools of 32 addresses with holes, up to five
// demands in three groups: whether everything fits is always the same. Over
// 20,000 random cases, of which 15,186 fit, the entries after summarising were
// one more than the fewest possible in 39, and never two more
// (TestGoalsAgainstExhaustiveSearch).
//
// Largest first and best fit lose nothing within one pool: aligned blocks of
// power-of-two sizes nest or are apart, so once all larger demands are placed,
// how many blocks of a size are left depends on how many addresses are taken
// and no longer on where. Between several pools the choice is a packing
// problem; there the allocator moves placed demands to another of their pools
// when that lets one more in, which finds the answer for equal sizes and is a
// good guess for others.
//
// The package is IPv4 only: other prefixes are ignored, and host bits are
// masked off. Nothing in it reads a clock, a random source or a map's order.
package cidr
