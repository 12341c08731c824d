package main

import (
	"fmt"
	"io"
	"strings"

	"egressplan/planner/finding"
	"egressplan/planner/inventory"
)

// excerptWidth is how much of a source line is shown around the caret, in
// characters; a whole document may stand on one line.
const excerptWidth = 100

// writeProblems lists everything wrong with the input, in the form editors jump
// to, each with the source line and the way out.
func writeProblems(w io.Writer, e *inputError) {
	files := map[string]bool{}
	excerpts := inventory.NewExcerpts(e.sources)
	for _, p := range e.problems {
		if !p.At.IsZero() {
			files[p.At.File] = true
		}
		writeProblem(w, p, excerpts)
	}
	where := ""
	if len(files) > 0 {
		where = " in " + count(len(files), "file")
	}
	fmt.Fprintln(w, count(len(e.problems), "problem")+where)
}

func writeProblem(w io.Writer, p finding.Problem, excerpts *inventory.Excerpts) {
	place := ""
	if !p.At.IsZero() {
		place = p.At.String() + ": "
	}
	fmt.Fprintf(w, "%s [%s]\n", escape(place+p.Message), escape(p.Code))
	if line, column := excerpts.At(p.At); line != "" {
		shown, caret := excerpt(line, column)
		fmt.Fprintf(w, "    %s\n    %s^\n", shown, strings.Repeat(" ", caret))
	}
	if p.Fix != "" {
		fmt.Fprintf(w, "  fix: %s\n", escape(p.Fix))
	}
	if !p.Earlier.IsZero() {
		fmt.Fprintf(w, "  earlier: %s\n", escape(p.Earlier.String()))
	}
}

// excerpt cuts a source line to the part around the 1-based column and returns
// it escaped, with the number of terminal columns before the caret.
func excerpt(line string, column int) (shown string, caret int) {
	runes := []rune(strings.ReplaceAll(strings.TrimRight(line, "\r\n"), "\t", " "))
	at := min(max(column-1, 0), len(runes))
	from := 0
	if at > excerptWidth*3/4 {
		from = at - excerptWidth/2
	}
	to := min(from+excerptWidth, len(runes))
	before, after := escape(string(runes[from:at])), escape(string(runes[at:to]))
	if from > 0 {
		before = "..." + before
	}
	if to < len(runes) {
		after += "..."
	}
	return before + after, textWidth(before)
}
