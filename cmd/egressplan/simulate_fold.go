package main

import (
	"fmt"
	"slices"
	"strings"

	"egressplan/planner"
	"egressplan/planner/inventory"
)

// start is where a path begins, or ends if on-premises opens the connection,
// and as what it is seen.
type start struct {
	zone, variant string
	to            string // the address asked for, where on-premises asks
	sources       []string
}

// pathGroup is paths that differ in addresses only: in zone, pod variant and
// address of the destination. The path is the first of them.
type pathGroup struct {
	planner.Path
	from []start
	to   []string // addresses of the destination, unless on-premises asks
}

// foldPaths joins paths that do the same at the same kinds of hops. Groups that
// fail come first.
func foldPaths(paths []planner.Path) []pathGroup {
	byStart := foldStarts(paths)
	var groups []pathGroup
	at := map[string]int{}
	for _, g := range byStart {
		key := sameness(&g.Path, "") + fmt.Sprintf("%q", g.from)
		if i, seen := at[key]; seen {
			groups[i].to = append(groups[i].to, g.to...)
			continue
		}
		at[key] = len(groups)
		groups = append(groups, g)
	}
	slices.SortStableFunc(groups, func(a, b pathGroup) int { return order(works(a.Path)) - order(works(b.Path)) })
	return groups
}

// foldStarts joins paths to one address of a destination that differ in where
// they start.
func foldStarts(paths []planner.Path) []pathGroup {
	var groups []pathGroup
	at := map[string]int{}
	for i := range paths {
		p := &paths[i]
		from, to := start{zone: p.Zone, variant: p.Variant, sources: p.Sources}, p.Destination
		if inbound(p) {
			from.to, to = to, ""
		}
		key := sameness(p, to)
		if g, seen := at[key]; seen {
			groups[g].from = append(groups[g].from, from)
			continue
		}
		at[key] = len(groups)
		group := pathGroup{Path: *p, from: []start{from}}
		if to != "" {
			group.to = []string{to}
		}
		groups = append(groups, group)
	}
	return groups
}

func inbound(p *planner.Path) bool { return p.Initiator == inventory.InitiatorOnPrem }

// sameness is what paths of one group have in common. Hops are told apart by
// what they are and do; by name only where there is one for all zones.
func sameness(p *planner.Path, to string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q %d %v %v %v %d", []string{p.App, p.From, p.To, to, p.Protocol, p.Initiator, p.State, p.Verdict, p.Reason.Code},
		p.Port, p.Allowed, p.Replied, p.Ways, p.MTU)
	if p.Outage != nil {
		fmt.Fprintf(&b, " %q", fmt.Sprint(*p.Outage))
	}
	if p.Lasts != nil {
		fmt.Fprintf(&b, " %q", p.Lasts.Text)
	}
	for _, hops := range [][]planner.Hop{p.Forward, p.Return} {
		b.WriteString(" way")
		for _, h := range hops {
			name := h.Hop
			if h.Zone != "" {
				name = ""
			}
			fmt.Fprintf(&b, " %q %q %q %v %v", h.Kind, name, h.Action, h.Src != h.SrcBefore, h.Dst != h.DstBefore)
		}
	}
	return b.String()
}

// order puts what is not so before what is.
func order(b bool) int {
	if b {
		return 1
	}
	return 0
}

// allSources is everything on-premises may see of a group, in the paths' order.
func (g *pathGroup) allSources() []string {
	var list []string
	for _, s := range g.from {
		list = appendNew(list, s.sources...)
	}
	return list
}

// appendNew appends what is not yet there.
func appendNew(list []string, more ...string) []string {
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}
