package allowlist

import (
	"bytes"
	"fmt"

	"egressplan/planner"
	"egressplan/planner/inventory"
)

// nftTable is the table that everything is written into.
const nftTable = "inet egressplan"

// NFTables writes the allow-list as a file for nft -f: for each firewall a chain
// that accepts what its entries let through, and named sets of addresses. Loaded
// again, chain and sets are emptied and filled in one transaction. A set holds
// addresses, no host names; left lists what could not be written for that reason.
func NFTables(l *planner.AllowList) (text []byte, left []string) {
	var b bytes.Buffer
	for i, p := range parts(l) {
		if i > 0 {
			fmt.Fprintln(&b)
		}
		left = append(left, p.nft(&b)...)
	}
	return b.Bytes(), left
}

func (p *part) nft(b *bytes.Buffer) (left []string) {
	p.header(b, "# ")
	p.nftNotes(b)
	fmt.Fprintf(b, "\nadd table %s\nadd chain %s %s\nflush chain %s %s\n", nftTable, nftTable, p.name, nftTable, p.name)
	for _, o := range p.objects {
		if len(o.blocks) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n# %s\nadd set %s %s { type ipv4_addr; flags interval; }\nflush set %s %s\nadd element %s %s {\n", short(o.about), nftTable, o.name, nftTable, o.name, nftTable, o.name)
		for _, block := range o.minimal() {
			fmt.Fprintf(b, "\t%s,\n", block)
		}
		fmt.Fprintln(b, "}")
	}
	for _, r := range p.rules {
		fmt.Fprintln(b)
		for _, use := range r.uses {
			fmt.Fprintln(b, "# "+use)
		}
		if len(r.source.hosts) > 0 || len(r.destination.hosts) > 0 {
			comment(b, "# ", "NOT WRITTEN: the plan knows it by host name only, and a set holds addresses; give the destination cidrs")
			left = append(left, r.about)
			continue
		}
		for _, s := range r.services {
			fmt.Fprintf(b, "add rule %s %s ip saddr @%s ip daddr @%s %saccept comment %q\n", nftTable, p.name, r.source.name, r.destination.name, nftService(s), short(r.about))
		}
	}
	return left
}

// nftNotes say how the text is used, and what it does not do.
func (p *part) nftNotes(b *bytes.Buffer) {
	tell := func(text string) { comment(b, "# ", text) }
	fmt.Fprintln(b, "#")
	tell("Check with nft -c -f FILE, load with nft -f FILE. Loaded again it replaces what it loaded before.")
	tell("It fills chain " + p.name + ", which accepts, never drops, and does nothing until a base chain of the same table jumps to it:")
	for _, line := range []string{
		"nft add chain " + nftTable + " forward '{ type filter hook forward priority filter; policy accept; }'",
		"nft add rule " + nftTable + " forward ct state established,related accept",
		"nft add rule " + nftTable + " forward jump " + p.name,
	} {
		fmt.Fprintln(b, "#   "+line)
	}
	tell("Chains jump within a table only. Where your rules are in another one, write it for " + nftTable + " throughout; what another table drops stays dropped.")
	if p.carries("icmp") {
		tell("icmp stands for all its types.")
	}
}

// nftService matches a service, with a space after it; every protocol is matched
// by nothing.
func nftService(r inventory.PortRange) string {
	switch {
	case r.Protocol == "any":
		return ""
	case r.Protocol == "icmp", everyPort(r):
		return "meta l4proto " + r.Protocol + " "
	case r.From == r.To:
		return fmt.Sprintf("%s dport %d ", r.Protocol, r.From)
	}
	return fmt.Sprintf("%s dport %d-%d ", r.Protocol, r.From, r.To)
}
