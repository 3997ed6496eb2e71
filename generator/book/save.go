package book

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"playbook/generator/diag"
	"playbook/generator/glossary"
	"playbook/generator/source"
)

// A Book is not kept on disk. What is kept is what costs time to work out: what
// schemas say of front matter, what references mean, where terms are mentioned,
// derived values and checks. Recall links the documents once more and takes
// these from there, so that there is one way in which a Book comes about. What
// cannot be read, or was not kept, is worked out.

// Form numbers the form that Save writes. Raise it with every change of what is
// kept, or of what it means.
const Form = 4

// maxSavedDepth bounds how deep a derived value that is kept is nested.
const maxSavedDepth = 50

// Save returns, in parts, what Recall needs to make b again of the Input it was
// made of.
func (b *Book) Save() [][]byte {
	var e source.Encoder
	e.Diags(b.linking)
	e.Diags(b.rings)
	e.Strs(b.files)
	e.Bool(b.jargon != nil)
	if b.jargon != nil {
		e.Int(b.jargon.pages)
		e.Len(len(b.jargon.list), b.jargon.list == nil)
		for _, j := range b.jargon.list {
			e.Str(j.Word)
			e.Int(j.Pages)
			e.Pos(j.At)
			e.Pos(j.To)
			e.Len(len(j.Also), j.Also == nil)
			for _, n := range j.Also {
				e.Pos(n.At)
				e.Str(n.Msg)
			}
		}
	}
	orders := func(names []string, pages func(name string) []int32) {
		e.Len(len(names), false)
		for _, name := range names {
			e.Str(name)
			list := pages(name)
			e.Len(len(list), false)
			for _, n := range list {
				e.Uint(uint64(n))
			}
		}
	}
	orders(slices.Sorted(maps.Keys(b.kindBy)), func(name string) []int32 {
		out := make([]int32, len(b.kindBy[name]))
		for i, c := range b.kindBy[name] {
			out[i] = b.byID[c.ID]
		}
		return out
	})
	var sections []string // those that a kind arranges
	for _, k := range b.in.Kinds.All() {
		if b.sections[k.Section] != nil && k.Section != "" && !slices.Contains(sections, k.Section) {
			sections = append(sections, k.Section)
		}
	}
	orders(sections, func(name string) []int32 {
		out := make([]int32, len(b.sections[name].children))
		for i, p := range b.sections[name].children {
			out[i] = p.n
		}
		return out
	})
	blocks := make([]source.Encoder, (len(b.index.order)+255)/256)
	parallel(b.in.Workers, len(blocks), func(k int) {
		var own source.Encoder
		out := &blocks[k]
		out.B = make([]byte, 0, 512<<10)
		for _, p := range b.index.order[k*256 : min(len(b.index.order), (k+1)*256)] {
			p = b.latest(p)
			for n, save := range [...]func(*source.Encoder, *page){saveSeed, b.saveLinks, saveMentions, b.saveEvaluated} {
				if r := b.recalled; r != nil && n != pieceEvaluated && r.pages[p.order] == p && r.docs[p.order][n] != "" {
					out.Str(r.docs[p.order][n]) // nothing of it has changed since
					continue
				}
				own.B = own.B[:0]
				save(&own, p)
				out.Bytes(own.B)
			}
		}
	})
	var found source.Encoder
	b.saveFinding(&found)
	e.Bytes(found.B)
	e.Len(len(b.index.order), false)
	out := [][]byte{e.B}
	for i := range blocks {
		out = append(out, blocks[i].B)
	}
	return out
}

func saveSeed(e *source.Encoder, p *page) {
	if !p.described {
		return
	}
	e.Strs(slices.Sorted(maps.Keys(p.bad)))
	e.Diags(p.seed.faults)
}

func (b *Book) saveLinks(e *source.Encoder, p *page) {
	if !p.placed || p.links == nil {
		return
	}
	e.Uint(uint64(len(p.targets)))
	for i := range p.targets {
		t := &p.targets[i]
		n, page := b.byID[t.Page]
		if page = page && t.Page != ""; page {
			e.Uint(uint64(n) + 1)
		} else {
			e.Uint(0)
			e.Str(t.Page)
		}
		// Most URLs are that of the page, and more.
		rest, whole := t.URL, true
		if page {
			if r, ok := strings.CutPrefix(t.URL, b.pages[n].url); ok {
				rest, whole = r, false
			}
		}
		e.Bool(whole)
		e.Str(rest)
		e.Str(t.Text)
		e.Bool(t.Quote)
		e.Int(t.Section)
		e.Int(t.W)
		e.Int(t.H)
	}
	e.Diags(p.prose)
	e.Diags(p.links.faults)
	e.Len(len(p.edges), p.edges == nil)
	for i := range p.edges {
		e.Uint(uint64(p.edges[i].to))
		e.Str(p.edges[i].field)
		e.Int(p.edges[i].at.Line) // in the document, as all references are
		e.Int(p.edges[i].at.Col)
	}
	e.Len(len(p.resolved), p.resolved == nil)
	for _, k := range slices.Sorted(maps.Keys(p.resolved)) {
		e.Str(k)
		e.Uint(uint64(p.resolved[k]))
	}
	e.Len(len(p.names), p.names == nil)
	for _, k := range p.names {
		e.Fixed32(k)
	}
	e.Bool(p.lost)
}

func saveMentions(e *source.Encoder, p *page) {
	if !p.placed {
		return
	}
	e.Len(len(p.mentions), p.mentions == nil)
	at := 0
	for _, m := range p.mentions {
		e.Int(m.From - at)
		e.Int(m.To - m.From)
		e.Uint(uint64(m.Term))
		e.Int(m.Section)
		at = m.From
	}
}

func (b *Book) saveEvaluated(e *source.Encoder, p *page) {
	if !p.placed {
		return
	}
	// What one value was worked out from the next mostly is, too.
	var last []int32
	reads := func(list []int32) {
		if e.Bool(last != nil && slices.Equal(list, last)); last != nil && slices.Equal(list, last) {
			return
		}
		e.Len(len(list), false)
		at := int32(0)
		for _, n := range list { // sorted
			e.Uint(uint64(n - at))
			at = n
		}
		last = list
	}
	e.Len(len(p.derived), p.derived == nil)
	for i := range p.derived {
		st := &p.derived[i]
		at := len(e.B)
		e.Bool(true)
		if !st.settled() || st.err != nil || st.loop || len(st.sets) > 0 || !b.saveValue(e, st.v, 0) {
			e.B = e.B[:at]
			e.Bool(false) // it will be worked out again
			continue
		}
		reads(st.reads)
	}
	c := b.checks[p.n]
	keep := c != nil && !c.loop && len(c.sets) == 0
	e.Bool(keep)
	if keep {
		e.Diags(c.diags)
		reads(c.reads)
	}
}

// The kinds of value that an expression can give.
const (
	savedNil = iota
	savedFalse
	savedTrue
	savedInt
	savedInt64
	savedFloat
	savedText
	savedList
	savedMap
	savedPage
	savedKinds
)

// saveValue appends a derived value; false if it is of a kind that is not kept.
func (b *Book) saveValue(e *source.Encoder, v any, depth int) bool {
	if depth > maxSavedDepth {
		return false
	}
	kindOf := func(k byte) { e.B = append(e.B, k) }
	switch v := v.(type) {
	case nil:
		kindOf(savedNil)
	case bool:
		if v {
			kindOf(savedTrue)
		} else {
			kindOf(savedFalse)
		}
	case int:
		kindOf(savedInt)
		e.Int(v)
	case int64:
		kindOf(savedInt64)
		e.Int(int(v))
	case float64:
		kindOf(savedFloat)
		e.Float(v)
	case string:
		kindOf(savedText)
		e.Str(v)
	case []any:
		kindOf(savedList)
		e.Len(len(v), v == nil)
		for _, x := range v {
			if !b.saveValue(e, x, depth+1) {
				return false
			}
		}
	case map[string]any:
		kindOf(savedMap)
		e.Len(len(v), v == nil)
		for _, k := range slices.Sorted(maps.Keys(v)) {
			e.Str(k)
			if !b.saveValue(e, v[k], depth+1) {
				return false
			}
		}
	case *object:
		n, ok := b.byID[v.p.id]
		kindOf(savedPage)
		e.Uint(uint64(n))
		return ok
	default:
		return false
	}
	return true
}

// recalled is what Save wrote, in pieces that are read where they are needed.
type recalled struct {
	linking, rings []diag.Diagnostic
	files          []string
	jargon         *jargon
	kinds          map[string][]int32 // their pages in order
	found          string             // what saveFinding wrote
	sections       map[string][]int32
	docs           [][4]string // by document: seed, links, mentions, what was evaluated
	pages          []*page     // of the documents
	bad            atomic.Bool // something could not be read
}

const (
	pieceSeed = iota
	pieceLinks
	pieceMentions
	pieceEvaluated
)

func readRecalled(saved string, docs int) *recalled {
	r := source.NewDecoder(saved)
	out := &recalled{linking: r.Diags(), rings: r.Diags(), files: r.Strs()}
	if r.Bool() {
		j := &jargon{pages: r.Int()}
		if n, none := r.Len(9); !none {
			j.list = make([]Jargon, n)
			for i := range j.list {
				x := &j.list[i]
				x.Word, x.Pages, x.At, x.To = r.Str(), r.Int(), r.Pos(), r.Pos()
				if n, none := r.Len(4); !none {
					x.Also = make([]diag.Note, n)
					for k := range x.Also {
						x.Also[k] = diag.Note{At: r.Pos(), Msg: r.Str()}
					}
				}
			}
		}
		out.jargon = j
	}
	orders := func() map[string][]int32 {
		n, _ := r.Len(2)
		all := make(map[string][]int32, n)
		for range n {
			name := r.Str()
			k, _ := r.Len(1)
			list := make([]int32, k)
			for i := range list {
				list[i] = int32(r.Below(1 << 31))
			}
			all[name] = list
		}
		return all
	}
	out.kinds, out.sections = orders(), orders()
	out.found = r.Str()
	n, _ := r.Len(4)
	if n != docs {
		return nil
	}
	out.docs = make([][4]string, n)
	for i := range out.docs {
		for k := range out.docs[i] {
			out.docs[i][k] = r.Str()
		}
	}
	if !r.Done() {
		return nil
	}
	return out
}

// Recall returns the Book of which Save gave saved, if in is what that one was
// made of; nil if saved cannot be read. Nothing is read from in.Files. What the
// Book answers is worked out when it is asked, as always.
func Recall(ctx context.Context, in Input, saved string) (b *Book) {
	s := readRecalled(saved, len(in.Docs))
	if s == nil {
		return nil
	}
	b, _, err := link(ctx, in, nil, s)
	if err != nil || s.bad.Load() {
		return nil
	}
	s.pages = slices.Clone(b.index.order)
	b.recalled = s
	b.finder.saved, b.finder.book = s.found, b
	return b
}

// piece gives what was kept about a page, for f to read; false if nothing was,
// or if it cannot be.
func (l *linker) piece(p *page, which int, f func(r *source.Decoder)) bool {
	s := l.recalled
	if s == nil || p.doc == nil {
		return false
	}
	text := s.docs[p.order][which]
	if text == "" {
		return false
	}
	r := source.NewDecoder(text)
	if f(r); !r.Done() {
		s.bad.Store(true)
		return false
	}
	return true
}

// ofKind and inSection return pages in the order that was kept; false if none
// was, or if it is not one of so many pages.
func (s *recalled) ofKind(b *Book, id string, count int) ([]*page, bool) {
	if s == nil {
		return nil, false
	}
	return s.ordered(b, s.kinds[id], count)
}

func (s *recalled) inSection(b *Book, id string, count int) ([]*page, bool) {
	if s == nil {
		return nil, false
	}
	return s.ordered(b, s.sections[id], count)
}

func (s *recalled) ordered(b *Book, list []int32, count int) ([]*page, bool) {
	if len(list) != count {
		s.bad.Store(true)
		return nil, false
	}
	out := make([]*page, len(list))
	for i, n := range list {
		if int(n) >= len(b.pages) {
			s.bad.Store(true)
			return nil, false
		}
		out[i] = b.pages[n]
	}
	return out, true
}

// recallSeed fills in what the schema said of a page.
func (l *linker) recallSeed(p *page) bool {
	var bad map[string]bool
	var faults []diag.Diagnostic
	ok := l.piece(p, pieceSeed, func(r *source.Decoder) {
		list := r.Strs()
		if len(list) > 0 {
			bad = make(map[string]bool, len(list))
		}
		for _, k := range list {
			bad[k] = true
		}
		faults = r.Diags()
	})
	if ok {
		p.bad, p.seed.faults = bad, faults
	}
	return ok
}

// recallLinks fills in what a page's references meant.
func (l *linker) recallLinks(p *page) bool {
	o := &links{}
	pages := l.b.pages
	ok := l.piece(p, pieceLinks, func(r *source.Decoder) {
		if n := r.Below(len(p.doc.Refs) + 1); n != len(p.doc.Refs) {
			r.Fail()
			return
		}
		o.targets = make([]Target, len(p.doc.Refs))
		for i := range o.targets {
			t := &o.targets[i]
			n := r.Below(len(pages) + 1)
			url := ""
			if n > 0 {
				t.Page, url = pages[n-1].id, pages[n-1].url
			} else if t.Page = r.Str(); t.Page != "" {
				r.Fail() // a page that is not there
				return
			}
			if whole, rest := r.Bool(), r.Str(); whole {
				t.URL = rest
			} else if rest == "" {
				t.URL = url
			} else {
				t.URL = url + rest
			}
			t.Text, t.Quote, t.Section, t.W, t.H = r.Str(), r.Bool(), r.Int(), r.Int(), r.Int()
			if t.Section < -1 || n == 0 && t.Section > 0 || n > 0 && (pages[n-1].doc == nil && t.Section > 0 || pages[n-1].doc != nil && t.Section >= max(1, len(pages[n-1].doc.Headings))) {
				r.Fail()
			}
		}
		o.prose, o.faults = r.Diags(), r.Diags()
		if n, none := r.Len(4); !none {
			o.edges = make([]edge, n)
			for i := range o.edges {
				o.edges[i] = edge{int32(r.Below(len(pages))), r.Str(), diag.Pos{File: p.doc.Name, Line: r.Int(), Col: r.Int()}}
			}
		}
		if n, none := r.Len(2); !none {
			o.resolved = make(map[string]int32, n)
			for range n {
				k := r.Str()
				o.resolved[k] = int32(r.Below(len(pages)))
			}
		}
		if n, none := r.Len(4); !none {
			o.names = make([]uint32, n)
			for i := range o.names {
				o.names[i] = r.Fixed32()
			}
		}
		o.lost = r.Bool()
	})
	if ok {
		p.links = o
		l.settleLinks(p)
	}
	return ok
}

// recallMentions fills in where a page mentions terms.
func (l *linker) recallMentions(p *page) bool {
	var list []glossary.Mention
	ok := l.piece(p, pieceMentions, func(r *source.Decoder) {
		n, none := r.Len(4)
		if none {
			return
		}
		list = make([]glossary.Mention, n)
		at := 0
		for i := range list {
			m := &list[i]
			m.From = at + r.Int()
			m.To = m.From + r.Int()
			m.Term = r.Below(len(l.b.terms.pages))
			m.Section = r.Int()
			if m.From < at || m.To < m.From || m.To > p.doc.Body.Size() || m.Section < -1 || m.Section >= len(p.doc.Headings) {
				r.Fail()
			}
			at = m.From
		}
	})
	if ok {
		p.mention(list)
	}
	return ok
}

// recallEvaluated fills in derived values and what checks found.
func (l *linker) recallEvaluated(p *page) {
	var derived []derivedValue
	var c *checked
	if p.kind == nil && l.recalled != nil {
		return
	}
	ok := l.piece(p, pieceEvaluated, func(r *source.Decoder) {
		var last []int32
		reads := func() []int32 {
			if r.Bool() {
				return last
			}
			n, _ := r.Len(1)
			last = make([]int32, n)
			at := 0
			for i := range last {
				if at += r.Below(len(l.b.pages)); at >= len(l.b.pages) {
					r.Fail()
					at = 0
				}
				last[i] = int32(at)
			}
			return last
		}
		n, none := r.Len(1)
		if !none {
			if n != len(p.kind.Derived) {
				r.Fail()
				return
			}
			derived = make([]derivedValue, n)
		}
		for i := range derived {
			if !r.Bool() {
				continue
			}
			st := &derived[i]
			st.v = l.b.recallValue(r, &st.docs, 0)
			st.reads = reads()
			st.settle()
		}
		if r.Bool() {
			c = &checked{diags: r.Diags(), reads: reads()}
		}
	})
	if ok {
		p.derived, l.b.checks[p.n] = derived, c
	}
}

func (b *Book) recallValue(r *source.Decoder, docs *bool, depth int) any {
	if depth > maxSavedDepth {
		r.Fail()
		return nil
	}
	switch r.Below(savedKinds) {
	case savedFalse:
		return false
	case savedTrue:
		return true
	case savedInt:
		return r.Int()
	case savedInt64:
		return int64(r.Int())
	case savedFloat:
		return r.Float()
	case savedText:
		return r.Str()
	case savedList:
		n, none := r.Len(1)
		if none {
			return []any(nil)
		}
		out := make([]any, n)
		for i := range out {
			out[i] = b.recallValue(r, docs, depth+1)
		}
		return out
	case savedMap:
		n, none := r.Len(2)
		if none {
			return map[string]any(nil)
		}
		out := make(map[string]any, n)
		for range n {
			k := r.Str()
			out[k] = b.recallValue(r, docs, depth+1)
		}
		return out
	case savedPage:
		*docs = true
		return b.recallObject(r)
	}
	return nil
}

func (b *Book) recallObject(r *source.Decoder) *object {
	return &object{p: b.pages[r.Below(len(b.pages))]}
}

// Known says that b's answer to a question has this digest, which is known from
// elsewhere: the answer itself is worked out only if somebody wants it.
func (b *Book) Known(q Question, d source.Digest) {
	a := bareAnswer(d)
	if isSearch(q.Op) {
		b.finder.known.Store(q, a)
		return
	}
	if n, ok := b.byID[q.Arg]; ok && q.Op >= firstPageOp && q.Op <= lastPageOp {
		b.memo[n][q.Op-firstPageOp].Store(a)
	} else {
		b.rest.Store(q, a)
	}
}

// Own tells whether a question is mostly asked by one output, or by those that are
// made of one page.
func (o Op) Own() bool {
	switch o {
	case OpPage, OpBody, OpBacklinks, OpRelations, OpUses, OpOutline, OpEvents, OpSearchWords, OpSearchPages:
		return true
	}
	return false
}

// Forget keeps of the answers to these questions the digests alone: what is made
// of them is made, and together they are a good part of a large site's
// memory. Who asks again gets them again, worked out anew.
func (b *Book) Forget(qs []Question) {
	for _, q := range qs {
		if isSearch(q.Op) {
			f := b.finding()
			if v, ok := f.answers.Load(q); ok && !v.(*Answer).bare {
				f.answers.CompareAndSwap(q, v, bareAnswer(v.(*Answer).Digest()))
			}
			continue
		}
		n, ok := b.byID[q.Arg]
		if !ok || !q.Op.Own() {
			continue
		}
		slot := &b.memo[n][q.Op-firstPageOp]
		if known := slot.Load(); known != nil && !known.bare {
			slot.CompareAndSwap(known, bareAnswer(known.Digest()))
		}
	}
}

// bareAnswer is an answer of which only the digest is known.
func bareAnswer(d source.Digest) *Answer {
	a := &Answer{bare: true, digest: d}
	a.once.Do(func() {})
	return a
}

// Digest returns the digest of the answer to q, without working the answer out
// if it is known.
func (b *Book) Digest(q Question) source.Digest {
	if n, ok := b.byID[q.Arg]; ok && q.Op >= firstPageOp && q.Op <= lastPageOp {
		if a := b.memo[n][q.Op-firstPageOp].Load(); a != nil {
			return a.Digest()
		}
	} else if a, ok := b.rest.Load(q); ok {
		return a.(*Answer).Digest()
	} else if isSearch(q.Op) {
		if a, ok := b.finding().answers.Load(q); ok {
			return a.(*Answer).Digest()
		}
	}
	return b.Answer(q).Digest()
}
