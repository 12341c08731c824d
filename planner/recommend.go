// Package planner turns a validated plan into a decision. For each of the four
// patterns it works out an address plan, a network that packets are walked
// through, a bill and findings; then it recommends one.
//
//	inventory.Plan ──> demands ──> cidr.Allocate ──> layout
//	                                                  │
//	                 sources ──> allow-list           ├─> network ──> sim walks
//	                                │                 └─> usage ──> cost.Bill
//	                                └── firewalls of the network
//
// It is a pure function of the plan: no network, clock, randomness or state.
package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"egressplan/planner/finding"
	"egressplan/planner/inventory"
)

// Recommend works out every candidate and recommends one: among those that no
// blocker rejects the lowest decision wins (bill, declared work and one-off
// work together). Nothing is weighed but money; risks are said, not scored.
func Recommend(plan *inventory.Plan) *Recommendation {
	e := evaluate(plan)
	r := &Recommendation{APIVersion: APIVersion, Kind: "Recommendation", Environment: plan.Environment.Name,
		Candidates: e.rank(), Conditional: []Condition{}, NearTies: []NearTie{}, Crossovers: []Crossover{}, Flips: []Flip{}}
	feasible := e.feasible()
	if len(feasible) == 0 {
		r.Nearest = e.nearest()
		r.Summary = e.rejectedSummary(r.Nearest)
	} else {
		best := feasible[0]
		best.Status = Recommended
		best.Complete()
		r.Candidate, r.Pattern = &best.ID, &best.Pattern
		r.Conditional = append(r.Conditional, e.conditions(feasible)...)
		r.NearTies = append(r.NearTies, nearTies(plan, feasible)...)
		r.Crossovers = append(r.Crossovers, crossovers(feasible)...)
		r.Summary = e.summary(feasible)
	}
	r.Assumptions = e.assumptions()
	return r
}

// rank orders the candidates: feasible ones by decision, then rejected ones by
// how much keeps them out; what is equal in the documented order of the patterns.
func (e *evaluation) rank() []*Candidate {
	list, held := slices.Clone(e.candidates), e.heldBack()
	slices.SortStableFunc(list, func(a, b *Candidate) int {
		if (a.Status == Rejected) != (b.Status == Rejected) {
			if a.Status == Rejected {
				return 1
			}
			return -1
		}
		if a.Status == Rejected {
			if c := cmp.Or(cmp.Compare(a.distance(), b.distance()), cmp.Compare(rank(held[a]), rank(held[b]))); c != 0 {
				return c
			}
		}
		return a.Monthly.Decision.Cmp(b.Monthly.Decision)
	})
	for i, c := range list {
		c.Rank = i + 1
	}
	e.candidates = list
	return list
}

// feasible are the candidates nothing rejects, best first.
func (e *evaluation) feasible() []*Candidate {
	var list []*Candidate
	for _, c := range e.candidates {
		if c.Status != Rejected {
			list = append(list, c)
		}
	}
	return list
}

// distance says how much keeps a candidate from being admitted, counted in
// changes: each app that needs another door is one, and each blocker of the whole
// estate; those that ask for another range or a longer list count two, since they
// may be had for the asking, the others more than any estate's apps. What is equal
// goes by how many different blockers there are.
func (c *Candidate) distance() int {
	changes, codes := len(c.Exceptions), map[string]bool{}
	for _, f := range c.Findings {
		if f.Severity != finding.Blocker {
			continue
		}
		if codes[f.Code] = true; f.Scope != finding.Estate {
			continue
		}
		if f.Code == "no-space" || f.Code == "allow-list-too-long" {
			changes += 2
		} else {
			changes += 100_000
		}
	}
	return changes*1_000 + len(codes)
}

// heldBack are the rejected candidates that would fit with what the plan itself
// holds back: blocks of the lock that nobody asks for, and what pools keep free.
// Nobody else has to give anything for them, so of candidates that equally many
// changes would admit they are nearer. It matters only where all are rejected.
func (e *evaluation) heldBack() map[*Candidate]bool {
	found := map[*Candidate]bool{}
	if len(e.feasible()) > 0 {
		return found
	}
	for _, c := range e.candidates {
		if len(c.work.layout.unmet) > 0 {
			t := &trial{w: c.work}
			t.reclaim()
			t.keepNothingFree()
			found[c] = len(t.found) > 0
		}
	}
	return found
}

// nearest is the rejected candidate that needs the least to be admitted.
func (e *evaluation) nearest() *Nearest {
	if len(e.candidates) == 0 {
		return nil
	}
	best := e.candidates[0]
	n := &Nearest{Candidate: best.ID, Changes: []string{}}
	for _, f := range best.Findings {
		if f.Severity != finding.Blocker || f.Scope != finding.Estate {
			continue
		}
		fix := f.Fix
		if f.Code == "no-space" {
			fix = cmp.Or(best.work.moreRoom(), fix)
		}
		n.Changes = append(n.Changes, strings.TrimSuffix(f.Message, ".")+": "+fix)
	}
	k, codes := len(best.Exceptions), map[string]bool{}
	for _, x := range best.Exceptions {
		codes[x.Code] = true
	}
	switch {
	case k > 0 && k == wantOut(e.plan):
		n.Changes = append(n.Changes, fmt.Sprintf("it carries no app as things are: resolve %s", strings.Join(sortedKeys(codes), ", ")))
	case k > e.plan.Policy.MaxExceptions.V:
		n.Changes = append(n.Changes, fmt.Sprintf("set policy maxExceptions to %d and give %s another door (%s), or resolve %s", k, plural(k, "app"), someOf(appsOf(best.Exceptions)), strings.Join(sortedKeys(codes), ", ")))
	}
	return n
}

// moreRoom is the least intrusive change that was tried and makes the plan fit,
// in words; "" where none does.
func (w *work) moreRoom() string {
	for _, c := range w.smallestChanges() {
		if c.Change != "pattern" {
			return c.Detail
		}
	}
	return ""
}

// appsOf are the apps of some exceptions.
func appsOf(list []Exception) []string {
	var apps []string
	for _, x := range list {
		apps = append(apps, x.App)
	}
	return apps
}

func (e *evaluation) rejectedSummary(n *Nearest) string {
	if n == nil {
		return "The policy excludes all four patterns."
	}
	return fmt.Sprintf("No pattern meets every requirement; %s comes nearest.", n.Candidate)
}

// summary is one sentence a director can read.
func (e *evaluation) summary(feasible []*Candidate) string {
	best := feasible[0]
	s := fmt.Sprintf("Let the apps leave by %s: %s USD a month billed by AWS, %s with declared work", patternWords[best.Pattern],
		atLeast(best.Monthly, best.Monthly.Total), atLeast(best.Monthly, best.Monthly.Decision))
	if len(best.Exceptions) > 0 {
		s += fmt.Sprintf("; %s must go by another door", plural(len(best.Exceptions), "app"))
	}
	if len(feasible) == 1 {
		return s + "; it is the only pattern that meets every requirement."
	}
	next := feasible[1]
	return s + fmt.Sprintf("; %s would come to %s USD more.", next.Pattern, Money(next.Monthly.Decision.Sub(best.Monthly.Decision)))
}

// patternWords names the patterns for people.
var patternWords = map[string]string{
	"vpc-subnet-cidr":       "subnets of their own (vpc-subnet-cidr)",
	"private-nat-gateway":   "private NAT gateways (private-nat-gateway)",
	"cilium-egress-gateway": "Cilium's egress gateway (cilium-egress-gateway)",
	"istio-egress-gateway":  "Istio's egress gateway (istio-egress-gateway)",
}

func atLeast(m Monthly, d decimal.Decimal) string {
	if len(m.Unknown) > 0 {
		return "at least " + Money(d)
	}
	return Money(d)
}

// Money renders an amount for people: thousands separated, cents rounded half
// up.
func Money(d decimal.Decimal) string { return Thousands(d.StringFixed(2)) }

// Thousands puts a comma between groups of three digits of the integer part of a
// plain decimal number.
func Thousands(number string) string {
	sign := ""
	if strings.HasPrefix(number, "-") {
		sign, number = "-", number[1:]
	}
	whole, fraction, dotted := strings.Cut(number, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if dotted {
		fraction = "." + fraction
	}
	return sign + whole + fraction
}

// nearTies are candidates so close that the model should not decide alone:
// within nearTiePercent of the winner's decision less what is the same in both.
func nearTies(plan *inventory.Plan, feasible []*Candidate) []NearTie {
	best := feasible[0]
	limit := best.work.assumption("nearTiePercent")
	hundred := decimal.NewFromInt(100)
	var list []NearTie
	for _, c := range feasible[1:] {
		base := best.Monthly.Decision.Sub(identical(best.Monthly, c.Monthly))
		diff := c.Monthly.Decision.Sub(best.Monthly.Decision)
		if base.IsPositive() && diff.Mul(hundred).LessThanOrEqual(base.Mul(limit)) {
			list = append(list, NearTie{Candidate: c.ID, Difference: diff, Percent: diff.Mul(hundred).DivRound(base, 1)})
		}
	}
	return list
}

// identical sums the lines that are the same in both bills and works.
func identical(a, b Monthly) decimal.Decimal {
	sum := decimal.Zero
	for _, x := range a.Lines {
		for _, y := range b.Lines {
			if x.Item == y.Item && x.Amount.Equal(y.Amount) {
				sum = sum.Add(x.Amount)
			}
		}
	}
	for _, x := range a.Work {
		for _, y := range b.Work {
			if x.What == y.What && x.Amount.Equal(y.Amount) {
				sum = sum.Add(x.Amount)
			}
		}
	}
	return sum
}

// assumptions are all values nobody gave that some candidate used, by name.
func (e *evaluation) assumptions() []Assumption {
	all := map[string]Assumption{}
	for _, a := range defaulted(e.plan) {
		all[a.Name] = a
	}
	for _, c := range e.candidates {
		for name, a := range c.work.assumed {
			all[name] = a
		}
	}
	list := make([]Assumption, 0, len(all))
	for _, name := range sortedKeys(all) {
		list = append(list, all[name])
	}
	return list
}
