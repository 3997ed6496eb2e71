//go:build unix

package build

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// peakMemory returns the largest resident size the process ever had, in bytes.
func peakMemory() int64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(u.Maxrss)
	}
	return int64(u.Maxrss) << 10 // counted in KiB elsewhere
}
