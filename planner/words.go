package planner

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
)

// UnitPrice shows a price with all its decimals, at least two: rounding a price
// of 0.045 would make the arithmetic beside it wrong.
func UnitPrice(d decimal.Decimal) string {
	if d.Equal(d.Round(2)) {
		return Money(d)
	}
	return Thousands(d.String())
}

// Quantity shows at most two decimals and no needless zeros, but never turns
// something into nothing.
func Quantity(d decimal.Decimal) string {
	r := d.Round(2)
	if r.IsZero() {
		r = d
	}
	return Thousands(r.String())
}

// Count says "1 problem", "2 problems", "1,000 entries".
func Count(n int, noun string) string {
	text := plural(n, noun)
	_, noun, _ = strings.Cut(text, " ")
	return Thousands(fmt.Sprint(n)) + " " + noun
}

// Folded names the first few of a list and counts the rest; total is the length
// of the whole list where list is only its beginning.
func Folded(list []string, few, total int) string {
	if len(list) == 0 {
		return ""
	}
	total = max(total, len(list))
	if len(list) > few {
		list = list[:few]
	}
	text := strings.Join(list, ", ")
	if rest := total - len(list); rest > 0 {
		return fmt.Sprintf("%s and %s more", text, Thousands(fmt.Sprint(rest)))
	}
	return text
}
