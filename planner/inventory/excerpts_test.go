package inventory

import (
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"egressplan/planner/finding"
)

// Excerpts finds the lines that splitting the text at its breaks gives, whatever
// the order of the questions.
func TestExcerptsAreTheLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		br := rapid.SampledFrom([]string{"\n", "\r\n", "\r", "\u0085", "\u2028"}).Draw(t, "break")
		words := rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "é: x", "所有者", strings.Repeat("long ", 300)}), 1, 12).Draw(t, "lines")
		sources := []Source{source("a", strings.Join(words, br)), source("b", byteOrderMark+strings.Join(reversed(words), br))}
		e := NewExcerpts(sources)
		for range 20 {
			file := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "file")
			line, column := rapid.IntRange(1, len(words)+1).Draw(t, "line"), rapid.IntRange(1, 1600).Draw(t, "column")
			got, caret := e.At(finding.Pos{File: file, Line: line, Column: column})
			lines := words
			if file == "b" {
				lines = reversed(words)
			}
			if line > len(lines) {
				if got != "" {
					t.Fatalf("line %d of %d: %q", line, len(lines), got)
				}
				continue
			}
			want := []rune(lines[line-1])
			at := min(column-1, len(want))
			from, to := max(0, at-excerptReach), min(len(want), at+excerptReach)
			if got != string(want[from:to]) || got != "" && caret != column-from {
				t.Fatalf("%s:%d:%d: %.40q caret %d, want %.40q caret %d", file, line, column, got, caret, string(want[from:to]), column-from)
			}
		}
	})
}

func reversed(list []string) []string {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}

// A file of one long line with many problems is read once: this would take hours.
func TestExcerptsOfOneLongLine(t *testing.T) {
	data := strings.Repeat("é", 4<<20)
	e := NewExcerpts([]Source{source("a", data)})
	for column := 1; column < 4<<20; column += 100 {
		if line, caret := e.At(finding.Pos{File: "a", Line: 1, Column: column}); line == "" || caret > excerptReach+1 {
			t.Fatalf("column %d: %d", column, caret)
		}
	}
}

// What a file holds is estimated from its signs: never far below what yaml.v3
// makes of it, and for real plans little above.
func TestValueCount(t *testing.T) {
	fill := maxValues/2 + 1 // from this length on it is counted at all
	for name, tt := range map[string]struct {
		text string
		want int // values in one text, roughly
	}{
		"flow pairs":     {"{a,", 2},
		"flow list":      {"a,", 1},
		"dashes":         {"-\n", 1},
		"block keys":     {"a: b\n", 2},
		"nested lists":   {"[", 1},
		"a list of maps": {"- a: b\n", 3},
		"comments":       {"#\n#", 0},
		"blank lines":    {"\n", 0},
		"text":           {"word ", 0},
	} {
		n := fill/len(tt.text) + 1
		got, want := valueCount([]byte(strings.Repeat(tt.text, n))), n*tt.want
		if got < want-1 || got > 3*want+n/2 {
			t.Errorf("%s: %d values, want %d to %d", name, got, want, 3*want)
		}
	}
	const apps = 12_000
	data := estate(apps)
	nodes := 0
	for _, d := range documentsOf(t, data) {
		nodes += countNodes(d)
	}
	if got := valueCount(data); got < nodes || float64(got) > 1.25*float64(nodes) {
		t.Errorf("an estate of %d apps holds %d nodes, and is taken for %d", apps, nodes, got)
	}
	// 100,000 apps of two flows each are to fit one file.
	if n := nodes / apps * 100_000; n > maxValues*8/10 {
		t.Errorf("100,000 apps hold %d values", n)
	}
}

func countNodes(n *yaml.Node) int {
	sum := 1
	for _, c := range n.Content {
		sum += countNodes(c)
	}
	return sum
}

// What is too much is refused before it is parsed.
func TestTooManyValues(t *testing.T) {
	text := "{" + strings.Repeat("a,", maxValues) + "}"
	_, problems := load(map[string]string{"more": text})
	if len(problems) != 1 || problems[0].Code != CodeTooLarge || !strings.Contains(problems[0].Message, "10 million") {
		t.Error(problems)
	}
}

// Where there are more problems than anybody reads, reading ends.
func TestReadingEndsAfterTooManyProblems(t *testing.T) {
	for name, text := range map[string]string{
		"apps":      "apiVersion: egressplan/v1\nkind: AppInventory\nspec:\n  apps:\n" + strings.Repeat("    - {}\n", 3*maxProblems),
		"documents": strings.Repeat("x\n---\n", 3*maxProblems),
	} {
		_, problems := load(map[string]string{"more": text})
		if len(problems) != maxProblems+1 || problems[0].Code != CodeTooMany || !strings.Contains(problems[0].Message, "was not read") {
			t.Errorf("%s: %d problems, the first %+v", name, len(problems), problems[0])
		}
	}
}

func TestExcerpt(t *testing.T) {
	sources := []Source{source("a", "one\n\ttwo é\x07 three\nlast"), source("b", "")}
	tests := []struct {
		at     finding.Pos
		line   string
		column int
	}{
		{finding.Pos{File: "a", Line: 2, Column: 9}, " two é? three", 9},
		{finding.Pos{File: "a", Line: 3, Column: 1}, "last", 1},
		{finding.Pos{File: "a", Line: 4, Column: 1}, "", 0},
		{finding.Pos{File: "c", Line: 1, Column: 1}, "", 0},
		{finding.Pos{}, "", 0},
	}
	for _, tt := range tests {
		if line, column := NewExcerpts(sources).At(tt.at); line != tt.line || line != "" && column != tt.column {
			t.Errorf("%s: %q, %d", tt.at, line, column)
		}
	}
}
