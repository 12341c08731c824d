package cidr_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"egressplan/cidr"
)

var comparePrefixes = cmp.Options{cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }), cmpopts.EquateEmpty()}

// bitmap is the naive set: one bool an address of 10.0.0.0/24.
type bitmap [256]bool

func mapOf(ps []netip.Prefix) (m bitmap) {
	for i := range m {
		a := netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})
		m[i] = slices.ContainsFunc(ps, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	return m
}

// prefixes cuts the /24 in halves until one is all in or all out; none wider
// than broadest.
func (m *bitmap) prefixes(broadest int) []netip.Prefix {
	var out []netip.Prefix
	var cut func(lo, bits int)
	cut = func(lo, bits int) {
		part := m[lo : lo+1<<(32-bits)]
		switch {
		case !slices.Contains(part, true):
		case bits >= broadest && !slices.Contains(part, false):
			out = append(out, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(lo)}), bits))
		default:
			cut(lo, bits+1)
			cut(lo+1<<(31-bits), bits+1)
		}
	}
	cut(0, 24)
	return out
}

// smallPrefix is any prefix inside 10.0.0.0/24, sometimes with host bits.
func smallPrefix(narrowest int) *rapid.Generator[netip.Prefix] {
	return rapid.Custom(func(t *rapid.T) netip.Prefix {
		bits := rapid.IntRange(24, narrowest).Draw(t, "bits")
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, rapid.Byte().Draw(t, "host")}), bits)
		if rapid.Bool().Draw(t, "mask") {
			return p.Masked()
		}
		return p
	})
}

func smallSet(most int) *rapid.Generator[[]netip.Prefix] {
	return rapid.SliceOfN(smallPrefix(32), 0, most)
}

func TestSetsAgainstBitmap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := smallSet(24).Draw(t, "a"), smallSet(8).Draw(t, "b")
		ma, mb := mapOf(a), mapOf(b)

		if diff := cmp.Diff(ma.prefixes(24), cidr.Merge(a), comparePrefixes); diff != "" {
			t.Fatalf("Merge(%v): %s", a, diff)
		}
		left := ma
		for i := range left {
			left[i] = ma[i] && !mb[i]
		}
		if diff := cmp.Diff(left.prefixes(24), cidr.Subtract(a, b), comparePrefixes); diff != "" {
			t.Fatalf("Subtract(%v, %v): %s", a, b, diff)
		}
		p := smallPrefix(32).Draw(t, "p")
		inside := true
		for i := range ma {
			inside = inside && (ma[i] || !p.Contains(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})))
		}
		if got := cidr.Contains(a, p); got != inside {
			t.Fatalf("Contains(%v, %s) = %v", a, p, got)
		}
	})
}

func TestSummariseAgainstBitmap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		broadest := rapid.IntRange(24, 32).Draw(t, "broadest")
		blocks := smallSet(24).Draw(t, "blocks")
		var wide, narrow []netip.Prefix
		for _, b := range blocks {
			if b.Bits() < broadest {
				wide = append(wide, b.Masked())
			} else {
				narrow = append(narrow, b)
			}
		}
		// As they are: the wide blocks that lie in no wider one. The rest: what
		// they do not hold, in halves down to the broadest length.
		var want []netip.Prefix
		for i, w := range wide {
			inOther := slices.ContainsFunc(wide, func(o netip.Prefix) bool { return o.Bits() < w.Bits() && o.Contains(w.Addr()) })
			if !inOther && !slices.Contains(wide[:i], w) {
				want = append(want, w)
			}
		}
		rest, held := mapOf(narrow), mapOf(wide)
		for i := range rest {
			rest[i] = rest[i] && !held[i]
		}
		want = append(want, rest.prefixes(broadest)...)
		slices.SortFunc(want, netip.Prefix.Compare)
		if diff := cmp.Diff(want, cidr.Summarise(blocks, broadest), comparePrefixes); diff != "" {
			t.Fatalf("Summarise(%v, %d): %s", blocks, broadest, diff)
		}
	})
}

func TestOverlapAgainstPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		few := rapid.SliceOfN(smallPrefix(32), 0, 6)
		a, b := few.Draw(t, "a"), few.Draw(t, "b")
		lowest := 256 // address at which a pair first shares one
		for _, x := range a {
			for _, y := range b {
				if x.Overlaps(y) {
					shared := max(x.Masked().Addr().As4()[3], y.Masked().Addr().As4()[3])
					lowest = min(lowest, int(shared))
				}
			}
		}
		x, y, ok := cidr.Overlap(a, b)
		if ok != (lowest < 256) {
			t.Fatalf("Overlap(%v, %v) = %v", a, b, ok)
		}
		if !ok {
			return
		}
		masked := func(set []netip.Prefix, p netip.Prefix) bool {
			return slices.ContainsFunc(set, func(s netip.Prefix) bool { return s.Masked() == p })
		}
		if !masked(a, x) || !masked(b, y) || !x.Overlaps(y) {
			t.Fatalf("Overlap(%v, %v) = %s, %s: not a pair of theirs that overlaps", a, b, x, y)
		}
		if got := int(max(x.Addr().As4()[3], y.Addr().As4()[3])); got != lowest {
			t.Fatalf("Overlap(%v, %v) = %s, %s: another pair overlaps lower, at .%d", a, b, x, y, lowest)
		}
	})
}

func TestCover(t *testing.T) {
	for _, tt := range []struct{ blocks, want string }{
		{"10.0.0.0/26", "10.0.0.0/26"},
		{"10.0.0.0/26 10.0.0.64/26", "10.0.0.0/25"},
		{"10.0.0.64/26 10.0.0.128/26", "10.0.0.0/24"}, // side by side, but not halves of a /25
		{"10.0.0.0/8 10.1.2.3/32", "10.0.0.0/8"},
		{"10.255.255.255/32 11.0.0.0/32", "10.0.0.0/7"},
		{"0.0.0.0/32 255.255.255.255/32", "0.0.0.0/0"},
	} {
		if got := cidr.Cover(parse(tt.blocks)); got.String() != tt.want {
			t.Errorf("Cover(%s) = %s, want %s", tt.blocks, got, tt.want)
		}
	}
	if got := cidr.Cover(nil); got.IsValid() {
		t.Errorf("Cover of nothing = %s", got)
	}
}

// The ends of the address space are where 32-bit arithmetic would wrap.
func TestSetsAtTheEdges(t *testing.T) {
	check := func(name string, got []netip.Prefix, want string) {
		t.Helper()
		if diff := cmp.Diff(parse(want), got, comparePrefixes); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	check("merge all", cidr.Merge(parse("0.0.0.0/1 128.0.0.0/1")), "0.0.0.0/0")
	check("merge unlike", cidr.Merge(parse("255.255.255.254/32 255.255.255.255/32 0.0.0.0/32")), "0.0.0.0/32 255.255.255.254/31")
	check("subtract last", cidr.Subtract(parse("255.255.255.252/30"), parse("255.255.255.255/32")), "255.255.255.252/31 255.255.255.254/32")
	check("subtract first", cidr.Subtract(parse("0.0.0.0/30"), parse("0.0.0.0/32")), "0.0.0.1/32 0.0.0.2/31")
	check("subtract all", cidr.Subtract(parse("10.0.0.0/8"), parse("0.0.0.0/0")), "")
	check("IPv6 is no part of it", cidr.Merge(parse("2001:db8::/32 10.0.0.0/8")), "10.0.0.0/8")
}
