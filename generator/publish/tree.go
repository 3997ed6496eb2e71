package publish

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"playbook/generator/output"
)

// A release needs its folder, its tree, only while readers may be in it: content
// and manifest are enough to return to it. So there are three trees at most times:
// that of the release in service, that of the one before, and one in treesDir
// that nobody is in any more, which becomes the next release's by what differs
// between the two. A publish costs what changed, and not what there is.
//
// What a tree is made of says its name alone, and every step is one rename:
//
//	releases/ID     a whole tree, to which current may lead
//	trees/ID.1      a whole tree of release ID
//	trees/ID.1+TO   a tree of ID, on its way to be one of TO: each path on which
//	                these differ is of one or the other
//	trees/new.1+TO  a tree of nothing, on its way to be one of TO, or back
//
// A tree leaves releases/ when two releases have come into service since readers
// were sent there, and a tree on its way is brought back first of all. Anything
// doubtful is made anew of links to content.
type tree struct {
	name string
	of   *release // nil: of nothing
	to   *release // nil: it is whole
	lost bool     // it cannot be made use of, nor be removed
}

const (
	anew   = "new" // in place of an id
	onWay  = "+"
	spares = 2 // trees beside that of the release in service
)

func (t *tree) at() string { return treesDir + "/" + t.name }

// any returns a release by its id, whole or not.
func (s *state) any(id string) *release {
	for _, list := range [][]*release{s.releases, s.bases, s.halves} {
		for _, r := range list {
			if r.id == id {
				return r
			}
		}
	}
	return nil
}

// free returns a name of a tree that is not taken.
func (s *state) free(of string) string {
	for n := 1; ; n++ {
		name := of + "." + strconv.Itoa(n)
		if !slices.ContainsFunc(s.trees, func(t *tree) bool { return t.name == name || strings.HasPrefix(t.name, name+onWay) }) {
			return name
		}
	}
}

// ready returns the trees that a release can be made of, of the oldest first.
func (s *state) ready() (out []*tree) {
	for _, t := range s.trees {
		if t.of != nil && t.to == nil && !t.lost && t.of.id > s.doubt {
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(a, b *tree) int { return strings.Compare(a.of.id, b.of.id) })
	return out
}

// lookAtTrees learns which trees there are beside those of releases, and brings
// back those whose way was cut. clean tells that there were none.
func (h *folderHost) lookAtTrees(ctx context.Context, s *state) (clean bool, notes []string, err error) {
	found, err := h.f.list(treesDir)
	if err != nil {
		return false, nil, h.failed("listing "+treesDir, err)
	}
	clean = true
	for _, it := range found {
		whole, to, way := strings.Cut(it.name, onWay)
		id, _, numbered := strings.Cut(whole, ".")
		t := &tree{name: it.name, of: s.any(id), to: s.any(to)}
		t.lost = !it.dir || !numbered || way != (t.to != nil) || (id == anew) == (t.of != nil) || id == anew && !way
		s.trees = append(s.trees, t)
		if t.lost {
			notes = append(notes, fmt.Sprintf("what %s on %s is made of cannot be told: remove it", t.at(), h.where))
		}
	}
	for _, t := range slices.Clone(s.trees) {
		if t.lost || t.to == nil {
			continue
		}
		clean = false
		if err := h.bringBack(ctx, s, t); err != nil {
			t.lost = true
			notes = append(notes, err.Error())
		}
	}
	return clean, notes, nil
}

// bringBack makes of a tree on its way what it was.
func (h *folderHost) bringBack(ctx context.Context, s *state, t *tree) error {
	if err := h.load(ctx, t.to); err != nil {
		return err
	}
	if t.of == nil {
		return h.fellTree(ctx, s, t)
	}
	if err := h.load(ctx, t.of); err != nil {
		return err
	}
	if _, err := h.morph(ctx, t.at(), t.to.all(), t.of.all(), true); err != nil {
		return err
	}
	return h.renameTree(t, strings.TrimSuffix(t.name, onWay+t.to.id), nil)
}

// renameTree gives a tree another name, and so another way.
func (h *folderHost) renameTree(t *tree, name string, to *release) error {
	if err := h.f.rename(t.at(), treesDir+"/"+name); err != nil {
		return h.failed("renaming "+t.at(), err)
	}
	t.name, t.to = name, to
	return nil
}

// fellTree removes a tree of treesDir.
func (h *folderHost) fellTree(ctx context.Context, s *state, t *tree) error {
	r := t.to
	if t.of != nil {
		r = t.of
		if err := h.renameTree(t, s.free(anew)+onWay+r.id, r); err != nil {
			return err
		}
		t.of = nil
	}
	if err := h.load(ctx, r); err != nil {
		return err
	}
	if err := h.fell(ctx, t.at(), r); err != nil {
		return err
	}
	s.trees = slices.DeleteFunc(s.trees, func(o *tree) bool { return o == t })
	return nil
}

// plant makes the tree of a release where readers look for it: of t, or, if t is
// nil, of nothing.
func (h *folderHost) plant(ctx context.Context, s *state, r *release, t *tree, res *Result) error {
	if t == nil {
		var err error
		if t, err = h.grow(ctx, s, r, res); err != nil {
			return err
		}
	} else if t.of != r {
		from := t.of.all()
		if err := h.renameTree(t, t.name+onWay+r.id, r); err != nil {
			return err
		}
		n, err := h.morph(ctx, t.at(), from, r.all(), false)
		if err != nil {
			return err
		}
		res.Linked = n
	}
	if err := h.f.rename(t.at(), releasesDir+"/"+r.id); err != nil {
		return h.failed("making release "+r.id, err)
	}
	s.trees = slices.DeleteFunc(s.trees, func(o *tree) bool { return o == t })
	return nil
}

// replant makes the tree of a release again that has none.
func (h *folderHost) replant(ctx context.Context, s *state, r *release) error {
	if ok, err := exists(h.f, releasesDir+"/"+r.id); ok || err != nil {
		return h.failed("looking for release "+r.id, err)
	}
	if _, _, err := h.lookAtTrees(ctx, s); err != nil {
		return err
	}
	var t *tree
	for _, o := range s.ready() {
		if t == nil || t.of != r {
			t = o
		}
	}
	if t != nil {
		if err := h.load(ctx, t.of); err != nil {
			return err
		}
	}
	return h.plant(ctx, s, r, t, &Result{})
}

// grow makes a tree of r of nothing but links to content.
func (h *folderHost) grow(ctx context.Context, s *state, r *release, res *Result) (*tree, error) {
	t := &tree{name: s.free(anew) + onWay + r.id, to: r}
	s.trees = append(s.trees, t)
	files := r.all()
	if err := h.folders(ctx, t.at(), foldersOf(files)); err != nil {
		return nil, err
	}
	var done, linked atomic.Int64
	err := each(ctx, h.f.workers(), len(files), func(i int) error {
		e := &files[i]
		is, err := h.bring(e, t.at()+"/"+e.Path)
		if is {
			linked.Add(1)
		}
		h.tell(Progress{Stage: "linking", Files: int(done.Add(1)), Of: len(files)})
		return h.failed("making "+e.Path, err)
	})
	res.Linked = int(linked.Load())
	return t, err
}

// bring puts content at a path where nothing is: by a link, or by a copy where
// the host has no links.
func (h *folderHost) bring(e *output.Entry, to string) (linked bool, err error) {
	if !h.copies.Load() {
		if err = h.f.link(object(e.Digest), to); !errors.Is(err, errNoLinks) {
			return err == nil, err
		}
		h.copies.Store(true)
	}
	var from io.ReadCloser
	if from, err = h.f.open(object(e.Digest)); err == nil {
		err = errors.Join(h.f.create(to, from), from.Close())
	}
	return false, err
}

// folders makes folders below top, each of which stands behind the one it lies in.
func (h *folderHost) folders(ctx context.Context, top string, names []string) error {
	depth := func(d string) int {
		if d == "." {
			return 0
		}
		return 1 + strings.Count(d, "/")
	}
	var levels [][]string
	for _, d := range names {
		for depth(d) >= len(levels) {
			levels = append(levels, nil)
		}
		levels[depth(d)] = append(levels[depth(d)], d)
	}
	for _, level := range levels {
		err := each(ctx, h.f.workers(), len(level), func(i int) error {
			return h.failed("making "+level[i], mkdirs(h.f, path.Join(top, level[i])))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// morph makes a tree of one list of files of a tree of another, and tells how many
// files it took. A path is of the one or of the other at every moment. With again
// the same way was gone before, this way or back, nobody knows how far.
func (h *folderHost) morph(ctx context.Context, top string, from, to []output.Entry, again bool) (n int, err error) {
	gone, put := differ(from, to)
	err = each(ctx, h.f.workers(), len(gone), func(i int) error {
		name := top + "/" + gone[i]
		err := h.f.remove(name)
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if it, e := h.f.stat(name); again && (errors.Is(e, fs.ErrNotExist) || e == nil && it.dir) {
			return nil // a folder on the other side
		}
		return h.failed("removing "+gone[i], err)
	})
	if err != nil {
		return 0, err
	}
	if err := h.leave(top, gone, to); err != nil {
		return 0, err
	}
	need := map[string]bool{}
	for _, i := range put {
		if _, there := lookup(from, to[i].Path); !there || again {
			need[path.Dir(to[i].Path)] = true
		}
	}
	var names []string
	for d := range need {
		names = append(names, d)
	}
	if err := h.folders(ctx, top, names); err != nil {
		return 0, err
	}
	var done atomic.Int64
	err = each(ctx, h.f.workers(), len(put), func(k int) error {
		e := &to[put[k]]
		tmp := incomingDir + "/" + strconv.Itoa(k)
		_, err := h.bring(e, tmp)
		if err == nil {
			err = h.f.rename(tmp, top+"/"+e.Path)
		}
		if err == nil && again {
			// Two names of one file: to rename one to the other does nothing.
			if err = h.f.remove(tmp); errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
		}
		h.tell(Progress{Stage: "linking", Files: int(done.Add(1)), Of: len(put)})
		return h.failed("making "+e.Path, err)
	})
	return len(put), err
}

// leave removes the folders in which only files lay that are gone.
func (h *folderHost) leave(top string, gone []string, stay []output.Entry) error {
	empty := map[string]bool{}
	for _, p := range gone {
		for d := path.Dir(p); d != "." && !empty[d]; d = path.Dir(d) {
			i, _ := slices.BinarySearchFunc(stay, d+"/", func(e output.Entry, p string) int { return strings.Compare(e.Path, p) })
			if i < len(stay) && strings.HasPrefix(stay[i].Path, d+"/") {
				break
			}
			empty[d] = true
		}
	}
	var deep []string
	for d := range empty {
		deep = append(deep, d)
	}
	slices.Sort(deep)
	for _, d := range slices.Backward(deep) {
		name := top + "/" + d
		err := h.f.remove(name)
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if it, e := h.f.stat(name); errors.Is(e, fs.ErrNotExist) || e == nil && !it.dir {
			continue // gone, or a file of the other side
		}
		if left, e := h.f.list(name); e == nil && len(left) > 0 {
			continue // it holds files of others
		}
		return h.failed("removing "+d, err)
	}
	return nil
}

// differ tells which paths of one sorted list another lacks, and which places of
// the other are not of the first.
func differ(from, to []output.Entry) (gone []string, put []int) {
	i := 0
	for k := range to {
		e := &to[k]
		for ; i < len(from) && from[i].Path < e.Path; i++ {
			gone = append(gone, from[i].Path)
		}
		if i == len(from) || from[i].Path != e.Path {
			put = append(put, k)
			continue
		}
		if from[i].Digest != e.Digest || from[i].Size != e.Size {
			put = append(put, k)
		}
		i++
	}
	for ; i < len(from); i++ {
		gone = append(gone, from[i].Path)
	}
	return gone, put
}
