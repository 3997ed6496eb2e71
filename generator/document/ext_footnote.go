package document

import (
	"strconv"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// footnotes are PHP Markdown Extra's. Their ids are numbers, whatever letters
// the author labelled them with, and hold a colon, which no heading's id has.
type footnotes struct{}

// Extend implements goldmark.Extender.
func (footnotes) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(
		parser.WithBlockParsers(util.Prioritized(bounded{BlockParser: extension.NewFootnoteBlockParser(), note: true}, 999)),
		parser.WithInlineParsers(util.Prioritized(extension.NewFootnoteParser(), 101)),
		parser.WithASTTransformers(util.Prioritized(extension.NewFootnoteASTTransformer(), 999)),
	)
	m.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(renderers{
		east.KindFootnoteLink:     renderFootnoteLink,
		east.KindFootnoteBacklink: renderFootnoteBacklink,
		east.KindFootnote:         renderFootnote,
		east.KindFootnoteList:     renderFootnoteList,
	}, 500)))
}

func noteID(index int) string { return "fn:" + strconv.Itoa(index) }

func noteRefID(index, use int) string {
	id := "fnref:" + strconv.Itoa(index)
	if use > 0 {
		id += ":" + strconv.Itoa(use+1)
	}
	return id
}

func renderFootnoteLink(w *writer, node ast.Node, entering bool) ast.WalkStatus {
	if !entering {
		return ast.WalkContinue
	}
	n := node.(*east.FootnoteLink)
	id := noteRefID(n.Index, n.RefIndex)
	w.put("<sup")
	w.id(id)
	w.put(`><a class="footnote-ref" role="doc-noteref"`)
	w.local(noteID(n.Index))
	w.put(">" + strconv.Itoa(n.Index) + "</a></sup>")
	w.doc.Anchors = append(w.doc.Anchors, id)
	return ast.WalkContinue
}

func renderFootnoteBacklink(w *writer, node ast.Node, entering bool) ast.WalkStatus {
	if !entering {
		return ast.WalkContinue
	}
	n := node.(*east.FootnoteBacklink)
	w.put(` <a class="footnote-back" role="doc-backlink"`)
	w.local(noteRefID(n.Index, n.RefIndex))
	label := w.c.words.back
	if n.RefIndex > 0 {
		label += " " + strconv.Itoa(n.RefIndex+1)
	}
	w.attr("aria-label", label)
	w.put(">↩</a>")
	return ast.WalkContinue
}

func renderFootnote(w *writer, node ast.Node, entering bool) ast.WalkStatus {
	if !entering {
		w.leave()
		w.put("</li>")
		return ast.WalkContinue
	}
	id := noteID(node.(*east.Footnote).Index)
	w.put("<li")
	w.id(id)
	w.put(">")
	w.enter()
	w.doc.Anchors = append(w.doc.Anchors, id)
	return ast.WalkContinue
}

func renderFootnoteList(w *writer, _ ast.Node, entering bool) ast.WalkStatus {
	if !entering {
		w.put("</ol></section>")
		return ast.WalkContinue
	}
	// The notes belong to the page, not to its last section.
	w.closeSections(0)
	w.put(`<section class="footnotes" role="doc-endnotes"`)
	w.attr("aria-label", w.c.words.footnotes)
	w.put("><ol>")
	return ast.WalkContinue
}
