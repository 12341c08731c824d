package planner

import (
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"egressplan/planner/inventory"
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

// A flow's volume counts the same at every end of its range, whether its figures
// are whole billionths or not.
func TestVolumeAtEveryEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) decimal.Decimal {
			return decimal.New(rapid.Int64Range(0, 1<<40).Draw(t, name), int32(rapid.IntRange(-11, 2).Draw(t, name+" exponent")))
		}
		v := &inventory.Volume{Low: draw("low"), High: draw("high"), Known: true}
		both := v.Low.Add(v.High)
		for end, want := range map[rangeEnd]decimal.Decimal{lowEnd: v.Low, highEnd: v.High, twice: both, "": both.Div(decimal.NewFromInt(2))} {
			var s sum
			(&work{end: end}).addGB(&s, gbOf(v))
			if !s.total().Equal(want) {
				t.Errorf("%s..%s at %q: %s, want %s", v.Low, v.High, end, s.total(), want)
			}
		}
	})
}
