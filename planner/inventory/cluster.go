package inventory

import (
	"net/netip"

	"gopkg.in/yaml.v3"
)

// The node types a plan starts from where none is given.
const (
	defaultNodeType       = "m6i.xlarge"
	defaultEgressNodeType = "c6gn.large"
)

func readCluster(env object) Cluster {
	o, _ := env.orEmpty("cluster", "name", "cni", "mesh", "provisioning", "nodeType", "serviceCIDR", "vpcCNI", "cilium", "ciliumHA",
		"istio", "egressNodeType", "securityGroupEgress", "securityGroupIngress")
	return Cluster{
		Meta: o.meta(), At: o.at(),
		Name:                 optional(o, "name", "cluster", name),
		CNI:                  optional(o, "cni", CNIVPC, oneOf(CNIVPC, CNICilium)),
		Mesh:                 optional(o, "mesh", MeshNone, oneOf(MeshNone, MeshIstio)),
		Provisioning:         optional(o, "provisioning", Managed, oneOf(Managed, SelfManaged, Karpenter, AutoMode)),
		NodeType:             optional(o, "nodeType", defaultNodeType, instanceType),
		ServiceCIDR:          optional(o, "serviceCIDR", netip.Prefix{}, sizedPrefix("the service CIDR", widestService, narrowestService)),
		VPCCNI:               readVPCCNI(o),
		Cilium:               readCilium(o),
		CiliumHA:             optional(o, "ciliumHA", CiliumOSS, oneOf(CiliumOSS, CiliumEnterprise)),
		Istio:                readIstio(o),
		EgressNodeType:       optional(o, "egressNodeType", defaultEgressNodeType, instanceType),
		SecurityGroupEgress:  securityGroup(o, "securityGroupEgress"),
		SecurityGroupIngress: securityGroup(o, "securityGroupIngress"),
	}
}

// readVPCCNI reads the settings of the Amazon VPC CNI; the defaults are its own
// (Amazon VPC CNI README).
func readVPCCNI(cluster object) VPCCNI {
	o, _ := cluster.orEmpty("vpcCNI", "externalSNAT", "excludeSNATCIDRs", "randomizeSNAT", "customNetworking", "prefixDelegation",
		"podSecurityGroups", "subnetDiscovery", "externalServiceCIDRs")
	return VPCCNI{
		At:                   o.at(),
		ExternalSNAT:         optional(o, "externalSNAT", false, boolean),
		ExcludeSNATCIDRs:     each(o, "excludeSNATCIDRs", prefix),
		RandomizeSNAT:        optional(o, "randomizeSNAT", SNATPRNG, oneOf(SNATPRNG, SNATHashRandom, SNATNone)),
		CustomNetworking:     optional(o, "customNetworking", false, boolean),
		PrefixDelegation:     optional(o, "prefixDelegation", false, boolean),
		PodSecurityGroups:    optional(o, "podSecurityGroups", PodSGOff, oneOf(PodSGOff, PodSGStandard, PodSGStrict)),
		SubnetDiscovery:      optional(o, "subnetDiscovery", true, boolean),
		ExternalServiceCIDRs: each(o, "externalServiceCIDRs", prefix),
	}
}

// readCilium reads the settings of Cilium; the defaults are those it has on EKS
// (Cilium documentation, AWS ENI and Masquerading).
func readCilium(cluster object) Cilium {
	o, _ := cluster.orEmpty("cilium", "ipam", "nativeRoutingCIDRs", "nonMasqueradeCIDRs", "excludedCIDRs")
	return Cilium{
		At:                 o.at(),
		IPAM:               optional(o, "ipam", CiliumENI, oneOf(CiliumENI, CiliumClusterPool)),
		NativeRoutingCIDRs: each(o, "nativeRoutingCIDRs", prefix),
		NonMasqueradeCIDRs: each(o, "nonMasqueradeCIDRs", prefix),
		ExcludedCIDRs:      each(o, "excludedCIDRs", prefix),
	}
}

// readIstio reads the settings of Istio; the defaults are its own (Istio
// documentation, Global Mesh Options and Resource Annotations).
func readIstio(cluster object) Istio {
	o, _ := cluster.orEmpty("istio", "outboundTrafficPolicy", "excludeOutboundIPRanges")
	return Istio{
		At:                      o.at(),
		OutboundTrafficPolicy:   optional(o, "outboundTrafficPolicy", IstioAllowAny, oneOf(IstioAllowAny, IstioRegistryOnly)),
		ExcludeOutboundIPRanges: each(o, "excludeOutboundIPRanges", prefix),
	}
}

// securityGroup is everything where nothing is given. For what is let out that
// is AWS's default rule; what is let in is not to decide a plan that says nothing
// about it.
func securityGroup(o object, key string) []SGRule {
	if o.field(key) == nil {
		return []SGRule{{At: o.at(), Ports: PortRange{Protocol: "any", To: everyPort}, CIDR: netip.PrefixFrom(netip.IPv4Unspecified(), 0)}}
	}
	return o.sgRules(key)
}

// instanceType reads the name of an EC2 instance type.
func instanceType(d *decoder, n *yaml.Node, key string) (string, bool) {
	s, ok := text(d, n, key)
	if !ok {
		return "", false
	}
	if _, known := InstanceType(s); !known {
		fix := d.spelling.suggest(s, instanceNames())
		if fix == "" {
			fix = "take a type whose limits are known, such as " + defaultNodeType
		}
		d.problem(n, CodeUnknownReference, fix, "%s %s is not a known EC2 instance type", key, quote(s))
		return "", false
	}
	return s, true
}
