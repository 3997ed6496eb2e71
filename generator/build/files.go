package build

import (
	"slices"
	"strings"

	"playbook/generator/artifact"
	"playbook/generator/diag"
	"playbook/generator/source"
)

// beside are the files beside pages that can be published together with the
// outputs, kept while both stay the same.
type beside struct {
	list        []artifact.Target
	files, left []string
	diags       []diag.Diagnostic
}

// of leaves out files whose paths the site's own outputs have, or such that some
// system would take for one of them or for a folder of theirs, and files of which
// that is so among themselves.
func (s *beside) of(list []artifact.Target, files []string, nameOf func(path string) string) ([]string, []diag.Diagnostic) {
	if len(files) == 0 {
		return nil, nil
	}
	if len(list) == len(s.list) && (len(list) == 0 || &list[0] == &s.list[0]) && slices.Equal(files, s.files) {
		return s.left, slices.Clone(s.diags)
	}
	*s = beside{list: list, files: files}
	const isFile, isFolder = 1, 2
	wanted := make(map[string]int, 2*len(files)) // what files, and their folders, are called
	parents := func(p string, f func(dir string)) {
		for i := strings.LastIndexByte(p, '/'); i > 0; i = strings.LastIndexByte(p[:i], '/') {
			f(p[:i])
		}
	}
	for _, f := range files {
		key := source.FoldPath(f)
		wanted[key] |= isFile
		parents(key, func(dir string) { wanted[dir] |= isFolder })
	}
	taken := map[string]string{} // by an output
	for i := range list {
		key := source.FoldPath(list[i].Path)
		if wanted[key] != 0 {
			taken[key] = list[i].Path
		}
		parents(key, func(dir string) {
			if wanted[dir]&isFile != 0 {
				taken[dir] = list[i].Path
			}
		})
	}
	for _, f := range files {
		key := source.FoldPath(f)
		other := taken[key]
		parents(key, func(dir string) {
			if o, ok := taken[dir]; ok && source.FoldPath(o) == dir { // an output, and not only a folder of some
				other = o
			}
		})
		if other == "" {
			s.left = append(s.left, f)
			taken[key] = f
			parents(key, func(dir string) {
				if wanted[dir]&isFile != 0 {
					taken[dir] = f
				}
			})
			continue
		}
		msg := "the site has " + other + " already"
		if other != f {
			msg += ", and not every system can store both"
		}
		s.diags = append(s.diags, diag.Diagnostic{Rule: "url-duplicate", Level: diag.Error, At: diag.Pos{File: nameOf(f)}, Msg: msg, Hint: "rename the file"})
	}
	return s.left, slices.Clone(s.diags)
}
