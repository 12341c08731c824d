package cost

import (
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

func TestCents(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0.00", "1234.57": "1234.57", "9535.168": "9535.17", "1.005": "1.01", "1.0049": "1.00", "0.004": "0.00",
		"-0.004": "0.00", "-1.005": "-1.01", "1234567.5": "1234567.50",
	} {
		if got := Cents(dec(in)); got != want {
			t.Errorf("Cents(%s) = %s, want %s", in, got, want)
		}
	}
}

// NAT gateways in two of three zones: a third of 75000 GB crosses zones, and is
// metered on both sides.
func TestShare(t *testing.T) {
	if got := Share(dec("75000"), 1*2, 3); !got.Equal(dec("50000")) {
		t.Errorf("got %s, want 50000", got)
	}
	if got := Share(dec("75000"), 0, 3); !got.IsZero() {
		t.Errorf("got %s, want 0", got)
	}
}

func TestBreakEven(t *testing.T) {
	tests := []struct {
		name                       string
		fixedA, perA, fixedB, perB string
		want                       string
		ok                         bool
	}{
		// Four m5.large and two NAT gateways against four m5.large and two c5n.large:
		// (438.00 - 346.02) / (0.045 - 0.010) = 91.98 / 0.035.
		{"NAT gateway and egress gateway", "346.02", "0.045", "438.00", "0.01", "2628", true},
		{"the other way round", "438.00", "0.01", "346.02", "0.045", "2628", true},
		{"dearer from the start", "556.26", "0.045", "438.00", "0.01", "", false},
		{"the same per GB", "1", "0.02", "2", "0.02", "", false},
		{"the same in all", "1", "0.02", "1", "0.02", "", false},
		{"the same at no traffic only", "1", "0.02", "1", "0.01", "", false},
		// One NAT gateway saved, 35.04 a month, against 0.02 per GB across zones.
		{"the last zone's NAT gateway", "0", "0.02", "35.04", "0", "1752", true},
	}
	for _, tt := range tests {
		got, ok := BreakEven(dec(tt.fixedA), dec(tt.perA), dec(tt.fixedB), dec(tt.perB))
		if ok != tt.ok || ok && !got.Equal(dec(tt.want)) {
			t.Errorf("%s: %s, %t; want %s, %t", tt.name, got, ok, tt.want, tt.ok)
		}
	}
}

func TestBreakEvenSwapsTheCheaper(t *testing.T) {
	cents := func(t *rapid.T, name string) decimal.Decimal {
		return decimal.New(rapid.Int64Range(0, 100_000).Draw(t, name), -2)
	}
	rapid.Check(t, func(t *rapid.T) {
		fixedA, perA, fixedB, perB := cents(t, "fixedA"), cents(t, "perA"), cents(t, "fixedB"), cents(t, "perB")
		difference := func(volume decimal.Decimal) int {
			return fixedA.Add(perA.Mul(volume)).Cmp(fixedB.Add(perB.Mul(volume)))
		}
		at, ok := BreakEven(fixedA, perA, fixedB, perB)
		if !ok {
			// No swap: who is cheaper at nothing is not the dearer at a huge volume.
			if difference(decimal.Zero)*difference(dec("1e12")) < 0 {
				t.Fatal("the designs swap, but no volume was reported")
			}
			return
		}
		step := dec("0.000001")
		if difference(at.Sub(step)) != -difference(at.Add(step)) || difference(at.Add(step)) == 0 {
			t.Fatalf("no swap at %s", at)
		}
	})
}
