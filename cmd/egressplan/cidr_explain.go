package main

import (
	"fmt"
	"strconv"

	"egressplan/planner"
)

// explain shows the sums behind the blocks of a name.
func (s *session) explain(a *planner.AddressPlan, f *cidrFlags) error {
	e := a.Explain(f.explain)
	if len(e.Blocks) == 0 {
		return fmt.Errorf("--explain %s: the address plan of %s has no such block, source group or app%s", f.explain, a.Pattern, didYouMean(f.explain, a.ExplainableNames()))
	}
	if f.output.value == "json" {
		return s.writeJSON(e)
	}
	p := s.page()
	p.title("Why the blocks of " + f.explain + " are as large as they are, in the plan of " + e.Pattern + ".")
	for i := range e.Blocks {
		if err := writeExplained(p, &e.Blocks[i]); err != nil {
			return err
		}
	}
	return nil
}

func writeExplained(p *page, b *planner.ExplainedBlock) error {
	switch {
	case b.CIDR == "":
		p.heading(b.Name + ": no room")
	case b.Subnet != "":
		p.heading(b.Name + ": " + b.CIDR + ", existing subnet " + b.Subnet)
	default:
		p.heading(b.Name + ": " + b.CIDR)
	}
	for _, line := range b.Because {
		p.item("  ", line)
	}
	t := &table{columns: []column{{title: "addresses", right: true}, {title: "for", flex: 30}}}
	for _, term := range b.Terms {
		t.add(strconv.Itoa(term.Addresses), term.What)
	}
	t.add(strconv.Itoa(b.Needed), "needed")
	if b.Reserved > 0 {
		t.add(strconv.Itoa(b.Reserved), "reserved by AWS: the first four and the last")
	}
	size := 1 << (32 - b.PrefixLength)
	t.add(strconv.Itoa(size), fmt.Sprintf("a /%d has, %d of them usable", b.PrefixLength, b.Usable))
	if err := p.table(t, "  "); err != nil {
		return err
	}
	if b.Prefixes > 0 {
		p.item("  ", fmt.Sprintf("Among them %s of 16, aligned: the first and the last /28 of a subnet hold reserved addresses, so a /%d holds %d.",
			count(b.Prefixes, "prefix"), b.PrefixLength, max(0, 1<<max(0, 28-b.PrefixLength)-2)))
	}
	return nil
}
