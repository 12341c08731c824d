package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"egressplan/planner"
	"egressplan/planner/inventory"
)

// fate is what becomes, in one fault, of the flows that meet it.
type fate struct {
	state            string
	whole, part      int // flows that go on by every way that is left, or by some
	none, gone       int // that stop; that have no pod left
	stopped          []string
	firstPart, first int // that lose some ways, or all, until the fault is noticed
	lasts            []planner.Lasts
}

// meeting sums up one flow in one fault over its paths that meet it.
type meeting struct {
	good, of, gone, first int
	wellGood, wellOf      int // of the same paths when healthy
	lasts                 *planner.Lasts
}

// sums are one flow's paths.
type sums struct {
	good, of int // healthy
	met      map[string]*meeting
}

// faults says what must survive and whether it does, and what every single fault
// does to the flows.
func (r *review) faults() {
	if r.c == nil {
		return
	}
	r.heading(2, "What survives a fault")
	r.mustSurvive()
	fates := r.fates()
	if len(fates) == 0 {
		r.para(words("No flow to on-premises meets a fault that was walked."))
		return
	}
	r.para(words("Every single fault was walked, first as long as nothing has noticed it, then after. A flow goes on if every way from the pods that are left does, in part if some do. Flows that do not meet a fault are not counted in its row; faults that are not listed meet no flow. The states of single flows: "),
		code(r.command("simulate --faults all")), words("."))
	g := &grid{titles: []string{"fault", "flows that meet it", "until noticed: in part", "until noticed: stop", "then: go on", "then: in part", "then: stop", "then: no pod left"}, right: "lrrrrrrr"}
	var stopped, lasts []inline
	for _, row := range foldFates(fates) {
		f := row.fate
		g.add(words("%s", row.name), count(f.whole+f.part+f.none+f.gone), count(f.firstPart), count(f.first), count(f.whole), count(f.part), count(f.none), count(f.gone))
	}
	r.table(g, manyLines, r.command("simulate --faults all"))
	seen := map[string]bool{}
	for _, f := range fates {
		if len(f.stopped) > 0 {
			stopped = append(stopped, code(f.state)+words(": %s", planner.Folded(f.stopped, 5, 0)))
		}
		for _, l := range f.lasts {
			kind, _, _ := strings.Cut(f.state, ":")
			if seen[kind+l.Text] {
				continue
			}
			seen[kind+l.Text] = true
			text := ": " + sentence(l.Text)
			if !l.Known {
				text += " How long that is, is not known."
			}
			lasts = append(lasts, code(kind)+words("%s", text))
		}
	}
	if len(stopped) > 0 {
		r.para(strong("Flows that stop"), words(" and stay so once the fault is noticed:"))
		r.list(stopped, manyLines, r.command("simulate --faults all"))
	}
	if len(lasts) > 0 {
		r.para(strong("How long until it is noticed"), words(":"))
		r.list(lasts, manyLines, "")
	}
}

func count(n int) inline { return words("%s", planner.Thousands(fmt.Sprint(n))) }

// survival is the code that says that something does not survive.
var survival = map[string]string{
	inventory.SurviveNodeLost: "survive-node-lost",
	inventory.SurviveZoneLost: "survive-zone-lost",
	inventory.SurviveLinkLost: "survive-link-lost",
}

// mustSurvive holds what destinations demand against what was walked.
func (r *review) mustSurvive() {
	g := &grid{titles: []string{"destination", "must survive", "does it"}, right: "lll"}
	for i := range r.plan.Destinations {
		d := &r.plan.Destinations[i]
		for _, what := range d.MustSurvive {
			g.add(words("%s", d.Name.V), words("%s", what.V), words("%s", r.survives(d.Name.V, survival[what.V])))
		}
	}
	if len(g.rows) == 0 {
		r.para(words("No destination demands to survive a fault (mustSurvive)."))
		return
	}
	r.para(words("What destinations demand to survive:"))
	r.table(g, manyDestinations, r.command("simulate --faults all"))
}

// survives is the answer for one demand of a destination. What does not work when
// healthy was not walked in a fault.
func (r *review) survives(destination, failing string) string {
	bad, first := 0, ""
	for _, f := range r.c.Findings {
		if f.Code != failing {
			continue
		}
		for _, s := range f.Subjects {
			if _, to, _ := strings.Cut(s, " -> "); to == destination {
				if bad++; first == "" {
					first = f.Message
				}
			}
		}
	}
	switch bad {
	case 0:
		if !r.healthy.reached[destination] {
			return "not walked: no flow to it works in the first place"
		}
		return "yes"
	case 1:
		return "no: " + first
	}
	return fmt.Sprintf("no, for %s, such as: %s", planner.Count(bad, "flow"), first)
}

// fates walks every single fault and sums the flows up, by fault in their
// documented order.
func (r *review) fates() []*fate {
	f, err := r.c.Follow(planner.SimulateOptions{Faults: true, Baseline: true, NoHops: true})
	if err != nil {
		return nil // names nothing that could be missing
	}
	byState := map[string]*fate{}
	var app, to string
	flows := map[flowID]*sums{}
	var order []flowID
	flush := func() {
		for _, id := range order {
			flows[id].file(id, byState)
		}
		clear(flows)
		order = order[:0]
	}
	var well planner.Path // the healthy path that faults follow
	for p := range f.Each() {
		if d := r.plan.Destination(p.To); d == nil || d.Kind.V != inventory.KindOnPremises {
			continue
		}
		if p.App != app || p.To != to {
			flush()
			app, to = p.App, p.To
		}
		id := idOf(&p)
		if flows[id] == nil {
			flows[id] = &sums{met: map[string]*meeting{}}
			order = append(order, id)
		}
		if p.State == "healthy" {
			well = p
			flows[id].good += p.Ways.Good
			flows[id].of += p.Ways.Of
			continue
		}
		flows[id].meet(&p, &well)
	}
	flush()
	return sortedFates(byState)
}

// meet adds a path in a fault, and what it is when healthy.
func (s *sums) meet(p, well *planner.Path) {
	m := s.met[p.State]
	if m == nil {
		m = &meeting{lasts: p.Lasts}
		s.met[p.State] = m
	}
	m.wellGood += well.Ways.Good
	m.wellOf += well.Ways.Of
	if p.Verdict == "unreachable" { // the pod is gone with what was lost
		m.of += well.Ways.Of
		m.gone += well.Ways.Of
	} else {
		m.good += p.Ways.Good
		m.of += p.Ways.Of
	}
	if p.Outage != nil {
		m.first += p.Outage.Ways.Good
	} else {
		m.first += p.Ways.Good
	}
}

// file counts a flow in every fault that it meets: with the paths that do not
// meet the fault, which go on as they are.
func (s *sums) file(id flowID, byState map[string]*fate) {
	for state, m := range s.met {
		f := byState[state]
		if f == nil {
			f = &fate{state: state}
			byState[state] = f
		}
		spared := s.good - m.wellGood
		good, of := m.good+spared, m.of+s.of-m.wellOf
		switch {
		case good > 0 && good+m.gone >= of:
			f.whole++
		case good > 0:
			f.part++
		case m.gone >= of:
			f.gone++
			f.stopped = append(f.stopped, id.String())
		default:
			f.none++
			f.stopped = append(f.stopped, id.String())
		}
		switch first := m.first + spared; {
		case first == 0:
			f.first++
		case first < s.good:
			f.firstPart++
		}
		if m.lasts != nil && !slices.Contains(f.lasts, *m.lasts) {
			f.lasts = append(f.lasts, *m.lasts)
		}
	}
}

// sortedFates puts faults into their documented order.
func sortedFates(byState map[string]*fate) []*fate {
	kinds := planner.StateKinds()
	rank := func(f *fate) int {
		kind, _, _ := strings.Cut(f.state, ":")
		return slices.IndexFunc(kinds, func(k planner.StateKind) bool { return k.Kind == kind })
	}
	var list []*fate
	for _, f := range byState {
		slices.Sort(f.stopped)
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b *fate) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.state, b.state)) })
	return list
}

// fateRow is a row of the matrix: a fault, or several of one kind that do the
// same.
type fateRow struct {
	name     string
	subjects []string
	fate     *fate
}

// foldFates joins the faults of one kind that do the same to as many flows.
func foldFates(list []*fate) []fateRow {
	var rows []fateRow
	all := map[string]int{}
	for _, f := range list {
		kind, subject, _ := strings.Cut(f.state, ":")
		all[kind]++
		i := slices.IndexFunc(rows, func(r fateRow) bool { return r.name == kind && r.fate.numbers() == f.numbers() })
		if i < 0 {
			rows = append(rows, fateRow{name: kind, fate: f})
			i = len(rows) - 1
		}
		rows[i].subjects = append(rows[i].subjects, subject)
	}
	for i := range rows {
		switch r := &rows[i]; {
		case len(r.subjects) == 1:
			r.name = r.fate.state
		case len(r.subjects) == all[r.name]:
			r.name = fmt.Sprintf("%s: each of %d", r.name, len(r.subjects))
		default:
			r.name += ": " + planner.Folded(r.subjects, 2, 0)
		}
	}
	return rows
}

func (f *fate) numbers() [6]int {
	return [6]int{f.whole, f.part, f.none, f.gone, f.first, f.firstPart}
}
