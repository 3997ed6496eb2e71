package kind

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The package comment is the manual of kind.yaml: its example loads, and it
// leaves out no key and no function.
func TestManual(t *testing.T) {
	raw, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(raw)
	_, example, ok := strings.Cut(doc, "# A kind.yaml\n//\n")
	if !ok {
		t.Fatal("the example is gone")
	}
	var src strings.Builder
	for _, l := range strings.Split(example, "\n") {
		text, ok := strings.CutPrefix(l, "//\t")
		if !ok {
			break
		}
		src.WriteString(text + "\n")
	}
	if k := must(t, map[string]string{"goal": src.String()}).Get("goal"); k == nil || len(k.Checks) != 2 || len(k.Calendar) != 2 || len(k.Derived) != 2 {
		t.Errorf("the example is not read whole: %+v", k)
	}
	for _, k := range keys() {
		if !regexp.MustCompile(`(?m)^//\t(icon, )?` + k.name + `\b`).MatchString(doc) {
			t.Errorf("the manual leaves out the key %q", k.name)
		}
	}
	has := func(name string) bool {
		return strings.Contains(doc, " "+name+"(") || strings.Contains(doc, "\t"+name+"(")
	}
	for _, f := range functions() {
		if !has(f.name) {
			t.Errorf("the manual leaves out the function %q", f.name)
		}
	}
	for name := range predicates() {
		if !has(name) {
			t.Errorf("the manual leaves out the function %q", name)
		}
	}
	for _, name := range computed {
		if !strings.Contains(doc, name) {
			t.Errorf("the manual leaves out the name %q", name)
		}
	}
	for _, f := range formats {
		if !strings.Contains(doc, f) {
			t.Errorf("the manual leaves out the format %q", f)
		}
	}
}
