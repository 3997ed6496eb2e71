package book

import (
	"io"
	"path"
	"slices"
	"strings"

	"playbook/generator/diag"
	"playbook/generator/document"
	"playbook/generator/source"
)

// publish decides which files beside pages readers get, and where old URLs lead.
func (l *linker) publish() {
	if l.recalled != nil {
		l.b.files = l.recalled.files
		for _, f := range l.b.files {
			if _, ok := l.b.in.Files.Lookup(f); !ok {
				l.recalled.bad.Store(true)
			}
		}
	} else {
		l.attachments()
	}
	l.redirects()
}

// folder says which pages lie in a folder of content.
type folder struct {
	shown, hidden bool
	index         bool // its own page is among those that are shown
	indexHidden   bool // its own page is among those that are hidden
}

// foldersOf returns the folders that pages lie in, once pages have their addresses.
func (x *index) foldersOf(b *Book) map[string]folder {
	x.folderOnce.Do(func() {
		x.folders = map[string]folder{}
		for _, p := range b.pages {
			if p.doc == nil {
				continue
			}
			dir, _ := split(p.doc.Path)
			f := x.folders[dir]
			f.shown = true
			f.index = f.index || p.index && p.id == dir
			x.folders[dir] = f
		}
		for _, p := range x.hidden {
			dir, _ := split(p.doc.Path)
			f := x.folders[dir]
			f.hidden = true
			f.indexHidden = f.indexHidden || p.index && (p.id == dir || p.id == HomeID && dir == "")
			x.folders[dir] = f
		}
	})
	return x.folders
}

// publishes tells whether what lies in a folder is published: used, if a visible
// page refers to it; all, if none does.
func (l *linker) publishes(dir string) (used, all bool) {
	folders := l.foldersOf(l.b)
	for {
		f, own := folders[dir]
		switch {
		case f.indexHidden && !f.index:
			return f.shown, false
		case own && !f.shown && f.hidden:
			return false, false
		case dir == "" || f.shown:
			return true, true
		}
		dir, _ = split2(dir)
	}
}

// attachments publishes what lies beside visible pages. A folder whose own page
// is hidden keeps its files to itself, unless a visible page beside them refers
// to them, and so does a file that only hidden pages refer to.
func (l *linker) attachments() {
	b := l.b
	b.pictures = map[source.Digest]string{}
	used := map[string]bool{} // files that visible pages refer to
	for _, p := range b.pages {
		if p.doc == nil {
			continue
		}
		for i, t := range p.targets {
			if t.Page == "" && t.URL != "" && p.doc.Refs[i].Target != "" {
				used[strings.TrimPrefix(strings.SplitN(strings.SplitN(t.URL, "#", 2)[0], "?", 2)[0], Root)] = true
			}
		}
	}
	hiddenRefs := map[string]bool{}
	for _, p := range l.hidden {
		dir, _ := split(p.doc.Path)
		for i := range p.doc.Refs {
			r := &p.doc.Refs[i]
			if r.Kind == document.RefLink || r.Kind == document.RefImage {
				for _, t := range []string{"/" + join(dir, r.Target), "/" + r.Target} {
					if c, ok := clean(t); ok {
						hiddenRefs[escapePath(c)] = true
					}
				}
			}
		}
	}
	for _, f := range b.in.Files.Files() {
		if isMarkdown(f.Path) {
			continue
		}
		dir, _ := split2(f.Path)
		e := escapePath(f.Path)
		if may, all := l.publishes(dir); !may || !used[e] && (!all || hiddenRefs[e]) {
			continue
		}
		if err := source.CheckPath(f.Path); err != nil {
			l.report(diag.Diagnostic{Rule: "file-name", Level: diag.Warning, At: diag.Pos{File: f.Name}, Msg: "not published: " + err.Error(), Hint: "rename the file"})
			continue
		}
		if why := l.active(f.Path); why != "" {
			l.report(diag.Diagnostic{Rule: "file-active", Level: diag.Warning, At: diag.Pos{File: f.Name}, Msg: "not published: " + why,
				Hint: "content may not carry what runs in a reader's browser; put it into layouts/ if it belongs to the theme"})
			continue
		}
		b.files = append(b.files, f.Path)
	}
	slices.Sort(b.files)
}

// activeExt are files that a browser runs when it opens them.
var activeExt = map[string]bool{".html": true, ".htm": true, ".xhtml": true, ".xht": true, ".shtml": true, ".js": true, ".mjs": true, ".cjs": true,
	".css": true, ".xml": true, ".xsl": true, ".xslt": true, ".wasm": true, ".swf": true, ".hta": true, ".php": true, ".cgi": true, ".htaccess": true, ".mht": true, ".mhtml": true, ".svgz": true}

// maxSVG bounds what is read of a picture to judge it.
const maxSVG = 2 << 20

// active says why a file may not be published, "" if it may.
func (l *linker) active(name string) string {
	ext := strings.ToLower(path.Ext(name))
	if activeExt[ext] {
		return "a " + ext[1:] + " file can act in a reader's browser"
	}
	if ext != ".svg" {
		return ""
	}
	sum, err := l.b.in.Files.Digest(name)
	if err != nil {
		return "it cannot be read"
	}
	if l.prev != nil {
		if why, ok := l.prev.pictures[sum]; ok {
			l.b.pictures[sum] = why
			return why
		}
	}
	f, err := l.b.in.Files.Open(name)
	if err != nil {
		return "it cannot be read"
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSVG+1))
	if err != nil || len(text) > maxSVG {
		return "an SVG picture may have at most 2 MiB"
	}
	why := activeSVG(text)
	if source.Sum(text) == sum { // else it is being changed
		l.b.pictures[sum] = why
	}
	return why
}

func isMarkdown(p string) bool {
	switch strings.ToLower(path.Ext(p)) {
	case ".md", ".markdown":
		return true
	}
	return false
}

// redirects collects old URLs. A page wins over an old URL, the first of two
// pages wins over the second.
func (l *linker) redirects() {
	b := l.b
	b.redirect = map[string]*Card{}
	owner := map[string]*page{}
	for _, p := range b.pages {
		for _, u := range p.olds {
			key := aliasPath(u)
			f, _ := p.front("aliases")
			at, to := f.At(p.name()), f.End(p.name())
			for _, e := range f.List() {
				if e.Str == u || "/"+join(p.folder, e.Str) == u {
					at, to = e.At(p.name()), e.End(p.name())
				}
			}
			var msg string
			switch {
			case key == "":
				msg = quote(u) + " is no old URL"
			case b.latest(l.byURL[key+"/"]) == p:
				continue
			case l.byURL[key+"/"] != nil:
				msg = quote(u) + " is the URL of " + l.byURL[key+"/"].name()
			case owner[key] != nil:
				msg = quote(u) + " is claimed by " + owner[key].name() + " too"
			}
			if msg != "" {
				p.diags = append(p.diags, diag.Diagnostic{Rule: "alias-conflict", Level: diag.Error, At: at, To: to, Msg: msg, Hint: "take it out of aliases"})
				continue
			}
			owner[key] = p
			b.redirect[key] = p.ref
			b.redirs = append(b.redirs, key)
		}
	}
	slices.Sort(b.redirs)
}

// aliasPath makes an output folder of an old URL: each segment made safe but
// otherwise kept as it was written. "" when nothing is left.
func aliasPath(u string) string {
	u = strings.TrimSuffix(strings.TrimSuffix(u, "index.html"), "/")
	var segs []string
	for seg := range strings.SplitSeq(u, "/") {
		if seg == "" {
			continue
		}
		s := Slug(strings.TrimSuffix(seg, ".html"))
		if s == "" || len(segs) > 20 {
			return ""
		}
		segs = append(segs, s)
	}
	return strings.Join(segs, "/")
}
