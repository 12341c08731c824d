package planner

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"egressplan/planner/inventory"
)

// meets is the only break-even of two candidates, "" where they never meet.
func meets(t *testing.T, b *Bill, below, above string) string {
	t.Helper()
	at := ""
	for _, e := range b.BreakEven {
		if e.Between == [2]string{below, above} {
			at = e.At.String()
		}
	}
	return at
}

// The volume from which Cilium's egress gateway is cheaper than NAT, where there
// are as many dedicated nodes as shared ones: gateways cost 730 x 2 x (0.108 -
// 0.045) = 91.98 more, a GB 0.045 - 1/2 x 2 x 0.01 = 0.035 less; 91.98 / 0.035 =
// 2628 GB.
func TestBreakEvenOfNATAndGateways(t *testing.T) {
	b := billOf(t, load(t, estate(nil), "apiVersion: egressplan/v1\nkind: Policy\nspec: {assumptions: {engineerHourUSD: 0}}"), "")
	if got := meets(t, b, "private-nat-gateway", "cilium-egress-gateway"); got != "2628" {
		t.Errorf("at %q, want 2628; %+v", got, b.BreakEven)
	}
	if b.Traffic.Known.String() != "30" || b.Traffic.To.String() != "30000" {
		t.Errorf("searched %+v, want 30 to 30000", b.Traffic)
	}
}

// The first worked example, without declared work: shared nodes and two gateways
// cost 438.00 and 0.01 a GB across zones, dedicated nodes 490.56 whatever flows:
// they meet at 52.56 / 0.01 = 5256 GB. With sidecars it is 508.08 and never; NAT
// is the dearest at any traffic.
func TestBreakEvenOfTheWorkedExample(t *testing.T) {
	b := billOf(t, load(t, workedExample(", engineerHourUSD: 0")...), "")
	if len(b.BreakEven) != 1 || meets(t, b, "cilium-egress-gateway", "vpc-subnet-cidr") != "5256" {
		t.Errorf("break-even %+v, want one at 5256", b.BreakEven)
	}
	var never []string
	for _, n := range b.NeverMeet {
		never = append(never, n.Cheaper+" < "+n.Dearer)
	}
	want := "cilium-egress-gateway < istio-egress-gateway, cilium-egress-gateway < private-nat-gateway, " +
		"vpc-subnet-cidr < istio-egress-gateway, vpc-subnet-cidr < private-nat-gateway, istio-egress-gateway < private-nat-gateway"
	if got := strings.Join(never, ", "); got != want {
		t.Errorf("never meet: %s\nwant %s", got, want)
	}
}

// Tiers bend the bill: with NAT GB at 0.05 up to 1,000 and free beyond, NAT never
// costs more than 50 for them; gateways cost 91.98 more and 0.01 a GB, so NAT
// stays cheaper. With 0.2 up to 1,000 they meet before: 91.98 / (0.2 - 0.01) =
// 484.1...; and NAT's 200 are passed by the gateways at 91.98 + 0.01 x = 200:
// 10,802 GB.
func TestBreakEvenOfTiers(t *testing.T) {
	for price, want := range map[string][]string{"0.05": nil, "0.2": {"484.1053", "10802.0000"}} {
		b := billOf(t, load(t, estate(nil), "apiVersion: egressplan/v1\nkind: Policy\nspec: {exclude: [vpc-subnet-cidr, istio-egress-gateway], assumptions: {engineerHourUSD: 0}}",
			`apiVersion: egressplan/v1
kind: PriceBook
spec: {prices: [{region: us-east-1, item: nat-gateway-gb, tiers: [{upTo: 1000, price: "`+price+`"}, {price: "0"}]}]}`), "")
		var got []string
		for _, e := range b.BreakEven {
			got = append(got, e.At.StringFixed(4))
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("at %s: %v, want %v", price, got, want)
		}
	}
}

// A gateway node more is a step: gateways that are a little cheaper become
// dearer at once. A c5n.large carries 3,000 x 0.6 = 1,800 Mbit/s, two of them a
// peak of 3,600, a mean of 900 Mbit/s: 900 x 2,628,000 / 8,589.934592 = 275,345.5
// GB; a third would do, but zones are filled alike: two more, 157.68 a month.
// Pattern 1's node hours are priced so that they cost 100 more than the shared
// ones, and zone crossings nothing.
func TestBreakEvenAtAStep(t *testing.T) {
	b := billOf(t, load(t, strings.Replace(estate(nil), "outGB: 10, inGB: 20", "outGB: 1000, inGB: 2000", 1),
		"apiVersion: egressplan/v1\nkind: Policy\nspec: {exclude: [vpc-subnet-cidr, istio-egress-gateway], assumptions: {engineerHourUSD: 0}}",
		`apiVersion: egressplan/v1
kind: PriceBook
spec: {prices: [{region: us-east-1, item: cross-zone-gb, price: "0"}, {region: us-east-1, item: nat-gateway-gb, price: "0"}, {region: us-east-1, item: nat-gateway-hour, price: "0.2"}]}`), "")
	// NAT: 2 x 730 x 0.2 = 292.00. Gateways: 157.68, then 315.36.
	if len(b.BreakEven) != 1 {
		t.Fatalf("break-even %+v", b.BreakEven)
	}
	e := b.BreakEven[0]
	if !e.Step || e.At.StringFixed(1) != "275345.5" || e.Between != [2]string{"cilium-egress-gateway", "private-nat-gateway"} {
		t.Errorf("%+v, want a step at 275345.5 from gateways to NAT", e)
	}
}

func TestNoTrafficHasNoBreakEven(t *testing.T) {
	b := billOf(t, load(t, strings.Replace(estate(nil), "outGB: 10, inGB: 20,", "", 1)), "")
	if len(b.BreakEven)+len(b.NeverMeet) > 0 || !b.Traffic.To.IsZero() {
		t.Errorf("%+v %+v %+v", b.Traffic, b.BreakEven, b.NeverMeet)
	}
}

// atTraffic works candidates out anew with another traffic.
func atTraffic(plan *inventory.Plan, gb, today decimal.Decimal, ids ...string) map[string]*Candidate {
	e := &evaluation{plan: withTraffic(plan, gb, today), book: bookOf(plan)}
	out := map[string]*Candidate{}
	for _, p := range e.admissible() {
		if slices.Contains(ids, p.id()) {
			out[p.id()] = e.candidate(p)
		}
	}
	return out
}

type failer interface {
	Helper()
	Errorf(string, ...any)
}

// checkBreakEvens works the whole plan out anew just below and just above every
// break-even, and at powers of factor between for pairs that never meet.
func checkBreakEvens(t failer, plan *inventory.Plan, b *Bill, factor int64) {
	t.Helper()
	known := b.Traffic.Known
	dearer := func(of map[string]*Candidate, a, b string) decimal.Decimal {
		return of[a].Monthly.Decision.Sub(of[b].Monthly.Decision)
	}
	tiny := decimal.New(1, -4)
	for _, e := range b.BreakEven {
		side := decimal.Max(e.At.Mul(decimal.New(1, -6)), tiny)
		below, above := atTraffic(plan, e.At.Sub(side), known, e.Between[:]...), atTraffic(plan, e.At.Add(side), known, e.Between[:]...)
		if d := dearer(below, e.Between[0], e.Between[1]); d.IsPositive() {
			t.Errorf("at %s GB less a little %s costs %s more than %s", e.At, e.Between[0], d, e.Between[1])
		}
		if d := dearer(above, e.Between[0], e.Between[1]); d.IsNegative() {
			t.Errorf("at %s GB and a little %s costs %s less than %s", e.At, e.Between[0], d.Neg(), e.Between[1])
		}
		at := atTraffic(plan, e.At, known, e.Between[:]...)
		// Where a further node is due at that very traffic, the last digit decides
		// whether it is there yet: the two sides above have to do.
		due := slices.ContainsFunc(e.Between[:], func(id string) bool { return below[id].Monthly.Nodes != above[id].Monthly.Nodes })
		if d := dearer(at, e.Between[0], e.Between[1]); !e.Step && !due && d.Abs().GreaterThan(tiny) {
			t.Errorf("at %s GB %s and %s differ by %s", e.At, e.Between[0], e.Between[1], d)
		}
		for _, id := range e.Between {
			said := false
			for _, r := range e.Rejected {
				said = said || r.Candidate == id
			}
			if said != (at[id].Status == Rejected) {
				t.Errorf("at %s GB %s is %s, said to be rejected: %v", e.At, id, at[id].Status, said)
			}
			if short := hasFinding(at[id], "bandwidth-short"); short != slices.Contains(e.Short, id) && at[id].Status != Rejected {
				t.Errorf("at %s GB %s: bandwidth-short found: %v, said to be short: %v", e.At, id, short, e.Short)
			}
		}
	}
	for times := int64(1); times <= 8*trafficTimes; times *= factor {
		gb := known.Mul(decimal.NewFromInt(times)).Div(decimal.NewFromInt(8))
		if gb.GreaterThan(b.Traffic.To) {
			break
		}
		of := atTraffic(plan, gb, known, inventory.PatternIDs...)
		for _, n := range b.NeverMeet {
			if d := dearer(of, n.Cheaper, n.Dearer); d.GreaterThan(tiny) || n.Equal && d.Abs().GreaterThan(tiny) {
				t.Errorf("at %s GB %s costs %s more than %s, said to be never", gb, n.Cheaper, d, n.Dearer)
			}
		}
		// Between its break-evens a pair keeps its order.
		for _, e := range b.BreakEven {
			want := 0
			for _, o := range b.BreakEven {
				if sameTwo(o.Between, e.Between) && !o.At.GreaterThan(gb) {
					want = 1
					if o.Between != e.Between {
						want = -1
					}
				}
			}
			if d := tell(dearer(of, e.Between[0], e.Between[1])); want != 0 && d == -want {
				t.Errorf("at %s GB the order of %v is not the one said", gb, e.Between)
			}
		}
	}
}

func hasFinding(c *Candidate, code string) bool {
	return slices.ContainsFunc(c.Findings, func(f FindingView) bool { return f.Code == code })
}

func sameTwo(a, b [2]string) bool { return a == b || a == [2]string{b[1], b[0]} }

func TestBreakEvensOfTheExamples(t *testing.T) {
	for _, name := range []string{"bank", "archetype-nat", "archetype-istio"} {
		plan := loadFixture(t, name)
		b := billOf(t, plan, "")
		t.Logf("%s: %d break-evens, %d pairs never meet", name, len(b.BreakEven), len(b.NeverMeet))
		checkBreakEvens(t, plan, b, 4)
	}
}

// The same for random estates and prices, tiers among them, without declared
// work, so that money decides.
func TestBreakEvensOfRandomPlans(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var apps strings.Builder
		for i := range rapid.IntRange(1, 4).Draw(rt, "apps") {
			fmt.Fprintf(&apps, "    - {name: a%d, namespace: n, pods: {min: 1, max: %d}, requests: {cpu: 500m, memory: 512Mi}, flows: [{to: db, outGB: %d, inGB: %d}]}\n",
				i, rapid.IntRange(1, 12).Draw(rt, "pods"), rapid.IntRange(0, 90000).Draw(rt, "out"), rapid.IntRange(1, 3000).Draw(rt, "in"))
		}
		price := func(name string) string { return fmt.Sprintf(`"0.%03d"`, rapid.IntRange(0, 150).Draw(rt, name)) }
		book := fmt.Sprintf(`apiVersion: egressplan/v1
kind: PriceBook
spec:
  prices:
    - {region: us-east-1, item: nat-gateway-gb, tiers: [{upTo: %d, price: %s}, {price: %s}]}
    - {region: us-east-1, item: cross-zone-gb, tiers: [{upTo: %d, price: %s}, {price: %s}]}
    - {region: us-east-1, item: nat-gateway-hour, price: %s}
    - {region: us-east-1, item: "ec2-hour:c5n.large", price: %s}`, rapid.IntRange(1, 500000).Draw(rt, "edge"), price("nat"), price("nat beyond"),
			rapid.IntRange(1, 500000).Draw(rt, "edge 2"), price("cross"), price("cross beyond"), price("nat hour"), price("gateway"))
		text := strings.Replace(estate(nil), "  apps:\n", "  apps:\n"+apps.String(), 1)
		text = strings.Replace(text, "broadestSource: 16", fmt.Sprintf("broadestSource: %d", rapid.SampledFrom([]int{16, 32}).Draw(rt, "broadest")), 1)
		policy := fmt.Sprintf("apiVersion: egressplan/v1\nkind: Policy\nspec: {exclude: [%s], assumptions: {engineerHourUSD: %d}, redundancy: {natZones: %s}}",
			rapid.SampledFrom(inventory.PatternIDs).Draw(rt, "without"),
			rapid.SampledFrom([]int{0, 1, 90}).Draw(rt, "rate"), rapid.SampledFrom([]string{"all", "1"}).Draw(rt, "nat zones"))
		plan := load(t, text, book, policy)
		b, err := Cost(plan, "")
		if err != nil {
			rt.Fatal(err)
		}
		checkBreakEvens(rt, plan, b, 400)
	})
}
