// Package finding holds the vocabulary in which egressplan talks about what it
// noticed: where in the input, which code, how severe, and what to do. It
// imports nothing of this module, so that every layer may speak it.
package finding

import (
	"cmp"
	"strconv"
)

// Pos is a place in an input file as the user named it; Line and Column are
// 1-based and count characters, not bytes. The zero Pos means "no place".
type Pos struct {
	File   string
	Line   int
	Column int
}

// IsZero reports whether p names no place.
func (p Pos) IsZero() bool { return p == Pos{} }

// String is the form editors understand: file:line:column.
func (p Pos) String() string {
	if p.IsZero() {
		return ""
	}
	return p.File + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column)
}

// Compare orders positions by file, line and column.
func (p Pos) Compare(q Pos) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// Problem is something wrong with the input: the plan cannot be worked out
// until it is mended. Message says what is wrong with the value quoted, Fix
// says the way out. Earlier is the other place where two values collide.
type Problem struct {
	At      Pos
	Code    string
	Message string
	Fix     string
	Earlier Pos
}

// Severity says what a finding does to a candidate.
type Severity string

// A blocker rejects a candidate or makes an app an exception; a risk is said in
// the first lines; a note is for the record.
const (
	Blocker Severity = "blocker"
	Risk    Severity = "risk"
	Note    Severity = "note"
)

// Scope says how far a finding reaches.
type Scope string

// An estate finding concerns the whole candidate, an app finding one app, a
// flow finding one app towards one destination.
const (
	Estate Scope = "estate"
	App    Scope = "app"
	Flow   Scope = "flow"
)

// Finding is one thing noticed about one candidate.
type Finding struct {
	Code     string
	Severity Severity
	Scope    Scope
	// Subjects are what it is about: app keys, firewalls, CIDRs, "app -> destination".
	Subjects []string
	Message  string
	Fix      string
	At       Pos
	// Source is the fact behind it: document title and section.
	Source string
}
