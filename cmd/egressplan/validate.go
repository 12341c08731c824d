package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"egressplan/planner"
	"egressplan/planner/inventory"
)

// validation is the JSON answer of validate.
type validation struct {
	APIVersion string        `json:"apiVersion"`
	Kind       string        `json:"kind"`
	Valid      bool          `json:"valid"`
	Problems   []problemView `json:"problems"`
}

// problemView is one problem; At and Earlier are file:line:column.
type problemView struct {
	At      string `json:"at"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
	Earlier string `json:"earlier,omitempty"`
}

func newValidate(s *session) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "validate PATH...",
		Short: "Report everything wrong with the input",
		Long: `Report everything wrong with the input as file:line:column, with the source
line and the way out. The exit code is 2 if there is anything.

Problems go to standard error, as with every other command; -o json writes them
to standard output.`,
		Example: `  # Is the input right, and was every file read?
  egressplan validate plan/
  # The same file by file, for a program
  egressplan validate -o json plan/environment.yaml plan/apps.yaml plan/firewalls.yaml plan/policy.yaml`,
		Args: somePaths,
	}
	output := addOutput(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		plan, err := s.load(args)
		if output.value == "json" {
			return s.validateJSON(err)
		}
		if err != nil {
			return err
		}
		fmt.Fprintln(s.out, contents(plan))
		return nil
	}
	return cmd
}

// contents says what was understood, so that a file left out is noticed.
func contents(p *inventory.Plan) string {
	return fmt.Sprintf("No problems: %s, %s, %s, %s.", count(len(p.Environment.Zones), "zone"),
		count(len(p.Apps), "app"), count(len(p.Destinations), "destination"), count(len(p.Firewalls), "firewall"))
}

// validateJSON writes the problems of a failed load; other failures stay errors.
func (s *session) validateJSON(err error) error {
	view := validation{APIVersion: planner.APIVersion, Kind: "Validation", Valid: err == nil, Problems: []problemView{}}
	var input *inputError
	if err != nil && !errors.As(err, &input) {
		return err
	}
	if input != nil {
		for _, p := range input.problems {
			view.Problems = append(view.Problems, problemView{p.At.String(), p.Code, p.Message, p.Fix, p.Earlier.String()})
		}
	}
	if werr := s.writeJSON(view); werr != nil {
		return werr
	}
	if input != nil {
		return errReported
	}
	return nil
}
