package book

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"playbook/generator/document"
	"playbook/generator/kind"
)

func TestFieldChanges(t *testing.T) {
	b := &Book{names: &names{exact: map[string]*page{}, tails: map[string][]*page{}}}
	seat := &page{seed: &seed{title: "Account executive EMEA", kind: &kind.Kind{ID: "seat"}}, id: "seats/emea"}
	b.names.pages = []*page{seat}
	b.names.exact["seats/emea"], b.names.tails["emea"] = seat, []*page{seat}
	fields := []kind.Field{
		{Name: "status", Enum: []string{"planned", "on-track"}}, {Name: "target"}, {Name: "seat", Refs: []string{"seat"}}, {Name: "actions", Many: true}, {Name: "note"}, {Name: "done"},
		{Name: "funnel", Fields: []kind.Field{{Name: "target"}, {Name: "win_rate"}}},
	}
	tell := func(c FieldChange) string {
		switch {
		case c.Long:
			return c.Label + " long"
		case c.Added+c.Removed+c.Changed > 0:
			return fmt.Sprintf("%s +%d -%d ~%d", c.Label, c.Added, c.Removed, c.Changed)
		}
		return fmt.Sprintf("%s %v > %v", c.Label, c.From, c.To)
	}
	for _, c := range []struct{ name, was, is, want string }{
		{"nothing", "target: 1", "target: 1", ""},
		{"only the way it is written", "target: 1\nnote: a", "note: 'a'\ntarget: 1", ""},
		{"a number", "target: 1200000", "target: 1500000", "target 1200000 > 1500000"},
		{"put in", "", "target: 3", "target <nil> > 3"},
		{"taken out", "target: 3", "", "target 3 > <nil>"},
		{"yes and no", "done: false", "done: true", "done false > true"},
		{"a choice", "status: planned", "status: on-track", "status planned > on-track"},
		{"a reference by its title", "seat: gone", "seat: emea", "seat <nil> > Account executive EMEA"},
		{"references that nobody may see", "seat: gone", "seat: also-gone", "seat long"},
		{"a list", "actions: [a, b, c]", "actions: [a, x, c, d]", "actions +1 -0 ~1"},
		{"a list that shrinks", "actions: [a, b]", "actions: [a]", "actions +0 -1 ~0"},
		{"the same in another order", "actions: [a, b]", "actions: [b, a]", "actions long"},
		{"a long text", "note: " + strings.Repeat("x", 90), "note: short", "note long"},
		{"below a mapping", "funnel: {target: 1, win_rate: 0.2}", "funnel: {target: 2, win_rate: 0.2}", "funnel · Target 1 > 2"},
		{"in a mapping, where the kind says nothing of it", "funnel: {x: 1}", "funnel: {x: 2}", "funnel long"},
		{"a list where a text was", "note: a", "note: [a]", "note long"},
		{"another shape", "target: {a: 1}", "target: 3", "target long"},
		{"what no reader knows", "weight: 1\nother: x", "weight: 2\nother: y", ""},
	} {
		var got []string
		was, _, ok1 := document.Front([]byte("---\n"+c.was+"\n---\n"), document.Limits{})
		is, _, ok2 := document.Front([]byte("---\n"+c.is+"\n---\n"), document.Limits{})
		if !ok1 || !ok2 {
			t.Fatalf("%s: cannot be read", c.name)
		}
		var out []FieldChange
		for _, f := range fields {
			out = b.compare(out, f.Name, f, was, is, 0)
		}
		for _, x := range out {
			got = append(got, tell(x))
		}
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("%s: got %q, want %q", c.name, s, c.want)
		}
	}
}

func TestShownLike(t *testing.T) {
	for _, c := range []struct {
		was, is string
		want    bool
	}{
		{"title: a", "title: b", true},
		{"draft: false", "title: b", true},
		{"draft: true", "title: b", false},
		{"draft: yes please", "title: b", false},
		{"publish_on: 2026-03-01", "title: b", true},
		{"publish_on: 2026-03-20", "publish_on: 2026-03-01", false},
		{"publish_on: soon", "title: b", false},
		{"expires_on: 2026-03-20", "title: b", false},
		{"audience: [board]", "title: b", false},
		{"audience: [board]", "audience: [board]", true},
	} {
		was, _, _ := document.Front([]byte("---\n"+c.was+"\n---\n"), document.Limits{})
		is, _, _ := document.Front([]byte("---\n"+c.is+"\n---\n"), document.Limits{})
		if got := shownLike(was, is, "2026-03-10"); got != c.want {
			t.Errorf("%s, then %s: got %v", c.was, c.is, got)
		}
	}
}

func TestTextChanges(t *testing.T) {
	const text = "Before.\n\n# One\n\na\n\n## Two {#x}\n\nb\n```\n# no heading\n```\n### *Three* #\nc\n"
	for _, c := range []struct {
		name, is string
		want     []string
		differ   bool
	}{
		{"the same", "\n" + text + "\n\n", nil, false},
		{"spaces at the ends of lines", strings.ReplaceAll(text, "a\n", "a  \n"), nil, true},
		{"under one heading", strings.Replace(text, "\nb\n", "\nB\n", 1), []string{"Two"}, true},
		{"in code that looks like a heading", strings.Replace(text, "# no heading", "# still none", 1), []string{"Two"}, true},
		{"before all headings", strings.Replace(text, "Before", "Ahead", 1), nil, true},
		{"a new part", text + "\n# Four\n", []string{"Four"}, true},
		{"a part gone", strings.Split(text, "###")[0], nil, true},
		{"many", text + "# 4\n# 5\n# 6\n# 7\n# 8\n", []string{"4", "5", "6", "7"}, true},
	} {
		got, differ := textChanges(text, c.is)
		if !slices.Equal(got, c.want) || differ != c.differ {
			t.Errorf("%s: got %q, %v", c.name, got, differ)
		}
	}
}
