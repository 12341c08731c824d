package inventory

import (
	"net/netip"

	"github.com/shopspring/decimal"

	"egressplan/planner/finding"
)

// Value is one scalar of the input with its place. Set is false where the user
// gave nothing and V is the documented default; At is then the enclosing object.
type Value[T any] struct {
	V   T
	At  finding.Pos
	Set bool
}

// Meta is what every object may carry: free text, hostile wherever printed.
type Meta struct {
	Labels map[string]string
	Owner  string
}

// Plan is the whole validated input: every document merged, every default
// filled in, every list sorted by its key so that the order in the files
// decides nothing.
type Plan struct {
	Environment     Environment
	NewAppsPerMonth Value[decimal.Decimal]
	Apps            []App         // by Key
	Firewalls       []Firewall    // by Name
	Destinations    []Destination // by Name
	Policy          Policy
	PriceBook       PriceBook
	Lock            []LockEntry // by Name, then Pattern
}

// Destination returns the destination of that name, nil if there is none.
func (p *Plan) Destination(name string) *Destination {
	return find(p.Destinations, name, destinationName)
}

// Firewall returns the firewall of that name, nil if there is none.
func (p *Plan) Firewall(name string) *Firewall { return find(p.Firewalls, name, firewallName) }

// App returns the app of that key (namespace/name), nil if there is none.
func (p *Plan) App(key string) *App { return find(p.Apps, key, appKey) }

// Environment is where it happens: one region, one VPC, one cluster, the sites.
type Environment struct {
	Meta
	Name      string // metadata.name; "" if not given
	At        finding.Pos
	Region    Value[string]
	Zones     []Value[string] // in the order given; 2 or more, distinct
	ZoneIDs   []Value[string] // of each zone, use1-az1; "" where not given
	VPC       VPC
	Pools     []Pool // by Name
	Reserved  []Value[netip.Prefix]
	Sites     []Site    // by Name
	Connected []Network // by Name
	Cluster   Cluster
	Quotas    Quotas
}

// VPC is what exists. CIDRs[0] is the primary block.
type VPC struct {
	Meta
	At          finding.Pos
	CIDRs       []VPCCIDR
	Changeable  Value[bool] // default true
	Subnets     []Subnet    // by Name
	NATGateways []NATGateway
	RouteTables []RouteTable
	Endpoints   []Value[string]
	NetworkACLs []NetworkACL

	partial bool // some of CIDRs could not be read
}

// VPCCIDR is one associated block; routable is false by default inside
// 100.64.0.0/10 and true elsewhere.
type VPCCIDR struct {
	CIDR     Value[netip.Prefix]
	Routable Value[bool]
}

// SubnetRole says what an existing subnet is for.
type SubnetRole string

// The roles a subnet can have.
const (
	RoleNodes  SubnetRole = "nodes"
	RolePods   SubnetRole = "pods"
	RoleNAT    SubnetRole = "nat"
	RoleTGW    SubnetRole = "tgw"
	RoleEgress SubnetRole = "egress"
	RoleOther  SubnetRole = "other"
)

// Subnet is an existing subnet; never moved, never overlapped. FreeIPs is what
// AWS reports as available; not Set means unknown. CNI means that it carries the
// tag kubernetes.io/role/cni, so that the subnet discovery of the VPC CNI may
// take pod addresses from it (Amazon VPC CNI README, ENABLE_SUBNET_DISCOVERY).
type Subnet struct {
	Meta
	At      finding.Pos
	Name    Value[string]
	CIDR    Value[netip.Prefix]
	Zone    Value[string]
	Role    Value[SubnetRole] // default other
	FreeIPs Value[int]
	Used    []Value[netip.Prefix] // inside CIDR
	CNI     Value[bool]           // default false
}

// NATGateway is an existing NAT gateway.
type NATGateway struct {
	Meta
	At      finding.Pos
	Name    Value[string]
	Subnet  Value[string]
	Private Value[bool] // default false
	IPs     []Value[netip.Addr]
}

// RouteTable is an existing route table; Via is a target such as
// "transit-gateway", "virtual-private-gateway", "internet-gateway", "local" or
// the name of a NAT gateway.
type RouteTable struct {
	Meta
	At      finding.Pos
	Name    Value[string]
	Subnets []Value[string]
	Routes  []Route
}

// Route is one entry of a route table. Propagated is true for a route learned
// from a gateway rather than written by hand.
type Route struct {
	At         finding.Pos
	To         Value[netip.Prefix]
	Via        Value[string]
	Propagated Value[bool]
}

// NetworkACL is a stateless filter on subnets; the name "new" in Subnets means
// the subnets the plan adds. Rules are in ascending rule number.
type NetworkACL struct {
	Meta
	At       finding.Pos
	Name     Value[string]
	Subnets  []Value[string]
	Inbound  []ACLRule
	Outbound []ACLRule
}

// ACLRule is "100 allow tcp/1024-65535 10.0.0.0/8": number, verdict, ports of
// the packet's destination, and the remote CIDR.
type ACLRule struct {
	At     finding.Pos
	Number int
	Allow  bool
	Ports  PortRange
	CIDR   netip.Prefix
}

// Pool is address space the networking team hands out. KeepFree is a ratio
// 0..1 of each pool that allocations must leave unused. Associable says that
// AWS was seen to take the pool's blocks of 198.19.0.0/16 for this VPC: its
// guides contradict each other there.
type Pool struct {
	Meta
	At       finding.Pos
	Name     Value[string]
	CIDRs    []Value[netip.Prefix]
	Routable Value[bool] // default: false if every CIDR lies in 100.64.0.0/10, else true
	KeepFree Value[decimal.Decimal]

	Associable Value[bool] // default: false
}

// Site is an on-premises location.
type Site struct {
	Meta
	At    finding.Pos
	Name  Value[string]
	CIDRs []Value[netip.Prefix]
	Links []Link // in the order given

	partial bool // some of CIDRs could not be read
}

// Values of Link.Gateway, Link.Over and Link.Role.
const (
	TransitGateway        = "transit-gateway"
	VirtualPrivateGateway = "virtual-private-gateway"
	DirectConnect         = "direct-connect"
	SiteToSiteVPN         = "site-to-site-vpn"
	RolePrimary           = "primary"
	RoleBackup            = "backup"
)

// Link is one way to a site. Shared means its fixed cost is not this estate's.
// Location is the price list's location group of a Direct Connect location. MTU
// is the largest packet the link carries, in bytes with the IP header; not Set:
// the usual one of its kind, 1500 for direct-connect (AWS Direct Connect User
// Guide, MTUs for private and transit virtual interfaces) and 1446 for
// site-to-site-vpn, which is also its largest (AWS Site-to-Site VPN User Guide,
// Quotas).
type Link struct {
	Meta
	At         finding.Pos
	Name       Value[string]
	Gateway    Value[string] // default transit-gateway
	Over       Value[string]
	Role       Value[string]          // default primary
	Capacity   Value[decimal.Decimal] // in Mbit/s; not Set means not given
	Ports      Value[int]             // Direct Connect ports; default 1
	Shared     Value[bool]            // default false
	Location   Value[string]
	MTU        Value[int]            // 68 to 9001; default 1500 or 1446
	Advertised []Value[netip.Prefix] // empty: whatever routable space the plan uses
}

// Network is another network the VPC reaches.
type Network struct {
	Meta
	At    finding.Pos
	Name  Value[string]
	CIDRs []Value[netip.Prefix]
}

// Values of Cluster.CNI, Cluster.Mesh, Cluster.Provisioning, Cluster.CiliumHA,
// VPCCNI.PodSecurityGroups and VPCCNI.RandomizeSNAT, Cilium.IPAM and
// Istio.OutboundTrafficPolicy, and of apps, flows and destinations.
const (
	CNIVPC            = "vpc-cni"
	CNICilium         = "cilium"
	MeshNone          = "none"
	MeshIstio         = "istio"
	Managed           = "managed"
	SelfManaged       = "self-managed"
	Karpenter         = "karpenter"
	AutoMode          = "auto-mode"
	CiliumOSS         = "oss"
	CiliumEnterprise  = "enterprise"
	CiliumENI         = "eni"
	CiliumClusterPool = "cluster-pool"
	IstioAllowAny     = "ALLOW_ANY"
	IstioRegistryOnly = "REGISTRY_ONLY"
	PodSGOff          = "off"
	PodSGStandard     = "standard"
	PodSGStrict       = "strict"
	SNATPRNG          = "prng"
	SNATHashRandom    = "hashrandom"
	SNATNone          = "none"
	ComputeEC2        = "ec2"
	ComputeFargate    = "fargate"
	OSLinux           = "linux"
	OSWindows         = "windows"
	InitiatorApp      = "app"
	InitiatorOnPrem   = "destination"
	KindOnPremises    = "on-premises"
	KindAWSService    = "aws-service"
	KindInternet      = "internet"
	KindNetwork       = "network"
	AppTCP            = "tcp"
	AppTLS            = "tls"
	AppHTTP           = "http"
	AppHTTPS          = "https"
	AuthzAddress      = "address"
	AuthzWorkload     = "workload"
	AuthzRequest      = "request"
	SurviveNodeLost   = "node-lost"
	SurviveZoneLost   = "zone-lost"
	SurviveLinkLost   = "link-lost"
	NATZonesAll       = 0 // Redundancy.NATZones
)

// Cluster is the EKS cluster as it runs today.
type Cluster struct {
	Meta
	At                  finding.Pos
	Name                Value[string]
	CNI                 Value[string]       // default vpc-cni
	Mesh                Value[string]       // default none
	Provisioning        Value[string]       // default managed
	NodeType            Value[string]       // default m6i.xlarge
	ServiceCIDR         Value[netip.Prefix] // default 172.20.0.0/16, or 10.100.0.0/16 where the VPC is in 172.16.0.0/12
	VPCCNI              VPCCNI
	Cilium              Cilium
	CiliumHA            Value[string] // default oss
	Istio               Istio
	EgressNodeType      Value[string] // default c6gn.large
	SecurityGroupEgress []SGRule      // default everything
	// SecurityGroupIngress is what the nodes' security group lets in beside the
	// replies to what it let out: security groups are stateful (Amazon VPC User
	// Guide, Security groups).
	SecurityGroupIngress []SGRule // default everything
}

// VPCCNI holds the settings of the Amazon VPC CNI that decide SNAT and space.
type VPCCNI struct {
	At                finding.Pos
	ExternalSNAT      Value[bool]
	ExcludeSNATCIDRs  []Value[netip.Prefix]
	RandomizeSNAT     Value[string]
	CustomNetworking  Value[bool]
	PrefixDelegation  Value[bool]
	PodSecurityGroups Value[string]
	SubnetDiscovery   Value[bool] // default true
	// ExternalServiceCIDRs are endpoints of Services that lie outside the VPC: pods
	// reach them by the node's main route table, also where their address is of a
	// secondary interface (Amazon VPC CNI README, AWS_EXTERNAL_SERVICE_CIDRS).
	ExternalServiceCIDRs []Value[netip.Prefix] // default empty
}

// Cilium holds the settings of Cilium that decide which source a pod's packet
// leaves its node with, whether it runs today or would.
type Cilium struct {
	At finding.Pos
	// IPAM says where pod addresses come from: interfaces of the node and so the
	// VPC, or a pool of the cluster's own (Cilium documentation, IP Address
	// Management).
	IPAM Value[string] // default eni
	// NativeRoutingCIDRs are reached with the pod's own address
	// (ipv4-native-routing-cidr). Empty: the VPC's blocks, which Cilium detects in
	// a cloud (Cilium documentation, Masquerading).
	NativeRoutingCIDRs []Value[netip.Prefix]
	// NonMasqueradeCIDRs is the list of the ip-masq-agent, reached with the pod's
	// own address too. Empty: the agent is off, because on without a list it takes
	// the private ranges (Cilium documentation, Masquerading).
	NonMasqueradeCIDRs []Value[netip.Prefix]
	// ExcludedCIDRs are excludedCIDRs of every egress policy: packets to them pass
	// the egress gateway by (Cilium documentation, Egress Gateway). Empty: none.
	ExcludedCIDRs []Value[netip.Prefix]
}

// Istio holds the settings of the mesh that decide whether a pod's connection
// passes its sidecar and whether the sidecar lets it out, whether Istio runs
// today or would.
type Istio struct {
	At finding.Pos
	// OutboundTrafficPolicy is what a sidecar does with what the mesh's registry
	// does not know: pass it on, or refuse it (Istio documentation, Global Mesh
	// Options, outboundTrafficPolicy).
	OutboundTrafficPolicy Value[string] // default ALLOW_ANY, as Istio's
	// ExcludeOutboundIPRanges are reached around the sidecar (Istio documentation,
	// Resource Annotations, traffic.sidecar.istio.io/excludeOutboundIPRanges).
	// Empty: none.
	ExcludeOutboundIPRanges []Value[netip.Prefix]
}

// SGRule is "tcp/443 10.0.0.0/8": what the nodes' security group lets out or in,
// and to or from where.
type SGRule struct {
	At    finding.Pos
	Ports PortRange
	CIDR  netip.Prefix
}

// Quotas are the account's AWS quotas; those named in Fixed cannot be raised.
// Defaults are AWS's own.
type Quotas struct {
	At                 finding.Pos
	NATGatewaysPerZone Value[int] // default 5
	VPCCIDRs           Value[int] // default 5
	Subnets            Value[int] // default 200
	RouteTables        Value[int] // default 200
	RoutesPerTable     Value[int] // default 500
	Fixed              []Value[string]
}
