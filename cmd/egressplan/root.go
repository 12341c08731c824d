package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"egressplan/planner/inventory"
)

// session is what a command needs from the outside: where to read and write,
// and how the output is looked at.
type session struct {
	in    io.Reader
	out   *bufio.Writer
	width int  // columns
	bold  bool // the output is a terminal that may be given bold text
}

// page starts a page of text on standard output.
func (s *session) page() *page { return &page{w: s.out, width: s.width, bold: s.bold} }

// newRoot builds a fresh command tree; it keeps no state between runs.
func newRoot(s *session) *cobra.Command {
	root := &cobra.Command{
		Use:   "egressplan",
		Short: "Plan how EKS workloads reach on-premises networks",
		Long: `egressplan compares four ways out of an EKS cluster to on-premises networks and
recommends one: dedicated node subnets, private NAT gateways, Cilium egress
gateways, Istio egress gateways. It works offline, from files.

PATH is a file, a directory (its *.yaml, *.yml and *.json) or - for standard
input.

Exit codes: 0 done; 1 done, and the answer is no (no pattern feasible, no room,
a flow that does not get through); 2 bad usage or bad input; 3 a fault of
egressplan, or a full disk. An interrupt (Ctrl-C) ends it as it does any command,
130 in a shell; a reader that closes the pipe changes nothing.`,
		Example: `  # A small plan to start from, and the answer it gets
  egressplan init my-plan
  egressplan recommend my-plan`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError(cmd, err)
	})
	root.SetHelpCommand(newHelp(root))
	root.AddCommand(newRecommend(s), newValidate(s), newSimulate(s), newCIDR(s), newAllowList(s), newWhois(s), newCost(s), newPrices(s), newReview(s))
	root.AddCommand(newInit(), newExplain(s), newSchema(s), newVersion(s))
	addCompletion(root)
	s.complete(root)
	return root
}

// newHelp is cobra's help command, except that asking for help on what does not
// exist is bad usage.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Explain a command",
		Example: `  # What simulate follows, and every state it knows
  egressplan help simulate`,
		ValidArgsFunction: func(_ *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var list []cobra.Completion
			for _, c := range root.Commands() {
				if len(args) == 0 && c.IsAvailableCommand() && strings.HasPrefix(c.Name(), word) {
					list = append(list, cobra.CompletionWithDesc(c.Name(), c.Short))
				}
			}
			return list, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			target, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return usageError(root, fmt.Errorf("no command %q", strings.Join(args, " ")))
			}
			return target.Help()
		},
	}
}

// usageError adds the way out to what is wrong with a command line.
func usageError(cmd *cobra.Command, err error) error {
	return fmt.Errorf("%w\nSee '%s --help'", err, cmd.CommandPath())
}

// somePaths refuses a command line that names no input.
func somePaths(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usageError(cmd, errors.New("no input: name a file, a directory, or - for standard input"))
	}
	return nil
}

// load reads and validates the input; a *inputError carries all its problems.
func (s *session) load(paths []string) (*inventory.Plan, error) {
	plan, _, err := s.read(paths)
	return plan, err
}

// read is load for who needs the files as well.
func (s *session) read(paths []string) (*inventory.Plan, []inventory.Source, error) {
	sources, err := inventory.ReadPaths(paths, s.in)
	if err != nil {
		return nil, nil, err
	}
	plan, problems := inventory.Load(sources)
	if len(problems) > 0 {
		return nil, nil, &inputError{problems: problems, sources: sources}
	}
	return plan, sources, nil
}

// choice is a flag that takes one of a few words. An empty value means the flag
// was not given.
type choice struct {
	value string
	of    []string
}

func (c *choice) String() string { return c.value }
func (c *choice) Type() string   { return "string" }

// Set refuses what is not on offer; cobra adds the flag's name.
func (c *choice) Set(value string) error {
	for _, o := range c.of {
		if o == value {
			c.value = value
			return nil
		}
	}
	return fmt.Errorf("must be one of %s%s", strings.Join(c.of, ", "), didYouMean(value, c.of))
}

// addChoice declares a flag of a few words, with shell completion.
func addChoice(cmd *cobra.Command, name, short, value, usage string, of ...string) *choice {
	c := &choice{value: value, of: of}
	cmd.Flags().VarP(c, name, short, usage+": "+strings.Join(of, " | "))
	if err := cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(of, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag was declared one line above
	}
	return c
}

func addOutput(cmd *cobra.Command) *choice {
	return addChoice(cmd, "output", "o", "table", "output format", "table", "json")
}

func addPattern(cmd *cobra.Command) *choice {
	return addChoice(cmd, "pattern", "", "", "pattern to show instead of the recommended one", inventory.PatternIDs...)
}
