package glossary

// Frequency says how often one term becomes a link on a page.
type Frequency uint8

// The frequencies. The zero value is what readers find least tiring.
const (
	FirstPerSection Frequency = iota
	FirstPerPage
	All
)

// Policy says which mentions become links.
type Policy struct {
	Link Frequency

	// Part maps a Mention's Section to the part of the page within which the
	// first mention counts, so that the sub-sections of one section share it.
	// Sections it does not hold, and all if it is nil, are parts of their own.
	Part []int

	// Skip, if set, names terms that are not linked here, such as the one the
	// page itself explains. Terms without Auto must be among them.
	Skip func(term int) bool
}

func (p Policy) part(section int) int {
	if section >= 0 && section < len(p.Part) {
		return p.Part[section]
	}
	return section
}

// Choose appends to dst those mentions that become links, in order, and
// returns it.
func Choose(mentions []Mention, p Policy, dst []Mention) []Mention {
	start := len(dst)
next:
	for _, m := range mentions {
		if p.Skip != nil && p.Skip(m.Term) {
			continue
		}
		if p.Link != All {
			for _, d := range dst[start:] {
				if d.Term == m.Term && (p.Link == FirstPerPage || p.part(d.Section) == p.part(m.Section)) {
					continue next
				}
			}
		}
		dst = append(dst, m)
	}
	return dst
}
