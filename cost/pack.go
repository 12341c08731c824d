package cost

import (
	"cmp"
	"slices"
)

// SharedNodes returns how many nodes of one kind hold all pods when any pod may
// run anywhere: first-fit decreasing, the largest CPU request first, then the
// largest memory request, each pod on the first node that has room for it in CPU,
// memory and number of pods. The number is at least atLeast (one node per zone,
// for instance). It reports false, and no number, if some pod fits no empty node.
//
// Bin packing is a model of the scheduler, not a prediction: a real cluster is
// rarely packed tighter.
func SharedNodes(demands []Demand, n Node, atLeast int) (nodes int, ok bool) {
	sorted := make([]Demand, 0, len(demands))
	room := 0
	for _, d := range demands {
		if d.Pods <= 0 {
			continue
		}
		perNode := PodsPerNode(d, n)
		if perNode == 0 {
			return 0, false
		}
		room += (d.Pods + perNode - 1) / perNode
		sorted = append(sorted, d)
	}
	slices.SortFunc(sorted, func(a, b Demand) int {
		return cmp.Or(cmp.Compare(b.CPU, a.CPU), cmp.Compare(b.Memory, a.Memory))
	})
	return max(atLeast, pack(sorted, n, room)), true
}

// DedicatedNodes returns how many nodes a group of apps needs that shares its
// nodes with no other group: [SharedNodes] over the group's apps alone. For a
// single app this is its pods divided by [PodsPerNode], rounded up.
func DedicatedNodes(demands []Demand, n Node, atLeast int) (nodes int, ok bool) {
	return SharedNodes(demands, n, atLeast)
}

// pack counts the nodes that first-fit uses for demands in the given order, room
// being enough of them.
func pack(demands []Demand, n Node, room int) int {
	t := newTree(n, room)
	used := 0
	for _, d := range demands {
		_, last := t.place(1, d, d.Pods)
		used = max(used, last-t.leaves+1)
	}
	return used
}

// tree is a heap-shaped segment tree over nodes in their order: the leaves say
// what is free on each node, the inner ones the largest of each kind below.
type tree struct {
	leaves int
	free   []Node
}

func newTree(n Node, nodes int) *tree {
	leaves := 1
	for leaves < nodes {
		leaves *= 2
	}
	t := &tree{leaves: leaves, free: make([]Node, 2*leaves)}
	for i := range t.free {
		t.free[i] = n
	}
	return t
}

// place puts up to pods of d on the leaves under i, from left to right, and
// returns how many are left over and the last leaf used (0 if none). Pods of one
// demand are alike: first-fit fills the first node with room before the next one
// gets any, so one walk places them all. The maxima of an inner node may belong to
// different leaves; then the walk turns back empty-handed.
func (t *tree) place(i int, d Demand, pods int) (left, last int) {
	f := &t.free[i]
	if f.CPU < d.CPU || f.Memory < d.Memory || f.Pods < 1 {
		return pods, 0
	}
	if i >= t.leaves {
		k := min(pods, PodsPerNode(d, *f))
		f.CPU, f.Memory, f.Pods = f.CPU-k*d.CPU, f.Memory-k*d.Memory, f.Pods-k
		return pods - k, i
	}
	left, last = t.place(2*i, d, pods)
	if left > 0 {
		var right int
		left, right = t.place(2*i+1, d, left)
		last = max(last, right)
	}
	if last > 0 {
		l, r := t.free[2*i], t.free[2*i+1]
		*f = Node{max(l.CPU, r.CPU), max(l.Memory, r.Memory), max(l.Pods, r.Pods)}
	}
	return left, last
}
