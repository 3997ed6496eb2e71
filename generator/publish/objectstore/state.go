package objectstore

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"playbook/generator/output"
	"playbook/generator/source"
)

// What lies below the state's prefix, beside the site's.
const (
	stateKey     = "site.json"
	lockKey      = "lock.json"
	manifestsKey = "releases/"
	blobsKey     = "blobs/"
)

// s3State is the record of a site in a bucket: whose it is, what readers see,
// which releases are kept. It is the mark by which the bucket is known as ours,
// and is replaced last, on condition that nobody else replaced it.
type s3State struct {
	Form     int         `json:"playbook"` // s3Form
	Site     string      `json:"site"`
	Layout   string      `json:"layout"`
	Current  string      `json:"current,omitempty"`
	Releases []s3Release `json:"releases,omitempty"` // the kept ones, in the order in which they became current
	// Pending are releases that began to be put in place and may have come
	// part of the way since Current was whole.
	Pending []s3Release `json:"pending,omitempty"`
}

const s3Form = 1

// The layouts of a bucket.
const (
	inPlace    = "in-place" // one site, changed object by object
	byReleases = "releases" // a site for each release, and an object that names the current one
)

// s3Release is a release as the state knows it.
type s3Release struct {
	ID     string    `json:"id"`
	Sum    string    `json:"sum"` // of its manifest
	At     time.Time `json:"at"`
	Until  time.Time `json:"until,omitzero"` // when another took its place
	Files  int       `json:"files"`
	Bytes  int64     `json:"bytes"`
	loaded []s3File
}

// s3File is a file of a release as the bucket holds it.
type s3File struct {
	output.Entry
	stored int64 // bytes of the object
	gzip   bool
}

// blob is the key of the content of a file below the state's prefix.
func (f *s3File) blob() string {
	key := blobsKey + f.Digest.String()
	if f.gzip {
		key += ".gz"
	}
	return key
}

// release returns the release of that id, nil if it is not kept.
func (s *s3State) release(id string) *s3Release {
	if i := slices.IndexFunc(s.Releases, func(r s3Release) bool { return r.ID == id }); i >= 0 {
		return &s.Releases[i]
	}
	return nil
}

const releaseHead = "playbook release 1\n"

// encodeRelease makes the manifest of a release, compressed, and its sum.
func encodeRelease(files []s3File) (data []byte, sum string, err error) {
	b := append(make([]byte, 0, 96*len(files)), releaseHead...)
	for i := range files {
		f := &files[i]
		b = hex.AppendEncode(b, f.Digest[:])
		b = strconv.AppendInt(append(b, ' '), f.Size, 10)
		b = strconv.AppendInt(append(b, ' '), f.stored, 10)
		if f.gzip {
			b = append(b, " gzip "...)
		} else {
			b = append(b, " plain "...)
		}
		b = append(append(b, f.Path...), '\n')
	}
	data, err = squeeze(b)
	return data, source.Sum(b).String(), err
}

// decodeRelease reads a manifest whose sum is known.
func decodeRelease(data []byte, sum string) ([]s3File, error) {
	damaged := errors.New("it is damaged")
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, damaged
	}
	b, err := io.ReadAll(io.LimitReader(z, s3Small))
	if err != nil || source.Sum(b).String() != sum {
		return nil, damaged
	}
	body, ok := strings.CutPrefix(string(b), releaseHead)
	if !ok {
		return nil, errors.New("it is of another version")
	}
	files := make([]s3File, 0, strings.Count(body, "\n"))
	for line := range strings.Lines(body) {
		p := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 5)
		if len(p) != 5 || p[3] != "gzip" && p[3] != "plain" || source.CheckPath(p[4]) != nil {
			return nil, damaged
		}
		f := s3File{gzip: p[3] == "gzip"}
		f.Path = p[4]
		digest, ok := source.ParseDigest(p[0])
		size, e1 := strconv.ParseInt(p[1], 10, 64)
		stored, e2 := strconv.ParseInt(p[2], 10, 64)
		if cmp.Or(e1, e2) != nil || !ok || size < 0 || stored < 0 {
			return nil, damaged
		}
		f.Digest, f.Size, f.stored = digest, size, stored
		files = append(files, f)
	}
	return files, nil
}

// readState reads the record of the site, nil if there is none, and its tag.
func (t *Target) readState(ctx context.Context) (s *s3State, tag string, at time.Time, err error) {
	data, head, err := t.b.get(ctx, t.state+stateKey)
	if missing(err) {
		return nil, "", time.Time{}, nil
	}
	if err != nil {
		return nil, "", time.Time{}, t.b.explain("reading the site's record", err)
	}
	s = &s3State{}
	if err := json.Unmarshal(data, s); err != nil || s.Form == 0 {
		return nil, "", time.Time{}, s3Foreign(fmt.Sprintf("%s%s in the bucket %q is no record of a site", t.state, stateKey, t.b.name))
	}
	if s.Form != s3Form {
		return nil, "", time.Time{}, s3Wrong(fmt.Sprintf("the bucket %q was published to by another version of playbook", t.b.name), "use that version, or another prefix")
	}
	return s, head.ETag, head.LastModified, nil
}

// writeState replaces the record if it is still the one of that tag, or still
// absent if the tag is "".
func (t *Target) writeState(ctx context.Context, s *s3State, tag string) (string, error) {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return "", err
	}
	data = append(data, '\n')
	next, err := t.b.put(ctx, t.state+stateKey, data, headers{typ: "application/json", cache: "no-store"}, condition{absent: tag == "", tag: tag})
	if refused(err) || missing(err) {
		// It may be ours: an answer that was lost is asked for again.
		now, head, e := t.b.get(ctx, t.state+stateKey)
		if e == nil && bytes.Equal(now, data) {
			return head.ETag, nil
		}
		return "", s3Failed(ErrLocked, fmt.Sprintf("somebody else changed what lies in the bucket %q meanwhile", t.b.name), "publish again")
	}
	return next, t.b.explain("writing the site's record", err)
}

// load reads the manifests of releases.
func (t *Target) load(ctx context.Context, lists ...[]s3Release) error {
	var all []*s3Release
	for _, l := range lists {
		for i := range l {
			all = append(all, &l[i])
		}
	}
	return s3Each(ctx, len(all), s3Workers, func(ctx context.Context, i int) error {
		r := all[i]
		key := t.state + manifestsKey + r.ID
		data, _, err := t.b.get(ctx, key)
		if err != nil && !missing(err) {
			return t.b.explain("reading the release "+r.ID, err)
		}
		if err == nil {
			r.loaded, err = decodeRelease(data, r.Sum)
		}
		if err != nil {
			return s3Failed(err, fmt.Sprintf("the manifest of release %s, %s in the bucket %q, is missing or damaged: nothing is changed without knowing what is playbook's own", r.ID, key, t.b.name),
				"restore that object from a backup, or publish to another prefix")
		}
		return nil
	})
}

// s3Lock is the object that keeps a second publisher out.
type s3Lock struct {
	Owner   string    `json:"owner"`
	Since   time.Time `json:"since"`
	Token   string    `json:"token"`
	Renewed int       `json:"renewed"`
}

// lock keeps others out until unlock is called. The context that it returns ends
// when the lock is lost. A lock is renewed four times in its life; one that was
// not is taken over, which needs no clock but the server's, or none at all.
func (t *Target) lock(ctx context.Context) (_ context.Context, unlock func(), err error) {
	l := s3Lock{Owner: t.owner, Since: time.Now().UTC().Truncate(time.Second), Token: rand.Text()}
	key, h := t.state+lockKey, headers{typ: "application/json", cache: "no-store"}
	write := func(ctx context.Context, c condition) (string, error) {
		data, err := json.Marshal(l)
		if err != nil {
			return "", err
		}
		return t.b.put(ctx, key, data, h, c)
	}
	read := func(ctx context.Context) (held s3Lock, tag string, head http.Header, err error) {
		data, info, err := t.b.get(ctx, key)
		if err == nil {
			// A lock that cannot be read is one whose owner is not known.
			json.Unmarshal(data, &held)
		}
		return held, info.ETag, info.Headers, err
	}
	const doing = "taking the lock"
	want, watched, since := condition{absent: true}, "", time.Time{}
	var tag string
	for {
		tag, err = write(ctx, want)
		if err == nil {
			break
		}
		if !refused(err) && !missing(err) {
			return nil, nil, t.b.explain(doing, err)
		}
		held, now, head, err := read(ctx)
		switch {
		case missing(err):
			want, watched = condition{absent: true}, ""
			continue
		case err != nil:
			return nil, nil, t.b.explain(doing, err)
		case held.Token == l.Token: // the answer was lost
			tag = now
		case old(head, t.o.lockLife()) || now == watched && time.Since(since) > t.o.lockLife():
			want = condition{tag: now} // one of those who see it so gets it
			continue
		case watched == "":
			watched, since = now, time.Now()
			fallthrough
		case now == watched:
			want = condition{absent: true}
			select {
			case <-ctx.Done():
				return nil, nil, context.Cause(ctx)
			case <-time.After(t.o.lockLife() / 16):
			}
			continue
		default:
			return nil, nil, s3Failed(ErrLocked, fmt.Sprintf("%s has been publishing to it since %s", t.b.clean(cmp.Or(held.Owner, "somebody")), held.Since.Format(time.RFC3339)), "wait until the other one is done")
		}
		break
	}
	ctx, lose := context.WithCancelCause(ctx)
	var renewing sync.WaitGroup
	stop := make(chan struct{})
	renewing.Go(func() {
		good := time.Now()
		for {
			select {
			case <-ctx.Done():
				return
			case <-stop:
				return
			case <-time.After(t.o.lockLife() / 4):
			}
			l.Renewed++
			next, err := write(ctx, condition{tag: tag})
			if err == nil {
				tag, good = next, time.Now()
				continue
			}
			held, now, _, e := read(ctx)
			switch {
			case e == nil && held.Token == l.Token:
				tag, good = now, time.Now()
			case e == nil || missing(e):
				lose(s3Failed(ErrLocked, "somebody else has taken over the lock", "publish again"))
				return
			case time.Since(good) > t.o.lockLife():
				lose(t.b.explain("keeping the lock", err))
				return
			}
		}
	})
	return ctx, func() {
		close(stop)
		renewing.Wait()
		// Even where publishing was interrupted.
		after, done := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer done()
		if held, _, _, err := read(after); err == nil && held.Token == l.Token {
			// One that stays is taken over when its life is up.
			_ = t.b.remove(after, []string{key})
		}
		lose(nil)
	}, nil
}

// old reports whether what has that head was made longer ago than life, by the
// clock of the server alone. Its times are whole seconds.
func old(head http.Header, life time.Duration) bool {
	made, err := http.ParseTime(head.Get("Last-Modified"))
	now, err2 := http.ParseTime(head.Get("Date"))
	return err == nil && err2 == nil && now.Sub(made) > life+2*time.Second
}
