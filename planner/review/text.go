package review

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is s as plain text inside a line of Markdown: no character of it is taken
// for markup, a link, a mention or a line break.
func Text(s string) string {
	var b strings.Builder
	for i, r := range printed(s) {
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
	text = strings.ReplaceAll(text, "www.", "www&#46;")
	return strings.TrimSpace(unnumbered(text))
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
