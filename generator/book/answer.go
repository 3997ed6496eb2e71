package book

import (
	"slices"
	"strings"

	"playbook/generator/document"
	"playbook/generator/source"
)

func makeMemo(n int) []*pageMemo {
	all := make([]pageMemo, n)
	out := make([]*pageMemo, n)
	for i := range out {
		out[i] = &all[i]
	}
	return out
}

// Answer answers q. It may be called from many goroutines; the same question
// gets the same answer for the life of the Book.
func (b *Book) Answer(q Question) *Answer {
	if q.Op >= firstPageOp && q.Op <= lastPageOp {
		n, ok := b.byID[q.Arg]
		if !ok {
			return b.remember(q, func() any { return b.nothing(q.Op) })
		}
		slot := &b.memo[n][q.Op-firstPageOp]
		known := slot.Load()
		if known != nil && !known.bare {
			return known
		}
		a := known.with(b.ofPage(q.Op, b.pages[n]))
		if !slot.CompareAndSwap(known, a) {
			if other := slot.Load(); !other.bare {
				return other
			}
		}
		return a
	}
	if isSearch(q.Op) {
		return b.found(q)
	}
	return b.remember(q, func() any { return b.other(q) })
}

func (b *Book) remember(q Question, value func() any) *Answer {
	if v, ok := b.rest.Load(q); ok {
		known := v.(*Answer)
		if !known.bare {
			return known
		}
		if a := known.with(value()); b.rest.CompareAndSwap(q, known, a) {
			return a
		}
	}
	a, _ := b.rest.LoadOrStore(q, &Answer{Value: value()})
	return a.(*Answer)
}

// with returns the answer of a value, whose digest is known if a is not nil.
func (a *Answer) with(v any) *Answer {
	out := &Answer{Value: v}
	if a != nil {
		out.once.Do(func() { out.digest = a.digest })
	}
	return out
}

// nothing is the answer about a page that does not exist, of the right type.
func (b *Book) nothing(op Op) any {
	switch op {
	case OpCard:
		return (*Card)(nil)
	case OpPage:
		return (*Page)(nil)
	case OpBody:
		return (*Body)(nil)
	case OpBacklinks:
		return []Backlink(nil)
	case OpRelations:
		return []RelationGroup(nil)
	case OpDerived:
		return []Named(nil)
	case OpPager:
		return [2]*Card{}
	case OpUses:
		return &Uses{}
	case OpOutline:
		return []OutlinePart(nil)
	case OpEvents:
		return []Event(nil)
	}
	return []*Card(nil)
}

func (b *Book) ofPage(op Op, p *page) any {
	switch op {
	case OpCard:
		return p.card
	case OpPage:
		return b.pageAnswer(p)
	case OpBody:
		return b.bodyAnswer(p)
	case OpBacklinks:
		return b.backlinks(p)
	case OpRelations:
		return b.relations(p)
	case OpDerived:
		return b.derivedAnswer(p)
	case OpTrail:
		return b.trail(p)
	case OpPager:
		return b.neighbours(p)
	case OpUses:
		return b.usesOf(p)
	case OpOutline:
		return b.outline(p)
	case OpEvents:
		return b.eventsOf(p)
	}
	return nil
}

func (b *Book) other(q Question) any {
	switch q.Op {
	case OpSite:
		return b.site
	case OpToday:
		return b.in.AsOf
	case OpRelated:
		name, id, _ := strings.Cut(q.Arg, " ")
		if n, ok := b.byID[id]; ok {
			return b.related(b.pages[n], name)
		}
		return []*Card(nil)
	case OpChildren:
		var out []*Card
		if s := b.sections[q.Arg]; s != nil {
			for _, p := range s.children {
				out = append(out, p.card)
			}
		}
		return out
	case OpSections:
		return b.subsections(q.Arg)
	case OpNav:
		return b.nav(q.Arg)
	case OpTopNav:
		return b.subsections("")
	case OpCalendar:
		return b.calendar(q.Arg)
	case OpPages:
		return b.partOf(q.Arg)
	case OpAddresses:
		return b.addresses(q.Arg)
	case OpRecent:
		return b.news(q.Arg)
	case OpReviews:
		return b.reviews()
	case OpReport:
		return b.report()
	case OpKindPages:
		return b.kindBy[q.Arg]
	case OpKind:
		for _, k := range b.kinds {
			if k.ID == q.Arg {
				return k
			}
		}
		return (*KindInfo)(nil)
	case OpKinds:
		var out []*KindInfo
		for _, k := range b.kinds {
			if k.Count > 0 {
				out = append(out, k)
			}
		}
		return out
	case OpTags:
		out := make([]Tag, len(b.tags))
		for i, t := range b.tags {
			out[i] = Tag{Name: t.Name, Slug: t.Slug, URL: t.URL, Count: t.Count}
		}
		return out
	case OpTag:
		if i, ok := b.tagBy[q.Arg]; ok {
			return &b.tags[i]
		}
		return (*Tag)(nil)
	case OpLayout:
		return b.in.Layouts[q.Arg]
	case OpAsset:
		if p, ok := b.in.Assets[q.Arg]; ok {
			return Root + escapePath(p)
		}
		return ""
	case OpText:
		return b.in.Texts[q.Arg]
	case OpRedirect:
		return b.redirect[q.Arg]
	}
	return nil
}

func (b *Book) pageAnswer(p *page) *Page {
	v := &Page{Card: p.card, Title: p.title, Fields: p.fields}
	if p.doc == nil {
		v.Fields = map[string]any{}
		return v
	}
	d := p.doc
	v.TitleID, v.Words, v.Path, v.Name = d.TitleID, d.Words, d.Path, d.Name
	v.Description, _ = p.plain("description").(string)
	v.Layout, _ = p.plain("layout").(string)
	v.Draft, _ = p.plain("draft").(bool)
	v.VerifiedOn = dateOf(p.plain("verified_on"))
	v.VerifiedBy, _ = p.plain("verified_by").(string)
	v.ReviewEvery, v.ReviewDue = b.reviewEvery(p), b.reviewDue(p)
	was := b.in.History.Of(d.Path)
	v.Changed, v.ChangedBy, v.Created = was.On, was.By, was.First
	v.OwnerCard, _ = p.fields["owner"].(*Card)
	if toc, ok := p.plain("toc").(bool); !ok || toc {
		for _, h := range d.Headings {
			if h.Shown <= 3 {
				v.Headings = append(v.Headings, Heading{h.Shown, h.ID, h.Text})
			}
		}
	}
	for _, t := range p.ref.Tags {
		if i, ok := b.tagBy[Slug(t)]; ok {
			v.Tags = append(v.Tags, TagLink{t, b.tags[i].URL})
		}
	}
	if p.kind != nil {
		for _, f := range p.kind.Fields {
			if x, ok := p.fields[f.Name]; ok {
				v.Declared = append(v.Declared, f.Name)
				if kind := valueKind(x, f.Type); kind != "" {
					v.FieldList = append(v.FieldList, FieldValue{Name: f.Name, Label: p.kind.Label(f.Name), Kind: kind, Value: x})
				}
			}
		}
	}
	return v
}

// valueKind says how a box of facts shows a value, "" if it does not.
func valueKind(v any, typ string) string {
	switch v := v.(type) {
	case *Card:
		return "ref"
	case []*Card:
		return "refs"
	case bool:
		return "bool"
	case int64, float64:
		return "number"
	case string:
		if v == "" {
			return ""
		}
		if strings.Contains(typ, "date") && dateOf(v) != "" {
			return "date"
		}
		return "text"
	case []any:
		for _, x := range v {
			switch x.(type) {
			case string, int64, float64:
			default:
				return ""
			}
		}
		if len(v) == 0 {
			return ""
		}
		return "list"
	}
	return ""
}

func (b *Book) bodyAnswer(p *page) *Body {
	if p.doc == nil {
		return nil
	}
	d := p.doc
	v := &Body{Doc: d.Made, Page: p.id, URL: p.url, HTML: d.Body.HTML(), IDs: d.Body.IDs, Targets: p.targets, Terms: b.mentionsOf(p)}
	v.Holes = make([]Hole, len(d.Body.Holes))
	for i, h := range d.Body.Holes {
		v.Holes[i] = Hole{h.At, uint8(h.Kind), h.Arg}
	}
	v.Heads = make([][2]int, len(d.Headings))
	for i, h := range d.Headings {
		v.Heads[i] = [2]int{h.From, h.To}
	}
	return v
}

// maxShown bounds what a page lists of those that refer to it: what a page
// shows must not grow with the site.
const maxShown = 60

// maxSnippets bounds what a page quotes of each page that links to it.
const maxSnippets = 3

func (b *Book) backlinks(p *page) []Backlink {
	var out []Backlink
	last := int32(-1)
	for _, e := range p.back {
		if e.from != last {
			switch {
			case len(out) > maxShown:
				out[maxShown].More++
			case len(out) == maxShown:
				out = append(out, Backlink{More: 1})
			default:
				out = append(out, Backlink{Page: b.pages[e.from].card})
			}
			last = e.from
		}
		if l := &out[len(out)-1]; l.Page != nil && e.snippet != "" && len(l.Snippets) < maxSnippets && !slices.Contains(l.Snippets, e.snippet) {
			l.Snippets = append(l.Snippets, e.snippet)
		}
	}
	return out
}

// relations groups what the page refers to and what refers to it, by the names
// its kinds give; a reference without a name of its own is listed under the
// kind of the page that makes it.
func (b *Book) relations(p *page) []RelationGroup {
	var out []RelationGroup
	add := func(name, label string, inverse bool, c *Card) {
		for i := range out {
			if out[i].Name == name && out[i].Inverse == inverse {
				switch {
				case slices.Contains(out[i].Pages, c):
				case len(out[i].Pages) < maxShown:
					out[i].Pages = append(out[i].Pages, c)
				default:
					out[i].More++
				}
				return
			}
		}
		out = append(out, RelationGroup{Name: name, Label: label, Inverse: inverse, Pages: []*Card{c}})
	}
	for _, e := range p.edges {
		if e.field == "owner" {
			continue
		}
		name, label := e.field, p.kind.Label(e.field)
		for _, r := range p.kind.Relations {
			if r.Field == e.field && r.Label != "" {
				label = r.Label
			}
		}
		add(name, label, false, b.pages[e.to].card)
	}
	forward := len(out)
	for _, e := range p.in {
		from := b.pages[e.from]
		name, label := "from_"+from.kind.ID, from.kind.Plural
		if e.field == "owner" {
			name, label = "owns", "Owns"
		}
		for _, r := range from.kind.Relations {
			if r.Field == e.field {
				name = r.Inverse
				if label = r.InverseLabel; label == "" {
					label = r.Inverse
				}
			}
		}
		add(name, label, true, from.card)
	}
	slices.SortStableFunc(out[forward:], func(x, y RelationGroup) int { return strings.Compare(x.Label, y.Label) })
	return out
}

// related returns the pages of one relation, or of one inverse.
func (b *Book) related(p *page, name string) []*Card {
	var out []*Card
	for _, g := range b.relations(p) {
		if g.Name == name {
			out = append(out, g.Pages...)
		}
	}
	return out
}

func (b *Book) trail(p *page) []*Card {
	var out []*Card
	if p.id == HomeID && p.folder == "" {
		return nil
	}
	for f := p.folder; ; {
		s := b.sections[f]
		out = append(out, s.crumb)
		if f == "" {
			break
		}
		f = s.parent
	}
	slices.Reverse(out)
	return out
}

// neighbours returns the cards of the pages before and after p in its section.
func (b *Book) neighbours(p *page) [2]*Card {
	var out [2]*Card
	if p.index || p.id == HomeID {
		return out
	}
	s := b.sections[p.folder]
	if p.at > 0 {
		out[0] = s.children[p.at-1].card
	}
	if p.at+1 < len(s.children) {
		out[1] = s.children[p.at+1].card
	}
	return out
}

func (b *Book) subsections(id string) []*Card {
	var out []*Card
	if s := b.sections[id]; s != nil {
		for _, sub := range s.subs {
			out = append(out, b.sections[sub].page.card)
		}
	}
	return out
}

// maxNav bounds a section's navigation: a list that nobody can read helps
// nobody, and every page of the section carries it.
const maxNav = 150

func (b *Book) nav(id string) *Nav {
	s := b.sections[id]
	if s == nil {
		return nil
	}
	n := &Nav{Section: s.page.ref}
	for f := s; f.id != ""; {
		f = b.sections[f.parent]
		if f.id != "" {
			n.Up = append(n.Up, f.page.ref)
		}
	}
	slices.Reverse(n.Up)
	for _, sub := range s.subs {
		n.Items = append(n.Items, NavItem{b.sections[sub].page.ref, true})
	}
	for _, p := range s.children {
		n.Items = append(n.Items, NavItem{p.ref, false})
	}
	if len(n.Items) > maxNav {
		n.More = len(n.Items) - maxNav
		n.Items = n.Items[:maxNav]
	}
	return n
}

// PageIDs returns the ids of all pages in order, generated ones too.
func (b *Book) PageIDs() []string {
	out := make([]string, len(b.pages))
	for i, p := range b.pages {
		out[i] = p.id
	}
	return out
}

// OutputOf returns the output path of a page, "" if there is no such page.
func (b *Book) OutputOf(id string) string {
	if n, ok := b.byID[id]; ok {
		return b.pages[n].out
	}
	return ""
}

// Generated tells whether a page has no document of its own.
func (b *Book) Generated(id string) bool {
	n, ok := b.byID[id]
	return ok && b.pages[n].doc == nil
}

// TagSlugs returns the slugs of all tags in order.
func (b *Book) TagSlugs() []string {
	out := make([]string, len(b.tags))
	for i, t := range b.tags {
		out[i] = t.Slug
	}
	return out
}

// Redirects returns the old URLs, without slashes around them, in order.
func (b *Book) Redirects() []string { return b.redirs }

// Files returns the paths of the files beside pages that are published.
func (b *Book) Files() []string { return b.files }

// Source returns the digest of the document a page was compiled from.
func (b *Book) Source(id string) (path string, d source.Digest) {
	if n, ok := b.byID[id]; ok && b.pages[n].doc != nil {
		return b.pages[n].doc.Path, b.pages[n].doc.Digest
	}
	return "", d
}

// Document returns the document of a page for checks; outputs must not use it.
func (b *Book) Document(id string) *document.Document {
	if n, ok := b.byID[id]; ok {
		return b.pages[n].doc
	}
	return nil
}

// NameOf returns the shortest name by which a reference to kinds can name a page.
func (b *Book) NameOf(id string, kinds []string) string {
	if n, ok := b.byID[id]; ok {
		return b.names.short(b.pages[n], kinds)
	}
	return ""
}

// KindOf returns the kind of a page, "" if it has none.
func (b *Book) KindOf(id string) string {
	if n, ok := b.byID[id]; ok && b.pages[n].kind != nil {
		return b.pages[n].kind.ID
	}
	return ""
}

// Excused tells whether the document that diagnostics call name says, in its
// front matter's checks, why a rule does not hold for it.
func (b *Book) Excused(name, rule string) bool {
	b.index.excuseOnce.Do(func() {
		b.index.excuses = map[string]map[string]any{}
		for _, p := range b.pages {
			if p.doc != nil && p.excuses != nil {
				b.index.excuses[p.doc.Name] = p.excuses
			}
		}
	})
	why, _ := b.index.excuses[name][rule].(string)
	return strings.TrimSpace(why) != ""
}

// DocumentAt returns the name of the document whose page is written to an
// output path, "" if there is none.
func (b *Book) DocumentAt(out string) string {
	b.index.outOnce.Do(func() {
		b.index.outs = make(map[string]*page, len(b.pages))
		for _, p := range b.pages {
			b.index.outs[p.out] = p
		}
	})
	if p := b.index.outs[out]; p != nil && p.doc != nil {
		return p.doc.Name
	}
	return ""
}

// Input returns what the Book was made of.
func (b *Book) Input() Input { return b.in }
