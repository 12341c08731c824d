package review

import (
	"slices"
	"strings"
	"testing"

	"egressplan/planner/inventory"
)

// hostile is text that would become markup, HTML, a link, a mention, a new row
// or invisible, if it were not escaped.
var hostile = []string{
	"a|b|c", "`x`", "``` \n# h\n```mermaid", "a\n\n## Decision\n", "<script>alert(1)</script>", "<!-- x", "[x](javascript:alert(1))", "![x](http://e.example/p.png)",
	"https://e.example/?a=b&c", "www.e.example", "WWW.e.example", "ops@e.example", "<ops@e.example>", "ftp://e.example", "\u202egnirts\u202c", "a\u200bb", "~~x~~", "**x** _y_",
	"- x", " - x", "1. x", " 2) x", "# x", "> x", "---", "===", "\\", "\\|", "&lt;b&gt; &amp;", "$x$", "[ ] x", "\x1b[2J", "\xff\xfe", "a\tb", "[^1]", "[x]: http://e.example", "</td></tr>", "=cmd()",
	"| --- |", "x\r\n| y |",
}

// hostilePlan is an example plan, with text of the input that is free replaced, and
// host names and the environment's name besides, which the input refuses.
func hostilePlan(t *testing.T, s string) *inventory.Plan {
	plan := fixture(t, "hybrid")
	for i := range plan.Firewalls {
		plan.Firewalls[i].Owner = s
		plan.Firewalls[i].Labels = map[string]string{s: s}
	}
	for i := range plan.Destinations {
		d := &plan.Destinations[i]
		d.Owner, d.Labels = s, map[string]string{s: s}
		if d.Name.V == "ledger-db" {
			d.CIDRs, d.Hosts = nil, []inventory.Value[string]{{V: s}} // known by name only
		}
	}
	for i := range plan.Apps {
		a := &plan.Apps[i]
		a.Owner, a.Labels = s, map[string]string{s: s}
		a.At.File = s
		for j := range a.Flows {
			a.Flows[j].At.File = s
		}
	}
	for i := range plan.PriceBook.Prices {
		plan.PriceBook.Prices[i].Source = s
	}
	plan.Environment.Name = s
	return plan
}

// Whatever stands in free text, the document has the nodes that it has when the
// text is a plain word, and reads as it should.
func TestHostileTextAddsNothing(t *testing.T) {
	plain := parse(written(t, hostilePlan(t, "word"), ""))
	for _, s := range hostile {
		document := written(t, hostilePlan(t, s), "")
		p := parse(document)
		for _, bad := range sound(p) {
			t.Errorf("%q: %s", s, bad)
		}
		if !slices.Equal(p.kinds, plain.kinds) {
			t.Errorf("%q: %d nodes, with a plain word %d", s, len(p.kinds), len(plain.kinds))
		}
		for _, r := range document {
			if r != '\n' && (r < ' ' || r == 0x7f || r >= 0x200b && r <= 0x202e) {
				t.Errorf("%q: %U is passed through", s, r)
			}
		}
		// it is shown, not dropped: the owner's cell reads as printed does
		i := slices.IndexFunc(p.tables, func(t parsedTable) bool { return t.column("owner") >= 0 })
		if i < 0 {
			t.Fatal("no table of owners")
		}
		if got, want := p.tables[i].rows[1][p.tables[i].column("owner")], strings.TrimSpace(printed(s)); got != want {
			t.Errorf("owner %q reads %q, want %q", s, got, want)
		}
	}
}

func FuzzHostileText(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var p page
		p.b.WriteString(TitlePrefix + "x\n")
		p.heading(2, "%s", "Decision")
		p.para(words("%s", s))
		p.list([]inline{words("%s", s), code(s) + words(" and %s.", s)}, 9, s)
		p.table(&grid{titles: []string{"a", "b"}, right: "lr", rows: [][]inline{{words("%s", "x"+s), code("x" + s)}}}, 9, "")
		got := parse(p.b.String())
		for _, bad := range sound(got) {
			t.Errorf("%q: %s", s, bad)
		}
		if len(got.headings) != 2 {
			t.Errorf("%q: headings %q", s, got.headings)
		}
	})
}

func TestCode(t *testing.T) {
	for in, want := range map[string]string{
		"egressplan cidr plan": "`egressplan cidr plan`",
		"a|b":                  `a\|b`,
		"a`b":                  "a\\`b",
		"":                     "",
		" a":                   "a",
		"ä":                    "ä",
		"<b>":                  "`<b>`",
	} {
		if got := Code(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
