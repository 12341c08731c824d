package inventory

import (
	"net/netip"

	"gopkg.in/yaml.v3"

	"egressplan/planner/finding"
)

// checkClusterIP holds clusterIP to what a Service without selector can stand
// for: addresses that its endpoints name, outside the cluster.
func checkClusterIP(o object, t *Destination) {
	cidrs, hosts := o.field("cidrs"), o.field("hosts")
	switch {
	case !t.ClusterIP.Set || !t.Kind.Set:
	case t.Kind.V != KindOnPremises && t.Kind.V != KindNetwork:
		o.d.add(t.ClusterIP.At, CodeConflict, "remove clusterIP or make the destination on-premises or network",
			"destination %s is %s and has a clusterIP; only on-premises and network have one", quote(t.Name.V), t.Kind.V)
	case isEmpty(cidrs) && !isEmpty(hosts): // one that has neither was reported
		o.d.add(o.at(), CodeMissing, "add cidrs: the addresses that are the Service's endpoints",
			"destination %s has a clusterIP and no %q", quote(t.Name.V), "cidrs")
	}
}

// isEmpty is true for a list that is absent or has no element.
func isEmpty(n *yaml.Node) bool {
	return n == nil || n.Kind == yaml.SequenceNode && len(n.Content) == 0
}

// clusterIPs: each lies in the service CIDR, where it is free, and is one
// Service's.
func (l *loader) clusterIPs() {
	var given []Value[netip.Addr]
	for i := range l.plan.Destinations {
		if ip := l.plan.Destinations[i].ClusterIP; ip.Set {
			given = append(given, ip)
		}
	}
	sortUnique(l.report, given, "clusterIP", func(ip *Value[netip.Addr]) (string, finding.Pos) { return ip.V.String(), ip.At })
	service := l.plan.Environment.Cluster.ServiceCIDR
	if !service.V.IsValid() {
		return
	}
	whose := "the service CIDR"
	if !service.Set {
		whose = "the default service CIDR"
	}
	for _, ip := range given {
		if !service.V.Contains(ip.V) {
			l.add(ip.At, CodeOutside, "correct it, or the serviceCIDR of the cluster", "clusterIP %s lies outside %s %s", ip.V, whose, service.V)
			continue
		}
		if user := serviceAddressUser(service.V, ip.V); user != "" {
			l.add(ip.At, CodeReservedRange, "take another address of "+service.V.String(), "clusterIP %s is %s of %s %s", ip.V, user, whose, service.V)
		}
	}
}

// serviceAddressUser is what an address of the service CIDR is taken for: no
// Service gets its first and last, every cluster has the Service kubernetes at
// the next after the first (Kubernetes documentation, Service ClusterIP
// allocation), and EKS has kube-dns at the tenth after it (Amazon EKS User Guide,
// CoreDNS).
func serviceAddressUser(service netip.Prefix, ip netip.Addr) string {
	nth := service.Addr().As4() // ends in 0: the service CIDR is a /24 or wider
	nth[3] = ip.As4()[3]
	switch {
	case !service.Contains(ip.Next()):
		return "the last address"
	case ip != netip.AddrFrom4(nth):
		return ""
	case nth[3] == 0:
		return "the first address"
	case nth[3] == 1:
		return "the address of the Service kubernetes"
	case nth[3] == 10:
		return "the address of the Service kube-dns"
	}
	return ""
}
