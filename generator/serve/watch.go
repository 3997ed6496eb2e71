package serve

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"

	"playbook/generator/source"
)

// watcher wakes the loop when something that a build reads may have moved, and
// says where. It says what changed to people only: that, the scan finds.
//
// Folders are watched, never files, since editors save by renaming. Whenever a
// folder comes, goes or moves, or events were lost, all watches are made anew
// before the next scan, which then looks everywhere: that is a few milliseconds,
// and no stale watch is left to reason about. Where the system cannot tell (its
// limit is reached, or it was asked not to), the files are looked at every so
// often instead.
type watcher struct {
	ask   func() roots // what to watch, asked again for each renewal
	log   func(string)
	every time.Duration // between looks, when polling

	// How the system is asked; tests put its failures here.
	open func() (*fsnotify.Watcher, error)
	add  func(f *fsnotify.Watcher, dir string) error
	told func(err error) // is given what the system complains of

	wake  chan struct{}
	count atomic.Int64 // events so far
	upset atomic.Bool  // the last build found errors: a right that is given back may mend them

	mu    sync.Mutex
	names map[string]bool // what moved since the last wait
	stale bool            // the watches no longer fit the folders, or events were lost

	fs   *fsnotify.Watcher
	poll bool
}

// moved is what happened since the wait before.
type moved struct {
	names []string // files and folders, sorted; as far as that is known
	known bool     // that is all: nothing else has changed
}

// within returns where to look for changes, nil for everywhere. Many names are
// not looked for one by one but in the folders they lie in.
func (m moved) within() []string {
	switch {
	case !m.known:
		return nil
	case len(m.names) <= 4:
		return slices.Concat([]string{}, m.names) // not nil: if it is empty there is nothing to look for
	}
	out := []string{}
	for _, n := range m.names {
		if d := filepath.Dir(n); len(out) == 0 || out[len(out)-1] != d {
			out = append(out, d)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// roots is what a site is read from.
type roots struct {
	dir   string // the site's folder
	file  string // its configuration
	real  string // where that lies if it is a link, else the same
	trees []tree // folders that are read with all that is in them
	skip  string // the output folder
}

// tree is a folder that a build scans.
type tree struct {
	dir    string
	leaves func(path string, folder bool) bool // whether the scan leaves out a path relative to dir
}

// spot is a folder that is watched, and what of it counts.
type spot struct {
	tree  *tree  // nil: only what a root is, or what leads to one
	path  string // relative to the tree
	loose bool   // only links lead here, so that every name counts that is not hidden
}

// hides tells whether a name in any folder is left out of every scan.
var hides = source.Options{KeepUnderscore: true}.Filter()

// leaves tells whether no scan lists a name in the folder.
func (s spot) leaves(name string, folder bool) bool {
	if s.loose {
		return hides(name, folder)
	}
	return s.tree.leaves(path.Join(s.path, name), folder)
}

// stamp tells one state of a file from the next.
type stamp struct {
	size int64
	time int64
	mode fs.FileMode
}

const (
	pollEvery = time.Second

	// A build is quicker than a person, so it begins as soon as a save is
	// over; where many files move, it waits for the end of it.
	settleOne  = 8 * time.Millisecond
	settleMany = 40 * time.Millisecond
	settleMax  = 400 * time.Millisecond
	many       = 12 // events
)

func newWatcher(ask func() roots, poll bool, log func(string)) *watcher {
	w := &watcher{ask: ask, poll: poll, log: log, every: pollEvery, open: fsnotify.NewWatcher, add: (*fsnotify.Watcher).Add,
		wake: make(chan struct{}, 1), names: map[string]bool{}}
	w.told = func(err error) {
		if !errors.Is(err, fsnotify.ErrEventOverflow) { // that is mended by looking
			log("watching: " + err.Error())
		}
	}
	return w
}

// start watches. It must come before the first scan, or what moves between the
// two is lost.
func (w *watcher) start(ctx context.Context) {
	if !w.poll {
		w.renew(ctx)
		return
	}
	w.startPolling(ctx)
}

func (w *watcher) close() {
	if w.fs != nil {
		w.fs.Close()
	}
}

// wait returns true when something moved and then was quiet for a moment, with
// what moved; false when ctx is done. The watches are then such that whatever
// moves from now on wakes it again.
func (w *watcher) wait(ctx context.Context) (moved, bool) {
	for {
		select {
		case <-ctx.Done():
			return moved{}, false
		case <-w.wake:
		}
		begin := w.count.Load()
		last := time.NewTimer(settleMax)
		for quiet := false; !quiet; {
			settle := settleOne
			if w.count.Load()-begin > many {
				settle = settleMany
			}
			select {
			case <-ctx.Done():
				last.Stop()
				return moved{}, false
			case <-w.wake:
			case <-last.C:
				quiet = true
			case <-time.After(settle):
				quiet = true
			}
		}
		last.Stop()
		w.mu.Lock()
		m, stale := moved{slices.Sorted(maps.Keys(w.names)), !w.stale && !w.poll}, w.stale
		clear(w.names)
		w.stale = false
		w.mu.Unlock()
		if stale && !w.poll {
			w.renew(ctx)
		}
		if stale || len(m.names) > 0 { // else it is what woke the wait before
			return m, true
		}
	}
}

// poke wakes the loop because of a file; stale: because of one after which the
// watches must be made anew.
func (w *watcher) poke(name string, stale bool) {
	w.count.Add(1)
	w.mu.Lock()
	if name != "" {
		w.names[name] = true
	}
	w.stale = w.stale || stale
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// fall goes over to polling and says why.
func (w *watcher) fall(ctx context.Context, err error) {
	why := err.Error()
	switch {
	case errors.Is(err, syscall.ENOSPC):
		why = "the system's limit of watched folders is reached (on Linux: fs.inotify.max_user_watches)"
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		why = "the system's limit of watchers or open files is reached (on Linux: fs.inotify.max_user_instances)"
	}
	w.log("looking for changes every second: " + why)
	w.close()
	w.fs, w.poll = nil, true
	w.startPolling(ctx)
}

// renew makes all watches anew.
func (w *watcher) renew(ctx context.Context) {
	w.close()
	f, err := w.open()
	w.fs = f
	if err != nil {
		w.fs = nil
		w.fall(ctx, err)
		return
	}
	r := w.ask()
	set, left := folders(r)
	for _, dir := range slices.Sorted(maps.Keys(set)) {
		switch err := w.add(f, dir); {
		case err == nil, errors.Is(err, fs.ErrPermission):
		case errors.Is(err, fs.ErrNotExist):
			// Gone since it was listed. Of most folders the one above tells
			// more; the site's own has none that is watched.
			if dir == r.dir {
				time.AfterFunc(w.every, func() { w.poke("", true) })
			}
		default:
			w.fall(ctx, err)
			return
		}
	}
	go w.listen(f, r, set, left)
}

// listen passes on what the system tells, until f is closed. It only reads set;
// left, folders that no scan enters, is its own.
func (w *watcher) listen(f *fsnotify.Watcher, r roots, set map[string]spot, left map[string]bool) {
	for {
		select {
		case e, ok := <-f.Events:
			if !ok {
				return
			}
			if counts, stale := w.judge(e, r, set, left); counts {
				w.poke(e.Name, stale)
			}
		case err, ok := <-f.Errors:
			if !ok {
				return
			}
			w.told(err)
			w.poke("", true) // events were lost
		}
	}
}

// judge tells whether an event is about something that a build reads, and
// whether the watches must be made anew after it.
func (w *watcher) judge(e fsnotify.Event, r roots, set map[string]spot, left map[string]bool) (counts, stale bool) {
	if e.Op == fsnotify.Chmod && !w.upset.Load() {
		return false, false
	}
	if r.onWay(e.Name) {
		return true, true
	}
	in, known := set[filepath.Dir(e.Name)]
	_, folder := set[e.Name]
	if folder && (in.tree != nil || in.loose || !known) {
		return true, true
	}
	if !known || in.tree == nil && !in.loose {
		return false, false
	}
	name := filepath.Base(e.Name)
	link := false
	if e.Has(fsnotify.Create) {
		// A link may lead to a folder, or to a file in a folder that nothing
		// else leads to.
		if i, err := os.Lstat(e.Name); err == nil {
			folder, link = i.IsDir(), i.Mode()&fs.ModeSymlink != 0
		}
	}
	if in.leaves(name, folder) {
		if folder {
			left[e.Name] = true
		}
		return false, false
	}
	if left[e.Name] && !e.Has(fsnotify.Create) {
		return false, false
	}
	return true, folder || link
}

// startPolling looks at all files from time to time and wakes the loop when
// one is not as it was.
func (w *watcher) startPolling(ctx context.Context) {
	seen := look(w.ask())
	go func() {
		t := time.NewTicker(w.every)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
			}
			now := look(w.ask())
			for p, s := range now {
				if old, ok := seen[p]; !ok || old != s {
					w.poke(p, false)
				}
			}
			for p := range seen {
				if _, ok := now[p]; !ok {
					w.poke(p, false)
				}
			}
			seen = now
		}
	}()
}

// onWay tells whether a path is the configuration, or a folder that is watched
// or leads to one.
func (r roots) onWay(name string) bool {
	if name == r.file || name == r.dir || name == r.real {
		return true
	}
	for _, t := range r.trees {
		if name == t.dir || strings.HasPrefix(t.dir, name+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

// folders lists what to watch, and the folders within it that no scan enters.
func folders(r roots) (set map[string]spot, left map[string]bool) {
	set, left = map[string]spot{r.dir: {}, filepath.Dir(r.file): {}, filepath.Dir(r.real): {}}, map[string]bool{}
	for _, t := range r.trees {
		for d := filepath.Dir(t.dir); len(d) >= len(r.dir) && d != r.dir && d != filepath.Dir(d); d = filepath.Dir(d) {
			set[d] = spot{}
		}
	}
	r.walk(func(dir string, s spot) {
		if set[dir].tree == nil {
			set[dir] = s
		}
	}, func(p string, folder bool) {
		if folder {
			left[p] = true
		}
	}, nil)
	return set, left
}

// look lists the state of all files.
func look(r roots) map[string]stamp {
	seen := map[string]stamp{}
	note := func(p string) {
		if i, err := os.Stat(p); err == nil && !i.IsDir() {
			seen[p] = stamp{i.Size(), i.ModTime().UnixNano(), i.Mode()}
		}
	}
	note(r.file)
	r.walk(func(string, spot) {}, func(string, bool) {}, note)
	return seen
}

// walk calls dir for each folder of the trees, left for each name in them that
// the scan leaves out, and file, if it is not nil, for each other name. Links
// are followed as the scan follows them: where they stay in their tree. A link
// to a file makes the folder of that file one of the folders.
func (r roots) walk(dir func(string, spot), left func(p string, folder bool), file func(string)) {
	skip, _ := filepath.EvalSymlinks(r.skip)
	for i := range r.trees {
		t := &r.trees[i]
		top, err := filepath.EvalSymlinks(t.dir)
		if err != nil {
			continue // not there: the folder above tells when it comes
		}
		been := map[string]bool{}
		var enter func(rel, real string)
		enter = func(rel, real string) {
			if been[real] || real == skip {
				return
			}
			been[real] = true
			at := filepath.Join(t.dir, filepath.FromSlash(rel))
			list, err := os.ReadDir(at)
			if err != nil && errors.Is(err, syscall.ENOTDIR) {
				return
			}
			dir(at, spot{tree: t, path: rel})
			for _, e := range list {
				p, below := filepath.Join(at, e.Name()), path.Join(rel, e.Name())
				switch {
				case t.leaves(below, e.IsDir()):
					left(p, e.IsDir())
				case e.IsDir():
					enter(below, filepath.Join(real, e.Name()))
				case e.Type()&fs.ModeSymlink != 0:
					to, err := filepath.EvalSymlinks(p)
					if err != nil || to != top && !strings.HasPrefix(to, top+string(filepath.Separator)) {
						continue
					}
					if i, err := os.Stat(to); err == nil && i.IsDir() {
						if !t.leaves(below, true) {
							enter(below, to)
						}
						continue
					}
					dir(t.dir+strings.TrimPrefix(filepath.Dir(to), top), spot{loose: true})
					if file != nil {
						file(p)
					}
				case file != nil:
					file(p)
				}
			}
		}
		enter("", top)
	}
}
