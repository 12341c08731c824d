package inventory

import (
	"slices"
	"strconv"
	"strings"
)

// routed wants each block of an on-premises destination inside one block of its
// site: traffic is routed to a site by the site's blocks only. Where the site is
// not known, any will do. A block inside the VPC is no mistake of the input.
func (l *loader) routed() {
	sites := l.plan.Environment.Sites
	if l.incomplete || l.seen[KindEnvironment].IsZero() || slices.ContainsFunc(sites, func(s Site) bool { return s.partial }) {
		return
	}
	asked := map[string][]block{}
	for i := range l.plan.Destinations {
		if d := &l.plan.Destinations[i]; d.Kind.V == KindOnPremises {
			asked[d.Site] = append(asked[d.Site], blocksOf("destination", d.Name.V, d.CIDRs)...)
		}
	}
	var all []block
	for i := range sites {
		s := &sites[i]
		blocks := blocksOf("site", s.Name.V, s.CIDRs)
		all = append(all, blocks...)
		l.inside(asked[s.Name.V], blocks, "no block of site "+quote(s.Name.V))
	}
	l.inside(asked[""], all, "no block of any site")
}

// inside reports each block that lies in none of the others.
func (l *loader) inside(list, others []block, where string) {
	held := around(list, others)
	fix := "correct it, or add its block to the cidrs of the site"
	if len(others) == 0 {
		fix = "add the site to onPrem.sites of the Environment"
	}
	for _, b := range list {
		if _, ok := held[b.at]; !ok {
			l.add(b.at, CodeOutside, fix, "%s lies in %s: %s", b, where, enumerate(others))
		}
	}
}

// enumerate lists the first blocks, few enough for a message.
func enumerate(list []block) string {
	const most = 6
	var words []string
	for _, b := range list[:min(most, len(list))] {
		words = append(words, b.cidr.String())
	}
	switch rest := len(list) - most; {
	case len(list) == 0:
		return "there is none"
	case rest > 0:
		return strings.Join(words, ", ") + " and " + strconv.Itoa(rest) + " more"
	}
	return strings.Join(words, ", ")
}
