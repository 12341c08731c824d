package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"egressplan/planner"
)

// writeWhyNot says of every loser why it lost: where the money goes if it is
// feasible, all its blockers if it is rejected.
func writeWhyNot(p *page, rec *planner.Recommendation) {
	winner := subject(rec)
	for _, c := range rec.Candidates {
		switch {
		case c.Status == planner.Feasible && winner != nil:
			writeDearer(p, c, winner)
		case c.Status == planner.Rejected:
			writeBlockers(p, c)
		}
	}
}

func writeBlockers(p *page, c *planner.Candidate) {
	list := blockers(c)
	if len(list) == 0 {
		return
	}
	p.heading("Why not " + c.ID)
	for _, f := range list {
		p.item("- ", findingText(f))
	}
}

// largestDifferences is how many differences are named; the rest is summed.
const largestDifferences = 4

// writeDearer sets a feasible candidate's bill and work against the winner's.
func writeDearer(p *page, c, winner *planner.Candidate) {
	more := c.Monthly.Decision.Sub(winner.Monthly.Decision)
	p.heading(fmt.Sprintf("Why not %s: %s USD a month dearer%s", c.ID, planner.Money(more), unknownsAside(c, winner)))
	list := differences(winner.Monthly, c.Monthly)
	parts, rest := []string{}, more.Round(2)
	for _, d := range list[:min(len(list), largestDifferences)] {
		parts = append(parts, d.what+" "+signed(d.amount))
		rest = rest.Sub(d.amount.Round(2))
	}
	if n := len(list) - largestDifferences; n > 0 { // taken from what is printed, so that the cents add up
		parts = append(parts, fmt.Sprintf("%s together %s", count(n, "smaller difference"), signed(rest)))
	}
	if len(parts) == 0 {
		parts = []string{"the same costs; equals keep the order in which the patterns are documented"}
	}
	p.item("  ", strings.Join(parts, ", "))
}

// difference is how much dearer (or, below zero, cheaper) one item is, USD a
// month.
type difference struct {
	what   string
	amount decimal.Decimal
}

// differences compares two candidates item by item, lines of the bill and
// declared work alike; the largest first, equals by name. They add up to the
// difference of the decisions.
func differences(from, to planner.Monthly) []difference {
	sums := map[string]decimal.Decimal{}
	for _, l := range to.Lines {
		sums[l.Item] = sums[l.Item].Add(l.Amount)
	}
	for _, w := range to.Work {
		sums[w.What] = sums[w.What].Add(w.Amount)
	}
	for _, l := range from.Lines {
		sums[l.Item] = sums[l.Item].Sub(l.Amount)
	}
	for _, w := range from.Work {
		sums[w.What] = sums[w.What].Sub(w.Amount)
	}
	var list []difference
	for what, amount := range sums {
		if !amount.IsZero() {
			list = append(list, difference{what, amount})
		}
	}
	slices.SortFunc(list, func(a, b difference) int {
		return cmp.Or(b.amount.Abs().Cmp(a.amount.Abs()), strings.Compare(a.what, b.what))
	})
	return list
}

// signed is an amount with its sign, also above zero.
func signed(d decimal.Decimal) string {
	return pick(d.Round(2).IsNegative(), "", "+") + planner.Money(d)
}
