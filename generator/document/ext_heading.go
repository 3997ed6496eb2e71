package document

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// headings gives headings ids, a link to themselves, and `{#id .class}` at
// their end.
type headings struct{}

// Extend implements goldmark.Extender.
func (headings) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(parser.WithBlockParsers(
		util.Prioritized(headingParser{parser.NewSetextHeadingParser()}, 100),
		util.Prioritized(headingParser{parser.NewATXHeadingParser()}, 600),
	))
	m.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(renderers{
		ast.KindHeading: renderHeading,
	}, 500)))
}

// headingParser takes the attributes off a heading. goldmark's own way of
// doing so tries every brace on the line from the start, which costs seconds
// on a line of braces.
type headingParser struct{ parser.BlockParser }

// Close implements parser.BlockParser: only now are the lines of a heading of
// either form known.
func (p headingParser) Close(node ast.Node, reader text.Reader, pc parser.Context) {
	p.BlockParser.Close(node, reader, pc)
	if h, ok := node.(*ast.Heading); ok && node.Parent() != nil && h.Lines().Len() > 0 {
		takeAttributes(h, reader.Source(), state(pc))
	}
}

func takeAttributes(h *ast.Heading, src []byte, w *writer) {
	last := h.Lines().Len() - 1
	seg := h.Lines().At(last)
	line := src[seg.Start:seg.Stop]
	trimmed := bytes.TrimRight(line, " \t\n")
	if len(trimmed) == 0 || trimmed[len(trimmed)-1] != '}' {
		return
	}
	open := bytes.LastIndexByte(trimmed, '{')
	if open < 0 || open > 0 && trimmed[open-1] == '\\' {
		return
	}
	attrs, ok := parseAttributes(string(trimmed[open+1 : len(trimmed)-1]))
	if !ok {
		return
	}
	if id := attrs.id; id != "" {
		h.SetAttributeString("id", []byte(id))
	}
	if attrs.class != "" {
		h.SetAttributeString("class", []byte(attrs.class))
	}
	if w != nil {
		w.reportAttributes(attrs.dropped, seg.Start+open)
	}
	rest := bytes.TrimRight(trimmed[:open], " \t")
	// A closing sequence of "#" may stand before the attributes.
	if bare := bytes.TrimRight(rest, "#"); len(bare) < len(rest) && len(bare) > 0 && (bare[len(bare)-1] == ' ' || bare[len(bare)-1] == '\t') {
		rest = bytes.TrimRight(bare, " \t")
	}
	seg.Stop = seg.Start + len(rest)
	h.Lines().Set(last, seg)
}

// attributes are what `{#id .class key=value}` says.
type attributes struct {
	id, class string
	words     []string // bare words, such as open
	dropped   []string // names of what is not allowed
}

// parseAttributes reads the inside of an attribute list. It is ok only when all
// of it is attributes and there is at least one.
func parseAttributes(s string) (a attributes, ok bool) {
	var classes []string
	some := false
	for {
		s = strings.TrimLeft(s, " \t,")
		if s == "" {
			break
		}
		some = true
		end := strings.IndexAny(s, " \t,=")
		if end < 0 {
			end = len(s)
		}
		word := s[:end]
		if end < len(s) && s[end] == '=' {
			if !validClass(word) {
				return a, false
			}
			value := s[end+1:]
			if value != "" && (value[0] == '"' || value[0] == '\'') {
				stop := strings.IndexByte(value[1:], value[0])
				if stop < 0 {
					return a, false
				}
				s = value[stop+2:]
				value = value[1 : stop+1]
			} else {
				stop := strings.IndexAny(value, " \t,")
				if stop < 0 {
					stop = len(value)
				}
				value, s = value[:stop], value[stop:]
			}
			switch strings.ToLower(word) {
			case "id":
				word = "#" + value
			case "class":
				classes = append(classes, strings.Fields(value)...)
				continue
			default:
				a.dropped = append(a.dropped, word)
				continue
			}
		} else {
			s = s[end:]
		}
		switch {
		case word[0] == '#' && validID(word[1:]):
			a.id = word[1:]
		case word[0] == '.' && validClass(word[1:]):
			classes = append(classes, word[1:])
		case validClass(word) && strings.IndexFunc(word, unicode.IsUpper) < 0:
			a.words = append(a.words, word)
		default:
			return a, false
		}
	}
	if len(a.words) > 0 && a.id == "" && len(classes) == 0 && len(a.dropped) == 0 {
		some = false // {braces} in prose
	}
	kept := classes[:0]
	for _, c := range classes {
		if validClass(c) {
			kept = append(kept, c)
		}
	}
	a.class = strings.Join(kept, " ")
	return a, some
}

// reportAttributes tells, once a page for each name, that an attribute was
// taken off.
func (w *writer) reportAttributes(names []string, at int) {
	for _, name := range names {
		if w.tell("attribute " + name) {
			w.warn("attribute-removed", at, "the attribute \""+name+"\" is taken out", "only an id and classes can be given")
		}
	}
}

// tell is true the first time it is asked about a thing.
func (w *writer) tell(what string) bool {
	if w.told[what] {
		return false
	}
	if w.told == nil {
		w.told = map[string]bool{}
	}
	w.told[what] = true
	return true
}

func renderHeading(w *writer, node ast.Node, entering bool) ast.WalkStatus {
	n := node.(*ast.Heading)
	h := w.heads[min(w.next, len(w.heads)-1)]
	if entering {
		w.closeSections(n.Level)
		line, _ := w.place(max(nodeStart(n), 0))
		w.doc.Headings = append(w.doc.Headings, Heading{Level: n.Level, Shown: min(len(w.open)+2, 6), ID: h.id, Text: h.text, Line: line, From: len(w.buf)})
		w.open = append(w.open, section{index: len(w.doc.Headings) - 1, depth: w.depth})
		w.begin()
		w.mute++
		w.silent++
		w.put("<h" + w.shown())
		w.id(h.id)
		if n.Attributes() != nil {
			if v, _ := n.AttributeString("class"); v != nil {
				w.attr("class", string(v.([]byte)))
			}
		}
		w.put(">")
		return ast.WalkContinue
	}
	w.mute--
	w.silent--
	w.end(n)
	w.next++
	w.put(`<a class="anchor"`)
	w.local(h.id)
	w.attr("aria-label", w.c.words.heading+": "+h.text)
	w.put("></a></h" + w.shown() + ">")
	return ast.WalkContinue
}

// shown returns the level of the last heading as the page shows it: under the
// title none is skipped, whatever the author wrote, because whoever moves from
// heading to heading takes a gap for something missed.
func (w *writer) shown() string { return strconv.Itoa(w.doc.Headings[len(w.doc.Headings)-1].Shown) }
