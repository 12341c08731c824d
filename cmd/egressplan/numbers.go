package main

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"egressplan/planner"
)

// unitPrice shows a price with all its decimals, at least two: rounding a price
// of 0.045 would make the arithmetic beside it wrong.
func unitPrice(d decimal.Decimal) string {
	if d.Equal(d.Round(2)) {
		return planner.Money(d)
	}
	return planner.Thousands(d.String())
}

// quantity shows at most two decimals and no needless zeros, but never turns
// something into nothing.
func quantity(d decimal.Decimal) string {
	r := d.Round(2)
	if r.IsZero() {
		r = d
	}
	return planner.Thousands(r.String())
}

// number shows a decimal number like quantity and leaves any other text alone.
func number(s string) string {
	if d, err := decimal.NewFromString(s); err == nil {
		return quantity(d)
	}
	return s
}

// count says "1 problem", "2 problems".
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%s %s", planner.Thousands(fmt.Sprint(n)), noun)
}

// folded names the first few of a list and counts the rest; total is the length
// of the whole list where list is only its beginning.
func folded(list []string, few, total int) string {
	if len(list) == 0 {
		return ""
	}
	total = max(total, len(list))
	if len(list) > few {
		list = list[:few]
	}
	text := strings.Join(list, ", ")
	if rest := total - len(list); rest > 0 {
		return fmt.Sprintf("%s and %s more", text, planner.Thousands(fmt.Sprint(rest)))
	}
	return text
}
