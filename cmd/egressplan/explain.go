package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"egressplan/planner"
	"egressplan/planner/finding"
)

// explainAll asks for every code.
const explainAll = "all"

// explanation is the JSON answer of explain.
type explanation struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Codes      []planner.Code `json:"codes"`
}

func newExplain(s *session) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain [CODE|all]",
		Short: "Say what a code means, on which fact it stands and what to do",
		Long: `Say what a code means that egressplan prints: of a finding ([label-trust]), of a
problem of the input ([host-bits]), of a state, a verdict, a reason, a pod's
attachment or a barrier. It names the fact behind it with its source and the way
out, and for findings what Policy.reject and Policy.accept make of it.

Without a code, or with all, it lists every code.`,
		Example: `  # Is the risk that recommend names one for us, and can the policy forbid it?
  egressplan explain label-trust
  # What did validate not like about 10.20.0.7/24?
  egressplan explain host-bits
  # Every code there is, in groups
  egressplan explain
  # For programs
  egressplan explain -o json all`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError(cmd, fmt.Errorf("one code at a time; %q are %d", strings.Join(args, " "), len(args)))
			}
			return nil
		},
		ValidArgsFunction: completeCodes,
	}
	output := addOutput(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		codes, all := planner.Codes(), true
		if len(args) == 1 && args[0] != explainAll {
			codes, all = lookUp(args[0]), false
		}
		switch {
		case len(codes) == 0:
			return unknownCode(args[0])
		case output.value == "json":
			return s.writeJSON(explanation{planner.APIVersion, "Explanation", codes})
		case all:
			writeCodes(s.page(), codes)
		default:
			for i := range codes {
				if i > 0 {
					fmt.Fprintln(s.out)
				}
				writeCode(s.page(), &codes[i])
			}
		}
		return nil
	}
	return cmd
}

// lookUp finds a code as people copy it from an output: in its brackets, a state
// with its subject.
func lookUp(word string) []planner.Code {
	word = strings.TrimSuffix(strings.TrimPrefix(word, "["), "]")
	if codes := planner.ExplainCode(word); len(codes) > 0 {
		return codes
	}
	kind, _, named := strings.Cut(word, ":")
	if !named {
		return nil
	}
	return slices.DeleteFunc(planner.ExplainCode(kind), func(c planner.Code) bool { return c.Kind != planner.CodeOfState })
}

func unknownCode(word string) error {
	var known []string
	for _, c := range planner.Codes() {
		known = appendNew(known, c.Code)
	}
	return fmt.Errorf("no code %q%s\n'egressplan explain' lists every code", word, didYouMean(word, known))
}

// scopes say how far a finding reaches.
var scopes = map[finding.Scope]string{
	finding.Estate: "the whole pattern",
	finding.App:    "one app",
	finding.Flow:   "one app towards one destination",
}

// writeCode explains one code.
func writeCode(p *page, c *planner.Code) {
	p.title(fmt.Sprintf("%s is a %s: %s", c.Code, c.Kind, c.Kind.About()))
	p.heading(strings.TrimSpace(c.Meaning + " " + c.Detail))
	fmt.Fprintln(p.w)
	say := func(label, text string) {
		if text != "" {
			p.item(fmt.Sprintf("  %-9s  ", label), text)
		}
	}
	say("way out", c.Fix)
	if c.Kind == planner.CodeOfFinding {
		severity := fmt.Sprintf("%s: it %s", c.Severity, c.Effect)
		if c.Otherwise != "" {
			severity += "; " + c.Otherwise
		}
		say("severity", severity)
		say("scope", fmt.Sprintf("%s: %s", c.Scope, scopes[c.Scope]))
	} else {
		say("effect", c.Effect)
	}
	say("fact", c.Source)
	if c.Reject != "" {
		say("policy", fmt.Sprintf("reject: [%s]  %s", c.Code, c.Reject))
		say("", fmt.Sprintf("accept: [%s]  %s", c.Code, c.Accept))
	}
}

// writeCodes lists codes by kind, one line each.
func writeCodes(p *page, codes []planner.Code) {
	for _, kind := range planner.CodeKinds() {
		list := slices.DeleteFunc(slices.Clone(codes), func(c planner.Code) bool { return c.Kind != kind })
		if kind != planner.CodeKinds()[0] {
			fmt.Fprintln(p.w)
		}
		p.title(fmt.Sprintf("%s%ss: %s", strings.ToUpper(string(kind)[:1]), string(kind)[1:], kind.About()))
		width := 0
		for _, c := range list {
			width = max(width, len(c.Code))
		}
		for _, c := range list {
			mark := fmt.Sprintf("  %-*s  ", width, c.Code)
			if kind == planner.CodeOfFinding {
				mark += fmt.Sprintf("%-7s  ", c.Severity)
			}
			p.item(mark, shorten(c.Meaning, p.width-textWidth(mark)))
		}
	}
	fmt.Fprintln(p.w)
	p.aside("", "egressplan explain CODE says the rest: the way out, the fact, what a policy makes of it")
}

// shorten cuts text at a word so that it stands on one line.
func shorten(text string, width int) string {
	const more = "..."
	if textWidth(text) <= width {
		return text
	}
	line := ""
	for _, word := range words(text) {
		if line != "" && textWidth(line)+1+textWidth(word)+len(more) > width {
			break
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return strings.TrimRight(line, ",;:.") + more
}
