package planner

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"egressplan/cidr"
	"egressplan/planner/inventory"
)

// lockOf is this pattern's locked blocks by name.
func (w *work) lockOf() map[string]*inventory.LockEntry {
	locked := map[string]*inventory.LockEntry{}
	for i := range w.plan.Lock {
		if e := &w.plan.Lock[i]; e.Pattern == w.pattern.id() {
			locked[e.Name] = e
		}
	}
	return locked
}

// growing lets a demand that has outgrown its locked block keep it: what the
// block does not serve becomes a demand of the same name with a number, beside
// it where that is free. AWS cannot resize a subnet, and nodes and pods may
// stand in several; a block that others are placed in moves.
func (w *work) growing(demands []demand) []demand {
	if len(w.layout.locked) == 0 {
		return demands
	}
	var list []demand
	for _, d := range demands {
		if d.purpose != purposeNodes && d.purpose != purposePods {
			list = append(list, d)
			continue
		}
		list = append(list, w.parts(d)...)
	}
	return list
}

// parts cuts a demand along its locked blocks: name, name/2, name/3.
func (w *work) parts(d demand) []demand {
	var list []demand
	for part := 1; ; part++ {
		d.part = part
		e := w.layout.locked[d.name()]
		if e == nil || w.unfit(d, e) != "" {
			return append(list, d)
		}
		here, rest := d.need.split(e.CIDR.Bits())
		if here.addresses == 0 {
			return append(list, d)
		}
		served := d
		served.need = here
		list = append(list, served)
		if rest.addresses == 0 {
			return list
		}
		d.need = rest
	}
}

// split parts a need into what a subnet of that length serves and the rest.
// What hangs together, such as the addresses of one node, stays together.
func (n need) split(bits int) (here, rest need) {
	return n.splitAt(cidr.Usable(bits), 1<<max(0, 28-bits)-2)
}

// splitAt is split for a subnet with so many addresses free, and so many aligned
// /28 blocks.
func (n need) splitAt(room, pieces int) (here, rest need) {
	if n.addresses <= room && n.prefixes <= max(0, pieces) {
		return n, need{}
	}
	each, eachPrefixes := max(1, n.each), n.eachPrefixes
	k := room / each
	if eachPrefixes > 0 {
		k = min(k, pieces/eachPrefixes)
	}
	take := max(0, k) * each
	if n.mixed { // pieces of several sizes: first fit leaves less than one of the largest
		take = max(0, min(take, room-each+1))
	}
	take, extra := min(take, n.addresses), 0
	if take == 0 && n.eni > 0 && !n.mixed && room >= 2*n.eni {
		take, extra = room/n.eni*n.eni, n.eni
	}
	if take == 0 {
		return need{}, n
	}
	here, rest = n, n
	here.addresses, rest.addresses = take, n.addresses-take+extra
	here.prefixes = min(n.prefixes, take/each*eachPrefixes)
	rest.prefixes = n.prefixes - here.prefixes
	here.parts = append(slices.Clone(n.parts), fmt.Sprintf("in further blocks of the same name, because this one was there = %d", take-n.addresses))
	rest.parts = []string{fmt.Sprintf("what the blocks before do not hold = %d", rest.addresses)}
	return here, rest
}

// unfit says why a locked block can serve its demand no more, "" if it can.
// Wider than needed is no reason.
func (w *work) unfit(d demand, e *inventory.LockEntry) string {
	bits, ok := d.need.bits()
	splits := d.purpose == purposeNodes || d.purpose == purposePods
	switch {
	case d.routable && !w.routableBlock(e.CIDR):
		return "on-premises cannot have routes to its pool"
	case !ok && !splits:
		return "it needs more than a /16"
	case !splits && e.CIDR.Bits() > bits:
		return fmt.Sprintf("it needs a /%d now", bits)
	}
	return ""
}

// routableBlock reports whether a locked block may be seen on-premises: what is
// no pool's is an existing subnet, whose owner knows.
func (w *work) routableBlock(p netip.Prefix) bool {
	for i := range w.env.Pools {
		for _, c := range w.env.Pools[i].CIDRs {
			if c.V.Overlaps(p) {
				return w.env.Pools[i].Routable.V
			}
		}
	}
	return true
}

// hold puts the lock into a request: this pattern's blocks stay for the demand
// of their name or as holes, all others count as used. Addresses inside a block
// are placed by [work.addresses].
func (w *work) hold(req *cidr.Request, demands map[string]demand) {
	for i := range w.plan.Lock {
		switch e := &w.plan.Lock[i]; {
		case e.CIDR.IsSingleIP():
		case e.Pattern != w.pattern.id() || w.layout.why[e.Name] != "" && demands[e.Name].zone != "":
			req.Used = append(req.Used, e.CIDR)
		default:
			req.Fixed = append(req.Fixed, cidr.Fixed{Key: e.Name, Block: e.CIDR})
		}
	}
}

// keepLength is the length to ask for under a name: the locked block's if it
// will do. It notes why it will not.
func (w *work) keepLength(d demand, bits int) int {
	e := w.layout.locked[d.name()]
	if e == nil {
		return bits
	}
	why := w.unfit(d, e)
	if why == "" && e.CIDR.Bits() > bits {
		why = fmt.Sprintf("it needs a /%d now", bits)
	}
	if why != "" {
		w.layout.why[d.name()] = why
		return bits
	}
	return e.CIDR.Bits()
}

// compareLock lists what is elsewhere than the lock has it, and what nobody
// asks for any more. It looks at the finished layout, so that no step of a
// pattern can move a block unseen.
func (w *work) compareLock() {
	l := w.layout
	for _, name := range sortedKeys(l.locked) {
		e, b := l.locked[name], l.blocks[name]
		switch {
		case b == nil && !l.wanted[name]:
			l.orphans = append(l.orphans, name)
		case b == nil || b.cidr == e.CIDR:
		default:
			l.moves = append(l.moves, Move{Name: name, From: e.CIDR.String(), To: b.cidr.String(), Why: w.moveWhy(name, b)})
		}
	}
}

func (w *work) moveWhy(name string, b *block) string {
	switch {
	case w.layout.why[name] != "":
		return w.layout.why[name]
	case b.subnet != "" && !b.cidr.IsSingleIP():
		return "the plan names existing subnet " + b.subnet + " for it now"
	}
	return "what is planned under this name is another block now"
}

// lockEntries is what the lock must hold to repeat this plan: its blocks, the
// held ones, and those of other patterns. A demand that found no room keeps
// what it had.
func (w *work) lockEntries() ([]inventory.LockEntry, map[string]string) {
	var list []inventory.LockEntry
	notes := map[string]string{}
	add := func(e inventory.LockEntry, note string) {
		list = append(list, e)
		if note != "" {
			notes[e.Key()] = note
		}
	}
	for _, b := range w.layout.sorted() {
		e := inventory.LockEntry{Name: b.name, Pattern: w.pattern.id(), Pool: b.pool, Zone: b.zone, Purpose: b.purpose, CIDR: b.cidr}
		if was := w.layout.locked[b.name]; was != nil && was.CIDR == b.cidr && e.Pool == "" {
			e.Pool = was.Pool
		}
		note := ""
		if s := w.subnetAt(b.cidr); s != nil {
			e.Pool, note = "", "existing subnet "+s.Name.V
		}
		add(e, note)
	}
	for i := range w.plan.Lock {
		e := w.plan.Lock[i]
		switch {
		case e.Pattern != w.pattern.id():
			add(e, e.Note)
		case w.layout.blocks[e.Name] == nil:
			note := "held: nobody asks for it"
			if w.layout.wanted[e.Name] {
				note = "held: its demand found no room"
			}
			if s := w.subnetAt(e.CIDR); s != nil {
				note += "; existing subnet " + s.Name.V
			}
			add(e, note)
		}
	}
	return list, notes
}

// subnetAt is the existing subnet of exactly that block.
func (w *work) subnetAt(p netip.Prefix) *inventory.Subnet {
	for i := range w.env.VPC.Subnets {
		if w.env.VPC.Subnets[i].CIDR.V == p {
			return &w.env.VPC.Subnets[i]
		}
	}
	return nil
}

// withoutLocked is a copy of the plan whose lock lacks some of a pattern's entries.
func withoutLocked(plan *inventory.Plan, pattern string, names []string) *inventory.Plan {
	gone := map[string]bool{}
	for _, n := range names {
		gone[n] = true
	}
	out := *plan
	out.Lock = slices.DeleteFunc(slices.Clone(plan.Lock), func(e inventory.LockEntry) bool { return e.Pattern == pattern && gone[e.Name] })
	return &out
}

// byPart orders names so that the tenth part of a block follows the ninth.
func byPart(a, b string) int {
	baseA, partA := partOf(a)
	baseB, partB := partOf(b)
	return cmp.Or(cmp.Compare(baseA, baseB), cmp.Compare(partA, partB))
}

func partOf(name string) (base string, part int) {
	i := strings.LastIndexByte(name, '/')
	if n, err := strconv.Atoi(name[i+1:]); err == nil && i > 0 {
		return name[:i], n
	}
	return name, 1
}
