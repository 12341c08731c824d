package inventory

import (
	"slices"

	"github.com/shopspring/decimal"
	"gopkg.in/yaml.v3"

	"egressplan/planner/finding"
)

// maxPerZone bounds gateway nodes and replicas in one zone.
const maxPerZone = 100

// policy reads the spec of a Policy.
func (l *loader) policy(doc document) {
	d := doc.d
	o, ok := d.object(doc.spec, "the spec of Policy", "exclude", "reject", "accept", "maxExceptions", "allowOverPermission",
		"redundancy", "assumptions", "licences")
	if !ok {
		return
	}
	p := &l.plan.Policy
	p.At = doc.at
	p.Exclude = each(o, "exclude", oneOf(PatternIDs...))
	p.Reject = each(o, "reject", findingCode)
	p.Accept = each(o, "accept", findingCode)
	p.MaxExceptions = optional(o, "maxExceptions", 0, whole(0, maxCount))
	p.AllowOverPermission = optional(o, "allowOverPermission", false, boolean)
	p.Redundancy = readRedundancy(o)
	p.Assumptions = readAssumptions(o)
	p.Licences = readLicences(o)
	distinct(l.report, p.Exclude, "exclude")
	if len(p.Exclude) >= len(PatternIDs) {
		l.add(p.Exclude[len(p.Exclude)-1].At, CodeConflict, "leave at least one pattern", "exclude leaves no pattern to recommend")
	}
	distinct(l.report, slices.Concat(p.Reject, p.Accept), "finding code in reject and accept")
}

// defaultPolicy is what holds where there is no Policy document.
func (l *loader) defaultPolicy() {
	empty := document{d: &decoder{report: l.report}, spec: &yaml.Node{Kind: yaml.MappingNode}}
	l.policy(empty)
	l.plan.Policy.At = finding.Pos{}
}

// findingCode reads a code of the catalogue of findings.
func findingCode(d *decoder, n *yaml.Node, key string) (string, bool) {
	s, ok := text(d, n, key)
	if !ok {
		return "", false
	}
	if _, known := finding.Lookup(s); known {
		return s, true
	}
	var codes []string
	for _, e := range finding.Catalogue() {
		codes = append(codes, e.Code)
	}
	fix := d.spelling.suggest(s, codes)
	if fix == "" {
		fix = "take a code that a recommendation printed; docs/findings.md in the repository names them all"
	}
	d.problem(n, CodeUnknownReference, fix, "%s %s is not the code of a finding", key, quote(s))
	return "", false
}

func readRedundancy(policy object) Redundancy {
	o, _ := policy.orEmpty("redundancy", "natZones", "egressNodesPerZone", "gatewayReplicasPerZone")
	return Redundancy{
		At:                     o.at(),
		NATZones:               optional(o, "natZones", NATZonesAll, natZones),
		EgressNodesPerZone:     optional(o, "egressNodesPerZone", 1, whole(1, maxPerZone)),
		GatewayReplicasPerZone: optional(o, "gatewayReplicasPerZone", 2, whole(1, maxPerZone)),
	}
}

// natZones reads "all" or a number of zones.
func natZones(d *decoder, n *yaml.Node, key string) (int, bool) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" {
		if n.Value == "all" {
			return NATZonesAll, true
		}
		d.problem(n, CodeBadEnum, "write all, or how many zones get NAT gateways", "%s %s is neither all nor a number", key, quote(n.Value))
		return 0, false
	}
	return whole(1, maxPerZone)(d, n, key)
}

func readLicences(policy object) Licences {
	o, _ := policy.orEmpty("licences", "isovalentMonthlyUSD", "tetrateMonthlyUSD")
	return Licences{
		IsovalentMonthlyUSD: optional(o, "isovalentMonthlyUSD", zero, amount(zero, maxMoney)),
		TetrateMonthlyUSD:   optional(o, "tetrateMonthlyUSD", zero, amount(zero, maxMoney)),
	}
}

// readAssumptions reads values for the named assumptions.
func readAssumptions(policy object) map[string]Value[decimal.Decimal] {
	var known []string
	for _, a := range assumptions {
		known = append(known, a.Name)
	}
	o, ok := policy.inner("assumptions", known...)
	if !ok {
		return nil
	}
	given := map[string]Value[decimal.Decimal]{}
	for _, a := range assumptions {
		if v := optional(o, a.Name, a.Default, inUnits(a.Unit, amount(a.Low, a.High))); v.Set {
			given[a.Name] = v
		}
	}
	return given
}
