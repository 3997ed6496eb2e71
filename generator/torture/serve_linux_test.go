package torture

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestServeRefuses asks a server in a process of its own what it must not answer.
func TestServeRefuses(t *testing.T) {
	b := newBox(t)
	b.write(t, map[string]string{"content/guides/secret.md": "---\ndraft: true\n---\n" + secret + "\n", "note.txt": secret + "\n", ".git/config": secret + "\n"})
	s, err := serving(t, b.site())
	if err != nil {
		bad(t, &table.crashes, "%v", err)
		return
	}
	defer s.end()
	addr := strings.TrimSuffix(strings.TrimPrefix(s.url, "http://"), "/")
	_, port, _ := net.SplitHostPort(addr)
	ask := func(name, text string, want ...int) {
		t.Helper()
		table.asked.add(1)
		c, err := net.Dial("tcp", addr)
		if err != nil {
			bad(t, &table.crashes, "%s: the server is gone: %v", name, err)
			return
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(time.Minute))
		io.WriteString(c, strings.NewReplacer("HERE", addr, "PORT", port).Replace(text))
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		code, body := 0, ""
		if err == nil {
			code = r.StatusCode
			if r.Header.Get("Content-Type") != "text/event-stream" {
				b, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
				body = string(b)
			}
			r.Body.Close()
		}
		ok := false
		for _, w := range want {
			ok = ok || code == w
		}
		if !ok {
			bad(t, &table.codes, "%s is answered with %d, and should be with %v", name, code, want)
		}
		if strings.Contains(body, secret) || code >= 400 && strings.Contains(body, "See <a") {
			bad(t, &table.leaks, "%s is answered with what it should not", name)
		}
	}
	get := func(name, path string, want ...int) {
		t.Helper()
		ask(name+" "+path, "GET "+path+" HTTP/1.1\r\nHost: HERE\r\nConnection: close\r\n\r\n", want...)
	}
	get("the front page", "/", 200)
	for _, h := range []string{"evil.example", "evil.example:PORT", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:PORT", "0.0.0.0:PORT", "[::]:PORT", "2130706433:PORT", "0x7f.1:PORT", "127.1:PORT", "127.0.0.1.nip.io:PORT", "", "HERE.", "evil.example\tHERE", "HERE,evil.example"} {
		for _, p := range []string{"/", "/.playbook/events", "/.playbook/state?path=/"} {
			ask("the host "+h+" "+p, "GET "+p+" HTTP/1.1\r\nHost: "+h+"\r\nConnection: close\r\n\r\n", 403, 400)
		}
	}
	for _, o := range []string{"http://evil.example", "null", "https://HERE", "http://127.0.0.1:1", "http://evil.example:PORT", "file://", "http://HERE.evil.example", "HERE"} {
		for _, p := range []string{"/", "/.playbook/events", "/.playbook/state?path=/"} {
			ask("the origin "+o+" "+p, "GET "+p+" HTTP/1.1\r\nHost: HERE\r\nOrigin: "+o+"\r\nConnection: close\r\n\r\n", 403)
		}
	}
	for _, m := range []string{"cors", "no-cors", "navigate", "websocket"} {
		for _, from := range []string{"cross-site", "same-site"} {
			ask("events for "+from+" "+m, "GET /.playbook/events HTTP/1.1\r\nHost: HERE\r\nSec-Fetch-Site: "+from+"\r\nSec-Fetch-Mode: "+m+"\r\nConnection: close\r\n\r\n", 403)
		}
	}
	for _, p := range []string{"/../note.txt", "/%2e%2e/note.txt", "/..%2fnote.txt", "/..%5cnote.txt", "/.%2e/note.txt", "/%252e%252e/note.txt", "/guides/..%2f..%2fnote.txt", "/note.txt", "/playbook.toml", "/content/index.md", "/.git/config", "/.playbook/../note.txt", "/.playbook/cache", "/.playbook-manifest",
		"//etc/passwd", "/%2fetc/passwd", "/proc/self/environ", "/guides/secret/", "/guides/secret/index.html", "/guides/secret.md", "/index.html%00", "/%", "/%zz", "/\\..\\note.txt", "/c:/x", "/index.html::$DATA", "/index.html.", "/INDEX.HTML", "/./", "/guides//one/", "/" + strings.Repeat("a/", 5000), "/" + strings.Repeat("%41", 3000), "/?" + strings.Repeat("a", 8000), "*", "http://evil.example/", "file:///etc/passwd", "note.txt", "/.playbook/state?path=../note.txt", "/.playbook/state?path=%2fnote.txt", "/.playbook/state?path=" + strings.Repeat("x", 5000)} {
		want := []int{400, 403, 404, 301, 302, 405, 414, 431}
		if strings.HasPrefix(p, "/.playbook/state") || strings.HasPrefix(p, "/?") {
			want = append(want, 200)
		}
		get("the path", p, want...)
	}
	for _, m := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "\x00"} {
		ask("the method "+m, m+" / HTTP/1.1\r\nHost: HERE\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 405, 400, 403)
	}
	ask("two hosts", "GET / HTTP/1.1\r\nHost: HERE\r\nHost: evil.example\r\n\r\n", 400)
	ask("no host", "GET / HTTP/1.1\r\n\r\n", 400)
	ask("a huge head", "GET / HTTP/1.1\r\nHost: HERE\r\nX: "+strings.Repeat("a", 2<<20)+"\r\n\r\n", 431, 0)
	ask("many heads", "GET / HTTP/1.1\r\nHost: HERE\r\n"+strings.Repeat("X: a\r\n", 100000)+"\r\n", 431, 0)
	ask("smuggled", "GET / HTTP/1.1\r\nHost: HERE\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\nHost: evil.example\r\n\r\n", 400, 403, 405, 413, 200)
	ask("a body without end", "GET / HTTP/1.1\r\nHost: HERE\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nfffffff\r\n"+strings.Repeat("x", 1<<20), 200, 400, 403, 405, 413, 0)
	ask("HTTP/2 by force", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, 403, 405, 505, 0)
	ask("TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, 0)
	ask("garbage", strings.Repeat("\xff\x00", 4000)+"\r\n\r\n", 400, 431, 0)

	// Connections that are opened and say nothing, more than it takes at once.
	var idle []net.Conn
	for range sample(600, 60) {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			break
		}
		idle = append(idle, c)
		fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: ")
	}
	if !*whole {
		for _, c := range idle {
			c.Close()
		}
		idle = nil
	}
	for i, c := range idle { // it closes those itself after a while
		c.SetDeadline(time.Now().Add(time.Minute))
		if _, err := io.ReadAll(c); err != nil && strings.Contains(err.Error(), "timeout") {
			bad(t, &table.codes, "connection %d of %d is still open after a minute of silence", i, len(idle))
			break
		}
		c.Close()
	}
	get("after all that, the front page", "/", 200)
	if fault.MatchString(s.said.String()) {
		bad(t, &table.crashes, "%s", s.said)
	}

	// Other addresses, and a destination that stays as it was.
	for _, a := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.com:0"} {
		table.asked.add(1)
		if o := (process{}).run("serve", "-s", b.site(), "--addr", a); o.code != 2 {
			bad(t, &table.codes, "serve on %s ends with %d: %s", a, o.code, o.err)
		}
	}
	if _, err := os.Lstat(filepath.Join(b.site(), "public")); err == nil {
		bad(t, &table.outside, "serve writes public/")
	}
}
