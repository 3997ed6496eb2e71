package book

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"playbook/generator/glossary"
)

// Linking anew costs the site; most edits leave almost all of it as it was. So
// each stage takes over from the Book before what it would make again: a page's
// seed when its document and place are the same, what its references mean when
// every name it looked up means what it meant and every page it reached looks
// as it looked, its card when that is equal, an answer when all it is made of
// was taken over. Each of these is a comparison of inputs; no stage knows what
// was edited.

// comparable returns prev if something of it may be taken over under in.
func comparable(prev *Book, in Input) *Book {
	if prev == nil || prev.in.Kinds != in.Kinds || prev.in.Portable != in.Portable || !reflect.DeepEqual(prev.in.Config, in.Config) {
		return nil
	}
	return prev
}

// latest returns the state in b of a page that its index knows: linking by
// sharing leaves the index as it was.
func (b *Book) latest(p *page) *page {
	if p == nil || !p.placed {
		return p
	}
	return b.pages[p.n]
}

// compare finds how the names of this Book differ from those of the one before.
func (l *linker) compare() {
	if l.prev == nil {
		return
	}
	b, old := l.b, l.prev
	l.moved = map[uint32]bool{}
	l.stable = make([]bool, len(old.pages))
	same := len(b.pages) == len(old.pages)
	for i := 0; same && i < len(b.pages); i++ {
		same = b.pages[i].id == old.pages[i].id
	}
	if !same {
		l.renumbered = make([]int32, len(old.pages))
	}
	i := 0
	for n, q := range old.pages {
		for i < len(b.pages) && b.pages[i].id < q.id {
			l.move(b.pages[i])
			i++
		}
		if i == len(b.pages) || b.pages[i].id != q.id {
			l.move(q)
			if !same {
				l.renumbered[n] = -1
			}
			continue
		}
		p := b.pages[i]
		if !same {
			l.renumbered[n] = int32(i)
		}
		i++
		if p.was == nil && p.doc == nil && q.doc == nil {
			p.was = q
		}
		if !namesAlike(p, q) {
			l.move(p)
			l.move(q)
		} else {
			l.stable[n] = p.doc == q.doc || p.doc != nil && q.doc != nil && sameHead(p.doc, q.doc)
		}
	}
	for ; i < len(b.pages); i++ {
		l.move(b.pages[i])
	}
	// What is hidden can be found too, to say so.
	hidden := map[string]bool{}
	for _, p := range old.index.hidden {
		hidden[p.doc.Path] = true
	}
	for _, p := range l.hidden {
		if !hidden[p.doc.Path] {
			l.move(p)
		}
		delete(hidden, p.doc.Path)
	}
	for _, p := range old.index.hidden {
		if hidden[p.doc.Path] {
			l.move(p)
		}
	}
	l.compareFiles()
}

// namesAlike tells whether two pages of one id are found by the same names and
// answer alike to whoever finds them.
func namesAlike(p, q *page) bool {
	if (p.doc == nil) != (q.doc == nil) || p.url != q.url || p.title != q.title || p.kind != q.kind || p.index != q.index || !slices.Equal(p.words, q.words) {
		return false
	}
	return p.doc == nil || p.doc.Path == q.doc.Path
}

// move notes that all names of a page may mean something else.
func (l *linker) move(p *page) {
	if p.doc != nil {
		l.moved[pathKey(p.doc.Path)] = true
	}
	l.moved[pathKey(strings.TrimPrefix(p.url, Root))] = true
	l.moved[pathKey(strings.TrimSuffix(p.out, "index.html"))] = true
	l.moved[pathKey(p.id)] = true // a section
	for f := p.folder; f != ""; f, _ = split2(f) {
		l.moved[pathKey(f)] = true
	}
	for t := p.id; ; {
		l.moved[nameKey(t)] = true
		i := strings.IndexByte(t, '/')
		if i < 0 {
			break
		}
		t = t[i+1:]
	}
	for _, w := range p.words {
		l.moved[wordKey(w)] = true
	}
	if v, ok := p.front("id"); ok {
		l.moved[nameKey(norm.NFC.String(v.Str))] = true
	}
	l.moved[wordKey(p.title)] = true
}

// compareFiles finds how the files beside pages differ.
func (l *linker) compareFiles() {
	a, c := l.prev.in.Files.Files(), l.b.in.Files.Files()
	l.sameFiles = maps.Equal(l.prev.index.foldersOf(l.prev), l.foldersOf(l.b)) // what lies beside hidden pages is not to be linked to
	if l.prev.in.Files == l.b.in.Files {
		return
	}
	i := 0
	for k := range a {
		for i < len(c) && c[i].Path < a[k].Path {
			l.file(c[i].Path)
			i++
		}
		if i == len(c) || c[i].Path != a[k].Path {
			l.file(a[k].Path)
			continue
		}
		if !isMarkdown(a[k].Path) && c[i] != a[k] {
			l.sameFiles = false
		}
		i++
	}
	for ; i < len(c); i++ {
		l.file(c[i].Path)
	}
}

func (l *linker) file(path string) {
	if !isMarkdown(path) {
		l.sameFiles = false
	}
	l.moved[pathKey(norm.NFC.String(path))] = true
}

// Keys stand for names in the lists of what was looked up. Two names may share
// one, which costs a needless look and nothing else.

func key(tag byte, s string) uint32 { // FNV-1a
	h := (uint32(2166136261) ^ uint32(tag)) * 16777619
	for i := 0; i < len(s); i++ {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}

func nameKey(s string) uint32 { return key('n', s) }
func wordKey(s string) uint32 { return key('w', foldWord(s)) }

// pathKey is the same for all ways to write one page's path.
func pathKey(s string) uint32 {
	s = strings.TrimSuffix(s, "/")
	s = strings.TrimSuffix(s, "index.html")
	for _, ext := range [...]string{".md", ".markdown", ".html"} {
		if t, ok := strings.CutSuffix(s, ext); ok {
			s = t
			break
		}
	}
	return key('p', strings.TrimSuffix(s, "/"))
}

// takeOver gives p what its references meant before, if they must mean that
// still.
func (l *linker) takeOver(p *page) bool {
	q := p.was
	if q == nil || !q.placed || q.seed != p.seed || q.links == nil || q.url != p.url || q.doc != p.doc || q.lost && len(l.moved) > 0 || q.files && !l.sameFiles {
		return false
	}
	for _, k := range q.names {
		if l.moved[k] {
			return false
		}
	}
	for _, n := range q.reached {
		if !l.stable[n] {
			return false
		}
	}
	p.links = q.links
	if l.renumbered != nil {
		p.links = q.links.renumber(l.renumbered)
	}
	return true
}

// renumber returns a copy of o in terms of other page numbers.
func (o *links) renumber(to []int32) *links {
	c := *o
	c.edges = slices.Clone(o.edges)
	for i := range c.edges {
		c.edges[i].to = to[c.edges[i].to]
	}
	c.said = slices.Clone(o.said)
	for i := range c.said {
		c.said[i].to = to[c.said[i].to]
	}
	c.reached = slices.Clone(o.reached)
	for i := range c.reached {
		c.reached[i] = to[c.reached[i]]
	}
	if o.resolved != nil {
		c.resolved = make(map[string]int32, len(o.resolved))
		for k, n := range o.resolved {
			c.resolved[k] = to[n]
		}
	}
	return &c
}

// sameAs tells whether two cards show the same.
func (c *Card) sameAs(o *Card) bool {
	return c.ID == o.ID && c.URL == o.URL && c.Title == o.Title && c.Kind == o.Kind && c.KindName == o.KindName && c.Icon == o.Icon && c.Tint == o.Tint &&
		c.Summary == o.Summary && c.Section == o.Section && c.Lang == o.Lang && c.Owner == o.Owner && c.Status == o.Status && c.Date == o.Date && c.Weight == o.Weight &&
		slices.Equal(c.Tags, o.Tags) && c.Count == o.Count && c.IsSection == o.IsSection && c.Generated == o.Generated && (c.Fields == nil) == (o.Fields == nil)
}

// evaluated takes over derived values and what checks found, where all pages
// that they were worked out from are to expressions as they were.
func (l *linker) evaluated() {
	b, old := l.b, l.prev
	if old == nil || old.in.AsOf != b.in.AsOf {
		return
	}
	same := make([]bool, len(old.pages)) // by number in the Book before
	l.each(b.pages, func(p *page) {
		if q := p.was; q != nil && q.placed && q.card != nil {
			same[q.n] = p.seed == q.seed && p.doc == q.doc && p.url == q.url && sameMap(p.fields, q.fields) &&
				slices.EqualFunc(p.in, q.in, func(x, y inEdge) bool {
					from, was := b.pages[x.from], old.pages[y.from]
					return x.field == y.field && from.id == was.id && from.kind == was.kind // which inverse gathers it hangs on its kind
				})
		}
	})
	holds := func(reads []int32) ([]int32, bool) {
		for _, n := range reads {
			if !same[n] {
				return nil, false
			}
		}
		if l.renumbered != nil {
			reads = slices.Clone(reads)
			for i, n := range reads {
				reads[i] = l.renumbered[n]
			}
		}
		return reads, true
	}
	kept := make([]bool, len(b.in.Kinds.All())) // kinds that have the documents they had
	for i, k := range b.in.Kinds.All() {
		kept[i] = slices.EqualFunc(b.members(k.ID), old.members(k.ID), func(x, y int32) bool { return b.pages[x].id == old.pages[y].id })
	}
	lost := func(k int32) bool { return !kept[k] }
	l.each(b.pages, func(p *page) {
		q := p.was
		if q == nil || !q.placed || q.card == nil || !same[q.n] {
			return
		}
		if l.renumbered == nil && !slices.ContainsFunc(q.derived, func(st derivedValue) bool {
			_, ok := holds(st.reads)
			return !ok || !st.settled() || st.loop || slices.ContainsFunc(st.sets, lost)
		}) {
			p.derived = q.derived // complete, and so never written again
		}
		for i, st := range q.derived {
			if p.derived != nil && l.renumbered == nil && &p.derived[0] == &q.derived[0] {
				break
			}
			reads, ok := holds(st.reads)
			if ok && st.settled() && !st.loop && !slices.ContainsFunc(st.sets, lost) {
				if p.derived == nil {
					p.derived = make([]derivedValue, len(q.derived))
				}
				p.derived[i] = st
				p.derived[i].reads = reads
				if l.renumbered != nil {
					p.derived[i].shown = nil
				}
			}
		}
		if c := old.checks[q.n]; c != nil && !c.loop && !slices.ContainsFunc(c.sets, lost) {
			if reads, ok := holds(c.reads); ok {
				b.checks[p.n] = &checked{diags: c.diags, reads: reads, sets: c.sets}
			}
		}
		if d := old.dates[q.n]; d != nil && !d.loop && !slices.ContainsFunc(d.sets, lost) {
			if reads, ok := holds(d.reads); ok && l.renumbered == nil {
				b.dates[p.n] = d
			} else if ok {
				b.dates[p.n] = &dated{events: d.events, reads: reads, sets: d.sets}
			}
		}
	})
	b.once = map[string]*checked{}
	for id, c := range old.once {
		if reads, ok := holds(c.reads); ok && !c.loop && !slices.ContainsFunc(c.sets, lost) && b.shelfAt(b.in.Kinds.Get(id)) == old.shelfAt(b.in.Kinds.Get(id)) {
			b.once[id] = &checked{diags: c.diags, reads: reads, sets: c.sets}
		}
	}
}

// keep takes over the answers about pages of which all that they are made of
// was taken over.
func (l *linker) keep() {
	b := l.b
	b.memo = makeMemo(len(b.pages))
	b.shape = new(int)
	old := l.prev
	if old == nil {
		l.release()
		return
	}
	b.finder = after(old.finder)
	if l.renumbered == nil && slices.Equal(b.redirs, old.redirs) && slices.EqualFunc(b.tags, old.tags, func(x, y Tag) bool { return x.Slug == y.Slug }) &&
		slices.EqualFunc(b.pages, old.pages, func(x, y *page) bool {
			return x.out == y.out && x.index == y.index && x.folder == y.folder && x.calendared() == y.calendared()
		}) {
		b.shape = old.shape
	}
	trails := map[string]bool{} // section -> the way to it looks as it looked
	var trail func(id string) bool
	trail = func(id string) bool {
		same, ok := trails[id]
		if !ok {
			s, o := b.sections[id], old.sections[id]
			same = s != nil && o != nil && s.crumb == o.crumb && (id == "" || s.parent == o.parent && trail(s.parent))
			trails[id] = same
		}
		return same
	}
	for id := range b.sections {
		trail(id)
	}
	// Terms whose pages are where they were, by their numbers now.
	sameTerm := make([]bool, len(b.terms.pages))
	for i, p := range b.terms.pages {
		sameTerm[i] = p.was != nil && p.was.url == p.url
	}
	kept := func(p *page) bool {
		return p.kept && !slices.ContainsFunc(p.mentions, func(m glossary.Mention) bool { return !sameTerm[m.Term] })
	}
	shows := l.shows()
	l.each(b.pages, func(p *page) {
		q := p.was
		if q == nil || !q.placed || q.card == nil {
			return
		}
		had := old.memo[q.n]
		m := b.memo[p.n]
		keep := func(op Op) { m[op-firstPageOp].Store(had[op-firstPageOp].Load()) }
		own := p.card == q.card && p.doc == q.doc && p.seed == q.seed && sameMap(p.fields, q.fields) && l.pastAlike(p)
		if p.card == q.card {
			keep(OpCard)
		}
		if own {
			keep(OpPage)
		}
		if p.doc == q.doc && p.url == q.url && sameSlice(p.targets, q.targets) && (kept(p) || len(p.mentions)+len(q.mentions) == 0) {
			keep(OpBody)
		}
		if shows != nil && sameSlice(p.back, q.back) {
			if !shows[p.n].back {
				keep(OpBacklinks)
			}
		} else if slices.EqualFunc(p.back, q.back, func(x, y backEdge) bool {
			return x.snippet == y.snippet && b.pages[x.from].card == old.pages[y.from].card
		}) {
			keep(OpBacklinks)
		}
		if shows != nil && p.links == q.links && sameSlice(p.in, q.in) {
			if !shows[p.n].related {
				keep(OpRelations)
			}
		} else if p.kind == q.kind && slices.EqualFunc(p.edges, q.edges, func(x, y edge) bool { return x.field == y.field && b.pages[x.to].card == old.pages[y.to].card }) &&
			slices.EqualFunc(p.in, q.in, func(x, y inEdge) bool { return x.field == y.field && b.pages[x.from].card == old.pages[y.from].card }) {
			keep(OpRelations)
		}
		if p.kind == q.kind && len(p.derived) == len(q.derived) && b.derivedAlike(p, old, q) {
			keep(OpDerived)
		}
		if p.doc == q.doc && p.kind == q.kind {
			keep(OpOutline)
		}
		if x, y := b.dates[p.n], old.dates[q.n]; x != nil && y != nil && sameSlice(x.events, y.events) {
			keep(OpEvents)
		}
		if p.folder == q.folder && p.index == q.index && trails[p.folder] {
			keep(OpTrail)
		}
		if b.neighbours(p) == old.neighbours(q) {
			keep(OpPager)
		}
		if b.usedAlike(p, old, q) {
			keep(OpUses)
		}
	})
	l.release()
}

// pastAlike tells whether history knows of p what it knew when the Book before
// was made.
func (l *linker) pastAlike(p *page) bool {
	now, then := l.b.in.History, l.prev.in.History
	return now == then || p.doc == nil || now.Of(p.doc.Path) == then.Of(p.doc.Path)
}

// shown says which lists of a page hold a card that is another one now.
type shown struct{ back, related bool }

// shows goes from the pages whose cards are others to those that show them, by
// number; nil where pages have other numbers.
func (l *linker) shows() []shown {
	if !l.unmoved {
		return nil
	}
	b := l.b
	out := make([]shown, len(b.pages))
	for _, p := range b.pages {
		if p.card == p.was.card {
			continue
		}
		for _, s := range p.said {
			out[s.to].back = true
		}
		for i := range p.edges {
			out[p.edges[i].to].related = true
		}
		for _, e := range p.in {
			out[e.from].related = true
		}
	}
	return out
}

// release lets go of the Book before.
func (l *linker) release() {
	for _, p := range l.order {
		p.was = nil
	}
	for _, p := range l.b.pages {
		p.was = nil
	}
}

// derivedAlike tells whether p's derived values were taken over, and the
// documents in them show what they showed.
func (b *Book) derivedAlike(p *page, old *Book, q *page) bool {
	for i := range p.derived {
		x, y := &p.derived[i], &q.derived[i]
		if !x.settled() || !y.settled() || len(x.reads) != len(y.reads) {
			return false
		}
		if !x.docs {
			continue
		}
		same := true
		if b.shape == old.shape && x.shown != nil && sameSlice(x.shown, y.shown) { // pages have the numbers they had
			if slices.ContainsFunc(x.shown, func(n int32) bool { return old.pages[n].card != b.pages[n].card }) {
				return false
			}
			continue
		}
		rebound(x.v, func(o *object) *object {
			same = same && old.pages[old.byID[o.p.id]].card == b.pages[b.byID[o.p.id]].card
			return o
		})
		if !same {
			return false
		}
	}
	return true
}

// usedAlike tells whether the pages that use the term that p explains are those
// that used it in the Book before, and say what they said.
func (b *Book) usedAlike(p *page, old *Book, q *page) bool {
	s, t := b.terms.byPage[p.n], old.terms.byPage[q.n]
	if s < 0 || t < 0 {
		return s == t
	}
	return slices.EqualFunc(b.terms.uses[s], old.terms.uses[t], func(x, y int32) bool {
		u, w := b.pages[x], old.pages[y]
		return u.card == w.card && u.doc == w.doc && sameSlice(u.targets, w.targets) && u.kept
	})
}

func sameMap(a, b map[string]any) bool {
	return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer()
}

func sameSlice[T any](a, b []T) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// Changed returns the questions whose answers may be other ones than since
// gave; all others have the very same answers. It compares the answers that are
// there and knows nothing of edits.
func (b *Book) Changed(since *Book) []Question {
	var qs []Question
	if b.rest != since.rest {
		since.rest.Range(func(k, _ any) bool {
			qs = append(qs, k.(Question))
			return true
		})
	}
	if was := since.finder.made(); was != nil && b.finder != since.finder {
		now := b.finding()
		was.answers.Range(func(k, had any) bool {
			if has, _ := now.answers.Load(k); has != had {
				qs = append(qs, k.(Question))
			}
			return true
		})
	}
	for n, had := range since.memo {
		id := since.pages[n].id
		var has *pageMemo
		if n < len(b.pages) && b.pages[n].id == id {
			has = b.memo[n]
		} else if m, ok := b.byID[id]; ok {
			has = b.memo[m]
		}
		if has == had {
			continue
		}
		for op := range had {
			if old := had[op].Load(); old != nil && (has == nil || has[op].Load() != old) {
				qs = append(qs, Question{firstPageOp + Op(op), id})
			}
		}
	}
	return qs
}

// Shape identifies which outputs a Book has: Books with the same Shape have the
// same pages, tags, redirects and pieces of search at the same paths.
func (b *Book) Shape() any { return [2]*int{b.shape, b.finding().shape} }
