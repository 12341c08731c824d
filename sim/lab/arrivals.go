//go:build linux

package lab

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"
)

// openSniffer makes the socket that sees every packet that reaches the bench:
// arrival is what the wire carried, not what an application made of it, because
// a connection whose answers get lost is never told to its server.
func (b *bench) openSniffer() error {
	protocol := binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, unix.ETH_P_IP))
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, int(protocol))
	if err != nil {
		return fmt.Errorf("a packet socket: %w", err)
	}
	b.sniff = fd
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 4<<20)
}

// arrivals empties the sniffer.
func (b *bench) arrivals() ([]Arrival, error) {
	var list []Arrival
	buf := make([]byte, 128)
	for {
		n, peer, err := unix.Recvfrom(b.sniff, buf, 0)
		switch err {
		case nil:
		case unix.EINTR:
			continue
		case unix.EAGAIN:
			return list, nil
		default:
			return list, fmt.Errorf("read what arrived: %w", err)
		}
		ll, ok := peer.(*unix.SockaddrLinklayer)
		if !ok || ll.Pkttype != unix.PACKET_HOST {
			continue
		}
		src, dst, ok := opens(buf[:n])
		k := slices.IndexFunc(b.wires, func(w *wire) bool { return w.index == ll.Ifindex })
		if !ok || k < 0 {
			continue
		}
		a := Arrival{Node: b.wires[k].node.id, Src: src, Dst: dst, Proxied: b.wires[k].app != host}
		if !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
}

// opens reports whether an IPv4 packet is the first of a flow, and between which
// ends. ICMP has ports 0.
func opens(p []byte) (src, dst netip.AddrPort, ok bool) {
	if len(p) < ipHeader || len(p) < int(p[0]&15)*4+8 {
		return src, dst, false
	}
	inner := p[int(p[0]&15)*4:]
	var from, to uint16
	switch p[9] {
	case unix.IPPROTO_TCP:
		const syn, ack = 2, 16
		ok = len(inner) > 13 && inner[13]&(syn|ack) == syn
	case unix.IPPROTO_UDP:
		ok = len(inner) > 8 && inner[8] == asks
	case unix.IPPROTO_ICMP:
		ok = inner[0] == echoRequest
	}
	if p[9] != unix.IPPROTO_ICMP {
		from, to = binary.BigEndian.Uint16(inner), binary.BigEndian.Uint16(inner[2:])
	}
	src = netip.AddrPortFrom(netip.AddrFrom4([4]byte(p[offsetSrc:])), from)
	dst = netip.AddrPortFrom(netip.AddrFrom4([4]byte(p[offsetDst:])), to)
	return src, dst, ok
}
