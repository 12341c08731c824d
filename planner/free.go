package planner

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/shopspring/decimal"

	"egressplan/cidr"
	"egressplan/planner/inventory"
)

// freeViews is what each pool has left.
func (w *work) freeViews() []FreeView {
	list := []FreeView{}
	for _, f := range w.layout.free {
		total, kept := uint64(0), uint64(0)
		for i := range w.env.Pools {
			if p := &w.env.Pools[i]; p.Name.V == f.Pool {
				for _, c := range p.CIDRs {
					total += 1 << (32 - c.V.Bits())
				}
				kept = min(f.Addresses, uint64(p.KeepFree.V.Mul(decimal.NewFromUint64(total)).Ceil().IntPart()))
			}
		}
		v := FreeView{Pool: f.Pool, Addresses: fmt.Sprint(f.Addresses), Total: fmt.Sprint(total), Used: fmt.Sprint(total - f.Addresses),
			Kept: fmt.Sprint(kept), Free: fmt.Sprint(f.Addresses - kept), Blocks: map[string]int{}}
		for bits, n := range f.Blocks {
			v.Blocks[fmt.Sprint(bits)] = n
		}
		if months, how, ok := w.lasts(f, f.Addresses-kept); ok {
			v.Months, v.MonthsHow = fmt.Sprint(months), how
		}
		list = append(list, v)
	}
	return list
}

// lasts is for how many months new apps find room in a pool, if each is a source
// group of its own and takes what a group takes there now, growth included:
// blocks of the commonest length, as many as the average group has.
func (w *work) lasts(f cidr.Free, budget uint64) (months int64, how string, ok bool) {
	perMonth := w.plan.NewAppsPerMonth.V
	lengths, groups, blocks := map[int]int{}, map[string]bool{}, 0
	for _, b := range w.layout.blocks {
		if b.pool == f.Pool && b.group != sharedSpace && !b.cidr.IsSingleIP() {
			lengths[b.cidr.Bits()]++
			groups[b.group] = true
			blocks++
		}
	}
	if !perMonth.IsPositive() || blocks == 0 {
		return 0, "", false
	}
	length := 0
	for bits := cidr.WidestSubnet; bits <= cidr.NarrowestBlock; bits++ {
		if lengths[bits] > lengths[length] {
			length = bits
		}
	}
	each := (blocks + len(groups) - 1) / len(groups)
	fit := uint64(0)
	for bits, n := range f.Blocks {
		if bits <= length {
			fit += uint64(n) << (length - bits)
		}
	}
	fit = min(fit, budget>>(32-length)) / uint64(each)
	months = decimal.NewFromUint64(fit).Div(perMonth).IntPart()
	return months, fmt.Sprintf("%s new apps a month, each taking %s of /%d as the apps here do now, growth included", perMonth, plural(each, "block"), length), true
}

// subnetViews is what the existing subnets have left.
func (w *work) subnetViews() []SubnetView {
	list := []SubnetView{}
	for i := range w.env.VPC.Subnets {
		s := &w.env.VPC.Subnets[i]
		v := SubnetView{Name: s.Name.V, CIDR: s.CIDR.V.String(), Zone: s.Zone.V, Role: string(s.Role.V), FreeIPs: -1}
		if s.FreeIPs.Set {
			v.FreeIPs = s.FreeIPs.V
		}
		v.FreeBlocks, v.AtMost = freePrefixes(s)
		list = append(list, v)
	}
	return list
}

// freePrefixes counts the aligned /28 blocks of a subnet that prefix delegation
// can still take: none of the first and the last, which hold reserved addresses,
// none with a used address, and no more than the free addresses fill. It is an
// upper bound where nobody says which addresses are taken: free addresses may
// be scattered over all blocks (Amazon VPC CNI, prefix delegation:
// InsufficientCidrBlocks).
func freePrefixes(s *inventory.Subnet) (n int, atMost bool) {
	taken := cidr.Reserved(s.CIDR.V)
	for _, u := range s.Used {
		taken = append(taken, u.V)
	}
	for _, free := range cidr.Subtract([]netip.Prefix{s.CIDR.V}, taken) {
		if free.Bits() <= 28 {
			n += 1 << (28 - free.Bits())
		}
	}
	usable := cidr.Usable(s.CIDR.V.Bits())
	if !s.FreeIPs.Set {
		return n, n > 0
	}
	known := usable - s.FreeIPs.V // taken addresses that AWS counts
	for _, u := range s.Used {
		known -= 1 << (32 - u.V.Bits())
	}
	n = min(n, s.FreeIPs.V/16)
	return n, known > 0 && n > 0
}

// holdsNeed reports whether an existing subnet has room for a need, as far as is
// known. Under prefix delegation a subnet is worth its free /28 blocks.
func holdsNeed(s *inventory.Subnet, n need) bool {
	if n.prefixes > 0 {
		if blocks, _ := freePrefixes(s); blocks < n.prefixes {
			return false
		}
	}
	return knownFree(s) >= n.addresses
}

// knownFree is how many addresses a subnet has left: what is said, else all that
// nobody says are taken.
func knownFree(s *inventory.Subnet) int {
	if s.FreeIPs.Set {
		return s.FreeIPs.V
	}
	free := cidr.Usable(s.CIDR.V.Bits())
	for _, u := range s.Used {
		free -= 1 << (32 - u.V.Bits())
	}
	return free
}

// roomOf says what a subnet has left, in the terms of the need.
func roomOf(s *inventory.Subnet, n need) string {
	blocks, atMost := freePrefixes(s)
	text := "no figure for its free addresses"
	if s.FreeIPs.Set {
		text = fmt.Sprintf("%d free addresses", s.FreeIPs.V)
	}
	if n.prefixes > 0 {
		least := ""
		if atMost {
			least = "at most "
		}
		text += fmt.Sprintf(" and %s%d free aligned /28 blocks", least, blocks)
	}
	return text
}

// asNeeded is a need in the same terms.
func (n need) asNeeded() string {
	if n.prefixes > 0 {
		return fmt.Sprintf("%d, of them %d aligned /28 blocks", n.addresses, n.prefixes)
	}
	return fmt.Sprint(n.addresses)
}

// ownSubnetsFindings hold the subnets that apps must use against what the apps
// need at their maximum with growth. Several in one zone count together, whole
// nodes in each.
func (w *work) ownSubnetsFindings() {
	for _, g := range w.list {
		own := w.ownSubnets(g)
		if len(own) == 0 {
			continue
		}
		n := w.nodeAddresses(w.fleet(g.apps))
		for _, z := range w.zones {
			var there []*inventory.Subnet
			for _, s := range own {
				if s.Zone.V == z {
					there = append(there, s)
				}
			}
			if len(there) == 0 || holdTogether(there, n) {
				continue
			}
			var names, room []string
			for _, s := range there {
				names, room = append(names, s.Name.V), append(room, s.Name.V+" has "+roomOf(s, n))
			}
			w.report("subnet-nearly-full", there[0].FreeIPs.At, names, "%s, the apps of %s at their maximum with growth need %s (what runs there today already counts as taken)",
				strings.Join(room, ", "), g.name, n.asNeeded())
		}
	}
}

// holdTogether reports whether subnets of one zone have room for a need between
// them, as far as is known.
func holdTogether(list []*inventory.Subnet, n need) bool {
	for _, s := range list {
		blocks, _ := freePrefixes(s)
		_, rest := n.splitAt(knownFree(s), blocks)
		if n = rest; n.addresses == 0 {
			return true
		}
	}
	return false
}
