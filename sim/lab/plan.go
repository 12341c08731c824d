//go:build linux

package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"egressplan/sim"
)

// plan is what has to be built for one walk: the part of the network that its
// packets can come to, with every choice taken.
type plan struct {
	net   *sim.Network
	walk  Walk
	nodes []*nodePlan // by rising id
	byID  map[sim.NodeID]*nodePlan
	addrs map[netip.Addr]bool // that a packet of this walk may bear
	ports []uint16            // at which an application may be asked
}

// nodePlan is a node to be built.
type nodePlan struct {
	*sim.Node
	id       sim.NodeID
	down     bool
	routes   []routePlan
	forwards []forwardPlan
	nat      []natPlan
}

// routePlan is a route with its next node; sim.None drops.
type routePlan struct {
	*sim.Route
	next sim.NodeID
}

// forwardPlan is a Forward with its upstream.
type forwardPlan struct {
	*sim.Forward
	to      netip.AddrPort // not valid: what the client asked for
	refuses bool           // nobody left to connect to
}

// proxied reports whether a process ends the connection; otherwise the kernel
// translates the destination.
func (f *forwardPlan) proxied() bool { return f.From.IsValid() }

// natPlan is a translation with its address.
type natPlan struct {
	*sim.NAT
	to    netip.Addr // not valid: there is none to give
	leave bool
}

func newPlan(n *sim.Network, w Walk) (*plan, error) {
	if err := sim.Validate(n); err != nil {
		return nil, err
	}
	if err := sendable(w.Packet); err != nil {
		return nil, err
	}
	p := &plan{net: n, walk: w, byID: map[sim.NodeID]*nodePlan{},
		addrs: map[netip.Addr]bool{w.Packet.Src.Addr(): true, w.Packet.Dst.Addr(): true}}
	if !p.startable() {
		return p, nil
	}
	p.explore()
	for _, x := range p.nodes {
		if err := p.buildable(x); err != nil {
			return nil, fmt.Errorf("node %d (%q): %w", x.id, x.Name, err)
		}
	}
	p.listPorts()
	return p, nil
}

// startable reports whether there is a node that can send the packet.
func (p *plan) startable() bool {
	start := p.walk.Start
	return start >= 0 && int(start) < len(p.net.Nodes) && !p.gone(start) && !slices.Contains(p.walk.Fault.Down, start)
}

func sendable(p sim.Packet) error {
	switch p.Protocol {
	case sim.TCP, sim.UDP:
		if p.Src.Port() == 0 || p.Dst.Port() == 0 {
			return errors.New("a TCP or UDP packet needs both ports")
		}
	case sim.ICMP:
	default:
		return fmt.Errorf("the lab sends TCP, UDP and ICMP, not %v", p.Protocol)
	}
	if !p.Src.Addr().Is4() || !p.Dst.Addr().Is4() {
		return errors.New("the lab sends IPv4 only")
	}
	return nil
}

func (p *plan) buildable(x *nodePlan) error {
	if len(x.forwards) > maxForwards {
		return fmt.Errorf("%d proxied routes, the lab builds up to %d", len(x.forwards), maxForwards)
	}
	for i := range x.forwards {
		f := &x.forwards[i]
		if f.proxied() && p.walk.Packet.Protocol == sim.ICMP && (f.Match.Protocol == sim.ICMP || f.Match.Protocol == sim.Any) {
			return errors.New("no process can end ICMP as a proxy")
		}
	}
	return nil
}

func (p *plan) gone(id sim.NodeID) bool { return slices.Contains(p.walk.Fault.Gone, id) }

// pick is the place of the alternative that the walk's choice takes.
func (p *plan) pick(n int) int { return int(uint(p.walk.Choice) % uint(n)) }

// pickLive is pick among the nodes that are not gone; false if all are.
func (p *plan) pickLive(nodes []sim.NodeID) (int, bool) {
	var live []int
	for i, id := range nodes {
		if !p.gone(id) {
			live = append(live, i)
		}
	}
	if len(live) == 0 {
		return 0, false
	}
	return live[p.pick(len(live))], true
}

// explore adds nodes and the addresses that they bring until no route leads
// further.
func (p *plan) explore() {
	p.add(p.walk.Start)
	for before := -1; before != len(p.nodes)+len(p.addrs); {
		before = len(p.nodes) + len(p.addrs)
		for _, x := range slices.Clone(p.nodes) {
			for i := range x.Routes {
				if next, ok := p.next(&x.Routes[i]); ok && next != sim.None {
					p.add(next)
				}
			}
		}
	}
	slices.SortFunc(p.nodes, func(a, b *nodePlan) int { return int(a.id - b.id) })
	for _, x := range p.nodes {
		for i := range x.Routes {
			if next, ok := p.next(&x.Routes[i]); ok {
				x.routes = append(x.routes, routePlan{&x.Routes[i], next})
			}
		}
	}
}

// next is where a route leads; false if it is withdrawn, or for none of the
// walk's addresses.
func (p *plan) next(r *sim.Route) (sim.NodeID, bool) {
	used := false
	for a := range p.addrs {
		used = used || r.Dst.Contains(a)
	}
	if !used {
		return sim.None, false
	}
	if len(r.Next) == 0 {
		return sim.None, true
	}
	k, ok := p.pickLive(r.Next)
	if !ok {
		return sim.None, false
	}
	return r.Next[k], true
}

// add plans a node and notes which addresses it gives to packets.
func (p *plan) add(id sim.NodeID) {
	if p.byID[id] != nil {
		return
	}
	x := &nodePlan{Node: &p.net.Nodes[id], id: id, down: slices.Contains(p.walk.Fault.Down, id)}
	p.nodes, p.byID[id] = append(p.nodes, x), x
	if x.down {
		return
	}
	for i := range x.NAT {
		n := natPlan{NAT: &x.NAT[i], leave: len(x.NAT[i].To) == 0}
		if !n.leave && !slices.Contains(p.walk.Fault.Bare, id) {
			n.to = n.To[p.pick(len(n.To))]
		}
		if n.to.IsValid() {
			p.addrs[n.to] = true
		}
		x.nat = append(x.nat, n)
	}
	if x.Proxy == nil {
		return
	}
	for i := range x.Proxy.Forwards {
		f := p.forward(&x.Proxy.Forwards[i])
		for _, a := range []netip.Addr{f.From, f.to.Addr()} {
			if a.IsValid() {
				p.addrs[a] = true
			}
		}
		x.forwards = append(x.forwards, f)
	}
}

func (p *plan) forward(f *sim.Forward) forwardPlan {
	x := forwardPlan{Forward: f}
	switch {
	case len(f.Via) > 0:
		k, ok := p.pickLive(f.Via)
		if !ok {
			x.refuses = true
			return x
		}
		x.to = f.To[k]
	case len(f.To) > 0:
		x.to = f.To[p.pick(len(f.To))]
	}
	return x
}

// listPorts collects the ports that clients and proxies ask at.
func (p *plan) listPorts() {
	set := map[uint16]bool{p.walk.Packet.Dst.Port(): true}
	for _, x := range p.nodes {
		for i := range x.forwards {
			set[x.forwards[i].to.Port()] = true
		}
	}
	delete(set, 0)
	for port := range set {
		p.ports = append(p.ports, port)
	}
	slices.Sort(p.ports)
}

// hosted reports whether applications wait at the node: the client, or a server
// at an address that the node owns.
func (p *plan) hosted(x *nodePlan) bool {
	return !x.down && (x.id == p.walk.Start || len(p.owned(x)) > 0)
}

// owned are the node's blocks that hold an address of the walk.
func (p *plan) owned(x *nodePlan) []netip.Prefix {
	var list []netip.Prefix
	for _, b := range x.Owns {
		for a := range p.addrs {
			if b.Contains(a) {
				list = append(list, b.Masked())
				break
			}
		}
	}
	return list
}

// mtu is the largest packet that the node takes, in bytes.
func (x *nodePlan) mtu() int {
	if x.MTU == 0 {
		return widest
	}
	return int(x.MTU)
}

// widest is the MTU, in bytes, of a wire to a node that has no limit; a tunnel
// around it still fits into 65,535.
const widest = 65000
