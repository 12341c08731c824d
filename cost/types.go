// Package cost turns what a design consumes into a monthly bill, and counts the
// nodes that a set of pods needs.
//
// A [Book] holds list prices by item and region. [Book.Bill] multiplies: the
// usages of one item become one [Line], tiers are cut as AWS cuts them, and
// whatever has no price or no figure is listed as [Unknown] instead of being
// taken for zero. The price of another region is never used; only a price that
// is declared for all regions ("*") stands in for a missing one.
//
// The month has 730 hours by convention (the AWS Pricing Calculator's), but the
// package does not know it: hours arrive multiplied. A GB is 2^30 bytes, as in
// AWS's transfer meters, so tiers end at 10240, 51200 and 153600. Money is exact
// decimal throughout; [Cents] rounds, and only for display.
//
// Nodes come from first-fit decreasing over CPU, memory and the number of pods:
// see [SharedNodes].
package cost

import "github.com/shopspring/decimal"

// Price is one figure of a price list, in USD unless the book says otherwise.
// Tiers, if any, replace Price: each tier's price holds for the part of the
// monthly quantity up to UpTo (cumulative; zero UpTo means no end).
type Price struct {
	Region, Item string // region "*" stands for all
	Unit         string
	Price        decimal.Decimal
	Tiers        []Tier
	Source, AsOf string
	Confidence   string
}

// Tier is a price up to a cumulative monthly quantity.
type Tier struct {
	UpTo  decimal.Decimal
	Price decimal.Decimal
}

// Usage is what is consumed of one item in a month. Usages of the same item are
// added up to one line. Unknown counts the inputs that were not given and are
// therefore missing from Quantity; Why says which, for the reader.
//
// A licence or an hour of work has no entry in any price list: a valid UnitPrice
// is then the price of this usage, in the currency of the book, whatever the book
// says, and Source is where that price comes from.
type Usage struct {
	Item      string
	Quantity  decimal.Decimal // never negative
	Unit      string
	How       string // the arithmetic behind Quantity, without the price
	Unknown   int
	Why       string
	UnitPrice decimal.NullDecimal
	Source    string
}

// Line is one line of the bill: Amount is exact (Quantity x UnitPrice, or the
// sum over the tiers); rounding happens only where it is printed. Quantity is
// what the amount pays for: usage above the last known tier is not in it.
type Line struct {
	Item      string
	Quantity  decimal.Decimal
	Unit      string
	UnitPrice decimal.Decimal // where several prices apply their average, to 8 decimals
	Amount    decimal.Decimal
	How       string // the whole arithmetic, price included
	Source    string // where the price comes from and as of when
}

// Unknown is something the bill leaves out: the total is then "at least". Count
// is the number of figures that are missing, 1 for a missing price.
type Unknown struct {
	Item  string
	Why   string
	Count int
}

// Bill is a month: Lines by Item, one each; Unknown by Item, then Why. Total is
// the sum of the lines' amounts.
type Bill struct {
	Currency string
	Lines    []Line
	Total    decimal.Decimal
	Unknown  []Unknown
}

// Demand is the pods of one app for node counting: CPU in millicores, memory
// in MiB, per pod.
type Demand struct {
	Key         string
	Pods        int
	CPU, Memory int
}

// Node is what one node offers to pods after reservations and daemonsets: CPU
// in millicores, memory in MiB, and a number of pods.
type Node struct {
	CPU, Memory, Pods int
}
