package planner

import (
	"encoding/binary"
	"fmt"
	"slices"

	"egressplan/planner/inventory"
	"egressplan/sim"
)

// endured is what a fault does to one flow towards a destination, over all its
// paths.
type endured struct {
	fault int32
	met   int  // paths that meet the fault
	alive bool // some pod on these is left to open or answer it
	works bool // some of these works
	fails *walked
}

// flowKey names the flows that one set of allow-list rows is for.
type flowKey struct{ app, to, initiator string }

func (f appFlow) key() flowKey { return flowKey{f.app.Key, f.to.Name.V, f.flow.Initiator.V} }

// survivals reports the flows that do not go on in a fault although they must.
func (w *work) survivals() {
	w.endure(func(f appFlow) bool { return len(f.to.MustSurvive) > 0 }, w.reportLost)
}

// fillStates tells the rows of the allow-list in which states they are used.
func (w *work) fillStates() {
	states := make(map[flowKey][]int32, len(w.paths))
	w.endure(func(appFlow) bool { return true }, func(f appFlow, list []endured, paths int) {
		served := states[f.key()]
		for _, e := range list {
			if e.goesOn(paths) {
				served = append(served, e.fault)
			}
		}
		states[f.key()] = served
	})
	named := map[string][]string{} // many rows serve in the same
	var key []byte
	for i := range w.rows {
		r := &w.rows[i]
		list := states[flowKey{r.App, r.To, r.Initiator}]
		slices.Sort(list)
		key = key[:0]
		for _, t := range list {
			key = binary.AppendVarint(key, int64(t))
		}
		names, known := named[string(key)]
		if !known {
			names = w.stateNames(list)
			named[string(key)] = names
		}
		r.States = names
	}
}

// endure walks every path of some flows again in every fault that it meets, as
// it is once the fault has been noticed, and tells of each flow what the faults
// do to it and how many paths work when nothing is lost.
func (w *work) endure(of func(appFlow) bool, tell func(f appFlow, list []endured, paths int)) {
	type fate struct {
		list  []endured
		paths int
	}
	walker := w.b.walking()
	known := map[*walks]fate{}
	for _, fp := range w.paths {
		if fp.f.to.Kind.V != inventory.KindOnPremises || !of(fp.f) {
			continue
		}
		x, done := known[fp.walks]
		if !done {
			x.list, x.paths = w.endureWalks(walker, fp.walks)
			known[fp.walks] = x
		}
		tell(fp.f, x.list, x.paths)
	}
}

// endureWalks is what the faults do to the paths of a flow, and how many of these
// work when nothing is lost.
func (w *work) endureWalks(walker *sim.Walker, ws *walks) (list []endured, paths int) {
	faults := w.faults()
	for i := range ws.paths {
		p := &ws.paths[i]
		if !p.works() {
			continue
		}
		paths++
		for _, t := range p.touched {
			at := slices.IndexFunc(list, func(e endured) bool { return e.fault == t })
			if at < 0 {
				list = append(list, endured{fault: t})
				at = len(list) - 1
			}
			list[at].met++
			w.endurePath(walker, p, &faults[t], &list[at])
		}
	}
	return list, paths
}

// goesOn reports whether a flow, of so many paths, goes on in the fault: by some
// path that meets it and works, or by one that does not meet it.
func (e *endured) goesOn(paths int) bool { return e.works || e.met < paths }

// endurePath adds what a fault does to one path.
func (w *work) endurePath(walker *sim.Walker, p *walked, f *fault, e *endured) {
	if f.mended {
		e.alive, e.works = true, true
		return
	}
	x := &w.endured
	*x = *p
	x.state, x.touched, x.fault = f.state, nil, f.settled
	walker.Fail(f.settled)
	w.follow(walker, x, nil)
	if x.gonePod() {
		return // that pod is gone with what was lost
	}
	e.alive = true
	e.works = e.works || x.good > 0
	if x.good < x.of && e.fails == nil {
		fails := *x
		e.fails = &fails
	}
}

// gonePod reports whether the pod at the near end of the path is lost.
func (p *walked) gonePod() bool {
	if p.f.inbound() {
		return p.result.Verdict == sim.Blackhole && p.result.At == p.end
	}
	return p.result.Verdict == sim.Unreachable
}

// reportLost reports what must survive a fault and does not.
func (w *work) reportLost(flow appFlow, list []endured, paths int) {
	faults := w.faults()
	reported := map[string]bool{}
	for _, e := range list {
		f := &faults[e.fault]
		spared := e.met < paths // by paths that do not meet the fault
		if f.survives == "" || reported[f.survives] || !flow.mustSurvive(f.survives) {
			continue
		}
		switch {
		case e.fails != nil:
			reported[f.survives] = true
			w.report(surviving[f.survives].code, flow.to.At, []string{flow.subject()}, "%s must survive a %s; in state %s %d of %d ways from %s fail: %s",
				flow.subject(), surviving[f.survives].words, f.state, e.fails.of-e.fails.good, e.fails.of, e.fails.from.zone, w.reason(e.fails).Text)
		case !e.alive && !spared:
			reported[f.survives] = true
			w.report(surviving[f.survives].code, flow.to.At, []string{flow.subject()}, "%s must survive a %s; in state %s no pod of it is left",
				flow.subject(), surviving[f.survives].words, f.state)
		}
	}
}

// surviving is what is said of a flow that does not survive what it must.
var surviving = map[string]struct{ code, words string }{
	inventory.SurviveNodeLost: {"survive-node-lost", "lost node"},
	inventory.SurviveZoneLost: {"survive-zone-lost", "lost zone"},
	inventory.SurviveLinkLost: {"survive-link-lost", "lost link"},
}

// stateNames are the healthy state and some faults in order, without repeats.
func (w *work) stateNames(list []int32) []string {
	names := []string{stateHealthy}
	for _, t := range slices.Compact(list) {
		names = append(names, fmt.Sprint(w.faults()[t].state))
	}
	return names
}
