package publish

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"playbook/generator/output"
	"playbook/generator/source"
)

// folderHost publishes to a folder. All content is sent to objects first, by its
// digest, so that a publish that was cut goes on where it stopped; a release is
// then a tree of hard links to objects, made of an older tree where there is one,
// and going into service is one rename of the link current. In place, files are renamed into the folder one after another
// in an order in which no page names what is not there yet.
type folderHost struct {
	f     folder
	t     Target
	env   Env
	where string // in messages
	mu    sync.Mutex

	patience time.Duration // with a lock that is not written yet, a second if 0

	known  map[string]*release // manifests that were read
	copies atomic.Bool         // there are no hard links
}

const defaultKeep = 5

func (h *folderHost) layout() string {
	if h.t.InPlace {
		return inFolder
	}
	return byRelease
}

func (h *folderHost) Close() error { return h.f.Close() }

func (h *folderHost) failed(doing string, err error) error {
	var own *Failure
	var no *Refusal
	switch {
	case err == nil || errors.As(err, &own) || errors.As(err, &no) || errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, fs.ErrPermission):
		return &Failure{Msg: fmt.Sprintf("%s: %s: permission denied", h.where, doing), Hint: "see who may write there", Err: err}
	}
	return &Failure{Msg: fmt.Sprintf("%s: %s: %s", h.where, doing, clean(err.Error())), Hint: "readers see what they saw; run the command again when it is mended", Err: err}
}

func (h *folderHost) tell(p Progress) {
	if h.env.OnProgress != nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.env.OnProgress(p)
	}
}

func (h *folderHost) Releases(ctx context.Context, site string) ([]Release, error) {
	s, err := h.look(ctx, site, true)
	if err != nil {
		return nil, err
	}
	if err := h.load(ctx, s.releases...); err != nil {
		return nil, err
	}
	var out []Release
	for _, r := range slices.Backward(s.releases) {
		out = append(out, Release{ID: r.id, Current: r == s.current, Files: len(r.files), Bytes: r.bytes()})
	}
	return out, nil
}

func (h *folderHost) Plan(ctx context.Context, site Site, o Options) (Change, error) {
	s, err := h.look(ctx, site.Identity, o.First)
	if err != nil {
		return Change{}, err
	}
	site, err = h.complete(ctx, s, site)
	if err != nil {
		return Change{}, err
	}
	c := h.change(s, site.entries())
	if c.Same() {
		return c, nil
	}
	have, err := h.objects(ctx)
	if err != nil {
		return c, err
	}
	c.Send = 0
	for _, i := range missing(site.entries(), have) {
		c.Send += site.Files[i].Size
	}
	return c, nil
}

func (h *folderHost) change(s *state, now []output.Entry) Change {
	var c Change
	if s.current == nil {
		c = compare(nil, now)
	} else {
		c = compare(s.current.files, now)
		c.From = s.current.id
	}
	for _, r := range h.spare(s, "") {
		c.Drop = append(c.Drop, r.id)
	}
	return c
}

// spare returns the releases that are kept no longer once another is in service;
// next is its id, "" if it is not among those that are there.
func (h *folderHost) spare(s *state, next string) []*release {
	keep := cmp.Or(h.t.Keep, defaultKeep) - 1 // beside the one in service
	var out []*release
	for _, r := range slices.Backward(s.releases) {
		switch {
		case r.id == next:
		case keep > 0:
			keep--
		case r != s.current || next != "":
			out = append(out, r)
		}
	}
	slices.Reverse(out)
	return out
}

// complete adds the compressed files that the target wants. What a kept release
// has compressed is not compressed again.
func (h *folderHost) complete(ctx context.Context, s *state, site Site) (Site, error) {
	if !h.t.Compress {
		return site, nil
	}
	known := map[source.Digest]output.Entry{}
	if err := h.load(ctx, s.releases...); err != nil {
		return site, err
	}
	for _, r := range s.releases {
		for i, e := range r.files {
			if i > 0 && e.Path == r.files[i-1].Path+".gz" {
				known[r.files[i-1].Digest] = e
			}
		}
	}
	more, plain := make([]File, len(site.Files)), site.entries()
	err := each(ctx, h.f.workers(), len(site.Files), func(i int) error {
		f := site.Files[i]
		if _, taken := lookup(plain, f.Path+".gz"); taken || !textual(f.Path) || f.Size < 512 {
			return nil
		}
		squeeze := func() (*bytes.Buffer, error) {
			r, err := f.Open()
			if err != nil {
				return nil, err
			}
			defer r.Close()
			var b bytes.Buffer
			w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
			if err != nil {
				return nil, err
			}
			_, err = io.Copy(w, r)
			return &b, errors.Join(err, w.Close())
		}
		e, ok := known[f.Digest]
		if !ok {
			b, err := squeeze()
			if err != nil {
				return err
			}
			e.Digest, e.Size = source.Sum(b.Bytes()), int64(b.Len())
		}
		e.Path = f.Path + ".gz"
		more[i] = File{Entry: e, Open: func() (io.ReadCloser, error) {
			b, err := squeeze()
			return io.NopCloser(b), err
		}}
		return nil
	})
	if err != nil {
		return site, err
	}
	files := slices.Clone(site.Files)
	for _, f := range more {
		if f.Path != "" {
			files = append(files, f)
		}
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	site.Files = files
	return site, nil
}

// textual tells by the name whether compressing a file helps.
func textual(name string) bool {
	switch path.Ext(name) {
	case ".html", ".css", ".js", ".json", ".xml", ".svg", ".txt", ".md", ".csv", ".ics":
		return true
	}
	return false
}

// objects lists the content that the host has, with its size.
func (h *folderHost) objects(ctx context.Context) (map[string]int64, error) {
	folders, err := h.f.list(objectsDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, h.failed("listing "+objectsDir, err)
	}
	lists := make([][]item, len(folders))
	err = each(ctx, h.f.workers(), len(folders), func(i int) (err error) {
		if folders[i].dir && len(folders[i].name) == 2 {
			lists[i], err = h.f.list(objectsDir + "/" + folders[i].name)
		}
		return h.failed("listing "+objectsDir, err)
	})
	out := map[string]int64{}
	for _, l := range lists {
		for _, it := range l {
			if len(it.name) == 2*len(source.Digest{}) && !it.dir && !it.link {
				out[it.name] = it.size
			}
		}
	}
	return out, err
}

// objectsOf looks for some content only.
func (h *folderHost) objectsOf(ctx context.Context, of map[source.Digest]bool) (map[string]int64, error) {
	list := make([]source.Digest, 0, len(of))
	for d := range of {
		list = append(list, d)
	}
	items := make([]item, len(list))
	err := each(ctx, h.f.workers(), len(list), func(i int) (err error) {
		items[i], err = h.f.stat(object(list[i]))
		if errors.Is(err, fs.ErrNotExist) {
			items[i], err = item{dir: true}, nil
		}
		return h.failed("looking for content", err)
	})
	out := map[string]int64{}
	for i, it := range items {
		if !it.dir && !it.link {
			out[list[i].String()] = it.size
		}
	}
	return out, err
}

// missing returns which files' content the host lacks, each content once.
func missing(files []output.Entry, have map[string]int64) (out []int) {
	seen := map[source.Digest]bool{}
	for i := range files {
		e := &files[i]
		if size, ok := have[e.Digest.String()]; (!ok || size != e.Size) && !seen[e.Digest] {
			seen[e.Digest] = true
			out = append(out, i)
		}
	}
	return out
}

func (h *folderHost) Publish(ctx context.Context, site Site, o Options) (res Result, err error) {
	s, err := h.look(ctx, site.Identity, o.First)
	if err != nil {
		return res, err
	}
	if err := h.prepare(ctx); err != nil {
		return res, err
	}
	unlock, err := h.take()
	if err != nil {
		return res, err
	}
	defer unlock()
	if !s.marked {
		text, err := json.Marshal(mark{markForm, site.Identity, h.layout()})
		if err != nil {
			return res, err
		}
		if err := h.write(markName, append(text, '\n')); err != nil {
			return res, err
		}
	}
	// Somebody may have published before the lock was ours.
	if s, err = h.look(ctx, site.Identity, o.First); err != nil {
		return res, err
	}
	if err := h.load(ctx, s.halves...); err != nil {
		return res, err
	}
	if err := h.sweep(); err != nil {
		return res, err
	}
	clean := !h.t.InPlace
	if clean {
		if clean, res.Notes, err = h.lookAtTrees(ctx, s); err != nil {
			return res, err
		}
		clean = clean && len(s.halves) == 0 && s.doubt == ""
	}
	if site, err = h.complete(ctx, s, site); err != nil {
		return res, h.failed("compressing", err)
	}
	files := site.entries()
	digest := siteDigest(files)
	if s.current != nil && s.doubt == "" && s.current.is(digest) && siteDigest(s.current.files) == digest && (len(s.halves) == 0 || !h.t.InPlace) {
		res.Release, res.Same = h.asRelease(s.current), true
		res.Notes = append(res.Notes, h.clear(ctx, s, nil, clean, &res)...)
		return res, nil
	}
	r := &release{id: releaseID(h.after(s), digest), half: true, read: true, files: files}
	r.carry(s.current)
	if h.t.InPlace {
		if err := h.foreign(ctx, s, r); err != nil {
			return res, err
		}
		err = h.send(ctx, site, nil, &res)
	} else {
		r, err = h.arrive(ctx, s, site, r, digest, clean, &res)
	}
	if err != nil {
		return res, err
	}
	if h.t.InPlace {
		if err := h.write(r.name(), r.encode()); err != nil {
			return res, err
		}
	}
	old := s.current
	if err := h.enter(ctx, s, r, &res); err != nil {
		return res, err
	}
	res.Release = h.asRelease(r)
	if old != nil {
		res.Removed = len(compare(old.files, files).Removed)
	}
	if h.t.InPlace {
		if s, err = h.look(context.WithoutCancel(ctx), site.Identity, false); err != nil {
			res.Notes = append(res.Notes, err.Error())
			return res, nil
		}
	} else if s.current = r; s.find(r.id) == nil {
		s.releases = append(s.releases, r)
	}
	res.Notes = append(res.Notes, h.clear(ctx, s, old, clean, &res)...)
	return res, nil
}

// prepare makes the folders that the work needs.
func (h *folderHost) prepare(ctx context.Context) error {
	list := []string{objectsDir, manifestDir, incomingDir}
	if !h.t.InPlace {
		list = append(list, treesDir, releasesDir)
	}
	if err := mkdirs(h.f, stateDir); err != nil {
		return h.failed("making "+stateDir, err)
	}
	return each(ctx, h.f.workers(), len(list), func(i int) error {
		return h.failed("making "+list[i], mkdirs(h.f, list[i]))
	})
}

// arrive brings all that r is made of to the host, and makes its tree, which
// nobody is sent to yet. If the same site was published before, it returns that
// release instead. Its manifest comes first of all: whoever finds it half knows
// that content may be there that no release has.
func (h *folderHost) arrive(ctx context.Context, s *state, site Site, r *release, digest string, clean bool, res *Result) (*release, error) {
	for _, p := range s.releases {
		if p.is(digest) && p.id > s.doubt {
			if err := h.load(ctx, p); err != nil {
				return nil, err
			}
			if siteDigest(p.files) == digest {
				r = p // made before, and never in service, or not any more
			}
		}
	}
	if r.half {
		if err := h.write(r.name(), r.encode()); err != nil {
			return nil, err
		}
	}
	there, err := exists(h.f, releasesDir+"/"+r.id)
	if err != nil {
		return nil, h.failed("looking for release "+r.id, err)
	}
	var t *tree
	if ready := s.ready(); len(ready) > 0 {
		t = ready[len(ready)-1]
		if err := h.load(ctx, t.of); err != nil {
			return nil, err
		}
	}
	// All content is there of which a whole tree was made, but for what the
	// release before was lacking, which is sought for, and what is not in either.
	var of map[source.Digest]bool
	if clean && t != nil && s.current != nil {
		of = map[source.Digest]bool{}
		now := r.all()
		for _, old := range []*release{s.current, t.of} {
			_, put := differ(old.all(), now)
			for _, i := range put {
				of[now[i].Digest] = true
			}
		}
	}
	if err := h.send(ctx, site, of, res); err != nil || there {
		return r, err
	}
	return r, h.plant(ctx, s, r, t, res)
}

// after is now, or a second after the youngest release where the clock says less:
// two publishes in one second, or a clock that was put back, keep their order.
func (h *folderHost) after(s *state) time.Time {
	now := h.env.Now()
	for _, r := range append(slices.Clone(s.releases), s.halves...) {
		if t, err := time.Parse(idTime, r.id[:len(idTime)]); err == nil && !now.Truncate(time.Second).After(t) {
			now = t.Add(time.Second)
		}
	}
	return now
}

func (h *folderHost) asRelease(r *release) Release {
	return Release{ID: r.id, Current: true, Files: len(r.files), Bytes: r.bytes()}
}

// sweep removes what a publish that was cut had begun to write.
func (h *folderHost) sweep() error {
	found, err := h.f.list(incomingDir)
	if err != nil {
		return h.failed("listing "+incomingDir, err)
	}
	for _, it := range found {
		if err := h.f.remove(incomingDir + "/" + it.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return h.failed("clearing "+incomingDir, err)
		}
	}
	return nil
}

// write puts a small file in place, at once.
func (h *folderHost) write(name string, data []byte) error {
	tmp := incomingDir + "/" + strings.ReplaceAll(name, "/", "_")
	err := h.f.remove(tmp)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		if err = h.f.create(tmp, bytes.NewReader(data)); err == nil {
			err = h.f.rename(tmp, name)
		}
	}
	return h.failed("writing "+name, err)
}

// send brings the content that the host lacks; if of is not nil, it lacks none
// but of these.
func (h *folderHost) send(ctx context.Context, site Site, of map[source.Digest]bool, res *Result) error {
	var todo []int
	if of == nil {
		have, err := h.objects(ctx)
		if err != nil {
			return err
		}
		if err := h.distrust(ctx, have); err != nil {
			return err
		}
		todo = missing(site.entries(), have)
	} else {
		have, err := h.objectsOf(ctx, of)
		if err != nil {
			return err
		}
		var files []output.Entry
		var places []int
		for i := range site.Files {
			if of[site.Files[i].Digest] {
				files, places = append(files, site.Files[i].Entry), append(places, i)
			}
		}
		for _, i := range missing(files, have) {
			todo = append(todo, places[i])
		}
	}
	var size int64
	folders := map[string]bool{}
	for _, i := range todo {
		size += site.Files[i].Size
		folders[path.Dir(object(site.Files[i].Digest))] = true
	}
	for d := range folders {
		if err := mkdirs(h.f, d); err != nil {
			return h.failed("making "+d, err)
		}
	}
	var done, sent atomic.Int64
	err := each(ctx, h.f.workers(), len(todo), func(k int) error {
		f := &site.Files[todo[k]]
		r, err := f.Open()
		if err != nil {
			return &Failure{Msg: fmt.Sprintf("%s cannot be read: %v", f.Path, err), Hint: "build the site again", Err: err}
		}
		defer r.Close()
		sum := &summing{ctx: ctx, r: r, h: sha256.New()}
		tmp := incomingDir + "/" + strconv.Itoa(k)
		if err := h.f.create(tmp, sum); err != nil {
			return h.failed("sending "+f.Path, err)
		}
		if sum.n != f.Size || !digested(sum.h, f.Digest) {
			return &Failure{Msg: fmt.Sprintf("%s is not what was built: it was changed since", f.Path), Hint: "build the site again"}
		}
		if err := h.f.rename(tmp, object(f.Digest)); err != nil {
			return h.failed("sending "+f.Path, err)
		}
		h.tell(Progress{Stage: "sending", Files: int(done.Add(1)), Of: len(todo), Bytes: sent.Add(f.Size), Size: size})
		return nil
	})
	res.Sent, res.Bytes = int(done.Load()), sent.Load()
	if err == nil {
		res.Kept = len(site.Files) - res.Sent
	}
	return err
}

// summing reads and digests, and stops when ctx ends.
type summing struct {
	ctx context.Context
	r   io.Reader
	h   hash.Hash
	n   int64
}

// digested reports whether h has what has that digest.
func digested(h hash.Hash, d source.Digest) bool { return bytes.HasPrefix(h.Sum(nil), d[:]) }

func (s *summing) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, context.Cause(s.ctx)
	}
	n, err := s.r.Read(p)
	s.n += int64(n)
	s.h.Write(p[:n])
	return n, err
}

// enter brings a release into service. All its content, or its tree, is on the
// host.
func (h *folderHost) enter(ctx context.Context, s *state, r *release, res *Result) error {
	if h.t.InPlace {
		return h.replace(ctx, s, r, res)
	}
	if r.half {
		from := r.name()
		r.half = false
		if err := h.f.rename(from, r.name()); err != nil {
			return h.failed("writing the manifest", err)
		}
	}
	return h.flip(r.id)
}

// flip makes a release the one that readers see.
func (h *folderHost) flip(id string) error {
	h.tell(Progress{Stage: "switching"})
	const tmp = incomingDir + "/" + currentName
	err := h.f.remove(tmp)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		// The link is made where it does not lead anywhere yet.
		if err = h.f.symlink(releasesDir+"/"+id, tmp); err == nil {
			err = h.f.rename(tmp, currentName)
		}
	}
	return h.failed("switching to release "+id, err)
}

// foldersOf returns the folders of a release's files, each behind the one it lies
// in.
func foldersOf(files []output.Entry) []string {
	seen := map[string]bool{}
	for i := range files {
		for d := path.Dir(files[i].Path); !seen[d]; d = path.Dir(d) {
			seen[d] = true
			if d == "." {
				break
			}
		}
	}
	out := make([]string, 0, len(seen))
	for d := range seen {
		out = append(out, d)
	}
	slices.Sort(out)
	return out
}

// clear removes what is needed no longer: releases that are kept no more, those
// that were never whole, and content that no release has. before is the release
// that was in service until now, nil if that is still the same. If all was clean when the
// publish began, nothing is there but what manifests say. What goes wrong is told
// and tried again by the next publish.
func (h *folderHost) clear(ctx context.Context, s *state, before *release, clean bool, res *Result) (notes []string) {
	note := func(err error) bool {
		if err != nil {
			notes = append(notes, err.Error())
		}
		return err != nil
	}
	if !h.t.InPlace && note(h.clearTrees(ctx, s, before, res.Same)) {
		return notes
	}
	var gone, stay []*release
	mark := func(r *release) bool { // what is removed is half first
		from, planted := r.name(), s.planted[r.id] || slices.ContainsFunc(s.trees, func(t *tree) bool { return t.of == r })
		delete(h.known, r.id)
		if r.half, r.base = !planted, planted; r.base {
			stay = append(stay, r)
		} else {
			gone = append(gone, r)
		}
		return from == r.name() || !note(h.failed("removing release "+r.id, h.f.rename(from, r.name())))
	}
	kept := slices.Clone(s.releases)
	for _, r := range h.spare(s, s.current.id) {
		if note(h.load(ctx, r)) || !mark(r) {
			return notes
		}
		kept = slices.DeleteFunc(kept, func(k *release) bool { return k == r })
		res.Dropped = append(res.Dropped, r.id)
	}
	for _, r := range s.bases {
		if note(h.load(ctx, r)) || !mark(r) {
			return notes
		}
	}
	gone = append(gone, s.halves...)
	if clean && len(gone) == 0 {
		return notes
	}
	if note(h.forget(ctx, s.current, append(kept, stay...), gone, clean)) {
		return notes
	}
	// The manifests go last: while they are there somebody looks.
	for _, r := range gone {
		if note(h.failed("removing release "+r.id, h.f.remove(r.name()))) {
			return notes
		}
	}
	return notes
}

// clearTrees takes trees from where readers find them that they are sent to no
// more, and removes those of which there are too many.
func (h *folderHost) clearTrees(ctx context.Context, s *state, before *release, same bool) error {
	s.planted = map[string]bool{}
	found, err := h.f.list(releasesDir)
	if err != nil {
		return h.failed("listing "+releasesDir, err)
	}
	slices.SortFunc(found, func(a, b item) int { return strings.Compare(b.name, a.name) })
	for _, it := range found {
		r := s.any(it.name)
		switch {
		case r == nil || !it.dir:
			continue
		case r == s.current || r == before || before == nil && !r.half:
			s.planted[r.id] = true
			continue
		case r.half: // an older version makes trees there
			if err := errors.Join(h.load(ctx, r), h.fell(ctx, releasesDir+"/"+r.id, r)); err != nil {
				return err
			}
			continue
		}
		t := &tree{name: s.free(r.id), of: r}
		if err := h.f.rename(releasesDir+"/"+r.id, t.at()); err != nil {
			return h.failed("taking release "+r.id+" away", err)
		}
		s.trees = append(s.trees, t)
	}
	ready := s.ready()
	for _, t := range slices.Clone(s.trees) {
		i := slices.Index(ready, t)
		if t.lost || i >= 0 && i >= len(ready)-spares {
			continue
		}
		if err := h.fellTree(ctx, s, t); err != nil {
			return err
		}
	}
	// After a first publish the trees of the next ones are made, where links are
	// had: readers do not wait for them.
	for n := len(s.planted) - 1 + len(s.ready()); n < spares && !same && !h.copies.Load(); n++ {
		t, err := h.grow(ctx, s, s.current, &Result{})
		if err == nil {
			err = h.renameTree(t, s.free(s.current.id), nil)
		}
		if err != nil {
			return err
		}
		t.of = s.current
	}
	return h.doubtNoMore(s)
}

// forget removes content that only releases have that are gone, or, if not all
// was clean, that no release has.
func (h *folderHost) forget(ctx context.Context, current *release, kept, gone []*release, clean bool) error {
	spare := map[source.Digest]bool{}
	if clean {
		now := current.all()
		for _, r := range gone {
			files := r.all()
			_, other := differ(now, files)
			for _, i := range other {
				spare[files[i].Digest] = true
			}
		}
	} else {
		have, err := h.objects(ctx)
		if err != nil {
			return err
		}
		for name := range have {
			if d, ok := source.ParseDigest(name); ok {
				spare[d] = true
			}
		}
	}
	needed := make([][]source.Digest, len(kept))
	err := each(ctx, h.f.workers(), len(kept), func(i int) (err error) {
		needed[i], err = h.among(spare, kept[i])
		return err
	})
	if err != nil {
		return err
	}
	for _, list := range needed {
		for _, d := range list {
			delete(spare, d)
		}
	}
	list := make([]source.Digest, 0, len(spare))
	for d := range spare {
		list = append(list, d)
	}
	return each(ctx, h.f.workers(), len(list), func(i int) error {
		h.tell(Progress{Stage: "clearing", Files: i + 1, Of: len(list)})
		err := h.f.remove(object(list[i]))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return h.failed("removing what no release has", err)
	})
}

// among returns what of some content a release has. Its manifest is not taken
// apart for that.
func (h *folderHost) among(some map[source.Digest]bool, r *release) (out []source.Digest, err error) {
	if r.read {
		for _, list := range [][]output.Entry{r.files, r.carried} {
			for i := range list {
				if some[list[i].Digest] {
					out = append(out, list[i].Digest)
				}
			}
		}
		return out, nil
	}
	err = h.manifest(r, func(data []byte) error {
		body, err := unseal(data)
		for line := range bytes.Lines(body) {
			line = bytes.TrimPrefix(line, []byte(carriedMark))
			d, ok := source.ParseDigest(string(line[:min(digits, len(line))]))
			if !ok {
				return errDamaged
			}
			if some[d] {
				out = append(out, d)
			}
		}
		return err
	})
	return out, err
}

// fell removes a tree of r, but nothing in it that r does not name.
func (h *folderHost) fell(ctx context.Context, top string, r *release) error {
	if ok, err := exists(h.f, top); !ok {
		return h.failed("removing a tree of release "+r.id, err)
	}
	files := r.all()
	err := each(ctx, h.f.workers(), len(files), func(i int) error {
		err := h.f.remove(top + "/" + files[i].Path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return h.failed("removing a tree of release "+r.id, err)
	})
	if err != nil {
		return err
	}
	for _, d := range slices.Backward(foldersOf(files)) {
		err := h.f.remove(path.Join(top, d))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return h.failed("removing a tree of release "+r.id, err)
		}
	}
	return nil
}

func (h *folderHost) Rollback(ctx context.Context, site, id string) (Release, error) {
	_, r, err := h.backTo(ctx, site, id)
	if err != nil {
		return Release{}, err
	}
	if err := h.prepare(ctx); err != nil {
		return Release{}, err
	}
	unlock, err := h.take()
	if err != nil {
		return Release{}, err
	}
	defer unlock()
	// Somebody may have published before the lock was ours.
	s, r, err := h.backTo(ctx, site, r.id)
	if err != nil {
		return Release{}, err
	}
	if err := h.sweep(); err != nil {
		return Release{}, err
	}
	if err := h.load(ctx, append(slices.Clone(s.halves), r)...); err != nil {
		return Release{}, err
	}
	if !h.t.InPlace {
		if err := h.replant(ctx, s, r); err != nil {
			return Release{}, err
		}
		return h.asRelease(r), h.flip(r.id)
	}
	have, err := h.objects(ctx)
	if err != nil {
		return Release{}, err
	}
	if lost := missing(r.all(), have); len(lost) > 0 {
		return Release{}, &Failure{Msg: fmt.Sprintf("release %s on %s is not whole: the content of %s is missing", r.id, h.where, r.all()[lost[0]].Path), Hint: "return to another release, or publish again"}
	}
	return h.asRelease(r), h.replace(ctx, s, r, &Result{})
}

// backTo finds the release called id, or the one before that in service.
func (h *folderHost) backTo(ctx context.Context, site, id string) (*state, *release, error) {
	s, err := h.look(ctx, site, false)
	if err != nil {
		return nil, nil, err
	}
	const hint = "playbook publish --releases lists what is kept"
	var r *release
	if id != "" {
		r = s.find(id)
	} else if i := slices.Index(s.releases, s.current); i > 0 {
		r = s.releases[i-1]
	} else {
		return nil, nil, refuse(hint, "no release before the one in service is kept on %s", h.where)
	}
	if r == nil {
		return nil, nil, refuse(hint, "no release %q is kept on %s", id, h.where)
	}
	return s, r, nil
}

func (h *folderHost) Verify(ctx context.Context, site string) (Report, error) {
	s, err := h.look(ctx, site, false)
	if err != nil {
		return Report{}, err
	}
	if s.current == nil {
		return Report{}, refuse("publish first", "no release is in service on %s", h.where)
	}
	top := ""
	if !h.t.InPlace {
		top = currentName + "/"
	}
	rep := Report{Release: h.asRelease(s.current), Files: s.current.files}
	var mu sync.Mutex
	var done atomic.Int64
	err = each(ctx, h.f.workers(), len(s.current.files), func(i int) error {
		e := &s.current.files[i]
		what, n := "", int64(0)
		r, err := h.f.open(top + e.Path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			what = "is missing"
		case err != nil:
			return h.failed("reading "+e.Path, err)
		default:
			sum := sha256.New()
			n, err = io.Copy(sum, r)
			if err = errors.Join(err, r.Close()); err != nil {
				return h.failed("reading "+e.Path, err)
			}
			if n != e.Size || !digested(sum, e.Digest) {
				what = "is not what was published"
			}
		}
		mu.Lock()
		defer mu.Unlock()
		rep.Bytes += n
		if what != "" {
			rep.Wrong = append(rep.Wrong, Problem{e.Path, what})
		}
		h.tell(Progress{Stage: "verifying", Files: int(done.Add(1)), Of: len(s.current.files), Bytes: rep.Bytes})
		return nil
	})
	slices.SortFunc(rep.Wrong, func(a, b Problem) int { return strings.Compare(a.Path, b.Path) })
	h.suspect(s, rep.Wrong)
	return rep, err
}
