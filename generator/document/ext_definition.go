package document

import (
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// definitions are PHP Markdown Extra's definition lists.
type definitions struct{}

// Extend implements goldmark.Extender.
func (definitions) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(parser.WithBlockParsers(
		util.Prioritized(bounded{BlockParser: extension.NewDefinitionListParser()}, 101),
		util.Prioritized(extension.NewDefinitionDescriptionParser(), 102),
	))
	m.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(renderers{
		east.KindDefinitionList: func(w *writer, _ ast.Node, entering bool) ast.WalkStatus {
			if entering {
				w.put("<dl>")
			} else {
				w.put("</dl>")
			}
			return ast.WalkContinue
		},
		east.KindDefinitionTerm: func(w *writer, n ast.Node, entering bool) ast.WalkStatus {
			if entering {
				w.put("<dt>")
				w.begin()
			} else {
				w.end(n)
				w.put("</dt>")
			}
			return ast.WalkContinue
		},
		east.KindDefinitionDescription: func(w *writer, _ ast.Node, entering bool) ast.WalkStatus {
			if entering {
				w.put("<dd>")
				w.enter()
			} else {
				w.leave()
				w.put("</dd>")
			}
			return ast.WalkContinue
		},
	}, 500)))
}
