package source

import (
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// FromFS lists fsys, which must not change: the files built into the program.
// The same names are ignored as by Scan; a name Scan would warn of, or anything
// that is not a regular file or a folder, is an error.
func FromFS(fsys fs.FS, o Options) (*Tree, error) {
	t := &Tree{name: o.Name, max: o.MaxRead, back: fsBacking{fsys}, partial: true}
	ignore := compileIgnore(o.Ignore)
	skip := map[string]bool{}
	for _, p := range o.Skip {
		skip[strings.Trim(p, "/")] = true
	}
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == "." {
			return err
		}
		if hidden(d.Name(), o.KeepUnderscore) || ignore.ignores(p, d.IsDir()) || d.IsDir() && skip[p] {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if why := badName(d.Name()); why != "" {
			return fmt.Errorf("%s%q %s", o.Name, p, why)
		}
		if d.IsDir() {
			return nil
		}
		if !d.Type().IsRegular() {
			return fmt.Errorf("%s%s is not a regular file", o.Name, p)
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name := o.Name + p
		t.files = append(t.files, File{Path: name[len(o.Name):], Name: name, Size: info.Size()})
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(t.files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return newTree(t), nil
}

type fsBacking struct{ fsys fs.FS }

func (b fsBacking) open(path string) (io.ReadCloser, error) { return b.fsys.Open(path) }

// Overlay lays upper over lower: the files of both, upper's where both have one
// at the same path. Each file keeps the name and the bytes of the tree it comes
// from, which also remembers its digest. Name is upper's. A nil tree is empty.
func Overlay(lower, upper *Tree) *Tree {
	if lower == nil {
		lower = newTree(&Tree{})
	}
	if upper == nil {
		upper = newTree(&Tree{name: lower.name})
	}
	n := len(lower.files) + len(upper.files)
	t := &Tree{name: upper.name, partial: true, files: make([]File, 0, n), owner: make([]*Tree, 0, n)}
	take := func(from *Tree, i int) {
		t.files = append(t.files, from.files[i])
		if from.owner != nil {
			from = from.owner[i]
		}
		t.owner = append(t.owner, from)
	}
	i := 0
	for j := range upper.files {
		p := upper.files[j].Path
		for ; i < len(lower.files) && lower.files[i].Path < p; i++ {
			take(lower, i)
		}
		if i < len(lower.files) && lower.files[i].Path == p {
			i++
		}
		take(upper, j)
	}
	for ; i < len(lower.files); i++ {
		take(lower, i)
	}
	return newTree(t)
}
