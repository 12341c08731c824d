package cost

import (
	"testing"

	"github.com/shopspring/decimal"
)

// Worked examples: two estates, each priced for the four ways out, with every
// figure on the page. Prices are AWS list prices of the region; the transit
// gateway hour of the second is an assumed input.

func count(n int) decimal.Decimal { return decimal.NewFromInt(int64(n)) }

// hours is n things for a month of 730 hours.
func hours(item string, n int) Usage { return Usage{Item: item, Quantity: count(n * 730)} }

func gb(item string, quantity decimal.Decimal) Usage { return Usage{Item: item, Quantity: quantity} }

func check(t *testing.T, book *Book, name, want string, usages ...[]Usage) {
	t.Helper()
	var all []Usage
	for _, u := range usages {
		all = append(all, u...)
	}
	bill := book.Bill("r", all)
	if got := Cents(bill.Total); got != want || len(bill.Unknown) > 0 {
		t.Errorf("%s: %s with %d unknown, want %s\n%+v", name, got, len(bill.Unknown), want, bill.Lines)
	}
}

func nodes(t *testing.T, name string, want int, demands []Demand, n Node, atLeast int) int {
	t.Helper()
	got, ok := SharedNodes(demands, n, atLeast)
	if !ok || got != want {
		t.Fatalf("%s: %d nodes, %t; want %d", name, got, ok, want)
	}
	return got
}

// withSidecars is what the scheduler sees of a meshed cluster: 100 m and 128 MiB
// requested by each pod's proxy, 500 m and 2048 MiB by each istiod (the defaults
// of Istio's charts).
func withSidecars(apps []Demand, istiods int) []Demand {
	out := []Demand{{Key: "istiod", Pods: istiods, CPU: 500, Memory: 2048}}
	for _, a := range apps {
		a.CPU, a.Memory = a.CPU+100, a.Memory+128
		out = append(out, a)
	}
	return out
}

func prices(list map[string]string) []Price {
	var out []Price
	for item, price := range list {
		out = append(out, Price{Region: "r", Item: item, Price: dec(price)})
	}
	return out
}

// Two zones of us-east-1, one Direct Connect port, m5.large nodes with 1930 m and
// 7000 MiB for pods. Traffic 1700 GB out and 1800 GB in: 3500 GB.
func TestWorkedExampleDirectConnect(t *testing.T) {
	book := NewBook("USD", prices(map[string]string{
		"node": "0.096", "gateway": "0.108", "nat-hour": "0.045", "nat-gb": "0.045", "cross-zone-gb": "0.01",
		"tgw-hour": "0.05", "tgw-gb": "0.02", "port-hour": "0.30", "dx-out-gb": "0.02",
	}))
	const zones = 2
	node := Node{CPU: 1930, Memory: 7000, Pods: 27}
	apps := []Demand{
		{"a", 6, 500, 1024}, {"b", 4, 250, 512}, {"c", 3, 1000, 2048},
	}
	dedicated := 0
	for i, want := range []int{2, 2, 3} { // 6/3; 4/7, but a node per zone; 3/1
		dedicated += nodes(t, apps[i].Key, want, apps[i:i+1], node, zones)
	}
	shared := nodes(t, "shared", 4, apps, node, zones)
	meshed := nodes(t, "meshed", 5, withSidecars(apps, 1), node, zones)

	volume := dec("3500")
	// Half of the traffic starts in the zone that the gateway is not in; both
	// sides of the hop are metered: 3500 x 1/2 x 2.
	crossing := gb("cross-zone-gb", Share(volume, 2, zones))
	link := []Usage{hours("tgw-hour", 2), gb("tgw-gb", volume), hours("port-hour", 1), gb("dx-out-gb", dec("1700"))}

	check(t, book, "link", "396.00", link)                                      // 73.00 + 70.00 + 219.00 + 34.00
	check(t, book, "1", "886.56", link, []Usage{hours("node", dedicated)})      // 490.56 + 396.00
	check(t, book, "waste", "210.24", []Usage{hours("node", dedicated-shared)}) // 730 x 3 x 0.096
	check(t, book, "2", "1109.76", link, []Usage{                               // 490.56 + 65.70 + 157.50 + 396.00
		hours("node", dedicated), hours("nat-hour", 2), gb("nat-gb", volume), gb("cross-zone-gb", decimal.Zero),
	})
	check(t, book, "3", "869.00", link, []Usage{hours("node", shared), hours("gateway", 2), crossing}) // 280.32 + 157.68 + 35.00 + 396.00
	check(t, book, "4", "939.08", link, []Usage{hours("node", meshed), hours("gateway", 2), crossing}) // 350.40 + 157.68 + 35.00 + 396.00
}

// Three zones of eu-west-1, two VPN connections, m5.xlarge nodes with 3720 m and
// 14200 MiB for pods. Traffic 60000 GB out and 15000 GB in: 75000 GB.
func TestWorkedExampleVPN(t *testing.T) {
	list := prices(map[string]string{
		"node": "0.214", "gateway": "0.1952", "nat-hour": "0.048", "nat-gb": "0.048", "cross-zone-gb": "0.01",
		"tgw-hour": "0.05", "tgw-gb": "0.02", "vpn-hour": "0.05",
	})
	book := NewBook("USD", append(list, internetOut("r")))
	const zones = 3
	node := Node{CPU: 3720, Memory: 14200, Pods: 56}
	apps := []Demand{{"payments", 40, 500, 1024}, {"reporting", 10, 1000, 4096}}
	dedicated := nodes(t, "payments", 6, apps[:1], node, zones) + // 40/7
		nodes(t, "reporting", 4, apps[1:], node, zones) // 10/3
	shared := nodes(t, "shared", 9, apps, node, zones)
	meshed := nodes(t, "meshed", 11, withSidecars(apps, 2), node, zones)

	volume := dec("75000")
	crossing := gb("cross-zone-gb", Share(volume, 2*2, zones)) // two thirds, both sides
	link := []Usage{hours("tgw-hour", 3), gb("tgw-gb", volume), hours("vpn-hour", 2), gb("internet-out-gb", dec("60000"))}

	check(t, book, "link", "6701.70", link)                                 // 109.50 + 1500.00 + 73.00 + 5019.20
	check(t, book, "1", "8263.90", link, []Usage{hours("node", dedicated)}) // 1562.20 + 6701.70
	check(t, book, "waste", "156.22", []Usage{hours("node", dedicated-shared)})
	check(t, book, "2", "12074.14", link, []Usage{ // 1562.20 + 210.24 + 3600.00 + 6701.70: two groups x three zones
		hours("node", dedicated), hours("nat-hour", 6), gb("nat-gb", volume),
	})
	check(t, book, "3", "9535.17", link, []Usage{hours("node", shared), hours("gateway", 3), crossing})  // 1405.98 + 427.488 + 1000.00 + 6701.70
	check(t, book, "4", "10275.10", link, []Usage{hours("node", meshed), hours("gateway", 6), crossing}) // 1718.42 + 854.976 + 1000.00 + 6701.70

	// NAT gateways in two of the three zones: 70.08 saved on gateways, 500.00 paid
	// for the third zone's traffic, 429.92 more in all.
	check(t, book, "2 with fewer gateways", "12504.06", link, []Usage{ // 1562.20 + 140.16 + 3600.00 + 500.00 + 6701.70
		hours("node", dedicated), hours("nat-hour", 4), gb("nat-gb", volume), gb("cross-zone-gb", Share(volume, 1*2, zones)),
	})
}
