package cost

import "math"

// reservedCPU is what the EKS node images reserve for the kubelet: of the cores
// up to a number, in ten-thousandths (amazon-eks-ami, nodeadm).
var reservedCPU = [...]struct{ cores, share int }{
	{1, 600}, {2, 100}, {4, 50}, {math.MaxInt, 25},
}

// Allocatable returns what a node has left for pods, daemonsets included, in
// millicores and MiB. The kubelet reserves 6 % of the first core, 1 % of the
// second, 0.5 % of the next two and 0.25 % of the rest, 11 MiB per possible pod
// and 255 MiB more (amazon-eks-ami, nodeadm); evictionMiB is its hard eviction
// threshold, 100 MiB unless configured otherwise. memoryMiB is the memory of the
// instance type: what the kernel and the firmware keep is not known beforehand
// and not subtracted. Neither result is below zero.
func Allocatable(vcpu, memoryMiB, maxPods, evictionMiB int) (cpuMillis, memMiB int) {
	reserved, from := 0, 0
	for _, r := range reservedCPU {
		if vcpu > from {
			reserved += (min(vcpu, r.cores) - from) * 1000 * r.share / 10000
		}
		from = r.cores
	}
	return max(0, vcpu*1000-reserved), max(0, memoryMiB-(11*maxPods+255)-evictionMiB)
}

// MaxPods returns how many pods the VPC CNI and the kubelet admit on a node: from
// the network interfaces of the default network card and the IPv4 addresses of
// each, of which the first is the interface's own. Custom networking takes the
// first interface away from pods; prefix delegation puts 16 addresses in each
// slot. Two pods on the host network (aws-node and kube-proxy) need no address.
// The result is at most 110, or 250 above 30 vCPUs, as EKS recommends and managed
// node groups enforce (Amazon EKS User Guide, max pods; EKS best practices,
// custom networking).
func MaxPods(enis, ipv4PerENI int, customNetworking, prefixDelegation bool, vcpu int) int {
	if customNetworking {
		enis--
	}
	slots := max(0, enis) * max(0, ipv4PerENI-1)
	if prefixDelegation {
		slots *= 16
	}
	limit := 110
	if vcpu > 30 {
		limit = 250
	}
	return min(slots+2, limit)
}

// PodsPerNode returns how many pods of d an empty node n takes, ignoring how many
// d has. Zero means that not even one fits.
func PodsPerNode(d Demand, n Node) int {
	fit := n.Pods
	if d.CPU > 0 {
		fit = min(fit, n.CPU/d.CPU)
	}
	if d.Memory > 0 {
		fit = min(fit, n.Memory/d.Memory)
	}
	return max(0, fit)
}
