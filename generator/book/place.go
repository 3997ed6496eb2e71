package book

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"playbook/generator/diag"
	"playbook/generator/document"
)

// indexNames are the file names, without extension and lower-cased, that make a
// page its folder's own page; the earlier wins.
var indexNames = [...]string{"index", "_index", "readme"}

// place turns documents into pages: id, kind, language, whether it is shown.
func (l *linker) place() {
	in := &l.b.in
	pages := make([]*page, len(in.Docs))
	hidden := make([]bool, len(in.Docs))
	before := l.hiddenBefore()
	known := before != nil && l.prev.in.Drafts == in.Drafts && l.prev.in.Future == in.Future && l.prev.in.AsOf == in.AsOf // the same hides a document
	parallel(in.Workers, len(in.Docs), func(i int) {
		if known && in.Docs[i] == l.prev.in.Docs[i] {
			hidden[i] = before[i]
		} else {
			hidden[i] = !l.shown(in.Docs[i])
		}
	})
	if before != nil && slices.Equal(hidden, before) { // what is hidden has no say in what is a folder's page
		parallel(in.Workers, len(in.Docs), func(i int) {
			d, was := in.Docs[i], l.prev.latest(l.prev.index.order[i])
			p := &page{doc: d, id: was.id, folder: was.folder, index: was.index, was: was}
			if p.seed = was.seed; d != was.doc {
				p.seed = new(seed)
			}
			pages[i] = p
		})
	} else {
		l.lay(pages, hidden)
	}
	l.order = pages
	for i, p := range pages {
		p.order = int32(i)
		if !hidden[i] {
			l.b.pages = append(l.b.pages, p)
		} else {
			l.hidden = append(l.hidden, p)
		}
	}
	l.each(l.b.pages, func(p *page) {
		if !p.described {
			l.describe(p)
		}
	})
	if l.unmoved = l.samePlaces(); l.unmoved {
		l.byPath = l.prev.index.byPath
		return
	}
	l.byPath = make(map[string]*page, len(in.Docs))
	for _, p := range pages {
		l.byPath[p.doc.Path] = p
	}
}

// samePaths tells whether the documents lie where they lay in the Book before.
func (l *linker) samePaths() bool {
	if l.prev == nil || len(l.prev.in.Docs) != len(l.b.in.Docs) {
		return false
	}
	for i, d := range l.b.in.Docs {
		if d.Path != l.prev.in.Docs[i].Path || d.Name != l.prev.in.Docs[i].Name {
			return false
		}
	}
	return true
}

// hiddenBefore tells of the documents which were hidden in the Book before, if they
// lie where they lay; nil if not.
func (l *linker) hiddenBefore() []bool {
	if !l.samePaths() {
		return nil
	}
	hidden := make([]bool, len(l.b.in.Docs))
	for _, p := range l.prev.index.hidden {
		hidden[p.order] = true
	}
	return hidden
}

// samePlaces tells whether each document has the place among pages that it had
// in the Book before, or has none as before, so that all addresses are the same
// and so is the order within sections that weights and names give.
func (l *linker) samePlaces() bool {
	if l.prev == nil || len(l.hidden) != len(l.prev.index.hidden) || !l.samePaths() {
		return false
	}
	for _, p := range l.hidden {
		if p.was == nil || p.was.placed {
			return false
		}
	}
	for _, p := range l.b.pages {
		q := p.was
		if q == nil || !q.placed || p.seed != q.seed && (p.segment != q.segment || p.weight() != q.weight()) {
			return false
		}
	}
	return true
}

// tree is what says which documents are pages of folders.
type tree struct {
	folders map[string]string // folder -> path of the document that is its page
	rank    map[string]int
	isDir   map[string]bool
}

func (t *tree) add(path string) {
	dir, stem := split(path)
	for p := dir; p != "" && !t.isDir[p]; p, _ = split(p) {
		t.isDir[p] = true
	}
	if r := slices.Index(indexNames[:], strings.ToLower(stem)); r >= 0 {
		if _, ok := t.folders[dir]; !ok || r < t.rank[dir] {
			t.folders[dir], t.rank[dir] = path, r
		}
	}
}

// lay finds where documents lie in the tree of pages. Those that are hidden lie
// somewhere too, but make nothing of the others.
func (l *linker) lay(pages []*page, hidden []bool) {
	in := &l.b.in
	before := make([]*page, len(in.Docs))
	if l.prev != nil {
		parallel(in.Workers, len(in.Docs), func(i int) { before[i] = l.prev.latest(l.prev.index.byPath[in.Docs[i].Path]) })
	}
	newTree := func() *tree { return &tree{map[string]string{}, map[string]int{}, map[string]bool{}} }
	seen := newTree()
	all := seen
	for i, d := range in.Docs {
		if !hidden[i] {
			seen.add(d.Path)
		}
	}
	if slices.Contains(hidden, true) {
		all = newTree()
		for _, d := range in.Docs {
			all.add(d.Path)
		}
	}
	parallel(in.Workers, len(in.Docs), func(i int) {
		d, t := in.Docs[i], seen
		if hidden[i] {
			t = all
		}
		dir, stem := split(d.Path)
		p := &page{doc: d, id: norm.NFC.String(join(dir, stem)), folder: dir}
		switch {
		case t.folders[dir] == d.Path:
			p.id, p.index = norm.NFC.String(dir), true
			p.folder, _ = split(dir)
		case t.isDir[join(dir, stem)] && t.folders[join(dir, stem)] == "":
			p.index = true
		}
		if p.id == "" {
			p.id, p.folder = HomeID, ""
		}
		if was := before[i]; was != nil && was.id == p.id && was.index == p.index && was.folder == p.folder {
			if p.was = was; was.doc == d {
				p.seed = was.seed
			}
		}
		if p.seed == nil {
			p.seed = new(seed)
		}
		pages[i] = p
	})
}

// HomeID is the id of the front page.
const HomeID = "index"

func split(p string) (dir, stem string) {
	dir, base := path.Split(p)
	return strings.TrimSuffix(dir, "/"), strings.TrimSuffix(base, path.Ext(base))
}

func join(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// shown tells whether readers may see the page of a document. What cannot be
// understood hides it: a draft whose mark is misspelt must not get out.
func (l *linker) shown(d *document.Document) bool {
	in, p := &l.b.in, page{doc: d}
	switch v := p.plain("draft").(type) {
	case nil:
	case bool:
		if v && !in.Drafts {
			return false
		}
	default:
		if v != "false" && !in.Drafts {
			return false
		}
	}
	if v := p.plain("publish_on"); v != nil && !in.Future {
		if s := dateOf(v); s == "" || s > in.AsOf {
			return false
		}
	}
	if v := p.plain("expires_on"); v != nil {
		if s := dateOf(v); s == "" || s <= in.AsOf {
			return false
		}
	}
	if v := p.plain("audience"); v != nil && len(in.Config.Audience) > 0 {
		return slices.ContainsFunc(stringsOf(v), func(a string) bool { return slices.Contains(in.Config.Audience, a) })
	}
	return true
}

// dateOf returns the date of a front matter value, "" if it is none; of a time
// its day.
func dateOf(v any) string {
	s, _ := v.(string)
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return ""
	}
	return s[:10]
}

// describe finds what a page says of itself: kind, language, title.
func (l *linker) describe(p *page) {
	in := &l.b.in
	if name, ok := p.plain("kind").(string); ok {
		if p.kind = in.Kinds.Get(name); p.kind == nil {
			f, _ := p.doc.Front.Get("kind")
			hint := ""
			ids := make([]string, 0, 16)
			for _, k := range in.Kinds.All() {
				ids = append(ids, k.ID)
			}
			if n := diag.Nearest(name, ids); n != "" {
				hint = `did you mean "` + n + `"?`
			} else {
				hint = "the kinds are " + strings.Join(ids, ", ")
			}
			p.seed.faults = append(p.seed.faults, diag.Diagnostic{Rule: "kind-unknown", Level: diag.Error, At: f.Value.At(p.doc.Name), To: f.Value.End(p.doc.Name),
				Msg: `there is no kind "` + name + `"`, Hint: hint})
		}
	}
	if p.kind == nil {
		best := -1
		for _, r := range in.Config.Kinds {
			if under(p.doc.Path, r.Folder) && len(r.Folder) > best && !(p.index && p.id == r.Folder) {
				if k := in.Kinds.Get(r.Kind); k != nil {
					p.kind, p.mapped, best = k, true, len(r.Folder)
				}
			}
		}
		if p.kind == nil && !p.index {
			p.kind = in.Kinds.ForPath(p.doc.Path)
		}
		if p.kind == nil { // a page that claims no kind: it may be written for another tool
			p.kind, p.mapped = in.Kinds.Get("guide"), true
		}
	}
	p.lang = in.Config.Language
	best := -1
	for _, g := range in.Config.Languages {
		if under(p.doc.Path, g.Folder) && len(g.Folder) > best {
			p.lang, best = g.Tag, len(g.Folder)
		}
	}
	if s, ok := p.plain("lang").(string); ok {
		p.lang = s
	}
	p.title = p.doc.Title
	if p.title == "" {
		dir, stem := split(p.doc.Path)
		if p.id == HomeID {
			p.title = in.Config.Title
		} else if p.index && slices.Contains(indexNames[:], strings.ToLower(stem)) {
			p.title = humanise(path.Base(dir))
		} else {
			p.title = humanise(stem)
		}
		if p.title == "" {
			p.title = "Home"
		}
	}
	for _, v := range stringsOf(p.plain("aliases")) {
		switch {
		case strings.HasPrefix(v, "/"):
			p.olds = append(p.olds, v)
		case p.kind != nil && p.kind.Glossary:
			p.words = append(p.words, v)
		default:
			p.olds = append(p.olds, "/"+join(p.folder, v))
		}
	}
	if v, ok := p.plain("id").(string); ok && v != "" {
		p.words = append(p.words, v)
	}
	p.tags = cleanTags(p.plain("tags"))
	if s, ok := p.plain("slug").(string); ok {
		p.segment = Slug(s)
	}
	if p.segment == "" && !p.index {
		p.segment = Slug(path.Base(p.id))
	}
	if !l.recallSeed(p) {
		l.validate(p)
	}
	p.verified, p.due = dateOf(p.plain("verified_on")), l.b.reviewDue(p)
	p.excuses, _ = p.plain("checks").(map[string]any)
	p.described = true
}

func under(path, folder string) bool {
	return folder == "" || folder == "." || path == folder || strings.HasPrefix(path, strings.TrimSuffix(folder, "/")+"/")
}

// stringsOf returns a front matter value as a list of strings: a list's texts,
// or one text.
func stringsOf(v any) []string {
	switch v := v.(type) {
	case string:
		if v != "" {
			return []string{v}
		}
	case []any:
		var out []string
		for _, x := range v {
			switch x := x.(type) {
			case string:
				if x != "" {
					out = append(out, x)
				}
			case int64:
				out = append(out, strconv.FormatInt(x, 10))
			}
		}
		return out
	}
	return nil
}

// humanise turns a file name into a title: "grow-mid_market" into "Grow mid market".
func humanise(s string) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '-' || r == '_' {
			return ' '
		}
		return r
	}, s))
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return ""
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

// Slug makes a URL segment of a name: NFC, lower case, letters and digits of
// any script kept, each run of anything else one hyphen. It never returns a
// segment that means something to a file system or a server; a name without a
// letter or digit gives "".
func Slug(s string) string {
	s = norm.NFC.String(s)
	var b strings.Builder
	dash := false
	for _, r := range s {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) && b.Len() > 0:
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			dash = false
			b.WriteRune(unicode.ToLower(r))
		case (r == '_' || r == '.') && b.Len() > 0 && !dash:
			// kept inside a name (v1.2, snake_case), trimmed at its end below
			b.WriteRune(r)
		case r == '\'' || r == '’':
		default:
			dash = true
		}
		if b.Len() > 180 {
			break
		}
	}
	out := strings.TrimRight(norm.NFC.String(b.String()), "._-")
	if base, _, _ := strings.Cut(out, "."); device(base) {
		return base + "-page" + out[len(base):]
	}
	switch out { // the site's own files lie where a page of their name would have its folder
	case "feed.xml", "calendar.ics", "sitemap.xml", "robots.txt", "llms.txt", "book.json", "book.schema.json", "index.html", "index.md", "404.html", "template.md":
		out += "-page"
	}
	return out
}

// device names are those of devices on Windows, whatever stands behind a dot: a
// folder of such a name cannot be made, and a site must be readable from a share
// there.
func device(base string) bool {
	switch base {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(base) == 4 && (strings.HasPrefix(base, "com") || strings.HasPrefix(base, "lpt")) && base[3] >= '0' && base[3] <= '9'
}

// address gives each page its URL and finds those that share one.
func (l *linker) address() {
	b := l.b
	if l.unmoved {
		l.stay()
		return
	}
	taken := make(map[string]*page, len(b.pages)) // by output path
	ids := make(map[string]*page, len(b.pages))
	dirs := map[string]string{"": ""} // folder -> URL path without slashes at the ends
	var dirURL func(folder string) string
	dirURL = func(folder string) string {
		if u, ok := dirs[folder]; ok {
			return u
		}
		parent, _ := split2(folder)
		seg := Slug(path.Base(folder))
		if seg == "" {
			seg = "x"
		}
		u := join(dirURL(parent), seg)
		dirs[folder] = u
		return u
	}
	// A folder page with a slug of its own names the whole folder.
	byDepth := slices.Clone(b.pages)
	slices.SortStableFunc(byDepth, func(x, y *page) int {
		return cmp.Compare(strings.Count(x.id, "/"), strings.Count(y.id, "/"))
	})
	kept := make([]*page, 0, len(b.pages))
	for _, p := range byDepth {
		if !p.index {
			continue
		}
		if p.segment != "" && p.id != HomeID {
			dirs[p.id] = join(dirURL(p.folder), p.segment)
		}
	}
	for _, p := range b.pages {
		var u string
		switch {
		case p.id == HomeID:
		case p.index:
			u = dirURL(p.id)
		default:
			seg := p.segment
			if seg == "" {
				seg = "x"
			}
			u = join(dirURL(p.folder), seg)
		}
		l.setURL(p, u)
		if q := ids[p.id]; q != nil { // the same name with another extension or in another Unicode form
			l.clashes(p, q, "id-duplicate", "this page has the same id as "+q.doc.Name+": "+p.id, "rename one of them")
			continue
		}
		if q := taken[p.out]; q != nil {
			l.clashes(p, q, "url-duplicate", "this page has the same URL as "+q.doc.Name+": /"+u+"/", "rename one of them, or give it a slug")
			continue
		}
		ids[p.id] = p
		taken[p.out] = p
		p.placed = true
		kept = append(kept, p)
	}
	b.pages = kept
	l.sectionPages(dirURL)
	l.byURL = make(map[string]*page, len(b.pages))
	b.byID = make(map[string]int32, len(b.pages))
	for i, p := range b.pages {
		p.n = int32(i)
		b.byID[p.id] = p.n
		l.byURL[strings.TrimSuffix(p.out, "index.html")] = p
	}
}

// stay gives each page the place that it had in the Book before.
func (l *linker) stay() {
	b, old := l.b, l.prev
	pages := make([]*page, len(old.pages))
	for _, p := range b.pages {
		pages[p.was.n] = p
	}
	for n, q := range old.pages {
		if pages[n] == nil { // a section without a document
			pages[n] = &page{seed: q.seed, id: q.id, folder: q.folder, index: q.index, was: q}
		}
		p := pages[n]
		p.n, p.url, p.out, p.placed = q.n, q.url, q.out, true
	}
	b.pages, b.byID, l.byURL = pages, old.byID, old.index.byURL
	b.sections = make(map[string]*section, len(old.sections))
	for id, o := range old.sections {
		s := &section{id: id, page: pages[o.page.n], parent: o.parent, subs: o.subs, total: o.total, children: make([]*page, len(o.children))}
		for i, q := range o.children {
			s.children[i] = pages[q.n]
		}
		b.sections[id] = s
	}
}

// clashes says that page p cannot stand beside page q, and is left out.
func (l *linker) clashes(p, q *page, rule, msg, hint string) {
	l.report(diag.Diagnostic{Rule: rule, Level: diag.Error, At: diag.Pos{File: p.doc.Name, Line: 1, Col: 1}, Msg: msg, Hint: hint,
		Also: []diag.Note{{At: diag.Pos{File: q.doc.Name, Line: 1, Col: 1}, Msg: "the other page"}}})
}

func split2(folder string) (parent, base string) {
	parent, base = path.Split(folder)
	return strings.TrimSuffix(parent, "/"), base
}

func (l *linker) setURL(p *page, u string) {
	dir := ""
	if u != "" {
		dir = u + "/"
	}
	p.out = dir + "index.html"
	p.url = Root + escapePath(dir)
	if l.b.in.Portable {
		p.url += "index.html"
	}
}

// sectionPages adds a page for every folder that has pages below it and none
// of its own, and makes the sections.
func (l *linker) sectionPages(dirURL func(string) string) {
	b := l.b
	b.sections = map[string]*section{}
	own := map[string]*page{}
	for _, p := range b.pages {
		if p.index || p.id == HomeID {
			own[p.id] = p
		}
	}
	var ensure func(folder string)
	ensure = func(folder string) {
		if b.sections[folder] != nil {
			return
		}
		s := &section{id: folder}
		b.sections[folder] = s
		if folder == "" {
			s.page = own[HomeID]
		} else {
			s.parent, _ = split2(folder)
			ensure(s.parent)
			b.sections[s.parent].subs = append(b.sections[s.parent].subs, folder)
			s.page = own[folder]
		}
	}
	ensure("")
	for _, p := range b.pages {
		ensure(p.folder)
		if p.index && p.id != HomeID {
			ensure(p.id)
		}
	}
	ids := make([]string, 0, len(b.sections))
	for id := range b.sections {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		s := b.sections[id]
		if s.page != nil {
			continue
		}
		p := &page{id: id, index: true, placed: true, seed: &seed{described: true, lang: b.in.Config.Language}}
		if id == "" {
			p.id, p.title = HomeID, b.in.Config.Title
			if p.title == "" {
				p.title = "Home"
			}
			l.setURL(p, "")
		} else {
			p.folder, p.title = s.parent, humanise(path.Base(id))
			for _, k := range b.in.Kinds.All() {
				if k.Section == id {
					p.title = k.Plural
				}
			}
			l.setURL(p, dirURL(id))
		}
		for _, g := range b.in.Config.Languages {
			if id != "" && under(id, g.Folder) {
				p.lang = g.Tag
			}
		}
		s.page = p
		b.pages = append(b.pages, p)
	}
	slices.SortFunc(b.pages, func(x, y *page) int { return cmp.Compare(x.id, y.id) })
}

// front returns the field's value and whether the page has it.
func (p *page) front(key string) (document.Value, bool) {
	if p.doc == nil {
		return document.Value{}, false
	}
	f, ok := p.doc.Front.Get(key)
	return f.Value, ok
}

// plain returns the field's value as plain data, nil if the page has it not. The
// whole of it is not kept: the document has it already.
func (p *page) plain(key string) any {
	v, _ := p.front(key)
	return v.Plain()
}

// name returns the document's name for diagnostics.
func (p *page) name() string {
	if p.doc == nil {
		return p.id
	}
	return p.doc.Name
}

const upperhex = "0123456789ABCDEF"

// escapePath percent-encodes what a URL path cannot hold, and leaves slashes.
func escapePath(s string) string {
	for i := 0; i < len(s); i++ {
		if !pathSafe(s[i]) {
			var b strings.Builder
			b.WriteString(s[:i])
			for ; i < len(s); i++ {
				if c := s[i]; pathSafe(c) {
					b.WriteByte(c)
				} else {
					b.WriteByte('%')
					b.WriteByte(upperhex[c>>4])
					b.WriteByte(upperhex[c&15])
				}
			}
			return b.String()
		}
	}
	return s
}

func pathSafe(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~/@!$()*,;=+", c) >= 0
}

// Capital returns s with its first letter in upper case.
func Capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// Initial returns the letter under which s stands in an A to Z: its first
// letter without marks, "#" for a number, else "…" of other scripts' own.
func Initial(s string) string {
	for _, r := range norm.NFD.String(s) {
		switch {
		case unicode.IsLetter(r):
			return string(unicode.ToUpper(r))
		case unicode.IsDigit(r):
			return "#"
		}
	}
	return "#"
}
