// Package serve builds a site into memory, serves it on a loopback address, and
// builds again whenever something below the site's folder moves. It writes
// nothing, neither content nor output.
//
// What is served is what a clean build would write, with one script added to
// each page: it swaps style sheets, reloads a page when its bytes changed, and
// lays errors over the page they concern. Errors never take a page away: the
// last good one stays underneath.
//
// Events of the file system only wake the loop. What changed is found by
// scanning, so lost events, editors' renames and branch switches need no case.
package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"playbook/generator/build"
	"playbook/generator/diag"
)

// Options say what to serve and where.
type Options struct {
	Build        build.Options
	Addr         string // "127.0.0.1:8080" if empty; port 0 takes any
	AllowNetwork bool   // other addresses than loopback are allowed
	Poll         bool   // look for changes every second instead of asking the system to tell
	Log          func(line string)
	Report       func(ds []diag.Diagnostic, source func(string) []byte) // after each build, what changed in them
	Ready        func(url string)                                       // when the first build can be read
	Now          func() time.Time
}

// ErrNotLoopback is returned for an address that others could reach.
var ErrNotLoopback = errors.New("only loopback addresses are served")

// Time-outs and bounds of the server. Headers and idle connections are bounded
// so that a forgotten client costs nothing; a page may take its time.
const (
	headerTimeout = 5 * time.Second
	idleTimeout   = 90 * time.Second
	writeTimeout  = 30 * time.Second
	maxConns      = 1024
	settle        = 40 * time.Millisecond // after the last event, before a build
	settleMax     = 400 * time.Millisecond
)

// Run serves until ctx is done.
func Run(ctx context.Context, o Options) error {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:8080"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = func(string) {}
	}
	host, _, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return fmt.Errorf("%q is no address: %w", o.Addr, err)
	}
	if !loopback(host) && !o.AllowNetwork {
		return fmt.Errorf("%s: %w without --allow-network", o.Addr, ErrNotLoopback)
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &server{o: o, hub: newHub(), hosts: hostsOf(ln.Addr().String(), host, o.AllowNetwork)}
	s.site.Store(newSite())
	srv := &http.Server{Handler: s, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx }}
	w := newWatcher(watched(o.Build), o.Poll, o.Log)
	defer w.close()
	go w.run(ctx)

	served := make(chan error, 1)
	go func() { served <- srv.Serve(limit(ln, maxConns)) }()
	url := "http://" + displayHost(ln.Addr(), host) + "/"
	built := make(chan error, 1)
	go func() { built <- s.loop(ctx, w, func() { o.Ready(url) }) }()

	select {
	case <-ctx.Done():
	case err = <-served:
	case err = <-built:
	}
	cancel()
	s.hub.close()
	end, stop := context.WithTimeout(context.Background(), 2*time.Second)
	defer stop()
	if srv.Shutdown(end) != nil {
		srv.Close()
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// watched returns the folder and file whose changes matter.
func watched(o build.Options) (dirs []string) {
	src := o.Source
	if src == "" {
		src = "."
	}
	dirs = []string{src}
	if o.Config != "" {
		dirs = append(dirs, filepath.Dir(o.Config))
	}
	return dirs
}

type server struct {
	o     Options
	hub   *hub
	site  atomic.Pointer[site]
	hosts []string
	sess  build.Session
	last  []diag.Diagnostic
}

// loop builds, then waits for something to move, for ever.
func (s *server) loop(ctx context.Context, w *watcher, ready func()) error {
	first := true
	for {
		if err := s.rebuild(ctx, first); err != nil {
			return err
		}
		if first && s.o.Ready != nil {
			ready()
		}
		first = false
		if !w.wait(ctx) {
			return ctx.Err()
		}
	}
}

// rebuild makes the site again and tells readers. A configuration that cannot
// be used, or a machine that fails, is shown and leaves the last site in place;
// only the first build gives up.
func (s *server) rebuild(ctx context.Context, first bool) error {
	start := s.o.Now()
	old := s.site.Load()
	next := newSite()
	next.version, next.files = old.version+1, build.NewMemory(old.files)
	o := s.o.Build
	o.KeepGoing = true
	o.Begin = func(context.Context) (build.Sink, error) { return next.files, nil }
	res, err := s.sess.Run(ctx, o)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var ce *build.ConfigError
		if first && !errors.As(err, &ce) {
			return err
		}
		next = old.failed(err)
		s.site.Store(next)
		s.hub.tell(next.version)
		s.o.Log("not built: " + err.Error())
		if first {
			return err
		}
		return nil
	}
	next.diags, next.source, next.document = res.Diags, res.Source, res.Document
	s.site.Store(next)
	changed := next.changed(old)
	if len(changed) > 0 || !slices.EqualFunc(next.diags, old.diags, func(a, b diag.Diagnostic) bool { return a.Compare(b) == 0 }) || first {
		s.hub.tell(next.version)
		if s.o.Report != nil {
			s.o.Report(res.Diags, res.Source)
		}
		s.o.Log(summary(changed, res, s.o.Now().Sub(start), first))
	}
	return nil
}

// summary is the one line that a rebuild prints.
func summary(changed []string, res *build.Result, took time.Duration, first bool) string {
	what := fmt.Sprintf("%d files changed", len(changed))
	switch {
	case first:
		what = fmt.Sprintf("%d pages", res.Stats.Pages)
	case len(changed) == 0:
		what = "no file changed"
	case len(changed) == 1:
		what = changed[0]
	case len(changed) <= 3:
		what = strings.Join(changed, ", ")
	}
	line := fmt.Sprintf("%s · %d rendered, %d reused · %d ms", what, res.Stats.Rendered, res.Stats.Reused, took.Milliseconds())
	if e, w := res.Stats.Errors, res.Stats.Warnings; e+w > 0 {
		line += fmt.Sprintf(" · %d errors, %d warnings", e, w)
	}
	return line
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// hostsOf returns the values of the Host header that are ours. A page of
// another site whose name was made to point here sends its own.
func hostsOf(addr, host string, network bool) []string {
	_, port, _ := net.SplitHostPort(addr)
	names := []string{"localhost", "127.0.0.1", "[::1]"}
	if network {
		names = append(names, host)
		if ifs, err := net.InterfaceAddrs(); err == nil && (host == "" || net.ParseIP(host).IsUnspecified()) {
			for _, a := range ifs {
				if n, ok := a.(*net.IPNet); ok {
					if n.IP.To4() != nil {
						names = append(names, n.IP.String())
					} else {
						names = append(names, "["+n.IP.String()+"]")
					}
				}
			}
		}
	} else if host != "" && !slices.Contains(names, host) {
		names = append(names, host)
	}
	var out []string
	for _, n := range names {
		out = append(out, n+":"+port)
		if port == "80" {
			out = append(out, n)
		}
	}
	return out
}

func displayHost(a net.Addr, host string) string {
	_, port, _ := net.SplitHostPort(a.String())
	if host == "" || net.ParseIP(host).IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// limit bounds the connections that are open at once; one too many is closed at
// once instead of waiting in a queue nobody sees.
func limit(ln net.Listener, n int) net.Listener {
	return &limited{Listener: ln, free: make(chan struct{}, n)}
}

type limited struct {
	net.Listener
	free chan struct{}
}

func (l *limited) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.free <- struct{}{}:
			return &conn{Conn: c, done: func() { <-l.free }}, nil
		default:
			c.Close()
		}
	}
}

type conn struct {
	net.Conn
	closed atomic.Bool
	done   func()
}

func (c *conn) Close() error {
	if c.closed.CompareAndSwap(false, true) {
		c.done()
	}
	return c.Conn.Close()
}

var _ io.Closer = (*conn)(nil)
