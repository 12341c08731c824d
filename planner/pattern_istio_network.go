package planner

import (
	"fmt"
	"net/netip"
	"slices"

	"egressplan/cidr"
	"egressplan/planner/inventory"
	"egressplan/sim"
)

// compile: the sidecar takes the app's TCP and opens a connection of its own to
// the gateway; the gateway authorises by the workload's identity and opens
// another one to the destination, which leaves by the gateway node's CNI rules.
// Whatever the sidecar does not take goes the node's own way.
func (p istioPattern) compile(w *work, b *builder) {
	s := p.story(w)
	b.placeShared()
	if len(s.ports) == 0 {
		b.eachPair(w.apps, func(_ *inventory.App, d *inventory.Destination, _ sim.Label) { p.number(w, d) })
	}
	for _, g := range w.list {
		for _, z := range w.zones {
			p.gateway(w, b, g, z)
		}
	}
	for _, z := range w.zones {
		place := b.places[placeKey{sharedSpace, z}]
		for _, v := range []string{variantPrimary, variantSecondary, variantBranch, variantDiscovered} {
			if _, ok := place.start[v]; ok {
				p.sidecar(w, b, place, v)
			}
		}
	}
}

// number gives every endpoint of a destination a port on the gateways.
func (p istioPattern) number(w *work, d *inventory.Destination) {
	s := p.story(w)
	for _, c := range w.destinationBlocks(d) {
		for _, r := range d.Ports {
			e := endpoint{c, r.From}
			if _, ok := s.ports[e]; !ok && r.Protocol != "udp" && r.Protocol != "icmp" {
				s.ports[e] = uint16(gatewayPortBase + len(s.ports))
			}
		}
	}
}

// gateway adds a group's gateway in a zone: a node with one gateway pod that
// stands for its replicas.
func (p istioPattern) gateway(w *work, b *builder, g *group, zone string) {
	s := p.story(w)
	home := w.layout.get(g.name, zone, purposeGateways)
	if home == nil {
		return
	}
	b.exitOnce(home, zone, g, func(out subnetNodes, zone string, _ *group) { b.toSites(out.out, zone) })
	place := b.placePinned("gateways of "+g.name, zone, home, s.addr[placeKey{g.name, zone}])
	place.gateway = true
	v := variantPrimary
	if _, ok := place.start[v]; !ok {
		v = variantSecondary
	}
	pod, addr := place.start[v], place.addr[v]
	s.pods[placeKey{g.name, zone}] = gatewayPod{pod, addr}
	b.watched[pod] = true
	n := b.at(pod)
	n.Kind, n.Name = kindGateway, "egress gateway of "+g.name
	n.Proxy = &sim.Proxy{Authorize: &sim.Filter{Ref: b.once("unauthorized", note{code: "unauthorized",
		text: "no AuthorizationPolicy allows this workload", source: "Istio documentation, AuthorizationPolicy"})}}
	served := map[uint16]bool{}
	b.eachPair(g.apps, func(_ *inventory.App, d *inventory.Destination, label sim.Label) {
		p.serve(w, b, pod, addr, d, label, served)
	})
}

// serve lets one workload through the gateway to a destination.
func (p istioPattern) serve(w *work, b *builder, gateway sim.NodeID, addr netip.Addr, d *inventory.Destination, label sim.Label, served map[uint16]bool) {
	proxy := b.at(gateway).Proxy
	for _, c := range w.destinationBlocks(d) {
		for _, r := range d.Ports {
			port, ok := p.story(w).ports[endpoint{c, r.From}]
			if !ok {
				continue
			}
			m := sim.Match{Protocol: sim.TCP, Dst: single(addr), PortFrom: port, PortTo: port}
			authorize := m
			authorize.Label = label
			proxy.Authorize.Rules = append(proxy.Authorize.Rules, sim.Rule{Match: authorize, Allow: true,
				Ref: b.once("authorized "+d.Name.V, note{text: "the workload is authorised for " + d.Name.V})})
			if served[port] {
				continue
			}
			served[port] = true
			proxy.Forwards = append(proxy.Forwards, sim.Forward{Match: m, From: addr, To: []netip.AddrPort{netip.AddrPortFrom(firstHost(c), r.From)},
				Ref: b.once("gateway opens "+d.Name.V, note{text: fmt.Sprintf("the gateway opens its own connection to %s", d.Name.V), source: istioEgress})})
		}
	}
}

// istioEgress is the source of what sidecars and gateways do.
const istioEgress = "Istio documentation, Egress Gateways"

// sidecar puts a proxy in front of a pod: every app's endpoints lead to the
// gateways of its group in any zone. A workload that is in the mesh but not in
// the plan is led to the gateways as well, since a VirtualService counts for the
// whole mesh; they refuse it.
func (p istioPattern) sidecar(w *work, b *builder, place *placement, variant string) {
	pod, addr := place.start[variant], place.addr[variant]
	car := b.add(kindSidecar, "sidecar", place.zone)
	place.sidecar = append(place.sidecar, car)
	b.at(pod).Routes[0].Next = []sim.NodeID{car}
	b.route(car, single(addr), pod, "the pod it stands in front of")
	b.route(car, everywhere, place.host, "the pod's node")
	host := b.at(place.host)
	for i := range host.Routes {
		if host.Routes[i].Dst == single(addr) && host.Routes[i].Next[0] == pod {
			host.Routes[i].Next = []sim.NodeID{car}
		}
	}
	proxy := &sim.Proxy{}
	b.at(car).Proxy = proxy
	if b.misuse != stateServiceEntryMissing {
		b.eachPair(w.apps, func(a *inventory.App, d *inventory.Destination, label sim.Label) {
			proxy.Forwards = append(proxy.Forwards, p.lead(w, b, a, d, addr, label)...)
		})
		seen := map[string]bool{}
		b.eachPair(w.apps, func(a *inventory.App, d *inventory.Destination, _ sim.Label) {
			if !seen[d.Name.V] {
				seen[d.Name.V] = true
				proxy.Forwards = append(proxy.Forwards, p.lead(w, b, a, d, addr, 0)...)
			}
		})
	}
	slices.SortStableFunc(proxy.Forwards, func(x, y sim.Forward) int { return y.Match.Dst.Bits() - x.Match.Dst.Bits() })
	p.uncaptured(w, b, car, addr)
}

// uncaptured keeps a sidecar from taking what it does not capture, by refusing
// or leaving alone, and in misuses from taking what it should: a sidecar that is
// not ready refuses what it captures, and one with REGISTRY_ONLY whatever no
// ServiceEntry knows.
func (p istioPattern) uncaptured(w *work, b *builder, car sim.NodeID, addr netip.Addr) {
	n := b.at(car)
	excluded := values(w.env.Cluster.Istio.ExcludeOutboundIPRanges)
	var refuse sim.Ref
	switch {
	case b.misuse == statePolicyLag:
		refuse = b.once("not ready", note{code: "sidecar-not-ready", text: "the sidecar captures it and does not listen yet", source: istioEgress})
	case b.misuse == stateServiceEntryMissing && w.env.Cluster.Istio.OutboundTrafficPolicy.V == inventory.IstioRegistryOnly:
		refuse = b.once("registry only", note{code: "not-registered",
			text: "outboundTrafficPolicy is REGISTRY_ONLY and no ServiceEntry knows the destination", source: "Istio documentation, Accessing External Services"})
	}
	for _, x := range excluded {
		f := sim.Forward{Match: sim.Match{Protocol: sim.TCP, Dst: x}, KeepLabel: true, Ref: b.once("uncaptured "+x.String(), note{text: x.String() + " is excluded from capture", source: istioEgress})}
		n.Proxy.Forwards = append(n.Proxy.Forwards, f)
	}
	slices.SortStableFunc(n.Proxy.Forwards, func(x, y sim.Forward) int { return y.Match.Dst.Bits() - x.Match.Dst.Bits() })
	if refuse == 0 {
		return
	}
	n.Ingress = &sim.Filter{Stateful: true, Rules: []sim.Rule{{Match: sim.Match{Dst: single(addr)}, Allow: true}}}
	for _, x := range excluded {
		n.Ingress.Rules = append(n.Ingress.Rules, sim.Rule{Match: sim.Match{Dst: x}, Allow: true})
	}
	n.Ingress.Rules = append(n.Ingress.Rules, sim.Rule{Match: sim.Match{Protocol: sim.TCP}, Ref: refuse}, sim.Rule{Allow: true})
}

// lead is what a sidecar does with an app's connections to a destination. Ranges
// that the sidecar does not capture are left out (Istio, traffic capture).
func (p istioPattern) lead(w *work, b *builder, a *inventory.App, d *inventory.Destination, addr netip.Addr, label sim.Label) []sim.Forward {
	s := p.story(w)
	group := w.groups[a.Key].name
	excluded := values(w.env.Cluster.Istio.ExcludeOutboundIPRanges)
	var list []sim.Forward
	for _, c := range w.destinationBlocks(d) {
		for _, r := range d.Ports {
			port, ok := s.ports[endpoint{c, r.From}]
			if !ok {
				continue
			}
			f := sim.Forward{From: addr, KeepLabel: true, Ref: b.once("captured "+group, note{
				text: "captured by the sidecar: mutual TLS to a gateway of " + group, source: istioEgress})}
			for _, z := range w.zones {
				if gw, ok := s.pods[placeKey{group, z}]; ok {
					f.To, f.Via = append(f.To, netip.AddrPortFrom(gw.addr, port)), append(f.Via, gw.node)
				}
			}
			if len(f.To) == 0 {
				continue
			}
			f.Match = portMatch(inventory.PortRange{Protocol: "tcp", From: r.From, To: r.To})
			f.Match.Dst, f.Match.Label = c, label
			if !cidr.Contains(excluded, c) {
				list = append(list, f)
			}
			if d.ClusterIP.Set && !cidr.Contains(excluded, single(d.ClusterIP.V)) {
				f.Match.Dst = single(d.ClusterIP.V)
				list = append(list, f)
			}
		}
	}
	return list
}
