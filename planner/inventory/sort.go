package inventory

import "egressplan/planner/finding"

// sortPlan brings every list into the order of its key and reports the keys that
// stand twice.
func (l *loader) sortPlan() {
	p := l.plan
	e := &p.Environment
	sortUnique(l.report, e.Pools, "pool", func(p *Pool) (string, finding.Pos) { return p.Name.V, p.Name.At })
	sortUnique(l.report, e.Sites, "site", func(s *Site) (string, finding.Pos) { return s.Name.V, s.Name.At })
	sortUnique(l.report, e.Connected, "connected network", func(n *Network) (string, finding.Pos) { return n.Name.V, n.Name.At })
	sortUnique(l.report, e.VPC.Subnets, "subnet", func(s *Subnet) (string, finding.Pos) { return s.Name.V, s.Name.At })
	sortUnique(l.report, e.VPC.NATGateways, "NAT gateway", func(g *NATGateway) (string, finding.Pos) { return g.Name.V, g.Name.At })
	sortUnique(l.report, e.VPC.RouteTables, "route table", func(t *RouteTable) (string, finding.Pos) { return t.Name.V, t.Name.At })
	sortUnique(l.report, e.VPC.NetworkACLs, "network ACL", func(a *NetworkACL) (string, finding.Pos) { return a.Name.V, a.Name.At })
	distinct(l.report, e.VPC.Endpoints, "endpoint")
	l.distinctLinks(e.Sites)
	sortUnique(l.report, p.Firewalls, "firewall", func(f *Firewall) (string, finding.Pos) { return f.Name.V, f.Name.At })
	sortUnique(l.report, p.Destinations, "destination", func(d *Destination) (string, finding.Pos) { return d.Name.V, d.Name.At })
	sortUnique(l.report, p.Apps, "app", func(a *App) (string, finding.Pos) {
		if a.Name.V == "" || a.Namespace.V == "" {
			return "", a.At
		}
		return a.Key, a.At
	})
}

// distinctLinks: states name a link without its site (link-lost:dx1), so no two
// links may share a name.
func (l *loader) distinctLinks(sites []Site) {
	var links []Value[string]
	for i := range sites {
		for _, link := range sites[i].Links {
			links = append(links, link.Name)
		}
	}
	distinct(l.report, links, "link")
}
