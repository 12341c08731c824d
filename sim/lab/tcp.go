//go:build linux

package lab

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

const question = "who am I?\n"

// answerTo tells the client where its packets seem to come from.
func answerTo(src netip.AddrPort) string { return "you are " + src.String() + "\n" }

// serveTCP accepts connections on the wire: answers them, or as a proxy passes
// them on.
func (b *bench) serveTCP(w *wire, at netip.AddrPort) error {
	lc := net.ListenConfig{Control: bound(w, false), KeepAlive: -1}
	l, err := lc.Listen(b.ctx, "tcp4", at.String())
	if err != nil {
		return fmt.Errorf("listen on %s at %v: %w", w.name, at, err)
	}
	b.keep(l)
	b.start(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if !b.keep(conn) {
				return
			}
			b.start(func() {
				defer b.drop(conn)
				_ = conn.SetDeadline(time.Now().Add(patience))
				if w.app == host {
					answerTCP(conn)
				} else {
					b.passOn(w, conn.(*net.TCPConn))
				}
			})
		}
	})
	return nil
}

func answerTCP(conn net.Conn) {
	if line, err := bufio.NewReader(conn).ReadString('\n'); err == nil && line == question {
		_, _ = io.WriteString(conn, answerTo(addrPort(conn.RemoteAddr())))
	}
}

// passOn is the proxy: it opens a connection of its own for the one accepted.
// Without one it resets the client's.
func (b *bench) passOn(w *wire, client *net.TCPConn) {
	_ = client.SetLinger(0)
	f := &w.node.forwards[w.app-proxyApp(0)]
	if f.refuses || b.proxied.Add(1) > maxProxied {
		return
	}
	src, asked := addrPort(client.RemoteAddr()), addrPort(client.LocalAddr())
	to, own := upstream(f, src, asked)
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	conn, err := b.dial(ctx, w, f.KeepLabel && labelled(client), own, to)
	if err != nil || !b.keep(conn) {
		return
	}
	defer b.drop(conn)
	_ = conn.SetDeadline(time.Now().Add(patience))
	b.start(func() { _, _ = io.Copy(conn, client) })
	if _, err := io.Copy(client, conn); err == nil {
		_ = client.SetLinger(-1)
		_ = client.CloseWrite()
	}
}

// upstream is where a proxy connects to, and from where. It takes the client's
// port, as any would do, unless its flow would then look like the client's.
func upstream(f *forwardPlan, src, asked netip.AddrPort) (to, own netip.AddrPort) {
	to = f.to
	if !to.IsValid() {
		to = asked
	}
	own = netip.AddrPortFrom(f.From, src.Port())
	if own == src && to == asked {
		own = netip.AddrPortFrom(f.From, 0)
	}
	return to, own
}

// labelled reports whether the packet that opened the connection bore the label.
func labelled(conn *net.TCPConn) bool {
	raw, err := conn.SyscallConn()
	if err != nil {
		return false
	}
	yes := false
	_ = raw.Control(func(fd uintptr) {
		syn, err := unix.GetsockoptString(int(fd), unix.SOL_TCP, unix.TCP_SAVED_SYN)
		yes = err == nil && len(syn) > offsetTOS && syn[offsetTOS]&codePoint == labelTOS
	})
	return yes
}

// askTCP connects as the client, asks, and reads the answer to its end.
func (b *bench) askTCP(ctx context.Context, w *wire) bool {
	p := b.plan.walk.Packet
	conn, err := b.dial(ctx, w, p.Label != 0, p.Src, p.Dst)
	if err != nil {
		return false
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	if _, err := io.WriteString(conn, question); err != nil {
		return false
	}
	answer, err := io.ReadAll(conn)
	return err == nil && len(answer) > 0
}

func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.TCPAddr:
		return netip.AddrPortFrom(a.AddrPort().Addr().Unmap(), a.AddrPort().Port())
	case *net.UDPAddr:
		return netip.AddrPortFrom(a.AddrPort().Addr().Unmap(), a.AddrPort().Port())
	}
	return netip.AddrPort{}
}
