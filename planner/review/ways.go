package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"egressplan/planner"
	"egressplan/planner/inventory"
)

// flowID is a flow as it is walked: one of its ports.
type flowID struct {
	app, to, initiator, protocol string
	port                         int
}

func idOf(p *planner.Path) flowID { return flowID{p.App, p.To, p.Initiator, p.Protocol, p.Port} }

// String names a flow in the direction in which it is opened.
func (f flowID) String() string {
	from, to := f.app, f.to
	if f.inbound() {
		from, to = to, from
	}
	text := from + " -> " + to + " " + f.protocol
	if f.port > 0 {
		text += fmt.Sprintf("/%d", f.port)
	}
	return text
}

func (f flowID) inbound() bool { return f.initiator == inventory.InitiatorOnPrem }

// works reports whether a path does what the flow needs.
func works(p *planner.Path) bool { return p.Verdict == "delivered" && p.Allowed && p.Replied }

// overview is what a candidate's healthy paths come to, without their hops.
type overview struct {
	first       map[flowID]*planner.Path // of each flow to on-premises
	good, paths int
	reached     map[string]bool // destinations to which some path works
	kinds       map[routeKind]*route
}

// routeKind tells apart paths that deserve a diagram of their own.
type routeKind struct {
	variant, initiator, site string
	works                    bool
}

// route is the paths of one kind.
type route struct {
	flows map[flowID]bool
	first *planner.Path
	paths int
}

// walkAll follows every healthy path of a candidate.
func (r *review) walkAll(c *planner.Candidate) *overview {
	o := &overview{first: map[flowID]*planner.Path{}, reached: map[string]bool{}, kinds: map[routeKind]*route{}}
	f, err := c.Follow(planner.SimulateOptions{NoHops: true})
	if err != nil {
		return o // a state is refused, never none
	}
	for p := range f.Each() {
		d := r.plan.Destination(p.To)
		if d == nil || d.Kind.V != inventory.KindOnPremises {
			continue
		}
		o.paths++
		if works(&p) {
			o.good++
			o.reached[p.To] = true
		}
		id := idOf(&p)
		if o.first[id] == nil {
			o.first[id] = &p
		}
		k := routeKind{p.Variant, p.Initiator, d.Site, works(&p)}
		if o.kinds[k] == nil {
			o.kinds[k] = &route{flows: map[flowID]bool{}, first: &p}
		}
		o.kinds[k].flows[id] = true
		o.kinds[k].paths++
	}
	return o
}

// ways draws, for each pattern, the path of one flow as it was walked, the same
// flow where the patterns carry it; then the other kinds of paths of the subject.
func (r *review) ways() {
	if r.c == nil {
		return
	}
	r.heading(2, "Paths, walked packet by packet")
	overviews := make([]*overview, len(r.rec.Candidates))
	for i, c := range r.rec.Candidates {
		overviews[i] = r.walkAll(c)
		if c == r.c {
			r.healthy = overviews[i]
		}
	}
	shown, found := r.sample(overviews)
	if !found {
		r.para(words("No flow goes to on-premises: there is nothing to draw."))
		return
	}
	r.para(words("The flow drawn is "), code(shown.String()), words(", which most patterns carry and of these the one with most traffic. Solid arrows are the way there, dotted ones the way back. The packet is written where it starts, and before and after every hop that changes it: the ports are examples, the addresses stand for any of their subnet."))
	for i, c := range r.rec.Candidates {
		r.heading(3, "The path with %s", c.ID)
		id := shown
		if overviews[i].first[id] == nil {
			if id, found = r.sample(overviews[i : i+1]); !found {
				r.para(words("No flow of this pattern could be walked."))
				continue
			}
			r.para(words("It does not carry that flow; drawn is "), code(id.String()), words("."))
		}
		r.draw(c, overviews[i].first[id])
		r.para(words("%s", passed(overviews[i])))
	}
	for i, c := range r.rec.Candidates {
		if c == r.c {
			r.otherKinds(c, overviews[i], shown)
		}
	}
}

// sample is the flow that most candidates carry, of these one that works, of
// these the one with most traffic, of these the first by name.
func (r *review) sample(overviews []*overview) (flowID, bool) {
	type score struct{ carried, works int }
	scores := map[flowID]score{}
	for _, o := range overviews {
		for id, p := range o.first {
			s := scores[id]
			s.carried++
			if works(p) {
				s.works++
			}
			scores[id] = s
		}
	}
	var list []flowID
	for id := range scores {
		list = append(list, id)
	}
	if len(list) == 0 {
		return flowID{}, false
	}
	gb := r.volumes()
	return slices.MinFunc(list, func(a, b flowID) int {
		return cmp.Or(
			cmp.Compare(scores[b].carried, scores[a].carried), cmp.Compare(scores[b].works, scores[a].works),
			boolOrder(a.inbound(), b.inbound()), gb[[2]string{b.app, b.to}].Cmp(gb[[2]string{a.app, a.to}]),
			cmp.Compare(a.String(), b.String()))
	}), true
}

// boolOrder puts false before true.
func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// volumes are the GB a month between each app and destination, as far as given.
func (r *review) volumes() map[[2]string]decimal.Decimal {
	gb := map[[2]string]decimal.Decimal{}
	for i := range r.plan.Apps {
		a := &r.plan.Apps[i]
		for _, f := range a.Flows {
			k := [2]string{a.Key, f.To.V}
			for _, v := range []inventory.Volume{f.Out, f.In} {
				if v.Known {
					gb[k] = gb[k].Add(v.High)
				}
			}
		}
	}
	return gb
}

// draw writes one path: what becomes of it, its diagram, and the addresses before
// and after each translation.
func (r *review) draw(c *planner.Candidate, p *planner.Path) {
	whole := withHops(c, p)
	seen := planner.Folded(p.Sources, manyAddresses, 0)
	text := fmt.Sprintf("From %s (%s) to %s", p.Zone, p.Variant, p.Destination)
	if p.Initiator == inventory.InitiatorOnPrem {
		text = fmt.Sprintf("To %s (%s), asked for as %s", p.Zone, p.Variant, p.Destination)
	}
	switch {
	case works(p) && p.Initiator == inventory.InitiatorOnPrem:
		text += ": the connection reaches the app, and the reply comes back."
	case works(p):
		text += fmt.Sprintf(": on-premises sees %s, the allow-list admits it, and the reply comes back.", seen)
	default:
		text += fmt.Sprintf(": this does not work, since it ends like this: %s [%s].", strings.TrimSuffix(p.Reason.Text, "."), p.Reason.Code)
		if len(p.Sources) > 0 {
			text += fmt.Sprintf(" On-premises sees %s.", seen)
		}
	}
	r.para(words("%s", text))
	r.fence("mermaid", Mermaid(whole))
	r.translations(whole)
}

// withHops is a path with its hops, which an overview leaves out.
func withHops(c *planner.Candidate, p *planner.Path) planner.Path {
	f, err := c.Follow(planner.SimulateOptions{App: p.App, To: p.To})
	if err != nil {
		return *p
	}
	for q := range f.Each() {
		if idOf(&q) == idOf(p) && q.Zone == p.Zone && q.Variant == p.Variant && q.Destination == p.Destination {
			return q
		}
	}
	return *p
}

// translations lists the hops at which addresses change, both ways.
func (r *review) translations(p planner.Path) {
	g := &grid{titles: []string{"way", "hop", "source before", "source after", "destination before", "destination after", "why", "fact"}, right: "llllllll"}
	for _, way := range []struct {
		name string
		hops []planner.Hop
	}{{"there", p.Forward}, {"back", p.Return}} {
		for _, h := range way.hops {
			if !changes(h) {
				continue
			}
			cells := []inline{words("%s", way.name), words("%s", h.Hop), "", "", "", "", words("%s", h.Why), words("%s", h.Source)}
			if h.Src != h.SrcBefore {
				cells[2], cells[3] = words("%s", h.SrcBefore), words("%s", h.Src)
			}
			if h.Dst != h.DstBefore {
				cells[4], cells[5] = words("%s", h.DstBefore), words("%s", h.Dst)
			}
			g.add(cells...)
		}
	}
	if len(g.rows) == 0 {
		r.para(words("No hop changes an address: on-premises sees the packet as it started."))
	}
	r.table(g, manyLines, "")
}

// passed says how many of a candidate's healthy paths do what they should.
func passed(o *overview) string {
	if o.good == o.paths {
		return fmt.Sprintf("Healthy, all %s of it to on-premises get through and are answered.", planner.Count(o.paths, "path"))
	}
	return fmt.Sprintf("Healthy, %s of %s of it to on-premises get through and are answered; the blockers say why the others do not.",
		planner.Thousands(fmt.Sprint(o.good)), planner.Count(o.paths, "path"))
}

// manyKinds is how many further kinds of paths are drawn.
const manyKinds = 4

// otherKinds draws what the path drawn first does not show: other kinds of pods,
// other sites, connections that on-premises opens, paths that fail.
func (r *review) otherKinds(c *planner.Candidate, o *overview, shown flowID) {
	var drawn *routeKind
	if p := o.first[shown]; p != nil {
		drawn = &routeKind{p.Variant, p.Initiator, r.plan.Destination(p.To).Site, works(p)}
	}
	var kinds []routeKind
	for k := range o.kinds {
		if drawn == nil || k != *drawn {
			kinds = append(kinds, k)
		}
	}
	slices.SortFunc(kinds, func(a, b routeKind) int {
		return cmp.Or(boolOrder(a.works, b.works), cmp.Compare(a.site, b.site), cmp.Compare(a.initiator, b.initiator), cmp.Compare(a.variant, b.variant))
	})
	if len(kinds) > 0 {
		r.heading(3, "Other kinds of paths with %s", c.ID)
	}
	shapes := map[string]bool{}
	if drawn != nil {
		shapes[shape(withHops(c, o.first[shown]))] = true
	}
	var left []routeKind // once those of the same hops are told
	for _, k := range kinds {
		x := o.kinds[k]
		s := shape(withHops(c, x.first))
		if !shapes[s] {
			shapes[s] = true
			left = append(left, k)
			continue
		}
		r.para(strong("%s", k), words(": %s of %s, which take the same kinds of hops as one that is drawn.", planner.Count(x.paths, "path"), planner.Count(len(x.flows), "flow")))
	}
	for _, k := range left[:min(len(left), manyKinds)] {
		x := o.kinds[k]
		r.para(strong("%s", k), words(": %s of %s. Drawn is ", planner.Count(x.paths, "path"), planner.Count(len(x.flows), "flow")), code(idOf(x.first).String()), words("."))
		r.draw(c, x.first)
	}
	if rest := len(left) - manyKinds; rest > 0 {
		r.para(leftOut(rest, "kind", r.command("simulate")))
	}
}

// shape is what paths have in common that pass the same kinds of hops, which do
// the same to the packet.
func shape(p planner.Path) string {
	var b strings.Builder
	fmt.Fprint(&b, works(&p), p.Initiator)
	for _, hops := range [][]planner.Hop{p.Forward, p.Return} {
		b.WriteString(" way")
		for _, h := range hops {
			fmt.Fprintf(&b, " %q %q %v %v", h.Kind, h.Action, h.Src != h.SrcBefore, h.Dst != h.DstBefore)
		}
	}
	return b.String()
}

func (k routeKind) String() string {
	text := k.variant
	if k.site != "" {
		text += " and " + k.site
	}
	if k.initiator == inventory.InitiatorOnPrem {
		text += ", opened from on-premises"
	}
	if !k.works {
		text += ", failing"
	}
	return text
}
