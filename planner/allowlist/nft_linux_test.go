package allowlist

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"egressplan/planner"
)

// nft runs a script of nft commands in a network namespace of its own, which is
// gone with it. It needs nft and root, and skips without, except in continuous
// integration.
func nft(t *testing.T, script string, files ...string) (string, error) {
	t.Helper()
	needNFT(t)
	cmd := exec.Command("sh", append([]string{"-euc", script, "sh"}, files...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func needNFT(t *testing.T) {
	t.Helper()
	why := ""
	if _, err := exec.LookPath("nft"); err != nil {
		why = "nft is not installed: apt-get install nftables"
	} else if os.Geteuid() != 0 {
		why = "nft needs root"
	}
	switch {
	case why == "":
	case os.Getenv("CI") == "true":
		t.Fatal(why)
	default:
		t.Skip(why)
	}
}

func fileOf(t *testing.T, l *planner.AllowList) string {
	t.Helper()
	text, _ := NFTables(l)
	name := filepath.Join(t.TempDir(), "list.nft")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// fullList has every service, both directions, a whole site, blocks inside
// others and names that break out of nothing.
func fullList() *planner.AllowList {
	var rows []planner.AllowRow
	for i, s := range drawnServices {
		r := named("10.1.0.9")
		r.Protocol, r.PortFrom, r.PortTo = s.protocol, s.from, s.to
		r.App, r.RequiredBy = "pay/a"+hostile[i], hostile[i]
		rows = append(rows, r)
	}
	in := named("10.1.0.9")
	in.Initiator, in.Sources, in.Destinations = "destination", []string{"10.1.0.0/24", "10.1.0.8/29"}, []string{"10.20.0.0/28", "10.20.0.16/28"}
	site := named("")
	site.Site, site.Hosts, site.Destinations = "dc1", nil, []string{"0.0.0.0/0", "10.1.0.0/16"}
	long := named("10.1.0.9")
	long.Group = "app/" + strings.Repeat("n", 63) + "/" + strings.Repeat("m", 63)
	l := listOf(append(rows, in, site, long))
	l.Unmet, l.Missing = hostile, hostile
	return l
}

// The text is what nft takes. nft itself says so.
func TestNFTTakesTheText(t *testing.T) {
	name := fileOf(t, fullList())
	if out, err := nft(t, `nft -c -f "$1"`, name); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// Loaded twice it is there once, and a list that has less takes away what it has
// not, under a jump that stays.
func TestNFTLoadsAgain(t *testing.T) {
	full, two := fileOf(t, fullList()), fileOf(t, listOf([]planner.AllowRow{named("10.1.0.9")}))
	const base = `nft add table inet egressplan; nft add chain inet egressplan ep_prod_edge
nft add chain inet egressplan forward '{ type filter hook forward priority filter; policy accept; }'
nft add rule inet egressplan forward jump ep_prod_edge; `
	once, err := nft(t, base+`nft -f "$1"; nft list ruleset`, full)
	if err != nil {
		t.Fatalf("%v\n%s", err, once)
	}
	twice, err := nft(t, base+`nft -f "$1"; nft -f "$1"; nft list ruleset`, full)
	if err != nil || once != twice {
		t.Errorf("%v, loaded once\n%s\nand twice\n%s", err, once, twice)
	}
	less, err := nft(t, base+`nft -f "$1"; nft -f "$2"; nft list chain inet egressplan ep_prod_edge; nft list chain inet egressplan forward`, full, two)
	if err != nil || strings.Count(less, " accept comment ") != 1 || !strings.Contains(less, "jump ep_prod_edge") {
		t.Errorf("%v, loaded after a longer list\n%s", err, less)
	}
}

// What nft says of random lists.
func TestNFTTakesRandomLists(t *testing.T) {
	needNFT(t)
	var names []string
	rapid.Check(t, func(r *rapid.T) {
		if len(names) < 20 {
			names = append(names, fileOf(t, listOf(drawRows(r, false))))
		}
	})
	if out, err := nft(t, `for f; do nft -c -f "$f"; done`, names...); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
