// Corpus writes a site to measure with: plans, SWOT sheets and question banks
// of 600 to 900 words with headings, tables, task lists and links between them,
// the roles and goals they name, and a vocabulary whose words occur in the prose.
//
//	go run ./generator/bench/corpus -pages 1000 -out DIR
//
// The same flags give the same bytes on any machine. Every page satisfies the
// kinds of playbook, so that a build has nothing to complain about, and is plain
// enough for other generators: section pages are named _index.md, links are
// relative and name .md files.
//
// -pages counts plans, sheets and banks. Roles, goals, terms and the section
// pages come on top; what was written is told at the end.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// perSection is how many pages lie in one folder.
const perSection = 50

func main() {
	pages := flag.Int("pages", 1000, "plans, SWOT sheets and question banks to write")
	out := flag.String("out", "", "folder to write to; must be empty or missing")
	terms := flag.Int("terms", 500, "terms of the vocabulary")
	seed := flag.Uint64("seed", 1, "another seed, other pages")
	swot := flag.Int("swot", 15, "SWOT sheets in a hundred pages")
	banks := flag.Int("banks", 15, "question banks in a hundred pages")
	unmatched := flag.Bool("unmatched", false, "terms that are pages as any other: their words are no links")
	only := flag.String("only", "", `"plan" writes plans alone`)
	flag.Parse()
	if *out == "" || flag.NArg() > 0 || *pages < 1 || *terms < 0 || *swot < 0 || *banks < 0 || *swot+*banks > 99 || *only != "" && *only != "plan" {
		flag.Usage()
		os.Exit(2)
	}
	if names, err := os.ReadDir(*out); err == nil && len(names) > 0 {
		fmt.Fprintln(os.Stderr, "corpus:", *out, "is not empty")
		os.Exit(2)
	}
	if *only == "plan" {
		*swot, *banks = 0, 0
	}
	s := plan(*pages, *terms, *swot, *banks, *seed)
	s.unmatched = *unmatched
	if err := s.write(*out); err != nil {
		fmt.Fprintln(os.Stderr, "corpus:", err)
		os.Exit(3)
	}
	fmt.Printf("%d pages (%d plans, %d SWOT sheets, %d question banks, %d terms, %d roles, %d goals, %d section pages), %.1f MB, %d words and %.1f links a page\n",
		s.files, len(s.plans), len(s.swots), len(s.banks), len(s.terms), len(s.roles), len(s.goals), s.files-len(s.plans)-len(s.swots)-len(s.banks)-len(s.terms)-len(s.roles)-len(s.goals),
		float64(s.bytes)/1e6, s.words/s.main, float64(s.links)/float64(s.main))
}

// doc is one page before it is written.
type doc struct {
	path   string // under content, without ".md"
	title  string
	region string
	n      int
}

func (d doc) id() string { return path.Base(d.path) }

type site struct {
	rnd                                      *rand.Rand
	seed                                     uint64
	plans, swots, banks, terms, roles, goals []doc
	phrases                                  []string // of the terms, as prose uses them
	sections                                 map[string]string
	order                                    []string // of sections

	files, words, links int
	main                int // pages that -pages counts, whose words and links those are
	bytes               int64
	unmatched           bool
}

// plan decides on every page's name and place, so that pages can link to each
// other before they are written.
func plan(pages, terms, swot, banks int, seed uint64) *site {
	s := &site{rnd: rand.New(rand.NewPCG(seed, 0)), seed: seed, sections: map[string]string{}}
	s.phrases = vocabulary(terms)
	for i, t := range s.phrases {
		s.terms = append(s.terms, doc{path: s.place("glossary", "Words", i) + "/" + slug(t), title: sentenceCase(t), n: i})
	}
	for i, r := range roles {
		s.roles = append(s.roles, doc{path: s.place("roles", "", 0) + "/" + slug(r.title), title: r.title, n: i})
	}
	for i, g := range goalTitles {
		s.goals = append(s.goals, doc{path: s.place("goals", "", 0) + "/" + slug(g), title: g, n: i})
	}
	for i := range pages {
		region := regions[s.rnd.IntN(len(regions))]
		switch r := (37*i + 99) % 100; { // each hundred has its share, and the first is a plan
		case r < swot:
			n := len(s.swots)
			subject := pickOne(s.rnd, branches)
			title := fmt.Sprintf("%s in %s, sheet %d", sentenceCase(subject), region, n+1)
			s.swots = append(s.swots, doc{s.place("swot", "Sheets", n) + "/" + slug(fmt.Sprintf("sheet %d %s %s", n+1, subject, region)), title, region, n})
		case r < swot+banks:
			n := len(s.banks)
			who := pickOne(s.rnd, personas)
			title := fmt.Sprintf("%s with the %s, bank %d", pickOne(s.rnd, stages), who, n+1)
			s.banks = append(s.banks, doc{s.place("question-banks", "Questions", n) + "/" + slug(fmt.Sprintf("bank %d %s", n+1, who)), title, region, n})
		default:
			n := len(s.plans)
			subject := pickOne(s.rnd, branches)
			title := fmt.Sprintf("%s: %s, plan %d", region, subject, n+1)
			s.plans = append(s.plans, doc{s.place("plans", "Area", n) + "/" + slug(fmt.Sprintf("plan %d %s %s", n+1, region, subject)), title, region, n})
		}
	}
	if len(s.swots) == 0 { // plans rest on some
		for n := range 4 {
			s.swots = append(s.swots, doc{s.place("swot", "Sheets", n) + fmt.Sprintf("/sheet-%d", n+1), fmt.Sprintf("Sheet %d", n+1), regions[n], n})
		}
	}
	return s
}

// place returns the folder of the n-th page of a section and sees to it that
// the folder gets its own page.
func (s *site) place(section, word string, n int) string {
	add := func(dir, title string) {
		if _, ok := s.sections[dir]; !ok {
			s.sections[dir] = title
			s.order = append(s.order, dir)
		}
	}
	add(section, sentenceCase(strings.ReplaceAll(section, "-", " ")))
	if word == "" {
		return section
	}
	dir := fmt.Sprintf("%s/%s-%03d", section, slug(word), n/perSection+1)
	add(dir, fmt.Sprintf("%s %d", word, n/perSection+1))
	return dir
}

func (s *site) write(out string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	put := func(name, text string) error {
		name = filepath.Join(out, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		s.bytes += int64(len(text))
		return os.WriteFile(name, []byte(text), 0o644)
	}
	page := func(name, text string) error {
		s.files++
		return put("content/"+name+".md", text)
	}
	if err := put("playbook.toml", "title = \"Measured playbook\"\nlanguage = \"en\"\n"); err != nil {
		return err
	}
	if err := page("_index", "---\ntitle: Measured playbook\n---\n"+s.prose(s.rnd, 40)+"\n"); err != nil {
		return err
	}
	for _, dir := range s.order {
		if err := page(dir+"/_index", "---\ntitle: "+quote(s.sections[dir])+"\n---\n"+s.prose(s.rnd, 30)+"\n"); err != nil {
			return err
		}
	}
	for i, stage := range stages {
		if err := page("stages/"+slug(stage), fmt.Sprintf("---\ntitle: %s\norder: %d\nexit_criteria: [The customer has said yes]\n---\n%s\n", stage, i+1, s.prose(s.rnd, 30))); err != nil {
			return err
		}
	}
	for _, group := range []struct {
		docs  []doc
		write func(*writer, doc)
		main  bool // among those that -pages counts
	}{
		{s.plans, (*writer).plan, true}, {s.swots, (*writer).swot, true}, {s.banks, (*writer).bank, true},
		{s.terms, (*writer).term, false}, {s.roles, (*writer).role, false}, {s.goals, (*writer).goal, false},
	} {
		for _, d := range group.docs {
			// Each page has its own source of chance: a change to how one kind
			// is written leaves the others as they were.
			w := &writer{s: s, d: d, rnd: rand.New(rand.NewPCG(s.seed, hash(d.path)))}
			group.write(w, d)
			if err := page(d.path, w.b.String()); err != nil {
				return err
			}
			if group.main {
				s.main++
				s.words += w.words
				s.links += w.links
			}
		}
	}
	return nil
}

func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

func slug(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.TrimSuffix(b.String(), "-")
}

func sentenceCase(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

func pickOne[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// relative is the link from one page to another.
func relative(from, to string) string {
	a, b := strings.Split(path.Dir(from), "/"), strings.Split(to, "/")
	for len(a) > 0 && len(b) > 1 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	return strings.Repeat("../", len(a)) + strings.Join(b, "/") + ".md"
}
