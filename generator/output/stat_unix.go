//go:build unix && !aix

package output

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

const openNofollow = unix.O_NOFOLLOW | unix.O_NONBLOCK

// statter stats paths below a folder. The last part of a path is not followed;
// a caller that wants no link on the way looks at the folders first.
type statter struct{ dir *os.File }

func newStatter(root *os.Root) (statter, error) {
	dir, err := root.Open(".")
	return statter{dir}, err
}

func (s statter) close() { s.dir.Close() }

func (s statter) stat(path string) (kind int, size, mtime int64) {
	var st unix.Stat_t
	for {
		err := unix.Fstatat(int(s.dir.Fd()), path, &st, unix.AT_SYMLINK_NOFOLLOW)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return statNone, 0, 0
		}
		break
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return statFile, st.Size, st.Mtim.Nano()
	case unix.S_IFDIR:
		return statFolder, 0, 0
	}
	return statOther, 0, 0
}

// alive reports whether a process with the number pid runs.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || err == syscall.EPERM
}
