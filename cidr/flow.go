package cidr

// flow is a graph with capacities, to find the most that can go through it.
type flow struct {
	first []int32 // of each node, its first edge; -1 for none
	to    []int32
	next  []int32 // of each edge, the node's next one
	left  []int64
	level []int32
}

func newFlow(nodes int) *flow {
	f := &flow{first: make([]int32, nodes), level: make([]int32, nodes)}
	for i := range f.first {
		f.first[i] = -1
	}
	return f
}

// edge adds an edge and its way back, which are neighbours.
func (f *flow) edge(from, to int, capacity int64) {
	f.half(from, to, capacity)
	f.half(to, from, 0)
}

func (f *flow) half(from, to int, capacity int64) {
	f.to, f.left = append(f.to, int32(to)), append(f.left, capacity)
	f.next = append(f.next, f.first[from])
	f.first[from] = int32(len(f.to) - 1)
}

// most is the maximal flow, by Dinic's method.
func (f *flow) most(source, sink int) int64 {
	var total int64
	for f.levels(source, sink) {
		at := append([]int32(nil), f.first...)
		for {
			n := f.push(source, sink, 1<<62, at)
			if n == 0 {
				break
			}
			total += n
		}
	}
	return total
}

// levels measures how far each node is from the source; false if the sink is out
// of reach.
func (f *flow) levels(source, sink int) bool {
	for i := range f.level {
		f.level[i] = -1
	}
	f.level[source] = 0
	queue := []int32{int32(source)}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		for e := f.first[n]; e >= 0; e = f.next[e] {
			if f.left[e] > 0 && f.level[f.to[e]] < 0 {
				f.level[f.to[e]] = f.level[n] + 1
				queue = append(queue, f.to[e])
			}
		}
	}
	return f.level[sink] >= 0
}

func (f *flow) push(n, sink int, most int64, at []int32) int64 {
	if n == sink {
		return most
	}
	for ; at[n] >= 0; at[n] = f.next[at[n]] {
		e := at[n]
		if to := f.to[e]; f.left[e] > 0 && f.level[to] == f.level[n]+1 {
			if got := f.push(int(to), sink, min(most, f.left[e]), at); got > 0 {
				f.left[e] -= got
				f.left[e^1] += got
				return got
			}
		}
	}
	return 0
}
