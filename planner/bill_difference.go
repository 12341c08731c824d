package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// BillDifference is what a candidate costs more than another, the one it is set
// against, or less where an amount is negative. Decision, Billed, Operations and
// OneOff are differences of what is known; Lines' Known add up to Decision
// exactly. Same is what the lines that are equal in both come to.
type BillDifference struct {
	Candidate  string           `json:"candidate"`
	Against    string           `json:"against"`
	Decision   decimal.Decimal  `json:"decision"`
	Billed     decimal.Decimal  `json:"billed"`
	Operations decimal.Decimal  `json:"operations"`
	OneOff     decimal.Decimal  `json:"oneOff"`
	Same       decimal.Decimal  `json:"same"`
	Lines      []DifferenceLine `json:"lines"` // the largest first, then what is open
}

// The parts of a decision.
const (
	PartBilled     = "billed"
	PartOperations = "operations"
	PartOneOff     = "oneOff"
)

// DifferenceLine is one item of two bills. Against and Amount are what is known
// of it in either, null where nothing is; Known is the difference of that.
// Difference is the same, and null where something unknown leaves it open;
// Unknown says what. Something unknown that is the same in both leaves nothing
// open.
type DifferenceLine struct {
	Item       string              `json:"item"`
	Part       string              `json:"part"`
	Against    decimal.NullDecimal `json:"against"`
	Amount     decimal.NullDecimal `json:"amount"`
	Known      decimal.Decimal     `json:"known"`
	Difference decimal.NullDecimal `json:"difference"`
	Unknown    []string            `json:"unknown"`
}

// item names an entry of a decision.
type item struct{ part, name string }

// difference sets a candidate against another.
func difference(against, c *Candidate) BillDifference {
	a, m := against.Monthly, c.Monthly
	d := BillDifference{Candidate: c.ID, Against: against.ID, Decision: m.Decision.Sub(a.Decision), Billed: m.Total.Sub(a.Total),
		Operations: m.Operations.Sub(a.Operations), OneOff: m.OneOff.Sub(a.OneOff), Lines: []DifferenceLine{}}
	mine, theirs := a.amounts(), m.amounts()
	names := map[item]bool{}
	for _, of := range []map[item]decimal.Decimal{mine, theirs} {
		for i := range of {
			names[i] = true
		}
	}
	for _, u := range append(slices.Clone(a.Unknown), m.Unknown...) {
		names[item{PartBilled, u.Item}] = true
	}
	for i := range names {
		l := DifferenceLine{Item: i.name, Part: i.part, Known: theirs[i].Sub(mine[i]), Unknown: []string{}}
		l.Against, l.Amount = known(mine, a, i), known(theirs, m, i)
		l.Difference = decimal.NewNullDecimal(l.Known)
		if i.part == PartBilled && (a.lacks(i.name) || m.lacks(i.name)) {
			l.open(against, c)
		}
		switch {
		case len(l.Unknown) == 0 && l.Known.IsZero():
			d.Same = d.Same.Add(mine[i])
		default:
			d.Lines = append(d.Lines, l)
		}
	}
	slices.SortFunc(d.Lines, func(x, y DifferenceLine) int {
		if x.Difference.Valid != y.Difference.Valid {
			if x.Difference.Valid {
				return -1
			}
			return 1
		}
		return cmp.Or(y.Known.Abs().Cmp(x.Known.Abs()), strings.Compare(x.Item, y.Item), strings.Compare(x.Part, y.Part))
	})
	return d
}

// amounts are the known amounts of a decision by item.
func (m Monthly) amounts() map[item]decimal.Decimal {
	sums := map[item]decimal.Decimal{}
	for _, l := range m.Lines {
		i := item{PartBilled, l.Item}
		sums[i] = sums[i].Add(l.Amount)
	}
	for _, l := range m.Work {
		i := item{PartOperations, l.What}
		if l.OneOff {
			i.part = PartOneOff
		}
		sums[i] = sums[i].Add(l.Amount)
	}
	return sums
}

// known is what is known of an item: nothing where all of it is unknown, zero
// where the candidate has no such item.
func known(sums map[item]decimal.Decimal, m Monthly, i item) decimal.NullDecimal {
	amount, there := sums[i]
	if !there && i.part == PartBilled && m.lacks(i.name) {
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(amount)
}

// lacks reports whether something of an item is unknown.
func (m Monthly) lacks(name string) bool {
	return slices.ContainsFunc(m.Unknown, func(u Unknown) bool { return u.Item == name })
}

// whys are the reasons why an item is not wholly known.
func (m Monthly) whys(name string) []string {
	var list []string
	for _, u := range m.Unknown {
		if u.Item == name {
			list = append(list, u.Why)
		}
	}
	return list
}

// open says what is unknown of a line, and that its difference is, unless both
// use as much of it whatever the unknown turns out to be.
func (l *DifferenceLine) open(against, c *Candidate) {
	mine, theirs := against.Monthly.whys(l.Item), c.Monthly.whys(l.Item)
	if slices.Equal(mine, theirs) && against.work.uses(l.Item) == c.work.uses(l.Item) {
		l.Unknown = append(l.Unknown, "the same in both: "+strings.Join(mine, "; "))
		return
	}
	for _, w := range mine {
		l.Unknown = append(l.Unknown, against.ID+": "+w)
	}
	for _, w := range theirs {
		l.Unknown = append(l.Unknown, c.ID+": "+w)
	}
	l.Difference = decimal.NullDecimal{}
}

// uses describes how much of an item a candidate uses for any volume nobody
// gave: quantities are straight lines in it, and two points make a line. "" is
// never equal to another's: an item that no usage is of, such as the other doors
// of exceptions.
func (w *work) uses(name string) string {
	text := ""
	for _, fill := range []decimal.Decimal{decimal.Zero, decimal.NewFromInt(1)} {
		sum, there := decimal.Zero, false
		for _, u := range w.usages(fill) {
			if u.Item == name {
				sum, there = sum.Add(u.Quantity), true
				text += fmt.Sprintf("%d unknown at %v, ", u.Unknown, u.UnitPrice)
			}
		}
		if !there {
			return w.pattern.id()
		}
		text += sum.String() + "; "
	}
	return text
}
