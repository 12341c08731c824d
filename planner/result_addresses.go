package planner

// AddressPlan is the answer of cidr for one pattern.
type AddressPlan struct {
	APIVersion     string           `json:"apiVersion"`
	Kind           string           `json:"kind"`
	Environment    string           `json:"environment"`
	Pattern        string           `json:"pattern"`
	Fits           bool             `json:"fits"`
	Undecided      bool             `json:"undecided,omitempty"` // it does not fit as far as the search went; false: it is proved that it does not
	Demands        []DemandView     `json:"demands"`
	Allocations    []Allocation     `json:"allocations"`
	VPCCIDRs       []VPCCIDR        `json:"vpcCIDRs"`
	Moves          []Move           `json:"moves"`
	Held           []HeldView       `json:"held"`      // in the lock, and nobody asks for it
	Reclaimed      []string         `json:"reclaimed"` // names that --reclaim takes out of the lock
	Free           []FreeView       `json:"free"`
	Subnets        []SubnetView     `json:"subnets"`
	Warnings       []string         `json:"warnings"`
	Unmet          []UnmetView      `json:"unmet"`
	SmallestChange []SmallestChange `json:"smallestChange"`

	work *work
}

// HeldView is a block that the lock holds under a name nobody asks for.
type HeldView struct {
	Name string `json:"name"`
	CIDR string `json:"cidr"`
}

// DemandView is what was asked of the allocator.
type DemandView struct {
	Name         string   `json:"name"`
	Purpose      string   `json:"purpose"`
	Zone         string   `json:"zone"`
	PrefixLength int      `json:"prefixLength"`
	Pools        []string `json:"pools"`
}

// UnmetView is a demand that found no room, and why.
type UnmetView struct {
	Name         string `json:"name"`
	PrefixLength int    `json:"prefixLength"`
	Why          string `json:"why"`
}

// Move is a block that could not stay where the lock had it.
type Move struct {
	Name string `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
	Why  string `json:"why"`
}

// FreeView is what a pool has left, in addresses: Total is Used, Kept (what
// keepFree leaves to growth) and Free together; Addresses is Kept and Free.
// Blocks counts the free aligned blocks by prefix length, maximal ones only.
// Months is for how many months new apps find room, at newAppsPerMonth; "" where
// none are announced or none would take from the pool.
type FreeView struct {
	Pool      string         `json:"pool"`
	Addresses string         `json:"addresses"`
	Total     string         `json:"total"`
	Used      string         `json:"used"`
	Kept      string         `json:"kept"`
	Free      string         `json:"free"`
	Blocks    map[string]int `json:"blocks"`
	Months    string         `json:"months,omitempty"`
	MonthsHow string         `json:"monthsHow,omitempty"`
}

// SubnetView is what an existing subnet has left: FreeIPs as given, -1 if
// unknown; FreeBlocks its free aligned /28 blocks as far as used and freeIPs
// tell, which is what counts under prefix delegation; AtMost is true where they
// do not tell all.
type SubnetView struct {
	Name       string `json:"name"`
	CIDR       string `json:"cidr"`
	Zone       string `json:"zone"`
	Role       string `json:"role"`
	FreeIPs    int    `json:"freeIPs"`
	FreeBlocks int    `json:"freeBlocks"`
	AtMost     bool   `json:"atMost"`
}

// SmallestChange is a change of the input that would make the plan fit: it was
// tried. Change is reclaim, keep-free, range, custom-networking,
// no-prefix-delegation, changeable, pattern or leave-out; Detail says it in words.
type SmallestChange struct {
	Change       string   `json:"change"`
	Detail       string   `json:"detail"`
	CIDR         string   `json:"cidr,omitempty"`         // range: one block that would do
	PrefixLength int      `json:"prefixLength,omitempty"` // range: how large it must be
	From         string   `json:"from,omitempty"`         // range: where it could come from
	Pattern      string   `json:"pattern,omitempty"`
	Apps         []string `json:"apps,omitempty"` // leave-out
}
