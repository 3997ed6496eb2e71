package serve

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// many pages make a site on which differences can be measured.
func large(t testing.TB, pages int) string {
	dir := t.TempDir()
	write(t, dir, "playbook.toml", "title = \"Acme\"\n")
	write(t, dir, "content/index.md", "# Acme\n")
	for i := range pages {
		if i%50 == 0 {
			write(t, dir, fmt.Sprintf("content/s%d/index.md", i/50), fmt.Sprintf("# Section %d\n", i/50))
		}
		write(t, dir, pageAt(i), page(i, "as it was"))
	}
	return dir
}

func pageAt(i int) string { return fmt.Sprintf("content/s%d/p%d.md", i/50, i) }

// page is a page of some 600 words, with a table, tasks and links.
func page(i int, edit string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Page %d\n\nThis text is %s.\n\n", i, edit)
	for s := range 6 {
		fmt.Fprintf(&b, "## Part %d\n\n", s)
		for w := range 90 {
			b.WriteString([]string{"pipeline ", "renewal ", "quarter ", "champion ", "territory ", "margin "}[(i+s*7+w*w)%6])
		}
		fmt.Fprintf(&b, "\n\n- [ ] Call\n- [x] Write\n\n| What | When |\n|---|---|\n| a | %d |\n\n", s)
	}
	fmt.Fprintf(&b, "See [one](p%d.md) and [another](p%d.md).\n", i/50*50+(i+1)%50, i/50*50+(i+7)%50)
	return b.String()
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// edits saves a body n times and returns how long each took to be served. after,
// if not nil, is called after each.
func (r *running) edits(n int, tag string, after func()) []time.Duration {
	r.t.Helper()
	var out []time.Duration
	for i := range n {
		name := pageAt(i * 37 % 50)
		url := "/" + strings.TrimSuffix(strings.TrimPrefix(name, "content/"), ".md") + "/"
		mark := fmt.Sprintf("%s-%d", tag, i)
		text := page(i*37%50, mark)
		time.Sleep(20 * time.Millisecond)
		start := time.Now()
		swap(r.t, r.dir, name, text)
		for {
			if _, b := r.get(url); strings.Contains(b, mark) {
				break
			}
			if time.Since(start) > 20*time.Second {
				r.t.Fatalf("%s does not come", mark)
			}
			time.Sleep(500 * time.Microsecond)
		}
		out = append(out, time.Since(start))
		if after != nil {
			after()
		}
	}
	return out
}

// BenchmarkEdit measures what a writer waits for: from saving a body to its
// bytes being served, on a site of 2,000 pages.
func BenchmarkEdit(b *testing.B) {
	r := begin(b, large(b, 2000), nil, nil)
	r.edits(3, "warm", nil)
	b.ResetTimer()
	var all []time.Duration
	for i := 0; b.Loop(); i++ {
		all = append(all, r.edits(1, fmt.Sprintf("edit%d", i), nil)...)
	}
	b.ReportMetric(float64(median(all).Microseconds())/1000, "ms/median")
}

// TestEditIsQuick keeps the same figure from getting out of hand.
func TestEditIsQuick(t *testing.T) {
	if testing.Short() || race {
		t.Skip("measures")
	}
	r := begin(t, large(t, 2000), nil, nil)
	r.edits(3, "warm", nil)
	took := r.edits(20, "edit", nil)
	m := median(took)
	t.Logf("2,000 pages, body edit to changed bytes: median %v, least %v, most %v of %d", m, took[0], took[len(took)-1], len(took))
	t.Log(r.said()[len(r.said())-1])
	if m > 2*time.Second {
		t.Errorf("an edit takes %v", m)
	}
}

// TestCrowd: hundreds of open streams and readers that do not read delay no
// rebuild. The clients run on the same processors as the server, so each edit
// waits until all of them heard of the one before: what is measured is what the
// server does with them, not what they do. The figures are told; only a gross
// excess fails, since other work runs beside.
func TestCrowd(t *testing.T) {
	if testing.Short() || race {
		t.Skip("measures")
	}
	dir := large(t, 1000)
	write(t, dir, "content/s0/big.pdf", string(bytes.Repeat([]byte("x"), 8<<20)))
	r := begin(t, dir, nil, nil)
	r.edits(5, "warm", nil)
	addr := r.ln.Addr().String()
	const streams, silent, turns = 500, 50, 15
	var alone, crowded []time.Duration
	for round := range 2 {
		alone = append(alone, r.edits(turns, fmt.Sprint("alone", round), nil)...)

		var conns []net.Conn
		ask := func(path string) net.Conn {
			c, err := net.Dial("tcp", addr)
			must(t, err)
			if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, addr); err != nil {
				t.Fatal(err)
			}
			conns = append(conns, c)
			return c
		}
		var versions atomic.Int64
		var wg sync.WaitGroup
		for range streams {
			c := ask("/.playbook/events")
			wg.Go(func() {
				sc := bufio.NewScanner(c)
				for sc.Scan() {
					if strings.HasPrefix(sc.Text(), "data: ") {
						versions.Add(1)
					}
				}
			})
		}
		for range silent {
			ask("/s0/big.pdf") // and reads nothing of it
		}
		heard := int64(0)
		all := func() {
			heard += streams
			r.until("all streams heard of it", func() bool { return versions.Load() >= heard })
		}
		all() // that they are open
		crowded = append(crowded, r.edits(turns, fmt.Sprint("crowded", round), all)...)
		for _, c := range conns {
			c.Close()
		}
		wg.Wait()
		r.until("all streams are gone", func() bool { r.hub.mu.Lock(); defer r.hub.mu.Unlock(); return len(r.hub.streams) == 0 })
	}
	a, c := median(alone), median(crowded)
	t.Logf("body edit to changed bytes: median %v alone, %v with %d streams and %d readers that do not read (%+.0f %%), %d edits each",
		a, c, streams, silent, 100*(float64(c)/float64(a)-1), len(alone))
	if c > a*3/2+20*time.Millisecond {
		t.Errorf("an edit takes %v alone and %v in a crowd", a, c)
	}
}

// TestSlowReader: who does not read is dropped, of pages and of streams.
func TestSlowReader(t *testing.T) {
	dir := small(t)
	write(t, dir, "content/deals/big.pdf", string(bytes.Repeat([]byte("x"), 32<<20)))
	r := begin(t, dir, nil, func(s *server) { s.wait.write, s.hub.patience = 300*time.Millisecond, 300*time.Millisecond })
	addr := r.ln.Addr().String()
	c, err := net.Dial("tcp", addr)
	must(t, err)
	defer c.Close()
	fmt.Fprintf(c, "GET /deals/big.pdf HTTP/1.1\r\nHost: %s\r\n\r\n", addr)
	time.Sleep(600 * time.Millisecond)
	must(t, c.SetReadDeadline(time.Now().Add(5*time.Second)))
	if n, err := io.Copy(io.Discard, c); n > 31<<20 || err != nil && strings.Contains(err.Error(), "timeout") {
		t.Errorf("%d bytes came after all: %v", n, err)
	}

	// A stream is dropped once the system takes no more of it.
	mine, theirs := net.Pipe()
	defer mine.Close()
	ln := &one{conns: make(chan net.Conn, 1), addr: r.ln.Addr()}
	ln.conns <- theirs
	srv := &http.Server{Handler: r.server}
	go srv.Serve(ln)
	defer srv.Close()
	fmt.Fprintf(mine, "GET /.playbook/events HTTP/1.1\r\nHost: %s\r\n\r\n", addr)
	open := func() int { r.hub.mu.Lock(); defer r.hub.mu.Unlock(); return len(r.hub.streams) }
	start := time.Now()
	r.until("the stream is open", func() bool { return open() == 1 || time.Since(start) > 200*time.Millisecond })
	r.until("the stream is dropped", func() bool { return open() == 0 })
	if d := time.Since(start); d < 200*time.Millisecond || d > 3*time.Second {
		t.Errorf("the stream was dropped after %v", d)
	}
}

// one is a listener that hands out what it is given.
type one struct {
	conns chan net.Conn
	addr  net.Addr
	once  sync.Once
}

func (l *one) Accept() (net.Conn, error) {
	c, ok := <-l.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (l *one) Close() error   { l.once.Do(func() { close(l.conns) }); return nil }
func (l *one) Addr() net.Addr { return l.addr }

// TestBounds: more connections and streams than there may be are refused at
// once, and there is room again when some are closed.
func TestBounds(t *testing.T) {
	r := begin(t, small(t), nil, nil)
	addr := r.ln.Addr().String()
	var conns []net.Conn
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	// last returns the first line of the answer to a request on a new connection.
	last := func(path string) string {
		c, err := net.Dial("tcp", addr)
		must(t, err)
		conns = append(conns, c)
		must(t, c.SetDeadline(time.Now().Add(5*time.Second)))
		fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, addr)
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil {
			return "closed"
		}
		return strings.TrimSpace(line)
	}
	for i := range maxStreams {
		if l := last("/.playbook/events"); l != "HTTP/1.1 200 OK" {
			t.Fatalf("stream %d: %s", i, l)
		}
	}
	if l := last("/.playbook/events"); !strings.HasPrefix(l, "HTTP/1.1 503") {
		t.Errorf("one stream too many: %s", l)
	}
	if l := last("/"); l != "HTTP/1.1 200 OK" {
		t.Errorf("a page besides all streams: %s", l)
	}
	for len(conns) < maxConns {
		c, err := net.Dial("tcp", addr)
		must(t, err)
		conns = append(conns, c)
	}
	if l := last("/"); l != "closed" {
		t.Errorf("one connection too many: %s", l)
	}
	for _, c := range conns[:100] {
		c.Close()
	}
	r.until("there is room again", func() bool { return last("/") == "HTTP/1.1 200 OK" })
}

// TestTimeouts: a client that sends half a request, or a body that does not
// come, or nothing any more, is not waited for.
func TestTimeouts(t *testing.T) {
	r := begin(t, small(t), nil, func(s *server) {
		if w := s.wait; min(w.header, w.read, w.write, w.idle) <= 0 || max(w.header, w.read) > 10*time.Second || max(w.write, w.idle) > 2*time.Minute {
			t.Errorf("clients are waited for %+v", w)
		}
		s.wait = patience{header: 300 * time.Millisecond, read: 600 * time.Millisecond, write: time.Second, idle: 900 * time.Millisecond}
	})
	addr := r.ln.Addr().String()
	for _, c := range []struct {
		name, send string
		closed     time.Duration
	}{
		{"half a header", "GET / HTTP/1.1\r\nHost: " + addr + "\r\n", r.wait.header},
		{"nothing", "", r.wait.header},
		{"half a body", "POST / HTTP/1.1\r\nHost: " + addr + "\r\nContent-Length: 100\r\n\r\nabc", r.wait.read},
		{"no second request", "GET / HTTP/1.1\r\nHost: " + addr + "\r\n\r\n", r.wait.idle},
	} {
		conn, err := net.Dial("tcp", addr)
		must(t, err)
		fmt.Fprint(conn, c.send)
		start := time.Now()
		must(t, conn.SetReadDeadline(start.Add(5*time.Second)))
		if _, err := io.Copy(io.Discard, conn); err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: %v", c.name, err)
		}
		if d := time.Since(start); d < c.closed/2 && c.send != "" && c.name != "half a body" || d > c.closed+2*time.Second {
			t.Errorf("%s: waited for %v, want %v", c.name, d, c.closed)
		}
		conn.Close()
	}
}
