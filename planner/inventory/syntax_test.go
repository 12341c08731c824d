package inventory

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// plans are the documents of the example plans, by file.
func plans(t testing.TB) map[string]string {
	texts := map[string]string{}
	err := filepath.WalkDir("../../fixtures/plans", func(path string, e fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".yaml" {
			var data []byte
			data, err = os.ReadFile(path)
			texts[path] = string(data)
		}
		return err
	})
	if err != nil || len(texts) < 20 {
		t.Fatalf("%d plans, %v", len(texts), err)
	}
	return texts
}

// In what is well-formed there is no mistake to be found.
func TestNoSlipInWellFormedText(t *testing.T) {
	texts := plans(t)
	for name, text := range map[string]string{
		"every":     everyKeyYAML,
		"json":      "{\n  \"a\": [1, 2,\n    {\"b\": \"c: d\"}\n  ],\n  \"e\":null, \"f\" : true\n}\n",
		"json flat": "{\n\"a\":{\n\"b\":1\n},\n\"c\":[]\n}\n",
		"texts":     "a: one\n  two\nb: |\n  {[: @\n\n  \t\n   x\nc: >-\n  a: b\nd: 'it''s'\ne: \"a \\\"b\\\" c\"\nf: \"over\n  two lines\"\n\"g h\": 1\n",
		"lists":     "a:\n- b\n- c: d\n  e: f\n- - h\n  - i\nj:\n    - k\n    # note\n",
		"anchors":   "a: &x {b: c}\nd: *x\ne: !!str 5\nf: &y\n  g: h\n",
		"documents": "%YAML 1.1\n---\na: b\n...\n---\n- c\n--- # note\nd: [e,\n  f: g, # note\n  {h}]\n",
		"colons":    "a: http://x:80/y\nb: {c: d:e, f: 'g:h'}\n",
	} {
		texts[name] = text
	}
	for name, text := range texts {
		if !wellFormed([]byte(text)) {
			t.Errorf("%s is not well-formed", name)
		}
		s := &slipScanner{data: []byte(text)}
		if s.scan(); s.found != nil {
			t.Errorf("%s: %s: %s", name, placeOf(name, s.data, s.found.at), s.found.message)
		}
	}
}

// Take one sign out of a plan, or put one in: where YAML minds, the place is
// found, nearly always.
func TestSlipsAreFoundWhereTheyAre(t *testing.T) {
	tried, found, named := 0, 0, 0
	for name, text := range plans(t) {
		if !strings.Contains(name, "bank") {
			continue
		}
		edit := func(i int, spoilt string) {
			if wellFormed([]byte(spoilt)) {
				return
			}
			tried++
			at := placeOf(name, []byte(spoilt), i)
			s := findSlip([]byte(spoilt))
			if s == nil {
				return
			}
			found++
			switch got := placeOf(name, []byte(spoilt), s.at); {
			case got.Line == at.Line || got.Line == at.Line+1:
				named++
			default:
				t.Logf("%s: edited %s, found at %s: %s", name, at, got, s.message)
			}
		}
		for i := 0; i < len(text); i++ {
			if strings.IndexByte("{}[]:,\"- ", text[i]) >= 0 && i%3 == 0 {
				edit(i, text[:i]+text[i+1:])
			}
			if i%41 == 0 {
				for _, sign := range []string{"{", "}", "[", "]", ": ", "\"", "'", "\t", "- ", " "} {
					edit(i, text[:i]+sign+text[i:])
				}
			}
		}
	}
	t.Logf("%d mistakes, %d found, %d in their line or the next", tried, found, named)
	if tried < 1000 || found*10 < tried*9 || named*100 < found*99 {
		t.Error("that is too few")
	}
}

// FuzzSlip: the search ends, whatever the text, and what it finds lies in it.
func FuzzSlip(f *testing.F) {
	f.Add([]byte(everyKeyYAML))
	f.Add([]byte("{\t#"))
	for _, c := range slips {
		f.Add([]byte(strings.Replace(c.text, later, "", 1)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		if s := findSlip(data); s != nil && (s.at < 0 || s.at > len(data) || s.first > s.at || s.message == "" || s.fix == "") {
			t.Errorf("%+v in %d bytes", s, len(data))
		}
	})
}

// What would take a careless search the square of the length of a line.
func TestSlipSearchIsLinear(t *testing.T) {
	for _, unit := range []string{"[", "{a: ", "- ", "&a ", "!a ", "\"", "'", "a: ", "[]", "{}, ", "# ", " ", "\t", "\n- ", "\n [", "\na: \"", ": ", "[\n"} {
		findSlip([]byte(strings.Repeat(unit, 1<<20/len(unit))))
		findSlip([]byte("a: [" + strings.Repeat(unit, 1<<20/len(unit))))
	}
}

// slips are mistakes that people make; » stands before the place.
var slips = []struct{ text, message, fix string }{
	{"a: 1\nb:\n  - »{name: x, cidr: y\n  - {name: z}\n", "this { is not closed", "close it with }, in line 3 at the latest"},
	{"a: »[b, c\nd: e\n", "this [ is not closed", "close it with ], in line 1 at the latest"},
	{"a: [b, {c: d»]\n", "this ] meets the { of line 1, which is still open", "write } before it"},
	{"{\n  \"a\": 1,\n  \"b\": »{\n    \"c\": 2\n", "this { is not closed", "close it with }, in line 4 at the latest"},
	{"a: {b: c}»}\n", "this } closes nothing", "remove it, or open a bracket before"},
	{"a: [b]», c\n", "nothing can follow the bracket that closes the value", "remove it, or put it on a line of its own"},
	{"a: {b: c »d: e}\n", "there is no comma between two values", `write a comma before "d"`},
	{"a: [{b: c} »{d: e}]\n", "there is no comma between two values", `write a comma before "{"`},
	{"{\n  \"a\": 1\n  »\"b\": 2\n}\n", "there is no comma between two values", `write a comma before "\"b\""`},
	{"{\n  »// note\n  \"a\": 1\n}\n", "this looks like a comment, which in YAML begins with #", "begin comments with #"},
	{"a: 1\n»\tb: 2\n", "a tab indents this line, which YAML does not take", "indent with blanks"},
	{"a:\n  »\tb: 2\n", "a tab indents this line, which YAML does not take", "indent with blanks"},
	{"a:\n»\u00a0\u00a0b: 1\n  c: 2\n", "this line begins with the character U+00A0, which looks like a blank and is none", "indent with ordinary blanks"},
	{"a:\n    b: 1\n   »c: 2\n", "this line is indented by 3 blanks, like nothing it could belong to", "indent it like line 2, by 4 blanks"},
	{"a:\n  b: 1\n    »c: 2\n", "this line is indented deeper than line 2, which has a value already", "indent it like line 2, by 2 blanks, or write the key it belongs to before it"},
	{"a:\n  b:\n    - c: 1\n  »- c: 2\n", "this line is indented by 2 blanks, like nothing it could belong to", "indent it like line 3, by 4 blanks"},
	{"a:\n  b»:c\n  d: e\n", "there is no blank after the colon", `write "b: c"`},
	{"a:\n  b: c\n  »d e\n  f: g\n", "there is no colon in this line", `write "d: e"`},
	{"a:\n  »b\n    - c: d\n", "there is no colon in this line", `write "b:"`},
	{"a:\n  »-b\n  - c: d\n", "there is no blank after the -", `write "- b"`},
	{"a: b c»: d\n", "a second colon in the line: unless in quotes, a colon with a blank behind it ends a key", `put the text in quotes: "b c: d"`},
	{"a: »@b\n", "a text cannot begin with @", "put the text in quotes"},
	{"a: »`b`\n", "a text cannot begin with `", "put the text in quotes"},
	{"a: »%b\n", "a text cannot begin with %", "put the text in quotes"},
	{"a: »\"b\nc: d\n", "the quote that opens here is never closed", `close it with "`},
	{"a: »\"b\nc: \"d\"\n", "the quote that opens here is closed in line 2 only", `close it with " in its own line`},
	{"a: 'b»'c'\n", "the text in quotes ends here, and more follows", "write '' for a quote that belongs to the text, or take double quotes"},
	{"a: \"b»\"c\"\n", "the text in quotes ends here, and more follows", `write \" for a quote that belongs to the text`},
}

// Each mistake is one problem, at its place.
func TestSlips(t *testing.T) {
	for _, c := range slips {
		at, text := mark(t, "more", c.text, later)
		_, problems := Load([]Source{source("more", text)})
		if len(problems) != 1 {
			t.Errorf("%q: %d problems: %v", text, len(problems), problems)
			continue
		}
		if p := problems[0]; p.Code != CodeSyntax || p.At != at || p.Message != c.message || p.Fix != c.fix+"; what follows was not read" {
			t.Errorf("%q: %s: %s [%s], fix: %s; want %s: %s", text, p.At, p.Message, p.Code, p.Fix, at, c.message)
		}
	}
}
