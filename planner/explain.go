package planner

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"egressplan/cidr"
	"egressplan/planner/inventory"
)

// Explanation says of some blocks of an address plan why they are as large as
// they are.
type Explanation struct {
	APIVersion  string           `json:"apiVersion"`
	Kind        string           `json:"kind"`
	Environment string           `json:"environment"`
	Pattern     string           `json:"pattern"`
	Blocks      []ExplainedBlock `json:"blocks"`
}

// ExplainedBlock is one block. Terms add up to Needed; Needed and the five
// addresses that AWS reserves fit the block, and do not fit one half its size
// unless Because says so. Because is how the terms come about.
type ExplainedBlock struct {
	Name         string   `json:"name"`
	CIDR         string   `json:"cidr"` // "" where it found no room
	Subnet       string   `json:"subnet,omitempty"`
	Because      []string `json:"because"`
	Terms        []Term   `json:"terms"`
	Needed       int      `json:"needed"`
	Reserved     int      `json:"reserved"`
	Prefixes     int      `json:"prefixes,omitempty"` // aligned /28 blocks among them
	PrefixLength int      `json:"prefixLength"`
	Usable       int      `json:"usable"`
}

// Term is one summand, in addresses.
type Term struct {
	What      string `json:"what"`
	Addresses int    `json:"addresses"`
}

// Explain explains the blocks of a name: a block's own, a source group's, an
// app's (namespace/name). There may be none.
func (a *AddressPlan) Explain(name string) *Explanation {
	out := &Explanation{APIVersion: APIVersion, Kind: "Explanation", Environment: a.Environment, Pattern: a.Pattern, Blocks: []ExplainedBlock{}}
	if a.work == nil {
		return out
	}
	w := a.work
	seen := map[string]bool{}
	for _, b := range w.layout.sorted() {
		if meant(b.name, b.apps, name) {
			seen[b.name] = true
			out.Blocks = append(out.Blocks, w.explainBlock(b.demand, b))
		}
	}
	for _, d := range w.layout.demands {
		if !seen[d.name()] && meant(d.name(), d.apps, name) {
			out.Blocks = append(out.Blocks, w.explainBlock(d, nil))
		}
	}
	slices.SortFunc(out.Blocks, func(a, b ExplainedBlock) int { return byPart(a.Name, b.Name) })
	return out
}

func meant(block string, apps []string, name string) bool {
	return block == name || strings.HasPrefix(block, name+"/") || slices.Contains(apps, name)
}

// ExplainableNames are what [AddressPlan.Explain] takes, for suggestions.
func (a *AddressPlan) ExplainableNames() []string {
	var list []string
	for _, x := range a.Allocations {
		list = append(append(list, x.Name), x.Apps...)
	}
	for _, d := range a.Demands {
		list = append(list, d.Name)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (w *work) explainBlock(d demand, b *block) ExplainedBlock {
	e := ExplainedBlock{Name: d.name(), Needed: d.need.addresses, Prefixes: d.need.prefixes, Reserved: reservedFive, Because: []string{}, Terms: []Term{}}
	if bits, ok := d.need.bits(); ok {
		e.PrefixLength, e.Usable = bits, cidr.Usable(bits)
	}
	e.Because, e.Terms = w.terms(d)
	if b == nil {
		return e
	}
	e.Name, e.CIDR, e.Subnet = b.name, b.cidr.String(), b.subnet
	if b.cidr.IsSingleIP() {
		e.PrefixLength, e.Usable, e.Reserved = 32, 1, 0
		return e
	}
	if b.cidr.Bits() < e.PrefixLength {
		e.Because = append(e.Because, fmt.Sprintf("a /%d would do; the block was there and stays", e.PrefixLength))
	}
	e.PrefixLength, e.Usable = b.cidr.Bits(), cidr.Usable(b.cidr.Bits())
	return e
}

// reservedFive: the first four addresses of a subnet and the last (Amazon VPC
// User Guide, Subnet sizing).
const reservedFive = 5

// terms is the sum behind a demand, and how its numbers come about.
func (w *work) terms(d demand) ([]string, []Term) {
	fleetOf := d.purpose == purposeNodes || d.purpose == purposePods
	apps := w.appsOf(d)
	if !fleetOf || len(apps) == 0 || d.part > 1 {
		return []string{}, partTerms(d.need)
	}
	because, f := w.explainFleet(apps, d.purpose)
	var terms []Term
	if d.purpose == purposeNodes {
		terms = w.nodeTerms(f)
	} else {
		terms = w.podTerms(f)
	}
	whole := 0
	for _, t := range terms {
		whole += t.Addresses
	}
	switch {
	case whole == d.need.addresses:
		return because, terms
	case whole > d.need.addresses && w.layout.locked[d.name()] != nil: // cut along its block
		return because, append(terms, Term{"in further blocks of the same name, because this one was there", d.need.addresses - whole})
	}
	return []string{"the sum over source groups, each on nodes of its own"}, partTerms(d.need)
}

// partTerms reads the terms back from a need's parts.
func partTerms(n need) []Term {
	terms := []Term{}
	for _, p := range n.parts {
		if i := strings.LastIndex(p, " = "); i >= 0 {
			if v, err := strconv.Atoi(p[i+3:]); err == nil {
				terms = append(terms, Term{p[:i], v})
			}
		}
	}
	return terms
}

func (w *work) appsOf(d demand) []*inventory.App {
	var list []*inventory.App
	for _, key := range d.apps {
		if a := w.plan.App(key); a != nil {
			list = append(list, a)
		}
	}
	return list
}

// explainFleet is the way from replicas to nodes.
func (w *work) explainFleet(apps []*inventory.App, purpose string) ([]string, zoneFleet) {
	f := w.fleet(apps)
	var list []string
	for _, a := range apps {
		list = append(list, fmt.Sprintf("%s: %d pods at most, and %s%% growth, over %d zones: %d in each",
			a.Key, a.Pods.Max.V, a.Growth.V.Shift(2), len(w.zones), w.zonePods(a)))
	}
	if f.nodes > 0 {
		s := w.nodeShape()
		list = append(list, fmt.Sprintf("on %s of type %s, each with room for %d pods, %dm CPU and %d MiB after what the system takes: %d pods with an address on each, spread evenly",
			plural(f.nodes, "node"), w.nodeType.Type, s.Pods, s.CPU, s.Memory, f.perNode))
	}
	if purpose == purposePods {
		list = append(list, "pods take their addresses here: custom networking, or Fargate")
	}
	return list, f
}

// nodeTerms are what a node subnet holds. The warm pool is what the CNI holds
// beyond the pods: the rest of the interfaces in use, and one interface (or
// prefix) in advance.
func (w *work) nodeTerms(f zoneFleet) []Term {
	if w.env.Cluster.VPCCNI.CustomNetworking.V {
		return nonZero(Term{fmt.Sprintf("%s x 1 address (pods are elsewhere: custom networking)", plural(f.nodes, "node")), f.nodes})
	}
	return w.interfaceTerms(f, w.nodeAddresses(f), w.nodeType.ENIs)
}

func (w *work) podTerms(f zoneFleet) []Term {
	fargate := Term{"Fargate pods x 1 address", f.fargate}
	if !w.env.Cluster.VPCCNI.CustomNetworking.V || f.pods == 0 {
		return nonZero(fargate)
	}
	n := w.podAddresses(f)
	n.addresses -= f.fargate
	return append(w.interfaceTerms(f, n, w.nodeType.ENIs-1), nonZero(fargate)...)
}

func (w *work) interfaceTerms(f zoneFleet, n need, maxENIs int) []Term {
	enis := warmENIs(f.perNode, maxENIs, w.nodeType.IPv4PerENI)
	warm := "warm pool: what the interfaces hold beyond that, one interface in advance (WARM_ENI_TARGET=1)"
	if w.env.Cluster.VPCCNI.PrefixDelegation.V {
		enis = w.prefixENIs(f, maxENIs)
		warm = "warm pool: the rest of the /28 prefixes, one prefix a node in advance (WARM_PREFIX_TARGET=1)"
	}
	own := f.nodes * enis
	return nonZero(Term{"pods with an address of their own, growth included", f.pods},
		Term{fmt.Sprintf("%s x %d interfaces x 1 address of their own", plural(f.nodes, "node"), enis), own},
		Term{warm, n.addresses - f.pods - own})
}

func nonZero(terms ...Term) []Term {
	return slices.DeleteFunc(terms, func(t Term) bool { return t.Addresses == 0 })
}
