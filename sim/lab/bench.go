//go:build linux

package lab

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"egressplan/sim"
)

// bench is the namespace in which the applications of all nodes live: the
// client, the servers and the proxies. Every socket is bound to the wire to its
// node, and nothing is forwarded, so applications meet only through the nodes.
// They take any address: whose an address is, the nodes decide.
type bench struct {
	plan  *plan
	ns    netns.NsHandle
	wires []*wire
	sniff int // a packet socket that sees what arrives, or -1

	ctx     context.Context
	cancel  context.CancelFunc
	tasks   sync.WaitGroup
	mu      sync.Mutex
	closers map[io.Closer]struct{} // nil once closed
	proxied atomic.Int32           // connections that proxies have opened
}

// wire is a wire to an application of a node.
type wire struct {
	name  string
	index int
	node  *nodePlan
	app   app
	peer  net.HardwareAddr
}

func newBench(p *plan) *bench {
	b := &bench{plan: p, ns: netns.None(), sniff: -1, closers: map[io.Closer]struct{}{}}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	return b
}

// connect puts up the wires, from a thread in the bench: what comes in is for
// the bench, what goes out leaves by the wire that the socket is bound to.
func (b *bench) connect(h *netlink.Handle) error {
	if err := loopback(h); err != nil {
		return err
	}
	for _, w := range b.wires {
		if err := putUp(h, cable{name: w.name, peer: w.peer}); err != nil {
			return err
		}
	}
	index, err := indexes(h)
	if err != nil {
		return err
	}
	const in = 50
	r := router{Handle: h, index: index}
	for i, w := range b.wires {
		w.index = index[w.name]
		if err := r.route(tableRoutes+i, everything, w.name, 0); err != nil {
			return err
		}
		if err := r.rule(ruleRoute+i, tableRoutes+i, func(x *netlink.Rule) { x.OifName = w.name }); err != nil {
			return err
		}
	}
	err = h.RouteAdd(&netlink.Route{Dst: ipnet(everything), Table: in, Type: unix.RTN_LOCAL, Scope: netlink.SCOPE_HOST, LinkIndex: index["lo"]})
	if err != nil {
		return err
	}
	return r.rule(in, in, func(x *netlink.Rule) { x.IifName, x.Invert = "lo", true })
}

// open starts the applications that wait to be asked.
func (b *bench) open() error {
	return within(b.ns, func() error {
		if err := b.openSniffer(); err != nil {
			return err
		}
		for _, w := range b.wires {
			if err := b.serve(w); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *bench) serve(w *wire) error {
	if b.plan.walk.Packet.Protocol == sim.ICMP {
		return b.serveICMP(w)
	}
	for _, port := range b.plan.ports {
		at := netip.AddrPortFrom(netip.IPv4Unspecified(), port)
		var err error
		if b.plan.walk.Packet.Protocol == sim.TCP {
			err = b.serveTCP(w, at)
		} else {
			err = b.serveUDP(w, at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bound sets up a socket of an application on the wire.
func bound(w *wire, labelled bool) func(string, string, syscall.RawConn) error {
	return func(_, _ string, raw syscall.RawConn) error {
		var err error
		return errors.Join(raw.Control(func(fd uintptr) { err = prepare(int(fd), w, labelled) }), err)
	}
}

// prepare lets a socket use any address on the wire, also one that another
// socket uses on another, and tell of the packets it gets.
func prepare(fd int, w *wire, labelled bool) error {
	errs := []error{unix.BindToDevice(fd, w.name)}
	set := func(level, option, value int) { errs = append(errs, unix.SetsockoptInt(fd, level, option, value)) }
	set(unix.SOL_IP, unix.IP_TRANSPARENT, 1)
	set(unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	set(unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	if labelled {
		set(unix.SOL_IP, unix.IP_TOS, labelTOS)
	}
	switch kind, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE); kind {
	case unix.SOCK_STREAM:
		set(unix.SOL_TCP, unix.TCP_SAVE_SYN, 1)
	case unix.SOCK_DGRAM:
		set(unix.SOL_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_PROBE)
		set(unix.SOL_IP, unix.IP_PKTINFO, 1)
		set(unix.SOL_IP, unix.IP_RECVTOS, 1)
	}
	return errors.Join(errs...)
}

// start runs a task of an application until it ends by itself; close waits for
// it.
func (b *bench) start(task func()) {
	b.tasks.Add(1)
	go func() {
		defer b.tasks.Done()
		task()
	}()
}

// keep notes what has to be closed for tasks to end; false if they have to end
// already.
func (b *bench) keep(c io.Closer) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closers == nil {
		_ = c.Close()
		return false
	}
	b.closers[c] = struct{}{}
	return true
}

// drop closes what was kept.
func (b *bench) drop(c io.Closer) {
	b.mu.Lock()
	delete(b.closers, c)
	b.mu.Unlock()
	_ = c.Close()
}

func (b *bench) close() error {
	b.cancel()
	b.mu.Lock()
	for c := range b.closers {
		_ = c.Close() // a connection may have ended by itself
	}
	b.closers = nil
	b.mu.Unlock()
	b.tasks.Wait()
	var err error
	if b.sniff >= 0 {
		err = unix.Close(b.sniff)
		b.sniff = -1
	}
	if b.ns.IsOpen() {
		err = errors.Join(err, b.ns.Close())
	}
	return err
}

// patience is how long an application waits for another, at most.
const patience = 10 * time.Second

// maxProxied is how many connections the proxies of a lab open: proxies that
// lead to each other would never end.
const maxProxied = 64

// dial opens a connection of an application from within the bench.
func (b *bench) dial(ctx context.Context, w *wire, labelled bool, from, to netip.AddrPort) (net.Conn, error) {
	d := net.Dialer{Control: bound(w, labelled)}
	network := "tcp4"
	if b.plan.walk.Packet.Protocol == sim.UDP {
		network = "udp4"
		d.LocalAddr = net.UDPAddrFromAddrPort(from)
	} else {
		d.LocalAddr = net.TCPAddrFromAddrPort(from)
	}
	var conn net.Conn
	err := within(b.ns, func() (err error) {
		conn, err = d.DialContext(ctx, network, to.String())
		return err
	})
	return conn, err
}
