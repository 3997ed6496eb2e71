package output

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

const canExchange = true

// exchange exchanges two entries of root in one step. The error wraps
// errors.ErrUnsupported where the file system cannot.
func exchange(root *os.Root, a, b string) error {
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	fd := int(dir.Fd())
	err = unix.Renameat2(fd, a, fd, b, unix.RENAME_EXCHANGE)
	switch err {
	case nil:
		return nil
	case unix.EINVAL, unix.ENOSYS, unix.EBUSY, unix.EXDEV, unix.EACCES, unix.EPERM:
		return fmt.Errorf("exchange: %w", errors.ErrUnsupported)
	}
	return fmt.Errorf("exchange: %w", err)
}
