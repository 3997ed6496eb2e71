package render

import (
	"maps"
	"regexp"
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

// Word returns what readers see for a value that is one of a few words, such as a
// status or a level: "on-track" is "On track", in the page's language.
func (v *View) Word(x any) string {
	return v.T(book.Capital(spaced.Replace(text(x))))
}

var spaced = strings.NewReplacer("-", " ", "_", " ")

// Date writes a date "2026-03-31" by a layout as Go's time package has them. A
// language has a layout of its own where it has words for the layout, "2 January
// 2006", and names of months and days where it has words for those.
func (v *View) Date(layout string, x any) string {
	s := formatDate(v.T(layout), x)
	if !isDate(text(x)) {
		return s
	}
	// Names of months and days are the only words in a date.
	return names.ReplaceAllStringFunc(s, v.T)
}

var names = regexp.MustCompile(`\b[A-Z][a-z]{2,8}\b`)

// Number writes a number as number does, with the marks of the language.
func (v *View) Number(x any) string {
	if _, ok := asNumber(x); !ok {
		return number(x)
	}
	return v.marked(number(x))
}

// Percent writes a share (0.42) as percent does, with the marks of the language.
func (v *View) Percent(x any) string { return v.marked(percent(x)) }

// marked gives a written number the marks that the language has words for; a
// word cannot be a space, so that is called by its name.
func (v *View) marked(s string) string {
	var pairs []string
	for _, m := range []struct{ plain, word string }{{"\u202f%", "percent mark"}, {"\u202f", "thousands mark"}, {".", "decimal mark"}} {
		if mark := v.T(m.word); mark != m.word && mark != "space" && strings.Contains(s, m.plain) {
			pairs = append(pairs, m.plain, mark)
		}
	}
	switch len(pairs) {
	case 0:
		return s
	case 2: // what English has
		return strings.ReplaceAll(s, pairs[0], pairs[1])
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// speakAs says which layout is executed: one of a kind has that kind's words.
func (v *View) speakAs(layout string) {
	v.kind, v.words = "", nil
	if rest, ok := strings.CutPrefix(layout, "kinds/"); ok {
		v.kind, _, _ = strings.Cut(rest, "/")
	}
}
