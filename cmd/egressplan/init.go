package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"egressplan/fixtures"
	"egressplan/planner/inventory"
)

// starterFile is what init calls the plan it writes.
const starterFile = "plan.yaml"

func newInit() *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a small plan to start from",
		Long: `Write a small plan to start from, ` + starterFile + `, into a directory: the current one
unless DIR says otherwise; it is made if it is not there. Each line of the plan is
explained, and recommend has an answer for it as it stands.

Nothing is overwritten: the exit code is 2 if the directory holds documents
already, since everything in it would be read as one plan.`,
		Example: `  # A plan in a directory of its own; then change what is not so with you
  egressplan init my-plan
  # It has an answer as it stands
  egressplan recommend my-plan`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError(cmd, errors.New("one directory at a time"))
			}
			return nil
		},
		ValidArgsFunction: completeDirectory,
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			path, err := writeStarter(dir)
			if err != nil {
				return err
			}
			writeFirstSteps(&page{w: cmd.ErrOrStderr(), width: outputWidth(cmd.ErrOrStderr())}, path, dir)
			return nil
		},
	}
}

// completeDirectory offers directories for the first argument.
func completeDirectory(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// writeFirstSteps says what came out and how to go on.
func writeFirstSteps(p *page, path, dir string) {
	p.para("Wrote " + path + ". Change what is not so with you, then:")
	word := dir
	if !plainWord.MatchString(dir) {
		word = "DIR"
	}
	steps := []struct{ command, what string }{
		{"validate", "every problem of what you wrote, with its place"},
		{"recommend", "which pattern, what it costs, why not the others"},
		{"simulate", "how each packet travels, and as whom it arrives"},
	}
	width := len("recommend") + len(word)
	for _, s := range steps {
		p.item(fmt.Sprintf("  egressplan %-*s  ", width+1, s.command+" "+word), s.what)
	}
}

// writeStarter puts the starter plan into a directory, all of it or nothing, and
// returns its path. What it made on the way to a failure it removes.
func writeStarter(dir string) (path string, err error) {
	path = filepath.Join(dir, starterFile)
	made, err := makeDirectory(dir)
	if err != nil {
		return "", writingFailed(fmt.Errorf("cannot make the directory of the plan: %w", err))
	}
	defer func() {
		if err != nil {
			for _, d := range made { // the innermost first; only what is still empty
				os.Remove(d)
			}
		}
	}()
	switch held, err := inventory.Documents(dir); {
	case err != nil:
		return "", fmt.Errorf("cannot write %s: %w", path, err)
	case len(held) > 0:
		return "", fmt.Errorf("%s is there already: nothing is overwritten, and a directory is one plan; name another directory", held[0])
	}
	if err := createFile(path, fixtures.StarterPlan()); err != nil {
		if errors.Is(err, fs.ErrExist) { // since a moment ago
			return "", fmt.Errorf("%s is there already: nothing is overwritten; name another directory", path)
		}
		return "", writingFailed(fmt.Errorf("cannot write %s: %w", path, err))
	}
	return path, nil
}

// makeDirectory makes a directory and what is missing above it, and returns what
// it made, the innermost first.
func makeDirectory(dir string) (made []string, err error) {
	for d := filepath.Clean(dir); ; d = filepath.Dir(d) {
		if _, err := os.Lstat(d); !errors.Is(err, fs.ErrNotExist) || d == filepath.Dir(d) {
			break
		}
		made = append(made, d)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		for _, d := range made {
			os.Remove(d)
		}
		return nil, err
	}
	return made, nil
}

// createFile writes a file that must not be there, all of it or nothing: a
// temporary file in the same folder, synced, gets the name by a link, which
// unlike a rename replaces nothing. An interrupt waits until it is done.
func createFile(path string, content []byte) error {
	return uninterrupted(func() error { return linkTo(path, content) })
}

func linkTo(path string, content []byte) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := fill(f, content, 0o644); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	syncDir(dir)
	return nil
}
