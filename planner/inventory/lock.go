package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
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

var purposes = []string{PurposeNodes, PurposePods, PurposeNATGateway, PurposeEgressNodes, PurposeGateways, PurposeTGW, PurposeEgressIP}

// allocations reads the spec of an Allocations document, the lock.
func (l *loader) allocations(doc document) {
	o, ok := doc.d.object(doc.spec, "the spec of Allocations", "entries")
	if !ok {
		return
	}
	l.plan.Lock = append(l.plan.Lock, objects(o, "entries", readEntry)...)
	if doc.name != "" {
		l.lockNames = append(l.lockNames, Value[string]{V: doc.name, At: doc.at, Set: true})
	}
}

func readEntry(d *decoder, n *yaml.Node) (LockEntry, bool) {
	o, ok := d.object(n, "an allocation", "name", "pattern", "pool", "zone", "purpose", "cidr")
	if !ok {
		return LockEntry{}, false
	}
	pool, block := optional(o, "pool", "", name), required(o, "cidr", prefix)
	return LockEntry{
		At:      o.at(),
		PoolAt:  pool.At,
		CIDRAt:  block.At,
		Name:    required(o, "name", entryName).V,
		Pattern: required(o, "pattern", oneOf(PatternIDs...)).V,
		Pool:    pool.V,
		Zone:    optional(o, "zone", "", text).V,
		Purpose: required(o, "purpose", oneOf(purposes...)).V,
		CIDR:    block.V,
		Note:    strings.TrimSpace(strings.TrimPrefix(n.LineComment, "#")),
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

// nestedAddress reports whether inner is a single address that has its place in
// outer: an egress IP among its nodes, a pinned gateway in its subnet.
func nestedAddress(inner, outer block) bool {
	return inner.kind == PurposeEgressIP && outer.kind == PurposeEgressNodes ||
		inner.kind == PurposeGateways && outer.kind == PurposeGateways && inner.cidr.IsSingleIP() && !outer.cidr.IsSingleIP()
}

// LockPath is where the lock of these arguments is, whether or not it exists: in
// the first directory given, or beside the first file.
func LockPath(paths []string) (string, error) {
	for _, p := range paths {
		if p == stdinName {
			continue
		}
		info, err := os.Stat(p)
		switch {
		case err != nil:
			return "", fmt.Errorf("cannot read input: %w", err)
		case info.IsDir():
			return filepath.Join(p, LockFile), nil
		}
		return filepath.Join(filepath.Dir(p), LockFile), nil
	}
	return "", errors.New("standard input has no folder to keep a lock in: name a file or a directory")
}

// OnlyAllocations reports whether a file holds Allocations documents and nothing
// else; at is the first document that is none. What cannot be read is none.
func OnlyAllocations(s Source) (at finding.Pos, alone bool) {
	dec := yaml.NewDecoder(bytes.NewReader(s.Data))
	for {
		var n yaml.Node
		switch err := next(dec, &n); {
		case errors.Is(err, io.EOF):
			return finding.Pos{}, true
		case err != nil:
			return finding.Pos{File: s.Name, Line: 1, Column: 1}, false
		}
		var head struct{ Kind string }
		if err := n.Decode(&head); err != nil || head.Kind != KindAllocations {
			return finding.Pos{File: s.Name, Line: max(1, n.Line), Column: max(1, n.Column)}, false
		}
	}
}

func lockKey(e *LockEntry) (string, finding.Pos) {
	if e.Name == "" {
		return "", e.At
	}
	return e.Key(), e.At
}
