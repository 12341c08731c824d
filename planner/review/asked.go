package review

import (
	"fmt"
	"strings"

	"egressplan/planner"
	"egressplan/planner/inventory"
)

// How many rows of a table are written out; what is left out is counted, with the
// command that shows it.
const (
	manyFirewalls    = 30
	manyDestinations = 25
	manyBlocks       = 40
	manyEntries      = 40 // of a firewall
	manyLeaks        = 15
	manyLines        = 25 // of a list
	manyAddresses    = 8  // in a cell
)

// asked is what on-premises demands: the requirements that every pattern was held
// against.
func (r *review) asked() {
	r.heading(2, "What is asked for")
	destinations, apps := map[string]int{}, map[string]map[string]bool{}
	onPremises, inbound, unknown := 0, 0, 0
	reached := map[string]map[string]bool{}
	for i := range r.plan.Apps {
		a := &r.plan.Apps[i]
		for _, f := range a.Flows {
			d := r.plan.Destination(f.To.V)
			if d == nil || d.Kind.V != inventory.KindOnPremises {
				continue
			}
			onPremises++
			if f.Initiator.V == inventory.InitiatorOnPrem {
				inbound++
			}
			if !f.Out.Known || !f.In.Known {
				unknown++
			}
			note(apps, d.Firewall.V, a.Key)
			note(reached, d.Name.V, a.Key)
		}
	}
	for i := range r.plan.Destinations {
		destinations[r.plan.Destinations[i].Firewall.V]++
	}
	text := planner.Count(onPremises, "flow") + " to on-premises"
	if inbound > 0 {
		text += fmt.Sprintf(", of which on-premises opens %d", inbound)
	}
	if unknown > 0 {
		text += fmt.Sprintf("; %d of them %s no volume, or only one direction's", unknown, agree(unknown, "has", "have"))
	}
	r.para(words("%s.", text))
	g := &grid{titles: []string{"firewall", "site", "tells apart by", "broadest source", "entries accepted", "lead time", "destinations", "apps", "owner"}, right: "lllrrrrrl"}
	for i := range r.plan.Firewalls {
		f := &r.plan.Firewalls[i]
		accepted := ""
		if f.MaxEntries.Set {
			accepted = planner.Thousands(fmt.Sprint(f.MaxEntries.V))
		}
		g.add(words("%s", f.Name.V), words("%s", f.Site.V), words("%s", string(f.Identity.V)), words("/%d", f.BroadestSource.V), words("%s", accepted),
			words("%d d", f.LeadTimeDays.V), words("%d", destinations[f.Name.V]), words("%d", len(apps[f.Name.V])), words("%s", f.Owner))
	}
	r.table(g, manyFirewalls, "")
	g = &grid{titles: []string{"destination", "behind", "addresses", "ports", "authorization", "must survive", "apps", "owner"}, right: "llllllrl"}
	for i := range r.plan.Destinations {
		d := &r.plan.Destinations[i]
		if d.Kind.V != inventory.KindOnPremises {
			continue
		}
		g.add(words("%s", d.Name.V), words("%s", d.Firewall.V), words("%s", whereIs(d)), words("%s", portsOf(d.Ports)), words("%s", d.Authorization.V),
			words("%s", strings.Join(values(d.MustSurvive), ", ")), words("%d", len(reached[d.Name.V])), words("%s", d.Owner))
	}
	r.table(g, manyDestinations, "")
}

func note(sets map[string]map[string]bool, key, value string) {
	if sets[key] == nil {
		sets[key] = map[string]bool{}
	}
	sets[key][value] = true
}

// whereIs are a destination's addresses, or its host names where none is given.
func whereIs(d *inventory.Destination) string {
	var list []string
	for _, c := range d.CIDRs {
		list = append(list, c.V.String())
	}
	if len(list) == 0 {
		list = values(d.Hosts)
	}
	return planner.Folded(list, manyAddresses, 0)
}

func values(list []inventory.Value[string]) []string {
	var out []string
	for _, v := range list {
		out = append(out, v.V)
	}
	return out
}

func portsOf(list []inventory.PortRange) string {
	var out []string
	for _, p := range list {
		out = append(out, planner.AllowRow{Protocol: p.Protocol, PortFrom: int(p.From), PortTo: int(p.To)}.Ports())
	}
	return planner.Folded(out, manyAddresses, 0)
}
