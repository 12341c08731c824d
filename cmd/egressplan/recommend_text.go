package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"egressplan/planner"
	"egressplan/planner/finding"
)

// writeRecommendation tells the whole answer for people: the decision first,
// then what to fear, then the reasons in ever finer grain.
func writeRecommendation(p *page, rec *planner.Recommendation, paths []string) error {
	chosen := subject(rec)
	writeDecision(p, rec)
	writeWatchOut(p, chosen)
	if err := writeComparison(p, rec); err != nil {
		return err
	}
	writeWhyNot(p, rec)
	if err := writeFlips(p, rec.Flips); err != nil {
		return err
	}
	if rec.Candidate != nil {
		if err := writeBill(p, chosen); err != nil {
			return err
		}
		if err := writeCapacity(p, chosen); err != nil {
			return err
		}
		if err := writeAllowList(p, chosen); err != nil {
			return err
		}
	}
	if err := writeFindings(p, chosen); err != nil {
		return err
	}
	writeAssumptions(p, rec.Assumptions)
	writeUnknowns(p, chosen)
	writeNext(p, rec, paths)
	return nil
}

// subject is the candidate that the finer sections are about: the recommended
// one, or the nearest if there is none; nil if the answer names neither.
func subject(rec *planner.Recommendation) *planner.Candidate {
	id := ""
	switch {
	case rec.Candidate != nil:
		id = *rec.Candidate
	case rec.Nearest != nil:
		id = rec.Nearest.Candidate
	}
	for _, c := range rec.Candidates {
		if c.ID == id {
			return c
		}
	}
	return nil
}

func writeDecision(p *page, rec *planner.Recommendation) {
	if rec.Candidate == nil {
		p.title("No pattern is feasible.")
		if rec.Nearest == nil {
			p.para(rec.Summary)
			return
		}
		writeNearest(p, rec.Nearest)
		return
	}
	if c := subject(rec); c != nil {
		p.title(headline(c))
		p.para(runnerUp(rec, c))
		if len(c.Exceptions) > 0 {
			p.item("- ", exceptionsText(c.Exceptions))
		}
	}
	for _, c := range rec.Conditional {
		p.item("- ", conditionText(c))
	}
	for _, t := range rec.NearTies {
		p.item("- ", fmt.Sprintf("Near tie: %s is only %s USD a month dearer (%s %% of what differs).",
			t.Candidate, planner.Money(t.Difference), quantity(t.Percent)))
	}
	crossovers := slices.Clone(rec.Crossovers)
	slices.SortStableFunc(crossovers, func(a, b planner.Crossover) int { return a.At.Cmp(b.At) })
	for _, c := range crossovers {
		p.item("- ", crossoverText(c))
	}
}

// runnerUp says how far the next candidate is behind the winner.
func runnerUp(rec *planner.Recommendation, winner *planner.Candidate) string {
	for _, c := range rec.Candidates {
		if c.Status == planner.Feasible {
			return fmt.Sprintf("Next comes %s, %s USD a month dearer%s.", c.ID,
				planner.Money(c.Monthly.Decision.Sub(winner.Monthly.Decision)), unknownsAside(c, winner))
		}
	}
	return "It is the only pattern that meets every requirement."
}

// unknownsAside warns that a difference leaves something out.
func unknownsAside(a, b *planner.Candidate) string {
	return pick(len(a.Monthly.Unknown)+len(b.Monthly.Unknown) > 0, ", unknowns left out of both", "")
}

// crossoverText says from which traffic on another candidate would win.
func crossoverText(c planner.Crossover) string {
	text := fmt.Sprintf("From about %s GB a month", planner.Thousands(c.At.Round(0).String()))
	if c.From.IsPositive() {
		times := c.At.DivRound(c.From, 1)
		if times.GreaterThanOrEqual(decimal.NewFromInt(10)) {
			times = times.Round(0)
		}
		text += fmt.Sprintf(" (%s x today's %s)", planner.Thousands(times.String()), planner.Thousands(c.From.Round(0).String()))
	}
	return text + fmt.Sprintf(" %s would be cheaper, all else equal.", c.Candidate)
}

// headline names the winner and its price in one line.
func headline(c *planner.Candidate) string { return "Recommended: " + priced(c) }

// priced is a candidate with its price.
func priced(c *planner.Candidate) string {
	m := c.Monthly
	text := fmt.Sprintf("%s — %s a month billed", c.ID, atLeast(m, planner.Money(m.Total)+" "+m.Currency))
	if m.Decision.Equal(m.Total) {
		return text
	}
	return text + fmt.Sprintf(", %s%s with declared work", pick(len(m.Unknown) > 0, "at least ", ""), planner.Money(m.Decision))
}

// exceptionsText names the apps that cannot go the recommended way.
func exceptionsText(list []planner.Exception) string {
	var apps []string
	for _, e := range list {
		apps = append(apps, fmt.Sprintf("%s [%s]", e.App, e.Code))
	}
	verb := "cannot go this way and need another"
	if len(list) == 1 {
		verb = "cannot go this way and needs another"
	}
	return fmt.Sprintf("%s %s: %s.", count(len(list), "app"), verb, folded(apps, 3, 0))
}

// atLeast marks an amount that leaves something out.
func atLeast(m planner.Monthly, amount string) string {
	if n := len(m.Unknown); n > 0 {
		return fmt.Sprintf("at least %s + unknown (%d)", amount, n)
	}
	return amount
}

func conditionText(c planner.Condition) string {
	text := fmt.Sprintf("Holds while %s stays at or below %s %s", c.Input, number(c.UpTo), c.Unit)
	if c.UpTo == "" {
		text = "Rests on " + c.Input
	}
	text = strings.TrimSpace(text)
	if c.To != "" {
		text += "; " + pick(c.UpTo == "", "otherwise ", "beyond that ") + c.To + " is better"
	}
	if c.Why != "" {
		text += ": " + c.Why
	}
	return text
}

func writeNearest(p *page, n *planner.Nearest) {
	if n == nil {
		return
	}
	p.para(fmt.Sprintf("Nearest: %s. What would admit it:", n.Candidate))
	for _, change := range n.Changes {
		p.item("- ", change)
	}
}

// topRisks is how many risks are said up front.
const topRisks = 3

// writeWatchOut says the first risks with what to do about them. Estate-wide
// ones come before those of single apps and flows.
func writeWatchOut(p *page, c *planner.Candidate) {
	risks := risksOf(c)
	if len(risks) == 0 {
		return
	}
	p.heading("Watch out")
	for _, f := range risks[:min(len(risks), topRisks)] {
		p.item("- ", findingText(f))
		if f.Fix != "" {
			p.item("  ", f.Fix)
		}
	}
}

func risksOf(c *planner.Candidate) []planner.FindingView {
	if c == nil {
		return nil
	}
	var risks []planner.FindingView
	for _, f := range c.Findings {
		if f.Severity == finding.Risk {
			risks = append(risks, f)
		}
	}
	slices.SortStableFunc(risks, func(a, b planner.FindingView) int { return cmp.Compare(reach(a.Scope), reach(b.Scope)) })
	return risks
}

// reach orders scopes, the widest first.
func reach(s finding.Scope) int {
	return slices.Index([]finding.Scope{finding.Estate, finding.App, finding.Flow}, s)
}

// findingText is a finding in one sentence: code, what, and whom it concerns.
func findingText(f planner.FindingView) string {
	text := fmt.Sprintf("[%s] %s", f.Code, f.Message)
	if len(f.Subjects) == 0 {
		return text
	}
	return strings.TrimSuffix(text, ".") + " (" + folded(f.Subjects, 3, f.Count) + ")."
}

// writeComparison sets the candidates side by side.
func writeComparison(p *page, rec *planner.Recommendation) error {
	if len(rec.Candidates) == 0 {
		return nil
	}
	p.heading("Side by side, USD a month")
	t := &table{columns: []column{
		{title: "#", right: true}, {title: "pattern"},
		{title: "billed", right: true, flex: 11}, {title: "operations", right: true, drop: 2}, {title: "one-off", right: true, drop: 3},
		{title: "decision", right: true, flex: 11}, {title: "per GB more", right: true, from: perGBWidth}, {title: "exceptions", right: true, drop: 1}, {title: "verdict", flex: 24},
	}}
	for _, c := range rec.Candidates {
		m := c.Monthly
		t.add(fmt.Sprint(c.Rank), c.ID, atLeast(m, planner.Money(m.Total)), planner.Money(m.Operations), planner.Money(m.OneOff),
			atLeast(m, planner.Money(m.Decision)), perGB(m), fmt.Sprint(len(c.Exceptions)), verdict(rec, c))
	}
	return p.table(t, "  ")
}

// perGBWidth is from how many columns on the price of more traffic is shown.
const perGBWidth = 110

// perGB is the price of a further GB of on-premises traffic, "" if unknown.
func perGB(m planner.Monthly) string {
	if !m.PerGB.Valid {
		return ""
	}
	return m.PerGB.Decimal.StringFixed(4)
}

// verdict is the status with its reason: the first blocker of a rejected
// candidate, for a feasible one how much dearer it is than the winner.
func verdict(rec *planner.Recommendation, c *planner.Candidate) string {
	switch c.Status {
	case planner.Recommended:
		return "recommended"
	case planner.Rejected:
		if list := blockers(c); len(list) > 0 {
			return fmt.Sprintf("rejected: [%s] %s", list[0].Code, list[0].Message)
		}
		return fmt.Sprintf("rejected: %s", count(len(c.Exceptions), "exception"))
	}
	winner := subject(rec)
	if winner == nil {
		return string(c.Status)
	}
	return "feasible, " + planner.Money(c.Monthly.Decision.Sub(winner.Monthly.Decision)) + " dearer" + unknownsAside(c, winner)
}

// blockers are a candidate's blockers, those that reject it outright first.
func blockers(c *planner.Candidate) []planner.FindingView {
	var list []planner.FindingView
	for _, f := range c.Findings {
		if f.Severity == finding.Blocker {
			list = append(list, f)
		}
	}
	slices.SortStableFunc(list, func(a, b planner.FindingView) int { return cmp.Compare(reach(a.Scope), reach(b.Scope)) })
	return list
}

// writeFlips says which values of the input would change the answer.
func writeFlips(p *page, flips []planner.Flip) error {
	if len(flips) == 0 {
		return nil
	}
	p.heading("What would change it")
	t := &table{columns: []column{{title: "input", flex: 24}, {title: "from", right: true}, {title: "at", right: true}, {title: "unit"}, {title: "to"}}}
	for _, f := range flips {
		t.add(f.Input, number(f.From), number(f.At), f.Unit, f.To)
	}
	return p.table(t, "  ")
}
