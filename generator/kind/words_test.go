package kind

import (
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"playbook/generator/source"
)

func loadWords(t testing.TB, files map[string]string) (*Words, []string) {
	t.Helper()
	fsys := fstest.MapFS{}
	for p, text := range files {
		fsys[p] = &fstest.MapFile{Data: []byte(text)}
	}
	tree, err := source.FromFS(fsys, source.Options{Name: "layouts/"})
	if err != nil {
		t.Fatal(err)
	}
	w, ds := LoadWords(tree)
	var said []string
	for _, d := range ds {
		said = append(said, show(d))
	}
	return w, said
}

func TestWords(t *testing.T) {
	w, said := loadWords(t, map[string]string{
		"words/en.yaml":          "skip: Skip to content\nYes: Yes\n",
		"words/de.yaml":          "# Deutsch\nskip: Zum Inhalt\nOwner: Verantwortlich\nNo: Nein\n",
		"words/de-AT.yaml":       "Owner: Zuständig\n",
		"words/larkfell.de.yaml": "Owner: Inhaber\nVisit: Termin\n",
		"words/fr.yaml":          "# rien encore\n",
		"kinds/visit/words.yaml": "de: {Visit: Besuch, Owner: Besitzer, No: Keiner, 'Visits: none': 'Besuche: keine'}\nfr: {Visit: Visite}\n",
		"kinds/call/words.yaml":  "fr: {Visit: Appel}\nes:\n",
		"kinds/call/kind.yaml":   "name: Call\n",
	})
	if len(said) > 0 {
		t.Errorf("said %q", said)
	}
	for _, c := range []struct {
		lang, kind string
		want       map[string]string
	}{
		{"de", "", map[string]string{"Owner": "Inhaber", "Visit": "Termin", "Visits: none": "Besuche: keine", "skip": "Zum Inhalt", "No": "Nein", "Yes": "Yes"}},
		{"de", "call", w.In("de", "")},
		{"de", "visit", map[string]string{"Owner": "Inhaber", "Visit": "Termin", "Visits: none": "Besuche: keine", "skip": "Zum Inhalt", "No": "Keiner", "Yes": "Yes"}},
		{"de-AT", "", map[string]string{"Owner": "Zuständig", "Visit": "Termin", "Visits: none": "Besuche: keine", "skip": "Zum Inhalt", "No": "Nein", "Yes": "Yes"}},
		{"de-CH", "", w.In("de", "")},
		{"FR", "visit", map[string]string{"Visit": "Visite", "skip": "Skip to content", "Yes": "Yes"}},
		{"fr", "call", map[string]string{"Visit": "Appel", "skip": "Skip to content", "Yes": "Yes"}},
		{"fr", "", w.In("fr", "call")},
		{"pt", "", map[string]string{"skip": "Skip to content", "Yes": "Yes"}},
		{"", "", w.In("en", "")},
	} {
		if d := cmp.Diff(c.want, w.In(c.lang, c.kind)); d != "" {
			t.Errorf("%s in %q (-want +got)\n%s", c.lang, c.kind, d)
		}
		for _, lang := range []string{"de", "fr"} {
			for k, text := range c.want {
				if got := w.Text(lang, c.kind, k); c.lang == lang && got != text && w.Text(English, c.kind, k) != text {
					t.Errorf("%q is %q in %s", k, got, lang)
				}
			}
		}
	}
	if d := cmp.Diff([]string{"de", "de-at", "en", "fr"}, w.Languages()); d != "" {
		t.Error(d)
	}
}

// What is wrong with a file of words is told where it stands, and the rest of it
// counts.
func TestWordsMistakes(t *testing.T) {
	for _, c := range []struct {
		what  string
		files map[string]string
		want  []string
	}{
		{"a text that is none", map[string]string{"words/de.yaml": "Owner: Verantwortlich\nDue:\nAll: [Alle]\nNone: ''\nMore: mehr\n"}, []string{
			`layouts/words/de.yaml:2:5: error[words-yaml]: "Due" has no text (leave the key out and English is shown)`,
			`layouts/words/de.yaml:3:6: error[words-yaml]: "All" must be a text, not a list`,
			`layouts/words/de.yaml:4:7: error[words-yaml]: "None" has no text (leave the key out and English is shown)`}},
		{"a key twice", map[string]string{"words/de.yaml": "Due: Fällig\nDue: Frist\n"}, []string{`layouts/words/de.yaml:2:1: error[words-yaml]: the key "Due" stands here twice [1:1 it stands here first]`}},
		{"no YAML", map[string]string{"words/de.yaml": "Due: Fällig: bald\n"}, []string{`layouts/words/de.yaml:1:12: error[words-yaml]: this is not YAML: mapping values are not allowed in this context (put a text that holds a colon in quotes)`}},
		{"a list", map[string]string{"words/de.yaml": "- Due\n"}, []string{`layouts/words/de.yaml:1:1: error[words-yaml]: words are a mapping of texts, not a list (such as Owner: Verantwortlich)`}},
		{"no language", map[string]string{"words/german.yaml": "Due: Fällig\n", "kinds/a/words.yaml": "Owner: {x: y}\n"}, []string{
			`layouts/kinds/a/words.yaml:1:1: error[words-yaml]: "Owner" is no language (such as de: {Owner: Verantwortlich})`,
			`layouts/words/german.yaml:0:0: error[words-yaml]: "german" is no language (name the file after its language, such as de.yaml or ours.de.yaml)`}},
		{"another ending", map[string]string{"words/de.yml": "Due: Fällig\n"}, []string{`layouts/words/de.yml:0:0: warning[words-yaml]: this file is not read (the name of a file of words ends in .yaml, such as de.yaml)`}},
		{"two kinds disagree", map[string]string{"kinds/a/words.yaml": "de: {Due: Fällig}\n", "kinds/b/words.yaml": "de: {Due: Frist}\n"}, nil},
		{"a kind disagrees with all", map[string]string{"words/de.yaml": "Due: Fällig\n", "kinds/b/words.yaml": "de: {Due: Frist}\n"}, nil},
		{"the site says otherwise", map[string]string{"words/de.yaml": "Due: Fällig\n", "words/ours.de.yaml": "Due: Frist\n", "kinds/b/words.yaml": "de: {Due: Termin}\n"}, nil},
		{"twice", map[string]string{"words/a.de.yaml": "Due: Fällig\n", "words/b.de.yaml": "Due: Frist\n"}, []string{`layouts/words/b.de.yaml:1:6: warning[words-clash]: "Due" is "Fällig" already (take one of them out) [1:6 it stands here]`}},
	} {
		w, said := loadWords(t, c.files)
		if d := cmp.Diff(c.want, said); d != "" {
			t.Errorf("%s (-want +got)\n%s", c.what, d)
		}
		if c.what == "a text that is none" && !maps.Equal(w.In("de", ""), map[string]string{"Owner": "Verantwortlich", "More": "mehr"}) {
			t.Errorf("the rest does not count: %v", w)
		}
	}
}

// Whatever files of words say, loading them ends, says where what is wrong, and
// shows English or the rest.
func FuzzWords(f *testing.F) {
	f.Add("Owner: Verantwortlich\n", "de: {Owner: Inhaber}\n")
	f.Add("- x", "de:\n  a: &a [*a]\n")
	f.Add("'a': |\n  b\n? [x]\n: y\n", "Deutsch: x\nfr: [x]\nes: {a: 1, true: false, b: }")
	f.Fuzz(func(t *testing.T, base, own string) {
		w, said := loadWords(t, map[string]string{"words/de.yaml": base, "kinds/a/words.yaml": own, "words/ours.de.yaml": own, "words/en.yaml": "home: Home\n"})
		for _, s := range said {
			if !strings.HasPrefix(s, "layouts/") {
				t.Errorf("no place: %s", s)
			}
		}
		for _, lang := range w.Languages() {
			for k, s := range w.In(lang, "a") {
				if strings.TrimSpace(s) == "" {
					t.Errorf("%q is nothing in %s", k, lang)
				}
			}
			if w.In(lang, "")["home"] == "" {
				t.Errorf("%s has lost English", lang)
			}
		}
	})
}
