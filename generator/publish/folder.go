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
// then a tree of hard links to objects, and going into service is one rename of
// the link current. In place, files are renamed into the folder one after another
// in an order in which no page names what is not there yet.
type folderHost struct {
	f     folder
	t     Target
	env   Env
	where string // in messages
	mu    sync.Mutex

	patience time.Duration // with a lock that is not written yet, a second if 0
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
	for _, r := range s.releases {
		for i, e := range r.files {
			if i > 0 && e.Path == r.files[i-1].Path+".gz" {
				known[r.files[i-1].Digest] = e
			}
		}
	}
	more := make([]File, len(site.Files))
	err := each(ctx, h.f.workers(), len(site.Files), func(i int) error {
		f := site.Files[i]
		if _, taken := lookup(site.entries(), f.Path+".gz"); taken || !textual(f.Path) || f.Size < 512 {
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

// missing returns which files' content the host lacks, each content once.
func missing(files []output.Entry, have map[string]int64) (out []int) {
	seen := map[source.Digest]bool{}
	for i, e := range files {
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
	for _, d := range []string{stateDir, objectsDir, manifestDir, incomingDir} {
		if err := mkdirs(h.f, d); err != nil {
			return res, h.failed("making "+d, err)
		}
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
	if err := h.sweep(); err != nil {
		return res, err
	}
	if site, err = h.complete(ctx, s, site); err != nil {
		return res, h.failed("compressing", err)
	}
	files := site.entries()
	if s.current != nil && s.current.digest == siteDigest(files) && (len(s.halves) == 0 || !h.t.InPlace) {
		res.Release, res.Same = h.asRelease(s.current), true
		res.Notes = h.clear(ctx, s, s.current, &res)
		return res, nil
	}
	r := &release{id: ReleaseID(h.after(s), files), half: true, files: files, digest: siteDigest(files)}
	r.carry(s.current)
	if h.t.InPlace {
		if err := h.foreign(ctx, s, r); err != nil {
			return res, err
		}
	}
	if err := h.send(ctx, site, &res); err != nil {
		return res, err
	}
	if same := slices.IndexFunc(s.releases, func(p *release) bool { return p.digest == r.digest }); same >= 0 && !h.t.InPlace {
		r = s.releases[same] // made before, and never in service, or not any more
	} else if err := h.write(r.name(), r.encode()); err != nil {
		return res, err
	}
	old := s.current
	if err := h.enter(ctx, s, r, &res); err != nil {
		return res, err
	}
	res.Release = h.asRelease(r)
	if old != nil {
		res.Removed = len(compare(old.files, files).Removed)
	}
	if s, err = h.look(context.WithoutCancel(ctx), site.Identity, false); err != nil {
		res.Notes = append(res.Notes, err.Error())
		return res, nil
	}
	res.Notes = append(res.Notes, h.clear(ctx, s, r, &res)...)
	return res, nil
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

// send brings the content that the host lacks.
func (h *folderHost) send(ctx context.Context, site Site, res *Result) error {
	have, err := h.objects(ctx)
	if err != nil {
		return err
	}
	todo := missing(site.entries(), have)
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
	err = each(ctx, h.f.workers(), len(todo), func(k int) error {
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

// enter brings a release into service. All its content is on the host.
func (h *folderHost) enter(ctx context.Context, s *state, r *release, res *Result) error {
	if h.t.InPlace {
		return h.replace(ctx, s, r, res)
	}
	if r.half {
		if err := h.tree(ctx, r, res); err != nil {
			return err
		}
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

// tree makes the folder of a release of links to its content.
func (h *folderHost) tree(ctx context.Context, r *release, res *Result) error {
	top := releasesDir + "/" + r.id
	files := r.all()
	for _, d := range foldersOf(files) {
		if err := mkdirs(h.f, path.Join(top, d)); err != nil {
			return h.failed("making "+d, err)
		}
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
	}
	var done, linked atomic.Int64
	var copies atomic.Bool
	err := each(ctx, h.f.workers(), len(files), func(i int) error {
		e := &files[i]
		err := errNoLinks
		if !copies.Load() {
			if err = h.f.link(object(e.Digest), top+"/"+e.Path); err == nil {
				linked.Add(1)
			}
		}
		if errors.Is(err, errNoLinks) {
			copies.Store(true)
			var from io.ReadCloser
			if from, err = h.f.open(object(e.Digest)); err == nil {
				err = errors.Join(h.f.create(top+"/"+e.Path, from), from.Close())
			}
		}
		h.tell(Progress{Stage: "linking", Files: int(done.Add(1)), Of: len(files)})
		return h.failed("making "+e.Path, err)
	})
	res.Linked = int(linked.Load())
	return err
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
// that were never whole, and content that no release has. What goes wrong is
// told and tried again by the next publish.
func (h *folderHost) clear(ctx context.Context, s *state, current *release, res *Result) (notes []string) {
	note := func(err error) bool {
		if err != nil {
			notes = append(notes, err.Error())
		}
		return err != nil
	}
	gone := s.halves
	for _, r := range h.spare(s, current.id) {
		from := r.name()
		r.half = true
		if note(h.failed("removing release "+r.id, h.f.rename(from, r.name()))) {
			return notes
		}
		gone = append(gone, r)
		res.Dropped = append(res.Dropped, r.id)
	}
	for _, r := range gone {
		if !h.t.InPlace && note(h.fell(ctx, r)) {
			return notes
		}
		if note(h.failed("removing release "+r.id, h.f.remove(r.name()))) {
			return notes
		}
	}
	needed := map[string]bool{}
	for _, r := range s.releases {
		if !r.half {
			for _, e := range r.all() {
				needed[e.Digest.String()] = true
			}
		}
	}
	have, err := h.objects(ctx)
	if note(err) {
		return notes
	}
	var spare []string
	for name := range have {
		if !needed[name] {
			spare = append(spare, name)
		}
	}
	note(each(ctx, h.f.workers(), len(spare), func(i int) error {
		h.tell(Progress{Stage: "clearing", Files: i + 1, Of: len(spare)})
		err := h.f.remove(objectsDir + "/" + spare[i][:2] + "/" + spare[i])
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return h.failed("removing what no release has", err)
	}))
	return notes
}

// fell removes the folder of a release, but nothing in it that the release does
// not name.
func (h *folderHost) fell(ctx context.Context, r *release) error {
	top := releasesDir + "/" + r.id
	if ok, err := exists(h.f, top); !ok {
		return h.failed("removing release "+r.id, err)
	}
	files := r.all()
	err := each(ctx, h.f.workers(), len(files), func(i int) error {
		err := h.f.remove(top + "/" + files[i].Path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return h.failed("removing release "+r.id, err)
	})
	if err != nil {
		return err
	}
	for _, d := range slices.Backward(foldersOf(files)) {
		err := h.f.remove(path.Join(top, d))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return h.failed("removing release "+r.id, err)
		}
	}
	return nil
}

func (h *folderHost) Rollback(ctx context.Context, site, id string) (Release, error) {
	s, err := h.look(ctx, site, false)
	if err != nil {
		return Release{}, err
	}
	const hint = "playbook publish --releases lists what is kept"
	var r *release
	if id != "" {
		r = s.find(id)
	} else if i := slices.Index(s.releases, s.current); i > 0 {
		r = s.releases[i-1]
	} else {
		return Release{}, refuse(hint, "no release before the one in service is kept on %s", h.where)
	}
	if r == nil {
		return Release{}, refuse(hint, "no release %q is kept on %s", id, h.where)
	}
	unlock, err := h.take()
	if err != nil {
		return Release{}, err
	}
	defer unlock()
	if err := h.sweep(); err != nil {
		return Release{}, err
	}
	if !h.t.InPlace {
		if ok, err := exists(h.f, releasesDir+"/"+r.id); !ok {
			return Release{}, h.failed("looking for release "+r.id, cmp.Or(err, fs.ErrNotExist))
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
	return rep, err
}
