package main

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// indented is how much JSON, in bytes, is still written with indentation: more is
// for programs only, and the indentation would be a third of it.
const indented = 4 << 20

// writeJSON writes v indented, unless it is very long, and with a final newline.
// HTML escaping is off: nothing here is pasted into a page, and "->" should stay
// readable.
func (s *session) writeJSON(v any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return &faultError{fmt.Errorf("encoding the result: %w", err)}
	}
	if buf.Len() <= indented {
		var wide bytes.Buffer
		if err := json.Indent(&wide, buf.Bytes(), "", "  "); err != nil {
			return &faultError{fmt.Errorf("encoding the result: %w", err)}
		}
		buf = wide
	}
	s.out.Write(escapeJSON(buf.Bytes())) // the error stays with the writer and is seen at its flush
	return nil
}
