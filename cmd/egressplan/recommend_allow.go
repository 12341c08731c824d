package main

import (
	"fmt"
	"slices"

	"egressplan/planner"
)

// allowRows is how many rows of the allow-list are shown before the rest is
// counted; manyAddresses how many of a row's addresses are written out.
const (
	allowRows     = 400
	manyAddresses = 16
)

// allowKey is what rows that a firewall could hold as one have in common, as it
// is shown.
type allowKey struct{ firewall, sources, destinations, port, initiator string }

// allowEntry is such rows as one: the names of their destinations and apps.
type allowEntry struct {
	allowKey
	names, apps []string
}

// writeAllowList gives the rows to file with each firewall, then who else could
// show their sources.
func writeAllowList(p *page, c *planner.Candidate) error {
	entries := foldAllowRows(c.AllowList)
	if len(entries) > 0 {
		p.heading(fmt.Sprintf("The allow-list of %s, %s", c.ID, count(len(entries), "row")))
	}
	shown := entries[:min(len(entries), allowRows)]
	for len(shown) > 0 {
		end := 0
		for end < len(shown) && shown[end].firewall == shown[0].firewall {
			end++
		}
		if err := writeFirewallRows(p, shown[:end], planner.DistinctRows(c.AllowList, shown[0].firewall)); err != nil {
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
func writeFirewallRows(p *page, entries []allowEntry, held int) error {
	t := &table{columns: []column{
		{title: "sources", flex: 18}, {title: "destinations", flex: 18}, {title: "name", flex: 12, drop: 2}, {title: "port"},
		{title: "opened by"}, {title: "apps", flex: 16, drop: 1},
	}}
	for _, e := range entries {
		t.add(e.sources, e.destinations, folded(e.names, 4, 0), e.port, e.initiator, folded(e.apps, 4, 0))
	}
	p.item("  ", fmt.Sprintf("firewall %s: %s of one source, destination and port each", entries[0].firewall, entriesText(held)))
	return p.table(t, "    ")
}

// foldAllowRows are the planner's entries with their addresses as they are shown.
func foldAllowRows(rows []planner.AllowRow) []allowEntry {
	var entries []allowEntry
	for _, e := range planner.FoldAllowRows(rows) {
		entries = append(entries, allowEntry{
			allowKey: allowKey{e.Firewall, folded(e.Sources, manyAddresses, 0), folded(e.Destinations, manyAddresses, 0), e.Port, e.OpenedBy},
			names:    e.Names, apps: e.Apps,
		})
	}
	return entries
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
