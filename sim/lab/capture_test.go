//go:build linux

package lab

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// The pod, and beyond its node the destination, one that is excluded from
// capture, and the gateway.
const (
	capturedPod  = "10.9.0.2"
	capturedNode = "10.9.0.1"
	destination  = "192.0.2.10"
	spared       = "198.51.100.20"
	gatewayAddr  = "203.0.113.9"
	sidecarPort  = 15001
	sidecarUser  = 1337
)

// TestSidecarCapture redirects a pod's own connections to a sidecar by the rules
// that Istio writes (traffic capture: proxy's user, excluded ranges, then TCP to
// port 15001), in a real namespace: what the sidecar's user, excluded ranges and
// UDP are must pass by it, everything else must go to the gateway.
func TestSidecarCapture(t *testing.T) {
	needLab(t)
	pod, beyond := capturedPair(t)
	seen := make(chan string, 16)
	inside(t, beyond, func() error { return listenBeyond(t, seen) })
	inside(t, pod, func() error { return capture() })
	runSidecar(t, pod)
	for _, c := range []struct {
		name, network, to string
		user              int
		want              string
	}{
		{"a connection of the app", "tcp4", destination + ":5432", 0, "tcp4 gateway"},
		{"a connection of a process that runs as the sidecar's user", "tcp4", destination + ":5432", sidecarUser, "tcp4 destination"},
		{"a connection to an excluded range", "tcp4", spared + ":5432", 0, "tcp4 spared"},
		{"a datagram of the app", "udp4", destination + ":5432", 0, "udp4 destination"},
	} {
		sendAs(t, pod, c.user, c.network, c.to)
		select {
		case got := <-seen:
			if got != c.want {
				t.Errorf("%s came as %q, want %q", c.name, got, c.want)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%s did not come", c.name)
		}
	}
}

// inside is within, for a test.
func inside(t *testing.T, ns netns.NsHandle, fn func() error) {
	t.Helper()
	if err := within(ns, fn); err != nil {
		t.Fatal(err)
	}
}

// capturedPair is a pod's namespace and everything beyond it.
func capturedPair(t *testing.T) (pod, beyond netns.NsHandle) {
	t.Helper()
	err := aside(func() (err error) {
		if pod, err = spawn(nodeSettings); err != nil {
			return err
		}
		if beyond, err = spawn(nodeSettings); err != nil {
			return err
		}
		wire := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "eth0", Namespace: netlink.NsFd(pod)}, PeerName: "pod", PeerNamespace: netlink.NsFd(beyond)}
		return netlink.LinkAdd(wire)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pod.Close(); beyond.Close() })
	inside(t, pod, func() error { return configure("eth0", "lo", capturedPod+"/30", capturedNode) })
	inside(t, beyond, func() error {
		return configure("pod", "lo", capturedNode+"/30", "", destination+"/32", spared+"/32", gatewayAddr+"/32")
	})
	return pod, beyond
}

// configure puts up two interfaces, the first with an address, the second with
// further ones, and a default route.
func configure(name, second, addr, via string, more ...string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	lo, err := netlink.LinkByName(second)
	if err != nil {
		return err
	}
	for _, l := range []netlink.Link{link, lo} {
		if err := netlink.LinkSetUp(l); err != nil {
			return err
		}
	}
	for i, a := range append([]string{addr}, more...) {
		to, err := netlink.ParseAddr(a)
		if err != nil {
			return err
		}
		if err := netlink.AddrAdd([]netlink.Link{link, lo}[min(i, 1)], to); err != nil {
			return err
		}
	}
	if via == "" {
		return nil
	}
	return netlink.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Gw: net.ParseIP(via)})
}

// capture writes the rules: first match decides.
func capture() error {
	conn, err := nftables.New()
	if err != nil {
		return err
	}
	table := conn.AddTable(&nftables.Table{Family: nftables.TableFamilyIPv4, Name: "sidecar"})
	chain := conn.AddChain(&nftables.Chain{Name: "output", Table: table, Type: nftables.ChainTypeNAT, Hooknum: nftables.ChainHookOutput, Priority: nftables.ChainPriorityNATDest})
	add := func(e ...expr.Any) { conn.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: e}) }
	leave := &expr.Verdict{Kind: expr.VerdictReturn}
	add(&expr.Meta{Key: expr.MetaKeySKUID, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: binaryutil.NativeEndian.PutUint32(sidecarUser)}, leave)
	excluded := netip.MustParseAddr(spared).As4()
	add(&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: 16, Len: 4},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: excluded[:]}, leave)
	add(&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1}, &expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{unix.IPPROTO_TCP}},
		&expr.Immediate{Register: 1, Data: binary.BigEndian.AppendUint16(nil, sidecarPort)}, &expr.Redir{RegisterProtoMin: 1})
	return conn.Flush()
}

// asUser runs fn in a namespace as a user, on a thread that dies with it.
func asUser(ns netns.NsHandle, user int, fn func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := netns.Set(ns); err != nil {
			done <- err
			return
		}
		if user != 0 { // of this thread only, which syscall.Setuid is not
			if _, _, e := syscall.RawSyscall(syscall.SYS_SETRESUID, ^uintptr(0), uintptr(user), ^uintptr(0)); e != 0 {
				done <- e
				return
			}
		}
		done <- fn()
	}()
	return <-done
}

// runSidecar listens where the rules lead, and opens a connection of its own to the
// gateway for each it gets, as its own user.
func runSidecar(t *testing.T, pod netns.NsHandle) {
	t.Helper()
	var listener net.Listener
	inside(t, pod, func() (err error) {
		listener, err = net.Listen("tcp4", fmt.Sprintf("0.0.0.0:%d", sidecarPort))
		return err
	})
	var all sync.WaitGroup
	t.Cleanup(func() { listener.Close(); all.Wait() })
	all.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			_ = asUser(pod, sidecarUser, func() error {
				up, err := net.DialTimeout("tcp4", gatewayAddr+":20000", 3*time.Second)
				if err == nil {
					up.Close()
				}
				return err
			})
			client.Close()
		}
	})
}

// sendAs opens a connection, or sends a datagram, from the pod as a user.
func sendAs(t *testing.T, pod netns.NsHandle, user int, network, to string) {
	t.Helper()
	err := asUser(pod, user, func() error {
		c, err := net.DialTimeout(network, to, 3*time.Second)
		if err != nil {
			return err
		}
		_, err = io.WriteString(c, "question")
		c.Close()
		return err
	})
	if err != nil {
		t.Errorf("%s to %s as user %d: %v", network, to, user, err)
	}
}

// listenBeyond says what comes to the gateway and to both destinations.
func listenBeyond(t *testing.T, seen chan<- string) error {
	for _, at := range []struct{ name, addr string }{{"gateway", gatewayAddr + ":20000"}, {"destination", destination + ":5432"}, {"spared", spared + ":5432"}} {
		l, err := net.Listen("tcp4", at.addr)
		if err != nil {
			return err
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				seen <- "tcp4 " + at.name
				c.Close()
			}
		}()
		u, err := net.ListenPacket("udp4", at.addr)
		if err != nil {
			return err
		}
		t.Cleanup(func() { u.Close() })
		go func() {
			buf := make([]byte, 64)
			for {
				if _, _, err := u.ReadFrom(buf); err != nil {
					return
				}
				seen <- "udp4 " + at.name
			}
		}()
	}
	return nil
}
