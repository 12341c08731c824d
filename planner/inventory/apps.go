package inventory

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"
	"gopkg.in/yaml.v3"
)

var (
	zero          = decimal.Decimal{}
	defaultGrowth = decimal.New(25, -2)
	// maxChanges bounds changes and new apps a month.
	maxChanges = decimal.New(1_000_000, 0)
)

// What a pod requests where nothing is given.
const (
	defaultCPUMillis = 100
	defaultMemoryMiB = 128
)

// inventory reads the spec of an AppInventory.
func (l *loader) inventory(doc document) {
	o, ok := doc.d.object(doc.spec, "the spec of AppInventory", "newAppsPerMonth", "apps")
	if !ok {
		return
	}
	perMonth := optional(o, "newAppsPerMonth", zero, amount(zero, maxChanges))
	switch given := &l.plan.NewAppsPerMonth; {
	case !perMonth.Set && given.At.IsZero():
		*given = perMonth
	case perMonth.Set && given.Set:
		l.collide(CodeConflict, perMonth.At, given.At, "give it once, for the whole estate", "newAppsPerMonth is given twice")
	case perMonth.Set:
		*given = perMonth
	}
	l.plan.Apps = append(l.plan.Apps, objects(o, "apps", readApp)...)
}

func readApp(d *decoder, n *yaml.Node) (App, bool) {
	o, ok := d.object(n, "an app", "name", "namespace", "tenant", "serviceAccount", "podLabels", "compute", "os", "hostNetwork",
		"subnets", "pods", "requests", "growth", "changesPerMonth", "maxChangeDays", "flows")
	if !ok {
		return App{}, false
	}
	a := App{
		Meta: o.meta(), At: o.at(),
		Name:            required(o, "name", name),
		Namespace:       required(o, "namespace", name),
		Tenant:          optional(o, "tenant", "", name),
		ServiceAccount:  optional(o, "serviceAccount", "default", subdomain),
		Compute:         optional(o, "compute", ComputeEC2, oneOf(ComputeEC2, ComputeFargate)),
		OS:              optional(o, "os", OSLinux, oneOf(OSLinux, OSWindows)),
		HostNetwork:     optional(o, "hostNetwork", false, boolean),
		Subnets:         each(o, "subnets", reference),
		Pods:            readPods(o),
		Requests:        readRequests(o),
		Growth:          optional(o, "growth", defaultGrowth, percent(1000)),
		ChangesPerMonth: optional(o, "changesPerMonth", zero, amount(zero, maxChanges)),
		MaxChangeDays:   optional(o, "maxChangeDays", 0, whole(0, 3650)),
		Flows:           objects(o, "flows", readFlow),
	}
	a.Key = a.Namespace.V + "/" + a.Name.V
	a.PodLabels = readPodLabels(o, a.Name.V)
	checkCompute(d.report, &a)
	sortFlows(d.report, a.Flows)
	return a, true
}

// checkCompute refuses what EKS has not: Fargate runs Linux pods with a network
// of their own only (Amazon EKS User Guide, Fargate considerations).
func checkCompute(r *report, a *App) {
	if a.Compute.V != ComputeFargate {
		return
	}
	if a.HostNetwork.V {
		r.add(a.HostNetwork.At, CodeConflict, "remove hostNetwork or run the app on ec2", "app %s has hostNetwork on fargate, which does not offer it", quote(a.Key))
	}
	if a.OS.V == OSWindows {
		r.add(a.OS.At, CodeConflict, "run the app on ec2", "app %s has windows on fargate, which runs linux only", quote(a.Key))
	}
}

// readPods reads the replicas; typical defaults to the midpoint, rounded up.
func readPods(app object) Pods {
	n := app.field("pods")
	if n == nil {
		app.missing("pods")
		return Pods{}
	}
	o, ok := app.d.object(n, "pods", "min", "max", "typical")
	if !ok {
		return Pods{}
	}
	p := Pods{Min: required(o, "min", whole(0, maxPods)), Max: required(o, "max", whole(1, maxPods))}
	p.Typical = optional(o, "typical", (p.Min.V+p.Max.V+1)/2, whole(0, maxPods))
	switch {
	case !p.Min.Set || !p.Max.Set:
	case p.Max.V < p.Min.V:
		o.d.add(p.Max.At, CodeConflict, "raise max or lower min", "pods.max %d is below pods.min %d", p.Max.V, p.Min.V)
	case p.Typical.V < p.Min.V || p.Typical.V > p.Max.V:
		o.d.add(p.Typical.At, CodeConflict, "choose a number of pods from min to max", "pods.typical %d is outside %d..%d", p.Typical.V, p.Min.V, p.Max.V)
	}
	return p
}

func readRequests(app object) Requests {
	o, _ := app.orEmpty("requests", "cpu", "memory")
	return Requests{CPU: optional(o, "cpu", defaultCPUMillis, cpu), Memory: optional(o, "memory", defaultMemoryMiB, memory)}
}

func readPodLabels(o object, app string) map[string]string {
	n := o.field("podLabels")
	if n == nil {
		return map[string]string{"app": app}
	}
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if k := target(n.Content[i]); k.Kind == yaml.ScalarNode && k.Tag != "!!merge" && !isLabelKey(k.Value) {
				o.d.problem(k, CodeBadLabel, "write [prefix/]name of letters, digits, '-', '_' and '.'", "pod label %s is not a Kubernetes label key", quote(k.Value))
			}
		}
	}
	return o.d.texts(n, "podLabels", labelValue)
}

// labelValue reads the value of a pod label (Kubernetes, Labels and Selectors).
func labelValue(d *decoder, n *yaml.Node, key string) (string, bool) {
	s, ok := text(d, n, key)
	if ok && s != "" && !isLabelPart(s) {
		d.problem(n, CodeBadLabel, "use at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends",
			"%s %s is not a Kubernetes label value", key, quote(s))
	}
	return s, ok
}

func isLabelKey(s string) bool {
	prefix, name, ok := strings.Cut(s, "/")
	if !ok {
		return isLabelPart(s)
	}
	return isSubdomain(prefix) && isLabelPart(name)
}

func isLabelPart(s string) bool {
	if s == "" || len(s) > 63 || !isAlphanumeric(s[0]) || !isAlphanumeric(s[len(s)-1]) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r > 127 || !isAlphanumeric(byte(r)) && r != '-' && r != '_' && r != '.'
	})
}

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func readFlow(d *decoder, n *yaml.Node) (Flow, bool) {
	o, ok := d.object(n, "a flow", "to", "ports", "initiator", "outGB", "inGB", "peakConnections", "connectionsPerSecond")
	if !ok {
		return Flow{}, false
	}
	return Flow{
		At:                   o.at(),
		To:                   required(o, "to", reference),
		Ports:                o.portList("ports"),
		Initiator:            optional(o, "initiator", InitiatorApp, oneOf(InitiatorApp, InitiatorOnPrem)),
		Out:                  o.volume("outGB"),
		In:                   o.volume("inGB"),
		PeakConnections:      optional(o, "peakConnections", 0, whole(0, maxCount)),
		ConnectionsPerSecond: optional(o, "connectionsPerSecond", 0, whole(0, maxCount)),
	}, true
}

// portList reads port ranges, sorted, each once.
func (o object) portList(key string) []PortRange {
	var list []PortRange
	for _, v := range each(o, key, ports) {
		list = append(list, v.V)
	}
	slices.SortFunc(list, comparePorts)
	return slices.Compact(list)
}

// sortFlows brings flows into their order and reports those given twice.
func sortFlows(r *report, flows []Flow) {
	same := func(a, b Flow) int { return compareFlows(&a, &b) }
	slices.SortStableFunc(flows, same)
	for i := 1; i < len(flows); i++ {
		if a, b := &flows[i-1], &flows[i]; b.To.V != "" && compareFlows(a, b) == 0 {
			r.collide(CodeDuplicateName, b.At, a.At, "merge the two", "the flow to %s with the same ports and initiator stands twice", quote(b.To.V))
		}
	}
}

func compareFlows(a, b *Flow) int {
	if c := strings.Compare(a.To.V, b.To.V); c != 0 {
		return c
	}
	if c := slices.CompareFunc(a.Ports, b.Ports, comparePorts); c != 0 {
		return c
	}
	return strings.Compare(a.Initiator.V, b.Initiator.V)
}
