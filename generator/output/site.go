package output

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// site is a destination that is open and locked.
type site struct {
	o      Options
	dest   string // as the user gave it, for messages
	base   string // the folder's name in parent
	parent disk
	root   disk // the destination; the root is nil while it does not exist
	exists bool
	locks  []func()
}

// open resolves dest, locks it and opens it. If it does not exist and create is
// set, open makes and locks the folder beside it in which it is to be built.
func open(dest string, o Options, create bool) (*site, error) {
	abs, err := filepath.Abs(dest)
	if err != nil {
		return nil, err
	}
	// The destination itself may be a link, whoever makes it means it.
	// Nothing below it is followed.
	if info, err := os.Lstat(abs); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if abs, err = filepath.EvalSymlinks(abs); err != nil {
			return nil, fmt.Errorf("destination %s: %w", dest, plain(err))
		}
	}
	base := filepath.Base(abs)
	if filepath.Dir(abs) == abs {
		return nil, fmt.Errorf("destination %s: %w: it is the root of the file system", dest, ErrForeign)
	}
	if !create {
		if _, err := os.Lstat(filepath.Dir(abs)); err != nil {
			return nil, fmt.Errorf("destination %s: %w", dest, plain(err))
		}
	} else if err := os.MkdirAll(filepath.Dir(abs), 0o755); err != nil {
		return nil, fmt.Errorf("destination %s: %w", dest, plain(err))
	}
	root, err := os.OpenRoot(filepath.Dir(abs))
	if err != nil {
		return nil, fmt.Errorf("destination %s: %w", dest, plain(err))
	}
	s := &site{o: o, dest: dest, base: base, parent: disk{root, o.fault}}
	// Between looking and locking, another build may bring the destination
	// into being; then the lock was on the wrong folder.
	for range 10 {
		if err = s.lock(create); err == nil || !errors.Is(err, errMoved) {
			break
		}
	}
	if err != nil {
		s.close()
		return nil, fmt.Errorf("destination %s: %w", dest, plain(err))
	}
	return s, nil
}

// errMoved says that what was locked is not what lies at its path any more.
var errMoved = errors.New("the folder was replaced")

// aside is the name of the folder beside the destination in which a whole site
// is built.
func (s *site) aside() string { return "." + s.base + stageName }

func (s *site) lock(create bool) error {
	info, err := s.parent.root.Lstat(s.base)
	switch {
	case err == nil && !info.IsDir():
		return fmt.Errorf("%w: it is not a folder", ErrForeign)
	case err == nil:
		unlock, err := lockFolder(s.parent.root, s.base, s.base)
		if err != nil {
			return err
		}
		s.locks = append(s.locks, unlock)
		root, err := s.parent.root.OpenRoot(s.base)
		if err != nil {
			return err
		}
		s.root, s.exists = disk{root, s.o.fault}, true
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case !create:
		return nil
	}
	return s.lockAside(s.base)
}

// lockAside makes and locks the folder beside the destination. One that is
// there and not locked was left by a build that died. It returns errMoved when
// another build is in the midst of the same.
func (s *site) lockAside(lock string) error {
	name := s.aside()
	switch info, err := s.parent.root.Lstat(name); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%w: %q is in the way", ErrForeign, name)
	default:
		unlock, err := lockFolder(s.parent.root, name, lock)
		if err != nil {
			return err
		}
		err = s.parent.removeAll(name)
		unlock()
		if err != nil {
			return err
		}
	}
	if err := s.parent.mkdir(name); errors.Is(err, fs.ErrExist) {
		return errMoved
	} else if err != nil {
		return err
	}
	unlock, err := lockFolder(s.parent.root, name, lock)
	if err != nil {
		return err
	}
	if _, err := s.parent.root.Lstat(s.base); err == nil && !s.exists {
		s.parent.removeAll(name)
		unlock()
		return errMoved
	}
	s.locks = append(s.locks, unlock)
	return nil
}

func (s *site) close() {
	if s.root.root != nil {
		s.root.root.Close()
	}
	for _, unlock := range s.locks {
		unlock()
	}
	s.parent.root.Close()
}

// clearAside removes what a first build that died left beside the destination.
func (s *site) clearAside() error {
	name := s.aside()
	info, err := s.parent.root.Lstat(name)
	if err != nil || !info.IsDir() {
		return nil
	}
	unlock, err := lockFolder(s.parent.root, name, s.base+"-aside")
	if err != nil {
		return nil // a build is at work there, which will find that it came too late
	}
	defer unlock()
	return s.parent.removeAll(name)
}

// vacant returns an error unless the destination, which has no manifest, holds
// nothing that speaks against building there.
func (s *site) vacant() error {
	entries, err := s.root.list(".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch e.Name() {
		case ".git", ".gitkeep", ".gitignore", ".DS_Store":
			// A worktree to be committed, or a file manager's visit.
		default:
			return fmt.Errorf("%w: there is no manifest in it, but %q; name an empty folder", ErrForeign, e.Name())
		}
	}
	return nil
}

// failed tells of which destination err speaks.
func (s *site) failed(err error) error {
	return fmt.Errorf("destination %s: %w", s.dest, plain(err))
}

// onlyOurs reports whether all files below dir are named in old.
func (s *site) onlyOurs(dir string, old *Manifest) bool {
	entries, err := s.root.list(dir)
	if err != nil {
		return false
	}
	for _, e := range entries {
		p := e.Name()
		if dir != "." {
			p = dir + "/" + p
		}
		if e.IsDir() {
			if !s.onlyOurs(p, old) {
				return false
			}
		} else if _, ok := old.Lookup(p); p != manifestName && (!ok || !e.Type().IsRegular()) {
			return false
		}
	}
	return true
}

// plain drops the path of this machine from an error of the file system; the
// message already names the destination.
func plain(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) && error(pe) == err {
		return fmt.Errorf("%s %s: %w", pe.Op, filepath.ToSlash(pe.Path), pe.Err)
	}
	return err
}
