package inventory

import (
	"gopkg.in/yaml.v3"
)

// The sizes AWS accepts (Amazon VPC User Guide, VPC CIDR blocks and Subnet
// sizing; Amazon EKS User Guide, Network requirements).
const (
	widestVPC        = 16
	narrowestVPC     = 28
	widestService    = 12
	narrowestService = 24
)

func readVPC(d *decoder, n *yaml.Node) VPC {
	o, ok := d.object(n, "vpc", "cidrs", "changeable", "subnets", "natGateways", "routeTables", "endpoints", "networkACLs")
	if !ok {
		return VPC{}
	}
	if o.field("cidrs") == nil {
		o.missing("cidrs")
	}
	v := VPC{
		Meta: o.meta(), At: o.at(),
		CIDRs:       objects(o, "cidrs", readVPCCIDR),
		Changeable:  optional(o, "changeable", true, boolean),
		Subnets:     objects(o, "subnets", readSubnet),
		NATGateways: objects(o, "natGateways", readNATGateway),
		RouteTables: objects(o, "routeTables", readRouteTable),
		Endpoints:   each(o, "endpoints", text),
		NetworkACLs: objects(o, "networkACLs", readNetworkACL),
	}
	v.partial = len(v.CIDRs) < len(o.items("cidrs"))
	if list := o.field("cidrs"); list != nil && len(o.items("cidrs")) == 0 && list.Kind == yaml.SequenceNode {
		d.problem(list, CodeMissing, "give at least one", "cidrs is empty")
	}
	return v
}

// readVPCCIDR reads 10.20.0.0/16 or {cidr: 100.65.0.0/16, routable: false}.
func readVPCCIDR(d *decoder, n *yaml.Node) (VPCCIDR, bool) {
	block := sizedPrefix("VPC blocks", widestVPC, narrowestVPC)
	n = target(n)
	if n.Kind != yaml.MappingNode {
		p, ok := block(d, n, "cidrs")
		c := VPCCIDR{}
		c.CIDR.V, c.CIDR.At, c.CIDR.Set = p, d.at(n), ok
		c.Routable.V, c.Routable.At = ok && !within(p, carrierGrade), d.at(n)
		return c, ok
	}
	o, ok := d.object(n, "a VPC block", "cidr", "routable")
	if !ok {
		return VPCCIDR{}, false
	}
	c := VPCCIDR{CIDR: required(o, "cidr", block)}
	c.Routable = optional(o, "routable", c.CIDR.Set && !within(c.CIDR.V, carrierGrade), boolean)
	return c, c.CIDR.Set
}

func readSubnet(d *decoder, n *yaml.Node) (Subnet, bool) {
	o, ok := d.object(n, "a subnet", "name", "cidr", "zone", "role", "freeIPs", "used", "cni")
	if !ok {
		return Subnet{}, false
	}
	return Subnet{
		Meta: o.meta(), At: o.at(),
		Name:    required(o, "name", name),
		CIDR:    required(o, "cidr", sizedPrefix("subnets", widestVPC, narrowestVPC)),
		Zone:    required(o, "zone", reference),
		Role:    optional(o, "role", RoleOther, oneOf(RoleNodes, RolePods, RoleNAT, RoleTGW, RoleEgress, RoleOther)),
		FreeIPs: optional(o, "freeIPs", 0, whole(0, 1<<(32-widestVPC))),
		Used:    each(o, "used", prefix),
		CNI:     optional(o, "cni", false, boolean),
	}, true
}

func readNATGateway(d *decoder, n *yaml.Node) (NATGateway, bool) {
	o, ok := d.object(n, "a NAT gateway", "name", "subnet", "private", "ips")
	if !ok {
		return NATGateway{}, false
	}
	return NATGateway{
		Meta: o.meta(), At: o.at(),
		Name:    required(o, "name", name),
		Subnet:  required(o, "subnet", reference),
		Private: optional(o, "private", false, boolean),
		IPs:     each(o, "ips", address),
	}, true
}

func readRouteTable(d *decoder, n *yaml.Node) (RouteTable, bool) {
	o, ok := d.object(n, "a route table", "name", "subnets", "routes")
	if !ok {
		return RouteTable{}, false
	}
	return RouteTable{Meta: o.meta(), At: o.at(), Name: required(o, "name", name),
		Subnets: each(o, "subnets", reference), Routes: objects(o, "routes", readRoute)}, true
}

func readRoute(d *decoder, n *yaml.Node) (Route, bool) {
	o, ok := d.object(n, "a route", "to", "via", "propagated")
	if !ok {
		return Route{}, false
	}
	return Route{At: o.at(), To: required(o, "to", prefix), Via: required(o, "via", reference),
		Propagated: optional(o, "propagated", false, boolean)}, true
}

func readNetworkACL(d *decoder, n *yaml.Node) (NetworkACL, bool) {
	o, ok := d.object(n, "a network ACL", "name", "subnets", "inbound", "outbound")
	if !ok {
		return NetworkACL{}, false
	}
	return NetworkACL{Meta: o.meta(), At: o.at(), Name: required(o, "name", name),
		Subnets: each(o, "subnets", reference), Inbound: o.aclRules("inbound"), Outbound: o.aclRules("outbound")}, true
}
