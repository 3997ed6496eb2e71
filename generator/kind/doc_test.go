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
	// What it shows further down is made of visits.
	var more []string
	for _, after := range []string{"// # Outline\n//\n", "// without tasks 1 if anything stands there, else 0. So\n//\n", "// checked that a document cannot check of itself:\n//\n"} {
		_, rest, ok := strings.Cut(doc, after)
		if !ok {
			t.Fatalf("nothing follows %q", after)
		}
		text := ""
		for _, l := range strings.Split(rest, "\n") {
			if l == "//" {
				continue
			}
			line, ok := strings.CutPrefix(l, "//\t")
			if !ok {
				break
			}
			text += line + "\n"
		}
		more = append(more, text)
	}
	const visit = "name: Visit\nschema: {properties: {who: {x-ref: role}, territory: {x-ref: territory}, on: {type: string, format: date}, present: {type: array, items: {x-ref: role}}}}\n"
	rest := map[string]string{"role": "name: Role\nschema: {properties: {department: {enum: [sales, marketing]}}}\n", "territory": "name: Territory\n"}
	rest["visit"] = visit + more[0] + more[1]
	if k := must(t, rest).Get("visit"); len(k.Outline) != 3 || len(k.Derived) != 1 || len(k.Checks) != 1 {
		t.Errorf("the outline is not read whole: %+v", k)
	}
	rest["visit"] = visit + more[2]
	if k := must(t, rest).Get("visit"); len(k.Checks) != 4 {
		t.Errorf("%d checks of visits are read", len(k.Checks))
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
