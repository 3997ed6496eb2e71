package artifact_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"playbook/generator/artifact"
	"playbook/generator/book"
	"playbook/generator/diag"
	"playbook/generator/document"
	"playbook/generator/kind"
	"playbook/generator/source"
	"testing/fstest"
)

// sink keeps what was put, and has what it kept.
type sink struct {
	mu    sync.Mutex
	files map[string]source.Digest
	fail  error
}

func (s *sink) Has(p string, d source.Digest) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.files[p] == d
}

func (s *sink) Put(p string, d source.Digest, _ []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.files == nil {
		s.files = map[string]source.Digest{}
	}
	s.files[p] = d
	return s.fail
}

// linked makes a Book of pages given as path and title.
func linked(t *testing.T, titles map[string]string) *book.Book {
	t.Helper()
	files := fstest.MapFS{}
	for p, title := range titles {
		files[p+".md"] = &fstest.MapFile{Data: []byte("# " + title + "\n")}
	}
	tree, err := source.FromFS(files, source.Options{Name: "content/"})
	if err != nil {
		t.Fatal(err)
	}
	empty, err := source.FromFS(fstest.MapFS{}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	kinds, _ := kind.Load(empty)
	c := document.NewCompiler(document.Options{})
	in := book.Input{Kinds: kinds, Files: tree, AsOf: "2026-01-01"}
	for _, f := range tree.Files() {
		src, _, err := tree.Read(f.Path)
		if err != nil {
			t.Fatal(err)
		}
		in.Docs = append(in.Docs, c.Compile(f.Path, f.Name, src))
	}
	b, _, err := book.Link(context.Background(), in, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// titleOf makes an output that asks for the titles of pages; "nav" is a
// fragment that asks for one.
func titleOf(ids ...string) artifact.Make {
	return func(r *artifact.Reader) ([]byte, []diag.Diagnostic) {
		var out []string
		for _, id := range ids {
			if name, ok := strings.CutPrefix(id, "fragment:"); ok {
				out = append(out, string(r.Fragment(name)))
				continue
			}
			if c := artifact.Ask[*book.Card](r, book.Question{Op: book.OpCard, Arg: id}); c != nil {
				out = append(out, c.Title)
			} else {
				out = append(out, "missing")
			}
		}
		text := strings.Join(out, ", ")
		return []byte(text), []diag.Diagnostic{{Rule: "said", Level: diag.Info, At: diag.Pos{File: text}}}
	}
}

func targets() []artifact.Target {
	return []artifact.Target{{Path: "a.html", Make: titleOf("a")}, {Path: "ab.html", Make: titleOf("a", "b")}, {Path: "gone.html", Make: titleOf("later")}, {Path: "nav.html", Make: titleOf("fragment:nav")}}
}

func makeAll(t *testing.T, b *book.Book, s *sink, prev *artifact.State, why *[]string) *artifact.Result {
	t.Helper()
	var mu sync.Mutex
	r, err := artifact.MakeAll(context.Background(), artifact.Input{Book: b, Targets: targets(), Prev: prev, Sink: s, Workers: 2,
		Fragments: func(name string) (artifact.Make, bool) { return titleOf("b"), name == "nav" },
		Why: func(p string, c *artifact.Change) {
			mu.Lock()
			defer mu.Unlock()
			if why != nil && c != nil {
				*why = append(*why, fmt.Sprintf("%s: %s %s", p, c.Question.Op, c.Question.Arg))
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestReuse tells what is made again when an answer changes, and what is not.
func TestReuse(t *testing.T) {
	s := &sink{}
	first := makeAll(t, linked(t, map[string]string{"a": "A", "b": "B"}), s, nil, nil)
	if first.Made != 4 || first.Reused != 0 {
		t.Fatalf("the first build made %d and reused %d", first.Made, first.Reused)
	}
	same := makeAll(t, linked(t, map[string]string{"a": "A", "b": "B"}), s, first.State, nil)
	if same.Made != 0 || same.Reused != 4 || same.Fragments != 0 {
		t.Errorf("nothing changed: made %d, reused %d, fragments %d", same.Made, same.Reused, same.Fragments)
	}
	if fmt.Sprint(same.Diags()) != fmt.Sprint(first.Diags()) || len(same.Diags()) == 0 {
		t.Errorf("diagnostics are not replayed: %v", same.Diags())
	}
	var why []string
	b := makeAll(t, linked(t, map[string]string{"a": "A", "b": "B2"}), s, same.State, &why)
	if b.Made != 2 || b.Fragments != 1 { // ab.html and, by its fragment, nav.html
		t.Errorf("b changed: made %d and %d fragments: %v", b.Made, b.Fragments, why)
	}
	why = nil
	added := makeAll(t, linked(t, map[string]string{"a": "A", "b": "B2", "later": "L"}), s, b.State, &why)
	if added.Made != 1 || len(why) != 1 || why[0] != "gone.html: card later" {
		t.Errorf("what was missing appeared: made %d, %v", added.Made, why)
	}
	delete(s.files, "a.html") // somebody took an output away
	if again := makeAll(t, linked(t, map[string]string{"a": "A", "b": "B2", "later": "L"}), s, added.State, nil); again.Made != 1 {
		t.Errorf("an output that is gone is made again: made %d", again.Made)
	}
}

// TestFaults holds what happens when making or writing fails.
func TestFaults(t *testing.T) {
	b := linked(t, map[string]string{"a": "A"})
	in := artifact.Input{Book: b, Sink: &sink{}, Fragments: func(name string) (artifact.Make, bool) { return titleOf("fragment:other"), true }}
	in.Targets = []artifact.Target{
		{Path: "bad.html", Make: func(*artifact.Reader) ([]byte, []diag.Diagnostic) { panic("ouch") }},
		{Path: "nested.html", Make: titleOf("fragment:nav")},
		{Path: "good.html", Make: titleOf("a")},
	}
	r, err := artifact.MakeAll(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	said := fmt.Sprint(r.Diags())
	if !strings.Contains(said, "ouch") || !strings.Contains(said, "asked for the fragment") {
		t.Errorf("panics are not told: %s", said)
	}
	if r.Artifacts[2].Size != 1 {
		t.Errorf("the good one was not made")
	}
	in.Sink = &sink{fail: fmt.Errorf("disk full")}
	if _, err := artifact.MakeAll(context.Background(), in); err == nil || err.Error() != "disk full" {
		t.Errorf("the sink's error is %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	in.Sink = &sink{}
	if _, err := artifact.MakeAll(ctx, in); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}
