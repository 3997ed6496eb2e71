package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"playbook/generator/build"
	"playbook/generator/diag"
)

// builtin returns the built-in layouts as they were when first asked for.
var builtin = sync.OnceValue(func() fs.FS {
	out := fstest.MapFS{}
	fsys := os.DirFS("../../layouts")
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(fsys, p)
		out[p] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		panic(err)
	}
	return out
})

func options(dir string) build.Options {
	return build.Options{Source: dir, AsOf: "2026-11-23", Builtin: builtin(), Version: "test", Now: time.Now}
}

// write writes a file and the folders it lies in.
func write(t testing.TB, dir, name, text string) {
	t.Helper()
	p := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// small is a site of a few pages.
func small(t testing.TB) string {
	dir := t.TempDir()
	write(t, dir, "playbook.toml", "title = \"Acme\"\n")
	write(t, dir, "content/index.md", "# Acme\n\nWelcome.\n")
	write(t, dir, "content/deals/index.md", "# Deals\n")
	write(t, dir, "content/deals/first.md", "# First call\n\nAsk before you tell.\n")
	write(t, dir, "content/deals/second.md", "# Second call\n\nSee [the first](first.md).\n")
	return dir
}

// running is a server under test.
type running struct {
	*server
	t      testing.TB
	dir    string
	cancel context.CancelFunc
	done   chan error

	mu    sync.Mutex
	lines []string
}

// begin serves the site in dir; change may alter options and server before it
// begins to work.
func begin(t testing.TB, dir string, change func(o *Options), tweak func(s *server)) *running {
	t.Helper()
	r := &running{t: t, dir: dir, done: make(chan error, 1)}
	ready := make(chan struct{})
	o := Options{Build: options(dir), Addr: "127.0.0.1:0", Ready: func(string) { close(ready) }}
	o.Log = func(line string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.lines = append(r.lines, line)
	}
	if change != nil {
		change(&o)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s, err := newServer(ctx, o)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	if tweak != nil {
		tweak(s)
	}
	r.server, r.cancel = s, cancel
	go func() { r.done <- s.run(ctx) }()
	t.Cleanup(r.end)
	select {
	case <-ready:
	case err := <-r.done:
		r.done <- err
		t.Fatalf("the server ended: %v", err)
	case <-time.After(atMost):
		t.Fatal("the first build does not end")
	}
	return r
}

// end stops the server and waits for it.
func (r *running) end() {
	r.cancel()
	select {
	case err := <-r.done:
		r.done <- err // for whoever asks next
		if err != nil {
			r.t.Errorf("the server ended with %v", err)
		}
	case <-time.After(atMost):
		r.t.Error("the server does not end")
	}
}

// atMost is how long tests wait for what must come: long, since a machine may
// be busy and the race detector slow, and all of it is waited only before a
// failure.
const atMost = 90 * time.Second

func (r *running) said() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lines)
}

// get returns status and body of an address of the site.
func (r *running) get(path string) (int, string) {
	r.t.Helper()
	res, err := http.Get(strings.TrimSuffix(r.url, "/") + path)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// shows waits until an address has a text in its body.
func (r *running) shows(path, text string) {
	r.t.Helper()
	r.until(path+" shows "+text, func() bool { _, b := r.get(path); return strings.Contains(b, text) })
}

// gone waits until an address is not there.
func (r *running) gone(path string) {
	r.t.Helper()
	r.until(path+" is gone", func() bool { c, _ := r.get(path); return c == http.StatusNotFound })
}

func (r *running) until(what string, ok func() bool) {
	r.t.Helper()
	for end := time.Now().Add(atMost); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	r.t.Fatalf("waited in vain until %s; the server said:\n%s", what, strings.Join(r.said(), "\n"))
}

// isClean waits until what is served is what a build from nothing makes, and is
// so after a moment still.
func (r *running) isClean() {
	r.t.Helper()
	var differ []string
	for range 40 {
		clean := build.NewMemory(nil)
		o := r.o.Build
		o.NoCache, o.KeepGoing = true, true
		o.Begin = func(context.Context) (build.Sink, error) { return clean, nil }
		if _, err := build.Run(context.Background(), o); err != nil {
			r.t.Fatal(err)
		}
		now := r.site.Load()
		differ = differences(clean, now.files)
		if len(differ) == 0 && now.failure == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	r.t.Fatalf("what is served differs from a clean build in %d files: %.5q; the server said:\n%s", len(differ), differ, strings.Join(r.said(), "\n"))
}

// differences names the outputs in which two builds differ.
func differences(a, b *build.Memory) []string {
	var out []string
	a.All(func(p string, f *build.MemoryFile) {
		if g := b.File(p); g == nil || g.Digest != f.Digest {
			out = append(out, p)
		}
	})
	b.All(func(p string, _ *build.MemoryFile) {
		if a.File(p) == nil {
			out = append(out, p)
		}
	})
	slices.Sort(out)
	return out
}

// TestLines holds what a person reads while they write.
func TestLines(t *testing.T) {
	dir := small(t)
	var mu sync.Mutex
	var reported []string
	r := begin(t, dir, func(o *Options) {
		o.Report = func(ds []diag.Diagnostic, _ func(string) []byte) {
			mu.Lock()
			defer mu.Unlock()
			for _, d := range ds {
				reported = append(reported, d.Rule)
			}
		}
	}, nil)
	last := func() string { l := r.said(); return l[len(l)-1] }
	if l := last(); !strings.Contains(l, " pages · ") || !strings.HasSuffix(l, " ms") {
		t.Errorf("after the first build: %q", l)
	}
	for _, step := range []struct{ text, begins, has string }{
		{"# First call\n\nListen.\n", "content/deals/first.md · ", "2 pages changed · 10 rendered, "},
		{"---\ntitle: [\n---\n# First call\n", "content/deals/first.md · ", " · 1 error"},
		{"# First call\n\nListen, then [ask](nobody.md).\n", "content/deals/first.md · ", " · 1 warning"},
	} {
		n := len(r.said())
		write(t, dir, "content/deals/first.md", step.text)
		r.until("there is a line", func() bool {
			return len(r.said()) > n && strings.HasPrefix(last(), step.begins) && strings.Contains(last(), step.has)
		})
	}
	n := len(r.said())
	write(t, dir, "content/deals/second.md", "# Second call\n\nAnother text.\n")
	r.until("there is a line", func() bool { return len(r.said()) > n })
	mu.Lock()
	defer mu.Unlock()
	if len(reported) != 2 || reported[1] != "link-broken" && !strings.HasPrefix(reported[1], "link") {
		t.Errorf("each problem is told once: %q", reported)
	}
}

// TestConfigurationFails breaks the configuration before and after the start.
func TestConfigurationFails(t *testing.T) {
	dir := small(t)
	write(t, dir, "playbook.toml", "titel = \"Acme\"\n")
	var config *build.ConfigError
	if err := Run(context.Background(), Options{Build: options(dir), Addr: "127.0.0.1:0"}); !errors.As(err, &config) {
		t.Fatalf("a first build without a configuration ends with %v", err)
	}
	for _, poll := range []bool{false, true} {
		write(t, dir, "playbook.toml", "title = \"Acme\"\n")
		r := begin(t, dir, func(o *Options) { o.Poll = poll }, func(s *server) { s.watch.every = 50 * time.Millisecond })
		write(t, dir, "playbook.toml", "titel = \"Acme\"\n")
		r.shows("/.playbook/state?path=/deals/first/", "titel")
		r.shows("/.playbook/state?path=/", "titel")
		if c, b := r.get("/deals/first/"); c != 200 || !strings.Contains(b, "Ask before you tell") {
			t.Errorf("the last good page is gone: %d", c)
		}
		time.Sleep(200 * time.Millisecond)
		failed := 0
		for _, l := range r.said() {
			if strings.Contains(l, "not built: ") {
				failed++
			}
		}
		if failed != 1 {
			t.Errorf("poll %v: the failure is told %d times: %q", poll, failed, r.said())
		}
		before := r.site.Load().version
		write(t, dir, "playbook.toml", "title = \"Acme\"\n") // as it was: no page differs
		r.until("the failure is gone", func() bool { return r.site.Load().failure == nil })
		if r.site.Load().version == before {
			t.Error("readers are not told that the failure is gone")
		}
		if _, b := r.get("/.playbook/state?path=/"); strings.Contains(b, "titel") {
			t.Error("the failure is shown still")
		}
		r.end()
	}
}

// TestErrorsServe: content in error at the start is served as far as it goes.
func TestErrorsServe(t *testing.T) {
	dir := small(t)
	write(t, dir, "content/deals/first.md", "---\ntitle: [\n---\n# First call\n\nAsk.\n")
	r := begin(t, dir, nil, nil)
	r.shows("/.playbook/state?path=/deals/first/", "content/deals/first.md:")
	if c, _ := r.get("/deals/second/"); c != 200 {
		t.Errorf("a page without fault is answered with %d", c)
	}
	if _, b := r.get("/.playbook/state?path=/deals/second/"); !strings.Contains(b, `"elsewhere":1`) {
		t.Errorf("errors elsewhere are not counted: %s", b)
	}
}

// TestLastGood: a page in error stays as it was, whatever the error is, until
// it is mended or gone.
func TestLastGood(t *testing.T) {
	dir := small(t)
	r := begin(t, dir, nil, nil)
	const first = "content/deals/first.md"
	stays := func(path, text string) {
		t.Helper()
		r.shows("/.playbook/state?path="+path, `"stays":true`)
		if c, b := r.get(path); c != 200 || !strings.Contains(b, text) {
			t.Errorf("%s: the last good page is not there: %d", path, c)
		}
	}
	for _, fault := range []string{
		"---\ntitle: [\n---\n# First call\n\nBroken.\n",
		"---\ntitle: [\n---\n# First call\n\nBroken otherwise.\n",
		"---\nweight: heavy\n---\n# First call\n\nOf no weight.\n",
	} {
		n := len(r.said())
		write(t, dir, first, fault)
		r.until("it is built", func() bool { return len(r.said()) > n })
		stays("/deals/first/", "Ask before you tell")
		if _, b := r.get("/.playbook/state?path=/deals/first/"); !strings.Contains(b, first+":") {
			t.Errorf("the fault is not told: %s", b)
		}
	}
	// Other pages go on meanwhile.
	write(t, dir, "content/deals/second.md", "# Second call\n\nMeanwhile.\n")
	r.shows("/deals/second/", "Meanwhile")
	stays("/deals/first/", "Ask before you tell")

	write(t, dir, first, "# First call\n\nMended.\n")
	r.shows("/deals/first/", "Mended")
	if _, b := r.get("/.playbook/state?path=/deals/first/"); !strings.Contains(b, `"stays":false`) || !strings.Contains(b, `"problems":[]`) {
		t.Errorf("after it was mended: %s", b)
	}
	r.isClean()

	// What was never good is shown as it is.
	write(t, dir, "content/deals/third.md", "---\nweight: heavy\n---\n# Third call\n\nOne.\n")
	r.shows("/deals/third/", "One.")
	write(t, dir, "content/deals/third.md", "---\nweight: heavy\n---\n# Third call\n\nTwo.\n")
	r.shows("/deals/third/", "Two.")
	must(t, os.Remove(filepath.Join(dir, "content/deals/third.md")))
	r.gone("/deals/third/")

	// A page in error that goes is gone.
	write(t, dir, first, "---\ntitle: [\n---\n")
	stays("/deals/first/", "Mended")
	must(t, os.Remove(filepath.Join(dir, filepath.FromSlash(first))))
	r.gone("/deals/first/")

	// A layout that fails takes no page away.
	before := len(r.site.Load().pages())
	for _, layout := range []string{`{{define "main"}}{{ .Nothing.At.All }}{{end}}`, `{{define "main"}}{{ if }}`} {
		write(t, dir, "layouts/page.html", layout)
		stays("/deals/second/", "Meanwhile")
		if n := len(r.site.Load().pages()); n != before {
			t.Errorf("%s: %d pages of %d are left", layout, n, before)
		}
	}
	must(t, os.Remove(filepath.Join(dir, "layouts/page.html")))
	r.until("the layout is mended", func() bool { return len(r.site.Load().stays) == 0 })
	r.isClean()
}

// TestWritesNothing compares the site's folder before and after an hour's work.
func TestWritesNothing(t *testing.T) {
	dir := small(t)
	write(t, dir, "public/index.html", "of an earlier build")
	list := func() string {
		var b strings.Builder
		must(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			i, err := d.Info()
			fmt.Fprintln(&b, p, i.Mode(), i.Size(), i.ModTime().UnixNano())
			return err
		}))
		return b.String()
	}
	r := begin(t, dir, nil, nil)
	write(t, dir, "content/deals/first.md", "# First call\n\nListen.\n")
	before := list()
	r.shows("/deals/first/", "Listen")
	for _, p := range []string{"/", "/nowhere/", "/.playbook/live.js", "/.playbook/state?path=/"} {
		r.get(p)
	}
	r.end()
	if after := list(); after != before {
		t.Errorf("the folder was\n%s\nand is\n%s", before, after)
	}
}

// TestMissing: who asks for what is not there is shown what is near.
func TestMissing(t *testing.T) {
	dir := small(t)
	for i := range 20 {
		write(t, dir, fmt.Sprintf("content/area-%d/renewal.md", i), "# Renewal\n")
	}
	write(t, dir, "content/a & b/<i>.md", "# Odd\n")
	r := begin(t, dir, nil, nil)
	for _, c := range []struct{ path, near string }{
		{"/deals/frist/", "/deals/first/"},
		{"/deals/frist", "/deals/first/"},
		{"/Deals/First/", "/deals/first/"},
		{"/deals/first/index.htm", "/deals/first/"},
		{"/first/", "/deals/first/"},
		{"/old/place/first.html", "/deals/first/"},
		{"/deals/something-else-altogether/", "/deals/"},
		{"/deals/gone/deep/down/", "/deals/"},
	} {
		code, b := r.get(c.path)
		if code != 404 || !strings.Contains(b, `<a href="`+c.near+`">`) || !strings.Contains(b, "There is no page at "+c.path+"<") {
			t.Errorf("%s: %d, and %s is not named in %s", c.path, code, c.near, b)
		}
	}
	if _, b := r.get("/renewal/"); strings.Count(b, "<li>") != maxNear {
		t.Errorf("%d pages are near, want %d: %s", strings.Count(b, "<li>"), maxNear, b)
	}
	if code, b := r.get("/" + strings.Repeat("x", 5000) + "/"); code != 404 || strings.Contains(b, "<li>") {
		t.Errorf("a long address: %d %s", code, b)
	}
}

// TestEnd: streams and idle connections do not hold up the end, and nothing is
// left running.
func TestEnd(t *testing.T) {
	http.DefaultClient.CloseIdleConnections()
	before := runtime.NumGoroutine()
	r := begin(t, small(t), nil, nil)
	res, err := http.Get(r.url + ".playbook/events")
	must(t, err)
	defer res.Body.Close()
	r.get("/")
	start := time.Now()
	r.end()
	if d := time.Since(start); d > 300*time.Millisecond {
		t.Errorf("the end took %v", d)
	}
	if _, err := io.ReadAll(res.Body); err != nil {
		t.Errorf("the stream was torn, not ended: %v", err)
	}
	if _, err := http.Get(r.url); err == nil {
		t.Error("someone answers still")
	}
	res.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
		}
	}
}
