package browser_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	browserdomain "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	cdp "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestTheme: a reader turns the page dark; the next page is dark from its first
// picture on; turned back to what the system says, nothing is remembered.
func TestTheme(t *testing.T) {
	t.Parallel()
	h := newHost(t, public(t))
	b := browse(t, 1280, 800)
	b.scheme("light")
	const paper = `getComputedStyle(document.documentElement).backgroundColor`
	b.open(h.URL)
	light := b.js(paper)
	b.js(`document.querySelector("[data-theme-switch]").focus()`)
	b.key(kb.Enter)
	b.until("document.documentElement.dataset.theme", "dark")
	dark := b.js(paper)
	if light == dark {
		t.Fatalf("light and dark are both %s", light)
	}
	b.open(h.URL + "/glossary/")
	b.until(paper, dark)
	b.open(h.URL + "/plans/")
	b.until(paper, dark)
	b.js(`document.querySelector("[data-theme-switch]").click()`)
	b.until(paper, light)
	b.until(`localStorage.getItem("pb-theme")`, "null")
	b.scheme("dark") // the system's choice counts again
	b.until(paper, dark)
}

// TestList: what a reader filters and sorts stands in the address, so that it can
// be sent to somebody, who sees the same.
func TestList(t *testing.T) {
	t.Parallel()
	url := "file://" + public(t) + "/goals/index.html"
	b := browse(t, 1280, 900)
	b.open(url)
	const (
		shown = `[...document.querySelectorAll(".list-table tbody tr")].filter(r => r.checkVisibility()).map(r => r.cells[0].textContent).join("|")`
		count = `document.querySelector(".filters .filter-count").textContent`
	)
	all := b.js(shown)
	if strings.Count(all, "|") < 20 {
		t.Fatalf("too few goals: %s", all)
	}
	choose := func(name, value string) {
		b.js(fmt.Sprintf(`(() => { const s = document.querySelector(".filters [name=%s]"); s.value = %q; s.dispatchEvent(new Event("change")) })()`, name, value))
	}
	typed := func(text string) {
		b.js(fmt.Sprintf(`(() => { const s = document.querySelector(".filters [name=q]"); s.value = %q; s.dispatchEvent(new Event("input")) })()`, text))
	}
	choose("level", "team")
	choose("status", "planned")
	typed("CERTIFY")
	b.until(shown, "Certify the other 12 reps by March")
	b.until("location.hash", "#q=CERTIFY&level=team&status=planned")
	typed("")
	b.until("location.hash", "#level=team&status=planned")
	// By keyboard: a press on the heading sorts, a second turns round, a third undoes.
	titles := `document.querySelector(".list-table [name=title]")`
	before := b.js(shown)
	b.js(titles + ".focus()")
	b.key(kb.Enter)
	b.until("location.hash", "#level=team&status=planned&sort=title")
	b.until(`document.querySelector("[data-column=title]").ariaSort`, "ascending")
	up := strings.Split(b.js(shown), "|")
	b.key(kb.Enter)
	b.until(`document.querySelector("[data-column=title]").ariaSort`, "descending")
	down := strings.Split(b.js(shown), "|")
	for i := range up {
		if up[i] != down[len(down)-1-i] || i > 0 && strings.ToLower(up[i]) < strings.ToLower(up[i-1]) {
			t.Errorf("sorted: %q and back: %q", up, down)
			break
		}
	}
	sent := b.js("location.href")
	b.key(kb.Enter)
	b.until("location.hash", "#level=team&status=planned")
	b.until(shown, before)

	other := browse(t, 390, 844)
	other.open(sent)
	other.until(shown, strings.Join(down, "|"))
	other.until(`document.querySelector(".filters [name=level]").value`, "team")

	// Numbers sort as numbers, and what is not known comes last either way.
	b.open("file://" + public(t) + "/plans/index.html#sort=gap")
	const gaps = `[...document.querySelectorAll(".list-table tbody tr")].map(r => r.querySelector("[data-label=Gap]")?.dataset.sort ?? "none").join(" ")`
	var last float64
	for i, s := range strings.Fields(b.js(gaps)) {
		var x float64
		if fmt.Sscan(s, &x); s != "none" && x < last {
			t.Errorf("gap %d is %s after %g", i, s, last)
		}
		last = x
	}
	// An address that names what is not there shows everything.
	b.open(url + "#level=nobody&sort=nothing&q=")
	b.until(shown, all)
	b.until(count, "")
	choose("level", "rep")
	b.js(`document.querySelector(".filters [type=reset]").click()`)
	b.until(shown, all)
}

// TestTasks: ticks are the reader's own and stay in this browser.
func TestTasks(t *testing.T) {
	t.Parallel()
	h := newHost(t, public(t))
	b := browse(t, 1280, 900)
	b.open(h.URL + "/" + strings.TrimSuffix(page, "index.html"))
	const ticks = `[...document.querySelectorAll("[data-prose] .task input")].map(i => +i.checked).join("")`
	was := b.js(ticks)
	if !strings.Contains(was, "0") || !strings.Contains(was, "1") {
		t.Fatalf("ticks are %q", was)
	}
	i := strings.Index(was, "0")
	box := fmt.Sprintf(`document.querySelectorAll("[data-prose] .task input")[%d]`, i)
	b.js(box + ".focus()")
	b.key(" ")
	want := was[:i] + "1" + was[i+1:]
	b.until(ticks, want)
	b.open(h.URL + "/glossary/")
	b.open(h.URL + "/" + strings.TrimSuffix(page, "index.html"))
	b.until(ticks, want)
	b.js(box + ".click()")
	b.open(h.URL + "/" + strings.TrimSuffix(page, "index.html"))
	b.until(ticks, was)
	b.until(`Object.keys(localStorage).filter(k => k.startsWith("pb-task")).length`, "0")
}

// TestCascade folds and opens the tree of goals without a mouse.
func TestCascade(t *testing.T) {
	t.Parallel()
	b := browse(t, 1280, 900)
	b.open("file://" + public(t) + "/goals/index.html")
	const branch = `document.querySelectorAll("details.branch")[1]`
	b.until(branch+".open", "false")
	b.js(branch + `.querySelector("summary").focus()`)
	b.key(kb.Enter)
	b.until(branch+".open", "true")
	b.until(branch+`.querySelector("a").checkVisibility()`, "true")
	b.key(" ")
	b.until(branch+".open", "false")
}

// TestTimeline: the actions of a plan lie on a line in the order of their days, with
// today marked where it belongs; what is late stands apart, in words and not in colour
// alone; and the same days are there for a calendar.
func TestTimeline(t *testing.T) {
	t.Parallel()
	b := browse(t, 1280, 900)
	b.open("file://" + public(t) + "/" + page)
	const line = `document.querySelector(".pic-timeline")`
	// The site is of 23 November 2026: one day before it is late, the others come after.
	b.until(line+`.querySelector("text.pic-now").textContent`, "Today")
	b.until(`(() => { const x = e => parseFloat(e.getAttribute("x")), at = x(`+line+`.querySelector("rect.pic-now")); return [...`+line+`.querySelectorAll(".pic-at")].map(e => e.firstElementChild.getAttribute("class").slice(4) + (x(e) < at ? " before" : " after")).join("|") })()`,
		"done before|overdue before|open after|open after|open after|open after|open after")
	b.until(`(() => { const days = [...`+line+`.querySelectorAll(".pic-dates")[1].querySelectorAll("time")].map(t => t.dateTime); return days.length + " " + (days.join() === [...days].sort().join()) })()`, "5 true")
	b.until(line+`.querySelector(".pic-late").textContent.trim()`, "Overdue 1")
	b.until(line+`.querySelector(".pic-late + .pic-dates time").dateTime`, "2026-11-20")
	b.until(`[...document.querySelectorAll("a")].some(a => a.href.endsWith("plans/bavaria-2027-h1/calendar.ics"))`, "true")
	text, err := os.ReadFile(filepath.Join(public(t), filepath.Dir(page), "calendar.ics"))
	must(t, err)
	if !bytes.Contains(text, []byte("20261204")) {
		t.Errorf("the calendar lacks 4 December:\n%s", text)
	}
}

// paper is how a page looks on A4 between its margins.
func (b *tab) paper() {
	b.t.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
}

// TestPrint prints a page of every kind and the lists on A4 and on Letter: nothing
// reaches over the margin, nothing is lost, what is folded is open, and the pages are
// no more than they need be.
func TestPrint(t *testing.T) {
	t.Parallel()
	pdftotext := ""
	for range 2 {
		if p, err := exec.LookPath("pdftotext"); err == nil {
			pdftotext = p
			break
		}
		if os.Getenv("CI") == "true" {
			install(t, "poppler-utils")
		}
	}
	if pdftotext == "" {
		excused(t, "pdftotext is not installed")
	}
	type sheet struct {
		page string
		most int
		in   string // what of the page is meant for paper, a selector
	}
	sheets := []sheet{
		{"plans/bavaria-2027-h1", 8, "main"}, {"swot/food-plants-central-europe", 3, "main"}, {"plans", 3, "main"}, {"goals", 8, "main"}, {"glossary", 6, "main"},
		{"question-banks/problem-plant-manager", 1, ".question-list"}, {"conversations/lost-renewal", 1, ".call-card"}, {"ride-alongs", 7, "main"}, {"seats/sales-mirror", 3, "main"},
	}
	for _, p := range everyKind(t, public(t)) {
		section, _, _ := strings.Cut(p, "/")
		switch p = strings.TrimSuffix(p, "/index.html"); {
		case slices.ContainsFunc(sheets, func(s sheet) bool { return s.page == p }), p == "index.html", p == "404.html", section == "search", section == "tags":
		case (section == "question-banks" || section == "conversations") && p != section:
			// what is meant for paper of it is tested above and by TestCallCard
		default:
			sheets = append(sheets, sheet{p, 20, "main"})
		}
	}
	if len(sheets) < 35 {
		t.Errorf("only %d pages", len(sheets))
	}
	b := browse(t, 673, 970) // A4 without the margins
	for _, c := range sheets {
		t.Run(strings.ReplaceAll(c.page, "/", "-"), func(t *testing.T) {
			b.t = t
			call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
			b.open("file://" + public(t) + "/" + c.page + "/index.html")
			// What a reader who has opened everything sees, but for what is only of use on a screen.
			words := b.js(`(() => { document.querySelectorAll("details").forEach(d => d.open = true); document.querySelectorAll(".sr, button").forEach(e => e.remove());
				return [...document.querySelectorAll(":is(h1, h2, h3, h4, td, dt, dd, li, figcaption, blockquote, pre, .ask, .prose p)")].filter(e => e.closest("` + c.in + `") && !e.querySelector("li, td, dd, p, pre, ul, ol, table, svg")).filter(e => e.checkVisibility() && !e.closest(".filters, .mentions, .hover, .after, .part.after, .what-if, nav, .toc-fold, .breadcrumbs, .use-template, .tools, .section-tools, [data-tools]")).map(e => e.innerText.trim()).filter(s => s.length > 3).join("\u0001") })()`)
			if c.most > 1 && strings.Count(words, "\u0001") < 3 {
				t.Errorf("hardly any words: %q", words)
			}
			b.open("file://" + public(t) + "/" + c.page + "/index.html")
			b.paper()
			if over := b.js(`[...document.querySelectorAll("main *")].filter(e => e.checkVisibility() && getComputedStyle(e).position !== "absolute" && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map(e => e.tagName + "." + e.className).slice(0, 5).join(", ")`); over != "" {
				t.Errorf("over the margin: %s", over)
			}
			for name, size := range map[string][2]float64{"A4": {8.27, 11.69}, "Letter": {8.5, 11}} {
				r := call(b, cdp.PrintToPDF, cdp.PrintToPDFParams{PaperWidth: size[0], PaperHeight: size[1]})
				pages := bytes.Count(r.Data, []byte("/Type /Page\n"))
				if pages < 1 || pages > c.most {
					t.Errorf("%s: %d pages, want at most %d", name, pages, c.most)
				}
				file := filepath.Join(t.TempDir(), name+".pdf")
				must(t, os.WriteFile(file, r.Data, 0o644))
				out, err := exec.Command(pdftotext, "-raw", file, "-").Output()
				must(t, err)
				printed := letters(string(out))
				if pages > 1 && !strings.Contains(printed, fmt.Sprintf("%d%d", pages, pages)) { // "2 / 2"
					t.Errorf("%s: the last page has no number", name)
				}
				lost, lines := 0, 0
				for w := range strings.SplitSeq(words, "\u0001") {
					for line := range strings.SplitSeq(w, "\n") {
						if lines++; !onPaper(printed, letters(line)) {
							if lost++; lost < 5 {
								t.Errorf("%s: not on paper: %q", name, line)
							}
						}
					}
				}
				t.Logf("%s: %d pages, %d lines of text", name, pages, lines)
			}
		})
	}
	b.t = t
}

// onPaper says whether a line was printed: whole, or in two parts where a page ends.
func onPaper(printed, line string) bool {
	if strings.Contains(printed, line) {
		return true
	}
	for i := len(line) - 1; i > 0; i-- {
		if utf8.RuneStart(line[i]) && strings.Contains(printed, line[:i]) {
			return strings.Contains(printed, line[i:])
		}
	}
	return false
}

// letters leaves of a text what does not depend on how lines were broken.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '\u00ad' || r == '\u2010' || r <= ' ' || r == '\u00a0' || r == '\u202f' || r == '\u2009' || r == '/' {
			return -1
		}
		return r
	}, s)
}

// TestSections: every section is one step away from every page, by keyboard too,
// and without scripts.
func TestSections(t *testing.T) {
	t.Parallel()
	b := browse(t, 1280, 800)
	b.scripts(false)
	b.open("file://" + public(t) + "/" + page)
	const panel = `document.getElementById("pb-every")`
	b.until(panel+`.checkVisibility()`, "false")
	b.js(`document.querySelector(".all-sections").focus()`)
	b.key(kb.Enter)
	b.until(panel+`.checkVisibility()`, "true")
	b.until(`(() => { const r = `+panel+`.getBoundingClientRect(), h = document.querySelector(".site-row").getBoundingClientRect(); return r.left >= 0 && r.right <= innerWidth && r.top > 0 && r.top < h.bottom + 20 })()`, "true")
	b.shot("sections")
	b.key(kb.Tab)
	b.until(panel+`.contains(document.activeElement)`, "true")
	b.key(kb.Escape)
	b.until(panel+`.checkVisibility()`, "false")
	b.key(kb.Enter)
	want := b.js(`[...` + panel + `.querySelectorAll("a")].at(-1).href`)
	b.js(`[...` + panel + `.querySelectorAll("a")].at(-1).focus()`)
	b.key(kb.Enter)
	b.until("location.href", want)

	narrow := browse(t, 390, 844)
	narrow.open("file://" + public(t) + "/" + page)
	narrow.js(`document.querySelector("[data-menu]").click()`)
	narrow.until(`[...document.querySelectorAll(".sections > ul > li")].filter(l => l.checkVisibility()).length`, b.js(panel+`.querySelectorAll("a").length`))
}

// TestTemplate: what the plans of a section begin from is there to copy, and, where
// no scripts run, to keep as a file; either is the archetype with its blanks filled.
func TestTemplate(t *testing.T) {
	t.Parallel()
	h := newHost(t, public(t))
	want, err := os.ReadFile(filepath.Join(public(t), "plans", "template.md"))
	must(t, err)
	for _, s := range []string{"funnel:", "## "} {
		if !bytes.Contains(want, []byte(s)) {
			t.Errorf("the template lacks %q", s)
		}
	}
	if bytes.Contains(want, []byte("{{")) {
		t.Errorf("the template has blanks left:\n%s", want)
	}
	b := browse(t, 1280, 900)
	b.open(h.URL + "/plans/")
	b.js(`navigator.clipboard.writeText = text => { document.body.dataset.copied = text; return Promise.resolve() }`)
	b.js(`document.querySelector(".use-template > summary").click()`)
	b.until(`document.querySelector(".use-template .copy").checkVisibility()`, "true")
	b.js(`document.querySelector(".use-template .copy").click()`)
	b.until(`document.body.dataset.copied?.trim()`, strings.TrimSpace(string(want)))

	off := browse(t, 390, 844)
	off.scripts(false)
	off.open(h.URL + "/plans/")
	off.js(`document.querySelector(".use-template > summary").click()`)
	for _, reader := range []*tab{b, off} {
		reader.downloads(`document.querySelector(".use-template a[download]")`, "plan.md", want)
	}
}

// downloads presses a link and fails unless it gives that file.
func (b *tab) downloads(link, name string, want []byte) {
	b.t.Helper()
	dir := b.t.TempDir()
	_, err := chromedp.CallBrowser(b.ctx, browserdomain.SetDownloadBehavior, browserdomain.SetDownloadBehaviorParams{Behavior: browserdomain.SetDownloadBehaviorBehaviorAllow, BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID, DownloadPath: dir})
	must(b.t, err)
	b.until(link+".checkVisibility()", "true")
	x, y := b.center(link)
	b.do(chromedp.MouseClickXY(x, y))
	var got []byte
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(15 * time.Millisecond) {
		if got, err = os.ReadFile(filepath.Join(dir, name)); err == nil && len(got) >= len(want) {
			break
		}
	}
	if !bytes.Equal(got, want) {
		b.t.Errorf("%s is %q, want %q (%v)", name, got, want, err)
	}
}
