package planner

import (
	"cmp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Difference is how much dearer (or, below zero, cheaper) one item of a bill or
// of declared work is, a month, in the currency of the bills.
type Difference struct {
	What   string
	Amount decimal.Decimal
}

// Differences compares two candidates item by item, lines of the bill and
// declared work alike; the largest first, equals by name. They add up to the
// difference of the decisions.
func Differences(from, to Monthly) []Difference {
	sums := map[string]decimal.Decimal{}
	for i, amount := range to.amounts() {
		sums[i.name] = sums[i.name].Add(amount)
	}
	for i, amount := range from.amounts() {
		sums[i.name] = sums[i.name].Sub(amount)
	}
	var list []Difference
	for what, amount := range sums {
		if !amount.IsZero() {
			list = append(list, Difference{what, amount})
		}
	}
	slices.SortFunc(list, func(a, b Difference) int {
		return cmp.Or(b.Amount.Abs().Cmp(a.Amount.Abs()), strings.Compare(a.What, b.What))
	})
	return list
}

// largestDifferences is how many differences a sentence names; the rest is
// summed.
const largestDifferences = 4

// DifferencesText says in one line where the difference of two decisions comes
// from. What is not named is taken from what is printed, so that the cents add
// up.
func DifferencesText(from, to Monthly) string {
	list := Differences(from, to)
	parts, rest := []string{}, to.Decision.Sub(from.Decision).Round(2)
	for _, d := range list[:min(len(list), largestDifferences)] {
		parts = append(parts, d.What+" "+Signed(d.Amount))
		rest = rest.Sub(d.Amount.Round(2))
	}
	if n := len(list) - largestDifferences; n > 0 {
		parts = append(parts, Count(n, "smaller difference")+" together "+Signed(rest))
	}
	if len(parts) == 0 {
		return "the same costs; equals keep the order in which the patterns are documented"
	}
	return strings.Join(parts, ", ")
}

// Signed is an amount with its sign, also above zero.
func Signed(d decimal.Decimal) string {
	if d.Round(2).IsNegative() {
		return Money(d)
	}
	return "+" + Money(d)
}
