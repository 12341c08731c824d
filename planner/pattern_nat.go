package planner

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/shopspring/decimal"

	"egressplan/cidr"
	"egressplan/cost"
	"egressplan/planner/finding"
	"egressplan/planner/inventory"
	"egressplan/sim"
)

// natPattern is pattern 2: as pattern 1, but each source group leaves through
// private NAT gateways of its own; on-premises allows their addresses.
type natPattern struct{}

// natStory is what the pattern remembers between its steps.
type natStory struct {
	zones []string // zones with a NAT gateway
	// serving are existing private NAT gateways that do the work in a VPC that
	// may not change; empty otherwise.
	serving []*inventory.NATGateway
}

func (natPattern) id() string        { return "private-nat-gateway" }
func (natPattern) replacesCNI() bool { return false }

func (natPattern) story(w *work) *natStory { return w.story.(*natStory) }

func (natPattern) demands(w *work) []demand {
	w.setGroups(w.partition(false))
	groups := w.list
	story := &natStory{zones: w.zones}
	w.story = story
	if n := w.plan.Policy.Redundancy.NATZones.V; n != inventory.NATZonesAll && n < len(w.zones) {
		story.zones = w.zones[:n]
	}
	list := w.groupSpace(groups, false)
	for _, g := range groups {
		for _, z := range story.zones {
			d := demand{group: g.name, zone: z, purpose: purposeNAT, apps: g.keys(), routable: true}
			d.need.add(1, "1 NAT gateway x 1 address")
			list = append(list, d)
		}
	}
	return append(list, w.attachments()...)
}

// settle adopts what is there. A VPC that may not change can still serve one
// source group, if it has private NAT gateways and its node subnets' route
// tables already lead to them: the walk shows whether they do.
func (p natPattern) settle(w *work) {
	groups := w.list
	w.adoptOwn(groups)
	if w.env.VPC.Changeable.V || len(groups) != 1 {
		return
	}
	story := p.story(w)
	story.zones = nil
	for _, z := range w.zones {
		p.serveZone(w, groups[0], z)
	}
}

// serveZone lets a zone's existing subnets serve the only group: its own, else
// those of their role; and the NAT gateways that their tables lead to.
func (p natPattern) serveZone(w *work, g *group, zone string) {
	story := p.story(w)
	nodes := slices.DeleteFunc(w.ownSubnets(g), func(s *inventory.Subnet) bool { return s.Zone.V != zone })
	if len(nodes) == 0 {
		nodes = w.existingSubnets(inventory.RoleNodes, zone)
	}
	if len(nodes) == 0 {
		return
	}
	pods := nodes
	if w.env.Cluster.VPCCNI.CustomNetworking.V {
		pods = w.existingSubnets(inventory.RolePods, zone)
	}
	for _, s := range append(slices.Clone(nodes), pods...) {
		for _, n := range w.natsOf(s) {
			if !slices.Contains(story.serving, n) {
				story.serving = append(story.serving, n)
			}
			if w.subnetZone(n.Subnet.V) == zone && !slices.Contains(story.zones, zone) {
				story.zones = append(story.zones, zone)
			}
		}
	}
	if w.layout.get(g.name, zone, purposeNodes) == nil {
		w.adopt(demand{group: g.name, zone: zone, purpose: purposeNodes, apps: g.keys()}, nodes[0])
	}
	if w.env.Cluster.VPCCNI.CustomNetworking.V && len(pods) > 0 && w.podAddressShows(g.apps) && w.layout.get(g.name, zone, purposePods) == nil {
		w.adopt(demand{group: g.name, zone: zone, purpose: purposePods, apps: g.keys()}, pods[0])
	}
}

// natsOf are the private NAT gateways that a subnet's route table leads to.
func (w *work) natsOf(s *inventory.Subnet) []*inventory.NATGateway {
	var list []*inventory.NATGateway
	if t := w.tableOf(s.Name.V); t != nil {
		for _, r := range t.Routes {
			for i := range w.env.VPC.NATGateways {
				if n := &w.env.VPC.NATGateways[i]; n.Name.V == r.Via.V && n.Private.V && len(n.IPs) > 0 && !slices.Contains(list, n) {
					list = append(list, n)
				}
			}
		}
	}
	return list
}

// subnetZone is the zone of an existing subnet.
func (w *work) subnetZone(name string) string {
	for _, s := range w.env.VPC.Subnets {
		if s.Name.V == name {
			return s.Zone.V
		}
	}
	return ""
}

// natAddress is the address a group's NAT gateway gets in a zone: the first
// that AWS leaves free in its subnet, chosen at creation and then immutable
// (Amazon VPC User Guide, NAT gateway basics).
func natAddress(b *block) netip.Addr { return cidr.FirstUsable(b.cidr) }

func (p natPattern) compile(w *work, b *builder) {
	nat := map[placeKey]natExit{}
	groups := w.list
	for _, g := range groups {
		for _, z := range p.story(w).zones {
			bl := w.layout.get(g.name, z, purposeNAT)
			if bl == nil {
				continue
			}
			s := b.newSubnet(bl)
			b.toSites(s.out, z)
			name := "nat-" + z + " of " + g.name
			nat[placeKey{g.name, z}] = natExit{b.natGateway(bl.name, name, z, []netip.Addr{natAddress(bl)}, s), name}
		}
	}
	b.placeGroups(groups, func(s subnetNodes, zone string, g *group) {
		zones := p.story(w).zones
		to, ok := nat[placeKey{g.name, zone}]
		if !ok && len(zones) > 0 {
			to, ok = nat[placeKey{g.name, zones[slices.Index(w.zones, zone)%len(zones)]}]
		}
		if ok {
			b.toNAT(s.out, to.id, to.name)
		}
	})
}

// source is every address of the group's NAT gateways.
func (p natPattern) source(w *work, a *inventory.App, _ *inventory.Destination) source {
	g := w.groups[a.Key]
	s := source{group: g.name, apps: g.keys(), barrier: "any pod scheduled onto the group's nodes, and anything in a subnet whose route table leads to its NAT gateways: controlled by taints and admission, and by IAM"}
	for _, b := range w.groupBlocks(g.name, purposeNAT) {
		s.blocks = append(s.blocks, single(natAddress(b)))
	}
	for _, n := range p.story(w).serving {
		for _, ip := range n.IPs {
			s.blocks = append(s.blocks, single(ip.V))
		}
	}
	s.blocks = sortedPrefixes(s.blocks)
	s.usable = usableIn(s.blocks)
	return s
}

// faults: the NAT gateways are among what all patterns have.
func (natPattern) faults(*work) []fault { return nil }

func (natPattern) misuse(w *work, kind string, a *inventory.App) misuse {
	return w.dedicatedMisuse(kind, a)
}

func (natPattern) intrusions(w *work, a *inventory.App, same, others []string) []intrusion {
	return w.dedicatedIntrusions(a, same, others)
}

func (natPattern) cuts(*work) []netip.Prefix { return nil }

func (natPattern) selects(*work, appFlow) string { return "" }

// usage: hours and GB in both directions, private gateways on the same meters
// as public ones; and the zone crossings where a zone has no gateway.
func (p natPattern) usage(w *work, v volumes) []cost.Usage {
	story := p.story(w)
	n := len(w.list) * len(story.zones)
	if len(story.serving) > 0 {
		n = 0 // they are there and paid for
	}
	list := []cost.Usage{
		hours(w, "nat-gateway-hour", n, "NAT gateway"),
		v.usage("nat-gateway-gb", v.opened, "both directions of all connections that apps open"),
	}
	if crossing := len(w.zones) - len(story.zones); crossing > 0 {
		list = append(list, v.crossZone(w, v.opened, crossing, len(w.zones), "zones without a NAT gateway of their own"))
	}
	return list
}

func (p natPattern) tasks(w *work) []task {
	groups := len(w.list)
	gateways := groups * len(p.story(w).zones)
	if n := len(p.story(w).serving); n > 0 {
		gateways = n
	}
	return append([]task{
		w.each("node groups", w.nodeGroups(), "nodeGroupHoursPerMonth"),
		w.each("NAT gateways", gateways, "natGatewayHoursPerMonth"),
	}, w.changeTasks("accessChangeHours", "newAppHours")...)
}

func (p natPattern) findings(w *work) {
	story := p.story(w)
	if len(story.serving) > 0 {
		w.authorizationFindings(true)
	} else {
		w.dedicatedFindings()
	}
	w.quota(story)
	w.say("nat-bypass")
	w.say("nat-data-cost")
	w.say("nat-subnet-growth")
	w.say("nat-source-set")
	w.say("few-source-addresses")
	w.say("managed-nat")
	w.say("no-l7")
	if !w.externalSNAT() {
		w.say("double-snat")
	}
	if len(story.zones) < len(w.zones) {
		w.report("zone-crossing-nat", w.plan.Policy.Redundancy.NATZones.At, nil,
			"NAT gateways in %d of %d zones", len(story.zones), len(w.zones))
	}
	for _, f := range w.flows() {
		if f.inbound() {
			w.report("inbound-initiated", f.flow.Initiator.At, []string{f.subject()}, "%s is opened from on-premises", f.subject())
		}
	}
}

// quota holds the number of NAT gateways per zone, those that exist included,
// against the account's quota.
func (w *work) quota(story *natStory) {
	q := w.env.Quotas.NATGatewaysPerZone
	groups := len(w.list)
	if len(story.serving) > 0 {
		return
	}
	for _, z := range story.zones {
		there := 0
		for _, n := range w.env.VPC.NATGateways {
			if w.subnetZone(n.Subnet.V) == z {
				there++
			}
		}
		if groups+there > q.V {
			w.reportAs(w.quotaSeverity("natGatewaysPerZone"), "nat-gateway-quota", q.At, []string{z},
				"%s: %d NAT gateways needed and %d there, quota %d", z, groups, there, q.V)
		}
	}
}

// quotaSeverity: an adjustable quota exceeded is a risk, one that cannot be
// raised a blocker.
func (w *work) quotaSeverity(name string) finding.Severity {
	for _, f := range w.env.Quotas.Fixed {
		if f.V == name {
			return finding.Blocker
		}
	}
	return finding.Risk
}

// hours is a usage of so many things for a month.
func hours(w *work, item string, n int, what string) cost.Usage {
	h := w.assumption("hoursPerMonth")
	return cost.Usage{Item: item, Unit: "h", Quantity: h.Mul(decimal.NewFromInt(int64(n))),
		How: fmt.Sprintf("%s x %s h", plural(n, what), h)}
}

// natExit is where packets for a group's NAT gateway enter.
type natExit struct {
	id   sim.NodeID
	name string
}
