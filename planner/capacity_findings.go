package planner

import (
	"fmt"
	"slices"

	"egressplan/planner/finding"
	"egressplan/planner/inventory"
	"egressplan/sim"
)

// capacityFindings hold what flows declare against what they share, healthy and
// after every single fault.
func (w *work) capacityFindings() {
	if p, ok := w.pattern.(metered); ok {
		var silent []string
		for _, s := range p.sharers(w) {
			for _, f := range s.flows {
				if !f.flow.PeakConnections.Set {
					silent = append(silent, f.subject())
				}
			}
			if s.quiet() {
				continue
			}
			for _, r := range worst(w.readings(s, p.meters(w, s))) {
				w.judgeReading(r)
			}
		}
		if len(silent) > 0 {
			w.say("peak-connections-unknown", silent...)
		}
	}
	w.trafficFindings()
	w.datagramFindings()
	if _, ok := w.pattern.(natPattern); ok && len(w.list) > 0 {
		w.say("nat-idle-timeout")
		w.say("nat-fragments")
	}
}

// quiet reports whether the group's whole load, all on one address, is below
// what any limit is tight with.
func (s sharer) quiet() bool {
	for _, x := range []figure{atOnce, perSecond} {
		var sum int64
		for _, f := range s.flows {
			n, _ := x.of(f)
			sum += n
		}
		if sum > x.quiet() {
			return false
		}
	}
	return true
}

// worst keeps one reading of those that differ by zone or gateway only: the one
// that is fullest after the worst fault.
func worst(list []reading) []reading {
	type key struct {
		thing, bucket string
		figure        figure
	}
	at := map[key]int{}
	var out []reading
	for _, r := range list {
		k := key{r.meter.thing, r.bucket.String(), r.figure}
		i, seen := at[k]
		switch {
		case !seen:
			at[k] = len(out)
			out = append(out, r)
		case r.demand > out[i].demand || r.demand == out[i].demand && r.peak().demand > out[i].peak().demand:
			out[i] = r
		}
	}
	return out
}

// peak is the fullest state after a fault.
func (r reading) peak() afterReading {
	var p afterReading
	for _, a := range r.after {
		if a.demand > p.demand {
			p = a
		}
	}
	return p
}

// judgeReading files the gravest thing there is to say of a reading. Only open
// connections can be beyond every remedy: how long a closed one keeps its port
// is a setting.
func (w *work) judgeReading(r reading) {
	var subjects []string
	var at finding.Pos
	for _, f := range r.bucket.flows {
		if n, _ := r.figure.of(f); n > 0 {
			subjects = append(subjects, f.subject())
			if at.IsZero() {
				at = f.flow.At
			}
		}
	}
	subjects = slices.Compact(subjects)
	m, after := r.meter, r.peak()
	name := titled(m.thing, m.name)
	switch {
	case r.demand > r.limit && w.beyond(r):
		w.report("connections-beyond-maximum", at, subjects, "%s: %s on each of %d, and even with %d %s, spread evenly over every address and port of the destination, more than the %s that one holds",
			name, r.text(r.demand), m.planned, max(m.most, m.planned), m.unit, counted(r.limit))
	case r.demand > r.limit:
		text := fmt.Sprintf("%s: %s, one holds %s; %s", name, r.text(r.demand), counted(r.limit), r.would(r.needed))
		if after.demand > r.limit && after.needed != r.needed {
			text += fmt.Sprintf("; in state %s %s", after.state, r.would(after.needed))
		}
		w.report("connections-short", at, subjects, "%s", text)
	case after.demand > r.limit:
		w.report("connections-after-fault", at, subjects, "%s: %s in state %s (%s when healthy), one holds %s; %s",
			name, r.text(after.demand), after.state, counted(r.demand), counted(r.limit), r.would(after.needed))
	case r.demand > r.tightest || after.demand > r.tightest:
		state, demand := stateHealthy, r.demand
		if r.demand <= r.tightest {
			state, demand = after.state.String(), after.demand
		}
		w.report("cilium-ports-tight", at, subjects, "%s: %s in state %s, above %s (%d %%) of %s",
			name, r.text(demand), state, counted(r.tightest), m.limit.tight, counted(r.limit))
	}
}

// beyond reports whether the most units could not hold the load although each
// flow's connections spread evenly over its destination.
func (w *work) beyond(r reading) bool {
	m := r.meter
	if m.most == 0 || r.figure != atOnce {
		return false
	}
	evenly, _ := w.loads(r.bucket, r.figure, true)
	return whole(m.healthy(max(m.most, m.planned))(evenly)) > r.limit
}

// trafficFindings hold the declared volumes at their peak against what carries
// them.
func (w *work) trafficFindings() {
	gauges := w.commonGauges()
	if p, ok := w.pattern.(metered); ok && w.heavy() {
		gauges = append(gauges, p.gauges(w)...)
	}
	told := map[[3]string]bool{}
	for _, g := range gauges {
		if g.light() {
			continue
		}
		for _, r := range g.rows() {
			w.judgeTraffic(g, r, told)
		}
	}
}

// heavy reports whether all traffic that apps open, on one gateway, would be too
// much for it.
func (w *work) heavy() bool {
	limit := w.gatewayGauge(traffic{}).limit
	return w.peakMbps(w.trafficOf(w.flows()).both()).GreaterThan(limit)
}

// judgeTraffic says once of a group's things, which differ by zone only, that
// they do not hold.
func (w *work) judgeTraffic(g gauge, r CapacityRow, told map[[3]string]bool) {
	k := [3]string{g.thing, g.group, r.Resource}
	if g.thing == thingLink {
		k[1] = g.name
	}
	_, state := r.Fullest()
	code, demand := "bandwidth-after-fault", r.Demand
	for _, a := range r.After {
		if a.State == state {
			demand = a.Demand
		}
	}
	if r.HeadRoom.Decimal.IsNegative() {
		code, state, demand = "bandwidth-short", stateHealthy, r.Demand
	}
	if !demand.Decimal.GreaterThan(r.Limit) || told[k] {
		return
	}
	told[k] = true
	w.assumption("peakFactor")
	w.report(code, finding.Pos{}, []string{r.Name}, "%s: %s %s at peak in state %s, it carries %s", titled(g.thing, r.Name),
		Thousands(demand.Decimal.Round(0).String()), r.Unit, state, Thousands(r.Limit.Round(0).String()))
}

// udpOverhead is what an IPv4 and a UDP header take of a packet, in bytes.
const udpOverhead = 28

// datagramFindings say of each flow over UDP how large its datagrams may be:
// nothing on the way makes them smaller, as clamping does for TCP.
func (w *work) datagramFindings() {
	for _, fp := range w.paths {
		f, mtu := fp.f, uint16(0)
		for i := range fp.paths {
			if p := &fp.paths[i]; p.packet.Protocol == sim.UDP {
				mtu = narrowest(mtu, p.mtu)
			}
		}
		if mtu == 0 || f.to.Kind.V != inventory.KindOnPremises {
			continue
		}
		text := fmt.Sprintf("%s uses UDP; %d bytes of data is the most that passes in one packet", f.subject(), int(mtu)-udpOverhead)
		for i := range w.env.Sites {
			site := &w.env.Sites[i]
			if site.Name.V != f.to.Site || len(site.Links) == 0 {
				continue
			}
			primary := w.primary(site)
			if l := w.successor(site, primary); l != nil && l.MTU.V < int(mtu) {
				text += fmt.Sprintf(", %d over %s when %s is lost", l.MTU.V-udpOverhead, l.Name.V, primary.Name.V)
			}
		}
		w.report("udp-path-mtu", f.flow.At, []string{f.subject()}, "%s", text)
	}
}
