package inventory

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"egressplan/planner/finding"
)

// checkLock holds the lock to what a plan can have written: entries lie apart,
// whatever their pattern, but for addresses in their own block; each lies in the
// pool it names, or is an existing subnet; and none lies on what is not the
// plan's to give.
func (l *loader) checkLock() {
	sortUnique(l.report, l.plan.Lock, "allocation", lockKey)
	e := &l.plan.Environment
	for _, n := range l.lockNames {
		if e.Name != "" && n.V != e.Name {
			l.add(n.At, CodeConflict, "give the lock of this estate; metadata.name of a lock is the Environment's", "this lock is of %s, the plan is of %s", quote(n.V), quote(e.Name))
		}
	}
	there := map[netip.Prefix]bool{}
	for i := range e.VPC.Subnets {
		there[e.VPC.Subnets[i].CIDR.V] = true
	}
	var list, planned []block
	for i := range l.plan.Lock {
		entry := &l.plan.Lock[i]
		if !entry.CIDR.IsValid() {
			continue
		}
		l.lockName(entry)
		b := block{cidr: entry.CIDR, at: entry.CIDRAt, name: entry.Name, kind: entry.Purpose}
		if there[entry.CIDR] { // adopted, perhaps by several patterns
			continue
		}
		list = append(list, b)
		if l.lockSize(entry) && l.lockPool(entry) && !entry.CIDR.IsSingleIP() {
			planned = append(planned, b)
		}
	}
	l.apart(list, nestedAddress, "remove one of the two from the lock")
	l.lockAgainst(planned)
}

// lockAgainst holds planned blocks against everything that is there already.
func (l *loader) lockAgainst(planned []block) {
	if len(planned) == 0 {
		return
	}
	e := &l.plan.Environment
	const fix = "remove the entry from the lock, so that its block is planned anew, or correct the other one"
	var taken []block
	for i := range e.VPC.Subnets {
		taken = append(taken, block{cidr: e.VPC.Subnets[i].CIDR.V, at: e.VPC.Subnets[i].CIDR.At, kind: "subnet", name: e.VPC.Subnets[i].Name.V})
	}
	taken = append(taken, blocksOf("reserved block", "", e.Reserved)...)
	for i := range e.Connected {
		taken = append(taken, blocksOf("connected network", e.Connected[i].Name.V, e.Connected[i].CIDRs)...)
	}
	if s := e.Cluster.ServiceCIDR; s.V.IsValid() {
		taken = append(taken, block{cidr: s.V, at: s.At, kind: "service CIDR"})
	}
	for i := range l.plan.Destinations {
		d := &l.plan.Destinations[i]
		taken = append(taken, blocksOf("destination", d.Name.V, d.CIDRs)...)
	}
	taken = slices.DeleteFunc(taken, func(b block) bool { return !b.cidr.IsValid() })
	isLock := map[finding.Pos]bool{}
	for i := range planned {
		planned[i].kind = "allocation"
		isLock[planned[i].at] = true
	}
	between(planned, taken, func(inner, outer block) {
		if !isLock[inner.at] {
			inner, outer = outer, inner
		}
		l.inLock(CodeOverlap, inner.at, outer.at, fix, "%s overlaps %s", inner, outer)
	})
}

// inLock reports what is wrong between an entry and the rest of the plan at the
// entry, wherever the files stand in their order: the lock is what can be mended.
func (l *loader) inLock(code string, entry, other finding.Pos, fix, format string, args ...any) {
	l.keep(finding.Problem{At: entry, Earlier: other, Code: code, Fix: fix, Message: fmt.Sprintf(format, args...) + " (" + other.String() + ")"})
}

// lockSize: what is not a single address of its purpose is a subnet, and AWS
// has none outside /16 to /28 (Amazon VPC User Guide, Subnet sizing).
func (l *loader) lockSize(e *LockEntry) bool {
	switch bits := e.CIDR.Bits(); {
	case e.Purpose == PurposeEgressIP:
		if bits == 32 {
			return true
		}
		l.add(e.CIDRAt, CodeBadPrefixLength, "write the address with /32", "allocation %s: an egress IP is a single address, not %s", quote(e.Name), e.CIDR)
	case e.Purpose == PurposeGateways && bits == 32, bits >= widestSubnet && bits <= narrowestSubnet:
		return true
	default:
		l.add(e.CIDRAt, CodeBadPrefixLength, "restore the block the lock had, or remove the entry", "allocation %s: AWS wants subnets from /%d to /%d, not %s",
			quote(e.Name), widestSubnet, narrowestSubnet, e.CIDR)
	}
	return false
}

// The lengths a subnet may have.
const (
	widestSubnet    = 16
	narrowestSubnet = 28
)

// lockPool reports whether the entry lies where it says it comes from. A single
// address without a pool lies in an existing subnet.
func (l *loader) lockPool(e *LockEntry) bool {
	env := &l.plan.Environment
	var known []string
	var all []netip.Prefix
	for i := range env.Pools {
		p := &env.Pools[i]
		known = append(known, p.Name.V)
		list := values(p.CIDRs)
		all = append(all, list...)
		if p.Name.V != e.Pool {
			continue
		}
		if holds(list, e.CIDR) {
			return true
		}
		l.inLock(CodeOutside, e.CIDRAt, p.At, "restore the block the lock had, or remove the entry so that it is planned anew",
			"allocation %s %s lies outside its pool %s", quote(e.Name), e.CIDR, quote(e.Pool))
		return false
	}
	switch {
	case l.incomplete:
	case e.Pool != "":
		fix := l.spelling.suggest(e.Pool, known)
		if fix == "" {
			fix = "this lock may belong to another estate: give its own, or remove the entry"
		}
		l.add(e.PoolAt, CodeUnknownReference, fix, "allocation %s names pool %s, which is not defined", quote(e.Name), quote(e.Pool))
		return false
	case !holds(all, e.CIDR) && !insideSubnet(env, e.CIDR):
		l.add(e.CIDRAt, CodeOutside, "remove the entry: what is neither in a pool nor an existing subnet is not the plan's to hold",
			"allocation %s %s lies in no pool and is no existing subnet", quote(e.Name), e.CIDR)
		return false
	}
	return true
}

func values(list []Value[netip.Prefix]) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, v := range list {
		out[i] = v.V
	}
	return out
}

// holds reports whether the blocks, which lie apart, cover all of p together.
func holds(list []netip.Prefix, p netip.Prefix) bool {
	var n uint64
	for _, c := range list {
		switch {
		case !c.IsValid():
		case within(p, c):
			return true
		case within(c, p):
			n += 1 << (32 - c.Bits())
		}
	}
	return n == 1<<(32-p.Bits())
}

func insideSubnet(e *Environment, p netip.Prefix) bool {
	return p.IsSingleIP() && slices.ContainsFunc(e.VPC.Subnets, func(s Subnet) bool { return s.CIDR.V.IsValid() && s.CIDR.V.Contains(p.Addr()) })
}

// lockName holds an entry's fields against the name that carries them:
// <identity>/<group>/<zone>/<purpose>[/<n>].
func (l *loader) lockName(e *LockEntry) {
	parts := strings.Split(e.Name, "/")
	if n := len(parts); n > 1 {
		if _, err := strconv.Atoi(parts[n-1]); err == nil {
			parts = parts[:n-1]
		}
	}
	n := len(parts)
	if n < 3 || !slices.Contains(purposes, parts[n-1]) {
		return
	}
	if e.Purpose != "" && parts[n-1] != e.Purpose {
		l.add(e.At, CodeConflict, "correct one of the two", "allocation %s: its name says %s, its purpose %s", quote(e.Name), parts[n-1], e.Purpose)
	}
	if e.Zone != "" && parts[n-2] != e.Zone {
		l.add(e.At, CodeConflict, "correct one of the two", "allocation %s: its name says zone %s, its zone %s", quote(e.Name), parts[n-2], e.Zone)
	}
}
