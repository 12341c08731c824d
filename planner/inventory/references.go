package inventory

import (
	"cmp"
	"net/netip"
	"slices"

	"egressplan/planner/finding"
)

// NewSubnets is the name that stands for the subnets a plan adds, in the list of
// a network ACL.
const NewSubnets = "new"

// The targets a route can have beside the names of NAT gateways.
var routeTargets = []string{TransitGateway, VirtualPrivateGateway, "internet-gateway", "local", "vpc-peering", "network-interface", "blackhole"}

// names is a set of known names that can be suggested. define is the way out
// beside naming one of them, where "define it" does not say enough.
type names struct {
	what, define string
	list         []string
	set          map[string]bool
}

func namesOf[T any](what string, list []T, name func(*T) string) names {
	n := names{what: what, set: make(map[string]bool, len(list))}
	for i := range list {
		if s := name(&list[i]); s != "" && !n.set[s] {
			n.list, n.set[s] = append(n.list, s), true
		}
	}
	return n
}

func (n names) with(more ...string) names {
	for _, s := range more {
		if !n.set[s] {
			n.list, n.set[s] = append(n.list, s), true
		}
	}
	return n
}

// refer reports a name that is not known. Where some document could not be read
// it stays silent: the name may be defined there.
func (l *loader) refer(v Value[string], n names) bool {
	if v.V == "" || !v.Set || n.set[v.V] {
		return n.set[v.V]
	}
	if l.incomplete {
		return false
	}
	fix := l.spelling.suggest(v.V, n.list)
	switch {
	case fix == "":
		fix = cmp.Or(n.define, "define it") + " or name one that is known"
	case n.define != "":
		fix += " or " + n.define
	}
	l.add(v.At, CodeUnknownReference, fix, "there is no %s %s", n.what, quote(v.V))
	return false
}

// references checks every name that stands for something defined elsewhere.
func (l *loader) references() {
	v := &l.plan.Environment.VPC
	subnets := namesOf("subnet", v.Subnets, func(s *Subnet) string { return s.Name.V })
	l.vpcReferences(v, subnets)
	l.natZones()
	destinations := namesOf("destination", l.plan.Destinations, func(d *Destination) string { return d.Name.V })
	for i := range l.plan.Apps {
		l.appReferences(&l.plan.Apps[i], subnets, destinations)
	}
	firewalls := namesOf("firewall", l.plan.Firewalls, func(f *Firewall) string { return f.Name.V })
	for i := range l.plan.Destinations {
		l.refer(l.plan.Destinations[i].Firewall, firewalls)
	}
	sites := namesOf("site", l.plan.Environment.Sites, func(s *Site) string { return s.Name.V })
	for i := range l.plan.Firewalls {
		l.refer(l.plan.Firewalls[i].Site, sites)
	}
}

// natZones: there cannot be NAT gateways in more zones than there are.
func (l *loader) natZones() {
	n, zones := l.plan.Policy.Redundancy.NATZones, len(l.plan.Environment.Zones)
	if n.Set && zones > 0 && n.V > zones {
		l.add(n.At, CodeBadNumber, "write all, or at most the number of zones", "natZones %d: the Environment has %s", n.V, counted(zones, "zone"))
	}
}

func (l *loader) vpcReferences(v *VPC, subnets names) {
	zones := namesOf("zone", l.plan.Environment.Zones, func(z *Value[string]) string { return z.V })
	zones.define = "add it to zones"
	for i := range v.Subnets {
		if len(zones.list) > 0 {
			l.refer(v.Subnets[i].Zone, zones)
		}
		l.subnetName(&v.Subnets[i])
	}
	var associated, filtered []Value[string]
	targets := namesOf("route target or NAT gateway", v.NATGateways, func(g *NATGateway) string { return g.Name.V }).with(routeTargets...)
	for i := range v.RouteTables {
		t := &v.RouteTables[i]
		associated = append(associated, l.all(t.Subnets, subnets)...)
		l.routes(t, targets)
	}
	orNew := namesOf("subnet", v.Subnets, func(s *Subnet) string { return s.Name.V }).with(NewSubnets)
	for i := range v.NetworkACLs {
		filtered = append(filtered, l.all(v.NetworkACLs[i].Subnets, orNew)...)
	}
	// A subnet has one route table and one network ACL (Amazon VPC User Guide).
	distinct(l.report, associated, "among the subnets of route tables,")
	distinct(l.report, filtered, "among the subnets of network ACLs,")
	l.gateways(v, subnets)
}

func (l *loader) subnetName(s *Subnet) {
	if s.Name.V == NewSubnets {
		l.add(s.Name.At, CodeBadName, "give the subnet another name", "a subnet cannot be named %q: network ACLs mean the subnets of the plan by it", NewSubnets)
	}
}

// all checks each name of a list and returns those that are known.
func (l *loader) all(list []Value[string], known names) []Value[string] {
	var found []Value[string]
	for _, v := range list {
		if l.refer(v, known) {
			found = append(found, v)
		}
	}
	return found
}

// routes: one table can have one static and one propagated route to a block.
func (l *loader) routes(t *RouteTable, targets names) {
	type entry struct {
		to         netip.Prefix
		propagated bool
	}
	seen := map[entry]finding.Pos{}
	for _, r := range t.Routes {
		l.refer(r.Via, targets)
		e := entry{r.To.V, r.Propagated.V}
		if earlier, twice := seen[e]; twice && r.To.Set {
			l.collide(CodeDuplicateName, r.To.At, earlier, "remove one of the two", "route table %s has two routes to %s", quote(t.Name.V), r.To.V)
		}
		seen[e] = r.To.At
	}
}

// gateways: the addresses of a NAT gateway are its subnet's, each used once.
func (l *loader) gateways(v *VPC, subnets names) {
	used := map[netip.Addr]finding.Pos{}
	for i := range v.NATGateways {
		g := &v.NATGateways[i]
		l.refer(g.Subnet, subnets)
		s := find(v.Subnets, g.Subnet.V, func(s *Subnet) string { return s.Name.V })
		for _, ip := range g.IPs {
			if s != nil && s.CIDR.Set && !s.CIDR.V.Contains(ip.V) {
				l.collide(CodeOutside, ip.At, s.CIDR.At, "correct the address or the subnet", "%s of NAT gateway %s is not in its subnet %s", ip.V, quote(g.Name.V), s.CIDR.V)
			}
			if earlier, twice := used[ip.V]; twice {
				l.collide(CodeDuplicateName, ip.At, earlier, "remove one of the two", "two NAT gateways have the address %s", ip.V)
			}
			used[ip.V] = ip.At
		}
	}
}

func (l *loader) appReferences(a *App, subnets, destinations names) {
	l.all(a.Subnets, subnets)
	distinct(l.report, a.Subnets, "subnet")
	for _, f := range a.Flows {
		if !l.refer(f.To, destinations) || len(f.Ports) == 0 {
			continue
		}
		d := l.plan.Destination(f.To.V)
		for _, r := range f.Ports {
			if len(d.Ports) > 0 && !slices.ContainsFunc(d.Ports, func(offered PortRange) bool { return offered.Covers(r) }) {
				l.add(f.At, CodePortsOutside, "add "+r.String()+" to the destination, or correct the flow",
					"the flow to %s uses %s, which the destination does not offer", quote(f.To.V), r)
			}
		}
	}
}
