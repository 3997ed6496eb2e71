package book

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"
	"playbook/generator/diag"
)

// names is the namespace of a Book: every unique tail of an id names its page,
// and so does an `id:`. It is read-only once built, so lookups run in parallel.
type names struct {
	exact map[string]*page   // ids and explicit ids
	tails map[string][]*page // shorter tails
	words map[string][]*page // folded titles and words, for wikilinks

	wordsOnce sync.Once
	pages     []*page
	foldOnce  sync.Once
	folded    map[string]*page
	allOnce   sync.Once
	all       []string
}

func (l *linker) name() {
	b := l.b
	if l.unmoved && !slices.ContainsFunc(b.pages, (*page).renamed) {
		b.names = &names{exact: l.prev.names.exact, tails: l.prev.names.tails, pages: b.pages}
		return
	}
	n := &names{exact: make(map[string]*page, len(b.pages)), tails: make(map[string][]*page, 2*len(b.pages)), pages: b.pages}
	for _, p := range b.pages {
		n.exact[p.id] = p
	}
	for _, p := range b.pages {
		if f, ok := p.front("id"); ok && f.Str != "" {
			id := norm.NFC.String(f.Str)
			if q := n.exact[id]; q != nil && q != p {
				p.diags = append(p.diags, diag.Diagnostic{Rule: "id-duplicate", Level: diag.Error, At: f.At(p.name()), To: f.End(p.name()),
					Msg: `the id "` + id + `" already names ` + q.name(), Hint: "choose another id"})
			} else {
				n.exact[id] = p
			}
		}
		for tail := p.id; ; {
			i := strings.IndexByte(tail, '/')
			if i < 0 {
				break
			}
			tail = tail[i+1:]
			n.tails[tail] = append(n.tails[tail], p)
		}
	}
	b.names = n
}

// renamed tells whether references may find the page by another name than in
// the Book before, or find something else in it, or whether there is something to
// say about its names.
func (p *page) renamed() bool {
	q := p.was
	if p.seed == q.seed && p.doc == q.doc && len(q.diags) == 0 {
		return false
	}
	f, ok := p.front("id")
	g, had := q.front("id")
	return p.kind != q.kind || ok != had || f.Str != g.Str || slices.ContainsFunc(q.diags, func(d diag.Diagnostic) bool { return d.Rule == "id-duplicate" })
}

// now returns the page as it is in this Book: what names lead to may be its
// state in the Book before.
func (n *names) now(p *page) *page { return n.pages[p.n] }

// find returns the pages that name may mean: one when it is an id or a unique
// tail, several when it is ambiguous. Where several match and some are of the
// wanted kinds, only those count: a reference to a goal is not ambiguous
// because a guide has the same name.
func (n *names) find(name string, kinds []string) []*page {
	name = norm.NFC.String(strings.TrimSuffix(strings.Trim(name, "/"), ".md"))
	if name == "" {
		return nil
	}
	var found []*page
	if p := n.exact[name]; p != nil {
		if p = n.now(p); ofKind(p, kinds) {
			return []*page{p}
		}
		found = append(found, p)
	}
	for _, p := range n.tails[name] {
		found = append(found, n.now(p))
	}
	if len(found) == 0 {
		// kind/name, as the glossary's owners are written
		if k, rest, ok := strings.Cut(name, "/"); ok && (len(kinds) == 0 || slices.Contains(kinds, k)) {
			for _, p := range n.find(rest, []string{k}) {
				if ofKind(p, []string{k}) {
					found = append(found, p)
				}
			}
		}
	}
	if len(found) > 1 && len(kinds) > 0 {
		var of []*page
		for _, p := range found {
			if ofKind(p, kinds) {
				of = append(of, p)
			}
		}
		if len(of) > 0 {
			found = of
		}
	}
	return found
}

func ofKind(p *page, kinds []string) bool {
	return len(kinds) == 0 || p.kind != nil && slices.Contains(kinds, p.kind.ID)
}

// word finds pages by title or by the other words a term is known by, case and
// spacing folded. Wikilinks fall back to it.
func (n *names) word(s string) []*page {
	n.wordsOnce.Do(func() {
		n.words = make(map[string][]*page, len(n.pages))
		add := func(w string, p *page) {
			if w = foldWord(w); w != "" && !slices.Contains(n.words[w], p) {
				n.words[w] = append(n.words[w], p)
			}
		}
		for _, p := range n.pages {
			add(p.title, p)
			for _, w := range p.words {
				add(w, p)
			}
		}
	})
	return n.words[foldWord(s)]
}

func foldWord(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(norm.NFC.String(s)), func(r rune) bool { return r == ' ' || r == '-' || r == '_' || r == '\u00a0' || r == '\t' || r == '\n' }), " ")
}

// nearest returns the name, as a writer would write it, that is most like name.
func (n *names) nearest(name string, kinds []string) string {
	if len(kinds) == 0 {
		n.allOnce.Do(func() { n.all = n.list(nil) })
		return n.closest(name, n.all)
	}
	return n.closest(name, n.list(kinds))
}

func (n *names) closest(name string, all []string) string {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		if s := diag.Nearest(name[i+1:], all); s != "" {
			return s
		}
	}
	return diag.Nearest(name, all)
}

// list gives the shortest name of each page of these kinds.
func (n *names) list(kinds []string) []string {
	var out []string
	for _, p := range n.pages {
		if p.doc == nil || !ofKind(p, kinds) {
			continue
		}
		out = append(out, n.short(p, kinds))
	}
	slices.Sort(out)
	return out
}

// short returns the shortest tail of p's id that names it alone among pages of
// these kinds.
func (n *names) short(p *page, kinds []string) string {
	for i := len(p.id) - 1; i > 0; i-- {
		if p.id[i] == '/' {
			if t := p.id[i+1:]; len(n.find(t, kinds)) == 1 {
				return t
			}
		}
	}
	return p.id
}

// ignoringCase finds a page by an id that differs only by case.
func (n *names) ignoringCase(name string) *page {
	n.foldOnce.Do(func() {
		n.folded = make(map[string]*page, 2*len(n.pages))
		for _, p := range n.pages {
			for t := strings.ToLower(p.id); ; {
				if _, ok := n.folded[t]; !ok {
					n.folded[t] = p
				}
				i := strings.IndexByte(t, '/')
				if i < 0 {
					break
				}
				t = t[i+1:]
			}
		}
	})
	return n.folded[strings.ToLower(norm.NFC.String(name))]
}

// find looks a name up for a page, which remembers that it did.
func (l *linker) find(p *page, name string, kinds []string) []*page {
	p.look(name)
	return l.b.names.find(name, kinds)
}

// look notes that a page looks a name up.
func (p *page) look(name string) {
	name = norm.NFC.String(strings.TrimSuffix(strings.Trim(name, "/"), ".md"))
	p.names = append(p.names, nameKey(name))
	for i := 0; i < len(name); i++ { // kind/name is looked up by name alone too
		if name[i] == '/' {
			p.names = append(p.names, nameKey(name[i+1:]))
		}
	}
}

// word looks a title or word up for a page.
func (l *linker) word(p *page, s string) []*page {
	p.names = append(p.names, wordKey(s))
	return l.b.names.word(s)
}

// refer resolves a reference that page from makes to one page, with what is
// wrong said in words; hidden pages are named to the editor but never resolved.
func (l *linker) refer(from *page, name string, kinds []string) (p *page, rule, msg, hint string) {
	n := l.b.names
	found := l.find(from, name, kinds)
	want := wanted(kinds)
	from.lost = from.lost || len(found) != 1
	switch {
	case len(found) == 1 && ofKind(found[0], kinds):
		return found[0], "", "", ""
	case len(found) == 1:
		k := "a section"
		if found[0].kind != nil {
			k = "a " + found[0].kind.ID
		}
		return nil, "ref-kind", quote(name) + " is " + k + ", not " + want, "it names " + found[0].id
	case len(found) > 1:
		ids := make([]string, 0, len(found))
		for _, f := range found {
			ids = append(ids, f.id)
		}
		slices.Sort(ids)
		return nil, "ref-ambiguous", quote(name) + " names " + count(len(ids)) + " documents", "write one of " + enumerate(ids)
	}
	if p := n.ignoringCase(name); p != nil && ofKind(p, kinds) {
		return nil, "ref-unknown", quote(name) + " names no " + plain(kinds), "names are case-sensitive: write " + quote(n.short(p, kinds))
	}
	for _, h := range l.hidden {
		if h.id == name || strings.HasSuffix(h.id, "/"+name) {
			return nil, "ref-hidden", quote(name) + " is not published (a draft, or outside its dates)", "build with --drafts to see it, or publish it"
		}
	}
	if s := n.nearest(name, kinds); s != "" {
		hint = "did you mean " + quote(s) + "?"
	} else if len(kinds) > 0 {
		if all := n.list(kinds); len(all) == 0 {
			hint = "there is no " + plain(kinds) + " yet: playbook new " + kinds[0] + " " + name
		} else if len(all) <= 8 {
			hint = "known are " + enumerate(all)
		}
	}
	return nil, "ref-unknown", quote(name) + " names no " + plain(kinds), hint
}

func plain(kinds []string) string {
	if len(kinds) == 0 {
		return "document"
	}
	return strings.Join(kinds, " or ")
}

func wanted(kinds []string) string {
	if len(kinds) == 0 {
		return "a document"
	}
	return "a " + strings.Join(kinds, " or a ")
}

func quote(s string) string { return `"` + s + `"` }

func count(n int) string {
	words := [...]string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}
	if n < len(words) {
		return words[n]
	}
	return itoa(n)
}

func itoa(n int) string {
	if n < 0 {
		return "-" + itoa(-n)
	}
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

// enumerate lists names for a hint, at most eight of them.
func enumerate(names []string) string {
	more := 0
	if len(names) > 8 {
		more = len(names) - 8
		names = names[:8]
	}
	s := strings.Join(names, ", ")
	if more > 0 {
		s += " and " + itoa(more) + " more"
	}
	return s
}
