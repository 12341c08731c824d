package planner

import (
	"fmt"

	"egressplan/planner/inventory"
	"egressplan/sim"
)

// aclFilter turns a network ACL into a stateless filter: numbered rules, the
// first match decides, then everything is refused.
func (b *builder) aclFilter(acl *inventory.NetworkACL, rules []inventory.ACLRule, outbound bool) *sim.Filter {
	f := &sim.Filter{Ref: b.ref(note{code: "network-acl", text: "network ACL " + acl.Name.V + ": no rule allows it", at: acl.At})}
	for _, r := range rules {
		m := portMatch(r.Ports)
		if outbound {
			m.Dst = r.CIDR
		} else {
			m.Src = r.CIDR
		}
		f.Rules = append(f.Rules, sim.Rule{Match: m, Allow: r.Allow,
			Ref: b.ref(note{code: "network-acl", text: fmt.Sprintf("network ACL %s, rule %d", acl.Name.V, r.Number), at: r.At})})
	}
	return f
}

// nodeFilter is the security group of the nodes: stateful, what it lets out.
func (b *builder) nodeFilter() *sim.Filter {
	rules := b.w.env.Cluster.SecurityGroupEgress
	if len(rules) == 0 {
		return nil
	}
	f := &sim.Filter{Stateful: true, Ref: b.ref(note{code: "security-group", text: "the nodes' security group does not let it out"})}
	for _, r := range rules {
		m := portMatch(r.Ports)
		m.Dst = r.CIDR
		f.Rules = append(f.Rules, sim.Rule{Match: m, Allow: true, Ref: b.ref(note{text: "security group of the nodes", at: r.At})})
	}
	return f
}
