package render

import (
	_ "embed"
	"strconv"
	"strings"

	"playbook/generator/book"
)

// BookVersion is that of the form of book.json. It rises when a key is taken away
// or comes to mean something else.
const BookVersion = 1

// BookSchema is the JSON Schema of book.json, published beside it.
//
//go:embed book.schema.json
var BookSchema string

// dataFragment is the name of the fragment that is a page's part of book.json:
// an edit makes one anew, and the file is put together of all.
func dataFragment(id string) string { return "data/" + id }

func newData() *dataWriter {
	return &dataWriter{card: func(w *dataWriter, c *book.Card) {
		w.raw(`{"ref": `)
		w.str(c.ID)
		w.raw("}")
	}}
}

// opt appends a key of an object and its text, unless that is empty.
func (w *dataWriter) opt(key, s string) {
	if s != "" {
		w.raw(`, "` + key + `": `)
		w.str(s)
	}
}

func relativeToRoot(url string) string {
	if s := strings.TrimPrefix(url, book.Root); s != "" {
		return s
	}
	return "./"
}

// pageData writes one page of book.json. What it does not show it does not ask
// for, so that an edit of a text leaves the book as it was.
func pageData(v *View) []byte {
	p := v.self()
	c := p.Card
	w := newData()
	w.b = make([]byte, 0, 1024)
	w.raw(`{"id": `)
	w.str(c.ID)
	w.raw(`, "url": `)
	w.str(relativeToRoot(c.URL))
	w.raw(`, "title": `)
	w.str(v.Title())
	w.opt("summary", c.Summary)
	w.opt("kind", c.Kind)
	w.opt("language", c.Lang)
	w.opt("section", c.Section)
	if c.IsSection {
		w.raw(`, "is_section": true`)
	}
	w.opt("status", c.Status)
	w.opt("owner", c.Owner)
	if len(c.Tags) > 0 {
		w.raw(`, "tags": `)
		w.value(c.Tags)
	}
	w.opt("date", c.Date)
	w.opt("verified_on", p.VerifiedOn)
	w.opt("verified_by", p.VerifiedBy)
	w.opt("review_due", p.ReviewDue)
	sep := `, "fields": {`
	pair := func(name string, x any) {
		w.raw(sep)
		w.str(name)
		w.raw(": ")
		w.value(x)
		sep = ", "
	}
	end := func() {
		if sep == ", " {
			w.raw("}")
		}
	}
	if _, ok := p.Fields["owner"].(*book.Card); ok {
		pair("owner", p.Fields["owner"])
	}
	for _, name := range publicFields(p) {
		pair(name, p.Fields[name])
	}
	end()
	sep = `, "derived": {`
	for _, n := range ask[[]book.Named](v, book.OpDerived, v.id) {
		pair(n.Name, n.Value)
	}
	end()
	if groups := v.RelationGroups(); len(groups) > 0 {
		w.raw(`, "relations": {`)
		for i, g := range groups {
			if i > 0 {
				w.raw(", ")
			}
			name := g.Name
			for _, before := range groups[:i] {
				if before.Name == name { // one name in both directions
					name += " (inverse)"
					break
				}
			}
			w.str(name)
			w.raw(": ")
			w.list(len(g.Pages), func(i int) { w.str(g.Pages[i].ID) })
		}
		w.raw("}")
	}
	if len(p.Headings) > 0 {
		w.raw(`, "headings": `)
		w.list(len(p.Headings), func(i int) {
			h := &p.Headings[i]
			w.raw(`{"level": `)
			w.value(h.Level)
			w.raw(`, "id": `)
			w.str(h.ID)
			w.raw(`, "text": `)
			w.str(h.Text)
			w.raw("}")
		})
	}
	w.raw("}")
	return w.b
}

// bookName is the file that holds the book as data, or leads to its parts.
const bookName = "book.json"

// bookPart names the file of a part of the pages, counted from 0.
func bookPart(part int) string { return "book/" + strconv.Itoa(part+1) + ".json" }

// bookOf writes book.json. Where the pages are spread over several parts it names
// those.
func bookOf(v *View, parts int) []byte {
	site := v.Site()
	w := newData()
	w.raw(`{"$schema": "book.schema.json", "version": `)
	w.value(BookVersion)
	w.raw(`, "title": `)
	w.str(site.Title)
	w.opt("description", site.Description)
	w.raw(`, "language": `)
	w.str(site.Language)
	w.opt("base_url", site.BaseURL)
	w.opt("generator", v.Generator())
	w.raw(",\n\"kinds\": [")
	fields := func(list []book.KindField) {
		w.list(len(list), func(i int) {
			w.raw(`{"name": `)
			w.str(list[i].Name)
			w.raw(`, "label": `)
			w.str(list[i].Label)
			w.raw(`, "type": `)
			w.str(list[i].Type)
			w.raw("}")
		})
	}
	kinds := v.Kinds()
	for i, k := range kinds {
		if i > 0 {
			w.raw(",")
		}
		w.raw("\n" + `{"id": `)
		w.str(k.ID)
		w.raw(`, "name": `)
		w.str(k.Name)
		w.raw(`, "plural": `)
		w.str(k.Plural)
		w.opt("description", k.Description)
		w.opt("section", k.Section)
		w.raw(`, "count": `)
		w.value(k.Count)
		w.raw(`, "fields": `)
		fields(k.Fields)
		w.raw(`, "derived": `)
		fields(k.Derived)
		w.raw("}")
	}
	w.raw("],\n\"terms\": [")
	sep := "\n"
	for _, k := range kinds {
		if !k.Glossary {
			continue
		}
		for _, c := range v.PagesOf(k.ID) {
			w.raw(sep + `{"id": `)
			w.str(c.ID)
			w.raw(`, "term": `)
			w.str(c.Title)
			w.opt("definition", c.Summary)
			w.opt("status", c.Status)
			w.raw("}")
			sep = ",\n"
		}
	}
	w.raw("],\n")
	if parts > 1 {
		w.raw(`"parts": `)
		w.list(parts, func(i int) { w.str(bookPart(i)) })
		w.raw(",\n\"pages\": []}\n")
		return w.b
	}
	return bookPages(v, w.b, 0)
}

// bookPartOf writes one part of the pages.
func bookPartOf(v *View, part int) []byte {
	w := newData()
	w.raw(`{"$schema": "../book.schema.json", "version": `)
	w.value(BookVersion)
	w.raw(",\n")
	return bookPages(v, w.b, part)
}

// bookPages ends a file that begins with head by the pages of a part, each of
// which is made on its own.
func bookPages(v *View, head []byte, part int) []byte {
	ids := ask[[]string](v, book.OpPages, strconv.Itoa(part))
	parts := make([][]byte, len(ids))
	const key = `"pages": [`
	size := len(head) + len(key) + 8
	for i, id := range ids {
		parts[i] = v.r.Fragment(dataFragment(id))
		size += len(parts[i]) + 2
	}
	out := append(append(make([]byte, 0, size), head...), key...)
	first := len(out)
	for _, p := range parts {
		if len(p) == 0 {
			continue // it could not be made, which is said elsewhere
		}
		if len(out) > first {
			out = append(out, ","...)
		}
		out = append(append(out, "\n"...), p...)
	}
	return append(out, "\n]}\n"...)
}
