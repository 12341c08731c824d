package planner

import (
	"fmt"
	"net/netip"

	"egressplan/planner/inventory"
	"egressplan/sim"
)

// Addresses that stand for destinations whose own are not given: documentation
// ranges (RFC 5737), which nothing real has.
var (
	standInService  = netip.MustParseAddr("198.51.100.1")
	standInInternet = netip.MustParseAddr("203.0.113.1")
)

// gatewayServices are the AWS services with gateway endpoints; all others have
// interface endpoints (Amazon VPC, Gateway endpoints).
var gatewayServices = map[string]bool{"s3": true, "dynamodb": true}

// elsewhereBlocks are the addresses of a destination that is not on-premises.
// An interface endpoint has addresses inside the VPC: the last of its first
// block, which AWS gives to nobody, stands for them.
func (w *work) elsewhereBlocks(d *inventory.Destination) []netip.Prefix {
	if len(d.CIDRs) > 0 {
		return values(d.CIDRs)
	}
	switch {
	case w.interfaceEndpoint(d):
		return []netip.Prefix{single(lastAddress(w.env.VPC.CIDRs[0].CIDR.V))}
	case d.Kind.V == inventory.KindAWSService:
		return []netip.Prefix{single(standInService)}
	}
	return []netip.Prefix{single(standInInternet)}
}

// endpoint reports whether the VPC has an endpoint for the destination's service.
func (w *work) endpoint(d *inventory.Destination) bool {
	if d.Kind.V != inventory.KindAWSService {
		return false
	}
	for _, e := range w.env.VPC.Endpoints {
		if e.V == d.Service.V {
			return true
		}
	}
	return false
}

func (w *work) interfaceEndpoint(d *inventory.Destination) bool {
	return w.endpoint(d) && !gatewayServices[d.Service.V]
}

// lastAddress is the broadcast address of a block.
func lastAddress(p netip.Prefix) netip.Addr {
	a := p.Masked().Addr().As4()
	for bit := p.Bits(); bit < 32; bit++ {
		a[bit/8] |= 0x80 >> (bit % 8)
	}
	return netip.AddrFrom4(a)
}

// connectElsewhere adds the far ends of what apps reach beside on-premises:
// endpoints, connected networks, hosts of the VPC, the internet.
func (b *builder) connectElsewhere() {
	for i := range b.w.plan.Destinations {
		d := &b.w.plan.Destinations[i]
		if d.Kind.V == inventory.KindOnPremises {
			continue
		}
		b.far[d.Name.V] = b.exit
		blocks := b.w.elsewhereBlocks(d)
		if !b.w.endpoint(d) && d.Kind.V != inventory.KindNetwork {
			b.at(b.exit).Owns = append(b.at(b.exit).Owns, blocks...)
		}
		switch {
		case b.w.endpoint(d):
			b.endpointNode(d, blocks)
		case d.Kind.V == inventory.KindNetwork:
			b.networkNode(d, blocks)
		}
	}
}

// endpointNode adds a VPC endpoint. A gateway endpoint is a route of the subnet
// that the packet leaves by; an interface endpoint is another host of the VPC.
func (b *builder) endpointNode(d *inventory.Destination, blocks []netip.Prefix) {
	id := b.add(kindEndpoint, d.Service.V+" endpoint", "")
	b.far[d.Name.V] = id
	b.at(id).Owns = blocks
	if b.w.interfaceEndpoint(d) {
		b.at(id).MTU = mtuEndpoint
	}
	b.route(id, everywhere, b.vpc, "back into the VPC")
	for _, c := range blocks {
		if b.w.interfaceEndpoint(d) {
			b.route(b.vpc, c, id, "interface endpoint of "+d.Service.V)
			continue
		}
		b.prefixLists = append(b.prefixLists, sim.Route{Dst: c, Next: []sim.NodeID{id}, Ref: b.ref(note{
			text: "prefix list of " + d.Service.V + " via its gateway endpoint", source: "Amazon VPC, Gateway endpoints"})})
	}
}

// networkNode adds a network beside the sites: a part of the VPC itself, or one
// behind the transit gateway.
func (b *builder) networkNode(d *inventory.Destination, blocks []netip.Prefix) {
	for _, c := range blocks {
		near, via := sim.None, "an attachment"
		for _, v := range b.w.vpcCIDRs() {
			if v.Overlaps(c) {
				near, via = b.vpc, "the VPC"
			}
		}
		for _, n := range b.w.env.Connected {
			for _, x := range n.CIDRs {
				if near == sim.None && x.V.Overlaps(c) {
					near = b.gate(inventory.TransitGateway)
				}
			}
		}
		if near == sim.None {
			continue // only the default route may lead there
		}
		id := b.add(kindNetwork, d.Name.V, "")
		b.far[d.Name.V] = id
		b.at(id).Owns = []netip.Prefix{c}
		if s, inside := b.subnetAround(c); near == b.vpc && inside {
			b.route(id, everywhere, s.out, "in "+s.name)
			b.route(id, s.cidr, s.link, "in "+s.name)
			b.inSubnet(s, c, id, "a host of "+d.Name.V)
			continue
		}
		b.route(id, everywhere, near, "back by "+via)
		b.route(near, c, id, "a host of "+d.Name.V)
		if near != b.vpc {
			b.route(b.peer(), c, id, "a host of "+d.Name.V)
		}
	}
}

// peer is the peering connections of the VPC, as one node.
func (b *builder) peer() sim.NodeID {
	if b.peering == sim.None {
		b.peering = b.add(kindNetwork, "VPC peering", "")
	}
	return b.peering
}

// subnetAround is the subnet that holds a block.
func (b *builder) subnetAround(c netip.Prefix) (subnetNodes, bool) {
	for _, key := range sortedKeys(b.subnet) {
		if s := b.subnet[key]; s.cidr.Bits() <= c.Bits() && s.cidr.Contains(c.Addr()) {
			return s, true
		}
	}
	return subnetNodes{}, false
}

// outward completes a route table for what is not on-premises: gateway
// endpoints, connected networks and, through the zone's public NAT gateway, the
// internet.
func (b *builder) outward(out sim.NodeID, zone string) {
	b.endpoints(out)
	for _, n := range b.w.env.Connected {
		for _, c := range n.CIDRs {
			b.route(out, c.V, b.attachment(inventory.TransitGateway, zone), fmt.Sprintf("%s (%s) via transit-gateway", c.V, n.Name.V))
		}
	}
	if nat := b.w.publicNAT(zone); nat != nil {
		if id, ok := b.nats[nat.Name.V]; ok {
			b.route(out, everywhere, id, "everything else via "+nat.Name.V)
		}
	}
}

// endpoints adds the prefix lists of gateway endpoints to a route table.
func (b *builder) endpoints(out sim.NodeID) {
	n := b.at(out)
	n.Routes = append(n.Routes, b.prefixLists...)
}

// publicNAT is the existing public NAT gateway of a zone, else of any zone.
func (w *work) publicNAT(zone string) *inventory.NATGateway {
	var other *inventory.NATGateway
	for i := range w.env.VPC.NATGateways {
		n := &w.env.VPC.NATGateways[i]
		switch {
		case n.Private.V || len(n.IPs) == 0:
		case w.subnetZone(n.Subnet.V) == zone:
			return n
		case other == nil:
			other = n
		}
	}
	return other
}

// internetGateway gives the way to the internet to addresses that have a public
// one: public NAT gateways, and nodes, which may have; never a pod's own
// (Amazon EKS User Guide, SNAT for pods).
func (b *builder) internetGateway() {
	f := &sim.Filter{Stateful: true, Ref: b.ref(note{code: "no-public-address",
		text: "this address has no public one, so the internet gateway drops it", source: "Amazon EKS User Guide, SNAT for pods"})}
	for i := range b.w.env.VPC.NATGateways {
		for _, ip := range b.w.env.VPC.NATGateways[i].IPs {
			if !b.w.env.VPC.NATGateways[i].Private.V {
				f.Rules = append(f.Rules, sim.Rule{Match: sim.Match{Src: single(ip.V)}, Allow: true})
			}
		}
	}
	for _, p := range b.placed {
		if p.host == sim.None {
			continue
		}
		for _, a := range b.at(p.host).Owns {
			f.Rules = append(f.Rules, sim.Rule{Match: sim.Match{Src: a}, Allow: true})
		}
	}
	n := b.at(b.exit)
	n.Ingress = f
	for _, c := range b.w.vpcCIDRs() {
		b.route(b.exit, c, b.vpc, "back into the VPC")
	}
}
