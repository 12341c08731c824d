package planner

import (
	"cmp"
	"slices"
	"sync"

	"github.com/shopspring/decimal"

	"egressplan/cost"
	"egressplan/planner/finding"
	"egressplan/planner/inventory"
)

// patterns are the ways out that are compared, in their documented order. A
// fifth is another entry here and another file beside the others.
var patterns = []pattern{subnetPattern{}, natPattern{}, ciliumPattern{}, istioPattern{}}

// evaluation is every candidate worked out for one plan.
type evaluation struct {
	plan       *inventory.Plan
	index      *flowIndex // of the plan, nil until it is needed
	book       *cost.Book
	candidates []*Candidate
}

// evaluate works out every pattern the policy does not exclude.
func evaluate(plan *inventory.Plan) *evaluation {
	e := &evaluation{plan: plan, book: bookOf(plan)}
	e.index = indexFlows(plan)
	list := e.admissible()
	e.candidates = make([]*Candidate, len(list))
	var all sync.WaitGroup
	for i, p := range list { // they share nothing but the plan, which nobody changes
		all.Go(func() { e.candidates[i] = e.candidate(p) })
	}
	all.Wait()
	return e
}

// admissible are the patterns that the policy does not exclude.
func (e *evaluation) admissible() []pattern {
	return slices.DeleteFunc(slices.Clone(patterns), func(p pattern) bool {
		return slices.ContainsFunc(e.plan.Policy.Exclude, func(v inventory.Value[string]) bool { return v.V == p.id() })
	})
}

// bookOf translates the plan's price book.
func bookOf(plan *inventory.Plan) *cost.Book {
	prices := make([]cost.Price, 0, len(plan.PriceBook.Prices))
	for _, p := range plan.PriceBook.Prices {
		c := cost.Price{Region: p.Region, Item: p.Item, Unit: p.Unit, Price: p.Price, Source: p.Source, AsOf: p.AsOf, Confidence: p.Confidence}
		for _, t := range p.Tiers {
			c.Tiers = append(c.Tiers, cost.Tier{UpTo: t.UpTo, Price: t.Price})
		}
		prices = append(prices, c)
	}
	return cost.NewBook(plan.PriceBook.Currency, prices)
}

// candidate works a pattern out. Apps it cannot carry become exceptions: the
// plan is then made again without them, as long as there are not more than the
// policy allows; a rejected candidate is shown with everybody in it.
func (e *evaluation) candidate(p pattern) *Candidate {
	all := e.newWork(p, nil)
	all.run()
	all.judge()
	out := all.exceptions()
	if e.tooMany(len(out)) {
		e.explainExceptions(all, out)
	}
	if len(out) == 0 || e.tooMany(len(out)) {
		return e.assemble(all, out)
	}
	kept := all.blockersOf(out)
	for {
		w := e.newWork(p, out)
		w.run()
		w.judge()
		more := w.exceptions()
		fresh := w.blockersOf(more)
		w.found = append(w.found, kept...)
		kept = append(kept, fresh...)
		known := len(out)
		for k, v := range more {
			out[k] = v
		}
		if e.tooMany(len(out)) {
			return e.assemble(all, out)
		}
		if len(out) == known {
			return e.assemble(w, out)
		}
	}
}

func (e *evaluation) newWork(p pattern, excluded map[string]string) *work {
	if e.index == nil {
		e.index = indexFlows(e.plan)
	}
	return newWorkOf(e.plan, e.index, p, excluded)
}

// tooMany reports whether a candidate that leaves out so many apps is none: they
// are more than the policy allows, or all that want out.
func (e *evaluation) tooMany(out int) bool {
	return out > e.plan.Policy.MaxExceptions.V || out > 0 && out == wantOut(e.plan)
}

// wantOut counts the apps with flows.
func wantOut(plan *inventory.Plan) int {
	n := 0
	for i := range plan.Apps {
		if len(plan.Apps[i].Flows) > 0 {
			n++
		}
	}
	return n
}

// explainExceptions says of each blocker of the estate whether it would be gone
// if the apps with blockers of their own were left out.
func (e *evaluation) explainExceptions(all *work, out map[string]string) {
	if !all.blocked() || len(out) == len(all.apps) {
		return // without anybody everything is gone
	}
	without := e.newWork(all.pattern, out)
	without.run()
	without.judge()
	left := map[string]bool{}
	for _, f := range without.found {
		if f.Severity == finding.Blocker && f.Scope == finding.Estate {
			left[f.Code] = true
		}
	}
	for i := range all.found {
		if f := &all.found[i]; f.Severity == finding.Blocker && f.Scope == finding.Estate && !left[f.Code] {
			f.Message += "; gone once " + plural(len(out), "app") + " with blockers of their own are left out"
			f.Scope = finding.App // judged by its apps: it alone rejects nothing
			f.Subjects = sortedKeys(out)
		}
	}
}

// judge applies the policy to the findings: rejected codes become blockers,
// accepted ones notes.
func (w *work) judge() {
	has := func(list []inventory.Value[string], code string) bool {
		return slices.ContainsFunc(list, func(v inventory.Value[string]) bool { return v.V == code })
	}
	for i := range w.found {
		switch f := &w.found[i]; {
		case has(w.plan.Policy.Reject, f.Code):
			f.Severity = finding.Blocker
		case has(w.plan.Policy.Accept, f.Code):
			f.Severity = finding.Note
		}
	}
}

// exceptions are the apps that a blocker of their own keeps out, with its code.
func (w *work) exceptions() map[string]string {
	out := map[string]string{}
	for _, f := range w.found {
		if f.Severity != finding.Blocker || f.Scope == finding.Estate {
			continue
		}
		for _, s := range f.Subjects {
			app := appOf(s)
			if _, there := out[app]; !there {
				out[app] = f.Code
			}
		}
	}
	return out
}

// blockersOf are the blockers that keep some apps out: they are why the
// exceptions exist, and are told with the plan that is made without them.
func (w *work) blockersOf(out map[string]string) []finding.Finding {
	var list []finding.Finding
	for _, f := range w.found {
		if f.Severity != finding.Blocker || f.Scope == finding.Estate {
			continue
		}
		if _, left := out[appOf(f.Subjects[0])]; left {
			list = append(list, f)
		}
	}
	return list
}

// assemble puts a worked-out candidate into the form of the contract.
func (e *evaluation) assemble(w *work, out map[string]string) *Candidate {
	c := &Candidate{ID: w.pattern.id(), Pattern: w.pattern.id(), Parts: []string{}, Status: Feasible, Exceptions: []Exception{}, work: w}
	for _, app := range sortedKeys(out) {
		c.Exceptions = append(c.Exceptions, Exception{App: app, Code: out[app]})
	}
	if e.tooMany(len(out)) || w.blocked() {
		c.Status = Rejected
	}
	c.Monthly = e.monthly(w, decimal.Zero, c.Status != Rejected && len(out) > 0, len(out))
	c.Monthly.PerGB = e.perGB(w, c.Monthly.Total)
	e.sayRange(c)
	c.VPCCIDRs = w.vpcView()
	for _, b := range w.layout.sorted() {
		c.Allocations = append(c.Allocations, b.view())
	}
	c.Sources = w.sourceRows()
	c.AllowList = w.rows
	slices.SortStableFunc(w.found, func(a, b finding.Finding) int {
		return cmp.Or(cmp.Compare(severityRank(a.Severity), severityRank(b.Severity)),
			cmp.Compare(finding.Prominence(a.Code), finding.Prominence(b.Code)), cmp.Compare(a.Code, b.Code),
			slices.Compare(a.Subjects, b.Subjects), cmp.Compare(a.Message, b.Message))
	})
	for _, f := range w.found {
		c.Findings = append(c.Findings, FindingView{Code: f.Code, Severity: f.Severity, Scope: f.Scope, Subjects: f.Subjects,
			Count: max(1, len(f.Subjects)), Message: f.Message, Fix: f.Fix, At: f.At.String(), Source: f.Source})
	}
	return c
}

// blocked reports whether something of estate scope rejects the candidate.
func (w *work) blocked() bool {
	return slices.ContainsFunc(w.found, func(f finding.Finding) bool { return f.Severity == finding.Blocker && f.Scope == finding.Estate })
}

func severityRank(s finding.Severity) int {
	return slices.Index([]finding.Severity{finding.Blocker, finding.Risk, finding.Note}, s)
}

// monthly bills a candidate. fill stands in for every volume nobody gave; with
// doors, the other doors of the exceptions are named as an unknown.
func (e *evaluation) monthly(w *work, fill decimal.Decimal, doors bool, n int) Monthly {
	bill := e.book.Bill(e.plan.Environment.Region.V, w.usages(fill))
	m := Monthly{Currency: bill.Currency, Total: bill.Total, Unknown: []Unknown{}, Lines: []Line{}, Work: []WorkLine{}}
	for _, l := range bill.Lines {
		m.Lines = append(m.Lines, Line{Item: l.Item, Quantity: l.Quantity, Unit: l.Unit, UnitPrice: l.UnitPrice, Amount: l.Amount, How: l.How, Source: l.Source})
	}
	for _, u := range bill.Unknown {
		m.Unknown = append(m.Unknown, Unknown{Item: u.Item, Why: u.Why})
	}
	if doors {
		m.Unknown = append(m.Unknown, Unknown{Item: exceptionDoors, Why: "the other door of " + plural(n, "app") + " left out is not priced"})
	}
	work, operations, oneOff := w.monthlyWork()
	m.Work = append(m.Work, work...)
	m.Operations, m.OneOff = operations, oneOff
	m.Decision = m.Total.Add(operations).Add(oneOff)
	count := w.nodeCounts()
	m.Nodes = NodeCount{Workload: count.nodes, Dedicated: count.bound, Shared: count.shared, Gateways: w.gatewayNodes()}
	return m
}

// exceptionDoors is the unknown item for what exceptions cost elsewhere.
const exceptionDoors = "exceptions"

// gatewayNodes are the EC2 nodes that only carry egress.
func (w *work) gatewayNodes() int {
	switch s := w.story.(type) {
	case *ciliumStory:
		return s.gateways
	case *istioStory:
		return s.gateways
	}
	return 0
}

// vpcView lists the VPC's blocks: existing, then new in the order in which to
// associate them.
func (w *work) vpcView() []VPCCIDR {
	var list []VPCCIDR
	for _, c := range w.env.VPC.CIDRs {
		list = append(list, VPCCIDR{CIDR: c.CIDR.V.String()})
	}
	for _, r := range w.layout.ranges.New {
		list = append(list, VPCCIDR{CIDR: r.Block.String(), Pool: r.Pool, New: true, Rule: r.Association.Rule})
	}
	return list
}
