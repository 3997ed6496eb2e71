package book

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"sync"

	"playbook/generator/search"
	"playbook/generator/source"
)

// What readers search is an index for each language, cut into shards of words
// and blocks of pages. A page is known in it by a number that is made of its id
// alone, so that no other page has another number when one is added; and each
// Book takes over from the one before what holds the same pages.

// numberRoom is how many times as many numbers as pages there are, as a power of
// two: few pages then want the same one. blockBits is how many of a number's bits
// tell pages of one block apart: a block holds some sixteen.
const (
	numberRoom = 6
	blockBits  = 10
)

// finder is where a Book's search is, or will be once somebody asks.
type finder struct {
	once  sync.Once
	of    *finding
	prev  *finder  // whose finding may be taken over from
	saved string   // what an earlier process kept of it,
	book  *Book    // then the Book that it is of
	known sync.Map // Question -> *Answer, of which only digests are known
}

// after returns the finder of a Book that follows the one of prev, which may be
// nil.
func after(prev *finder) *finder {
	if prev != nil && prev.of == nil && prev.saved == "" {
		prev = prev.prev // nobody asked: what there is lies further back
	}
	return &finder{prev: prev}
}

// finding is a Book's search, made.
type finding struct {
	tongues map[string]*tongue
	answers sync.Map // Question -> *Answer
	shape   *int     // the same where the same questions have answers
}

// tongue is the search in one language.
type tongue struct {
	lang   string
	bits   int
	pages  []numbered // by number
	index  *search.Index
	shards []search.Shard
	blocks []block
}

type numbered struct {
	number uint32
	p      *page
}

// block is a stretch of a tongue's pages.
type block struct{ n, from, to int }

func isSearch(op Op) bool { return op == OpSearchHead || op == OpSearchWords || op == OpSearchPages }

// finding returns the Book's search, which is made when first asked for.
func (b *Book) finding() *finding {
	s := b.finder
	s.once.Do(func() {
		var prev *finding
		switch {
		case s.saved != "":
			prev = b.recallFinding(s)
		case s.prev != nil:
			prev = s.prev.made()
		}
		s.of = b.makeFinding(prev)
		s.prev, s.saved, s.book = nil, "", nil
	})
	return s.of
}

// made returns the finding if there is one, nil if nobody asked for it.
func (s *finder) made() *finding {
	if b := s.book; b != nil {
		return b.finding()
	}
	s.once.Do(func() {}) // then it never will be
	return s.of
}

func (b *Book) makeFinding(prev *finding) *finding {
	f := &finding{tongues: map[string]*tongue{}}
	by := map[string][]*page{}
	for _, p := range b.pages {
		by[p.card.Lang] = append(by[p.card.Lang], p)
	}
	for lang, pages := range by {
		t := &tongue{lang: lang, bits: max(14, bits.Len(uint(len(pages)-1))+numberRoom)}
		f.tongues[lang] = t
		var old *tongue
		if prev != nil {
			if old = prev.tongues[lang]; old != nil && old.bits != t.bits {
				old = nil
			}
		}
		if t.pages = b.numberedAs(old, len(pages)); t.pages == nil {
			t.pages = numberPages(pages, t.bits)
		}
		same := b.searchWords(t, old)
		t.shards = t.index.Shards()
		b.answerShards(f, t, prev, old)
		b.answerBlocks(f, t, prev, old, same)
		b.answerHead(f, t, pages)
	}
	f.shape = new(int)
	if prev != nil && sameQuestions(f, prev) {
		f.shape = prev.shape
	}
	return f
}

// numberedAs returns the n pages of a language by their numbers as they were
// in old, nil if they are not the same pages: numbers come from ids alone.
func (b *Book) numberedAs(old *tongue, n int) []numbered {
	if old == nil || len(old.pages) != n {
		return nil
	}
	out := make([]numbered, n)
	for i, x := range old.pages {
		if int(x.p.n) >= len(b.pages) {
			return nil
		}
		p := b.pages[x.p.n]
		if p.id != x.p.id || p.card.Lang != old.lang {
			return nil
		}
		out[i] = numbered{x.number, p}
	}
	return out
}

// numberPages gives pages their numbers.
func numberPages(pages []*page, bits int) []numbered {
	out := make([]numbered, len(pages))
	for i, p := range pages {
		h := uint32(2166136261) // FNV-1a, its bits mixed once more
		for k := 0; k < len(p.id); k++ {
			h = (h ^ uint32(p.id[k])) * 16777619
		}
		h ^= h >> 15
		h *= 0x2c1b3c6d
		out[i] = numbered{(h ^ h>>12) >> (32 - bits), p}
	}
	slices.SortFunc(out, func(x, y numbered) int {
		return cmp.Or(cmp.Compare(x.number, y.number), strings.Compare(x.p.id, y.p.id))
	})
	// Of those that want one number each but the first takes the next free one.
	for i := 1; i < len(out); i++ {
		out[i].number = max(out[i].number, out[i-1].number+1)
	}
	// At the end of all numbers they go down instead.
	top := uint32(1)<<bits - 1
	for i := len(out) - 1; i >= 0 && out[i].number > top; i-- {
		out[i].number = top
		top--
	}
	return out
}

// searchWords makes the index of t's words, and returns the numbers under which
// old had pages that say the same now.
func (b *Book) searchWords(t, old *tongue) map[uint32]bool {
	fresh := func() {
		texts := make([]search.Text, len(t.pages))
		var counters sync.Pool
		parallel(b.in.Workers, len(texts), func(i int) {
			c, _ := counters.Get().(*search.Counter)
			if c == nil {
				c = new(search.Counter)
			}
			texts[i] = search.Text{Number: t.pages[i].number, Entry: t.pages[i].p.entry(c)}
			counters.Put(c)
		})
		t.index = search.New(t.lang, texts)
	}
	if old == nil {
		fresh()
		return nil
	}
	same := make(map[uint32]bool, len(t.pages))
	var changes []search.Change
	var was, is []*page
	change := func(n uint32, before, now *page) {
		changes = append(changes, search.Change{Number: n})
		was, is = append(was, before), append(is, now)
	}
	i := 0
	for _, x := range t.pages {
		for i < len(old.pages) && old.pages[i].number < x.number {
			change(old.pages[i].number, old.pages[i].p, nil)
			i++
		}
		if i == len(old.pages) || old.pages[i].number > x.number {
			change(x.number, nil, x.p)
			continue
		}
		if x.p.saysAs(old.pages[i].p) {
			same[x.number] = true
		} else {
			change(x.number, old.pages[i].p, x.p)
		}
		i++
	}
	for ; i < len(old.pages); i++ {
		change(old.pages[i].number, old.pages[i].p, nil)
	}
	if len(changes) > len(t.pages)/4+8 {
		fresh()
		return same
	}
	parallel(b.in.Workers, len(changes), func(i int) {
		c := new(search.Counter)
		if was[i] != nil {
			changes[i].Was = was[i].entry(c)
		}
		if is[i] != nil {
			changes[i].Is = is[i].entry(c)
		}
	})
	t.index = old.index.With(changes)
	return same
}

// saysAs tells whether a page says what q said in another Book, to those who
// search.
func (p *page) saysAs(q *page) bool {
	return p.id == q.id && p.doc == q.doc && p.seed == q.seed && p.card == q.card && sameMap(p.fields, q.fields)
}

// unsearched are the keys of front matter that are no text, or that are counted
// for themselves.
var unsearched = map[string]bool{"title": true, "description": true, "tags": true, "slug": true, "id": true, "aliases": true, "layout": true, "kind": true, "type": true,
	"draft": true, "url": true, "checks": true, "audience": true, "weight": true}

// entry returns what the index holds of a page: the words of its text, of its
// names, of what its front matter says in words, and its facets.
func (p *page) entry(c *search.Counter) search.Entry {
	c.AddText(p.card.Title, search.InTitle, 0)
	for _, w := range p.words {
		c.AddText(w, search.InTitle, 0)
	}
	for _, t := range p.tags {
		c.AddText(t, search.InTags, 0)
	}
	if s, ok := p.fields["description"].(string); ok {
		c.AddText(s, search.InSummary, 0)
	}
	if p.kind != nil {
		for key, v := range p.fields { // counted, so in any order
			if !unsearched[key] {
				eachText(v, func(s string) { c.AddText(s, search.InText, 0) })
			}
		}
	}
	// A whole name, and a whole heading, is a word too: who types it wants that.
	c.AddName("=", p.card.Title, search.InTitle, 0)
	for _, w := range p.words {
		c.AddName("=", w, search.InTitle, 0)
	}
	if p.doc != nil {
		for i, h := range p.doc.Headings[:min(len(p.doc.Headings), search.MaxSection)] {
			c.AddName("=", h.Text, search.InHeading, i+1)
		}
	}
	facet := func(prefix, value string) { c.AddName(prefix, value, search.InText, 0) }
	if p.card.Kind != "" {
		facet("kind:", p.card.Kind)
		facet("kind:", p.card.KindName)
	}
	top, _, _ := strings.Cut(p.card.Section, "/")
	facet("section:", top)
	for _, t := range p.tags {
		facet("tag:", t)
	}
	if p.kind != nil {
		for _, name := range p.kind.Facets {
			prefix := strings.ToLower(name) + ":"
			eachValue(p.fields[name], func(s string) { facet(prefix, s) })
		}
	}
	if p.kind == nil || !slices.Contains(p.kind.Facets, "owner") {
		eachValue(p.fields["owner"], func(s string) { facet("owner:", s) })
	}
	words, lexicon := 0, search.Bag("")
	if p.doc != nil {
		words, lexicon = p.doc.Words, p.doc.Lexicon
	}
	return search.NewEntry(words, lexicon, c.Pack())
}

// eachText calls f with the texts in a value, at any depth; pages are found under
// their own names.
func eachText(v any, f func(string)) {
	switch v := v.(type) {
	case string:
		f(v)
	case []any:
		for _, x := range v {
			eachText(x, f)
		}
	case map[string]any:
		for _, x := range v {
			eachText(x, f)
		}
	}
}

// eachValue calls f with what a facet's value reads, or each of its values.
func eachValue(v any, f func(string)) {
	switch v := v.(type) {
	case nil:
	case string:
		f(v)
	case *Card:
		f(v.Title)
	case []*Card:
		for _, c := range v {
			f(c.Title)
		}
	case []any:
		for _, x := range v {
			eachValue(x, f)
		}
	case bool, int, int64, float64:
		f(fmt.Sprint(v))
	}
}

// answer enters an answer, or takes over the one of an earlier Book.
func (f *finding) answer(q Question, prev *finding, same bool, value func() any) {
	if prev != nil && same {
		if a, ok := prev.answers.Load(q); ok {
			f.answers.Store(q, a)
			return
		}
	}
	f.answers.Store(q, &Answer{Value: value()})
}

func wordsQuestion(lang, key string) Question { return Question{OpSearchWords, lang + " " + key} }
func pagesQuestion(lang string, n int) Question {
	return Question{OpSearchPages, lang + " " + strconv.Itoa(n)}
}

func (b *Book) answerShards(f *finding, t *tongue, prev *finding, old *tongue) {
	before := map[string]search.Shard{}
	if old != nil {
		for _, s := range old.shards {
			before[s.Key] = s
		}
	}
	each(b.in.Workers, len(t.shards), func(i int) {
		s := t.shards[i]
		o, ok := before[s.Key]
		f.answer(wordsQuestion(t.lang, s.Key), prev, ok && s.Same(o), func() any { return s.Text() })
	})
}

func (b *Book) answerBlocks(f *finding, t *tongue, prev *finding, old *tongue, same map[uint32]bool) {
	t.cutBlocks()
	had := map[int]int{} // pages in old's blocks
	if old != nil {
		for _, o := range old.blocks {
			had[o.n] = o.to - o.from
		}
	}
	each(b.in.Workers, len(t.blocks), func(i int) {
		k := t.blocks[i]
		alike := had[k.n] == k.to-k.from
		for _, x := range t.pages[k.from:k.to] {
			alike = alike && same[x.number]
		}
		f.answer(pagesQuestion(t.lang, k.n), prev, alike, func() any { return blockText(t.pages[k.from:k.to]) })
	})
}

// cutBlocks cuts t's pages into blocks.
func (t *tongue) cutBlocks() {
	for i := 0; i < len(t.pages); {
		n := t.pages[i].number >> blockBits
		from := i
		for i < len(t.pages) && t.pages[i].number>>blockBits == n {
			i++
		}
		t.blocks = append(t.blocks, block{int(n), from, i})
	}
}

// each is parallel where each piece is worth a turn of its own.
func each(workers, n int, f func(i int)) {
	share(workers, n, 1, func(each func(f func(i int))) { each(f) })
}

// blockText writes what a reader sees of pages that are found, as JSON: a list
// for each page of its number, URL below the site's root, title, kind, section,
// summary, other names, and the anchor and text of its first headings in turn.
func blockText(pages []numbered) string {
	var all []any
	for _, x := range pages {
		c := x.p.card
		heads := []string{}
		if x.p.doc != nil {
			for i, h := range x.p.doc.Headings {
				if i == search.MaxSection {
					break
				}
				heads = append(heads, h.ID, h.Text)
			}
		}
		names := x.p.words
		if names == nil {
			names = []string{}
		}
		all = append(all, []any{x.number, strings.TrimPrefix(c.URL, Root), c.Title, c.Kind, c.Section, clip(c.Summary, 160), names, heads})
	}
	return jsonText(all)
}

// clip returns at most n characters of a text, whole words where it has any.
func clip(s string, n int) string {
	i := 0
	for at := range s {
		if i++; i > n {
			s = s[:at]
			if space := strings.LastIndexByte(s, ' '); space > at/2 {
				s = s[:space]
			}
			return strings.TrimRight(s, " ,.;:") + " …"
		}
	}
	return s
}

// jsonText writes a value of plain data as JSON that may stand in a script.
func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // of texts, numbers and lists of them
	}
	return string(b)
}

// SearchStamp returns what tells two states of a piece of the index apart, in a
// browser that may have kept one of them: four characters.
func SearchStamp(text string) string { return stampOf(digestOf(text)) }

func stampOf(d source.Digest) string { return base64.RawURLEncoding.EncodeToString(d[:3]) }

func (f *finding) stamp(q Question) string {
	a, ok := f.answers.Load(q)
	if !ok {
		return "    "
	}
	return stampOf(a.(*Answer).Digest())
}

// answerHead writes what a browser needs first: what pieces there are, and the
// names of kinds and sections.
func (b *Book) answerHead(f *finding, t *tongue, pages []*page) {
	var words, blocks strings.Builder
	keys := make([]string, len(t.shards))
	for i, s := range t.shards {
		keys[i] = s.Key
		words.WriteString(f.stamp(wordsQuestion(t.lang, s.Key)))
	}
	for n := range 1 << (t.bits - blockBits) {
		blocks.WriteString(f.stamp(pagesQuestion(t.lang, n)))
	}
	kinds, sections := map[string]any{}, map[string]string{}
	for _, k := range b.kinds {
		if k.Count > 0 {
			def := b.in.Kinds.Get(k.ID)
			kinds[k.ID] = []any{k.Plural, k.Tint, strings.TrimSpace(b.in.Texts["icons/"+k.Icon+".svg"]), def != nil && def.Glossary}
		}
	}
	last := "\x00" // pages come by id, most beside others of their section
	for _, p := range pages {
		if id := p.card.Section; id != last {
			if s := b.sections[id]; s != nil && s.crumb != nil {
				sections[id] = s.crumb.Title
			}
			last = id
		}
	}
	head := struct {
		Pages    int               `json:"pages"`
		Shift    int               `json:"shift"`
		Keys     []string          `json:"keys"`
		Words    string            `json:"words"`
		Blocks   string            `json:"blocks"`
		Kinds    map[string]any    `json:"kinds"`
		Sections map[string]string `json:"sections"`
	}{len(t.pages), blockBits, keys, words.String(), blocks.String(), kinds, sections}
	f.answers.Store(Question{OpSearchHead, t.lang}, &Answer{Value: jsonText(head)})
}

func sameQuestions(f, g *finding) bool {
	same := len(f.tongues) == len(g.tongues)
	for lang, t := range f.tongues {
		o := g.tongues[lang]
		same = same && o != nil && slices.EqualFunc(t.shards, o.shards, func(x, y search.Shard) bool { return x.Key == y.Key }) &&
			slices.EqualFunc(t.blocks, o.blocks, func(x, y block) bool { return x.n == y.n })
	}
	return same
}

// SearchPiece is a part of the index that is an output: its question, the
// language, and its name there.
type SearchPiece struct {
	Question   Question
	Lang, Name string
}

// SearchPieces returns all parts of the index, by language and name.
func (b *Book) SearchPieces() []SearchPiece {
	f := b.finding()
	var out []SearchPiece
	for lang, t := range f.tongues {
		out = append(out, SearchPiece{Question{OpSearchHead, lang}, lang, "head"})
		for _, s := range t.shards {
			out = append(out, SearchPiece{wordsQuestion(lang, s.Key), lang, "w-" + pieceName(s.Key)})
		}
		for _, k := range t.blocks {
			out = append(out, SearchPiece{pagesQuestion(lang, k.n), lang, "p-" + strconv.Itoa(k.n)})
		}
	}
	slices.SortFunc(out, func(x, y SearchPiece) int {
		return cmp.Or(strings.Compare(x.Lang, y.Lang), strings.Compare(x.Name, y.Name))
	})
	return out
}

// pieceName writes a shard's key so that it may be a file's name anywhere.
func pieceName(key string) string {
	var b strings.Builder
	for i := 0; i < len(key); i++ {
		if c := key[i]; c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "_%02x", c)
		}
	}
	return b.String()
}

// found answers a question about search.
func (b *Book) found(q Question) *Answer {
	f := b.finding()
	v, ok := f.answers.Load(q)
	if !ok {
		return &Answer{Value: ""}
	}
	a := v.(*Answer)
	if !a.bare {
		return a
	}
	lang, rest, _ := strings.Cut(q.Arg, " ")
	t := f.tongues[lang]
	value := ""
	switch q.Op {
	case OpSearchWords:
		for _, s := range t.shards {
			if s.Key == rest {
				value = s.Text()
			}
		}
	case OpSearchPages:
		for _, k := range t.blocks {
			if strconv.Itoa(k.n) == rest {
				value = blockText(t.pages[k.from:k.to])
			}
		}
	}
	full := a.with(value)
	if f.answers.CompareAndSwap(q, a, full) {
		return full
	}
	v, _ = f.answers.Load(q)
	return v.(*Answer)
}

// saveFinding appends what recallFinding reads.
func (b *Book) saveFinding(e *source.Encoder) {
	f := b.finder.made()
	if f == nil {
		e.Len(0, true)
		return
	}
	langs := make([]string, 0, len(f.tongues))
	for lang := range f.tongues {
		langs = append(langs, lang)
	}
	slices.Sort(langs)
	e.Len(len(langs), false)
	for _, lang := range langs {
		e.Str(lang)
		e.Bytes(f.tongues[lang].index.Append(nil))
	}
}

// recallFinding makes b's search of what was kept of it; nil if that cannot be
// read.
func (b *Book) recallFinding(s *finder) *finding {
	r := source.NewDecoder(s.saved)
	f := &finding{tongues: map[string]*tongue{}, shape: new(int)}
	n, _ := r.Len(2)
	kept := map[string]*search.Index{}
	for range n {
		lang := r.Str()
		x, err := search.Read(lang, []byte(r.Str()))
		if err != nil {
			return nil
		}
		kept[lang] = x
	}
	if !r.Done() {
		return nil
	}
	by := map[string][]*page{}
	for _, p := range b.pages {
		by[p.card.Lang] = append(by[p.card.Lang], p)
	}
	for lang, pages := range by {
		if kept[lang] == nil {
			return nil
		}
		t := &tongue{lang: lang, bits: max(14, bits.Len(uint(len(pages)-1))+numberRoom), index: kept[lang]}
		t.pages = numberPages(pages, t.bits)
		t.shards = t.index.Shards()
		f.tongues[lang] = t
		t.cutBlocks()
		known := func(q Question, value func() any) {
			a, ok := s.known.Load(q)
			if !ok {
				a = &Answer{Value: value()}
			}
			f.answers.Store(q, a)
		}
		for _, x := range t.shards {
			known(wordsQuestion(lang, x.Key), func() any { return x.Text() })
		}
		for _, k := range t.blocks {
			known(pagesQuestion(lang, k.n), func() any { return blockText(t.pages[k.from:k.to]) })
		}
	}
	return f
}

// Language returns the language of the site.
func (b *Book) Language() string { return b.in.Config.Language }
