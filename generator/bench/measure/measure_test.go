//go:build unix

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What was measured is on disk after each turn, in place of what stood there.
func TestResultsAreKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "results.jsonl")
	r, err := readResults(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []row{
		{Part: "cold-10", Name: full, Wall: []float64{3}, Began: "a"}, {Part: "cold-10", Name: hugoPlain, Wall: []float64{9}, Began: "a"},
		{Part: "cold-10", Seconds: 60, Began: "a"}, {Part: "cold-10", Name: full, Wall: []float64{2, 4}, Began: "b"},
	} {
		if err := r.put(x); err != nil {
			t.Fatal(err)
		}
	}
	again, err := readResults(file)
	if err != nil {
		t.Fatal(err)
	}
	if x, ok := again.get("cold-10", full); !ok || len(x.Wall) != 2 || len(again.rows) != 3 {
		t.Errorf("kept are %+v", again.rows)
	}
	if _, ok := again.whole("cold-10"); !ok {
		t.Error("the part is not whole")
	}
	if err := again.begin("cold-10"); err != nil {
		t.Fatal(err)
	}
	if _, ok := again.whole("cold-10"); ok {
		t.Error("a part that has begun again is whole")
	}
	if err := again.settle("cold-10", "b"); err != nil {
		t.Fatal(err)
	}
	if _, ok := again.get("cold-10", hugoPlain); ok || len(again.rows) != 1 {
		t.Errorf("what is not measured any more stays: %+v", again.rows)
	}
}

// Ratios are taken turn by turn where both took turns, so that what slows down
// both alike does not show.
func TestRatio(t *testing.T) {
	a := row{Part: "p", Began: "x", Wall: []float64{10, 20, 300}}
	b := row{Part: "p", Began: "x", Wall: []float64{5, 10, 150}}
	if got := ratio(a, b, wall); got != 2 {
		t.Errorf("of turns: %v", got)
	}
	b = row{Part: "p", Began: "y", Wall: []float64{5, 40, 50, 60}}
	if got := ratio(a, b, wall); got != 20.0/45 {
		t.Errorf("of medians: %v", got)
	}
	if got := quantile([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, 0.95); got != 15 {
		t.Errorf("95th percentile %v", got)
	}
}

func TestParts(t *testing.T) {
	for _, p := range append(append([]string{"cold-1", "hugo-serve-200"}, coldParts...), serveParts...) {
		if _, _, err := split(p); err != nil {
			t.Error(err)
		}
	}
	for _, p := range []string{"", "cold", "cold-", "cold-0", "warm-10", "cold-1k", "-10"} {
		if _, _, err := split(p); err == nil {
			t.Errorf("%q is a part", p)
		}
	}
}

// The tables say what was measured and how it stands to the budget, and leave
// alone what was written by hand.
func TestTables(t *testing.T) {
	dir := t.TempDir()
	report := filepath.Join(dir, "RESULTS.md")
	if err := os.WriteFile(report, []byte("Before\n"+tablesBegin+"\n"+tablesEnd+"\nAfter\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := &results{file: filepath.Join(dir, "results.jsonl")}
	write := func() string {
		t.Helper()
		if err := r.writeTables(report); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(report)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	line := func(text, what string) string {
		return regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(what) + ` \|.*$`).FindString(text)
	}

	if text := write(); strings.Count(text, "not measured") != len(budgets) {
		t.Errorf("nothing was measured, and told is\n%s", text)
	}
	put := func(name string, wall, mib float64) {
		r.rows = append(r.rows, row{Part: "cold-10000", Name: name, Pages: 10750, Of: 1, Wall: []float64{wall}, CPU: []float64{2 * wall}, MiB: []float64{mib}, Began: "x"})
	}
	put(full, 4, 300)
	put(hugoPlain, 12, 1500)
	put(hugoFuller, 16, 2400)
	put(unchanged, 0.1, 100)
	put(checkOnly, 3, 200)
	r.rows = append(r.rows, row{Part: "cold-10000", Seconds: 600, Began: "x"})
	text := write()
	for what, want := range map[string]string{
		"cold full build, 10,000 pages, against Hugo plain":    "| 3.00 times (4.00 against 12.0 s), CPU 3.00 | met |",
		"the same against Hugo with minify and a search index": "| 4.00 times (4.00 against 16.0 s), CPU 4.00 | **1.25 times too much** |",
		"peak memory, 10,000 pages, against Hugo plain":        "| 5.00 times (300 against 1500 MiB) | met |",
		"fresh process, nothing changed, 10,000 pages":         "| 1/40.0 (0.10 against 4.00 s), CPU 1/40.0 | met, stretch too |",
		"check only, 10,000 pages":                             "| 0.75 (3.00 against 4.00 s), CPU 0.75 | **1.50 times too much** |",
	} {
		if got := line(text, what); !strings.Contains(got, want) {
			t.Errorf("%s: %s", what, got)
		}
	}
	old := line(text, "check only, 10,000 pages")
	text = strings.Replace(text, old, strings.TrimSuffix(old, "- |")+"most of it is compiling |", 1)
	if err := os.WriteFile(report, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	put("playbook, as new", 5, 5)
	text = write()
	if got := line(text, "check only, 10,000 pages"); !strings.HasSuffix(got, "| most of it is compiling |") {
		t.Errorf("the note is gone: %s", got)
	}
	if !strings.HasPrefix(text, "Before\n") || !strings.HasSuffix(text, "\nAfter\n") || !strings.Contains(text, "| playbook, as new | **5.00** ") {
		t.Errorf("written is\n%s", text)
	}
}

// What is in no part leaves a hole in the table for ever.
func TestBudgetsAreMeasured(t *testing.T) {
	r := &results{}
	for _, p := range append(append([]string{}, coldParts...), serveParts...) {
		for _, name := range []string{full, everything, noSearch, unchanged, edited, checkOnly, hugoPlain, hugoFuller, bare, bareMin, manyTerms, noTerms, published, inPlace, rsynced,
			"playbook, body", "playbook, title", "playbook, new", "Hugo, body", ourIndex, pagefind} {
			r.rows = append(r.rows, row{Part: p, Name: name, Pages: 1, Wall: []float64{1}, CPU: []float64{1}, MiB: []float64{1}, Values: map[string]float64{"index bytes": 1, "first bytes": 1}})
		}
	}
	for _, b := range budgets {
		_, _, _, parts, ok := b.measure(r)
		if !ok {
			t.Errorf("%s is measured in no part", b.what)
		}
		for _, p := range parts {
			if _, _, err := split(p); err != nil {
				t.Error(err)
			}
		}
	}
}
