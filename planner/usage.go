package planner

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"egressplan/cost"
	"egressplan/planner/inventory"
)

// usage is a volume as a usage of a per-GB item.
func (volumes) usage(item string, v volume, how string) cost.Usage {
	return cost.Usage{Item: item, Unit: "GB", Quantity: v.known, How: fmt.Sprintf("%s GB: %s", v.known, how),
		Unknown: len(v.unknown), Why: unknownWhy(v.unknown)}
}

// crossZone is the share part/whole of a volume that crosses zones, metered on
// each side.
func (volumes) crossZone(w *work, v volume, part, whole int, why string) cost.Usage {
	sides := w.assumption("crossZoneSides")
	share := cost.Share(v.known, part, whole).Mul(sides)
	return cost.Usage{Item: "cross-zone-gb", Unit: "GB", Quantity: share, Unknown: len(v.unknown), Why: unknownWhy(v.unknown),
		How: fmt.Sprintf("%s GB x %d/%d x %s sides: %s", v.known, part, whole, sides, why)}
}

func unknownWhy(subjects []string) string {
	if len(subjects) == 0 {
		return ""
	}
	seen := map[string]bool{}
	var list []string
	for _, s := range subjects {
		if !seen[s] {
			seen[s] = true
			list = append(list, s)
		}
	}
	n := len(list)
	if n > 3 {
		list = append(list[:3:3], fmt.Sprintf("%d more", n-3))
	}
	return "volumes not given: " + strings.Join(list, ", ")
}

// licence is a line where a price is set, an unknown where a chosen feature
// needs it and none is.
func (w *work) licence(item string, price inventory.Value[decimal.Decimal], needed bool, what string) []cost.Usage {
	switch {
	case price.Set && price.V.IsPositive():
		return []cost.Usage{{Item: item, Unit: "month", Quantity: decimal.NewFromInt(1), UnitPrice: decimal.NewNullDecimal(price.V),
			Source: "policy, licences", How: what}}
	case needed && !price.Set:
		return []cost.Usage{{Item: item, Unit: "month", Unknown: 1, Why: what + ": no price given"}}
	}
	return nil
}

// usages is everything the candidate is billed for in a month.
func (w *work) usages(fill decimal.Decimal) []cost.Usage { return w.usagesOf(w.volumes(fill)) }

// usagesOf is the same for given volumes.
func (w *work) usagesOf(v volumes) []cost.Usage {
	list := w.nodeUsage()
	list = append(list, w.linkUsage(v)...)
	list = append(list, w.fargateUsage()...)
	return append(list, w.pattern.usage(w, v)...)
}

// linkUsage is what the links to the sites cost: the same in every pattern.
// Fixed cost of a shared link is somebody else's. GB go over the primary link;
// a transit gateway bills what is sent into it from either side, a Direct
// Connect only what leaves AWS, a VPN the internet rate for that.
func (w *work) linkUsage(v volumes) []cost.Usage {
	var list []cost.Usage
	for i := range w.env.Sites {
		site := &w.env.Sites[i]
		primary := w.primary(site)
		for j := range site.Links {
			l := &site.Links[j]
			if !l.Shared.V {
				list = append(list, w.linkHours(l)...)
			}
			if l != primary {
				continue
			}
			s := v.bySite[site.Name.V]
			if l.Gateway.V == inventory.TransitGateway {
				both := volume{s.out.known.Add(s.in.known), append(append([]string{}, s.out.unknown...), s.in.unknown...)}
				list = append(list, v.usage("transit-gateway-gb", both, "sent into the transit gateway from either side, "+site.Name.V))
			}
			if l.Over.V == inventory.DirectConnect {
				list = append(list, v.usage("direct-connect-out-gb:"+l.Location.V, s.out, "out to "+site.Name.V+" over "+l.Name.V))
			} else {
				list = append(list, v.usage("internet-out-gb", s.out, "out to "+site.Name.V+" over "+l.Name.V))
			}
		}
	}
	if w.usesTGW() {
		list = append(list, hours(w, "transit-gateway-attachment-hour", w.billedAttachments(), "transit gateway attachment"))
	}
	return list
}

// billedAttachments are those of the transit gateway that this estate pays for: the
// VPC's, each VPN's, and one for the Direct Connect gateway, which all Direct
// Connect links come in by (AWS Transit Gateway pricing; Direct Connect gateway
// associations).
func (w *work) billedAttachments() int {
	n, direct := 1, 0
	for i := range w.env.Sites {
		for _, l := range w.env.Sites[i].Links {
			switch {
			case l.Shared.V || l.Gateway.V != inventory.TransitGateway:
			case l.Over.V == inventory.DirectConnect:
				direct = 1
			default:
				n++
			}
		}
	}
	return n + direct
}

// usesTGW reports whether some site is reached over a transit gateway.
func (w *work) usesTGW() bool {
	for i := range w.env.Sites {
		for _, l := range w.env.Sites[i].Links {
			if l.Gateway.V == inventory.TransitGateway {
				return true
			}
		}
	}
	return false
}

// primary is the link that carries a site's traffic.
func (w *work) primary(site *inventory.Site) *inventory.Link {
	for i := range site.Links {
		if site.Links[i].Role.V == inventory.RolePrimary {
			return &site.Links[i]
		}
	}
	if len(site.Links) > 0 {
		return &site.Links[0]
	}
	return nil
}

// linkHours is the fixed cost of one link.
func (w *work) linkHours(l *inventory.Link) []cost.Usage {
	if l.Over.V == inventory.SiteToSiteVPN {
		return []cost.Usage{hours(w, "vpn-connection-hour", 1, "VPN connection")}
	}
	if !l.Capacity.Set {
		return []cost.Usage{{Item: "direct-connect-port-hour", Unit: "h", Unknown: 1, Why: "capacity of " + l.Name.V + " not given"}}
	}
	gbps := l.Capacity.V.Div(decimal.NewFromInt(1000))
	item := fmt.Sprintf("direct-connect-port-hour:%sGbps", gbps)
	switch {
	case gbps.LessThan(decimal.NewFromInt(1)):
		item = fmt.Sprintf("direct-connect-hosted-hour:%sMbps", l.Capacity.V)
	case !slices.Contains([]string{"1", "10", "100", "400"}, gbps.String()):
		item = fmt.Sprintf("direct-connect-hosted-hour:%sGbps", gbps) // dedicated ports come in these sizes only
	}
	return []cost.Usage{hours(w, item, l.Ports.V, "Direct Connect port")}
}

// nodeDemands are the pods at their typical count, with what each pattern adds
// to them.
func (w *work) nodeDemands(apps []*inventory.App) []cost.Demand {
	_, meshed := w.pattern.(istioPattern)
	var list []cost.Demand
	for _, a := range apps {
		if a.Compute.V == inventory.ComputeFargate {
			continue
		}
		d := cost.Demand{Key: a.Key, Pods: a.Pods.Typical.V, CPU: a.Requests.CPU.V, Memory: a.Requests.Memory.V}
		if meshed && w.groups[a.Key] != nil && !a.HostNetwork.V && a.OS.V == inventory.OSLinux {
			d.CPU += w.assumeInt("sidecarCPUMillis")
			d.Memory += w.assumeInt("sidecarMemoryMiB")
		}
		list = append(list, d)
	}
	if meshed {
		list = append(list, cost.Demand{Key: "istiod", Pods: w.assumeInt("istiodReplicas"), CPU: w.assumeInt("istiodCPUMillis"), Memory: w.assumeInt("istiodMemoryMiB")})
	}
	return list
}

// everyone are all apps, those left out included: their pods run somewhere.
func (w *work) everyone() []*inventory.App {
	list := make([]*inventory.App, len(w.plan.Apps))
	for i := range w.plan.Apps {
		list[i] = &w.plan.Apps[i]
	}
	return list
}

// nodeCount is how many workload nodes a candidate runs: nodes in all, bound of
// them bound to one source group, shared what the same pods would need on shared
// nodes.
type nodeCount struct {
	nodes, bound, shared int
	each                 []int    // the bound nodes, by source group
	misfits              []string // apps whose pods fit no node of the type
}

// spelled writes the bound nodes as a sum, where that is short enough to help.
func (n nodeCount) spelled() string {
	var terms []string
	for _, k := range n.each {
		if k > 0 {
			terms = append(terms, strconv.Itoa(k))
		}
	}
	if len(terms) < 2 || len(terms) > 12 {
		return ""
	}
	if rest := n.nodes - n.bound; rest > 0 {
		terms = append(terms, strconv.Itoa(rest)+" shared by the others")
	}
	return ": " + strings.Join(terms, " + ")
}

// nodeCounts packs the pods at their typical count, at least one node in every
// zone.
func (w *work) nodeCounts() nodeCount {
	if w.counted != nil {
		return *w.counted
	}
	w.counted = &nodeCount{}
	n := w.nodeShape()
	pack := func(list []cost.Demand) int {
		list, _ = w.fitting(list)
		if len(list) == 0 {
			return 0
		}
		k, _ := cost.SharedNodes(list, n, len(w.zones))
		return k
	}
	all := w.nodeDemands(w.everyone())
	_, misfits := w.fitting(all)
	for _, d := range misfits {
		w.counted.misfits = append(w.counted.misfits, d.Key)
	}
	w.counted.shared = pack(all)
	if !w.dedicated() {
		w.counted.nodes = w.counted.shared
		return *w.counted
	}
	var others []*inventory.App
	for _, a := range w.everyone() {
		if w.groups[a.Key] == nil {
			others = append(others, a)
		}
	}
	for _, g := range w.list {
		k := pack(w.nodeDemands(g.apps))
		w.counted.bound += k
		w.counted.each = append(w.counted.each, k)
	}
	w.counted.nodes = w.counted.bound + pack(w.nodeDemands(others))
	return *w.counted
}

// dedicated says whether source groups have nodes of their own.
func (w *work) dedicated() bool {
	switch w.pattern.(type) {
	case subnetPattern, natPattern:
		return true
	}
	return false
}

// nodeGroups counts the source groups with EC2 nodes: those of Fargate apps
// alone have none.
func (w *work) nodeGroups() int {
	n := 0
	for _, g := range w.list {
		if hasCompute(g.apps, inventory.ComputeEC2) {
			n++
		}
	}
	return n
}

// nodeUsage is the workload nodes, by bin packing of the pods' requests.
func (w *work) nodeUsage() []cost.Usage {
	n := w.nodeCounts()
	u := hours(w, "ec2-hour:"+w.nodeType.Type, n.nodes, "workload node")
	if w.dedicated() {
		u.How = fmt.Sprintf("%s (%s with nodes of their own%s; %d if shared)", u.How, plural(w.nodeGroups(), "source group"), n.spelled(), n.shared)
	}
	if len(n.misfits) > 0 {
		u.Unknown++
		u.Why = fmt.Sprintf("nodes for %s, whose pods fit no %s", someOf(n.misfits), w.nodeType.Type)
	}
	for _, a := range w.everyone() {
		if a.OS.V == inventory.OSWindows {
			u.Unknown++
			u.Why = "the Windows licence of nodes for " + a.Key
		}
	}
	return []cost.Usage{u}
}

// fargateUsage is the Fargate pods at their typical count, each rounded up to a
// size Fargate offers with 256 MiB for its own components (Amazon EKS User
// Guide, Fargate pod configuration).
func (w *work) fargateUsage() []cost.Usage {
	cpu, memory, pods := decimal.Zero, decimal.Zero, 0
	for _, a := range w.everyone() {
		if a.Compute.V != inventory.ComputeFargate {
			continue
		}
		c, m := fargateSize(a.Requests.CPU.V, a.Requests.Memory.V)
		n := decimal.NewFromInt(int64(a.Pods.Typical.V))
		cpu, memory, pods = cpu.Add(c.Mul(n)), memory.Add(m.Mul(n)), pods+a.Pods.Typical.V
	}
	if pods == 0 {
		return nil
	}
	h := w.assumption("hoursPerMonth")
	return []cost.Usage{
		{Item: "fargate-vcpu-hour", Unit: "vCPU-h", Quantity: cpu.Mul(h), How: fmt.Sprintf("%s, %s vCPU x %s h", plural(pods, "Fargate pod"), cpu, h)},
		{Item: "fargate-gb-hour", Unit: "GB-h", Quantity: memory.Mul(h), How: fmt.Sprintf("%s, %s GB x %s h", plural(pods, "Fargate pod"), memory, h)},
	}
}

// fargateSizes are the vCPU sizes with their smallest, largest and step of
// memory in MiB (Amazon EKS User Guide, Fargate pod configuration).
var fargateSizes = []struct{ millis, from, to, step int }{
	{250, 512, 2048, 512}, {500, 1024, 4096, 1024}, {1000, 2048, 8192, 1024}, {2000, 4096, 16384, 1024},
	{4000, 8192, 30720, 1024}, {8000, 16384, 61440, 4096}, {16000, 32768, 122880, 8192},
}

// fargateSize is the smallest size that holds a pod's requests: vCPU and GB.
func fargateSize(millis, memory int) (vcpu, gb decimal.Decimal) {
	memory += 256
	size := fargateSizes[len(fargateSizes)-1]
	for _, s := range fargateSizes {
		if millis <= s.millis && memory <= s.to {
			size = s
			break
		}
	}
	m := size.from
	for m < memory && m < size.to {
		m += size.step
		if size.millis == 250 && m == 1536 {
			m = 2048
		}
	}
	return decimal.New(int64(size.millis), -3), decimal.NewFromInt(int64(m)).Div(decimal.NewFromInt(1024))
}
