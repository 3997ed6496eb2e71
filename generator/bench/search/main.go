//go:build unix

// Search measures what it costs a reader to find something on a built site: bytes
// over the network, compressed, and the time, from the moment search is opened
// with an empty cache to the first result on the screen.
//
//	go run ./generator/bench/search [-pagefind PROGRAM] [-queries "a, b"] SITE
//
// SITE is a folder that playbook built. With -pagefind the same pages are indexed
// by that program, too, and its own client is asked the same queries; a result
// there is what its data() gives, which is what its interface shows. Chromium
// must be installed.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

func main() {
	pagefind := flag.String("pagefind", "", "Pagefind's program, to measure it beside")
	queries := flag.String("queries", "pipeline, weighted forecast, SQL, bakery, handover agreement, north harbour, why now, renewal", "what is searched for")
	log := flag.String("json", "", "a file for the figures, as JSON")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	var qs []string
	for q := range strings.SplitSeq(*queries, ",") {
		qs = append(qs, strings.TrimSpace(q))
	}
	if err := run(flag.Arg(0), *pagefind, *log, qs); err != nil {
		fmt.Fprintln(os.Stderr, "search:", err)
		os.Exit(1)
	}
}

func run(site, pagefind, log string, queries []string) error {
	own, files, err := size(filepath.Join(site, "search"))
	if err != nil {
		return err
	}
	fmt.Printf("playbook  index %.2f MB in %d files, made with the pages\n", float64(own)/1e6, files)
	figures := map[string]map[string]float64{"playbook": {"index bytes": float64(own), "index files": float64(files)}}
	other := ""
	if pagefind != "" {
		if other, err = os.MkdirTemp("", "pagefind"); err != nil {
			return err
		}
		defer os.RemoveAll(other)
		c := exec.Command(pagefind, "--site", site, "--output-path", other, "--root-selector", "main", "--quiet")
		start := time.Now()
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		took := time.Since(start).Seconds()
		usage := c.ProcessState.SysUsage().(*syscall.Rusage)
		n, files, err := size(other)
		if err != nil {
			return err
		}
		figures["pagefind"] = map[string]float64{"index bytes": float64(n), "index files": float64(files), "wall": took, "mib": float64(usage.Maxrss) / 1024,
			"cpu": (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds()}
		fmt.Printf("pagefind  index %.2f MB in %d files, made in %.1f s (%.1f s of CPU), %d MiB\n", float64(n)/1e6, files, took,
			(c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds(), usage.Maxrss>>10)
	}
	h := newHost(site, other)
	defer h.Close()
	ctx, cancel := browser()
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 800)); err != nil {
		return err
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		return err
	}
	if _, err := chromedp.Call(ctx, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true}); err != nil {
		return err
	}
	var ours, theirs, five found
	for _, q := range queries {
		x, err := h.ours(ctx, q)
		if err != nil {
			return fmt.Errorf("playbook: %q: %w", q, err)
		}
		ours.add(x)
		line := fmt.Sprintf("%-22q playbook %7d bytes %5.0f ms", q, x.bytes[0], x.ms[0])
		if other != "" {
			one, all, err := h.theirs(ctx, q)
			if err != nil {
				return fmt.Errorf("pagefind: %q: %w", q, err)
			}
			theirs.add(one)
			five.add(all)
			line += fmt.Sprintf("   pagefind %7d bytes %5.0f ms, five results %7d bytes", one.bytes[0], one.ms[0], all.bytes[0])
		}
		fmt.Println(line)
	}
	figures["playbook"]["first bytes"], figures["playbook"]["first ms"] = float64(ours.median()), ours.wait()
	fmt.Printf("median                 playbook %7d bytes %5.0f ms", ours.median(), ours.wait())
	if other != "" {
		figures["pagefind"]["first bytes"], figures["pagefind"]["first ms"], figures["pagefind"]["five bytes"] = float64(theirs.median()), theirs.wait(), float64(five.median())
		fmt.Printf("   pagefind %7d bytes %5.0f ms, five results %7d bytes", theirs.median(), theirs.wait(), five.median())
	}
	fmt.Println()
	if log == "" {
		return nil
	}
	text, err := json.Marshal(figures)
	if err != nil {
		return err
	}
	return os.WriteFile(log, text, 0o644)
}

// found is what queries cost.
type found struct {
	bytes []int
	ms    []float64
}

func (f *found) add(x found) { f.bytes, f.ms = append(f.bytes, x.bytes...), append(f.ms, x.ms...) }

func (f *found) median() int {
	slices.Sort(f.bytes)
	return f.bytes[len(f.bytes)/2]
}

func (f *found) wait() float64 {
	slices.Sort(f.ms)
	return f.ms[len(f.ms)/2]
}

func size(dir string) (bytes int64, files int, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		i, err := d.Info()
		if err == nil {
			bytes, files = bytes+i.Size(), files+1
		}
		return err
	})
	return bytes, files, err
}

// host serves the site and Pagefind's index, compressed as a web server does it,
// and counts the bytes of bodies.
type host struct {
	*httptest.Server
	mu   sync.Mutex
	sent int
}

func newHost(site, other string) *host {
	h := &host{}
	files := http.FileServer(http.Dir(site))
	theirs := http.StripPrefix("/pagefind/", http.FileServer(http.Dir(other)))
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a-page-for-pagefind" {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<!doctype html><title>x</title>")
			return
		}
		rec := httptest.NewRecorder()
		r.Header.Del("If-Modified-Since")
		if strings.HasPrefix(r.URL.Path, "/pagefind/") {
			theirs.ServeHTTP(rec, r)
		} else {
			files.ServeHTTP(rec, r)
		}
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		body := rec.Body.Bytes()
		var z bytes.Buffer
		g := gzip.NewWriter(&z)
		g.Write(body)
		g.Close()
		if z.Len() < len(body) { // Pagefind's pieces are compressed already
			body = z.Bytes()
			w.Header().Set("Content-Encoding", "gzip")
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		h.mu.Lock()
		h.sent += len(body)
		h.mu.Unlock()
		w.WriteHeader(rec.Code)
		w.Write(body)
	}))
	return h
}

// take returns the bytes sent since it was last called.
func (h *host) take() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.sent
	h.sent = 0
	return n
}

func browser() (context.Context, context.CancelFunc) {
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU, chromedp.Flag("disable-background-networking", true))
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			opts = append(opts, chromedp.ExecPath(p))
			break
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	alloc, cancelAlloc := chromedp.NewExecAllocator(ctx, opts...)
	tab, cancelTab := chromedp.NewContext(alloc)
	return tab, func() { cancelTab(); cancelAlloc(); cancel() }
}

// ask runs an expression that gives a promise of JSON.
func ask(ctx context.Context, expr string, into any) error {
	// A page cannot be waited on from outside while it works, so it says when it is done.
	name := "window.asked"
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[string](name+` = "", (`+expr+`).then(v => { `+name+` = JSON.stringify(v) }, e => { `+name+` = JSON.stringify({error: String(e)}) }), ""`)); err != nil {
		return err
	}
	for range 16000 {
		s, err := chromedp.Run(ctx, chromedp.Evaluate[string](name))
		if err != nil {
			return err
		}
		if s != "" {
			var failed struct{ Error string }
			if json.Unmarshal([]byte(s), &failed) == nil && failed.Error != "" {
				return fmt.Errorf("%s", failed.Error)
			}
			return json.Unmarshal([]byte(s), into)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return fmt.Errorf("no answer")
}

// ours opens search on the front page, types, and waits for a result to be shown.
func (h *host) ours(ctx context.Context, query string) (found, error) {
	if err := chromedp.Do(ctx, chromedp.Navigate(h.URL+"/")); err != nil {
		return found{}, err
	}
	time.Sleep(200 * time.Millisecond)
	h.take()
	var ms float64
	err := ask(ctx, fmt.Sprintf(`new Promise((done, fail) => {
		const start = performance.now(), typed = {};
		document.querySelector("[data-find]").click();
		const look = () => {
			const input = document.querySelector("dialog.find .find-input");
			if (input && !typed.yes) { typed.yes = true; input.value = %q; input.dispatchEvent(new Event("input")) }
			if (document.querySelector("dialog.find .hit .hit-title")) return done(performance.now() - start);
			if (performance.now() - start > 60000) return fail("nothing found within a minute");
			requestAnimationFrame(look);
		};
		look();
	})`, query), &ms)
	return found{[]int{h.take()}, []float64{ms}}, err
}

// theirs loads Pagefind's client, searches, and takes the first result, then four more.
func (h *host) theirs(ctx context.Context, query string) (one, five found, err error) {
	if err := chromedp.Do(ctx, chromedp.Navigate(h.URL+"/a-page-for-pagefind")); err != nil {
		return one, five, err
	}
	time.Sleep(200 * time.Millisecond)
	h.take()
	var ms float64
	if err := ask(ctx, fmt.Sprintf(`(async () => {
		const start = performance.now(), p = await import("/pagefind/pagefind.js");
		await p.init();
		window.said = await p.search(%q);
		if (!said.results.length) throw "nothing found";
		await said.results[0].data();
		return performance.now() - start;
	})()`, query), &ms); err != nil {
		return one, five, err
	}
	n := h.take()
	one = found{[]int{n}, []float64{ms}}
	err = ask(ctx, `Promise.all(said.results.slice(1, 5).map(r => r.data())).then(() => 0)`, &ms)
	return one, found{[]int{n + h.take()}, []float64{0}}, err
}
