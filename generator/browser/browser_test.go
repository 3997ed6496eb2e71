// Package browser_test reads the sample site in a real browser, as readers do.
package browser_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
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

func TestMain(m *testing.M) {
	code := m.Run()
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

// tab is one tab of a browser.
type tab struct {
	ctx context.Context
	t   *testing.T
}

// browse starts a browser with one tab of that size.
func browse(t *testing.T, width, height int64) *tab {
	t.Helper()
	p := chromium()
	if p == "" {
		excused(t, "chromium is not installed")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(p), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := context.WithTimeout(context.Background(), 150*time.Second)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &tab{ctx, t}
	var how []chromedp.EmulateViewportOption
	if width < 600 {
		how = append(how, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	b.do(chromedp.EmulateViewport(width, height, how...))
	return b
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	must(b.t, chromedp.Do(b.ctx, steps...))
}

func (b *tab) open(url string) { b.t.Helper(); b.do(chromedp.Navigate(url)) }

func (b *tab) js(expr string) string {
	s, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("String("+expr+")"))
	if err != nil {
		return "error: " + err.Error() // between two pages; asked again
	}
	return s
}

// until waits for an expression to give a text.
func (b *tab) until(expr, want string) {
	b.t.Helper()
	var got string
	for end := time.Now().Add(8 * time.Second); time.Now().Before(end); time.Sleep(15 * time.Millisecond) {
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
	_, err := chromedp.Call(b.ctx, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: input.DispatchTouchEventTypeTouchStart, TouchPoints: []*input.TouchPoint{{X: x, Y: y}}})
	must(b.t, err)
	_, err = chromedp.Call(b.ctx, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: input.DispatchTouchEventTypeTouchEnd, TouchPoints: []*input.TouchPoint{}})
	must(b.t, err)
}

func (b *tab) shot(name string) {
	if dir := os.Getenv("PLAYBOOK_TEST_SHOTS"); dir != "" {
		png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		must(b.t, err)
		must(b.t, os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644))
	}
}

func (b *tab) scheme(name string) {
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
	must(b.t, err)
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
		_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		must(t, err)
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
		_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
		must(t, err)
		b.until(`getComputedStyle(document.querySelector(".hover:popover-open")).display`, "none")
	})

	t.Run("read aloud", func(t *testing.T) {
		b := browse(t, 1280, 800)
		b.open(url)
		tree, err := chromedp.Call(b.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		must(t, err)
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

// TestAxe: no fault that axe-core knows of on the pages of the vocabulary, with
// a card open, in both schemes, wide and narrow.
func TestAxe(t *testing.T) {
	source := axe(t)
	for _, width := range []int64{1280, 390} {
		b := browse(t, width, 844)
		for _, p := range []string{page, "glossary/index.html", "glossary/pipeline/index.html", "glossary/sales-qualified-lead/index.html", "glossary/hot-lead/index.html"} {
			for _, scheme := range []string{"light", "dark"} {
				b.scheme(scheme)
				b.open("file://" + public(t) + "/" + p)
				if b.js(terms+".length") != "0" {
					if width < 600 {
						b.tap(b.center(firstTerm))
					} else {
						b.point(3, 3)
						b.point(b.center(firstTerm))
					}
					b.until(opened, b.titleOf(0))
					time.Sleep(200 * time.Millisecond) // it fades in
				}
				b.shot(fmt.Sprintf("%s-%d-%s", strings.ReplaceAll(strings.TrimSuffix(p, "/index.html"), "/", "-"), width, scheme))
				_, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](source+"\n;'loaded'"))
				must(t, err)
				found, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`axe.run().then(r => r.violations.map(v => v.id + ": " + v.help + "\n  " + v.nodes.slice(0, 3).map(n => n.html).join("\n  ")).join("\n"))`, chromedp.EvalAwaitPromise))
				must(t, err)
				if found != "" {
					t.Errorf("%s, %d wide, %s:\n%s", p, width, scheme, found)
				}
			}
		}
	}
}
