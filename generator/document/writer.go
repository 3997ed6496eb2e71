package document

import (
	"bytes"
	"slices"
	"sort"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"

	"playbook/generator/diag"
	"playbook/generator/search"
)

// stateKey is where the parser's context keeps the writer of the call, so that
// parsers can report and count.
var stateKey = parser.NewContextKey()

// state returns the writer of a parse, nil where there is none (inline text).
func state(pc parser.Context) *writer {
	w, _ := pc.Get(stateKey).(*writer)
	return w
}

// writer is what one call of Compile knows: the text, where its lines begin, and
// what has been written so far. goldmark's renderer takes it for a BufWriter;
// its length is the position that holes, runs and sections note.
type writer struct {
	c    *Compiler
	doc  *Document
	src  []byte
	base int // line of the file on which src begins

	lines []int // where the lines of src begin
	buf   []byte
	max   int  // no body may outgrow its source so far
	full  bool // it did
	kept  int  // bytes of targets: a short reference can stand for a long one

	holes []Hole
	runs  []Run
	ids   []string
	used  idSet
	diags []diag.Diagnostic

	block   int  // of the next run
	mute    int  // depth of elements whose text is no prose run
	silent  int  // depth of elements whose text counts no words
	barrier int  // no run may reach over this position
	inWord  bool // the last character counted was part of a word

	heads []heading // of the body, in order
	next  int       // the heading to be written next
	open  []section // sections not ended yet, innermost last
	depth int       // of containers; a section ends with its container

	mark    []ast.Node // the nodes of the references since the block began
	markAt  int        // index in doc.Refs of the first of them
	phrases int        // open inline elements
	links   []bool     // open links: whether an <a> was written
	summary bool       // the first paragraph was seen
	images  int        // written so far
	tasks   int
	cell    bool // inside a table cell
	coded   int  // bytes of code highlighted on this page

	guard  guardState
	spans  []*spanMark
	closes []int // where the closing brackets of open spans stand

	counter search.Counter
	scratch []byte
	plainer plainer
	told    map[string]bool // tags and attributes reported as taken out
}

// heading is one heading as prepared before rendering.
type heading struct {
	id, text string
}

// section is a heading whose end has not come yet.
type section struct {
	index, depth int
}

func (w *writer) reset(c *Compiler, doc *Document, base int) {
	w.c, w.doc, w.base = c, doc, max(base, 1)
	w.src, w.lines, w.buf = nil, w.lines[:0], w.buf[:0]
	w.max, w.full, w.kept = 0, false, 0
	w.holes, w.runs, w.ids, w.diags = w.holes[:0], w.runs[:0], nil, nil
	if w.used == nil {
		w.used = idSet{}
	}
	clear(w.used)
	w.block, w.mute, w.silent, w.barrier, w.inWord = 0, 0, 0, -1, false
	w.heads, w.next, w.open, w.depth = w.heads[:0], 0, w.open[:0], 0
	w.mark, w.markAt, w.links, w.phrases = w.mark[:0], 0, w.links[:0], 0
	w.summary, w.images, w.tasks, w.cell, w.coded = false, 0, 0, false, 0
	w.guard = guardState{}
	w.spans, w.closes = w.spans[:0], w.closes[:0]
	w.told = nil
}

// release lets go of what belongs to one document, so that a pooled writer
// keeps no page alive, and of buffers that a rare huge page left behind.
func (w *writer) release() {
	w.doc, w.src, w.ids, w.diags, w.told = nil, nil, nil, nil, nil
	clear(w.mark)
	clear(w.spans)
	clear(w.heads)
	w.guard = guardState{}
	w.plainer = plainer{}
	if cap(w.buf) > 1<<20 {
		w.buf, w.scratch, w.lines, w.holes, w.runs = nil, nil, nil, nil, nil
		w.used = nil
	}
}

// The methods of util.BufWriter.

func (w *writer) Available() int { return cap(w.buf) - len(w.buf) }
func (w *writer) Buffered() int  { return len(w.buf) }
func (w *writer) Flush() error   { return nil }

func (w *writer) Write(b []byte) (int, error) {
	w.buf = append(w.buf, b...)
	return len(b), nil
}

func (w *writer) WriteByte(c byte) error {
	w.buf = append(w.buf, c)
	return nil
}

func (w *writer) WriteRune(r rune) (int, error) {
	n := len(w.buf)
	w.buf = utf8.AppendRune(w.buf, r)
	return len(w.buf) - n, nil
}

func (w *writer) WriteString(s string) (int, error) {
	w.buf = append(w.buf, s...)
	return len(s), nil
}

// put writes markup.
func (w *writer) put(s string) { w.buf = append(w.buf, s...) }

// attr writes an attribute with an escaped value.
func (w *writer) attr(name, value string) {
	w.put(" ")
	w.put(name)
	w.put(`="`)
	w.buf = appendEscaped(w.buf, value, true)
	w.put(`"`)
}

// renderFunc writes a node; it is called before and after the node's children.
type renderFunc func(w *writer, n ast.Node, entering bool) ast.WalkStatus

// renderers are the functions of one extension.
type renderers map[ast.NodeKind]renderFunc

// RegisterFuncs implements renderer.NodeRenderer.
func (r renderers) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	for kind, f := range r {
		reg.Register(kind, func(bw util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
			w := bw.(*writer)
			if len(w.buf)+w.kept > w.max {
				w.overflow(n)
				return ast.WalkStop, nil
			}
			return f(w, n, entering), nil
		})
	}
}

// hole notes that something is spliced in here.
func (w *writer) hole(kind HoleKind, arg int) {
	w.holes = append(w.holes, Hole{At: len(w.buf), Kind: kind, Arg: arg})
	w.barrier = len(w.buf)
}

// id notes an id attribute here.
func (w *writer) id(id string) {
	w.ids = append(w.ids, id)
	w.hole(HoleID, len(w.ids)-1)
}

// local writes an href to a place on the same page.
func (w *writer) local(id string) {
	w.put(` href="`)
	w.hole(HoleLocal, 0)
	w.put("#")
	w.buf = appendEscaped(w.buf, id, true)
	w.put(`"`)
}

// text writes Markdown text: backslashes and character references resolved,
// then escaped, and noted as prose.
func (w *writer) text(md []byte) {
	start := len(w.buf)
	if !bytes.ContainsAny(md, "\\&<>\x00") {
		w.buf = append(w.buf, md...)
	} else {
		w.scratch = appendUnescaped(w.scratch[:0], md)
		w.buf = appendEscaped(w.buf, w.scratch, false)
	}
	w.prose(start, md)
}

// literal writes plain text, escaped and noted as prose.
func (w *writer) literal(s []byte) {
	start := len(w.buf)
	w.buf = appendEscaped(w.buf, s, false)
	w.prose(start, s)
}

// space writes a soft line break as it is, inside the run.
func (w *writer) space() {
	start := len(w.buf)
	w.buf = append(w.buf, '\n')
	w.inWord = false
	w.note(start)
}

func (w *writer) prose(start int, words []byte) {
	if w.silent == 0 {
		n := w.count(words)
		w.doc.Words += n
		if s := w.section(); s >= 0 {
			w.doc.Headings[s].Words += n
		}
	}
	w.note(start)
}

// note records buf[start:] as a run, or joins it to the one before.
func (w *writer) note(start int) {
	if w.mute > 0 || start == len(w.buf) {
		return
	}
	if n := len(w.runs); n > 0 {
		last := &w.runs[n-1]
		if last.To == start && last.Block == w.block && w.barrier != start {
			last.To = len(w.buf)
			return
		}
	}
	w.runs = append(w.runs, Run{From: start, To: len(w.buf), Section: w.section(), Block: w.block})
}

// count returns how many words begin in text. Ideographs count one by one,
// which is how reading time is told where words are not spaced.
func (w *writer) count(text []byte) int {
	n := 0
	in := w.inWord
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
				if !in {
					n++
					in = true
				}
			case c == '\'' || c == '-' || c == '_':
			default:
				in = false
			}
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		i += size
		switch {
		case unicode.Is(unicode.Han, r), unicode.Is(unicode.Hiragana, r), unicode.Is(unicode.Katakana, r):
			n++
			in = false
		case r == '’', unicode.IsMark(r):
		case unicode.IsLetter(r), unicode.IsDigit(r):
			if !in {
				n++
				in = true
			}
		default:
			in = false
		}
	}
	w.inWord = in
	return n
}

// section returns the heading that what is written now stands under, -1 before
// the first.
func (w *writer) section() int {
	if n := len(w.open); n > 0 {
		return w.open[n-1].index
	}
	return -1
}

// begin opens a leaf block: a new phrase for runs and snippets.
func (w *writer) begin() {
	w.block++
	w.barrier = len(w.buf)
	w.inWord = false
	w.markAt = len(w.doc.Refs)
	clear(w.mark)
	w.mark = w.mark[:0]
}

// end closes a leaf block and cuts the snippets of its references.
func (w *writer) end(n ast.Node) {
	if len(w.mark) > 0 {
		text, at := w.plainMarked(n, w.mark)
		w.snippets(text, at)
	}
	w.barrier = len(w.buf)
}

func (w *writer) snippets(text string, at []int) {
	for i, a := range at {
		w.doc.Refs[w.markAt+i].Snippet = snippet(text, a)
	}
}

// enter opens a container: the sections in it end with it.
func (w *writer) enter() { w.depth++ }

// leave closes a container; call it before the closing tag is written.
func (w *writer) leave() {
	w.closeSections(0)
	w.depth--
}

// closeSections ends the sections of this container whose level is at least
// level.
func (w *writer) closeSections(level int) {
	for n := len(w.open); n > 0; n = len(w.open) {
		s := w.open[n-1]
		h := &w.doc.Headings[s.index]
		if s.depth < w.depth || h.Level < level {
			return
		}
		h.To = len(w.buf)
		w.open = w.open[:n-1]
	}
}

// place returns line and column in the file of an offset in the body.
func (w *writer) place(off int) (line, col int) {
	i := sort.SearchInts(w.lines, off+1) - 1
	if i < 0 {
		return w.base, 1
	}
	start := w.lines[i]
	return w.base + i, utf8.RuneCount(w.src[start:min(off, len(w.src))]) + 1
}

// pos is place as a diagnostic has it.
func (w *writer) pos(off int) diag.Pos {
	line, col := w.place(off)
	return diag.Pos{File: w.doc.Name, Line: line, Col: col}
}

// maxWarnings is how many warnings one page gives; nobody reads more.
const maxWarnings = 1000

func (w *writer) report(d diag.Diagnostic) {
	if d.Level == diag.Error || len(w.diags) < maxWarnings {
		w.diags = append(w.diags, d)
	}
}

// warn reports a warning at an offset of the body.
func (w *writer) warn(rule string, off int, msg, hint string) {
	w.report(diag.Diagnostic{Rule: rule, Level: diag.Warning, At: w.pos(off), Msg: msg, Hint: hint})
}

// fail reports a limit that was passed at an offset of the body.
func (w *writer) fail(rule string, off int, msg, hint string) {
	w.report(diag.Diagnostic{Rule: rule, Level: diag.Error, At: w.pos(off), Msg: msg, Hint: hint})
}

// overflow gives up a body that outgrows its source many times over, as when
// many short references each bring a long target.
func (w *writer) overflow(n ast.Node) {
	if w.full {
		return
	}
	w.full = true
	w.fail("page-size", max(nodeStart(n), 0), "the page becomes more than sixteen times as large as it is written", "split the page, or shorten what is repeated")
}

// dropBody leaves a document whose body could not be made, but whose front
// matter can.
func (w *writer) dropBody() {
	d := w.doc
	d.Headings, d.Refs, d.Facts, d.Acronyms, d.Anchors, d.Body = nil, nil, nil, nil, nil, Body{}
	d.Words, d.Summary, d.Lexicon = 0, "", ""
}

// finish hands what was written to the document.
func (w *writer) finish() {
	w.closeSections(0)
	w.runs = slices.DeleteFunc(w.runs, func(r Run) bool { return isSpace(w.buf[r.From:r.To]) })
	w.doc.Body.html = exact(w.buf)
	w.doc.Body.Holes = exact(w.holes)
	w.doc.Body.Runs = exact(w.runs)
	w.doc.Body.IDs = w.ids
	w.findAcronyms()
	w.doc.Lexicon = w.lexicon()
}

// exact copies s without room to grow. Nothing is always nil, so that equal
// documents are deeply equal.
func exact[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return append(make([]T, 0, len(s)), s...)
}

// isSpace tells whether b is nothing but white space. Prose seldom is: it looks
// at one byte as a rule.
func isSpace(b []byte) bool {
	for _, c := range b {
		if c != ' ' && c != '\n' && c != '\t' {
			return false
		}
	}
	return true
}

// nodeStart returns where a node begins in the body, -1 if that is not known.
func nodeStart(n ast.Node) int {
	for ; n != nil; n = n.Parent() {
		if n.Type() != ast.TypeInline && n.Lines() != nil && n.Lines().Len() > 0 {
			return n.Lines().At(0).Start
		}
		if p := n.Pos(); p >= 0 {
			return p
		}
	}
	return -1
}
