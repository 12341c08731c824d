package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"egressplan/planner"
	"egressplan/planner/inventory"
)

// allowRows is how many rows of the allow-list are shown before the rest is
// counted; manyAddresses how many of a row's addresses are written out.
const (
	allowRows     = 400
	manyAddresses = 16
)

// allowKey is what rows that a firewall could hold as one have in common.
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

// foldAllowRows joins rows that differ in the app or in the destination's name
// only; the result is ordered by firewall and by who opens the connection, and
// then as the rows are.
func foldAllowRows(rows []planner.AllowRow) []allowEntry {
	at := map[allowKey]int{}
	var entries []allowEntry
	for _, r := range rows {
		destinations := r.Destinations
		if len(destinations) == 0 {
			destinations = r.Hosts
		}
		// the whole lists are compared: what is shown of two may be the same
		k := allowKey{r.Firewall, strings.Join(r.Sources, ", "), strings.Join(destinations, ", "), portRange(r), openedBy(r.Initiator)}
		i, seen := at[k]
		if !seen {
			i = len(entries)
			at[k] = i
			entries = append(entries, allowEntry{allowKey: k})
		}
		entries[i].names = withName(entries[i].names, r.To)
		entries[i].apps = withName(entries[i].apps, r.App)
	}
	slices.SortStableFunc(entries, func(a, b allowEntry) int {
		return cmp.Or(cmp.Compare(a.firewall, b.firewall), cmp.Compare(a.initiator, b.initiator))
	})
	for i := range entries {
		entries[i].sources = folded(strings.Split(entries[i].sources, ", "), manyAddresses, 0)
		entries[i].destinations = folded(strings.Split(entries[i].destinations, ", "), manyAddresses, 0)
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

func openedBy(initiator string) string {
	return pick(initiator == inventory.InitiatorOnPrem, "on-premises", "app")
}

// portRange is a row's protocol and ports: "tcp/1521", "tcp/1024-2048", "icmp".
func portRange(r planner.AllowRow) string {
	if r.PortTo > r.PortFrom && (r.Protocol == "tcp" || r.Protocol == "udp") {
		return fmt.Sprintf("%s/%d-%d", r.Protocol, r.PortFrom, r.PortTo)
	}
	if r.Protocol != "tcp" && r.Protocol != "udp" {
		return r.Protocol
	}
	return portText(r.Protocol, r.PortFrom)
}

// whoElseLines is how many barriers and groups are named.
const whoElseLines = 40

// writeWhoElse says who but the apps could show the sources: what stands
// against others, and where a source is wider than the apps behind it.
func writeWhoElse(p *page, rows []planner.SourceRow) {
	var lines []string
	for _, r := range rows {
		if r.Barrier != "" {
			lines = withName(lines, r.Barrier)
		}
	}
	lines = append(lines, widerGroups(rows)...)
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

// widerKey tells apart groups by how much wider than their apps they are;
// shared ones stand alone with their apps.
type widerKey struct {
	admits, used uint64
	apps         string
}

// widerGroups are the groups that several apps share, or whose source takes in
// addresses that the apps cannot have; those with the same numbers in one line.
func widerGroups(rows []planner.SourceRow) []string {
	groups := map[widerKey][]string{}
	var keys []widerKey
	for _, r := range rows {
		if len(r.SharedWith) == 0 && r.Admits <= r.UsedBy {
			continue
		}
		k := widerKey{admits: r.Admits, used: r.UsedBy}
		if len(r.SharedWith) > 0 {
			apps := append([]string{r.App}, r.SharedWith...)
			slices.Sort(apps)
			k.apps = folded(apps, 4, 0)
		}
		if groups[k] == nil {
			keys = append(keys, k)
		}
		groups[k] = withName(groups[k], r.Group)
	}
	var lines []string
	for _, k := range keys {
		lines = append(lines, widerText(k, groups[k]))
	}
	return lines
}

func widerText(k widerKey, groups []string) string {
	text := fmt.Sprintf("%s: the firewall opens %s%s, the apps themselves can have %s", folded(groups, 4, 0),
		addresses(k.admits), pick(len(groups) > 1, " for each", ""), planner.Thousands(fmt.Sprint(k.used)))
	if k.apps != "" {
		text += "; shared by " + k.apps
	}
	return text
}

func addresses(n uint64) string {
	return planner.Thousands(fmt.Sprint(n)) + pick(n == 1, " address", " addresses")
}
