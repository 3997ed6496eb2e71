package glossary

import (
	"bytes"
	"cmp"
	"slices"
)

// scratch is what one call of Find works with.
type scratch struct {
	scan  scanner
	words []found
	text  []byte // spellings of words that are not quick
	tags  []tag
	stack []int // indexes into tags
	lone  []int
}

// found is one word or sign of the text that some name has too (id >= 0), or
// a place where no name goes on (id < 0).
type found struct {
	id             int32
	fromRun, toRun int32
	from, to       int
	text, end      int // its spelling in scratch.text; end 0: html[from:to]
}

// tag is an emphasis tag between two runs of a chain.
type tag struct {
	name  []byte
	run   int32 // the run after it
	close bool
}

// Find appends to dst the mentions in the prose of html, in order, and returns
// it. Runs that lie outside html or out of order are passed over.
//
// Terms of another language than the page's, and terms whose scope the page
// does not lie in, are as if they were not there. Terms without Auto are found,
// so that their use can be counted and shorter terms inside them stay unlinked.
func (m *Matcher) Find(p Page, html []byte, runs []Run, dst []Mention) []Mention {
	if len(m.hits) == 0 {
		return dst
	}
	if p.Lang == "" {
		p.Lang = m.def
	}
	w := m.pool.Get().(*scratch)
	for len(runs) > 0 {
		n := w.chain(html, runs)
		if n == 0 {
			runs = runs[1:]
			continue
		}
		dst = m.findIn(w, p, html, runs[:n], dst)
		runs = runs[n:]
	}
	w.scan.html, w.scan.runs = nil, nil
	clear(w.tags[:cap(w.tags)])
	m.pool.Put(w)
	return dst
}

// chain returns how many of the first runs form one text, 0 if the first is
// not usable, and fills w.tags with the tags between them.
func (w *scratch) chain(html []byte, runs []Run) int {
	w.tags = w.tags[:0]
	if r := runs[0]; r.From < 0 || r.To < r.From || r.To > len(html) {
		return 0
	}
	n := 1
	for n < len(runs) {
		a, b := runs[n-1], runs[n]
		if b.Block != a.Block || b.From < a.To || b.To < b.From || b.To > len(html) {
			break
		}
		k := len(w.tags)
		gap := html[a.To:b.From]
		for len(gap) > 0 {
			t, size := emphasis(gap)
			if size == 0 {
				break
			}
			t.run = int32(n)
			w.tags = append(w.tags, t)
			gap = gap[size:]
		}
		if len(gap) > 0 {
			w.tags = w.tags[:k]
			break
		}
		n++
	}
	return n
}

// emphasis reads the tag that b begins with; size is 0 unless it is one of
// those that leave the words they stand between together.
func emphasis(b []byte) (t tag, size int) {
	if len(b) < 3 || b[0] != '<' {
		return t, 0
	}
	i := 1
	if b[1] == '/' {
		t.close = true
		i = 2
	}
	j := i
	for j < len(b) && (b[j] >= 'a' && b[j] <= 'z' || b[j] >= 'A' && b[j] <= 'Z') {
		j++
	}
	switch string(b[i:j]) {
	case "em", "strong", "b", "i", "del", "ins", "mark", "s", "u":
	default:
		return t, 0
	}
	t.name = b[i:j]
	if j < len(b) && b[j] != '>' && b[j] != ' ' && b[j] != '\n' && b[j] != '\t' {
		return t, 0
	}
	var quote byte
	for ; j < len(b); j++ {
		switch c := b[j]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return t, j + 1
		case c == '<' || c == '/':
			return t, 0
		}
	}
	return t, 0
}

// findIn finds the mentions in one chain.
func (m *Matcher) findIn(w *scratch, p Page, html []byte, runs []Run, dst []Mention) []Mention {
	w.words, w.text = w.words[:0], w.text[:0]
	s := &w.scan
	s.reset(html, runs)
	live := false
	for s.next() {
		id := m.vocab.number(s)
		if id < 0 {
			// One such word is enough to end every phrase.
			if live {
				w.words = append(w.words, found{id: -1})
				live = false
			}
			continue
		}
		if !live && m.root[id] == 0 {
			continue
		}
		live = true
		f := found{id: id, from: s.from, to: s.to, fromRun: int32(s.fromRun), toRun: int32(s.toRun)}
		if !s.quick {
			f.text = len(w.text)
			w.text = append(w.text, s.exact...)
			f.end = len(w.text)
		}
		w.words = append(w.words, f)
	}
	words := w.words
	for i := 0; i < len(words); {
		if words[i].id < 0 || m.root[words[i].id] == 0 {
			i++
			continue
		}
		at := m.root[words[i].id]
		best := -1
		var mention Mention
		for j := i; ; {
			if n := m.nodes[at]; n.from < n.to {
				if term := m.best(w, p, html, at, i); term >= 0 {
					if from, to, ok := w.balance(html, runs, i, j); ok {
						best = j
						mention = Mention{From: from, To: to, Term: int(term), Section: runs[words[i].fromRun].Section}
					}
				}
			}
			j++
			if j == len(words) || words[j].id < 0 {
				break
			}
			next, ok := m.edges.get(uint64(at)<<32 | uint64(words[j].id))
			if !ok {
				break
			}
			at = next
		}
		if best < 0 {
			i++
			continue
		}
		dst = append(dst, mention)
		i = best + 1
	}
	return dst
}

// best returns the term for the phrase that begins at word i and ends at node
// at, -1 if none applies here.
func (m *Matcher) best(w *scratch, p Page, html []byte, at int32, i int) int32 {
	n := m.nodes[at]
	term, rank, scope := int32(-1), uint8(0), 0
	for k := n.from; k < n.to; k++ {
		h := &m.hits[k]
		if term >= 0 && h.rank > rank {
			break
		}
		if !sameLang(m.lang[h.term], p.Lang) {
			continue
		}
		in := len(p.In)
		if want := m.terms[h.term].Scope; want != "" {
			for in = 0; in < len(p.In) && p.In[in] != want; in++ {
			}
			if in == len(p.In) {
				continue
			}
		}
		if term >= 0 && in >= scope || !w.spelled(html, h.exact, i) {
			continue
		}
		term, rank, scope = h.term, h.rank, in
	}
	return term
}

func (w *scratch) spelled(html []byte, want []exact, i int) bool {
	for k := range want {
		f := &w.words[i+int(want[k].at)]
		b := html[f.from:f.to]
		if f.end > 0 {
			b = w.text[f.text:f.end]
		}
		if string(b) != want[k].text {
			return false
		}
	}
	return true
}

// balance returns the range of words i to j, grown over tags beside it so that
// the tags inside pair up; ok is false if that takes more than tags.
func (w *scratch) balance(html []byte, runs []Run, i, j int) (from, to int, ok bool) {
	a, b := &w.words[i], &w.words[j]
	from, to = a.from, b.to
	if a.fromRun == b.toRun {
		return from, to, true
	}
	w.stack, w.lone = w.stack[:0], w.lone[:0]
	k, _ := slices.BinarySearchFunc(w.tags, a.fromRun+1, func(t tag, run int32) int { return cmp.Compare(t.run, run) })
	for ; k < len(w.tags) && w.tags[k].run <= b.toRun; k++ {
		t := &w.tags[k]
		switch n := len(w.stack); {
		case !t.close:
			w.stack = append(w.stack, k)
		case n == 0:
			w.lone = append(w.lone, k)
		case bytes.Equal(w.tags[w.stack[n-1]].name, t.name):
			w.stack = w.stack[:n-1]
		default:
			return 0, 0, false
		}
	}
	if len(w.lone) > 0 && from != runs[a.fromRun].From || len(w.stack) > 0 && to != runs[b.toRun].To {
		return 0, 0, false
	}
	for _, k := range w.lone {
		open := bytes.LastIndexByte(html[:from], '<')
		if open < 0 {
			return 0, 0, false
		}
		t, size := emphasis(html[open:from])
		if size != from-open || t.close || !bytes.Equal(t.name, w.tags[k].name) {
			return 0, 0, false
		}
		from = open
	}
	for k := len(w.stack) - 1; k >= 0; k-- {
		t, size := emphasis(html[to:])
		if size == 0 || !t.close || !bytes.Equal(t.name, w.tags[w.stack[k]].name) {
			return 0, 0, false
		}
		to += size
	}
	return from, to, true
}
