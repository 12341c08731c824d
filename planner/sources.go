package planner

import (
	"cmp"
	"net/netip"
	"slices"

	"egressplan/cidr"
	"egressplan/planner/inventory"
)

// kinToward are apps that nothing tells apart, towards a destination.
type kinToward struct {
	kin *kin
	to  *inventory.Destination
}

// shownSource is a source with what the destination's firewall is told of it.
type shownSource struct {
	source
	filed *summary
}

// sourceOf is what a flow's firewall sees, worked out once for all kin.
func (w *work) sourceOf(f appFlow) *shownSource {
	key := kinToward{w.toward(f.app, f.to), f.to}
	s := w.sources[key]
	if s == nil {
		s = &shownSource{source: w.pattern.source(w, f.app, f.to)}
		if fw := w.plan.Firewall(f.to.Firewall.V); fw != nil {
			s.filed = w.summary(s.blocks, fw.BroadestSource.V)
		}
		w.sources[key] = s
	}
	return s
}

// sourceRows says, for each app and firewall, what the firewall sees of it.
func (w *work) sourceRows() []SourceRow {
	if w.shown == nil {
		w.shown = w.workOutSources()
	}
	return w.shown
}

func (w *work) workOutSources() []SourceRow {
	type sighting struct {
		SourceRow
		filed  *summary       // of the only source, or
		blocks []netip.Prefix // of several
	}
	var rows []*sighting
	first := 0 // of the app under way
	for _, f := range w.flows() {
		if f.inbound() || f.to.Firewall.V == "" {
			continue
		}
		s := w.sourceOf(f)
		if len(s.blocks) == 0 {
			continue
		}
		if len(rows) > 0 && rows[first].App != f.app.Key {
			first = len(rows)
		}
		at := slices.IndexFunc(rows[first:], func(r *sighting) bool { return r.Firewall == f.to.Firewall.V && r.Group == s.group })
		if at < 0 {
			row := &sighting{SourceRow: SourceRow{App: f.app.Key, Firewall: f.to.Firewall.V, Group: s.group, Barrier: s.barrier}, filed: s.filed}
			row.shareWith(s.apps)
			at = len(rows) - first
			rows = append(rows, row)
		}
		row := rows[first+at]
		if !slices.Contains(row.To, f.to.Name.V) {
			row.To = append(row.To, f.to.Name.V)
		}
		if row.filed != s.filed {
			if row.blocks == nil {
				row.blocks = slices.Clone(row.filed.of)
			}
			row.blocks = append(row.blocks, s.blocks...)
		}
		row.UsedBy = max(row.UsedBy, s.usable)
	}
	list := make([]SourceRow, 0, len(rows))
	for _, r := range rows {
		slices.Sort(r.To)
		if r.blocks != nil {
			r.filed = w.summary(sortedPrefixes(r.blocks), w.plan.Firewall(r.Firewall).BroadestSource.V)
		}
		r.CIDRs, r.Admits = r.filed.texts, r.filed.addresses
		list = append(list, r.SourceRow)
	}
	return inOrder(list, func(a, b *SourceRow) int {
		return cmp.Or(cmp.Compare(a.Firewall, b.Firewall), cmp.Compare(a.App, b.App), cmp.Compare(a.Group, b.Group))
	})
}

// shareWith notes the apps of the row's group, which it is one of. They are not
// listed in full: in a group of thousands that would be millions.
func (r *SourceRow) shareWith(apps []string) {
	r.apps, r.SharedCount = apps, len(apps)-1
	r.SharedWith = apps[:min(len(apps), foldedSubjects)]
	more := apps[:min(len(apps), foldedSubjects+1)]
	if at := slices.Index(more, r.App); at >= 0 {
		r.SharedWith = append(append(make([]string, 0, len(more)-1), more[:at]...), more[at+1:]...)
	}
}

// summary is what a firewall is told of some blocks, and its text.
type summary struct {
	of        []netip.Prefix
	texts     []string
	addresses uint64
}

// summary is cidr.Summarise, worked out once for each set of blocks: the apps of
// a source group share theirs, text and all.
func (w *work) summary(blocks []netip.Prefix, broadest int) *summary {
	key := make([]byte, 0, 5*len(blocks)+1)
	for _, b := range blocks {
		a := b.Addr().As4()
		key = append(append(key, a[:]...), byte(b.Bits()))
	}
	key = append(key, byte(broadest))
	s := w.summaries[string(key)]
	if s == nil {
		list := cidr.Summarise(blocks, broadest)
		s = &summary{of: blocks, texts: texts(list)}
		for _, b := range list {
			s.addresses += 1 << (32 - b.Bits())
		}
		w.summaries[string(key)] = s
	}
	return s
}
