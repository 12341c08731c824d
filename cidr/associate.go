package cidr

import (
	"fmt"
	"net/netip"
	"slices"
)

// AssociationVerdict says whether AWS takes a block as a VPC's next CIDR block.
type AssociationVerdict string

// Ambiguous is where the page that states the rules leaves the case open: try
// it in a VPC of the same history before building on it.
const (
	Allowed   AssociationVerdict = "allowed"
	Refused   AssociationVerdict = "refused"
	Ambiguous AssociationVerdict = "ambiguous"
)

// Association is a verdict and the rule behind it in plain words, with source.
type Association struct {
	Verdict AssociationVerdict
	Rule    string
	// Disputed: the verdict rests on the table's column for 198.19.0.0/16 alone,
	// which the Amazon EKS Best Practices Guide contradicts where it advises that
	// range for pods.
	Disputed bool
}

// Tried is the verdict where AWS was seen to take the block: what is refused on
// disputed grounds is no more than ambiguous.
func (a Association) Tried() Association {
	if a.Verdict == Refused && a.Disputed {
		a.Verdict, a.Rule = Ambiguous, "the plan says that AWS takes it, against the table: "+a.Rule
	}
	return a
}

const associationSource = " (Amazon VPC User Guide, VPC CIDR blocks)"

// Associate judges whether candidate may be added to a VPC that was created
// with primary and holds the existing blocks; it does not matter whether these
// include the primary. It follows the IPv4 CIDR block association restrictions
// of the Amazon VPC User Guide, VPC CIDR blocks.
//
// The restrictions are written per range that the VPC has a block of. The
// primary's row decides; a block added later whose row says otherwise makes
// the verdict [Ambiguous], because the page's note permits a mix of RFC 1918
// and other ranges if the VPC was created with the RFC 1918 block, without
// saying in which order the blocks may come.
//
// For routes that stand in the way see [BlockingRoute].
func Associate(existing []netip.Prefix, primary, candidate netip.Prefix) Association {
	c, ok := toBlock(candidate)
	if !ok {
		return refused("%s is not an IPv4 CIDR block", candidate)
	}
	if a, bad := unfit(c); bad {
		return a
	}
	held := toBlocks(existing)
	first, created := toBlock(primary)
	if created && !slices.Contains(held, first) {
		held = append([]block{first}, held...)
	}
	for _, h := range held {
		if h.meets(c) {
			return refused("%s overlaps the VPC's block %s", c.prefix(), h.prefix())
		}
	}
	if a, bad := lowTen(held, c); bad {
		return a
	}
	verdict := Association{Verdict: Allowed, Rule: "no restriction on this combination of ranges" + associationSource}
	if created {
		verdict = row(first, c)
	}
	for _, h := range held {
		if a := row(h, c); verdict.Verdict == Allowed && a.Verdict != Allowed {
			verdict = Association{Verdict: Ambiguous, Rule: "the primary block's range permits it, but for a later block: " + a.Rule}
		}
	}
	return verdict
}

// BlockingRoute finds a route that keeps candidate from being added: one whose
// destination is equal to the new block or inside it. The lowest is returned.
// The new block must be strictly more specific than the destinations of the
// VPC's route tables (Amazon VPC User Guide, VPC CIDR blocks).
func BlockingRoute(routes []netip.Prefix, candidate netip.Prefix) (netip.Prefix, bool) {
	c, ok := toBlock(candidate)
	if !ok {
		return netip.Prefix{}, false
	}
	sorted := toBlocks(routes)
	slices.SortFunc(sorted, compareBlocks)
	for _, r := range sorted {
		if c.holds(r) {
			return r.prefix(), true
		}
	}
	return netip.Prefix{}, false
}

func refused(format string, args ...any) Association {
	return Association{Verdict: Refused, Rule: fmt.Sprintf(format, args...) + associationSource}
}

func v4(a, b byte, bits int) block { return block{uint32(a)<<24 | uint32(b)<<16, bits} }

// unfit refuses what no VPC can have.
func unfit(c block) (Association, bool) {
	if c.bits < WidestSubnet || c.bits > NarrowestBlock {
		return refused("%s is not between /16 and /28", c.prefix()), true
	}
	for _, r := range []block{v4(0, 0, 8), v4(127, 0, 8), v4(169, 254, 16), v4(224, 0, 4)} {
		if r.holds(c) {
			return refused("%s lies in %s, which no VPC can use", c.prefix(), r.prefix()), true
		}
	}
	return Association{}, false
}

// lowTen is the one restriction the page states for any block the VPC has.
func lowTen(held []block, c block) (Association, bool) {
	if !v4(10, 0, 16).holds(c) {
		return Association{}, false
	}
	for _, h := range held {
		if v4(10, 0, 15).meets(h) {
			return refused("a VPC with a block in 10.0.0.0/15 (%s) takes none from 10.0.0.0/16", h.prefix()), true
		}
	}
	return Association{}, false
}

// row is what the restrictions say of c beside one block the VPC has.
func row(h, c block) Association {
	from, to := rangeOf(h), rangeOf(c)
	combination := fmt.Sprintf("a block from %s beside one from %s", to, from)
	switch {
	case to == others:
		return Association{Verdict: Allowed, Rule: combination + " is permitted" + associationSource}
	case from == net198 && to == net198:
		return Association{Verdict: Ambiguous, Rule: combination + " is not listed" + associationSource}
	case to == net198:
		a := refused("%s is restricted, though the Amazon EKS Best Practices Guide advises that range for pods", combination)
		a.Disputed = true
		return a
	case from == others:
		return refused("%s is restricted; RFC 1918 and other ranges mix only in a VPC created with the RFC 1918 block", combination)
	case from != to:
		return refused("%s is restricted", combination)
	case v4(172, 31, 16).holds(c):
		return refused("a block from 172.31.0.0/16 beside one from %s is restricted", from)
	}
	return Association{Verdict: Allowed, Rule: combination + " is permitted" + associationSource}
}

// addressRange is a row, and a column, of the restrictions.
type addressRange string

const (
	net10  addressRange = "10.0.0.0/8"
	net172 addressRange = "172.16.0.0/12"
	net192 addressRange = "192.168.0.0/16"
	net198 addressRange = "198.19.0.0/16"
	others addressRange = "100.64.0.0/10 or public space"
)

func rangeOf(b block) addressRange {
	switch {
	case v4(10, 0, 8).meets(b):
		return net10
	case v4(172, 16, 12).meets(b):
		return net172
	case v4(192, 168, 16).meets(b):
		return net192
	case v4(198, 19, 16).meets(b):
		return net198
	}
	return others
}

func private(b block) bool {
	r := rangeOf(b)
	return r == net10 || r == net172 || r == net192
}
