package cidr

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
)

// job is a request made ready: everything in an order of its own, so that the
// order in which it was asked is forgotten.
type job struct {
	asked   []Demand // as given: a million of them are not copied
	order   []int32  // of asked, by key; a demand's number is its place in here
	answer  []Block  // of each demand; no block until it has one
	why     map[int32]Reason
	fixed   []Fixed // by key and address
	held    []Fixed
	near    map[int32][]block // fixed blocks that answer demands, by group
	growing []standing        // those of them that are to grow
	pools   []Pool            // by name
	start   []*space          // of each pool, before new demands
	lists   classes
	items   []item // first of all demands, by number; then of those that need a new block
	groups  []group
}

// item is what a demand asks for, without its strings. Groups and classes are
// numbered as they appear by key.
type item struct {
	demand int32
	group  int32 // 0 for none
	class  int32
	bits   int8
}

func (it item) length() int  { return int(it.bits) }
func (it item) size() uint64 { return sizeOf(int(it.bits)) }

// group is the items lo..hi-1 that want to lie together, the largest first,
// perhaps beside blocks their group already has.
type group struct {
	lo, hi int32
	rank   int32  // by sizes, the smallest first
	sizes  uint64 // addresses of the items and of the blocks the group has
}

func newJob(req Request) *job {
	j := &job{asked: req.Demands, pools: slices.Clone(req.Pools), why: map[int32]Reason{}, near: map[int32][]block{}}
	slices.SortStableFunc(j.pools, func(a, b Pool) int { return strings.Compare(a.Name, b.Name) })
	j.sortDemands()
	j.sortFixed(req.Fixed)
	j.openSpaces(req.Used)
	j.keepFixed()
	j.sortItems()
	j.spareNeighbours()
	return j
}

func (j *job) sortDemands() {
	ds := j.asked
	keys := make([]string, len(ds))
	for i := range ds {
		keys[i] = ds[i].Key
	}
	j.order = keyOrder{keys, func(a, b int32) int {
		x, y := &ds[a], &ds[b]
		return cmp.Or(cmp.Compare(x.Bits, y.Bits), cmp.Compare(x.Group, y.Group), slices.Compare(x.Pools, y.Pools), compareBools(x.Grows, y.Grows))
	}}.sorted()
	poolIndex := make(map[string]int, len(j.pools))
	for i, p := range j.pools {
		poolIndex[p.Name] = i
	}
	groups := names{index: make(map[string]int32, len(ds)/4)} // a group has a few demands
	j.items = make([]item, len(ds))
	j.answer = make([]Block, len(ds))
	// Demands lie in memory in no order, so that looking at each is what costs:
	// two look at half of them each, and note where something new begins.
	var half atomic.Int64
	inParallel(len(ds), func() {
		for {
			n := int(half.Add(1)) - 1
			if n >= workers {
				return
			}
			for at := n * len(ds) / workers; at < (n+1)*len(ds)/workers; at++ {
				d := &ds[j.order[at]]
				it := item{demand: int32(at), bits: lengthOf(d.Bits), group: likeLast, class: likeLast}
				if at == 0 || ds[j.order[at-1]].Group != d.Group {
					it.group = 0
				}
				if at == 0 || !sameChoice(&ds[j.order[at-1]], d) {
					it.class = 0
				}
				j.items[at], j.answer[at].Key = it, d.Key
			}
		}
	})
	var last item
	for at := range j.items {
		it := &j.items[at]
		if it.group == likeLast {
			it.group = last.group
		} else {
			it.group = groups.of(ds[j.order[at]].Group)
		}
		if it.class == likeLast {
			it.class = last.class
		} else {
			d := &ds[j.order[at]]
			it.class = j.lists.of(d.Pools, d.Grows, poolIndex)
		}
		last = *it
	}
}

// likeLast stands for the number the demand before has.
const likeLast = -1

func sameChoice(a, b *Demand) bool {
	return a.Grows == b.Grows && (sameSlice(a.Pools, b.Pools) || slices.Equal(a.Pools, b.Pools))
}

// lengthOf is -1 for what is no length, however far off.
func lengthOf(bits int) int8 {
	if bits < 0 || bits > 32 {
		return -1
	}
	return int8(bits)
}

// sortFixed also masks the blocks and leaves out what is not IPv4.
func (j *job) sortFixed(fs []Fixed) {
	kept := make([]Fixed, 0, len(fs))
	for _, f := range fs {
		if b, ok := toBlock(f.Block); ok {
			kept = append(kept, Fixed{f.Key, b.prefix()})
		}
	}
	keys := make([]string, len(kept))
	for i, f := range kept {
		keys[i] = f.Key
	}
	order := keyOrder{keys, func(a, b int32) int { return kept[a].Block.Compare(kept[b].Block) }}.sorted()
	j.fixed = make([]Fixed, len(kept))
	for at, i := range order {
		j.fixed[at] = kept[i]
	}
}

func (j *job) openSpaces(used []netip.Prefix) {
	held := make([]block, len(j.fixed))
	for i, f := range j.fixed {
		held[i], _ = toBlock(f.Block)
	}
	held = outermost(held)
	for _, p := range j.pools {
		// Used space is a few blocks somebody wrote down; fixed blocks may be
		// as many as demands, too many for the library.
		free := without(toBlocks(Subtract(p.Blocks, used)), held)
		total := addresses(outermost(toBlocks(p.Blocks)))
		j.start = append(j.start, newSpace(free, keepFree(total, p.KeepFreePerMille)))
	}
}

// keepFree rounds up: less than the share asked for would not be the share.
func keepFree(total uint64, perMille int) uint64 {
	return (total*uint64(max(0, perMille)) + 999) / 1000
}

// keepFixed answers the demands that have a fixed block of their length, and
// lists the fixed blocks that answer none.
func (j *job) keepFixed() {
	owners := ownersOf(j.pools)
	j.growing = make([]standing, 0, len(j.fixed))
	i := 0
	for _, f := range j.fixed {
		for i < len(j.answer) && j.answer[i].Key < f.Key {
			i++
		}
		at, ok := j.unanswered(i, f)
		if !ok {
			j.held = append(j.held, f)
			continue
		}
		b, _ := toBlock(f.Block)
		j.answer[at] = Block{Key: f.Key, Pool: owners.of(b), Block: f.Block, Fixed: true}
		it := j.items[at]
		if it.group != 0 {
			j.near[it.group] = append(j.near[it.group], b)
		}
		if j.lists.grows[it.class] {
			j.growing = append(j.growing, standing{it.group, b})
		}
	}
}

// unanswered is the first demand from i on with the fixed block's key and
// length that has no answer yet.
func (j *job) unanswered(i int, f Fixed) (at int, ok bool) {
	for ; i < len(j.answer) && j.answer[i].Key == f.Key; i++ {
		if j.items[i].length() == f.Block.Bits() && !j.answer[i].Block.IsValid() {
			return i, true
		}
	}
	return 0, false
}

// sortItems leaves the items of demands still open, by group, list of pools,
// length and key, and cuts them into groups.
func (j *job) sortItems() {
	j.items = slices.DeleteFunc(j.items, func(it item) bool {
		return j.answer[it.demand].Block.IsValid() || !j.open(it)
	})
	slices.SortFunc(j.items, func(a, b item) int {
		if a.group != b.group {
			return cmp.Compare(a.group, b.group)
		}
		return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(a.bits, b.bits), cmp.Compare(a.demand, b.demand))
	})
	j.cutGroups()
}

// open reports whether a demand can be met at all, and notes why not.
func (j *job) open(it item) bool {
	switch {
	case len(j.lists.pools[it.class]) == 0:
		j.why[it.demand] = NoPool
	case it.bits < 0:
		j.why[it.demand] = NoSpace
	default:
		return true
	}
	return false
}

// cutGroups finds the runs of items that belong together. One item is a group
// only if its group has a block already.
func (j *job) cutGroups() {
	for lo := 0; lo < len(j.items); {
		first, hi := j.items[lo], lo
		near := j.near[first.group]
		g := group{lo: int32(lo), sizes: addresses(near)}
		for hi < len(j.items) && j.items[hi].class == first.class && j.items[hi].group == first.group {
			g.sizes += j.items[hi].size()
			hi++
		}
		g.hi = int32(hi)
		if first.group != 0 && (hi-lo > 1 || len(near) > 0) && g.sizes <= sizeOf(0) {
			j.groups = append(j.groups, g)
		}
		lo = hi
	}
	j.rankGroups()
}

// rankGroups numbers the groups by size: where some must be broken up, the
// large ones make most room.
func (j *job) rankGroups() {
	bySize := make([]int32, len(j.groups))
	for i := range bySize {
		bySize[i] = int32(i)
	}
	slices.SortFunc(bySize, func(a, b int32) int {
		return cmp.Or(cmp.Compare(j.groups[a].sizes, j.groups[b].sizes), cmp.Compare(a, b))
	})
	for rank, i := range bySize {
		j.groups[i].rank = int32(rank)
	}
}
