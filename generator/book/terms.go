package book

import (
	"bytes"
	"html"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"playbook/generator/diag"
	"playbook/generator/document"
	"playbook/generator/glossary"
)

// vocabulary is the terms of a Book and where they are used.
type vocabulary struct {
	matcher *glossary.Matcher
	pages   []*page   // of each term
	byPage  []int32   // page number -> term, -1 for others
	uses    [][]int32 // of each term: the pages that use it, in order
}

// terms gathers the vocabulary and finds its words in every page. prev lends
// what it has worked out already; it changes no result.
func (l *linker) terms() {
	b, prev := l.b, l.prev
	v := &vocabulary{byPage: make([]int32, len(b.pages))}
	var terms []glossary.Term
	for i, p := range b.pages {
		v.byPage[i] = -1
		if p.doc == nil || p.kind == nil || !p.kind.Glossary {
			continue
		}
		v.byPage[i] = int32(len(terms))
		v.pages = append(v.pages, p)
		terms = append(terms, p.term())
	}
	b.terms = v
	o := glossary.Options{Language: b.in.Config.Language}
	if prev != nil {
		o.Prev = prev.terms.matcher
	}
	var clashes []glossary.Clash
	v.matcher, clashes = glossary.NewMatcher(terms, o)
	for _, c := range clashes {
		l.clash(c)
	}
	v.uses = make([][]int32, len(terms))
	if len(terms) == 0 {
		return
	}
	l.mentions()
	last := make([]int32, len(terms)) // page that used the term last, +1
	for _, p := range b.pages {
		for _, m := range p.mentions {
			if last[m.Term] != p.n+1 {
				last[m.Term] = p.n + 1
				v.uses[m.Term] = append(v.uses[m.Term], p.n)
			}
		}
	}
}

// mentions finds the vocabulary's words in every page. Where neither the page
// nor any name whose words it holds has changed, the mentions are those before.
func (l *linker) mentions() {
	b := l.b
	if l.prev == nil || len(l.prev.terms.pages) == 0 {
		l.each(b.pages, func(p *page) {
			if !l.recallMentions(p) {
				p.mention(b.find(p))
			}
		})
		return
	}
	now, old := b.terms, l.prev.terms
	delta := glossary.Diff(old.matcher, now.matcher)
	renamed := false // the numbers of terms moved
	for i := range old.pages {
		renamed = renamed || delta.Term(i) != i
	}
	own := func(v *vocabulary, n int32) string {
		if t := v.byPage[n]; t >= 0 {
			return v.pages[t].id
		}
		return ""
	}
	l.each(b.pages, func(p *page) {
		q := p.was
		if q == nil || !q.placed || p.doc != q.doc || p.seed != q.seed || p.doc == nil || own(now, p.n) != own(old, q.n) {
			p.mention(b.find(p))
			return
		}
		if p.keys = q.keys; p.keys == nil && !delta.Empty() {
			p.keys = glossary.WordKeys(p.doc.Body.HTML(), p.doc.Body.Runs, nil)
		}
		if !delta.Empty() && delta.Touches(p.keys) {
			p.mention(b.find(p))
			return
		}
		p.mentions, p.kept = q.mentions, true
		if p.around = q.around; !sameSlice(p.targets, q.targets) {
			p.mention(p.mentions) // they quote what links show
		}
		if renamed && len(q.mentions) > 0 {
			p.mentions = slices.Clone(q.mentions)
			for i := range p.mentions {
				p.mentions[i].Term = delta.Term(p.mentions[i].Term)
			}
		}
	})
}

// term reads how a page wants to be found.
func (p *page) term() glossary.Term {
	f := p.kind.Terms
	t := glossary.Term{ID: p.id, Names: []string{p.title}, Plural: true, Auto: true, Lang: p.lang}
	t.Names = append(t.Names, stringsOf(p.plain(f.Aliases))...)
	if m, ok := p.plain(f.Match).(map[string]any); ok {
		switch m["case"] {
		case "sensitive":
			t.Case = glossary.CaseSensitive
		case "fold":
			t.Case = glossary.CaseFold
		}
		if v, ok := m["plural"].(bool); ok {
			t.Plural = v
		}
		if v, ok := m["auto"].(bool); ok {
			t.Auto = v
		}
	}
	t.Scope, _ = p.plain(f.Scope).(string)
	return t
}

// clash says that two terms claim one word.
func (l *linker) clash(c glossary.Clash) {
	v := l.b.terms
	p, q := v.pages[c.Other.Term], v.pages[c.First.Term]
	level := diag.Error
	if p.mapped {
		level = diag.Warning
	}
	at, to := p.nameAt(c.Other.Name)
	other, _ := q.nameAt(c.First.Name)
	p.diags = append(p.diags, diag.Diagnostic{Rule: "term-clash", Level: level, At: at, To: to, Msg: quote(c.Word) + " is claimed by " + q.name() + " too",
		Hint: "take it out of one of them, or give each a scope: a section or a tag in which it has that meaning",
		Also: []diag.Note{{At: other, Msg: "the other term"}}})
}

// nameAt returns where the n-th name of a term is written: its title, then its
// aliases.
func (p *page) nameAt(n int) (at, to diag.Pos) {
	at = diag.Pos{File: p.doc.Name, Line: 1, Col: 1}
	key := "title"
	if n > 0 {
		key = p.kind.Terms.Aliases
	}
	f, ok := p.doc.Front.Get(key)
	if !ok {
		return at, to
	}
	v := f.Value
	if n > 0 && v.Kind == document.List {
		for _, e := range v.List() { // empty ones are no names
			if e.Kind == document.String && e.Str == "" {
				continue
			}
			if n--; n == 0 {
				v = e
				break
			}
		}
	}
	return v.At(p.doc.Name), v.End(p.doc.Name)
}

// find returns the terms that p's prose mentions, its own left out.
func (b *Book) find(p *page) []glossary.Mention {
	if p.doc == nil || len(p.doc.Body.Runs) == 0 || p.plain("glossary") == false {
		return nil
	}
	at := glossary.Page{Lang: p.lang}
	if p.index {
		at.In = append(at.In, p.id)
	}
	for f := p.folder; f != ""; f, _ = split2(f) {
		at.In = append(at.In, f)
	}
	at.In = append(at.In, p.tags...)
	own := b.terms.byPage[p.n]
	return slices.DeleteFunc(b.terms.matcher.Find(at, p.doc.Body.HTML(), p.doc.Body.Runs, nil), func(m glossary.Mention) bool { return int32(m.Term) == own })
}

// mentionsOf returns those mentions of p's text that become links.
func (b *Book) mentionsOf(p *page) []Mention {
	if len(p.mentions) == 0 {
		return nil
	}
	v := b.terms
	parts := make([]int, len(p.doc.Headings))
	part := -1
	for i, h := range p.doc.Headings {
		if h.Level <= 2 || part < 0 {
			part = i
		}
		parts[i] = part
	}
	chosen := glossary.Choose(p.mentions, glossary.Policy{Link: b.in.Config.Terms, Part: parts,
		Skip: func(t int) bool { return !v.matcher.Term(t).Auto }}, nil)
	out := make([]Mention, len(chosen))
	for i, m := range chosen {
		q := v.pages[m.Term]
		out[i] = Mention{From: m.From, To: m.To, URL: q.url, Page: q.id}
	}
	return out
}

// maxUses bounds the pages that a term lists as using it, maxSentences what it
// quotes of each.
const (
	maxUses      = 200
	maxSentences = 3
)

// usesOf says where the term that p explains is used.
func (b *Book) usesOf(p *page) *Uses {
	out := &Uses{}
	t := b.terms.byPage[p.n]
	if t < 0 {
		return out
	}
	all := b.terms.uses[t]
	out.Count = len(all)
	for k, n := range all {
		if k == maxUses {
			break
		}
		q := b.pages[n]
		u := Use{Page: q.card}
		for i, m := range q.mentions {
			if int32(m.Term) != t {
				continue
			}
			if len(u.Sentences) == maxSentences {
				u.More++
				continue
			}
			u.Sentences = append(u.Sentences, q.around.at(q, i))
		}
		out.Pages = append(out.Pages, u)
	}
	return out
}

// sentences are what stands around the mentions of a page, each worked out when
// it is first quoted.
type sentences struct {
	n    int
	made sync.Once // the list, which most pages never need
	list []atomic.Pointer[Sentence]
}

func (s *sentences) at(p *page, i int) Sentence {
	s.made.Do(func() { s.list = make([]atomic.Pointer[Sentence], s.n) })
	known := s.list[i].Load()
	if known == nil {
		made := p.sentence(p.mentions[i])
		known = &made
		s.list[i].Store(known)
	}
	return *known
}

// mention enters what was found in p's prose.
func (p *page) mention(found []glossary.Mention) {
	p.mentions, p.around = found, &sentences{n: len(found)}
}

// maxSentence bounds each side of what is quoted around a mention, in bytes.
const maxSentence = 160

// sentence quotes what stands around a mention, as text.
func (p *page) sentence(m glossary.Mention) Sentence {
	s := Sentence{}
	if m.Section >= 0 && m.Section < len(p.doc.Headings) {
		s.Anchor, s.Heading = p.doc.Headings[m.Section].ID, p.doc.Headings[m.Section].Text
	}
	h := p.doc.Body.HTML()
	from, to := blockAround(h, m.From, m.To)
	s.Word = strings.TrimSpace(p.text(m.From, m.To))
	s.Before = lastSentence(p.text(from, m.From))
	s.After = firstSentence(p.text(m.To, to))
	return s
}

// inline are the tags that do not end a sentence.
var inline = map[string]bool{"a": true, "abbr": true, "b": true, "bdi": true, "bdo": true, "br": true, "cite": true, "code": true, "del": true, "dfn": true, "em": true,
	"i": true, "img": true, "ins": true, "kbd": true, "mark": true, "q": true, "s": true, "samp": true, "small": true, "span": true, "strong": true, "sub": true, "sup": true,
	"time": true, "u": true, "var": true, "wbr": true}

// blockAround returns the stretch of text around h[from:to] that no tag of a
// block interrupts.
func blockAround(h []byte, from, to int) (lo, hi int) {
	for lo = from; lo > 0; {
		end := bytes.LastIndexByte(h[:lo], '>')
		if end < 0 {
			return 0, blockEnd(h, to)
		}
		start := bytes.LastIndexByte(h[:end], '<')
		if start < 0 || !inline[tagName(h[start:end+1])] {
			lo = end + 1
			break
		}
		lo = start
	}
	return lo, blockEnd(h, to)
}

func blockEnd(h []byte, to int) int {
	for hi := to; ; {
		i := bytes.IndexByte(h[hi:], '<')
		if i < 0 {
			return len(h)
		}
		hi += i
		end := bytes.IndexByte(h[hi:], '>')
		if end < 0 || !inline[tagName(h[hi:hi+end+1])] {
			return hi
		}
		hi += end + 1
	}
}

func tagName(tag []byte) string {
	tag = bytes.TrimPrefix(tag[1:], []byte("/"))
	n := 0
	for n < len(tag) && (tag[n] >= 'a' && tag[n] <= 'z' || tag[n] >= '0' && tag[n] <= '9') {
		n++
	}
	return string(tag[:n])
}

// text returns a stretch of p's HTML as readers see it: tags away, references
// and what wikilinks show in their place.
func (p *page) text(from, to int) string {
	h, holes := p.doc.Body.HTML(), p.doc.Body.Holes
	raw := make([]byte, 0, to-from)
	i, _ := slices.BinarySearchFunc(holes, from, func(h document.Hole, at int) int { return h.At - at })
	for pos := from; pos < to; {
		if i < len(holes) && holes[i].At <= pos {
			if holes[i].At == pos && holes[i].Kind == document.HoleText {
				raw = append(raw, html.EscapeString(p.targets[holes[i].Arg].Text)...)
			}
			i++
			continue
		}
		if h[pos] == '<' {
			end := bytes.IndexByte(h[pos:], '>')
			if end < 0 {
				break
			}
			pos += end + 1
			continue
		}
		end := to
		if i < len(holes) {
			end = min(end, holes[i].At)
		}
		if n := bytes.IndexByte(h[pos:end], '<'); n >= 0 {
			end = pos + n
		}
		raw = append(raw, h[pos:end]...)
		pos = end
	}
	isSpace := func(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }
	if len(raw) == 0 {
		return ""
	}
	ahead, behind := isSpace(raw[0]), isSpace(raw[len(raw)-1]) // it stands behind a word, or before one
	text := raw
	if bytes.IndexByte(raw, '&') >= 0 {
		text = []byte(html.UnescapeString(string(raw)))
	}
	out := make([]byte, 0, len(text)+2)
	gap := ahead
	for _, c := range text {
		switch {
		case isSpace(c):
			gap = gap || len(out) > 0
			continue
		case gap:
			out = append(out, ' ')
			gap = false
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return ""
	}
	if behind {
		out = append(out, ' ')
	}
	return string(out)
}

// lastSentence returns what of s stands in the sentence that its end lies in.
func lastSentence(s string) string {
	cut := 0
	for i, r := range s {
		if ends(r) {
			rest := s[i+utf8.RuneLen(r):]
			if next, _ := utf8.DecodeRuneInString(strings.TrimLeft(rest, "\"'”’)» ")); r >= 0x3000 || strings.HasPrefix(strings.TrimLeft(rest, "\"'”’)»"), " ") && !unicode.IsLower(next) && next != utf8.RuneError {
				cut = i + utf8.RuneLen(r)
			}
		}
	}
	s = strings.TrimLeft(s[cut:], " \"'”’)»")
	if len(s) > maxSentence {
		at := len(s) - maxSentence
		for at < len(s) && !utf8.RuneStart(s[at]) {
			at++
		}
		if i := strings.IndexByte(s[at:], ' '); i >= 0 && i < 40 {
			at += i + 1
		}
		s = "…" + s[at:]
	}
	return s
}

// firstSentence returns what of s belongs to the sentence that it begins in.
func firstSentence(s string) string {
	for i, r := range s {
		if !ends(r) {
			continue
		}
		end := i + utf8.RuneLen(r)
		rest := s[end:]
		for len(rest) > 0 {
			q, n := utf8.DecodeRuneInString(rest)
			if !strings.ContainsRune("\"'”’)»", q) {
				break
			}
			end, rest = end+n, rest[n:]
		}
		next, _ := utf8.DecodeRuneInString(strings.TrimLeft(rest, " "))
		if r >= 0x3000 || rest == "" || rest[0] == ' ' && !unicode.IsLower(next) {
			s = s[:end]
			break
		}
	}
	if len(s) > maxSentence {
		at := maxSentence
		for at > 0 && !utf8.RuneStart(s[at]) {
			at--
		}
		if i := strings.LastIndexByte(s[:at], ' '); i > at-40 {
			at = i
		}
		return s[:at] + "…"
	}
	return strings.TrimRight(s, " ")
}

// ends tells whether a sentence may end with r.
func ends(r rune) bool { return strings.ContainsRune(".!?…。！？", r) }

// TermUse is a term as checks see it.
type TermUse struct {
	Page      string // its id
	Pages     int    // how many other pages use it
	Retired   bool   // it should no longer be used
	Successor string // the front matter key that names what to say instead
}

// Terms returns the vocabulary with how much each term is used, in page order.
func (b *Book) Terms() []TermUse {
	out := make([]TermUse, len(b.terms.pages))
	for i, p := range b.terms.pages {
		f := p.kind.Terms
		out[i] = TermUse{p.id, len(b.terms.uses[i]), p.card.Status == f.Retired && f.Retired != "", f.Successor}
	}
	return out
}

// FieldAt returns where a page's front matter says a value, its first line if it
// does not.
func (b *Book) FieldAt(id, key string) (at, to diag.Pos) {
	n, ok := b.byID[id]
	if !ok || b.pages[n].doc == nil {
		return at, to
	}
	d := b.pages[n].doc
	if f, ok := d.Front.Get(key); ok {
		return f.Value.At(d.Name), f.Value.End(d.Name)
	}
	return diag.Pos{File: d.Name, Line: 1, Col: 1}, to
}
