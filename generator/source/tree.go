// Package source lists and reads the folders a playbook is written in: the
// content and the layouts.
//
// Scan takes a folder and gives a Tree: the files in it, sorted by path, with
// what one stat says of each. It reads no file. Read and Digest do, later and
// from any number of goroutines, and the Tree remembers the digests they find.
// A Tree given to the next Scan as prev hands them on for files whose size,
// times and inode are the same, so that what has not changed is not read again.
//
// It promises that nothing outside the folder is ever read, whatever links lie
// in it (all access goes through one os.Root); that devices, pipes and sockets
// are never opened; that the listing is the same for any number of processors;
// and that the same bytes always have the same digest. A remembered digest is
// trusted only if the file was already three seconds old when it was listed,
// because many file systems cannot tell apart two writes within a clock tick.
//
// It refuses nothing silently but what every tool ignores (names with a leading
// dot or underscore, editors' backups) and what the configuration ignores.
// Links that lead out of the folder or in circles, special files, and names
// that cannot be published are left out and named in a diagnostic.
package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"playbook/generator/diag"
)

// defaultMaxRead bounds Read where Options.MaxRead is zero. No page is near it;
// a film put beside a page must not become memory.
const defaultMaxRead = 64 << 20

// ErrTooLarge is wrapped by the error of Read for a file above Options.MaxRead.
// Digest and Open have no such limit.
var ErrTooLarge = errors.New("file is too large")

// File is one file of a Tree as it was when it was listed.
type File struct {
	Path    string // from the root of the tree, forward slashes: "plans/emea.md"
	Name    string // as diagnostics show it: the tree's prefix and Path
	Size    int64
	ModTime int64 // nanoseconds since 1970; 0 for a file in the program itself
	Inode   uint64
	Link    bool // reached through a symbolic link

	// change is the inode's own time stamp where the system has one. It moves
	// even when a tool puts back the modification time.
	change int64
}

// same reports whether nothing the system tells about f has moved since g.
func (f *File) same(g *File) bool {
	return f.Size == g.Size && f.ModTime == g.ModTime && f.Inode == g.Inode && f.change == g.change && f.Link == g.Link
}

// Tree is an immutable listing of one folder, or of one laid over another. Its
// methods may be called from any number of goroutines.
type Tree struct {
	name  string
	files []File // sorted by Path
	sums  []sum  // beside files; nil in an overlay, whose owners remember

	back  backing // nil for a folder that is missing and for a recalled tree
	owner []*Tree // in an overlay, the tree each file comes from

	max     int64 // Options.MaxRead
	scanned int64 // Options.Now in nanoseconds; 0 trusts nothing
	links   bool  // something was reached through a link
	partial bool  // cannot be rescanned in part: recalled, embedded or overlaid
	notes   []note

	folds func() folds
}

// backing is where a tree's bytes are. open must refuse what is not a regular
// file without waiting for it.
type backing interface {
	open(path string) (io.ReadCloser, error)
}

// sum is a digest that is written once, by whichever goroutine comes first, and
// read without a lock.
type sum struct {
	state  atomic.Uint32
	digest Digest
}

const (
	sumNone uint32 = iota
	sumBusy
	sumKnown
)

func (s *sum) get() (Digest, bool) {
	if s.state.Load() == sumKnown {
		return s.digest, true
	}
	return Digest{}, false
}

func (s *sum) set(d Digest) {
	if s.state.CompareAndSwap(sumNone, sumBusy) {
		s.digest = d
		s.state.Store(sumKnown)
	}
}

// Name returns the prefix the tree's files have in diagnostics, such as
// "content/".
func (t *Tree) Name() string { return t.name }

// Files returns the files sorted by path (bytewise). The slice is the tree's
// own and must not be written to.
func (t *Tree) Files() []File { return t.files }

// Lookup returns the file at path.
func (t *Tree) Lookup(path string) (File, bool) {
	if i, ok := t.find(path); ok {
		return t.files[i], true
	}
	return File{}, false
}

func (t *Tree) find(path string) (int, bool) {
	return slices.BinarySearchFunc(t.files, path, func(f File, p string) int { return strings.Compare(f.Path, p) })
}

// folds finds files by folded path. more holds the files after the first of
// paths that fold alike.
type folds struct {
	first map[string]int32
	more  map[string][]int32
}

// Fold returns the first file, in order, whose path differs from path only by
// case or Unicode form.
func (t *Tree) Fold(path string) (File, bool) {
	f := t.folds()
	key := FoldPath(path)
	i, ok := f.first[key]
	if !ok {
		return File{}, false
	}
	if t.files[i].Path != path {
		return t.files[i], true
	}
	if rest := f.more[key]; len(rest) > 0 {
		return t.files[rest[0]], true
	}
	return File{}, false
}

func (t *Tree) fold() folds {
	f := folds{first: make(map[string]int32, len(t.files)), more: map[string][]int32{}}
	for i := range t.files {
		key := FoldPath(t.files[i].Path)
		if _, ok := f.first[key]; ok {
			f.more[key] = append(f.more[key], int32(i))
		} else {
			f.first[key] = int32(i)
		}
	}
	return f
}

// newTree finishes t. Every tree is made through it.
func newTree(t *Tree) *Tree {
	if t.max == 0 {
		t.max = defaultMaxRead
	}
	if t.sums == nil && t.owner == nil {
		t.sums = make([]sum, len(t.files))
	}
	t.folds = sync.OnceValue(t.fold)
	return t
}

// Read returns the bytes of the file at path and their digest. The bytes are
// what the file holds now, to its end: the size in the listing is a hint, never
// a bound. A file above Options.MaxRead gives an error that wraps ErrTooLarge,
// and so does one that has become something that is not a regular file.
func (t *Tree) Read(path string) ([]byte, Digest, error) {
	i, err := t.index("read", path)
	if err != nil {
		return nil, Digest{}, err
	}
	if t.owner != nil {
		return t.owner[i].Read(path)
	}
	r, err := t.back.open(path)
	if err != nil {
		return nil, Digest{}, t.named("read", path, err)
	}
	defer r.Close()
	// One byte more than the size lets the read that meets the end do so
	// without growing the buffer.
	b := make([]byte, 0, min(t.files[i].Size, t.max)+1)
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, Digest{}, t.named("read", path, err)
		}
		if int64(len(b)) > t.max {
			return nil, Digest{}, t.named("read", path, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, t.max))
		}
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
	}
	d := Sum(b)
	t.sums[i].set(d)
	return b, d, nil
}

// Digest returns the digest of the file at path, which is read only if no Read,
// no earlier Digest and no earlier tree has found it. It holds no more than a
// small buffer, however large the file.
func (t *Tree) Digest(path string) (Digest, error) {
	i, err := t.index("read", path)
	if err != nil {
		return Digest{}, err
	}
	return t.DigestAt(i)
}

// DigestAt returns the digest of the i-th of Files.
func (t *Tree) DigestAt(i int) (Digest, error) {
	path := t.files[i].Path
	if t.owner != nil {
		return t.owner[i].Digest(path)
	}
	if d, ok := t.sums[i].get(); ok {
		return d, nil
	}
	r, err := t.back.open(path)
	if err != nil {
		return Digest{}, t.named("read", path, err)
	}
	defer r.Close()
	h := NewSum()
	if _, err := io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{r}, make([]byte, min(t.files[i].Size+1, 128<<10))); err != nil {
		return Digest{}, t.named("read", path, err)
	}
	d := SumOf(h)
	t.sums[i].set(d)
	return d, nil
}

// Open returns a reader of the file at path. The caller closes it.
func (t *Tree) Open(path string) (io.ReadCloser, error) {
	i, err := t.index("open", path)
	if err != nil {
		return nil, err
	}
	if t.owner != nil {
		return t.owner[i].Open(path)
	}
	r, err := t.back.open(path)
	if err != nil {
		return nil, t.named("open", path, err)
	}
	return r, nil
}

// index finds path for an operation that needs its bytes.
func (t *Tree) index(op, path string) (int, error) {
	i, ok := t.find(path)
	if !ok {
		return 0, t.named(op, path, fs.ErrNotExist)
	}
	if t.owner == nil && t.back == nil {
		return 0, t.named(op, path, errors.New("the listing has no folder to read from"))
	}
	return i, nil
}

// named makes an error speak of the file as the user knows it, not by a path of
// this machine.
func (t *Tree) named(op, path string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return &fs.PathError{Op: op, Path: t.name + path, Err: err}
}

// maxFolders bounds the folders a rootBacking keeps open.
const maxFolders = 128

// rootBacking reads a folder of the disk. It keeps some of the folders in it
// open: following a path from the root again for each file costs as much as
// reading the file.
type rootBacking struct {
	root    *os.Root
	mu      sync.RWMutex
	folders map[string]*os.Root
}

func (b *rootBacking) open(path string) (io.ReadCloser, error) {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		if dir := b.folder(path[:i]); dir != nil {
			// A link may lead from this folder to another within the
			// root, which only the root can tell from one that leaves.
			if f, err := openRegular(dir, path[i+1:]); err == nil {
				return f, nil
			}
		}
	}
	return openRegular(b.root, path)
}

// folder returns the folder at path, or nil if it is better not kept open.
func (b *rootBacking) folder(path string) *os.Root {
	b.mu.RLock()
	dir, ok := b.folders[path]
	full := len(b.folders) >= maxFolders
	b.mu.RUnlock()
	if ok || full {
		return dir
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if dir, ok = b.folders[path]; ok || len(b.folders) >= maxFolders {
		return dir
	}
	dir, err := b.root.OpenRoot(path)
	if err != nil {
		return nil
	}
	if b.folders == nil {
		b.folders = map[string]*os.Root{}
	}
	b.folders[path] = dir
	return dir
}

// openRegular opens path for reading and refuses what is not a regular file. A
// pipe that has taken a file's place since it was listed must not be waited
// for, so the file is opened without blocking.
func openRegular(root *os.Root, path string) (*os.File, error) {
	return regular(root.OpenFile(path, os.O_RDONLY|openNonblock, 0))
}

// openRegularFile is openRegular outside of any root.
func openRegularFile(path string) (*os.File, error) {
	return regular(os.OpenFile(path, os.O_RDONLY|openNonblock, 0))
}

func regular(f *os.File, err error) (*os.File, error) {
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// note is a diagnostic about path, kept so that a partial scan can repeat those
// of the folders it did not enter.
type note struct {
	path string
	diag diag.Diagnostic
}

func (t *Tree) diags() []diag.Diagnostic {
	var ds []diag.Diagnostic
	for _, n := range t.notes {
		ds = append(ds, n.diag)
	}
	return diag.Sort(ds)
}
