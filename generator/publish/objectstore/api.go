package objectstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"playbook/generator/output"
)

// Open prepares a target for the site that is called so; owner says who
// publishes. It sends nothing.
func Open(o Options, site, owner string) (*Target, error) { return openS3(o, site, owner) }

// Site is a made site.
type Site struct {
	ID    string         // of the release
	At    time.Time      // of the publish
	Files []output.Entry // sorted by path
	Open  func(path string) (io.ReadCloser, error)
}

// Change is what a publish did, or would do.
type Change struct {
	From, To              string // ids of releases, From "" at first
	Same                  bool   // the release in service was this site already
	Sent                  int    // files whose content was sent
	Added, Changed, Files int
	Removed               []string // paths
	Dropped               []string // ids of releases that are kept no longer
	Bytes                 int64    // sent
}

// Progress is told how many files of how many were sent, and their bytes.
type Progress = func(done, of int, bytes int64)

// Publish makes a site what readers see; with dry set it says what that would
// take. A target that holds nothing is refused unless first says so: it may be the
// wrong one.
func (t *Target) Publish(ctx context.Context, s Site, first, dry bool, told Progress) (Change, error) {
	state, tag, _, err := t.read(ctx)
	if err != nil {
		return Change{}, err
	}
	if tag == "" && !first {
		return Change{}, s3Wrong(fmt.Sprintf("nothing was published to the bucket %q below %q yet", t.b.name, t.o.Prefix), "if this is the right place, say so once with --first")
	}
	if now := state.release(state.Current); now != nil && len(state.Pending) == 0 {
		same := []s3Release{*now}
		if err := t.load(ctx, same); err != nil {
			return Change{}, err
		}
		if slices.EqualFunc(same[0].loaded, s.Files, func(f s3File, e output.Entry) bool { return f.Entry == e }) {
			return Change{From: now.ID, To: now.ID, Same: true, Files: now.Files}, nil
		}
	}
	p, err := t.publish(ctx, site{id: s.ID, at: s.At, files: s.Files, open: s.Open}, dry, told)
	if err != nil {
		return Change{}, err
	}
	return changeOf(state.Current, p), nil
}

func changeOf(from string, p *plan) Change {
	return Change{From: from, To: p.release.ID, Sent: p.sent, Added: p.added, Changed: p.changed, Files: p.release.Files, Removed: p.remove, Dropped: p.drop, Bytes: p.bytes}
}

// Rollback makes the release of that id what readers see, or the one before the
// one in service if id is "".
func (t *Target) Rollback(ctx context.Context, id string, told Progress) (Release, error) {
	p, err := t.rollback(ctx, id, false, told)
	if err != nil {
		return Release{}, err
	}
	return releaseOf(p.release, p.release.ID), nil
}

// Release is a site as it was published once.
type Release struct {
	ID      string
	Current bool
	Files   int
	Bytes   int64
	List    []output.Entry // only where Verify gives it
}

func releaseOf(r s3Release, current string) Release {
	return Release{ID: r.ID, Current: r.ID == current, Files: r.Files, Bytes: r.Bytes}
}

// Releases lists what is kept, newest first.
func (t *Target) Releases(ctx context.Context) ([]Release, error) {
	s, _, _, err := t.read(ctx)
	if err != nil {
		return nil, err
	}
	var out []Release
	for _, r := range slices.Backward(s.Releases) {
		out = append(out, releaseOf(r, s.Current))
	}
	return out, nil
}

// Verify compares what the bucket holds with the manifest of the release in
// service. wrong says of each path that differs how.
func (t *Target) Verify(ctx context.Context) (r Release, wrong [][2]string, err error) {
	_, found, err := t.verify(ctx, "")
	if err != nil {
		return r, nil, err
	}
	s, _, _, err := t.read(ctx)
	if err != nil {
		return r, nil, err
	}
	now := s.release(s.Current)
	if now == nil {
		return r, nil, errors.New("somebody published meanwhile")
	}
	list := []s3Release{*now}
	if err := t.load(ctx, list); err != nil {
		return r, nil, err
	}
	r = releaseOf(*now, s.Current)
	for _, f := range list[0].loaded {
		r.List = append(r.List, f.Entry)
	}
	for _, d := range found {
		wrong = append(wrong, [2]string{d.path, d.what})
	}
	slices.SortFunc(wrong, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return r, wrong, nil
}

// Current returns the files of the release in service, sorted by path.
func (t *Target) Current(ctx context.Context) ([]output.Entry, error) {
	s, _, _, err := t.read(ctx)
	if err != nil {
		return nil, err
	}
	now := s.release(s.Current)
	if now == nil {
		return nil, nil
	}
	list := []s3Release{*now}
	if err := t.load(ctx, list); err != nil {
		return nil, err
	}
	out := make([]output.Entry, len(list[0].loaded))
	for i, f := range list[0].loaded {
		out[i] = f.Entry
	}
	return out, nil
}
