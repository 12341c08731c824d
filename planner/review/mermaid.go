package review

import (
	"cmp"
	"fmt"
	"strings"

	"egressplan/planner"
)

// Mermaid draws the hops of a path as a flowchart, without a fence around it.
// Solid arrows are the way to the destination; the packet is written on them
// where it starts and before and after each hop that changes it or puts it into a
// tunnel. Dotted arrows are the way back, of which only the hops are drawn that
// change the packet. Where a path ends too early, the end is set off.
func Mermaid(p planner.Path) string {
	c := chart{ids: map[string]int{}}
	c.b.WriteString("flowchart LR\n")
	c.there(p.Forward)
	c.back(p.Return)
	if len(p.Forward) == 0 {
		c.node("no hop to draw", "")
	}
	if lost := c.lostAt(p); lost > 0 {
		c.b.WriteString("  classDef lost stroke:#c00,stroke-width:3px\n")
		fmt.Fprintf(&c.b, "  class n%d lost\n", lost)
	}
	return c.b.String()
}

// chart is a flowchart that is being written.
type chart struct {
	b    strings.Builder
	n    int            // nodes so far
	ids  map[string]int // node by hop; the last where a packet passes a hop twice
	last int            // the node at which the drawing ended
}

func (c *chart) node(hop, zone string) int {
	c.n++
	text := cmp.Or(label(hop), "-") // Mermaid refuses an empty label
	if zone != "" && !strings.Contains(hop, zone) {
		text += "<br/>" + label(zone)
	}
	fmt.Fprintf(&c.b, "  n%d[\"%s\"]\n", c.n, text)
	return c.n
}

func (c *chart) arrow(from, to int, line, text string) {
	if text != "" {
		line += "|\"" + text + "\"|"
	}
	fmt.Fprintf(&c.b, "  n%d %s n%d\n", from, line, to)
}

func (c *chart) there(hops []planner.Hop) {
	nodes := make([]int, len(hops))
	for i, h := range hops {
		nodes[i] = c.node(h.Hop, h.Zone)
		c.ids[key(h)] = nodes[i]
		c.last = nodes[i]
	}
	for i := 1; i < len(hops); i++ {
		text := ""
		if i == 1 || special(hops[i-1]) || special(hops[i]) {
			text = packet(hops[i-1].Src, hops[i-1].Dst)
		}
		if hops[i-1].Action == "tunnel" {
			text += "<br/>in a tunnel"
		}
		c.arrow(nodes[i-1], nodes[i], "-->", text)
	}
}

func (c *chart) back(hops []planner.Hop) {
	at := 0
	for i, h := range hops {
		if i > 0 && i < len(hops)-1 && !changes(h) {
			continue
		}
		id, drawn := c.ids[key(h)]
		if !drawn {
			id = c.node(h.Hop, h.Zone)
			c.ids[key(h)] = id
		}
		if at > 0 && at != id {
			c.arrow(at, id, "-.->", packet(h.SrcBefore, h.DstBefore))
		}
		at, c.last = id, id
	}
}

// lostAt is the node at which a path ended that should have gone on; 0 if none.
func (c *chart) lostAt(p planner.Path) int {
	if p.Verdict == "delivered" && p.Allowed && p.Replied {
		return 0
	}
	return c.last
}

func key(h planner.Hop) string { return h.Hop + "\x00" + h.Zone }

func changes(h planner.Hop) bool { return h.Src != h.SrcBefore || h.Dst != h.DstBefore }

func special(h planner.Hop) bool {
	return changes(h) || h.Action == "tunnel" || h.Action == "proxy"
}

// packet is a packet's addresses on an arrow.
func packet(src, dst string) string { return label(src) + "<br/>to " + label(dst) }

// label is text inside a quoted label. Every character that Mermaid, its
// Markdown or HTML might take for something is written as a character code. The
// words style and classDef are, because Mermaid drops the semicolon of a code
// that follows them on a line.
func label(s string) string {
	var b strings.Builder
	text := printed(s)
	for i, r := range text {
		switch {
		case strings.HasPrefix(text[i:], "style"), strings.HasPrefix(text[i:], "classDef"), !plain(r):
			fmt.Fprintf(&b, "#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// plain are the characters that mean nothing to Mermaid inside quotes.
func plain(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return true
	case r < 0x80:
		return strings.ContainsRune(" .,:/-_()+", r)
	}
	return true // printable, see printed
}
