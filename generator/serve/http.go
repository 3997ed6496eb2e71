package serve

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"playbook/generator/build"
	"playbook/generator/diag"
)

// ours is the folder below which the server's own addresses lie. No page can
// have it: slugs never begin with a dot.
const ours = "/.playbook/"

//go:embed live.js
var liveJS []byte

//go:embed live.css
var liveCSS []byte

// ServeHTTP answers requests. Whoever is not asking for this server by one of
// its names, or asks from another origin, learns nothing.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	if !slices.Contains(s.hosts, strings.ToLower(r.Host)) || !s.sameOrigin(r) {
		h.Set("Connection", "close")
		http.Error(w, "this server is not asked by that name", http.StatusForbidden)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	// The request target must be a plain path: no absolute form, no backslash,
	// no dots, nothing hidden by encoding.
	p := r.URL.Path
	if !strings.HasPrefix(r.RequestURI, "/") || strings.HasPrefix(r.RequestURI, "//") || strings.ContainsAny(p, "\\\x00") ||
		strings.Contains(strings.ToLower(r.URL.EscapedPath()), "%2f") || dotted(p) {
		http.Error(w, "no such address", http.StatusBadRequest)
		return
	}
	if rest, ok := strings.CutPrefix(p, ours); ok {
		s.own(w, r, rest)
		return
	}
	site := s.site.Load()
	name := strings.TrimPrefix(p, "/")
	f, _ := site.at(name)
	if f == nil && (name == "" || strings.HasSuffix(name, "/")) {
		name += "index.html"
		f, _ = site.at(name)
	}
	if below, _ := site.at(name + "/index.html"); f == nil && below != nil {
		to := (&url.URL{Path: p + "/", RawQuery: r.URL.RawQuery}).String()
		http.Redirect(w, r, to, http.StatusFound)
		return
	}
	if f == nil {
		s.missing(w, site, p)
		return
	}
	s.send(w, r, name, site, f)
}

func dotted(p string) bool {
	for seg := range strings.SplitSeq(p, "/") {
		if seg == "." || seg == ".." {
			return true
		}
	}
	return false
}

// sameOrigin refuses what pages of other origins send, those of other ports of
// this machine among them. A browser names the origin of such requests in one
// of two headers. Links from elsewhere may be followed, to pages.
func (s *server) sameOrigin(r *http.Request) bool {
	if o := r.Header.Get("Origin"); o != "" {
		u, err := url.Parse(o)
		if err != nil || u.Scheme != "http" || !slices.Contains(s.hosts, strings.ToLower(u.Host)) {
			return false
		}
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return true
	}
	return r.Header.Get("Sec-Fetch-Mode") == "navigate" && !strings.HasPrefix(r.URL.Path, ours)
}

// types are those of what a site is made of; the system's table is not asked,
// since it differs from machine to machine.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".json": "application/json",
	".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
	".avif": "image/avif", ".ico": "image/x-icon", ".pdf": "application/pdf", ".txt": "text/plain; charset=utf-8", ".md": "text/plain; charset=utf-8",
	".csv": "text/csv; charset=utf-8", ".ics": "text/calendar; charset=utf-8", ".woff2": "font/woff2", ".zip": "application/zip", ".mp4": "video/mp4",
}

func (s *server) send(w http.ResponseWriter, r *http.Request, name string, site *site, f *build.MemoryFile) {
	typ := types[strings.ToLower(path.Ext(name))]
	if typ == "" {
		typ = "application/octet-stream"
		w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": path.Base(name)}))
	}
	w.Header().Set("Content-Type", typ)
	data := f.Data
	if strings.HasPrefix(typ, "text/html") {
		data = live(data, site.look(f).String())
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data)) // knows ranges, which films need
}

// live adds the script to a page of the given look.
func live(data []byte, look string) []byte {
	tag := `<link rel="stylesheet" href="/.playbook/live.css"><script src="/.playbook/live.js" data-look="` + look + `" defer></script>`
	i := bytes.LastIndex(data, []byte("</body>"))
	if i < 0 {
		i = len(data)
	}
	out := make([]byte, 0, len(data)+len(tag))
	out = append(append(append(out, data[:i]...), tag...), data[i:]...)
	return out
}

// missing answers for an address that is not there, and names those near it.
func (s *server) missing(w http.ResponseWriter, site *site, want string) {
	near := site.near(want)
	var b bytes.Buffer
	b.WriteString(`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Not here</title></head><body class="playbook-missing"><main><h1>There is no page at ` +
		html.EscapeString(want) + `</h1>`)
	if len(near) > 0 {
		b.WriteString(`<p>Near it are:</p><ul>`)
		for _, p := range near {
			u := (&url.URL{Path: p}).String()
			b.WriteString(`<li><a href="` + html.EscapeString(u) + `">` + html.EscapeString(p) + `</a></li>`)
		}
		b.WriteString(`</ul>`)
	}
	b.WriteString(`<p><a href="/">To the front page</a>. This page appears as soon as it exists.</p></main></body></html>`)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusNotFound)
	w.Write(live(b.Bytes(), ""))
}

// own answers the addresses of the live script.
func (s *server) own(w http.ResponseWriter, r *http.Request, name string) {
	switch name {
	case "live.js":
		w.Header().Set("Content-Type", types[".js"])
		w.Write(liveJS)
	case "live.css":
		w.Header().Set("Content-Type", types[".css"])
		w.Write(liveCSS)
	case "state":
		w.Header().Set("Content-Type", types[".json"])
		json.NewEncoder(w).Encode(s.state(r.URL.Query().Get("path")))
	case "events":
		s.hub.serve(w, r)
	default:
		http.NotFound(w, r)
	}
}

// state is what a page asks after each build.
type state struct {
	Version   string            `json:"version"`
	Digest    string            `json:"digest"` // of the page's look, "" if it does not exist
	Stays     bool              `json:"stays"`  // the page is as it was before its errors
	Sheets    map[string]string `json:"sheets"`
	Problems  []problem         `json:"problems"`  // of this page, and those of layouts and configuration
	Elsewhere int               `json:"elsewhere"` // errors of other pages
}

type problem struct {
	Level string `json:"level"`
	Text  string `json:"text"`
}

// maxProblems bounds what is laid over a page.
const maxProblems = 20

func (s *server) state(p string) state {
	site := s.site.Load()
	st := state{Version: site.version, Sheets: site.sheets(), Problems: []problem{}}
	if plain, err := url.PathUnescape(p); err == nil { // as the browser has it in its address bar
		p = plain
	}
	name := strings.TrimPrefix(p, "/")
	if name == "" || strings.HasSuffix(name, "/") {
		name += "index.html"
	}
	f, stays := site.at(name)
	if st.Stays = stays; f != nil {
		st.Digest = site.look(f).String()
	}
	for _, f := range site.failure {
		if len(st.Problems) < maxProblems {
			st.Problems = append(st.Problems, problem{"error", f})
		}
	}
	own := site.documentAt(name)
	for _, d := range site.diags {
		mine := d.At.File == own && own != "" || ofTheme(d.At.File) || d.At.File == name
		switch {
		case d.Level == diag.Error && !mine:
			st.Elsewhere++
		case mine && d.Level >= diag.Warning && len(st.Problems) < maxProblems:
			st.Problems = append(st.Problems, problem{d.Level.String(), text(d, site.source)})
		}
	}
	return st
}
