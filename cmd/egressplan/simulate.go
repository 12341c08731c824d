package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"egressplan/planner"
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
or the nearest one if none is feasible. Hops are shown of up to 12 paths, and of
what --app, --to or --trace ask for.

--state follows them while something is broken or misused; --faults all compares
every single fault with the healthy state. The states:

` + statesHelp(78) + `
The exit code is 1 if a flow of the healthy state does not get through or its
reply does not come back, and if --app names an app that the pattern leaves out.
In any other state the question was what happens, and the exit code is 0.`,
		Example: `  # How does each packet travel, and as whom does it arrive?
  egressplan simulate plan/
  # One flow, every hop, both ways
  egressplan simulate --app payments/ledger --to core-db plan/
  # What happens when a zone dies?
  egressplan simulate --state zone-lost:us-east-1a plan/
  # What does somebody reach who wears an app's labels?
  egressplan simulate --pattern cilium-egress-gateway --state impostor plan/
  # Does the ledger survive every single fault?
  egressplan simulate --faults all --app payments/ledger plan/
  # A page with diagrams for a review
  egressplan simulate --app payments/ledger -o markdown plan/ > ledger.md
  # The same with real packets (Linux, root)
  sudo egressplan simulate --app payments/ledger --to core-db --prove plan/`,
		Args: somePaths,
	}
	output := addChoice(cmd, "output", "o", "table", "output format", "table", "json", "markdown")
	pattern := addPattern(cmd)
	var a simulation
	cmd.Flags().StringVar(&a.App, "app", "", "only this app (namespace/name)")
	cmd.Flags().StringVar(&a.To, "to", "", "only this destination")
	cmd.Flags().BoolVar(&a.trace, "trace", false, "show every hop of every path, both ways, however many there are")
	faults := addChoice(cmd, "faults", "", "", "walk every single fault besides the healthy state", "all")
	state := addState(cmd)
	cmd.Flags().BoolVar(&a.proven, "prove", false, "send the packets for real through Linux network namespaces (needs root)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		a.Pattern, a.State, a.Faults = pattern.value, state.value, faults.value != ""
		a.Baseline = output.value != "json" && isFault(a.State)
		a.NoHops = a.comparing() && !a.hopsAsked()
		if a.proven && output.value == "markdown" {
			return usageError(cmd, errors.New("--prove goes with -o table or json"))
		}
		if a.Faults && cmd.Flags().Changed("state") {
			return usageError(cmd, errors.New("--faults all walks every fault: leave out --state"))
		}
		plan, err := s.load(args)
		if err != nil {
			return err
		}
		return s.simulate(plan, &a, output.value)
	}
	return cmd
}

// simulate answers the command once its flags are read.
func (s *session) simulate(plan *inventory.Plan, a *simulation, format string) error {
	if err := checkNames(plan, a.SimulateOptions); err != nil {
		return err
	}
	f, err := planner.Follow(plan, a.SimulateOptions)
	if err != nil {
		return err
	}
	a.read(plan, f)
	switch format {
	case "json":
		err = s.simulationJSON(a, f)
	case "markdown":
		a.collect(f)
		err = a.markdown(s.out)
	default:
		a.collect(f)
		err = a.proved(f, func() error {
			if err := a.page(s.page()); err != nil || !a.proven {
				return err
			}
			return a.writeProofs(s.page())
		})
	}
	_, left := exceptionOf(a.exceptions, a.App)
	if err == nil && (left || a.failed > 0) {
		err = errNo
	}
	return err
}

// proved writes an answer once its paths are proved, if that was asked for.
func (a *simulation) proved(f *planner.Following, write func() error) error {
	if a.proven {
		if err := a.prove(f); err != nil {
			return err
		}
	}
	return write()
}

// simulationJSON streams the paths, unless they must be proved first.
func (s *session) simulationJSON(a *simulation, f *planner.Following) error {
	if !a.proven {
		return s.streamJSON(a, f)
	}
	for p := range f.Each() {
		a.tally(&p)
		a.paths = append(a.paths, p)
	}
	return a.proved(f, func() error {
		whole := f.Simulation
		whole.Paths = a.paths
		return s.writeJSON(&whole)
	})
}

// checkNames refuses an app or a destination that is not in the plan.
func checkNames(plan *inventory.Plan, o planner.SimulateOptions) error {
	if o.App != "" && plan.App(o.App) == nil {
		return fmt.Errorf("no app %q (apps are named namespace/name)%s", o.App, didYouMean(o.App, appNames(plan)))
	}
	if o.App != "" && plan.Destination(o.To) != nil && !slices.ContainsFunc(plan.App(o.App).Flows, func(f inventory.Flow) bool { return f.To.V == o.To }) {
		return fmt.Errorf("%s has no flow to %s", o.App, o.To)
	}
	if o.To != "" && plan.Destination(o.To) == nil {
		return fmt.Errorf("no destination %q%s", o.To, didYouMean(o.To, destinationNames(plan)))
	}
	return nil
}

// simulation is what was asked for and what came out, as the pages need it.
type simulation struct {
	planner.SimulateOptions
	trace  bool // every hop was asked for
	proven bool // real packets were asked for

	environment, pattern string
	exceptions           []planner.Exception
	notes                []string
	leaks                []planner.Leak // of the app asked for, when healthy
	paths                []planner.Path
	failed               int               // healthy paths that do not do what the flow needs
	firewalls            map[string]string // by destination
}

// read takes what is known before any path is walked.
func (a *simulation) read(plan *inventory.Plan, f *planner.Following) {
	a.environment, a.pattern, a.exceptions = f.Environment, f.Pattern, f.Exceptions
	if _, left := exceptionOf(a.exceptions, a.App); a.State == healthy && !a.Faults && a.App != "" && !left {
		a.leaks = f.Leaks()
	}
	a.firewalls = map[string]string{}
	for i := range plan.Destinations {
		d := &plan.Destinations[i]
		a.firewalls[d.Name.V] = d.Firewall.V
	}
}

// tracedPaths is up to how many paths hops are shown without being asked for.
const tracedPaths = 12

// hopsAsked reports whether the hops of any number of paths are shown.
func (a *simulation) hopsAsked() bool {
	return a.trace || !a.Faults && (a.App != "" || a.To != "")
}

// collect walks the paths. Hops that will not be shown are not kept.
func (a *simulation) collect(f *planner.Following) {
	for p := range f.Each() {
		if a.tally(&p); !a.hopsAsked() && len(a.paths) >= tracedPaths {
			p.Forward, p.Return = nil, nil
		}
		a.paths = append(a.paths, p)
	}
	a.notes = f.Notes
	if !a.hopsShown() {
		for i := range a.paths {
			a.paths[i].Forward, a.paths[i].Return = nil, nil
		}
	}
}

// tally counts the failures that make the answer no.
func (a *simulation) tally(p *planner.Path) {
	if p.State == healthy && !works(*p) {
		a.failed++
	}
}

// comparing reports whether faults stand beside the healthy state.
func (a *simulation) comparing() bool { return a.Faults || a.Baseline }

// isFault reports whether a state is a fault, or all faults of a kind.
func isFault(state string) bool {
	s, err := planner.ParseState(state)
	return err == nil && slices.ContainsFunc(planner.StateKinds(), func(k planner.StateKind) bool { return k.Kind == s.Kind && k.Subject != "" && !k.Misuse })
}

// hopsShown reports whether the paths carry hops, once they are collected.
func (a *simulation) hopsShown() bool {
	return a.hopsAsked() || !a.comparing() && len(a.paths) <= tracedPaths
}

// works reports whether a path does what the flow needs: delivered, let through
// by the allow-list, and answered.
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
