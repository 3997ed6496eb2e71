package objectstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// plan is what has to be done for a release to be what readers see.
type plan struct {
	state   *s3State
	tag     string    // of the record, "" if there is none
	release s3Release // with all its files

	send   []int      // files whose content is not in the bucket
	place  []s3Placed // objects to be copied, in order of phase
	remove []string   // paths that readers no longer need, below the site's prefix
	drop   []string   // releases that are no longer kept
	blobs  []string   // what lay below the state's prefix

	sent, added, changed int // of files
	bytes                int64
	linger               bool // something that pages load is removed
}

// s3Placed is a file to be copied to where readers find it. plain is set where
// what lies there is compressed and the file is not: some servers keep the
// encoding of an object that is replaced by one without.
type s3Placed struct {
	phase, file int
	plain       bool
}

// read learns what the bucket holds: the record and its tag, and whether it is
// ours at all.
func (t *Target) read(ctx context.Context) (*s3State, string, time.Time, error) {
	s, tag, at, err := t.readState(ctx)
	if err != nil {
		return nil, "", at, err
	}
	if s == nil {
		for _, prefix := range []string{t.o.Prefix, t.state} {
			there, err := t.b.list(ctx, prefix, 2)
			if err != nil {
				return nil, "", at, t.b.explain("listing the bucket", err)
			}
			// A publisher that died before it wrote the record leaves its lock.
			if prefix == t.state {
				delete(there, lockKey)
			} else {
				for k := range there {
					if strings.HasPrefix(prefix+k, t.state) {
						delete(there, k)
					}
				}
			}
			for key := range there {
				return nil, "", at, s3Foreign(fmt.Sprintf("the bucket %q holds objects that playbook did not put there, such as %q", t.b.name, prefix+key))
			}
		}
		return &s3State{Form: s3Form, Site: t.site, Layout: t.layout()}, "", at, nil
	}
	if s.Site != t.site {
		return nil, "", at, s3Foreign(fmt.Sprintf("what lies in the bucket %q below %q is another site, %q", t.b.name, t.o.Prefix, t.b.clean(s.Site)))
	}
	if s.Layout != t.layout() {
		return nil, "", at, s3Wrong(fmt.Sprintf("the site in the bucket %q was published with releases = %t", t.b.name, s.Layout == byReleases), "leave that as it was, or publish to another prefix")
	}
	return s, tag, at, nil
}

// plan works out what differs between what the bucket holds and the release that
// want chooses by the record.
func (t *Target) plan(ctx context.Context, want func(*s3State) (s3Release, error)) (*plan, error) {
	s, tag, at, err := t.read(ctx)
	if err != nil {
		return nil, err
	}
	p := &plan{state: s, tag: tag}
	there, ours, err := t.lists(ctx, tag == "")
	if err != nil {
		return nil, err
	}
	if err := t.load(ctx, s.Releases, s.Pending); err != nil {
		return nil, err
	}
	if p.release, err = want(s); err != nil {
		return nil, err
	}
	t.compare(p, at, there, ours)
	return p, t.check(p, there)
}

// lists returns what lies below the site's prefix and below the state's.
func (t *Target) lists(ctx context.Context, first bool) (there, ours map[string]object, err error) {
	if first {
		return map[string]object{}, map[string]object{}, nil
	}
	lists := make([]map[string]object, 2)
	err = s3Each(ctx, 2, 2, func(ctx context.Context, i int) (err error) {
		lists[i], err = t.b.list(ctx, []string{t.o.Prefix, t.state}[i], 0)
		return t.b.explain("listing the bucket", err)
	})
	if t.o.Prefix == "" {
		for k := range lists[0] {
			if strings.HasPrefix(k, t.state) {
				delete(lists[0], k)
			}
		}
	}
	return lists[0], lists[1], err
}

// compare fills in the plan. at is when the record was written last: what
// changed at its path since then is not what the record says.
func (t *Target) compare(p *plan, at time.Time, there, ours map[string]object) {
	s, slot := p.state, t.slot(p.release.ID)
	// What should be at the release's paths.
	believed, unsure := map[string]*s3File{}, map[string]bool{}
	base := s.release(s.Current)
	if t.o.Releases {
		base = s.release(p.release.ID)
	}
	if base != nil {
		for i := range base.loaded {
			believed[base.loaded[i].Path] = &base.loaded[i]
		}
	}
	for i := range s.Pending {
		if t.o.Releases {
			break // others have other paths
		}
		for j := range s.Pending[i].loaded {
			f := &s.Pending[i].loaded[j]
			if b := believed[f.Path]; b == nil || b.Digest != f.Digest || b.gzip != f.gzip {
				unsure[f.Path] = true
			}
		}
	}
	sending := map[string]bool{}
	for i := range p.release.loaded {
		f := &p.release.loaded[i]
		key := f.blob()
		if o, ok := ours[key]; ok && (f.gzip || o.size == f.Size) {
			f.stored = o.size
		} else if !sending[key] {
			sending[key] = true
			p.send = append(p.send, i)
			p.bytes += f.Size
		}
		b := believed[f.Path]
		o, exists := there[slot+f.Path]
		if b != nil && exists && b.Digest == f.Digest && b.gzip == f.gzip && b.stored == o.size && !o.modified.Truncate(time.Second).After(at) && !unsure[f.Path] {
			continue
		}
		phase := 0
		if !t.o.Releases {
			phase = phaseOf(f, exists)
		}
		p.place = append(p.place, s3Placed{phase, i, !f.gzip && (b != nil && b.gzip || unsure[f.Path])})
		if exists && b != nil {
			p.changed++
		} else {
			p.added++
		}
	}
	slices.SortStableFunc(p.place, func(a, b s3Placed) int { return cmp.Compare(a.phase, b.phase) })
	t.leave(p, there)
	for key := range ours {
		p.blobs = append(p.blobs, key)
	}
	slices.Sort(p.blobs)
}

// phaseOf is when a file is put in place, lowest first: nothing comes before
// what it names. there is set if something is at its path.
func phaseOf(f *s3File, there bool) int {
	const deepest = 90
	switch {
	case fingerprinted(f.Path, f.Digest):
		return 0
	case f.Path == "index.html":
		return 4 + deepest
	case entrance(f.Path):
		return 5 + deepest
	case !there && !page(f.Path):
		return 1
	case !there:
		return 2
	case !page(f.Path):
		return 3 // pictures, but lists of pages too, such as a search index
	}
	return 4 + deepest - min(deepest, strings.Count(f.Path, "/"))
}

// leave works out which releases are kept no longer and which paths readers do
// not need any more.
func (t *Target) leave(p *plan, there map[string]object) {
	s, needed := p.state, map[string]bool{}
	kept := 0
	if !slices.ContainsFunc(s.Releases, func(r s3Release) bool { return r.ID == p.release.ID }) {
		kept = 1 // the new one
	}
	for i := len(s.Releases) - 1; i >= 0; i-- {
		r := &s.Releases[i]
		if r.ID == p.release.ID || r.ID == s.Current || kept < t.o.Keep || time.Since(r.Until) < t.o.Grace {
			kept++
			for j := range r.loaded {
				if f := &r.loaded[j]; t.o.Releases || fingerprinted(f.Path, f.Digest) {
					needed[t.slot(r.ID)+f.Path] = true
				}
			}
			continue
		}
		p.drop = append(p.drop, r.ID)
	}
	for i := range p.release.loaded {
		needed[t.slot(p.release.ID)+p.release.loaded[i].Path] = true
	}
	gone := map[string]bool{}
	for _, list := range [][]s3Release{s.Releases, s.Pending} {
		for i := range list {
			for j := range list[i].loaded {
				key := t.slot(list[i].ID) + list[i].loaded[j].Path
				if _, exists := there[key]; exists && !needed[key] && !gone[key] {
					gone[key] = true
					p.remove = append(p.remove, key)
					p.linger = p.linger || !page(key)
				}
			}
		}
	}
	slices.Sort(p.remove)
}

// check refuses a release for which something is in the way.
func (t *Target) check(p *plan, there map[string]object) error {
	ours := map[string]bool{}
	for _, list := range [][]s3Release{p.state.Releases, p.state.Pending} {
		for i := range list {
			for j := range list[i].loaded {
				ours[t.slot(list[i].ID)+list[i].loaded[j].Path] = true
			}
		}
	}
	slot := t.slot(p.release.ID)
	for _, pl := range p.place {
		key := slot + p.release.loaded[pl.file].Path
		if _, exists := there[key]; exists && !ours[key] {
			return s3Foreign(fmt.Sprintf("%q in the bucket %q is in the way", t.o.Prefix+key, t.b.name))
		}
	}
	if _, exists := there[s3PointerKey]; t.o.Releases && exists && p.state.Current == "" && len(p.state.Pending) == 0 {
		return s3Foreign(fmt.Sprintf("%q in the bucket %q is in the way", t.o.Prefix+s3PointerKey, t.b.name))
	}
	return nil
}
