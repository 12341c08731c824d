package planner

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"egressplan/planner/finding"
	"egressplan/planner/inventory"
)

// Identity answers who can look like whom.
type Identity struct {
	APIVersion  string       `json:"apiVersion"`
	Kind        string       `json:"kind"`
	Environment string       `json:"environment"`
	Pattern     string       `json:"pattern"`
	Query       string       `json:"query"`
	LeftOut     string       `json:"leftOut"`     // code of what keeps the app out of the pattern; "" if nothing does
	Blocked     []string     `json:"blocked"`     // codes of what rejects the pattern for everybody: no more than what has a place was walked
	Sources     []SourceRow  `json:"sources"`     // of the app, or those that hold the address
	Lookalikes  []Lookalike  `json:"lookalikes"`  // who else can show the app's sources
	Appearances []Appearance `json:"appearances"` // who can appear as the address
	Leaks       []Leak       `json:"leaks"`       // what else can show, of the app or as the address
	Space       []Allocation `json:"space"`       // the blocks that hold the address, widest first
	Matrix      []Barrier    `json:"matrix"`      // every group against every other
}

// Appearance is an app that on-premises may see as an address.
type Appearance struct {
	App     string   `json:"app"`
	Group   string   `json:"group"`
	To      []string `json:"to"`
	States  []string `json:"states"`
	Sources []string `json:"sources"` // that hold the address
}

// WhoisAll asks for the matrix of all source groups.
const WhoisAll = "all"

// Whois says who else can look like an app (namespace/name), who can appear as
// an address, or for WhoisAll what stands between every two source groups; in a
// pattern, "" for the recommended one.
func Whois(plan *inventory.Plan, patternID, query string) (*Identity, error) {
	addr, err := netip.ParseAddr(query)
	app := plan.App(query)
	if query != WhoisAll && app == nil && err != nil {
		return nil, fmt.Errorf("%q is neither an IPv4 address nor an app; apps are named namespace/name", query)
	}
	if err == nil && !addr.Is4() {
		return nil, fmt.Errorf("%s is an IPv6 address; IPv6 is not planned yet", query)
	}
	c := pick(plan, patternID)
	if c == nil {
		return nil, fmt.Errorf("the policy excludes pattern %q", patternID)
	}
	id := &Identity{APIVersion: APIVersion, Kind: "Identity", Environment: plan.Environment.Name, Pattern: c.Pattern, Query: query,
		Blocked: c.blockers(), Sources: []SourceRow{}, Lookalikes: []Lookalike{}, Appearances: []Appearance{}, Leaks: []Leak{}, Space: []Allocation{}, Matrix: []Barrier{}}
	switch {
	case query == WhoisAll:
		id.Matrix = c.work.matrix()
	case app != nil:
		id.ofApp(c, app)
	default:
		id.ofAddress(c, addr)
	}
	return id, nil
}

// blockers are the codes that reject the candidate for the whole estate.
func (c *Candidate) blockers() []string {
	codes := map[string]bool{}
	for _, f := range c.Findings {
		if f.Severity == finding.Blocker && f.Scope == finding.Estate {
			codes[f.Code] = true
		}
	}
	return sortedKeys(codes)
}

// ofApp fills in who else can look like an app.
func (id *Identity) ofApp(c *Candidate, a *inventory.App) {
	for _, x := range c.Exceptions {
		if x.App == a.Key {
			id.LeftOut = x.Code
		}
	}
	if _, out := c.work.excluded[a.Key]; out {
		return // it has no place in this plan, so nothing to be looked like
	}
	for _, s := range c.Sources {
		if s.App == a.Key {
			id.Sources = append(id.Sources, s)
		}
	}
	id.Lookalikes = c.work.lookalikes(a)
	id.Leaks = slices.DeleteFunc(c.work.leaksOf([]*inventory.App{a}), func(l Leak) bool { return l.Count == 0 })
}

// ofAddress fills in who can appear as an address.
func (id *Identity) ofAddress(c *Candidate, addr netip.Addr) {
	holds := func(list []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return !netip.MustParsePrefix(s).Contains(addr) })
	}
	for _, r := range c.AllowList {
		if in := holds(r.Sources); r.Initiator == inventory.InitiatorApp && len(in) > 0 {
			if states := c.work.statesOf(r.App, r.To, addr); len(states) > 0 {
				id.Appearances = append(id.Appearances, Appearance{App: r.App, Group: c.work.groupOf(r.App, r.To), To: []string{r.To}, States: states, Sources: in})
			}
		}
	}
	id.Appearances = foldAppearances(id.Appearances)
	for _, s := range c.Sources {
		if len(holds(s.CIDRs)) > 0 {
			id.Sources = append(id.Sources, s)
		}
	}
	id.Leaks = append(id.Leaks, c.work.leaksAs(addr)...)
	for _, x := range c.Allocations {
		if netip.MustParsePrefix(x.CIDR).Contains(addr) {
			id.Space = append(id.Space, x)
		}
	}
	for i := range c.work.env.VPC.Subnets {
		if s := &c.work.env.VPC.Subnets[i]; s.CIDR.V.Contains(addr) && !slices.ContainsFunc(id.Space, func(x Allocation) bool { return x.CIDR == s.CIDR.V.String() }) {
			id.Space = append(id.Space, Allocation{Name: "existing/" + s.Name.V, Purpose: string(s.Role.V), CIDR: s.CIDR.V.String(), Zone: s.Zone.V, Apps: []string{}})
		}
	}
	slices.SortStableFunc(id.Space, func(a, b Allocation) int {
		return netip.MustParsePrefix(a.CIDR).Bits() - netip.MustParsePrefix(b.CIDR).Bits()
	})
}

// statesOf are the states in which an app shows an address to a destination and
// gets through: the healthy one, and of the faults that meet its paths those in
// which some path still shows it.
func (w *work) statesOf(app, to string, addr netip.Addr) []string {
	faults := w.faults()
	met := map[int32]bool{}
	var paths []*walked
	for _, fp := range w.paths {
		if fp.f.app.Key != app || fp.f.to.Name.V != to || fp.f.inbound() {
			continue
		}
		for p := range fp.each {
			paths = append(paths, p)
			for _, t := range p.touched {
				met[t] = true
			}
		}
	}
	var states []string
	if shows(paths, addr) {
		states = append(states, stateHealthy)
	}
	for t := range int32(len(faults)) {
		if !met[t] {
			continue
		}
		var now []*walked
		for _, p := range paths {
			if slices.Contains(p.touched, t) {
				x := w.inFault(w.b.walking(), p, &faults[t])
				p = &x
			}
			now = append(now, p)
		}
		if shows(now, addr) {
			states = append(states, faults[t].state.String())
		}
	}
	return states
}

// shows reports whether some path that works on some way shows an address.
func shows(paths []*walked, addr netip.Addr) bool {
	return slices.ContainsFunc(paths, func(p *walked) bool {
		return p.good > 0 && slices.ContainsFunc(p.sources, func(s netip.Prefix) bool { return s.Contains(addr) })
	})
}

// groupOf names the source group of an app towards a destination.
func (w *work) groupOf(app, to string) string {
	a, d := w.plan.App(app), w.plan.Destination(to)
	if a == nil || d == nil {
		return ""
	}
	return w.pattern.source(w, a, d).group
}

// foldAppearances joins rows of one app and group that differ in destination
// only.
func foldAppearances(list []Appearance) []Appearance {
	out := []Appearance{}
	for _, x := range list {
		i := slices.IndexFunc(out, func(y Appearance) bool {
			return x.App == y.App && x.Group == y.Group && strings.Join(x.Sources, " ") == strings.Join(y.Sources, " ")
		})
		if i < 0 {
			out = append(out, x)
			continue
		}
		out[i].To = append(slices.Clone(out[i].To), x.To...)
		slices.Sort(out[i].To)
		out[i].To = slices.Compact(out[i].To)
		for _, s := range x.States {
			if !slices.Contains(out[i].States, s) {
				out[i].States = append(slices.Clone(out[i].States), s)
			}
		}
	}
	return out
}
