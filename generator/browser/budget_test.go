package browser_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/network"
	devtools "github.com/chromedp/cdproto/page"
	"golang.org/x/net/html"
)

// host serves a folder as an intranet host would: compressed, and nothing else.
// It counts what it sends.
type host struct {
	*httptest.Server
	mu   sync.Mutex
	sent map[string]int // bytes of bodies by path, since the last forget
	n    int            // requests since then
}

func newHost(t *testing.T, dir string) *host {
	t.Helper()
	h := &host{sent: map[string]int{}}
	files := http.FileServer(http.Dir(dir))
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		r.Header.Del("If-Modified-Since")
		files.ServeHTTP(rec, r)
		body := rec.Body.Bytes()
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		if rec.Code == http.StatusOK && !strings.HasPrefix(rec.Header().Get("Content-Type"), "image/png") {
			var z bytes.Buffer
			g := gzip.NewWriter(&z)
			g.Write(body)
			g.Close()
			body = z.Bytes()
			w.Header().Set("Content-Encoding", "gzip")
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		h.mu.Lock()
		h.sent[r.URL.Path] += len(body)
		h.n++
		h.mu.Unlock()
		w.WriteHeader(rec.Code)
		w.Write(body)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *host) forget() {
	h.mu.Lock()
	clear(h.sent)
	h.n = 0
	h.mu.Unlock()
}

// weight returns the bytes sent since the last forget, all told and of scripts, and
// how many requests there were.
func (h *host) weight() (all, scripts, requests int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for p, n := range h.sent {
		if p == "/favicon.ico" || strings.HasPrefix(p, "/search/") { // the index comes as one searches
			continue
		}
		all += n
		if strings.HasSuffix(p, ".js") {
			scripts += n
		}
	}
	return all, scripts, h.n
}

// everyKind returns the home page, the list of every section, the page that is
// largest in each, and the one for what is not found.
func everyKind(t *testing.T, dir string) []string {
	t.Helper()
	out := []string{"index.html", "404.html"}
	lists, err := filepath.Glob(filepath.Join(dir, "*", "index.html"))
	must(t, err)
	for _, list := range lists {
		if redirects(t, list) {
			continue
		}
		rel, _ := filepath.Rel(dir, list)
		out = append(out, rel)
		pages, err := filepath.Glob(filepath.Join(filepath.Dir(list), "*", "index.html"))
		must(t, err)
		largest, size := "", int64(0)
		for _, p := range pages {
			if i, err := os.Stat(p); err == nil && i.Size() > size && !redirects(t, p) {
				largest, size = p, i.Size()
			}
		}
		if largest != "" {
			rel, _ := filepath.Rel(dir, largest)
			out = append(out, rel)
		}
	}
	kinds, err := filepath.Glob("../../layouts/kinds/*/kind.yaml")
	must(t, err)
	for _, kind := range kinds {
		text, err := os.ReadFile(kind)
		must(t, err)
		_, section, _ := strings.Cut(string(text), "\nsection: ")
		section, _, _ = strings.Cut(section, "\n")
		if !slices.ContainsFunc(out, func(p string) bool { return strings.HasPrefix(p, section+"/") && strings.Count(p, "/") == 2 }) {
			t.Fatalf("no page of %s below %q", kind, section)
		}
	}
	if len(kinds) < 15 || !slices.Contains(out, "reports/index.html") || !slices.Contains(out, "search/index.html") {
		t.Fatalf("%d kinds; pages: %q", len(kinds), out)
	}
	return out
}

// watch notes, before a page's own scripts run, what moves without a reader's doing.
const watch = `window.pbMoved = 0; window.pbWho = [];
new PerformanceObserver(l => l.getEntries().forEach(e => { if (!e.hadRecentInput) { pbMoved += e.value; pbWho.push(...e.sources.map(s => s.node && (s.node.className || s.node.nodeName))) } })).observe({ type: "layout-shift", buffered: true });`

// painted and settled wait for a page's first picture, and for two more after
// everything has arrived and what was noted has been told.
const (
	painted = `performance.getEntriesByName("first-contentful-paint").length > 0`
	settled = `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(""), 50))))`
)

// watchMoves notes what moves on the pages opened from now on.
func (b *tab) watchMoves() {
	b.t.Helper()
	call(b, devtools.AddScriptToEvaluateOnNewDocument, devtools.AddScriptToEvaluateOnNewDocumentParams{Source: watch})
}

// moves waits for the page to be there and at rest, and returns by how much what
// was drawn has moved, and what, or "".
func (b *tab) moves() string {
	b.t.Helper()
	b.until("document.readyState", "complete")
	b.ask(settled)
	if moved := b.js("pbMoved"); moved != "0" {
		return moved + ": " + b.js(`pbWho.join(", ")`)
	}
	return ""
}

// What a page may send on a first view, all told, and of scripts.
const (
	mostBytes   = 60_000
	mostScripts = 20_000
)

// TestBudgets opens every kind of page from a host with an empty cache: what is
// sent is little, and nothing moves once it is drawn.
func TestBudgets(t *testing.T) {
	t.Parallel()
	dir := public(t)
	h := newHost(t, dir)
	pages := everyKind(t, dir)
	for _, width := range widths {
		b := browse(t, width, 844)
		call(b, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
		b.watchMoves()
		page, scripts, requests := 0, 0, 0
		for _, p := range pages {
			// A browser may draw what it has read so far, once in a while a table's head
			// before its rows, and then columns find their width in sight of the reader.
			// What a page does by itself it does each time.
			moved := ""
			for range 3 {
				h.forget()
				b.open(h.URL + "/" + strings.TrimSuffix(p, "index.html"))
				if moved = b.moves(); moved == "" {
					break
				}
				t.Logf("%s, %d wide: things moved by %s", p, width, moved)
			}
			if moved != "" {
				t.Errorf("%s, %d wide: things move by %s", p, width, moved)
			}
			all, js, n := h.weight()
			page, scripts, requests = max(page, all), max(scripts, js), requests+n
			if all > mostBytes || js > mostScripts || all == 0 || js == 0 {
				t.Errorf("%s sends %d bytes, %d of them scripts", p, all, js)
			}
			if p == "plans/bavaria-2027-h1/index.html" {
				t.Logf("a plan sends %d bytes, %d of them scripts", all, js)
			}
			if got := b.js(noShift); got != "true" {
				t.Errorf("%s is wider than a screen of %d", p, width)
			}
		}
		asked := 0
		b.mu.Lock()
		for url, n := range b.asked {
			if asked += n; !strings.HasPrefix(url, h.URL+"/") {
				t.Errorf("%s was asked for", url)
			}
		}
		b.mu.Unlock()
		if asked < 4*len(pages) {
			t.Errorf("only %d requests were seen", asked)
		}
		t.Logf("%d wide: %d pages, %d requests, none to anybody else; the heaviest page sends %d bytes, scripts are %d", width, len(pages), asked, page, scripts)
	}
}

// TestSlowNetwork lets a page arrive in two pieces, the second after the first was
// drawn, and pages whose script comes after they were drawn: what is drawn stays
// where it is when the rest comes.
func TestSlowNetwork(t *testing.T) {
	t.Parallel()
	dir := public(t)
	text, err := os.ReadFile(filepath.Join(dir, page))
	must(t, err)
	plan := "/" + strings.TrimSuffix(page, "index.html")
	type arrival struct {
		page string
		cut  int // 0: the script is late
	}
	var late []arrival
	for _, percent := range []int{30, 60, 90} {
		late = append(late, arrival{plan, len(text) * percent / 100})
	}
	// within the line at the top: before its sections, between them, before the switches
	head := string(text)
	for _, mark := range []string{`class="sections"`, "</li>", "data-tools"} {
		i := strings.Index(head, mark)
		if i < 0 {
			t.Fatalf("no %s in %s", mark, page)
		}
		late = append(late, arrival{plan, strings.LastIndex(head[:i], "<")})
	}
	for _, p := range everyKind(t, dir) {
		late = append(late, arrival{"/" + strings.TrimSuffix(p, "index.html"), 0})
	}

	var now arrival
	var rest chan struct{} // closed when the rest may come
	files := http.FileServer(http.Dir(dir))
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		script := now.cut == 0 && strings.HasPrefix(r.URL.Path, "/assets/site.")
		if !script && (now.cut == 0 || r.URL.Path != now.page) {
			files.ServeHTTP(w, r)
			return
		}
		if now.cut > 0 {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Write(text[:now.cut])
			w.(http.Flusher).Flush()
		}
		select {
		case <-rest:
		case <-r.Context().Done():
		}
		if script {
			files.ServeHTTP(w, r)
		} else {
			w.Write(text[now.cut:])
		}
	}))
	t.Cleanup(h.Close)
	for _, width := range widths {
		b := browse(t, width, 844)
		call(b, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
		b.watchMoves()
		for _, now = range late {
			where := now.page + " with a late script"
			if now.cut > 0 {
				where = fmt.Sprintf("%s after %d of %d bytes", now.page, now.cut, len(text))
			}
			// A browser that is kept from working may draw a page before it has all
			// that is there. What moves by itself moves each time.
			moved := ""
			for range 3 {
				rest = make(chan struct{})
				call(b, devtools.Navigate, devtools.NavigateParams{URL: h.URL + now.page})
				b.until(painted, "true")
				b.ask(settled)
				close(rest)
				if moved = b.moves(); moved == "" {
					break
				}
			}
			if moved != "" {
				t.Errorf("%s, %d wide: things move by %s", where, b.width, moved)
			}
		}
	}
}

// TestOwnHost reads every page of the sample, and of the handbooks that are there: each
// has the policy that keeps it to its own host, before anything that it applies to,
// and nothing that a browser fetches by itself is on another host or gets past it.
func TestOwnHost(t *testing.T) {
	t.Parallel()
	for name, dir := range sites(t) {
		pages, fetched, stopped := 0, 0, 0
		must(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(p) != ".html" {
				return err
			}
			text, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			pages++
			policy := ""
			for z := html.NewTokenizer(bytes.NewReader(text)); z.Next() != html.ErrorToken; {
				tok := z.Token()
				if tok.Type != html.StartTagToken && tok.Type != html.SelfClosingTagToken {
					continue
				}
				at := map[string]string{}
				for _, a := range tok.Attr {
					at[a.Key] = a.Val
				}
				if tok.Data == "meta" && strings.EqualFold(at["http-equiv"], "Content-Security-Policy") {
					policy = at["content"]
				}
				for key, value := range at {
					switch {
					case key == "src", key == "srcset", key == "poster", key == "data" && tok.Data == "object", key == "background",
						key == "href" && tok.Data == "link" && !notFetched[at["rel"]], key == "href" && (tok.Data == "use" || tok.Data == "image"):
					default:
						continue
					}
					fetched++
					if strings.Contains(value, "//") && !strings.HasPrefix(value, "data:") {
						// Others' handbooks have pictures from elsewhere; the policy stops them.
						if stopped++; name == "sample" || tok.Data != "img" || !strings.Contains(policy, "img-src 'self' data:;") {
							t.Errorf("%s: <%s %s=%q>", p, tok.Data, key, value)
						}
					}
					if policy == "" {
						t.Errorf("%s: <%s %s=%q> stands before a policy", p, tok.Data, key, value)
					}
				}
			}
			if !strings.Contains(policy, "default-src 'none'") {
				t.Errorf("%s has the policy %q", p, policy)
			}
			return nil
		}))
		if pages < 50 || fetched < pages {
			t.Errorf("%s: only %d pages, %d things to fetch", name, pages, fetched)
		}
		t.Logf("%s: %d pages, %d things to fetch, all from their own host but %d pictures that the policy stops", name, pages, fetched, stopped)
	}
}

// notFetched are links that only say where something is.
var notFetched = map[string]bool{"alternate": true, "canonical": true, "next": true, "prev": true, "license": true, "author": true}

// redirects says whether a file only leads on to another one, or is not there:
// what is looked at would then depend on how soon the browser follows.
func redirects(t *testing.T, file string) bool {
	t.Helper()
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return true
	}
	must(t, err)
	return strings.Contains(string(text), `http-equiv="refresh"`) || strings.Contains(string(text), `http-equiv=refresh`)
}
