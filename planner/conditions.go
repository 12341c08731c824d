package planner

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"
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
)

func (e *evaluation) decisionAt(c *Candidate, end rangeEnd) decimal.Decimal {
	c.work.end = end
	defer func() { c.work.end = "" }()
	return e.monthly(c.work, decimal.Zero, false, 0).Decision
}
