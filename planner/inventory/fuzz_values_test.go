package inventory

import (
	"math/big"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
)

// fullMatch is a regular expression that a text must match from end to end. The
// schema's are used here as a second opinion: they were not made from the parsers.
func fullMatch(form string) *regexp.Regexp { return regexp.MustCompile(`\A(?:` + form + `)\z`) }

// rational is a decimal without its suffix, exactly.
func rational(t *testing.T, s string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatalf("%q was taken for a number", s)
	}
	return r
}

// hostileValues are what typing errors, spreadsheets and mischief make of values.
var hostileValues = []string{"", " ", "0", "-0", "00", "+1", "-1", "1e3", "1e400", "0x10", "0o7", "1_000", "1,000", "1.5", "1.", ".5", ".nan", ".inf",
	"\u0661\u0662", "\uff11", "1\u00a0", "1\n", "1\x00", "=1+1", "\u202e1", strings.Repeat("9", 39), strings.Repeat("9", 41), "0." + strings.Repeat("0", 40) + "1"}

// FuzzAddress: a block is taken if it is four plain numbers and a length with no
// bit set behind it; what is taken is written the same way again.
func FuzzAddress(f *testing.F) {
	for _, s := range append([]string{"10.20.0.0/16", "0.0.0.0/0", "10.0.0.1/8", "010.0.0.0/8", "10.0.0.0/08", "10.0.0.0/33", "10.0.0/8", "10.0.0.0", "256.0.0.0/8",
		"::/0", "::ffff:10.0.0.0/104", "fe80::1%eth0/64", "10.0.0.0/8%a", "0x0a.0.0.0/8", "１0.0.0.0/8", "10.0.0.0/-1", "10.0.0.0/8 "}, hostileValues...) {
		f.Add(s)
	}
	form, single := fullMatch(blockForm), fullMatch(addressForm)
	f.Fuzz(func(t *testing.T, s string) {
		p, wrong := parsePrefix(s)
		switch {
		case wrong == nil && (!form.MatchString(s) || p.String() != s || p != p.Masked() || !p.Addr().Is4()):
			t.Errorf("%q is taken as %v", s, p)
		case wrong != nil && (wrong.code == "" || wrong.message == "" || wrong.fix == ""):
			t.Errorf("%q: %+v", s, wrong)
		case wrong != nil && form.MatchString(s):
			// Refused for its host bits only: some bit behind the length is set.
			q := netip.MustParsePrefix(s)
			if wrong.code != CodeHostBits || q.Addr() == q.Masked().Addr() {
				t.Errorf("%q is refused: %+v", s, wrong)
			}
		}
		a, err := netip.ParseAddr(s)
		if (err == nil && a.Is4()) != single.MatchString(s) {
			t.Errorf("%q: an address by one reader, none by the other", s)
		}
		if r, wrong := parseACLRule("100 allow any " + s); wrong == nil && r.CIDR.String() != strings.TrimSpace(s) {
			t.Errorf("rule for %q: %v", s, r)
		}
	})
}

// FuzzPorts: ports are taken if the schema's form takes them and the lower one
// comes first; what is taken is written in a form that is taken as the same.
func FuzzPorts(f *testing.F) {
	for _, s := range append([]string{"tcp/1521", "tcp/1024-2048", "udp/*", "icmp", "any", "tcp", "tcp/", "TCP/1", "tcp/0", "tcp/0-0", "tcp/0-9", "tcp/65535", "tcp/65536",
		"tcp/1-", "tcp/-1", "tcp/1-2-3", "tcp/01", "tcp/٤٤٣", "any/1", "icmp/8", "sctp/1", "tcp/18446744073709551617", "tcp//1"}, hostileValues...) {
		f.Add(s)
	}
	form := fullMatch(portsForm)
	f.Fuzz(func(t *testing.T, s string) {
		r, err := parsePorts(s)
		if err != nil {
			if form.MatchString(s) && !strings.Contains(err.Error(), "lower port first") {
				t.Errorf("%q is refused: %v", s, err)
			}
			return
		}
		again, err := parsePorts(r.String())
		if !form.MatchString(s) || err != nil || again != r || r.From > r.To || !r.Covers(r) {
			t.Errorf("%q is taken as %v, written as %q, that as %v, %v", s, r, r.String(), again, err)
		}
	})
}

// FuzzQuantity: volumes, percentages and line rates are taken in plain decimal
// notation only, and mean exactly what they say.
func FuzzQuantity(f *testing.F) {
	for _, s := range append([]string{"400", "100..400", "400..100", "1...2", "..", "1..", "1..2..3", "20%", "100%", "100.5%", "%", "1Gbps", "0.5Tbps", "1gbps", "1 Gbps", "Gbps",
		"1000000000000", "1000000000001"}, hostileValues...) {
		f.Add(s)
	}
	number := fullMatch(decimalForm)
	same := func(d decimal.Decimal, r *big.Rat) bool { return d.Rat().Cmp(r) == 0 }
	f.Fuzz(func(t *testing.T, s string) {
		if isDecimal(s) != (number.MatchString(s) && len(s) <= 40) {
			t.Errorf("%q: a number by one reader, none by the other", s)
		}
		if low, high, ok := parseVolume(s); ok {
			from, to, isRange := strings.Cut(s, "..")
			if !isRange {
				to = from
			}
			if !same(low, rational(t, from)) || !same(high, rational(t, to)) || low.GreaterThan(high) || low.IsNegative() || high.GreaterThan(maxVolume) {
				t.Errorf("%q is taken as %s..%s", s, low, high)
			}
		}
		if v, ok := parsePercent(s, 1000); ok {
			want := new(big.Rat).Quo(rational(t, strings.TrimSuffix(s, "%")), big.NewRat(100, 1))
			if !same(v, want) || v.IsNegative() || v.GreaterThan(decimal.New(10, 0)) {
				t.Errorf("%q is taken as %s", s, v)
			}
		}
		if v, ok := parseCapacity(s); ok {
			times := map[byte]int64{'M': 1, 'G': 1000, 'T': 1_000_000}[s[len(s)-4]]
			if !same(v, new(big.Rat).Mul(rational(t, s[:len(s)-4]), big.NewRat(times, 1))) || v.Sign() <= 0 {
				t.Errorf("%q is taken as %s Mbit/s", s, v)
			}
		}
	})
}

// FuzzResources: Kubernetes amounts are taken as whole millicores and MiB, rounded
// up and never to nothing.
func FuzzResources(f *testing.F) {
	for _, s := range append([]string{"500m", "0.5", "2", "0.0001", "1m", "0m", "1000", "1001", "1000000m", "1n", "1u", "512Mi", "1Gi", "128M", "1k", "1K", "1Ki", "1E", "1Ei",
		"64Ti", "65Ti", "1mi", "0.1", "1e3", "1.5.5Gi", "0.9999999999999999999999999999999999999Ti"}, hostileValues...) {
		f.Add(s)
	}
	// Suffixes of Kubernetes quantities and what they multiply by (Kubernetes API,
	// Quantity): powers of 1024, powers of 1000, thousandths.
	suffixes := map[string]*big.Rat{"m": big.NewRat(1, 1000), "": big.NewRat(1, 1), "k": big.NewRat(1e3, 1), "M": big.NewRat(1e6, 1), "G": big.NewRat(1e9, 1), "T": big.NewRat(1e12, 1),
		"Ki": big.NewRat(1<<10, 1), "Mi": big.NewRat(1<<20, 1), "Gi": big.NewRat(1<<30, 1), "Ti": big.NewRat(1<<40, 1)}
	value := func(t *testing.T, s string) *big.Rat {
		digits := strings.TrimRight(s, "mkKMGTi")
		times, ok := suffixes[s[len(digits):]]
		if !ok {
			t.Fatalf("%q was taken with an unknown suffix", s)
		}
		return new(big.Rat).Mul(rational(t, digits), times)
	}
	// fits: n steps hold v, n-1 do not.
	fits := func(n int, v, step *big.Rat) bool {
		steps := new(big.Rat).Quo(v, step)
		return big.NewRat(int64(n), 1).Cmp(steps) >= 0 && big.NewRat(int64(n-1), 1).Cmp(steps) < 0
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, ok := parseCPU(s); ok && (n < 1 || n > maxCPUMillis || !fits(n, value(t, s), suffixes["m"])) {
			t.Errorf("cpu %q is taken as %d millicores", s, n)
		}
		if n, ok := parseMemory(s); ok && (n < 1 || n > maxMemoryMiB || !fits(n, value(t, s), suffixes["Mi"])) {
			t.Errorf("memory %q is taken as %d MiB", s, n)
		}
	})
}

// FuzzName: names are taken in the forms that Kubernetes and AWS document, and a
// suggestion for a bad one is a good one.
func FuzzName(f *testing.F) {
	for _, s := range append([]string{"ledger", "a-b", "-a", "a-", "A", "a.b", "a..b", "app.kubernetes.io/name", "a/b/c", "/a", "a/", "_a", "ü", "eu-central-1", "us-gov-west-1", "eu--1",
		"eu-central-1a", "1-2-3", strings.Repeat("a", 63), strings.Repeat("a", 64), strings.Repeat("a.", 126) + "a", strings.Repeat("a.", 127) + "a"}, hostileValues...) {
		f.Add(s)
	}
	label, domain, labelKey, region := fullMatch(labelForm), fullMatch(domainForm), fullMatch("("+domainForm+"/)?"+partForm), fullMatch(regionForm)
	f.Fuzz(func(t *testing.T, s string) {
		if isLabel(s) != label.MatchString(s) || validName(s) != label.MatchString(s) {
			t.Errorf("%q: a label by one reader, none by the other", s)
		}
		if isSubdomain(s) != (domain.MatchString(s) && len(s) <= 253) {
			t.Errorf("%q: a DNS name by one reader, none by the other", s)
		}
		prefix, _, _ := strings.Cut(s, "/")
		if isLabelKey(s) != (labelKey.MatchString(s) && len(prefix) <= 253) {
			t.Errorf("%q: a label key by one reader, none by the other", s)
		}
		if isRegion(s) != (region.MatchString(s) && len(s) <= 63) {
			t.Errorf("%q: a region by one reader, none by the other", s)
		}
		if suggestion := asLabel(s); suggestion != "" && !label.MatchString(suggestion) {
			t.Errorf("%q: the suggestion %q is no label", s, suggestion)
		}
	})
}
