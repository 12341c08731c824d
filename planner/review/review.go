package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"egressplan/planner"
	"egressplan/planner/inventory"
)

// Options choose what a review is about.
type Options struct {
	// Pattern is the pattern that the finer sections are about; "" for the
	// recommended one, or the nearest where no pattern is feasible.
	Pattern string
	// Paths is the input as a shell takes it, for the commands that the document
	// names; "" for "PATH...".
	Paths string
}

// TitlePrefix is how every review begins; what does not begin with it was not
// written here.
const TitlePrefix = "# Architecture review: egress of "

// Markdown writes the review of a plan. It says whether a pattern is feasible;
// where none is, the document says so first, and the finer sections are about
// the nearest one. The error is about a pattern that the policy excludes.
func Markdown(plan *inventory.Plan, o Options) (document string, feasible bool, err error) {
	r := &review{plan: plan, rec: planner.Recommend(plan), paths: o.Paths}
	if r.paths == "" {
		r.paths = "PATH..."
	}
	r.chosen = r.candidate(r.usual())
	r.c = r.chosen
	if o.Pattern != "" {
		if r.c = r.candidate(o.Pattern); r.c == nil {
			return "", false, fmt.Errorf("the policy excludes pattern %q", o.Pattern)
		}
	}
	if r.c != nil {
		r.c.Complete()
	}
	for _, section := range []func(){
		r.decision, r.asked, r.comparison, r.flips, r.ways, r.addresses, r.bill, r.allowLists, r.whoElse, r.faults, r.findings, r.assumptions, r.notConsidered,
	} {
		section()
	}
	return r.front() + r.b.String(), r.rec.Candidate != nil, nil
}

// review is what its sections are about.
type review struct {
	page
	plan    *inventory.Plan
	rec     *planner.Recommendation
	chosen  *planner.Candidate // recommended, or the nearest; nil if the policy excludes all
	c       *planner.Candidate // the finer sections' subject; chosen unless another was asked for
	paths   string
	healthy *overview // the subject's, once its ways are drawn
}

// usual is the pattern that commands show without being asked for one.
func (r *review) usual() string {
	switch {
	case r.rec.Candidate != nil:
		return *r.rec.Candidate
	case r.rec.Nearest != nil:
		return r.rec.Nearest.Candidate
	}
	return ""
}

func (r *review) candidate(id string) *planner.Candidate {
	i := slices.IndexFunc(r.rec.Candidates, func(c *planner.Candidate) bool { return c.ID == id })
	if i < 0 {
		return nil
	}
	return r.rec.Candidates[i]
}

// command is a command line that shows more of the subject.
func (r *review) command(words string) string {
	if r.c != nil && r.c.ID != r.usual() {
		words += " --pattern " + r.c.ID
	}
	return "egressplan " + words + " " + r.paths
}

// inJSON is the command that has everything about the subject.
func (r *review) inJSON() string {
	if r.c != nil && r.c.Status != planner.Recommended {
		return "egressplan recommend -o json --detail all " + r.paths
	}
	return "egressplan recommend -o json " + r.paths
}

// environment is the plan's name, as it is said.
func (r *review) environment() string {
	if r.rec.Environment == "" {
		return "an environment without a name"
	}
	return r.rec.Environment
}

// front is what stands before the first section: the answer, what it was worked
// out from, and the contents.
func (r *review) front() string {
	var p page
	p.b.WriteString(TitlePrefix + Text(r.environment()) + "\n")
	switch {
	case r.rec.Candidate == nil:
		p.para(strong("No pattern is feasible."), words(" %s", r.rec.Summary))
	default:
		m := r.chosen.Monthly
		p.para(strong("Recommended: %s", r.chosen.ID), words(", %s %s a month billed, %s with declared work.", amount(m, m.Total), m.Currency, amount(m, m.Decision)))
	}
	p.para(words("%s", r.scope()))
	if r.c != r.chosen {
		p.para(words("As asked for, the sections on addresses, bill, allow-lists, who else, faults and findings are about %s, which is not what is recommended.", r.c.ID))
	}
	p.b.WriteString("\n## Contents\n\n" + r.toc())
	return p.b.String()
}

// scope says what the document was worked out from.
func (r *review) scope() string {
	e := &r.plan.Environment
	zones := make([]string, len(e.Zones))
	for i, z := range e.Zones {
		zones[i] = z.V
	}
	flows := 0
	for i := range r.plan.Apps {
		for _, f := range r.plan.Apps[i].Flows {
			if d := r.plan.Destination(f.To.V); d != nil && d.Kind.V == inventory.KindOnPremises {
				flows++
			}
		}
	}
	text := fmt.Sprintf("Worked out from the input alone, without a look at any account, cluster or network: %s with %s to on-premises, %s; region %s, zones %s.",
		planner.Count(len(r.plan.Apps), "app"), planner.Count(flows, "flow"), planner.Count(len(r.plan.Firewalls), "firewall"), e.Region.V, strings.Join(zones, ", "))
	if from, to := r.priceDates(); from != "" {
		text += " Prices are as of " + from
		if to != from {
			text += " to " + to
		}
		text += "."
	}
	return text
}

// priceDates are the earliest and the latest date of the prices that some bill
// uses.
func (r *review) priceDates() (from, to string) {
	used := map[string]bool{}
	for _, c := range r.rec.Candidates {
		for _, l := range c.Monthly.Lines {
			used[l.Item] = true
		}
	}
	for _, p := range r.plan.PriceBook.Prices {
		if !used[p.Item] || p.AsOf == "" || p.Region != "*" && p.Region != r.plan.Environment.Region.V {
			continue
		}
		if from == "" || p.AsOf < from {
			from = p.AsOf
		}
		to = max(to, p.AsOf)
	}
	return from, to
}

// amount is a sum of a month; "at least" where it leaves something out.
func amount(m planner.Monthly, d decimal.Decimal) string {
	if n := len(m.Unknown); n > 0 {
		return fmt.Sprintf("at least %s + unknown (%d)", planner.Money(d), n)
	}
	return planner.Money(d)
}
