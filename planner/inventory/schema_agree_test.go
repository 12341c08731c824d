package inventory

import (
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"egressplan/planner/finding"
)

// spot is one value of a document: how to reach it in a copy, and where it
// stands, list positions left out.
type spot struct {
	steps []int
	path  string
}

// places are the values of a document, one for each path.
func places(n *yaml.Node) []spot {
	var list []spot
	seen := map[string]bool{}
	var walk func(n *yaml.Node, p spot)
	walk = func(n *yaml.Node, p spot) {
		if !seen[p.path] {
			seen[p.path] = true
			list = append(list, p)
		}
		for i, c := range n.Content {
			next := spot{steps: append(append([]int{}, p.steps...), i)}
			switch {
			case n.Kind == yaml.SequenceNode:
				next.path = p.path + "[]"
			case i%2 == 0:
				continue
			default:
				next.path = p.path + "." + n.Content[i-1].Value
			}
			walk(c, next)
		}
	}
	walk(n, spot{})
	return list
}

func (p spot) in(n *yaml.Node) *yaml.Node {
	for _, i := range p.steps {
		n = n.Content[i]
	}
	return n
}

func copyOf(n *yaml.Node) *yaml.Node {
	c := *n
	c.Content = make([]*yaml.Node, len(n.Content))
	for i := range n.Content {
		c.Content[i] = copyOf(n.Content[i])
	}
	return &c
}

// trial is one document spoilt in one place.
type trial struct {
	path, way string
	err       error             // what the schema says of the document
	problems  []finding.Problem // what the tool says of it
}

// companions are the kinds of documents that names in a kind refer to.
var companions = map[string][]string{
	KindAppInventory: {KindEnvironment, KindFirewallRequirements}, KindFirewallRequirements: {KindEnvironment},
	KindPolicy: {KindEnvironment}, KindAllocations: {KindEnvironment},
}

// tryAll spoils every document of a plan in every place in every way.
func tryAll(t *testing.T, schema *jsonschema.Schema, plan string, ways []mutation, report func(trial)) int {
	t.Helper()
	docs := map[string]*yaml.Node{}
	for _, d := range documentsOf(t, []byte(plan)) {
		docs[instance(t, d).(map[string]any)["kind"].(string)] = d.Content[0]
	}
	count, forms, tried := 0, paths(t), map[string]bool{}
	for _, kind := range documentKinds {
		var others []*yaml.Node
		for _, c := range companions[kind] {
			others = append(others, docs[c])
		}
		if problems := loadNodes(docs[kind], others); len(problems) > 0 {
			t.Fatalf("%s: %+v", kind, problems)
		}
		try := func(p spot, way string, spoilt *yaml.Node) {
			count++
			report(trial{kind + p.path, way, schema.Validate(instance(t, spoilt)), loadNodes(spoilt, others)})
		}
		for _, p := range places(docs[kind]) {
			// What stands in several places is tried out in one, in the others in part.
			short := tried[forms[kind+p.path]]
			tried[forms[kind+p.path]] = true
			for i, w := range ways {
				if short && i%9 > 0 {
					continue
				}
				if spoilt := copyOf(docs[kind]); w.do(p.in(spoilt)) {
					try(p, w.name, spoilt)
				}
			}
			if len(p.steps) > 0 {
				try(p, "dropped", without(docs[kind], p))
			}
		}
	}
	return count
}

// loadNodes is Load for documents that have been parsed already, of which some
// kinds may be missing.
func loadNodes(doc *yaml.Node, others []*yaml.Node) []finding.Problem {
	l := newLoader()
	for _, n := range append(others, doc) {
		l.document(&decoder{report: l.report}, &yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{n}})
	}
	l.settle()
	return slices.DeleteFunc(l.problems, func(p finding.Problem) bool { return p.Code == CodeMissingDocument })
}

// without is a copy of a document that lacks a value, with its key.
func without(root *yaml.Node, p spot) *yaml.Node {
	root = copyOf(root)
	last := len(p.steps) - 1
	holder, from, to := spot{steps: p.steps[:last]}.in(root), p.steps[last], p.steps[last]+1
	if holder.Kind == yaml.MappingNode {
		from--
	}
	holder.Content = slices.Delete(holder.Content, from, to)
	return root
}

// relations are the problems that span several values, which no schema can see.
var relations = []string{CodeUnknownReference, CodeOverlap, CodeOutside, CodeConflict, CodeDuplicateName, CodePortsOutside}

// beyond is what a schema cannot know of a single value.
var beyond = []struct {
	code, path, way string // path and way: parts of them
	why             string
}{
	{CodeHostBits, "", "", "which bits are set behind the prefix length takes arithmetic"},
	{CodeWrongType, "", "date", "JSON has no dates: without quotes they are text"},
	{CodeBadDate, "", "2026-02-30", "how long a month is"},
	{CodeBadNumber, "", "3.0", "JSON does not tell 3.0 from 3"},
	{CodeBadNumber, "assumptions", `"`, "a number in quotes has no bounds"},
	{CodeBadQuantity, "requests", `"`, "a quantity in quotes has no bounds"},
	{CodeBadQuantity, "GB", "99999", "a volume in quotes has no bounds"},
	{CodeBadQuantity, "GB", "400..100", "which of two numbers is larger"},
	{CodeBadPorts, "ports", "tcp/5-4", "which of two numbers is larger"},
	{CodeBadHost, "hosts", "a.a.a", "253 characters count without the *. in front"},
	{CodeBadNumber, "natZones", "", "as many as there are zones"},
	{CodeBadNumber, "vpc.subnets", "", "as many as the subnet holds"},
}

// What the schema refuses, the tool refuses; and the other way round but for what
// a schema cannot know.
func TestSchemaAndToolAgree(t *testing.T) {
	refused, taken := 0, 0
	used := make([]bool, len(beyond))
	n := tryAll(t, compiled(t), everyKeyYAML, mutations(), func(tr trial) {
		if tr.err != nil {
			if refused++; len(tr.problems) == 0 {
				t.Errorf("%s, %s: the schema refuses what the tool takes: %v", tr.path, tr.way, tr.err)
			}
			return
		}
		if len(tr.problems) == 0 {
			taken++
		}
		for _, p := range tr.problems {
			if slices.Contains(relations, p.Code) {
				continue
			}
			known := slices.IndexFunc(beyond, func(b struct{ code, path, way, why string }) bool {
				return b.code == p.Code && strings.Contains(tr.path, b.path) && strings.Contains(tr.way, b.way)
			})
			if known < 0 {
				t.Errorf("%s, %s: the schema takes what the tool refuses: %s [%s]", tr.path, tr.way, p.Message, p.Code)
				continue
			}
			used[known] = true
		}
	})
	for i, b := range beyond {
		if !used[i] {
			t.Errorf("nothing shows that a schema cannot know %s (%s)", b.why, b.code)
		}
	}
	t.Logf("%d documents: the schema refuses %d, both take %d", n, refused, taken)
	if refused < 5000 || taken < 500 {
		t.Error("that is too few")
	}
}
