package planner

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"egressplan/cidr"
	"egressplan/cost"
	"egressplan/planner/finding"
	"egressplan/planner/inventory"
)

// pattern is one way out. Each implementation tells its whole story in one
// file, in the order of these methods.
type pattern interface {
	id() string
	// replacesCNI reports whether pods are attached by Cilium whatever runs today.
	replacesCNI() bool
	// demands is the address space it needs for the apps that take part.
	demands(w *work) []demand
	// settle places what lies inside blocks or existing subnets: addresses,
	// adopted subnets.
	settle(w *work)
	// compile adds the pattern to the network: where pods run and how they leave.
	compile(w *work, b *builder)
	// source is what on-premises must allow for an app towards a destination.
	source(w *work, a *inventory.App, d *inventory.Destination) source
	// faults are what may break beside zones, nodes, links and NAT gateways.
	faults(w *work) []fault
	// misuse says how an app's packets begin in a misuse of some kind.
	misuse(w *work, kind string, a *inventory.App) misuse
	// intrusions are the ways in which others can show an app's source: apps of
	// its namespace, and apps of others.
	intrusions(w *work, a *inventory.App, same, others []string) []intrusion
	// selects names the source group that its network leads a flow to by whose
	// packets they are; "" where only the place they come from counts.
	selects(w *work, f appFlow) string
	// cuts are blocks inside which a destination may be treated unlike around.
	cuts(w *work) []netip.Prefix
	// usage is what is billed beyond workload nodes and links.
	usage(w *work, v volumes) []cost.Usage
	// tasks is the declared work.
	tasks(w *work) []task
	// findings are its advantages, considerations and blockers.
	findings(w *work)
}

// source is a set of addresses that stands for a group of apps.
type source struct {
	group  string
	apps   []string // who shares it
	blocks []netip.Prefix
	// usable counts the addresses the app itself can have among the blocks'.
	usable  uint64
	barrier string // the only thing that keeps others from showing it
}

// work is one candidate being worked out.
type work struct {
	plan      *inventory.Plan
	env       *inventory.Environment
	pattern   pattern
	zones     []string
	apps      []*inventory.App  // those that take part, by Key
	excluded  map[string]string // apps that do not, with the code that says why
	nodeType  inventory.Instance
	gateType  inventory.Instance
	groups    map[string]*group                                   // source group by app key
	list      []*group                                            // the same groups, by name
	kin       []*kin                                              // all, in order of their labels
	kinOf     map[*inventory.App]*kin                             // of the apps
	kinTo     map[appTo]*kin                                      // of their packets for a destination, where that matters
	meets     map[*inventory.Destination][]*inventory.Destination // see overlaps
	counted   *nodeCount
	index     *flowIndex
	ours      []appFlow            // see flows
	linked    []appFlow            // see overLinks
	given     map[rangeEnd]volumes // see volumes
	networks  map[string]*builder  // of misuses that need another
	broken    []fault
	merged    map[pair]blockSet         // sources admitted for a flow
	cut       map[string][]netip.Prefix // a destination's blocks as walked
	ports     []uint16                  // see tellingPorts
	texts     map[netip.Prefix]string   // see written
	rowsTo    map[string][]AllowRow     // of connections that apps open, by destination
	layout    *layout
	b         *builder
	paths     []flowPaths
	endured   walked                              // one path in one fault, while it is judged
	shown     []SourceRow                         // see sourceRows
	capacity  []CapacityRow                       // see Capacities
	sources   map[kinToward]*shownSource          // see sourceOf
	filed     map[*inventory.Destination][]string // see fileable
	summaries map[string]*summary                 // see summary
	rows      []AllowRow
	found     []finding.Finding
	assumed   map[string]Assumption
	end       rangeEnd // which end of volume ranges counts
	story     any      // the pattern's own notes between its steps
}

// newWork prepares a candidate without the excluded apps.
func newWork(plan *inventory.Plan, p pattern, excluded map[string]string) *work {
	return newWorkOf(plan, indexFlows(plan), p, excluded)
}

// newWorkOf is newWork where the plan's flows are indexed already.
func newWorkOf(plan *inventory.Plan, index *flowIndex, p pattern, excluded map[string]string) *work {
	w := &work{plan: plan, index: index, env: &plan.Environment, pattern: p, excluded: excluded, assumed: map[string]Assumption{}, given: map[rangeEnd]volumes{}, merged: map[pair]blockSet{}, cut: map[string][]netip.Prefix{}, texts: map[netip.Prefix]string{}, summaries: map[string]*summary{}, sources: map[kinToward]*shownSource{}, filed: map[*inventory.Destination][]string{}}
	for _, z := range w.env.Zones {
		w.zones = append(w.zones, z.V)
	}
	slices.Sort(w.zones)
	for i := range plan.Apps {
		if _, out := excluded[plan.Apps[i].Key]; !out {
			w.apps = append(w.apps, &plan.Apps[i])
		}
	}
	w.nodeType, _ = inventory.InstanceType(w.env.Cluster.NodeType.V)
	w.gateType, _ = inventory.InstanceType(w.env.Cluster.EgressNodeType.V)
	return w
}

// setGroups sets the source groups of the candidate.
func (w *work) setGroups(of map[string]*group) { w.groups, w.list = of, distinct(of) }

// run works the candidate out, from demands to findings.
func (w *work) run() {
	w.lay()
	w.b.allow(w.rows)
	w.paths = w.walkAll()
	w.survivals()
	w.planFindings()
	w.pathFindings()
}

// lay makes the plan: addresses, network, allow-list.
func (w *work) lay() {
	w.layAddresses()
	w.b = w.compileNetwork("")
	w.rows = w.allowRows()
}

func (w *work) layAddresses() {
	w.layout = &layout{}
	demands := w.pattern.demands(w)
	w.findKin()
	w.allocate(demands)
	w.pattern.settle(w)
}

// planFindings are the findings that no walk is needed for.
func (w *work) planFindings() {
	w.capacityFindings()
	w.commonFindings()
	w.pattern.findings(w)
}

// compileNetwork builds the candidate's network, or the one of a misuse that
// needs another.
func (w *work) compileNetwork(misuse string) *builder {
	b := newBuilder(w)
	b.misuse = misuse
	w.pattern.compile(w, b)
	b.internetGateway()
	return b
}

// networkFor is the network of a misuse, made when it is first asked for.
func (w *work) networkFor(misuse string) *builder {
	if w.networks[misuse] == nil {
		if w.networks == nil {
			w.networks = map[string]*builder{}
		}
		b := w.compileNetwork(misuse)
		b.allow(w.rows)
		w.networks[misuse] = b
	}
	return w.networks[misuse]
}

// assume notes that a value nobody gave was used.
func (w *work) assume(name, value, why string) {
	w.assumed[name] = Assumption{Name: name, Value: value, Why: why, Matters: true}
}

// assumption is a named value of the work model; using it is noted.
func (w *work) assumption(name string) decimal.Decimal {
	v := w.plan.Assume(name)
	if _, noted := w.assumed[name]; noted {
		return v.V
	}
	why := "given in the policy"
	if !v.Set {
		why = "not given"
	}
	w.assume(name, v.V.String(), why)
	return v.V
}

func (w *work) assumeInt(name string) int { return int(w.assumption(name).IntPart()) }

// report files a finding with the catalogue's severity, scope, fix and source.
func (w *work) report(code string, at finding.Pos, subjects []string, format string, args ...any) {
	e, ok := finding.Lookup(code)
	if !ok {
		panic("finding without a catalogue entry: " + code)
	}
	w.found = append(w.found, finding.Finding{Code: code, Severity: e.Severity, Scope: e.Scope, Subjects: subjects,
		Message: fmt.Sprintf(format, args...), Fix: e.Fix, At: at, Source: e.Source})
}

// reportAs files a finding with another severity than the catalogue's.
func (w *work) reportAs(s finding.Severity, code string, at finding.Pos, subjects []string, format string, args ...any) {
	w.report(code, at, subjects, format, args...)
	w.found[len(w.found)-1].Severity = s
}

// say files a finding of the catalogue in its own words.
func (w *work) say(code string, subjects ...string) {
	e, _ := finding.Lookup(code)
	w.report(code, finding.Pos{}, subjects, "%s", e.Meaning)
}

// groupBlocks are a group's blocks of a purpose, by name.
func (w *work) groupBlocks(group, purpose string) []*block {
	l := w.layout
	if l.indexed != len(l.blocks) {
		l.indexed, l.index = len(l.blocks), map[string][]*block{}
		for _, b := range l.sorted() {
			key := b.group + "|" + b.purpose
			l.index[key] = append(l.index[key], b)
		}
	}
	return l.index[group+"|"+purpose]
}

// prefixes are the blocks' CIDRs.
func prefixes(blocks []*block) []netip.Prefix {
	var list []netip.Prefix
	for _, b := range blocks {
		list = append(list, b.cidr)
	}
	return list
}

// usableIn counts the addresses AWS can hand out in some blocks.
func usableIn(blocks []netip.Prefix) uint64 {
	var n uint64
	for _, b := range blocks {
		if b.Bits() == 32 {
			n++
			continue
		}
		n += uint64(max(cidr.Usable(b.Bits()), 0))
	}
	return n
}

// texts renders prefixes, canonical and sorted.
func texts(list []netip.Prefix) []string {
	out := make([]string, 0, len(list))
	for _, p := range list {
		out = append(out, p.String())
	}
	return out
}

// untranslatedTo reports whether packets to a destination keep the pod's
// address: for all of its blocks, for some, or for none.
func (w *work) untranslatedTo(d *inventory.Destination) (some, all bool) {
	if k, known := w.layout.keeps[d]; known {
		return k.some, k.all
	}
	all = true
	for _, c := range w.walkBlocks(d) {
		if w.externalSNAT() || cidr.Contains(w.untranslated(), c) {
			some = true
		} else {
			all = false
		}
	}
	if w.layout.keeps == nil {
		w.layout.keeps = map[*inventory.Destination]keeps{}
	}
	w.layout.keeps[d] = keeps{some, all}
	return some, all
}

// keeps is for which blocks of a destination packets keep the pod's address.
type keeps struct{ some, all bool }

// walkBlocks are a destination's blocks, cut where the node's translation or the
// pattern's steering changes: an exclusion or a VPC CIDR may cover part of a
// block only.
func (w *work) walkBlocks(d *inventory.Destination) []netip.Prefix {
	blocks := w.destinationBlocks(d)
	cuts := w.pattern.cuts(w)
	if !w.externalSNAT() {
		cuts = append(cuts, w.untranslated()...)
	}
	if !w.cilium() {
		cuts = append(cuts, values(w.env.Cluster.VPCCNI.ExternalServiceCIDRs)...)
	}
	var list []netip.Prefix
	for _, c := range blocks {
		var inside []netip.Prefix
		for _, x := range cuts {
			if x.Bits() > c.Bits() && c.Contains(x.Addr()) {
				inside = append(inside, x)
			}
		}
		if len(inside) == 0 {
			list = append(list, c)
			continue
		}
		list = append(list, sortedPrefixes(inside)...)
		if rest := cidr.Subtract([]netip.Prefix{c}, cidr.Merge(inside)); len(rest) > 0 {
			list = append(list, rest[0]) // one part stands for all that is not cut
		}
	}
	return list
}

// cutBlocks is walkBlocks once the layout is settled, worked out once.
func (w *work) cutBlocks(d *inventory.Destination) []netip.Prefix {
	list, known := w.cut[d.Name.V]
	if !known {
		list = w.walkBlocks(d)
		w.cut[d.Name.V] = list
	}
	return list
}

// podAddressShows reports whether some destination of the apps sees pod
// addresses (or packets leave by the pod's interface) rather than the node's.
func (w *work) podAddressShows(apps []*inventory.App) bool {
	if w.externalSNAT() || w.env.Cluster.VPCCNI.PodSecurityGroups.V == inventory.PodSGStrict && !w.cilium() {
		return true
	}
	for _, a := range apps {
		for _, f := range w.onPremises(a) {
			if some, _ := w.untranslatedTo(f.to); some {
				return true
			}
		}
	}
	return false
}

// hasCompute splits apps by what they run on.
func hasCompute(apps []*inventory.App, compute string) bool {
	return slices.ContainsFunc(apps, func(a *inventory.App) bool { return a.Compute.V == compute })
}

// plural is "1 gateway" or "3 gateways".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if strings.HasSuffix(what, "y") && !strings.HasSuffix(what, "ay") {
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(what, "y"))
	}
	return fmt.Sprintf("%d %ss", n, what)
}
