package output

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// lockFile takes the lock called name in root where folders themselves cannot
// be locked: a file that holds the number of the process and the name of the
// machine. A lock whose process is gone is taken over. Numbers are used again,
// so a dead lock may look alive; the error says which file to remove.
func lockFile(root *os.Root, name string) (unlock func(), err error) {
	file := "." + name + ".playbook-lock"
	host, _ := os.Hostname()
	mine := fmt.Sprintf("%d %s\n", os.Getpid(), host)
	for range 5 {
		f, err := root.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err == nil {
			_, err = f.WriteString(mine)
			if e := f.Close(); err == nil {
				err = e
			}
			if err != nil {
				root.Remove(file)
				return nil, err
			}
			return func() { root.Remove(file) }, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		held, err := root.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		pid, at, _ := strings.Cut(strings.TrimSpace(string(held)), " ")
		n, err := strconv.Atoi(pid)
		if err != nil || at != host || alive(n) {
			return nil, fmt.Errorf("%w; if none is, remove %s beside it", ErrLocked, file)
		}
		// Only one of several that see the dead lock gets to rename it.
		// If it is not the dead one that was renamed, it is put back.
		stale := file + "." + strconv.Itoa(os.Getpid())
		if err := root.Rename(file, stale); err != nil {
			continue
		}
		if now, err := root.ReadFile(stale); err == nil && string(now) != string(held) {
			root.Rename(stale, file)
			return nil, ErrLocked
		}
		root.Remove(stale)
	}
	return nil, ErrLocked
}

// lockByFile locks the folder at path by the lock called name.
func lockByFile(root *os.Root, path, name string) (unlock func(), err error) {
	unlock, err = lockFile(root, name)
	if err != nil {
		return nil, err
	}
	if _, err := root.Lstat(path); err != nil {
		unlock()
		return nil, errMoved
	}
	return unlock, nil
}
