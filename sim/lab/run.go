//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/google/nftables"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"egressplan/sim"
)

// Run sends the packet, waits that long for the answer, and reports what became
// of both. What was lost costs the whole wait.
func (l *Lab) Run(wait time.Duration) (Result, error) {
	r := Result{Verdict: sim.Unreachable, At: sim.None}
	if !l.plan.startable() {
		return r, nil
	}
	ctx, cancel := context.WithTimeout(l.bench.ctx, wait)
	defer cancel()
	r.Replied = l.bench.ask(ctx)
	var err error
	if r.Arrivals, err = l.bench.arrivals(); err != nil {
		return r, err
	}
	r.Verdict = sim.Dropped
	if k := slices.IndexFunc(r.Arrivals, func(a Arrival) bool { return !a.Proxied }); k >= 0 {
		a := r.Arrivals[k]
		r.Verdict, r.At = sim.Delivered, a.Node
		r.Packet = sim.Packet{Protocol: l.plan.walk.Packet.Protocol, Src: a.Src, Dst: a.Dst}
	}
	for _, x := range l.plan.nodes {
		if x.down {
			continue
		}
		if err := within(l.spaces[x.id], func() error { return r.look(x) }); err != nil {
			return r, fmt.Errorf("node %d (%q): %w", x.id, x.Name, err)
		}
	}
	return r, nil
}

// ask sends the walk's packet and reports whether its answer came.
func (b *bench) ask(ctx context.Context) bool {
	switch w := b.client(); b.plan.walk.Packet.Protocol {
	case sim.TCP:
		return b.askTCP(ctx, w)
	case sim.UDP:
		return b.askUDP(ctx, w)
	default:
		return b.askICMP(ctx, w)
	}
}

// client is the wire of the application that the walk starts from.
func (b *bench) client() *wire {
	return b.wires[slices.IndexFunc(b.wires, func(w *wire) bool { return w.app == host && w.node.id == b.plan.walk.Start })]
}

// look reads from the node in whose namespace the thread is what it translated
// and what it refused.
func (r *Result) look(x *nodePlan) error {
	if len(x.nat) > 0 || slices.ContainsFunc(x.forwards, func(f forwardPlan) bool { return !f.proxied() }) {
		h, err := netlink.NewHandle(unix.NETLINK_NETFILTER)
		if err != nil {
			return err
		}
		defer h.Close()
		flows, err := h.ConntrackTableList(netlink.ConntrackTable, unix.AF_INET)
		if err != nil {
			return fmt.Errorf("list the connections tracked: %w", err)
		}
		for _, f := range flows {
			if t := flowOf(x.id, f); !labsOwn.Contains(t.DstIn.Addr()) {
				r.Flows = append(r.Flows, t)
			}
		}
	}
	return r.count(x)
}

func flowOf(id sim.NodeID, f *netlink.ConntrackFlow) Flow {
	end := func(ip []byte, port uint16) netip.AddrPort {
		a, _ := netip.AddrFromSlice(ip)
		return netip.AddrPortFrom(a.Unmap(), port)
	}
	return Flow{
		Node:  id,
		SrcIn: end(f.Forward.SrcIP, f.Forward.SrcPort), DstIn: end(f.Forward.DstIP, f.Forward.DstPort),
		SrcOut: end(f.Reverse.DstIP, f.Reverse.DstPort), DstOut: end(f.Reverse.SrcIP, f.Reverse.SrcPort),
	}
}

// count reads the counters of drops.
func (r *Result) count(x *nodePlan) error {
	conn, err := nftables.New()
	if err != nil {
		return err
	}
	table := &nftables.Table{Family: nftables.TableFamilyIPv4, Name: "lab"}
	objects, err := conn.GetObjects(table)
	if err != nil {
		return fmt.Errorf("read the counters: %w", err)
	}
	for _, o := range objects {
		c, ok := o.(*nftables.CounterObj)
		if !ok {
			return errors.New("a counter that is none")
		}
		var code sim.Code
		if _, err := fmt.Sscanf(c.Name, "code%d", &code); err == nil && c.Packets > 0 {
			r.Drops = append(r.Drops, Drop{Node: x.id, Code: code, Packets: c.Packets})
		}
	}
	return nil
}
