package browser_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"golang.org/x/text/unicode/norm"
)

// What the search box shows.
const (
	findOpen   = `document.querySelector("dialog.find")?.open`
	findInput  = `document.querySelector("dialog.find .find-input")`
	findStatus = `document.querySelector("dialog.find .find-status").textContent`
	findTitles = `[...document.querySelectorAll("dialog.find .hit-title")].map(h => h.textContent).join("|")`
	// The hit that is chosen, or what is said where there is none; only once it is
	// about what is typed.
	findFirst = `(() => { const d = document.querySelector("dialog.find"), h = d.querySelector(".hit[aria-selected=true]"); return h ? decodeURI(h.href).replace(/^.*\/public\//, "").replace("index.html", "") : d.querySelector(".find-status").textContent })()`
)

// find opens the box by its key and types into it.
func (b *tab) find(query string) {
	b.t.Helper()
	if b.js(findOpen) != "true" {
		b.key("/")
		b.until(findOpen, "true")
	}
	b.js(fmt.Sprintf(`(() => { const i = %s; document.querySelectorAll("dialog.find .hit").forEach(h => h.remove()); %s = ""; i.value = %q; i.dispatchEvent(new Event("input")) })()`, findInput, findStatus, query))
}

// hit waits for an answer to what find typed, and returns the first.
func (b *tab) hit(first string) string {
	b.t.Helper()
	b.until(`(`+first+`) !== ""`, "true")
	return b.js(first)
}

// TestSearch looks for what reps look for, from the disk: the first hit is the
// page that they want, opened at the place that answers.
func TestSearch(t *testing.T) {
	t.Parallel()
	b := browse(t, 1280, 800)
	b.open("file://" + public(t) + "/index.html")
	for _, c := range []struct{ query, first string }{
		// Words of the vocabulary: by name, by another name, in the plural, as one types.
		{"pipeline", "glossary/pipeline/"},
		{"SQL", "glossary/sales-qualified-lead/"},
		{"mql", "glossary/marketing-qualified-lead/"},
		{"icp", "glossary/ideal-customer-profile/"},
		{"conversion rate", "glossary/win-rate/"},
		{"larkfell care", "glossary/service-contract/"},
		{"leads", "glossary/lead/"},
		{"champions", "glossary/champion/"},
		{"walk-down survey", "glossary/walk-down-survey/"},
		{"walk down surv", "glossary/walk-down-survey/"},
		{"opportunities", "glossary/opportunity/"},
		{"differential pressure", "glossary/pressure-drop/"},
		// Names of pages, whole and in part.
		{"First call, whoever answers", "question-banks/first-call-anyone/"},
		{"bavaria first half", "plans/bavaria-2027-h1/"},
		{"offer checklist", "guides/offer-checklist/"},
		{"weekly pipeline review", "guides/weekly-pipeline-review/"},
		{"silence after the offer", "conversations/silent-after-offer/"},
		{"north england winter", "plans/north-england-2027-h1/"},
		{"fifteen percent", "conversations/discount-demand/"},
		{"vice president service", "roles/vp-service/"},
		// Typing errors: a letter less, more, other, two changed about; in the first letters too.
		{"pipline", "glossary/pipeline/"},
		{"piepline", "glossary/pipeline/"},
		{"oportunity", "glossary/opportunity/"},
		{"cahmpion", "glossary/champion/"},
		{"explosoin protection", "glossary/explosion-protection/"},
		{"hcampion", "glossary/champion/"},
		// What stands in a text, or in front matter alone.
		{"pretzel bakery", "goals/"},
		{"half-time review objectives straubing", "plans/bavaria-2027-h1/"},
		// Accents and case do not matter.
		{"skane", "territories/skane/"},
		{"SKÅNE", "territories/skane/"},
		// Filters.
		{"kind:plan bavaria", "plans/"},
		{"kind:question-bank plant manager", "question-banks/problem-plant-manager/"},
		{`kind:goal status:met`, "goals/"},
		{`territory:"black forest" kind:ride-along`, "ride-alongs/"},
		{"zzzzqqqq", "Nothing found"},
		{"kind:plan zzzzqqqq", "Nothing found"},
	} {
		b.find(c.query)
		got := b.hit(findFirst)
		if got != c.first && !(strings.HasPrefix(got, c.first) && strings.Count(c.first, "/") == 1) {
			t.Errorf("%q finds %s first, want %s; all: %s", c.query, got, c.first, b.js(findTitles))
		}
	}
	b.find("pipeline")
	b.until(findFirst, "glossary/pipeline/")
	b.shot("search-wide-light")
	b.scheme("dark")
	b.shot("search-wide-dark")
}

// TestSearchWords holds the browser's half to the table of words that Go's is held
// to.
func TestSearchWords(t *testing.T) {
	t.Parallel()
	b := browse(t, 1280, 800)
	b.open("file://" + public(t) + "/index.html")
	b.key("/")
	b.until(findOpen, "true")
	table, err := os.ReadFile("../search/testdata/words.txt")
	must(t, err)
	n := 0
	for line := range strings.Lines(string(table)) {
		text, want, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok {
			continue
		}
		n++
		if got := b.js(fmt.Sprintf("pbSearch.words(%q).join(' ')", text)); got != norm.NFKD.String(want) {
			t.Errorf("%q has the words %q, want %q", text, got, want)
		}
	}
	if n < 20 {
		t.Errorf("only %d lines", n)
	}
}

// TestSearchKeys searches without a mouse, and as a screen reader is told of it.
func TestSearchKeys(t *testing.T) {
	t.Parallel()
	b := browse(t, 1280, 800)
	b.open("file://" + public(t) + "/plans/index.html")
	b.js(`document.querySelector(".filters input").focus()`)
	b.key("/") // who types into a field means the letter
	b.until(`document.querySelector(".filters input").value`, "/")
	b.js(`document.activeElement.blur()`)
	b.do(chromedp.KeyEvent("k", chromedp.KeyModifiers(kb.ModifierCtrl)))
	b.until(findOpen, "true")
	b.until(`document.activeElement === `+findInput, "true")
	for _, r := range "sales qual" {
		b.key(string(r))
	}
	const chosen = `document.getElementById(` + findInput + `.getAttribute("aria-activedescendant"))?.querySelector(".hit-title").textContent`
	b.until(chosen, "Sales qualified lead")
	b.until(findInput+`.ariaExpanded`, "true")
	first := b.js(chosen)
	b.key(kb.ArrowDown)
	b.until(chosen+` !== "`+first+`"`, "true")
	b.key(kb.ArrowUp)
	b.until(chosen, first)
	b.key(kb.Escape)
	b.until(findOpen, "false")
	b.until(`document.activeElement.tagName`, "BODY")
	b.do(chromedp.KeyEvent("k", chromedp.KeyModifiers(kb.ModifierCtrl))) // a made-up "/" would be typed into the open box, too
	b.until(findOpen, "true")
	b.until(chosen, first)
	b.key(kb.Enter)
	b.until(`location.pathname.replace(/.*\/public\//, "")`, "glossary/sales-qualified-lead/index.html")
	// What was opened last is there before anything is typed.
	b.until("document.readyState", "complete")
	b.do(chromedp.KeyEvent("k", chromedp.KeyModifiers(kb.ModifierCtrl)))
	b.until(findTitles, "Sales qualified lead")

	// A hit opens at the part that answers.
	b.open("file://" + public(t) + "/index.html")
	b.find("8. Work the plan")
	b.until(`document.querySelector("dialog.find .hit-heading")?.textContent`, "8. Work the plan")
	b.key(kb.Enter)
	b.until(`location.hash`, "#8-work-the-plan")
}

// TestSearchPage: the page for searching keeps the query in its address, and the
// one for what is not found searches for the words of the address.
func TestSearchPage(t *testing.T) {
	t.Parallel()
	h := newHost(t, public(t))
	b := browse(t, 390, 844)
	b.open(h.URL + "/search/#q=win+rate")
	const first = `document.querySelector("[data-find-here] .hit .hit-title")?.textContent`
	b.until(first, "Win rate")
	b.js(`(() => { const i = document.querySelector("[data-find-here] input"); i.value = "kind:plan jutland"; i.dispatchEvent(new Event("input")) })()`)
	b.until(first, "Jutland, first half of 2027")
	b.until("location.hash", "#q=kind%3Aplan+jutland")
	b.shot("search-page-narrow")

	lost := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old/pipeline-coverage.html" {
			text, _ := os.ReadFile(filepath.Join(public(t), "404.html"))
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(http.StatusNotFound)
			w.Write(text)
			return
		}
		http.FileServer(http.Dir(public(t))).ServeHTTP(w, r)
	}))
	defer lost.Close()
	b.expects = []string{"/old/pipeline-coverage.html: Failed to load"} // it is not there
	b.open(lost.URL + "/old/pipeline-coverage.html")
	b.until(first, "Pipeline coverage")

	off := browse(t, 1280, 800)
	off.scripts(false)
	off.open(h.URL + "/search/")
	off.until(`document.querySelector("noscript").checkVisibility() && !document.querySelector(".find-button").checkVisibility()`, "true")
}

// TestSearchStale: the site was published anew between two letters, so that a
// piece is of another state than the head; and pieces that are damaged or gone
// end in words and not in waiting.
func TestSearchStale(t *testing.T) {
	t.Parallel()
	var state atomic.Int32 // 0: as built; 1: the words changed, and the head knows; 2: damaged; 3: gone
	files := http.FileServer(http.Dir(public(t)))
	heads := atomic.Int32{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/search/")
		text, err := os.ReadFile(filepath.Join(public(t), "search", name))
		if name == r.URL.Path || !strings.HasSuffix(name, ".js") || err != nil {
			files.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/javascript")
		w.Header().Set("Cache-Control", "no-store")
		switch {
		case name == "head.js":
			heads.Add(1)
			if s := string(text); state.Load() == 1 {
				// The words' stamps begin with another letter now.
				at := strings.Index(s, `"words":"`) + len(`"words":"`)
				end := at + strings.IndexByte(s[at:], '"')
				changed := []byte(s[at:end])
				for i := 0; i < len(changed); i += 4 {
					changed[i] = '~'
				}
				text = []byte(s[:at] + string(changed) + s[end:])
			}
		case strings.HasPrefix(name, "w-"):
			switch state.Load() {
			case 1:
				i := bytes.Index(text, []byte(`","`)) + 3
				text[i] = '~'
			case 2:
				text = text[:len(text)/2]
			case 3:
				http.NotFound(w, r)
				return
			}
		}
		w.Write(text)
	}))
	defer srv.Close()
	b := browse(t, 1280, 800)
	b.expects = []string{"SyntaxError", "/search/w-"} // pieces that are damaged or gone
	b.open(srv.URL)
	b.find("pipeline")
	b.until(findFirst+`.endsWith("glossary/pipeline/")`, "true")
	state.Store(1)
	b.find("kind:goal wood team") // pieces that were not asked for yet
	b.until(`/Wood and metal/.test(`+findTitles+`)`, "true")
	if heads.Load() != 2 {
		t.Errorf("the head was fetched %d times, want 2", heads.Load())
	}
	for _, s := range []int32{2, 3} {
		state.Store(s)
		b.open(srv.URL)
		b.find("pipeline")
		b.until(findStatus, "The search index cannot be read")
		state.Store(0)
		b.find("pipeline cov")
		b.until(findFirst+`.endsWith("glossary/pipeline-coverage/")`, "true")
	}
}

// TestSearchHandbook looks for things in a handbook that somebody else wrote.
func TestSearchHandbook(t *testing.T) {
	t.Parallel()
	dir, err := handbooks["engineering-playbook"]()
	must(t, err)
	if dir == "" {
		t.Skip("NOT TESTED: there is no engineering-playbook beside the repository")
	}
	b := browse(t, 1280, 800)
	b.open("file://" + dir + "/index.html")
	for query, want := range map[string]string{
		"performance testing":                "Performance Testing",
		"shadow testing":                     "Shadow Testing",
		"trade study gitops":                 "Trade Study: GitOps",
		"profilng ml":                        "Profiling",
		"game plan":                          "",
		"sprint planing":                     "Sprint",
		"unit tests":                         "Unit Testing",
		"pull request":                       "Pull Request",
		"responsible ai":                     "Responsible AI",
		"definition of done":                 "Definition of Done",
		"secrets managment":                  "Secrets",
		"retrospectives":                     "Retrospective",
		"recommended technolog":              "Recommended Technologies",
		"chaos engineering":                  "Fault Injection",
		"observability in ml":                "Observability",
		"azure key vault":                    "",
		"why use loki":                       "Loki",
		"feasibility study":                  "Feasibility",
		"synthetic monitoring":               "Synthetic Monitoring",
		"code review checklist":              "Code Review",
		"scrum of scrums":                    "Scrum of Scrums",
		"backlog refinement":                 "Backlog",
		"definition of ready":                "Definition of Ready",
		"working agreement":                  "Working Agreement",
		"engineering fundamentals checklist": "Engineering Fundamentals Checklist",
		"decision log":                       "Decision Log",
		"smoke testing":                      "Smoke Testing",
		"integraton testing":                 "Integration Testing",
		"dev containers":                     "Dev Container",
		"threat modelling":                   "Threat Model",
		"pair programming":                   "Pair Programming",
		"naming branches":                    "Naming Branches",
		"credential scanning":                "Credential Scanning",
		"correlation id":                     "Correlation ID",
		"mock":                               "Mock",
		"load testing":                       "Load Testing",
	} {
		const first = `(() => { const d = document.querySelector("dialog.find"); return d.querySelector(".hit") ? d.querySelector(".hit .hit-title").textContent + " " + (d.querySelector(".hit .hit-heading")?.textContent ?? "") : d.querySelector(".find-status").textContent })()`
		b.find(query)
		got := b.hit(first)
		if !strings.Contains(strings.ToLower(got), strings.ToLower(want)) || strings.HasPrefix(got, "Nothing") {
			t.Errorf("%q finds %q first, want %q; all: %s", query, got, want, b.js(findTitles))
		}
	}
}
