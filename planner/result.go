package planner

import (
	"github.com/shopspring/decimal"

	"egressplan/planner/finding"
)

// APIVersion is written into every document this module emits.
const APIVersion = "egressplan/v1"

// Status says what became of a candidate.
type Status string

// Exactly one candidate is recommended, unless all are rejected.
const (
	Recommended Status = "recommended"
	Feasible    Status = "feasible"
	Rejected    Status = "rejected"
)

// Recommendation is the answer to the main question, with the reasons.
// Candidate and Pattern are nil when all candidates are rejected; Nearest then
// says which one comes closest and what would admit it.
type Recommendation struct {
	APIVersion  string       `json:"apiVersion"`
	Kind        string       `json:"kind"`
	Environment string       `json:"environment"`
	Candidate   *string      `json:"candidate"`
	Pattern     *string      `json:"pattern"`
	Conditional []Condition  `json:"conditional"`
	Summary     string       `json:"summary"`
	Nearest     *Nearest     `json:"nearest,omitempty"`
	NearTies    []NearTie    `json:"nearTies"`
	Crossovers  []Crossover  `json:"crossovers"`
	Candidates  []*Candidate `json:"candidates"`
	Flips       []Flip       `json:"flips"`
	Assumptions []Assumption `json:"assumptions"`
}

// Condition is an input nobody gave on which the recommendation rests: it holds
// while the input is at most UpTo, beyond that To is better. An empty UpTo
// means that no bound could be worked out.
type Condition struct {
	Input string `json:"input"`
	UpTo  string `json:"upTo,omitempty"`
	Unit  string `json:"unit,omitempty"`
	To    string `json:"to,omitempty"`
	Why   string `json:"why"`
}

// Nearest is the candidate that is closest to being admitted when all are
// rejected.
type Nearest struct {
	Candidate string   `json:"candidate"`
	Changes   []string `json:"changes"` // what would admit it, in words
}

// NearTie is a candidate within a few percent of the winner, leaving out what
// is identical in both.
type NearTie struct {
	Candidate  string          `json:"candidate"`
	Difference decimal.Decimal `json:"difference"` // USD a month dearer than the winner
	Percent    decimal.Decimal `json:"percent"`    // of the winner's decision less the identical lines
}

// Crossover is the monthly on-premises traffic from which another candidate
// would be cheaper, if every volume grew alike and gateways stayed as they are.
type Crossover struct {
	Candidate string          `json:"candidate"`
	From      decimal.Decimal `json:"from"` // GB a month today, as far as given
	At        decimal.Decimal `json:"at"`   // GB a month
}

// Flip is an input value at which the recommendation changes.
type Flip struct {
	Input string `json:"input"`
	From  string `json:"from"`
	At    string `json:"at"`
	Unit  string `json:"unit"`
	To    string `json:"to"`
}

// Assumption is a value the user did not give. Matters is true where the
// numbers or findings of some candidate used it.
type Assumption struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	Why     string `json:"why"`
	Matters bool   `json:"matters"`
}

// Candidate is one pattern fully worked out.
type Candidate struct {
	ID          string        `json:"id"`
	Pattern     string        `json:"pattern"`
	Parts       []string      `json:"parts"`
	Status      Status        `json:"status"`
	Rank        int           `json:"rank"` // 1 is best; rejected candidates come after all others
	Exceptions  []Exception   `json:"exceptions"`
	Monthly     Monthly       `json:"monthly"`
	VPCCIDRs    []VPCCIDR     `json:"vpcCIDRs,omitempty"`
	Allocations []Allocation  `json:"allocations,omitempty"`
	Sources     []SourceRow   `json:"sources,omitempty"`
	AllowList   []AllowRow    `json:"allowList,omitempty"`
	Leaks       []Leak        `json:"leaks,omitempty"`
	Capacity    []CapacityRow `json:"capacity,omitempty"`
	Findings    []FindingView `json:"findings"`

	work *work // how it was worked out; not part of the contract
}

// Exception is an app that cannot go by the candidate's pattern, with the code
// of the blocker that says why.
type Exception struct {
	App  string `json:"app"`
	Code string `json:"code"`
}

// Monthly is what a candidate costs in a month. Total is what AWS and licences
// bill; Operations declared work; OneOff migration work spread over its
// months; Decision the sum of the three, which ranks.
type Monthly struct {
	Currency   string          `json:"currency"`
	Total      decimal.Decimal `json:"total"`
	Operations decimal.Decimal `json:"operations"`
	OneOff     decimal.Decimal `json:"oneOff"`
	Decision   decimal.Decimal `json:"decision"`
	// PerGB is what a further GB of on-premises traffic costs, spread over the
	// flows as today; null where no volume is given.
	PerGB   decimal.NullDecimal `json:"perGB"`
	Unknown []Unknown           `json:"unknown"`
	Lines   []Line              `json:"lines"`
	Work    []WorkLine          `json:"work"`
	Nodes   NodeCount           `json:"nodes"`
}

// Unknown is something the total leaves out: the total is then "at least".
type Unknown struct {
	Item string `json:"item"`
	Why  string `json:"why"`
}

// Line is one line of the bill.
type Line struct {
	Item      string          `json:"item"`
	Quantity  decimal.Decimal `json:"quantity"`
	Unit      string          `json:"unit"`
	UnitPrice decimal.Decimal `json:"unitPrice"`
	Amount    decimal.Decimal `json:"amount"`
	How       string          `json:"how"`
	Source    string          `json:"source"`
}

// WorkLine is declared engineering work: Hours a month at the declared rate.
// OneOff lines are spread over amortisationMonths: Hours is then the whole.
type WorkLine struct {
	What   string          `json:"what"`
	Hours  decimal.Decimal `json:"hours"`
	Amount decimal.Decimal `json:"amount"` // per month
	OneOff bool            `json:"oneOff"`
	How    string          `json:"how"`
}

// NodeCount says how many EC2 nodes a candidate runs: Workload for the apps
// (Dedicated of them bound to one source group), Gateways for egress. Shared is
// what the same apps would need on shared nodes, so Workload-Shared is the price
// of dedication.
type NodeCount struct {
	Workload  int `json:"workload"`
	Dedicated int `json:"dedicated"`
	Gateways  int `json:"gateways"`
	Shared    int `json:"shared"`
}

// VPCCIDR is a block of the VPC: existing, or to be associated.
type VPCCIDR struct {
	CIDR string `json:"cidr"`
	Pool string `json:"pool,omitempty"`
	New  bool   `json:"new"`
	// Rule is the association rule that allows it (or leaves it ambiguous).
	Rule string `json:"rule,omitempty"`
}

// Allocation is one named block. Needed counts addresses, AWS's five reserved
// ones not included; Usable what the block offers after those five. Parts is
// the sum behind Needed.
type Allocation struct {
	Name    string   `json:"name"`
	Purpose string   `json:"purpose"`
	CIDR    string   `json:"cidr"`
	Zone    string   `json:"zone"`
	Pool    string   `json:"pool,omitempty"`
	Apps    []string `json:"apps"`
	Needed  int      `json:"needed"`
	Usable  int      `json:"usable"`
	Parts   []string `json:"parts,omitempty"`
	New     bool     `json:"new"` // false: an existing subnet, or an address in one
}

// SourceRow is what a firewall sees of an app. Admits counts the addresses the
// firewall opens for it, UsedBy those of them the app itself can have.
// SharedWith are the other apps with the same source, the first twenty;
// SharedCount counts all of them.
type SourceRow struct {
	App         string   `json:"app"`
	Firewall    string   `json:"firewall"`
	To          []string `json:"to"` // destinations behind that firewall reached with these sources
	Group       string   `json:"group"`
	CIDRs       []string `json:"cidrs"`
	SharedWith  []string `json:"sharedWith"`
	SharedCount int      `json:"sharedCount"`
	Admits      uint64   `json:"admits"`
	UsedBy      uint64   `json:"usedBy"`
	// Barrier says who else could show these sources, and what stands against it.
	Barrier string   `json:"barrier"`
	apps    []string // the group's, all of them
}

// AllowRow is one entry of an allow-list. Initiator is "app" for connections
// the app opens (sources are the app's), "destination" for those opened from
// on-premises (destinations are then the app's addresses). Where the on-premises
// side is known by host names only, its blocks are empty and Hosts has the names.
type AllowRow struct {
	Firewall     string   `json:"firewall"`
	App          string   `json:"app"`
	To           string   `json:"to"`
	Initiator    string   `json:"initiator"`
	Sources      []string `json:"sources"`
	Destinations []string `json:"destinations"`
	Hosts        []string `json:"hosts,omitempty"`
	Protocol     string   `json:"protocol"`
	PortFrom     int      `json:"portFrom"`
	PortTo       int      `json:"portTo"`
	States       []string `json:"states"`
	RequiredBy   string   `json:"requiredBy"`

	// Group names the source group whose addresses the app's side shows. Where the
	// app is the one that is reached, it is the app by itself: "app/payments/ledger".
	Group string `json:"-"`
	// Site is set where the row opens all of a site, because a gateway that
	// authorises each connection stands before the firewall (openToGateways).
	Site string `json:"-"`
}

// FindingView is a finding as it is shown: findings of one code and severity
// folded into one, with all subjects counted and the first twenty named.
type FindingView struct {
	Code     string           `json:"code"`
	Severity finding.Severity `json:"severity"`
	Scope    finding.Scope    `json:"scope"`
	Subjects []string         `json:"subjects"`
	Count    int              `json:"count"`
	Message  string           `json:"message"`
	Fix      string           `json:"fix"`
	At       string           `json:"at,omitempty"`
	Source   string           `json:"source"`
}
