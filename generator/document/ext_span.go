package document

import (
	"bytes"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// spans are `[text]{.class #id}`. The class plain is ours: its text is left
// alone by the glossary and needs no element.
//
// goldmark keeps the list of open brackets to itself, so a span is put together
// from two marks: one where the opening bracket stands, once its partner is
// known to be followed by attributes, one at the partner. When the block is
// closed and emphasis is settled, what stands between them becomes the span.
type spans struct{}

// Extend implements goldmark.Extender.
func (spans) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(parser.WithInlineParsers(util.Prioritized(spanParser{}, 150)))
	m.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(renderers{
		kindSpan:     renderSpan,
		kindSpanMark: renderNothing,
	}, 500)))
}

var (
	kindSpan     = ast.NewNodeKind("Span")
	kindSpanMark = ast.NewNodeKind("SpanMark")
)

type span struct {
	ast.BaseInline
	attrs attributes
}

// Kind implements ast.Node.
func (*span) Kind() ast.NodeKind { return kindSpan }

// Dump implements ast.Node.
func (n *span) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// spanMark stands for an opening bracket, or for a closing one with attributes.
type spanMark struct {
	ast.BaseInline
	seg   text.Segment
	open  bool
	close int // of an opening one: where its partner stands
	attrs attributes
}

// Kind implements ast.Node.
func (*spanMark) Kind() ast.NodeKind { return kindSpanMark }

// Dump implements ast.Node.
func (n *spanMark) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// maxSpan is how far the closing bracket may be from the opening one, in bytes.
// It bounds what is looked at for each bracket.
const maxSpan = 400

type spanParser struct{}

// Trigger implements parser.InlineParser.
func (spanParser) Trigger() []byte { return []byte{'[', ']'} }

// Parse implements parser.InlineParser.
func (spanParser) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	w := state(pc)
	if w == nil {
		return nil
	}
	line, seg := block.PeekLine()
	if seg.Padding > 0 {
		return nil
	}
	if line[0] == ']' {
		n := len(w.closes)
		for n > 0 && w.closes[n-1] < seg.Start {
			n-- // swallowed by code
		}
		if w.closes = w.closes[:n]; n == 0 || w.closes[n-1] != seg.Start {
			return nil
		}
		w.closes = w.closes[:n-1]
		end := bytes.IndexByte(line, '}')
		attrs, _ := parseAttributes(string(line[2:end]))
		w.reportAttributes(attrs.dropped, seg.Start+1)
		m := &spanMark{seg: seg.WithStop(seg.Start + end + 1), attrs: attrs}
		w.spans = append(w.spans, m)
		block.Advance(end + 1)
		return m
	}
	near := line[:min(len(line), maxSpan)]
	if !bytes.Contains(near, []byte("]{")) {
		return nil
	}
	depth := 0
	for i := 0; i < len(near); i++ {
		switch near[i] {
		case '\\':
			i++
		case '`':
			run := 1
			for i+run < len(near) && near[i+run] == '`' {
				run++
			}
			shut := bytes.Index(near[i+run:], near[i:i+run])
			if i += run - 1; shut >= 0 {
				i += shut + run // what is in code is no bracket
			}
		case '[':
			depth++
		case ']':
			if depth--; depth > 0 {
				continue
			}
			if i+1 >= len(line) || line[i+1] != '{' {
				return nil
			}
			end := bytes.IndexByte(line[i:min(len(line), i+maxSpan)], '}')
			if end < 0 {
				return nil
			}
			if _, ok := parseAttributes(string(line[i+2 : i+end])); !ok {
				return nil
			}
			w.closes = append(w.closes, seg.Start+i)
			m := &spanMark{seg: seg.WithStop(seg.Start + 1), open: true, close: seg.Start + i}
			w.spans = append(w.spans, m)
			block.Advance(1)
			return m
		}
	}
	return nil
}

// CloseBlock implements parser.CloseBlocker.
func (spanParser) CloseBlock(_ ast.Node, _ text.Reader, pc parser.Context) {
	w := state(pc)
	if w == nil || len(w.spans) == 0 {
		return
	}
	var opened []*spanMark
	for _, m := range w.spans {
		if m.open {
			opened = append(opened, m)
			continue
		}
		var o *spanMark
		for len(opened) > 0 {
			o = opened[len(opened)-1]
			opened = opened[:len(opened)-1]
			if o.close == m.seg.Start {
				break
			}
			o.spell()
			o = nil
		}
		if o == nil {
			m.spell()
			continue
		}
		parent := m.Parent()
		if parent == nil || o.Parent() != parent {
			o.spell()
			m.spell()
			continue
		}
		s := &span{attrs: m.attrs}
		for c := o.NextSibling(); c != nil && c != ast.Node(m); {
			next := c.NextSibling()
			s.AppendChild(s, c)
			c = next
		}
		parent.ReplaceChild(parent, o, s)
		parent.RemoveChild(parent, m)
	}
	for _, o := range opened {
		o.spell()
	}
	clear(w.spans)
	w.spans, w.closes = w.spans[:0], w.closes[:0]
}

// spell puts the mark back as the text it was.
func (n *spanMark) spell() {
	if p := n.Parent(); p != nil {
		p.ReplaceChild(p, n, ast.NewTextSegment(n.seg))
	}
}

func renderSpan(w *writer, node ast.Node, entering bool) ast.WalkStatus {
	n := node.(*span)
	plain := slices.Contains(strings.Fields(n.attrs.class), "plain")
	bare := n.attrs.class == "plain" && n.attrs.id == "" || n.attrs.class == "" && n.attrs.id == ""
	if entering {
		w.phrases++
	} else {
		w.phrases--
	}
	if depth := w.phrases; entering && depth > maxPhrases || !entering && depth >= maxPhrases {
		bare = true
	}
	if entering {
		if !bare {
			w.put("<span")
			if n.attrs.id != "" {
				id := w.used.claim(n.attrs.id)
				w.id(id)
				w.doc.Anchors = append(w.doc.Anchors, id)
			}
			if n.attrs.class != "" {
				w.attr("class", n.attrs.class)
			}
			w.put(">")
		}
		if plain {
			w.mute++
		}
		return ast.WalkContinue
	}
	if plain {
		w.mute--
	}
	if !bare {
		w.put("</span>")
	}
	return ast.WalkContinue
}
