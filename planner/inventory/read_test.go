package inventory

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func write(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, n := range names {
		path := filepath.Join(dir, n)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("# "+n), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadPaths(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "d/b.yaml", "d/a.yml", "d/c.json", "d/notes.txt", "d/.hidden.yaml", "d/sub.yaml/deep.yaml", "one.yaml", "other/two.yaml",
		"other/"+LockFile, LockFile)
	join := func(names ...string) (paths []string) {
		for _, n := range names {
			if n != "-" {
				n = filepath.Join(dir, n)
			}
			paths = append(paths, n)
		}
		return paths
	}
	tests := []struct{ args, want []string }{
		{join("d"), join("d/a.yml", "d/b.yaml", "d/c.json")},
		{join("one.yaml"), join("one.yaml", LockFile)},
		{join("one.yaml", LockFile), join("one.yaml", LockFile)},
		{join("other/two.yaml", "one.yaml"), join("other/two.yaml", "one.yaml", "other/"+LockFile)},
		{join("d", "one.yaml"), join("d/a.yml", "d/b.yaml", "d/c.json", "one.yaml")},
		{join("one.yaml", "d/../one.yaml", "d/b.yaml", "d"), join("one.yaml", "d/b.yaml", "d/a.yml", "d/c.json", LockFile)},
		{join("-"), join("-")},
		{join("-", "one.yaml", "-"), join("-", "one.yaml", LockFile)},
	}
	for _, tt := range tests {
		sources, err := ReadPaths(tt.args, strings.NewReader("standard input"))
		var got []string
		for _, s := range sources {
			got = append(got, s.Name)
			if s.Name == "-" && string(s.Data) != "standard input" {
				t.Errorf("standard input: %q", s.Data)
			}
		}
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%v: %v, %v; want %v", tt.args, got, err, tt.want)
		}
	}
}

func TestReadPathsErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "empty/readme.txt")
	huge := filepath.Join(dir, "huge.yaml")
	f, err := os.Create(huge)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(maxBytes + 1); err != nil {
		t.Fatal(err)
	}
	f.Close()
	for path, want := range map[string]string{
		filepath.Join(dir, "absent.yaml"): "no such file",
		filepath.Join(dir, "empty"):       "no *.yaml, *.yml or *.json",
	} {
		_, err := ReadPaths([]string{path}, nil)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), filepath.Base(path)) {
			t.Errorf("%s: %v", path, err)
		}
	}
	sources, err := ReadPaths([]string{huge}, nil)
	if err != nil || len(sources) != 1 {
		t.Fatalf("%d sources, %v", len(sources), err)
	}
	if _, problems := Load(sources); len(problems) != 1 || problems[0].Code != CodeTooLarge || problems[0].At.File != huge {
		t.Errorf("too large a file: %v", problems)
	}
}
