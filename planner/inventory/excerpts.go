package inventory

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"egressplan/planner/finding"
)

// excerptReach is how many characters an excerpt has at most before and after
// its place: a whole document may stand on one line.
const excerptReach = 1000

// Excerpts shows the source lines of problems. Asked in the order of their places
// it reads each file once, however long its lines.
type Excerpts struct {
	sources []Source
	file    string
	data    []byte
	odd     bool // there are other line breaks than "\n"
	line    int  // the line reached, 1-based, 0 before the first file
	start   int  // its first byte
	column  int  // the character reached in it, 1-based
	at      int  // its byte
}

// NewExcerpts shows lines of these sources.
func NewExcerpts(sources []Source) *Excerpts { return &Excerpts{sources: sources} }

// At is the source line of a place, or the part around it of a very long one, and
// the 1-based column of the caret in it, in characters. Tabs are shown as one
// blank and control characters as '?', so that the caret stands under its
// character. The line is "" where there is none.
func (e *Excerpts) At(at finding.Pos) (line string, caretColumn int) {
	if at.Line < 1 || !e.open(at) || !e.seek(at) {
		return "", 0
	}
	from, caret := e.at, 1+max(0, at.Column-e.column) // it may lie behind the end of its line
	for n := 0; n < excerptReach && from > e.start; n++ {
		_, size := utf8.DecodeLastRune(e.data[e.start:from])
		from, caret = from-size, caret+1
	}
	to := e.at
	for n := 0; n < excerptReach && to < len(e.data) && e.breakAt(to) == 0; n++ {
		_, size := utf8.DecodeRune(e.data[to:])
		to += size
	}
	return strings.Map(visible, string(e.data[from:to])), caret
}

// open takes up the file of a place, from its start where the place lies before
// the one reached.
func (e *Excerpts) open(at finding.Pos) bool {
	if e.line > 0 && e.file == at.File && (at.Line > e.line || at.Line == e.line && at.Column >= e.column) {
		return true
	}
	for _, s := range e.sources {
		if s.Name == at.File {
			data := bytes.TrimPrefix(s.Data, []byte(byteOrderMark))
			if e.file != s.Name || e.line == 0 {
				e.odd = oddBreaks(data)
			}
			e.file, e.data, e.line, e.start, e.column, e.at = s.Name, data, 1, 0, 1, 0
			return true
		}
	}
	return false
}

// seek goes on to a place, or to the end of its line.
func (e *Excerpts) seek(at finding.Pos) bool {
	for e.line < at.Line {
		next := e.nextLine(e.at)
		if next < 0 {
			return false
		}
		e.line, e.start, e.column, e.at = e.line+1, next, 1, next
	}
	for e.column < at.Column && e.at < len(e.data) && e.breakAt(e.at) == 0 {
		_, size := utf8.DecodeRune(e.data[e.at:])
		e.column, e.at = e.column+1, e.at+size
	}
	return true
}

// nextLine is the first byte of the line after the one with this byte, -1 if
// there is none.
func (e *Excerpts) nextLine(i int) int {
	if !e.odd {
		n := bytes.IndexByte(e.data[i:], '\n')
		if n < 0 {
			return -1
		}
		return i + n + 1
	}
	for ; i < len(e.data); i++ {
		if n := breakAt(e.data[i:]); n > 0 {
			return i + n
		}
	}
	return -1
}

func (e *Excerpts) breakAt(i int) int {
	if !e.odd && e.data[i] != '\n' {
		return 0
	}
	return breakAt(e.data[i:])
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

// oddBreaks is true if data has other line breaks than "\n".
func oddBreaks(data []byte) bool {
	for _, b := range []string{"\r", "\u0085", "\u2028", "\u2029"} {
		if bytes.Contains(data, []byte(b)) {
			return true
		}
	}
	return false
}
