package serve

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// watcher wakes the loop when something below the watched folders moves. It
// does not say what: the scan finds that. Where the system cannot tell (its
// limit of watches is reached, or it was asked not to), it wakes every second,
// and the scan finds nothing if nothing moved.
type watcher struct {
	dirs []string
	poll bool
	log  func(string)
	wake chan struct{}
	fs   *fsnotify.Watcher
	set  map[string]bool // folders with a watch
}

const pollEvery = time.Second

func newWatcher(dirs []string, poll bool, log func(string)) *watcher {
	w := &watcher{dirs: dirs, poll: poll, log: log, wake: make(chan struct{}, 1), set: map[string]bool{}}
	if !poll {
		f, err := fsnotify.NewWatcher()
		if err != nil {
			w.fall(err)
		} else {
			w.fs = f
		}
	}
	return w
}

func (w *watcher) close() {
	if w.fs != nil {
		w.fs.Close()
	}
}

// fall goes over to polling and says why.
func (w *watcher) fall(err error) {
	w.poll = true
	why := err.Error()
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EMFILE) {
		why = "the system's limit of watches is reached (on Linux: fs.inotify.max_user_watches)"
	}
	w.log("looking for changes every second: " + why)
}

func (w *watcher) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// wait returns true when something moved and then was quiet for a moment, false
// when ctx is done.
func (w *watcher) wait(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-w.wake:
	}
	last := time.NewTimer(settleMax)
	defer last.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-w.wake:
		case <-last.C:
			return true
		case <-time.After(settle):
			return true
		}
	}
}

// run passes events on until ctx is done.
func (w *watcher) run(ctx context.Context) {
	if !w.poll {
		for _, d := range w.dirs {
			if err := w.add(d); err != nil {
				w.fall(err)
				break
			}
		}
	}
	if w.poll {
		w.close()
		w.fs = nil
		t := time.NewTicker(pollEvery)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				w.poke()
			}
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-w.fs.Events:
			if !ok {
				return
			}
			if e.Op == fsnotify.Chmod || quiet(e.Name) {
				continue
			}
			if e.Has(fsnotify.Create) {
				if i, err := os.Stat(e.Name); err == nil && i.IsDir() {
					if err := w.add(e.Name); err != nil {
						w.fall(err)
						w.run(ctx) // polls from here on
						return
					}
				}
			}
			if e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename) {
				delete(w.set, e.Name)
			}
			w.poke()
		case err, ok := <-w.fs.Errors:
			if !ok {
				return
			}
			if errors.Is(err, fsnotify.ErrEventOverflow) {
				// Events were lost, so folders may be unwatched: look at all.
				for _, d := range w.dirs {
					if err := w.add(d); err != nil {
						w.fall(err)
						w.run(ctx)
						return
					}
				}
				w.poke()
			}
		}
	}
}

// add watches a folder and all below it; what is in a new folder may have been
// there before its watch, but the scan that follows sees it.
func (w *watcher) add(root string) error {
	return filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // gone meanwhile, or not ours to read: the scan will say so
		}
		if !d.IsDir() {
			return nil
		}
		if p != root && (quiet(p) || skipped(d.Name())) {
			return filepath.SkipDir
		}
		if err := w.fs.Add(p); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		w.set[p] = true
		return nil
	})
}

// skipped names folders that are never content and may be large.
func skipped(name string) bool { return name == "public" || name == "node_modules" }

// quiet tells whether a name is one that no scan lists: hidden ones, such as
// .git, and editors' swap files.
func quiet(p string) bool {
	b := filepath.Base(p)
	return strings.HasPrefix(b, ".") && b != "." && b != ".." || strings.HasSuffix(b, "~") || b == "4913" || strings.HasSuffix(b, ".swp")
}
