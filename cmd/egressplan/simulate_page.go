package main

import (
	"fmt"
	"slices"
	"strings"

	"egressplan/planner"
	"egressplan/planner/finding"
)

// page tells what becomes of the paths, failing ones first.
func (a *simulation) page(p *page) error {
	if x, left := exceptionOf(a.exceptions, a.App); left {
		a.writeException(p, x)
		return nil
	}
	if len(a.paths) == 0 {
		a.writeNothing(p)
		return nil
	}
	var err error
	switch groups := foldPaths(a.paths); {
	case a.comparing():
		p.title(a.summary())
		a.writeLeftOut(p)
		if err = a.writeMatrix(p); err == nil && a.hopsAsked() {
			err = a.writeGroups(p, a.besides(groups))
		}
	case !a.hopsShown():
		p.title(a.summary())
		a.writeLeftOut(p)
		err = a.writeOverview(p, groups)
	case len(groups) == 1:
		p.title(a.verdictText(&groups[0]))
		err = a.writeGroup(p, &groups[0], a.pattern+", "+groups[0].State+" — ")
	default:
		p.title(a.summary())
		a.writeLeftOut(p)
		err = a.writeGroups(p, groups)
	}
	a.writeNotes(p)
	writeLeaks(p, "What else can show of "+a.App, a.leaks)
	return err
}

// besides leaves the healthy paths out where they only stand for comparison.
func (a *simulation) besides(groups []pathGroup) []pathGroup {
	if !a.Baseline {
		return groups
	}
	return slices.DeleteFunc(groups, func(g pathGroup) bool { return g.State == healthy })
}

// writeNothing says why there is no path.
func (a *simulation) writeNothing(p *page) {
	if len(a.notes) == 0 {
		p.title("No flow to follow: nothing asked for goes on-premises.")
		a.writeLeftOut(p)
		return
	}
	p.title(sentence(a.notes[0]))
	for _, note := range a.notes[1:] {
		p.para(sentence(note))
	}
	a.writeLeftOut(p)
}

// writeNotes tells what has no path.
func (a *simulation) writeNotes(p *page) {
	if len(a.notes) > 0 {
		fmt.Fprintln(p.w)
	}
	for _, note := range a.notes {
		p.para(sentence(note))
	}
}

// sentence ends a text with a full stop.
func sentence(text string) string { return strings.TrimSuffix(text, ".") + "." }

// writeException says why an app that was asked for is not walked.
func (a *simulation) writeException(p *page, x planner.Exception) {
	p.title(fmt.Sprintf("%s is an exception: it does not go by %s [%s].", x.App, a.pattern, x.Code))
	if entry, known := finding.Lookup(x.Code); known {
		p.para(entry.Meaning)
		p.para(entry.Fix)
	}
}

// leftOut is how many exceptions are named.
const leftOut = 8

// leftOutText names the apps that are not walked, unless one app was asked for.
func (a *simulation) leftOutText() string {
	if len(a.exceptions) == 0 || a.App != "" {
		return ""
	}
	var apps []string
	for _, x := range a.exceptions {
		apps = append(apps, fmt.Sprintf("%s [%s]", x.App, x.Code))
	}
	return fmt.Sprintf("Left out of %s: %s.", a.pattern, folded(apps, leftOut, 0))
}

func (a *simulation) writeLeftOut(p *page) {
	if text := a.leftOutText(); text != "" {
		p.para(text)
	}
}

// writeGroups shows paths one below the other, each with its verdict.
func (a *simulation) writeGroups(p *page, groups []pathGroup) error {
	several := len(states(a.paths)) > 1
	for i := range groups {
		g := &groups[i]
		fmt.Fprintln(p.w)
		p.title(pick(several, g.State+": ", "") + a.verdictText(g))
		if err := a.writeGroup(p, g, ""); err != nil {
			return err
		}
	}
	return nil
}

// writeGroup tells of one path what its verdict does not: which paths are like
// it, for how long, and the hops.
func (a *simulation) writeGroup(p *page, g *pathGroup, intro string) error {
	p.item(hopIndent, intro+a.routeText(g))
	if text := lastsText(&g.Path); text != "" {
		p.item(hopIndent, text)
	}
	if text := a.choiceText(g); text != "" {
		p.item(hopIndent, text)
	}
	return a.writeTrace(p, g)
}

// choiceText says whose hops are shown where there are several ways.
func (a *simulation) choiceText(g *pathGroup) string {
	if g.Ways.Of < 2 || len(g.Forward) == 0 {
		return ""
	}
	return fmt.Sprintf("The hops are those of the first of %d ways%s.", g.Ways.Of, pick(works(g.Path), "", " that fails"))
}

// states are the states of some paths, in their order.
func states(paths []planner.Path) []string {
	var list []string
	seen := map[string]bool{}
	for i := range paths {
		if s := paths[i].State; !seen[s] {
			seen[s] = true
			list = append(list, s)
		}
	}
	return list
}

// writeOverview gives each flow one row, and those that fail when nothing is
// wrong a sentence first.
func (a *simulation) writeOverview(p *page, groups []pathGroup) error {
	if a.State == healthy {
		for i := range groups {
			if g := &groups[i]; !works(g.Path) {
				fmt.Fprintln(p.w)
				p.item("- ", a.verdictText(g))
				p.item("  ", a.routeText(g))
			}
		}
	}
	for _, text := range a.common() {
		p.para(text)
	}
	var err error
	if a.severalStates() {
		err = a.writeMatrix(p)
	} else {
		fmt.Fprintln(p.w)
		notes := &footnotes{}
		err = p.table(a.overview(notes), "")
		notes.write(p)
	}
	fmt.Fprintln(p.w)
	p.para("To see the hops, narrow it down with --app or --to, or add --trace.")
	return err
}

// common is what all rows of an overview have in common.
func (a *simulation) common() []string {
	var list []string
	if from, same := a.sameFrom(); same && from != "" {
		list = append(list, "The packets are those of "+from+".")
	}
	if p := a.sameLasts(); p != nil {
		list = append(list, lastsText(&planner.Path{Lasts: p.Lasts}))
	}
	return list
}
