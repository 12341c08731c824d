package allowlist

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// failer is a test, or a draw of one.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// entry is one thing that a text lets through.
type entry struct {
	source, destination string // blocks, or host names
	protocol            string // tcp, udp, icmp, any
	from, to            int
}

// service is the protocol side of an entry.
type service struct {
	protocol string
	from, to int
}

// readASA reads object groups and access lists as an ASA would, from the
// command reference and not from the writer: a line that is none of them fails.
func readASA(t failer, text string) map[entry]bool {
	t.Helper()
	hosts, networks, services := map[string]string{}, map[string][]string{}, map[string][]service{}
	out := map[entry]bool{}
	kind, name := "", ""
	for n, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		words := strings.Split(strings.TrimPrefix(line, " "), " ")
		within := strings.HasPrefix(line, " ")
		switch {
		case strings.HasPrefix(line, "!"), text == "":
		case !within && words[0] == "object" && words[1] == "network" && len(words) == 3:
			kind, name = "object", words[2]
		case within && kind == "object" && words[0] == "fqdn" && words[1] == "v4" && len(words) == 3:
			hosts[name] = words[2]
		case !within && words[0] == "object-group" && len(words) == 3 && (words[1] == "network" || words[1] == "service"):
			kind, name = words[1], words[2]
			asaName(t, name)
		case within && kind != "object" && words[0] == "description":
		case within && kind == "network" && words[0] == "network-object":
			networks[name] = append(networks[name], asaNetwork(t, words[1:], hosts))
		case within && kind == "service" && words[0] == "service-object":
			services[name] = append(services[name], asaServiceOf(t, words[1:]))
		case !within && words[0] == "access-list" && words[2] == "remark":
			if remark := strings.Join(words[3:], " "); len(remark) > 100 || strings.Trim(remark, " ") == "" {
				t.Fatalf("line %d: a remark of %d characters", n+1, len(remark))
			}
		case !within && words[0] == "access-list" && words[2] == "extended" && words[3] == "permit" && len(words) == 10:
			asaName(t, words[1])
			for i := 4; i < 10; i += 2 {
				if words[i] != "object-group" {
					t.Fatalf("line %d: %s", n+1, line)
				}
			}
			svc, src, dst := services[words[5]], networks[words[7]], networks[words[9]]
			if len(svc) == 0 || len(src) == 0 || len(dst) == 0 {
				t.Fatalf("line %d names a group that is empty: %s", n+1, line)
			}
			for _, a := range src {
				for _, b := range dst {
					for _, s := range svc {
						out[entry{a, b, s.protocol, s.from, s.to}] = true
					}
				}
			}
		default:
			t.Fatalf("line %d is no command: %q", n+1, line)
		}
	}
	return out
}

// asaName holds a name to the guidelines for objects.
func asaName(t failer, name string) {
	t.Helper()
	if !regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`).MatchString(name) {
		t.Fatalf("%q cannot be a name", name)
	}
}

func asaNetwork(t failer, words []string, hosts map[string]string) string {
	t.Helper()
	if len(words) != 2 {
		t.Fatalf("network-object %v", words)
	}
	switch words[0] {
	case "host":
		return netip.MustParseAddr(words[1]).String() + "/32"
	case "object":
		if hosts[words[1]] == "" {
			t.Fatalf("object %s is not there", words[1])
		}
		return hosts[words[1]]
	}
	ones, bits := net.IPMask(net.ParseIP(words[1]).To4()).Size()
	if bits != 32 {
		t.Fatalf("%s is no mask", words[1])
	}
	return netip.PrefixFrom(netip.MustParseAddr(words[0]), ones).String()
}

func asaServiceOf(t failer, words []string) service {
	t.Helper()
	if len(words) > 1 && words[1] != "destination" {
		t.Fatalf("service-object %v", words)
	}
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || n > 65535 {
			t.Fatalf("%s is no port", s)
		}
		return n
	}
	switch {
	case len(words) == 1 && words[0] == "ip":
		return service{"any", 0, 65535}
	case len(words) == 1 && (words[0] == "tcp" || words[0] == "udp" || words[0] == "icmp"):
		return service{words[0], 0, 65535}
	case len(words) == 4 && words[2] == "eq" && (words[0] == "tcp" || words[0] == "udp"):
		return service{words[0], number(words[3]), number(words[3])}
	case len(words) == 5 && words[2] == "range" && (words[0] == "tcp" || words[0] == "udp") && number(words[3]) < number(words[4]):
		return service{words[0], number(words[3]), number(words[4])}
	}
	t.Fatalf("service-object %v", words)
	return service{}
}

var nftRule = regexp.MustCompile(`^add rule inet egressplan (\S+) ip saddr @(\S+) ip daddr @(\S+) (?:(?:(tcp|udp) dport (\d+)(?:-(\d+))?|meta l4proto (tcp|udp|icmp)) )?accept comment "([^"\\]{1,128})"$`)

// readNFT reads the commands of the file, in order: what is flushed is gone.
func readNFT(t failer, text string) map[entry]bool {
	t.Helper()
	sets, rules := map[string][]string{}, map[string][][]string{}
	filling := ""
	for n, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		words := strings.Split(line, " ")
		switch m := nftRule.FindStringSubmatch(line); {
		case filling != "" && line == "}":
			filling = ""
		case filling != "":
			sets[filling] = append(sets[filling], netip.MustParsePrefix(strings.TrimSuffix(strings.TrimPrefix(line, "\t"), ",")).String())
		case line == "" || strings.HasPrefix(line, "# ") || line == "#":
		case line == "add table inet egressplan":
		case len(words) == 5 && strings.HasPrefix(line, "add chain inet egressplan "):
		case len(words) == 5 && strings.HasPrefix(line, "flush chain inet egressplan "):
			rules[words[4]] = nil
		case strings.HasPrefix(line, "add set inet egressplan ") && strings.HasSuffix(line, " { type ipv4_addr; flags interval; }"):
		case len(words) == 5 && strings.HasPrefix(line, "flush set inet egressplan "):
			sets[words[4]] = nil
		case len(words) == 6 && strings.HasPrefix(line, "add element inet egressplan ") && words[5] == "{":
			filling = words[4]
		case m != nil:
			rules[m[1]] = append(rules[m[1]], m)
		default:
			t.Fatalf("line %d is no command: %q", n+1, line)
		}
	}
	out := map[entry]bool{}
	for _, list := range rules {
		for _, m := range list {
			s := nftServiceOf(m)
			if len(sets[m[2]]) == 0 || len(sets[m[3]]) == 0 {
				t.Fatalf("a set is empty: %s", m[0])
			}
			for _, a := range sets[m[2]] {
				for _, b := range sets[m[3]] {
					out[entry{a, b, s.protocol, s.from, s.to}] = true
				}
			}
		}
	}
	return out
}

func nftServiceOf(m []string) service {
	switch {
	case m[4] != "":
		from, _ := strconv.Atoi(m[5])
		to := from
		if m[6] != "" {
			to, _ = strconv.Atoi(m[6])
		}
		return service{m[4], from, to}
	case m[7] != "":
		return service{m[7], 0, 65535}
	}
	return service{"any", 0, 65535}
}

// admits asks entries about one packet.
func admits(entries map[entry]bool, source, destination netip.Addr, protocol string, port int) bool {
	for e := range entries {
		if e.protocol != "any" && e.protocol != protocol || e.protocol != "any" && e.protocol != "icmp" && (port < e.from || port > e.to) {
			continue
		}
		if netip.MustParsePrefix(e.source).Contains(source) && netip.MustParsePrefix(e.destination).Contains(destination) {
			return true
		}
	}
	return false
}

// difference is what one set has and the other has not.
func difference(a, b map[entry]bool) string {
	var list []string
	for e := range a {
		if !b[e] {
			list = append(list, fmt.Sprint(e))
		}
	}
	return strings.Join(list, "\n")
}
