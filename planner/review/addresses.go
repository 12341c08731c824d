package review

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"egressplan/planner"
)

// addresses is the address plan: VPC ranges, blocks, what moves, what found no
// room and would help, what stays free.
func (r *review) addresses() {
	if r.c == nil {
		return
	}
	a := r.c.Addresses()
	r.heading(2, "Address plan of %s", r.c.ID)
	verdict := "The plan fits."
	if !a.Fits {
		verdict = "The plan does not fit."
		if n := len(a.Unmet); n > 0 {
			verdict = fmt.Sprintf("The plan does not fit: no room for %s.", planner.Count(n, "block"))
		}
	}
	r.para(words("%s", verdict))
	r.list(texts(sentences(a.Warnings)), manyLines, r.command("cidr"))
	r.unmet(a)
	r.ranges(a)
	r.blocks(a)
	r.moves(a)
	r.free(a)
}

func sentences(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = sentence(s)
	}
	return out
}

func (r *review) unmet(a *planner.AddressPlan) {
	g := &grid{titles: []string{"no room for", "size", "why"}, right: "lll"}
	for _, u := range a.Unmet {
		g.add(words("%s", u.Name), words("/%d", u.PrefixLength), words("%s", u.Why))
	}
	r.table(g, manyLines, r.command("cidr"))
	if len(a.SmallestChange) > 0 {
		r.para(words("Any one of these changes would make it fit; each was tried, the least intrusive first:"))
	}
	var changes []inline
	for _, c := range a.SmallestChange {
		changes = append(changes, words("%s", sentence(c.Detail)))
	}
	r.list(changes, manyLines, r.command("cidr"))
}

func (r *review) ranges(a *planner.AddressPlan) {
	r.para(strong("VPC ranges"), words(", new ones in the order in which to associate them:"))
	g := &grid{titles: []string{"range", "state", "pool", "rule"}, right: "llll"}
	for _, c := range a.VPCCIDRs {
		state := "existing"
		if c.New {
			state = "associate"
		}
		g.add(words("%s", c.CIDR), words("%s", state), words("%s", c.Pool), words("%s", c.Rule))
	}
	r.table(g, manyLines, r.command("cidr"))
}

// blockRow is blocks of one name and purpose in several zones.
type blockRow struct {
	name, purpose, state string
	blocks, apps         []string
	needed, usable       int // of the fullest
}

// blocks lists the blocks, those that differ in the zone only in one row.
func (r *review) blocks(a *planner.AddressPlan) {
	if len(a.Allocations) == 0 {
		return
	}
	var rows []*blockRow
	at := map[string]*blockRow{}
	for _, b := range a.Allocations {
		state := "existing"
		if b.New {
			state = "new"
		}
		name := withoutPart(withoutPart(b.Name, b.Zone), b.Purpose)
		key := name + "|" + b.Purpose + "|" + state
		row := at[key]
		if row == nil {
			row = &blockRow{name: name, purpose: b.Purpose, state: state, apps: b.Apps, needed: b.Needed, usable: b.Usable}
			at[key] = row
			rows = append(rows, row)
		}
		if b.Usable-b.Needed < row.usable-row.needed {
			row.needed, row.usable = b.Needed, b.Usable
		}
		row.blocks = append(row.blocks, strings.TrimSpace(b.Zone+" "+b.CIDR))
	}
	r.para(strong("Blocks"), words(", %s in all. Needed and usable are addresses of the fullest block of a row; AWS's five reserved ones are counted in neither.", planner.Thousands(strconv.Itoa(len(a.Allocations)))))
	g := &grid{titles: []string{"for", "purpose", "state", "blocks", "needed", "usable", "apps"}, right: "llllrrl"}
	for _, row := range rows {
		g.add(words("%s", row.name), words("%s", row.purpose), words("%s", row.state), words("%s", planner.Folded(row.blocks, manyAddresses, 0)),
			words("%d", row.needed), words("%d", row.usable), words("%s", planner.Folded(row.apps, 3, 0)))
	}
	r.table(g, manyBlocks, r.command("cidr"))
}

// withoutPart is a name without one of its parts.
func withoutPart(name, part string) string {
	parts := strings.Split(name, "/")
	if i := slices.Index(parts, part); i > 0 {
		parts = slices.Delete(parts, i, i+1)
	}
	return strings.Join(parts, "/")
}

func (r *review) moves(a *planner.AddressPlan) {
	if len(a.Moves) > 0 {
		r.para(strong("Moves"), words(": blocks that cannot stay where the lock has them."))
	}
	g := &grid{titles: []string{"block", "from", "to", "why"}, right: "llll"}
	for _, m := range a.Moves {
		g.add(words("%s", m.Name), words("%s", m.From), words("%s", m.To), words("%s", m.Why))
	}
	r.table(g, manyLines, r.command("cidr"))
	if len(a.Moves) == 0 {
		switch {
		case len(r.plan.Lock) > 0:
			r.para(words("Nothing that the lock holds moves."))
		default:
			r.para(words("There is no lock yet: the blocks are kept for later plans once "), code(r.command("cidr --write")), words(" has been run."))
		}
	}
	if len(a.Held) > 0 {
		r.para(strong("Held"), words(": in the lock, and nobody asks for it any more."))
	}
	g = &grid{titles: []string{"block", "range"}, right: "ll"}
	for _, h := range a.Held {
		g.add(words("%s", h.Name), words("%s", h.CIDR))
	}
	r.table(g, manyLines, r.command("cidr"))
}

func (r *review) free(a *planner.AddressPlan) {
	if len(a.Free) == 0 {
		return
	}
	r.para(strong("Space"), words(" of the pools, in addresses; kept is what keepFree leaves to growth."))
	g := &grid{titles: []string{"pool", "used", "kept", "free", "of", "new apps find room for", "free blocks"}, right: "lrrrrrl"}
	how := ""
	for _, f := range a.Free {
		months := ""
		if f.Months != "" {
			months, how = f.Months+" months", f.MonthsHow
		}
		g.add(words("%s", f.Pool), words("%s", planner.Thousands(f.Used)), words("%s", planner.Thousands(f.Kept)), words("%s", planner.Thousands(f.Free)), words("%s", planner.Thousands(f.Total)),
			words("%s", months), words("%s", freeBlocks(f.Blocks)))
	}
	r.table(g, manyLines, r.command("cidr"))
	if how != "" {
		r.para(words("Room for new apps: %s", sentence(how)))
	}
}

// freeBlocks lists free blocks by size, the largest first.
func freeBlocks(blocks map[string]int) string {
	var sizes []int
	for key, n := range blocks {
		if bits, err := strconv.Atoi(key); err == nil && n > 0 {
			sizes = append(sizes, bits)
		}
	}
	slices.Sort(sizes)
	var parts []string
	for _, bits := range sizes {
		parts = append(parts, fmt.Sprintf("%d x /%d", blocks[strconv.Itoa(bits)], bits))
	}
	return strings.Join(parts, ", ")
}
