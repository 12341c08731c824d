package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"

	"egressplan/planner"
)

// streamJSON writes a planner.Simulation path by path, so that a large estate
// does not have to fit into memory. Notes are complete only after the last
// path, so they come last.
func (s *session) streamJSON(a *simulation, f *planner.Following) error {
	w := &jsonStream{s: s}
	w.text("{\n")
	w.field("apiVersion", f.APIVersion)
	w.field("kind", f.Kind)
	w.field("environment", f.Environment)
	w.field("pattern", f.Pattern)
	w.field("exceptions", f.Exceptions)
	w.paths(a, f.Each())
	w.text(",\n  \"notes\": ")
	w.value(f.Notes, "  ")
	w.text("\n}\n")
	return w.err
}

// jsonStream writes JSON piece by piece, formatted as writeJSON formats it whole.
// Its first error stops it; write errors stay with the session's writer.
type jsonStream struct {
	s   *session
	err error
}

func (w *jsonStream) text(s string) {
	if w.err == nil {
		w.s.out.WriteString(s)
	}
}

// value writes v; prefix is the indent of the line it stands on.
func (w *jsonStream) value(v any, prefix string) {
	if w.err != nil {
		return
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent(prefix, "  ")
	if err := enc.Encode(v); err != nil {
		w.err = &faultError{fmt.Errorf("encoding the result: %w", err)}
		return
	}
	w.s.out.Write(escapeJSON(bytes.TrimSuffix(buf.Bytes(), []byte("\n"))))
}

// field writes a member of the outermost object that another one follows.
func (w *jsonStream) field(name string, v any) {
	w.text("  \"" + name + "\": ")
	w.value(v, "  ")
	w.text(",\n")
}

func (w *jsonStream) paths(a *simulation, paths iter.Seq[planner.Path]) {
	w.text("  \"paths\": [")
	before, after := "\n    ", "]"
	for p := range paths {
		a.tally(&p)
		w.text(before)
		w.value(p, "    ")
		before, after = ",\n    ", "\n  ]"
		if w.err != nil {
			return
		}
	}
	w.text(after)
}
