package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"playbook/generator/diag"
)

// later is a time at which all files made by a test are long settled.
func later() time.Time { return time.Now().Add(time.Hour) }

func put(t testing.TB, dir string, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		p := filepath.Join(dir, filepath.FromSlash(pairs[i]))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(pairs[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func scan(t testing.TB, dir string, o Options, prev *Tree) (*Tree, []diag.Diagnostic) {
	t.Helper()
	tree, diags, err := Scan(t.Context(), dir, o, prev)
	if err != nil {
		t.Fatal(err)
	}
	return tree, diags
}

func paths(t *Tree) []string {
	out := []string{}
	for _, f := range t.Files() {
		out = append(out, f.Path)
	}
	return out
}

func TestScanLists(t *testing.T) {
	dir := t.TempDir()
	listed := []string{
		"_index.md", "a-b.md", "a.md", "a/_index.md", "a/b/deck.pdf", "a/x.md", "a0/_index.markdown", "a0/y.md", "B.md",
		"plans/4913.md", "plans/bak", "plans/q1~2.md", "plans/été.md", "#1.md", "Grow! (2026).md", "back.up",
	}
	ignored := []string{
		".git/config", ".hidden.md", "a/.DS_Store", "_drafts/x.md", "a/_partial.md", "_index.txt", "_indexes.md", "a/x.md~", "a/.x.md.swp", "a/x.swp",
		"a/#x.md#", "a/x.md.bak", "a/x.md.orig", "a/4913", "Thumbs.db", "~$plan.docx", "old.bak/x.md",
		"public/index.html", "a/cache/z",
		"node_modules/x.md", "a/node_modules/y.md", "drafts.txt",
	}
	for _, p := range slices.Concat(listed, ignored) {
		put(t, dir, p, p)
	}
	os.Mkdir(filepath.Join(dir, "empty"), 0o755)
	o := Options{Name: "content/", Skip: []string{"public", "/a/cache/"}, Ignore: []string{"node_modules/", "/*.txt"}}
	tree, diags := scan(t, dir, o, nil)
	if len(diags) > 0 {
		t.Error(diags)
	}
	slices.Sort(listed)
	if got := paths(tree); !slices.Equal(got, listed) {
		t.Errorf("listed %q\nwant   %q", got, listed)
	}
	for _, p := range listed {
		f, ok := tree.Lookup(p)
		if !ok || f.Path != p || f.Name != "content/"+p || f.Size != int64(len(p)) || f.ModTime == 0 || f.Link {
			t.Errorf("%q: %+v", p, f)
		}
		b, d, err := tree.Read(p)
		if err != nil || string(b) != p || d != Sum(b) {
			t.Errorf("%q reads as %q, %v", p, b, err)
		}
	}
	if _, ok := tree.Lookup("a"); ok {
		t.Error("a folder is listed")
	}
	for _, err := range []error{readErr(tree, "no"), digestErr(tree, "no"), openErr(tree, "../x")} {
		if !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), dir) {
			t.Errorf("got %v", err)
		}
	}
	// What is under a hidden, skipped or ignored folder stays out of sight.
	again, _, err := Rescan(t.Context(), dir, o, tree, []string{"public/index.html", "a/cache/z", "node_modules/x.md", "_drafts/x.md", "a/b/"})
	if err != nil || !reflect.DeepEqual(again.Files(), tree.Files()) {
		t.Errorf("rescan lists %q, %v", paths(again), err)
	}
	keep, _ := scan(t, dir, Options{KeepUnderscore: true}, nil)
	if _, ok := keep.Lookup("a/_partial.md"); !ok {
		t.Error("underscore is not kept")
	}
	if tree.Name() != "content/" {
		t.Error(tree.Name())
	}
}

func readErr(t *Tree, p string) error   { _, _, err := t.Read(p); return err }
func digestErr(t *Tree, p string) error { _, err := t.Digest(p); return err }
func openErr(t *Tree, p string) error   { _, err := t.Open(p); return err }

func TestScanOfNothing(t *testing.T) {
	tree, diags := scan(t, filepath.Join(t.TempDir(), "none"), Options{Name: "content/"}, nil)
	if len(tree.Files())+len(diags) != 0 {
		t.Error(tree.Files(), diags)
	}
	if _, ok := tree.Fold("x"); ok {
		t.Error("found something")
	}
	file := filepath.Join(t.TempDir(), "file")
	put(t, filepath.Dir(file), "file", "x")
	if _, _, err := Scan(t.Context(), file, Options{}, nil); err == nil {
		t.Error("scanned a file")
	}
}

func TestScanLimits(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a/1", "", "a/2", "", "b/3", "")
	if _, _, err := Scan(t.Context(), dir, Options{MaxFiles: 4}, nil); !errors.Is(err, ErrTooMany) {
		t.Errorf("got %v", err)
	}
	prev, _ := scan(t, dir, Options{MaxFiles: 5}, nil)
	put(t, dir, "a/4", "")
	if _, _, err := Rescan(t.Context(), dir, Options{MaxFiles: 5}, prev, []string{"a"}); !errors.Is(err, ErrTooMany) {
		t.Errorf("rescan got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Scan(ctx, dir, Options{}, nil); err == nil {
		t.Error("scanned in spite of cancellation")
	}
}

func TestLinks(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "content")
	put(t, top, "secret/key.md", "secret", "content/real/a.md", "A", "content/real/sub/b.md", "B", "content/x.md", "X")
	for name, to := range map[string]string{
		"file.md":         "x.md",
		"folder":          "real",
		"real/cousin":     "../x.md",
		"out.md":          "../secret/key.md",
		"outdir":          "../secret",
		"absolute.md":     filepath.Join(top, "secret/key.md"),
		"around.md":       "../content/x.md", // leaves the root on its way back into it
		"real/sub/up":     "..",
		"real/sub/here":   ".",
		"self":            "self",
		"ping":            "pong",
		"pong":            "ping",
		"nowhere.md":      "no/such/file",
		".hidden-out":     "../secret",
		"ignored-out":     "../secret",
		"through/out.md":  "../deep/key.md",
		"deep":            "../secret",
		"device.md":       "/dev/null",
		"real/sub/broken": "../../../secret/key.md",
	} {
		p := filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(p), 0o755)
		if err := os.Symlink(to, p); err != nil {
			t.Skip(err)
		}
	}
	tree, diags := scan(t, dir, Options{Name: "content/", Ignore: []string{"ignored-*"}}, nil)
	want := []string{"file.md", "folder/a.md", "folder/cousin", "folder/sub/b.md", "real/a.md", "real/cousin", "real/sub/b.md", "x.md"}
	if got := paths(tree); !slices.Equal(got, want) {
		t.Errorf("listed %q\nwant   %q", got, want)
	}
	for _, p := range want {
		f, _ := tree.Lookup(p)
		if link := strings.HasPrefix(p, "f") || strings.HasSuffix(p, "cousin"); f.Link != link {
			t.Errorf("%s: link is %v", p, f.Link)
		}
		if b, _, err := tree.Read(p); err != nil || len(b) != 1 {
			t.Errorf("%s reads as %q, %v", p, b, err)
		}
	}
	got := map[string]string{}
	for _, d := range diags {
		if d.Rule != "file-link" || d.Level != diag.Warning || d.Hint == "" {
			t.Errorf("odd diagnostic %+v", d)
		}
		got[strings.TrimPrefix(d.At.File, "content/")] = d.Msg
	}
	for p, word := range map[string]string{
		"out.md": "out of", "outdir": "out of", "absolute.md": "out of", "around.md": "out of", "deep": "out of", "through/out.md": "out of", "device.md": "out of",
		"real/sub/up": "lies in", "real/sub/here": "lies in", "folder/sub/up": "lies in", "folder/sub/here": "lies in",
		"self": "circle", "ping": "circle", "pong": "circle", "nowhere.md": "nowhere", "real/sub/broken": "out of", "folder/sub/broken": "out of",
	} {
		if !strings.Contains(got[p], word) {
			t.Errorf("%s: %q, want %q", p, got[p], word)
		}
		delete(got, p)
	}
	if len(got) > 0 {
		t.Errorf("also: %v", got)
	}
}

func TestNamesThatCannotBePublished(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a.md", "A", "b\xff.md", "B", "c\n.md", "C", "d\u0085.md", "D", "e\xff/x.md", "E", ".f\xff", "F", "ok\u00e9.md", "G", "ignored\xff.tmp", "H")
	deep := strings.Repeat("d", 200)
	long := strings.Join([]string{deep, deep, deep, deep, deep}, "/")
	put(t, dir, long+"/short.md", "", long+"/"+strings.Repeat("n", 30)+".md", "")
	tree, diags := scan(t, dir, Options{Name: "content/", Ignore: []string{"*.tmp"}}, nil)
	if got, want := paths(tree), []string{"a.md", long + "/short.md", "ok\u00e9.md"}; !slices.Equal(got, want) {
		t.Errorf("listed %q, want %q", got, want)
	}
	var got []string
	for _, d := range diags {
		if d.Rule != "file-name" {
			t.Errorf("odd diagnostic %+v", d)
		}
		got = append(got, d.At.File)
	}
	want := []string{`content/b\xff.md`, `content/c\n.md`, `content/d\u0085.md`, `content/e\xff`, "content/" + long + "/" + strings.Repeat("n", 30) + ".md"}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("named %q\nwant  %q", got, want)
	}
}

func TestUnreadableFolder(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root reads everything")
	}
	dir := t.TempDir()
	put(t, dir, "a.md", "A", "locked/b.md", "B")
	os.Chmod(filepath.Join(dir, "locked"), 0)
	defer os.Chmod(filepath.Join(dir, "locked"), 0o755)
	tree, diags := scan(t, dir, Options{}, nil)
	if len(tree.Files()) != 1 || len(diags) != 1 || diags[0].Rule != "file-unreadable" || diags[0].Level != diag.Error {
		t.Error(tree.Files(), diags)
	}
}

func TestReadBounds(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "ten", "0123456789", "eleven", "0123456789a", "empty", "")
	tree, _ := scan(t, dir, Options{MaxRead: 10}, nil)
	if b, _, err := tree.Read("ten"); err != nil || len(b) != 10 {
		t.Errorf("%q, %v", b, err)
	}
	if b, d, err := tree.Read("empty"); err != nil || len(b) != 0 || d != Sum(nil) {
		t.Errorf("%q, %v", b, err)
	}
	if _, _, err := tree.Read("eleven"); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	if d, err := tree.Digest("eleven"); err != nil || d != Sum([]byte("0123456789a")) {
		t.Errorf("%v, %v", d, err)
	}
	r, err := tree.Open("eleven")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if b, err := io.ReadAll(r); err != nil || len(b) != 11 {
		t.Errorf("%q, %v", b, err)
	}
	// A file that has grown or shrunk since it was listed is read as it is.
	put(t, dir, "ten", "0", "empty", "full now")
	if b, d, err := tree.Read("ten"); err != nil || string(b) != "0" || d != Sum(b) {
		t.Errorf("%q, %v", b, err)
	}
	if b, _, err := tree.Read("empty"); err != nil || string(b) != "full now" {
		t.Errorf("%q, %v", b, err)
	}
	put(t, dir, "ten", strings.Repeat("x", 11))
	if _, _, err := tree.Read("ten"); !errors.Is(err, ErrTooLarge) {
		t.Errorf("grown: %v", err)
	}
}

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "c.toml", "12345")
	p := filepath.Join(dir, "c.toml")
	if b, err := ReadFile(p, 5); err != nil || string(b) != "12345" {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := ReadFile(p, 4); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	if _, err := ReadFile(p+"x", 4); !IsNotExist(err) {
		t.Error(err)
	}
	if _, err := ReadFile(dir, 4); err == nil {
		t.Error("read a folder")
	}
}

// spy counts what is opened.
type spy struct {
	backing
	mu    sync.Mutex
	opens []string
}

func (s *spy) open(p string) (io.ReadCloser, error) {
	s.mu.Lock()
	s.opens = append(s.opens, p)
	s.mu.Unlock()
	return s.backing.open(p)
}

func TestDigestsAreHandedOn(t *testing.T) {
	old := time.Now().Add(-time.Hour)
	tests := []struct {
		name string
		edit func(p string)
		now  time.Time // of the first scan
		kept bool
	}{
		{"nothing", func(string) {}, time.Now(), true},
		{"size", func(p string) { os.WriteFile(p, []byte("longer"), 0o644); os.Chtimes(p, old, old) }, time.Now(), false},
		{"time", func(p string) { os.Chtimes(p, old.Add(1), old.Add(1)) }, time.Now(), false},
		{"inode", func(p string) {
			os.WriteFile(p+"2", []byte("other"), 0o644)
			os.Chtimes(p+"2", old, old)
			os.Rename(p+"2", p)
		}, time.Now(), false},
		{"bytes, with time put back", func(p string) {
			time.Sleep(10 * time.Millisecond) // the change time has a coarse clock
			os.WriteFile(p, []byte("other"), 0o644)
			os.Chtimes(p, old, old)
		}, time.Now(), runtime.GOOS == "windows"},
		{"racy", func(string) {}, old.Add(2 * time.Second), false},
		{"just settled", func(string) {}, old.Add(4 * time.Second), true},
		{"from the future", func(string) {}, old.Add(-time.Hour), false},
		{"no clock", func(string) {}, time.Time{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, "sub/a.md", "first", "sub/b.md", "B")
			p := filepath.Join(dir, "sub/a.md")
			os.Chtimes(p, old, old)
			first, _ := scan(t, dir, Options{Now: tt.now}, nil)
			if _, _, err := first.Read("sub/a.md"); err != nil {
				t.Fatal(err)
			}
			tt.edit(p)
			for name, prev := range map[string]*Tree{"tree": first, "recalled": Recall(first.Save())} {
				second, _ := scan(t, dir, Options{Now: later()}, prev)
				s := &spy{backing: second.back}
				second.back = s
				want, _ := os.ReadFile(p)
				if d, err := second.Digest("sub/a.md"); err != nil || d != Sum(want) {
					t.Errorf("%s: wrong digest, %v", name, err)
				}
				if kept := len(s.opens) == 0; kept != tt.kept {
					t.Errorf("%s: handed on: %v, want %v", name, kept, tt.kept)
				}
				second.Digest("sub/a.md")
				second.Digest("sub/b.md")
				if n := len(s.opens); tt.kept && n != 1 || !tt.kept && n != 2 {
					t.Errorf("%s: opened %q", name, s.opens)
				}
			}
		})
	}
}

// A digest found through a tree whose record of the file is racy must not
// become trusted by a partial scan of other folders.
func TestRescanKeepsNoRacyDigest(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a/x.md", "X", "b/y.md", "Y")
	o := Options{Now: time.Now()}
	first, _ := scan(t, dir, o, nil)
	first.Read("a/x.md")
	o.Now = later()
	second, _, err := Rescan(t.Context(), dir, o, first, []string{"b"})
	if err != nil {
		t.Fatal(err)
	}
	i, _ := second.find("a/x.md")
	if _, ok := second.sums[i].get(); ok {
		t.Error("the racy digest was handed on")
	}
	second.Read("a/x.md")
	third, _, err := Rescan(t.Context(), dir, o, second, []string{"b"})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := third.sums[i].get(); !ok {
		t.Error("the settled digest was lost")
	}
}

func TestManyReaders(t *testing.T) {
	dir := t.TempDir()
	for i := range 300 {
		put(t, dir, fmt.Sprintf("f%d/g/%d.md", i, i), fmt.Sprint("text ", i))
	}
	tree, _ := scan(t, dir, Options{}, nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i, f := range tree.Files() {
				b, d, err := tree.Read(f.Path)
				e, err2 := tree.Digest(f.Path)
				if err != nil || err2 != nil || d != Sum(b) || e != d {
					t.Error(f.Path, err, err2)
				}
				if i%50 == 0 {
					tree.Fold(f.Path)
					tree.Save()
				}
			}
		})
	}
	wg.Wait()
}

func TestFold(t *testing.T) {
	fsys := fstest.MapFS{}
	for _, p := range []string{"Plans/EMEA.md", "plans/emea.md", "caf\u00e9.md", "stra\u00dfe.md", "\u212a.md", "only.md"} {
		fsys[p] = &fstest.MapFile{}
	}
	tree, err := FromFS(fsys, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"PLANS/emea.md": "Plans/EMEA.md", "Plans/EMEA.md": "plans/emea.md", "plans/emea.md": "Plans/EMEA.md",
		"Cafe\u0301.MD": "caf\u00e9.md", "strasse.md": "", "STRA\u1e9eE.md": "stra\u00dfe.md", "k.md": "\u212a.md", "only.md": "", "ONLY.md": "only.md", "no.md": "",
	} {
		if f, ok := tree.Fold(path); f.Path != want || ok != (want != "") {
			t.Errorf("Fold(%q) = %q, want %q", path, f.Path, want)
		}
	}
}

func TestOverlay(t *testing.T) {
	lower, err := FromFS(fstest.MapFS{
		"base.html":                {Data: []byte("built-in base")},
		"kinds/plan/kind.yaml":     {Data: []byte("built-in plan")},
		"partials/_nav.html":       {Data: []byte("built-in nav")},
		"kinds/goal/kind.yaml":     {Data: []byte("built-in goal")},
		"kinds/goal/kind.yaml.bak": {Data: []byte("x")},
	}, Options{Name: "builtin:layouts/", KeepUnderscore: true})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	put(t, dir, "kinds/plan/kind.yaml", "own plan", "zz.html", "own zz", "aa.html", "own aa")
	upper, _ := scan(t, dir, Options{Name: "layouts/", KeepUnderscore: true}, nil)
	both := Overlay(lower, upper)
	want := map[string]string{
		"aa.html": "layouts/ own aa", "base.html": "builtin:layouts/ built-in base", "kinds/goal/kind.yaml": "builtin:layouts/ built-in goal",
		"kinds/plan/kind.yaml": "layouts/ own plan", "partials/_nav.html": "builtin:layouts/ built-in nav", "zz.html": "layouts/ own zz",
	}
	for _, tree := range []*Tree{both, Overlay(both, nil), Overlay(nil, both), Overlay(both, upper)} {
		if got := paths(tree); len(got) != len(want) || !slices.IsSorted(got) {
			t.Errorf("listed %q", got)
		}
		for p, w := range want {
			prefix, text, _ := strings.Cut(w, " ")
			f, ok := tree.Lookup(p)
			b, d, err := tree.Read(p)
			e, err2 := tree.Digest(p)
			if !ok || f.Name != prefix+p || string(b) != text || d != Sum(b) || d != e || err != nil || err2 != nil {
				t.Errorf("%s: %+v reads as %q, %v, %v", p, f, b, err, err2)
			}
			r, err := tree.Open(p)
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(r); err != nil || string(b) != text {
				t.Errorf("%s opens as %q, %v", p, b, err)
			}
			r.Close()
		}
		if f, ok := tree.Fold("BASE.html"); !ok || f.Path != "base.html" {
			t.Error("Fold does not see through")
		}
	}
	if both.Name() != "layouts/" || Overlay(nil, nil).Files() == nil && len(Overlay(nil, nil).Files()) != 0 {
		t.Error(both.Name())
	}
	if _, err := FromFS(fstest.MapFS{"a\xffb": {}}, Options{}); err == nil {
		t.Error("a bad name was taken")
	}
	if _, err := FromFS(fstest.MapFS{"l": {Mode: fs.ModeSymlink}}, Options{}); err == nil {
		t.Error("a link was taken")
	}
}

func TestRecallRefusesDamage(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a/b.md", "B", "a/c.md", "C", "d.md", "D")
	tree, _ := scan(t, dir, Options{Name: "content/", Now: later()}, nil)
	tree.Read("a/c.md")
	data := tree.Save()
	back := Recall(data)
	if back == nil || !reflect.DeepEqual(back.Files(), tree.Files()) || back.Name() != tree.Name() || back.scanned != tree.scanned {
		t.Fatal("not the same")
	}
	if _, _, err := back.Read("a/b.md"); err == nil {
		t.Error("read from a recalled tree")
	}
	for i := range data {
		bad := slices.Clone(data)
		bad[i] ^= 4
		if Recall(bad) != nil || Recall(data[:i]) != nil {
			t.Fatalf("took data damaged at %d", i)
		}
	}
	if Recall(nil) != nil {
		t.Error("took nothing")
	}
}

func FuzzRecall(f *testing.F) {
	f.Add([]byte("\x08content/\x00\x02\x00\x04a.md\x02\x04\x06\x08\x00\x02.b\x02\x04\x06\x08\x020123456789abcdef"))
	f.Fuzz(func(t *testing.T, body []byte) {
		b := append([]byte(memoryVersion), body...)
		s := Sum(b)
		if tree := Recall(append(b, s[:]...)); tree != nil {
			if again := Recall(tree.Save()); again == nil || !reflect.DeepEqual(again.Files(), tree.Files()) {
				t.Error("does not survive")
			}
		}
	})
}

// Rescan of the folders that changed gives what Scan gives, whatever changed.
func TestRescanIsScan(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 7))
		dir := t.TempDir()
		names := []string{"a", "b", "a.md", "a-b", "B", "_x", ".h", "c", "bad\xff", "_index.md", "x.tmp", "skip"}
		name := func(depth int) string {
			p := names[r.IntN(len(names))]
			for range r.IntN(depth) {
				p += "/" + names[r.IntN(len(names))]
			}
			return p
		}
		o := Options{Name: "content/", Ignore: []string{"*.tmp", "/a/b/c"}, Skip: []string{"b/skip"}, Now: later()}
		// What is done through a link is not done where it is said to be.
		direct := func(p string) bool {
			for q := range parents(p) {
				if info, err := os.Lstat(filepath.Join(dir, q)); err == nil && info.Mode()&fs.ModeSymlink != 0 {
					return false
				}
			}
			return true
		}
		tree, _ := scan(t, dir, o, nil)
		var shown []diag.Diagnostic
		hits := 0
		for step := range 120 {
			var changed []string
			for range 1 + r.IntN(3) {
				p := name(4)
				full := filepath.Join(dir, filepath.FromSlash(p))
				if !direct(p) {
					continue
				}
				switch k := r.IntN(20); {
				case k < 11:
					// The topmost folder that comes into being is what
					// has changed, or a file in whose place one comes.
					top := p
					for q := p; strings.Contains(q, "/"); {
						q = q[:strings.LastIndexByte(q, '/')]
						if info, err := os.Lstat(filepath.Join(dir, q)); err == nil && info.IsDir() {
							break
						} else if err == nil {
							os.Remove(filepath.Join(dir, q))
						}
						top = q
					}
					os.MkdirAll(filepath.Dir(full), 0o755)
					if info, err := os.Lstat(full); err == nil && info.IsDir() {
						os.RemoveAll(full)
					}
					os.Remove(full)
					if err := os.WriteFile(full, []byte(fmt.Sprint(step, r.IntN(3))), 0o644); err != nil {
						t.Fatal(err)
					}
					p = top
				case k < 16:
					os.RemoveAll(full)
				case k < 19:
					to := name(4)
					if _, err := os.Lstat(full); err != nil || !direct(to) || strings.HasPrefix(to+"/", p+"/") || strings.HasPrefix(p+"/", to+"/") {
						continue
					}
					if os.Rename(full, filepath.Join(dir, filepath.FromSlash(to))) == nil {
						changed = append(changed, to)
					}
				case seed < 2:
					os.Symlink("../"+names[r.IntN(len(names))], full)
				}
				if r.IntN(4) == 0 && strings.Contains(p, "/") {
					p = p[:strings.LastIndexByte(p, '/')] // a folder above it is as good
				}
				changed = append(changed, p)
			}
			if r.IntN(30) == 0 {
				changed = append(changed, ".")
			}
			got, gotDiags, err := Rescan(t.Context(), dir, o, tree, changed)
			if err != nil {
				t.Fatal(err)
			}
			want, wantDiags := scan(t, dir, o, tree)
			if !reflect.DeepEqual(got.Files(), want.Files()) {
				t.Fatalf("seed %d, step %d, changed %q:\n%v\n%v", seed, step, changed, got.Files(), want.Files())
			}
			if !reflect.DeepEqual(gotDiags, wantDiags) {
				t.Fatalf("seed %d, step %d, changed %q:\n%v\n%v", seed, step, changed, gotDiags, wantDiags)
			}
			for i := range got.sums {
				g, okG := got.sums[i].get()
				w, okW := want.sums[i].get()
				if g != w || okG != okW {
					t.Fatalf("seed %d, step %d: digest of %s", seed, step, got.files[i].Path)
				}
				if okG {
					hits++
				}
				b, err := os.ReadFile(filepath.Join(dir, got.files[i].Path))
				if d, err2 := got.Digest(got.files[i].Path); err != nil || err2 != nil || d != Sum(b) {
					t.Fatalf("seed %d, step %d: %s: stale digest, %v, %v", seed, step, got.files[i].Path, err, err2)
				}
			}
			tree, shown = got, gotDiags
		}
		if hits == 0 || seed == 0 && len(shown) == 0 {
			t.Errorf("seed %d: %d digests handed on, %d diagnostics", seed, hits, len(shown))
		}
	}
}

func TestIgnore(t *testing.T) {
	tests := []struct {
		globs   string
		ignored string // "a/" is a folder
		kept    string
	}{
		{"drafts", "drafts drafts/ a/drafts a/b/drafts/", "draft drafts2 a/drafts.md"},
		{"drafts/", "drafts/ a/drafts/", "drafts a/drafts"},
		{"/drafts", "drafts drafts/", "a/drafts"},
		{"a/b", "a/b a/b/", "b x/a/b"},
		{"a/b/", "a/b/", "a/b x/a/b/"},
		{"*.pdf", "x.pdf a/b/x.pdf .pdf", "x.pdfx xpdf"},
		{"/*.pdf", "x.pdf", "a/x.pdf"},
		{"a/*", "a/b a/b/", "a a/b/c"},
		{"a/*/c", "a/b/c", "a/c a/b/b/c"},
		{"a/**", "a/b a/b/c a/b/", "a a/ ab"},
		{"**/c", "c b/c a/b/c", "cc c/d"},
		{"a/**/c", "a/c a/b/c a/b/b/c", "c a/b/cc x/a/c"},
		{"a/**/b/**/c", "a/b/c a/x/b/y/z/c a/b/b/c", "a/c a/x/c b/c"},
		{"**", "a a/b", ""},
		{"a/**/**/b", "a/b a/x/b", "a"},
		{"?.md", "a.md é.md x/b.md", ".md ab.md"},
		{"[a-c]*.md", "a.md bx.md", "d.md"},
		{"[!a-c].md", "d.md -.md", "a.md"},
		{"[]x].md", "].md x.md", "a.md"},
		{"[a-].md", "a.md -.md", "b.md"},
		{"[ab", "[ab", "a b"},
		{`\*.md`, "*.md", "a.md"},
		{`\!x`, "!x", "x"},
		{`a\?`, "a?", "ab"},
		{"*a*b*c*", "abc xaxbxcx aabbcc", "acb ab"},
		{"*.log !keep.log", "x.log a/y.log", "keep.log a/keep.log"},
		{"*.log !keep.log /keep.log", "keep.log", "a/keep.log"},
		{"!x x", "x", "y"},
		{"", "", "a"},
		{"/ ! !/", "", "a b/"},
		{"./a", "a", "b/a"},
		{"CON.*", "CON.md", "con.md"},
	}
	for _, tt := range tests {
		ig := compileIgnore(strings.Fields(tt.globs))
		for want, list := range map[bool]string{true: tt.ignored, false: tt.kept} {
			for _, p := range strings.Fields(list) {
				p, folder := strings.CutSuffix(p, "/")
				if got := ig.ignores(p, folder); got != want {
					t.Errorf("%q: %q (folder: %v) is ignored: %v, want %v", tt.globs, p, folder, got, want)
				}
			}
		}
	}
	// Many stars must not take exponential time.
	start := time.Now()
	ig := compileIgnore([]string{strings.Repeat("*a", 60) + "b", strings.Repeat("**/a/", 60) + "b"})
	if ig.ignores(strings.Repeat("a", 250), false) || ig.ignores(strings.Repeat("a/", 250)+"c", false) {
		t.Error("matched")
	}
	if d := time.Since(start); d > time.Second {
		t.Errorf("took %v", d)
	}
}

func FuzzIgnore(f *testing.F) {
	f.Add("a/**/b*[!c]", "a/x/bd")
	f.Add("[", "[")
	f.Add(`\`, `\`)
	f.Fuzz(func(t *testing.T, glob, path string) {
		plain := compileIgnore([]string{glob}).ignores(path, true)
		taken := compileIgnore([]string{"**", "!" + glob}).ignores(path, true)
		if strings.Trim(glob, "/!") != "" && !strings.HasPrefix(glob, "!") && path != "" && plain == taken {
			t.Errorf("%q on %q: ignored %v, taken back %v", glob, path, plain, !taken)
		}
	})
}

func TestCheckPath(t *testing.T) {
	for _, p := range []string{"a", "a/b.c", "é", "日本/x", "console", "com", "com10", "lpt", "auxiliary.md", "...a", ".a", "a b", "nul-x", strings.Repeat("x", 255)} {
		if err := CheckPath(p); err != nil {
			t.Errorf("%q: %v", p, err)
		}
	}
	for _, p := range []string{"", "/", "a/", "/a", "a//b", ".", "..", "a/..", "a/./b", `a\b`, "a:b", "a*", "a?", `"`, "<", ">", "|", "a\x00", "\x7f", "\u009f", "\u2028", "\xff",
		"a.", "a ", " a", "a./b", "CON", "con.txt", "Prn", "aux.tar.gz", "nul", "com0", "COM1.md", "lpt9", "com²", "conin$", "CONOUT$.x", "x/nul", strings.Repeat("x", 256), strings.Repeat("x/", 600) + "x"} {
		if CheckPath(p) == nil {
			t.Errorf("%q passes", p)
		}
	}
}

// The order of files is that of whole paths, whatever the number of goroutines.
func TestOrder(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(3, 4))
	parts := []string{"a", "a-", "a.", "a0", "a b", "A", "é", "aa"}
	for range 400 {
		p := parts[r.IntN(len(parts))]
		for range r.IntN(4) {
			p += "/" + parts[r.IntN(len(parts))]
		}
		p += ".md"
		full := filepath.Join(dir, p)
		os.MkdirAll(filepath.Dir(full), 0o755)
		os.WriteFile(full, nil, 0o644)
	}
	tree, _ := scan(t, dir, Options{}, nil)
	if got := paths(tree); !slices.IsSorted(got) || len(got) < 100 {
		t.Errorf("%d files, not sorted", len(got))
	}
	for range 5 {
		again, _ := scan(t, dir, Options{}, tree)
		if !reflect.DeepEqual(again.Files(), tree.Files()) {
			t.Fatal("another order")
		}
	}
}
