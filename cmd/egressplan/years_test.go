package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"egressplan/cidr"
	"egressplan/planner/inventory"
)

var updateYears = flag.Bool("update-years", false, "write testdata/years.txt anew")

// change is one pull request: an edit of a document, and how the lock is written.
type change struct {
	what     string
	file     string
	old, new string
	flags    string
	exit     int
	entries  string // of tenant/accounts on an allow-list; "" for whatever
}

const (
	statements = "    - {name: statements, namespace: default, tenant: cards, pods: {min: 1, max: 8}, flows: [{to: ledger-db}]}\n"
	batch      = "    - {name: batch, namespace: default, tenant: batch, pods: {min: 1, max: %d}, flows: [{to: ledger-db}]}\n"
	audit      = "    - {name: audit, namespace: default, tenant: audit, %spods: {min: 1, max: 2}, flows: [{to: ledger-db}]}\n"
	fraud      = "    - {name: fraud, namespace: default, tenant: ledger, pods: {min: 1, max: 3}, flows: [{to: ledger-db}]}\n"
	apps       = "spec:\n  apps:\n"
	realised   = `      - {name: accounts-a, cidr: 192.168.64.0/27, zone: us-west-2a, role: nodes, freeIPs: 27}
      - {name: ledger-a, cidr: 192.168.64.64/27, zone: us-west-2a, role: nodes, freeIPs: 27}
    routeTables:
`
)

// years is what happens to the hybrid plan in two years.
func years() []change {
	of := func(n int) string { return fmt.Sprintf(batch, n) }
	return []change{
		{what: "the first plan", entries: "192.168.64.0/26"},
		{what: "an app joins the ledger team", file: "apps.yaml", old: apps, new: apps + fraud},
		{what: "a third team", file: "apps.yaml", old: apps, new: apps + statements},
		{what: "contacts grows to 20 pods", file: "apps.yaml", old: "pods: {min: 1, max: 1}\n      requests: {cpu: 100m, memory: 64Mi}", new: "pods: {min: 1, max: 20}\n      requests: {cpu: 100m, memory: 64Mi}",
			entries: "192.168.64.0/25"}, // into the neighbour that was kept free: one entry, as before
		{what: "contacts grows to 70 pods", file: "apps.yaml", old: "pods: {min: 1, max: 20}", new: "pods: {min: 1, max: 70}"},
		{what: "the apps are listed in another order", file: "apps.yaml", old: apps + statements + fraud, new: apps + fraud + statements},
		{what: "contacts shrinks to 2 pods", file: "apps.yaml", old: "pods: {min: 1, max: 70}", new: "pods: {min: 1, max: 2}"},
		{what: "and grows to 30", file: "apps.yaml", old: "pods: {min: 1, max: 2}\n      requests: {cpu: 100m, memory: 64Mi}", new: "pods: {min: 1, max: 30}\n      requests: {cpu: 100m, memory: 64Mi}"},
		{what: "a third zone", file: "environment.yaml", old: "zones: [us-west-2a, us-west-2b]", new: "zones: [us-west-2a, us-west-2b, us-west-2c]"},
		{what: "the third team leaves", file: "apps.yaml", old: statements, new: ""},
		{what: "it comes back", file: "apps.yaml", old: apps, new: apps + statements},
		{what: "it leaves for good", file: "apps.yaml", old: statements, new: ""},
		{what: "its blocks are given up", flags: "--reclaim"},
		{what: "a pool that is not routable", file: "environment.yaml", old: "  pools:\n", new: "  pools:\n    - {name: inside, cidrs: [100.64.0.0/20]}\n"},
		{what: "a second firewall", file: "firewalls.yaml", old: "  destinations:\n", new: "    - {name: inner, site: on-premises, identity: app}\n  destinations:\n    - {name: vault, kind: on-premises, firewall: inner, cidrs: [10.1.3.10/32], ports: [tcp/8200], application: tcp}\n"},
		{what: "userservice talks to the vault behind it, and must be told apart", file: "apps.yaml", old: "      requests: {cpu: 260m, memory: 128Mi}\n      flows: [{to: accounts-db}]", new: "      requests: {cpu: 260m, memory: 128Mi}\n      flows: [{to: accounts-db}, {to: vault}]"},
		{what: "an app in a subnet that exists", file: "apps.yaml", old: apps, new: apps + fmt.Sprintf(audit, "subnets: [management], ")},
		{what: "it moves to all zones", file: "apps.yaml", old: "subnets: [management], ", new: ""},
		{what: "two planned subnets are built", file: "environment.yaml", old: "    routeTables:\n", new: realised},
		{what: "growth of userservice is 100 %", file: "apps.yaml", old: "      requests: {cpu: 260m", new: "      growth: 100%\n      requests: {cpu: 260m"},
		{what: "an app too large for the pool", file: "apps.yaml", old: apps, new: apps + of(9000), exit: 1},
		{what: "the network team hands out another range", file: "environment.yaml", old: "  pools:\n", new: "  pools:\n    - {name: more, cidrs: [10.64.0.0/16], routable: true}\n", exit: 1},
		{what: "one that AWS lets this VPC have", file: "environment.yaml", old: "10.64.0.0/16], routable: true", new: "192.168.128.0/17], routable: true"},
		{what: "the large app shrinks", file: "apps.yaml", old: of(9000), new: of(400)},
		{what: "it leaves", file: "apps.yaml", old: of(400), new: ""},
		{what: "its blocks are given up", flags: "--reclaim"},
		{what: "the third zone is given up", file: "environment.yaml", old: ", us-west-2c]", new: "]"},
		{what: "the third zone comes back", file: "environment.yaml", old: "us-west-2b]", new: "us-west-2b, us-west-2c]"},
		{what: "custom networking", file: "environment.yaml", old: "    nodeType: m6i.large\n", new: "    nodeType: m6i.large\n    vpcCNI: {customNetworking: true}\n"},
		{what: "an app changes its name, not its team", file: "apps.yaml", old: "    - name: ledgerwriter\n", new: "    - name: ledgerposter\n"},
		{what: "a team changes its name", file: "apps.yaml", old: "      tenant: accounts\n", new: "      tenant: identity\n"},
		{what: "the second pattern is planned beside the first", flags: "--pattern private-nat-gateway"},
		{what: "and changes nothing of the first"},
	}
}

// Thirty changes one after the other, each with the diff of the lock that its
// reviewer reads. Whatever the diffs say, a line that was there goes only where
// a move or --reclaim says so.
func TestTwoYears(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"environment.yaml", "apps.yaml", "firewalls.yaml"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "fixtures", "plans", "hybrid", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var log strings.Builder
	for i, c := range years() {
		c.apply(t, dir)
		before := readLock(t, dir)
		args := []string{"cidr", "--write", dir}
		if c.flags != "" {
			args = append(args, strings.Fields(c.flags)...)
		}
		if !strings.Contains(c.flags, "--pattern") {
			args = append(args, "--pattern", "vpc-subnet-cidr")
		}
		var stdout, stderr bytes.Buffer
		if code := run(context.Background(), args, nil, &stdout, &stderr); code != c.exit {
			t.Fatalf("%d, %s: exit code %d, want %d\n%s%s", i+1, c.what, code, c.exit, stdout.String(), stderr.String())
		}
		gone, come := lineDiff(before, readLock(t, dir))
		fmt.Fprintf(&log, "%d. %s\n%s", i+1, c.what, gone+come)
		if gone+come == "" {
			log.WriteString("   (nothing)\n")
		}
		was, now := entriesOf(before, "tenant/accounts"), entriesOf(readLock(t, dir), "tenant/accounts")
		if was != now {
			fmt.Fprintf(&log, "   tenant/accounts on the allow-list: %s\n", now)
		}
		if c.entries != "" && now != c.entries {
			t.Errorf("%d, %s: tenant/accounts is %s on the allow-list, want %s", i+1, c.what, now, c.entries)
		}
		for _, line := range strings.Split(strings.TrimSpace(gone), "\n") {
			name, block := entryOf(line)
			if name == "" || strings.Contains(c.flags, "--reclaim") || strings.Contains(come, "name: "+name+",") && strings.Contains(come, block) {
				continue
			}
			t.Errorf("%d, %s: %s lost %s", i+1, c.what, name, block)
		}
	}
	golden := filepath.Join("testdata", "years.txt")
	if *updateYears {
		if err := os.WriteFile(golden, []byte(log.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if gone, come := lineDiff(string(want), log.String()); gone+come != "" {
		t.Errorf("the diffs differ from %s:\n%s%s", golden, gone, come)
	}
}

func (c change) apply(t *testing.T, dir string) {
	t.Helper()
	if c.file == "" {
		return
	}
	path := filepath.Join(dir, c.file)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), c.old) {
		t.Fatalf("%s: %q is not in %s", c.what, c.old, c.file)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(data), c.old, c.new)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readLock(t *testing.T, dir string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, inventory.LockFile))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(data)
}

// lineDiff is the entries that one text has and the other has not.
func lineDiff(before, after string) (gone, come string) {
	a, b := strings.Split(before, "\n"), strings.Split(after, "\n")
	for _, line := range a {
		if !slices.Contains(b, line) {
			gone += "   - " + strings.TrimPrefix(strings.TrimSpace(line), "- ") + "\n"
		}
	}
	for _, line := range b {
		if !slices.Contains(a, line) {
			come += "   + " + strings.TrimPrefix(strings.TrimSpace(line), "- ") + "\n"
		}
	}
	return gone, come
}

// entriesOf is what the blocks of a group summarise to that are in use.
func entriesOf(lock, group string) string {
	var blocks []netip.Prefix
	for _, line := range strings.Split(lock, "\n") {
		if name, block := entryOf(line); strings.HasPrefix(name, group+"/") && !strings.Contains(line, "# held") {
			blocks = append(blocks, netip.MustParsePrefix(strings.TrimSuffix(strings.TrimPrefix(block, "cidr: "), "}")))
		}
	}
	return strings.Trim(fmt.Sprint(cidr.Merge(blocks)), "[]")
}

// entryOf is the name and block of an entry's line.
func entryOf(line string) (name, block string) {
	_, rest, ok := strings.Cut(line, "{name: ")
	if !ok {
		return "", ""
	}
	name, _, _ = strings.Cut(rest, ",")
	_, block, _ = strings.Cut(rest, "cidr: ")
	block, _, _ = strings.Cut(block, "}")
	return name, "cidr: " + block + "}"
}
