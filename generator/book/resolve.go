package book

import (
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
	"playbook/generator/diag"
	"playbook/generator/document"
)

// resolve types each page's front matter by its kind, and finds what its
// references and links mean.
func (l *linker) resolve() {
	b := l.b
	l.each(b.pages, func(p *page) {
		switch {
		case p.doc == nil:
			p.links = &links{}
		case !l.recallLinks(p) && !l.takeOver(p):
			p.links = &links{}
			l.references(p)
			p.targets = make([]Target, len(p.doc.Refs))
			for i := range p.doc.Refs {
				p.targets[i] = l.target(p, &p.doc.Refs[i])
			}
			l.settleLinks(p)
		}
	})
	if l.turnRound() {
		return
	}
	// The other direction, in page order, so that lists are in order too. All
	// lists of a kind lie in one piece of memory.
	ins, backs := make([]int32, len(b.pages)+1), make([]int32, len(b.pages)+1)
	for _, p := range b.pages {
		for i := range p.edges {
			ins[p.edges[i].to]++
		}
		for i := range p.said {
			backs[p.said[i].to]++
		}
	}
	in, back := make([]inEdge, sumUp(ins)), make([]backEdge, sumUp(backs))
	for n, p := range b.pages {
		p.in, p.back = in[ins[n]:ins[n]:ins[n+1]], back[backs[n]:backs[n]:backs[n+1]]
	}
	for _, p := range b.pages {
		for i := range p.edges {
			q := b.pages[p.edges[i].to]
			q.in = append(q.in, inEdge{p.n, p.edges[i].field})
		}
		for _, s := range p.said {
			q := b.pages[s.to]
			q.back = append(q.back, backEdge{p.n, s.snippet})
		}
	}
}

// maxTurned is of how many pages the links may be others for turnRound to be
// worth its bookkeeping.
const maxTurned = 256

// turnRound takes the other direction of links over from the Book before, and
// mends it where links are others. It returns false if that are many.
func (l *linker) turnRound() bool {
	if !l.unmoved {
		return false
	}
	b := l.b
	changed := []*page{}
	for _, p := range b.pages {
		if p.was.links != p.links && p.doc != nil {
			if changed = append(changed, p); len(changed) > maxTurned {
				return false
			}
		}
	}
	l.relinked = changed
	for _, p := range b.pages {
		p.in, p.back = p.was.in, p.was.back
	}
	is := func(n int32) bool { return b.pages[n].links != b.pages[n].was.links && b.pages[n].doc != nil }
	ins, backs := map[int32]bool{}, map[int32]bool{} // whose lists are others now
	for _, p := range changed {
		for _, ls := range []*links{p.links, p.was.links} {
			for i := range ls.edges {
				ins[ls.edges[i].to] = true
			}
			for _, s := range ls.said {
				backs[s.to] = true
			}
		}
	}
	for n := range ins {
		var fresh []inEdge
		for _, p := range changed {
			for i := range p.edges {
				if p.edges[i].to == n {
					fresh = append(fresh, inEdge{p.n, p.edges[i].field})
				}
			}
		}
		b.pages[n].in = merged(b.pages[n].in, fresh, func(e inEdge) int32 { return e.from }, is)
	}
	for n := range backs {
		var fresh []backEdge
		for _, p := range changed {
			for _, s := range p.said {
				if s.to == n {
					fresh = append(fresh, backEdge{p.n, s.snippet})
				}
			}
		}
		b.pages[n].back = merged(b.pages[n].back, fresh, func(e backEdge) int32 { return e.from }, is)
	}
	return true
}

// merged returns those of old that are not of a page that is stale, with fresh
// between them, by the pages that they are of. Both are in that order.
func merged[T any](old, fresh []T, of func(T) int32, stale func(n int32) bool) []T {
	out := make([]T, 0, len(old)+len(fresh))
	for _, e := range old {
		if stale(of(e)) {
			continue
		}
		for len(fresh) > 0 && of(fresh[0]) < of(e) {
			out, fresh = append(out, fresh[0]), fresh[1:]
		}
		out = append(out, e)
	}
	return append(out, fresh...)
}

// sumUp turns counts into the places where what was counted begins, and returns
// the sum. The last element of n is no count.
func sumUp(n []int32) int32 {
	at := int32(0)
	for i, c := range n {
		n[i] = at
		at += c
	}
	return at
}

// settleLinks gathers what p's targets come to: the pages reached, and what is
// said of them.
func (l *linker) settleLinks(p *page) {
	for i := range p.targets {
		t := &p.targets[i]
		switch {
		case t.Page != "":
			n := l.b.byID[t.Page]
			p.reached = append(p.reached, n)
			if p.linksTo(i) {
				p.said = append(p.said, saying{n, p.spoken(p.doc.Refs[i].Snippet)})
			}
		case strings.HasPrefix(t.URL, Root):
			p.links.files = true
		}
	}
	for i := range p.edges {
		p.reached = append(p.reached, p.edges[i].to)
	}
	slices.Sort(p.reached)
	p.reached = slices.Clip(slices.Compact(p.reached))
	slices.Sort(p.names)
	p.names = slices.Clip(slices.Compact(p.names))
}

// linksTo tells whether the i-th reference of p is one that its target lists.
func (p *page) linksTo(i int) bool {
	t := &p.targets[i]
	return t.Page != "" && t.Page != p.id && !t.Quote && p.doc.Refs[i].Kind != document.RefImage
}

// spoken puts what wikilinks show into a text that the compiler took from
// around them: it knew only the names as they were written.
func (p *page) spoken(s string) string {
	for i := range p.doc.Refs {
		r := &p.doc.Refs[i]
		if r.Kind != document.RefWiki || r.Label != "" || r.Target == "" || !strings.Contains(s, r.Target) {
			continue
		}
		if t := p.targets[i].Text; t != "" && t != r.Target {
			s = strings.Replace(s, r.Target, t, 1)
		}
	}
	return s
}

// validate checks front matter against the kind's schema.
func (l *linker) validate(p *page) {
	if p.kind == nil {
		return
	}
	front := p.doc.Front.Plain()
	if _, ok := front["title"]; !ok && p.doc.Title != "" { // a heading is a title too
		front["title"] = p.doc.Title
	}
	for _, v := range p.kind.Validate(front) {
		if len(v.Path) > 0 && v.Level == diag.Error {
			if p.bad == nil {
				p.bad = map[string]bool{}
			}
			if v.Rule != "schema-required" && v.Rule != "schema-unknown-key" { // there the place is the mapping around it
				p.bad["/"+strings.Join(v.Path, "/")] = true
			}
		}
		at, to, ok := p.doc.Front.Find(p.doc.Name, v.Path, v.Key)
		if len(p.doc.Front.Fields) == 0 || !ok && len(v.Path) == 0 {
			at, to = diag.Pos{File: p.doc.Name, Line: 1, Col: 1}, diag.Pos{}
		}
		if broken(p.doc) && v.Rule == "schema-required" {
			continue // the front matter could not be read; what is missing may be in it
		}
		if p.mapped && !(len(v.Path) > 0 && hides[v.Path[0]]) {
			v.Level = min(v.Level, diag.Warning)
		}
		p.seed.faults = append(p.seed.faults, diag.Diagnostic{Rule: v.Rule, Level: v.Level, At: at, To: to, Msg: v.Msg, Hint: v.Hint})
	}
}

// hides are the keys that decide who sees a page: a mistake there is an error
// on any page.
var hides = map[string]bool{"draft": true, "publish_on": true, "expires_on": true, "audience": true}

// broken tells whether the front matter could not be read.
func broken(d *document.Document) bool {
	return slices.ContainsFunc(d.Diags, func(x diag.Diagnostic) bool {
		return x.Level == diag.Error && strings.HasPrefix(x.Rule, "front-")
	})
}

// references resolves the values that name documents.
func (l *linker) references(p *page) {
	if p.kind == nil {
		return
	}
	p.resolved = map[string]int32{}
	for _, rp := range p.kind.RefPaths() {
		l.walk(p, document.Value{Kind: document.Dict, Map: p.doc.Front}, rp.Path, "", "", rp.Kinds)
	}
}

// walk descends v along path, whose "*" stands for each element of a list, and
// resolves the texts it ends at.
func (l *linker) walk(p *page, v document.Value, path []string, key, field string, kinds []string) {
	if len(path) == 0 {
		switch v.Kind {
		case document.String:
			l.reference(p, v, key, field, kinds)
		case document.List: // the schema has said that it should not be one
			for i, e := range v.List() {
				l.walk(p, e, nil, key+"/"+strconv.Itoa(i), field, kinds)
			}
		}
		return
	}
	if path[0] == "*" {
		switch v.Kind {
		case document.List:
			for i, e := range v.List() {
				l.walk(p, e, path[1:], key+"/"+strconv.Itoa(i), field, kinds)
			}
		case document.Dict:
			for _, f := range v.Map.Fields {
				l.walk(p, f.Value, path[1:], key+"/"+f.Key, field, kinds)
			}
		case document.String:
			l.walk(p, v, path[1:], key, field, kinds) // one where a list is meant
		}
		return
	}
	if v.Kind == document.Dict {
		if f, ok := v.Map.Get(path[0]); ok {
			fd := path[0]
			if field != "" {
				fd = field + "." + fd
			}
			l.walk(p, f.Value, path[1:], key+"/"+f.Key, fd, kinds)
		}
	}
}

func (l *linker) reference(p *page, v document.Value, key, field string, kinds []string) {
	if v.Str == "" {
		return
	}
	q, rule, msg, hint := l.refer(p, v.Str, kinds)
	if q == nil {
		level := diag.Error
		if p.mapped {
			level = diag.Warning
		}
		p.links.faults = append(p.links.faults, diag.Diagnostic{Rule: rule, Level: level, At: v.At(p.doc.Name), To: v.End(p.doc.Name), Msg: msg, Hint: hint})
		return
	}
	p.resolved[key] = q.n
	p.edges = append(p.edges, edge{to: q.n, field: field, at: v.At(p.doc.Name)})
}

// target finds what a reference in prose means.
func (l *linker) target(p *page, r *document.Ref) Target {
	switch r.Kind {
	case document.RefWiki, document.RefEmbed:
		return l.wiki(p, r)
	}
	if r.Target == "" && strings.HasPrefix(r.Fragment, "/") {
		// A route of a reader that runs in the browser (docsify): "#/path?id=heading".
		route := *r
		route.Target, route.Query, _ = strings.Cut(r.Fragment, "?")
		route.Fragment = ""
		r = &route
	}
	if r.Target == "" {
		return l.anchored(p, r, p, r.Fragment, Target{URL: p.url, Page: p.id})
	}
	abs := strings.HasPrefix(r.Target, "/")
	trailing := strings.HasSuffix(r.Target, "/")
	fragment := r.Fragment
	if fragment == "" && strings.HasPrefix(r.Query, "id=") { // as docsify writes anchors
		fragment, _ = url.QueryUnescape(strings.TrimPrefix(r.Query, "id="))
	}
	dir, _ := split(p.doc.Path)
	var tries []string
	if abs {
		tries = append(tries, r.Target)
		for _, g := range l.b.in.Config.Languages {
			if g.Tag == p.lang {
				tries = append(tries, "/"+g.Folder+r.Target)
			}
		}
	} else {
		here := "/" + join(dir, r.Target)
		if l.b.in.Config.RootLinks {
			tries = append(tries, "/"+r.Target)
		}
		tries = append(tries, here)
		if p.index && p.id != HomeID && dir != p.id { // the page beside its folder
			tries = append(tries, "/"+join(p.id, r.Target))
		}
	}
	for _, t := range tries {
		if found, ok := l.lookup(p, t, trailing, r); ok {
			return l.settle(p, r, fragment, found)
		}
	}
	// Links written for pretty URLs, as they stand on a server.
	if !abs {
		base := strings.TrimSuffix(p.out, "index.html")
		if c, ok := clean("/" + base + r.Target); ok {
			p.names = append(p.names, pathKey(c))
			if q := l.atURL(c); q != nil {
				return l.settle(p, r, fragment, place{page: q})
			}
		}
	}
	return l.missing(p, r, tries, fragment, abs)
}

// place is a page or a file.
type place struct {
	page *page
	file string
}

// clean resolves dots; ok is false when the path leaves the root.
func clean(p string) (string, bool) {
	depth := 0
	for seg := range strings.SplitSeq(p, "/") {
		switch seg {
		case "", ".":
		case "..":
			if depth--; depth < 0 {
				return "", false
			}
		default:
			depth++
		}
	}
	return strings.TrimPrefix(path.Clean(p), "/"), true
}

// lookup finds the page or file at a path from the content root. The places are
// tried from the literal to the lenient.
func (l *linker) lookup(p *page, t string, trailing bool, r *document.Ref) (place, bool) {
	c, ok := clean(t)
	if !ok {
		return place{}, false
	}
	c = norm.NFC.String(c)
	p.names = append(p.names, pathKey(c))
	if q := l.atPath(c); q != nil && !trailing && l.visible(q) {
		return place{page: q}, true
	}
	if f, ok := l.b.in.Files.Lookup(c); ok && !trailing && l.readable(f.Path) {
		return place{file: f.Path}, true
	}
	if r.Kind == document.RefImage {
		return place{}, false
	}
	if s := l.b.sections[c]; s != nil {
		return place{page: s.page}, true
	}
	for _, ext := range [...]string{".md", ".markdown"} {
		if q := l.atPath(strings.TrimSuffix(c, "/") + ext); q != nil && l.visible(q) {
			return place{page: q}, true
		}
	}
	if h, found := strings.CutSuffix(c, ".html"); found {
		if q := l.atPath(h + ".md"); q != nil && l.visible(q) {
			return place{page: q}, true
		}
		if dir, ok := strings.CutSuffix(c, "index.html"); ok {
			if s := l.b.sections[strings.TrimSuffix(dir, "/")]; s != nil {
				return place{page: s.page}, true
			}
		}
	}
	if q := l.atURL(c); q != nil {
		return place{page: q}, true
	}
	return place{}, false
}

func (l *linker) visible(p *page) bool { return p.placed }

// readable tells whether a page may refer to a file: it is no document, and none
// that lies beside hidden pages only.
func (l *linker) readable(file string) bool {
	if l.byPath[file] != nil {
		return false
	}
	dir, _ := split2(file)
	used, _ := l.publishes(dir)
	return used
}

// atURL finds a page by the path of its URL, with or without its last slash.
func (l *linker) atURL(c string) *page {
	c = strings.TrimSuffix(strings.TrimSuffix(c, "index.html"), "/")
	if c != "" {
		c += "/"
	}
	return l.b.latest(l.byURL[c])
}

// atPath returns the page of the document at a path, nil if there is none.
func (l *linker) atPath(path string) *page { return l.b.latest(l.byPath[path]) }

// settle makes the target of a place that was found.
func (l *linker) settle(p *page, r *document.Ref, fragment string, at place) Target {
	if at.page != nil {
		return l.anchored(p, r, at.page, fragment, Target{URL: at.page.url, Page: at.page.id})
	}
	t := Target{URL: Root + escapePath(at.file)}
	if r.Kind == document.RefImage {
		t.W, t.H = pictureSize(l.b.in.Files, at.file)
	} else {
		if r.Query != "" {
			t.URL += "?" + escapeQuery(r.Query)
		}
		if fragment != "" {
			t.URL += "#" + escapeFragment(fragment)
		}
	}
	return t
}

// anchored adds the fragment to a page's URL when the page has it, and says so
// when it has not.
func (l *linker) anchored(p *page, r *document.Ref, q *page, fragment string, t Target) Target {
	if q.n == p.n {
		t.URL = ""
	}
	if fragment == "" || fragment == "top" || strings.HasPrefix(fragment, ":~:") {
		if q.n == p.n {
			t.URL = "#"
			if fragment != "" && fragment != "top" {
				t.URL += escapeFragment(fragment)
			}
		} else if strings.HasPrefix(fragment, ":~:") {
			t.URL += "#" + escapeFragment(fragment)
		}
		return t
	}
	id, ok := anchor(q, fragment)
	if ok {
		if id != "" {
			t.URL += "#" + escapeFragment(id)
		} else if q.n == p.n {
			t.URL = "#"
		}
		return t
	}
	where := "this page"
	if q.n != p.n {
		where = q.name()
	}
	d := diag.Diagnostic{Rule: "anchor-broken", Level: diag.Warning, Msg: quote("#"+fragment) + " is no heading of " + where}
	var ids []string
	if q.doc != nil {
		for _, h := range q.doc.Headings {
			ids = append(ids, h.ID)
		}
	}
	if n := diag.Nearest(fragment, ids); n != "" {
		d.Hint = "did you mean " + quote("#"+n) + "?"
	}
	l.at(p, r, &d)
	if t.URL == "" {
		t.URL = "#"
	}
	return t
}

// anchor finds the id that fragment means on q: exact, as other hosts would
// have made it of a heading's text, or by that text itself. An empty id is the
// top of the page.
func anchor(q *page, fragment string) (id string, ok bool) {
	if q.doc == nil {
		return "", false
	}
	if fragment == q.doc.TitleID {
		return "", true
	}
	for _, h := range q.doc.Headings {
		if h.ID == fragment {
			return h.ID, true
		}
	}
	if slices.Contains(q.doc.Anchors, fragment) {
		return fragment, true
	}
	f := norm.NFC.String(fragment)
	seen := map[string]int{}
	match := func(text string) bool {
		vs := document.AnchorVariants(text)
		for _, v := range vs {
			if v == f {
				return true
			}
		}
		// Repeated headings are numbered: -1 on most hosts, _1 by Python-Markdown.
		for _, v := range vs {
			n := seen[v]
			seen[v] = n + 1
			if n > 0 && (v+"-"+itoa(n) == f || v+"_"+itoa(n) == f) {
				return true
			}
		}
		return false
	}
	if q.doc.TitleID != "" && match(q.doc.Title) {
		return "", true
	}
	for _, h := range q.doc.Headings {
		if match(h.Text) || strings.EqualFold(h.Text, f) {
			return h.ID, true
		}
	}
	return "", false
}

func (l *linker) at(p *page, r *document.Ref, d *diag.Diagnostic) {
	d.At = diag.Pos{File: p.doc.Name, Line: r.Line, Col: r.Col}
	if r.EndCol > 0 {
		d.To = diag.Pos{File: p.doc.Name, Line: r.Line, Col: r.EndCol}
	}
	p.prose = append(p.prose, *d)
}

// missing says that a link leads nowhere, and what was likely meant.
func (l *linker) missing(p *page, r *document.Ref, tries []string, fragment string, abs bool) Target {
	p.lost = true
	d := diag.Diagnostic{Rule: "link-broken", Level: diag.Warning}
	what := "page or file"
	if r.Kind == document.RefImage {
		what = "picture"
		d.Rule = "picture-missing"
	}
	for _, t := range tries {
		if _, ok := clean(t); !ok {
			d.Msg, d.Hint = quote(r.Target)+" leads out of the site", "link to what lies in the content folder"
			l.at(p, r, &d)
			return Target{}
		}
	}
	for _, t := range tries {
		c, _ := clean(t)
		if at, ok := l.ignoringCase(c, r); ok {
			d.Rule = "link-case"
			d.Msg = quote(r.Target) + " differs by case from what is there"
			name := at.file
			if at.page != nil {
				name = at.page.name()
				if at.page.doc != nil {
					name = at.page.doc.Path
				}
			}
			d.Hint = "it exists as " + name
			l.at(p, r, &d)
			return l.settle(p, r, fragment, at)
		}
	}
	for _, t := range tries {
		c, _ := clean(t)
		if q := l.atPath(c); q != nil && !l.visible(q) {
			d.Rule, d.Msg, d.Hint = "link-hidden", quote(r.Target)+" is not published (a draft, or outside its dates)", "the link is left out; build with --drafts to see it"
			l.at(p, r, &d)
			return Target{}
		}
		if f, ok := l.b.in.Files.Lookup(norm.NFC.String(c)); ok && l.byPath[f.Path] == nil {
			d.Msg, d.Hint = quote(r.Target)+" is not published: only hidden pages lie beside it", "it is left out; build with --drafts to see it"
			if r.Kind != document.RefImage {
				d.Rule = "link-hidden"
			}
			l.at(p, r, &d)
			return Target{}
		}
	}
	d.Msg = quote(r.Target) + " is no " + what
	if !abs {
		if at, ok := l.lookup(p, "/"+r.Target, strings.HasSuffix(r.Target, "/"), r); ok {
			name := at.file
			if at.page != nil {
				name = at.page.name()
			}
			d.Msg = quote(r.Target) + " is no " + what + " beside this one, but one from the content root"
			d.Hint = "write " + quote("/"+r.Target) + ", or set links.root = true in playbook.toml to read all links from the root (it is " + name + ")"
			l.at(p, r, &d)
			return Target{}
		}
	}
	d.Hint = l.suggest(tries[len(tries)-1], p)
	l.at(p, r, &d)
	return Target{}
}

// ignoringCase finds a page or file whose path differs only by case or Unicode
// form.
func (l *linker) ignoringCase(c string, r *document.Ref) (place, bool) {
	l.foldMu.Do(func() {
		l.fold = make(map[string]*page, len(l.b.pages))
		for _, p := range l.b.pages {
			if p.doc != nil {
				l.fold[strings.ToLower(norm.NFC.String(p.doc.Path))] = p
			}
		}
		for _, p := range l.b.pages {
			if k := strings.ToLower(p.id); l.fold[k] == nil && p.index {
				l.fold[k] = p
			}
		}
	})
	k := strings.ToLower(norm.NFC.String(strings.TrimSuffix(c, "/")))
	if r.Kind != document.RefImage {
		for _, ext := range [...]string{"", ".md"} {
			if p := l.fold[k+ext]; p != nil && l.visible(p) {
				return place{page: p}, true
			}
		}
	}
	if f, ok := l.b.in.Files.Fold(c); ok && f.Path != c {
		if l.readable(f.Path) {
			return place{file: f.Path}, true
		}
	}
	return place{}, false
}

// suggest names the page most likely meant by a path that does not exist: one
// of the same file name elsewhere, else the nearest name in its folder.
func (l *linker) suggest(t string, p *page) string {
	c, _ := clean(t)
	dir, stem := split(c)
	found := l.b.names.find(stem, nil)
	if slices.Contains(indexNames[:], strings.ToLower(stem)) {
		found = nil
	}
	from, _ := split(p.doc.Path)
	if len(found) == 1 && found[0].doc != nil {
		return "did you mean " + quote(relative(from, found[0].doc.Path)) + "?"
	}
	var near []string
	if s := l.b.sections[dir]; s != nil {
		for _, q := range s.children {
			if q.doc != nil {
				near = append(near, path.Base(q.doc.Path))
			}
		}
		slices.Sort(near)
		if n := diag.Nearest(path.Base(c), near); n != "" {
			return "did you mean " + quote(relative(from, join(dir, n))) + "?"
		}
	}
	return ""
}

// relative returns the relative link from a folder to a path.
func relative(from, to string) string {
	if from == "" {
		return to
	}
	a, b := strings.Split(from, "/"), strings.Split(to, "/")
	n := 0
	for n < len(a) && n < len(b)-1 && a[n] == b[n] {
		n++
	}
	return strings.Repeat("../", len(a)-n) + strings.Join(b[n:], "/")
}

// wiki resolves [[name]], [[name#heading]], [[name.field]] and ![[name#heading]].
func (l *linker) wiki(p *page, r *document.Ref) Target {
	name := norm.NFC.String(strings.TrimSpace(r.Target))
	if name == "" {
		t := l.anchored(p, r, p, r.Fragment, Target{URL: p.url, Page: p.id, Text: strings.TrimSpace(r.Fragment), Section: -1})
		return l.section(p, r, t)
	}
	found := l.find(p, name, nil)
	if len(found) == 0 {
		found = l.word(p, name)
	}
	if len(found) == 0 && r.Kind == document.RefWiki {
		if t, ok := l.quoted(p, r, name); ok {
			return t
		}
	}
	if len(found) == 0 {
		if s := Slug(name); s != name {
			found = l.find(p, s, nil)
		}
	}
	if len(found) == 1 {
		q := found[0]
		text := q.title
		if r.Fragment != "" {
			text += " › " + r.Fragment
			if id, ok := anchor(q, r.Fragment); ok && q.doc != nil {
				for _, h := range q.doc.Headings {
					if h.ID == id {
						text = q.title + " › " + h.Text
					}
				}
			}
		}
		t := l.anchored(p, r, q, r.Fragment, Target{URL: q.url, Page: q.id, Text: text, Section: -1})
		return l.section(q, r, t)
	}
	p.lost = true
	d := diag.Diagnostic{Rule: "link-broken", Level: diag.Warning}
	if len(found) > 1 {
		ids := make([]string, 0, len(found))
		for _, f := range found {
			ids = append(ids, f.id)
		}
		slices.Sort(ids)
		d.Rule, d.Msg, d.Hint = "link-ambiguous", quote(name)+" names "+count(len(ids))+" documents", "write one of "+enumerate(ids)
	} else {
		var rule string
		_, rule, d.Msg, d.Hint = l.refer(p, name, nil)
		if rule == "ref-hidden" {
			d.Rule = "link-hidden"
		}
	}
	l.at(p, r, &d)
	text := r.Target
	if r.Fragment != "" {
		text += " › " + r.Fragment
	}
	return Target{Text: text, Section: -1}
}

// section notes which part of q a transclusion shows.
func (l *linker) section(q *page, r *document.Ref, t Target) Target {
	t.Section = -1
	if r.Kind != document.RefEmbed || r.Fragment == "" || q.doc == nil {
		return t
	}
	id, _ := anchor(q, r.Fragment)
	t.Section = slices.IndexFunc(q.doc.Headings, func(h document.Heading) bool { return h.ID == id })
	return t
}

// within finds a key in the mappings of front matter, so that what stands under
// "values" need not be quoted by way of it. It must stand in one of them only.
func within(m *document.Map, key string) (v document.Value, ok bool) {
	for _, f := range m.Fields {
		if f.Value.Kind != document.Dict {
			continue
		}
		if g, has := f.Value.Map.Get(key); has {
			if ok {
				return document.Value{}, false
			}
			v, ok = g.Value, true
		}
	}
	return v, ok
}

// quoted resolves [[name.field.path]]: the field's value as text, linked to its
// page.
func (l *linker) quoted(p *page, r *document.Ref, name string) (Target, bool) {
	for i := len(name) - 1; i > 0; i-- {
		if name[i] != '.' {
			continue
		}
		found := l.find(p, name[:i], nil)
		if len(found) == 0 {
			found = l.word(p, name[:i])
		}
		if len(found) != 1 || found[0].doc == nil {
			continue
		}
		q := found[0]
		keys := strings.Split(name[i+1:], ".")
		v := document.Value{Kind: document.Dict, Map: q.doc.Front}
		for k, key := range keys {
			var next document.Value
			ok := false
			switch v.Kind {
			case document.Dict:
				var f document.Field
				f, ok = v.Map.Get(key)
				next = f.Value
				if !ok && k == 0 {
					next, ok = within(v.Map, key)
				}
			case document.List:
				if n, err := strconv.Atoi(key); err == nil && n >= 1 && n <= len(v.List()) {
					next, ok = v.List()[n-1], true
				}
			}
			if !ok {
				d := diag.Diagnostic{Rule: "quote-unknown", Level: diag.Warning, Msg: quote(name[:i]) + " has no " + quote(strings.Join(keys[:k+1], "."))}
				if v.Kind == document.Dict {
					have := []string{}
					for _, f := range v.Map.Fields {
						have = append(have, f.Key)
					}
					if near := diag.Nearest(key, have); near != "" {
						d.Hint = "did you mean " + quote(near) + "?"
					} else {
						if len(have) > 0 {
							d.Hint = "it has " + enumerate(have)
						}
					}
				}
				l.at(p, r, &d)
				return Target{URL: q.url, Page: q.id, Text: name, Section: -1}, true
			}
			v = next
		}
		text := scalarText(v)
		if text == "" {
			d := diag.Diagnostic{Rule: "quote-unknown", Level: diag.Warning, Msg: quote(name) + " is no single value", Hint: "name a field that holds a text or a number"}
			l.at(p, r, &d)
			text = name
		}
		return Target{URL: q.url, Page: q.id, Text: text, Quote: true, Section: -1}, true
	}
	return Target{}, false
}

// scalarText returns a value as its page shows it: numbers without loss, big
// ones with thin spaces between thousands.
func scalarText(v document.Value) string {
	switch v.Kind {
	case document.String:
		return v.Str
	case document.Int:
		return groupDigits(strconv.FormatInt(v.Int(), 10))
	case document.Float:
		return groupDigits(strconv.FormatFloat(v.Float(), 'f', -1, 64))
	case document.Bool:
		if v.Bool() {
			return "yes"
		}
		return "no"
	}
	return ""
}

func groupDigits(s string) string {
	whole, frac, dot := strings.Cut(s, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	if len(whole) > 4 {
		var b strings.Builder
		for i, c := range whole {
			if i > 0 && (len(whole)-i)%3 == 0 {
				b.WriteRune('\u202f')
			}
			b.WriteRune(c)
		}
		whole = b.String()
	}
	if dot {
		whole += "." + frac
	}
	return sign + whole
}

func escapeFragment(s string) string { return escapePath(s) }

// escapeQuery keeps what a query may hold.
func escapeQuery(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; pathSafe(c) || c == '&' || c == '?' || c == '%' || c == ':' {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(upperhex[c>>4])
			b.WriteByte(upperhex[c&15])
		}
	}
	return b.String()
}
