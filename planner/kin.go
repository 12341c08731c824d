package planner

import (
	"net/netip"
	"slices"
	"strconv"

	"egressplan/planner/inventory"
	"egressplan/sim"
)

// kin is what apps have in common that the network cannot tell apart: their
// packets to one destination fare alike.
type kin struct {
	first *inventory.App // by Key; it stands for all
	label sim.Label      // the identity that travels with these packets
}

// strangerLabel is of a workload that nothing in the plan knows.
const strangerLabel sim.Label = 1<<32 - 1

// appTo is an app towards a destination.
type appTo struct {
	app *inventory.App
	to  *inventory.Destination
}

// findKin puts apps together that are of one group and attached alike, and where
// the pattern's network looks at more, that are alike in what it may do to their
// packets for a destination: to that one and to all that overlap it.
func (w *work) findKin() {
	known := map[string]*kin{}
	join := func(a *inventory.App, key []byte) *kin {
		k := known[string(key)]
		if k == nil {
			k = &kin{first: a, label: sim.Label(len(known) + 1)}
			known[string(key)] = k
			w.kin = append(w.kin, k)
		}
		return k
	}
	w.kin, w.kinOf, w.kinTo = nil, make(map[*inventory.App]*kin, len(w.plan.Apps)), map[appTo]*kin{}
	w.meets = w.overlaps()
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
		w.kinOf[a] = join(a, key)
		w.findKinTo(a, key, join)
	}
}

// findKinTo does so for each destination that the network selects packets for,
// key being what is known of the app so far.
func (w *work) findKinTo(a *inventory.App, key []byte, join func(*inventory.App, []byte) *kin) {
	whole := len(key)
	for _, to := range w.nearby(a) {
		key = key[:whole]
		for _, f := range w.onPremises(a) {
			if f.inbound() || !w.meet(to, f.to) {
				continue
			}
			if group := w.pattern.selects(w, f); group != "" {
				key = append(append(append(append(key, group...), ' '), f.to.Name.V...), ' ')
			}
		}
		if len(key) > whole {
			w.kinTo[appTo{a, to}] = join(a, key)
		}
	}
}

// nearby are the on-premises destinations that an app opens connections to, and
// all that overlap these.
func (w *work) nearby(a *inventory.App) []*inventory.Destination {
	var list []*inventory.Destination
	for _, f := range w.onPremises(a) {
		if f.inbound() || slices.Contains(list, f.to) {
			continue
		}
		list = append(list, f.to)
	}
	for _, d := range list {
		for _, other := range w.meets[d] {
			if !slices.Contains(list, other) {
				list = append(list, other)
			}
		}
	}
	return list
}

// toward is the kin of an app's packets for a destination.
func (w *work) toward(a *inventory.App, to *inventory.Destination) *kin {
	if k, finer := w.kinTo[appTo{a, to}]; finer {
		return k
	}
	return w.kinOf[a]
}

// label is the identity that travels with a flow's packets from an origin.
func (w *work) label(f appFlow, o origin) sim.Label {
	if o.own != nil {
		return w.toward(o.own, f.to).label
	}
	return o.label
}

// meet reports whether two destinations have an address in common.
func (w *work) meet(a, b *inventory.Destination) bool {
	return a == b || slices.Contains(w.meets[a], b)
}

// overlaps are, for each destination, the others that have an address in common
// with it.
func (w *work) overlaps() map[*inventory.Destination][]*inventory.Destination {
	at := map[netip.Prefix][]*inventory.Destination{}
	blocks := func(d *inventory.Destination) []netip.Prefix {
		list := slices.Clone(w.destinationBlocks(d))
		if d.ClusterIP.Set {
			list = append(list, single(d.ClusterIP.V))
		}
		return list
	}
	for i := range w.plan.Destinations {
		d := &w.plan.Destinations[i]
		for _, c := range blocks(d) {
			at[c.Masked()] = append(at[c.Masked()], d)
		}
	}
	meets := map[*inventory.Destination][]*inventory.Destination{}
	note := func(a, b *inventory.Destination) {
		if a != b && !slices.Contains(meets[a], b) {
			meets[a] = append(meets[a], b)
			meets[b] = append(meets[b], a)
		}
	}
	for i := range w.plan.Destinations {
		d := &w.plan.Destinations[i]
		for _, c := range blocks(d) {
			for bits := range c.Bits() + 1 {
				wider, _ := c.Addr().Prefix(bits)
				for _, other := range at[wider] {
					note(d, other)
				}
			}
		}
	}
	return meets
}

// eachPair calls f for the apps and destinations they open connections to, with
// every label that their packets may bear to an address of the destination, once
// for all kin.
func (b *builder) eachPair(apps []*inventory.App, f func(a *inventory.App, d *inventory.Destination, label sim.Label)) {
	type rule struct {
		to    *inventory.Destination
		label sim.Label
	}
	done := map[rule]bool{}
	for _, a := range apps {
		nearby := b.w.nearby(a)
		for _, fl := range b.w.onPremises(a) {
			if fl.inbound() {
				continue
			}
			for _, to := range nearby {
				k := b.w.toward(a, to)
				if k.first != a || !b.w.meet(fl.to, to) || done[rule{fl.to, k.label}] {
					continue
				}
				done[rule{fl.to, k.label}] = true
				f(a, fl.to, k.label)
			}
		}
	}
}
