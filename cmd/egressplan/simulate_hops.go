package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"egressplan/planner"
)

// hopTableWidth is from how many columns on reasons and facts stand beside the
// hops, if they fit there; on a narrower page they follow the hops.
const hopTableWidth = 110

// hopIndent is the space before a hop.
const hopIndent = "  "

// step is a line of a printed path: a hop, or several that need no words.
type step struct {
	number, hop, zone string
	moved             bool   // the zone is another one than before, and not in the name
	packet            string // where the packet changes: how
	why, source       string
}

// steps are the hops of a path as they are printed. A zone is told where it
// changes.
func steps(hops []planner.Hop) []step {
	list := make([]step, 0, len(hops))
	zone := ""
	for i, h := range hops {
		s := step{number: strconv.Itoa(i + 1), hop: h.Hop, zone: h.Zone, packet: changeText(h), why: h.Why, source: h.Source}
		if i == 0 {
			s.packet = firstPacket(h, s.packet)
		}
		if h.Zone != zone && h.Zone != "" {
			zone = h.Zone
			s.moved = !strings.Contains(h.Hop, zone)
		}
		list = append(list, s)
	}
	return list
}

// firstPacket is the packet as it starts, and what the first hop makes of it.
func firstPacket(h planner.Hop, change string) string {
	text := h.SrcBefore + " -> " + h.DstBefore
	if change != "" {
		text += "; " + change
	}
	return text
}

// changeText says what a hop makes of the packet; "" if it leaves it as it is.
func changeText(h planner.Hop) string {
	var parts []string
	if h.Src != h.SrcBefore {
		parts = append(parts, "source "+h.SrcBefore+" becomes "+h.Src)
	}
	if h.Dst != h.DstBefore {
		parts = append(parts, "destination "+h.DstBefore+" becomes "+h.Dst)
	}
	if h.Action == "tunnel" {
		parts = append(parts, "inside a tunnel from here")
	}
	if h.Action == "drop" {
		parts = append(parts, "dropped here")
	}
	return strings.Join(parts, ", ")
}

// foldBack joins the hops of a way back that are those of the way there and do
// nothing to the packet: "1-5  dc1, dc1-core, router".
func foldBack(back []step, there []planner.Hop) []step {
	known := map[string]bool{}
	for _, h := range there {
		known[h.Hop] = true
	}
	var list []step
	for i := 0; i < len(back); {
		n := i
		for n < len(back) && n > 0 && n < len(back)-1 && back[n].packet == "" && known[back[n].hop] {
			n++
		}
		if n-i < 2 {
			list = append(list, back[i])
			i++
			continue
		}
		var names []string
		for _, s := range back[i:n] {
			names = append(names, s.hop)
		}
		list = append(list, step{number: back[i].number + "-" + back[n-1].number, hop: strings.Join(names, ", "), why: "as on the way there"})
		i = n
	}
	return list
}

// ways are the printed hops in both directions; whole leaves nothing folded.
func ways(g *pathGroup, whole bool) (there, back []step) {
	there, back = steps(g.Forward), steps(g.Return)
	if !whole {
		back = foldBack(back, g.Forward)
	}
	return there, back
}

// writeTrace shows the hops of a path, both ways.
func (a *simulation) writeTrace(p *page, g *pathGroup) error {
	there, back := ways(g, a.trace)
	tabular := p.width >= hopTableWidth
	for _, list := range [][]step{there, back} {
		tabular = tabular && wideTable(list).holds(p.width-len(hopIndent), p.width)
	}
	digits := 0
	for _, s := range slices.Concat(there, back) {
		digits = max(digits, len(s.number))
	}
	if err := writeSteps(p, "there", there, digits, tabular); err != nil {
		return err
	}
	return writeSteps(p, "and back", back, digits, tabular)
}

func writeSteps(p *page, direction string, list []step, digits int, tabular bool) error {
	if len(list) == 0 {
		return nil
	}
	p.item(hopIndent, direction)
	if tabular {
		return p.table(wideTable(list), hopIndent)
	}
	for _, s := range list {
		text := s.where()
		if s.why != "" {
			text += " — " + s.why
		}
		p.item(fmt.Sprintf("%s%*s  ", hopIndent, digits, s.number), text)
		if s.packet != "" {
			p.item(strings.Repeat(" ", len(hopIndent)+digits+4), s.packet)
		}
	}
	return nil
}

// wideTable has what a hop makes of the packet below why it does.
func wideTable(list []step) *table {
	t := &table{columns: []column{{title: "#", right: true}, {title: "hop", flex: 30}, {title: "why", flex: 50}}}
	for _, s := range list {
		t.add(s.number, s.where(), s.because())
		if s.packet != "" {
			t.add("", "", pick(s.number == "1", "", "=> ")+s.packet)
		}
	}
	return t
}

// hopTable is the hops of a document.
func hopTable(list []step) *table {
	t := &table{columns: []column{{title: "#"}, {title: "hop"}, {title: "zone"}, {title: "packet"}, {title: "why"}, {title: "fact"}}}
	for _, s := range list {
		t.add(s.number, s.hop, s.zone, s.packet, s.why, s.source)
	}
	return t
}

// where is a hop with its zone, if that is another one than before.
func (s step) where() string {
	if !s.moved {
		return s.hop
	}
	return s.hop + " in " + s.zone
}

// because is why a hop does what it does, with the fact in brackets.
func (s step) because() string {
	if s.source == "" {
		return s.why
	}
	return s.why + " [" + s.source + "]"
}
