package book

import (
	"sync"
	"sync/atomic"

	"playbook/generator/source"
)

// Root stands at the head of every URL in an answer, in place of the way from a
// page to the site's root. Whoever writes a page replaces it by that way ("./",
// "../../"), so that answers and fragments are the same for pages at any depth
// and public/ works at any path of any host.
const Root = "/~pb~/"

// Op is a kind of question; its comment names what Arg is and the type of the
// answer.
type Op uint8

// The questions. An answer to a question about something that does not exist is
// the nil or zero value of its type, which has a digest like any other.
const (
	OpSite        Op = iota // "" -> *Site
	OpToday                 // "" -> string, "2026-11-23"
	OpCard                  // page id -> *Card
	OpPage                  // page id -> *Page
	OpBody                  // page id -> *Body
	OpBacklinks             // page id -> []Backlink
	OpRelations             // page id -> []RelationGroup
	OpDerived               // page id -> []Named
	OpTrail                 // page id -> []*Card, home first, without the page
	OpPager                 // page id -> [2]*Card, previous and next
	OpUses                  // page id of a term -> *Uses
	OpOutline               // page id -> []OutlinePart
	OpEvents                // page id -> []Event, by date
	OpRelated               // relation's name, a space, page id -> []*Card
	OpChildren              // section id -> []*Card, pages directly in it
	OpSections              // section id -> []*Card, sections directly in it
	OpNav                   // section id -> *Nav
	OpTopNav                // "" -> []*Card
	OpCalendar              // "" or id of a top section -> []Due, by date
	OpPages                 // number of a part of the data, from 0 -> []string, the ids of its pages in order
	OpAddresses             // number of a file of the sitemap, from 0 -> []Address
	OpRecent                // "", section id or "tags/" and a slug -> []News, latest first
	OpReviews               // "" -> []Review, the first due first
	OpReport                // "" -> *Report
	OpKindPages             // kind id -> []*Card
	OpKind                  // kind id -> *KindInfo
	OpKinds                 // "" -> []*KindInfo, of those that have pages
	OpTags                  // "" -> []Tag
	OpTag                   // tag slug -> *Tag
	OpLayout                // layout path -> source.Digest of it and all it includes
	OpAsset                 // asset name -> string, its URL
	OpText                  // layout path -> string, its text (archetypes, icons)
	OpRedirect              // old URL -> *Card it leads to
	OpSearchHead            // language -> string, JSON: the pieces of its search index
	OpSearchWords           // language, space, first word -> string: a shard of words, see search.Shard
	OpSearchPages           // language, space, number -> string, JSON: a block of pages that can be found
	OpFragment              // fragment name -> []byte; answered by the artifact engine
	numOps
)

// numPageOps is the number of questions whose Arg is a page id.
const firstPageOp, lastPageOp = OpCard, OpEvents

var opNames = [numOps]string{"site", "today", "card", "page", "body", "backlinks", "relations", "derived", "trail", "pager", "uses", "outline", "events",
	"related", "children", "sections", "nav", "top navigation", "calendar", "pages", "addresses", "recent", "reviews", "report", "pages of kind", "kind", "kinds", "tags", "tag", "layout", "asset", "text", "redirect", "search", "search words", "search pages", "fragment"}

// String returns the question's name as `--why` prints it.
func (o Op) String() string { return opNames[o] }

// Question is something that may be asked of a Book.
type Question struct {
	Op  Op
	Arg string
}

// Answer is a value and its digest. The value is dead data: nothing in it
// reaches back into the Book, and nobody may write to it.
type Answer struct {
	Value  any
	bare   bool // only the digest is known
	once   sync.Once
	digest source.Digest
}

// Digest returns the digest of the value, worked out when first asked for.
func (a *Answer) Digest() source.Digest {
	a.once.Do(func() { a.digest = digestOf(a.Value) })
	return a.digest
}

// Site is what every page may know of the site.
type Site struct {
	Title, Description, Language string
	Accent, Logo, Footer         string
	BaseURL, EditURL             string
	BasePath                     string // path of BaseURL, "/" without one
	URL                          string // of the home page
	Version                      string
	Portable                     bool
	PerList                      int      // pages that one page of a section lists
	Pages                        int      // 0: unknown; the count is not part of the answer
	Home                         []string // blocks of the front page; empty: the theme's choice
	Outputs                      Outputs
}

// Card is how a page looks to others.
type Card struct {
	ID, URL, Title       string
	Kind, KindName       string
	Icon, Tint           string
	Summary              string
	Section              string // id of the section it lies in
	Lang                 string
	Owner, Status, Date  string
	Weight               float64
	Tags                 []string
	Fields               map[string]any // facets and list columns; nil in the cards of references
	Count                int            // pages below it, of a section's card
	IsSection, Generated bool           // it is a section; it has no document of its own

	sum atomic.Pointer[source.Digest] // of all the above, once asked for
}

// String returns the title: a layout that prints a reference as it is shows
// that, and not where the card lies in memory.
func (c *Card) String() string {
	if c == nil {
		return ""
	}
	return c.Title
}

// Page is what a page may know of itself, without its body.
type Page struct {
	Card        *Card
	Title       string
	TitleID     string
	Description string
	Words       int
	Layout      string // from front matter, "" for the kind's
	Draft       bool
	Path        string // of the document below content/, "" for a generated page
	Name        string // of the document, as diagnostics call it
	Fields      map[string]any
	FieldList   []FieldValue
	Declared    []string // names of the fields that its kind declares and that have a value, in order
	Headings    []Heading
	Tags        []TagLink
	VerifiedOn  string
	VerifiedBy  string
	ReviewEvery string
	ReviewDue   string // the day by which it is to be looked at again, "" for none
	Changed     string // day of the last commit that changed the document, "" if that is not known
	ChangedBy   string // its author
	Created     string // day of the first commit that holds it
	OwnerCard   *Card
}

// FieldValue is a declared field with a value, ready for a box of facts. Kind
// is text, number, date, ref, refs, list or bool.
type FieldValue struct {
	Name, Label, Kind string
	Value             any
}

// Heading is an entry of a page's contents.
type Heading struct {
	Level    int
	ID, Text string
}

// Named is a derived value.
type Named struct {
	Name  string
	Value any
}

// OutlinePart is a section that the page's kind wants it to have, and how far the
// page has come with it.
type OutlinePart struct {
	ID                           string // anchor of the section; what the kind gives where the page has none
	Title, Guidance              string // as the kind words them
	Optional, Present            bool
	Words, TasksDone, TasksTotal int
	Complete                     float64 // the share of tasks done; without tasks 1 if there are words; 0 to 1
}

// Body is a page's rendered Markdown with its references resolved: Targets has
// an entry for each of the document's references.
type Body struct {
	Doc     source.Digest // of the document and how it was compiled; covers HTML and Holes
	Page    string        // id of the page the body belongs to
	URL     string
	HTML    []byte
	Holes   []Hole
	IDs     []string
	Heads   [][2]int // range of each heading's section in HTML
	Targets []Target
	Terms   []Mention // sorted, outside each other and the holes
}

// Mention is a word of the vocabulary in a Body that becomes a link.
type Mention struct {
	From, To int    // in HTML; tags in between are emphasis and pair up
	URL      string // of the term's page
	Page     string // its id
}

// Uses is where a term is used.
type Uses struct {
	Count int   // pages that use it
	Pages []Use // the first of them
}

// Use is a page that uses a term, with the first sentences in which it does.
type Use struct {
	Page      *Card
	Sentences []Sentence
	More      int // sentences left out
}

// Sentence is the text around a mention.
type Sentence struct {
	Before, Word, After string
	Heading, Anchor     string // of the part it stands in, "" before the first
}

// Hole mirrors document.Hole, so that answers do not reach into documents.
type Hole struct {
	At   int
	Kind uint8
	Arg  int
}

// Target is what a reference turned out to mean.
type Target struct {
	URL     string // "" when there is no such thing
	Page    string // id of the page, "" for a file
	Text    string // what a wikilink without a label shows, or a quoted value
	Quote   bool   // Text is a quoted value
	Section int    // of a transclusion: index into the target's Heads, -1 for all
	W, H    int    // of a picture, 0 if unknown
}

// Backlink is a page that links here in its prose. Where they are too many to
// list, the last one has no Page and says in More how many are left out.
type Backlink struct {
	Page     *Card
	Snippets []string
	More     int
}

// RelationGroup is one relation of a page, in one direction.
type RelationGroup struct {
	Name, Label string
	Pages       []*Card
	More        int // pages beyond the cap
	Inverse     bool
}

// Nav is the navigation of one section: the way up, then what lies in it.
type Nav struct {
	Section *Card
	Up      []*Card // ancestors, top first, without Section
	Items   []NavItem
	More    int // items beyond the cap
}

// NavItem is a line of a Nav. Items of a subsection are not listed.
type NavItem struct {
	Card    *Card
	Section bool
}

// Tag is a tag with its pages.
type Tag struct {
	Name, Slug, URL string
	Pages           []*Card
	Count           int
}

// TagLink is a tag as a page shows it.
type TagLink struct{ Name, URL string }

// KindInfo is what layouts may know of a kind.
type KindInfo struct {
	ID, Name, Plural, Icon, Tint, Section, Description string
	Facets, Columns                                    []string
	Labels                                             map[string]string
	URL                                                string // of its section, "" if that has no page
	Count                                              int
	Archetype                                          string
	Glossary                                           bool        // its pages are terms
	Fields, Derived                                    []KindField // as declared
}

// KindField is a value that the pages of a kind have.
type KindField struct {
	Name, Label string
	Type        string // in words, "list of goal"
}
