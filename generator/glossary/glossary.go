// Package glossary finds the words of a vocabulary in prose. It takes terms
// (names, and rules for each) and gives a Matcher; the Matcher takes a page's
// HTML with the stretches of it that are prose, and gives the mentions. It
// knows no pages, files or links: which mention becomes a link is said by
// Choose, where a link leads is the caller's affair.
//
//	m, clashes := glossary.NewMatcher(terms, glossary.Options{Language: "en"})
//	found := m.Find(glossary.Page{Lang: "en", In: []string{"plans"}}, html, runs, nil)
//	linked := glossary.Choose(found, glossary.Policy{Link: glossary.FirstPerSection}, nil)
//
// What counts as the same word:
//
//   - Text is cut into words by the word borders of Unicode (UAX 29): letters,
//     digits and marks hold together, also over an apostrophe or full stop
//     between letters and over a full stop or comma between digits. "lead" is
//     not found in "leadership", "Leadgenerierung" or "lead.csv".
//   - Han, Hiragana, Thai, Lao, Khmer, Myanmar and Tibetan have no such borders;
//     each character is a word there, so names match as substrings. A stretch
//     of Katakana is one word, as UAX 29 has it.
//   - Between two words of a name may stand spaces, line breaks or one hyphen
//     of any make: "sales-qualified lead" is "sales qualified lead". Other
//     signs count as words of their own: "R&D" is "R & D" but not "R D".
//   - All apostrophes are one, composed and decomposed letters are one, soft
//     hyphens and joiners are not there.
//   - Emphasis tags between or inside words are not there either. A mention's
//     range grows over them where that makes its tags pair up; where it cannot,
//     the next shorter name is tried.
//   - Of mentions that begin at one word the longest wins, then search goes on
//     after it: leftmost, longest, never overlapping.
//
// Find runs once over the text. Its time does not depend on how many terms
// there are, and it allocates nothing but room in dst.
package glossary

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"sync"

	"playbook/generator/source"
)

// CaseRule says when capitals matter.
type CaseRule uint8

const (
	// CaseAuto folds case, but a word written all in capitals or with a
	// capital inside ("SQL", "iPad", the "B" of "Plan B") matches as written.
	CaseAuto CaseRule = iota
	// CaseSensitive matches every word as written.
	CaseSensitive
	// CaseFold ignores case.
	CaseFold
)

// Term is one entry of the vocabulary.
type Term struct {
	ID     string
	Names  []string // title first, then aliases; plain text. A name without letter or digit matches nothing
	Case   CaseRule
	Plural bool   // plurals and possessives match too
	Auto   bool   // mentions may become links; others are found as well but yield to Auto terms
	Lang   string // language tag; "" is Options.Language
	Scope  string // matches only on pages whose In holds it; "" everywhere
}

// Options are the settings of a Matcher.
type Options struct {
	// Language is that of terms and pages that name none; "" is English.
	Language string
	// Prev, if set, lends the new Matcher what it has already worked out. It
	// never changes a result. Equal terms give Prev itself.
	Prev *Matcher
}

// Page is what matching needs to know of the place where the text stands.
type Page struct {
	Lang string   // "" is Options.Language
	In   []string // sections and tags it lies in, nearest first: of two scoped terms the one found earlier here wins
}

// Run is a stretch of prose in HTML: plain escaped text without tags, From
// inclusive, To exclusive. Runs are sorted and do not overlap. Runs of one
// Block form one text when only emphasis tags stand between them.
type Run struct {
	From, To int
	Section  int // handed through to Mention
	Block    int
}

// Mention is a term found in HTML[From:To]. Tags inside the range are emphasis
// only and pair up, so the range can be wrapped in an element.
type Mention struct {
	From, To int
	Term     int // index into the Matcher's terms
	Section  int // of the run it begins in
}

// Claim names one name of one term.
type Claim struct{ Term, Name int }

// Clash is a word claimed by two terms that no scope, language or spelling
// tells apart. The first claim is the one that Find honours.
type Clash struct {
	Word  string // as the second claim writes it
	First Claim
	Other Claim
}

// Matcher finds terms. It is immutable and safe for concurrent use.
type Matcher struct {
	terms   []Term
	lang    []string // effective language of each term
	def     string   // effective Options.Language
	digest  source.Digest
	clashes []Clash

	vocab words
	root  []int32 // node reached from the root by word
	edges edges   // all other steps
	nodes []node
	hits  []hit
	forms []formKey // of each term in turn, for Diff
	first []int32   // where a term's forms begin

	inflect *inflector
	pool    sync.Pool // *scratch
}

// node is a place in the trie; hits[From:To] end there, best first.
type node struct{ from, to int32 }

// hit is one form of one term that ends at a node.
type hit struct {
	term  int32
	name  int32
	rank  uint8   // smaller wins
	exact []exact // words that must be written so
	made  bool    // generated, not written by the author
}

// exact demands the spelling of one word of a phrase.
type exact struct {
	at   int32
	text string
}

// maxWords bounds a name; longer ones are sentences and match nothing.
const maxWords = 32

// NewMatcher makes the Matcher of terms, in their order: where nothing else
// decides, the earlier term wins. The clashes are sorted by claim.
func NewMatcher(terms []Term, o Options) (*Matcher, []Clash) {
	def := normLang(o.Language)
	if def == "" {
		def = "en"
	}
	digest := digestTerms(terms, def)
	if o.Prev != nil && o.Prev.digest == digest {
		return o.Prev, slices.Clone(o.Prev.clashes)
	}
	m := newMatcher(terms, def, newInflector(o.Prev))
	m.digest = digest
	m.inflect.known, m.inflect.client = nil, nil // of use while names are inflected only
	return m, slices.Clone(m.clashes)
}

func newMatcher(terms []Term, def string, inf *inflector) *Matcher {
	m := &Matcher{terms: make([]Term, len(terms)), lang: make([]string, len(terms)), def: def, inflect: inf}
	for i, t := range terms {
		t.Names = slices.Clone(t.Names)
		m.terms[i] = t
		m.lang[i] = cmp.Or(normLang(t.Lang), def)
	}
	m.pool.New = func() any { return new(scratch) }
	b := newBuilder(m)
	for i := range m.terms {
		b.add(i)
	}
	b.finish()
	return m
}

// Len returns the number of terms.
func (m *Matcher) Len() int { return len(m.terms) }

// Term returns the term a Mention names. Its Names are not the caller's to
// change.
func (m *Matcher) Term(i int) Term { return m.terms[i] }

// Digest identifies what Find would answer: equal terms in equal order under
// an equal default language have equal digests.
func (m *Matcher) Digest() source.Digest { return m.digest }

// formRules is part of every digest. Raise it when equal terms begin to match
// differently, so that no cached mention outlives the rule it came from.
const formRules = 1

func digestTerms(terms []Term, def string) source.Digest {
	b := make([]byte, 0, 64*len(terms)+16)
	num := func(n int) { b = binary.AppendUvarint(b, uint64(n)) }
	text := func(s string) { num(len(s)); b = append(b, s...) }
	num(formRules)
	text(def)
	num(len(terms))
	for _, t := range terms {
		text(t.ID)
		num(len(t.Names))
		for _, n := range t.Names {
			text(n)
		}
		flags := int(t.Case) << 2
		if t.Plural {
			flags |= 1
		}
		if t.Auto {
			flags |= 2
		}
		num(flags)
		text(normLang(t.Lang))
		text(t.Scope)
	}
	return source.Sum(b)
}

func normLang(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", "-")) }

// sameLang reports whether text of language b may use terms of language a,
// which is normal: "en" and "en-GB" may, "en-us" and "en-gb" may not. It
// allocates nothing.
func sameLang(a, b string) bool {
	n := min(len(a), len(b))
	for i := range n {
		c := b[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		} else if c == '_' {
			c = '-'
		}
		if a[i] != c {
			return false
		}
	}
	return len(a) == len(b) || len(a) > n && a[n] == '-' || len(b) > n && (b[n] == '-' || b[n] == '_')
}

// builder grows the trie.
type builder struct {
	m    *Matcher
	ids  map[string]int32
	step map[uint64]int32
	at   [][]hit // by node

	clashed map[Claim]bool
}

func newBuilder(m *Matcher) *builder {
	return &builder{m: m, ids: map[string]int32{}, step: map[uint64]int32{}, at: make([][]hit, 1), clashed: map[Claim]bool{}}
}

func (b *builder) add(i int) {
	m := b.m
	m.first = append(m.first, int32(len(m.forms)))
	t := &m.terms[i]
	for ni, name := range t.Names {
		for _, f := range m.inflect.forms(name, t, m.lang[i]) {
			at := int32(0)
			h := hit{term: int32(i), name: int32(ni), made: f.made}
			for wi, w := range f.words {
				id, ok := b.ids[w.fold]
				if !ok {
					id = int32(len(b.ids))
					b.ids[w.fold] = id
					m.vocab.list = append(m.vocab.list, w.fold)
				}
				key := uint64(at)<<32 | uint64(id)
				next, ok := b.step[key]
				if !ok {
					next = int32(len(b.at))
					b.at = append(b.at, nil)
					b.step[key] = next
				}
				at = next
				if w.exact {
					h.exact = append(h.exact, exact{int32(wi), w.text})
				}
			}
			h.rank = rank(t.Auto, f.made, len(h.exact))
			m.forms = append(m.forms, keyOf(t, m.lang[i], f))
			b.claim(at, h)
		}
	}
}

// rank orders forms that end at one node: terms that may link first, then
// what an author wrote before what was generated, then the stricter spelling.
func rank(auto, made bool, exacts int) uint8 {
	r := uint8(maxWords - min(exacts, maxWords))
	if made {
		r += 64
	}
	if !auto {
		r += 128
	}
	return r
}

// claim puts h at a node and notes who stood there already.
func (b *builder) claim(at int32, h hit) {
	m := b.m
	for k := len(b.at[at]) - 1; k >= 0 && b.at[at][k].term == h.term; k-- {
		if o := &b.at[at][k]; o.rank <= h.rank && slices.Equal(o.exact, h.exact) {
			return // the same form by another road
		}
	}
	for _, o := range b.at[at] {
		if o.term == h.term {
			break
		}
		s, t := &m.terms[o.term], &m.terms[h.term]
		if o.made || h.made || !s.Auto || !t.Auto || !slices.Equal(o.exact, h.exact) || !sameLang(m.lang[o.term], m.lang[h.term]) {
			continue
		}
		if s.Scope != "" && t.Scope != "" && s.Scope != t.Scope {
			continue
		}
		c := Clash{Word: t.Names[h.name], First: Claim{int(o.term), int(o.name)}, Other: Claim{int(h.term), int(h.name)}}
		if !b.clashed[c.Other] {
			b.clashed[c.Other] = true
			m.clashes = append(m.clashes, c)
		}
		break // one for each name is enough, and keeps this from growing with the square of them
	}
	b.at[at] = append(b.at[at], h)
}

func (b *builder) finish() {
	m := b.m
	m.first = append(m.first, int32(len(m.forms)))
	m.vocab.index()
	m.root = make([]int32, len(m.vocab.list))
	m.edges.init(len(b.step))
	for key, next := range b.step { // order does not matter: look-ups only
		if key>>32 == 0 {
			m.root[uint32(key)] = next
		} else {
			m.edges.put(key, next)
		}
	}
	m.nodes = make([]node, len(b.at))
	for i, hs := range b.at {
		slices.SortStableFunc(hs, func(a, b hit) int { return cmp.Compare(a.rank, b.rank) })
		from := int32(len(m.hits))
		m.hits = append(m.hits, hs...)
		m.nodes[i] = node{from, int32(len(m.hits))}
	}
	slices.SortFunc(m.clashes, func(a, b Clash) int {
		return cmp.Or(cmp.Compare(a.First.Term, b.First.Term), cmp.Compare(a.First.Name, b.First.Name),
			cmp.Compare(a.Other.Term, b.Other.Term), cmp.Compare(a.Other.Name, b.Other.Name))
	})
}
