package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// program finds a program of a Debian package, which it installs where tests must
// not be left out.
func program(t *testing.T, name, pkg string) string {
	t.Helper()
	for range 2 {
		for _, p := range []string{name, "/usr/sbin/" + name} {
			if found, err := exec.LookPath(p); err == nil {
				return found
			}
		}
		if os.Getenv("CI") != "true" {
			t.Skipf("NOT TESTED WITH A REAL HOST: %s is not installed (apt-get install %s)", name, pkg)
		}
		for _, args := range [][]string{{"update"}, {"install", "-y", pkg}} {
			args = append([]string{"-o", "DPkg::Lock::Timeout=300"}, args...)
			if out, err := exec.Command("apt-get", args...).CombinedOutput(); err != nil {
				t.Logf("apt-get %v: %v\n%s", args, err, out)
			}
		}
	}
	t.Fatalf("%s is not installed, and cannot be", name)
	return ""
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// run starts a server, which ends with the test, and waits for its port.
func run(t *testing.T, port int, log io.Writer, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.WaitDelay = 3 * time.Second
	must(t, cmd.Start())
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	})
	for range 100 {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			c.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s does not listen\n%s", name, log)
}

// journal is what a server says.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

// machine is a machine with a real sshd.
type machine struct {
	dir  string // published to
	key  string
	port int
	log  *journal
	home string // keys and known hosts
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	sshd, keygen := program(t, "sshd", "openssh-server"), program(t, "ssh-keygen", "openssh-client")
	m := &machine{dir: t.TempDir(), home: t.TempDir(), port: freePort(t), log: &journal{}}
	m.key = filepath.Join(m.home, "key")
	for _, name := range []string{"host", "key", "other"} {
		if out, err := exec.Command(keygen, "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(m.home, name)).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	public, err := os.ReadFile(m.key + ".pub")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(m.home, "authorized"), public, 0o600))
	m.know(t, "known_hosts", "host", m.port)
	if os.Getuid() == 0 {
		must(t, os.MkdirAll("/run/sshd", 0o755)) // sshd wants it, and a package that was not started has not made it
	}
	config := fmt.Sprintf(`Port %d
ListenAddress 127.0.0.1
HostKey %[2]s/host
AuthorizedKeysFile %[2]s/authorized
PidFile %[2]s/pid
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
Subsystem sftp exec /usr/lib/openssh/sftp-server -e -l INFO 2>>%[2]s/sftp.log
MaxStartups 100
`, m.port, m.home)
	must(t, os.WriteFile(filepath.Join(m.home, "config"), []byte(config), 0o600))
	run(t, m.port, m.log, sshd, "-D", "-e", "-f", filepath.Join(m.home, "config"))
	return m
}

// know writes a file of known hosts that has a key for a port of this machine.
func (m *machine) know(t *testing.T, file, key string, port int) {
	t.Helper()
	public, err := os.ReadFile(filepath.Join(m.home, key+".pub"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(m.home, file), fmt.Appendf(nil, "[127.0.0.1]:%d %s", port, public), 0o600))
}

func (m *machine) target(t *testing.T, port int) Target {
	u, err := user.Current()
	must(t, err)
	return Target{Name: "far", SSH: fmt.Sprintf("%s@127.0.0.1:%d", u.Username, port), Directory: m.dir, Key: m.key, KnownHosts: filepath.Join(m.home, "known_hosts")}
}

// TestSSH publishes to a real sshd, and sends what changed alone.
func TestSSH(t *testing.T) {
	m := newMachine(t)
	p := place{t: t, dir: m.dir}
	with := func(site map[string]string, first bool) Result {
		t.Helper()
		h, err := Open(t.Context(), m.target(t, m.port), testEnv(m.dir))
		must(t, err)
		defer h.Close()
		res, err := h.Publish(t.Context(), made(site), Options{First: first})
		if err != nil || len(res.Notes) > 0 {
			t.Fatal(err, res.Notes, m.log)
		}
		if d := p.shows(site); d != "" {
			t.Fatal(d)
		}
		return res
	}
	with(siteA, true)
	with(siteB, false)
	h, err := Open(t.Context(), m.target(t, m.port), testEnv(m.dir))
	must(t, err)
	defer h.Close()
	if _, err := h.Rollback(t.Context(), "Our playbook", ""); err != nil {
		t.Fatal(err)
	}
	if d := p.shows(siteA); d != "" {
		t.Fatal(d)
	}
	rep, err := h.Verify(t.Context(), "Our playbook")
	if err != nil || len(rep.Wrong) > 0 || len(rep.Files) != len(siteA) {
		t.Fatalf("%+v %v", rep, err)
	}
	for name, want := range map[string]os.FileMode{"index.html": 0o644, "plans": 0o755} {
		if info, err := os.Stat(filepath.Join(m.dir, currentName, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}

	large := map[string]string{}
	for i := range 300 {
		large[fmt.Sprintf("p%d/index.html", i)] = fmt.Sprint("page ", i)
	}
	with(large, false)
	writes := func() int {
		text, err := os.ReadFile(filepath.Join(m.home, "sftp.log"))
		must(t, err)
		return strings.Count(string(text), "flags WRITE")
	}
	before := writes()
	for i := range 10 {
		large[fmt.Sprintf("p%d/index.html", i)] = fmt.Sprint("changed ", i)
	}
	// The tree is that of siteA, which was in service before.
	if res := with(large, false); res.Sent != 10 || res.Linked != 300 {
		t.Errorf("10 of 300 pages changed: %+v", res)
	}
	// Ten pages, the lock and the manifest.
	if n := writes() - before; n != 12 {
		t.Errorf("the server was sent %d files", n)
	}
}

// TestSSHRefused: whoever is not who they should be gets nothing, and nothing is
// changed.
func TestSSHRefused(t *testing.T) {
	m := newMachine(t)
	m.know(t, "wrong", "other", m.port)
	m.know(t, "elsewhere", "host", 1)
	for _, c := range []struct {
		name, says string
		change     func(t *Target)
		refused    bool
	}{
		{"unknown host", "is not known: ssh-ed25519 SHA256:", func(t *Target) { t.KnownHosts = filepath.Join(m.home, "elsewhere") }, true},
		{"another key", "is not the one that is known", func(t *Target) { t.KnownHosts = filepath.Join(m.home, "wrong") }, true},
		{"no file of known hosts", "cannot be read", func(t *Target) { t.KnownHosts = filepath.Join(m.home, "none") }, true},
		{"a key that is not let in", "does not let", func(t *Target) { t.Key = filepath.Join(m.home, "other") }, true},
		{"no key", "there is no key", func(t *Target) { t.Key = filepath.Join(m.home, "none") }, true},
		{"no folder", "there is no folder", func(t *Target) { t.Directory += "/none" }, true},
		{"nobody there", "cannot be reached", func(t *Target) { t.SSH = "127.0.0.1:1" }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := m.target(t, m.port)
			c.change(&target)
			h, err := Open(t.Context(), target, testEnv(m.dir))
			if err == nil {
				h.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.says) || refusal(err) != c.refused {
				t.Errorf("the error is %v", err)
			}
			secret, _ := os.ReadFile(m.key)
			if err != nil && strings.Contains(fmt.Sprintf("%+v", err), strings.Fields(string(secret))[5]) {
				t.Error("the error holds the key")
			}
		})
	}
	if left, err := os.ReadDir(m.dir); err != nil || len(left) > 0 {
		t.Errorf("left on the host: %v %v", left, err)
	}
}

// gate lets so many bytes through to a port, and then cuts the connection.
func gate(t *testing.T, to int, bytes int64) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", to))
			if err != nil {
				near.Close()
				continue
			}
			go func() { io.Copy(near, far); near.Close() }()
			go func() { io.CopyN(far, near, bytes); far.Close(); near.Close() }()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// TestSSHCut cuts the connection at many places: readers see a whole site, and
// running the command again completes the new one.
func TestSSHCut(t *testing.T) {
	m := newMachine(t)
	cut := 0
	for bytes := int64(1500); ; bytes += 700 {
		dir := t.TempDir()
		m.dir = dir
		p := place{t: t, dir: dir}
		for _, site := range []map[string]string{siteB, siteC, siteA} { // the tree is one of siteB, then
			p.publish(made(site))
		}
		port := gate(t, m.port, bytes)
		m.know(t, "known_hosts", "host", port)
		err := func() error {
			h, err := Open(t.Context(), m.target(t, port), testEnv(dir))
			if err != nil {
				return err
			}
			defer h.Close()
			res, err := h.Publish(t.Context(), made(siteB), Options{})
			if err == nil && len(res.Notes) > 0 {
				err = errors.New(strings.Join(res.Notes, "; "))
			}
			return err
		}()
		if old, now := p.shows(siteA), p.shows(siteB); old != "" && now != "" {
			t.Fatalf("cut after %d bytes (%v), readers see neither site: %s; %s", bytes, err, old, now)
		}
		m.know(t, "known_hosts", "host", m.port)
		h, e := Open(t.Context(), m.target(t, m.port), testEnv(dir))
		must(t, e)
		if _, e := h.Publish(t.Context(), made(siteB), Options{}); e != nil {
			t.Fatalf("cut after %d bytes (%v), again: %v", bytes, err, e)
		}
		h.Close()
		if d := p.shows(siteB) + p.tidy(); d != "" {
			t.Fatalf("cut after %d bytes (%v), after running it again: %s", bytes, err, d)
		}
		if err == nil {
			break
		}
		cut++
	}
	if cut < 10 {
		t.Errorf("the connection was cut %d times only", cut)
	}
}

// TestReaders publishes twenty times behind a real nginx, while readers go through
// the site: each page is whole, each names its own style sheet, which is there, and
// nobody sees an older page after a newer one.
func TestReaders(t *testing.T) {
	nginx := program(t, "nginx", "nginx-light")
	p := place{t: t, dir: t.TempDir()}
	const pages, publishes = 30, 20
	site := func(n int) Site {
		files := map[string]string{fmt.Sprintf("assets/style.%d.css", n): fmt.Sprintf("css %d", n)}
		for i := range pages {
			files[fmt.Sprintf("p%d/index.html", i)] = fmt.Sprintf("%d of release %d %s end", i, n, strings.Repeat("x", 3000))
		}
		return made(files)
	}
	p.publish(site(0))
	port := freePort(t)
	home := t.TempDir()
	who := ""
	if os.Getuid() == 0 {
		who = "user root;"
	}
	config := fmt.Sprintf(`%s
daemon off; worker_processes 2; pid %[2]s/pid; error_log stderr warn;
events {}
http {
	access_log off; client_body_temp_path %[2]s/a; proxy_temp_path %[2]s/b; fastcgi_temp_path %[2]s/c; uwsgi_temp_path %[2]s/d; scgi_temp_path %[2]s/e;
	server { listen 127.0.0.1:%[3]d; root %[4]s/current; index index.html; }
}
`, who, home, port, p.dir)
	must(t, os.WriteFile(filepath.Join(home, "nginx.conf"), []byte(config), 0o600))
	log := &journal{}
	run(t, port, log, nginx, "-c", filepath.Join(home, "nginx.conf"), "-p", home)
	base := fmt.Sprintf("http://127.0.0.1:%d/", port)

	ctx, stop := context.WithCancel(t.Context())
	var asked, seen, kept, begun atomic.Int64
	var readers sync.WaitGroup
	get := func(path string) (string, int) {
		resp, err := http.Get(base + path)
		if err != nil {
			return err.Error(), 0
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		asked.Add(1)
		if err != nil {
			return err.Error(), 0
		}
		return string(text), resp.StatusCode
	}
	for range 4 {
		readers.Go(func() {
			last := 0
			for i := 0; ctx.Err() == nil; i++ {
				text, status := get(fmt.Sprintf("p%d/", i%pages))
				var page, n int
				if _, err := fmt.Sscanf(text, "%d of release %d", &page, &n); err != nil || status != 200 || page != i%pages || !strings.HasSuffix(text, " end") {
					t.Errorf("page %d: status %d, %.60q", i%pages, status, text)
					return
				}
				if n < last {
					t.Errorf("release %d behind release %d", n, last)
				}
				if n > last {
					seen.Add(1)
				}
				last = n
				css, status := get(fmt.Sprintf("assets/style.%d.css", n))
				if begun.Load() >= int64(n)+2 {
					continue // it stays for one release more, and this reader was slow
				}
				kept.Add(1)
				if status != 200 || css != fmt.Sprintf("css %d", n) {
					t.Errorf("the style sheet of release %d: status %d, %q", n, status, css)
				}
			}
		})
	}
	for n := 1; n <= publishes; n++ {
		begun.Store(int64(n))
		p.publish(site(n))
		time.Sleep(15 * time.Millisecond)
	}
	stop()
	readers.Wait()
	if asked.Load() < 500 || kept.Load() < 100 || seen.Load() < publishes {
		t.Errorf("only %d requests, and %d new releases seen", asked.Load(), seen.Load())
	}
	t.Logf("%d requests saw %d new releases", asked.Load(), seen.Load())

	// What the server sends is what was published, and what is not is found.
	h := p.host(testEnv(p.dir), 5)
	rep, err := h.Verify(t.Context(), "Our playbook")
	must(t, err)
	if wrong, err := VerifyWeb(t.Context(), base, rep.Files, Env{}); err != nil || len(wrong) > 0 {
		t.Errorf("%v %v\n%s", wrong, err, log)
	}
	rep.Files[3].Digest[0]++
	if wrong, err := VerifyWeb(t.Context(), base, rep.Files, Env{}); err != nil || len(wrong) != 1 || wrong[0].Path != rep.Files[3].Path {
		t.Errorf("%v %v", wrong, err)
	}
}
