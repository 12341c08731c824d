package sim

import "net/netip"

// maxHops is how many nodes a walk visits before it counts as a loop; a path
// through two proxies with all its filters has about 30.
const maxHops = 64

// Walker walks packets through one network. It keeps its buffers between walks,
// and the flow of the last one for Reply, so it is not safe for concurrent use:
// give each goroutine its own. The network must not change meanwhile.
type Walker struct {
	// Port is the port that translations with a pool give: itself, or the end of
	// the pool that is nearest. 0 is the lowest of every pool, 65535 the highest;
	// a filter that is narrower than the pool refuses one of these, or one beside
	// a border of its rules.
	Port uint16
	// Size is the length of every packet walked, in bytes with the IP header, not
	// to be fragmented; 0 fits everywhere.
	Size uint16

	net     *Network
	tables  []*table // by node; nil until first come to
	filters map[*Filter]*filter

	walks     uint64 // so far
	choice    int
	ways      int // least common multiple of the alternatives met
	replying  bool
	path      []visit // of the walk under way
	sources   []netip.Addr
	forth     []visit // of the last Forward: the sessions that Reply meets
	back      []visit // of the last Reply
	delivered bool    // at the end of forth
	mtu       uint16  // the smallest met in this walk; 0 none
	faulty    bool
	health    []health // by node, while faulty
	own       []health // to fill in small faults
	failed    []NodeID // where own is not up
}

// NewWalker returns a walker of the network, which should have passed Validate.
func NewWalker(n *Network) *Walker {
	return &Walker{
		net: n, tables: make([]*table, len(n.Nodes)), filters: map[*Filter]*filter{},
		forth: make([]visit, 0, maxHops+1), back: make([]visit, 0, maxHops+1),
	}
}

// Forward walks a packet that opens a flow from the node that makes it. Where
// there are alternatives, choice takes the one at choice modulo their number;
// Variants says how many values are worth a walk. A start that is not there or
// down, or a packet that is not IPv4, is Unreachable. After the first walks it
// allocates nothing; Sources is part of the network and must not be changed.
func (w *Walker) Forward(start NodeID, p Packet, choice int) Result {
	w.forth, w.back, w.delivered = w.forth[:0], w.back[:0], false
	w.replying, w.choice = false, choice
	t, ok := tupleOf(p)
	if !ok || start < 0 || int(start) >= len(w.net.Nodes) {
		return Result{Verdict: Unreachable, Code: CodeNoOrigin, At: start, Packet: p}
	}
	if w.is(start, down) || w.is(start, gone) {
		return Result{Verdict: Unreachable, Code: CodeNoOrigin, Ref: w.net.Nodes[start].Ref, At: start, Packet: p}
	}
	w.path = w.forth
	r := w.walk(start, t)
	w.forth, w.delivered = w.path, r.Verdict == Delivered
	return r
}

// Reply walks the answer to the last Forward or Trace back from its receiver.
// It is Delivered if it reaches the node where that started, as the answer to
// the packet that was sent; an answer that gets lost on the way ends as any
// packet does. Without a delivered packet there is no answer: Unreachable.
func (w *Walker) Reply() Result {
	w.back = w.back[:0]
	if !w.delivered {
		return Result{Verdict: Unreachable, Code: CodeNoOrigin, At: None}
	}
	last := &w.forth[len(w.forth)-1]
	w.replying, w.path = true, w.back
	r := w.walk(last.at, last.out.reply())
	w.back = w.path
	return r
}

// walk takes a packet from node to node to its end and leaves the visits in
// path, which has room for all of them.
func (w *Walker) walk(start NodeID, p tuple) Result {
	w.sources, w.mtu = nil, 0
	w.walks++
	w.path = w.path[:1]
	v := &w.path[0]
	*v = visit{at: start, in: p, out: p, start: true}
	for {
		t := w.table(v.at)
		e := w.pass(v, t)
		if e.verdict != Undecided {
			return Result{Verdict: e.verdict, Code: e.code, Ref: e.ref, At: v.at, Packet: v.out.packet(), Sources: w.sources, MTU: w.mtu}
		}
		v = w.step(v)
	}
}

// step is the arrival at the next node.
func (w *Walker) step(from *visit) *visit {
	w.path = w.path[:len(w.path)+1]
	v := &w.path[len(w.path)-1]
	*v = visit{at: from.next}
	v.in = from.out
	v.out = from.out
	return v
}

// pick is the alternative that the walk's choice takes among n.
func (w *Walker) pick(n int) int {
	if n == 1 {
		return 0
	}
	w.ways = commonMultiple(w.ways, n)
	return int(uint(w.choice) % uint(n))
}
