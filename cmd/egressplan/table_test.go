package main

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func draw(t *testing.T, tb *table, width int) string {
	t.Helper()
	var buf bytes.Buffer
	if err := (&page{w: &buf, width: width}).table(tb, "  "); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func TestTableIsPlain(t *testing.T) {
	tb := &table{columns: []column{{title: "snat_ip"}, {title: "amount", right: true}, {title: "why", flex: 10}}}
	tb.add("10.20.80.5/32", "1,109.76", "a NAT gateway of its own")
	tb.add("x", "0.05", "")
	want := `
  snat_ip          amount  why
  10.20.80.5/32  1,109.76  a NAT gateway of its own
  x                  0.05
`
	if got := "\n" + draw(t, tb, 80); got != want {
		t.Errorf("got %swant %s", got, want)
	}
	want = `
  snat_ip          amount  why
  10.20.80.5/32  1,109.76  a NAT
                           gateway of
                           its own
  x                  0.05
`
	if got := "\n" + draw(t, tb, 38); got != want {
		t.Errorf("got %swant %s", got, want)
	}
}

func TestTableLeavesOutTheLeastFirst(t *testing.T) {
	tb := &table{columns: []column{{title: "name"}, {title: "zone", drop: 1}, {title: "purpose", drop: 2}}}
	tb.add("app/payments/ledger", "eu-central-1a", "nat-gateway")
	if got := draw(t, tb, 60); !strings.Contains(got, "zone") || !strings.Contains(got, "purpose") {
		t.Errorf("room for all, but got\n%s", got)
	}
	if got := draw(t, tb, 40); !strings.Contains(got, "zone") || strings.Contains(got, "purpose") {
		t.Errorf("purpose should go first:\n%s", got)
	}
	if got := draw(t, tb, 25); strings.Contains(got, "zone") || !strings.Contains(got, "app/payments/ledger") {
		t.Errorf("only the name should stay:\n%s", got)
	}
}

func TestTableEscapesItsCells(t *testing.T) {
	tb := &table{columns: []column{{title: "owner"}}}
	tb.add("a\x1b[31mb\nc")
	if got := draw(t, tb, 80); !strings.Contains(got, `a\u{1b}[31mb\u{a}c`) {
		t.Errorf("%q", got)
	}
}

// A table with columns that can give never gets wider than the page, and never
// loses a word of a column that it shows.
func TestTableKeepsToTheWidth(t *testing.T) {
	word := rapid.StringMatching(`[a-z/0-9.]{1,12}`)
	rapid.Check(t, func(t *rapid.T) {
		tb := &table{columns: []column{{title: "id"}, {title: "low", drop: 1}, {title: "prose", flex: 12}, {title: "more", flex: 12}}}
		var prose []string
		for range rapid.IntRange(1, 5).Draw(t, "rows") {
			text := rapid.SliceOfN(word, 0, 12).Draw(t, "words")
			prose = append(prose, text...)
			tb.add(word.Draw(t, "id"), word.Draw(t, "low"), strings.Join(text, " "), strings.Join(text, " "))
		}
		width := rapid.IntRange(44, 160).Draw(t, "width")
		var buf bytes.Buffer
		if err := (&page{w: &buf, width: width}).table(tb, "  "); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(buf.String()) {
			if n := len(strings.TrimRight(line, "\n")); n > width {
				t.Fatalf("%d columns on a page of %d:\n%s", n, width, buf.String())
			}
		}
		for _, w := range prose {
			if strings.Count(buf.String(), w) < 2 {
				t.Fatalf("%q is missing:\n%s", w, buf.String())
			}
		}
	})
}

func TestWrap(t *testing.T) {
	cases := []struct {
		text  string
		width int
		want  string
	}{
		{"", 10, ""},
		{"one two three", 7, "one two|three"},
		{"a 10.20.64.0/26,10.20.64.64/26 b", 10, "a|10.20.64.0/26,10.20.64.64/26|b"},
		{"at least 5.00 + unknown (12)", 26, "at least 5.00 +|unknown (12)"},
		{"größer größer", 6, "größer|größer"},
	}
	for _, c := range cases {
		if got := strings.Join(wrap(c.text, c.width), "|"); got != c.want {
			t.Errorf("wrap(%q, %d) = %q, want %q", c.text, c.width, got, c.want)
		}
	}
}
