package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"egressplan/planner"
)

func TestNumbers(t *testing.T) {
	dec := decimal.RequireFromString
	cases := []struct{ name, got, want string }{
		{"half goes up", planner.Money(dec("0.125")), "0.13"},
		{"below half goes down", planner.Money(dec("0.12499999")), "0.12"},
		{"binary floats would give 1.00", planner.Money(dec("1.005")), "1.01"},
		{"carry into a new group", planner.Money(dec("999.995")), "1,000.00"},
		{"millions", planner.Money(dec("1234567.8")), "1,234,567.80"},
		{"negative", planner.Money(dec("-1234.5")), "-1,234.50"},
		{"zero", planner.Money(decimal.Zero), "0.00"},
		{"no minus zero", planner.Money(dec("-0.001")), "0.00"},
		{"unit price in full", unitPrice(dec("0.045")), "0.045"},
		{"tiny unit price", unitPrice(dec("0.0000166667")), "0.0000166667"},
		{"unit price of whole dollars", unitPrice(dec("90")), "90.00"},
		{"whole quantity", quantity(dec("3500")), "3,500"},
		{"quantity is cut", quantity(dec("12.3456")), "12.35"},
		{"quantity without needless zeros", quantity(dec("4.50")), "4.5"},
		{"quantity never vanishes", quantity(dec("0.0012")), "0.0012"},
		{"number", number("2628.004"), "2,628"},
		{"not a number", number("/27"), "/27"},
		{"one", count(1, "problem"), "1 problem"},
		{"none", count(0, "problem"), "0 problems"},
		{"many", count(12000, "app"), "12,000 apps"},
		{"short list", folded([]string{"a", "b"}, 3, 0), "a, b"},
		{"long list", folded([]string{"a", "b", "c", "d"}, 3, 0), "a, b, c and 1 more"},
		{"beginning of a list", folded([]string{"a", "b"}, 3, 1200), "a, b and 1,198 more"},
		{"empty list", folded(nil, 3, 1), ""},
	}
	for _, c := range cases {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

// Whatever the amount, what is printed is a number in groups of three that lies
// within half a cent of it.
func TestMoneyIsTheAmount(t *testing.T) {
	form := regexp.MustCompile(`^-?\d{1,3}(,\d{3})*\.\d{2}$`)
	halfCent := decimal.RequireFromString("0.005")
	rapid.Check(t, func(t *rapid.T) {
		d := decimal.New(rapid.Int64().Draw(t, "digits"), rapid.Int32Range(-9, 3).Draw(t, "exponent"))
		text := planner.Money(d)
		if !form.MatchString(text) {
			t.Fatalf("planner.Money(%s) = %s", d, text)
		}
		back := decimal.RequireFromString(strings.ReplaceAll(text, ",", ""))
		if back.Sub(d).Abs().GreaterThan(halfCent) {
			t.Fatalf("planner.Money(%s) = %s", d, text)
		}
	})
}
