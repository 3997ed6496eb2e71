package serve

import (
	"errors"
	"fmt"
	"path"
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
	bad      map[string]bool          // files with errors
	spoilt   bool                     // layouts are among them, so that any page may be half made
	stays    map[string]good          // pages of sites before that stand for those with errors, by path
	looks    sync.Map                 // *build.MemoryFile -> source.Digest
	once     sync.Once
	sorted   []string // what pages returns
	sheets   func() map[string]string
}

func newSite() *site {
	s := &site{files: build.NewMemory(nil), source: func(string) []byte { return nil }, document: func(string) string { return "" }}
	s.sheets = sync.OnceValue(s.findSheets)
	return s
}

// failed returns s with the failure of the build that should have replaced it.
func (s *site) failed(err error) *site {
	f := &site{files: s.files, diags: s.diags, source: s.source, document: s.document, sheets: s.sheets, bad: s.bad, spoilt: s.spoilt, stays: s.stays, failure: []string{err.Error()}}
	var ce *build.ConfigError
	if errors.As(err, &ce) && len(ce.Diags) > 0 {
		f.failure = nil
		for _, d := range ce.Diags {
			f.failure = append(f.failure, text(d, ce.Source))
		}
	}
	return f
}

// good is a page as it was last without an error.
type good struct {
	file     *build.MemoryFile
	document string // that it was made of, "" if none
}

// at returns what is served at a path, nil if there is nothing, and whether it
// is a page that stays in place of one with errors.
func (s *site) at(path string) (f *build.MemoryFile, stays bool) {
	if g, ok := s.stays[path]; ok {
		return g.file, true
	}
	return s.files.File(path), false
}

// documentAt returns the document that what is served at a path was made of, ""
// if none.
func (s *site) documentAt(path string) string {
	if g, ok := s.stays[path]; ok {
		return g.document
	}
	return s.document(path)
}

// keep lets pages of old stand where s has errors: in documents, where a page
// could not be made at all, and where it became another by a layout that fails.
// What was never good is shown as it is, and the pages of documents that are
// gone go.
func (s *site) keep(old *site) {
	for _, d := range s.diags {
		if d.Level == diag.Error {
			if s.bad == nil {
				s.bad, s.stays = map[string]bool{}, map[string]good{}
			}
			if d.At.File != "" {
				s.bad[d.At.File] = true
			}
			s.spoilt = s.spoilt || ofTheme(d.At.File)
		}
	}
	if s.bad == nil {
		return
	}
	consider := func(p string, g good, spoilt bool) {
		gone := g.document != "" && !s.bad[g.document] && s.document(p) == ""
		if !gone && (s.bad[g.document] || spoilt || s.files.File(p) == nil) {
			s.stays[p] = g
		}
	}
	for p, g := range old.stays {
		consider(p, g, s.spoilt)
	}
	changed := map[string]bool{}
	if s.spoilt && !old.spoilt { // else it is not known what was good
		for _, p := range s.files.Changed() {
			changed[p] = true
		}
	}
	old.files.All(func(p string, f *build.MemoryFile) {
		if _, had := old.stays[p]; had || !strings.HasSuffix(p, ".html") {
			return
		}
		if d := old.document(p); d == "" || !old.bad[d] {
			consider(p, good{f, d}, changed[p])
		}
	})
}

// ofTheme tells whether a diagnostic's file is one that all pages share.
func ofTheme(file string) bool {
	return strings.HasPrefix(file, "builtin:") || strings.HasSuffix(file, ".toml") || strings.Contains(file, "layouts/") && !strings.HasSuffix(file, ".md")
}

// text returns a diagnostic as the terminal shows it.
func text(d diag.Diagnostic, source func(string) []byte) string {
	var b strings.Builder
	if diag.Write(&b, []diag.Diagnostic{d}, diag.PrintOptions{Format: diag.Text, Source: source}) != nil {
		return fmt.Sprintf("%s:%d: %s", d.At.File, d.At.Line, d.Msg)
	}
	return strings.TrimRight(b.String(), "\n")
}

// pages returns the addresses of all pages, sorted.
func (s *site) pages() []string {
	s.once.Do(func() {
		add := func(p string) {
			if q, ok := strings.CutSuffix(p, "index.html"); ok && (q == "" || strings.HasSuffix(q, "/")) {
				s.sorted = append(s.sorted, "/"+q)
			}
		}
		s.files.All(func(p string, _ *build.MemoryFile) { add(p) })
		for p := range s.stays {
			add(p)
		}
		slices.Sort(s.sorted)
		s.sorted = slices.Compact(s.sorted)
	})
	return s.sorted
}

// maxNear bounds the addresses that near returns.
const maxNear = 8

// near returns addresses of pages that someone who asks for want may mean: the
// one that is spelt most like it, those that end as it does, then those that
// have its last part in them; and what is above it, if it is there.
func (s *site) near(want string) []string {
	if len(want) > 200 {
		return nil
	}
	want = strings.TrimSuffix(want, "index.html")
	var out []string
	add := func(p string) {
		if len(out) < maxNear && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	if n := diag.Nearest(want, s.pages()); n != "" {
		add(n)
	}
	last := strings.ToLower(strings.TrimSuffix(path.Base(want), path.Ext(want)))
	if last = strings.Trim(last, "/."); last != "" {
		for _, p := range s.pages() {
			if strings.HasSuffix(p, "/"+last+"/") {
				add(p)
			}
		}
		for _, p := range s.pages() {
			if strings.Contains(p, last) {
				add(p)
			}
		}
	}
	for up := path.Dir(strings.TrimSuffix(want, "/")); up != "/" && up != "."; up = path.Dir(up) {
		if _, ok := slices.BinarySearch(s.pages(), up+"/"); ok {
			add(up + "/")
			break
		}
	}
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

// findSheets returns the style sheets of the site by their name without version;
// sheets keeps what it finds, since every open page asks.
func (s *site) findSheets() map[string]string {
	out := map[string]string{}
	s.files.All(func(p string, _ *build.MemoryFile) {
		if strings.HasPrefix(p, "assets/") && strings.HasSuffix(p, ".css") {
			if m := versioned.FindStringSubmatch(p); m != nil {
				out[m[1]+m[2]] = p
			}
		}
	})
	return out
}
