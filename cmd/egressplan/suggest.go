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

// alike are the known words that share at least half of their letters with the
// given one at their two ends (what one slip of the finger leaves), or contain
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
		if s.score*5 >= list[0].score*4 { // not the merely similar beside the nearly equal
			words = append(words, s.word)
		}
	}
	return words
}

// likeness is the share, in percent of the longer word, that two words have in
// common from the front and from the back; a part of a name counts as alike.
func likeness(word, known string) int {
	longer, shorter := max(len(word), len(known)), min(len(word), len(known))
	if shorter == 0 {
		return 0
	}
	front := 0
	for front < shorter && word[front] == known[front] {
		front++
	}
	back := 0
	for back < shorter-front && word[len(word)-1-back] == known[len(known)-1-back] {
		back++
	}
	share := (front + back) * 100 / longer
	if len(word) >= 3 && strings.Contains(known, word) {
		share = max(share, 75)
	}
	return share
}
