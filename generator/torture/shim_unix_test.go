//go:build unix

package torture

import (
	"os"
	"runtime"
	"syscall"
)

// peakOf returns the most memory that a process held.
func peakOf(s *os.ProcessState) int64 {
	u, ok := s.SysUsage().(*syscall.Rusage)
	switch {
	case !ok:
		return 0
	case runtime.GOOS == "darwin":
		return u.Maxrss
	}
	return u.Maxrss << 10
}
