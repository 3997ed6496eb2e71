package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode"
)

// writer writes one page.
type writer struct {
	s            *site
	d            doc
	rnd          *rand.Rand
	b            strings.Builder
	words, links int
}

func (w *writer) line(format string, args ...any) { fmt.Fprintf(&w.b, format+"\n", args...) }

func (w *writer) chance(n int) bool { return w.rnd.IntN(n) == 0 }

// body writes text and counts its words.
func (w *writer) body(text string) {
	for _, f := range strings.Fields(text) {
		if strings.ContainsFunc(f, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			w.words++
		}
	}
	w.b.WriteString(text)
}

// sentence is one sentence in quotes, as front matter wants it.
func (w *writer) sentence() string { return quote(w.s.spoken(w.rnd, pickOne(w.rnd, sentences))) }

func (w *writer) ids(docs []doc, n int) string {
	var out []string
	at := w.rnd.IntN(len(docs))
	for i := range min(n, len(docs)) {
		out = append(out, docs[(at+i)%len(docs)].id())
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func (w *writer) seller() string { return pickOne(w.rnd, w.s.roles[12:17]).id() }

// linked is a sentence with a link to another page, to one of its headings
// now and then.
func (w *writer) linked(to doc, anchor string) string {
	w.links++
	target := relative(w.d.path, to.path)
	if anchor != "" && w.chance(3) {
		target += "#" + anchor
	}
	text := w.s.spoken(w.rnd, pickOne(w.rnd, []string{
		"More on this stands in [], which {o} keeps.",
		"Compare [], where the same {t} took {w}.",
		"It rests on [] and the talks of {d}.",
		"See [] before the next call to the {p}.",
	}))
	return strings.Replace(text, "[]", "["+to.title+"]("+target+")", 1)
}

func (w *writer) table(head string, rows int) string {
	var b strings.Builder
	cols := strings.Split(head, "|")
	b.WriteString("| " + strings.Join(cols, " | ") + " |\n|" + strings.Repeat(" --- |", len(cols)) + "\n")
	for range rows {
		b.WriteString("| " + pickOne(w.rnd, regions))
		for i := range cols[1:] {
			if i == 0 {
				b.WriteString(" | " + w.s.phrase(w.rnd))
			} else {
				fmt.Fprintf(&b, " | %d,%03d", 1+w.rnd.IntN(400), w.rnd.IntN(1000))
			}
		}
		b.WriteString(" |\n")
	}
	return b.String()
}

func (w *writer) tasks(n, done int) string {
	var b strings.Builder
	for i := range n {
		mark := " "
		if i < done {
			mark = "x"
		}
		b.WriteString("- [" + mark + "] " + w.s.spoken(w.rnd, pickOne(w.rnd, []string{
			"Which {b} have no {t} yet?", "Who at the customer owns the {t}?", "What does waiting cost the {p} in {w}?",
			"Is the {t} in the order book of {d}?", "Has {o} seen the {t}?", "Where do we stand against last year's {t}?",
		})) + "\n")
	}
	return b.String()
}

var steps = []string{"1. Where we stand", "2. Why customers buy", "3. SWOT", "4. Objectives", "5. Strategies", "6. Resources", "7. Actions", "8. Work the plan"}

// others picks n pages other than this one, near ones more often.
func (w *writer) others(docs []doc, n int) []doc {
	var out []doc
	for len(out) < n && len(docs) > 1 {
		i := w.rnd.IntN(len(docs))
		if w.chance(2) {
			i = w.d.n/perSection*perSection + w.rnd.IntN(perSection)
		}
		if i < len(docs) && docs[i].path != w.d.path {
			out = append(out, docs[i])
		}
	}
	return out
}

func (w *writer) plan(d doc) {
	r := w.rnd
	target := 400000 + 1000*r.IntN(900)
	w.line("---\ntitle: %s\ntype: strategic\nstatus: active\nowner: %s\ncontributors: %s", quote(d.title), w.seller(), w.ids(w.s.roles[5:9], 2))
	w.line("region: %s\nperiod: 2027-H1\nstarts: 2027-01-01\nends: 2027-06-30", quote(d.region))
	w.line("goals: %s\nswot: %s", w.ids(w.s.goals[3:], 2), w.ids(w.s.swots, 1))
	if len(w.s.banks) > 0 {
		w.line("banks: %s", w.ids(w.s.banks, 2))
	}
	w.line("funnel:\n  target: %d\n  booked: %d\n  pipeline: %d\n  conversion: 0.%d\n  average_price: %d", target, target/4, target/2, 18+r.IntN(30), 20000+1000*r.IntN(60))
	w.line("objectives:")
	for range 3 {
		w.line("  - text: %s\n    metric: Orders booked\n    value: %d\n    due: 2027-0%d-15\n    goal: %s", w.sentence(), 3+r.IntN(30), 2+r.IntN(5), pickOne(r, w.s.goals[3:]).id())
	}
	w.line("strategies:\n  - %s\n  - %s", w.sentence(), w.sentence())
	w.line("actions:")
	for i := range 4 {
		status := "open"
		if i == 0 {
			status = "done"
		}
		w.line("  - what: %s\n    who: %s\n    due: 2027-0%d-%02d\n    status: %s", w.sentence(), w.seller(), 1+r.IntN(6), 1+r.IntN(28), status)
	}
	w.line("tags: [%s]\nverified_on: 2026-11-%02d\n---", slug(pickOne(r, branches)), 1+r.IntN(20))
	links := w.others(w.s.plans, 2+r.IntN(3))
	links = append(links, pickOne(r, w.s.swots))
	if len(w.s.banks) > 0 {
		links = append(links, pickOne(r, w.s.banks))
	}
	w.steps(steps, links)
}

// steps writes the body that plans, sheets and banks share: headed parts with
// prose, task lists, two tables, and the links spread over them.
func (w *writer) steps(heads []string, links []doc) {
	w.body(w.s.prose(w.rnd, 40) + "\n")
	want := 640 + w.rnd.IntN(200)
	for i, h := range heads {
		w.body("\n## " + h + "\n\n")
		w.body(w.s.prose(w.rnd, (want-w.words)/(len(heads)-i)-40) + "\n\n")
		for len(links)*len(heads) > (len(heads)-1-i)*(len(links)+1)+len(links) || i == len(heads)-1 && len(links) > 0 {
			anchor := ""
			if strings.HasPrefix(links[0].path, "plans/") {
				anchor = slug(pickOne(w.rnd, steps))
			}
			w.body(w.linked(links[0], anchor) + "\n\n")
			links = links[1:]
		}
		switch i % 4 {
		case 0, 2:
			w.body(w.tasks(3, 2))
		case 1:
			w.body(w.table("Region|What|Last year|This year", 4))
		case 3:
			w.body("### In short\n\n")
			for range 3 {
				w.body("- " + w.s.spoken(w.rnd, pickOne(w.rnd, sentences)) + "\n")
			}
		}
	}
}

func (w *writer) swot(d doc) {
	w.line("---\ntitle: %s\nsubject: territory\nof: %s\ndrawn_up: 2026-11-03\nowner: %s\ntags: [%s]\nverified_on: 2026-11-%02d", quote(d.title), pickOne(w.rnd, w.s.plans).id(), w.seller(), slug(pickOne(w.rnd, branches)), 1+w.rnd.IntN(20))
	for _, part := range []string{"strengths", "weaknesses", "opportunities", "threats"} {
		w.line("%s:", part)
		for range 3 {
			w.line("  - text: %s\n    weight: %d\n    evidence: Order book, October\n    response: %s", w.sentence(), 1+w.rnd.IntN(5), w.sentence())
		}
	}
	w.line("---")
	w.steps([]string{"How the sheet was drawn up", "Strengths", "Weaknesses", "Opportunities", "Threats", "What follows"},
		append(w.others(w.s.plans, 2+w.rnd.IntN(2)), w.others(w.s.swots, 1)...))
}

func (w *writer) bank(d doc) {
	// Every second bank asks for consequences; the ones between lead to them.
	intent, leads := "consequence", ""
	if d.n%2 == 0 && len(w.s.banks) > 1 {
		intent = "information"
		next := d.n + 1
		if next >= len(w.s.banks) {
			next = d.n - 1
		}
		leads = "\nleads_to: [" + w.s.banks[next].id() + "]"
	}
	w.line("---\ntitle: %s\nintent: %s%s\nstage: %s\npersona: %s\nminutes: %d\nowner: product-marketing\ntags: [%s]\nverified_on: 2026-11-%02d\nquestions:",
		quote(d.title), intent, leads, slug(pickOne(w.rnd, stages)), sentenceCase(pickOne(w.rnd, personas)), 15+5*w.rnd.IntN(5), slug(pickOne(w.rnd, branches)), 1+w.rnd.IntN(20))
	for i := range 6 {
		w.line("  - ask: %s\n    why: %s\n    listen_for: %s", quote(w.s.spoken(w.rnd, fmt.Sprintf("Question %d: what happens to the {t} when {w} pass and nothing is done about the {t}?", i+1))), w.sentence(), w.sentence())
	}
	w.line("---")
	w.steps([]string{"When to use it", "How to open", "What the answers mean", "What to avoid", "Afterwards"},
		append(w.others(w.s.plans, 2+w.rnd.IntN(2)), w.others(w.s.banks, 1)...))
}

func (w *writer) term(d doc) {
	w.line("---\ntitle: %s\nstatus: agreed\nagreed_on: 2026-05-28\napproved_by: [head-of-sales, head-of-marketing]\nowners: [sales-operations]\nverified_on: 2026-11-%02d", quote(d.title), 1+w.rnd.IntN(20))
	if w.s.unmatched {
		w.line("match: {auto: false}")
	}
	w.line("---")
	w.body(w.s.prose(w.rnd, 25) + "\n\n" + w.s.prose(w.rnd, 30) + "\n")
}

func (w *writer) role(d doc) {
	r := roles[d.n]
	w.line("---\ntitle: %s\ndepartment: %s\nstatus: filled\nverified_on: 2026-11-%02d", quote(d.title), r.department, 1+w.rnd.IntN(20))
	if r.above != "" {
		w.line("reports_to: %s", r.above)
	}
	w.line("---")
	w.body(w.s.prose(w.rnd, 30) + "\n")
}

func (w *writer) goal(d doc) {
	w.line("---\ntitle: %s\nperiod: 2027-H1\nmetric: %s\nunit: k€\ntarget: %d\nstarts: 2027-01-01\ndue: 2027-06-30\nstatus: planned\nverified_on: 2026-11-%02d", quote(d.title), quote("Measure "+fmt.Sprint(d.n+1)), 100+w.rnd.IntN(900), 1+w.rnd.IntN(20))
	if d.n < 3 {
		w.line("level: corporate\nowner: managing-director\n---")
	} else {
		w.line("level: region\nowner: %s\nsupports: [%s]\n---", w.s.roles[9+d.n%3].id(), w.s.goals[d.n%3].id())
	}
	w.body(w.s.prose(w.rnd, 40) + "\n")
}
