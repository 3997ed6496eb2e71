package publish

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// local is a folder of this machine.
type local struct {
	root      *os.Root
	file, dir fs.FileMode
}

func openLocal(name string, file, dir fs.FileMode) (*local, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return &local{root, file, dir}, nil
}

func (l *local) create(name string, r io.Reader) error {
	f, err := l.root.OpenFile(filepath.FromSlash(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, l.file)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	err = errors.Join(err, f.Chmod(l.file), f.Close()) // whatever the umask
	if err != nil {
		_ = l.root.Remove(name)
	}
	return err
}

func (l *local) open(name string) (io.ReadCloser, error) { return l.root.Open(name) }

func (l *local) link(old, now string) error {
	err := l.root.Link(old, now)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.EMLINK) {
		return errNoLinks
	}
	return err
}

func (l *local) symlink(to, name string) error        { return l.root.Symlink(to, name) }
func (l *local) readlink(name string) (string, error) { return l.root.Readlink(name) }
func (l *local) rename(old, now string) error         { return l.root.Rename(old, now) }

func (l *local) remove(name string) error {
	err := l.root.Remove(name)
	if errors.Is(err, syscall.ENOTDIR) {
		err = &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist} // below what is a file
	}
	return err
}

func (l *local) mkdir(name string) error {
	if err := l.root.Mkdir(name, l.dir); err != nil {
		return err
	}
	return l.root.Chmod(name, l.dir)
}

func (l *local) list(name string) ([]item, error) {
	f, err := l.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	found, err := f.ReadDir(-1)
	out := make([]item, 0, len(found))
	for _, e := range found {
		info, e2 := e.Info()
		if errors.Is(e2, fs.ErrNotExist) {
			continue
		}
		if e2 != nil {
			return nil, e2
		}
		out = append(out, itemOf(info))
	}
	return out, err
}

func (l *local) stat(name string) (item, error) {
	info, err := l.root.Lstat(name)
	if errors.Is(err, syscall.ENOTDIR) {
		err = &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist} // below what is a file
	}
	if err != nil {
		return item{}, err
	}
	return itemOf(info), nil
}

func itemOf(info fs.FileInfo) item {
	return item{info.Name(), info.Size(), info.IsDir(), info.Mode()&fs.ModeSymlink != 0}
}

func (l *local) workers() int { return runtime.GOMAXPROCS(0) }
func (l *local) Close() error { return l.root.Close() }
