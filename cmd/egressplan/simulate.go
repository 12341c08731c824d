package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"egressplan/planner"
	"egressplan/planner/finding"
	"egressplan/planner/inventory"
)

// healthy is the state in which nothing is broken or misused.
const healthy = "healthy"

func newSimulate(s *session) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "simulate PATH...",
		Short: "Follow the packets of every flow, both ways",
		Long: `Follow the packets of every flow hop by hop, to the destination and back, and say
as which address they arrive. Without --pattern it is the recommended pattern,
or the nearest one if none is feasible. Hops are shown of up to 12 paths; --trace
shows them always.

The exit code is 1 if a flow does not get through or its reply does not come
back, and if --app names an app that the pattern leaves out.`,
		Example: "  egressplan simulate plan/\n  egressplan simulate --app payments/ledger --to core-db plan/",
		Args:    somePaths,
	}
	output, pattern := addOutput(cmd), addPattern(cmd)
	var o planner.SimulateOptions
	var trace bool
	cmd.Flags().StringVar(&o.App, "app", "", "only this app (namespace/name)")
	cmd.Flags().StringVar(&o.To, "to", "", "only this destination")
	cmd.Flags().BoolVar(&trace, "trace", false, "show the hops of every path, however many there are")
	cmd.Flags().StringVar(&o.State, "state", healthy, "state of the network; only healthy so far")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		o.Pattern = pattern.value
		if o.State != healthy {
			return usageError(cmd, fmt.Errorf("--state %q is not supported yet: only %s is", o.State, healthy))
		}
		plan, err := s.load(args)
		if err != nil {
			return err
		}
		return s.simulate(plan, o, trace, output.value == "json")
	}
	return cmd
}

// simulate answers the command once its flags are read.
func (s *session) simulate(plan *inventory.Plan, o planner.SimulateOptions, trace, asJSON bool) error {
	if err := checkNames(plan, o); err != nil {
		return err
	}
	sim, err := planner.Simulate(plan, o)
	if err != nil {
		return err
	}
	if asJSON {
		err = s.writeJSON(sim)
	} else {
		err = writeSimulation(s.page(), sim, o, trace)
	}
	_, left := exceptionOf(sim.Exceptions, o.App)
	if err == nil && (left || len(failures(sim.Paths)) > 0) {
		err = errNo
	}
	return err
}

// checkNames refuses an app or a destination that is not in the plan.
func checkNames(plan *inventory.Plan, o planner.SimulateOptions) error {
	if o.App != "" && plan.App(o.App) == nil {
		var known []string
		for i := range plan.Apps {
			known = append(known, plan.Apps[i].Key)
		}
		return fmt.Errorf("no app %q (apps are named namespace/name)%s", o.App, didYouMean(o.App, known))
	}
	if o.To != "" && plan.Destination(o.To) == nil {
		var known []string
		for i := range plan.Destinations {
			known = append(known, plan.Destinations[i].Name.V)
		}
		return fmt.Errorf("no destination %q%s", o.To, didYouMean(o.To, known))
	}
	return nil
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

// exceptionOf finds the exception that an app is.
func exceptionOf(list []planner.Exception, app string) (planner.Exception, bool) {
	for _, x := range list {
		if app != "" && x.App == app {
			return x, true
		}
	}
	return planner.Exception{}, false
}

// tracedPaths is up to how many paths hops are shown without being asked for.
const tracedPaths = 12

// writeSimulation tells what becomes of the paths, failing ones first.
func writeSimulation(p *page, sim *planner.Simulation, o planner.SimulateOptions, trace bool) error {
	if x, left := exceptionOf(sim.Exceptions, o.App); left {
		writeException(p, x, patternOf(sim, o))
		return nil
	}
	if len(sim.Paths) == 0 {
		p.title("No flow to follow: nothing asked for goes on-premises.")
		writeLeftOut(p, sim, o)
		return nil
	}
	p.title(simulationSummary(sim.Paths))
	writeLeftOut(p, sim, o)
	if !trace && len(sim.Paths) > tracedPaths {
		writeVerdicts(p, sim.Paths)
		return nil
	}
	for _, group := range foldPaths(sim.Paths, true) {
		fmt.Fprintln(p.w)
		p.item("", pathText(group))
		if err := writeTrace(p, group); err != nil {
			return err
		}
	}
	return nil
}

// patternOf names the pattern that was walked. Without any path it is the one
// asked for, or else the recommended one: a nearest one leaves nobody out.
func patternOf(sim *planner.Simulation, o planner.SimulateOptions) string {
	switch {
	case len(sim.Paths) > 0:
		return sim.Paths[0].Pattern
	case o.Pattern != "":
		return o.Pattern
	default:
		return "the recommended pattern"
	}
}

// writeException says why an app that was asked for is not walked.
func writeException(p *page, x planner.Exception, pattern string) {
	p.title(fmt.Sprintf("%s is an exception: it does not go by %s [%s].", x.App, pattern, x.Code))
	if entry, known := finding.Lookup(x.Code); known {
		p.para(entry.Meaning)
		p.para(entry.Fix)
	}
}

// leftOut is how many exceptions are named.
const leftOut = 8

// writeLeftOut names the apps that are not walked, unless one app was asked for.
func writeLeftOut(p *page, sim *planner.Simulation, o planner.SimulateOptions) {
	if len(sim.Exceptions) == 0 || o.App != "" {
		return
	}
	var apps []string
	for _, x := range sim.Exceptions {
		apps = append(apps, fmt.Sprintf("%s [%s]", x.App, x.Code))
	}
	p.para(fmt.Sprintf("Left out of %s: %s.", patternOf(sim, o), folded(apps, leftOut, 0)))
}

// writeVerdicts gives each path one line. Paths that differ in nothing but their
// hops are one.
func writeVerdicts(p *page, paths []planner.Path) {
	fmt.Fprintln(p.w)
	for _, group := range foldPaths(paths, false) {
		p.item("- ", pathText(group))
	}
	fmt.Fprintln(p.w)
	p.para("To see the hops, narrow it down with --app or --to, or add --trace.")
}

func simulationSummary(paths []planner.Path) string {
	bad := len(failures(paths))
	if bad == 0 {
		return fmt.Sprintf("%s: every path gets through and is answered (%s).", paths[0].Pattern, count(len(paths), "path"))
	}
	return fmt.Sprintf("%s: %s of %s %s.", paths[0].Pattern, planner.Thousands(strconv.Itoa(bad)), count(len(paths), "path"), pick(bad == 1, "fails", "fail"))
}
