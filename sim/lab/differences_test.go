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
	{"an application that is asked by another of its own node answers within the node; the walker lets every answer leave the node that makes it", sameNode},
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

// sameNode: a proxy where the client is connects to an address of that node.
func sameNode(c *comparison) bool {
	return len(c.hops) == 1 && c.there.Verdict == sim.Delivered && c.kernel.At == c.there.At &&
		c.kernel.Replied && c.back.At == c.walk.Start
}

func explanationOf(c *comparison) string {
	for _, d := range differences {
		if d.is(c) {
			return d.name
		}
	}
	return ""
}
