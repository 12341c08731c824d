package main

import "testing"

func TestDidYouMean(t *testing.T) {
	apps := []string{"cards/card-auth", "lending/statements", "payments/ledger", "payments/payout"}
	cases := []struct {
		word  string
		known []string
		want  string
	}{
		{"payments/leger", apps, `; did you mean "payments/ledger"?`},
		{"paymnts/ledgr", apps, `; did you mean "payments/ledger"?`},
		{"Ledger", apps, `; did you mean "payments/ledger"?`},
		{"statements", apps, `; did you mean "lending/statements"?`},
		{"payments", apps, `; did you mean "payments/ledger" or "payments/payout"?`},
		{"istio", []string{"vpc-subnet-cidr", "istio-egress-gateway"}, `; did you mean "istio-egress-gateway"?`},
		{"xyzzy", apps, ""},
		{"", apps, ""},
		{"x", nil, ""},
	}
	for _, c := range cases {
		if got := didYouMean(c.word, c.known); got != c.want {
			t.Errorf("%q: got %q, want %q", c.word, got, c.want)
		}
	}
}

// Distances counted by hand.
func TestSlips(t *testing.T) {
	cases := []struct {
		a, b string
		want int
	}{{"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"core-db", "cor-db", 1}, {"same", "same", 0}, {"ab", "ba", 2}}
	for _, c := range cases {
		if got := slips(c.a, c.b); got != c.want {
			t.Errorf("slips(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
