package browser_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// Schemes and widths in which everything must be without fault.
var (
	schemes = []string{"light", "dark"}
	widths  = []int64{1280, 390}
)

// byColour are the rules of axe whose answer depends on colours. All others look
// at what elements are, where they lie and whether they show.
const byColour = `["color-contrast", "link-in-text-block"]`

// layout is where everything on a page lies and whether it shows, but for the sun and
// the moon in the switch, of which each scheme shows its own.
const layout = `[...document.querySelectorAll("body, body :not([data-theme-switch] *)")].map(e => { const r = e.getBoundingClientRect(), s = getComputedStyle(e); return [r.x, r.y, r.width, r.height, s.visibility, s.opacity, s.fontSize, s.fontWeight, s.overflow] }).join("|")`

// faults has axe look at what a selector names, with all of its rules or with
// some, once nothing moves any more, and returns what it finds.
func (b *tab) faults(where, rules string) string {
	b.t.Helper()
	only := ""
	if rules != "" {
		only = ", runOnly: " + rules
	}
	found := b.ask(`(async () => {
		await Promise.all(document.getAnimations().filter(a => a.effect.getComputedTiming().endTime < Infinity).map(a => a.finished.catch(() => 0)));
		const r = await axe.run("` + where + `", {resultTypes: ["violations"], preload: false` + only + `});
		return r.passes.length + "\n" + r.violations.map(v => v.id + ": " + v.help + "\n  " + v.nodes.slice(0, 3).map(n => n.html).join("\n  ")).join("\n");
	})()`)
	passed, list, _ := strings.Cut(found, "\n")
	if n, err := strconv.Atoi(passed); err != nil || n == 0 && rules == "" {
		b.t.Errorf("axe looked at next to nothing: %q", found)
	}
	return list
}

// TestAxe: no fault that axe-core knows of on the page of any kind, the list of any
// section, the home page, the reports, the search and the page for what is not
// found: light and dark, wide and narrow, with scripts and without.
//
// Where everything lies and shows alike in both schemes, which is asked of the
// browser, the dark page is only held to the rules that ask for colours.
func TestAxe(t *testing.T) {
	t.Parallel()
	source := axe(t)
	dir := public(t)
	h := newHost(t, dir)
	pages := append(everyKind(t, dir), "search/index.html#q=lead", "glossary/hot-lead/index.html", "glossary/pipeline/index.html", "glossary/total-cost-of-air/index.html", "glossary/win-rate/index.html")
	todo := make(chan string, len(pages))
	for _, p := range pages {
		todo <- p
	}
	close(todo)
	var looks, again atomic.Int32
	t.Run("read", func(t *testing.T) {
		for _, reader := range []string{"one", "other"} {
			t.Run(reader, func(t *testing.T) {
				t.Parallel()
				b := browse(t, 1280, 844)
				for p := range todo {
					for _, scripts := range []bool{true, false} {
						for _, width := range widths {
							b.size(width, 844)
							b.scheme("light")
							if scripts || width == widths[0] { // without scripts a page does what its styles say, also when it is made narrow later
								b.scripts(scripts)
								if strings.Contains(p, "#") {
									b.open("about:blank") // else nothing but the mark would change
								}
								b.open(h.URL + "/" + strings.TrimSuffix(p, "index.html"))
								b.scripts(true) // axe waits by timers; what the page has to run is not run any more
								if strings.Contains(p, "#q=") && scripts {
									b.until(`document.querySelectorAll("[data-find-here] .hit").length > 3`, "true")
								}
								if got := b.js(`document.documentElement.classList.contains("js")`); got != strconv.FormatBool(scripts) {
									t.Errorf("%s: its scripts ran: %s, want %v", p, got, scripts)
								}
								b.ask(source + "\n;'loaded'")
							}
							where := fmt.Sprintf("%s, %d wide, scripts %v", p, width, scripts)
							if got := b.js(noShift); got != "true" {
								t.Errorf("%s: is wider than its screen", where)
							}
							if found := b.faults("html", ""); found != "" {
								t.Errorf("%s, light:\n%s", where, found)
							}
							rules := byColour
							before := b.js(layout)
							b.scheme("dark")
							if b.js(layout) != before {
								rules = ""
								again.Add(1)
							}
							if found := b.faults("html", rules); found != "" {
								t.Errorf("%s, dark:\n%s", where, found)
							}
							looks.Add(2)
						}
					}
				}
			})
		}
	})
	if want := int32(len(pages) * 8); looks.Load() != want {
		t.Errorf("axe looked %d times, want %d", looks.Load(), want)
	}
	t.Logf("%d pages, %d looks, %d of them dark with another layout", len(pages), looks.Load(), again.Load())
}

// TestAxeOpened: nor is there a fault in what opens over a page or takes the place of
// a part of it.
func TestAxeOpened(t *testing.T) {
	t.Parallel()
	source := axe(t)
	h := newHost(t, public(t))
	card := func(b *tab) {
		if b.width < 600 {
			b.tap(b.center(firstTerm))
		} else {
			b.point(3, 3)
			b.point(b.center(firstTerm))
		}
		b.until(opened, b.titleOf(0))
	}
	press := func(sel string) func(b *tab) {
		return func(b *tab) { b.js(`document.querySelector("` + sel + `").click()`) }
	}
	b := browse(t, 1280, 844)
	for _, c := range []struct {
		name, page string
		width      int64 // 0: any
		open       func(b *tab)
		is         string // true when it is open
		part       string // what is looked at
	}{
		{"card", "plans/bavaria-2027-h1/", 0, card, "true", ".hover:popover-open"},
		{"card on a word's page", "glossary/no-decision/", 0, card, "true", ".hover:popover-open"},
		{"search", "", 0, func(b *tab) { b.find("lead") }, `document.querySelectorAll("dialog.find .hit").length > 3`, "dialog.find"},
		{"nothing found", "", 0, func(b *tab) { b.find("zzzzqqqq") }, findStatus + ` !== ""`, "dialog.find"},
		{"sections", "plans/bavaria-2027-h1/", 1280, press(".all-sections"), `document.getElementById("pb-every").checkVisibility()`, "#pb-every"},
		{"menu", "plans/bavaria-2027-h1/", 390, press("[data-menu]"), `document.documentElement.classList.contains("menu-open")`, "nav"}, // all else is not shown,
		{"template", "plans/", 0, press(".use-template > summary"), `document.querySelector(".use-template .copy").checkVisibility()`, ".use-template"},
		{"practise", "question-banks/problem-plant-manager/", 0, func(b *tab) {
			b.js(`[...document.querySelectorAll("button")].find(b => b.textContent === "Practise").click()`)
		}, `document.querySelector(".practising") !== null`, ".practise"},
		{"a filtered list", "goals/", 0, func(b *tab) {
			b.js(`(() => { const i = document.querySelector(".filters [name=q]"); i.value = "certify"; i.dispatchEvent(new Event("input")) })()`)
		}, `document.querySelector(".filter-count").textContent !== ""`, "main"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b.t = t
			for _, width := range widths {
				if c.width != 0 && c.width != width {
					continue
				}
				b.size(width, 844)
				b.scheme("light")
				b.open(h.URL + "/" + c.page)
				c.open(b)
				b.until(c.is, "true")
				b.ask(source + "\n;'loaded'")
				for _, scheme := range schemes {
					b.scheme(scheme)
					b.shot(fmt.Sprintf("opened-%s-%d-%s", strings.ReplaceAll(c.name, " ", "-"), width, scheme))
					if found := b.faults(c.part, ""); found != "" {
						t.Errorf("%d wide, %s:\n%s", width, scheme, found)
					}
				}
			}
		})
	}
	b.t = t
}
