package cidr

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
)

// job is a request made ready: everything in an order of its own, so that the
// order in which it was asked is forgotten.
type job struct {
	asked  []Demand // as given: a million of them are not copied
	order  []int32  // of asked, by key; a demand's number is its place in here
	wants  []want   // of each demand
	answer []Block  // of each demand; no block until it has one
	why    map[int32]Reason
	fixed  []Fixed // by key and address
	held   []Fixed
	pools  []Pool   // by name
	start  []*space // of each pool, before new demands
	lists  classes
	items  []item
	groups []group
}

// want is what a demand asks for, without its strings. Groups and classes are
// numbered as they appear by key.
type want struct {
	group int32 // 0 for none
	class int32
	bits  int
}

// item is a demand that needs a new block.
type item struct {
	demand int32
	class  int32
	bits   int
}

// group is the items lo..hi-1 that want to lie together, the largest first,
// and the blocks their group already has.
type group struct {
	lo, hi int32
	near   []block
	sizes  uint64 // addresses of items and near
	rank   int    // by sizes, the smallest first
}

func newJob(req Request) *job {
	j := &job{asked: req.Demands, pools: slices.Clone(req.Pools), why: map[int32]Reason{}}
	slices.SortStableFunc(j.pools, func(a, b Pool) int { return strings.Compare(a.Name, b.Name) })
	j.sortDemands()
	j.sortFixed(req.Fixed)
	j.openSpaces(req.Used)
	near := j.keepFixed()
	j.sortItems(near)
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
		return cmp.Or(cmp.Compare(x.Bits, y.Bits), cmp.Compare(x.Group, y.Group), slices.Compare(x.Pools, y.Pools))
	}}.sorted()
	poolIndex := make(map[string]int, len(j.pools))
	for i, p := range j.pools {
		poolIndex[p.Name] = i
	}
	var groups names
	j.wants = make([]want, len(ds))
	j.answer = make([]Block, len(ds))
	for at, i := range j.order {
		d := &ds[i]
		j.wants[at] = want{groups.of(d.Group), j.lists.of(d.Pools, poolIndex), d.Bits}
		j.answer[at].Key = keys[i]
	}
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
// lists the fixed blocks that answer none. It returns the answering ones by
// group.
func (j *job) keepFixed() map[int32][]block {
	near := map[int32][]block{}
	owners := ownersOf(j.pools)
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
		if g := j.wants[at].group; g != 0 {
			near[g] = append(near[g], b)
		}
	}
	return near
}

// unanswered is the first demand from i on with the fixed block's key and
// length that has no answer yet.
func (j *job) unanswered(i int, f Fixed) (at int, ok bool) {
	for ; i < len(j.answer) && j.answer[i].Key == f.Key; i++ {
		if j.wants[i].bits == f.Block.Bits() && !j.answer[i].Block.IsValid() {
			return i, true
		}
	}
	return 0, false
}

// sortItems lists the demands still open by group, list of pools, length and
// key, and cuts the list into groups.
func (j *job) sortItems(near map[int32][]block) {
	type entry struct {
		sort   uint64
		demand int32
	}
	entries := make([]entry, 0, len(j.wants))
	for i, w := range j.wants {
		if !j.answer[i].Block.IsValid() && j.open(int32(i), w) {
			sort := uint64(w.group)<<32 | uint64(w.class)<<6 | uint64(w.bits)
			entries = append(entries, entry{sort, int32(i)})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.sort, b.sort), cmp.Compare(a.demand, b.demand))
	})
	j.items = make([]item, len(entries))
	for i, e := range entries {
		w := j.wants[e.demand]
		j.items[i] = item{e.demand, w.class, w.bits}
	}
	j.cutGroups(near)
}

// open reports whether a demand can be met at all, and notes why not.
func (j *job) open(i int32, w want) bool {
	switch {
	case len(j.lists.pools[w.class]) == 0:
		j.why[i] = NoPool
	case w.bits < 0 || w.bits > 32:
		j.why[i] = NoSpace
	default:
		return true
	}
	return false
}

// cutGroups finds the runs of items that belong together. One item is a group
// only if its group has a block already.
func (j *job) cutGroups(near map[int32][]block) {
	groupOf := func(i int) int32 { return j.wants[j.items[i].demand].group }
	for lo := 0; lo < len(j.items); {
		hi, name := lo, groupOf(lo)
		g := group{lo: int32(lo), near: near[name], sizes: addresses(near[name])}
		for hi < len(j.items) && j.items[hi].class == j.items[lo].class && groupOf(hi) == name {
			g.sizes += sizeOf(j.items[hi].bits)
			hi++
		}
		g.hi = int32(hi)
		if name != 0 && (hi-lo > 1 || len(g.near) > 0) && g.sizes <= sizeOf(0) {
			j.groups = append(j.groups, g)
		}
		lo = hi
	}
	j.rankGroups()
}

// rankGroups numbers the groups by size: where some must be broken up, the
// large ones make most room.
func (j *job) rankGroups() {
	bySize := make([]int, len(j.groups))
	for i := range bySize {
		bySize[i] = i
	}
	slices.SortFunc(bySize, func(a, b int) int {
		return cmp.Or(cmp.Compare(j.groups[a].sizes, j.groups[b].sizes), cmp.Compare(a, b))
	})
	for rank, i := range bySize {
		j.groups[i].rank = rank
	}
}
