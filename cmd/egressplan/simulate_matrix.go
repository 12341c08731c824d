package main

import (
	"fmt"
	"slices"
	"strings"

	"egressplan/planner"
	"egressplan/planner/inventory"
)

// flowKey is what paths of one flow have in common, whatever their zone, pod
// variant and address.
type flowKey struct {
	app, to, initiator, protocol string
	port                         int
}

func flowOf(p *planner.Path) flowKey {
	return flowKey{p.App, p.To, p.Initiator, p.Protocol, p.Port}
}

// ends names who opens the connection, and to whom.
func (k flowKey) ends() (from, to string) {
	if k.inbound() {
		return k.to, k.app
	}
	return k.app, k.to
}

func (k flowKey) inbound() bool { return k.initiator == inventory.InitiatorOnPrem }

// text names a flow in the direction in which it is opened.
func (k flowKey) text() string {
	from, to := k.ends()
	return from + " -> " + to + " " + portText(k.protocol, k.port)
}

// place tells the paths of one flow apart.
type place struct{ zone, variant, destination string }

func placeOf(p *planner.Path) place { return place{p.Zone, p.Variant, p.Destination} }

// fate is what becomes of a flow in a state, summed over its paths.
type fate struct {
	state             planner.State
	first, later      planner.Ways // until it is noticed, and after
	gone              int          // of later: from pods that are lost themselves
	seen              []string
	admitted, refused int // paths
	answered, lost    int
	lasts             []planner.Lasts
	whose             []string // misuses
	verdicts          []string // of the paths that do not go on
	outage            bool     // first differs from later
}

// add counts a path in. The healthy path, if there is one, says how many ways
// a path had that has no pod left to start from.
func (f *fate) add(p, well *planner.Path) {
	later := p.Ways
	first := later
	if p.Outage != nil {
		first, f.outage = p.Outage.Ways, true
		if p.Outage.Verdict == "unreachable" && first.Good == 0 {
			first.Of = later.Of
		}
	}
	if p.Verdict == "unreachable" && well != nil {
		later.Of = well.Ways.Of
		f.gone += later.Of
		if p.Outage == nil {
			first = later
		}
	}
	f.first.Good, f.first.Of = f.first.Good+first.Good, f.first.Of+first.Of
	f.later.Good, f.later.Of = f.later.Good+later.Good, f.later.Of+later.Of
	f.seen = appendNew(f.seen, p.Sources...)
	switch {
	case p.Ways.Good > 0 || p.Verdict == "delivered" && p.Allowed:
		f.admitted++
	case p.Reason.Code == "not-allowed" || p.Verdict == "delivered":
		f.refused++
	}
	switch {
	case p.Ways.Good > 0 || p.Replied:
		f.answered++
	case p.Verdict == "delivered":
		f.lost++
	}
	if !works(*p) {
		f.verdicts = appendNew(f.verdicts, endText(*p))
	}
	if p.Lasts != nil && !slices.Contains(f.lasts, *p.Lasts) {
		f.lasts = append(f.lasts, *p.Lasts)
	}
	if p.From != "" {
		f.whose = appendNew(f.whose, p.From)
	}
}

// flowFates is a flow in every state that it meets.
type flowFates struct {
	flow  flowKey
	fates []fate
}

// fates sums the paths up by flow and state. Where the healthy paths are there,
// those that a state does not touch count as when healthy.
func fates(paths []planner.Path) []flowFates {
	var flows []flowKey
	byFlow := map[flowKey]map[string]map[place]*planner.Path{}
	places := map[flowKey][]place{}
	for i := range paths {
		p := &paths[i]
		k, at := flowOf(p), placeOf(p)
		if byFlow[k] == nil {
			byFlow[k] = map[string]map[place]*planner.Path{}
			flows = append(flows, k)
		}
		if byFlow[k][p.State] == nil {
			byFlow[k][p.State] = map[place]*planner.Path{}
		}
		byFlow[k][p.State][at] = p
		if !slices.Contains(places[k], at) {
			places[k] = append(places[k], at)
		}
	}
	list := make([]flowFates, 0, len(flows))
	for _, k := range flows {
		one := flowFates{flow: k}
		for _, s := range sortedStates(byFlow[k]) {
			f := fate{state: s}
			for _, at := range places[k] {
				well := byFlow[k][healthy][at]
				if p := byFlow[k][s.String()][at]; p != nil {
					f.add(p, well)
				} else if well != nil {
					f.add(well, nil)
				}
			}
			one.fates = append(one.fates, f)
		}
		list = append(list, one)
	}
	return list
}

// sortedStates puts states into their documented order.
func sortedStates(byState map[string]map[place]*planner.Path) []planner.State {
	var list []planner.State
	for text := range byState {
		kind, subject, _ := strings.Cut(text, ":")
		list = append(list, planner.State{Kind: kind, Subject: subject})
	}
	kinds := planner.StateKinds()
	rank := func(s planner.State) int {
		return slices.IndexFunc(kinds, func(k planner.StateKind) bool { return k.Kind == s.Kind })
	}
	slices.SortFunc(list, func(a, b planner.State) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(a.Subject, b.Subject)
	})
	return list
}

// matrixColumns are what a row of the matrix says of a state.
var matrixColumns = []column{
	{title: "state", flex: 16}, {title: "at first"}, {title: "later"}, {title: "seen as", flex: 12},
	{title: "allowed"}, {title: "reply"}, {title: "lasts", flex: 13},
}

// matrix has one row for each state of a flow; subjects of one kind that fare
// the same share a row.
func (a *simulation) matrix(of *flowFates, notes *footnotes) *table {
	t := &table{columns: matrixColumns}
	type row struct {
		kind     string
		subjects []string
		cells    fateCells
	}
	var rows []row
	kinds := map[string]int{}
	seen := []string(nil)
	for i := range of.fates {
		f := &of.fates[i]
		if f.state.Kind == healthy {
			seen = f.seen
		}
		kinds[f.state.Kind]++
		a.spare(f)
		cells := a.cells(f, of.flow, seen, notes)
		at := slices.IndexFunc(rows, func(r row) bool { return r.kind == f.state.Kind && r.cells == cells })
		if at < 0 {
			at = len(rows)
			rows = append(rows, row{kind: f.state.Kind, cells: cells})
		}
		rows[at].subjects = append(rows[at].subjects, f.state.Subject)
	}
	for _, r := range rows {
		c := r.cells
		state := stateText(r.kind, r.subjects, kinds[r.kind])
		if !a.comparing() { // one kind, which the page has named
			state = strings.TrimSpace(strings.TrimPrefix(state, r.kind+":"))
		}
		t.add(state, c.first, c.later, c.seen, c.list, c.reply, c.lasts)
	}
	return t
}

// stateText names a state, or several of one kind.
func stateText(kind string, subjects []string, all int) string {
	if len(subjects) == 1 {
		return planner.State{Kind: kind, Subject: subjects[0]}.String()
	}
	if len(subjects) < all {
		return kind + ": " + strings.Join(subjects, ", ")
	}
	return fmt.Sprintf("%s: each of %d", kind, all)
}

// fateCells are what a row says of a fate.
type fateCells struct{ first, later, seen, list, reply, lasts string }

func (a *simulation) cells(f *fate, flow flowKey, healthySeen []string, notes *footnotes) fateCells {
	c := fateCells{first: share(f.first), later: share(f.later), seen: seenText(f, healthySeen), list: "-", reply: "-"}
	if a.firewalls[flow.to] == "" || flow.inbound() {
		c.list = "no list"
	} else if f.admitted+f.refused > 0 {
		c.list = partly(f.admitted, f.refused, "yes", "no")
	}
	if f.answered+f.lost > 0 {
		c.reply = partly(f.answered, f.lost, "comes", "lost")
	}
	var lasts []string
	for _, l := range f.lasts {
		lasts = append(lasts, notes.lasts(l))
	}
	c.lasts = strings.Join(lasts, ", ")
	return c
}

// share says how many of the ways go on.
func share(w planner.Ways) string {
	switch w.Good {
	case 0:
		return "none"
	case w.Of:
		return pick(w.Of == 1, "the one", fmt.Sprintf("all %d", w.Of))
	}
	return fmt.Sprintf("%d of %d", w.Good, w.Of)
}

func partly(yes, no int, all, none string) string {
	switch {
	case no == 0:
		return all
	case yes == 0:
		return none
	}
	return "in part"
}

// seenText counts the sources that on-premises still sees; others than when
// healthy are named.
func seenText(f *fate, healthySeen []string) string {
	if len(f.seen) == 0 {
		return "-"
	}
	var others []string
	for _, s := range f.seen {
		if !slices.Contains(healthySeen, s) {
			others = append(others, s)
		}
	}
	if len(others) > 0 {
		return folded(f.seen, 4, 0)
	}
	return fmt.Sprintf("%d of %d", len(f.seen), len(healthySeen))
}

// footnotes number long texts in the order in which they are first needed.
type footnotes struct{ texts []string }

// number is the footnote of a text.
func (n *footnotes) number(text string) string {
	at := slices.Index(n.texts, text)
	if at < 0 {
		at = len(n.texts)
		n.texts = append(n.texts, text)
	}
	return fmt.Sprintf("(%d)", at+1)
}

// lasts is the cell of a duration.
func (n *footnotes) lasts(l planner.Lasts) string {
	return pick(l.Known, "", "not known ") + n.number(l.Text)
}

func (n *footnotes) write(p *page) {
	if len(n.texts) > 0 {
		fmt.Fprintln(p.w)
	}
	for i, text := range n.texts {
		p.item(fmt.Sprintf("(%d) ", i+1), text)
	}
}
