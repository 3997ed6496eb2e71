package document

import (
	"path"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// embeds are ![[id]] and ![[id#heading]]: alone in a paragraph they bring in the
// other page's blocks, within a sentence they are a link. A target that ends
// like a picture is a picture, its label the text for it or its size.
type embeds struct{}

// Extend implements goldmark.Extender.
func (embeds) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(parser.WithInlineParsers(util.Prioritized(embedParser{}, 91)))
	m.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(renderers{
		kindEmbed: renderEmbed,
	}, 500)))
}

var kindEmbed = ast.NewNodeKind("Embed")

// embed is a wikilink after an exclamation mark.
type embed struct {
	ast.BaseInline
	link    *wikilink
	picture bool
}

// Kind implements ast.Node.
func (*embed) Kind() ast.NodeKind { return kindEmbed }

// Dump implements ast.Node.
func (n *embed) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

func (n *embed) plainText() string {
	if n.picture {
		alt, _, _ := n.size()
		return alt
	}
	return n.link.plainText()
}

type embedParser struct{}

// Trigger implements parser.InlineParser.
func (embedParser) Trigger() []byte { return []byte{'!'} }

// Parse implements parser.InlineParser.
func (embedParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, seg := block.PeekLine()
	if len(line) < 6 || line[1] != '[' {
		return nil
	}
	n, used := parseWikilink(line[1:])
	if n == nil || used+1 < len(line) && line[used+1] == '(' {
		return nil
	}
	n.at += seg.Start - seg.Padding + 1
	block.Advance(used + 1)
	return &embed{link: n, picture: isPicture(n.target)}
}

// soleEmbed returns the embed that is all a paragraph holds, unless it is a
// picture.
func soleEmbed(p ast.Node) *embed {
	e, _ := p.FirstChild().(*embed)
	if e == nil || e.picture || e.NextSibling() != nil {
		return nil
	}
	return e
}

// size reads a label such as 300 or 300x200; another label is the text for the
// picture, as is the file's name where there is none.
func (n *embed) size() (alt, width, height string) {
	alt = strings.TrimSuffix(path.Base(n.link.target), path.Ext(n.link.target))
	label := n.link.label
	if i := strings.LastIndexByte(label, '|'); i >= 0 {
		alt, label = strings.TrimSpace(label[:i]), label[i+1:]
	} else if label != "" && !isSize(label) {
		return label, "", ""
	}
	if !isSize(label) {
		return alt, "", ""
	}
	width, height, _ = strings.Cut(label, "x")
	return alt, width, height
}

func isSize(s string) bool {
	w, h, both := strings.Cut(s, "x")
	return isNumber(w) && (!both || isNumber(h))
}

func isNumber(s string) bool {
	return s != "" && len(s) <= 5 && strings.Trim(s, "0123456789") == ""
}

// embedPicture writes an embed whose target is a picture.
func (w *writer) embedPicture(n *embed) {
	alt, width, height := n.size()
	w.picture(n, n.link.target, false, n.link.at, n.link.length, alt, "", width, height)
}

func renderEmbed(w *writer, node ast.Node, entering bool) ast.WalkStatus {
	if !entering {
		return ast.WalkContinue
	}
	n := node.(*embed)
	switch {
	case n.picture:
		w.embedPicture(n)
	case soleEmbed(n.Parent()) == n:
		w.begin()
		ref := w.addRef(n, Ref{Kind: RefEmbed, Target: n.link.target, Fragment: n.link.fragment, Label: n.link.label}, n.link.at, n.link.length)
		w.hole(HoleEmbed, ref)
	default:
		w.wiki(n, n.link)
	}
	return ast.WalkContinue
}
