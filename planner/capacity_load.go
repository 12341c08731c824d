package planner

import (
	"cmp"
	"math/big"
	"net/netip"
	"slices"
	"strconv"

	"egressplan/planner/inventory"
)

// figure is one of the two that a flow may give of its connections.
type figure int

const (
	atOnce    figure = iota // peakConnections: open at one time
	perSecond               // connectionsPerSecond: opened in a second
)

// of is a flow's figure; known is false where it is not given.
func (x figure) of(f appFlow) (n int64, known bool) {
	v := f.flow.PeakConnections
	if x == perSecond {
		v = f.flow.ConnectionsPerSecond
	}
	return int64(v.V), v.Set
}

// bucket is one address, port and protocol of a destination, which each source
// address has its ports for once, and the flows whose connections may go there.
type bucket struct {
	protocol string
	block    netip.Prefix // any one address of it
	port     uint16
	flows    []appFlow
}

// String is the bucket as it is shown: "10.1.4.4/32 tcp/1521".
func (b bucket) String() string {
	port := strconv.Itoa(int(b.port))
	if b.port == 0 {
		port = "*"
	}
	return b.block.String() + " " + b.protocol + "/" + port
}

// span is a flow's way into a bucket: its ports in a block.
type span struct {
	from, to uint16
	flow     int
}

// blockOf is a block under a protocol.
type blockOf struct {
	block    netip.Prefix
	protocol string
}

// buckets are the endpoints of some flows, each with all flows that may use it.
// Blocks and port ranges may overlap: the fullest address lies in a narrowest
// block, its fullest port is the first of some range of a block around it. ICMP
// has no ports.
func (w *work) buckets(flows []appFlow) []bucket {
	spans := map[blockOf][]span{}
	for i, f := range flows {
		for _, r := range f.ports() {
			if r.Protocol == "icmp" {
				continue
			}
			protocol := r.Protocol
			if protocol == "any" {
				protocol = "tcp"
			}
			for _, c := range w.cutBlocks(f.to) {
				k := blockOf{c.Masked(), protocol}
				spans[k] = append(spans[k], span{r.From, r.To, i})
			}
		}
	}
	var list []bucket
	for k, own := range spans {
		for _, port := range firstPorts(spans, k, own) {
			b := bucket{protocol: k.protocol, block: k.block, port: port}
			for _, i := range meeting(spans, k, port) {
				b.flows = append(b.flows, flows[i])
			}
			list = append(list, b)
		}
	}
	slices.SortFunc(list, func(a, b bucket) int {
		return cmp.Or(a.block.Addr().Compare(b.block.Addr()), cmp.Compare(a.block.Bits(), b.block.Bits()),
			cmp.Compare(a.protocol, b.protocol), cmp.Compare(a.port, b.port))
	})
	return list
}

// firstPorts are the ports of a block's own ranges at which some range begins,
// of its own or of a block around it.
func firstPorts(spans map[blockOf][]span, at blockOf, own []span) []uint16 {
	var list []uint16
	around(spans, at, func(s span) { list = append(list, s.from) })
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(port uint16) bool {
		return !slices.ContainsFunc(own, func(o span) bool { return o.from <= port && port <= o.to })
	})
}

// around visits the ranges of a block and of those around it.
func around(spans map[blockOf][]span, at blockOf, visit func(span)) {
	for bits := at.block.Bits(); bits >= 0; bits-- {
		wider, _ := at.block.Addr().Prefix(bits)
		for _, s := range spans[blockOf{wider, at.protocol}] {
			visit(s)
		}
	}
}

// meeting are the flows with a block around this one and ports around this one,
// in order.
func meeting(spans map[blockOf][]span, at blockOf, port uint16) []int {
	var list []int
	around(spans, at, func(s span) {
		if s.from <= port && port <= s.to {
			list = append(list, s.flow)
		}
	})
	slices.Sort(list)
	return slices.Compact(list)
}

// endpoints is how many addresses and ports a flow may spread over.
func (w *work) endpoints(f appFlow) uint64 {
	var addresses, ports uint64
	for _, c := range w.cutBlocks(f.to) {
		addresses += 1 << (32 - c.Bits())
	}
	for _, r := range f.ports() {
		ports += uint64(r.To-r.From) + 1
	}
	return max(1, addresses) * max(1, ports)
}

// podLoad is what the pods of one app bring to a bucket, all of them together.
type podLoad struct {
	app   *inventory.App
	pods  int64 // at their most
	value *big.Rat
}

// loads are the figures of a bucket's flows, by app, and how many flows do not
// say theirs. Evenly spreads each over all addresses and ports of its flow, else
// all go to this one.
func (w *work) loads(b bucket, x figure, evenly bool) (list []podLoad, unknown int) {
	for _, f := range b.flows {
		n, known := x.of(f)
		if !known {
			unknown++
			continue
		}
		v := new(big.Rat).SetInt64(n)
		if evenly {
			v.Quo(v, new(big.Rat).SetFrac(new(big.Int).SetUint64(w.endpoints(f)), big.NewInt(1)))
		}
		if last := len(list) - 1; last >= 0 && list[last].app == f.app {
			list[last].value.Add(list[last].value, v)
			continue
		}
		list = append(list, podLoad{f.app, int64(max(1, f.app.Pods.Max.V)), v})
	}
	return list, unknown
}

// spread is how much of some loads comes to one address.
type spread func([]podLoad) *big.Rat

// byPods brings the connections of so many of an app's pods, spread over the
// addresses.
func byPods(of func(pods int64) int64, addresses int64) spread {
	return func(list []podLoad) *big.Rat {
		sum := new(big.Rat)
		for _, l := range list {
			sum.Add(sum, new(big.Rat).Mul(l.value, big.NewRat(of(l.pods), l.pods*addresses)))
		}
		return sum
	}
}

// byConnections brings part of so many equal parts of all connections,
// whichever pod they are of.
func byConnections(part, whole int64) spread {
	return func(list []podLoad) *big.Rat {
		sum := new(big.Rat)
		for _, l := range list {
			sum.Add(sum, l.value)
		}
		return sum.Mul(sum, big.NewRat(part, whole))
	}
}

// inZones is how many pods run in some of the zones: spread evenly, the fuller
// zones first.
func inZones(some, zones int64) func(int64) int64 {
	return func(pods int64) int64 { return min(pods, some*ceilDiv(pods, zones)) }
}

// busiestNode brings the connections of the fullest node that a zone can have:
// packed with the pods that open most, as far as the node's CPU, memory and pod
// slots go.
func (w *work) busiestNode(zones int64) spread {
	shape := w.nodeShape()
	return func(list []podLoad) *big.Rat {
		order := slices.Clone(list)
		each := func(l podLoad) *big.Rat { return new(big.Rat).Quo(l.value, new(big.Rat).SetInt64(l.pods)) }
		slices.SortStableFunc(order, func(a, b podLoad) int { return each(b).Cmp(each(a)) })
		cpu, memory, slots := int64(shape.CPU), int64(shape.Memory), int64(shape.Pods)
		sum := new(big.Rat)
		for _, l := range order {
			if l.app.Compute.V == inventory.ComputeFargate {
				continue
			}
			n := min(ceilDiv(l.pods, zones), slots)
			if c := int64(l.app.Requests.CPU.V); c > 0 {
				n = min(n, cpu/c)
			}
			if m := int64(l.app.Requests.Memory.V); m > 0 {
				n = min(n, memory/m)
			}
			n = max(n, 0)
			cpu, memory, slots = cpu-n*int64(l.app.Requests.CPU.V), memory-n*int64(l.app.Requests.Memory.V), slots-n
			sum.Add(sum, new(big.Rat).Mul(each(l), new(big.Rat).SetInt64(n)))
		}
		return sum
	}
}

func ceilDiv(a, b int64) int64 { return (a + b - 1) / b }

// whole rounds up: there is no part of a connection.
func whole(r *big.Rat) int64 {
	n, rest := new(big.Int).DivMod(r.Num(), r.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		n.Add(n, big.NewInt(1))
	}
	return n.Int64()
}
