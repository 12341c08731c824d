//go:build linux

package lab

import (
	"fmt"
	"os"
	"runtime"

	"github.com/vishvananda/netns"
)

// aside runs fn on an operating system thread whose network namespace fn may
// change. A thread that does not find home again dies, it is never reused.
func aside(fn func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		home, err := netns.Get()
		if err != nil {
			runtime.UnlockOSThread()
			done <- fmt.Errorf("this thread's network namespace: %w", err)
			return
		}
		err = fn()
		if netns.Set(home) == nil {
			runtime.UnlockOSThread()
		}
		_ = home.Close()
		done <- err
	}()
	return <-done
}

// within runs fn in the namespace, see aside.
func within(ns netns.NsHandle, fn func() error) error {
	return aside(func() error {
		if err := netns.Set(ns); err != nil {
			return fmt.Errorf("enter a namespace: %w", err)
		}
		return fn()
	})
}

// setting is a kernel parameter below /proc/sys/net.
type setting struct{ name, value string }

// nodeSettings make a router that asks nothing about the packets it forwards:
// whether their source makes sense is the network's business.
var nodeSettings = []setting{
	{"ipv6/conf/all/disable_ipv6", "1"},
	{"ipv6/conf/default/disable_ipv6", "1"},
	{"ipv4/ip_forward", "1"},
	{"ipv4/conf/all/rp_filter", "0"},
	{"ipv4/conf/default/rp_filter", "0"},
	{"ipv4/conf/all/send_redirects", "0"},
	{"ipv4/conf/default/send_redirects", "0"},
	{"ipv4/conf/all/accept_redirects", "0"},
	{"ipv4/conf/default/accept_redirects", "0"},
	{"ipv4/conf/all/accept_local", "1"},
}

// benchSettings make a host that answers nothing by itself. The number of hops
// a packet may take is the walker's.
var benchSettings = []setting{
	{"ipv6/conf/all/disable_ipv6", "1"},
	{"ipv6/conf/default/disable_ipv6", "1"},
	{"ipv4/ip_forward", "0"},
	{"ipv4/conf/all/rp_filter", "0"},
	{"ipv4/conf/default/rp_filter", "0"},
	{"ipv4/conf/all/accept_local", "1"},
	{"ipv4/icmp_echo_ignore_all", "1"},
	{"ipv4/ip_default_ttl", "63"},
}

// spawn makes a namespace and leaves the calling thread, which must be aside, in
// it.
func spawn(settings []setting) (netns.NsHandle, error) {
	ns, err := netns.New()
	if err != nil {
		return netns.None(), fmt.Errorf("a new network namespace: %w", err)
	}
	for _, s := range settings {
		if err := os.WriteFile("/proc/sys/net/"+s.name, []byte(s.value), 0); err != nil && !os.IsNotExist(err) {
			_ = ns.Close()
			return netns.None(), err
		}
	}
	return ns, nil
}
