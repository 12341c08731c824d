package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"regexp"
	"strings"
)

// writeCSV writes records as RFC 4180 has them, every cell by csvCell.
func (s *session) writeCSV(records [][]string) error {
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	w.UseCRLF = true // RFC 4180, section 2.1
	for _, r := range records {
		cells := make([]string, len(r))
		for i, c := range r {
			cells[i] = csvCell(c)
		}
		if err := w.Write(cells); err != nil {
			return &faultError{fmt.Errorf("encoding a record: %w", err)}
		}
	}
	w.Flush()
	s.out.Write(buf.Bytes()) // the error stays with the writer and is seen at its flush
	return nil
}

// plainNumber is what a spreadsheet takes for a number and nothing else.
var plainNumber = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// csvCell escapes a cell, and puts an apostrophe before what a spreadsheet would
// take for a formula: =, +, - or @ at the start, in their full-width forms too
// (OWASP, CSV Injection). Tabs and line breaks are spelled out before that. A
// plain number stays one, also below zero.
func csvCell(text string) string {
	text = escape(text)
	if plainNumber.MatchString(text) {
		return text
	}
	if first := []rune(strings.TrimLeft(text, " ")); len(first) > 0 && strings.ContainsRune("=+-@＝＋－＠", first[0]) {
		return "'" + text
	}
	return text
}
