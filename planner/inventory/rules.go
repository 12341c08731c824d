package inventory

import (
	"net/netip"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"egressplan/planner/finding"
)

// lastACLRule is the highest rule number AWS takes (Amazon VPC User Guide,
// Network ACL rules).
const lastACLRule = 32766

const (
	aclForm = `write "100 allow tcp/443 10.0.0.0/8": number, allow or deny, ports, block`
	sgForm  = `write "tcp/443 10.0.0.0/8": ports and block`
)

// match reads the "ports block" at the end of a rule.
func match(fields []string) (r PortRange, p netip.Prefix, wrong *complaint) {
	r, err := parsePorts(fields[0])
	if err != nil {
		return r, p, &complaint{CodeBadPorts, "has bad ports " + quote(fields[0]), err.Error()}
	}
	p, wrong = parsePrefix(fields[1])
	if wrong != nil {
		wrong = &complaint{wrong.code, "has the block " + quote(fields[1]) + " that " + wrong.message, wrong.fix}
	}
	return r, p, wrong
}

// parseACLRule reads "100 allow tcp/1024-65535 10.0.0.0/8".
func parseACLRule(s string) (ACLRule, *complaint) {
	fields := strings.Fields(s)
	if len(fields) != 4 || fields[1] != "allow" && fields[1] != "deny" {
		return ACLRule{}, &complaint{CodeBadRule, "is not a rule of a network ACL", aclForm}
	}
	n, err := strconv.Atoi(fields[0])
	if err != nil || !digits(fields[0]) || fields[0][0] == '0' || n > lastACLRule {
		return ACLRule{}, &complaint{CodeBadRule, "has no rule number from 1 to 32766", aclForm}
	}
	ports, block, wrong := match(fields[2:])
	return ACLRule{Number: n, Allow: fields[1] == "allow", Ports: ports, CIDR: block}, wrong
}

// parseSGRule reads "tcp/443 10.0.0.0/8".
func parseSGRule(s string) (SGRule, *complaint) {
	fields := strings.Fields(s)
	if len(fields) != 2 {
		return SGRule{}, &complaint{CodeBadRule, "is not a rule of a security group", sgForm}
	}
	ports, block, wrong := match(fields)
	return SGRule{Ports: ports, CIDR: block}, wrong
}

// rule turns a reader of rules into a parser.
func rule[T any](read func(string) (T, *complaint)) parser[T] {
	return func(d *decoder, n *yaml.Node, key string) (T, bool) {
		var zero T
		s, ok := text(d, n, key)
		if !ok {
			return zero, false
		}
		v, wrong := read(s)
		if wrong != nil {
			d.problem(n, wrong.code, wrong.fix, "%s rule %s %s", key, quote(s), wrong.message)
			return zero, false
		}
		return v, true
	}
}

// aclRules reads one direction of a network ACL, sorted by rule number.
func (o object) aclRules(key string) []ACLRule {
	var list []ACLRule
	for _, v := range each(o, key, rule(parseACLRule)) {
		v.V.At = v.At
		list = append(list, v.V)
	}
	sortUnique(o.d.report, list, key+" rule number", func(r *ACLRule) (int, finding.Pos) { return r.Number, r.At })
	return list
}

// sgRules reads one direction of a security group.
func (o object) sgRules(key string) []SGRule {
	var list []SGRule
	for _, v := range each(o, key, rule(parseSGRule)) {
		v.V.At = v.At
		list = append(list, v.V)
	}
	return list
}
