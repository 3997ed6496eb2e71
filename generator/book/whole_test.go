package book_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"playbook/generator/book"
	"playbook/generator/check"
	"playbook/generator/diag"
	"playbook/generator/document"
	"playbook/generator/kind"
	"playbook/generator/source"

	"github.com/google/go-cmp/cmp"
)

// wholeKinds are kinds that ask for all documents of a kind, each in its way.
var wholeKinds = fstest.MapFS{
	"kinds/note/kind.yaml": {Data: []byte(`
name: Note
section: notes
schema: {properties: {by: {x-ref: person}, on: {type: string, format: date}}}
relations: {by: {inverse: wrote}}
outline: [Why, {id: next, title: What comes next, optional: true}]
derived:
  others: 'count(documents("note"), self != # and .by == by)'
  everyone: 'map(documents("person"), .title)'
  ready: 'mean(map(outline, .complete))'
checks:
  - {id: note-thin, when: 'any(outline, not .optional and .complete < 1)', message: 'says {{join(map(filter(outline, .present), .title))}}'}
  - {id: note-many, once: true, for: 'groupBy(all, .by)', when: 'len(it.items) > 1', message: '{{it.key ?? "nobody"}} wrote {{join(map(it.items, .title))}}'}
  - {id: note-few, once: true, for: 'documents("person")', when: 'len(it.wrote) == 0', message: '{{it.title}} wrote none of {{len(all)}}', hint: 'ask {{it.title}}'}
`)},
	"kinds/person/kind.yaml": {Data: []byte("name: Person\nschema: {}\nchecks: [{id: person-first, once: true, when: 'len(all) > 0 and sum(map(documents(\"note\"), .words)) > 6', message: much is written}]\n")},
	"kinds/guide/kind.yaml":  {Data: []byte("name: Guide\n")},
}

// whole links a site and returns all it answers, as text.
func whole(t *testing.T, kinds *kind.Set, files map[string]string, docs map[string]*document.Document, prev *book.Book) (*book.Book, string) {
	t.Helper()
	fsys := fstest.MapFS{}
	for p, text := range files {
		fsys[p] = &fstest.MapFile{Data: []byte(text)}
	}
	tree, err := source.FromFS(fsys, source.Options{Name: "content/"})
	if err != nil {
		t.Fatal(err)
	}
	in := book.Input{AsOf: "2026-11-23", Kinds: kinds, Files: tree}
	for _, f := range tree.Files() {
		key := f.Path + "\x00" + files[f.Path]
		if docs[key] == nil {
			docs[key] = document.NewCompiler(document.Options{}).Compile(f.Path, f.Name, []byte(files[f.Path]))
		}
		in.Docs = append(in.Docs, docs[key])
	}
	b, diags, err := book.Link(context.Background(), in, prev)
	if err != nil {
		t.Fatal(err)
	}
	var w strings.Builder
	for _, d := range diag.Sort(append(diags, check.Run(b)...)) {
		fmt.Fprintf(&w, "%s:%d: %s: %s (%s)\n", d.At.File, d.At.Line, d.Rule, d.Msg, d.Hint)
	}
	for _, id := range b.PageIDs() {
		ask := func(op book.Op) any { return b.Answer(book.Question{Op: op, Arg: id}).Value }
		for _, n := range ask(book.OpDerived).([]book.Named) {
			fmt.Fprintf(&w, "%s.%s = %v\n", id, n.Name, n.Value)
		}
		for _, p := range ask(book.OpOutline).([]book.OutlinePart) {
			fmt.Fprintf(&w, "%s %s: %v, %d words, %v\n", id, p.ID, p.Present, p.Words, p.Complete)
		}
	}
	return b, w.String()
}

// TestWhole plays edits of a site whose kinds look at all documents of a kind:
// what is taken over from the Book before must be what would be worked out.
func TestWhole(t *testing.T) {
	tree, err := source.FromFS(wholeKinds, source.Options{Name: "layouts/"})
	if err != nil {
		t.Fatal(err)
	}
	kinds, diags := kind.Load(tree)
	for _, d := range diags {
		t.Fatalf("%v: %s", d.At, d.Msg)
	}
	files := map[string]string{
		"index.md":    "# Home\n",
		"notes/a.md":  "---\ntitle: A\nby: ann\n---\n## Why\n\nBecause.\n",
		"notes/b.md":  "---\ntitle: B\nby: bob\n---\n## Why\n\nSo.\n\n## Later {#next}\n\n- [x] one\n- [ ] two\n",
		"team/ann.md": "---\ntitle: Ann\nkind: person\n---\n",
		"team/bob.md": "---\ntitle: Bob\nkind: person\n---\n",
		"z.md":        "# Z\n",
	}
	var prev *book.Book
	docs := map[string]*document.Document{}
	seen := map[string]bool{}
	for _, step := range []struct {
		what string
		edit func()
		want string // lines that must be there; with "!" that must not
	}{
		{"at first", func() {}, "notes/b next: true, 2 words, 0.5|notes/a next: false, 0 words, 0|notes/a.everyone = [Ann Bob]|notes/a.others = 0|!note-few|!note-thin"},
		{"a document appears", func() { files["notes/c.md"] = "---\ntitle: C\nby: ann\n---\n## Why\n\n## Else\n\nYes.\n" },
			"content/notes:0: note-many: Ann wrote A, C ()|notes/a.others = 1|notes/b.others = 0|content/notes/c.md:1: note-thin: says Why ()"},
		{"one field changes", func() { files["notes/c.md"] = strings.Replace(files["notes/c.md"], "ann", "bob", 1) }, "note-many: Bob wrote B, C|notes/a.others = 0|notes/b.others = 1"},
		{"a title changes", func() { files["notes/c.md"] = strings.Replace(files["notes/c.md"], "title: C", "title: Sea", 1) }, "note-many: Bob wrote B, Sea"},
		{"a body changes", func() { files["notes/c.md"] = strings.Replace(files["notes/c.md"], "Yes.", "Yes yes yes yes yes.", 1) }, "content/team/ann.md:1: person-first: much is written|notes/c why: true, 0 words, 0"},
		{"another document changes", func() { files["z.md"] += "\nMore.\n" }, "note-many: Bob wrote B, Sea"},
		{"the section gets a page", func() { files["notes/index.md"] = "---\ntitle: Notes\nkind: guide\n---\n" }, "content/notes/index.md:1: note-many: Bob wrote B, Sea"},
		{"someone joins", func() { files["team/cy.md"] = "---\ntitle: Cy\nkind: person\n---\n" }, "note-few: Cy wrote none of 3 (ask Cy)|notes/a.everyone = [Ann Bob Cy]"},
		{"and is renamed", func() { files["team/cy.md"] = "---\ntitle: Cyd\nkind: person\n---\n" }, "note-few: Cyd wrote none|notes/a.everyone = [Ann Bob Cyd]"},
		{"a document moves", func() { files["notes/0.md"] = files["notes/c.md"]; delete(files, "notes/c.md") }, "note-many: Bob wrote Sea, B"},
		{"it becomes another kind", func() {
			files["notes/0.md"] = strings.Replace(files["notes/0.md"], "by: bob", "by: bob\nkind: guide", 1)
		}, "!note-many|notes/b.others = 0"},
		{"it is hidden", func() { files["notes/0.md"] = strings.Replace(files["notes/0.md"], "kind: guide", "draft: true", 1) }, "!note-many"},
		{"it is back", func() { files["notes/0.md"] = strings.Replace(files["notes/0.md"], "draft: true", "weight: 1", 1) }, "note-many: Bob wrote Sea, B"},
		{"all go", func() {
			maps.DeleteFunc(files, func(p, _ string) bool { return strings.HasPrefix(p, "notes/") })
		}, "content/notes:0: note-few: Ann wrote none of 0"},
	} {
		step.edit()
		_, want := whole(t, kinds, files, docs, nil)
		b, got := whole(t, kinds, files, docs, prev)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: linked anew and after the Book before differ (-anew +after)\n%s", step.what, d)
		}
		for _, line := range strings.Split(step.want, "|") {
			line, not := strings.CutPrefix(line, "!")
			if strings.Contains(got, line) == not {
				t.Errorf("%s: want %v: %s\n%s", step.what, !not, line, got)
			}
		}
		if seen[got] && !slices.Contains([]string{"another document changes", "it is hidden", "it is back"}, step.what) {
			t.Errorf("%s: nothing is seen of it", step.what)
		}
		seen[got] = true
		prev = b
	}
}

// BenchmarkWhole checks a quota of 500 people over 5,000 documents, once for all
// of them.
func BenchmarkWhole(b *testing.B) {
	tree, err := source.FromFS(fstest.MapFS{
		"kinds/note/kind.yaml":   {Data: []byte("name: Note\nsection: notes\nschema: {properties: {by: {type: string}}}\nchecks: [{id: note-few, once: true, for: 'documents(\"person\")', when: 'count(all, .by == it.title) < 6', message: '{{it.title}}'}]\n")},
		"kinds/person/kind.yaml": {Data: []byte("name: Person\nsection: people\n")},
	}, source.Options{Name: "layouts/"})
	if err != nil {
		b.Fatal(err)
	}
	kinds, _ := kind.Load(tree)
	fsys := fstest.MapFS{}
	for i := range 5500 {
		name := fmt.Sprintf("notes/n%d.md", i)
		if i >= 5000 {
			name = fmt.Sprintf("people/p%d.md", i)
		}
		fsys[name] = &fstest.MapFile{Data: fmt.Appendf(nil, "---\ntitle: P%d\nby: P%d\n---\n", i, 5000+i%500)}
	}
	content, err := source.FromFS(fsys, source.Options{Name: "content/"})
	if err != nil {
		b.Fatal(err)
	}
	in := book.Input{AsOf: "2026-11-23", Kinds: kinds, Files: content}
	for _, f := range content.Files() {
		in.Docs = append(in.Docs, document.NewCompiler(document.Options{}).Compile(f.Path, f.Name, fsys[f.Path].Data))
	}
	for b.Loop() {
		b.StopTimer()
		bk, _, err := book.Link(context.Background(), in, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		n := 0
		bk.KindChecks(func(d diag.Diagnostic) {
			if d.Rule == "note-few" {
				n++
			}
		})
		if n != 0 {
			b.Fatalf("%d said", n)
		}
	}
}
