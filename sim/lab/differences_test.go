//go:build linux

package lab

import (
	"maps"
	"net/netip"
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
	{"a proxy opens its connection once the client's is complete, which needs the way back too; the walker's way there does not look back", handshake},
	{"a packet comes back to the node that made it and is delivered there; the walker lets its answer leave, the kernel's stays in the node", sameNode},
	{"a proxy that keeps the client's address, destination and port would make the client's own flow, so it takes another port", samePort},
	{"a packet comes to the same translator again, which gives it another port, as the two flows would have the same answers, and undoes one of both at a time", twice},
	{"a node redirects a connection that comes to it again and is redirected or ended there too; the kernel undoes one of both at a time, so that the client knows no such answer, the walker both", redirectedTwice},
	{"an answer comes again to the node that has undone its translation: to conntrack a new flow that clashes with the first and gets another port", twiceBack},
	{"a TCP or echo answer whose question a node has not seen is nothing that a kernel translates or a proxy accepts; the walker treats it like a question", strangeAnswer},
}

// handshake: on the walker's way there a connection ends at a proxy whose answer
// does not reach the client.
func handshake(c *comparison) bool {
	leg := c.walk
	for _, h := range c.hops {
		if leg.Packet.Protocol != sim.TCP || h.ProxyRef == 0 || !c.ends(h) {
			continue
		}
		if h.Node != leg.Start && !c.completes(leg, h.Node) {
			return true
		}
		leg.Start, leg.Packet = h.Node, h.After
	}
	return false
}

// completes walks a connection to the node that ends it, and back. One that a
// proxy opened has been translated already.
func (c *comparison) completes(leg Walk, end sim.NodeID) bool {
	n := &sim.Network{Nodes: slices.Clone(c.net.Nodes)}
	first, last := &n.Nodes[leg.Start], &n.Nodes[end]
	if leg.Packet != c.walk.Packet {
		first.Proxy, first.NAT = nil, nil
	}
	last.Owns, last.Proxy, last.SessionOnly = []netip.Prefix{everything}, nil, false
	walker := sim.NewWalker(n)
	walker.Fail(sim.Break(n, leg.Fault))
	walker.Forward(leg.Start, leg.Packet, leg.Choice)
	return walker.Reply().Verdict == sim.Delivered
}

func sameNode(c *comparison) bool {
	return c.there.Verdict == sim.Delivered && c.there.At == c.walk.Start && c.kernel.At == c.there.At &&
		c.kernel.Replied && c.back.Verdict != sim.Delivered
}

// samePort: a proxy's flow that would be its client's, and no difference but
// the ports.
func samePort(c *comparison) bool {
	same := slices.ContainsFunc(c.hops, func(h sim.Hop) bool {
		return h.ProxyRef != 0 && h.Before.Dst == h.After.Dst && (h.Before.Src.Addr() == h.After.Src.Addr() ||
			c.net.Nodes[h.Node].Proxy.Forwards[h.ProxyRef-1].From == h.Before.Src.Addr())
	})
	return same && c.kernel.At == c.there.At && c.kernel.Packet.Src.Addr() == c.there.Packet.Src.Addr() &&
		c.kernel.Replied == (c.back.Verdict == sim.Delivered)
}

// twice: no difference there but the port, at a node that has two flows of the
// walk; of the answer the kernel then undoes one translation, the walker both.
func twice(c *comparison) bool {
	visits := map[sim.NodeID]int{}
	for _, h := range c.hops {
		if len(c.net.Nodes[h.Node].NAT) > 0 {
			visits[h.Node]++
		}
	}
	again := slices.ContainsFunc(slices.Collect(maps.Values(visits)), func(n int) bool { return n > 1 })
	return again && c.kernel.At == c.there.At && c.kernel.Packet.Src.Addr() == c.there.Packet.Src.Addr() &&
		(!c.kernel.Replied || c.back.Verdict == sim.Delivered)
}

// redirectedTwice: one connection of the walk was redirected by a node and then
// met that node's proxy again; nothing was answered.
func redirectedTwice(c *comparison) bool {
	for i, h := range c.hops {
		if h.ProxyRef == 0 || c.ends(h) || c.kernel.Replied {
			continue
		}
		for _, later := range c.hops[i+1:] {
			if later.Node == h.Node && later.ProxyRef != 0 {
				return true
			}
			if later.ProxyRef != 0 && c.ends(later) {
				break
			}
		}
	}
	return false
}

// ends says whether the proxy of a hop ended the connection and opened another.
func (c *comparison) ends(h sim.Hop) bool {
	return c.net.Nodes[h.Node].Proxy.Forwards[h.ProxyRef-1].From.IsValid()
}

// twiceBack: the walker's answer was given its old addresses by a node and came
// there again.
func twiceBack(c *comparison) bool {
	for i, h := range c.way {
		again := slices.ContainsFunc(c.way[i+1:], func(later sim.Hop) bool { return later.Node == h.Node })
		if again && (h.Before.Src != h.After.Src || h.Before.Dst != h.After.Dst) {
			return c.there.Verdict == c.kernel.Verdict && !c.kernel.Replied
		}
	}
	return false
}

// strangeAnswer: on its way back the walker's answer was, or would have been,
// translated or proxied by a node that does not know it.
func strangeAnswer(c *comparison) bool {
	return c.walk.Packet.Protocol != sim.UDP && c.there.Verdict == c.kernel.Verdict && c.back.Verdict != sim.Delivered &&
		(c.back.Code == sim.CodeNoTranslation || slices.ContainsFunc(c.way, func(h sim.Hop) bool { return h.Action == sim.ActSNAT || h.ProxyRef != 0 }))
}

func explanationOf(c *comparison) string {
	for _, d := range differences {
		if d.is(c) {
			return d.name
		}
	}
	return ""
}
