package glossary

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gertd/go-pluralize"
)

// form is one way in which a name may stand in a text.
type form struct {
	words []word
	made  bool // generated, not as the author wrote it
}

type word struct {
	text  string // composed, as written
	fold  string
	exact bool // must be written so
	sign  bool
}

// inflector makes the forms of names. The plurals it has looked up pass from
// one Matcher to the next, for the rules behind them are slow.
type inflector struct {
	known  map[string]string // looked up before; not written to
	fresh  map[string]string
	client *pluralize.Client
	scan   scanner
}

func newInflector(prev *Matcher) *inflector {
	n := &inflector{fresh: map[string]string{}}
	if prev != nil {
		n.known = prev.inflect.fresh
	}
	return n
}

// forms returns the forms of a name, the written one first; nil if it has no
// words or too many.
func (n *inflector) forms(name string, t *Term, lang string) []form {
	words := n.split(name)
	any := false
	for _, w := range words {
		any = any || !w.sign
	}
	if !any || len(words) > maxWords {
		return nil
	}
	mark(words, t.Case)
	out := []form{{words: words}}
	if !t.Plural {
		return out
	}
	last := len(words) - 1
	if words[last].sign {
		return out
	}
	add := func(at int, text string) {
		out = append(out, form{words: replace(words, at, text), made: true})
	}
	if r, _ := utf8.DecodeLastRuneInString(words[last].text); unicode.Is(unicode.Hangul, r) {
		// Korean particles are written together with their noun.
		for _, p := range strings.Fields("은 는 이 가 을 를 의 에 에서 에게 에는 와 과 로 으로 도 만 까지 부터 처럼 보다 들 들은 들이 들을 들의 들에게") {
			add(last, words[last].text+p)
		}
		return out
	}
	if !sameLang(lang, "en") {
		return out
	}
	tails := n.plurals(words[last])
	for _, p := range tails {
		add(last, p)
	}
	for _, p := range possessives(words[last], tails) {
		add(last, p)
	}
	// "cost of sale": the head is before the preposition, and both may be plural.
	if head := headOf(words); head >= 0 {
		for _, p := range n.plurals(words[head]) {
			add(head, p)
			f := out[len(out)-1].words
			for _, q := range tails {
				out = append(out, form{words: replace(f, last, q), made: true})
			}
		}
	}
	return out
}

// split cuts a name into words as Find cuts text.
func (n *inflector) split(name string) []word {
	b := []byte(html.EscapeString(name))
	n.scan.reset(b, []Run{{To: len(b)}})
	var out []word
	for n.scan.next() {
		w := word{sign: n.scan.sign}
		if n.scan.quick {
			w.text = string(b[n.scan.from:n.scan.to])
			w.fold = strings.ToLower(w.text)
		} else {
			w.text, w.fold = string(n.scan.exact), string(n.scan.folded)
		}
		out = append(out, w)
	}
	return out
}

// mark says which words must match as written.
func mark(words []word, rule CaseRule) {
	switch rule {
	case CaseFold:
		return
	case CaseSensitive:
		for i := range words {
			words[i].exact = words[i].text != words[i].fold || hasCase(words[i].text)
		}
		return
	}
	shout := true // every word with letters is all capitals
	for _, w := range words {
		if c := capsOf(w.text); !w.sign && c.letters > 0 && c.upper < c.letters {
			shout = false
		}
	}
	for i := range words {
		w := &words[i]
		c := capsOf(w.text)
		switch {
		case w.sign || c.upper == 0:
		case c.inner:
			w.exact = true
		case c.upper == c.letters: // one capital: "Plan B" but not "A good plan", "E-mail"
			w.exact = i > 0 || shout || c.digits
		}
	}
}

type caps struct {
	letters, upper int
	inner, digits  bool // a capital after the first letter; a digit
}

func capsOf(s string) (c caps) {
	s = strings.TrimSuffix(s, "'s")
	for _, r := range s {
		switch {
		case unicode.IsUpper(r):
			c.inner = c.inner || c.letters > 0
			c.upper++
			c.letters++
		case unicode.IsLower(r), unicode.IsTitle(r):
			c.letters++
		case unicode.IsDigit(r):
			c.digits = true
		}
	}
	return c
}

func hasCase(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.IsLower(r) || unicode.IsUpper(r) || unicode.IsTitle(r) }) >= 0
}

// replace returns words with another text for one of them.
func replace(words []word, at int, text string) []word {
	out := append([]word(nil), words...)
	w := &out[at]
	w.text = text
	var b strings.Builder
	for _, r := range text {
		b.WriteRune(foldRune(r))
	}
	w.fold = b.String()
	return out
}

// headOf returns the word that takes the plural in "cost of sale", -1 if the
// name is not made like that.
func headOf(words []word) int {
	for i := 1; i < len(words)-1; i++ {
		switch words[i].fold {
		case "of", "for", "on", "in", "per", "at", "to", "from", "with":
			if words[i-1].sign {
				return -1
			}
			return i - 1
		}
	}
	return -1
}

// plurals returns the plurals of a word as it is written: the irregular one
// where English has one, and the regular one that people write anyway. Plurals
// and words that have none get none.
func (n *inflector) plurals(w word) []string {
	r, _ := utf8.DecodeLastRuneInString(w.text)
	if !unicode.Is(unicode.Latin, r) && !unicode.IsDigit(r) || strings.ContainsRune(w.text, '\'') {
		return nil
	}
	if c := capsOf(w.text); c.upper > 0 && (c.inner || c.digits || c.upper == c.letters) {
		if strings.ContainsRune("SXZ", r) {
			return []string{w.text + "s", w.text + "es"}
		}
		return []string{w.text + "s"}
	}
	if !unicode.Is(unicode.Latin, r) {
		return []string{w.text + "s"}
	}
	p := n.look(w.fold)
	if p == w.fold {
		return nil
	}
	out := []string{likeWritten(w, p)}
	if q := regular(w.fold); q != p {
		out = append(out, likeWritten(w, q))
	}
	return out
}

func (n *inflector) look(fold string) string {
	if p, ok := n.fresh[fold]; ok {
		return p
	}
	p, ok := n.known[fold]
	if !ok {
		if n.client == nil {
			n.client = pluralize.NewClient()
		}
		p = n.client.Plural(fold)
	}
	n.fresh[fold] = p
	return p
}

// regular is the plural by rule.
func regular(s string) string {
	for _, end := range []string{"s", "x", "z", "ch", "sh"} {
		if strings.HasSuffix(s, end) {
			return s + "es"
		}
	}
	if k := len(s) - 1; k > 0 && s[k] == 'y' && !strings.ContainsRune("aeiou", rune(s[k-1])) {
		return s[:k] + "ies"
	}
	return s + "s"
}

// likeWritten gives a folded plural the capitals of its word.
func likeWritten(w word, plural string) string {
	if rest, ok := strings.CutPrefix(plural, w.fold); ok {
		return w.text + rest
	}
	if r, _ := utf8.DecodeRuneInString(w.text); unicode.IsUpper(r) {
		p, size := utf8.DecodeRuneInString(plural)
		return string(unicode.ToUpper(p)) + plural[size:]
	}
	return plural
}

// possessives returns the forms with "'s". The bare apostrophe after "s" is no
// part of the word and needs no form.
func possessives(w word, plurals []string) []string {
	r, _ := utf8.DecodeLastRuneInString(w.text)
	if !unicode.IsLetter(r) && !unicode.IsDigit(r) || strings.ContainsRune(w.text, '\'') {
		return nil
	}
	var out []string
	if !unicode.IsDigit(r) { // "Q3's" is two words, and the first is found
		out = append(out, w.text+"'s")
	}
	for _, p := range plurals {
		if !strings.HasSuffix(p, "s") && !strings.HasSuffix(p, "S") {
			out = append(out, p+"'s")
		}
	}
	return out
}
