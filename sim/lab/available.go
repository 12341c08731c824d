//go:build linux

package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"egressplan/sim"
)

// Available says why no lab can be built here: nil if one can. It builds a small
// one with everything that labs are made of.
func Available() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("the lab makes network namespaces, which needs root; this is user %d", os.Geteuid())
	}
	l, err := Build(trial(), Walk{Packet: sim.Packet{Protocol: sim.TCP, Label: 1,
		Src: netip.MustParseAddrPort("192.0.2.1:40000"), Dst: netip.MustParseAddrPort("198.51.100.1:443")}})
	if err != nil {
		return explain(err)
	}
	r, err := l.Run(2 * time.Second)
	err = errors.Join(err, l.Close())
	if err == nil && !r.Replied {
		err = errors.New("a packet got lost in a lab in which none should; is the kernel's connection tracking complete?")
	}
	return err
}

// explain adds what an error of the kernel most likely means.
func explain(err error) error {
	switch {
	case errors.Is(err, unix.EPERM):
		return fmt.Errorf("root of this container may not make network namespaces (it lacks CAP_SYS_ADMIN or CAP_NET_ADMIN): %w", err)
	case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOENT), errors.Is(err, unix.EAFNOSUPPORT):
		return fmt.Errorf("this kernel lacks something (veth, vxlan, policy routing, or nftables with conntrack, nat and counters): %w", err)
	}
	return err
}

// trial is a network with one of each: a tunnel, a filter, a translation, a
// proxy, a route that only packets with a label take.
func trial() *sim.Network {
	to := func(id sim.NodeID, tunnel bool, label sim.Label) sim.Route {
		return sim.Route{Dst: everything, Next: []sim.NodeID{id}, Tunnel: tunnel, Label: label}
	}
	back := sim.Route{Dst: netip.MustParsePrefix("192.0.2.0/24")}
	near, far := back, back
	near.Next, far.Next = []sim.NodeID{0}, []sim.NodeID{1}
	return &sim.Network{Nodes: []sim.Node{
		{Routes: []sim.Route{to(1, true, 1)}},
		{Ingress: &sim.Filter{Stateful: true, Rules: []sim.Rule{{Allow: true}}}, Routes: []sim.Route{to(2, false, 0), near},
			NAT: []sim.NAT{{To: []netip.Addr{netip.MustParseAddr("192.0.2.9")}, PortFrom: 1024, PortTo: 65535}}},
		{Proxy: &sim.Proxy{Forwards: []sim.Forward{{From: netip.MustParseAddr("203.0.113.1")}}}, Routes: []sim.Route{to(3, false, 0), far}},
		{Owns: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}, Routes: []sim.Route{to(2, false, 0)}},
	}}
}
