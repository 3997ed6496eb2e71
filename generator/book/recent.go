package book

import (
	"cmp"
	"slices"
	"strings"
)

// maxRecent bounds what is told of as new: a feed must not grow with the site.
const maxRecent = 40

// recent returns the pages of the site, of a section with all below it, or of a
// tag that last said something new, the latest first; what is dated later than
// today has not happened yet.
func (b *Book) recent(of string) []*Card {
	var out []*Card // sorted; of most pages one look at its end is enough
	later := func(x, y *Card) int { return cmp.Or(-cmp.Compare(x.Date, y.Date), cmp.Compare(x.ID, y.ID)) }
	add := func(c *Card) {
		if c.Date == "" || c.Date > b.in.AsOf || len(out) == maxRecent && later(c, out[maxRecent-1]) > 0 {
			return
		}
		i, _ := slices.BinarySearchFunc(out, c, later)
		if out = slices.Insert(out, i, c); len(out) > maxRecent {
			out = out[:maxRecent]
		}
	}
	if slug, ok := strings.CutPrefix(of, "tags/"); ok {
		if i, ok := b.tagBy[slug]; ok {
			for _, c := range b.tags[i].Pages {
				add(c)
			}
		}
		return out
	}
	for _, p := range b.pages {
		if p.doc != nil && !p.index && (of == "" || p.id == of || strings.HasPrefix(p.id, of+"/")) {
			add(p.card)
		}
	}
	return out
}

// TopSections returns the ids of the sections directly below the home page that
// have pages, sorted.
func (b *Book) TopSections() []string {
	var out []string
	for id, s := range b.sections {
		if id != "" && s.parent == "" {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}
