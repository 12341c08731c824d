package main

import (
	"strings"
	"testing"
)

func TestExcerptPointsAtTheColumn(t *testing.T) {
	cases := []struct {
		name, line string
		column     int
		at         string // what stands above the caret
	}{
		{"plain", "  cidr: 10.0.0.7/24", 9, "10.0.0.7/24"},
		{"first column", "kind: X", 1, "kind: X"},
		{"after a tab", "\tcidr: x", 8, "x"},
		{"after letters beyond ASCII", "größe: ünknown", 8, "ünknown"},
		{"after an escape sequence", "\x1b[31m: x", 8, "x"},
		{"after wide characters", "所有者: x", 6, "x"},
		{"behind the end", "abc", 9, ""},
		{"far right in one long line", strings.Repeat("{}", 5000) + "here" + strings.Repeat("{}", 5000), 10001, "here"},
	}
	for _, c := range cases {
		shown, caret := excerpt(c.line, c.column)
		if got := fromColumn(shown, caret); !strings.HasPrefix(got, c.at) || c.at == "" && got != "" {
			t.Errorf("%s: the caret of %q points at %q, want %q", c.name, shown, got, c.at)
		}
		if n := textWidth(shown); n > excerptWidth+len("......") && len(c.line) > excerptWidth {
			t.Errorf("%s: %d columns shown", c.name, n)
		}
	}
}

// fromColumn is the rest of s from a terminal column on.
func fromColumn(s string, column int) string {
	for i := range s {
		if textWidth(s[:i]) >= column {
			return s[i:]
		}
	}
	return ""
}
