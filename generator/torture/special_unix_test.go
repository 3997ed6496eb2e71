//go:build unix

package torture

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func pipe(at string) func(t *testing.T, b box) {
	return func(t *testing.T, b box) {
		name := filepath.Join(b.site(), filepath.FromSlash(at))
		must(t, os.MkdirAll(filepath.Dir(name), 0o755))
		must(t, syscall.Mkfifo(name, 0o644))
	}
}

func socket(at string) func(t *testing.T, b box) {
	return func(t *testing.T, b box) {
		// The path of a socket has a bound; a short name is moved.
		short := filepath.Join(scratch(), filepath.Base(b.dir)+".s")
		l, err := net.Listen("unix", short)
		must(t, err)
		must(t, os.Rename(short, filepath.Join(b.site(), filepath.FromSlash(at))))
		t.Cleanup(func() { l.Close() })
	}
}

// device makes a device like /dev/zero, for those who may.
func device(at string) func(t *testing.T, b box) {
	return func(t *testing.T, b box) {
		err := syscall.Mknod(filepath.Join(b.site(), filepath.FromSlash(at)), syscall.S_IFCHR|0o644, 1<<8|5)
		if err != nil && os.Getuid() == 0 {
			t.Log("no device can be made: ", err)
		}
	}
}
