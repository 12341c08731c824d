package cidr_test

import (
	"net/netip"
	"strings"
	"testing"

	"egressplan/cidr"
)

// TestAssociateMatrix is the table of IPv4 CIDR block association restrictions
// (Amazon VPC User Guide, VPC CIDR blocks), a row for each cell: a VPC created
// with a block of the row's range adds a block of the column's.
func TestAssociateMatrix(t *testing.T) {
	columns := []string{"10.50.0.0/16", "172.20.0.0/16", "192.168.64.0/20", "198.19.64.0/20", "100.64.0.0/16", "203.0.113.0/24"}
	const yes, no, unlisted = cidr.Allowed, cidr.Refused, cidr.Ambiguous
	for _, row := range []struct {
		primary string
		want    [6]cidr.AssociationVerdict
	}{
		{"10.20.0.0/16", [6]cidr.AssociationVerdict{yes, no, no, no, yes, yes}},
		{"172.16.0.0/16", [6]cidr.AssociationVerdict{no, yes, no, no, yes, yes}},
		{"192.168.0.0/20", [6]cidr.AssociationVerdict{no, no, yes, no, yes, yes}},
		{"198.19.0.0/20", [6]cidr.AssociationVerdict{no, no, no, unlisted, yes, yes}},
		{"100.80.0.0/16", [6]cidr.AssociationVerdict{no, no, no, no, yes, yes}},
		{"198.51.100.0/24", [6]cidr.AssociationVerdict{no, no, no, no, yes, yes}},
	} {
		for i, candidate := range columns {
			got := cidr.Associate(parse(row.primary), netip.MustParsePrefix(row.primary), netip.MustParsePrefix(candidate))
			if got.Verdict != row.want[i] {
				t.Errorf("%s + %s: %s (%s), want %s", row.primary, candidate, got.Verdict, got.Rule, row.want[i])
			}
			if !strings.Contains(got.Rule, "Amazon VPC User Guide") {
				t.Errorf("%s + %s: no source in %q", row.primary, candidate, got.Rule)
			}
		}
	}
}

func TestAssociate(t *testing.T) {
	for _, tt := range []struct {
		existing, candidate string // the first existing is the primary
		want                cidr.AssociationVerdict
		rule                string // part of it
	}{
		// 10.0.0.0/16 with anything from 10.0.0.0/15, whichever is in it.
		{"10.0.1.0/24", "10.0.2.0/24", cidr.Refused, "10.0.0.0/15"},
		{"10.1.0.0/16", "10.0.0.0/24", cidr.Refused, "10.0.0.0/15"},
		{"10.20.0.0/16 10.1.0.0/16", "10.0.0.0/16", cidr.Refused, "10.0.0.0/15"},
		{"10.0.0.0/16", "10.1.0.0/16", cidr.Allowed, ""},
		{"10.2.0.0/16", "10.0.0.0/16", cidr.Allowed, ""},
		{"10.0.0.0/16", "10.2.0.0/16", cidr.Allowed, ""},
		{"172.16.0.0/16", "172.31.0.0/16", cidr.Refused, "172.31.0.0/16"},
		{"172.16.0.0/16", "172.31.128.0/20", cidr.Refused, "172.31.0.0/16"},
		{"172.16.0.0/16", "172.30.0.0/16", cidr.Allowed, ""},
		{"172.31.0.0/16", "172.30.0.0/16", cidr.Allowed, ""},
		// Just outside the ranges: public space.
		{"10.20.0.0/16", "172.15.0.0/16", cidr.Allowed, ""},
		{"10.20.0.0/16", "172.32.0.0/16", cidr.Allowed, ""},
		{"10.20.0.0/16", "198.18.0.0/16", cidr.Allowed, ""},
		{"10.20.0.0/16", "100.127.0.0/16", cidr.Allowed, ""},
		// The note: a mix is possible if the VPC was created with RFC 1918
		// space; whether another RFC 1918 block may follow it does not say.
		{"10.20.0.0/16 100.64.0.0/16", "10.30.0.0/16", cidr.Ambiguous, "later block"},
		{"10.20.0.0/16 203.0.113.0/24", "10.30.0.0/16", cidr.Ambiguous, "later block"},
		{"10.20.0.0/16 10.21.0.0/16", "10.30.0.0/16", cidr.Allowed, ""},
		{"10.20.0.0/16 100.64.0.0/16", "100.65.0.0/16", cidr.Allowed, ""},
		{"10.20.0.0/16 100.64.0.0/16", "192.168.0.0/16", cidr.Refused, "10.0.0.0/8"},
		{"100.64.0.0/16 203.0.113.0/24", "10.0.0.0/16", cidr.Refused, "created with"},
		{"198.19.0.0/20 100.64.0.0/16", "198.19.64.0/20", cidr.Ambiguous, "not listed"},
		// Sizes.
		{"10.20.0.0/16", "10.32.0.0/15", cidr.Refused, "/16 and /28"},
		{"10.20.0.0/16", "10.32.0.0/29", cidr.Refused, "/16 and /28"},
		{"10.20.0.0/16", "10.32.0.0/28", cidr.Allowed, ""},
		// Space no VPC can use.
		{"10.20.0.0/16", "0.1.0.0/16", cidr.Refused, "0.0.0.0/8"},
		{"10.20.0.0/16", "127.0.0.0/24", cidr.Refused, "127.0.0.0/8"},
		{"10.20.0.0/16", "169.254.0.0/16", cidr.Refused, "169.254.0.0/16"},
		{"10.20.0.0/16", "239.1.0.0/16", cidr.Refused, "224.0.0.0/4"},
		{"10.20.0.0/16", "2001:db8::/56", cidr.Refused, "IPv4"},
		// Overlap, from either side.
		{"10.20.0.0/20", "10.20.0.0/16", cidr.Refused, "overlaps"},
		{"10.20.0.0/16", "10.20.4.0/24", cidr.Refused, "overlaps"},
		{"10.20.0.0/16 100.64.0.0/16", "100.64.0.0/28", cidr.Refused, "100.64.0.0/16"},
	} {
		existing := parse(tt.existing)
		got := cidr.Associate(existing, existing[0], netip.MustParsePrefix(tt.candidate))
		if got.Verdict != tt.want || !strings.Contains(got.Rule, tt.rule) {
			t.Errorf("%s + %s: %s (%s), want %s (%s)", tt.existing, tt.candidate, got.Verdict, got.Rule, tt.want, tt.rule)
		}
		if again := cidr.Associate(existing[1:], existing[0], netip.MustParsePrefix(tt.candidate)); again != got {
			t.Errorf("%s + %s: %v if the primary is not listed twice", tt.existing, tt.candidate, again)
		}
	}
}

// The new block must be strictly more specific than every route's destination
// that overlaps it.
func TestBlockingRoute(t *testing.T) {
	for _, tt := range []struct{ routes, candidate, want string }{
		{"10.64.5.0/24", "10.64.0.0/16", "10.64.5.0/24"},
		{"10.64.0.0/16", "10.64.0.0/16", "10.64.0.0/16"},
		{"10.64.0.0/15", "10.64.0.0/16", ""},
		{"0.0.0.0/0 10.0.0.0/8", "10.64.0.0/16", ""},
		{"10.64.9.0/24 10.65.0.0/16 10.64.5.0/24", "10.64.0.0/16", "10.64.5.0/24"},
	} {
		got, ok := cidr.BlockingRoute(parse(tt.routes), netip.MustParsePrefix(tt.candidate))
		if ok != (tt.want != "") || ok && got.String() != tt.want {
			t.Errorf("routes %s, new %s: %s, %v, want %s", tt.routes, tt.candidate, got, ok, tt.want)
		}
	}
}
