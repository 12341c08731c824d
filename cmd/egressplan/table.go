package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// column is how one column of a table behaves when there is little room.
type column struct {
	title string
	right bool // numbers
	flex  int  // > 0: prose, may be wrapped down to this many columns
	drop  int  // > 0: left out where room is short, the highest first
	from  int  // > 0: left out of a page with fewer columns
}

// columnGap is the space between columns.
const columnGap = 2

// table is rows of text under titles.
type table struct {
	columns []column
	rows    [][]string
	below   map[int]string // prose under a row, as wide as the page
	like    *table         // laid out as this one, to stand in line with others
}

// add appends a row; it has a cell for every column.
func (t *table) add(cells ...string) {
	if len(cells) != len(t.columns) {
		panic(fmt.Sprintf("a row of %d cells in a table of %d columns", len(cells), len(t.columns)))
	}
	for i := range cells {
		cells[i] = escape(cells[i])
	}
	t.rows = append(t.rows, cells)
}

// hang puts prose under the row added last.
func (t *table) hang(text string) {
	if text == "" {
		return
	}
	if t.below == nil {
		t.below = map[int]string{}
	}
	t.below[len(t.rows)-1] = text
}

// table writes t below each other's indent, fitted to the page, and says below
// it what did not fit.
func (p *page) table(t *table, indent string) error {
	if len(t.rows) == 0 {
		return nil
	}
	layout := t
	if t.like != nil {
		layout = t.like
	}
	shown, widths := layout.fit(p.width-len(indent), p.width)
	var buf bytes.Buffer
	if err := t.render(&buf, shown, widths); err != nil {
		return &faultError{fmt.Errorf("laying out a table: %w", err)}
	}
	ends := t.ends(shown, widths)
	at := 0
	for line := range strings.Lines(buf.String()) {
		fmt.Fprintln(p.w, indent+strings.TrimRight(line, " \n"))
		if text, ok := t.below[ends[at]-1]; ok && ends[at] > 0 {
			p.item(indent+"    ", text)
		}
		at++
	}
	if hidden := t.hidden(shown); len(hidden) > 0 {
		p.aside(indent, fmt.Sprintf("hidden at this width: %s (wider terminal, COLUMNS=%d, or -o json)", strings.Join(hidden, ", "), t.enough(indent)))
	}
	return nil
}

// ends maps the lines of a drawn table, titles first, to the rows that end with
// them, counted from 1.
func (t *table) ends(shown, widths []int) map[int]int {
	ends := map[int]int{}
	if len(t.below) == 0 {
		return ends
	}
	line := 0
	for r, row := range t.rows {
		height := 1
		for at, i := range shown {
			if t.columns[i].flex > 0 {
				height = max(height, len(wrap(row[i], widths[at])))
			}
		}
		line += height
		ends[line] = r + 1
	}
	return ends
}

// enough is the narrowest page that leaves out no column.
func (t *table) enough(indent string) int {
	width := total(t.least()) + len(indent)
	for _, c := range t.columns {
		width = max(width, c.from)
	}
	return width
}

// hidden are the titles of the columns that are not shown and hold anything.
func (t *table) hidden(shown []int) []string {
	var titles []string
	for i, c := range t.columns {
		filled := slices.ContainsFunc(t.rows, func(row []string) bool { return row[i] != "" })
		if c.title != "" && filled && !slices.Contains(shown, i) {
			titles = append(titles, c.title)
		}
	}
	return titles
}

// fit decides which columns are shown and how wide: first prose is wrapped,
// then columns of low value are left out. The page may be wider than the room.
func (t *table) fit(room, page int) (shown, widths []int) {
	for i, c := range t.columns {
		if c.from <= page {
			shown = append(shown, i)
		}
	}
	natural, least := t.natural(), t.least()
	for {
		widths = squeeze(shown, natural, least, room)
		if total(widths) <= room {
			return shown, widths
		}
		worst := -1
		for at, i := range shown {
			if d := t.columns[i].drop; d > 0 && (worst < 0 || d > t.columns[shown[worst]].drop) {
				worst = at
			}
		}
		if worst < 0 {
			return shown, widths
		}
		shown = slices.Delete(shown, worst, worst+1)
	}
}

// holds reports whether the room takes every column and no word sticks out.
func (t *table) holds(room, page int) bool {
	shown, widths := t.fit(room, page)
	for at, i := range shown {
		for _, row := range t.rows {
			for _, word := range words(row[i]) {
				if textWidth(word) > widths[at] {
					return false
				}
			}
		}
	}
	return len(shown) == len(t.columns) && total(widths) <= room
}

// natural is the width of each column if nothing is wrapped.
func (t *table) natural() []int {
	widths := make([]int, len(t.columns))
	for i, c := range t.columns {
		widths[i] = textWidth(c.title)
	}
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], textWidth(cell))
		}
	}
	return widths
}

// empty are the columns that hold nothing, the last first.
func (t *table) empty() []int {
	var list []int
	for i := len(t.columns) - 1; i >= 0; i-- {
		if !slices.ContainsFunc(t.rows, func(row []string) bool { return row[i] != "" }) {
			list = append(list, i)
		}
	}
	return list
}

// drop leaves out columns, the last first.
func (t *table) drop(columns []int) {
	t.columns = slices.Clone(t.columns)
	for _, i := range columns {
		t.columns = slices.Delete(t.columns, i, i+1)
		for r := range t.rows {
			t.rows[r] = slices.Delete(t.rows[r], i, i+1)
		}
	}
}

// least is how far each column may be narrowed: prose to its flex, or to its
// longest word where that is not much more; other columns not at all.
func (t *table) least() []int {
	widths := t.natural()
	for i, c := range t.columns {
		if c.flex == 0 {
			continue
		}
		longest := 0
		for _, row := range t.rows {
			for _, word := range words(row[i]) {
				longest = max(longest, textWidth(word))
			}
		}
		widths[i] = min(widths[i], max(c.flex, textWidth(c.title), min(longest, c.flex*3/2)))
	}
	return widths
}

// squeeze narrows columns, always the widest that can still give, until the row
// fits or none can.
func squeeze(shown, natural, least []int, room int) []int {
	widths := make([]int, len(shown))
	for at, i := range shown {
		widths[at] = natural[i]
	}
	for total(widths) > room {
		widest := -1
		for at, i := range shown {
			if widths[at] > least[i] && (widest < 0 || widths[at] > widths[widest]) {
				widest = at
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}

// total is the width of a row.
func total(widths []int) int {
	sum := columnGap * (len(widths) - 1)
	for _, w := range widths {
		sum += w
	}
	return sum
}

// render draws the columns plainly: no borders, no lines, titles as they are.
func (t *table) render(buf *bytes.Buffer, shown, widths []int) error {
	align := make([]tw.Align, len(shown))
	titles := make([]string, len(shown))
	for at, i := range shown {
		align[at], titles[at] = tw.AlignLeft, t.columns[i].title
		if t.columns[i].right {
			align[at] = tw.AlignRight
		}
	}
	lines := make([][]string, len(t.rows))
	filled := make([]int, len(shown)) // how wide each column would be by itself
	for at, title := range titles {
		filled[at] = textWidth(title)
	}
	for r, row := range t.rows {
		lines[r] = make([]string, len(shown))
		for at, i := range shown {
			cell := []string{row[i]}
			if t.columns[i].flex > 0 {
				cell = wrap(row[i], widths[at])
			}
			for _, line := range cell {
				filled[at] = max(filled[at], textWidth(line))
			}
			lines[r][at] = strings.Join(cell, "\n")
		}
	}
	gaps := make([]tw.Padding, len(shown))
	for at := range gaps {
		gap := columnGap
		if t.like != nil {
			gap += max(0, widths[at]-filled[at])
		}
		gaps[at] = tw.Padding{Right: strings.Repeat(" ", gap), Overwrite: true}
	}
	w := plainTable(buf, align, gaps)
	w.Header(titles)
	for _, cells := range lines {
		if err := w.Append(cells); err != nil {
			return err
		}
	}
	return w.Render()
}

func plainTable(buf *bytes.Buffer, align []tw.Align, gaps []tw.Padding) *tablewriter.Table {
	cells := tw.CellConfig{
		Alignment:  tw.CellAlignment{Global: tw.AlignLeft, PerColumn: align},
		Formatting: tw.CellFormatting{AutoWrap: tw.WrapNone, AutoFormat: tw.Off},
		Padding:    tw.CellPadding{PerColumn: gaps},
	}
	return tablewriter.NewTable(buf,
		tablewriter.WithConfig(tablewriter.Config{Header: cells, Row: cells}),
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Settings: tw.Settings{Separators: tw.SeparatorsNone, Lines: tw.LinesNone},
		})),
		tablewriter.WithEastAsian(tw.Off))
}
