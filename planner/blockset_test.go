package planner

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

// A block lies in a set if every address of it lies in some block of the list.
func TestBlockSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		small := func(name string) netip.Prefix {
			last := rapid.IntRange(0, 63).Draw(t, name)
			return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(last)}), rapid.IntRange(26, 32).Draw(t, name+" length")).Masked()
		}
		var list []netip.Prefix
		for range rapid.IntRange(0, 8).Draw(t, "blocks") {
			list = append(list, small("block"))
		}
		p := small("asked")
		want := true
		for a := p.Addr(); p.Contains(a); a = a.Next() {
			inside := false
			for _, b := range list {
				inside = inside || b.Contains(a)
			}
			want = want && inside
		}
		if got := newBlockSet(list).contains(p); got != want {
			t.Fatalf("%s in %v: %v", p, list, got)
		}
	})
}
