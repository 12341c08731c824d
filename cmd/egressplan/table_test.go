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
	// 19 + 2 + 13 + 2 + 11 and the indent of 2 are 49
	cases := []struct {
		width int
		title string
		note  string
	}{
		{49, "  name                 zone           purpose", ""},
		{48, "  name                 zone", "hidden at this width: purpose (wider terminal, COLUMNS=49, or -o json)"},
		{25, "  name", "hidden at this width: zone, purpose (wider terminal, COLUMNS=49, or -o json)"},
	}
	for _, c := range cases {
		got := draw(t, tb, c.width)
		title, rest, _ := strings.Cut(got, "\n")
		_, note, _ := strings.Cut(rest, "\n")
		if title != c.title || !strings.Contains(got, "app/payments/ledger") {
			t.Errorf("at %d columns the titles are %q, want %q", c.width, title, c.title)
		}
		if note := strings.Join(strings.Fields(note), " "); note != c.note {
			t.Errorf("at %d columns the note is %q, want %q", c.width, note, c.note)
		}
	}
}

func TestTableKeepsColumnsForWidePages(t *testing.T) {
	tb := &table{columns: []column{{title: "id"}, {title: "extra", from: 110}, {title: "empty", from: 110}}}
	tb.add("x", "y", "")
	if got := draw(t, tb, 110); !strings.Contains(got, "id  extra  empty") {
		t.Errorf("%s", got)
	}
	if got := draw(t, tb, 109); strings.HasPrefix(got, "  id  extra") || !strings.Contains(got, "hidden at this width: extra (") {
		t.Errorf("%s", got)
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
