package main

import (
	"fmt"
	"slices"
	"strings"

	"egressplan/planner"
)

// matrixBlock is flows that fare the same in every state.
type matrixBlock struct {
	flows []string
	table *table
}

// matrices are the matrix of every flow, flows that fare the same together.
func (a *simulation) matrices(notes *footnotes) []matrixBlock {
	var blocks []matrixBlock
	for _, of := range fates(a.paths) {
		t := a.matrix(&of, notes)
		name := of.flow.text()
		if f := of.fates[0]; f.state.Kind == healthy && len(f.seen) > 0 {
			name += arrivedAs(f.seen)
		}
		at := slices.IndexFunc(blocks, func(b matrixBlock) bool {
			return slices.EqualFunc(b.table.rows, t.rows, func(x, y []string) bool { return slices.Equal(x, y) })
		})
		if at < 0 {
			at = len(blocks)
			blocks = append(blocks, matrixBlock{table: t})
		}
		blocks[at].flows = append(blocks[at].flows, name)
	}
	align(blocks)
	return blocks
}

// legend says how to read a matrix.
func (a *simulation) legend() string {
	if !a.comparing() {
		return "At first, later: how many of the ways that meet the fault go on until it is noticed, and after."
	}
	return "At first, later: how many of the ways from all zones to all addresses go on until " +
		"the fault is noticed, and after. Seen as: how many of the healthy sources on-premises still sees. " +
		"Faults that are not listed do not meet the flow."
}

// writeMatrix prints the matrix of every flow, and below them the durations.
func (a *simulation) writeMatrix(p *page) error {
	notes := &footnotes{}
	blocks := a.matrices(notes)
	for _, b := range blocks {
		fmt.Fprintln(p.w)
		for _, flow := range b.flows {
			p.item("- ", flow)
		}
		if err := p.table(b.table, ""); err != nil {
			return err
		}
	}
	fmt.Fprintln(p.w)
	p.para(a.legend())
	notes.write(p)
	return nil
}

// align gives the tables columns of the same width, and no column that is empty
// in all of them.
func align(blocks []matrixBlock) {
	all := &table{columns: matrixColumns}
	for _, b := range blocks {
		all.rows = append(all.rows, b.table.rows...)
	}
	empty := all.empty()
	all.rows = nil
	for _, b := range blocks {
		b.table.drop(empty)
		b.table.like = all
		all.columns = b.table.columns
		all.rows = append(all.rows, b.table.rows...)
	}
}

// sameFrom is whose packets all paths are, in words, if that is the same of all
// apps.
func (a *simulation) sameFrom() (string, bool) {
	text := ""
	for i := range a.paths {
		p := &a.paths[i]
		from := strings.ReplaceAll(p.From, p.App, "the app")
		if i > 0 && from != text {
			return "", false
		}
		text = from
	}
	return text, true
}

// overviewColumns are what a row of the overview may say; those that say nothing
// are left out.
var overviewColumns = []column{
	{title: "flow", flex: 26}, {title: "whose", flex: 5}, {title: "at first"}, {title: "go on"},
	{title: "seen as", flex: 18}, {title: "allowed"}, {title: "reply"}, {title: "lasts", flex: 13},
}

// overview has one row for each flow in the one state.
func (a *simulation) overview(notes *footnotes) *table {
	t := &table{columns: slices.Clone(overviewColumns)}
	list := fates(a.paths)
	_, sameFrom := a.sameFrom()
	outage := slices.ContainsFunc(list, func(of flowFates) bool { return of.fates[0].outage })
	if outage {
		t.columns[3].title = "later"
	}
	for i := range list {
		of, f := &list[i], &list[i].fates[0]
		a.spare(f)
		c := a.cells(f, of.flow, nil, notes)
		if a.State == healthy && a.failed == 0 { // the summary says it
			c.later, c.list, c.reply = "", "", ""
		}
		whose := ""
		if !sameFrom {
			whose = notes.all(f.whose, of.flow.app)
		}
		t.add(of.flow.text(), whose, pick(outage, c.first, ""), c.later, c.seen, c.list, c.reply, c.lasts)
	}
	t.drop(t.empty())
	return t
}

// spare leaves out of a row what is said above all rows.
func (a *simulation) spare(f *fate) {
	if a.sameLasts() != nil {
		f.lasts = nil
	}
}

// severalStates reports whether a flow is walked in more than one state.
func (a *simulation) severalStates() bool {
	return len(a.paths) > 0 && a.paths[0].From == "" && len(states(a.paths)) > 1
}

// all are the footnotes of whose packets they are.
func (n *footnotes) all(whose []string, app string) string {
	var list []string
	for _, text := range whose {
		list = append(list, n.number(strings.ReplaceAll(text, app, "the app")))
	}
	return strings.Join(list, " ")
}

// sameLasts is a path that lasts as long as all the others; nil if they differ.
func (a *simulation) sameLasts() *planner.Path {
	for i := range a.paths {
		l, first := a.paths[i].Lasts, a.paths[0].Lasts
		if l == nil || first == nil || *l != *first {
			return nil
		}
	}
	return &a.paths[0]
}
