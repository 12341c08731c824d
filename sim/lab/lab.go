//go:build linux

package lab

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/nftables"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"egressplan/sim"
)

// Lab is a network of namespaces, built for one walk. Close it: until then it
// holds a namespace for each node and waiting applications. It may be used once
// or several times, but not by several goroutines at the same time.
type Lab struct {
	plan   *plan
	spaces map[sim.NodeID]netns.NsHandle
	cables map[sim.NodeID][]cable
	bench  *bench
	serial int // of cables so far
}

// Build builds the part of the network that the walk's packets can come to. The
// namespaces have no name and no wire to the caller's.
func Build(n *sim.Network, w Walk) (*Lab, error) {
	p, err := newPlan(n, w)
	if err != nil {
		return nil, err
	}
	l := &Lab{plan: p, spaces: map[sim.NodeID]netns.NsHandle{}, cables: map[sim.NodeID][]cable{}, bench: newBench(p)}
	if !p.startable() {
		return l, nil
	}
	err = aside(l.build)
	if err == nil {
		err = l.bench.open()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("build the lab: %w", err), l.Close())
	}
	return l, nil
}

// build makes all namespaces and cables; its thread is aside.
func (l *Lab) build() (err error) {
	for _, x := range l.plan.nodes {
		if l.spaces[x.id], err = spawn(nodeSettings); err != nil {
			delete(l.spaces, x.id)
			return err
		}
	}
	if l.bench.ns, err = spawn(benchSettings); err != nil {
		return err
	}
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer h.Close()
	if err := l.lay(h); err != nil {
		return err
	}
	for _, x := range l.plan.nodes {
		if err := l.buildNode(x); err != nil {
			return fmt.Errorf("node %d (%q): %w", x.id, x.Name, err)
		}
	}
	if err := netns.Set(l.bench.ns); err != nil {
		return err
	}
	if err := l.bench.connect(h); err != nil {
		return err
	}
	return l.settle()
}

// buildNode sets up a node from within its namespace. One that is down keeps its
// wires down: nobody takes what is sent there.
func (l *Lab) buildNode(x *nodePlan) error {
	if x.down {
		return nil
	}
	h, err := enter(l.spaces[x.id])
	if err != nil {
		return err
	}
	defer h.Close()
	if err := loopback(h); err != nil {
		return err
	}
	for _, c := range l.cables[x.id] {
		if err := putUp(h, c); err != nil {
			return err
		}
	}
	index, err := indexes(h)
	if err != nil {
		return err
	}
	r := router{Handle: h, plan: l.plan, node: x, index: index}
	if err := r.fill(); err != nil {
		return err
	}
	return writeRules(l.plan, x)
}

// enter moves the thread, which must be aside, into the namespace.
func enter(ns netns.NsHandle) (*netlink.Handle, error) {
	if err := netns.Set(ns); err != nil {
		return nil, err
	}
	return netlink.NewHandle(unix.NETLINK_ROUTE)
}

// settle waits until all wires carry: the kernel notices that both ends of a
// cable are up a little later, and until then drops what is sent.
func (l *Lab) settle() error {
	deadline := time.Now().Add(patience)
	for _, x := range l.plan.nodes {
		if x.down {
			continue
		}
		h, err := enter(l.spaces[x.id])
		if err != nil {
			return err
		}
		for err = errWaiting; errors.Is(err, errWaiting) && time.Now().Before(deadline); {
			if err = l.carries(h, x); errors.Is(err, errWaiting) {
				time.Sleep(time.Millisecond)
			}
		}
		h.Close()
		if err != nil {
			return fmt.Errorf("node %d (%q): %w", x.id, x.Name, err)
		}
	}
	return nil
}

var errWaiting = errors.New("a wire that does not carry")

// carries reports errWaiting until the node's wires to nodes that are up do.
func (l *Lab) carries(h *netlink.Handle, x *nodePlan) error {
	links, err := h.LinkList()
	if err != nil {
		return err
	}
	up := map[string]bool{}
	for _, link := range links {
		up[link.Attrs().Name] = link.Attrs().OperState == netlink.OperUp
	}
	for _, c := range l.cables[x.id] {
		if !c.dead && !up[c.under()] {
			return errWaiting
		}
	}
	return nil
}

// loopback puts up the interface without which there is no table of local
// addresses, which the kernel asks about neighbours.
func loopback(h *netlink.Handle) error {
	lo, err := h.LinkByName("lo")
	if err != nil {
		return err
	}
	return h.LinkSetUp(lo)
}

// indexes are those of all interfaces by name.
func indexes(h *netlink.Handle) (map[string]int, error) {
	links, err := h.LinkList()
	if err != nil {
		return nil, err
	}
	index := map[string]int{}
	for _, link := range links {
		index[link.Attrs().Name] = link.Attrs().Index
	}
	return index, nil
}

// writeRules loads the filters and translations of the node whose namespace the
// thread is in.
func writeRules(p *plan, x *nodePlan) error {
	conn, err := nftables.New()
	if err != nil {
		return err
	}
	if err := newRuleset(conn, p, x).write(); err != nil {
		return fmt.Errorf("load the filters: %w", err)
	}
	return nil
}

// Close ends the applications and lets the namespaces vanish with all that is
// in them.
func (l *Lab) Close() error {
	err := l.bench.close()
	for id, ns := range l.spaces {
		err = errors.Join(err, ns.Close())
		delete(l.spaces, id)
	}
	return err
}
