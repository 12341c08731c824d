//go:build unix

package main

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
)

// Only names that no shell reads as anything else are offered.
func TestOfferedNamesAreSafe(t *testing.T) {
	hostile := []string{"$(reboot)", "`reboot`", "a;b", "a b", "a\tb", "a\nb", "-rf", "--app", "*", "a?", "~", "a&b", "a|b", "a>b", "'a'", `"a"`, `a\b`, "{a,b}", "#a", "!a", "\x1b[2J", "ä", "\u202ea", "", "A", "a=b", "%PATH%", "a[0]"}
	safe := []string{"payments/ledger", "zone-lost:us-east-1a", "impostor:payments/ledger", "0", "nat-lost:access-profile/core-db+directory/us-east-1a/nat-gateway"}
	got := offered(append(slices.Clone(hostile), safe...), "")
	if !slices.Equal(got, safe) {
		t.Errorf("offered %q", got)
	}
	if got := offered(slices.Clone(safe), "zone"); !slices.Equal(got, []string{"zone-lost:us-east-1a"}) {
		t.Errorf("offered for zone: %q", got)
	}
}

// A key press waits for nothing: pipes, devices, standard input and what is too
// large are not read.
func TestCompletionDoesNotWait(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe.yaml")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(t.TempDir(), "large.yaml")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, completionBytes+1); err != nil {
		t.Fatal(err)
	}
	s := &session{in: panickingReader{}}
	for _, paths := range [][]string{{pipe}, {dir}, {"-"}, {os.DevNull}, {large}, {filepath.Dir(large)}, {filepath.Join(dir, "nowhere")}} {
		if s.planToComplete(paths) != nil {
			t.Errorf("%v: a plan", paths)
		}
	}
	if s.planToComplete([]string{filepath.Join("..", "..", "fixtures", "plans", "bank")}) == nil {
		t.Error("the bank does not load")
	}
}

// Every flag that names something of the plan completes it, and so does every
// command that comes to have one.
func TestFlagsOfNamesComplete(t *testing.T) {
	s := &session{}
	root := newRoot(s)
	extra := &cobra.Command{Use: "extra PATH...", Run: func(*cobra.Command, []string) {}}
	extra.Flags().String("firewall", "", "")
	root.AddCommand(extra)
	s.complete(root)
	found := 0
	everyCommand(root, func(cmd *cobra.Command) {
		for _, name := range []string{"app", "to", "state", "firewall", "pattern", "output"} {
			if cmd.Flags().Lookup(name) == nil {
				continue
			}
			found++
			if _, ok := cmd.GetFlagCompletionFunc(name); !ok {
				t.Errorf("%s --%s completes nothing", cmd.CommandPath(), name)
			}
		}
	})
	if found < 10 {
		t.Errorf("only %d flags found", found)
	}
	f, ok := extra.GetFlagCompletionFunc("firewall")
	if !ok {
		t.Fatal("no completion of --firewall")
	}
	if got, _ := f(extra, []string{filepath.Join("..", "..", "fixtures", "plans", "bank")}, "dc1-c"); !slices.Equal(got, []string{"dc1-core"}) {
		t.Errorf("firewalls: %q", got)
	}
}
