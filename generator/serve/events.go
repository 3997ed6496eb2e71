package serve

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// hub tells open pages that there is a new version. A stream holds one version
// at a time: a slow reader misses versions between, never holds up a build.
type hub struct {
	patience time.Duration // for a write to one reader

	mu      sync.Mutex
	version string
	streams map[chan string]struct{}
	done    chan struct{}
	once    sync.Once
}

// maxStreams bounds event streams; tabs of one browser share one.
const maxStreams = 600

// heartbeat keeps proxies and browsers from closing a quiet stream.
const heartbeat = 15 * time.Second

func newHub() *hub {
	return &hub{patience: 5 * time.Second, streams: map[chan string]struct{}{}, done: make(chan struct{})}
}

func (h *hub) close() { h.once.Do(func() { close(h.done) }) }

// tell gives all streams a version, without waiting for anyone.
func (h *hub) tell(version string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.version = version
	for c := range h.streams {
		select {
		case <-c: // take out what was not read yet
		default:
		}
		c <- version // the channel holds one, and only tell puts into it
	}
}

// join adds a stream, which begins with the version of now. ok is false when
// there are too many.
func (h *hub) join() (c chan string, version string, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.streams) >= maxStreams {
		return nil, "", false
	}
	c = make(chan string, 1)
	h.streams[c] = struct{}{}
	return c, h.version, true
}

func (h *hub) leave(c chan string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.streams, c)
}

// serve sends versions as server-sent events until the reader or the server
// goes away. A reader that takes nothing for as long as patience is dropped.
func (h *hub) serve(w http.ResponseWriter, r *http.Request) {
	c, version, ok := h.join()
	if !ok {
		http.Error(w, "too many open streams", http.StatusServiceUnavailable)
		return
	}
	defer h.leave(c)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	rc := http.NewResponseController(w)
	if rc.SetReadDeadline(time.Time{}) != nil { // a stream outlives the request's time-out
		return
	}
	send := func(format string, args ...any) bool {
		if rc.SetWriteDeadline(time.Now().Add(h.patience)) != nil {
			return false
		}
		_, err := fmt.Fprintf(w, format, args...)
		return err == nil && rc.Flush() == nil
	}
	if !send("retry: 500\ndata: %s\n\n", version) {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case v := <-c:
			if !send("data: %s\n\n", v) {
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
