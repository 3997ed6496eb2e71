//go:build !unix || aix

package source

import (
	"errors"
	"io/fs"
	"os"
)

const openNonblock = 0

// list calls each for every entry of the open folder, in no order, with what
// lstat says.
func list(dir *os.File, each func(name string, st stat)) error {
	entries, err := dir.ReadDir(-1)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // gone since it was listed
		}
		if err != nil {
			return err
		}
		each(e.Name(), statOf(info))
	}
	return nil
}

func inode(fs.FileInfo) uint64 { return 0 }
