package planner

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"egressplan/cidr"
	"egressplan/planner/inventory"
)

// Purposes of a block; the last part of its name.
const (
	purposeNodes       = "nodes"
	purposePods        = "pods"
	purposeNAT         = "nat-gateway"
	purposeEgressNodes = "egress-nodes"
	purposeGateways    = "gateways"
	purposeTGW         = "tgw-attachment"
	purposeEgressIP    = "egress-ip"
)

// sharedSpace is the group part of names of space that all share.
const sharedSpace = "cluster/shared"

// demand is a block a pattern needs, with the reason for its size.
type demand struct {
	group    string // source group, or sharedSpace
	zone     string
	purpose  string
	apps     []string
	need     need
	routable bool // must come from a routable pool
	part     int  // from 2 on: a further block of what outgrew the ones before
}

// name is the demand's name for ever: <identity>/<group>/<zone>/<purpose>, and
// the number of a further block.
func (d demand) name() string {
	name := d.group + "/" + d.zone + "/" + d.purpose
	if d.part > 1 {
		name += "/" + strconv.Itoa(d.part)
	}
	return name
}

// block is a demand met, or existing space that serves in its place.
type block struct {
	demand
	name   string
	cidr   netip.Prefix
	pool   string
	subnet string // name of the existing subnet; "" for a new one
	there  bool   // planned earlier, and built since
}

// layout is the address plan of one candidate.
type layout struct {
	demands   []demand
	bits      map[string]int
	pools     map[string][]string
	blocks    map[string]*block   // by name
	index     map[string][]*block // by group and purpose, of the first indexed blocks
	indexed   int
	locked    map[string]*inventory.LockEntry // this pattern's, by name
	lockedAt  map[netip.Prefix]bool           // the blocks of these
	wanted    map[string]bool                 // names somebody asks for, met or not
	why       map[string]string               // why a locked block cannot stay, by name
	orphans   []string                        // names in the lock that nobody asks for
	unmet     []cidr.Unmet
	undecided bool // the search for room ended before it could tell that there is none
	moves     []Move
	free      []cidr.Free
	ranges    cidr.VPCAnswer
	vpc       []netip.Prefix                   // see vpcCIDRs
	keeps     map[*inventory.Destination]keeps // see untranslatedTo
	refused   []string                         // pools that may not be associated, with the rule
}

// get returns the block of a group, zone and purpose, nil if there is none.
func (l *layout) get(group, zone, purpose string) *block { return l.blocks[group+"/"+zone+"/"+purpose] }

// sorted returns all blocks by name.
func (l *layout) sorted() []*block {
	list := make([]*block, 0, len(l.blocks))
	for _, b := range l.blocks {
		list = append(list, b)
	}
	slices.SortFunc(list, func(a, b *block) int { return cmp.Compare(a.name, b.name) })
	return list
}

// vpcCIDRs are the VPC's blocks once the plan is carried out, existing first.
func (w *work) vpcCIDRs() []netip.Prefix {
	if w.layout.vpc == nil {
		list := w.existingVPC()
		for _, r := range w.layout.ranges.New {
			list = append(list, r.Block)
		}
		w.layout.vpc = slices.Clip(list) // whoever appends gets a copy
	}
	return w.layout.vpc
}

// existingVPC are the VPC's blocks as they are.
func (w *work) existingVPC() []netip.Prefix {
	var list []netip.Prefix
	for _, c := range w.env.VPC.CIDRs {
		list = append(list, c.CIDR.V)
	}
	return list
}

// allocate finds room for the pattern's demands. A VPC that may not change gets
// nothing new; what a pattern places inside existing subnets it adds itself.
func (w *work) allocate(demands []demand) {
	l := &layout{bits: map[string]int{}, pools: map[string][]string{}, blocks: map[string]*block{}, why: map[string]string{}, wanted: map[string]bool{}, locked: w.lockOf()}
	l.lockedAt = map[netip.Prefix]bool{}
	for _, e := range l.locked {
		l.lockedAt[e.CIDR] = true
	}
	w.layout = l
	if left := w.growing(w.serve(demands)); w.env.VPC.Changeable.V {
		l.demands = left
	} else {
		l.demands = w.realised(left)
	}
	pools := w.usablePools()
	req := cidr.Request{Pools: pools, Used: w.usedSpace()}
	byName := map[string]demand{}
	for _, d := range l.demands {
		name := d.name()
		byName[name], l.wanted[name] = d, true
		bits, ok := d.need.bits()
		if !ok {
			l.unmet = append(l.unmet, cidr.Unmet{Demand: cidr.Demand{Key: name, Bits: 16}, Reason: tooLarge})
			continue
		}
		l.bits[name], l.pools[name] = w.keepLength(d, bits), w.poolOrder(pools, d.routable)
		req.Demands = append(req.Demands, cidr.Demand{Key: name, Bits: l.bits[name], Pools: l.pools[name], Group: d.group + "/" + d.purpose,
			Grows: d.purpose == purposeNodes || d.purpose == purposePods})
	}
	w.hold(&req, byName)
	w.place(req, byName)
}

// realised are the demands whose locked block has become an existing subnet: a
// VPC that may not change still serves these.
func (w *work) realised(demands []demand) []demand {
	return slices.DeleteFunc(demands, func(d demand) bool {
		e := w.layout.locked[d.name()]
		return e == nil || w.subnetAt(e.CIDR) == nil
	})
}

// tooLarge: more addresses than the widest subnet has.
const tooLarge cidr.Reason = "too-large"

// usedSpace is everything that must not be handed out, whether or not it lies
// in a pool.
func (w *work) usedSpace() []netip.Prefix {
	used := []netip.Prefix{w.env.Cluster.ServiceCIDR.V}
	for _, s := range w.env.VPC.Subnets {
		used = append(used, s.CIDR.V)
	}
	for _, r := range w.env.Reserved {
		used = append(used, r.V)
	}
	used = append(used, w.destinationSpace()...)
	for _, n := range w.env.Connected {
		for _, c := range n.CIDRs {
			used = append(used, c.V)
		}
	}
	return used
}

// destinationSpace are the on-premises destinations: a block of the VPC that
// held one would hide it behind the local route.
func (w *work) destinationSpace() []netip.Prefix {
	var list []netip.Prefix
	for i := range w.plan.Destinations {
		if d := &w.plan.Destinations[i]; d.Kind.V == inventory.KindOnPremises {
			list = append(list, w.ownBlocks(d)...)
		}
	}
	return list
}

// usablePools are the pools without the parts that AWS would not let the VPC
// have.
func (w *work) usablePools() []cidr.Pool {
	existing := w.existingVPC()
	var pools []cidr.Pool
	for _, p := range w.env.Pools {
		pool := cidr.Pool{Name: p.Name.V, KeepFreePerMille: int(p.KeepFree.V.Mul(decimal.NewFromInt(1000)).IntPart())}
		for _, c := range p.CIDRs {
			good, why := associable(existing, c.V, p.Associable.V)
			if why != "" {
				w.layout.refused = append(w.layout.refused, fmt.Sprintf("%s (%s): %s", p.Name.V, c.V, why))
			}
			pool.Blocks = append(pool.Blocks, good...)
		}
		pools = append(pools, pool)
	}
	return pools
}

// associable is what of a pool's range the VPC has or may have: a range wider
// than a VPC block is judged by /16; tried says that AWS was seen to take it. why
// is the first refusal.
func associable(existing []netip.Prefix, c netip.Prefix, tried bool) (good []netip.Prefix, why string) {
	for _, part := range cidr.Split(c, cidr.WidestSubnet) {
		if _, _, meets := cidr.Overlap(existing, []netip.Prefix{part}); !meets {
			a := cidr.Associate(existing, existing[0], netip.PrefixFrom(part.Addr(), min(part.Bits(), 28)))
			if tried {
				a = a.Tried()
			}
			if a.Verdict == cidr.Refused {
				why = cmp.Or(why, part.String()+": "+a.Rule)
				continue
			}
		}
		good = append(good, part)
	}
	return cidr.Merge(good), why
}

// poolOrder lists the pools a demand may come from, the preferred first. What
// must be routable takes routable pools only; everything else spares them.
// Pools that lie inside the VPC come before those that need a new CIDR.
func (w *work) poolOrder(pools []cidr.Pool, routable bool) []string {
	existing := w.existingVPC()
	type choice struct {
		name  string
		score int
	}
	var list []choice
	for _, p := range pools {
		is := w.routablePool(p.Name)
		if len(p.Blocks) == 0 || routable && !is {
			continue
		}
		c := choice{name: p.Name}
		if is && !routable {
			c.score += 2
		}
		if !cidr.Contains(existing, p.Blocks[0]) {
			c.score++
		}
		list = append(list, c)
	}
	slices.SortStableFunc(list, func(a, b choice) int { return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(a.name, b.name)) })
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = c.name
	}
	return names
}

// routablePool reports whether the named pool is routable on-premises.
func (w *work) routablePool(name string) bool {
	for _, p := range w.env.Pools {
		if p.Name.V == name {
			return p.Routable.V
		}
	}
	return false
}

// addresses places single addresses inside blocks that are already laid out:
// one for each key, never one of AWS's five reserved and never in the lower
// half, which is left to what AWS hands out itself. Locked addresses stay.
func (w *work) addresses(inside netip.Prefix, used []netip.Prefix, keys []string) (map[string]netip.Addr, []string) {
	upper := netip.PrefixFrom(upperHalf(inside), inside.Bits()+1)
	req := cidr.Request{
		Pools: []cidr.Pool{{Name: "block", Blocks: []netip.Prefix{upper}}},
		Used:  append(cidr.Reserved(inside), used...),
	}
	for _, n := range w.env.VPC.NATGateways {
		for _, ip := range n.IPs {
			if inside.Contains(ip.V) {
				req.Used = append(req.Used, single(ip.V))
			}
		}
	}
	for _, e := range w.plan.Lock {
		switch {
		case !e.CIDR.IsSingleIP() || !inside.Contains(e.CIDR.Addr()):
		case e.Pattern == w.pattern.id():
			req.Fixed = append(req.Fixed, cidr.Fixed{Key: e.Name, Block: e.CIDR})
		default:
			req.Used = append(req.Used, e.CIDR)
		}
	}
	for _, k := range keys {
		req.Demands = append(req.Demands, cidr.Demand{Key: k, Bits: 32, Pools: []string{"block"}})
	}
	result := cidr.Allocate(req)
	placed := map[string]netip.Addr{}
	for _, b := range result.Blocks {
		placed[b.Key] = b.Block.Addr()
	}
	for _, k := range keys {
		w.layout.wanted[k] = true
		if e := w.layout.locked[k]; e != nil && !inside.Contains(e.CIDR.Addr()) {
			w.layout.why[k] = fmt.Sprintf("its subnet is %s now", inside)
		}
	}
	var missing []string
	for _, u := range result.Unmet {
		missing = append(missing, u.Demand.Key)
	}
	return placed, missing
}

// upperHalf is the first address of a block's upper half.
func upperHalf(p netip.Prefix) netip.Addr {
	a := p.Masked().Addr().As4()
	bit := 31 - p.Bits()
	a[3-bit/8] |= 1 << (bit % 8)
	return netip.AddrFrom4(a)
}

// existingSubnets are the VPC's subnets of a role in a zone, by name.
func (w *work) existingSubnets(role inventory.SubnetRole, zone string) []*inventory.Subnet {
	var list []*inventory.Subnet
	for i := range w.env.VPC.Subnets {
		s := &w.env.VPC.Subnets[i]
		if s.Role.V == role && s.Zone.V == zone {
			list = append(list, s)
		}
	}
	// What the lock has adopted comes first: a subnet that is added later must
	// not take its place.
	slices.SortStableFunc(list, func(a, b *inventory.Subnet) int {
		return cmp.Compare(rank(w.adopted(a)), rank(w.adopted(b)))
	})
	return list
}

func rank(first bool) int {
	if first {
		return 0
	}
	return 1
}

// adopted reports whether the lock holds the subnet for this pattern.
func (w *work) adopted(s *inventory.Subnet) bool { return w.layout.lockedAt[s.CIDR.V] }

// adopt puts an existing subnet where a new block would be.
func (w *work) adopt(d demand, s *inventory.Subnet) *block {
	if w.tableOf(s.Name.V) == nil && d.purpose != purposeTGW {
		w.assume("route table of "+s.Name.V, "on-premises prefixes lead to the gateway", "not given")
	}
	b := &block{demand: d, name: d.name(), cidr: s.CIDR.V, subnet: s.Name.V}
	w.layout.blocks[b.name] = b
	return b
}

// view is the block as it is shown.
func (b *block) view() Allocation {
	usable := cidr.Usable(b.cidr.Bits())
	if b.cidr.IsSingleIP() {
		usable = 1
	}
	return Allocation{Name: b.name, Purpose: b.purpose, CIDR: b.cidr.String(), Zone: b.zone, Pool: b.pool,
		Apps: b.apps, Needed: b.need.addresses, Usable: usable, Parts: b.need.parts, New: b.subnet == "" && !b.there}
}
