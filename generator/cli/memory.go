package cli

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// The heap may grow by headroom bytes over what lives before it is collected,
// within bounds in percent of what lives. A build is short and most of what it
// allocates lives to its end: collecting a small heap often costs a third of
// the time, letting a large one double costs the memory of a large site twice.
// At 10,000 pages a bound of 60 against one of 100 saves a sixth of the memory and
// costs a thirtieth of the time.
const (
	headroom   = 256 << 20
	gcMost     = 400
	gcLeast    = 60
	liveMetric = "/gc/heap/live:bytes"
)

// tuneMemory sets how much the heap may grow, anew after each collection. The
// user's own GOGC is left alone.
func (a *app) tuneMemory() {
	if _, set := a.LookupEnv("GOGC"); set {
		return
	}
	debug.SetGCPercent(gcMost)
	afterGC()
}

// afterGC adjusts after the next collection, and asks to be called again: an
// object that nobody holds is finalised by each.
func afterGC() {
	runtime.SetFinalizer(new([16]byte), func(*[16]byte) {
		sample := []metrics.Sample{{Name: liveMetric}}
		metrics.Read(sample)
		if sample[0].Value.Kind() == metrics.KindUint64 {
			if live := sample[0].Value.Uint64(); live > 0 {
				debug.SetGCPercent(int(max(gcLeast, min(gcMost, headroom*100/live))))
			}
		}
		afterGC()
	})
}
