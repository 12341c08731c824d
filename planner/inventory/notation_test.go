package inventory

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPorts(t *testing.T) {
	tests := map[string]PortRange{
		"tcp/1521":      {"tcp", 1521, 1521},
		"tcp/1024-2048": {"tcp", 1024, 2048},
		"tcp/65535":     {"tcp", 65535, 65535},
		"tcp/0-65535":   {"tcp", 0, 65535},
		"udp/*":         {"udp", 0, 65535},
		"icmp":          {"icmp", 0, 65535},
		"any":           {"any", 0, 65535},
	}
	for in, want := range tests {
		if got, err := parsePorts(in); err != nil || got != want {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "tcp", "tcp/", "tcp/0", "tcp/01", "tcp/65536", "tcp/1-", "tcp/-1", "tcp/2-1", "TCP/1", "tcp/ 1", "tcp/1e3",
		"tcp/1,2", "any/*", "icmp/8", "*", "1521", "sctp/1", "tcp/1-2-3", "tcp/٣"} {
		if got, err := parsePorts(in); err == nil {
			t.Errorf("%q: %v", in, got)
		}
	}
}

func TestPortsCover(t *testing.T) {
	tests := []struct {
		outer, inner string
		want         bool
	}{
		{"any", "udp/53", true}, {"any", "icmp", true}, {"tcp/*", "tcp/1-65535", true}, {"tcp/1-100", "tcp/100", true},
		{"tcp/1-100", "tcp/100-101", false}, {"tcp/*", "udp/53", false}, {"tcp/*", "any", false}, {"icmp", "icmp", true}, {"tcp/5", "icmp", false},
	}
	for _, tt := range tests {
		outer, _ := parsePorts(tt.outer)
		inner, _ := parsePorts(tt.inner)
		if outer.Covers(inner) != tt.want {
			t.Errorf("%s covers %s: %v", outer, inner, !tt.want)
		}
	}
}

func TestCIDRs(t *testing.T) {
	tests := []struct{ in, code, fix string }{
		{"10.20.0.0/16", "", ""}, {"0.0.0.0/0", "", ""}, {"10.1.2.3/32", "", ""},
		{"10.20.0.1/16", CodeHostBits, "10.20.0.0/16"},
		{"10.20.0.7/31", CodeHostBits, "10.20.0.6/31"},
		{"10.20.0.0", CodeBadCIDR, "10.20.0.0/32"},
		{"010.20.0.0/16", CodeBadCIDR, "10.20.0.0/16"},
		{"10.20.0.0/016", CodeBadCIDR, "10.20.0.0/16"},
		{" 10.20.0.0/16", CodeBadCIDR, "10.20.0.0/16"},
		{"10.20.0.0/33", CodeBadCIDR, ""}, {"10.20.0.0/-1", CodeBadCIDR, ""}, {"10.20.0/16", CodeBadCIDR, ""},
		{"10.256.0.0/16", CodeBadCIDR, ""}, {"10.20.0.0/255.255.0.0", CodeBadCIDR, ""}, {"", CodeBadCIDR, ""}, {"*", CodeBadCIDR, ""},
		{"0x0a.0.0.0/8", CodeBadCIDR, ""}, {"10.0.0.0-10.0.0.5", CodeBadCIDR, ""},
		{"::/0", CodeIPv6, "IPv4"}, {"fd00::1", CodeIPv6, "IPv4"}, {"::ffff:10.0.0.0/104", CodeIPv6, "IPv4"}, {"fd00::/999", CodeIPv6, "IPv4"},
		{"fe80::1%eth0/64", CodeIPv6, "IPv4"},
	}
	for _, tt := range tests {
		p, wrong := parsePrefix(tt.in)
		if tt.code == "" {
			if wrong != nil || p.String() != tt.in {
				t.Errorf("%q: %s, %v", tt.in, p, wrong)
			}
			continue
		}
		if wrong == nil || wrong.code != tt.code || !strings.Contains(wrong.fix, tt.fix) {
			t.Errorf("%q: %s, %v; want %s %s", tt.in, p, wrong, tt.code, tt.fix)
		}
	}
}

func TestRules(t *testing.T) {
	r, wrong := parseACLRule("100  deny tcp/1024-65535 10.0.0.0/8")
	if want := (ACLRule{Number: 100, Ports: PortRange{"tcp", 1024, 65535}, CIDR: netip.MustParsePrefix("10.0.0.0/8")}); wrong != nil || r != want {
		t.Errorf("%+v, %v", r, wrong)
	}
	for _, s := range []string{"", "100 allow any", "0 allow any 0.0.0.0/0", "010 allow any 0.0.0.0/0", "-1 allow any 0.0.0.0/0", "1 allow any 0.0.0.0/0 x",
		"99999999999999999999 allow any 0.0.0.0/0", "1 ALLOW any 0.0.0.0/0", "* deny any 0.0.0.0/0"} {
		if r, wrong := parseACLRule(s); wrong == nil {
			t.Errorf("%q: %+v", s, r)
		}
	}
}

func TestSecurityGroupRules(t *testing.T) {
	tests := map[string]SGRule{
		"any 10.0.0.0/8":          {Ports: PortRange{"any", 0, 65535}, CIDR: netip.MustParsePrefix("10.0.0.0/8")},
		" tcp/443\t10.1.4.5/32 ":  {Ports: PortRange{"tcp", 443, 443}, CIDR: netip.MustParsePrefix("10.1.4.5/32")},
		"udp/1024-2048 0.0.0.0/0": {Ports: PortRange{"udp", 1024, 2048}, CIDR: netip.MustParsePrefix("0.0.0.0/0")},
	}
	for s, want := range tests {
		if r, wrong := parseSGRule(s); wrong != nil || r != want {
			t.Errorf("%q: %+v, %v", s, r, wrong)
		}
	}
	for _, s := range []string{"", "any", "10.0.0.0/8", "10.0.0.0/8 any", "any 10.0.0.0", "any 10.0.0.1/8", "any 10.0.0.0/8 10.1.0.0/16", "allow any 10.0.0.0/8",
		"tcp 10.0.0.0/8", "any ::/0", "any sg-0123456789abcdef0"} {
		if r, wrong := parseSGRule(s); wrong == nil {
			t.Errorf("%q: %+v", s, r)
		}
	}
}

func FuzzRules(f *testing.F) {
	f.Add("100 allow tcp/443 10.0.0.0/8")
	f.Add("tcp/443 10.0.0.0/8")
	f.Add("any 10.0.0.0/8")
	f.Fuzz(func(t *testing.T, s string) {
		if r, wrong := parseACLRule(s); wrong == nil && (r.Number < 1 || r.Number > lastACLRule || !r.CIDR.IsValid()) {
			t.Fatalf("%q: %+v", s, r)
		}
		if r, wrong := parseSGRule(s); wrong == nil && (!r.CIDR.IsValid() || r.Ports.Protocol == "") {
			t.Fatalf("%q: %+v", s, r)
		}
	})
}

// RFC 1123 labels as Kubernetes documents them.
func TestNames(t *testing.T) {
	for s, want := range map[string]bool{"a": true, "a-b": true, "0a": true, strings.Repeat("a", 63): true, strings.Repeat("a", 64): false,
		"": false, "-a": false, "a-": false, "A": false, "a.b": false, "a_b": false, "ä": false, "a b": false} {
		if isLabel(s) != want {
			t.Errorf("label %q: %v", s, !want)
		}
	}
	for s, want := range map[string]bool{"app": true, "app.kubernetes.io/name": true, "A_b.c": true, "": false, "/a": false, "a/": false, "x/y/z": false,
		"-a": false, "a-": false, "B.com/x": false, strings.Repeat("a", 64): false} {
		if isLabelKey(s) != want {
			t.Errorf("label key %q: %v", s, !want)
		}
	}
	for s, want := range map[string]bool{"eu-central-1": true, "us-gov-west-1": true, "eu-central": false, "eu": false, "eu-central-1a": false, "EU-west-1": false, "1-2-3": false} {
		if isRegion(s) != want {
			t.Errorf("region %q: %v", s, !want)
		}
	}
}

func TestSuggestions(t *testing.T) {
	known := []string{"cilium", "istio", "externalSNAT", "outGB"}
	for word, want := range map[string]string{"cillium": "cilium", "isito": "istio", "externalSnat": "externalSNAT", "outgb": "outGB", "nothing-like-it": "", "": "",
		strings.Repeat("x", 10_000): ""} {
		var s speller
		if got := s.nearest(word, known); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
	if (&speller{spent: spellingBudget + 1}).nearest("cillium", known) != "" {
		t.Error("the budget has no effect")
	}
}

// The distance is that of the textbook recursion (optimal string alignment).
func TestDistanceAgainstRecursion(t *testing.T) {
	var slow func(a, b string) int
	slow = func(a, b string) int {
		if a == "" || b == "" {
			return len(a) + len(b)
		}
		n := min(slow(a[1:], b)+1, slow(a, b[1:])+1)
		step := 1
		if a[0] == b[0] {
			step = 0
		}
		n = min(n, slow(a[1:], b[1:])+step)
		if len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] {
			n = min(n, slow(a[2:], b[2:])+1)
		}
		return n
	}
	words := rapid.StringMatching("[abc]{0,6}")
	rapid.Check(t, func(t *rapid.T) {
		a, b := words.Draw(t, "a"), words.Draw(t, "b")
		if got, want := distance(a, b), slow(a, b); got != want {
			t.Errorf("%q to %q: %d, want %d", a, b, got, want)
		}
	})
}

func TestQuoteIsSafeAndShort(t *testing.T) {
	got := quote("\x1b[31m" + strings.Repeat("é", 100_000))
	if strings.ContainsRune(got, 0x1b) || len([]rune(got)) > 80 {
		t.Errorf("%d characters: %.100s", len([]rune(got)), got)
	}
	if quote("short") != `"short"` {
		t.Error(quote("short"))
	}
}

func TestTablesAreSorted(t *testing.T) {
	if !slices.IsSortedFunc(codes, func(a, b CodeInfo) int { return strings.Compare(a.Code, b.Code) }) {
		t.Error("codes are not sorted")
	}
	if !slices.IsSortedFunc(assumptions, func(a, b Assumption) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("assumptions are not sorted")
	}
	for _, c := range Codes() {
		if c.Meaning == "" || c.Fix == "" || c.Code == "" {
			t.Errorf("%+v", c)
		}
	}
}
