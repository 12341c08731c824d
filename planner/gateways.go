package planner

import "github.com/shopspring/decimal"

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
