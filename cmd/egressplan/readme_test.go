package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What the README shows is how its first command begins, at 80 columns.
func TestReadmeShowsWhatIsPrinted(t *testing.T) {
	root := filepath.Join("..", "..")
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(readme), "It begins:\n\n```\n")
	sample, _, closed := strings.Cut(after, "```")
	if !found || !closed {
		t.Fatal("the README shows no beginning of an output")
	}
	t.Setenv("COLUMNS", "80")
	var out, errs bytes.Buffer
	if code := run(context.Background(), []string{"recommend", filepath.Join(root, "fixtures", "plans", "bank")}, strings.NewReader(""), &out, &errs); code != 0 {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	if !strings.HasPrefix(out.String(), sample) {
		t.Errorf("the README shows\n%s\nand the command prints\n%s", sample, out.String()[:len(sample)])
	}
}
