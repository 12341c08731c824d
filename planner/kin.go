package planner

import (
	"slices"
	"strconv"

	"egressplan/planner/inventory"
	"egressplan/sim"
)

// kin is what apps have in common that the network cannot tell apart: their
// packets to one destination fare alike.
type kin struct {
	first *inventory.App // by Key; it stands for all
	label sim.Label      // the identity that travels with their packets
}

// findKin puts apps together that are of one group, attached alike, and alike in
// what the pattern's network looks at.
func (w *work) findKin() {
	w.kin = make(map[*inventory.App]*kin, len(w.plan.Apps))
	known := map[string]*kin{}
	groups := map[*group]int{}
	var key []byte
	for i := range w.plan.Apps {
		a := &w.plan.Apps[i]
		g := w.groups[a.Key]
		n, seen := groups[g]
		if !seen {
			n = len(groups)
			groups[g] = n
		}
		_, out := w.excluded[a.Key]
		key = strconv.AppendInt(key[:0], int64(n), 10)
		key = strconv.AppendBool(append(key, '|'), a.HostNetwork.V)
		key = strconv.AppendBool(append(key, '|'), out)
		key = append(append(append(key, '|'), a.Compute.V...), '|')
		key = append(key, w.pattern.knows(w, a)...)
		k := known[string(key)]
		if k == nil {
			k = &kin{first: a, label: sim.Label(i + 1)}
			known[string(key)] = k
		}
		w.kin[a] = k
	}
}

// label is the identity that travels with an app's packets.
func (w *work) label(a *inventory.App) sim.Label { return w.kin[a].label }

// eachPair calls f for the apps and destinations they open connections to, once
// for all kin.
func (b *builder) eachPair(apps []*inventory.App, f func(a *inventory.App, d *inventory.Destination, label sim.Label)) {
	var done []*inventory.Destination
	for _, a := range apps {
		k := b.w.kin[a]
		if k.first != a {
			continue
		}
		done = done[:0]
		for _, fl := range b.w.onPremises(a) {
			if fl.inbound() || slices.Contains(done, fl.to) {
				continue
			}
			done = append(done, fl.to)
			f(a, fl.to, k.label)
		}
	}
}
