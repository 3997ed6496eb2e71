package render

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"playbook/generator/artifact"
	"playbook/generator/book"
	"playbook/generator/diag"
	"playbook/generator/source"
)

type digest = source.Digest

// Targets returns everything the theme makes of a book: pages, tag pages,
// redirects, the page for what is not found, assets, and what a site gives beside
// its pages, sorted by path. Where a page and something the theme adds would have
// one path, the page wins.
func (t *Theme) Targets(b *book.Book) []artifact.Target {
	var out []artifact.Target
	taken := map[string]bool{}
	add := func(path, of string, mk artifact.Make) {
		if !taken[path] {
			taken[path] = true
			out = append(out, artifact.Target{Path: path, Of: of, Make: mk})
		}
	}
	for _, id := range b.PageIDs() {
		path := b.OutputOf(id)
		add(path, "page "+id, func(r *artifact.Reader) ([]byte, []diag.Diagnostic) { return t.page(r, id, path) })
	}
	for _, id := range b.PageIDs() {
		for part := 2; part <= b.Parts(id); part++ {
			path := strings.TrimSuffix(b.OutputOf(id), "index.html") + partName(part) + "/index.html"
			add(path, "part "+strconv.Itoa(part)+" "+id, func(r *artifact.Reader) ([]byte, []diag.Diagnostic) {
				return t.framed(&View{t: t, r: r, id: id, part: part}, path, "list.html", "page.html")
			})
		}
	}
	for _, slug := range b.TagSlugs() {
		path := "tags/" + slug + "/index.html"
		add(path, "tag "+slug, func(r *artifact.Reader) ([]byte, []diag.Diagnostic) {
			return t.framed(&View{t: t, r: r, tag: slug}, path, "tag.html")
		})
	}
	if len(b.TagSlugs()) > 0 {
		const path = "tags/index.html"
		add(path, "tags", func(r *artifact.Reader) ([]byte, []diag.Diagnostic) {
			return t.framed(&View{t: t, r: r}, path, "tags.html")
		})
	}
	add("404.html", "404", func(r *artifact.Reader) ([]byte, []diag.Diagnostic) {
		return t.framed(&View{t: t, r: r}, "404.html", "404.html")
	})
	add("search/index.html", "search", func(r *artifact.Reader) ([]byte, []diag.Diagnostic) {
		return t.framed(&View{t: t, r: r}, "search/index.html", "search.html")
	})
	if !b.Input().Config.Outputs.NoReports {
		add(reportsPath, "reports", func(r *artifact.Reader) ([]byte, []diag.Diagnostic) {
			return t.framed(&View{t: t, r: r}, reportsPath, "reports.html")
		})
	}
	t.outputs(b, add)
	for _, old := range b.Redirects() {
		path := old + "/index.html"
		add(path, "redirect "+old, func(r *artifact.Reader) ([]byte, []diag.Diagnostic) { return t.redirect(r, old, path) })
	}
	for _, piece := range b.SearchPieces() {
		path := searchFolder(b.Language(), piece.Lang) + piece.Name + ".js"
		add(path, "search "+piece.Lang+" "+piece.Name, func(r *artifact.Reader) ([]byte, []diag.Diagnostic) { return searchPiece(r, piece), nil })
	}
	for name, path := range t.Assets {
		add(path, "asset "+name, func(r *artifact.Reader) ([]byte, []diag.Diagnostic) {
			artifact.Ask[digest](r, book.Question{Op: book.OpLayout, Arg: "assets/" + name})
			return t.assets[path], nil
		})
	}
	slices.SortFunc(out, func(x, y artifact.Target) int { return strings.Compare(x.Path, y.Path) })
	return out
}

// partName is the folder of a further page of a section.
func partName(part int) string { return "page-" + strconv.Itoa(part) }

// page makes the page of an id.
func (t *Theme) page(r *artifact.Reader, id, path string) ([]byte, []diag.Diagnostic) {
	v := &View{t: t, r: r, id: id}
	p := v.self()
	own := ""
	if p.Layout != "" {
		own = strings.TrimSuffix(p.Layout, ".html") + ".html"
	}
	kind := ""
	if p.Card.Kind != "" {
		kind = "kinds/" + p.Card.Kind
	}
	var names []string
	switch {
	case v.IsHome():
		names = []string{own, "home.html", "list.html", "page.html"}
	case p.Card.IsSection:
		list := ""
		if k := v.SectionKind(); k != nil {
			list = "kinds/" + k.ID + "/list.html"
		}
		names = []string{own, list, "list.html", "page.html"}
	default:
		if kind != "" {
			kind += "/page.html"
		}
		names = []string{own, kind, "page.html"}
	}
	html, diags := t.framed(v, path, names...)
	if own != "" && ask[digest](v, book.OpLayout, own) == (digest{}) {
		// Not an error: nothing of the page is lost, and a handbook that another
		// generator built until today names that generator's layouts.
		diags = append(diags, diag.Diagnostic{Rule: "layout-missing", Level: diag.Warning, At: diag.Pos{File: p.Name, Line: 1, Col: 1},
			Msg: "there is no layout " + strconv.Quote(p.Layout) + ", so the page has the layout of its kind", Hint: "put it into layouts/, or leave layout out"})
	}
	return html, diags
}

// framed executes the first of the layouts that exists.
func (t *Theme) framed(v *View, path string, names ...string) ([]byte, []diag.Diagnostic) {
	name, err := v.layoutFor(names...)
	if err != nil {
		return nil, []diag.Diagnostic{{Rule: "layout-missing", Level: diag.Error, At: diag.Pos{File: path}, Msg: err.Error(), Hint: "add one of them to layouts/"}}
	}
	v.speakAs(name)
	w := v.r.Buffer()
	diags := t.execute(w, name, v)
	return t.rooted(v, path, w.Bytes()), diags
}

// rooted replaces the mark at the head of URLs by the way from path to the root.
// A page that a server shows at any address needs an absolute way.
func (t *Theme) rooted(v *View, path string, html []byte) []byte {
	up := "./"
	if n := strings.Count(path, "/"); n > 0 {
		up = strings.Repeat("../", n)
	}
	if path == "404.html" {
		up = v.Site().BasePath
	}
	w, mark := v.r.Buffer(), []byte(book.Root)
	w.Grow(len(html))
	for {
		i := bytes.Index(html, mark)
		if i < 0 {
			w.Write(html)
			return w.Bytes()
		}
		w.Write(html[:i])
		w.WriteString(up)
		html = html[i+len(mark):]
	}
}

// redirect makes the page at an old URL.
func (t *Theme) redirect(r *artifact.Reader, old, path string) ([]byte, []diag.Diagnostic) {
	v := &View{t: t, r: r}
	c := ask[*book.Card](v, book.OpRedirect, old)
	if c == nil {
		return nil, nil
	}
	name, err := v.layoutFor("redirect.html")
	if err != nil {
		return nil, []diag.Diagnostic{{Rule: "layout-missing", Level: diag.Error, At: diag.Pos{File: path}, Msg: err.Error()}}
	}
	w := r.Buffer()
	diags := t.execute(w, name, cardView{v, c})
	return t.rooted(v, path, w.Bytes()), diags
}

// Fragments returns how the fragments of the theme are made: the navigation of
// a section, the card of a page, and what opens over a link to a term.
func (t *Theme) Fragments(name string) (artifact.Make, bool) {
	kind, arg, _ := strings.Cut(name, "/")
	switch kind {
	case "nav":
		return func(r *artifact.Reader) ([]byte, []diag.Diagnostic) {
			v := &View{t: t, r: r}
			n := ask[*book.Nav](v, book.OpNav, arg)
			if n == nil {
				return nil, nil
			}
			return t.piece(v, navView{v, n}, "partials/nav.html")
		}, true
	case "shared":
		return func(r *artifact.Reader) ([]byte, []diag.Diagnostic) {
			lang, rest, _ := strings.Cut(arg, "/")
			name, top, _ := strings.Cut(rest, "/")
			v := &View{t: t, r: r, id: top}
			if section, inside := strings.CutSuffix(top, "/"); inside {
				v.id, v.page = "", &book.Page{Card: &book.Card{Section: section, Lang: lang}, Fields: map[string]any{}}
			} else if top == "" {
				v.id = book.HomeID
			}
			return t.piece(v, v, strings.ReplaceAll(name, ":", "/"))
		}, true
	case "preview":
		return func(*artifact.Reader) ([]byte, []diag.Diagnostic) { return drawPreview(arg), nil }, true
	case "data":
		return func(r *artifact.Reader) ([]byte, []diag.Diagnostic) { return pageData(&View{t: t, r: r, id: arg}), nil }, true
	case "card", "hover":
		file := kind + ".html"
		return func(r *artifact.Reader) ([]byte, []diag.Diagnostic) {
			v := &View{t: t, r: r, id: arg}
			c := ask[*book.Card](v, book.OpCard, arg)
			if c == nil {
				return nil, nil
			}
			own := ""
			if c.Kind != "" {
				own = "kinds/" + c.Kind + "/" + file
			}
			return t.piece(v, cardView{v, c}, own, file)
		}, true
	}
	return nil, false
}

func (t *Theme) piece(v *View, data any, names ...string) ([]byte, []diag.Diagnostic) {
	name, err := v.layoutFor(names...)
	if err != nil {
		return nil, []diag.Diagnostic{{Rule: "layout-missing", Level: diag.Error, Msg: err.Error(), Hint: "add one of them to layouts/"}}
	}
	v.speakAs(name)
	w := v.r.Buffer()
	diags := t.execute(w, name, data)
	return w.Bytes(), diags
}
