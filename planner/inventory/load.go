// Package inventory turns documents into a validated plan. It is the only
// decoder of YAML: every value keeps its place, all problems are reported at
// once, and what comes out is merged, defaulted and sorted, so that the order in
// the files decides nothing.
package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"egressplan/planner/finding"
)

// Source is one input file: its name as the user typed it, and its bytes.
type Source struct {
	Name string
	Data []byte
}

// The kinds of documents.
const (
	KindEnvironment          = "Environment"
	KindAppInventory         = "AppInventory"
	KindFirewallRequirements = "FirewallRequirements"
	KindPolicy               = "Policy"
	KindPriceBook            = "PriceBook"
	KindAllocations          = "Allocations"
)

var documentKinds = []string{KindEnvironment, KindAppInventory, KindFirewallRequirements, KindPolicy, KindPriceBook, KindAllocations}

// APIVersion is the version of the document format.
const APIVersion = "egressplan/v1"

// Load reads all documents of all sources. It returns a plan, or the problems
// that stand in its way sorted by place, never both.
func Load(sources []Source) (*Plan, []finding.Problem) {
	l := newLoader()
	for _, s := range sources {
		l.source(s)
	}
	l.finish()
	if l.dropped > 0 {
		l.tooMany()
	}
	if len(l.problems) > 0 {
		return nil, sorted(l.problems)
	}
	return l.plan, nil
}

// tooMany says that the list of problems is not complete.
func (l *loader) tooMany() {
	message := fmt.Sprintf("%s than the %d listed", counted(l.dropped, "more problem"), maxProblems)
	if l.stopped {
		message = fmt.Sprintf("there are more problems than the %d listed, and the rest was not read", maxProblems)
	}
	l.problems = append(l.problems, finding.Problem{Code: CodeTooMany, Fix: "correct these first and run again", Message: message})
}

// sorted orders problems by place, code and text and drops repetitions: a value
// behind an alias may be wrong in several uses.
func sorted(problems []finding.Problem) []finding.Problem {
	slices.SortFunc(problems, func(a, b finding.Problem) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		if c := strings.Compare(a.Code, b.Code); c != 0 {
			return c
		}
		return strings.Compare(a.Message, b.Message)
	})
	return slices.Compact(problems)
}

// loader builds the plan from one document after the other.
type loader struct {
	*report
	plan *Plan
	// given are the user's price books, in the order read.
	given [][]row
	// seen is the first document of each kind.
	seen map[string]finding.Pos
	// lockNames are the environments that the lock's documents say they are of.
	lockNames []Value[string]
	// incomplete: something could not be read, so a missing name proves nothing.
	incomplete bool
}

func newLoader() *loader {
	return &loader{report: &report{}, plan: &Plan{}, seen: map[string]finding.Pos{}}
}

// document is one document whose head has been read.
type document struct {
	d    *decoder
	at   finding.Pos
	name string
	meta Meta
	spec *yaml.Node
}

// source reads all documents of one file.
func (l *loader) source(s Source) {
	data, ok := l.textOf(s)
	if !ok {
		l.incomplete = true
		return
	}
	if !l.plainLock(s, data) {
		l.yaml(s, data)
	}
}

// yaml reads all documents of a text.
func (l *loader) yaml(s Source, data []byte) {
	d := &decoder{report: l.report, file: s.Name}
	// A Decoder, because yaml.Unmarshal stops silently after the first document.
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var n yaml.Node
		err := next(dec, &n)
		if errors.Is(err, io.EOF) || l.full() {
			return
		}
		if err != nil {
			l.syntax(s.Name, data, err)
			return
		}
		l.document(d, &n)
	}
}

// next decodes one document; a panic of the library is an error of the input.
func next(dec *yaml.Decoder, n *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	return dec.Decode(n)
}

// syntax passes on what yaml.v3 knows: a line at best.
func (l *loader) syntax(file string, data []byte, err error) {
	l.incomplete = true
	at := finding.Pos{File: file, Line: 1, Column: 1}
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(message, "line "); ok {
		if number, text, ok := strings.Cut(rest, ": "); ok {
			at.Line, _ = strconv.Atoi(number)
			message = text
			// At the end of the file there is no next line to show.
			after := finding.Pos{File: file, Line: at.Line + 1, Column: 1}
			if next, _ := NewExcerpts([]Source{{Name: file, Data: data}}).At(after); strings.TrimSpace(next) != "" && parserFault(message) {
				at = after
			}
		}
	}
	if anchor, ok := strings.CutPrefix(message, "unknown anchor '"); ok {
		anchor, _, _ = strings.Cut(anchor, "'")
		at = placeOf(file, data, max(0, bytes.Index(data, []byte("*"+anchor))))
		l.add(at, CodeSyntax, "define it above with &"+anchor+", or put the text in quotes", "*%s stands for the value of an anchor, and none of that name is above", anchor)
		return
	}
	if strings.Contains(message, "exceeded max depth") {
		l.add(at, CodeTooDeep, "flatten it", "the document is nested deeper than %d levels", maxDepth)
		return
	}
	if i := bytes.IndexFunc(data, forbidden); i >= 0 && strings.Contains(message, "control characters") {
		r, _ := utf8.DecodeRune(data[i:])
		l.add(placeOf(file, data, i), CodeSyntax, fmt.Sprintf(`remove it, or write it in double quotes as \u%04X; what follows was not read`, r), "the control character U+%04X cannot stand in YAML", r)
		return
	}
	if s := findSlip(data); s != nil {
		l.add(placeOf(file, data, s.at), CodeSyntax, s.fix+"; what follows was not read", "%s", s.message)
		return
	}
	l.add(at, CodeSyntax, "correct this place; what follows was not read", "not well-formed YAML: %s", message)
}

// parserFault tells messages of yaml.v3's parser from those of its scanner: it
// counts the lines of the former from 0 (its parser.fail).
func parserFault(message string) bool {
	rest, ok := strings.CutPrefix(message, "did not find expected ")
	return ok && slices.Contains([]string{"<document start>", "node content", "'-' indicator", "key", "',' or ']'", "',' or '}'"}, rest)
}

// document reads the head of a document and hands its spec on.
func (l *loader) document(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.DocumentNode {
		if len(n.Content) == 0 || isNull(n.Content[0]) {
			return
		}
		n = n.Content[0]
	}
	if !d.affordable(n) {
		l.incomplete = true
		return
	}
	o, ok := d.object(n, "the document", "apiVersion", "kind", "metadata", "spec")
	if !ok {
		l.incomplete = true
		return
	}
	doc := document{d: d, at: o.at()}
	if m, ok := o.inner("metadata", "name"); ok {
		doc.name, doc.meta = optional(m, "name", "", name).V, m.meta()
	}
	kind := optional(o, "kind", "", text)
	version := optional(o, "apiVersion", "", text)
	if o.field("kind") == nil {
		o.missingAs("kind", "add kind, one of "+strings.Join(documentKinds, ", "))
	}
	if o.field("apiVersion") == nil {
		o.missingAs("apiVersion", "add apiVersion: "+APIVersion)
	}
	if version.Set && version.V != APIVersion {
		l.add(version.At, CodeAPIVersion, "write "+APIVersion, "apiVersion %s is not known", quote(version.V))
	}
	if doc.spec = o.field("spec"); doc.spec == nil {
		o.missing("spec")
	}
	l.hand(doc, kind)
}

// hand gives the spec to the reader of its kind.
func (l *loader) hand(doc document, kind Value[string]) {
	read := l.reader(kind.V)
	switch earlier, again := l.seen[kind.V]; {
	case read == nil:
		l.incomplete = true
		l.unknownKind(kind)
	case again && (kind.V == KindEnvironment || kind.V == KindPolicy):
		l.collide(CodeDuplicateDocument, doc.at, earlier, "merge the two, or give only one of the files", "there is a second %s", kind.V)
	case doc.spec == nil:
		l.incomplete = true
		l.seen[kind.V] = doc.at
	default:
		l.seen[kind.V] = doc.at
		read(doc)
	}
}

func (l *loader) reader(kind string) func(document) {
	switch kind {
	case KindEnvironment:
		return l.environment
	case KindAppInventory:
		return l.inventory
	case KindFirewallRequirements:
		return l.firewalls
	case KindPolicy:
		return l.policy
	case KindPriceBook:
		return l.prices
	case KindAllocations:
		return l.allocations
	}
	return nil
}

func (l *loader) unknownKind(kind Value[string]) {
	if !kind.Set {
		return
	}
	fix := l.spelling.suggest(kind.V, documentKinds)
	if fix == "" {
		fix = "take one of " + strings.Join(documentKinds, ", ")
	}
	l.add(kind.At, CodeKind, fix, "kind %s is not known", quote(kind.V))
}

// finish merges the documents.
func (l *loader) finish() {
	l.settle()
	l.plan.PriceBook = overlay(l.given)
}

// settle checks what spans documents, and fills in the defaults that need the
// whole plan.
func (l *loader) settle() {
	if _, ok := l.seen[KindPolicy]; !ok {
		l.defaultPolicy()
	}
	l.sortPlan()
	l.missingDocuments()
	l.references()
	l.defaults()
	l.clusterIPs()
	l.overlaps()
	l.routed()
	l.checkLock()
	l.checkPrices()
}

func (l *loader) missingDocuments() {
	if l.incomplete {
		return
	}
	for _, kind := range []string{KindEnvironment, KindAppInventory, KindFirewallRequirements} {
		if _, ok := l.seen[kind]; !ok {
			l.add(finding.Pos{}, CodeMissingDocument, "write "+article(kind)+" document; fixtures/plans/bank in the repository is a complete example",
				"there is no document of kind %s", kind)
		}
	}
}

// article puts "a" or "an" before a kind.
func article(kind string) string {
	if strings.ContainsRune("AEIOU", rune(kind[0])) {
		return "an " + kind
	}
	return "a " + kind
}
