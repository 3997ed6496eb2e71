package output

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"playbook/generator/source"
)

// sweep looks at every file of the manifest: which are there, with their size
// and no younger than the manifest, or else with their bytes.
func (t *Tx) sweep() error {
	s, old := t.s, t.old.entries
	info, err := s.root.root.Lstat(manifestName)
	if err != nil {
		return err
	}
	made := info.ModTime().UnixNano()
	st, err := newStatter(s.root.root)
	if err != nil {
		return err
	}
	defer st.close()
	t.good = make([]bool, len(old))
	const stretch = 256
	newest := make([]int64, (len(old)+stretch-1)/stretch) // of the files read and found right
	err = each(t.ctx, len(newest), func(n int) error {
		look := looker{st: st}
		for i := n * stretch; i < min(len(old), (n+1)*stretch); i++ {
			size, mtime, ok := look.file(old[i].Path)
			if !ok || size != old[i].Size {
				continue
			}
			// Equal times count as younger: a file system may not
			// tell apart what happens within a tick of its clock.
			if mtime >= made || s.o.Verify {
				if !s.root.sameBytes(old[i].Path, old[i]) {
					continue
				}
				newest[n] = max(newest[n], mtime)
			}
			t.good[i] = true
		}
		return nil
	})
	if n := slices.Max(append(newest, 0)); n > made {
		t.touched = n
	}
	return err
}

// looker stats files in sorted order. It follows no link: each folder on the
// way is looked at once.
type looker struct {
	st   statter
	dir  string // the last folder looked at
	good int    // how much of dir consists of real folders, as a length
}

// file returns size and modification time of the regular file at path.
func (l *looker) file(path string) (size, mtime int64, ok bool) {
	dir := parent(path)
	if dir != l.dir {
		shared := 0
		for i := 0; ; i++ {
			endA, endB := i == len(dir) || dir[i] == '/', i == len(l.dir) || l.dir[i] == '/'
			if endA && endB {
				shared = i
			}
			if i == len(dir) || i == len(l.dir) || dir[i] != l.dir[i] {
				break
			}
		}
		l.good = min(l.good, shared)
		l.dir = dir
		for l.good < len(dir) {
			next := len(dir)
			from := l.good
			if from > 0 {
				from++
			}
			if i := strings.IndexByte(dir[from:], '/'); i >= 0 {
				next = from + i
			}
			if kind, _, _ := l.st.stat(dir[:next]); kind != statFolder {
				return 0, 0, false
			}
			l.good = next
		}
	} else if l.good < len(dir) {
		return 0, 0, false
	}
	kind, size, mtime := l.st.stat(path)
	return size, mtime, kind == statFile
}

// What a statter finds.
const (
	statNone = iota
	statFile
	statFolder
	statOther
)

// arrange decides in which order staged files come and stale ones go, and
// refuses if something that is not ours stands where a file is to be.
func (t *Tx) arrange(stale []Entry) (*journal, error) {
	s, old := t.s, t.old
	j := &journal{}
	if t.way == byTop {
		last := ""
		for i := range t.staged {
			top, _, _ := strings.Cut(t.staged[i].Path, "/")
			if top != last {
				if _, err := s.root.root.Lstat(top); err == nil {
					return nil, fmt.Errorf("%w: %q is in the way", ErrForeign, top)
				}
				j.moves = append(j.moves, move{top, top})
				last = top
			}
		}
		return j, nil
	}
	first := map[string]bool{}
	isStale := func(path string) bool {
		_, ok := slices.BinarySearchFunc(stale, path, func(e Entry, p string) int { return strings.Compare(e.Path, p) })
		return ok
	}
	folders := map[string]bool{"": true} // looked at and in order
	var folder func(dir string) error
	folder = func(dir string) error {
		if folders[dir] {
			return nil
		}
		if err := folder(parent(dir)); err != nil {
			return err
		}
		info, err := s.root.root.Lstat(dir)
		switch {
		case err == nil && info.IsDir():
		case err == nil && info.Mode().IsRegular() && isStale(dir):
			first[dir] = true
		case err == nil:
			return fmt.Errorf("%w: %q is in the way of a folder", ErrForeign, dir)
		case !errors.Is(err, fs.ErrNotExist):
			if first[nearest(dir, first)] {
				break // below a file that goes first
			}
			return err
		}
		folders[dir] = true
		return nil
	}
	for i := range t.staged {
		path := t.staged[i].Path
		j.moves = append(j.moves, move{t.staged[i].from, path})
		if err := folder(parent(path)); err != nil {
			return nil, err
		}
		info, err := s.root.root.Lstat(path)
		switch _, known := old.Lookup(path); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			if !first[nearest(path, first)] {
				return nil, err
			}
		case info.IsDir():
			if err := s.clearFolder(path, isStale, first); err != nil {
				return nil, err
			}
		case !known && !s.respelt(path, info, old):
			return nil, fmt.Errorf("%w: %q is in the way", ErrForeign, path)
		}
	}
	for _, e := range stale {
		if first[e.Path] {
			j.first = append(j.first, e.Path)
		} else {
			j.drops = append(j.drops, e.Path)
		}
	}
	return j, nil
}

// nearest returns path or the folder above it that set holds, or "".
func nearest(path string, set map[string]bool) string {
	for ; path != "" && !set[path]; path = parent(path) {
	}
	return path
}

// clearFolder makes the stale files in a folder that must become a file go
// first, and refuses if there is anything else in it.
func (s *site) clearFolder(dir string, isStale func(string) bool, first map[string]bool) error {
	entries, err := s.root.list(dir)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return fmt.Errorf("%w: the folder %q is in the way", ErrForeign, dir)
	}
	for _, e := range entries {
		p := dir + "/" + e.Name()
		switch {
		case e.IsDir():
			if err := s.clearFolder(p, isStale, first); err != nil {
				return err
			}
		case e.Type().IsRegular() && isStale(p):
			first[p] = true
		default:
			return fmt.Errorf("%w: %q is in the way", ErrForeign, p)
		}
	}
	return nil
}

// respelt reports whether what lies at path is one of old's files under another
// spelling, as it can be where case does not count.
func (s *site) respelt(path string, info fs.FileInfo, old *Manifest) bool {
	if old == nil {
		return false
	}
	key := source.FoldPath(path)
	for i := range old.entries {
		if e := &old.entries[i]; len(e.Path) <= 2*len(path) && source.FoldPath(e.Path) == key {
			if other, err := s.root.root.Lstat(e.Path); err == nil && os.SameFile(info, other) {
				return true
			}
		}
	}
	return false
}

// twin reports whether path, which is stale, is another spelling of one of the
// files just put in place, as it can be where case does not count.
func (s *site) twin(path string, placed map[string]string) bool {
	to, ok := placed[source.FoldPath(path)]
	if !ok {
		return false
	}
	a, errA := s.root.root.Lstat(path)
	b, errB := s.root.root.Lstat(to)
	return errA == nil && errB == nil && os.SameFile(a, b)
}
