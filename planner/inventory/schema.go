package inventory

import (
	"bytes"
	_ "embed"
)

// schema is made from docs/input.md and the decoder's own tables; a test holds
// the three together and makes it anew with -update.
//
//go:embed schema.json
var schema []byte

// Schema is the JSON Schema (draft 2020-12) of one input document of any kind,
// for editors. What it refuses, Load refuses; Load alone knows what spans values:
// names that are not defined, blocks that overlap, ranges that end before they
// begin.
func Schema() []byte { return bytes.Clone(schema) }
