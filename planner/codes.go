package planner

import (
	"cmp"
	"slices"

	"egressplan/planner/finding"
	"egressplan/planner/inventory"
)

// CodeKind says of what a code is: one word may be two, a state and a reason.
type CodeKind string

// The kinds of codes.
const (
	CodeOfFinding CodeKind = "finding" // what was noticed about a pattern
	CodeOfProblem CodeKind = "problem" // what is wrong with the input
	CodeOfState   CodeKind = "state"   // what is broken or misused
	CodeOfVerdict CodeKind = "verdict" // what became of a packet
	CodeOfReason  CodeKind = "reason"  // why
	CodeOfVariant CodeKind = "variant" // how a pod is attached
	CodeOfBarrier CodeKind = "barrier" // what alone keeps others from showing a source
)

// CodeKinds are all kinds in the order in which they are listed.
func CodeKinds() []CodeKind {
	return []CodeKind{CodeOfFinding, CodeOfProblem, CodeOfState, CodeOfVerdict, CodeOfReason, CodeOfVariant, CodeOfBarrier}
}

// About says what the codes of a kind are about and who prints them.
func (k CodeKind) About() string {
	return map[CodeKind]string{
		CodeOfFinding: "what was noticed about a pattern",
		CodeOfProblem: "what is wrong with the input",
		CodeOfState:   "what is broken or misused when packets are followed",
		CodeOfVerdict: "what became of a packet",
		CodeOfReason:  "why a packet ended where it did",
		CodeOfVariant: "how a pod is attached, which decides its source",
		CodeOfBarrier: "what alone keeps somebody else from showing an app's source",
	}[k]
}

// Code explains one code that egressplan prints. What a kind does not have is
// empty: only findings have a severity, a scope and a policy.
type Code struct {
	Code     string           `json:"code"`
	Kind     CodeKind         `json:"kind"`
	Severity finding.Severity `json:"severity,omitempty"`
	Scope    finding.Scope    `json:"scope,omitempty"`
	// Otherwise says in which cases the severity is another.
	Otherwise string `json:"otherwise,omitempty"`
	Meaning   string `json:"meaning"`
	Detail    string `json:"detail,omitempty"`
	Effect    string `json:"effect,omitempty"`
	// Fix is the way out; "" where there is nothing to mend.
	Fix string `json:"fix,omitempty"`
	// Source is the fact behind it: document title and section.
	Source string `json:"source"`
	// Reject and Accept say what Policy.reject and Policy.accept make of it.
	Reject string `json:"reject,omitempty"`
	Accept string `json:"accept,omitempty"`
}

// Codes are all codes, by kind in the order of [CodeKinds]. Findings, problems
// and reasons are sorted by code; states, verdicts, variants and barriers are in
// their documented order.
func Codes() []Code {
	var list []Code
	for _, e := range finding.Catalogue() {
		list = append(list, Code{Code: e.Code, Kind: CodeOfFinding, Severity: e.Severity, Scope: e.Scope, Otherwise: e.Otherwise(),
			Meaning: e.Meaning, Effect: e.Effect(), Fix: e.Fix, Source: e.Source, Reject: e.Rejected(), Accept: e.Accepted()})
	}
	for _, c := range inventory.Codes() {
		list = append(list, Code{Code: c.Code, Kind: CodeOfProblem, Meaning: c.Meaning, Detail: c.Detail, Fix: c.Fix, Source: c.Source,
			Effect: "stops every command with exit code 2 until it is mended"})
	}
	for _, k := range stateKinds {
		c := stateNotes[k.Kind]
		list = append(list, Code{Code: k.Kind, Kind: CodeOfState, Meaning: sentence(k.Meaning), Detail: c.detail, Fix: sentence(cmp.Or(guards[k.Kind], c.fix)), Source: c.source})
	}
	for _, v := range verdictNotes {
		list = append(list, Code{Code: v.code, Kind: CodeOfVerdict, Meaning: v.meaning, Fix: v.fix, Source: v.source})
	}
	for _, r := range endings {
		list = append(list, Code{Code: r.code, Kind: CodeOfReason, Meaning: r.meaning, Fix: r.fix, Source: r.source})
	}
	for _, v := range variantNotes {
		list = append(list, Code{Code: v.code, Kind: CodeOfVariant, Meaning: v.meaning, Fix: v.fix, Source: v.source})
	}
	for _, b := range barrierNotes {
		list = append(list, Code{Code: b.code, Kind: CodeOfBarrier, Meaning: sentence(cmp.Or(barrierWords[b.code], b.meaning)), Fix: b.fix, Source: b.source})
	}
	return list
}

// ExplainCode are the codes of that name: none where it is unknown, several
// where one word is of several kinds.
func ExplainCode(code string) []Code {
	return slices.DeleteFunc(Codes(), func(c Code) bool { return c.Code != code })
}

// sentence makes a phrase of a message stand alone.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	if first := s[0]; first >= 'a' && first <= 'z' {
		s = string(first-'a'+'A') + s[1:]
	}
	return s + "."
}
