package check_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ruleUse finds the names of rules where the program gives them to a
// diagnostic.
var ruleUse = regexp.MustCompile(`(?:Rule: *|\.Rule = |report\(|p\.fail\(|rule, hint := |rule := )"([a-z]+(?:-[a-z]+)*)"|"((?:alias|anchor|attribute|config|container|content|derived|file|front|html|id|kind|layout|line|link|page|picture|quote|ref|relation|schema|table|text|url)-[a-z-]+|nesting)"`)

// notRules are names of the same form that mean something else.
var notRules = []string{"link-", "table-wrap", "kinds"}

// TestRules holds RULES.md to the program: each rule that can be reported has
// its section, and each section a rule.
func TestRules(t *testing.T) {
	text, err := os.ReadFile("RULES.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, m := range regexp.MustCompile(`(?m)^### (\S+)$`).FindAllStringSubmatch(string(text), -1) {
		documented = append(documented, m[1])
	}
	used := map[string]string{}
	err = filepath.WalkDir("..", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") || strings.Contains(filepath.ToSlash(p), "/bench/") {
			return err
		}
		src, err := os.ReadFile(p)
		for _, m := range ruleUse.FindAllStringSubmatch(string(src), -1) {
			used[m[1]+m[2]] = p
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for rule, p := range used {
		if !slices.Contains(documented, rule) && !slices.Contains(notRules, rule) {
			t.Errorf("%s reports %q, which RULES.md does not explain", p, rule)
		}
	}
	for _, rule := range documented {
		if used[rule] == "" {
			t.Errorf("RULES.md explains %q, which nothing reports", rule)
		}
	}
	if len(documented) < 50 {
		t.Errorf("RULES.md explains only %d rules", len(documented))
	}
}
