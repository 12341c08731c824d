package cidr

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
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

// sorted is the indexes of the keys in order.
func (o keyOrder) sorted() []int32 {
	entries := make([]keyed, len(o.keys))
	for i := range entries {
		entries[i].i = int32(i)
	}
	o.sort(entries, 0)
	out := make([]int32, len(entries))
	for i, e := range entries {
		out[i] = e.i
	}
	return out
}

// sort orders entries whose keys agree in their first depth bytes.
func (o keyOrder) sort(entries []keyed, depth int) {
	const few = 8 // from here on strings are compared whole
	if len(entries) <= few {
		slices.SortFunc(entries, o.compare)
		return
	}
	depth = o.agree(entries, depth)
	for i := range entries {
		entries[i].head = head(o.keys[entries[i].i][depth:])
	}
	slices.SortFunc(entries, func(a, b keyed) int { return cmp.Compare(a.head, b.head) })
	for lo := 0; lo < len(entries); {
		hi := lo + 1
		for hi < len(entries) && entries[hi].head == entries[lo].head {
			hi++
		}
		if hi-lo == len(entries) { // equal keys, or some end where others have zero bytes
			slices.SortFunc(entries, o.compare)
			return
		}
		o.sort(entries[lo:hi], depth)
		lo = hi
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
type names struct {
	index map[string]int32
	last  string // the name asked for last: neighbours mostly have the same
	found int32
}

func (n *names) of(name string) int32 {
	if name == n.last {
		return n.found
	}
	n.last = name
	if name == "" {
		n.found = 0
		return 0
	}
	if n.index == nil {
		n.index = map[string]int32{}
	}
	i, ok := n.index[name]
	if !ok {
		i = int32(len(n.index) + 1)
		n.index[name] = i
	}
	n.found = i
	return i
}

// classes numbers the distinct choices that demands leave, in order of
// appearance, so that a demand carries a number instead: from which pools, and
// whether with room to grow. Names that are no pool's are left out of a list.
type classes struct {
	pools [][]int // of each class, the preferred first
	grows []bool
	index map[string]int32
	last  []string // the list asked for last: neighbours mostly ask for the same
	grew  bool
	found int32
}

func (c *classes) of(names []string, grows bool, poolIndex map[string]int) int32 {
	if c.index == nil {
		c.index = map[string]int32{}
	} else if grows == c.grew && (sameSlice(names, c.last) || slices.Equal(names, c.last)) {
		return c.found
	}
	var pools []int
	for _, name := range names {
		if p, ok := poolIndex[name]; ok {
			pools = append(pools, p)
		}
	}
	c.last, c.grew, c.found = names, grows, c.number(pools, grows)
	return c.found
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
		n = int32(len(c.pools))
		c.index[string(id)] = n
		c.pools, c.grows = append(c.pools, pools), append(c.grows, grows)
	}
	return n
}

// sameSlice reports whether two lists are one in memory, as they are where many
// demands were given the same.
func sameSlice(a, b []string) bool { return len(a) == len(b) && len(a) > 0 && &a[0] == &b[0] }
