package planner

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"egressplan/planner/finding"
	"egressplan/planner/inventory"
)

// commonFindings are those that every pattern is held to.
func (w *work) commonFindings() {
	w.spaceFindings()
	w.overlapFindings()
	w.allowListFindings()
	w.leadTimeFindings()
	w.linkFindings()
	w.rangeFindings()
	w.outsideFindings()
	if n := w.nodeCounts(); len(n.misfits) > 0 {
		w.report("pod-fits-no-node", w.env.Cluster.NodeType.At, n.misfits, "the pods of %s fit no %s, which offers %dm and %d MiB to a pod",
			someOf(n.misfits), w.nodeType.Type, max(0, w.nodeShape().CPU), max(0, w.nodeShape().Memory))
	}
	if w.env.Cluster.CNI.V == inventory.CNICilium && !w.pattern.replacesCNI() {
		w.report("cilium-masquerade", w.env.Cluster.CNI.At, nil, "the cluster runs Cilium; its masquerading is modelled as the node's address")
	}
}

// allowListFindings: sources wider than a firewall takes, lists longer than it
// holds, and apps it cannot tell apart.
func (w *work) allowListFindings() {
	shared := map[string][]string{}
	rows := w.sourceRows()
	w.sourceOverlaps(rows)
	for _, r := range rows {
		fw := w.plan.Firewall(r.Firewall)
		for _, c := range r.CIDRs {
			if p := netip.MustParsePrefix(c); p.Bits() < fw.BroadestSource.V {
				w.report("source-too-broad", fw.BroadestSource.At, []string{r.App},
					"%s leaves as %s, %s takes nothing wider than a /%d", r.App, c, fw.Name.V, fw.BroadestSource.V)
				break
			}
		}
		if r.SharedCount > 0 {
			shared[r.Group] = r.apps
		}
	}
	for _, g := range sortedKeys(shared) {
		apps := slices.Clone(shared[g])
		slices.Sort(apps)
		apps = slices.Compact(apps)
		severity := finding.Note // as coarse as the firewall asked for
		if strings.HasSuffix(g, "/everyone") {
			severity = finding.Risk
		}
		w.reportAs(severity, "shared-source", finding.Pos{}, apps, "%s leave with the source of %s", someOf(apps), g)
	}
	for i := range w.plan.Firewalls {
		fw := &w.plan.Firewalls[i]
		if !fw.MaxEntries.Set {
			continue
		}
		if n := DistinctRows(w.rows, fw.Name.V); n > fw.MaxEntries.V {
			w.report("allow-list-too-long", fw.MaxEntries.At, []string{fw.Name.V}, "%s would hold %d entries, it accepts %d", fw.Name.V, n, fw.MaxEntries.V)
		}
	}
}

// sourceOverlaps finds sources of different groups at one firewall that meet:
// it could not tell the groups apart.
func (w *work) sourceOverlaps(rows []SourceRow) {
	type claim struct {
		block netip.Prefix
		row   *SourceRow
	}
	claims := map[string][]claim{}
	seen := map[string]bool{}
	for i := range rows {
		for _, c := range rows[i].CIDRs {
			if key := rows[i].Firewall + "|" + rows[i].Group + "|" + c; !seen[key] {
				seen[key] = true
				claims[rows[i].Firewall] = append(claims[rows[i].Firewall], claim{netip.MustParsePrefix(c), &rows[i]})
			}
		}
	}
	found := map[string]string{}
	for _, list := range claims {
		slices.SortFunc(list, func(a, b claim) int {
			return cmp.Or(a.block.Addr().Compare(b.block.Addr()), cmp.Compare(a.block.Bits(), b.block.Bits()), cmp.Compare(a.row.App, b.row.App))
		})
		for i := 1; i < len(list); i++ {
			for j := i - 1; j >= 0 && list[j].block.Overlaps(list[i].block); j-- {
				if a, b := list[j].row, list[i].row; a.Group != b.Group {
					text := fmt.Sprintf("%s and %s would both leave as %s", a.Group, b.Group, list[i].block)
					for _, app := range slices.Concat(a.apps, b.apps) {
						found[app] = text
					}
					break
				}
			}
		}
	}
	for _, app := range sortedKeys(found) {
		w.report("source-not-own", finding.Pos{}, []string{app}, "%s", found[app])
	}
}

// someOf names the first three of a list and counts the rest.
func someOf(list []string) string {
	if len(list) <= 3 {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:3], ", "), len(list)-3)
}

// leadTimeFindings: a changed destination needs a firewall change, and that
// takes longer than the app can wait.
func (w *work) leadTimeFindings() {
	for _, f := range w.flows() {
		fw := w.plan.Firewall(f.to.Firewall.V)
		if fw == nil || w.opensToGateway(fw) || !f.app.MaxChangeDays.Set || !f.app.ChangesPerMonth.V.IsPositive() {
			continue
		}
		if fw.LeadTimeDays.V > f.app.MaxChangeDays.V {
			w.report("change-lead-time", f.app.MaxChangeDays.At, []string{f.subject()},
				"%s can wait %d days for a changed destination, a change at %s takes %d", f.app.Key, f.app.MaxChangeDays.V, fw.Name.V, fw.LeadTimeDays.V)
		}
	}
}

// linkFindings: what the sites must learn.
func (w *work) linkFindings() {
	if list := w.toAnnounce(); len(list) > 0 && len(w.rows) > 0 {
		w.say("routes-to-announce", list...)
	}
}

// toAnnounce are the ranges the walk assumes a site learns because its link does
// not say.
func (w *work) toAnnounce() []string {
	var list []netip.Prefix
	for i := range w.env.Sites {
		for j := range w.env.Sites[i].Links {
			if l := &w.env.Sites[i].Links[j]; len(l.Advertised) == 0 {
				list = append(list, w.announced(l)...)
			}
		}
	}
	return texts(sortedPrefixes(list))
}

// rangeFindings: volumes given as ranges.
func (w *work) rangeFindings() {
	var subjects []string
	for _, f := range w.flows() {
		for _, v := range []inventory.Volume{f.flow.Out, f.flow.In} {
			if v.Known && !v.Low.Equal(v.High) {
				subjects = append(subjects, f.subject())
				break
			}
		}
	}
	if len(subjects) > 0 {
		w.say("traffic-range", subjects...)
	}
}

// outsideFindings: flows that no on-premises firewall identifies.
func (w *work) outsideFindings() {
	var subjects []string
	for _, a := range w.apps {
		for i := range a.Flows {
			if d := w.plan.Destination(a.Flows[i].To.V); d != nil && d.Kind.V != inventory.KindOnPremises {
				subjects = append(subjects, a.Key+" -> "+d.Name.V)
			}
		}
	}
	if len(subjects) > 0 {
		w.say("outside-on-premises", subjects...)
	}
}

// unsupportedPods are the apps a gateway pattern cannot carry.
func (w *work) unsupportedPods() {
	for _, a := range w.apps {
		if !w.opens(a) {
			continue // what on-premises opens passes by the gateways
		}
		switch {
		case a.Compute.V == inventory.ComputeFargate:
			w.report("fargate-unsupported", a.Compute.At, []string{a.Key}, "%s runs on Fargate", a.Key)
		case a.HostNetwork.V:
			w.report("host-network-unsupported", a.HostNetwork.At, []string{a.Key}, "%s uses the host network", a.Key)
		case a.OS.V == inventory.OSWindows:
			w.report("windows-unsupported", a.OS.At, []string{a.Key}, "%s runs on Windows", a.Key)
		}
	}
}

// authorizationFindings are needs that addresses alone cannot meet. Patterns 1
// and 2 know neither workloads nor requests; pattern 3 selects workloads.
func (w *work) authorizationFindings(addressOnly bool) {
	for _, f := range w.flows() {
		switch {
		case f.to.Authorization.V == inventory.AuthzRequest:
			w.report("request-authorization", f.to.Authorization.At, []string{f.subject()}, "%s wants each request authorised", f.to.Name.V)
		case f.to.Authorization.V == inventory.AuthzWorkload && addressOnly:
			w.report("workload-authorization", f.to.Authorization.At, []string{f.subject()}, "%s wants each connection authorised by workload identity", f.to.Name.V)
		}
	}
}

// inFlowsReach warns of flows that on-premises opens: they meet the pod's own
// address, past any gateway.
func (w *work) inFlowsReach() {
	for _, f := range w.flows() {
		if f.inbound() && w.pattern.id() != "private-nat-gateway" {
			where := ""
			if blocks := w.podBlocks(f.app); len(blocks) > 0 {
				where = ", anywhere in " + someOf(texts(blocks))
			}
			w.report("inbound-around-gateway", f.flow.Initiator.At, []string{f.subject()}, "%s is opened from on-premises and reaches the pod's own address%s", f.subject(), where)
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}
