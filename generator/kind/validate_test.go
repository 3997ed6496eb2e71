package kind

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"playbook/generator/diag"
)

// front reads front matter as documents give it.
func front(t testing.TB, src string) map[string]any {
	t.Helper()
	f, ok := parseYAML("front", []byte(src), func(d diag.Diagnostic) { t.Fatal(show(d)) })
	if !ok {
		t.Fatal("no front matter")
	}
	return simple(plain(f.root)).(map[string]any)
}

// testdata/violations.txt holds front matters of the kind in goalYAML (or of
// the small kind that begins a part, after "kind:"), each with everything that
// is said about it.
func TestViolations(t *testing.T) {
	raw, err := os.ReadFile("testdata/violations.txt")
	if err != nil {
		t.Fatal(err)
	}
	k := demo(t).Get("goal")
	var out strings.Builder
	for i, c := range strings.Split(string(raw), "\n## ") {
		if i == 0 {
			out.WriteString(c)
			continue
		}
		title, rest, _ := strings.Cut(c, "\n")
		src, _, _ := strings.Cut(rest, "\n->")
		fmt.Fprintf(&out, "\n## %s\n%s\n->", title, src)
		if def, ok := strings.CutPrefix(src, "kind:\n"); ok {
			def, src, _ = strings.Cut(def, "\nfront:\n")
			k = must(t, map[string]string{"goal": "name: Goal\nschema:\n" + def}).Get("goal")
		}
		vs := k.Validate(front(t, src))
		for _, v := range vs {
			key := ""
			if v.Key {
				key = " (key)"
			}
			fmt.Fprintf(&out, " %s%s: %s[%s]: %s", strings.Join(v.Path, "/"), key, v.Level, v.Rule, v.Msg)
			if v.Hint != "" {
				fmt.Fprintf(&out, " (%s)", v.Hint)
			}
			out.WriteByte('\n')
		}
		if len(vs) == 0 {
			out.WriteByte('\n')
		}
		if fine := strings.HasPrefix(title, "fine"); fine != (len(vs) == 0) {
			t.Errorf("%s: %d violations", title, len(vs))
		}
	}
	golden(t, "violations.txt", out.String())
}

func TestValidateTwiceTheSame(t *testing.T) {
	k := demo(t).Get("goal")
	f := front(t, "title: 1\nlevel: x\ntarget: x\nsteps: [{a: 1, b: 2, c: 3, d: 4}]\nfunnel: {x: 1, y: 2}\nseats: 9\ndue: no\n")
	want := k.Validate(f)
	for range 20 {
		if got := k.Validate(maps.Clone(f)); !reflect.DeepEqual(got, want) {
			t.Fatalf("the order changes:\n%v\n%v", got, want)
		}
	}
	if len(want) < 10 {
		t.Errorf("only %d violations are told at once", len(want))
	}
}

func TestNormalise(t *testing.T) {
	k := demo(t).Get("goal")
	raw := front(t, "title: A\nsupports: b\ntags: x\nmetric:\nsteps: [{what: w, watch: vp, due: }]\nfree: [a, null]\nvalues: {a: 1}")
	before := fmt.Sprint(raw)
	got := k.Normalise(raw)
	if fmt.Sprint(raw) != before {
		t.Error("the front matter itself was changed")
	}
	want := front(t, "title: A\nsupports: [b]\ntags: [x]\nsteps: [{what: w, watch: [vp]}]\nfree: [a, null]\nvalues: {a: 1}")
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if again := k.Normalise(got); reflect.ValueOf(again).Pointer() != reflect.ValueOf(got).Pointer() {
		t.Error("what is normal already is copied")
	}
	if n := testing.AllocsPerRun(10, func() { k.Normalise(got) }); n > 0 {
		t.Errorf("what is normal already costs %v allocations", n)
	}
}

// Every document may carry the common keys, and no kind can forget one.
func TestCommonIsClean(t *testing.T) {
	l := &loader{}
	l.readCommon()
	r := &schemaReader{f: l.commonFile, root: l.commonFile.root, report: func(_ *yaml.Node, msg, hint string) { t.Error(msg, hint) }}
	each(l.commonFile.root, func(k, v *yaml.Node) {
		if s := r.read(v); s.desc == "" || !strings.HasSuffix(s.desc, ".") {
			t.Errorf("%s: no sentence says what it is: %q", k.Value, s.desc)
		}
	})
}
