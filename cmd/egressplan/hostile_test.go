package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// withApp is an AppInventory with one more app of these keys.
func withApp(keys string) string {
	return "apiVersion: egressplan/v1\nkind: AppInventory\nspec: {apps: [{name: more, namespace: payments, pods: {min: 1, max: 2}, " + keys + "}]}\n"
}

// withPods is an AppInventory with one more app of so many pods at least.
func withPods(number string) string {
	return "apiVersion: egressplan/v1\nkind: AppInventory\nspec: {apps: [{name: more, namespace: payments, pods: {min: " + number + ", max: 2}}]}\n"
}

// withBlock is FirewallRequirements with one more destination of this block,
// withPorts of these ports.
func withBlock(block string) string {
	return "apiVersion: egressplan/v1\nkind: FirewallRequirements\nspec: {destinations: [{name: more, kind: on-premises, firewall: edge, ports: [tcp/22], cidrs: [" + block + "]}]}\n"
}

func withPorts(ports string) string {
	return "apiVersion: egressplan/v1\nkind: FirewallRequirements\nspec: {destinations: [{name: more, kind: on-premises, firewall: edge, cidrs: [10.1.5.0/28], ports: [" + ports + "]}]}\n"
}

// hostile are files that are read with a correct plan, and all that is said of
// them: at a place, with the way out.
var hostile = []struct{ name, file, says string }{
	{"random bytes", "\x8f\x1bk\x00\xfe\xff\xd1", "1:4 [not-utf8] the file holds a NUL character; save the file as UTF-8, without NUL characters"},
	{"text and a NUL", "x\u0000", "1:2 [not-utf8] the file holds a NUL character; save the file as UTF-8, without NUL characters"},
	{"UTF-16", "\xff\xfek\x00i\x00n\x00d\x00", "1:1 [not-utf8] the file is UTF-16 text; save the file as UTF-8"},
	{"Latin-1", "# gr\xfcn\n", "1:5 [not-utf8] the byte 0xfc is not UTF-8 text; save the file as UTF-8"},
	{"half a character", "kind: \xe2\x82", "1:7 [not-utf8] the byte 0xe2 is not UTF-8 text; save the file as UTF-8"},
	{"a surrogate", "kind: \xed\xa0\x80", "1:7 [not-utf8] the byte 0xed is not UTF-8 text; save the file as UTF-8"},
	{"a NUL", "kind: Policy\x00\n", "1:13 [not-utf8] the file holds a NUL character; save the file as UTF-8, without NUL characters"},
	{"a control character", "kind: \x01\n", `1:7 [syntax] the control character U+0001 cannot stand in YAML; remove it, or write it in double quotes as \u0001; what follows was not read`},
	{"an escape sequence", "kind: \x1b[2J\n", `1:7 [syntax] the control character U+001B cannot stand in YAML; remove it, or write it in double quotes as \u001B; what follows was not read`},
	{"an escape sequence in quotes", "apiVersion: egressplan/v1\nkind: \"\\e[2JPolicy\"\nspec: {}\n", `2:7 [kind] kind "\x1b[2JPolicy" is not known; take one of Environment, AppInventory, FirewallRequirements, Policy, PriceBook, Allocations`},
	{"cut within a word", "apiVersion: egressplan/v1\nkind: Pol", "1:1 [missing] the document has no \"spec\"; add spec\n2:7 [kind] kind \"Pol\" is not known; take one of Environment, AppInventory, FirewallRequirements, Policy, PriceBook, Allocations"},
	{"cut within brackets", "apiVersion: egressplan/v1\nkind: Policy\nspec: {exclude: [istio-egress-gateway", "3:17 [syntax] this [ is not closed; close it with ], in line 3 at the latest; what follows was not read"},
	{"cut within quotes", "apiVersion: egressplan/v1\nkind: \"Policy", `2:7 [syntax] the quote that opens here is never closed; close it with "; what follows was not read`},
	{"cut behind a dash", "apiVersion: egressplan/v1\nkind: Policy\nspec:\n  exclude:\n  -", "5:4 [wrong-type] exclude is empty, want one of vpc-subnet-cidr, private-nat-gateway, cilium-egress-gateway, istio-egress-gateway; take one of vpc-subnet-cidr, private-nat-gateway, cilium-egress-gateway, istio-egress-gateway"},
	{"a bomb of aliases", "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\n" +
		"d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e]\n" +
		"g: &g [*f, *f, *f, *f, *f, *f, *f, *f, *f]\nh: [*g, *g, *g, *g, *g, *g, *g, *g, *g]\n", "1:1 [alias-budget] aliases add more than a million nodes to the document; write the repeated parts out, or share less by aliases"},
	{"an anchor in itself", "a: &a {b: *a}\n", `1:4 [alias-budget] the anchor "a" contains itself; write the value out`},
	{"5,000 brackets", strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "1:65 [too-deep] the document is nested deeper than 64 levels; flatten it"},
	{"5,000 brackets not closed", strings.Repeat("{a: ", 5000), "1:19997 [syntax] this { is not closed; close it with }, in line 1 at the latest; what follows was not read"},
	{"5,000 steps", stairs(5000), "65:65 [too-deep] the document is nested deeper than 64 levels; flatten it"},
	{"5,000 dashes", strings.Repeat("- ", 5000) + "x\n", "1:129 [too-deep] the document is nested deeper than 64 levels; flatten it"},
	{"a key twice", "apiVersion: egressplan/v1\nkind: Policy\nkind: Policy\nspec: {}\n", `3:1 [duplicate-key] key "kind" stands twice in the document (2:1); remove one of the two`},
	{"tabs", "apiVersion: egressplan/v1\nkind: Policy\nspec:\n\tmaxExceptions: 1\n", "4:1 [syntax] a tab indents this line, which YAML does not take; indent with blanks; what follows was not read"},
	{"Windows lines", "apiVersion: egressplan/v1\r\nkind: Policy\r\nspec: {maxExceptions: -1}\r\n", `3:23 [bad-number] maxExceptions "-1" is negative; write 0 or more`},
	{"a byte order mark", "\ufeffapiVersion: egressplan/v1\nkind: Policy\nspec: {maxExceptions: -1}\n", `3:23 [bad-number] maxExceptions "-1" is negative; write 0 or more`},
	{"not a number", withPods(".nan"), `3:61 [bad-number] min ".nan" is not a number in plain decimal notation; write digits only, with a point before decimals: no unit, exponent, underscore or leading zero`},
	{"infinity", withPods(".inf"), `3:61 [bad-number] min ".inf" is not a number in plain decimal notation; write digits only, with a point before decimals: no unit, exponent, underscore or leading zero`},
	{"beyond all floats", withPods("1e400"), `3:61 [wrong-type] min is the text "1e400", want a number; write a number`},
	{"an exponent", withPods("1e0"), `3:61 [bad-number] min "1e0" is not a number in plain decimal notation; write digits only, with a point before decimals: no unit, exponent, underscore or leading zero`},
	{"a negative count", withPods("-1"), `3:61 [bad-number] min "-1" is negative; write 0 or more`},
	{"half a pod", withPods("1.5"), `3:61 [bad-number] min "1.5" is not a whole number; write a whole number`},
	{"an octal count", withPods("01"), `3:61 [bad-number] min "01" is not a number in plain decimal notation; write 1 if that is meant`},
	{"a hexadecimal count", withPods("0x1"), `3:61 [bad-number] min "0x1" is not a number in plain decimal notation; write digits only, with a point before decimals: no unit, exponent, underscore or leading zero`},
	{"a count of base 60", withPods("1:00"), `3:61 [wrong-type] min is the text "1:00", want a number; write a number`},
	{"an Arabic count", withPods("\u0661"), "3:61 [wrong-type] min is the text \"\u0661\", want a number; write a number"},
	{"a full-width count", withPods("\uff11"), "3:61 [wrong-type] min is the text \"\uff11\", want a number; write a number"},
	{"a count of 41 digits", withPods(strings.Repeat("1", 41)), `3:61 [bad-number] min "11111111111111111111111111111111111111111" is not a number in plain decimal notation; write digits only, with a point before decimals: no unit, exponent, underscore or leading zero`},
	{"beyond 64 bits", withPods("18446744073709551617"), `3:61 [bad-number] min "18446744073709551617" is outside 0..100000; write a whole number from 0 to 100000`},
	{"a count in quotes", withPods(`"1"`), `3:61 [wrong-type] min is the text "1", want a number; remove the quotes`},
	{"a count with a tag", withPods(`!!int "x"`), `3:61 [bad-number] min "x" is not a number in plain decimal notation; write digits only, with a point before decimals: no unit, exponent, underscore or leading zero`},
	{"binary", withPods(`!!binary AQ==`), `3:61 [wrong-type] min is "AQ==" with the tag "!!binary", want a number; write a number`},
	{"leading zeros", withBlock("010.001.005.000/28"), `3:96 [bad-cidr] cidrs "010.001.005.000/28" has leading zeros or blanks; write 10.1.5.0/28 if decimal numbers are meant`},
	{"a leading zero in the length", withBlock("10.1.5.0/028"), `3:96 [bad-cidr] cidrs "10.1.5.0/028" has leading zeros or blanks; write 10.1.5.0/28 if decimal numbers are meant`},
	{"a hexadecimal address", withBlock("0x0a.1.5.0/28"), `3:96 [bad-cidr] cidrs "0x0a.1.5.0/28" is not an IPv4 block; write four decimal numbers, a slash and a prefix length: 10.20.0.0/16`},
	{"an address in one number", withBlock("167838976/28"), `3:96 [bad-cidr] cidrs "167838976/28" is not an IPv4 block; write four decimal numbers, a slash and a prefix length: 10.20.0.0/16`},
	{"three numbers", withBlock("10.1.5/28"), `3:96 [bad-cidr] cidrs "10.1.5/28" is not an IPv4 block; write four decimal numbers, a slash and a prefix length: 10.20.0.0/16`},
	{"Arabic digits", withBlock("\u0661\u0660.1.5.0/28"), "3:96 [bad-cidr] cidrs \"\u0661\u0660.1.5.0/28\" is not an IPv4 block; write four decimal numbers, a slash and a prefix length: 10.20.0.0/16"},
	{"an IPv4 address in IPv6", withBlock(`"::ffff:10.1.5.0/124"`), `3:96 [ipv6] cidrs "::ffff:10.1.5.0/124" is IPv6, which is not planned yet; give an IPv4 block`},
	{"an address with a zone", withBlock(`"fe80::1%eth0/64"`), `3:96 [ipv6] cidrs "fe80::1%eth0/64" is IPv6, which is not planned yet; give an IPv4 block`},
	{"a netmask", withBlock("10.1.5.0/255.255.255.240"), `3:96 [bad-cidr] cidrs "10.1.5.0/255.255.255.240" is not an IPv4 block; write four decimal numbers, a slash and a prefix length: 10.20.0.0/16`},
	{"a blank behind", withBlock(`"10.1.5.0/28 "`), `3:96 [bad-cidr] cidrs "10.1.5.0/28 " has leading zeros or blanks; write 10.1.5.0/28 if decimal numbers are meant`},
	{"a line break behind", withBlock(`"10.1.5.0/28\n"`), `3:96 [bad-cidr] cidrs "10.1.5.0/28\n" has leading zeros or blanks; write 10.1.5.0/28 if decimal numbers are meant`},
	{"port 0", withPorts("tcp/0"), `3:101 [bad-ports] ports "tcp/0" does not name a protocol and its ports; port 0 cannot be used; write a port from 1 to 65535`},
	{"port 65536", withPorts("tcp/65536"), `3:101 [bad-ports] ports "tcp/65536" does not name a protocol and its ports; write ports from 1 to 65535 in plain digits, such as tcp/443 or tcp/1024-2048`},
	{"a port beyond 64 bits", withPorts("tcp/18446744073709551617"), `3:101 [bad-ports] ports "tcp/18446744073709551617" does not name a protocol and its ports; write ports from 1 to 65535 in plain digits, such as tcp/443 or tcp/1024-2048`},
	{"a negative port", withPorts("tcp/-1"), `3:101 [bad-ports] ports "tcp/-1" does not name a protocol and its ports; write ports from 1 to 65535 in plain digits, such as tcp/443 or tcp/1024-2048`},
	{"Arabic ports", withPorts("tcp/\u0662\u0662"), "3:101 [bad-ports] ports \"tcp/\u0662\u0662\" does not name a protocol and its ports; write ports from 1 to 65535 in plain digits, such as tcp/443 or tcp/1024-2048"},
	{"a name with a formula", withApp(`tenant: "=cmd()"`), `3:81 [bad-name] tenant "=cmd()" is not a DNS-1123 label; use at most 63 lower-case letters, digits and '-', with a letter or digit at both ends`},
	{"a name from right to left", withApp("tenant: \"\\u202eliater\""), `3:81 [bad-name] tenant "\u202eliater" is not a DNS-1123 label; use at most 63 lower-case letters, digits and '-', with a letter or digit at both ends`},
	{"a name that draws", withApp(`tenant: "\e]0;title\a"`), `3:81 [bad-name] tenant "\x1b]0;title\a" is not a DNS-1123 label; use at most 63 lower-case letters, digits and '-', with a letter or digit at both ends`},
	{"a name of letters that look alike", withApp("tenant: \"r\u0435tail\""), "3:81 [bad-name] tenant \"r\u0435tail\" is not a DNS-1123 label; use at most 63 lower-case letters, digits and '-', with a letter or digit at both ends"},
	{"a key that draws", withApp(`"ow\e[31mner": x`), `3:73 [unknown-key] unknown key "ow\x1b[31mner" in an app; remove it; known are name, namespace, tenant, serviceAccount, podLabels, compute, os, hostNetwork, subnets, pods, requests, growth, changesPerMonth, maxChangeDays, flows`},
	{"a label twice, from right to left", withApp("labels: {\"\\u200fa\": 1, \"\\u200fa\": 2}"), `3:96 [duplicate-key] key "\u200fa" stands twice in labels (3:82); remove one of the two`},
	{"memory without end", withApp("requests: {memory: 1e400Gi}"), `3:92 [bad-quantity] memory "1e400Gi" is not a number of bytes from 1 to 64Ti; write a number of bytes from 1 to 64Ti, such as 512Mi, 1Gi or 128M`},
	{"negative memory", withApp("requests: {memory: -1Gi}"), `3:92 [bad-quantity] memory "-1Gi" is not a number of bytes from 1 to 64Ti; write a number of bytes from 1 to 64Ti, such as 512Mi, 1Gi or 128M`},
	{"cores in Arabic", withApp("requests: {cpu: \u0665\u0660\u0660m}"), "3:89 [bad-quantity] cpu \"\u0665\u0660\u0660m\" is not a number of cores from 1m to 1000; write a number of cores from 1m to 1000, such as 500m, 0.5 or 2"},
	{"volume without end", withApp("flows: [{to: db, outGB: .inf}]"), `3:97 [bad-quantity] outGB ".inf" is not a volume in GB a month; write a volume in GB a month, such as 400, or low..high as in 100..400, at most 1000000000000`},
	{"a negative volume", withApp("flows: [{to: db, outGB: -0.5}]"), `3:97 [bad-quantity] outGB "-0.5" is not a volume in GB a month; write a volume in GB a month, such as 400, or low..high as in 100..400, at most 1000000000000`},
}

// stairs is a mapping in a mapping, n times.
func stairs(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// said is what validate says of a file read with a correct plan.
func said(t *testing.T, dir, file string) string {
	t.Helper()
	name := filepath.Join(dir, "x.yaml")
	if err := os.WriteFile(name, []byte(file), 0o644); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	run(context.Background(), append([]string{"validate", "-o", "json", name}, base...), nil, &out, &errs)
	var answer validation
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil || errs.Len() > 0 {
		t.Fatalf("%v, %s", err, errs.String())
	}
	var lines []string
	for _, p := range answer.Problems {
		lines = append(lines, strings.TrimPrefix(p.At, name+":")+" ["+p.Code+"] "+strings.ReplaceAll(p.Message, name+":", "")+"; "+p.Fix)
	}
	return strings.Join(lines, "\n")
}

// base is a correct plan.
var base = []string{"base/apps.yaml", "base/environment.yaml", "base/firewalls.yaml"}

// Hostile files get a clear answer, every command the same one, and nothing else
// comes of them: no output, no file, nothing that a terminal would obey.
func TestHostileFiles(t *testing.T) {
	t.Chdir(filepath.Join("..", "..", "fixtures", "broken"))
	dir := t.TempDir()
	name := filepath.Join(dir, "x.yaml")
	for _, h := range hostile {
		if got := said(t, dir, h.file); got != h.says {
			t.Errorf("%s: got\n%s\nwant\n%s", h.name, got, h.says)
		}
		for _, command := range [][]string{{"validate"}, {"recommend", "-o", "json"}, {"cidr", "--write"}, {"simulate", "-o", "markdown"}, {"whois", "all"},
			{"review", "--out", filepath.Join(dir, "review.md")}} {
			var out, errs bytes.Buffer
			code := run(context.Background(), append(append(command, name), base...), nil, &out, &errs)
			if code != exitInput || out.Len() > 0 || errs.Len() == 0 {
				t.Errorf("%s, %q: exit code %d, %q, %q", h.name, command, code, out.String(), errs.String())
			}
			harmless(t, h.name, errs.String())
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
			t.Errorf("%s: %v, %v", h.name, entries, err)
		}
	}
}

// harmless holds output to what a person sees as it is: no control characters, no
// marks that turn or hide text, no broken UTF-8.
func harmless(t *testing.T, name, text string) {
	t.Helper()
	for i, r := range text {
		_, size := utf8.DecodeRuneInString(text[i:])
		if r != '\n' && !unicode.IsPrint(r) || r == utf8.RuneError && size == 1 {
			t.Errorf("%s: U+%04X in %.60q", name, r, text[max(0, i-20):])
			return
		}
	}
}

// A correct file that is cut anywhere is refused or read, and never a fault.
func TestCutFiles(t *testing.T) {
	t.Chdir(filepath.Join("..", "..", "fixtures", "broken"))
	environment, err := os.ReadFile("base/environment.yaml")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "cut.yaml")
	refused := 0
	for i := range environment {
		if err := os.WriteFile(name, environment[:i], 0o644); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		switch code := run(context.Background(), []string{"validate", name, "base/apps.yaml", "base/firewalls.yaml"}, nil, &out, &errs); code {
		case exitInput:
			refused++
		case exitOK:
		default:
			t.Errorf("cut at %d: exit code %d, %s", i, code, errs.String())
		}
	}
	if refused < len(environment)/2 {
		t.Errorf("only %d of %d", refused, len(environment))
	}
}

// mischief is free text as it must never be shown: it draws on terminals, turns
// and hides text, is a formula in a spreadsheet, ends a cell, a quote, a comment,
// a line of a firewall's configuration, a tag of HTML.
const mischief = "=cmd()\x1b[2J\x1b]0;x\a\u202e\u200f\u200b\u2028\r\nno access-list\t|`\"'</td><script>alert(1)</script>${x}$(y);\x7f\u0085"

// mischievous is a plan with mischief wherever free text is taken.
func mischievous(t *testing.T, dir string) {
	t.Helper()
	quoted := strconv.QuoteToASCII(mischief) // YAML reads the same escapes
	free := "owner: " + quoted + ", labels: {" + quoted + ": " + quoted + "}"
	for name, text := range map[string]string{
		"environment.yaml": `kind: Environment
metadata: {name: base, FREE}
spec:
  region: eu-central-1
  zones: [eu-central-1a, eu-central-1b]
  vpc:
    FREE
    cidrs: [10.20.0.0/16]
    endpoints: [TEXT]
    subnets: [{name: old, cidr: 10.20.0.0/24, zone: eu-central-1a, FREE}]
    routeTables: [{name: main, subnets: [old], routes: [{to: 10.0.0.0/8, via: transit-gateway, FREE}], FREE}]
  pools: [{name: routable, cidrs: [10.20.64.0/18], FREE}]
  onPrem: {sites: [{name: dc1, cidrs: [10.0.0.0/14], FREE, links: [{name: dx, over: direct-connect, capacity: 1Gbps, location: TEXT, FREE}]}], FREE}
  connected: [{name: other, cidrs: [10.30.0.0/16], FREE}]
  cluster: {name: prod, FREE}
`,
		"apps.yaml": `kind: AppInventory
FREE
spec:
  FREE
  apps: [{name: ledger, namespace: payments, pods: {min: 2, max: 4, FREE}, flows: [{to: db, outGB: 40, FREE}, {to: storage}], FREE}]
`,
		"firewalls.yaml": `kind: FirewallRequirements
spec:
  firewalls: [{name: edge, identity: app, FREE}]
  destinations:
    - {name: db, kind: on-premises, firewall: edge, cidrs: [10.1.4.10/32], ports: [tcp/1521], FREE}
    - {name: storage, kind: aws-service, service: TEXT, ports: [tcp/443], FREE}
`,
		"prices.yaml": `kind: PriceBook
spec: {source: TEXT, prices: [{region: "*", item: transit-gateway-gb, price: 0.02, source: TEXT, FREE}], FREE}
`,
	} {
		block := strings.ReplaceAll(strings.ReplaceAll(free, ", labels", "\nlabels"), "\n", "\n    ")
		text = "apiVersion: egressplan/v1\n" + strings.ReplaceAll(text, "\n    FREE\n", "\n    "+block+"\n")
		text = strings.ReplaceAll(text, "\n  FREE\n", "\n  "+strings.ReplaceAll(block, "\n    ", "\n  ")+"\n")
		text = strings.ReplaceAll(text, "\nFREE\n", "\n"+strings.ReplaceAll(block, "\n    ", "\n")+"\n")
		text = strings.ReplaceAll(strings.ReplaceAll(text, "FREE", free), "TEXT", quoted)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// pathCommands are the command lines of all commands that read a plan, with each
// value of the flags that choose a format.
func pathCommands() [][]string {
	var lines [][]string
	everyCommand(newRoot(&session{}), func(cmd *cobra.Command) {
		words := strings.Fields(strings.ReplaceAll(cmd.Use, "[", " ["))
		if !slices.Contains(words, "PATH...") {
			return
		}
		line := strings.Fields(cmd.CommandPath())[1:]
		for _, w := range words[1:] {
			if alternatives := strings.Split(w, "|"); w != "PATH..." && !strings.HasPrefix(w, "[") {
				line = append(line, alternatives[len(alternatives)-1]) // all
			}
		}
		lines = append(lines, line)
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			c, chooses := f.Value.(*choice)
			if !chooses {
				return
			}
			for _, value := range c.of {
				lines = append(lines, append(slices.Clone(line), "--"+f.Name, value))
			}
		})
	})
	return lines
}

// cells are those of a spreadsheet, one a line; it holds them to be neither
// formulas nor more than a line.
func cells(t *testing.T, name, text string) string {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	var all []string
	for _, cell := range slices.Concat(records...) {
		if _, err := strconv.ParseFloat(cell, 64); err != nil && cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) || strings.Contains(cell, "\n") {
			t.Errorf("%s: the cell %q", name, cell)
		}
		all = append(all, cell)
	}
	return strings.Join(all, "\n")
}

// Whatever is printed, on paper, for programs, for firewalls, free text is shown
// as text, and cannot do anything.
func TestMischiefInEveryOutput(t *testing.T) {
	dir := t.TempDir()
	mischievous(t, dir)
	lines, shown := pathCommands(), 0
	for _, line := range lines {
		var out, errs bytes.Buffer
		code := run(context.Background(), append(slices.Clone(line), dir), nil, &out, &errs)
		if code == exitInput && strings.Contains(errs.String(), "--") {
			continue // a flag that wants another
		}
		if code > exitNo || out.Len() == 0 {
			t.Errorf("%q: exit code %d, %d bytes, %s", line, code, out.Len(), errs.String())
		}
		name, text := strings.Join(line, " "), out.String()
		switch line[len(line)-1] {
		case "csv":
			text = cells(t, name, text)
		case "nftables":
			text = strings.ReplaceAll(text, "\n\t", "\n")
		case "markdown":
			if strings.Contains(text, "<script>") {
				t.Errorf("%q: HTML of the input in a document", line)
			}
		}
		harmless(t, name, text)
		harmless(t, name, errs.String())
		if strings.Contains(text, "\nno access-list") {
			t.Errorf("%q: the input writes a line of configuration", line)
		}
		if strings.Contains(text, "cmd()") {
			shown++
		}
	}
	t.Logf("%d command lines, of which %d show the free text", len(lines), shown)
	if len(lines) < 30 || shown < 10 {
		t.Error("that is too few")
	}
}
