// Package objectstore publishes a site to anything that speaks S3: page by page,
// in an order in which no page names what is not there, and back.
package objectstore

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"playbook/generator/output"
	"playbook/generator/source"
)

// Options say where in an object store a site lies and how it is kept there.
type Options struct {
	Endpoint    string        // https://HOST or http://HOST
	Bucket      string        // must be there
	Region      string        // that of the environment if empty, else us-east-1
	Prefix      string        // keys of the site begin with it; what readers are served
	PathStyle   bool          // the bucket stands in the path of addresses, not in the host's name
	CAFile      string        // PEM file of the authority that signed the server's certificate
	Credentials string        // a shared credentials file; the environment's or the usual one if empty
	Profile     string        // in the shared credentials file
	Compress    bool          // text is kept and served compressed
	Releases    bool          // each release under a prefix of its own
	Grace       time.Duration // how long what readers' browsers may still ask for stays
	Keep        int           // releases that can be returned to

	// What tests make short, or make fail.
	base   http.RoundTripper
	tries  int
	life   time.Duration
	settle time.Duration
}

const (
	s3Workers  = 16       // requests under way at once
	s3InMemory = 16 << 20 // a larger file is read once for each time it is sent
	s3Settle   = 3 * time.Second
	s3LockLife = time.Minute
	s3Grace    = time.Hour
	s3Keep     = 5
)

func (o Options) lockLife() time.Duration { return cmp.Or(o.life, s3LockLife) }

// Target publishes to an object store.
//
// Objects cannot be renamed, so there is no moment at which all of a site
// changes. What there is instead:
//
//   - Content lies in the bucket twice: by its digest below the state's prefix,
//     where no reader comes, and at the path where it is read. Everything that a
//     release needs is sent to the first place; only when all of it has arrived
//     does the server copy it to the second, page by page in an order in which
//     no page names what is not there: files named after their content, other
//     files, new pages, changed pages from the deepest up, then the entrances
//     (front page, feeds, site map), and last the site's record.
//   - Before the first copy the record tells which release is being put in
//     place. Whoever comes after a publisher that died knows which paths may
//     hold either release, and copies those again.
//   - What the site no longer has is removed last: pages and the files beside
//     them at once, after a pause in which a page that was just read can load
//     its pictures; assets that are named after their content when no kept release
//     names them. A release is kept for as long as it is one of the last few or
//     its grace has not passed.
//   - To return to a release is to publish it again from the content that is
//     kept; nothing is sent.
//
// With Releases each release is copied to a prefix of its own instead, and one
// small object names the current one.
//
// Only objects that a manifest of ours names are ever written over or removed,
// and only while we hold the lock.
type Target struct {
	b     *bucket
	o     Options
	site  string // who the site is
	owner string // who publishes
	state string // prefix of what is not for readers
}

// openS3 prepares a target; it sends nothing.
func openS3(o Options, site, owner string) (*Target, error) {
	if o.Bucket == "" {
		return nil, s3Wrong("the object store target names no bucket", "add bucket = \"NAME\"")
	}
	if o.Prefix = strings.Trim(o.Prefix, "/"); o.Prefix != "" {
		if err := source.CheckPath(o.Prefix); err != nil {
			return nil, s3Wrong(fmt.Sprintf("%q is no prefix of keys: %v", o.Prefix, err), "write it as a path, such as handbook/")
		}
		o.Prefix += "/"
	}
	o.Grace, o.Keep, o.settle = cmp.Or(o.Grace, s3Grace), cmp.Or(o.Keep, s3Keep), cmp.Or(o.settle, s3Settle)
	b, err := openBucket(o, o.base)
	if err != nil {
		return nil, err
	}
	// Beside the site's prefix, so that what lets the public read the one does
	// not show the other.
	return &Target{b: b, o: o, site: site, owner: owner, state: strings.TrimSuffix(o.Prefix, "/") + ".playbook/"}, nil
}

func (t *Target) layout() string {
	if t.o.Releases {
		return byReleases
	}
	return inPlace
}

// slot is the prefix of a release, below the site's.
func (t *Target) slot(id string) string {
	if t.o.Releases {
		return "releases/" + id + "/"
	}
	return ""
}

// s3PointerKey is the object that names the current release, below the site's
// prefix.
const s3PointerKey = "current"

// site is a site to be put in place.
type site struct {
	id    string
	at    time.Time
	files []output.Entry // sorted by path
	open  func(path string) (io.ReadCloser, error)
}

// publish makes the site what readers see. With dry set it only says what that
// would take.
func (t *Target) publish(ctx context.Context, site site, dry bool, told s3Progress) (*plan, error) {
	want := func(s *s3State) (s3Release, error) {
		r := s3Release{ID: site.id, At: site.at, Files: len(site.files)}
		if s.release(r.ID) != nil {
			return r, s3Failed(nil, fmt.Sprintf("there is a release %s already", r.ID), "publish again")
		}
		for _, e := range site.files {
			r.Bytes += e.Size
			r.loaded = append(r.loaded, s3File{Entry: e, stored: e.Size, gzip: t.o.Compress && squeezable(e.Path, e.Size)})
		}
		return r, nil
	}
	if dry {
		return t.plan(ctx, want)
	}
	_, tag, _, err := t.read(ctx)
	if err != nil {
		return nil, err // before there is so much as a lock
	}
	ctx, unlock, err := t.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if tag == "" {
		if err := t.mark(ctx); err != nil {
			return nil, err
		}
	}
	p, err := t.plan(ctx, want)
	if err != nil {
		return nil, err
	}
	return p, t.carry(ctx, p, site.open, told)
}

// mark makes the bucket ours, once it is sure that the server heeds conditions.
func (t *Target) mark(ctx context.Context) error {
	_, err := t.b.put(ctx, t.state+lockKey, []byte("{}"), headers{typ: "application/json"}, condition{absent: true})
	if err == nil {
		return s3Failed(nil, fmt.Sprintf("%s does not heed If-None-Match, without which two publishers would not know of each other", t.b.endpoint), "publish to a server that does")
	}
	if !refused(err) {
		return t.b.explain("taking the lock", err)
	}
	s, tag, _, err := t.read(ctx)
	if err != nil || tag != "" {
		return err // somebody was faster
	}
	_, err = t.writeState(ctx, s, "")
	return err
}

// rollback makes the release of that id what readers see, or the one before the
// current one if id is "".
func (t *Target) rollback(ctx context.Context, id string, dry bool, told s3Progress) (*plan, error) {
	const hint = "playbook publish --releases lists what is kept"
	want := func(s *s3State) (s3Release, error) {
		i := slices.IndexFunc(s.Releases, func(r s3Release) bool { return r.ID == cmp.Or(id, s.Current) })
		if id == "" {
			i--
		}
		switch {
		case i < 0 && id == "":
			return s3Release{}, s3Wrong("no release before the current one is kept", hint)
		case i < 0:
			return s3Release{}, s3Wrong(fmt.Sprintf("no release %q is kept", id), hint)
		}
		return s.Releases[i], nil
	}
	s, tag, _, err := t.read(ctx)
	if err != nil {
		return nil, err
	}
	if tag == "" {
		return nil, s3Wrong(fmt.Sprintf("nothing was published to the bucket %q", t.b.name), "")
	}
	if _, err := want(s); err != nil {
		return nil, err
	}
	if !dry {
		held, unlock, err := t.lock(ctx)
		if err != nil {
			return nil, err
		}
		defer unlock()
		ctx = held
	}
	p, err := t.plan(ctx, want)
	if err != nil {
		return nil, err
	}
	if len(p.send) > 0 {
		f := &p.release.loaded[p.send[0]]
		return nil, s3Failed(nil, fmt.Sprintf("release %s is not whole: the content of %s, %s in the bucket %q, is missing", p.release.ID, f.Path, t.state+f.blob(), t.b.name), "return to another release, or publish again")
	}
	if dry {
		return p, nil
	}
	return p, t.carry(ctx, p, nil, told)
}
