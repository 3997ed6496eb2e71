package output

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"playbook/generator/source"
)

// Tx is a commit under way. The new site consists of the files for which Has
// was true and of those given to Put and Copy, all of which may be called from
// many goroutines; everything else of the old site goes. Nothing of it shows
// before Commit. Exactly one of Commit and Abort takes effect, the first.
type Tx struct {
	s   *site
	ctx context.Context
	old *Manifest // nil if there is no site yet

	good    []bool        // by index of old: the file is there and as recorded
	kept    []atomic.Bool // by index of old: Has was true
	touched int64         // the latest time of a file that had to be read to be found good

	way  way
	open func() (*tree, error) // opens the folder that files are staged in, once
	tree *tree                 // that folder, once it is open
	next atomic.Int64          // numbers staged files

	mu     sync.Mutex
	staged []staged
	done   bool
}

// staged is a file that waits in the stage under the name from.
type staged struct {
	Entry
	from string
}

// way is how staged files come into place.
type way uint8

const (
	byRename   way = iota // the destination does not exist: the stage becomes it
	byExchange            // the stage and the destination change places
	byTop                 // the destination has no site: the stage's top entries are moved
	byFile                // each file is moved
)

// Begin opens and locks the folder dest, which may be a symbolic link to one,
// clears up after a build that died, and looks at every file of the manifest.
// It changes nothing else. The error wraps ErrForeign if dest is not ours, and
// ErrLocked if another build is committing to it.
func Begin(ctx context.Context, dest string, o Options) (*Tx, error) {
	s, err := open(dest, o, true)
	if err != nil {
		return nil, err
	}
	t := &Tx{s: s, ctx: ctx, way: byFile}
	if err := t.begin(); err != nil {
		s.close()
		return nil, s.failed(err)
	}
	return t, nil
}

func (t *Tx) begin() (err error) {
	s := t.s
	stage := func(in disk, name string, err error) (*tree, error) {
		if err != nil {
			return nil, err
		}
		root, err := in.root.OpenRoot(name)
		if err != nil {
			return nil, err
		}
		t.tree = &tree{disk: disk{root, s.o.fault}, tops: map[string]disk{}}
		return t.tree, nil
	}
	// The stage beside the destination is there: it is what is locked.
	aside := sync.OnceValues(func() (*tree, error) { return stage(s.parent, s.aside(), nil) })
	t.open = sync.OnceValues(func() (*tree, error) { return stage(s.root, stageName, s.root.mkdir(stageName)) })
	if !s.exists {
		t.way, t.open = byRename, aside
		return nil
	}
	if err := s.clearAside(); err != nil {
		return err
	}
	if t.old, err = s.recover(); err != nil {
		return err
	}
	if t.old == nil {
		t.way = byTop
		return s.vacant()
	}
	t.kept = make([]atomic.Bool, len(t.old.entries))
	if !s.o.Clean {
		return t.sweep()
	}
	t.good = make([]bool, len(t.old.entries))
	if canExchange && s.onlyOurs(".", t.old) {
		err := s.lockAside(s.base + "-aside")
		if errors.Is(err, fs.ErrPermission) {
			return nil // what lies around the destination is not ours to change
		}
		t.way, t.open = byExchange, aside
		return err
	}
	return nil
}

// Has reports whether the destination holds a file at path with the digest d.
// If so, the file is part of the new site.
func (t *Tx) Has(path string, d source.Digest) bool {
	i, ok := t.old.index(path)
	if !ok || !t.good[i] || t.old.entries[i].Digest != d {
		return false
	}
	t.kept[i].Store(true)
	return true
}

// Put makes data, whose digest is d, the file at path, unless it is there
// already. data may be used again when Put returns.
func (t *Tx) Put(path string, d source.Digest, data []byte) error {
	if t.Has(path, d) {
		return nil
	}
	return t.stage(path, func(w disk, name string) (Entry, error) {
		return Entry{path, d, int64(len(data))}, w.write(name, data)
	})
}

// Copy makes what r gives, whose digest should be d, the file at path, unless it
// is there already. If r gives something else, because a file was changed since
// it was listed, that is what is written and recorded.
func (t *Tx) Copy(path string, d source.Digest, r io.Reader) error {
	if t.Has(path, d) {
		return nil
	}
	return t.stage(path, func(w disk, name string) (Entry, error) {
		sum, size, err := w.copy(name, r)
		return Entry{path, sum, size}, err
	})
}

// stage has write put a file into the stage.
func (t *Tx) stage(path string, write func(w disk, name string) (Entry, error)) error {
	if err := checkName(path); err != nil {
		return err
	}
	if err := t.ctx.Err(); err != nil {
		return err
	}
	tr, err := t.open()
	if err != nil {
		return t.s.failed(err)
	}
	w, name, from := tr.disk, path, path
	if t.way == byFile {
		name = strconv.FormatInt(t.next.Add(1), 10)
		from = name
	} else if w, name, err = tr.at(path); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w %q: a folder on its way is another output, or differs from one only by case", ErrName, path)
	}
	var e Entry
	if err == nil {
		e, err = write(w, name)
	}
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w %q: two outputs have it, or differ only by case, or one is a folder of the other", ErrName, path)
	}
	if err != nil {
		return t.s.failed(err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.staged = append(t.staged, staged{e, from})
	return nil
}

// Abort drops what was staged. The destination stays as it was.
func (t *Tx) Abort() {
	if t.done {
		return
	}
	t.done = true
	t.closeStage()
	t.clear()
	t.s.close()
}

// closeStage closes the stage: some systems neither move nor remove an open
// folder.
func (t *Tx) closeStage() {
	if t.tree != nil {
		t.tree.close()
		t.tree = nil
	}
}

// clear removes the stage.
func (t *Tx) clear() {
	switch t.way {
	case byRename, byExchange:
		t.s.parent.removeAll(t.s.aside())
	default:
		if _, err := t.s.root.root.Lstat(stageName); err == nil {
			t.s.root.removeAll(stageName)
		}
	}
}

// Commit puts the new site in place. After an error the old site is whole, or,
// if the journal was already written, the next Begin or Recover completes the
// new one.
func (t *Tx) Commit() (Result, error) {
	if t.done {
		return Result{}, errors.New("the commit is over")
	}
	t.done = true
	defer t.s.close()
	r, decided, err := t.commit()
	t.closeStage()
	if err != nil {
		if !decided {
			t.clear()
		}
		if errors.Is(err, ErrName) {
			return Result{}, err
		}
		return Result{}, t.s.failed(err)
	}
	return r, nil
}

// commit reports in decided whether the new site will be completed in any case.
func (t *Tx) commit() (r Result, decided bool, err error) {
	if err := t.ctx.Err(); err != nil {
		return r, false, err
	}
	slices.SortFunc(t.staged, func(a, b staged) int { return strings.Compare(a.Path, b.Path) })
	m, stale, err := t.difference()
	if err != nil {
		return r, false, err
	}
	r = Result{Written: len(t.staged), Unchanged: len(m.entries) - len(t.staged), Removed: len(stale)}
	for i := range t.staged {
		r.Bytes += t.staged[i].Size
	}
	if t.old != nil && t.way == byFile && len(t.staged) == 0 && len(stale) == 0 {
		if t.touched != 0 {
			// Files newer than the manifest were read and found
			// right. Without this they would be read every time.
			err = t.s.root.chtimes(manifestName, time.Unix(0, t.touched))
		}
		return r, true, err
	}
	switch t.way {
	case byRename, byExchange:
		decided, err = t.commitAside(m, stale)
	default:
		decided, err = t.commitInside(m, stale)
	}
	return r, decided, err
}

// commitAside puts the stage beside the destination in its place.
func (t *Tx) commitAside(m *Manifest, stale []Entry) (decided bool, err error) {
	tr, err := t.open()
	if err != nil {
		return false, err
	}
	if err := tr.write(manifestName, m.encode()); err != nil {
		return false, err
	}
	s := t.s
	if t.way == byRename {
		t.closeStage()
		return false, s.parent.rename(s.aside(), s.base)
	}
	info, err := s.root.root.Stat(".")
	if err != nil {
		return false, err
	}
	if err := tr.chmod(".", info.Mode().Perm()|info.Mode()&fs.ModeSetgid); err != nil {
		return false, err
	}
	err = s.parent.exchange(s.aside(), s.base)
	if errors.Is(err, errors.ErrUnsupported) {
		// The whole stage moves into the destination and is put in place
		// from there.
		if err := tr.rename(manifestName, stagedManifest); err != nil {
			return false, err
		}
		t.closeStage()
		if err := s.parent.rename(s.aside(), s.base+"/"+stageName); err != nil {
			return false, err
		}
		t.way = byFile
		return t.putInPlace(stale)
	}
	if err != nil {
		return false, err
	}
	// What is aside now is the old site. If it stays, the next run clears it.
	t.closeStage()
	s.parent.removeAll(s.aside())
	return true, nil
}

// commitInside puts the files of the stage inside the destination in place.
func (t *Tx) commitInside(m *Manifest, stale []Entry) (decided bool, err error) {
	tr, err := t.open()
	if err != nil {
		return false, err
	}
	if err := tr.write(stagedManifest, m.encode()); err != nil {
		return false, err
	}
	return t.putInPlace(stale)
}

// putInPlace writes the journal and does what it says.
func (t *Tx) putInPlace(stale []Entry) (decided bool, err error) {
	s := t.s
	t.closeStage()
	j, err := t.arrange(stale)
	if err != nil {
		return false, err
	}
	if err := t.ctx.Err(); err != nil {
		return false, err
	}
	if err := s.root.writeSync(stageName+"/"+draftJournal, j.encode()); err != nil {
		return false, err
	}
	// With this the new site is decided.
	if err := s.root.rename(stageName+"/"+draftJournal, stageName+"/"+journalName); err != nil {
		return false, err
	}
	return true, s.apply(t.old, false)
}

// difference returns the manifest of the new site and what of the old one is
// not in it. It refuses doubled and clashing paths.
func (t *Tx) difference() (m *Manifest, stale []Entry, err error) {
	m = &Manifest{entries: make([]Entry, 0, len(t.kept)+len(t.staged))}
	fresh := t.old == nil
	i := 0
	old := func(until string, all bool) {
		for ; t.old != nil && i < len(t.old.entries) && (all || t.old.entries[i].Path < until); i++ {
			if t.kept[i].Load() {
				m.entries = append(m.entries, t.old.entries[i])
			} else {
				stale = append(stale, t.old.entries[i])
			}
		}
	}
	for n := range t.staged {
		e := t.staged[n].Entry
		if n > 0 && t.staged[n-1].Path == e.Path {
			return nil, nil, fmt.Errorf("%w %q: two outputs have it", ErrName, e.Path)
		}
		old(e.Path, false)
		if t.old != nil && i < len(t.old.entries) && t.old.entries[i].Path == e.Path {
			i++
		} else {
			fresh = true
		}
		m.entries = append(m.entries, e)
	}
	old("", true)
	if fresh {
		// Without a new path there is no clash that was not there before.
		err = clash(m.entries)
	}
	return m, stale, err
}
