package main

import (
	"fmt"
	"slices"
	"strings"
)

// suggestions is how many words a did-you-mean names at most.
const suggestions = 3

// didYouMean names the known words most like a misspelt one, with a leading
// semicolon; "" where none is like it.
func didYouMean(word string, known []string) string {
	list := alike(word, known)
	for i := range list {
		list[i] = fmt.Sprintf("%q", list[i])
	}
	switch n := len(list); n {
	case 0:
		return ""
	case 1:
		return "; did you mean " + list[0] + "?"
	default:
		return "; did you mean " + strings.Join(list[:n-1], ", ") + " or " + list[n-1] + "?"
	}
}

// alike are the known words within few slips of the given one, or that contain
// it; the most alike first, equals in their order.
func alike(word string, known []string) []string {
	type scored struct {
		word  string
		score int // of 100
	}
	var list []scored
	for _, k := range known {
		if s := likeness(strings.ToLower(word), strings.ToLower(k)); s >= 50 {
			list = append(list, scored{k, s})
		}
	}
	slices.SortStableFunc(list, func(a, b scored) int { return b.score - a.score })
	var words []string
	for _, s := range list[:min(len(list), suggestions)] {
		if s.score*20 >= list[0].score*17 { // not the merely similar beside the nearly equal
			words = append(words, s.word)
		}
	}
	return words
}

// likeness is the share, in percent of the longer word, that needs no change to
// turn one word into the other; a part of a name counts as alike.
func likeness(word, known string) int {
	longer := max(len(word), len(known))
	if longer == 0 || longer > 128 { // nobody types that by hand
		return 0
	}
	share := (longer - slips(word, known)) * 100 / longer
	if len(word) >= 3 && strings.Contains(known, word) {
		share = max(share, 75)
	}
	return share
}

// slips counts the insertions, deletions and replacements that lead from a to b
// (Levenshtein's distance, a row at a time).
func slips(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
