//go:build linux

package awscni

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/vishvananda/netns"

	"egressplan/sim/lab"
	_ "egressplan/sim/lab/awscni/quiet" // before the plugin
)

func TestMain(m *testing.M) {
	code := m.Run()
	if probes > 0 {
		fmt.Printf("awscni: %d packets compared with what is written down\n", probes)
	}
	os.Exit(code)
}

var probes int

func needs(t *testing.T) {
	t.Helper()
	err := lab.Available()
	if err == nil {
		_, err = exec.LookPath("iptables")
	}
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatalf("CI must have this: %v", err)
	default:
		t.Skip(err)
	}
}

// origin is who sends.
type origin struct {
	name string
	ns   func(*site) netns.NsHandle
	bind string // the source that the sender binds to; "" leaves it to the kernel
}

func of(node bool, second bool) func(*site) netns.NsHandle {
	return func(x *site) netns.NsHandle {
		switch {
		case node:
			return x.node
		case second:
			return x.second
		}
		return x.first
	}
}

var origins = []origin{
	{"pod at the primary interface", of(false, false), ""},
	{"pod at a secondary interface", of(false, true), ""},
	{"hostNetwork pod", of(true, false), ""},
	{"hostNetwork pod bound to a secondary interface's address", of(true, false), secondAddr},
}

// expected is the table of the plugin's behaviour, written out again: what
// leaves the VPC's ranges and the excluded ones gets the node's primary address
// and leaves by the primary interface, unless EXTERNALSNAT; everything else
// keeps its source and leaves by its own interface. Exit "" is not written down.
func expected(s settings, from int, dst string) (src, exit string) {
	own := []struct{ src, exit string }{{podFirst, "eth0"}, {podSecond, "eth1"}, {nodeAddr, "eth0"}, {secondAddr, ""}}[from]
	if s.translates(dst) {
		if from == 3 {
			return nodeAddr, ""
		}
		return nodeAddr, "eth0"
	}
	return own.src, own.exit
}

func (s settings) translates(dst string) bool {
	a := netip.MustParseAddr(dst)
	inside := slices.ContainsFunc(s.ranges, func(r string) bool { return netip.MustParsePrefix(r).Contains(a) })
	return s.external == "false" && !inside && (s.exclude == "" || !netip.MustParsePrefix(s.exclude).Contains(a))
}

// TestSources sends a packet from every kind of pod to every kind of destination
// under every combination of settings.
func TestSources(t *testing.T) {
	needs(t)
	for _, external := range []string{"false", "true"} {
		for _, exclude := range []string{"", "172.30.0.0/16"} {
			for _, randomize := range []string{"prng", "hashrandom", "none"} {
				for _, ranges := range [][]string{{"10.0.0.0/16"}, {"10.0.0.0/16", "100.64.0.0/16"}} {
					s := settings{external, exclude, randomize, ranges}
					t.Run(s.String(), func(t *testing.T) { testSources(t, s) })
				}
			}
		}
	}
}

func testSources(t *testing.T, s settings) {
	x := build(t, s)
	kept := 0 // source ports that a translation kept
	for i, o := range origins {
		for _, dst := range []string{onPremises, excluded, inVPC, inSecondary} {
			got, port := x.send(t, o, dst, fmt.Sprintf("%d to %s", i, dst))
			src, exit := expected(s, i, dst)
			if got.src.Addr().String() != src || exit != "" && got.exit != exit {
				t.Errorf("%s to %s: seen as %s by %q, want %s by %q", o.name, dst, got.src, got.exit, src, exit)
			}
			switch same := got.src.Port() == port; {
			case !s.translates(dst) && !same, s.randomize == "none" && !same:
				t.Errorf("%s to %s: source port %d became %d", o.name, dst, port, got.src.Port())
			case s.translates(dst) && same:
				kept++
			}
			probes++
		}
	}
	if s.randomize != "none" && kept > 2 {
		t.Errorf("%d translations kept the source port, though it is random", kept)
	}
}

// send sends one datagram and waits for it at the router; again if it got lost,
// as one may on a busy machine.
func (x *site) send(t *testing.T, o origin, dst, word string) (seen, uint16) {
	t.Helper()
	for try := range 3 {
		if got, port, ok := x.sendOnce(t, o, dst, fmt.Sprintf("%s, %d", word, try)); ok {
			return got, port
		}
	}
	t.Errorf("%s to %s: nothing arrived", o.name, dst)
	return seen{}, 0
}

func (x *site) sendOnce(t *testing.T, o origin, dst, word string) (got seen, port uint16, ok bool) {
	t.Helper()
	aside(t, func() error {
		if err := netns.Set(o.ns(x)); err != nil {
			return err
		}
		var local *net.UDPAddr
		if o.bind != "" {
			local = &net.UDPAddr{IP: net.ParseIP(o.bind)}
		}
		conn, err := net.DialUDP("udp4", local, &net.UDPAddr{IP: net.ParseIP(dst), Port: 5353})
		if err != nil {
			return err
		}
		defer conn.Close()
		port = uint16(conn.LocalAddr().(*net.UDPAddr).Port)
		_, err = conn.Write([]byte(word))
		return err
	})
	got, ok = x.next(word)
	return got, port, ok
}

// TestInbound: a flow that on-premises opens to a pod is answered from the pod's
// own address by its own interface, also where the pod's own flows are
// translated.
func TestInbound(t *testing.T) {
	needs(t)
	x := build(t, settings{"false", "", "prng", []string{"10.0.0.0/16"}})
	for _, pod := range []struct {
		ns         netns.NsHandle
		addr, exit string
	}{{x.first, podFirst, "eth0"}, {x.second, podSecond, "eth1"}} {
		var server, client *net.UDPConn
		aside(t, func() (err error) {
			if err := netns.Set(pod.ns); err != nil {
				return err
			}
			server, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(pod.addr), Port: 7})
			return err
		})
		defer server.Close()
		aside(t, func() (err error) {
			if err := netns.Set(x.router); err != nil {
				return err
			}
			client, err = net.DialUDP("udp4", &net.UDPAddr{IP: net.ParseIP(onPremises)}, &net.UDPAddr{IP: net.ParseIP(pod.addr), Port: 7})
			return err
		})
		defer client.Close()
		if _, err := client.Write([]byte("question")); err != nil {
			t.Fatal(err)
		}
		_, peer, err := server.ReadFromUDP(make([]byte, 64))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := server.WriteToUDP([]byte("answer "+pod.addr), peer); err != nil {
			t.Fatal(err)
		}
		got, ok := x.next("answer " + pod.addr)
		if want := netip.MustParseAddrPort(pod.addr + ":7"); !ok || got.src != want || got.exit != pod.exit {
			t.Errorf("answered by %v by %q, want %v by %q", got.src, got.exit, want, pod.exit)
		}
		probes++
	}
}
