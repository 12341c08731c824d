package inventory

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"egressplan/planner/finding"
)

// Assumption is a value that decides something and that nobody has to give:
// each is argued and changed in one place, Policy.assumptions.
type Assumption struct {
	Name      string
	Default   decimal.Decimal
	Unit      string
	Meaning   string
	Low, High decimal.Decimal // the valid range, inclusive
}

// Assumptions returns all named assumptions, by name.
func Assumptions() []Assumption { return slices.Clone(assumptions) }

// Assume is the value of a named assumption: the policy's, else the default. It
// panics on a name that is not in the table.
func (p *Plan) Assume(name string) Value[decimal.Decimal] {
	i, ok := slices.BinarySearchFunc(assumptions, name, func(a Assumption, n string) int { return cmp.Compare(a.Name, n) })
	if !ok {
		panic("inventory: no assumption is named " + name)
	}
	if v, given := p.Policy.Assumptions[name]; given {
		return v
	}
	return Value[decimal.Decimal]{V: assumptions[i].Default, At: cmp.Or(p.Policy.At, finding.Pos{})}
}

func given(name, value, unit, meaning string) Assumption {
	return Assumption{name, decimal.RequireFromString(value), unit, meaning, decimal.Decimal{}, decimal.New(1_000_000, 0)}
}

func (a Assumption) from(low, high int64) Assumption {
	a.Low, a.High = decimal.New(low, 0), decimal.New(high, 0)
	return a
}

func (a Assumption) ratio() Assumption {
	a.Low, a.High = decimal.New(1, -2), decimal.New(1, 0)
	return a
}

// assumptions is sorted by name; a test holds that.
var assumptions = []Assumption{
	given("accessChangeHours", "0.5", "hours", "work per changed destination in the patterns of subnets, private NAT and Cilium"),
	given("accessChangeHoursMesh", "1.5", "hours", "work per changed destination in the Istio pattern"),
	given("amortisationMonths", "36", "months", "time over which one-off work is spread").from(1, 1200),
	given("ciliumMigrationHours", "160", "hours", "one-off work to replace the CNI of a running cluster by Cilium"),
	given("ciliumUpkeepHoursPerMonth", "16", "hours a month", "work to run Cilium where it does not run already"),
	given("crossZoneSides", "2", "sides", "how often a GB between zones is billed: once at each end").from(1, 2),
	given("daemonsetCPUMillis", "200", "millicores", "CPU that system pods take on every node"),
	given("daemonsetMemoryMiB", "300", "MiB", "memory that system pods take on every node"),
	given("daemonsetPods", "2", "pods", "system pods with an address of their own on every node").from(0, 100),
	given("egressPolicyHoursPerMonth", "0.1", "hours a month", "upkeep of one Cilium egress policy"),
	given("engineerHourUSD", "90", "USD an hour", "what an hour of engineering costs").from(0, 100_000),
	given("evictionMemoryMiB", "100", "MiB", "memory that the kubelet keeps free on every node"),
	given("firewallChangeHours", "2", "hours", "work per change of an on-premises firewall"),
	given("gatewayCPUMillis", "100", "millicores", "CPU request of one Istio gateway replica"),
	given("gatewayMemoryMiB", "128", "MiB", "memory request of one Istio gateway replica"),
	given("gatewayUtilisation", "0.6", "ratio", "share of a gateway node's baseline bandwidth that is planned for").ratio(),
	given("hoursPerMonth", "730", "hours", "hours that a month is billed with").from(1, 744),
	given("istioUpkeepHoursPerMonth", "24", "hours a month", "work to run Istio where it does not run already"),
	given("istiodCPUMillis", "500", "millicores", "CPU request of one istiod replica"),
	given("istiodMemoryMiB", "2048", "MiB", "memory request of one istiod replica"),
	given("istiodReplicas", "2", "replicas", "replicas of istiod").from(0, 100),
	given("meshAppHoursPerMonth", "0.2", "hours a month", "upkeep of one app in the mesh"),
	given("meshOnboardHoursPerApp", "3", "hours", "one-off work to bring one app into the mesh"),
	given("natGatewayHoursPerMonth", "0.25", "hours a month", "upkeep of one NAT gateway"),
	given("nearTiePercent", "5", "percent", "difference of two decisions below which they count as a near-tie").from(0, 100),
	given("newAppHours", "6", "hours", "work per new app in the patterns of subnets and private NAT"),
	given("newAppHoursKubernetes", "2", "hours", "work per new app in the Cilium and Istio patterns"),
	given("nodeGroupHoursPerMonth", "0.5", "hours a month", "upkeep of one node group"),
	given("peakFactor", "4", "times", "peak over mean traffic").from(1, 1000),
	given("sidecarCPUMillis", "100", "millicores", "CPU request of one Istio sidecar"),
	given("sidecarMemoryMiB", "128", "MiB", "memory request of one Istio sidecar"),
}
