package diag

import (
	"strings"
	"unicode/utf8"
)

// Nearest returns the candidate that name was most likely meant to be, or "".
// Closeness is the optimal string alignment distance (Damerau-Levenshtein with
// adjacent swaps only) on lower-cased runes; a candidate counts when at most a
// third of the longer word differs. Ties go to the earlier candidate, so pass a
// sorted list.
func Nearest(name string, candidates []string) string {
	a := []rune(strings.ToLower(name))
	best, bestD := "", 1<<30
	for _, c := range candidates {
		n := utf8.RuneCountInString(c)
		limit := max(len(a), n) / 3
		if limit == 0 && max(len(a), n) > 1 {
			limit = 1
		}
		if diff := n - len(a); diff > limit || -diff > limit {
			continue
		}
		if d := distance(a, []rune(strings.ToLower(c)), min(limit, bestD-1)); d <= limit && d < bestD {
			best, bestD = c, d
		}
	}
	return best
}

// distance returns the edit distance of a and b, or limit+1 when it is more.
func distance(a, b []rune, limit int) int {
	if limit < 0 {
		return limit + 1
	}
	prev2 := make([]int, len(b)+1)
	prev := make([]int, len(b)+1)
	cur := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		low := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, prev2[j-2]+1)
			}
			cur[j] = d
			low = min(low, d)
		}
		if low > limit {
			return limit + 1
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
