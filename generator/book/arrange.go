package book

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// arrange puts pages into their sections in order, and makes the cards by which
// others know them.
func (l *linker) arrange() {
	b := l.b
	if l.unmoved {
		return
	}
	for _, p := range b.pages {
		if p.id == HomeID && p.folder == "" {
			continue
		}
		s := b.sections[p.folder]
		if !p.index {
			s.children = append(s.children, p)
		}
		for f := p.folder; ; {
			b.sections[f].total++
			if f == "" {
				break
			}
			f = b.sections[f].parent
		}
	}
	ranks := map[string]int{}
	for i, f := range b.in.Config.SectionOrder {
		ranks[f] = i - len(b.in.Config.SectionOrder)
	}
	for _, s := range b.sections {
		slices.SortFunc(s.children, inOrder)
		slices.SortFunc(s.subs, func(x, y string) int {
			return cmp.Or(cmp.Compare(ranks[x], ranks[y]), inOrder(b.sections[x].page, b.sections[y].page))
		})
	}
}

// inOrder sorts by weight (those without one last), then by file name as people
// count: "2-next" before "10-last".
func inOrder(x, y *page) int {
	wx, wy := x.weight(), y.weight()
	if (wx == 0) != (wy == 0) {
		if wx == 0 {
			return 1
		}
		return -1
	}
	return cmp.Or(cmp.Compare(wx, wy), natural(x.id, y.id))
}

func (p *page) weight() float64 {
	switch w := p.plain("weight").(type) {
	case int64:
		return float64(w)
	case float64:
		return w
	}
	return 0
}

// natural compares strings, case folded, with runs of digits compared as
// numbers of any length.
func natural(a, b string) int {
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		if digit(a[i]) && digit(b[j]) {
			x, y := number(a[i:]), number(b[j:])
			i, j = i+len(x), j+len(y)
			x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
			if c := cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y)); c != 0 {
				return c
			}
			continue
		}
		x, y := lower(a[i]), lower(b[j])
		if x != y {
			return cmp.Compare(x, y)
		}
		i, j = i+1, j+1
	}
	return cmp.Or(cmp.Compare(len(a)-i, len(b)-j), strings.Compare(a, b))
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func number(s string) string {
	n := 0
	for n < len(s) && digit(s[n]) {
		n++
	}
	return s[:n]
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	if c == '/' {
		return 0 // a folder's pages before those whose name merely begins alike
	}
	return c
}

// shallow makes the card of a page without the fields that need references.
func (l *linker) shallow(p *page) {
	if l.looksAlike(p) {
		p.ref = p.was.ref
		return
	}
	c := &Card{ID: p.id, URL: p.url, Title: p.title, Section: p.folder, Lang: p.lang, Weight: p.weight(),
		IsSection: p.index || p.id == HomeID, Generated: p.doc == nil, Tags: p.tags}
	if s := l.b.sections[p.sectionID()]; s != nil && c.IsSection {
		c.Count = s.total
		if label, ok := l.b.in.Config.SectionLabels[p.sectionID()]; ok {
			c.Title = label
		}
	}
	if p.doc != nil {
		c.Summary = p.doc.Summary
		if s, ok := p.plain("description").(string); ok {
			c.Summary = s
		}
		if s, ok := p.plain("definition").(string); ok && p.kind != nil && p.kind.Glossary {
			c.Summary = s
		}
		c.Status, _ = p.plain("status").(string)
		c.Date = max(dateOf(p.plain("date")), dateOf(p.plain("verified_on")))
		if p.kind != nil {
			for _, name := range p.kind.Dated {
				c.Date = max(c.Date, dateOf(p.plain(name)))
			}
		}
	}
	if p.kind != nil && !(p.index && p.kind.ID == "guide") {
		c.Kind, c.KindName, c.Icon, c.Tint = p.kind.ID, p.kind.Name, p.kind.Icon, p.kind.Tint
	}
	if c.IsSection && c.Icon == "" {
		c.Icon = "folder"
		if p.id == HomeID {
			c.Icon = "home"
		}
		for _, k := range l.b.in.Kinds.All() {
			if k.Section == p.id && k.Section != "" {
				c.Icon, c.Tint = k.Icon, k.Tint
			}
		}
	}
	if s, ok := p.plain("icon").(string); ok {
		c.Icon = s
	}
	if p.doc != nil && c.Summary == p.doc.Summary {
		c.Summary = p.spoken(c.Summary)
	}
	if n, ok := p.resolved["/owner"]; ok {
		c.Owner = l.b.pages[n].title
	} else if s, ok := p.plain("owner").(string); ok {
		c.Owner = s
	}
	p.ref = c
	if was := p.was; was != nil && was.ref != nil && c.sameAs(was.ref) {
		p.ref = was.ref
	}
}

// looksAlike tells whether all that p's shallow card is made of is as it was in
// the Book before.
func (l *linker) looksAlike(p *page) bool {
	q := p.was
	if q == nil || q.ref == nil || p.doc != q.doc || p.seed != q.seed || p.links != q.links || p.url != q.url || p.folder != q.folder || p.index != q.index {
		return false
	}
	if n, ok := p.resolved["/owner"]; ok && l.b.pages[n].title != q.ref.Owner {
		return false
	}
	s := l.b.sections[p.sectionID()]
	return !q.ref.IsSection || s != nil && s.total == q.ref.Count
}

// sectionID is the id of the section that p is the page of.
func (p *page) sectionID() string {
	if p.id == HomeID && p.folder == "" {
		return ""
	}
	return p.id
}

// cleanTags drops empty and doubled tags and keeps their order.
func cleanTags(v any) []string {
	var out []string
	for _, t := range stringsOf(v) {
		t = strings.TrimFunc(t, func(r rune) bool { return unicode.IsSpace(r) || r == '#' })
		if t != "" && !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, t) }) {
			out = append(out, t)
		}
	}
	return out
}
