package planner

import (
	"cmp"
	"slices"

	"egressplan/cidr"
	"egressplan/planner/inventory"
)

// Adoption is a proposal: existing subnets that could carry the apps of a source
// group in place of new ones, if these apps say so with `subnets`.
type Adoption struct {
	Group   string          `json:"group"`
	Apps    []string        `json:"apps"`
	Subnets []AdoptedSubnet `json:"subnets"` // one in each zone
}

// AdoptedSubnet is an existing subnet, what it has left and what is needed there.
type AdoptedSubnet struct {
	Name   string `json:"name"`
	CIDR   string `json:"cidr"`
	Zone   string `json:"zone"`
	Room   string `json:"room"`
	Needed int    `json:"needed"`
}

// Adopt proposes existing subnets for the source groups that would get new node
// subnets: role nodes, room for the group's maximum with growth, on-premises can
// route to them where the pattern needs that, nobody else's. A group gets one in
// every zone or none. The largest groups choose first, and take the smallest
// subnet that is enough: that serves as many groups as can be in a zone.
func (a *AddressPlan) Adopt() []Adoption {
	list := []Adoption{}
	if a.work == nil {
		return list
	}
	w := a.work
	wanted := w.adoptable()
	for {
		list = list[:0]
		taken, short := w.spokenFor(), ""
		for _, g := range wanted {
			subnets, ok := w.adoptFor(g, taken)
			if !ok {
				short = g[0].group // without it others may do
				break
			}
			list = append(list, Adoption{Group: g[0].group, Apps: g[0].apps, Subnets: subnets})
		}
		if short == "" {
			slices.SortFunc(list, func(a, b Adoption) int { return cmp.Compare(a.Group, b.Group) })
			return list
		}
		wanted = slices.DeleteFunc(wanted, func(g []demand) bool { return g[0].group == short })
	}
}

// adoptable are the node demands of source groups, by group, the largest first.
func (w *work) adoptable() [][]demand {
	byGroup := map[string][]demand{}
	for _, d := range w.layout.demands {
		if d.group != sharedSpace && d.purpose == purposeNodes && d.part <= 1 && !w.realisedAt(d) {
			byGroup[d.group] = append(byGroup[d.group], d)
		}
	}
	var list [][]demand
	for _, name := range sortedKeys(byGroup) {
		if len(byGroup[name]) == len(w.zones) {
			list = append(list, byGroup[name])
		}
	}
	slices.SortStableFunc(list, func(a, b []demand) int {
		return cmp.Or(cmp.Compare(b[0].need.prefixes, a[0].need.prefixes), cmp.Compare(b[0].need.addresses, a[0].need.addresses))
	})
	return list
}

// realisedAt reports whether the lock's block of a demand exists already.
func (w *work) realisedAt(d demand) bool {
	e := w.layout.locked[d.name()]
	return e != nil && w.subnetAt(e.CIDR) != nil
}

// spokenFor are the existing subnets that have a use in this plan or by the lock.
func (w *work) spokenFor() map[string]bool {
	taken := map[string]bool{}
	for _, b := range w.layout.blocks {
		taken[b.subnet] = true
	}
	for i := range w.env.VPC.Subnets {
		s := &w.env.VPC.Subnets[i]
		if w.adopted(s) {
			taken[s.Name.V] = true
		}
	}
	for i := range w.plan.Apps {
		for _, s := range w.plan.Apps[i].Subnets {
			taken[s.V] = true
		}
	}
	return taken
}

// adoptFor takes one subnet in each zone of a group; if some zone has none, it
// takes nothing.
func (w *work) adoptFor(zones []demand, taken map[string]bool) ([]AdoptedSubnet, bool) {
	var list []AdoptedSubnet
	for _, d := range zones {
		var best *inventory.Subnet
		for _, s := range w.existingSubnets(inventory.RoleNodes, d.zone) {
			if taken[s.Name.V] || !holdsNeed(s, d.need) || d.routable && !w.routableSubnet(s) {
				continue
			}
			if best == nil || freeFor(s) < freeFor(best) {
				best = s
			}
		}
		if best == nil {
			return nil, false
		}
		list = append(list, AdoptedSubnet{Name: best.Name.V, CIDR: best.CIDR.V.String(), Zone: d.zone, Room: roomOf(best, d.need), Needed: d.need.addresses})
	}
	for _, s := range list {
		taken[s.Name] = true
	}
	return list, true
}

// routableSubnet reports whether on-premises can have routes to a subnet: its
// VPC block says so.
func (w *work) routableSubnet(s *inventory.Subnet) bool {
	for _, c := range w.env.VPC.CIDRs {
		if c.CIDR.V.Overlaps(s.CIDR.V) {
			return c.Routable.V
		}
	}
	return false
}

func freeFor(s *inventory.Subnet) int {
	if s.FreeIPs.Set {
		return s.FreeIPs.V
	}
	return cidr.Usable(s.CIDR.V.Bits())
}
