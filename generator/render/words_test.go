package render

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"playbook/generator/book"
	"playbook/generator/kind"
	"playbook/generator/source"
)

func layoutsOf(t *testing.T, fsys fs.FS) *source.Tree {
	t.Helper()
	tree, err := source.FromFS(fsys, source.Options{Name: "layouts/", KeepUnderscore: true})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

var spoken = regexp.MustCompile(`\.T "((?:[^"\\]|\\.)*)"`)

// TestWords holds that every text a built-in layout shows is there in German and
// French, and in English where the key is a short name and no text.
func TestWords(t *testing.T) {
	layouts := os.DirFS("../../layouts")
	words, diags := kind.LoadWords(layoutsOf(t, layouts))
	for _, d := range diags {
		t.Errorf("%s:%d:%d: %s", d.At.File, d.At.Line, d.At.Col, d.Msg)
	}
	missing := map[string][]string{} // by file
	n := 0
	err := fs.WalkDir(layouts, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(p, ".html") {
			return err
		}
		text, err := fs.ReadFile(layouts, p)
		for _, m := range spoken.FindAllSubmatch(text, -1) {
			n++
			of := ""
			if parts := strings.Split(p, "/"); parts[0] == "kinds" {
				of = parts[1]
			}
			for _, lang := range []string{"de", "fr"} {
				if key := string(m[1]); words.Text(lang, of, key) == "" {
					missing[p] = append(missing[p], fmt.Sprintf("%s: %q", lang, key))
				}
			}
		}
		return err
	})
	if err != nil || n < 100 {
		t.Fatalf("%d texts found: %v", n, err)
	}
	// What kinds say of themselves: their names, the labels of what they hold, and
	// the values that are one of a few words.
	kinds, _ := kind.Load(layoutsOf(t, layouts))
	for _, k := range kinds.All() {
		p := "kinds/" + k.ID + "/kind.yaml"
		want := func(key string) {
			for _, lang := range []string{"de", "fr"} {
				if words.Text(lang, k.ID, key) == "" {
					missing[p] = append(missing[p], fmt.Sprintf("%s: %q", lang, key))
				}
			}
		}
		want(k.Name)
		want(k.Plural)
		for _, f := range k.Fields {
			want(k.Label(f.Name))
			if f.Name == "level" || f.Name == "type" || f.Name == "status" || f.Name == "intent" || f.Name == "department" {
				for _, e := range f.Enum {
					want(book.Capital(strings.ReplaceAll(e, "-", " ")))
					if f.Name == "level" || f.Name == "type" {
						want(book.Capital(strings.ReplaceAll(e, "-", " ")) + " " + strings.ToLower(k.Name))
					}
				}
			}
		}
		for _, r := range k.Relations {
			want(k.Label(r.Field))
		}
		for _, r := range k.Inverses {
			want(k.Label(r.Name))
		}
		for _, c := range slices.Concat(k.List.Columns, k.Facets) {
			if c != "title" && c != "tags" {
				want(book.Capital(strings.ReplaceAll(k.Label(c), "_", " ")))
			}
		}
	}
	for _, p := range slices.Sorted(maps.Keys(missing)) {
		slices.Sort(missing[p])
		t.Errorf("%s: no words for\n\t%s", p, strings.Join(slices.Compact(missing[p]), "\n\t"))
	}
}

// TestWordsMove holds that a word that changes changes what pages of its language
// rest on, and nothing else.
func TestWordsMove(t *testing.T) {
	load := func(de, card string) *Theme {
		theme, diags, err := Load(layoutsOf(t, fstest.MapFS{
			"words/de.yaml":         {Data: []byte(de)},
			"words/fr.yaml":         {Data: []byte("Owner: Responsable\n")},
			"kinds/card/kind.yaml":  {Data: []byte("name: Card\n")},
			"kinds/card/words.yaml": {Data: []byte(card)},
			"page.html":             {Data: []byte(`{{define "main"}}{{.T "Owner"}}{{end}}`)},
		}), "", "1")
		if err != nil || len(diags) > 0 {
			t.Fatal(diags, err)
		}
		return theme
	}
	a, b, c := load("Owner: Inhaber\n", ""), load("Owner: Eigner\n", ""), load("Owner: Inhaber\n", "de: {Card: Karte}\n")
	for _, x := range []*Theme{b, c} {
		if x.Texts[wordsText("de")] == a.Texts[wordsText("de")] {
			t.Error("German changed, and pages do not learn of it")
		}
		if x.Texts[wordsText("fr")] != a.Texts[wordsText("fr")] || !maps.Equal(x.Layouts, a.Layouts) {
			t.Error("pages in French, or layouts, change with a German word")
		}
	}
	if a.Texts[wordsText("de")] == "" || a.Texts[wordsText("fr")] == "" || a.words[speaking{"de", ""}]["Owner"] != "Inhaber" || c.words[speaking{"de", ""}]["Card"] != "Karte" {
		t.Errorf("not all words are there: %v", c.words)
	}
	if _, diags, err := Load(layoutsOf(t, fstest.MapFS{"words/de.yaml": {Data: []byte("Owner:\n")}}), "", "1"); err != nil || len(diags) != 1 || diags[0].At.Line != 1 {
		t.Errorf("a word without a text is told as %v, %v", diags, err)
	}
}

// TestMarks: numbers and shares have the marks of their language, as pictures have them.
func TestMarks(t *testing.T) {
	words, _ := kind.LoadWords(layoutsOf(t, os.DirFS("../../layouts")))
	for lang, want := range map[string]string{
		"en": "1,900,000.5 42% −12,000 Q1.2",
		"de": "1.900.000,5 42\u202f% −12.000 Q1.2",
		"fr": "1\u202f900\u202f000,5 42\u202f% −12\u202f000 Q1.2",
	} {
		v := &View{words: words.In(lang, "")}
		if got := strings.Join([]string{v.Number(1900000.5), v.Percent(.42), v.Number(-12000), v.Number("Q1.2")}, " "); got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
}
