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
//  1. the pool: a demand gets the one it prefers, and a group the first that has
//     the addresses for all of it;
//  2. adjacency: the blocks of one group lie in one free block, the smallest that
//     could hold them, beside the group's fixed blocks if it has any; failing
//     that, its halves do, and so on;
//  3. room to grow: what lies beside a group that is to grow, the other half of
//     a block twice as long, is given to others last, so that it can double and
//     still be one prefix;
//  4. few entries after summarising, which follow from the second;
//  5. large free blocks stay whole: the largest demand goes first, and takes
//     from the smallest free block that serves it, the lowest address first.
//
// Against exhaustive search on pools of 32 addresses with holes, a block that
// stands there, and up to five demands in three groups: whether everything fits
// is always the same. Over 40,000 random cases, of which 29,994 fit, the best
// layout had one group more together in 50; of the layouts with as many together
// as the allocator's, the best had one group more that could double in 443; and
// the fewest entries possible were one less than the allocator's in 53. None was
// missed by two (TestGoalsAgainstExhaustiveSearch; in other runs the second was,
// in about one case of ten thousand).
//
// Hundreds of groups in a /16 with 200 holes summarise to the fewest entries there
// can be up to nine tenths of the space asked for, 1,206 for 729 groups; with all
// of it asked for, to 1,458 for 883 groups, where no layout has fewer than 1,422
// (TestEntriesOfHundredsOfGroups).
//
// What does not fit is proved not to. Within one pool largest first loses
// nothing, wherever a block is put: aligned blocks of power-of-two sizes nest or
// are apart, so once all larger demands are placed, how many blocks of a size
// are left depends on how many addresses are taken and no longer on where.
// Between several pools the choice is a packing problem. There the allocator
// moves placed demands to another of their pools when that lets one more in;
// where that is not enough it searches over how many demands of each size and
// choice go to which pool, bounded by what a flow allows. That problem is hard
// in general, so the search ends after some thousand steps: then
// [Result.Undecided] says that it is not known whether there is a way. Three in
// 3,000 crowds of up to twelve pools came to that, and none of 20,000 with three
// (TestSearchBetweenPools, TestAllocateBetweenPoolsOfAllSizes).
//
// The package is IPv4 only: other prefixes are ignored, and host bits are
// masked off. Nothing in it reads a clock, a random source or a map's order.
package cidr
