package planner

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"egressplan/planner/inventory"
)

// PriceQuery says which prices are asked for. Region "" means all; a region has
// its own prices and those that hold everywhere. Item is one item or a family
// such as ec2-hour, "" for all; All includes the many prices of EC2 instance
// types where Item does not ask for them.
type PriceQuery struct {
	Region, Item string
	All          bool
}

// PriceDocument is a price list as a PriceBook document: written as JSON it can
// be given back as input.
type PriceDocument struct {
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	Spec       PriceSpec `json:"spec"`

	// LeftOut counts the prices of instance types that were not asked for.
	LeftOut int `json:"-"`
}

// PriceSpec is the list, by item and region.
type PriceSpec struct {
	Currency string     `json:"currency"`
	Prices   []PriceRow `json:"prices"`
}

// PriceRow is one price, or tiers of it.
type PriceRow struct {
	Region     string      `json:"region"`
	Item       string      `json:"item"`
	Unit       string      `json:"unit"`
	Price      string      `json:"price,omitempty"`
	Tiers      []PriceTier `json:"tiers,omitempty"`
	Source     string      `json:"source"`
	AsOf       string      `json:"asOf,omitempty"`
	Confidence string      `json:"confidence"`
}

// PriceTier is a price up to a monthly quantity; the last one has no end.
type PriceTier struct {
	UpTo  string `json:"upTo,omitempty"`
	Price string `json:"price"`
}

// UnknownNameError is a region or item that no price has; Known are those that
// some price has.
type UnknownNameError struct {
	What, Name string
	Known      []string
}

func (e *UnknownNameError) Error() string {
	return fmt.Sprintf("no price is of the %s %q", e.What, e.Name)
}

// ErrNoPrice is returned where the region and the item are known, but not the
// price of the one in the other: a bill then says that it is unknown.
var ErrNoPrice = errors.New("no price")

// everyRegion is the region of a price that holds in all.
const everyRegion = "*"

// instanceFamily are the items named by EC2 instance type.
const instanceFamily = "ec2-hour"

// Prices lists what a book says, by item and region. A price that holds
// everywhere is listed for a region unless the region has its own.
func Prices(book inventory.PriceBook, q PriceQuery) (*PriceDocument, error) {
	if err := q.check(book.Prices); err != nil {
		return nil, err
	}
	out := &PriceDocument{APIVersion: APIVersion, Kind: inventory.KindPriceBook, Spec: PriceSpec{Currency: book.Currency, Prices: []PriceRow{}}}
	own := map[string]bool{}
	for _, p := range book.Prices {
		if p.Region == q.Region {
			own[p.Item] = true
		}
	}
	for _, p := range book.Prices {
		switch {
		case !q.takesItem(p.Item), q.Region != "" && p.Region != q.Region && (p.Region != everyRegion || own[p.Item]):
		case q.Item == "" && !q.All && family(p.Item) == instanceFamily:
			out.LeftOut++
		default:
			out.Spec.Prices = append(out.Spec.Prices, priceRow(p))
		}
	}
	if len(out.Spec.Prices) == 0 && out.LeftOut == 0 {
		return nil, fmt.Errorf("%w of %s in %s", ErrNoPrice, q.Item, q.Region)
	}
	return out, nil
}

// check refuses a region or an item that no price has.
func (q PriceQuery) check(list []inventory.Price) error {
	var regions, items []string
	region, known := q.Region == "", q.Item == ""
	for _, p := range list {
		region, known = region || p.Region == q.Region, known || q.takesItem(p.Item)
		regions, items = append(regions, p.Region), append(items, p.Item, family(p.Item))
	}
	distinct := func(names []string) []string {
		slices.Sort(names)
		return slices.Compact(names)
	}
	switch {
	case !region:
		return &UnknownNameError{What: "region", Name: q.Region, Known: distinct(regions)}
	case !known:
		return &UnknownNameError{What: "item", Name: q.Item, Known: distinct(items)}
	}
	return nil
}

// takesItem reports whether an item is the one asked for, or of its family.
func (q PriceQuery) takesItem(item string) bool {
	return q.Item == "" || item == q.Item || family(item) == strings.TrimSuffix(q.Item, ":")
}

// family is an item's name up to what it is named by.
func family(item string) string {
	name, _, _ := strings.Cut(item, ":")
	return name
}

func priceRow(p inventory.Price) PriceRow {
	r := PriceRow{Region: p.Region, Item: p.Item, Unit: p.Unit, Source: p.Source, AsOf: p.AsOf, Confidence: p.Confidence}
	if len(p.Tiers) == 0 {
		r.Price = p.Price.String()
	}
	for _, t := range p.Tiers {
		tier := PriceTier{Price: t.Price.String()}
		if !t.UpTo.Equal(decimal.Zero) {
			tier.UpTo = t.UpTo.String()
		}
		r.Tiers = append(r.Tiers, tier)
	}
	return r
}
