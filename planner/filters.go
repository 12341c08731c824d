package planner

import (
	"fmt"
	"net/netip"
	"slices"

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

// aclOf is the network ACL of a subnet of one of these names, nil where it lets
// everything pass.
func (w *work) aclOf(names ...string) *inventory.NetworkACL {
	for i := range w.env.VPC.NetworkACLs {
		acl := &w.env.VPC.NetworkACLs[i]
		if slices.ContainsFunc(acl.Subnets, func(v inventory.Value[string]) bool { return slices.Contains(names, v.V) }) {
			return acl
		}
	}
	return nil
}

// leaving adds the rules for packets from one of an interface's addresses: what
// the nodes' security group lets out.
func (b *builder) leaving(list []sim.Rule, a netip.Addr) []sim.Rule {
	refuse := b.once("sg-out", note{code: "security-group", text: "the nodes' security group does not let it out", at: b.w.env.Cluster.At})
	for i, r := range b.w.env.Cluster.SecurityGroupEgress {
		m := portMatch(r.Ports)
		m.Src, m.Dst = single(a), r.CIDR
		list = append(list, sim.Rule{Match: m, Allow: true, Ref: b.once(fmt.Sprint("sg-out ", i), note{text: "security group of the nodes", at: r.At})})
	}
	return append(list, sim.Rule{Match: sim.Match{Src: single(a)}, Ref: refuse})
}

// entering adds the rules for packets to one of an interface's addresses: what
// the nodes' security group lets in, and everything from the VPC, since the
// group of EKS nodes admits its own members.
func (b *builder) entering(list []sim.Rule, a netip.Addr) []sim.Rule {
	refuse := b.once("sg-in", note{code: "security-group", text: "the nodes' security group does not let it in", at: b.w.env.Cluster.At})
	for i, r := range b.w.env.Cluster.SecurityGroupIngress {
		m := portMatch(r.Ports)
		m.Src, m.Dst = r.CIDR, single(a)
		list = append(list, sim.Rule{Match: m, Allow: true, Ref: b.once(fmt.Sprint("sg-in ", i), note{text: "security group of the nodes", at: r.At})})
	}
	for _, c := range b.w.vpcCIDRs() {
		list = append(list, sim.Rule{Match: sim.Match{Src: c, Dst: single(a)}, Allow: true, Ref: b.once("sg-members", note{text: "security group of the nodes: its own members"})})
	}
	return append(list, sim.Rule{Match: sim.Match{Dst: single(a)}, Ref: refuse})
}
