package planner

import (
	"net/netip"
	"slices"

	"github.com/shopspring/decimal"

	"egressplan/cidr"
	"egressplan/planner/inventory"
)

// volume is a sum of monthly GB with the number of flows whose part of it was
// not given.
type volume struct {
	known   decimal.Decimal
	unknown []string // "app -> destination"
}

// sum adds decimals exactly: as a whole number of billionths while they fit.
type sum struct {
	billionths int64
	rest       decimal.Decimal
}

// places are the decimals of a billionth.
const places = 9

// inBillionths is a decimal as a whole number of billionths, if it is one of at
// most 18 digits: far enough from the end of an int64 for a few additions.
func inBillionths(d decimal.Decimal) (n int64, exact bool) {
	exp := int(d.Exponent())
	if exp > 0 || exp < -places || d.NumDigits()+places+exp > 18 {
		return 0, false
	}
	n = d.CoefficientInt64()
	for range places + exp {
		n *= 10
	}
	return n, true
}

func (s *sum) add(d decimal.Decimal) {
	if n, exact := inBillionths(d); exact {
		s.addBillionths(n)
		return
	}
	s.rest = s.rest.Add(d)
}

// addBillionths adds less than 4e18.
func (s *sum) addBillionths(n int64) {
	if s.billionths += n; s.billionths > 4e18 || s.billionths < -4e18 {
		s.rest = s.rest.Add(decimal.New(s.billionths, -places))
		s.billionths = 0
	}
}

func (s *sum) total() decimal.Decimal {
	n, exp := s.billionths, int32(-places)
	for ; n%10 == 0 && exp < 0; exp++ {
		n /= 10
	}
	return s.rest.Add(decimal.New(n, exp))
}

// gb is a flow's volume of one direction, made ready to be summed.
type gb struct {
	of        *inventory.Volume
	low, high int64 // in billionths, where exact
	exact     bool
}

func gbOf(v *inventory.Volume) gb {
	x := gb{of: v}
	low, fits := inBillionths(v.Low)
	high, fit := inBillionths(v.High)
	if fits && fit && (low+high)%2 == 0 {
		x.low, x.high, x.exact = low, high, true
	}
	return x
}

// addGB adds a flow's volume at an end of its range.
func (w *work) addGB(to *sum, x gb) {
	if x.exact {
		to.addBillionths(x.billionths(w.end))
		return
	}
	to.add(x.decimal(w.end))
}

// billionths is the volume at an end of its range; the middle counts unless said
// otherwise.
func (x gb) billionths(end rangeEnd) int64 {
	switch end {
	case lowEnd:
		return x.low
	case highEnd:
		return x.high
	case twice:
		return x.low + x.high
	}
	return (x.low + x.high) / 2
}

// decimal is billionths for any volume.
func (x gb) decimal(end rangeEnd) decimal.Decimal {
	switch end {
	case lowEnd:
		return x.of.Low
	case highEnd:
		return x.of.High
	case twice:
		return x.of.Low.Add(x.of.High)
	}
	return x.of.Low.Add(x.of.High).Mul(half)
}

var half = decimal.New(5, -1)

// volumes are the month's on-premises traffic: out and in over all links, and
// opened, the part in connections that apps open (both directions), which is
// what passes NAT gateways and egress gateways.
type volumes struct {
	bySite map[string]*siteVolume
	opened volume
}

// siteVolume is one site's traffic.
type siteVolume struct{ out, in volume }

// volumes sums the flows: over the links everybody's, opened only those of the
// apps that take part. fill stands in for each direction nobody gave a figure for,
// so that a caller can ask what if.
func (w *work) volumes(fill decimal.Decimal) volumes {
	given, summed := w.given[w.end]
	if !summed {
		given = w.sumVolumes()
		w.given[w.end] = given
	}
	filled := func(v volume) volume {
		v.known = v.known.Add(fill.Mul(decimal.NewFromInt(int64(len(v.unknown)))))
		v.unknown = slices.Clip(v.unknown)
		return v
	}
	v := volumes{bySite: make(map[string]*siteVolume, len(given.bySite)), opened: filled(given.opened)}
	for name, s := range given.bySite {
		v.bySite[name] = &siteVolume{out: filled(s.out), in: filled(s.in)}
	}
	return v
}

// sumVolumes is the part that is given.
func (w *work) sumVolumes() volumes {
	type siteSum struct{ out, in sum }
	v := volumes{bySite: map[string]*siteVolume{}}
	var opened sum
	sites := map[string]*siteSum{}
	for i := range w.env.Sites {
		name := w.env.Sites[i].Name.V
		v.bySite[name], sites[name] = &siteVolume{}, &siteSum{}
	}
	for _, f := range w.overLinks() {
		s, total := v.bySite[f.to.Site], sites[f.to.Site]
		if s == nil {
			s, total = &siteVolume{}, &siteSum{}
			v.bySite[f.to.Site], sites[f.to.Site] = s, total
		}
		_, out := w.excluded[f.app.Key]
		w.addVolume(f, f.gb.out, &total.out, &s.out.unknown)
		w.addVolume(f, f.gb.in, &total.in, &s.in.unknown)
		if !f.inbound() && !out {
			w.addVolume(f, f.gb.out, &opened, &v.opened.unknown)
			w.addVolume(f, f.gb.in, &opened, &v.opened.unknown)
		}
	}
	v.opened.known = opened.total()
	for name, s := range sites {
		v.bySite[name].out.known, v.bySite[name].in.known = s.out.total(), s.in.total()
	}
	return v
}

// addVolume adds one direction of a flow to a sum, or the flow to those that do
// not say.
func (w *work) addVolume(f appFlow, x gb, to *sum, unknown *[]string) {
	if x.of.Known {
		w.addGB(to, x)
		return
	}
	*unknown = append(*unknown, f.subject())
}

// overLinks are the flows that go over the links: everybody's, since what a
// pattern cannot carry goes by another door over the same link, but not what never
// leaves the VPC's own ranges.
func (w *work) overLinks() []appFlow {
	if w.linked == nil {
		inside := map[*inventory.Destination]bool{}
		for i := range w.plan.Destinations {
			d := &w.plan.Destinations[i]
			inside[d] = w.insideVPC(d)
		}
		w.linked = w.index.all
		within := func(f appFlow) bool { return inside[f.to] }
		if slices.ContainsFunc(w.linked, within) {
			w.linked = slices.DeleteFunc(slices.Clone(w.linked), within)
		}
	}
	return w.linked
}

// insideVPC reports whether a destination lies in the VPC's own blocks, whose local
// routes keep packets for it off every link.
func (w *work) insideVPC(d *inventory.Destination) bool {
	blocks := w.ownBlocks(d)
	return len(blocks) > 0 && !slices.ContainsFunc(blocks, func(b netip.Prefix) bool { return !cidr.Contains(w.existingVPC(), b) })
}
