package cidr

import (
	"math/bits"
	"slices"
)

// space is what one pool has left: maximal free blocks by prefix length, each
// list a heap with the lowest address on top.
type space struct {
	free   [33][]uint32
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
	for i, l := range s.free {
		c.free[i] = slices.Clone(l)
	}
	return &c
}

// fits reports whether a block of that length is free, whatever the pool keeps free.
func (s *space) fits(length int) bool {
	for l := length; l >= 0; l-- {
		if len(s.free[l]) > 0 {
			return true
		}
	}
	return false
}

// affords reports whether so many addresses leave what the pool keeps free.
func (s *space) affords(addresses uint64) bool { return s.budget >= int64(addresses) }

// take removes a block of that length, from the smallest free block that holds one.
func (s *space) take(length int) (addr uint32, ok bool) {
	for l := length; l >= 0; l-- {
		if len(s.free[l]) == 0 {
			continue
		}
		addr = pop(&s.free[l])
		for n := l + 1; n <= length; n++ {
			push(&s.free[n], addr+uint32(sizeOf(n)))
		}
		s.count(-int64(sizeOf(length)))
		return addr, true
	}
	return 0, false
}

// takeIn removes the lowest block of that length inside the parent, from the
// smallest free block there. It needs the lists sorted, not just heaps, and
// keeps them so: it is for before the first take.
func (s *space) takeIn(parent block, length int) (addr uint32, ok bool) {
	for l := length; l > parent.bits; l-- {
		at, _ := slices.BinarySearch(s.free[l], parent.addr)
		if at == len(s.free[l]) || !parent.holds(block{s.free[l][at], l}) {
			continue
		}
		addr = s.free[l][at]
		s.free[l] = slices.Delete(s.free[l], at, at+1)
		for n := l + 1; n <= length; n++ {
			half := addr + uint32(sizeOf(n))
			to, _ := slices.BinarySearch(s.free[n], half)
			s.free[n] = slices.Insert(s.free[n], to, half)
		}
		s.count(-int64(sizeOf(length)))
		return addr, true
	}
	return 0, false
}

// giveBack frees addresses that were taken, as aligned blocks.
func (s *space) giveBack(bs ...block) {
	for _, b := range bs {
		push(&s.free[b.bits], b.addr)
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
	for l, list := range s.free {
		for _, a := range list {
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
