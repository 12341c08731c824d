package main

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// writeJSON writes v indented and with a final newline. HTML escaping is off:
// nothing here is pasted into a page, and "->" should stay readable.
func (s *session) writeJSON(v any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return &faultError{fmt.Errorf("encoding the result: %w", err)}
	}
	s.out.Write(escapeJSON(buf.Bytes())) // the error stays with the writer and is seen at its flush
	return nil
}
