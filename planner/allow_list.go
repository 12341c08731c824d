package planner

import (
	"errors"
	"fmt"
	"slices"

	"egressplan/planner/finding"
	"egressplan/planner/inventory"
)

// AllowList is what the firewalls must let through for one pattern. Entries are
// ordered by firewall, app, destination, initiator, protocol and ports.
type AllowList struct {
	APIVersion  string          `json:"apiVersion"`
	Kind        string          `json:"kind"`
	Environment string          `json:"environment"`
	Pattern     string          `json:"pattern"`
	Entries     []AllowRow      `json:"entries"`
	Firewalls   []AllowFirewall `json:"firewalls"` // by name
	// Nearest is true where no pattern is feasible, and this is the nearest one.
	Nearest bool `json:"nearest"`
	// Exceptions are the apps that the pattern cannot carry: the list leaves them
	// out, unless the pattern is rejected, which is shown with everybody in it.
	Exceptions []Exception `json:"exceptions"`
	// Unmet says why the pattern does not meet every requirement; empty where it
	// does. The entries are then not to be filed.
	Unmet []string `json:"unmet"`
	// Missing are the flows ("app -> destination") that have no entry, because
	// their app has no source address in the plan.
	Missing []string `json:"missing"`
}

// AllowFirewall is a firewall and how much of it the entries take.
type AllowFirewall struct {
	Firewall string `json:"firewall"`
	Site     string `json:"site"`
	Syntax   string `json:"syntax"` // which it is given its entries in
	// Rows counts distinct (source, destination, protocol, ports), each one block
	// or host name.
	Rows         int  `json:"rows"`
	MaxEntries   *int `json:"maxEntries"` // null: no limit
	LeadTimeDays int  `json:"leadTimeDays"`
}

// TooLong reports whether the firewall gets more entries than it accepts.
func (f *AllowFirewall) TooLong() bool { return f.MaxEntries != nil && f.Rows > *f.MaxEntries }

// Answered reports whether the list can be filed: the pattern meets every
// requirement, no flow is missing, and no firewall gets more than it accepts.
func (l *AllowList) Answered() bool {
	return len(l.Unmet) == 0 && len(l.Missing) == 0 && !slices.ContainsFunc(l.Firewalls, func(f AllowFirewall) bool { return f.TooLong() })
}

// Of returns the entries of one firewall.
func (l *AllowList) Of(firewall string) []AllowRow {
	var rows []AllowRow
	for _, r := range l.Entries {
		if r.Firewall == firewall {
			rows = append(rows, r)
		}
	}
	return rows
}

// PlanAllowList is the allow-list of a pattern, "" for the recommended one or
// the nearest where all are rejected; of one firewall, or of all for "".
func PlanAllowList(plan *inventory.Plan, patternID, firewall string) (*AllowList, error) {
	if firewall != "" && plan.Firewall(firewall) == nil {
		return nil, fmt.Errorf("no firewall %q", firewall)
	}
	c := pick(plan, patternID)
	if c == nil {
		if patternID == "" {
			return nil, errors.New("the policy excludes every pattern")
		}
		return nil, fmt.Errorf("the policy excludes pattern %q", patternID)
	}
	if c.Status != Recommended { // whose states are known
		c.work.fillStates()
	}
	list := &AllowList{APIVersion: APIVersion, Kind: "AllowList", Environment: plan.Environment.Name, Pattern: c.Pattern,
		Entries: []AllowRow{}, Firewalls: []AllowFirewall{}, Exceptions: c.Exceptions, Unmet: []string{}, Missing: []string{}}
	chosen := func(name string) bool { return firewall == "" || name == firewall }
	for _, r := range c.AllowList {
		if chosen(r.Firewall) {
			list.Entries = append(list.Entries, r)
		}
	}
	for i := range plan.Firewalls {
		if fw := &plan.Firewalls[i]; chosen(fw.Name.V) {
			list.Firewalls = append(list.Firewalls, allowFirewall(fw, c.AllowList))
		}
	}
	if c.Status == Rejected {
		list.Nearest = patternID == ""
		for _, f := range Fold(c.Findings) {
			if f.Severity == finding.Blocker {
				list.Unmet = append(list.Unmet, "["+f.Code+"] "+f.Message)
			}
		}
	}
	for _, f := range c.work.flows() {
		if fw := f.to.Firewall.V; fw != "" && chosen(fw) && len(c.work.rowsOf(f)) == 0 {
			list.Missing = append(list.Missing, f.subject())
		}
	}
	slices.Sort(list.Missing)
	list.Missing = slices.Compact(list.Missing)
	return list, nil
}

func allowFirewall(fw *inventory.Firewall, rows []AllowRow) AllowFirewall {
	f := AllowFirewall{Firewall: fw.Name.V, Site: fw.Site.V, Syntax: fw.Syntax.V, Rows: DistinctRows(rows, fw.Name.V), LeadTimeDays: fw.LeadTimeDays.V}
	if fw.MaxEntries.Set {
		f.MaxEntries = &fw.MaxEntries.V
	}
	return f
}
