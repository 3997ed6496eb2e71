package build_test

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"playbook/generator/build"
	"playbook/generator/diag"

	"pgregory.net/rapid"
)

// options of a small site in a folder; its output goes to memory.
func options(dir string, noCache bool, asOf string, drafts bool, sink build.Sink) build.Options {
	return build.Options{Source: dir, Dest: filepath.Join(dir, "public"), AsOf: asOf, Drafts: drafts, KeepGoing: true, NoCache: noCache, Version: "test",
		Builtin: builtin(), Now: time.Now, Begin: func(context.Context) (build.Sink, error) { return sink, nil }}
}

// builtin returns the built-in layouts as they were when first asked for.
var builtin = sync.OnceValue(func() fs.FS {
	out := fstest.MapFS{}
	fsys := os.DirFS("../../layouts")
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(fsys, p)
		out[p] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		panic(err)
	}
	return out
})

var words = []string{"lead", "pipeline", "renewal", "champion", "quarter", "territory"}

// world is a random site on disk and the ways to edit it.
type world struct {
	dir    string
	files  map[string]string
	asOf   int
	drafts bool
}

func (w *world) write(t *rapid.T, p, text string) {
	w.files[p] = text
	full := filepath.Join(w.dir, p)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (w *world) remove(t *rapid.T, p string) {
	delete(w.files, p)
	if err := os.Remove(filepath.Join(w.dir, p)); err != nil {
		t.Fatal(err)
	}
}

func (w *world) paths(under string) []string {
	var out []string
	for p := range maps.Keys(w.files) {
		if strings.HasPrefix(p, under) {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}

var folders = []string{"", "goals/", "glossary/", "guides/", "guides/deep/", "plans/"}

func name(t *rapid.T) string { return fmt.Sprintf("p%d", rapid.IntRange(0, 9).Draw(t, "name")) }

// page draws the text of a page that refers to others, some of which exist.
func page(t *rapid.T) string {
	var b strings.Builder
	b.WriteString("---\n")
	fmt.Fprintf(&b, "title: %s %d\n", rapid.SampledFrom(words).Draw(t, "title"), rapid.IntRange(0, 3).Draw(t, "n"))
	opt := func(p int, f func()) {
		if rapid.IntRange(0, 99).Draw(t, "opt") < p {
			f()
		}
	}
	opt(25, func() {
		fmt.Fprintf(&b, "kind: %s\n", rapid.SampledFrom([]string{"goal", "guide", "term", "plan"}).Draw(t, "kind"))
	})
	opt(40, func() { fmt.Fprintf(&b, "supports: [%s]\n", name(t)) })
	opt(30, func() {
		fmt.Fprintf(&b, "level: %s\n", rapid.SampledFrom([]string{"corporate", "team", "rep"}).Draw(t, "level"))
	})
	opt(30, func() {
		fmt.Fprintf(&b, "target: %d\nactual: %d\n", rapid.IntRange(0, 9).Draw(t, "target"), rapid.IntRange(0, 9).Draw(t, "actual"))
	})
	opt(30, func() { fmt.Fprintf(&b, "tags: [%s]\n", rapid.SampledFrom(words).Draw(t, "tag")) })
	opt(15, func() { b.WriteString("draft: true\n") })
	opt(15, func() { fmt.Fprintf(&b, "publish_on: 2026-01-%02d\n", rapid.IntRange(1, 9).Draw(t, "day")) })
	opt(15, func() { fmt.Fprintf(&b, "expires_on: 2026-01-%02d\n", rapid.IntRange(1, 9).Draw(t, "day")) })
	opt(15, func() { fmt.Fprintf(&b, "aliases: [/old/%s/]\n", name(t)) })
	opt(15, func() { fmt.Fprintf(&b, "slug: %s\n", name(t)) })
	opt(15, func() { fmt.Fprintf(&b, "weight: %d\n", rapid.IntRange(1, 5).Draw(t, "weight")) })
	opt(10, func() { fmt.Fprintf(&b, "id: id%d\n", rapid.IntRange(0, 3).Draw(t, "id")) })
	opt(15, func() { fmt.Fprintf(&b, "due: 2026-01-%02d\n", rapid.IntRange(1, 9).Draw(t, "due")) })
	b.WriteString("---\n")
	b.WriteString(body(t))
	return b.String()
}

func body(t *rapid.T) string {
	var b strings.Builder
	for range rapid.IntRange(0, 3).Draw(t, "paragraphs") {
		fmt.Fprintf(&b, "The %s and [[%s]] and [x](../goals/%s.md#%s).\n\n", rapid.SampledFrom(words).Draw(t, "w"), name(t), name(t), rapid.SampledFrom([]string{"one", "two"}).Draw(t, "anchor"))
		switch rapid.IntRange(0, 5).Draw(t, "block") {
		case 0:
			fmt.Fprintf(&b, "## %s\n\n", rapid.SampledFrom([]string{"One", "Two"}).Draw(t, "h"))
		case 1:
			fmt.Fprintf(&b, "![[%s]]\n\n", name(t))
		case 2:
			fmt.Fprintf(&b, "Quote [[%s.target]].\n\n", name(t))
		case 3:
			fmt.Fprintf(&b, "![p](%s.txt)\n\n- [x] done\n", name(t))
		}
	}
	return b.String()
}

// edit makes one random change and names it.
func (w *world) edit(t *rapid.T) {
	content := w.paths("content/")
	some := func() string { return rapid.SampledFrom(content).Draw(t, "file") }
	kind := rapid.IntRange(0, 16).Draw(t, "edit")
	if len(content) == 0 && (kind > 0 && kind < 8 || kind > 13) {
		kind = 0
	}
	switch kind {
	case 14, 15, 16: // a body grows or shrinks at its end, as under a writer's hands
		p := some()
		text := w.files[p]
		if i := strings.LastIndex(text, "\n\n"); i > 0 && strings.LastIndex(text, "---\n") < i && rapid.Bool().Draw(t, "shrink") {
			w.write(t, p, text[:i+1])
		} else {
			w.write(t, p, text+fmt.Sprintf("\n\nAnd the %s of [[%s]], see [x](%s.md).\n\n- [x] done\n", rapid.SampledFrom(words).Draw(t, "w"), name(t), name(t)))
		}
	case 0, 1:
		w.write(t, "content/"+rapid.SampledFrom(folders).Draw(t, "folder")+rapid.SampledFrom([]string{name(t), name(t), "index"}).Draw(t, "stem")+".md", page(t))
	case 2:
		w.remove(t, some())
	case 3:
		p := some()
		head, _, _ := strings.Cut(strings.TrimPrefix(w.files[p], "---\n"), "\n---\n")
		w.write(t, p, "---\n"+head+"\n---\n"+body(t))
	case 4:
		w.write(t, some(), page(t))
	case 5:
		p := some()
		text := w.files[p]
		w.remove(t, p)
		w.write(t, "content/"+rapid.SampledFrom(folders).Draw(t, "to")+name(t)+".md", text)
	case 6: // a folder moves
		from, to := rapid.SampledFrom(folders[1:]).Draw(t, "from"), rapid.SampledFrom(folders[1:]).Draw(t, "to")
		for _, p := range w.paths("content/" + from) {
			text := w.files[p]
			w.remove(t, p)
			w.write(t, "content/"+to+strings.TrimPrefix(p, "content/"+from), text)
		}
	case 7:
		w.write(t, "content/"+rapid.SampledFrom(folders).Draw(t, "folder")+name(t)+".txt", rapid.SampledFrom(words).Draw(t, "text"))
	case 8:
		w.write(t, "layouts/partials/pager.html", "<p>"+rapid.SampledFrom(words).Draw(t, "partial")+"</p>")
	case 9:
		w.write(t, "layouts/kinds/goal/page.html", `{{define "main"}}<h1>{{.Title}}</h1>`+rapid.SampledFrom(words).Draw(t, "layout")+`{{range .PagesOf "goal"}}{{.Title}}{{end}}{{.Derived.progress}}{{.Today}}{{.Body}}{{end}}`)
	case 10:
		w.write(t, "layouts/assets/style.css", "p{color:"+rapid.SampledFrom([]string{"red", "green"}).Draw(t, "css")+"}")
	case 11:
		w.write(t, "playbook.toml", fmt.Sprintf("title = %q\n[links]\nroot = %v\n", rapid.SampledFrom(words).Draw(t, "site"), rapid.Bool().Draw(t, "root")))
	case 12:
		w.asOf = rapid.IntRange(1, 9).Draw(t, "asof")
	case 13:
		w.drafts = rapid.Bool().Draw(t, "drafts")
	}
}

// TestIncrementalEqualsClean is the law: after any sequence of edits the tree
// made by reusing what holds equals the tree made from nothing, byte for byte,
// and so do the diagnostics.
func TestIncrementalEqualsClean(t *testing.T) {
	reused, shared := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "law")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		w := &world{dir: dir, files: map[string]string{}, asOf: 1}
		for range rapid.IntRange(2, 10).Draw(t, "pages") {
			w.write(t, "content/"+rapid.SampledFrom(folders).Draw(t, "folder")+name(t)+".md", page(t))
		}
		var sess, oracle build.Session // the oracle is told to use nothing kept
		sink := build.NewMemory(nil)
		var shape any
		for step := range rapid.IntRange(1, 8).Draw(t, "steps") {
			asOf := fmt.Sprintf("2026-01-%02d", w.asOf)
			sink = build.NewMemory(sink)
			inc, err := sess.Run(t.Context(), options(dir, false, asOf, w.drafts, sink))
			if err != nil {
				t.Fatalf("step %d: %v", step, err)
			}
			reused += inc.Stats.Reused
			if step > 0 && sess.Shape() == shape {
				shared++
			}
			shape = sess.Shape()
			clean := build.NewMemory(nil)
			want, err := oracle.Run(t.Context(), options(dir, true, asOf, w.drafts, clean))
			if err != nil {
				t.Fatalf("step %d: %v", step, err)
			}
			if d := differ(clean.Files(), sink.Files()); d != "" {
				t.Fatalf("step %d: %s", step, d)
			}
			if !slices.EqualFunc(want.Diags, inc.Diags, func(a, b diag.Diagnostic) bool { return a.Compare(b) == 0 }) {
				t.Fatalf("step %d: diagnostics differ:\nclean %v\nincremental %v", step, want.Diags, inc.Diags)
			}
			w.edit(t)
		}
	})
	if reused == 0 || shared == 0 {
		t.Errorf("%d outputs were reused and %d links shared: the test compares clean builds with clean builds", reused, shared)
	}
	t.Logf("%d outputs reused, %d steps linked by sharing", reused, shared)
}

func differ(want, got map[string][]byte) string {
	keys := slices.Sorted(maps.Keys(want))
	for _, k := range keys {
		g, ok := got[k]
		if !ok {
			return k + " is missing"
		}
		if string(g) != string(want[k]) {
			return fmt.Sprintf("%s differs\n--- clean\n%s\n--- incremental\n%s", k, want[k], g)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[k]; !ok {
			return k + " should not be there"
		}
	}
	return ""
}
