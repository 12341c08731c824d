package planner

import (
	"fmt"
	"iter"
	"slices"

	"egressplan/planner/inventory"
	"egressplan/sim"
)

// SimulateOptions choose what simulate shows; empty fields choose everything
// (the recommended pattern, the healthy state).
type SimulateOptions struct {
	Pattern, App, To string
	// State is "kind:subject", or a kind for all its subjects; empty: healthy.
	State string
	// Faults adds every single fault to the healthy state; State must be empty.
	Faults bool
	// Baseline adds the healthy paths to those of a fault, to compare with.
	Baseline bool
	// NoHops leaves the hops out.
	NoHops bool
}

// Following is a simulation whose paths are walked as they are asked for, in an
// order that depends on nothing but the plan.
type Following struct {
	Simulation // without Paths; Notes are complete once Each has ended
	work       *work
	options    SimulateOptions
	state      State
	before     []string // notes that do not depend on the walks
}

// Simulate walks the flows of a pattern and puts each path into words. The
// error says which option names something that is not there.
func Simulate(plan *inventory.Plan, o SimulateOptions) (*Simulation, error) {
	f, err := Follow(plan, o)
	if err != nil {
		return nil, err
	}
	for p := range f.Each() {
		f.Paths = append(f.Paths, p)
	}
	return &f.Simulation, nil
}

// Follow is Simulate for those who take the paths one by one.
func Follow(plan *inventory.Plan, o SimulateOptions) (*Following, error) {
	f, err := newFollowing(plan, o)
	if err != nil {
		return nil, err
	}
	c := pick(plan, o.Pattern)
	if c == nil {
		return nil, fmt.Errorf("the policy excludes pattern %q", o.Pattern)
	}
	return c.follow(f)
}

// newFollowing reads options, and refuses names that the plan does not have.
func newFollowing(plan *inventory.Plan, o SimulateOptions) (*Following, error) {
	f := &Following{options: o, state: healthyState}
	if o.State != "" {
		s, err := ParseState(o.State)
		if err != nil {
			return nil, err
		}
		f.state = s
	}
	if o.App != "" && plan.App(o.App) == nil {
		return nil, fmt.Errorf("no app %q; apps are named namespace/name", o.App)
	}
	if o.To != "" && plan.Destination(o.To) == nil {
		return nil, fmt.Errorf("no destination %q", o.To)
	}
	return f, nil
}

// Follow is Follow for a candidate that is already worked out; the pattern of the
// options counts for nothing.
func (c *Candidate) Follow(o SimulateOptions) (*Following, error) {
	o.Pattern = c.Pattern
	f, err := newFollowing(c.work.plan, o)
	if err != nil {
		return nil, err
	}
	return c.follow(f)
}

func (c *Candidate) follow(f *Following) (*Following, error) {
	f.work = c.work
	f.Simulation = Simulation{APIVersion: APIVersion, Kind: "Simulation", Environment: c.work.plan.Environment.Name, Pattern: c.Pattern,
		Exceptions: []Exception{}, Notes: []string{}, Paths: []Path{}}
	if c.Status != Rejected { // a rejected candidate is shown with everybody in it
		f.Exceptions = append(f.Exceptions, c.Exceptions...)
	}
	err := f.checkSubject()
	f.before = f.Notes
	return f, err
}

// checkSubject refuses a state of something that the pattern does not have.
func (f *Following) checkSubject() error {
	k, _ := stateKindOf(f.state.Kind)
	switch {
	case f.state.Kind == stateHealthy:
		return nil
	case k.Misuse:
		if f.state.Subject != "" && f.work.plan.App(f.state.Subject) == nil {
			return fmt.Errorf("state %s: no app %q; apps are named namespace/name", f.state, f.state.Subject)
		}
		return nil
	}
	var names []string
	for _, x := range f.work.faults() {
		if x.state.Kind == f.state.Kind {
			names = append(names, x.state.Subject)
		}
	}
	switch {
	case len(names) == 0:
		f.Notes = append(f.Notes, fmt.Sprintf("%s: %s has no %s that could be lost", f.state.Kind, f.Pattern, k.Subject))
	case f.state.Subject != "" && !slices.Contains(names, f.state.Subject):
		return fmt.Errorf("state %s: no %s %q; there is %s", f.state, k.Subject, f.state.Subject, someOf(names))
	}
	return nil
}

// Each walks the paths and yields them one by one.
func (f *Following) Each() iter.Seq[Path] {
	return func(yield func(Path) bool) {
		for x := range f.walks() {
			if !yield(f.view(x)) {
				return
			}
		}
	}
}

// Walk is what a path was walked with: everything that is needed to send the
// same packet by other means.
type Walk struct {
	Net        *sim.Network
	Start, End sim.NodeID
	Packet     sim.Packet
	Choice     int
	Port       uint16 // see sim.Walker
	Fault      sim.Fault
}

// EachWalk is Each with what the paths were walked with.
func (f *Following) EachWalk() iter.Seq2[Path, Walk] {
	return func(yield func(Path, Walk) bool) {
		for x := range f.walks() {
			if x.noOrigin() {
				continue
			}
			if !yield(f.view(x), Walk{&x.net.net, x.start, x.end, x.packet, x.choice, x.port, x.fault.Fault()}) {
				return
			}
		}
	}
}

// Leaks are the sources that can show beside those of the paths: of the app that
// was asked for, else of all.
func (f *Following) Leaks() []Leak {
	if a := f.work.plan.App(f.options.App); a != nil {
		return f.work.leaksOf([]*inventory.App{a})
	}
	return f.work.leaks()
}

func (f *Following) view(x *walked) Path {
	return f.work.pathView(x.net.walking(), x, !f.options.NoHops)
}

// walks yields the paths as walked.
func (f *Following) walks() iter.Seq[*walked] {
	return func(yield func(*walked) bool) {
		f.Notes = slices.Clone(f.before)
		if k, _ := stateKindOf(f.state.Kind); k.Misuse {
			f.eachMisuse(yield)
			return
		}
		f.eachFault(yield)
	}
}

// asked reports whether an app and destination were asked for.
func (f *Following) asked(x appFlow) bool {
	return (f.options.App == "" || f.options.App == x.app.Key) && (f.options.To == "" || f.options.To == x.to.Name.V)
}

// eachFault yields the healthy paths, or each path in the faults that it meets.
func (f *Following) eachFault(yield func(*walked) bool) {
	w := f.work
	walker := w.b.walking()
	faults := w.faults()
	spared := 0
	var x walked // one for all: who takes it keeps nothing of it
	for p := range w.eachPath {
		if !f.asked(p.f) {
			continue
		}
		if (f.state.Kind == stateHealthy || f.options.Baseline) && !yield(p) {
			return
		}
		met := false
		for _, t := range p.touched {
			if !f.options.Faults && !f.state.includes(faults[t].state) {
				continue
			}
			met = true
			x = w.inFault(walker, p, &faults[t])
			if !yield(&x) {
				return
			}
		}
		if !met {
			spared++
		}
	}
	if spared > 0 && f.state.Kind != stateHealthy && !f.options.Baseline {
		f.Notes = append(f.Notes, fmt.Sprintf("%s: %s %s not meet it and %s as when healthy", f.state, plural(spared, "path"), does(spared), goes(spared)))
	}
}

func does(n int) string {
	if n == 1 {
		return "does"
	}
	return "do"
}

func goes(n int) string {
	if n == 1 {
		return "goes"
	}
	return "go"
}

// inFault walks a healthy path again with something broken: until it is noticed,
// and after.
func (w *work) inFault(walker *sim.Walker, healthy *walked, f *fault) walked {
	x := *healthy
	x.state, x.named, x.touched, x.lasts = f.state, f.name, nil, f.lasts
	if f.onset != f.settled {
		walker.Fail(f.onset)
		w.follow(walker, &x, nil)
		x.onset = &onset{x.result.Verdict, x.good, x.of}
	}
	if x.fault = f.settled; f.mended { // as before, by something equal
		x.result, x.reply, x.choice, x.port, x.good, x.of, x.sources, x.mtu = healthy.result, healthy.reply, healthy.choice, healthy.port, healthy.good, healthy.of, healthy.sources, healthy.mtu
		x.replied, x.allowed, x.astray = healthy.replied, healthy.allowed, healthy.astray
	} else {
		walker.Fail(x.fault)
		w.follow(walker, &x, nil)
	}
	if o := x.onset; o != nil && o.verdict == x.result.Verdict && o.good == x.good && o.of == x.of {
		x.onset = nil
	}
	return x
}

// eachMisuse yields the paths of the apps that are misused.
func (f *Following) eachMisuse(yield func(*walked) bool) {
	w := f.work
	var x walked
	for _, a := range w.apps {
		if f.options.App != "" && f.options.App != a.Key || f.state.Subject != "" && f.state.Subject != a.Key {
			continue
		}
		m := w.misuse(f.state.Kind, a)
		if m.void != "" || len(m.from) == 0 {
			f.void(a, m)
			continue
		}
		for y := range w.misused(State{f.state.Kind, a.Key}, a, m) {
			if x = y; f.asked(x.f) && !yield(&x) {
				return
			}
		}
	}
}

// void notes why a misuse has no paths, once.
func (f *Following) void(a *inventory.App, m misuse) {
	text := fmt.Sprintf("%s changes nothing with %s: %s.", f.state.Kind, f.Pattern, m.void)
	if m.void == "" {
		text = fmt.Sprintf("%s: %s has no pod that this could be.", f.state.Kind, a.Key)
	}
	if !slices.Contains(f.Notes, text) {
		f.Notes = append(f.Notes, text)
	}
}

// misused walks the flows of an app in a misuse. Connections that on-premises
// opens are left out: their packets do not begin here.
func (w *work) misused(s State, a *inventory.App, m misuse) iter.Seq[walked] {
	b := w.b
	if m.net != nil {
		b = m.net
	}
	walker, named := b.walking(), s.String()
	return func(yield func(walked) bool) {
		for _, f := range w.onPremises(a) {
			if f.inbound() {
				continue
			}
			for _, o := range m.from {
				for _, c := range w.cutBlocks(f.to) {
					for _, p := range f.ports() {
						x := walked{f: f, from: o, net: b, state: s, named: named, packet: w.packet(f, o, c, p, m.direct), why: m.who, lasts: m.lasts, fault: m.fault}
						x.start, x.end = w.ends(f, o)
						walker.Fail(m.fault)
						w.follow(walker, &x, nil)
						if !yield(x) {
							return
						}
					}
				}
			}
		}
	}
}
