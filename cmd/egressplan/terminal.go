package main

import (
	"io"
	"os"
	"strconv"
)

// The width of text output in columns: what COLUMNS says, else the terminal's,
// else defaultWidth; never narrower than minWidth.
const (
	defaultWidth = 100
	minWidth     = 40
	maxWidth     = 400
)

func outputWidth(w io.Writer) int {
	columns, err := strconv.Atoi(os.Getenv("COLUMNS"))
	if err != nil || columns <= 0 {
		columns, _ = terminal(w)
	}
	if columns <= 0 {
		columns = defaultWidth
	}
	return min(max(columns, minWidth), maxWidth)
}

// boldAllowed: only on a terminal, and not where NO_COLOR (no-color.org) or a
// dumb terminal asks for plain text.
func boldAllowed(w io.Writer) bool {
	_, is := terminal(w)
	return is && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
