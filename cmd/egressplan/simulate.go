package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"egressplan/planner"
)

// healthy is the state in which nothing is broken or misused.
const healthy = "healthy"

func newSimulate(s *session) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "simulate PATH...",
		Short: "Follow the packets of every flow, both ways",
		Long: `Follow the packets of every flow hop by hop, to the destination and back, and say
as which address they arrive. Without --pattern it is the recommended pattern,
or the nearest one if none is feasible.

The exit code is 1 if a flow does not get through or its reply does not come
back.`,
		Example: "  egressplan simulate plan/\n  egressplan simulate --app payments/ledger --to core-db plan/",
		Args:    somePaths,
	}
	output, pattern := addOutput(cmd), addPattern(cmd)
	var app, to, state string
	cmd.Flags().StringVar(&app, "app", "", "only this app (namespace/name)")
	cmd.Flags().StringVar(&to, "to", "", "only this destination")
	cmd.Flags().StringVar(&state, "state", healthy, "state of the network; only healthy so far")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if state != healthy {
			return usageError(cmd, fmt.Errorf("--state %q is not supported yet: only %s is", state, healthy))
		}
		plan, err := s.load(args)
		if err != nil {
			return err
		}
		sim, err := planner.Simulate(plan, planner.SimulateOptions{Pattern: pattern.value, App: app, To: to, State: state})
		if err != nil {
			return err
		}
		if output.value == "json" {
			err = s.writeJSON(sim)
		} else {
			err = writeSimulation(s.page(), sim)
		}
		if err == nil && len(failures(sim.Paths)) > 0 {
			err = errNo
		}
		return err
	}
	return cmd
}

// failures are the paths that do not do what the flow needs: delivered, let
// through by the allow-list, and answered.
func failures(paths []planner.Path) []planner.Path {
	var list []planner.Path
	for _, path := range paths {
		if !works(path) {
			list = append(list, path)
		}
	}
	return list
}

func works(path planner.Path) bool {
	return path.Verdict == "delivered" && path.Allowed && path.Replied
}

func writeSimulation(p *page, sim *planner.Simulation) error {
	if len(sim.Paths) == 0 {
		p.title("No flow to follow.")
		return nil
	}
	p.title(simulationSummary(sim.Paths))
	for _, group := range foldPaths(sim.Paths) {
		fmt.Fprintln(p.w)
		p.item("", pathText(group))
		if err := writeHops(p, "to the destination", group.Forward); err != nil {
			return err
		}
		if err := writeHops(p, "back", group.Return); err != nil {
			return err
		}
	}
	return nil
}

func simulationSummary(paths []planner.Path) string {
	bad := len(failures(paths))
	if bad == 0 {
		return fmt.Sprintf("%s: every path gets through and is answered (%s).", paths[0].Pattern, count(len(paths), "path"))
	}
	return fmt.Sprintf("%s: %s fail of %s.", paths[0].Pattern, planner.Thousands(strconv.Itoa(bad)), count(len(paths), "path"))
}

// pathGroup is paths that differ in zone and pod variant only.
type pathGroup struct {
	planner.Path
	from []string // "zone (variant)" of each
}

// foldPaths joins neighbours that are the same but for where they start.
func foldPaths(paths []planner.Path) []pathGroup {
	var groups []pathGroup
	byKey := map[string]int{}
	for _, path := range paths {
		from := fmt.Sprintf("%s (%s)", path.Zone, path.Variant)
		same := path
		same.Zone, same.Variant = "", ""
		key := fmt.Sprintf("%#v", same) // quotes every string, so no two paths share a key
		if at, seen := byKey[key]; seen {
			groups[at].from = append(groups[at].from, from)
			continue
		}
		byKey[key] = len(groups)
		groups = append(groups, pathGroup{path, []string{from}})
	}
	return groups
}

// pathText is the verdict in plain words.
func pathText(g pathGroup) string {
	starts := strings.Join(g.from, ", ")
	text := fmt.Sprintf("%s -> %s %s from %s", g.App, g.To, portText(g.Protocol, g.Port), starts)
	if g.Initiator == "destination" {
		text = fmt.Sprintf("%s -> %s %s in %s", g.To, g.App, portText(g.Protocol, g.Port), starts)
	}
	if g.State != healthy {
		text += ", " + g.State
	}
	if g.Verdict != "delivered" {
		text += fmt.Sprintf(": %s, %s [%s]", g.Verdict, g.Reason.Text, g.Reason.Code)
		if !g.Allowed {
			text += ", not in the allow-list"
		}
		return text
	}
	return text + ": delivered" + arrivedAs(g.Sources) + ", " + pick(g.Allowed, "allowed", "NOT in the allow-list") +
		", " + pick(g.Replied, "reply came back", "the reply did NOT come back")
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

func writeHops(p *page, direction string, hops []planner.Hop) error {
	if len(hops) == 0 {
		return nil
	}
	p.item("  ", direction)
	t := &table{columns: []column{
		{title: "#", right: true}, {title: "hop", flex: 14}, {title: "action"}, {title: "from -> to", flex: 20}, {title: "why", flex: 22, drop: 1},
	}}
	for i, h := range hops {
		t.add(strconv.Itoa(i+1), h.Hop, h.Action, h.Src+" -> "+h.Dst, h.Why)
	}
	return p.table(t, "    ")
}
