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
		out[i] = Address{p.url, b.changedOn(p)}
	}
	return out
}

// Data of more pages than onePart is spread over files of some perPart each: one
// edit must not write all of a large book again.
const (
	onePart = 1000
	perPart = 250
)

// Partition returns over how many parts the data of the pages is spread: one, or
// a power of two, so that it seldom changes.
func (b *Book) Partition() int {
	n := 1
	for len(b.pages) > onePart && n*perPart < len(b.pages) {
		n *= 2
	}
	return n
}

// partOf returns the ids of the pages in one part. Where a page lies hangs on its
// id alone.
func (b *Book) partOf(part string) []string {
	b.partition.Do(func() {
		b.parts = make([][]string, b.Partition())
		for _, p := range b.pages {
			n := key('d', p.id) % uint32(len(b.parts))
			b.parts[n] = append(b.parts[n], p.id)
		}
	})
	n, err := strconv.Atoi(part)
	if err != nil || n < 0 || n >= len(b.parts) {
		return nil
	}
	return b.parts[n]
}
