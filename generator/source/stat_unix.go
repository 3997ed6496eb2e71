//go:build unix && !aix

package source

import (
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// openNonblock keeps opening a pipe from waiting for a writer.
const openNonblock = unix.O_NONBLOCK

// list calls each for every entry of the open folder, in no order, with what
// lstat says. It asks relative to the folder, so that nothing can be slipped
// in between, and makes no garbage but the names.
func list(dir *os.File, each func(name string, st stat)) error {
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	fd := int(dir.Fd())
	var s unix.Stat_t
	for _, name := range names {
		for {
			err = unix.Fstatat(fd, name, &s, unix.AT_SYMLINK_NOFOLLOW)
			if err != unix.EINTR {
				break
			}
		}
		if err == unix.ENOENT {
			continue // gone since it was listed
		}
		if err != nil {
			return err
		}
		st := stat{size: s.Size, mtime: s.Mtim.Nano(), change: s.Ctim.Nano(), inode: uint64(s.Ino)}
		switch s.Mode & unix.S_IFMT {
		case unix.S_IFREG:
			st.kind = kindFile
		case unix.S_IFDIR:
			st.kind = kindFolder
		case unix.S_IFLNK:
			st.kind = kindLink
		}
		each(name, st)
	}
	return nil
}

func inode(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Ino)
	}
	return 0
}
