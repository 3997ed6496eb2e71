package serve

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"playbook/generator/build"
)

// swap writes a file as careful editors do: beside it, then renamed.
func swap(t testing.TB, dir, name, text string) {
	t.Helper()
	p := filepath.Join(dir, filepath.FromSlash(name))
	tmp := filepath.Join(filepath.Dir(p), "."+filepath.Base(p)+".tmp123")
	must(t, os.WriteFile(tmp, []byte(text), 0o644))
	must(t, os.Rename(tmp, p))
}

// TestWatch goes through what happens to a folder while people work in it, by
// the system's events and by looking.
func TestWatch(t *testing.T) {
	for _, poll := range []bool{false, true} {
		t.Run(map[bool]string{false: "events", true: "poll"}[poll], func(t *testing.T) {
			t.Parallel()
			dir := small(t)
			at := func(p string) string { return filepath.Join(dir, filepath.FromSlash(p)) }
			r := begin(t, dir, func(o *Options) { o.Poll = poll }, func(s *server) { s.watch.every = 40 * time.Millisecond })

			write(t, dir, "content/deals/first.md", "# First call\n\nWritten over.\n")
			r.shows("/deals/first/", "Written over")
			for i := range 5 {
				swap(t, dir, "content/deals/first.md", fmt.Sprintf("# First call\n\nRenamed %d.\n", i))
				r.shows("/deals/first/", fmt.Sprintf("Renamed %d", i))
			}
			// As vim does it: a probe, the old file to a backup, a new file.
			write(t, dir, "content/deals/4913", "")
			must(t, os.Remove(at("content/deals/4913")))
			must(t, os.Rename(at("content/deals/first.md"), at("content/deals/first.md~")))
			write(t, dir, "content/deals/first.md", "# First call\n\nBy way of a backup.\n")
			must(t, os.Remove(at("content/deals/first.md~")))
			r.shows("/deals/first/", "By way of a backup")

			// A folder that is there with all its files at once, and one made step by step.
			tmp := filepath.Join(dir, "elsewhere")
			write(t, tmp, "deep/er/new.md", "# New\n")
			must(t, os.Rename(tmp, at("content/moved")))
			r.shows("/moved/deep/er/new/", "New")
			write(t, dir, "content/made/deep/er/new.md", "# Made\n")
			r.shows("/made/deep/er/new/", "Made")
			write(t, dir, "content/made/deep/er/new.md", "# Made again\n")
			r.shows("/made/deep/er/new/", "Made again")

			// Folders renamed: what lies deep in them is still watched.
			must(t, os.Rename(at("content/made"), at("content/named")))
			r.shows("/named/deep/er/new/", "Made again")
			r.gone("/made/deep/er/new/")
			write(t, dir, "content/named/deep/er/new.md", "# Named\n")
			r.shows("/named/deep/er/new/", "Named")
			write(t, dir, "content/named/deep/er/more/file.md", "# More\n")
			r.shows("/named/deep/er/more/file/", "More")

			// Two folders trade places, and back.
			for range 2 {
				must(t, os.Rename(at("content/named"), at("content/third")))
				must(t, os.Rename(at("content/moved"), at("content/named")))
				must(t, os.Rename(at("content/third"), at("content/moved")))
				r.isClean()
			}
			write(t, dir, "content/named/deep/er/new.md", "# After the trade\n")
			r.shows("/named/deep/er/new/", "After the trade")

			must(t, os.RemoveAll(at("content/named")))
			r.gone("/named/deep/er/new/")
			write(t, dir, "content/named/deep/er/new.md", "# Back again\n")
			r.shows("/named/deep/er/new/", "Back again")

			// The whole content goes and comes back.
			must(t, os.Rename(at("content"), at("away")))
			r.gone("/deals/first/")
			must(t, os.Rename(at("away"), at("content")))
			r.shows("/deals/first/", "By way of a backup")
			write(t, dir, "content/deals/first.md", "# First call\n\nAfter the journey.\n")
			r.shows("/deals/first/", "After the journey")

			// Links to folders inside the content, one of them into a folder
			// that no scan enters, and one in a circle.
			write(t, dir, "content/.shared/page.md", "# Shared\n")
			must(t, os.Symlink(".shared", at("content/shared")))
			r.shows("/shared/page/", "Shared")
			write(t, dir, "content/.shared/page.md", "# Shared anew\n")
			r.shows("/shared/page/", "Shared anew")
			write(t, dir, "content/.shared/deep/page.md", "# Deep\n")
			r.shows("/shared/deep/page/", "Deep")
			write(t, dir, "content/.shared/deep/page.md", "# Deep anew\n")
			r.shows("/shared/deep/page/", "Deep anew")
			write(t, dir, "content/.files/one.md", "# One\n")
			must(t, os.Symlink("../.files/one.md", at("content/deals/one.md")))
			r.shows("/deals/one/", "One")
			write(t, dir, "content/.files/one.md", "# One anew\n")
			r.shows("/deals/one/", "One anew")
			must(t, os.Symlink("..", at("content/deals/circle")))
			write(t, dir, "content/deals/second.md", "# Second call\n\nIn spite of the circle.\n")
			r.shows("/deals/second/", "In spite of the circle")

			// Layouts come, and the configuration names other folders.
			write(t, dir, "layouts/assets/style.css", "body { color: rgb(1, 2, 3) }\n")
			r.until("there is a style sheet of the site", func() bool {
				for n, p := range r.site.Load().sheets() {
					if strings.HasSuffix(n, "/style.css") {
						_, b := r.get("/" + p)
						return strings.Contains(b, "#010203") || strings.Contains(b, "rgb(1")
					}
				}
				return false
			})
			write(t, dir, "texts/all/only.md", "# Only\n")
			write(t, dir, "playbook.toml", "title = \"Acme\"\ncontent = \"texts/all\"\n")
			r.shows("/only/", "Only")
			write(t, dir, "texts/all/only.md", "# Only this\n")
			r.shows("/only/", "Only this")
			must(t, os.Rename(at("texts"), at("text")))
			r.gone("/only/")
			must(t, os.Rename(at("text"), at("texts")))
			write(t, dir, "texts/all/only.md", "# Only that\n")
			r.shows("/only/", "Only that")
			r.isClean()
		})
	}
}

// TestUnwatched: what no scan reads wakes nobody.
func TestUnwatched(t *testing.T) {
	dir := small(t)
	write(t, dir, "playbook.toml", "content = \".\"\nignore = [\"node_modules/\", \"*.tmp\", \"/content/attic/**\"]\n")
	write(t, dir, ".git/HEAD", "ref: refs/heads/main\n")
	write(t, dir, "node_modules/a/index.js", "")
	write(t, dir, "content/_parts/one.md", "")
	write(t, dir, "content/attic/one.md", "")
	write(t, dir, "public/index.html", "")
	r := begin(t, dir, nil, nil)
	set, _ := folders(r.watch.ask())
	for _, d := range []string{".git", "public", "node_modules", "content/_parts"} {
		if _, ok := set[filepath.Join(dir, filepath.FromSlash(d))]; ok {
			t.Errorf("%s is watched", d)
		}
	}
	if _, ok := set[filepath.Join(dir, "content", "deals")]; !ok {
		t.Errorf("content/deals is not watched: %v", set)
	}
	n := len(r.said())
	for _, p := range []string{".git/index", "public/index.html", "public/new/index.html", "content/deals/.first.md.swp", "content/deals/4913",
		"content/deals/first.md~", "content/deals/#first.md#", "content/deals/.#first.md", "content/deals/first.md.bak", "content/.DS_Store",
		"content/deals/.first.md.swo", "content/deals/first.md.swx", "content/deals/~$first.docx", "content/_parts/one.md", "content/deals/_later.md",
		"node_modules/a/index.js", "node_modules/b/README.md", "content/node_modules/README.md", "content/deals/new.tmp", "content/attic/old.md"} {
		write(t, dir, p, "x")
		must(t, os.Remove(filepath.Join(dir, p)))
	}
	must(t, os.Chmod(filepath.Join(dir, "content/deals/first.md"), 0o600))
	time.Sleep(3 * settleMax / 2)
	must(t, os.RemoveAll(filepath.Join(dir, "node_modules")))
	must(t, os.RemoveAll(filepath.Join(dir, "content", "node_modules")))
	time.Sleep(3 * settleMax / 2)
	if l := r.said()[n:]; len(l) > 0 {
		t.Errorf("it was built again: %q", l)
	}

	// Where the content is a folder of its own, what lies beside it counts as little.
	write(t, dir, "playbook.toml", "title = \"Acme\"\n")
	r.until("it is built again", func() bool { return len(r.said()) > n })
	n = len(r.said())
	write(t, dir, "node_modules/a/README.md", "# A\n")
	write(t, dir, "notes.md", "# Notes\n")
	time.Sleep(3 * settleMax / 2)
	if l := r.said()[n:]; len(l) > 0 {
		t.Errorf("it was built again: %q", l)
	}
}

// TestMoved holds what the watcher says of where things moved: all of it, or that
// it does not know. A build looks nowhere else.
func TestMoved(t *testing.T) {
	dir := small(t)
	write(t, dir, "layouts/page.html", "x")
	for i := range 8 {
		write(t, dir, fmt.Sprintf("content/many/%d.md", i), "# One\n")
	}
	at := func(p string) string { return filepath.Join(dir, filepath.FromSlash(p)) }
	w := newWatcher(func() roots { return rootsOf(dir, build.Options{}) }, false, func(l string) { t.Error(l) })
	w.start(t.Context())
	t.Cleanup(func() { w.close() })
	const everywhere = "everywhere"
	for _, c := range []struct {
		name string
		do   func()
		want string
	}{
		{"written over", func() { write(t, dir, "content/deals/first.md", "# A\n") }, "content/deals/first.md"},
		{"at the top", func() { write(t, dir, "content/index.md", "# A\n") }, "content/index.md"},
		{"saved by renaming", func() { swap(t, dir, "content/deals/first.md", "# B\n") }, "content/deals/first.md"},
		{"new", func() { write(t, dir, "content/deals/new.md", "# B\n") }, "content/deals/new.md"},
		{"renamed", func() { must(t, os.Rename(at("content/deals/new.md"), at("content/many/old.md"))) }, "content/deals/new.md content/many/old.md"},
		{"removed", func() { must(t, os.Remove(at("content/many/old.md"))) }, "content/many/old.md"},
		{"a layout", func() { write(t, dir, "layouts/page.html", "y") }, "layouts/page.html"},
		{"many files", func() {
			for i := range 8 {
				write(t, dir, fmt.Sprintf("content/many/%d.md", i), "# Two\n")
			}
			write(t, dir, "content/deals/first.md", "# Two\n")
		}, "content/deals content/many"},
		{"the configuration", func() { write(t, dir, "playbook.toml", "title = \"Emca\"\n") }, everywhere},
		{"a new folder", func() { write(t, dir, "content/deals/deep/one.md", "# One\n") }, everywhere},
		{"in the new folder", func() { write(t, dir, "content/deals/deep/one.md", "# Two\n") }, "content/deals/deep/one.md"},
		{"a folder renamed", func() { must(t, os.Rename(at("content/deals/deep"), at("content/deep"))) }, everywhere},
		{"in the folder renamed", func() { write(t, dir, "content/deep/one.md", "# Two\n") }, "content/deep/one.md"},
		{"a folder removed", func() { must(t, os.RemoveAll(at("content/deep"))) }, everywhere},
		{"a link", func() { must(t, os.Symlink("first.md", at("content/deals/link.md"))) }, everywhere},
		{"events lost", func() { w.fs.Errors <- fsnotify.ErrEventOverflow }, everywhere},
		{"events lost and one not", func() {
			write(t, dir, "content/deals/first.md", "# C\n")
			w.fs.Errors <- fsnotify.ErrEventOverflow
		}, everywhere},
		{"a right given back after a fault", func() {
			w.upset.Store(true)
			must(t, os.Chmod(at("content/deals/first.md"), 0o600))
			must(t, os.Chmod(at("content/deals/first.md"), 0o644))
		}, "content/deals/first.md"},
	} {
		c.do()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		m, ok := w.wait(ctx)
		if !ok {
			t.Fatalf("%s: nobody is woken", c.name)
		}
		cancel()
		got := everywhere
		if in := m.within(); in != nil {
			for i := range in {
				rel, err := filepath.Rel(dir, in[i])
				must(t, err)
				in[i] = filepath.ToSlash(rel)
			}
			got = strings.Join(in, " ")
		}
		if got != c.want {
			t.Errorf("%s: look in %q, want %q (%q)", c.name, got, c.want, m.names)
		}
		time.Sleep(2 * settleOne)
		ctx, cancel = context.WithTimeout(t.Context(), 4*settleOne)
		if m, ok := w.wait(ctx); ok && c.want != everywhere { // a folder's own may come late, in a build that looks there
			t.Errorf("%s: woken again for %q", c.name, m.names)
		}
		cancel()
	}
}

// TestLinkedSite: the site's folder and its configuration may be links, and its
// content one that stays within the site.
func TestLinkedSite(t *testing.T) {
	real, links := small(t), t.TempDir()
	must(t, os.Rename(filepath.Join(real, "content"), filepath.Join(real, "texts")))
	must(t, os.Symlink("texts", filepath.Join(real, "content")))
	must(t, os.Rename(filepath.Join(real, "playbook.toml"), filepath.Join(links, "acme.toml")))
	must(t, os.Symlink(filepath.Join(links, "acme.toml"), filepath.Join(real, "playbook.toml")))
	must(t, os.Symlink(real, filepath.Join(links, "site")))
	r := begin(t, filepath.Join(links, "site"), nil, nil)
	write(t, real, "texts/deals/first.md", "# First call\n\nBehind the link.\n")
	r.shows("/deals/first/", "Behind the link")
	write(t, real, "texts/more/new.md", "# New\n")
	r.shows("/more/new/", "New")
	write(t, links, "acme.toml", "title = \"Emca\"\n")
	r.shows("/deals/first/", "Emca")
}

// TestOverflow loses events: once told so by a watcher, once by the system
// itself, whose queue is made short.
func TestOverflow(t *testing.T) {
	dir := small(t)
	deaf := false
	r := begin(t, dir, nil, func(s *server) {
		add := s.watch.add
		s.watch.add = func(f *fsnotify.Watcher, d string) error {
			if deaf && strings.HasSuffix(d, "deals") {
				return nil
			}
			return add(f, d)
		}
		deaf = true
	})
	write(t, dir, "content/deals/first.md", "# First call\n\nUnheard.\n")
	time.Sleep(settleMax)
	if _, b := r.get("/deals/first/"); strings.Contains(b, "Unheard") {
		t.Fatal("the folder is watched: the test shows nothing")
	}
	deaf = false
	r.watch.fs.Errors <- fsnotify.ErrEventOverflow
	r.shows("/deals/first/", "Unheard")
	write(t, dir, "content/deals/first.md", "# First call\n\nHeard.\n")
	r.shows("/deals/first/", "Heard")
}

// TestOverflowOfTheSystem fills the system's own queue: nobody takes events out
// while more files are written than it holds. The queue is made short where
// the machine allows it, so that fewer files do.
func TestOverflowOfTheSystem(t *testing.T) {
	const knob = "/proc/sys/fs/inotify/max_queued_events"
	was, err := os.ReadFile(knob)
	if err != nil {
		t.Skip("NOT TESTED WITH A REAL QUEUE: this system has no inotify; TestOverflow stands in")
	}
	size, err := strconv.Atoi(strings.TrimSpace(string(was)))
	must(t, err)
	if os.WriteFile(knob, []byte("256"), 0o644) == nil {
		size = 256
		defer func() { must(t, os.WriteFile(knob, was, 0o644)) }()
	} else {
		t.Logf("the queue of %d events cannot be made shorter here, so it is filled as it is", size)
	}
	dir := small(t)
	write(t, dir, "content/many/0/0.md", "# Call\n")
	var overflowed atomic.Int64
	r := begin(t, dir, nil, func(s *server) {
		s.watch.told = func(err error) { // before anything else is asked
			if errors.Is(err, fsnotify.ErrEventOverflow) {
				overflowed.Add(1)
			}
		}
	})
	r.watch.mu.Lock()              // holds up the one who listens
	for i := range size/2 + 1200 { // a new file makes two events at least; the library takes some out beforehand
		write(t, dir, fmt.Sprintf("content/many/0/%d.md", i), fmt.Sprintf("# Call %d\n", i))
	}
	write(t, dir, "content/many/1/2/last.md", "# Last of all\n")
	must(t, os.Rename(filepath.Join(dir, "content/deals"), filepath.Join(dir, "content/doors")))
	r.watch.mu.Unlock()
	r.shows("/many/1/2/last/", "Last of all")
	r.isClean()
	if overflowed.Load() == 0 {
		t.Error("the queue did not overflow: the test shows nothing")
	}
	write(t, dir, "content/many/1/2/last.md", "# Heard again\n")
	r.shows("/many/1/2/last/", "Heard again")
	write(t, dir, "content/doors/first.md", "# First call\n\nHeard as well.\n")
	r.shows("/doors/first/", "Heard as well")
}

// TestLimit: where the system watches no more, it says so and looks itself.
func TestLimit(t *testing.T) {
	for name, tweak := range map[string]func(s *server){
		"max_user_watches": func(s *server) {
			n := 0
			add := s.watch.add
			s.watch.add = func(f *fsnotify.Watcher, d string) error {
				if n++; n > 2 {
					return syscall.ENOSPC
				}
				return add(f, d)
			}
		},
		"max_user_instances": func(s *server) {
			s.watch.open = func() (*fsnotify.Watcher, error) { return nil, syscall.EMFILE }
		},
	} {
		dir := small(t)
		r := begin(t, dir, nil, func(s *server) { tweak(s); s.watch.every = 40 * time.Millisecond })
		if l := r.said(); !strings.Contains(l[0], "looking for changes every second: ") || !strings.Contains(l[0], name) {
			t.Errorf("%s: it says %q", name, l)
		}
		write(t, dir, "content/deals/new/first.md", "# Found by looking\n")
		r.shows("/deals/new/first/", "Found by looking")
		r.end()
	}
	// The limit is reached by a folder that comes later.
	dir := small(t)
	full := false
	r := begin(t, dir, nil, func(s *server) {
		s.watch.every = 40 * time.Millisecond
		add := s.watch.add
		s.watch.add = func(f *fsnotify.Watcher, d string) error {
			if full = full || strings.HasSuffix(d, "new"); full {
				return syscall.ENOSPC
			}
			return add(f, d)
		}
	})
	for i := range 2 {
		write(t, dir, "content/deals/new/first.md", fmt.Sprintf("# Found by looking %d\n", i))
		r.shows("/deals/new/first/", fmt.Sprintf("Found by looking %d", i))
	}
	if l := strings.Join(r.said(), "\n"); strings.Count(l, "max_user_watches") != 1 {
		t.Errorf("it says %q", l)
	}
}

// TestLimitOfTheSystem reaches the system's own limit of watched folders: in a
// namespace of its own, where it can be lowered without harm to anyone else.
func TestLimitOfTheSystem(t *testing.T) {
	const inside, knob = "PLAYBOOK_TEST_NAMESPACE", "/proc/sys/user/max_inotify_watches"
	if os.Getenv(inside) == "" {
		out, err := namespaced("-test.run=^TestLimitOfTheSystem$", "-test.v", inside+"=1")
		switch {
		case errors.Is(err, errNoNamespace):
			t.Skip("NOT TESTED WITH A REAL LIMIT: no user namespace can be made here; TestLimit stands in: ", err)
		case err != nil || !strings.Contains(string(out), "--- PASS"):
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	dir := small(t)
	for i := range 30 {
		write(t, dir, fmt.Sprintf("content/s%d/page.md", i), "# Page\n")
	}
	must(t, os.WriteFile(knob, []byte("20"), 0o644))
	r := begin(t, dir, nil, func(s *server) { s.watch.every = 40 * time.Millisecond })
	if l := r.said(); !strings.Contains(l[0], "looking for changes every second: ") || !strings.Contains(l[0], "max_user_watches") {
		t.Errorf("it says %q", l)
	}
	write(t, dir, "content/s29/page.md", "# Found by looking\n")
	r.shows("/s29/page/", "Found by looking")
	r.end()

	// With room for these folders, but not for those that come.
	must(t, os.WriteFile(knob, []byte("40"), 0o644))
	r = begin(t, dir, nil, func(s *server) { s.watch.every = 40 * time.Millisecond })
	write(t, dir, "content/s1/page.md", "# Told\n")
	r.shows("/s1/page/", "Told")
	if l := strings.Join(r.said(), "\n"); strings.Contains(l, "looking") {
		t.Errorf("it says %q", l)
	}
	for i := range 30 {
		write(t, dir, fmt.Sprintf("content/new/s%d/page.md", i), "# Page\n")
	}
	r.shows("/new/s29/page/", "Page")
	r.until("it says that the limit is reached", func() bool { return strings.Contains(strings.Join(r.said(), "\n"), "max_user_watches") })
	write(t, dir, "content/new/s29/page.md", "# Found by looking\n")
	r.shows("/new/s29/page/", "Found by looking")
	r.isClean()
}

// TestSwitch rewrites a tree of 5,000 files as a switch of branches does, again
// and again, while readers read; what is served in the end is what a clean
// build makes.
func TestSwitch(t *testing.T) {
	files, rounds := 5000, 2
	if testing.Short() || race {
		files, rounds = 600, 3
	}
	dir := small(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	branch := func(n int) {
		var gone []string
		for i := range files {
			p := fmt.Sprintf("content/s%02d/t%d/f%d.md", i%40, i%3, i)
			switch {
			case i%7 == n%7:
				gone = append(gone, p)
			default:
				write(t, dir, p, fmt.Sprintf("# Page %d of branch %d\n\nSee [another](../t%d/f%d.md).\n", i, n, rnd.IntN(3), rnd.IntN(files)))
			}
			if i%100 == 0 {
				for _, g := range gone {
					os.Remove(filepath.Join(dir, g))
				}
				gone = nil
			}
		}
		for s := range 40 { // some folders only one branch has
			if s%5 == n%5 {
				must(t, os.RemoveAll(filepath.Join(dir, fmt.Sprintf("content/s%02d", s))))
			}
		}
	}
	branch(0)
	r := begin(t, dir, nil, nil)
	stop := make(chan struct{})
	read := make(chan int)
	go func() {
		n := 0
		for {
			select {
			case <-stop:
				read <- n
				return
			default:
			}
			if res, err := http.Get(r.url); err == nil {
				res.Body.Close()
				n++
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	for n := 1; n <= rounds; n++ {
		start := time.Now()
		branch(n)
		written := time.Since(start)
		r.isClean()
		t.Logf("branch %d: %d files in %v", n, files, written)
	}
	close(stop)
	if n := <-read; n == 0 {
		t.Error("nobody could read meanwhile")
	}
	t.Logf("%d builds", len(r.said()))
	if i := slices.IndexFunc(r.said(), func(l string) bool { return strings.Contains(l, "not built") }); i >= 0 {
		t.Errorf("what was only on its way is told as a failure: %s", r.said()[i])
	}
}
