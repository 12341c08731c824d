package inventory

import "slices"

// The codes of problems in the input.
const (
	CodeAliasBudget       = "alias-budget"
	CodeAPIVersion        = "api-version"
	CodeBadCIDR           = "bad-cidr"
	CodeBadDate           = "bad-date"
	CodeBadEnum           = "bad-enum"
	CodeBadHost           = "bad-host"
	CodeBadLabel          = "bad-label"
	CodeBadName           = "bad-name"
	CodeBadNumber         = "bad-number"
	CodeBadPorts          = "bad-ports"
	CodeBadPrefixLength   = "bad-prefix-length"
	CodeBadQuantity       = "bad-quantity"
	CodeBadRule           = "bad-rule"
	CodeConflict          = "conflict"
	CodeDuplicateDocument = "duplicate-document"
	CodeDuplicateKey      = "duplicate-key"
	CodeDuplicateName     = "duplicate-name"
	CodeHostBits          = "host-bits"
	CodeIPv6              = "ipv6"
	CodeKind              = "kind"
	CodeMissing           = "missing"
	CodeMissingDocument   = "missing-document"
	CodeNotUTF8           = "not-utf8"
	CodeOutside           = "outside"
	CodeOverlap           = "overlap"
	CodePortsOutside      = "ports-outside"
	CodeReservedRange     = "reserved-range"
	CodeSyntax            = "syntax"
	CodeTooDeep           = "too-deep"
	CodeTooLarge          = "too-large"
	CodeTooMany           = "too-many"
	CodeUnknownKey        = "unknown-key"
	CodeUnknownReference  = "unknown-reference"
	CodeWrongType         = "wrong-type"
)

// CodeInfo is what a code of a [finding.Problem] stands for: what it means and
// the way out in one line each, where exactly the border runs, and who drew it.
type CodeInfo struct {
	Code    string
	Meaning string
	Fix     string
	Detail  string // "" where Fix says it all
	Source  string
}

// Codes returns every code Load reports, by code.
func Codes() []CodeInfo { return slices.Clone(codes) }

// codes is sorted by code; a test holds that, and that no code is missing.
var codes = []CodeInfo{
	{CodeAliasBudget, "YAML aliases blow the document up beyond a million nodes, or an anchor contains itself.", "Write the repeated parts out, or share less by aliases.",
		"What counts is the document as it is once every alias is written out.",
		"egressplan, Input documents: the limits"},
	{CodeAPIVersion, "The document is of another version of the format, or does not say which.", "Write apiVersion: egressplan/v1.",
		"There is one version so far. Documents of later ones are refused rather than read in part.",
		"egressplan, Input documents: Document"},
	{CodeBadCIDR, "A value is not an IPv4 address block in strict notation.", "Write four decimal numbers without leading zeros, a slash and a prefix length: 10.20.0.0/16.",
		"010.0.0.0/8 is refused because some programs read a leading zero as octal, 10.20.0.0 because it leaves the size open; a single address is written 10.20.0.1/32, or 10.20.0.1 where the key takes an address.",
		"RFC 4632, section 3.1"},
	{CodeBadDate, "A value is not a calendar date.", "Write year-month-day: 2026-09-25.",
		"A day or a month of the calendar: 2026-02-30 is none, 2026-09 is one.",
		"ISO 8601, as YAML writes it"},
	{CodeBadEnum, "A value is not one of the few words this key takes.", "Take one of the words that the message lists.",
		"Case counts: app is an identity, App is none.",
		"egressplan, Input documents"},
	{CodeBadHost, "A value is not a DNS host name.", "Write lower-case labels of letters, digits and '-', separated by dots.",
		`"*." in front is allowed; a trailing dot, capitals, underscores and addresses with a scheme are not.`,
		"RFC 1123, section 2.1"},
	{CodeBadLabel, "A pod label is not one Kubernetes accepts.", "Keys are [prefix/]name, names and values at most 63 letters, digits, '-', '_', '.', with a letter or digit at both ends.",
		"The prefix is a DNS name of at most 253 characters.",
		"Kubernetes documentation, Labels and Selectors"},
	{CodeBadName, "A name is not one that Kubernetes and AWS accept everywhere.", "Write at most 63 lower-case letters, digits and '-', with a letter or digit at both ends.",
		"Apps, namespaces, destinations, firewalls, sites, links, pools and subnets are named like this because they become names of AWS and Kubernetes objects.",
		"RFC 1123 labels; Kubernetes documentation, Object Names and IDs"},
	{CodeBadNumber, "A value is not a number in plain decimal notation, or outside its range.", "Write digits only: no exponent, no underscore, no leading zero.",
		"YAML would read 017 as 15, 1_000 as 1000 and 1e3 as a number too; each is more likely a slip. .nan, .inf and negative numbers are refused as well. The message names the range.",
		"YAML 1.1, integers and floats; egressplan, Input documents: Notation"},
	{CodeBadPorts, "A value does not name a protocol and its ports.", "Write tcp/1521, tcp/1024-2048, udp/*, icmp or any.",
		"Ports go from 1 to 65535, the lower one first. A bare number names no protocol; icmp and any have no ports.",
		"RFC 6335, section 6"},
	{CodeBadPrefixLength, "AWS does not accept a VPC block, subnet or service range of this size.", "VPC blocks and subnets are /16 to /28, the service CIDR is /12 to /24.",
		"",
		"Amazon VPC User Guide, VPC CIDR blocks and Subnet sizing; Amazon EKS User Guide, Network requirements"},
	{CodeBadQuantity, "A value is not a quantity of its kind: CPU, memory, capacity, percentage or volume.", "Write 500m, 1Gi, 1Gbps, 20% or 100..400, as the message says.",
		"CPU and memory as Kubernetes writes them (500m, 0.5, 512Mi, 128M), a line rate with its unit (500Mbps, 10Gbps), a percentage with its sign (20%), GB a month as a number or a range (400, 100..400).",
		"Kubernetes documentation, Resource Management for Pods and Containers; egressplan, Input documents: Notation"},
	{CodeBadRule, "A network ACL or security group rule is not readable.", `Write "100 allow tcp/443 10.0.0.0/8" for an ACL, "tcp/443 10.0.0.0/8" for a security group.`,
		"Rules of a network ACL have a number from 1 to 32766; the lowest that matches decides. Security groups only allow.",
		"Amazon VPC User Guide, Network ACL rules and Security group rules"},
	{CodeConflict, "Two values of the input exclude each other.", "Change one of the two.",
		"For example pods.max below pods.min, hostNetwork on Fargate, a firewall for a destination that is not on-premises, a zone of another region, or a price with tiers beside it. The message says which.",
		"the values themselves"},
	{CodeDuplicateDocument, "There may be one document of this kind only.", "Merge the two documents, or give only one of the files.",
		"Environment and Policy exist once; AppInventory, FirewallRequirements, PriceBook and Allocations may stand in several documents and are merged. The message names the earlier one.",
		"egressplan, Input documents"},
	{CodeDuplicateKey, "A key stands twice in one mapping.", "Remove one of the two.",
		"YAML forbids it, and most readers silently take the last one. The message names the earlier one.",
		"YAML 1.2, section 3.2.1.3"},
	{CodeDuplicateName, "Two objects of one kind have the same name.", "Rename or remove one of the two.",
		"Apps are told apart by namespace/name, everything else by its name; a flow by destination, ports and initiator. The message names the earlier one.",
		"egressplan, Input documents"},
	{CodeHostBits, "An address block has bits set behind its prefix length.", "Write the block's first address, as the message suggests.",
		"10.20.0.7/24 may mean the block 10.20.0.0/24 or the address 10.20.0.7/32; in a firewall rule the difference is 255 hosts, so that it is not guessed.",
		"RFC 4632, section 3.1"},
	{CodeIPv6, "IPv6 is not planned yet.", "Give IPv4 blocks only.",
		"Blocks and addresses alike, mapped IPv4 addresses (::ffff:10.0.0.1) included.",
		"egressplan, Input documents"},
	{CodeKind, "The document's kind is unknown or missing.", "Write one of Environment, AppInventory, FirewallRequirements, Policy, PriceBook, Allocations.",
		"Case counts.",
		"egressplan, Input documents: Document"},
	{CodeMissing, "A required key is missing.", "Add the key.",
		"The message names the key and the object. A key with an empty value counts as left out.",
		`egressplan, Input documents: "required" in the tables`},
	{CodeMissingDocument, "A document without which nothing can be planned is missing.", "Write a document of that kind; egressplan init writes a plan to start from; fixtures/plans/bank in the repository is a complete example.",
		"Needed are an Environment, at least one AppInventory and at least one FirewallRequirements; the others are optional.",
		"egressplan, Input documents"},
	{CodeNotUTF8, "The file is not UTF-8 text.", "Save the file as UTF-8, without NUL characters.",
		"UTF-16 and Latin-1 are the usual ones; a NUL character is a sign of a binary file. A byte order mark is accepted.",
		"RFC 3629; YAML 1.2, section 5.1"},
	{CodeOutside, "An address or block lies outside the block it belongs to.", "Correct one of the two.",
		"A subnet lies in one block of the VPC, the addresses of a NAT gateway in its subnet, on-premises destinations in the blocks of their site, a clusterIP in the service CIDR, an allocation in its pool or subnet.",
		"Amazon VPC User Guide, Subnets and NAT gateways; egressplan, Input documents"},
	{CodeOverlap, "Two address blocks overlap that must not.", "Change one of the two.",
		"Subnet with subnet, block with block of the VPC, pool with pool, VPC with a connected network, service CIDR with VPC or pool, routable pool with on-premises. On-premises inside the VPC is a finding instead (on-premises-in-vpc). The message names both.",
		"Amazon VPC User Guide, VPC CIDR blocks and Subnets; VPC Peering Guide, limitations; Amazon EKS User Guide, Network requirements"},
	{CodePortsOutside, "A flow uses ports that its destination does not offer.", "Add the ports to the destination, or correct the flow.",
		"A flow without ports uses all of its destination.",
		"egressplan, Input documents: Flow"},
	{CodeReservedRange, "AWS does not allow this range here.", "Take a block from another range.",
		"No VPC block in 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16 or 224.0.0.0/4; a service CIDR only in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16; no clusterIP that Kubernetes takes itself, such as the first one.",
		"Amazon VPC User Guide, VPC CIDR blocks; Amazon EKS User Guide, Network requirements"},
	{CodeSyntax, "The file is not well-formed YAML; whatever follows was not read.", "Correct the place and run again: more problems may show up then.",
		"Most often a tab, a missing space behind a colon, an unclosed quote or bracket, or lines that are not indented alike. The line is the one where the reader noticed: the cause may stand above it.",
		"YAML 1.2"},
	{CodeTooDeep, "The document is nested deeper than 64 levels.", "Flatten it.",
		"Nothing that a plan needs is nested deeper than ten levels.",
		"egressplan, Input documents: the limits"},
	{CodeTooLarge, "The file is larger than 64 MiB, or holds more than 10 million values.", "Split it into several files.",
		"It is refused before any of it is parsed.",
		"egressplan, Input documents: the limits"},
	{CodeTooMany, "There are more problems than are listed.", "Correct those listed and run again.",
		"10,000 problems are kept.",
		"egressplan, Input documents: the limits"},
	{CodeUnknownKey, "A key is not known at this place.", "Correct its spelling or remove it.",
		"An unknown key is never ignored, since a misspelt one would silently leave a default in force. The message suggests what it may have been.",
		"egressplan, Input documents"},
	{CodeUnknownReference, "A value names something that is not defined.", "Correct the spelling or define what is named.",
		"A flow names a destination, a destination its firewall, a firewall its site, a subnet its zone, a policy the code of a finding. Definition and use may stand in any order and file.",
		"egressplan, Input documents"},
	{CodeWrongType, "A value is of another type than this key takes.", "Write the value as the message says.",
		"A number, a date or true where a text is wanted must be quoted: 1.10 and 1.1 are one number and two names. Quotes around a number or true are refused likewise.",
		"YAML 1.1, tags; egressplan, Input documents: Notation"},
}
