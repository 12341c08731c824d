package planner

import (
	"net/netip"
	"slices"

	"github.com/shopspring/decimal"

	"egressplan/cidr"
	"egressplan/planner/inventory"
)

// gatewaysForPeak is how many gateway nodes the peak needs: mean traffic of the
// declared volumes times peakFactor, over the type's baseline bandwidth at
// gatewayUtilisation. 1 GB a month is 8,589.934592 / 2,628,000 Mbit/s.
func (w *work) gatewaysForPeak() int {
	if w.gateType.BandwidthMbps == 0 {
		return 1
	}
	v := w.volumes(decimal.Zero)
	mbps := v.opened.known.Mul(decimal.RequireFromString("8589.934592")).Div(decimal.NewFromInt(2628000)).Mul(w.assumption("peakFactor"))
	each := decimal.NewFromInt(int64(w.gateType.BandwidthMbps)).Mul(w.assumption("gatewayUtilisation"))
	if !each.IsPositive() {
		return 1
	}
	return max(1, int(mbps.Div(each).Ceil().IntPart()))
}

// vxlanPort carries the tunnel to the gateway nodes; maxEgressGateways is how
// many entries a policy may list (Cilium documentation, System requirements and
// CiliumEgressGatewayPolicy).
const (
	vxlanPort         = 8472
	maxEgressGateways = 64
)

// tunnelOpen reports whether the nodes' security group lets the tunnel out to
// some subnets.
func (w *work) tunnelOpen(to []*block) bool {
	rules := w.env.Cluster.SecurityGroupEgress
	for _, b := range to {
		if len(rules) > 0 && !slices.ContainsFunc(rules, func(r inventory.SGRule) bool {
			udp := r.Ports.Protocol == "any" || r.Ports.Protocol == "udp" && r.Ports.From <= vxlanPort && vxlanPort <= r.Ports.To
			return udp && cidr.Contains([]netip.Prefix{r.CIDR}, b.cidr)
		}) {
			return false
		}
	}
	return true
}
