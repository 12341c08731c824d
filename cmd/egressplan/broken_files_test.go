package main

import (
	"bytes"
	"context"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"egressplan/planner/inventory"
)

var updateBroken = flag.Bool("update-broken", false, "write the texts of fixtures/broken anew; then read the difference")

// baseFiles are the parts of a correct plan that a broken file may lack, by kind.
var baseFiles = map[string]string{
	inventory.KindAppInventory:         "base/apps.yaml",
	inventory.KindEnvironment:          "base/environment.yaml",
	inventory.KindFirewallRequirements: "base/firewalls.yaml",
}

var kindLine = regexp.MustCompile(`(?m)^kind: (\w+)\r?$`)

// withBase is a broken file and those of base/ whose kind it does not hold; what
// lies in alone/ is read alone.
func withBase(t *testing.T, file string) []string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{file}
	if filepath.Dir(file) == "alone" {
		return paths
	}
	held := map[string]bool{}
	for _, m := range kindLine.FindAllSubmatch(data, -1) {
		held[string(m[1])] = true
	}
	for _, kind := range []string{inventory.KindAppInventory, inventory.KindEnvironment, inventory.KindFirewallRequirements} {
		if !held[kind] {
			paths = append(paths, baseFiles[kind])
		}
	}
	return paths
}

// validated is what validate says of some files, and its exit code.
func validated(paths []string) (string, int) {
	var out, errs bytes.Buffer
	code := run(context.Background(), append([]string{"validate"}, paths...), strings.NewReader(""), &out, &errs)
	return out.String() + errs.String(), code
}

// brokenFiles are the broken files below fixtures/broken, which it makes the
// working directory.
func brokenFiles(t *testing.T) []string {
	t.Helper()
	t.Chdir(filepath.Join("..", "..", "fixtures", "broken"))
	var files []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".yaml" && filepath.Dir(path) != "base" {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 80 {
		t.Fatalf("%d broken files, %v", len(files), err)
	}
	return files
}

// Every broken file is refused with exactly the text beside it.
func TestBrokenFiles(t *testing.T) {
	for _, file := range brokenFiles(t) {
		got, code := validated(withBase(t, file))
		if code != exitInput {
			t.Errorf("%s: exit code %d", file, code)
		}
		beside := strings.TrimSuffix(file, ".yaml") + ".txt"
		if *updateBroken {
			if err := os.WriteFile(beside, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(beside)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
		}
	}
}

// What the broken files leave out is in order.
func TestBrokenFilesStandOnACorrectPlan(t *testing.T) {
	brokenFiles(t)
	if got, code := validated([]string{"base"}); code != exitOK {
		t.Errorf("exit code %d: %s", code, got)
	}
}

// Two kinds of input are too large to keep, so they are made: a byte more than
// 64 MiB; and 10,001 mistakes with three documents missing, four more problems
// than are listed.
func TestBrokenFilesTooLargeToKeep(t *testing.T) {
	brokenFiles(t)
	texts := map[string]string{}
	for _, name := range []string{"too-large", "too-many"} {
		want, err := os.ReadFile(filepath.Join("made", name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(want)
	}
	t.Chdir(t.TempDir())
	if err := os.Mkdir("made", 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string, size int64) {
		t.Helper()
		err := os.WriteFile(name, []byte(text), 0o644)
		if err == nil && size > 0 {
			err = os.Truncate(name, size)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	write("made/too-large.yaml", "# much more\n", 64<<20+1)
	if got, code := validated([]string{"made/too-large.yaml"}); code != exitInput || got != texts["too-large"] {
		t.Errorf("exit code %d, got\n%s\nwant\n%s", code, got, texts["too-large"])
	}
	write("made/too-many.yaml", "apiVersion: egressplan/v1\nkind: Policy\nspec:\n  reject:\n"+strings.Repeat("    - no-such-code\n", 10_001), 0)
	if got, code := validated([]string{"made/too-many.yaml"}); code != exitInput || !strings.HasPrefix(got, texts["too-many"]) {
		t.Errorf("exit code %d, got\n%.500s\nwant\n%s", code, got, texts["too-many"])
	}
}

// Every code of the input has a broken file that shows it.
func TestBrokenFilesShowEveryCode(t *testing.T) {
	brokenFiles(t)
	shown := map[string]string{}
	code := regexp.MustCompile(`(?m)^\S.*\[([a-z0-9-]+)\]$`)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".txt" {
			return err
		}
		data, err := os.ReadFile(path)
		for _, m := range code.FindAllSubmatch(data, -1) {
			shown[string(m[1])] = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range inventory.Codes() {
		if shown[c.Code] == "" {
			t.Errorf("no broken file shows %s", c.Code)
		}
		delete(shown, c.Code)
	}
	for c, path := range shown {
		t.Errorf("%s shows %s, which is not in the table of codes", path, c)
	}
}
