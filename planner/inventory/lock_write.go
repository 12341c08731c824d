package inventory

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// WriteLock renders entries as an Allocations document made for review: one
// line an entry, by pattern and name, so that a diff shows exactly which blocks
// come, move and go. The same entries give the same bytes. environment is the
// Environment's name, "" if it has none; notes are put behind the entries of
// these names and patterns (see [LockEntry.Key]).
func WriteLock(environment string, entries []LockEntry, notes map[string]string) []byte {
	entries = slices.Clone(entries)
	order := func(e LockEntry) int { return slices.Index(PatternIDs, e.Pattern) }
	slices.SortFunc(entries, func(a, b LockEntry) int {
		return cmp.Or(cmp.Compare(order(a), order(b)), cmp.Compare(a.Name, b.Name))
	})
	var out bytes.Buffer
	out.WriteString(lockHead)
	fmt.Fprintf(&out, "apiVersion: %s\nkind: %s\n", APIVersion, KindAllocations)
	if environment != "" {
		fmt.Fprintf(&out, "metadata: {name: %s}\n", scalar(environment))
	}
	if len(entries) == 0 {
		out.WriteString("spec: {entries: []}\n")
		return out.Bytes()
	}
	out.WriteString("spec:\n  entries:\n")
	pattern := ""
	for i := range entries {
		e := &entries[i]
		if e.Pattern != pattern {
			pattern = e.Pattern
			fmt.Fprintf(&out, "    # %s\n", pattern)
		}
		out.WriteString("    - {name: " + scalar(e.Name) + ", pattern: " + e.Pattern)
		if e.Pool != "" {
			out.WriteString(", pool: " + scalar(e.Pool))
		}
		if e.Zone != "" {
			out.WriteString(", zone: " + scalar(e.Zone))
		}
		out.WriteString(", purpose: " + e.Purpose + ", cidr: " + e.CIDR.String() + "}")
		if note := notes[e.Key()]; note != "" {
			out.WriteString(" # " + oneLine(note))
		}
		out.WriteByte('\n')
	}
	return out.Bytes()
}

const lockHead = `# Which block belongs to whom. Written by "egressplan cidr --write"; commit it and
# review its changes like code. A block stays under its name until its line goes:
# what nobody asks for any more is marked "held", "egressplan cidr --reclaim --write"
# takes such lines out.
`

// Key tells entries apart: a name may stand once for each pattern.
func (e *LockEntry) Key() string { return e.Name + " of " + e.Pattern }

// scalar writes text that stands for itself in YAML, in quotes where it would
// not, whatever it holds.
func scalar(s string) string {
	plain := s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-./_+", r))
	})
	// A word of letters with a hyphen or slash inside is no number, date, null or
	// truth value in any version of YAML.
	if plain && 'a' <= s[0] && s[0] <= 'z' && strings.ContainsAny(s, "-/") {
		return s
	}
	switch {
	case plain && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") == "" && !slices.Contains(yamlWords, s):
		return s
	case strings.ContainsFunc(s, func(r rune) bool { return r == '\'' || r < ' ' || r > '~' }):
		return fmt.Sprintf("%q", s)
	}
	return "'" + s + "'"
}

// yamlWords are words that some version of YAML does not read as text.
var yamlWords = []string{"true", "false", "yes", "no", "on", "off", "null", "y", "n"}

func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}
