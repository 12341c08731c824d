//go:build linux

package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"egressplan/sim"
)

// Open opens as many TCP connections as it can of so many that are tried at the
// same time, from rising source ports of the walk's client to its destination,
// and as many again to each of the other addresses at the same port. It holds
// them until all have opened or the wait is over, and reports how many there
// were: those that a translator has no port for do not open.
func (l *Lab) Open(attempts int, wait time.Duration, others ...netip.Addr) (int, error) {
	p := l.plan.walk.Packet
	if p.Protocol != sim.TCP || int(p.Src.Port())+attempts > 65536 {
		return 0, fmt.Errorf("cannot open %d connections with a %v packet from port %d", attempts, p.Protocol, p.Src.Port())
	}
	if !l.plan.startable() {
		return 0, nil
	}
	var tried []unix.PollFd
	defer func() {
		for _, t := range tried {
			_ = unix.Close(int(t.Fd))
		}
	}()
	err := within(l.bench.ns, func() error {
		for _, dst := range append([]netip.Addr{p.Dst.Addr()}, others...) {
			for i := range attempts {
				src := netip.AddrPortFrom(p.Src.Addr(), p.Src.Port()+uint16(i))
				fd, err := l.bench.try(src, netip.AddrPortFrom(dst, p.Dst.Port()))
				if err != nil {
					return err
				}
				tried = append(tried, unix.PollFd{Fd: int32(fd), Events: unix.POLLOUT})
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return await(tried, time.Now().Add(wait))
}

// try begins to open a connection as the client.
func (b *bench) try(src, dst netip.AddrPort) (fd int, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("another socket: %w", err)
	}
	err = errors.Join(prepare(fd, b.client(), b.plan.walk.Packet.Label != 0),
		unix.Bind(fd, &unix.SockaddrInet4{Addr: src.Addr().As4(), Port: int(src.Port())}))
	if err == nil {
		err = unix.Connect(fd, &unix.SockaddrInet4{Addr: dst.Addr().As4(), Port: int(dst.Port())})
	}
	if err != nil && !errors.Is(err, unix.EINPROGRESS) {
		return -1, errors.Join(fmt.Errorf("connect from %v: %w", src, err), unix.Close(fd))
	}
	return fd, nil
}

// await counts how many of the connections open before the deadline.
func await(tried []unix.PollFd, deadline time.Time) (int, error) {
	opened := 0
	open := append([]unix.PollFd(nil), tried...)
	for len(open) > 0 && time.Until(deadline) > 0 {
		_, err := unix.Poll(open, int(time.Until(deadline).Milliseconds())+1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return opened, err
		}
		pending := open[:0]
		for _, t := range open {
			switch {
			case t.Revents == 0:
				pending = append(pending, t)
			case t.Revents&(unix.POLLERR|unix.POLLHUP) == 0:
				opened++
			}
		}
		open = pending
	}
	return opened, nil
}
