package planner

import (
	"fmt"
	"net/netip"
	"slices"

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
	perZone := p.nodesPerZone(w, len(groups), 1)
	if len(groups) > 0 {
		if n := p.nodesPerZone(w, len(groups), w.gatewaysForPeak()); n > perZone {
			perZone = n
			w.say("bandwidth-over-one-gateway")
		}
	}
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
// replicas' requests fill, more where the peak needs them, peak being how many
// carry it in all.
func (p istioPattern) nodesPerZone(w *work, groups, peak int) int {
	if groups == 0 {
		return 1
	}
	each := len(w.zones) * groups
	n := 1
	if fit := cost.PodsPerNode(cost.Demand{CPU: w.assumeInt("gatewayCPUMillis"), Memory: w.assumeInt("gatewayMemoryMiB")}, w.shapeOf(w.gateType)); fit > 0 {
		n = max(n, (w.plan.Policy.Redundancy.GatewayReplicasPerZone.V+fit-1)/fit)
	}
	return max(n, (peak+each-1)/each)
}

func (p istioPattern) resized(w *work, peak int) any {
	s := *p.story(w)
	s.perZone = p.nodesPerZone(w, len(w.list), peak)
	s.gateways = s.perZone * len(w.zones) * len(w.list)
	return &s
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
