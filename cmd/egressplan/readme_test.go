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

// Every question that the README answers with a command is answered by it.
func TestReadmeQuestions(t *testing.T) {
	root := filepath.Join("..", "..")
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(root)
	asked := 0
	for _, line := range strings.Split(string(readme), "\n") {
		_, command, found := strings.Cut(line, "? | `egressplan ")
		command, _, closed := strings.Cut(command, "` |")
		if !found || !closed {
			continue
		}
		asked++
		var out, errs bytes.Buffer
		if code := run(context.Background(), strings.Fields(command), strings.NewReader(""), &out, &errs); code != 0 || out.Len() == 0 {
			t.Errorf("egressplan %s: exit %d, %d bytes\n%s", command, code, out.Len(), errs.String())
		}
	}
	if asked < 8 {
		t.Errorf("only %d questions", asked)
	}
}
