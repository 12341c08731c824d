package allowlist

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"egressplan/planner"
	"egressplan/planner/inventory"
)

// wanted is what rows let through, block by block.
func wanted(rows []planner.AllowRow) map[entry]bool {
	out := map[entry]bool{}
	for _, r := range rows {
		sources, destinations := r.Sources, r.Destinations
		if r.Initiator == inventory.InitiatorOnPrem && len(sources) == 0 {
			sources = r.Hosts
		} else if len(destinations) == 0 {
			destinations = r.Hosts
		}
		for _, a := range sources {
			for _, b := range destinations {
				out[entry{a, b, r.Protocol, r.PortFrom, r.PortTo}] = true
			}
		}
	}
	return out
}

// blocks draws one to three distinct blocks of a /28; apart: none inside another.
func blocks(t *rapid.T, base string, apart bool) []string {
	var list []netip.Prefix
	for range rapid.IntRange(1, 3).Draw(t, "blocks") {
		addr := netip.MustParseAddr(base).As4()
		addr[3] = byte(rapid.IntRange(0, 15).Draw(t, "address"))
		p := netip.PrefixFrom(netip.AddrFrom4(addr), rapid.IntRange(28, 32).Draw(t, "bits")).Masked()
		if !slices.ContainsFunc(list, func(q netip.Prefix) bool { return q == p || apart && q.Overlaps(p) }) {
			list = append(list, p)
		}
	}
	var out []string
	for _, p := range list {
		out = append(out, p.String())
	}
	return out
}

var drawnServices = []service{{"tcp", 22, 22}, {"tcp", 80, 443}, {"tcp", 0, 65535}, {"udp", 514, 514}, {"udp", 1, 65535}, {"udp", 0, 65535}, {"icmp", 0, 65535}, {"any", 0, 65535}}

// drawRows draws rows as the planner makes them, and some that it should not:
// a group with two sources, a destination with two sets of blocks.
func drawRows(t *rapid.T, apart bool) []planner.AllowRow {
	var rows []planner.AllowRow
	groups, places := map[string][]string{}, map[string][]string{}
	side := func(known map[string][]string, name, base string) []string {
		if known[name] == nil || rapid.IntRange(0, 5).Draw(t, "another") == 0 {
			known[name] = blocks(t, base, apart)
		}
		return known[name]
	}
	for range rapid.IntRange(0, 12).Draw(t, "rows") {
		group := rapid.SampledFrom([]string{"app/pay/ledger", "app/pay-ledger/x", "namespace/pay", "access-profile/core+db", "cluster/everyone"}).Draw(t, "group")
		to := rapid.SampledFrom([]string{"core", "db", "core-db"}).Draw(t, "to")
		s := rapid.SampledFrom(drawnServices).Draw(t, "service")
		r := planner.AllowRow{Firewall: rapid.SampledFrom([]string{"edge", "core"}).Draw(t, "firewall"), App: rapid.SampledFrom([]string{"pay/a", "pay/b"}).Draw(t, "app"), To: to, Group: group,
			Initiator: inventory.InitiatorApp, Sources: side(groups, group, "10.20.0.0"), Destinations: side(places, to, "10.1.0.0"),
			Protocol: s.protocol, PortFrom: s.from, PortTo: s.to, States: []string{"healthy"}, RequiredBy: "apps.yaml:1:2"}
		switch rapid.IntRange(0, 7).Draw(t, "kind") {
		case 0: // opened from on-premises
			r.Initiator, r.Sources, r.Destinations = inventory.InitiatorOnPrem, r.Destinations, r.Sources
		case 1: // all of the site
			r.Site, r.Destinations = "dc1", []string{"10.1.0.0/28"}
		}
		rows = append(rows, r)
	}
	return rows
}

func listOf(rows []planner.AllowRow) *planner.AllowList {
	l := &planner.AllowList{Environment: "prod", Pattern: "vpc-subnet-cidr", Entries: rows}
	for _, r := range rows {
		if !slices.ContainsFunc(l.Firewalls, func(f planner.AllowFirewall) bool { return f.Firewall == r.Firewall }) {
			l.Firewalls = append(l.Firewalls, planner.AllowFirewall{Firewall: r.Firewall, Site: "dc1", Rows: planner.DistinctRows(rows, r.Firewall)})
		}
	}
	return l
}

// What an ASA would let through is what the rows do, block by block.
func TestASALetsThroughTheRowsAndNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := drawRows(t, false)
		for _, fw := range []string{"edge", "core"} {
			l := listOf(slices.DeleteFunc(slices.Clone(rows), func(r planner.AllowRow) bool { return r.Firewall != fw }))
			text, left := CiscoASA(l)
			if len(left) > 0 {
				t.Fatalf("not written: %v", left)
			}
			got, want := readASA(t, string(text)), wanted(l.Entries)
			if more, less := difference(got, want), difference(want, got); more != "" || less != "" {
				t.Fatalf("the text opens\n%s\nand not\n%s\n%s", more, less, text)
			}
		}
	})
}

// What nftables would let through is what the rows do: block by block where no
// block lies inside another, and packet by packet everywhere.
func TestNFTablesLetsThroughTheRowsAndNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		apart := rapid.Bool().Draw(t, "apart")
		l := listOf(drawRows(t, apart))
		text, left := NFTables(l)
		if len(left) > 0 {
			t.Fatalf("not written: %v", left)
		}
		got, want := readNFT(t, string(text)), wanted(l.Entries)
		if apart {
			if more, less := difference(got, want), difference(want, got); more != "" || less != "" {
				t.Fatalf("the text opens\n%s\nand not\n%s\n%s", more, less, text)
			}
			return
		}
		for i := range 256 {
			a, b := netip.AddrFrom4([4]byte{10, 20, 0, byte(i / 16)}), netip.AddrFrom4([4]byte{10, 1, 0, byte(i % 16)})
			for _, s := range []service{{"tcp", 0, 0}, {"tcp", 22, 22}, {"tcp", 79, 79}, {"tcp", 80, 80}, {"tcp", 443, 443}, {"tcp", 444, 444}, {"udp", 0, 0}, {"udp", 514, 514}, {"udp", 65535, 65535}, {"icmp", 0, 0}, {"esp", 0, 0}} {
				for _, way := range [][2]netip.Addr{{a, b}, {b, a}} {
					if g, w := admits(got, way[0], way[1], s.protocol, s.from), admits(want, way[0], way[1], s.protocol, s.from); g != w {
						t.Fatalf("%v %v: let through %v, want %v\n%s", way, s, g, w, text)
					}
				}
			}
		}
	})
}

// An app more is lines more: every line of before stands in the text after, in
// its order.
func TestAnotherAppChangesNoLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := drawRows(t, true)
		added := rapid.SampledFrom([]string{"app/aaa/first", "app/pay/m", "app/zzz/last"}).Draw(t, "added")
		after := listOf(rows)
		before := listOf(rows)
		for _, fw := range before.Firewalls {
			after.Entries = append(slices.Clone(after.Entries), planner.AllowRow{Firewall: fw.Firewall, App: strings.TrimPrefix(added, "app/"), To: "core", Group: added,
				Initiator: inventory.InitiatorApp, Sources: []string{"10.20.0.32/28"}, Destinations: []string{"10.1.0.64/28"}, Protocol: "tcp", PortFrom: 1, PortTo: 2, RequiredBy: "more.yaml:1:1"})
		}
		// The planner gives a destination one set of blocks: take one that is there.
		for i := range after.Entries {
			if r := &after.Entries[i]; r.Group == added {
				for _, o := range rows {
					if o.Firewall == r.Firewall && o.To == "core" && o.Site == "" {
						sources, destinations := o.Ends()
						if r.Destinations = destinations; o.Initiator == inventory.InitiatorOnPrem {
							r.Destinations = sources
						}
						break
					}
				}
			}
		}
		for name, write := range map[string]func(*planner.AllowList) ([]byte, []string){"asa": CiscoASA, "nft": NFTables} {
			old, _ := write(before)
			text, _ := write(after)
			rest := strings.Split(string(text), "\n")
			for _, line := range strings.Split(string(old), "\n") {
				at := slices.Index(rest, line)
				if at < 0 {
					t.Fatalf("%s: a line changed: %q\n%s\n----\n%s", name, line, old, text)
				}
				rest = rest[at+1:]
			}
		}
	})
}

// Different things have different names, and every name can be one.
func TestNamesStayApart(t *testing.T) {
	valid := regexp.MustCompile(`^[a-z][a-z0-9._-]{0,63}$`)
	label := rapid.OneOf(rapid.StringMatching(`[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?`), rapid.StringMatching(`[ab]([-/+][ab]){0,2}`), rapid.StringMatching(`[ab._-]{0,4}`), rapid.String())
	parts := rapid.SliceOfN(label, 1, 5)
	rapid.Check(t, func(t *rapid.T) {
		a, b := parts.Draw(t, "a"), parts.Draw(t, "b")
		x, y := objectName(a...), objectName(b...)
		if !valid.MatchString(x) {
			t.Fatalf("%q of %q", x, a)
		}
		if x == y && !slices.Equal(a, b) {
			t.Fatalf("%q and %q are both %s", a, b, x)
		}
	})
	long := strings.Repeat("x", 63)
	if a, b := objectName(long, long+"/a"), objectName(long, long+"/b"); a == b || len(a) > 64 {
		t.Errorf("%s and %s", a, b)
	}
	// What was cut cannot be had by choosing a name that looks like it.
	cut := objectName(long, long)
	if got := objectName(strings.TrimPrefix(cut, "ep_")); got == cut {
		t.Errorf("two things are %s", cut)
	}
}

// hostile is text that would break out of a comment if it could.
var hostile = []string{"a\"b", "a\nadd rule inet egressplan x accept", "a\r\nno access-list", "x\u202eevil", "\x1b[2J", "a\x00b", "??", "`id`", "$(id)", "a\\", "\\\n", "é", "a;b}", "! x", "# x", "'", "\u2028x", strings.Repeat("long ", 60), strings.Repeat("l", 400), ""}

// Whatever the input is called, every line stays a command or a comment, of
// ASCII that can be seen.
func TestHostileTextStaysInItsComment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.SampledFrom(hostile), rapid.String())
		l := listOf(drawRows(t, true))
		l.Environment, l.Pattern = text.Draw(t, "environment"), text.Draw(t, "pattern")
		l.Unmet, l.Missing = []string{text.Draw(t, "unmet")}, []string{text.Draw(t, "missing")}
		l.Exceptions = []planner.Exception{{App: text.Draw(t, "exception"), Code: text.Draw(t, "code")}}
		for i := range l.Entries {
			r := &l.Entries[i]
			r.App, r.RequiredBy = text.Draw(t, "app"), text.Draw(t, "requiredBy")
			if rapid.Bool().Draw(t, "to") {
				r.To, r.Group = text.Draw(t, "to"), text.Draw(t, "group")
			}
		}
		for i := range l.Firewalls {
			l.Firewalls[i].Site = text.Draw(t, "site")
		}
		asa, _ := CiscoASA(l)
		nft, _ := NFTables(l)
		readASA(t, string(asa))
		want := wanted(l.Entries)
		got := readNFT(t, string(nft))
		if more, less := difference(got, want), difference(want, got); more != "" || less != "" {
			t.Fatalf("the text opens\n%s\nand not\n%s\n%s", more, less, nft)
		}
		for _, s := range []string{string(asa), string(nft)} {
			if i := strings.IndexFunc(s, func(r rune) bool { return r != '\n' && r != '\t' && (r < ' ' || r > '~') || r == '?' || r == '\\' }); i >= 0 {
				t.Fatalf("%q", s[max(0, i-40):i+1])
			}
		}
	})
}

// nothing is lost when a comment is cut into lines.
func TestLinesKeepEveryCharacter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-c ]{0,60}`).Draw(t, "text")
		list := lines(text, 10)
		if got, want := strings.ReplaceAll(strings.Join(list, ""), " ", ""), strings.ReplaceAll(text, " ", ""); got != want {
			t.Fatalf("%q became %q", text, list)
		}
		for _, line := range list {
			if len(line) > 10 {
				t.Fatalf("%q is long", line)
			}
		}
	})
}

// named is a row to a destination that is known by host name.
func named(host string) planner.AllowRow {
	return planner.AllowRow{Firewall: "edge", App: "pay/a", To: "core", Group: "app/pay/a", Initiator: inventory.InitiatorApp, Sources: []string{"10.20.0.0/28"},
		Destinations: []string{}, Hosts: []string{host}, Protocol: "tcp", PortFrom: 443, PortTo: 443, RequiredBy: "apps.yaml:1:2"}
}

// A host name is an FQDN object of an ASA, unless it is a wildcard; a set of
// nftables holds addresses only. What cannot be written is said, and not left
// wider or out in silence.
func TestHostNames(t *testing.T) {
	l := listOf([]planner.AllowRow{named("core.bank.internal")})
	asa, left := CiscoASA(l)
	if got := readASA(t, string(asa)); len(left) > 0 || !got[entry{"10.20.0.0/28", "core.bank.internal", "tcp", 443, 443}] || len(got) != 1 {
		t.Errorf("got %v, left %v\n%s", got, left, asa)
	}
	nft, left := NFTables(l)
	if got := readNFT(t, string(nft)); len(got) > 0 || len(left) != 1 || !strings.Contains(string(nft), "# NOT WRITTEN: ") {
		t.Errorf("got %v, left %v\n%s", got, left, nft)
	}
	asa, left = CiscoASA(listOf([]planner.AllowRow{named("*.bank.internal")}))
	if got := readASA(t, string(asa)); len(got) > 0 || len(left) != 1 || !strings.Contains(string(asa), "! NOT WRITTEN: ") {
		t.Errorf("got %v, left %v\n%s", got, left, asa)
	}
	nft, _ = NFTables(listOf([]planner.AllowRow{named("10.1.0.9")}))
	if got := readNFT(t, string(nft)); !got[entry{"10.20.0.0/28", "10.1.0.9/32", "tcp", 443, 443}] || len(got) != 1 {
		t.Errorf("an address given as a host: %v\n%s", got, nft)
	}
}

// What is opened from on-premises comes in by another interface, and so stands
// in an access list of its own.
func TestDirectionsHaveListsOfTheirOwn(t *testing.T) {
	out, in := named("10.1.0.9"), named("10.1.0.9")
	in.Initiator, in.Sources, in.Destinations = inventory.InitiatorOnPrem, []string{}, []string{"10.20.0.0/28"}
	text, _ := CiscoASA(listOf([]planner.AllowRow{out, in}))
	for _, want := range []string{
		"!   access-group ep_prod_edge in interface TOWARDS-AWS\n", "!   access-group ep_prod_edge_in in interface TOWARDS-ON-PREMISES\n",
		"access-list ep_prod_edge extended permit object-group ep_prod_edge_svc_app.pay.a_core object-group ep_prod_edge_src_app.pay.a object-group ep_prod_edge_dst_core\n",
		"access-list ep_prod_edge_in extended permit object-group ep_prod_edge_in_app.pay.a_core object-group ep_prod_edge_dst_core object-group ep_prod_edge_pods_app.pay.a\n",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if n := strings.Count(string(text), " extended permit "); n != 2 {
		t.Errorf("%d permits for two rows\n%s", n, text)
	}
}

// A list that must not be filed says so where it will be pasted.
func TestAListNotToBeFiledSaysSo(t *testing.T) {
	l := listOf([]planner.AllowRow{named("10.1.0.9")})
	most := 0
	l.Nearest, l.Unmet, l.Missing, l.Firewalls[0].MaxEntries = true, []string{"[no-space] no room"}, []string{"pay/b -> core"}, &most
	asa, _ := CiscoASA(l)
	nft, _ := NFTables(l)
	for mark, text := range map[string]string{"! ": string(asa), "# ": string(nft)} {
		for _, want := range []string{"DO NOT FILE: no pattern is feasible", "DO NOT FILE: the pattern does not meet every requirement: [no-space] no room",
			"DO NOT FILE: too long, the firewall accepts 0 entries and these are 1", "INCOMPLETE: no source address in the plan for pay/b to core"} {
			if !strings.Contains(text, mark+want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
	}
}

func ExampleNFTables() {
	text, _ := NFTables(listOf([]planner.AllowRow{named("10.1.0.9")}))
	_, rules, _ := strings.Cut(string(text), "\n\n")
	fmt.Print(rules)
	// Output:
	// add table inet egressplan
	// add chain inet egressplan ep_prod_edge
	// flush chain inet egressplan ep_prod_edge
	//
	// # destination core
	// add set inet egressplan ep_prod_edge_dst_core { type ipv4_addr; flags interval; }
	// flush set inet egressplan ep_prod_edge_dst_core
	// add element inet egressplan ep_prod_edge_dst_core {
	// 	10.1.0.9/32,
	// }
	//
	// # source group app/pay/a
	// add set inet egressplan ep_prod_edge_src_app.pay.a { type ipv4_addr; flags interval; }
	// flush set inet egressplan ep_prod_edge_src_app.pay.a
	// add element inet egressplan ep_prod_edge_src_app.pay.a {
	// 	10.20.0.0/28,
	// }
	//
	// # pay/a to core tcp/443, required by apps.yaml:1:2
	// add rule inet egressplan ep_prod_edge ip saddr @ep_prod_edge_src_app.pay.a ip daddr @ep_prod_edge_dst_core tcp dport 443 accept comment "app/pay/a to core"
}
