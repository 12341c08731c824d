package review

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"egressplan/planner"
)

// inline is text inside a line of Markdown. Only what has been escaped, or was
// written here, becomes one.
type inline string

// words are text without markup; a space at either end is kept, to join it with
// something else.
func words(format string, args ...any) inline {
	s := format
	if len(args) > 0 {
		s = fmt.Sprintf(format, args...)
	}
	text := Text(s)
	if strings.HasPrefix(s, " ") {
		text = " " + text
	}
	if strings.HasSuffix(s, " ") {
		text += " "
	}
	return inline(text)
}

func code(s string) inline { return inline(Code(s)) }

// strong is text set off. Nothing may touch it but space and line ends.
func strong(format string, args ...any) inline {
	return "**" + words(format, args...) + "**"
}

// page is a document that is being written.
type page struct {
	b        strings.Builder
	contents []entry
	slugs    map[string]bool // taken
}

// entry is a line of the table of contents.
type entry struct {
	level       int
	title, slug string
}

// heading starts a section, which the table of contents will name.
func (p *page) heading(level int, format string, args ...any) {
	title := strings.TrimSpace(fmt.Sprintf(format, args...))
	if p.slugs == nil {
		p.slugs = map[string]bool{"contents": true}
	}
	s := slug(title)
	for n := 1; p.slugs[s]; n++ {
		s = fmt.Sprintf("%s-%d", slug(title), n)
	}
	p.slugs[s] = true
	p.contents = append(p.contents, entry{level, title, s})
	fmt.Fprintf(&p.b, "\n%s %s\n", strings.Repeat("#", level), Text(title))
}

// slug is the anchor that GitHub and GitLab give to a heading: in lower case,
// letters, digits, hyphens and underscores kept, spaces made hyphens, all else
// left out.
func slug(title string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(printed(title)) {
		switch {
		case r == ' ':
			b.WriteByte('-')
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsMark(r), unicode.IsNumber(r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

// link leads to the section with a title of its own.
func link(text, title string) inline {
	return inline("[" + Text(text) + "](#" + slug(title) + ")")
}

// toc is the table of contents of all headings so far.
func (p *page) toc() string {
	var b strings.Builder
	for _, e := range p.contents {
		fmt.Fprintf(&b, "%s- [%s](#%s)\n", strings.Repeat("  ", e.level-2), Text(e.title), e.slug)
	}
	return b.String()
}

// para writes a paragraph.
func (p *page) para(parts ...inline) {
	text := join(parts, "")
	if text != "" {
		p.b.WriteString("\n" + string(text) + "\n")
	}
}

// list writes a list, no more than limit items of it; rest says where the others
// are.
func (p *page) list(items []inline, limit int, rest string) {
	if len(items) == 0 {
		return
	}
	p.b.WriteString("\n")
	for _, item := range items[:min(len(items), limit)] {
		p.b.WriteString("- " + string(item) + "\n")
	}
	if more := len(items) - limit; more > 0 {
		p.b.WriteString(string("- " + leftOut(more, "item", rest) + "\n"))
	}
}

// fence writes a block of code in a language.
func (p *page) fence(language, text string) {
	p.b.WriteString("\n```" + language + "\n" + strings.TrimSuffix(text, "\n") + "\n```\n")
}

// leftOut says how many are not shown and which command shows them.
func leftOut(n int, noun, command string) inline {
	text := words("and %s more", planner.Count(n, noun))
	if command == "" {
		return text
	}
	return text + ": " + code(command) + words(" has them all")
}

// grid is a table: its titles, and which of its columns hold numbers.
type grid struct {
	titles []string
	right  string // a letter for each column: r for numbers, l for text
	rows   [][]inline
}

func (g *grid) add(cells ...inline) { g.rows = append(g.rows, cells) }

// widest is up to how many characters cells are padded, so that a table can be
// read as it is written.
const widest = 34

// table writes a table, no more than limit rows of it; rest is the command that
// shows the others. Columns that say nothing are left out.
func (p *page) table(g *grid, limit int, rest string) {
	if len(g.rows) == 0 {
		return
	}
	rows := g.rows[:min(len(g.rows), limit)]
	var columns []int
	for i := range g.titles {
		for _, row := range rows {
			if row[i] != "" {
				columns = append(columns, i)
				break
			}
		}
	}
	width := func(i int) int {
		n := max(3, len(g.titles[i]))
		for _, row := range rows {
			n = max(n, utf8.RuneCountInString(string(row[i])))
		}
		return min(n, widest)
	}
	pad := func(i int, cell inline) string {
		space := strings.Repeat(" ", max(0, width(i)-utf8.RuneCountInString(string(cell))))
		if g.right[i] == 'r' {
			return "| " + space + string(cell) + " "
		}
		return "| " + string(cell) + space + " "
	}
	line := func(cell func(i int) string) {
		for _, i := range columns {
			p.b.WriteString(cell(i))
		}
		p.b.WriteString("|\n")
	}
	p.b.WriteString("\n")
	line(func(i int) string { return pad(i, words("%s", g.titles[i])) })
	line(func(i int) string {
		rule := strings.Repeat("-", width(i))
		if g.right[i] == 'r' {
			rule = rule[1:] + ":"
		}
		return "| " + rule + " "
	})
	for _, row := range rows {
		line(func(i int) string { return pad(i, row[i]) })
	}
	if more := len(g.rows) - limit; more > 0 {
		p.para(leftOut(more, "row", rest))
	}
}

func join(parts []inline, separator inline) inline {
	var b strings.Builder
	for i, part := range parts {
		if i > 0 {
			b.WriteString(string(separator))
		}
		b.WriteString(string(part))
	}
	return inline(b.String())
}

// texts escapes each of a list.
func texts(list []string) []inline {
	out := make([]inline, len(list))
	for i, s := range list {
		out[i] = words("%s", s)
	}
	return out
}

// sentence gives a text one full stop.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || strings.HasSuffix(text, ".") || strings.HasSuffix(text, "?") || strings.HasSuffix(text, "!") {
		return text
	}
	return text + "."
}
