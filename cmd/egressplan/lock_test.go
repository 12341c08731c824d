package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

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

// Whenever the process is killed, the lock is the old one or the new one. The
// moments are told by what the process has done, not by the clock: before it has
// begun, while its temporary file is there, and once the lock is another file.
func TestKilledWriteLeavesOldOrNew(t *testing.T) {
	dir := wholeEstate(t, 3)
	path := filepath.Join(dir, inventory.LockFile)
	binary := filepath.Join(t.TempDir(), "egressplan")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	args := []string{"cidr", "--pattern", "vpc-subnet-cidr", "--write", dir}
	// The old lock is a valid one, and smaller: that of an empty plan.
	old := inventory.WriteLock("big", nil, nil)
	restore := func() os.FileInfo {
		if err := os.WriteFile(path, old, 0o644); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	restore()
	if out, err := exec.Command(binary, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	fresh, err := os.ReadFile(path)
	if err != nil || bytes.Equal(fresh, old) {
		t.Fatalf("nothing was written: %v", err)
	}
	left := map[string]int{}
	for i := range 200 {
		before := restore()
		cmd := exec.Command(binary, args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { cmd.Wait(); close(ended) }()
		switch i % 4 {
		case 0: // at once
		case 1: // as soon as there is a temporary file
			spinUntil(ended, func() bool { return len(temporaryFiles(t, dir)) > 0 })
		case 2: // a little later
			spinUntil(ended, func() bool { return len(temporaryFiles(t, dir)) > 0 })
			for range i { // in steps of a few microseconds
				os.Stat(path)
			}
		case 3: // as soon as the lock is another file
			spinUntil(ended, func() bool {
				now, err := os.Stat(path)
				return err == nil && !os.SameFile(now, before)
			})
		}
		cmd.Process.Kill()
		<-ended
		switch now, err := os.ReadFile(path); {
		case err != nil:
			t.Fatal(err)
		case bytes.Equal(now, old):
			left["old"]++
		case bytes.Equal(now, fresh):
			left["new"]++
		default:
			t.Fatalf("half a lock:\n%s", now)
		}
		for _, name := range temporaryFiles(t, dir) {
			left["temporary"]++
			os.Remove(name)
		}
	}
	t.Logf("what 200 killed runs left: %v", left)
	if left["old"] == 0 || left["new"] == 0 {
		t.Errorf("%d times the old lock, %d times the new one: the kills missed the write", left["old"], left["new"])
	}
	restore()
	if err := os.WriteFile(filepath.Join(dir, "."+inventory.LockFile+".lost"), fresh[:len(fresh)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(binary, args...).CombinedOutput(); err != nil {
		t.Errorf("what killed runs leave behind is in the way: %v\n%s", err, out)
	}
}

// spinUntil asks again and again, until the answer is yes or the process has
// ended by itself.
func spinUntil(ended <-chan struct{}, yes func() bool) {
	for !yes() {
		select {
		case <-ended:
			return
		default:
		}
	}
}

// temporaryFiles are what a write leaves beside the lock until it is done.
func temporaryFiles(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil {
		t.Fatal(err)
	}
	return names
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
