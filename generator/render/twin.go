package render

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"playbook/generator/book"
)

// twinName returns where the Markdown of the page at an output path goes: beside
// it, so that relative links are the same in both.
func twinName(out string) string { return strings.TrimSuffix(out, ".html") + ".md" }

// maxTwinList bounds how much of a section its Markdown lists.
const maxTwinList = 200

// twinOf writes a page as Markdown: its fields as front matter, then what it
// says, references and transclusions filled in; of a section what lies in it.
func twinOf(v *View, path string) []byte {
	site, p := v.Site(), v.self()
	c := p.Card
	href := func(url string) string { return hrefFrom(site, path, url) }
	w := &dataWriter{card: func(w *dataWriter, c *book.Card) {
		w.raw(`{"title": `)
		w.str(c.Title)
		w.raw(`, "url": `)
		w.str(href(c.URL))
		w.raw("}")
	}}
	line := func(name string, v any) {
		w.raw(name + ": ")
		w.value(v)
		w.raw("\n")
	}
	w.raw("---\n")
	line("title", v.Title())
	text := func(name, s string) {
		if s != "" {
			line(name, s)
		}
	}
	text("description", p.Description)
	if site.BaseURL != "" {
		line("url", wholeURL(site, c.URL))
	}
	text("language", c.Lang)
	text("kind", c.Kind)
	text("status", c.Status)
	if p.OwnerCard != nil {
		line("owner", p.OwnerCard)
	} else {
		text("owner", c.Owner)
	}
	if len(c.Tags) > 0 {
		line("tags", c.Tags)
	}
	text("date", c.Date)
	text("verified_on", p.VerifiedOn)
	text("verified_by", p.VerifiedBy)
	text("review_due", p.ReviewDue)
	for _, name := range publicFields(p) {
		x := p.Fields[name]
		if list, ok := x.([]any); ok && slices.ContainsFunc(list, func(e any) bool { _, ok := e.(map[string]any); return ok }) {
			w.raw(name + ":\n")
			for _, e := range list {
				w.raw("  - ")
				w.value(e)
				w.raw("\n")
			}
			continue
		}
		line(name, x)
	}
	w.raw("---\n\n")
	out := bytes.NewBuffer(w.b)
	md := &mdWriter{href: href}
	md.text(v.Title())
	out.WriteString("# " + md.line.String() + "\n")
	if text := toMarkdown(string(body(v.r, v.id, nil)), href); len(text) > 0 {
		out.WriteByte('\n')
		out.Write(text)
	}
	if c.IsSection {
		list := append(slices.Clone(v.Sections()), v.Children()...)
		if len(list) > 0 {
			out.WriteByte('\n')
		}
		listMarkdown(out, list, maxTwinList, c, href)
	}
	return out.Bytes()
}

// listMarkdown lists pages with a line each, and how many there are more than
// max, which in's page has.
func listMarkdown(out *bytes.Buffer, list []*book.Card, max int, in *book.Card, href func(url string) string) {
	for i, c := range list {
		md := &mdWriter{}
		if i == max {
			md.text(in.Title)
			out.WriteString("- [" + strconv.Itoa(len(list)-max) + " more in " + md.line.String() + "](" + mdURL.Replace(href(in.URL)) + ")\n")
			return
		}
		md.line.WriteByte('[')
		md.text(c.Title)
		md.line.WriteString("](" + mdURL.Replace(href(c.URL)) + ")")
		if c.Summary != "" {
			md.line.WriteString(": ")
			md.text(c.Summary)
		}
		out.WriteString("- " + md.line.String() + "\n")
	}
}

// kept are the fields that a page's data name in a form of their own, and those
// that say how a page is handled and nothing to its readers.
var kept = []string{"title", "description", "kind", "status", "owner", "tags", "date", "verified_on", "verified_by", "review_every",
	"draft", "publish_on", "expires_on", "audience", "slug", "weight", "id", "lang", "layout", "toc", "icon", "checks", "match", "scope", "glossary", "search"}

// publicFields returns the names of the fields that the page's kind declares and
// that say something to its readers.
func publicFields(p *book.Page) []string {
	return slices.DeleteFunc(slices.Clone(p.Declared), func(name string) bool { return slices.Contains(kept, name) })
}

// maxLLMs bounds how many pages of a section llms.txt names.
const maxLLMs = 50

// llmsOf writes llms.txt as llmstxt.org describes it: what the site is, and where
// language models find what in it.
func llmsOf(v *View) []byte {
	const path = "llms.txt"
	site := v.Site()
	href := func(url string) string {
		if !site.Outputs.NoMarkdown && strings.HasPrefix(url, book.Root) {
			if strings.HasSuffix(url, "/") {
				url += "index.html"
			}
			url = twinName(url)
		}
		return hrefFrom(site, path, url)
	}
	var out bytes.Buffer
	head := func(mark, s string) {
		md := &mdWriter{}
		md.text(s)
		if md.line.Len() > 0 {
			out.WriteString(mark + md.line.String() + "\n\n")
		}
	}
	head("# ", site.Title)
	head("> ", site.Description)
	home := &book.Card{Title: site.Title, URL: site.URL}
	if list := v.ChildrenOf(nil); len(list) > 0 {
		head("## ", site.Title)
		listMarkdown(&out, list, maxLLMs, home, href)
		out.WriteByte('\n')
	}
	for _, s := range v.TopNav() {
		head("## ", s.Title)
		listMarkdown(&out, []*book.Card{s}, maxLLMs, s, href)
		listMarkdown(&out, append(slices.Clone(v.SectionsOf(s)), v.ChildrenOf(s)...), maxLLMs, s, href)
		out.WriteByte('\n')
	}
	if !site.Outputs.NoJSON {
		out.WriteString("## Optional\n\n- [The whole book as JSON](" + hrefFrom(site, path, book.Root+"book.json") + ")\n")
	}
	return out.Bytes()
}
