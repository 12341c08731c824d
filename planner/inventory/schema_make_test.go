package inventory

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
)

// addressFix is what to do about what is no address.
const addressFix = "Write four decimal numbers without leading zeros: 10.20.1.9."

// members is a JSON object whose keys keep their order, as a person would sort
// them.
type members []member

type member struct {
	key   string
	value any
}

func (m members) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, e := range m {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, v := range []any{e.key, e.value} {
			var one bytes.Buffer
			enc := json.NewEncoder(&one)
			enc.SetEscapeHTML(false)
			if err := enc.Encode(v); err != nil {
				return nil, err
			}
			if j > 0 {
				b.WriteByte(':')
			}
			b.Write(bytes.TrimSpace(one.Bytes()))
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func (m members) get(key string) (any, int) {
	for i, e := range m {
		if e.key == key {
			return e.value, i
		}
	}
	return nil, -1
}

// with is m with some keys replaced or added; m stays as it is.
func (m members) with(more ...any) members {
	m = slices.Clone(m)
	for i := 0; i < len(more); i += 2 {
		key := more[i].(string)
		if _, at := m.get(key); at >= 0 {
			m[at].value = more[i+1]
			continue
		}
		m = append(m, member{key, more[i+1]})
	}
	return m
}

func schemaOf(more ...any) members { return members{}.with(more...) }

// orNull is the schema of a value that may also be empty, which counts as left
// out.
func orNull(s members) members {
	if t, at := s.get("type"); at >= 0 {
		types, many := t.([]string)
		if !many {
			types = []string{t.(string)}
		}
		s = s.with("type", append(slices.Clone(types), "null"))
		if words, at := s.get("enum"); at >= 0 {
			s = s.with("enum", append(slices.Clone(words.([]any)), nil))
		}
		return s
	}
	return schemaOf("anyOf", []any{s, schemaOf("type", "null")})
}

// The notations of input.md as regular expressions that ECMA-262 and RE2 both
// read.
const (
	octetForm    = `(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])`
	addressForm  = octetForm + `(\.` + octetForm + `){3}`
	labelForm    = `[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?`
	decimalForm  = `(0|[1-9][0-9]*)(\.[0-9]+)?`
	positiveForm = `([1-9][0-9]*(\.[0-9]+)?|0\.[0-9]*[1-9][0-9]*)`
	portForm     = `([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])`
	portsForm    = `(any|icmp|(tcp|udp)/(\*|` + portForm + `|(0|` + portForm + `)-` + portForm + `))`
	blockForm    = addressForm + `/(3[0-2]|[12]?[0-9])`
	regionForm   = `[a-z]+(-[a-z]+)+-[0-9]+`
	partForm     = `[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?`
	domainForm   = labelForm + `(\.` + labelForm + `)*`
	aclNumber    = `([1-9][0-9]{0,3}|[12][0-9]{4}|3[01][0-9]{3}|32[0-6][0-9]{2}|327[0-5][0-9]|3276[0-6])` // 1 to 32766
)

// pattern is a text of a form, with what an editor shall say of one that is not.
func pattern(form, fix string) members {
	return schemaOf("type", "string", "pattern", "^"+form+"$", "patternErrorMessage", fix)
}

// fixOf is the way out that validate gives for a code.
func fixOf(code string) string {
	for _, c := range Codes() {
		if c.Code == code {
			return c.Fix
		}
	}
	panic(code)
}

func words[T ~string](list ...T) members {
	var all []any
	for _, w := range list {
		all = append(all, string(w))
	}
	return schemaOf("type", "string", "enum", all)
}

func wholeNumber(low, high int) members {
	return schemaOf("type", "integer", "minimum", low, "maximum", high)
}

// decimalNumber may be written in quotes.
func decimalNumber(low, high decimal.Decimal) members {
	return schemaOf("type", []string{"number", "string"}, "minimum", json.Number(low.String()), "maximum", json.Number(high.String()),
		"pattern", "^"+decimalForm+"$", "patternErrorMessage", fixOf(CodeBadNumber), "maxLength", 40)
}

func listOf(item members, more ...any) members {
	return schemaOf("type", "array", "items", item).with(more...)
}

func ref(name string) members { return schemaOf("$ref", "#/$defs/"+name) }

func lengths(list ...string) string { return addressForm + "/(" + strings.Join(list, "|") + ")" }

var (
	anyText     = schemaOf("type", "string")
	filledText  = schemaOf("type", "string", "minLength", 1)
	anyName     = pattern(labelForm, fixOf(CodeBadName))
	maybeName   = pattern("("+labelForm+")?", fixOf(CodeBadName)) // an optional reference: "" counts as left out
	truth       = schemaOf("type", "boolean")
	anyBlock    = pattern(blockForm, fixOf(CodeBadCIDR))
	subnetBlock = pattern(lengths("1[6-9]", "2[0-8]"), fixOf(CodeBadCIDR)+" AWS wants /16 to /28.")
	poolBlock   = pattern(lengths("2[0-8]", "1?[0-9]"), fixOf(CodeBadCIDR)+" It must hold a subnet: /28 or wider.")
	anyPorts    = pattern(portsForm, fixOf(CodeBadPorts))
	anyDate     = pattern(`[0-9]{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?`, fixOf(CodeBadDate))
	gigabytes   = schemaOf("type", []string{"number", "string"}, "minimum", 0, "maximum", json.Number(maxVolume.String()),
		"pattern", "^"+decimalForm+`(\.\.`+decimalForm+")?$", "patternErrorMessage", "Write GB a month as a number or low..high: 400 or 100..400.")
	unique = []any{"uniqueItems", true}
)

func serviceBlock() members {
	return pattern(`(10(\.`+octetForm+`){3}|172\.(1[6-9]|2[0-9]|3[01])(\.`+octetForm+`){2}|192\.168(\.`+octetForm+`){2})/(1[2-9]|2[0-4])`,
		"Write a private block from /12 to /24: 172.20.0.0/16.")
}

// shapeMaker makes the schema and takes the descriptions from input.md.
type shapeMaker struct {
	t    *testing.T
	docs map[string][][]string
	used map[string]bool
}

// key is one key of an object.
type key struct {
	name     string
	value    members
	required bool
}

func must(name string, value members) key { return key{name, value, true} }
func may(name string, value members) key  { return key{name, value, false} }

// object is the schema of a mapping with these keys. section is the heading of
// input.md, within the key of a small object that has its rows in the section of
// the one around it.
func (m *shapeMaker) object(section, within string, keys ...key) members {
	properties, required := members{}, []string{}
	for _, k := range keys {
		value := k.value
		if !k.required {
			value = orNull(value)
		}
		path := strings.TrimPrefix(within+"."+k.name, ".")
		properties = append(properties, member{k.name, schemaOf("description", m.describe(section, path)).with(flat(value)...)})
		if k.required {
			required = append(required, k.name)
		}
	}
	properties = append(properties, member{"labels", ref("labels")}, member{"owner", ref("owner")})
	s := schemaOf("type", "object", "additionalProperties", false)
	if len(required) > 0 {
		s = s.with("required", required)
	}
	return s.with("properties", properties)
}

func flat(m members) []any {
	var list []any
	for _, e := range m {
		list = append(list, e.key, e.value)
	}
	return list
}

var markdownLink = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)

// describe is what input.md says of a key, in sentences.
func (m *shapeMaker) describe(section, path string) string {
	for _, row := range m.docs[section] {
		if row[0] != path {
			continue
		}
		m.used[section+": "+path] = true
		text, meaning := "Takes "+row[1], row[3]
		switch row[2] {
		case "":
		case "required":
			text += "; required"
		default:
			text += "; default: " + row[2]
		}
		if meaning != "" {
			text = strings.ToUpper(meaning[:1]) + meaning[1:] + ". " + text
		}
		return markdownLink.ReplaceAllString(text, "$1") + "."
	}
	m.t.Errorf("docs/input.md has no row %s in %s", path, section)
	return ""
}

// makeSchema is the schema of one document.
func makeSchema(t *testing.T) []byte {
	t.Helper()
	m := &shapeMaker{t: t, docs: inputDocs(t), used: map[string]bool{}}
	kinds := []struct {
		kind  string
		shape members
	}{
		{KindEnvironment, m.environment()}, {KindAppInventory, m.appInventory()}, {KindFirewallRequirements, m.firewallRequirements()},
		{KindPolicy, m.policy()}, {KindPriceBook, m.priceBook()}, {KindAllocations, m.allocations()},
	}
	var names []string
	var choices []any
	defs := members{}
	for _, k := range kinds {
		names = append(names, k.kind)
		choices = append(choices, schemaOf(
			"if", schemaOf("properties", schemaOf("kind", schemaOf("const", k.kind)), "required", []string{"kind"}),
			"then", schemaOf("properties", schemaOf("spec", ref(k.kind)))))
		defs = defs.with(k.kind, k.shape)
	}
	defs = append(defs, m.parts()...)
	root := m.object("document", "",
		must("apiVersion", schemaOf("const", APIVersion)),
		must("kind", words(names...)),
		may("metadata", m.object("document", "metadata", may("name", anyName))),
		must("spec", schemaOf("type", "object")))
	s := schemaOf(
		"$schema", "https://json-schema.org/draft/2020-12/schema",
		"title", "egressplan "+APIVersion,
		"description", "One input document of egressplan. An empty document is none.",
	).with(flat(orNull(root))...).with("allOf", choices, "$defs", defs)
	for section, rows := range m.docs {
		for _, row := range rows {
			if section != "problems" && section != "assumptions" && !m.used[section+": "+row[0]] {
				t.Errorf("the schema has no place for %s of %s", row[0], section)
			}
		}
	}
	return []byte(layout(t, s, "") + "\n")
}

// layout writes a value on one line where it fits, else its parts on lines of
// their own.
func layout(t *testing.T, v any, indent string) string {
	t.Helper()
	const width = 160
	var compact bytes.Buffer
	enc := json.NewEncoder(&compact)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	line := strings.TrimSpace(compact.String())
	if len(indent)+len(line) <= width {
		return line
	}
	var parts []string
	inner := indent + "  "
	switch v := v.(type) {
	case members:
		for _, e := range v {
			parts = append(parts, strconv.Quote(e.key)+": "+layout(t, e.value, inner))
		}
		return "{\n" + inner + strings.Join(parts, ",\n"+inner) + "\n" + indent + "}"
	case []any:
		for _, e := range v {
			parts = append(parts, layout(t, e, inner))
		}
		return "[\n" + inner + strings.Join(parts, ",\n"+inner) + "\n" + indent + "]"
	}
	return line
}
