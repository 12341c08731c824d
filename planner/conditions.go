package planner

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"egressplan/cost"
)

// conditions are the inputs nobody gave on which the winner rests. What is
// unknown in all candidates alike cancels.
func (e *evaluation) conditions(feasible []*Candidate) []Condition {
	if len(feasible) < 2 {
		return nil
	}
	list := e.volumeCondition(feasible)
	list = append(list, e.rangeCondition(feasible)...)
	best, next := feasible[0], feasible[1]
	room := next.Monthly.Decision.Sub(best.Monthly.Decision)
	for _, u := range best.Monthly.Unknown {
		if slices.Contains(next.Monthly.Unknown, u) || volumeItem(u) {
			continue
		}
		list = append(list, Condition{Input: u.Item, UpTo: room.String(), Unit: "USD/month", To: next.ID, Why: u.Why})
	}
	return list
}

// volumeItem reports whether an unknown is about volumes, which are judged
// together by volumeCondition.
func volumeItem(u Unknown) bool { return len(u.Why) > 7 && u.Why[:7] == "volumes" }

// unknownCeiling is how far unknown volumes are tried: 1 EB a month each way of
// each flow is more than any link carries.
const unknownCeiling = 1 << 30

// volumeCondition finds by trying up to which volume of the flows without a
// figure the winner stays ahead: each unknown direction gets the same GB.
func (e *evaluation) volumeCondition(feasible []*Candidate) []Condition {
	best := feasible[0]
	v := best.work.volumes(decimal.Zero)
	unknown := 0
	for _, s := range v.bySite {
		unknown += len(s.out.unknown) + len(s.in.unknown)
	}
	if unknown == 0 {
		return nil
	}
	overtaken := func(gb int64) *Candidate {
		fill := decimal.NewFromInt(gb)
		mine := e.monthly(best.work, fill, false, 0).Decision
		for _, c := range feasible[1:] {
			if e.monthly(c.work, fill, false, 0).Decision.LessThan(mine) {
				return c
			}
		}
		return nil
	}
	to := overtaken(unknownCeiling)
	if to == nil {
		return nil
	}
	low, high := int64(0), int64(unknownCeiling)
	for low+1 < high {
		mid := (low + high) / 2
		if c := overtaken(mid); c != nil {
			high, to = mid, c
		} else {
			low = mid
		}
	}
	return []Condition{{Input: "each volume not given", UpTo: fmt.Sprint(low), Unit: "GB/month", To: to.ID,
		Why: fmt.Sprintf("%d volumes (outGB or inGB) are not given", unknown)}}
}

// rangeCondition tries both ends of the volumes given as ranges.
func (e *evaluation) rangeCondition(feasible []*Candidate) []Condition {
	best := feasible[0]
	var list []Condition
	for _, end := range []rangeEnd{lowEnd, highEnd} {
		mine := e.decisionAt(best, end)
		for _, c := range feasible[1:] {
			if e.decisionAt(c, end).LessThan(mine) {
				list = append(list, Condition{Input: "volumes given as ranges", To: c.ID, Why: "at the " + string(end) + " end of every range"})
				break
			}
		}
	}
	return list
}

// rangeEnd says which end of a volume given as a range counts; the empty one
// is the middle.
type rangeEnd string

const (
	lowEnd  rangeEnd = "low"
	highEnd rangeEnd = "high"
	twice   rangeEnd = "twice" // the middle, twice over
)

func (e *evaluation) decisionAt(c *Candidate, end rangeEnd) decimal.Decimal {
	return e.monthlyAt(c.work, end).Decision
}

func (e *evaluation) monthlyAt(w *work, end rangeEnd) Monthly {
	w.end = end
	defer func() { w.end = "" }()
	return e.monthly(w, decimal.Zero, false, 0)
}

// sayRange puts the bill at both ends of the ranges into the finding that says
// there are any.
func (e *evaluation) sayRange(c *Candidate) {
	for i := range c.work.found {
		if f := &c.work.found[i]; f.Code == "traffic-range" {
			f.Message = fmt.Sprintf("Volumes given as ranges are billed at their middle; at the low end the bill is %s USD a month, at the high end %s.",
				Money(e.monthlyAt(c.work, lowEnd).Total), Money(e.monthlyAt(c.work, highEnd).Total))
		}
	}
}

// perGB is what a further GB of on-premises traffic costs: the difference the
// whole known traffic once more would make, a GB. Gateways stay as they are.
func (e *evaluation) perGB(w *work, total decimal.Decimal) decimal.NullDecimal {
	gb := w.knownGB()
	if !gb.IsPositive() {
		return decimal.NullDecimal{}
	}
	w.end = twice
	defer func() { w.end = "" }()
	more := e.monthly(w, decimal.Zero, false, 0).Total
	return decimal.NewNullDecimal(more.Sub(total).DivRound(gb, 6))
}

// knownGB is the month's on-premises traffic as far as it is given.
func (w *work) knownGB() decimal.Decimal {
	sum := decimal.Zero
	for _, s := range w.volumes(decimal.Zero).bySite {
		sum = sum.Add(s.out.known).Add(s.in.known)
	}
	return sum
}

// tenGigabit is what 10 Gbit/s carry in a month, in GB; a crossover beyond it is
// of no use to anybody: 10,000 Mbit/s x 2,628,000 s / 8,589.934592 Mbit.
var tenGigabit = decimal.NewFromInt(3_059_394)

// crossovers are the volumes from which another feasible candidate would be
// cheaper: where what it costs more today is eaten up by a lower price per GB.
func crossovers(feasible []*Candidate) []Crossover {
	best := feasible[0]
	gb := best.work.knownGB()
	var list []Crossover
	for _, c := range feasible[1:] {
		if !best.Monthly.PerGB.Valid || !c.Monthly.PerGB.Valid {
			continue
		}
		mine, other := best.Monthly.PerGB.Decimal, c.Monthly.PerGB.Decimal
		at, ok := cost.BreakEven(best.Monthly.Decision.Sub(mine.Mul(gb)), mine, c.Monthly.Decision.Sub(other.Mul(gb)), other)
		if ok && mine.GreaterThan(other) && at.LessThan(tenGigabit) {
			list = append(list, Crossover{Candidate: c.ID, From: gb, At: at.Round(0)})
		}
	}
	return list
}
