package output

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"playbook/generator/source"
)

// siteOf makes files of "path: text" pairs.
func siteOf(pairs ...string) []File {
	var files []File
	for i := 0; i < len(pairs); i += 2 {
		files = append(files, File{Path: pairs[i], Data: []byte(pairs[i+1]), Digest: source.Sum([]byte(pairs[i+1]))})
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files
}

// tempDir is t.TempDir on memory, where there is such a place: thousands of
// small builds say nothing about a disk.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "playbook")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// stream makes f an attachment.
func stream(f File) File {
	data := f.Data
	f.Data, f.Size = nil, int64(len(data))
	f.Open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	return f
}

func commit(t *testing.T, dest string, files []File, o Options) Result {
	t.Helper()
	r, err := Commit(t.Context(), dest, files, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// snapshot returns everything below dir: text of files, "/" for folders, the
// target of links.
func snapshot(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == dir {
			return err
		}
		name, _ := filepath.Rel(dir, p)
		switch {
		case d.IsDir():
			all[name] = "/"
		case d.Type()&fs.ModeSymlink != 0:
			to, err := os.Readlink(p)
			all[name] = "-> " + to
			return err
		default:
			b, err := os.ReadFile(p)
			all[name] = string(b)
			return err
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return all
}

// times returns the modification times of everything below dir.
func times(t *testing.T, dir string) map[string]time.Time {
	all := map[string]time.Time{}
	filepath.WalkDir(dir, func(p string, d fs.DirEntry, _ error) error {
		info, err := d.Info()
		if err != nil {
			t.Fatal(err)
		}
		all[p] = info.ModTime()
		return nil
	})
	return all
}

func differ(want, got map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if g, ok := got[k]; !ok {
			out = append(out, "missing "+k)
		} else if g != want[k] {
			out = append(out, fmt.Sprintf("%s is %.60q, want %.60q", k, g, want[k]))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[k]; !ok {
			out = append(out, "extra "+k)
		}
	}
	return strings.Join(out, "\n")
}

// clean returns what a build of files into nothing gives.
func clean(t *testing.T, files []File) map[string]string {
	t.Helper()
	dest := filepath.Join(tempDir(t), "clean")
	commit(t, dest, files, Options{})
	return snapshot(t, dest)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	os.MkdirAll(filepath.Dir(path), 0o755)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// age sets all files below dir back, the manifest a little less, as if the site
// had been built an hour ago.
func age(t *testing.T, dir string) {
	t.Helper()
	then := time.Now().Add(-time.Hour)
	filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if d.Type().IsRegular() {
			os.Chtimes(p, then, then)
		}
		return nil
	})
	then = then.Add(time.Minute)
	if err := os.Chtimes(filepath.Join(dir, manifestName), then, then); err != nil {
		t.Fatal(err)
	}
}

var before = siteOf(
	"index.html", "home",
	"plans/index.html", "plans",
	"plans/emea/index.html", "emea",
	"plans/apac/index.html", "apac",
	"plans/apac/deck.pdf", "deck",
	"gone/deep/down/index.html", "gone",
	"gone/too.html", "gone too",
	"becomes/folder", "a file now",
	"becomes-file/inner/page.html", "a folder now",
	"same.css", "same",
)

var after = func() []File {
	files := siteOf(
		"index.html", "home, new",
		"plans/index.html", "plans",
		"plans/emea/index.html", "emea has grown",
		"plans/apac/index.html", "apac",
		"plans/apac/deck.pdf", "deck, new",
		"plans/amer/index.html", "amer",
		"becomes/folder/page.html", "a folder now",
		"becomes-file", "a file now",
		"same.css", "same",
		"new/deep/down/index.html", "new",
	)
	for i := range files {
		if strings.HasSuffix(files[i].Path, ".pdf") {
			files[i] = stream(files[i])
		}
	}
	return files
}()

func TestCommitGivesTheCleanTree(t *testing.T) {
	dest := filepath.Join(tempDir(t), "deep", "public")
	for _, step := range []struct {
		files                       []File
		written, removed, unchanged int
	}{
		{before, 10, 0, 0},
		{before, 0, 0, 10},
		{after, 7, 4, 3},
		{after, 0, 0, 10},
		{nil, 0, 10, 0},
		{before, 10, 0, 0},
	} {
		r := commit(t, dest, step.files, Options{})
		if r.Written != step.written || r.Removed != step.removed || r.Unchanged != step.unchanged {
			t.Errorf("%d files: %+v, want %d written, %d removed, %d unchanged", len(step.files), r, step.written, step.removed, step.unchanged)
		}
		if d := differ(clean(t, step.files), snapshot(t, dest)); d != "" {
			t.Fatal(d)
		}
	}
	if r := commit(t, filepath.Join(tempDir(t), "x"), siteOf("a", "12345", "b", "678"), Options{}); r.Bytes != 8 {
		t.Errorf("%d bytes, want 8", r.Bytes)
	}
}

func TestNothingChangedNothingWritten(t *testing.T) {
	dest := filepath.Join(tempDir(t), "public")
	commit(t, dest, before, Options{})
	old := times(t, filepath.Dir(dest))
	o := Options{fault: func(op, name string) error { return fmt.Errorf("%s %s", op, name) }}
	if r := commit(t, dest, before, o); r.Written+r.Removed != 0 {
		t.Errorf("%+v", r)
	}
	if now := times(t, filepath.Dir(dest)); !maps.Equal(old, now) {
		t.Errorf("times differ:\n%v\n%v", old, now)
	}
}

func TestUnchangedFilesKeepTheirTimes(t *testing.T) {
	dest := filepath.Join(tempDir(t), "public")
	commit(t, dest, before, Options{})
	age(t, dest)
	old := times(t, dest)
	commit(t, dest, after, Options{})
	now := times(t, dest)
	for _, p := range []string{"same.css", "plans/index.html", "plans/apac/index.html"} {
		if p = filepath.Join(dest, p); !old[p].Equal(now[p]) {
			t.Errorf("%s was written", p)
		}
	}
}

func TestDamagedOutputsAreRepaired(t *testing.T) {
	tests := []struct {
		name   string
		damage func(dest string)
		o      Options
		fixed  bool
	}{
		{"deleted", func(d string) { os.Remove(d + "/plans/emea/index.html") }, Options{}, true},
		{"folder deleted", func(d string) { os.RemoveAll(d + "/plans") }, Options{}, true},
		{"cut", func(d string) { os.Truncate(d+"/index.html", 2) }, Options{}, true},
		{"edited, same size", func(d string) { write(t, d+"/index.html", "HOME") }, Options{}, true},
		{"replaced by a folder", func(d string) { os.Remove(d + "/index.html"); os.Mkdir(d+"/index.html", 0o755) }, Options{}, false},
		{"replaced by a link", func(d string) { os.Remove(d + "/index.html"); os.Symlink("same.css", d+"/index.html") }, Options{}, true},
		{"edited, size and time kept", func(d string) {
			info, _ := os.Stat(d + "/index.html")
			write(t, d+"/index.html", "HOME")
			os.Chtimes(d+"/index.html", info.ModTime(), info.ModTime())
		}, Options{Verify: true}, true},
		{"edited, size and time kept, cleaned", func(d string) {
			info, _ := os.Stat(d + "/index.html")
			write(t, d+"/index.html", "HOME")
			os.Chtimes(d+"/index.html", info.ModTime(), info.ModTime())
		}, Options{Clean: true}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dest := filepath.Join(tempDir(t), "public")
			commit(t, dest, before, Options{})
			age(t, dest)
			tt.damage(dest)
			r, err := Commit(t.Context(), dest, before, tt.o)
			if !tt.fixed {
				if !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), "index.html") {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil || r.Written == 0 {
				t.Fatal(r, err)
			}
			if d := differ(clean(t, before), snapshot(t, dest)); d != "" {
				t.Error(d)
			}
		})
	}
}

// A copied site has files newer than its manifest. They are read once, not
// written, and the manifest is made younger so that they are not read again.
func TestCopiedSiteIsVerifiedOnce(t *testing.T) {
	dest := filepath.Join(tempDir(t), "public")
	commit(t, dest, before, Options{})
	age(t, dest)
	now := time.Now().Add(-time.Minute)
	os.Chtimes(filepath.Join(dest, "index.html"), now, now)
	if r := commit(t, dest, before, Options{}); r.Written != 0 {
		t.Errorf("%+v", r)
	}
	info, err := os.Stat(filepath.Join(dest, manifestName))
	if err != nil || info.ModTime().Before(now) {
		t.Errorf("manifest of %v is older than the file", info.ModTime())
	}
	if d := differ(clean(t, before), snapshot(t, dest)); d != "" {
		t.Error(d)
	}
}

func TestForeign(t *testing.T) {
	tests := []struct {
		name  string
		build bool // a site is there before
		put   func(d string)
		files []File
		named string // in the error; "" if there is none
	}{
		{"not empty, no manifest", false, func(d string) { write(t, d+"/thesis.doc", "x") }, after, "thesis.doc"},
		{"a file, not a folder", false, func(d string) { write(t, d, "x") }, after, "not a folder"},
		{"a worktree", false, func(d string) { write(t, d+"/.git", "gitdir: x") }, after, ""},
		{"worktree, output in the way", false, func(d string) { write(t, d+"/.gitignore", "x") }, siteOf(".gitignore", "y"), ".gitignore"},
		{"beside ours", true, func(d string) { write(t, d+"/plans/mine.txt", "x"); write(t, d+"/gone/mine.txt", "x") }, after, ""},
		{"in the way", true, func(d string) { write(t, d+"/plans/amer/index.html", "x") }, after, "plans/amer/index.html"},
		{"a file where a folder must be", true, func(d string) { write(t, d+"/new", "x") }, after, `"new"`},
		{"inside a folder that must be a file", true, func(d string) { write(t, d+"/becomes-file/inner/mine.txt", "x") }, after, "becomes-file/inner/mine.txt"},
		{"a link where a folder must be", true, func(d string) { os.Symlink("plans", d+"/new") }, after, `"new"`},
		{"a link where a file was and a folder must be", true, func(d string) {
			os.Remove(d + "/becomes/folder")
			os.Symlink("../plans", d+"/becomes/folder")
		}, after, `"becomes/folder"`},
		{"damaged manifest", true, func(d string) {
			m := d + "/" + manifestName
			b, _ := os.ReadFile(m)
			os.WriteFile(m, bytes.Replace(b, []byte("same.css"), []byte("some.css"), 1), 0o644)
		}, after, "damaged"},
		{"manifest of a later version", true, func(d string) { write(t, d+"/"+manifestName, "playbook manifest 2 00\n") }, after, "playbook manifest 1"},
		{"manifest is a link", true, func(d string) {
			os.Rename(d+"/"+manifestName, d+"/m")
			os.Symlink("m", d+"/"+manifestName)
		}, after, "regular"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dest := filepath.Join(tempDir(t), "public")
			if tt.build {
				commit(t, dest, before, Options{})
			}
			tt.put(dest)
			old := snapshot(t, filepath.Dir(dest))
			for _, o := range []Options{{}, {Clean: true}} {
				_, err := Commit(t.Context(), dest, tt.files, o)
				now := snapshot(t, filepath.Dir(dest))
				if tt.named != "" {
					if !errors.Is(err, ErrForeign) || !strings.Contains(fmt.Sprint(err), tt.named) {
						t.Errorf("error %v, want one about %s", err, tt.named)
					}
					if d := differ(old, now); d != "" {
						t.Errorf("something was changed:\n%s", d)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				for p, text := range old {
					if strings.Contains(p, "mine.txt") || strings.Contains(p, ".git") {
						if now[p] != text {
							t.Errorf("%s was touched", p)
						}
						delete(now, p)
						delete(now, "public/gone") // kept for the foreign file
					}
				}
				want := map[string]string{"public": "/"}
				for p, text := range clean(t, tt.files) {
					want["public/"+p] = text
				}
				if d := differ(want, now); d != "" {
					t.Error(d)
				}
			}
		})
	}
}

func TestNamesAreRefused(t *testing.T) {
	long := strings.Repeat("x", 256)
	tests := []struct {
		name  string
		paths []string
	}{
		{"up", []string{"../x"}},
		{"up in the middle", []string{"a/../../x"}},
		{"dot", []string{"./x"}},
		{"absolute", []string{"/etc/x"}},
		{"empty", []string{""}},
		{"empty part", []string{"a//b"}},
		{"slash at the end", []string{"a/"}},
		{"backslash", []string{`a\..\..\x`}},
		{"drive", []string{"c:x"}},
		{"stream", []string{"index.html::$DATA"}},
		{"nul", []string{"a\x00b"}},
		{"newline", []string{"a\nb"}},
		{"c1", []string{"a\u0085b"}},
		{"not utf-8", []string{"a\xffb"}},
		{"device", []string{"docs/CON/index.html"}},
		{"device with extension", []string{"aux.html"}},
		{"device with spaces", []string{"nul .html"}},
		{"device, superscript", []string{"com¹.txt"}},
		{"dot at the end", []string{"a./b"}},
		{"space at the end", []string{"a /b"}},
		{"long part", []string{long}},
		{"long path", []string{strings.Repeat("abcdefg/", 128) + "x"}},
		{"the manifest", []string{manifestName}},
		{"the stage, other case", []string{".Playbook-Stage/x"}},
		{"case", []string{"Plans/Index.html", "plans/index.html"}},
		{"unicode form", []string{"caf\u00e9.html", "cafe\u0301.html"}},
		{"kelvin", []string{"k.html", "\u212a.html"}},
		{"file and folder", []string{"a", "a/b"}},
		{"file and folder, other case", []string{"A", "a/b"}},
		{"twice", []string{"a", "a"}},
		{"not sorted", []string{"b", "a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var files []File
			for _, p := range tt.paths {
				files = append(files, File{Path: p, Data: []byte("x")})
			}
			dir := tempDir(t)
			if tt.name != "not sorted" {
				slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
			}
			for _, dest := range []string{"none", "empty", "site"} {
				dest = filepath.Join(dir, dest)
				switch filepath.Base(dest) {
				case "empty":
					os.Mkdir(dest, 0o755)
				case "site":
					commit(t, dest, before, Options{})
				}
				old := snapshot(t, dir)
				if _, err := Commit(t.Context(), dest, files, Options{}); !errors.Is(err, ErrName) {
					t.Errorf("%s: got %v", filepath.Base(dest), err)
				}
				if d := differ(old, snapshot(t, dir)); d != "" {
					t.Error(d)
				}
			}
		})
	}
	fine := siteOf("straße.html", "1", "strasse.html", "2", "con", "", "a b/c.html", "4", "...x", "5", ".nojekyll", "", "CNAME", "x", "日本/é.html", "6")
	fine = slices.DeleteFunc(fine, func(f File) bool { return f.Path == "con" })
	commit(t, filepath.Join(tempDir(t), "public"), fine, Options{})
}

// Where folders cannot be exchanged, a clean build is put in place file by file.
func TestCleanWithoutExchange(t *testing.T) {
	dest := filepath.Join(tempDir(t), "public")
	commit(t, dest, before, Options{})
	asked := false
	r := commit(t, dest, after, Options{Clean: true, fault: func(op, name string) error {
		if op == "exchange" {
			asked = true
			return errors.ErrUnsupported
		}
		return nil
	}})
	if r.Written != len(after) || r.Removed != 4 || canExchange && !asked {
		t.Errorf("%+v", r)
	}
	if d := differ(clean(t, after), snapshot(t, dest)); d != "" {
		t.Error(d)
	}
	if all := snapshot(t, filepath.Dir(dest)); len(all) != 1+len(clean(t, after)) {
		t.Errorf("something is left over: %v", slices.Sorted(maps.Keys(all)))
	}
}

// A link inside the destination, put there by anybody, must never lead a write
// or a removal out of it.
func TestLinksAreNotFollowed(t *testing.T) {
	for _, at := range []string{"plans", "plans/emea", "gone", "gone/deep", "plans/emea/index.html", "new", "becomes-file", stageName} {
		for _, inside := range []bool{false, true} {
			t.Run(fmt.Sprint(at, inside), func(t *testing.T) {
				dir := tempDir(t)
				dest, outside := filepath.Join(dir, "public"), filepath.Join(dir, "outside")
				commit(t, dest, before, Options{})
				age(t, dest)
				if inside {
					outside = filepath.Join(dest, "outside")
				}
				link := filepath.Join(dest, filepath.FromSlash(at))
				if _, err := os.Lstat(link); err == nil {
					if err := os.Rename(link, outside); err != nil {
						t.Fatal(err)
					}
				} else {
					write(t, outside+"/x", "x")
				}
				if err := os.Symlink(outside, link); err != nil {
					t.Fatal(err)
				}
				old := snapshot(t, outside)
				_, err := Commit(t.Context(), dest, after, Options{})
				if d := differ(old, snapshot(t, outside)); d != "" {
					t.Errorf("(%v) changed behind the link:\n%s", err, d)
				}
				// What was a file of ours, or is not needed, may be a
				// link now; anything else that is to be written may not.
				refused := at == "plans" || at == "plans/emea" || at == "new" || at == "becomes-file" || at == stageName
				if refused != errors.Is(err, ErrForeign) || !refused && err != nil {
					t.Errorf("error %v, want one: %v", err, refused)
				}
			})
		}
	}
}

func TestDestinationMayBeALink(t *testing.T) {
	dir := tempDir(t)
	real := filepath.Join(dir, "real")
	link := filepath.Join(dir, "public")
	os.Mkdir(real, 0o755)
	os.Symlink("real", link)
	for _, files := range [][]File{before, after} {
		for _, o := range []Options{{}, {Clean: true}} {
			commit(t, link, files, o)
			if d := differ(clean(t, files), snapshot(t, real)); d != "" {
				t.Error(d)
			}
		}
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Error("the link is gone")
	}
	os.Symlink("nowhere", filepath.Join(dir, "dangling"))
	if _, err := Commit(t.Context(), filepath.Join(dir, "dangling"), before, Options{}); err == nil {
		t.Error("built through a link that leads nowhere")
	}
	if _, err := Commit(t.Context(), string(filepath.Separator), before, Options{}); !errors.Is(err, ErrForeign) {
		t.Errorf("the root of the file system: %v", err)
	}
}

// An empty folder may be a mount, or be served at this moment: it must stay the
// same folder. So must one that has a site, unless it is built anew.
func TestDestinationStaysTheSameFolder(t *testing.T) {
	dest := filepath.Join(tempDir(t), "public")
	os.Mkdir(dest, 0o750)
	was, _ := os.Stat(dest)
	for _, files := range [][]File{before, after, before} {
		commit(t, dest, files, Options{})
		if is, err := os.Stat(dest); err != nil || !os.SameFile(was, is) || is.Mode() != was.Mode() {
			t.Error("it is another one")
		}
	}
	commit(t, dest, after, Options{Clean: true})
	is, err := os.Stat(dest)
	if err != nil || is.Mode() != was.Mode() {
		t.Errorf("mode is %v, was %v", is.Mode(), was.Mode())
	}
	if canExchange && os.SameFile(was, is) {
		t.Error("the clean build was not exchanged")
	}
}

func TestOneBuildAtATime(t *testing.T) {
	dir := tempDir(t)
	for _, name := range []string{"new", "empty", "site"} {
		dest := filepath.Join(dir, name)
		switch name {
		case "empty":
			os.Mkdir(dest, 0o755)
		case "site":
			commit(t, dest, before, Options{})
		}
		tx, err := Begin(t.Context(), dest, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range after {
			if f.Data == nil {
				continue
			}
			if err := tx.Put(f.Path, f.Digest, f.Data); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Begin(t.Context(), dest, Options{}); !errors.Is(err, ErrLocked) {
			t.Errorf("%s: second build got %v", name, err)
		}
		if err := Recover(dest); name != "new" && !errors.Is(err, ErrLocked) {
			t.Errorf("%s: recover got %v", name, err)
		}
		if _, err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		tx.Abort()
		commit(t, dest, after, Options{})
		if d := differ(clean(t, after), snapshot(t, dest)); d != "" {
			t.Error(d)
		}
	}
	if all := snapshot(t, dir); len(all) != 3+3*len(clean(t, after)) {
		t.Errorf("something is left over: %v", slices.Sorted(maps.Keys(all)))
	}
}

func TestLockFileOfTheDeadIsTakenOver(t *testing.T) {
	dir := tempDir(t)
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	unlock, err := lockFile(root, "public")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockFile(root, "public"); !errors.Is(err, ErrLocked) {
		t.Errorf("second lock: %v", err)
	}
	unlock()
	host, _ := os.Hostname()
	for _, tt := range []struct {
		held string
		free bool
	}{
		{"1073741823 " + host, true}, // no system numbers processes so high
		{fmt.Sprint(os.Getpid(), " ", host), false},
		{"1073741823 elsewhere", false},
		{"", false},
	} {
		write(t, dir+"/.public.playbook-lock", tt.held+"\n")
		unlock, err := lockFile(root, "public")
		if (err == nil) != tt.free || err != nil && !errors.Is(err, ErrLocked) {
			t.Errorf("held by %q: %v", tt.held, err)
		}
		if err == nil {
			unlock()
		}
		if left := snapshot(t, dir); tt.free && len(left) != 0 {
			t.Errorf("left: %v", left)
		}
	}
}

func TestManyBuildsAtOnce(t *testing.T) {
	dest := filepath.Join(tempDir(t), "public")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 5 {
				files := before
				if i%2 == 0 {
					files = after
				}
				_, err := Commit(context.Background(), dest, files, Options{Clean: i == 3})
				if err != nil && !errors.Is(err, ErrLocked) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	commit(t, dest, after, Options{})
	if d := differ(clean(t, after), snapshot(t, dest)); d != "" {
		t.Error(d)
	}
	if all := snapshot(t, filepath.Dir(dest)); len(all) != 1+len(clean(t, after)) {
		t.Errorf("something is left over: %v", slices.Sorted(maps.Keys(all)))
	}
}

func TestStreamsAreRecordedAsTheyWere(t *testing.T) {
	dest := filepath.Join(tempDir(t), "public")
	changed := stream(siteOf("film.mp4", "version two")[0])
	changed.Digest, changed.Size = source.Sum([]byte("version 1")), 9
	commit(t, dest, []File{changed}, Options{})
	m, err := ReadManifest(dest)
	if err != nil {
		t.Fatal(err)
	}
	if e, ok := m.Lookup("film.mp4"); !ok || e.Digest != source.Sum([]byte("version two")) || e.Size != 11 {
		t.Errorf("recorded %+v", e)
	}
	if _, ok := m.Lookup("other"); ok || len(m.Files()) != 1 {
		t.Error("the manifest has too much")
	}
	broken := File{Path: "x", Open: func() (io.ReadCloser, error) { return nil, errors.New("gone") }}
	if _, err := Commit(t.Context(), dest, []File{broken}, Options{}); err == nil {
		t.Error("a stream that cannot be opened was committed")
	}
	if _, err := os.Stat(dest + "/film.mp4"); err != nil {
		t.Error(err)
	}
}

func TestTxLeavesAloneWhatIsThere(t *testing.T) {
	dest := filepath.Join(tempDir(t), "public")
	commit(t, dest, before, Options{})
	tx, err := Begin(t.Context(), dest, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Abort()
	for i, f := range before {
		switch i % 3 {
		case 0:
			err = tx.Put(f.Path, f.Digest, f.Data)
		case 1:
			err = tx.Copy(f.Path, f.Digest, strings.NewReader("must not be read"))
		case 2:
			if tx.Has(f.Path, source.Sum([]byte("other"))) || tx.Has(f.Path+"x", f.Digest) || !tx.Has(f.Path, f.Digest) {
				t.Errorf("Has(%q) is wrong", f.Path)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if r, err := tx.Commit(); err != nil || r.Unchanged != len(before) || r.Written+r.Removed != 0 {
		t.Error(r, err)
	}
}

func TestReadManifestOfNothing(t *testing.T) {
	dir := tempDir(t)
	for _, d := range []string{dir, filepath.Join(dir, "none")} {
		if _, err := ReadManifest(d); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v", err)
		}
	}
	if err := Recover(filepath.Join(dir, "none")); err != nil {
		t.Error(err)
	}
}

func TestAbortAndCancelLeaveNothing(t *testing.T) {
	dir := tempDir(t)
	for _, name := range []string{"new", "empty", "site", "clean"} {
		dest := filepath.Join(dir, name)
		switch name {
		case "empty":
			os.Mkdir(dest, 0o755)
		case "site", "clean":
			commit(t, dest, before, Options{})
		}
		old := snapshot(t, dir)
		ctx, cancel := context.WithCancel(t.Context())
		tx, err := Begin(ctx, dest, Options{Clean: name == "clean"})
		if err != nil {
			t.Fatal(err)
		}
		if err := tx.Put("a/b/c", source.Sum(nil), nil); err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := tx.Put("a/b/d", source.Sum(nil), nil); !errors.Is(err, context.Canceled) {
			t.Errorf("put after cancel: %v", err)
		}
		if name == "site" {
			_, err = tx.Commit()
			if !errors.Is(err, context.Canceled) {
				t.Errorf("commit after cancel: %v", err)
			}
		}
		tx.Abort()
		if _, err := tx.Commit(); err == nil {
			t.Error("committed after abort")
		}
		if d := differ(old, snapshot(t, dir)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

var errFault = errors.New("injected fault")

// TestFaults makes every call that changes the disk fail in turn, once as an
// error that passes and once as the end of the process. Before the next run
// the old site must be whole, or the journal written; after recovery there is
// the old site or the new one, whole; after the next run, the new one. What
// others keep in the folder is never touched.
func TestFaults(t *testing.T) {
	foreign := map[string]string{"plans/mine.txt": "mine", "mine/x.txt": "mine", "gone/mine.txt": "mine"}
	tests := []struct {
		name    string
		old     []File
		empty   bool
		foreign bool
		o       Options
	}{
		{name: "first"},
		{name: "first, into an empty folder", empty: true},
		{name: "update", old: before},
		{name: "update beside others", old: before, foreign: true},
		{name: "clean", old: before, o: Options{Clean: true}},
		{name: "clean beside others", old: before, foreign: true, o: Options{Clean: true}},
	}
	wantNew := clean(t, after)
	for _, tt := range tests {
		for _, crash := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/crash=%v", tt.name, crash), func(t *testing.T) {
				wantOld := map[string]string{}
				if tt.old != nil {
					wantOld = clean(t, tt.old)
				}
				decided, n := 0, 1
				for ; ; n++ {
					dir := tempDir(t)
					dest := filepath.Join(dir, "public")
					switch {
					case tt.empty:
						os.Mkdir(dest, 0o755)
					case tt.old != nil:
						commit(t, dest, tt.old, Options{})
					}
					if tt.foreign {
						for p, text := range foreign {
							write(t, filepath.Join(dest, p), text)
						}
					}
					var mu sync.Mutex
					calls := 0
					o := tt.o
					at := ""
					o.fault = func(op, name string) error {
						mu.Lock()
						defer mu.Unlock()
						calls++
						if calls == n || crash && calls > n {
							if at == "" {
								at = op + " " + name
							}
							return errFault
						}
						return nil
					}
					_, err := Commit(t.Context(), dest, after, o)
					if calls < n {
						if err != nil {
							t.Fatal(err)
						}
						break
					}
					if err != nil && !errors.Is(err, errFault) {
						t.Fatalf("fault %d, %s: %v", n, at, err)
					}
					look := func(when string, wants ...map[string]string) {
						got := snapshot(t, dest)
						if tt.foreign {
							for p, text := range foreign {
								if got[filepath.FromSlash(p)] != text {
									t.Errorf("fault %d, %s, %s: %s was touched", n, at, when, p)
								}
								delete(got, filepath.FromSlash(p))
							}
							delete(got, "mine")
						}
						var ds []string
						for _, want := range wants {
							if tt.foreign {
								want = maps.Clone(want)
								want["gone"] = "/"
							}
							d := differ(want, got)
							if d == "" {
								return
							}
							ds = append(ds, d)
						}
						t.Fatalf("fault %d, %s, %s:\n%s", n, at, when, strings.Join(ds, "\n--\n"))
					}
					if _, e := os.Lstat(filepath.Join(dest, stageName, journalName)); e == nil {
						decided++
					} else {
						// Nothing is decided, or all is done: but for
						// litter of ours the site is whole.
						os.RemoveAll(filepath.Join(dest, stageName))
						look("before recovery", wantOld, wantNew)
					}
					if err == nil {
						look("no error", wantNew)
					}
					if err := Recover(dest); err != nil {
						t.Fatalf("fault %d, %s: recover: %v", n, at, err)
					}
					look("after recovery", wantOld, wantNew)
					if _, err := Commit(t.Context(), dest, after, Options{}); err != nil {
						t.Fatalf("fault %d, %s: next run: %v", n, at, err)
					}
					look("after the next run", wantNew)
					for p := range snapshot(t, dir) {
						if p != "public" && !strings.HasPrefix(p, "public"+string(filepath.Separator)) {
							t.Errorf("fault %d, %s: %s is left over", n, at, p)
						}
					}
					if t.Failed() {
						return
					}
				}
				if n < 10 || tt.old != nil && !(tt.o.Clean && !tt.foreign) && decided < 5 {
					t.Errorf("only %d faults, %d of them with a journal", n, decided)
				}
			})
		}
	}
}

// TestFaultsInRecovery kills the recovery too, again and again.
func TestFaultsInRecovery(t *testing.T) {
	want := clean(t, after)
	for first := 20; ; first++ {
		dest := filepath.Join(tempDir(t), "public")
		commit(t, dest, before, Options{})
		die := func(n int) Options {
			calls := 0
			var mu sync.Mutex
			return Options{fault: func(op, name string) error {
				mu.Lock()
				defer mu.Unlock()
				if calls++; calls >= n {
					return errFault
				}
				return nil
			}}
		}
		_, err := Commit(t.Context(), dest, after, die(first))
		if err == nil {
			break
		}
		for n := 1; n < 4; n++ {
			if _, err := Commit(t.Context(), dest, after, die(n)); err == nil {
				break
			}
		}
		commit(t, dest, after, Options{})
		if d := differ(want, snapshot(t, dest)); d != "" {
			t.Fatalf("fault %d:\n%s", first, d)
		}
	}
}

// What a power failure takes from a staged file after the journal was written is
// found and written again, even if the size is right.
func TestStagedFilesLostWithThePower(t *testing.T) {
	dest := filepath.Join(tempDir(t), "public")
	commit(t, dest, before, Options{})
	_, err := Commit(t.Context(), dest, after, Options{fault: func(op, name string) error {
		if op == "rename" && name == "index.html" {
			return errFault
		}
		return nil
	}})
	if !errors.Is(err, errFault) {
		t.Fatal(err)
	}
	staged, _ := filepath.Glob(filepath.Join(dest, stageName, "[0-9]*"))
	if len(staged) == 0 {
		t.Fatal("nothing is staged")
	}
	for _, p := range staged {
		info, _ := os.Stat(p)
		write(t, p, strings.Repeat("\x00", int(info.Size())))
		os.Chtimes(p, info.ModTime().Add(-time.Hour), info.ModTime().Add(-time.Hour))
	}
	commit(t, dest, after, Options{})
	if d := differ(clean(t, after), snapshot(t, dest)); d != "" {
		t.Error(d)
	}
}

// A foreign file that comes into being between the crash and the recovery is in
// the way as any other.
func TestForeignFileAfterTheCrash(t *testing.T) {
	dest := filepath.Join(tempDir(t), "public")
	commit(t, dest, before, Options{})
	Commit(t.Context(), dest, after, Options{fault: func(op, name string) error {
		if op == "rename" && name == "plans/amer/index.html" {
			return errFault
		}
		return nil
	}})
	mine := filepath.Join(dest, "plans/amer/index.html")
	write(t, mine, "mine")
	if _, err := Commit(t.Context(), dest, after, Options{}); !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), "plans/amer/index.html") {
		t.Errorf("got %v", err)
	}
	if b, _ := os.ReadFile(mine); string(b) != "mine" {
		t.Error("it was replaced")
	}
	os.Remove(mine)
	commit(t, dest, after, Options{})
	if d := differ(clean(t, after), snapshot(t, dest)); d != "" {
		t.Error(d)
	}
}

// Random sites, one after another, always give the clean tree.
func TestRandomSites(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	names := []string{"a", "b", "c", "index.html", "A-b"}
	dest := filepath.Join(tempDir(t), "public")
	for range 60 {
		have := map[string]bool{}
		var pairs []string
		for range r.IntN(25) {
			p := names[r.IntN(len(names))]
			for r.IntN(3) > 0 {
				p += "/" + names[r.IntN(len(names))]
			}
			ok := !have[p]
			for q := range have {
				ok = ok && !strings.HasPrefix(q, p+"/") && !strings.HasPrefix(p, q+"/")
			}
			if ok {
				have[p] = true
				pairs = append(pairs, p, fmt.Sprint("text ", r.IntN(3)))
			}
		}
		files := siteOf(pairs...)
		commit(t, dest, files, Options{Clean: r.IntN(8) == 0})
		if d := differ(clean(t, files), snapshot(t, dest)); d != "" {
			t.Fatal(d)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add((&Manifest{entriesOf(before)}).encode())
	f.Add((&journal{first: []string{"a"}, moves: []move{{"1", "b/c"}}, drops: []string{"d"}}).encode())
	f.Add(seal(manifestHead, []byte("zz 1 a\n")))
	f.Add(seal(journalHead, []byte("move ../1\t../../b\n")))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, head := range []string{manifestHead, journalHead} {
			if _, body, ok := bytes.Cut(data, []byte("\n")); ok {
				data = seal(head, body) // past the checksum
			}
			if m, err := decodeManifest(data); err == nil {
				if again, err := decodeManifest(m.encode()); err != nil || !slices.Equal(again.entries, m.entries) {
					t.Errorf("manifest %q reads as %q", data, m.encode())
				}
				for _, e := range m.entries {
					if !filepath.IsLocal(e.Path) {
						t.Errorf("manifest lets %q through", e.Path)
					}
				}
			}
			if j, err := decodeJournal(data); err == nil {
				for _, p := range slices.Concat(j.first, j.drops) {
					if !filepath.IsLocal(p) {
						t.Errorf("journal lets %q through", p)
					}
				}
				for _, m := range j.moves {
					if !filepath.IsLocal(m.to) || !filepath.IsLocal(m.from) {
						t.Errorf("journal lets %q through", m)
					}
				}
			}
		}
	})
}

func entriesOf(files []File) (es []Entry) {
	for _, f := range files {
		es = append(es, Entry{f.Path, f.Digest, int64(len(f.Data))})
	}
	return es
}
