package main

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escape makes text from the input safe and honest on a terminal: whatever a
// person would not see as it is (control characters and escape sequences, line
// breaks, bidirectional marks and overrides, zero-width characters, bytes that
// are no UTF-8) is spelled out as \u{1b}, broken bytes as \x{ff}.
func escape(s string) string {
	if printable(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x{%02x}`, s[i])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
		i += size
	}
	return b.String()
}

// printable reports whether escape has nothing to do. unicode.IsPrint takes
// letters, marks, numbers, punctuation, symbols and the ASCII space; it refuses
// the categories Cc, Cf, Co, Cs and every other space.
func printable(s string) bool {
	for i, r := range s {
		if !unicode.IsPrint(r) || r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			return false
		}
	}
	return true
}

// escapeJSON spells out in encoded JSON what escape spells out in text, as JSON
// escapes: outside its strings JSON is plain ASCII, so the value stays the same.
func escapeJSON(encoded []byte) []byte {
	var out []byte
	start := 0
	for i := 0; i < len(encoded); {
		r, size := utf8.DecodeRune(encoded[i:])
		if unicode.IsPrint(r) || r == '\n' {
			i += size
			continue
		}
		out = append(out, encoded[start:i]...)
		out = appendJSONEscape(out, r)
		i += size
		start = i
	}
	if start == 0 {
		return encoded
	}
	return append(out, encoded[start:]...)
}

// appendJSONEscape writes r as \uXXXX, beyond the basic plane as a surrogate
// pair (RFC 8259, section 7).
func appendJSONEscape(out []byte, r rune) []byte {
	if r <= 0xffff {
		return fmt.Appendf(out, `\u%04x`, r)
	}
	r -= 0x10000
	return fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
}
