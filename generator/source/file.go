package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// ReadFile reads one file of the disk that belongs to no tree, such as the
// configuration. One above max bytes gives an error that wraps ErrTooLarge, one
// that is not regular is not waited for.
func ReadFile(path string, max int64) ([]byte, error) {
	f, err := openRegularFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, max+1))
	if err == nil && int64(len(b)) > max {
		err = &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("%w: more than %d bytes", ErrTooLarge, max)}
	}
	if err != nil {
		return nil, err
	}
	return b, nil
}

// IsNotExist reports whether err says that there is no such file.
func IsNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// LeadsOut reports whether a path within dir is, or passes, a link that leads out
// of dir.
func LeadsOut(dir, path string) bool {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return false
	}
	defer root.Close()
	_, err = root.Stat(path)
	return escapes(err)
}

// escapes tells whether an error says that a path leaves the os.Root that was
// asked; the system's package has no name for it.
func escapes(err error) bool { return err != nil && strings.Contains(err.Error(), "escapes") }
