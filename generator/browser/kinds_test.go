package browser_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestAxeKinds has axe look at the list of every section, wide and light, and at
// one page in each, narrow and dark; and no page may be wider than its screen.
func TestAxeKinds(t *testing.T) {
	source := axe(t)
	dir := public(t)
	lists, err := filepath.Glob(filepath.Join(dir, "*", "index.html"))
	must(t, err)
	wide, narrow := browse(t, 1280, 844), browse(t, 390, 844)
	narrow.scheme("dark")
	look := func(b *tab, file string) {
		b.open("file://" + file)
		rel, _ := filepath.Rel(dir, file)
		if got := b.js(noShift); got != "true" {
			t.Errorf("%s is wider than its screen", rel)
		}
		_, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](source+"\n;'loaded'"))
		must(t, err)
		found, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`axe.run().then(r => r.violations.map(v => v.id + ": " + v.help + "\n  " + v.nodes.slice(0, 3).map(n => n.html).join("\n  ")).join("\n"))`, chromedp.EvalAwaitPromise))
		must(t, err)
		if found != "" {
			t.Errorf("%s:\n%s", rel, found)
		}
		b.shot(strings.ReplaceAll(strings.TrimSuffix(rel, "/index.html"), "/", "-"))
	}
	look(wide, filepath.Join(dir, "index.html"))
	look(narrow, filepath.Join(dir, "index.html"))
	pages := 0
	for _, list := range lists {
		if strings.HasPrefix(filepath.Base(filepath.Dir(list)), "page-") || redirects(t, list) {
			continue
		}
		look(wide, list)
		entries, err := os.ReadDir(filepath.Dir(list))
		must(t, err)
		for _, e := range entries {
			if file := filepath.Join(filepath.Dir(list), e.Name(), "index.html"); e.IsDir() {
				if !redirects(t, file) {
					look(narrow, file)
					pages++
					break
				}
			}
		}
	}
	if pages < 15 {
		t.Errorf("only %d pages were looked at", pages)
	}
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
