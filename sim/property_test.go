package sim

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawn lets rapid choose, so that it can look for the smallest network that
// fails.
type drawn struct{ t *rapid.T }

func (d drawn) IntN(n int) int { return rapid.IntRange(0, n-1).Draw(d.t, "") }

// trial is one random network and one walk there and back.
type trial struct {
	net    *Network
	packet Packet
	start  NodeID
	choice int
	port   uint16
	size   uint16
	fault  Fault
}

func newTrial(c chance) trial {
	m := &maker{chance: c}
	x := trial{net: m.network(), packet: m.packet(), choice: m.IntN(6), fault: m.fault()}
	if m.yes(40) {
		x.port = []uint16{2, 1024, 40000, 65535}[m.IntN(4)]
	}
	if m.yes(20) {
		x.size = uint16(1350 + 50*m.IntN(6))
	}
	if m.yes(10) {
		x.start = m.node()
	}
	return x
}

func (x trial) walker() *Walker {
	w := NewWalker(x.net)
	w.Port, w.Size = x.port, x.size
	w.Fail(Break(x.net, x.fault))
	return w
}

// against walks a trial by both implementations.
func (x trial) against() (there, back Result, err error) {
	w := x.walker()
	s := &naive{net: x.net, choice: x.choice, port: x.port, size: x.size, fault: x.fault}
	there = w.Forward(x.start, x.packet, x.choice)
	want := s.forward(x.start, x.packet)
	if !reflect.DeepEqual(there, want) {
		return there, back, fmt.Errorf("there:\n got %+v\nwant %+v", there, want)
	}
	back = w.Reply()
	if want = s.reply(want); !reflect.DeepEqual(back, want) {
		return there, back, fmt.Errorf("back:\n got %+v\nwant %+v", back, want)
	}
	return there, back, nil
}

// TestAgainstNaive compares the walker with the second implementation. It also
// counts the endings: a comparison of nothing but failures would prove nothing.
func TestAgainstNaive(t *testing.T) {
	trials := 100_000
	if testing.Short() {
		trials = 10_000
	}
	r := rand.New(rand.NewPCG(1, 2))
	forth, replies := map[Code]int{}, map[Code]int{}
	translated := 0
	for i := range trials {
		x := newTrial(r)
		if err := Validate(x.net); err != nil {
			t.Fatalf("trial %d: %v", i, err)
		}
		there, back, err := x.against()
		if err != nil {
			t.Fatalf("trial %d of %+v: %v", i, x, err)
		}
		forth[there.Code]++
		if there.Verdict == Delivered {
			replies[back.Code]++
			if back.Verdict == Delivered && there.Packet.Src != x.packet.Src {
				translated++
			}
		}
	}
	t.Log("there", forth, "back", replies, "translated and answered", translated)
	for c := CodeDelivered; c <= CodeNoOrigin; c++ {
		if forth[c] < trials/1000 {
			t.Errorf("only %d walks ended with %v", forth[c], c)
		}
	}
	for _, c := range []Code{CodeDelivered, CodeIngressDenied, CodeEgressDenied, CodeNoRoute, CodeRouteDrop, CodeNoSession, CodeLoop, CodeNodeDown} {
		if replies[c] < trials/5000 {
			t.Errorf("only %d replies ended with %v", replies[c], c)
		}
	}
	if translated < trials/50 {
		t.Errorf("only %d translated flows were answered", translated)
	}
}

// TestAgainstNaiveSmall is the same with networks that shrink.
func TestAgainstNaiveSmall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := newTrial(drawn{t})
		if _, _, err := x.against(); err != nil {
			t.Fatalf("%+v: %v", x, err)
		}
	})
}

// TestProperties holds for every walk whatever the network.
func TestProperties(t *testing.T) {
	trials := 20_000
	if testing.Short() {
		trials = 2_000
	}
	r := rand.New(rand.NewPCG(3, 4))
	for i := range trials {
		x := newTrial(r)
		w := x.walker()
		there, out := w.Trace(x.start, x.packet, x.choice)
		back, in := w.TraceReply()
		for _, err := range []error{
			ended(there), ended(back),
			chained(x.net, x.packet, there, out), chained(x.net, mirrored(there.Packet), back, in),
			answered(x, there, back),
		} {
			if err != nil {
				t.Fatalf("trial %d of %+v: %v\n%s--\n%s", i, x, err, story(x.net, out), story(x.net, in))
			}
		}
		plain := x.walker()
		if got := plain.Forward(x.start, x.packet, x.choice); !reflect.DeepEqual(got, there) {
			t.Fatalf("trial %d: without a trace %+v, with %+v", i, got, there)
		}
		if got := plain.Reply(); !reflect.DeepEqual(got, back) {
			t.Fatalf("trial %d: reply without a trace %+v, with %+v", i, got, back)
		}
		// A used walker is as good as a new one.
		if got := w.Forward(x.start, x.packet, x.choice); !reflect.DeepEqual(got, there) {
			t.Fatalf("trial %d: second walk %+v, first %+v", i, got, there)
		}
	}
}

// ended: a verdict, a code that fits it, and a source among the sources.
func ended(r Result) error {
	fits := map[Verdict][]Code{
		Delivered: {CodeDelivered}, Unauthorized: {CodeUnauthorized}, Blackhole: {CodeNodeDown},
		Unreachable: {CodeNoOrigin}, Looped: {CodeLoop},
		Dropped: {CodeIngressDenied, CodeEgressDenied, CodeNoRoute, CodeRouteDrop, CodeNoSession, CodeProtocol, CodeNoTranslation, CodeTooBig, CodeNoUpstream},
	}
	if !slices.Contains(fits[r.Verdict], r.Code) {
		return fmt.Errorf("verdict %d with code %v", r.Verdict, r.Code)
	}
	if r.Sources != nil && r.Verdict == Delivered && !slices.Contains(r.Sources, r.Packet.Src.Addr()) {
		return fmt.Errorf("source %v is not among %v", r.Packet.Src, r.Sources)
	}
	return nil
}

// chained: the hops join up, each does to the packet what its action says and
// no more, and the last is the result.
func chained(n *Network, p Packet, r Result, hops []Hop) error {
	if r.Verdict == Unreachable {
		if len(hops) > 0 {
			return fmt.Errorf("hops of a walk that never began")
		}
		return nil
	}
	if len(hops) == 0 || len(hops) > maxHops+1 {
		return fmt.Errorf("%d hops", len(hops))
	}
	for i, h := range hops {
		if h.Before != p {
			return fmt.Errorf("hop %d begins with %v after %v", i, h.Before, p)
		}
		if (h.Code != CodeNone) != (i == len(hops)-1) {
			return fmt.Errorf("hop %d has code %v", i, h.Code)
		}
		if err := did(n, h); err != nil {
			return fmt.Errorf("hop %d: %w", i, err)
		}
		p = h.After
	}
	if last := hops[len(hops)-1]; last.Node != r.At || last.After != r.Packet || last.Code != r.Code || last.Ref != r.Ref {
		return fmt.Errorf("the last hop %+v is not the result %+v", last, r)
	}
	return nil
}

// did compares what a hop says it did with what became of the packet.
func did(n *Network, h Hop) error {
	same := h.Before
	switch h.Action {
	case ActForward, ActTunnel:
	case ActSNAT:
		same.Src = h.After.Src
		if len(n.Nodes[h.Node].NAT) == 0 {
			return fmt.Errorf("translated without a translation")
		}
	case ActUnSNAT:
		same.Dst = h.After.Dst
	default:
		return nil
	}
	if h.After != same {
		return fmt.Errorf("%v turned %v into %v", h.Action, h.Before, h.After)
	}
	return nil
}

// answered: a reply that is delivered is the mirror of the first packet and
// ends where that began.
func answered(x trial, there, back Result) error {
	if (there.Verdict == Delivered) == (back.Verdict == Unreachable) {
		return fmt.Errorf("%v there, but %v back", there.Code, back.Code)
	}
	if back.Verdict == Delivered && (back.At != x.start || back.Packet != mirrored(x.packet)) {
		return fmt.Errorf("the answer to %v at %d is %v at %d", x.packet, x.start, back.Packet, back.At)
	}
	return nil
}

// TestVariants: below the limit, choices repeat after Variants.
func TestVariants(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	seen := map[int]int{}
	for i := range 2_000 {
		x := newTrial(r)
		w := x.walker()
		ways := w.Variants(x.start, x.packet)
		seen[ways]++
		if ways < 1 || ways > MaxVariants {
			t.Fatalf("trial %d: %d variants", i, ways)
		}
		for choice := range 3 * ways {
			there := w.Forward(x.start, x.packet, choice)
			back := w.Reply()
			if got := w.Forward(x.start, x.packet, choice%ways); !reflect.DeepEqual(got, there) {
				t.Fatalf("trial %d: choice %d of %d: %+v, %+v", i, choice, ways, there, got)
			}
			if got := w.Reply(); !reflect.DeepEqual(got, back) {
				t.Fatalf("trial %d: reply, choice %d of %d: %+v, %+v", i, choice, ways, back, got)
			}
		}
	}
	for _, n := range []int{1, 2, 3, 6} {
		if seen[n] == 0 {
			t.Errorf("no network had %d variants: %v", n, seen)
		}
	}
}

// TestVariantsExample: two links there, three translators' addresses and a
// choice of four ways back: lcm(2, 3, 4) = 12.
func TestVariantsExample(t *testing.T) {
	n := chain(Node{NAT: []NAT{{To: ips("10.20.80.5", "10.20.80.6", "10.20.80.7")}}})
	n.Nodes[0].Routes = []Route{via(serverNet, 1, 1)}
	w := NewWalker(n)
	if got := w.Variants(0, query()); got != 6 {
		t.Errorf("there: %d, want lcm(2, 3) = 6", got)
	}
	n.Nodes[2].Routes = []Route{via("0.0.0.0/0", 1, 1, 1, 1)}
	if got := NewWalker(n).Variants(0, query()); got != 12 {
		t.Errorf("there and back: %d, want lcm(2, 3, 4) = 12", got)
	}
	// An alternative behind an alternative: three addresses only on the second
	// of two ways.
	n = chain(Node{}, Node{NAT: []NAT{{To: ips("10.20.80.5", "10.20.80.6", "10.20.80.7")}}})
	n.Nodes[0].Routes = []Route{via(serverNet, 3, 1)}
	if got := NewWalker(n).Variants(0, query()); got != 6 {
		t.Errorf("nested: %d, want 6", got)
	}
	many := make([]netip.Addr, 100)
	for i := range many {
		many[i] = netip.AddrFrom4([4]byte{10, 20, 80, byte(i)})
	}
	n = chain(Node{NAT: []NAT{{To: many}}})
	if got := NewWalker(n).Variants(0, query()); got != MaxVariants {
		t.Errorf("a hundred: %d", got)
	}
}

// TestNoAllocations: a verdict costs no memory once the walker is warm.
func TestNoAllocations(t *testing.T) {
	n, p := longPath()
	w := NewWalker(n)
	w.Forward(0, p, 0)
	w.Reply()
	if a := testing.AllocsPerRun(100, func() { w.Forward(0, p, 1); w.Reply() }); a != 0 {
		t.Errorf("%v allocations a walk", a)
	}
}
