package main

import (
	"github.com/spf13/cobra"

	"egressplan/planner"
)

func newRecommend(s *session) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "recommend PATH...",
		Short: "Compare the four patterns and recommend one",
		Long: `Compare the four patterns and recommend one: what it costs, why the others are
not it, what firewalls will see, what to watch out for and what was assumed.

The exit code is 1 if no pattern is feasible.`,
		Example: `  # Which pattern, what it costs, why not the others?
  egressplan recommend plan/
  # For programs: every candidate with its addresses, sources and allow-list
  egressplan recommend -o json --detail all plan/`,
		Args: somePaths,
	}
	output := addOutput(cmd)
	detail := addChoice(cmd, "detail", "", "brief", "how much the JSON carries of candidates that are not recommended", "all", "brief")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		plan, err := s.load(args)
		if err != nil {
			return err
		}
		rec := planner.Recommend(plan)
		if output.value == "json" {
			err = s.writeJSON(rec.Detail(detail.value == "all"))
		} else {
			err = writeRecommendation(s.page(), rec.Detail(false), args)
		}
		if err == nil && rec.Candidate == nil {
			err = errNo
		}
		return err
	}
	return cmd
}
