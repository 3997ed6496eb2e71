package objectstore

import (
	"cmp"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	neturl "net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"playbook/generator/source"
)

// s3Difference is a file that is not as the manifest says.
type s3Difference struct{ path, what string }

// verify compares what the bucket holds, and what url serves if it is not "",
// with the manifest of the current release.
func (t *Target) verify(ctx context.Context, url string) (files int, found []s3Difference, err error) {
	s, tag, _, err := t.read(ctx)
	if err != nil {
		return 0, nil, err
	}
	r := s.release(s.Current)
	if tag == "" || r == nil {
		return 0, nil, s3Wrong(fmt.Sprintf("nothing was published to the bucket %q", t.b.name), "")
	}
	list := []s3Release{*r}
	if err := t.load(ctx, list); err != nil {
		return 0, nil, err
	}
	all := list[0].loaded
	var mu sync.Mutex
	tell := func(path, what string) {
		mu.Lock()
		defer mu.Unlock()
		found = append(found, s3Difference{path, what})
	}
	err = s3Each(ctx, len(all), s3Workers, func(ctx context.Context, i int) error {
		f := &all[i]
		same := false
		err := t.b.read(ctx, t.o.Prefix+t.slot(s.Current)+f.Path, func(r io.Reader) (err error) {
			if f.gzip {
				if r, err = gzip.NewReader(r); err != nil {
					return nil
				}
			}
			same, err = equal(r, f.Digest)
			if f.gzip && err != nil && ctx.Err() == nil {
				return nil
			}
			return err
		})
		switch {
		case missing(err):
			tell(f.Path, "is not in the bucket")
		case err != nil:
			return t.b.explain("reading "+f.Path, err)
		case !same:
			tell(f.Path, "differs in the bucket")
		}
		if url == "" {
			return nil
		}
		what, err := served(ctx, url, f)
		if what != "" {
			tell(f.Path, what)
		}
		return err
	})
	slices.SortFunc(found, func(a, b s3Difference) int {
		return cmp.Or(strings.Compare(a.path, b.path), strings.Compare(a.what, b.what))
	})
	return len(all), found, err
}

// served compares a file with what readers get at url, and says how it differs.
func served(ctx context.Context, url string, f *s3File) (what string, err error) {
	path := f.Path
	if path == "index.html" || strings.HasSuffix(path, "/index.html") {
		path = strings.TrimSuffix(path, "index.html") // as links name it
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(url, "/")+"/"+(&neturl.URL{Path: path}).EscapedPath(), nil)
	if err != nil {
		return "", s3Wrong(fmt.Sprintf("%q is no address of a site", url), "write it as https://HOST/PATH/")
	}
	// What leads elsewhere is mostly a page to sign on, never the file.
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: time.Minute}
	resp, err := client.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return "", s3Failed(err, fmt.Sprintf("cannot reach %s", url), "see url in the configuration, and the network")
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Sprintf("is answered with %d at %s", resp.StatusCode, url), nil
	}
	same, err := equal(resp.Body, f.Digest)
	if err != nil || !same {
		return "differs at " + url, context.Cause(ctx)
	}
	return "", nil
}

// equal reports whether what r gives has the digest.
func equal(r io.Reader, d source.Digest) (bool, error) {
	h := source.NewSum()
	if _, err := io.Copy(h, r); err != nil {
		return false, err
	}
	return source.SumOf(h) == d, nil
}
