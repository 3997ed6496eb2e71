package torture

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// mounted mounts a file system in memory with a bound, for those who may.
func mounted(t *testing.T, dir, options string) {
	t.Helper()
	must(t, os.MkdirAll(dir, 0o755))
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		skip(t, "no file system can be mounted: "+err.Error())
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
}

func remount(t *testing.T, dir, options string, flags uintptr) {
	t.Helper()
	must(t, unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT|flags, options))
}

// TestFullDisk fills the disk, by bytes and by files, at many fill levels, for
// the first build and for an edit; then there is room again.
func TestFullDisk(t *testing.T) {
	if !*whole {
		return // a part of the whole run: it needs to be root
	}
	edit, first := turns()[1], turns()[0]
	ge, gf := grounds(t, edit), grounds(t, first)
	for _, room := range []string{"size", "nr_inodes"} {
		for _, g := range []ground{gf, ge} {
			var levels []string
			for i := range 24 {
				if room == "size" {
					levels = append(levels, fmt.Sprintf("size=%dk,nr_inodes=100000", 16+i*24))
				} else {
					levels = append(levels, fmt.Sprintf("size=50m,nr_inodes=%d", 10+i*5))
				}
			}
			for i, level := range levels {
				table.faults.add(1)
				dir := filepath.Join(scratch(), "disk")
				mounted(t, dir, "size=50m,nr_inodes=100000")
				b := box{filepath.Join(dir, "box")}
				g.copyTo(t, b)
				if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT, level); err != nil {
					// What is there does not fit: fill up to what fits.
					remount(t, dir, "size=50m,nr_inodes=100000", 0)
					fillUp(t, dir, room, i)
				}
				what := fmt.Sprintf("%s, level %d", level, i)
				o := (process{}).run("build", "-s", b.site(), "--as-of", asOf, "-q")
				switch {
				case fault.MatchString(o.err):
					bad(t, &table.crashes, "%s: %s", what, brief(o.err, 2000))
				case o.code != 0 && o.code != 3:
					bad(t, &table.codes, "%s: the status is %d: %s", what, o.code, brief(o.err, 500))
				case o.code == 0 && g.state(t, b.public()) != "new":
					bad(t, &table.half, "%s: it is said to be done, and the site is %s", what, g.state(t, b.public()))
				}
				if s := g.state(t, b.public()); s != "old" && s != "new" && s != "between" {
					bad(t, &table.half, "%s: %s", what, s)
				}
				os.RemoveAll(filepath.Join(dir, "filler"))
				remount(t, dir, "size=50m,nr_inodes=100000", 0)
				g.finish(t, b, what)
				must(t, unix.Unmount(dir, unix.MNT_DETACH))
			}
		}
	}
}

// fillUp leaves room for about n steps of the kind that is scarce.
func fillUp(t *testing.T, dir, room string, n int) {
	t.Helper()
	filler := filepath.Join(dir, "filler")
	must(t, os.MkdirAll(filler, 0o755))
	if room == "nr_inodes" {
		var st unix.Statfs_t
		must(t, unix.Statfs(dir, &st))
		remount(t, dir, fmt.Sprintf("size=50m,nr_inodes=%d", st.Files-st.Ffree+uint64(n*4)), 0)
		return
	}
	var st unix.Statfs_t
	must(t, unix.Statfs(dir, &st))
	left := int64(st.Bavail)*st.Bsize - int64(n)*16<<10
	f, err := os.Create(filepath.Join(filler, "x"))
	must(t, err)
	defer f.Close()
	zero := make([]byte, 1<<20)
	for left > 0 {
		k, err := f.Write(zero[:min(left, int64(len(zero)))])
		if err != nil {
			return
		}
		left -= int64(k)
	}
}

// nobody is a user who owns nothing.
const nobody = 65534

// TestNoPermission builds as somebody who may not read or write some of it.
func TestNoPermission(t *testing.T) {
	if !*whole {
		return // a part of the whole run: it needs to be root
	}
	if os.Getuid() != 0 {
		skip(t, "only root can become somebody else")
	}
	ge := grounds(t, turns()[1])
	if err := os.Chmod(scratch(), 0o755); err != nil {
		t.Fatal(err)
	}
	chown := func(dir string) {
		must(t, filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Lchown(p, nobody, nobody)
		}))
	}
	own := func(b box, p string, mode os.FileMode) { // root's alone, with a mode
		must(t, filepath.WalkDir(filepath.Join(b.site(), p), func(p string, d os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Lchown(p, 0, 0)
		}))
		must(t, os.Chmod(filepath.Join(b.site(), p), mode))
	}
	cases := []struct {
		name  string
		codes []int
		spoil func(b box)
		mend  func(b box)
	}{
		{"public cannot be written", []int{3}, func(b box) { own(b, "public", 0o555) }, nil},
		{"a folder of public cannot be written", []int{3}, func(b box) { own(b, "public/g", 0o555) }, nil},
		{"a file of public cannot be written", []int{0, 3}, func(b box) { own(b, "public/index.html", 0o444) }, nil},
		{"a file of public cannot be read", []int{0, 3}, func(b box) { own(b, "public/index.html", 0) }, nil},
		{"public cannot be read", []int{3}, func(b box) { own(b, "public", 0) }, nil},
		{"the manifest cannot be read", []int{3}, func(b box) { own(b, "public/.playbook-manifest", 0) }, nil},
		{"the cache cannot be written", []int{0}, func(b box) { own(b, ".playbook", 0o555) }, nil},
		{"the cache cannot be read", []int{0}, func(b box) { own(b, ".playbook", 0) }, nil},
		{"the site cannot be written", []int{0, 3}, func(b box) { must(t, os.Lchown(b.site(), 0, 0)) }, nil},
		{"a page cannot be read", []int{1, 3}, func(b box) { own(b, "content/g/a.md", 0) }, nil},
		{"a picture cannot be read", []int{1, 3}, func(b box) { own(b, "content/g/pic.png", 0) }, nil},
		{"a folder cannot be read", []int{1, 3}, func(b box) { own(b, "content/g", 0) }, nil},
		{"a folder cannot be entered", []int{1, 3}, func(b box) { own(b, "content/g", 0o444) }, nil},
		{"content cannot be read", []int{1, 2, 3}, func(b box) { own(b, "content", 0) }, nil},
		{"the configuration cannot be read", []int{2, 3}, func(b box) { own(b, "playbook.toml", 0) }, nil},
		{"the content cannot be written", []int{0}, func(b box) { own(b, "content", 0o755) }, nil},
	}
	for i, c := range cases {
		table.faults.add(1)
		b := box{filepath.Join(scratch(), fmt.Sprint("may", i))}
		ge.copyTo(t, b)
		chown(b.dir)
		c.spoil(b)
		o := process{shim: &shimOrder{User: nobody, Umask: -1}, env: []string{"HOME=/nonexistent", "PATH=" + os.Getenv("PATH")}, dir: "/"}.run("build", "-s", b.site(), "--as-of", asOf, "-q")
		switch {
		case fault.MatchString(o.err):
			bad(t, &table.crashes, "%s: %s", c.name, brief(o.err, 2000))
		case !slices.Contains(c.codes, o.code):
			bad(t, &table.codes, "%s: the status is %d, and should be %v: %s", c.name, o.code, c.codes, brief(o.err, 700))
		}
		if s := ge.state(t, b.public()); o.code == 0 && s != "new" || o.code != 0 && s != "old" && s != "between" {
			bad(t, &table.half, "%s: after status %d the site is %s", c.name, o.code, s)
		}
		must(t, filepath.WalkDir(b.dir, func(p string, d os.DirEntry, err error) error {
			if err == nil && d.Type().IsDir() {
				return os.Chmod(p, 0o755)
			}
			if err == nil && d.Type().IsRegular() {
				return os.Chmod(p, 0o644)
			}
			return err
		}))
		ge.finish(t, b, c.name)
		release(b.dir)
	}
}

// TestFewFiles builds with few files that may be open at once.
func TestFewFiles(t *testing.T) {
	limits := []uint64{3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 18, 20, 24, 32, 48, 64, 100}
	if !*whole {
		limits = []uint64{12}
	}
	for _, tn := range turns()[:2] {
		g := grounds(t, tn)
		for _, n := range limits {
			table.faults.add(1)
			b := box{filepath.Join(scratch(), "few")}
			g.copyTo(t, b)
			what := fmt.Sprintf("%s with %d open files", tn.name, n)
			o := process{shim: &shimOrder{Files: n, Umask: -1}}.run("build", "-s", b.site(), "--as-of", asOf, "-q")
			switch {
			case o.code == 2 && strings.Contains(o.err, "runtime: "), strings.Contains(o.err, "cannot begin"), n < 8 && strings.Contains(o.err, "fatal error"): // Go itself needs some to begin
			case fault.MatchString(o.err):
				bad(t, &table.crashes, "%s: %s", what, brief(o.err, 2000))
			case o.code != 0 && o.code != 3:
				bad(t, &table.codes, "%s: the status is %d: %s", what, o.code, brief(o.err, 600))
			}
			if s := g.state(t, b.public()); o.code == 0 && s != "new" || s != "old" && s != "new" && s != "between" {
				bad(t, &table.half, "%s: after status %d the site is %s", what, o.code, s)
			}
			g.finish(t, b, what)
		}
	}
}

// TestMovingGround builds while files change and folders are swapped for links
// that lead out.
func TestMovingGround(t *testing.T) {
	b := builtBox(t)
	files := map[string]string{}
	for i := range 40 {
		files[fmt.Sprintf("content/guides/sub/p%d.md", i)] = fmt.Sprintf("# P%d\n\nVersion one.\n", i)
		files[fmt.Sprintf("content/guides/sub/f%d.txt", i)] = "file"
	}
	b.write(t, files)
	sub := filepath.Join(b.site(), "content", "guides", "sub")
	// Outside lie files of the same names.
	for i := range 40 {
		must(t, os.WriteFile(filepath.Join(b.outside(), fmt.Sprintf("p%d.md", i)), []byte("# P\n\n"+secret+"\n"), 0o644))
		must(t, os.WriteFile(filepath.Join(b.outside(), fmt.Sprintf("f%d.txt", i)), []byte(secret), 0o644))
	}
	must(t, os.Symlink(b.outside(), sub+"-link"))
	outside := snapshot(t, b.outside())
	stop, gone := make(chan bool), make(chan bool)
	go func() {
		defer close(gone)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			// The folder and the link change places.
			unix.Renameat2(unix.AT_FDCWD, sub, unix.AT_FDCWD, sub+"-link", unix.RENAME_EXCHANGE)
			p := filepath.Join(b.site(), "content", "guides", "one.md")
			text := []byte("---\ntitle: One\n---\n" + strings.Repeat(fmt.Sprintf("Version %d.\n\n", i), 200))
			switch i % 3 {
			case 0: // in place, in pieces
				if f, err := os.Create(p); err == nil {
					f.Write(text[:len(text)/2])
					f.Write(text[len(text)/2:])
					f.Close()
				}
			case 1: // at once
				os.WriteFile(p+"~", text, 0o644)
				os.Rename(p+"~", p)
			case 2:
				os.Remove(p)
				os.WriteFile(p, text, 0o644)
			}
			for k := range 40 {
				f := filepath.Join(sub, fmt.Sprintf("f%d.txt", k))
				if info, err := os.Lstat(sub); err == nil && info.IsDir() {
					os.Symlink(filepath.Join(b.outside(), "secret.txt"), f+".new")
					os.Rename(f+".new", f)
				}
			}
			time.Sleep(time.Duration(i%7) * time.Millisecond)
		}
	}()
	for i := range sample(60, 5) {
		table.faults.add(1)
		args := []string{"build", "-s", b.site(), "--as-of", asOf, "-q", "-k"}
		if i%2 == 0 {
			args = append(args, "--no-cache")
		}
		o := here(args...)
		if fault.MatchString(o.err) {
			bad(t, &table.crashes, "while files move: %s", brief(o.err, 2000))
		} else if o.code != 0 && o.code != 1 && o.code != 3 {
			bad(t, &table.codes, "while files move the status is %d: %s", o.code, brief(o.err, 600))
		}
		for p, text := range contents(t, b.public()) {
			if bytes.Contains(text, []byte(secret)) {
				bad(t, &table.leaks, "while folders are swapped for links, %s shows what lies outside", p)
			}
		}
		if strings.Contains(o.err, secret) {
			bad(t, &table.leaks, "while folders are swapped for links, the report shows what lies outside")
		}
	}
	close(stop)
	<-gone
	for p, what := range snapshot(t, b.outside()) {
		if outside[p] != what && !strings.HasSuffix(p, ".new") {
			if _, ok := outside[p]; !ok || !strings.HasPrefix(filepath.Base(p), "f") { // the test itself may have renamed through the link
				bad(t, &table.outside, "%s outside is another", p)
			}
		}
	}
	// When all is quiet, the next build is right.
	must(t, os.RemoveAll(sub))
	must(t, os.RemoveAll(sub+"-link"))
	b.write(t, small)
	if o := here("build", "-s", b.site(), "--as-of", asOf, "-q"); o.code != 0 {
		bad(t, &table.codes, "after all that: %s", o.err)
	}
	if d := difference(hashes(contents(t, smallBuilt())), hashes(contents(t, b.public()))); d != "" {
		bad(t, &table.half, "after all that: %s", d)
	}
}

func hashes(m map[string][]byte) map[string]string {
	out := map[string]string{}
	for p, b := range m {
		out[p] = string(b)
	}
	return out
}

// TestSkewedClock edits files whose times lie in the future, in the past, or
// where they lay.
func TestSkewedClock(t *testing.T) {
	b := newBox(t)
	build := func(args ...string) {
		t.Helper()
		if o := here(append([]string{"build", "-s", b.site(), "--as-of", asOf, "-q"}, args...)...); o.code != 0 || fault.MatchString(o.err) {
			bad(t, &table.codes, "a skewed clock: status %d: %s", o.code, o.err)
		}
	}
	page := filepath.Join(b.site(), "content", "guides", "two.md")
	times := []time.Time{time.Unix(0, 0), time.Unix(1, 1), time.Now().Add(100 * 365 * 24 * time.Hour), time.Now().Add(-time.Second), time.Now().Add(time.Hour), time.Unix(1<<31, 0), time.Unix(-1000, 0), time.Unix(1<<33, 0)}
	if !*whole {
		times = times[:3]
	}
	for i, at := range times {
		table.faults.add(1)
		// Another file of the same size and the same time, as a copy with times is.
		for k := range 2 {
			must(t, os.WriteFile(page+"~", fmt.Appendf(nil, "---\ntitle: Two\n---\nSays %d of %d.\n", i, k), 0o644))
			must(t, os.Chtimes(page+"~", at, at))
			must(t, os.Rename(page+"~", page))
			build()
			text, err := os.ReadFile(filepath.Join(b.public(), "guides", "two", "index.html"))
			must(t, err)
			if !bytes.Contains(text, fmt.Appendf(nil, "Says %d of %d.", i, k)) {
				bad(t, &table.half, "a file of the time %v that took another's place was not seen", at)
			}
		}
		// The outputs' times say nothing true either.
		must(t, filepath.WalkDir(b.public(), func(p string, d os.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				err = os.Chtimes(p, at, at)
			}
			return err
		}))
		must(t, os.WriteFile(filepath.Join(b.public(), "index.html"), []byte("damaged"), 0o644))
		build()
		if text, _ := os.ReadFile(filepath.Join(b.public(), "index.html")); string(text) == "damaged" {
			bad(t, &table.half, "with times of %v a damaged output stays", at)
		}
	}
	for _, day := range []string{"0001-01-01", "1970-01-01", "2038-01-20", "9999-12-31"} {
		build("--as-of", day)
	}
	build()
	clean := filepath.Join(b.site(), "clean")
	build("-d", clean, "--no-cache")
	if d := difference(hashes(contents(t, clean)), hashes(contents(t, b.public()))); d != "" {
		bad(t, &table.half, "after clocks that were wrong: %s", d)
	}
}

// TestReadOnlyDisk builds onto a disk that became read-only.
func TestReadOnlyDisk(t *testing.T) {
	if !*whole {
		return // a part of the whole run: it needs to be root
	}
	for _, tn := range turns() {
		table.faults.add(1)
		g := grounds(t, tn)
		dir := filepath.Join(scratch(), "ro")
		mounted(t, dir, "size=50m")
		b := box{filepath.Join(dir, "box")}
		g.copyTo(t, b)
		remount(t, dir, "", unix.MS_RDONLY)
		o := (process{}).run("build", "-s", b.site(), "--as-of", asOf, "-q")
		if o.code != 3 || fault.MatchString(o.err) {
			bad(t, &table.codes, "%s, onto a disk that is read-only: status %d: %s", tn.name, o.code, brief(o.err, 500))
		}
		if s := g.state(t, b.public()); s != "old" {
			bad(t, &table.half, "%s, onto a disk that is read-only: the site is %s", tn.name, s)
		}
		remount(t, dir, "", 0)
		g.finish(t, b, tn.name+", onto a disk that was read-only")
		must(t, unix.Unmount(dir, unix.MNT_DETACH))
	}
}

// TestManyFiles builds a site of 100,000 files within bounds.
func TestManyFiles(t *testing.T) {
	if !*whole {
		return
	}
	table.inputs.add(1)
	b := newBox(t)
	for d := range 100 {
		dir := filepath.Join(b.site(), "content", "many", fmt.Sprint("d", d))
		must(t, os.MkdirAll(dir, 0o755))
		for i := range 1000 {
			name, text := fmt.Sprintf("f%d.txt", i), "a file"
			if i%100 == 0 {
				name, text = fmt.Sprintf("p%d-%d.md", d, i), "# Page\n\nSee [f](f1.txt).\n"
			}
			must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
		}
	}
	o := process{shim: &shimOrder{CPU: 400, Umask: -1}}.run("build", "-s", b.site(), "--as-of", asOf, "-q")
	judge(t, input{name: "100,000 files", want: done}, b, outcome{code: o.code, err: o.err, peak: o.peak, signal: o.signal, hung: o.hung})
	n := 0
	err := filepath.WalkDir(b.public(), func(p string, d os.DirEntry, err error) error { n++; return err })
	if n < 100000 || err != nil && !errors.Is(err, os.ErrNotExist) {
		bad(t, &table.codes, "of 100,000 files %d came out: %v", n, err)
	}
	t.Logf("100,000 files: %d MB", o.peak>>20)
}
