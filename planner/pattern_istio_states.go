package planner

import (
	"net/netip"
	"slices"

	"egressplan/planner/inventory"
	"egressplan/sim"
)

// faults: the gateways of a zone go; sidecars learn of it.
func (p istioPattern) faults(w *work) []fault {
	var list []fault
	for _, z := range w.zones {
		var fails []sim.NodeID
		for _, g := range w.list {
			if gw, ok := p.story(w).pods[placeKey{g.name, z}]; ok {
				fails = append(fails, gw.node)
			}
		}
		if len(fails) > 0 {
			list = append(list, fault{state: State{stateGatewayLost, z}, fails: fails, survives: inventory.SurviveNodeLost, lasts: lastsGateway})
		}
	}
	return list
}

// misuse: a label decides nothing here, the certificate does; what passes by the
// sidecar shows the node, and what runs on the gateway nodes shows theirs.
func (p istioPattern) misuse(w *work, kind string, a *inventory.App) misuse {
	m := misuse{from: w.origins(a)}
	switch kind {
	case stateImpostor:
		m.from, m.who = relabelled(m.from, strangerLabel), "another workload of the mesh that wears the labels of "+a.Key+" but has its own service account"
	case stateMislabelled:
		m.who = "a pod of " + a.Key + " without its labels: the service account decides, not the label"
	case stateNoSidecar:
		m.from, m.who = w.besides(a), "a pod of "+a.Key+" without a sidecar"
	case stateProxyUID:
		m.from, m.who = w.besides(a), "a process of "+a.Key+" that runs as UID or GID 1337"
	case stateMisplaced:
		m.from, m.who = p.onGateways(w, a), "a pod without a sidecar on the gateway nodes of "+a.Key
	case statePolicyLag:
		m.net = w.networkFor(kind)
		m.who, m.lasts = "a pod of "+a.Key+" whose sidecar does not listen yet", duration{"until the sidecar is ready; not at all where it starts first (native sidecars, holdApplicationUntilProxyStarts)", false}
	case stateServiceEntryMissing:
		m.net, m.who = w.networkFor(kind), "a pod of "+a.Key+" whose destination no ServiceEntry or VirtualService leads to the gateway"
	case statePolicyOverlap:
		return misuse{void: "two VirtualServices for one host are merged or the oldest wins; which is not modelled"}
	}
	return m
}

// onGateways are pods on the gateway nodes of an app's group.
func (p istioPattern) onGateways(w *work, a *inventory.App) []origin {
	var list []origin
	g := w.groups[a.Key]
	if g == nil {
		return nil
	}
	for _, z := range w.zones {
		place := w.b.places[placeKey{"gateways of " + g.name, z}]
		if place == nil || place.host == sim.None {
			continue
		}
		o := place.origin(z, variantSecondary).labelled(strangerLabel)
		o.start = place.host
		list = append(list, o)
	}
	return list
}

// intrusions: the service account inside the namespace, its certificate outside,
// and whatever runs on the gateway nodes.
func (p istioPattern) intrusions(w *work, a *inventory.App, same, others []string) []intrusion {
	everybody := append(slices.Clone(same), others...)
	slices.Sort(everybody)
	return []intrusion{
		{who: "any pod of namespace " + a.Namespace.V + " that runs as its service account", apps: same, state: stateImpostor, barrier: barrierServiceAccount, from: w.origins(a)},
		{who: "any pod on its gateway nodes", apps: everybody, state: stateMisplaced, barrier: barrierSchedule, from: p.onGateways(w, a)},
		{who: "anybody who gets a certificate of namespace " + a.Namespace.V, apps: others, state: stateImpostor, barrier: barrierCertificate, from: w.origins(a)},
	}
}

// cuts: what the sidecars do not capture, and other destinations, whose more
// specific address wins.
func (istioPattern) cuts(w *work) []netip.Prefix {
	return append(values(w.env.Cluster.Istio.ExcludeOutboundIPRanges), w.destinationSpace()...)
}

// selects: gateways authorise workloads for destinations.
func (istioPattern) selects(w *work, f appFlow) string {
	if g := w.groups[f.app.Key]; g != nil {
		return g.name
	}
	return ""
}
