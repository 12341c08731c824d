package main

import (
	"github.com/spf13/cobra"

	"egressplan/planner/inventory"
)

func newSchema(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the input, for editors",
		Long: `Print the JSON Schema (draft 2020-12) of the input documents. An editor that
knows it completes keys, explains them and underlines what is wrong while you
type. Write it to a hidden file beside the plan (egressplan takes every other
*.json there for input), and name it in the first line of each file:

  # yaml-language-server: $schema=.egressplan.schema.json

VS Code with the YAML extension, Neovim, Helix and whatever else speaks to
yaml-language-server follow that line; JetBrains IDEs take the file under JSON
Schema Mappings.

What the schema refuses, egressplan refuses. The reverse holds for most single
values only: that names are defined, that blocks lie where they must and overlap
nothing, and that one number is above another, 'egressplan validate' knows.`,
		Example: `  # What may stand where? Beside the plan, for the editor
  egressplan schema > plan/.egressplan.schema.json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := s.out.Write(inventory.Schema())
			return err
		},
	}
}
