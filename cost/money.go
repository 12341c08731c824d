package cost

import "github.com/shopspring/decimal"

// Cents renders an amount with two decimals, halves rounded away from zero: 1.005
// becomes "1.01". It is for display only; sums are made of unrounded amounts.
func Cents(d decimal.Decimal) string { return d.StringFixed(2) }

// Share returns quantity x part / whole: the traffic of the zones without a
// gateway, for instance. It multiplies before it divides, so that two thirds of
// 75000 are 50000; what does not divide evenly is kept to 16 decimals. whole must
// be positive.
func Share(quantity decimal.Decimal, part, whole int) decimal.Decimal {
	return quantity.Mul(decimal.NewFromInt(int64(part))).Div(decimal.NewFromInt(int64(whole)))
}

// BreakEven returns the monthly volume, in GB, at which design A becomes as dear
// as design B, each costing a fixed amount a month and an amount per GB. It
// reports false where that never happens at a positive volume: one of the two is
// then the cheaper at any volume, or both cost the same. A volume that does not
// divide evenly is kept to 16 decimals.
func BreakEven(fixedA, perGBA, fixedB, perGBB decimal.Decimal) (decimal.Decimal, bool) {
	slope := perGBA.Sub(perGBB)
	if slope.IsZero() {
		return decimal.Zero, false
	}
	volume := fixedB.Sub(fixedA).Div(slope)
	return volume, volume.IsPositive()
}
