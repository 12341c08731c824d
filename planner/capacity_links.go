package planner

import (
	"fmt"

	"github.com/shopspring/decimal"

	"egressplan/planner/inventory"
)

// commonGauges are what carries everybody's traffic whatever the pattern: the
// transit gateway's attachment in each zone, and the links.
func (w *work) commonGauges() []gauge {
	flows := w.overLinks()
	var list []gauge
	attached := map[string]bool{} // sites behind the transit gateway
	for i := range w.env.Sites {
		site := &w.env.Sites[i]
		t := w.trafficWhere(flows, func(f appFlow) bool { return f.to.Site == site.Name.V })
		primary := w.primary(site)
		if primary == nil || t.flows == 0 {
			continue
		}
		attached[site.Name.V] = primary.Gateway.V == inventory.TransitGateway
		list = append(list, w.linkGauges(site, primary, t)...)
	}
	t, zones := w.trafficWhere(flows, func(f appFlow) bool { return attached[f.to.Site] }), int64(len(w.zones))
	if t.flows == 0 {
		return list
	}
	for _, z := range w.zones {
		list = append(list, gauge{thing: thingAttachment, name: thingAttachment + " in " + z, zone: z, mbps: w.peakMbps(t.both()), given: t.given, unknown: t.unknown,
			limit: decimal.NewFromInt(attachmentMbps), packets: attachmentPackets, healthy: fixed(1, zones),
			shifts: []trafficShift{{State{stateZoneLost, other(w.zones, z)}, fixed(1, zones-1)}},
			how:    "a zone's even share, both directions", source: "AWS Transit Gateway, Quotas"})
	}
	return list
}

// linkGauges are a site's primary link and the one that takes over from it.
func (w *work) linkGauges(site *inventory.Site, primary *inventory.Link, t traffic) []gauge {
	var list []gauge
	for _, l := range []*inventory.Link{primary, w.successor(site, primary)} {
		if l == nil {
			continue
		}
		g := gauge{thing: thingLink, name: l.Name.V, mbps: w.peakMbps(t.larger()), given: t.given, unknown: t.unknown, healthy: fixed(1, 1)}
		switch {
		case l.Over.V == inventory.SiteToSiteVPN:
			g.limit, g.packets = decimal.NewFromInt(tunnelMbps), tunnelPackets
			g.how, g.source = "the larger direction, over one tunnel of the VPN connection", "AWS Site-to-Site VPN User Guide, Quotas"
		case l.Capacity.Set:
			g.limit = l.Capacity.V.Mul(decimal.NewFromInt(int64(l.Ports.V)))
			g.how, g.source = fmt.Sprintf("the larger direction, over %s of %s Mbit/s", plural(l.Ports.V, "port"), l.Capacity.V), "the input"
		default:
			continue // capacity not given
		}
		if l != primary {
			g.healthy = fixed(0, 1)
			g.shifts = []trafficShift{{State{stateLinkLost, primary.Name.V}, fixed(1, 1)}}
		}
		list = append(list, g)
	}
	return list
}

// successor is the link that takes over from a site's primary: the next on the
// same gateway, to which static routes lead, primary ones before backups.
func (w *work) successor(site *inventory.Site, primary *inventory.Link) *inventory.Link {
	var backup *inventory.Link
	for i := range site.Links {
		l := &site.Links[i]
		switch {
		case l == primary || l.Gateway.V != primary.Gateway.V:
		case l.Role.V == inventory.RolePrimary:
			return l
		case backup == nil:
			backup = l
		}
	}
	return backup
}
