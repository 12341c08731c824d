package inventory

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

var update = flag.Bool("update", false, "make schema.json anew")

// The schema is what input.md and the decoder's tables make of it.
func TestSchemaIsCurrent(t *testing.T) {
	made := makeSchema(t)
	if *update {
		if err := os.WriteFile("schema.json", made, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(made, Schema()) {
		t.Error("schema.json is not what docs/input.md and the decoder make of it: go test ./planner/inventory -run TestSchemaIsCurrent -update")
	}
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("egressplan.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("egressplan.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The compiler above holds a schema that says which draft it is of to that
// draft's own schema.
func TestSchemaIsOfItsDraft(t *testing.T) {
	var head struct {
		Schema string `json:"$schema"`
	}
	if err := json.Unmarshal(Schema(), &head); err != nil || head.Schema != "https://json-schema.org/draft/2020-12/schema" {
		t.Errorf("%q, %v", head.Schema, err)
	}
	compiled(t)
	c := jsonschema.NewCompiler()
	if err := c.AddResource("bad.json", map[string]any{"$schema": head.Schema, "type": "mapping"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Compile("bad.json"); err == nil {
		t.Error("a schema with an unknown type compiles: the compiler checks nothing")
	}
}

// instance is a YAML value as an editor hands it to a schema: aliases and merge
// keys resolved, numbers as numbers, dates and whatever else JSON lacks as text.
func instance(t *testing.T, n *yaml.Node) any {
	t.Helper()
	switch n = target(n); n.Kind {
	case yaml.DocumentNode:
		if len(n.Content) == 0 {
			return nil
		}
		return instance(t, n.Content[0])
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			list = append(list, instance(t, c))
		}
		return list
	case yaml.MappingNode:
		d := decoder{report: &report{}}
		n = d.merged(n)
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[target(n.Content[i]).Value] = instance(t, n.Content[i+1])
		}
		return m
	}
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int", "!!float":
		// In JSON there is no .nan, and what YAML calls octal is a typing error here.
		if _, ok := new(big.Rat).SetString(n.Value); ok && !strings.ContainsAny(n.Value, "_xob") {
			return json.Number(n.Value)
		}
	}
	return n.Value
}

// documentsOf splits a text into its documents.
func documentsOf(t *testing.T, data []byte) []*yaml.Node {
	t.Helper()
	var list []*yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var n yaml.Node
		err := dec.Decode(&n)
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, &n)
	}
}

// Every document that is shipped or that a test loads is valid.
func TestSchemaTakesEveryFixture(t *testing.T) {
	schema := compiled(t)
	texts := map[string][]byte{"environmentYAML": []byte(environmentYAML), "firewallsYAML": []byte(firewallsYAML), "appsYAML": []byte(appsYAML),
		"everyKeyYAML": []byte(everyKeyYAML), "empty": []byte("---\n---\n")}
	err := filepath.WalkDir("../../fixtures", func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && e.Name() == "broken":
			return fs.SkipDir
		}
		if filepath.Ext(path) == ".yaml" {
			texts[path], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil || len(texts) < 25 {
		t.Fatalf("%d texts, %v", len(texts), err)
	}
	for name, text := range texts {
		for _, doc := range documentsOf(t, text) {
			if err := schema.Validate(instance(t, doc)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// paths are the places of the schema ("AppInventory.spec.apps[].pods.min") and
// what it says of the values there, descriptions left out.
func paths(t *testing.T) map[string]string {
	t.Helper()
	var root map[string]any
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	defs := root["$defs"].(map[string]any)
	found := map[string]string{}
	var walk func(path string, s map[string]any)
	walk = func(path string, s map[string]any) {
		plain := maps.Clone(s)
		delete(plain, "description")
		found[path] += fmt.Sprint(plain)
		if ref, ok := s["$ref"].(string); ok {
			walk(path, defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any))
		}
		for _, choice := range asList(s["anyOf"]) {
			walk(path, choice.(map[string]any))
		}
		if items, ok := s["items"].(map[string]any); ok {
			walk(path+"[]", items)
		}
		properties, _ := s["properties"].(map[string]any)
		for key, value := range properties {
			if key != "labels" && key != "owner" {
				walk(path+"."+key, value.(map[string]any))
			}
		}
	}
	for _, kind := range documentKinds {
		walk(kind+".spec", defs[kind].(map[string]any))
	}
	return found
}

func asList(v any) []any { l, _ := v.([]any); return l }

// The plan of everyKeyYAML uses every key there is, so that what follows tries
// every key; and it loads.
func TestEveryKeyIsUsed(t *testing.T) {
	used := map[string]bool{}
	for _, doc := range documentsOf(t, []byte(everyKeyYAML)) {
		root := instance(t, doc).(map[string]any)
		var walk func(path string, v any)
		walk = func(path string, v any) {
			switch v := v.(type) {
			case map[string]any:
				for key, value := range v {
					used[path+"."+key] = true
					walk(path+"."+key, value)
				}
			case []any:
				for _, e := range v {
					walk(path+"[]", e)
				}
			}
		}
		walk(root["kind"].(string), root)
	}
	all := paths(t)
	for p := range all {
		if !strings.HasSuffix(p, "[]") && !used[p] {
			t.Errorf("nothing uses %s", p)
		}
	}
	if len(all) < 200 {
		t.Errorf("only %d places", len(all))
	}
	if _, problems := Load([]Source{source("every", everyKeyYAML)}); len(problems) > 0 {
		for _, p := range problems {
			t.Errorf("%s: %s", p.At, p.Message)
		}
	}
}

// The schema has every key of the decoder at its place, and no other. (input.md
// is held to the decoder by TestInputDocsNameEveryKey, and to the schema by what
// makes it.)
func TestSchemaHasTheDecodersKeys(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if properties, ok := v["properties"].(map[string]any); ok && v["additionalProperties"] == false {
				var keys []string
				for key := range properties {
					if key != "labels" && key != "owner" {
						keys = append(keys, key)
					}
				}
				slices.Sort(keys)
				got[strings.Join(keys, " ")] = true
			}
			for _, e := range v {
				walk(e)
			}
		case []any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(root)
	want := map[string]string{}
	for what, keys := range decoderKeys(t) {
		slices.Sort(keys)
		want[strings.Join(keys, " ")] = what
	}
	for keys, what := range want {
		if !got[keys] {
			t.Errorf("the schema has no object with the keys of %s: %s", what, keys)
		}
	}
	for keys := range got {
		if want[keys] == "" {
			t.Errorf("the decoder has no object with the keys %s", keys)
		}
	}
}

// mutation is one way to spoil a value, or to write it differently.
type mutation struct {
	name string
	do   func(n *yaml.Node) bool // false: does not apply
}

func scalarAs(tag, value string) func(n *yaml.Node) bool {
	return func(n *yaml.Node) bool {
		if n.Kind == yaml.ScalarNode && n.Tag == tag && n.Value == value {
			return false
		}
		*n = yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
		if tag == "!!str" {
			n.Style = yaml.DoubleQuotedStyle
		}
		return true
	}
}

func nested(text string) func(n *yaml.Node) bool {
	return func(n *yaml.Node) bool {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			panic(err)
		}
		*n = *doc.Content[0]
		return true
	}
}

func mutations() []mutation {
	list := []mutation{
		{"null", scalarAs("!!null", "null")}, {"true", scalarAs("!!bool", "true")}, {"false", scalarAs("!!bool", "false")},
		{"[]", nested("[]")}, {"{}", nested("{}")}, {"[[]]", nested("[[]]")}, {"[null]", nested("[null]")}, {"[x]", nested("[x]")},
		{"[1]", nested("[1]")}, {"[{}]", nested("[{}]")}, {"{x: y}", nested("{x: y}")}, {"{labels: 1}", nested("{labels: 1}")},
		{"date", scalarAs("!!timestamp", "2026-09-25")},
		{"unknown key", set("unheardOf", "1")}, {"bad labels", set("labels", "1")}, {"bad owner", set("owner", "[]")},
		{"twice", func(n *yaml.Node) bool {
			if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
				return false
			}
			n.Content = append(n.Content, n.Content[0])
			return true
		}},
	}
	for _, number := range []string{"-1", "0", "1", "2", "3", "33", "99", "100", "101", "1000", "1001", "9002", "65532", "100001", "1000001", "100000001",
		"1000000000001", "0.5", "1.5", "3.0", "0.001", "0.0000001"} {
		tag := "!!int"
		if strings.Contains(number, ".") {
			tag = "!!float"
		}
		list = append(list, mutation{number, scalarAs(tag, number)})
	}
	for _, text := range []string{"", "x", "X", "-x", "x-", "a.b", "a b", " a", "new", "all", "*", "*.x", "1", "01", "0.5", "1.", "-1", "1e3", "1_000", "1,000",
		"100..400", "400..100", "1..", "..1", "20%", "0%", "100%", "100.0%", "101%", "1000%", "1001%", "5.5%", "020%", "%", "500m", "0m", "1001", "1Gi", "1GB", "0Mi",
		"1.5Gi", "65Ti", "1Gbps", "0Gbps", "0.5Tbps", "1gbps", "10.0.0.0", "10.0.0.0/8", "10.0.0.1/8", "10.20.0.0/16", "10.20.0.0/28", "10.20.0.0/29", "10.20.0.0/33",
		"010.20.0.0/16", "10.20.0.0/016", "256.0.0.0/16", "10.20.0/16", "fd00::/8", "::1", "172.20.5.5", "172.32.0.0/16", "192.168.0.0/16",
		"192.168.0.0/25", "0.0.0.0/0", "tcp/443", "tcp/0", "tcp/0-0", "tcp/0-1", "tcp/65535", "tcp/65536", "tcp/00443", "tcp/*", "tcp/", "tcp", "sctp/1", "any", "any/1",
		"icmp", "icmp/8", "tcp/5-4", "100 allow tcp/443 10.0.0.0/8", "0 allow any 10.0.0.0/8", "32766 deny any 10.0.0.0/8", "32767 deny any 10.0.0.0/8",
		" 7  allow  icmp   10.0.0.0/8 ", "7 permit any 10.0.0.0/8", "tcp/443 10.0.0.0/8", "any 10.0.0.0", "eu-central-1", "eu-central", "eu-central-x", "EU-central-1", "us-gov-west-1",
		"2026-09", "2026-13", "2026-9-1", "2026-02-30", "m5.large", "m5", "ec2-hour:", "ec2-hour:m5.large", "nat-gateway-hour", "off", "yes",
		strings.Repeat("a", 63), strings.Repeat("a", 64), strings.Repeat("a.", 126) + "a", strings.Repeat("a.", 127) + "a", strings.Repeat("9", 41), "a/b/c", "ü", "x\n", "\u0661"} {
		list = append(list, mutation{fmt.Sprintf("%.30q", text), scalarAs("!!str", text)})
	}
	return list
}

// set gives a mapping a key, in place of one that is there.
func set(key, value string) func(n *yaml.Node) bool {
	return func(n *yaml.Node) bool {
		if n.Kind != yaml.MappingNode {
			return false
		}
		for i := 0; i < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				n.Content = slices.Delete(n.Content, i, i+2)
				break
			}
		}
		var pair yaml.Node
		nested("{" + key + ": " + value + "}")(&pair)
		n.Content = append(n.Content, pair.Content...)
		return true
	}
}

// Keys are counted in a table of fixed size.
func TestNoObjectHasMoreKeysThanAreCounted(t *testing.T) {
	for what, keys := range decoderKeys(t) {
		if len(keys)+len([]string{"labels", "owner"}) > maxKeys {
			t.Errorf("%s has %d keys", what, len(keys))
		}
	}
}
