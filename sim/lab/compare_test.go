//go:build linux

package lab

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"egressplan/sim"
)

// Waits for an answer. Nothing in a lab takes 300 ms; when the kernel seems to
// have lost what the walker delivers, a second run with time to spare tells a
// busy machine from a difference.
const (
	shortWait = 300 * time.Millisecond
	longWait  = 4 * time.Second
)

// comparison is one walk, as the kernel and as the walker have it.
type comparison struct {
	net         *sim.Network
	walk        Walk
	kernel      Result
	there, back sim.Result
	hops, way   []sim.Hop
	wrong       []string
}

// compare sends the packet and walks it; with an explanation if they differ in
// a way that is one of differences.
func compare(n *sim.Network, w Walk) (*comparison, string, error) {
	c := &comparison{net: n, walk: w}
	for _, wait := range []time.Duration{shortWait, longWait} {
		if err := c.send(wait); err != nil {
			return c, "", err
		}
		c.judge()
		if len(c.wrong) == 0 {
			break
		}
	}
	explanation := ""
	if len(c.wrong) > 0 {
		explanation = explanationOf(c)
	}
	c.count(explanation)
	return c, explanation, nil
}

func (c *comparison) send(wait time.Duration) error {
	l, err := Build(c.net, c.walk)
	if err != nil {
		return err
	}
	r, err := l.Run(wait)
	if closed := l.Close(); err == nil {
		err = closed
	}
	c.kernel = r
	return err
}

// judge holds the kernel's result against the walker's.
func (c *comparison) judge() {
	c.wrong = nil
	c.trace(c.net)
	c.trace(c.narrowed())
	k := &c.kernel
	if (c.there.Verdict == sim.Delivered) != (k.Verdict == sim.Delivered) {
		c.say("the walker has %v (%v at %d), the kernel %v at %d", c.there.Verdict, c.there.Code, c.there.At, k.Verdict, k.At)
	}
	if (c.there.Verdict == sim.Unreachable) != (k.Verdict == sim.Unreachable) {
		c.say("the walker's start %v, the kernel's %v", c.there.Verdict, k.Verdict)
	}
	if c.there.Verdict == sim.Delivered && k.Verdict == sim.Delivered {
		c.judgeArrival()
	}
	if answered := c.back.Verdict == sim.Delivered; answered != k.Replied {
		c.say("the walker's answer: %v (%v at %d), the kernel's came back: %v", c.back.Verdict, c.back.Code, c.back.At, k.Replied)
	}
	c.judgeDrop(c.there, c.hops)
	c.judgeDrop(c.back, c.way)
	c.judgeTranslations()
}

func (c *comparison) trace(n *sim.Network) {
	walker := sim.NewWalker(n)
	walker.Fail(sim.Break(n, c.walk.Fault))
	if c.sized() {
		walker.Size = c.walk.Size
	}
	c.there, c.hops = walker.Trace(c.walk.Start, c.walk.Packet, c.walk.Choice)
	c.back, c.way = walker.TraceReply()
}

// sized reports whether the packet's size matters.
func (c *comparison) sized() bool { return c.walk.Packet.Protocol != sim.TCP && c.walk.Size > 0 }

func (c *comparison) say(format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
}

func (c *comparison) judgeArrival() {
	k, w := &c.kernel, &c.there
	if len(slices.DeleteFunc(slices.Clone(k.Arrivals), func(a Arrival) bool { return a.Proxied })) != 1 {
		c.say("arrived several times: %v", k.Arrivals)
	}
	if k.At != w.At || k.Packet.Dst != atPort(w.Packet.Dst, w.Packet.Protocol) {
		c.say("arrived at %d for %v, the walker at %d for %v", k.At, k.Packet.Dst, w.At, w.Packet.Dst)
	}
	if k.Packet.Src != atPort(w.Packet.Src, w.Packet.Protocol) {
		c.say("arrived from %v, the walker from %v", k.Packet.Src, w.Packet.Src)
	}
	if w.Sources != nil && !slices.Contains(w.Sources, k.Packet.Src.Addr()) {
		c.say("arrived from %v, the walker knows %v", k.Packet.Src, w.Sources)
	}
}

// atPort leaves out the port of what has none.
func atPort(a netip.AddrPort, p sim.Protocol) netip.AddrPort {
	if p == sim.TCP || p == sim.UDP {
		return a
	}
	return netip.AddrPortFrom(a.Addr(), 0)
}

// counted are the codes that the kernel can confirm.
var counted = []sim.Code{sim.CodeIngressDenied, sim.CodeEgressDenied, sim.CodeNoSession, sim.CodeProtocol, sim.CodeNoTranslation, sim.CodeUnauthorized}

// judgeDrop wants a packet that the walker lost at a stage of a node to be
// counted there by the kernel, if the kernel does not lose it earlier: it looks
// at the size of a packet for the next node before its last filter.
func (c *comparison) judgeDrop(r sim.Result, hops []sim.Hop) {
	visits := 0
	for _, h := range hops {
		if h.Node == r.At {
			visits++
		}
	}
	last := r.Code == sim.CodeEgressDenied || r.Code == sim.CodeNoTranslation
	switch {
	case !slices.Contains(counted, r.Code), visits > 1, last && c.sized():
		return
	case r.Code == sim.CodeNoSession && !c.net.Nodes[r.At].SessionOnly:
		return // an owner's application ignores it
	}
	if !slices.ContainsFunc(c.kernel.Drops, func(d Drop) bool { return d.Node == r.At && d.Code == r.Code }) {
		c.say("the walker lost it at %d by %v, the kernel only %v", r.At, r.Code, c.kernel.Drops)
	}
}

// tooBigForTheDead: the walker lost the packet at a node that is down and takes
// no packet of its size; the kernel does not get as far as seeing it down.
func (c *comparison) tooBigForTheDead() bool {
	if c.there.Code != sim.CodeNodeDown || !c.sized() {
		return false
	}
	mtu := c.net.Nodes[c.there.At].MTU
	return mtu > 0 && c.walk.Size > mtu
}

// judgeTranslations wants every translation of the walk in the node's connection
// tracking.
func (c *comparison) judgeTranslations() {
	if c.there.Verdict == sim.Looped || c.there.Code == sim.CodeTooBig || c.tooBigForTheDead() {
		return // translated each time round; looked at by the kernel before it is translated
	}
	for _, h := range c.hops {
		in, out := atPort(h.Before.Src, h.Before.Protocol), atPort(h.After.Src, h.After.Protocol)
		if h.Action != sim.ActSNAT || in == out {
			continue
		}
		if !slices.ContainsFunc(c.kernel.Flows, func(t Flow) bool { return t.Node == h.Node && t.SrcIn == in && t.SrcOut == out }) {
			c.say("the walker translated %v to %v at %d, the kernel only %v", in, out, h.Node, c.kernel.Flows)
		}
	}
}

// narrowed is the network in which every pool of ports that the walk came to is
// the one port that the kernel took from it: the walker says that it may be any.
func (c *comparison) narrowed() *sim.Network {
	n := &sim.Network{Nodes: slices.Clone(c.net.Nodes)}
	for _, h := range c.hops {
		src, dst := h.After.Src.Addr(), atPort(h.After.Dst, h.After.Protocol)
		k := slices.IndexFunc(c.kernel.Flows, func(f Flow) bool { return f.Node == h.Node && f.SrcOut.Addr() == src && f.DstOut == dst })
		if k < 0 {
			continue
		}
		port, node := c.kernel.Flows[k].SrcOut.Port(), &n.Nodes[h.Node]
		node.NAT = slices.Clone(node.NAT)
		for i := range node.NAT {
			x := &node.NAT[i]
			if x.PortFrom <= port && port <= x.PortTo && slices.Contains(x.To, src) {
				x.PortFrom, x.PortTo = port, port
			}
		}
	}
	return n
}

func (c *comparison) count(explanation string) {
	tally.Lock()
	defer tally.Unlock()
	tally.compared++
	if c.kernel.Verdict == sim.Delivered {
		tally.delivered++
	}
	if c.kernel.Replied {
		tally.replied++
	}
	if explanation != "" {
		if tally.explained == nil {
			tally.explained = map[string]int{}
		}
		tally.explained[explanation]++
	}
}

// report says all about a comparison that failed.
func (c *comparison) report(t *testing.T) {
	t.Helper()
	for _, s := range c.wrong {
		t.Error(s)
	}
	t.Logf("walk: %+v", c.walk)
	for i, x := range c.net.Nodes {
		t.Logf("node %d: %s", i, describe(x))
	}
	t.Logf("kernel: %+v", c.kernel)
	t.Logf("walker: %+v\n%+v", c.there, c.hops)
	t.Logf("walker's answer: %+v\n%+v", c.back, c.way)
}

func describe(x sim.Node) string {
	s := fmt.Sprintf("owns %v session-only %v mtu %d carries %v routes %+v nat %+v", x.Owns, x.SessionOnly, x.MTU, x.Carries, x.Routes, x.NAT)
	if x.Ingress != nil {
		s += fmt.Sprintf(" ingress %+v", *x.Ingress)
	}
	if x.Egress != nil {
		s += fmt.Sprintf(" egress %+v", *x.Egress)
	}
	if x.Proxy != nil {
		s += fmt.Sprintf(" proxy %+v", x.Proxy.Forwards)
		if x.Proxy.Authorize != nil {
			s += fmt.Sprintf(" authorize %+v", *x.Proxy.Authorize)
		}
	}
	return s
}
