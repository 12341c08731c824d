package planner

import (
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

// A sum of decimals is theirs, whatever their size.
func TestSumIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s sum
		want := decimal.Zero
		for range rapid.IntRange(0, 20).Draw(t, "terms") {
			d := decimal.New(rapid.Int64().Draw(t, "digits"), int32(rapid.IntRange(-14, 6).Draw(t, "exponent")))
			s.add(d)
			want = want.Add(d)
		}
		if !s.total().Equal(want) {
			t.Errorf("%s, want %s", s.total(), want)
		}
	})
}
