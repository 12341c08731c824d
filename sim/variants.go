package sim

import "iter"

// MaxVariants is the most that Variants answers.
const MaxVariants = 64

// Variants is how many choices, 0 up to but excluding it, must be walked to see
// every alternative that any choice leads to, on the way there and on the way
// back: the least common multiple of the numbers of alternatives met, from 1 to
// MaxVariants. Below MaxVariants any greater choice walks as choice modulo
// Variants does. At MaxVariants not every combination is seen, though every
// alternative of lists up to that length. It replaces the flow of the last
// Forward.
func (w *Walker) Variants(start NodeID, p Packet) int {
	for choice := range w.Choices() {
		w.Forward(start, p, choice)
		w.Reply()
	}
	return w.ways
}

// Choices counts up from 0 to what Variants would answer, as far as the walks
// made within the loop show: each turn must walk its choice, there and back.
func (w *Walker) Choices() iter.Seq[int] {
	return func(yield func(int) bool) {
		w.ways = 1
		for choice := 0; choice < w.ways && yield(choice); choice++ {
		}
	}
}

// commonMultiple is the least common multiple, at most MaxVariants. Once there
// it stays, as ever more walks cannot be asked for.
func commonMultiple(a, b int) int {
	if a >= MaxVariants {
		return MaxVariants
	}
	x, y := max(a, 1), b
	for y != 0 {
		x, y = y, x%y
	}
	return min(max(a, 1)/x*b, MaxVariants)
}
