package inventory

import (
	"gopkg.in/yaml.v3"

	"egressplan/planner/finding"
)

// readMeta reads the free text that every object may carry.
func (o *object) readMeta(key string, n *yaml.Node) {
	switch {
	case isNull(n):
	case key == "labels":
		o.free.Labels = o.d.texts(n, key, freeText)
	default:
		o.free.Owner, _ = freeText(o.d, n, key)
	}
}

func (o object) meta() Meta { return o.free }

// texts reads a mapping of free keys to texts.
func (d *decoder) texts(n *yaml.Node, what string, parse parser[string]) map[string]string {
	if n.Kind != yaml.MappingNode {
		d.problem(n, CodeWrongType, "write "+what+" as key: value pairs", "%s is %s, want a mapping", what, describe(n))
		return nil
	}
	n = d.merged(n)
	result := make(map[string]string, len(n.Content)/2)
	seen := make(map[string]finding.Pos, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := target(n.Content[i])
		if k.Kind != yaml.ScalarNode {
			d.unknownKey(k, what, nil)
			continue
		}
		if earlier, twice := seen[k.Value]; twice {
			d.collide(CodeDuplicateKey, d.at(k), earlier, "remove one of the two", "key %s stands twice in %s", quote(k.Value), what)
			continue
		}
		seen[k.Value] = d.at(k)
		if v, ok := parse(d, target(n.Content[i+1]), what+"."+k.Value); ok {
			result[k.Value] = v
		}
	}
	return result
}
