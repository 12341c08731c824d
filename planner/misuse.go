package planner

import (
	"fmt"
	"slices"

	"egressplan/planner/inventory"
	"egressplan/sim"
)

// misuse is how packets begin that somebody sends who should not, or not like
// this, and why it may change nothing.
type misuse struct {
	from   []origin
	fault  *sim.Broken
	net    *builder // another network than the candidate's own; nil: the same
	direct bool     // the destination's own address is asked for, not its ClusterIP
	who    string   // whose packets they are, in words
	lasts  duration // how long it can go on; empty: as long as nobody stops it
	void   string   // why a misuse of this kind changes nothing here
}

// misuseKinds are the kinds of state that are about an app.
func misuseKinds() []string {
	var list []string
	for _, k := range stateKinds {
		if k.Misuse {
			list = append(list, k.Kind)
		}
	}
	return list
}

// misuse says how an app's packets begin in a misuse: what is the same in all
// patterns here, the rest by the pattern.
func (w *work) misuse(kind string, a *inventory.App) misuse {
	switch kind {
	case stateHostNetwork:
		if a.Compute.V == inventory.ComputeFargate {
			return misuse{void: "Fargate has no host network to use"}
		}
		return misuse{from: w.hostOrigins(a), who: "a pod of " + a.Key + " on the host network"}
	case stateSubnetDiscovery:
		return w.discovered(a)
	case statePortsExhausted:
		return misuse{from: w.origins(a), fault: w.b.brokenOnce(kind, func() sim.Fault { return sim.Fault{Bare: w.b.translators()} }), who: "a pod of " + a.Key,
			lasts: duration{"until connections to the destination end", true}}
	}
	return w.pattern.misuse(w, kind, a)
}

// hostOrigins are the host networks of the nodes an app runs on: packets have the
// node's identity there, which no policy selects and no certificate proves.
func (w *work) hostOrigins(a *inventory.App) []origin {
	var list []origin
	for _, z := range w.zonesOf(a) {
		if o := w.placeOf(a, z).origin(z, variantHost); o.start != sim.None {
			list = append(list, o)
		}
	}
	return list
}

// besides are the pods of an app whose packets pass by their sidecar.
func (w *work) besides(a *inventory.App) []origin {
	var list []origin
	for _, o := range w.origins(a) {
		if p := w.placeOf(a, o.zone); o.start != sim.None && p.host != sim.None {
			o.start = p.host
			list = append(list, o)
		}
	}
	return list
}

// discovered are pods with an address from another subnet that the CNI may take
// addresses from: those tagged for it. Custom networking overrides discovery.
func (w *work) discovered(a *inventory.App) misuse {
	cni := w.env.Cluster.VPCCNI
	m := misuse{who: "a pod of " + a.Key + " whose address the CNI took from another tagged subnet"}
	switch {
	case w.cilium():
		m.void = "Cilium hands out the addresses, not the VPC CNI"
	case cni.CustomNetworking.V:
		m.void = "custom networking overrides subnet discovery"
	case a.Compute.V == inventory.ComputeFargate || a.HostNetwork.V:
		m.void = "a pod without an address from the node's interfaces has none to discover"
	case !cni.SubnetDiscovery.V:
		m.void = "subnet discovery is off"
	default:
		for _, z := range w.zonesOf(a) {
			if p := w.placeOf(a, z); p != nil {
				if o := p.origin(z, variantDiscovered).as(a); o.start != sim.None {
					m.from = append(m.from, o)
				}
			}
		}
		if len(m.from) == 0 {
			m.void = "no other existing subnet is said to carry the tag (vpc.subnets[].cni)"
		}
	}
	return m
}

// brokenOnce makes the fault of a misuse ready the first time it is needed.
func (b *builder) brokenOnce(kind string, f func() sim.Fault) *sim.Broken {
	if b.misused[kind] == nil {
		b.misused[kind] = sim.Break(&b.net, f())
	}
	return b.misused[kind]
}

// walking is the network's walker: one for all, since making its tables costs
// more than many walks.
func (b *builder) walking() *sim.Walker {
	if b.walker == nil {
		b.walker = sim.NewWalker(&b.net)
	}
	b.walker.Fail(nil)
	return b.walker
}

// translators are all nodes that translate.
func (b *builder) translators() []sim.NodeID {
	var list []sim.NodeID
	for i := range b.net.Nodes {
		if len(b.net.Nodes[i].NAT) > 0 {
			list = append(list, sim.NodeID(i))
		}
	}
	return list
}

// dedicatedMisuse is what patterns 1 and 2 share: nodes decide the source, so
// whoever is on a node is taken for its group, and labels decide nothing.
func (w *work) dedicatedMisuse(kind string, a *inventory.App) misuse {
	switch kind {
	case stateMisplaced, stateImpostor:
		others := w.otherGroups(a)
		if len(others) == 0 {
			return misuse{void: "there is no other source group"}
		}
		where := "the nodes of " + others[0].name
		if len(others) > 1 {
			where = fmt.Sprintf("the nodes of %d other groups", len(others))
		}
		m := misuse{who: "a pod of " + a.Key + " on " + where, direct: true}
		if kind == stateImpostor {
			m.who = "a pod on " + where + " that wears the labels of " + a.Key
		}
		for _, g := range others {
			for _, z := range w.zones {
				p := w.b.places[placeKey{g.name, z}]
				for _, v := range w.variants(g.apps[0]) {
					if o := p.origin(z, v).as(a); o.start != sim.None {
						m.from = append(m.from, o)
					}
				}
			}
		}
		return m
	case stateMislabelled:
		return misuse{from: w.origins(a), who: "a pod of " + a.Key + " without its labels: the node decides the source, not the label"}
	case statePolicyLag:
		return misuse{void: "the source does not wait for a policy: the node's rules are there before its pods"}
	case statePolicyOverlap:
		return misuse{void: "no egress policy decides the source"}
	}
	return misuse{void: "there is no mesh in this pattern"}
}

// walkedGroups is up to how many other groups a misplaced pod is walked on; of
// more, the first stands for all, so that the walks stay linear in the apps.
const walkedGroups = 20

// otherGroups are the source groups that an app is not in: all of them where they
// are few, else the first.
func (w *work) otherGroups(a *inventory.App) []*group {
	list := slices.DeleteFunc(slices.Clone(w.list), func(g *group) bool { return g == w.groups[a.Key] })
	if len(list) > walkedGroups {
		return list[:1]
	}
	return list
}
