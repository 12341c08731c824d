package planner

import (
	"slices"
	"strings"

	"egressplan/planner/finding"
	"egressplan/planner/inventory"
)

// Detail is the recommendation as it is written for programs: unless all is
// asked for, only the recommended candidate carries its address plan, sources
// and allow-list, findings of one code are folded into one, and of capacity of
// one kind the fullest rows stand for all.
func (r *Recommendation) Detail(all bool) *Recommendation {
	r.fillCapacity(all)
	if all {
		for _, c := range r.Candidates {
			c.Complete()
		}
		return r
	}
	out := *r
	out.Candidates = make([]*Candidate, len(r.Candidates))
	for i, c := range r.Candidates {
		brief := *c
		if c.Status != Recommended {
			brief.VPCCIDRs, brief.Allocations, brief.Sources, brief.AllowList = nil, nil, nil, nil
		}
		brief.Findings = Fold(c.Findings)
		if c.Capacity != nil {
			brief.Capacity = fullestRows(c.Capacity)
		}
		out.Candidates[i] = &brief
	}
	return &out
}

// foldedSubjects is how many subjects a folded finding names.
const foldedSubjects = 20

// Fold puts findings of one code and severity together, in their order: all
// subjects counted, the first twenty named; where their messages differ, the
// code's meaning stands for them, with the first as an example.
func Fold(list []FindingView) []FindingView {
	type key struct {
		code     string
		severity finding.Severity
	}
	at, folded := map[key]int{}, map[key]bool{}
	var out []FindingView
	for _, f := range list {
		k := key{f.Code, f.Severity}
		i, seen := at[k]
		if !seen {
			at[k] = len(out)
			f.Subjects = slices.Clone(f.Subjects)
			out = append(out, f)
			continue
		}
		if f.Message != out[i].Message && !folded[k] {
			e, _ := finding.Lookup(f.Code)
			out[i].Message, folded[k] = e.Meaning+" For example: "+out[i].Message+".", true
		}
		out[i].Count += f.Count
		out[i].Subjects = append(out[i].Subjects, f.Subjects...)
	}
	for i := range out {
		slices.Sort(out[i].Subjects)
		out[i].Subjects = slices.Compact(out[i].Subjects)
		out[i].Count = max(1, len(out[i].Subjects))
		if len(out[i].Subjects) > foldedSubjects {
			out[i].Subjects = out[i].Subjects[:foldedSubjects]
		}
	}
	return out
}

// AddressOptions say which address plan to make: of a pattern, "" for the
// recommended one or the nearest where all are rejected; and whether the lock's
// blocks that nobody asks for are given up.
type AddressOptions struct {
	Pattern string
	Reclaim bool
}

// PlanAddresses is the address plan of a pattern; "" means the recommended one,
// or the nearest where all are rejected.
func PlanAddresses(plan *inventory.Plan, patternID string) *AddressPlan {
	return PlanAddressesWith(plan, AddressOptions{Pattern: patternID})
}

// PlanAddressesWith is the address plan under options.
func PlanAddressesWith(plan *inventory.Plan, o AddressOptions) *AddressPlan {
	c := pick(plan, o.Pattern)
	if c == nil {
		return emptyAddressPlan(plan)
	}
	var reclaimed []string
	if o.Reclaim && len(c.work.layout.orphans) > 0 {
		// The plan is made again: what is given up may be handed out at once.
		reclaimed = slices.Clone(c.work.layout.orphans)
		c = pick(withoutLocked(plan, c.ID, reclaimed), c.ID)
	}
	out := addressPlan(c)
	out.Reclaimed = append(out.Reclaimed, reclaimed...)
	return out
}

// Addresses is the address plan of a candidate that is already worked out.
func (c *Candidate) Addresses() *AddressPlan { return addressPlan(c) }

func emptyAddressPlan(plan *inventory.Plan) *AddressPlan {
	return &AddressPlan{APIVersion: APIVersion, Kind: "AddressPlan", Environment: plan.Environment.Name,
		Demands: []DemandView{}, Allocations: []Allocation{}, VPCCIDRs: []VPCCIDR{}, Moves: []Move{}, Held: []HeldView{}, Reclaimed: []string{},
		Free: []FreeView{}, Subnets: []SubnetView{}, Unmet: []UnmetView{}, Warnings: []string{}, SmallestChange: []SmallestChange{}}
}

func addressPlan(c *Candidate) *AddressPlan {
	w := c.work
	out := emptyAddressPlan(w.plan)
	out.work, out.Pattern = w, c.ID
	for _, d := range w.layout.demands {
		out.Demands = append(out.Demands, DemandView{Name: d.name(), Purpose: d.purpose, Zone: d.zone, PrefixLength: w.layout.bits[d.name()], Pools: w.layout.pools[d.name()]})
	}
	slices.SortFunc(out.Demands, func(a, b DemandView) int { return byPart(a.Name, b.Name) })
	out.Allocations = append(out.Allocations, c.Allocations...)
	out.VPCCIDRs = append(out.VPCCIDRs, c.VPCCIDRs...)
	out.Moves = append(out.Moves, w.layout.moves...)
	for _, name := range w.layout.orphans {
		out.Held = append(out.Held, HeldView{Name: name, CIDR: w.layout.locked[name].CIDR.String()})
	}
	out.Unmet = append(out.Unmet, unmetViews(c)...)
	for _, f := range Fold(c.Findings) {
		if spaceCodes[f.Code] && f.Severity != finding.Note {
			out.Warnings = append(out.Warnings, "["+f.Code+"] "+f.Message)
		}
	}
	if other := otherPatterns(w); other != "" {
		out.Warnings = append(out.Warnings, "the lock holds blocks of "+other+" and none of "+c.ID+": written, it holds both")
	}
	out.Fits = len(out.Unmet) == 0 && w.associates()
	out.Undecided = !out.Fits && w.layout.undecided
	if !out.Fits {
		out.SmallestChange = append(out.SmallestChange, w.smallestChanges()...)
	}
	out.Free, out.Subnets = w.freeViews(), w.subnetViews()
	return out
}

// otherPatterns names the patterns the lock is of, if it has nothing of this one.
func otherPatterns(w *work) string {
	var list []string
	for i := range w.plan.Lock {
		list = append(list, w.plan.Lock[i].Pattern)
	}
	if slices.Contains(list, w.pattern.id()) {
		return ""
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), " and ")
}

// unmetViews are the demands without room, and whoever a frozen VPC leaves
// without.
func unmetViews(c *Candidate) []UnmetView {
	var list []UnmetView
	for _, u := range c.work.layout.unmet {
		list = append(list, UnmetView{Name: u.Demand.Key, PrefixLength: u.Demand.Bits, Why: unmetWhy(u)})
	}
	for _, f := range c.Findings {
		if f.Severity == finding.Blocker && (f.Code == "vpc-frozen" || f.Code == "no-space" && len(c.work.layout.unmet) == 0) {
			for _, s := range f.Subjects {
				list = append(list, UnmetView{Name: s, Why: f.Message})
			}
		}
	}
	return list
}

// LockFile is the lock that makes the next plan repeat this one, ready to be
// written. A plan that does not fit has none.
func (a *AddressPlan) LockFile() []byte {
	if a.work == nil || !a.Fits {
		return nil
	}
	entries, notes := a.work.lockEntries()
	return inventory.WriteLock(a.Environment, entries, notes)
}

// spaceCodes are the findings that an address plan must not be read without.
var spaceCodes = map[string]bool{"no-space": true, "subnet-nearly-full": true, "egress-ip-unverified": true, "association-ambiguous": true,
	"vpc-range-refused": true, "pool-not-associable": true, "quota-vpc-cidrs": true, "quota-subnets": true, "quota-route-tables": true,
	"nat-gateway-quota": true, "quota-routes": true, "quota-network-units": true, "docker-bridge-range": true,
	"eks-cluster-subnets": true, "nat-addresses": true, "prefixes-from-aws": true, "prefixes-to-aws": true, "propagated-routes": true,
	"allocation-moved": true, "on-premises-in-vpc": true, "on-premises-in-service-cidr": true, "pinned-gateway-address": true}

// pick works out the candidate of a pattern; "" means the recommended one, or
// the nearest where all are rejected. It is nil where the policy excludes it.
func pick(plan *inventory.Plan, patternID string) *Candidate {
	e := &evaluation{plan: plan, book: bookOf(plan)}
	if patternID != "" {
		for _, p := range e.admissible() {
			if p.id() == patternID {
				return e.candidate(p)
			}
		}
		return nil
	}
	r := Recommend(plan)
	switch {
	case r.Pattern != nil:
		patternID = *r.Pattern
	case r.Nearest != nil:
		patternID = r.Nearest.Candidate
	}
	for _, c := range r.Candidates {
		if c.ID == patternID {
			return c
		}
	}
	return nil
}
