package render

import (
	"encoding/xml"
	"strings"

	"playbook/generator/book"
)

// atomFeed is a feed as RFC 4287 (Atom) defines it.
type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	Title   string      `xml:"title"`
	ID      string      `xml:"id"`
	Updated string      `xml:"updated"`
	Author  *atomAuthor `xml:"author"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomAuthor struct {
	Name string `xml:"name"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	Title   string         `xml:"title"`
	ID      string         `xml:"id"`
	Updated string         `xml:"updated"`
	Author  *atomAuthor    `xml:"author"`
	Link    atomLink       `xml:"link"`
	Terms   []atomCategory `xml:"category"`
	Summary string         `xml:"summary,omitempty"`
}

type atomCategory struct {
	Term string `xml:"term,attr"`
}

// feedOf writes the feed of the site (of is ""), of a section or of a tag. Where
// the site's address is not known, links are relative, and ids name the pages by
// tag URIs (RFC 4151), which stay the same wherever the site lies.
func feedOf(v *View, of, path string) []byte {
	site := v.Site()
	href := func(url string) string { return hrefFrom(site, path, url) }
	id := func(url string) string {
		if site.BaseURL != "" {
			return href(url)
		}
		return "tag:playbook.invalid,2026:/" + strings.TrimSuffix(strings.TrimPrefix(url, book.Root), "index.html")
	}
	at, title := site.URL, site.Title
	if slug, ok := strings.CutPrefix(of, "tags/"); ok {
		if t := ask[*book.Tag](v, book.OpTag, slug); t != nil {
			at, title = t.URL, site.Title+" · "+t.Name
		}
	} else if of != "" {
		if c := ask[*book.Card](v, book.OpCard, of); c != nil {
			at, title = c.URL, site.Title+" · "+c.Title
		}
	}
	f := atomFeed{Lang: site.Language, Title: title, ID: id(at), Author: &atomAuthor{site.Title}, Updated: "1970-01-01T00:00:00Z",
		Links: []atomLink{{"alternate", href(at)}, {"self", href(book.Root + path)}}}
	for _, n := range v.Recent(of) {
		c := n.Card
		e := atomEntry{Title: c.Title, ID: id(c.URL), Updated: n.On + "T00:00:00Z", Link: atomLink{"alternate", href(c.URL)}, Summary: c.Summary}
		if n.By != "" {
			e.Author = &atomAuthor{n.By}
		}
		if len(n.Changes) > 0 {
			told := make([]string, len(n.Changes))
			for i, x := range n.Changes {
				told[i] = v.Tell(x)
			}
			e.Summary = strings.Join(told, "; ")
		}
		for _, t := range c.Tags {
			e.Terms = append(e.Terms, atomCategory{t})
		}
		f.Entries = append(f.Entries, e)
		f.Updated = max(f.Updated, e.Updated)
	}
	return xmlFile(f)
}
