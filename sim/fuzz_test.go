package sim

import "testing"

// bytesChance draws from fuzzed bytes; zeros once they are used up.
type bytesChance struct{ data []byte }

func (c *bytesChance) IntN(n int) int {
	if len(c.data) < 2 {
		return 0
	}
	x := int(c.data[0])<<8 | int(c.data[1])
	c.data = c.data[2:]
	return x % n
}

// FuzzWalk walks networks made of fuzzed bytes: every walk ends, gives a reason,
// its hops join up, only the source is translated, and the second implementation
// agrees.
func FuzzWalk(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4096 {
			return
		}
		x := newTrial(&bytesChance{data})
		if err := Validate(x.net); err != nil {
			t.Fatal(err)
		}
		if _, _, err := x.against(); err != nil {
			t.Fatal(err)
		}
		w := x.walker()
		there, out := w.Trace(x.start, x.packet, x.choice)
		back, in := w.TraceReply()
		for _, err := range []error{ended(there), ended(back), chained(x.net, x.packet, there, out), chained(x.net, mirrored(there.Packet), back, in), answered(x, there, back)} {
			if err != nil {
				t.Fatalf("%v\n%s--\n%s", err, story(x.net, out), story(x.net, in))
			}
		}
	})
}
