package main

import (
	"bufio"
	"fmt"
	"strings"

	"egressplan/planner/finding"
	"egressplan/planner/review"
)

// markdown writes a document for an architecture review: each path with its
// verdict, a diagram and its hops, or the matrix of faults.
func (a *simulation) markdown(w *bufio.Writer) error {
	para := func(texts ...string) {
		for _, text := range texts {
			if text != "" {
				fmt.Fprintln(w, "\n"+review.Text(text))
			}
		}
	}
	fmt.Fprintln(w, "# "+review.Text("How packets of "+a.environment+" reach their destinations"))
	if x, left := exceptionOf(a.exceptions, a.App); left {
		para(fmt.Sprintf("%s is an exception: it does not go by %s [%s].", x.App, a.pattern, x.Code))
		if entry, known := finding.Lookup(x.Code); known {
			para(entry.Meaning, entry.Fix)
		}
		return nil
	}
	if len(a.paths) > 0 {
		para(a.summary())
	}
	para(a.leftOutText())
	for _, note := range a.notes {
		para(sentence(note))
	}
	if len(a.paths)+len(a.notes) == 0 {
		para("No flow to follow: nothing asked for goes on-premises.")
	}
	if a.comparing() || !a.hopsShown() && a.severalStates() {
		a.markdownMatrix(w)
	}
	if a.hopsShown() {
		a.markdownGroups(w)
	} else if !a.comparing() && !a.severalStates() && len(a.paths) > 0 {
		para(a.common()...)
		notes := &footnotes{}
		fmt.Fprintln(w, "\n"+markdownTable(a.overview(notes)))
		notes.markdown(w)
	}
	return nil
}

func (a *simulation) markdownGroups(w *bufio.Writer) {
	several := len(states(a.paths)) > 1
	groups := a.besides(foldPaths(a.paths))
	for i := range groups {
		g := &groups[i]
		fmt.Fprintln(w, "\n## "+review.Text(pick(several, g.State+": ", "")+strings.TrimSuffix(a.verdictText(g), ".")))
		for _, text := range []string{"Shown: " + a.routeText(g), lastsText(&g.Path), a.choiceText(g)} {
			if text != "" {
				fmt.Fprintln(w, "\n"+review.Text(text))
			}
		}
		if len(g.Forward) == 0 {
			continue
		}
		fmt.Fprint(w, "\n```mermaid\n"+review.Mermaid(g.Path)+"```\n")
		there, back := ways(g, a.trace)
		for _, way := range []struct {
			title string
			steps []step
		}{{"There", there}, {"And back", back}} {
			if len(way.steps) > 0 {
				fmt.Fprintln(w, "\n"+way.title+":\n\n"+markdownTable(hopTable(way.steps)))
			}
		}
	}
}

func (a *simulation) markdownMatrix(w *bufio.Writer) {
	notes := &footnotes{}
	for _, b := range a.matrices(notes) {
		if len(b.flows) == 1 {
			fmt.Fprintln(w, "\n## "+review.Text(b.flows[0]))
		} else {
			fmt.Fprintln(w, "\n## "+count(len(b.flows), "flow")+" alike\n")
			for _, flow := range b.flows {
				fmt.Fprintln(w, "- "+review.Text(flow))
			}
		}
		fmt.Fprintln(w, "\n"+markdownTable(b.table))
	}
	fmt.Fprintln(w, "\n"+review.Text(a.legend()))
	notes.markdown(w)
}

func (n *footnotes) markdown(w *bufio.Writer) {
	for i, text := range n.texts {
		fmt.Fprintf(w, "\n(%d) %s\n", i+1, review.Text(text))
	}
}

// markdownTable is a table without its final line break.
func markdownTable(t *table) string {
	titles := make([]string, len(t.columns))
	for i, c := range t.columns {
		titles[i] = c.title
	}
	return strings.TrimSuffix(review.Table(titles, t.rows), "\n")
}
