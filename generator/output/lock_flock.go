//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package output

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// lockFolder locks the folder at path itself, so that no file is left behind
// and the lock goes with the process. name is what else to lock by where the
// file system does not lock folders.
func lockFolder(root *os.Root, path, name string) (unlock func(), err error) {
	f, err := root.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errMoved
	}
	if err != nil {
		return nil, err
	}
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err != unix.EINTR {
			break
		}
	}
	switch err {
	case nil:
	case unix.EWOULDBLOCK:
		f.Close()
		return nil, ErrLocked
	case unix.EBADF, unix.EINVAL, unix.ENOLCK, unix.ENOSYS, unix.EOPNOTSUPP:
		f.Close() // a network file system
		return lockByFile(root, path, name)
	default:
		f.Close()
		return nil, fmt.Errorf("lock: %w", err)
	}
	// The folder may have been replaced while its lock was waited for.
	a, errA := f.Stat()
	b, errB := root.Lstat(path)
	if errA != nil || errB != nil || !os.SameFile(a, b) {
		f.Close()
		return nil, errMoved
	}
	return func() { f.Close() }, nil
}
