package planner

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/shopspring/decimal"

	"egressplan/cost"
	"egressplan/planner/inventory"
	"egressplan/sim"
)

// policyMapMax is how many entries the egress policy map of a node holds unless
// raised (Cilium documentation, egress-gateway-policy-map-max).
const policyMapMax = 16384

// ciliumPattern is pattern 3: Cilium's egress gateway translates selected pods
// to fixed egress IPs on gateway nodes.
type ciliumPattern struct{}

// ciliumStory is what the pattern remembers between its steps.
type ciliumStory struct {
	of       map[pair]*group // source group by app and destination
	groups   []*group
	entries  []gatewayEntry // one gateway node each; a group uses those of its fleet
	perZone  int            // entries of a fleet in a zone
	gateways int            // entries of all fleets
	fleets   int
	fleetOf  map[string]int
	members  [][]*group            // groups by fleet
	ips      map[string]netip.Addr // egress IP by group name and entry
	missing  []string
	own      map[gatewayEntry]netip.Addr // the gateway nodes' own addresses
	closed   map[tunnel]string           // tunnels that are stopped, and where
	nowhere  sim.NodeID                  // where these end
}

// gatewayEntry is one entry of the policies' egressGateways: one node, since the
// open-source edition uses the first node that matches an entry only.
type gatewayEntry struct {
	zone     string
	n, fleet int // n-th of its zone and fleet
}

func (e gatewayEntry) suffix() string {
	if e.n == 0 {
		return ""
	}
	return fmt.Sprintf("/%d", e.n+1)
}

// ipName is the name of a group's egress IP at an entry.
func (e gatewayEntry) ipName(group string) string {
	return group + "/" + e.zone + "/" + purposeEgressIP + e.suffix()
}

// nodeName names the entry's gateway node.
func (e gatewayEntry) nodeName() string {
	name := "egress-" + e.zone
	if e.fleet > 0 || e.n > 0 {
		name += fmt.Sprintf("-%d-%d", e.fleet+1, e.n+1)
	}
	return name
}

func (ciliumPattern) id() string        { return "cilium-egress-gateway" }
func (ciliumPattern) replacesCNI() bool { return true }

func (ciliumPattern) story(w *work) *ciliumStory { return w.story.(*ciliumStory) }

func (p ciliumPattern) demands(w *work) []demand {
	w.setGroups(w.partition(false))
	s := &ciliumStory{of: w.pairGroups(), ips: map[string]netip.Addr{}, fleetOf: map[string]int{}, own: map[gatewayEntry]netip.Addr{}}
	w.story = s
	s.groups = distinct(s.of)
	p.fleet(w, s)
	list := append(w.sharedNodes(), w.attachments()...)
	if len(s.groups) == 0 {
		return list
	}
	nodes := len(s.entries) / len(w.zones)
	for _, z := range w.zones {
		d := demand{group: sharedSpace, zone: z, purpose: purposeEgressNodes, routable: true}
		ips := len(s.groups) * s.perZone
		year := int(w.plan.NewAppsPerMonth.V.Mul(decimal.NewFromInt(12)).Ceil().IntPart()) * s.perZone
		spare := max((ips+3)/4, year)
		room := max(2*nodes, ips+spare)
		d.need.add(room, "upper half: %d egress IPs, %d spare (a quarter, or a year of new apps)", ips, spare)
		d.need.add(room, "lower half: %s and what AWS hands out there", plural(nodes, "gateway node"))
		list = append(list, d)
	}
	return list
}

// fleet decides how many gateway nodes there are: in every zone the redundancy
// asked for, or as many as carry the peak, since the pods of a group are hashed
// over all entries of its policy; and further fleets of the same where the
// groups exceed a node's address slots.
func (p ciliumPattern) fleet(w *work, s *ciliumStory) {
	s.perZone = p.nodesPerZone(w, w.gatewaysForPeak())
	slots := w.gateType.ENIs * (w.gateType.IPv4PerENI - 1)
	s.fleets = 1
	if slots > 0 {
		s.fleets = max(1, (len(s.groups)+slots-1)/slots)
	}
	if s.perZone > w.plan.Policy.Redundancy.EgressNodesPerZone.V {
		w.say("bandwidth-over-one-gateway")
	}
	s.members = make([][]*group, s.fleets)
	for i, g := range s.groups {
		s.fleetOf[g.name] = i % s.fleets
		s.members[i%s.fleets] = append(s.members[i%s.fleets], g)
	}
	if len(s.groups) == 0 {
		return
	}
	for f := range s.fleets {
		for n := range s.perZone {
			for _, z := range w.zones {
				s.entries = append(s.entries, gatewayEntry{zone: z, n: n, fleet: f})
			}
		}
	}
	s.gateways = len(s.entries)
}

// nodesPerZone is how many gateway nodes of a fleet a zone has, peak being how
// many carry the peak in all.
func (ciliumPattern) nodesPerZone(w *work, peak int) int {
	return max(w.plan.Policy.Redundancy.EgressNodesPerZone.V, (peak+len(w.zones)-1)/len(w.zones))
}

func (p ciliumPattern) resized(w *work, peak int) any {
	s := *p.story(w)
	s.perZone = p.nodesPerZone(w, peak)
	if len(s.groups) > 0 {
		s.gateways = s.fleets * s.perZone * len(w.zones)
	}
	return &s
}

// settle gives every group an egress IP at each entry of its fleet: inside the
// egress-node subnets, or in existing subnets of a VPC that may not change.
func (p ciliumPattern) settle(w *work) {
	s := p.story(w)
	for _, z := range w.zones {
		inside, used := p.home(w, z)
		if inside == nil {
			continue
		}
		var keys []string
		owner := map[string]*group{}
		for _, e := range s.entries {
			if e.zone != z {
				continue
			}
			for _, g := range s.members[e.fleet] {
				keys = append(keys, e.ipName(g.name))
				owner[e.ipName(g.name)] = g
			}
		}
		placed, missing := w.addresses(inside.cidr, used, keys)
		s.missing = append(s.missing, missing...)
		for key, ip := range placed {
			g := owner[key]
			if g == nil {
				continue
			}
			s.ips[key] = ip
			w.layout.blocks[key] = &block{name: key, cidr: single(ip), pool: inside.pool, subnet: inside.subnet,
				demand: demand{group: g.name, zone: z, purpose: purposeEgressIP, apps: g.keys(), need: need{addresses: 1}}}
		}
	}
}

// home is the block a zone's egress IPs lie in, and what is taken there.
func (p ciliumPattern) home(w *work, zone string) (*block, []netip.Prefix) {
	if b := w.layout.get(sharedSpace, zone, purposeEgressNodes); b != nil {
		return b, nil
	}
	if w.env.VPC.Changeable.V {
		return nil, nil
	}
	for _, role := range []inventory.SubnetRole{inventory.RoleEgress, inventory.RoleNodes} {
		if list := w.existingSubnets(role, zone); len(list) > 0 {
			var used []netip.Prefix
			for _, u := range list[0].Used {
				used = append(used, u.V)
			}
			return w.adopt(demand{group: sharedSpace, zone: zone, purpose: purposeEgressNodes}, list[0]), used
		}
	}
	return nil, nil
}

// source is every egress IP a pod of the group may be hashed to.
func (p ciliumPattern) source(w *work, a *inventory.App, d *inventory.Destination) source {
	s := p.story(w)
	g := s.of[pair{a.Key, d.Name.V}]
	if g == nil {
		return source{}
	}
	out := source{group: g.name, apps: g.keys(), barrier: "any pod that wears the selected labels in a selected namespace, whoever may write egress policies, and whatever holds the address or runs on the gateway nodes' own network: controlled by admission, RBAC and a subnet CIDR reservation"}
	each := len(s.entries) / s.fleets
	for _, e := range s.entries[s.fleetOf[g.name]*each:][:each] {
		if ip, ok := s.ips[e.ipName(g.name)]; ok {
			out.blocks = append(out.blocks, single(ip))
		}
	}
	out.blocks = sortedPrefixes(out.blocks)
	out.usable = usableIn(out.blocks)
	return out
}

// usage: gateway nodes, and zone crossings, since a pod is hashed to a gateway
// of any zone: (zones-1)/zones of the traffic, both directions.
func (p ciliumPattern) usage(w *work, v volumes) []cost.Usage {
	s := p.story(w)
	list := []cost.Usage{hours(w, "ec2-hour:"+w.gateType.Type, s.gateways, "gateway node"),
		v.crossZone(w, v.opened, len(w.zones)-1, len(w.zones), "pods hashed to a gateway in another zone")}
	licence := w.plan.Policy.Licences.IsovalentMonthlyUSD
	return append(list, w.licence("licence-isovalent", licence, w.env.Cluster.CiliumHA.V == inventory.CiliumEnterprise,
		"Isovalent licence, needed for ciliumHA: enterprise")...)
}

func (p ciliumPattern) tasks(w *work) []task {
	list := []task{w.each("egress policies", len(p.story(w).groups), "egressPolicyHoursPerMonth")}
	if w.env.Cluster.CNI.V != inventory.CNICilium {
		list = append(list, w.flat("Cilium upkeep", "ciliumUpkeepHoursPerMonth"), w.oneOff("migration to Cilium", 1, "ciliumMigrationHours"))
	}
	return append(list, w.changeTasks("accessChangeHours", "newAppHoursKubernetes")...)
}

func (p ciliumPattern) findings(w *work) {
	s := p.story(w)
	if w.env.Cluster.Provisioning.V == inventory.AutoMode {
		w.report("auto-mode-cni", w.env.Cluster.Provisioning.At, nil, "the cluster is in EKS Auto Mode, whose CNI cannot be replaced")
	}
	if w.env.Cluster.CNI.V != inventory.CNICilium {
		w.say("cni-migration")
	}
	w.unsupportedPods()
	w.authorizationFindings(false)
	w.inFlowsReach()
	if w.env.Cluster.CiliumHA.V == inventory.CiliumOSS {
		w.say("egress-node-no-failover")
	}
	p.policyFindings(w)
	if n := p.policyEntries(w); n > policyMapMax {
		w.report("egress-policy-map", w.env.Cluster.At, nil, "%d entries of pods x destinations, the map holds %d", n, policyMapMax)
	}
	if len(s.missing) > 0 {
		w.report("no-space", w.env.VPC.At, s.missing, "no room for %s", plural(len(s.missing), "egress IP"))
	}
	if !w.env.VPC.Changeable.V {
		w.report("egress-ip-unverified", w.env.VPC.Changeable.At, nil, "%d egress IPs placed in existing subnets", len(s.ips))
	}
	for _, code := range []string{"egress-ip-reservation", "label-trust", "startup-window", "third-party-support",
		"egress-node-operations", "kubernetes-selectors", "shared-nodes", "ebpf-snat"} {
		w.say(code)
	}
}

// policyFindings are egress policies that Cilium would not carry out as meant.
func (p ciliumPattern) policyFindings(w *work) {
	s := p.story(w)
	if n := s.perZone * len(w.zones); n > maxEgressGateways {
		w.report("egress-gateway-entries", w.plan.Policy.Redundancy.EgressNodesPerZone.At, nil, "%d gateway entries for each policy, at most %d are taken", n, maxEgressGateways)
	}
	type slot struct {
		app   string
		block netip.Prefix
	}
	taken := map[slot]pair{}
	for _, f := range w.flows() {
		g := s.of[pair{f.app.Key, f.to.Name.V}]
		for _, c := range w.destinationBlocks(f.to) {
			k := slot{f.app.Key, c}
			if !f.inbound() && slices.Contains(values(w.env.Cluster.Cilium.ExcludedCIDRs), c) {
				w.report("egress-policy-conflict", f.to.At, []string{f.subject()}, "the policies of %s both select and exclude %s", f.to.Name.V, c)
			}
			other, seen := taken[k]
			if seen && s.of[other] != g && !f.inbound() {
				w.report("egress-policy-conflict", f.to.At, []string{f.subject()}, "%s and %s want different egress IPs for %s to %s", f.to.Name.V, other.to, f.app.Key, c)
			}
			if !f.inbound() {
				taken[k] = pair{f.app.Key, f.to.Name.V}
			}
		}
	}
	for _, t := range sortedTunnels(s.closed) {
		w.report("tunnel-closed", w.env.Cluster.At, nil, "%s", s.closed[t])
	}
}

// policyEntries is how many map entries every node holds: each selected pod
// times the distinct blocks of its policies, excluded ones included.
func (p ciliumPattern) policyEntries(w *work) int {
	n := 0
	for _, a := range w.apps {
		blocks := map[netip.Prefix]bool{}
		for _, f := range w.onPremises(a) {
			for _, c := range w.destinationBlocks(f.to) {
				if !f.inbound() {
					blocks[c] = true
				}
			}
		}
		if len(blocks) == 0 {
			continue
		}
		for _, x := range w.env.Cluster.Cilium.ExcludedCIDRs {
			blocks[x.V] = true
		}
		n += a.Pods.Max.V * len(blocks)
	}
	return n
}
