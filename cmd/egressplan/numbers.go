package main

import (
	"github.com/shopspring/decimal"

	"egressplan/planner"
)

// unitPrice, quantity, count, folded and signed are the planner's words, for short.
func unitPrice(d decimal.Decimal) string { return planner.UnitPrice(d) }

func quantity(d decimal.Decimal) string { return planner.Quantity(d) }

func count(n int, noun string) string { return planner.Count(n, noun) }

func folded(list []string, few, total int) string { return planner.Folded(list, few, total) }

func signed(d decimal.Decimal) string { return planner.Signed(d) }

// number shows a decimal number like quantity and leaves any other text alone.
func number(s string) string {
	if d, err := decimal.NewFromString(s); err == nil {
		return quantity(d)
	}
	return s
}
