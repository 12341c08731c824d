package main

import (
	"fmt"
	"regexp"
	"strings"

	"egressplan/planner"
	"egressplan/planner/finding"
)

// writeBill shows the winner's arithmetic: what is billed, then declared work,
// then the sums.
func writeBill(p *page, c *planner.Candidate) error {
	m := c.Monthly
	p.heading(fmt.Sprintf("The bill of %s, %s a month", c.ID, m.Currency))
	t := &table{columns: []column{
		{title: "item"}, {title: "quantity", right: true}, {title: "unit"}, {title: "unit price", right: true},
		{title: "amount", right: true}, {title: "how", flex: 30, drop: 1},
	}}
	for _, l := range m.Lines {
		t.add(l.Item, quantity(l.Quantity), l.Unit, unitPrice(l.UnitPrice), planner.Money(l.Amount), l.How)
	}
	if err := p.table(t, "  "); err != nil {
		return err
	}
	if err := writeWork(p, m.Work); err != nil {
		return err
	}
	return writeSums(p, m)
}

func writeSums(p *page, m planner.Monthly) error {
	missing := ""
	if n := len(m.Unknown); n > 0 {
		missing = fmt.Sprintf("at least; + unknown (%d)", n)
	}
	t := &table{columns: []column{{title: "sum"}, {title: "amount", right: true}, {title: ""}}}
	t.add("billed (total)", planner.Money(m.Total), missing)
	t.add("+ operations", planner.Money(m.Operations), "")
	t.add("+ one-off, spread over its months", planner.Money(m.OneOff), "")
	t.add("= decision", planner.Money(m.Decision), missing)
	fmt.Fprintln(p.w)
	return p.table(t, "  ")
}

func writeWork(p *page, work []planner.WorkLine) error {
	if len(work) == 0 {
		return nil
	}
	t := &table{columns: []column{
		{title: "declared work", flex: 24}, {title: "hours", right: true}, {title: "", flex: 7}, {title: "amount", right: true}, {title: "how", flex: 30, drop: 1},
	}}
	for _, l := range work {
		when := "a month"
		if l.OneOff {
			when = "once"
		}
		t.add(l.What, quantity(l.Hours), when, planner.Money(l.Amount), l.How)
	}
	fmt.Fprintln(p.w)
	return p.table(t, "  ")
}

// writeFindings lists what was noticed about the candidate, blockers of single
// apps first.
func writeFindings(p *page, c *planner.Candidate) error {
	if c == nil || len(c.Findings) == 0 {
		return nil
	}
	p.heading("Findings of " + c.ID)
	t := &table{columns: []column{{title: "severity"}, {title: "code", flex: 16}, {title: "what", flex: 30}, {title: "about", flex: 24, drop: 1}}}
	for _, severity := range []finding.Severity{finding.Blocker, finding.Risk, finding.Note} {
		for _, f := range c.Findings {
			if f.Severity == severity {
				t.add(string(f.Severity), f.Code, f.Message, folded(f.Subjects, 3, f.Count))
			}
		}
	}
	return p.table(t, "  ")
}

// writeAssumptions names, in one paragraph, the values that mattered and that
// nobody gave.
func writeAssumptions(p *page, list []planner.Assumption) {
	var parts []string
	for _, a := range list {
		if !a.Matters || a.Why == givenInPolicy {
			continue
		}
		text := a.Name + " = " + a.Value
		if a.Why != notGiven {
			text += " (" + a.Why + ")"
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return
	}
	p.heading("Assumptions that mattered, none of them given")
	p.item("  ", strings.Join(parts, "; "))
}

// Why an assumption has its value, as the planner words it.
const (
	notGiven      = "not given"
	givenInPolicy = "given in the policy"
)

func writeUnknowns(p *page, c *planner.Candidate) {
	if c == nil || len(c.Monthly.Unknown) == 0 {
		return
	}
	p.heading("Unknown, and left out of the sums of " + c.ID)
	for _, u := range c.Monthly.Unknown {
		p.item("  - ", fmt.Sprintf("%s: %s", u.Item, u.Why))
	}
}

// plainWord is what a shell takes as it is.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./][A-Za-z0-9_./-]*$`)

// writeNext names the commands to go on with, ready to paste where the paths
// are plain.
func writeNext(p *page, rec *planner.Recommendation, paths []string) {
	args := pasteable(paths)
	fmt.Fprintln(p.w)
	if rec.Candidate == nil {
		p.para(fmt.Sprintf("Next: egressplan cidr --pattern P %s (what does not fit), egressplan simulate --pattern P %s (where packets end)", args, args))
		return
	}
	p.para(fmt.Sprintf("Next: egressplan cidr %s (the address plan), egressplan simulate %s (every path, hop by hop)", args, args))
}
