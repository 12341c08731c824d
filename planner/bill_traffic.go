package planner

import (
	"slices"

	"github.com/shopspring/decimal"

	"egressplan/cost"
	"egressplan/planner/inventory"
)

// Traffic is the range in which break-evens are searched: all volumes scaled
// alike, from none to a thousand times as much as today, or to where the peak
// would ask for a thousand gateway nodes. Known is today's on-premises traffic
// as far as it is given.
type Traffic struct {
	Known decimal.Decimal `json:"known"`
	From  decimal.Decimal `json:"from"`
	To    decimal.Decimal `json:"to"`
	Unit  string          `json:"unit"`
}

// BreakEven is a monthly traffic at which the decisions of two candidates meet:
// below it the first of Between is cheaper, above it the second. Step is true
// where they do not cross but jump past each other, because one needs another
// gateway node from there on. At is rounded to six decimals. Rejected are the candidates that the plan with
// that traffic would reject, with the code that does.
type BreakEven struct {
	Between  [2]string       `json:"between"`
	At       decimal.Decimal `json:"at"`
	Unit     string          `json:"unit"`
	Step     bool            `json:"step"`
	Rejected []RejectedAt    `json:"rejected"`
}

// RejectedAt is a candidate that some traffic rejects.
type RejectedAt struct {
	Candidate string `json:"candidate"`
	Code      string `json:"code"`
}

// NeverMeet is a pair of which the first is cheaper at any traffic searched, or
// never dearer.
type NeverMeet struct {
	Cheaper string `json:"cheaper"`
	Dearer  string `json:"dearer"`
	Equal   bool   `json:"equal"` // both cost the same all the way
}

// How far break-evens are searched.
const (
	trafficTimes    = 1000
	trafficGateways = 1000
)

const gbPerMonth = "GB/month"

// resizer is a pattern whose gateway nodes follow the traffic. resized is its
// story as far as usage reads it, with as many nodes as it runs where peak of
// them carry the peak.
type resizer interface {
	resized(w *work, peak int) any
}

// breakEvens searches every two candidates that can be chosen; with a pattern
// only the pairs it is one of, with all rejected every pair.
func (e *evaluation) breakEvens(b *Bill, feasible []*Candidate, patternID string) {
	list := feasible
	if len(list) == 0 {
		list = e.candidates
	}
	for _, c := range e.candidates {
		if c.Pattern == patternID && !slices.Contains(list, c) { // asked for, though rejected
			list = append(slices.Clone(list), c)
		}
	}
	b.Traffic.Unit = gbPerMonth
	if len(list) < 2 {
		return
	}
	var curves []*curve
	for _, c := range list {
		curves = append(curves, e.curve(c))
	}
	b.Traffic.Known = curves[0].gb
	if !b.Traffic.Known.IsPositive() {
		return
	}
	to := b.Traffic.Known.Mul(decimal.NewFromInt(trafficTimes))
	for _, c := range curves {
		to = decimal.Min(to, c.reach(to))
	}
	b.Traffic.To = to
	for i, x := range curves {
		for _, y := range curves[i+1:] {
			if patternID == "" || x.c.Pattern == patternID || y.c.Pattern == patternID {
				e.meet(b, x, y)
			}
		}
	}
	slices.SortStableFunc(b.BreakEven, func(x, y BreakEven) int { return x.At.Cmp(y.At) })
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
	for nodes := 1; ; nodes++ {
		gb, ok := k.carried(nodes)
		if !ok || !gb.LessThan(to) {
			break
		}
		if k.nodes(nodes) != k.nodes(nodes+1) {
			list = append(list, gb)
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

// meet files where two curves meet.
func (e *evaluation) meet(b *Bill, x, y *curve) {
	met := false
	beyond := crossings(x, y, b.Traffic.To, func(at decimal.Decimal, sign int, step bool) {
		met = true
		below, above := x, y
		if sign < 0 { // from here on x is cheaper
			below, above = y, x
		}
		b.BreakEven = append(b.BreakEven, BreakEven{Between: [2]string{below.c.ID, above.c.ID}, At: at.Round(6), Unit: gbPerMonth, Step: step,
			Rejected: append(e.rejectedAt(x.c, at, x.gb), e.rejectedAt(y.c, at, y.gb)...)})
	})
	if met {
		return
	}
	cheaper, dearer := x, y
	if beyond > 0 {
		cheaper, dearer = y, x
	}
	b.NeverMeet = append(b.NeverMeet, NeverMeet{Cheaper: cheaper.c.ID, Dearer: dearer.c.ID, Equal: beyond == 0})
}

// crossings calls found for every traffic up to which one curve is the cheaper
// and from which on the other is, with the sign of their difference beyond it. It
// returns that sign at the end of the range; 0 where they never differ.
func crossings(x, y *curve, to decimal.Decimal, found func(at decimal.Decimal, sign int, step bool)) int {
	points := append(append([]decimal.Decimal{decimal.Zero, to}, x.corners(to)...), y.corners(to)...)
	points = slices.DeleteFunc(points, func(p decimal.Decimal) bool { return p.IsNegative() || p.GreaterThan(to) })
	slices.SortFunc(points, decimal.Decimal.Cmp)
	points = slices.CompactFunc(points, decimal.Decimal.Equal)
	last := 0
	touched, touching := decimal.Zero, false // where the curves met and have been one since
	pass := func(at decimal.Decimal, sign int, step bool) {
		switch {
		case sign == 0:
			if !touching {
				touched, touching = at, true
			}
			return
		case last == 0:
		case sign != last && touching:
			found(touched, sign, false)
		case sign != last:
			found(at, sign, step)
		}
		last, touching = sign, false
	}
	for i := range points[1:] {
		s := straight(x, y, points[i], points[i+1])
		left, right := tell(s.left), tell(s.right)
		pass(points[i], left, true)
		if left*right < 0 {
			pass(s.zero(), right, false)
		}
		pass(points[i+1], right, false)
	}
	return last
}

// segment is the difference of two curves between two neighbouring corners: low
// and high at two points inside, left and right next to the corners.
type segment struct {
	at, step    decimal.Decimal // a quarter of the way; from there to three quarters
	low, high   decimal.Decimal
	left, right decimal.Decimal
}

// straight measures the difference inside a segment, and not at its ends, where
// a jump belongs to either side.
func straight(x, y *curve, from, to decimal.Decimal) segment {
	quarter := to.Sub(from).Mul(decimal.New(25, -2))
	s := segment{at: from.Add(quarter), step: quarter.Add(quarter)}
	difference := func(gb decimal.Decimal) decimal.Decimal { return x.at(gb).Sub(y.at(gb)) }
	s.low, s.high = difference(s.at), difference(s.at.Add(s.step))
	half := s.high.Sub(s.low).Mul(decimal.New(5, -1))
	s.left, s.right = s.low.Sub(half), s.high.Add(half)
	return s
}

// zero is where the difference vanishes.
func (s segment) zero() decimal.Decimal {
	return s.at.Add(s.step.Mul(s.low).Div(s.low.Sub(s.high)))
}

// tell is the sign of a difference in USD; what divisions leave behind is none.
func tell(d decimal.Decimal) int {
	if d.Abs().LessThan(decimal.New(1, -6)) {
		return 0
	}
	return d.Sign()
}

// rejectedAt says whether the candidate's pattern would be rejected with a
// traffic of gb, by working it out anew.
func (e *evaluation) rejectedAt(c *Candidate, gb, today decimal.Decimal) []RejectedAt {
	then := &evaluation{plan: withTraffic(e.plan, gb, today), book: e.book}
	codes := then.candidate(c.work.pattern).blockerCodes()
	if len(codes) == 0 {
		return []RejectedAt{}
	}
	return []RejectedAt{{Candidate: c.ID, Code: codes[0]}}
}

// withTraffic is the plan with all volumes scaled alike, so that gb flow where
// today's do now. Connections, pods and everything else stay.
func withTraffic(plan *inventory.Plan, gb, today decimal.Decimal) *inventory.Plan {
	out := *plan
	out.Apps = slices.Clone(plan.Apps)
	for i := range out.Apps {
		flows := slices.Clone(out.Apps[i].Flows)
		for j := range flows {
			for _, v := range []*inventory.Volume{&flows[j].Out, &flows[j].In} {
				v.Low, v.High = v.Low.Mul(gb).Div(today), v.High.Mul(gb).Div(today)
			}
		}
		out.Apps[i].Flows = flows
	}
	return &out
}
