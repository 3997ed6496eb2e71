package kind

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"playbook/generator/diag"
	"playbook/generator/source"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// load reads kinds given as id to kind.yaml, or as path to text.
func load(t testing.TB, kinds map[string]string) (*Set, []diag.Diagnostic) {
	t.Helper()
	fsys := fstest.MapFS{}
	for id, text := range kinds {
		if !strings.Contains(id, "/") {
			id = "kinds/" + id + "/kind.yaml"
		}
		fsys[id] = &fstest.MapFile{Data: []byte(text)}
	}
	tree, err := source.FromFS(fsys, source.Options{Name: "layouts/", KeepUnderscore: true})
	if err != nil {
		t.Fatal(err)
	}
	return Load(tree)
}

// must is load for kinds in which nothing is wrong.
func must(t testing.TB, kinds map[string]string) *Set {
	t.Helper()
	set, ds := load(t, kinds)
	for _, d := range ds {
		t.Fatalf("%s: unexpected diagnostic", show(d))
	}
	return set
}

func show(d diag.Diagnostic) string {
	s := fmt.Sprintf("%s:%d:%d: %s[%s]: %s", d.At.File, d.At.Line, d.At.Col, d.Level, d.Rule, d.Msg)
	if d.Hint != "" {
		s += " (" + d.Hint + ")"
	}
	for _, n := range d.Also {
		s += fmt.Sprintf(" [%d:%d %s]", n.At.Line, n.At.Col, n.Msg)
	}
	return s
}

// golden compares got with a file of testdata, or rewrites the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s differs (-want +got); run go test -update once it is right:\n%s", name, d)
	}
}

const goalYAML = `
name: Goal
plural: Goals
icon: target
tint: 150
section: goals
description: What one level wants to reach.
review_every: 3 months
schema:
  type: object
  required: [title, level, owner]
  properties:
    level:    {enum: [corporate, executive, region, team, rep], description: Whose goal it is.}
    owner:    {x-ref: role}
    supports: {type: array, items: {x-ref: goal}}
    metric:   {type: string, title: What is counted}
    target:   {type: number, exclusiveMinimum: 0}
    actual:   {type: number}
    seats:    {type: integer, minimum: 1, maximum: 5}
    due:      {type: string, format: date}
    done:     {type: boolean}
    contact:  {type: string, format: email}
    link:     {type: string, format: uri}
    code:     {type: string, pattern: "^[A-Z]{2}$", description: Two capital letters.}
    funnel:
      type: object
      additionalProperties: false
      required: [booked]
      properties:
        booked: {type: number}
        stages: {type: array, items: {type: object, properties: {name: {type: string}, count: {type: integer}}}}
    steps:
      type: array
      minItems: 1
      items:
        type: object
        additionalProperties: false
        required: [what]
        properties:
          what:  {type: string, minLength: 1}
          who:   {x-ref: [role, goal]}
          due:   {type: string, format: date}
          done:  {type: boolean}
          watch: {type: array, items: {x-ref: role}}
    values:   {type: object, additionalProperties: {type: [string, number]}}
    labels:   {type: array, uniqueItems: true, items: {type: string}}
relations:
  supports: {inverse: supported_by, label: Supports, inverse_label: Supported by, acyclic: true}
  owner: {inverse: owned_goals}
  steps.who: involved_in
derived:
  progress: 'target > 0 ? min(actual / target, 1.0) : mean(map(supported_by, .progress))'
  at_risk: {value: 'progress < 0.5 and due < today', label: In danger, description: Late and far away.}
  reach: 'count(supported_by)'
  next_due: 'first(sort(map(filter(steps, not .done and .due >= today), .due)))'
checks:
  - id: goal-unmapped
    when: 'level != "corporate" and len(supports) == 0'
    level: warning
    message: 'this {{level}} goal supports no goal above it'
    hint: 'the owner is {{owner}}'
    at: supports
  - id: goal-step-late
    for: steps
    when: 'not it.done and it.due < today'
    level: error
    message: 'step {{nth}} of {{len(steps)}}, {{it.what}}, is {{days(it.due, today)}} days late'
    at: steps.*.due
  - id: goal-step-nobody
    for: steps
    when: 'it.who == nil'
    level: info
    message: nobody does it
facets: [level, owner, at_risk]
list: {sort: [level, -due], columns: [title, owner, progress], group: level}
calendar:
  - due
  - {for: steps, date: due, title: '{{title}}: {{it.what}}'}
  - steps.*.due
labels: {reach: Goals below, due: Due date}
`

const roleYAML = `
name: Role
section: goals/roles
schema:
  properties:
    department: {enum: [sales, marketing]}
    reports_to: {x-ref: role}
derived:
  owns: len(owned_goals)
  load: sum(map(owned_goals, .seats))
`

func demo(t testing.TB) *Set {
	return must(t, map[string]string{"goal": goalYAML, "role": roleYAML, "guide": "name: Guide\nsearch: false\n"})
}

func TestLoad(t *testing.T) {
	set := demo(t)
	k := set.Get("goal")
	if k == nil || set.Get("nothing") != nil {
		t.Fatal("Get finds what is not there, or not what is")
	}
	if got, want := fmt.Sprint(set.Names()), "[goal guide role]"; got != want {
		t.Errorf("Names() = %s, want %s", got, want)
	}
	if k.Name != "Goal" || k.Icon != "target" || k.Tint != "150" || k.ReviewEvery != 90 || !k.Search || k.Glossary {
		t.Errorf("head of the kind is wrong: %+v", k)
	}
	if r := set.Get("role"); r.Plural != "Roles" || set.Get("guide").Search {
		t.Errorf("defaults are wrong: %q, %v", r.Plural, set.Get("guide").Search)
	}
	var b strings.Builder
	var dump func(fs []Field, indent string)
	dump = func(fs []Field, indent string) {
		for _, f := range fs {
			fmt.Fprintf(&b, "%s%s: %s required=%v many=%v enum=%v refs=%v default=%v %q\n", indent, f.Name, f.Type, f.Required, f.Many, f.Enum, f.Refs, f.Default, f.Description)
			dump(f.Fields, indent+"  ")
		}
	}
	dump(k.Fields, "")
	fmt.Fprintln(&b, "\ncommon")
	dump(set.Common(), "  ")
	fmt.Fprintln(&b, "\nreferences")
	for _, p := range k.RefPaths() {
		fmt.Fprintf(&b, "  %s %s %v\n", p.Field(), strings.Join(p.Path, "/"), p.Kinds)
	}
	for _, id := range set.Names() {
		fmt.Fprintf(&b, "\n%s\n", id)
		k := set.Get(id)
		for _, r := range k.Relations {
			fmt.Fprintf(&b, "  relation %+v\n", r)
		}
		for _, v := range k.Inverses {
			fmt.Fprintf(&b, "  inverse %+v\n", v)
		}
		for _, d := range k.Derived {
			fmt.Fprintf(&b, "  derived %s (%s, %q) uses %v, of others %v\n", d.Name, d.Type, d.Label, d.Uses, d.Far)
		}
		for _, c := range k.Checks {
			fmt.Fprintf(&b, "  check %s %s for %v at %v\n", c.ID, c.Level, c.For, c.At)
		}
		for _, c := range k.Calendar {
			fmt.Fprintf(&b, "  calendar %v %s %q\n", c.For, c.Date, c.Title)
		}
		fmt.Fprintf(&b, "  facets %v, list %+v\n", k.Facets, k.List)
	}
	golden(t, "goal.txt", b.String())
}

func TestLabel(t *testing.T) {
	k := demo(t).Get("goal")
	for name, want := range map[string]string{
		"reach": "Goals below", "due": "Due date", "supports": "Supports", "at_risk": "In danger", "metric": "What is counted",
		"verified_on": "Verified on", "involved_in": "Involved in", "next_due": "Next due", "": "",
	} {
		if got := k.Label(name); got != want {
			t.Errorf("Label(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestForPath(t *testing.T) {
	set := demo(t)
	for path, want := range map[string]string{
		"goals/a.md": "goal", "goals/emea/a.md": "goal", "goals/roles/vp.md": "role", "goals.md": "guide", "goalsome/a.md": "guide", "a.md": "guide",
	} {
		if got := set.ForPath(path); got == nil || got.ID != want {
			t.Errorf("ForPath(%q) = %v, want %s", path, got, want)
		}
	}
	if k := must(t, map[string]string{"role": "name: Role"}).ForPath("a.md"); k != nil {
		t.Errorf("without a guide a page of no section has kind %q", k.ID)
	}
	var none *Set
	if none.Get("goal") != nil || none.ForPath("a.md") != nil || len(none.All())+len(none.Names())+len(none.Common()) > 0 {
		t.Error("a nil Set is not empty")
	}
}

// One kind that cannot be read must not take the others with it, and what
// refers to it must not be called wrong.
func TestBrokenKindAlone(t *testing.T) {
	for name, bad := range map[string]string{
		"no yaml":       "name: [",
		"no mapping":    "- a\n- b",
		"empty":         "",
		"wrong schema":  "name: Role\nschema: {properties: {a: {type: strin}}}",
		"schema no map": "name: Role\nschema: yes please",
	} {
		t.Run(name, func(t *testing.T) {
			set, ds := load(t, map[string]string{"goal": goalYAML, "role": bad, "guide": "name: Guide"})
			if set.Get("role") != nil {
				t.Error("the broken kind is still there")
			}
			if k := set.Get("goal"); k == nil || len(k.Derived) != 4 || len(k.Checks) != 3 || len(k.Relations) != 3 {
				t.Error("the kind beside it suffered")
			}
			if len(ds) == 0 {
				t.Error("nothing was said")
			}
			for _, d := range ds {
				if d.At.File != "layouts/kinds/role/kind.yaml" || d.Level != diag.Error {
					t.Errorf("%s: said of the wrong file", show(d))
				}
			}
		})
	}
}

// The first of two kinds keeps the section both want.
func TestSectionTaken(t *testing.T) {
	set, ds := load(t, map[string]string{"a": "name: A\nsection: x", "b": "name: B\nsection: x"})
	if len(ds) != 1 || show(ds[0]) != `layouts/kinds/b/kind.yaml:2:10: error[kind-clash]: the section "x" belongs to the kind "a" (give each kind a folder of its own) [2:10 it is given away here]` {
		t.Errorf("got %v", ds)
	}
	if k := set.ForPath("x/page.md"); k == nil || k.ID != "a" {
		t.Errorf("x/page.md is a %v", k)
	}
}

// TestIcons holds that a kind's icon is one of the layouts'.
func TestIcons(t *testing.T) {
	for icon, want := range map[string]string{
		"page": "", "pgae": `layouts/kinds/a/kind.yaml:2:7: error[kind-value]: there is no icon "pgae" (did you mean "page"?)`,
		"../../x": `layouts/kinds/a/kind.yaml:2:7: error[kind-value]: there is no icon "../../x" (icons are the files of layouts/icons/)`,
	} {
		_, ds := load(t, map[string]string{"a": "name: A\nicon: " + icon + "\n", "icons/page.svg": "<svg/>", "icons/star.svg": "<svg/>"})
		got := ""
		for _, d := range ds {
			got += show(d)
		}
		if got != want {
			t.Errorf("icon %s: %s", icon, got)
		}
	}
}

// Files that nobody will ever read are named.
func TestMisplacedFiles(t *testing.T) {
	_, ds := load(t, map[string]string{"goal": "name: Goal", "kinds/gaol/page.html": "x", "kinds/gaol/card.html": "x", "kinds/plan/kind.yml": "name: Plan", "kinds/Big/kind.yaml": "name: Big"})
	var got []string
	for _, d := range ds {
		got = append(got, d.At.File+": "+d.Msg+" | "+d.Hint)
	}
	want := []string{
		`layouts/kinds/Big/kind.yaml: "Big" cannot be the id of a kind | name the folder in small letters, digits and hyphens, such as question-bank`,
		`layouts/kinds/gaol/card.html: there is no kind "gaol", so this is never used | did you mean "goal"?`,
		`layouts/kinds/plan/kind.yml: this file is not read | its name must be "kind.yaml"`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// A part that is broken is left out; the rest of the kind works.
func TestBrokenPartAlone(t *testing.T) {
	set, ds := load(t, map[string]string{"goal": strings.NewReplacer("progress < 0.5", "progres < 0.5", "it.who == nil", "it.whom == nil").Replace(goalYAML), "role": roleYAML})
	k := set.Get("goal")
	if len(ds) != 2 || k == nil || len(k.Derived) != 3 || len(k.Checks) != 2 {
		t.Fatalf("%d diagnostics, kind %+v", len(ds), k)
	}
	if got := k.Validate(map[string]any{"title": "x", "level": "team", "owner": "vp"}); len(got) != 0 {
		t.Errorf("the schema stopped working: %v", got)
	}
}

func TestSchemaJSON(t *testing.T) {
	k := demo(t).Get("goal")
	golden(t, "goal.schema.json", string(k.Schema()))
	var doc map[string]any
	if err := json.Unmarshal(k.Schema(), &doc); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(k.Schema(), demo(t).Get("goal").Schema()) {
		t.Error("two loads give two schemas")
	}
}

func TestDays(t *testing.T) {
	for in, want := range map[string]int{"90": 90, "90 days": 90, "12 weeks": 84, "3 months": 90, "1 year": 365, "1y": 365, "never": Never, " 7 d ": 7,
		"0": 0, "": 0, "soon": 0, "-3": 0, "3 fortnights": 0, "9999999999999999999": 0} {
		got, ok := Days(in)
		if got != want || ok != (want != 0) {
			t.Errorf("Days(%q) = %d, %v, want %d", in, got, ok, want)
		}
	}
}

// The kinds that come with the program are right.
func TestBuiltIn(t *testing.T) {
	tree, err := source.FromFS(os.DirFS("../../layouts"), source.Options{Name: "layouts/", KeepUnderscore: true})
	if err != nil {
		t.Fatal(err)
	}
	set, ds := Load(tree)
	for _, d := range ds {
		t.Error(show(d))
	}
	if len(set.All()) == 0 {
		t.Skip("there are none yet")
	}
	for _, k := range set.All() {
		if !json.Valid(k.Schema()) {
			t.Errorf("%s: its schema is not JSON", k.ID)
		}
		for _, f := range k.Fields {
			if f.Description == "" {
				t.Errorf("%s.%s has no description", k.ID, f.Name)
			}
		}
	}
}
