// Package document turns the bytes of one Markdown file into a Document: its
// front matter with positions, its headings and references, and its body as
// HTML with holes where other documents come in. It knows nothing but the bytes
// and the dialect: no other file, no kind, no clock. Equal bytes and equal
// Options give an equal Document, so a Document can be cached by digest.
//
// Compile never fails: what is wrong with a file is in Document.Diags, and the
// rest of the file is still compiled.
package document

import (
	"sync"

	"playbook/generator/diag"
	"playbook/generator/glossary"
	"playbook/generator/search"
	"playbook/generator/source"
)

// Document is what a file says, knowing nothing else. It is frozen once
// Compile returns it.
type Document struct {
	Path   string        // under content/, forward slashes: "plans/emea.md"
	Name   string        // as diagnostics show it: "content/plans/emea.md"
	Digest source.Digest // of the bytes it was compiled from
	Made   source.Digest // of those and of the options that they were compiled with

	Front    *Map   // front matter, ordered, with positions; never nil
	Title    string // front matter title, else the leading H1, else ""
	TitleID  string // anchor of a leading H1 that became the title, else ""
	Summary  string // plain text of the first paragraph, at most 300 characters
	Words    int    // words of prose
	Headings []Heading
	Refs     []Ref
	Facts    []Fact
	Acronyms []Acronym  // words in capitals in the prose
	Lexicon  search.Bag // the body's words as search counts them, by section: 1 is the first heading's
	Body     Body
	Anchors  []string // ids in the body that are not headings', such as <a id>
	RawHTML  bool     // the body holds raw HTML that the policy touched

	Diags []diag.Diagnostic
}

// Heading is one heading of the body, in order. A leading H1 that became the
// title is not among them.
type Heading struct {
	Level    int    // as written, 1 to 6
	Shown    int    // as the page shows it: 2 under the title, and none skipped
	ID       string // unique in the document; GitHub's rule, or {#id}
	Text     string // plain text
	Line     int
	From, To int // the section in the body's HTML: from the heading's tag to before the next heading of its level or above
	Words    int // words of prose directly under it, before any other heading
}

// RefKind says how a reference was written.
type RefKind uint8

// The kinds of reference.
const (
	RefLink  RefKind = iota // [text](target), <a href>
	RefImage                // ![alt](target), <img src>
	RefWiki                 // [[target#fragment|text]] or [[target.field]]
	RefEmbed                // ![[target#fragment]]
)

// Ref is one use of another document or file, as written.
type Ref struct {
	Kind      RefKind
	Target    string // percent-decoded for links and images, without query and fragment
	Query     string // as written, without "?"
	Fragment  string // percent-decoded, without "#"
	Label     string // wikilink text after "|", else ""
	Line, Col int    // of the target as written
	EndCol    int    // exclusive; 0 if unknown
	Snippet   string // plain text of the sentence or block around it, at most 240 characters
}

// HoleKind says what is spliced in at a hole.
type HoleKind uint8

// The kinds of hole. Attribute holes stand inside a start tag and write their
// leading space themselves.
const (
	HoleHref  HoleKind = iota // Arg indexes Refs: ` href="..."`, or a mark for a missing target
	HoleSrc                   // Arg indexes Refs: ` src="..." width="..." height="..."`
	HoleText                  // Arg indexes Refs: target's title, or the quoted field's value (escaped text)
	HoleEmbed                 // Arg indexes Refs: the transcluded blocks
	HoleID                    // Arg indexes Body.IDs: ` id="..."`; left out where the body is transcluded
	HoleLocal                 // in href="|#fragment": nothing at home, the page's URL where transcluded
)

// Hole is a place in the body's HTML where something is spliced in.
type Hole struct {
	At   int
	Kind HoleKind
	Arg  int
}

// Run is a stretch of prose in the body's HTML that is plain escaped text: no tags,
// not in a heading, link or code. Runs of one Block belong to one phrase when
// only inline emphasis tags stand between them.
type Run = glossary.Run

// Body is the rendered Markdown. Holes and Runs are sorted by position and lie
// outside each other.
type Body struct {
	Holes []Hole
	Runs  []Run
	IDs   []string
	Lead  [2]int // range of the first paragraph's inner HTML, 0,0 if none

	html []byte
	kept *keptHTML // in its place, where the Document was decoded
}

// keptHTML is HTML that few will ask for.
type keptHTML struct {
	text string
	once sync.Once
	html []byte
}

// HTML returns the body's HTML, which is not the caller's to change.
func (b *Body) HTML() []byte {
	if k := b.kept; k != nil {
		k.once.Do(func() { k.html = []byte(k.text) })
		return k.html
	}
	return b.html
}

// Size returns how long the HTML is.
func (b *Body) Size() int {
	if b.kept != nil {
		return len(b.kept.text)
	}
	return len(b.html)
}

// FactKind says what a Fact tells.
type FactKind uint8

// The kinds of fact.
const (
	FactTask  FactKind = iota // a task list item
	FactTable                 // a table; Text is its header cells joined by tabs
	FactCode                  // a fenced code block; Text is its language
)

// Fact is something a kind may want to count, recorded without knowing kinds.
type Fact struct {
	Kind    FactKind
	Section int // index into Headings, -1 before the first
	Text    string
	Done    bool // of a task
	Line    int
}
