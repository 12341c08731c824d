//go:build linux

package lab

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// The first byte of a datagram's payload tells a question from its answer, so
// that two servers do not answer each other for ever.
const (
	asks    = 'q'
	replies = 'r'

	headers = 28 // bytes of the IPv4 and the UDP or ICMP header
)

// payload is a datagram of the walk's size.
func (b *bench) payload(kind byte) []byte {
	data := make([]byte, max(1, int(b.plan.walk.Size)-headers))
	data[0] = kind
	return data
}

// serveUDP answers datagrams on the wire, or as a proxy passes them on.
func (b *bench) serveUDP(w *wire, at netip.AddrPort) error {
	lc := net.ListenConfig{Control: bound(w, false)}
	l, err := lc.ListenPacket(b.ctx, "udp4", at.String())
	if err != nil {
		return fmt.Errorf("listen on %s at %v: %w", w.name, at, err)
	}
	conn := l.(*net.UDPConn)
	b.keep(conn)
	b.start(func() {
		buf, oob := make([]byte, 65536), make([]byte, 256)
		for {
			n, on, _, src, err := conn.ReadMsgUDPAddrPort(buf, oob)
			if err != nil {
				if b.ctx.Err() != nil {
					return
				}
				continue // an ICMP error about an earlier answer
			}
			if n == 0 || buf[0] != asks {
				continue
			}
			dst, tos := ancillary(oob[:on])
			asked := netip.AddrPortFrom(dst, at.Port())
			src = netip.AddrPortFrom(src.Addr().Unmap(), src.Port())
			b.start(func() { b.answerUDP(w, conn, src, asked, tos&codePoint == labelTOS) })
		}
	})
	return nil
}

// ancillary reads the address that a datagram was sent to and its service byte.
func ancillary(oob []byte) (dst netip.Addr, tos byte) {
	list, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return dst, 0
	}
	for _, m := range list {
		switch {
		case m.Header.Level != unix.SOL_IP:
		case m.Header.Type == unix.IP_PKTINFO && len(m.Data) >= 12:
			dst = netip.AddrFrom4([4]byte(m.Data[8:12])) // ipi_addr
		case m.Header.Type == unix.IP_TOS && len(m.Data) > 0:
			tos = m.Data[0]
		}
	}
	return dst, tos
}

// answerUDP answers from the address that was asked, a proxy once it has its own
// answer.
func (b *bench) answerUDP(w *wire, conn *net.UDPConn, src, asked netip.AddrPort, labelled bool) {
	if w.app != host && !b.relay(w, src, asked, labelled) {
		return
	}
	info := make([]byte, 12) // struct in_pktinfo: index, local address, destination
	binary.NativeEndian.PutUint32(info, uint32(w.index))
	copy(info[4:], asked.Addr().AsSlice())
	oob := make([]byte, unix.CmsgSpace(len(info)))
	binary.NativeEndian.PutUint64(oob, uint64(unix.CmsgLen(len(info))))
	binary.NativeEndian.PutUint32(oob[8:], unix.SOL_IP)
	binary.NativeEndian.PutUint32(oob[12:], unix.IP_PKTINFO)
	copy(oob[16:], info)
	_, _, _ = conn.WriteMsgUDPAddrPort(b.payload(replies), oob, src)
}

// relay asks upstream as a proxy does.
func (b *bench) relay(w *wire, src, asked netip.AddrPort, labelled bool) bool {
	f := &w.node.forwards[w.app-proxyApp(0)]
	if f.refuses || b.proxied.Add(1) > maxProxied {
		return false
	}
	to, own := upstream(f, src, asked)
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return b.exchangeUDP(ctx, w, f.KeepLabel && labelled, own, to)
}

// askUDP sends one datagram as the client and waits for its answer.
func (b *bench) askUDP(ctx context.Context, w *wire) bool {
	p := b.plan.walk.Packet
	return b.exchangeUDP(ctx, w, p.Label != 0, p.Src, p.Dst)
}

func (b *bench) exchangeUDP(ctx context.Context, w *wire, labelled bool, own, to netip.AddrPort) bool {
	conn, err := b.dial(ctx, w, labelled, own, to)
	if err != nil || !b.keep(conn) {
		return false
	}
	defer b.drop(conn)
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(patience)
	}
	_ = conn.SetDeadline(deadline)
	if _, err := conn.Write(b.payload(asks)); err != nil {
		return false
	}
	buf := make([]byte, 65536)
	n, err := conn.Read(buf)
	return err == nil && n > 0 && buf[0] == replies
}
