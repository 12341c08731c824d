package inventory

import (
	"strings"
	"testing"

	"egressplan/planner/finding"
)

func TestTooLarge(t *testing.T) {
	_, problems := load(map[string]string{"more": strings.Repeat("#", maxBytes+1)})
	if len(problems) != 1 || problems[0].Code != CodeTooLarge {
		t.Error(problems)
	}
}

func TestByteOrderMarkAndOddLineBreaks(t *testing.T) {
	for _, br := range []string{"\n", "\r\n", "\r", "\u0085", "\u2028"} {
		doc := byteOrderMark + strings.ReplaceAll("# é\napiVersion: egressplan/v1\nkind: Nothing\nspec: {}\n", "\n", br)
		_, problems := load(map[string]string{"more": doc})
		want := finding.Pos{File: "more", Line: 3, Column: 7}
		if len(problems) != 1 || problems[0].Code != CodeKind || problems[0].At != want {
			t.Errorf("%q: %v", br, problems)
			continue
		}
		if line, column := NewExcerpts([]Source{source("more", doc)}).At(problems[0].At); line != "kind: Nothing" || column != 7 {
			t.Errorf("%q: excerpt %q, %d", br, line, column)
		}
	}
}

func TestControlCharactersInFreeText(t *testing.T) {
	apps := edit(t, appsYAML, "flows:", `owner: "a\x1b[31m\nb", labels: {"x\ty": "<script>", n: 4711}, flows:`)
	app := mustLoad(t, map[string]string{"apps": apps}).Apps[0]
	if app.Owner != "a\x1b[31m\nb" || app.Labels["x\ty"] != "<script>" || app.Labels["n"] != "4711" {
		t.Errorf("%q %q", app.Owner, app.Labels)
	}
	apps = edit(t, appsYAML, "name: ledger", `name: "a\x1b[31m"`)
	_, problems := load(map[string]string{"apps": apps})
	if len(problems) != 1 || problems[0].Code != CodeBadName || strings.Contains(problems[0].Message, "\x1b") {
		t.Errorf("%v", problems)
	}
}
