package book

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"playbook/generator/document"
	"playbook/generator/kind"
)

// News is what is new about a page: that it is there, or how it differs from what
// it said before the day of its last change.
type News struct {
	Card    *Card
	On      string // "2026-11-23"
	By      string // who changed it; the owner where no history is known
	New     bool   // it was not there before that day
	Changes []FieldChange
}

// FieldChange is a value of a page, or a list of values, that is another one than
// it was; or its text, which has no Label. A value that cannot be told in a line
// has neither From nor To, and is Long.
type FieldChange struct {
	Label                   string
	From, To                any      // text, number, yes or no; nil: none
	Choice                  bool     // they are of the few texts that may stand there
	Long                    bool     // only that it differs can be told
	Added, Removed, Changed int      // of the values of a list
	Parts                   []string // of the text: headings below which it differs
}

const (
	// maxRecent bounds what is told of as new: a feed must not grow with the site.
	maxRecent = 40
	// maxTold bounds of how many pages is told how they differ from what they were:
	// those of the site that were changed last.
	maxTold = 200
	// maxParts bounds the headings in a FieldChange, maxLine the characters in a
	// value that is told.
	maxParts, maxLine = 4, 60
)

// latestOf keeps the n latest of what it is given.
type latestOf struct {
	n    int
	list []dayOf // latest first; of those of a day by id
}

type dayOf struct {
	p  *page
	on string
}

func (l *latestOf) add(p *page, on string) {
	later := func(x, y dayOf) int { return cmp.Or(-cmp.Compare(x.on, y.on), cmp.Compare(x.p.id, y.p.id)) }
	x := dayOf{p, on}
	if len(l.list) == l.n && later(x, l.list[l.n-1]) > 0 { // of most pages this look is enough
		return
	}
	i, _ := slices.BinarySearchFunc(l.list, x, later)
	if l.list = slices.Insert(l.list, i, x); len(l.list) > l.n {
		l.list = l.list[:l.n]
	}
}

// changedOn returns the day on which p last said something new: as history knows
// it, else as its front matter has it; "" if there is none or it is still to come.
func (b *Book) changedOn(p *page) string {
	if p.doc == nil {
		return ""
	}
	if on := b.in.History.Of(p.doc.Path).On; on != "" {
		return min(on, b.in.AsOf) // where whoever committed lives, it may be tomorrow
	}
	if p.card.Date > b.in.AsOf {
		return ""
	}
	return p.card.Date
}

// told returns the pages of which is told how they differ from what they were.
func (b *Book) told() map[int32]bool {
	b.toldOnce.Do(func() {
		b.toldOf = map[int32]bool{}
		if b.in.History == nil {
			return
		}
		last := latestOf{n: maxTold}
		for _, p := range b.pages {
			if p.doc != nil && !p.index && b.in.History.Of(p.doc.Path).On != "" {
				last.add(p, b.changedOn(p))
			}
		}
		for _, d := range last.list {
			b.toldOf[d.p.n] = true
		}
	})
	return b.toldOf
}

// Told returns the paths of the documents whose Versions are asked of the
// Input's History.
func (b *Book) Told() []string {
	var out []string
	for n := range b.told() {
		out = append(out, b.pages[n].doc.Path)
	}
	slices.Sort(out)
	return out
}

// news returns what is new on the site, in a section with all below it, or about
// a tag, the latest first.
func (b *Book) news(of string) []News {
	last := &latestOf{n: maxRecent}
	if slug, ok := strings.CutPrefix(of, "tags/"); ok {
		if i, ok := b.tagBy[slug]; ok {
			for _, c := range b.tags[i].Pages {
				p := b.pages[b.byID[c.ID]]
				if on := b.changedOn(p); on != "" {
					last.add(p, on)
				}
			}
		}
	} else if l := b.latestIn()[of]; l != nil {
		last = l
	}
	out := make([]News, len(last.list))
	for i, d := range last.list {
		out[i] = b.newsOf(d.p, d.on)
	}
	return out
}

// latestIn returns, for the site ("") and each section, the pages that changed
// last in it and below. All sections ask, so that one look at each page has to do.
func (b *Book) latestIn() map[string]*latestOf {
	b.latestOnce.Do(func() {
		b.latestBy = map[string]*latestOf{}
		for id := range b.sections {
			b.latestBy[id] = &latestOf{n: maxRecent}
		}
		all := b.latestBy[""]
		if all == nil {
			all = &latestOf{n: maxRecent}
			b.latestBy[""] = all
		}
		for _, p := range b.pages {
			if p.index {
				continue
			}
			on := b.changedOn(p)
			if on == "" {
				continue
			}
			all.add(p, on)
			for id := p.folder; id != "" && id != HomeID; {
				s := b.sections[id]
				if s == nil {
					break
				}
				b.latestBy[id].add(p, on)
				id = s.parent
			}
		}
	})
	return b.latestBy
}

func (b *Book) newsOf(p *page, on string) News {
	n := News{Card: p.card, On: on, By: p.card.Owner}
	c := b.in.History.Of(p.doc.Path)
	if c.On == "" {
		return n
	}
	n.By, n.New = c.By, c.On == c.First
	v, ok := b.in.History.Versions(p.doc.Path)
	if n.New || !ok || !b.told()[p.n] {
		return n
	}
	was, wasBody, ok1 := document.Front([]byte(v.Was), document.Limits{})
	is, isBody, ok2 := document.Front([]byte(v.Is), document.Limits{})
	if !ok1 || !ok2 {
		return n
	}
	if v.New || !shownLike(was, is, c.On) {
		n.New = true // to these readers it is
		return n
	}
	n.Changes = b.fieldChanges(p, was, is)
	if parts, differ := textChanges(string(wasBody), string(isBody)); differ {
		n.Changes = append(n.Changes, FieldChange{Parts: parts})
	}
	return n
}

// shownLike tells whether what a page said before a day was for the eyes of those
// who read it now: of what was a draft, was to come later or was for others
// nothing is told.
func shownLike(was, is *document.Map, on string) bool {
	plain := func(m *document.Map, key string) any {
		f, _ := m.Get(key)
		return f.Value.Plain()
	}
	if d := plain(was, "draft"); d != nil && d != false {
		return false
	}
	if d := plain(was, "publish_on"); d != nil && (dateOf(d) == "" || dateOf(d) > on) {
		return false
	}
	return plain(was, "expires_on") == nil && reflect.DeepEqual(plain(was, "audience"), plain(is, "audience"))
}

// commonTold are the common keys of which readers are told.
var commonTold = []string{"title", "owner", "status", "verified_on"}

// fieldChanges compares the values that readers know: those that the kind
// declares, and some that all pages have.
func (b *Book) fieldChanges(p *page, was, is *document.Map) []FieldChange {
	var out []FieldChange
	var fields []kind.Field
	label := func(name string) string { return Capital(strings.ReplaceAll(name, "_", " ")) }
	if p.kind != nil {
		label, fields = p.kind.Label, p.kind.Fields
	}
	for _, name := range commonTold {
		if !slices.ContainsFunc(fields, func(f kind.Field) bool { return f.Name == name }) {
			out = b.compare(out, label(name), kind.Field{Name: name}, was, is, 0)
		}
	}
	for _, f := range fields {
		out = b.compare(out, label(f.Name), f, was, is, 0)
	}
	return out
}

// compare appends how two mappings differ in a field.
func (b *Book) compare(out []FieldChange, label string, f kind.Field, was, is *document.Map, depth int) []FieldChange {
	x, _ := was.Get(f.Name)
	y, _ := is.Get(f.Name)
	from, to := x.Value.Plain(), y.Value.Plain()
	if reflect.DeepEqual(from, to) {
		return out
	}
	if x.Value.Kind == document.Dict && y.Value.Kind == document.Dict && depth == 0 && len(f.Fields) > 0 {
		n := len(out)
		for _, below := range f.Fields {
			out = b.compare(out, label+" · "+Capital(strings.ReplaceAll(below.Name, "_", " ")), below, x.Value.Map, y.Value.Map, depth+1)
		}
		if len(out) > n {
			return out
		}
	}
	a, aList := from.([]any)
	z, zList := to.([]any)
	if aList && (zList || to == nil) || zList && from == nil {
		c := FieldChange{Label: label, Added: missing(z, a), Removed: missing(a, z)}
		c.Changed = min(c.Added, c.Removed)
		c.Added, c.Removed = c.Added-c.Changed, c.Removed-c.Changed
		c.Long = c.Added+c.Removed+c.Changed == 0 // it is the order that differs
		return append(out, c)
	}
	c := FieldChange{Label: label, Choice: len(f.Enum) > 0 || f.Name == "status"}
	var ok1, ok2 bool
	c.From, ok1 = b.line(from, f.Refs)
	c.To, ok2 = b.line(to, f.Refs)
	if !ok1 || !ok2 || c.From == nil && c.To == nil {
		c = FieldChange{Label: label, Long: true}
	}
	return append(out, c)
}

// missing counts the values of list that are not in the other.
func missing(list, other []any) int {
	rest := slices.Clone(other)
	n := 0
	for _, x := range list {
		if i := slices.IndexFunc(rest, func(y any) bool { return reflect.DeepEqual(x, y) }); i >= 0 {
			rest = slices.Delete(rest, i, i+1)
		} else {
			n++
		}
	}
	return n
}

// line returns a value as a line can tell it: of a reference the title of what it
// names, which must be there for all to see.
func (b *Book) line(v any, refs []string) (any, bool) {
	switch v := v.(type) {
	case nil, bool, int64, float64:
		return v, true
	case string:
		if refs != nil {
			if found := b.names.find(v, refs); len(found) == 1 {
				return found[0].title, true
			}
			return nil, true
		}
		v = strings.TrimSpace(v)
		if strings.ContainsRune(v, '\n') || len([]rune(v)) > maxLine {
			return nil, false
		}
		if v == "" {
			return nil, true
		}
		return v, true
	}
	return nil, false
}

// textChanges returns the headings below which two texts differ, without those
// that are gone, and whether they differ at all.
func textChanges(was, is string) (parts []string, differ bool) {
	if strings.TrimSpace(was) == strings.TrimSpace(is) {
		return nil, false
	}
	old := map[string][]string{}
	for _, p := range textParts(was) {
		old[p.heading] = append(old[p.heading], p.text)
	}
	for _, p := range textParts(is) {
		if i := slices.Index(old[p.heading], p.text); i >= 0 {
			old[p.heading] = slices.Delete(old[p.heading], i, i+1)
			continue
		}
		if p.heading != "" && len(parts) < maxParts && !slices.Contains(parts, p.heading) {
			parts = append(parts, p.heading)
		}
	}
	return parts, true
}

type textPart struct{ heading, text string }

// textParts cuts Markdown at its headings. It sees the usual ones only, since no
// more hangs on it than the words in which a change is told.
func textParts(text string) []textPart {
	out := []textPart{{}}
	var body strings.Builder
	end := func() {
		out[len(out)-1].text = strings.TrimSpace(body.String())
		body.Reset()
	}
	fence := ""
	for line := range strings.Lines(text) {
		s := strings.TrimSpace(line)
		switch {
		case fence != "":
			if strings.HasPrefix(s, fence) && strings.Trim(s, fence[:1]) == "" {
				fence = ""
			}
		case strings.HasPrefix(s, "```"), strings.HasPrefix(s, "~~~"):
			fence = s[:len(s)-len(strings.TrimLeft(s, s[:1]))]
		case strings.HasPrefix(line, "#"):
			level := len(line) - len(strings.TrimLeft(line, "#"))
			if title, ok := strings.CutPrefix(strings.TrimRight(line[level:], " \t\r\n#"), " "); ok && level <= 6 {
				if i := strings.LastIndex(title, "{#"); i > 0 && strings.HasSuffix(title, "}") {
					title = title[:i]
				}
				end()
				out = append(out, textPart{heading: document.Plain(strings.TrimSpace(title))})
				continue
			}
		}
		body.WriteString(strings.TrimRight(line, " \t\r\n"))
		body.WriteByte('\n')
	}
	end()
	return out
}
