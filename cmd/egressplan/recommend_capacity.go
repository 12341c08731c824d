package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"egressplan/planner"
)

// capacityRows is how many of the fullest things are shown.
const capacityRows = 5

// writeCapacity shows what of the candidate is fullest: healthy, and in the
// state in which most comes to it.
func writeCapacity(p *page, c *planner.Candidate) error {
	rows := fullest(c.Capacities())
	if len(rows) == 0 {
		return nil
	}
	shown := rows[:min(len(rows), capacityRows)]
	p.heading(fmt.Sprintf("Capacity: the fullest of %s that %s shares", count(len(rows), "kind"), c.ID))
	t := &table{columns: []column{
		{title: "what", flex: 20}, {title: "of"}, {title: "healthy", right: true}, {title: "limit", right: true},
		{title: "full", right: true}, {title: "in state", drop: 2},
	}}
	short := slices.ContainsFunc(shown, func(r planner.CapacityRow) bool { return capacityNeeds(r) != "" })
	if short {
		t.columns = append(t.columns, column{title: "needs", flex: 11, drop: 1})
	}
	for _, r := range shown {
		share, state := r.Fullest()
		cells := []string{capacityWhat(r), capacityOf(r), capacityDemand(r), quantity(r.Limit), share.Mul(decimal.NewFromInt(100)).Round(1).String() + " %", state}
		if short {
			cells = append(cells, capacityNeeds(r))
		}
		t.add(cells...)
	}
	if err := p.table(t, "  "); err != nil {
		return err
	}
	if n := silent(rows); n > 0 {
		p.item("  ", fmt.Sprintf("%s not given for all of their flows; what is shown is the least.", count(n, "figure")))
	}
	p.item("  ", "Even spread over zones, gateways and addresses is assumed; all of them with -o json.")
	return nil
}

// fullest are the rows whose demand is known, the fullest first; of those that
// differ by zone or gateway only, the fullest one.
func fullest(list []planner.CapacityRow) []planner.CapacityRow {
	type kind struct{ thing, group, to, resource string }
	list = slices.Clone(list)
	share := func(r planner.CapacityRow) decimal.Decimal { s, _ := r.Fullest(); return s }
	slices.SortStableFunc(list, func(a, b planner.CapacityRow) int { return share(b).Cmp(share(a)) })
	seen := map[kind]bool{}
	return slices.DeleteFunc(list, func(r planner.CapacityRow) bool {
		k := kind{r.Thing, r.Group, r.To, r.Resource}
		if k.group == "" && k.to == "" && r.Zone == "" {
			k.group = r.Name
		}
		again := seen[k]
		seen[k] = true
		return again || !r.Demand.Valid
	})
}

// silent counts the rows in which somebody does not say how much.
func silent(list []planner.CapacityRow) int {
	n := 0
	for _, r := range list {
		if r.Unknown > 0 {
			n++
		}
	}
	return n
}

// capacityWhat names a row in words that may be wrapped.
func capacityWhat(r planner.CapacityRow) string {
	what := r.Title()
	if r.Group != "" {
		what = fmt.Sprintf("%s of %s in %s", strings.ReplaceAll(r.Thing, "-", " "), r.Group, r.Zone)
	}
	if r.To == "" {
		return what
	}
	return what + " to " + r.To
}

// capacityOf is the resource in a word or two.
func capacityOf(r planner.CapacityRow) string {
	switch r.Resource {
	case "new-connections-per-second":
		return "new a second"
	case "packets-per-second":
		return "packets/s"
	}
	return r.Unit
}

// capacityDemand marks what is only the least.
func capacityDemand(r planner.CapacityRow) string {
	return pick(r.Unknown > 0, "at least ", "") + quantity(r.Demand.Decimal)
}

// capacityNeeds says how many addresses or gateways hold the worst state, where
// those planned do not.
func capacityNeeds(r planner.CapacityRow) string {
	share, _ := r.Fullest()
	if r.Counts == "" || share.LessThanOrEqual(decimal.NewFromInt(1)) {
		return ""
	}
	needed := r.Needed
	for _, a := range r.After {
		if needed > 0 && (a.Needed == 0 || a.Needed > needed) {
			needed = a.Needed
		}
	}
	if needed == 0 {
		return "no number of " + r.Counts + " would do"
	}
	return fmt.Sprintf("%d %s", needed, r.Counts)
}
