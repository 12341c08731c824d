package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// example is one command line of a help text.
type example struct {
	line string
	exit int // what the comment above it says, else 0
}

var (
	exampleCommand = regexp.MustCompile(`egressplan( [^|>)]*)?`)
	exampleExit    = regexp.MustCompile(`exit code (\d)`)
)

// examplesOf are the command lines of a help text, without what comes behind a
// pipe or a redirection, and how many lines say what they are for.
func examplesOf(text string) (list []example, comments int) {
	exit := 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if said, ok := strings.CutPrefix(line, "# "); ok {
			comments++
			exit = 0
			if m := exampleExit.FindStringSubmatch(said); m != nil {
				exit, _ = strconv.Atoi(m[1])
			}
			continue
		}
		if command := exampleCommand.FindString(line); command != "" {
			list = append(list, example{line, exit})
		}
	}
	return list, comments
}

// everyCommand walks the command tree.
func everyCommand(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, sub := range cmd.Commands() {
		everyCommand(sub, visit)
	}
}

// Every command's help has examples that say what they are for, and each does
// what it says on a plan called plan/, the bank's: exit code 0, or the one that
// the comment above it names.
func TestExamplesOfHelp(t *testing.T) {
	ran := 0
	root := newRoot(&session{})
	root.InitDefaultHelpCmd() // added when a command line is executed
	everyCommand(root, func(cmd *cobra.Command) {
		if cmd.Hidden || !cmd.IsAvailableCommand() {
			return
		}
		t.Run(strings.ReplaceAll(cmd.CommandPath(), " ", "/"), func(t *testing.T) {
			list, comments := examplesOf(cmd.Example)
			if len(list) == 0 || comments == 0 {
				t.Fatalf("the help of %q shows no example, or does not say what it is for", cmd.CommandPath())
			}
			dir := t.TempDir()
			if err := os.CopyFS(filepath.Join(dir, "plan"), os.DirFS(filepath.Join("..", "..", "fixtures", "plans", "bank"))); err != nil {
				t.Fatal(err)
			}
			for _, e := range list {
				if strings.HasPrefix(e.line, "sudo ") || strings.Contains(e.line, "<TAB>") {
					continue // with the powers of root, and for the keyboard
				}
				ran++
				runExample(t, dir, e)
			}
		})
	})
	if ran < 20 {
		t.Errorf("only %d examples were run", ran)
	}
}

func runExample(t *testing.T, dir string, e example) {
	t.Helper()
	shell := exec.Command("sh", "-c", exampleCommand.FindString(e.line))
	shell.Dir = dir
	var stdout, stderr strings.Builder
	shell.Stdout, shell.Stderr = &stdout, &stderr
	_ = shell.Run() // the exit code says it
	if got := shell.ProcessState.ExitCode(); got != e.exit || stdout.Len()+stderr.Len() == 0 {
		t.Errorf("%s: exit code %d, want %d; %d bytes of output; %s", e.line, got, e.exit, stdout.Len(), stderr.String())
	}
}

// The reader of examples finds the command in whatever stands around it.
func TestExamplesOf(t *testing.T) {
	list, comments := examplesOf(`  # What for?
  source <(egressplan completion bash)
  # It does not fit: exit code 1
  egressplan cidr plan/ | less
  # Again
  sudo egressplan simulate --prove plan/ > out.md`)
	want := []example{{"source <(egressplan completion bash)", 0}, {"egressplan cidr plan/ | less", 1}, {"sudo egressplan simulate --prove plan/ > out.md", 0}}
	if comments != 3 || len(list) != len(want) {
		t.Fatalf("%d comments, %v", comments, list)
	}
	for i := range want {
		if list[i] != want[i] {
			t.Errorf("got %v, want %v", list[i], want[i])
		}
	}
	for line, command := range map[string]string{want[0].line: "egressplan completion bash", want[1].line: "egressplan cidr plan/ "} {
		if got := exampleCommand.FindString(line); got != command {
			t.Errorf("%q: got %q", line, got)
		}
	}
}
