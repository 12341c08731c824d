package main

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"plain", "payments/ledger — größer ≥ 10 %", "payments/ledger — größer ≥ 10 %"},
		{"colour", "\x1b[31mred\x1b[0m", `\u{1b}[31mred\u{1b}[0m`},
		{"title of the window", "\x1b]0;owned\a", `\u{1b}]0;owned\u{7}`},
		{"one-byte CSI", "\u009b2J", `\u{9b}2J`},
		{"new line", "a\nb\r\tc\x00", `a\u{a}b\u{d}\u{9}c\u{0}`},
		{"line separator", "a\u2028b", `a\u{2028}b`},
		{"right-to-left override", "user\u202etxt.exe", `user\u{202e}txt.exe`},
		{"isolate", "a\u2066b\u2069", `a\u{2066}b\u{2069}`},
		{"zero width", "pay\u200bments\ufeff", `pay\u{200b}ments\u{feff}`},
		{"tag characters", "x\U000e0041", `x\u{e0041}`},
		{"no-break space", "a\u00a0b", `a\u{a0}b`},
		{"broken UTF-8", "a\xffb\xc3", `a\x{ff}b\x{c3}`},
		{"replacement character as such", "a\ufffdb", "a\ufffdb"},
	}
	for _, c := range cases {
		if got := escape(c.in); got != c.want {
			t.Errorf("%s: escape(%q) = %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "plain", "\x1b[1m", "\u202e", "\xff\xfe", "\ufffd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := escape(s)
		if !utf8.ValidString(got) {
			t.Fatalf("escape(%q) = %q is not UTF-8", s, got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) {
				t.Fatalf("escape(%q) = %q still has %U", s, got, r)
			}
		}
		if escape(got) != got {
			t.Fatalf("escape(%q) is not stable", s)
		}
	})
}

// The escapes must not change what a JSON reader gets.
func FuzzEscapeJSON(f *testing.F) {
	for _, s := range []string{"", "plain", "\x1b[1m\u009b2J", "a\u202eb\n", "\U000e0041\U0010ffff", "<a&b>", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		encoded, err := json.MarshalIndent(map[string]string{"v": s}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		got := escapeJSON(encoded)
		var want, back map[string]string
		if err := json.Unmarshal(encoded, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(got, &back); err != nil {
			t.Fatalf("%s: %v", got, err)
		}
		if back["v"] != want["v"] {
			t.Fatalf("%q became %q", want["v"], back["v"])
		}
		if rest := strings.ReplaceAll(string(got), "\n", ""); escape(rest) != rest {
			t.Fatalf("%q is not safe to look at", got)
		}
	})
}
