package cidr

import "net/netip"

// Pool is address space that may be handed out. Blocks do not overlap each
// other or another pool's.
type Pool struct {
	Name   string
	Blocks []netip.Prefix
	// KeepFreePerMille is the share of the pool, in thousandths, that new
	// demands must leave unused (0..1000). Fixed blocks may eat into it.
	KeepFreePerMille int
}

// Demand is one block somebody needs. Key names it for ever.
type Demand struct {
	Key  string
	Bits int // prefix length of the block
	// Pools are the pools it may come from, the preferred first.
	Pools []string
	// Group names demands that should lie side by side, so that the blocks
	// summarise; "" for none. It never makes a demand fail.
	Group string
	// Grows asks for room to grow in place: as long as there is room elsewhere,
	// nobody gets the block beside it, with which it would make one prefix.
	Grows bool
}

// Fixed is a block that stays where it is, for example from a lock.
type Fixed struct {
	Key   string
	Block netip.Prefix
}

// Request is one question to the allocator.
type Request struct {
	Pools   []Pool
	Used    []netip.Prefix // never handed out, whether or not inside a pool
	Fixed   []Fixed        // held in place for the demand of that key; held anyway if nobody demands it
	Demands []Demand
}

// Block is one answer.
type Block struct {
	Key   string
	Pool  string // "" for a fixed block outside every pool
	Block netip.Prefix
	Fixed bool
}

// Reason says why a demand was not met.
type Reason string

// NoSpace: no free block of that size. KeepFree: there is one, but taking it
// would eat into what the pool keeps free. NoPool: it names no pool at all.
const (
	NoSpace  Reason = "no-space"
	KeepFree Reason = "keep-free"
	NoPool   Reason = "no-pool"
)

// Unmet is a demand without a block; Largest is the longest free block left in
// its pools as a prefix length, 33 if nothing is free.
type Unmet struct {
	Demand  Demand
	Reason  Reason
	Largest int
}

// Free is what a pool has left after the plan.
type Free struct {
	Pool      string
	Addresses uint64
	Blocks    map[int]int    // prefix length -> number of free aligned blocks of exactly that length, maximal ones only
	Prefixes  []netip.Prefix // those blocks, by address
}

// Result is the whole answer: Blocks by Key, Unmet by Key, Free by Pool. Every
// demand is in one of Blocks and Unmet.
type Result struct {
	Blocks []Block
	Unmet  []Unmet
	Free   []Free
	// Held is the fixed blocks that answer no demand, by Key and address: no
	// demand has their key, or the one that has it needs another length. They
	// are occupied all the same.
	Held []Fixed
	// Undecided: something is unmet, and the search between pools ended before it
	// could tell whether there is a way to meet everything. Where it is false and
	// something is unmet, there is none.
	Undecided bool
}
