package torture

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"playbook/generator/build"
)

// A world is a random site and what is hidden in it: pages that readers may not
// see, and the files that are theirs. What is visible may speak of what is
// hidden, by every kind of reference; it must come out as if there were no such
// thing.
type world struct {
	r       *rand.Rand
	visible map[string]string
	hidden  map[string]string
	names   []string // of hidden pages, as visible ones may write them
	files   []string // that belong to hidden pages
	shown   []string // names of visible pages
}

func newWorld(n int) *world {
	w := &world{r: rand.New(rand.NewPCG(uint64(*seed), uint64(n))), visible: map[string]string{}, hidden: map[string]string{}}
	// Names first, so that everything can refer to everything.
	type place struct{ dir, name string }
	var open, shut []place
	for range 3 + w.r.IntN(6) {
		open = append(open, place{w.pick(folders...), w.pick(stems...)})
	}
	for range 1 + w.r.IntN(4) {
		shut = append(shut, place{w.pick(append(folders, "secret/", "guides/secret/", "secret/deep/")...), w.pick(append(stems, "index", "_index", "h0", "h1", "h2")...)})
	}
	ext := func() string { return w.pick(".md", ".md", ".md", ".md", ".markdown") }
	var at []string
	for _, p := range open {
		name := p.name
		if len(at) == 0 {
			name = "only" // no other page claims its address
		} else if w.one(8) {
			name = w.pick("index", "README")
		}
		at = append(at, "content/"+p.dir+name+ext())
		w.shown = append(w.shown, p.dir+p.name, p.name)
	}
	lies := map[string]bool{} // folders in which a visible page lies
	for _, p := range at {
		lies[path.Dir(p)] = true
	}
	var in []string
	shuts := map[string]bool{}
	var own []string // files of hidden pages
	for _, p := range shut {
		page := "content/" + p.dir + p.name + ext()
		if slices.Contains(at, page) {
			continue
		}
		in = append(in, page)
		shuts[path.Dir(page)] = true
		w.names = append(w.names, p.dir+p.name, p.name)
		if w.one(2) {
			// No two have one name: a visible page that names the file of another
			// folder must not by that name refer to the one beside it.
			f := fmt.Sprintf("%sf%d%s%s", p.dir, len(own), p.name, w.pick(".png", ".txt", ".pdf", ".svg"))
			own = append(own, f)
			// A file that lies beside a visible page which refers to it is that
			// page's as well; others are the hidden page's alone.
			if !lies[path.Dir(page)] {
				w.files = append(w.files, f)
			}
		}
	}
	if len(in) == 0 {
		return w
	}
	for _, p := range at {
		w.visible[p] = w.page("")
	}
	for _, p := range in {
		w.hidden[p] = w.page(w.pick("draft: true", "draft: yes", "draft: maybe", "publish_on: 2027-01-01", "publish_on: soon", "expires_on: 2026-01-01", "expires_on: 2026-11-23", "audience: [others]", "audience: others"))
	}
	for _, f := range own {
		text := "of the hidden"
		if strings.HasSuffix(f, ".svg") {
			text = `<svg xmlns="http://www.w3.org/2000/svg"/>`
		}
		w.hidden["content/"+f] = text
		for p := range w.hidden {
			if path.Dir(p) == path.Dir("content/"+f) && isPage(p) {
				w.hidden[p] += "\n[file](" + path.Base(f) + ")\n"
			}
		}
	}
	// A visible page's picture stays, whatever hidden pages lie beside it or
	// refer to it too.
	w.visible[path.Dir(at[0])+"/u.png"] = "a picture"
	w.visible[at[0]] = slugLine.ReplaceAllString(w.visible[at[0]], "") + "\n![u](u.png)\n"
	if d := path.Dir(at[len(at)-1]); !shuts[d] {
		w.visible[d+"/v.png"] = "another picture"
	}
	conf := "title = \"World\"\nhistory = \"off\"\naudience = [\"all\"]\n"
	if w.one(3) {
		conf += "base_url = \"https://example.org/\"\n"
	}
	if w.one(4) {
		conf += "sections.order = [\"secret\", \"guides\"]\n"
	}
	if w.one(4) {
		conf += "[lists]\nper_page = 2\n"
	}
	if w.one(4) {
		conf += "[links]\nroot = true\n"
	}
	w.visible["playbook.toml"] = conf
	return w
}

var slugLine = regexp.MustCompile(`(?m)^slug: .*\n`)

func isPage(p string) bool { return strings.HasSuffix(p, ".md") || strings.HasSuffix(p, ".markdown") }

func (w *world) pick(of ...string) string { return of[w.r.IntN(len(of))] }
func (w *world) one(in int) bool          { return w.r.IntN(in) == 0 }

var (
	stems   = []string{"p0", "p1", "p2", "p3", "p4", "deep", "secret"}
	folders = []string{"", "guides/", "guides/deep/", "goals/", "glossary/", "roles/", "plans/", "assumptions/", "swot/"}
	words   = []string{"lead", "pipeline", "renewal", "champion", "quarter"}
)

// name draws what a reference names: a visible page, a hidden one, or nothing.
func (w *world) name() string {
	switch w.r.IntN(7) {
	case 0, 1, 2:
		return w.pick(w.names...)
	case 3:
		return w.pick("nobody", "hid", "shared")
	}
	return w.pick(w.shown...)
}

// page draws a page; hide is the line of front matter that hides it, "" if
// everybody may see it.
func (w *world) page(hide string) string {
	var b strings.Builder
	line := func(in int, format string, a ...any) {
		if w.one(in) {
			fmt.Fprintf(&b, format+"\n", a...)
		}
	}
	b.WriteString("---\n")
	title := w.pick(words...)
	if hide != "" && !w.one(3) {
		title = "Hidden " + title
	}
	line(1, "title: %s%s", strings.ToUpper(title[:1])+title[1:], w.pick("", " two"))
	if hide != "" {
		b.WriteString(hide + "\n")
	}
	line(4, "description: About %s", w.pick(words...))
	line(3, "tags: [%s, %s]", w.pick(words...), w.pick("shared", "rare"))
	line(4, "owner: %s", w.name())
	line(4, "kind: %s", w.pick("goal", "guide", "term", "plan", "role", "assumption", "swot"))
	line(4, "supports: [%s, %s]", w.name(), w.name())
	line(5, "assumes: [%s]", w.name())
	line(5, "goals: [%s]", w.name())
	line(5, "swot: [%s]", w.name())
	line(6, "related: [%s]", w.name())
	line(6, "reports_to: %s", w.name())
	line(4, "level: %s", w.pick("corporate", "team", "rep"))
	line(4, "department: %s", w.pick("sales", "marketing"))
	line(4, "status: %s", w.pick("agreed", "disputed", "holds", "disproved", "met", "planned"))
	line(5, "metric: orders\ntarget: %d\nactual: %d", 5+w.r.IntN(9), w.r.IntN(9))
	line(4, "due: 2026-1%d-0%d", w.r.IntN(3), 1+w.r.IntN(9))
	line(3, "definition: What a %s is, see [[%s]]", w.pick(words...), w.name())
	line(5, "values: {cap: %d}", w.r.IntN(99))
	line(4, "aliases: [%s, /old/%s/, %s]", w.pick(words...), w.pick(stems...), w.pick("/guides/p0/", "old", "/tags/", "so called"))
	line(6, "slug: %s", w.pick("p0", "p1", "other"))
	line(8, "id: %s", w.pick("shared", "p0", "hid"))
	line(6, "weight: %d", w.r.IntN(5))
	line(8, "lang: %s", w.pick("de", "fr"))
	line(6, "verified_on: 2026-0%d-01", 1+w.r.IntN(9))
	line(8, "checks: {link-broken: known}")
	b.WriteString("---\n")
	for range w.r.IntN(7) {
		b.WriteString(w.block() + "\n\n")
	}
	return b.String()
}

func (w *world) block() string {
	n := w.name()
	up := w.pick("", "../", "/", "../../", "./")
	switch w.r.IntN(18) {
	case 0:
		return "The " + w.pick(words...) + " of [[" + n + "]] and " + w.pick(words...) + "s."
	case 1:
		return "[[" + n + "|so called]] and [[" + n + "#Part]]."
	case 2:
		return "![[" + n + "]]"
	case 3:
		return "![[" + n + "#Part]]"
	case 4:
		return "See [there](" + up + n + ".md) and [part](" + up + n + ".md#part)."
	case 5:
		return "See [folder](" + up + path.Dir(n) + "/), [page](" + n + "/), [bare](" + n + ")."
	case 6:
		return "Costs [[" + n + ".values.cap]], due [[" + n + ".due]], [[" + n + ".title]]."
	case 7:
		return "## Part\n\nOf " + w.pick(words...) + "."
	case 8:
		return "- [ ] ask [[" + n + "]]\n- [x] done"
	case 9:
		return "| a | b |\n|---|---|\n| [[" + n + "]] | " + w.pick(words...) + " |"
	case 10:
		return "![u](" + up + w.pick("u.png", "guides/u.png") + ")"
	case 11:
		if len(w.files) > 0 {
			f := w.pick(w.files...)
			return "![h](" + up + f + ") [f](" + path.Base(f) + ") [g](" + up + f + ")"
		}
		return "Nothing."
	case 12:
		return "[case](" + up + strings.ToUpper(n) + ".md) [html](" + n + ".html) [old](/old/" + w.pick(stems...) + "/)"
	case 13:
		return "[root](/" + n + "/) [secret](" + up + "secret/) [tag](/tags/shared/) [tag](/tags/rare/)"
	case 14:
		return "Note[^1].\n\n[^1]: Of [[" + n + "]] " + w.pick(words...) + "."
	case 15:
		return "> [!NOTE]\n> [[shared]] [[hid]] [[old]] [[Hidden " + w.pick(words...) + "]]"
	case 16:
		return "<a href=\"" + up + n + ".md\">raw</a> <img src=\"" + up + "u.png\">"
	}
	return "A " + w.pick(words...) + " and " + w.pick(words...) + " of Hidden " + w.pick(words...) + "."
}

// stage is a folder and a session to build worlds in.
type stage struct {
	dir     string
	session build.Session
}

// build returns what becomes of files: the outputs, and whether there were errors.
func (s *stage) build(files ...map[string]string) (map[string][]byte, error) {
	table.builds.add(1)
	os.RemoveAll(s.dir)
	for _, m := range files {
		for p, text := range m {
			full := filepath.Join(s.dir, filepath.FromSlash(p))
			if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
				return nil, err
			}
			if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
				return nil, err
			}
		}
	}
	sink := build.NewMemory(nil)
	res, err := s.session.Run(context.Background(), build.Options{Source: s.dir, Dest: filepath.Join(s.dir, "public"), AsOf: asOf, KeepGoing: true, NoCache: true, Builtin: layouts(), Version: "1", Workers: 1,
		Now: time.Now, Begin: func(context.Context) (build.Sink, error) { return sink, nil }})
	if err != nil {
		return nil, err
	}
	for _, d := range res.Diags {
		if d.Rule == "internal" {
			table.crashes.add(1)
			return nil, fmt.Errorf("%s: %s\n%s", d.At.File, d.Msg, d.Hint)
		}
	}
	return sink.Files(), nil
}

// trace says what of the hidden shows: in what the site with it differs from the
// site without it; "" if in nothing.
func (s *stage) trace(w *world) string {
	without, err := s.build(w.visible)
	if err != nil {
		return err.Error()
	}
	with, err := s.build(w.visible, w.hidden)
	if err != nil {
		return err.Error()
	}
	for _, p := range slices.Sorted(maps.Keys(with)) {
		was, ok := without[p]
		switch {
		case !ok:
			return p + " is there because of what is hidden"
		case string(was) != string(with[p]):
			i := 0
			for i < min(len(was), len(with[p])) && was[i] == with[p][i] {
				i++
			}
			cut := func(b []byte) string { return fmt.Sprintf("%q", b[max(0, i-100):min(len(b), i+160)]) }
			return fmt.Sprintf("%s differs:\n  without: %s\n  with:    %s", p, cut(was), cut(with[p]))
		}
	}
	for _, p := range slices.Sorted(maps.Keys(without)) {
		if _, ok := with[p]; !ok {
			return p + " is not there because of what is hidden"
		}
	}
	return ""
}

// shrink takes out of a world what is not needed for its trace.
func (s *stage) shrink(w *world) string {
	why := s.trace(w)
	try := func(m map[string]string, p, text string, gone bool) bool {
		was := m[p]
		if gone {
			delete(m, p)
		} else {
			m[p] = text
		}
		if !w.fair() {
			m[p] = was
			return false
		}
		if d := s.trace(w); d != "" {
			why = d
			return true
		}
		m[p] = was
		return false
	}
	for _, m := range []map[string]string{w.hidden, w.visible} {
		for _, p := range slices.Sorted(maps.Keys(m)) {
			if p != "playbook.toml" && try(m, p, "", true) {
				continue
			}
			for i := 0; ; {
				lines := strings.SplitAfter(m[p], "\n")
				if i >= len(lines) {
					break
				}
				if l := strings.TrimSpace(lines[i]); l == "" || l == "---" || !try(m, p, strings.Join(slices.Delete(slices.Clone(lines), i, i+1), ""), false) {
					i++
				}
			}
		}
	}
	return why
}

// fair tells whether each hidden file is still a hidden page's.
func (w *world) fair() bool {
	for f := range w.hidden {
		if isPage(f) {
			continue
		}
		ok := false
		for p, text := range w.hidden {
			ok = ok || isPage(p) && path.Dir(p) == path.Dir(f) && strings.Contains(text, "[file]("+path.Base(f)+")")
		}
		if !ok {
			return false
		}
	}
	for p, text := range w.hidden { // and each hidden page hidden
		if isPage(p) && !slices.ContainsFunc([]string{"\ndraft:", "\npublish_on:", "\nexpires_on:", "\naudience:"}, func(s string) bool { return strings.Contains(text, s) }) {
			return false
		}
	}
	kept := false // a picture is the visible page's that shows it
	for p, text := range w.visible {
		kept = kept || isPage(p) && strings.Contains(text, "![u](u.png)") && w.visible[path.Dir(p)+"/u.png"] != ""
	}
	return kept && strings.Contains(w.visible["playbook.toml"], "audience")
}

func (w *world) tell() string {
	var b strings.Builder
	for _, m := range []map[string]string{w.visible, w.hidden} {
		for _, p := range slices.Sorted(maps.Keys(m)) {
			fmt.Fprintf(&b, "%s:\n   |%s\n", p, strings.ReplaceAll(strings.TrimSpace(m[p]), "\n", "\n   |"))
		}
		b.WriteString("hidden:\n")
	}
	return strings.TrimSuffix(b.String(), "hidden:\n")
}

// TestHiddenLeavesNoTrace builds random sites with and without what is hidden in
// them, and compares all outputs.
func TestHiddenLeavesNoTrace(t *testing.T) {
	n := sample(*sites, 50)
	stages := make(chan *stage, 2)
	for i := range 2 {
		stages <- &stage{dir: filepath.Join(scratch(), fmt.Sprint("world", i))}
	}
	each(t, n, func(i int) {
		s := <-stages
		defer func() { stages <- s }()
		w := newWorld(i)
		if len(w.hidden) == 0 {
			return
		}
		table.hidden.add(1)
		if s.trace(w) == "" {
			return
		}
		table.leaks.add(1)
		if table.leaks.n.Load() > 5 {
			t.Errorf("site %d leaks too", i)
			return
		}
		why := s.shrink(w)
		t.Errorf("site %d: %s\n%s", i, why, w.tell())
	})
}

// TestHiddenCanShow proves that the comparison would notice: what is hidden here
// is not.
func TestHiddenCanShow(t *testing.T) {
	s := &stage{dir: filepath.Join(scratch(), "worldx")}
	w := &world{visible: small, hidden: map[string]string{"content/guides/new.md": "# Not hidden\n"}}
	if s.trace(w) == "" {
		t.Error("a page that everybody may see leaves no trace")
	}
	w.hidden = map[string]string{"content/guides/new.md": "---\ndraft: true\n---\n# Hidden\n"}
	if d := s.trace(w); d != "" {
		t.Error(d)
	}
}
