package planner

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"egressplan/cost"
	"egressplan/planner/finding"
	"egressplan/planner/inventory"
)

// Bill is what the candidates cost in a month, set against each other line by
// line. Candidate is the recommended one, nil where all are rejected; Against
// the one that Differences are differences to: the recommended one, or else the
// nearest.
type Bill struct {
	APIVersion  string           `json:"apiVersion"`
	Kind        string           `json:"kind"`
	Environment string           `json:"environment"`
	Candidate   *string          `json:"candidate"`
	Against     *string          `json:"against"`
	Conditional []Condition      `json:"conditional"`
	Candidates  []CandidateBill  `json:"candidates"` // by rank
	Differences []BillDifference `json:"differences"`
	Traffic     Traffic          `json:"traffic"`
	BreakEven   []BreakEven      `json:"breakEven"`
	NeverMeet   []NeverMeet      `json:"neverMeet"`
}

// CandidateBill is the bill of one candidate. Blockers are the codes that
// reject it; Waste is nil in patterns that share their nodes.
type CandidateBill struct {
	ID         string      `json:"id"`
	Pattern    string      `json:"pattern"`
	Status     Status      `json:"status"`
	Rank       int         `json:"rank"`
	Exceptions []Exception `json:"exceptions"`
	Blockers   []string    `json:"blockers"`
	Monthly    Monthly     `json:"monthly"`
	Waste      *Waste      `json:"waste,omitempty"`
}

// Waste is the part of the bill that dedicated nodes cost beyond the nodes that
// the same pods would need on shared ones: Nodes is Workload less Shared. It is
// in the bill already. Amount is null where the node has no known price.
type Waste struct {
	Item     string              `json:"item"`
	Workload int                 `json:"workload"`
	Shared   int                 `json:"shared"`
	Nodes    int                 `json:"nodes"`
	Amount   decimal.NullDecimal `json:"amount"`
	How      string              `json:"how"`
}

// Cost bills every candidate, or only the one of a pattern, and sets it against
// the recommended one. It is an error to ask for a pattern that the policy
// excludes.
func Cost(plan *inventory.Plan, patternID string) (*Bill, error) {
	e := evaluate(plan)
	e.rank()
	feasible := e.feasible()
	b := &Bill{APIVersion: APIVersion, Kind: "Bill", Environment: plan.Environment.Name, Conditional: []Condition{},
		Candidates: []CandidateBill{}, Differences: []BillDifference{}, BreakEven: []BreakEven{}, NeverMeet: []NeverMeet{}}
	if len(e.candidates) == 0 {
		return b, nil
	}
	against := e.candidates[0] // rejected ones are ranked by how near they are
	b.Against = &against.ID
	if len(feasible) > 0 {
		against.Status, b.Candidate = Recommended, &against.ID
		b.Conditional = append(b.Conditional, e.conditions(feasible)...)
	}
	shown := e.candidates
	if patternID != "" {
		shown = slices.DeleteFunc(slices.Clone(shown), func(c *Candidate) bool { return c.Pattern != patternID })
		if len(shown) == 0 {
			return nil, fmt.Errorf("the policy excludes pattern %q", patternID)
		}
	}
	for _, c := range shown {
		b.Candidates = append(b.Candidates, CandidateBill{ID: c.ID, Pattern: c.Pattern, Status: c.Status, Rank: c.Rank,
			Exceptions: c.Exceptions, Blockers: c.blockerCodes(), Monthly: c.Monthly, Waste: e.waste(c)})
		if c != against {
			b.Differences = append(b.Differences, difference(against, c))
		}
	}
	e.breakEvens(b, feasible, patternID)
	return b, nil
}

// blockerCodes are the codes that reject a candidate, those of the estate first,
// each once.
func (c *Candidate) blockerCodes() []string {
	codes := []string{}
	if c.Status != Rejected {
		return codes
	}
	for _, estate := range []bool{true, false} {
		for _, f := range c.Findings {
			if f.Severity == finding.Blocker && (f.Scope == finding.Estate) == estate && !slices.Contains(codes, f.Code) {
				codes = append(codes, f.Code)
			}
		}
	}
	return codes
}

// waste is what the candidate's dedicated nodes cost beyond shared ones. It is a
// difference of two bills, so that it also holds where nodes are priced in tiers.
func (e *evaluation) waste(c *Candidate) *Waste {
	w := c.work
	if !w.dedicated() {
		return nil
	}
	n := w.nodeCounts()
	out := &Waste{Item: "ec2-hour:" + w.nodeType.Type, Workload: n.nodes, Shared: n.shared, Nodes: max(0, n.nodes-n.shared)}
	bill := func(nodes int) cost.Bill {
		u := hours(w, out.Item, nodes, "node")
		u.How = fmt.Sprintf("(%d nodes - %d if shared) x %s h", out.Workload, out.Shared, w.assumption("hoursPerMonth"))
		return e.book.Bill(e.plan.Environment.Region.V, []cost.Usage{u})
	}
	all, beyond := bill(out.Shared+out.Nodes), bill(out.Nodes)
	if out.Nodes == 0 {
		out.Amount, out.How = decimal.NewNullDecimal(decimal.Zero), "no more nodes than shared ones would be"
		return out
	}
	if len(all.Unknown) > 0 {
		out.How = all.Unknown[0].Why
		return out
	}
	amount := all.Total.Sub(bill(out.Shared).Total)
	out.Amount = decimal.NewNullDecimal(amount)
	if out.How = beyond.Lines[0].How; !amount.Equal(beyond.Total) {
		out.How = fmt.Sprintf("(%d nodes - %d if shared), the last ones of a price in tiers", out.Workload, out.Shared)
	}
	return out
}
