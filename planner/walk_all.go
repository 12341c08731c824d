package planner

import (
	"fmt"
	"slices"

	"egressplan/sim"
)

// flowPaths are the paths of a flow.
type flowPaths struct {
	f appFlow
	*walks
}

// walks are the paths of flows that are alike; each path says the first of these
// flows.
type walks struct {
	paths  []walked
	broken int // the first that does not work, -1: all do
}

func (ws *walks) add(p walked) {
	if ws.broken < 0 && !p.works() {
		ws.broken = len(ws.paths)
	}
	ws.paths = append(ws.paths, p)
}

// each yields the flow's paths; who changes one changes a copy.
func (p flowPaths) each(yield func(*walked) bool) {
	for i := range p.paths {
		x := &p.paths[i]
		if x.f != p.f {
			own := *x
			own.f = p.f
			x = &own
		}
		if !yield(x) {
			return
		}
	}
}

// eachPath yields the paths of all flows.
func (w *work) eachPath(yield func(*walked) bool) {
	for _, fp := range w.paths {
		for p := range fp.each {
			if !yield(p) {
				return
			}
		}
	}
}

// walkKey is all that the walks of a flow depend on.
type walkKey struct {
	kinToward
	inbound bool
	ports   string   // its own
	admits  *summary // the sources that the allow-list admits
}

func (w *work) walkKey(f appFlow) walkKey {
	key := walkKey{kinToward: kinToward{w.toward(f.app, f.to), f.to}, inbound: f.inbound()}
	if len(f.flow.Ports) > 0 {
		key.ports = fmt.Sprint(f.flow.Ports)
	}
	if f.to.Firewall.V != "" && !key.inbound {
		key.admits = w.sourceOf(f).filed
	}
	return key
}

// walkAll walks every flow from every zone and pod variant, to every block and
// port range of its destination, both ways, with nothing broken. Flows that are
// alike in all that a walk looks at are walked once.
func (w *work) walkAll() []flowPaths {
	walker := w.b.walking()
	at := w.touching()
	seen := make([]bool, len(w.faults()))
	flows := w.walkedFlows()
	list := make([]flowPaths, 0, len(flows))
	known := map[walkKey]*walks{}
	var nodes []sim.NodeID
	for _, f := range flows {
		key := w.walkKey(f)
		ways := known[key]
		if ways == nil {
			ways = &walks{broken: -1}
			for _, o := range w.origins(f.app) {
				for _, c := range w.cutBlocks(f.to) {
					for _, p := range f.ports() {
						x := w.walk(walker, f, o, c, p, &nodes)
						x.touched = touched(at, nodes, seen)
						ways.add(x)
					}
				}
			}
			known[key] = ways
		}
		list = append(list, flowPaths{f, ways})
	}
	return list
}

// walkedFlows are the flows that are followed: those to on-premises first, then
// those to elsewhere.
func (w *work) walkedFlows() []appFlow {
	list := slices.Clip(w.flows())
	for _, a := range w.apps {
		list = append(list, w.index.elsewhere[a]...)
	}
	return list
}
