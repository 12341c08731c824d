package sim

import (
	"slices"
	"testing"
)

// TestPassed: there and back, the ends included; the last flow only.
func TestPassed(t *testing.T) {
	w := NewWalker(chain(Node{}, Node{}))
	w.Forward(0, query(), 0)
	w.Reply()
	if got := w.Passed(nil); !slices.Equal(got, to(0, 1, 2, 3, 3, 2, 1, 0)) {
		t.Errorf("got %v", got)
	}
	w.Forward(0, tcp(clientAddr+":1", "192.0.2.1:1"), 0)
	if got := w.Passed(nil); !slices.Equal(got, to(0)) {
		t.Errorf("after a walk that ended at once: %v", got)
	}
}

// TestManyBroken: a fault of many nodes, held in a table, breaks what the same
// nodes one by one do.
func TestManyBroken(t *testing.T) {
	nodes := make([]Node, 2*denseFrom)
	n := chain(nodes...)
	for _, size := range []int{1, denseFrom - 1, denseFrom, 2 * denseFrom} {
		f := Fault{}
		for i := range size {
			f.Down = append(f.Down, NodeID(2*denseFrom-i))
		}
		w := NewWalker(n)
		w.Fail(Break(n, f))
		if r := w.Forward(0, query(), 0); r.Code != CodeNodeDown || r.At != f.Down[size-1] {
			t.Errorf("%d down: %v at %d", size, r.Code, r.At)
		}
		w.Fail(nil)
		if r := w.Forward(0, query(), 0); r.Verdict != Delivered {
			t.Errorf("mended: %v", r.Code)
		}
	}
}
