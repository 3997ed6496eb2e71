package publish

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"playbook/generator/output"
)

// VerifyWeb asks the web server at base for every file and compares what it sends
// with what was published: it is readers' own way to the site. The files that
// stand compressed beside others are the server's business.
func VerifyWeb(ctx context.Context, base string, files []output.Entry, env Env) ([]Problem, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	const workers = 16
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: workers, DisableCompression: true}}
	defer client.CloseIdleConnections()
	var mu sync.Mutex
	var wrong []Problem
	done := 0
	err = each(ctx, workers, len(files), func(i int) error {
		e := &files[i]
		if plain, ok := strings.CutSuffix(e.Path, ".gz"); ok {
			if _, beside := lookup(files, plain); beside {
				return nil
			}
		}
		what, err := ask(ctx, client, u.JoinPath(strings.Split(e.Path, "/")...).String(), e)
		if err != nil {
			return &Failure{Msg: fmt.Sprintf("%s does not answer: %v", base, err), Hint: "see whether the web server is up", Err: err}
		}
		mu.Lock()
		defer mu.Unlock()
		done++
		if what != "" {
			wrong = append(wrong, Problem{e.Path, what})
		}
		if env.OnProgress != nil {
			env.OnProgress(Progress{Stage: "asking the web server", Files: done, Of: len(files)})
		}
		return nil
	})
	slices.SortFunc(wrong, func(a, b Problem) int { return strings.Compare(a.Path, b.Path) })
	return wrong, err
}

// ask compares one file with what a server sends, and says what differs.
func ask(ctx context.Context, c *http.Client, at string, e *output.Entry) (what string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Accept-Encoding", "identity")
	req.Header.Set("Cache-Control", "no-cache")
	resp, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "is answered with " + resp.Status, nil
	}
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(resp.Body, e.Size+1))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	if n != e.Size || !digested(sum, e.Digest) {
		return "is sent otherwise than it was published", nil
	}
	return "", nil
}
