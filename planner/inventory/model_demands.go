package inventory

import (
	"net/netip"

	"github.com/shopspring/decimal"

	"egressplan/planner/finding"
)

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

// Destination is what apps reach. ClusterIP is the address of a Kubernetes
// Service without selector that they reach it by, whose endpoint is the
// destination's address (Kubernetes documentation, Services without selectors);
// on-premises and network only, inside the service CIDR, with one of CIDRs or
// more. Not Set: none.
type Destination struct {
	Meta
	At                finding.Pos
	Name              Value[string]
	Kind              Value[string]
	Firewall          Value[string] // on-premises only; not Set: no firewall in between
	Site              string        // on-premises only: the firewall's site, or the site whose CIDRs hold it
	CIDRs             []Value[netip.Prefix]
	ClusterIP         Value[netip.Addr]
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
	PoolAt  finding.Pos
	CIDRAt  finding.Pos
	Name    string
	Pattern string
	Pool    string
	Zone    string
	Purpose string
	CIDR    netip.Prefix
	Note    string // the comment behind the entry: for people, decides nothing
}

// PatternIDs are the four patterns in their documented order.
var PatternIDs = []string{"vpc-subnet-cidr", "private-nat-gateway", "cilium-egress-gateway", "istio-egress-gateway"}
