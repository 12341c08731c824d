package planner

import (
	"slices"

	"github.com/shopspring/decimal"

	"egressplan/planner/finding"
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
// gateway node from there on. At is rounded to six decimals. Rejected are the
// candidates that would be rejected with that traffic, Short those in which
// something on the way carries less than its peak (bandwidth-short). Unchecked
// are those whose many groups on many gateway nodes were not placed to find out.
type BreakEven struct {
	Between   [2]string       `json:"between"`
	At        decimal.Decimal `json:"at"`
	Unit      string          `json:"unit"`
	Step      bool            `json:"step"`
	Rejected  []RejectedAt    `json:"rejected"`
	Short     []string        `json:"short"`
	Unchecked []string        `json:"unchecked"`
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
	b.Traffic.Unit, b.Traffic.Known = gbPerMonth, list[0].work.knownGB()
	if len(list) < 2 || !b.Traffic.Known.IsPositive() {
		return
	}
	var curves []*curve
	for _, c := range list {
		curves = append(curves, e.curve(c))
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

// meet files where two curves meet.
func (e *evaluation) meet(b *Bill, x, y *curve) {
	met := false
	beyond := crossings(x, y, b.Traffic.To, func(at decimal.Decimal, sign int, step bool) {
		met = true
		below, above := x, y
		if sign < 0 { // from here on x is cheaper
			below, above = y, x
		}
		meeting := BreakEven{Between: [2]string{below.c.ID, above.c.ID}, At: at.Round(6), Unit: gbPerMonth, Step: step, Rejected: []RejectedAt{}, Short: []string{}, Unchecked: []string{}}
		for _, k := range []*curve{below, above} {
			if k.laborious(at) {
				meeting.Unchecked = append(meeting.Unchecked, k.c.ID)
				continue
			}
			rejects, short := k.hold(at)
			if rejects != "" {
				meeting.Rejected = append(meeting.Rejected, RejectedAt{Candidate: k.c.ID, Code: rejects})
			}
			if short {
				meeting.Short = append(meeting.Short, k.c.ID)
			}
		}
		b.BreakEven = append(b.BreakEven, meeting)
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

// laborious reports whether placing the candidate with a traffic of gb would take
// minutes: every group has an address on each of many more gateway nodes.
func (k *curve) laborious(gb decimal.Decimal) bool {
	w := k.c.work
	nodes := k.nodes(w.gatewaysFor(k.today.times(gb, k.gb).opened.known))
	return nodes != w.gatewayNodes() && nodes*len(w.list) > manyPlaces
}

// manyPlaces is how many groups on gateway nodes are placed within seconds.
const manyPlaces = 100_000

// hold says what else the candidate comes to with a traffic of gb: the code of
// what would reject it, and whether something on the way carries less. It is
// placed anew, with its rows and limits. Paths are not walked again: traffic
// makes itself felt by the number of gateway nodes, and one more next to others
// changes none of them.
func (k *curve) hold(gb decimal.Decimal) (rejects string, short bool) {
	if codes := k.c.blockerCodes(); len(codes) > 0 {
		return codes[0], false
	}
	w := newWork(withTraffic(k.e.plan, gb, k.gb), k.c.work.pattern, k.c.work.excluded)
	w.lay()
	w.planFindings()
	w.judge()
	for _, f := range w.found {
		short = short || f.Code == "bandwidth-short"
		if f.Severity == finding.Blocker && f.Scope == finding.Estate && rejects == "" {
			rejects = f.Code
		}
	}
	if out := w.exceptions(); rejects == "" && len(out) > 0 && k.e.tooMany(len(out)+len(w.excluded)) {
		rejects = out[sortedKeys(out)[0]]
	}
	return rejects, short
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
