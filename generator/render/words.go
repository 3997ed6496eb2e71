package render

import (
	"maps"
	"slices"
	"strings"

	"playbook/generator/book"
	"playbook/generator/kind"
)

// wordsText is the name under which a View asks for the texts of a language.
// There is one question for all of them: a page has dozens of words, and a trace
// line for each would cost more than making the pages of one language again when
// somebody mends a translation.
func wordsText(lang string) string { return "words/" + lang }

// speaking is in which language, and in the layouts of which kind, a text shows.
type speaking struct{ lang, kind string }

// speak makes of what the layouts' files of words say a table for each language
// and kind, and for each language the text that stands for it in answers.
func (t *Theme) speak(w *kind.Words) {
	t.words = map[speaking]map[string]string{}
	for _, lang := range w.Languages() {
		var b strings.Builder
		shared := w.In(lang, "")
		t.words[speaking{lang, ""}] = shared
		write := func(table map[string]string) {
			for _, k := range slices.Sorted(maps.Keys(table)) {
				b.WriteString(k + "\x00" + table[k] + "\n")
			}
		}
		write(shared)
		for _, id := range w.Kinds() {
			table := w.In(lang, id)
			if maps.Equal(table, shared) {
				continue
			}
			t.words[speaking{lang, id}] = table
			b.WriteString("\x00" + id + "\n")
			write(table)
		}
		t.Texts[wordsText(lang)] = b.String()
	}
}

// T returns an interface text in the page's language: what the layouts' files of
// words have for the key, in that language or in English, else the key itself.
func (v *View) T(key string) string {
	if v.words == nil {
		v.words = map[string]string{}
		for _, lang := range kind.Fallbacks(v.Lang()) {
			if ask[string](v, book.OpText, wordsText(lang)) == "" {
				continue
			}
			if v.words = v.t.words[speaking{lang, v.kind}]; v.words == nil {
				v.words = v.t.words[speaking{lang, ""}]
			}
			break
		}
	}
	if s := v.words[key]; s != "" {
		return s
	}
	return key
}

// speakAs says which layout is executed: one of a kind has that kind's words.
func (v *View) speakAs(layout string) {
	v.kind, v.words = "", nil
	if rest, ok := strings.CutPrefix(layout, "kinds/"); ok {
		v.kind, _, _ = strings.Cut(rest, "/")
	}
}
