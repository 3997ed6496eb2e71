package kind

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"playbook/generator/diag"
	"playbook/generator/source"
)

// Whatever a kind.yaml says, loading it ends, says where what is wrong, and what
// is left works on an empty document.
func FuzzLoad(f *testing.F) {
	f.Add(goalYAML)
	f.Add(roleYAML)
	f.Add(exprKinds)
	if raw, err := os.ReadFile("testdata/mistakes.txt"); err == nil {
		for _, c := range strings.Split(string(raw), "\n## ")[1:] {
			_, rest, _ := strings.Cut(c, "\n")
			src, _, _ := strings.Cut(rest, "\n->")
			f.Add(strings.Replace(src, "¶", "", 1))
		}
	}
	f.Fuzz(func(t *testing.T, src string) {
		tree, err := source.FromFS(fstest.MapFS{"kinds/goal/kind.yaml": {Data: []byte(src)}, "kinds/role/kind.yaml": {Data: []byte("name: Role")}}, source.Options{Name: "layouts/"})
		if err != nil {
			t.Skip()
		}
		set, ds := Load(tree)
		if set.Get("role") == nil {
			t.Error("the kind beside it is gone")
		}
		lines := len(splitLines(src)) + 1
		for _, d := range ds {
			if d.At.File == "" || d.At.Line > lines || d.Msg == "" {
				t.Errorf("no place: %s", show(d))
			}
		}
		k := set.Get("goal")
		if k == nil {
			if len(ds) == 0 {
				t.Error("left out in silence")
			}
			return
		}
		if !json.Valid(k.Schema()) {
			t.Errorf("not JSON: %s", k.Schema())
		}
		k.Validate(map[string]any{"title": "x", "level": int64(1), "steps": []any{nil, "x", map[string]any{"due": "soon"}}, "supports": "x"})
		d := &doc{vals: map[string]any{"steps": []any{"x", map[string]any{}}, "title": "x"}}
		for i := range k.Derived {
			k.Derived[i].Eval(d, today)
		}
		for i := range k.Checks {
			k.Checks[i].Eval(d, today)
		}
		for i := range k.Calendar {
			k.Calendar[i].Eval(d, today)
		}
	})
}

// The same for a single expression, which is where most of the code is.
func FuzzExpression(f *testing.F) {
	for _, s := range []string{`1 + num`, `any(ups, .num > 1)`, `let a = [1]; a[0:2] | map(# ?? 2) | sum()`, `{a: 1}["a"]`, `not yes ? row[0].t : today`, `sortBy(row, .n, "desc")`, `txt matches "a+"`, `0 < num < 3`, `min(lst) ** 2`, `if yes {1} else {2}`,
		`groupBy(documents("thing"), period(.day, "week"))`, `evenness(map(row, .due))`, `period_prev(period(day, "half"), int)`, `period_end("2026-W99")`, `map(outline, .complete)`, `group(row, .t)`} {
		f.Add(s)
	}
	set, d := thing(f, "")
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 300 {
			t.Skip()
		}
		l := relink(set)
		s := l.scope(l.drafts["thing"], nil, 0, nil)
		s.pos = func(int) (p diag.Pos) { return p }
		said := false
		s.report = func(_, _ diag.Pos, msg, _ string) { said = said || msg != "" }
		p := compileExpr(src, s, l.funcs)
		if p == nil {
			if !said {
				t.Errorf("%q: nothing is said", src)
			}
			return
		}
		v, err := p.eval(d, today, nil, 0)
		if err == nil {
			text(v)
		}
	})
}
