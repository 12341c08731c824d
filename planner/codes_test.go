package planner_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"egressplan/planner"
	"egressplan/planner/finding"
	"egressplan/sim"
)

var updateCodes = flag.Bool("update-codes", false, "write the list of codes in docs/findings.md anew")

// Every code says what it means and on what that stands; what can be mended says
// how.
func TestEveryCodeIsExplained(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range planner.Codes() {
		key := string(c.Kind) + " " + c.Code
		if seen[key] {
			t.Errorf("%s stands twice", key)
		}
		seen[key] = true
		if c.Meaning == "" || c.Source == "" {
			t.Errorf("%s: meaning %q, source %q", key, c.Meaning, c.Source)
		}
		needsFix := c.Kind == planner.CodeOfProblem || c.Kind == planner.CodeOfFinding && c.Severity != finding.Note || c.Kind == planner.CodeOfState && c.Code != "healthy"
		if needsFix && c.Fix == "" {
			t.Errorf("%s has no way out", key)
		}
		for _, text := range []string{c.Meaning, c.Detail, c.Fix} {
			if text != "" && (!strings.HasSuffix(text, ".") || strings.HasSuffix(text, "..") || strings.ToUpper(text[:1]) != text[:1]) {
				t.Errorf("%s: %q is no sentence", key, text)
			}
		}
		if !slices.Contains(planner.CodeKinds(), c.Kind) || c.Kind.About() == "" {
			t.Errorf("%s: the kind is not listed", key)
		}
	}
	for _, k := range planner.StateKinds() {
		if !seen["state "+k.Kind] {
			t.Errorf("state %s is not explained", k.Kind)
		}
	}
}

// What the walker itself says is explained as well.
func TestEveryCodeOfTheWalkIsExplained(t *testing.T) {
	explained := codesOf(planner.CodeOfReason)
	n := 0
	for c := sim.CodeDelivered; c.String() != sim.CodeNone.String(); c++ {
		n++
		if !explained[c.String()] {
			t.Errorf("reason %s is not explained", c)
		}
	}
	if n < 14 {
		t.Errorf("only %d codes of the walk found", n)
	}
	for v := range sim.Verdict(32) {
		if name := v.String(); name != "undecided" && !codesOf(planner.CodeOfVerdict)[name] {
			t.Errorf("verdict %s is not explained", name)
		}
	}
}

func codesOf(kind planner.CodeKind) map[string]bool {
	set := map[string]bool{}
	for _, c := range planner.Codes() {
		if c.Kind == kind {
			set[c.Code] = true
		}
	}
	return set
}

// Every code that is written in the source is explained, and every code that is
// explained is written somewhere other than in its explanation.
func TestCodesAndSourceAgree(t *testing.T) {
	s := readSource(t, "*.go", "allowlist/*.go", "manifest/*.go", "review/*.go", "../cmd/egressplan/*.go")
	if len(s.files) < 60 {
		t.Fatalf("only %d files read", len(s.files))
	}
	findings, reasons := codesOf(planner.CodeOfFinding), codesOf(planner.CodeOfReason)
	used := s.codes()
	for code, at := range used {
		if !findings[code] && !reasons[code] {
			t.Errorf("%s: %s is not explained", at, code)
		}
	}
	for code := range findings {
		if used[code] == "" {
			t.Errorf("nothing files the finding %s", code)
		}
	}
	ofTheWalk := map[string]bool{}
	for c := sim.CodeDelivered; c.String() != sim.CodeNone.String(); c++ {
		ofTheWalk[c.String()] = true
	}
	for code := range reasons {
		if used[code] == "" && !ofTheWalk[code] {
			t.Errorf("nothing gives the reason %s", code)
		}
	}
	for code, at := range s.compared() {
		if !findings[code] && !reasons[code] {
			t.Errorf("%s asks for %s, which no code is", at, code)
		}
	}
}

// Barriers and pod variants are constants; each is explained, and no other.
func TestConstantsAreExplained(t *testing.T) {
	for prefix, kind := range map[string]planner.CodeKind{"barrier": planner.CodeOfBarrier, "variant": planner.CodeOfVariant} {
		want := readSource(t, "*.go").constants(prefix)
		if got := codesOf(kind); len(want) < 5 || !equalSets(got, want) {
			t.Errorf("%s: explained %v, in the code %v", kind, got, want)
		}
	}
}

// Each problem's constant is used by the reader of the input.
func TestProblemCodesAreReported(t *testing.T) {
	s := readSource(t, "inventory/*.go")
	uses := map[string]int{}
	for _, f := range s.files {
		if filepath.Base(s.fset.File(f.Pos()).Name()) == "codes.go" {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				uses[id.Name]++
			}
			return true
		})
	}
	constants := s.constantNames("Code")
	if got := codesOf(planner.CodeOfProblem); len(constants) < 30 || len(got) != len(constants) {
		t.Errorf("%d explained, %d constants", len(got), len(constants))
	}
	for name, code := range constants {
		if uses[name] == 0 {
			t.Errorf("nothing reports %s", code)
		}
		if !codesOf(planner.CodeOfProblem)[code] {
			t.Errorf("problem %s is not explained", code)
		}
	}
}

// A finding that is filed with another severity than its entry's says when.
func TestOtherSeveritiesAreSaid(t *testing.T) {
	s := readSource(t, "*.go")
	said := map[string]bool{}
	for _, e := range finding.Catalogue() {
		if e.Otherwise() != "" {
			said[e.Code] = true
		}
	}
	filed := map[string]bool{}
	for code := range s.arguments(map[string]int{"reportAs": 1, "overQuota": 1}) {
		filed[code] = true
	}
	if !equalSets(said, filed) {
		t.Errorf("said of %v, filed for %v", said, filed)
	}
}

func equalSets(a, b map[string]bool) bool {
	return slices.Equal(sorted(a), sorted(b))
}

func sorted(set map[string]bool) []string {
	var list []string
	for k := range set {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

// The reader of the source finds what it looks for, in every form the code uses.
func TestCodesAreFoundInSource(t *testing.T) {
	const text = `package p
func f(w *work) {
	w.report("in-call", at, nil, "x")
	w.reportAs(s, "in-second-place", at, nil, "x")
	w.say("said")
	code, demand := "assigned", 1
	code = "assigned-again"
	for _, code := range []string{"ranged-one", "ranged-two"} {}
	_ = note{code: "keyed"}
	_ = Reason{"unkeyed", "text"}
	_ = f.Code == "compared"
	over("name", "by-parameter")
	w.report("prefix-"+x, at, nil, "not a literal")
}
func over(name, code string) {}
func broken() (code, text string) { return "returned", "text" }
var m = map[string]struct{ code, words string }{"key": {"in-table", "words"}}
`
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "p.go", text, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := &source{fset: fset, files: []*ast.File{f}}
	var got []string
	for code := range s.codes() {
		got = append(got, code)
	}
	slices.Sort(got)
	want := []string{"assigned", "assigned-again", "by-parameter", "in-call", "in-second-place", "in-table", "keyed", "ranged-one", "ranged-two", "returned", "said", "unkeyed"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if c := s.compared(); len(c) != 1 || c["compared"] == "" {
		t.Errorf("compared: %v", c)
	}
}

// docs/findings.md lists every code with what explain says of it, and names no
// other. The list is written anew by
//
//	go test ./planner -run TestFindingsDocs -update-codes
func TestFindingsDocs(t *testing.T) {
	path := filepath.Join("..", "docs", "findings.md")
	docs, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const mark = "## Every code\n"
	before, _, found := strings.Cut(string(docs), mark)
	if !found {
		t.Fatalf("docs/findings.md has no section %q", strings.TrimSpace(mark))
	}
	want := before + mark + everyCode()
	if *updateCodes {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(docs) {
		t.Errorf("the list of codes is not that of the code; write it with go test ./planner -run TestFindingsDocs -update-codes")
	}
	known := map[string]bool{"nat-gateway-gb": true} // an item of the bill
	for _, c := range planner.Codes() {
		known[c.Code] = true
	}
	for _, m := range regexp.MustCompile("`([a-z0-9]+(?:-[a-z0-9]+)+)`").FindAllStringSubmatch(before, -1) {
		if !known[m[1]] {
			t.Errorf("docs/findings.md names %s, which is no code", m[1])
		}
	}
}

// everyCode is the section of docs/findings.md.
func everyCode() string {
	var b bytes.Buffer
	fmt.Fprint(&b, "\nWhat `egressplan explain CODE` says, in one place. The list is made from the code; a test holds them together.\n")
	heading := map[planner.CodeKind]string{}
	for _, c := range planner.Codes() {
		if heading[c.Kind] == "" {
			heading[c.Kind] = strings.ToUpper(string(c.Kind)[:1]) + string(c.Kind)[1:] + "s"
			fmt.Fprintf(&b, "\n### %s: %s\n\n", heading[c.Kind], c.Kind.About())
			columns := []string{"code", "meaning", "way out", "fact"}
			if c.Kind == planner.CodeOfFinding {
				columns = []string{"code", "severity, scope", "meaning", "way out", "fact"}
			}
			fmt.Fprintf(&b, "| %s |\n|%s\n", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
		}
		cells := []string{"`" + c.Code + "`"}
		if c.Kind == planner.CodeOfFinding {
			severity := fmt.Sprintf("%s, %s", c.Severity, c.Scope)
			if c.Otherwise != "" {
				severity += "; " + c.Otherwise
			}
			cells = append(cells, severity)
		}
		cells = append(cells, strings.TrimSpace(c.Meaning+" "+c.Detail), c.Fix, c.Source)
		for i := range cells {
			cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
	}
	return b.String()
}
