package check

import (
	_ "embed"
	"strings"
)

// rulesText is what is known of each rule, for people.
//
//go:embed RULES.md
var rulesText string

// Explanation is what RULES.md says of a rule.
type Explanation struct{ Rule, Text string }

// Explanations are those of the rules of the program, those that kinds bring not among them,
// in the order of RULES.md.
func Explanations() (out []Explanation) {
	for _, part := range strings.Split(rulesText, "\n### ")[1:] {
		id, text, _ := strings.Cut(part, "\n")
		text, _, _ = strings.Cut(text, "\n## ")
		out = append(out, Explanation{strings.TrimSpace(id), strings.TrimSpace(text)})
	}
	return out
}
