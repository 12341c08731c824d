package review

import (
	"regexp"
	"strings"
	"testing"

	"egressplan/planner"
)

// translated is a path from a pod over a node that translates, and back.
func translated(pod, why string) planner.Path {
	const src, snat, dst = "100.64.0.4:32768", "10.20.1.5:1024", "10.1.4.4:1521"
	return planner.Path{
		Verdict: "delivered", Allowed: true, Replied: true,
		Forward: []planner.Hop{
			{Hop: pod, Zone: "us-east-1a", Action: "forward", SrcBefore: src, DstBefore: dst, Src: src, Dst: dst, Why: why},
			{Hop: "node", Zone: "us-east-1a", Action: "snat", SrcBefore: src, DstBefore: dst, Src: snat, Dst: dst},
			{Hop: "dx1", Action: "forward", SrcBefore: snat, DstBefore: dst, Src: snat, Dst: dst},
			{Hop: "dc1", Action: "deliver", SrcBefore: snat, DstBefore: dst, Src: snat, Dst: dst},
		},
		Return: []planner.Hop{
			{Hop: "dc1", Action: "forward", SrcBefore: dst, DstBefore: snat, Src: dst, Dst: snat},
			{Hop: "dx1", Action: "forward", SrcBefore: dst, DstBefore: snat, Src: dst, Dst: snat},
			{Hop: "node", Zone: "us-east-1a", Action: "snat", SrcBefore: dst, DstBefore: snat, Src: dst, Dst: src},
			{Hop: pod, Zone: "us-east-1a", Action: "deliver", SrcBefore: dst, DstBefore: src, Src: dst, Dst: src},
		},
	}
}

func TestMermaid(t *testing.T) {
	want := `flowchart LR
  n1["pod #34;a#34; #124; x<br/>us-east-1a"]
  n2["node<br/>us-east-1a"]
  n3["dx1"]
  n4["dc1"]
  n1 -->|"100.64.0.4:32768<br/>to 10.1.4.4:1521"| n2
  n2 -->|"10.20.1.5:1024<br/>to 10.1.4.4:1521"| n3
  n3 --> n4
  n4 -.->|"10.1.4.4:1521<br/>to 10.20.1.5:1024"| n2
  n2 -.->|"10.1.4.4:1521<br/>to 100.64.0.4:32768"| n1
`
	if got := Mermaid(translated(`pod "a" | x`, "")); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A path that ends too early is set off where it ends; one without hops is still
// a diagram.
func TestMermaidShowsWhereAPathEnds(t *testing.T) {
	p := translated("pod", "")
	p.Verdict, p.Allowed, p.Replied, p.Return = "dropped", false, false, nil
	if got := Mermaid(p); !strings.HasSuffix(got, "  class n4 lost\n") {
		t.Error(got)
	}
	if got, want := Mermaid(planner.Path{}), "flowchart LR\n  n1[\"no hop to draw\"]\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"10.20.0.0/16 via [tgw]": `10.20.0.0/16 via \[tgw\]`,
		"a|b\n# c":               `a\|b\\u\{a\}\# c`,
		"1. no list":             `1\. no list`,
		"10.1.4.4 is no list":    "10.1.4.4 is no list",
		"- nor this":             `\- nor this`,
		"<b>&amp; `x` @you":      "\\<b\\>&#38;amp; \\`x\\` &#64;you",
		"see https://x.example":  "see https:&#47;/x.example",
		"\u202egpj":              `\\u\{202e\}gpj`,
		"broken \xff":            `broken \\x\{ff\}`,
	} {
		if got := Text(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// The grammar of what Mermaid may write: nothing of the input leaves its label.
var (
	mermaidLabel = `(?:[^\x00-\x1f"\[\]|` + "`" + `<>#;{}&%*\\\x7f]|#[0-9]+;|<br/>)*`
	mermaidLine  = regexp.MustCompile(`^(?:flowchart LR|  n\d+\["` + mermaidLabel + `"\]|  n\d+ (?:-->|-\.->)(?:\|"` + mermaidLabel +
		`"\|)? n\d+|  classDef lost stroke:#c00,stroke-width:3px|  class n\d+ lost)$`)
)

func FuzzMermaid(f *testing.F) {
	for _, s := range []string{"", `"]`, "a\nend", "`md`", "<script>", "a|b", "#quot;", "style x:#a;", "%%{init: {}}%%", "classDef a:#b;", "\u2028", "\xff", "]]--> n2", "&lt;", "n1@{ shape: x }"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, hop, address string) {
		p := translated(hop, address)
		p.Forward[0].Zone, p.Forward[1].Src, p.Return[2].DstBefore = address, address, address
		p.Allowed = len(hop)%2 == 0
		for _, line := range strings.Split(strings.TrimSuffix(Mermaid(p), "\n"), "\n") {
			if !mermaidLine.MatchString(line) {
				t.Errorf("%q is not a line of the grammar", line)
			}
			if strings.Contains(line, `""`) {
				t.Errorf("%q has an empty label", line)
			}
			if strings.Contains(line, "style") || strings.Contains(line, "classDef") && !strings.HasPrefix(line, "  classDef lost ") {
				t.Errorf("%q holds a keyword", line)
			}
		}
	})
}

// Escaped text holds no markup, and no line break.
var markdownText = regexp.MustCompile("^(?:[^\\x00-\\x1f\\x7f\\\\`*_\\[\\]<>|#~$!{}@&]|\\\\[\\\\`*_\\[\\]<>|#~$!{}.)=+-]|&#[0-9]+;)*$")

func FuzzText(f *testing.F) {
	for _, s := range []string{"a|b", "\n", "[x](y)", "![x]", "**b**", "<b>", "`", "\\", "1) x", "+ x", "@me", "#1", "&lt;", "$x$", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Text(s)
		if !markdownText.MatchString(got) {
			t.Errorf("%q became %q", s, got)
		}
		if table := Table([]string{"t"}, [][]string{{s}}); strings.Count(table, "\n") != 3 {
			t.Errorf("%q breaks a table: %q", s, table)
		}
		for _, bad := range []string{"://", "www."} {
			if strings.Contains(got, bad) {
				t.Errorf("%q became %q, which holds %q", s, got, bad)
			}
		}
	})
}
