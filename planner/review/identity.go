package review

import (
	"fmt"

	"egressplan/planner"
)

// manyGroups is up to how many source groups every two are held against each
// other: it takes a walk for each.
const manyGroups = 60

// whoElse is who but the apps could show the sources, what alone is in the way,
// and what else can show in a misuse.
func (r *review) whoElse() {
	if r.c == nil {
		return
	}
	r.heading(2, "Who else could show these sources")
	if len(r.c.Sources) == 0 {
		r.para(words("No source is shown on-premises."))
		return
	}
	var lines []inline
	for _, line := range planner.WhoElse(r.c.Sources) {
		lines = append(lines, words("%s", sentence(line)))
	}
	r.list(lines, manyLines, r.inJSON())
	r.barriers()
	r.leaks()
}

// barriers counts what alone stands between every two source groups.
func (r *review) barriers() {
	groups := map[string]bool{}
	for _, s := range r.c.Sources {
		groups[s.Group] = true
	}
	whois := r.command("whois all")
	if len(groups) < 2 || len(groups) > manyGroups {
		if len(groups) > manyGroups {
			r.para(words("What stands between every two of the %s: ", planner.Count(len(groups), "source group")), code(whois), words("."))
		}
		return
	}
	count := map[string]int{}
	var order []string
	total := 0
	for _, b := range r.c.Barriers() {
		if count[b.Barrier] == 0 {
			order = append(order, b.Barrier)
		}
		count[b.Barrier]++
		total++
	}
	if total == 0 {
		return
	}
	r.para(words("What alone keeps one source group from showing another's source, walked for each of %s; the matrix: ", planner.Count(total, "ordered pair")), code(whois), words("."))
	g := &grid{titles: []string{"pairs", "barrier", "what it is"}, right: "rll"}
	for _, b := range order {
		name, text := b, planner.BarrierText(b)
		switch b {
		case "":
			name, text = "-", "nothing that was walked shows it"
		case "same-app":
			text = "an app is in both groups"
		}
		g.add(words("%d", count[b]), words("%s", name), words("%s", text))
	}
	r.table(g, len(g.rows), "")
}

// leaks are the sources beside the planned ones that a misuse can show.
func (r *review) leaks() {
	list := r.c.Leaks
	if len(list) == 0 {
		r.para(words("No misuse that was walked shows another source than the planned ones."))
		return
	}
	admitted := 0
	for _, l := range list {
		if l.Admitted {
			admitted++
		}
	}
	r.para(strong("What else can show on-premises"), words(" when something is misused; %d of %s would be let through by somebody's entry. The guards below close it.", admitted, planner.Count(len(list), "case")))
	g := &grid{titles: []string{"misuse", "apps", "seen as", "let through to"}, right: "llll"}
	var guards []inline
	for i, l := range list {
		to := "nowhere"
		if l.Admitted {
			to = planner.Folded(l.To, 4, 0)
			if len(l.Sources) > 1 {
				to += " (at least one of them)"
			}
		}
		g.add(words("%s", l.State), words("%s", planner.Folded(l.Apps, 3, l.Count)), words("%s", planner.Folded(l.Sources, 3, 0)), words("%s", to))
		if i == 0 || list[i-1].State != l.State {
			text := fmt.Sprintf(" %s. Guard: %s", l.Meaning, sentence(l.Guard))
			if l.Lasts != nil {
				text += fmt.Sprintf(" It lasts %s.", l.Lasts.Text)
			}
			guards = append(guards, code(l.State)+words("%s", text))
		}
	}
	r.table(g, manyLeaks, r.inJSON())
	r.list(guards, manyLines, r.inJSON())
}
