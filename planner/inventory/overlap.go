package inventory

import (
	"cmp"
	"net/netip"
	"slices"

	"egressplan/planner/finding"
)

// block is a range of addresses and what it is, for messages.
type block struct {
	cidr       netip.Prefix
	at         finding.Pos
	kind, name string
}

func (b block) String() string {
	if b.name == "" {
		return b.kind + " " + b.cidr.String()
	}
	return b.kind + " " + quote(b.name) + " " + b.cidr.String()
}

// compareBlocks sorts outer blocks before what lies inside them.
func compareBlocks(a, b block) int {
	return cmp.Or(a.cidr.Addr().Compare(b.cidr.Addr()), cmp.Compare(a.cidr.Bits(), b.cidr.Bits()), a.at.Compare(b.at))
}

// pairs calls f with each block and the narrowest block around it. Two blocks
// are either apart or one lies inside the other, so a stack of the open outer
// blocks finds every overlap in one pass.
func pairs(list []block, f func(inner, outer block)) {
	slices.SortFunc(list, compareBlocks)
	var open []block
	for _, b := range list {
		for len(open) > 0 && !within(b.cidr, open[len(open)-1].cidr) {
			open = open[:len(open)-1]
		}
		if len(open) > 0 {
			f(b, open[len(open)-1])
		}
		open = append(open, b)
	}
}

// apart reports blocks of one list that overlap, unless legal says they may.
func (l *loader) apart(list []block, legal func(inner, outer block) bool, fix string) {
	pairs(list, func(inner, outer block) {
		if legal == nil || !legal(inner, outer) {
			l.clash(inner, outer, fix)
		}
	})
}

// clash names both blocks, the later one first.
func (l *loader) clash(a, b block, fix string) {
	if a.at.Compare(b.at) < 0 {
		a, b = b, a
	}
	l.collide(CodeOverlap, a.at, b.at, fix, "%s overlaps %s", a, b)
}

// between calls f with each block of one list and the narrowest block of the
// other list around it, in one pass like pairs.
func between(a, b []block, f func(inner, outer block)) {
	type member struct {
		block
		list int
	}
	var all []member
	for i, list := range [][]block{a, b} {
		for _, e := range list {
			all = append(all, member{e, i})
		}
	}
	slices.SortStableFunc(all, func(a, b member) int { return compareBlocks(a.block, b.block) })
	var open [2][]block
	for _, m := range all {
		for i := range open {
			for len(open[i]) > 0 && !within(m.cidr, open[i][len(open[i])-1].cidr) {
				open[i] = open[i][:len(open[i])-1]
			}
		}
		if other := open[1-m.list]; len(other) > 0 {
			f(m.block, other[len(other)-1])
		}
		open[m.list] = append(open[m.list], m.block)
	}
}

// around finds, for the place of each block that lies in one of the others, the
// narrowest such one.
func around(list, others []block) map[finding.Pos]block {
	const outer = "outer"
	others = slices.Clone(others)
	for i := range others {
		// No place comes before every place, so the outer of two equal blocks comes first.
		others[i].kind, others[i].at = outer, finding.Pos{}
	}
	found := make(map[finding.Pos]block, len(list))
	between(list, others, func(inner, holder block) {
		if inner.kind != outer {
			found[inner.at] = holder
		}
	})
	return found
}

// against reports overlaps between two lists.
func (l *loader) against(list, other []block, fix string) {
	between(list, other, func(inner, outer block) { l.clash(inner, outer, fix) })
}

func blocksOf(kind, name string, list []Value[netip.Prefix]) []block {
	var blocks []block
	for _, p := range list {
		blocks = append(blocks, block{cidr: p.V, at: p.At, kind: kind, name: name})
	}
	return blocks
}

func vpcBlocks(e *Environment) []block {
	var list []block
	for _, c := range e.VPC.CIDRs {
		list = append(list, block{cidr: c.CIDR.V, at: c.CIDR.At, kind: "VPC block"})
	}
	return list
}

func poolBlocks(e *Environment) []block {
	var list []block
	for i := range e.Pools {
		list = append(list, blocksOf("pool", e.Pools[i].Name.V, e.Pools[i].CIDRs)...)
	}
	return list
}

// overlaps holds the address plan to what can exist at all. What is legal but
// bad (on-premises inside the VPC, on-premises inside the service CIDR) is a
// finding of the plan, not a problem of the input.
func (l *loader) overlaps() {
	e := &l.plan.Environment
	vpc, pools := vpcBlocks(e), poolBlocks(e)
	l.apart(slices.Clone(vpc), nil, "remove one of the two")
	l.apart(slices.Clone(pools), nil, "give each pool blocks of its own")
	for i := range e.Connected {
		l.against(blocksOf("connected network", e.Connected[i].Name.V, e.Connected[i].CIDRs), vpc, "a VPC cannot be connected to a network it overlaps: correct one of the two")
	}
	l.unusable(vpc)
	l.subnets(e)
	l.serviceRange(e, append(vpc, pools...))
	for i := range e.Pools {
		if p := &e.Pools[i]; p.Routable.V {
			l.poolAgainstSites(e, blocksOf("routable pool", p.Name.V, p.CIDRs))
		}
	}
}

func (l *loader) poolAgainstSites(e *Environment, pool []block) {
	for i := range e.Sites {
		l.against(pool, blocksOf("site", e.Sites[i].Name.V, e.Sites[i].CIDRs), "a routable pool must not be in use on-premises: correct one of the two, or make the pool routable: false")
	}
}

// unusableRanges cannot be blocks of a VPC (Amazon VPC User Guide, VPC CIDR
// blocks).
var unusableRanges = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("224.0.0.0/4"),
}

func (l *loader) unusable(vpc []block) {
	for _, b := range vpc {
		for _, r := range unusableRanges {
			if b.cidr.Overlaps(r) {
				l.add(b.at, CodeReservedRange, "take a private block, such as one of 10.0.0.0/8", "%s lies in %s, which AWS does not allow", b, r)
			}
		}
	}
}

// reservedAddresses of every subnet are AWS's own (Amazon VPC User Guide, Subnet
// sizing).
const reservedAddresses = 5

// subnets lie inside one VPC block each, apart from each other, and hold what
// they say is used.
func (l *loader) subnets(e *Environment) {
	var list []block
	for i := range e.VPC.Subnets {
		s := &e.VPC.Subnets[i]
		if !s.CIDR.Set {
			continue
		}
		b := block{cidr: s.CIDR.V, at: s.CIDR.At, kind: "subnet", name: s.Name.V}
		list = append(list, b)
		if free := 1<<(32-s.CIDR.V.Bits()) - reservedAddresses; s.FreeIPs.V > free {
			l.add(s.FreeIPs.At, CodeBadNumber, "take AvailableIpAddressCount of the subnet", "freeIPs %d: the %s has %d usable addresses", s.FreeIPs.V, b, free)
		}
		for _, u := range s.Used {
			if !within(u.V, s.CIDR.V) {
				l.collide(CodeOutside, u.At, b.at, "correct one of the two", "used %s is not in the %s", u.V, b)
			}
		}
	}
	held := around(list, vpcBlocks(e))
	for _, b := range list {
		if _, inside := held[b.at]; !inside && !e.VPC.partial {
			l.add(b.at, CodeOutside, "correct the subnet, or add its block to vpc.cidrs", "%s lies in no block of the VPC", b)
		}
	}
	l.apart(list, nil, "correct one of the two: a subnet overlaps no other")
}

// privateRanges are where EKS takes its service CIDR from (Amazon EKS User
// Guide, Network requirements).
var privateRanges = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), privateB, netip.MustParsePrefix("192.168.0.0/16")}

func (l *loader) serviceRange(e *Environment, others []block) {
	s := e.Cluster.ServiceCIDR
	if !s.Set {
		return
	}
	b := block{cidr: s.V, at: s.At, kind: "service CIDR"}
	if !slices.ContainsFunc(privateRanges, func(r netip.Prefix) bool { return within(s.V, r) }) {
		l.add(s.At, CodeReservedRange, "take a block inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16", "%s is not private: EKS does not take it", b)
	}
	l.against([]block{b}, others, "give the service CIDR a range of its own: it cannot be changed on a running cluster")
}
