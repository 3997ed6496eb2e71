package browser_test

import (
	"bytes"
	"path/filepath"
	"testing"

	cdp "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp/kb"
)

// TestPractise plays a rep who learns a question bank ten minutes before a
// call, by keyboard: one question at a time, what to listen for covered until it
// is asked for, and the list as it was in the end.
func TestPractise(t *testing.T) {
	t.Parallel()
	b := browse(t, 1100, 900)
	b.open("file://" + public(t) + "/question-banks/problem-plant-manager/index.html")
	const list = `document.querySelector("[data-practise]")`
	shown := `[...` + list + `.children].filter(li => li.checkVisibility()).length`
	hints := `[...` + list + `.querySelectorAll("[data-answer]")].filter(a => a.checkVisibility()).length`
	count := `document.querySelector(".practise-bar .filter-count").textContent`
	focus := `document.activeElement.textContent`
	b.until(shown, "6")
	b.until(hints, "6")

	b.js(`[...document.querySelectorAll("button")].find(b => b.textContent === "Practise").focus()`)
	b.key(kb.Enter)
	b.until(shown, "1")
	b.until(hints, "0")
	b.until(count, "1 / 6")
	b.until(focus, "Show what to listen for")
	b.shot("practise-covered")
	b.key(kb.Enter)
	b.until(hints, "1")
	b.until(focus, "Next")
	b.shot("practise-shown")
	b.key(kb.Enter)
	b.until(count, "2 / 6")
	b.until(hints, "0")
	// Arrows leaf, and uncover.
	b.key(kb.ArrowDown)
	b.until(hints, "1")
	b.key(kb.ArrowRight)
	b.until(count, "3 / 6")
	b.key(kb.ArrowLeft)
	b.until(count, "2 / 6")
	for range 6 {
		b.key(kb.ArrowRight)
	}
	b.until(count, "6 / 6")
	b.key(kb.Enter)
	b.until(focus, "End") // nothing is left to turn to
	b.key(kb.Escape)
	b.until(shown, "6")
	b.until(hints, "6")
	b.until(focus, "Practise")
}

// TestCallCard prints every conversation guide and the longest question bank: each
// is one page, however much its text explains.
func TestCallCard(t *testing.T) {
	t.Parallel()
	b := browse(t, 1100, 900)
	cards, err := filepath.Glob(public(t) + "/conversations/*/index.html")
	must(t, err)
	if len(cards) < 5 {
		t.Fatalf("%d guides", len(cards))
	}
	for _, card := range append(cards, public(t)+"/question-banks/problem-plant-manager/index.html") {
		b.open("file://" + card)
		b.until(`document.querySelector("[data-print]").hidden`, "false")
		for name, size := range map[string][2]float64{"A4": {8.27, 11.69}, "Letter": {8.5, 11}} {
			r := call(b, cdp.PrintToPDF, cdp.PrintToPDFParams{PaperWidth: size[0], PaperHeight: size[1]})
			if n := bytes.Count(r.Data, []byte("/Type /Page\n")); n != 1 {
				t.Errorf("%s prints on %d pages of %s", card, n, name)
			}
		}
	}
}
