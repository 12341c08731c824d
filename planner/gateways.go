package planner

import "github.com/shopspring/decimal"

// gatewaysForPeak is how many gateway nodes the peak needs: mean traffic of the
// declared volumes times peakFactor, over the type's baseline bandwidth at
// gatewayUtilisation. 1 GB a month is 8,589.934592 / 2,628,000 Mbit/s.
func (w *work) gatewaysForPeak() int {
	if w.gateType.BandwidthMbps == 0 {
		return 1
	}
	return w.gatewaysFor(w.volumes(decimal.Zero).opened.known)
}

// gatewaysFor is the same for so many GB a month through the gateways.
func (w *work) gatewaysFor(gb decimal.Decimal) int {
	mbps := gb.Mul(mbpsPerGB).Div(monthSeconds).Mul(w.assumption("peakFactor"))
	each := w.gatewayMbps()
	if !each.IsPositive() {
		return 1
	}
	return max(1, int(mbps.Div(each).Ceil().IntPart()))
}

// gatewayMbps is what one gateway node is asked to carry; zero where its type
// has no published baseline.
func (w *work) gatewayMbps() decimal.Decimal {
	return decimal.NewFromInt(int64(w.gateType.BandwidthMbps)).Mul(w.assumption("gatewayUtilisation"))
}

// 1 GB in one second is mbpsPerGB Mbit/s: 2^30 x 8 / 10^6; a month of 730 hours
// has monthSeconds.
var (
	mbpsPerGB    = decimal.RequireFromString("8589.934592")
	monthSeconds = decimal.NewFromInt(2628000)
)

// vxlanPort carries the tunnel to the gateway nodes; maxEgressGateways is how
// many entries a policy may list (Cilium documentation, System requirements and
// CiliumEgressGatewayPolicy).
const (
	vxlanPort         = 8472
	maxEgressGateways = 64
)
