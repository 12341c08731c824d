package planner

import (
	"net/netip"
	"slices"

	"egressplan/cost"
	"egressplan/planner/inventory"
)

// subnetPattern is pattern 1: a node group in dedicated subnets for each source
// group; on-premises allows the subnets' CIDRs.
type subnetPattern struct{}

func (subnetPattern) id() string        { return "vpc-subnet-cidr" }
func (subnetPattern) replacesCNI() bool { return false }

func (subnetPattern) demands(w *work) []demand {
	w.setGroups(w.partition(false))
	return append(w.groupSpace(w.list, true), w.attachments()...)
}

func (subnetPattern) settle(w *work) {
	w.adoptOwn(w.list)
}

func (subnetPattern) compile(w *work, b *builder) {
	b.placeGroups(w.list, func(s subnetNodes, zone string, _ *group) { b.toSites(s.out, zone) })
}

// source is the node subnets while the CNI translates, the pod subnets where it
// does not, both where a destination is excluded in part.
func (subnetPattern) source(w *work, a *inventory.App, d *inventory.Destination) source {
	g := w.groups[a.Key]
	s := source{group: g.name, apps: g.keys(), barrier: w.subnetBarrier(g)}
	nodes, pods := w.groupBlocks(g.name, purposeNodes), w.groupBlocks(g.name, purposePods)
	if len(pods) == 0 {
		pods = nodes
	}
	some, all := w.untranslatedTo(d)
	var blocks []*block
	for _, v := range w.variants(a) {
		switch {
		case v == variantFargate:
			blocks = append(blocks, pods...)
			continue
		case v == variantHost || !all && !(v == variantBranch && w.env.Cluster.VPCCNI.PodSecurityGroups.V == inventory.PodSGStrict):
			blocks = append(blocks, nodes...)
		}
		if v != variantHost && (some || v == variantBranch && w.env.Cluster.VPCCNI.PodSecurityGroups.V == inventory.PodSGStrict) {
			if w.env.Cluster.VPCCNI.CustomNetworking.V {
				blocks = append(blocks, pods...)
			} else {
				blocks = append(blocks, nodes...)
			}
		}
	}
	s.blocks = sortedPrefixes(prefixes(blocks))
	s.usable = usableIn(s.blocks)
	return s
}

func (subnetPattern) faults(*work) []fault { return nil }

func (subnetPattern) misuse(w *work, kind string, a *inventory.App) misuse {
	return w.dedicatedMisuse(kind, a)
}

func (subnetPattern) intrusions(w *work, a *inventory.App, same, others []string) []intrusion {
	return w.dedicatedIntrusions(a, same, others)
}

func (subnetPattern) cuts(*work) []netip.Prefix { return nil }

func (subnetPattern) selects(*work, appFlow) string { return "" }

func (subnetPattern) usage(*work, volumes) []cost.Usage { return nil }

func (subnetPattern) tasks(w *work) []task {
	return append([]task{w.each("node groups", w.nodeGroups(), "nodeGroupHoursPerMonth")},
		w.changeTasks("accessChangeHours", "newAppHours")...)
}

func (p subnetPattern) findings(w *work) {
	w.dedicatedFindings()
	w.say("network-team-habit")
	w.say("simple-to-grow")
	if !w.externalSNAT() {
		w.say("snat-to-node")
	}
	if !w.env.Cluster.VPCCNI.CustomNetworking.V && w.env.VPC.Changeable.V {
		w.say("custom-networking-helps")
	}
}

// subnetBarrier says who else could have an address of a group's subnets.
func (w *work) subnetBarrier(g *group) string {
	if !hasCompute(g.apps, inventory.ComputeEC2) {
		return "any pod that a Fargate profile of these subnets selects, and any other interface put into them: controlled by the profile's selectors and by IAM"
	}
	return "any pod scheduled onto the group's nodes, and any instance or interface put into its subnets: controlled by taints and admission, and by IAM"
}

// dedicatedFindings are what patterns 1 and 2 share: nodes of one's own, bound
// by scheduling.
func (w *work) dedicatedFindings() {
	groups := w.list
	if !w.env.VPC.Changeable.V {
		var without []string
		for _, g := range groups {
			if len(w.ownSubnets(g)) == 0 {
				without = append(without, g.name)
			}
		}
		if len(without) > 0 {
			w.report("vpc-frozen", w.env.VPC.Changeable.At, without,
				"the VPC is not changeable and %s without existing subnets of their own", plural(len(without), "source group"))
		}
	}
	w.say("scheduling-trust", groupNames(groups)...)
	if n := w.nodeCounts(); n.nodes > n.shared {
		w.report("under-used-nodes", w.env.Cluster.NodeType.At, nil,
			"%d nodes where %d shared ones would do", n.nodes, n.shared)
	}
	w.discoveryFinding()
	w.authorizationFindings(true)
	w.inFlowsReach()
}

// discoveryFinding warns where the pod's own address is the source and the CNI
// may take it from another subnet, and where it cannot be the source.
func (w *work) discoveryFinding() {
	cni := w.env.Cluster.VPCCNI
	for _, a := range w.apps {
		if a.OS.V == inventory.OSWindows && w.podAddressShows([]*inventory.App{a}) {
			w.report("windows-always-snat", a.OS.At, []string{a.Key}, "%s runs on Windows, whose nodes translate whatever the CNI's settings say", a.Key)
		}
	}
	if w.podAddressShows(w.apps) && cni.SubnetDiscovery.V && !cni.CustomNetworking.V {
		w.say("pod-subnet-discovery")
	}
}

func groupNames(groups []*group) []string {
	var list []string
	for _, g := range groups {
		list = append(list, g.name)
	}
	return list
}

// sortedPrefixes sorts by address and drops repeats.
func sortedPrefixes(list []netip.Prefix) []netip.Prefix {
	slices.SortFunc(list, func(a, b netip.Prefix) int {
		if c := a.Addr().Compare(b.Addr()); c != 0 {
			return c
		}
		return a.Bits() - b.Bits()
	})
	return slices.Compact(list)
}
