package sim

import (
	"net/netip"
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	six := pfx("2001:db8::/32")
	tests := []struct {
		name string
		node Node
		want string // "" for a valid one
	}{
		{"empty", Node{}, ""},
		{"translation without an address to give", Node{NAT: []NAT{{To: []netip.Addr{{}}}}}, ""},
		{"translation that leaves it", Node{NAT: []NAT{{Match: Match{Dst: pfx(serverNet)}}}}, ""},
		{"dangling next", Node{Routes: []Route{via("0.0.0.0/0", 0, 5)}}, "route 0: next 5 is not a node"},
		{"no next", Node{Routes: []Route{via("0.0.0.0/0", None)}}, "route 0: next -1 is not a node"},
		{"route without destination", Node{Routes: []Route{{Next: to(0)}}}, "route 0: invalid Prefix is not an IPv4 prefix"},
		{"IPv6 route", Node{Routes: []Route{{Dst: six}}}, "route 0: 2001:db8::/32 is not"},
		{"IPv6 source", Node{Routes: []Route{{Dst: pfx(serverNet), Src: six}}}, "route 0: 2001:db8::/32 is not"},
		{"IPv6 owner", Node{Owns: []netip.Prefix{six}}, "owned block 0"},
		{"impossible length", Node{Owns: []netip.Prefix{netip.PrefixFrom(ip("10.0.0.0"), 33)}}, "owned block 0"},
		{"impossible length in a rule", Node{Ingress: only(Rule{Match: Match{Src: netip.PrefixFrom(ip("10.0.0.0"), 33)}})}, "ingress rule 0"},
		{"ports reversed", Node{Egress: only(Rule{}, Rule{Match: Match{PortFrom: 2, PortTo: 1}})}, "egress rule 1: ports 2 to 1"},
		{"pool without address", Node{NAT: []NAT{{PortFrom: 1024, PortTo: 65535}}}, "translation 0: ports to give but no address"},
		{"pool reversed", Node{NAT: []NAT{{To: ips("10.0.0.1"), PortFrom: 9}}}, "translation 0: ports 9 to 0"},
		{"IPv6 translation", Node{NAT: []NAT{{To: ips("2001:db8::1")}}}, "translation 0: 2001:db8::1"},
		{"IPv6 proxy", Node{Proxy: &Proxy{Forwards: []Forward{{From: ip("2001:db8::1")}}}}, "proxy forward 0: from 2001:db8::1"},
		{"more nodes than addresses", Node{Proxy: &Proxy{Forwards: []Forward{{Via: to(0)}}}}, "proxy forward 0: 1 nodes behind 0 addresses"},
		{"watched node that is not there", Node{Proxy: &Proxy{Forwards: []Forward{{To: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:1")}, Via: to(9)}}}}, "proxy forward 0: via 9 is not a node"},
		{"proxy to nowhere", Node{Proxy: &Proxy{Forwards: []Forward{{From: ip("10.0.0.1"), To: []netip.AddrPort{{}}}}}}, "proxy forward 0: to"},
		{"authorisation", Node{Proxy: &Proxy{Authorize: only(Rule{Match: Match{Src: six}})}}, "authorisation 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.node.Name = "it"
			err := Validate(&Network{Nodes: []Node{tt.node}})
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), `node 0 ("it"): `+tt.want)):
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// TestValidateTellsAll: one run is enough to see every mistake.
func TestValidateTellsAll(t *testing.T) {
	bad := Node{Routes: []Route{via("0.0.0.0/0", 9), via("0.0.0.0/0", 8)}}
	err := Validate(&Network{Nodes: []Node{bad, bad}})
	if err == nil || strings.Count(err.Error(), "is not a node") != 4 {
		t.Errorf("got %v", err)
	}
}
