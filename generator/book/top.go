package book

import "slices"

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
