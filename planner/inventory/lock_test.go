package inventory

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What is written is read again as it was, whatever the names hold; the order
// of the entries changes no byte; and every entry has a line of its own.
func TestLockRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[!-~]{1,30}`)
		var entries []LockEntry
		for i := range rapid.IntRange(0, 20).Draw(t, "entries") {
			entries = append(entries, LockEntry{
				Name: fmt.Sprintf("%s%d", name.Draw(t, "name"), i), Pattern: rapid.SampledFrom(PatternIDs).Draw(t, "pattern"),
				Pool: "routable", Purpose: PurposeNodes, Zone: rapid.SampledFrom([]string{"", "eu-central-1a", "no", "1e5"}).Draw(t, "zone"),
				CIDR: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 20, 64, byte(i)}), 28).Masked(),
			})
		}
		notes := map[string]string{}
		for i := range entries {
			entries[i].CIDR = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 20, byte(64 + i), 0}), 28)
			notes[entries[i].Key()] = rapid.SampledFrom([]string{"", "held", "a\nb", "}"}).Draw(t, "note")
		}
		text := WriteLock("", entries, notes)
		if again := WriteLock("", rapid.Permutation(entries).Draw(t, "order"), notes); string(again) != string(text) {
			t.Fatalf("the order of entries shows:\n%s\n%s", text, again)
		}
		if n := strings.Count(string(text), "cidr: "); n != len(entries) {
			t.Fatalf("%d lines for %d entries", n, len(entries))
		}
		plan, problems := load(map[string]string{"lock": string(text)})
		if len(problems) > 0 {
			t.Fatalf("%v\n%s", problems, text)
		}
		got := slices.Clone(plan.Lock)
		byKey := func(a, b LockEntry) int { return strings.Compare(a.Key(), b.Key()) }
		slices.SortFunc(got, byKey)
		slices.SortFunc(entries, byKey)
		for i := range entries {
			g := got[i]
			if g.Name != entries[i].Name || g.Pattern != entries[i].Pattern || g.Pool != entries[i].Pool || g.Zone != entries[i].Zone || g.Purpose != entries[i].Purpose || g.CIDR != entries[i].CIDR {
				t.Fatalf("%+v, want %+v", g, entries[i])
			}
		}
	})
}

// A planned block may lie on nothing that is there: the problem stands at the
// lock's line, whichever file comes first.
func TestLockLiesOnNothing(t *testing.T) {
	const entry = "apiVersion: egressplan/v1\nkind: Allocations\nspec:\n  entries:\n    - {name: app/a/b/eu-central-1a/nodes, pattern: vpc-subnet-cidr, pool: routable, purpose: nodes, cidr: %s}\n"
	reserved := edit(t, environmentYAML, "reserved: [10.20.255.0/24]", "reserved: [10.20.65.0/24]")
	for _, tt := range []struct {
		block, code string
	}{{"10.20.65.0/26", CodeOverlap}, {"10.20.64.0/23", CodeOverlap}, {"10.20.66.0/26", ""}} {
		_, problems := load(map[string]string{"env": reserved, "lock": fmt.Sprintf(entry, tt.block)})
		if tt.code == "" && len(problems) > 0 || tt.code != "" && (len(problems) != 1 || problems[0].Code != tt.code || problems[0].At.File != "lock" || problems[0].At.Line != 5 || problems[0].Earlier.File != "env") {
			t.Errorf("%s: %+v, want %q", tt.block, problems, tt.code)
		}
	}
}

// A lock of the environment's name is taken, of no name too.
func TestLockOfThisEstate(t *testing.T) {
	plan, _ := load(nil)
	_, problems := load(map[string]string{"lock": string(WriteLock(plan.Environment.Name, nil, nil))})
	if len(problems) > 0 {
		t.Error(problems)
	}
}

// The lock stands in the directory given or beside the first file; standard
// input has no place for one.
func TestLockPath(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "env.yaml")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	want := filepath.Join(dir, LockFile)
	for _, args := range [][]string{{dir}, {file}, {"-", file}, {file, t.TempDir()}} {
		if got, err := LockPath(args); got != want || err != nil {
			t.Errorf("%v: %q %v", args, got, err)
		}
	}
	if _, err := LockPath([]string{"-"}); err == nil || !strings.Contains(err.Error(), "name a file or a directory") {
		t.Error(err)
	}
}

// The line reader and the YAML reader agree on every lock that is written: the
// same entries at the same places. What the line reader does not take it leaves
// alone.
func TestPlainLockIsYAML(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var entries []LockEntry
		notes := map[string]string{}
		for i := range rapid.IntRange(1, 8).Draw(t, "entries") {
			e := LockEntry{Name: fmt.Sprintf("app/%s/a%d/eu-central-1a/nodes", rapid.SampledFrom([]string{"n", "a+b", "x_y"}).Draw(t, "namespace"), i),
				Pattern: rapid.SampledFrom(PatternIDs).Draw(t, "pattern"), Pool: rapid.SampledFrom([]string{"", "routable", "7"}).Draw(t, "pool"),
				Zone: rapid.SampledFrom([]string{"", "eu-central-1a"}).Draw(t, "zone"), Purpose: PurposeNodes,
				CIDR: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 20, byte(64 + i), 0}), rapid.IntRange(24, 28).Draw(t, "bits"))}
			entries = append(entries, e)
			notes[e.Key()] = rapid.SampledFrom([]string{"", "held: nobody asks for it", "a # b", "x } # y"}).Draw(t, "note")
		}
		data := WriteLock(rapid.SampledFrom([]string{"", "prod", "no"}).Draw(t, "environment"), entries, notes)
		agree(t, data)
	})
}

func agree(t interface {
	Fatalf(string, ...any)
}, data []byte) {
	fast, slow := newLoader(), newLoader()
	if !fast.plainLock(Source{Name: "lock", Data: data}, data) {
		if len(fast.plan.Lock) > 0 || len(fast.seen) > 0 {
			t.Fatalf("refused, and changed something:\n%s", data)
		}
		return
	}
	slow.yaml(Source{Name: "lock", Data: data}, data)
	if len(slow.problems) > 0 || fmt.Sprint(slow.plan.Lock) != fmt.Sprint(fast.plan.Lock) || fmt.Sprint(slow.lockNames) != fmt.Sprint(fast.lockNames) || fmt.Sprint(slow.seen) != fmt.Sprint(fast.seen) {
		t.Fatalf("YAML reads\n%+v %v %v\nthe line reader\n%+v %v\n%s", slow.plan.Lock, slow.seen, slow.problems, fast.plan.Lock, fast.seen, data)
	}
}

// FuzzPlainLock: whatever the file holds, the line reader takes it only if YAML
// reads the same.
func FuzzPlainLock(f *testing.F) {
	f.Add(WriteLock("prod", []LockEntry{{Name: "app/a/b/eu-central-1a/nodes", Pattern: PatternIDs[0], Pool: "routable", Zone: "eu-central-1a", Purpose: PurposeNodes,
		CIDR: netip.MustParsePrefix("10.20.64.0/28")}}, nil))
	f.Add([]byte("apiVersion: egressplan/v1\nkind: Allocations\nspec:\n  entries:\n    - {name: a-b, pattern: vpc-subnet-cidr, purpose: nodes, cidr: 10.0.0.0/28}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, ok := newLoader().textOf(Source{Name: "lock", Data: data}); ok {
			agree(t, data)
		}
	})
}
