package review

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is s as plain text inside a line of Markdown: no character of it is taken
// for markup, a link, a mention or a line break.
func Text(s string) string {
	var b strings.Builder
	for i, r := range strings.TrimSpace(printed(s)) {
		switch {
		case strings.ContainsRune("\\`*_[]<>|#~$!{}", r), i == 0 && strings.ContainsRune("-+=", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '&' || r == '@':
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	text := strings.ReplaceAll(b.String(), "://", ":&#47;/") // no bare link
	text = bareWWW.ReplaceAllString(text, "$1&#46;")
	return unnumbered(text)
}

// bareWWW is what turns a word into a link without a scheme.
var bareWWW = regexp.MustCompile(`(?i)(www)\.`)

// Code is s as inline code, where all of it can stand there as it is; else it is
// Text. A backtick would end the code, a pipe a table's cell.
func Code(s string) string {
	if s == "" || strings.TrimSpace(s) != s {
		return Text(s)
	}
	for _, r := range s {
		if r < ' ' || r > '~' || strings.ContainsRune("`|\\", r) {
			return Text(s)
		}
	}
	return "`" + s + "`"
}

// unnumbered keeps a number at the start from being taken for a list's.
func unnumbered(text string) string {
	rest := strings.TrimLeft(text, "0123456789")
	if n := len(text) - len(rest); n > 0 && rest != "" && (rest[0] == '.' || rest[0] == ')') && (len(rest) == 1 || rest[1] == ' ') {
		return text[:n] + "\\" + rest
	}
	return text
}

// printed spells out what a reader would not see as it is: control characters,
// line breaks, bidirectional marks, zero-width characters, broken bytes.
func printed(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, "\\x{%02x}", s[i])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "\\u{%x}", r)
		}
		i += size
	}
	return b.String()
}

// Table is a Markdown table; the cells are escaped.
func Table(titles []string, rows [][]string) string {
	var b strings.Builder
	row := func(cells []string) {
		for _, c := range cells {
			b.WriteString("| " + Text(c) + " ")
		}
		b.WriteString("|\n")
	}
	row(titles)
	b.WriteString(strings.Repeat("| --- ", len(titles)) + "|\n")
	for _, cells := range rows {
		row(cells)
	}
	return b.String()
}
