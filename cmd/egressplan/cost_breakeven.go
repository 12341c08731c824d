package main

import (
	"fmt"
	"strings"

	"egressplan/planner"
)

// breakEvenRows is how many break-evens are shown.
const breakEvenRows = 12

// writeBreakEvens says at which traffic two patterns cost the same, and between
// which they never do.
func writeBreakEvens(p *page, b *planner.Bill) error {
	traffic := b.Traffic
	switch {
	case len(b.BreakEven)+len(b.NeverMeet) > 0:
	case len(b.Differences) == 0:
		return nil
	case traffic.Known.IsZero():
		p.heading("Break-even: none can be worked out, since no volume of on-premises traffic is given.")
		return nil
	default:
		p.heading("Break-even: none, since only one pattern meets every requirement; --pattern sets another against it.")
		return nil
	}
	p.heading(fmt.Sprintf("Break-even: the traffic at which two patterns cost the same (decision), all volumes scaled alike. Today %s GB a month; searched from 0 to %s",
		quantity(traffic.Known), quantity(traffic.To.Round(0))))
	t := &table{columns: []column{
		{title: "at GB a month", right: true}, {title: "x today", right: true}, {title: "cheaper below"}, {title: "cheaper above"},
	}}
	for _, e := range b.BreakEven[:min(len(b.BreakEven), breakEvenRows)] {
		t.add(quantity(e.At), quantity(e.At.DivRound(traffic.Known, 2)), e.Between[0], e.Between[1])
		t.hang(breakEvenNote(e))
	}
	if err := p.table(t, "  "); err != nil {
		return err
	}
	if n := len(b.BreakEven) - breakEvenRows; n > 0 {
		p.aside("  ", fmt.Sprintf("and %d more: -o json has them all", n))
	}
	writeNeverMeet(p, b.NeverMeet)
	p.aside("  ", "Gateway nodes and tiers of prices follow the traffic; pods, connections and declared work stay as they are, and what is unknown stays out.")
	return nil
}

// writeNeverMeet names the pairs without a break-even, a line for each that is
// the cheaper one.
func writeNeverMeet(p *page, list []planner.NeverMeet) {
	var cheaper []string
	than := map[string][]string{}
	for _, n := range list {
		if n.Equal {
			p.item("  - ", fmt.Sprintf("%s and %s cost the same at any traffic in that range", n.Cheaper, n.Dearer))
			continue
		}
		cheaper = withName(cheaper, n.Cheaper)
		than[n.Cheaper] = append(than[n.Cheaper], n.Dearer)
	}
	for _, c := range cheaper {
		p.item("  - ", fmt.Sprintf("%s never costs more than %s in that range", c, joinedOr(than[c])))
	}
}

func joinedOr(list []string) string {
	if n := len(list); n > 1 {
		return strings.Join(list[:n-1], ", ") + " or " + list[n-1]
	}
	return strings.Join(list, "")
}

// breakEvenNote says what is special about a break-even.
func breakEvenNote(e planner.BreakEven) string {
	var list []string
	if e.Step {
		list = append(list, "a step: more gateway nodes from there on")
	}
	for _, r := range e.Rejected {
		list = append(list, fmt.Sprintf("with that traffic %s is rejected: [%s]", r.Candidate, r.Code))
	}
	if len(e.Short) > 0 {
		list = append(list, "more than something on the way carries at its peak [bandwidth-short]")
	}
	if len(e.Unchecked) > 0 {
		list = append(list, "whether that traffic rejects "+strings.Join(e.Unchecked, " or ")+" was not worked out")
	}
	return joined(list)
}
