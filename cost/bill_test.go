package cost

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func own(s string) decimal.NullDecimal { return decimal.NewNullDecimal(dec(s)) }

func flat(item, unit, price string) Price {
	return Price{Region: "r", Item: item, Unit: unit, Price: dec(price)}
}

// internetOut is data transfer out to the internet as Amazon EC2 On-Demand
// pricing lists it for us-east-1 and the EU: 10 TB at 0.09, the next 40 TB at
// 0.085, the next 100 TB at 0.07, then 0.05 USD per GB.
func internetOut(region string) Price {
	return Price{Region: region, Item: "internet-out-gb", Unit: "GB", Tiers: []Tier{
		{dec("10240"), dec("0.09")}, {dec("51200"), dec("0.085")}, {dec("153600"), dec("0.07")}, {decimal.Zero, dec("0.05")},
	}}
}

func TestBillTierEdges(t *testing.T) {
	book := NewBook("USD", []Price{internetOut("eu-west-1")})
	tests := []struct{ gb, want, how string }{
		{"1", "0.09", "1 GB x 0.09 USD"},
		{"10240", "921.60", "10240 GB x 0.09 USD"}, // 10240 x 0.09
		{"10241", "921.685", "10241 GB: 10240 x 0.09 + 1 x 0.085 USD"},
		{"51200", "4403.20", "51200 GB: 10240 x 0.09 + 40960 x 0.085 USD"}, // 921.60 + 3481.60
		{"60000", "5019.20", "60000 GB: 10240 x 0.09 + 40960 x 0.085 + 8800 x 0.07 USD"},
		{"153600", "11571.20", "153600 GB: 10240 x 0.09 + 40960 x 0.085 + 102400 x 0.07 USD"},
		{"200000", "13891.20", "200000 GB: 10240 x 0.09 + 40960 x 0.085 + 102400 x 0.07 + 46400 x 0.05 USD"}, // 11571.20 + 2320
	}
	for _, tt := range tests {
		bill := book.Bill("eu-west-1", []Usage{{Item: "internet-out-gb", Quantity: dec(tt.gb)}})
		if !bill.Total.Equal(dec(tt.want)) {
			t.Errorf("%s GB cost %s, want %s", tt.gb, bill.Total, tt.want)
		}
		if got := bill.Lines[0].How; got != tt.how {
			t.Errorf("%s GB: how = %q, want %q", tt.gb, got, tt.how)
		}
	}
}

func TestBillTiersInAnyOrder(t *testing.T) {
	p := internetOut("r")
	slices.Reverse(p.Tiers)
	bill := NewBook("USD", []Price{p}).Bill("r", []Usage{{Item: p.Item, Quantity: dec("60000")}})
	if !bill.Total.Equal(dec("5019.20")) {
		t.Errorf("total %s, want 5019.20", bill.Total)
	}
	if p.Tiers[0].UpTo.IsPositive() {
		t.Error("NewBook reordered the caller's tiers")
	}
}

// The average of 60000 GB: 5019.20 / 60000 = 0.08365333...
func TestBillAveragePrice(t *testing.T) {
	bill := NewBook("USD", []Price{internetOut("r")}).Bill("r", []Usage{{Item: "internet-out-gb", Quantity: dec("60000")}})
	if got := bill.Lines[0].UnitPrice.String(); got != "0.08365333" {
		t.Errorf("average price %s", got)
	}
}

func TestBillArithmetic(t *testing.T) {
	p := flat("nat-gateway-hour", "Hrs", "0.045")
	p.Source, p.AsOf, p.Confidence = "Amazon VPC pricing", "2026-09-04", "likely"
	bill := NewBook("USD", []Price{p}).Bill("r", []Usage{
		{Item: "nat-gateway-hour", Quantity: dec("1460"), Unit: "h", How: "2 gateways x 730 h"},
	})
	want := Line{
		Item: "nat-gateway-hour", Quantity: dec("1460"), Unit: "h", UnitPrice: dec("0.045"),
		How:    "2 gateways x 730 h = 1460 h x 0.045 USD",
		Source: "Amazon VPC pricing (as of 2026-09-04, likely)",
	}
	got := bill.Lines[0]
	if Cents(got.Amount) != "65.70" { // 1460 x 0.045
		t.Errorf("amount %s, want 65.70", got.Amount)
	}
	got.Amount = decimal.Decimal{}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestBillAddsUpUsagesOfOneItem(t *testing.T) {
	book := NewBook("USD", []Price{flat("gb", "GB", "0.02")})
	one := func(q, how string) Usage { return Usage{Item: "gb", Quantity: dec(q), Unit: "GB", How: how} }
	bill := book.Bill("r", []Usage{one("300", "out 100 + in 200"), one("50", "b"), one("0", "nothing")})
	if len(bill.Lines) != 1 || !bill.Total.Equal(dec("7")) { // 350 x 0.02
		t.Fatalf("lines %+v, total %s; want one line of 7", bill.Lines, bill.Total)
	}
	if got, want := bill.Lines[0].How, "(b) + (out 100 + in 200) = 350 GB x 0.02 USD"; got != want {
		t.Errorf("how = %q, want %q", got, want)
	}
	bill = book.Bill("r", []Usage{one("1", "a"), one("1", "b"), one("1", "c"), one("1", "d"), one("1", "e")})
	if got, want := bill.Lines[0].How, "(a) + (b) + (c) + 2 more = 5 GB x 0.02 USD"; got != want {
		t.Errorf("how = %q, want %q", got, want)
	}
}

// A licence has no list price; a usage that carries its own is billed at it even
// where the book has the item.
func TestBillOwnPrice(t *testing.T) {
	book := NewBook("USD", []Price{flat("node", "", "10")})
	bill := book.Bill("r", []Usage{
		{Item: "licence", Quantity: dec("1"), Unit: "month", UnitPrice: own("1500"), Source: "given by Policy"},
		{Item: "node", Quantity: dec("2"), UnitPrice: own("7")},
		{Item: "node", Quantity: dec("2")},
	})
	if !bill.Total.Equal(dec("1534")) { // 1500 + 2 x 7 + 2 x 10
		t.Errorf("total %s, want 1534", bill.Total)
	}
	if l := bill.Lines[0]; l.Source != "given by Policy" || l.How != "1 month x 1500 USD" {
		t.Errorf("licence line %+v", l)
	}
	if l := bill.Lines[1]; !l.UnitPrice.Equal(dec("8.5")) || l.How != "4: 2 x 7 + 2 x 10 USD" {
		t.Errorf("node line %+v", l)
	}
	if len(bill.Unknown) != 0 {
		t.Errorf("unknown %+v", bill.Unknown)
	}
}

func TestBillNeverBorrowsAnotherRegionsPrice(t *testing.T) {
	book := NewBook("USD", []Price{
		{Region: "us-east-1", Item: "transit-gateway-attachment-hour", Price: dec("0.05")},
		{Region: "*", Item: "cross-zone-gb", Price: dec("0.01")},
		{Region: "cn-north-1", Item: "cross-zone-gb", Price: dec("0.07")},
	})
	usages := []Usage{
		{Item: "transit-gateway-attachment-hour", Quantity: dec("1460")},
		{Item: "cross-zone-gb", Quantity: dec("100")},
	}
	bill := book.Bill("eu-west-1", usages)
	want := []Unknown{{
		Item: "transit-gateway-attachment-hour", Count: 1,
		Why: "no price for transit-gateway-attachment-hour in eu-west-1: add it with a PriceBook document",
	}}
	if !reflect.DeepEqual(bill.Unknown, want) {
		t.Errorf("unknown %+v", bill.Unknown)
	}
	if len(bill.Lines) != 1 || !bill.Total.Equal(dec("1")) { // 100 x 0.01, by "*"
		t.Errorf("lines %+v, total %s", bill.Lines, bill.Total)
	}
	if got := book.Bill("cn-north-1", usages[1:]).Total; !got.Equal(dec("7")) { // its own row goes first
		t.Errorf("cn-north-1 total %s, want 7", got)
	}
}

func TestBillUnknownInputs(t *testing.T) {
	book := NewBook("USD", []Price{flat("gb", "GB", "2")})
	bill := book.Bill("r", []Usage{
		{Item: "gb", Quantity: dec("3"), Unknown: 2, Why: "outGB not given"},
		{Item: "gb", Unknown: 1, Why: "outGB not given"},
		{Item: "gb", Unknown: 1, Why: "inGB not given"},
		{Item: "free", Unknown: 1},
		{Item: "unpriced", Quantity: dec("1"), Unknown: 4, Why: "a"},
	})
	want := []Unknown{
		{"free", "not given", 1},
		{"gb", "inGB not given", 1},
		{"gb", "outGB not given", 3},
		{"unpriced", "a", 4},
		{"unpriced", "no price for unpriced in r: add it with a PriceBook document", 1},
	}
	if !reflect.DeepEqual(bill.Unknown, want) {
		t.Errorf("unknown %+v", bill.Unknown)
	}
	if len(bill.Lines) != 1 || !bill.Total.Equal(dec("6")) { // the known 3 x 2 is billed
		t.Errorf("lines %+v, total %s", bill.Lines, bill.Total)
	}
}

// A list that ends at the first petabyte says nothing about the second.
func TestBillUnfinishedTiers(t *testing.T) {
	p := Price{Region: "r", Item: "vpc-endpoint-gb", Unit: "GB", Tiers: []Tier{{dec("1048576"), dec("0.01")}}}
	bill := NewBook("USD", []Price{p}).Bill("r", []Usage{{Item: p.Item, Quantity: dec("1048580")}})
	if l := bill.Lines[0]; !l.Amount.Equal(dec("10485.76")) || !l.Quantity.Equal(dec("1048576")) {
		t.Errorf("line %+v", l)
	}
	if len(bill.Unknown) != 1 || !strings.Contains(bill.Unknown[0].Why, "above 1048576 GB") {
		t.Errorf("unknown %+v", bill.Unknown)
	}
}

func TestNewBookLaterPriceWins(t *testing.T) {
	book := NewBook("EUR", []Price{flat("a", "", "1"), flat("a", "", "2")})
	if p, ok := book.Price("r", "a"); !ok || !p.Price.Equal(dec("2")) {
		t.Errorf("price %v, %t", p, ok)
	}
	if _, ok := book.Price("r", "b"); ok {
		t.Error("a price for an item that is not in the book")
	}
	if got := book.Bill("r", nil); got.Currency != "EUR" || !got.Total.IsZero() {
		t.Errorf("empty bill %+v", got)
	}
}

// estate is a random set of usages over a small book with one tiered item, one
// flat, one priced everywhere, one without price and one with prices of its own.
func estate(t *rapid.T) []Usage {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Usage {
		u := Usage{
			Item:     rapid.SampledFrom([]string{"internet-out-gb", "flat", "everywhere", "unpriced", "work"}).Draw(t, "item"),
			Quantity: decimal.New(rapid.Int64Range(0, 30_000_000).Draw(t, "quantity"), -2),
			How:      rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "how"),
			Unknown:  rapid.IntRange(0, 1).Draw(t, "unknown"),
			Why:      rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "why"),
		}
		if u.Item == "work" {
			u.UnitPrice = decimal.NewNullDecimal(decimal.New(rapid.Int64Range(0, 9000).Draw(t, "price"), -2))
		}
		return u
	}), 0, 12).Draw(t, "usages")
}

func estateBook() *Book {
	return NewBook("USD", []Price{
		internetOut("r"), flat("flat", "GB", "0.0572"), {Region: "*", Item: "everywhere", Price: dec("0.01")},
	})
}

func TestBillTotalIsSumOfLines(t *testing.T) {
	book := estateBook()
	rapid.Check(t, func(t *rapid.T) {
		bill := book.Bill("r", estate(t))
		sum := decimal.Zero
		for i, l := range bill.Lines {
			if i > 0 && bill.Lines[i-1].Item >= l.Item {
				t.Fatalf("lines not by item: %s then %s", bill.Lines[i-1].Item, l.Item)
			}
			sum = sum.Add(l.Amount)
		}
		if !sum.Equal(bill.Total) {
			t.Fatalf("lines add up to %s, total is %s", sum, bill.Total)
		}
	})
}

func TestBillIgnoresOrder(t *testing.T) {
	book := estateBook()
	rapid.Check(t, func(t *rapid.T) {
		usages := estate(t)
		shuffled := rapid.Permutation(usages).Draw(t, "shuffled")
		if a, b := book.Bill("r", usages), book.Bill("r", shuffled); !reflect.DeepEqual(a, b) {
			t.Fatalf("one order gives\n%+v\nanother\n%+v", a, b)
		}
	})
}

func TestBillNeverFallsWithMoreUsage(t *testing.T) {
	book := estateBook()
	rapid.Check(t, func(t *rapid.T) {
		usages := estate(t)
		more := append(slices.Clone(usages), estate(t)...)
		a, b := book.Bill("r", usages), book.Bill("r", more)
		if b.Total.LessThan(a.Total) || len(b.Unknown) < len(a.Unknown) {
			t.Fatalf("%s with %d unknown, with more usage %s with %d", a.Total, len(a.Unknown), b.Total, len(b.Unknown))
		}
	})
}

// The tiered price of whole GB, paid one by one.
func TestBillTiersAgainstOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ends := rapid.SliceOfNDistinct(rapid.IntRange(1, 60), 0, 4, rapid.ID).Draw(t, "ends")
		slices.Sort(ends)
		prices := rapid.SliceOfN(rapid.Int64Range(0, 1000), len(ends)+1, len(ends)+1).Draw(t, "prices")
		p := Price{Region: "r", Item: "i"}
		for i, price := range prices {
			tier := Tier{Price: decimal.New(price, -3)}
			if i < len(ends) {
				tier.UpTo = decimal.NewFromInt(int64(ends[i]))
			}
			p.Tiers = append(p.Tiers, tier)
		}
		gb := rapid.IntRange(0, 80).Draw(t, "gb")
		thousandths := int64(0)
		for unit := 1; unit <= gb; unit++ {
			i, _ := slices.BinarySearch(ends, unit)
			thousandths += prices[i]
		}
		got := NewBook("USD", []Price{p}).Bill("r", []Usage{{Item: "i", Quantity: decimal.NewFromInt(int64(gb))}}).Total
		if !got.Equal(decimal.New(thousandths, -3)) {
			t.Fatalf("%d GB: %s, one by one %s", gb, got, decimal.New(thousandths, -3))
		}
	})
}

func BenchmarkBill(b *testing.B) {
	book := estateBook()
	items := []string{"internet-out-gb", "flat", "everywhere", "unpriced"}
	usages := make([]Usage, 10_000)
	for i := range usages {
		usages[i] = Usage{Item: items[i%len(items)], Quantity: decimal.New(int64(i), -1), Unit: "GB", How: "out + in"}
	}
	b.ReportAllocs()
	for b.Loop() {
		book.Bill("r", usages)
	}
}
