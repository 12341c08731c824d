package planner

import (
	"net/netip"
	"slices"

	"egressplan/cidr"
)

// mostPlacements is how often blocks are placed anew because the VPC cannot have
// the ranges that would hold them.
const mostPlacements = 8

// place finds room for what is asked, outside Docker's range if there is: AWS
// allows that, but nodes that run Docker cannot reach it.
func (w *work) place(req cidr.Request, demands map[string]demand) {
	clear := req
	clear.Used = append(slices.Clone(req.Used), dockerBridge)
	found := w.settled(clear)
	pools := func(p cidr.Pool) bool {
		_, _, meets := cidr.Overlap(p.Blocks, []netip.Prefix{dockerBridge})
		return meets
	}
	if !found.good() && slices.ContainsFunc(req.Pools, pools) {
		if all := w.settled(req); all.good() || len(all.Unmet) < len(found.Unmet) {
			found = all
		}
	}
	l := w.layout
	l.free, l.ranges, l.vpc, l.undecided = found.Free, found.ranges, nil, found.Undecided
	l.unmet = append(l.unmet, found.Unmet...)
	for _, b := range found.Blocks {
		l.blocks[b.Key] = &block{demand: demands[b.Key], name: b.Key, cidr: b.Block, pool: b.Pool, there: b.Fixed && w.subnetAt(b.Block) != nil}
	}
}

// placing is an answer of the allocator, with the ranges the VPC needs for it.
type placing struct {
	cidr.Result
	ranges cidr.VPCAnswer
}

func (p placing) good() bool { return len(p.Unmet) == 0 && len(barred(p.ranges, nil)) == 0 }

// settled finds room in places the VPC can have. The allocator
// knows nothing of that, so what it places where AWS refuses a range is barred
// and placed again. Where that leads nowhere the first answer stands, with what
// is refused in it.
func (w *work) settled(req cidr.Request) placing {
	try := func() placing {
		r := cidr.Allocate(req)
		return placing{r, w.rangesFor(req.Pools, r.Blocks)}
	}
	first := try()
	p := first
	for range mostPlacements {
		bad := barred(p.ranges, req.Used)
		if len(bad) == 0 || len(p.Unmet) > 0 {
			break
		}
		_, _, stuck := cidr.Overlap(bad, fixedBlocks(req.Fixed))
		if stuck {
			break
		}
		first.Undecided = true
		req.Used = append(slices.Clone(req.Used), bad...)
		p = try()
	}
	if p.good() {
		return p
	}
	return first
}

func fixedBlocks(list []cidr.Fixed) []netip.Prefix {
	var blocks []netip.Prefix
	for _, f := range list {
		blocks = append(blocks, f.Block)
	}
	return blocks
}

// barred is where blocks were placed that the VPC cannot have, less what is
// known.
func barred(a cidr.VPCAnswer, known []netip.Prefix) []netip.Prefix {
	var list []netip.Prefix
	for _, u := range a.Uncovered {
		list = append(list, u.Block)
	}
	for _, r := range a.New {
		if r.Association.Verdict == cidr.Refused {
			list = append(list, r.Block)
		}
	}
	return slices.DeleteFunc(list, func(p netip.Prefix) bool { return slices.Contains(known, p) })
}

// rangesFor works out which new VPC blocks hold what is placed, beside what the
// layout has already.
func (w *work) rangesFor(pools []cidr.Pool, placed []cidr.Block) cidr.VPCAnswer {
	req := cidr.VPCRequest{Existing: w.existingVPC(), Pools: pools, Quota: w.env.Quotas.VPCCIDRs.V, Avoid: append(w.destinationSpace(), w.env.Cluster.ServiceCIDR.V)}
	for _, n := range w.env.Connected {
		for _, c := range n.CIDRs {
			req.Avoid = append(req.Avoid, c.V)
		}
	}
	for i := range w.env.Pools {
		for _, c := range w.env.Pools[i].CIDRs {
			if w.env.Pools[i].Associable.V {
				req.Tried = append(req.Tried, c.V)
			}
		}
	}
	for _, t := range w.env.VPC.RouteTables {
		for _, r := range t.Routes {
			if r.Via.V != "local" {
				req.Routes = append(req.Routes, r.To.V)
			}
		}
	}
	for _, b := range w.layout.blocks {
		req.Allocated = append(req.Allocated, b.cidr)
	}
	for _, b := range placed {
		req.Allocated = append(req.Allocated, b.Block)
	}
	return cidr.VPCRanges(req)
}
