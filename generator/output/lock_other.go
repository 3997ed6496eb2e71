//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package output

import "os"

// lockFolder locks by a file: folders cannot be locked here.
func lockFolder(root *os.Root, path, name string) (unlock func(), err error) {
	return lockByFile(root, path, name)
}
