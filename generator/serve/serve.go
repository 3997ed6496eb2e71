// Package serve builds a site into memory, serves it on a loopback address, and
// builds again whenever something below the site's folder moves. It writes
// nothing, neither content nor output.
//
// What is served is what a clean build would write, with one script added to
// each page: it swaps style sheets, reloads a page when its bytes changed, and
// lays errors over the page they concern. Errors never take a page away nor
// spoil it: the last good one stays underneath until they are mended.
//
// Events of the file system only wake the loop. What changed is found by
// scanning, so lost events, editors' renames and branch switches need no case.
package serve

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"playbook/generator/build"
	"playbook/generator/diag"
	"playbook/generator/source"
)

// Options say what to serve and where.
type Options struct {
	Build        build.Options
	Addr         string // "127.0.0.1:8080" if empty; port 0 takes any
	AllowNetwork bool   // other addresses than loopback are allowed
	Poll         bool   // look for changes every second instead of asking the system to tell
	Log          func(line string)
	Report       func(ds []diag.Diagnostic, source func(string) []byte) // after a build, what the one before did not find
	Ready        func(url string)                                       // when the first build can be read
	Now          func() time.Time
}

// ErrNotLoopback is returned for an address that others could reach.
var ErrNotLoopback = errors.New("only loopback addresses are served")

// patience is how long the server waits for a client, so that a forgotten one
// costs nothing: for the header of a request, for all of it, for its answer to
// be taken, and for the next request on a connection.
type patience struct{ header, read, write, idle time.Duration }

const (
	shutdown = 500 * time.Millisecond // for pages on their way when the server ends
	maxConns = 1024
	maxTries = 20 // of a build while files move
)

// Run serves until ctx is done. A configuration that cannot be used at the
// first build is a *build.ConfigError; later it is shown to readers instead.
func Run(ctx context.Context, o Options) error {
	s, err := newServer(ctx, o)
	if err != nil {
		return err
	}
	return s.run(ctx)
}

type server struct {
	o     Options
	ln    net.Listener
	url   string
	hosts []string
	boot  string // tells one run of the server from another
	hub   *hub
	watch *watcher
	site  atomic.Pointer[site]
	sess  build.Session
	lost  bool // the last build failed
	wait  patience
}

// newServer listens on the address of o.
func newServer(ctx context.Context, o Options) (*server, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:8080"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = func(string) {}
	}
	if o.Report == nil {
		o.Report = func([]diag.Diagnostic, func(string) []byte) {}
	}
	if o.Ready == nil {
		o.Ready = func(string) {}
	}
	if o.Build.Source == "" {
		o.Build.Source = "."
	}
	host, _, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return nil, fmt.Errorf("%q is no address: %w", o.Addr, err)
	}
	if !loopback(host) && !o.AllowNetwork {
		return nil, fmt.Errorf("%s: %w without --allow-network", o.Addr, ErrNotLoopback)
	}
	dir, err := filepath.Abs(o.Build.Source)
	if err != nil {
		return nil, err
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return nil, err
	}
	s := &server{o: o, ln: ln, url: "http://" + displayHost(ln.Addr(), host) + "/", hosts: hostsOf(ln.Addr(), host, o.AllowNetwork),
		boot: strconv.FormatInt(o.Now().UnixNano(), 36), hub: newHub(), wait: patience{header: 5 * time.Second, read: 10 * time.Second, write: 30 * time.Second, idle: 90 * time.Second}}
	s.watch = newWatcher(func() roots { return rootsOf(dir, o.Build) }, o.Poll, o.Log)
	s.site.Store(newSite())
	return s, nil
}

// rootsOf returns what a build of a site in dir reads. While a configuration
// cannot be used, it is that of a site without one.
func rootsOf(dir string, o build.Options) roots {
	abs := func(named, otherwise string) string {
		if named != "" {
			if p, err := filepath.Abs(named); err == nil {
				return p
			}
		}
		return filepath.Join(dir, otherwise)
	}
	r := roots{dir: dir, file: abs(o.Config, "playbook.toml"), skip: abs(o.Dest, "public")}
	r.real = r.file
	if p, err := filepath.EvalSymlinks(r.file); err == nil {
		r.real = p
	}
	c, _ := build.ParseConfig("", nil)
	if src, err := os.ReadFile(r.file); err == nil {
		if read, ds := build.ParseConfig("", src); len(ds) == 0 {
			c = read
		}
	}
	add := func(name string, o source.Options) {
		if filepath.IsLocal(filepath.FromSlash(name)) {
			r.trees = append(r.trees, tree{filepath.Join(dir, filepath.FromSlash(name)), o.Filter()})
		}
	}
	content := source.Options{Ignore: c.Ignore}
	if filepath.Clean(filepath.FromSlash(c.Content)) == "." { // a build leaves out the same
		content.Ignore = slices.Concat([]string{"/playbook.toml", "/" + strings.Trim(c.Layouts, "/") + "/"}, c.Ignore)
	}
	if rel, err := filepath.Rel(filepath.Join(dir, filepath.FromSlash(c.Content)), r.skip); err == nil && rel != "." && filepath.IsLocal(rel) {
		content.Skip = []string{filepath.ToSlash(rel)}
	}
	add(c.Content, content)
	add(c.Layouts, source.Options{KeepUnderscore: true})
	return r
}

// run serves and builds until ctx is done or either fails.
func (s *server) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	srv := &http.Server{Handler: s, ReadHeaderTimeout: s.wait.header, ReadTimeout: s.wait.read, WriteTimeout: s.wait.write, IdleTimeout: s.wait.idle,
		MaxHeaderBytes: 64 << 10, DisableGeneralOptionsHandler: true,
		ErrorLog: log.New(logWriter(s.o.Log), "", 0), BaseContext: func(net.Listener) context.Context { return ctx }}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(limit(s.ln, maxConns)) }()
	built := make(chan error, 1)
	go func() { built <- s.loop(ctx) }()

	var err error
	waiting := true // for the loop
	select {
	case <-ctx.Done():
	case err = <-served:
	case err = <-built:
		waiting = false
	}
	cancel()
	s.hub.close()
	end, stop := context.WithTimeout(context.Background(), shutdown)
	defer stop()
	if srv.Shutdown(end) != nil {
		srv.Close()
	}
	if waiting {
		<-built
	}
	s.watch.close()
	if errors.Is(err, context.Canceled) || errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// logWriter makes a log of lines a stream of bytes.
type logWriter func(line string)

func (w logWriter) Write(p []byte) (int, error) {
	w(strings.TrimRight(string(p), "\n"))
	return len(p), nil
}

// loop builds, then waits for something to move, for ever.
func (s *server) loop(ctx context.Context) error {
	s.watch.start(ctx)
	if err := s.rebuild(ctx, moved{}, true); err != nil {
		return err
	}
	s.o.Ready(s.url)
	for {
		m, ok := s.watch.wait(ctx)
		if !ok {
			return ctx.Err()
		}
		if err := s.rebuild(ctx, m, false); err != nil {
			return err
		}
	}
}

// rebuild makes the site again and tells readers. A configuration that cannot
// be used, or a machine that fails, is shown and leaves the last site in place;
// only the first build gives up.
func (s *server) rebuild(ctx context.Context, m moved, first bool) error {
	start := s.o.Now()
	old := s.site.Load()
	seen := s.watch.count.Load()
	if s.lost { // the last build may have seen half of what moved before it
		m.known = false
	}
	next, res, err := s.build(ctx, old, m.within())
	for try := 0; try < maxTries && err != nil && ctx.Err() == nil && !isConfig(err); try++ {
		// Files went while they were read, as in a switch of branches. That is
		// no failure before nothing moves any more.
		select {
		case <-ctx.Done():
		case <-time.After(settleMax):
		}
		now := s.watch.count.Load()
		if try > 0 && now == seen {
			break
		}
		seen = now
		next, res, err = s.build(ctx, old, nil)
	}
	s.lost = err != nil
	s.watch.upset.Store(err != nil || res.Stats.Errors > 0)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		if first {
			return err
		}
		next = old.failed(err)
		if old.failure != nil && slices.Equal(next.failure, old.failure) {
			return nil // said already
		}
		s.put(next, old)
		s.o.Log(s.moved(m.names) + "not built: " + next.failure[0])
		return nil
	}
	changed := next.files.Changed()
	if len(changed) > 0 || first || old.failure != nil || !same(next.diags, old.diags) {
		s.put(next, old)
		if news := added(next.diags, old.diags); len(news) > 0 {
			s.o.Report(news, res.Source)
		}
	}
	s.o.Log(s.summary(m.names, changed, res, s.o.Now().Sub(start), first))
	return nil
}

func isConfig(err error) bool {
	var c *build.ConfigError
	return errors.As(err, &c)
}

// build runs one build into memory. All that changed since the one before lies
// within the named folders or files; nil: anywhere.
func (s *server) build(ctx context.Context, old *site, within []string) (*site, *build.Result, error) {
	next := newSite()
	next.files = build.NewMemory(old.files)
	o := s.o.Build
	o.KeepGoing, o.Within = true, within
	o.Begin = func(context.Context) (build.Sink, error) { return next.files, nil }
	res, err := s.sess.Run(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	next.diags, next.source, next.document = res.Diags, res.Source, res.Document
	next.keep(old)
	return next, res, nil
}

// put makes next what is served, and tells readers.
func (s *server) put(next, old *site) {
	next.number = old.number + 1
	next.version = s.boot + "-" + strconv.Itoa(next.number)
	s.site.Store(next)
	s.hub.tell(next.version)
}

func same(a, b []diag.Diagnostic) bool {
	return slices.EqualFunc(a, b, func(a, b diag.Diagnostic) bool { return a.Compare(b) == 0 })
}

// added returns what of now was not said before; both are sorted.
func added(now, before []diag.Diagnostic) []diag.Diagnostic {
	var out []diag.Diagnostic
	for _, d := range now {
		if _, ok := slices.BinarySearchFunc(before, d, diag.Diagnostic.Compare); !ok {
			out = append(out, d)
		}
	}
	return out
}

// summary is the one line that a build prints: what moved, what came of it, how
// long it took.
func (s *server) summary(moved, changed []string, res *build.Result, took time.Duration, first bool) string {
	var b strings.Builder
	if first {
		b.WriteString(count(res.Stats.Pages, "page"))
	} else {
		pages := 0
		for _, p := range changed {
			if strings.HasSuffix(p, ".html") {
				pages++
			}
		}
		b.WriteString(s.moved(moved))
		b.WriteString(count(pages, "page") + " changed")
	}
	fmt.Fprintf(&b, " · %d rendered, %d reused · %d ms", res.Stats.Rendered, res.Stats.Reused, took.Milliseconds())
	if n := res.Stats.Errors; n > 0 {
		b.WriteString(" · " + count(n, "error"))
	}
	if n := res.Stats.Warnings; n > 0 {
		b.WriteString(" · " + count(n, "warning"))
	}
	return b.String()
}

// moved names what moved, as seen from the site's folder.
func (s *server) moved(names []string) string {
	var there, all []string
	dir, _ := filepath.Abs(s.o.Build.Source)
	for _, n := range names {
		name := n
		if r, err := filepath.Rel(dir, n); err == nil {
			name = filepath.ToSlash(r)
		}
		all = append(all, strconv.QuoteToGraphic(name))
		if _, err := os.Lstat(n); err == nil { // not what an editor wrote for a moment
			there = append(there, all[len(all)-1])
		}
	}
	if len(there) == 0 {
		there = all
	}
	switch {
	case len(there) == 0:
		return ""
	case len(there) > 3:
		return count(len(there), "file") + " · "
	}
	return strings.ReplaceAll(strings.Join(there, ", "), `"`, "") + " · "
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
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
func hostsOf(addr net.Addr, host string, network bool) []string {
	_, port, _ := net.SplitHostPort(addr.String())
	names := []string{"localhost", "127.0.0.1", "::1", strings.ToLower(host)}
	if network {
		if own, err := os.Hostname(); err == nil {
			names = append(names, strings.ToLower(own), strings.ToLower(own)+".local")
		}
		if ifs, err := net.InterfaceAddrs(); err == nil && (host == "" || net.ParseIP(host).IsUnspecified()) {
			for _, a := range ifs {
				if n, ok := a.(*net.IPNet); ok {
					names = append(names, n.IP.String())
				}
			}
		}
	}
	var out []string
	for _, n := range names {
		if n == "" {
			continue
		}
		with := net.JoinHostPort(n, port)
		out = append(out, with)
		if port == "80" { // browsers leave it out
			out = append(out, strings.TrimSuffix(with, ":80"))
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
