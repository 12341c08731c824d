package cost

import (
	"slices"

	"github.com/shopspring/decimal"
)

// Book is a price list. It is read-only after [NewBook] and safe for concurrent
// use.
type Book struct {
	currency string
	prices   map[key]Price
}

type key struct{ region, item string }

// everywhere is the region of a price that holds in all regions.
const everywhere = "*"

// NewBook returns a book of prices in one currency (ISO 4217, such as USD). Of
// two prices for the same region and item the later one wins, so that a list can
// be overlaid by appending to it.
func NewBook(currency string, prices []Price) *Book {
	b := &Book{currency: currency, prices: make(map[key]Price, len(prices))}
	for _, p := range prices {
		// Price lists carry their tiers in no particular order.
		p.Tiers = slices.Clone(p.Tiers)
		slices.SortFunc(p.Tiers, byEnd)
		b.prices[key{p.Region, p.Item}] = p
	}
	return b
}

// byEnd orders tiers by where they end, the open one last.
func byEnd(a, b Tier) int {
	switch {
	case a.UpTo.IsZero() && b.UpTo.IsZero():
		return 0
	case a.UpTo.IsZero():
		return 1
	case b.UpTo.IsZero():
		return -1
	}
	return a.UpTo.Cmp(b.UpTo)
}

// Price returns the price of an item in a region, or the one that holds in all
// regions where the region has none of its own.
func (b *Book) Price(region, item string) (Price, bool) {
	if p, ok := b.prices[key{region, item}]; ok {
		return p, true
	}
	p, ok := b.prices[key{everywhere, item}]
	return p, ok
}

// share is the part of a quantity that one price applies to.
type share struct{ quantity, price decimal.Decimal }

// cut splits a monthly quantity at the ends of the tiers. rest is what lies above
// the last end, which has no price.
func (p Price) cut(quantity decimal.Decimal) (shares []share, rest decimal.Decimal) {
	if len(p.Tiers) == 0 {
		return []share{{quantity, p.Price}}, decimal.Zero
	}
	from := decimal.Zero
	for _, t := range p.Tiers {
		to := quantity
		if !t.UpTo.IsZero() {
			to = decimal.Min(quantity, t.UpTo)
		}
		if to.GreaterThan(from) {
			shares = append(shares, share{to.Sub(from), t.Price})
			from = to
		}
	}
	return shares, quantity.Sub(from)
}

// origin says where the price comes from, as of when, and how sure that is.
func (p Price) origin() string {
	note := ""
	if p.AsOf != "" {
		note = "as of " + p.AsOf
	}
	if p.Confidence == "likely" {
		note = join(", ", note, "likely")
	}
	if note != "" {
		note = "(" + note + ")"
	}
	return join(" ", p.Source, note)
}
