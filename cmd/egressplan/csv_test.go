package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"
)

// What a spreadsheet would run, by the signs that OWASP lists under CSV
// Injection, and what it takes for a number.
func TestCSVCell(t *testing.T) {
	cases := []struct{ in, want string }{
		{"payments/ledger", "payments/ledger"},
		{"=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"},
		{"+1+1", "'+1+1"},
		{"-1+1", "'-1+1"},
		{"@SUM(A1)", "'@SUM(A1)"},
		{"  =1", "'  =1"},
		{"＝1", "'＝1"},
		{"\t=1", `\u{9}=1`},
		{"\r=1", `\u{d}=1`},
		{"-210.24", "-210.24"},
		{"157.5", "157.5"},
		{"-", "'-"},
		{"-1e9", "'-1e9"},
		{"-1,5", "'-1,5"},
		{"", ""},
	}
	for _, c := range cases {
		if got := csvCell(c.in); got != c.want {
			t.Errorf("csvCell(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

// Quotes, commas and line breaks stay inside their cell.
func TestWriteCSVIsRead(t *testing.T) {
	var out bytes.Buffer
	s := &session{out: bufio.NewWriter(&out)}
	record := []string{`a "b", c`, "-1", "x;y"}
	if err := s.writeCSV([][]string{record}); err != nil {
		t.Fatal(err)
	}
	s.out.Flush()
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != 1 || !slices.Equal(rows[0], record) {
		t.Errorf("read back %q, %v", rows, err)
	}
}

func FuzzCSVCell(f *testing.F) {
	for _, s := range []string{"", "=1", " @x", "-1", "\xff=", "\u202e=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := csvCell(s)
		first := strings.TrimLeft(got, " \t\r\n\u00a0")
		if first != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(first)[0]) && !plainNumber.MatchString(got) {
			t.Errorf("%q begins a formula", got)
		}
		if escape(got) != got {
			t.Errorf("%q has what a terminal would run", got)
		}
	})
}
