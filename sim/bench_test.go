package sim

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/gaissmai/bart"
)

// longPath is a path of eleven nodes with twelve routes each: a pod on a node
// that translates, a translating gateway in a subnet of its own, a link, a
// firewall and a server.
func longPath() (*Network, Packet) {
	const names = "pod host eni subnet-out nat-subnet-in nat nat-subnet-out router link firewall server"
	n := &Network{}
	for i := range 11 {
		node := Node{Name: fmt.Sprintf("%d of %s", i, names)}
		for k := range 10 {
			node.Routes = append(node.Routes, Route{Dst: pfx(fmt.Sprintf("10.%d.%d.0/24", 100+k, i)), Next: to(0)})
		}
		node.Routes = append(node.Routes, Route{Dst: pfx("10.1.0.0/16"), Next: to(NodeID(min(i+1, 10)))}, Route{Dst: pfx("0.0.0.0/0"), Next: to(NodeID(max(i-1, 0)))})
		n.Nodes = append(n.Nodes, node)
	}
	all := &Filter{Rules: []Rule{{Match: Match{Protocol: TCP, Dst: pfx("10.2.0.0/16")}}, {Match: Match{Protocol: TCP}, Allow: true}}}
	n.Nodes[0].Owns = []netip.Prefix{pfx("100.64.0.10/32")}
	n.Nodes[1].NAT = []NAT{{Match: Match{Dst: pfx("100.64.0.0/16")}}, {To: ips("100.64.0.4"), PortFrom: 1024, PortTo: 65535}}
	n.Nodes[2].Egress = &Filter{Stateful: true, Rules: all.Rules}
	n.Nodes[3].Ingress, n.Nodes[4].Ingress, n.Nodes[6].Ingress = all, all, all
	n.Nodes[5].NAT = []NAT{{To: ips("10.20.80.5", "10.20.80.6"), PortFrom: 1024, PortTo: 65535}}
	n.Nodes[5].Owns = []netip.Prefix{pfx("10.20.80.5/32"), pfx("10.20.80.6/32")}
	n.Nodes[9].Ingress = &Filter{Stateful: true, Rules: []Rule{{Match: Match{Protocol: TCP, Src: pfx("10.20.80.0/28"), Dst: pfx("10.1.0.0/16"), PortFrom: 1521, PortTo: 1521}, Allow: true}}}
	n.Nodes[10].Owns = []netip.Prefix{pfx("10.1.0.0/16")}
	return n, tcp("100.64.0.10:40000", "10.1.4.1:1521")
}

func BenchmarkWalkVerdict(b *testing.B) {
	n, p := longPath()
	w := NewWalker(n)
	b.ReportAllocs()
	for b.Loop() {
		if r := w.Forward(0, p, 0); r.Verdict != Delivered {
			b.Fatal(r)
		}
	}
}

func BenchmarkWalkReply(b *testing.B) {
	n, p := longPath()
	w := NewWalker(n)
	w.Forward(0, p, 0)
	b.ReportAllocs()
	for b.Loop() {
		if r := w.Reply(); r.Verdict != Delivered {
			b.Fatal(r)
		}
	}
}

func BenchmarkWalkTrace(b *testing.B) {
	n, p := longPath()
	w := NewWalker(n)
	b.ReportAllocs()
	for b.Loop() {
		if r, hops := w.Trace(0, p, 0); r.Verdict != Delivered || len(hops) != 11 {
			b.Fatal(r)
		}
	}
}

// BenchmarkNewWalker is the price of a fault: a walker and its first walk.
func BenchmarkNewWalker(b *testing.B) {
	n, p := longPath()
	b.ReportAllocs()
	for b.Loop() {
		NewWalker(n).Forward(0, p, 0)
	}
}

// BenchmarkLongestPrefix compares the route table with trying all prefixes and
// with bart's table.
func BenchmarkLongestPrefix(b *testing.B) {
	for _, size := range []int{10, 100, 1000} {
		routes := make([]Route, size)
		var trie bart.Table[int]
		for i := range routes {
			routes[i] = Route{Dst: pfx(fmt.Sprintf("10.%d.%d.0/%d", i/256, i%256, 24+i%5)), Next: to(0), Ref: Ref(i)}
			trie.Insert(routes[i].Dst, i)
		}
		own := newRouteTable(routes)
		addr := routes[size/2].Dst.Addr()
		t := tuple{dst: number(addr)}
		b.Run(fmt.Sprintf("linear/%d", size), func(b *testing.B) {
			for b.Loop() {
				if longest(routes, addr) != size/2 {
					b.Fatal("wrong")
				}
			}
		})
		b.Run(fmt.Sprintf("bart/%d", size), func(b *testing.B) {
			for b.Loop() {
				if i, _ := trie.Lookup(addr); i != size/2 {
					b.Fatal("wrong")
				}
			}
		})
		b.Run(fmt.Sprintf("own/%d", size), func(b *testing.B) {
			for b.Loop() {
				if own.best(&t, true).ref != Ref(size/2) {
					b.Fatal("wrong")
				}
			}
		})
	}
}

func longest(routes []Route, a netip.Addr) int {
	best := -1
	for i := range routes {
		if routes[i].Dst.Contains(a) && (best < 0 || routes[i].Dst.Bits() > routes[best].Dst.Bits()) {
			best = i
		}
	}
	return best
}

// BenchmarkFilter is a firewall with one entry for each of many sources.
func BenchmarkFilter(b *testing.B) {
	for _, size := range []int{10, 100, 10000} {
		f := &Filter{}
		for i := range size {
			src := netip.AddrFrom4([4]byte{10, 20, byte(i / 256), byte(i)})
			f.Rules = append(f.Rules, Rule{Allow: true, Match: Match{Protocol: TCP, Src: netip.PrefixFrom(src, 32), Dst: pfx("10.1.0.0/16"), PortFrom: 1521, PortTo: 1521}})
		}
		c := NewWalker(&Network{}).filter(f)
		last := f.Rules[size-1].Match.Src.Addr()
		t := tuple{protocol: TCP, src: number(last), dst: number(ip("10.1.4.1")), dstPort: 1521}
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			for b.Loop() {
				if ok, _ := c.allows(&t); !ok {
					b.Fatal("refused")
				}
			}
		})
	}
}
