package planner

import (
	"cmp"
	"fmt"
	"strings"

	"egressplan/cidr"
	"egressplan/planner/finding"
	"egressplan/planner/inventory"
	"egressplan/sim"
)

// pathFindings turns what the walks showed into blockers. Where the estate is
// blocked already, broken paths are only its consequence.
func (w *work) pathFindings() {
	if w.blocked() {
		w.buriedFindings()
		return
	}
	blocked := map[string]bool{}
	for _, f := range w.found {
		if f.Severity == finding.Blocker {
			for _, s := range f.Subjects {
				blocked[s] = true
			}
		}
	}
	for _, fp := range w.paths {
		if fp.broken < 0 || blocked[fp.f.app.Key] || blocked[fp.f.subject()] {
			continue
		}
		p, s := &fp.paths[fp.broken], fp.f.subject()
		blocked[s] = true
		if fp.f.to.Kind.V != inventory.KindOnPremises {
			w.report("outside-path-broken", fp.f.flow.At, []string{s}, "%s from %s (%s): %s", s, p.from.zone, p.from.variant, w.reason(p).Text)
			continue
		}
		code, text := w.brokenPath(p)
		w.report(code, fp.f.flow.At, []string{s}, "%s from %s (%s): %s", s, p.from.zone, p.from.variant, text)
	}
}

// buriedFindings are the flows that need no walk to be hopeless: their destination
// lies inside a block that the VPC has already. They are said where the estate is
// blocked, so that an app that can go no way is left out of the plan before its
// space counts against it.
func (w *work) buriedFindings() {
	existing := w.existingVPC()
	for _, f := range w.flows() {
		for _, c := range w.ownBlocks(f.to) {
			if !f.inbound() && cidr.Contains(existing, c) {
				w.report("destination-inside-vpc", f.flow.At, []string{f.subject()}, "%s: %s is inside a CIDR of the VPC", f.subject(), c)
				break
			}
		}
	}
}

// works: it arrived, the allow-list admits all it may show, the reply came back.
func (p *walked) works() bool {
	return !p.noOrigin() && p.result.Verdict == sim.Delivered && !p.astray && p.allowed && p.replied
}

// brokenPath says what is wrong with a path, as a code and in words.
func (w *work) brokenPath(p *walked) (code, text string) {
	reason := w.reason(p)
	switch {
	case p.result.Verdict == sim.Delivered && !p.astray && p.allowed && !p.replied:
		return "no-return-route", reason.Text
	case reason.Code == "local":
		return "destination-inside-vpc", reason.Text
	}
	return "path-broken", p.result.Verdict.String() + " " + reason.Text
}

// reason says why a path ended as it did.
func (w *work) reason(p *walked) Reason {
	switch {
	case p.noOrigin():
		return Reason{"no-origin", "no pod of the app has a place in " + p.from.zone}
	case p.works():
		return Reason{"delivered", "delivered, admitted, and the reply came back"}
	case p.astray:
		return Reason{"delivered-elsewhere", fmt.Sprintf("%s is delivered to %s instead", p.result.Packet.Dst.Addr(), p.net.nodeName(p.result.At))}
	case p.result.Verdict == sim.Delivered && !p.allowed:
		return Reason{"not-allowed", "the allow-list does not admit every source it may show"}
	case p.result.Verdict == sim.Delivered && p.reply.Verdict == sim.Delivered:
		return Reason{"reply-elsewhere", fmt.Sprintf("the reply to %s was delivered inside the site: the source overlaps it", p.result.Packet.Src.Addr())}
	case p.result.Verdict == sim.Delivered:
		return Reason{"no-reply", fmt.Sprintf("the reply to %s is lost at %s: %s", p.result.Packet.Src.Addr(), p.net.nodeName(p.reply.At), p.net.say(p.reply))}
	}
	if p.result.Verdict == sim.Unreachable {
		return Reason{"no-origin", "the pod is lost with it"}
	}
	n := p.net.notes[p.result.Ref]
	code := cmp.Or(n.code, p.result.Code.String())
	if p.result.At == p.net.vpc {
		return Reason{"local", fmt.Sprintf("%s is inside a CIDR of the VPC, where no subnet holds it", p.result.Packet.Dst.Addr())}
	}
	return Reason{code, fmt.Sprintf("at %s: %s", p.net.nodeName(p.result.At), p.net.say(p.result))}
}

// nodeName names a node of the network.
func (b *builder) nodeName(id sim.NodeID) string {
	if id == sim.None {
		return "nowhere"
	}
	return b.net.Nodes[id].Name
}

// say puts a result's reason into words: the note behind its Ref, else its code.
func (b *builder) say(r sim.Result) string {
	n := b.notes[r.Ref]
	switch {
	case r.Code == sim.CodeNoTranslation && n.text != "":
		return "no address or port is left to translate to (" + n.text + ")"
	case r.Code == sim.CodeNoUpstream && n.text != "":
		return "no gateway is left to connect to (" + n.text + ")"
	case n.text != "":
		return n.text
	}
	return strings.ReplaceAll(r.Code.String(), "-", " ")
}
