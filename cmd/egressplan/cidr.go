package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"egressplan/planner"
)

func newCIDR(s *session) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cidr PATH...",
		Short: "Show the address plan of a pattern",
		Long: `Show the address plan of a pattern: VPC CIDRs to associate, every block with what
it is for, what found no room and what the pools have left. Without --pattern it
is the recommended pattern's, or the nearest one's if none is feasible.

The exit code is 1 if the plan does not fit.`,
		Example: "  egressplan cidr plan/\n  egressplan cidr --pattern private-nat-gateway -o json plan/",
		Args:    somePaths,
	}
	output, pattern := addOutput(cmd), addPattern(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		plan, err := s.load(args)
		if err != nil {
			return err
		}
		addresses := planner.PlanAddresses(plan, pattern.value)
		if output.value == "json" {
			err = s.writeJSON(addresses)
		} else {
			err = writeAddresses(s.page(), addresses)
		}
		if err == nil && !addresses.Fits {
			err = errNo
		}
		return err
	}
	return cmd
}

func writeAddresses(p *page, a *planner.AddressPlan) error {
	if a.Pattern == "" {
		p.title("No address plan: the policy excludes what was asked for.")
		return nil
	}
	verdict := "fits"
	if !a.Fits {
		verdict = "does not fit"
		if n := len(a.Unmet); n > 0 {
			verdict += ": no room for " + count(n, "block")
		}
	}
	p.title(fmt.Sprintf("The address plan of %s %s.", a.Pattern, verdict))
	writeWarnings(p, a.Warnings)
	for _, section := range []func(*page, *planner.AddressPlan) error{
		writeUnmet, writeVPCCIDRs, writeAllocations, writeMoves, writeFree,
	} {
		if err := section(p, a); err != nil {
			return err
		}
	}
	return nil
}

// writeWarnings says what the plan must not be read without.
func writeWarnings(p *page, warnings []string) {
	if len(warnings) > 0 {
		p.heading("Watch out")
	}
	for _, w := range warnings {
		p.item("- ", w)
	}
}

func writeUnmet(p *page, a *planner.AddressPlan) error {
	t := &table{columns: []column{{title: "no room for"}, {title: "size"}, {title: "why", flex: 24}}}
	for _, u := range a.Unmet {
		t.add(u.Name, "/"+strconv.Itoa(u.PrefixLength), u.Why)
	}
	if len(t.rows) > 0 {
		p.heading("Unmet")
	}
	if err := p.table(t, "  "); err != nil {
		return err
	}
	for i, c := range a.SmallestChange {
		if i == 0 {
			p.heading("The smallest change that would make it fit")
		}
		p.item("  - ", c.Change+": "+c.Detail)
	}
	return nil
}

// writeVPCCIDRs keeps the order of the plan: new blocks are associated in it.
func writeVPCCIDRs(p *page, a *planner.AddressPlan) error {
	t := &table{columns: []column{{title: "cidr"}, {title: "state"}, {title: "pool"}, {title: "rule", flex: 30}}}
	for _, c := range a.VPCCIDRs {
		state := "existing"
		if c.New {
			state = "associate"
		}
		t.add(c.CIDR, state, c.Pool, c.Rule)
	}
	if len(t.rows) > 0 {
		p.heading("VPC CIDRs, new ones in the order of association")
	}
	return p.table(t, "  ")
}

// stateWidth is from how many columns on a block's state is a word; on a
// narrower page a mark says it.
const stateWidth = 110

// writeAllocations lists the blocks. Whether a block is new is never left out;
// purpose and zone only where every name carries them.
func writeAllocations(p *page, a *planner.AddressPlan) error {
	if len(a.Allocations) == 0 {
		return nil
	}
	zone, purpose := 2, 3
	for _, b := range a.Allocations {
		zone, purpose = droppable(b.Name, b.Zone, zone), droppable(b.Name, b.Purpose, purpose)
	}
	wide := p.width >= stateWidth
	t := &table{columns: []column{
		{title: pick(wide, "state", "")}, {title: "name"}, {title: "purpose", drop: purpose}, {title: "zone", drop: zone}, {title: "cidr"},
		{title: "needed", right: true}, {title: "usable", right: true, drop: 1}, {title: "apps", flex: 20, drop: 4},
	}}
	for _, b := range a.Allocations {
		state := pick(b.New, pick(wide, "new", ""), pick(wide, "existing", "*"))
		t.add(state, b.Name, b.Purpose, b.Zone, b.CIDR, strconv.Itoa(b.Needed), strconv.Itoa(b.Usable), folded(b.Apps, 3, 0))
	}
	p.heading("Allocations, in addresses" + pick(wide, "", " (* existing, all others new)"))
	return p.table(t, "  ")
}

// droppable is a column's rank for leaving it out, 0 for never: it must stay
// where a name does not carry its value as one of its parts.
func droppable(name, value string, rank int) int {
	if value != "" && !slices.Contains(strings.Split(name, "/"), value) {
		return 0
	}
	return rank
}

func writeMoves(p *page, a *planner.AddressPlan) error {
	t := &table{columns: []column{{title: "moved"}, {title: "from"}, {title: "to"}, {title: "why", flex: 20}}}
	for _, m := range a.Moves {
		t.add(m.Name, m.From, m.To, m.Why)
	}
	if len(t.rows) > 0 {
		p.heading("Blocks that could not stay where the lock has them")
	}
	return p.table(t, "  ")
}

func writeFree(p *page, a *planner.AddressPlan) error {
	t := &table{columns: []column{{title: "pool"}, {title: "free", right: true}, {title: "of", right: true}, {title: "largest free blocks", flex: 20}}}
	for _, f := range a.Free {
		t.add(f.Pool, planner.Thousands(f.Addresses), planner.Thousands(f.Total), freeBlocks(f.Blocks))
	}
	if len(t.rows) > 0 {
		p.heading("Free space, in addresses")
	}
	return p.table(t, "  ")
}

// freeBlocks lists free blocks by size, the largest first: "3 x /20, 1 x /28".
func freeBlocks(blocks map[string]int) string {
	type size struct{ bits, n int }
	var sizes []size
	for key, n := range blocks {
		bits, err := strconv.Atoi(key)
		if err == nil && n > 0 {
			sizes = append(sizes, size{bits, n})
		}
	}
	slices.SortFunc(sizes, func(a, b size) int { return a.bits - b.bits })
	var parts []string
	for _, s := range sizes {
		parts = append(parts, fmt.Sprintf("%d x /%d", s.n, s.bits))
	}
	return strings.Join(parts, ", ")
}
