// Package check looks at a linked Book and says what is wrong with it beyond
// what linking found. Each rule has a file of its own; All lists them in the
// order in which they run, and RULES.md tells editors what each means.
package check

import (
	"playbook/generator/book"
	"playbook/generator/diag"
)

// Report takes what a rule finds.
type Report func(diag.Diagnostic)

// Rule is one general check.
type Rule struct {
	ID  string
	Run func(b *book.Book, report Report)
}

// All are the general rules. What a kind can state about its own documents
// stands in its kind.yaml instead, and is run by the rule "kinds".
var All = []Rule{
	{"kinds", kinds},
	{"review-overdue", reviewOverdue},
	{"content-empty", contentEmpty},
	{"term-unused", termUnused},
	{"term-retired", termRetired},
	{"term-undefined", termUndefined},
}

// Run runs all rules and returns what they found, in no particular order.
func Run(b *book.Book) []diag.Diagnostic {
	var out []diag.Diagnostic
	for _, r := range All {
		r.Run(b, func(d diag.Diagnostic) { out = append(out, d) })
	}
	return out
}
