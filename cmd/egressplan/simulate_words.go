package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"egressplan/planner"
)

// verdictText says in one sentence what becomes of a group of paths.
func (a *simulation) verdictText(g *pathGroup) string {
	who, whom := g.App, g.To
	if inbound(&g.Path) {
		who, whom = g.To, g.App
	}
	if g.From != "" {
		who = "Packets of " + g.From + ". They"
	}
	if g.Verdict == "delivered" && g.Reason.Code != "delivered-elsewhere" || g.Ways.Good > 0 {
		return who + pick(g.From == "", " reaches ", " reach ") + a.reached(g, whom)
	}
	return who + pick(g.From == "", " does", " do") + " not reach " + a.missed(g, whom)
}

// reached ends the sentence of what arrives, at least in part.
func (a *simulation) reached(g *pathGroup, whom string) string {
	seen := arrivedAs(g.allSources())
	reason := fmt.Sprintf("%s [%s]", g.Reason.Text, g.Reason.Code)
	switch {
	case works(g.Path) && g.Ways.Good == g.Ways.Of:
		return whom + seen + a.admits(g) + "; the reply comes back."
	case g.Ways.Good > 0:
		return fmt.Sprintf("%s by %d of %d ways%s; the first other one is %s.", whom, g.Ways.Good, g.Ways.Of, seen, endText(g.Path))
	case !g.Allowed && g.Reason.Code == "not-allowed":
		text := whom + seen + ", but " + reason
		if !g.Replied {
			text += "; nor does the reply come back"
		}
		return text + "."
	default:
		return whom + seen + a.admits(g) + "; but " + reason + "."
	}
}

// missed ends the sentence of what does not arrive.
func (a *simulation) missed(g *pathGroup, whom string) string {
	text := whom + ": "
	if seen := g.allSources(); len(seen) > 0 {
		text += "on-premises sees" + strings.TrimPrefix(arrivedAs(seen), " as") + ", "
	}
	return text + endText(g.Path) + "."
}

// admits says whether the allow-list lets through what was seen.
func (a *simulation) admits(g *pathGroup) string {
	switch fw := a.firewalls[g.To]; {
	case fw == "" || inbound(&g.Path):
		return ""
	case g.Allowed:
		return "; the allow-list of " + fw + " admits it"
	default:
		return "; the allow-list of " + fw + " does not admit it"
	}
}

// endText says how a path that does not arrive ended.
func endText(path planner.Path) string {
	reason := fmt.Sprintf("%s [%s]", path.Reason.Text, path.Reason.Code)
	switch {
	case path.Reason.Code == "no-origin" && strings.HasPrefix(path.Reason.Text, "at "):
		return "there is no pod left to start from [no-origin]"
	case path.Reason.Code == "delivered-elsewhere": // the reason carries the verdict
		return reason
	case strings.HasPrefix(path.Reason.Text, "at "):
		return endWord(path.Verdict) + " " + reason
	case path.Verdict == "delivered":
		return "answered by nobody: " + reason
	default:
		return endWord(path.Verdict) + ": " + reason
	}
}

// endWord is a verdict as a participle.
func endWord(verdict string) string {
	switch verdict {
	case "blackhole":
		return "lost"
	case "unauthorized":
		return "refused"
	}
	return verdict
}

// routeText says of which flow, start and address the hops are, and which other
// paths are like it.
func (a *simulation) routeText(g *pathGroup) string {
	first := g.from[0]
	text := portText(g.Protocol, g.Port)
	direction := " from "
	if inbound(&g.Path) {
		direction = " in "
	}
	text += direction + first.zone + " (" + first.variant + ")"
	switch {
	case first.to != "":
		text += ", at " + first.to
	case len(g.to) > 0:
		text += ", to " + g.to[0]
	}
	several := len(g.from) > 1 && !sameSources(g.from)
	if several {
		text += arrivedAs(first.sources)
	}
	if len(g.from) == 1 && len(g.to) < 2 {
		return text + "."
	}
	var likewise []string
	if len(g.to) > 1 {
		likewise = append(likewise, "to "+folded(g.to[1:], 6, 0))
	}
	for i, s := range g.from[1:] {
		part := pick(i == 0 || several, strings.TrimSpace(direction)+" ", "") + s.zone
		if s.variant != first.variant {
			part += " (" + s.variant + ")"
		}
		if s.to != "" {
			part += " at " + s.to
		}
		if several {
			part += arrivedAs(s.sources)
		}
		likewise = append(likewise, part)
	}
	if len(g.to) > 1 && len(likewise) > 1 {
		likewise = append([]string{likewise[0] + " and " + likewise[1]}, likewise[2:]...)
	}
	return text + "; likewise " + strings.Join(likewise, ", ") + "."
}

// sameSources reports whether all starts are seen as the same.
func sameSources(from []start) bool {
	return !slices.ContainsFunc(from, func(s start) bool { return !slices.Equal(s.sources, from[0].sources) })
}

// lastsText says for how long a fault or misuse lasts, and what is different
// until it is noticed.
func lastsText(p *planner.Path) string {
	var text string
	if o := p.Outage; o != nil {
		text = fmt.Sprintf("Until it is noticed %s (%s). ", waysText(o.Ways), pick(o.Verdict == "unreachable", "there is no pod to start from", endWord(o.Verdict)))
	}
	if p.Lasts == nil {
		return strings.TrimSpace(text)
	}
	text += "It lasts " + p.Lasts.Text + "."
	if !p.Lasts.Known {
		text += " How long that is, is not known."
	}
	return text
}

func waysText(w planner.Ways) string {
	switch w.Good {
	case 0:
		return "nothing goes on"
	case w.Of:
		return "everything goes on"
	}
	return fmt.Sprintf("%d of %d ways go on", w.Good, w.Of)
}

func portText(protocol string, port int) string {
	if port == 0 {
		return protocol
	}
	return protocol + "/" + strconv.Itoa(port)
}

// arrivedAs names the sources that the far side may see.
func arrivedAs(sources []string) string {
	switch len(sources) {
	case 0:
		return ""
	case 1:
		return " as " + sources[0]
	default:
		return " as one of " + folded(sources, 6, 0)
	}
}

func pick(cond bool, yes, no string) string {
	if cond {
		return yes
	}
	return no
}

// summary says in one line how many paths do what.
func (a *simulation) summary() string {
	total := len(a.paths)
	if a.Faults {
		return fmt.Sprintf("%s, healthy and in every single fault: %s.", a.pattern, count(total, "path"))
	}
	if a.Baseline {
		return a.faultSummary()
	}
	good, part := 0, 0
	for i := range a.paths {
		switch p := &a.paths[i]; {
		case works(*p):
			good++
		case p.Ways.Good > 0:
			part++
		}
	}
	if a.State == healthy {
		return a.healthySummary(good)
	}
	who := a.pattern + ", " + a.State
	if all := states(a.paths); len(all) == 1 {
		who = a.pattern + ", " + all[0]
	}
	of := count(total, "path") + pick(a.misused(), "", pick(total == 1, " that meets it", " that meet it"))
	switch {
	case good == total:
		return fmt.Sprintf("%s: of %s all get through and are answered.", who, of)
	case good+part == 0:
		return fmt.Sprintf("%s: of %s none gets through and is answered.", who, of)
	}
	var parts []string
	for _, x := range []struct {
		n    int
		does string
	}{{good, "get through and are answered"}, {part, "get through in part"}, {total - good - part, "do not get through"}} {
		if x.n > 0 {
			parts = append(parts, number(strconv.Itoa(x.n))+" "+x.does)
		}
	}
	return fmt.Sprintf("%s: of %s %s.", who, of, strings.Join(parts, ", "))
}

// faultSummary says of how many flows all ways go on in every fault of the state,
// once it is noticed, of how many some do, and which stop.
func (a *simulation) faultSummary() string {
	whole, part, none, spared := 0, 0, 0, 0
	for _, of := range fates(a.paths) {
		least := 1
		met := false
		for _, f := range of.fates {
			if f.state.Kind == healthy {
				continue
			}
			met = true
			switch {
			case f.later.Good == 0 && f.gone < f.later.Of:
				least = -1
			case f.later.Good+f.gone < f.later.Of:
				least = min(least, 0)
			}
		}
		switch {
		case !met:
			spared++
		case least > 0:
			whole++
		case least == 0:
			part++
		default:
			none++
		}
	}
	var parts []string
	for _, x := range []struct {
		n    int
		does string
	}{{whole, "by every way that is left"}, {part, "by some ways only"}, {none, "by no way"}, {spared, "untouched"}} {
		if x.n > 0 {
			parts = append(parts, count(x.n, "flow")+" "+x.does)
		}
	}
	return fmt.Sprintf("%s, %s: once it is noticed, flows go on like this: %s.", a.pattern, a.State, strings.Join(parts, ", "))
}

// healthySummary is the summary where every path should work.
func (a *simulation) healthySummary(good int) string {
	of, bad := count(len(a.paths), "path"), len(a.paths)-good
	if bad == 0 {
		return fmt.Sprintf("%s: every path gets through and is answered (%s).", a.pattern, of)
	}
	return fmt.Sprintf("%s: %s of %s %s.", a.pattern, number(strconv.Itoa(bad)), of, pick(bad == 1, "fails", "fail"))
}

// misused reports whether the state is a misuse: then there is nothing to meet.
func (a *simulation) misused() bool { return len(a.paths) > 0 && a.paths[0].From != "" }
