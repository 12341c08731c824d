package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"egressplan/planner"
	"egressplan/planner/inventory"
)

// cidrFlags are what may be asked of an address plan.
type cidrFlags struct {
	pattern, output            *choice
	write, reclaim, allowMoves bool
	adopt                      bool
	explain                    string
}

func newCIDR(s *session) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cidr PATH...",
		Short: "Show the address plan of a pattern, and keep it stable",
		Long: `Show the address plan of a pattern: VPC CIDRs to associate, every block with what
it is for, what found no room and what the pools have left. Without --pattern it
is the recommended pattern's, or the nearest one's if none is feasible.

--write keeps the plan in the lock, allocations.lock.yaml in the directory given
or beside the first file. What the lock holds stays where it is, whoever comes,
grows or leaves. What outgrows its block gets another one of the same name with
a number. What cannot stay is listed with the reason, and not written without
--allow-moves. Blocks that nobody asks for any more are held until --reclaim.

The exit code is 1 if the plan does not fit or a block would move.`,
		Example: `  # Which subnets and VPC ranges, and what stays free?
  egressplan cidr plan/
  # Why are the ledger's blocks as large as they are?
  egressplan cidr --explain payments/ledger plan/
  # Keep them: later plans move nothing that still fits
  egressplan cidr --write plan/
  # The addresses of another pattern, for programs
  egressplan cidr --pattern private-nat-gateway -o json plan/`,
		Args: somePaths,
	}
	f := &cidrFlags{output: addOutput(cmd), pattern: addPattern(cmd)}
	cmd.Flags().BoolVar(&f.write, "write", false, "keep the plan in the lock, "+inventory.LockFile)
	cmd.Flags().BoolVar(&f.reclaim, "reclaim", false, "give up the lock's blocks that nobody asks for")
	cmd.Flags().BoolVar(&f.allowMoves, "allow-moves", false, "accept that blocks move")
	cmd.Flags().StringVar(&f.explain, "explain", "", "show how large the blocks of a name are and why: a block, a source group or an app (namespace/name)")
	cmd.Flags().BoolVar(&f.adopt, "adopt", false, "propose existing subnets for apps that would get new ones")
	cmd.MarkFlagsMutuallyExclusive("explain", "adopt", "write")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return s.cidr(cmd, args, f) }
	return cmd
}

func (s *session) cidr(cmd *cobra.Command, args []string, f *cidrFlags) error {
	plan, sources, err := s.read(args)
	if err != nil {
		return err
	}
	var lock *lockFile
	if f.write {
		if lock, err = lockOf(args, sources, plan); err != nil {
			return err
		}
	}
	a := planner.PlanAddressesWith(plan, planner.AddressOptions{Pattern: f.pattern.value, Reclaim: f.reclaim})
	if f.explain != "" {
		return s.explain(a, f)
	}
	if f.adopt {
		return s.adopt(a, f)
	}
	if f.output.value == "json" {
		err = s.writeJSON(a)
	} else {
		err = writeAddresses(s.page(), a)
	}
	if err != nil {
		return err
	}
	if f.write {
		if err := keep(cmd, lock, a, f.allowMoves); err != nil {
			return err
		}
	}
	if !a.Fits || len(a.Moves) > 0 && !f.allowMoves {
		return errNo
	}
	return nil
}

// keep writes the lock, and says on standard error what became of it.
func keep(cmd *cobra.Command, lock *lockFile, a *planner.AddressPlan, allowMoves bool) error {
	say := func(format string, args ...any) {
		fmt.Fprintln(cmd.ErrOrStderr(), "egressplan: "+escape(fmt.Sprintf(format, args...)))
	}
	if why := lockable(a, allowMoves); why != "" {
		say("%s stays as it was: %s", lock.path, why)
		return errNo
	}
	switch written, err := lock.write(a.LockFile()); {
	case err != nil:
		return err
	case written:
		say("wrote %s", lock.path)
	default:
		say("%s is up to date", lock.path)
	}
	return nil
}

func writeAddresses(p *page, a *planner.AddressPlan) error {
	if a.Pattern == "" {
		p.title("No address plan: the policy excludes what was asked for.")
		return nil
	}
	verdict := "fits"
	if !a.Fits {
		verdict = "does not fit"
		if a.Undecided {
			verdict = "was not found to fit within the search, which ended early"
		}
		if n := len(a.Unmet); n > 0 {
			verdict += ": no room for " + count(n, "block")
		}
	}
	p.title(fmt.Sprintf("The address plan of %s %s.", a.Pattern, verdict))
	writeWarnings(p, a.Warnings)
	for _, section := range []func(*page, *planner.AddressPlan) error{
		writeUnmet, writeMoves, writeVPCCIDRs, writeAllocations, writeHeld, writeFree, writeSubnets,
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
	switch {
	case len(a.SmallestChange) > 0:
		p.heading("Any one of these changes would make it fit; each was tried, the least intrusive first")
	case len(a.Unmet) > 0:
		p.heading("No single change that was tried makes it fit: ranges, settings, patterns, fewer apps.")
	}
	for _, c := range a.SmallestChange {
		p.item("  - ", c.Detail)
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

// writeHeld lists the holes that apps which left leave behind.
func writeHeld(p *page, a *planner.AddressPlan) error {
	t := &table{columns: []column{{title: "held"}, {title: "cidr"}}}
	for _, h := range a.Held {
		t.add(h.Name, h.CIDR)
	}
	if len(t.rows) > 0 {
		p.heading("In the lock, and nobody asks for it any more (--reclaim gives it up)")
	}
	if err := p.table(t, "  "); err != nil {
		return err
	}
	if len(a.Reclaimed) > 0 {
		p.heading("Given up, out of the lock once it is written: " + strings.Join(a.Reclaimed, ", "))
	}
	return nil
}

// writeFree has a line for each pool; what does not fit beside the three figures
// is left to wider terminals.
func writeFree(p *page, a *planner.AddressPlan) error {
	wide := p.width >= stateWidth
	t := &table{columns: []column{{title: "pool"}, {title: "used", right: true}, {title: "kept", right: true}, {title: "free", right: true}, {title: "of", right: true},
		{title: "lasts"}, {title: pick(wide, "free blocks", "largest"), flex: 12}}}
	how := ""
	for _, f := range a.Free {
		lasts := ""
		if f.Months != "" {
			lasts, how = f.Months+" months", f.MonthsHow
		}
		t.add(f.Pool, planner.Thousands(f.Used), planner.Thousands(f.Kept), planner.Thousands(f.Free), planner.Thousands(f.Total), lasts, pick(wide, freeBlocks(f.Blocks), largestBlock(f.Blocks)))
	}
	if len(t.rows) > 0 {
		p.heading("Space, in addresses (kept: left to growth by keepFree)")
	}
	if err := p.table(t, "  "); err != nil {
		return err
	}
	if how != "" {
		p.aside("  ", "lasts: "+how)
	}
	return nil
}

// writeSubnets says what is left in the subnets that exist.
func writeSubnets(p *page, a *planner.AddressPlan) error {
	t := &table{columns: []column{{title: "subnet"}, {title: "cidr"}, {title: "zone", drop: 1}, {title: "role", drop: 2}, {title: "free", right: true}, {title: "free /28", right: true}}}
	for _, s := range a.Subnets {
		free := "?"
		if s.FreeIPs >= 0 {
			free = planner.Thousands(strconv.Itoa(s.FreeIPs))
		}
		t.add(s.Name, s.CIDR, s.Zone, s.Role, free, pick(s.AtMost, "<= ", "")+strconv.Itoa(s.FreeBlocks))
	}
	if len(t.rows) > 0 {
		p.heading("Existing subnets: free addresses, and free aligned /28 blocks")
	}
	return p.table(t, "  ")
}

// largestBlock is the first of freeBlocks.
func largestBlock(blocks map[string]int) string {
	first, _, _ := strings.Cut(freeBlocks(blocks), ",")
	return first
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
