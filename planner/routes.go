package planner

import (
	"fmt"
	"net/netip"
	"slices"

	"egressplan/planner/inventory"
	"egressplan/sim"
)

// existingSubnets adds the VPC's subnets and NAT gateways.
func (b *builder) existingSubnets() {
	for i := range b.w.env.VPC.Subnets {
		s := &b.w.env.VPC.Subnets[i]
		b.addSubnet("existing/"+s.Name.V, s.Name.V, s.Zone.V, s.CIDR.V, []string{s.Name.V})
	}
	for i := range b.w.env.VPC.NATGateways {
		b.existingNAT(&b.w.env.VPC.NATGateways[i])
	}
}

// existingTables fills the existing subnets' route tables as the input gives
// them, or as is assumed where it does not.
func (b *builder) existingTables() {
	for i := range b.w.env.VPC.Subnets {
		s := &b.w.env.VPC.Subnets[i]
		out := b.subnet["existing/"+s.Name.V].out
		if t := b.w.tableOf(s.Name.V); t != nil {
			b.tableRoutes(out, t, s.Zone.V)
			b.endpoints(out)
			continue
		}
		b.toSites(out, s.Zone.V)
		b.outward(out, s.Zone.V)
	}
}

// tableOf is the route table an existing subnet is associated with, if given.
func (w *work) tableOf(subnet string) *inventory.RouteTable {
	for i := range w.env.VPC.RouteTables {
		t := &w.env.VPC.RouteTables[i]
		if slices.ContainsFunc(t.Subnets, func(v inventory.Value[string]) bool { return v.V == subnet }) {
			return t
		}
	}
	return nil
}

// existingNAT adds a NAT gateway that is there already.
func (b *builder) existingNAT(n *inventory.NATGateway) {
	s, ok := b.subnet["existing/"+n.Subnet.V]
	if !ok || len(n.IPs) == 0 {
		return
	}
	var ips []netip.Addr
	for _, ip := range n.IPs {
		ips = append(ips, ip.V)
	}
	b.nats[n.Name.V] = b.natGateway(n.Name.V, n.Name.V, b.w.subnetZone(n.Subnet.V), ips, s)
}

// natGateway adds a NAT gateway in a subnet and returns where packets for it
// enter: the inbound side of the subnet's border. It carries TCP, UDP and ICMP
// only, and drops what belongs to no connection opened from inside (Amazon VPC
// User Guide, NAT gateway basics). key is what states call it.
func (b *builder) natGateway(key, name, zone string, ips []netip.Addr, s subnetNodes) sim.NodeID {
	enter := b.add(kindSubnetIn, s.name, zone)
	b.at(enter).Ingress = b.at(s.in).Ingress
	id := b.add(kindNAT, name, zone)
	b.route(enter, everywhere, id, "enters "+name)
	b.natNodes = append(b.natNodes, namedNode{key, id})
	n := b.at(id)
	n.MTU = mtuNAT
	n.Carries = []sim.Protocol{sim.TCP, sim.UDP, sim.ICMP}
	n.SessionOnly = true
	for _, ip := range ips {
		n.Owns = append(n.Owns, single(ip))
	}
	n.NAT = []sim.NAT{{To: ips, PortFrom: natPortFrom, PortTo: natPortTo,
		Ref: b.ref(note{text: fmt.Sprintf("%s translates to its own address, ports 1024-65535", name), source: "Amazon VPC User Guide, NAT gateways"})}}
	for _, ip := range ips {
		b.inSubnet(s, single(ip), id, "address of "+name)
	}
	b.route(id, everywhere, s.out, "leaves into its own subnet's route table")
	return enter
}

// tableRoutes fills a route table as the input gives it.
func (b *builder) tableRoutes(out sim.NodeID, t *inventory.RouteTable, zone string) {
	for _, r := range t.Routes {
		next, ok := b.target(r.Via.V, zone)
		kind := r.Via.V
		if _, nat := b.nats[r.Via.V]; nat {
			kind = kindNAT
		}
		if !r.Propagated.V && kind != "local" && !b.accepted(r.To.V, kind) {
			continue
		}
		route := sim.Route{Dst: r.To.V, Yielding: r.Propagated.V, Rank: rankOf(r),
			Ref: b.ref(note{text: fmt.Sprintf("route table %s: %s via %s", t.Name.V, r.To.V, r.Via.V), at: r.At})}
		if r.Via.V == "local" {
			route.Pinned = true
		}
		if ok {
			route.Next = []sim.NodeID{next}
		}
		b.at(out).Routes = append(b.at(out).Routes, route)
	}
}

// rankOf puts a static route before a propagated one of the same prefix (Amazon
// VPC User Guide, Route priority).
func rankOf(r inventory.Route) int {
	if r.Propagated.V {
		return 1
	}
	return 0
}

// accepted reports whether AWS takes a static route: one inside a CIDR of the
// VPC only for a whole subnet, and only to a NAT gateway, a network interface or
// a load balancer endpoint (Amazon VPC User Guide, Subnet route tables). A site
// inside the VPC's range therefore has no route at all.
func (b *builder) accepted(dst netip.Prefix, kind string) bool {
	inside := false
	for _, v := range b.w.vpcCIDRs() {
		inside = inside || v.Bits() <= dst.Bits() && v.Contains(dst.Addr())
	}
	if !inside {
		return true
	}
	if kind != kindNAT && kind != "network-interface" {
		return false
	}
	for _, s := range b.subnet {
		if s.cidr == dst {
			return true
		}
	}
	return false
}

// target is the node a route's target stands for; false where it leads nowhere
// we know.
func (b *builder) target(via, zone string) (sim.NodeID, bool) {
	switch via {
	case "local":
		return b.vpc, true
	case inventory.TransitGateway, inventory.VirtualPrivateGateway:
		return b.attachment(via, zone), true
	case "internet-gateway":
		return b.exit, true
	case "vpc-peering":
		return b.peer(), true
	}
	id, ok := b.nats[via]
	return id, ok
}

// toSites leads every on-premises prefix to its site's gateway.
func (b *builder) toSites(out sim.NodeID, zone string) {
	for i := range b.w.env.Sites {
		site := &b.w.env.Sites[i]
		gate := b.w.siteGate(site)
		for _, c := range site.CIDRs {
			if b.accepted(c.V, gate) {
				b.route(out, c.V, b.attachment(gate, zone), fmt.Sprintf("%s via %s", c.V, gate))
			}
		}
	}
}

// toNAT leads every on-premises prefix to a NAT gateway.
func (b *builder) toNAT(out, nat sim.NodeID, name string) {
	for _, site := range b.w.env.Sites {
		for _, c := range site.CIDRs {
			if b.accepted(c.V, kindNAT) {
				b.route(out, c.V, nat, fmt.Sprintf("%s via %s", c.V, name))
			}
		}
	}
}
