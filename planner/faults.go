package planner

import (
	"cmp"
	"slices"

	"egressplan/planner/inventory"
	"egressplan/sim"
)

// fault is one thing broken, in two phases: until what could notice has
// noticed, and after. Where nothing notices by itself both are the same.
type fault struct {
	state    State
	name     string // of the state
	fails    []sim.NodeID
	survives string   // the word of mustSurvive that it is a test of
	lasts    duration // how long the first phase lasts
	mended   bool     // noticed means replaced: as healthy, by something equal

	onset, settled *sim.Broken
}

// duration is how long something lasts, in words; known says whether the
// sources give a figure.
type duration struct {
	text  string
	known bool
}

// How long the first phase of a fault lasts. What the sources leave open is
// said to be open.
var (
	lastsReschedule = duration{"until its pods run on another node of the same subnets; Kubernetes gives a silent node tens of seconds and its pods minutes by default, the figures are settings of the cluster", false}
	lastsZone       = duration{"until the lost pods run in the other zones", false}
	lastsZoneOSS    = duration{"for pods hashed to its egress nodes until their Node objects are deleted, since nothing checks their health; for its own pods until they run in other zones", false}
	lastsLink       = duration{"until the routing protocol withdraws the link's routes: its hold time, or less with BFD; both are settings of the link", false}
	lastsNAT        = duration{"until somebody leads the route tables to another gateway: nothing in the VPC does that by itself", true}
	lastsEgressNode = duration{"until the Node object is deleted: the open-source egress gateway checks no health", true}
	lastsHealth     = duration{"until the health check of the enterprise edition drops the node; no interval is published", false}
	lastsDeleted    = duration{"a second or so until the policies are worked out again; open connections of re-hashed pods break", true}
	lastsEgressIP   = duration{"until the address is configured and the policy applied again: a later change of addresses is not noticed", true}
	lastsGateway    = duration{"until the gateway's endpoints are withdrawn, about 40 s where only a silent node tells, less with outlier detection; the figure depends on the cluster", false}
)

// faults are everything that may break in this candidate, each ready to be
// walked, by kind in their documented order and then by subject.
func (w *work) faults() []fault {
	if w.broken != nil {
		return w.broken
	}
	b := w.b
	list := []fault{}
	for _, z := range w.zones {
		list = append(list, fault{state: State{stateZoneLost, z}, fails: b.inZone(z), survives: inventory.SurviveZoneLost, lasts: b.zoneLasts()})
		if hosts := b.workloadNodes(z); len(hosts) > 0 {
			list = append(list, fault{state: State{stateNodeLost, z}, fails: hosts, survives: inventory.SurviveNodeLost, lasts: lastsReschedule, mended: true})
		}
	}
	links := map[string][]sim.NodeID{}
	for _, l := range b.linkNodes {
		links[l.name] = append(links[l.name], l.id)
	}
	for _, name := range sortedKeys(links) {
		list = append(list, fault{state: State{stateLinkLost, name}, fails: links[name], survives: inventory.SurviveLinkLost, lasts: lastsLink})
	}
	for _, n := range b.natNodes {
		list = append(list, fault{state: State{stateNATLost, n.name}, fails: []sim.NodeID{n.id}, lasts: lastsNAT})
	}
	list = append(list, w.pattern.faults(w)...)
	slices.SortStableFunc(list, func(x, y fault) int {
		return cmp.Or(cmp.Compare(kindOrder(x.state.Kind), kindOrder(y.state.Kind)), cmp.Compare(x.state.Subject, y.state.Subject))
	})
	for i := range list {
		list[i].name = list[i].state.String()
		b.ready(&list[i])
	}
	w.broken = list
	return list
}

// zoneLasts is how long a lost zone is felt.
func (b *builder) zoneLasts() duration {
	for _, id := range b.egress {
		if !b.watched[id] {
			return lastsZoneOSS
		}
	}
	return lastsZone
}

func kindOrder(kind string) int {
	return slices.IndexFunc(stateKinds, func(k StateKind) bool { return k.Kind == kind })
}

// ready works out both phases: in the second, what is watched is known to be
// gone, everything else is still sent to.
func (b *builder) ready(f *fault) {
	var later sim.Fault
	for _, id := range f.fails {
		switch {
		case b.watched[id]:
			later.Gone = append(later.Gone, id)
		default:
			later.Down = append(later.Down, id)
		}
	}
	f.onset = sim.Break(&b.net, sim.Fault{Down: f.fails})
	switch {
	case f.mended:
		f.settled = nil
	case f.state.Kind == stateEgressIPMissing:
		f.settled = sim.Break(&b.net, sim.Fault{Bare: f.fails})
		f.onset = f.settled
	case f.state.Kind == stateEgressNodeDeleted: // deleting is noticed, by definition
		f.settled = sim.Break(&b.net, sim.Fault{Gone: f.fails})
		f.onset = f.settled
	case len(later.Gone) == 0: // nothing notices
		f.settled = f.onset
	default:
		f.settled = sim.Break(&b.net, later)
	}
}

// inZone are the nodes of the network that go with a zone.
func (b *builder) inZone(zone string) []sim.NodeID {
	var list []sim.NodeID
	for i := range b.net.Nodes {
		if b.net.Nodes[i].Zone == zone {
			list = append(list, sim.NodeID(i))
		}
	}
	return list
}

// workloadNodes are the EC2 nodes with pods of apps in a zone, one for each
// group, and what runs on them.
func (b *builder) workloadNodes(zone string) []sim.NodeID {
	var list []sim.NodeID
	for _, p := range b.placed {
		if p.zone != zone || p.host == sim.None || p.gateway {
			continue
		}
		list = append(list, p.host)
		for v, id := range p.start {
			if v != variantFargate && id != p.host {
				list = append(list, id)
			}
		}
	}
	slices.Sort(list)
	return list
}

// touching files, for every node, the faults that break it, so that only paths
// that meet a fault are walked again.
func (w *work) touching() [][]int32 {
	at := make([][]int32, len(w.b.net.Nodes))
	for i, f := range w.faults() {
		for _, id := range f.fails {
			at[id] = append(at[id], int32(i))
		}
	}
	return at
}

// touched are the faults that some node of a walk is part of, in order. The
// nodes of all alternatives are among those of its choices, so a fault that
// meets none of them changes nothing.
func touched(at [][]int32, nodes []sim.NodeID, seen []bool) []int32 {
	var list []int32
	for _, id := range nodes {
		for _, f := range at[id] {
			if !seen[f] {
				seen[f] = true
				list = append(list, f)
			}
		}
	}
	for _, f := range list {
		seen[f] = false
	}
	slices.Sort(list)
	return list
}
