package publish

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/url"
	"strings"
	"time"

	"playbook/generator/output"
	"playbook/generator/publish/objectstore"
)

// storeHost publishes to a bucket.
type storeHost struct {
	t   Target
	env Env
	to  map[string]*objectstore.Target // by the site's identity
}

// openStore prepares to publish to a bucket; nothing is sent yet.
func openStore(_ context.Context, t Target, env Env) (Host, error) {
	h := &storeHost{t: t, env: env, to: map[string]*objectstore.Target{}}
	_, err := h.target(cmp.Or(t.Site, "-"))
	return h, err
}

func (h *storeHost) target(site string) (*objectstore.Target, error) {
	if t, ok := h.to[site]; ok {
		return t, nil
	}
	t := h.t
	o := objectstore.Options{Endpoint: cmp.Or(t.Endpoint, "https://s3.amazonaws.com"), Bucket: t.Bucket, Region: t.Region, Prefix: t.Prefix, PathStyle: pathStyle(t.Endpoint),
		CAFile: h.env.file(t.CAFile), Credentials: h.env.file(t.Credentials), Profile: t.Profile, Compress: t.Compress, Releases: t.Releases,
		Grace: time.Duration(t.GraceDays) * 24 * time.Hour, Keep: t.Keep}
	to, err := objectstore.Open(o, site, h.env.Owner)
	if err != nil {
		return nil, storeError(err)
	}
	h.to[site] = to
	return to, nil
}

// pathStyle tells whether the bucket stands in the path of addresses: Amazon wants
// it in the name of the host, others seldom have such names.
func pathStyle(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && u.Hostname() != "" && !strings.HasSuffix(u.Hostname(), ".amazonaws.com")
}

// storeError makes an error of the store one of ours.
func storeError(err error) error {
	var e *objectstore.Error
	switch {
	case err == nil || !errors.As(err, &e):
		return err
	case e.Usage():
		return &Refusal{Msg: e.Error(), Hint: e.Hint(), Err: err}
	case errors.Is(err, objectstore.ErrLocked):
		return &Failure{Msg: e.Error(), Hint: e.Hint(), Err: errors.Join(ErrLocked, err)}
	}
	return &Failure{Msg: e.Error(), Hint: e.Hint(), Err: err}
}

func (h *storeHost) progress() objectstore.Progress {
	if h.env.OnProgress == nil {
		return nil
	}
	return func(done, of int, bytes int64) {
		h.env.OnProgress(Progress{Stage: "sending", Files: done, Of: of, Bytes: bytes})
	}
}

func siteOf(s Site, env Env) objectstore.Site {
	entries := s.entries()
	open := make(map[string]func() (io.ReadCloser, error), len(s.Files))
	for _, f := range s.Files {
		open[f.Path] = f.Open
	}
	now := env.Now().UTC()
	return objectstore.Site{ID: ReleaseID(now, entries), At: now, Files: entries, Open: func(path string) (io.ReadCloser, error) { return open[path]() }}
}

func (h *storeHost) Releases(ctx context.Context, site string) ([]Release, error) {
	t, err := h.target(site)
	if err != nil {
		return nil, err
	}
	list, err := t.Releases(ctx)
	out := make([]Release, len(list))
	for i, r := range list {
		out[i] = Release{r.ID, r.Current, r.Files, r.Bytes}
	}
	return out, storeError(err)
}

func (h *storeHost) Plan(ctx context.Context, s Site, o Options) (Change, error) {
	t, err := h.target(s.Identity)
	if err != nil {
		return Change{}, err
	}
	c, err := t.Publish(ctx, siteOf(s, h.env), o.First, true, nil)
	if err != nil {
		return Change{}, storeError(err)
	}
	var old []output.Entry
	if c.From != "" {
		now, err := t.Current(ctx)
		if err != nil {
			return Change{}, storeError(err)
		}
		old = now
	}
	out := compare(old, s.entries())
	out.From, out.Send, out.Drop = c.From, c.Bytes, c.Dropped
	return out, nil
}

func (h *storeHost) Publish(ctx context.Context, s Site, o Options) (Result, error) {
	t, err := h.target(s.Identity)
	if err != nil {
		return Result{}, err
	}
	c, err := t.Publish(ctx, siteOf(s, h.env), o.First, false, h.progress())
	if err != nil {
		return Result{}, storeError(err)
	}
	r := Release{ID: c.To, Current: true, Files: c.Files}
	for _, f := range s.Files {
		r.Bytes += f.Size
	}
	return Result{Release: r, Same: c.Same, Sent: c.Sent, Kept: len(s.Files) - c.Sent, Linked: c.Added + c.Changed, Removed: len(c.Removed), Bytes: c.Bytes, Dropped: c.Dropped}, nil
}

func (h *storeHost) Rollback(ctx context.Context, site, id string) (Release, error) {
	t, err := h.target(site)
	if err != nil {
		return Release{}, err
	}
	r, err := t.Rollback(ctx, id, h.progress())
	return Release{r.ID, true, r.Files, r.Bytes}, storeError(err)
}

func (h *storeHost) Verify(ctx context.Context, site string) (Report, error) {
	t, err := h.target(site)
	if err != nil {
		return Report{}, err
	}
	r, wrong, err := t.Verify(ctx)
	if err != nil {
		return Report{}, storeError(err)
	}
	rep := Report{Release: Release{r.ID, true, r.Files, r.Bytes}, Files: r.List, Bytes: r.Bytes}
	for _, w := range wrong {
		rep.Wrong = append(rep.Wrong, Problem{w[0], w[1]})
	}
	return rep, nil
}

func (h *storeHost) Close() error { return nil }
