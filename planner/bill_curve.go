package planner

import (
	"github.com/shopspring/decimal"

	"egressplan/cost"
)

// resizer is a pattern whose gateway nodes follow the traffic. resized is its
// story as far as usage reads it, with as many nodes as it runs where peak of
// them carry the peak.
type resizer interface {
	resized(w *work, peak int) any
}

// curve is a candidate's decision over the month's traffic. Between its corners
// it is a straight line.
type curve struct {
	e     *evaluation
	c     *Candidate
	today volumes
	gb    decimal.Decimal // all known on-premises traffic of today
}

func (e *evaluation) curve(c *Candidate) *curve {
	return &curve{e: e, c: c, today: c.work.volumes(decimal.Zero), gb: c.work.knownGB()}
}

// times is v with every known volume as if gb were to flow instead of today.
func (v volumes) times(gb, today decimal.Decimal) volumes {
	scale := func(x volume) volume {
		x.known = x.known.Mul(gb).Div(today)
		return x
	}
	out := volumes{bySite: make(map[string]*siteVolume, len(v.bySite)), opened: scale(v.opened)}
	for name, s := range v.bySite {
		out.bySite[name] = &siteVolume{out: scale(s.out), in: scale(s.in)}
	}
	return out
}

// usages are what the candidate would use with a traffic of gb, gateways
// included.
func (k *curve) usages(gb decimal.Decimal) []cost.Usage {
	v := k.today.times(gb, k.gb)
	w := k.c.work
	defer k.resize(w.gatewaysFor(v.opened.known))()
	return w.usagesOf(v)
}

// resize lets the candidate have the gateway nodes of some peak until the
// returned function is called.
func (k *curve) resize(peak int) func() {
	w := k.c.work
	p, ok := w.pattern.(resizer)
	if !ok || w.gateType.BandwidthMbps == 0 {
		return func() {}
	}
	story := w.story
	w.story = p.resized(w, peak)
	return func() { w.story = story }
}

// at is the decision with a traffic of gb. Declared work does not depend on it.
func (k *curve) at(gb decimal.Decimal) decimal.Decimal {
	bill := k.e.book.Bill(k.e.plan.Environment.Region.V, k.usages(gb))
	return bill.Total.Add(k.c.Monthly.Operations).Add(k.c.Monthly.OneOff)
}

// carried is the traffic up to which so many gateway nodes carry the peak;
// false where traffic never asks for more of them.
func (k *curve) carried(nodes int) (decimal.Decimal, bool) {
	w := k.c.work
	if _, ok := w.pattern.(resizer); !ok || !w.gatewayMbps().IsPositive() || !k.today.opened.known.IsPositive() {
		return decimal.Zero, false
	}
	opened := w.gatewayMbps().Mul(decimal.NewFromInt(int64(nodes))).Mul(monthSeconds).Div(mbpsPerGB.Mul(w.assumption("peakFactor")))
	return opened.Mul(k.gb).Div(k.today.opened.known), true
}

// reach is how far the curve is followed.
func (k *curve) reach(to decimal.Decimal) decimal.Decimal {
	if most, ok := k.carried(trafficGateways); ok {
		return decimal.Min(to, most)
	}
	return to
}

// corners are the traffics below to at which the curve may bend or jump: where
// another gateway node is needed, and where a tier of a price ends.
func (k *curve) corners(to decimal.Decimal) []decimal.Decimal {
	var list []decimal.Decimal
	run := k.nodes(1)
	for peak := 1; ; peak++ {
		gb, ok := k.carried(peak)
		if !ok || !gb.LessThan(to) {
			break
		}
		if more := k.nodes(peak + 1); more != run {
			list, run = append(list, gb), more
		}
	}
	none, now := k.quantities(decimal.Zero), k.quantities(k.gb)
	for _, name := range sortedKeys(now) {
		price, _ := k.e.book.Price(k.e.plan.Environment.Region.V, name)
		slope := now[name].Sub(none[name])
		for _, t := range price.Tiers {
			if t.UpTo.IsPositive() && !slope.IsZero() {
				list = append(list, t.UpTo.Sub(none[name]).Mul(k.gb).Div(slope))
			}
		}
	}
	return list
}

// nodes is how many gateway nodes run where peak of them carry the peak.
func (k *curve) nodes(peak int) int {
	defer k.resize(peak)()
	return k.c.work.gatewayNodes()
}

// quantities are the listed items used with a traffic of gb.
func (k *curve) quantities(gb decimal.Decimal) map[string]decimal.Decimal {
	sums := map[string]decimal.Decimal{}
	for _, u := range k.usages(gb) {
		if !u.UnitPrice.Valid {
			sums[u.Item] = sums[u.Item].Add(u.Quantity)
		}
	}
	return sums
}
