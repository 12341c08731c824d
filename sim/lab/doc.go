// Package lab builds a sim.Network from Linux network namespaces and sends real
// packets through it, so that the kernel can judge the walker. It needs Linux
// and root; Available says what is missing.
//
// A lab is built for one Walk: one packet, one choice, one fault. So choices are
// static, and of all labels only the packet's can occur.
//
//	sim                     in the lab
//
//	node                    a network namespace without name
//	Next                    a veth pair; with Tunnel a VXLAN over one of its own
//	Routes                  a routing table; with conditions a policy rule each,
//	                        in the order of preference
//	Opening                 a rule for packets without the mark of answers
//	Pinned, Yielding        a rule for packets without the mark of destinations
//	                        that a pinned route contains
//	Ingress                 nftables, before any translation
//	Egress                  nftables, before source NAT
//	Stateful                established and related packets of conntrack
//	NAT                     snat, with its pool of ports
//	sessions                conntrack
//	Proxy with From         a process that accepts the connection or datagram and
//	                        makes its own; nftables matches and authorises
//	Proxy without From      dnat
//	Owns                    a rule that leads to the node's applications
//	SessionOnly, Carries    nftables
//	MTU                     of the wires to the node
//	label                   a differentiated services code point
//	Down                    a namespace whose wires are down
//	Gone, Bare              routes, proxied addresses and translations left out
//	64 nodes                the time to live
//
// Only nodes that the packet may come to are built, with the routes for
// addresses that it may bear.
//
// # Applications
//
// Client, servers and proxies live in a further namespace, the bench, each with
// a wire of its own to its node: there is no forwarding between wires, and each
// socket is bound to one, so all they see of each other has come through the
// nodes. They take any address; whose it is, the nodes decide. Packets from such
// a wire meet no ingress filter, packets to it no egress filter. A node and its
// applications are thus a router and hosts, also where Linux would have both in
// one namespace: a packet of its own passes the hooks of forwarded ones.
//
// # Labels
//
// Labels are not on the wire in sim. In the lab the packet's label is a code
// point in the IP header, set by the socket and read by filters, routes and
// translations; packets with any other label or none have none. Answers are made
// by other sockets and bear none. A proxy reads it from the packet that opened
// the connection and sets it on its own if it vouches for its client.
//
// # What arrives
//
// Run reports the packet that reached an application's wire, whether or not a
// connection came about, and whether the answer came back. Why a packet was lost
// the kernel says only for filters and translations, by counters.
//
// # Traces
//
// Namespaces have no name and no wire to the caller's; with the descriptors that
// hold them they are gone when the lab is closed or the process ends, however it
// ends. Threads that change namespaces return to their own or end.
package lab
