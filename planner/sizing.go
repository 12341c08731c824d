package planner

import (
	"fmt"

	"github.com/shopspring/decimal"

	"egressplan/cidr"
	"egressplan/cost"
	"egressplan/planner/inventory"
)

// need is how many addresses a block must offer, as a sum a person can check.
type need struct {
	addresses int
	prefixes  int // aligned /28 blocks among them, under prefix delegation
	parts     []string
	// each is the most addresses that must lie in one subnet, such as a node's,
	// and eachPrefixes the /28 blocks among them; mixed: others are smaller.
	each, eachPrefixes int
	mixed              bool
	// eni is what one interface of a node takes: a node may also be cut into two,
	// which costs the second one interface in advance. 0: it may not.
	eni int
}

// grain notes how many addresses hang together.
func (n *need) grain(each, prefixes int) {
	n.mixed = n.mixed || n.each != 0 && n.each != each
	n.each, n.eachPrefixes = max(n.each, each), max(n.eachPrefixes, prefixes)
}

func (n *need) add(addresses int, format string, args ...any) {
	if addresses == 0 {
		return
	}
	n.addresses += addresses
	n.parts = append(n.parts, fmt.Sprintf(format, args...)+fmt.Sprintf(" = %d", addresses))
}

// bits is the prefix length of the smallest subnet that is large enough; ok is
// false where even a /16 is not.
func (n need) bits() (int, bool) {
	bits, ok := cidr.BitsFor(max(n.addresses, 1))
	if n.prefixes == 0 || !ok {
		return bits, ok
	}
	forPrefixes, ok := cidr.BitsForPrefixes(n.prefixes)
	return min(bits, forPrefixes), ok
}

// zonePods is how many pods of an app one zone must hold: its maximum with
// growth, spread evenly over the zones, rounded up twice.
func (w *work) zonePods(a *inventory.App) int {
	grown := decimal.NewFromInt(int64(a.Pods.Max.V)).Mul(decimal.NewFromInt(1).Add(a.Growth.V)).Ceil().IntPart()
	zones := int64(len(w.zones))
	return int((grown + zones - 1) / zones)
}

// zoneFleet is what one zone needs for some apps at their maximum with growth.
type zoneFleet struct {
	nodes   int // EC2 nodes
	perNode int // pods with an address of their own on a node, spread evenly
	pods    int // pods with an address of their own on EC2
	fargate int // Fargate pods
}

// fleet packs the pods one zone must hold onto nodes of the cluster's type.
func (w *work) fleet(apps []*inventory.App) zoneFleet {
	var f zoneFleet
	var demands []cost.Demand
	for _, a := range apps {
		n := w.zonePods(a)
		switch {
		case a.Compute.V == inventory.ComputeFargate:
			f.fargate += n
			continue
		case !a.HostNetwork.V:
			f.pods += n
		}
		demands = append(demands, cost.Demand{Key: a.Key, Pods: n, CPU: a.Requests.CPU.V, Memory: a.Requests.Memory.V})
	}
	if len(demands) == 0 {
		return f
	}
	fitting, misfits := w.fitting(demands)
	nodes, _ := cost.SharedNodes(fitting, w.nodeShape(), 1)
	for _, d := range misfits {
		nodes += d.Pods // a larger type would hold one at least
	}
	f.nodes = max(nodes, 1)
	f.perNode = (f.pods + f.nodes - 1) / f.nodes
	return f
}

// fitting parts the pods that a workload node can hold from those that it
// cannot.
func (w *work) fitting(demands []cost.Demand) (fits, misfits []cost.Demand) {
	shape := w.nodeShape()
	for _, d := range demands {
		if cost.PodsPerNode(d, shape) > 0 {
			fits = append(fits, d)
		} else {
			misfits = append(misfits, d)
		}
	}
	return fits, misfits
}

// nodeShape is what a workload node offers to pods after the kubelet's
// reservations and the daemonsets.
func (w *work) nodeShape() cost.Node { return w.shapeOf(w.nodeType) }

// shapeOf is the same for any instance type.
func (w *work) shapeOf(t inventory.Instance) cost.Node {
	cni := w.env.Cluster.VPCCNI
	pods := cost.MaxPods(t.ENIs, t.IPv4PerENI, cni.CustomNetworking.V, cni.PrefixDelegation.V, t.VCPU)
	cpu, memory := cost.Allocatable(t.VCPU, t.MemoryMiB, pods, w.assumeInt("evictionMemoryMiB"))
	return cost.Node{
		CPU:    cpu - w.assumeInt("daemonsetCPUMillis"),
		Memory: memory - w.assumeInt("daemonsetMemoryMiB"),
		Pods:   pods - w.assumeInt("daemonsetPods"),
	}
}

// nodeAddresses is what the node subnet of one zone must hold. Where pods take
// their addresses from it, each node holds whole interfaces: those its pods
// fill and one warm one (WARM_ENI_TARGET=1, the CNI's default), every address
// of an interface taken at once.
// Source: Amazon VPC CNI README (warm pool); Amazon EKS Best Practices Guide, VPC CNI.
func (w *work) nodeAddresses(f zoneFleet) need {
	var n need
	cni := w.env.Cluster.VPCCNI
	switch {
	case f.nodes == 0:
	case cni.CustomNetworking.V:
		n.grain(1, 0)
		n.add(f.nodes, "%d nodes x 1 address (pods are elsewhere: custom networking)", f.nodes)
	case cni.PrefixDelegation.V:
		w.addPrefixes(&n, f, w.nodeType.ENIs, true)
	default:
		enis := warmENIs(f.perNode, w.nodeType.ENIs, w.nodeType.IPv4PerENI)
		n.grain(enis*w.nodeType.IPv4PerENI, 0)
		n.eni = w.nodeType.IPv4PerENI
		n.add(f.nodes*enis*w.nodeType.IPv4PerENI, "%d nodes x %d interfaces (%d pods a node, one interface warm) x %d addresses",
			f.nodes, enis, f.perNode, w.nodeType.IPv4PerENI)
	}
	return n
}

// podAddresses is what the pod subnet of one zone must hold: under custom
// networking every interface but the primary lies there, and Fargate pods where
// they have a subnet of their own.
func (w *work) podAddresses(f zoneFleet) need {
	var n need
	cni := w.env.Cluster.VPCCNI
	switch {
	case !cni.CustomNetworking.V || f.pods == 0:
	case cni.PrefixDelegation.V:
		w.addPrefixes(&n, f, w.nodeType.ENIs-1, false)
	default:
		enis := warmENIs(f.perNode, w.nodeType.ENIs-1, w.nodeType.IPv4PerENI)
		n.grain(enis*w.nodeType.IPv4PerENI, 0)
		n.eni = w.nodeType.IPv4PerENI
		n.add(f.nodes*enis*w.nodeType.IPv4PerENI, "%d nodes x %d interfaces (%d pods a node, one interface warm) x %d addresses",
			f.nodes, enis, f.perNode, w.nodeType.IPv4PerENI)
	}
	if f.fargate > 0 {
		n.grain(1, 0)
	}
	n.add(f.fargate, "%d Fargate pods x 1 address", f.fargate)
	return n
}

// addPrefixes counts space under prefix delegation: whole /28 prefixes for the
// pods of a node and one warm (WARM_PREFIX_TARGET=1), and one address for each
// interface.
func (w *work) addPrefixes(n *need, f zoneFleet, maxENIs int, primary bool) {
	prefixes := prefixesFor(f.perNode)
	enis := w.prefixENIs(f, maxENIs)
	n.prefixes = f.nodes * prefixes
	n.grain(prefixes*16+enis, prefixes)
	n.add(f.nodes*prefixes*16, "%d nodes x %d prefixes of 16 (%d pods a node, one prefix warm)", f.nodes, prefixes, f.perNode)
	what := "interfaces"
	if !primary {
		what = "secondary interfaces"
	}
	n.add(f.nodes*enis, "%d nodes x %d %s x 1 address", f.nodes, enis, what)
}

// prefixesFor is how many /28 prefixes a node with that many pods holds, one of
// them warm.
func prefixesFor(pods int) int { return (pods+15)/16 + 1 }

// prefixENIs is how many interfaces carry a node's prefixes, one in each slot.
func (w *work) prefixENIs(f zoneFleet, maxENIs int) int {
	return max(1, min(maxENIs, (prefixesFor(f.perNode)+w.nodeType.IPv4PerENI-2)/(w.nodeType.IPv4PerENI-1)))
}

// warmENIs is how many interfaces a node with that many pods holds: enough for
// them (each interface keeps one address for itself) and one warm, within the
// type's limit.
func warmENIs(pods, maxENIs, ipv4PerENI int) int {
	used := (pods + ipv4PerENI - 2) / (ipv4PerENI - 1)
	return min(maxENIs, max(used, 1)+1)
}
