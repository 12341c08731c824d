package inventory

import (
	"cmp"
	"slices"
	"sync"

	"github.com/shopspring/decimal"
	"gopkg.in/yaml.v3"

	"egressplan/fixtures"
	"egressplan/planner/finding"
)

// Confidence says how well a price is known.
const (
	ConfidenceSure   = "sure"   // read in AWS's own list
	ConfidenceLikely = "likely" // inferred or second hand
	ConfidenceGiven  = "given"  // the user's own
)

// prices reads the spec of a PriceBook.
func (l *loader) prices(doc document) {
	o, ok := doc.d.object(doc.spec, "the spec of PriceBook", "source", "asOf", "currency", "prices")
	if !ok {
		return
	}
	book := Price{
		Source:     cmp.Or(optional(o, "source", "", text).V, ownSource),
		AsOf:       optional(o, "asOf", "", date).V,
		Confidence: ConfidenceGiven,
	}
	// One currency, because a bill that mixes two adds up to nothing.
	optional(o, "currency", "USD", oneOf("USD"))
	if o.field("prices") == nil {
		o.missing("prices")
	}
	list := objects(o, "prices", func(d *decoder, n *yaml.Node) (row, bool) { return readPrice(d, n, book) })
	sortUnique(l.report, list, "price of", func(r *row) (string, finding.Pos) { return r.Item + " in " + r.Region, r.At })
	l.given = append(l.given, list)
}

// row is one row of a price book as it was written.
type row struct {
	Price
	region, item, unit Value[string]
}

// readPrice reads one row; what it leaves out it has from the whole book.
func readPrice(d *decoder, n *yaml.Node, book Price) (row, bool) {
	o, ok := d.object(n, "a price", "region", "item", "price", "tiers", "unit", "source", "asOf", "confidence")
	if !ok {
		return row{}, false
	}
	r := row{region: required(o, "region", anyRegion), item: required(o, "item", text), unit: optional(o, "unit", "", text)}
	r.Price = Price{
		Region: r.region.V, Item: r.item.V, Unit: r.unit.V,
		Price:      optional(o, "price", zero, amount(zero, maxMoney)).V,
		Tiers:      objects(o, "tiers", readTier),
		Source:     cmp.Or(optional(o, "source", "", text).V, book.Source),
		AsOf:       optional(o, "asOf", book.AsOf, date).V,
		Confidence: optional(o, "confidence", book.Confidence, oneOf(ConfidenceSure, ConfidenceLikely, ConfidenceGiven)).V,
		At:         o.at(),
	}
	switch hasPrice, hasTiers := o.field("price") != nil, o.field("tiers") != nil; {
	case hasPrice && hasTiers:
		d.add(r.At, CodeConflict, "keep one of the two", "the price of %s has a price and tiers", quote(r.Item))
	case !hasPrice && !hasTiers, hasTiers && len(o.items("tiers")) == 0:
		d.add(r.At, CodeMissing, "add price or tiers", "the price of %s has neither price nor tiers", quote(r.Item))
	}
	checkTiers(o, r.Tiers)
	return r, true
}

// everyRegion stands for every region.
const everyRegion = "*"

// anyRegion reads a region or "*".
func anyRegion(d *decoder, n *yaml.Node, key string) (string, bool) {
	if n.Kind == yaml.ScalarNode && n.Value == everyRegion {
		return everyRegion, true
	}
	return region(d, n, key)
}

func readTier(d *decoder, n *yaml.Node) (Tier, bool) {
	o, ok := d.object(n, "a tier", "upTo", "price")
	if !ok {
		return Tier{}, false
	}
	return Tier{
		UpTo:  optional(o, "upTo", zero, amount(decimal.New(1, -6), maxVolume)).V,
		Price: required(o, "price", amount(zero, maxMoney)).V,
	}, true
}

// checkTiers wants rising ends and a last tier without one.
func checkTiers(o object, tiers []Tier) {
	items := o.items("tiers")
	if len(items) != len(tiers) {
		return
	}
	for i, t := range tiers {
		last := i == len(tiers)-1
		switch {
		case last && !t.UpTo.IsZero():
			o.d.problem(items[i], CodeConflict, "add a tier without upTo", "the last tier has an end: what lies beyond has no price")
		case !last && t.UpTo.IsZero():
			o.d.problem(items[i], CodeConflict, "add upTo, or remove the tiers after it", "a tier without upTo is not the last")
		case i > 0 && !last && !t.UpTo.GreaterThan(tiers[i-1].UpTo):
			o.d.problem(items[i], CodeConflict, "sort the tiers by upTo", "a tier ends before the one above it")
		}
	}
}

func prices(rows []row) []Price {
	list := make([]Price, len(rows))
	for i := range rows {
		list[i] = rows[i].Price
	}
	return list
}

func comparePrices(a, b Price) int {
	return cmp.Or(cmp.Compare(a.Item, b.Item), cmp.Compare(a.Region, b.Region))
}

// overlay lays the user's books over the embedded one, later books over
// earlier ones.
func overlay(given [][]row) PriceBook {
	all := slices.Clone(embeddedPrices())
	for _, list := range given {
		all = append(all, prices(list)...)
	}
	if len(given) > 0 {
		slices.SortStableFunc(all, comparePrices)
	}
	book := PriceBook{Currency: "USD", Prices: all[:0]}
	for i, p := range all {
		if i+1 < len(all) && comparePrices(p, all[i+1]) == 0 {
			continue
		}
		book.Prices = append(book.Prices, p)
	}
	return book
}

// embeddedPrices is the price book egressplan ships with, sorted, without
// places; parsed when first used.
var embeddedPrices = sync.OnceValue(readBook)

func readBook() []Price {
	list, problems := readEmbedded(fixtures.PriceBook())
	if len(problems) > 0 {
		panic("inventory: embedded price book: " + problems[0].At.String() + " " + problems[0].Message)
	}
	rows := newTable(fixtures.EC2Prices())
	for _, r := range rows.records {
		list = append(list, Price{
			Region: rows.cell(r, "region"), Item: perInstance + rows.cell(r, "type"), Unit: "Hrs",
			Price:  decimal.RequireFromString(rows.cell(r, "usd_per_hour")),
			Source: fixtures.EC2PricesSource, AsOf: fixtures.EC2PricesAsOf, Confidence: fixtures.EC2PricesConfidence,
		})
	}
	slices.SortFunc(list, comparePrices)
	return list
}

func readEmbedded(data []byte) ([]Price, []finding.Problem) {
	l := newLoader()
	l.source(Source{Name: "embedded price book", Data: data})
	var list []Price
	for _, given := range l.given {
		list = append(list, prices(given)...)
	}
	for i := range list {
		list[i].At = finding.Pos{}
	}
	return list, l.problems
}
