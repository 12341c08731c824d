package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"egressplan/planner/inventory"
)

// wholeEstate is a plan of so many apps in a directory of its own.
func wholeEstate(t *testing.T, apps int) string {
	t.Helper()
	dir := t.TempDir()
	var inv strings.Builder
	inv.WriteString("apiVersion: egressplan/v1\nkind: AppInventory\nspec:\n  apps:\n")
	for i := range apps {
		inv.WriteString("    - {name: a" + itoa(i) + ", namespace: n, pods: {min: 1, max: 4}, flows: [{to: db}]}\n")
	}
	files := map[string]string{"apps.yaml": inv.String(), "env.yaml": `apiVersion: egressplan/v1
kind: Environment
metadata: {name: big}
spec:
  region: us-east-1
  zones: [us-east-1a, us-east-1b]
  vpc: {cidrs: [10.20.0.0/16]}
  pools: [{name: routable, cidrs: [10.20.64.0/18]}]
  onPrem: {sites: [{name: dc, cidrs: [10.0.0.0/14], links: [{name: dx, over: direct-connect}]}]}
---
apiVersion: egressplan/v1
kind: FirewallRequirements
spec:
  firewalls: [{name: edge, identity: app}]
  destinations: [{name: db, kind: on-premises, firewall: edge, cidrs: [10.1.4.0/28], ports: [tcp/1521]}]
`}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func itoa(i int) string {
	return string([]byte{'0' + byte(i/100), '0' + byte(i/10%10), '0' + byte(i%10)})
}

// Whenever the process is killed, the lock is the old one or the new one.
func TestKilledWriteLeavesOldOrNew(t *testing.T) {
	dir := wholeEstate(t, 3)
	path := filepath.Join(dir, inventory.LockFile)
	args := []string{"cidr", "--pattern", "vpc-subnet-cidr", "--write", dir}
	// The old lock is a valid one, and smaller: that of an empty plan.
	old := inventory.WriteLock("big", nil, nil)
	restore := func() {
		if err := os.WriteFile(path, old, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	restore()
	whole := time.Minute
	for range 5 { // the first runs are slow for reasons of their own
		restore()
		begin := time.Now()
		if out, err := exec.Command("egressplan", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		whole = min(whole, time.Since(begin))
	}
	fresh, err := os.ReadFile(path)
	if err != nil || bytes.Equal(fresh, old) {
		t.Fatalf("nothing was written: %v", err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var oldLeft, newLeft int
	for range 200 {
		restore()
		cmd := exec.Command("egressplan", args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// Most kills near the end, where the file is written.
		time.Sleep(time.Duration(float64(whole) * (0.5 + rng.Float64())))
		cmd.Process.Kill()
		cmd.Wait()
		switch now, err := os.ReadFile(path); {
		case err != nil:
			t.Fatal(err)
		case bytes.Equal(now, old):
			oldLeft++
		case bytes.Equal(now, fresh):
			newLeft++
		default:
			t.Fatalf("half a lock:\n%s", now)
		}
	}
	t.Logf("%d times the old lock, %d times the new one", oldLeft, newLeft)
	if oldLeft == 0 || newLeft == 0 {
		t.Errorf("%d times the old lock, %d times the new one: the kills missed the write", oldLeft, newLeft)
	}
	if out, err := exec.Command("egressplan", args...).CombinedOutput(); err != nil {
		t.Errorf("what killed runs leave behind is in the way: %v\n%s", err, out)
	}
}

// A file that somebody else changed meanwhile is not overwritten, and one that
// cannot be written leaves the old one and nothing beside it.
func TestLockWriteRefusals(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "lock.yaml")
	if err := os.WriteFile(path, []byte("theirs"), 0o640); err != nil {
		t.Fatal(err)
	}
	for _, was := range [][]byte{nil, []byte("ours")} {
		if _, err := (&lockFile{path: path, was: was}).write([]byte("new")); err == nil || !strings.Contains(err.Error(), "run again") {
			t.Errorf("was %q: %v", was, err)
		}
	}
	if written, err := (&lockFile{path: path, was: []byte("theirs")}).write([]byte("new")); err != nil || !written {
		t.Fatal(written, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v %v: the mode changed", info.Mode(), err)
	}
	link := filepath.Join(dir, "link.yaml")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if _, err := (&lockFile{path: link, was: []byte("new")}).write([]byte("newer")); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "newer" {
		t.Errorf("behind the link: %q", got)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 2 {
		t.Errorf("left behind: %v", entries)
	}
}
