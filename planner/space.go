package planner

import (
	"fmt"
	"slices"

	"egressplan/planner/inventory"
	"egressplan/sim"
)

// groupSpace is the space of groups with nodes of their own (patterns 1 and 2):
// a node subnet in every zone, and a pod subnet where pods are elsewhere and
// their exit matters. routable says whether the sources must be.
func (w *work) groupSpace(groups []*group, routable bool) []demand {
	var list []demand
	for _, g := range groups {
		own := len(w.ownSubnets(g)) > 0
		if own && !(w.env.Cluster.VPCCNI.CustomNetworking.V && w.podAddressShows(g.apps)) {
			continue
		}
		fleet := w.fleet(g.apps)
		for _, z := range w.zones {
			d := demand{group: g.name, zone: z, apps: g.keys(), routable: routable}
			if fleet.nodes > 0 && !own {
				d.purpose, d.need = purposeNodes, w.nodeAddresses(fleet)
				list = append(list, d)
			}
			if n := w.groupPods(g, fleet); n.addresses > 0 {
				d.purpose, d.need = purposePods, n
				list = append(list, d)
			}
		}
	}
	return append(list, w.sharedPods(groups)...)
}

// groupPods is what a group's own pod subnet must hold: Fargate pods, and under
// custom networking the pods themselves where their exit matters.
func (w *work) groupPods(g *group, f zoneFleet) need {
	if w.podAddressShows(g.apps) {
		return w.podAddresses(f)
	}
	var n need
	n.add(f.fargate, "%d Fargate pods x 1 address", f.fargate)
	return n
}

// sharedPods is the pod space of all groups whose pods hide behind their node
// (custom networking with SNAT): one range for all, never seen on-premises.
func (w *work) sharedPods(groups []*group) []demand {
	if !w.env.Cluster.VPCCNI.CustomNetworking.V {
		return nil
	}
	total := need{}
	var apps []string
	for _, g := range groups {
		if w.podAddressShows(g.apps) {
			continue
		}
		f := w.fleet(g.apps)
		f.fargate = 0
		n := w.podAddresses(f)
		total.prefixes += n.prefixes
		total.grain(n.each, n.eachPrefixes)
		total.add(n.addresses, "%s", g.name)
		for _, a := range g.apps {
			if a.Compute.V != inventory.ComputeFargate {
				apps = append(apps, a.Key)
			}
		}
	}
	var list []demand
	for _, z := range w.zones {
		if total.addresses > 0 {
			list = append(list, demand{group: sharedSpace, zone: z, purpose: purposePods, apps: apps, need: total})
		}
	}
	return list
}

// ownSubnets are the existing subnets a group must use: those its apps name, if
// they all name the same.
func (w *work) ownSubnets(g *group) []*inventory.Subnet {
	var list []*inventory.Subnet
	for _, v := range g.apps[0].Subnets {
		for i := range w.env.VPC.Subnets {
			if w.env.VPC.Subnets[i].Name.V == v.V {
				list = append(list, &w.env.VPC.Subnets[i])
			}
		}
	}
	for _, a := range g.apps[1:] {
		if !slices.Equal(names(a.Subnets), names(g.apps[0].Subnets)) {
			return nil
		}
	}
	return list
}

func names(values []inventory.Value[string]) []string {
	var list []string
	for _, v := range values {
		list = append(list, v.V)
	}
	return list
}

// adoptOwn puts the existing subnets a group must use in place of new blocks;
// a second one in a zone gets a numbered name.
func (w *work) adoptOwn(groups []*group) {
	for _, g := range groups {
		count := map[string]int{}
		for _, s := range w.ownSubnets(g) {
			d := demand{group: g.name, zone: s.Zone.V, purpose: purposeNodes, apps: g.keys()}
			count[s.Zone.V]++
			if count[s.Zone.V] == 1 {
				w.adopt(d, s)
				continue
			}
			name := fmt.Sprintf("%s/%d", d.name(), count[s.Zone.V])
			w.layout.blocks[name] = &block{demand: d, name: name, cidr: s.CIDR.V, subnet: s.Name.V}
		}
	}
}

// sharedNodes is the space of nodes that all apps share (patterns 3 and 4).
func (w *work) sharedNodes() []demand {
	var apps []*inventory.App
	for _, a := range w.apps {
		if len(w.onPremises(a)) > 0 {
			apps = append(apps, a)
		}
	}
	if len(apps) == 0 {
		return nil
	}
	g := &group{apps: apps}
	f := w.fleet(apps)
	var list []demand
	for _, z := range w.zones {
		list = append(list, demand{group: sharedSpace, zone: z, purpose: purposeNodes, apps: g.keys(), need: w.nodeAddresses(f)})
		if n := w.podAddresses(f); n.addresses > 0 {
			list = append(list, demand{group: sharedSpace, zone: z, purpose: purposePods, apps: g.keys(), need: n})
		}
	}
	return list
}

// serve lets existing subnets stand in for new shared blocks: of the role that
// fits the purpose, the one with most room in each zone. What is left is what
// must be allocated.
func (w *work) serve(demands []demand) []demand {
	roles := map[string]inventory.SubnetRole{purposeNodes: inventory.RoleNodes, purposePods: inventory.RolePods, purposeTGW: inventory.RoleTGW}
	var left []demand
	for _, d := range demands {
		role, ok := roles[d.purpose]
		if d.group != sharedSpace || !ok {
			left = append(left, d)
			continue
		}
		best := w.home(d, role)
		if best == nil {
			left = append(left, d)
			continue
		}
		w.adopt(d, best)
		if (best.FreeIPs.Set || d.need.prefixes > 0) && !holdsNeed(best, d.need) {
			w.report("subnet-nearly-full", best.FreeIPs.At, []string{best.Name.V},
				"%s has %s, the apps at their maximum with growth need %s (what runs there today already counts as taken)", best.Name.V, roomOf(best, d.need), d.need.asNeeded())
		}
	}
	return left
}

// home is the existing subnet that serves a shared demand: the one the lock has
// for it, nothing where the lock has a block of the plan's own, else the roomiest
// that the lock holds for nobody else.
func (w *work) home(d demand, role inventory.SubnetRole) *inventory.Subnet {
	if e := w.layout.locked[d.name()]; e != nil {
		return w.subnetAt(e.CIDR)
	}
	return roomiest(slices.DeleteFunc(w.existingSubnets(role, d.zone), w.adopted))
}

// roomiest is the subnet with most free addresses, the first where none says.
func roomiest(list []*inventory.Subnet) *inventory.Subnet {
	var best *inventory.Subnet
	for _, s := range list {
		if best == nil || s.FreeIPs.V > best.FreeIPs.V {
			best = s
		}
	}
	return best
}

// attachments is a /28 in every zone for the transit gateway's attachment,
// where a site is reached over one (AWS Transit Gateway,
// design best practices: a subnet of its own, one address used).
func (w *work) attachments() []demand {
	over := false
	for i := range w.env.Sites {
		for _, l := range w.env.Sites[i].Links {
			over = over || l.Gateway.V == inventory.TransitGateway
		}
	}
	if !over {
		return nil
	}
	var list []demand
	for _, z := range w.zones {
		d := demand{group: sharedSpace, zone: z, purpose: purposeTGW}
		d.need.add(1, "1 attachment x 1 address")
		list = append(list, d)
	}
	return list
}

// placeGroups places every group's pods in its own subnets.
func (b *builder) placeGroups(groups []*group, exit func(out subnetNodes, zone string, g *group)) {
	w := b.w
	for _, g := range groups {
		for _, z := range w.zones {
			nodes, pods := w.layout.get(g.name, z, purposeNodes), w.layout.get(g.name, z, purposePods)
			fargate := pods
			if fargate == nil {
				fargate = nodes
			}
			switch {
			case !w.env.Cluster.VPCCNI.CustomNetworking.V:
				pods = nodes
			case pods == nil || !w.podAddressShows(g.apps):
				pods = w.layout.get(sharedSpace, z, purposePods)
			}
			if !hasCompute(g.apps, inventory.ComputeFargate) {
				fargate = nil
			}
			for _, bl := range []*block{nodes, pods, fargate} {
				if bl != nil {
					b.exitOnce(bl, z, g, exit)
				}
			}
			first := b.place(g.name, z, nodes, pods, fargate)
			for n := 2; ; n++ {
				more := w.layout.blocks[fmt.Sprintf("%s/%s/%s/%d", g.name, z, purposeNodes, n)]
				if more == nil {
					break
				}
				b.exitOnce(more, z, g, exit)
				where := pods
				if !w.env.Cluster.VPCCNI.CustomNetworking.V {
					where = more
				}
				first.more = append(first.more, b.place(fmt.Sprintf("%s/%d", g.name, n), z, more, where, nil))
			}
		}
	}
}

// placeShared places the pods of all apps on the nodes they share. Without custom
// networking the pod subnet holds Fargate pods only.
func (b *builder) placeShared() {
	for _, z := range b.w.zones {
		nodes, pods := b.w.layout.get(sharedSpace, z, purposeNodes), b.w.layout.get(sharedSpace, z, purposePods)
		fargate := pods
		if fargate == nil {
			fargate = nodes
		}
		if pods == nil || !b.w.env.Cluster.VPCCNI.CustomNetworking.V {
			pods = nodes
		}
		for _, bl := range []*block{nodes, pods, fargate} {
			if bl != nil {
				b.exitOnce(bl, z, nil, nil)
			}
		}
		b.place(sharedSpace, z, nodes, pods, fargate)
	}
}

// reroute gives a group's own existing subnet a new route table for its way out,
// if the VPC may change; shared ones keep the table they have.
func (b *builder) reroute(bl *block, zone string, g *group, exit func(out subnetNodes, zone string, g *group)) {
	if bl.group == sharedSpace || exit == nil || !b.w.env.VPC.Changeable.V || b.rerouted[bl.name] {
		return
	}
	b.rerouted[bl.name] = true
	s := b.newSubnet(bl)
	n := b.at(s.out)
	n.Routes = slices.DeleteFunc(n.Routes, func(r sim.Route) bool { return !r.Pinned })
	b.outward(s.out, zone)
	exit(s, zone, g)
}

// exitOnce fills the route table of a new subnet the first time it is met; an
// existing subnet keeps the table it has.
func (b *builder) exitOnce(bl *block, zone string, g *group, exit func(out subnetNodes, zone string, g *group)) {
	if bl.subnet != "" {
		b.reroute(bl, zone, g, exit)
		return
	}
	if _, done := b.subnet[bl.name]; done {
		return
	}
	s := b.newSubnet(bl)
	b.outward(s.out, zone)
	if bl.group == sharedSpace {
		b.toSites(s.out, zone)
		return
	}
	exit(s, zone, g)
}
