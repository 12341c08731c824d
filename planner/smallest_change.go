package planner

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"egressplan/cidr"
	"egressplan/planner/inventory"
)

// trial makes plans that are changed in one thing, to see which would fit.
type trial struct {
	w     *work
	found []SmallestChange
}

// smallestChanges are the single changes of the input that would make the plan
// fit, the least intrusive first. Each was tried: the plan was made again with
// it, and fitted. Empty where none of them alone is enough.
func (w *work) smallestChanges() []SmallestChange {
	t := &trial{w: w}
	t.reclaim()
	t.keepNothingFree()
	t.oneMoreRange()
	t.settings()
	t.otherPatterns()
	t.fewerApps()
	return t.found
}

// fits reports whether a changed plan has room for everything.
func (t *trial) fits(plan *inventory.Plan, p pattern, excluded map[string]string) bool {
	n := newWork(plan, p, excluded)
	if !n.env.VPC.Changeable.V { // then findings decide who goes without
		n.run()
		n.judge()
		return len(unmetViews((&evaluation{plan: plan, book: bookOf(plan)}).assemble(n, nil))) == 0
	}
	n.layAddresses()
	return n.roomy()
}

// roomy reports whether everything has a place that AWS allows.
func (w *work) roomy() bool {
	missing := 0
	switch s := w.story.(type) {
	case *ciliumStory:
		missing = len(s.missing)
	case *istioStory:
		missing = len(s.missing)
	}
	return len(w.layout.unmet) == 0 && missing == 0 && w.associates()
}

// associates reports whether the VPC can have the blocks the plan needs.
func (w *work) associates() bool {
	refused := slices.ContainsFunc(w.layout.ranges.New, func(b cidr.VPCBlock) bool { return b.Association.Verdict == cidr.Refused })
	return len(w.layout.ranges.Uncovered) == 0 && !refused
}

func (t *trial) with(change func(*inventory.Plan)) bool {
	plan := *t.w.plan
	change(&plan)
	return t.fits(&plan, t.w.pattern, t.w.excluded)
}

func (t *trial) say(c SmallestChange, format string, args ...any) {
	c.Detail = fmt.Sprintf(format, args...)
	t.found = append(t.found, c)
}

func (t *trial) reclaim() {
	held := t.w.layout.orphans
	if len(held) > 0 && t.fits(withoutLocked(t.w.plan, t.w.pattern.id(), held), t.w.pattern, t.w.excluded) {
		t.say(SmallestChange{Change: "reclaim"}, "run with --reclaim: the lock holds %s that nobody asks for any more", plural(len(held), "block"))
	}
}

func (t *trial) keepNothingFree() {
	kept := func(p inventory.Pool) bool { return p.KeepFree.V.IsPositive() }
	if slices.ContainsFunc(t.w.env.Pools, kept) && t.with(func(plan *inventory.Plan) {
		plan.Environment.Pools = slices.Clone(plan.Environment.Pools)
		for i := range plan.Environment.Pools {
			plan.Environment.Pools[i].KeepFree.V = decimal.Zero
		}
	}) {
		t.say(SmallestChange{Change: "keep-free"}, "let the plan use what the pools keep free (keepFree: 0%%)")
	}
}

func (t *trial) settings() {
	cni := t.w.env.Cluster.VPCCNI
	if !cni.CustomNetworking.V && t.with(func(p *inventory.Plan) { p.Environment.Cluster.VPCCNI.CustomNetworking.V = true }) {
		t.say(SmallestChange{Change: "custom-networking"}, "set vpcCNI.customNetworking: nodes then take one address each from their own subnet, pods theirs from another pool")
	}
	if cni.PrefixDelegation.V && t.with(func(p *inventory.Plan) { p.Environment.Cluster.VPCCNI.PrefixDelegation.V = false }) {
		t.say(SmallestChange{Change: "no-prefix-delegation"}, "turn vpcCNI.prefixDelegation off: interfaces then take single addresses instead of whole /28 blocks")
	}
	if !t.w.env.VPC.Changeable.V && t.with(func(p *inventory.Plan) { p.Environment.VPC.Changeable.V = true }) {
		t.say(SmallestChange{Change: "changeable"}, "let the VPC be changed (vpc.changeable: true)")
	}
}

func (t *trial) otherPatterns() {
	for _, p := range (&evaluation{plan: t.w.plan}).admissible() {
		if p.id() != t.w.pattern.id() && t.fits(t.w.plan, p, nil) {
			t.say(SmallestChange{Change: "pattern", Pattern: p.id()}, "take pattern %s: its address plan fits", p.id())
		}
	}
}

// triedSingly is from how many on apps are not tried one by one.
const triedSingly = 200

// fewerApps finds apps without which the rest fits: the smallest single one that
// is enough, else the largest ones until it is, less those that can come back.
func (t *trial) fewerApps() {
	var apps []string
	for _, a := range t.w.apps {
		if len(t.w.onPremises(a)) > 0 {
			apps = append(apps, a.Key)
		}
	}
	size := t.w.addressesByApp()
	slices.SortStableFunc(apps, func(a, b string) int { return cmp.Compare(size[a], size[b]) })
	if len(apps) <= triedSingly {
		for _, a := range apps {
			if len(apps) > 1 && t.without([]string{a}) {
				t.leaveOut([]string{a})
				return
			}
		}
	}
	slices.Reverse(apps)
	low, high := 1, len(apps)-1
	if high < low || !t.without(apps[:high]) {
		return // not even one app alone fits
	}
	for low < high {
		if mid := (low + high) / 2; t.without(apps[:mid]) {
			high = mid
		} else {
			low = mid + 1
		}
	}
	out := slices.Clone(apps[:high])
	for i := len(out) - 1; i >= 0 && high <= triedSingly; i-- {
		if rest := slices.Delete(slices.Clone(out), i, i+1); t.without(rest) {
			out = rest
		}
	}
	t.leaveOut(out)
}

func (t *trial) without(apps []string) bool {
	excluded := map[string]string{}
	for a, why := range t.w.excluded {
		excluded[a] = why
	}
	for _, a := range apps {
		excluded[a] = "no-space"
	}
	return t.fits(t.w.plan, t.w.pattern, excluded)
}

func (t *trial) leaveOut(apps []string) {
	slices.Sort(apps)
	named := strings.Join(apps, ", ")
	if len(apps) > 10 {
		named = strings.Join(apps[:10], ", ") + fmt.Sprintf(" and %d more", len(apps)-10)
	}
	t.say(SmallestChange{Change: "leave-out", Apps: apps}, "leave out %s: %s", plural(len(apps), "app"), named)
}

// addressesByApp is how much space goes to each app's group.
func (w *work) addressesByApp() map[string]int {
	size := map[string]int{}
	for _, d := range w.layout.demands {
		for _, a := range d.apps {
			size[a] += d.need.addresses
		}
	}
	return size
}

// oneMoreRange finds the smallest block that would do as a pool of its own, and
// where it could come from: the VPC's own blocks first, since these need no
// association.
func (t *trial) oneMoreRange() {
	if !t.w.env.VPC.Changeable.V || len(t.w.layout.unmet) == 0 {
		return
	}
	routable := t.w.unmetRoutable()
	for _, from := range t.w.ranges(routable) {
		for bits := from.longest; bits >= cidr.WidestSubnet; bits-- {
			block, ok := firstOf(from.free, bits)
			if !ok {
				break
			}
			if t.with(func(p *inventory.Plan) { addPool(p, block, routable || from.own) }) {
				t.say(SmallestChange{Change: "range", CIDR: block.String(), PrefixLength: bits, From: from.name},
					"one more range of size /%d, such as %s from %s, as a pool with routable: %v", bits, block, from.name, routable || from.own)
				return
			}
		}
	}
}

// unmetRoutable reports whether something without room must be routable.
func (w *work) unmetRoutable() bool {
	unmet := map[string]bool{}
	for _, u := range w.layout.unmet {
		unmet[u.Demand.Key] = true
	}
	return slices.ContainsFunc(w.layout.demands, func(d demand) bool { return d.routable && unmet[d.name()] })
}

func addPool(plan *inventory.Plan, block netip.Prefix, routable bool) {
	p := inventory.Pool{CIDRs: []inventory.Value[netip.Prefix]{{V: block, Set: true}}}
	p.Name.V, p.Routable.V = "one-more-range", routable
	plan.Environment.Pools = append(slices.Clone(plan.Environment.Pools), p)
}

// rangeSource is space that one more range could come from.
type rangeSource struct {
	name    string
	own     bool // inside the VPC's blocks
	free    []netip.Prefix
	longest int // prefix length of the smallest range worth trying
}

// ranges lists space that nothing in the plan uses.
func (w *work) ranges(routable bool) []rangeSource {
	longest := cidr.NarrowestBlock
	for _, u := range w.layout.unmet {
		longest = min(longest, u.Demand.Bits)
	}
	taken := append(w.usedSpace(), dockerBridge)
	for i := range w.env.Pools {
		for _, c := range w.env.Pools[i].CIDRs {
			taken = append(taken, c.V)
		}
	}
	for i := range w.env.Sites {
		for _, c := range w.env.Sites[i].CIDRs {
			taken = append(taken, c.V)
		}
	}
	for _, e := range w.plan.Lock {
		taken = append(taken, e.CIDR)
	}
	var list []rangeSource
	for _, c := range w.existingVPC() {
		if !routable || !cidr.Contains([]netip.Prefix{netip.MustParsePrefix("100.64.0.0/10")}, c) {
			list = append(list, rangeSource{"the VPC's own " + c.String(), true, cidr.Subtract([]netip.Prefix{c}, taken), longest})
		}
	}
	taken = append(taken, w.existingVPC()...)
	for _, r := range []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"} {
		outer := netip.MustParsePrefix(r)
		if (r == "100.64.0.0/10") == routable {
			continue // what on-premises cannot route to needs no scarce range, and the reverse
		}
		free := cidr.Subtract([]netip.Prefix{outer}, taken)
		good, _ := w.associableParts(free)
		list = append(list, rangeSource{r + ", which the network team must hand out and the VPC associate", false, good, longest})
	}
	return list
}

// associableParts are the parts that AWS would let the VPC have.
func (w *work) associableParts(free []netip.Prefix) ([]netip.Prefix, string) {
	var good []netip.Prefix
	for _, p := range free {
		if p.Bits() > cidr.NarrowestBlock {
			continue
		}
		part, _ := associable(w.existingVPC(), p, false)
		good = append(good, part...)
	}
	return good, ""
}

// firstOf is the lowest block of that length in the list, from the smallest
// block that holds one.
func firstOf(free []netip.Prefix, bits int) (netip.Prefix, bool) {
	best := netip.Prefix{}
	for _, p := range free {
		if p.Bits() <= bits && (!best.IsValid() || p.Bits() > best.Bits()) {
			best = p
		}
	}
	if !best.IsValid() {
		return best, false
	}
	return netip.PrefixFrom(best.Addr(), bits), true
}
