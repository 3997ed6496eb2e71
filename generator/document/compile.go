package document

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"playbook/generator/diag"
	"playbook/generator/source"
)

// RawHTML says what becomes of HTML written in Markdown.
type RawHTML uint8

// The policies for raw HTML.
const (
	Sanitize RawHTML = iota // passes through an allow list; what is taken out is named once
	Escape                  // is shown as the text it is written in
)

// Options choose the dialect. The zero value is the whole dialect with
// sanitised HTML, straight quotes, English words and the default limits.
type Options struct {
	RawHTML     RawHTML
	Typographer bool   // quotes, dashes and dots as the language wants them
	Language    string // BCP 47; chooses quotes and the few words the compiler writes itself
	Plain       bool   // CommonMark alone: no extension, no heading ids, no highlighting
	Limits      Limits
}

// The defaults of the limits that concern the body.
const (
	defaultPage    = 1 << 20
	defaultLine    = 64 << 10
	defaultColumns = 128
	defaultNesting = 100
)

// Compiler turns Markdown files into Documents. It is safe for concurrent use;
// what it keeps between calls (buffers, highlighted code) never changes a result.
type Compiler struct {
	o       Options
	key     string // of the options
	md      goldmark.Markdown
	quick   goldmark.Markdown // md for texts without bare addresses
	words   phrases
	code    *codeCache
	writers sync.Pool
	finders sync.Pool
}

// NewCompiler returns a Compiler for a dialect.
func NewCompiler(o Options) *Compiler {
	c := &Compiler{o: o, words: phrasesFor(o.Language), code: newCodeCache()}
	l := &c.o.Limits
	l.Page = orDefault(l.Page, defaultPage)
	l.Line = orDefault(l.Line, defaultLine)
	l.TableColumns = orDefault(l.TableColumns, defaultColumns)
	l.Nesting = orDefault(l.Nesting, defaultNesting)
	c.key = fmt.Sprintf("%+v\x00", c.o)
	c.md, c.quick = newMarkdown(c.o, true), newMarkdown(c.o, false)
	c.writers.New = func() any { return new(writer) }
	c.finders.New = func() any { return new(frontFinder) }
	return c
}

func orDefault(v, d int) int {
	if v > 0 {
		return v
	}
	return d
}

// Made returns the Made of the Document that Compile would make of bytes with
// that digest.
func (c *Compiler) Made(d source.Digest) source.Digest {
	return source.Sum(append([]byte(c.key), d[:]...))
}

// Compile reads one file. path is its place under the content root, name what
// diagnostics call it. It always returns a Document: a file over a limit has an
// error among its Diags, and no body where the limit stands before the parser.
//
// What it reports beside front matter's own rules. Errors: page-size, line-length,
// table-columns, nesting (also brackets, footnotes and definitions piled up),
// internal. Warnings: text-encoding, link-scheme, html-removed, attribute-removed,
// anchor-doubled, container-unclosed.
//
// For whoever fills the holes: the HoleSrc of a picture stands last in its tag,
// so a width or height that the author gave is to be seen between the "<img" and
// the hole, and none must then be added.
func (c *Compiler) Compile(path, name string, src []byte) *Document {
	doc := &Document{Path: path, Name: name, Digest: source.Sum(src), Front: &Map{}}
	doc.Made = c.Made(doc.Digest)
	if len(src) > c.o.Limits.Page {
		doc.Diags = append(doc.Diags, diag.Diagnostic{
			Rule: "page-size", Level: diag.Error, At: diag.Pos{File: name},
			Msg:  fmt.Sprintf("the file has %d bytes, more than the %d a page may have", len(src), c.o.Limits.Page),
			Hint: "split the page, or raise limits.page",
		})
		return doc
	}
	find := c.finders.Get().(*frontFinder)
	front := find.parse(name, src, c.o.Limits)
	c.finders.Put(find)
	if front.Front != nil {
		doc.Front = front.Front
	}
	doc.Diags = append(doc.Diags, front.Diags...)

	w := c.writers.Get().(*writer)
	defer c.writers.Put(w)
	w.reset(c, doc, front.BodyLine)
	w.compile(front.Body)
	doc.Diags = diag.Sort(append(doc.Diags, w.diags...))
	w.release()
	return doc
}

// compile parses and renders body into w.doc. A panic of a library on hostile
// text costs this page its body, not the build.
func (w *writer) compile(body []byte) {
	defer func() {
		if r := recover(); r != nil {
			w.report(diag.Diagnostic{
				Rule: "internal", Level: diag.Error, At: diag.Pos{File: w.doc.Name},
				Msg:  fmt.Sprintf("the Markdown compiler failed on this page: %v", r),
				Hint: "this is a fault of playbook; please report it with the page",
			})
			w.dropBody()
		}
	}()
	front := frontTitle(w.doc.Front)
	w.doc.Title = front
	body = w.normalise(body)
	if !w.measure(body) {
		return
	}
	ctx := parser.NewContext()
	ctx.Set(stateKey, w)
	md := w.c.quick
	if mayHaveAddresses(body) {
		md = w.c.md
	}
	root := md.Parser().Parse(text.NewReader(body), parser.WithContext(ctx))
	w.prepare(root, front)
	if err := md.Renderer().Render(w, body, root); err != nil || w.full {
		w.dropBody()
		return
	}
	w.finish()
}

// frontTitle returns the title of the front matter as text.
func frontTitle(m *Map) string {
	f, ok := m.Get("title")
	if !ok {
		return ""
	}
	switch f.Value.Kind {
	case String:
		return strings.Join(strings.Fields(f.Value.Str), " ")
	case Int, Float, Bool:
		if f.Value.Str != "" {
			return f.Value.Str
		}
		return fmt.Sprint(f.Value.Plain())
	}
	return ""
}

// normalise gives the body the one form the parser is sure with: valid UTF-8,
// lines that end in "\n", a last line that ends. Lines and columns stay.
func (w *writer) normalise(body []byte) []byte {
	if !utf8.Valid(body) {
		clean := make([]byte, 0, len(body)+64)
		said := false
		for rest := body; len(rest) > 0; {
			r, n := utf8.DecodeRune(rest)
			if r == utf8.RuneError && n == 1 {
				if !said {
					said = true
					before := body[:len(body)-len(rest)]
					line := bytes.Count(before, []byte("\n"))
					start := bytes.LastIndexByte(before, '\n') + 1
					w.report(diag.Diagnostic{
						Rule: "text-encoding", Level: diag.Warning,
						At:   diag.Pos{File: w.doc.Name, Line: w.base + line, Col: utf8.RuneCount(before[start:]) + 1},
						Msg:  fmt.Sprintf("byte 0x%02x is not valid UTF-8", rest[0]),
						Hint: "save the file as UTF-8",
					})
				}
				clean = append(clean, "\uFFFD"...)
			} else {
				clean = append(clean, rest[:n]...)
			}
			rest = rest[n:]
		}
		body = clean
	}
	if bytes.IndexByte(body, '\r') >= 0 {
		body = bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))
		body = bytes.ReplaceAll(body, []byte("\r"), []byte("\n"))
	}
	if n := len(body); n > 0 && body[n-1] != '\n' {
		body = append(slices.Clip(body), '\n')
	}
	return body
}

// measure notes where lines begin and refuses lines that are too long, before
// the parser, some of whose steps cost the square of a line, sees them.
func (w *writer) measure(body []byte) bool {
	w.src = body
	w.max = 16*len(body) + 1<<20
	for at := 0; at < len(body); {
		w.lines = append(w.lines, at)
		n := bytes.IndexByte(body[at:], '\n')
		if n > w.c.o.Limits.Line {
			w.fail("line-length", at, fmt.Sprintf("the line has %d bytes, more than the %d a line may have", n, w.c.o.Limits.Line), "break the line, or put data into a file beside the page")
			return false
		}
		at += n + 1
	}
	return true
}
