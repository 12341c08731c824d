package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// answer runs a command and returns what it wrote.
func answer(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), args, nil, &stdout, &stderr); code != exitOK {
		t.Fatalf("%v: exit code %d\n%s", args, code, stderr.String())
	}
	return stdout.String()
}

// Who adds an app to a plan whose addresses are kept in the lock files a change
// of that app's lines: everything that was there stays, in its order.
func TestAnAppMoreIsLinesMore(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"apps.yaml", "environment.yaml", "firewalls.yaml", "policy.yaml"} {
		text, err := os.ReadFile(filepath.Join("../../fixtures/plans/bank", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	answer(t, "cidr", "--write", dir)
	texts := func(format string) string { return answer(t, "allowlist", "--format", format, dir) }
	before := map[string]string{"cisco-asa": texts("cisco-asa"), "nftables": texts("nftables")}
	more := `apiVersion: egressplan/v1
kind: AppInventory
spec:
  apps:
    - {name: middle, namespace: insurance, serviceAccount: middle, pods: {min: 2, max: 4}, requests: {cpu: 250m, memory: 512Mi}, flows: [{to: core-db}, {to: directory}]}
`
	if err := os.WriteFile(filepath.Join(dir, "more.yaml"), []byte(more), 0o600); err != nil {
		t.Fatal(err)
	}
	for format, old := range before {
		text := texts(format)
		rest := strings.Split(text, "\n")
		for _, line := range strings.Split(old, "\n") {
			at := slices.Index(rest, line)
			if at < 0 {
				t.Fatalf("%s: a line changed: %q in\n%s", format, line, text)
			}
			rest = rest[at+1:]
		}
		if added := strings.Count(text, "insurance"); added == 0 || strings.Contains(old, "insurance") {
			t.Errorf("%s: the new app is not there:\n%s", format, text)
		}
	}
}
