package main

import (
	"fmt"
	"math"
	"slices"

	"egressplan/planner"
)

// allowRows is how many rows of the allow-list are shown before the rest is
// counted; manyAddresses how many of a row's addresses are written out.
const (
	allowRows     = 400
	manyAddresses = 16
)

// writeAllowList gives the rows to file with each firewall, then who else could
// show their sources.
func writeAllowList(p *page, c *planner.Candidate) error {
	entries := planner.FoldAllowRows(c.AllowList)
	if len(entries) > 0 {
		p.heading(fmt.Sprintf("The allow-list of %s, %s", c.ID, count(len(entries), "row")))
	}
	shown := entries[:min(len(entries), allowRows)]
	for len(shown) > 0 {
		end := 0
		for end < len(shown) && shown[end].Firewall == shown[0].Firewall {
			end++
		}
		if err := writeFirewallRows(p, shown[:end], planner.DistinctRows(c.AllowList, shown[0].Firewall)); err != nil {
			return err
		}
		shown = shown[end:]
	}
	if rest := len(entries) - allowRows; rest > 0 {
		p.item("  ", fmt.Sprintf("and %s more; -o json has them all", count(rest, "row")))
	}
	writeWhoElse(p, c.Sources)
	writeLeaks(p, "What else can show on-premises", c.Leaks)
	return nil
}

// writeFirewallRows is the part of one firewall.
func writeFirewallRows(p *page, entries []planner.AllowEntry, held int) error {
	p.item("  ", fmt.Sprintf("firewall %s: %s of one source, destination and port each", entries[0].Firewall, entriesText(held)))
	return writeAllowTable(p, entries, "    ", brief)
}

// allowCut is how much of an entry's lists is written out.
type allowCut struct{ addresses, names int }

var (
	brief = allowCut{manyAddresses, 4}
	whole = allowCut{math.MaxInt, math.MaxInt}
)

// writeAllowTable shows for whom from where to where on what; where the page is
// too narrow for a table, one below the other. The side on-premises has its name
// before it. Who opens the connection is only said where it is not always the app.
func writeAllowTable(p *page, entries []planner.AllowEntry, indent string, cut allowCut) error {
	t := &table{columns: []column{
		{title: "apps", flex: 20}, {title: "sources", flex: 18}, {title: "destinations", flex: 18}, {title: "port"}, {title: "opened by"},
	}}
	always := true // by the app
	for _, e := range entries {
		sources, destinations, name := folded(e.Sources, cut.addresses, 0), folded(e.Destinations, cut.addresses, 0), folded(e.Names, cut.names, 0)+": "
		if e.OpenedBy == planner.OpenedOnPremises {
			sources, always = name+sources, false
		} else {
			destinations = name + destinations
		}
		t.add(folded(e.Apps, cut.names, 0), sources, destinations, e.Port, e.OpenedBy)
	}
	if always {
		t.drop([]int{4})
	}
	if t.holds(p.width-len(indent), p.width) {
		return p.table(t, indent)
	}
	for _, row := range t.rows {
		p.item(indent+"- ", row[0]+", "+row[3]+pick(always, "", ", opened by "+row[len(row)-1]))
		p.item(indent+"  from ", row[1])
		p.item(indent+"  to   ", row[2])
	}
	return nil
}

// withName adds a name unless it is there.
func withName(list []string, name string) []string {
	if slices.Contains(list, name) {
		return list
	}
	return append(list, name)
}

func entriesText(n int) string {
	return planner.Thousands(fmt.Sprint(n)) + pick(n == 1, " entry", " entries")
}

// whoElseLines is how many barriers and groups are named.
const whoElseLines = 40

// writeWhoElse says who but the apps could show the sources: what stands
// against others, and where a source is wider than the apps behind it.
func writeWhoElse(p *page, rows []planner.SourceRow) {
	lines := planner.WhoElse(rows)
	if len(lines) == 0 {
		return
	}
	p.heading("Who else could show these sources")
	for _, line := range lines[:min(len(lines), whoElseLines)] {
		p.item("- ", line)
	}
	if rest := len(lines) - whoElseLines; rest > 0 {
		p.item("  ", fmt.Sprintf("and %s more; -o json has them all", count(rest, "group")))
	}
}
