//go:build linux

package awscni

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// seen is a packet that reached the router around the node.
type seen struct {
	src  netip.AddrPort
	exit string // the node's interface that it left by
}

// openSniffer is a socket that sees what arrives in the namespace of the thread.
func openSniffer() (int, error) {
	protocol := binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, unix.ETH_P_IP))
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, int(protocol))
	if err != nil {
		return -1, err
	}
	return fd, unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 1})
}

func closeSniffer(fd int) {
	if fd >= 0 {
		_ = unix.Close(fd)
	}
}

// next waits for the UDP packet that carries the word.
func (x *site) next(word string) (seen, bool) {
	buf := make([]byte, 256)
	for {
		n, peer, err := unix.Recvfrom(x.sniff, buf, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return seen{}, false
		}
		const ip, udp = 20, 8
		ll, ok := peer.(*unix.SockaddrLinklayer)
		if !ok || ll.Pkttype != unix.PACKET_HOST || n < ip+udp || buf[9] != unix.IPPROTO_UDP || string(buf[ip+udp:n]) != word {
			continue
		}
		src := netip.AddrPortFrom(netip.AddrFrom4([4]byte(buf[12:16])), binary.BigEndian.Uint16(buf[ip:]))
		return seen{src, x.exits[ll.Ifindex]}, true
	}
}
