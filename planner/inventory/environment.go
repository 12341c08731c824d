package inventory

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
	"gopkg.in/yaml.v3"
)

// carrierGrade is the shared address space (RFC 6598): not routable unless said.
var carrierGrade = netip.MustParsePrefix("100.64.0.0/10")

// benchmarking is the part of RFC 2544's range that Amazon's EKS Best Practices
// Guide advises for pods, and that the VPC User Guide's table of restrictions
// refuses beside any private range.
var benchmarking = netip.MustParsePrefix("198.19.0.0/16")

// Sizes of packets in bytes. Every network takes packets of 68 (RFC 791), no AWS
// one takes more than 9001 (Amazon EC2 User Guide, Network MTU).
const (
	smallestMTU      = 68
	largestMTU       = 9001
	directConnectMTU = 1500
	vpnMTU           = 1446
)

// environment reads the spec of an Environment.
func (l *loader) environment(doc document) {
	d := doc.d
	o, ok := d.object(doc.spec, "the spec of Environment",
		"region", "zones", "vpc", "pools", "reserved", "onPrem", "connected", "cluster", "quotas")
	if !ok {
		return
	}
	e := &l.plan.Environment
	e.Meta, e.Name, e.At = doc.meta, doc.name, doc.at
	e.Region = required(o, "region", region)
	for _, z := range nonEmpty(o, "zones", readZone) {
		e.Zones, e.ZoneIDs = append(e.Zones, z.V.name), append(e.ZoneIDs, z.V.id)
	}
	e.Pools = objects(o, "pools", readPool)
	e.Reserved = each(o, "reserved", prefix)
	e.Connected = objects(o, "connected", readNetwork)
	if p, ok := o.inner("onPrem", "sites"); ok {
		e.Sites = objects(p, "sites", readSite)
	}
	if v, ok := l.section(o, "vpc"); ok {
		e.VPC = readVPC(d, v)
	}
	e.Cluster = readCluster(o)
	e.Quotas = readQuotas(o)
	l.checkZones(e, len(o.items("zones")))
}

// section is a value that must be there.
func (l *loader) section(o object, key string) (*yaml.Node, bool) {
	n := o.field(key)
	if n == nil {
		o.missing(key)
	}
	return n, n != nil
}

// region reads the name of a region: eu-central-1, us-gov-west-1.
func region(d *decoder, n *yaml.Node, key string) (string, bool) {
	s, ok := text(d, n, key)
	if ok && !isRegion(s) {
		d.problem(n, CodeBadName, "write the code of a region, such as eu-central-1", "%s %s is not an AWS region", key, quote(s))
	}
	return s, ok && isRegion(s)
}

func isRegion(s string) bool {
	parts := strings.Split(s, "-")
	if !isLabel(s) || len(parts) < 3 || !digits(parts[len(parts)-1]) {
		return false
	}
	for _, p := range parts[:len(parts)-1] {
		if p == "" || strings.ContainsAny(p, "0123456789") {
			return false
		}
	}
	return true
}

// zone is a zone as this account calls it, and perhaps which one that is: the
// letters differ from account to account.
type zone struct{ name, id Value[string] }

// readZone reads a name, or a name and an id.
func readZone(d *decoder, n *yaml.Node, key string) (zone, bool) {
	if target(n).Kind != yaml.MappingNode {
		s, ok := text(d, n, key)
		return zone{name: Value[string]{V: s, At: d.at(n), Set: ok}, id: Value[string]{At: d.at(n)}}, ok
	}
	o, ok := d.object(n, "a zone", "name", "id")
	if !ok {
		return zone{}, false
	}
	z := zone{name: required(o, "name", text), id: optional(o, "id", "", zoneID)}
	return z, z.name.Set
}

// zoneID reads the id of a zone: use1-az1.
func zoneID(d *decoder, n *yaml.Node, key string) (string, bool) {
	s, ok := text(d, n, key)
	region, number, cut := strings.Cut(s, "-az")
	if ok && (!cut || !isLabel(region) || !digits(number)) {
		d.problem(n, CodeBadName, "write it as AWS does, such as use1-az1 (aws ec2 describe-availability-zones)", "%s %s is not the id of a zone", key, quote(s))
		return "", false
	}
	return s, ok
}

// checkZones wants two zones or more, distinct and of the region: an EKS
// cluster needs subnets in two (Amazon EKS User Guide, Network requirements).
func (l *loader) checkZones(e *Environment, given int) {
	distinct(l.report, e.Zones, "zone")
	var ids []Value[string]
	for _, id := range e.ZoneIDs {
		if id.Set {
			ids = append(ids, id)
		}
	}
	distinct(l.report, ids, "zone id")
	for _, z := range e.Zones {
		if rest, ok := strings.CutPrefix(z.V, e.Region.V); e.Region.Set && (!ok || rest == "" || !isLabel(z.V)) {
			fix := "write the region and a letter: " + e.Region.V + "a"
			if strings.ContainsRune(strings.TrimSpace(z.V), ' ') {
				fix = "write a comma between two zones"
			}
			l.add(z.At, CodeConflict, fix, "zone %s is not in the region %s", quote(z.V), quote(e.Region.V))
		}
	}
	if given == 1 && len(e.Zones) == 1 {
		l.add(e.Zones[0].At, CodeMissing, "add a second zone", "zones has one element; a cluster needs two zones or more")
	}
}

func readPool(d *decoder, n *yaml.Node) (Pool, bool) {
	o, ok := d.object(n, "a pool", "name", "cidrs", "routable", "keepFree", "associable")
	if !ok {
		return Pool{}, false
	}
	p := Pool{Meta: o.meta(), At: o.at(), Name: required(o, "name", name), CIDRs: nonEmpty(o, "cidrs", poolPrefix)}
	shared := len(p.CIDRs) > 0
	for _, c := range p.CIDRs {
		shared = shared && within(c.V, carrierGrade)
	}
	p.Routable = optional(o, "routable", !shared, boolean)
	p.KeepFree = optional(o, "keepFree", decimal.Decimal{}, percent(100))
	p.Associable = optional(o, "associable", false, boolean)
	disputed := slices.ContainsFunc(p.CIDRs, func(c Value[netip.Prefix]) bool { return within(c.V, benchmarking) })
	if p.Associable.V && !disputed {
		d.add(p.Associable.At, CodeConflict, "leave it out", "associable is for blocks of %s alone, where AWS's guides contradict each other", benchmarking)
	}
	return p, true
}

// poolPrefix reads a block that holds a subnet at least.
func poolPrefix(d *decoder, n *yaml.Node, key string) (netip.Prefix, bool) {
	p, ok := prefix(d, n, key)
	if ok && p.Bits() > narrowestSubnet {
		d.problem(n, CodeBadPrefixLength, fmt.Sprintf("take a block of /%d or wider", narrowestSubnet),
			"%s %s holds no subnet: AWS has none beyond /%d", key, quote(n.Value), narrowestSubnet)
		return netip.Prefix{}, false
	}
	return p, ok
}

// within is true if all of p lies in q.
func within(p, q netip.Prefix) bool { return p.Bits() >= q.Bits() && q.Contains(p.Addr()) }

func readNetwork(d *decoder, n *yaml.Node) (Network, bool) {
	o, ok := d.object(n, "a connected network", "name", "cidrs")
	if !ok {
		return Network{}, false
	}
	return Network{Meta: o.meta(), At: o.at(), Name: required(o, "name", name), CIDRs: nonEmpty(o, "cidrs", prefix)}, true
}

func readSite(d *decoder, n *yaml.Node) (Site, bool) {
	o, ok := d.object(n, "a site", "name", "cidrs", "links")
	if !ok {
		return Site{}, false
	}
	s := Site{Meta: o.meta(), At: o.at(), Name: required(o, "name", name), CIDRs: nonEmpty(o, "cidrs", prefix),
		Links: objects(o, "links", readLink)}
	s.partial = len(s.CIDRs) == 0 || len(s.CIDRs) < len(o.items("cidrs"))
	return s, true
}

func readLink(d *decoder, n *yaml.Node) (Link, bool) {
	o, ok := d.object(n, "a link", "name", "gateway", "over", "role", "capacity", "ports", "shared", "location", "mtu", "advertised")
	if !ok {
		return Link{}, false
	}
	link := Link{
		Meta: o.meta(), At: o.at(),
		Name:       required(o, "name", name),
		Gateway:    optional(o, "gateway", TransitGateway, oneOf(TransitGateway, VirtualPrivateGateway)),
		Over:       required(o, "over", oneOf(DirectConnect, SiteToSiteVPN)),
		Role:       optional(o, "role", RolePrimary, oneOf(RolePrimary, RoleBackup)),
		Capacity:   optional(o, "capacity", decimal.Decimal{}, capacity),
		Ports:      optional(o, "ports", 1, whole(1, 100)),
		Shared:     optional(o, "shared", false, boolean),
		Location:   optional(o, "location", "", text),
		Advertised: each(o, "advertised", prefix),
	}
	link.MTU = optional(o, "mtu", usualMTU(link.Over.V), whole(smallestMTU, largestMTU))
	if link.Over.V == SiteToSiteVPN && link.MTU.V > vpnMTU {
		d.add(link.MTU.At, CodeConflict, "write 1446 or less, or leave mtu out", "mtu %d over site-to-site-vpn, which takes packets of %d bytes at most", link.MTU.V, vpnMTU)
	}
	return link, true
}

// usualMTU is the largest packet of a link that nobody changed (AWS Direct
// Connect User Guide, MTUs for private and transit virtual interfaces; AWS
// Site-to-Site VPN User Guide, Quotas).
func usualMTU(over string) int {
	if over == SiteToSiteVPN {
		return vpnMTU
	}
	return directConnectMTU
}

func readQuotas(o object) Quotas {
	q, _ := o.orEmpty("quotas", "natGatewaysPerZone", "vpcCIDRs", "subnets", "routeTables", "routesPerTable", "fixed")
	const most = 10_000
	return Quotas{
		At:                 q.at(),
		NATGatewaysPerZone: optional(q, "natGatewaysPerZone", 5, whole(0, most)),
		VPCCIDRs:           optional(q, "vpcCIDRs", 5, whole(1, most)),
		Subnets:            optional(q, "subnets", 200, whole(0, most)),
		RouteTables:        optional(q, "routeTables", 200, whole(0, most)),
		RoutesPerTable:     optional(q, "routesPerTable", 500, whole(0, most)),
		Fixed:              each(q, "fixed", oneOf("natGatewaysPerZone", "vpcCIDRs", "subnets", "routeTables", "routesPerTable")),
	}
}

// orEmpty is the object at a key, or one without keys at the place of the
// enclosing object, so that all its defaults apply.
func (o object) orEmpty(key string, known ...string) (object, bool) {
	if p, ok := o.inner(key, known...); ok {
		return p, true
	}
	return object{d: o.d, what: key, node: &yaml.Node{Kind: yaml.MappingNode, Line: o.node.Line, Column: o.node.Column}}, false
}
