package objectstore

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// The object store that the tests run against.
const (
	gatewayModule = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"
	testKey       = "AKIATESTTESTTESTTEST"
	testSecret    = "never-to-be-seen-in-any-output-0123456789"
)

// gateway is a running object store.
type gateway struct {
	addr   string
	path   string // of its program
	admin  *minio.Client
	bucket int
	mu     sync.Mutex
}

// store starts an object store for the test. Where CI is set it must be there;
// elsewhere a test without it is skipped, and says how to get it.
func store(t testing.TB) *gateway {
	t.Helper()
	program, err := gatewayProgram()
	var g *gateway
	if err == nil {
		var stop func()
		if g, stop, err = startGateway(program); err == nil {
			t.Cleanup(stop)
		}
	}
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("no object store to test against: %v", err)
		}
		t.Skipf("NOT TESTED against an object store: %v", err)
	}
	return g
}

// gatewayProgram is the built server, kept between runs.
func gatewayProgram() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	_, version, _ := strings.Cut(gatewayModule, "@")
	dir := filepath.Join(cache, "playbook-test", "versitygw-"+version)
	program := filepath.Join(dir, "versitygw")
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	if os.Getenv("CI") == "" {
		return "", fmt.Errorf("CI=true go test installs one, or: GOBIN=%s go install %s", dir, gatewayModule)
	}
	// Built beside its place, so that a build that dies leaves none.
	part, err := os.MkdirTemp("", "versitygw")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(part)
	c := exec.Command("go", "install", gatewayModule)
	c.Dir, c.Env = part, append(os.Environ(), "GOBIN="+part, "GOFLAGS=")
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go install %s: %w\n%s", gatewayModule, err, out)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := os.Rename(filepath.Join(part, "versitygw"), program); err != nil {
		return filepath.Join(part, "versitygw"), copyProgram(filepath.Join(part, "versitygw"), program)
	}
	return program, nil
}

func copyProgram(from, to string) error {
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o755)
	}
	return err
}

func startGateway(program string) (*gateway, func(), error) {
	// On memory where there is such a place: the figures are the program's.
	dir, err := os.MkdirTemp("/dev/shm", "playbook-s3")
	if err != nil {
		if dir, err = os.MkdirTemp("", "playbook-s3"); err != nil {
			return nil, nil, err
		}
	}
	for _, d := range []string{"data", "meta", "iam"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			return nil, nil, err
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	addr := l.Addr().String()
	l.Close()
	var log bytes.Buffer
	c := exec.Command(program, "--port", addr, "--keep-alive", "--quiet", "--iam-dir", filepath.Join(dir, "iam"), "--iam-cache-disable", "posix", "--sidecar", filepath.Join(dir, "meta"), filepath.Join(dir, "data"))
	c.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+testKey, "ROOT_SECRET_KEY="+testSecret)
	c.Stdout, c.Stderr = &log, &log
	if err := c.Start(); err != nil {
		return nil, nil, err
	}
	stop := func() {
		c.Process.Kill()
		c.Wait()
		os.RemoveAll(dir)
	}
	admin, err := minio.New(addr, &minio.Options{Creds: credentials.NewStaticV4(testKey, testSecret, ""), Region: "us-east-1", BucketLookup: minio.BucketLookupPath})
	if err != nil {
		stop()
		return nil, nil, err
	}
	for range 200 {
		if _, err = admin.ListBuckets(context.Background()); err == nil {
			return &gateway{addr: addr, path: program, admin: admin}, stop, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	return nil, nil, fmt.Errorf("the object store does not come up: %w\n%s", err, &log)
}

var removeOptions minio.RemoveObjectOptions

// make makes a bucket whose objects below prefix anybody may read, as a web
// server in front of it does.
func (g *gateway) make(t testing.TB, prefix string) string {
	t.Helper()
	g.mu.Lock()
	g.bucket++
	name := fmt.Sprintf("site-%d", g.bucket)
	g.mu.Unlock()
	if err := g.admin.MakeBucket(t.Context(), name, minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::%s/%s*"]}]}`, name, prefix)
	if err := g.admin.SetBucketPolicy(t.Context(), name, policy); err != nil {
		t.Fatal(err)
	}
	return name
}

// user makes an account that has no rights of its own.
func (g *gateway) user(t testing.TB, key, secret string) {
	t.Helper()
	c := exec.Command(g.path, "admin", "create-user", "--access", key, "--secret", secret, "--role", "user")
	c.Env = append(os.Environ(), "ADMIN_ACCESS_KEY="+testKey, "ADMIN_SECRET_KEY="+testSecret, "ADMIN_ENDPOINT_URL=http://"+g.addr)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// put puts an object of somebody else into a bucket.
func (g *gateway) put(t testing.TB, bucket, key, data string) {
	t.Helper()
	if _, err := g.admin.PutObject(t.Context(), bucket, key, strings.NewReader(data), int64(len(data)), minio.PutObjectOptions{}); err != nil {
		t.Fatal(err)
	}
}

// keys are all keys of a bucket with their tags.
func (g *gateway) keys(t testing.TB, bucket string) map[string]string {
	t.Helper()
	keys := map[string]string{}
	for o := range g.admin.ListObjectsIter(t.Context(), bucket, minio.ListObjectsOptions{Recursive: true}) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
		keys[o.Key] = o.ETag
	}
	return keys
}

// visit reads what anybody may read at a key, as the web server does.
func (g *gateway) visit(bucket, key string) (status int, body string, head http.Header, err error) {
	r, err := http.Get("http://" + g.addr + "/" + bucket + "/" + key)
	if err != nil {
		return 0, "", nil, err
	}
	defer r.Body.Close()
	data, err := io.ReadAll(r.Body)
	return r.StatusCode, string(data), r.Header, err
}

// wire is the way to the object store, on which a test counts and cuts.
type wire struct {
	base http.RoundTripper

	mu       sync.Mutex
	requests []string // method and key, or method and query
	sent     int64    // bytes of bodies
	// fault, if not nil, is asked before each request. A fault that says lost
	// lets the request arrive and loses the answer.
	fault func(n int, r *http.Request) (f fault)
}

type fault int

const (
	none   fault = iota
	cut          // the request does not arrive
	lost         // it arrives, the answer does not
	denied       // the server says no
	slow         // the server asks to come again later
)

// answer is one of a server that fails, and tells what it should not.
func answer(r *http.Request, status int, code string) *http.Response {
	body := fmt.Sprintf(`<?xml version="1.0"?><Error><Code>%s</Code><Message>key %s, secret %s</Message><Region>eu-central-1</Region></Error>`, code, testKey, testSecret)
	return &http.Response{StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/xml"}},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r}
}

// plainTransport leaves bodies as they are kept.
var plainTransport = &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 2 * s3Workers}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	n := len(w.requests)
	what := r.Method + " " + r.URL.Path
	if r.URL.RawQuery != "" {
		q := r.URL.Query()
		switch {
		case q.Has("list-type"):
			what = "LIST " + q.Get("prefix")
		case q.Has("delete"):
			what = "DELETE several"
		}
	}
	if r.Header.Get("X-Amz-Copy-Source") != "" {
		what = "COPY " + r.URL.Path
	}
	w.requests = append(w.requests, what)
	w.sent += max(0, r.ContentLength)
	f := none
	if w.fault != nil {
		f = w.fault(n, r)
	}
	w.mu.Unlock()
	switch f {
	case cut:
		return nil, io.ErrUnexpectedEOF
	case denied:
		return answer(r, 403, "AccessDenied"), nil
	case slow:
		return answer(r, 503, "SlowDown"), nil
	}
	base := w.base
	if base == nil {
		base = plainTransport
	}
	resp, err := base.RoundTrip(r)
	if f == lost && err == nil {
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		return nil, io.ErrUnexpectedEOF
	}
	return resp, err
}
