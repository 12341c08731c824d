package planner

import (
	"fmt"
	"net/netip"

	"egressplan/cidr"
	"egressplan/planner/inventory"
	"egressplan/sim"
)

// eachClusterIP calls f for every destination with a ClusterIP in front.
func (b *builder) eachClusterIP(f func(d *inventory.Destination)) {
	for i := range b.w.plan.Destinations {
		if d := &b.w.plan.Destinations[i]; d.ClusterIP.Set {
			f(d)
		}
	}
}

// clusterIPs translates the ClusterIPs of Services whose endpoints are outside
// the VPC. kube-proxy does it before the VPC CNI could mark the packet, so with
// SNAT on a pod of a secondary interface leaves by that interface although it is
// translated to the primary address, unless the endpoint is in
// AWS_EXTERNAL_SERVICE_CIDRS (Amazon VPC CNI README; known for iptables).
func (b *builder) clusterIPs(p *placement) {
	b.eachClusterIP(func(d *inventory.Destination) {
		b.clusterIP(p.host, d)
		b.eachUnmarked(d, func(c netip.Prefix) {
			for _, v := range []string{variantSecondary, variantBranch, variantDiscovered} {
				if _, ok := p.addr[v]; ok {
					b.unmarked(p, v, c)
				}
			}
		})
	})
}

// eachUnmarked calls f for the endpoints of a ClusterIP that no mark leads to the
// primary interface.
func (b *builder) eachUnmarked(d *inventory.Destination, f func(c netip.Prefix)) {
	if b.w.cilium() || b.w.externalSNAT() {
		return
	}
	for _, c := range b.w.destinationBlocks(d) {
		if !cidr.Contains(values(b.w.env.Cluster.VPCCNI.ExternalServiceCIDRs), c) {
			f(c)
		}
	}
}

// clusterIP sends what is asked of a ClusterIP to one of the endpoints.
func (b *builder) clusterIP(host sim.NodeID, d *inventory.Destination) {
	n := b.at(host)
	if n.Proxy == nil {
		n.Proxy = &sim.Proxy{}
	}
	for _, r := range d.Ports {
		m := portMatch(r)
		m.Dst = single(d.ClusterIP.V)
		f := sim.Forward{Match: m, KeepLabel: true, Ref: b.once("clusterip "+d.Name.V, note{
			text: fmt.Sprintf("kube-proxy translates the ClusterIP %s to an endpoint of %s", d.ClusterIP.V, d.Name.V), source: "Kubernetes documentation, Service"})}
		for _, c := range b.w.destinationBlocks(d) {
			f.To = append(f.To, netip.AddrPortFrom(firstHost(c), r.From))
		}
		n.Proxy.Forwards = append(n.Proxy.Forwards, f)
	}
}

// unmarked leads a pod's packets to an endpoint by the interface that has its
// address, as only a mark would lead them to the primary one.
func (b *builder) unmarked(p *placement, variant string, c netip.Prefix) {
	n := b.at(p.host)
	n.Routes = append(n.Routes, sim.Route{Dst: c, Src: single(p.addr[variant]), Opening: true, Rank: -1, Next: b.only(p.eni[variant]),
		Ref: b.once("unmarked", note{text: "translated by kube-proxy before it could be marked: by the pod's own interface", source: hostRules})})
}

// unmarkedBranch keeps the node from translating a branch interface's packets
// that leave by it: the rule leaves out vlan interfaces.
func (b *builder) unmarkedBranch(p *placement) {
	a, ok := p.addr[variantBranch]
	if !ok {
		return
	}
	b.eachClusterIP(func(d *inventory.Destination) {
		b.eachUnmarked(d, func(c netip.Prefix) {
			n := b.at(p.host)
			n.NAT = append([]sim.NAT{{Match: sim.Match{Src: single(a), Dst: c}, Ref: b.once("vlan", note{text: "what leaves by a branch interface is not translated", source: hostRules})}}, n.NAT...)
		})
	})
}
