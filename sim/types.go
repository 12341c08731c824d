package sim

import "net/netip"

// NodeID is a node's index in its Network.
type NodeID int32

// None is no node.
const None NodeID = -1

// Ref is an opaque mark the compiler of a network leaves on a node, route or
// rule, so that a verdict can be traced back to a text, a source and a place in
// the input. The walker never looks inside it. 0 means none.
type Ref uint32

// Protocol is the transport of a packet.
type Protocol uint8

// The protocols the walker knows; Any matches all of them in a Match.
const (
	Any Protocol = iota
	TCP
	UDP
	ICMP
	Other
)

// Label is an opaque identity that travels with a packet from the node that
// made it, also through a proxy that vouches for it; 0 means none.
type Label uint32

// Packet is what travels. Ports are 0 for protocols without ports.
type Packet struct {
	Protocol Protocol
	Src, Dst netip.AddrPort
	Label    Label
}

// Match says which packets a rule, a translation or a proxy concerns. The zero
// Match matches everything: no prefix matches all addresses, and ports 0..0,
// which are those of the destination, match all ports.
type Match struct {
	Protocol         Protocol
	Src, Dst         netip.Prefix
	PortFrom, PortTo uint16
	Label            Label // 0: any
}

// Verdict is the end of a walk in one word.
type Verdict uint8

// Delivered reached a node that owns the destination address. Dropped was
// refused by a filter or found no route. Unauthorized was refused by a proxy's
// authorisation. Blackhole was sent to a node that a Fault has down. Unreachable
// had no place to start from. Looped came back to where it had been.
const (
	Undecided Verdict = iota
	Delivered
	Dropped
	Unauthorized
	Blackhole
	Unreachable
	Looped
)

// Code says which stage decided, for the reader who asks why.
type Code uint8

// The codes of a verdict.
const (
	CodeNone Code = iota
	CodeDelivered
	CodeIngressDenied // an ingress rule, or no ingress rule, let it in
	CodeEgressDenied
	CodeNoRoute
	CodeRouteDrop // a route that says drop
	CodeNodeDown
	CodeNoSession     // a node that only forwards known sessions knew none
	CodeProtocol      // a translator or proxy cannot carry this protocol
	CodeNoTranslation // a translation with no address to give
	CodeUnauthorized
	CodeLoop
	CodeTooBig     // larger than the node takes, and not to be fragmented
	CodeNoUpstream // every address that a proxy may connect to is gone
	CodeNoOrigin
)

// Rule lets a packet pass or not; the first match decides.
type Rule struct {
	Match Match
	Allow bool
	Ref   Ref
}

// Filter is a list of rules. A nil *Filter lets everything pass; in any other
// the packet that matches no rule is refused. Stateful filters let replies of
// sessions pass that they let pass before.
type Filter struct {
	Rules    []Rule
	Stateful bool
	Ref      Ref // of the implicit deny
}

// Route sends packets on. Longest Dst wins, then longest Src (an invalid Src
// matches all and is shortest), then lowest Rank, then the first listed.
// If any Pinned route contains the destination, Yielding routes are not
// considered, however specific.
type Route struct {
	Dst   netip.Prefix
	Src   netip.Prefix
	Label Label // 0: any; a route for a label beats one without, after Dst and Src
	// Opening routes are for packets that open a flow: replies of a flow that
	// the node has let through do not take them.
	Opening  bool
	Rank     int
	Pinned   bool
	Yielding bool
	// Next are the nodes it may go to; more than one is a choice that the
	// walk's Choice decides (Choice modulo the number). Empty: drop.
	Next   []NodeID
	Tunnel bool // the packet travels inside a tunnel to Next; nothing between looks at it
	Ref    Ref
}

// NAT translates the source; the first match decides. To empty means: leave it
// as it is. More than one address means that any of them may be the source; the
// walk takes the one that Choice selects and reports them all. The zero Addr
// among them is an address that is not there: the packet is dropped. Only
// packets that open a flow are translated: the replies of a flow that passed the
// node are not.
type NAT struct {
	Match            Match
	To               []netip.Addr
	PortFrom, PortTo uint16 // the pool of ports it rewrites to; 0..0 keeps the port
	Ref              Ref
}

// Forward is what a proxy does with a connection that it accepts: ends it and
// opens a new one. The new source is From (the node's own address), the new
// destination is one of To (by Choice); an empty To keeps the destination the
// client asked for. The source port stays the client's: a proxy may use any, and
// its port meets no other flow. The new connection carries no label; KeepLabel
// passes on the client's. No From at all keeps the client's source: it is then a
// translation of the destination and nothing else, and without To it leaves the
// connection as it is.
type Forward struct {
	Match Match
	From  netip.Addr
	To    []netip.AddrPort
	// Via are the nodes that answer at To, one each; those that are Gone are
	// not picked, and without any left the connection is refused. Empty: the
	// proxy does not watch them.
	Via       []NodeID
	KeepLabel bool
	Ref       Ref
}

// Proxy ends flows and starts others. Packets that match no Forward are not
// captured: they pass the node as if there were no proxy — unless they are
// addressed to the node, which then owns them as usual.
type Proxy struct {
	Authorize *Filter // nil: everything
	Forwards  []Forward
}

// Node is anything a packet can be at. The walker treats all nodes alike.
type Node struct {
	Name string
	Kind string // opaque to the walker; for the reader
	Zone string
	Ref  Ref
	// MTU is the largest packet it takes, in bytes with the IP header; 0: any.
	MTU uint16
	// Owns are the addresses delivered here; reverse translation and proxies
	// come before.
	Owns    []netip.Prefix
	Ingress *Filter
	Proxy   *Proxy
	Routes  []Route
	Egress  *Filter
	NAT     []NAT
	// Carries limits what the node forwards or translates; empty: everything.
	Carries []Protocol
	// SessionOnly nodes drop packets addressed to an address they own that
	// belong to no session (a NAT gateway gives no service of its own).
	SessionOnly bool
}

// Network is the whole: nodes refer to each other by index.
type Network struct {
	Nodes []Node
}

// Fault is what is broken while a network is walked. A node that is Down is
// lost and nobody has noticed: what is sent there is lost too. A node that is
// Gone is known to be: a route that leads nowhere else is withdrawn, and among
// several nodes or proxied addresses it is no longer picked. A node that is Bare
// works but has nothing left to translate to. The zero Fault is the healthy
// network.
type Fault struct {
	Down, Gone, Bare []NodeID
}

// Action is what a hop did to the packet.
type Action uint8

// The actions of a hop.
const (
	ActForward Action = iota
	ActSNAT
	ActTunnel
	ActProxy
	ActDrop
	ActDeliver
	ActUnSNAT // a reply got its original address back
)

// Hop is one step of a trace: the packet before and after the node and what the
// node did to it. Where it did several things, Action is the first of drop,
// deliver, proxy, SNAT or un-SNAT, tunnel.
type Hop struct {
	Node          NodeID
	Before, After Packet
	Action        Action
	Code          Code // CodeNone unless the walk ended here
	Ref           Ref  // of the route taken; at the last hop the Result's
	NATRef        Ref  // of the translation that matched, also one that says to leave it
	ProxyRef      Ref  // of the Forward that captured the connection
}

// Result is a walk's end. Sources are all source addresses the packet may have
// had at its end (of which Packet.Src is one): nil means just Packet.Src. They
// are those of the last translation; a proxy has but one.
type Result struct {
	Verdict Verdict
	Code    Code
	Ref     Ref    // of the rule, route or translation that decided, else of the node
	At      NodeID // where it ended
	Packet  Packet // as it was delivered, or as the stage that ended it saw it
	Sources []netip.Addr
	MTU     uint16 // the smallest of the nodes that took it; 0: none has any
}
