package sim

import "slices"

// table is a node in the form the walker works on.
type table struct {
	node                       *Node
	ingress, egress, authorize *filter
	owns                       []block
	forwards, nat              matches
	routes                     routeTable
	carries                    []Protocol
	walk                       uint64 // the last walk that came here
}

// filter is a Filter with its rules made searchable.
type filter struct {
	*Filter
	matches matches
}

// table is made when a node is first come to: of a large network most walks
// see little.
func (w *Walker) table(id NodeID) *table {
	if w.tables[id] == nil {
		w.tables[id] = w.compile(&w.net.Nodes[id])
	}
	return w.tables[id]
}

func (w *Walker) compile(n *Node) *table {
	t := &table{
		node:    n,
		ingress: w.filter(n.Ingress), egress: w.filter(n.Egress),
		routes: newRouteTable(n.Routes), carries: n.Carries,
	}
	for _, p := range n.Owns {
		if p.IsValid() && p.Addr().Is4() {
			t.owns = append(t.owns, blockOf(p))
		}
	}
	nat := make([]match, len(n.NAT))
	for i := range n.NAT {
		nat[i] = matchOf(n.NAT[i].Match)
	}
	t.nat = newMatches(nat)
	if n.Proxy != nil {
		t.authorize = w.filter(n.Proxy.Authorize)
		forwards := make([]match, len(n.Proxy.Forwards))
		for i := range n.Proxy.Forwards {
			forwards[i] = matchOf(n.Proxy.Forwards[i].Match)
		}
		t.forwards = newMatches(forwards)
	}
	return t
}

// filter compiles a filter once, however many nodes share it.
func (w *Walker) filter(f *Filter) *filter {
	if f == nil {
		return nil
	}
	if c, ok := w.filters[f]; ok {
		return c
	}
	list := make([]match, len(f.Rules))
	for i := range f.Rules {
		list[i] = matchOf(f.Rules[i].Match)
	}
	c := &filter{Filter: f, matches: newMatches(list)}
	w.filters[f] = c
	return c
}

// allows decides on a packet by itself and says by which rule.
func (f *filter) allows(p *tuple) (bool, Ref) {
	i := f.matches.first(p, 0)
	if i < 0 {
		return false, f.Ref
	}
	return f.Rules[i].Allow, f.Rules[i].Ref
}

func (t *table) carry(p Protocol) bool {
	return len(t.carries) == 0 || slices.Contains(t.carries, p) || slices.Contains(t.carries, Any)
}

func (t *table) own(n uint32) bool {
	for _, b := range t.owns {
		if b.contains(n) {
			return true
		}
	}
	return false
}
