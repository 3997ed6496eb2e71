package serve

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// watcher wakes the loop when something that a build reads may have moved. What
// it names is for people only: the scan finds what changed.
//
// Folders are watched, never files, since editors save by renaming. Whenever a
// folder comes, goes or moves, or events were lost, all watches are made anew
// before the next scan: that is a few milliseconds, and no stale watch is left
// to reason about. Where the system cannot tell (its limit is reached, or it
// was asked not to), the files are looked at every so often instead.
type watcher struct {
	ask   func() roots // what to watch, asked again for each renewal
	log   func(string)
	every time.Duration // between looks, when polling

	// How the system is asked; tests put its failures here.
	open func() (*fsnotify.Watcher, error)
	add  func(f *fsnotify.Watcher, dir string) error

	wake  chan struct{}
	count atomic.Int64 // events so far
	stale atomic.Bool  // the watches no longer fit the folders

	mu    sync.Mutex
	names map[string]bool // what moved since the last build, for people

	fs   *fsnotify.Watcher
	poll bool
}

// roots is what a site is read from.
type roots struct {
	dir   string   // the site's folder
	file  string   // its configuration
	trees []string // folders that are read with all that is in them
	skip  string   // the output folder
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
	return &watcher{ask: ask, poll: poll, log: log, every: pollEvery, open: fsnotify.NewWatcher, add: (*fsnotify.Watcher).Add,
		wake: make(chan struct{}, 1), names: map[string]bool{}}
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
// what moved as far as that is known; false when ctx is done. The watches are
// then such that whatever moves from now on wakes it again.
func (w *watcher) wait(ctx context.Context) ([]string, bool) {
	select {
	case <-ctx.Done():
		return nil, false
	case <-w.wake:
	}
	begin := w.count.Load()
	last := time.NewTimer(settleMax)
	defer last.Stop()
	for quiet := false; !quiet; {
		settle := settleOne
		if w.count.Load()-begin > many {
			settle = settleMany
		}
		select {
		case <-ctx.Done():
			return nil, false
		case <-w.wake:
		case <-last.C:
			quiet = true
		case <-time.After(settle):
			quiet = true
		}
	}
	if w.stale.Swap(false) && !w.poll {
		w.renew(ctx)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	names := slices.Sorted(maps.Keys(w.names))
	clear(w.names)
	return names, true
}

// poke wakes the loop because of a file.
func (w *watcher) poke(name string) {
	w.count.Add(1)
	if name != "" {
		w.mu.Lock()
		w.names[name] = true
		w.mu.Unlock()
	}
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
	set := folders(r)
	for _, dir := range slices.Sorted(maps.Keys(set)) {
		switch err := w.add(f, dir); {
		case err == nil, errors.Is(err, fs.ErrPermission):
		case errors.Is(err, fs.ErrNotExist):
			// Gone since it was listed. Of most folders the one above tells
			// more; the site's own has none that is watched.
			if dir == r.dir {
				time.AfterFunc(w.every, func() { w.stale.Store(true); w.poke("") })
			}
		default:
			w.fall(ctx, err)
			return
		}
	}
	go w.listen(f, r, set)
}

// listen passes on what the system tells, until f is closed. It only reads set.
func (w *watcher) listen(f *fsnotify.Watcher, r roots, set map[string]bool) {
	for {
		select {
		case e, ok := <-f.Events:
			if !ok {
				return
			}
			if e.Op == fsnotify.Chmod {
				continue
			}
			deep, known := set[filepath.Dir(e.Name)]
			if known && !deep && !r.onWay(e.Name) || quiet(e.Name) && !set[e.Name] {
				continue
			}
			_, folder := set[e.Name]
			if !folder && e.Has(fsnotify.Create) {
				// A link may lead to a folder, or to a file in a folder that
				// nothing else leads to.
				i, err := os.Lstat(e.Name)
				folder = err == nil && (i.IsDir() || i.Mode()&fs.ModeSymlink != 0)
			}
			if folder || !deep {
				w.stale.Store(true)
			}
			w.poke(e.Name)
		case err, ok := <-f.Errors:
			if !ok {
				return
			}
			if errors.Is(err, fsnotify.ErrEventOverflow) {
				w.stale.Store(true)
				w.poke("")
			} else {
				w.log("watching: " + err.Error())
			}
		}
	}
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
					w.poke(p)
				}
			}
			for p := range seen {
				if _, ok := now[p]; !ok {
					w.poke(p)
				}
			}
			seen = now
		}
	}()
}

// onWay tells whether a path is the configuration, or a folder that is watched
// or leads to one.
func (r roots) onWay(name string) bool {
	if name == r.file || name == r.dir {
		return true
	}
	for _, t := range r.trees {
		if name == t || strings.HasPrefix(t, name+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

// folders lists what to watch: true for folders whose every file counts, false
// for those that are watched only because something on the way lies in them.
func folders(r roots) map[string]bool {
	set := map[string]bool{r.dir: false, filepath.Dir(r.file): false}
	if real, err := filepath.EvalSymlinks(r.file); err == nil && real != r.file {
		set[filepath.Dir(real)] = true // the file behind a link has any name
	}
	for _, t := range r.trees {
		for d := filepath.Dir(t); len(d) >= len(r.dir) && d != r.dir && d != filepath.Dir(d); d = filepath.Dir(d) {
			set[d] = false
		}
	}
	r.walk(func(dir string) { set[dir] = true }, nil)
	return set
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
	r.walk(func(string) {}, note)
	return seen
}

// walk calls dir for each folder of the trees, and file, if it is not nil, for
// each other name in them. Links are followed as the scan follows them: where
// they stay in their tree. A link to a file makes the folder of that file one
// of the folders.
func (r roots) walk(dir func(string), file func(string)) {
	skip, _ := filepath.EvalSymlinks(r.skip)
	for _, root := range r.trees {
		top, err := filepath.EvalSymlinks(root)
		if err != nil {
			continue // not there: the folder above tells when it comes
		}
		been := map[string]bool{}
		var enter func(path, real string)
		enter = func(path, real string) {
			if been[real] || real == skip {
				return
			}
			been[real] = true
			dir(path)
			list, err := os.ReadDir(path)
			if err != nil {
				return // gone, or not ours to read: the scan will say so
			}
			for _, e := range list {
				p := filepath.Join(path, e.Name())
				switch {
				case quiet(p):
				case e.IsDir():
					enter(p, filepath.Join(real, e.Name()))
				case e.Type()&fs.ModeSymlink != 0:
					to, err := filepath.EvalSymlinks(p)
					if err != nil || to != top && !strings.HasPrefix(to, top+string(filepath.Separator)) {
						continue
					}
					if i, err := os.Stat(to); err == nil && i.IsDir() {
						enter(p, to)
						continue
					}
					if d := filepath.Dir(to); !been[d] {
						dir(d)
					}
					if file != nil {
						file(p)
					}
				case file != nil:
					file(p)
				}
			}
		}
		enter(root, top)
	}
}

// quiet tells whether a name is one that no scan lists: hidden ones, such as
// .git, and what editors leave beside a file.
func quiet(p string) bool {
	b := filepath.Base(p)
	switch {
	case b == "." || b == "..":
		return false
	case strings.HasPrefix(b, "."), strings.HasPrefix(b, "#") && strings.HasSuffix(b, "#"), b == "4913", b == "Thumbs.db":
		return true
	}
	return strings.HasSuffix(b, "~") || strings.HasSuffix(b, ".swp") || strings.HasSuffix(b, ".bak") || strings.HasSuffix(b, ".orig")
}
