package planner

import (
	"fmt"
	"net/netip"

	"egressplan/cidr"
	"egressplan/planner/inventory"
	"egressplan/sim"
)

// clusterIPs translates the ClusterIPs of Services whose endpoints are outside
// the VPC. kube-proxy does it before the VPC CNI could mark the packet, so with
// SNAT on a pod of a secondary interface leaves by that interface although it is
// translated to the primary address, unless the endpoint is in
// AWS_EXTERNAL_SERVICE_CIDRS (Amazon VPC CNI README; known for iptables).
func (b *builder) clusterIPs(p *placement, eth1 sim.NodeID) {
	for i := range b.w.plan.Destinations {
		d := &b.w.plan.Destinations[i]
		if !d.ClusterIP.Set {
			continue
		}
		b.clusterIP(p.host, d)
		if b.w.cilium() || b.w.externalSNAT() {
			continue
		}
		for _, c := range b.w.destinationBlocks(d) {
			if !cidr.Contains(values(b.w.env.Cluster.VPCCNI.ExternalServiceCIDRs), c) {
				b.unmarked(p, eth1, c)
			}
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

// unmarked leads a secondary-interface pod's packets to an endpoint by that
// interface, as only a mark would lead them to the primary one.
func (b *builder) unmarked(p *placement, eth1 sim.NodeID, c netip.Prefix) {
	n := b.at(p.host)
	n.Routes = append(n.Routes, sim.Route{Dst: c, Src: single(p.addr[variantSecondary]), Opening: true, Rank: -1, Next: []sim.NodeID{eth1},
		Ref: b.once("unmarked", note{text: "translated by kube-proxy before it could be marked: by the pod's own interface", source: hostRules})})
}
