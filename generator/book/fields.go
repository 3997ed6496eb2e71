package book

import (
	"slices"
	"strconv"
	"strings"

	"playbook/generator/document"
)

// fieldsOf returns the page's declared and free front matter as plain data, in
// which each value that names a document is that document's *Card. References
// that lead nowhere are left out, so that layouts never meet half a value.
func (b *Book) fieldsOf(p *page) map[string]any {
	if p.doc == nil {
		return map[string]any{}
	}
	out := make(map[string]any, len(p.doc.Front.Fields))
	var refs []refPath
	if p.kind != nil {
		for _, rp := range p.kind.RefPaths() {
			refs = append(refs, rp.Path)
		}
	}
	for _, f := range p.doc.Front.Fields {
		below := step(refs, f.Key)
		if len(below) == 0 && len(p.bad) == 0 {
			if v := f.Value.Plain(); whole(v) {
				out[f.Key] = v
				continue
			}
		}
		if v := b.typed(p, f.Value, "/"+f.Key, below); v != nil {
			out[f.Key] = v
		}
	}
	return out
}

// whole tells whether nothing is missing in a plain value, at any depth.
func whole(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case []any:
		return !slices.ContainsFunc(v, func(x any) bool { return !whole(x) })
	case map[string]any:
		for _, x := range v {
			if !whole(x) {
				return false
			}
		}
	}
	return true
}

type refPath = []string

// step returns what is left of the paths that begin with key.
func step(paths []refPath, key string) []refPath {
	var out []refPath
	for _, p := range paths {
		if len(p) > 0 && p[0] == key {
			out = append(out, p[1:])
		}
	}
	return out
}

func (b *Book) typed(p *page, v document.Value, key string, refs []refPath) any {
	if p.bad[key] {
		return nil // the schema has said so; neither layouts nor checks need stumble over it
	}
	isRef := slices.ContainsFunc(refs, func(r refPath) bool { return len(r) == 0 })
	elems := step(refs, "*")
	switch v.Kind {
	case document.String:
		if isRef {
			if n, ok := p.resolved[key]; ok {
				return b.pages[n].ref
			}
			return nil
		}
		if slices.ContainsFunc(elems, func(r refPath) bool { return len(r) == 0 }) {
			if n, ok := p.resolved[key]; ok {
				return []*Card{b.pages[n].ref}
			}
			return nil
		}
		return v.Str
	case document.List:
		if slices.ContainsFunc(elems, func(r refPath) bool { return len(r) == 0 }) {
			cards := []*Card{}
			for i := range v.List() {
				if n, ok := p.resolved[key+"/"+strconv.Itoa(i)]; ok {
					cards = append(cards, b.pages[n].ref)
				}
			}
			if len(cards) == 0 {
				return nil
			}
			return cards
		}
		out := make([]any, 0, len(v.List()))
		for i, e := range v.List() {
			if x := b.typed(p, e, key+"/"+strconv.Itoa(i), elems); x != nil {
				out = append(out, x)
			}
		}
		return out
	case document.Dict:
		out := make(map[string]any, len(v.Map.Fields))
		for _, f := range v.Map.Fields {
			if x := b.typed(p, f.Value, key+"/"+f.Key, append(step(refs, f.Key), elems...)); x != nil {
				out[f.Key] = x
			}
		}
		return out
	}
	return v.Plain()
}

// full returns a copy of a shallow card, to be given its fields.
func (c *Card) full() *Card {
	return &Card{ID: c.ID, URL: c.URL, Title: c.Title, Kind: c.Kind, KindName: c.KindName, Icon: c.Icon, Tint: c.Tint, Summary: c.Summary,
		Section: c.Section, Lang: c.Lang, Owner: c.Owner, Status: c.Status, Date: c.Date, Weight: c.Weight, Tags: c.Tags, Count: c.Count,
		IsSection: c.IsSection, Generated: c.Generated}
}

// cards makes the cards by which others know the pages.
func (l *linker) cards() { l.each(l.b.pages, l.shallow) }

// finish makes what needs references to be resolved: fields, full cards, kinds'
// and tags' lists.
func (l *linker) finish() {
	b := l.b
	l.each(b.pages, func(p *page) {
		if q := p.was; q != nil && q.placed && p.seed == q.seed && p.doc == q.doc && p.refersAlike(b, l.prev) {
			p.fields = q.fields
		} else {
			p.fields = b.fieldsOf(p)
		}
	})
	b.checks, b.dates = make([]*checked, len(b.pages)), make([]*dated, len(b.pages))
	l.each(b.pages, l.recallEvaluated)
	l.evaluated()
	b.anchors = anchorsOf(b.in.Kinds.All())
	l.each(b.pages, func(p *page) {
		if p.derived == nil {
			p.derived = p.unsettled()
		}
	})
	l.each(b.pages, func(p *page) {
		if q := p.was; q != nil && q.card != nil && p.ref == q.ref && p.kind == q.kind && sameMap(p.fields, q.fields) && p.doc == q.doc && p.knows(q) {
			p.card = q.card
			return
		}
		c := p.ref.full()
		if p.kind != nil && p.doc != nil {
			c.Fields = map[string]any{}
			for _, list := range [][]string{p.kind.Facets, p.kind.List.Columns, p.kind.List.Sort} {
				for _, f := range list {
					f = strings.TrimPrefix(f, "-")
					if v, ok := p.fields[f]; ok {
						c.Fields[f] = v
					}
				}
			}
		}
		p.card = c
	})
	// Derived values that lists show need every page's fields, so they come last.
	l.each(b.pages, func(p *page) {
		if p.kind == nil || p.doc == nil || len(p.kind.Derived) == 0 || p.was != nil && p.card == p.was.card {
			return
		}
		for _, list := range [][]string{p.kind.Facets, p.kind.List.Columns, p.kind.List.Sort} {
			for _, f := range list {
				f = strings.TrimPrefix(f, "-")
				if _, ok := p.card.Fields[f]; ok {
					continue
				}
				for i := range p.kind.Derived {
					if p.kind.Derived[i].Name == f {
						if v, err := b.derive(p, i); err == nil {
							p.card.Fields[f] = plainValue(v)
						}
					}
				}
			}
		}
	})
	l.each(b.pages, func(p *page) {
		if q := p.was; q != nil && q.card != nil && p.card != q.card && p.ref == q.ref && (sameMap(p.card.Fields, q.card.Fields) || sameFields(p.card.Fields, q.card.Fields)) {
			p.card = q.card
		}
	})
	l.lists()
	for id, s := range b.sections {
		for i, p := range s.children {
			p.at = i
		}
		c := s.page.card
		s.crumb = &Card{ID: c.ID, URL: c.URL, Title: c.Title, Kind: c.Kind, KindName: c.KindName, Icon: c.Icon, Tint: c.Tint, Section: c.Section, Lang: c.Lang, IsSection: true, Generated: c.Generated}
		if l.prev != nil && l.prev.sections[id] != nil && s.crumb.sameAs(l.prev.sections[id].crumb) {
			s.crumb = l.prev.sections[id].crumb
		}
	}
	l.tags()
	l.site()
}

// knows tells whether all derived values were taken over from q, and none holds
// documents, whose cards may be others.
func (p *page) knows(q *page) bool {
	return p.kind == nil || p.doc == nil || len(p.kind.Derived) == 0 ||
		sameSlice(p.derived, q.derived) && len(p.derived) > 0 && !slices.ContainsFunc(p.derived, func(v derivedValue) bool { return v.docs })
}

// lists puts the pages of each kind in the kind's order.
func (l *linker) lists() {
	b := l.b
	b.kindBy = map[string][]*Card{}
	of := map[string][]*page{}
	other := map[string]bool{} // kinds of which the pages or their cards are not those they were
	listed := func(p *page) string {
		if p.kind == nil || p.doc == nil || p.index && p.kind.ID == "guide" {
			return ""
		}
		return p.kind.ID
	}
	for _, p := range b.pages {
		k := listed(p)
		if of[k] = append(of[k], p); l.unmoved && p.card != p.was.card {
			other[k], other[listed(p.was)] = true, true
		}
	}
	for _, k := range b.in.Kinds.All() {
		by := order{k.List.Sort, enums(k)}
		if list, ok := l.recalled.ofKind(b, k.ID, len(of[k.ID])); ok {
			b.kindBy[k.ID] = cardsOf(list)
		} else if l.unmoved && !other[k.ID] {
			b.kindBy[k.ID] = l.prev.kindBy[k.ID]
		} else {
			var before []*Card
			if l.prev != nil {
				before = l.prev.kindBy[k.ID]
			}
			pages := make([]*page, 0, len(before))
			for _, c := range before {
				if n, ok := b.byID[c.ID]; ok {
					pages = append(pages, b.pages[n])
				}
			}
			b.kindBy[k.ID] = cardsOf(b.sorted(of[k.ID], pages, by.cards))
		}
		info := &KindInfo{ID: k.ID, Name: k.Name, Plural: k.Plural, Icon: k.Icon, Tint: k.Tint, Section: k.Section, Description: k.Description,
			Facets: k.Facets, Columns: k.List.Columns, Labels: map[string]string{}, Count: len(b.kindBy[k.ID]),
			Archetype: b.in.Texts["kinds/"+k.ID+"/archetype.md"]}
		info.Glossary = k.Glossary
		for _, f := range k.Fields {
			info.Labels[f.Name] = k.Label(f.Name)
			info.Fields = append(info.Fields, KindField{f.Name, info.Labels[f.Name], f.Type})
		}
		for i := range k.Derived {
			info.Derived = append(info.Derived, KindField{k.Derived[i].Name, k.Label(k.Derived[i].Name), k.Derived[i].Type})
			info.Labels[k.Derived[i].Name] = k.Label(k.Derived[i].Name)
		}
		if s := b.sections[k.Section]; s != nil && k.Section != "" {
			info.URL = s.page.url
			if list, ok := l.recalled.inSection(b, k.Section, len(s.children)); ok {
				s.children = list
			} else if len(k.List.Sort) > 0 && !(l.unmoved && !slices.ContainsFunc(s.children, func(p *page) bool { return p.card != p.was.card })) {
				var before []*page
				if l.prev != nil && l.prev.sections[k.Section] != nil {
					for _, q := range l.prev.sections[k.Section].children {
						if n, ok := b.byID[q.id]; ok {
							before = append(before, b.pages[n])
						}
					}
				}
				s.children = b.sorted(s.children, before, by.pages)
			}
		}
		b.kinds = append(b.kinds, info)
	}
}

// sorted sorts pages. before is an order in which those whose cards are as they
// were lie already: then only the others are put where they belong. cmp must
// tell any two pages apart.
func (b *Book) sorted(pages, before []*page, cmp func(x, y *page) int) []*page {
	is := make([]bool, len(b.pages))
	for _, p := range pages {
		is[p.n] = true
	}
	alike := func(p *page) bool { return p.was != nil && p.was.card == p.card }
	old := make([]*page, 0, len(before))
	for _, p := range before {
		if is[p.n] && alike(p) {
			old = append(old, p)
			is[p.n] = false
		}
	}
	fresh := make([]*page, 0, len(pages)-len(old))
	for _, p := range pages {
		if is[p.n] {
			fresh = append(fresh, p)
		}
	}
	slices.SortFunc(fresh, cmp)
	out := make([]*page, 0, len(pages))
	for len(old) > 0 && len(fresh) > 0 {
		i, _ := slices.BinarySearchFunc(old, fresh[0], cmp)
		out, old = append(out, old[:i]...), old[i:]
		out, fresh = append(out, fresh[0]), fresh[1:]
	}
	return append(append(out, old...), fresh...)
}

func cardsOf(pages []*page) []*Card {
	out := make([]*Card, len(pages))
	for i, p := range pages {
		out[i] = p.card
	}
	return out
}

// refersAlike tells whether p's references in front matter lead to the very
// cards that they led to in the Book before.
func (p *page) refersAlike(b, old *Book) bool {
	q := p.was
	return slices.EqualFunc(p.edges, q.edges, func(x, y edge) bool { return b.pages[x.to].ref == old.pages[y.to].ref })
}

// sameFields tells whether two cards show the same fields.
func sameFields(a, b map[string]any) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if w, ok := b[k]; !ok || !sameValue(v, w) {
			return false
		}
	}
	return true
}

func sameValue(a, b any) bool {
	switch a := a.(type) {
	case nil, bool, int64, float64, string, *Card:
		return a == b
	case []*Card:
		c, ok := b.([]*Card)
		return ok && slices.Equal(a, c)
	}
	return digestOf(a) == digestOf(b)
}

func (l *linker) tags() {
	b := l.b
	if l.unmoved && !slices.ContainsFunc(b.pages, func(p *page) bool { return p.seed != p.was.seed && !slices.Equal(p.tags, p.was.tags) }) {
		l.retag()
		return
	}
	b.tagBy = map[string]int{}
	for _, p := range b.pages {
		for _, t := range p.tags {
			slug := Slug(t)
			if slug == "" {
				continue
			}
			i, ok := b.tagBy[slug]
			if !ok {
				i = len(b.tags)
				b.tagBy[slug] = i
				u := Root + "tags/" + escapePath(slug) + "/"
				if b.in.Portable {
					u += "index.html"
				}
				b.tags = append(b.tags, Tag{Name: t, Slug: slug, URL: u})
			}
			b.tags[i].Pages = append(b.tags[i].Pages, p.card)
			b.tags[i].Count++
		}
	}
	slices.SortFunc(b.tags, func(x, y Tag) int { return natural(x.Slug, y.Slug) })
	for i, t := range b.tags {
		b.tagBy[t.Slug] = i
	}
}

// retag takes the tags over from the Book before, with the cards that pages have
// now.
func (l *linker) retag() {
	b, old := l.b, l.prev
	b.tags, b.tagBy = slices.Clone(old.tags), old.tagBy
	for _, p := range b.pages {
		if p.card == p.was.card {
			continue
		}
		for _, t := range p.tags {
			i, ok := b.tagBy[Slug(t)]
			if !ok {
				continue
			}
			if sameSlice(b.tags[i].Pages, old.tags[i].Pages) {
				b.tags[i].Pages = slices.Clone(old.tags[i].Pages)
			}
			for k, c := range b.tags[i].Pages {
				if c == p.was.card {
					b.tags[i].Pages[k] = p.card
				}
			}
		}
	}
}

func (l *linker) site() {
	b, c := l.b, l.b.in.Config
	b.site = &Site{Title: c.Title, Description: c.Description, Language: c.Language, Accent: c.Accent, Logo: c.Logo, Footer: c.Footer,
		BaseURL: c.BaseURL, EditURL: c.EditURL, BasePath: basePath(c.BaseURL), URL: Root, Version: b.in.Version, Portable: b.in.Portable, PerList: b.perList(), Home: c.Home, Outputs: c.Outputs}
	if p, ok := b.in.Assets[c.Logo]; ok {
		b.site.Logo = Root + escapePath(p)
	} else {
		b.site.Logo = ""
	}
	if b.in.Portable {
		b.site.URL = Root + "index.html"
	}
	if b.site.Title == "" {
		b.site.Title = b.sections[""].page.title
	}
}

// perList returns how many pages one page of a section lists.
func (b *Book) perList() int {
	if n := b.in.Config.PerList; n > 0 {
		return n
	}
	return 200
}

// Parts returns on how many pages a section lists what lies in it, 1 for all
// others.
func (b *Book) Parts(id string) int {
	n, ok := b.byID[id]
	if !ok {
		return 1
	}
	s := b.sections[b.pages[n].sectionID()]
	if s == nil || s.page.id != id {
		return 1
	}
	return max(1, (len(s.children)+b.perList()-1)/b.perList())
}

// basePath returns the path of a URL with a slash at its end.
func basePath(u string) string {
	if i := strings.Index(u, "://"); i >= 0 {
		u = u[i+3:]
		if j := strings.IndexByte(u, '/'); j >= 0 {
			u = u[j:]
		} else {
			u = "/"
		}
	}
	if !strings.HasSuffix(u, "/") {
		u += "/"
	}
	if !strings.HasPrefix(u, "/") {
		u = "/" + u
	}
	return u
}
