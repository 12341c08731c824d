package inventory

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"

	"egressplan/planner/finding"
)

// plainLock reads a lock exactly as [WriteLock] writes it, line by line: a lock
// of a hundred thousand lines takes YAML seconds. It takes only what is right
// and plain; for anything else it reports false and has changed nothing, and the
// YAML reader says what is wrong. A test holds the two to the same result.
func (l *loader) plainLock(s Source, data []byte) bool {
	p := plainReader{file: s.Name}
	if !p.read(data) {
		return false
	}
	l.plan.Lock = append(l.plan.Lock, p.entries...)
	l.seen[KindAllocations] = p.at
	if p.name != "" {
		l.lockNames = append(l.lockNames, Value[string]{V: p.name, At: p.at, Set: true})
	}
	return true
}

type plainReader struct {
	file    string
	name    string // metadata.name
	at      finding.Pos
	entries []LockEntry
}

// The lines before the entries, in their order; the third may be missing.
var plainHead = []string{"apiVersion: " + APIVersion, "kind: " + KindAllocations, "metadata: {name: ", "spec:", "  entries:"}

func (p *plainReader) read(data []byte) bool {
	if bytes.ContainsFunc(data, func(r rune) bool { return r != '\n' && (r < ' ' || r > '~') }) {
		return false
	}
	stage := 0
	for number := 1; len(data) > 0; number++ {
		var line []byte
		line, data, _ = bytes.Cut(data, []byte{'\n'})
		text := string(line)
		switch {
		case strings.HasPrefix(text, "#") && stage == 0, strings.HasPrefix(text, "    # ") && stage == len(plainHead):
		case stage == len(plainHead):
			if !p.entry(text, number) {
				return false
			}
		case stage == 2 && text == plainHead[3]:
			stage = 4
		case stage == 2:
			rest, ok := strings.CutPrefix(text, plainHead[2])
			rest, closed := strings.CutSuffix(rest, "}")
			if !ok || !closed || scalar(rest) != rest || !validName(rest) {
				return false
			}
			p.name, stage = rest, 3
		case text == plainHead[stage]:
			if stage == 0 {
				p.at = finding.Pos{File: p.file, Line: number, Column: 1}
			}
			stage++
		default:
			return false
		}
	}
	return len(p.entries) > 0
}

// plainKeys are an entry's keys in their order; pool and zone may be missing.
var plainKeys = []string{"name", "pattern", "pool", "zone", "purpose", "cidr"}

// entry reads "    - {name: a, ..., cidr: 10.0.0.0/28} # note".
func (p *plainReader) entry(line string, number int) bool {
	const mark = "    - {"
	rest, ok := strings.CutPrefix(line, mark)
	if !ok {
		return false
	}
	rest, note, _ := strings.Cut(rest, "} # ")
	if note == "" {
		if rest, ok = strings.CutSuffix(rest, "}"); !ok {
			return false
		}
	}
	at := finding.Pos{File: p.file, Line: number, Column: len(mark)}
	e := LockEntry{At: at, PoolAt: at, CIDRAt: at, Note: note}
	values := [6]string{}
	column, next := len(mark)+1, 0
	for len(rest) > 0 {
		var pair string
		pair, rest, _ = strings.Cut(rest, ", ")
		key, value, ok := strings.Cut(pair, ": ")
		i := slices.Index(plainKeys, key)
		if !ok || i < next || i == 5 && !plainBlock(value) || i < 5 && scalar(value) != value {
			return false
		}
		values[i], next = value, i+1
		place := finding.Pos{File: p.file, Line: number, Column: column + len(key) + 2}
		switch i {
		case 2:
			e.PoolAt = place
		case 5:
			e.CIDRAt = place
		}
		column += len(pair) + 2
	}
	e.Name, e.Pattern, e.Pool, e.Zone, e.Purpose = values[0], values[1], values[2], values[3], values[4]
	block, wrong := parsePrefix(values[5])
	e.CIDR = block
	if wrong != nil || note != strings.TrimSpace(note) || e.Name == "" || len(e.Name) > 1024 || !slices.Contains(PatternIDs, e.Pattern) ||
		!slices.Contains(purposes, e.Purpose) || e.Pool != "" && !validName(e.Pool) {
		return false
	}
	p.entries = append(p.entries, e)
	return true
}

// plainBlock reports whether a block is written so that YAML reads it as text.
func plainBlock(s string) bool {
	block, err := netip.ParsePrefix(s)
	return err == nil && block.String() == s && block.Addr().Is4()
}

// validName is what a name key takes: see [name].
func validName(s string) bool {
	return s != "" && len(s) <= 63 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && s[0] != '-' && s[len(s)-1] != '-'
}
