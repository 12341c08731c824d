//go:build linux

package lab

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"egressplan/sim"
)

const (
	echoRequest = 8
	echoReply   = 0
	echoID      = 0x4c61
	ipHeader    = 20   // bytes
	notToBeCut  = 0x40 // in the flags of an IPv4 header
	timeToLive  = 63
)

// rawICMP is a socket on the wire that sends and receives ICMP with its IP
// header.
func rawICMP(w *wire) (*os.File, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_ICMP)
	if err != nil {
		return nil, fmt.Errorf("a raw ICMP socket: %w", err)
	}
	f := os.NewFile(uintptr(fd), w.name)
	if err := unix.BindToDevice(fd, w.name); err != nil {
		return nil, closing(f, err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_HDRINCL, 1); err != nil {
		return nil, closing(f, err)
	}
	return f, nil
}

func closing(f *os.File, err error) error {
	_ = f.Close()
	return err
}

// serveICMP answers echo requests on a wire. The kernel does not, it would not
// know which wire the answer leaves by.
func (b *bench) serveICMP(w *wire) error {
	if w.app != host {
		return nil
	}
	f, err := rawICMP(w)
	if err != nil {
		return err
	}
	b.keep(f)
	b.start(func() {
		buf := make([]byte, 65536)
		for {
			n, err := f.Read(buf)
			if err != nil {
				return
			}
			if src, dst, data, ok := parseICMP(buf[:n]); ok && data[0] == echoRequest {
				_ = sendICMP(f, echoReply, 0, dst, src, data)
			}
		}
	})
	return nil
}

// parseICMP splits a packet into addresses and ICMP message.
func parseICMP(p []byte) (src, dst netip.Addr, data []byte, ok bool) {
	if len(p) < ipHeader || len(p) < int(p[0]&15)*4+8 || p[9] != unix.IPPROTO_ICMP {
		return src, dst, nil, false
	}
	src, dst = netip.AddrFrom4([4]byte(p[offsetSrc:])), netip.AddrFrom4([4]byte(p[offsetDst:]))
	return src, dst, p[int(p[0]&15)*4:], true
}

// sendICMP sends a message with the identifier, sequence and data of the given.
func sendICMP(f *os.File, kind, tos byte, src, dst netip.Addr, data []byte) error {
	p := make([]byte, ipHeader+len(data))
	p[0], p[offsetTOS], p[6], p[8], p[9] = 0x45, tos, notToBeCut, timeToLive, unix.IPPROTO_ICMP
	binary.BigEndian.PutUint16(p[2:], uint16(len(p)))
	copy(p[offsetSrc:], src.AsSlice())
	copy(p[offsetDst:], dst.AsSlice())
	m := p[ipHeader:]
	copy(m, data)
	m[0], m[1], m[2], m[3] = kind, 0, 0, 0
	binary.BigEndian.PutUint16(m[2:], checksum(m))
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var sent error
	err = raw.Control(func(fd uintptr) { sent = unix.Sendto(int(fd), p, 0, &unix.SockaddrInet4{Addr: dst.As4()}) })
	if err != nil {
		return err
	}
	return sent
}

// checksum is that of the internet protocols.
func checksum(p []byte) uint16 {
	var sum uint32
	for i := 0; i < len(p)-1; i += 2 {
		sum += uint32(p[i])<<8 | uint32(p[i+1])
	}
	if len(p)%2 == 1 {
		sum += uint32(p[len(p)-1]) << 8
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

// askICMP sends an echo request as the client and waits for its answer.
func (b *bench) askICMP(ctx context.Context, w *wire) bool {
	var f *os.File
	err := within(b.ns, func() (err error) {
		f, err = rawICMP(w)
		return err
	})
	if err != nil {
		return false
	}
	defer f.Close()
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(patience)
	}
	_ = f.SetDeadline(deadline)
	p := b.plan.walk.Packet
	tos := byte(0)
	if p.Label != 0 {
		tos = labelTOS
	}
	data := make([]byte, max(8, int(b.plan.walk.Size)-ipHeader))
	binary.BigEndian.PutUint16(data[4:], echoID)
	if sendICMP(f, echoRequest, tos, p.Src.Addr(), p.Dst.Addr(), data) != nil {
		return false
	}
	return awaitEcho(f, p)
}

func awaitEcho(f *os.File, p sim.Packet) bool {
	buf := make([]byte, 65536)
	for {
		n, err := f.Read(buf)
		if err != nil {
			return false
		}
		src, dst, data, ok := parseICMP(buf[:n])
		if ok && data[0] == echoReply && src == p.Dst.Addr() && dst == p.Src.Addr() && binary.BigEndian.Uint16(data[4:]) == echoID {
			return true
		}
	}
}
