package cidr

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// keyOrder sorts indexes by their keys, equal keys by tie. It compares eight
// bytes at a time, read once for a whole run of keys that are equal so far:
// at a million keys following the strings is what costs.
type keyOrder struct {
	keys []string
	tie  func(i, j int32) int
}

type keyed struct {
	head uint64 // the eight bytes at the depth reached
	i    int32
}

// stretch is entries lo..hi-1 that agree in their first depth bytes.
type stretch struct{ lo, hi, depth int }

// sorted is the indexes of the keys in order. Runs of keys that begin alike are
// sorted side by side on the machine's cores, each within its own bounds, so that
// the answer is the same on any number of them.
func (o keyOrder) sorted() []int32 {
	entries, spare := make([]keyed, len(o.keys)), make([]keyed, len(o.keys))
	for i := range entries {
		entries[i].i = int32(i)
	}
	runs := o.cut(entries, spare, stretch{0, len(entries), 0})
	var next atomic.Int64
	inParallel(len(entries), func() {
		for {
			n := int(next.Add(1)) - 1
			if n >= len(runs) {
				return
			}
			o.sort(entries, spare, runs[n])
		}
	})
	out := make([]int32, len(entries))
	for i, e := range entries {
		out[i] = e.i
	}
	return out
}

// workers is how many goroutines share work that two cores do in half the time.
const workers = 2

// inParallel runs work on so many goroutines, or on this one where there is
// little to do.
func inParallel(size int, work func()) {
	if size < 10_000 {
		work()
		return
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(work)
	}
	wg.Wait()
}

func (o keyOrder) sort(entries, spare []keyed, s stretch) {
	const few = 8 // from here on strings are compared whole
	if s.hi-s.lo <= few {
		slices.SortFunc(entries[s.lo:s.hi], o.compare)
		return
	}
	for _, run := range o.cut(entries, spare, s) {
		o.sort(entries, spare, run)
	}
}

// cut sorts a span by the eight bytes that follow what its keys have in common,
// and returns the spans that agree in these too.
func (o keyOrder) cut(entries, spare []keyed, s stretch) []stretch {
	of := entries[s.lo:s.hi]
	if len(of) == 0 {
		return nil
	}
	depth := o.agree(of, s.depth)
	for i := range of {
		of[i].head = head(o.keys[of[i].i][depth:])
	}
	sortHeads(of, spare[s.lo:s.hi])
	var runs []stretch
	for lo := 0; lo < len(of); {
		hi := lo + 1
		for hi < len(of) && of[hi].head == of[lo].head {
			hi++
		}
		switch {
		case hi-lo == len(of): // equal keys, or some end where others have zero bytes
			slices.SortFunc(of, o.compare)
			return nil
		case hi-lo > 1:
			runs = append(runs, stretch{s.lo + lo, s.lo + hi, depth})
		}
		lo = hi
	}
	return runs
}

// sortHeads sorts by head: many entries byte by byte, of the bytes that differ.
func sortHeads(entries, spare []keyed) {
	const many = 256
	if len(entries) < many {
		slices.SortFunc(entries, func(a, b keyed) int { return cmp.Compare(a.head, b.head) })
		return
	}
	differ := uint64(0)
	for _, e := range entries {
		differ |= e.head ^ entries[0].head
	}
	from, to := entries, spare
	for shift := 0; shift < 64; shift += 8 {
		if differ>>shift&0xff == 0 {
			continue
		}
		var at [256]int
		for i := range from {
			at[from[i].head>>shift&0xff]++
		}
		sum := 0
		for b, n := range at {
			at[b], sum = sum, sum+n
		}
		for _, e := range from {
			b := e.head >> shift & 0xff
			to[at[b]] = e
			at[b]++
		}
		from, to = to, from
	}
	if &from[0] != &entries[0] {
		copy(entries, from)
	}
}

func (o keyOrder) compare(a, b keyed) int {
	if c := strings.Compare(o.keys[a.i], o.keys[b.i]); c != 0 {
		return c
	}
	return o.tie(a.i, b.i)
}

// agree is how many bytes all the keys begin with, at least depth.
func (o keyOrder) agree(entries []keyed, depth int) int {
	first := o.keys[entries[0].i]
	shared := len(first)
	for _, e := range entries {
		k := o.keys[e.i]
		shared = min(shared, len(k))
		for shared > depth && k[depth:shared] != first[depth:shared] {
			shared--
		}
	}
	return shared
}

func head(s string) uint64 {
	if len(s) >= 8 {
		return uint64(s[0])<<56 | uint64(s[1])<<48 | uint64(s[2])<<40 | uint64(s[3])<<32 |
			uint64(s[4])<<24 | uint64(s[5])<<16 | uint64(s[6])<<8 | uint64(s[7])
	}
	var b [8]byte
	copy(b[:], s)
	return binary.BigEndian.Uint64(b[:])
}

// names numbers distinct strings from 1 in order of appearance; "" is 0.
type names struct{ index map[string]int32 }

func (n *names) of(name string) int32 {
	if name == "" {
		return 0
	}
	i, ok := n.index[name]
	if !ok {
		i = int32(len(n.index) + 1)
		n.index[name] = i
	}
	return i
}

// classes numbers the distinct choices that demands leave, in order of
// appearance, so that a demand carries a number instead: from which pools, and
// whether with room to grow. Names that are no pool's are left out of a list.
type classes struct {
	pools [][]int // of each class, the preferred first
	grows []bool
	index map[string]int32
}

func (c *classes) of(names []string, grows bool, poolIndex map[string]int) int32 {
	var pools []int
	for _, name := range names {
		if p, ok := poolIndex[name]; ok {
			pools = append(pools, p)
		}
	}
	return c.number(pools, grows)
}

// number is the class of those pools.
func (c *classes) number(pools []int, grows bool) int32 {
	id := []byte{0}
	if grows {
		id[0] = 1
	}
	for _, p := range pools {
		id = binary.AppendUvarint(id, uint64(p))
	}
	n, ok := c.index[string(id)]
	if !ok {
		if c.index == nil {
			c.index = map[string]int32{}
		}
		n = int32(len(c.pools))
		c.index[string(id)] = n
		c.pools, c.grows = append(c.pools, pools), append(c.grows, grows)
	}
	return n
}

// sameSlice reports whether two lists are one in memory, as they are where many
// demands were given the same.
func sameSlice(a, b []string) bool { return len(a) == len(b) && len(a) > 0 && &a[0] == &b[0] }
