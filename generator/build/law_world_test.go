package build_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"maps"
	"path"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// A sequence is a random site and the random edits it goes through. It is data:
// drawn first, as a whole, and played afterwards, so that what failed reads as
// a story.
type sequence struct {
	full     bool   // the built-in theme instead of the small one
	trusting bool   // files look old enough for their digests to be kept
	watched  bool   // builds are told in which folders something changed
	steps    []step // the first makes the site
}

// step is one edit, made between two builds.
type step struct {
	story string
	ops   []op
	set   settings // as they are from now on
}

// op changes one file. With a data of "" it moves from to path, or removes path
// where from is empty too. A fresh file is put in place as editors do that save
// to a new file first.
type op struct {
	path, data, from string
	fresh            bool
	brief            string // what the story says of data, instead of all of it
}

// settings are what a build is told beside the site's files.
type settings struct {
	asOf                              int
	drafts, future, portable, careful bool // careful: errors keep the site from being written
	baseURL, version                  string
	workers                           int
	breaks                            int  // before this build another one fails at its n-th output; 0: it does not
	checks                            bool // before this build another one only checks
}

func (s settings) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "--as-of 2026-01-%02d", s.asOf)
	for _, f := range []struct {
		name string
		on   bool
	}{{"--drafts", s.drafts}, {"--future", s.future}, {"--portable", s.portable}, {"that stops at errors", s.careful}, {"after one that only checked", s.checks}} {
		if f.on {
			b.WriteString(" " + f.name)
		}
	}
	if s.baseURL != "" {
		b.WriteString(" --base-url " + s.baseURL)
	}
	fmt.Fprintf(&b, " by version %s on %d workers", s.version, s.workers)
	if s.breaks > 0 {
		fmt.Fprintf(&b, ", after one that failed at output %d", s.breaks)
	}
	return b.String()
}

// String tells the edit: what was done, to which files, and what they hold now.
func (s step) String() string {
	var b strings.Builder
	b.WriteString(s.story)
	for _, o := range s.ops {
		switch {
		case o.from != "":
			fmt.Fprintf(&b, "\n   mv %s %s", o.from, o.path)
		case o.data == "":
			fmt.Fprintf(&b, "\n   rm %s", o.path)
		case o.brief != "":
			fmt.Fprintf(&b, "\n   %s: %s", o.path, o.brief)
		case strings.HasPrefix(o.data, "\x89PNG"):
			c, _, _ := image.DecodeConfig(strings.NewReader(o.data))
			fmt.Fprintf(&b, "\n   %s: a picture of %d x %d", o.path, c.Width, c.Height)
		default:
			fmt.Fprintf(&b, "\n   %s:\n      |%s", o.path, strings.ReplaceAll(strings.TrimSuffix(o.data, "\n"), "\n", "\n      |"))
		}
	}
	return b.String()
}

// tell is the story.
func (s sequence) tell() string {
	var b strings.Builder
	b.WriteString("The story, with ")
	for _, f := range []struct {
		on        bool
		text, not string
	}{{s.full, "the built-in theme", "the small theme"}, {s.trusting, ", files of which each looks older than the next", ", files that all look young"},
		{s.watched, ", and builds that are told where to look:\n", ", and builds that look everywhere:\n"}} {
		if f.on {
			b.WriteString(f.text)
		} else {
			b.WriteString(f.not)
		}
	}
	was := settings{}
	for i, st := range s.steps {
		if len(st.ops) == 0 && st.set == was && i < len(s.steps)-1 {
			continue
		}
		fmt.Fprintf(&b, "%2d %s\n", i, st)
		if st.set != was {
			fmt.Fprintf(&b, "   built %s\n", st.set)
			was = st.set
		}
	}
	return b.String()
}

// GoString keeps the log of draws short: a failure tells the story itself.
func (s sequence) GoString() string { return fmt.Sprintf("%d steps", len(s.steps)) }

// stepsPerSequence is how many edits a site goes through.
const stepsPerSequence = 20

// sequences draws sites and their edits. One in eight has the built-in theme, and
// one in eight the panel.
var sequences = rapid.Custom(func(t *rapid.T) sequence { return draw(t, one(t, 3), one(t, 3)) })

// panels draws sites with the small theme and the panel.
var panels = rapid.Custom(func(t *rapid.T) sequence { return draw(t, false, true) })

// draw draws a site and its edits, for the built-in or the small theme, with or
// without the panel.
func draw(t *rapid.T, full, panel bool) sequence {
	s := sequence{trusting: rapid.Bool().Draw(t, ""), watched: rapid.Bool().Draw(t, ""), full: full}
	w := &world{t: t, writing: rapid.Bool().Draw(t, ""), files: map[string]string{}, set: settings{asOf: 4, version: "1", workers: 1}}
	w.step = step{story: "a site is made"}
	for range rapid.IntRange(3, 12).Draw(t, "") {
		w.write(w.newPath(), page(t))
	}
	if panel {
		w.panel()
	}
	for range rapid.IntRange(0, 3).Draw(t, "") {
		w.attach()
	}
	if rapid.Bool().Draw(t, "") {
		w.configure()
	}
	if one(t, 2) {
		w.write("layouts/kinds/guide/kind.yaml", kindYAML("guide", nil, true))
	}
	s.steps = append(s.steps, w.done())
	for range stepsPerSequence {
		w.edit()
		s.steps = append(s.steps, w.done())
	}
	return s
}

// panel adds a page for each question, which asks it and little else: no other
// answer that changes at the same time can hide that this one was missed.
func (w *world) panel() {
	for i, ask := range asks {
		dir, name, under, front := folders[i%len(folders)], stems[i%len(stems)], "", ""
		switch ask {
		case "outline":
			dir, under = "plans/", "\n## One\n\n- [ ] to do\n"
		case "uses":
			dir = "glossary/"
		case "backlinks", "body", "page", "pager", "trail", "nav": // of the page that asks
		case "derived", "relations":
			dir, front = "goals/", "supports: [goals/related]\n" // its title is seen there
		case "related":
			dir, name = "goals/", ask
		case "children":
			dir, name = "guides/deep/", "_index"
		case "sections":
			dir, name = "guides/", "_index"
		default:
			dir, name = "panel/", ask
		}
		title, other := words[i%len(words)], stems[(i+1)%len(stems)]
		w.write("content/"+dir+name+".md", fmt.Sprintf("---\ntitle: %s\nlayout: ask/%s\naliases: [/old/of-%s/]\n%s---\nThe %s.\n\nOf [[%s]].\n%s", title, ask, ask, front, words[(i+1)%len(words)], other, under))
		w.step.ops[len(w.step.ops)-1].brief = fmt.Sprintf("%q with the layout ask/%s and an older address, saying %q and linking to %s", title, ask, words[(i+1)%len(words)], other)
	}
}

// world is a site while its edits are drawn.
type world struct {
	t     *rapid.T
	files map[string]string
	set   settings
	step  step

	writing bool // most edits are of pages' text
}

func (w *world) done() step {
	st := w.step
	st.set = w.set
	w.step, w.set.breaks, w.set.checks = step{}, 0, false
	return st
}

func (w *world) write(p, data string) {
	w.files[p] = data
	w.step.ops = append(w.step.ops, op{path: p, data: data, fresh: rapid.Bool().Draw(w.t, "")})
}

func (w *world) remove(p string) {
	delete(w.files, p)
	w.step.ops = append(w.step.ops, op{path: p})
}

func (w *world) move(from, to string) {
	if from == to {
		return
	}
	w.files[to] = w.files[from]
	delete(w.files, from)
	w.step.ops = append(w.step.ops, op{path: to, from: from})
}

// paths returns the files below a folder that end like that, in order.
func (w *world) paths(under, ext string) []string {
	var out []string
	for p := range w.files {
		if strings.HasPrefix(p, under) && strings.HasSuffix(p, ext) {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}

// one is true once in 2^k draws; it shrinks to false.
func one(t *rapid.T, k int) bool {
	for range k {
		if !rapid.Bool().Draw(t, "") {
			return false
		}
	}
	return true
}

func pick[T any](t *rapid.T, of ...T) T { return rapid.SampledFrom(of).Draw(t, "") }

var (
	words   = []string{"lead", "pipeline", "renewal", "champion", "quarter"}
	stems   = []string{"p0", "p1", "p2", "p3", "p4", "p5"}
	folders = []string{"goals/", "glossary/", "", "guides/", "guides/deep/", "plans/", "roles/", "fr/", "tags/", "old/"}
	kinds   = []string{"goal", "guide", "term", "plan", "role", "memo"}
	asks    = slices.Sorted(maps.Keys(questions))
)

func stem(t *rapid.T) string { return pick(t, stems...) }
func name(t *rapid.T) string { return pick(t, "", "", "goals/", "guides/") + stem(t) }
func word(t *rapid.T) string { return pick(t, words...) }
func day(t *rapid.T) string  { return fmt.Sprintf("2026-01-%02d", rapid.IntRange(1, 9).Draw(t, "")) }

func (w *world) newPath() string {
	name := stem(w.t)
	if one(w.t, 3) {
		name = pick(w.t, "index", "_index", "README")
	}
	return "content/" + pick(w.t, folders...) + name + pick(w.t, ".md", ".md", ".md", ".markdown")
}

// keys are what front matter may hold, each with a way to draw its value.
var keys = []struct {
	key   string
	value func(t *rapid.T) string
}{
	{"title", title},
	{"kind", func(t *rapid.T) string { return pick(t, kinds...) }},
	{"layout", func(t *rapid.T) string { return "ask/" + pick(t, slices.Concat(asks, []string{"nobody"})...) }},
	{"layout", func(t *rapid.T) string { return "ask/" + pick(t, asks...) }},
	{"layout", func(t *rapid.T) string { return "ask/" + pick(t, asks...) }},
	{"layout", func(t *rapid.T) string { return "ask/" + pick(t, asks...) }},
	{"supports", func(t *rapid.T) string { return "[" + name(t) + "]" }},
	{"supports", func(t *rapid.T) string { return "[" + name(t) + ", " + name(t) + "]" }},
	{"owner", name},
	{"related", func(t *rapid.T) string { return "[" + stem(t) + "]" }},
	{"reports_to", stem},
	{"level", func(t *rapid.T) string { return pick(t, "corporate", "team", "rep", "nobody") }},
	{"status", func(t *rapid.T) string { return pick(t, "planned", "agreed", "disputed", "met", "7") }},
	{"target", func(t *rapid.T) string { return pick(t, "10", "20", "x") }},
	{"actual", func(t *rapid.T) string { return pick(t, "5", "10", "15") }},
	{"due", day},
	{"date", day},
	{"tags", func(t *rapid.T) string { return "[" + word(t) + ", " + word(t) + "]" }},
	{"draft", func(t *rapid.T) string { return pick(t, "true", "false", "perhaps") }},
	{"publish_on", day},
	{"expires_on", day},
	{"aliases", func(t *rapid.T) string { return "[/old/" + stem(t) + "/, " + word(t) + "]" }},
	{"slug", func(t *rapid.T) string { return pick(t, stem(t), "a b", "tags") }},
	{"weight", func(t *rapid.T) string { return pick(t, "1", "2", "3") }},
	{"id", func(t *rapid.T) string { return pick(t, "id1", "id2") }},
	{"description", func(t *rapid.T) string { return "About the " + word(t) }},
	{"definition", func(t *rapid.T) string { return "It is a " + word(t) + ", see [[" + stem(t) + "]]" }},
	{"values", func(t *rapid.T) string { return "{cap: " + pick(t, "100", "2000", "[1, 2]") + "}" }},
	{"lang", func(t *rapid.T) string { return pick(t, "de", "fr") }},
	{"toc", func(t *rapid.T) string { return pick(t, "false", "true") }},
	{"verified_on", day},
	{"review_every", func(t *rapid.T) string { return pick(t, "2", "90", "never") }},
	{"audience", func(t *rapid.T) string { return pick(t, "[sales]", "[all]") }},
	{"checks", func(t *rapid.T) string { return "{" + pick(t, "link-broken", "page-empty", "goal-late") + ": known}" }},
	{"broken", func(t *rapid.T) string { return "[" }},
}

func title(t *rapid.T) string {
	return pick(t, strings.ToUpper, strings.ToLower)(word(t)) + pick(t, "", " 2", " & co")
}

// page draws the text of a page that refers to others, some of which exist.
func page(t *rapid.T) string {
	var b strings.Builder
	if !one(t, 4) {
		b.WriteString("---\n")
		has := map[string]bool{}
		for i, k := range keys {
			if !has[k.key] && (i == 0 && !one(t, 3) || one(t, 3) && !(k.key == "broken" && !one(t, 4))) {
				has[k.key] = true
				fmt.Fprintf(&b, "%s: %s\n", k.key, k.value(t))
			}
		}
		b.WriteString("---\n")
	} else if rapid.Bool().Draw(t, "") {
		b.WriteString("# " + title(t) + "\n\n")
	}
	for range rapid.IntRange(0, 4).Draw(t, "") {
		b.WriteString(block(t) + "\n\n")
	}
	return b.String() + " "
}

// link draws what a page may refer to another by.
func link(t *rapid.T) string {
	a := pick(t, "", "", "#one", "#two", "#Two", "#an")
	switch rapid.IntRange(0, 9).Draw(t, "") {
	case 0:
		return "[[" + name(t) + "]]"
	case 1:
		return "[[" + word(t) + "]]"
	case 2:
		return "[[" + stem(t) + a + "|so called]]"
	case 3:
		return "[[" + name(t) + a + "]]"
	case 4:
		return "[[" + pick(t, stem(t), word(t), "id1") + "." + pick(t, "target", "values.cap", "title", "due") + "]]"
	case 5:
		return "[there](" + pick(t, "", "../", "/") + pick(t, folders...) + stem(t) + ".md" + a + ")"
	case 6:
		return "[here](" + stem(t) + pick(t, ".md", "", "/", ".html") + a + ")"
	case 7:
		return "[file](" + file(t) + ")"
	case 8:
		return "[case](" + strings.ToUpper(stem(t)) + ".md)"
	}
	return "[up](" + pick(t, "../", "./", "/", "#one", "../goals/", "/fr/", "id1") + ")"
}

func file(t *rapid.T) string {
	return pick(t, "/a.png", "a.png", "/c.txt", "../a.png", "c.txt", "b.svg")
}

// block draws one paragraph or the like.
func block(t *rapid.T) string {
	switch rapid.IntRange(0, 15).Draw(t, "") {
	case 0, 1, 2:
		return "The " + word(t) + " and " + link(t) + "."
	case 3, 4:
		return "Of " + link(t) + " and " + link(t) + ", \"quoted\" -- " + word(t) + "s."
	case 5:
		return "## " + pick(t, "One", "Two", "Three {#two}")
	case 6:
		return "![[" + stem(t) + pick(t, "", "#one", "#two") + "]]"
	case 7:
		return "![picture](" + file(t) + ")"
	case 8:
		return "- [x] done " + link(t) + "\n- [ ] to do"
	case 9:
		return "| a | b |\n|---|---|\n| " + link(t) + " | " + word(t) + " |"
	case 10:
		return "> [!NOTE]\n> The " + word(t) + ".\n\n```go\nfunc " + word(t) + "() {}\n```"
	case 11:
		return `<a id="an"></a> and <b>bold</b> <script>x</script> <img src="a.png">`
	case 12:
		return "A note[^1].\n\n[^1]: Of " + link(t) + "."
	case 13:
		return "### " + word(t) + " " + link(t)
	case 14:
		return "Missing: [x](nowhere.md), [[nobody]], [y](../../../out.md)."
	}
	return "<details><summary>" + word(t) + "</summary>\n\n" + link(t) + "\n\n</details>"
}

func split(text string) (head []string, body string) {
	if rest, ok := strings.CutPrefix(text, "---\n"); ok {
		if h, b, ok := strings.Cut(rest, "\n---\n"); ok {
			return strings.Split(h, "\n"), b
		}
		if b, ok := strings.CutPrefix(rest, "---\n"); ok {
			return nil, b
		}
	}
	return nil, text
}

func joined(head []string, body string) string {
	if len(head) == 0 {
		return body
	}
	return "---\n" + strings.Join(head, "\n") + "\n---\n" + body
}

// with returns a page's text with another value of a key; "" takes the key out.
func with(text, key, value string) string {
	head, body := split(text)
	head = slices.DeleteFunc(head, func(l string) bool { return strings.HasPrefix(l, key+":") })
	if value != "" {
		head = append(head, key+": "+value)
	}
	return joined(head, body)
}

func picture(t *rapid.T) string {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, rapid.IntRange(1, 3).Draw(t, ""), rapid.IntRange(1, 3).Draw(t, "")))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func drawing(t *rapid.T) string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d">%s</svg>`, rapid.IntRange(1, 9).Draw(t, ""), rapid.IntRange(1, 9).Draw(t, ""),
		pick(t, "<path d=\"M0 0\"/>", "", "<script>x</script>"))
}

// attach adds or changes a file beside pages.
func (w *world) attach() {
	t := w.t
	dir := "content/" + pick(t, append([]string{"", "", ""}, folders...)...)
	switch pick(t, 0, 1, 2) {
	case 0:
		w.write(dir+"a.png", picture(t))
	case 1:
		w.write(dir+"b.svg", drawing(t))
	default:
		w.write(dir+pick(t, "c.txt", "c.html"), word(t))
	}
}

// configure writes playbook.toml.
func (w *world) configure() {
	t := w.t
	var b strings.Builder
	line := func(k int, format string, a ...any) {
		if one(t, k) {
			fmt.Fprintf(&b, format+"\n", a...)
		}
	}
	line(1, "title = %q", word(t))
	line(2, "description = %q", word(t))
	line(2, "language = %q", pick(t, "de", "en"))
	line(2, "base_url = %q", pick(t, "https://example.org/", "https://example.org/a/"))
	line(3, "accent = %q", pick(t, "#123456", "teal"))
	line(3, "logo = %q", pick(t, "style.css", "none.svg"))
	line(3, "footer = %q", word(t))
	line(2, "edit_url = %q", pick(t, "https://example.org/edit/{path}", "https://example.org/e"))
	line(3, "sections.order = [%q, %q]", strings.TrimSuffix(pick(t, folders...), "/"), strings.TrimSuffix(pick(t, folders...), "/"))
	line(3, "sections.labels.%q = %q", strings.TrimSuffix(pick(t, folders...), "/"), word(t))
	line(3, "home.blocks = [%q, %q]", pick(t, "text", "today", "sections"), pick(t, "tags", "goals", "due"))
	line(3, "ignore = [%q]", pick(t, "*.txt", "deep", "p1.*"))
	line(3, "audience = [%q]", pick(t, "sales", "other"))
	line(7, "nonsense = 1")
	line(1, "[links]\nroot = %v", rapid.Bool().Draw(t, ""))
	line(2, "[outputs]\n%s = %v\nrobots = %q", pick(t, "feeds", "calendar", "sitemap", "llms", "markdown", "json", "previews", "templates", "reports"), rapid.Bool().Draw(t, ""), pick(t, "allow", "disallow", "none"))
	line(2, "[markup]\nhtml = %q\ntypographer = %v", pick(t, "escape", "sanitize"), rapid.Bool().Draw(t, ""))
	line(2, "[kinds]\n%q = %q", strings.TrimSuffix(pick(t, folders...), "/"), pick(t, kinds...))
	line(2, "[languages]\nfr = %q", "Français")
	line(3, "[lists]\nper_page = %d", rapid.IntRange(1, 3).Draw(t, ""))
	line(2, "[checks]\n%s = %q", pick(t, "link-broken", "link-case", "goal-late", "page-empty"), pick(t, "off", "info", "error"))
	w.write("playbook.toml", b.String()+"\n")
}

// kindYAML draws a kind.yaml; without t it is the one of the small theme. A kind
// that reads far has values made of the texts of other pages.
func kindYAML(id string, t *rapid.T, far bool) string {
	maybe := func() bool { return t != nil && one(t, 2) } // an edit changes a few things, not all
	sel := func(def string, other ...string) string {
		if maybe() {
			return pick(t, other...)
		}
		return def
	}
	var b strings.Builder
	line := func(on bool, text string) {
		if on {
			b.WriteString(text + "\n")
		}
	}
	section := map[string]string{"goal": "goals", "term": "glossary", "plan": "plans", "role": "roles", "guide": "guides", "memo": "memos"}[id]
	line(true, "name: "+sel(strings.ToUpper(id[:1])+id[1:], "Renamed"))
	line(true, "plural: "+sel(id+"s", "many"))
	line(true, "icon: "+sel("star", "flag"))
	line(true, "section: "+sel(section, section, "guides/deep"))
	line(id == "term" != (t != nil && one(t, 3)), "glossary: true")
	line(maybe(), "review_every: 3")
	line(true, "schema:\n  type: object")
	line(maybe(), "  required: [title, status]")
	line(maybe(), "  additionalProperties: false")
	line(true, "  properties:\n    status: {type: string}\n    due: {type: string, format: date}\n    target: {type: number}\n    actual: {type: number}\n    definition: {type: string}\n    values: {type: object}\n    aliases: {type: array, items: {type: string}}")
	line(true, "    level: {"+sel("enum: [corporate, team, rep]", "enum: [corporate, team]", "type: string")+"}")
	line(true, "    supports: {type: array, items: {x-ref: "+sel("any", "goal", "any")+"}}")
	line(true, "    related: {type: array, items: {x-ref: any}}")
	line(true, "    owner: {x-ref: "+sel("any", "role")+"}")
	line(true, "    reports_to: {x-ref: any}")
	line(true, "relations:\n  supports: {inverse: "+sel("supported_by", "backed_by")+", label: "+sel("Supports", "Serves")+", inverse_label: "+sel("Supported by", "Served by")+sel("", ", acyclic: true")+"}")
	by := "supported_by"
	if strings.Contains(b.String(), "backed_by") {
		by = "backed_by"
	}
	line(true, "derived:\n  late: 'due < today'\n  soon: 'add_days(due, 1)'\n  progress: '"+sel("actual / target", "target", "len(supports)")+"'")
	line(id == "goal" != maybe(), "  done: 'tasks_done + "+sel("words", "len(sections)")+"'")
	line(far || maybe(), "  far: 'sum("+by+", .words)'")
	line(id != "memo", "  near: 'len("+by+")'")
	line(maybe(), "  wrong: 'nobody + 1'")
	line(id == "plan" != maybe(), "  ready: 'mean(map(outline, .complete))'")
	line(id == "role" != maybe(), "  others: 'count(documents(\"plan\"), .status == status)'")
	line(id == "plan" != maybe(), "outline: [One, {id: two, title: "+sel("Second", "Two", "One more")+", optional: true, guidance: "+sel("Write", "Say")+"}]")
	line(true, "checks:\n  - {id: "+id+"-late, when: 'late', level: "+sel("warning", "error", "info")+", message: '"+sel("due on {{due}}", "late")+"', at: due}")
	line(id == "guide" != maybe(), "  - {id: "+id+"-thin, when: 'words < 9 or tasks_done < tasks_total', message: '{{words}} words, {{tasks_done}} done'}")
	line(id == "plan" != maybe(), "  - {id: "+id+"-alike, once: true, for: 'groupBy(all, .status)', when: 'len(it.items) > 1', message: '{{it.key}}: {{map(it.items, .title)}}'}")
	line(maybe(), "  - {id: "+id+"-many, when: 'len(documents(\"goal\")) > 1', message: '{{len(documents(\"goal\"))}} goals'}")
	line(maybe(), "  - {id: "+id+"-alone, when: 'not any("+by+", .words > 3)', message: 'alone'}")
	line(true, "facets: ["+sel("status", "level", "status, due")+"]")
	line(true, "list: {sort: ["+sel("title", "-due", "progress", "level, -title")+"], columns: ["+sel("title, progress", "status", "done, due")+"]}")
	line(true, "calendar:\n  - {date: due, title: '{{title}} "+sel("due", "ends")+"', done: "+sel("late", "'status == \"met\"'")+", who: owner}")
	line(id == "goal" != maybe(), "  - {date: due, title: '{{map("+by+", .title)}}'}")
	line(id == "plan" != maybe(), "  - {date: soon, title: 'Soon: {{"+sel("status", "tasks_done")+"}}'}")
	line(maybe(), "labels: {due: Last day}")
	return b.String()
}

// questions are layouts that ask one question each, by the name by which front
// matter may choose them.
var questions = map[string]string{
	"site":      `{{.Site.Title}} {{.Site.Description}} {{.Site.Footer}} {{.EditURL}} {{.Site.Pages}}`,
	"uses":      `{{with .Uses}}{{.Count}}{{range .Pages}}{{.Page.Title}} {{.More}} {{range .Sentences}}{{.Before}}*{{.Word}}*{{.After}};{{end}}{{end}}{{end}}`,
	"today":     `{{.Today}}`,
	"body":      `{{.Body}}`,
	"page":      `{{.Words}} {{.Draft}} {{.Path}} {{range .TOC}}{{.Text}} {{.ID}}{{end}} {{range .FieldList}}{{.Label}} {{json .Value}}{{end}} {{range .Tags}}{{.URL}}{{end}} {{.VerifiedOn}} {{.ReviewEvery}}`,
	"fields":    `{{range .PagesOf "goal"}}{{json ($.FieldsOf .).due}}{{end}}`,
	"backlinks": `{{range .Backlinks}}{{.Page.Title}}: {{range .Snippets}}{{.}};{{end}}{{end}}`,
	"relations": `{{range .RelationGroups}}{{.Label}}: {{range .Pages}}{{.Title}} {{.URL}} {{end}}{{end}}`,
	"recent":    `{{range .Recent}}{{.Card.Title}} {{.On}} {{.By}} {{end}}{{range .Recent "goals"}}{{.Card.ID}} {{end}}{{.Feed}}`,
	"related":   `{{range .Related "supported_by" .Page}}{{.Title}}{{end}}`,
	"listed":    `{{range .Listed}}{{.Title}} {{end}}{{range .Parts}}{{.Number}} {{.URL}} {{.Here}} {{end}}`,
	"derived":   `{{range $k, $v := .Derived}}{{$k}} {{json $v}} {{end}}`,
	"reviews":   `{{range .Reviews}}{{.Page.Title}} {{.Verified}} {{.Due}} {{.By}};{{end}}`,
	"report":    `{{with .Report}}{{.Count}}{{range .Sections}}{{.Section.Title}} {{.Pages}} {{.Verified}} {{.Fresh}};{{end}}{{range .Owners}}{{.Name}}{{range .List}}{{.Rule}} {{.Level}} {{.Msg}} {{.Broken}}{{with .Page}}{{.Title}}{{end}};{{end}}{{end}}{{end}}`,
	"events":    `{{range .Events}}{{.Key}} {{.Date}} {{.Title}} {{.Who}} {{.Done}} {{.Review}};{{end}}{{.Calendar}} {{.Subscribe}}`,
	"outline":   `{{range .Outline}}{{.ID}} {{.Title}} {{.Present}} {{.Words}} {{.TasksDone}} {{.TasksTotal}} {{.Complete}} {{.Guidance}} {{.Optional}};{{end}}`,
	"outlines":  `{{range .PagesOf "plan"}}{{range $.OutlineOf .}}{{.ID}} {{.Complete}} {{end}}{{end}}`,
	"words":     `{{.T "home"}} {{.T "Due"}} {{.T "pages"}}`,
	"others":    `{{range .PagesOf "goal"}}{{range $k, $v := $.DerivedOf .}}{{$k}} {{json $v}} {{end}}{{end}}`,
	"trail":     `{{range .Breadcrumbs}}{{.Title}} {{.URL}} {{end}}`,
	"pager":     `{{with .Prev}}{{.Title}} {{.URL}}{{end}} {{with .Next}}{{.Title}} {{.URL}}{{end}}`,
	"children":  `{{range .Children}}{{.Title}} {{.Summary}} {{.Owner}} {{range $k, $v := .Fields}}{{$k}} {{json $v}}{{end}}{{end}}`,
	"sections":  `{{range .Sections}}{{.Title}} {{.URL}} {{.Count}} {{.Summary}} {{end}}`,
	"below":     `{{range .Sections}}{{range $.ChildrenOf .}}{{.Title}} {{.URL}}{{end}}{{range $.SectionsOf .}}{{.URL}}{{end}}{{end}}`,
	"nav":       `{{.Nav}}`,
	"topnav":    `{{range .TopNav}}{{.Title}} {{.URL}} {{.Count}} {{end}}`,
	"pagesof":   `{{range .PagesOf "plan"}}{{.Title}} {{.Status}} {{range $k, $v := .Fields}}{{$k}} {{json $v}}{{end}}{{end}}`,
	"kind":      `{{with .KindOf "goal"}}{{.Name}} {{.Plural}} {{.Icon}} {{.URL}} {{.Columns}} {{.Labels}}{{end}}`,
	"kinds":     `{{range .Kinds}}{{.Name}} {{.Count}} {{.URL}} {{end}}`,
	"tags":      `{{range .AllTags}}{{.Name}} {{.Count}} {{.URL}} {{end}}`,
	"asset":     `{{.Asset "style.css"}} {{.Asset "logo.svg"}} {{.Asset "accent.css"}}`,
	"icon":      `{{.Icon "star"}}`,
	"archetype": `{{.Archetype}}`,
	"cards":     `{{range .PagesOf "guide"}}{{.ID}}:{{$.CardHTML .}}{{end}}`,
	"shared":    `{{.Shared "partials/shared.html"}}`,
	"bodies":    `{{range .PagesOf "term"}}{{$.BodyOf .}}{{end}}`,
}

// main is a layout that says text and asks.
func mainOf(text, ask string) string {
	return `{{define "main"}}<h1>{{.Title}}</h1>` + text + questions[ask] + `{{end}}`
}

// small is a theme that asks every question there is, few of them on one page,
// so that one answer seldom hides that another was missed.
var small = func() map[string]string {
	out := map[string]string{
		"base.html":                `<!doctype html><html lang="{{.Lang}}"><title>{{.Title}}</title>{{block "main" .}}{{end}}</html>`,
		"page.html":                mainOf("{{.Words}} {{.Derived.far}}", "body"),
		"home.html":                mainOf("", "topnav"),
		"list.html":                mainOf("", "children"),
		"tag.html":                 `{{define "main"}}{{.Title}}{{range .TagPages}}<a href="{{.URL}}">{{.Title}}</a>{{end}}{{end}}`,
		"tags.html":                mainOf("", "tags"),
		"404.html":                 mainOf("", "site"),
		"search.html":              mainOf("", "site"),
		"reports.html":             mainOf("", "report"),
		"redirect.html":            `<a href="{{.Card.URL}}">{{.Card.Title}}</a>`,
		"card.html":                `<a href="{{.Card.URL}}">{{.Card.Title}}</a>{{.Card.Summary}}`,
		"partials/nav.html":        `{{range .Up}}<a href="{{.URL}}">{{.Title}}</a>{{end}}{{with .Section}}<a href="{{.URL}}">{{.Title}}</a>{{end}}{{range .Items}}<a href="{{.Card.URL}}">{{.Card.Title}}</a>{{end}}`,
		"partials/shared.html":     `{{.T "home"}}{{.Site.Title}}{{with .Asset "style.css"}}<link rel="stylesheet" href="{{.}}">{{end}}{{range .TopNav}}{{.Title}}{{if eq .ID $.Page.ID}}!{{end}}{{end}}`,
		"partials/part.html":       `<i>part</i>`,
		"assets/style.css":         `p { color: red }`,
		"words/fr.yaml":            "home: Accueil\nDue: Échéance\n",
		"kinds/plan/words.yaml":    "de: {Due: Fällig}\n",
		"icons/star.svg":           `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M0 0h1"/></svg>`,
		"kinds/goal/page.html":     `{{define "main"}}` + questions["derived"] + questions["relations"] + `{{template "partials/part.html" .}}{{end}}`,
		"kinds/goal/card.html":     `<b>{{.Card.Title}}</b>{{.Card.Status}}`,
		"kinds/term/page.html":     mainOf(questions["uses"], "backlinks"),
		"kinds/plan/page.html":     mainOf(questions["pager"], "body"),
		"kinds/role/page.html":     mainOf("", "relations"),
		"kinds/plan/list.html":     mainOf("", "pagesof"),
		"kinds/goal/archetype.md":  "# A goal\n",
		"kinds/guide/archetype.md": "# A guide\n",
	}
	for name, text := range questions {
		out["ask/"+name+".html"] = `{{define "main"}}` + text + `{{end}}`
	}
	for _, id := range kinds {
		if id != "memo" {
			out["kinds/"+id+"/kind.yaml"] = kindYAML(id, nil, false)
		}
	}
	return out
}()

// layout draws a file of the theme and another text for it.
func (w *world) layout() {
	t := w.t
	x := word(t)
	switch pick(t, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10) {
	case 9:
		w.write("layouts/words/"+pick(t, "fr.yaml", "de.yaml", "en.yaml", "ours.fr.yaml"), pick(t, "home: ", "Due: ", "pages: ")+pick(t, x, "Haus", "[]")+"\n")
	case 0:
		w.write("layouts/"+pick(t, "page.html", "list.html", "home.html", "tag.html", "tags.html", "404.html", "search.html", "reports.html")+"", mainOf(x, pick(t, asks...)))
	case 1:
		w.write("layouts/kinds/"+pick(t, kinds...)+"/"+pick(t, "page.html", "list.html"), mainOf(x, pick(t, asks...)))
	case 2:
		w.write("layouts/ask/"+pick(t, asks...)+".html", mainOf(x, pick(t, asks...)))
	case 3:
		w.write("layouts/"+pick(t, "card.html", "kinds/goal/card.html", "kinds/memo/card.html"), x+`<a href="{{.Card.URL}}">{{.Card.Title}}</a>`+questions[pick(t, "derived", "kind", "trail", "icon", "page", "today")])
	case 4:
		w.write("layouts/"+pick(t, "partials/part.html", "partials/pager.html", "partials/foot.html", "partials/shared.html"), "<p>"+x+"</p>")
	case 5:
		w.write("layouts/partials/nav.html", x+`{{range .Items}}<a href="{{.Card.URL}}">{{.Card.Title}}</a>{{end}}{{.More}}`)
	case 6:
		w.write("layouts/base.html", `<!doctype html><title>{{.Title}}</title>`+x+`{{.Nav}}{{block "main" .}}{{end}}`)
	case 7:
		w.write("layouts/redirect.html", x+`{{.Card.Title}}`)
	case 8:
		w.write("layouts/page.html", `{{define "main"}}{{`+pick(t, "nobody", ".Nobody", "index .Title 99")+`}}{{end}}`)
	default:
		w.write("layouts/"+pick(t, "kinds/goal/archetype.md", "kinds/guide/archetype.md"), "# "+x+"\n")
	}
}

// edit draws one change of the site.
func (w *world) edit() {
	t := w.t
	pages := append(w.paths("content/", ".md"), w.paths("content/", ".markdown")...)
	if len(pages) == 0 {
		w.step.story = "the first page is written"
		w.write(w.newPath(), page(t))
		return
	}
	some := func() string { return pick(t, pages...) }
	tell := func(s string) { w.step.story = s }
	from := edits
	if w.writing && !one(t, 2) {
		from = writing
	}
	switch pick(t, from...) {
	case "nothing":
		tell("nothing changes")
	case "create":
		tell("a page is written")
		w.write(w.newPath(), page(t))
	case "rewrite":
		tell("a page is written anew")
		w.write(some(), page(t))
	case "body":
		p := some()
		head, body := split(w.files[p])
		blocks := strings.Split(strings.TrimSpace(body), "\n\n")
		if rapid.Bool().Draw(t, "") {
			tell("a paragraph is added to " + p)
			blocks = slices.Insert(blocks, rapid.IntRange(0, len(blocks)).Draw(t, ""), block(t))
		} else {
			tell("a paragraph of " + p + " changes")
			blocks[rapid.IntRange(0, len(blocks)-1).Draw(t, "")] = block(t)
		}
		w.write(p, joined(head, strings.Join(blocks, "\n\n")+"\n"))
	case "bodies":
		tell("paragraphs are added to several pages")
		for range rapid.IntRange(2, 4).Draw(t, "") {
			p := some()
			w.write(p, w.files[p]+"\n\n"+block(t)+"\n")
		}
	case "words":
		p := some()
		head, body := split(w.files[p])
		a, b := word(t), word(t)
		tell("in " + p + " it says " + b + " instead of " + a)
		w.write(p, joined(head, strings.Replace(body, a, b, 1))+" ")
	case "tick":
		p := some()
		tell("a task of " + p + " is done, or is not")
		if text := w.files[p]; strings.Contains(text, "- [x]") {
			w.write(p, strings.Replace(text, "- [x]", "- [ ]", 1))
		} else {
			w.write(p, strings.Replace(text, "- [ ]", "- [x]", 1)+" ")
		}
	case "heading":
		p := some()
		head, body := split(w.files[p])
		tell("a heading of " + p + " changes")
		old := pick(t, "## One", "## Two", "## Three {#two}", "<a id=\"an\"></a>")
		w.write(p, joined(head, strings.Replace(body, old, pick(t, "#"+old, "## Three {#two}", "## One", "## two", "text"), 1))+" ")
	case "cut":
		p := some()
		head, body := split(w.files[p])
		tell("the last paragraph of " + p + " goes")
		if i := strings.LastIndex(strings.TrimSpace(body), "\n\n"); i > 0 {
			w.write(p, joined(head, body[:i]+"\n"))
		}
	case "front":
		p := some()
		k := pick(t, keys...)
		if one(t, 2) {
			tell(p + " loses its " + k.key)
			w.write(p, with(w.files[p], k.key, "")+" ")
		} else {
			tell(p + " has another " + k.key)
			w.write(p, with(w.files[p], k.key, k.value(t)))
		}
	case "term":
		terms := append(w.paths("content/glossary/", ".md"), pages...)
		p := pick(t, terms...)
		k := pick(t, "title", "definition", "aliases")
		tell("the " + k + " of " + p + " changes, a term")
		text := with(w.files[p], k, map[string]string{"title": title(t), "definition": "What a " + word(t) + " is", "aliases": "[" + word(t) + "]"}[k])
		w.write(p, with(text, "kind", "term"))
	case "dates":
		p := some()
		tell(p + " is shown or hidden")
		if rapid.Bool().Draw(t, "") {
			w.write(p, with(w.files[p], "draft", pick(t, "true", "false")))
		} else {
			w.write(p, with(w.files[p], pick(t, "publish_on", "expires_on"), day(t)))
		}
	case "rename":
		p := some()
		to := path.Dir(p) + "/" + stem(t) + path.Ext(p)
		if rapid.Bool().Draw(t, "") {
			to = w.newPath()
		}
		tell("a page is renamed")
		w.move(p, to)
	case "case":
		p := some()
		dir, base := path.Split(p)
		up := strings.ToUpper(base[:1]) + base[1:]
		if up == base {
			up = strings.ToLower(base)
		}
		tell("a page's name changes its case")
		w.move(p, dir+up)
	case "swap":
		p, q := some(), some()
		if p != q {
			tell("two pages change names")
			w.move(p, "content/~")
			w.move(q, p)
			w.move("content/~", q)
		}
	case "exchange": // the same, but the files stay and their contents change places
		p, q := some(), some()
		tell("two pages change contents")
		a, b := w.files[p], w.files[q]
		w.write(p, b)
		w.write(q, a)
	case "folder":
		from, to := pick(t, folders...), pick(t, folders...)
		if from != "" && !strings.HasPrefix(to, from) {
			tell("a folder moves")
			for _, p := range w.paths("content/"+from, "") {
				w.move(p, "content/"+to+strings.TrimPrefix(p, "content/"+from))
			}
		}
	case "unfold":
		p := some()
		tell("a page becomes a folder, or back")
		dir, base := path.Split(p)
		ext := path.Ext(base)
		if strings.TrimSuffix(base, ext) == "index" && strings.Count(dir, "/") > 1 {
			w.move(p, strings.TrimSuffix(dir, "/")+ext)
		} else {
			w.move(p, dir+strings.TrimSuffix(base, ext)+"/index"+ext)
		}
	case "index":
		p := "content/" + pick(t, folders...) + pick(t, "_index.md", "index.md", "README.md")
		if _, ok := w.files[p]; ok {
			tell("a section loses its page")
			w.remove(p)
		} else {
			tell("a section gets a page")
			w.write(p, page(t))
		}
	case "delete":
		tell("a page goes")
		w.remove(some())
	case "attach":
		tell("a file beside pages is put there or changes")
		w.attach()
	case "detach":
		var files []string
		for _, e := range []string{".png", ".svg", ".txt", ".html"} {
			files = append(files, w.paths("content/", e)...)
		}
		if len(files) > 0 {
			tell("a file beside pages goes or is renamed")
			if p := pick(t, files...); rapid.Bool().Draw(t, "") {
				w.remove(p)
			} else {
				w.move(p, "content/"+pick(t, folders...)+path.Base(p))
			}
		}
	case "layout":
		tell("a layout changes")
		w.layout()
	case "unlayout":
		if own := w.paths("layouts/", ""); len(own) > 0 {
			tell("a layout is taken out again")
			w.remove(pick(t, own...))
		}
	case "asset":
		tell("an asset changes")
		w.write("layouts/"+pick(t, "assets/style.css", "icons/star.svg", "assets/logo.svg", "assets/site.js"), pick(t, `<svg xmlns="http://www.w3.org/2000/svg"><path d="M1 1h`+pick(t, "1", "2", "3")+`"/></svg>`, "p{color:"+pick(t, "red", "green")+"}"))
	case "kind":
		id := pick(t, kinds...)
		tell("a kind changes")
		w.write("layouts/kinds/"+id+"/kind.yaml", kindYAML(id, t, false))
	case "config":
		tell("the configuration changes")
		w.configure()
	case "unconfig":
		if _, ok := w.files["playbook.toml"]; ok {
			tell("the configuration goes")
			w.remove("playbook.toml")
		}
	case "day":
		tell("another day comes")
		w.set.asOf = rapid.IntRange(1, 9).Draw(t, "")
	case "option":
		tell("the build is asked for otherwise")
		switch pick(t, 0, 1, 2, 3, 4, 5, 6) {
		case 0:
			w.set.drafts = !w.set.drafts
		case 1:
			w.set.future = !w.set.future
		case 2:
			w.set.portable = !w.set.portable
		case 3:
			w.set.careful = !w.set.careful
		case 4:
			w.set.baseURL = pick(t, "", "https://example.net/", "https://example.net/x/")
		case 5:
			w.set.version = pick(t, "1", "2")
		default:
			w.set.workers = pick(t, 1, 2, 4)
		}
	case "broken build":
		tell("a build fails on the way")
		w.set.breaks = rapid.IntRange(1, 6).Draw(t, "")
		if len(pages) > 0 {
			p := some()
			w.write(p, w.files[p]+"\n\n"+block(t)+"\n")
		}
	case "check":
		tell("a build only checks")
		w.set.checks = true
		p := some()
		w.write(p, w.files[p]+"\n\n"+block(t)+"\n")
	}
	if w.step.story == "" {
		tell("nothing changes")
	}
}

// writing are the edits of a page's text.
var writing = []string{"body", "cut", "words", "tick", "bodies", "heading", "body", "body"}

// edits are the kinds of edit, those that shrink best first; what writers do
// most stands there more than once.
var edits = []string{"nothing", "body", "body", "front", "create", "bodies", "cut", "front", "rename", "delete", "term", "words", "heading", "tick", "body", "dates", "rewrite", "index", "attach", "asset", "day",
	"kind", "layout", "config", "case", "swap", "exchange", "folder", "unfold", "detach", "unlayout", "option", "kind", "layout", "unconfig", "broken build", "check", "front", "create"}
