package lab

import (
	"net/netip"

	"egressplan/sim"
)

// Walk is one packet to send, and the state that the network is in. It says what
// sim.Walker.Fail, Forward and Size are told.
type Walk struct {
	Start  sim.NodeID
	Packet sim.Packet
	Choice int
	Fault  sim.Fault
	// Size is the length of the packet and of its answer in bytes with the IP
	// header, not to be fragmented; 0: as short as it may be. Only for UDP and
	// ICMP: TCP adapts to a narrow path.
	Size uint16
}

// Result is what the kernel made of a walk.
type Result struct {
	// Verdict is Delivered, Unreachable if there is nowhere to start, or Dropped:
	// a lost packet does not tell how it got lost.
	Verdict sim.Verdict
	At      sim.NodeID // where the first packet arrived; sim.None if none did
	// Packet is the first to arrive as its receiver saw it, without label.
	Packet  sim.Packet
	Replied bool // the answer came back to the socket that had asked
	// Arrivals are all packets that opened a flow and reached an application; a
	// proxy is one too. Retransmissions are left out.
	Arrivals []Arrival
	Flows    []Flow
	Drops    []Drop
}

// Arrival is a packet that came to an application.
type Arrival struct {
	Node     sim.NodeID
	Src, Dst netip.AddrPort
	Proxied  bool // the application is the proxy of the node
}

// Flow is a flow that the connection tracking of a translating node let pass:
// source and destination as they came in and as they left.
type Flow struct {
	Node           sim.NodeID
	SrcIn, DstIn   netip.AddrPort
	SrcOut, DstOut netip.AddrPort
}

// Drop counts the packets that a filter or translation of a node refused, those
// of answers and retransmissions included.
type Drop struct {
	Node    sim.NodeID
	Code    sim.Code
	Packets uint64
}
