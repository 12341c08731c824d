package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"egressplan/planner/inventory"
	"egressplan/planner/review"
)

func newReview(s *session) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "review PATH...",
		Short: "Write the architecture review, one document",
		Long: `Write one document with what an architecture board asks: the decision and why,
the patterns compared, per pattern the path of a flow as it was walked with the
addresses before and after each translation, the address plan, the bill with its
arithmetic, the rows to file with each firewall, who else could show their
sources, what survives a fault, findings with fixes, assumptions, and what was
not considered. Long tables are cut, and say which command shows the rest.

It goes to standard output, or with --out to a file, which is put in place in
one step. An earlier review there is replaced; an input file, or anything else
that is not a review, never.

The exit code is 1 if no pattern is feasible; the document is written all the
same, and says so first.`,
		Example: `  # The decision, why, and what was not considered: for the board
  egressplan review plan/ > review.md
  # The same, put in place of last month's in one step
  egressplan review --out egress-review.md plan/
  # What if the board prefers another pattern?
  egressplan review --pattern cilium-egress-gateway plan/`,
		Args: somePaths,
	}
	addChoice(cmd, "format", "", "markdown", "what to write", "markdown")
	pattern := addPattern(cmd)
	var out string
	cmd.Flags().StringVar(&out, "out", "", "file to write instead of standard output (-)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if cmd.Flags().Changed("out") && out == "" {
			return usageError(cmd, errors.New("--out names no file"))
		}
		if out == "-" {
			out = ""
		}
		return s.review(cmd, args, review.Options{Pattern: pattern.value, Paths: pasteable(args)}, out)
	}
	return cmd
}

func (s *session) review(cmd *cobra.Command, args []string, o review.Options, out string) error {
	plan, sources, err := s.read(args)
	if err != nil {
		return err
	}
	if out != "" {
		if err := reviewMayGo(out, sources); err != nil {
			return err
		}
	}
	document, feasible, err := review.Markdown(plan, o)
	if err != nil {
		return err
	}
	if out == "" {
		s.out.WriteString(document) // the error stays with the writer and is seen at its flush
	} else {
		if err := replaceFile(out, []byte(document)); err != nil {
			return writingFailed(fmt.Errorf("cannot write %s: %w", out, err))
		}
		fmt.Fprintln(cmd.ErrOrStderr(), "egressplan: wrote "+escape(out))
	}
	if !feasible {
		return errNo
	}
	return nil
}

// reviewMayGo refuses a place where a review would take something away: an input
// file, by whatever name, or what is not a review. It also refuses a name that
// would make the review input of the next run.
func reviewMayGo(out string, sources []inventory.Source) error {
	if slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(filepath.Ext(out))) {
		return fmt.Errorf("--out %s: a review is Markdown, and the next run would read it as input: give it a name that ends in .md", out)
	}
	is, err := os.Stat(out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if dir, err := os.Stat(filepath.Dir(out)); err != nil || !dir.IsDir() {
			return fmt.Errorf("--out %s: there is no directory %s", out, filepath.Dir(out))
		}
		return nil
	case err != nil:
		return fmt.Errorf("--out: %w", err)
	case is.IsDir():
		return fmt.Errorf("--out %s: it is a directory: name a file in it", out)
	case !is.Mode().IsRegular():
		return fmt.Errorf("--out %s: it is not a regular file", out)
	}
	for _, source := range sources {
		if in, err := os.Stat(source.Name); err == nil && os.SameFile(in, is) {
			return fmt.Errorf("--out %s: that is an input file (%s): name another file", out, source.Name)
		}
	}
	return onlyReview(out)
}

// onlyReview refuses to replace a file that is neither empty nor an earlier
// review.
func onlyReview(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	defer f.Close()
	head := make([]byte, len(review.TitlePrefix))
	n, _ := f.Read(head)
	if n > 0 && !bytes.Equal(head[:n], []byte(review.TitlePrefix)) {
		return fmt.Errorf("--out %s: it exists and is not a review: name another file, or remove it", path)
	}
	return nil
}

// pasteable are the arguments as a shell takes them, "PATH..." where they are not
// plain words.
func pasteable(paths []string) string {
	if slices.ContainsFunc(paths, func(s string) bool { return !plainWord.MatchString(s) }) {
		return "PATH..."
	}
	return strings.Join(paths, " ")
}
