package serve

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// chromium returns where the browser is. On a machine that exists to test, it
// is installed when it is missing, and there is no excuse for not having it.
func chromium(t *testing.T) string {
	t.Helper()
	find := func() string {
		for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
			if p, err := exec.LookPath(name); err == nil {
				return p
			}
		}
		return ""
	}
	if p := find(); p != "" {
		return p
	}
	if os.Getenv("CI") != "true" {
		t.Skip("NOT TESTED IN A BROWSER: chromium is not installed")
	}
	for _, args := range [][]string{{"apt-get", "-o", "DPkg::Lock::Timeout=300", "update"}, {"apt-get", "-o", "DPkg::Lock::Timeout=300", "install", "-y", "chromium"}} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Logf("%v: %v\n%s", args, err, out)
		}
	}
	p := find()
	if p == "" {
		t.Fatal("chromium cannot be installed, and without it the live page is not tested")
	}
	return p
}

// tab is one tab of a real browser.
type tab struct {
	ctx context.Context
	t   *testing.T
}

func browse(t *testing.T) *tab {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1000, 600))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &tab{ctx: ctx, t: t}
	must(t, chromedp.Do(ctx))
	return b
}

// another opens one more tab of the same browser.
func (b *tab) another() *tab {
	ctx, cancel := chromedp.NewContext(b.ctx)
	b.t.Cleanup(cancel)
	must(b.t, chromedp.Do(ctx))
	return &tab{ctx, b.t}
}

func (b *tab) open(url string) {
	b.t.Helper()
	must(b.t, chromedp.Do(b.ctx, chromedp.Navigate(url)))
}

// js runs an expression that gives a text.
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
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if got = b.js(expr); got == want {
			return
		}
	}
	b.t.Fatalf("%s is %q, want %q", expr, got, want)
}

// sees waits until a paragraph of the page is a text.
func (b *tab) sees(text string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`[...document.querySelectorAll("main p")].some(p => p.textContent === %q)`, text), "true")
}

// TestBrowser is an hour of a writer's work, in a real browser.
func TestBrowser(t *testing.T) {
	dir := small(t)
	long := func(text string) string {
		var b strings.Builder
		fmt.Fprintf(&b, "# First call\n\n%s\n", text)
		for i := range 80 {
			fmt.Fprintf(&b, "\nParagraph %d stands here so that the page is long.\n", i)
		}
		return b.String()
	}
	css, err := os.ReadFile("../../layouts/assets/style.css")
	must(t, err)
	write(t, dir, "layouts/assets/style.css", string(css)+"\nbody { --probe: one }\n")
	write(t, dir, "content/deals/first.md", long("Ask."))
	var s0 *server
	r := begin(t, dir, nil, func(s *server) { s0 = s })
	b := browse(t)
	const (
		mark  = `window.mark`
		probe = `getComputedStyle(document.body).getPropertyValue("--probe").trim()`
		boxed = `(document.getElementById("playbook-problems") || {textContent: ""}).textContent.includes("front") || !!document.getElementById("playbook-problems")`
	)
	streams := func() int { r.hub.mu.Lock(); defer r.hub.mu.Unlock(); return len(r.hub.streams) }

	b.open(r.url + "deals/first/")
	b.sees("Ask.")
	r.until("the page listens", func() bool { return streams() == 1 })

	// An edit comes by itself, and the reader stays where they were.
	b.js(`(window.mark = "old", scrollTo({top: 900, behavior: "instant"}))`)
	b.until(`Math.round(scrollY)`, "900")
	start := time.Now()
	write(t, dir, "content/deals/first.md", long("Listen."))
	b.sees("Listen.")
	t.Logf("from saving to standing in the browser: %v", time.Since(start))
	b.until(mark, "undefined")
	b.until(`Math.round(scrollY)`, "900")

	// A change of style does not load the page again.
	r.until("the page listens", func() bool { return streams() == 1 })
	for _, v := range []string{"two", "three", "four"} {
		b.js(`(window.mark = "kept")`)
		b.until(probe, map[string]string{"two": "one", "three": "two", "four": "three"}[v])
		start = time.Now()
		write(t, dir, "layouts/assets/style.css", string(css)+"\nbody { --probe: "+v+" }\n")
		b.until(probe, v)
		t.Logf("from saving a style to its being seen: %v", time.Since(start))
		b.until(mark, "kept")
	}
	b.until(`[...document.querySelectorAll('link[rel="stylesheet"]')].filter(l => l.href.includes("/style.")).length`, "1")

	// What breaks is said over the page that stays; mended, it goes.
	b.js(`(window.mark = "kept")`)
	write(t, dir, "content/deals/first.md", "---\ntitle: [\n---\n"+long("Broken."))
	b.until(boxed, "true")
	b.until(mark, "kept")
	b.sees("Listen.")
	b.until(`/^ *\d+ │ .*\n +│ *\^/m.test(document.querySelector("#playbook-problems pre.error").textContent)`, "true")
	b.until(`document.querySelector("#playbook-problems p").textContent`, "The page is shown as it was before.")
	b.until(`document.querySelector("#playbook-problems pre.error").textContent.includes("content/deals/first.md:")`, "true")
	b.until(`getComputedStyle(document.getElementById("playbook-problems")).position`, "fixed")
	write(t, dir, "content/deals/first.md", long("Mended."))
	b.sees("Mended.")
	b.until(boxed, "false")

	// So is a configuration that cannot be read, over every page.
	config := "title = \"Acme\"\n"
	write(t, dir, "playbook.toml", "titel = \"Acme\"\n")
	b.until(`document.querySelector("#playbook-problems pre.error").textContent.includes("titel")`, "true")
	write(t, dir, "playbook.toml", config)
	b.until(boxed, "false")

	// Tabs of one browser share one stream, whichever goes first.
	c := b.another()
	c.open(r.url + "deals/second/")
	write(t, dir, "content/deals/second.md", "# Second call\n\nAlone.\n") // and no link to the first, which shows such
	c.sees("Alone.")
	b.until(`document.readyState + !!document.querySelector("main p")`, "completetrue")
	r.until("the first page is as the build has it", func() bool {
		_, page := r.get("/deals/first/")
		_, look, _ := strings.Cut(page, `data-look="`)
		look, _, _ = strings.Cut(look, `"`)
		return b.js(`document.querySelector("script[data-look]").dataset.look`) == look
	})
	b.js(`(window.mark = "kept")`)
	write(t, dir, "content/deals/second.md", "# Second call\n\nIn both.\n")
	c.sees("In both.")
	b.until(mark, "kept")
	r.until("two tabs hold one stream", func() bool { return streams() == 1 })
	b.open("about:blank")
	write(t, dir, "content/deals/second.md", "# Second call\n\nIn the one that is left.\n")
	c.sees("In the one that is left.")
	r.until("one stream is left", func() bool { return streams() == 1 })

	// A page that is not there yet appears; one that goes stays readable.
	c.open(r.url + "deals/third/")
	c.until(`document.querySelector("h1").textContent`, "There is no page at /deals/third/")
	write(t, dir, "content/deals/third.md", "# Third call\n\nHere.\n")
	c.sees("Here.")
	must(t, os.Remove(filepath.Join(dir, "content/deals/third.md")))
	r.gone("/deals/third/")
	c.sees("Here.")

	// Back and forth: a page from the browser's memory is as fresh as others.
	b.open(r.url + "deals/first/")
	b.sees("Mended.")
	b.open(r.url + "deals/second/")
	write(t, dir, "content/deals/first.md", long("While away."))
	r.shows("/deals/first/", "While away.")
	b.js(`history.back()`)
	b.sees("While away.")
	write(t, dir, "content/deals/first.md", long("After all."))
	b.sees("After all.")

	// The server ends and begins anew at the same address.
	b.until(`performance.getEntriesByType("resource").some(e => e.name.includes("/.playbook/state"))`, "true") // the script runs
	r.end()
	write(t, dir, "content/deals/first.md", long("Meanwhile."))
	begin(t, dir, func(o *Options) { o.Addr = s0.ln.Addr().String() }, nil)
	b.sees("Meanwhile.")
}
