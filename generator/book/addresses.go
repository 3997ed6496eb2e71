package book

import "strconv"

// PerSitemap is how many addresses one file of a sitemap may have.
const PerSitemap = 50000

// Address is where a page is, and when it last said something new.
type Address struct{ URL, Date string }

// Sitemaps returns on how many files a sitemap of all pages is spread.
func (b *Book) Sitemaps() int { return max(1, (len(b.pages)+PerSitemap-1)/PerSitemap) }

// addresses returns those of one file of the sitemap, counted from 0.
func (b *Book) addresses(part string) []Address {
	n, err := strconv.Atoi(part)
	if err != nil || n < 0 || n >= b.Sitemaps() {
		return nil
	}
	pages := b.pages[n*PerSitemap : min(len(b.pages), (n+1)*PerSitemap)]
	out := make([]Address, len(pages))
	for i, p := range pages {
		out[i] = Address{p.url, p.ref.Date}
	}
	return out
}
