package render

import (
	"strconv"
	"strings"

	"playbook/generator/artifact"
	"playbook/generator/book"
	"playbook/generator/diag"
)

// outputs adds what a site gives beside its pages: feeds, calendars, what
// crawlers and programs read.
func (t *Theme) outputs(b *book.Book, add func(path, of string, mk artifact.Make)) {
	o, base := b.Input().Config.Outputs, b.Input().Config.BaseURL
	file := func(path, of string, mk func(v *View) []byte) {
		add(path, of, func(r *artifact.Reader) ([]byte, []diag.Diagnostic) { return mk(&View{t: t, r: r}), nil })
	}
	dir := func(id string) string { return strings.TrimSuffix(b.OutputOf(id), "index.html") }
	top := b.TopSections()
	if !o.NoFeeds {
		feed := func(of, dir string) {
			path := dir + "feed.xml"
			file(path, "feed "+of, func(v *View) []byte { return feedOf(v, of, path) })
		}
		feed("", "")
		for _, id := range top {
			feed(id, dir(id))
		}
		for _, slug := range b.TagSlugs() {
			feed("tags/"+slug, "tags/"+slug+"/")
		}
	}
	if !o.NoCalendar {
		file(calendarName, "calendar", func(v *View) []byte { return calendarOf(v, "") })
		for _, id := range top {
			file(dir(id)+calendarName, "calendar "+id, func(v *View) []byte { return calendarOf(v, id) })
		}
		for _, id := range b.PageIDs() {
			if b.Calendared(id) {
				file(dir(id)+calendarName, "calendar of "+id, func(v *View) []byte { return calendarOfPage(v, id) })
			}
		}
	}
	if !o.NoTemplates {
		for _, k := range b.Input().Kinds.All() {
			if b.OutputOf(k.Section) == "" || k.Section == "" || b.Input().Texts[archetypeOf(k.ID)] == "" {
				continue
			}
			file(dir(k.Section)+templateName, "template "+k.ID, func(v *View) []byte {
				if k := v.KindOf(k.ID); k != nil {
					return []byte(templateText(k.Archetype, k.Name))
				}
				return nil
			})
		}
	}
	if !o.NoSitemap && base != "" {
		if n := b.Sitemaps(); n == 1 {
			file("sitemap.xml", "sitemap", func(v *View) []byte { return sitemapOf(v, 0) })
		} else {
			file("sitemap.xml", "sitemap of "+strconv.Itoa(n), func(v *View) []byte { return sitemapIndex(v, n) })
			for i := range n {
				file(sitemapName(i), "sitemap "+strconv.Itoa(i), func(v *View) []byte { return sitemapOf(v, i) })
			}
		}
	}
	if !o.NoMarkdown {
		for _, id := range b.PageIDs() {
			path := twinName(b.OutputOf(id))
			add(path, "markdown "+id, func(r *artifact.Reader) ([]byte, []diag.Diagnostic) {
				return twinOf(&View{t: t, r: r, id: id}, path), nil
			})
		}
	}
	if !o.NoPreviews && base != "" {
		file(previewName, "preview", func(v *View) []byte { return previewOf(v, "") })
		for _, id := range top {
			file(dir(id)+previewName, "preview "+id, func(v *View) []byte { return previewOf(v, id) })
		}
	}
	if !o.NoJSON {
		n := b.Partition()
		file(bookName, "book in "+strconv.Itoa(n), func(v *View) []byte { return bookOf(v, n) })
		for i := 0; n > 1 && i < n; i++ {
			file(bookPart(i), "part "+strconv.Itoa(i)+" of the book in "+strconv.Itoa(n), func(v *View) []byte { return bookPartOf(v, i) })
		}
		file("book.schema.json", "book schema", func(*View) []byte { return []byte(BookSchema) })
	}
	if !o.NoLLMs {
		file("llms.txt", "llms", llmsOf)
	}
	if o.Robots != "none" {
		file("robots.txt", "robots", robotsOf)
	}
}

// hrefFrom returns how the output at path names a URL of an answer: whole where
// it is known where the site lies, else relative.
func hrefFrom(site *book.Site, path, url string) string {
	rest, ours := strings.CutPrefix(url, book.Root)
	if !ours {
		return url
	}
	if site.BaseURL != "" {
		return wholeURL(site, rest)
	}
	if rest = strings.Repeat("../", strings.Count(path, "/")) + rest; rest == "" {
		return "./"
	}
	return rest
}

// wholeURL returns the address of what lies at a path below the site's root; the
// site must say where that is.
func wholeURL(site *book.Site, rest string) string {
	return strings.TrimSuffix(site.BaseURL, "/") + "/" + strings.TrimPrefix(rest, book.Root)
}
