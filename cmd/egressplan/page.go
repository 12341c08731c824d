package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// page writes text for people: everything it is given is escaped, prose is
// wrapped at the width. Write errors stay with the writer.
type page struct {
	w     io.Writer
	width int
	bold  bool
}

// title is the answer in one line.
func (p *page) title(text string) {
	for _, line := range wrap(escape(text), p.width) {
		if p.bold {
			line = "\x1b[1m" + line + "\x1b[0m"
		}
		fmt.Fprintln(p.w, line)
	}
}

// heading starts a section.
func (p *page) heading(text string) {
	fmt.Fprintln(p.w)
	p.para(text)
}

// para writes prose.
func (p *page) para(text string) { p.item("", text) }

// item writes prose whose first line starts with mark and whose other lines
// hang below the first.
func (p *page) item(mark, text string) {
	hang := strings.Repeat(" ", textWidth(mark))
	for i, line := range wrap(escape(text), p.width-len(hang)) {
		if i == 0 {
			fmt.Fprintln(p.w, mark+line)
			continue
		}
		fmt.Fprintln(p.w, hang+line)
	}
}

// aside writes what is about the page itself, not about its subject.
func (p *page) aside(indent, text string) {
	for _, line := range wrap(escape(text), p.width-len(indent)) {
		if p.bold {
			line = "\x1b[2m" + line + "\x1b[0m"
		}
		fmt.Fprintln(p.w, indent+line)
	}
}

// textWidth counts the columns that s takes on a terminal.
func textWidth(s string) int { return twwidth.Width(s) }

// wrap breaks text at spaces into lines of at most width columns; a word longer
// than that stands alone and is not cut, so that it can be copied.
func wrap(text string, width int) []string {
	var lines []string
	line, used := "", 0
	for _, word := range words(text) {
		n := textWidth(word)
		switch {
		case line == "":
			line, used = word, n
		case used+1+n <= width:
			line, used = line+" "+word, used+1+n
		default:
			lines = append(lines, line)
			line, used = word, n
		}
	}
	return append(lines, line)
}

// words splits text at spaces, keeping a bracketed number with the word before
// it: "unknown (2)" is one.
func words(text string) []string {
	var list []string
	for _, word := range strings.Fields(text) {
		if n := len(list); n > 0 && bracketedNumber(word) {
			list[n-1] += " " + word
			continue
		}
		list = append(list, word)
	}
	return list
}

func bracketedNumber(word string) bool {
	digits, ok := strings.CutPrefix(word, "(")
	digits, closed := strings.CutSuffix(digits, ")")
	return ok && closed && digits != "" && strings.Trim(digits, "0123456789") == ""
}
