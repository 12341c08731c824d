package main

import (
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"egressplan/planner"
	"egressplan/planner/inventory"
)

// completionBytes is how much input is read for a completion: who presses a key
// does not wait for a plan of a hundred thousand apps.
const completionBytes = 4 << 20

// shellSafe is a word that means nothing but itself to any shell, and is no flag:
// names of the input and what is made of them. Whatever else there is is not
// offered.
var shellSafe = regexp.MustCompile(`^[a-z0-9][a-z0-9:/+-]*$`)

// completeNames are the completions of one kind of name in the plan that the
// command line names.
func (s *session) completeNames(names func(*inventory.Plan) []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		plan := s.planToComplete(args)
		if plan == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return offered(names(plan), word), cobra.ShellCompDirectiveNoFileComp
	}
}

// offered are the names that begin like the word and are safe to type.
func offered(names []string, word string) []cobra.Completion {
	return slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, word) || !shellSafe.MatchString(n) })
}

// planToComplete is the plan at the paths on the command line before the cursor,
// or where there are none the one in the current directory; nil where there is no
// plan that loads. It says nothing: whoever presses a key asked no question.
func (s *session) planToComplete(paths []string) *inventory.Plan {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	room := int64(completionBytes)
	for _, p := range paths {
		if room -= sizeOf(p); room < 0 {
			return nil
		}
	}
	plan, err := s.load(paths)
	if err != nil {
		return nil
	}
	return plan
}

// sizeOf is how much would be read of a path; of what is neither a file nor a
// directory, too much: standard input and pipes may wait for ever.
func sizeOf(path string) int64 {
	const tooMuch = completionBytes + 1
	info, err := os.Stat(path)
	if err != nil || path == "-" {
		return tooMuch
	}
	if !info.IsDir() {
		if !info.Mode().IsRegular() {
			return tooMuch
		}
		return info.Size()
	}
	files, err := inventory.Documents(path)
	if err != nil {
		return tooMuch
	}
	size := int64(0)
	for _, f := range files {
		size += sizeOf(f)
	}
	return size
}

// documentEndings are those of documents.
var documentEndings = []string{"yaml", "yml", "json"}

func appNames(plan *inventory.Plan) []string {
	var names []string
	for i := range plan.Apps {
		names = append(names, plan.Apps[i].Key)
	}
	return names
}

func destinationNames(plan *inventory.Plan) []string {
	var names []string
	for i := range plan.Destinations {
		names = append(names, plan.Destinations[i].Name.V)
	}
	return names
}

func firewallNames(plan *inventory.Plan) []string {
	var names []string
	for i := range plan.Firewalls {
		names = append(names, plan.Firewalls[i].Name.V)
	}
	return names
}

// stateNames are the states of the pattern that the command line asks for.
func stateNames(cmd *cobra.Command, plan *inventory.Plan) []string {
	pattern := ""
	if f := cmd.Flag("pattern"); f != nil {
		pattern = f.Value.String()
	}
	var names []string
	for _, s := range planner.States(plan, pattern) {
		names = append(names, s.String())
	}
	return names
}

// completeStates offers the kinds of states, each with its meaning, and once a
// word is begun the states of the plan as well.
func (s *session) completeStates(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var list []cobra.Completion
	for _, k := range planner.StateKinds() {
		if strings.HasPrefix(k.Kind, word) {
			list = append(list, cobra.CompletionWithDesc(k.Kind, k.Meaning))
		}
	}
	if word == "" {
		return list, cobra.ShellCompDirectiveNoFileComp
	}
	named, directive := s.completeNames(func(plan *inventory.Plan) []string { return stateNames(cmd, plan) })(cmd, args, word)
	for _, n := range named {
		if strings.Contains(n, ":") { // the others are kinds
			list = append(list, n)
		}
	}
	return list, directive
}

// completeFirewalls offers the firewalls of the plan.
func (s *session) completeFirewalls(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return s.completeNames(firewallNames)(cmd, args, word)
}

// completeCodes offers the codes that explain knows, each with its kind.
func completeCodes(_ *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var list []cobra.Completion
	for _, c := range planner.Codes() {
		if strings.HasPrefix(c.Code, word) {
			list = append(list, cobra.CompletionWithDesc(c.Code, string(c.Kind)))
		}
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}

// completePaths offers what can be input: documents and directories.
func completePaths(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return documentEndings, cobra.ShellCompDirectiveFilterFileExt
}

// completeWhois offers apps for the first argument. Shells pass on only what
// stands before the cursor, so that they are those of the current directory.
func (s *session) completeWhois(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return completePaths(cmd, args, word)
	}
	list, directive := s.completeNames(appNames)(cmd, args, word)
	return append(list, offered([]string{planner.WhoisAll}, word)...), directive
}

// complete gives every command of the tree the completions that its flags and
// arguments call for by their names, where it has none of its own.
func (s *session) complete(root *cobra.Command) {
	flags := map[string]cobra.CompletionFunc{
		"app":      s.completeNames(appNames),
		"to":       s.completeNames(destinationNames),
		"state":    s.completeStates,
		"firewall": s.completeFirewalls,
	}
	for _, cmd := range root.Commands() {
		s.complete(cmd)
		for name, f := range flags {
			if _, there := cmd.GetFlagCompletionFunc(name); there || cmd.Flags().Lookup(name) == nil {
				continue
			}
			if err := cmd.RegisterFlagCompletionFunc(name, f); err != nil {
				panic(err) // the flag was looked up above
			}
		}
		switch {
		case cmd.ValidArgsFunction != nil || cmd.ValidArgs != nil || cmd.HasSubCommands():
		case strings.Contains(cmd.Use, "PATH"):
			cmd.ValidArgsFunction = completePaths
		case !strings.Contains(cmd.Use, " "): // no arguments
			cmd.ValidArgsFunction = cobra.NoFileCompletions
		}
	}
}

// addCompletion adds cobra's completion command, with help of its own: what is
// completed, and examples.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	cmd, _, err := root.Find([]string{"completion"})
	if err != nil {
		panic(err) // it was added one line above
	}
	const completes = `commands, flags, patterns, formats and codes; and from the plan that stands before
the cursor, or else in the current directory, apps, destinations, firewalls and
states.`
	cmd.Short = "Let a shell complete what you type"
	cmd.Long = "Write a script that lets a shell complete " + completes
	cmd.Example = `  # Complete in this shell (bash)
  source <(egressplan completion bash)
  # What that gives: the apps of the plan
  egressplan simulate plan/ --app <TAB>`
	for _, shell := range cmd.Commands() {
		shell.Short = "Write the script for " + shell.Name()
		shell.Long = "Write a script that lets " + shell.Name() + " complete " + completes
		shell.Example = shellExamples[shell.Name()]
	}
}

// shellExamples say how each shell takes its script.
var shellExamples = map[string]string{
	"bash": `  # In this shell; bash needs its package bash-completion
  source <(egressplan completion bash)
  # In every new one
  egressplan completion bash > ~/.local/share/bash-completion/completions/egressplan`,
	"zsh": `  # In this shell; zsh needs "autoload -U compinit; compinit" once
  source <(egressplan completion zsh)
  # In every new one
  egressplan completion zsh > "${fpath[1]}/_egressplan"`,
	"fish": `  # In this shell
  egressplan completion fish | source
  # In every new one
  egressplan completion fish > ~/.config/fish/completions/egressplan.fish`,
	"powershell": `  # In this shell
  egressplan completion powershell | Out-String | Invoke-Expression
  # In every new one
  egressplan completion powershell >> $PROFILE`,
}
