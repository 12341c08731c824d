package inventory

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// everyPort is what icmp and any carry, and what "*" stands for.
const everyPort = 65535

// parsePorts reads tcp/1521, tcp/1024-2048, udp/*, icmp or any.
func parsePorts(s string) (PortRange, error) {
	protocol, ports, slash := strings.Cut(s, "/")
	switch protocol {
	case "any", "icmp":
		if slash {
			return PortRange{}, fmt.Errorf("%s has no ports: write %s", protocol, protocol)
		}
		return PortRange{Protocol: protocol, To: everyPort}, nil
	case "tcp", "udp":
	default:
		return PortRange{}, errors.New("write tcp/1521, tcp/1024-2048, udp/*, icmp or any")
	}
	if ports == "*" {
		return PortRange{Protocol: protocol, To: everyPort}, nil
	}
	if !slash {
		return PortRange{}, fmt.Errorf("write %s/* for all ports", protocol)
	}
	from, to, isRange := strings.Cut(ports, "-")
	if !isRange {
		to = from
	}
	a, okA := parsePort(from)
	b, okB := parsePort(to)
	switch {
	case !okA || !okB:
		return PortRange{}, fmt.Errorf("write ports from 1 to 65535 in plain digits, such as %s/443 or %s/1024-2048", protocol, protocol)
	case a > b:
		return PortRange{}, fmt.Errorf("write the lower port first: %s/%d-%d", protocol, b, a)
	case b == 0:
		return PortRange{}, errors.New("port 0 cannot be used; write a port from 1 to 65535")
	}
	return PortRange{Protocol: protocol, From: a, To: b}, nil
}

func parsePort(s string) (uint16, bool) {
	if !digits(s) || len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	v, err := strconv.ParseUint(s, 10, 16)
	return uint16(v), err == nil
}

// ports reads one port range.
func ports(d *decoder, n *yaml.Node, key string) (PortRange, bool) {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" {
		fix := "write tcp/1521, tcp/1024-2048, udp/*, icmp or any"
		if n.Kind == yaml.ScalarNode && digits(n.Value) {
			fix = "name the protocol: tcp/" + n.Value
		}
		d.problem(n, CodeBadPorts, fix, "%s is %s, want protocol/ports", key, describe(n))
		return PortRange{}, false
	}
	r, err := parsePorts(n.Value)
	if err != nil {
		d.problem(n, CodeBadPorts, err.Error(), "%s %s does not name a protocol and its ports", key, quote(n.Value))
		return PortRange{}, false
	}
	return r, true
}

// Covers is true if every packet of s is one of r.
func (r PortRange) Covers(s PortRange) bool {
	return r.Protocol == "any" || r.Protocol == s.Protocol && r.From <= s.From && s.To <= r.To
}

// String is the notation of the input: tcp/1521, tcp/1024-2048, udp/*, icmp, any.
func (r PortRange) String() string {
	switch {
	case r.Protocol == "any" || r.Protocol == "icmp":
		return r.Protocol
	case r.From == 0 && r.To == everyPort:
		return r.Protocol + "/*"
	case r.From == r.To:
		return fmt.Sprintf("%s/%d", r.Protocol, r.From)
	}
	return fmt.Sprintf("%s/%d-%d", r.Protocol, r.From, r.To)
}

func comparePorts(a, b PortRange) int {
	return cmp.Or(cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
}
