package serve

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"playbook/generator/build"
	"playbook/generator/diag"
	"playbook/generator/source"
)

// site is one state of the outputs, in memory, with what was said about them.
// It is only read once it is stored.
type site struct {
	number   int
	version  string
	files    *build.Memory
	diags    []diag.Diagnostic
	source   func(string) []byte
	document func(path string) string // the document that an output was made of
	failure  []string                 // the build as a whole failed, and why; files are those of before
	looks    sync.Map                 // *build.MemoryFile -> source.Digest
	once     sync.Once
	sorted   []string // what paths returns
}

func newSite() *site {
	return &site{files: build.NewMemory(nil), source: func(string) []byte { return nil }, document: func(string) string { return "" }}
}

// failed returns s with the failure of the build that should have replaced it.
func (s *site) failed(err error) *site {
	f := &site{files: s.files, diags: s.diags, source: s.source, document: s.document, failure: []string{err.Error()}}
	var ce *build.ConfigError
	if errors.As(err, &ce) && len(ce.Diags) > 0 {
		f.failure = nil
		for _, d := range ce.Diags {
			f.failure = append(f.failure, text(d, ce.Source))
		}
	}
	return f
}

// text returns a diagnostic as the terminal shows it.
func text(d diag.Diagnostic, source func(string) []byte) string {
	var b strings.Builder
	if diag.Write(&b, []diag.Diagnostic{d}, diag.PrintOptions{Format: diag.Text, Source: source}) != nil {
		return fmt.Sprintf("%s:%d: %s", d.At.File, d.At.Line, d.Msg)
	}
	return strings.TrimRight(b.String(), "\n")
}

// paths returns all outputs, sorted.
func (s *site) paths() []string {
	s.once.Do(func() { s.sorted = slices.Sorted(maps.Keys(s.files.Files())) })
	return s.sorted
}

// changed returns the outputs that differ from those of old, sorted.
func (s *site) changed(old *site) []string {
	var out []string
	for _, p := range s.paths() {
		if f, g := s.files.File(p), old.files.File(p); f != g && (g == nil || g.Digest != f.Digest) {
			out = append(out, p)
		}
	}
	for _, p := range old.paths() {
		if s.files.File(p) == nil {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}

// versioned finds the part of an asset's name that tells its version.
var versioned = regexp.MustCompile(`(assets/[A-Za-z0-9_./-]+)\.[0-9a-f]{10}(\.[a-z0-9]+)`)

// look returns a digest of what a reader sees of a page: the same when only its
// style sheets changed, which are swapped without a reload.
func (s *site) look(f *build.MemoryFile) source.Digest {
	if d, ok := s.looks.Load(f); ok {
		return d.(source.Digest)
	}
	d := source.Sum(versioned.ReplaceAllFunc(f.Data, func(m []byte) []byte {
		if !strings.HasSuffix(string(m), ".css") {
			return m
		}
		return versioned.ReplaceAll(m, []byte("$1$2"))
	}))
	s.looks.Store(f, d)
	return d
}

// sheets returns the style sheets of the site by their name without version.
func (s *site) sheets() map[string]string {
	out := map[string]string{}
	for _, p := range s.paths() {
		if strings.HasPrefix(p, "assets/") && strings.HasSuffix(p, ".css") {
			if m := versioned.FindStringSubmatch(p); m != nil {
				out[m[1]+m[2]] = p
			}
		}
	}
	return out
}
