package allowlist

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"egressplan/planner"
	"egressplan/planner/inventory"
)

// CiscoASA writes the allow-list for Cisco ASA 9.x: for each firewall network
// object groups for sources and destinations, a service object group and an
// extended access list entry for each pair of them (ASA Firewall CLI
// Configuration Guide, Objects for Access Control and Access Control Lists). Host
// names become FQDN objects; those have no wildcards, and left lists what could
// not be written for that reason.
func CiscoASA(l *planner.AllowList) (text []byte, left []string) {
	var b bytes.Buffer
	for i, p := range parts(l) {
		if i > 0 {
			fmt.Fprintln(&b, "!")
		}
		left = append(left, p.asa(&b)...)
	}
	return b.Bytes(), left
}

func (p *part) asa(b *bytes.Buffer) (left []string) {
	p.header(b, "! ")
	if len(p.rules) == 0 {
		comment(b, "! ", "nothing to let through")
		return nil
	}
	p.asaNotes(b)
	fmt.Fprintln(b, "!")
	for _, o := range p.objects {
		if !o.wild() {
			o.asa(b)
		}
	}
	for _, r := range p.rules {
		if r.source.wild() || r.destination.wild() {
			continue
		}
		fmt.Fprintf(b, "object-group service %s\n description %s\n", r.name, short(r.about))
		for _, s := range r.services {
			fmt.Fprintf(b, " service-object %s\n", asaService(s))
		}
	}
	for _, in := range []bool{false, true} {
		left = append(left, p.accessList(b, in)...)
	}
	return left
}

// accessList writes the entries for what the apps open, or for what is opened
// from on-premises: they come in by different interfaces, and a list is bound to
// one.
func (p *part) accessList(b *bytes.Buffer, in bool) (left []string) {
	name := p.listName(in)
	if !p.opens(in) {
		return nil
	}
	remark := "access-list " + name + " remark "
	fmt.Fprintln(b, "!")
	comment(b, remark, fmt.Sprintf("egressplan: firewall %s, environment %s, pattern %s", p.firewall.Firewall, p.environment(), p.list.Pattern))
	for _, r := range p.rules {
		switch {
		case r.inbound != in:
			continue
		case r.source.wild() || r.destination.wild():
			comment(b, "! ", "NOT WRITTEN: an FQDN object has no wildcard; give the destination cidrs: "+r.about)
			left = append(left, r.about)
			continue
		}
		for _, use := range r.uses {
			written(b, remark, use)
		}
		fmt.Fprintf(b, "access-list %s extended permit object-group %s object-group %s object-group %s\n", name, r.name, r.source.name, r.destination.name)
	}
	return left
}

func (p *part) listName(in bool) string {
	if in {
		return inboundName(p.list, p.firewall.Firewall)
	}
	return p.name
}

// opens reports whether there is any rule of a direction.
func (p *part) opens(in bool) bool {
	return slices.ContainsFunc(p.rules, func(r *rule) bool { return r.inbound == in })
}

// wild reports whether an object has a host name that stands for several.
func (o *object) wild() bool {
	return slices.ContainsFunc(o.hosts, func(h string) bool { return strings.HasPrefix(h, "*") })
}

// asaNotes say how the text is used, and what it does not do.
func (p *part) asaNotes(b *bytes.Buffer) {
	tell := func(text string) { comment(b, "! ", text) }
	fmt.Fprintln(b, "!")
	tell("Paste in configuration mode. An access list does nothing until it is bound to an interface:")
	if p.opens(false) {
		fmt.Fprintf(b, "!   access-group %s in interface TOWARDS-AWS\n", p.listName(false))
	}
	if p.opens(true) {
		fmt.Fprintf(b, "!   access-group %s in interface TOWARDS-ON-PREMISES\n", p.listName(true))
	}
	tell("An interface takes one list a direction. Where one is bound already, write its name for the one above," +
		" and mind that entries are appended: what comes after a deny of everything is never reached.")
	tell("Pasted again it opens nothing more, but an ASA may keep remarks twice. It takes nothing away: what an" +
		" earlier list had and this one has not must be removed by hand.")
	if p.carries("icmp") {
		tell("ICMP stands for all its types. Echo replies come back by inspect icmp, or by an entry of their own.")
	}
	if p.carries("any") {
		tell("ip stands for every protocol and port.")
	}
	for _, o := range p.objects {
		if len(o.hosts) > 0 {
			tell("Host names need a DNS server (dns domain-lookup, dns server-group).")
			return
		}
	}
}

// asa writes an object group, and objects for its host names first.
func (o *object) asa(b *bytes.Buffer) {
	for _, h := range o.hosts {
		fmt.Fprintf(b, "object network %s\n fqdn v4 %s\n", hostName(o, h), plain(h))
	}
	fmt.Fprintf(b, "object-group network %s\n description %s\n", o.name, short(o.about))
	for _, block := range o.blocks {
		if block.Bits() == 32 {
			fmt.Fprintf(b, " network-object host %s\n", block.Addr())
			continue
		}
		fmt.Fprintf(b, " network-object %s %s\n", block.Addr(), mask(block))
	}
	for _, h := range o.hosts {
		fmt.Fprintf(b, " network-object object %s\n", hostName(o, h))
	}
}

// hostName names the object of a host name in a group.
func hostName(o *object, host string) string { return shortened(o.name, o.name+"\x00"+host) }

// mask is a block's subnet mask: ASA takes masks, not the wildcard bits of IOS.
func mask(p netip.Prefix) string { return net.IP(net.CIDRMask(p.Bits(), 32)).String() }

// asaService is a member of a service object group.
func asaService(r inventory.PortRange) string {
	switch {
	case r.Protocol == "any":
		return "ip"
	case r.Protocol == "icmp", everyPort(r):
		return r.Protocol
	case r.From == r.To:
		return fmt.Sprintf("%s destination eq %d", r.Protocol, r.From)
	}
	return fmt.Sprintf("%s destination range %d %d", r.Protocol, r.From, r.To)
}

func everyPort(r inventory.PortRange) bool { return r.From == 0 && r.To == 65535 }

// short is a description that fits a line, or as much of it as does.
func short(text string) string {
	if len(text) > commentWidth {
		return text[:commentWidth-3] + "..."
	}
	return text
}
