// Package sim walks packets through a network that is given as data.
//
// A network is a list of nodes. A node may be anything that a packet can be at:
// a host, an interface, one side of a filter, a router, a translator, a proxy,
// a server. The walker treats all alike and takes a packet through the same
// stages at each, in this order:
//
//	      packet
//	        |
//	        v
//	+--------------+  the node is Down ............... blackhole
//	|    arrive    |  larger than it takes ........... dropped
//	|              |  was here before, unchanged ..... looped
//	+--------------+  protocol it does not carry ..... dropped
//	        |
//	+--------------+
//	|   ingress    |  a rule, or no rule ............. dropped
//	+--------------+
//	        |
//	+--------------+  a reply of a flow that passed here becomes the reply
//	|   session    |  of what had arrived: the destination is restored, and
//	+--------------+  behind a proxy the source too
//	        |
//	+--------------+  a connection that it captures ends; the packet from
//	|    proxy     |  here on is that of a new one ... or unauthorized
//	+--------------+  nobody left to connect to ...... dropped
//	        |
//	+--------------+  the destination is the node's .. delivered
//	|   deliver    |  ... and only sessions count .... dropped
//	+--------------+
//	        |
//	+--------------+  no route, or one without next .. dropped
//	|    route     |  routes to what is Gone do not count
//	+--------------+
//	        |
//	+--------------+
//	|    egress    |  a rule, or no rule ............. dropped
//	+--------------+
//	        |
//	+--------------+  the first translation that matches replaces the
//	|     SNAT     |  source; there may be no address to give: dropped
//	+--------------+
//	        |
//	        v
//	  next node, perhaps in a tunnel
//
// So routes and both filters see the source as it was before the node's own
// translation, as in Linux, where source NAT is the last thing before the wire.
//
// The node where a walk starts makes the packet: arrive, ingress and deliver
// are left out there, a packet always leaves it. Whether the source address is
// the node's own is not checked, so that impostors can be walked too. A start
// that is down or gone is unreachable.
//
// # Faults
//
// Walker.Fail breaks nodes without touching the network, so that walkers of one
// network may walk different faults side by side. Down is before anybody has
// noticed, Gone after.
//
// # Flows and replies
//
// Each node that lets a packet of Forward pass remembers how it arrived and how
// it left. Reply swaps source and destination of the packet as its receiver saw
// it and walks it by the routes of the nodes it comes to, which need not be the
// way back. A node knows a reply if it is the mirror of what had left there:
// then stateful filters let it pass, and neither proxies, translations nor
// Opening routes touch it. A node that does not know the flow treats the reply
// like any packet that opens one. The reply is delivered where the flow began,
// and only as the exact mirror of its first packet; an owner of the address
// that knows no such flow drops it.
//
// Stateless filters see every packet. A reply is matched by its own destination
// port, which is the source port of the flow as translated on the way.
//
// # Ports
//
// A translation with a pool of ports may give any of them. The walk takes the
// one nearest to Walker.Port, the lowest unless that is set. A filter that is
// opened for a narrower range refuses an end of the pool or a port beside one of
// its own borders: these are worth a walk each.
//
// # Limits
//
// Only IPv4. A walk visits at most 64 nodes, more count as a loop. A walk is a
// pure function of network, start, packet, choice, Port, Size and fault.
package sim
