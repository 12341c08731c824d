package inventory

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"egressplan/planner/finding"
)

// maxBytes is the most that is read of one file.
const maxBytes = 64 << 20

const byteOrderMark = "\uFEFF"

// textOf checks that a file is UTF-8 text that yaml.v3 can take. The library
// would also read UTF-16, but then places could not be shown.
func (l *loader) textOf(s Source) ([]byte, bool) {
	start := finding.Pos{File: s.Name, Line: 1, Column: 1}
	if len(s.Data) > maxBytes {
		l.add(start, CodeTooLarge, "split it into several files", "the file is larger than 64 MiB")
		return nil, false
	}
	data := bytes.TrimPrefix(s.Data, []byte(byteOrderMark))
	if i := bytes.IndexByte(data, 0); i >= 0 {
		l.add(placeOf(s.Name, data, i), CodeNotUTF8, "save the file as UTF-8, without NUL characters", "the file holds a NUL character")
		return nil, false
	}
	if !utf8.Valid(data) {
		i := 0
		for i < len(data) {
			r, size := utf8.DecodeRune(data[i:])
			if r == utf8.RuneError && size == 1 {
				break
			}
			i += size
		}
		l.add(placeOf(s.Name, data, i), CodeNotUTF8, "save the file as UTF-8", "the byte 0x%02x is not UTF-8 text", data[i])
		return nil, false
	}
	return data, true
}

// breakAt is the length of the line break at the start of b, 0 if there is
// none. YAML 1.1 breaks lines at NEL, LS and PS too, and counts them.
func breakAt(b []byte) int {
	switch {
	case len(b) == 0:
		return 0
	case b[0] == '\n':
		return 1
	case b[0] == '\r':
		if len(b) > 1 && b[1] == '\n' {
			return 2
		}
		return 1
	case b[0] == 0xC2 && len(b) > 1 && b[1] == 0x85:
		return 2
	case b[0] == 0xE2 && len(b) > 2 && b[1] == 0x80 && (b[2] == 0xA8 || b[2] == 0xA9):
		return 3
	}
	return 0
}

// placeOf is the place of a byte.
func placeOf(file string, data []byte, offset int) finding.Pos {
	line, start := 1, 0
	for i := 0; i < offset; {
		n := breakAt(data[i:])
		if n == 0 {
			i++
			continue
		}
		i += n
		if i <= offset {
			line, start = line+1, i
		}
	}
	return finding.Pos{File: file, Line: line, Column: utf8.RuneCount(data[start:max(start, offset)]) + 1}
}

// Excerpt is the source line of a place and the column of its caret, 1-based in
// characters. Tabs are shown as one blank and control characters as '?', so that
// the caret stands under its character. The line is "" where there is none.
func Excerpt(sources []Source, at finding.Pos) (line string, caretColumn int) {
	for _, s := range sources {
		if s.Name != at.File || at.Line < 1 {
			continue
		}
		line, ok := lineOf(bytes.TrimPrefix(s.Data, []byte(byteOrderMark)), at.Line)
		if !ok {
			return "", 0
		}
		return strings.Map(visible, line), max(1, at.Column)
	}
	return "", 0
}

func visible(r rune) rune {
	switch {
	case r == '\t':
		return ' '
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == utf8.RuneError:
		return '?'
	}
	return r
}

// lineOf is the text of the n-th line, without its break.
func lineOf(data []byte, n int) (string, bool) {
	if !oddBreaks(data) {
		for ; n > 1; n-- {
			i := bytes.IndexByte(data, '\n')
			if i < 0 {
				return "", false
			}
			data = data[i+1:]
		}
		data, _, _ = bytes.Cut(data, []byte("\n"))
		return string(data), true
	}
	for i := 0; i < len(data) && n > 1; {
		size := breakAt(data[i:])
		if size > 0 {
			data, i, n = data[i+size:], 0, n-1
			continue
		}
		i++
	}
	if n > 1 {
		return "", false
	}
	for i := range data {
		if breakAt(data[i:]) > 0 {
			return string(data[:i]), true
		}
	}
	return string(data), true
}

// oddBreaks is true if data has other line breaks than "\n".
func oddBreaks(data []byte) bool {
	for _, b := range []string{"\r", "\u0085", "\u2028", "\u2029"} {
		if bytes.Contains(data, []byte(b)) {
			return true
		}
	}
	return false
}
