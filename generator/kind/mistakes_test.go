package kind

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"playbook/generator/diag"
)

// testdata/mistakes.txt holds kind.yaml files with one mistake each. A case
// begins with "## " and what it is about; "¶" in the file marks where the first
// diagnostic must point; after "->" stand all diagnostics.
func TestMistakes(t *testing.T) {
	raw, err := os.ReadFile("testdata/mistakes.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	n := 0
	for i, c := range strings.Split(string(raw), "\n## ") {
		if i == 0 {
			out.WriteString(c)
			continue
		}
		n++
		title, rest, _ := strings.Cut(c, "\n")
		src, _, _ := strings.Cut(rest, "\n->")
		var want diag.Pos
		for l, line := range strings.Split(src, "\n") {
			if before, _, ok := strings.Cut(line, "¶"); ok {
				want = diag.Pos{File: "layouts/kinds/goal/kind.yaml", Line: l + 1, Col: len([]rune(before)) + 1}
			}
		}
		set, ds := load(t, map[string]string{
			"goal": strings.Replace(src, "¶", "", 1),
			"role": "name: Role\nsection: roles\nschema: {properties: {department: {enum: [sales, marketing]}}}\nderived: {owns: '1', standing: 'owns > 2 ? \"busy\" : \"free\"'}\n",
		})
		if set.Get("role") == nil {
			t.Errorf("%s: the other kind is gone", title)
		}
		switch {
		case len(ds) == 0:
			t.Errorf("%s: nothing was said", title)
		case want.Line > 0 && ds[0].At != want:
			t.Errorf("%s: points at %d:%d, not at %d:%d: %s", title, ds[0].At.Line, ds[0].At.Col, want.Line, want.Col, ds[0].Msg)
		}
		fmt.Fprintf(&out, "\n## %s\n%s\n->", title, src)
		for _, d := range ds {
			s := show(d)
			fmt.Fprintf(&out, " %s\n", strings.TrimPrefix(s, "layouts/kinds/goal/kind.yaml:"))
			if d.At.Line == 0 || d.At.Col == 0 {
				t.Errorf("%s: no place: %s", title, s)
			}
			if strings.HasSuffix(d.Msg, ".") {
				t.Errorf("%s: ends with a full stop: %s", title, s)
			}
		}
	}
	if n < 25 {
		t.Errorf("only %d cases", n)
	}
	golden(t, "mistakes.txt", out.String())
}
