package book

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"playbook/generator/diag"
	"playbook/generator/glossary"
)

// TermInUse is a mention of a term in the prose of another page.
type TermInUse struct {
	Word   string // as it stands there
	At, To diag.Pos
}

// InUse returns where the prose of other pages mentions the term that a page
// explains, on the first most of those pages, and how many pages are left out.
// It reads these pages' sources; where one does not show the word as readers see
// it, the place is that of the heading above.
func (b *Book) InUse(term string, most int) (found []TermInUse, more int) {
	n, ok := b.byID[term]
	if !ok || b.terms.byPage[n] < 0 {
		return nil, 0
	}
	t := b.terms.byPage[n]
	pages := b.terms.uses[t]
	for i, n := range pages {
		if i == most {
			return found, len(pages) - most
		}
		p := b.pages[n]
		src, _, err := b.in.Files.Read(p.doc.Path)
		if err != nil {
			src = nil // it is being edited; the place is a courtesy
		}
		s := seeker{src: src, line: 1, file: p.doc.Name}
		for _, f := range p.doc.Front.Fields {
			s.skip(int(f.Line) + 1)
		}
		for _, m := range p.mentions {
			if m.Section >= 0 && m.Section < len(p.doc.Headings) {
				s.skip(p.doc.Headings[m.Section].Line)
			}
			if int32(m.Term) == t {
				word := strings.TrimSpace(p.text(m.From, m.To))
				at, to := s.find(word)
				found = append(found, TermInUse{word, at, to})
			}
		}
	}
	return found, 0
}

// seeker finds the words of a page in its source, one after the other.
type seeker struct {
	file string
	src  []byte
	at   int // where the search goes on
	line int // of at
}

// skip goes to the begin of a line, if that lies ahead.
func (s *seeker) skip(line int) {
	for s.line < line {
		i := bytes.IndexByte(s.src[s.at:], '\n')
		if i < 0 {
			return
		}
		s.at, s.line = s.at+i+1, s.line+1
	}
}

var gap = regexp.MustCompile(`[\s\-\x{2010}\x{2011}–]+`)

// find returns the place of the next such words, and goes behind them.
func (s *seeker) find(words string) (at, to diag.Pos) {
	parts := gap.Split(words, -1)
	for i, w := range parts {
		parts[i] = regexp.MustCompile(`['’]`).ReplaceAllString(regexp.QuoteMeta(w), `['’]`)
	}
	re, err := regexp.Compile(strings.Join(parts, `[\s\-\x{2010}\x{2011}–*_~>&;a-z]{1,12}?`))
	for from := s.at; err == nil && from < len(s.src); {
		loc := re.FindIndex(s.src[from:])
		if loc == nil {
			break
		}
		i, j := from+loc[0], from+loc[1]
		before, _ := utf8.DecodeLastRune(s.src[:i])
		after, _ := utf8.DecodeRune(s.src[j:])
		if unicode.IsLetter(before) && !borderless(before) || unicode.IsLetter(after) && !borderless(after) {
			from = i + 1
			continue
		}
		s.line += bytes.Count(s.src[s.at:i], []byte("\n"))
		col := utf8.RuneCount(s.src[bytes.LastIndexByte(s.src[:i], '\n')+1:i]) + 1
		at = diag.Pos{File: s.file, Line: s.line, Col: col}
		if !bytes.ContainsRune(s.src[i:j], '\n') {
			to = diag.Pos{File: s.file, Line: s.line, Col: col + utf8.RuneCount(s.src[i:j])}
		}
		s.line += bytes.Count(s.src[i:j], []byte("\n"))
		s.at = j
		return at, to
	}
	return diag.Pos{File: s.file, Line: s.line, Col: 1}, diag.Pos{}
}

// borderless tells whether words in the script of r are written together.
func borderless(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// Jargon is a word in capitals that no term explains.
type Jargon struct {
	Word   string
	Pages  int
	At, To diag.Pos    // of its first use
	Also   []diag.Note // where else it stands, the first few
}

// Jargon returns the words in capitals that stand in the prose of at least so
// many pages and that neither the vocabulary nor the configuration knows, sorted.
func (b *Book) Jargon(pages int) []Jargon {
	if b.jargon == nil || b.jargon.pages != pages {
		b.jargon = &jargon{pages, b.findJargon(pages)}
	}
	return b.jargon.list
}

// jargon is what Jargon returned.
type jargon struct {
	pages int
	list  []Jargon
}

func (b *Book) findJargon(pages int) []Jargon {
	type use struct{ page, acronym int32 }
	type tally struct {
		n     int
		first [4]use
	}
	all := map[string]*tally{}
	for _, p := range b.pages {
		if p.doc == nil {
			continue
		}
		for i, a := range p.doc.Acronyms {
			t := all[a.Text]
			if t == nil {
				t = &tally{}
				all[a.Text] = t
			}
			if t.n < len(t.first) {
				t.first[t.n] = use{p.n, int32(i)}
			}
			t.n++
		}
	}
	var out []Jargon
	var named map[string]bool
	for word, t := range all {
		if t.n < pages || slices.Contains(b.in.Config.Known, word) {
			continue
		}
		if named == nil {
			named = b.namedWords()
		}
		first := b.pages[t.first[0].page]
		if named[word] || len(b.terms.matcher.Find(glossary.Page{Lang: first.lang}, []byte(word), []glossary.Run{{To: len(word)}}, nil)) > 0 {
			continue
		}
		j := Jargon{Word: word, Pages: t.n}
		for i, u := range t.first[:min(t.n, len(t.first))] {
			p := b.pages[u.page]
			a := p.doc.Acronyms[u.acronym]
			at := diag.Pos{File: p.doc.Name, Line: max(a.Line, 1), Col: max(a.Col, 1)}
			if i > 0 {
				j.Also = append(j.Also, diag.Note{At: at, Msg: "here too"})
				continue
			}
			if j.At = at; a.Line > 0 {
				j.To = diag.Pos{File: at.File, Line: at.Line, Col: at.Col + utf8.RuneCountInString(word)}
			}
		}
		out = append(out, j)
	}
	slices.SortFunc(out, func(a, b Jargon) int { return strings.Compare(a.Word, b.Word) })
	return out
}

// namedWords are the words of which the names of terms consist.
func (b *Book) namedWords() map[string]bool {
	out := map[string]bool{}
	for i := range b.terms.matcher.Len() {
		for _, name := range b.terms.matcher.Term(i).Names {
			for _, w := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
				out[w] = true
			}
		}
	}
	return out
}
