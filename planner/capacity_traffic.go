package planner

import (
	"github.com/shopspring/decimal"

	"egressplan/planner/inventory"
)

// What carries traffic, in Mbit/s and packets a second at peak, with what the
// figures come from.
const (
	// A NAT gateway starts with 5 Gbit/s and 1 million packets a second and
	// grows by itself to 100 Gbit/s and 10 million (Amazon VPC User Guide, NAT
	// gateway basics).
	natMbps, natPackets = 100_000, 10_000_000
	// A VPC attachment carries 100 Gbit/s and 7.5 million packets a second in
	// each zone (AWS Transit Gateway, Quotas).
	attachmentMbps, attachmentPackets = 100_000, 7_500_000
	// A VPN tunnel carries 1.25 Gbit/s and 140,000 packets a second (AWS
	// Site-to-Site VPN User Guide, Quotas). Of a connection's two tunnels one is
	// counted: the second is what takes over.
	tunnelMbps, tunnelPackets = 1_250, 140_000
	// packetBytes is the mean packet that turns volumes into packets, since
	// nobody declares them: full packets of 1,500 bytes one way and bare
	// acknowledgements of 52 the other make 776; requests and answers that fill
	// no packet bring it down.
	packetBytes = 500
)

// traffic is what some flows move in a month: GB, as far as it is given.
type traffic struct {
	out, in decimal.Decimal
	flows   int
	given   bool // any volume of it
	unknown int  // flows without one or both volumes
}

func (w *work) trafficOf(flows []appFlow) traffic {
	return w.trafficWhere(flows, func(appFlow) bool { return true })
}

func (w *work) trafficWhere(flows []appFlow, counts func(appFlow) bool) traffic {
	var t traffic
	var out, in sum
	for _, f := range flows {
		if !counts(f) {
			continue
		}
		t.flows++
		if f.flow.Out.Known {
			w.addGB(&out, f.gb.out)
		}
		if f.flow.In.Known {
			w.addGB(&in, f.gb.in)
		}
		t.given = t.given || f.flow.Out.Known || f.flow.In.Known
		if !f.flow.Out.Known || !f.flow.In.Known {
			t.unknown++
		}
	}
	t.out, t.in = out.total(), in.total()
	return t
}

// both is the traffic of both directions in GB.
func (t traffic) both() decimal.Decimal { return t.out.Add(t.in) }

// larger is that of the larger direction, for what carries each direction apart.
func (t traffic) larger() decimal.Decimal { return decimal.Max(t.out, t.in) }

// peakMbps is the peak of a month's GB: the mean times peakFactor. 1 GB a month
// is 8,589.934592 Mbit / 2,628,000 s.
func (w *work) peakMbps(gb decimal.Decimal) decimal.Decimal {
	return gb.Mul(decimal.RequireFromString("8589.934592")).Mul(w.plan.Assume("peakFactor").V).Div(decimal.NewFromInt(2628000))
}

// part is a share of the traffic: so much of it, of so much.
type part struct{ some, of int64 }

// gauge is one thing that carries traffic. healthy and shifts say which part of
// mbps comes to one of so many units.
type gauge struct {
	thing, name, group, zone string
	unit                     string // what may be added, in the plural; "" where nothing can
	mbps                     decimal.Decimal
	given                    bool
	unknown                  int
	limit                    decimal.Decimal // Mbit/s
	packets                  int64           // a second; 0 where no source says
	planned, most            int64
	healthy                  func(units int64) part
	shifts                   []trafficShift
	how, source              string
}

type trafficShift struct {
	state State
	at    func(units int64) part
}

// fixed is a part that no unit changes.
func fixed(some, of int64) func(int64) part { return func(int64) part { return part{some, of} } }

func (p part) times(d decimal.Decimal) decimal.Decimal {
	return d.Mul(decimal.NewFromInt(p.some)).Div(decimal.NewFromInt(p.of))
}

// rows are the gauge as it is shown: bandwidth, and packets where limited.
func (g gauge) rows() []CapacityRow {
	list := []CapacityRow{g.row(resourceBandwidth, "Mbit/s", g.limit, decimal.NewFromInt(1))}
	if g.packets > 0 {
		list = append(list, g.row(resourcePackets, "1/s", decimal.NewFromInt(g.packets), perMbps))
	}
	return list
}

// perMbps is how many packets a second make 1 Mbit/s.
var perMbps = decimal.NewFromInt(1_000_000 / (8 * packetBytes))

// light reports whether one unit would carry all of it.
func (g gauge) light() bool {
	return g.mbps.LessThanOrEqual(g.limit) &&
		(g.packets == 0 || g.mbps.Mul(perMbps).LessThanOrEqual(decimal.NewFromInt(g.packets)))
}

func (g gauge) row(resource, unit string, limit, scale decimal.Decimal) CapacityRow {
	total := g.mbps.Mul(scale)
	row := CapacityRow{Thing: g.thing, Name: g.name, Group: g.group, Zone: g.zone, Resource: resource, Unit: unit, Limit: limit,
		After: []CapacityAfter{}, Unknown: g.unknown, How: g.how, Source: g.source}
	if g.unit != "" {
		row.Counts, row.Planned, row.Most = g.unit, int(g.planned), int(g.most)
	}
	if !g.given {
		return row
	}
	demand := g.healthy(g.planned).times(total)
	row.Demand, row.HeadRoom = rounded(demand), rounded(limit.Sub(demand))
	row.Needed = g.enough(g.healthy, total, limit)
	for _, s := range g.shifts {
		d := s.at(g.planned).times(total)
		row.After = append(row.After, CapacityAfter{State: s.state.String(), Demand: rounded(d), HeadRoom: rounded(limit.Sub(d)), Needed: g.enough(s.at, total, limit)})
	}
	return row
}

// enough is how many units hold a peak, at least those planned; 0 where no
// number would or none can be added.
func (g gauge) enough(at func(int64) part, total, limit decimal.Decimal) int {
	high := max(g.planned, g.most)
	if g.most == 0 {
		high = unbounded
	}
	if g.unit == "" || at(high).times(total).GreaterThan(limit) {
		return 0
	}
	low := g.planned - 1
	for high-low > 1 {
		if mid := (low + high) / 2; at(mid).times(total).LessThanOrEqual(limit) {
			high = mid
		} else {
			low = mid
		}
	}
	return int(high)
}

// rounded is a figure to thousandths.
func rounded(d decimal.Decimal) decimal.NullDecimal { return decimal.NewNullDecimal(d.Round(3)) }

// gauges: nodes of one's own carry only their own pods.
func (subnetPattern) gauges(*work) []gauge { return nil }

// gauges are the NAT gateways.
func (p natPattern) gauges(w *work) []gauge {
	zones := int64(len(w.zones))
	var list []gauge
	for _, s := range p.sharers(w) {
		t := w.trafficOf(s.flows)
		mbps := w.peakMbps(t.both())
		for _, v := range p.natViews(w, s.group) {
			if len(v.serves) == 0 {
				continue
			}
			some := int64(len(v.serves))
			list = append(list, gauge{thing: thingNAT, name: v.name, group: s.group, zone: v.zone, mbps: mbps, given: t.given, unknown: t.unknown,
				limit: decimal.NewFromInt(natMbps), packets: natPackets, healthy: fixed(some, zones), shifts: v.trafficShifts(w.zones),
				how:    "the zones it serves, both directions; it starts with 5 Gbit/s and 1 million packets a second and grows to the limit by itself",
				source: "Amazon VPC User Guide, NAT gateway basics"})
		}
	}
	return list
}

// trafficShifts are what the loss of another zone brings.
func (v natView) trafficShifts(zones []string) []trafficShift {
	var list []trafficShift
	told := map[int64]bool{}
	for _, z := range zones {
		left := int64(len(v.serves))
		for _, s := range v.serves {
			if s == z {
				left--
			}
		}
		if z != v.zone && left > 0 && !told[left] {
			told[left] = true
			list = append(list, trafficShift{State{stateZoneLost, z}, fixed(left, int64(len(zones)-1))})
		}
	}
	return list
}

// gatewayGauge is a gateway node of the type egressNodeType, up to its planned
// utilisation. All traffic passes its interface once in and once out.
func (w *work) gatewayGauge(t traffic) gauge {
	limit := decimal.NewFromInt(int64(w.gateType.BandwidthMbps)).Mul(w.plan.Assume("gatewayUtilisation").V)
	return gauge{mbps: w.peakMbps(t.both()), given: t.given, unknown: t.unknown, limit: limit, unit: "gateway nodes in each zone",
		how:    "baseline bandwidth of " + w.gateType.Type + " times gatewayUtilisation; both directions, spread evenly over the gateways",
		source: "Amazon EC2 User Guide, instance network bandwidth"}
}

// gauges are the gateway nodes of each fleet.
func (p ciliumPattern) gauges(w *work) []gauge {
	s := p.story(w)
	if w.gateType.BandwidthMbps == 0 || s.fleets == 0 {
		return nil
	}
	flows := make([][]appFlow, s.fleets)
	for _, sh := range p.sharers(w) {
		flows[s.fleetOf[sh.group]] = append(flows[s.fleetOf[sh.group]], sh.flows...)
	}
	carried := make([]traffic, s.fleets)
	for i := range flows {
		carried[i] = w.trafficOf(flows[i])
	}
	zones := int64(len(w.zones))
	var list []gauge
	for _, e := range s.entries {
		g := w.gatewayGauge(carried[e.fleet])
		g.thing, g.name, g.zone = thingEgressNode, e.nodeName(), e.zone
		g.planned, g.most = int64(s.perZone), maxEgressGateways/zones
		g.healthy = func(n int64) part { return part{1, n * zones} }
		gone := State{stateEgressNodeDeleted, gatewayEntry{zone: other(w.zones, e.zone), n: e.n, fleet: e.fleet}.nodeName()}
		if w.env.Cluster.CiliumHA.V == inventory.CiliumEnterprise {
			gone.Kind = stateEgressNodeLost
		}
		g.shifts = []trafficShift{{gone, func(n int64) part { return part{1, max(1, n*zones-1)} }},
			{State{stateZoneLost, other(w.zones, e.zone)}, func(n int64) part { return part{1, max(1, n*(zones-1))} }}}
		list = append(list, g)
	}
	return list
}

// gauges are the gateway nodes of each group and zone.
func (p istioPattern) gauges(w *work) []gauge {
	if w.gateType.BandwidthMbps == 0 {
		return nil
	}
	zones := int64(len(w.zones))
	var list []gauge
	for _, s := range p.sharers(w) {
		all := w.gatewayGauge(w.trafficOf(s.flows))
		for _, z := range w.zones {
			g := all
			g.thing, g.name, g.group, g.zone = thingGatewayNode, "gateway node of "+s.group+" in "+z, s.group, z
			g.planned = int64(p.story(w).perZone)
			g.healthy = func(n int64) part { return part{1, n * zones} }
			less := func(n int64) part { return part{1, n * (zones - 1)} }
			g.shifts = []trafficShift{{State{stateGatewayLost, other(w.zones, z)}, less}, {State{stateZoneLost, other(w.zones, z)}, less}}
			list = append(list, g)
		}
	}
	return list
}
