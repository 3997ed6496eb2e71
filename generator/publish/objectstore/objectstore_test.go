package objectstore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"playbook/generator/output"
	"playbook/generator/source"
)

// tree is a site: path to content.
type tree map[string]string

// release makes a release of a site.
func (s tree) release(id string) site {
	site := site{id: id, at: time.Now()}
	for _, p := range slices.Sorted(maps.Keys(s)) {
		site.files = append(site.files, output.Entry{Path: p, Digest: source.Sum([]byte(s[p])), Size: int64(len(s[p]))})
	}
	site.open = func(p string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s[p])), nil }
	return site
}

// asset adds a file that is named after its content.
func (s tree) asset(name, ext, data string) string {
	p := "assets/" + name + "." + source.Sum([]byte(data)).String()[:10] + ext
	s[p] = data
	return p
}

// edition is the n-th state of a small site: a style and a picture beside a page
// that change each time, pages that come and go.
func edition(n int) tree {
	s := tree{}
	style := s.asset("style", ".css", fmt.Sprintf("p { order: %d }", n))
	same := s.asset("site", ".js", "document.title")
	write := func(p string, uses ...string) {
		text := fmt.Sprintf("<!doctype html><p>edition %d of %s</p>\n", n, p)
		for _, u := range append(uses, style, same) {
			text += fmt.Sprintf("<link href=\"/%s\">\n", u)
		}
		s[p] = text
	}
	write("index.html")
	write("404.html")
	write("plans/index.html")
	picture := fmt.Sprintf("plans/emea/map-%d.svg", n%3)
	s[picture] = fmt.Sprintf("<svg><desc>%d</desc></svg>", n)
	write("plans/emea/index.html", picture)
	write(fmt.Sprintf("plans/only-%d/index.html", n))
	s["plans/same/index.html"] = "<!doctype html><p>always the same</p>"
	s["plans/umlaut-ä und ß/index.html"] = fmt.Sprintf("<!doctype html><p>%d</p>", n)
	s["feed.xml"] = fmt.Sprintf("<feed>%d</feed>", n)
	return s
}

// keys writes a credentials file.
func keys(t testing.TB, key, secret string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "credentials")
	text := fmt.Sprintf("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n", key, secret)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// at is a target for tests: nothing waits long.
func at(t testing.TB, g *gateway, bucket string, w *wire, change func(*Options)) *Target {
	t.Helper()
	o := Options{Credentials: keys(t, testKey, testSecret), Endpoint: "http://" + g.addr, Bucket: bucket, Prefix: "book", PathStyle: true, settle: time.Millisecond, life: 80 * time.Millisecond}
	if w != nil {
		o.base = w
	}
	if change != nil {
		change(&o)
	}
	target, err := openS3(o, "test-site", "tester")
	if err != nil {
		t.Fatal(err)
	}
	return target
}

var uses = regexp.MustCompile(`href="/([^"]+)"`)

// whole checks that readers find exactly this site: each page and what it
// names. gone are paths that must not be there.
func (g *gateway) whole(t *testing.T, bucket, prefix string, site tree, gone ...string) {
	t.Helper()
	seen := map[string]bool{}
	for p, want := range site {
		seen[p] = true
		status, body, _, err := g.visit(bucket, prefix+p)
		if err != nil || status != 200 || body != want {
			t.Errorf("%s: status %d, %v, %.80q, want %.80q", p, status, err, body, want)
		}
		for _, m := range uses.FindAllStringSubmatch(body, -1) {
			if seen[m[1]] || site[m[1]] != "" {
				continue
			}
			seen[m[1]] = true
			if status, _, _, err := g.visit(bucket, prefix+m[1]); err != nil || status != 200 {
				t.Errorf("%s names %s: status %d, %v", p, m[1], status, err)
			}
		}
	}
	for _, p := range gone {
		if status, _, _, err := g.visit(bucket, prefix+p); err != nil || status != 404 {
			t.Errorf("%s is still there: status %d, %v", p, status, err)
		}
	}
}

// either checks that readers find each page of the old site, or what the new one
// has in its place, with all that it names.
func (g *gateway) either(t *testing.T, bucket, prefix string, before, after tree) {
	t.Helper()
	_, front, _, err := g.visit(bucket, prefix+"index.html")
	if err != nil {
		t.Error(err)
	}
	seen := map[string]bool{}
	for p, old := range before {
		status, body, _, err := g.visit(bucket, prefix+p)
		now, stays := after[p]
		switch {
		case err != nil:
			t.Errorf("%s: %v", p, err)
		case status == 200 && (body == old || stays && body == now):
		case status == 404 && !stays:
			// It goes last.
			if front != after["index.html"] {
				t.Errorf("%s is gone before the front page is new", p)
			}
		default:
			t.Errorf("%s: status %d, %q: neither old nor new", p, status, body)
		}
		if status != 200 {
			continue
		}
		for _, m := range uses.FindAllStringSubmatch(body, -1) {
			if seen[m[1]] {
				continue
			}
			seen[m[1]] = true
			if status, _, _, err := g.visit(bucket, prefix+m[1]); err != nil || status != 200 {
				t.Errorf("%s names %s: status %d, %v", p, m[1], status, err)
			}
		}
	}
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestS3Story(t *testing.T) {
	t.Parallel()
	g := store(t)
	for _, o := range []struct {
		name   string
		change func(*Options)
		prefix func(id string) string
	}{
		{"in place", nil, func(string) string { return "book/" }},
		{"without a prefix", func(o *Options) { o.Prefix = "" }, func(string) string { return "" }},
		{"compressed", func(o *Options) { o.Compress = true }, func(string) string { return "book/" }},
		{"by releases", func(o *Options) { o.Releases = true }, func(id string) string { return "book/releases/" + id + "/" }},
	} {
		t.Run(o.name, func(t *testing.T) {
			ctx := t.Context()
			bucket := g.make(t, "")
			w := &wire{}
			target := at(t, g, bucket, w, o.change)
			one, two := edition(1), edition(2)
			one["long.txt"] = strings.Repeat("a line like the others\n", 1000)
			two["long.txt"] = one["long.txt"]

			// What publishing would do changes nothing.
			p := must[*plan](t)(target.publish(ctx, one.release("r1"), true, nil))
			if len(p.place) != len(one) || len(g.keys(t, bucket)) != 0 {
				t.Errorf("a dry run: %d to place, %d objects", len(p.place), len(g.keys(t, bucket)))
			}
			must[*plan](t)(target.publish(ctx, one.release("r1"), false, nil))
			g.whole(t, bucket, o.prefix("r1"), one)

			w.requests, w.sent = nil, 0
			p = must[*plan](t)(target.publish(ctx, two.release("r2"), false, nil))
			g.whole(t, bucket, o.prefix("r2"), two)
			if !target.o.Releases {
				g.whole(t, bucket, o.prefix(""), nil, "plans/only-1/index.html", "plans/emea/map-1.svg")
				if p.added != 3 || p.changed != 6 || len(p.remove) != 2 {
					t.Errorf("%d added, %d changed, %d removed", p.added, p.changed, len(p.remove))
				}
			}
			for _, r := range w.requests {
				if strings.HasPrefix(r, "PUT") && strings.Contains(r, source.Sum([]byte(one["plans/same/index.html"])).String()) {
					t.Errorf("what did not change was sent again: %s", r)
				}
			}
			n, found, err := target.verify(ctx, "")
			if err != nil || n != len(two) || len(found) != 0 {
				t.Errorf("verify: %d files, %v, %v", n, found, err)
			}

			// Back, and forth by name.
			w.sent = 0
			must[*plan](t)(target.rollback(ctx, "", true, nil))
			g.whole(t, bucket, o.prefix("r2"), two)
			must[*plan](t)(target.rollback(ctx, "", false, nil))
			g.whole(t, bucket, o.prefix("r1"), one)
			if !target.o.Releases {
				g.whole(t, bucket, o.prefix(""), nil, "plans/only-2/index.html", "plans/emea/map-2.svg")
			} else if _, body, _, _ := g.visit(bucket, "book/current"); body != "r1\n" {
				t.Errorf("the current release is %q", body)
			}
			if w.sent > 8000 {
				t.Errorf("%d bytes were sent to return to what is kept", w.sent)
			}
			must[*plan](t)(target.rollback(ctx, "r2", false, nil))
			g.whole(t, bucket, o.prefix("r2"), two)

			// A release after a return is followed by what readers saw before it.
			must[*plan](t)(target.rollback(ctx, "r1", false, nil))
			three := edition(3)
			must[*plan](t)(target.publish(ctx, three.release("r3"), false, nil))
			must[*plan](t)(target.rollback(ctx, "", false, nil))
			g.whole(t, bucket, o.prefix("r1"), one)

			if _, err := target.rollback(ctx, "r9", false, nil); err == nil || !strings.Contains(err.Error(), `no release "r9"`) {
				t.Errorf("a release that is not kept: %v", err)
			}
			if _, there := g.keys(t, bucket)[target.state+lockKey]; there {
				t.Error("the lock was left")
			}
		})
	}
}

func TestS3Headers(t *testing.T) {
	t.Parallel()
	g := store(t)
	bucket := g.make(t, "book/")
	target := at(t, g, bucket, nil, func(o *Options) { o.Compress = true })
	site := tree{"index.html": strings.Repeat("<p>text</p>\n", 500), "feed.xml": "<feed/>", "plan.ics": "BEGIN:VCALENDAR", "deck.PDF": "%PDF", "x.json": "{}", "f.woff2": "f", "raw": "?"}
	style := site.asset("style", ".css", strings.Repeat("p{}\n", 500))
	site["fake.0123456789.css"] = "not named after its content"
	must[*plan](t)(target.publish(t.Context(), site.release("r1"), false, nil))
	for p, want := range map[string][2]string{
		"index.html": {"text/html; charset=utf-8", "no-cache"}, "feed.xml": {"application/atom+xml; charset=utf-8", "no-cache"},
		"plan.ics": {"text/calendar; charset=utf-8", "no-cache"}, "deck.PDF": {"application/pdf", "no-cache"},
		"x.json": {"application/json", "no-cache"}, "f.woff2": {"font/woff2", "no-cache"}, "raw": {"application/octet-stream", "no-cache"},
		style: {"text/css; charset=utf-8", "max-age=31536000, immutable"}, "fake.0123456789.css": {"text/css; charset=utf-8", "no-cache"},
	} {
		r, err := http.NewRequest("GET", "http://"+g.addr+"/"+bucket+"/book/"+p, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", "gzip") // said by hand, so that it is not undone
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		data, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		h := resp.Header
		if h.Get("Content-Type") != want[0] || h.Get("Cache-Control") != want[1] {
			t.Errorf("%s: %q, %q", p, h.Get("Content-Type"), h.Get("Cache-Control"))
		}
		if small := p == "index.html" || p == style; (h.Get("Content-Encoding") == "gzip") != small || small && len(data) > 300 {
			t.Errorf("%s: encoding %q, %d bytes", p, h.Get("Content-Encoding"), len(data))
		}
	}
	// For readers the same as before.
	g.whole(t, bucket, "book/", site)
	// Taking compression away changes how it is kept, not what is read.
	plain := at(t, g, bucket, nil, nil)
	must[*plan](t)(plain.publish(t.Context(), site.release("r2"), false, nil))
	g.whole(t, bucket, "book/", site)
	if _, _, h, _ := g.visit(bucket, "book/index.html"); h.Get("Content-Length") != fmt.Sprint(len(site["index.html"])) {
		t.Errorf("it is still compressed: %v", h)
	}
}

// TestS3Kept: old assets stay for those who still have an old page, content for
// those who want to return; what nobody needs goes.
func TestS3Kept(t *testing.T) {
	t.Parallel()
	g := store(t)
	bucket := g.make(t, "book/")
	g.put(t, bucket, "book.playbook/somebody.txt", "not ours")
	g.admin.RemoveObject(t.Context(), bucket, "book.playbook/somebody.txt", removeOptions)
	target := at(t, g, bucket, nil, func(o *Options) { o.Keep, o.Grace = 2, time.Nanosecond })
	style := func(n int) string {
		for p := range edition(n) {
			if strings.HasPrefix(p, "assets/style") {
				return p
			}
		}
		return ""
	}
	for n := 1; n <= 5; n++ {
		must[*plan](t)(target.publish(t.Context(), edition(n).release(fmt.Sprint("r", n)), false, nil))
		if n == 1 {
			// What somebody else keeps beside the site.
			g.put(t, bucket, "book/somebody.txt", "not ours")
			g.put(t, bucket, "book.playbook/somebody.txt", "not ours")
			g.put(t, bucket, "other/thing.txt", "not ours")
		}
	}
	g.whole(t, bucket, "book/", edition(5), style(3), style(2), style(1))
	g.whole(t, bucket, "book/", tree{style(4): edition(4)[style(4)], "somebody.txt": "not ours"})
	keys := g.keys(t, bucket)
	want := map[string]bool{"book/somebody.txt": true, "book.playbook/somebody.txt": true, "other/thing.txt": true, "book.playbook/site.json": true,
		"book.playbook/releases/r4": true, "book.playbook/releases/r5": true, "book/" + style(4): true}
	for _, n := range []int{4, 5} {
		for p, data := range edition(n) {
			want["book.playbook/blobs/"+source.Sum([]byte(data)).String()] = true
			if n == 5 {
				want["book/"+p] = true
			}
		}
	}
	for k := range keys {
		if !want[k] {
			t.Errorf("%s is still there", k)
		}
	}
	for k := range want {
		if _, ok := keys[k]; !ok {
			t.Errorf("%s is gone", k)
		}
	}

	// With a long grace all of them stay.
	long := at(t, g, bucket, nil, func(o *Options) { o.Keep, o.Grace = 1, time.Hour })
	for n := 6; n <= 8; n++ {
		must[*plan](t)(long.publish(t.Context(), edition(n).release(fmt.Sprint("r", n)), false, nil))
	}
	g.whole(t, bucket, "book/", tree{style(5): edition(5)[style(5)], style(6): edition(6)[style(6)]})
}

// TestS3Repairs: what was changed or removed in the bucket is put right.
func TestS3Repairs(t *testing.T) {
	t.Parallel()
	g := store(t)
	bucket := g.make(t, "book/")
	target := at(t, g, bucket, nil, nil)
	site := edition(1)
	must[*plan](t)(target.publish(t.Context(), site.release("r1"), false, nil))
	time.Sleep(1100 * time.Millisecond) // servers tell times in whole seconds
	same := bytes.Repeat([]byte("x"), len(site["plans/index.html"]))
	g.put(t, bucket, "book/plans/index.html", string(same))
	g.put(t, bucket, "book/index.html", "short")
	g.admin.RemoveObject(t.Context(), bucket, "book/404.html", removeOptions)
	g.admin.RemoveObject(t.Context(), bucket, "book.playbook/blobs/"+source.Sum([]byte(site["404.html"])).String(), removeOptions)

	_, found, err := target.verify(t.Context(), "")
	want := []s3Difference{{"404.html", "is not in the bucket"}, {"index.html", "differs in the bucket"}, {"plans/index.html", "differs in the bucket"}}
	if err != nil || !slices.Equal(found, want) {
		t.Errorf("verify: %v, %v", found, err)
	}
	// What readers get is asked too: here a web server that has gone astray.
	stray := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch p := strings.TrimPrefix(r.URL.Path, "/book/"); p {
		case "plans/same/":
			http.Redirect(w, r, "/sign-on", http.StatusFound)
		case "feed.xml":
			io.WriteString(w, "an old feed")
		default:
			if p == "" || strings.HasSuffix(p, "/") {
				p += "index.html"
			}
			io.WriteString(w, site[p])
		}
	}))
	defer stray.Close()
	_, found, err = target.verify(t.Context(), stray.URL+"/book/")
	want = append(want, s3Difference{"feed.xml", "differs at " + stray.URL + "/book/"}, s3Difference{"plans/same/index.html", "is answered with 302 at " + stray.URL + "/book/"})
	slices.SortFunc(want, func(a, b s3Difference) int { return strings.Compare(a.path, b.path) })
	if err != nil || !slices.Equal(found, want) {
		t.Errorf("verify: %v, %v, want %v", found, err, want)
	}
	p := must[*plan](t)(target.publish(t.Context(), site.release("r2"), false, nil))
	if len(p.place) != 3 || p.sent != 1 {
		t.Errorf("%d placed, %d sent, want 3 and 1", len(p.place), p.sent)
	}
	g.whole(t, bucket, "book/", site)
}

// TestS3Foreign: what others put into a bucket is never touched, and a bucket
// that is not ours is refused before anything is changed.
func TestS3Foreign(t *testing.T) {
	t.Parallel()
	g := store(t)
	refuse := func(t *testing.T, target *Target, bucket, part string) {
		t.Helper()
		before := g.keys(t, bucket)
		for _, dry := range []bool{true, false} {
			_, err := target.publish(t.Context(), edition(1).release("r1"), dry, nil)
			var e *Error
			if !errors.As(err, &e) || !e.usage || !strings.Contains(err.Error(), part) {
				t.Errorf("%v, want one of usage with %q", err, part)
			}
		}
		if after := g.keys(t, bucket); !maps.Equal(before, after) {
			t.Errorf("the bucket was changed: %v, %v", before, after)
		}
	}
	t.Run("others' objects", func(t *testing.T) {
		bucket := g.make(t, "")
		g.put(t, bucket, "book/photo.jpg", "holiday")
		refuse(t, at(t, g, bucket, nil, nil), bucket, `"book/photo.jpg"`)
		// Beside the prefix they do no harm.
		must[*plan](t)(at(t, g, bucket, nil, func(o *Options) { o.Prefix = "site" }).publish(t.Context(), edition(1).release("r1"), false, nil))
		g.whole(t, bucket, "", tree{"book/photo.jpg": "holiday"})
	})
	t.Run("others' objects and no prefix", func(t *testing.T) {
		bucket := g.make(t, "")
		g.put(t, bucket, "photo.jpg", "holiday")
		refuse(t, at(t, g, bucket, nil, func(o *Options) { o.Prefix = "" }), bucket, `"photo.jpg"`)
	})
	t.Run("another site", func(t *testing.T) {
		bucket := g.make(t, "")
		target := at(t, g, bucket, nil, nil)
		target.site = "another"
		must[*plan](t)(target.publish(t.Context(), edition(1).release("r1"), false, nil))
		refuse(t, at(t, g, bucket, nil, nil), bucket, `another site, "another"`)
	})
	t.Run("another layout", func(t *testing.T) {
		bucket := g.make(t, "")
		must[*plan](t)(at(t, g, bucket, nil, nil).publish(t.Context(), edition(1).release("r1"), false, nil))
		refuse(t, at(t, g, bucket, nil, func(o *Options) { o.Releases = true }), bucket, "releases = false")
	})
	t.Run("in the way", func(t *testing.T) {
		bucket := g.make(t, "")
		target := at(t, g, bucket, nil, nil)
		must[*plan](t)(target.publish(t.Context(), edition(1).release("r1"), false, nil))
		g.put(t, bucket, "book/new.html", "somebody else's")
		two := edition(2)
		two["new.html"] = "ours"
		before := g.keys(t, bucket)
		if _, err := target.publish(t.Context(), two.release("r2"), false, nil); !errors.Is(err, errForeign) || !strings.Contains(err.Error(), "book/new.html") {
			t.Errorf("%v", err)
		}
		if after := g.keys(t, bucket); !maps.Equal(before, after) {
			t.Errorf("the bucket was changed")
		}
	})
	t.Run("a mark that is none", func(t *testing.T) {
		bucket := g.make(t, "")
		g.put(t, bucket, "book.playbook/site.json", "{}")
		refuse(t, at(t, g, bucket, nil, nil), bucket, "no record of a site")
	})
}

// TestS3Errors: each is told in words, ends as it should, changes nothing and
// gives no secret away.
func TestS3Errors(t *testing.T) {
	t.Parallel()
	g := store(t)
	bucket := g.make(t, "")
	ok := at(t, g, bucket, nil, nil)
	must[*plan](t)(ok.publish(t.Context(), edition(1).release("r1"), false, nil))
	before := g.keys(t, bucket)
	answers := func(status int, code string) *wire {
		return &wire{base: roundTripper(func(r *http.Request) (*http.Response, error) { return answer(r, status, code), nil })}
	}
	for _, c := range []struct {
		name   string
		secret string
		change func(*Options)
		usage  bool
		want   string
	}{
		{"no such bucket", testSecret, func(o *Options) { o.Bucket = "elsewhere" }, true, `there is no bucket "elsewhere"`},
		{"a wrong secret", "wrong" + testSecret, nil, true, "finds the secret key wrong"},
		{"no server", testSecret, func(o *Options) { o.Endpoint, o.tries = "http://127.0.0.1:1", 1 }, false, "cannot reach 127.0.0.1:1"},
		{"no such host", testSecret, func(o *Options) { o.Endpoint = "http://nowhere.invalid" }, false, "nowhere.invalid"},
		{"TLS where there is none", testSecret, func(o *Options) { o.Endpoint = g.addr }, true, "does not speak TLS"},
		{"an unknown key", testSecret, func(o *Options) { o.base = answers(403, "InvalidAccessKeyId") }, true, "does not know the access key"},
		{"an expired token", testSecret, func(o *Options) { o.base, o.tries = answers(400, "ExpiredToken"), 1 }, false, "have expired"},
		{"clocks that differ", testSecret, func(o *Options) { o.base = answers(403, "RequestTimeTooSkewed") }, false, "clocks of this machine"},
		{"access denied", testSecret, func(o *Options) { o.base = answers(403, "AccessDenied") }, false, "denies access"},
		{"another region", testSecret, func(o *Options) { o.base = answers(400, "AuthorizationHeaderMalformed") }, true, "another region"},
		{"too much to do", testSecret, func(o *Options) { o.base, o.tries = answers(503, "SlowDown"), 1 }, false, "too much to do"},
		{"something else", testSecret, func(o *Options) { o.base, o.tries = answers(418, "ImATeapot"), 1 }, false, "ImATeapot"},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := at(t, g, bucket, nil, nil)
			o := target.o
			o.Credentials = keys(t, testKey, c.secret)
			if c.change != nil {
				c.change(&o)
			}
			target, err := openS3(o, "test-site", "tester")
			if err != nil {
				t.Fatal(err)
			}
			for _, do := range []func() error{
				func() error { _, err := target.publish(t.Context(), edition(2).release("r2"), false, nil); return err },
				func() error { _, err := target.publish(t.Context(), edition(2).release("r2"), true, nil); return err },
				func() error { _, err := target.rollback(t.Context(), "", false, nil); return err },
				func() error { _, _, err := target.verify(t.Context(), ""); return err },
			} {
				err := do()
				var e *Error
				if !errors.As(err, &e) || e.usage != c.usage || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v, want usage %t and %q", err, c.usage, c.want)
					continue
				}
				if text := e.msg + e.hint; strings.Contains(text, testSecret) || strings.Contains(text, testKey) || strings.Contains(text, "\n") {
					t.Errorf("a secret or a line break in %q", text)
				}
			}
		})
	}
	if after := g.keys(t, bucket); !maps.Equal(before, after) {
		t.Error("the bucket was changed")
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestS3Lock: one publisher at a time, and a dead one does not stand in the way.
func TestS3Lock(t *testing.T) {
	t.Parallel()
	g := store(t)
	bucket := g.make(t, "book/")
	target := at(t, g, bucket, nil, func(o *Options) { o.life = 400 * time.Millisecond })
	must[*plan](t)(target.publish(t.Context(), edition(1).release("r1"), false, nil))

	_, unlock, err := target.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second := at(t, g, bucket, nil, func(o *Options) { o.life = 400 * time.Millisecond })
	if _, err := second.publish(t.Context(), edition(2).release("r2"), false, nil); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "tester has been publishing") {
		t.Errorf("a second publisher: %v", err)
	}
	unlock()
	must[*plan](t)(second.publish(t.Context(), edition(2).release("r2"), false, nil))

	// One that died leaves a lock that nobody renews.
	g.put(t, bucket, "book.playbook/lock.json", `{"owner":"a dead one","token":"x"}`)
	must[*plan](t)(second.publish(t.Context(), edition(3).release("r3"), false, nil))
	g.whole(t, bucket, "book/", edition(3))

	// One that lost its lock while it slept changes nothing any more.
	held, unlock, err := target.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p := must[*plan](t)(target.plan(held, func(*s3State) (s3Release, error) { return s3Release{ID: "late"}, nil }))
	g.put(t, bucket, "book.playbook/lock.json", `{"owner":"another","token":"y"}`)
	select {
	case <-held.Done():
	case <-time.After(5 * time.Second):
		t.Error("it does not notice")
	}
	g.admin.RemoveObject(t.Context(), bucket, "book.playbook/lock.json", removeOptions)
	must[*plan](t)(second.publish(t.Context(), edition(4).release("r4"), false, nil))
	if err := target.carry(t.Context(), p, nil, nil); !errors.Is(err, ErrLocked) {
		t.Errorf("a late one: %v", err)
	}
	unlock()
	g.whole(t, bucket, "book/", edition(4))
}

// TestS3Faults breaks a publish at every request in turn, in every way: it does
// not arrive; it arrives and its answer is lost; it is denied; and all of these
// once, or from then on as when the process is killed.
func TestS3Faults(t *testing.T) {
	t.Parallel()
	g := store(t)
	before, after := edition(1), edition(2)
	for _, layout := range []struct {
		name   string
		change func(*Options)
		prefix func(id string) string
	}{
		{"in place", nil, func(string) string { return "book/" }},
		{"by releases", func(o *Options) { o.Releases = true }, func(id string) string { return "book/releases/" + id + "/" }},
	} {
		for _, mode := range []struct {
			name    string
			f       fault
			forever bool
			tries   int
		}{
			{"cut for ever", cut, true, 1}, {"lost for ever", lost, true, 1}, {"denied for ever", denied, true, 1},
			{"cut once", cut, false, 3}, {"lost once", lost, false, 3},
		} {
			if layout.change != nil && (mode.tries > 1 || mode.f == denied) {
				continue // the requests are the same
			}
			t.Run(layout.name+"/"+mode.name, func(t *testing.T) {
				t.Parallel()
				points, failures := 0, 0
				for n := 0; ; n++ {
					bucket := g.make(t, "")
					ok := at(t, g, bucket, nil, layout.change)
					must[*plan](t)(ok.publish(t.Context(), tree{"index.html": "the very first"}.release("r0"), false, nil))
					must[*plan](t)(ok.publish(t.Context(), before.release("r1"), false, nil))
					g.put(t, bucket, "book/somebody.txt", "not ours")
					var hit atomic.Bool
					w := &wire{fault: func(i int, r *http.Request) fault {
						if i == n || i > n && mode.forever {
							hit.Store(true)
							return mode.f
						}
						return none
					}}
					broken := at(t, g, bucket, w, func(o *Options) {
						o.tries, o.life = mode.tries, time.Hour // no renewals among the requests
						o.Keep, o.Grace = 1, 1                  // the first release goes
						if layout.change != nil {
							layout.change(o)
						}
					})
					_, err := broken.publish(t.Context(), after.release("r2"), false, nil)
					if !hit.Load() {
						if err != nil {
							t.Fatal(err)
						}
						break
					}
					points++
					if err != nil {
						failures++
						if strings.Contains(err.Error(), testSecret) {
							t.Fatalf("a secret in %v", err)
						}
						if !mode.forever && mode.tries > 1 {
							t.Errorf("request %d: %s: one fault was too much: %v", n, w.requests[n], err)
						}
					}
					if layout.change == nil {
						g.either(t, bucket, "book/", before, after)
					} else {
						_, current, _, _ := g.visit(bucket, "book/current")
						switch current {
						case "r1\n":
							g.whole(t, bucket, layout.prefix("r1"), before)
						case "r2\n":
							g.whole(t, bucket, layout.prefix("r2"), after)
						default:
							t.Errorf("the current release is %q", current)
						}
					}
					if !mode.forever {
						g.whole(t, bucket, "book/", after, "plans/only-1/index.html")
						if t.Failed() {
							t.Fatalf("at request %d: %s", n, w.requests[n])
						}
						continue
					}
					// The same again, something newer still, or what was before.
					again, gone, id := after, []string{"plans/only-1/index.html"}, "r3"
					switch n % 3 {
					case 1:
						again, gone = edition(3), []string{"plans/only-1/index.html", "plans/only-2/index.html", "plans/emea/map-2.svg"}
					case 2:
						again, gone = before, []string{"plans/only-2/index.html", "plans/emea/map-2.svg"}
					}
					if _, err := ok.publish(t.Context(), again.release(id), false, nil); err != nil {
						t.Fatalf("request %d: %s: not mended: %v", n, w.requests[n], err)
					}
					if layout.change != nil {
						gone = nil
					}
					g.whole(t, bucket, layout.prefix(id), again, gone...)
					g.whole(t, bucket, "", tree{"book/somebody.txt": "not ours"})
					if n%3 == 0 {
						if _, err := ok.rollback(t.Context(), "r1", false, nil); err != nil {
							t.Fatalf("request %d: %s: no way back: %v", n, w.requests[n], err)
						}
						g.whole(t, bucket, layout.prefix("r1"), before)
					}
					if t.Failed() {
						t.Fatalf("at request %d: %s\n%s", n, w.requests[n], strings.Join(w.requests, "\n"))
					}
				}
				if points < 25 || mode.forever && failures < points*2/3 {
					t.Errorf("%d faults, of which %d failed: is the test looking?", points, failures)
				}
				t.Logf("%d faults, %d of which ended the publish", points, failures)
			})
		}
	}
}

// TestS3Readers: readers who poll while the site is published twenty times see
// each page old or new, and what it names.
func TestS3Readers(t *testing.T) {
	t.Parallel()
	g := store(t)
	bucket := g.make(t, "")
	target := at(t, g, bucket, nil, func(o *Options) { o.Keep, o.settle = 2, 50*time.Millisecond })
	must[*plan](t)(target.publish(t.Context(), edition(0).release("r0"), false, nil))
	const editions = 20
	known := make([]tree, editions+1)
	for n := range known {
		known[n] = edition(n)
	}
	var reads, missing, mixed, broken atomic.Int64
	stop, done := make(chan struct{}), make(chan struct{}, 3)
	for range cap(done) {
		go func() {
			defer func() { done <- struct{}{} }()
			last := map[string]int{}
			for {
				for _, p := range []string{"index.html", "404.html", "plans/index.html", "plans/emea/index.html", "plans/same/index.html", "feed.xml"} {
					select {
					case <-stop:
						return
					default:
					}
					status, body, _, err := g.visit(bucket, "book/"+p)
					reads.Add(1)
					if err != nil || status != 200 {
						t.Logf("%s: status %d, %v", p, status, err)
						missing.Add(1)
						continue
					}
					// Never half, never older than what was seen before.
					n := slices.IndexFunc(known[last[p]:], func(e tree) bool { return e[p] == body })
					if n < 0 {
						t.Logf("%s: %q", p, body)
						mixed.Add(1)
						continue
					}
					last[p] += n
					for _, m := range uses.FindAllStringSubmatch(body, -1) {
						if status, _, _, err := g.visit(bucket, "book/"+m[1]); err != nil || status != 200 {
							t.Logf("%s names %s: status %d, %v", p, m[1], status, err)
							broken.Add(1)
						}
					}
				}
			}
		}()
	}
	for n := 1; n <= editions; n++ {
		must[*plan](t)(target.publish(t.Context(), known[n].release(fmt.Sprint("r", n)), false, nil))
	}
	close(stop)
	for range cap(done) {
		<-done
	}
	t.Logf("%d reads: %d missing, %d mixed, %d broken", reads.Load(), missing.Load(), mixed.Load(), broken.Load())
	if missing.Load()+mixed.Load()+broken.Load() > 0 || reads.Load() < 200 {
		t.Errorf("%d reads: %d missing, %d mixed, %d broken", reads.Load(), missing.Load(), mixed.Load(), broken.Load())
	}
	g.whole(t, bucket, "book/", known[editions])
}

// TestS3Travel: of 10,000 pages with 10 changed only those and the manifest
// travel.
func TestS3Travel(t *testing.T) {
	t.Parallel()
	pages := 10_000
	if testing.Short() {
		pages = 1000
	}
	g := store(t)
	bucket := g.make(t, "book/")
	w := &wire{}
	target := at(t, g, bucket, w, func(o *Options) { o.life = time.Minute })
	site := tree{}
	style := site.asset("style", ".css", "p{}")
	for n := range pages {
		site[fmt.Sprintf("s%02d/p%04d/index.html", n/200, n)] = fmt.Sprintf("<!doctype html><link href=\"/%s\"><p>%s %d</p>", style, strings.Repeat("word ", 100), n)
	}
	began := time.Now()
	must[*plan](t)(target.publish(t.Context(), site.release("r1"), false, nil))
	first := time.Since(began)
	for n := range 10 {
		site[fmt.Sprintf("s%02d/p%04d/index.html", n*pages/10/200, n*pages/10)] += "changed"
	}
	w.requests, w.sent = nil, 0
	began = time.Now()
	p := must[*plan](t)(target.publish(t.Context(), site.release("r2"), false, nil))
	second := time.Since(began)
	count := map[string]int{}
	for _, r := range w.requests {
		what, key, _ := strings.Cut(r, " ")
		key = strings.TrimPrefix(key, "/"+bucket+"/")
		if i := strings.Index(key, "blobs/"); i >= 0 {
			key = key[:i+6]
		}
		if strings.HasPrefix(key, "book/s") {
			key = "book/"
		}
		count[what+" "+key]++
	}
	manifest, _, err := encodeRelease(p.release.loaded)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("first publish %v; second %v, %d requests, %d bytes sent, of which the manifest is %d: %v", first, second, len(w.requests), w.sent, len(manifest), count)
	if count["PUT book.playbook/blobs/"] != 10 || count["COPY book/"] != 10 || p.sent != 10 || p.changed != 10 || p.added != 0 {
		t.Errorf("%v, %d sent, %d changed, %d added", count, p.sent, p.changed, p.added)
	}
	if most := int64(len(manifest) + 10*1000 + 10_000); w.sent > most {
		t.Errorf("%d bytes were sent, at most %d should be", w.sent, most)
	}
	// Nothing changed: nothing travels but the manifest.
	w.requests, w.sent = nil, 0
	p = must[*plan](t)(target.publish(t.Context(), site.release("r3"), false, nil))
	if p.sent != 0 || len(p.place) != 0 {
		t.Errorf("nothing changed, and %d were sent, %d placed", p.sent, len(p.place))
	}
	began = time.Now()
	n, found, err := target.verify(t.Context(), "")
	t.Logf("verify %v", time.Since(began))
	if err != nil || n != len(site) || len(found) > 0 {
		t.Errorf("%d, %v, %v", n, found, err)
	}
}

// TestS3Order: no page names what is not there yet.
func TestS3Order(t *testing.T) {
	target := &Target{o: Options{Prefix: "book/", Keep: 1}}
	before, after := edition(1), edition(2)
	before["search.json"], after["search.json"] = "1", "2"
	state := func(s tree, id string) s3Release {
		r := s3Release{ID: id}
		for _, e := range s.release(id).files {
			r.loaded = append(r.loaded, s3File{Entry: e, stored: e.Size})
		}
		return r
	}
	p := &plan{state: &s3State{Current: "r1", Releases: []s3Release{state(before, "r1")}}, release: state(after, "r2")}
	there := map[string]object{}
	for path, data := range before {
		there[path] = object{size: int64(len(data))}
	}
	target.compare(p, time.Now(), there, map[string]object{})
	var got []string
	for _, pl := range p.place {
		got = append(got, fmt.Sprintf("%02d %s", pl.phase, p.release.loaded[pl.file].Path))
	}
	want := []string{
		"00 assets/style." + source.Sum([]byte("p { order: 2 }")).String()[:10] + ".css",
		"01 plans/emea/map-2.svg",
		"02 plans/only-2/index.html",
		"03 search.json",
		"92 plans/emea/index.html", "92 plans/umlaut-ä und ß/index.html", "93 plans/index.html", "94 index.html", "95 404.html", "95 feed.xml",
	}
	slices.SortFunc(got, cmp.Compare[string])
	if !slices.Equal(got, want) {
		t.Errorf("placed\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if want := []string{"plans/emea/map-1.svg", "plans/only-1/index.html"}; !slices.Equal(p.remove, want) {
		t.Errorf("removed %v, want %v", p.remove, want)
	}
}

// manual returns what the README shows from the line that begins with start.
func manual(t *testing.T, language, start string) string {
	t.Helper()
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(readme), "```"+language+"\n"+start)
	text, _, ok := strings.Cut(text, "```")
	if !ok {
		t.Fatalf("the README shows no %s with %q", language, start)
	}
	return start + text
}

// TestS3LeastRights: the policy in the README is enough to publish, return and
// verify, and to read; and it gives no more.
func TestS3LeastRights(t *testing.T) {
	t.Parallel()
	g := store(t)
	g.user(t, "publisher", "publisher-secret")
	policy := manual(t, "json", "{\n  \"Version\"")
	if err := g.admin.MakeBucket(t.Context(), "intranet", minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	allow := func(address string) {
		t.Helper()
		if err := g.admin.SetBucketPolicy(t.Context(), "intranet", strings.Replace(policy, "10.0.0.7/32", address, 1)); err != nil {
			t.Fatal(err)
		}
	}
	allow("127.0.0.1/32")
	publisher := at(t, g, "intranet", nil, func(o *Options) {
		o.Prefix, o.Credentials, o.Keep, o.Grace = "handbook", keys(t, "publisher", "publisher-secret"), 2, 1
	})
	for n := 1; n <= 4; n++ {
		must[*plan](t)(publisher.publish(t.Context(), edition(n).release(fmt.Sprint("r", n)), false, nil))
	}
	must[*plan](t)(publisher.rollback(t.Context(), "", false, nil))
	if _, found, err := publisher.verify(t.Context(), ""); err != nil || len(found) > 0 {
		t.Errorf("%v, %v", found, err)
	}
	if _, err := publisher.b.put(t.Context(), "other/index.html", nil, headers{}, condition{}); code(err) != "AccessDenied" {
		t.Errorf("the publisher writes elsewhere: %v", err)
	}
	g.whole(t, "intranet", "handbook/", edition(3))
	status := func(key string) int {
		t.Helper()
		status, _, _, err := g.visit("intranet", key)
		if err != nil {
			t.Error(err)
		}
		return status
	}
	if got := status("handbook.playbook/site.json"); got != 403 {
		t.Errorf("the record is answered with %d", got)
	}
	allow("192.0.2.1/32")
	if got := status("handbook/index.html"); got != 403 {
		t.Errorf("a page is answered with %d to others than the web server", got)
	}
}

// TestS3Nginx: the web server as the README has it serves what was published.
func TestS3Nginx(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("NOT TESTED behind nginx: it is not installed")
	}
	g := store(t)
	if err := g.admin.MakeBucket(t.Context(), "intranet", minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::intranet/handbook/*"]}]}`
	if err := g.admin.SetBucketPolicy(t.Context(), "intranet", policy); err != nil {
		t.Fatal(err)
	}
	addr := free(t)
	dir := t.TempDir()
	conf := fmt.Sprintf("daemon off; pid %[1]s/pid; error_log stderr; worker_processes 1;\nevents {}\nhttp {\naccess_log off; client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;\nserver {\nlisten %[2]s;\n%[3]s}\n}\n",
		dir, addr, strings.Replace(manual(t, "nginx", "location / {\n    rewrite"), "https://s3.example.com", "http://"+g.addr, 1))
	if err := os.WriteFile(filepath.Join(dir, "conf"), []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	c := exec.Command(program, "-p", dir, "-c", filepath.Join(dir, "conf"))
	c.Stderr = &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Signal(os.Interrupt); c.Wait() })

	target := at(t, g, "intranet", nil, func(o *Options) { o.Prefix, o.Compress = "handbook", true })
	site := edition(1)
	site["404.html"] = "<!doctype html><p>there is no such page</p>"
	site["long.txt"] = strings.Repeat("a line like the others\n", 1000)
	must[*plan](t)(target.publish(t.Context(), site.release("r1"), false, nil))
	url := "http://" + addr + "/"
	for range 100 {
		if _, err = http.Get(url); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	n, found, err := target.verify(t.Context(), url)
	if err != nil || n != len(site) || len(found) > 0 {
		t.Errorf("%d files, %v, %v\n%s", n, found, err, &log)
	}
	r, err := http.Get(url + "nowhere/")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(r.Body)
	r.Body.Close()
	if string(body) != site["404.html"] || r.StatusCode != 404 {
		t.Errorf("what is not there is answered with %d, %.100q", r.StatusCode, body)
	}
}

// free is an address at which nobody listens.
func free(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestS3Content: files of every size and name arrive as they are, and one that
// changes under our hands does not.
func TestS3Content(t *testing.T) {
	t.Parallel()
	g := store(t)
	bucket := g.make(t, "book/")
	for _, compress := range []bool{false, true} {
		target := at(t, g, bucket, nil, func(o *Options) { o.Compress = compress })
		site := tree{
			"index.html": "<p>front</p>", "empty.txt": "", "same-1.txt": "twice the same", "same-2.txt": "twice the same", "same-2.html": "twice the same",
			"film.mp4":                          strings.Repeat("0123456789abcdef", s3InMemory/16+1),
			"a+b & c=d/100%/e;f@g,h'i(j)!.html": "a name", "日本語/ключ.html": "another",
		}
		must[*plan](t)(target.publish(t.Context(), site.release(fmt.Sprint("r", compress)), false, nil))
		n, found, err := target.verify(t.Context(), "")
		if err != nil || n != len(site) || len(found) > 0 {
			t.Errorf("%d, %v, %v", n, found, err)
		}
		before := g.keys(t, bucket)
		for _, p := range []string{"film.mp4", "index.html"} {
			site[p] += "!"
			changed := site.release("late")
			site[p] = site[p][:len(site[p])-1] + "?"
			if _, err := target.publish(t.Context(), changed, false, nil); err == nil || !strings.Contains(err.Error(), p+" was changed while it was published") {
				t.Errorf("%s: %v", p, err)
			}
		}
		after := g.keys(t, bucket)
		for k, tag := range before {
			if after[k] != tag && strings.HasPrefix(k, "book/") {
				t.Errorf("%s was changed", k)
			}
		}
	}
}

// TestS3Throttled: a server that has too much to do is waited for.
func TestS3Throttled(t *testing.T) {
	t.Parallel()
	g := store(t)
	bucket := g.make(t, "book/")
	w := &wire{fault: func(n int, r *http.Request) fault {
		if n%4 == 1 {
			return slow
		}
		return none
	}}
	target := at(t, g, bucket, w, func(o *Options) { o.life = time.Hour })
	for n := 1; n <= 2; n++ {
		must[*plan](t)(target.publish(t.Context(), edition(n).release(fmt.Sprint("r", n)), false, nil))
	}
	g.whole(t, bucket, "book/", edition(2))
}

// TestS3Interrupted: who interrupts gets an end at once, and leaves no lock.
func TestS3Interrupted(t *testing.T) {
	t.Parallel()
	g := store(t)
	bucket := g.make(t, "book/")
	must[*plan](t)(at(t, g, bucket, nil, nil).publish(t.Context(), edition(1).release("r1"), false, nil))
	ctx, cancel := context.WithCancel(t.Context())
	w := &wire{fault: func(n int, r *http.Request) fault {
		if r.Header.Get("X-Amz-Copy-Source") != "" {
			cancel()
		}
		return none
	}}
	_, err := at(t, g, bucket, w, func(o *Options) { o.life = time.Hour }).publish(ctx, edition(2).release("r2"), false, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, there := g.keys(t, bucket)["book.playbook/lock.json"]; there {
		t.Error("the lock was left")
	}
	g.either(t, bucket, "book/", edition(1), edition(2))
}

// TestS3Credentials: where they are looked for, and that none is shown.
func TestS3Credentials(t *testing.T) {
	home := t.TempDir()
	for _, v := range []string{"AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_CONFIG_FILE",
		"AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		t.Setenv(v, "")
	}
	t.Setenv("HOME", home)
	o := Options{Endpoint: "https://store.example", Bucket: "b"}
	fails := func(o Options, want string) {
		t.Helper()
		_, err := openS3(o, "site", "me")
		var e *Error
		if !errors.As(err, &e) || !e.usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
			return
		}
		if strings.Contains(e.msg+e.hint, testSecret) {
			t.Errorf("a secret in %v", err)
		}
	}
	who := func(o Options) string {
		t.Helper()
		target, err := openS3(o, "site", "me")
		if err != nil {
			t.Error(err)
			return ""
		}
		return target.b.secrets[2]
	}
	fails(o, "there are no credentials")
	if err := os.Mkdir(filepath.Join(home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	shared := filepath.Join(home, ".aws", "credentials")
	write := func(text string) {
		if err := os.WriteFile(shared, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("[other]\naws_access_key_id = OTHER\naws_secret_access_key = " + testSecret + "\n")
	fails(o, "there are no credentials")
	other := o
	other.Profile = "other"
	if got := who(other); got != "OTHER" {
		t.Errorf("the profile's key is %q", got)
	}
	other.Profile = "third"
	fails(other, `the profile "third" of the shared credentials file holds no key`)
	write("[default]\naws_access_key_id = SHARED\naws_secret_access_key = " + testSecret + "\n")
	if got := who(o); got != "SHARED" {
		t.Errorf("the shared file's key is %q", got)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "ENVIRONMENT")
	t.Setenv("AWS_SECRET_ACCESS_KEY", testSecret)
	if got := who(o); got != "ENVIRONMENT" {
		t.Errorf("the environment's key is %q", got)
	}
	named := o
	named.Credentials = keys(t, "NAMED", testSecret)
	if got := who(named); got != "NAMED" {
		t.Errorf("the named file's key is %q", got)
	}
	named.Credentials = "~/nothing"
	fails(named, "the file ~/nothing is not there")
	write("aws_secret_access_key " + testSecret + "\n")
	named.Credentials = "~/.aws/credentials"
	fails(named, "the file ~/.aws/credentials holds no key")
	for endpoint, want := range map[string]string{
		"https://user:" + testSecret + "@store.example": "holds a user name", "ftp://store.example": "no address", "https://store.example/path": "no address", "": "no address", "https://": "no address",
	} {
		bad := named
		bad.Credentials, bad.Endpoint = keys(t, "NAMED", testSecret), endpoint
		fails(bad, want)
	}
	for prefix := range map[string]bool{"a/../b": true, "a//b": true, "a\x00b": true} {
		bad := o
		bad.Prefix = prefix
		fails(bad, "no prefix of keys")
	}
}
