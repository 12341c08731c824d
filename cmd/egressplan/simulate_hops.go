package main

import (
	"fmt"
	"strconv"
	"strings"

	"egressplan/planner"
)

// hopTableWidth is from how many columns on hops are a table; on a narrower
// page each stands above its reason, because the reasons are the point.
const hopTableWidth = 110

// writeTrace shows the hops of a path, both ways.
func writeTrace(p *page, g pathGroup) error {
	if len(g.Sources) > 1 && len(g.Forward) > 0 {
		p.item("  ", pick(works(g.Path), "The hops are those of the first of these alternatives.", "The hops are those of the first alternative that fails."))
	}
	if err := writeHops(p, "to the destination", g.Forward); err != nil {
		return err
	}
	return writeHops(p, "back", g.Return)
}

func writeHops(p *page, direction string, hops []planner.Hop) error {
	if len(hops) == 0 {
		return nil
	}
	p.item("  ", direction)
	if p.width >= hopTableWidth {
		return writeHopTable(p, hops)
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

func writeHopTable(p *page, hops []planner.Hop) error {
	t := &table{columns: []column{
		{title: "#", right: true}, {title: "hop", flex: 14}, {title: "action"}, {title: "from -> to", flex: 20}, {title: "why", flex: 28},
	}}
	for i, h := range hops {
		t.add(strconv.Itoa(i+1), h.Hop, h.Action, h.Src+" -> "+h.Dst, h.Why)
	}
	return p.table(t, "    ")
}
