package main

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"egressplan/planner"
	"egressplan/sim"
	"egressplan/sim/lab"
)

// proveWaits are how long an answer is waited for, the second where the first
// does not show what was walked: in a lab of one machine it takes milliseconds,
// on a busy one more.
var proveWaits = []time.Duration{400 * time.Millisecond, 4 * time.Second}

// provedPaths is how many paths are sent at most: each takes about a tenth of a
// second, and the wait if it is lost.
const provedPaths = 500

// prove sends the packet of every path that was walked through Linux network
// namespaces that are built like the network.
func (a *simulation) prove(f *planner.Following) error {
	if err := lab.Available(); err != nil {
		return fmt.Errorf("--prove sends real packets, and here it cannot: %w", err)
	}
	if len(a.paths) > provedPaths {
		return fmt.Errorf("--prove sends at most %s; there are %d: narrow it down with --app or --to", count(provedPaths, "path"), len(a.paths))
	}
	at := 0
	for p, w := range f.EachWalk() {
		for at < len(a.paths) && !samePath(&a.paths[at], &p) {
			at++ // has nowhere to start from
		}
		if at == len(a.paths) {
			return &faultError{errors.New("a path is walked that was not listed")}
		}
		for _, wait := range proveWaits {
			proof, err := prove(w, wait)
			if err != nil {
				return err
			}
			if a.paths[at].Proof = proof; proof.Agrees {
				break
			}
		}
		at++
	}
	return nil
}

// samePath reports whether two views are of the same path.
func samePath(x, y *planner.Path) bool {
	return x.App == y.App && x.To == y.To && x.Zone == y.Zone && x.Variant == y.Variant && x.Destination == y.Destination &&
		x.Protocol == y.Protocol && x.Port == y.Port && x.Initiator == y.Initiator && x.State == y.State && x.Verdict == y.Verdict
}

// prove sends one packet and holds what became of it against the walk.
func prove(w planner.Walk, wait time.Duration) (*planner.Proof, error) {
	l, err := lab.Build(w.Net, lab.Walk{Start: w.Start, Packet: w.Packet, Choice: w.Choice, Fault: w.Fault})
	if err != nil {
		return nil, &faultError{fmt.Errorf("building the path in the kernel: %w", err)}
	}
	got, err := l.Run(wait)
	if err := cmp.Or(err, l.Close()); err != nil {
		return nil, &faultError{fmt.Errorf("sending the packet: %w", err)}
	}
	walker := sim.NewWalker(w.Net)
	walker.Fail(sim.Break(w.Net, w.Fault))
	walker.Port = w.Packet.Src.Port() // the kernel keeps it where the pool has it
	there := walker.Forward(w.Start, w.Packet, w.Choice)
	back := walker.Reply()
	p := &planner.Proof{Arrived: got.Verdict == sim.Delivered, Replied: got.Replied, Agrees: (there.Verdict == sim.Delivered) == (got.Verdict == sim.Delivered)}
	if p.Arrived {
		p.Seen, p.At = got.Packet.Src.String(), w.Net.Nodes[got.At].Name
		p.Agrees = p.Agrees && got.At == there.At && got.Packet.Src.Addr() == there.Packet.Src.Addr() && got.Replied == (back.Verdict == sim.Delivered)
	}
	return p, nil
}

// writeProofs says what the kernel made of the paths, and fails if that is not
// what was walked.
func (a *simulation) writeProofs(p *page) error {
	n, wrong := 0, 0
	for i := range a.paths {
		if x := a.paths[i].Proof; x != nil {
			n++
			if !x.Agrees {
				wrong++
			}
		}
	}
	p.heading(fmt.Sprintf("Checked with real packets: of %s the kernel agrees with %d; it may give any port of a pool", count(n, "path"), n-wrong))
	for i := range a.paths {
		if x := &a.paths[i]; x.Proof != nil {
			p.item("- ", fmt.Sprintf("%s -> %s (%s) %s from %s (%s)%s: %s", x.App, x.To, x.Destination, portText(x.Protocol, x.Port), x.Zone, x.Variant,
				pick(x.State == healthy, "", " in "+x.State), proofText(x.Proof)))
		}
	}
	if wrong > 0 {
		return &faultError{fmt.Errorf("%s the kernel does not treat as walked", count(wrong, "path"))}
	}
	return nil
}

func proofText(x *planner.Proof) string {
	text := "did not arrive"
	if x.Arrived {
		text = fmt.Sprintf("seen as %s at %s, reply %s", x.Seen, x.At, pick(x.Replied, "came back", "did not come back"))
	}
	return text + pick(x.Agrees, "", "; that is NOT what was walked")
}
