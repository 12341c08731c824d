package main

import (
	"fmt"

	"egressplan/planner"
)

// writeWhyNot says of every loser why it lost: where the money goes if it is
// feasible, all its blockers if it is rejected.
func writeWhyNot(p *page, rec *planner.Recommendation) {
	winner := subject(rec)
	for _, c := range rec.Candidates {
		switch {
		case c.Status == planner.Feasible && winner != nil:
			writeDearer(p, c, winner)
		case c.Status == planner.Rejected:
			writeBlockers(p, c)
		}
	}
}

func writeBlockers(p *page, c *planner.Candidate) {
	list := blockers(c)
	if len(list) == 0 {
		return
	}
	p.heading("Why not " + c.ID)
	for _, f := range list {
		p.item("- ", findingText(f))
	}
}

// writeDearer sets a feasible candidate's bill and work against the winner's.
func writeDearer(p *page, c, winner *planner.Candidate) {
	more := c.Monthly.Decision.Sub(winner.Monthly.Decision)
	p.heading(fmt.Sprintf("Why not %s: %s USD a month dearer%s", c.ID, planner.Money(more), unknownsAside(c, winner)))
	p.item("  ", planner.DifferencesText(winner.Monthly, c.Monthly))
}
