package inventory

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"egressplan/planner/finding"
)

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
