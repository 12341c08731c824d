package inventory

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"egressplan/planner/finding"
)

// report collects what is wrong with the input.
type report struct {
	problems []finding.Problem
	dropped  int
	stopped  bool // not everything was read, because there are too many problems
	spelling speller
}

// maxProblems is how many problems are kept: nobody reads more, and a large file
// of nothing but mistakes must not fill the memory with them.
const maxProblems = 10_000

func (r *report) add(at finding.Pos, code, fix, format string, args ...any) {
	r.keep(finding.Problem{At: at, Code: code, Message: fmt.Sprintf(format, args...), Fix: fix})
}

func (r *report) keep(p finding.Problem) {
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, p)
		return
	}
	r.dropped++
}

// full is true where more problems are only counted: what follows need not be
// read, and must not fill the memory either.
func (r *report) full() bool {
	r.stopped = r.stopped || r.dropped > 0
	return r.dropped > 0
}

// collide reports that the later of two places clashes with the earlier one.
func (r *report) collide(code string, a, b finding.Pos, fix, format string, args ...any) {
	later, earlier := a, b
	if later.Compare(earlier) < 0 {
		later, earlier = earlier, later
	}
	r.keep(finding.Problem{At: later, Earlier: earlier, Code: code, Fix: fix,
		Message: fmt.Sprintf(format, args...) + " (" + earlier.String() + ")"})
}

// decoder reads the documents of one file.
type decoder struct {
	*report
	file string
}

// target follows an alias to the value it stands for. Chains of aliases do not
// exist in YAML, and cycles were refused before decoding.
func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func (d *decoder) at(n *yaml.Node) finding.Pos {
	n = target(n)
	return finding.Pos{File: d.file, Line: n.Line, Column: n.Column}
}

func (d *decoder) problem(n *yaml.Node, code, fix, format string, args ...any) {
	d.add(d.at(n), code, fix, format, args...)
}

// isNull is true for an empty value, which counts as not given.
func isNull(n *yaml.Node) bool {
	n = target(n)
	return n.Kind == yaml.ScalarNode && n.Tag == "!!null"
}

// describe names the type of a value for messages.
func describe(n *yaml.Node) string {
	n = target(n)
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!int" || n.Tag == "!!float":
		return "the number " + quote(n.Value)
	case n.Tag == "!!bool":
		return "the truth value " + quote(n.Value)
	case n.Tag == "!!null":
		return "empty"
	case n.Tag == "!!timestamp":
		return "the date " + quote(n.Value)
	case n.Tag == "!!str":
		return "the text " + quote(n.Value)
	}
	return quote(n.Value) + " with the tag " + quote(n.Tag)
}

// quote makes a value safe and short enough for a message.
func quote(s string) string { return fmt.Sprintf("%q", shortened(s)) }

func shortened(s string) string {
	const most = 60
	if len(s) > most {
		if r := []rune(s[:min(len(s), 4*most)]); len(r) > most {
			s = string(r[:most]) + "..."
		}
	}
	return s
}

// counted is "1 zone" or "2 zones".
func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

// object is one mapping whose keys are known and unique.
type object struct {
	d    *decoder
	node *yaml.Node
	what string
	// meant are keys that unknown ones were probably meant to be: one typing
	// error is not also a missing key.
	meant []string
	// free is what labels and owner say.
	free Meta
}

// object checks the keys of a mapping; every object may carry labels and owner.
// It answers false, with a problem, where n is no mapping.
func (d *decoder) object(n *yaml.Node, what string, known ...string) (object, bool) {
	n = target(n)
	if n.Kind != yaml.MappingNode {
		d.problem(n, CodeWrongType, "write "+what+" as key: value pairs", "%s is %s, want a mapping", what, describe(n))
		return object{}, false
	}
	o := object{d: d, node: d.merged(n), what: what}
	var seen [maxKeys]*yaml.Node
	for i := 0; i+1 < len(o.node.Content); i += 2 {
		k := target(o.node.Content[i])
		at := keyIndex(k, known)
		switch {
		case at < 0:
			if meant := d.unknownKey(k, what, known); meant != "" {
				o.meant = append(o.meant, meant)
			}
		case seen[at] != nil:
			d.collide(CodeDuplicateKey, d.at(k), d.at(seen[at]), "remove one of the two", "key %s stands twice in %s", quote(k.Value), what)
		default:
			seen[at] = k
			if at >= len(known) {
				o.readMeta(k.Value, target(o.node.Content[i+1]))
			}
		}
	}
	return o, true
}

// maxKeys bounds the keys an object can know, labels and owner included; a test
// holds all objects to it.
const maxKeys = 64

func keyIndex(k *yaml.Node, known []string) int {
	if k.Kind != yaml.ScalarNode {
		return -1
	}
	for i, name := range known {
		if k.Value == name {
			return i
		}
	}
	switch k.Value {
	case "labels":
		return len(known)
	case "owner":
		return len(known) + 1
	}
	return -1
}

// unknownKey reports a key and answers which known one was probably meant.
func (d *decoder) unknownKey(k *yaml.Node, what string, known []string) string {
	if k.Kind != yaml.ScalarNode {
		d.problem(k, CodeWrongType, "write the key as plain text", "a key of %s is %s", what, describe(k))
		return ""
	}
	if d.dropped > 0 {
		d.dropped++
		return ""
	}
	meant := d.spelling.nearest(k.Value, known)
	fix := didYouMean(meant)
	head, tail, colon := strings.Cut(k.Value, ":")
	switch {
	case colon && slices.Contains(known, head):
		meant, fix = head, "write "+quote(head+": "+tail)+", with a blank after the colon"
	case meant == "" && digits(k.Value):
		fix = "write numbers without commas between their digits"
	case meant == "":
		fix = "remove it; known are " + strings.Join(known, ", ")
	}
	d.problem(k, CodeUnknownKey, fix, "unknown key %s in %s", quote(k.Value), what)
	return meant
}

// merged resolves merge keys (<<): keys written out win over merged ones, and
// earlier merged ones over later.
func (d *decoder) merged(n *yaml.Node) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag == "!!merge" {
			return d.merge(n)
		}
	}
	return n
}

func (d *decoder) merge(n *yaml.Node) *yaml.Node {
	result := &yaml.Node{Kind: n.Kind, Tag: n.Tag, Line: n.Line, Column: n.Column}
	have := map[string]bool{}
	var parts []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], target(n.Content[i+1])
		if k.Tag != "!!merge" {
			have[target(k).Value] = true
			result.Content = append(result.Content, k, v)
			continue
		}
		if v.Kind == yaml.SequenceNode {
			parts = append(parts, v.Content...)
			continue
		}
		parts = append(parts, v)
	}
	for _, part := range parts {
		part = target(part)
		if part.Kind != yaml.MappingNode {
			d.problem(part, CodeWrongType, "merge a mapping, or a list of mappings", "<< is given %s", describe(part))
			continue
		}
		part = d.merged(part)
		for i := 0; i+1 < len(part.Content); i += 2 {
			if k := target(part.Content[i]); !have[k.Value] {
				have[k.Value] = true
				result.Content = append(result.Content, k, part.Content[i+1])
			}
		}
	}
	return result
}

func (o object) at() finding.Pos { return o.d.at(o.node) }

// field is the value of a key, nil where it is absent or empty.
func (o object) field(key string) *yaml.Node {
	for i := 0; i+1 < len(o.node.Content); i += 2 {
		if target(o.node.Content[i]).Value == key {
			if v := target(o.node.Content[i+1]); !isNull(v) {
				return v
			}
			return nil
		}
	}
	return nil
}

func (o object) missing(key string) { o.missingAs(key, "add "+key) }

func (o object) missingAs(key, fix string) {
	if slices.Contains(o.meant, key) {
		return
	}
	o.d.add(o.at(), CodeMissing, fix, "%s has no %s", o.what, quote(key))
}

// parser reads one value; it reports what is wrong and then answers false.
type parser[T any] func(d *decoder, n *yaml.Node, key string) (T, bool)

// optional reads a value that has a default. A value that is wrong counts as
// not set, so that later checks do not complain about it again.
func optional[T any](o object, key string, otherwise T, parse parser[T]) Value[T] {
	if n := o.field(key); n != nil {
		if v, ok := parse(o.d, n, key); ok {
			return Value[T]{V: v, At: o.d.at(n), Set: true}
		}
		return Value[T]{V: otherwise, At: o.d.at(n)}
	}
	return Value[T]{V: otherwise, At: o.at()}
}

// required reads a value that must be there.
func required[T any](o object, key string, parse parser[T]) Value[T] {
	if o.field(key) == nil {
		o.missing(key)
	}
	var zero T
	return optional(o, key, zero, parse)
}

// items are the elements of a list, none where the key is absent.
func (o object) items(key string) []*yaml.Node {
	n := o.field(key)
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		fix := "write a list: [...], or each element on a line that begins with -"
		if n.Kind == yaml.ScalarNode && strings.IndexFunc(n.Value, func(r rune) bool { return r == '[' || r == '{' || r < ' ' }) < 0 {
			fix = "write a list: " + "[" + shortened(n.Value) + "]"
		}
		o.d.problem(n, CodeWrongType, fix, "%s is %s, want a list", key, describe(n))
		return nil
	}
	return n.Content
}

// each reads a list of values and leaves out those that are wrong.
func each[T any](o object, key string, parse parser[T]) []Value[T] {
	items := o.items(key)
	if len(items) == 0 {
		return nil
	}
	list := make([]Value[T], 0, len(items))
	for _, n := range items {
		n = target(n)
		if v, ok := parse(o.d, n, key); ok {
			list = append(list, Value[T]{V: v, At: o.d.at(n), Set: true})
		}
	}
	return list
}

// nonEmpty is each for a list that must have an element.
func nonEmpty[T any](o object, key string, parse parser[T]) []Value[T] {
	switch n := o.field(key); {
	case n == nil:
		o.missing(key)
	case n.Kind == yaml.SequenceNode && len(n.Content) == 0:
		o.d.problem(n, CodeMissing, "give at least one", "%s is empty", key)
	}
	return each(o, key, parse)
}

// maxAhead is how many objects have their place made ready: a list may be long
// and wrong.
const maxAhead = 100_000

// objects reads a list of objects and leaves out those that are none.
func objects[T any](o object, key string, read func(d *decoder, n *yaml.Node) (T, bool)) []T {
	items := o.items(key)
	if len(items) == 0 {
		return nil
	}
	list := make([]T, 0, min(len(items), maxAhead))
	for _, n := range items {
		if o.d.full() {
			break
		}
		if v, ok := read(o.d, n); ok {
			list = append(list, v)
		}
	}
	return list
}

// inner is the object at a key, if there is one.
func (o object) inner(key string, known ...string) (object, bool) {
	n := o.field(key)
	if n == nil {
		return object{}, false
	}
	return o.d.object(n, key, known...)
}
