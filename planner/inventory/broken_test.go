package inventory

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"egressplan/planner/finding"
)

// In a broken document » stands before the character that the problem must
// point at, and « before the earlier place it must name.
const (
	later   = "»"
	earlier = "«"
)

// mark finds and removes a mark.
func mark(t *testing.T, file, doc, m string) (finding.Pos, string) {
	t.Helper()
	before, after, ok := strings.Cut(doc, m)
	if !ok {
		return finding.Pos{}, doc
	}
	line := strings.Count(before, "\n") + 1
	return finding.Pos{File: file, Line: line, Column: len([]rune(before[strings.LastIndex(before, "\n")+1:])) + 1}, before + after
}

type broken struct {
	file     string // env, fw, apps: an edit of the correct one; else a document of its own
	from, to string
	code     string
	says     string // part of message or fix
}

var brokenEnvironments = []broken{
	{"env", "region: eu-central-1\n", "»regoin: eu-central-1\n", CodeUnknownKey, `did you mean "region"?`},
	{"env", "region: eu-central-1", "region: »Frankfurt", CodeBadName, "eu-central-1"},
	{"env", "region: eu-central-1\n", "region: »[eu-central-1]\n", CodeWrongType, "want text"},
	{"env", "[eu-central-1a, eu-central-1b]", "[»eu-central-1a]", CodeMissing, "second zone"},
	{"env", "[eu-central-1a, eu-central-1b]", "[«eu-central-1a, eu-central-1b, »eu-central-1a]", CodeDuplicateName, "twice"},
	{"env", "[eu-central-1a, eu-central-1b]", "[eu-central-1a, eu-central-1b, »eu-west-1a]", CodeConflict, "not in the region"},
	{"env", "[eu-central-1a, eu-central-1b]", "»{a: eu-central-1a}", CodeWrongType, "want a list"},
	{"env", "cidrs: [10.20.0.0/16, {cidr: 100.65.0.0/16, routable: false}]", "cidrs: [10.20.0.0/16, »10.20.77.0/15]", CodeHostBits, "10.20.0.0/15"},
	{"env", "{cidr: 100.65.0.0/16, routable: false}", "»100.64.0.0/15", CodeBadPrefixLength, "/16 to /28"},
	{"env", "{cidr: 100.65.0.0/16, routable: false}", "»100.65.0.0/29", CodeBadPrefixLength, "/16 to /28"},
	{"env", "{cidr: 100.65.0.0/16, routable: false}", `»"fd00::/64"`, CodeIPv6, "not planned yet"},
	{"env", "{cidr: 100.65.0.0/16, routable: false}", "»100.065.0.0/16", CodeBadCIDR, "100.65.0.0/16"},
	{"env", "{cidr: 100.65.0.0/16, routable: false}", "»100.65.0.0", CodeBadCIDR, "100.65.0.0/32"},
	{"env", "{cidr: 100.65.0.0/16, routable: false}", "»100.65.0/16", CodeBadCIDR, "not an IPv4 block"},
	{"env", "{cidr: 100.65.0.0/16, routable: false}", "»169.254.0.0/16", CodeReservedRange, "169.254.0.0/16"},
	{"env", "{cidr: 100.65.0.0/16, routable: false}", "»127.1.0.0/16", CodeReservedRange, "127.0.0.0/8"},
	{"env", "{cidr: 100.65.0.0/16, routable: false}", "»225.0.0.0/16", CodeReservedRange, "224.0.0.0/4"},
	{"env", "{cidr: 100.65.0.0/16, routable: false}", "»0.1.0.0/16", CodeReservedRange, "0.0.0.0/8"},
	{"env", "{cidr: 100.65.0.0/16, routable: false}", "»{routable: false}", CodeMissing, `"cidr"`},
	{"env", "{cidr: 100.65.0.0/16, routable: false}", "{cidr: 100.65.0.0/16, routable: »yes}", CodeWrongType, "true or false"},
	{"env", "name: legacy-a, cidr: 10.20.0.0/24, zone: eu-central-1a", "name: legacy-a, cidr: 10.20.0.0/24, zone: »eu-central-1c", CodeUnknownReference, `did you mean "eu-central-1a"? or add it to zones`},
	{"env", "name: legacy-a, cidr: 10.20.0.0/24, zone: eu-central-1a", "name: legacy-a, cidr: 10.20.0.0/24, zone: »west", CodeUnknownReference, "add it to zones or"},
	{"env", "role: nodes, freeIPs: 120", "role: »node, freeIPs: 120", CodeBadEnum, `did you mean "nodes"?`},
	{"env", "freeIPs: 120", "freeIPs: »0120", CodeBadNumber, "120"},
	{"env", "freeIPs: 120", "freeIPs: »1_2", CodeBadNumber, "12"},
	{"env", "freeIPs: 120", "freeIPs: »1e2", CodeBadNumber, "plain decimal"},
	{"env", "freeIPs: 120", "freeIPs: ».nan", CodeBadNumber, "plain decimal"},
	{"env", "freeIPs: 120", "freeIPs: »0x7", CodeBadNumber, "plain decimal"},
	{"env", "freeIPs: 120", "freeIPs: »-1", CodeBadNumber, "0 or more"},
	{"env", "freeIPs: 120", `freeIPs: »"120"`, CodeWrongType, "remove the quotes"},
	{"env", "freeIPs: 120", "freeIPs: »1.5", CodeBadNumber, "whole number"},
	// A /24 has 256 addresses, AWS keeps 5: 251.
	{"env", "freeIPs: 120", "freeIPs: »252", CodeBadNumber, "251"},
	{"env", "used: [10.20.0.4/30]", "used: [»10.20.1.0/30]", CodeOutside, "10.20.0.0/24"},
	{"env", "role: nat}", "role: nat}\n      - {name: »new, cidr: 10.20.2.0/24, zone: eu-central-1b}", CodeBadName, "another name"},
	{"env", "role: nat}", "role: nat}\n      - {name: »nat-a, cidr: 10.20.2.0/24, zone: eu-central-1b}", CodeDuplicateName, "nat-a"},
	{"env", "natGateways: [{name: nat-a, subnet: nat-a", "natGateways: [{name: nat-a, subnet: »nat-b", CodeUnknownReference, "no subnet"},
	{"env", "ips: [10.20.1.9]", "ips: [»10.20.1.16]", CodeOutside, "10.20.1.0/28"},
	{"env", "ips: [10.20.1.9]", "ips: [«10.20.1.9, »10.20.1.9]", CodeDuplicateName, "10.20.1.9"},
	{"env", "ips: [10.20.1.9]", "ips: [»10.20.1.09]", CodeBadCIDR, "not an IPv4 address"},
	{"env", "to: 10.3.0.0/16, via: nat-a", "to: 10.3.0.0/16, via: »nat-b", CodeUnknownReference, `did you mean "nat-a"?`},
	{"env", "{to: 10.0.0.0/8, via: transit-gateway}", "{to: «10.3.0.0/16, via: transit-gateway}", CodeDuplicateName, ""},
	{"env", "subnets: [legacy-a], routes", "subnets: [«legacy-a, »legacy-a], routes", CodeDuplicateName, "route tables"},
	{"env", `"200 allow any 0.0.0.0/0"`, `»"200 permit any 0.0.0.0/0"`, CodeBadRule, "allow or deny"},
	{"env", `"200 allow any 0.0.0.0/0"`, `»"32767 allow any 0.0.0.0/0"`, CodeBadRule, "32766"},
	{"env", `"200 allow any 0.0.0.0/0"`, `»"200 allow tcp/0 0.0.0.0/0"`, CodeBadPorts, "port 0"},
	{"env", `"200 allow any 0.0.0.0/0"`, `»"200 allow any 10.0.0.1/8"`, CodeHostBits, "10.0.0.0/8"},
	{"env", "keepFree: 20%", "keepFree: »120%", CodeBadQuantity, "0% to 100%"},
	{"env", "keepFree: 20%", "keepFree: »0.2", CodeBadQuantity, "such as 20%"},
	{"env", "{name: inside, cidrs: [100.64.0.0/16]}", "{name: inside, cidrs: »[]}", CodeMissing, "at least one"},
	{"env", "{name: inside, cidrs: [100.64.0.0/16]}", "{name: inside, cidrs: [100.64.0.0/16], associable: »true}", CodeConflict, "198.19.0.0/16 alone"},
	{"env", "zones: [eu-central-1a, eu-central-1b]", "zones: [eu-central-1a, {name: eu-central-1b, id: »euc1-3}]", CodeBadName, "such as use1-az1"},
	{"env", "zones: [eu-central-1a, eu-central-1b]", "zones: [{name: eu-central-1a, id: «euc1-az3}, {name: eu-central-1b, id: »euc1-az3}]", CodeDuplicateName, "zone id"},
	{"env", "zones: [eu-central-1a, eu-central-1b]", "zones: [eu-central-1a, eu-central-1b, »{id: euc1-az3}]", CodeMissing, `"name"`},
	{"env", "{name: inside, cidrs: [100.64.0.0/16]}", "»{name: inside}", CodeMissing, `"cidrs"`},
	{"env", "{name: inside, cidrs", "{name: »inside.pool, cidrs", CodeBadName, `"inside-pool"`},
	{"env", "over: site-to-site-vpn", "over: »site-to-site", CodeBadEnum, "site-to-site-vpn"},
	{"env", "{name: vpn1, over: site-to-site-vpn, role: backup}", "»{name: vpn1, role: backup}", CodeMissing, `"over"`},
	{"env", "{name: vpn1,", "{name: »dx1,", CodeDuplicateName, "link"},
	{"env", "capacity: 1Gbps", "capacity: »1Gb", CodeBadQuantity, "write 1Gbps"},
	{"env", "capacity: 1Gbps", "capacity: »fast", CodeBadQuantity, "a line rate, such as 500Mbps or 10Gbps"},
	{"env", "nodeType: m5.large", "nodeType: »m5.lage", CodeUnknownReference, `did you mean "m5.large"?`},
	{"env", "serviceCIDR: 172.20.0.0/16", "serviceCIDR: »172.20.0.0/25", CodeBadPrefixLength, "/12 to /24"},
	{"env", "serviceCIDR: 172.20.0.0/16", "serviceCIDR: »100.80.0.0/16", CodeReservedRange, "10.0.0.0/8"},
	{"env", "serviceCIDR: 172.20.0.0/16", "cni: »cillium", CodeBadEnum, `did you mean "cilium"?`},
	{"env", "serviceCIDR: 172.20.0.0/16", "vpcCNI: {»externalSnat: true}", CodeUnknownKey, `did you mean "externalSNAT"?`},
	{"env", "serviceCIDR: 172.20.0.0/16", "vpcCNI: {externalServiceCIDRs: [»10.1.4.1/28]}", CodeHostBits, "10.1.4.0/28"},
	{"env", "serviceCIDR: 172.20.0.0/16", "vpcCNI: {»externalServiceCidr: []}", CodeUnknownKey, `did you mean "externalServiceCIDRs"?`},
	{"env", "serviceCIDR: 172.20.0.0/16", "cilium: »eni", CodeWrongType, "want a mapping"},
	{"env", "serviceCIDR: 172.20.0.0/16", "cilium: {ipam: »clusterpool}", CodeBadEnum, `did you mean "cluster-pool"?`},
	{"env", "serviceCIDR: 172.20.0.0/16", "cilium: {»nativeRoutingCIDR: []}", CodeUnknownKey, `did you mean "nativeRoutingCIDRs"?`},
	{"env", "serviceCIDR: 172.20.0.0/16", "cilium: {nativeRoutingCIDRs: »10.0.0.0/8}", CodeWrongType, "want a list"},
	{"env", "serviceCIDR: 172.20.0.0/16", "cilium: {nativeRoutingCIDRs: [10.0.0.0/8, »10.20.0.1/16]}", CodeHostBits, "10.20.0.0/16"},
	{"env", "serviceCIDR: 172.20.0.0/16", "cilium: {nonMasqueradeCIDRs: [»10.1.4.9]}", CodeBadCIDR, "10.1.4.9/32"},
	{"env", "serviceCIDR: 172.20.0.0/16", `cilium: {excludedCIDRs: [»"fd00::/8"]}`, CodeIPv6, "IPv4"},
	{"env", "serviceCIDR: 172.20.0.0/16", "istio: {outboundTrafficPolicy: »allow_any}", CodeBadEnum, `did you mean "ALLOW_ANY"?`},
	{"env", "serviceCIDR: 172.20.0.0/16", "istio: {»outboundTraficPolicy: ALLOW_ANY}", CodeUnknownKey, `did you mean "outboundTrafficPolicy"?`},
	{"env", "serviceCIDR: 172.20.0.0/16", `istio: {excludeOutboundIPRanges: [»"*"]}`, CodeBadCIDR, "10.20.0.0/16"},
	{"env", "serviceCIDR: 172.20.0.0/16", "securityGroupEgress: [»everything]", CodeBadRule, "tcp/443 10.0.0.0/8"},
	{"env", "serviceCIDR: 172.20.0.0/16", "securityGroupIngress: [»10.0.0.0/8]", CodeBadRule, "securityGroupIngress"},
	{"env", "serviceCIDR: 172.20.0.0/16", `securityGroupIngress: ["any 10.0.0.0/8", »"tcp/443 10.0.0.1/8"]`, CodeHostBits, "10.0.0.0/8"},
	{"env", "serviceCIDR: 172.20.0.0/16", `securityGroupIngress: [»"tcp 10.0.0.0/8"]`, CodeBadPorts, "tcp/*"},
	{"env", "role: nat}", "role: nat, cni: »1}", CodeWrongType, "true or false"},
	{"env", "ports: 2, shared: true", "mtu: »67", CodeBadNumber, "68 to 9001"},
	{"env", "ports: 2, shared: true", "mtu: »9002", CodeBadNumber, "68 to 9001"},
	{"env", "ports: 2, shared: true", "mtu: »jumbo", CodeWrongType, "want a number"},
	{"env", "over: site-to-site-vpn,", "over: site-to-site-vpn, mtu: »1447,", CodeConflict, "1446 bytes at most"},
	{"env", "metadata: {name: test}", "metadata: {name: »Test}", CodeBadName, `"test"`},
	{"env", "metadata: {name: test}", "metadata: {name: test, owner: »[a]}", CodeWrongType, "want text"},
	{"env", "apiVersion: egressplan/v1", "apiVersion: »egressplan/v2", CodeAPIVersion, "egressplan/v1"},
	{"env", "apiVersion: egressplan/v1\n", "# none\n»", CodeMissing, "apiVersion"},
	{"env", "reserved: [10.20.255.0/24]", "«quotas: {}\n  »quotas: {}", CodeDuplicateKey, "twice"},
	// One block of the VPC that cannot be read is one problem, whatever lies in it.
	{"env", "cidrs: [10.20.0.0/16, {cidr: 100.65.0.0/16, routable: false}]", "cidrs: [»10.20.0.0, {cidr: 100.65.0.0/16, routable: false}]", CodeBadCIDR, "no prefix length"},
	{"env", "[eu-central-1a, eu-central-1b]", "»eu-central-1a, eu-central-1b", CodeWrongType, "[eu-central-1a, eu-central-1b]"},
	{"env", "[eu-central-1a, eu-central-1b]", "[eu-central-1a, eu-central-1b, »eu-central-1c eu-central-1d]", CodeConflict, "a comma between two zones"},
	{"env", "{to: 10.0.0.0/8, via: transit-gateway}", `{to: 10.0.0.0/8, via: »""}`, CodeMissing, "an empty text"},
	{"env", "{to: 10.0.0.0/8, via: transit-gateway}", "{to: 10.0.0.0/8, via: transit-gateway, labels: »[a]}", CodeWrongType, "want a mapping"},
	{"env", "region: eu-central-1\n", "region: »{{ .Values.region }}\n", CodeWrongType, "template"},
	{"env", "name: legacy-a, cidr", "»name:legacy-a, name: legacy-a, cidr", CodeUnknownKey, `write "name: legacy-a", with a blank`},
	{"env", "reserved: [10.20.255.0/24]", "quotas: {fixed: [»natGateways]}", CodeBadEnum, "natGatewaysPerZone"},
}

var brokenFirewalls = []broken{
	{"fw", "syntax: cisco-asa", "syntax: »cisco", CodeBadEnum, "cisco-asa"},
	{"fw", "identity: app,", "identity: »apps,", CodeBadEnum, `did you mean "app"?`},
	{"fw", "broadestSource: 27", "broadestSource: »33", CodeBadNumber, "0 to 32"},
	{"fw", "broadestSource: 27", "site: »dc2", CodeUnknownReference, `did you mean "dc1"?`},
	{"fw", "{name: dc1-edge, syntax: cisco-asa, identity: app, broadestSource: 27}", "»{name: dc1-edge}", CodeMissing, `"identity"`},
	{"fw", "firewall: dc1-edge, cidrs", "firewall: »dc1-egde, cidrs", CodeUnknownReference, `did you mean "dc1-edge"?`},
	{"fw", "cidrs: [10.1.4.0/28], ports", "ports", CodeMissing, "neither cidrs nor hosts"},
	{"fw", "cidrs: [10.1.4.0/28]", "cidrs: []", CodeMissing, "neither cidrs nor hosts"},
	{"fw", "cidrs: [10.1.4.0/28]", "cidrs: [»10.1.4.1/28]", CodeHostBits, "10.1.4.0/28"},
	// The site dc1 is 10.0.0.0/14 and 172.16.0.0/16: 10.3.255.255 is its last address of the one, 172.16.255.255 of the other.
	{"fw", "cidrs: [10.1.4.0/28]", "cidrs: [10.3.255.255/32, »10.4.0.0/32]", CodeOutside, `site "dc1": 10.0.0.0/14, 172.16.0.0/16`},
	{"fw", "cidrs: [10.1.4.0/28]", "cidrs: [172.16.255.0/24, »10.0.0.0/13]", CodeOutside, "cidrs of the site"},
	{"fw", "cidrs: [10.1.4.0/28]", "cidrs: [»10.20.1.9/32]", CodeOutside, "10.20.1.9/32"},
	{"fw", "cidrs: [10.1.4.0/28]", "cidrs: [10.1.4.0/28], clusterIP: »172.20.5.5/32", CodeBadCIDR, "not an IPv4 address"},
	{"fw", "cidrs: [10.1.4.0/28]", `cidrs: [10.1.4.0/28], clusterIP: »"fd00::5"`, CodeIPv6, "IPv4"},
	{"fw", "cidrs: [10.1.4.0/28]", "cidrs: [10.1.4.0/28], clusterIP: »[172.20.5.5]", CodeWrongType, "want text"},
	{"fw", "cidrs: [10.1.4.0/28]", "cidrs: [10.1.4.0/28], »clusterIp: 172.20.5.5", CodeUnknownKey, `did you mean "clusterIP"?`},
	// The service CIDR is 172.20.0.0/16.
	{"fw", "cidrs: [10.1.4.0/28]", "cidrs: [10.1.4.0/28], clusterIP: »172.21.0.0", CodeOutside, "the service CIDR 172.20.0.0/16"},
	{"fw", "cidrs: [10.1.4.0/28]", "cidrs: [10.1.4.0/28], clusterIP: »172.19.255.255", CodeOutside, "the service CIDR 172.20.0.0/16"},
	{"fw", "cidrs: [10.1.4.0/28]", "cidrs: [10.1.4.0/28], clusterIP: »172.20.0.0", CodeReservedRange, "first"},
	{"fw", "cidrs: [10.1.4.0/28]", "cidrs: [10.1.4.0/28], clusterIP: »172.20.0.1", CodeReservedRange, "Service kubernetes"},
	{"fw", "cidrs: [10.1.4.0/28]", "cidrs: [10.1.4.0/28], clusterIP: »172.20.0.10", CodeReservedRange, "kube-dns"},
	{"fw", "cidrs: [10.1.4.0/28]", "cidrs: [10.1.4.0/28], clusterIP: »172.20.255.255", CodeReservedRange, "last"},
	{"fw", "service: s3", "service: s3, clusterIP: »172.20.5.5", CodeConflict, "only on-premises and network"},
	{"fw", "service: s3, ports: [tcp/443]}", "service: s3, ports: [tcp/443]}\n    - {name: web, kind: internet, cidrs: [198.51.100.0/24], clusterIP: »172.20.5.5, ports: [tcp/443]}", CodeConflict, "remove clusterIP"},
	{"fw", "{name: directory, kind: on-premises, firewall: dc1-edge, hosts", "»{name: directory, kind: on-premises, firewall: dc1-edge, clusterIP: 172.20.5.5, hosts", CodeMissing, `no "cidrs"`},
	{"fw", "cidrs: [10.1.4.0/28], ports", "clusterIP: 172.20.5.5, ports", CodeMissing, "neither cidrs nor hosts"},
	{"fw", "cidrs: [10.1.4.0/28], ports: [tcp/1521]}", "cidrs: [10.1.4.0/28], clusterIP: «172.20.5.5, ports: [tcp/1521]}\n" +
		"    - {name: copy, kind: network, cidrs: [10.30.0.5/32], clusterIP: »172.20.5.5, ports: [tcp/1521]}", CodeDuplicateName, "172.20.5.5"},
	{"fw", "hosts: [ldap.bank.internal]", "hosts: [»LDAP.bank.internal]", CodeBadHost, "ldap.bank.internal"},
	{"fw", "hosts: [ldap.bank.internal]", "hosts: [»ldap_bank.internal]", CodeBadHost, "host name"},
	{"fw", "ports: [tcp/636]", "ports: [»636]", CodeBadPorts, "tcp/636"},
	{"fw", "ports: [tcp/636]", "ports: [»tcp]", CodeBadPorts, "tcp/*"},
	{"fw", "ports: [tcp/636]", "ports: [»sctp/636]", CodeBadPorts, "tcp/1521"},
	{"fw", "ports: [tcp/636]", "ports: [»tcp/70000]", CodeBadPorts, "65535"},
	{"fw", "ports: [tcp/636]", "ports: [»tcp/0636]", CodeBadPorts, "plain digits"},
	{"fw", "ports: [tcp/636]", "ports: [»tcp/700-600]", CodeBadPorts, "tcp/600-700"},
	{"fw", "ports: [tcp/636]", "ports: [»icmp/8]", CodeBadPorts, "no ports"},
	{"fw", "ports: [tcp/636]", "ports: »[]", CodeMissing, "at least one"},
	{"fw", "{name: storage, kind: aws-service, service: s3, ports: [tcp/443]}", "»{name: storage, kind: aws-service, ports: [tcp/443]}", CodeMissing, "service"},
	{"fw", "service: s3", "service: s3, firewall: »dc1-edge", CodeConflict, "only on-premises"},
	{"fw", "hosts: [ldap.bank.internal]", "service: »s3, hosts: [ldap.bank.internal]", CodeConflict, "aws-service"},
	{"fw", "name: directory", "name: »core-db", CodeDuplicateName, "core-db"},
	{"fw", "ports: [tcp/636]", "ports: [tcp/636], mustSurvive: [»az-lost]", CodeBadEnum, "zone-lost"},
	{"fw", "kind: FirewallRequirements", "kind: »FirewallRequirement", CodeKind, `did you mean "FirewallRequirements"?`},
}

var brokenApps = []broken{
	{"apps", "name: ledger", "name: »Ledger", CodeBadName, `"ledger"`},
	{"apps", "name: ledger", "name: »1.10", CodeWrongType, "quotes"},
	{"apps", "{name: ledger, namespace: payments,", "»{name: ledger,", CodeMissing, `"namespace"`},
	{"apps", "pods: {min: 3, max: 40},", "", CodeMissing, `"pods"`},
	{"apps", "max: 40}", "max: »2}", CodeConflict, "below pods.min 3"},
	{"apps", "max: 40}", "max: 40, typical: »41}", CodeConflict, "3..40"},
	{"apps", "max: 40}", "max: »0}", CodeBadNumber, "1 to 100000"},
	{"apps", "max: 40}", "max: »100001}", CodeBadNumber, "1 to 100000"},
	{"apps", "max: 40}", "max: 40, »maximum: 40}", CodeUnknownKey, "min, max, typical"},
	{"apps", "flows:", "requests: {cpu: »500mm}, flows:", CodeBadQuantity, "500m"},
	{"apps", "flows:", "requests: {cpu: »0}, flows:", CodeBadQuantity, "500m"},
	{"apps", "flows:", "requests: {memory: »1gb}, flows:", CodeBadQuantity, "1Gi"},
	{"apps", "flows:", "requests: {memory: »-1Gi}, flows:", CodeBadQuantity, "1Gi"},
	{"apps", "flows:", "growth: »1001%, flows:", CodeBadQuantity, "1000%"},
	{"apps", "flows:", "compute: fargate, hostNetwork: »true, flows:", CodeConflict, "fargate"},
	{"apps", "flows:", "compute: fargate, os: »windows, flows:", CodeConflict, "linux only"},
	{"apps", "flows:", "subnets: [»legacy], flows:", CodeUnknownReference, "no subnet"},
	{"apps", "flows:", "podLabels: {»-app: x}, flows:", CodeBadLabel, "label key"},
	{"apps", "flows:", "podLabels: {app: »a b}, flows:", CodeBadLabel, "label value"},
	{"apps", "flows:", "podLabels: {version: »1.10}, flows:", CodeWrongType, "quotes"},
	{"apps", "flows:", "labels: {«a: b, »a: c}, flows:", CodeDuplicateKey, "twice"},
	{"apps", "flows:", "serviceAccount: »Ledger, flows:", CodeBadName, "ledger"},
	{"apps", "outGB: 400", "outGB: 1,»600", CodeUnknownKey, "without commas"},
	{"apps", "{to: storage}", `{to: »""}`, CodeMissing, "to is an empty text"},
	{"apps", "outGB: 400", "outGB: »400..100", CodeBadQuantity, "low..high"},
	{"apps", "outGB: 400", "outGB: »1e3", CodeBadQuantity, "low..high"},
	{"apps", "outGB: 400", "outGB: ».inf", CodeBadQuantity, "low..high"},
	{"apps", "outGB: 400", "outGB: »-1", CodeBadQuantity, "low..high"},
	{"apps", "outGB: 400", "outGB: »1000000000001", CodeBadQuantity, "low..high"},
	{"apps", "outGB: 400", "outGB: »true", CodeWrongType, "low..high"},
	{"apps", "outGB: 400", "initiator: »on-premises", CodeBadEnum, "app, destination"},
	{"apps", "{to: storage}", "{to: »storages}", CodeUnknownReference, `did you mean "storage"?`},
	{"apps", "{to: storage}", "»{to: storage, ports: [tcp/80]}", CodePortsOutside, "tcp/80"},
	{"apps", "{to: storage}", "»{to: storage, ports: [udp/443]}", CodePortsOutside, "udp/443"},
	{"apps", "{to: storage}", "«{to: storage}, »{to: storage}", CodeDuplicateName, "storage"},
	{"apps", "flows: [{to: core-db, outGB: 400, inGB: 100..400}, {to: storage}]", "flows: [»storage]", CodeWrongType, "want a mapping"},
	{"apps", "spec:\n  apps:", "spec:\n  newAppsPerMonth: »-1\n  apps:", CodeBadNumber, "0 or more"},
}

const header = "apiVersion: egressplan/v1\n"

var brokenDocuments = []broken{
	{"policy", "", header + "kind: Policy\nspec: {exclude: [»istio]}\n", CodeBadEnum, "istio-egress-gateway"},
	{"policy", "", header + "kind: Policy\nspec: {reject: [»third-party]}\n", CodeUnknownReference, "finding"},
	{"policy", "", header + "kind: Policy\nspec: {reject: [«shared-source], accept: [»shared-source]}\n", CodeDuplicateName, "shared-source"},
	{"policy", "", header + "kind: Policy\nspec: {assumptions: {»engineerHoursUSD: 90}}\n", CodeUnknownKey, `did you mean "engineerHourUSD"?`},
	{"policy", "", header + "kind: Policy\nspec: {assumptions: {hoursPerMonth: »745}}\n", CodeBadNumber, "1 to 744"},
	{"policy", "", header + "kind: Policy\nspec: {assumptions: {engineerHourUSD: »100001}}\n", CodeBadNumber, "engineerHourUSD (USD an hour)"},
	{"policy", "", header + "kind: Policy\nspec: {assumptions: {engineerHourUSD: »90 USD}}\n", CodeBadNumber, "engineerHourUSD (USD an hour)"},
	{"policy", "", header + "kind: Policy\nspec: {assumptions: {owner: »[]}}\n", CodeWrongType, "owner is a list"},
	{"policy", "", header + "kind: Policy\nspec: {assumptions: {amortisationMonths: »0}}\n", CodeBadNumber, "from 1"},
	{"policy", "", header + "kind: Policy\nspec: {redundancy: {natZones: »every}}\n", CodeBadEnum, "all"},
	{"policy", "", header + "kind: Policy\nspec: {redundancy: {natZones: »3}}\n", CodeBadNumber, "2 zones"},
	{"policy", "", header + "kind: Policy\nspec: {redundancy: {egressNodesPerZone: »0}}\n", CodeBadNumber, "1 to"},
	{"policy", "", header + "kind: Policy\nspec: {maxExceptions: »many}\n", CodeWrongType, "number"},
	{"policy", "", header + "kind: Policy\nspec: {licences: {isovalentMonthlyUSD: »-5}}\n", CodeBadNumber, "0 or more"},
	{"policy", "", header + "kind: Policy\nspec: »[]\n", CodeWrongType, "want a mapping"},
	{"policy", "", "«" + header + "kind: Policy\nspec: {}\n---\n»" + header + "kind: Policy\nspec: {}\n", CodeDuplicateDocument, "second Policy"},
	{"policy", "", "»" + header + "kind: Policy\n", CodeMissing, `"spec"`},
	{"prices", "", header + "kind: PriceBook\nspec: {currency: »EUR, prices: []}\n", CodeBadEnum, "USD"},
	{"prices", "", header + "kind: PriceBook\nspec: {asOf: »September, prices: []}\n", CodeBadDate, "2026-09-25"},
	{"prices", "", header + "kind: PriceBook\nspec: {prices: [»{region: eu-west-1, item: nat-gateway-hour}]}\n", CodeMissing, "price or tiers"},
	{"prices", "", header + "kind: PriceBook\nspec: {prices: [»{region: eu-west-1, item: nat-gateway-hour, price: 1, tiers: [{price: 1}]}]}\n", CodeConflict, "price and tiers"},
	{"prices", "", header + "kind: PriceBook\nspec: {prices: [{region: »europe, item: nat-gateway-hour, price: 1}]}\n", CodeBadName, "region"},
	{"prices", "", header + "kind: PriceBook\nspec: {prices: [{region: \"*\", item: nat-gateway-hour, price: »\"0,05\"}]}\n", CodeBadNumber, "plain decimal"},
	{"prices", "", header + "kind: PriceBook\nspec: {prices: [{region: \"*\", item: nat-gateway-hour, tiers: [{upTo: 9, price: 2}, »{upTo: 8, price: 1}, {price: 1}]}]}\n", CodeConflict, "ends before"},
	{"prices", "", header + "kind: PriceBook\nspec: {prices: [{region: \"*\", item: nat-gateway-hour, tiers: [»{upTo: 9, price: 2}]}]}\n", CodeConflict, "has an end"},
	{"prices", "", header + "kind: PriceBook\nspec: {prices: [«{region: \"*\", item: nat-gateway-hour, price: 1}, »{region: \"*\", item: nat-gateway-hour, price: 2}]}\n", CodeDuplicateName, "nat-gateway-hour in *"},
	{"prices", "", header + "kind: PriceBook\nspec: {prices: [{region: \"*\", item: »nat-gateway-hours, price: 1}]}\n", CodeUnknownReference, `did you mean "nat-gateway-hour"?`},
	{"prices", "", header + "kind: PriceBook\nspec: {prices: [{region: \"*\", item: »\"ec2-hour:m5.lage\", price: 1}]}\n", CodeUnknownReference, `did you mean "ec2-hour:m5.large"?`},
	{"prices", "", header + "kind: PriceBook\nspec: {prices: [{region: \"*\", item: »kettle, price: 1}]}\n", CodeUnknownReference, "direct-connect-out-gb:..., direct-connect-port-hour:..., eks-cluster-hour"},
	{"prices", "", header + "kind: PriceBook\nspec: {prices: [{region: »eu-wset-1, item: nat-gateway-hour, price: 1}]}\n", CodeUnknownReference, `did you mean "eu-west-1"? or write "*"`},
	{"prices", "", header + "kind: PriceBook\nspec: {prices: [{region: eu-west-1, item: nat-gateway-hour, price: 1, unit: »GB}]}\n", CodeConflict, "write Hrs"},
	{"lock", "", header + "kind: Allocations\nspec: {entries: [{name: a/b, pattern: »nat, purpose: nodes, cidr: 10.20.64.0/26}]}\n", CodeBadEnum, "private-nat-gateway"},
	{"lock", "", header + "kind: Allocations\nspec: {entries: [{name: a/b, pattern: vpc-subnet-cidr, purpose: »node, cidr: 10.20.64.0/26}]}\n", CodeBadEnum, `"nodes"`},
	{"lock", "", header + "kind: Allocations\nspec: {entries: [»{name: a/b, pattern: vpc-subnet-cidr, purpose: nodes}]}\n", CodeMissing, `"cidr"`},
	{"lock", "", header + "kind: Allocations\nspec: {entries: [{name: »\"a b\", pattern: vpc-subnet-cidr, purpose: nodes, cidr: 10.20.64.0/26}]}\n", CodeBadName, "name of an allocation"},
	{"lock", "", header + "kind: Allocations\nspec: {entries: [{name: app/a/b/eu-central-1a/nodes, pattern: vpc-subnet-cidr, pool: »routible, purpose: nodes, cidr: 10.20.64.0/26}]}\n", CodeUnknownReference, `"routable"`},
	{"lock", "", header + "kind: Allocations\nspec: {entries: [{name: app/a/b/eu-central-1a/nodes, pattern: vpc-subnet-cidr, pool: »shanghai, purpose: nodes, cidr: 10.20.64.0/26}]}\n", CodeUnknownReference, "another estate"},
	{"lock", "", header + "kind: Allocations\nspec: {entries: [{name: app/a/b/eu-central-1a/nodes, pattern: vpc-subnet-cidr, pool: routable, purpose: nodes, cidr: »10.20.1.0/26}]}\n", CodeOutside, "outside its pool"},
	{"lock", "", header + "kind: Allocations\nspec: {entries: [{name: app/a/b/eu-central-1a/nodes, pattern: vpc-subnet-cidr, purpose: nodes, cidr: »10.20.1.0/26}]}\n", CodeOutside, "in no pool"},
	{"lock", "", header + "kind: Allocations\nspec: {entries: [{name: app/a/b/eu-central-1a/nodes, pattern: vpc-subnet-cidr, pool: routable, purpose: nodes, cidr: »10.20.64.0/30}]}\n", CodeBadPrefixLength, "/16 to /28"},
	{"lock", "", header + "kind: Allocations\nspec: {entries: [{name: app/a/b/eu-central-1a/nodes, pattern: vpc-subnet-cidr, pool: routable, purpose: nodes, cidr: »10.20.64.8/26}]}\n", CodeHostBits, "10.20.64.0/26"},
	{"lock", "", header + "kind: Allocations\nspec: {entries: [{name: app/a/b/eu-central-1a/egress-ip, pattern: cilium-egress-gateway, pool: routable, purpose: egress-ip, cidr: »10.20.64.0/28}]}\n", CodeBadPrefixLength, "single address"},
	{"lock", "", header + "kind: Allocations\nspec: {entries: [»{name: app/a/b/eu-central-1a/nodes, pattern: vpc-subnet-cidr, pool: routable, purpose: pods, cidr: 10.20.64.0/26}]}\n", CodeConflict, "its name says nodes"},
	{"lock", "", header + "kind: Allocations\nspec: {entries: [»{name: app/a/b/eu-central-1a/nodes, pattern: vpc-subnet-cidr, pool: routable, zone: eu-central-1b, purpose: nodes, cidr: 10.20.64.0/26}]}\n", CodeConflict, "zone eu-central-1a"},
	{"lock", "", "»" + header + "kind: Allocations\nmetadata: {name: somebody-else}\nspec: {entries: []}\n", CodeConflict, "this lock is of"},
	{"more", "", header + "kind: »Nothing\nspec: {}\n", CodeKind, "AppInventory"},
	{"more", "", "»- a list\n", CodeWrongType, "want a mapping"},
	{"more", "", "»just text\n", CodeWrongType, "want a mapping"},
	{"more", "", "a:\n»\t- b\n", CodeSyntax, "YAML"},
	{"more", "", "a: 1\nb: [c»}\n", CodeSyntax, "this } meets the [ of line 2"},
	{"more", "", "a: 1\nb:\n  - c\n  »d: e\n", CodeSyntax, "indented by 2 blanks"},
	{"more", "", "a: »{b: c\nd: e\n", CodeSyntax, "this { is not closed"},
	{"more", "", "a: 1\nb: »{\n", CodeSyntax, "this { is not closed"},
	{"more", "", "# é\na: »*nowhere\n", CodeSyntax, "define it above with &nowhere"},
	{"more", "", "a: »[\n", CodeSyntax, "is not closed"},
	{"more", "", "a: »\xff\n", CodeNotUTF8, "0xff"},
	{"more", "", "a: é»\x00\n", CodeNotUTF8, "NUL"},
	{"more", "", "a: »&a [*a]\n", CodeAliasBudget, "contains itself"},
	{"more", "", strings.Repeat("[", maxDepth) + "»[" + strings.Repeat("]", maxDepth+1) + "\n", CodeTooDeep, "64 levels"},
	{"more", "", "»" + strings.Repeat("[", 20_000) + "\n", CodeTooDeep, "64 levels"},
}

// Each small mistake gives exactly one problem, at its place, with a way out.
func TestBrokenInput(t *testing.T) {
	standard := map[string]string{"env": environmentYAML, "fw": firewallsYAML, "apps": appsYAML}
	exercised := map[string]bool{}
	count := 0
	for _, list := range [][]broken{brokenEnvironments, brokenFirewalls, brokenApps, brokenDocuments} {
		for _, b := range list {
			count++
			exercised[b.code] = true
			t.Run(fmt.Sprintf("%s %.60q", b.file, b.to), func(t *testing.T) {
				doc := b.to
				if b.from != "" {
					doc = edit(t, standard[b.file], b.from, b.to)
				}
				first, doc := mark(t, b.file, doc, earlier) // stands before the other
				at, doc := mark(t, b.file, doc, later)
				checkBroken(t, b, doc, at, first)
			})
		}
	}
	// Those that a test of their own exercises.
	for _, code := range []string{CodeMissingDocument, CodeTooLarge, CodeTooMany, CodeOverlap} {
		exercised[code] = true
	}
	for _, c := range Codes() {
		if !exercised[c.Code] {
			t.Errorf("nothing exercises %s", c.Code)
		}
	}
	t.Logf("%d broken documents", count)
}

func checkBroken(t *testing.T, b broken, doc string, at, first finding.Pos) {
	t.Helper()
	plan, problems := load(map[string]string{b.file: doc})
	if plan != nil {
		t.Error("there is a plan all the same")
	}
	if len(problems) != 1 {
		for _, p := range problems {
			t.Errorf("%s: %s [%s]", p.At, p.Message, p.Code)
		}
		t.Fatalf("%d problems, want one", len(problems))
	}
	p := problems[0]
	if !slices.ContainsFunc(Codes(), func(c CodeInfo) bool { return c.Code == p.Code }) {
		t.Errorf("%s is not in the table of codes", p.Code)
	}
	if p.Code != b.code || !at.IsZero() && p.At != at || !first.IsZero() && p.Earlier != first {
		t.Errorf("%s: [%s] earlier %s, want %s: [%s] earlier %s", p.At, p.Code, p.Earlier, at, b.code, first)
	}
	if !strings.Contains(p.Message+" "+p.Fix, b.says) || p.Fix == "" {
		t.Errorf("message %q, fix %q: no word of %q", p.Message, p.Fix, b.says)
	}
}
