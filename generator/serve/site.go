package serve

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"

	"playbook/generator/diag"
	"playbook/generator/output"
	"playbook/generator/source"
)

// site is one state of the outputs, in memory. It is filled by a build and then
// only read.
type site struct {
	version  int
	prev     *site
	mu       sync.Mutex
	files    map[string]*file
	diags    []diag.Diagnostic
	source   func(string) []byte
	failure  error                    // the build as a whole failed; files are those of before
	document func(path string) string // the document that an output was made of
}

// file is one output.
type file struct {
	digest source.Digest
	data   []byte
	once   sync.Once
	shown  source.Digest // of a page, without the parts of its assets' names that only tell their version
}

func newSite() *site {
	return &site{files: map[string]*file{}, source: func(string) []byte { return nil }}
}

// next returns an empty site that takes over from s what stays the same.
func (s *site) next() *site {
	n := newSite()
	n.version, n.prev = s.version+1, s
	return n
}

// with returns s with the failure of the build that should have replaced it.
func (s *site) with(err error) *site {
	return &site{version: s.version + 1, files: s.files, diags: s.diags, source: s.source, document: s.document, failure: err}
}

// Has takes an output over from the site before.
func (s *site) Has(path string, d source.Digest) bool {
	f := s.prev.files[path]
	if f == nil || f.digest != d {
		return false
	}
	s.mu.Lock()
	s.files[path] = f
	s.mu.Unlock()
	return true
}

// Put takes an output.
func (s *site) Put(path string, d source.Digest, data []byte) error {
	if s.Has(path, d) {
		return nil
	}
	s.mu.Lock()
	s.files[path] = &file{digest: d, data: data}
	s.mu.Unlock()
	return nil
}

// maxFile bounds a file beside a page that is kept in memory; a larger one is
// left to the published site.
const maxFile = 64 << 20

// Copy takes a file beside a page.
func (s *site) Copy(path string, d source.Digest, r io.Reader) error {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return err
	}
	if len(data) > maxFile {
		data = []byte(fmt.Sprintf("%s is larger than %d MiB and is not shown by serve\n", path, maxFile>>20))
	}
	return s.Put(path, d, data)
}

// Commit ends the filling of the site.
func (s *site) Commit() (output.Result, error) {
	r := output.Result{}
	for p, f := range s.files {
		if s.prev.files[p] != f {
			r.Written++
			r.Bytes += int64(len(f.data))
		} else {
			r.Unchanged++
		}
	}
	for p := range s.prev.files {
		if s.files[p] == nil {
			r.Removed++
		}
	}
	return r, nil
}

// Abort does nothing: a site that is not stored is gone.
func (s *site) Abort() {}

// changed returns the outputs that differ from those of old, sorted.
func (s *site) changed(old *site) []string {
	var out []string
	for p, f := range s.files {
		if g := old.files[p]; g == nil || g.digest != f.digest {
			out = append(out, p)
		}
	}
	for p := range old.files {
		if s.files[p] == nil {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	s.prev = nil // nothing holds the sites before that one
	return out
}

// versioned finds the part of an asset's name that tells its version.
var versioned = regexp.MustCompile(`(assets/[A-Za-z0-9_./-]+)\.[0-9a-f]{10}(\.[a-z0-9]+)`)

// look returns a digest of what a reader sees of a page: the same when only its
// style sheets changed, which are swapped without a reload.
func (f *file) look() source.Digest {
	f.once.Do(func() { f.shown = source.Sum(versioned.ReplaceAll(f.data, []byte("$1$2"))) })
	return f.shown
}

// sheets returns the style sheets of the site by their name without version.
func (s *site) sheets() map[string]string {
	out := map[string]string{}
	for p := range s.files {
		if strings.HasPrefix(p, "assets/") && strings.HasSuffix(p, ".css") {
			if m := versioned.FindStringSubmatch(p); m != nil {
				out[m[1]+m[2]] = p
			}
		}
	}
	return out
}
