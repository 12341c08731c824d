package planner

import (
	"net/netip"

	"egressplan/planner/inventory"
	"egressplan/sim"
)

// reaches reports whether a packet that was delivered came to where its flow
// goes: the right network, and an address of the destination.
func (w *work) reaches(p *walked, r sim.Result) bool {
	if r.At != p.end {
		return false
	}
	if p.f.inbound() {
		return true
	}
	for _, c := range w.destinationBlocks(p.f.to) {
		if c.Contains(r.Packet.Dst.Addr()) {
			return true
		}
	}
	return false
}

// observed adds the sources that on-premises sees at the end of a walk that got
// beyond AWS: single addresses, or the block that an address stands for.
func (w *work) observed(list []netip.Prefix, r sim.Result) []netip.Prefix {
	if r.At == sim.None || !w.b.beyond(r.At) {
		return list
	}
	if len(r.Sources) == 0 {
		return append(list, w.b.standsFor(r.Packet.Src.Addr()))
	}
	for _, a := range r.Sources {
		if a.IsValid() {
			list = append(list, w.b.standsFor(a))
		}
	}
	return list
}

// beyond reports whether a node is on the other side of the links, or another
// far end.
func (b *builder) beyond(id sim.NodeID) bool {
	switch b.net.Nodes[id].Kind {
	case kindFirewall, kindLAN, kindRouter, kindInternet, kindEndpoint, kindNetwork:
		return true
	}
	return false
}

// standsFor is the block that an address stands for, or the address itself.
func (b *builder) standsFor(a netip.Addr) netip.Prefix {
	if block, ok := b.stands[a]; ok {
		return block
	}
	return single(a)
}

// admitted reports whether the generated allow-list admits every source that
// was shown; without a firewall in between there is nothing to refuse. In a
// misuse the packets may be somebody else's: then every entry of the firewall
// counts that leads to the destination, as it would.
func (w *work) admitted(p *walked, shown []netip.Prefix) bool {
	if p.f.to.Firewall.V == "" || p.f.inbound() {
		return true
	}
	allowed := w.admits(p.f)
	if p.misused() {
		allowed = w.admitsAnybody(p.f.to)
	}
	for _, s := range shown {
		if !allowed.contains(s) {
			return false
		}
	}
	return len(shown) > 0
}

// admits are the sources that the rows made for a flow let through, merged.
func (w *work) admits(f appFlow) blockSet {
	key := pair{f.app.Key, f.to.Name.V}
	if list, known := w.merged[key]; known {
		return list
	}
	list := rowSources(w.rowsOf(f))
	w.merged[key] = list
	return list
}

// admitsAnybody are the sources that some row lets through to a destination.
func (w *work) admitsAnybody(d *inventory.Destination) blockSet {
	key := pair{"", d.Name.V}
	if list, known := w.merged[key]; known {
		return list
	}
	if w.rowsTo == nil {
		w.rowsTo = map[string][]AllowRow{}
		for _, r := range w.rows {
			if r.Initiator == inventory.InitiatorApp {
				w.rowsTo[r.To] = append(w.rowsTo[r.To], r)
			}
		}
	}
	rows := w.rowsTo[d.Name.V]
	list := rowSources(rows)
	w.merged[key] = list
	return list
}

// rowSources are the sources of some rows.
func rowSources(rows []AllowRow) blockSet {
	var list []netip.Prefix
	for _, row := range rows {
		for _, s := range row.Sources {
			list = append(list, netip.MustParsePrefix(s))
		}
	}
	return newBlockSet(list)
}
