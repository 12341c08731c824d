package cidr

import "math"

// search looks for pools for all items of a job at once, where taking the items
// one after the other found no room for some.
//
// Within a pool only sums matter: blocks of falling sizes always pack, so items
// of one pool fit if for every size the items of at least that size take no more
// addresses than the pool has in free blocks of at least that size, and can
// spare. What is searched is therefore how many items of each choice and size go
// to which pool, the largest size first.
type search struct {
	classes []int32     // with items, ascending
	pools   [][]int     // of each of them
	lengths []int       // with items, ascending: sizes fall
	count   [][]int64   // items by length and class
	room    [][]int64   // addresses by length and pool, whole blocks of that length
	used    [][]int64   // of them, by what is decided
	answer  [][][]int64 // items by length, class and choice of its pools
	steps   int
}

// verdict is what a search finds out.
type verdict int

const (
	impossible verdict = iota
	found
	undecided
)

// mostSteps bounds a search, whose time grows with a power of the number of
// pools in the worst case. Each step is a flow through a graph of a node for each
// pair of size and class or pool.
const mostSteps = 4000

func newSearch(j *job) *search {
	s := &search{}
	var lengths [33]bool
	classes := make([]bool, len(j.lists.pools))
	for _, it := range j.items {
		lengths[it.bits], classes[it.class] = true, true
	}
	place := make([]int, len(classes))
	for c, there := range classes {
		if there {
			place[c] = len(s.classes)
			s.classes, s.pools = append(s.classes, int32(c)), append(s.pools, j.lists.pools[c])
		}
	}
	var at [33]int
	for l, there := range lengths {
		if !there {
			continue
		}
		at[l] = len(s.lengths)
		s.lengths = append(s.lengths, l)
		s.count = append(s.count, make([]int64, len(s.classes)))
		room := make([]int64, len(j.start))
		for p, sp := range j.start {
			room[p] = sp.room(l)
		}
		s.room, s.used = append(s.room, room), append(s.used, make([]int64, len(j.start)))
		answer := make([][]int64, len(s.classes))
		for c := range answer {
			answer[c] = make([]int64, len(s.pools[c]))
		}
		s.answer = append(s.answer, answer)
	}
	for _, it := range j.items {
		s.count[at[it.bits]][place[it.class]]++
	}
	return s
}

// room is how many addresses blocks of at most that length can take.
func (s *space) room(length int) int64 {
	var n int64
	for l := 0; l <= length; l++ {
		n += int64(len(s.free[l])+len(s.growth[l])) * int64(sizeOf(l))
	}
	n = max(0, min(n, s.budget))
	return n - n%int64(sizeOf(length))
}

func (s *search) run() verdict {
	if !s.may() {
		return impossible
	}
	switch ok := s.decide(0, 0, 0); {
	case ok:
		return found
	case s.steps > mostSteps:
		return undecided
	}
	return impossible
}

// decide chooses how many items of a length and class go to their choice-th pool,
// and then all that follows. The preferred pools get as many as can be.
func (s *search) decide(length, class, choice int) bool {
	switch {
	case length == len(s.lengths):
		return true
	case class == len(s.classes):
		return s.decide(length+1, 0, 0)
	case choice == len(s.pools[class]):
		return s.count[length][class] == 0 && s.decide(length, class+1, 0)
	case s.count[length][class] == 0:
		return s.decide(length, class+1, 0)
	}
	all := s.count[length][class]
	// Whole numbers of addresses aside, the amounts that can work are a range: if
	// one does and a larger one does not, none beyond that does.
	worked := false
	for n := s.most(length, class, choice); n >= 0 && s.steps <= mostSteps; n-- {
		s.put(length, class, choice, n)
		if s.restricted(length, class, choice+1) {
			worked = true
			if s.decide(length, class, choice+1) {
				return true
			}
		} else if worked {
			s.put(length, class, choice, -n)
			break
		}
		s.put(length, class, choice, -n)
	}
	s.count[length][class] = all
	return false
}

// most is how many items the pool has room for.
func (s *search) most(length, class, choice int) int64 {
	p := s.pools[class][choice]
	left := int64(math.MaxInt64)
	for l := length; l < len(s.lengths); l++ {
		left = min(left, s.room[l][p]-s.used[l][p])
	}
	return max(0, min(s.count[length][class], left/int64(sizeOf(s.lengths[length]))))
}

func (s *search) put(length, class, choice int, n int64) {
	p := s.pools[class][choice]
	s.count[length][class] -= n
	s.answer[length][class][choice] += n
	for l := length; l < len(s.lengths); l++ {
		s.used[l][p] += n * int64(sizeOf(s.lengths[length]))
	}
}

func (s *search) may() bool { return s.restricted(-1, -1, 0) }

// restricted reports whether everything still to be decided would fit if blocks
// could be cut at will, where the items of one length and class have only their
// later choices left: a flow from items through pools, where what has passed a
// pool at one length must pass it at the next, shorter ones joining.
func (s *search) restricted(length, class, from int) bool {
	s.steps++
	if s.steps > mostSteps {
		return false
	}
	f := newFlow(2 + len(s.lengths)*(len(s.classes)+len(s.room[0])))
	const source, sink = 0, 1
	node := func(l, i int) int { return 2 + l*(len(s.classes)+len(s.room[0])) + i }
	var want int64
	for l := range s.lengths {
		for c := range s.classes {
			n := s.count[l][c] * int64(sizeOf(s.lengths[l]))
			if n == 0 {
				continue
			}
			want += n
			f.edge(source, node(l, c), n)
			pools := s.pools[c]
			if l == length && c == class {
				pools = pools[from:]
			}
			for _, p := range pools {
				f.edge(node(l, c), node(l, len(s.classes)+p), n)
			}
		}
		for p := range s.room[l] {
			next := sink
			if l+1 < len(s.lengths) {
				next = node(l+1, len(s.classes)+p)
			}
			if left := s.room[l][p] - s.used[l][p]; left > 0 {
				f.edge(node(l, len(s.classes)+p), next, left)
			}
		}
	}
	return f.most(source, sink) == want
}
