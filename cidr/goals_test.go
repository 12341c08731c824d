package cidr_test

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"egressplan/cidr"
)

// puzzle is a pool of 32 addresses with holes, one bit an address, a block that
// stands there from an earlier plan, and blocks of some groups that want in.
type puzzle struct {
	free     uint32 // or taken by what stands there
	standing uint32 // group 3; 0 for none
	sizes    []int  // of one group after the other, in each falling
	groups   []int
	grows    [4]bool
}

func (p puzzle) request() cidr.Request {
	req := cidr.Request{Pools: []cidr.Pool{pool("p", "10.0.0.0/27", 0)}}
	for i := range 32 {
		if p.free>>i&1 == 0 {
			req.Used = append(req.Used, at(i, 32))
		}
	}
	for i, n := range p.sizes {
		req.Demands = append(req.Demands, cidr.Demand{Key: fmt.Sprint(i), Bits: 32 - bits.TrailingZeros(uint(n)), Pools: []string{"p"},
			Group: fmt.Sprint("g", p.groups[i]), Grows: p.grows[p.groups[i]]})
	}
	if n := bits.OnesCount32(p.standing); n > 0 {
		there := at(bits.TrailingZeros32(p.standing), 33-bits.Len(uint(n)))
		req.Fixed = append(req.Fixed, cidr.Fixed{Key: "there", Block: there})
		req.Demands = append(req.Demands, cidr.Demand{Key: "there", Bits: there.Bits(), Pools: []string{"p"}, Grows: p.grows[3]})
	}
	return req
}

func at(i, length int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), length)
}

func drawPuzzle(t *rapid.T) puzzle {
	p := puzzle{free: ^uint32(0)}
	for range rapid.IntRange(0, 3).Draw(t, "holes") {
		p.free &^= 3 << (2 * rapid.IntRange(0, 15).Draw(t, "hole"))
	}
	if n := rapid.SampledFrom([]int{0, 2, 4, 8}).Draw(t, "standing"); n > 0 {
		p.standing = uint32(1<<n-1) << (n * rapid.IntRange(0, 32/n-1).Draw(t, "place"))
		p.free |= p.standing
	}
	type demand struct{ size, group int }
	var ds []demand
	for range rapid.IntRange(1, 5).Draw(t, "demands") {
		ds = append(ds, demand{rapid.SampledFrom([]int{2, 2, 4, 4, 8, 16}).Draw(t, "size"), rapid.IntRange(0, 2).Draw(t, "group")})
	}
	slices.SortFunc(ds, func(a, b demand) int {
		if a.group != b.group {
			return a.group - b.group
		}
		return b.size - a.size
	})
	for _, d := range ds {
		p.sizes, p.groups = append(p.sizes, d.size), append(p.groups, d.group)
	}
	for i := range p.grows {
		p.grows[i] = rapid.IntRange(0, 3).Draw(t, "grows") > 0
	}
	return p
}

// score is how a layout serves the soft goals, in their order: groups that lie
// together, in one free block, the smallest that could hold them; groups that could double
// in place, because nothing else lies in the block twice as long; entries after
// summarising, which should be few.
type score struct{ together, roomy, entries int }

// scoreOf takes the addresses of each group.
func (p puzzle) scoreOf(held [4]uint32) score {
	var s score
	held[3] = p.standing
	all := held[0] | held[1] | held[2] | held[3]
	for g, m := range held {
		s.entries += fewestPrefixes(m)
		if m == 0 {
			continue
		}
		length := bits.Len(uint(bits.OnesCount32(m) - 1))
		if parent := p.around(m, length); m&^parent != 0 || parent&^p.free != 0 || parent&(p.standing&^m) != 0 {
			continue
		}
		s.together++
		if double := p.around(m, length+1); p.grows[g] && length < 5 && double&^p.free == 0 && double&(all&^m) == 0 {
			s.roomy++
		}
	}
	return s
}

// around is the block of 1<<length addresses around the first of the set.
func (puzzle) around(m uint32, length int) uint32 {
	start := bits.TrailingZeros32(m) >> length << length
	return uint32(uint64(1)<<(1<<length)-1) << start
}

// fewestPrefixes counts the aligned blocks that lie in the set while twice the
// block does not.
func fewestPrefixes(m uint32) int {
	n := 0
	starts := []uint32{0xffffffff, 0x55555555, 0x11111111, 0x01010101, 0x00010001, 1}
	for i := range starts {
		wider := uint32(0) // blocks of twice the size, marked at their first address
		if i+1 < len(starts) {
			wider = m & (m >> (1 << i)) & starts[i+1]
		}
		n += bits.OnesCount32(m &^ (wider | wider<<(1<<i)))
		m = wider
	}
	return n
}

// each tries every layout by brute force.
func (p puzzle) each(visit func(score)) {
	var held [4]uint32
	var try func(i, from int, free uint32)
	try = func(i, from int, free uint32) {
		if i == len(p.sizes) {
			visit(p.scoreOf(held))
			return
		}
		n, g := p.sizes[i], p.groups[i]
		mask := uint32(1<<n - 1)
		for at := from; at < 32; at += n {
			if free>>at&mask != mask {
				continue
			}
			next := 0
			if i+1 < len(p.sizes) && p.sizes[i+1] == n && p.groups[i+1] == g { // equal ones in rising places
				next = at + n
			}
			held[g] |= mask << at
			try(i+1, next, free&^(mask<<at))
			held[g] &^= mask << at
		}
	}
	try(0, 0, p.free&^p.standing)
}

// Against exhaustive search: whether everything fits is always the same; of all
// layouts, the best has at most one group more together; of those with as many
// together as the allocator's, the best has at most two more that could double in
// place, mostly one at most; and no layout at all has more than one entry less
// after summarising.
func TestGoalsAgainstExhaustiveSearch(t *testing.T) {
	gaps, fits, not := map[score]int{}, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		p := drawPuzzle(t)
		r := cidr.Allocate(p.request())
		best, some := score{entries: 32}, false
		p.each(func(s score) {
			some = true
			best.together, best.entries = max(best.together, s.together), min(best.entries, s.entries)
		})
		if (len(r.Unmet) == 0) != some || r.Undecided {
			t.Fatalf("all met: %v, there is a layout: %v: %+v", len(r.Unmet) == 0, some, p)
		}
		if !some {
			not++
			return
		}
		fits++
		var held [4]uint32
		for _, b := range r.Blocks {
			var i int
			if _, err := fmt.Sscan(b.Key, &i); err != nil {
				continue // what stands there
			}
			held[p.groups[i]] |= uint32(1<<p.sizes[i]-1) << b.Block.Addr().As4()[3]
		}
		got := p.scoreOf(held)
		p.each(func(s score) {
			if s.together >= got.together {
				best.roomy = max(best.roomy, s.roomy)
			}
		})
		g := score{best.together - got.together, best.roomy - got.roomy, got.entries - best.entries}
		gaps[g]++
		if g.together > 1 || g.roomy > 2 || g.entries > 1 {
			t.Fatalf("%+v short of the best: %s of %+v", g, describe(r), p)
		}
	})
	t.Logf("%d fit, %d do not; gap to the optimum, {together roomy entries}: %v", fits, not, gaps)
	if fits == 0 || not == 0 {
		t.Errorf("one side was never tried: %d fit, %d do not", fits, not)
	}
}

// The count of prefixes is the library's.
func TestFewestPrefixes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.Uint32().Draw(t, "set")
		var list []netip.Prefix
		for i := range 32 {
			if m>>i&1 == 1 {
				list = append(list, at(i, 32))
			}
		}
		if got, want := fewestPrefixes(m), len(cidr.Merge(list)); got != want {
			t.Fatalf("%d prefixes in %032b, want %d", got, m, want)
		}
	})
}

// Hundreds of groups cannot be searched exhaustively, but no group can be fewer
// entries than its addresses have bits set: a prefix covers a power of two. With
// room for each group's block the entries are exactly that many; in a pool whose
// holes leave little more than is asked for, a few more.
func TestEntriesOfHundredsOfGroups(t *testing.T) {
	for _, tt := range []struct {
		name  string
		share uint64 // of the free addresses that is asked for, in percent
		holes int
		most  int // percent above the bound
	}{
		{"half the pool", 50, 0, 0},
		{"half of a pool with 200 holes", 50, 200, 0},
		{"nine tenths", 90, 0, 0},
		{"nine tenths of a pool with 200 holes", 90, 200, 0},
		{"all of it", 100, 200, 3},
	} {
		rng := rand.New(rand.NewPCG(uint64(tt.share), uint64(tt.holes)))
		req := cidr.Request{Pools: []cidr.Pool{pool("p", "10.0.0.0/16", 0)}}
		for range tt.holes {
			req.Used = append(req.Used, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(rng.IntN(256)), byte(16 * rng.IntN(16))}), 28))
		}
		free, asked := uint64(0), uint64(0)
		for _, f := range cidr.Subtract(parse("10.0.0.0/16"), req.Used) {
			free += 1 << (32 - f.Bits())
		}
		bound, groups := 0, 0
		for asked*100 < free*tt.share {
			size := uint64(0)
			for n := range rng.IntN(4) + 1 {
				length := []int{26, 27, 27, 28, 28, 28}[rng.IntN(6)]
				if (asked+size+1<<(32-length))*100 > free*tt.share {
					length = 28
				}
				size += 1 << (32 - length)
				req.Demands = append(req.Demands, cidr.Demand{Key: fmt.Sprintf("g%04d/%d", groups, n), Bits: length, Pools: []string{"p"}, Group: fmt.Sprint(groups), Grows: true})
				if (asked+size)*100 >= free*tt.share {
					break
				}
			}
			asked, bound, groups = asked+size, bound+bits.OnesCount64(size), groups+1
		}
		r := cidr.Allocate(req)
		if len(r.Unmet) > 0 {
			t.Fatalf("%s: %d unmet", tt.name, len(r.Unmet))
		}
		of := map[string][]netip.Prefix{}
		for _, b := range r.Blocks {
			group, _, _ := strings.Cut(b.Key, "/")
			of[group] = append(of[group], b.Block)
		}
		entries := 0
		for _, blocks := range of {
			entries += len(cidr.Merge(blocks))
		}
		t.Logf("%s: %d groups, %d demands, %d entries, no fewer than %d", tt.name, groups, len(req.Demands), entries, bound)
		if entries < bound || (entries-bound)*100 > tt.most*bound {
			t.Errorf("%s: %d entries, no fewer than %d", tt.name, entries, bound)
		}
	}
}
