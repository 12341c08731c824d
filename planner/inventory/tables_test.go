package inventory

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"egressplan/fixtures"
)

func TestEmbeddedPriceBookIsCorrect(t *testing.T) {
	list, problems := readEmbedded(fixtures.PriceBook())
	for _, p := range problems {
		t.Errorf("%s: %s [%s]", p.At, p.Message, p.Code)
	}
	if len(list) < 100 {
		t.Errorf("%d prices", len(list))
	}
}

func priceOf(t *testing.T, plan *Plan, region, item string) Price {
	t.Helper()
	i := slices.IndexFunc(plan.PriceBook.Prices, func(p Price) bool { return p.Region == region && p.Item == item })
	if i < 0 {
		t.Fatalf("no price of %s in %s", item, region)
	}
	return plan.PriceBook.Prices[i]
}

// AWS price list, us-east-1: NAT gateway 0.045 USD an hour, m5.large 0.096.
func TestPriceBookOverlay(t *testing.T) {
	plain := mustLoad(t, nil)
	if p := priceOf(t, plain, "us-east-1", "nat-gateway-hour"); p.Price.String() != "0.045" || p.Source == "" || p.AsOf == "" || p.Confidence != ConfidenceSure || !p.At.IsZero() {
		t.Errorf("%+v", p)
	}
	if p := priceOf(t, plain, "us-east-1", "ec2-hour:m5.large"); p.Price.String() != "0.096" {
		t.Errorf("%+v", p)
	}
	book := func(price string) string {
		return "apiVersion: egressplan/v1\nkind: PriceBook\nspec:\n  source: contract\n  asOf: 2026-09-25\n  prices:\n" +
			"    - {region: us-east-1, item: nat-gateway-hour, price: " + price + "}\n" +
			"    - {region: ap-east-2, item: internet-out-gb, tiers: [{upTo: 10240, price: \"0.09\"}, {price: \"0.07\"}]}\n"
	}
	plan := mustLoad(t, map[string]string{"prices": book(`"0.03"`), "more": book("0.02")})
	p := priceOf(t, plan, "us-east-1", "nat-gateway-hour")
	if p.Price.String() != "0.02" || p.Source != "contract" || p.AsOf != "2026-09-25" || p.Confidence != ConfidenceGiven || p.At.File != "more" || p.At.Line != 7 {
		t.Errorf("the last book must win: %+v", p)
	}
	if p := priceOf(t, plan, "ap-east-2", "internet-out-gb"); len(p.Tiers) != 2 || p.Tiers[0].UpTo.String() != "10240" || !p.Tiers[1].UpTo.IsZero() {
		t.Errorf("%+v", p)
	}
	if got, want := len(plan.PriceBook.Prices), len(plain.PriceBook.Prices)+1; got != want {
		t.Errorf("%d prices, want %d", got, want)
	}
	if !slices.IsSortedFunc(plan.PriceBook.Prices, comparePrices) {
		t.Error("prices are not sorted")
	}
}

// A bill names the source of every price; units are the price list's, hours of a
// gateway and GB of traffic.
func TestOwnPricesHaveSourceAndUnit(t *testing.T) {
	book := func(head, row string) string {
		return header + "kind: PriceBook\nspec: {" + head + "prices: [{region: eu-central-1, " + row + "}]}\n"
	}
	tests := []struct{ head, row, item, source, unit string }{
		{"", "item: nat-gateway-gb, price: 1", "nat-gateway-gb", "the plan's own price book", "GB"},
		{"", "item: nat-gateway-hour, price: 1, unit: Hrs", "nat-gateway-hour", "the plan's own price book", "Hrs"},
		{"source: '', ", "item: nat-gateway-gb, price: 1", "nat-gateway-gb", "the plan's own price book", "GB"},
		{"source: contract, ", "item: fargate-vcpu-hour, price: 1", "fargate-vcpu-hour", "contract", "vCPU-Hours"},
		{"source: contract, ", "item: 'ec2-hour:p5.48xlarge', price: 1, source: ''", "ec2-hour:p5.48xlarge", "contract", "Hrs"},
		{"source: contract, ", "item: 'direct-connect-out-gb:Mars', price: 1, source: mail", "direct-connect-out-gb:Mars", "mail", "GB"},
		{"", "item: 'direct-connect-port-hour:800Gbps', price: 1", "direct-connect-port-hour:800Gbps", "the plan's own price book", "Hrs"},
		{"", "item: 'direct-connect-hosted-hour:75Mbps', price: 1", "direct-connect-hosted-hour:75Mbps", "the plan's own price book", "Hrs"},
	}
	for _, tt := range tests {
		plan := mustLoad(t, map[string]string{"prices": book(tt.head, tt.row)})
		if p := priceOf(t, plan, "eu-central-1", tt.item); p.Source != tt.source || p.Unit != tt.unit {
			t.Errorf("%s: source %q, unit %q", tt.item, p.Source, p.Unit)
		}
	}
	for _, p := range mustLoad(t, nil).PriceBook.Prices {
		if p.Source == "" || p.Source == ownSource || p.Unit == "" {
			t.Errorf("embedded: %+v", p)
		}
	}
}

// A region without a list of its own can be planned and priced all the same.
func TestPriceOfThePlansOwnRegion(t *testing.T) {
	env := strings.ReplaceAll(environmentYAML, "eu-central-1", "eu-north-9")
	plan := mustLoad(t, map[string]string{"env": env,
		"prices": header + "kind: PriceBook\nspec: {prices: [{region: eu-north-9, item: nat-gateway-gb, price: 1}]}\n"})
	priceOf(t, plan, "eu-north-9", "nat-gateway-gb")
}

// Everything that the embedded book lists may stand in a user's book.
func TestEmbeddedPricesAreKnown(t *testing.T) {
	list := knownPrices()
	for _, p := range embeddedPrices() {
		if unit, ok := list.unit(p.Item); !ok || unit != p.Unit {
			t.Errorf("%s: unit %q, %t, want %q", p.Item, unit, ok, p.Unit)
		}
		if p.Region != everyRegion && !slices.Contains(list.regions, p.Region) {
			t.Errorf("%s is not known", p.Region)
		}
	}
	for _, item := range []string{"", ":", "ec2-hour", "ec2-hour:", "ec2-hour:m5", "nat-gateway", "nat-gateway-gb:x", "direct-connect-out-gb:"} {
		if unit, ok := list.unit(item); ok {
			t.Errorf("%q is known, in %s", item, unit)
		}
	}
}

// One plan's book must not be another's.
func TestPriceBooksAreApart(t *testing.T) {
	a, b := mustLoad(t, nil), mustLoad(t, nil)
	a.PriceBook.Prices[0].Item = "changed"
	if b.PriceBook.Prices[0].Item == "changed" || mustLoad(t, nil).PriceBook.Prices[0].Item == "changed" {
		t.Error("plans share their price book")
	}
}

// Amazon EC2 User Guide: an m5.large has 3 interfaces of 10 addresses, 2 vCPU,
// 8 GiB and a baseline of 0.75 Gbit/s.
func TestInstanceType(t *testing.T) {
	i, ok := InstanceType("m5.large")
	want := Instance{Type: "m5.large", ENIs: 3, IPv4PerENI: 10, BandwidthMbps: 750, BranchENIs: 9, VCPU: 2, MemoryMiB: 8192, Hypervisor: "nitro"}
	if !ok || i != want {
		t.Errorf("%+v, want %+v", i, want)
	}
	for _, name := range []string{"", "m5", "m5.large ", "M5.LARGE", "zz.large"} {
		if i, ok := InstanceType(name); ok {
			t.Errorf("%q: %+v", name, i)
		}
	}
	for _, name := range []string{defaultNodeType, defaultEgressNodeType} {
		if _, ok := InstanceType(name); !ok {
			t.Errorf("the default type %s is not known", name)
		}
	}
}

// The work model of the documentation, value by value.
func TestAssumptions(t *testing.T) {
	want := map[string]string{
		"engineerHourUSD": "90", "nodeGroupHoursPerMonth": "0.5", "natGatewayHoursPerMonth": "0.25", "egressPolicyHoursPerMonth": "0.1",
		"meshAppHoursPerMonth": "0.2", "ciliumUpkeepHoursPerMonth": "16", "istioUpkeepHoursPerMonth": "24", "firewallChangeHours": "2",
		"accessChangeHours": "0.5", "accessChangeHoursMesh": "1.5", "newAppHours": "6", "newAppHoursKubernetes": "2", "ciliumMigrationHours": "160",
		"meshOnboardHoursPerApp": "3", "amortisationMonths": "36", "hoursPerMonth": "730", "crossZoneSides": "2", "peakFactor": "4",
		"gatewayUtilisation": "0.6", "daemonsetCPUMillis": "200", "daemonsetMemoryMiB": "300", "daemonsetPods": "2", "evictionMemoryMiB": "100",
		"sidecarCPUMillis": "100", "sidecarMemoryMiB": "128", "gatewayCPUMillis": "100", "gatewayMemoryMiB": "128", "istiodCPUMillis": "500",
		"istiodMemoryMiB": "2048", "istiodReplicas": "2", "nearTiePercent": "5",
	}
	plan := &Plan{}
	for _, a := range Assumptions() {
		if want[a.Name] != a.Default.String() || a.Unit == "" || a.Meaning == "" || a.Default.LessThan(a.Low) || a.Default.GreaterThan(a.High) {
			t.Errorf("%+v, want %s", a, want[a.Name])
		}
		if v := plan.Assume(a.Name); v.Set || !v.V.Equal(a.Default) {
			t.Errorf("%s: %+v", a.Name, v)
		}
		delete(want, a.Name)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

func TestGivenAssumption(t *testing.T) {
	plan := mustLoad(t, map[string]string{"policy": "apiVersion: egressplan/v1\nkind: Policy\nspec: {assumptions: {engineerHourUSD: 120.50}}\n"})
	v := plan.Assume("engineerHourUSD")
	if !v.Set || !v.V.Equal(decimal.RequireFromString("120.5")) || v.At.String() != "policy:3:39" {
		t.Errorf("%+v", v)
	}
	defer func() {
		if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "nobody") {
			t.Errorf("recovered %v", r)
		}
	}()
	plan.Assume("nobody")
}
