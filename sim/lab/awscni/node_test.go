//go:build linux

package awscni

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"testing"

	"github.com/aws/amazon-vpc-cni-k8s/cmd/routed-eni-cni-plugin/driver"
	"github.com/aws/amazon-vpc-cni-k8s/pkg/networkutils"
	"github.com/aws/amazon-vpc-cni-k8s/pkg/utils/logger"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// The node: its primary interface eth0 in 10.0.1.0/24, a secondary one, eth1, in
// 10.0.2.0/24, and a pod at each.
const (
	nodeAddr   = "10.0.1.5"
	secondAddr = "10.0.2.5"
	podFirst   = "10.0.1.20"
	podSecond  = "10.0.2.20"
)

// The destinations, all of them addresses of the router around the node.
const (
	inVPC       = "10.0.9.9"
	inSecondary = "100.64.9.9" // in a secondary range of the VPC, if it has that
	onPremises  = "192.168.10.20"
	excluded    = "172.30.0.20" // on-premises, in EXCLUDE_SNAT_CIDRS if that is set
)

// settings are what the plugin reads from its environment, and the VPC's ranges.
type settings struct {
	external  string
	exclude   string
	randomize string
	ranges    []string
}

func (s settings) String() string {
	return fmt.Sprintf("EXTERNALSNAT=%s EXCLUDE_SNAT_CIDRS=%s RANDOMIZESNAT=%s ranges %v", s.external, s.exclude, s.randomize, s.ranges)
}

// site is a node, its pods and the router around them, each a namespace.
type site struct {
	node, router, first, second netns.NsHandle
	exits                       map[int]string // the node's interface by the router's at its other end
	sniff                       int
}

// build sets up everything from a thread that is in no namespace it needs again.
func build(t *testing.T, s settings) *site {
	t.Helper()
	t.Setenv("AWS_VPC_K8S_CNI_EXTERNALSNAT", s.external)
	t.Setenv("AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS", s.exclude)
	t.Setenv("AWS_VPC_K8S_CNI_RANDOMIZESNAT", s.randomize)
	x := &site{exits: map[int]string{}, sniff: -1}
	t.Cleanup(x.close)
	aside(t, func() error {
		for _, ns := range []*netns.NsHandle{&x.router, &x.node, &x.first, &x.second} {
			var err error
			if *ns, err = netns.New(); err != nil {
				return err
			}
			for _, name := range []string{"ip_forward", "conf/all/forwarding"} {
				if err := os.WriteFile("/proc/sys/net/ipv4/"+name, []byte("1"), 0); err != nil {
					return err
				}
			}
			if err := os.WriteFile("/proc/sys/net/ipv4/conf/all/rp_filter", []byte("0"), 0); err != nil {
				return err
			}
			if err := up("lo"); err != nil {
				return err
			}
		}
		return x.wire(s)
	})
	return x
}

func (x *site) close() {
	closeSniffer(x.sniff)
	for _, ns := range []netns.NsHandle{x.node, x.router, x.first, x.second} {
		if ns.IsOpen() {
			_ = ns.Close()
		}
	}
}

// aside runs fn on a thread that ends with it, whatever namespace it is in then.
func aside(t *testing.T, fn func() error) {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		done <- fn()
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func up(name string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(link)
}

func address(name, cidr string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	a, err := netlink.ParseAddr(cidr)
	if err != nil {
		return err
	}
	return netlink.AddrAdd(link, a)
}

func route(dst, gw string) error {
	_, to, err := net.ParseCIDR(dst)
	if err != nil {
		return err
	}
	return netlink.RouteAdd(&netlink.Route{Dst: to, Gw: net.ParseIP(gw)})
}

// wire connects node and router, lets the plugin set up the node and the pods,
// and gives the router the routes that the VPC has.
func (x *site) wire(s settings) error {
	if err := netns.Set(x.router); err != nil {
		return err
	}
	macs := []string{"02:00:00:00:01:05", "02:00:00:00:02:05"}
	for i, mac := range macs {
		hw, _ := net.ParseMAC(mac)
		name := fmt.Sprintf("to-eth%d", i)
		err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: name, TxQLen: -1},
			PeerName: fmt.Sprintf("eth%d", i), PeerHardwareAddr: hw, PeerNamespace: netlink.NsFd(x.node)})
		if err != nil {
			return err
		}
		if err := address(name, fmt.Sprintf("10.0.%d.1/24", i+1)); err != nil {
			return err
		}
		if err := up(name); err != nil {
			return err
		}
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		x.exits[link.Attrs().Index] = fmt.Sprintf("eth%d", i)
	}
	for _, a := range []string{inVPC, inSecondary, onPremises, excluded} {
		if err := address("lo", a+"/32"); err != nil {
			return err
		}
	}
	if err := x.plug(s, macs); err != nil {
		return err
	}
	if err := netns.Set(x.router); err != nil {
		return err
	}
	for dst, gw := range map[string]string{podFirst + "/32": nodeAddr, podSecond + "/32": secondAddr} {
		if err := route(dst, gw); err != nil {
			return err
		}
	}
	var err error
	x.sniff, err = openSniffer()
	return err
}

// plug is the plugin's part, in the order in which its daemon and its binary do
// it on a node.
func (x *site) plug(s settings, macs []string) error {
	if err := netns.Set(x.node); err != nil {
		return err
	}
	if err := address("eth0", nodeAddr+"/24"); err != nil {
		return err
	}
	if err := up("eth0"); err != nil {
		return err
	}
	if err := route("0.0.0.0/0", "10.0.1.1"); err != nil {
		return err
	}
	api, err := networkutils.New()
	if err != nil {
		return err
	}
	primary := net.ParseIP(nodeAddr)
	if err := api.SetupHostNetwork(s.ranges, macs[0], &primary, false, false); err != nil {
		return fmt.Errorf("SetupHostNetwork: %w", err)
	}
	table := networkutils.CalculateRouteTableId(1, 0)
	if err := api.SetupENINetwork(secondAddr, macs[1], 0, "10.0.2.0/24", 4, false, table, false); err != nil {
		return fmt.Errorf("SetupENINetwork: %w", err)
	}
	for _, pod := range []struct {
		ns    netns.NsHandle
		addr  string
		table int
	}{{x.first, podFirst, 0}, {x.second, podSecond, table}} {
		meta := []driver.VirtualInterfaceMetadata{{
			IPAddress:  &net.IPNet{IP: net.ParseIP(pod.addr).To4(), Mask: net.CIDRMask(32, 32)},
			RouteTable: pod.table, HostVethName: "eni" + fmt.Sprint(int(pod.ns)), ContainerVethName: "eth0",
		}}
		path := fmt.Sprintf("/proc/self/fd/%d", int(pod.ns))
		if err := driver.New().SetupPodNetwork(meta, path, 9001, logger.Get()); err != nil {
			return fmt.Errorf("SetupPodNetwork %s: %w", pod.addr, err)
		}
	}
	return nil
}
