package main

import (
	"fmt"
	"strconv"
	"strings"

	"egressplan/planner"
)

// hopTableWidth is from how many columns on hops are a table, if it holds them;
// on a narrower page each stands above its reason, because the reasons are the
// point.
const hopTableWidth = 110

// hopIndent is the space before a hop of a table.
const hopIndent = "    "

// writeTrace shows the hops of a path, both ways.
func writeTrace(p *page, g pathGroup) error {
	if len(g.Sources) > 1 && len(g.Forward) > 0 {
		p.item("  ", pick(works(g.Path), "The hops are those of the first of these alternatives.", "The hops are those of the first alternative that fails."))
	}
	tabular := p.width >= hopTableWidth
	for _, hops := range [][]planner.Hop{g.Forward, g.Return} {
		tabular = tabular && hopTable(hops).holds(p.width-len(hopIndent), p.width)
	}
	if err := writeHops(p, "to the destination", g.Forward, tabular); err != nil {
		return err
	}
	return writeHops(p, "back", g.Return, tabular)
}

func writeHops(p *page, direction string, hops []planner.Hop, tabular bool) error {
	if len(hops) == 0 {
		return nil
	}
	p.item("  ", direction)
	if tabular {
		return p.table(hopTable(hops), hopIndent)
	}
	digits := len(strconv.Itoa(len(hops)))
	for i, h := range hops {
		p.line(fmt.Sprintf("  %*d  ", digits, i+1), h.Hop, h.Action, h.Src+" -> "+h.Dst)
		if h.Why != "" {
			p.item(strings.Repeat(" ", digits+8), h.Why)
		}
	}
	return nil
}

func hopTable(hops []planner.Hop) *table {
	t := &table{columns: []column{
		{title: "#", right: true}, {title: "hop", flex: 14}, {title: "action"}, {title: "from -> to", flex: 20}, {title: "why", flex: 28},
	}}
	for i, h := range hops {
		t.add(strconv.Itoa(i+1), h.Hop, h.Action, h.Src+" -> "+h.Dst, h.Why)
	}
	return t
}
