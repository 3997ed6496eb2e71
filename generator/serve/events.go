package serve

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// hub tells open pages that there is a new version. A stream holds one number
// at a time: a slow reader misses versions between, never holds up a build.
type hub struct {
	mu      sync.Mutex
	streams map[chan int]struct{}
	done    chan struct{}
	once    sync.Once
}

// maxStreams bounds event streams; tabs of one browser share one.
const maxStreams = 600

func newHub() *hub { return &hub{streams: map[chan int]struct{}{}, done: make(chan struct{})} }

func (h *hub) close() { h.once.Do(func() { close(h.done) }) }

func (h *hub) tell(version int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.streams {
		select {
		case <-c: // take out what was not read yet
		default:
		}
		c <- version // the channel holds one, and only tell puts into it
	}
}

// serve sends versions as server-sent events until the reader or the server
// goes away. A reader that takes nothing for the write deadline is dropped.
func (h *hub) serve(w http.ResponseWriter, r *http.Request, version int) {
	c := make(chan int, 1)
	h.mu.Lock()
	full := len(h.streams) >= maxStreams
	if !full {
		h.streams[c] = struct{}{}
	}
	h.mu.Unlock()
	if full {
		http.Error(w, "too many open streams", http.StatusServiceUnavailable)
		return
	}
	defer func() {
		h.mu.Lock()
		delete(h.streams, c)
		h.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	rc := http.NewResponseController(w)
	send := func(format string, args ...any) bool {
		if rc.SetWriteDeadline(time.Now().Add(5*time.Second)) != nil {
			return false
		}
		_, err := fmt.Fprintf(w, format, args...)
		return err == nil && rc.Flush() == nil
	}
	if !send("retry: 500\ndata: %d\n\n", version) {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case v := <-c:
			if !send("data: %d\n\n", v) {
				return
			}
		case <-beat.C:
			if !send(": still here\n\n") {
				return
			}
		case <-r.Context().Done():
			return
		case <-h.done:
			return
		}
	}
}
