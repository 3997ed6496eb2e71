package book

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"playbook/generator/document"
	"playbook/generator/glossary"
)

// maxRelink bounds how many documents may have changed for relink to be worth
// its bookkeeping.
const maxRelink = 64

// relink makes a Book that shares everything with prev but what the bodies of a
// few documents decide: their links, what is said of them, and the lists of
// pages that link to others. It returns nil when anything else has changed, and
// linking begins anew.
//
// That is sound because each part of a Book is a function of inputs that are
// compared here. Places, names, sections, cards, fields and relations are made
// of a document's path, front matter, title and summary; anchors of its
// headings; derived values and checks of front matter and, for those that read
// them, of words and tasks, which are worked out again and compared.
func relink(in Input, prev *Book) *Book {
	if prev == nil || !sameBut(in, prev.in) {
		return nil
	}
	var changed []int
	for i, d := range in.Docs {
		old := prev.in.Docs[i]
		if d == old {
			continue
		}
		if len(changed) == maxRelink || !sameHead(d, old) {
			return nil
		}
		changed = append(changed, i)
	}
	b := new(Book)
	*b = Book{in: in, site: prev.site, pages: slices.Clone(prev.pages), byID: prev.byID, names: prev.names, sections: prev.sections,
		tags: prev.tags, tagBy: prev.tagBy, kindBy: prev.kindBy, kinds: prev.kinds, redirect: prev.redirect, redirs: prev.redirs, files: prev.files, terms: prev.terms,
		rest: prev.rest, index: prev.index, shape: prev.shape, linking: prev.linking, rings: prev.rings, checks: slices.Clone(prev.checks), work: prev.work, anchors: prev.anchors}
	b.memo = slices.Clone(prev.memo)
	b.finder = after(prev.finder)
	b.dates, b.calendars, b.partition = slices.Clone(prev.dates), new(sync.Once), new(sync.Once)
	b.toldOnce, b.latestOnce, b.checkMu = new(sync.Once), new(sync.Once), new(sync.Mutex)
	b.recalled = prev.recalled
	b.once, b.ofKind = maps.Clone(prev.once), prev.ofKind
	b.faulty, b.unchecked, b.jargon = prev.faulty, slices.Clone(prev.unchecked), prev.jargon
	l := &linker{index: b.index, b: b}
	for _, i := range changed {
		if !l.replace(in.Docs[i], prev.in.Docs[i]) {
			return nil
		}
	}
	for _, i := range changed {
		n := l.byPath[in.Docs[i].Path].n
		if !b.reportsAlike(b.pages[n], prev.pages[n], prev.checks[n]) {
			return nil
		}
	}
	return b
}

// forget drops what the Book before answered about a page.
func (b *Book) forget(n int32, op Op) {
	m := new(pageMemo)
	for i := range m {
		if Op(i) != op-firstPageOp {
			m[i].Store(b.memo[n][i].Load())
		}
	}
	b.memo[n] = m
}

// sameBut tells whether two inputs are the same but for the bodies of documents.
func sameBut(a, b Input) bool {
	if len(a.Docs) != len(b.Docs) || a.Kinds != b.Kinds || a.AsOf != b.AsOf || a.History != b.History || a.Drafts != b.Drafts || a.Future != b.Future || a.Portable != b.Portable || a.Version != b.Version ||
		!reflect.DeepEqual(a.Config, b.Config) || !maps.Equal(a.Layouts, b.Layouts) || !maps.Equal(a.Texts, b.Texts) || !maps.Equal(a.Assets, b.Assets) {
		return false
	}
	for i, d := range a.Docs {
		if d.Path != b.Docs[i].Path || d.Name != b.Docs[i].Name {
			return false
		}
	}
	if a.Files == b.Files {
		return true
	}
	x, y := a.Files.Files(), b.Files.Files()
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if x[i].Path != y[i].Path || x[i].Link != y[i].Link {
			return false
		}
		// The size of a picture and what an SVG holds are read from files.
		if !isMarkdown(x[i].Path) && x[i] != y[i] {
			return false
		}
	}
	return true
}

// sameHead tells whether two states of a document look the same to all others.
func sameHead(a, b *document.Document) bool {
	if a.Title != b.Title || a.TitleID != b.TitleID || a.Summary != b.Summary || len(a.Headings) != len(b.Headings) || !slices.Equal(a.Anchors, b.Anchors) {
		return false
	}
	for i, h := range a.Headings {
		if g := b.Headings[i]; h.Level != g.Level || h.Shown != g.Shown || h.ID != g.ID || h.Text != g.Text {
			return false
		}
	}
	return broken(a) == broken(b) && reflect.DeepEqual(a.Front, b.Front)
}

// readsBodies are the names by which expressions learn of a document's body.
var readsBodies = []string{"words", "tasks_done", "tasks_total", "sections", "outline"}

// replace puts a new state of a document into the Book; false means that more
// depends on the difference than relink looks after.
func (l *linker) replace(d, old *document.Document) bool {
	b := l.b
	was := l.byPath[d.Path]
	if was == nil || !was.placed {
		return false // hidden: which files are published may hang on it
	}
	was = b.pages[was.n]
	p := new(page)
	*p = *was
	p.doc, p.derived, p.keys = d, p.unsettled(), nil
	p.links = &links{edges: was.edges, resolved: was.resolved, faults: was.links.faults, names: slices.Clone(was.names), lost: was.lost}
	p.targets = make([]Target, len(d.Refs))
	for i := range d.Refs {
		p.targets[i] = l.target(p, &d.Refs[i])
	}
	l.settleLinks(p)
	if len(l.hidden) > 0 && !slices.Equal(filesOf(p), filesOf(was)) {
		return false
	}
	if p.ref.Summary != summaryOf(p) {
		return false // it quotes what the links show
	}
	b.pages[p.n] = p
	b.checks[p.n] = nil
	if b.unchecked != nil {
		b.unchecked = append(b.unchecked, p.n)
	}
	if !slices.Equal(d.Acronyms, old.Acronyms) {
		b.jargon = nil
	}
	b.forget(p.n, OpBody)
	b.forget(p.n, OpPage)
	b.forget(p.n, OpOutline)
	if !l.sameValues(p, was) {
		return false
	}
	l.relist(p, was)
	l.reuse(p, was)
	return true
}

// reuse finds the vocabulary's words in a new state of a page, and enters the
// page where they say they are used.
func (l *linker) reuse(p, was *page) {
	b := l.b
	if len(b.terms.pages) == 0 {
		return
	}
	p.mention(b.find(p))
	has := func(q *page, t int) bool {
		return slices.ContainsFunc(q.mentions, func(m glossary.Mention) bool { return m.Term == t })
	}
	v := *b.terms // what it holds is shared with the Book before
	v.uses = slices.Clone(v.uses)
	b.terms = &v
	for _, q := range []*page{was, p} {
		for _, m := range q.mentions {
			t := m.Term
			b.forget(v.pages[t].n, OpUses)
			i, used := slices.BinarySearch(v.uses[t], p.n)
			switch now := has(p, t); {
			case now && !used:
				v.uses[t] = slices.Insert(slices.Clone(v.uses[t]), i, p.n)
			case !now && used:
				v.uses[t] = slices.Delete(slices.Clone(v.uses[t]), i, i+1)
			}
		}
	}
}

// summaryOf returns the summary that p's card would have.
func summaryOf(p *page) string {
	if p.ref.Summary == "" || p.doc.Summary == "" {
		return p.ref.Summary
	}
	if _, own := p.plain("description").(string); own {
		return p.ref.Summary
	}
	if _, own := p.plain("definition").(string); own && p.kind != nil && p.kind.Glossary {
		return p.ref.Summary
	}
	return p.spoken(p.doc.Summary)
}

// filesOf returns the files that a page's prose refers to.
func filesOf(p *page) []string {
	var out []string
	for _, t := range p.targets {
		if t.Page == "" && strings.HasPrefix(t.URL, Root) {
			out = append(out, t.URL)
		}
	}
	return out
}

// sameValues tells whether the new body leaves all derived values as they were:
// the page's own, which are worked out again, and others', which must not read
// bodies at all unless what they would read is the same.
func (l *linker) sameValues(p, was *page) bool {
	if sameFacts(p.doc, was.doc) {
		p.derived = was.derived
		return true
	}
	for _, k := range l.b.in.Kinds.All() {
		if k.ReadsFar(readsBodies...) {
			return false
		}
	}
	if p.kind == nil {
		return true
	}
	if !l.sameDates(p, was) {
		return false
	}
	for i := range p.kind.Derived {
		v, err := l.b.derive(p, i)
		w, werr := l.b.derive(was, i)
		if (err == nil) != (werr == nil) || digestOf(plainValue(v)) != digestOf(plainValue(w)) {
			return false
		}
	}
	return true
}

// sameDates tells whether the new body leaves what the page has for calendars as
// it was.
func (l *linker) sameDates(p, was *page) bool {
	b := l.b
	old := b.dates[p.n]
	if old == nil {
		old = b.date(was)
	}
	b.dates[p.n] = b.date(p)
	return slices.Equal(b.dates[p.n].events, old.events)
}

// sameFacts tells whether two bodies say the same to expressions.
func sameFacts(a, b *document.Document) bool {
	if a.Words != b.Words || len(a.Facts) != len(b.Facts) {
		return false
	}
	for i, f := range a.Facts {
		if g := b.Facts[i]; f.Kind != g.Kind || f.Section != g.Section || f.Done != g.Done {
			return false
		}
	}
	for i, h := range a.Headings {
		if h.Words != b.Headings[i].Words {
			return false
		}
	}
	return true
}

// relist replaces what was says of other pages by what p says, in the lists of
// pages that mention them.
func (l *linker) relist(p, was *page) {
	b := l.b
	said := func(q *page) map[int32][]backEdge {
		out := map[int32][]backEdge{}
		for _, s := range q.said {
			out[s.to] = append(out[s.to], backEdge{q.n, s.snippet})
		}
		return out
	}
	before, after := said(was), said(p)
	touched := map[int32]bool{}
	for n, e := range before {
		touched[n] = !slices.Equal(e, after[n])
	}
	for n, e := range after {
		touched[n] = !slices.Equal(e, before[n])
	}
	for n, differs := range touched {
		if !differs {
			continue
		}
		q := new(page)
		*q = *b.pages[n]
		q.back = nil
		put := false
		for _, e := range b.pages[n].back {
			if e.from >= p.n && !put {
				q.back, put = append(q.back, after[n]...), true
			}
			if e.from != p.n {
				q.back = append(q.back, e)
			}
		}
		if !put {
			q.back = append(q.back, after[n]...)
		}
		b.pages[n] = q
		b.forget(n, OpBacklinks)
	}
}
