package allowlist

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"egressplan/planner"
	"egressplan/planner/inventory"
)

// part is the allow-list of one firewall, ready to be written.
type part struct {
	list     *planner.AllowList
	firewall planner.AllowFirewall
	name     string
	objects  []*object // by name
	rules    []*rule   // by name
}

// object is a named set of addresses.
type object struct {
	name   string
	about  string
	blocks []netip.Prefix
	hosts  []string // instead of blocks, where no address is known
}

// rule lets every address of source reach every address of destination on every
// service.
type rule struct {
	name                string
	about               string // who to whom, without the names of single apps
	source, destination *object
	inbound             bool // opened from on-premises
	services            []inventory.PortRange
	uses                []string // what it is for, a line for each row
}

// parts are the firewalls of a list.
func parts(l *planner.AllowList) []*part {
	var list []*part
	for _, fw := range l.Firewalls {
		p := &part{list: l, firewall: fw, name: firewallName(l, fw.Firewall)}
		p.fill(l.Of(fw.Firewall))
		list = append(list, p)
	}
	return list
}

// fill makes the rules of rows.
func (p *part) fill(rows []planner.AllowRow) {
	objects, rules, names := map[string]*object{}, map[string]*rule{}, map[string]bool{}
	for i := range rows {
		row := &rows[i]
		if sources, destinations := row.Ends(); len(sources) == 0 || len(destinations) == 0 {
			continue // lets nothing through
		}
		app, onPrem := p.object(objects, row, true), p.object(objects, row, false)
		source, destination := app, onPrem
		who, whom := row.Group, onPremName(row)
		if inbound(row) {
			source, destination, who, whom = onPrem, app, whom, who
		}
		key := source.name + " " + destination.name
		r := rules[key]
		if r == nil {
			r = &rule{name: p.ruleName(row, key, names), about: plain(who + " to " + whom), source: source, destination: destination, inbound: inbound(row)}
			rules[key] = r
			p.rules = append(p.rules, r)
		}
		r.add(row)
	}
	for _, o := range objects {
		p.objects = append(p.objects, o)
	}
	slices.SortFunc(p.objects, func(a, b *object) int { return strings.Compare(a.name, b.name) })
	slices.SortFunc(p.rules, func(a, b *rule) int { return strings.Compare(a.name, b.name) })
	for _, r := range p.rules {
		slices.SortFunc(r.services, comparePorts)
		r.services = slices.Compact(r.services)
		r.uses = slices.Compact(r.uses)
	}
}

// add takes a row of the same source and destination into a rule.
func (r *rule) add(row *planner.AllowRow) {
	service := inventory.PortRange{Protocol: row.Protocol, From: uint16(row.PortFrom), To: uint16(row.PortTo)}
	r.services = append(r.services, service)
	who, whom := row.App, row.To
	if inbound(row) {
		who, whom = whom, who
	}
	use := fmt.Sprintf("%s to %s %s, required by %s", who, whom, service, row.RequiredBy)
	if row.Site != "" {
		use += ", opens all of site " + row.Site
	}
	r.uses = append(r.uses, plain(use))
}

// object returns the object that is an end of a row, the app's side or the one
// on-premises.
func (p *part) object(objects map[string]*object, row *planner.AllowRow, app bool) *object {
	o := &object{}
	sources, destinations := row.Ends()
	ends := destinations
	if app != inbound(row) {
		ends = sources
	}
	for _, e := range ends {
		if block, err := netip.ParsePrefix(e); err == nil {
			o.blocks = append(o.blocks, block.Masked())
		} else if addr, err := netip.ParseAddr(e); err == nil { // given as a host
			o.blocks = append(o.blocks, netip.PrefixFrom(addr, addr.BitLen()))
		} else {
			o.hosts = append(o.hosts, e)
		}
	}
	slices.SortFunc(o.blocks, compareBlocks)
	o.blocks = slices.Compact(o.blocks)
	slices.Sort(o.hosts)
	o.hosts = slices.Compact(o.hosts)
	kind, of, about := "dst", row.To, "destination"
	switch {
	case app && inbound(row):
		kind, of, about = "pods", row.Group, "pods of"
	case app:
		kind, of, about = "src", row.Group, "source group"
	case row.Site != "":
		kind, of, about = "site", row.Site, "all of site"
	}
	o.name, o.about = objectName(append(scope(p.list, p.firewall.Firewall), kind, of)...), plain(about+" "+of)
	known := objects[o.name]
	if known != nil && !known.equal(o) {
		// The pattern gave one group two sources: two objects, told apart by content.
		o.name = shortened(o.name, o.name+fmt.Sprint(o.blocks, o.hosts))
		known = objects[o.name]
	}
	if known == nil {
		objects[o.name] = o
		return o
	}
	return known
}

func (o *object) equal(other *object) bool {
	return slices.Equal(o.blocks, other.blocks) && slices.Equal(o.hosts, other.hosts)
}

// minimal are the blocks of an object without those that lie inside others.
func (o *object) minimal() []netip.Prefix {
	var list []netip.Prefix
	for _, b := range o.blocks { // a wider block comes before those inside it
		if n := len(list); n == 0 || !list[n-1].Overlaps(b) {
			list = append(list, b)
		}
	}
	return list
}

// ruleName names a rule after its two ends; key tells apart those of ends with
// the same names.
func (p *part) ruleName(row *planner.AllowRow, key string, taken map[string]bool) string {
	kind, onPrem := "svc", onPremName(row)
	if inbound(row) {
		kind = "in"
	}
	name := objectName(append(scope(p.list, p.firewall.Firewall), kind, row.Group, onPrem)...)
	if taken[name] {
		name = shortened(name, key)
	}
	taken[name] = true
	return name
}

// onPremName names the side of a row that is on-premises. No destination's name
// holds a "/".
func onPremName(row *planner.AllowRow) string {
	if row.Site != "" {
		return "site/" + row.Site
	}
	return row.To
}

func inbound(row *planner.AllowRow) bool { return row.Initiator == inventory.InitiatorOnPrem }

// expanded counts the (source, destination, service) that the rules are made of.
func (p *part) expanded() int {
	n := 0
	for _, r := range p.rules {
		n += r.source.size() * r.destination.size() * len(r.services)
	}
	return n
}

func (o *object) size() int { return len(o.blocks) + len(o.hosts) }

func compareBlocks(a, b netip.Prefix) int {
	return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
}

func comparePorts(a, b inventory.PortRange) int {
	return cmp.Or(cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
}
