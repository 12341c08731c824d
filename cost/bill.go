package cost

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Bill prices a month's usages in a region: one line per item, in the order of
// the items, whatever the order of the usages.
//
// What cannot be priced is listed in Unknown and adds nothing to the total: an
// item the book has no price for, inputs a usage declares missing (the known
// rest of it is still billed), and the part of a quantity above the last tier of
// an unfinished list of tiers. A usage of nothing leaves no line.
func (b *Book) Bill(region string, usages []Usage) Bill {
	bill := Bill{Currency: b.currency}
	sorted := make([]*Usage, len(usages))
	for i := range usages {
		sorted[i] = &usages[i]
	}
	slices.SortFunc(sorted, compareUsages)
	for group := range chunks(sorted) {
		bill.Unknown = append(bill.Unknown, missing(group)...)
		line, unknown := b.line(region, group)
		if line.Quantity.IsPositive() {
			bill.Lines = append(bill.Lines, line)
			bill.Total = bill.Total.Add(line.Amount)
		}
		bill.Unknown = append(bill.Unknown, unknown...)
	}
	slices.SortFunc(bill.Unknown, func(x, y Unknown) int {
		return cmp.Or(cmp.Compare(x.Item, y.Item), cmp.Compare(x.Why, y.Why))
	})
	return bill
}

// compareUsages puts the usages of an item next to each other, and these in an
// order that makes the line's text independent of the order they came in. What is
// only added up needs no order.
func compareUsages(x, y *Usage) int {
	if c := cmp.Compare(x.Item, y.Item); c != 0 {
		return c
	}
	if c := cmp.Compare(x.How, y.How); c != 0 {
		return c
	}
	if c := cmp.Compare(x.Unit, y.Unit); c != 0 {
		return c
	}
	if c := cmp.Compare(x.Source, y.Source); c != 0 {
		return c
	}
	return comparePrices(x.UnitPrice, y.UnitPrice)
}

// comparePrices orders usages without a price of their own first.
func comparePrices(x, y decimal.NullDecimal) int {
	switch {
	case x.Valid && y.Valid:
		return x.Decimal.Cmp(y.Decimal)
	case x.Valid:
		return 1
	case y.Valid:
		return -1
	}
	return 0
}

// chunks yields the runs of usages of the same item.
func chunks(sorted []*Usage) iter.Seq[[]*Usage] {
	return func(yield func([]*Usage) bool) {
		for from, to := 0, 0; from < len(sorted); from = to {
			for to = from; to < len(sorted) && sorted[to].Item == sorted[from].Item; to++ {
			}
			if !yield(sorted[from:to:to]) {
				return
			}
		}
	}
}

// missing lists the inputs that the usages of one item lack, one entry a reason.
func missing(group []*Usage) []Unknown {
	var out []Unknown
	for _, u := range group {
		if u.Unknown <= 0 {
			continue
		}
		why := cmp.Or(u.Why, "not given")
		i := slices.IndexFunc(out, func(o Unknown) bool { return o.Why == why })
		if i < 0 {
			i, out = len(out), append(out, Unknown{Item: u.Item, Why: why})
		}
		out[i].Count += u.Unknown
	}
	return out
}

// line adds up the usages of one item. Those that carry a price of their own and
// those that take the book's share the line.
func (b *Book) line(region string, group []*Usage) (Line, []Unknown) {
	s := sum{line: Line{Item: group[0].Item}}
	listed := decimal.Zero
	for _, u := range group {
		switch {
		case !u.Quantity.IsPositive():
			continue
		case u.UnitPrice.Valid:
			s.add(share{u.Quantity, u.UnitPrice.Decimal})
			s.from(u.Source)
		default:
			listed = listed.Add(u.Quantity)
		}
		s.line.Unit = cmp.Or(s.line.Unit, u.Unit)
		s.how(u.How)
	}
	if listed.IsPositive() {
		s.list(b, region, listed)
	}
	return s.finish(b.currency), s.unknown
}

// sum is a line while it is being added up.
type sum struct {
	line    Line
	shares  []share
	hows    []string
	sources []string
	unknown []Unknown
}

// list adds the part of the quantity that is priced by the book.
func (s *sum) list(b *Book, region string, quantity decimal.Decimal) {
	p, ok := b.Price(region, s.line.Item)
	if !ok {
		s.leaveOut(fmt.Sprintf("no price for %s in %s: add it with a PriceBook document", s.line.Item, region))
		return
	}
	s.line.Unit = cmp.Or(s.line.Unit, p.Unit)
	s.from(p.origin())
	shares, rest := p.cut(quantity)
	for _, part := range shares {
		s.add(part)
	}
	if rest.IsPositive() {
		s.leaveOut(fmt.Sprintf("no price for %s in %s above %s: add it with a PriceBook document",
			s.line.Item, region, join(" ", quantity.Sub(rest).String(), s.line.Unit)))
	}
}

func (s *sum) leaveOut(why string) {
	s.unknown = append(s.unknown, Unknown{Item: s.line.Item, Why: why, Count: 1})
}

// add bills a share; shares of one price are merged so that they read as one.
func (s *sum) add(part share) {
	s.line.Quantity = s.line.Quantity.Add(part.quantity)
	s.line.Amount = s.line.Amount.Add(part.quantity.Mul(part.price))
	for i := range s.shares {
		if s.shares[i].price.Equal(part.price) {
			s.shares[i].quantity = s.shares[i].quantity.Add(part.quantity)
			return
		}
	}
	s.shares = append(s.shares, part)
}

func (s *sum) from(source string) {
	if source != "" && !slices.Contains(s.sources, source) {
		s.sources = append(s.sources, source)
	}
}

func (s *sum) how(how string) {
	if how != "" {
		s.hows = append(s.hows, how)
	}
}

// averageDecimals is how far an average price is worked out. It is shown, never
// multiplied.
const averageDecimals = 8

// finish completes the line; one without a quantity stays as it is.
func (s *sum) finish(currency string) Line {
	if len(s.shares) == 0 {
		return s.line
	}
	s.line.UnitPrice = s.shares[0].price
	if len(s.shares) > 1 {
		s.line.UnitPrice = s.line.Amount.DivRound(s.line.Quantity, averageDecimals)
	}
	s.line.How = s.arithmetic(currency)
	s.line.Source = strings.Join(s.sources, "; ")
	return s.line
}

// arithmetic is the line in words: 2 gateways x 730 h = 1460 h x 0.045 USD.
func (s *sum) arithmetic(currency string) string {
	quantity := join(" ", s.line.Quantity.String(), s.line.Unit)
	lead := derivation(s.hows)
	if len(s.shares) == 1 {
		return join(" = ", lead, quantity+" x "+join(" ", s.line.UnitPrice.String(), currency))
	}
	parts := make([]string, len(s.shares))
	for i, part := range s.shares {
		parts[i] = part.quantity.String() + " x " + part.price.String()
	}
	return join(" = ", lead, quantity) + ": " + join(" ", strings.Join(parts, " + "), currency)
}

// spelledOut is how many derivations of one line are written down. A sum over
// thousands of apps explains itself by their number.
const spelledOut = 3

func derivation(hows []string) string {
	switch {
	case len(hows) == 1:
		return hows[0]
	case len(hows) > spelledOut:
		return fmt.Sprintf("%s + %d more", braced(hows[:spelledOut]), len(hows)-spelledOut)
	}
	return braced(hows)
}

func braced(hows []string) string {
	terms := make([]string, len(hows))
	for i, how := range hows {
		terms[i] = "(" + how + ")"
	}
	return strings.Join(terms, " + ")
}

// join leaves out what is empty.
func join(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), sep)
}
