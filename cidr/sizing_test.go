package cidr_test

import (
	"net/netip"
	"testing"

	"egressplan/cidr"
)

// The sizes in the Amazon VPC User Guide, Subnet sizing: 16 addresses less
// five are 11, and so on; a /16 has 65,536.
func TestUsable(t *testing.T) {
	for bits, want := range map[int]int{28: 11, 27: 27, 26: 59, 24: 251, 16: 65531, 29: 3, 30: 0, 32: 0, 33: 0, -1: 0} {
		if got := cidr.Usable(bits); got != want {
			t.Errorf("Usable(%d) = %d, want %d", bits, got, want)
		}
	}
}

func TestBitsFor(t *testing.T) {
	for _, tt := range []struct {
		addresses, bits int
		ok              bool
	}{
		{-1, 28, true}, {0, 28, true}, {11, 28, true}, {12, 27, true}, {27, 27, true}, {28, 26, true},
		{59, 26, true}, {60, 25, true}, {251, 24, true}, {252, 23, true}, {65531, 16, true}, {65532, 0, false},
	} {
		if bits, ok := cidr.BitsFor(tt.addresses); bits != tt.bits || ok != tt.ok {
			t.Errorf("BitsFor(%d) = %d, %v, want %d, %v", tt.addresses, bits, ok, tt.bits, tt.ok)
		}
	}
}

// A /24 is 16 /28s; the first and the last hold reserved addresses, so 14 are
// free to be delegated. A /28 and a /27 have no other than those.
func TestBitsForPrefixes(t *testing.T) {
	for _, tt := range []struct {
		n, bits int
		ok      bool
	}{
		{0, 28, true}, {1, 26, true}, {2, 26, true}, {3, 25, true}, {6, 25, true}, {7, 24, true},
		{14, 24, true}, {15, 23, true}, {4094, 16, true}, {4095, 0, false},
	} {
		if bits, ok := cidr.BitsForPrefixes(tt.n); bits != tt.bits || ok != tt.ok {
			t.Errorf("BitsForPrefixes(%d) = %d, %v, want %d, %v", tt.n, bits, ok, tt.bits, tt.ok)
		}
	}
}

// TestReserved counts the addresses of each subnet one by one: first four and
// last are reserved, the fifth is the first to use.
func TestReserved(t *testing.T) {
	for bits := 20; bits <= 32; bits++ {
		subnet := netip.PrefixFrom(netip.MustParseAddr("10.1.16.0"), bits)
		n, usable := 1<<(32-bits), 0
		first := netip.Addr{}
		for i, a := 0, subnet.Addr(); i < n; i, a = i+1, a.Next() {
			reserved := false
			for _, r := range cidr.Reserved(subnet) {
				reserved = reserved || r.Contains(a)
			}
			if want := i < 4 || i == n-1; reserved != want {
				t.Errorf("%s of %s reserved: %v, want %v", a, subnet, reserved, want)
			}
			if !reserved {
				usable++
				if !first.IsValid() {
					first = a
				}
			}
		}
		if got := cidr.FirstUsable(subnet); got != first {
			t.Errorf("FirstUsable(%s) = %s, want %s", subnet, got, first)
		}
		if got := cidr.Usable(bits); got != usable {
			t.Errorf("Usable(%d) = %d, but %d addresses are not reserved", bits, got, usable)
		}
	}
}
