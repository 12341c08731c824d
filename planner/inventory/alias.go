package inventory

import "gopkg.in/yaml.v3"

const (
	// maxDepth is how deep a document may nest.
	maxDepth = 64
	// maxShared is how many nodes aliases may add to those written out.
	maxShared = 1_000_000
)

// affordable is false, with a problem, for a document that is too deep or that a
// few aliases blow up. yaml.v3 leaves aliases as pointers, so nothing has been
// expanded yet, and an anchor may contain itself.
func (d *decoder) affordable(n *yaml.Node) bool {
	s := survey{anchors: map[*yaml.Node]extent{}, open: map[*yaml.Node]bool{}}
	all := s.of(n)
	switch {
	case s.cycle != nil:
		d.problem(s.cycle, CodeAliasBudget, "write the value out", "the anchor %s contains itself", quote(s.cycle.Anchor))
	case all.depth > maxDepth:
		d.problem(deepest(n), CodeTooDeep, "flatten it", "the document is nested deeper than %d levels", maxDepth)
	case all.shared > maxShared:
		d.problem(n, CodeAliasBudget, "write the repeated parts out, or share less by aliases", "aliases add more than a million nodes to the document")
	default:
		return true
	}
	return false
}

// extent is how large a value is: the nodes written out, those that aliases add
// (counted up to just above the budget), and the levels below it.
type extent struct{ written, shared, depth int }

// survey measures a document without following any alias twice.
type survey struct {
	anchors map[*yaml.Node]extent
	open    map[*yaml.Node]bool // anchors being measured
	cycle   *yaml.Node
}

func (s *survey) of(n *yaml.Node) extent {
	if n.Kind == yaml.AliasNode {
		e := s.anchor(n.Alias)
		return extent{written: 1, shared: min(e.written+e.shared, maxShared+1), depth: e.depth}
	}
	if n.Anchor != "" {
		return s.anchor(n)
	}
	return s.inside(n)
}

// anchor measures an anchored value once.
func (s *survey) anchor(n *yaml.Node) extent {
	if e, ok := s.anchors[n]; ok {
		return e
	}
	if s.open[n] {
		s.cycle = n
		return extent{}
	}
	s.open[n] = true
	e := s.inside(n)
	delete(s.open, n)
	s.anchors[n] = e
	return e
}

func (s *survey) inside(n *yaml.Node) extent {
	e := extent{written: 1}
	for _, c := range n.Content {
		part := s.of(c)
		e.written += part.written
		e.shared = min(e.shared+part.shared, maxShared+1)
		e.depth = max(e.depth, part.depth)
	}
	if n.Kind != yaml.ScalarNode {
		e.depth++
	}
	return e
}

// deepest is the first value on level maxDepth+1, or the last before an alias
// leads there.
func deepest(n *yaml.Node) *yaml.Node {
	var walk func(n *yaml.Node, level int) *yaml.Node
	walk = func(n *yaml.Node, level int) *yaml.Node {
		if level > maxDepth && n.Kind != yaml.ScalarNode {
			return n
		}
		for _, c := range n.Content {
			if found := walk(c, level+1); found != nil {
				return found
			}
		}
		return nil
	}
	if found := walk(n, 1); found != nil {
		return found
	}
	return n
}
