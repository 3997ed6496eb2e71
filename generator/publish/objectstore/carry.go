package objectstore

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"playbook/generator/source"
)

// s3Progress is told how far sending has come.
type s3Progress func(done, of int, bytes int64)

// carry does what the plan says.
func (t *Target) carry(ctx context.Context, p *plan, open func(string) (io.ReadCloser, error), told s3Progress) error {
	if told == nil {
		told = func(int, int, int64) {}
	}
	if err := t.send(ctx, p, open, told); err != nil {
		return err
	}
	s := p.state
	// A release that is kept has its manifest there.
	again := s.release(p.release.ID) != nil
	if !again {
		data, sum, err := encodeRelease(p.release.loaded)
		if err != nil {
			return err
		}
		p.release.Sum = sum
		if _, err := t.b.put(ctx, t.state+manifestsKey+p.release.ID, data, headers{typ: "application/octet-stream", cache: "no-store"}, condition{}); err != nil {
			return t.b.explain("writing the release's manifest", err)
		}
	} else {
		p.release.Sum = s.release(p.release.ID).Sum
	}
	s.Pending = append(s.Pending, p.release)
	tag, err := t.writeState(ctx, s, p.tag)
	if err != nil {
		return err
	}
	if err := t.put(ctx, p); err != nil {
		return err
	}
	s.become(p.release, time.Now().UTC().Truncate(time.Second))
	if t.o.Releases {
		if _, err := t.b.put(ctx, t.o.Prefix+s3PointerKey, []byte(p.release.ID+"\n"), headers{typ: "text/plain; charset=utf-8", cache: "no-cache"}, condition{}); err != nil {
			return t.b.explain("naming the current release", err)
		}
	}
	if tag, err = t.writeState(ctx, s, tag); err != nil {
		return err
	}
	return t.clear(ctx, p, tag)
}

// become makes r the current release, the last of the kept ones.
func (s *s3State) become(r s3Release, now time.Time) {
	s.Pending = nil
	if s.Current == r.ID {
		return
	}
	if s.release(r.ID) == nil {
		// What readers saw just before is what they are returned to next,
		// whatever was published in between and taken back.
		if i := slices.IndexFunc(s.Releases, func(x s3Release) bool { return x.ID == s.Current }); i >= 0 {
			was := s.Releases[i]
			s.Releases = append(slices.Delete(s.Releases, i, i+1), was)
		}
		s.Releases = append(s.Releases, r)
	}
	if was := s.release(s.Current); was != nil {
		was.Until = now
	}
	s.Current = r.ID
	s.release(r.ID).Until = time.Time{}
}

// send sends the content that the bucket does not hold.
func (t *Target) send(ctx context.Context, p *plan, open func(string) (io.ReadCloser, error), told s3Progress) error {
	var done atomic.Int64
	var arrived atomic.Int64
	sizes := make([]int64, len(p.send))
	err := s3Each(ctx, len(p.send), s3Workers, func(ctx context.Context, i int) error {
		f := &p.release.loaded[p.send[i]]
		n, err := t.sendOne(ctx, f, open)
		if err != nil {
			return err
		}
		sizes[i] = n
		told(int(done.Add(1)), len(p.send), arrived.Add(n))
		return nil
	})
	if err != nil {
		return err
	}
	p.sent, p.bytes = len(p.send), arrived.Load()
	// Files of equal content have one blob.
	stored := map[string]int64{}
	for i, f := range p.send {
		stored[p.release.loaded[f].blob()] = sizes[i]
	}
	for i := range p.release.loaded {
		f := &p.release.loaded[i]
		if n, ok := stored[f.blob()]; ok {
			f.stored = n
		}
	}
	return nil
}

// sendOne sends the content of a file and returns how many bytes it took.
func (t *Target) sendOne(ctx context.Context, f *s3File, open func(string) (io.ReadCloser, error)) (int64, error) {
	changed := s3Failed(nil, fmt.Sprintf("%s was changed while it was published", f.Path), "build again, then publish")
	h := headers{typ: "application/octet-stream", cache: "no-store"}
	what := "sending " + f.Path
	if f.Size > s3InMemory {
		// Sent from the disk. What arrived is kept only if it is what the
		// manifest says.
		sum := source.NewSum()
		_, err := t.b.putFrom(ctx, t.state+f.blob(), f.Size, func() (io.ReadCloser, error) {
			r, err := open(f.Path)
			if err == nil {
				sum.Reset()
				_, err = io.Copy(sum, r)
				r.Close()
			}
			if err != nil {
				return nil, err
			}
			if source.SumOf(sum) != f.Digest {
				return nil, changed
			}
			return open(f.Path)
		}, h, condition{})
		return f.Size, t.b.explain(what, err)
	}
	r, err := open(f.Path)
	if err != nil {
		return 0, err
	}
	data, err := io.ReadAll(io.LimitReader(r, f.Size+1))
	r.Close()
	if err != nil {
		return 0, err
	}
	if int64(len(data)) != f.Size || source.Sum(data) != f.Digest {
		return 0, changed
	}
	if f.gzip {
		if data, err = squeeze(data); err != nil {
			return 0, err
		}
	}
	_, err = t.b.put(ctx, t.state+f.blob(), data, h, condition{})
	return int64(len(data)), t.b.explain(what, err)
}

// put copies what has arrived to where readers find it, phase by phase.
func (t *Target) put(ctx context.Context, p *plan) error {
	slot := t.o.Prefix + t.slot(p.release.ID)
	for rest := p.place; len(rest) > 0; {
		n := slices.IndexFunc(rest, func(x s3Placed) bool { return x.phase != rest[0].phase })
		if n < 0 {
			n = len(rest)
		}
		phase := rest[:n]
		rest = rest[n:]
		err := s3Each(ctx, len(phase), s3Workers, func(ctx context.Context, i int) error {
			f := &p.release.loaded[phase[i].file]
			h := headersOf(*f)
			if phase[i].plain {
				h.encoding = "identity"
			}
			err := t.b.copy(ctx, t.state+f.blob(), slot+f.Path, h)
			return t.b.explain("putting "+f.Path+" in place", err)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// clear removes what is no longer needed: paths, then the releases that only
// they belonged to, then content.
func (t *Target) clear(ctx context.Context, p *plan, tag string) error {
	const doing = "removing what the site no longer has"
	if len(p.remove) > 0 {
		if p.linger {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(t.o.settle):
			}
		}
		keys := make([]string, len(p.remove))
		for i, k := range p.remove {
			keys[i] = t.o.Prefix + k
		}
		if err := t.b.remove(ctx, keys); err != nil {
			return t.b.explain(doing, err)
		}
	}
	s := p.state
	if len(p.drop) > 0 {
		s.Releases = slices.DeleteFunc(s.Releases, func(r s3Release) bool { return slices.Contains(p.drop, r.ID) })
		if _, err := t.writeState(ctx, s, tag); err != nil {
			return err
		}
	}
	needed := map[string]bool{stateKey: true, lockKey: true}
	for i := range s.Releases {
		r := &s.Releases[i]
		needed[manifestsKey+r.ID] = true
		for j := range r.loaded {
			needed[r.loaded[j].blob()] = true
		}
	}
	var litter []string
	for _, key := range p.blobs {
		// Only what has a name of ours: the prefix may be somebody's too.
		if !needed[key] && (strings.HasPrefix(key, manifestsKey) || strings.HasPrefix(key, blobsKey)) {
			litter = append(litter, t.state+key)
		}
	}
	return t.b.explain(doing, t.b.remove(ctx, litter))
}
