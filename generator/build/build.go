// Package build runs the road from a site's files to its output: scan, compile,
// link, check, make, commit. A Session keeps what one run leaves for the next;
// each stage is a function of the stage before it.
package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"playbook/generator/artifact"
	"playbook/generator/book"
	"playbook/generator/check"
	"playbook/generator/diag"
	"playbook/generator/document"
	"playbook/generator/history"
	"playbook/generator/kind"
	"playbook/generator/output"
	"playbook/generator/render"
	"playbook/generator/source"
)

// Options say what to build and how. The zero value of each means the default.
type Options struct {
	Source string // the site's folder, "." if empty
	Dest   string // the output folder, "public" in Source if empty
	Config string // configuration file, playbook.toml in Source if empty and there

	BaseURL    string                                // instead of the configuration's
	Drafts     bool                                  // show drafts
	Future     bool                                  // show what is not yet published
	Strict     bool                                  // warnings fail as errors do
	KeepGoing  bool                                  // write what can be made in spite of errors
	NoCache    bool                                  // use nothing of earlier runs, and keep nothing
	Program    string                                // identifies the program to the byte; if empty, nothing is read from or kept on disk
	Keep       bool                                  // keep on disk what later processes can use
	Portable   bool                                  // name every index.html, so that the folder opens without a server
	CheckOnly  bool                                  // report and write nothing
	AsOf       string                                // today, "2026-11-23"
	Builtin    fs.FS                                 // the built-in layouts
	Version    string                                // of the program
	Workers    int                                   // 0: GOMAXPROCS
	Now        func() time.Time                      // for durations only; nil: none are reported
	OnProgress func(stage string, done, total int)   // nil: nobody watches; called from one goroutine at a time
	Why        func(path string, c *artifact.Change) // told why an output is made, see package artifact

	// Within names folders, as absolute paths, such that nothing of the content
	// has changed since the run before but what lies in them or they
	// themselves. A Session then looks nowhere else; nil: it looks everywhere.
	Within []string

	// Begin gives where outputs go; nil means the folder Dest, committed all or
	// none. serve gives its memory instead.
	Begin func(ctx context.Context) (Sink, error)
}

// Sink takes a site's outputs. Has, Put and Copy may be called from many
// goroutines; after Commit or Abort the Sink is done. Abort after Commit does
// nothing.
type Sink interface {
	artifact.Sink
	Copy(path string, d source.Digest, r io.Reader) error
	Commit() (output.Result, error)
	Abort()
}

// Seconds are the durations of a run, in total and by stage.
type Seconds struct {
	Total   float64 `json:"total"`
	Scan    float64 `json:"scan"`
	Load    float64 `json:"load"`
	Compile float64 `json:"compile"`
	Link    float64 `json:"link"`
	Check   float64 `json:"check"`
	Render  float64 `json:"render"`
	Commit  float64 `json:"commit"`
}

// Stats count what a run did.
type Stats struct {
	Documents    int     `json:"documents"` // Markdown files compiled or reused
	Pages        int     `json:"pages"`     // pages of the site, generated ones too
	Rendered     int     `json:"rendered"`  // outputs made
	Reused       int     `json:"reused"`    // outputs whose trace still held
	Written      int     `json:"written"`   // files written
	Removed      int     `json:"removed"`   // files removed
	Errors       int     `json:"errors"`
	Warnings     int     `json:"warnings"`
	Bytes        int64   `json:"bytes"` // written
	Seconds      Seconds `json:"seconds"`
	PeakRSSBytes int64   `json:"peak_rss_bytes"` // of the process
}

// Result is what a run found and did. Source gives the text of a file named in
// a diagnostic, nil if it is not there.
type Result struct {
	Diags    []diag.Diagnostic
	Stats    Stats
	Source   func(file string) []byte
	Document func(path string) string // the document, as diagnostics call it, that an output was made of; "" if none
	Outputs  []*artifact.Artifact     // with their traces; nil where all inputs were as they had been
	Notes    []string                 // about what is kept on disk
	Failed   bool                     // nothing was written because of errors
}

// ConfigError tells that the configuration cannot be used.
type ConfigError struct {
	Diags  []diag.Diagnostic
	Source func(file string) []byte
	Msg    string // where there is no place to point at
}

func (e *ConfigError) Error() string {
	if e.Msg != "" {
		return e.Msg
	}
	return fmt.Sprintf("%s: %s", e.Diags[0].At.File, e.Diags[0].Msg)
}

// Run builds once, from nothing kept.
func Run(ctx context.Context, o Options) (*Result, error) { return new(Session).Run(ctx, o) }

// Session keeps between runs what makes the next one faster. Its results do
// not depend on what it keeps. It is used by one goroutine at a time.
type Session struct {
	content *source.Tree
	own     *source.Tree // the site's layouts
	builtin *source.Tree
	scanned scanned
	docs    []*document.Document // by path
	markup  document.Options
	state   *artifact.State
	loaded  loaded
	book    *book.Book
	past    *history.History
	targets targets
	beside  beside
	sunk    sunk
	cache   *cache // on disk; nil: none
}

// sunk is what a Sink held when it was committed.
type sunk struct {
	sink    Sink
	state   *artifact.State
	targets []artifact.Target
	files   []string
}

// keepsRest is a Sink that can take over all that another one held.
type keepsRest interface {
	// KeepRest tells whether all that over held stays, but what will be put.
	KeepRest(over Sink) bool
}

// kept tells whether tx holds the outputs of prev for these targets and files,
// and keeps what is not put.
func (s *sunk) kept(tx Sink, prev *artifact.State, targets []artifact.Target, files []string) bool {
	k, ok := tx.(keepsRest)
	return ok && prev != nil && s.state == prev && len(targets) > 0 && len(targets) == len(s.targets) && &targets[0] == &s.targets[0] &&
		slices.Equal(files, s.files) && k.KeepRest(s.sink)
}

// scanned is how the content was listed. A listing made otherwise cannot be
// brought up to date folder by folder.
type scanned struct {
	dir    string
	ignore []string
	skip   []string
}

func (s scanned) equal(o scanned) bool {
	return s.dir == o.dir && slices.Equal(s.ignore, o.ignore) && slices.Equal(s.skip, o.skip)
}

// targets are the outputs of a book, kept while it has the same pages.
type targets struct {
	shape any
	theme *render.Theme
	list  []artifact.Target
}

// of returns the outputs of a book.
func (t *targets) of(theme *render.Theme, b *book.Book) []artifact.Target {
	if t.shape != b.Shape() || t.theme != theme {
		*t = targets{shape: b.Shape(), theme: theme, list: theme.Targets(b)}
	}
	return t.list
}

// loaded is what is made of layouts, kept while they stay the same.
type loaded struct {
	key   source.Digest
	kinds *kind.Set
	theme *render.Theme
	diags []diag.Diagnostic
}

// load reads kinds and theme, unless nothing they are made of has changed.
func (s *Session) load(layouts *source.Tree, accent, version string) error {
	h := []byte(accent + "\x00" + version + "\x00")
	for _, f := range layouts.Files() {
		d, err := layouts.Digest(f.Path)
		if err != nil {
			return err
		}
		h = append(append(append(h, f.Name...), 0), d[:]...)
	}
	key := source.Sum(h)
	if s.loaded.theme != nil && s.loaded.key == key {
		return nil
	}
	kinds, diags := kind.Load(layouts)
	theme, more, err := render.Load(layouts, accent, version)
	if err != nil {
		return err
	}
	s.loaded = loaded{key: key, kinds: kinds, theme: theme, diags: append(diags, more...)}
	return nil
}

// Site is a site as far as it was loaded and linked, for commands that ask
// about it.
type Site struct {
	Dir     string // the site's folder
	Config  Config
	Kinds   *kind.Set
	Book    *book.Book
	Content *source.Tree
	Layouts *source.Tree
	theme   *render.Theme
	configs *source.Tree
	name    string // of the configuration, as diagnostics call it
	config  []byte // its text
	dest    string
	diags   []diag.Diagnostic
	docs    int
	files   []string // beside pages, that are published
	scanned scanned
	repo    *history.Repo // that the content lies in; nil if it is not asked
	unread  bool          // it could not be
	asked   bool          // it was
}

// Open loads and links a site without making anything.
func Open(ctx context.Context, o Options) (*Site, error) {
	var t Stats
	return new(Session).open(ctx, o, &t)
}

// Diags returns what loading and linking found.
func (s *Site) Diags() []diag.Diagnostic { return s.diags }

// Source returns the text of a file that diagnostics name, nil if there is none.
func (s *Site) Source(file string) []byte {
	for _, t := range []*source.Tree{s.Content, s.Layouts, s.configs} {
		if t == nil {
			continue
		}
		if p, ok := strings.CutPrefix(file, t.Name()); ok {
			if b, _, err := t.Read(p); err == nil {
				return b
			}
		}
		for _, f := range t.Files() {
			if f.Name == file {
				if b, _, err := t.Read(f.Path); err == nil {
					return b
				}
			}
		}
	}
	return nil
}

// timer measures stages with the clock it was given.
type timer struct {
	now   func() time.Time
	start time.Time
}

func (t *timer) lap(into *float64) {
	if t.now != nil {
		n := t.now()
		*into += n.Sub(t.start).Seconds()
		t.start = n
	}
}

func (o *Options) fill() {
	if o.Source == "" {
		o.Source = "."
	}
	if o.Dest == "" {
		o.Dest = filepath.Join(o.Source, "public")
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.OnProgress == nil {
		o.OnProgress = func(string, int, int) {}
	}
	if o.Now == nil {
		o.Now = func() time.Time { return time.Time{} }
	}
}

// open runs the stages before making: scan, load, compile, link.
func (s *Session) open(ctx context.Context, o Options, st *Stats) (*Site, error) {
	o.fill()
	site, err := s.survey(ctx, o, st)
	if err != nil {
		return nil, err
	}
	return site, s.assemble(ctx, o, site, st)
}

// survey finds out what there is: the configuration and the listings.
func (s *Session) survey(ctx context.Context, o Options, st *Stats) (*Site, error) {
	clock := timer{now: o.Now, start: o.Now()}
	site := &Site{Dir: o.Source, dest: o.Dest}
	if err := site.configure(o); err != nil {
		return nil, err
	}
	c := &site.Config
	if o.BaseURL != "" {
		c.Book.BaseURL = o.BaseURL
	}
	contentDir := filepath.Join(o.Source, filepath.FromSlash(c.Content))
	prefix := filepath.ToSlash(filepath.Clean(filepath.FromSlash(c.Content))) + "/"
	if prefix == "./" {
		prefix = ""
	}
	layoutsDir := filepath.Join(o.Source, filepath.FromSlash(c.Layouts))
	prev, prevOwn := s.content, s.own
	if o.NoCache {
		prev, prevOwn = nil, nil
	}
	if s.cache == nil && s.content == nil {
		if s.cache = openCache(&o); s.cache != nil {
			prev, prevOwn = s.cache.trees()
		}
	}
	ignore := c.Ignore
	if prefix == "" { // the site's own files are no content where the content is the whole folder
		ignore = append([]string{"/playbook.toml", "/public/", "/" + strings.Trim(c.Layouts, "/") + "/"}, ignore...)
	}
	how := scanned{contentDir, ignore, inside(contentDir, o.Dest)}
	content, diags, err := s.scan(ctx, source.Options{Name: prefix, Ignore: ignore, Skip: how.skip, Now: o.Now()}, prev, how, o.Within)
	if err != nil {
		return nil, err
	}
	if s.builtin == nil {
		if s.builtin, err = source.FromFS(o.Builtin, source.Options{Name: "builtin:layouts/", KeepUnderscore: true}); err != nil {
			return nil, err
		}
	}
	own, more, err := source.Scan(ctx, layoutsDir, source.Options{Name: filepath.ToSlash(filepath.Clean(filepath.FromSlash(c.Layouts))) + "/", KeepUnderscore: true, Now: o.Now()}, prevOwn)
	if err != nil {
		return nil, err
	}
	s.own = own
	site.Content, site.Layouts = content, source.Overlay(s.builtin, own)
	site.scanned, site.diags = how, append(diags, more...)
	if !c.Forget {
		site.repo = history.Find(contentDir)
	}
	clock.lap(&st.Seconds.Scan)
	return site, nil
}

// assemble loads, compiles and links what survey found.
func (s *Session) assemble(ctx context.Context, o Options, site *Site, st *Stats) error {
	clock := timer{now: o.Now, start: o.Now()}
	c, content, diags := &site.Config, site.Content, site.diags
	wait := func() {}
	if s.cache != nil && s.docs == nil && s.cache.docs == nil && !o.NoCache {
		wait = s.recall()
	}
	err := s.load(site.Layouts, c.Book.Accent, o.Version)
	wait()
	if err != nil {
		return err
	}
	kinds, theme := s.loaded.kinds, s.loaded.theme
	site.Kinds, site.theme = kinds, theme
	diags = append(diags, s.loaded.diags...)
	diags = append(diags, site.checkConfig()...)
	clock.lap(&st.Seconds.Load)

	docs, err := s.compile(ctx, o, content, c.Markup)
	if err != nil {
		return err
	}
	for _, d := range docs {
		diags = append(diags, d.Diags...)
	}
	site.docs, st.Documents = len(docs), len(docs)
	clock.lap(&st.Seconds.Compile)

	if err := s.remember(ctx, o, site, &diags); err != nil {
		return err
	}
	in := book.Input{Docs: docs, History: s.past, Kinds: kinds, Files: content, Layouts: theme.Layouts, Texts: theme.Texts, Assets: theme.Assets,
		Config: c.Book, AsOf: o.AsOf, Drafts: o.Drafts, Future: o.Future, Portable: o.Portable, Version: o.Version, Workers: o.Workers}
	known := s.book
	switch {
	case o.NoCache:
		known = nil
	case known == nil && s.cache != nil:
		known = s.recallBook(ctx, site, &o, in)
	}
	b, more, err := book.Link(ctx, in, known)
	if err != nil {
		return err
	}
	if err := s.fetch(ctx, site, b, &diags); err != nil {
		return err
	}
	site.Book, s.book = b, b
	site.diags = append(diags, more...)
	st.Pages = len(b.PageIDs())
	clock.lap(&st.Seconds.Link)
	s.content, s.scanned = content, site.scanned
	return nil
}

// scan lists the content, looking only where it may have changed if that is
// known.
func (s *Session) scan(ctx context.Context, o source.Options, prev *source.Tree, how scanned, within []string) (*source.Tree, []diag.Diagnostic, error) {
	if prev == nil || within == nil || !s.scanned.equal(how) {
		return source.Scan(ctx, how.dir, o, prev)
	}
	var folders []string
	for _, w := range within {
		if rel := inside(how.dir, w); rel != nil {
			folders = append(folders, rel[0])
		} else if abs, err := filepath.Abs(how.dir); err != nil || abs == filepath.Clean(w) || len(inside(w, how.dir)) > 0 {
			return source.Scan(ctx, how.dir, o, prev) // the content folder itself, or one that it lies in
		}
	}
	return source.Rescan(ctx, how.dir, o, prev, folders)
}

// compile compiles the documents of a tree, those whose bytes are as they were
// excepted.
func (s *Session) compile(ctx context.Context, o Options, content *source.Tree, markup document.Options) ([]*document.Document, error) {
	all := content.Files()
	files := make([]int32, 0, len(s.docs)) // of all, those to compile
	for i := range all {
		if isMarkdown(all[i].Path) {
			files = append(files, int32(i))
		}
	}
	var known []*document.Document // what there was, by path
	if !o.NoCache && s.markup == markup {
		known = s.docs
	}
	kept := s.cache
	if o.NoCache {
		kept = nil
	}
	c := document.NewCompiler(markup)
	docs := make([]*document.Document, len(files))
	old := make([]*document.Document, len(files)) // of the same path
	for i, k := 0, 0; i < len(files) && k < len(known); {
		switch p := all[files[i]].Path; {
		case known[k].Path < p:
			k++
		case known[k].Path == p:
			old[i] = known[k]
			i, k = i+1, k+1
		default:
			i++
		}
	}
	var next, done atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	for range min(o.Workers, max(1, len(files))) {
		wg.Go(func() {
			check := new(source.Checker)
			for {
				i := int(next.Add(1)) - 1
				if i >= len(files) || failed.Load() != nil || ctx.Err() != nil {
					return
				}
				f := &all[files[i]]
				if d := old[i]; d != nil {
					if now, err := content.DigestAt(int(files[i])); err == nil && now == d.Digest {
						docs[i] = d
						continue
					}
				}
				if kept != nil && len(kept.docs) > 0 {
					if now, err := content.DigestAt(int(files[i])); err == nil {
						if docs[i] = kept.document(f.Path, f.Name, c.Made(now), check); docs[i] != nil {
							continue
						}
					}
				}
				src, _, err := content.Read(f.Path)
				if err != nil {
					failed.CompareAndSwap(nil, &err)
					return
				}
				docs[i] = c.Compile(f.Path, f.Name, src)
				done.Add(1)
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := failed.Load(); err != nil {
		return nil, *err
	}
	s.markup, s.docs = markup, docs
	return docs, nil
}

func isMarkdown(p string) bool {
	for _, ext := range [...]string{".md", ".markdown"} {
		if n := len(p) - len(ext); n >= 0 && p[n] == '.' && strings.EqualFold(p[n:], ext) {
			return true
		}
	}
	return false
}

// inside returns dest as a path below root, when it lies there: the output is
// no content.
func inside(root, dest string) []string {
	r, err1 := filepath.Abs(root)
	d, err2 := filepath.Abs(dest)
	if err1 != nil || err2 != nil {
		return nil
	}
	rel, err := filepath.Rel(r, d)
	if err != nil || rel == "." || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return nil
	}
	return []string{filepath.ToSlash(rel)}
}

// begin opens what outputs go to.
func (o *Options) begin(ctx context.Context) (Sink, error) {
	if o.Begin != nil {
		return o.Begin(ctx)
	}
	return output.Begin(ctx, o.Dest, output.Options{})
}

// asBefore ends a build at once whose inputs are those of a build before, if all
// that came of that one is still there.
func (s *Session) asBefore(ctx context.Context, o Options, site *Site, res *Result) (bool, error) {
	if s.cache == nil || s.book != nil || o.NoCache || o.CheckOnly || o.Why != nil {
		return false, nil
	}
	was := s.cache.outcome(func() (source.Digest, error) { return site.inputs(&o, site.diags) })
	if was == nil {
		return false, nil
	}
	tx, err := o.begin(ctx)
	if err != nil {
		return false, err
	}
	defer tx.Abort()
	if !was.stands(tx, site.Content) {
		return false, nil
	}
	out, err := tx.Commit()
	if err != nil {
		return false, err
	}
	s.content, s.scanned = site.Content, site.scanned
	res.Diags, res.Source, res.Document, res.Notes = was.diags, site.Source, was.document, s.cache.notes
	s.cache.notes = nil
	st := &res.Stats
	st.Documents, st.Pages, st.Reused, st.Removed = was.documents, was.pages, len(was.outputs), out.Removed
	st.Errors, st.Warnings = diag.Count(res.Diags)
	if o.Keep && !s.cache.tree.Serves(site.Content) {
		s.cache.relist(site.Content, s.own)
	}
	return true, nil
}

// Run builds the site.
func (s *Session) Run(ctx context.Context, o Options) (*Result, error) {
	o.fill()
	res := &Result{}
	st := &res.Stats
	total := timer{now: o.Now, start: o.Now()}
	site, err := s.survey(ctx, o, st)
	if err != nil {
		return nil, err
	}
	scan := slices.Clone(site.diags)
	if was, err := s.asBefore(ctx, o, site, res); was || err != nil {
		total.lap(&st.Seconds.Total)
		st.PeakRSSBytes = peakMemory()
		return res, err
	}
	if err := s.assemble(ctx, o, site, st); err != nil {
		return nil, err
	}
	res.Source, res.Document = site.Source, site.Book.DocumentAt
	clock := timer{now: o.Now, start: o.Now()}
	diags := append(site.diags, check.Run(site.Book)...)
	var list []artifact.Target
	if !o.CheckOnly || len(site.Book.Files()) > 0 { // the search index must be made to know its parts
		list = s.targets.of(site.theme, site.Book)
	}
	var unfit []diag.Diagnostic
	site.files, unfit = s.beside.of(list, site.Book.Files(), func(path string) string {
		f, _ := site.Content.Lookup(path)
		return f.Name
	})
	diags = append(diags, unfit...)
	clock.lap(&st.Seconds.Check)
	committed := false
	finish := func() {
		res.Diags = site.judge(diags, o)
		st.Errors, st.Warnings = diag.Count(res.Diags)
		if s.cache != nil && !o.NoCache {
			if o.Keep && !o.CheckOnly {
				s.keep(site, &o, scan, committed, res)
			}
			res.Notes, s.cache.notes = s.cache.notes, nil
		}
		total.lap(&st.Seconds.Total)
		st.PeakRSSBytes = peakMemory()
	}
	if o.CheckOnly {
		finish()
		return res, nil
	}
	if e, w := diag.Count(site.judge(slices.Clone(diags), o)); !o.KeepGoing && (e > 0 || o.Strict && w > 0) {
		res.Failed = true
		finish()
		return res, nil
	}
	tx, err := o.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer tx.Abort()
	prev := s.state
	if o.NoCache {
		prev = nil
	}
	kept := s.sunk.kept(tx, prev, list, site.files)
	made, err := artifact.MakeAll(ctx, artifact.Input{Book: site.Book, Targets: list, Fragments: site.theme.Fragments, Prev: prev, Sink: tx, Kept: kept, Workers: o.Workers, Why: o.Why})
	if err != nil {
		return nil, err
	}
	s.state, res.Outputs = made.State, made.Artifacts
	st.Rendered, st.Reused = made.Made, made.Reused
	diags = append(diags, made.Diags()...)
	clock.lap(&st.Seconds.Render)
	if e, w := diag.Count(site.judge(slices.Clone(diags), o)); !o.KeepGoing && (e > 0 || o.Strict && w > 0) {
		res.Failed = true
		finish()
		return res, nil
	}
	for _, f := range site.files {
		d, err := site.Content.Digest(f)
		if err != nil {
			return nil, err
		}
		if tx.Has(f, d) {
			continue
		}
		r, err := site.Content.Open(f)
		if err != nil {
			return nil, err
		}
		err = tx.Copy(f, d, r)
		r.Close()
		if err != nil {
			return nil, err
		}
	}
	out, err := tx.Commit()
	if err != nil {
		return nil, err
	}
	s.sunk = sunk{}
	if _, ok := tx.(keepsRest); ok {
		s.sunk = sunk{tx, s.state, list, site.files}
	}
	st.Written, st.Removed, st.Bytes = out.Written, out.Removed, out.Bytes
	clock.lap(&st.Seconds.Commit)
	committed = true
	finish()
	return res, nil
}

// ReadConfig reads the configuration of a site, and nothing else of it: what it
// means, and what is said where. What is wrong with it is a *ConfigError.
func ReadConfig(o Options) (Config, []Said, error) {
	var site Site
	err := site.configure(o)
	if err != nil {
		return site.Config, nil, err
	}
	return site.Config, SaidIn(site.name, site.config), nil
}

// configure finds and reads the configuration.
func (site *Site) configure(o Options) error {
	path := o.Config
	if path == "" {
		path = filepath.Join(o.Source, "playbook.toml")
	}
	src, err := source.ReadFile(path, maxConfig)
	switch {
	case err == nil:
	case source.IsNotExist(err) && o.Config == "":
		src = nil
	case source.IsNotExist(err):
		return &ConfigError{Msg: "there is no configuration " + o.Config}
	case errors.Is(err, source.ErrTooLarge):
		return &ConfigError{Msg: fmt.Sprintf("%s is larger than the %d bytes that a configuration may have", filepath.ToSlash(path), maxConfig)}
	default:
		return err
	}
	name := filepath.ToSlash(path)
	if o.Config == "" {
		name = "playbook.toml"
	}
	c, diags := ParseConfig(name, src)
	if len(diags) > 0 {
		shown := unseen(src, diags)
		return &ConfigError{Diags: diags, Source: func(f string) []byte {
			if f == name {
				return shown
			}
			return nil
		}}
	}
	for _, x := range [][2]string{{"content", c.Content}, {"layouts", c.Layouts}} {
		key, dir := x[0], x[1]
		if filepath.IsAbs(dir) || !filepath.IsLocal(filepath.FromSlash(dir)) {
			return &ConfigError{Msg: fmt.Sprintf("%s: %s must name a folder inside the site, not %q", name, key, dir)}
		}
		if source.LeadsOut(o.Source, filepath.FromSlash(dir)) {
			return &ConfigError{Msg: fmt.Sprintf("%s: %s must name a folder inside the site, and %q is a link that leads out of it", name, key, dir)}
		}
	}
	site.Config, site.name, site.config = c, name, src
	return nil
}

// maxConfig bounds the configuration in bytes.
const maxConfig = 1 << 20

// judge applies the configured levels and the pages' own exceptions, and puts
// the diagnostics in order.
func (site *Site) judge(diags []diag.Diagnostic, _ Options) []diag.Diagnostic {
	out := diags[:0]
	for _, d := range diags {
		if l, ok := site.Config.Levels[d.Rule]; ok && (d.Level != diag.Error || l == diag.Error) {
			d.Level = l
		}
		if d.Level == diag.Warning && site.Book.Excused(d.At.File, d.Rule) {
			d.Level = diag.Off
		}
		if d.Level != diag.Off {
			out = append(out, d)
		}
	}
	return diag.Sort(out)
}
