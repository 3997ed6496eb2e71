package artifact

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"playbook/generator/book"
	"playbook/generator/diag"
	"playbook/generator/document"
	"playbook/generator/kind"
	"playbook/generator/source"
)

// fieldsOf names the fields of a struct.
func fieldsOf(v any) string {
	var out []string
	t := reflect.TypeOf(v)
	for i := range t.NumField() {
		out = append(out, t.Field(i).Name)
	}
	return strings.Join(out, " ")
}

// TestEncodeFields asks whoever adds a field whether a later process needs it:
// then Save and Recall must know it, Form must rise, and here is where to say so.
func TestEncodeFields(t *testing.T) {
	for _, c := range []struct {
		of         any
		kept, left string
	}{
		{Artifact{}, "Path Of Digest Size Trace Diags", ""},
		{Read{}, "Q A", ""},
		{cell{}, "art data", ""},
		// Targets are matched by path, and who asked what is found out again.
		{State{}, "list cells table", "book targets askers late latePieces once byPath"},
		{table{}, "list names", "seed shards mu"},
		{book.Question{}, "Op Arg", ""},
		{diag.Diagnostic{}, "Rule Level At To Msg Hint Also", ""},
		{diag.Pos{}, "File Line Col", ""},
		{diag.Note{}, "At Msg", ""},
	} {
		want := map[string]bool{}
		for _, f := range strings.Fields(c.kept + " " + c.left) {
			want[f] = true
		}
		for _, f := range strings.Fields(fieldsOf(c.of)) {
			if !want[f] {
				t.Errorf("%T has a field %s: is it to be kept on disk?", c.of, f)
			}
			delete(want, f)
		}
		for f := range want {
			t.Errorf("%T has no field %s any more", c.of, f)
		}
	}
}

// sampleState is a State of a few outputs with fragments and diagnostics.
func sampleState(t testing.TB) *State {
	t.Helper()
	tree, err := source.FromFS(fstest.MapFS{"a.md": {Data: []byte("# A\n")}, "b/c.md": {Data: []byte("# C\n")}}, source.Options{Name: "content/"})
	if err != nil {
		t.Fatal(err)
	}
	none, err := source.FromFS(fstest.MapFS{}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	kinds, _ := kind.Load(none)
	in := book.Input{Kinds: kinds, Files: tree, AsOf: "2026-01-01"}
	for _, f := range tree.Files() {
		src, _, err := tree.Read(f.Path)
		if err != nil {
			t.Fatal(err)
		}
		in.Docs = append(in.Docs, document.NewCompiler(document.Options{}).Compile(f.Path, f.Name, src))
	}
	b, _, err := book.Link(context.Background(), in, nil)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(r *Reader, fragment string, ids ...string) ([]byte, []diag.Diagnostic) {
		text := ""
		for _, id := range ids {
			text += fmt.Sprint(Ask[*book.Card](r, book.Question{Op: book.OpCard, Arg: id}))
		}
		text += Ask[string](r, book.Question{Op: book.OpToday})
		if fragment != "" {
			text += string(r.Fragment(fragment))
		}
		p := diag.Pos{File: text, Line: 1, Col: 2}
		return []byte(text), []diag.Diagnostic{{Rule: "r", Level: diag.Info, At: p, To: p, Msg: "m", Hint: "h", Also: []diag.Note{{At: p, Msg: "n"}}}}
	}
	res, err := MakeAll(context.Background(), Input{Book: b, Workers: 1, Sink: nowhere{},
		Targets: []Target{
			{"1.html", "one", func(r *Reader) ([]byte, []diag.Diagnostic) { return ask(r, "f", "a", "b/c", "gone") }},
			{"2.html", "two", func(r *Reader) ([]byte, []diag.Diagnostic) { return ask(r, "g", "b/c", "a") }},
			{"3.html", "", func(r *Reader) ([]byte, []diag.Diagnostic) { return nil, nil }}},
		Fragments: func(name string) (Make, bool) {
			return func(r *Reader) ([]byte, []diag.Diagnostic) { return ask(r, "", "b") }, true
		}})
	if err != nil {
		t.Fatal(err)
	}
	return res.State
}

type nowhere struct{}

func (nowhere) Has(string, source.Digest) bool          { return false }
func (nowhere) Put(string, source.Digest, []byte) error { return nil }

// told is a State in words: the numbers of questions are its own affair.
func told(s *State) string {
	var b strings.Builder
	one := func(a *Artifact) {
		fmt.Fprintf(&b, "%q of %q is %s, %d bytes, with %+v\n", a.Path, a.Of, a.Digest, a.Size, a.Diags)
		for _, r := range a.Trace {
			fmt.Fprintf(&b, "   %v: %s\n", s.table.question(r.Q), r.A)
		}
	}
	for _, a := range s.list {
		one(a)
	}
	for i, c := range s.cells {
		if c != nil {
			fmt.Fprintf(&b, "%q: %q by ", s.table.names[i], c.data)
			one(c.art)
		}
	}
	return b.String()
}

func TestEncodeSame(t *testing.T) {
	s := sampleState(t)
	back := Recall(string(s.Save()))
	if back == nil {
		t.Fatal("it cannot be read")
	}
	if a, b := told(s), told(back); a != b {
		t.Errorf("it comes back as\n%s\nand was\n%s", b, a)
	}
	if again := Recall(string(back.Save())); again == nil || told(again) != told(s) {
		t.Error("it does not come back twice")
	}
	n := 0
	back.Answers(func(q book.Question, d source.Digest) {
		n++
		if q.Op == book.OpFragment || d == (source.Digest{}) {
			t.Errorf("%v: %s", q, d)
		}
	})
	if n != 5 { // a, b/c, gone, b and today
		t.Errorf("%d questions", n)
	}
	s.list[1].Trace[0].A[3]++ // not what the first artifact was told
	if s.Save() != nil {
		t.Error("traces that disagree are kept")
	}
	if new(State).Save() != nil || (*State)(nil).Save() != nil {
		t.Error("a State of nothing is kept")
	}
}

// FuzzRecall holds that Recall takes any bytes, and that what it makes of them
// is of one piece.
func FuzzRecall(f *testing.F) {
	good := sampleState(f).Save()
	f.Add(good)
	for i := 0; i < len(good); i += 41 {
		bad := append([]byte(nil), good...)
		bad[i] ^= 1 << (i % 8)
		f.Add(bad)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s := Recall(string(b))
		if s == nil {
			return
		}
		told(s)
		s.Answers(func(book.Question, source.Digest) {})
		if data := s.Save(); data != nil {
			if again := Recall(string(data)); again == nil {
				t.Error("it does not come back")
			}
		}
	})
}
