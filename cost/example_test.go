package cost_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"egressplan/cost"
)

func ExampleBook_Bill() {
	book := cost.NewBook("USD", []cost.Price{
		{Region: "us-east-1", Item: "nat-gateway-hour", Unit: "Hrs", Price: decimal.RequireFromString("0.045")},
	})
	bill := book.Bill("us-east-1", []cost.Usage{
		{Item: "nat-gateway-hour", Quantity: decimal.NewFromInt(2 * 730), Unit: "h", How: "2 gateways x 730 h"},
		{Item: "nat-gateway-gb", Quantity: decimal.NewFromInt(3500), Unit: "GB"},
	})
	fmt.Println(bill.Lines[0].How)
	fmt.Println("at least", cost.Cents(bill.Total), "USD")
	fmt.Println(bill.Unknown[0].Why)
	// Output:
	// 2 gateways x 730 h = 1460 h x 0.045 USD
	// at least 65.70 USD
	// no price for nat-gateway-gb in us-east-1: add it with a PriceBook document
}
