package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"egressplan/planner"
)

// stateFlag is a state of the network: a kind, or kind:subject.
type stateFlag struct{ value string }

func (f *stateFlag) String() string { return f.value }
func (f *stateFlag) Type() string   { return "state" }

// Set refuses what is no state; cobra adds the flag's name.
func (f *stateFlag) Set(value string) error {
	if _, err := planner.ParseState(value); err != nil {
		return fmt.Errorf("%w%s", err, likeState(value))
	}
	f.value = value
	return nil
}

// likeState names the kinds that a misspelt one looks like.
func likeState(value string) string {
	kind, _, _ := strings.Cut(value, ":")
	var kinds []string
	for _, k := range planner.StateKinds() {
		if k.Kind == kind { // the kind is right, the rest is not
			return ""
		}
		kinds = append(kinds, k.Kind)
	}
	return didYouMean(kind, kinds)
}

// addState declares --state.
func addState(cmd *cobra.Command) *stateFlag {
	f := &stateFlag{healthy}
	cmd.Flags().Var(f, "state", "state of the network: a kind for all its subjects, or kind:subject")
	return f
}

// statesHelp lists every kind of state with what may follow its colon and what
// it means.
func statesHelp(width int) string {
	const column = 22
	var subjects []string
	for _, k := range planner.StateKinds() {
		if k.Subject != "" && !k.Misuse {
			subjects = appendNew(subjects, k.Subject)
		}
	}
	var b strings.Builder
	section := ""
	for _, k := range planner.StateKinds() {
		title := "faults; a subject is a " + strings.Join(subjects, ", ")
		switch {
		case k.Subject == "":
			title = ""
		case k.Misuse:
			title = "misuses; a subject is an app"
		}
		if title != section {
			b.WriteString("\n  " + title + "\n")
			section = title
		}
		for i, line := range wrap(k.Meaning, width-column-4) {
			name := ""
			if i == 0 {
				name = k.Kind
			}
			b.WriteString("    " + name + strings.Repeat(" ", column-len(name)) + line + "\n")
		}
	}
	return b.String()
}
