package cidr

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

// The parts are as many as they must be, of one length, in order, and put
// together again they are the block.
func TestSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.IntRange(4, 24).Draw(t, "from")
		bits := from + rapid.IntRange(0, 8).Draw(t, "more")
		p := netip.PrefixFrom(addrOf(rapid.Uint32().Draw(t, "address")), from).Masked()
		list := Split(p, bits)
		if len(list) != 1<<(bits-from) {
			t.Fatalf("%d parts of /%d in a /%d", len(list), bits, from)
		}
		next := p.Addr()
		for _, part := range list {
			if part.Bits() != bits || part.Addr() != next {
				t.Fatalf("%s, want %s/%d", part, next, bits)
			}
			b, _ := toBlock(part)
			next = addrOf(uint32(b.end()))
		}
		if whole := Merge(list); len(whole) != 1 || whole[0] != p {
			t.Fatalf("put together: %v, want %s", whole, p)
		}
	})
}
