package planner

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"egressplan/cidr"
	"egressplan/planner/inventory"
)

// Leak is a source address, beside those planned, that packets of some apps can
// show on-premises in one kind of misuse, and what closes it. Admitted is true
// where some entry of the allow-list would let it through to a destination that
// the app reaches.
type Leak struct {
	State    string   `json:"state"`
	Meaning  string   `json:"meaning"`
	Apps     []string `json:"apps"`  // the first twenty
	Count    int      `json:"count"` // all
	Sources  []string `json:"sources"`
	Admitted bool     `json:"admitted"`
	To       []string `json:"to"` // the destinations to which it is let through
	Lasts    *Lasts   `json:"lasts,omitempty"`
	Guard    string   `json:"guard"`
}

// guards close what a misuse opens.
var guards = map[string]string{
	stateMislabelled:         "refuse pods of the namespace without the label at admission",
	stateMisplaced:           "taint the nodes, and refuse foreign tolerations, node selectors and spec.nodeName at admission, also on update",
	stateImpostor:            "pin the policy to namespace and service account, and refuse the label on other workloads at admission, also on update",
	stateNoSidecar:           "refuse sidecar.istio.io/inject=false and namespaces without injection at admission; give the app subnets no route to on-premises",
	stateProxyUID:            "refuse runAsUser and runAsGroup 1337 at admission, ephemeral containers included",
	stateHostNetwork:         "refuse hostNetwork at admission (Pod Security Standards, baseline)",
	statePolicyLag:           "let the app retry, or hold it with an init container until it shows its egress IP; never allow-list the nodes beside the egress IPs",
	statePolicyOverlap:       "let one team write egress policies (RBAC on the cluster-scoped kind) and refuse a second one for the same prefix before it is applied",
	stateSubnetDiscovery:     "set ENABLE_SUBNET_DISCOVERY to false, or tag subnets per cluster (cni.networking.k8s.aws/cluster/<name>)",
	stateServiceEntryMissing: "apply the mesh configuration before the app; REGISTRY_ONLY narrows it but is not a security boundary",
}

// leakKinds are the misuses that may show another source; the others are about
// showing somebody else's, or nothing.
func leakKinds() []string {
	return slices.DeleteFunc(misuseKinds(), func(kind string) bool { return kind == stateImpostor || kind == statePortsExhausted })
}

// Complete works out what only the recommended candidate has from the start: its
// Leaks, and the states of its AllowList.
func (c *Candidate) Complete() {
	if c.Leaks == nil {
		c.Leaks = c.work.leaks()
		c.work.fillStates()
	}
}

// leaks are the leaks of all apps.
func (w *work) leaks() []Leak { return w.leaksOf(w.apps) }

// leaksAs are the leaks that show one address: what they say of being let through
// is about the block of that address alone.
func (w *work) leaksAs(a netip.Addr) []Leak {
	return w.leaksWith(w.apps, func(s netip.Prefix) bool { return s.Contains(a) })
}

func (w *work) leaksOf(apps []*inventory.App) []Leak {
	return w.leaksWith(apps, func(netip.Prefix) bool { return true })
}

// leaksWith walks every misuse of some apps and keeps those of the sources asked
// for that are not the app's own, folded by kind and what on-premises would see.
func (w *work) leaksWith(apps []*inventory.App, asked func(netip.Prefix) bool) []Leak {
	found := map[string]*Leak{}
	// Apps that show the same are walked once.
	classes, class := map[string]int{}, make([]int, len(apps))
	for i, a := range apps {
		key := w.alike(a)
		n, known := classes[key]
		if !known {
			n = len(classes)
			classes[key] = n
		}
		class[i] = n
	}
	for _, kind := range leakKinds() {
		known := make([]*shownAs, len(classes))
		for i, a := range apps {
			shown := known[class[i]]
			if shown == nil {
				shown = w.shows(kind, a, asked)
				known[class[i]] = shown
			}
			if len(shown.sources) > 0 {
				fileLeak(found, kind, a.Key, shown)
			}
		}
	}
	list := make([]Leak, 0, len(found))
	for _, l := range found {
		l.Count = len(l.Apps)
		l.Apps = l.Apps[:min(len(l.Apps), foldedSubjects)]
		list = append(list, *l)
	}
	slices.SortFunc(list, func(a, b Leak) int {
		return cmp.Or(cmp.Compare(kindOrder(a.State), kindOrder(b.State)), slices.Compare(a.Sources, b.Sources), slices.Compare(a.Apps, b.Apps))
	})
	return list
}

// shownAs is what on-premises sees of an app in a misuse beside its own sources,
// and the destinations to which some of it is let through.
type shownAs struct {
	sources, to []string
	lasts       duration
}

// alike is the same for apps whose misuses show the same: kin with equal flows.
func (w *work) alike(a *inventory.App) string {
	key := strconv.AppendUint(nil, uint64(w.kinOf[a].label), 10)
	for _, f := range w.onPremises(a) {
		key = strconv.AppendUint(append(key, '|'), uint64(w.toward(a, f.to).label), 10)
		key = append(append(key, ' '), f.to.Name.V...)
		key = strconv.AppendBool(append(key, ' '), f.inbound())
		if len(f.flow.Ports) > 0 {
			key = fmt.Append(key, ' ', f.flow.Ports)
		}
	}
	return string(key)
}

// shows walks a misuse of an app.
func (w *work) shows(kind string, a *inventory.App, asked func(netip.Prefix) bool) *shownAs {
	m := w.misuse(kind, a)
	if m.void != "" || len(m.from) == 0 {
		return &shownAs{}
	}
	var sources []netip.Prefix
	through := map[string]bool{}
	for x := range w.misused(State{kind, a.Key}, a, m) {
		foreign := slices.DeleteFunc(w.foreign(&x), func(s netip.Prefix) bool { return !asked(s) })
		if len(foreign) == 0 || x.f.to.Firewall.V == "" {
			continue
		}
		sources = append(sources, foreign...)
		for _, s := range foreign {
			if w.admitsAnybody(x.f.to).contains(s) {
				through[x.f.to.Name.V] = true
			}
		}
	}
	return &shownAs{texts(cidr.Merge(sources)), sortedKeys(through), m.lasts}
}

// foreign are the sources of a path that are not the app's own.
func (w *work) foreign(p *walked) []netip.Prefix {
	own := w.admits(p.f)
	return slices.DeleteFunc(slices.Clone(p.sources), func(s netip.Prefix) bool { return own.contains(s) })
}

func fileLeak(found map[string]*Leak, kind, app string, shown *shownAs) {
	key := kind + "|" + strings.Join(shown.sources, " ") + "|" + strings.Join(shown.to, " ")
	l := found[key]
	if l == nil {
		k, _ := stateKindOf(kind)
		l = &Leak{State: kind, Meaning: k.Meaning, Sources: shown.sources, Admitted: len(shown.to) > 0, To: shown.to, Guard: guards[kind]}
		if shown.lasts.text != "" {
			l.Lasts = &Lasts{shown.lasts.text, shown.lasts.known}
		}
		found[key] = l
	}
	l.Apps = append(l.Apps, app)
}
