package cidr

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
)

// DefaultVPCBlocks is how many IPv4 CIDR blocks a VPC may have before a quota
// increase, the primary among them; MaxVPCBlocks is as far as that can be
// raised (Amazon VPC User Guide, Amazon VPC quotas).
const (
	DefaultVPCBlocks = 5
	MaxVPCBlocks     = 50
)

// VPCRequest asks which CIDR blocks a VPC must add to hold allocated blocks.
type VPCRequest struct {
	Existing  []netip.Prefix // the VPC's CIDR blocks, the primary first
	Pools     []Pool         // a new block lies within a single block of one
	Allocated []netip.Prefix // what the VPC must hold
	Avoid     []netip.Prefix // must not be covered: connected networks, the service range
	Routes    []netip.Prefix // destinations in the VPC's route tables, without its local routes
	Tried     []netip.Prefix // AWS was seen to take blocks of these (see [Association.Tried])
	Quota     int            // CIDR blocks the VPC may have; 0 is DefaultVPCBlocks
}

// VPCBlock is one CIDR block to add.
type VPCBlock struct {
	Block       netip.Prefix
	Pool        string
	Association Association // judged after the blocks before it were added
}

// Uncovered is an allocated block that no CIDR block can hold, and why.
type Uncovered struct {
	Block netip.Prefix
	Why   string
}

// VPCAnswer is the blocks to add in the order in which to add them. Over is by
// how many blocks the VPC would exceed the quota.
type VPCAnswer struct {
	New       []VPCBlock
	Uncovered []Uncovered // by address
	Over      int
}

// VPCRanges finds the fewest CIDR blocks, /16 to /28, that hold everything
// allocated outside the existing ones, each within one block of a pool and
// clear of existing blocks, avoided space and routes, and each no wider than
// what it must hold. A block cannot be resized later, only added to.
//
// RFC 1918 blocks come first, because AWS may refuse one after a block of
// another range (see [Associate]); among them the lower addresses first,
// because a block from 10.0.0.0/16 is refused once there is one from
// 10.1.0.0/16. A refused block stays in the answer, with its verdict.
func VPCRanges(in VPCRequest) VPCAnswer {
	f := newFrame(in)
	var out VPCAnswer
	allocated := outermost(toBlocks(in.Allocated))
	for i := 0; i < len(allocated); {
		if slices.ContainsFunc(f.existing, func(e block) bool { return e.holds(allocated[i]) }) {
			i++
			continue
		}
		widest, pool, why := f.widest(allocated[i])
		if why != "" {
			out.Uncovered = append(out.Uncovered, Uncovered{allocated[i].prefix(), why})
			i++
			continue
		}
		// The widest possible blocks nest or are apart, so one for each that
		// is needed is the fewest; then each shrinks to what it holds.
		n := i + 1
		for n < len(allocated) && widest.holds(allocated[n]) {
			n++
		}
		b := cover(allocated[i:n])
		b = b.within(min(b.bits, NarrowestBlock))
		out.New = append(out.New, VPCBlock{Block: b.prefix(), Pool: pool})
		i = n
	}
	f.judge(out.New)
	out.Over = max(0, len(f.existing)+len(out.New)-cmp.Or(in.Quota, DefaultVPCBlocks))
	return out
}

// frame is the bounds of new blocks.
type frame struct {
	existing []block
	avoid    []block
	routes   []block
	tried    []block
	owners   owners
}

func newFrame(in VPCRequest) frame {
	return frame{
		existing: toBlocks(in.Existing),
		avoid:    outermost(toBlocks(in.Avoid)),
		routes:   toBlocks(in.Routes),
		tried:    toBlocks(in.Tried),
		owners:   ownersOf(in.Pools),
	}
}

// widest is the widest block a could lie in, or why there is none.
func (f frame) widest(a block) (b block, pool, why string) {
	if a.bits < WidestSubnet {
		return b, "", fmt.Sprintf("a VPC's CIDR block is at most a /%d", WidestSubnet)
	}
	for bits := WidestSubnet; bits <= min(a.bits, NarrowestBlock); bits++ {
		b = a.within(bits)
		if why = f.obstacle(b); why == "" {
			return b, f.owners.of(b), ""
		}
	}
	return b, "", why
}

// obstacle is what keeps b from being a CIDR block of the VPC, "" for nothing.
// What keeps a part of it out keeps all of it out.
func (f frame) obstacle(b block) string {
	if !f.owners.hold(b) {
		return fmt.Sprintf("no block of a pool holds %s", b.prefix())
	}
	for _, e := range f.existing {
		if e.meets(b) {
			return fmt.Sprintf("%s overlaps the VPC's block %s", b.prefix(), e.prefix())
		}
	}
	for _, x := range f.avoid {
		if x.meets(b) {
			return fmt.Sprintf("%s overlaps %s", b.prefix(), x.prefix())
		}
	}
	for _, r := range f.routes {
		if b.holds(r) {
			return fmt.Sprintf("a route to %s lies within %s", r.prefix(), b.prefix())
		}
	}
	return ""
}

// judge sorts the new blocks and gives each its verdict.
func (f frame) judge(added []VPCBlock) {
	slices.SortFunc(added, func(a, b VPCBlock) int {
		x, _ := toBlock(a.Block)
		y, _ := toBlock(b.Block)
		if private(x) != private(y) {
			if private(x) {
				return -1
			}
			return 1
		}
		return compareBlocks(x, y)
	})
	held := prefixes(f.existing)
	var primary netip.Prefix
	if len(held) > 0 {
		primary = held[0]
	}
	for i := range added {
		added[i].Association = Associate(held, primary, added[i].Block)
		if b, _ := toBlock(added[i].Block); slices.ContainsFunc(f.tried, func(t block) bool { return t.holds(b) }) {
			added[i].Association = added[i].Association.Tried()
		}
		if added[i].Association.Verdict != Refused {
			held = append(held, added[i].Block)
		}
	}
}
