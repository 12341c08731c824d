//go:build linux

package lab

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"egressplan/sim"
)

// router fills the policy rules and routing tables of one node.
type router struct {
	*netlink.Handle
	plan  *plan
	node  *nodePlan
	index map[string]int // of interfaces, by name
}

func ipnet(p netip.Prefix) *net.IPNet {
	p = p.Masked()
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), 32)}
}

var everything = netip.MustParsePrefix("0.0.0.0/0")

// fill sends a packet, in this order, to the application that its mark names, to
// the host if the node owns its destination, and by the routes.
func (r *router) fill() error {
	if err := r.rule(ruleTunnel, unix.RT_TABLE_MAIN, func(x *netlink.Rule) { x.Dst = ipnet(labsOwn) }); err != nil {
		return err
	}
	for _, a := range r.plan.apps(r.node) {
		table := tableApp + int(a)
		if err := r.route(table, everything, appWire(a), 0); err != nil {
			return err
		}
		if err := r.rule(ruleApp+int(a), table, marked(a.mark(), appMask)); err != nil {
			return err
		}
	}
	for i, b := range r.plan.owned(r.node) {
		err := r.rule(ruleDeliver+i, tableApp+int(host), func(x *netlink.Rule) {
			x.Dst = ipnet(b)
			marked(0, markKnown|markLeaves)(x)
		})
		if err != nil {
			return err
		}
	}
	return r.fillRoutes()
}

// fillRoutes leaves the choice to the routing table where destination and rank
// decide; a condition that tables do not know makes each route a rule.
func (r *router) fillRoutes() error {
	routes := preferred(r.plan, r.node.routes)
	plain := !slices.ContainsFunc(routes, conditional)
	if plain && len(routes) > 0 {
		if err := r.rule(ruleRoute, tableRoutes, nil); err != nil {
			return err
		}
	}
	for i, y := range routes {
		table, metric := tableRoutes, i+1
		if !plain {
			table, metric = tableRoutes+i, 0
			if err := r.rule(ruleRoute+i, table, conditions(y)); err != nil {
				return err
			}
		}
		if err := r.route(table, y.Dst, r.wire(y), metric); err != nil {
			return err
		}
	}
	return nil
}

func conditional(y routePlan) bool {
	return y.Src.IsValid() || y.Label != 0 || y.Opening || y.Yielding
}

// preferred puts the routes that the walk's packets may take into the order of
// preference: longest destination, longest source, label, rank, first listed.
func preferred(p *plan, routes []routePlan) []routePlan {
	list := slices.DeleteFunc(slices.Clone(routes), func(y routePlan) bool { return y.Label != 0 && y.Label != p.walk.Packet.Label })
	slices.SortStableFunc(list, func(a, b routePlan) int {
		return cmp.Or(
			cmp.Compare(b.Dst.Bits(), a.Dst.Bits()),
			cmp.Compare(max(0, b.Src.Bits()), max(0, a.Src.Bits())),
			cmp.Compare(min(b.Label, 1), min(a.Label, 1)),
			cmp.Compare(a.Rank, b.Rank),
		)
	})
	return list
}

// conditions are those of a route beside its destination.
func conditions(y routePlan) func(*netlink.Rule) {
	var value, mask uint32
	if y.Label != 0 {
		value, mask = value|markLabelled, mask|markLabelled
	}
	if y.Opening {
		mask |= markKnown
	}
	if y.Yielding {
		mask |= markPinned
	}
	return func(x *netlink.Rule) {
		if y.Src.IsValid() {
			x.Src = ipnet(y.Src)
		}
		if mask != 0 {
			marked(value, mask)(x)
		}
	}
}

func marked(value, mask uint32) func(*netlink.Rule) {
	return func(x *netlink.Rule) { x.Mark, x.Mask = value, &mask }
}

// wire is the interface that a route leads to, none for one that drops.
func (r *router) wire(y routePlan) string {
	switch {
	case y.next == sim.None:
		return ""
	case y.Tunnel && y.next != r.node.id:
		return tunnelTo(y.next)
	}
	return wireTo(y.next)
}

func (r *router) rule(priority, table int, change func(*netlink.Rule)) error {
	x := netlink.NewRule()
	x.Priority, x.Table = priority, table
	if change != nil {
		change(x)
	}
	if err := r.RuleAdd(x); err != nil {
		return fmt.Errorf("rule %v: %w", x, err)
	}
	return nil
}

// route adds a route to the neighbour on a wire, or one that drops.
func (r *router) route(table int, dst netip.Prefix, wire string, metric int) error {
	x := &netlink.Route{Dst: ipnet(dst), Table: table, Priority: metric, Type: unix.RTN_BLACKHOLE}
	if wire != "" {
		x.Type, x.Gw, x.Flags, x.LinkIndex = unix.RTN_UNICAST, neighbour, int(netlink.FLAG_ONLINK), r.index[wire]
	}
	if err := r.RouteAdd(x); err != nil {
		return fmt.Errorf("route to %v by %q in table %d: %w", dst, wire, table, err)
	}
	return nil
}
