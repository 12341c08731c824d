package inventory

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"gopkg.in/yaml.v3"
)

// text reads a string. A number or truth value is refused rather than
// converted: 1.10 and 1.1 are one number and two names.
func text(d *decoder, n *yaml.Node, key string) (string, bool) {
	n = target(n)
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" {
		return n.Value, true
	}
	fix := "write a single text"
	switch {
	case n.Kind == yaml.ScalarNode:
		fix = "put it in quotes: " + quote(n.Value)
	case isTemplate(n):
		fix = "fill in the template first: {{ }} is not YAML"
	}
	d.problem(n, CodeWrongType, fix, "%s is %s, want text", key, describe(n))
	return "", false
}

// isTemplate is true for {{ .Values.x }}, which YAML takes for a mapping in a
// mapping.
func isTemplate(n *yaml.Node) bool {
	return n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle != 0 && len(n.Content) > 0 && n.Content[0].Kind == yaml.MappingNode
}

// freeText reads any scalar as the text it was written as.
func freeText(d *decoder, n *yaml.Node, key string) (string, bool) {
	n = target(n)
	if n.Kind == yaml.ScalarNode {
		return n.Value, true
	}
	return text(d, n, key)
}

// reference reads the name of something that is defined elsewhere.
func reference(d *decoder, n *yaml.Node, key string) (string, bool) {
	s, ok := text(d, n, key)
	if ok && s == "" {
		d.problem(n, CodeMissing, "write a name", "%s is an empty text", key)
		return "", false
	}
	return s, ok
}

// name reads a DNS-1123 label.
func name(d *decoder, n *yaml.Node, key string) (string, bool) {
	s, ok := text(d, n, key)
	if !ok {
		return "", false
	}
	if !isLabel(s) {
		d.badName(n, key, s)
	}
	return s, true // as it is, so that references to it do not look wrong too
}

func (d *decoder) badName(n *yaml.Node, key, s string) {
	fix := "use at most 63 lower-case letters, digits and '-', with a letter or digit at both ends"
	if t := asLabel(s); t != "" {
		fix = "write " + quote(t)
	}
	d.problem(n, CodeBadName, fix, "%s %s is not a DNS-1123 label", key, quote(s))
}

// isLabel is true for a DNS-1123 label (RFC 1123 section 2.1; Kubernetes,
// Object Names and IDs).
func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// asLabel is the nearest label to s, "" if there is none.
func asLabel(s string) string {
	lost := false
	t := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r == '_', r == ' ', r == '.', r == '/':
			return '-'
		}
		lost = true // what it should be instead nobody can tell
		return -1
	}, s), "-")
	if lost || !isLabel(t) {
		return ""
	}
	return t
}

// subdomain reads a DNS-1123 subdomain: labels separated by dots, as names of
// service accounts may be.
func subdomain(d *decoder, n *yaml.Node, key string) (string, bool) {
	s, ok := text(d, n, key)
	if ok && !isSubdomain(s) {
		d.badName(n, key, s)
		return "", false
	}
	return s, ok
}

func isSubdomain(s string) bool {
	if len(s) > 253 {
		return false
	}
	for part := range strings.SplitSeq(s, ".") {
		if !isLabel(part) {
			return false
		}
	}
	return true
}

// host reads a DNS name, "*." in front allowed.
func host(d *decoder, n *yaml.Node, key string) (string, bool) {
	s, ok := text(d, n, key)
	if !ok || isSubdomain(strings.TrimPrefix(s, "*.")) {
		return s, ok
	}
	fix := "write lower-case labels of letters, digits and '-', separated by dots"
	if t := strings.ToLower(strings.TrimSuffix(strings.TrimSpace(s), ".")); isSubdomain(strings.TrimPrefix(t, "*.")) {
		fix = "write " + quote(t)
	}
	d.problem(n, CodeBadHost, fix, "%s %s is not a host name", key, quote(s))
	return "", false
}

// boolean reads true or false.
func boolean(d *decoder, n *yaml.Node, key string) (bool, bool) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!bool" {
		switch n.Value {
		case "true", "True", "TRUE":
			return true, true
		case "false", "False", "FALSE":
			return false, true
		}
	}
	d.problem(n, CodeWrongType, "write true or false, without quotes", "%s is %s, want true or false", key, describe(n))
	return false, false
}

// oneOf reads one of a few words.
func oneOf[T ~string](words ...T) parser[T] {
	return func(d *decoder, n *yaml.Node, key string) (T, bool) {
		known := make([]string, len(words))
		for i, w := range words {
			known[i] = string(w)
		}
		list := "one of " + strings.Join(known, ", ")
		if len(known) == 1 {
			list = known[0]
		}
		if n.Kind != yaml.ScalarNode || n.Tag != "!!str" {
			d.problem(n, CodeWrongType, "take "+list, "%s is %s, want %s", key, describe(n), list)
			return "", false
		}
		if i := slices.Index(known, n.Value); i >= 0 {
			return words[i], true
		}
		fix := d.spelling.suggest(n.Value, known)
		if fix == "" {
			fix = "take " + list
		}
		d.problem(n, CodeBadEnum, fix, "%s %s is not %s", key, quote(n.Value), list)
		return "", false
	}
}

// whole reads a whole number from low to high.
func whole(low, high int) parser[int] {
	return func(d *decoder, n *yaml.Node, key string) (int, bool) {
		s, ok := number(d, n, key)
		if !ok {
			return 0, false
		}
		v, err := strconv.Atoi(s)
		if err != nil && strings.ContainsRune(s, '.') {
			d.problem(n, CodeBadNumber, "write a whole number", "%s %s is not a whole number", key, quote(s))
			return 0, false
		}
		if err != nil || v < low || v > high {
			d.problem(n, CodeBadNumber, "write a whole number from "+strconv.Itoa(low)+" to "+strconv.Itoa(high),
				"%s %s is outside %d..%d", key, quote(s), low, high)
			return 0, false
		}
		return v, true
	}
}

// number checks that a scalar is a number in plain decimal notation, of YAML's
// own int or float type. YAML would read 017 as 15 and 1_000 as 1000.
func number(d *decoder, n *yaml.Node, key string) (string, bool) {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" && n.Tag != "!!float" {
		fix := "write a number"
		if t := strings.TrimPrefix(n.Value, "/"); n.Kind == yaml.ScalarNode && isDecimal(t) {
			fix = "remove the quotes"
			if t != n.Value {
				fix = "write " + t
			}
		}
		d.problem(n, CodeWrongType, fix, "%s is %s, want a number", key, describe(n))
		return "", false
	}
	return n.Value, d.plainNumber(n, key)
}

func (d *decoder) plainNumber(n *yaml.Node, key string) bool {
	if isDecimal(n.Value) {
		return true
	}
	fix := "write digits only, with a point before decimals: no unit, exponent, underscore or leading zero"
	if v := strings.TrimPrefix(n.Value, "-"); v != n.Value && isDecimal(v) {
		d.problem(n, CodeBadNumber, "write 0 or more", "%s %s is negative", key, quote(n.Value))
		return false
	}
	if t := strings.TrimLeft(strings.ReplaceAll(n.Value, "_", ""), "0"); isDecimal(t) {
		fix = "write " + t + " if that is meant"
	} else if t := strings.Replace(n.Value, ",", ".", 1); isDecimal(t) {
		fix = "write " + t + " if that is meant: with a point before decimals"
	}
	d.problem(n, CodeBadNumber, fix, "%s %s is not a number in plain decimal notation", key, quote(n.Value))
	return false
}

// isDecimal is true for digits with at most one point between them, no leading
// zero, no sign, 40 characters at most.
func isDecimal(s string) bool {
	if s == "" || len(s) > 40 {
		return false
	}
	integer, fraction, point := strings.Cut(s, ".")
	if !digits(integer) || len(integer) > 1 && integer[0] == '0' {
		return false
	}
	return !point || digits(fraction)
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// amount reads a decimal from low to high, as a number or in quotes.
func amount(low, high decimal.Decimal) parser[decimal.Decimal] {
	return func(d *decoder, n *yaml.Node, key string) (decimal.Decimal, bool) {
		quoted := n.Kind == yaml.ScalarNode && n.Tag == "!!str"
		if !quoted {
			if _, ok := number(d, n, key); !ok {
				return decimal.Decimal{}, false
			}
		}
		if quoted && !d.plainNumber(n, key) {
			return decimal.Decimal{}, false
		}
		v := decimal.RequireFromString(n.Value)
		if v.LessThan(low) || v.GreaterThan(high) {
			d.problem(n, CodeBadNumber, "write a number from "+low.String()+" to "+high.String(),
				"%s %s is outside %s..%s", key, quote(n.Value), low, high)
			return decimal.Decimal{}, false
		}
		return v, true
	}
}

// inUnits names the unit with the key: a number out of range is often one in
// another unit.
func inUnits[T any](unit string, parse parser[T]) parser[T] {
	return func(d *decoder, n *yaml.Node, key string) (T, bool) { return parse(d, n, key+" ("+unit+")") }
}

// date reads a day or a month of the calendar.
func date(d *decoder, n *yaml.Node, key string) (string, bool) {
	if n.Kind == yaml.ScalarNode && (n.Tag == "!!timestamp" || n.Tag == "!!str") {
		for _, layout := range []string{time.DateOnly, "2006-01"} {
			if _, err := time.Parse(layout, n.Value); err == nil {
				return n.Value, true
			}
		}
	}
	d.problem(n, CodeBadDate, "write year-month-day: 2026-09-25", "%s is %s, not a date", key, describe(n))
	return "", false
}
