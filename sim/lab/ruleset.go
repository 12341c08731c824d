//go:build linux

package lab

import (
	"fmt"
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"

	"egressplan/sim"
)

// ruleset writes the filters and translations of one node.
type ruleset struct {
	*nftables.Conn
	plan  *plan
	node  *nodePlan
	table *nftables.Table
	known map[sim.Code]bool // counters there are

	pending int   // rules not yet sent to the kernel
	err     error // the first of sending them
}

// batch is how many rules the kernel gets at a time: it answers each, and what
// it answers has to fit the socket.
const batch = 100

func newRuleset(conn *nftables.Conn, p *plan, x *nodePlan) *ruleset {
	return &ruleset{Conn: conn, plan: p, node: x, known: map[sim.Code]bool{},
		table: conn.AddTable(&nftables.Table{Family: nftables.TableFamilyIPv4, Name: "lab"})}
}

// The places of the stages among the kernel's own: connection tracking (-200)
// comes before all, the translations of destination (-100) and source (100) are
// made where Linux makes them.
const (
	placeArrive  = -160
	placeCapture = -110
	placeDNAT    = -100
	placeMark    = -90
	placeEgress  = 50
	placeSNAT    = 100
)

// write loads the rules into the kernel.
func (r *ruleset) write() error {
	r.arrive(r.base("arrive", nftables.ChainHookPrerouting, placeArrive, nftables.ChainTypeFilter))
	if len(r.node.forwards) > 0 {
		r.capture(r.base("capture", nftables.ChainHookPrerouting, placeCapture, nftables.ChainTypeFilter))
		r.redirect(r.base("dnat", nftables.ChainHookPrerouting, placeDNAT, nftables.ChainTypeNAT))
	}
	r.mark(r.base("mark", nftables.ChainHookPrerouting, placeMark, nftables.ChainTypeFilter))
	if r.node.Egress != nil {
		r.egress(r.base("egress", nftables.ChainHookPostrouting, placeEgress, nftables.ChainTypeFilter))
	}
	if len(r.node.nat) > 0 {
		r.translate(r.base("snat", nftables.ChainHookPostrouting, placeSNAT, nftables.ChainTypeNAT))
	}
	r.send()
	return r.err
}

func (r *ruleset) base(name string, hook *nftables.ChainHook, place int, kind nftables.ChainType) *nftables.Chain {
	return r.AddChain(&nftables.Chain{Name: name, Table: r.table, Type: kind, Hooknum: hook,
		Priority: nftables.ChainPriorityRef(nftables.ChainPriority(place))})
}

func (r *ruleset) chain(name string) *nftables.Chain {
	return r.AddChain(&nftables.Chain{Name: name, Table: r.table})
}

func (r *ruleset) add(c *nftables.Chain, parts ...[]expr.Any) {
	r.AddRule(&nftables.Rule{Table: r.table, Chain: c, Exprs: all(parts...)})
	if r.pending++; r.pending >= batch {
		r.send()
	}
}

func (r *ruleset) send() {
	r.pending = 0
	if err := r.Flush(); r.err == nil {
		r.err = err
	}
}

// counter is the name of the counter of drops with the code.
func counter(code sim.Code) string { return fmt.Sprintf("code%d", code) }

// drop counts and drops.
func (r *ruleset) drop(code sim.Code) []expr.Any {
	if !r.known[code] {
		r.known[code] = true
		r.AddObj(&nftables.CounterObj{Table: r.table, Name: counter(code)})
	}
	return []expr.Any{&expr.Objref{Type: int(nftables.ObjTypeCounter), Name: counter(code)}, &expr.Verdict{Kind: expr.VerdictDrop}}
}

// match is a Match as expressions; false if no packet of this walk can match.
// Ports are read at the same place in TCP and UDP; ICMP has port 0.
func (r *ruleset) match(m sim.Match) ([]expr.Any, bool) {
	var list []expr.Any
	if m.Label != 0 {
		if m.Label != r.plan.walk.Packet.Label {
			return nil, false
		}
		list = append(list, service(labelTOS)...)
	}
	if m.Protocol != sim.Any {
		list = append(list, protocol(m.Protocol)...)
	}
	list = append(list, address(offsetSrc, m.Src)...)
	list = append(list, address(offsetDst, m.Dst)...)
	if m.PortFrom == 0 && m.PortTo == 0 {
		return list, true
	}
	if r.plan.walk.Packet.Protocol == sim.ICMP {
		return list, m.PortFrom == 0
	}
	return append(list, port(2, m.PortFrom, m.PortTo)...), true
}

// filter writes the rules of a filter into a chain that returns what may pass.
func (r *ruleset) filter(c *nftables.Chain, f *sim.Filter, code sim.Code) {
	if f.Stateful {
		r.add(c, established(), giveBack())
	}
	for i := range f.Rules {
		m, ok := r.match(f.Rules[i].Match)
		switch {
		case !ok:
		case f.Rules[i].Allow:
			r.add(c, m, giveBack())
		default:
			r.add(c, m, r.drop(code))
		}
	}
	r.add(c, r.drop(code))
}

// arrive notes which flows the node's applications open, whose packets meet no
// filter, and holds all others against what the node carries and lets in.
func (r *ruleset) arrive(c *nftables.Chain) {
	r.add(c, setMarks(0, ^uint32(0)))
	for _, a := range r.plan.apps(r.node) {
		r.add(c, from(appWire(a)), answers(), accept())
		r.add(c, from(appWire(a)), setOpenedBy(a), accept())
	}
	r.add(c, address(offsetDst, labsOwn), accept())
	if !r.carries() {
		r.add(c, protocol(r.plan.walk.Packet.Protocol), r.drop(sim.CodeProtocol))
	}
	if r.node.Ingress == nil {
		return
	}
	f := r.chain("ingress")
	r.filter(f, r.node.Ingress, sim.CodeIngressDenied)
	r.add(c, jump(f))
}

func (r *ruleset) carries() bool {
	for _, p := range r.node.Carries {
		if p == sim.Any || p == r.plan.walk.Packet.Protocol {
			return true
		}
	}
	return len(r.node.Carries) == 0
}

// capture marks the packets of a flow, but not its answers, for the first
// Forward that matches, if its proxy authorises them.
func (r *ruleset) capture(c *nftables.Chain) {
	r.add(c, address(offsetDst, labsOwn), accept())
	for _, a := range r.plan.apps(r.node) {
		if a != host {
			r.add(c, from(appWire(a)), accept())
		}
	}
	r.add(c, answers(), accept())
	authorize := r.chain("authorize")
	if r.node.Proxy.Authorize != nil {
		r.filter(authorize, r.node.Proxy.Authorize, sim.CodeUnauthorized)
	}
	for i := range r.node.forwards {
		f := &r.node.forwards[i]
		m, ok := r.match(f.Match)
		if !ok {
			continue
		}
		taken := r.chain(fmt.Sprintf("forward%d", i))
		r.add(taken, jump(authorize))
		r.take(taken, i, f)
		r.add(c, m, []expr.Any{&expr.Verdict{Kind: expr.VerdictGoto, Chain: taken.Name}})
	}
}

// take marks what the i-th Forward has captured.
func (r *ruleset) take(c *nftables.Chain, i int, f *forwardPlan) {
	switch {
	case f.refuses && !f.proxied():
		r.add(c, r.drop(sim.CodeNoUpstream))
	case f.proxied():
		r.add(c, setMarks(proxyApp(i).mark(), appMask), accept())
	default:
		mark := uint32(i+1) << rewriteShift
		if !f.KeepLabel {
			mark |= markStripped
		}
		r.add(c, setMarks(mark, rewriteMask|markStripped), accept())
	}
}

// redirect translates the destination of what a Forward without source took.
func (r *ruleset) redirect(c *nftables.Chain) {
	for i := range r.node.forwards {
		f := &r.node.forwards[i]
		if f.proxied() || f.refuses || !f.to.IsValid() {
			continue
		}
		to := f.to.Port()
		if r.plan.walk.Packet.Protocol == sim.ICMP {
			to = 0
		}
		r.add(c, marks(uint32(i+1)<<rewriteShift, rewriteMask), rewrite(expr.NATTypeDestNAT, f.to.Addr(), to, to))
	}
}

// mark computes the marks that routes choose by, and refuses what an owner that
// knows sessions only gets.
func (r *ruleset) mark(c *nftables.Chain) {
	r.add(c, address(offsetDst, labsOwn), accept())
	if len(r.node.forwards) > 0 {
		r.add(c, marks(markStripped, markStripped), clearService())
	}
	for _, a := range r.plan.apps(r.node) {
		r.add(c, answers(), openedBy(a), setMarks(a.mark(), appMask))
	}
	r.add(c, answers(), setMarks(markKnown, markKnown))
	r.add(c, service(labelTOS), setMarks(markLabelled, markLabelled))
	for _, y := range r.node.Routes {
		if y.Pinned {
			r.add(c, address(offsetDst, y.Dst), setMarks(markPinned, markPinned))
		}
	}
	if r.node.id == r.plan.walk.Start {
		r.markClient(c)
	}
	if !r.node.SessionOnly {
		return
	}
	for _, b := range r.node.Owns {
		r.add(c, marks(0, markKnown|markLeaves|appMask), address(offsetDst, b), r.drop(sim.CodeNoSession))
	}
}

// markClient lets the client's packets leave its node, and answers come in that
// fit its socket, whatever connection tracking thinks of them.
func (r *ruleset) markClient(c *nftables.Chain) {
	r.add(c, from(appWire(host)), marks(0, markKnown|rewriteMask), setMarks(markLeaves, markLeaves))
	p := r.plan.walk.Packet
	parts := [][]expr.Any{marks(0, markKnown), protocol(p.Protocol),
		address(offsetSrc, netip.PrefixFrom(p.Dst.Addr(), 32)), address(offsetDst, netip.PrefixFrom(p.Src.Addr(), 32))}
	if p.Protocol != sim.ICMP {
		parts = append(parts, port(0, p.Dst.Port(), p.Dst.Port()), port(2, p.Src.Port(), p.Src.Port()))
	}
	r.add(c, append(parts, setMarks(host.mark(), appMask))...)
}

// egress filters what leaves the node, but not what its applications get.
func (r *ruleset) egress(c *nftables.Chain) {
	r.passInside(c)
	f := r.chain("leave")
	r.filter(f, r.node.Egress, sim.CodeEgressDenied)
	r.add(c, jump(f))
}

// translate gives packets that open a flow another source.
func (r *ruleset) translate(c *nftables.Chain) {
	r.passInside(c)
	for i := range r.node.nat {
		n := &r.node.nat[i]
		m, ok := r.match(n.Match)
		switch {
		case !ok:
		case n.leave:
			r.add(c, m, accept())
		case !n.to.IsValid():
			r.add(c, m, r.drop(sim.CodeNoTranslation))
		case r.plan.walk.Packet.Protocol == sim.ICMP:
			r.add(c, m, rewrite(expr.NATTypeSourceNAT, n.to, 0, 0))
		default:
			r.add(c, m, rewrite(expr.NATTypeSourceNAT, n.to, n.PortFrom, n.PortTo))
		}
	}
}

// passInside leaves alone what goes to applications and what tunnels are made of.
func (r *ruleset) passInside(c *nftables.Chain) {
	for _, a := range r.plan.apps(r.node) {
		r.add(c, toward(appWire(a)), accept())
	}
	r.add(c, address(offsetDst, labsOwn), accept())
}
