package inventory

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"egressplan/planner/finding"
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

// parts are what lists hold.
func (m *shapeMaker) parts() members {
	scalars := []string{"string", "number", "boolean", "null"}
	defs := schemaOf(
		"labels", schemaOf("description", "Free text that decides nothing, as key: value pairs.", "type", []string{"object", "null"},
			"additionalProperties", schemaOf("type", scalars)),
		"owner", schemaOf("description", "Free text that decides nothing: whose this is.", "type", scalars))
	for _, part := range []members{m.network(), m.demands(), m.money()} {
		defs = append(defs, part...)
	}
	return defs
}

func (m *shapeMaker) environment() members {
	const s = "environment"
	var quotas []key
	fixable := []string{"natGatewaysPerZone", "vpcCIDRs", "subnets", "routeTables", "routesPerTable"}
	for _, q := range fixable {
		low := 0
		if q == "vpcCIDRs" {
			low = 1
		}
		quotas = append(quotas, may(q, wholeNumber(low, 10_000)))
	}
	quotas = append(quotas, may("fixed", listOf(words(fixable...))))
	return m.object(s, "",
		must("region", pattern(regionForm, "Write the code of a region: eu-central-1.").with("maxLength", 63)),
		must("zones", listOf(schemaOf("anyOf", []any{anyName, ref("zone")}), "minItems", 2).with(unique...)),
		must("vpc", ref("vpc")),
		may("pools", listOf(ref("pool"))),
		may("reserved", listOf(anyBlock)),
		may("onPrem", m.object(s, "onPrem", may("sites", listOf(ref("site"))))),
		may("connected", listOf(ref("connectedNetwork"))),
		may("cluster", ref("cluster")),
		may("quotas", m.object(s, "quotas", quotas...)))
}

func (m *shapeMaker) network() members {
	named := func(more ...key) []key { return append([]key{must("name", anyName)}, more...) }
	return schemaOf(
		"zone", m.object("zone", "", must("name", anyName), may("id", pattern("[a-z0-9]([a-z0-9-]*[a-z0-9])?-az[0-9]+", "Write it as AWS does: use1-az1."))),
		"vpc", m.object("vpc", "",
			must("cidrs", listOf(schemaOf("anyOf", []any{subnetBlock, ref("vpcBlock")}), "minItems", 1).with(unique...)),
			may("changeable", truth),
			may("subnets", listOf(ref("subnet"))),
			may("natGateways", listOf(ref("natGateway"))),
			may("routeTables", listOf(ref("routeTable"))),
			may("endpoints", listOf(anyText)),
			may("networkACLs", listOf(ref("networkACL")))),
		"vpcBlock", m.object("vpc block", "", must("cidr", subnetBlock), may("routable", truth)),
		"subnet", m.object("subnet", "",
			must("name", anyName.with("not", schemaOf("const", NewSubnets))),
			must("cidr", subnetBlock),
			must("zone", anyName),
			may("role", words(RoleNodes, RolePods, RoleNAT, RoleTGW, RoleEgress, RoleOther)),
			may("freeIPs", wholeNumber(0, 1<<(32-widestVPC)-reservedAddresses)),
			may("used", listOf(anyBlock)),
			may("cni", truth)),
		"natGateway", m.object("nat gateway", "", named(
			must("subnet", anyName),
			may("private", truth),
			may("ips", listOf(pattern(addressForm, addressFix)).with(unique...)))...),
		"routeTable", m.object("route table", "", named(
			may("subnets", listOf(anyName).with(unique...)),
			may("routes", listOf(ref("route"))))...),
		"route", m.object("route", "", must("to", anyBlock), must("via", anyName), may("propagated", truth)),
		"networkACL", m.object("network acl", "", named(
			may("subnets", listOf(anyName).with(unique...)),
			may("inbound", listOf(aclRule()).with(unique...)),
			may("outbound", listOf(aclRule()).with(unique...)))...),
		"pool", m.object("pool", "", named(
			must("cidrs", listOf(poolBlock, "minItems", 1).with(unique...)),
			may("routable", truth),
			may("associable", truth),
			may("keepFree", pattern(`(100(\.0+)?|[1-9]?[0-9](\.[0-9]+)?)%`, "Write a percentage from 0% to 100%, such as 20%.")))...),
		"site", m.object("site", "", named(
			must("cidrs", listOf(anyBlock, "minItems", 1)),
			may("links", listOf(ref("link"))))...),
		"link", m.object("link", "", named(
			may("gateway", words(TransitGateway, VirtualPrivateGateway)),
			must("over", words(DirectConnect, SiteToSiteVPN)),
			may("role", words(RolePrimary, RoleBackup)),
			may("capacity", pattern(positiveForm+"[MGT]bps", "Write a line rate such as 500Mbps or 10Gbps.")),
			may("ports", wholeNumber(1, 100)),
			may("shared", truth),
			may("location", anyText),
			may("mtu", wholeNumber(smallestMTU, largestMTU)),
			may("advertised", listOf(anyBlock)))...).with(
			"if", schemaOf("properties", schemaOf("over", schemaOf("const", SiteToSiteVPN)), "required", []string{"over"}),
			"then", schemaOf("properties", schemaOf("mtu", schemaOf("maximum", vpnMTU)))),
		"connectedNetwork", m.object("connected network", "", named(must("cidrs", listOf(anyBlock, "minItems", 1)))...),
		"cluster", m.cluster())
}

func aclRule() members {
	return pattern(`\s*`+aclNumber+`\s+(allow|deny)\s+`+portsForm+`\s+`+blockForm+`\s*`, fixOf(CodeBadRule))
}
func sgRule() members { return pattern(`\s*`+portsForm+`\s+`+blockForm+`\s*`, fixOf(CodeBadRule)) }

func (m *shapeMaker) cluster() members {
	const s = "cluster"
	instance := pattern(`[a-z0-9-]+\.[a-z0-9-]+`, "Write an EC2 instance type, such as m6i.xlarge.")
	return m.object(s, "",
		may("name", anyName),
		may("cni", words(CNIVPC, CNICilium)),
		may("mesh", words(MeshNone, MeshIstio)),
		may("provisioning", words(Managed, SelfManaged, Karpenter, AutoMode)),
		may("nodeType", instance),
		may("serviceCIDR", serviceBlock()),
		may("vpcCNI", m.object(s, "vpcCNI",
			may("externalSNAT", truth),
			may("excludeSNATCIDRs", listOf(anyBlock)),
			may("randomizeSNAT", words(SNATPRNG, SNATHashRandom, SNATNone)),
			may("customNetworking", truth),
			may("prefixDelegation", truth),
			may("podSecurityGroups", words(PodSGOff, PodSGStandard, PodSGStrict)),
			may("subnetDiscovery", truth),
			may("externalServiceCIDRs", listOf(anyBlock)))),
		may("cilium", m.object(s, "cilium",
			may("ipam", words(CiliumENI, CiliumClusterPool)),
			may("nativeRoutingCIDRs", listOf(anyBlock)),
			may("nonMasqueradeCIDRs", listOf(anyBlock)),
			may("excludedCIDRs", listOf(anyBlock)))),
		may("ciliumHA", words(CiliumOSS, CiliumEnterprise)),
		may("istio", m.object(s, "istio",
			may("outboundTrafficPolicy", words(IstioAllowAny, IstioRegistryOnly)),
			may("excludeOutboundIPRanges", listOf(anyBlock)))),
		may("egressNodeType", instance),
		may("securityGroupEgress", listOf(sgRule())),
		may("securityGroupIngress", listOf(sgRule())))
}

func (m *shapeMaker) appInventory() members {
	return m.object("appinventory", "", may("newAppsPerMonth", decimalNumber(zero, maxChanges)), may("apps", listOf(ref("app"))))
}

// demands are the parts of AppInventory and FirewallRequirements.
func (m *shapeMaker) demands() members {
	cores := schemaOf("type", []string{"number", "string"}, "exclusiveMinimum", 0, "maximum", maxCPUMillis/1000, "pattern", "^"+positiveForm+"m?$",
		"patternErrorMessage", "Write cores such as 500m, 0.5 or 2.")
	bytes := schemaOf("type", []string{"number", "string"}, "exclusiveMinimum", 0, "maximum", maxMemoryMiB<<20, "pattern", "^"+positiveForm+"([KMGT]i|[kMGT])?$",
		"patternErrorMessage", "Write bytes such as 512Mi, 1Gi or 128M.")
	podLabels := schemaOf("type", "object", "propertyNames", schemaOf("pattern", "^("+domainForm+"/)?"+partForm+"$"),
		"additionalProperties", pattern("("+partForm+")?", fixOf(CodeBadLabel)))
	return schemaOf(
		"app", m.object("app", "",
			must("name", anyName),
			must("namespace", anyName),
			may("tenant", anyName),
			may("serviceAccount", pattern(domainForm, fixOf(CodeBadName)).with("maxLength", 253)),
			may("podLabels", podLabels),
			may("compute", words(ComputeEC2, ComputeFargate)),
			may("os", words(OSLinux, OSWindows)),
			may("hostNetwork", truth),
			may("subnets", listOf(anyName).with(unique...)),
			must("pods", m.object("app", "pods", must("min", wholeNumber(0, maxPods)), must("max", wholeNumber(1, maxPods)), may("typical", wholeNumber(0, maxPods)))),
			may("requests", m.object("app", "requests", may("cpu", cores), may("memory", bytes))),
			may("growth", pattern(`(1000(\.0+)?|(0|[1-9][0-9]{0,2})(\.[0-9]+)?)%`, "Write a percentage from 0% to 1000%, such as 25%.")),
			may("changesPerMonth", decimalNumber(zero, maxChanges)),
			may("maxChangeDays", wholeNumber(0, 3650)),
			may("flows", listOf(ref("flow")))).with(
			"if", schemaOf("properties", schemaOf("compute", schemaOf("const", ComputeFargate)), "required", []string{"compute"}),
			"then", schemaOf("properties", schemaOf("hostNetwork", schemaOf("enum", []any{false, nil}), "os", schemaOf("enum", []any{OSLinux, nil})))),
		"flow", m.object("flow", "",
			must("to", anyName),
			may("ports", listOf(anyPorts)),
			may("initiator", words(InitiatorApp, InitiatorOnPrem)),
			may("outGB", gigabytes),
			may("inGB", gigabytes),
			may("peakConnections", wholeNumber(0, maxCount)),
			may("connectionsPerSecond", wholeNumber(0, maxCount))),
		"firewall", m.object("firewall", "",
			must("name", anyName),
			may("site", maybeName),
			may("syntax", words(Syntaxes...)),
			must("identity", words(identities...)),
			may("broadestSource", wholeNumber(0, 32)),
			may("maxEntries", wholeNumber(0, maxCount)),
			may("openToGateways", truth),
			may("leadTimeDays", wholeNumber(0, 3650))),
		"destination", m.destination())
}

func (m *shapeMaker) firewallRequirements() members {
	return m.object("firewallrequirements", "", may("firewalls", listOf(ref("firewall"))), may("destinations", listOf(ref("destination"))))
}

func (m *shapeMaker) destination() members {
	when := func(kinds []string, then members) members {
		return schemaOf("if", schemaOf("properties", schemaOf("kind", words(kinds...)), "required", []string{"kind"}), "then", then)
	}
	some := func(key string) members {
		return schemaOf("required", []string{key}, "properties", schemaOf(key, schemaOf("type", "array", "minItems", 1)))
	}
	absent := schemaOf("type", "null")
	return m.object("destination", "",
		must("name", anyName),
		must("kind", words(KindOnPremises, KindAWSService, KindInternet, KindNetwork)),
		may("firewall", maybeName),
		may("cidrs", listOf(anyBlock)),
		may("clusterIP", pattern(addressForm, addressFix)),
		may("hosts", listOf(pattern(`(\*\.)?`+domainForm, fixOf(CodeBadHost)).with("maxLength", 255))),
		may("service", anyText),
		must("ports", listOf(anyPorts, "minItems", 1)),
		may("application", words(AppTCP, AppTLS, AppHTTP, AppHTTPS)),
		may("identity", words(identities...)),
		may("authorization", words(AuthzAddress, AuthzWorkload, AuthzRequest)),
		may("delegatedIdentity", truth),
		may("mustSurvive", listOf(words(SurviveNodeLost, SurviveZoneLost, SurviveLinkLost)).with(unique...))).with(
		"allOf", []any{
			when([]string{KindAWSService}, schemaOf("required", []string{"service"}, "properties", schemaOf("service", filledText))),
			when([]string{KindOnPremises, KindNetwork, KindInternet}, schemaOf("properties", schemaOf("service", schemaOf("enum", []any{"", nil})))),
			when([]string{KindOnPremises, KindNetwork}, schemaOf("anyOf", []any{some("cidrs"), some("hosts")})),
			when([]string{KindNetwork, KindAWSService, KindInternet}, schemaOf("properties", schemaOf("firewall", absent))),
			when([]string{KindAWSService, KindInternet}, schemaOf("properties", schemaOf("clusterIP", absent))),
			schemaOf("if", schemaOf("properties", schemaOf("clusterIP", anyText), "required", []string{"clusterIP"}), "then", some("cidrs")),
		})
}

func (m *shapeMaker) policy() members {
	const s = "policy"
	var codes []string
	for _, e := range finding.Catalogue() {
		codes = append(codes, e.Code)
	}
	return m.object(s, "",
		may("exclude", listOf(words(PatternIDs...), "maxItems", len(PatternIDs)-1).with(unique...)),
		may("reject", listOf(words(codes...)).with(unique...)),
		may("accept", listOf(words(codes...)).with(unique...)),
		may("maxExceptions", wholeNumber(0, maxCount)),
		may("allowOverPermission", truth),
		may("redundancy", m.object(s, "redundancy",
			may("natZones", schemaOf("anyOf", []any{schemaOf("const", "all"), wholeNumber(1, maxPerZone)})),
			may("egressNodesPerZone", wholeNumber(1, maxPerZone)),
			may("gatewayReplicasPerZone", wholeNumber(1, maxPerZone)))),
		may("assumptions", ref("assumptions")),
		may("licences", m.object(s, "licences",
			may("isovalentMonthlyUSD", decimalNumber(zero, maxMoney)),
			may("tetrateMonthlyUSD", decimalNumber(zero, maxMoney)))))
}

// money are the parts of Policy, PriceBook and Allocations.
func (m *shapeMaker) money() members {
	var assumed []key
	for _, a := range assumptions {
		assumed = append(assumed, may(a.Name, decimalNumber(a.Low, a.High)))
	}
	return schemaOf(
		"assumptions", m.object("assumptions", "", assumed...),
		"price", m.object("price", "",
			must("region", pattern(`(\*|`+regionForm+")", `Write the code of a region, or "*" for every one.`).with("maxLength", 63)),
			must("item", priceItem()),
			may("price", decimalNumber(zero, maxMoney)),
			may("tiers", listOf(ref("tier"), "minItems", 1)),
			may("unit", anyText),
			may("source", anyText),
			may("asOf", anyDate),
			may("confidence", words(ConfidenceSure, ConfidenceLikely, ConfidenceGiven))).with(
			"oneOf", []any{given1("price", "number", "string"), given1("tiers", "array")}),
		"tier", m.object("tier", "", may("upTo", decimalNumber(decimal.New(1, -6), maxVolume)), must("price", decimalNumber(zero, maxMoney))),
		"allocation", m.object("allocation", "",
			must("name", schemaOf("type", "string", "pattern", "^[!-~]+$", "maxLength", 1024)),
			must("pattern", words(PatternIDs...)),
			may("pool", anyName),
			may("zone", anyText),
			must("purpose", words(purposes...)),
			must("cidr", pattern(lengths("1[6-9]", "2[0-8]", "32"), fixOf(CodeBadCIDR)+" Subnets are /16 to /28, addresses /32."))).with(
			"if", schemaOf("properties", schemaOf("purpose", words(PurposeEgressIP, PurposeGateways)), "required", []string{"purpose"}),
			"else", schemaOf("properties", schemaOf("cidr", subnetBlock))))
}

// given1 wants a key that is not empty.
func given1(key string, types ...string) members {
	return schemaOf("required", []string{key}, "properties", schemaOf(key, schemaOf("type", types)))
}

// priceItem is one of the embedded book, or any of a family that the user's own
// words complete.
func priceItem() members {
	list := knownPrices()
	families := map[string]bool{}
	var plain []string
	for _, item := range list.items {
		family, _, open := strings.Cut(item, ":")
		if open {
			families[family] = true
			continue
		}
		plain = append(plain, item)
	}
	families[strings.TrimSuffix(perInstance, ":")] = true
	return schemaOf("anyOf", []any{words(plain...), pattern(fmt.Sprintf("(%s):.+", strings.Join(slices.Sorted(maps.Keys(families)), "|")), "Take an item of the embedded price book.")})
}

func (m *shapeMaker) priceBook() members {
	return m.object("pricebook", "",
		may("source", anyText),
		may("asOf", anyDate),
		may("currency", words("USD")),
		must("prices", listOf(ref("price"))))
}

func (m *shapeMaker) allocations() members {
	return m.object("allocations", "", may("entries", listOf(ref("allocation"))))
}
