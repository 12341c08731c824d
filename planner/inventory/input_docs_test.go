package inventory

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// inputDocs is docs/input.md: the cells of the rows of each section, by heading.
func inputDocs(t *testing.T) map[string][][]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "input.md"))
	if err != nil {
		t.Fatal(err)
	}
	sections, heading := map[string][][]string{}, ""
	for line := range strings.SplitSeq(string(data), "\n") {
		if strings.HasPrefix(line, "#") {
			heading = strings.ToLower(strings.TrimLeft(line, "# "))
			continue
		}
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		cells[0] = strings.Trim(cells[0], "`")
		sections[heading] = append(sections[heading], cells)
	}
	return sections
}

// parsedFiles are the files of this package without its tests.
func parsedFiles(t *testing.T) []*ast.File {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := goparser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

func literal(e ast.Expr) string {
	if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
		s, _ := strconv.Unquote(l.Value)
		return s
	}
	return ""
}

// decoderKeys are the keys of each object of the input, read off the calls that
// check the keys of a mapping.
func decoderKeys(t *testing.T) map[string][]string {
	t.Helper()
	keys := map[string][]string{}
	for _, f := range parsedFiles(t) {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			first, calls := map[string]int{"object": 1, "inner": 0, "orEmpty": 0}[selected(f, ok)]
			if !calls || call.Ellipsis.IsValid() || literal(call.Args[first]) == "" {
				return true
			}
			what := literal(call.Args[first])
			for _, a := range call.Args[first+1:] {
				if literal(a) == "" {
					t.Errorf("a key of %s is not written out", what)
				}
				keys[what] = append(keys[what], literal(a))
			}
			return true
		})
	}
	for _, a := range Assumptions() {
		keys["assumptions"] = append(keys["assumptions"], a.Name)
	}
	return keys
}

func selected(f *ast.SelectorExpr, ok bool) string {
	if !ok {
		return ""
	}
	return f.Sel.Name
}

// headingOf is the section of an object: the specs have those of their kinds.
func headingOf(what string) string {
	for _, article := range []string{"the spec of ", "the ", "an ", "a "} {
		if rest, ok := strings.CutPrefix(what, article); ok {
			return strings.ToLower(rest)
		}
	}
	return strings.ToLower(what)
}

// docs/input.md has a row for every key the decoder knows and for no other.
// Small objects stand in the section of the one around them, as outer.key.
func TestInputDocsNameEveryKey(t *testing.T) {
	sections, known := inputDocs(t), decoderKeys(t)
	if len(known) < 25 || len(known["an app"]) < 15 {
		t.Fatalf("only %d objects found", len(known))
	}
	want := map[string]bool{}
	for what, keys := range known {
		_, ownSection := sections[headingOf(what)]
		for _, key := range keys {
			if ownSection {
				want[headingOf(what)+": "+key] = true
			} else {
				want[what+"."+key] = true
			}
		}
	}
	for heading, rows := range sections {
		if heading == "problems" {
			continue
		}
		for _, row := range rows {
			name := heading + ": " + row[0]
			if strings.Contains(row[0], ".") {
				name = row[0]
			}
			if !want[name] {
				t.Errorf("docs/input.md describes %s, which the decoder does not know", name)
			}
			if delete(want, name); len(row) != 4 || row[1] == "" {
				t.Errorf("%s: %d cells", name, len(row))
			}
		}
	}
	for name := range want {
		t.Errorf("docs/input.md does not describe %s", name)
	}
}

func TestInputDocsNameEveryProblemAndAssumption(t *testing.T) {
	sections := inputDocs(t)
	var want [][]string
	for _, c := range Codes() {
		want = append(want, []string{c.Code, c.Meaning, c.Fix})
	}
	if !slices.EqualFunc(sections["problems"], want, slices.Equal) {
		t.Errorf("docs/input.md: %q", sections["problems"])
	}
	want = nil
	for _, a := range Assumptions() {
		want = append(want, []string{a.Name, a.Unit + ", " + a.Low.String() + " to " + a.High.String(), a.Default.String(), a.Meaning})
	}
	if !slices.EqualFunc(sections["assumptions"], want, slices.Equal) {
		t.Errorf("docs/input.md: %q", sections["assumptions"])
	}
}

// The words a refused value could have been stand with their key.
func TestInputDocsNameTheWords(t *testing.T) {
	rows := map[string]string{}
	for _, section := range inputDocs(t) {
		for _, row := range section {
			key := row[0][strings.LastIndex(row[0], ".")+1:]
			rows[key] += strings.Join(row, " ")
		}
	}
	form := regexp.MustCompile(`^(\w+) ".*" is (?:not one of|not|neither) (.*?)(?: nor a number)?$`)
	standard := map[string]string{"env": environmentYAML, "fw": firewallsYAML, "apps": appsYAML}
	seen := 0
	for _, b := range slices.Concat(brokenEnvironments, brokenFirewalls, brokenApps, brokenDocuments) {
		if b.code != CodeBadEnum {
			continue
		}
		doc := b.to
		if b.from != "" {
			doc = edit(t, standard[b.file], b.from, b.to)
		}
		_, problems := load(map[string]string{b.file: strings.Replace(doc, later, "", 1)})
		m := form.FindStringSubmatch(problems[0].Message)
		if m == nil {
			t.Fatal(problems[0].Message)
		}
		seen++
		for word := range strings.SplitSeq(m[2], ", ") {
			if !strings.Contains(rows[m[1]], "`"+word+"`") && m[1] != "pattern" {
				t.Errorf("docs/input.md: %s does not name %s", m[1], word)
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d", seen)
	}
}

// What a message tells to run exists.
func TestHintsNameCommandsThatExist(t *testing.T) {
	command := regexp.MustCompile(`egressplan ([a-z]+)( --[a-z]+)?`)
	exist := []string{"egressplan validate", "egressplan recommend", "egressplan cidr", "egressplan cidr --write", "egressplan cidr --reclaim", "egressplan simulate", "egressplan whois", "egressplan explain", "egressplan init", "egressplan completion", "egressplan version"}
	for _, f := range parsedFiles(t) {
		ast.Inspect(f, func(n ast.Node) bool {
			e, ok := n.(*ast.BasicLit)
			if !ok {
				return true
			}
			for _, m := range command.FindAllString(literal(e), -1) {
				if !slices.Contains(exist, m) {
					t.Errorf("%q", m)
				}
			}
			return true
		})
	}
}
