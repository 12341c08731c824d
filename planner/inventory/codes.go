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

// CodeInfo is what a code of a [finding.Problem] stands for, in one line each.
type CodeInfo struct {
	Code    string
	Meaning string
	Fix     string
}

// Codes returns every code Load reports, by code.
func Codes() []CodeInfo { return slices.Clone(codes) }

// codes is sorted by code; a test holds that, and that no code is missing.
var codes = []CodeInfo{
	{CodeAliasBudget, "YAML aliases blow the document up beyond a million nodes, or an anchor contains itself.", "Write the repeated parts out, or share less by aliases."},
	{CodeAPIVersion, "The document is of another version of the format, or does not say which.", "Write apiVersion: egressplan/v1."},
	{CodeBadCIDR, "A value is not an IPv4 address block in strict notation.", "Write four decimal numbers without leading zeros, a slash and a prefix length: 10.20.0.0/16."},
	{CodeBadDate, "A value is not a calendar date.", "Write year-month-day: 2026-09-25."},
	{CodeBadEnum, "A value is not one of the few words this key takes.", "Take one of the words that the message lists."},
	{CodeBadHost, "A value is not a DNS host name.", "Write lower-case labels of letters, digits and '-', separated by dots."},
	{CodeBadLabel, "A pod label is not one Kubernetes accepts.", "Keys are [prefix/]name, names and values at most 63 letters, digits, '-', '_', '.', with a letter or digit at both ends."},
	{CodeBadName, "A name is not one that Kubernetes and AWS accept everywhere.", "Write at most 63 lower-case letters, digits and '-', with a letter or digit at both ends."},
	{CodeBadNumber, "A value is not a number in plain decimal notation, or outside its range.", "Write digits only: no exponent, no underscore, no leading zero."},
	{CodeBadPorts, "A value does not name a protocol and its ports.", "Write tcp/1521, tcp/1024-2048, udp/*, icmp or any."},
	{CodeBadPrefixLength, "AWS does not accept a VPC block, subnet or service range of this size.", "VPC blocks and subnets are /16 to /28, the service CIDR is /12 to /24."},
	{CodeBadQuantity, "A value is not a quantity of its kind: CPU, memory, capacity, percentage or volume.", "Write 500m, 1Gi, 1Gbps, 20% or 100..400, as the message says."},
	{CodeBadRule, "A network ACL or security group rule is not readable.", `Write "100 allow tcp/443 10.0.0.0/8" for an ACL, "tcp/443 10.0.0.0/8" for a security group.`},
	{CodeConflict, "Two values of the input exclude each other.", "Change one of the two."},
	{CodeDuplicateDocument, "There may be one document of this kind only.", "Merge the two documents, or give only one of the files."},
	{CodeDuplicateKey, "A key stands twice in one mapping.", "Remove one of the two."},
	{CodeDuplicateName, "Two objects of one kind have the same name.", "Rename or remove one of the two."},
	{CodeHostBits, "An address block has bits set behind its prefix length.", "Write the block's first address, as the message suggests."},
	{CodeIPv6, "IPv6 is not planned yet.", "Give IPv4 blocks only."},
	{CodeKind, "The document's kind is unknown or missing.", "Write one of Environment, AppInventory, FirewallRequirements, Policy, PriceBook, Allocations."},
	{CodeMissing, "A required key is missing.", "Add the key."},
	{CodeMissingDocument, "A document without which nothing can be planned is missing.", "Write a document of that kind; fixtures/plans/bank in the repository is a complete example."},
	{CodeNotUTF8, "The file is not UTF-8 text.", "Save the file as UTF-8, without NUL characters."},
	{CodeOutside, "An address or block lies outside the block it belongs to.", "Correct one of the two."},
	{CodeOverlap, "Two address blocks overlap that must not.", "Change one of the two."},
	{CodePortsOutside, "A flow uses ports that its destination does not offer.", "Add the ports to the destination, or correct the flow."},
	{CodeReservedRange, "AWS does not allow this range here.", "Take a block from another range."},
	{CodeSyntax, "The file is not well-formed YAML; whatever follows was not read.", "Correct the place and run again: more problems may show up then."},
	{CodeTooDeep, "The document is nested deeper than 64 levels.", "Flatten it."},
	{CodeTooLarge, "The file is larger than 64 MiB.", "Split it into several files."},
	{CodeTooMany, "There are more problems than are listed.", "Correct those listed and run again."},
	{CodeUnknownKey, "A key is not known at this place.", "Correct its spelling or remove it."},
	{CodeUnknownReference, "A value names something that is not defined.", "Correct the spelling or define what is named."},
	{CodeWrongType, "A value is of another type than this key takes.", "Write the value as the message says."},
}
