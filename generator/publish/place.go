package publish

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"playbook/generator/output"
)

// foreign refuses a release that would write over what is not playbook's.
func (h *folderHost) foreign(ctx context.Context, s *state, r *release) error {
	if s.current == nil && len(s.halves) == 0 {
		found, err := h.f.list(".")
		if err != nil {
			return h.failed("listing it", err)
		}
		for _, it := range found {
			if it.name != stateDir {
				return refuse("move it away", "%q on %s is not playbook's", clean(it.name), h.where)
			}
		}
		return nil
	}
	ours := h.owned(s)
	var todo []string
	for i := range r.files {
		if _, ok := ours[r.files[i].Path]; !ok {
			todo = append(todo, r.files[i].Path)
		}
	}
	return each(ctx, h.f.workers(), len(todo), func(i int) error {
		it, err := h.f.stat(todo[i])
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			if ok, e := exists(h.f, path.Dir(todo[i])); !ok && e == nil {
				return nil // below what is a file today
			}
			return h.failed("looking at "+todo[i], err)
		case it.dir:
			if slices.ContainsFunc(s.paths(), func(p string) bool { return strings.HasPrefix(p, todo[i]+"/") }) {
				return nil // a folder of ours, which goes
			}
		}
		return refuse("move it away, or name the page otherwise", "%s on %s is not playbook's, and the site has a file of that name", todo[i], h.where)
	})
}

// owned are the files in the folder that are ours, or may be.
func (h *folderHost) owned(s *state) map[string]output.Entry {
	out := map[string]output.Entry{}
	for _, r := range s.halves {
		for _, e := range r.all() {
			out[e.Path] = output.Entry{} // there or not, old or new
		}
	}
	if s.current != nil {
		for _, e := range s.current.all() {
			if _, unsure := out[e.Path]; !unsure {
				out[e.Path] = e
			}
		}
	}
	return out
}

func (s *state) paths() (out []string) {
	for _, r := range s.halves {
		for _, e := range r.all() {
			out = append(out, e.Path)
		}
	}
	if s.current != nil {
		for _, e := range s.current.all() {
			out = append(out, e.Path)
		}
	}
	return out
}

// replace puts the files of a release into the folder itself. Until its manifest
// is a whole one the folder may hold either release, which whoever comes next
// knows by the half one.
func (h *folderHost) replace(ctx context.Context, s *state, r *release, res *Result) error {
	owned, files := h.owned(s), r.all()
	if !r.half {
		again := *r // a rollback: half while it is put in place
		again.half = true
		if err := h.write(again.name(), again.encode()); err != nil {
			return err
		}
	}
	var todo []int
	for i := range files {
		if e, ok := owned[files[i].Path]; !ok || e.Digest != files[i].Digest || e.Size != files[i].Size {
			todo = append(todo, i)
		}
	}
	slices.SortStableFunc(todo, func(a, b int) int { return cmp.Compare(phase(files[a], owned), phase(files[b], owned)) })
	var gone []string
	for p := range owned {
		if _, stays := lookup(files, p); !stays {
			gone = append(gone, p)
		}
	}
	slices.Sort(gone)
	// A file in the way of a folder, or a folder in the way of a file, goes first.
	inWay := func(p string) bool {
		for _, i := range todo {
			if n := files[i].Path; strings.HasPrefix(n, p+"/") || strings.HasPrefix(p, n+"/") {
				return true
			}
		}
		return false
	}
	var first []string
	if slices.ContainsFunc(gone, inWay) {
		first = slices.DeleteFunc(slices.Clone(gone), func(p string) bool { return !inWay(p) })
		gone = slices.DeleteFunc(gone, inWay)
	}
	if err := h.discard(first, files); err != nil {
		return err
	}
	for _, d := range foldersOf(files) {
		if d == "." {
			continue
		}
		if err := mkdirs(h.f, d); err != nil {
			return h.failed("making "+d, err)
		}
	}
	copies := false
	for k, i := range todo {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		e := &files[i]
		tmp := incomingDir + "/" + strconv.Itoa(k)
		err := errNoLinks
		if !copies {
			err = h.f.link(object(e.Digest), tmp)
		}
		if errors.Is(err, errNoLinks) {
			copies = true
			from, e2 := h.f.open(object(e.Digest))
			if err = e2; err == nil {
				err = errors.Join(h.f.create(tmp, from), from.Close())
			}
		}
		if err == nil {
			err = h.f.rename(tmp, e.Path)
		}
		if err == nil {
			// Two names of one file: to rename one to the other does nothing.
			if e := h.f.remove(tmp); e != nil && !errors.Is(e, fs.ErrNotExist) {
				err = e
			}
		}
		if err != nil {
			return h.failed("putting "+e.Path+" in place", err)
		}
		h.tell(Progress{Stage: "switching", Files: k + 1, Of: len(todo)})
	}
	res.Linked = len(todo)
	if err := h.discard(gone, files); err != nil {
		return err
	}
	// From here on the folder holds this release and no other. The half manifest
	// goes last: while it is there nothing is believed of the files it names.
	whole := *r
	whole.half = false
	if r.half {
		if err := h.write(whole.name(), whole.encode()); err != nil {
			return err
		}
	}
	if err := h.write(placedName, []byte(r.id+"\n")); err != nil {
		return err
	}
	for _, p := range append(slices.Clone(s.halves), &release{id: r.id, half: true}) {
		if err := h.f.remove(p.name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return h.failed("removing a manifest", err)
		}
	}
	r.half = false
	return nil
}

// phase is when a file is put in place, lowest first: nothing comes before what
// it names. What lists pages, such as a search index, comes behind new pages and
// before changed ones; front pages, feeds and site maps last.
func phase(e output.Entry, owned map[string]output.Entry) int {
	const deepest = 90
	_, there := owned[e.Path]
	page := path.Ext(e.Path) == ".html"
	switch {
	case strings.HasPrefix(e.Path, "assets/"):
		return 0
	case e.Path == "index.html":
		return 4 + deepest
	case !strings.Contains(e.Path, "/") && !page:
		return 5 + deepest
	case !there && !page:
		return 1
	case !there:
		return 2
	case !page:
		return 3
	}
	return 4 + deepest - min(deepest, strings.Count(e.Path, "/"))
}

// discard removes files that are ours, and the folders they leave empty.
func (h *folderHost) discard(paths []string, stay []output.Entry) error {
	folders := map[string]bool{}
	for _, p := range paths {
		err := h.f.remove(p)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			it, e := h.f.stat(p)
			if e == nil && !it.dir || e != nil && !errors.Is(e, fs.ErrNotExist) {
				return h.failed("removing "+p, err)
			}
			continue // a folder of that name is there now
		}
		for d := path.Dir(p); d != "."; d = path.Dir(d) {
			folders[d] = true
		}
	}
	for _, d := range foldersOf(stay) {
		delete(folders, d)
	}
	var deep []string
	for d := range folders {
		deep = append(deep, d)
	}
	slices.Sort(deep)
	for _, d := range slices.Backward(deep) {
		if _, file := lookup(stay, d); file {
			if it, err := h.f.stat(d); err != nil || !it.dir {
				continue // a file of that name is there now
			}
		}
		// One that holds files of others stays.
		_ = h.f.remove(d)
	}
	return nil
}
