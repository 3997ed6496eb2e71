//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	hugoVersion     = "0.165.0"
	pagefindVersion = "1.6.0"
	asOf            = "2026-11-23" // the day on which the generated sites are read
)

// kinds are the kinds of parts.
var kinds = map[string]func(*measurer) error{
	"cold": (*measurer).cold, "hugo": (*measurer).hugoAlone, "terms": (*measurer).terms, "find": (*measurer).find,
	"publish": (*measurer).publish, "disk": (*measurer).onDisk, "serve": (*measurer).serve, "hugo-serve": (*measurer).hugoServe,
}

// The names of what is measured, by which the table finds them.
const (
	full       = "playbook, full"
	everything = "playbook, everything"
	noCache    = "playbook, full, --no-cache"
	noSearch   = "playbook, full but no search"
	unchanged  = "playbook again, nothing changed"
	edited     = "playbook again, one body edited"
	checkOnly  = "playbook check"
	hugoPlain  = "Hugo, plain"
	hugoFuller = "Hugo, minify and search index"
	bare       = "bare program"
	bareMin    = "bare program, minified"
	manyTerms  = "playbook, 5,000 terms"
	noTerms    = "playbook, none of them matched"
	published  = "playbook publish"
	inPlace    = "playbook publish, in place"
	rsynced    = "rsync -a --checksum"
	ourIndex   = "playbook's search"
	pagefind   = "Pagefind"
)

// lean leaves out what Hugo does not make either: "full" has glossary links,
// backlinks, relations, checks, the search index, feeds and reports.
const lean = "\n[outputs]\nmarkdown = false\njson = false\ncalendar = false\ntemplates = false\nllms = false\n"

// site generates the site of a part, or takes the one that is there.
func (m *measurer) site(flags ...string) (string, error) {
	dir := filepath.Join(m.work, fmt.Sprintf("site-%d", m.pages))
	if len(flags) > 0 {
		dir += "-" + strings.Trim(strings.Join(flags, ""), "-")
	}
	if _, err := os.Stat(dir); err != nil {
		names, _ := filepath.Glob(filepath.Join(m.work, "site-*"))
		for _, n := range names { // of another part
			if n != filepath.Join(m.work, fmt.Sprintf("site-%d", m.pages)) && len(flags) == 0 {
				if err := os.RemoveAll(n); err != nil {
					return "", err
				}
			}
		}
		out, err := exec.Command(m.bin("corpus"), append([]string{"-pages", fmt.Sprint(m.pages), "-out", dir}, flags...)...).CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("corpus: %w\n%s", err, out)
		}
		m.say("  %s", bytes.TrimSpace(out))
		config, err := os.ReadFile(filepath.Join(dir, "playbook.toml"))
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, "full.toml"), append(config, lean...), 0o644); err != nil {
			return "", err
		}
		time.Sleep(3 * time.Second) // files are old enough to be known by their times
	}
	m.files = len(markdown(filepath.Join(dir, "content")))
	return dir, os.RemoveAll(filepath.Join(dir, ".playbook"))
}

func markdown(dir string) []string {
	var out []string
	_ = filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(p, ".md") {
			out = append(out, p)
		}
		return nil
	})
	return out
}

// plans are the plans of a site, sorted.
func plans(site string) []string {
	return slices.DeleteFunc(markdown(filepath.Join(site, "content", "plans")), func(p string) bool { return strings.HasPrefix(filepath.Base(p), "_") })
}

// ourBuild is a build by playbook from nothing.
func (m *measurer) ourBuild(name, program, site, config, out string, more ...string) *contestant {
	return &contestant{name: name, program: "playbook", out: out, wipe: []string{out, filepath.Join(site, ".playbook")},
		cmd: append([]string{program, "build", "--source", site, "--config", filepath.Join(site, config), "--destination", out, "--as-of", asOf, "--quiet"}, more...)}
}

// floor is the bare program.
func (m *measurer) floor(name, site, out string, flags ...string) *contestant {
	return &contestant{name: name, program: "bare", out: out, wipe: []string{out}, verify: m.pagesOf(`</html>`),
		cmd: slices.Concat([]string{m.bin("floor")}, flags, []string{filepath.Join(site, "content"), out})}
}

// cold measures builds from nothing, and the next process.
func (m *measurer) cold() error {
	site, err := m.site()
	if err != nil {
		return err
	}
	out := func(name string) string { return filepath.Join(m.work, "out-"+name) }
	small := m.pages <= 10000
	var cs []*contestant

	first := m.ourBuild(full, m.playbook, site, "full.toml", out("full"))
	first.verify = m.ourPages
	next := func(name string) *contestant { // what is there stays, and is old enough to be known by its times
		c := m.ourBuild(name, m.playbook, site, "full.toml", out("full"))
		c.wipe, c.out = nil, ""
		c.before = func() error { time.Sleep(2500 * time.Millisecond); return nil }
		return c
	}
	again, change := next(unchanged), next(edited)
	change.before, change.after = m.bodyEdit(plans(site), out("full"))
	if small {
		check := &contestant{name: checkOnly, program: "playbook", wipe: []string{filepath.Join(site, ".playbook")},
			cmd: []string{m.playbook, "check", "--source", site, "--config", filepath.Join(site, "full.toml"), "--as-of", asOf, "--quiet"}}
		cs = append(cs, check)
	}
	cs = append(cs, first, again, change)
	if small {
		without, err := m.withoutSearch()
		if err != nil {
			return err
		}
		bald := m.ourBuild(noSearch, without, site, "full.toml", out("bald"))
		bald.verify = func(out string) error {
			if n, _ := filepath.Glob(filepath.Join(out, "search", "*.js")); len(n) > 0 {
				return errors.New("it made a search index")
			}
			return m.pagesOf(`class="term"`)(out)
		}
		all := m.ourBuild(everything, m.playbook, site, "playbook.toml", out("all"))
		all.verify = m.ourPages
		cs = append(cs, bald, m.ourBuild(noCache, m.playbook, site, "full.toml", out("anew"), "--no-cache"), all)
	}
	if m.pages < 100000 {
		plain, err := m.hugoBuild(hugoPlain, site, out("hugo"), nil, nil)
		if err != nil {
			return err
		}
		cs = append(cs, plain)
		if small {
			fuller, err := m.hugoBuild(hugoFuller, site, out("hugo2"), nil, []string{"--config", "hugo.toml,search.toml", "--minify"})
			if err != nil {
				return err
			}
			cs = append(cs, fuller, m.floor(bare, site, out("bare")))
		}
		cs = append(cs, m.floor(bareMin, site, out("bare2"), "-minify"))
	}
	fleeting(cs, out("full"))
	return m.turns(cs)
}

// fleeting has what is made removed as soon as nobody needs it: it is memory.
func fleeting(cs []*contestant, needed string) {
	for _, c := range cs {
		if c.out != "" && c.out != needed {
			c.fleeting = true
		}
	}
}

// bodyEdit adds a sentence to another page each time, and takes it back. It
// holds the build to having made the page again.
func (m *measurer) bodyEdit(pages []string, out string) (before, after func() error) {
	var old []byte
	var file string
	var info os.FileInfo
	n := 0
	before = func() (err error) {
		time.Sleep(2500 * time.Millisecond)
		file = pages[n*37%len(pages)]
		n++
		if info, err = os.Stat(file); err != nil {
			return err
		}
		if old, err = os.ReadFile(file); err != nil {
			return err
		}
		return os.WriteFile(file, fmt.Appendf(slices.Clip(old), "\nOne sentence more, the %dth.\n", n), 0o644)
	}
	after = func() error {
		_, rel, _ := strings.Cut(file, "/content/")
		text, err := os.ReadFile(filepath.Join(out, strings.TrimSuffix(rel, ".md"), "index.html"))
		if err == nil && !bytes.Contains(text, fmt.Appendf(nil, "One sentence more, the %dth.", n)) {
			err = fmt.Errorf("the edit of %s did not arrive", rel)
		}
		return errors.Join(err, os.WriteFile(file, old, 0o644), os.Chtimes(file, time.Time{}, info.ModTime()))
	}
	return before, after
}

// withoutSearch builds playbook such that it makes no search index. There is no
// switch for that: two functions return before they begin.
func (m *measurer) withoutSearch() (string, error) {
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for _, cut := range []struct{ file, at, then string }{
		{"generator/document/lexicon.go", "func (w *writer) lexicon() search.Bag {\n", "if true { return \"\" }\n"},
		{"generator/book/search.go", "func (b *Book) makeFinding(prev *finding) *finding {\n", "if true { return &finding{tongues: map[string]*tongue{}, shape: new(int)} }\n"},
	} {
		text, err := os.ReadFile(cut.file)
		if err != nil {
			return "", err
		}
		if bytes.Count(text, []byte(cut.at)) != 1 {
			return "", fmt.Errorf("%s has changed: where does the search index begin now? say so in measure/parts.go", cut.file)
		}
		changed := filepath.Join(m.work, "bin", filepath.Base(cut.file)+".txt")
		if err := os.WriteFile(changed, bytes.Replace(text, []byte(cut.at), []byte(cut.at+cut.then), 1), 0o644); err != nil {
			return "", err
		}
		whole, err := filepath.Abs(cut.file)
		if err != nil {
			return "", err
		}
		overlay.Replace[whole] = changed
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		return "", err
	}
	list := m.bin("overlay.json")
	if err := os.WriteFile(list, text, 0o644); err != nil {
		return "", err
	}
	program := m.bin("playbook-without-search")
	return program, command([]string{"CGO_ENABLED=0"}, "go", "build", "-trimpath", "-overlay", list, "-o", program, ".")
}

// hugoBuild is a build by Hugo from nothing.
func (m *measurer) hugoBuild(name, site, out string, env, flags []string, marks ...string) (*contestant, error) {
	if m.ours {
		return &contestant{name: name, program: "Hugo"}, nil // takes no part
	}
	hugo, err := m.findHugo()
	if err != nil {
		return nil, err
	}
	theme, cache := m.bin("theme-"+filepath.Base(out)), out+"-cache" // Hugo locks the folder it builds in
	if _, err := os.Stat(theme); err != nil {
		if err := os.CopyFS(theme, os.DirFS("generator/bench/hugo")); err != nil {
			return nil, err
		}
	}
	return &contestant{name: name, program: "Hugo", env: env, out: out, wipe: []string{out, cache, filepath.Join(theme, "resources")},
		verify: m.hugoPages(marks),
		cmd: append([]string{hugo, "--source", theme, "--contentDir", filepath.Join(site, "content"), "--destination", out, "--cacheDir", cache,
			"--ignoreCache", "--noBuildLock", "--quiet"}, flags...)}, nil
}

// hugoAlone measures Hugo with one extra at a time.
func (m *measurer) hugoAlone() error {
	site, err := m.site()
	if err != nil {
		return err
	}
	var cs []*contestant
	for _, v := range []struct {
		name  string
		env   []string
		flags []string
		marks []string
		most  int // pages
	}{
		{hugoPlain, nil, nil, nil, 100000},
		{"Hugo, minify", nil, []string{"--minify"}, nil, 50000},
		{"Hugo, search index", nil, []string{"--config", "hugo.toml,search.toml"}, nil, 50000},
		{"Hugo, glossary links", []string{"HUGO_PARAMS_GLOSSARY=true"}, nil, []string{`class="?term`}, 10000},
		{"Hugo, backlinks from one list", []string{"HUGO_PARAMS_BACKLINKS=once"}, nil, []string{`class="?mentions`}, 10000},
		{"Hugo, backlinks the usual way", []string{"HUGO_PARAMS_BACKLINKS=usual"}, nil, []string{`class="?mentions`}, 1000},
		{"Hugo, list anew on each page", []string{"HUGO_PARAMS_SHAREDNAV=false"}, nil, nil, 10000},
	} {
		if m.pages > v.most {
			continue
		}
		c, err := m.hugoBuild(v.name, site, filepath.Join(m.work, fmt.Sprintf("out-hugo%d", len(cs))), v.env, v.flags, v.marks...)
		if err != nil {
			return err
		}
		cs = append(cs, c)
	}
	fleeting(cs, "")
	if m.runs == 0 && m.pages > 1000 {
		m.runs = 2
		defer func() { m.runs = 0 }()
	}
	return m.turns(cs)
}

// pagesOf holds an output to having marks on as many pages as the part has. Of
// very many pages it looks at some.
func (m *measurer) pagesOf(marks ...string) func(string) error { return marked(m.pages, marks) }

// mostPagesOf is for marks that some pages do without, those that nobody links to.
func (m *measurer) mostPagesOf(marks ...string) func(string) error {
	return marked(m.pages*8/10, marks)
}

func marked(pages int, marks []string) func(string) error {
	return func(out string) error {
		files, step := htmlFiles(out), 1+pages/20000
		have := make([]int, len(marks))
		var res []*regexp.Regexp
		for _, mark := range marks {
			res = append(res, regexp.MustCompile(mark))
		}
		for i := 0; i < len(files); i += step {
			text, err := os.ReadFile(files[i])
			if err != nil {
				return err
			}
			for j, re := range res {
				if re.Match(text) {
					have[j]++
				}
			}
		}
		for j, n := range have {
			// Where some stand for all, chance has its share.
			if n*step < pages-pages/50*min(1, step-1) {
				return fmt.Errorf("only %d of %d pages have %s", n*step, pages, marks[j])
			}
		}
		return nil
	}
}

func htmlFiles(dir string) []string {
	var out []string
	_ = filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && d.Name() == "index.html" {
			out = append(out, p)
		}
		return nil
	})
	return out
}

// ourPages holds playbook to what "full" means.
func (m *measurer) ourPages(out string) error {
	for _, pattern := range []string{"feed.xml", "plans/feed.xml", "search/*.js", "reports/index.html"} {
		if n, _ := filepath.Glob(filepath.Join(out, filepath.FromSlash(pattern))); len(n) == 0 {
			return fmt.Errorf("there is no %s", pattern)
		}
	}
	if err := m.pagesOf(`class="?term"?`, `class="?nav-items`, `class="?crumbs`, `class="?toc`)(out); err != nil {
		return err
	}
	// Not every page is linked to.
	return m.mostPagesOf(`class="after mentions|id="?pb-mentions`)(out)
}

// hugoPages holds Hugo to what its name says.
func (m *measurer) hugoPages(marks []string) func(string) error {
	return func(out string) error {
		if err := m.pagesOf(`TableOfContents`, `class="?crumbs`, `class="?side`, `rel="?(next|prev)`)(out); err != nil {
			return err
		}
		left := regexp.MustCompile(`href="?[^" >]*\.md["# >]`)
		for _, p := range htmlFiles(out) {
			text, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			if l := left.Find(text); l != nil {
				return fmt.Errorf("a link is not resolved: %s", l)
			}
		}
		return m.mostPagesOf(marks...)(out)
	}
}

// terms measures what a large vocabulary costs: the same pages, with the terms
// to be matched and without.
func (m *measurer) terms() error {
	const n = "5000"
	with, err := m.site("-terms", n)
	if err != nil {
		return err
	}
	without, err := m.site("-terms", n, "-unmatched")
	if err != nil {
		return err
	}
	a := m.ourBuild(manyTerms, m.playbook, with, "full.toml", filepath.Join(m.work, "out-with"))
	a.verify = m.pagesOf(`class="?term"?`)
	b := m.ourBuild(noTerms, m.playbook, without, "full.toml", filepath.Join(m.work, "out-without"))
	b.verify = func(out string) error {
		if err := m.pagesOf(`class="?term"?`)(out); err == nil {
			return errors.New("terms were matched")
		}
		return nil
	}
	cs := []*contestant{a, b}
	fleeting(cs, "")
	return m.turns(cs)
}

// onDisk has the destination on a disk.
func (m *measurer) onDisk() error {
	site, err := m.site()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(m.disk, "playbook-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if inMemory(dir) {
		return fmt.Errorf("%s is no disk; name a folder on one with -disk", m.disk)
	}
	plain, err := m.hugoBuild(hugoPlain, site, filepath.Join(dir, "hugo"), nil, nil)
	if err != nil {
		return err
	}
	cs := []*contestant{
		m.ourBuild(full, m.playbook, site, "full.toml", filepath.Join(dir, "full")), plain,
		m.floor(bareMin, site, filepath.Join(dir, "bare"), "-minify"),
	}
	if m.runs == 0 {
		m.runs = 3
		defer func() { m.runs = 0 }()
	}
	return m.turns(cs)
}

// publish brings a site of which ten pages have changed to a folder, and lets
// rsync do so.
func (m *measurer) publish() error {
	site, err := m.site()
	if err != nil {
		return err
	}
	if _, err := exec.LookPath("rsync"); err != nil {
		return err
	}
	out, host := filepath.Join(m.work, "out-full"), filepath.Join(m.work, "host")
	config, err := os.ReadFile(filepath.Join(site, "full.toml"))
	if err != nil {
		return err
	}
	config = fmt.Appendf(config, "\n[targets.releases]\ndirectory = %q\n\n[targets.place]\ndirectory = %q\nin_place = true\n", filepath.Join(host, "releases"), filepath.Join(host, "place"))
	if err := os.WriteFile(filepath.Join(site, "publish.toml"), config, 0o644); err != nil {
		return err
	}
	build := m.ourBuild("", m.playbook, site, "publish.toml", out)
	send := func(target string, more ...string) []string {
		return append([]string{m.playbook, "publish", target, "--source", site, "--config", filepath.Join(site, "publish.toml"), "--destination", out, "--quiet"}, more...)
	}
	copied := filepath.Join(host, "copy")
	rsync := []string{"rsync", "-a", "--checksum", "--delete", out + "/", copied + "/"}
	for _, d := range []string{out, copied, filepath.Join(host, "releases"), filepath.Join(host, "place")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	for _, c := range [][]string{build.cmd, send("releases", "--first"), send("place", "--first"), rsync} {
		if err := command(nil, c[0], c[1:]...); err != nil {
			return err
		}
	}
	all, n := plans(site), 0
	var marked string
	change := func() error {
		n++
		mark := fmt.Sprintf("Changed for the %dth time.", n)
		for i := range 10 {
			file := all[(n*10+i)*37%len(all)]
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			if err := os.WriteFile(file, append(text, "\n"+mark+"\n"...), 0o644); err != nil {
				return err
			}
			_, rel, _ := strings.Cut(file, "/content/")
			marked = filepath.Join(strings.TrimSuffix(rel, ".md"), "index.html")
		}
		if err := command(nil, build.cmd[0], build.cmd[1:]...); err != nil {
			return err
		}
		time.Sleep(2500 * time.Millisecond)
		return nil
	}
	arrived := func(at string) func() error {
		return func() error {
			text, err := os.ReadFile(filepath.Join(host, at, marked))
			if err == nil && !bytes.Contains(text, fmt.Appendf(nil, "Changed for the %dth time.", n)) {
				err = fmt.Errorf("%s was not sent", marked)
			}
			return err
		}
	}
	err = m.turns([]*contestant{
		{name: published, program: "playbook", before: change, cmd: send("releases"), after: arrived("releases/current")},
		{name: inPlace, program: "playbook", cmd: send("place"), after: arrived("place")},
		{name: rsynced, program: "rsync", cmd: rsync, after: arrived("copy")},
	})
	return errors.Join(err, os.RemoveAll(site)) // its pages are not as they were generated
}

// find measures what finding something costs a reader.
func (m *measurer) find() error {
	site, err := m.site()
	if err != nil {
		return err
	}
	out := filepath.Join(m.work, "out-full")
	c := m.ourBuild("", m.playbook, site, "full.toml", out)
	if err := command(nil, c.cmd[0], c.cmd[1:]...); err != nil {
		return err
	}
	flags := []string{"-json", filepath.Join(m.work, "found.json")}
	if !m.ours {
		program, err := m.findPagefind()
		if err != nil {
			return err
		}
		flags = append(flags, "-pagefind", program)
	}
	if err := command(nil, m.bin("search"), append(flags, out)...); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(m.work, "found.json"))
	if err != nil {
		return err
	}
	var found map[string]map[string]float64
	if err := json.Unmarshal(text, &found); err != nil {
		return err
	}
	for from, name := range map[string]string{"playbook": ourIndex, "pagefind": pagefind} {
		if v := found[from]; v != nil {
			r := m.row(name)
			r.Values = v
			if err := m.results.put(r); err != nil {
				return err
			}
			m.say("  %-20s %v", name, v)
		}
	}
	return nil
}

// serve measures from an edit to changed bytes.
func (m *measurer) serve() error {
	kinds := "body,title,new"
	if m.pages > 10000 { // no budget speaks of the last, and the copy of a large site fills the memory
		kinds = "body,title"
	}
	return m.edit("playbook", "-kinds", kinds, "-program", m.playbook)
}

func (m *measurer) hugoServe() error {
	hugo, err := m.findHugo()
	if err != nil {
		return err
	}
	return m.edit("Hugo", "-hugo", "-kinds", "body,title", "-program", hugo)
}

func (m *measurer) edit(program string, flags ...string) error {
	site, err := m.site()
	if err != nil {
		return err
	}
	log := filepath.Join(m.work, "edits.jsonl")
	if err := command(nil, m.bin("edits"), slices.Concat(flags, []string{"-n", fmt.Sprint(m.edits), "-config", "full.toml", "-json", log, site})...); err != nil {
		return err
	}
	text, err := os.ReadFile(log)
	if err != nil {
		return err
	}
	for sc := bufio.NewScanner(bytes.NewReader(text)); sc.Scan(); {
		var x struct {
			Kind    string
			Seconds []float64
			CPU     float64
			MiB     float64
		}
		if err := json.Unmarshal(sc.Bytes(), &x); err != nil {
			return err
		}
		r := m.row(program + ", " + x.Kind)
		r.Program, r.Of, r.Wall = program, m.edits, x.Seconds
		if x.CPU > 0 {
			r.CPU = []float64{x.CPU}
		}
		if x.MiB > 0 {
			r.MiB = []float64{x.MiB}
		}
		if err := m.results.put(r); err != nil {
			return err
		}
		m.say("  %-24s median %8.1f ms, 95th percentile %8.1f ms", r.Name, 1000*median(x.Seconds), 1000*quantile(x.Seconds, 0.95))
	}
	return nil
}
