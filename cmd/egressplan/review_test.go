package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"egressplan/planner/inventory"
	"egressplan/planner/review"
)

// A place that cannot be written is the user's to mend, a full disk is not.
func TestReviewThatCannotBeWritten(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{{fs.ErrPermission, exitInput}, {syscall.ENOSPC, exitFault}, {syscall.EIO, exitFault}} {
		if got := exitCode(writingFailed(&fs.PathError{Op: "write", Path: "x.md", Err: c.err})); got != c.want {
			t.Errorf("%v: exit code %d, want %d", c.err, got, c.want)
		}
	}
}

// An input file is one by whatever name: another path, a link to it, a second
// name of the same file. What only looks like a review, because it begins like
// one, is refused when it is input.
func TestReviewNeverGoesOverItsInput(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, text := range map[string]string{"plan.txt": review.TitlePrefix + "x\n", "old.md": review.TitlePrefix + "x\n", "short.md": "# Arch", "empty.md": ""} {
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Symlink(at("plan.txt"), at("link.md")), os.Link(at("plan.txt"), at("hard.md")), os.Symlink(at("nothing"), at("dangling.md"))); err != nil {
		t.Fatal(err)
	}
	sources := []inventory.Source{{Name: at("plan.txt")}, {Name: "standard input"}}
	for name, fine := range map[string]bool{
		"plan.txt": false, "link.md": false, "hard.md": false, "./../" + filepath.Base(dir) + "/plan.txt": false, "short.md": false,
		"old.md": true, "empty.md": true, "new.md": true, "dangling.md": true, "x.YAML": false, "x.json": false, "x.yml": false,
	} {
		if err := reviewMayGo(dir+"/"+name, sources); (err == nil) != fine {
			t.Errorf("%s: %v", name, err)
		}
	}
}
