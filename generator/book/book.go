// Package book links Documents into a Book: it types front matter by kind,
// resolves every name and link across all documents, and says what is missing,
// doubled or out of reach. A Book is frozen when Link returns it and answers
// Questions; everything outputs may know of a site is an Answer.
//
// Link gives the same Book for the same Input, whatever was linked before. A
// hidden page (draft, not yet or no longer published) leaves before anything
// reads it: the Book of a site with such a page equals the Book without it, but
// for what diagnostics tell an editor about links to it.
package book

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"playbook/generator/diag"
	"playbook/generator/document"
	"playbook/generator/glossary"
	"playbook/generator/history"
	"playbook/generator/kind"
	"playbook/generator/source"
)

// Config is the part of a site's configuration that linking and pages depend on.
type Config struct {
	Title, Description, Language string
	BaseURL, EditURL             string
	Accent, Logo, Footer         string
	Review                       string                // how often pages are to be looked at again; DefaultReview if ""
	Levels                       map[string]diag.Level // of rules, where it is not their own
	RootLinks                    bool                  // relative links are read from the content root first
	Kinds                        []KindRule
	Languages                    []Language
	Audience                     []string           // who the site is for; empty: everybody may see every page
	Terms                        glossary.Frequency // how often a word of the vocabulary becomes a link
	Known                        []string           // words in capitals that need no term
	PerList                      int                // pages that one page of a section lists; 0: 200
	SectionOrder                 []string           // folders of the content whose sections come first among their neighbours, in this order
	SectionLabels                map[string]string  // what links and navigation call the section of a folder
	Home                         []string           // blocks of the front page; empty: the theme's choice
	Outputs                      Outputs
}

// Outputs says what a site gives beside its pages. The zero value gives all of
// it and asks crawlers to stay away.
type Outputs struct {
	NoFeeds, NoCalendar, NoSitemap, NoLLMs, NoMarkdown, NoJSON, NoPreviews, NoTemplates, NoReports bool

	Robots string // "" or "disallow", "allow", "none"
	NewURL string // where pages are made; {folder} and {text} stand for where and what
}

// KindRule gives the pages in a folder (and below) a kind. Front matter wins
// over rules, rules over the kinds' own sections; of several the deepest counts.
type KindRule struct{ Folder, Kind string }

// Language says that a folder holds the pages of one language.
type Language struct{ Folder, Tag, Name string }

// Input is all that a Book is made of.
type Input struct {
	Docs    []*document.Document // sorted by path
	Kinds   *kind.Set
	History *history.History         // of the content folder; nil: nothing is known
	Files   *source.Tree             // the content folder, for files beside pages
	Layouts map[string]source.Digest // layouts with the digest of what each depends on
	Texts   map[string]string        // layout files whose text pages may ask for: archetypes, icons
	Assets  map[string]string        // asset name to output path
	Config  Config
	AsOf    string // today, "2026-11-23"

	Drafts, Future bool // show drafts; show what is not yet published
	Portable       bool // name every index.html
	Version        string
	Workers        int // 0: GOMAXPROCS
}

// Book is everything resolved.
type Book struct {
	in       Input
	site     *Site
	pages    []*page
	byID     map[string]int32
	names    *names
	sections map[string]*section
	tags     []Tag
	tagBy    map[string]int
	kindBy   map[string][]*Card
	kinds    []*KindInfo
	redirect map[string]*Card
	redirs   []string
	files    []string                 // files beside visible pages, to be published
	pictures map[source.Digest]string // what of each SVG acts, "" if nothing does, for the next Book
	terms    *vocabulary

	memo []*pageMemo // by page; Books share those of pages of which all answers are the same
	rest *sync.Map   // Question -> *Answer

	index   *index            // what linking looks things up in
	shape   *int              // see Shape
	linking []diag.Diagnostic // those of linking that belong to no page
	checks  []*checked        // by page: what its kind's checks found, once asked for
	dates   []*dated          // by page: what it has for calendars, once asked for
	faulty  []int32           // pages of which they found something
	jargon  *jargon           // once asked for
	rings   []diag.Diagnostic // of linking: relations that lead back

	recalled  *recalled           // what its pages were recalled from, if they were
	once      map[string]*checked // by kind: what was found of it as a whole
	ofKind    map[string][]int32  // see members
	unchecked []int32             // pages of which faulty does not tell yet; nil: of none

	finder     *finder // of its search
	toldOnce   *sync.Once
	toldOf     map[int32]bool // see told
	latestOnce *sync.Once
	latestBy   map[string]*latestOf // see latestIn
	partition  *sync.Once
	parts      [][]string // ids of pages by part of the data; see Partition
	calendars  *sync.Once
	due        map[string][]Due // by top section, "" for the site

	work    *work                 // of derived values and checks
	idle    []*evaluation         // under work.mu
	anchors map[string][][]string // see anchorsOf
	checkMu *sync.Mutex           // over KindChecks
}

// pageMemo holds the answers to the questions about one page, once asked for.
type pageMemo [lastPageOp - firstPageOp + 1]atomic.Pointer[Answer]

// page is a document (or a section without one) in its place. What it is made
// of in stages is kept apart, so that a Book can take over from the one before
// what the same stage would give again.
type page struct {
	*seed
	*links
	n        int32
	order    int32 // of its document among all
	id       string
	doc      *document.Document // nil for a generated section page
	url      string             // Root + path
	out      string             // output path
	folder   string             // id of the section it lies in; "" for the home page
	index    bool               // it is its section's own page
	at       int                // among the pages of its section
	placed   bool               // it has its place among the pages that readers see
	ref      *Card              // shallow card
	card     *Card
	fields   map[string]any
	in       []inEdge // front matter references to this page
	back     []backEdge
	mentions []glossary.Mention
	around   *sentences         // of mentions
	keys     []glossary.WordKey // of its words, once they were needed
	derived  []derivedValue     // in the order of the kind's
	diags    []diag.Diagnostic  // about its place among others
	kept     bool               // mentions were taken over from was
	was      *page              // itself in the Book before, while this one is made
}

// seed is what a page says of itself: a function of its document, its path, the
// kinds and the configuration.
type seed struct {
	described bool       // what follows is filled in
	kind      *kind.Kind // nil for generated pages and where no kind exists
	mapped    bool       // the kind comes from the configuration, or is the one of last resort: pages not written for it may break its rules, with warnings
	lang      string
	title     string
	segment   string // of its URL
	tags      []string
	words     []string        // other names by which wikilinks and terms know it
	olds      []string        // URLs that redirect here
	bad       map[string]bool // places in front matter, "/funnel/target", whose values the schema does not allow
	faults    []diag.Diagnostic
	verified  string         // the day on which somebody made sure that it holds, "" if there is none
	due       string         // the day by which it is to be looked at again, "" if there is none
	excuses   map[string]any // by rule, why it does not hold for the page
}

// links is what a page's references turned out to mean: a function of its
// document and seed, of the names that were looked up, and of the pages found.
type links struct {
	targets  []Target
	prose    []diag.Diagnostic // about targets
	faults   []diag.Diagnostic // about references in front matter
	edges    []edge            // from front matter
	said     []saying          // what prose says of the pages it links to
	resolved map[string]int32  // front matter references by their JSON-pointer-like path

	names   []uint32 // keys of all that was looked up
	lost    bool     // something was not found, so that any new name may matter
	files   bool     // files were found: their sizes may change
	reached []int32  // pages that were found
}

type edge struct {
	to    int32
	field string // path in front matter with indexes left out, "objectives.goal"
	at    diag.Pos
}

type inEdge struct {
	from  int32
	field string
}

type backEdge struct {
	from    int32
	snippet string
}

type saying struct {
	to      int32
	snippet string
}

// section is a folder.
type section struct {
	id       string
	page     *page
	crumb    *Card // its page's card with its name alone: what is in it would change with each page added
	parent   string
	children []*page // pages in it, sorted
	subs     []string
	total    int // pages at any depth
}

// Link makes a Book of in, with the diagnostics of linking sorted by nobody yet.
// It always returns a Book; ctx only stops it early, when the error is ctx's.
//
// prev, which may be nil, is a Book that the new one may share with; it decides
// how long linking takes and nothing else.
func Link(ctx context.Context, in Input, prev *Book) (*Book, []diag.Diagnostic, error) {
	if b := relink(in, prev); b != nil {
		return b, b.diags(), nil
	}
	return link(ctx, in, prev, nil)
}

// link makes a Book from the start, with the help of the one before and of what
// an earlier process has kept of this very one. Both may be nil.
func link(ctx context.Context, in Input, prev *Book, kept *recalled) (*Book, []diag.Diagnostic, error) {
	l := &linker{b: &Book{in: in, rest: new(sync.Map), work: newWork(), finder: new(finder), calendars: new(sync.Once), partition: new(sync.Once), toldOnce: new(sync.Once), latestOnce: new(sync.Once), checkMu: new(sync.Mutex)}, index: new(index), prev: comparable(prev, in), recalled: kept}
	l.b.index = l.index
	for _, step := range []func(){l.place, l.address, l.name, l.arrange, l.compare, l.resolve, l.cards, l.circles, l.publish, l.finish, l.terms, l.keep} {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		step()
	}
	if l.b.linking = l.diags; kept != nil {
		l.b.linking, l.b.jargon = kept.linking, kept.jargon
	}
	return l.b, l.b.diags(), nil
}

// diags returns what linking found.
func (b *Book) diags() []diag.Diagnostic {
	out := slices.Concat(b.linking, b.rings)
	for _, p := range b.pages {
		out = append(append(append(append(out, p.diags...), p.seed.faults...), p.links.faults...), p.prose...)
	}
	return out
}

type linker struct {
	*index
	b     *Book
	prev  *Book // to take over from; nil if nothing of it can be
	diags []diag.Diagnostic

	renumbered []int32         // number in prev -> number now, -1 for none; nil if all are the same
	stable     []bool          // by number in prev: whoever refers to the page finds the same
	moved      map[uint32]bool // keys of names that mean something else now
	sameFiles  bool
	recalled   *recalled
	unmoved    bool    // all pages are where they were
	relinked   []*page // then: those of which no links were taken over; nil if many, or if pages moved
}

// index is what links are looked up in. It is read-only once the pages have
// their addresses.
type index struct {
	hidden []*page
	order  []*page          // of all documents, visible and hidden
	byPath map[string]*page // the same
	byURL  map[string]*page
	foldMu sync.Once
	fold   map[string]*page // lower-cased path -> page

	folderOnce sync.Once
	folders    map[string]folder // see foldersOf

	outOnce    sync.Once
	outs       map[string]*page // by output path
	excuseOnce sync.Once
	excuses    map[string]map[string]any // by document name
}

func (l *linker) report(d diag.Diagnostic) { l.diags = append(l.diags, d) }

// each runs f for every page, on all processors; f may write to its page only.
func (l *linker) each(pages []*page, f func(p *page)) {
	parallel(l.b.in.Workers, len(pages), func(i int) { f(pages[i]) })
}

// parallel calls f for 0..n-1, on workers goroutines.
func parallel(workers, n int, f func(i int)) {
	share(workers, n, 64, func(each func(f func(i int))) { each(f) })
}

// share divides 0..n-1 among workers goroutines, 0 for as many as there are
// processors, by blocks as they come to them. Each calls work once, with what
// calls a function for all that is its share. A panic reaches the caller.
func share(workers, n, block int, work func(each func(f func(i int)))) {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = min(workers, (n+block-1)/block)
	if workers <= 1 {
		work(func(f func(i int)) {
			for i := range n {
				f(i)
			}
		})
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	var fault atomic.Pointer[string]
	for range workers {
		wg.Go(func() {
			defer func() {
				if x := recover(); x != nil {
					s := fmt.Sprintf("%v\n%s", x, debug.Stack())
					fault.CompareAndSwap(nil, &s)
				}
			}()
			work(func(f func(i int)) {
				for lo := int(next.Add(int64(block))) - block; lo < n; lo = int(next.Add(int64(block))) - block {
					for i := lo; i < min(lo+block, n); i++ {
						f(i)
					}
				}
			})
		})
	}
	wg.Wait()
	if s := fault.Load(); s != nil {
		panic(*s)
	}
}
