package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"egressplan/fixtures"
)

// What cannot be written leaves nothing behind and is the user's to mend.
func TestInitIntoAReadOnlyDirectory(t *testing.T) {
	dir := t.TempDir()
	locked := filepath.Join(dir, "locked")
	if err := os.Mkdir(locked, 0o555); err != nil {
		t.Fatal(err)
	}
	asNobody(t)
	for _, target := range []string{locked, filepath.Join(locked, "made", "for", "it")} {
		var stdout, stderr bytes.Buffer
		code := run(context.Background(), []string{"init", target}, nil, &stdout, &stderr)
		if code != exitInput || !strings.Contains(stderr.String(), "permission denied") || !strings.Contains(stderr.String(), locked) {
			t.Errorf("%s: exit code %d, %q", target, code, stderr.String())
		}
	}
	left, err := os.ReadDir(locked)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// asNobody gives up root's power over files for the rest of a test. The kernel
// keeps it by thread.
func asNobody(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	const nobody = 65534
	// The directories above are made for their owner alone.
	for d := t.TempDir(); d != os.TempDir(); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	runtime.LockOSThread()
	if err := syscall.Setfsuid(nobody); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Setfsuid(0); err != nil {
			t.Error(err)
		}
		runtime.UnlockOSThread()
	})
}

// A file that cannot be finished does not appear, nor does a part of it, nor the
// directories that were made for it.
func TestInitRemovesWhatItMade(t *testing.T) {
	dir := t.TempDir()
	blocked := filepath.Join(dir, "a", "b", starterFile)
	if err := createFile(blocked, fixtures.StarterPlan()); err == nil {
		t.Error("a file was made in a directory that is not there")
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := writeStarter(filepath.Join(dir, "file", "below")); err == nil {
		t.Error("a directory was made in a file")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	taken := filepath.Join(dir, "taken.yaml")
	if err := os.WriteFile(taken, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := createFile(taken, fixtures.StarterPlan()); !os.IsExist(err) {
		t.Errorf("writing over a file: %v", err)
	}
	if data, err := os.ReadFile(taken); err != nil || string(data) != "mine" {
		t.Errorf("the file was overwritten: %q, %v", data, err)
	}
	if left, err = os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// The starter plan is short, and explains each of its lines.
func TestStarterPlanIsExplained(t *testing.T) {
	text := strings.TrimSuffix(string(fixtures.StarterPlan()), "\n")
	lines := strings.Split(text, "\n")
	if len(lines) >= 60 {
		t.Errorf("%d lines", len(lines))
	}
	commented := func(line string) bool {
		i := strings.Index(line, "#")
		return i == 0 || i > 0 && line[i-1] == ' ' && strings.TrimSpace(line[i+1:]) != ""
	}
	for i, line := range lines {
		bare := strings.TrimSpace(line) == "" || strings.TrimSpace(line) == "---"
		if !bare && !commented(line) && !(i > 0 && strings.HasPrefix(strings.TrimSpace(lines[i-1]), "#")) {
			t.Errorf("line %d is not explained: %s", i+1, line)
		}
		if len(line) > 130 {
			t.Errorf("line %d has %d characters", i+1, len(line))
		}
	}
}
