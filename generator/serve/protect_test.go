package serve

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// raw sends bytes as they are, which a client library would put in order, and
// returns the answer, nil if the connection was closed without one.
func raw(t *testing.T, addr, request string) (*http.Response, string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	must(t, err)
	defer c.Close()
	must(t, c.SetDeadline(time.Now().Add(5*time.Second)))
	if _, err := c.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	res, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		return nil, ""
	}
	if res.Header.Get("Content-Type") == "text/event-stream" {
		return res, "" // to close the body is to wait for its end
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res, string(b)
}

// TestProtection asks as others than the reader's browser would.
func TestProtection(t *testing.T) {
	dir := small(t)
	write(t, dir, "content/secret.md", "---\ndraft: true\n---\n# Secret\n")
	write(t, dir, "outside.txt", "not for readers")
	r := begin(t, dir, nil, nil)
	addr := r.ln.Addr().String()
	_, port, _ := net.SplitHostPort(addr)
	const own = "Host: HERE\r\n"
	for _, c := range []struct {
		name, line, head string
		want             int
	}{
		{"the front page", "GET / HTTP/1.1", own, 200},
		{"by another of its names", "GET / HTTP/1.1", "Host: localhost:PORT\r\n", 200},
		{"by the address of version 6", "GET / HTTP/1.1", "Host: [::1]:PORT\r\n", 200},
		{"in capitals", "GET / HTTP/1.1", "Host: LocalHost:PORT\r\n", 200},
		{"head", "HEAD / HTTP/1.1", own, 200},
		{"head of what is not there", "HEAD /nowhere/ HTTP/1.1", own, 404},
		{"a folder without its slash", "GET /deals HTTP/1.1", own, 302},
		{"a folder whose name is written in code", "GET /de%61ls/ HTTP/1.1", own, 200},
		{"nothing there", "GET /nowhere/ HTTP/1.1", own, 404},
		{"a draft", "GET /secret/ HTTP/1.1", own, 404},
		{"a file of the disk", "GET /outside.txt HTTP/1.1", own, 404},
		{"the configuration", "GET /playbook.toml HTTP/1.1", own, 404},
		{"the source", "GET /content/index.md HTTP/1.1", own, 404},
		{"the repository", "GET /.git/config HTTP/1.1", own, 404},
		{"an unknown address of ours", "GET /.playbook/config HTTP/1.1", own, 404},

		{"a foreign name", "GET / HTTP/1.1", "Host: evil.example\r\n", 403},
		{"a foreign name with our port", "GET / HTTP/1.1", "Host: evil.example:PORT\r\n", 403},
		{"a name that begins as ours", "GET / HTTP/1.1", "Host: localhost.evil.example:PORT\r\n", 403},
		{"a name that ends as ours", "GET / HTTP/1.1", "Host: evil.localhost:PORT\r\n", 403},
		{"another port", "GET / HTTP/1.1", "Host: 127.0.0.1:1\r\n", 403},
		{"no port", "GET / HTTP/1.1", "Host: 127.0.0.1\r\n", 403},
		{"an address that means all", "GET / HTTP/1.1", "Host: 0.0.0.0:PORT\r\n", 403},
		{"a number for our address", "GET / HTTP/1.1", "Host: 2130706433:PORT\r\n", 403},
		{"a user before our name", "GET / HTTP/1.1", "Host: evil@127.0.0.1:PORT\r\n", 400},
		{"an empty name", "GET / HTTP/1.1", "Host:\r\n", 403},
		{"no name", "GET / HTTP/1.1", "", 400},
		{"no name, in the old version", "GET / HTTP/1.0", "", 403},
		{"two names", "GET / HTTP/1.1", own + "Host: evil.example\r\n", 400},
		{"a foreign name, other method", "POST / HTTP/1.1", "Host: evil.example\r\nContent-Length: 0\r\n", 403},

		{"a foreign origin", "GET / HTTP/1.1", own + "Origin: http://evil.example\r\n", 403},
		{"no origin that has a name", "GET / HTTP/1.1", own + "Origin: null\r\n", 403},
		{"our origin", "GET / HTTP/1.1", own + "Origin: http://HERE\r\n", 200},
		{"our origin, but safe", "GET / HTTP/1.1", own + "Origin: https://HERE\r\n", 403},
		{"another port's origin", "GET / HTTP/1.1", own + "Origin: http://127.0.0.1:1\r\n", 403},
		{"an origin that is none", "GET / HTTP/1.1", own + "Origin: http://%zz\r\n", 403},
		{"events from a foreign origin", "GET /.playbook/events HTTP/1.1", own + "Origin: http://evil.example\r\n", 403},
		{"events from another site", "GET /.playbook/events HTTP/1.1", own + "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\n", 403},
		{"events from another port", "GET /.playbook/events HTTP/1.1", own + "Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: cors\r\n", 403},
		{"a window of another site on events", "GET /.playbook/events HTTP/1.1", own + "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n", 403},
		{"state from another site", "GET /.playbook/state?path=/ HTTP/1.1", own + "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n", 403},
		{"events from ourselves", "GET /.playbook/events HTTP/1.1", own + "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\n", 200},
		{"a picture of ours on another site", "GET / HTTP/1.1", own + "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n", 403},
		{"a link on another site", "GET / HTTP/1.1", own + "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n", 200},

		{"up", "GET /../playbook.toml HTTP/1.1", own, 400},
		{"up in code", "GET /%2e%2e%2fplaybook.toml HTTP/1.1", own, 400},
		{"up in half code", "GET /.%2e/playbook.toml HTTP/1.1", own, 400},
		{"up in capitals", "GET /deals%2F..%2F..%2Fplaybook.toml HTTP/1.1", own, 400},
		{"up in code of code", "GET /%252e%252e%252fplaybook.toml HTTP/1.1", own, 404},
		{"up by backslash", `GET /..\playbook.toml HTTP/1.1`, own, 400},
		{"up by backslash in code", "GET /..%5cplaybook.toml HTTP/1.1", own, 400},
		{"up from ours", "GET /.playbook/../playbook.toml HTTP/1.1", own, 400},
		{"a dot", "GET /./deals/ HTTP/1.1", own, 400},
		{"an end of text", "GET /index.html%00.png HTTP/1.1", own, 400},
		{"an end of text as it is", "GET /index.html\x00.png HTTP/1.1", own, 400},
		{"half a code", "GET /%f HTTP/1.1", own, 400},
		{"bytes that are no text", "GET /%ff%fe HTTP/1.1", own, 404},
		{"another host's path", "GET //evil.example/ HTTP/1.1", own, 400},
		{"another host's path in code", "GET /%2fevil.example/ HTTP/1.1", own, 400},
		{"another host's path by backslash", `GET /\evil.example/ HTTP/1.1`, own, 400},
		{"a whole address, ours", "GET http://HERE/ HTTP/1.1", own, 400},
		{"a whole address, foreign", "GET http://evil.example/ HTTP/1.1", own, 403},
		{"a file address", "GET file:///etc/passwd HTTP/1.1", own, 400},
		{"no path", "GET * HTTP/1.1", own, 400},
		{"no slash", "GET index.html HTTP/1.1", own, 400},
		{"a drive", "GET /c:/windows/win.ini HTTP/1.1", own, 404},

		{"post", "POST / HTTP/1.1", own + "Content-Length: 0\r\n", 405},
		{"put", "PUT /index.html HTTP/1.1", own + "Content-Length: 0\r\n", 405},
		{"delete", "DELETE / HTTP/1.1", own, 405},
		{"options", "OPTIONS / HTTP/1.1", own, 405},
		{"options of all", "OPTIONS * HTTP/1.1", own, 405},
		{"trace", "TRACE / HTTP/1.1", own, 405},
		{"connect", "CONNECT HERE HTTP/1.1", own, 405},
		{"a method of nobody", "PLAY / HTTP/1.1", own, 405},
		{"headers without end", "GET / HTTP/1.1", own + "X: " + strings.Repeat("a", 100<<10) + "\r\n", 431},
	} {
		request := strings.NewReplacer("HERE", addr, "PORT", port).Replace(c.line + "\r\n" + c.head + "\r\n")
		start := time.Now()
		res, body := raw(t, addr, request)
		if d := time.Since(start); d > time.Second {
			t.Errorf("%s: answered after %v", c.name, d)
		}
		switch {
		case res == nil:
			t.Errorf("%s: no answer", c.name)
		case res.StatusCode != c.want:
			t.Errorf("%s: %d, want %d (%.60q)", c.name, res.StatusCode, c.want, body)
		case c.want >= 400 && (strings.Contains(body, "Welcome") || strings.Contains(body, "not for readers")):
			t.Errorf("%s: the answer tells what it should not: %s", c.name, body)
		case res.Header.Get("Access-Control-Allow-Origin") != "":
			t.Errorf("%s: other origins may read", c.name)
		case c.want == 200 && (res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Cross-Origin-Resource-Policy") != "same-origin" ||
			res.Header.Get("X-Frame-Options") != "DENY" || res.Header.Get("Cache-Control") != "no-store"):
			t.Errorf("%s: headers are missing: %v", c.name, res.Header)
		case res.StatusCode == 302 && !strings.HasPrefix(res.Header.Get("Location"), "/deals/"):
			t.Errorf("%s: leads to %q", c.name, res.Header.Get("Location"))
		}
	}
	if _, b := r.get("/.playbook/state?path=/..%2f..%2fplaybook.toml"); strings.Contains(b, "Acme") || !strings.Contains(b, `"digest":""`) {
		t.Errorf("the state of a file of the disk: %s", b)
	}
	if _, b := r.get(`/<script>alert(1)</script>"/`); strings.Contains(b, "<script>alert") {
		t.Errorf("an address is written into a page as it is: %s", b)
	}
}

// TestLoopback: who wants to be read by others has to say so.
func TestLoopback(t *testing.T) {
	dir := small(t)
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.com:0", "localhost.example.com:0"} {
		if err := Run(context.Background(), Options{Build: options(dir), Addr: addr}); !errors.Is(err, ErrNotLoopback) {
			t.Errorf("%q: %v", addr, err)
		}
	}
	for _, addr := range []string{"127.0.0.1", "127.0.0.1:99999", "nonsense"} {
		if err := Run(context.Background(), Options{Build: options(dir), Addr: addr}); err == nil || errors.Is(err, ErrNotLoopback) {
			t.Errorf("%q: %v", addr, err)
		}
	}
	// Drafts do not come with the network.
	write(t, dir, "content/secret.md", "---\ndraft: true\n---\n# Secret\n")
	r := begin(t, dir, func(o *Options) { o.Addr, o.AllowNetwork = "0.0.0.0:0", true }, nil)
	if c, _ := r.get("/secret/"); c != 404 {
		t.Errorf("a draft is answered with %d", c)
	}
	asked := begin(t, dir, func(o *Options) { o.Addr, o.AllowNetwork, o.Build.Drafts = "0.0.0.0:0", true, true }, nil)
	if c, _ := asked.get("/secret/"); c != 200 {
		t.Errorf("a draft that was asked for is answered with %d", c)
	}
	_, port, _ := net.SplitHostPort(r.ln.Addr().String())
	if res, _ := raw(t, "127.0.0.1:"+port, "GET / HTTP/1.1\r\nHost: evil.example:"+port+"\r\n\r\n"); res == nil || res.StatusCode != 403 {
		t.Error("a foreign name is let in")
	}
}

// TestHosts: the names under which a server may be asked.
func TestHosts(t *testing.T) {
	addr := func(s string) net.Addr { a, _ := net.ResolveTCPAddr("tcp", s); return a }
	for _, c := range []struct {
		addr, host string
		network    bool
		want       string
	}{
		{"127.0.0.1:80", "127.0.0.1", false, "localhost"},
		{"127.0.0.1:80", "127.0.0.1", false, "[::1]"},
		{"127.0.0.2:81", "127.0.0.2", false, "127.0.0.2:81"},
		{"[::1]:81", "::1", false, "[::1]:81"},
		{"[2001:db8::1]:81", "2001:db8::1", true, "[2001:db8::1]:81"},
		{"192.0.2.1:81", "Box.Example", true, "box.example:81"},
	} {
		got := hostsOf(addr(c.addr), c.host, c.network)
		found := false
		for _, h := range got {
			found = found || h == c.want
			if h == ":81" || h == "" {
				t.Errorf("%s: an empty name is ours", c.addr)
			}
		}
		if !found {
			t.Errorf("%s: %q is not among %q", c.addr, c.want, got)
		}
	}
}
