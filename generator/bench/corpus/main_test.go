package main

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func generate(t *testing.T, pages, terms, swot, banks int, seed uint64) map[string]string {
	t.Helper()
	dir := t.TempDir()
	if err := plan(pages, terms, swot, banks, seed).write(dir); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		out[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSameFlagsSameBytes(t *testing.T) {
	a, b := generate(t, 60, 100, 15, 15, 7), generate(t, 60, 100, 15, 15, 7)
	if len(a) != len(b) {
		t.Fatalf("%d and %d files", len(a), len(b))
	}
	for name := range a {
		if a[name] != b[name] {
			t.Errorf("%s differs", name)
		}
	}
	other := generate(t, 60, 100, 15, 15, 8)
	if other["content/_index.md"] == a["content/_index.md"] {
		t.Error("another seed, the same text")
	}
}

// Every page is as long as it should be and its links lead to pages.
func TestPages(t *testing.T) {
	for _, flags := range []struct {
		name                      string
		pages, terms, swot, banks int
	}{{"mixed", 120, 500, 15, 15}, {"plans alone", 60, 500, 0, 0}, {"no vocabulary", 20, 0, 15, 15}, {"one page", 1, 3, 15, 15}, {"hardly a plan", 30, 10, 49, 50}} {
		t.Run(flags.name, func(t *testing.T) {
			site := generate(t, flags.pages, flags.terms, flags.swot, flags.banks, 1)
			pages := 0
			for name, text := range site {
				if !regexp.MustCompile(`/(plan|sheet|bank)-\d+[^/]*\.md$`).MatchString(name) {
					continue
				}
				pages++
				_, body, _ := strings.Cut(text, "\n---\n")
				if n := len(regexp.MustCompile(`[^\s|]*[\pL\pN][^\s|]*`).FindAllString(body, -1)); n < 600 || n > 900 {
					t.Errorf("%s has %d words", name, n)
				}
				if n := len(regexp.MustCompile(`\]\([^)]*\.md`).FindAllString(body, -1)); flags.pages > 100 && (n < 3 || n > 6) {
					t.Errorf("%s has %d links", name, n)
				}
				for _, part := range []string{"\n| --- |", "\n- [ ] ", "\n- [x] ", "\n## "} {
					if !strings.Contains(body, part) {
						t.Errorf("%s has no %q", name, part)
					}
				}
				for _, l := range regexp.MustCompile(`\]\(([^)#]*)`).FindAllStringSubmatch(body, -1) {
					if to := path.Join(path.Dir(name), l[1]); site[to] == "" {
						t.Errorf("%s links to %s, which is not there", name, l[1])
					}
				}
				if strings.ContainsAny(body, "{}") {
					t.Errorf("%s has an empty slot", name)
				}
			}
			if pages < flags.pages {
				t.Errorf("%d pages, %d wanted", pages, flags.pages)
			}
		})
	}
}

// The words of the vocabulary occur in the prose, some twenty on a page, and
// each of the terms somewhere.
func TestTermsOccur(t *testing.T) {
	const pages = 1000
	var all strings.Builder
	for name, text := range generate(t, pages, 500, 15, 15, 1) {
		if regexp.MustCompile(`/(plan|sheet|bank)-\d+[^/]*\.md$`).MatchString(name) {
			_, body, _ := strings.Cut(text, "\n---\n")
			all.WriteString(body)
		}
	}
	text, times, met := all.String(), 0, 0
	for _, w := range vocabulary(500) {
		if n := strings.Count(text, w); n > 0 {
			met++
			times += n
		}
	}
	if met < 470 || times < 12*pages {
		t.Errorf("%d of 500 terms occur, %.1f times on a page", met, float64(times)/pages)
	}
}

func TestVocabulary(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range vocabulary(5000) {
		if seen[slug(w)] {
			t.Fatalf("%q twice", w)
		}
		seen[slug(w)] = true
	}
}
