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
// AWS reports as available; not Set means unknown.
type Subnet struct {
	Meta
	At      finding.Pos
	Name    Value[string]
	CIDR    Value[netip.Prefix]
	Zone    Value[string]
	Role    Value[SubnetRole] // default other
	FreeIPs Value[int]
	Used    []Value[netip.Prefix] // inside CIDR
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
// 0..1 of each pool that allocations must leave unused.
type Pool struct {
	Meta
	At       finding.Pos
	Name     Value[string]
	CIDRs    []Value[netip.Prefix]
	Routable Value[bool] // default: false if every CIDR lies in 100.64.0.0/10, else true
	KeepFree Value[decimal.Decimal]
}

// Site is an on-premises location.
type Site struct {
	Meta
	At    finding.Pos
	Name  Value[string]
	CIDRs []Value[netip.Prefix]
	Links []Link // in the order given
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
// Location is the price list's location group of a Direct Connect location.
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
	Advertised []Value[netip.Prefix] // empty: whatever routable space the plan uses
}

// Network is another network the VPC reaches.
type Network struct {
	Meta
	At    finding.Pos
	Name  Value[string]
	CIDRs []Value[netip.Prefix]
}

// Values of Cluster.CNI, Cluster.Mesh, Cluster.Provisioning, Cluster.CiliumHA
// and VPCCNI.PodSecurityGroups and VPCCNI.RandomizeSNAT.
const (
	CNIVPC           = "vpc-cni"
	CNICilium        = "cilium"
	MeshNone         = "none"
	MeshIstio        = "istio"
	Managed          = "managed"
	SelfManaged      = "self-managed"
	Karpenter        = "karpenter"
	AutoMode         = "auto-mode"
	CiliumOSS        = "oss"
	CiliumEnterprise = "enterprise"
	PodSGOff         = "off"
	PodSGStandard    = "standard"
	PodSGStrict      = "strict"
	SNATPRNG         = "prng"
	SNATHashRandom   = "hashrandom"
	SNATNone         = "none"
	ComputeEC2       = "ec2"
	ComputeFargate   = "fargate"
	OSLinux          = "linux"
	OSWindows        = "windows"
	InitiatorApp     = "app"
	InitiatorOnPrem  = "destination"
	KindOnPremises   = "on-premises"
	KindAWSService   = "aws-service"
	KindInternet     = "internet"
	KindNetwork      = "network"
	AppTCP           = "tcp"
	AppTLS           = "tls"
	AppHTTP          = "http"
	AppHTTPS         = "https"
	AuthzAddress     = "address"
	AuthzWorkload    = "workload"
	AuthzRequest     = "request"
	SurviveNodeLost  = "node-lost"
	SurviveZoneLost  = "zone-lost"
	SurviveLinkLost  = "link-lost"
	NATZonesAll      = 0 // Redundancy.NATZones
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
	CiliumHA            Value[string] // default oss
	EgressNodeType      Value[string] // default c6gn.large
	SecurityGroupEgress []SGRule      // default everything
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
}

// SGRule is "tcp/443 10.0.0.0/8": what the nodes' security group lets out.
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

// App is one application of the inventory.
type App struct {
	Meta
	At              finding.Pos
	Key             string // namespace/name
	Name            Value[string]
	Namespace       Value[string]
	Tenant          Value[string]
	ServiceAccount  Value[string]     // default: "default"
	PodLabels       map[string]string // default {app: name}
	Compute         Value[string]
	OS              Value[string]
	HostNetwork     Value[bool]
	Subnets         []Value[string]
	Pods            Pods
	Requests        Requests
	Growth          Value[decimal.Decimal] // ratio; default 0.25
	ChangesPerMonth Value[decimal.Decimal] // default 0
	MaxChangeDays   Value[int]             // not Set: no limit
	Flows           []Flow                 // by To, then ports, then initiator
}

// Pods counts replicas: addresses are planned for Max, the bill counts Typical
// (default: midpoint, rounded up).
type Pods struct {
	Min     Value[int]
	Max     Value[int]
	Typical Value[int]
}

// Requests are one pod's resource requests: CPU in millicores, memory in MiB
// (rounded up). Defaults 100m and 128Mi.
type Requests struct {
	CPU    Value[int]
	Memory Value[int]
}

// Volume is GB per month as AWS bills them (GiB). Known is false where the
// user gave none: unknown, never 0. Low equals High for a single number.
type Volume struct {
	Low, High decimal.Decimal
	Known     bool
	At        finding.Pos
}

// Flow is one app towards one destination. Ports empty means all of the
// destination's.
type Flow struct {
	At                   finding.Pos
	To                   Value[string]
	Ports                []PortRange
	Initiator            Value[string]
	Out, In              Volume
	PeakConnections      Value[int] // not Set: unknown
	ConnectionsPerSecond Value[int] // not Set: unknown
}

// PortRange is a protocol and its destination ports, inclusive. Protocol is
// tcp, udp, icmp or any; icmp and any carry From 0 and To 65535.
type PortRange struct {
	Protocol string
	From, To uint16
}

// Identity is the unit a firewall must tell apart by source.
type Identity string

// The identities, finest first.
const (
	IdentityApp           Identity = "app"
	IdentityNamespace     Identity = "namespace"
	IdentityTenant        Identity = "tenant"
	IdentityAccessProfile Identity = "access-profile"
	IdentityCluster       Identity = "cluster"
)

// Firewall is an on-premises firewall and what it demands.
type Firewall struct {
	Meta
	At             finding.Pos
	Name           Value[string]
	Site           Value[string] // default: the only site
	Syntax         Value[string] // table | csv | json | text | cisco-asa | nftables; default text
	Identity       Value[Identity]
	BroadestSource Value[int] // prefix length; default 32
	MaxEntries     Value[int] // not Set: no limit
	OpenToGateways Value[bool]
	LeadTimeDays   Value[int] // default 0
}

// Destination is what apps reach.
type Destination struct {
	Meta
	At                finding.Pos
	Name              Value[string]
	Kind              Value[string]
	Firewall          Value[string] // on-premises only; not Set: no firewall in between
	Site              string        // on-premises only: the firewall's site, or the site whose CIDRs hold it
	CIDRs             []Value[netip.Prefix]
	Hosts             []Value[string]
	Service           Value[string]
	Ports             []PortRange
	PortsAt           finding.Pos
	Application       Value[string]   // default by port
	Identity          Value[Identity] // default: the firewall's, or cluster
	Authorization     Value[string]   // default address
	DelegatedIdentity Value[bool]
	MustSurvive       []Value[string]
}

// Policy is what the organisation accepts.
type Policy struct {
	At                  finding.Pos
	Exclude             []Value[string]
	Reject              []Value[string]
	Accept              []Value[string]
	MaxExceptions       Value[int]
	AllowOverPermission Value[bool]
	Redundancy          Redundancy
	Assumptions         map[string]Value[decimal.Decimal]
	Licences            Licences
}

// Redundancy: NATZones 0 means all zones.
type Redundancy struct {
	At                     finding.Pos
	NATZones               Value[int]
	EgressNodesPerZone     Value[int] // default 1
	GatewayReplicasPerZone Value[int] // default 2
}

// Licences are monthly prices; not Set means no figure was given.
type Licences struct {
	IsovalentMonthlyUSD Value[decimal.Decimal]
	TetrateMonthlyUSD   Value[decimal.Decimal]
}

// PriceBook is the embedded book with the user's overlays on top: the last
// price of a region and item wins.
type PriceBook struct {
	Currency string
	Prices   []Price // by Item, then Region
}

// Price is one figure of a price list. Region "*" stands for every region.
// Either Price or Tiers is meaningful: Tiers is non-empty for tiered prices.
type Price struct {
	Region, Item string
	Unit         string
	Price        decimal.Decimal
	Tiers        []Tier
	Source, AsOf string
	Confidence   string // sure | likely | given (the user's own)
	At           finding.Pos
}

// Tier is a price up to a cumulative monthly quantity; UpTo zero means no end.
type Tier struct {
	UpTo  decimal.Decimal
	Price decimal.Decimal
}

// LockEntry is one block of an Allocations document.
type LockEntry struct {
	At      finding.Pos
	Name    string
	Pattern string
	Pool    string
	Zone    string
	Purpose string
	CIDR    netip.Prefix
}

// PatternIDs are the four patterns in their documented order.
var PatternIDs = []string{"vpc-subnet-cidr", "private-nat-gateway", "cilium-egress-gateway", "istio-egress-gateway"}
