package inventory

import (
	"strconv"
	"strings"
)

// speller finds what a misspelt word may have meant. Comparing thousands of
// unknown names with thousands of known ones would take longer than all the
// rest, so it stops suggesting after a fixed amount of work.
type speller struct{ spent int }

// spellingBudget is in cells of the distance table.
const spellingBudget = 50_000_000

// suggest answers `did you mean "x"?`, "" where no known word is near.
func (s *speller) suggest(word string, known []string) string {
	return didYouMean(s.nearest(word, known))
}

func didYouMean(word string) string {
	if word == "" {
		return ""
	}
	return "did you mean " + strconv.Quote(word) + "?"
}

// nearest is the known word nearest to the given one, the first of equals; ""
// where none is near. Upper and lower case count as equal.
func (s *speller) nearest(word string, known []string) string {
	if len(word) > 64 {
		return ""
	}
	best, nearest := max(1, len(word)/3)+1, ""
	word = strings.ToLower(word)
	for _, k := range known {
		if s.spent > spellingBudget || len(k) > 64 || abs(len(k)-len(word)) >= best {
			continue
		}
		s.spent += (len(k) + 1) * (len(word) + 1)
		if n := distance(word, strings.ToLower(k)); n < best {
			best, nearest = n, k
		}
	}
	return nearest
}

func abs(n int) int { return max(n, -n) }

// distance counts the insertions, deletions, replacements and swaps of
// neighbours that lead from a to b.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			step := 1
			if a[i-1] == b[j-1] {
				step = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+step)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
