package planner

import (
	"fmt"

	"github.com/shopspring/decimal"
)

// reading is one meter read at one bucket, in one figure.
type reading struct {
	group    string
	meter    *meter
	bucket   bucket
	figure   figure
	loads    []podLoad
	unknown  int
	demand   int64 // of one unit, as planned, healthy; 0 where no flow says
	needed   int64 // units; 0: no number would do
	after    []afterReading
	limit    int64
	tightest int64 // above this new connections begin to fail
}

type afterReading struct {
	state          State
	demand, needed int64
}

// readings read every meter at every bucket of a group. New connections a second
// are read where somebody says them, and where they have a limit.
func (w *work) readings(s sharer, meters []meter) []reading {
	var list []reading
	for _, b := range w.buckets(s.flows) {
		for _, x := range []figure{atOnce, perSecond} {
			loads, unknown := w.loads(b, x, false)
			if x == perSecond && len(loads) == 0 {
				continue
			}
			for i := range meters {
				m := &meters[i]
				if m.limit.of(x) > 0 && (m.passes == nil || m.passes(b.block)) {
					list = append(list, m.read(reading{group: s.group, bucket: b, figure: x, loads: loads, unknown: unknown}))
				}
			}
		}
	}
	return list
}

// read fills a reading in.
func (m *meter) read(r reading) reading {
	r.meter, r.limit = m, m.limit.of(r.figure)
	r.tightest = r.limit * m.limit.tight / 100
	if len(r.loads) == 0 {
		return r
	}
	r.demand = whole(m.healthy(m.planned)(r.loads))
	r.needed = m.enough(m.healthy, r.loads, r.limit)
	for _, f := range m.shifts {
		r.after = append(r.after, afterReading{f.state, whole(f.at(m.planned)(r.loads)), m.enough(f.at, r.loads, r.limit)})
	}
	return r
}

// unbounded is how many units are tried where nothing bounds them.
const unbounded = 1 << 20

// enough is how many units hold some loads, at least those planned; 0 if not
// even the most would.
func (m *meter) enough(at func(units int64) spread, loads []podLoad, limit int64) int64 {
	holds := func(units int64) bool { return whole(at(units)(loads)) <= limit }
	if holds(m.planned) {
		return m.planned
	}
	low, high := m.planned, m.most
	if high == 0 {
		high = unbounded
	}
	if high <= low || !holds(high) {
		return 0
	}
	for high-low > 1 { // low does not hold, high does
		if mid := (low + high) / 2; holds(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}

// row is the reading as it is shown.
func (r reading) row() CapacityRow {
	m := r.meter
	row := CapacityRow{Thing: m.thing, Name: m.name, Group: r.group, Zone: m.zone, To: r.bucket.String(),
		Resource: resourceConnections, Unit: "connections", Limit: decimal.NewFromInt(r.limit), Counts: m.unit,
		Planned: int(m.planned), Needed: int(r.needed), Most: int(m.most), After: []CapacityAfter{}, Unknown: r.unknown, How: m.how, Source: m.limit.source}
	if r.figure == perSecond {
		row.Resource, row.Unit = resourceOpenings, "1/s"
	}
	if len(r.loads) == 0 {
		return row
	}
	row.Demand, row.HeadRoom = decimalOf(r.demand), decimalOf(r.limit-r.demand)
	for _, a := range r.after {
		row.After = append(row.After, CapacityAfter{State: a.state.String(), Demand: decimalOf(a.demand), HeadRoom: decimalOf(r.limit - a.demand), Needed: int(a.needed)})
	}
	return row
}

// text says a demand in words: "60,000 connections at once to 10.1.4.4/32 tcp/1521".
func (r reading) text(demand int64) string {
	what := "connections at once"
	if r.figure == perSecond {
		what = "new connections a second"
	}
	return fmt.Sprintf("%s %s to %s", counted(demand), what, r.bucket)
}

// would says how many units hold, and how many there are.
func (r reading) would(units int64) string {
	switch {
	case units == 0:
		return "no number of " + r.meter.unit + " would do"
	case r.meter.thing == thingNode:
		return fmt.Sprintf("%d %s would do", units, r.meter.unit)
	}
	return fmt.Sprintf("%s: %d planned, %d needed", r.meter.unit, r.meter.planned, units)
}
