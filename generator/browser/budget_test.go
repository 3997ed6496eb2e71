package browser_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	devtools "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// host serves a folder as an intranet host would: compressed, and nothing else.
// It counts what it sends.
type host struct {
	*httptest.Server
	mu   sync.Mutex
	sent map[string]int // bytes of bodies by path, since the last forget
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
	h.mu.Unlock()
}

// weight returns the bytes sent since the last forget, all told and of scripts.
func (h *host) weight() (all, scripts int) {
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
	return all, scripts
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
	if len(out) < 30 {
		t.Fatalf("only %d pages", len(out))
	}
	return out
}

// watch notes, before a page's own scripts run, what moves without a reader's
// doing, what the content security policy stops, and scripts that fail.
const watch = `window.pbMoved = 0; window.pbWrong = [];
new PerformanceObserver(l => l.getEntries().forEach(e => { if (!e.hadRecentInput) { pbMoved += e.value; (window.pbWho ||= []).push(...e.sources.map(s => s.node && (s.node.className || s.node.nodeName))) } })).observe({ type: "layout-shift", buffered: true });
addEventListener("securitypolicyviolation", e => pbWrong.push(e.violatedDirective + " " + e.blockedURI));
addEventListener("error", e => pbWrong.push(String(e.message)));
addEventListener("unhandledrejection", e => pbWrong.push(String(e.reason)));`

// still is how much may move, as browsers count it: a tenth of what they call good.
const still = 0.01

// TestBudgets opens every kind of page from a host with an empty cache: what is
// sent is little, nothing is asked of anybody else, nothing moves once it is
// drawn, and the policy in the page stops nothing of the page's own.
func TestBudgets(t *testing.T) {
	dir := public(t)
	h := newHost(t, dir)
	pages := everyKind(t, dir)
	heaviest := map[string]int{}
	for _, width := range []int64{1280, 390} {
		b := browse(t, width, 844)
		var mu sync.Mutex
		strangers := map[string]bool{}
		must(t, chromedp.Listen(b.ctx, func(ev any) {
			if e, ok := ev.(*network.EventRequestWillBeSent); ok && !strings.HasPrefix(e.Request.URL, h.URL+"/") && !strings.HasPrefix(e.Request.URL, "data:") {
				mu.Lock()
				strangers[e.Request.URL] = true
				mu.Unlock()
			}
		}))
		call(b, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
		call(b, devtools.AddScriptToEvaluateOnNewDocument, devtools.AddScriptToEvaluateOnNewDocumentParams{Source: watch})
		for _, p := range pages {
			h.forget()
			b.open(h.URL + "/" + strings.TrimSuffix(p, "index.html"))
			b.until("document.readyState", "complete")
			time.Sleep(60 * time.Millisecond)
			all, scripts := h.weight()
			heaviest["page"], heaviest["scripts"] = max(heaviest["page"], all), max(heaviest["scripts"], scripts)
			if all > 60<<10 || scripts > 20<<10 {
				t.Errorf("%s sends %d bytes, %d of them scripts", p, all, scripts)
			}
			moved := 0.0
			fmt.Sscan(b.js("pbMoved"), &moved)
			if moved > still {
				t.Errorf("%s at %d: things move by %.3f: %s", p, width, moved, b.js(`(window.pbWho || []).join(", ")`))
			}
			if wrong := b.js(`pbWrong.join("; ")`); wrong != "" {
				t.Errorf("%s at %d: %s", p, width, wrong)
			}
			if got := b.js(noShift); got != "true" {
				t.Errorf("%s is wider than a screen of %d", p, width)
			}
		}
		mu.Lock()
		for _, url := range sorted(strangers) {
			t.Errorf("asks for %s", url)
		}
		mu.Unlock()
	}
	t.Logf("%d pages; the heaviest sends %d bytes, scripts are %d", len(pages), heaviest["page"], heaviest["scripts"])
}

// TestSlowNetwork lets a page arrive in two pieces, a while apart: what is drawn of
// the first stays where it is when the second comes.
func TestSlowNetwork(t *testing.T) {
	dir := public(t)
	const page = "plans/bavaria-2027-h1/"
	text, err := os.ReadFile(filepath.Join(dir, page, "index.html"))
	must(t, err)
	var cuts []int
	for _, percent := range []int{30, 60, 90} {
		cuts = append(cuts, len(text)*percent/100)
	}
	// within the line at the top: before its sections, between them, before the switches
	head := string(text)
	for _, mark := range []string{`class="sections"`, "</li>", "data-tools"} {
		i := strings.Index(head, mark)
		if i < 0 {
			t.Fatalf("no %s in %s", mark, page)
		}
		cuts = append(cuts, strings.LastIndex(head[:i], "<"))
	}
	for _, n := range cuts {
		files := http.FileServer(http.Dir(dir))
		h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/"+page {
				files.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Write(text[:n])
			w.(http.Flusher).Flush()
			time.Sleep(500 * time.Millisecond)
			w.Write(text[n:])
		}))
		b := browse(t, 1280, 844)
		_, err := chromedp.Call(b.ctx, devtools.AddScriptToEvaluateOnNewDocument, devtools.AddScriptToEvaluateOnNewDocumentParams{Source: watch})
		must(t, err)
		b.open(h.URL + "/" + page)
		b.until("document.readyState", "complete")
		time.Sleep(100 * time.Millisecond)
		moved := 0.0
		fmt.Sscan(b.js("pbMoved"), &moved)
		if moved > still {
			t.Errorf("after %d of %d bytes of the page things move by %.3f: %s", n, len(text), moved, b.js(`(window.pbWho || []).join(", ")`))
		}
		h.Close()
	}
}

func sorted(set map[string]bool) []string {
	var out []string
	for s := range set {
		out = append(out, s)
	}
	sort.Strings(out)
	return out
}

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
