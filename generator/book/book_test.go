package book_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"playbook/generator/book"
	"playbook/generator/check"
	"playbook/generator/diag"
	"playbook/generator/document"
	"playbook/generator/glossary"
	"playbook/generator/kind"
	"playbook/generator/source"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the expected parts of testdata")

// site is what a testdata archive describes: files below content/ and layouts/,
// and in its comment lines such as "root: true", "drafts: true", "kind: a/b term".
func link(t testing.TB, a *txtar.Archive) (*book.Book, []diag.Diagnostic) {
	t.Helper()
	in, diags := input(t, a)
	b, more, err := book.Link(context.Background(), in, nil)
	if err != nil {
		t.Fatal(err)
	}
	diags = append(append(diags, more...), check.Run(b)...)
	return b, diag.Sort(diags)
}

// input compiles what an archive describes.
func input(t testing.TB, a *txtar.Archive) (book.Input, []diag.Diagnostic) {
	t.Helper()
	in := book.Input{AsOf: "2026-11-23", Version: "test", Config: book.Config{Title: "Test", Language: "en"}}
	for _, line := range strings.Split(string(a.Comment), "\n") {
		key, val, ok := strings.Cut(line, ": ")
		if !ok {
			continue
		}
		switch key {
		case "root":
			in.Config.RootLinks = true
		case "drafts":
			in.Drafts = true
		case "portable":
			in.Portable = true
		case "as-of":
			in.AsOf = val
		case "terms":
			in.Config.Terms = map[string]glossary.Frequency{"page": glossary.FirstPerPage, "all": glossary.All}[val]
		case "kind":
			folder, k, _ := strings.Cut(val, " ")
			in.Config.Kinds = append(in.Config.Kinds, book.KindRule{Folder: folder, Kind: k})
		case "language":
			in.Config.Languages = append(in.Config.Languages, book.Language{Folder: val, Tag: val, Name: val})
		}
	}
	content, layouts := fstest.MapFS{}, fstest.MapFS{}
	for _, f := range a.Files {
		if p, ok := strings.CutPrefix(f.Name, "content/"); ok {
			content[p] = &fstest.MapFile{Data: f.Data}
		}
		if p, ok := strings.CutPrefix(f.Name, "layouts/"); ok {
			layouts[p] = &fstest.MapFile{Data: f.Data}
		}
	}
	tree := func(fsys fstest.MapFS, name string) *source.Tree {
		tr, err := source.FromFS(fsys, source.Options{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		return tr
	}
	builtin, err := source.FromFS(os.DirFS("../../layouts"), source.Options{Name: "builtin:layouts/", KeepUnderscore: true})
	if err != nil {
		t.Fatal(err)
	}
	kinds, diags := kind.Load(source.Overlay(builtin, tree(layouts, "layouts/")))
	in.Kinds = kinds
	in.Files = tree(content, "content/")
	c := document.NewCompiler(document.Options{})
	for _, f := range in.Files.Files() {
		if strings.HasSuffix(f.Path, ".md") {
			src, _, err := in.Files.Read(f.Path)
			if err != nil {
				t.Fatal(err)
			}
			d := c.Compile(f.Path, f.Name, src)
			in.Docs = append(in.Docs, d)
			diags = append(diags, d.Diags...)
		}
	}
	return in, diags
}

// describe writes what the archive expects: diagnostics, then what the pages
// named in "show: id" lines of the comment answer.
func describe(b *book.Book, diags []diag.Diagnostic, a *txtar.Archive) string {
	var w strings.Builder
	for _, d := range diags {
		fmt.Fprintf(&w, "%s:%d:%d: %s[%s]: %s", d.At.File, d.At.Line, d.At.Col, d.Level, d.Rule, d.Msg)
		if d.Hint != "" {
			fmt.Fprintf(&w, " (%s)", d.Hint)
		}
		w.WriteByte('\n')
	}
	for _, line := range strings.Split(string(a.Comment), "\n") {
		what, id, ok := strings.Cut(line, ": ")
		if !ok {
			continue
		}
		ask := func(op book.Op) any { return b.Answer(book.Question{Op: op, Arg: id}).Value }
		switch what {
		case "pages":
			for _, id := range b.PageIDs() {
				c := b.Answer(book.Question{Op: book.OpCard, Arg: id}).Value.(*book.Card)
				fmt.Fprintf(&w, "page %s %s %q %s\n", c.ID, strings.TrimPrefix(c.URL, book.Root), c.Title, c.Kind)
			}
		case "links":
			if v := ask(book.OpBody).(*book.Body); v != nil {
				for _, t := range v.Targets {
					fmt.Fprintf(&w, "link %s %q\n", strings.Replace(t.URL, book.Root, "/", 1), t.Text)
				}
			}
		case "relations":
			for _, g := range ask(book.OpRelations).([]book.RelationGroup) {
				fmt.Fprintf(&w, "relation %s (%s):", g.Name, g.Label)
				for _, p := range g.Pages {
					w.WriteString(" " + p.ID)
				}
				w.WriteByte('\n')
			}
		case "backlinks":
			for _, l := range ask(book.OpBacklinks).([]book.Backlink) {
				fmt.Fprintf(&w, "backlink %s %q\n", l.Page.ID, l.Snippets)
			}
		case "derived":
			for _, n := range ask(book.OpDerived).([]book.Named) {
				fmt.Fprintf(&w, "derived %s = %v\n", n.Name, n.Value)
			}
		case "trail":
			w.WriteString("trail")
			for _, c := range ask(book.OpTrail).([]*book.Card) {
				w.WriteString(" > " + c.Title)
			}
			w.WriteByte('\n')
		case "order":
			for _, c := range ask(book.OpChildren).([]*book.Card) {
				w.WriteString("child " + c.ID + "\n")
			}
		case "files":
			for _, f := range b.Files() {
				w.WriteString("file " + f + "\n")
			}
		case "redirects":
			for _, r := range b.Redirects() {
				fmt.Fprintf(&w, "redirect /%s/ to %s\n", r, b.Answer(book.Question{Op: book.OpRedirect, Arg: r}).Value.(*book.Card).ID)
			}
		}
	}
	return w.String()
}

// TestLink holds each archive of testdata to the part called "want" in it.
func TestLink(t *testing.T) {
	paths, _ := filepath.Glob("testdata/*.txtar")
	if len(paths) == 0 {
		t.Fatal("no archives in testdata")
	}
	for _, p := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(p), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(p)
			if err != nil {
				t.Fatal(err)
			}
			b, diags := link(t, a)
			got := describe(b, diags, a)
			last := &a.Files[len(a.Files)-1]
			if last.Name != "want" {
				t.Fatalf("%s: the last part must be called want", p)
			}
			if *update {
				last.Data = []byte(got)
				if err := os.WriteFile(p, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(string(last.Data), got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// TestHidden holds the promise that a hidden page leaves no trace: every answer
// of the site with it has the digest it has without it.
func TestHidden(t *testing.T) {
	a := txtar.Parse([]byte(`
-- content/index.md --
# Home

See [plan](plans/a.md).
-- content/plans/a.md --
---
title: A
kind: guide
tags: [x]
---
Text. ![kept](kept.png) [deck](../aside/deck.pdf) ![deck](../aside/shot.png) [one](b.md)
-- content/plans/kept.png --
a picture
-- content/plans/B.md --
# B
-- content/quiet.md --
# A page, and no folder's
-- want --
`))
	with := *a
	with.Files = append([]txtar.File{
		{Name: "content/plans/secret.md", Data: []byte("---\ntitle: Secret\nkind: guide\ndraft: true\ntags: [hush, x]\naliases: [/old/]\n---\n[a](a.md) ![p](secret.png)\n")},
		{Name: "content/plans/later.md", Data: []byte("---\ntitle: Later\nkind: guide\npublish_on: 2027-01-01\n---\n[[a]]\n")},
		{Name: "content/plans/gone.md", Data: []byte("---\ntitle: Gone\nkind: guide\nexpires_on: 2026-01-01\n---\n![[a]]\n")},
		{Name: "content/plans/secret.png", Data: []byte("not for readers")},
		// What lies beside hidden pages only is not there for others to link to.
		{Name: "content/aside/draft.md", Data: []byte("---\ntitle: Draft\nkind: guide\ndraft: true\n---\n[deck](deck.pdf)\n")},
		{Name: "content/aside/deck.pdf", Data: []byte("not for readers")},
		{Name: "content/aside/shot.png", Data: []byte("not for readers")},
		// A folder of hidden pages is no folder, and so quiet.md is not its page.
		{Name: "content/quiet/draft.md", Data: []byte("---\ntitle: Draft\nkind: guide\ndraft: true\n---\n")},
		// A folder whose own page is hidden keeps the pictures of its other pages.
		{Name: "content/plans/index.md", Data: []byte("---\ntitle: Plans\nkind: guide\ndraft: true\n---\n![kept](kept.png)\n")},
		// A hidden page does not stand in the way of what differs from it by case.
		{Name: "content/plans/b.md", Data: []byte("---\ntitle: b\nkind: guide\ndraft: true\n---\n")},
	}, a.Files...)
	b1, _ := link(t, a)
	b2, _ := link(t, &with)
	if d := cmp.Diff(b1.PageIDs(), b2.PageIDs()); d != "" {
		t.Fatalf("pages differ: %s", d)
	}
	if d := cmp.Diff([][]string{b1.Files(), b1.Redirects(), b1.TagSlugs()}, [][]string{b2.Files(), b2.Redirects(), b2.TagSlugs()}); d != "" {
		t.Errorf("files, redirects or tags differ: %s", d)
	}
	for op := book.OpSite; op < book.OpFragment; op++ {
		for _, arg := range append(append(b1.PageIDs(), b1.TagSlugs()...), "", "plans", "guide") {
			q := book.Question{Op: op, Arg: arg}
			if b1.Answer(q).Digest() != b2.Answer(q).Digest() {
				t.Errorf("%s %q: a hidden page shows", op, arg)
			}
		}
	}
}

// TestSlug holds what becomes of names in URLs.
func TestSlug(t *testing.T) {
	for in, want := range map[string]string{
		"Grow mid-market": "grow-mid-market", "UI-UX": "ui-ux", "Émilie’s Plan": "émilies-plan", "v1.2": "v1.2", "../../etc": "etc",
		"CON": "con-page", "con.txt": "con-page.txt", "com1.txt.x": "com1-page.txt.x", "a/b": "a-b", "....": "", "日本語 計画": "日本語-計画", "a\x00b": "a-b", "--x--": "x", "x.": "x",
		"snake_case": "snake_case", "C++ & C#": "c-c", "lpt1": "lpt1-page", "Book.json": "book.json-page", "feed.xml": "feed.xml-page", "e\u0301": "é",
	} {
		if got := book.Slug(in); got != want {
			t.Errorf("Slug(%q) = %q, want %q", in, got, want)
		}
	}
}
