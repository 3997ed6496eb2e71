package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"playbook/generator/output"
	"playbook/generator/source"
)

// made is a site of these files.
func made(files map[string]string) Site {
	s := Site{Identity: "Our playbook"}
	for _, p := range slices.Sorted(maps.Keys(files)) {
		text := files[p]
		s.Files = append(s.Files, File{output.Entry{Path: p, Digest: source.Sum([]byte(text)), Size: int64(len(text))},
			func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }})
	}
	return s
}

// sites are two states of one site: pages that change, come and go, a file that
// becomes a folder and a folder that becomes a file, and content under two names.
var siteA = map[string]string{
	"index.html": "front A", "plans/a/index.html": "plan a, first", "plans/b/index.html": "plan b", "assets/style.111.css": "css A",
	"gone/index.html": "gone", "gone/deep/x.txt": "x", "turn": "a file", "fold/in.txt": "in", "same1.txt": "twice", "same2.txt": "twice",
}
var siteB = map[string]string{
	"index.html": "front B", "plans/a/index.html": "plan a, second", "plans/b/index.html": "plan b", "assets/style.222.css": "css B",
	"plans/c/index.html": "plan c", "turn/in.txt": "now a folder", "fold": "now a file", "same1.txt": "twice", "new1.txt": "twice", "same2.txt": "once",
}

// siteC is a third one.
var siteC = map[string]string{
	"index.html": "front C", "plans": "a file for a folder", "assets/style.222.css": "css B", "turn/in.txt": "now a folder", "turn/deep/er.txt": "deeper",
	"fold/in.txt": "in", "same1.txt": "once", "new1.txt": "new",
}

var clock atomic.Int64

// testEnv is an Env of a process that ends with the test step: its lock is taken
// over by the next.
func testEnv(dir string) Env {
	n := clock.Add(1)
	return Env{LookupEnv: func(string) (string, bool) { return "", false }, Dir: dir, Owner: "kim@laptop", Process: int(n), Alive: func(int) bool { return false },
		Now: func() time.Time { return time.Date(2026, 11, 23, 12, 0, int(clock.Add(1)), 0, time.UTC) }}
}

// brittle is a folder whose nth mutating call fails, and, if it is dead then, all
// calls after it.
type brittle struct {
	folder
	mu    sync.Mutex
	n, at int
	err   error
	dead  bool
}

var errCut = errors.New("the connection is gone")

func (b *brittle) hit(changes bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if changes {
		b.n++
	}
	switch {
	case b.at == 0 || b.n < b.at:
		return nil
	case b.n == b.at && changes:
		return b.err
	case b.dead:
		return errCut
	}
	return nil
}

// create may have written a part when it fails.
func (b *brittle) create(name string, r io.Reader) error {
	if err := b.hit(true); err != nil {
		part := make([]byte, 3)
		n, _ := io.ReadFull(r, part)
		_ = b.folder.create(name, bytes.NewReader(part[:n]))
		return err
	}
	return b.folder.create(name, r)
}
func (b *brittle) link(old, now string) error {
	return cmpErr(b.hit(true), func() error { return b.folder.link(old, now) })
}
func (b *brittle) symlink(to, name string) error {
	return cmpErr(b.hit(true), func() error { return b.folder.symlink(to, name) })
}
func (b *brittle) rename(old, now string) error {
	return cmpErr(b.hit(true), func() error { return b.folder.rename(old, now) })
}
func (b *brittle) mkdir(name string) error {
	return cmpErr(b.hit(true), func() error { return b.folder.mkdir(name) })
}
func (b *brittle) remove(name string) error {
	return cmpErr(b.hit(true), func() error { return b.folder.remove(name) })
}
func (b *brittle) open(name string) (io.ReadCloser, error) {
	if err := b.hit(false); err != nil {
		return nil, err
	}
	return b.folder.open(name)
}
func (b *brittle) list(name string) ([]item, error) {
	if err := b.hit(false); err != nil {
		return nil, err
	}
	return b.folder.list(name)
}
func (b *brittle) stat(name string) (item, error) {
	if err := b.hit(false); err != nil {
		return item{}, err
	}
	return b.folder.stat(name)
}

func cmpErr(err error, do func() error) error {
	if err != nil {
		return err
	}
	return do()
}

// linkless has no hard links.
type linkless struct{ folder }

func (linkless) link(string, string) error { return errNoLinks }

// place is a folder to publish to.
type place struct {
	t       *testing.T
	dir     string
	inPlace bool
	wrap    func(folder) folder
}

func (p place) host(env Env, keep int) *folderHost {
	p.t.Helper()
	f, err := openLocal(p.dir, 0o644, 0o755)
	if err != nil {
		p.t.Fatal(err)
	}
	h := &folderHost{f: f, t: Target{Name: "t", Directory: p.dir, InPlace: p.inPlace, Keep: keep}, env: env, where: "the host", patience: time.Millisecond}
	if p.wrap != nil {
		h.f = p.wrap(f)
	}
	p.t.Cleanup(func() { h.Close() })
	return h
}

func (p place) publish(site Site) Result {
	p.t.Helper()
	res, err := p.host(testEnv(p.dir), 5).Publish(p.t.Context(), site, Options{First: true})
	if err != nil {
		p.t.Fatal(err)
	}
	if len(res.Notes) > 0 {
		p.t.Errorf("notes: %q", res.Notes)
	}
	return res
}

// seen is what readers see.
func (p place) seen() map[string]string {
	p.t.Helper()
	top := p.dir
	if !p.inPlace {
		top = filepath.Join(p.dir, currentName)
	}
	out := map[string]string{}
	resolved, err := filepath.EvalSymlinks(top)
	if errors.Is(err, fs.ErrNotExist) {
		return out
	}
	if err != nil {
		p.t.Fatal(err)
	}
	err = filepath.WalkDir(resolved, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == stateDir {
				return filepath.SkipDir
			}
			return nil
		}
		text, err := os.ReadFile(name)
		rel, _ := filepath.Rel(resolved, name)
		out[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

// shows tells whether readers see a site, beside assets of the one before.
func (p place) shows(want map[string]string) string {
	have := p.seen()
	for name, text := range want {
		if have[name] != text {
			return fmt.Sprintf("%s is %q, want %q", name, have[name], text)
		}
	}
	for name := range have {
		if _, ok := want[name]; !ok && !strings.HasPrefix(name, "assets/") && !strings.HasPrefix(name, "theirs/") {
			return name + " is there"
		}
	}
	return ""
}

// tidy tells whether anything is left that the next publish would have to clear.
func (p place) tidy() string {
	h := p.host(testEnv(p.dir), 5)
	s, err := h.look(p.t.Context(), "Our playbook", false)
	if err != nil {
		return err.Error()
	}
	if len(s.halves) > 0 {
		return "releases that are not whole are left"
	}
	if left, err := os.ReadDir(filepath.Join(p.dir, incomingDir)); err != nil || len(left) > 0 {
		return fmt.Sprintf("left in %s: %v %v", incomingDir, left, err)
	}
	if err := errors.Join(h.load(p.t.Context(), s.releases...), h.load(p.t.Context(), s.bases...)); err != nil {
		return err.Error()
	}
	needed := map[string]bool{}
	for _, r := range append(s.releases, s.bases...) {
		for _, e := range r.all() {
			needed[e.Digest.String()] = true
		}
	}
	have, err := h.objects(p.t.Context())
	if err != nil || len(have) != len(needed) {
		return fmt.Sprintf("%d objects for %d contents %v", len(have), len(needed), err)
	}
	return ""
}

func places(t *testing.T, do func(t *testing.T, p place)) {
	for _, inPlace := range []bool{false, true} {
		for _, links := range []bool{true, false} {
			t.Run(fmt.Sprintf("in place %t, links %t", inPlace, links), func(t *testing.T) {
				t.Parallel()
				p := place{t: t, dir: t.TempDir(), inPlace: inPlace}
				if !links {
					p.wrap = func(f folder) folder { return linkless{f} }
				}
				do(t, p)
			})
		}
	}
}

// TestThereAndBack publishes, changes, takes back and verifies.
func TestThereAndBack(t *testing.T) {
	places(t, func(t *testing.T, p place) {
		ctx := t.Context()
		first := p.publish(made(siteA))
		if first.Sent != 9 { // ten files, of which two have one content
			t.Errorf("sent %d", first.Sent)
		}
		if d := p.shows(siteA); d != "" {
			t.Fatal(d)
		}
		if again := p.publish(made(siteA)); !again.Same || again.Sent != 0 {
			t.Errorf("the same site again: %+v", again)
		}
		second := p.publish(made(siteB))
		if second.Sent != 7 || second.Removed != 5 {
			t.Errorf("sent %d, removed %d", second.Sent, second.Removed)
		}
		if d := p.shows(siteB); d != "" {
			t.Fatal(d)
		}
		if got := p.seen()["assets/style.111.css"]; got != "css A" {
			t.Errorf("who has read an old page finds the style sheet %q", got)
		}
		h := p.host(testEnv(p.dir), 5)
		list, err := h.Releases(ctx, "Our playbook")
		if err != nil || len(list) != 2 || !list[0].Current || list[1].Current || list[1].ID != first.Release.ID {
			t.Fatalf("releases %+v %v", list, err)
		}
		rep, err := h.Verify(ctx, "Our playbook")
		if err != nil || len(rep.Wrong) > 0 || len(rep.Files) != len(siteB) {
			t.Fatalf("verify %+v %v", rep, err)
		}
		back, err := h.Rollback(ctx, "Our playbook", "")
		if err != nil || back.ID != first.Release.ID {
			t.Fatalf("rollback %+v %v", back, err)
		}
		if d := p.shows(siteA); d != "" {
			t.Fatal(d)
		}
		if _, err := h.Rollback(ctx, "Our playbook", "20200101T000000Z-00000000"); !refusal(err) {
			t.Errorf("a release that is not there: %v", err)
		}
		if _, err := h.Rollback(ctx, "Our playbook", second.Release.ID); err != nil {
			t.Fatal(err)
		}
		if d := p.shows(siteB) + p.tidy(); d != "" {
			t.Fatal(d)
		}
		// What is damaged on the host is found.
		name := filepath.Join(p.dir, "plans/b/index.html")
		if !p.inPlace {
			name = filepath.Join(p.dir, currentName, "plans/b/index.html")
		}
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("plan B"), 0o644); err != nil {
			t.Fatal(err)
		}
		if rep, err := h.Verify(ctx, "Our playbook"); err != nil || len(rep.Wrong) != 1 || rep.Wrong[0].Path != "plans/b/index.html" {
			t.Errorf("verify of a damaged site: %+v %v", rep.Wrong, err)
		}
	})
}

func refusal(err error) bool { var r *Refusal; return errors.As(err, &r) }

// TestKeep keeps the last releases, and the content of these alone.
func TestKeep(t *testing.T) {
	places(t, func(t *testing.T, p place) {
		for i := range 6 {
			site := made(map[string]string{"index.html": fmt.Sprint("front ", i), "same.html": "the same", fmt.Sprintf("assets/a.%d.css", i): fmt.Sprint("css ", i)})
			res, err := p.host(testEnv(p.dir), 3).Publish(t.Context(), site, Options{First: true})
			if err != nil || len(res.Notes) > 0 {
				t.Fatal(err, res.Notes)
			}
			list, err := p.host(testEnv(p.dir), 3).Releases(t.Context(), "Our playbook")
			if err != nil || len(list) != min(i+1, 3) {
				t.Fatalf("after %d: %d releases, %v", i, len(list), err)
			}
			if d := p.tidy(); d != "" {
				t.Fatal(d)
			}
		}
	})
}

// TestFaults lets every mutating call of a publish fail in turn: by a full disk, a
// permission taken away, and a connection that is gone for good, which is what a
// killed process leaves, too. Readers see one whole site, nothing of others is
// touched, and running the command again completes the new one. What was published
// before decides what the new release is made of: of nothing, of a tree that was
// made ahead, of one of an older release, or of one that a cut has left halfway.
func TestFaults(t *testing.T) {
	var faults atomic.Int64
	t.Cleanup(func() {
		if n := faults.Load(); n < 1200 {
			t.Errorf("only %d calls were made to fail", n)
		}
	})
	histories := []struct {
		name   string
		before []map[string]string
		cut    bool // a publish before was cut while it changed a tree
		fresh  bool // nothing is there to make a tree of
		linked int  // files that are linked or copied in a whole publish
	}{
		{name: "second", before: []map[string]string{siteA}, linked: 8},
		{name: "without a tree", before: []map[string]string{siteA}, fresh: true, linked: 11},
		{name: "later", before: []map[string]string{siteC, siteA, siteC, siteA}, linked: 7},
		{name: "after a cut", before: []map[string]string{siteC, siteA, siteC, siteA}, cut: true, linked: 7},
	}
	places(t, func(t *testing.T, p place) {
		for _, run := range histories {
			if p.inPlace && run.name != "second" {
				continue // there are no trees
			}
			began := p
			began.dir = t.TempDir()
			for i, site := range run.before {
				files := maps.Clone(site)
				if i < len(run.before)-1 {
					files["n.txt"] = fmt.Sprint(i) // no release twice
				}
				if _, err := began.host(testEnv(began.dir), 2).Publish(t.Context(), made(files), Options{First: true}); err != nil {
					t.Fatal(err)
				}
			}
			if run.fresh {
				must(t, os.RemoveAll(filepath.Join(began.dir, treesDir)))
			}
			if run.cut {
				began.cutWay()
			}
			for _, dead := range []bool{false, true} {
				for at := 1; ; at++ {
					reason := []error{syscall.ENOSPC, syscall.EACCES}[at%2]
					if dead {
						reason = errCut
					}
					q := p
					q.dir = t.TempDir()
					cloned(t, began.dir, q.dir)
					theirs := filepath.Join(q.dir, "theirs", "note.txt")
					if err := errors.Join(os.Mkdir(filepath.Dir(theirs), 0o755), os.WriteFile(theirs, []byte("not ours"), 0o644)); err != nil {
						t.Fatal(err)
					}
					b := &brittle{at: at, err: &fs.PathError{Op: "write", Path: "x", Err: reason}, dead: dead}
					broken := q
					broken.wrap = func(f folder) folder {
						if p.wrap != nil {
							f = p.wrap(f)
						}
						b.folder = f
						return b
					}
					res, err := broken.host(testEnv(q.dir), 1).Publish(t.Context(), made(siteB), Options{First: true})
					hit := b.n >= at
					if hit {
						faults.Add(1)
					}
					what := fmt.Sprintf("%s: call %d fails (%v, dead %t; %v)", run.name, at, reason, dead, err)
					if err == nil && q.shows(siteB) != "" {
						t.Fatalf("%s: no error, and %s", what, q.shows(siteB))
					}
					old, now := q.shows(siteA), q.shows(siteB)
					switch {
					case !q.inPlace && old != "" && now != "":
						t.Fatalf("%s: readers see neither site: %s; %s", what, old, now)
					case q.inPlace:
						have := q.seen()
						for name, text := range have {
							if !strings.HasPrefix(name, "theirs/") && siteA[name] != text && siteB[name] != text {
								t.Fatalf("%s: %s is %q, which is of neither site", what, name, text)
							}
						}
						for name := range siteA {
							if _, stays := siteB[name]; stays && have[name] == "" && name != "fold" && name != "turn" {
								t.Fatalf("%s: %s is missing", what, name)
							}
						}
					}
					var f *Failure
					if err != nil && !errors.As(err, &f) {
						t.Fatalf("%s: the error is of no kind of ours", what)
					}
					if _, err := q.host(testEnv(q.dir), 1).Publish(t.Context(), made(siteB), Options{}); err != nil {
						t.Fatalf("%s: again: %v", what, err)
					}
					if d := q.shows(siteB) + q.tidy(); d != "" {
						t.Fatalf("%s: after running it again: %s", what, d)
					}
					if text, err := os.ReadFile(theirs); err != nil || string(text) != "not ours" {
						t.Fatalf("%s: what is not ours is %q %v", what, text, err)
					}
					if !hit {
						if len(res.Notes) > 0 || err != nil {
							t.Fatalf("nothing failed, and: %v %q", err, res.Notes)
						}
						if links := p.wrap == nil; !p.inPlace && links && res.Linked != run.linked {
							t.Fatalf("%s: %d files were linked, not %d", run.name, res.Linked, run.linked)
						}
						break
					}
				}
			}
		}
	})
}

// cutWay publishes and is cut while it changes a tree.
func (p place) cutWay() {
	p.t.Helper()
	b := &brittle{at: 32, err: errCut, dead: true}
	wrap := p.wrap
	p.wrap = func(f folder) folder {
		if wrap != nil {
			f = wrap(f)
		}
		b.folder = f
		return b
	}
	files := maps.Clone(siteC)
	files["cut.txt"], files["plans"] = "cut", "cut, too"
	if _, err := p.host(testEnv(p.dir), 2).Publish(p.t.Context(), made(files), Options{}); err == nil {
		p.t.Fatal("nothing was cut")
	}
	if left, err := filepath.Glob(filepath.Join(p.dir, treesDir, "*"+onWay+"*")); err != nil || len(left) != 1 {
		p.t.Fatalf("cut, and on their way are: %v %v", left, err)
	}
}

// cloned makes a folder like another, of links to its files: none of them is ever
// written to again.
func cloned(t *testing.T, from, to string) {
	t.Helper()
	must(t, filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == from {
			return err
		}
		now := filepath.Join(to, strings.TrimPrefix(name, from))
		switch {
		case d.IsDir():
			return os.Mkdir(now, 0o755)
		case d.Type()&fs.ModeSymlink != 0:
			lead, err := os.Readlink(name)
			return errors.Join(err, os.Symlink(lead, now))
		}
		return os.Link(name, now)
	}))
}

// TestResume sends nothing again that had arrived when the connection was cut.
func TestResume(t *testing.T) {
	files := map[string]string{}
	for i := range 200 {
		files[fmt.Sprintf("p/%d.html", i)] = fmt.Sprint("page ", i)
	}
	p := place{t: t, dir: t.TempDir()}
	b := &brittle{at: 350, err: errCut, dead: true}
	broken := p
	broken.wrap = func(f folder) folder { b.folder = f; return b }
	res, err := broken.host(testEnv(p.dir), 5).Publish(t.Context(), made(files), Options{First: true})
	if err == nil || res.Sent == 0 || res.Sent == 200 {
		t.Fatalf("cut after %d files: %v", res.Sent, err)
	}
	again := p.publish(made(files))
	if again.Sent+res.Sent > 201 || again.Sent+res.Sent < 200 {
		t.Errorf("%d files were sent, then %d", res.Sent, again.Sent)
	}
}

// TestRefusals changes nothing where something is not as it should be.
func TestRefusals(t *testing.T) {
	before := func(dir string) string {
		var out strings.Builder
		filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			text, _ := os.ReadFile(name)
			fmt.Fprintln(&out, name, string(text))
			return nil
		})
		return out.String()
	}
	write := func(t *testing.T, name, text string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, says string
		lock       bool
		prepare    func(t *testing.T, p *place) Options
	}{
		{"an empty folder", "nothing was published", false, func(t *testing.T, p *place) Options { return Options{} }},
		{"files of others", `"index.html"`, false, func(t *testing.T, p *place) Options {
			write(t, filepath.Join(p.dir, "index.html"), "theirs")
			return Options{First: true}
		}},
		{"another site", `"Theirs"`, false, func(t *testing.T, p *place) Options {
			site := made(siteA)
			site.Identity = "Theirs"
			p.publish(site)
			return Options{}
		}},
		{"another layout", "in_place = true", false, func(t *testing.T, p *place) Options {
			q := *p
			q.inPlace = true
			q.publish(made(siteA))
			return Options{}
		}},
		{"a folder for a link", "not the link", false, func(t *testing.T, p *place) Options {
			p.publish(made(siteA))
			must(t, os.Remove(filepath.Join(p.dir, currentName)))
			must(t, os.Mkdir(filepath.Join(p.dir, currentName), 0o755))
			return Options{}
		}},
		{"a link that leads elsewhere", "leads to", false, func(t *testing.T, p *place) Options {
			p.publish(made(siteA))
			must(t, os.Remove(filepath.Join(p.dir, currentName)))
			must(t, os.Symlink("/etc", filepath.Join(p.dir, currentName)))
			return Options{}
		}},
		{"a damaged manifest", "cannot be read", true, func(t *testing.T, p *place) Options {
			id := p.publish(made(siteA)).Release.ID
			write(t, filepath.Join(p.dir, manifestDir, id), "nonsense")
			return Options{}
		}},
		{"a lock", "kim@laptop has been publishing", true, func(t *testing.T, p *place) Options {
			p.publish(made(siteA))
			write(t, filepath.Join(p.dir, lockName), `{"owner":"kim@laptop","process":7}`)
			return Options{}
		}},
		{"a page of theirs, in place", "theirs.html", true, func(t *testing.T, p *place) Options {
			p.inPlace = true
			p.publish(made(siteA))
			write(t, filepath.Join(p.dir, "theirs.html"), "not ours")
			return Options{}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &place{t: t, dir: t.TempDir()}
			o := c.prepare(t, p)
			want := before(p.dir)
			env := testEnv(p.dir)
			env.Alive = func(int) bool { return true }
			files := maps.Clone(siteB)
			files["theirs.html"] = "ours"
			_, err := p.host(env, 5).Publish(t.Context(), made(files), o)
			if err == nil || !strings.Contains(err.Error(), c.says) || refusal(err) == c.lock && c.name != "a page of theirs, in place" {
				t.Errorf("the error is %v", err)
			}
			if got := before(p.dir); got != want {
				t.Errorf("it changed:\n%s\nwas\n%s", got, want)
			}
		})
	}
	t.Run("changed since it was built", func(t *testing.T) {
		p := place{t: t, dir: t.TempDir()}
		p.publish(made(siteA))
		site := made(siteB)
		site.Files[0].Open = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("other")), nil }
		if _, err := p.host(testEnv(p.dir), 5).Publish(t.Context(), site, Options{}); err == nil || !strings.Contains(err.Error(), "changed since") {
			t.Errorf("the error is %v", err)
		}
		if d := p.shows(siteA); d != "" {
			t.Error(d)
		}
	})
	t.Run("interrupted", func(t *testing.T) {
		p := place{t: t, dir: t.TempDir()}
		p.publish(made(siteA))
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if _, err := p.host(testEnv(p.dir), 5).Publish(ctx, made(siteB), Options{}); !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
		if d := p.shows(siteA); d != "" {
			t.Error(d)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestCompress puts compressed files beside texts, once for each content.
func TestCompress(t *testing.T) {
	long := strings.Repeat("a plan has eight steps ", 100)
	files := map[string]string{"index.html": long, "short.html": "short", "p.png": long}
	p := place{t: t, dir: t.TempDir()}
	h := p.host(testEnv(p.dir), 5)
	h.t.Compress = true
	if _, err := h.Publish(t.Context(), made(files), Options{First: true}); err != nil {
		t.Fatal(err)
	}
	seen := p.seen()
	if len(seen) != 4 || len(seen["index.html.gz"]) == 0 || len(seen["index.html.gz"]) > len(long)/5 {
		t.Fatalf("there are %q", slices.Sorted(maps.Keys(seen)))
	}
	files["other.html"] = long
	h = p.host(testEnv(p.dir), 5)
	h.t.Compress = true
	res, err := h.Publish(t.Context(), made(files), Options{})
	if err != nil || res.Sent != 0 {
		t.Errorf("content that is there, plain and compressed, is sent: %+v %v", res, err)
	}
}
