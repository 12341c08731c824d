package inventory

import (
	"fmt"
	"net/netip"
	"strings"

	"gopkg.in/yaml.v3"
)

// complaint is what is wrong with a value, and the way out.
type complaint struct{ code, message, fix string }

// parsePrefix reads an IPv4 block in strict notation, nil if it is one.
func parsePrefix(s string) (netip.Prefix, *complaint) {
	p, err := netip.ParsePrefix(s)
	switch {
	case err == nil && p.Addr().Is6():
		return netip.Prefix{}, &complaint{CodeIPv6, "is IPv6, which is not planned yet", "give an IPv4 block"}
	case err != nil:
		return netip.Prefix{}, notPrefix(s)
	case p != p.Masked():
		return netip.Prefix{}, &complaint{CodeHostBits, "has host bits set", "did you mean " + p.Masked().String() + "?"}
	}
	return p, nil
}

// notPrefix finds out what netip did not like.
func notPrefix(s string) *complaint {
	if a, err := netip.ParseAddr(s); err == nil {
		if a.Is6() {
			return &complaint{CodeIPv6, "is IPv6, which is not planned yet", "give an IPv4 block"}
		}
		return &complaint{CodeBadCIDR, "has no prefix length", "write " + s + "/32 for the single address, or give the length of the block"}
	}
	if strings.Count(s, ":") >= 2 {
		return &complaint{CodeIPv6, "is IPv6, which is not planned yet", "give an IPv4 block"}
	}
	c := &complaint{CodeBadCIDR, "is not an IPv4 block", "write four decimal numbers, a slash and a prefix length: 10.20.0.0/16"}
	if t := withoutZeros(s); t != s {
		if p, err := netip.ParsePrefix(t); err == nil {
			c.message = "has leading zeros or blanks"
			c.fix = "write " + p.Masked().String() + " if decimal numbers are meant"
		}
	}
	return c
}

// withoutZeros drops blanks and the leading zeros of each number: some programs
// read 010 as 8.
func withoutZeros(s string) string {
	address, length, _ := strings.Cut(strings.TrimSpace(s), "/")
	parts := strings.Split(address, ".")
	for i, part := range parts {
		parts[i] = trimZeros(part)
	}
	return strings.Join(parts, ".") + "/" + trimZeros(length)
}

func trimZeros(s string) string {
	if t := strings.TrimLeft(s, "0"); t != "" || s == "" {
		return t
	}
	return "0"
}

// prefix reads an IPv4 block.
func prefix(d *decoder, n *yaml.Node, key string) (netip.Prefix, bool) {
	s, ok := text(d, n, key)
	if !ok {
		return netip.Prefix{}, false
	}
	p, wrong := parsePrefix(s)
	if wrong != nil {
		d.problem(n, wrong.code, wrong.fix, "%s %s %s", key, quote(s), wrong.message)
		return netip.Prefix{}, false
	}
	return p, true
}

// sizedPrefix reads a block that AWS wants between two sizes.
func sizedPrefix(what string, widest, narrowest int) parser[netip.Prefix] {
	return func(d *decoder, n *yaml.Node, key string) (netip.Prefix, bool) {
		p, ok := prefix(d, n, key)
		if ok && (p.Bits() < widest || p.Bits() > narrowest) {
			d.problem(n, CodeBadPrefixLength, fmt.Sprintf("take a block from /%d to /%d", widest, narrowest),
				"%s %s: AWS wants %s from /%d to /%d", key, quote(n.Value), what, widest, narrowest)
			return netip.Prefix{}, false
		}
		return p, ok
	}
}

// address reads a single IPv4 address.
func address(d *decoder, n *yaml.Node, key string) (netip.Addr, bool) {
	s, ok := text(d, n, key)
	if !ok {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(s)
	switch {
	case err == nil && a.Is4():
		return a, true
	case err == nil:
		d.problem(n, CodeIPv6, "give an IPv4 address", "%s %s is IPv6, which is not planned yet", key, quote(s))
	default:
		fix := "write four decimal numbers: 10.20.1.9"
		if p, err := netip.ParsePrefix(s); err == nil && p.Addr().Is4() {
			fix = "write " + p.Addr().String()
		}
		d.problem(n, CodeBadCIDR, fix, "%s %s is not an IPv4 address", key, quote(s))
	}
	return netip.Addr{}, false
}
