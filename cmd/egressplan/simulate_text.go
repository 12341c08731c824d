package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"egressplan/planner"
	"egressplan/planner/inventory"
)

// start is where a path begins, or ends if on-premises opens the connection.
type start struct{ zone, variant string }

// pathGroup is paths that differ in zone and pod variant only.
type pathGroup struct {
	planner.Path
	from []start
}

// foldPaths joins paths that are the same but for where they start; without
// hops, these may differ too. Groups that fail come first.
func foldPaths(paths []planner.Path, hops bool) []pathGroup {
	var groups []pathGroup
	byKey := map[string]int{}
	for _, path := range paths {
		from := start{path.Zone, path.Variant}
		same := path
		same.Zone, same.Variant = "", ""
		if !hops {
			same.Forward, same.Return = nil, nil
		}
		key := fmt.Sprintf("%#v", same) // quotes every string, so no two paths share a key
		if at, seen := byKey[key]; seen {
			groups[at].from = append(groups[at].from, from)
			continue
		}
		byKey[key] = len(groups)
		groups = append(groups, pathGroup{path, []start{from}})
	}
	slices.SortStableFunc(groups, func(a, b pathGroup) int { return order(works(a.Path)) - order(works(b.Path)) })
	return groups
}

// order puts what is not so before what is.
func order(b bool) int {
	if b {
		return 1
	}
	return 0
}

// pathText is a path's flow and verdict in plain words.
func pathText(g pathGroup) string {
	starts := startsText(g.from)
	text := fmt.Sprintf("%s -> %s (%s) %s from %s", g.App, g.To, g.Destination, portText(g.Protocol, g.Port), starts)
	if g.Initiator == inventory.InitiatorOnPrem {
		text = fmt.Sprintf("%s -> %s (%s) %s in %s", g.To, g.App, g.Destination, portText(g.Protocol, g.Port), starts)
	}
	if g.State != healthy {
		text += ", " + g.State
	}
	return text + ": " + verdictText(g.Path)
}

// startsText names zones and pod variants, zones with the same variants together:
// "a, b (primary-eni, secondary-eni), c (primary-eni)".
func startsText(from []start) string {
	variants := map[string][]string{}
	var zones []string
	for _, s := range from {
		if variants[s.zone] == nil {
			zones = append(zones, s.zone)
		}
		variants[s.zone] = append(variants[s.zone], s.variant)
	}
	var parts []string
	for i, zone := range zones {
		text := zone
		if i == len(zones)-1 || !slices.Equal(variants[zone], variants[zones[i+1]]) {
			text += " (" + strings.Join(variants[zone], ", ") + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// verdictText says how a path ended: the verdict once, and where the path fails
// the reason.
func verdictText(path planner.Path) string {
	if works(path) {
		return "delivered" + arrivedAs(path.Sources) + ", allowed, reply came back"
	}
	reason := fmt.Sprintf("%s [%s]", path.Reason.Text, path.Reason.Code)
	switch {
	case path.Reason.Code == "delivered-elsewhere": // the reason carries the verdict
		return reason
	case path.Verdict == "delivered":
		text := "delivered" + arrivedAs(path.Sources) + ", but " + reason
		if !path.Allowed && !path.Replied {
			text += "; nor does the reply come back"
		}
		return text
	case strings.HasPrefix(path.Reason.Text, "at "):
		return path.Verdict + " " + reason
	default:
		return path.Verdict + ": " + reason
	}
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
