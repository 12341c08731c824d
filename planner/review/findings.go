package review

import (
	"strings"

	"egressplan/planner"
	"egressplan/planner/finding"
)

// findings are what was noticed about the subject: blockers and risks with what
// to do, notes in a table.
func (r *review) findings() {
	if r.c == nil {
		return
	}
	r.heading(2, "%s", findingsTitle(r.c))
	if len(r.c.Findings) == 0 {
		r.para(words("None."))
		return
	}
	for _, s := range []struct {
		severity finding.Severity
		title    string
	}{{finding.Blocker, "Blockers"}, {finding.Risk, "Risks"}} {
		list := severe(r.c, s.severity)
		if len(list) == 0 {
			r.para(strong("%s", s.title), words(": none."))
			continue
		}
		r.para(strong("%s", s.title), words(":"))
		items := findingItems(list)
		for i, f := range list {
			if f.Source != "" {
				items[i] += " **Fact:** " + words("%s", sentence(f.Source))
			}
			if f.At != "" {
				items[i] += " (" + words("%s", f.At) + ")"
			}
		}
		r.list(items, manyLines, r.inJSON())
	}
	g := &grid{titles: []string{"note", "what", "about"}, right: "lll"}
	for _, f := range severe(r.c, finding.Note) {
		g.add(code(f.Code), words("%s", f.Message), words("%s", planner.Folded(f.Subjects, 3, f.Count)))
	}
	if len(g.rows) > 0 {
		r.para(strong("Notes"), words(", for the record:"))
	}
	r.table(g, manyLines, r.inJSON())
}

func findingsTitle(c *planner.Candidate) string { return "Findings about " + c.ID }

// assumptions are the values that mattered: those that nobody gave, then those
// that the policy gives.
func (r *review) assumptions() {
	r.heading(2, "Assumptions")
	g := &grid{titles: []string{"assumption", "value", "why"}, right: "lll"}
	given := &grid{titles: []string{"given in the policy", "value"}, right: "ll"}
	for _, a := range r.rec.Assumptions {
		switch {
		case !a.Matters:
		case a.Why == "given in the policy":
			given.add(words("%s", a.Name), words("%s", a.Value))
		case a.Why == "not given":
			g.add(words("%s", a.Name), words("%s", a.Value), "")
		default:
			g.add(words("%s", a.Name), words("%s", a.Value), words("%s", a.Why))
		}
	}
	if len(g.rows)+len(given.rows) == 0 {
		r.para(words("None that mattered."))
		return
	}
	if len(g.rows) > 0 {
		r.para(words("Values that nobody gave and that some figure or finding here rests on. Each can be set in the input."))
	}
	r.table(g, manyAssumptions, r.inJSON())
	r.table(given, manyAssumptions, r.inJSON())
}

const manyAssumptions = 80

// notConsidered says what the answer leaves out: of this plan first, then of every
// plan.
func (r *review) notConsidered() {
	r.heading(2, "What was not considered")
	var list []inline
	if ids := r.excluded(); len(ids) > 0 {
		list = append(list, words("Patterns that the policy excludes: %s.", strings.Join(ids, ", ")))
	}
	if r.rec.Candidate != nil && len(r.chosen.Exceptions) > 0 {
		var apps []string
		for _, x := range r.chosen.Exceptions {
			apps = append(apps, x.App)
		}
		list = append(list, words("The other door of %s: %s.", planner.Count(len(apps), "app"), planner.Folded(apps, 6, 0)))
	}
	if r.c != nil {
		if n := len(r.c.Monthly.Unknown); n > 0 {
			list = append(list, words("%s, listed with the bill.", planner.Count(n, "unknown amount")))
		}
	}
	if n := r.elsewhere(); n > 0 {
		list = append(list, words("%s to AWS services, the internet or other networks: walked, but neither identified on-premises nor billed.", planner.Count(n, "flow")))
	}
	if len(r.rec.Flips) == 0 {
		list = append(list, words("At which value of an input other than traffic the decision changes."))
	}
	for _, s := range always {
		list = append(list, words("%s", s))
	}
	r.list(list, len(list), "")
}

// elsewhere counts the flows that do not go on-premises.
func (r *review) elsewhere() int {
	n := 0
	for i := range r.plan.Apps {
		for _, f := range r.plan.Apps[i].Flows {
			if d := r.plan.Destination(f.To.V); d != nil && d.Kind.V != "on-premises" {
				n++
			}
		}
	}
	return n
}

// always is what no review considers; docs/model.md has it statement by
// statement.
var always = []string{
	"The account, cluster and network as they are: nothing was looked at but the input.",
	"Two faults at a time, and what happens to open connections when one strikes.",
	"Packet loss, latency, and the rules of firewalls beyond the rows listed here.",
	"IPv6; more than one VPC or cluster.",
	"Discounts, taxes, free allowances and support plans: prices are list prices unless a price book says otherwise.",
	"Whoever may change policies, routes, IAM or the admission rules: they can show any source.",
	"Mixtures: each pattern was worked out for the whole estate, less its exceptions.",
}
