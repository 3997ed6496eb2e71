//go:build !unix

package build

import "runtime"

// peakMemory returns what the Go runtime took from the system, in bytes, where
// the system does not tell the resident size.
func peakMemory() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}
