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

// What the README shows the keeper of a theme is a kind that loads, as it stands,
// and says each thing that the text promises.
func TestReadme(t *testing.T) {
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(raw), "\n## What a kind can say\n")
	section, _, _ = strings.Cut(section, "\n## ")
	_, block, _ := strings.Cut(section, "```yaml\n")
	block, _, ok := strings.Cut(block, "```\n")
	if !ok {
		t.Fatal("the example is gone")
	}
	kinds := map[string]string{"visit": block, "role": "name: Role\nschema: {properties: {department: {enum: [sales, marketing]}}}\n", "territory": "name: Territory\n"}
	k := must(t, kinds).Get("visit")
	if len(k.Checks) != 5 || len(k.Derived) != 5 || len(k.Outline) != 2 {
		t.Fatalf("the example is not read whole: %+v", k)
	}

	// And it does what it says.
	role := func(id, of string, visits ...Object) *doc {
		return &doc{vals: map[string]any{"id": id, "title": id, "department": of, "visits": visits}}
	}
	ann, bob := role("Ann", "marketing"), role("Bob", "sales")
	north, south := &doc{vals: map[string]any{"id": "north", "title": "North"}}, &doc{vals: map[string]any{"id": "south", "title": "South"}}
	visit := func(day string, at *doc, value float64) *doc {
		return &doc{kind: k, vals: map[string]any{"id": day, "day": day, "who": ann, "territory": at, "present": []Object{ann},
			"orders":  []any{map[string]any{"day": "2026-10-02", "value": value}, map[string]any{"day": "2026-07-02", "value": 1.0}, map[string]any{"value": 5.0}},
			"outline": []map[string]any{{"title": "What we learned", "optional": false, "complete": 0.5}, {"title": "Next steps", "optional": true, "complete": 0.0}}}}
	}
	a, b, c := visit("2026-10-01", north, 2), visit("2026-11-01", north, 3), visit("2026-11-02", north, 4)
	ann.vals["visits"], north.vals["seen_on"] = []Object{a, b, c}, []Object{a, b, c}
	for name, want := range map[string]any{"quarter": "2026-Q4", "written": 0.5, "won": 8.0, "territory_won": 27.0} {
		if got, err := a.Get(name); err != nil || got != want {
			t.Errorf("%s is %v, %v, want %v", name, got, err, want)
		}
	}
	if got, err := a.Get("ordered"); err != nil || text(got) != "label: 2026-Q3, value: 1, label: 2026-Q4, value: 2, value: 5" {
		t.Errorf("ordered is %v, %v", text(got), err)
	}
	all := library{"visit": {a, b, c}, "role": {ann, bob}, "territory": {north, south}}
	want := map[string]string{"visit-quota": "Ann has made 3 of 6 visits in 2026-Q4", "visit-overdue": "nobody was in South for half a year",
		"visit-one-sided": "most visits of 2026-Q4 went to one territory", "visit-alone": "nobody of sales was there", "visit-unwritten": ""}
	for i := range k.Checks {
		var self Object = all
		if !k.Checks[i].Once {
			self = a
		}
		fired, err := k.Checks[i].Eval(self, today)
		said := ""
		for _, f := range fired {
			said += f.Msg
		}
		if err != nil || said != want[k.Checks[i].ID] {
			t.Errorf("%s says %q, %v, want %q", k.Checks[i].ID, said, err, want[k.Checks[i].ID])
		}
	}
}

// library has documents by kind, and is none itself.
type library map[string][]any

func (library) Get(string) (any, error)       { return nil, nil }
func (l library) Documents(kind string) []any { return l[kind] }
