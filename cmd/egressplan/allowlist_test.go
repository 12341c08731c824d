package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
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

// What a spreadsheet reads of a cell is the cell's text and no formula, and the
// file has as many cells as it was given, whatever they hold.
func TestCSVHoldsNoFormula(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "": "", "=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", " =1": "' =1", "＝1": "'＝1", "\t=1": `\u{9}=1`, "\r=1": `\u{d}=1`,
		"a-b": "a-b", "=cmd.yaml:1:2": "'=cmd.yaml:1:2",
	} {
		if got := csvCell(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		row := rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"=1", "a\"b", "a,b", "a\r\nb", "\"=1\""})), 2, 4).Draw(t, "row")
		var buf bytes.Buffer
		s := &session{out: bufio.NewWriter(&buf)}
		if err := s.writeCSV([][]string{row}); err != nil {
			t.Fatal(err)
		}
		if err := s.out.Flush(); err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(&buf).ReadAll()
		if err != nil || len(records) != 1 || len(records[0]) != len(row) {
			t.Fatalf("%q was read as %q: %v", row, records, err)
		}
		for _, cell := range records[0] {
			if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
				t.Fatalf("%q", cell)
			}
		}
	})
}
