package review

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"egressplan/planner/inventory"
)

// markdown reads as GitHub does: tables, bare links, strikethrough, task lists.
var markdown = goldmark.New(goldmark.WithExtensions(extension.GFM))

// parsed is a document as a Markdown reader sees it.
type parsed struct {
	src      []byte
	root     ast.Node
	headings []string
	links    []string
	tables   []parsedTable
	fences   map[string][]string // by language
	kinds    []string            // of all nodes but text, in order
}

// parsedTable is a table under the heading that it stands under.
type parsedTable struct {
	under string
	rows  [][]string // the titles first
}

// column is the place of a title, -1 if there is none.
func (t *parsedTable) column(title string) int {
	for i, cell := range t.rows[0] {
		if cell == title {
			return i
		}
	}
	return -1
}

func parse(document string) *parsed {
	p := &parsed{src: []byte(document), fences: map[string][]string{}}
	p.root = markdown.Parser().Parse(text.NewReader(p.src))
	_ = ast.Walk(p.root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		if n.Kind() != ast.KindText && n.Kind() != ast.KindString {
			p.kinds = append(p.kinds, n.Kind().String())
		}
		switch n := n.(type) {
		case *ast.Heading:
			p.headings = append(p.headings, p.textOf(n))
		case *ast.Link:
			p.links = append(p.links, string(n.Destination))
		case *ast.AutoLink:
			p.links = append(p.links, string(n.URL(p.src)))
		case *ast.FencedCodeBlock:
			p.fences[string(n.Language(p.src))] = append(p.fences[string(n.Language(p.src))], p.linesOf(n))
		case *extast.Table:
			t := parsedTable{under: p.headings[len(p.headings)-1]}
			for row := n.FirstChild(); row != nil; row = row.NextSibling() {
				var cells []string
				for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
					cells = append(cells, p.textOf(cell))
				}
				t.rows = append(t.rows, cells)
			}
			p.tables = append(p.tables, t)
		}
		return ast.WalkContinue, nil
	})
	return p
}

// textOf is what a reader sees of a node.
func (p *parsed) textOf(n ast.Node) string {
	var b bytes.Buffer
	_ = ast.Walk(n, func(c ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := c.(*ast.Text); ok && entering {
			segment := t.Segment.Value(p.src)
			if c.Parent().Kind() != ast.KindCodeSpan {
				segment = util.ResolveNumericReferences(util.UnescapePunctuations(segment))
			}
			b.Write(segment)
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

func (p *parsed) linesOf(n ast.Node) string {
	var b strings.Builder
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		b.Write(line.Value(p.src))
	}
	return b.String()
}

// githubSlug is the rule of GitHub's renderer, from its public description: lower
// case, everything dropped but word characters, hyphens and spaces, spaces to
// hyphens; what was there before gets a number.
func githubSlug(heading string, seen map[string]int) string {
	s := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.Pc):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
	n := seen[s]
	seen[s]++
	if n > 0 {
		return fmt.Sprintf("%s-%d", s, n)
	}
	return s
}

// sound reports what a document must not have: a link that leads nowhere, or out
// of the page; HTML; an image; a row with more or fewer cells than its titles; a
// diagram that Mermaid would not take.
func sound(p *parsed) []string {
	var bad []string
	anchors, seen := map[string]bool{}, map[string]int{}
	for _, h := range p.headings {
		anchors["#"+githubSlug(h, seen)] = true
	}
	for _, link := range p.links {
		if !anchors[link] {
			bad = append(bad, "a link leads to "+link)
		}
	}
	for _, kind := range p.kinds {
		switch kind {
		case "HTMLBlock", "RawHTML", "AutoLink", "Image", "Blockquote", "Strikethrough", "TaskCheckBox", "CodeBlock", "ThematicBreak":
			bad = append(bad, "there is a "+kind)
		}
	}
	bad = append(bad, unevenRows(string(p.src))...)
	rows := 0
	for _, t := range p.tables {
		rows += len(t.rows) + 1 // and the rule
	}
	if written := strings.Count(string(p.src), "\n|"); written != rows {
		bad = append(bad, fmt.Sprintf("%d lines are written as rows, %d are read as rows", written, rows))
	}
	for language, fences := range p.fences {
		if language != "mermaid" {
			bad = append(bad, "there is a block of "+language)
		}
		for _, chart := range fences {
			for _, line := range strings.Split(strings.TrimSuffix(chart, "\n"), "\n") {
				if !mermaidLine.MatchString(line) || strings.Contains(line, `""`) {
					bad = append(bad, "not Mermaid: "+line)
				}
			}
		}
	}
	return bad
}

// unevenRows counts the bars of each line of a table that no backslash escapes: a
// reader drops what is too much and fills up what is missing, so that the parsed
// rows would not show it.
func unevenRows(document string) []string {
	var bad []string
	width := 0
	for i, line := range strings.Split(document, "\n") {
		if !strings.HasPrefix(line, "|") {
			width = 0
			continue
		}
		bars := strings.Count(regexp.MustCompile(`\\.`).ReplaceAllString(line, ""), "|")
		if width == 0 {
			width = bars
		}
		if bars != width {
			bad = append(bad, fmt.Sprintf("line %d has %d bars, its titles %d: %s", i+1, bars, width, line))
		}
	}
	return bad
}

// The checks themselves can fail.
func TestUnsoundDocumentsAreFound(t *testing.T) {
	const front = "# A b\n\n[x](#a-b)\n\n"
	if bad := sound(parse(front + "| a | b |\n| --- | --- |\n| 1 \\| | 2 |\n")); len(bad) > 0 {
		t.Errorf("a sound document is refused: %q", bad)
	}
	for _, document := range []string{
		"[x](#nowhere)", "[x](javascript:alert)", "see www.x.example", "see https://x.example", "a@b.example", "<b>x</b>", "<!-- x -->", "![x](#a-b)", "~~x~~", "> x", "    x",
		"| a | b |\n| --- | --- |\n| 1 | 2 | 3 |", "| a | b |\n| --- | --- |\n| 1 |", "| a | b |\n| --- |", "```mermaid\nflowchart LR\n  n1[x]\n```", "```sh\nrm\n```",
	} {
		if bad := sound(parse(front + document + "\n")); len(bad) == 0 {
			t.Errorf("%q is taken as sound", document)
		}
	}
}

// fixture reads an example plan under a file name of its own.
func fixture(t testing.TB, name string) *inventory.Plan {
	t.Helper()
	sources, err := inventory.ReadPaths([]string{filepath.Join("..", "..", "fixtures", "plans", name)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return loaded(t, sources...)
}

func loaded(t testing.TB, sources ...inventory.Source) *inventory.Plan {
	t.Helper()
	plan, problems := inventory.Load(sources)
	for _, p := range problems {
		t.Errorf("%s: %s", p.At, p.Message)
	}
	if len(problems) > 0 {
		t.FailNow()
	}
	return plan
}

// fixtureNames are all example plans that are plans.
func fixtureNames(t testing.TB) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("..", "..", "fixtures", "plans"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if _, err := os.Stat(filepath.Join("..", "..", "fixtures", "plans", e.Name(), "environment.yaml")); err == nil {
			names = append(names, e.Name())
		}
	}
	if len(names) < 6 {
		t.Fatalf("only %d example plans", len(names))
	}
	return names
}

// written is the review of a plan.
func written(t testing.TB, plan *inventory.Plan, pattern string) string {
	t.Helper()
	document, _, err := Markdown(plan, Options{Pattern: pattern, Paths: "plan"})
	if err != nil {
		t.Fatal(err)
	}
	return document
}
