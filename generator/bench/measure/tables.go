//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
)

// budget is one line of what was promised.
type budget struct {
	what, limit, stretch string
	// measure tells what was measured, and how it stands to budget and stretch:
	// 1 is just met, 2 is twice as much as allowed. Several figures: the worst.
	measure func(*results) (shown string, ofLimit, ofStretch float64, parts []string, ok bool)
}

// faster is a budget of being n times as fast as something else.
func faster(what, part, ours, theirs string, limit, stretch float64, of func(row) []float64, word string) budget {
	return budget{what, fmt.Sprintf("%g times %s", limit, word), fmt.Sprintf("%g times", stretch), func(r *results) (string, float64, float64, []string, bool) {
		a, ok := r.get(part, ours)
		b, ok2 := r.get(part, theirs)
		if !ok || !ok2 {
			return "", 0, 0, nil, false
		}
		x := ratio(b, a, of)
		unit := fmt.Sprintf("s), CPU %.2f", ratio(b, a, cpu))
		if word == "less" {
			unit = "MiB)"
		}
		return fmt.Sprintf("%.2f times (%s against %s %s", x, short(median(of(a))), short(median(of(b))), unit), limit / x, stretch / x, []string{part}, true
	}}
}

// share is a budget of taking at most a share of what something else takes.
func share(what, limitText, stretchText, part, ours, theirs string, limit, stretch float64) budget {
	return budget{what, limitText, stretchText, func(r *results) (string, float64, float64, []string, bool) {
		a, ok := r.get(part, ours)
		b, ok2 := r.get(part, theirs)
		if !ok || !ok2 {
			return "", 0, 0, nil, false
		}
		x := ratio(a, b, wall)
		return fmt.Sprintf("%s (%s against %s s), CPU %s", portion(x), short(median(a.Wall)), short(median(b.Wall)), portion(ratio(a, b, cpu))), x / limit, x / stretch, []string{part}, true
	}}
}

// portion writes a share: as 1/n where it is small.
func portion(x float64) string {
	if x < 0.5 {
		return fmt.Sprintf("1/%.1f", 1/x)
	}
	return fmt.Sprintf("%.2f", x)
}

// more is a budget of what something may cost beyond going without.
func more(what, limitText, stretchText, part, with, without string, limit, stretch float64) budget {
	return budget{what, limitText, stretchText, func(r *results) (string, float64, float64, []string, bool) {
		a, ok := r.get(part, with)
		b, ok2 := r.get(part, without)
		if !ok || !ok2 {
			return "", 0, 0, nil, false
		}
		w, c := ratio(a, b, wall)-1, ratio(a, b, cpu)-1
		return fmt.Sprintf("%+.1f%% (%s against %s s), CPU %+.1f%%", 100*w, short(median(a.Wall)), short(median(b.Wall)), 100*c), w / limit, w / stretch, []string{part}, true
	}}
}

// edit is a budget of a wait, in milliseconds.
func edit(what, part, kind string, limit, stretch float64) budget {
	return budget{what, fmt.Sprintf("%g ms", limit), fmt.Sprintf("%g ms", stretch), func(r *results) (string, float64, float64, []string, bool) {
		a, ok := r.get(part, "playbook, "+kind)
		if !ok {
			return "", 0, 0, nil, false
		}
		ms := 1000 * median(a.Wall)
		return wait(a), ms / limit, ms / stretch, []string{part}, true
	}}
}

func wait(a row) string {
	return fmt.Sprintf("%.0f ms, 95th percentile %.0f ms", 1000*median(a.Wall), 1000*quantile(a.Wall, 0.95))
}

// slower is a budget of how much longer an edit waits on a larger site.
func slower(what, kind string, limit, stretch float64) budget {
	return budget{what, fmt.Sprintf("%g times", limit), fmt.Sprintf("%g times", stretch), func(r *results) (string, float64, float64, []string, bool) {
		a, ok := r.get("serve-100000", "playbook, "+kind)
		b, ok2 := r.get("serve-10000", "playbook, "+kind)
		if !ok || !ok2 {
			return "", 0, 0, nil, false
		}
		x := median(a.Wall) / median(b.Wall)
		return fmt.Sprintf("%.1f times (%s)", x, wait(a)), x / limit, x / stretch, []string{"serve-100000", "serve-10000"}, true
	}}
}

var budgets = []budget{
	faster("cold full build, 10,000 pages, against Hugo plain", "cold-10000", full, hugoPlain, 2.5, 4, wall, "faster"),
	faster("the same against Hugo with minify and a search index", "cold-10000", full, hugoFuller, 5, 10, wall, "faster"),
	share("the same against the bare program, which minifies too", "0.9 of its time", "0.6", "cold-10000", full, bareMin, 0.9, 0.6),
	faster("peak memory, 10,000 pages, against Hugo plain", "cold-10000", full, hugoPlain, 4, 6, mib, "less"),
	{"cold, 100,000 pages: time per page against that at 10,000", "1.15", "1.0", func(r *results) (string, float64, float64, []string, bool) {
		a, ok := r.get("cold-100000", full)
		b, ok2 := r.get("cold-10000", full)
		if !ok || !ok2 {
			return "", 0, 0, nil, false
		}
		one := func(r row, of func(row) []float64) float64 { return median(of(r)) / float64(r.Pages) }
		x := one(a, wall) / one(b, wall)
		return fmt.Sprintf("%.2f (%.0f against %.0f µs), CPU %.2f", x, 1e6*one(a, wall), 1e6*one(b, wall), one(a, cpu)/one(b, cpu)), x / 1.15, x, []string{"cold-100000", "cold-10000"}, true
	}},
	{"peak memory, 100,000 pages", "1.5 GiB", "700 MiB", func(r *results) (string, float64, float64, []string, bool) {
		a, ok := r.get("cold-100000", full)
		if !ok {
			return "", 0, 0, nil, false
		}
		x := median(a.MiB)
		return fmt.Sprintf("%.0f MiB", x), x / 1536, x / 700, []string{"cold-100000"}, true
	}},
	share("fresh process, nothing changed, 10,000 pages", "1/15 of cold", "1/30", "cold-10000", unchanged, full, 1.0/15, 1.0/30),
	share("fresh process, one body edited", "1/12 of cold", "1/25", "cold-10000", edited, full, 1.0/12, 1.0/25),
	edit("serve: body edit to changed bytes, 10,000 pages, median", "serve-10000", "body", 50, 25),
	{"the same against `hugo server`", "1/50", "1/100", func(r *results) (string, float64, float64, []string, bool) {
		a, ok := r.get("serve-10000", "playbook, body")
		b, ok2 := r.get("hugo-serve-10000", "Hugo, body")
		if !ok || !ok2 {
			return "", 0, 0, nil, false
		}
		x := median(b.Wall) / median(a.Wall)
		return fmt.Sprintf("1/%.0f (Hugo %s)", x, wait(b)), 50 / x, 100 / x, []string{"serve-10000", "hugo-serve-10000"}, true
	}},
	edit("serve: title edit (its section's navigation changes on 50 pages)", "serve-10000", "title", 150, 80),
	slower("serve: body edit at 100,000 pages against 10,000", "body", 3, 1.5),
	slower("serve: title edit at 100,000 pages against 10,000", "title", 3, 1.5),
	edit("serve: term added, used by 100 of 10,000 pages", "serve-10000", "new", 150, 80),
	more("glossary, 5,000 terms against none", "+10% of cold", "+4%", "terms-10000", manyTerms, noTerms, 0.10, 0.04),
	{"search index: share of the build, 10,000 pages", "10%", "5%", func(r *results) (string, float64, float64, []string, bool) {
		a, ok := r.get("cold-10000", full)
		b, ok2 := r.get("cold-10000", noSearch)
		if !ok || !ok2 {
			return "", 0, 0, nil, false
		}
		w, c := 1-ratio(b, a, wall), 1-ratio(b, a, cpu)
		return fmt.Sprintf("%.1f%% (%s s, without %s s), of CPU %.1f%%", 100*w, short(median(a.Wall)), short(median(b.Wall)), 100*c), w / 0.10, w / 0.05, []string{"cold-10000"}, true
	}},
	found("search index: size against Pagefind's", "Pagefind's", "half of it", func(a, b map[string]float64) (string, float64, float64) {
		x := a["index bytes"] / b["index bytes"]
		return fmt.Sprintf("%.2f (%.1f against %.1f MB)", x, a["index bytes"]/1e6, b["index bytes"]/1e6), x, x / 0.5
	}),
	found("search: bytes to the first result, 10,000 pages", "150 kB", "80 kB", func(a, b map[string]float64) (string, float64, float64) {
		x := a["first bytes"] / 1000
		return fmt.Sprintf("%.0f kB (Pagefind %.0f kB)", x, b["first bytes"]/1000), x / 150, x / 80
	}),
	share("check only, 10,000 pages", "half of cold", "a third", "cold-10000", checkOnly, full, 0.5, 1.0/3),
	share("publish, 10 of 10,000 pages changed, directory target, against `rsync -a --checksum`", "1/3 of its time", "1/10", "publish-10000", published, rsynced, 1.0/3, 0.1),
	share("the same into a folder in place", "1/3 of its time", "1/10", "publish-10000", inPlace, rsynced, 1.0/3, 0.1),
}

func found(what, limit, stretch string, measure func(a, b map[string]float64) (string, float64, float64)) budget {
	return budget{what, limit, stretch, func(r *results) (string, float64, float64, []string, bool) {
		a, ok := r.get("find-10000", ourIndex)
		b, ok2 := r.get("find-10000", pagefind)
		if !ok || !ok2 {
			return "", 0, 0, nil, false
		}
		shown, x, y := measure(a.Values, b.Values)
		return shown, x, y, []string{"find-10000"}, true
	}}
}

// short is a figure with three digits that say something.
func short(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func verdict(ofLimit, ofStretch float64) string {
	switch {
	case ofStretch <= 1:
		return "met, stretch too"
	case ofLimit <= 1:
		return "met"
	}
	return fmt.Sprintf("**%.2f times too much**", ofLimit)
}

const (
	tablesBegin = "<!-- what measure writes begins -->"
	tablesEnd   = "<!-- what measure writes ends -->"
)

// writeTables writes the tables into a report, between its marks. The last
// column of the first is written by hand, and stays.
func (r *results) writeTables(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	head, rest, ok := bytes.Cut(text, []byte(tablesBegin))
	old, foot, ok2 := bytes.Cut(rest, []byte(tablesEnd))
	if !ok || !ok2 {
		return fmt.Errorf("%s has no %s and %s", file, tablesBegin, tablesEnd)
	}
	var b bytes.Buffer
	b.Write(head)
	fmt.Fprintf(&b, "%s\n\n%s%s", tablesBegin, r.tables(notes(string(old))), tablesEnd)
	b.Write(foot)
	if bytes.Equal(b.Bytes(), text) {
		return nil
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}

// notes are what was written by hand beside each budget.
func notes(old string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(old) {
		if cells := strings.Split(strings.Trim(line, "| \n"), " | "); len(cells) == 6 {
			out[cells[0]] = cells[5]
		}
	}
	return out
}

func (r *results) tables(notes map[string]string) string {
	var b strings.Builder
	b.WriteString("## Budgets\n\n| what | budget | stretch | measured | | what the profile shows |\n|---|---|---|---|---|---|\n")
	for _, line := range budgets {
		shown, x, y, parts, ok := line.measure(r)
		told := "not measured"
		if ok {
			told = verdict(x, y)
			for _, p := range parts {
				if _, whole := r.whole(p); !whole {
					told += " (of a part that is not whole)"
					break
				}
			}
		}
		note := notes[line.what]
		if note == "" || note == "what the profile shows" {
			note = "-"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", line.what, line.limit, line.stretch, shown, told, note)
	}
	b.WriteString("\n## All figures\n\nMedians, in brackets the least and the most. Ratios are to the first line of each table, turn by turn.\n")
	for _, p := range r.parts() {
		b.WriteString("\n" + r.table(p))
	}
	return b.String()
}

// parts are the parts that have figures, those first that are always measured.
func (r *results) parts() []string {
	var out []string
	for _, p := range slices.Concat(coldParts, serveParts) {
		if slices.ContainsFunc(r.rows, func(x row) bool { return x.Part == p && x.Name != "" }) {
			out = append(out, p)
		}
	}
	return out
}

// table is all of one part.
func (r *results) table(part string) string {
	var rows []row
	for _, x := range r.rows {
		if x.Part == part && x.Name != "" && (len(x.Wall) > 0 || len(x.Values) > 0) {
			rows = append(rows, x)
		}
	}
	if len(rows) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", part)
	if len(rows[0].Values) > 0 {
		b.WriteString("| | index, MB in files | first result: kB, ms | made in s, CPU s, MiB |\n|---|---|---|---|\n")
		for _, x := range rows {
			v := x.Values
			made := "with the pages"
			if v["wall"] > 0 {
				made = fmt.Sprintf("%s, %s, %.0f", short(v["wall"]), short(v["cpu"]), v["mib"])
			}
			fmt.Fprintf(&b, "| %s | %.2f in %.0f | %.0f, %.0f | %s |\n", x.Name, v["index bytes"]/1e6, v["index files"], v["first bytes"]/1000, v["first ms"], made)
		}
	} else if strings.Contains(part, "serve-") {
		b.WriteString("| | ms | 95th percentile | least | most | edits | CPU ms each | peak MiB |\n|---|---|---|---|---|---|---|---|\n")
		for _, x := range rows {
			peak, spent := "", ""
			if len(x.CPU) > 0 {
				spent = fmt.Sprintf("%.0f", 1000*x.CPU[0])
			}
			if len(x.MiB) > 0 {
				peak = fmt.Sprintf("%.0f", x.MiB[0])
			}
			fmt.Fprintf(&b, "| %s | **%.1f** | %.1f | %.1f | %.1f | %d | %s | %s |\n", x.Name, 1000*median(x.Wall), 1000*quantile(x.Wall, 0.95), 1000*slices.Min(x.Wall), 1000*slices.Max(x.Wall), len(x.Wall), spent, peak)
		}
	} else {
		b.WriteString("| | wall s | CPU s | peak MiB | files | MB | wall, CPU, memory: ratio |\n|---|---|---|---|---|---|---|\n")
		first := rows[0]
		for _, x := range rows {
			if x.Name == full {
				first = x
			}
		}
		for _, x := range rows {
			size, files := "", ""
			if x.Files > 0 {
				files, size = fmt.Sprint(x.Files), fmt.Sprintf("%.1f", float64(x.Bytes)/1e6)
			}
			unfinished := ""
			if len(x.Wall) < x.Of {
				unfinished = fmt.Sprintf(" (%d of %d turns)", len(x.Wall), x.Of)
			}
			fmt.Fprintf(&b, "| %s%s | **%s** (%s to %s) | %s | %.0f | %s | %s | %.2f, %.2f, %.2f |\n", x.Name, unfinished,
				short(median(x.Wall)), short(slices.Min(x.Wall)), short(slices.Max(x.Wall)), short(median(x.CPU)), median(x.MiB), files, size,
				ratio(x, first, wall), ratio(x, first, cpu), ratio(x, first, mib))
		}
	}
	var said []string
	for _, x := range rows {
		s := fmt.Sprintf("%d Markdown files; %s UTC, source %s, load %.1f before; %s", x.Pages, x.Began, x.State, x.Load, x.Machine)
		if n := len(x.Wall); n > 0 && !strings.Contains(part, "serve-") {
			s = fmt.Sprintf("%d turns; ", n) + s
		}
		if !slices.Contains(said, s) {
			said = append(said, s)
		}
	}
	if whole, ok := r.whole(part); ok {
		said[0] += fmt.Sprintf("; %.1f minutes", whole.Seconds/60)
	}
	b.WriteString("\n")
	for _, s := range said {
		b.WriteString(s + ".\n")
	}
	return b.String()
}
