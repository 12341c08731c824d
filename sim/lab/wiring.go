//go:build linux

package lab

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"egressplan/sim"
)

// Addresses of the lab's own, from a range that nobody uses: the neighbour at
// the other end of every wire, and the ends of tunnels.
var (
	neighbour  = net.IPv4(240, 0, 0, 1).To4()
	labsOwn    = netip.MustParsePrefix("240.0.0.0/8")
	tunnelPort = 4789
)

// Names of a node's interfaces: to another node, to it in a tunnel, what the
// tunnel runs over, to the node itself, and to the applications.
func wireTo(id sim.NodeID) string   { return fmt.Sprintf("to%d", id) }
func tunnelTo(id sim.NodeID) string { return fmt.Sprintf("tun%d", id) }
func underTo(id sim.NodeID) string  { return fmt.Sprintf("und%d", id) }
func appWire(a app) string          { return fmt.Sprintf("app%d", a) }

const wireSelf = "self"

// benchWire is the other end of an application wire.
func benchWire(id sim.NodeID, a app) string { return fmt.Sprintf("n%da%d", id, a) }

// pair is two nodes with a wire between them.
type pair struct {
	a, b   sim.NodeID // a <= b
	tunnel bool
}

// pairs lists the wires that routes need.
func (p *plan) pairs() []pair {
	var list []pair
	seen := map[pair]bool{}
	for _, x := range p.nodes {
		for _, r := range x.routes {
			if r.next == sim.None {
				continue
			}
			w := pair{min(x.id, r.next), max(x.id, r.next), r.Tunnel && r.next != x.id}
			if !seen[w] {
				seen[w] = true
				list = append(list, w)
			}
		}
	}
	return list
}

// veth is a virtual cable. The MTU of an end is what the other end's node takes.
type veth struct {
	name, peerName string
	mtu, peerMTU   int
	ns, peerNS     netns.NsHandle
	mac            byte // tells cables apart
	serial         int
}

// hardware is the address of one end of a cable.
func hardware(kind byte, serial, end int) net.HardwareAddr {
	return net.HardwareAddr{2, kind, byte(serial >> 16), byte(serial >> 8), byte(serial), byte(end)}
}

// firstIndex makes the two ends of a cable have different interface numbers. A
// kernel that sees the same on both takes a second to notice that both are up.
const firstIndex = 10000

func (v veth) add(h *netlink.Handle) error {
	link := &netlink.Veth{
		LinkAttrs: netlink.LinkAttrs{Index: firstIndex + v.serial, Name: v.name, MTU: v.mtu, Namespace: netlink.NsFd(v.ns), TxQLen: -1, HardwareAddr: hardware(v.mac, v.serial, 0)},
		PeerName:  v.peerName, PeerMTU: uint32(v.peerMTU), PeerNamespace: netlink.NsFd(v.peerNS), PeerHardwareAddr: hardware(v.mac, v.serial, 1),
	}
	if err := h.LinkAdd(link); err != nil {
		return fmt.Errorf("wire %s: %w", v.name, err)
	}
	return nil
}

// cable is an end of a cable or tunnel in a node, to be put up.
type cable struct {
	name string
	peer net.HardwareAddr
	// Of a tunnel: the address that what it runs over has, the other end's, and
	// the tunnel's number and MTU.
	local, remote net.IP
	number, mtu   int
	own           net.HardwareAddr
	dead          bool // the other end's node is down
}

// under is the veth that the cable is, or that its tunnel runs over.
func (c *cable) under() string {
	if c.number == 0 {
		return c.name
	}
	return "und" + c.name[len("tun"):]
}

const (
	macWire byte = iota
	macTunnel
	macApp
)

// lay puts the cables between the nodes and from nodes to the bench, from a
// thread in the bench, and notes for every node which ends it has.
func (l *Lab) lay(h *netlink.Handle) error {
	for i, w := range l.plan.pairs() {
		if err := l.layPair(h, i, w); err != nil {
			return err
		}
	}
	for _, x := range l.plan.nodes {
		for _, a := range l.plan.apps(x) {
			l.serial++
			v := veth{benchWire(x.id, a), appWire(a), x.mtu(), x.mtu(), l.bench.ns, l.spaces[x.id], macApp, l.serial}
			if err := v.add(h); err != nil {
				return err
			}
			l.cables[x.id] = append(l.cables[x.id], cable{name: v.peerName, peer: hardware(macApp, l.serial, 0)})
			l.bench.wires = append(l.bench.wires, &wire{name: v.name, node: x, app: a, peer: hardware(macApp, l.serial, 1)})
		}
	}
	return nil
}

// layPair lays one cable, for a tunnel the one it runs over.
func (l *Lab) layPair(h *netlink.Handle, i int, w pair) error {
	l.serial++
	a, b := l.plan.byID[w.a], l.plan.byID[w.b]
	v := veth{wireTo(w.b), wireTo(w.a), b.mtu(), a.mtu(), l.spaces[w.a], l.spaces[w.b], macWire, l.serial}
	if w.a == w.b {
		v.peerName = wireSelf
	}
	ends := [2]cable{{name: v.name, peer: hardware(macWire, l.serial, 1)}, {name: v.peerName, peer: hardware(macWire, l.serial, 0)}}
	if w.tunnel {
		v.name, v.peerName, v.mtu, v.peerMTU = underTo(w.b), underTo(w.a), 65535, 65535
		for end := range ends {
			c := &ends[end]
			c.name = [2]string{tunnelTo(w.b), tunnelTo(w.a)}[end]
			c.local, c.remote = tunnelEnd(i, end), tunnelEnd(i, 1-end)
			c.own, c.peer = hardware(macTunnel, l.serial, end), hardware(macTunnel, l.serial, 1-end)
			c.number, c.mtu = i+1, [2]int{b.mtu(), a.mtu()}[end]
		}
	}
	ends[0].dead, ends[1].dead = b.down, a.down
	l.cables[w.a] = append(l.cables[w.a], ends[0])
	l.cables[w.b] = append(l.cables[w.b], ends[1])
	return v.add(h)
}

// tunnelEnd is the address of an end of the i-th pair.
func tunnelEnd(i, end int) net.IP {
	return net.IPv4(240, 1+byte(i>>15), byte(i>>7), byte(i<<1)+byte(end)).To4()
}

// apps are the applications that need a wire to the node.
func (p *plan) apps(x *nodePlan) []app {
	var list []app
	if p.hosted(x) {
		list = append(list, host)
	}
	if x.down {
		return list
	}
	for i := range x.forwards {
		if x.forwards[i].proxied() {
			list = append(list, proxyApp(i))
		}
	}
	return list
}

// putUp makes the end of a cable ready to carry packets.
func putUp(h *netlink.Handle, c cable) error {
	if c.number != 0 {
		if err := addTunnel(h, c); err != nil {
			return fmt.Errorf("tunnel %s: %w", c.name, err)
		}
	}
	link, err := h.LinkByName(c.name)
	if err != nil {
		return fmt.Errorf("wire %s: %w", c.name, err)
	}
	if err := h.LinkSetUp(link); err != nil {
		return fmt.Errorf("put up %s: %w", c.name, err)
	}
	return h.NeighAdd(&netlink.Neigh{LinkIndex: link.Attrs().Index, Family: netlink.FAMILY_V4,
		State: netlink.NUD_PERMANENT, IP: neighbour, HardwareAddr: c.peer})
}

// addTunnel makes a VXLAN over the cable laid for it.
func addTunnel(h *netlink.Handle, c cable) error {
	under, err := h.LinkByName(c.under())
	if err != nil {
		return err
	}
	ends := &net.IPNet{IP: c.local, Mask: net.CIDRMask(31, 32)}
	if err := h.AddrAdd(under, &netlink.Addr{IPNet: ends}); err != nil {
		return err
	}
	if err := h.LinkSetUp(under); err != nil {
		return err
	}
	return h.LinkAdd(&netlink.Vxlan{
		LinkAttrs: netlink.LinkAttrs{Name: c.name, MTU: c.mtu, HardwareAddr: c.own, TxQLen: -1},
		VxlanId:   c.number, VtepDevIndex: under.Attrs().Index, SrcAddr: c.local, Group: c.remote, Port: tunnelPort,
	})
}
