package planner

import (
	"net/netip"
	"slices"

	"egressplan/planner/inventory"
	"egressplan/sim"
)

// faults: a gateway node dies, or its Node object goes, or it lacks the egress
// IPs.
func (p ciliumPattern) faults(w *work) []fault {
	lasts := lastsEgressNode
	if w.env.Cluster.CiliumHA.V == inventory.CiliumEnterprise {
		lasts = lastsHealth
	}
	var list []fault
	for _, name := range sortedKeys(w.b.egress) {
		id := []sim.NodeID{w.b.egress[name]}
		list = append(list,
			fault{state: State{stateEgressNodeLost, name}, fails: id, survives: inventory.SurviveNodeLost, lasts: lasts},
			fault{state: State{stateEgressNodeDeleted, name}, fails: id, survives: inventory.SurviveNodeLost, lasts: lastsDeleted},
			fault{state: State{stateEgressIPMissing, name}, fails: id, lasts: lastsEgressIP})
	}
	return list
}

// misuse: whoever wears the label in the namespace is taken for the app, and a
// pod that no policy knows leaves as its node does.
func (p ciliumPattern) misuse(w *work, kind string, a *inventory.App) misuse {
	m := misuse{from: w.origins(a)}
	switch kind {
	case stateImpostor:
		m.who = "another pod in namespace " + a.Namespace.V + " that wears the labels of " + a.Key
	case stateMislabelled:
		m.from, m.who = relabelled(m.from, 0), "a pod of "+a.Key+" without the labels that its egress policy selects"
	case statePolicyLag:
		m.from, m.who = relabelled(m.from, 0), "a new pod of "+a.Key+" that no egress policy is programmed for yet"
		m.lasts = duration{"a second or two, a minute was seen in old versions; connections opened meanwhile break", true}
	case stateMisplaced:
		m.from, m.who = p.onGateways(w, a), "a pod of "+a.Key+", or of somebody no policy selects, on an egress node"
		m.direct = true // a ClusterIP is translated before any policy is asked
	case statePolicyOverlap:
		m.net, m.who = w.networkFor(kind), "a pod of "+a.Key+" that a second policy selects for the same prefix"
	default:
		return misuse{void: "there is no mesh in this pattern"}
	}
	return m
}

// onGateways are pods on the gateway nodes: one that the policies select, and one
// that they do not.
func (p ciliumPattern) onGateways(w *work, a *inventory.App) []origin {
	var list []origin
	for _, e := range p.story(w).entries {
		_, there := w.b.egress[e.nodeName()]
		if !there || e.n > 0 || p.story(w).fleetOf[w.fleetGroup(p, a)] != e.fleet {
			continue
		}
		o := w.b.onEgress[e.nodeName()].origin(e.zone, variantPrimary).as(a)
		list = append(list, o, relabelled([]origin{o}, 0)[0])
	}
	return list
}

// fleetGroup is the group of the first destination of an app.
func (w *work) fleetGroup(p ciliumPattern, a *inventory.App) string {
	for _, f := range w.onPremises(a) {
		if g := p.story(w).of[pair{a.Key, f.to.Name.V}]; g != nil {
			return g.name
		}
	}
	return ""
}

// relabelled are the same pods under another identity.
func relabelled(list []origin, label sim.Label) []origin {
	out := slices.Clone(list)
	for i := range out {
		out[i] = out[i].labelled(label)
	}
	return out
}

// intrusions: a label inside the selected namespace; from outside it, the right
// to make pods there; and the host network of the gateway nodes, where the
// address is configured.
func (p ciliumPattern) intrusions(w *work, a *inventory.App, same, others []string) []intrusion {
	var bound []origin
	seen := map[netip.Addr]bool{}
	for _, f := range w.onPremises(a) {
		g := p.story(w).of[pair{a.Key, f.to.Name.V}]
		if g == nil {
			continue
		}
		for _, e := range p.story(w).entries {
			ip, ok := p.story(w).ips[e.ipName(g.name)]
			if id, there := w.b.egress[e.nodeName()]; ok && there && !seen[ip] {
				seen[ip] = true
				bound = append(bound, origin{zone: e.zone, variant: variantHost, start: id, addr: ip})
			}
		}
	}
	everybody := append(slices.Clone(same), others...)
	slices.Sort(everybody)
	return []intrusion{
		{who: "any process on the host network of its egress nodes", apps: everybody, state: stateMisplaced, barrier: barrierSchedule, from: bound},
		{who: "any pod of namespace " + a.Namespace.V + " that wears its labels", apps: same, state: stateImpostor, barrier: barrierLabel, from: w.origins(a)},
		{who: "anybody who may create pods in namespace " + a.Namespace.V, apps: others, state: stateImpostor, barrier: barrierNamespace, from: w.origins(a)},
	}
}

// cuts: the longest prefix decides, whatever the port: excluded blocks and other
// destinations.
func (ciliumPattern) cuts(w *work) []netip.Prefix {
	return append(values(w.env.Cluster.Cilium.ExcludedCIDRs), w.destinationSpace()...)
}

// selects: policies select pods and destinations.
func (p ciliumPattern) selects(w *work, f appFlow) string {
	if g := p.story(w).of[pair{f.app.Key, f.to.Name.V}]; g != nil {
		return g.name
	}
	return ""
}
