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

// speak makes of what the layouts' files of words say one table for each
// language, and the text that stands for it in answers.
func (t *Theme) speak(w kind.Words) {
	t.words = map[string]map[string]string{}
	for lang := range w {
		table := w.In(lang)
		var b strings.Builder
		for _, k := range slices.Sorted(maps.Keys(table)) {
			b.WriteString(k + "\x00" + table[k] + "\n")
		}
		t.words[lang], t.Texts[wordsText(lang)] = table, b.String()
	}
}

// T returns an interface text in the page's language: what the layouts' files of
// words have for the key, in that language or in English, else the key itself.
func (v *View) T(key string) string {
	if v.words == nil {
		v.words = map[string]string{}
		for _, lang := range kind.Languages(v.Lang()) {
			if ask[string](v, book.OpText, wordsText(lang)) != "" {
				v.words = v.t.words[lang]
				break
			}
		}
	}
	if s := v.words[key]; s != "" {
		return s
	}
	return key
}
