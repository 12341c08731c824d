package cidr

import (
	"cmp"
	"math/bits"
	"slices"
)

// space is what one pool has left: maximal free blocks by prefix length, each
// list a heap with the lowest address on top.
//
// The growth list has the blocks beside what is placed, which are taken last. It
// never parts what could be one block: the sibling of such a block is taken, or
// in the list too.
type space struct {
	free   [33][]uint32
	growth [33][]uint32
	spare  uint64 // addresses of all free blocks
	budget int64  // addresses new blocks may still take; below 0 if what is held eats into what is kept free
}

func newSpace(free []block, keep uint64) *space {
	s := &space{spare: addresses(free)}
	s.budget = int64(s.spare) - int64(keep)
	for _, b := range free {
		s.free[b.bits] = append(s.free[b.bits], b.addr) // sorted is a heap
	}
	return s
}

func (s *space) clone() *space {
	c := *s
	for i := range s.free {
		c.free[i], c.growth[i] = slices.Clone(s.free[i]), slices.Clone(s.growth[i])
	}
	return &c
}

// spareFor moves the free blocks inside the regions to the growth list. The
// regions are disjoint and sorted, and none lies inside a free block.
func (s *space) spareFor(regions []block) {
	for l, list := range s.free {
		kept := list[:0]
		for _, a := range list {
			i, _ := slices.BinarySearchFunc(regions, a, func(r block, a uint32) int { return cmp.Compare(r.addr, a) })
			at := block{a, l}
			if i < len(regions) && regions[i].holds(at) || i > 0 && regions[i-1].holds(at) {
				s.growth[l] = append(s.growth[l], a)
			} else {
				kept = append(kept, a)
			}
		}
		s.free[l] = kept
	}
}

// fits reports whether a block of that length is free, whatever the pool keeps free.
func (s *space) fits(length int) bool {
	for l := length; l >= 0; l-- {
		if len(s.free[l])+len(s.growth[l]) > 0 {
			return true
		}
	}
	return false
}

// affords reports whether so many addresses leave what the pool keeps free.
func (s *space) affords(addresses uint64) bool { return s.budget >= int64(addresses) }

// take removes a block of that length, from the smallest free block that holds
// one. A block that is to grow comes from one of twice its length, if there is
// any, and its other half is taken last from now on; roomy says that it has one.
// What lies beside another block goes only where nothing else is left: then what
// was beside it is broken up.
func (s *space) take(length int, grows bool) (addr uint32, roomy, ok bool) {
	for _, lists := range []*[33][]uint32{&s.free, &s.growth} {
		if grows && length > 0 {
			if addr, ok = s.split(lists, length-1); ok {
				push(&s.growth[length], addr+uint32(sizeOf(length)))
				s.count(-int64(sizeOf(length)))
				return addr, true, true
			}
		}
		if addr, ok = s.split(lists, length); ok {
			s.count(-int64(sizeOf(length)))
			return addr, false, true
		}
	}
	return 0, false, false
}

// split removes a block of that length from the lists, from the smallest that
// holds one. What is left of that is free.
func (s *space) split(lists *[33][]uint32, length int) (addr uint32, ok bool) {
	for l := length; l >= 0; l-- {
		if len(lists[l]) == 0 {
			continue
		}
		addr = pop(&lists[l])
		for n := l + 1; n <= length; n++ {
			push(&s.free[n], addr+uint32(sizeOf(n)))
		}
		return addr, true
	}
	return 0, false
}

// cut is a block that takeIn removed, from which block of which lists.
type cut struct {
	lists  *[33][]uint32
	addr   uint32
	from   int
	length int
}

// takeIn removes the lowest block of that length inside the parent, from the
// smallest free block there, be it beside another or not. It needs the lists
// sorted, not just heaps, and keeps them so: it is for before the first take.
func (s *space) takeIn(parent block, length int) (cut, bool) {
	for l := length; l > parent.bits; l-- {
		for _, lists := range []*[33][]uint32{&s.free, &s.growth} {
			at, _ := slices.BinarySearch(lists[l], parent.addr)
			if at == len(lists[l]) || !parent.holds(block{lists[l][at], l}) {
				continue
			}
			c := cut{lists, lists[l][at], l, length}
			lists[l] = slices.Delete(lists[l], at, at+1)
			for n := l + 1; n <= length; n++ {
				insert(&lists[n], c.addr+uint32(sizeOf(n)))
			}
			s.count(-int64(sizeOf(length)))
			return c, true
		}
	}
	return cut{}, false
}

// undo puts a cut back, the last one first.
func (s *space) undo(c cut) {
	for n := c.from + 1; n <= c.length; n++ {
		at, _ := slices.BinarySearch(c.lists[n], c.addr+uint32(sizeOf(n)))
		c.lists[n] = slices.Delete(c.lists[n], at, at+1)
	}
	insert(&c.lists[c.from], c.addr)
	s.count(int64(sizeOf(c.length)))
}

func insert(sorted *[]uint32, v uint32) {
	at, _ := slices.BinarySearch(*sorted, v)
	*sorted = slices.Insert(*sorted, at, v)
}

// giveBack frees addresses that were taken, as aligned blocks; beside what
// grows they are taken last.
func (s *space) giveBack(beside bool, bs ...block) {
	lists := &s.free
	if beside {
		lists = &s.growth
	}
	for _, b := range bs {
		push(&lists[b.bits], b.addr)
		s.count(int64(sizeOf(b.bits)))
	}
}

func (s *space) count(n int64) {
	s.spare += uint64(n)
	s.budget += n
}

// blocks is the free space as maximal blocks by address.
func (s *space) blocks() []block {
	var out []block
	for l := range s.free {
		for _, a := range s.free[l] {
			out = append(out, block{a, l})
		}
		for _, a := range s.growth[l] {
			out = append(out, block{a, l})
		}
	}
	slices.SortFunc(out, compareBlocks)
	return coalesce(out)
}

// parentLength is the prefix length of the smallest aligned block of at least
// that many addresses.
func parentLength(addresses uint64) int { return 32 - bits.Len64(addresses-1) }

func push(heap *[]uint32, v uint32) {
	h := append(*heap, v)
	i := len(h) - 1
	for i > 0 && h[(i-1)/2] > h[i] {
		h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
		i = (i - 1) / 2
	}
	*heap = h
}

func pop(heap *[]uint32) uint32 {
	h := *heap
	top, last := h[0], len(h)-1
	h[0] = h[last]
	h = h[:last]
	for i := 0; 2*i+1 < last; {
		c := 2*i + 1
		if c+1 < last && h[c+1] < h[c] {
			c++
		}
		if h[i] <= h[c] {
			break
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
	*heap = h
	return top
}
