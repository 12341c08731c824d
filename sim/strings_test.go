package sim

import "testing"

// TestStrings: the words that other programs rely on.
func TestStrings(t *testing.T) {
	verdicts := map[Verdict]string{Undecided: "undecided", Delivered: "delivered", Dropped: "dropped", Unauthorized: "unauthorized",
		Blackhole: "blackhole", Unreachable: "unreachable", Looped: "dropped"}
	for v, want := range verdicts {
		if v.String() != want {
			t.Errorf("verdict %d reads %s, want %s", v, v, want)
		}
	}
	actions := map[Action]string{ActForward: "forward", ActSNAT: "snat", ActTunnel: "tunnel", ActProxy: "proxy", ActDrop: "drop",
		ActDeliver: "deliver", ActUnSNAT: "snat", ActUnSNAT + 1: "none"}
	for a, want := range actions {
		if a.String() != want {
			t.Errorf("action %d reads %s, want %s", a, a, want)
		}
	}
	protocols := map[Protocol]string{Any: "any", TCP: "tcp", UDP: "udp", ICMP: "icmp", Other: "other"}
	for p, want := range protocols {
		if p.String() != want {
			t.Errorf("protocol %d reads %s, want %s", p, p, want)
		}
	}
	seen := map[string]Code{}
	for c := CodeNone; c <= CodeNoOrigin; c++ {
		if other, ok := seen[c.String()]; ok {
			t.Errorf("codes %d and %d both read %s", other, c, c)
		}
		seen[c.String()] = c
	}
}
