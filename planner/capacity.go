package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// What is shared and runs out, as CapacityRow.Thing says it.
const (
	thingNAT         = "nat-gateway"
	thingNode        = "node"
	thingEgressIP    = "egress-ip"
	thingGateway     = "gateway"
	thingGatewayNode = "gateway-node"
	thingEgressNode  = "egress-node"
	thingLink        = "link"
	thingAttachment  = "transit-gateway-attachment"
)

// What of it runs out, as CapacityRow.Resource says it.
const (
	resourceConnections = "connections" // open at one time to one address, port and protocol
	resourceOpenings    = "new-connections-per-second"
	resourceBandwidth   = "bandwidth"
	resourcePackets     = "packets-per-second"
)

// CapacityRow is one thing that flows share and what it holds. A list of them is
// sorted by Thing, Name, To and Resource, which name a row.
//
// Connections count for one source address towards one destination address,
// port and protocol (To), if all of a flow's connections go to that one; Demand
// and Limit are those of each of the Planned addresses or gateways. Demand is
// the least there is where Unknown flows do not say theirs, null where none
// says it. Fractions of Mbit/s and packets are rounded to thousandths.
//
// Spread evenly over zones, gateways and addresses is an assumption, not a
// promise of theirs: a flow's connections over the pods of its app at their
// most, pods over zones and over Cilium's gateways as far as whole pods go.
type CapacityRow struct {
	Thing    string              `json:"thing"`
	Name     string              `json:"name"`
	Group    string              `json:"group,omitempty"`
	Zone     string              `json:"zone,omitempty"`
	To       string              `json:"to,omitempty"`
	Resource string              `json:"resource"`
	Unit     string              `json:"unit"`
	Demand   decimal.NullDecimal `json:"demand"`
	Limit    decimal.Decimal     `json:"limit"`
	HeadRoom decimal.NullDecimal `json:"headRoom"` // negative: does not hold
	// Planned is how many addresses or gateways there are of what can be added
	// to, Needed how many would do, 0 if no number would; Most is the most there
	// can be, 0 if nothing bounds it. Counts is what they count.
	Counts  string          `json:"counts,omitempty"`
	Planned int             `json:"planned,omitempty"`
	Needed  int             `json:"needed,omitempty"`
	Most    int             `json:"most,omitempty"`
	After   []CapacityAfter `json:"after"`
	Unknown int             `json:"unknown,omitempty"` // flows that do not say theirs
	How     string          `json:"how"`
	Source  string          `json:"source"`
}

// CapacityAfter is the same once a fault has been noticed and the load has
// moved. A fault that takes the thing itself, or moves nothing to it, is left
// out: so is the loss of a NAT gateway, which nothing takes over from.
type CapacityAfter struct {
	State    string              `json:"state"`
	Demand   decimal.NullDecimal `json:"demand"`
	HeadRoom decimal.NullDecimal `json:"headRoom"`
	Needed   int                 `json:"needed,omitempty"`
}

// Fullest is the largest share of the limit that the row reaches, healthy or
// after a fault, and the state in which it does; zero where nobody says how
// much there is.
func (r CapacityRow) Fullest() (share decimal.Decimal, state string) {
	state = stateHealthy
	if !r.Limit.IsPositive() {
		return share, state
	}
	most := r.Demand.Decimal
	for _, a := range r.After {
		if a.Demand.Valid && a.Demand.Decimal.GreaterThan(most) {
			most, state = a.Demand.Decimal, a.State
		}
	}
	return most.DivRound(r.Limit, 4), state
}

// Title is the row's thing with its name, as people read it.
func (r CapacityRow) Title() string { return titled(r.Thing, r.Name) }

// Capacities are the head-room of everything that the candidate's flows share.
func (c *Candidate) Capacities() []CapacityRow {
	if c.work == nil {
		return c.Capacity
	}
	if c.work.capacity == nil {
		c.work.capacity = c.work.capacities()
	}
	return c.work.capacity
}

// fullestRows keeps, of each thing and resource, the twenty rows that come
// nearest to their limit, in their order; rows that do not hold all stay.
func fullestRows(list []CapacityRow) []CapacityRow {
	type kind struct{ thing, resource string }
	shares := make([]decimal.Decimal, len(list))
	by := map[kind][]int{}
	for i, r := range list {
		shares[i], _ = r.Fullest()
		k := kind{r.Thing, r.Resource}
		by[k] = append(by[k], i)
	}
	keep := make([]bool, len(list))
	for _, rows := range by {
		slices.SortStableFunc(rows, func(i, j int) int { return shares[j].Cmp(shares[i]) })
		for n, i := range rows {
			keep[i] = n < foldedSubjects || shares[i].GreaterThan(decimal.NewFromInt(1))
		}
	}
	out := []CapacityRow{}
	for i, r := range list {
		if keep[i] {
			out = append(out, r)
		}
	}
	return out
}

// fillCapacity gives the recommended candidate, or every one, its Capacity.
func (r *Recommendation) fillCapacity(all bool) {
	for _, c := range r.Candidates {
		if all || c.Status == Recommended {
			c.Capacity = c.Capacities()
		}
	}
}

// metered is a pattern in which something is shared and runs out.
type metered interface {
	// sharers are the flows that share what translates them, by group.
	sharers(w *work) []sharer
	// meters are what translates a group's flows.
	meters(w *work, s sharer) []meter
	// gauges are what carries the traffic beside links and attachments.
	gauges(w *work) []gauge
}

// sharer is a group with those of its flows that share something.
type sharer struct {
	group string
	flows []appFlow
}

// opened are the on-premises flows that the groups' apps open.
func (w *work) opened(groups []*group) []sharer {
	list := make([]sharer, 0, len(groups))
	for _, g := range groups {
		s := sharer{group: g.name}
		for _, f := range w.flowsOf(g.apps) {
			if !f.inbound() {
				s.flows = append(s.flows, f)
			}
		}
		list = append(list, s)
	}
	return list
}

// capacities are all rows, sorted.
func (w *work) capacities() []CapacityRow {
	var list []CapacityRow
	var all []gauge
	if p, ok := w.pattern.(metered); ok {
		for _, s := range p.sharers(w) {
			for _, r := range w.readings(s, p.meters(w, s)) {
				list = append(list, r.row())
			}
		}
		all = p.gauges(w)
	}
	for _, g := range append(all, w.commonGauges()...) {
		list = append(list, g.rows()...)
	}
	slices.SortFunc(list, func(a, b CapacityRow) int {
		return cmp.Or(cmp.Compare(a.Thing, b.Thing), cmp.Compare(a.Name, b.Name), cmp.Compare(a.To, b.To), cmp.Compare(a.Resource, b.Resource))
	})
	return list
}

// titled writes a thing with its name as it is read: "link dx1".
func titled(thing, name string) string {
	word := strings.ReplaceAll(thing, "-", " ")
	if strings.Contains(name, word) || strings.Contains(name, thing) {
		return name
	}
	return word + " " + name
}

// counted writes a whole number with its thousands apart.
func counted(n int64) string { return Thousands(fmt.Sprint(n)) }
