package planner

import (
	"fmt"
	"slices"
	"strings"

	"egressplan/planner/inventory"
)

// State is one condition in which the network is walked: healthy, one fault, or
// one misuse. Subject says what it befalls: a zone, a gateway, a link, an app.
type State struct{ Kind, Subject string }

// healthyState is the one in which nothing is broken or misused.
var healthyState = State{Kind: stateHealthy}

// String is the state as it is written: "zone-lost:us-east-1a".
func (s State) String() string {
	if s.Subject == "" {
		return s.Kind
	}
	return s.Kind + ":" + s.Subject
}

// Kinds of state.
const (
	stateHealthy           = "healthy"
	stateZoneLost          = "zone-lost"
	stateNodeLost          = "node-lost"
	stateNATLost           = "nat-lost"
	stateEgressNodeLost    = "egress-node-lost"
	stateEgressNodeDeleted = "egress-node-deleted"
	stateEgressIPMissing   = "egress-ip-missing"
	stateGatewayLost       = "gateway-lost"
	stateLinkLost          = "link-lost"

	stateMislabelled         = "mislabelled"
	stateMisplaced           = "misplaced"
	stateImpostor            = "impostor"
	stateNoSidecar           = "no-sidecar"
	stateProxyUID            = "proxy-uid"
	stateHostNetwork         = "host-network"
	statePolicyLag           = "policy-lag"
	statePolicyOverlap       = "policy-overlap"
	stateSubnetDiscovery     = "subnet-discovery"
	statePortsExhausted      = "ports-exhausted"
	stateServiceEntryMissing = "service-entry-missing"
)

// StateKind is a kind of state: what it is about and what it means. Misuses are
// about an app; everything else but healthy is a fault.
type StateKind struct {
	Kind    string
	Subject string // what follows the colon; "" for healthy
	Meaning string
	Misuse  bool
}

// StateKinds are all kinds in the order in which they are shown.
func StateKinds() []StateKind { return slices.Clone(stateKinds) }

var stateKinds = []StateKind{
	{stateHealthy, "", "nothing is broken or misused", false},
	{stateZoneLost, "zone", "everything in the zone is gone: nodes, NAT gateways, gateways", false},
	{stateNodeLost, "zone", "a node of the app in the zone is gone", false},
	{stateNATLost, "NAT gateway", "the NAT gateway does not forward", false},
	{stateEgressNodeLost, "egress node", "the egress node is dead, its Node object is still there", false},
	{stateEgressNodeDeleted, "egress node", "the egress node's Node object or its label is gone", false},
	{stateEgressIPMissing, "egress node", "the egress IPs are not configured on the node in Linux", false},
	{stateGatewayLost, "zone", "the egress gateways of the zone are gone", false},
	{stateLinkLost, "link", "the link to the site is gone", false},
	{stateMislabelled, "app", "the app's pods lack the labels that policies select", true},
	{stateMisplaced, "app", "the app's pods run on nodes that are not theirs", true},
	{stateImpostor, "app", "somebody else's pod wears the app's labels", true},
	{stateNoSidecar, "app", "the app's pods run without a sidecar", true},
	{stateProxyUID, "app", "a process of the app runs as the sidecar's user", true},
	{stateHostNetwork, "app", "the app's pods use the host network", true},
	{statePolicyLag, "app", "a pod of the app has just started and nothing is programmed for it yet", true},
	{statePolicyOverlap, "app", "a second egress policy selects the app for the same destinations", true},
	{stateSubnetDiscovery, "app", "the CNI took the pod's address from another subnet", true},
	{stateServiceEntryMissing, "app", "no mesh configuration leads the app's destinations to a gateway", true},
	{statePortsExhausted, "app", "every source port towards the destination is taken", true},
}

// stateKindOf looks a kind up.
func stateKindOf(kind string) (StateKind, bool) {
	i := slices.IndexFunc(stateKinds, func(k StateKind) bool { return k.Kind == kind })
	if i < 0 {
		return StateKind{}, false
	}
	return stateKinds[i], true
}

// ParseState reads "kind" or "kind:subject". A kind alone stands for all its
// subjects.
func ParseState(text string) (State, error) {
	kind, subject, named := strings.Cut(text, ":")
	k, known := stateKindOf(kind)
	switch {
	case !known:
		return State{}, fmt.Errorf("no state %q", kind)
	case named && k.Subject == "":
		return State{}, fmt.Errorf("state %s is about nothing in particular: leave out %q", kind, ":"+subject)
	case named && subject == "":
		return State{}, fmt.Errorf("state %q names no %s after the colon", text, k.Subject)
	}
	return State{Kind: kind, Subject: subject}, nil
}

// includes reports whether s, which may name a kind only, stands for t.
func (s State) includes(t State) bool {
	return s.Kind == t.Kind && (s.Subject == "" || s.Subject == t.Subject)
}

// States are all states in which a pattern can be walked: the
// healthy one, every single fault, every misuse of every app. Without an id it is
// the recommended pattern, or the nearest one; nil if the policy excludes it.
func States(plan *inventory.Plan, patternID string) []State {
	c := pick(plan, patternID)
	if c == nil {
		return nil
	}
	list := []State{healthyState}
	for _, f := range c.work.faults() {
		list = append(list, f.state)
	}
	for _, kind := range misuseKinds() {
		for i := range plan.Apps {
			list = append(list, State{kind, plan.Apps[i].Key})
		}
	}
	return list
}
