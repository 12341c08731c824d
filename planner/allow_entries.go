package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"egressplan/planner/inventory"
)

// AllowEntry is rows of an allow-list that a firewall could hold as one: they
// differ in the app, in the destination's name or in the states only.
type AllowEntry struct {
	Firewall     string
	Sources      []string // like the destinations, host names where on-premises is known by these only
	Destinations []string
	Port         string   // "tcp/1521", "tcp/1024-2048", "icmp"
	OpenedBy     string   // "app" or OpenedOnPremises
	Names        []string // of the destinations
	Apps         []string
	States       []string
	RequiredBy   []string
}

// FoldAllowRows joins rows into entries; the result is ordered by firewall and by
// who opens the connection, and then as the rows are.
func FoldAllowRows(rows []AllowRow) []AllowEntry {
	type key struct{ firewall, sources, destinations, port, openedBy string }
	at := map[key]int{}
	var entries []AllowEntry
	var known []map[string]bool // what the lists of an entry hold
	for _, r := range rows {
		sources, destinations := r.Ends()
		// the whole lists are compared: what is shown of two may be the same
		k := key{r.Firewall, strings.Join(sources, ", "), strings.Join(destinations, ", "), r.Ports(), openedBy(r.Initiator)}
		i, seen := at[k]
		if !seen {
			i = len(entries)
			at[k] = i
			entries = append(entries, AllowEntry{Firewall: r.Firewall, Sources: sources, Destinations: destinations, Port: k.port, OpenedBy: k.openedBy})
			known = append(known, map[string]bool{})
		}
		e := &entries[i]
		add := func(list *[]string, kind, text string) {
			if text != "" && !known[i][kind+text] {
				known[i][kind+text] = true
				*list = append(*list, text)
			}
		}
		add(&e.Names, "name ", r.To)
		add(&e.Apps, "app ", r.App)
		add(&e.RequiredBy, "at ", r.RequiredBy)
		for _, s := range r.States {
			add(&e.States, "state ", s)
		}
	}
	slices.SortStableFunc(entries, func(a, b AllowEntry) int {
		return cmp.Or(cmp.Compare(a.Firewall, b.Firewall), cmp.Compare(a.OpenedBy, b.OpenedBy))
	})
	return entries
}

// Ports are a row's protocol and ports: "tcp/1521", "tcp/1024-2048", "icmp".
func (r AllowRow) Ports() string {
	switch {
	case r.Protocol != "tcp" && r.Protocol != "udp" || r.PortTo == 0:
		return r.Protocol
	case r.PortTo > r.PortFrom:
		return fmt.Sprintf("%s/%d-%d", r.Protocol, r.PortFrom, r.PortTo)
	}
	return fmt.Sprintf("%s/%d", r.Protocol, r.PortFrom)
}

// OpenedOnPremises is AllowEntry.OpenedBy of connections that are opened from
// on-premises.
const OpenedOnPremises = "on-premises"

func openedBy(initiator string) string {
	if initiator == inventory.InitiatorOnPrem {
		return OpenedOnPremises
	}
	return "app"
}

// FoldStates counts states of one kind: "healthy, zone-lost (3), link-lost:dx1".
func FoldStates(states []string) string {
	var kinds []string
	subjects := map[string][]string{}
	for _, s := range states {
		kind, _, _ := strings.Cut(s, ":")
		if subjects[kind] == nil {
			kinds = append(kinds, kind)
		}
		subjects[kind] = append(subjects[kind], s)
	}
	var parts []string
	for _, kind := range kinds {
		if n := len(subjects[kind]); n > 1 {
			parts = append(parts, fmt.Sprintf("%s (%d)", kind, n))
		} else {
			parts = append(parts, subjects[kind][0])
		}
	}
	return strings.Join(parts, ", ")
}

// WhoElse says who but the apps could show some sources, a line each: what
// stands against others, then where a source is wider than the apps behind it.
func WhoElse(rows []SourceRow) []string {
	var lines []string
	for _, r := range rows {
		if r.Barrier != "" && !slices.Contains(lines, r.Barrier) {
			lines = append(lines, r.Barrier)
		}
	}
	return append(lines, WiderGroups(rows)...)
}

// widerKey tells apart groups by how much wider than their apps they are;
// shared ones stand alone with their apps.
type widerKey struct {
	admits, used uint64
	apps         string
}

// WiderGroups are the groups that several apps share, or whose source takes in
// addresses that the apps cannot have; those with the same numbers in one line,
// each with its blocks.
func WiderGroups(rows []SourceRow) []string {
	groups := map[widerKey][]string{}
	seen := map[widerKey]map[string]bool{}
	var keys []widerKey
	for _, r := range rows {
		if len(r.SharedWith) == 0 && r.Admits <= r.UsedBy {
			continue
		}
		k := widerKey{admits: r.Admits, used: r.UsedBy}
		if len(r.SharedWith) > 0 {
			apps := append([]string{r.App}, r.SharedWith...)
			slices.Sort(apps)
			k.apps = Folded(apps, 4, max(len(apps), r.SharedCount+1))
		}
		if seen[k] == nil {
			seen[k] = map[string]bool{}
			keys = append(keys, k)
		}
		if group := r.Group + " (" + Folded(r.CIDRs, 4, 0) + ")"; !seen[k][group] {
			seen[k][group] = true
			groups[k] = append(groups[k], group)
		}
	}
	var lines []string
	for _, k := range keys {
		lines = append(lines, k.text(groups[k]))
	}
	return lines
}

func (k widerKey) text(groups []string) string {
	each := ""
	if len(groups) > 1 {
		each = " for each"
	}
	addresses := " addresses"
	if k.admits == 1 {
		addresses = " address"
	}
	text := fmt.Sprintf("%s: the firewall opens %s%s%s, the apps themselves can have %s", Folded(groups, 4, 0),
		Thousands(fmt.Sprint(k.admits)), addresses, each, Thousands(fmt.Sprint(k.used)))
	if k.apps != "" {
		text += "; shared by " + k.apps
	}
	return text
}
