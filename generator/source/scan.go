package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"playbook/generator/diag"
)

// racy is how old a file must have been when it was listed for its digest to be
// handed on. The coarsest clock in use, FAT's, ticks every two seconds.
const racy = 3 * time.Second

const defaultMaxFiles = 2_000_000

// ErrTooMany is wrapped by the error of a scan that met more than
// Options.MaxFiles files and folders.
var ErrTooMany = errors.New("too many files")

// Options say what a scan lists. The zero value lists everything that is not
// hidden and hands on no digests.
type Options struct {
	Name           string    // prefix of the files' names in diagnostics, such as "content/"
	Ignore         []string  // globs as in .gitignore, from the configuration
	Skip           []string  // folders never entered, relative to the root: output, cache
	KeepUnderscore bool      // names with a leading underscore are listed, as layouts want
	MaxFiles       int       // files and folders; more is an error; 0 is 2,000,000
	MaxRead        int64     // bytes Read returns at most; 0 is 64 MiB
	Now            time.Time // when the scan begins, by the clock the file system uses; if zero, the tree's digests are not handed on
}

// Scan lists dir. A folder that does not exist gives an empty tree. prev, which
// may be nil, is an earlier tree of the same folder: digests it knows are handed
// on where the file is unchanged. The error tells of the machine, not of the
// content: the folder cannot be read, ctx is done, or MaxFiles is passed.
func Scan(ctx context.Context, dir string, o Options, prev *Tree) (*Tree, []diag.Diagnostic, error) {
	s, err := newScanner(ctx, dir, o, prev)
	if err != nil {
		return nil, nil, err
	}
	t := &Tree{name: o.Name, max: o.MaxRead, scanned: scanTime(o)}
	if s == nil {
		return newTree(t), nil, nil
	}
	top := &folder{}
	if err := s.run(top); err != nil {
		return nil, nil, err
	}
	n, m := top.count()
	t.files, t.sums = make([]File, 0, n), make([]sum, n)
	t.notes = make([]note, 0, m)
	top.flatten(t, prev)
	t.back = &rootBacking{root: s.root}
	t.links = s.links
	return newTree(t), t.diags(), nil
}

// Rescan gives what Scan would give, if nothing but the named folders (with all
// that is in them, and their coming and going) has changed since prev. It looks
// nowhere else. The options must be those of prev, but for Now. Where it cannot
// know, because prev holds links or was not made by Scan or Rescan, it scans.
func Rescan(ctx context.Context, dir string, o Options, prev *Tree, folders []string) (*Tree, []diag.Diagnostic, error) {
	clean, all := cleanFolders(folders)
	if all || prev == nil || prev.partial || prev.links || prev.back == nil || prev.name != o.Name {
		return Scan(ctx, dir, o, prev)
	}
	s, err := newScanner(ctx, dir, o, prev)
	if err != nil {
		return nil, nil, err
	}
	if s == nil {
		return Scan(ctx, dir, o, prev)
	}
	s.count.Add(int64(len(prev.files)))
	// The changed folders are walked as if they were the only entries there
	// are; what they give is then merged with what stays.
	top := &folder{}
	for _, p := range clean {
		if err := s.enter(top, p); errors.Is(err, ErrTooMany) {
			return Scan(ctx, dir, o, prev)
		} else if err != nil {
			return nil, nil, err
		}
	}
	err = s.drain()
	if s.links || errors.Is(err, ErrTooMany) {
		// A link that is new may stand for anything in the tree, and
		// what has gone is still counted here.
		return Scan(ctx, dir, o, prev)
	}
	if err != nil {
		return nil, nil, err
	}
	fresh := &Tree{}
	n, _ := top.count()
	fresh.files, fresh.sums = make([]File, 0, n), make([]sum, n)
	top.flatten(fresh, prev)
	t := &Tree{name: o.Name, max: o.MaxRead, scanned: scanTime(o), back: &rootBacking{root: s.root}}
	t.merge(prev, fresh, clean)
	return newTree(t), t.diags(), nil
}

func scanTime(o Options) int64 {
	if o.Now.IsZero() {
		return 0
	}
	return o.Now.UnixNano()
}

// cleanFolders sorts folders and drops those within others. all is set if the
// root itself is among them.
func cleanFolders(folders []string) (clean []string, all bool) {
	for _, f := range folders {
		p := path.Clean("/" + f)[1:]
		if p == "" {
			return nil, true
		}
		clean = append(clean, p)
	}
	slices.SortFunc(clean, func(a, b string) int { return strings.Compare(a+"/", b+"/") })
	out := clean[:0]
	for _, p := range clean {
		if n := len(out); n == 0 || p != out[n-1] && !strings.HasPrefix(p, out[n-1]+"/") {
			out = append(out, p)
		}
	}
	return out, false
}

// merge fills t with fresh's files and those of prev that lie outside folders.
func (t *Tree) merge(prev, fresh *Tree, folders []string) {
	gone := make([]bool, len(prev.files))
	within := func(p string) bool {
		for _, f := range folders {
			if p == f || strings.HasPrefix(p, f) && p[len(f)] == '/' {
				return true
			}
		}
		return false
	}
	for _, f := range folders {
		if i, ok := prev.find(f); ok {
			gone[i] = true
		}
		lo, hi := prev.under(f)
		for i := lo; i < hi; i++ {
			gone[i] = true
		}
	}
	for _, n := range prev.notes {
		if !within(n.path) {
			t.notes = append(t.notes, n)
		}
	}
	t.notes = append(t.notes, fresh.notes...)

	t.files = make([]File, 0, len(prev.files)+len(fresh.files))
	t.sums = make([]sum, len(prev.files)+len(fresh.files))
	j := 0
	for i := range prev.files {
		if gone[i] {
			continue
		}
		for ; j < len(fresh.files) && fresh.files[j].Path < prev.files[i].Path; j++ {
			t.add(fresh.files[j], fresh, j)
		}
		from := prev
		if !prev.settled(&prev.files[i]) {
			// Its record is older than t claims to be, so the digest
			// must be found again to be trusted by the next scan.
			from = nil
		}
		t.add(prev.files[i], from, i)
	}
	for ; j < len(fresh.files); j++ {
		t.add(fresh.files[j], fresh, j)
	}
	t.sums = t.sums[:len(t.files)]
}

// add appends f with the digest that from, if not nil, knows for its file i.
func (t *Tree) add(f File, from *Tree, i int) {
	if from != nil {
		if d, ok := from.sums[i].get(); ok {
			t.sums[len(t.files)].set(d)
		}
	}
	t.files = append(t.files, f)
}

// settled reports whether f was old enough when it was listed that any later
// change shows in its times.
func (t *Tree) settled(f *File) bool {
	return t.scanned != 0 && f.ModTime < t.scanned-int64(racy)
}

// under returns the range of the files within folder.
func (t *Tree) under(folder string) (lo, hi int) {
	lo, _ = t.find(folder + "/")
	hi, _ = t.find(folder + "0") // the character after the slash
	return lo, hi
}

type kind uint8

const (
	kindOther kind = iota
	kindFile
	kindFolder
	kindLink
)

// stat is what is kept of the system's answer.
type stat struct {
	kind                kind
	size, mtime, change int64
	inode               uint64
}

func statOf(info fs.FileInfo) stat {
	st := stat{size: info.Size(), mtime: info.ModTime().UnixNano(), inode: inode(info)}
	switch mode := info.Mode(); {
	case mode.IsRegular():
		st.kind = kindFile
	case mode.IsDir():
		st.kind = kindFolder
	case mode&fs.ModeSymlink != 0:
		st.kind = kindLink
	}
	return st
}

// folder is one folder of a walk. entries are in the order of the tree.
type folder struct {
	path    string // "" for the root
	up      *folder
	info    fs.FileInfo
	linked  bool
	entries []entry
	notes   []note
}

type entry struct {
	file File
	from int     // index of the same file in prev, or -1
	sub  *folder // nil for a file
}

func (f *folder) count() (files, notes int) {
	notes = len(f.notes)
	for i := range f.entries {
		if sub := f.entries[i].sub; sub != nil {
			n, m := sub.count()
			files, notes = files+n, notes+m
		} else {
			files++
		}
	}
	return files, notes
}

func (f *folder) flatten(t *Tree, prev *Tree) {
	t.notes = append(t.notes, f.notes...)
	for i := range f.entries {
		switch e := &f.entries[i]; {
		case e.sub != nil:
			e.sub.flatten(t, prev)
		case e.from >= 0:
			t.add(e.file, prev, e.from)
		default:
			t.add(e.file, nil, 0)
		}
	}
}

// scanner walks folders with a few goroutines that share a stack of folders.
type scanner struct {
	ctx    context.Context
	root   *os.Root
	o      Options
	ignore ignorer
	skip   map[string]bool
	prev   *Tree // nil if it can hand on nothing
	max    int64

	count atomic.Int64
	mu    sync.Mutex
	wake  sync.Cond
	todo  []*folder
	busy  int
	links bool
	err   error
}

// newScanner returns nil without an error if dir does not exist.
func newScanner(ctx context.Context, dir string, o Options, prev *Tree) (*scanner, error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s := &scanner{ctx: ctx, root: root, o: o, ignore: compileIgnore(o.Ignore), max: int64(o.MaxFiles)}
	s.wake.L = &s.mu
	if s.max <= 0 {
		s.max = defaultMaxFiles
	}
	if prev != nil && prev.sums != nil && prev.name == o.Name {
		s.prev = prev
	}
	if len(o.Skip) > 0 {
		s.skip = map[string]bool{}
		for _, p := range o.Skip {
			s.skip[path.Clean("/" + p)[1:]] = true
		}
	}
	return s, nil
}

func (s *scanner) run(top *folder) error {
	s.todo = []*folder{top}
	return s.drain()
}

// drain works off the stack. Folders add their subfolders to it.
func (s *scanner) drain() error {
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), 8) {
		wg.Go(func() {
			w := walker{scanner: s}
			s.mu.Lock()
			defer s.mu.Unlock()
			for {
				for len(s.todo) == 0 && s.busy > 0 && s.err == nil {
					s.wake.Wait()
				}
				if len(s.todo) == 0 || s.err != nil {
					s.wake.Broadcast()
					return
				}
				f := s.todo[len(s.todo)-1]
				s.todo = s.todo[:len(s.todo)-1]
				s.busy++
				s.mu.Unlock()
				err := s.ctx.Err()
				if err == nil {
					err = w.walk(f)
				}
				s.mu.Lock()
				s.busy--
				if err != nil && s.err == nil {
					s.err = err
				}
				if s.busy == 0 {
					s.wake.Broadcast()
				}
			}
		})
	}
	wg.Wait()
	return s.err
}

// walker is one goroutine of a scanner, with memory it uses again.
type walker struct {
	*scanner
	found []found
}

type found struct {
	name   string
	st     stat
	linked bool
}

// walk lists f and puts its subfolders on the stack.
func (w *walker) walk(f *folder) error {
	name := f.path
	if name == "" {
		name = "."
	}
	dir, err := w.root.Open(name)
	if err == nil {
		defer dir.Close()
		f.info, err = dir.Stat()
	}
	if err == nil && !f.info.IsDir() {
		err = fs.ErrNotExist // replaced since it was listed
	}
	w.found = w.found[:0]
	if err == nil {
		err = list(dir, func(name string, st stat) { w.consider(f, name, st) })
	}
	if err != nil {
		if f.path == "" {
			return err
		}
		if !errors.Is(err, fs.ErrNotExist) {
			f.note(w.o.Name, f.path, "file-unreadable", diag.Error, fmt.Sprintf("the folder cannot be read: %s", plain(err)),
				"give the person who builds the right to read it, or ignore it in the configuration")
		}
		w.found = w.found[:0]
	}
	slices.SortFunc(w.found, func(a, b found) int { return compareEntries(a.name, a.st.kind, b.name, b.st.kind) })
	return w.keep(f)
}

// enter adds the entry at p, which a rescan names, to top, unless something
// above it is hidden or gone.
func (s *scanner) enter(top *folder, p string) error {
	w := walker{scanner: s}
	f := &folder{}
	for dir := range parents(p) {
		base := path.Base(dir)
		if hidden(base, s.o.KeepUnderscore) || badName(base) != "" || s.skip[dir] || s.ignore.ignores(dir, true) {
			return nil
		}
		info, err := s.root.Lstat(dir)
		if err != nil || !info.IsDir() {
			return nil
		}
		f = &folder{path: dir, up: f, info: info}
	}
	if info, err := s.root.Lstat(p); err == nil {
		w.consider(f, path.Base(p), statOf(info))
		// The listing has the change time, which statOf cannot tell.
		for i := range w.found {
			if w.found[i].st.kind == kindFile {
				w.found[i].st.change = s.change(p)
			}
		}
	}
	if err := w.keep(f); err != nil {
		return err
	}
	top.entries = append(top.entries, f.entries...)
	slices.SortFunc(top.entries, func(a, b entry) int { return strings.Compare(a.order(), b.order()) })
	top.notes = append(top.notes, f.notes...)
	return nil
}

func (e *entry) order() string {
	if e.sub != nil {
		return e.sub.path + "/"
	}
	return e.file.Path
}

// change returns the change time of the file at p as list tells it.
func (s *scanner) change(p string) (change int64) {
	dir, err := s.root.Open(path.Dir(p))
	if err != nil {
		return 0
	}
	defer dir.Close()
	base := path.Base(p)
	list(dir, func(name string, st stat) {
		if name == base {
			change = st.change
		}
	})
	return change
}

// parents yields the folders above p, from the root down, without the root.
func parents(p string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for i := range len(p) {
			if p[i] == '/' && !yield(p[:i]) {
				return
			}
		}
	}
}

// consider decides what one entry of f is, following links, and remembers it
// in w.found if it may be listed.
func (w *walker) consider(f *folder, name string, st stat) {
	if hidden(name, w.o.KeepUnderscore) {
		return
	}
	full := func() string { return join(f.path, name) }
	if why := badName(name); why != "" {
		if w.ignores(full(), st.kind == kindFolder) {
			return
		}
		f.note(w.o.Name, full(), "file-name", diag.Warning, fmt.Sprintf("%q %s and is left out", name, why), "give it another name")
		return
	}
	linked := f.linked
	if st.kind == kindLink {
		p := full()
		if w.ignores(p, false) {
			return
		}
		var ok bool
		if st, ok = w.follow(f, p); !ok {
			return
		}
		linked = true
		w.mu.Lock()
		w.links = true
		w.mu.Unlock()
	}
	if st.kind == kindOther {
		if p := full(); !w.ignores(p, false) {
			f.note(w.o.Name, p, "file-special", diag.Warning, fmt.Sprintf("%q is a device, a pipe or a socket and is left out", name), "remove it, or ignore it in the configuration")
		}
		return
	}
	w.found = append(w.found, found{name, st, linked})
}

func (s *scanner) ignores(p string, folder bool) bool {
	return folder && s.skip[p] || s.ignore.ignores(p, folder)
}

// follow says what the link at p leads to, or notes why it is left out.
func (w *walker) follow(f *folder, p string) (stat, bool) {
	say := func(msg, hint string) (stat, bool) {
		f.note(w.o.Name, p, "file-link", diag.Warning, fmt.Sprintf("the link %q %s", path.Base(p), msg), hint)
		return stat{}, false
	}
	info, err := w.root.Stat(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := w.root.Lstat(p); err != nil {
			return stat{}, false
		}
		return say("leads nowhere", "remove it, or make it lead to a file")
	case errors.Is(err, syscall.ELOOP):
		return say("leads in a circle and is not followed", "remove it")
	case escapes(err):
		return say("leads out of the site and is not followed", "copy the file instead")
	case err != nil:
		return say("cannot be followed: "+plain(err), "copy the file instead")
	}
	st := statOf(info)
	if st.kind == kindFolder {
		for up := f; up != nil; up = up.up {
			if up.info != nil && os.SameFile(up.info, info) {
				return say("leads to a folder it lies in and is not followed", "remove it")
			}
		}
	}
	return st, true
}

// keep turns w.found, which is sorted, into f's entries and puts subfolders on
// the stack.
func (w *walker) keep(f *folder) error {
	if w.count.Add(int64(len(w.found))) > w.max {
		return fmt.Errorf("%w: %s holds more than %d", ErrTooMany, strings.TrimSuffix(w.o.Name, "/"), w.max)
	}
	if len(w.found) == 0 {
		return nil
	}
	prefix := 0 // length of the folder's path with its slash
	if f.path != "" {
		prefix = len(f.path) + 1
	}
	// at runs through the files prev has in this folder; both are in one order.
	var old []File
	at, end := 0, 0
	if w.prev != nil {
		old, end = w.prev.files, len(w.prev.files)
		if f.path != "" {
			at, end = w.prev.under(f.path)
		}
	}
	f.entries = make([]entry, 0, len(w.found))
	var subs []*folder
	for i := range w.found {
		x := &w.found[i]
		if x.st.kind == kindFolder {
			p := join(f.path, x.name)
			if w.ignores(p, true) {
				continue
			}
			if len(p) > maxPath {
				f.note(w.o.Name, p, "file-name", diag.Warning, fmt.Sprintf("the path is longer than %d bytes and is left out", maxPath), "give it another name")
				continue
			}
			sub := &folder{path: p, up: f, linked: x.linked}
			f.entries = append(f.entries, entry{sub: sub, from: -1})
			subs = append(subs, sub)
			for at < end && old[at].Path[prefix:] < x.name {
				at++
			}
			if at < end && strings.HasPrefix(old[at].Path[prefix:], x.name) {
				_, hi := w.prev.under(p)
				at = max(at, hi)
			}
			continue
		}
		e := entry{from: -1}
		for at < end && old[at].Path[prefix:] < x.name {
			at++
		}
		if at < end && old[at].Path[prefix:] == x.name {
			e.file.Path, e.file.Name = old[at].Path, old[at].Name
		} else {
			e.file.Name = w.o.Name + join(f.path, x.name)
			e.file.Path = e.file.Name[len(w.o.Name):]
		}
		if len(w.ignore) > 0 && w.ignore.ignores(e.file.Path, false) {
			continue
		}
		if len(e.file.Path) > maxPath {
			f.note(w.o.Name, e.file.Path, "file-name", diag.Warning, fmt.Sprintf("the path is longer than %d bytes and is left out", maxPath), "give it another name")
			continue
		}
		e.file.Size, e.file.ModTime, e.file.Inode, e.file.change, e.file.Link = x.st.size, x.st.mtime, x.st.inode, x.st.change, x.linked
		if at < end && old[at].Path[prefix:] == x.name && old[at].same(&e.file) && w.prev.settled(&old[at]) {
			e.from = at
		}
		f.entries = append(f.entries, e)
	}
	if len(subs) > 0 {
		w.mu.Lock()
		w.todo = append(w.todo, subs...)
		w.mu.Unlock()
		w.wake.Broadcast()
	}
	return nil
}

func (f *folder) note(prefix, p, rule string, level diag.Level, msg, hint string) {
	f.notes = append(f.notes, note{p, diag.Diagnostic{Rule: rule, Level: level, At: diag.Pos{File: printable(prefix + p)}, Msg: msg, Hint: hint}})
}

// printable writes what a terminal must not get, and what is not UTF-8, as Go
// does in strings.
func printable(s string) string {
	if unprintable(s) == "" {
		return s
	}
	q := fmt.Sprintf("%q", s)
	return q[1 : len(q)-1]
}

// plain is an error without the path of this machine.
func plain(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return err.Error()
}

// compareEntries orders the entries of one folder as the whole paths below them
// are ordered: a folder counts as its name with a slash.
func compareEntries(a string, ak kind, b string, bk kind) int {
	n := min(len(a), len(b))
	if c := strings.Compare(a[:n], b[:n]); c != 0 {
		return c
	}
	next := func(s string, k kind) int {
		switch {
		case len(s) > n:
			return int(s[n])
		case k == kindFolder:
			return '/'
		}
		return -1
	}
	return next(a, ak) - next(b, bk)
}

func join(folder, name string) string {
	if folder == "" {
		return name
	}
	return folder + "/" + name
}
