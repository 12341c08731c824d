//go:build linux

package lab

import (
	"net/netip"
	"testing"
	"time"

	"egressplan/sim"
)

func TestSmoke(t *testing.T) {
	pf := netip.MustParsePrefix
	n := &sim.Network{Nodes: []sim.Node{
		{Name: "c", Routes: []sim.Route{{Dst: pf("10.0.0.0/8"), Next: []sim.NodeID{1}}}},
		{Name: "n", Routes: []sim.Route{{Dst: pf("10.1.0.0/16"), Next: []sim.NodeID{2}, Tunnel: true}, {Dst: pf("10.0.0.0/16"), Next: []sim.NodeID{0}}},
			NAT: []sim.NAT{{To: []netip.Addr{netip.MustParseAddr("10.9.0.1")}, PortFrom: 1024, PortTo: 2000}}},
		{Name: "s", Owns: []netip.Prefix{pf("10.1.0.0/16")}, Routes: []sim.Route{{Dst: pf("0.0.0.0/0"), Next: []sim.NodeID{1}, Tunnel: true}}},
	}}
	for _, proto := range []sim.Protocol{sim.TCP, sim.UDP, sim.ICMP} {
		w := Walk{Packet: sim.Packet{Protocol: proto, Src: netip.MustParseAddrPort("10.0.0.5:4000"), Dst: netip.MustParseAddrPort("10.1.0.7:80")}}
		t0 := time.Now()
		l, err := Build(n, w)
		if err != nil {
			t.Fatal(err)
		}
		t1 := time.Now()
		r, err := l.Run(time.Second)
		t2 := time.Now()
		t.Logf("%+v %v", r, err)
		err = l.Close()
		t.Log(err, t1.Sub(t0), t2.Sub(t1), time.Since(t2))
	}
}
