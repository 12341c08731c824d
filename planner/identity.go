package planner

import (
	"cmp"
	"net/netip"
	"slices"

	"egressplan/planner/inventory"
	"egressplan/sim"
)

// Barriers: the only thing that keeps somebody from showing an app's source.
const (
	barrierNone           = "none"
	barrierSchedule       = "schedule"
	barrierLabel          = "label"
	barrierNamespace      = "namespace"
	barrierServiceAccount = "service-account"
	barrierCertificate    = "certificate"
	barrierRoute          = "route"
	barrierSameApp        = "same-app" // matrix only: an app is in both groups
)

// barrierWords say what each barrier is, and how it is held.
var barrierWords = map[string]string{
	barrierNone:           "nothing: they share the source",
	barrierSchedule:       "scheduling: taints are the only thing in the way, held by admission of tolerations, node selectors and node names",
	barrierLabel:          "a label: any pod of the namespace may wear it, held by admission",
	barrierNamespace:      "the namespace: the policy selects this one, held by RBAC on who may create pods in it",
	barrierServiceAccount: "the service account: any pod of the namespace may run as it, held by admission",
	barrierCertificate:    "the workload certificate: it names namespace and service account, held by the mesh's CA and by RBAC on the namespace",
	barrierRoute:          "a route: whatever is put into the subnets, or into one whose route table leads the same way, held by IAM",
}

// BarrierText says what a barrier is and how it is held, "" for an unknown one.
func BarrierText(barrier string) string { return barrierWords[barrier] }

// Barriers are what stands between every two source groups of the candidate.
func (c *Candidate) Barriers() []Barrier { return c.work.matrix() }

// fargateSelects is what scheduling means where there is no node to taint
// (Amazon EKS User Guide, Fargate profiles: pods are matched by namespace and
// labels).
const fargateSelects = "scheduling: the selectors of Fargate profiles are the only thing in the way, held by IAM on the profiles and by RBAC on who may create pods in the selected namespaces"

// Lookalike is somebody who can show an app's source on-premises: who, by what
// means, and what alone is in the way. It has been walked: Sources are those of
// the app's that were shown, To the destinations that let them through.
type Lookalike struct {
	Who         string   `json:"who"`
	Apps        []string `json:"apps"` // of the plan, the first twenty; empty: anybody
	Count       int      `json:"count"`
	State       string   `json:"state"`
	Barrier     string   `json:"barrier"`
	BarrierText string   `json:"barrierText"`
	Sources     []string `json:"sources"`
	To          []string `json:"to"`

	everyone []string // Apps without a limit
}

// intrusion is a way to show an app's source, to be walked.
type intrusion struct {
	who     string
	apps    []string
	state   string
	barrier string
	text    string // in place of the barrier's own words
	from    []origin
}

// lookalikes walks every way in which somebody else can show an app's source.
func (w *work) lookalikes(a *inventory.App) []Lookalike {
	list := []Lookalike{}
	for _, in := range w.intrusions(a) {
		if l, shown := w.intrude(a, in); shown {
			list = append(list, l)
		}
	}
	return list
}

// intrusions are the ways that the pattern leaves open: sharing a source first,
// then what takes a misuse.
func (w *work) intrusions(a *inventory.App) []intrusion {
	var list []intrusion
	peers, same, others := w.peersOf(a)
	if len(peers) > 0 {
		list = append(list, intrusion{who: "apps of the same source group", apps: peers, state: stateHealthy, barrier: barrierNone, from: w.originsOf(peers)})
	}
	return append(list, w.pattern.intrusions(w, a, same, others)...)
}

// originsOf are the pods of several apps.
func (w *work) originsOf(apps []string) []origin {
	var list []origin
	for _, key := range apps {
		list = append(list, w.origins(w.plan.App(key))...)
	}
	return list
}

// peersOf sorts the other apps: those that share a source with a, and of the
// rest those of a namespace in which somebody may show it, and those of others.
func (w *work) peersOf(a *inventory.App) (peers, same, others []string) {
	sharing := map[string]bool{}
	near := map[string]bool{a.Namespace.V: true}
	for _, f := range w.onPremises(a) {
		if f.inbound() {
			continue
		}
		for _, k := range w.pattern.source(w, a, f.to).apps {
			sharing[k] = k != a.Key
			if x := w.plan.App(k); x != nil {
				near[x.Namespace.V] = true
			}
		}
	}
	for _, x := range w.apps {
		switch {
		case x == a:
		case sharing[x.Key]:
			peers = append(peers, x.Key)
		case near[x.Namespace.V]:
			same = append(same, x.Key)
		default:
			others = append(others, x.Key)
		}
	}
	return peers, same, others
}

// intrude walks the app's flows as the intruder would and keeps what was shown of
// the app's sources and let through.
func (w *work) intrude(a *inventory.App, in intrusion) (Lookalike, bool) {
	var sources []netip.Prefix
	to := map[string]bool{}
	for x := range w.misused(State{stateImpostor, a.Key}, a, misuse{from: in.from, direct: true}) {
		own := w.admits(x.f)
		for _, s := range x.sources {
			if own.contains(s) && x.allowed {
				sources = append(sources, s)
				to[x.f.to.Name.V] = true
			}
		}
	}
	l := Lookalike{Who: in.who, Apps: slices.Clone(in.apps[:min(len(in.apps), foldedSubjects)]), Count: len(in.apps), State: in.state,
		Barrier: in.barrier, BarrierText: cmp.Or(in.text, barrierWords[in.barrier]), Sources: texts(sortedPrefixes(sources)), To: sortedKeys(to), everyone: in.apps}
	if l.Apps == nil {
		l.Apps = []string{}
	}
	return l, len(sources) > 0
}

// dedicatedIntrusions: whoever is scheduled onto the group's nodes, and whatever
// is put where the group's route tables count.
func (w *work) dedicatedIntrusions(a *inventory.App, same, others []string) []intrusion {
	everybody := append(slices.Clone(same), others...)
	slices.Sort(everybody)
	var nodes, subnets []origin
	for _, z := range w.zonesOf(a) {
		p := w.placeOf(a, z)
		for _, v := range w.variants(a) {
			o := p.origin(z, v).labelled(strangerLabel)
			if o.start == sim.None {
				continue
			}
			nodes = append(nodes, o)
		}
	}
	if g := w.groups[a.Key]; g != nil {
		for _, purpose := range []string{purposeNodes, purposePods} {
			for _, bl := range w.groupBlocks(g.name, purpose) {
				s := w.b.newSubnet(bl)
				subnets = append(subnets, origin{zone: bl.zone, variant: variantHost, start: s.out, addr: w.b.standInOf(bl), label: strangerLabel})
			}
		}
	}
	list := []intrusion{{who: "any pod that runs on its nodes", apps: everybody, state: stateMisplaced, barrier: barrierSchedule, from: nodes}}
	if a.Compute.V == inventory.ComputeFargate {
		list[0].who, list[0].text = "any pod that a Fargate profile puts into its subnets", fargateSelects
	}
	return append(list, intrusion{who: "any instance or interface in its subnets, or behind its route tables", state: stateMisplaced, barrier: barrierRoute, from: subnets})
}

// Barrier is one cell of the matrix: what alone keeps Who from showing the
// source of Whose; "" where nothing walked does.
type Barrier struct {
	Who     string `json:"who"`
	Whose   string `json:"whose"`
	State   string `json:"state"`
	Barrier string `json:"barrier"`
}

// matrix is the weakest barrier between every two source groups, in the order
// of their names. A group is judged by its first app.
func (w *work) matrix() []Barrier {
	groups := w.sourceGroups()
	list := []Barrier{}
	for _, whose := range groups {
		seen := w.lookalikes(w.opener(whose))
		for _, who := range groups {
			if who != whose {
				list = append(list, weakest(who, whose, seen))
			}
		}
	}
	return list
}

// opener is the first app of a group that opens connections: the others show no
// source.
func (w *work) opener(g *group) *inventory.App {
	for _, a := range g.apps {
		if w.opens(a) {
			return a
		}
	}
	return g.apps[0]
}

// sourceGroups are the groups that sources belong to: per destination in the
// pattern that chooses them so, else those of the apps.
func (w *work) sourceGroups() []*group {
	if s, ok := w.story.(*ciliumStory); ok {
		return s.groups
	}
	return w.list
}

// weakest is the lowest barrier that a list of lookalikes has for a group; where
// an app is in both there is nothing to tell apart.
func weakest(who, whose *group, seen []Lookalike) Barrier {
	b := Barrier{Who: who.name, Whose: whose.name}
	if slices.ContainsFunc(who.apps, func(a *inventory.App) bool { return slices.Contains(whose.apps, a) }) {
		b.State, b.Barrier = stateHealthy, barrierSameApp
		return b
	}
	order := []string{barrierNone, barrierLabel, barrierServiceAccount, barrierSchedule, barrierNamespace, barrierCertificate}
	best := len(order)
	for _, l := range seen {
		at := slices.Index(order, l.Barrier)
		if at < 0 || at >= best {
			continue
		}
		if slices.ContainsFunc(who.apps, func(a *inventory.App) bool { return slices.Contains(l.everyone, a.Key) }) {
			best, b.State, b.Barrier = at, l.State, l.Barrier
		}
	}
	return b
}
