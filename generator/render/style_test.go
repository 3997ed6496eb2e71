package render

import "testing"

// TestNestedAtRule: what stands behind a comment is not taken for a style rule.
func TestNestedAtRule(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`a { color: red }`: false,
		`@media screen { @layer base { a { color: red } } }`:                                false,
		`/* a { */ @media screen { @layer base { a { color: red } } } /* } */`:              false,
		`a { color: red; @media print { color: black } }`:                                   true,
		`@layer base { /* here */ a { /* and here */ @supports (x: y) { color: black } } }`: true,
	} {
		if got := nestedAtRule([]byte(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
