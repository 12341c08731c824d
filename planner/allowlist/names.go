package allowlist

import (
	"crypto/sha256"
	"encoding/base32"
	"regexp"
	"slices"
	"strings"

	"egressplan/planner"
)

// nameLimit is how long a name may be: Cisco ASA limits object names to 64
// characters (ASA Firewall CLI Configuration Guide, Objects for Access Control,
// Guidelines for Objects); nftables takes more.
const nameLimit = 64

// sumLength is how many characters of a checksum end a shortened name, 5 bits
// each.
const sumLength = 16

// separators spell what names of egressplan are made of with what both syntaxes
// take: names are of a-z, 0-9 and "-", joined by "/" and "+".
var separators = strings.NewReplacer("/", ".", "+", "..")

// objectName joins the parts of a name, different for different parts: the parts
// hold no "_" and are not empty. What would be too long, or holds anything else,
// is cut and ends in "__" and a checksum of the whole, which no other name does.
func objectName(parts ...string) string {
	name := "ep_" + separators.Replace(strings.Join(parts, "_"))
	whole := strings.Join(parts, "\x00")
	if len(name) > nameLimit || slices.ContainsFunc(parts, func(s string) bool { return !spellable.MatchString(s) }) {
		return shortened(name, whole)
	}
	return name
}

// spellable are the names that stay apart when they are spelled with separators.
var spellable = regexp.MustCompile(`^[a-z0-9-]+([/+][a-z0-9-]+)*$`)

// shortened cuts a name and ends it in a checksum of what it stands for.
func shortened(name, whole string) string {
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("-._", r) {
			return r
		}
		return '-'
	}, name)
	sum := sha256.Sum256([]byte(whole))
	tail := "__" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:sumLength]
	return strings.TrimRight(clean[:min(len(clean), nameLimit-len(tail))], "-._") + tail
}

// firewallName names what a firewall holds as a whole: access list or chain.
func firewallName(l *planner.AllowList, firewall string) string {
	return objectName(scope(l, firewall)...)
}

// inboundName names the access list of what is opened from on-premises.
func inboundName(l *planner.AllowList, firewall string) string {
	return objectName(append(scope(l, firewall), "in")...)
}

// scope begins every name: two environments, or two firewalls, pasted into one
// device must not fill each other's objects.
func scope(l *planner.AllowList, firewall string) []string {
	if l.Environment == "" {
		return []string{firewall}
	}
	return []string{l.Environment, firewall}
}
