package planner

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"egressplan/planner/inventory"
)

// group is a source group: apps that share one source. Its name is
// "<identity>/<what>" and never depends on the order or number of other apps,
// so that names in a lock stay true.
type group struct {
	name  string
	apps  []*inventory.App // by Key
	named []string         // see keys
}

// keys lists the group's apps.
func (g *group) keys() []string {
	for _, a := range g.apps[len(g.named):] {
		g.named = append(g.named, a.Key)
	}
	return slices.Clip(g.named)
}

// fineness orders identities, the finest first.
func fineness(id inventory.Identity) int {
	order := []inventory.Identity{inventory.IdentityApp, inventory.IdentityNamespace, inventory.IdentityTenant,
		inventory.IdentityAccessProfile, inventory.IdentityCluster}
	return slices.Index(order, id)
}

// finest is the identity that decides an app's group: the finest among its
// destinations. Where a gateway authorises in the owner's place (delegated), a
// destination that accepts this asks for no source of its own.
func (w *work) finest(a *inventory.App, delegated bool) inventory.Identity {
	id := inventory.IdentityCluster
	for _, f := range w.onPremises(a) {
		if delegated && f.to.DelegatedIdentity.V {
			continue
		}
		if fineness(f.to.Identity.V) < fineness(id) {
			id = f.to.Identity.V
		}
	}
	return id
}

// partition puts every app with on-premises flows into the coarsest source
// group that satisfies all its destinations. With identity access-profile or
// cluster, apps merge only if their access profiles are equal, because the
// group's source is opened to everything any member needs; allowOverPermission
// lifts that, and so does a gateway that authorises in the owner's place.
func (w *work) partition(delegated bool) map[string]*group {
	groups := map[string]*group{}
	of := map[string]*group{}
	for _, a := range w.apps {
		if len(w.onPremises(a)) == 0 || delegated && !w.opens(a) {
			continue
		}
		merge := w.plan.Policy.AllowOverPermission.V || delegated && w.allDelegated(a)
		join(groups, of, w.groupName(a, w.finest(a, delegated), merge), a)
	}
	return of
}

// opens reports whether the app opens any connection to on-premises: what does
// not has no use for a gateway.
func (w *work) opens(a *inventory.App) bool {
	return slices.ContainsFunc(w.onPremises(a), func(f appFlow) bool { return !f.inbound() })
}

// allDelegated reports whether every on-premises destination of the app accepts
// a gateway's authorisation in place of a source of its own.
func (w *work) allDelegated(a *inventory.App) bool {
	for _, f := range w.onPremises(a) {
		if !f.to.DelegatedIdentity.V {
			return false
		}
	}
	return true
}

// join adds an app to the group of that name.
func join(groups, of map[string]*group, name string, a *inventory.App) {
	g := groups[name]
	if g == nil {
		g = &group{name: name}
		groups[name] = g
	}
	g.apps = append(g.apps, a)
	of[a.Key] = g
}

// groupName names the group of an app under an identity. Merged groups of the
// coarse identities have one name for all.
func (w *work) groupName(a *inventory.App, id inventory.Identity, merge bool) string {
	switch id {
	case inventory.IdentityApp:
		return "app/" + a.Key
	case inventory.IdentityTenant:
		if a.Tenant.V != "" {
			return "tenant/" + a.Tenant.V
		}
		return "namespace/" + a.Namespace.V
	case inventory.IdentityNamespace:
		return "namespace/" + a.Namespace.V
	case inventory.IdentityAccessProfile:
		if merge {
			return "access-profile/everyone"
		}
		return "access-profile/" + w.profileName(a)
	}
	if merge {
		return "cluster/everyone"
	}
	return "cluster/" + w.profileName(a)
}

// profileName names an access profile after its destinations; where that would
// be long or leaves out the ports, a checksum of the whole tells profiles apart.
func (w *work) profileName(a *inventory.App) string {
	var names, whole []string
	partial := false
	for _, f := range w.onPremises(a) {
		names = append(names, f.to.Name.V)
		whole = append(whole, f.to.Name.V+"|"+f.flow.Initiator.V+"|"+fmt.Sprint(f.ports()))
		partial = partial || f.inbound() || fmt.Sprint(f.ports()) != fmt.Sprint(f.to.Ports)
	}
	names = slices.Compact(names)
	name := strings.Join(names, "+")
	if len(name) > 40 {
		name, partial = fmt.Sprintf("%s+%d-more", names[0], len(names)-1), true
	}
	// "shared" and "everyone" name other things under the same identity.
	if !partial && name != "shared" && name != "everyone" {
		return name
	}
	slices.Sort(whole)
	h := fnv.New32a()
	h.Write([]byte(strings.Join(whole, ",")))
	return fmt.Sprintf("%s-%08x", name, h.Sum32())
}

// pairGroups gives the source group of every (app, destination): where a policy
// chooses the source per destination, only that destination's identity counts,
// and nobody gains access by sharing it.
func (w *work) pairGroups() map[pair]*group {
	groups := map[string]*group{}
	of := map[pair]*group{}
	for _, a := range w.apps {
		for _, f := range w.onPremises(a) {
			key := pair{a.Key, f.to.Name.V}
			if f.inbound() || of[key] != nil {
				continue
			}
			id := f.to.Identity.V
			name := w.groupName(a, id, id == inventory.IdentityCluster || w.plan.Policy.AllowOverPermission.V)
			g := groups[name]
			if g == nil {
				g = &group{name: name}
				groups[name] = g
			}
			if len(g.apps) == 0 || g.apps[len(g.apps)-1] != a {
				g.apps = append(g.apps, a)
			}
			of[key] = g
		}
	}
	return of
}

// pair is an app towards a destination.
type pair struct{ app, to string }

// distinct returns the groups of a partition by name.
func distinct[K comparable](of map[K]*group) []*group {
	seen := map[*group]bool{}
	var list []*group
	for _, g := range of {
		if !seen[g] {
			seen[g] = true
			list = append(list, g)
		}
	}
	slices.SortFunc(list, func(a, b *group) int { return strings.Compare(a.name, b.name) })
	return list
}
