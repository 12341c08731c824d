package planner

import (
	"net/netip"
	"slices"

	"egressplan/cidr"
	"egressplan/planner/finding"
	"egressplan/planner/inventory"
)

// Limits that no quota increase lifts, or lifts only so far (Amazon VPC User
// Guide, Amazon VPC quotas and NAT gateway basics).
const (
	maxRoutesPerTable   = 1000
	maxPropagatedRoutes = 100
	defaultNetworkUnits = 64_000
	maxNetworkUnits     = 256_000
)

// dockerBridge is what Docker takes on a node (Amazon EKS User Guide,
// Troubleshooting: no route to host).
var dockerBridge = netip.MustParsePrefix("172.17.0.0/16")

// awsFindings hold the plan against AWS's limits beyond the account's quotas.
func (w *work) awsFindings() {
	w.bridgeFinding()
	w.clusterSubnetsFinding()
	w.unitsFinding()
	w.routeFindings()
	w.prefixFindings()
	if w.pattern.id() != (natPattern{}).id() {
		return
	}
	for i := range w.env.VPC.NATGateways {
		if n := &w.env.VPC.NATGateways[i]; n.Private.V && len(n.IPs) > maxNATAddresses {
			w.report("nat-addresses", n.At, []string{n.Name.V}, "%s has %d addresses, a private NAT gateway takes %d", n.Name.V, len(n.IPs), maxNATAddresses)
		}
	}
}

// bridgeFinding names whatever lies in Docker's range.
func (w *work) bridgeFinding() {
	hit := func(at finding.Pos, what string, p netip.Prefix) {
		if p.Overlaps(dockerBridge) {
			w.report("docker-bridge-range", at, []string{p.String()}, "%s %s overlaps %s", what, p, dockerBridge)
		}
	}
	for _, c := range w.env.VPC.CIDRs {
		hit(c.CIDR.At, "the VPC's block", c.CIDR.V)
	}
	for i := range w.env.Pools {
		for _, c := range w.env.Pools[i].CIDRs {
			hit(c.At, "pool "+w.env.Pools[i].Name.V, c.V)
		}
	}
	for i := range w.plan.Destinations {
		for _, c := range w.plan.Destinations[i].CIDRs {
			hit(c.At, "destination "+w.plan.Destinations[i].Name.V, c.V)
		}
	}
}

// What EKS needs free in a cluster subnet, and what it recommends (Amazon EKS
// User Guide, Network requirements).
const (
	clusterAddresses     = 6
	clusterAddressesGood = 16
)

// zonesWithoutCluster are the zones where EKS places no control plane, by id: the
// letters differ from account to account (Amazon EKS User Guide, Network
// requirements).
var zonesWithoutCluster = []string{"use1-az3", "usw1-az2", "cac1-az3"}

// clusterSubnetsFinding looks for room for the control plane's interfaces: in
// existing subnets whose free addresses are known, and in planned ones beyond
// what they are planned for. A subnet nobody says anything about is given the
// benefit of the doubt. A running cluster has its interfaces.
func (w *work) clusterSubnetsFinding() {
	room := map[string]int{}
	for i := range w.env.VPC.Subnets {
		s := &w.env.VPC.Subnets[i]
		room[s.Zone.V] = max(room[s.Zone.V], freeFor(s))
	}
	for _, b := range w.layout.blocks {
		if b.subnet == "" && !b.cidr.IsSingleIP() && b.purpose != purposeTGW {
			room[b.zone] = max(room[b.zone], cidr.Usable(b.cidr.Bits())-b.need.addresses)
		}
	}
	enough, good := 0, 0
	for i, id := range w.env.ZoneIDs {
		if slices.Contains(zonesWithoutCluster, id.V) {
			z := w.env.Zones[i]
			delete(room, z.V)
			w.reportAs(finding.Note, "eks-cluster-subnets", id.At, []string{z.V}, "EKS takes no cluster subnet in %s (%s); nodes may be there", z.V, id.V)
		}
	}
	for _, z := range w.zones {
		if room[z] >= clusterAddresses {
			enough++
		}
		if room[z] >= clusterAddressesGood {
			good++
		}
	}
	switch {
	case enough < 2:
		w.report("eks-cluster-subnets", w.env.VPC.At, nil, "subnets with %d free addresses, existing or planned, are in %s only", clusterAddresses, plural(enough, "zone"))
	case good < 2:
		w.reportAs(finding.Note, "eks-cluster-subnets", w.env.VPC.At, nil, "subnets with the recommended %d free addresses are in %s only", clusterAddressesGood, plural(good, "zone"))
	}
}

// unitsFinding counts network address units: one for an address, one for a /28
// prefix (Amazon VPC User Guide, Network Address Usage). What is taken in
// existing subnets counts as far as it is known.
func (w *work) unitsFinding() {
	units := 0
	for i := range w.env.VPC.Subnets {
		if s := &w.env.VPC.Subnets[i]; s.FreeIPs.Set {
			units += cidr.Usable(s.CIDR.V.Bits()) - s.FreeIPs.V
		}
	}
	for _, d := range w.layout.demands {
		units += d.need.addresses - 15*d.need.prefixes
	}
	switch {
	case units > maxNetworkUnits:
		w.reportAs(finding.Blocker, "quota-network-units", w.env.VPC.At, nil, "%d units with this plan, a VPC has %d at most", units, maxNetworkUnits)
	case units > defaultNetworkUnits:
		w.report("quota-network-units", w.env.VPC.At, nil, "%d units with this plan, quota %d: ask for at least %d", units, defaultNetworkUnits, units)
	}
}

// routeFindings: every new block of the VPC is a local route in every table that
// exists; what a gateway propagates has a limit of its own.
func (w *work) routeFindings() {
	blocks := len(w.vpcCIDRs())
	for i := range w.env.VPC.RouteTables {
		t := &w.env.VPC.RouteTables[i]
		routes, propagated := blocks, 0
		for _, r := range t.Routes {
			if r.Via.V != "local" {
				routes++
			}
			if r.Propagated.V {
				propagated++
			}
		}
		w.overRoutes(t.At, t.Name.V, routes)
		if propagated > maxPropagatedRoutes {
			w.report("propagated-routes", t.At, []string{t.Name.V}, "%s has %d propagated routes, it takes %d", t.Name.V, propagated, maxPropagatedRoutes)
		}
	}
	learned := 0 // by new tables: a virtual private gateway propagates what sites announce
	for i := range w.env.Sites {
		s := &w.env.Sites[i]
		if slices.ContainsFunc(s.Links, func(l inventory.Link) bool { return l.Gateway.V == inventory.VirtualPrivateGateway }) {
			learned += len(s.CIDRs)
		}
	}
	if learned > maxPropagatedRoutes {
		w.report("propagated-routes", w.env.VPC.At, nil, "sites behind the virtual private gateway announce %d ranges, a table takes %d propagated routes", learned, maxPropagatedRoutes)
	}
}

func (w *work) overRoutes(at finding.Pos, table string, n int) {
	q := w.env.Quotas.RoutesPerTable
	switch {
	case n > maxRoutesPerTable:
		w.reportAs(finding.Blocker, "quota-routes", at, []string{table}, "%s: %d routes with this plan, no quota goes beyond %d", table, n, maxRoutesPerTable)
	case n > q.V:
		w.reportAs(w.quotaSeverity("routesPerTable"), "quota-routes", at, []string{table}, "%s: %d routes with this plan, quota %d: ask for at least %d", table, n, q.V, n)
	}
}

// prefixLimits are how many prefixes a link takes towards AWS and from it; 0 is
// no limit that is documented (AWS Direct Connect User Guide and AWS
// Site-to-Site VPN User Guide, quotas).
func prefixLimits(l *inventory.Link) (toAWS, fromAWS int) {
	tgw := l.Gateway.V == inventory.TransitGateway
	switch {
	case l.Over.V == inventory.DirectConnect && tgw:
		return 100, 200
	case l.Over.V == inventory.DirectConnect:
		return 100, 0
	case tgw:
		return 1000, 5000
	}
	return 100, 1000
}

// prefixFindings hold what a link must carry against what it takes. Through a
// transit gateway the prefixes are announced as they are listed, through a
// virtual private gateway the VPC's blocks are.
func (w *work) prefixFindings() {
	for i := range w.env.Sites {
		s := &w.env.Sites[i]
		for j := range s.Links {
			l := &s.Links[j]
			toAWS, fromAWS := prefixLimits(l)
			if n := len(s.CIDRs); n > toAWS {
				w.report("prefixes-to-aws", l.At, []string{l.Name.V}, "%s has %d ranges, %s takes %d", s.Name.V, n, l.Name.V, toAWS)
			}
			list := w.announced(l)
			if l.Gateway.V == inventory.VirtualPrivateGateway {
				list = w.vpcCIDRs()
			}
			if n := len(list); fromAWS > 0 && n > fromAWS {
				w.report("prefixes-from-aws", l.At, []string{l.Name.V}, "%d prefixes must be announced to %s, %s takes %d", n, s.Name.V, l.Name.V, fromAWS)
			}
		}
	}
}

// vpcBlockFinding: five blocks, fifty after an increase.
func (w *work) vpcBlockFinding(n int) {
	q := w.env.Quotas.VPCCIDRs
	switch {
	case n > cidr.MaxVPCBlocks:
		w.reportAs(finding.Blocker, "quota-vpc-cidrs", q.At, nil, "%d CIDR blocks with this plan, no quota goes beyond %d", n, cidr.MaxVPCBlocks)
	case n > q.V:
		w.reportAs(w.quotaSeverity("vpcCIDRs"), "quota-vpc-cidrs", q.At, nil, "%d CIDR blocks with this plan, quota %d: ask for at least %d", n, q.V, n)
	}
}
