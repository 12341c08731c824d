package review

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"egressplan/planner"
	"egressplan/planner/finding"
)

// comparison sets the patterns side by side, and says of each what to fear and,
// unless it won, why it did not.
func (r *review) comparison() {
	if len(r.rec.Candidates) == 0 {
		return
	}
	r.heading(2, "The patterns compared")
	r.para(words("%s a month. Billed is what AWS and licences charge; operations and one-off are declared work, the latter spread over its months; the decision is the sum of the three.", r.rec.Candidates[0].Monthly.Currency))
	g := &grid{titles: []string{"pattern", "status", "billed", "operations", "one-off", "decision", "per GB more", "exceptions", "firewall entries", "nodes"}, right: "llrrrrrrrr"}
	for _, c := range r.rec.Candidates {
		m := c.Monthly
		perGB := ""
		if m.PerGB.Valid {
			perGB = m.PerGB.Decimal.StringFixed(4)
		}
		entries, _ := heldBy(c)
		g.add(code(c.ID), words("%s", string(c.Status)), words("%s", amount(m, m.Total)), words("%s", planner.Money(m.Operations)), words("%s", planner.Money(m.OneOff)),
			words("%s", amount(m, m.Decision)), words("%s", perGB), words("%d", len(c.Exceptions)), words("%s", planner.Thousands(fmt.Sprint(entries))), words("%d", m.Nodes.Workload+m.Nodes.Gateways))
	}
	r.table(g, len(g.rows), "")
	if list := r.excluded(); len(list) > 0 {
		r.para(words("Excluded by the policy, and not worked out: %s.", strings.Join(list, ", ")))
	}
	for _, c := range r.rec.Candidates {
		r.one(c)
	}
}

// one is a pattern's part of the comparison.
func (r *review) one(c *planner.Candidate) {
	r.heading(3, "%s", patternTitle(c))
	r.para(words("%s", r.standing(c)))
	if blockers := severe(c, finding.Blocker); len(blockers) > 0 {
		if c.Status == planner.Rejected {
			r.para(strong("Why not"))
		} else {
			r.para(strong("What it cannot carry"))
		}
		r.list(findingItems(blockers), manyLines, r.everything())
	}
	switch risks := severe(c, finding.Risk); {
	case len(risks) == 0:
		r.para(words("No risk was found."))
	case c.Status == planner.Recommended:
		r.para(words("Its main risks stand with the "), link("decision", "Decision"), words("."))
	default:
		r.para(strong("Main risks"))
		r.list(findingItems(risks), topRisks, r.everything())
	}
}

// patternTitle is the heading of a pattern's part of the comparison.
func patternTitle(c *planner.Candidate) string { return c.ID + ": " + string(c.Status) }

// everything is the command that has all candidates in full.
func (r *review) everything() string {
	return "egressplan recommend -o json --detail all " + r.paths
}

// standing is where a candidate stands and what it runs on.
func (r *review) standing(c *planner.Candidate) string {
	var text string
	switch {
	case c.Status == planner.Recommended:
		text = "The lowest decision of the patterns that meet every requirement."
	case c.Status == planner.Rejected:
		text = "Out: " + sentence(r.rejection(c))
	default:
		text = fmt.Sprintf("Why not: %s %s a month dearer than %s%s: %s.", planner.Money(c.Monthly.Decision.Sub(r.chosen.Monthly.Decision)), c.Monthly.Currency, r.chosen.ID,
			aside(c, r.chosen), planner.DifferencesText(r.chosen.Monthly, c.Monthly))
	}
	n := c.Monthly.Nodes
	text += fmt.Sprintf(" It runs %s for the apps", planner.Count(n.Workload, "node"))
	if n.Dedicated > 0 {
		text += fmt.Sprintf(", %d of them bound to one source group each, where shared ones would be %d", n.Dedicated, n.Shared)
	}
	if n.Gateways > 0 {
		text += fmt.Sprintf(", and %s for egress", planner.Count(n.Gateways, "node"))
	}
	return text + "."
}

// flips is what the decision rests on, and what would change it.
func (r *review) flips() {
	if r.rec.Candidate == nil {
		return
	}
	r.heading(2, "What would change the decision")
	var list []inline
	for _, c := range r.rec.Conditional {
		list = append(list, words("%s", conditionText(c)))
	}
	for _, t := range r.rec.NearTies {
		list = append(list, words("Near tie: %s is only %s %s a month dearer (%s %% of what differs).", t.Candidate, planner.Money(t.Difference), r.chosen.Monthly.Currency, planner.Quantity(t.Percent)))
	}
	for _, c := range r.rec.Crossovers {
		text := fmt.Sprintf("From about %s GB a month", planner.Thousands(c.At.Round(0).String()))
		if c.From.IsPositive() {
			text += fmt.Sprintf(", where %s are given today,", planner.Thousands(c.From.Round(0).String()))
		}
		list = append(list, words("%s %s would be cheaper, if every volume grew alike and all else stayed.", text, c.Candidate))
	}
	g := &grid{titles: []string{"input", "today", "changes at", "unit", "to"}, right: "lrrll"}
	for _, f := range r.rec.Flips {
		g.add(words("%s", f.Input), words("%s", f.From), words("%s", f.At), words("%s", f.Unit), code(f.To))
	}
	if len(list)+len(g.rows) == 0 {
		r.para(words("%s", r.settled()))
	}
	r.list(list, manyLines, r.inJSON())
	r.table(g, manyLines, r.inJSON())
}

// settled says why nothing is listed.
func (r *review) settled() string {
	for _, c := range r.rec.Candidates {
		if c.Status == planner.Feasible {
			return "Nothing that was tried: volumes that are missing or given as ranges, and all traffic growing alike. No other pattern is nearly as cheap. Other inputs were not tried."
		}
	}
	return "Nothing in money: no other pattern meets every requirement. What would admit another one is said with it above."
}

func conditionText(c planner.Condition) string {
	text := "Rests on " + c.Input
	if c.UpTo != "" {
		text = strings.TrimSpace(fmt.Sprintf("Holds while %s stays at or below %s %s", c.Input, decimalText(c.UpTo), c.Unit))
	}
	switch {
	case c.To != "" && c.UpTo == "":
		text += "; otherwise " + c.To + " is better"
	case c.To != "":
		text += "; beyond that " + c.To + " is better"
	}
	if c.Why != "" {
		text += ": " + c.Why
	}
	return sentence(text)
}

// decimalText shows a decimal number for people, and any other text as it is.
func decimalText(s string) string {
	if d, err := decimal.NewFromString(s); err == nil {
		return planner.Quantity(d)
	}
	return s
}
