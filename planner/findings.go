package planner

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"egressplan/cidr"
	"egressplan/planner/finding"
	"egressplan/planner/inventory"
	"egressplan/sim"
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

// spaceFindings: what did not fit, what may not be associated, which quotas are
// exceeded.
func (w *work) spaceFindings() {
	var missing []string
	reasons := map[string]bool{}
	addresses := 0
	for _, u := range w.layout.unmet {
		addresses += 1 << (32 - u.Demand.Bits)
		missing = append(missing, u.Demand.Key)
		reasons[unmetWhy(u)] = true
	}
	if len(missing) > 0 {
		w.report("no-space", w.poolsAt(), missing, "no room for %s, %d addresses together: %s", plural(len(missing), "block"), addresses, strings.Join(sortedKeys(reasons), "; "))
	}
	if len(w.layout.orphans) > 0 {
		slices.Sort(w.layout.orphans)
		w.say("allocation-orphaned", w.layout.orphans...)
	}
	w.lockFindings()
	for _, r := range w.layout.refused {
		w.report("pool-not-associable", w.poolsAt(), nil, "pool %s", r)
	}
	for _, u := range w.layout.ranges.Uncovered {
		w.report("vpc-range-refused", w.poolsAt(), []string{u.Block.String()}, "%s cannot be part of the VPC: %s", u.Block, u.Why)
	}
	for _, r := range w.layout.ranges.New {
		if r.Association.Verdict == cidr.Refused {
			w.report("vpc-range-refused", w.poolsAt(), []string{r.Block.String()}, "%s: %s", r.Block, r.Association.Rule)
		}
		if r.Association.Verdict == cidr.Ambiguous {
			w.report("association-ambiguous", w.poolsAt(), []string{r.Block.String()}, "%s: %s", r.Block, r.Association.Rule)
		}
	}
	w.quotaFindings()
}

// lockFindings hold this pattern's locked blocks against everything that is not
// theirs: an existing subnet is, if it is exactly the block.
func (w *work) lockFindings() {
	existing := map[netip.Prefix]bool{}
	for _, s := range w.env.VPC.Subnets {
		existing[s.CIDR.V] = true
	}
	var pools []netip.Prefix
	for _, p := range w.env.Pools {
		for _, c := range p.CIDRs {
			pools = append(pools, c.V)
		}
	}
	used, pools := w.usedSpace(), cidr.Merge(pools)
	for _, e := range w.plan.Lock {
		if e.Pattern != w.pattern.id() || e.CIDR.IsSingleIP() || existing[e.CIDR] {
			continue
		}
		if x, _, hit := cidr.Overlap(used, []netip.Prefix{e.CIDR}); hit {
			w.report("lock-conflict", e.At, []string{e.Name}, "%s %s lies on %s, which is not the plan's to give", e.Name, e.CIDR, x)
		} else if !cidr.Contains(pools, e.CIDR) {
			w.report("lock-conflict", e.At, []string{e.Name}, "%s %s lies in no pool", e.Name, e.CIDR)
		}
	}
}

// unmetWhy says in words why a block found no room.
func unmetWhy(u cidr.Unmet) string {
	switch u.Reason {
	case cidr.KeepFree:
		return fmt.Sprintf("a /%d is free, but taking it would eat into what the pool keeps free", u.Demand.Bits)
	case tooLarge:
		return "more is needed than a /16, the widest subnet, holds"
	case cidr.NoPool:
		return "no pool may serve it"
	}
	if u.Largest > 32 {
		return fmt.Sprintf("a /%d is needed and nothing is free", u.Demand.Bits)
	}
	return fmt.Sprintf("a /%d is needed, the largest free block is a /%d", u.Demand.Bits, u.Largest)
}

// poolsAt is the place to look at when space is short.
func (w *work) poolsAt() finding.Pos {
	if len(w.env.Pools) > 0 {
		return w.env.Pools[0].At
	}
	return w.env.VPC.At
}

// quotaFindings hold the plan against the account's quotas, what exists
// included.
func (w *work) quotaFindings() {
	newSubnets := 0
	for _, b := range w.layout.blocks {
		if b.subnet == "" && b.cidr.Bits() < 32 {
			newSubnets++
		}
	}
	q := w.env.Quotas
	w.overQuota("vpcCIDRs", "quota-vpc-cidrs", q.VPCCIDRs, len(w.env.VPC.CIDRs)+len(w.layout.ranges.New), "CIDR blocks")
	w.overQuota("subnets", "quota-subnets", q.Subnets, len(w.env.VPC.Subnets)+newSubnets, "subnets")
	routes := len(w.vpcCIDRs())
	for i := range w.env.Sites {
		routes += len(w.env.Sites[i].CIDRs)
	}
	for _, n := range w.env.Connected {
		routes += len(n.CIDRs)
	}
	w.overQuota("routesPerTable", "quota-routes", q.RoutesPerTable, routes, "routes in each new table")
	w.overQuota("routeTables", "quota-route-tables", q.RouteTables, len(w.env.VPC.RouteTables)+newSubnets, "route tables")
}

func (w *work) overQuota(name, code string, q inventory.Value[int], n int, what string) {
	if n > q.V {
		w.reportAs(w.quotaSeverity(name), code, q.At, nil, "%d %s with this plan, quota %d", n, what, q.V)
	}
}

// overlapFindings: on-premises ranges inside the VPC or the service CIDR.
func (w *work) overlapFindings() {
	for i := range w.env.Sites {
		for _, c := range w.env.Sites[i].CIDRs {
			if x, _, ok := cidr.Overlap(w.vpcCIDRs(), []netip.Prefix{c.V}); ok {
				w.report("on-premises-in-vpc", c.At, []string{c.V.String()}, "%s of %s overlaps %s of the VPC", c.V, w.env.Sites[i].Name.V, x)
			}
			if c.V.Overlaps(w.env.Cluster.ServiceCIDR.V) {
				w.report("on-premises-in-service-cidr", c.At, []string{c.V.String()}, "%s of %s overlaps the service CIDR %s", c.V, w.env.Sites[i].Name.V, w.env.Cluster.ServiceCIDR.V)
			}
		}
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
		if len(r.SharedWith) > 0 {
			shared[r.Group] = append(append(shared[r.Group], r.SharedWith...), r.App)
		}
	}
	for _, g := range sortedKeys(shared) {
		apps := shared[g]
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
		if n := distinctRows(w.rows, fw.Name.V); fw.MaxEntries.Set && n > fw.MaxEntries.V {
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
					for _, app := range append([]string{a.App, b.App}, slices.Concat(a.SharedWith, b.SharedWith)...) {
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

// linkFindings: flows that must survive a link at a site that has one only, and
// what the sites must learn.
func (w *work) linkFindings() {
	for _, f := range w.flows() {
		for i := range w.env.Sites {
			if s := &w.env.Sites[i]; s.Name.V == f.to.Site && w.spareLinks(s) == 0 && f.mustSurvive(inventory.SurviveLinkLost) {
				w.report("survive-link-lost", f.to.At, []string{f.subject()}, "%s must survive a lost link, and %s has no second one on the %s", f.subject(), s.Name.V, w.siteGate(s))
			}
		}
	}
	if list := w.toAnnounce(); len(list) > 0 && len(w.rows) > 0 {
		w.say("routes-to-announce", list...)
	}
}

// spareLinks counts the links that could take over from the primary: those on
// the same gateway, since the static routes lead there.
func (w *work) spareLinks(s *inventory.Site) int {
	n := 0
	for i := range s.Links {
		if s.Links[i].Gateway.V == w.siteGate(s) {
			n++
		}
	}
	return max(0, n-1)
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
		if len(w.onPremises(a)) == 0 {
			continue
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
			w.report("inbound-around-gateway", f.flow.Initiator.At, []string{f.subject()}, "%s is opened from on-premises and reaches the pod's own address, anywhere in %s", f.subject(), someOf(texts(w.podBlocks(f.app))))
		}
	}
}

// pathFindings turns what the walks showed into blockers. Where the estate is
// blocked already, broken paths are only its consequence.
func (w *work) pathFindings() {
	for _, f := range w.found {
		if f.Severity == finding.Blocker && f.Scope == finding.Estate {
			return
		}
	}
	blocked := map[string]bool{}
	for _, f := range w.found {
		if f.Severity == finding.Blocker {
			for _, s := range f.Subjects {
				blocked[s] = true
			}
		}
	}
	for _, p := range w.paths {
		s := p.f.subject()
		if blocked[s] || blocked[p.f.app.Key] || p.good() {
			continue
		}
		blocked[s] = true
		code, text := w.broken(p)
		w.report(code, p.f.flow.At, []string{s}, "%s from %s (%s): %s", s, p.zone, p.variant, text)
	}
}

// good: it arrived, the allow-list admits all it may show, the reply came back.
func (p walked) good() bool {
	return p.result.Verdict == sim.Delivered && p.result.At == p.end && p.allowed && p.replied
}

// broken says what is wrong with a path, as a code and in words.
func (w *work) broken(p walked) (code, text string) {
	reason := w.reason(p)
	switch {
	case p.result.Verdict == sim.Delivered && p.result.At == p.end && p.allowed && !p.replied:
		return "no-return-route", reason.Text
	case reason.Code == "local":
		return "destination-inside-vpc", reason.Text
	}
	return "path-broken", p.result.Verdict.String() + " " + reason.Text
}

// reason says why a path ended as it did.
func (w *work) reason(p walked) Reason {
	switch {
	case p.noOrigin:
		return Reason{"no-origin", "no pod of the app has a place in " + p.zone}
	case p.good():
		return Reason{"delivered", "delivered, admitted, and the reply came back"}
	case p.result.Verdict == sim.Delivered && p.result.At != p.end:
		return Reason{"delivered-elsewhere", fmt.Sprintf("%s is delivered to %s instead", p.result.Packet.Dst.Addr(), w.b.nodeName(p.result.At))}
	case p.result.Verdict == sim.Delivered && !p.allowed:
		return Reason{"not-allowed", "the allow-list does not admit every source it may show"}
	case p.result.Verdict == sim.Delivered && p.reply.Verdict == sim.Delivered:
		return Reason{"reply-elsewhere", fmt.Sprintf("the reply to %s was delivered inside the site: the source overlaps it", p.result.Packet.Src.Addr())}
	case p.result.Verdict == sim.Delivered:
		return Reason{"no-reply", fmt.Sprintf("the reply to %s is lost at %s: %s", p.result.Packet.Src.Addr(), w.b.nodeName(p.reply.At), w.b.say(p.reply))}
	}
	n := w.b.notes[p.result.Ref]
	code := cmp.Or(n.code, p.result.Code.String())
	if p.result.At == w.b.vpc {
		return Reason{"local", fmt.Sprintf("%s is inside a CIDR of the VPC, where no subnet holds it", p.result.Packet.Dst.Addr())}
	}
	return Reason{code, fmt.Sprintf("at %s: %s", w.b.nodeName(p.result.At), w.b.say(p.result))}
}

// nodeName names a node of the network.
func (b *builder) nodeName(id sim.NodeID) string {
	if id == sim.None {
		return "nowhere"
	}
	return b.net.Nodes[id].Name
}

// say puts a result's reason into words: the note behind its Ref, else its code.
func (b *builder) say(r sim.Result) string {
	if n := b.notes[r.Ref]; n.text != "" {
		return n.text
	}
	return strings.ReplaceAll(r.Code.String(), "-", " ")
}

func sortedKeys[V any](m map[string]V) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}
