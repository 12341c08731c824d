package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"egressplan/planner"
	"egressplan/planner/finding"
)

// decision is the answer in one paragraph, and then why.
func (r *review) decision() {
	r.heading(2, "Decision")
	r.para(words("%s", strings.Join(r.director(), " ")))
	if n := r.rec.Nearest; r.rec.Candidate == nil && n != nil {
		r.para(strong("What would admit %s", n.Candidate), words(", the nearest one:"))
		var changes []inline
		for _, change := range n.Changes {
			changes = append(changes, words("%s", sentence(change)))
		}
		r.list(changes, manyLines, r.everything())
	}
	r.para(strong("Why"))
	r.list(r.reasons(), 20, r.inJSON())
	if risks := severe(r.chosen, finding.Risk); r.rec.Candidate != nil && len(risks) > 0 {
		r.para(strong("What to accept with it, or to close"))
		items := findingItems(risks[:min(len(risks), topRisks)])
		if rest := len(risks) - topRisks; rest > 0 && r.c == r.chosen {
			items = append(items, words("and %s with the ", planner.Count(rest, "other risk"))+link("findings", findingsTitle(r.c))+words("."))
		}
		r.list(items, len(items), "")
	}
}

// topRisks is how many risks stand with the decision, and with each pattern.
const topRisks = 3

// director is the paragraph: what, what it costs, what on-premises does, what it
// rests on.
func (r *review) director() []string {
	text := []string{r.rec.Summary}
	c := r.chosen
	if r.rec.Candidate == nil {
		if r.rec.Nearest != nil {
			text = append(text, "What would admit it stands below.")
		}
		return text
	}
	if entries, firewalls := heldBy(c); firewalls > 0 {
		text = append(text, fmt.Sprintf("On-premises, %s will hold %s for it, one for each source, destination and port.", planner.Count(firewalls, "firewall"), planner.Count(entries, "entry")))
	}
	if n := len(c.Exceptions); n > 0 {
		text = append(text, fmt.Sprintf("%s cannot go this way; the way that is left to them is neither planned nor priced here.", planner.Count(n, "app")))
	}
	if n := len(c.Monthly.Unknown); n > 0 {
		text = append(text, fmt.Sprintf("The sums leave out %s that nobody has given; they are listed with the bill.", planner.Count(n, "amount")))
	}
	if n := len(r.rec.Conditional) + len(r.rec.NearTies); n > 0 {
		text = append(text, "The decision rests on what is said under What would change the decision.")
	}
	return text
}

// heldBy counts the entries that firewalls hold for a candidate.
func heldBy(c *planner.Candidate) (entries, firewalls int) {
	names := map[string]bool{}
	for _, row := range c.AllowList {
		names[row.Firewall] = true
	}
	for name := range names {
		entries += planner.DistinctRows(c.AllowList, name)
	}
	return entries, len(names)
}

// reasons say how the decision was found.
func (r *review) reasons() []inline {
	var list []inline
	feasible := 0
	for _, c := range r.rec.Candidates {
		if c.Status != planner.Rejected {
			feasible++
		}
	}
	if r.rec.Candidate != nil {
		list = append(list, words("%s. Among these the lowest decision wins: what is billed, declared work at %s USD an hour, and one-off work spread over its months. Risks are named, not scored.",
			r.feasibleText(feasible), r.assumed("engineerHourUSD")))
	}
	for _, c := range r.rec.Candidates {
		switch {
		case c == r.chosen && r.rec.Candidate != nil:
		case c.Status == planner.Feasible:
			list = append(list, code(c.ID)+words(" is %s %s a month dearer%s: ", planner.Money(c.Monthly.Decision.Sub(r.chosen.Monthly.Decision)), c.Monthly.Currency,
				aside(c, r.chosen))+link("why", patternTitle(c))+words("."))
		default:
			list = append(list, code(c.ID)+words(" is rejected: %s ", sentence(r.rejection(c)))+link("All of why", patternTitle(c))+words("."))
		}
	}
	for _, id := range r.excluded() {
		list = append(list, code(id)+words(" is excluded by the policy and was not worked out."))
	}
	return list
}

// feasibleText says how many patterns are feasible, and how many of them only
// without some apps.
func (r *review) feasibleText(feasible int) string {
	text := fmt.Sprintf("%d of %s %s feasible", feasible, planner.Count(len(r.rec.Candidates), "pattern"), agree(feasible, "is", "are"))
	if feasible == len(r.rec.Candidates) && feasible > 1 {
		text = fmt.Sprintf("All %s are feasible", planner.Count(feasible, "pattern"))
	}
	without := 0
	for _, c := range r.rec.Candidates {
		if c.Status != planner.Rejected && len(c.Exceptions) > 0 {
			without++
		}
	}
	if without > 0 {
		text += fmt.Sprintf(", %d of them without apps that the policy lets be exceptions", without)
	}
	return text
}

// assumed is the value of an assumption, given or not.
func (r *review) assumed(name string) string {
	for _, a := range r.rec.Assumptions {
		if a.Name == name {
			return a.Value
		}
	}
	return "a declared rate of"
}

// aside warns that a difference leaves something out.
func aside(a, b *planner.Candidate) string {
	if len(a.Monthly.Unknown)+len(b.Monthly.Unknown) > 0 {
		return " (unknowns left out of both)"
	}
	return ""
}

// rejection is why a candidate is out, in one sentence: what blocks the whole of
// it, else how many apps cannot go this way.
func (r *review) rejection(c *planner.Candidate) string {
	list := severe(c, finding.Blocker)
	if len(list) == 0 || list[0].Scope != finding.Estate {
		var codes []string
		for _, f := range list {
			codes = append(codes, f.Code)
		}
		return fmt.Sprintf("%s cannot go this way [%s], and the policy accepts %d", planner.Count(len(c.Exceptions), "app"), strings.Join(codes, ", "), r.plan.Policy.MaxExceptions.V)
	}
	text := fmt.Sprintf("[%s] %s", list[0].Code, list[0].Message)
	if n := len(list) - 1; n > 0 {
		text = strings.TrimSuffix(text, ".") + fmt.Sprintf("; and %s", planner.Count(n, "other blocker"))
	}
	return text
}

// excluded are the patterns that the policy leaves out.
func (r *review) excluded() []string {
	var list []string
	for _, v := range r.plan.Policy.Exclude {
		if !slices.Contains(list, v.V) {
			list = append(list, v.V)
		}
	}
	slices.Sort(list)
	return list
}

// severe are a candidate's findings of one severity, one for each code, those
// that reach furthest first.
func severe(c *planner.Candidate, severity finding.Severity) []planner.FindingView {
	if c == nil {
		return nil
	}
	list := slices.DeleteFunc(planner.Fold(c.Findings), func(f planner.FindingView) bool { return f.Severity != severity })
	reach := []finding.Scope{finding.Estate, finding.App, finding.Flow}
	slices.SortStableFunc(list, func(a, b planner.FindingView) int {
		return cmp.Compare(slices.Index(reach, a.Scope), slices.Index(reach, b.Scope))
	})
	return list
}

// findingItems are findings as items of a list: what, whom, what to do.
func findingItems(list []planner.FindingView) []inline {
	items := make([]inline, len(list))
	for i, f := range list {
		items[i] = findingItem(f)
	}
	return items
}

func findingItem(f planner.FindingView) inline {
	what := strings.TrimSuffix(f.Message, ".")
	if len(f.Subjects) > 0 {
		what += " (" + planner.Folded(f.Subjects, 3, f.Count) + ")"
	}
	text := code(f.Code) + words(" %s.", what)
	if f.Fix != "" {
		text += " **Fix:** " + words("%s", sentence(f.Fix))
	}
	return text
}

func agree(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
