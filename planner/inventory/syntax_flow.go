package inventory

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// flowEntry is what has been read between two commas of a pair of brackets.
type flowEntry struct {
	open   int // byte of the bracket
	indent int // of the line of the outermost one
	colons int
	whole  bool // a bracket or quote has been closed: only a colon or a comma may follow
	word   int  // first byte of the latest word
}

// flow reads from an opening bracket to the end of the line in which it is
// closed.
func (s *slipScanner) flow(first int) int {
	start := s.lineStart(first)
	indent := s.data[start:first]
	stack := []flowEntry{{open: first, indent: len(indent) - len(bytes.TrimLeft(indent, " "))}}
	for i := first + 1; i < len(s.data); {
		top := &stack[len(stack)-1]
		switch c := s.data[i]; c {
		case '\n':
			if i++; s.unfinished(stack, i, first) {
				return len(s.data)
			}
		case ' ', '\t', '\r':
			i++
		case '#':
			if strings.IndexByte(" \t\n", s.data[i-1]) < 0 {
				i++
				break
			}
			if n := bytes.IndexByte(s.data[i:], '\n'); n >= 0 {
				i += n
				break
			}
			i = len(s.data)
		case ',':
			*top = flowEntry{open: top.open, indent: top.indent}
			i++
		case '{', '[':
			if top.whole || top.word > 0 && top.word >= i-1 {
				s.noComma(i, first, s.data[i:i+1])
				return len(s.data)
			}
			stack = append(stack, flowEntry{open: i})
			i++
		case '}', ']':
			if open := s.data[top.open]; (open == '{') != (c == '}') {
				s.slipped(i, first, fmt.Sprintf("write %c before it", closing(open)), "this %c meets the %c of line %d, which is still open", c, open, s.lineNumber(top.open))
				return len(s.data)
			}
			i++
			if stack = stack[:len(stack)-1]; len(stack) == 0 {
				return s.afterFlow(i, first)
			}
			stack[len(stack)-1].whole = true
		case '"', '\'':
			if top.whole {
				s.noComma(i, first, s.data[i:s.lineEnd(i)])
				return len(s.data)
			}
			at := i
			if i = s.flowQuote(i, first); i == 0 {
				return len(s.data)
			}
			top.whole, top.word = true, at
		default:
			if i = s.flowWord(top, i, first); i == 0 {
				return len(s.data)
			}
		}
	}
	s.unclosed(stack, len(s.data), first)
	return len(s.data)
}

// flowQuote reads a text in quotes within brackets, 0 after a mistake.
func (s *slipScanner) flowQuote(i, first int) int {
	to := s.closed(i, first)
	if to == 0 {
		return 0
	}
	if to < len(s.data) && strings.IndexByte(" \t\r\n,:]}", s.data[to]) < 0 {
		s.afterQuote(i, to, first)
		return 0
	}
	return to
}

// flowWord reads to the end of a word, or over a colon.
func (s *slipScanner) flowWord(top *flowEntry, i, first int) int {
	if s.data[i] == ':' && (top.whole || i+1 >= len(s.data) || strings.IndexByte(" \t\r\n,]}", s.data[i+1]) >= 0) {
		if top.colons++; top.colons > 1 {
			word := max(top.word, first)
			s.noComma(word, first, s.data[word:i])
			return 0
		}
		top.whole = false
		return i + 1
	}
	if top.whole {
		s.noComma(i, first, s.data[i:s.lineEnd(i)])
		return 0
	}
	top.word = i
	for i++; i < len(s.data) && strings.IndexByte(" \t\r\n,[]{}:#", s.data[i]) < 0; i++ {
	}
	for i < len(s.data) && (s.data[i] == '#' || s.data[i] == ':' && i+1 < len(s.data) && strings.IndexByte(" \t\r\n,]}", s.data[i+1]) < 0) {
		for i++; i < len(s.data) && strings.IndexByte(" \t\r\n,[]{}:#", s.data[i]) < 0; i++ {
		}
	}
	return i
}

func (s *slipScanner) noComma(at, first int, next []byte) {
	word, _, _ := strings.Cut(string(next), " ")
	word = strings.TrimRight(word, ",:]}\r\n")
	if word == "" {
		word = string(next[:1])
	}
	s.slipped(at, first, "write a comma before "+quote(word), "there is no comma between two values")
}

var blockKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*:([ \t\r\n]|$)`)

// unfinished looks at the beginning of a line within brackets: an element of a
// block list cannot stand there, nor can a key of a block that is indented as
// little as what the brackets are part of.
func (s *slipScanner) unfinished(stack []flowEntry, i, first int) bool {
	end := s.lineEnd(i)
	line := string(s.data[i:end])
	content := strings.TrimLeft(line, " ")
	indent := len(line) - len(content)
	switch {
	case strings.HasPrefix(content, "//"), strings.HasPrefix(content, "/*"):
		s.slipped(i+indent, first, "begin comments with #", "this looks like a comment, which in YAML begins with #")
	case isDash([]byte(content)), blockKey.MatchString(content) && indent <= stack[0].indent, strings.HasPrefix(line, "---"):
		s.unclosed(stack, i, first)
	default:
		return false
	}
	return true
}

// unclosed reports the innermost bracket that is open, and the last line it can
// be closed in.
func (s *slipScanner) unclosed(stack []flowEntry, before, first int) {
	top := stack[len(stack)-1]
	last := before
	for last > top.open+1 && strings.IndexByte(" \t\r\n", s.data[last-1]) >= 0 {
		last--
	}
	s.slipped(top.open, first, fmt.Sprintf("close it with %c, in line %d at the latest", closing(s.data[top.open]), s.lineNumber(last-1)), "this %c is not closed", s.data[top.open])
}

func closing(open byte) byte {
	if open == '[' {
		return ']'
	}
	return '}'
}

// afterFlow: behind the last bracket nothing may follow but a comment, or a colon
// that makes a key of it all.
func (s *slipScanner) afterFlow(i, first int) int {
	end := s.lineEnd(i)
	rest := strings.TrimLeft(string(s.data[i:end]), " \t")
	at := end - len(rest)
	switch {
	case strings.TrimSpace(rest) == "", rest[0] == '#', rest[0] == ':':
	case rest[0] == '}' || rest[0] == ']':
		s.slipped(at, first, "remove it, or open a bracket before", "this %c closes nothing", rest[0])
	default:
		s.slipped(at, first, "remove it, or put it on a line of its own", "nothing can follow the bracket that closes the value")
	}
	return end
}
