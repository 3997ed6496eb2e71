package render

import (
	"bytes"
	"encoding/xml"
	"strconv"

	"playbook/generator/book"
)

// sitemapName is the file of a part of a sitemap, counted from 0.
func sitemapName(part int) string { return "sitemap-" + strconv.Itoa(part+1) + ".xml" }

type sitemapURL struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod,omitempty"`
}

// sitemapOf writes the addresses of pages as sitemaps.org defines it. The site
// says where it lies, or there is none.
func sitemapOf(v *View, part int) []byte {
	site := v.Site()
	list := ask[[]book.Address](v, book.OpAddresses, strconv.Itoa(part))
	urls := make([]sitemapURL, len(list))
	for i, a := range list {
		urls[i] = sitemapURL{wholeURL(site, a.URL), a.Date}
	}
	return xmlFile(struct {
		XMLName xml.Name     `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
		URLs    []sitemapURL `xml:"url"`
	}{URLs: urls})
}

// sitemapIndex writes the file that leads to the n files of a large site.
func sitemapIndex(v *View, n int) []byte {
	site := v.Site()
	maps := make([]sitemapURL, n)
	for i := range maps {
		maps[i].Loc = wholeURL(site, sitemapName(i))
	}
	return xmlFile(struct {
		XMLName xml.Name     `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 sitemapindex"`
		Maps    []sitemapURL `xml:"sitemap"`
	}{Maps: maps})
}

// xmlFile writes a document of texts and lists.
func xmlFile(v any) []byte {
	var w bytes.Buffer
	w.WriteString(xml.Header)
	e := xml.NewEncoder(&w)
	e.Indent("", " ")
	if e.Encode(v) != nil {
		return nil // of texts and nothing else, so it cannot fail
	}
	w.WriteByte('\n')
	return w.Bytes()
}

// robotsOf writes what crawlers are asked. A playbook is for those who work with
// it, so they are asked to stay away unless the site says otherwise: a page that
// no search engine finds is soon noticed, one that should not be found is not.
func robotsOf(v *View) []byte {
	site := v.Site()
	if site.Outputs.Robots != "allow" {
		return []byte("User-agent: *\nDisallow: /\n")
	}
	out := "User-agent: *\nDisallow:\n"
	if site.BaseURL != "" && !site.Outputs.NoSitemap {
		out += "\nSitemap: " + wholeURL(site, "sitemap.xml") + "\n"
	}
	return []byte(out)
}
