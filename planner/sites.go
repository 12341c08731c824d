package planner

import (
	"fmt"
	"net/netip"

	"egressplan/cidr"
	"egressplan/planner/inventory"
	"egressplan/sim"
)

// connectSites builds each site and the gateways and links towards it.
func (b *builder) connectSites() {
	for i := range b.w.env.Sites {
		site := &b.w.env.Sites[i]
		s := &siteNodes{firewalls: map[string]sim.NodeID{}}
		b.sites[site.Name.V] = s
		s.router = b.add(kindRouter, site.Name.V+" router", "")
		s.lan = b.add(kindLAN, site.Name.V, "")
		for _, c := range site.CIDRs {
			b.at(s.lan).Owns = append(b.at(s.lan).Owns, c.V)
			r := b.at(s.router)
			r.Routes = append(r.Routes, sim.Route{Dst: c.V, Rank: 1, Next: []sim.NodeID{s.lan}, Ref: b.ref(note{text: "inside " + site.Name.V})})
		}
		b.firewalls(site, s)
		b.links(site, s)
		b.route(s.lan, everywhere, s.router, "default route of "+site.Name.V)
	}
}

// firewalls puts each of the site's firewalls in front of its destinations.
func (b *builder) firewalls(site *inventory.Site, s *siteNodes) {
	for i := range b.w.plan.Firewalls {
		f := &b.w.plan.Firewalls[i]
		if f.Site.V != site.Name.V {
			continue
		}
		id := b.add(kindFirewall, f.Name.V, "")
		s.firewalls[f.Name.V] = id
		b.route(id, everywhere, s.router, "towards AWS")
		for _, c := range site.CIDRs {
			b.route(id, c.V, s.lan, "inside "+site.Name.V)
		}
	}
	for i := range b.w.plan.Destinations {
		d := &b.w.plan.Destinations[i]
		id, behind := s.firewalls[d.Firewall.V]
		if d.Kind.V != inventory.KindOnPremises || d.Site != site.Name.V || !behind {
			continue
		}
		for _, c := range b.w.destinationBlocks(d) {
			b.route(s.router, c, id, d.Name.V+" is behind "+d.Firewall.V)
			lan := b.at(s.lan)
			lan.Routes = append(lan.Routes, sim.Route{Dst: everywhere, Src: c, Next: []sim.NodeID{id},
				Ref: b.ref(note{text: d.Name.V + " is behind " + d.Firewall.V})})
		}
	}
}

// links joins a site to its gateways. The primary link carries the traffic; a
// backup stands behind it with a higher rank. What the site can answer to is
// what is announced to it.
func (b *builder) links(site *inventory.Site, s *siteNodes) {
	for i := range site.Links {
		l := &site.Links[i]
		gate := b.gate(l.Gateway.V)
		id := b.add(l.Over.V, l.Name.V, "")
		b.at(id).MTU = uint16(l.MTU.V)
		b.linkNodes = append(b.linkNodes, namedNode{l.Name.V, id})
		b.watched[id] = true // routes over a link are learned
		rank := i
		if l.Role.V == inventory.RoleBackup {
			rank += len(site.Links)
		}
		b.route(id, everywhere, gate, "towards AWS")
		for _, c := range site.CIDRs {
			b.route(id, c.V, s.router, "towards "+site.Name.V)
			g := b.at(gate)
			g.Routes = append(g.Routes, sim.Route{Dst: c.V, Rank: rank, Next: []sim.NodeID{id},
				Ref: b.ref(note{text: fmt.Sprintf("%s is reached over %s (%s)", site.Name.V, l.Name.V, l.Role.V)})})
		}
		for _, c := range b.w.announced(l) {
			r := b.at(s.router)
			r.Routes = append(r.Routes, sim.Route{Dst: c, Rank: rank, Next: []sim.NodeID{id},
				Ref: b.ref(note{text: fmt.Sprintf("%s is announced over %s", c, l.Name.V)})})
		}
	}
}

// gate returns the gateway node of that kind, which knows the VPC's blocks.
func (b *builder) gate(kind string) sim.NodeID {
	if id, ok := b.gates[kind]; ok {
		return id
	}
	id := b.add(kind, kind, "")
	b.gates[kind] = id
	if kind == inventory.TransitGateway {
		b.at(id).MTU = mtuTransitGateway
	}
	back := b.intoVPC(kind)
	for _, c := range b.w.vpcCIDRs() {
		n := b.at(id)
		n.Routes = append(n.Routes, sim.Route{Dst: c, Next: back, Ref: b.ref(note{text: "VPC attachment"})})
	}
	return id
}

// intoVPC are the ways from a gateway into the VPC: the VPC's router, or where
// network ACLs stand on attachment subnets, the attachment of any zone, since
// traffic of a link belongs to none. For packets from the gateway the outbound
// rules count (AWS Transit Gateway, Network ACLs).
func (b *builder) intoVPC(kind string) []sim.NodeID {
	var list []sim.NodeID
	for _, z := range b.w.zones {
		acl, there := b.w.attachmentACL(z)
		if kind != inventory.TransitGateway || !there {
			continue
		}
		id := b.add(kindAttachment, "transit gateway attachment "+z, z)
		b.watched[id] = true
		b.route(id, everywhere, b.vpc, "into the VPC")
		if acl != nil {
			b.at(id).Ingress = b.aclFilter(acl, acl.Outbound, true)
		}
		list = append(list, id)
	}
	for _, z := range b.w.zones {
		if acl, _ := b.w.attachmentACL(z); acl != nil {
			return list
		}
	}
	return []sim.NodeID{b.vpc}
}

// attachment is where a zone's packets for a gateway enter it. A transit gateway
// has one in each zone with a subnet for it, in a zone without none can use it;
// the inbound rules of that subnet's network ACL count (AWS Transit Gateway,
// Network ACLs and design best practices).
func (b *builder) attachment(kind, zone string) sim.NodeID {
	gate := b.gate(kind)
	if kind != inventory.TransitGateway {
		return gate
	}
	if id, ok := b.attached[zone]; ok {
		return id
	}
	id := b.add(kindAttachment, "transit gateway attachment "+zone, zone)
	b.attached[zone], b.watched[id] = id, true
	acl, there := b.w.attachmentACL(zone)
	if acl != nil {
		b.at(id).Ingress = b.aclFilter(acl, acl.Inbound, false)
	}
	if there {
		b.route(id, everywhere, gate, "the zone's attachment")
		return id
	}
	b.at(id).Ref = b.ref(note{code: "no-attachment", text: "the transit gateway has no attachment in " + zone, source: "AWS Transit Gateway, Availability Zones"})
	return id
}

// attachmentACL is the network ACL of a zone's attachment subnet, and whether
// there is an attachment. Where a VPC that may not change lists attachment
// subnets in no zone, they are taken to be there.
func (w *work) attachmentACL(zone string) (*inventory.NetworkACL, bool) {
	if list := w.existingSubnets(inventory.RoleTGW, zone); len(list) > 0 {
		return w.aclOf(list[0].Name.V), true
	}
	if w.env.VPC.Changeable.V {
		return w.aclOf("new"), true
	}
	for _, s := range w.env.VPC.Subnets {
		if s.Role.V == inventory.RoleTGW {
			return nil, false
		}
	}
	return nil, true
}

// announced is what a site learns over a link: what the link says, else all
// routable space of the VPC and of the plan.
func (w *work) announced(l *inventory.Link) []netip.Prefix {
	var list []netip.Prefix
	for _, c := range l.Advertised {
		list = append(list, c.V)
	}
	if len(list) > 0 {
		return list
	}
	return w.routableSpace()
}

// routableSpace is what of the VPC may be announced: its routable blocks less
// the non-routable pools, and the routable pools in it.
func (w *work) routableSpace() []netip.Prefix {
	var yes, no []netip.Prefix
	for _, c := range w.env.VPC.CIDRs {
		if c.Routable.V {
			yes = append(yes, c.CIDR.V)
		}
	}
	for _, p := range w.env.Pools {
		for _, c := range p.CIDRs {
			switch {
			case !p.Routable.V:
				no = append(no, c.V)
			case cidr.Contains(w.existingVPC(), c.V):
				yes = append(yes, c.V)
			}
		}
	}
	for _, r := range w.layout.ranges.New {
		if w.routablePool(r.Pool) {
			yes = append(yes, r.Block)
		}
	}
	return cidr.Merge(cidr.Subtract(yes, no))
}

// siteGate is the kind of gateway that leads to a site: its primary link's.
func (w *work) siteGate(site *inventory.Site) string {
	best := inventory.TransitGateway
	for i := range site.Links {
		if i == 0 || site.Links[i].Role.V == inventory.RolePrimary {
			best = site.Links[i].Gateway.V
			if site.Links[i].Role.V == inventory.RolePrimary {
				break
			}
		}
	}
	return best
}

// allow fills the firewalls with the allow-list.
func (b *builder) allow(rows []AllowRow) {
	filters := map[sim.NodeID]*sim.Filter{}
	for _, s := range b.sites {
		for name, id := range s.firewalls {
			filters[id] = &sim.Filter{Stateful: true, Ref: b.ref(note{code: "not-allowed", text: "no entry of the allow-list of " + name + " admits this source"})}
			b.at(id).Ingress = filters[id]
		}
	}
	type entry struct {
		firewall sim.NodeID
		match    sim.Match
	}
	seen := map[entry]bool{} // the first that matches decides
	parsed := map[string]netip.Prefix{}
	prefix := func(text string) netip.Prefix {
		p, known := parsed[text]
		if !known {
			p = netip.MustParsePrefix(text)
			parsed[text] = p
		}
		return p
	}
	for i := range rows {
		r := &rows[i]
		id, ok := b.firewall(r.Firewall)
		if !ok {
			continue
		}
		sources, destinations := r.Sources, r.Destinations
		switch onPrem := b.w.plan.Destination(r.To); { // host names only: the site's range stands for them
		case len(sources) == 0:
			sources = texts(b.w.destinationBlocks(onPrem))
		case len(destinations) == 0:
			destinations = texts(b.w.destinationBlocks(onPrem))
		}
		for _, src := range sources {
			for _, dst := range destinations {
				m := portMatch(inventory.PortRange{Protocol: r.Protocol, From: uint16(r.PortFrom), To: uint16(r.PortTo)})
				m.Src, m.Dst = prefix(src), prefix(dst)
				if seen[entry{id, m}] {
					continue
				}
				seen[entry{id, m}] = true
				filters[id].Rules = append(filters[id].Rules, sim.Rule{Match: m, Allow: true,
					Ref: b.ref(note{text: r.Firewall + " allows " + src + " for " + r.App})})
			}
		}
	}
}

func (b *builder) firewall(name string) (sim.NodeID, bool) {
	for _, s := range b.sites {
		if id, ok := s.firewalls[name]; ok {
			return id, true
		}
	}
	return sim.None, false
}
