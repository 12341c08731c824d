//go:build linux

package lab

import (
	"slices"

	"egressplan/sim"
)

// difference is a way in which kernel and walker differ, and why that is right.
type difference struct {
	name string
	is   func(c *comparison) bool
}

// differences is short on purpose: whatever is not here fails the tests.
var differences = []difference{
	{"a proxy opens its connection once the client's is complete, which needs the way back too; the walker's way there does not look at that, its answer is lost all the same", handshake},
	{"a packet comes back to the node that made it and is delivered there; the walker lets its answer leave, the kernel's stays in the node", sameNode},
	{"a proxy that keeps the client's address, destination and port would make the client's own flow, so it takes another port", samePort},
}

// handshake: the walker lost the answer, so a proxy on the way may never have
// opened what the walker lets it open.
func handshake(c *comparison) bool {
	if c.walk.Packet.Protocol != sim.TCP || c.there.Verdict != sim.Delivered || c.back.Verdict == sim.Delivered {
		return false
	}
	return c.kernel.Verdict == sim.Dropped && !c.kernel.Replied &&
		slices.ContainsFunc(c.kernel.Arrivals, func(a Arrival) bool { return a.Proxied })
}

func sameNode(c *comparison) bool {
	return c.there.Verdict == sim.Delivered && c.there.At == c.walk.Start && c.kernel.At == c.there.At &&
		c.kernel.Replied && c.back.Verdict != sim.Delivered
}

// samePort: all that differs is the source port.
func samePort(c *comparison) bool {
	k, w := c.kernel.Packet, c.there.Packet
	same := slices.ContainsFunc(c.hops, func(h sim.Hop) bool {
		return h.Action == sim.ActProxy && h.Before.Src == h.After.Src && h.Before.Dst == h.After.Dst
	})
	return same && c.kernel.At == c.there.At && k.Src.Addr() == w.Src.Addr() && len(c.wrong) == 1
}

func explanationOf(c *comparison) string {
	for _, d := range differences {
		if d.is(c) {
			return d.name
		}
	}
	return ""
}
