package planner

import (
	"fmt"
	"net/netip"
	"strings"

	"egressplan/cidr"
	"egressplan/planner/finding"
	"egressplan/planner/inventory"
)

// spaceFindings: what did not fit, what may not be associated, which quotas are
// exceeded.
func (w *work) spaceFindings() {
	w.compareLock()
	var missing []string
	reasons := map[string]bool{}
	addresses := 0
	for _, u := range w.layout.unmet {
		addresses += 1 << (32 - u.Demand.Bits)
		missing = append(missing, u.Demand.Key)
		reasons[unmetWhy(u)] = true
	}
	if w.layout.undecided {
		reasons["the search between the pools ended before it could tell that there is no way"] = true
	}
	if len(missing) > 0 {
		w.report("no-space", w.poolsAt(), missing, "no room for %s, %d addresses together: %s", plural(len(missing), "block"), addresses, strings.Join(sortedKeys(reasons), "; "))
	}
	if m := w.layout.moves; len(m) > 0 {
		var names []string
		for _, x := range m {
			names = append(names, x.Name)
		}
		text := fmt.Sprintf("%s cannot stay where the lock has it: it goes from %s to %s, because %s", m[0].Name, m[0].From, m[0].To, m[0].Why)
		if len(m) > 1 {
			text = fmt.Sprintf("%d blocks cannot stay where the lock has them, such as %s, from %s to %s: %s", len(m), m[0].Name, m[0].From, m[0].To, m[0].Why)
		}
		w.report("allocation-moved", finding.Pos{}, names, "%s", text)
	}
	if len(w.layout.orphans) > 0 {
		w.say("allocation-orphaned", w.layout.orphans...)
	}
	for _, r := range w.layout.refused {
		w.report("pool-not-associable", w.poolsAt(), nil, "pool %s", r)
	}
	for _, u := range w.layout.ranges.Uncovered {
		w.report("vpc-range-refused", w.poolsAt(), []string{u.Block.String()}, "%s cannot be part of the VPC: %s", u.Block, u.Why)
	}
	for _, r := range w.layout.ranges.New {
		if r.Association.Verdict == cidr.Refused {
			w.report("vpc-range-refused", w.poolsAt(), []string{r.Block.String()}, "%s: %s", r.Block, r.Association.Rule)
		}
		if r.Association.Verdict == cidr.Ambiguous {
			w.report("association-ambiguous", w.poolsAt(), []string{r.Block.String()}, "%s: %s", r.Block, r.Association.Rule)
		}
	}
	w.ownSubnetsFindings()
	w.quotaFindings()
	w.awsFindings()
}

// unmetWhy says in words why a block found no room.
func unmetWhy(u cidr.Unmet) string {
	switch u.Reason {
	case cidr.KeepFree:
		return fmt.Sprintf("a /%d is free, but taking it would eat into what the pool keeps free", u.Demand.Bits)
	case tooLarge:
		return "more is needed than a /16, the widest subnet, holds"
	case cidr.NoPool:
		return "no pool may serve it"
	}
	if u.Largest > 32 {
		return fmt.Sprintf("a /%d is needed and nothing is free", u.Demand.Bits)
	}
	return fmt.Sprintf("a /%d is needed, the largest free block is a /%d", u.Demand.Bits, u.Largest)
}

// poolsAt is the place to look at when space is short.
func (w *work) poolsAt() finding.Pos {
	if len(w.env.Pools) > 0 {
		return w.env.Pools[0].At
	}
	return w.env.VPC.At
}

// quotaFindings hold the plan against the account's quotas, what exists
// included.
func (w *work) quotaFindings() {
	newSubnets := 0
	for _, b := range w.layout.blocks {
		if b.subnet == "" && !b.there && b.cidr.Bits() < 32 {
			newSubnets++
		}
	}
	q := w.env.Quotas
	w.vpcBlockFinding(len(w.env.VPC.CIDRs) + len(w.layout.ranges.New))
	w.overQuota("subnets", "quota-subnets", q.Subnets, len(w.env.VPC.Subnets)+newSubnets, "subnets")
	routes := len(w.vpcCIDRs())
	for i := range w.env.Sites {
		routes += len(w.env.Sites[i].CIDRs)
	}
	for _, n := range w.env.Connected {
		routes += len(n.CIDRs)
	}
	w.overRoutes(q.RoutesPerTable.At, "each new table", routes)
	w.overQuota("routeTables", "quota-route-tables", q.RouteTables, len(w.env.VPC.RouteTables)+newSubnets, "route tables")
}

func (w *work) overQuota(name, code string, q inventory.Value[int], n int, what string) {
	if n > q.V {
		w.reportAs(w.quotaSeverity(name), code, q.At, nil, "%d %s with this plan, quota %d: ask for at least %d", n, what, q.V, n)
	}
}

// overlapFindings: on-premises ranges inside the VPC or the service CIDR.
func (w *work) overlapFindings() {
	for i := range w.env.Sites {
		for _, c := range w.env.Sites[i].CIDRs {
			if x, _, ok := cidr.Overlap(w.vpcCIDRs(), []netip.Prefix{c.V}); ok {
				w.report("on-premises-in-vpc", c.At, []string{c.V.String()}, "%s of %s overlaps %s of the VPC", c.V, w.env.Sites[i].Name.V, x)
			}
			if c.V.Overlaps(w.env.Cluster.ServiceCIDR.V) {
				w.report("on-premises-in-service-cidr", c.At, []string{c.V.String()}, "%s of %s overlaps the service CIDR %s", c.V, w.env.Sites[i].Name.V, w.env.Cluster.ServiceCIDR.V)
			}
		}
	}
}
