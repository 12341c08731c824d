package inventory

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A destination that lies in the VPC and in its site is what a plan has findings
// for, not a mistake of the input.
func TestDestinationInsideTheVPC(t *testing.T) {
	env := edit(t, environmentYAML, "cidrs: [10.0.0.0/14, 172.16.0.0/16]", "cidrs: [10.0.0.0/14, 10.20.1.0/24]")
	env = edit(t, env, "{name: routable, cidrs: [10.20.64.0/18, 10.64.0.0/20]", "{name: routable, cidrs: [10.64.0.0/20]")
	mustLoad(t, map[string]string{"env": env, "fw": edit(t, firewallsYAML, "cidrs: [10.1.4.0/28]", "cidrs: [10.20.1.9/32]")})
}

// A block of the site that cannot be read is the one mistake.
func TestUnreadSiteBlamesNoDestination(t *testing.T) {
	env := edit(t, environmentYAML, "cidrs: [10.0.0.0/14, 172.16.0.0/16]", "cidrs: [10.0.0.1/14, 172.16.0.0/16]")
	if _, problems := load(map[string]string{"env": env}); len(problems) != 1 || problems[0].Code != CodeHostBits {
		t.Error(problems)
	}
}

// Without a firewall and with several sites any site's block will do.
func TestDestinationOfUnknownSite(t *testing.T) {
	env := edit(t, environmentYAML, "  connected:", "      - {name: dc2, cidrs: [192.168.4.0/24]}\n  connected:")
	fw := edit(t, firewallsYAML, "{name: dc1-edge,", "{name: dc1-edge, site: dc1,") +
		"    - {name: both, kind: on-premises, cidrs: [10.1.9.0/24, 192.168.4.8/32, 192.168.5.0/32], ports: [any]}\n"
	_, problems := load(map[string]string{"env": env, "fw": fw})
	if len(problems) != 1 || problems[0].Code != CodeOutside || problems[0].At != place(t, "fw", fw, "192.168.5.0/32") ||
		!strings.Contains(problems[0].Message, "192.168.4.0/24") {
		t.Error(problems)
	}
	none := edit(t, environmentYAML, environmentYAML[strings.Index(environmentYAML, "  onPrem"):strings.Index(environmentYAML, "  connected")], "")
	_, problems = load(map[string]string{"env": none, "fw": edit(t, noFirewallsYAML, "kind: network", "kind: on-premises")})
	if len(problems) != 1 || problems[0].Code != CodeOutside || !strings.Contains(problems[0].Fix, "onPrem.sites") {
		t.Error(problems)
	}
}

func TestManyBlocksAreNotAllListed(t *testing.T) {
	var list []block
	for i := range 8 {
		list = append(list, block{cidr: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i), 0, 0}), 16)})
	}
	if got := enumerate(list); !strings.HasSuffix(got, "10.5.0.0/16 and 2 more") {
		t.Error(got)
	}
	if got := enumerate(list[:6]); !strings.HasSuffix(got, "10.4.0.0/16, 10.5.0.0/16") {
		t.Error(got)
	}
}

// Against the definition: some block of the site holds both ends.
func TestRoutedAgainstDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		destinations, site := smallBlocks("destinations").Draw(t, "destinations"), smallBlocks("site").Draw(t, "site")
		want := 0
		for i := range destinations {
			destinations[i].kind, destinations[i].name, destinations[i].at.Line = "destination", fmt.Sprint(i), i+1
			if !holdsBothEnds(site, destinations[i].cidr) {
				want++
			}
		}
		for i := range site {
			site[i].kind, site[i].at.Line = "site", 1000+i
		}
		l := newLoader()
		l.inside(destinations, site, "it")
		if len(l.problems) != want {
			t.Fatalf("%d problems, want %d", len(l.problems), want)
		}
	})
}

func holdsBothEnds(list []block, p netip.Prefix) bool {
	last := p.Addr().As4()
	last[3] |= byte(1<<(32-p.Bits()) - 1) // the drawn blocks are /26 and narrower
	for _, b := range list {
		if b.cidr.Contains(p.Addr()) && b.cidr.Contains(netip.AddrFrom4(last)) {
			return true
		}
	}
	return false
}
