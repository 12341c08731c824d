package main

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"egressplan/planner"
)

// writeDifference sets a candidate against the winner, item by item. Every column
// adds up to its decision.
func writeDifference(p *page, b *planner.Bill, d *planner.BillDifference) error {
	verdict := pick(d.Decision.IsNegative(), "cheaper", "dearer")
	amount := planner.Money(d.Decision.Abs()) + " USD a month " + verdict
	if d.Decision.IsZero() {
		amount = "as dear"
	}
	for _, c := range b.Candidates {
		if c.ID == d.Candidate && c.Status == planner.Rejected && b.Candidate != nil {
			amount += ", but rejected"
		}
	}
	open := slices.ContainsFunc(d.Lines, func(l planner.DifferenceLine) bool { return !l.Difference.Valid })
	p.heading(fmt.Sprintf("%s against %s: %s%s", d.Candidate, d.Against, amount, pick(open, ", as far as known", "")))
	t := &table{columns: []column{
		{title: "item", flex: 20}, {title: "part", drop: 1}, {title: pick(b.Candidate == nil, "nearest", "winner"), right: true, flex: 9},
		{title: "this one", right: true, flex: 9}, {title: "difference", right: true, flex: 10},
	}}
	sums := [3]decimal.Decimal{}
	row := func(item, part string, amounts [3]decimal.NullDecimal, difference string) {
		for i, a := range amounts {
			sums[i] = sums[i].Add(a.Decimal.Round(2))
		}
		t.add(item, part, pick(amounts[0].Valid, planner.Money(amounts[0].Decimal), "unknown"), pick(amounts[1].Valid, planner.Money(amounts[1].Decimal), "unknown"), difference)
	}
	for _, l := range d.Lines {
		text, why := signed(l.Known), "unknown: "+joined(l.Unknown)
		switch {
		case l.Difference.Valid && len(l.Unknown) > 0:
			text, why = "none", "unknown, and the same in both"
		case !l.Difference.Valid && l.Known.IsZero():
			text = "open"
		case !l.Difference.Valid:
			text = "open, known " + text
		}
		row(l.Item, partWords[l.Part], [3]decimal.NullDecimal{l.Against, l.Amount, some(l.Known)}, text)
		t.hang(pick(len(l.Unknown) > 0, why, ""))
	}
	if !d.Same.IsZero() {
		row("equal in both", "", [3]decimal.NullDecimal{some(d.Same), some(d.Same), some(decimal.Zero)}, "0.00")
	}
	against, this := decisions(d)
	whole := [3]decimal.Decimal{against, this, d.Decision}
	var cents [3]decimal.NullDecimal
	rounded := false
	for i := range whole {
		cents[i] = some(whole[i].Round(2).Sub(sums[i]))
		rounded = rounded || !cents[i].Decimal.IsZero()
	}
	if rounded {
		row(centsRow, "", cents, pick(cents[2].Decimal.IsZero(), "0.00", signed(cents[2].Decimal)))
	}
	t.add("= decision", "", planner.Money(against), planner.Money(this), signed(d.Decision))
	return p.table(t, "  ")
}

var partWords = map[string]string{planner.PartBilled: "billed", planner.PartOperations: "operations", planner.PartOneOff: "one-off"}

func some(d decimal.Decimal) decimal.NullDecimal { return decimal.NewNullDecimal(d) }

// decisions are what the known amounts of a difference come to on either side.
func decisions(d *planner.BillDifference) (against, this decimal.Decimal) {
	against, this = d.Same, d.Same
	for _, l := range d.Lines {
		against, this = against.Add(l.Against.Decimal), this.Add(l.Amount.Decimal)
	}
	return against, this
}
