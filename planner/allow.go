package planner

import (
	"cmp"
	"net/netip"
	"slices"

	"egressplan/cidr"
	"egressplan/planner/inventory"
)

// allowRows is what the firewalls must let through for the candidate's sources:
// one row for each app, destination and port range, sources summarised as far
// as the firewall's broadestSource allows.
func (w *work) allowRows() []AllowRow {
	rows := make([]AllowRow, 0, len(w.flows()))
	for _, f := range w.flows() {
		fw := w.plan.Firewall(f.to.Firewall.V)
		if fw == nil {
			continue
		}
		if f.inbound() {
			rows = append(rows, w.inboundRows(f, fw)...)
			continue
		}
		s := w.sourceOf(f)
		if len(s.blocks) == 0 {
			continue
		}
		row := AllowRow{Firewall: fw.Name.V, App: f.app.Key, To: f.to.Name.V, Initiator: inventory.InitiatorApp, States: healthyStates,
			RequiredBy: f.flow.At.String(), Sources: s.filed.texts, Destinations: w.fileable(f.to), Hosts: names(f.to.Hosts), Group: s.group}
		if w.opensToGateway(fw) {
			row.Destinations, row.Hosts, row.Site = texts(w.siteBlocks(f.to.Site)), nil, f.to.Site
			row.Protocol, row.PortFrom, row.PortTo = "tcp", 0, 65535
			rows = append(rows, row)
			continue
		}
		for _, p := range f.ports() {
			row.Protocol, row.PortFrom, row.PortTo = p.Protocol, int(p.From), int(p.To)
			rows = append(rows, row)
		}
	}
	return inOrder(rows, func(a, b *AllowRow) int {
		return cmp.Or(cmp.Compare(a.Firewall, b.Firewall), cmp.Compare(a.App, b.App), cmp.Compare(a.To, b.To),
			cmp.Compare(a.Initiator, b.Initiator), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.PortFrom, b.PortFrom), cmp.Compare(a.PortTo, b.PortTo))
	})
}

// inOrder are large rows sorted, equal ones in their order; sorting their places
// moves each only once.
func inOrder[T any](rows []T, compare func(a, b *T) int) []T {
	sorted := true
	for i := 1; i < len(rows) && sorted; i++ {
		sorted = compare(&rows[i-1], &rows[i]) <= 0
	}
	if sorted {
		return rows
	}
	at := make([]int32, len(rows))
	for i := range at {
		at[i] = int32(i)
	}
	slices.SortFunc(at, func(i, j int32) int { return cmp.Or(compare(&rows[i], &rows[j]), cmp.Compare(i, j)) })
	list := make([]T, len(rows))
	for i, from := range at {
		list[i] = rows[from]
	}
	return list
}

// healthyStates are those of a row until it is known which faults it serves in.
var healthyStates = []string{stateHealthy}

// ownBlocks are a destination's own blocks, without any stand-in.
func (w *work) ownBlocks(d *inventory.Destination) []netip.Prefix {
	if len(d.CIDRs) == 0 {
		return nil
	}
	return w.destinationBlocks(d)
}

// fileable are a destination's own blocks without those that lie in another of
// them: a firewall needs no entry for these.
func (w *work) fileable(d *inventory.Destination) []string {
	list, known := w.filed[d]
	if !known {
		list = texts(cidr.Summarise(w.ownBlocks(d), 32))
		w.filed[d] = list
	}
	return list
}

// siteBlocks are everything at a site.
func (w *work) siteBlocks(name string) []netip.Prefix {
	var list []netip.Prefix
	for i := range w.env.Sites {
		if w.env.Sites[i].Name.V == name {
			for _, c := range w.env.Sites[i].CIDRs {
				list = append(list, c.V)
			}
		}
	}
	return sortedPrefixes(list)
}

// inboundRows let on-premises open connections to the app's own addresses.
func (w *work) inboundRows(f appFlow, fw *inventory.Firewall) []AllowRow {
	blocks := w.podBlocks(f.app)
	if len(blocks) == 0 {
		return nil
	}
	var rows []AllowRow
	for _, p := range f.ports() {
		rows = append(rows, AllowRow{Firewall: fw.Name.V, App: f.app.Key, To: f.to.Name.V, Initiator: inventory.InitiatorOnPrem,
			Sources: w.fileable(f.to), Destinations: texts(cidr.Summarise(blocks, fw.BroadestSource.V)), Hosts: names(f.to.Hosts), Group: "app/" + f.app.Key,
			Protocol: p.Protocol, PortFrom: int(p.From), PortTo: int(p.To), States: healthyStates, RequiredBy: f.flow.At.String()})
	}
	return rows
}

// podBlocks are the blocks an app's pods have their addresses from.
func (w *work) podBlocks(a *inventory.App) []netip.Prefix {
	var list []netip.Prefix
	for _, z := range w.zones {
		p := w.placeOf(a, z)
		if p == nil {
			continue
		}
		for _, p := range append([]*placement{p}, p.more...) {
			for _, v := range w.variants(a) {
				if addr, ok := p.addr[v]; ok {
					list = append(list, w.b.stands[addr])
				}
			}
		}
	}
	return sortedPrefixes(list)
}

// rowsOf are the rows made for a flow.
func (w *work) rowsOf(f appFlow) []AllowRow {
	i, _ := slices.BinarySearchFunc(w.rows, f, func(r AllowRow, f appFlow) int {
		return cmp.Or(cmp.Compare(r.Firewall, f.to.Firewall.V), cmp.Compare(r.App, f.app.Key), cmp.Compare(r.To, f.to.Name.V), cmp.Compare(r.Initiator, f.flow.Initiator.V))
	})
	j := i
	for j < len(w.rows) && w.rows[j].Firewall == f.to.Firewall.V && w.rows[j].App == f.app.Key && w.rows[j].To == f.to.Name.V && w.rows[j].Initiator == f.flow.Initiator.V {
		j++
	}
	return w.rows[i:j]
}

// Ends are what a row lets through from and to: blocks, or host names where the
// on-premises side has no blocks.
func (r *AllowRow) Ends() (sources, destinations []string) {
	sources, destinations = r.Sources, r.Destinations
	switch {
	case r.Initiator == inventory.InitiatorOnPrem && len(sources) == 0:
		sources = r.Hosts
	case r.Initiator != inventory.InitiatorOnPrem && len(destinations) == 0:
		destinations = r.Hosts
	}
	return sources, destinations
}

// DistinctRows counts a firewall's entries as it would hold them: distinct
// (source block, destination block, protocol, port range).
func DistinctRows(rows []AllowRow, firewall string) int {
	type entry struct {
		source, destination, protocol string
		portFrom, portTo              int
	}
	seen := map[entry]bool{}
	for _, r := range rows {
		if r.Firewall != firewall {
			continue
		}
		sources, destinations := r.Ends()
		for _, s := range sources {
			for _, d := range destinations {
				seen[entry{s, d, r.Protocol, r.PortFrom, r.PortTo}] = true
			}
		}
	}
	return len(seen)
}
