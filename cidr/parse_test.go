package cidr_test

import (
	"net/netip"
	"strings"
)

// parse reads prefixes set apart by spaces.
func parse(s string) []netip.Prefix {
	var out []netip.Prefix
	for f := range strings.FieldsSeq(s) {
		out = append(out, netip.MustParsePrefix(f))
	}
	return out
}
