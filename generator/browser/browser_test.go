// Package browser_test reads the sample site in a real browser, as readers do.
package browser_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"playbook/generator/cli"
)

// excused ends a test that cannot run for want of a program; where tests are
// what the machine is for, there is no excuse.
func excused(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf("NOT TESTED IN A BROWSER: "+format, args...)
}

var chromium = sync.OnceValue(func() string {
	for range 2 {
		for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
			if p, err := exec.LookPath(name); err == nil {
				return p
			}
		}
		if os.Getenv("CI") != "true" {
			break
		}
		for _, args := range [][]string{{"apt-get", "-o", "DPkg::Lock::Timeout=300", "update"}, {"apt-get", "-o", "DPkg::Lock::Timeout=300", "install", "-y", "chromium"}} {
			if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
				fmt.Fprintf(os.Stderr, "%v: %v\n%s", args, err, out)
			}
		}
	}
	return ""
})

// modules installs what package.json names, when it is missing.
func modules(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("node_modules/lighthouse/package.json"); err == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund").CombinedOutput(); err != nil {
		excused(t, "the tools of package.json cannot be installed: %v\n%s", err, out)
	}
}

// axe returns the text of axe-core.
func axe(t *testing.T) string {
	t.Helper()
	modules(t)
	text, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	must(t, err)
	return string(text)
}

// site builds the sample site once, to be opened from the disk, and returns
// its folder.
var site = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "playbook-browser")
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	std := cli.Stdio{In: strings.NewReader(""), Out: &out, Err: &out, LookupEnv: func(string) (string, bool) { return "", false }, Now: time.Now}
	if code := cli.Main([]string{"build", "-s", "../..", "-d", filepath.Join(dir, "public"), "--portable", "--as-of", "2026-11-23"}, std, os.DirFS("../../layouts")); code != 0 {
		return dir, fmt.Errorf("the sample site cannot be built:\n%s", out.String())
	}
	return dir, nil
})

// browser is the one that all tests share, and a function that ends it. Each
// reader has windows and a memory of her own in it.
var browser = sync.OnceValues(func() (context.Context, func()) {
	dir, err := os.MkdirTemp("", "playbook-chromium")
	if err != nil {
		return nil, func() {}
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium()), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.UserDataDir(dir), chromedp.WSURLReadTimeout(patience))
	ctx, _ := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, _ = chromedp.NewContext(ctx)
	if err := chromedp.Do(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return ctx, func() {
		if err := chromedp.Cancel(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.RemoveAll(dir)
	}
})

func TestMain(m *testing.M) {
	code := m.Run()
	if chromium() != "" {
		_, end := browser()
		end()
	}
	if dir, err := site(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

func public(t *testing.T) string {
	t.Helper()
	dir, err := site()
	must(t, err)
	return filepath.Join(dir, "public")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// patience is how long one step may take before it counts as never ending: no
// measure of speed, a machine may be as slow as it likes.
const patience = 4 * time.Minute

// tab is one reader's window.
type tab struct {
	ctx   context.Context
	t     *testing.T
	width int64

	mu      sync.Mutex
	asked   map[string]int // how often each address was
	wrong   []string       // what no page may do: see watched
	expects []string       // what is said here on purpose
}

// browse opens a window of that size for a reader whom the browser does not
// know yet. Whatever she does in it, no page may ask another host for anything,
// do what its policy forbids, or fail.
func browse(t *testing.T, width, height int64) *tab {
	t.Helper()
	if chromium() == "" {
		excused(t, "chromium is not installed")
	}
	all, _ := browser()
	ctx, cancel := chromedp.NewContext(all, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &tab{ctx: ctx, t: t, asked: map[string]int{}}
	must(t, chromedp.Listen(ctx, b.watched))
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, w := range b.wrong {
			if !slices.ContainsFunc(b.expects, func(e string) bool { return strings.Contains(w, e) }) {
				t.Error(w)
			}
		}
	})
	call(b, network.Enable, network.EnableParams{})
	call(b, log.Enable, cdp.Empty{})
	b.size(width, height)
	return b
}

// size makes the window that large; a narrow one is a phone's.
func (b *tab) size(width, height int64) {
	b.t.Helper()
	b.width = width
	var how []chromedp.EmulateViewportOption
	if width < 600 {
		how = append(how, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	b.do(chromedp.EmulateViewport(width, height, how...))
}

// watched notes what no page may do.
func (b *tab) watched(ev any) {
	say := func(format string, args ...any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.wrong = append(b.wrong, fmt.Sprintf(format, args...))
	}
	switch e := ev.(type) {
	case *network.EventRequestWillBeSent:
		b.mu.Lock()
		b.asked[e.Request.URL]++
		b.mu.Unlock()
		if !ours(e.Request.URL, e.DocumentURL) {
			say("%s asks for %s", e.DocumentURL, e.Request.URL)
		}
	case *log.EventEntryAdded: // a policy that stopped something, a file that is missing
		if e.Entry.Level == log.EntryLevelError {
			say("%s: %s", e.Entry.URL, e.Entry.Text)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			say("the console has an error: %v", e.Args)
		}
	case *runtime.EventExceptionThrown:
		say("a script fails: %s", thrown(e.ExceptionDetails))
	}
}

// ours says whether a page may ask for something: it is on the page's own host,
// which is this machine, or in the page itself.
func ours(asked, page string) bool {
	a, err := url.Parse(asked)
	if err != nil {
		return false
	}
	p, err := url.Parse(page)
	if err != nil {
		return false
	}
	switch a.Scheme {
	case "data", "about":
		return true
	case "file":
		return p.Scheme == "file"
	}
	return a.Hostname() == "127.0.0.1" && a.Host == p.Host && a.Scheme == p.Scheme
}

// call gives the browser a command that has no action of its own.
func call[P, R any](b *tab, cmd cdp.Command[P, R], params P) R {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	r, err := chromedp.Call(ctx, cmd, params)
	must(b.t, err)
	return r
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	must(b.t, chromedp.Do(ctx, steps...))
}

// ask evaluates an expression that takes its time.
func (b *tab) ask(expr string) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	s, err := chromedp.Run(ctx, chromedp.Evaluate[string](expr, chromedp.EvalAwaitPromise))
	must(b.t, err)
	return s
}

// scripts lets a page's own scripts run, or not.
func (b *tab) scripts(on bool) {
	b.t.Helper()
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}

// open opens a page and waits for what lies below its first screen.
func (b *tab) open(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
	b.until(`document.documentElement.classList.contains("later")`, "false")
}

func (b *tab) js(expr string) string {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	s, err := chromedp.Run(ctx, chromedp.Evaluate[string]("String("+expr+")"))
	if err != nil {
		return "error: " + err.Error() // between two pages; asked again
	}
	return s
}

// until waits for an expression to give a text.
func (b *tab) until(expr, want string) {
	b.t.Helper()
	var got string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(15 * time.Millisecond) {
		if got = b.js(expr); got == want {
			return
		}
	}
	b.t.Fatalf("%s is %q, want %q", expr, got, want)
}

// center returns the middle of an element, after scrolling to it.
func (b *tab) center(el string) (x, y float64) {
	b.t.Helper()
	b.js(el + `.scrollIntoView({block: "center", behavior: "instant"})`)
	s := b.js(`(() => { const r = ` + el + `.getClientRects()[0]; return (r.left + r.width / 2) + " " + (r.top + r.height / 2) })()`)
	if _, err := fmt.Sscan(s, &x, &y); err != nil {
		b.t.Fatalf("%s: %s", el, s)
	}
	return x, y
}

func (b *tab) point(x, y float64) { b.t.Helper(); b.do(chromedp.MouseEvent(chromedp.MouseMoved, x, y)) }

func (b *tab) key(k string) { b.t.Helper(); b.do(chromedp.KeyEvent(k)) }

func (b *tab) tap(x, y float64) {
	b.t.Helper()
	call(b, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: input.DispatchTouchEventTypeTouchStart, TouchPoints: []*input.TouchPoint{{X: x, Y: y}}})
	call(b, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: input.DispatchTouchEventTypeTouchEnd, TouchPoints: []*input.TouchPoint{}})
}

func (b *tab) shot(name string) {
	if dir := os.Getenv("PLAYBOOK_TEST_SHOTS"); dir != "" {
		png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		must(b.t, err)
		must(b.t, os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644))
	}
}

func (b *tab) scheme(name string) {
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
}

// Expressions about the terms of a page and their cards.
const (
	firstTerm = `document.querySelector("a.term")`
	terms     = `document.querySelectorAll("a.term")`
	opened    = `[...document.querySelectorAll(".hover:popover-open")].map(c => c.querySelector("b").textContent).join("|")`
	onScreen  = `(() => { const r = document.querySelector(".hover:popover-open").getBoundingClientRect(); return r.left >= 0 && r.top >= 0 && r.right <= document.documentElement.clientWidth && r.bottom <= innerHeight })()`
	noShift   = `document.documentElement.scrollWidth <= document.documentElement.clientWidth`
)

const page = "plans/bavaria-2027-h1/index.html"

// titleOf is the title of the term that the n-th link leads to.
func (b *tab) titleOf(n int) string {
	return b.js(fmt.Sprintf(`document.getElementById(%s[%d].getAttribute("aria-describedby")).querySelector("b").textContent`, terms, n))
}

// TestTermCards is what a reader meets at an underlined word, from the disk.
func TestTermCards(t *testing.T) {
	t.Parallel()
	url := "file://" + public(t) + "/" + page

	t.Run("mouse", func(t *testing.T) {
		b := browse(t, 1280, 800)
		b.open(url)
		if b.js(terms+".length") == "0" {
			t.Fatal("no term on the page")
		}
		before := b.js(`document.querySelector("main").getBoundingClientRect().height`)
		x, y := b.center(firstTerm)
		b.point(x, y)
		b.until(opened, b.titleOf(0))
		b.until(onScreen, "true")
		b.shot("card-wide-light")
		if after := b.js(`document.querySelector("main").getBoundingClientRect().height`); after != before {
			t.Errorf("main was %s high and is %s", before, after)
		}
		// The pointer may move onto the card, over the gap between, and read.
		cx, cy := b.center(`document.querySelector(".hover:popover-open")`)
		b.point((x+cx)/2, (y+cy)/2)
		b.point(cx, cy)
		time.Sleep(400 * time.Millisecond)
		b.until(opened, b.titleOf(0))
		// It closes when the pointer leaves, and at once with Escape.
		b.point(3, 3)
		b.until(opened, "")
		b.point(b.center(firstTerm))
		b.until(opened, b.titleOf(0))
		b.key(kb.Escape)
		b.until(opened, "")
		// One at a time.
		b.point(3, 3)
		b.point(b.center(firstTerm))
		b.until(opened, b.titleOf(0))
		b.point(b.center(terms + "[1]"))
		b.until(opened, b.titleOf(1))
		b.scheme("dark")
		b.shot("card-wide-dark")
		// A click goes where the link leads.
		want := b.js(terms + "[1].href")
		x, y = b.center(terms + "[1]")
		b.do(chromedp.MouseClickXY(x, y))
		b.until("location.href", want)
	})

	t.Run("keyboard", func(t *testing.T) {
		b := browse(t, 1280, 800)
		b.open(url)
		b.js(`(() => { const e = document.createElement("button"); e.id = "before"; ` + firstTerm + `.before(e); e.focus() })()`)
		b.key(kb.Tab)
		b.until(opened, b.titleOf(0))
		b.until(onScreen, "true")
		b.until(`document.activeElement === `+firstTerm, "true")
		b.key(kb.Escape)
		b.until(opened, "")
		b.until(`document.activeElement === `+firstTerm, "true")
		b.js(`document.getElementById("before").focus()`)
		b.key(kb.Tab)
		b.until(opened, b.titleOf(0))
		b.key(kb.Tab)
		b.until(`document.activeElement !== `+firstTerm, "true")
		b.until(`document.querySelectorAll(".hover:popover-open").length <= (document.activeElement.className == "term" ? 1 : 0)`, "true")
		b.js(`document.getElementById("before").focus()`)
		b.key(kb.Tab)
		want := b.js(firstTerm + ".href")
		b.key(kb.Enter)
		b.until("location.href", want)
	})

	t.Run("finger", func(t *testing.T) {
		b := browse(t, 390, 844)
		b.open(url)
		n := 0
		fmt.Sscan(b.js(terms+".length"), &n)
		for i := range n { // each card, wherever its word stands, is whole on the narrow screen
			b.key(kb.Escape) // the card before may lie over this link
			b.tap(b.center(fmt.Sprintf("%s[%d]", terms, i)))
			b.until(opened, b.titleOf(i))
			b.until(onScreen, "true")
			b.until(noShift, "true")
			b.until("location.pathname.endsWith('"+page+"')", "true")
			if i == 0 {
				b.shot("card-narrow-light")
			}
		}
		b.scheme("dark")
		b.shot("card-narrow-dark")
		b.tap(b.center(`document.querySelector("h1")`))
		b.until(opened, "")
		b.tap(b.center(firstTerm))
		b.until(opened, b.titleOf(0))
		want := b.js(firstTerm + ".href")
		b.until(`document.querySelector(".hover:popover-open > a").href`, want)
		b.tap(b.center(firstTerm))
		b.until("location.href", want)
		// The card's own link goes there too.
		b.open(url)
		b.tap(b.center(firstTerm))
		b.until(opened, b.titleOf(0))
		b.tap(b.center(`document.querySelector(".hover:popover-open > a")`))
		b.until("location.href", want)
	})

	t.Run("without scripts", func(t *testing.T) {
		b := browse(t, 1280, 800)
		b.scripts(false)
		b.open(url)
		b.until(`getComputedStyle(document.querySelector(".hover")).display`, "none")
		x, y := b.center(firstTerm)
		want := b.js(firstTerm + ".href")
		b.do(chromedp.MouseClickXY(x, y))
		b.until("location.href", want)
		b.until(`document.querySelector("h1").textContent != ""`, "true")
	})

	t.Run("in print", func(t *testing.T) {
		b := browse(t, 1280, 800)
		b.open(url)
		b.point(b.center(firstTerm))
		b.until(opened, b.titleOf(0))
		b.paper()
		b.until(`getComputedStyle(document.querySelector(".hover:popover-open")).display`, "none")
	})

	t.Run("read aloud", func(t *testing.T) {
		b := browse(t, 1280, 800)
		b.open(url)
		tree := call(b, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		word := b.js(firstTerm + ".textContent")
		text := squeeze(b.js(`document.getElementById(` + firstTerm + `.getAttribute("aria-describedby")).textContent`))
		found := ""
		for _, n := range tree.Nodes {
			if n.Role == nil || n.Name == nil || n.Description == nil || string(n.Role.Value) != `"link"` || said(n.Name) != word {
				continue
			}
			found = said(n.Description)
			break
		}
		if found == "" || squeeze(found) != text {
			t.Errorf("the link %q is described by %q, want %q", word, found, text)
		}
	})
}

// squeeze takes out all spaces: where elements meet, the tree has some of its own.
func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

func said(v *accessibility.Value) string {
	var s string
	if json.Unmarshal(v.Value, &s) != nil {
		return ""
	}
	return s
}

// TestServed opens the same over HTTP: nothing is asked for when a card opens.
func TestServed(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	asked := 0
	files := http.FileServer(http.Dir(public(t)))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked++
		mu.Unlock()
		files.ServeHTTP(w, r)
	}))
	defer srv.Close()
	b := browse(t, 1280, 800)
	b.open(srv.URL + "/" + strings.TrimSuffix(page, "index.html"))
	b.until("document.readyState", "complete")
	time.Sleep(200 * time.Millisecond)
	mu.Lock()
	before := asked
	mu.Unlock()
	b.point(b.center(firstTerm))
	b.until(opened, b.titleOf(0))
	time.Sleep(200 * time.Millisecond)
	mu.Lock()
	defer mu.Unlock()
	if asked != before {
		t.Errorf("%d requests when the card opened", asked-before)
	}
}

// TestGlossaryFilter types into the filter of the list of terms.
func TestGlossaryFilter(t *testing.T) {
	t.Parallel()
	b := browse(t, 1280, 800)
	b.open("file://" + public(t) + "/glossary/index.html")
	const shown = `[...document.querySelectorAll(".term-entry:not([hidden]) dt a")].map(a => a.textContent).join("|")`
	all := b.js(shown)
	b.shot("glossary-wide-light")
	for _, c := range []struct{ typed, want string }{
		{"MQL", "Marketing qualified lead"},    // an alias
		{"safety off", "Safety officer"},       // a title
		{"WITHOUT A NEXT STEP", ""},            // nothing: it stands below the definition
		{"fan needs to pull", "Pressure drop"}, // a definition
	} {
		b.js(`(() => { const i = document.querySelector(".az input"); i.value = ` + fmt.Sprintf("%q", c.typed) + `; i.dispatchEvent(new Event("input")) })()`)
		b.until(shown, c.want)
	}
	b.js(`(() => { const i = document.querySelector(".az input"); i.value = ""; i.dispatchEvent(new Event("input")) })()`)
	b.until(shown, all)
	b.scheme("dark")
	b.shot("glossary-wide-dark")
}

// thrown tells what a script failed with.
func thrown(d *runtime.ExceptionDetails) string {
	if d.Exception != nil && d.Exception.Description != "" {
		return d.Exception.Description
	}
	return d.Text
}

// TestWatched: what no page may do does not go unseen.
func TestWatched(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, `<!doctype html><title>Bad</title><link rel="icon" href="data:,"><script src="http://127.0.0.2:9/elsewhere.js"></script><script>setTimeout(() => { throw new Error("it threw") })</script>
<script>console.error("it said so")</script><meta http-equiv="Content-Security-Policy" content="img-src 'none'"><img src="/forbidden.png" alt=""><script src="/missing.js"></script>`)
	}))
	defer srv.Close()
	b := browse(t, 1280, 800)
	b.expects = []string{""} // all of it is on purpose
	b.open(srv.URL)
	for _, what := range []string{"asks for http://127.0.0.2:9/elsewhere.js", "it threw", "the console has an error", "violates the following", "/missing.js: Failed to load"} {
		seen := func() bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			return slices.ContainsFunc(b.wrong, func(w string) bool { return strings.Contains(w, what) })
		}
		for end := time.Now().Add(patience); !seen() && time.Now().Before(end); time.Sleep(15 * time.Millisecond) {
		}
		if !seen() {
			t.Errorf("%q went unseen: %q", what, b.wrong)
		}
	}
}
