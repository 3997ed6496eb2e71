package torture

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// A change of a site that a build is to carry out: from what, to what.
type turn struct {
	name     string
	from, to map[string]string // nil from: there is no site yet
	args     []string
}

// lean is a site with few outputs, so that each call that its build makes can be
// broken in turn.
var lean = map[string]string{
	"playbook.toml":     "title = \"Lean\"\nhistory = \"off\"\n[outputs]\nfeeds = false\ncalendar = false\nsitemap = false\nllms = false\nmarkdown = false\njson = false\npreviews = false\ntemplates = false\nreports = false\n",
	"content/index.md":  "# Lean\n\nSee [[a]].\n",
	"content/g/a.md":    "# A\n\nOne.\n",
	"content/g/b.md":    "# B\n\nTwo.\n",
	"content/g/pic.png": "no picture",
}

func changed(m map[string]string, with map[string]string) map[string]string {
	out := maps.Clone(m)
	for p, text := range with {
		if text == "" {
			delete(out, p)
		} else {
			out[p] = text
		}
	}
	return out
}

func turns() []turn {
	edited := changed(lean, map[string]string{"content/g/a.md": "# A changed\n\nThree.\n", "content/g/c.md": "# C\n\nNew.\n", "content/g/pic.png": "another"})
	fewer := changed(lean, map[string]string{"content/g/b.md": "", "content/g/pic.png": "", "content/index.md": "# Lean\n"})
	return []turn{
		{"the first build", nil, lean, nil},
		{"an edit", lean, edited, nil},
		{"a removal", lean, fewer, nil},
		{"all anew", lean, edited, []string{"--no-cache"}},
	}
}

// ground is a site before a turn, kept to be copied.
type ground struct {
	dir      string
	old, new map[string][]byte // the outputs before and after
}

func grounds(t *testing.T, tn turn) ground {
	t.Helper()
	groundsMu.Lock()
	defer groundsMu.Unlock()
	if g, ok := groundsMade[tn.name]; ok {
		return g
	}
	g := ground{dir: filepath.Join(scratch(), "ground-"+strings.ReplaceAll(tn.name, " ", "-"))}
	must(t, os.RemoveAll(g.dir))
	b := box{g.dir}
	must(t, os.MkdirAll(b.site(), 0o755))
	build := func(args ...string) {
		t.Helper()
		// The real program, so that what it keeps is what it will find.
		if o := (process{}).run(append([]string{"build", "-s", b.site(), "--as-of", asOf, "-q"}, args...)...); o.code != 0 {
			t.Fatalf("%s: %s", tn.name, o.err)
		}
	}
	// What comes out, by a clean build of its own.
	b.write(t, tn.to)
	build("--no-cache")
	g.new = contents(t, b.public())
	must(t, os.RemoveAll(b.site()))
	if tn.from != nil {
		b.write(t, tn.from)
		build()
		g.old = contents(t, b.public())
		for p := range tn.from {
			if _, ok := tn.to[p]; !ok {
				must(t, os.Remove(filepath.Join(b.site(), p)))
			}
		}
	}
	b.write(t, tn.to)
	groundsMade[tn.name] = g
	return g
}

// The grounds are made once.
var (
	groundsMu   sync.Mutex
	groundsMade = map[string]ground{}
)

// copyTo lays a site as it is before the turn into an empty box.
func (g ground) copyTo(t *testing.T, b box) {
	t.Helper()
	must(t, os.RemoveAll(b.dir))
	must(t, os.CopyFS(b.dir, os.DirFS(g.dir)))
}

// state looks at the outputs: "old", "new", or what is wrong. Between the two
// lies only a site whose journal says how to go on.
func (g ground) state(t *testing.T, public string) string {
	t.Helper()
	is := contents(t, public)
	same := func(want map[string][]byte) bool {
		return len(is) == len(want) && maps.EqualFunc(is, want, bytes.Equal)
	}
	switch {
	case same(g.old):
		return "old"
	case same(g.new):
		return "new"
	}
	_, err := os.Lstat(filepath.Join(public, ".playbook-stage", ".playbook-journal"))
	for p, text := range is {
		if strings.Contains(p, ".playbook-stage/") {
			continue // what waits there is not named by any page
		}
		was, wasThere := g.old[p]
		will, willBe := g.new[p]
		if !(wasThere && bytes.Equal(was, text)) && !(willBe && bytes.Equal(will, text)) {
			return fmt.Sprintf("%s is neither old nor new", p)
		}
		delete(is, p)
	}
	if err == nil {
		return "between"
	}
	staged := 0
	is = contents(t, public)
	for p := range is {
		if strings.Contains(p, ".playbook-stage/") {
			staged++
			delete(is, p)
		}
	}
	switch {
	case same(g.old):
		return "old"
	case same(g.new):
		return "new"
	}
	var names []string
	for p := range is {
		names = append(names, p)
	}
	slices.Sort(names)
	return fmt.Sprintf("it is neither the old site nor the new one, and there is no journal (%d files, %d staged)", len(names), staged)
}

// litter names what is left beside the site of a build that is over.
func litter(b box) string {
	for _, p := range []string{".public.playbook-stage", "public/.playbook-stage"} {
		if _, err := os.Lstat(filepath.Join(b.site(), p)); err == nil {
			return p
		}
	}
	return ""
}

// finish runs the next build, which must bring about the new site.
func (g ground) finish(t *testing.T, b box, what string) {
	t.Helper()
	o := here("build", "-s", b.site(), "--as-of", asOf, "-q")
	if fault.MatchString(o.err) {
		bad(t, &table.crashes, "%s: the next run: %s", what, brief(o.err, 2000))
	}
	if s := g.state(t, b.public()); o.code != 0 || s != "new" {
		bad(t, &table.half, "%s: after the next run, which ended with %d, the site is %s: %s", what, o.code, s, brief(o.err, 500))
	} else if l := litter(b); l != "" {
		bad(t, &table.half, "%s: after the next run %s is left", what, l)
	}
}

// TestFaultsOfCalls breaks every call of a build that changes something on the
// disk, one run for each: the process is killed there, or the call fails, once
// or from there on.
func TestFaultsOfCalls(t *testing.T) {
	b := newBox(t)
	if _, err := watched(process{}, func(change) verdict { return 0 }, "version"); err != nil {
		skip(t, "calls cannot be watched here: "+err.Error())
	}
	ways := []struct {
		name  string
		error verdict
		on    bool // all calls from there on
	}{{"killed", kill, true}, {"the disk is full", verdict(syscall.ENOSPC), true}, {"an error of the disk", verdict(syscall.EIO), false}, {"no permission", verdict(syscall.EACCES), true}}
	type trial struct {
		tn   turn
		g    ground
		way  int
		call int
	}
	var trials []trial
	for _, tn := range turns() {
		g := grounds(t, tn)
		g.copyTo(t, b)
		n := 0
		o, err := watched(process{env: []string{"GOMAXPROCS=1", "HOME=/nonexistent"}}, func(c change) verdict { n++; return 0 }, append([]string{"build", "-s", b.site(), "--as-of", asOf, "-q"}, tn.args...)...)
		must(t, err)
		if o.code == 99 && strings.Contains(o.err, "seccomp") {
			skip(t, "calls cannot be watched here: "+o.err)
		}
		if o.code != 0 || g.state(t, b.public()) != "new" || n < 10 {
			t.Fatalf("%s, watched, made %d calls and ended with %d: %s", tn.name, n, o.code, o.err)
		}
		t.Logf("%s makes %d calls that change something", tn.name, n)
		for w := range ways {
			for c := range n {
				trials = append(trials, trial{tn, g, w, c})
			}
		}
	}
	if !*whole {
		var few []trial
		for i, x := range trials {
			if (i+*seed)%(len(trials)/6) == 0 {
				few = append(few, x)
			}
		}
		trials = few
	}
	each(t, len(trials), func(i int) {
		x := trials[i]
		table.faults.add(1)
		b := box{filepath.Join(scratch(), fmt.Sprint("fault", i))}
		defer release(b.dir)
		x.g.copyTo(t, b)
		way := ways[x.way]
		var mu sync.Mutex
		n, at := 0, ""
		var strays []string
		o, err := watched(process{env: []string{"GOMAXPROCS=1", "HOME=/nonexistent"}}, func(c change) verdict {
			mu.Lock()
			defer mu.Unlock()
			for _, p := range []string{c.path, c.to} {
				if p != "" && p != b.site() && !strings.HasPrefix(p, b.site()+"/") && !strings.Contains(p, "pipe:") && !strings.Contains(p, "anon_inode") {
					strays = append(strays, c.String())
				}
			}
			n++
			if n == x.call+1 {
				at = c.String()
			}
			if n == x.call+1 || way.on && n > x.call {
				return way.error
			}
			return 0
		}, append([]string{"build", "-s", b.site(), "--as-of", asOf, "-q"}, x.tn.args...)...)
		must(t, err)
		what := fmt.Sprintf("%s, %s at call %d (%s)", x.tn.name, way.name, x.call+1, strings.ReplaceAll(at, b.site()+"/", ""))
		if len(strays) > 0 {
			bad(t, &table.outside, "%s: %s", what, strays[0])
		}
		switch {
		case fault.MatchString(o.err):
			bad(t, &table.crashes, "%s: %s", what, brief(o.err, 2000))
		case o.hung:
			bad(t, &table.hangs, "%s", what)
		case way.error == kill:
		case o.code == 0 && x.g.state(t, b.public()) != "new":
			bad(t, &table.half, "%s: it is said to be done, and the site is %s", what, x.g.state(t, b.public()))
		case o.code != 0 && o.code != 3:
			bad(t, &table.codes, "%s: the status is %d: %s", what, o.code, brief(o.err, 500))
		}
		if s := x.g.state(t, b.public()); s != "old" && s != "new" && s != "between" {
			bad(t, &table.half, "%s: %s", what, s)
		}
		x.g.finish(t, b, what)
	})
}
