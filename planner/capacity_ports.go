package planner

import (
	"net/netip"
	"slices"

	"github.com/shopspring/decimal"

	"egressplan/cidr"
	"egressplan/planner/inventory"
)

// portLimit is what one source address holds towards one destination address,
// port and protocol: ports at one time, and new connections a second where
// closed ones keep their port for a while (0: no figure).
type portLimit struct {
	ports, rate int64
	tight       int64 // percent of it from which new connections begin to fail
	source      string
}

// The limits, with what they come from.
var (
	// A NAT gateway holds 55,000 connections on each address towards each unique
	// destination. Of new connections an older edition of the page says about
	// 900 a second, which is 55,000 a minute.
	natPorts = portLimit{ports: 55_000, rate: 900, tight: 100, source: "Amazon VPC User Guide, NAT gateway basics"}
	// A node's translation picks from 1024-65535 whatever ip_local_port_range
	// says: 64,512 ports, which all pods of the node share.
	nodePorts = portLimit{ports: natPortTo - natPortFrom + 1, tight: 100, source: "Amazon VPC CNI README, AWS_VPC_K8S_CNI_RANDOMIZESNAT"}
	// Cilium takes 32768-65535: 32,768 ports. A closed TCP connection keeps its
	// port for 10 s (ct-timeout tcp-fin): 3,276 new connections a second.
	ciliumPorts = portLimit{ports: natPortTo - ciliumPortFrom + 1, rate: (natPortTo - ciliumPortFrom + 1) / 10, tight: ciliumTightPercent,
		source: "Cilium documentation, Egress Gateway and its troubleshooting; Masquerading"}
	// Envoy opens connections of its own from Linux's default range
	// 32768-60999: 28,232 ports. A closed one waits 60 s: 470 a second.
	envoyPorts = portLimit{ports: 60_999 - 32_768 + 1, rate: (60_999 - 32_768 + 1) / 60, tight: 100,
		source: "Linux kernel documentation, ip_local_port_range; TIME_WAIT of 60 s"}
)

// ciliumTightPercent is the share of an egress IP's ports from which Cilium's
// translation is said to be tight. It tries a random port and then its
// neighbours, 32 in all, and drops the packet if all are taken. With a share u
// of the ports taken at random that is u^32 of the new connections: one in a
// million at 65 %, one in nine thousand at 75 %, one in thirty at 90 %. Ports
// that were found by trying neighbours lie in runs, which makes it worse than
// random, so the warning stands where random is still harmless.
const ciliumTightPercent = 65

// maxNATAddresses is how many private addresses a NAT gateway may have: one
// primary and seven secondary ones (Amazon VPC User Guide, NAT gateway basics).
const maxNATAddresses = 8

// maxGatewayReplicas is how many replicas in a zone a policy may ask for.
const maxGatewayReplicas = 100

// of is the limit of one figure, 0 where there is none.
func (l portLimit) of(x figure) int64 {
	if x == perSecond {
		return l.rate
	}
	return l.ports
}

// quiet is what no limit above is tight with, however a group's load falls.
func (x figure) quiet() int64 {
	n := int64(1) << 62
	for _, l := range []portLimit{natPorts, nodePorts, ciliumPorts, envoyPorts} {
		if k := l.of(x) * l.tight / 100; k > 0 {
			n = min(n, k)
		}
	}
	return n
}

// meter is one translating thing. Each of its units (addresses, gateways)
// holds limit; healthy and shifts say what comes to one of so many units.
type meter struct {
	thing, name, zone string
	unit              string // what may be added, in the plural
	limit             portLimit
	planned, most     int64 // units; most 0: unbounded
	healthy           func(units int64) spread
	shifts            []shift
	passes            func(netip.Prefix) bool // nil: everything
	how               string
}

// shift is where the load goes after a fault.
type shift struct {
	state State
	at    func(units int64) spread
}

// sharers: those that a node translates.
func (subnetPattern) sharers(w *work) []sharer {
	translated := w.translatedOnNode()
	list := w.opened(w.list)
	for i := range list {
		list[i].flows = slices.DeleteFunc(list[i].flows, func(f appFlow) bool {
			return f.app.Compute.V == inventory.ComputeFargate || !slices.ContainsFunc(w.cutBlocks(f.to), translated)
		})
	}
	return list
}

func (subnetPattern) meters(w *work, s sharer) []meter { return w.nodeMeters(s) }

func (natPattern) sharers(w *work) []sharer { return w.opened(w.list) }

func (p natPattern) meters(w *work, s sharer) []meter {
	return append(p.natMeters(w, s), w.nodeMeters(s)...)
}

// nodeLimit is what the node's own translation holds.
func (w *work) nodeLimit() portLimit {
	if w.cilium() {
		return ciliumPorts
	}
	return nodePorts
}

// translatedOnNode reports whether the node translates what goes to a block, as
// it is for destinations outside the VPC and the CNI's exclusions.
func (w *work) translatedOnNode() func(netip.Prefix) bool {
	list := w.untranslated()
	return func(c netip.Prefix) bool { return !w.externalSNAT() && !cidr.Contains(list, c) }
}

// nodeMeters are the busiest node of a group's own in each zone. After the loss
// of a zone the others run more nodes, none busier than full.
func (w *work) nodeMeters(s sharer) []meter {
	ec2 := func(f appFlow) bool { return f.app.Compute.V != inventory.ComputeFargate }
	if w.externalSNAT() || !slices.ContainsFunc(s.flows, ec2) {
		return nil
	}
	zones := int64(len(w.zones))
	at := func(zones int64) func(int64) spread {
		return func(nodes int64) spread {
			if nodes == 1 {
				return w.busiestNode(zones)
			}
			return byPods(func(pods int64) int64 { return ceilDiv(ceilDiv(pods, zones), nodes) }, 1)
		}
	}
	var list []meter
	for _, z := range w.zones {
		list = append(list, meter{thing: thingNode, name: "busiest node of " + s.group + " in " + z, zone: z, unit: "nodes that share the zone's pods evenly",
			limit: w.nodeLimit(), planned: 1, healthy: at(zones), passes: w.translatedOnNode(),
			shifts: []shift{{State{stateZoneLost, other(w.zones, z)}, at(zones - 1)}},
			how:    "the pods that open most, as many as a node and an even share of the zone hold, translated to one address"})
	}
	return list
}

// other is the first of a list that is not this one.
func other(list []string, but string) string {
	i := slices.IndexFunc(list, func(s string) bool { return s != but })
	return list[max(i, 0)]
}

// natView is a group's NAT gateway: its zone, its addresses, and the zones whose
// nodes it serves.
type natView struct {
	name, zone string
	addresses  int
	serves     []string
	passes     func(netip.Prefix) bool
}

// natViews are the group's NAT gateways: those planned, or in a VPC that may not
// change the existing ones that its route tables lead to.
func (p natPattern) natViews(w *work, group string) []natView {
	story := p.story(w)
	var list []natView
	if len(story.serving) == 0 {
		for _, z := range story.zones {
			v := natView{name: group + "/" + z + "/" + purposeNAT, zone: z, addresses: 1}
			for i, from := range w.zones {
				if from == z || !slices.Contains(story.zones, from) && story.zones[i%len(story.zones)] == z {
					v.serves = append(v.serves, from)
				}
			}
			list = append(list, v)
		}
		return list
	}
	for _, n := range story.serving {
		v := natView{name: n.Name.V, zone: w.subnetZone(n.Subnet.V), addresses: len(n.IPs)}
		var tables []*inventory.RouteTable
		for _, z := range w.zones {
			if subnets := w.existingSubnets(inventory.RoleNodes, z); len(subnets) > 0 && slices.Contains(w.natsOf(subnets[0]), n) {
				v.serves, tables = append(v.serves, z), append(tables, w.tableOf(subnets[0].Name.V))
			}
		}
		v.passes = func(c netip.Prefix) bool {
			return slices.ContainsFunc(tables, func(t *inventory.RouteTable) bool { return leads(t, c) == n.Name.V })
		}
		list = append(list, v)
	}
	return list
}

// leads is where a route table leads a block: the longest prefix around it.
func leads(t *inventory.RouteTable, c netip.Prefix) (via string) {
	bits := -1
	for _, r := range t.Routes {
		if r.To.V.Bits() <= c.Bits() && r.To.V.Bits() > bits && r.To.V.Contains(c.Addr()) {
			bits, via = r.To.V.Bits(), r.Via.V
		}
	}
	return via
}

// natMeters are the group's NAT gateways. A lost zone moves its pods to the
// others; from a lost NAT gateway nothing takes over.
func (p natPattern) natMeters(w *work, s sharer) []meter {
	zones := int64(len(w.zones))
	at := func(some, zones int64) func(int64) spread {
		return func(addresses int64) spread { return byPods(inZones(some, zones), addresses) }
	}
	var list []meter
	for _, v := range p.natViews(w, s.group) {
		some := int64(len(v.serves))
		if some == 0 || v.addresses == 0 {
			continue
		}
		m := meter{thing: thingNAT, name: v.name, zone: v.zone, unit: "addresses", limit: natPorts, planned: int64(v.addresses),
			most: int64(max(maxNATAddresses, v.addresses)), healthy: at(some, zones), passes: v.passes,
			how: "the pods of the zones it serves, spread evenly; which address a connection gets is not documented, taken as even"}
		told := map[bool]bool{}
		for _, z := range w.zones {
			served := slices.Contains(v.serves, z)
			left := some
			if served {
				left--
			}
			if z == v.zone || left == 0 || told[served] {
				continue
			}
			told[served] = true
			m.shifts = append(m.shifts, shift{State{stateZoneLost, z}, at(left, zones-1)})
		}
		list = append(list, m)
	}
	return list
}

// sharers: the groups are those of the policies, by app and destination.
func (p ciliumPattern) sharers(w *work) []sharer {
	s := p.story(w)
	of := map[*group][]appFlow{}
	for _, f := range w.flows() {
		if g := s.of[pair{f.app.Key, f.to.Name.V}]; g != nil && !f.inbound() {
			of[g] = append(of[g], f)
		}
	}
	list := make([]sharer, 0, len(s.groups))
	for _, g := range s.groups {
		list = append(list, sharer{g.name, of[g]})
	}
	return list
}

// meters are the group's egress IPs. A pod is hashed to one gateway for all its
// connections; a deleted node's pods are hashed anew over those that remain.
func (p ciliumPattern) meters(w *work, sh sharer) []meter {
	s := p.story(w)
	zones := int64(len(w.zones))
	at := func(lost func(perZone int64) int64) func(int64) spread {
		return func(perZone int64) spread {
			left := max(1, perZone*zones-lost(perZone))
			return byPods(func(pods int64) int64 { return ceilDiv(pods, left) }, 1)
		}
	}
	each := len(s.entries) / max(1, s.fleets)
	entries := s.entries[s.fleetOf[sh.group]*each:][:each]
	var list []meter
	for _, e := range entries {
		m := meter{thing: thingEgressIP, name: e.ipName(sh.group), zone: e.zone, unit: "gateways in each zone", limit: ciliumPorts,
			planned: int64(s.perZone), most: maxEgressGateways / zones, healthy: at(func(int64) int64 { return 0 }),
			how: "each pod hashed to one gateway for all its connections; that the hash spreads evenly is an assumption"}
		gone := stateEgressNodeDeleted
		if w.env.Cluster.CiliumHA.V == inventory.CiliumEnterprise {
			gone = stateEgressNodeLost
		}
		if i := slices.IndexFunc(entries, func(x gatewayEntry) bool { return x != e }); i >= 0 {
			m.shifts = append(m.shifts, shift{State{gone, entries[i].nodeName()}, at(func(int64) int64 { return 1 })})
		}
		m.shifts = append(m.shifts, shift{State{stateZoneLost, other(w.zones, e.zone)}, at(func(perZone int64) int64 { return perZone })})
		list = append(list, m)
	}
	return list
}

// sharers: UDP and ICMP pass the gateways by.
func (istioPattern) sharers(w *work) []sharer {
	list := w.opened(w.list)
	for i := range list {
		list[i].flows = slices.DeleteFunc(list[i].flows, func(f appFlow) bool {
			return !slices.ContainsFunc(f.ports(), func(r inventory.PortRange) bool { return r.Protocol == "tcp" || r.Protocol == "any" })
		})
	}
	return list
}

// meters are a group's gateway replicas, and the nodes they run on where the CNI
// translates them to one address. Sidecars spread connections over the gateways
// of all zones.
func (p istioPattern) meters(w *work, s sharer) []meter {
	story := p.story(w)
	zones := int64(len(w.zones))
	replicas := int64(w.plan.Policy.Redundancy.GatewayReplicasPerZone.V)
	pods := func(zones int64) func(int64) spread {
		return func(perZone int64) spread { return byConnections(1, perZone*zones) }
	}
	nodes := func(zones int64) func(int64) spread {
		return func(perZone int64) spread { return byConnections(ceilDiv(replicas, perZone), replicas*zones) }
	}
	var list []meter
	for _, z := range w.zones {
		shifts := func(at func(int64) func(int64) spread) []shift {
			lost := other(w.zones, z)
			return []shift{{State{stateGatewayLost, lost}, at(zones - 1)}, {State{stateZoneLost, lost}, at(zones - 1)}}
		}
		list = append(list, meter{thing: thingGateway, name: "gateway of " + s.group + " in " + z, zone: z, unit: "replicas in each zone", limit: envoyPorts,
			planned: replicas, most: maxGatewayReplicas, healthy: pods(zones), shifts: shifts(pods),
			how: "connections spread evenly over the replicas of all zones, each of plain TCP one connection of the gateway's own; HTTP needs fewer"})
		if !w.externalSNAT() {
			list = append(list, meter{thing: thingGatewayNode, name: "gateway node of " + s.group + " in " + z, zone: z, unit: "gateway nodes in each zone", limit: w.nodeLimit(),
				planned: int64(story.perZone), most: 0, healthy: nodes(zones), shifts: shifts(nodes), passes: w.translatedOnNode(),
				how: "the replicas of the node together, translated to its address"})
		}
	}
	return list
}

func decimalOf(n int64) decimal.NullDecimal { return decimal.NewNullDecimal(decimal.NewFromInt(n)) }
