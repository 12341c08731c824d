//go:build linux

package lab

// The packet marks by which the policy rules of a node choose. They are computed
// anew for every packet at every node, and end at its last wire.
const (
	markLabelled uint32 = 1 << iota // the packet bears the walk's label
	markKnown                       // it answers a flow that has passed the node
	markPinned                      // a pinned route contains its destination
	markLeaves                      // the node's own application made it: it leaves, whoever owns the destination
	markStripped                    // a translation of the destination takes the label off
)

// A byte of the mark names the application a packet is for, another the
// translation of its destination that it takes.
const (
	appShift     = 8
	appMask      = uint32(0xff) << appShift
	rewriteShift = 16
	rewriteMask  = uint32(0xff) << rewriteShift
	maxForwards  = 200
)

// app names an application wire of a node: the host, or a proxied Forward. It is
// also the connection mark of flows that the application opens.
type app uint32

const host app = 1

func proxyApp(forward int) app { return app(2 + forward) }

func (a app) mark() uint32 { return uint32(a) << appShift }

// labelTOS is the type of service byte of a packet that bears the walk's label:
// the lowest code point that has no meaning elsewhere.
const labelTOS = 1 << 2

// Numbers of routing tables and priorities of policy rules. Rules for
// applications come before routes: what is captured or delivered is not routed.
const (
	tableApp    = 100  // and the application's number
	tableRoutes = 1000 // and the route's place

	ruleTunnel  = 1
	ruleApp     = 100 // and the application's number
	ruleDeliver = 500
	ruleRoute   = 1000 // and the route's place
)
