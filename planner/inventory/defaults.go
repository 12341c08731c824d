package inventory

import (
	"net/netip"
	"slices"
	"strings"

	"egressplan/planner/finding"
)

// The service CIDRs EKS chooses from where none is given (Amazon EKS User Guide,
// Network requirements).
var (
	serviceDefault     = netip.MustParsePrefix("172.20.0.0/16")
	serviceAlternative = netip.MustParsePrefix("10.100.0.0/16")
	privateB           = netip.MustParsePrefix("172.16.0.0/12")
)

// defaults fills in what depends on other documents.
func (l *loader) defaults() {
	l.siteDefaults()
	holders := l.holders()
	for i := range l.plan.Destinations {
		l.destinationDefaults(&l.plan.Destinations[i], holders)
	}
	l.serviceCIDR()
}

// siteDefaults: a firewall stands at the only site unless it says where.
func (l *loader) siteDefaults() {
	sites := namesOf("site", l.plan.Environment.Sites, func(s *Site) string { return s.Name.V }).list
	for i := range l.plan.Firewalls {
		f := &l.plan.Firewalls[i]
		switch {
		case f.Site.V != "" || l.incomplete || l.seen[KindEnvironment] == finding.Pos{}:
		case len(sites) == 1:
			f.Site.V = sites[0]
		case len(sites) == 0:
			l.add(f.At, CodeMissing, "add the site to onPrem.sites of the Environment", "firewall %s stands at no site: there is none", quote(f.Name.V))
		default:
			l.add(f.At, CodeMissing, "add site: "+strings.Join(sites, " or "), "firewall %s has no %q, and there are %d sites", quote(f.Name.V), "site", len(sites))
		}
	}
}

func (l *loader) destinationDefaults(d *Destination, holders map[finding.Pos]block) {
	f := l.plan.Firewall(d.Firewall.V)
	if d.Identity.V == "" {
		d.Identity.V = IdentityCluster
		if f != nil {
			d.Identity.V = f.Identity.V
		}
	}
	if d.Kind.V != KindOnPremises {
		return
	}
	if f != nil {
		d.Site = f.Site.V
		return
	}
	d.Site = l.siteOf(d, holders)
}

// holders is the block of a site that each block of a destination lies in: the
// narrowest one around it, as routes are chosen.
func (l *loader) holders() map[finding.Pos]block {
	var sites, blocks []block
	for i := range l.plan.Environment.Sites {
		s := &l.plan.Environment.Sites[i]
		sites = append(sites, blocksOf("site", s.Name.V, s.CIDRs)...)
	}
	for i := range l.plan.Destinations {
		if d := &l.plan.Destinations[i]; d.Kind.V == KindOnPremises && d.Firewall.V == "" {
			blocks = append(blocks, blocksOf("destination", d.Name.V, d.CIDRs)...)
		}
	}
	return around(blocks, sites)
}

// siteOf is the site that all of a destination's blocks lie in, else the only
// site, else "".
func (l *loader) siteOf(d *Destination, holders map[finding.Pos]block) string {
	if sites := l.plan.Environment.Sites; len(sites) == 1 {
		return sites[0].Name.V
	}
	site := ""
	for i, p := range d.CIDRs {
		if i > 0 && holders[p.At].name != site {
			return ""
		}
		site = holders[p.At].name
	}
	return site
}

// serviceCIDR picks the default that is free, as EKS does.
func (l *loader) serviceCIDR() {
	e := &l.plan.Environment
	s := &e.Cluster.ServiceCIDR
	if s.V.IsValid() || s.Set || l.seen[KindEnvironment] == (finding.Pos{}) || s.At != e.Cluster.At {
		return
	}
	choices := []netip.Prefix{serviceDefault, serviceAlternative}
	for _, c := range e.VPC.CIDRs {
		if c.CIDR.V.Overlaps(privateB) {
			choices = []netip.Prefix{serviceAlternative, serviceDefault}
		}
	}
	for _, c := range choices {
		if !taken(e, c) {
			s.V = c
			return
		}
	}
	l.add(e.Cluster.At, CodeMissing, "add serviceCIDR to cluster: a private block from /12 to /24 that overlaps neither the VPC nor a pool",
		"both default service CIDRs, %s and %s, overlap the VPC or a pool", serviceDefault, serviceAlternative)
}

func taken(e *Environment, p netip.Prefix) bool {
	for _, b := range slices.Concat(vpcBlocks(e), poolBlocks(e)) {
		if b.cidr.Overlaps(p) {
			return true
		}
	}
	return false
}
