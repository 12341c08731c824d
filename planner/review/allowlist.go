package review

import (
	"fmt"

	"egressplan/planner"
)

// allowLists are the entries to file, one section for each firewall.
func (r *review) allowLists() {
	if r.c == nil {
		return
	}
	r.heading(2, "Allow-lists of %s", r.c.ID)
	entries := planner.FoldAllowRows(r.c.AllowList)
	if len(entries) == 0 {
		r.para(words("No firewall has anything to admit."))
		return
	}
	r.para(words("What to file, %s from %s of the plan. A row is used in the states it names, which were walked: after a fault named here its flow goes on with the same source. A number in brackets counts the faults of a kind.",
		planner.Count(len(entries), "row"), planner.Count(len(r.c.AllowList), "requirement")))
	for len(entries) > 0 {
		end := 0
		for end < len(entries) && entries[end].Firewall == entries[0].Firewall {
			end++
		}
		r.firewall(entries[:end])
		entries = entries[end:]
	}
}

// firewall is the part of one firewall.
func (r *review) firewall(entries []planner.AllowEntry) {
	name := entries[0].Firewall
	held := planner.DistinctRows(r.c.AllowList, name)
	r.heading(3, "Firewall %s", name)
	text := fmt.Sprintf("%s here; %s once every source, destination and port has one of its own.", planner.Count(len(entries), "row"), planner.Count(held, "entry"))
	if f := r.plan.Firewall(name); f != nil {
		if f.MaxEntries.Set {
			text += fmt.Sprintf(" It accepts %s.", planner.Thousands(fmt.Sprint(f.MaxEntries.V)))
		}
		if f.LeadTimeDays.V > 0 {
			text += fmt.Sprintf(" A change takes %s.", planner.Count(f.LeadTimeDays.V, "day"))
		}
	}
	r.para(words("%s", text))
	g := &grid{titles: []string{"sources", "destinations", "name", "port", "opened by", "apps", "states", "asked for at"}, right: "llllllll"}
	for _, e := range entries {
		g.add(words("%s", planner.Folded(e.Sources, manyAddresses, 0)), words("%s", planner.Folded(e.Destinations, manyAddresses, 0)), words("%s", planner.Folded(e.Names, 4, 0)),
			words("%s", e.Port), words("%s", e.OpenedBy), words("%s", planner.Folded(e.Apps, 4, 0)), words("%s", planner.FoldStates(e.States)), words("%s", planner.Folded(e.RequiredBy, 2, 0)))
	}
	r.table(g, manyEntries, r.inJSON())
}
