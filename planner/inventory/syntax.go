package inventory

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// slip is a mistake in the notation of YAML. yaml.v3 names a line, often that of
// the block around the mistake, and what its grammar expected there; slip is
// where the person slipped, and what to write.
type slip struct {
	at           int // byte
	first        int // first byte of what was begun and not ended there: all before it is well-formed
	message, fix string
}

// maxSlipBytes bounds the texts that are searched for mistakes: people write
// shorter ones, and trying out means to parse again.
const maxSlipBytes = 8 << 20

// findSlip looks for the mistake in a text that yaml.v3 refuses. What it finds
// has been tried out: what stands before it is well-formed, and is not any more
// with the line of the mistake and the next.
func findSlip(data []byte) *slip {
	if len(data) > maxSlipBytes {
		return nil
	}
	s := &slipScanner{data: data}
	s.scan()
	if s.found == nil || !wellFormed(data[:s.lineStart(s.found.first)]) || wellFormed(data[:s.lineEnd(s.lineEnd(s.found.at))]) {
		return nil
	}
	return s.found
}

func wellFormed(data []byte) bool {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var n yaml.Node
		if err := next(dec, &n); err != nil {
			return err.Error() == "EOF"
		}
	}
}

// forbidden characters cannot stand in YAML as they are (YAML 1.1, Character Set).
func forbidden(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == '\r', r == 0x85:
		return false
	}
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xfeff || r == 0xfffe || r == 0xffff
}

// slipScanner follows the indentation of block collections line by line, and
// brackets and quotes character by character.
type slipScanner struct {
	data   []byte
	found  *slip
	levels []level
	text   int // lines indented deeper than this belong to a block scalar, -1: none
}

// level is one open block collection.
type level struct {
	indent   int
	list     bool
	line     int // first byte of the line of its latest entry
	complete bool
	loose    int // byte of a text that is the value of the entry, on a line of its own; 0: none
}

// lineStart and lineEnd are the first byte of the line of a byte, and that of the
// next line.
func (s *slipScanner) lineStart(i int) int { return bytes.LastIndexByte(s.data[:i], '\n') + 1 }

func (s *slipScanner) lineEnd(i int) int {
	if n := bytes.IndexByte(s.data[min(i, len(s.data)):], '\n'); n >= 0 {
		return i + n + 1
	}
	return len(s.data)
}

func (s *slipScanner) lineNumber(i int) int { return bytes.Count(s.data[:i], []byte("\n")) + 1 }

func (s *slipScanner) slipped(at, first int, fix, format string, args ...any) {
	if s.found == nil {
		s.found = &slip{at: at, first: first, message: fmt.Sprintf(format, args...), fix: fix}
	}
}

func (s *slipScanner) scan() {
	s.text = -1
	for i, read := 0, -1; i > read && i < len(s.data) && s.found == nil; {
		read = i // a line that brings it no further is one it cannot read
		i = s.blockLine(i)
	}
}

// blockLine reads a line outside of brackets and quotes, with all that is opened
// in it, and returns the first byte after.
func (s *slipScanner) blockLine(start int) int {
	end := s.lineEnd(start)
	line := strings.TrimRight(string(s.data[start:end]), "\r\n")
	content := strings.TrimLeft(line, " ")
	indent := len(line) - len(content)
	switch blank := strings.TrimSpace(content) == "" || content[0] == '#'; {
	case blank, s.text >= 0 && indent > s.text, indent == 0 && content[0] == '%':
		return end
	case indent == 0 && (strings.HasPrefix(content, "---") || strings.HasPrefix(content, "...")):
		s.levels, s.text = nil, -1
		return end
	case content[0] == '\t':
		s.slipped(start+indent, start+indent, "indent with blanks", "a tab indents this line, which YAML does not take")
		return end
	}
	s.text = -1
	if r, _ := utf8.DecodeRuneInString(content); r > 127 && unicode.IsSpace(r) {
		s.slipped(start+indent, start+indent, "indent with ordinary blanks", "this line begins with the character U+%04X, which looks like a blank and is none", r)
		return end
	}
	return s.entry(start, start+indent, indent, end)
}

// entry reads "- ", "key: value" or a text that goes on, from byte i, which
// stands in column indent of the line at start.
func (s *slipScanner) entry(start, i, indent, end int) int {
	for isDash(s.data[i:end]) {
		s.place(start, i, indent, true)
		from := i
		for i++; i < end && s.data[i] == ' '; i++ {
		}
		if s.found != nil || i >= end || strings.IndexByte("\r\n#", s.data[i]) >= 0 {
			return end
		}
		indent += i - from
	}
	after := s.key(i, end)
	if after == 0 {
		return s.loose(i, indent, end)
	}
	s.place(start, i, indent, false)
	if s.found != nil {
		return end
	}
	return s.value(after, indent, end)
}

func isDash(b []byte) bool {
	return len(b) > 0 && b[0] == '-' && (len(b) == 1 || strings.IndexByte(" \t\r\n", b[1]) >= 0)
}

// key is the byte behind the colon that makes a key of what stands at i, 0 if
// there is none.
func (s *slipScanner) key(i, end int) int {
	from := i
	switch c := s.data[i]; {
	case c == '"' || c == '\'':
		if from = s.quoted(i); from == 0 {
			return 0
		}
		for from < end && s.data[from] == ' ' {
			from++
		}
		end = min(end, from+1)
	case strings.IndexByte("{[&*!|>", c) >= 0:
		return 0
	}
	for j := from; j < end; j++ {
		switch {
		case s.data[j] == '#' && j > from && s.data[j-1] == ' ':
			return 0
		case s.colonAt(j):
			return j + 1
		}
	}
	return 0
}

// colonAt is true for a colon that ends a key.
func (s *slipScanner) colonAt(j int) bool {
	return s.data[j] == ':' && (j+1 >= len(s.data) || strings.IndexByte(" \t\r\n", s.data[j+1]) >= 0)
}

// place finds the collection that an entry in a column belongs to.
func (s *slipScanner) place(start, at, indent int, list bool) {
	var popped []level
	for len(s.levels) > 0 {
		top := s.levels[len(s.levels)-1]
		if top.indent < indent || top.indent == indent && (top.list == list || list) {
			break
		}
		popped = append(popped, top)
		s.levels = s.levels[:len(s.levels)-1]
	}
	if len(s.levels) == 0 {
		if len(popped) == 0 {
			s.levels = append(s.levels, level{indent: indent, list: list, line: start})
			return
		}
		s.misplaced(at, indent, list, popped)
		return
	}
	top := &s.levels[len(s.levels)-1]
	switch {
	case top.indent == indent && top.list == list:
		top.line, top.complete, top.loose = start, false, 0
	case !top.complete && len(popped) == 0: // a value of its own lines; "- " may stand below its key
		top.complete = true
		s.levels = append(s.levels, level{indent: indent, list: list, line: start})
	case len(popped) == 0 && top.loose > 0:
		s.wrongLine(top.loose)
	case len(popped) == 0:
		s.slipped(at, at, s.like(*top)+", or write the key it belongs to before it",
			"this line is indented deeper than line %d, which has a value already", s.lineNumber(top.line))
	default:
		s.misplaced(at, indent, list, popped)
	}
}

// misplaced: no collection is open in this column. The one that was meant is the
// nearest of its kind.
func (s *slipScanner) misplaced(at, indent int, list bool, ended []level) {
	fix, nearest, meant := "indent it like the line it belongs with", len(s.data), level{}
	for _, l := range append(ended, s.levels...) {
		if far := abs(l.indent - indent); l.list == list && far < nearest {
			nearest, meant = far, l
		}
	}
	if nearest < len(s.data) {
		fix = s.like(meant)
	}
	s.slipped(at, at, fix, "this line is indented by %s, like nothing it could belong to", counted(indent, "blank"))
}

// like is how to indent an entry of a collection.
func (s *slipScanner) like(l level) string {
	if l.indent == 0 {
		return fmt.Sprintf("put it at the beginning of its line, like line %d", s.lineNumber(l.line))
	}
	return fmt.Sprintf("indent it like line %d, by %s", s.lineNumber(l.line), counted(l.indent, "blank"))
}

// loose reads what is neither an element nor a key: the value of the key above,
// more of a text that was begun there, or a mistake.
func (s *slipScanner) loose(i, indent, end int) int {
	if len(s.levels) == 0 { // a document that is one value
		return s.value(i, -1, end)
	}
	top := &s.levels[len(s.levels)-1]
	switch {
	case indent > top.indent && !top.complete:
		if strings.IndexByte("{[\"'|>&!", s.data[i]) < 0 {
			top.loose = i
		}
		return s.value(i, top.indent, end)
	case indent <= top.indent:
		s.wrongLine(i)
	}
	return end // more of the text above
}

// wrongLine says what the line of a text lacks that was to be a key with its
// value or an element.
func (s *slipScanner) wrongLine(i int) {
	line := strings.TrimSpace(string(s.data[i:s.lineEnd(i)]))
	switch m := tightColon.FindStringSubmatch(line); {
	case m != nil:
		s.slipped(i+len(m[1]), i, "write "+quote(m[1]+": "+m[2]), "there is no blank after the colon")
	case line[0] == '-':
		s.slipped(i, i, "write "+quote("- "+strings.TrimLeft(line, "-")), "there is no blank after the -")
	default:
		key, value, _ := strings.Cut(line, " ")
		s.slipped(i, i, "write "+quote(strings.TrimSpace(key+": "+value)), "there is no colon in this line")
	}
}

var tightColon = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_.-]*):(\S.*)$`)

// value reads what stands behind a colon or a dash, and what is opened there.
func (s *slipScanner) value(i, indent, end int) int {
	i = s.behindMarks(i, end)
	if i >= end || strings.IndexByte("#\r\n", s.data[i]) >= 0 {
		return end
	}
	if len(s.levels) > 0 {
		s.levels[len(s.levels)-1].complete = true
	}
	switch c := s.data[i]; c {
	case '|', '>':
		s.text = indent
	case '{', '[':
		return s.flow(i)
	case '"', '\'':
		return s.quotedValue(i)
	case '@', '`', '%':
		s.slipped(i, i, "put the text in quotes", "a text cannot begin with %c", c)
	default:
		s.plain(i, end)
	}
	return end
}

// behindMarks is the first byte of a value behind blanks, its anchor and its tag.
func (s *slipScanner) behindMarks(i, end int) int {
	for i < end && strings.IndexByte(" \t&!", s.data[i]) >= 0 {
		if s.data[i] == '&' || s.data[i] == '!' {
			for i < end && strings.IndexByte(" \t\r\n", s.data[i]) < 0 {
				i++
			}
			continue
		}
		i++
	}
	return i
}

// plain: a text without quotes ends at a colon with a blank behind.
func (s *slipScanner) plain(i, end int) {
	line := string(s.data[i:end])
	if n := strings.Index(line, " #"); n >= 0 {
		line = line[:n]
	}
	for j := i; j < i+len(line); j++ {
		if s.colonAt(j) {
			s.slipped(j, i, "put the text in quotes: "+quote(strings.TrimSpace(line)), "a second colon in the line: unless in quotes, a colon with a blank behind it ends a key")
			return
		}
	}
}

// quoted is the byte behind the quote that closes the one at i, 0 if none does.
func (s *slipScanner) quoted(i int) int {
	q := s.data[i]
	for j := i + 1; j < len(s.data); j++ {
		switch {
		case q == '"' && s.data[j] == '\\':
			j++
		case q == '\'' && s.data[j] == q && j+1 < len(s.data) && s.data[j+1] == q:
			j++
		case s.data[j] == q:
			return j + 1
		}
	}
	return 0
}

// quotedValue reads a text in quotes that is a whole value.
func (s *slipScanner) quotedValue(i int) int {
	to := s.closed(i, i)
	if to == 0 {
		return len(s.data)
	}
	end := s.lineEnd(to)
	if rest := strings.TrimSpace(string(s.data[to:end])); rest != "" && rest[0] != '#' {
		s.afterQuote(i, to, i)
	}
	return end
}

// closed is quoted, with the mistake reported where nothing closes the quote.
func (s *slipScanner) closed(i, first int) int {
	to := s.quoted(i)
	if to == 0 {
		s.slipped(i, first, fmt.Sprintf("close it with %c", s.data[i]), "the quote that opens here is never closed")
	}
	return to
}

// afterQuote: what follows a closing quote cannot stand there. If the quote was
// closed in a later line only, it was not meant to be.
func (s *slipScanner) afterQuote(from, to, first int) {
	q := s.data[from]
	if n := bytes.Count(s.data[from:to], []byte("\n")); n > 0 {
		s.slipped(from, first, fmt.Sprintf("close it with %c in its own line", q), "the quote that opens here is closed in line %d only", s.lineNumber(to))
		return
	}
	fix := `write \" for a quote that belongs to the text`
	if q == '\'' {
		fix = "write '' for a quote that belongs to the text, or take double quotes"
	}
	s.slipped(to-1, first, fix, "the text in quotes ends here, and more follows")
}
