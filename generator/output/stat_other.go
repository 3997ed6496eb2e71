//go:build !unix || aix

package output

import "os"

const openNofollow = 0

// statter stats paths below a folder. The last part of a path is not followed.
type statter struct{ root *os.Root }

func newStatter(root *os.Root) (statter, error) { return statter{root}, nil }

func (s statter) close() {}

func (s statter) stat(path string) (kind int, size, mtime int64) {
	info, err := s.root.Lstat(path)
	switch {
	case err != nil:
		return statNone, 0, 0
	case info.Mode().IsRegular():
		return statFile, info.Size(), info.ModTime().UnixNano()
	case info.IsDir():
		return statFolder, 0, 0
	}
	return statOther, 0, 0
}

// alive reports whether a process with the number pid runs.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	p.Release()
	return true
}
