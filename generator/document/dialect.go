package document

import (
	"bytes"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// dialect lists the extensions in the order in which they are added. A new one
// is a file ext_<name>.go, a line here and cases in testdata/ext/<name>.txt. Bare
// addresses become links where addresses is true.
func dialect(o Options, addresses bool) []goldmark.Extender {
	list := []goldmark.Extender{core{plain: o.Plain}, rawHTML{policy: o.RawHTML}}
	if o.Plain {
		return list
	}
	list = append(list,
		headings{},
		tables{},
		strikethrough{},
		tasks{},
		footnotes{},
		definitions{},
		alerts{},
		containers{},
		wikilinks{},
		embeds{},
		spans{},
	)
	if addresses {
		list = append(list, extension.Linkify)
	}
	if o.Typographer {
		list = append(list, typographer{quotes: phrasesFor(o.Language).quotes})
	}
	return list
}

// mayHaveAddresses tells whether there may be a bare address in a text. Most have
// none, and the search for them stops at each space.
func mayHaveAddresses(body []byte) bool {
	return bytes.IndexByte(body, '@') >= 0 || bytes.Contains(body, []byte("://")) || bytes.Contains(body, []byte("www."))
}

// newMarkdown puts the parser and renderer of a dialect together.
func newMarkdown(o Options, addresses bool) goldmark.Markdown {
	return goldmark.New(
		goldmark.WithParser(parser.NewParser()),
		goldmark.WithRenderer(renderer.NewRenderer()),
		goldmark.WithExtensions(dialect(o, addresses)...),
	)
}

// core is CommonMark itself but for headings and raw HTML.
type core struct{ plain bool }

// Extend implements goldmark.Extender.
func (e core) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(bounded{BlockParser: parser.NewListParser()}, 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(bounded{BlockParser: parser.NewBlockquoteParser()}, 800),
			util.Prioritized(parser.NewHTMLBlockParser(), 900),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(guard{}, -100),
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(parser.NewRawHTMLParser(), 400),
			util.Prioritized(parser.NewEmphasisParser(), 500),
		),
		parser.WithParagraphTransformers(
			util.Prioritized(definitionGuard{}, 50),
			util.Prioritized(parser.LinkReferenceParagraphTransformer, 100),
		),
	)
	if e.plain {
		m.Parser().AddOptions(parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
		))
	}
	m.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(renderers{
		ast.KindDocument:                renderNothing,
		ast.KindHeading:                 renderPlainHeading,
		ast.KindBlockquote:              renderBlockquote,
		ast.KindCodeBlock:               renderCodeBlock,
		ast.KindFencedCodeBlock:         renderFence,
		ast.KindList:                    renderList,
		ast.KindListItem:                renderListItem,
		ast.KindParagraph:               renderParagraph,
		ast.KindTextBlock:               renderTextBlock,
		ast.KindThematicBreak:           renderBreak,
		ast.KindLinkReferenceDefinition: renderSkip,
		ast.KindAutoLink:                renderAutoLink,
		ast.KindCodeSpan:                renderCodeSpan,
		ast.KindEmphasis:                renderEmphasis,
		ast.KindImage:                   renderImage,
		ast.KindLink:                    renderLink,
		ast.KindText:                    renderText,
		ast.KindString:                  renderString,
		kindRefused:                     renderRefused,
	}, 1000)))
}
