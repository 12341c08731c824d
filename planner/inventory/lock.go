package inventory

import (
	"strings"

	"gopkg.in/yaml.v3"

	"egressplan/planner/finding"
)

// The purposes of allocated blocks.
const (
	PurposeNodes       = "nodes"
	PurposePods        = "pods"
	PurposeNATGateway  = "nat-gateway"
	PurposeEgressNodes = "egress-nodes"
	PurposeGateways    = "gateways"
	PurposeTGW         = "tgw-attachment"
	PurposeEgressIP    = "egress-ip"
)

// allocations reads the spec of an Allocations document, the lock.
func (l *loader) allocations(doc document) {
	o, ok := doc.d.object(doc.spec, "the spec of Allocations", "entries")
	if !ok {
		return
	}
	l.plan.Lock = append(l.plan.Lock, objects(o, "entries", readEntry)...)
}

func readEntry(d *decoder, n *yaml.Node) (LockEntry, bool) {
	o, ok := d.object(n, "an allocation", "name", "pattern", "pool", "zone", "purpose", "cidr")
	if !ok {
		return LockEntry{}, false
	}
	return LockEntry{
		At:      o.at(),
		Name:    required(o, "name", entryName).V,
		Pattern: required(o, "pattern", oneOf(PatternIDs...)).V,
		Pool:    optional(o, "pool", "", name).V,
		Zone:    optional(o, "zone", "", text).V,
		Purpose: required(o, "purpose", oneOf(PurposeNodes, PurposePods, PurposeNATGateway, PurposeEgressNodes, PurposeGateways,
			PurposeTGW, PurposeEgressIP)).V,
		CIDR: required(o, "cidr", prefix).V,
	}, true
}

// entryName reads the name of an allocation: identity/group/zone/purpose.
func entryName(d *decoder, n *yaml.Node, key string) (string, bool) {
	s, ok := text(d, n, key)
	if !ok {
		return "", false
	}
	if s == "" || len(s) > 1024 || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		d.problem(n, CodeBadName, "take the name of an allocation as egressplan cidr shows it", "%s %s is not the name of an allocation", key, quote(s))
		return "", false
	}
	return s, true
}

// checkLock holds the entries of each pattern apart, but for addresses that lie
// in their own block.
func (l *loader) checkLock() {
	sortUnique(l.report, l.plan.Lock, "allocation", lockKey)
	for _, pattern := range PatternIDs {
		var list []block
		for _, e := range l.plan.Lock {
			if e.Pattern == pattern && e.CIDR.IsValid() {
				list = append(list, block{cidr: e.CIDR, at: e.At, name: e.Name, kind: e.Purpose})
			}
		}
		l.apart(list, nestedAddress, "remove one of the two from the lock")
	}
}

// nestedAddress reports whether inner is a single address that has its place in
// outer: an egress IP among its nodes, a pinned gateway in its subnet.
func nestedAddress(inner, outer block) bool {
	return inner.kind == PurposeEgressIP && outer.kind == PurposeEgressNodes ||
		inner.kind == PurposeGateways && outer.kind == PurposeGateways && inner.cidr.IsSingleIP() && !outer.cidr.IsSingleIP()
}

// lockKey tells entries apart: a name may stand once for each pattern.
func lockKey(e *LockEntry) (string, finding.Pos) {
	if e.Name == "" {
		return "", e.At
	}
	return e.Name + " of " + e.Pattern, e.At
}
