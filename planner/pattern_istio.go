package planner

import (
	"fmt"
	"net/netip"
	"slices"

	"egressplan/cidr"
	"egressplan/cost"
	"egressplan/planner/inventory"
	"egressplan/sim"
)

// gatewayPortBase is where the gateways' own ports for plain TCP start: one
// port for each destination endpoint, since the original address is lost at the
// gateway (Istio documentation, Egress Gateways; TCP routing).
const gatewayPortBase = 20000

// istioPattern is pattern 4: Envoy egress gateways in subnets of their own that
// authorise each connection; on-premises allows the gateways.
type istioPattern struct{}

// istioStory is what the pattern remembers between its steps.
type istioStory struct {
	gateways int                       // gateway nodes
	pinned   map[string]bool           // groups whose gateways keep fixed addresses
	perZone  int                       // gateway nodes of a group in a zone
	addr     map[placeKey][]netip.Addr // pinned node addresses
	ports    map[endpoint]uint16       // the gateways' port for an endpoint
	pods     map[placeKey]gatewayPod   // gateway pod by group and zone
	missing  []string
}

// gatewayPod is the pod that stands for a group's gateways in a zone.
type gatewayPod struct {
	node sim.NodeID
	addr netip.Addr
}

// endpoint is one address and port of a destination behind the gateway.
type endpoint struct {
	block netip.Prefix
	from  uint16
}

func (istioPattern) id() string        { return "istio-egress-gateway" }
func (istioPattern) replacesCNI() bool { return false }

func (istioPattern) story(w *work) *istioStory { return w.story.(*istioStory) }

func (p istioPattern) demands(w *work) []demand {
	w.setGroups(w.partition(true))
	s := &istioStory{pinned: map[string]bool{}, addr: map[placeKey][]netip.Addr{}, ports: map[endpoint]uint16{}, pods: map[placeKey]gatewayPod{}}
	w.story = s
	groups := w.list
	list := append(w.sharedNodes(), w.attachments()...)
	perZone := p.nodesPerZone(w, len(groups))
	s.perZone, s.gateways = perZone, perZone*len(w.zones)*len(groups)
	replicas := w.plan.Policy.Redundancy.GatewayReplicasPerZone.V
	enis := warmENIs((replicas+perZone-1)/perZone, w.gateType.ENIs, w.gateType.IPv4PerENI)
	for _, g := range groups {
		for _, z := range w.zones {
			d := demand{group: g.name, zone: z, purpose: purposeGateways, apps: g.keys(), routable: true}
			d.need.add(perZone*enis*w.gateType.IPv4PerENI, "%s x %d interfaces (one warm) x %d addresses",
				plural(perZone, "gateway node"), enis, w.gateType.IPv4PerENI)
			list = append(list, d)
		}
	}
	return list
}

// nodesPerZone is how many gateway nodes a group has in a zone: as many as its
// replicas' requests fill, more where the declared peak needs them.
func (p istioPattern) nodesPerZone(w *work, groups int) int {
	if groups == 0 {
		return 1
	}
	each := len(w.zones) * groups
	n := 1
	if fit := cost.PodsPerNode(cost.Demand{CPU: w.assumeInt("gatewayCPUMillis"), Memory: w.assumeInt("gatewayMemoryMiB")}, w.shapeOf(w.gateType)); fit > 0 {
		n = max(n, (w.plan.Policy.Redundancy.GatewayReplicasPerZone.V+fit-1)/fit)
	}
	if peak := (w.gatewaysForPeak() + each - 1) / each; peak > n {
		n = peak
		w.say("bandwidth-over-one-gateway")
	}
	return n
}

// settle finds the gateways a home in a VPC that may not change (egress
// subnets, else fixed addresses on existing node subnets), and pins addresses
// where a firewall takes nothing as wide as a subnet.
func (p istioPattern) settle(w *work) {
	s := p.story(w)
	pinnedIn := map[netip.Prefix][]netip.Prefix{}
	for _, g := range w.list {
		for _, z := range w.zones {
			home, pin := p.home(w, g, z)
			if home == nil || !pin && !p.tooBroad(w, g, home) || w.podAddressShows(g.apps) || w.env.Cluster.Provisioning.V == inventory.AutoMode {
				continue
			}
			s.pinned[g.name] = true
			var keys []string
			for n := range s.perZone {
				keys = append(keys, fmt.Sprintf("%s/%s/%s/%d", g.name, z, purposeGateways, n+1))
			}
			used := pinnedIn[home.cidr]
			for _, sn := range w.env.VPC.Subnets {
				if sn.Name.V == home.subnet {
					for _, u := range sn.Used {
						used = append(used, u.V)
					}
				}
			}
			placed, missing := w.addresses(home.cidr, used, keys)
			s.missing = append(s.missing, missing...)
			for _, key := range sortedKeys(placed) {
				ip := placed[key]
				pinnedIn[home.cidr] = append(pinnedIn[home.cidr], single(ip))
				s.addr[placeKey{g.name, z}] = append(s.addr[placeKey{g.name, z}], ip)
				w.layout.blocks[key] = &block{name: key, cidr: single(ip), pool: home.pool, subnet: home.subnet,
					demand: demand{group: g.name, zone: z, purpose: purposeGateways, apps: g.keys(), need: need{addresses: 1}}}
			}
		}
	}
}

// home is the subnet of a group's gateways in a zone; pin is true where it is
// somebody else's, so that only fixed addresses in it may be allowed.
func (p istioPattern) home(w *work, g *group, zone string) (home *block, pin bool) {
	if b := w.layout.get(g.name, zone, purposeGateways); b != nil {
		return b, false
	}
	if w.env.VPC.Changeable.V {
		return nil, false
	}
	d := demand{group: g.name, zone: zone, purpose: purposeGateways, apps: g.keys()}
	if list := w.existingSubnets(inventory.RoleEgress, zone); len(list) > 0 {
		return w.adopt(d, list[0]), len(w.list) > 1
	}
	if list := w.existingSubnets(inventory.RoleNodes, zone); len(list) > 0 {
		return w.adopt(d, list[0]), true
	}
	return nil, false
}

// tooBroad reports whether some firewall of the group takes nothing as wide as
// the gateways' subnet.
func (p istioPattern) tooBroad(w *work, g *group, home *block) bool {
	for _, a := range g.apps {
		for _, f := range w.onPremises(a) {
			if fw := w.plan.Firewall(f.to.Firewall.V); fw != nil && home.cidr.Bits() < fw.BroadestSource.V {
				return true
			}
		}
	}
	return false
}

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
		m.from, m.who = relabelled(m.from, w.stranger()), "another workload of the mesh that wears the labels of "+a.Key+" but has its own service account"
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
		o := place.origin(z, variantSecondary, w.stranger())
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

// hostLabel: packets of the host network carry no certificate.
func (istioPattern) hostLabel(*work, *inventory.App) sim.Label { return 0 }

// source is the gateways' subnets while nothing pins them, else their fixed
// addresses.
func (p istioPattern) source(w *work, a *inventory.App, _ *inventory.Destination) source {
	g := w.groups[a.Key]
	s := source{group: g.name, apps: g.keys(), barrier: "any workload the gateway's AuthorizationPolicy lets through, whoever may write that policy, and whatever runs on the gateway nodes or in their subnets: controlled by certificates, RBAC, taints and IAM"}
	for _, b := range w.groupBlocks(g.name, purposeGateways) {
		if (b.cidr.Bits() == 32) == p.story(w).pinned[g.name] {
			s.blocks = append(s.blocks, b.cidr)
		}
	}
	s.blocks = sortedPrefixes(s.blocks)
	s.usable = usableIn(s.blocks)
	return s
}

// usage: gateway nodes, and zone crossings, since a sidecar takes a gateway of
// any zone; sidecars and istiod count among the workload pods.
func (p istioPattern) usage(w *work, v volumes) []cost.Usage {
	list := []cost.Usage{hours(w, "ec2-hour:"+w.gateType.Type, p.story(w).gateways, "gateway node"),
		v.crossZone(w, v.opened, len(w.zones)-1, len(w.zones), "sidecars that take a gateway in another zone")}
	return append(list, w.licence("licence-tetrate", w.plan.Policy.Licences.TetrateMonthlyUSD, false, "Tetrate licence")...)
}

func (p istioPattern) tasks(w *work) []task {
	meshed := len(w.groups)
	list := []task{w.each("apps in the mesh", meshed, "meshAppHoursPerMonth")}
	if w.env.Cluster.Mesh.V != inventory.MeshIstio {
		list = append(list, w.flat("Istio upkeep", "istioUpkeepHoursPerMonth"), w.oneOff("apps to bring into the mesh", meshed, "meshOnboardHoursPerApp"))
	}
	return append(list, w.changeTasks("accessChangeHoursMesh", "newAppHoursKubernetes")...)
}

func (p istioPattern) findings(w *work) {
	s := p.story(w)
	w.unsupportedPods()
	w.inFlowsReach()
	for _, f := range w.flows() {
		if !f.inbound() {
			p.flowFindings(w, f)
		}
	}
	if len(s.pinned) > 0 {
		var list []string
		for _, g := range w.list {
			if s.pinned[g.name] {
				list = append(list, g.name)
			}
		}
		w.say("pinned-gateway-address", list...)
	}
	if len(s.missing) > 0 {
		w.report("no-space", w.env.VPC.At, s.missing, "no room for %s", plural(len(s.missing), "gateway address"))
	}
	for _, code := range []string{"mesh-bypass", "gateway-isolation", "third-party-support", "l7-authorisation", "gateway-autoscale",
		"mesh-onboarding", "service-mesh-capture"} {
		w.say(code)
	}
}

// flowFindings are what the gateway cannot carry or authorise.
func (p istioPattern) flowFindings(w *work, f appFlow) {
	for _, r := range f.ports() {
		if r.Protocol == "udp" || r.Protocol == "icmp" || r.Protocol == "any" {
			w.report("udp-not-captured", f.flow.At, []string{f.subject()}, "%s uses %s", f.subject(), r.Protocol)
			return
		}
	}
	p.endpointFindings(w, f)
	if f.to.Authorization.V != inventory.AuthzRequest {
		return
	}
	switch f.to.Application.V {
	case inventory.AppHTTP:
	case inventory.AppHTTPS:
		w.report("tls-origination", f.to.Authorization.At, []string{f.subject()}, "%s wants requests authorised over https", f.to.Name.V)
	default:
		w.report("request-authorization", f.to.Authorization.At, []string{f.subject()}, "%s speaks %s, which has no HTTP requests to authorise", f.to.Name.V, f.to.Application.V)
	}
}

// endpointFindings are what the gateway cannot tell apart: at the gateway only
// its own port is left of a plain TCP connection, so that each address and port
// of a destination needs one of its own; TLS and HTTP still carry a name.
func (p istioPattern) endpointFindings(w *work, f appFlow) {
	wide := slices.ContainsFunc(f.to.CIDRs, func(c inventory.Value[netip.Prefix]) bool { return c.V.Bits() < 32 })
	plain := f.to.Application.V == inventory.AppTCP || len(f.to.Hosts) == 0
	ranged := slices.ContainsFunc(f.ports(), func(r inventory.PortRange) bool { return r.From != r.To })
	switch {
	case wide && plain:
		w.report("tcp-cidr-needs-endpoints", f.to.At, []string{f.subject()}, "%s is plain TCP and wider than single addresses", f.to.Name.V)
	case ranged:
		w.report("tcp-cidr-needs-endpoints", f.to.At, []string{f.subject()}, "%s has a range of ports, each of which needs an entry of its own", f.to.Name.V)
	case len(p.story(w).ports) > 65535-gatewayPortBase:
		w.report("tcp-cidr-needs-endpoints", f.to.At, []string{f.subject()}, "more endpoints than a gateway has ports for: %d", len(p.story(w).ports))
	}
}

// firstHost is the address that stands for a destination block: the only one,
// or the first after the network address.
func firstHost(p netip.Prefix) netip.Addr {
	if p.Bits() >= 31 {
		return p.Addr()
	}
	return p.Masked().Addr().Next()
}
